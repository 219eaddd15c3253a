/* The failure table, row by row: a session before a server that fails, and before a wire that
 * breaks. After each failure the picture must equal the server's, and while it lasted the session
 * must have said what was wrong. Durations are shrunk by ob_timing. */
#include "base/clock.h"
#include "base/str.h"
#include "contract/client.h"
#include "outboard/session.h"
#include "outboard/view.h"
#include "wire/proxy.h"

#include <poll.h>
#include <stdio.h>

static const ob_timing quick = {
    .connect_ms = 3000,
    .request_ms = 5000,
    .list_stall_ms = 1500,
    .dead_peer_ms = 2000,
    .watch_min_s = 300,
    .watch_max_s = 600,
    .watch_grace_ms = 1000,
    .bookmark_ms = 150,
    .backoff_first_ms = 30,
    .backoff_max_ms = 300,
    .backoff_reset_ms = 2000,
    .forbidden_first_ms = 50,
    .forbidden_ms = 200,
    .access_ms = 400,
    .rediscover_ms = 500,
    .relist_ms = 600000,
    .token_file_ms = 1000,
    .frame_ms = 1,
    .clock_tick_ms = 100,
};

typedef struct rig {
  ct *server;
  ob_wire *wire;
  ob_session *session;
} rig;

/* The kubeconfig of the server, its port replaced by the wire's. */
static char *kubeconfig(const rig *r, int port) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_sim_kubeconfig(r->server->sim, &text);
  char *from = strstr(ob_buf_str(&text), "https://127.0.0.1:");
  cr_assert_not_null(from);
  size_t at = (size_t)(from - text.ptr) + strlen("https://127.0.0.1:");
  OB_AUTO(ob_buf) out = OB_BUF_INIT(1 << 20);
  ob_buf_add(&out, text.ptr, at);
  ob_buf_addf(&out, "%d", port);
  ob_buf_adds(&out, text.ptr + at + strspn(text.ptr + at, "0123456789"));
  return ob_buf_take(&out, NULL);
}

static void open_session(rig *r, ob_session_opts opts) {
  OB_AUTOFREE char *text = kubeconfig(r, ob_wire_port(r->wire));
  opts.kubeconfig_text = text;
  opts.timing = &quick;
  ob_err err;
  cr_assert_eq(ob_session_open(&r->session, &opts, &err), 0, "%s", err.msg);
}

/* The server: `scale` services, a bookmark often, and perhaps one fault. */
static void rig_server(rig *r, uint32_t scale, const char *fault) {
  r->server = ct_open(&(ob_sim_opts){.scale = scale,
                                     .bookmark_ms = 100,
                                     .controller_ms = 50,
                                     .faults = &fault,
                                     .nfaults = fault ? 1 : 0});
  int64_t port = 0;
  ob_parse_int(strrchr(ob_sim_url(r->server->sim), ':') + 1, 1, 65535, &port);
  r->wire = ob_wire_start((int)port);
  cr_assert_not_null(r->wire);
}

static void rig_open(rig *r, uint32_t scale, const char *fault) {
  *r = (rig){0};
  rig_server(r, scale, fault);
  open_session(r, (ob_session_opts){.scope = OB_SCOPE_WIDEST});
}

static void rig_close(rig *r) {
  ob_session_close(r->session);
  ob_wire_stop(r->wire);
  ct_close(r->server);
}

static bool until(rig *r, bool (*fn)(const rig *r), int ms) {
  for (int64_t end = ob_mono_ms() + ms; ob_mono_ms() < end;) {
    ob_session_pump(r->session, 0);
    if (fn(r)) return true;
    struct pollfd p = {.fd = ob_session_fd(r->session), .events = POLLIN};
    poll(&p, 1, 50);
  }
  return false;
}

#define EXPECT(r, fn)                                                                              \
  cr_assert(until((r), (fn), 15000), "%s: conn %d, %s", #fn,                                       \
            (int)ob_session_status_get((r)->session)->conn,                                        \
            ob_session_status_get((r)->session)->err.msg)

static bool live(const rig *r) {
  return ob_session_status_get(r->session)->conn == OB_CONN_LIVE;
}
static bool stale(const rig *r) {
  return ob_session_status_get(r->session)->conn == OB_CONN_STALE;
}
static bool down(const rig *r) {
  return ob_session_status_get(r->session)->conn == OB_CONN_DOWN;
}

