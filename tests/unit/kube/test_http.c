/* The transport against servers that answer, refuse, lie and break off. */
#include "base/str.h"
#include "kube/discovery.h"
#include "kube/http.h"
#include "kube/scan.h"
#include "server.h"
#include "wire/proxy.h"
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

static ob_timing quick(void) {
  ob_timing t = ob_timing_default;
  t.connect_ms = 2000;
  t.request_ms = 3000;
  t.dead_peer_ms = 3000;
  t.token_file_ms = 60000;
  t.backoff_first_ms = 50;
  return t;
}

/* A kubeconfig of one user, as a target. */
static ob_kube_target *target_of(const char *cluster, const char *user) {
  OB_AUTOFREE char *text = ob_asprintf(
      "{\"current-context\":\"c\",\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":"
      "\"k\",\"user\":\"u\"}}],\"clusters\":[{\"name\":\"k\",\"cluster\":{%s}}],\"users\":[{"
      "\"name\":\"u\",\"user\":{%s}}]}",
      cluster, user ? user : "");
  ob_kube_overrides o = {.text = text};
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  ob_kube_target *t = NULL;
  ob_err e = {0};
  cr_assert_eq(ob_kubeconfig_load(&k, &o, &e), 0, "%s", e.msg);
  cr_assert_eq(ob_kube_target_resolve(&t, k, &o, &e), 0, "%s", e.msg);
  return t;
}

static char *base64(const char *s) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_base64_encode(&b, s, strlen(s));
  return ob_buf_take(&b, NULL);
}

static ob_kube_target *tls_target(const char *host, int port, const char *ca_pem, const char *more,
                                  const char *user) {
  OB_AUTOFREE char *ca = ca_pem ? base64(ca_pem) : NULL;
  OB_AUTOFREE char *cluster = ob_asprintf("\"server\":\"https://%s:%d\"%s%s%s%s", host, port,
                                          ca ? ",\"certificate-authority-data\":\"" : "",
                                          ca ? ca : "", ca ? "\"" : "", more ? more : "");
  return target_of(cluster, user);
}

static ob_kube_target *plain_target(int port, const char *user) {
  OB_AUTOFREE char *cluster = ob_asprintf("\"server\":\"http://127.0.0.1:%d\"", port);
  return target_of(cluster, user);
}

/* One call and what came of it. */
typedef struct answer {
  bool done, opened;
  ob_err err;
  int status;
  int64_t retry_after_ms, date_ms;
  ob_buf body;
  size_t bytes, nwarnings;
  char etag[64], warning[128], reason[64];
  bool cut;
  int stop_after; /* on_data says no at this piece */
  int pieces;
  ob_http_call *cancel_in_data;
} answer;

static void on_open(void *arg, int status) {
  answer *a = arg;
  a->opened = true;
  cr_assert(status >= 200 && status < 300);
}

static int on_data(void *arg, const char *bytes, size_t n) {
  answer *a = arg;
  cr_assert(a->opened, "data before on_open");
  cr_assert_not(a->done, "data after on_done");
  ob_buf_add(&a->body, bytes, n);
  if (a->cancel_in_data) ob_http_cancel(ob_take(a->cancel_in_data));
  return ++a->pieces == a->stop_after;
}

static void on_done(void *arg, const ob_http_result *r) {
  answer *a = arg;
  cr_assert_not(a->done, "on_done came twice");
  a->done = true;
  a->err = r->err;
  a->status = r->status;
  a->retry_after_ms = r->retry_after_ms;
  a->date_ms = r->date_ms;
  a->bytes = r->bytes;
  a->cut = r->cut;
  a->nwarnings = r->nwarnings;
  if (r->nwarnings) snprintf(a->warning, sizeof a->warning, "%s", r->warnings[0]);
  if (r->failure) snprintf(a->reason, sizeof a->reason, "%s", r->failure->reason);
  snprintf(a->etag, sizeof a->etag, "%s", r->etag);
  if (r->body_len && !a->body.len) ob_buf_add(&a->body, r->body, r->body_len);
}

static ob_http_call *start(ob_http *h, answer *a, ob_http_request r) {
  *a = (answer){.body = OB_BUF_INIT(1 << 26), .stop_after = a->stop_after};
  r.on_open = on_open;
  r.on_done = on_done;
  r.arg = a;
  if (!r.path) r.path = "/x";
  return ob_http_start(h, &r);
}

static void run(ob_http *h, const bool *until, int ms) {
  int64_t end = ob_mono_ms() + ms;
  while (!*until && ob_mono_ms() < end) ob_http_poll(h, 50);
}

static answer get(ob_http *h, ob_http_request r) {
  answer a = {0};
  start(h, &a, r);
  run(h, &a.done, 8000);
  cr_assert(a.done, "no answer");
  return a;
}

/* One request over a fresh ob_http. */
static answer get_once(const ob_kube_target *t, ob_http_request r) {
  ob_timing timing = quick();
  OB_AUTOPTR(ob_http) h = NULL;
  ob_err e = {0};
  cr_assert_eq(ob_http_new(&h, t, &timing, &e), 0, "%s", e.msg);
  return get(h, r);
}

