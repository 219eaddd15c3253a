/* See rig.h. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/tree.h"
#include <poll.h>
#include <unistd.h>

ob_timing rig_timing = {
    .connect_ms = 3000,
    .request_ms = 8000,
    .list_stall_ms = 3000,
    .dead_peer_ms = 2000,
    .watch_min_s = 300,
    .watch_max_s = 600,
    .watch_grace_ms = 1000,
    .bookmark_ms = 60000,
    .backoff_first_ms = 20,
    .backoff_max_ms = 200,
    .backoff_reset_ms = 2000,
    .release_ms = 75000,
    .leave_ms = 20000,
    .forbidden_first_ms = 50,
    .forbidden_ms = 200,
    .rediscover_ms = 60000,
    .relist_ms = 600000,
    .token_file_ms = 1000,
    .frame_ms = 1,
    .clock_tick_ms = 100,
};

char *rig_kubeconfig(const rig *r) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_err err;
  if (r->server->sim)
    ob_sim_kubeconfig(r->server->sim, &text);
  else
    cr_assert_eq(ob_read_file(getenv("OUTBOARD_CONTRACT_KUBECONFIG"), &text, &err), 0, "%s",
                 err.msg);
  char *from = strstr(ob_buf_str(&text), "https://127.0.0.1:");
  cr_assert_not_null(from);
  size_t at = (size_t)(from - text.ptr) + strlen("https://127.0.0.1:");
  OB_AUTO(ob_buf) out = OB_BUF_INIT(1 << 20);
  ob_buf_add(&out, text.ptr, at);
  ob_buf_addf(&out, "%d", ob_wire_port(r->wire));
  ob_buf_adds(&out, text.ptr + at + strspn(text.ptr + at, "0123456789"));
  return ob_buf_take(&out, NULL);
}

static void open_session(rig *r) {
  OB_AUTOFREE char *text = rig_kubeconfig(r);
  ob_err err;
  const ob_session_opts opts = {
      .kubeconfig_text = text, .ns = r->server->ns, .timing = &rig_timing, .journal = r->journal};
  cr_assert_eq(ob_session_open(&r->session, &opts, &err), 0, "%s", err.msg);
}

void rig_open(rig *r, const char *fault) {
  *r = (rig){0};
  r->server = ct_open(&(ob_sim_opts){
      .empty = true, .controller_ms = 60000, .faults = &fault, .nfaults = fault ? 1 : 0});
  int64_t port = 0;
  const char *colon = strrchr(r->server->url, ':');
  cr_assert(ob_parse_int(colon + 1, 1, 65535, &port), "%s", r->server->url);
  r->wire = ob_wire_start((int)port);
  char folder[] = "/tmp/outboard-change.XXXXXX";
  cr_assert_not_null(mkdtemp(folder));
  r->folder = ob_strdup(folder);
  r->journal = ob_asprintf("%s/state/journal", folder);
  open_session(r);
}

void rig_reopen(rig *r) {
  ob_session_close(r->session);
  open_session(r);
}

void rig_close(rig *r) {
  ob_session_close(r->session);
  ob_wire_stop(r->wire);
  ct_close(r->server);
  unlink(r->journal);
  static const char *const files[] = {"config", "plan"};
  for (size_t i = 0; i < OB_LEN(files); i++) {
    OB_AUTOFREE char *path = ob_asprintf("%s/%s", r->folder, files[i]);
    unlink(path);
  }
  OB_AUTOFREE char *state = ob_asprintf("%s/state", r->folder);
  rmdir(state);
  rmdir(r->folder);
  free(r->journal);
  free(r->folder);
}

static bool next_reply(rig *r, uint32_t id, ob_reply *ret) {
  for (int64_t end = ob_mono_ms() + 30000; ob_mono_ms() < end;) {
    ob_session_pump(r->session, 0);
    while (ob_session_next_reply(r->session, ret)) {
      if (ret->id == id) return true;
      ob_reply_done(ret);
    }
    struct pollfd p = {.fd = ob_session_fd(r->session), .events = POLLIN};
    poll(&p, 1, 50);
  }
  return false;
}

ob_json *rig_fetch(rig *r, ob_kind kind, const char *name) {
  const ob_object about = {.kind = kind, .ns = r->server->ns, .name = name};
  ob_reply reply;
  cr_assert(next_reply(r, ob_session_fetch(r->session, OB_FETCH_OBJECT, &about), &reply));
  if (reply.err.code == OB_ENOTFOUND) return NULL;
  cr_assert_eq(reply.err.code, OB_OK, "%s", reply.err.msg);
  ob_json *j = ob_take(reply.json);
  ob_reply_done(&reply);
  return j;
}

ob_json *rig_look(rig *r, ob_kind kind, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf(kind == OB_KIND_SERVICE ? CT_SVC "/%s" : CT_ING "/%s", name);
  return ct_get(r->server, path) == 200 ? ob_json_dup(r->server->reply) : NULL;
}

ob_apply_report *rig_wait(rig *r, uint32_t id) {
  for (ob_reply reply;;) {
    cr_assert(next_reply(r, id, &reply), "no report came");
    ob_apply_report *report = ob_take(reply.report);
    ob_reply_done(&reply);
    if (ob_apply_ended(report->phase)) return report;
    ob_apply_report_free(report);
  }
}

char *rig_wait_told(rig *r, uint32_t id, ob_apply_phase phase) {
  for (ob_reply reply;;) {
    cr_assert(next_reply(r, id, &reply), "no report came");
    bool found = reply.report->phase == phase;
    cr_assert(found || !ob_apply_ended(reply.report->phase), "%s: %s",
              ob_apply_phase_name(reply.report->phase), reply.report->err.msg);
    char *why = found ? ob_strdup(ob_or(reply.report->why, "")) : NULL;
    ob_reply_done(&reply);
    if (found) return why;
  }
}

ob_apply_report *rig_apply(rig *r, const ob_plan *p, uint64_t undo_of) {
  return rig_wait(r, ob_session_apply(r->session, p, undo_of));
}

ob_apply_report *rig_dry(rig *r, const ob_plan *p) {
  return rig_wait(r, ob_session_dry_run(r->session, p));
}

ob_apply_report *rig_undo(rig *r, bool redo, ob_buf *why) {
  ob_history *h = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_history_load(&h, r->journal, &err), 0, "%s", err.msg);
  const ob_entry *e = ob_history_last(h, ob_session_status_get(r->session)->server, redo);
  ob_apply_report *report = NULL;
  if (e) {
    ob_json **now = ob_calloc(e->plan->nedits, sizeof *now);
    for (size_t i = 0; i < e->plan->nedits; i++)
      now[i] = rig_fetch(r, e->plan->edits[i].kind, e->plan->edits[i].name);
    ob_plan *p = NULL;
    if (ob_plan_undo(&p, e->plan, (const ob_json *const *)now, why, &err) == 0)
      report = rig_apply(r, p, e->id);
    ob_plan_free(p);
    for (size_t i = 0; i < e->plan->nedits; i++) ob_json_free(now[i]);
    free(now);
  }
  ob_history_free(h);
  return report;
}

ob_broken *rig_entry_look(rig *r, const ob_entry *e) {
  ob_reply reply;
  cr_assert(next_reply(r, ob_session_fetch_plan(r->session, e->plan), &reply));
  cr_assert_eq(reply.err.code, OB_OK, "%s", reply.err.msg);
  ob_broken *b = NULL;
  cr_assert_eq(ob_entry_look(&b, e, (const ob_json *const *)reply.now), 0);
  ob_reply_done(&reply);
  return b;
}

void rig_must(rig *r, ob_plan *move_p, const char *what) {
  ob_apply_report *report = rig_apply(r, move_p, 0);
  cr_assert_eq(report->phase, OB_APPLY_DONE, "%s: %s: %s %s", what,
               ob_apply_phase_name(report->phase), report->err.msg, ob_or(report->why, ""));
  ob_apply_report_free(report);
  ob_plan_free(move_p);
}

bool rig_equal(const ob_json *a, const ob_json *b, ob_buf *ret) {
  OB_AUTOPTR(ob_json) x = ob_tree_intent(a);
  OB_AUTOPTR(ob_json) y = ob_tree_intent(b);
  OB_AUTO(ob_tree_diff) d = {0};
  ob_tree_diff_add(&d, x, y);
  for (size_t i = 0; i < d.changes.len; i++) {
    ob_buf_addf(ret, "%s: ", d.changes.at[i].path);
    if (d.changes.at[i].from) ob_json_print(ret, d.changes.at[i].from);
    ob_buf_adds(ret, " -> ");
    if (d.changes.at[i].to) ob_json_print(ret, d.changes.at[i].to);
    ob_buf_adds(ret, "; ");
  }
  return d.changes.len == 0;
}

static bool equal_or_gone(const ob_json *a, const ob_json *b) {
  OB_AUTO(ob_buf) diff = OB_BUF_INIT(1 << 16);
  return a && b ? rig_equal(a, b, &diff) : !a == !b;
}

size_t rig_truth(rig *r, const ob_edit *e) {
  OB_AUTOPTR(ob_json) now = rig_look(r, e->kind, e->name);
  if (e->recreate && (!now || *ct_text(now, "/metadata/deletionTimestamp"))) return 1;
  if (equal_or_gone(now, e->before)) return 0;
  bool between =
      ob_streq(ct_text(now, "/spec/externalName"), "outboard-is-changing-this-service.invalid");
  return between ? 1 : e->nsteps;
}