static const ob_kind_state *kind(const rig *r, ob_kind k) {
  return ob_cluster_kind(ob_session_cluster(r->session), k);
}
static bool has(const rig *r, const char *name) {
  return ob_cluster_find(ob_session_cluster(r->session), OB_KIND_SERVICE, r->server->ns, name) !=
         NULL;
}
static bool has_one(const rig *r) {
  return has(r, "one");
}
static bool has_two(const rig *r) {
  return has(r, "two");
}
static bool lacks_one(const rig *r) {
  return !has(r, "one");
}

static void make(rig *r, const char *name) {
  ct_service(r->server, name, "'ports':[{'port':80}]");
}
static void destroy(rig *r, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", name);
  ct_call(r->server, "DELETE", NULL, path, NULL);
}

/* Every object here is there, equal, and the other way round. A fresh list past the wire is the
 * server's word. */
static bool same(const ob_cluster *a, const ob_cluster *b) {
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (ob_cluster_count(a, (ob_kind)k) != ob_cluster_count(b, (ob_kind)k)) return false;
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(a, (ob_kind)k, &at));) {
      const ob_object *other = ob_cluster_find_uid(b, (ob_kind)k, o->uid);
      if (!other || other->digest != o->digest) return false;
    }
  }
  return true;
}

static void expect_converged(rig *r) {
  OB_AUTOFREE char *text =
      kubeconfig(r, (int)strtol(strrchr(ob_sim_url(r->server->sim), ':') + 1, NULL, 10));
  bool equal = false;
  for (int tries = 0; tries < 40 && !equal; tries++) {
    rig direct = {.server = r->server};
    ob_err err;
    ob_session_opts opts = {.kubeconfig_text = text, .once = true, .timing = &quick};
    cr_assert_eq(ob_session_open(&direct.session, &opts, &err), 0, "%s", err.msg);
    EXPECT(&direct, live);
    ob_session_pump(r->session, 0);
    equal = same(ob_session_cluster(r->session), ob_session_cluster(direct.session));
    ob_session_close(direct.session);
    if (!equal) until(r, down, 100);
  }
  cr_assert(equal, "the picture does not equal the server's");
}

Test(wire, a_quiet_start_is_live_and_follows_changes, .timeout = 60) {
  rig r;
  rig_open(&r, 200, NULL);
  EXPECT(&r, live);
  cr_assert_gt(ob_cluster_count(ob_session_cluster(r.session), OB_KIND_SERVICE), 199);
  make(&r, "one");
  EXPECT(&r, has_one);
  destroy(&r, "one");
  EXPECT(&r, lacks_one);
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, a_clean_close_is_no_event, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "close-watch=1100");
  EXPECT(&r, live);
  for (int i = 0; i < 3; i++) {
    make(&r, "one");
    EXPECT(&r, has_one);
    cr_assert_not(until(&r, stale, 800), "a clean close made it stale");
    destroy(&r, "one");
    EXPECT(&r, lacks_one);
  }
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, an_event_cut_in_its_middle_is_asked_for_again, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "cut-watch=2");
  EXPECT(&r, live);
  for (int i = 0; i < 8; i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%d", i);
    make(&r, name);
  }
  make(&r, "one");
  EXPECT(&r, has_one);
  EXPECT(&r, live);
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, the_wire_cut_at_any_byte_of_a_watch, .timeout = 120) {
  rig r;
  rig_open(&r, 20, NULL);
  EXPECT(&r, live);
  for (size_t bytes = 1; bytes < 2500; bytes += 173) {
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = bytes % 2 ? OB_WIRE_CUT : OB_WIRE_RESET,
                                             .bytes = bytes,
                                             .once = true});
    make(&r, "one");
    EXPECT(&r, has_one);
    destroy(&r, "one");
    EXPECT(&r, lacks_one);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  }
  EXPECT(&r, live);
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, a_list_cut_in_its_middle_is_listed_again, .timeout = 120) {
  for (size_t bytes = 500; bytes < 200000; bytes = bytes * 5 / 2) {
    rig r = {0};
    rig_server(&r, 300, NULL);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_CUT, .bytes = bytes, .once = true});
    open_session(&r, (ob_session_opts){.scope = OB_SCOPE_ALL});
    EXPECT(&r, live);
    expect_converged(&r);
    rig_close(&r);
  }
}