#define EXPECT(a, want_code, part)                                                                 \
  do {                                                                                             \
    cr_expect_eq((a).err.code, want_code, "%s: %s", ob_code_name((a).err.code), (a).err.msg);      \
    cr_expect(strstr((a).err.msg, part), "\"%s\" does not say \"%s\"", (a).err.msg, part);         \
  } while (0)

static bool says_ok(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 200,
                    "Date: Tue, 24 Nov 2026 08:03:37 GMT\r\nETag: \"e\"\r\n"
                    "Warning: 299 - \"old\"\r\n",
                    "{\"ok\":1}");
}

typedef struct tls_world {
  test_cert ca, leaf;
  test_server *s;
  int port;
} tls_world;

static tls_world tls_start(const char *names, long from_s, long to_s, test_handler h, void *arg) {
  tls_world w = {0};
  w.ca = test_cert_new(NULL, NULL, -3600, 3600);
  w.leaf = test_cert_new(&w.ca, names, from_s, to_s);
  w.s = test_server_start(&w.leaf, NULL, h, arg);
  w.port = test_server_port(w.s);
  return w;
}

static void tls_stop(tls_world *w) {
  test_server_stop(w->s);
  test_cert_free(&w->ca);
  test_cert_free(&w->leaf);
}

/* --- plain answers --- */

Test(http, an_answer) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, says_ok, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = tls_target("127.0.0.1", w.port, w.ca.cert, NULL, "\"token\":\"tok\"");
  answer a = get_once(t, (ob_http_request){.path = "/api/v1/services?limit=1", .gzip = true});
  cr_assert_eq(a.err.code, OB_OK, "%s", a.err.msg);
  cr_assert_eq(a.status, 200);
  cr_assert_str_eq(ob_buf_str(&a.body), "{\"ok\":1}");
  cr_assert_eq(a.date_ms, 1795507417000);
  cr_assert_str_eq(a.etag, "\"e\"");
  cr_assert_str_eq(a.warning, "old");
  OB_AUTOFREE char *head = test_server_head(w.s, 1);
  static const char *const lines[] = {
      "GET /api/v1/services?limit=1 HTTP/1.1\r\n", "Authorization: Bearer tok\r\n",
      "Accept: application/json\r\n", "Accept-Encoding: gzip\r\n", "User-Agent: outboard/"};
  for (size_t i = 0; i < OB_LEN(lines); i++)
    cr_expect(strstr(head, lines[i]), "%s in %s", lines[i], head);
  ob_buf_done(&a.body);
  tls_stop(&w);
}

Test(http, plain_http_carries_no_credentials) {
  test_server *s = test_server_start(NULL, NULL, says_ok, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = plain_target(test_server_port(s),
                   "\"token\":\"tok\",\"as\":\"bob\",\"as-groups\":[\"g1\",\"g2\"],"
                   "\"as-uid\":\"7\",\"as-user-extra\":{\"a/b\":[\"v\",\"\"]}");
  answer a = get_once(t, (ob_http_request){0});
  cr_assert_eq(a.err.code, OB_OK, "%s", a.err.msg);
  OB_AUTOFREE char *head = test_server_head(s, 1);
  cr_expect(!strstr(head, "Authorization"), "%s", head);
  static const char *const lines[] = {
      "Impersonate-User: bob\r\n",      "Impersonate-Group: g1\r\n",
      "Impersonate-Group: g2\r\n",      "Impersonate-Uid: 7\r\n",
      "Impersonate-Extra-a%2Fb: v\r\n", "Impersonate-Extra-a%2Fb:\r\n"};
  for (size_t i = 0; i < OB_LEN(lines); i++)
    cr_expect(strstr(head, lines[i]), "%s in %s", lines[i], head);
  ob_buf_done(&a.body);
  test_server_stop(s);
}

static bool echoes(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  OB_AUTOFREE char *text = ob_asprintf("%s %s %s", r->method, r->path, r->body);
  return test_reply(c, 200, NULL, text);
}

Test(http, bodies_methods_prefix_and_basic) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, echoes, NULL);
  OB_AUTOFREE char *host = ob_asprintf("\"server\":\"https://127.0.0.1:%d/pre/fix/\","
                                       "\"insecure-skip-tls-verify\":true",
                                       w.port);
  OB_AUTOPTR(ob_kube_target) t = target_of(host, "\"username\":\"bob\",\"password\":\"pw\"");
  answer a = get_once(t, (ob_http_request){.method = "PATCH",
                                           .path = "/api/../x",
                                           .body = "{\"a\":1}",
                                           .body_len = 7,
                                           .content_type = "application/merge-patch+json"});
  cr_assert_str_eq(ob_buf_str(&a.body), "PATCH /pre/fix/api/../x {\"a\":1}");
  OB_AUTOFREE char *head = test_server_head(w.s, 1);
  cr_assert(strstr(head, "Content-Type: application/merge-patch+json\r\n"));
  cr_assert(strstr(head, "Authorization: Basic Ym9iOnB3\r\n"));
  ob_buf_done(&a.body);
  tls_stop(&w);
}

/* --- errors that a server sends --- */

static bool fails(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (strstr(r->path, "status"))
    return test_reply(c, 403, NULL,
                      "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\","
                      "\"message\":\"no\"}");
  if (strstr(r->path, "busy")) return test_reply(c, 429, "Retry-After: 3\r\n", "slow down");
  if (strstr(r->path, "details"))
    return test_reply(c, 504, NULL,
                      "{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\","
                      "\"details\":{\"retryAfterSeconds\":1}}");
  if (strstr(r->path, "elsewhere"))
    return test_reply(c, 302, "Location: http://127.0.0.1:1/stolen\r\n", "");
  if (strstr(r->path, "same")) return test_reply(c, 304, NULL, "");
  if (strstr(r->path, "huge")) {
    static const char head[] = "HTTP/1.1 500 X\r\nContent-Length: 99000000\r\n\r\n";
    test_write(c, head, sizeof head - 1);
    OB_AUTOFREE char *mib = ob_calloc(1, 1 << 20);
    for (int i = 0; i < 3; i++) test_write(c, mib, 1 << 20);
    return test_wait(c, 5000);
  }
  return test_reply(c, 404, NULL, "404 page not found\n");
}

Test(http, error_answers) {
  test_server *s = test_server_start(NULL, NULL, fails, NULL);
  OB_AUTOPTR(ob_kube_target) t = plain_target(test_server_port(s), NULL);
  answer a = get_once(t, (ob_http_request){.path = "/api/v1/services?status", .on_data = on_data});
  EXPECT(a, OB_EFORBIDDEN, "forbidden: list services: no");
  cr_expect_str_eq(a.reason, "Forbidden");
  cr_expect_not(a.opened, "an error's body is no data");
  ob_buf_done(&a.body);
  a = get_once(t, (ob_http_request){.path = "/busy"});
  EXPECT(a, OB_ETOOMANY, "slow down");
  cr_expect_eq(a.retry_after_ms, 3000);
  ob_buf_done(&a.body);
  a = get_once(t, (ob_http_request){.path = "/details"});
  EXPECT(a, OB_ESERVER, "");
  cr_expect_eq(a.retry_after_ms, 1000);
  ob_buf_done(&a.body);
  a = get_once(t, (ob_http_request){.path = "/none"});
  EXPECT(a, OB_ENOTFOUND, "404 page not found");
  ob_buf_done(&a.body);
  a = get_once(t, (ob_http_request){.path = "/same", .if_none_match = "\"e\""});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(a.status, 304);
  ob_buf_done(&a.body);
  a = get_once(t, (ob_http_request){.path = "/huge"});
  EXPECT(a, OB_ESERVER, "HTTP 500");
  cr_expect_leq(a.body.len, OB_HTTP_ERROR_MAX);
  ob_buf_done(&a.body);
  unsigned before = test_server_requests(s);
  a = get_once(t, (ob_http_request){.path = "/elsewhere"});
  EXPECT(a, OB_EPROTO, "redirect (HTTP 302) to http://127.0.0.1:1/stolen");
  cr_expect_eq(test_server_requests(s), before + 1);
  ob_buf_done(&a.body);
  test_server_stop(s);
}

/* --- 401 --- */

static bool wants_new_token(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (strstr(r->head, "Bearer new")) return test_reply(c, 200, NULL, "{}");
  return test_reply(c, 401, NULL,
                    "{\"kind\":\"Status\",\"code\":401,\"message\":\"Unauthorized\"}");
}

static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert(f);
  fputs(text, f);
  fclose(f);
}

Test(http, a_401_reads_the_token_file_again_once_for_all) {
  char path[] = "/tmp/outboard-token-XXXXXX";
  close(mkstemp(path));
  write_file(path, "old\n");
  tls_world w = tls_start("127.0.0.1", -60, 3600, wants_new_token, NULL);
  OB_AUTOFREE char *user = ob_asprintf("\"tokenFile\":\"%s\"", path);
  OB_AUTOPTR(ob_kube_target) t = tls_target("127.0.0.1", w.port, w.ca.cert, NULL, user);
  ob_timing timing = quick();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);

  answer a = get(h, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "Unauthorized");
  cr_assert_eq(test_server_requests(w.s), 1, "the same token is not sent twice");
  ob_buf_done(&a.body);
  usleep(60000);

  write_file(path, " new \n");
  answer many[5] = {{0}};
  for (size_t i = 0; i < OB_LEN(many); i++)
    start(h, &many[i], (ob_http_request){.on_data = on_data});
  for (size_t i = 0; i < OB_LEN(many); i++) {
    run(h, &many[i].done, 5000);
    cr_expect_eq(many[i].err.code, OB_OK, "%s", many[i].err.msg);
    cr_expect_str_eq(ob_buf_str(&many[i].body), "{}", "the 401's body is not seen");
    ob_buf_done(&many[i].body);
  }
  unsigned n = test_server_requests(w.s);
  cr_expect(n >= 1 + 6 && n <= 1 + 10, "%u requests", n);
  a = get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(test_server_requests(w.s), n + 1, "the new token is kept");
  ob_buf_done(&a.body);

  write_file(path, "bad\n");
  ob_timing due = timing;
  due.token_file_ms = 0;
  OB_AUTOPTR(ob_http) h2 = NULL;
  cr_assert_eq(ob_http_new(&h2, t, &due, NULL), 0);
  a = get(h2, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "");
  ob_buf_done(&a.body);
  write_file(path, "new\n");
  a = get(h2, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "read again when due: %s", a.err.msg);
  ob_buf_done(&a.body);
  write_file(path, "");
  a = get(h2, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "an empty file leaves the last good token: %s", a.err.msg);
  ob_buf_done(&a.body);
  unlink(path);
  tls_stop(&w);
}