Test(wire, an_outage_is_said_with_its_time_and_mended, .timeout = 60) {
  rig r;
  rig_open(&r, 50, NULL);
  EXPECT(&r, live);
  make(&r, "one");
  EXPECT(&r, has_one);
  int64_t before = ob_wall_ms();
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  ob_wire_drop_all(r.wire, true);
  EXPECT(&r, stale);
  const ob_session_status *st = ob_session_status_get(r.session);
  cr_assert(st->since_ms >= before - 100 && st->since_ms <= ob_wall_ms(), "stale since when?");
  cr_assert_neq(st->err.code, OB_OK);
  cr_assert(has(&r, "one"), "the picture stays");
  destroy(&r, "one");
  make(&r, "two");
  cr_assert_not(until(&r, live, 700));
  cr_assert_eq(ob_session_status_get(r.session)->conn, OB_CONN_STALE);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  EXPECT(&r, live);
  EXPECT(&r, lacks_one);
  EXPECT(&r, has_two);
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, a_server_that_is_down_at_the_start_is_waited_for, .timeout = 60) {
  rig r = {0};
  rig_server(&r, 20, NULL);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  open_session(&r, (ob_session_opts){.scope = OB_SCOPE_WIDEST});
  EXPECT(&r, down);
  cr_assert_eq(ob_session_status_get(r.session)->err.code, OB_ENET);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  ob_session_retry(r.session);
  EXPECT(&r, live);
  expect_converged(&r);
  rig_close(&r);
}

Test(wire, compaction_is_relisted_quietly, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "gone-410=1");
  EXPECT(&r, live);
  for (int i = 0; i < 3; i++) {
    make(&r, "one");
    EXPECT(&r, has_one);
    destroy(&r, "one");
    EXPECT(&r, lacks_one);
    until(&r, stale, 900);
  }
  EXPECT(&r, live);
  expect_converged(&r);
  rig_close(&r);
}

static bool nodes_forbidden(const rig *r) {
  return kind(r, OB_KIND_NODE)->phase == OB_FORBIDDEN;
}

Test(wire, a_forbidden_kind_is_named_and_the_rest_goes_on, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "forbidden-nodes");
  EXPECT(&r, nodes_forbidden);
  EXPECT(&r, live);
  cr_assert(strstr(kind(&r, OB_KIND_NODE)->err.msg, "list nodes"), "%s",
            kind(&r, OB_KIND_NODE)->err.msg);
  make(&r, "one");
  EXPECT(&r, has_one);
  cr_assert_not(ob_known(ob_session_cluster(r.session), OB_KIND_NODE));
  rig_close(&r);
}

static bool ingresses_absent(const rig *r) {
  return kind(r, OB_KIND_INGRESS)->phase == OB_NOT_INSTALLED;
}

Test(wire, a_kind_that_is_not_served_is_not_installed, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "missing-ingresses");
  EXPECT(&r, ingresses_absent);
  EXPECT(&r, live);
  rig_close(&r);
}

static bool in_one_namespace(const rig *r) {
  const ob_session_status *st = ob_session_status_get(r->session);
  return st->ns_fallback && st->conn == OB_CONN_LIVE;
}

Test(wire, without_the_right_to_all_namespaces_the_own_one_is_shown, .timeout = 60) {
  rig r;
  rig_open(&r, 50, "forbidden-all-namespaces");
  EXPECT(&r, in_one_namespace);
  cr_assert_str_eq(ob_session_status_get(r.session)->ns, "default");
  cr_assert_eq(kind(&r, OB_KIND_SERVICE)->phase, OB_LIVE);
  rig_close(&r);
}

Test(wire, refusals_that_pass_are_waited_out, .timeout = 120) {
  static const char *const faults[] = {"unauthorized-401=8", "throttle-429=4", "error-500=8"};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    rig r;
    rig_open(&r, 50, faults[i]);
    EXPECT(&r, live);
    expect_converged(&r);
    rig_close(&r);
  }
}

static bool says_unauthorized(const rig *r) {
  return down(r) && ob_session_status_get(r->session)->err.code == OB_EAUTH;
}

Test(wire, a_credential_that_is_refused_is_said, .timeout = 60) {
  rig r;
  rig_open(&r, 20, "unauthorized-401=0");
  EXPECT(&r, says_unauthorized);
  rig_close(&r);
}

Test(wire, a_silent_connection_is_noticed_by_missing_bookmarks, .timeout = 60) {
  rig r;
  rig_open(&r, 50, NULL);
  EXPECT(&r, live);
  until(&r, stale, 400); /* bookmarks come */
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_STALL});
  EXPECT(&r, stale);
  make(&r, "one");
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  EXPECT(&r, has_one);
  EXPECT(&r, live);
  expect_converged(&r);
  rig_close(&r);
}