Test(http, a_401_with_a_fixed_token_is_final) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, wants_new_token, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = tls_target("127.0.0.1", w.port, w.ca.cert, NULL, "\"token\":\"x\"");
  answer a = get_once(t, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "Unauthorized");
  cr_assert_eq(test_server_requests(w.s), 1);
  ob_buf_done(&a.body);
  tls_stop(&w);
}

/* --- streams, cancelling, breaking --- */

static bool streams(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  static const char piece[] = "6\r\n{\"a\":1\r\n2\r\n}\n\r\n";
  test_write(c, head, sizeof head - 1);
  if (strstr(r->path, "silent")) return test_wait(c, 10000);
  for (int i = 0; i < 3; i++) {
    test_write(c, piece, sizeof piece - 1);
    if (!test_wait(c, 20)) return false;
  }
  if (strstr(r->path, "end")) {
    test_write(c, "0\r\n\r\n", 5);
    return true;
  }
  if (strstr(r->path, "cut")) return false;
  if (strstr(r->path, "drip"))
    while (test_wait(c, 50)) test_write(c, "1\r\nx\r\n", 6);
  return test_wait(c, 10000);
}

static void check_streams(const ob_kube_target *t) {
  ob_timing timing = quick();
  timing.request_ms = 300;
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  answer quiet = {0}, ended = {0}, cut = {0}, drip = {0}, dead = {0};
  ob_http_call *q =
      start(h, &quiet, (ob_http_request){.path = "/silent", .stream = true, .on_data = on_data});
  start(h, &ended, (ob_http_request){.path = "/end", .stream = true, .on_data = on_data});
  start(h, &cut, (ob_http_request){.path = "/cut", .stream = true, .on_data = on_data});
  start(h, &drip, (ob_http_request){.path = "/drip", .stall_ms = 400, .on_data = on_data});
  start(h, &dead, (ob_http_request){.path = "/stop", .on_data = on_data});
  bool never = false;
  run(h, &never, 1200);
  cr_expect(quiet.opened && !quiet.done, "a silent watch lives on");
  cr_expect(ended.done && ended.err.code == OB_OK, "%s", ended.err.msg);
  cr_expect_str_eq(ob_buf_str(&ended.body), "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n");
  cr_expect(cut.done && cut.cut && cut.err.code == OB_ENET, "%s", cut.err.msg);
  cr_expect(drip.done && drip.err.code == OB_ETIMEOUT && drip.cut, "%s", drip.err.msg);
  cr_expect(strstr(drip.err.msg, "stopped coming"), "%s", drip.err.msg);
  cr_expect(dead.done && dead.err.code == OB_ETIMEOUT, "%s", dead.err.msg);
  ob_http_drop_connections(h);
  run(h, &quiet.done, 1000);
  cr_expect(quiet.done && quiet.cut && quiet.err.code == OB_ENET, "dropped: %s", quiet.err.msg);
  (void)q;
  answer again = get(h, (ob_http_request){.path = "/end"});
  cr_expect_eq(again.err.code, OB_OK);
  answer *all[] = {&quiet, &ended, &cut, &drip, &dead, &again};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_done(&all[i]->body);
}

Test(http, streams_live_without_limits_and_say_how_they_ended) {
  test_server *s = test_server_start(NULL, NULL, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = plain_target(test_server_port(s), NULL);
  check_streams(t);
  test_server_stop(s);
}

Test(tls, a_silent_watch_does_not_hold_up_the_others) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = tls_target("127.0.0.1", w.port, w.ca.cert, NULL, NULL);
  check_streams(t);
  tls_stop(&w);
}

Test(http, cancel) {
  test_server *s = test_server_start(NULL, NULL, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = plain_target(test_server_port(s), NULL);
  ob_timing timing = quick();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  answer before = {0}, self = {0}, other = {0}, by_other = {0}, no = {.stop_after = 2};
  ob_http_call *b = start(h, &before, (ob_http_request){.path = "/x", .on_data = on_data});
  ob_http_cancel(b);
  ob_http_call *me =
      start(h, &self, (ob_http_request){.path = "/x", .stream = true, .on_data = on_data});
  self.cancel_in_data = me;
  ob_http_call *victim =
      start(h, &by_other, (ob_http_request){.path = "/silent", .stream = true, .on_data = on_data});
  start(h, &other, (ob_http_request){.path = "/end", .on_data = on_data});
  other.cancel_in_data = victim;
  start(h, &no, (ob_http_request){.path = "/x", .stream = true, .on_data = on_data});
  bool never = false;
  run(h, &never, 400);
  cr_expect(!before.done && !before.opened);
  cr_expect(!self.done && self.pieces == 1, "%d pieces", self.pieces);
  cr_expect(!by_other.done);
  cr_expect(other.done && other.err.code == OB_OK);
  cr_expect(no.done && no.pieces == 2 && no.err.code == OB_ECANCELED && !no.cut, "%s", no.err.msg);
  cr_expect_eq(ob_http_poll(h, 0), 0, "nothing is under way");
  answer flying = {0};
  start(h, &flying, (ob_http_request){.path = "/silent", .stream = true, .on_data = on_data});
  run(h, &flying.opened, 2000);
  ob_http_free(ob_take(h)); /* with a call in flight */
  cr_expect_not(flying.done);
  answer *all[] = {&before, &self, &other, &by_other, &no, &flying};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_done(&all[i]->body);
  test_server_stop(s);
}

static void *waker(void *arg) {
  usleep(50000);
  ob_http_wakeup(arg);
  return NULL;
}

Test(http, wakeup_from_another_thread) {
  OB_AUTOPTR(ob_kube_target) t = plain_target(1, NULL);
  ob_timing timing = quick();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  pthread_t thread;
  pthread_create(&thread, NULL, waker, h);
  int64_t from = ob_mono_ms();
  ob_http_poll(h, 10000);
  int64_t took = ob_mono_ms() - from;
  cr_expect(took >= 30 && took < 2000, "%lld ms", (long long)took);
  pthread_join(thread, NULL);
  ob_http_wakeup(h);
  from = ob_mono_ms();
  ob_http_poll(h, 10000);
  cr_expect_lt(ob_mono_ms() - from, 2000, "a wakeup before the wait counts");
  from = ob_mono_ms();
  ob_http_poll(h, 100);
  cr_expect_geq(ob_mono_ms() - from, 90, "and only once");
}

/* --- gzip --- */

static ob_buf gzipped(const char *text, size_t n) {
  ob_buf out = OB_BUF_INIT(1 << 22);
  OB_AUTOFREE char *room = ob_alloc(1 << 20);
  z_stream z = {0};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = (void *)(uintptr_t)text;
  z.avail_in = (unsigned)n;
  z.next_out = (void *)room;
  z.avail_out = 1 << 20;
  deflate(&z, Z_FINISH);
  ob_buf_add(&out, room, z.total_out);
  deflateEnd(&z);
  return out;
}

static char *long_list(void) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 22);
  ob_buf_adds(&b, "{\"items\":[");
  for (int i = 0; i < 3000; i++)
    ob_buf_addf(&b, "%s{\"metadata\":{\"name\":\"web-%d\"}}", i ? "," : "", i);
  ob_buf_adds(&b, "],\"metadata\":{\"resourceVersion\":\"9\"}}");
  return ob_buf_take(&b, NULL);
}

static bool zips(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  OB_AUTOFREE char *list = long_list();
  if (!strstr(r->head, "gzip")) return test_reply(c, 200, NULL, list);
  OB_AUTO(ob_buf) z = gzipped(list, strlen(list));
  size_t n = strstr(r->path, "cut") ? z.len / 2 : z.len;
  if (strstr(r->path, "bad")) memset(z.ptr + 20, 'x', 20);
  OB_AUTOFREE char *head =
      ob_asprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", n);
  test_write(c, head, strlen(head));
  test_write(c, z.ptr, n);
  return true;
}

typedef struct list_answer {
  answer a;
  ob_list_scan s;
} list_answer;

static int count_item(void *arg, const char *bytes, size_t n) {
  (void)bytes, (void)n;
  ++*(size_t *)arg;
  return 0;
}

static int feed_list(void *arg, const char *bytes, size_t n) {
  return ob_list_scan_feed(&((list_answer *)arg)->s, bytes, n, NULL);
}

Test(http, gzip_lists_are_whole_or_fail) {
  test_server *s = test_server_start(NULL, NULL, zips, NULL);
  OB_AUTOPTR(ob_kube_target) t = plain_target(test_server_port(s), NULL);
  static const struct {
    const char *path;
    bool gzip, whole;
  } table[] = {
      {"/ok", true, true}, {"/ok", false, true}, {"/cut", true, false}, {"/bad", true, false}};
  for (size_t i = 0; i < OB_LEN(table); i++) {
    ob_timing timing = quick();
    OB_AUTOPTR(ob_http) h = NULL;
    cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
    size_t items = 0;
    list_answer l = {0};
    ob_list_scan_init(&l.s, 0, count_item, &items);
    start(
        h, &l.a,
        (ob_http_request){
            .path = table[i].path, .gzip = table[i].gzip, .stall_ms = 2000, .on_data = feed_list});
    run(h, &l.a.done, 5000);
    bool whole = l.a.err.code == OB_OK && ob_list_scan_finish(&l.s, NULL) == 0;
    cr_expect_eq(whole, table[i].whole, "%s: %s", table[i].path, l.a.err.msg);
    if (whole) cr_expect_eq(items, 3000);
    if (whole && table[i].gzip) cr_expect_lt(l.a.bytes, 30000, "%zu bytes came", l.a.bytes);
    ob_list_scan_done(&l.s);
    ob_buf_done(&l.a.body);
  }
  test_server_stop(s);
}

/* --- no connection --- */