static uint32_t wanted_reply;
static bool reply_came(const rig *r) {
  ob_reply reply;
  if (!ob_session_next_reply(r->session, &reply)) return false;
  bool it = reply.id == wanted_reply && reply.err.code == OB_OK &&
            (reply.what != OB_FETCH_OBJECT ||
             ob_streq(ob_json_str(ob_json_at(reply.json, "metadata", "name", NULL)), "one"));
  ob_reply_done(&reply);
  return it;
}

Test(wire, the_object_in_view_is_fetched_whole_with_its_events_and_pods, .timeout = 60) {
  rig r;
  rig_open(&r, 10, NULL);
  EXPECT(&r, live);
  make(&r, "one");
  EXPECT(&r, has_one);
  static const ob_fetch what[] = {OB_FETCH_OBJECT, OB_FETCH_EVENTS, OB_FETCH_PODS};
  for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
    const ob_object *o =
        ob_cluster_find(ob_session_cluster(r.session), OB_KIND_SERVICE, r.server->ns, "one");
    wanted_reply = ob_session_fetch(r.session, what[i], o);
    EXPECT(&r, reply_came);
  }
  /* A cancelled one never comes. */
  const ob_object *o =
      ob_cluster_find(ob_session_cluster(r.session), OB_KIND_SERVICE, r.server->ns, "one");
  wanted_reply = ob_session_fetch(r.session, OB_FETCH_OBJECT, o);
  ob_session_cancel(r.session, wanted_reply);
  cr_assert_not(until(&r, reply_came, 300));
  rig_close(&r);
}

static ob_access access_to(const rig *r, const char *verb, ob_kind k, const char *ns, char *why) {
  return ob_session_access(r->session, ob_right_to(verb, k), ns, why);
}
static bool nodes_refused(const rig *r) {
  return access_to(r, "list", OB_KIND_NODE, "", NULL) == OB_ACCESS_REFUSED;
}
static bool services_allowed(const rig *r) {
  return access_to(r, "patch", OB_KIND_SERVICE, "shop", NULL) == OB_ACCESS_ALLOWED;
}

Test(wire, rights_are_asked_for_once_and_again_when_they_expire, .timeout = 60) {
  rig r;
  char why[OB_RIGHT_TEXT];
  rig_open(&r, 10, "forbidden-nodes");
  EXPECT(&r, live);
  cr_expect_eq(access_to(&r, "list", OB_KIND_NODE, "", why), OB_ACCESS_UNKNOWN);
  cr_expect_str_eq(why, "", "nothing is known to be missing");
  EXPECT(&r, nodes_refused);
  EXPECT(&r, services_allowed);
  access_to(&r, "list", OB_KIND_NODE, "", why);
  cr_expect_str_eq(why, "needs list on nodes");
  /* A batch: hundreds of looks at the same few rights cost a request each right and period. */
  uint64_t before = ob_wire_up(r.wire);
  for (int64_t end = ob_mono_ms() + 1000; ob_mono_ms() < end;) {
    for (int i = 0; i < 200; i++) cr_assert(nodes_refused(&r), "an expired answer is still given");
    until(&r, down, 20);
  }
  uint64_t sent = ob_wire_up(r.wire) - before;
  cr_expect(sent > 200 && sent < 60000, "%llu bytes went up", (unsigned long long)sent);
  rig_close(&r);
}

static bool old_gone(const rig *r) {
  return ob_wire_open(r->wire) == 0;
}

Test(wire, another_context_leaves_no_connection_of_the_old_one, .timeout = 60) {
  rig a, b;
  rig_open(&a, 30, NULL);
  rig_open(&b, 20, NULL);
  EXPECT(&a, live);
  cr_assert_gt(ob_wire_open(a.wire), 0);
  int64_t start = ob_mono_ms();
  ob_session_close(a.session);
  a.session = NULL;
  while (!old_gone(&a) && ob_mono_ms() - start < 5000) poll(NULL, 0, 5);
  cr_expect_lt(ob_mono_ms() - start, 1000, "the old cluster's connections are still there");
  cr_assert(old_gone(&a));
  size_t accepted = ob_wire_accepted(a.wire);
  EXPECT(&b, live);
  cr_expect_eq(ob_wire_accepted(a.wire), accepted, "and it is asked nothing more");
  expect_converged(&b);
  rig_close(&b);
  rig_close(&a);
}

Test(wire, closing_takes_less_than_a_second_whatever_hangs, .timeout = 60) {
  rig r;
  rig_open(&r, 50, NULL);
  EXPECT(&r, live);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_STALL});
  int64_t start = ob_mono_ms();
  ob_session_close(r.session);
  r.session = NULL;
  cr_assert_lt(ob_mono_ms() - start, 1000);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  rig_close(&r);
}