static int closed_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof a;
  bind(fd, (struct sockaddr *)&a, len);
  getsockname(fd, (struct sockaddr *)&a, &len);
  close(fd);
  return ntohs(a.sin_port);
}

Test(http, connection_refused) {
  int port = closed_port();
  OB_AUTOPTR(ob_kube_target) t = plain_target(port, NULL);
  answer a = get_once(t, (ob_http_request){0});
  OB_AUTOFREE char *want = ob_asprintf("127.0.0.1:%d: connection refused", port);
  EXPECT(a, OB_ENET, want);
  cr_expect(strlen(a.err.hint) > 0);
  ob_buf_done(&a.body);
}

Test(http, a_name_that_does_not_resolve) {
  OB_AUTOPTR(ob_kube_target) t = target_of("\"server\":\"https://outboard.invalid\"", NULL);
  answer a = get_once(t, (ob_http_request){0});
  EXPECT(a, OB_ENET, "outboard.invalid:443: the name cannot be resolved");
  ob_buf_done(&a.body);
}

Test(http, all_waiting_requests_end_when_nobody_accepts) {
  /* A listener whose backlog is full drops what comes: a black hole. */
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof addr;
  bind(fd, (struct sockaddr *)&addr, len);
  listen(fd, 0);
  getsockname(fd, (struct sockaddr *)&addr, &len);
  int fill[4];
  for (size_t i = 0; i < OB_LEN(fill); i++) {
    fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fill[i], (struct sockaddr *)&addr, sizeof addr);
  }
  OB_AUTOPTR(ob_kube_target)
  t = tls_target("127.0.0.1", ntohs(addr.sin_port), NULL, NULL, NULL);
  ob_timing timing = quick();
  timing.connect_ms = 400;
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  answer a[6] = {{0}};
  int64_t from = ob_mono_ms();
  for (size_t i = 0; i < OB_LEN(a); i++) start(h, &a[i], (ob_http_request){.stream = true});
  for (size_t i = 0; i < OB_LEN(a); i++) {
    run(h, &a[i].done, 5000);
    EXPECT(a[i], OB_ETIMEOUT, "no connection within 0.4 s");
    ob_buf_done(&a[i].body);
  }
  cr_expect_lt(ob_mono_ms() - from, 1500, "they wait at the same time");
  for (size_t i = 0; i < OB_LEN(fill); i++) close(fill[i]);
  close(fd);
}

static bool closes(test_conn *c, const test_request *r, void *arg) {
  (void)c, (void)r, (void)arg;
  return false;
}

Test(http, closed_without_an_answer) {
  test_server *s = test_server_start(NULL, NULL, closes, NULL);
  OB_AUTOPTR(ob_kube_target) t = plain_target(test_server_port(s), NULL);
  answer a = get_once(t, (ob_http_request){0});
  EXPECT(a, OB_ENET, "the connection broke");
  cr_expect_not(a.cut, "nothing had begun");
  ob_buf_done(&a.body);
  test_server_stop(s);
}

/* --- TLS --- */

Test(tls, trust_sentences) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, says_ok, NULL);
  tls_world stale = tls_start("127.0.0.1", -3600, -60, says_ok, NULL);
  tls_world early = tls_start("127.0.0.1", 600, 3600, says_ok, NULL);
  tls_world named = tls_start("api.example", -60, 3600, says_ok, NULL);
  test_server *plain = test_server_start(NULL, NULL, says_ok, NULL);
  const struct {
    const char *host;
    int port;
    const char *ca, *more;
    ob_code code;
    const char *says;
  } table[] = {
      {"127.0.0.1", w.port, w.ca.cert, NULL, OB_OK, ""},
      {"127.0.0.1", w.port, NULL, NULL, OB_ETLS, "signed by an unknown authority"},
      {"127.0.0.1", w.port, named.ca.cert, NULL, OB_ETLS, "signed by an unknown authority"},
      {"127.0.0.1", w.port, w.leaf.cert, NULL, OB_OK, ""},
      {"localhost", w.port, w.ca.cert, NULL, OB_ETLS, "not for the name \"localhost\""},
      {"127.0.0.1", stale.port, stale.ca.cert, NULL, OB_ETLS, "has expired"},
      {"127.0.0.1", early.port, early.ca.cert, NULL, OB_ETLS, "not valid yet"},
      {"127.0.0.1", named.port, named.ca.cert, NULL, OB_ETLS, "not for the name \"127.0.0.1\""},
      {"127.0.0.1", named.port, named.ca.cert, ",\"tls-server-name\":\"api.example\"", OB_OK, ""},
      {"127.0.0.1", named.port, named.ca.cert, ",\"tls-server-name\":\"other.example\"", OB_ETLS,
       "not for the name \"other.example\""},
      {"127.0.0.1", stale.port, NULL, ",\"insecure-skip-tls-verify\":true", OB_OK, ""},
      {"127.0.0.1", test_server_port(plain), w.ca.cert, NULL, OB_ETLS, "does not speak TLS"},
  };
  for (size_t i = 0; i < OB_LEN(table); i++) {
    OB_AUTOPTR(ob_kube_target)
    t = tls_target(table[i].host, table[i].port, table[i].ca, table[i].more, "\"token\":\"hush\"");
    answer a = get_once(t, (ob_http_request){0});
    cr_expect_eq(a.err.code, table[i].code, "row %zu: %s: %s", i, ob_code_name(a.err.code),
                 a.err.msg);
    cr_expect(strstr(a.err.msg, table[i].says), "row %zu: %s", i, a.err.msg);
    if (table[i].code) cr_expect(strlen(a.err.hint) > 0, "row %zu has no hint", i);
    ob_buf_done(&a.body);
  }
  OB_AUTOFREE char *head = test_server_head(named.s, 1);
  OB_AUTOFREE char *host = ob_asprintf("Host: 127.0.0.1:%d\r\n", named.port);
  cr_expect(strstr(head, host), "the real host is asked for: %s", head);
  test_server_stop(plain);
  tls_stop(&w);
  tls_stop(&stale);
  tls_stop(&early);
  tls_stop(&named);
}

static char *temp_file(char *name, const char *text) {
  close(mkstemp(name));
  write_file(name, text);
  return name;
}

Test(tls, client_certificates_from_data_and_rotated_files) {
  test_cert ca = test_cert_new(NULL, NULL, -3600, 3600),
            other = test_cert_new(NULL, NULL, -60, 3600);
  test_cert leaf = test_cert_new(&ca, "127.0.0.1", -60, 3600),
            mine = test_cert_new(&ca, "me", -60, 3600);
  test_cert alien = test_cert_new(&other, "me", -60, 3600);
  test_server *s = test_server_start(&leaf, &ca, says_ok, NULL);
  int port = test_server_port(s);
  char cert[] = "/tmp/outboard-cert-XXXXXX", key[] = "/tmp/outboard-key-XXXXXX";
  char cafile[] = "/tmp/outboard-ca-XXXXXX";
  temp_file(cert, alien.cert);
  temp_file(key, alien.key);
  temp_file(cafile, ca.cert);

  OB_AUTOFREE char *c64 = base64(mine.cert), *k64 = base64(mine.key), *a64 = base64(alien.key);
  OB_AUTOFREE char *data =
      ob_asprintf("\"client-certificate-data\":\"%s\",\"client-key-data\":\"%s\"", c64, k64);
  OB_AUTOFREE char *unpaired =
      ob_asprintf("\"client-certificate-data\":\"%s\",\"client-key-data\":\"%s\"", c64, a64);
  OB_AUTOPTR(ob_kube_target) t = tls_target("127.0.0.1", port, ca.cert, NULL, data);
  answer a = get_once(t, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) t2 = tls_target("127.0.0.1", port, ca.cert, NULL, unpaired);
  a = get_once(t2, (ob_http_request){0});
  EXPECT(a, OB_ETLS, "the client certificate of user \"u\" cannot be used");
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) t3 = tls_target("127.0.0.1", port, ca.cert, NULL, NULL);
  a = get_once(t3, (ob_http_request){0});
  cr_expect_neq(a.err.code, OB_OK);
  ob_buf_done(&a.body);

  OB_AUTOFREE char *files =
      ob_asprintf("\"client-certificate\":\"%s\",\"client-key\":\"%s\"", cert, key);
  OB_AUTOFREE char *cluster = ob_asprintf(
      "\"server\":\"https://127.0.0.1:%d\",\"certificate-authority\":\"%s\"", port, cafile);
  OB_AUTOPTR(ob_kube_target) t4 = target_of(cluster, files);
  ob_timing timing = quick();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t4, &timing, NULL), 0);
  a = get(h, (ob_http_request){0});
  cr_expect_neq(a.err.code, OB_OK, "a certificate of another CA");
  ob_buf_done(&a.body);
  write_file(cert, mine.cert);
  write_file(key, mine.key);
  a = get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "the files are read again: %s", a.err.msg);
  ob_buf_done(&a.body);
  unsigned conns = test_server_connections(s);
  a = get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(test_server_connections(s), conns, "an unchanged file keeps the connection");
  ob_buf_done(&a.body);
  write_file(cafile, other.cert);
  a = get(h, (ob_http_request){0});
  EXPECT(a, OB_ETLS, "unknown authority");
  ob_buf_done(&a.body);
  write_file(cafile, "");
  unlink(cafile);
  a = get(h, (ob_http_request){0});
  EXPECT(a, OB_ETLS, "unknown authority");
  ob_buf_done(&a.body);
  unlink(cert);
  unlink(key);
  ob_http_free(ob_take(h));
  test_server_stop(s);
  test_cert *all[] = {&ca, &other, &leaf, &mine, &alien};
  for (size_t i = 0; i < OB_LEN(all); i++) test_cert_free(all[i]);
}

/* --- proxies --- */

static bool proxy_says(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 403, NULL, "no way");
}

Test(proxy, is_asked_for_the_real_host_and_gets_no_credentials) {
  test_server *p = test_server_start(NULL, NULL, proxy_says, NULL);
  OB_AUTOFREE char *cluster =
      ob_asprintf("\"server\":\"https://"
                  "cluster.invalid:6443\",\"tls-server-name\":\"api.example\",\"proxy-url\":"
                  "\"http://127.0.0.1:%d\"",
                  test_server_port(p));
  OB_AUTOPTR(ob_kube_target) t = target_of(cluster, "\"token\":\"hush\",\"as\":\"bob\"");
  answer a = get_once(t, (ob_http_request){0});
  EXPECT(a, OB_ENET, "the proxy refused");
  OB_AUTOFREE char *head = test_server_head(p, 1);
  cr_expect(ob_starts(head, "CONNECT cluster.invalid:6443 HTTP/1.1\r\n"), "%s", head);
  cr_expect(!strstr(head, "hush") && !strstr(head, "bob"), "%s", head);
  ob_buf_done(&a.body);
  test_server_stop(p);
}

Test(proxy, environment) {
  test_server *p = test_server_start(NULL, NULL, proxy_says, NULL);
  test_server *s = test_server_start(NULL, NULL, says_ok, NULL);
  OB_AUTOFREE char *url = ob_asprintf("http://127.0.0.1:%d", test_server_port(p));
  setenv("HTTPS_PROXY", url, 1);
  setenv("HTTP_PROXY", url, 1);
  setenv("ALL_PROXY", url, 1);
  OB_AUTOPTR(ob_kube_target) local = plain_target(test_server_port(s), NULL);
  answer a = get_once(local, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "loopback is never proxied: %s", a.err.msg);
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) far = target_of("\"server\":\"https://cluster.invalid\"", NULL);
  a = get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "the proxy refused");
  ob_buf_done(&a.body);
  setenv("NO_PROXY", "invalid", 1);
  a = get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "cannot be resolved");
  ob_buf_done(&a.body);
  unsetenv("HTTPS_PROXY");
  unsetenv("NO_PROXY");
  a = get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "cannot be resolved");
  ob_buf_done(&a.body);
  cr_expect_eq(test_server_requests(p), 1);
  test_server_stop(p);
  test_server_stop(s);
}

/* --- bytes that break --- */

static bool sends_list(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  OB_AUTOFREE char *list = long_list();
  return test_reply(c, 200, NULL, list);
}

Test(wire, a_list_that_is_cut_anywhere_fails) {
  tls_world w = tls_start("127.0.0.1", -60, 3600, sends_list, NULL);
  ob_wire *wire = ob_wire_start(w.port);
  OB_AUTOPTR(ob_kube_target)
  t = tls_target("127.0.0.1", ob_wire_port(wire), w.ca.cert, NULL, NULL);
  ob_timing timing = quick();
  static const ob_wire_mode modes[] = {OB_WIRE_CUT, OB_WIRE_RESET, OB_WIRE_STALL};
  for (size_t m = 0; m < OB_LEN(modes); m++)
    for (size_t bytes = 0; bytes < 80000; bytes += 9973) {
      while (ob_wire_open(wire) > 0) usleep(1000); /* an old connection must not take the fault */
      ob_wire_set(wire, (ob_wire_fault_spec){.mode = modes[m], .bytes = bytes, .once = true});
      OB_AUTOPTR(ob_http) h = NULL;
      cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
      size_t items = 0;
      list_answer l = {0};
      ob_list_scan_init(&l.s, 0, count_item, &items);
      start(h, &l.a, (ob_http_request){.stall_ms = 300, .on_data = feed_list});
      run(h, &l.a.done, 5000);
      bool whole = l.a.err.code == OB_OK && ob_list_scan_finish(&l.s, NULL) == 0;
      cr_expect_not(whole, "mode %d after %zu bytes", (int)modes[m], bytes);
      cr_expect_lt(items, 3000);
      ob_list_scan_done(&l.s);
      ob_buf_done(&l.a.body);
      answer again = get(h, (ob_http_request){0});
      cr_expect_eq(again.err.code, OB_OK, "the next request works: %s", again.err.msg);
      ob_buf_done(&again.body);
    }
  ob_wire_stop(wire);
  tls_stop(&w);
}

Test(wire, refuse_retarget_and_counts) {
  test_server *a = test_server_start(NULL, NULL, says_ok, NULL),
              *b = test_server_start(NULL, NULL, fails, NULL);
  ob_wire *wire = ob_wire_start(test_server_port(a));
  OB_AUTOPTR(ob_kube_target) t = plain_target(ob_wire_port(wire), NULL);
  answer r = get_once(t, (ob_http_request){0});
  cr_expect_eq(r.err.code, OB_OK);
  ob_buf_done(&r.body);
  cr_expect_eq(ob_wire_accepted(wire), 1);
  cr_expect_gt(ob_wire_down(wire), 50);
  cr_expect_gt(ob_wire_up(wire), 50);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  r = get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENET, "connection refused");
  ob_buf_done(&r.body);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  ob_wire_retarget(wire, test_server_port(b));
  r = get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENOTFOUND, "404");
  ob_buf_done(&r.body);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_DRIP, .every_ms = 5});
  int64_t from = ob_mono_ms();
  r = get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENOTFOUND, "404");
  cr_expect_gt(ob_mono_ms() - from, 250, "a byte every 5 ms takes its time");
  ob_buf_done(&r.body);
  ob_wire_stop(wire);
  test_server_stop(a);
  test_server_stop(b);
}
