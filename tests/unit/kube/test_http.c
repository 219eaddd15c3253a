/* Requests and answers: what is sent, what errors become, 401, and no connection at all. */
#include "base/str.h"
#include "client.h"
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- plain answers --- */

Test(http, an_answer) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, test_says_ok, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, "\"token\":\"tok\"");
  test_answer a =
      test_get_once(t, (ob_http_request){.path = "/api/v1/services?limit=1", .gzip = true});
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
  test_tls_stop(&w);
}

Test(http, plain_http_carries_no_credentials) {
  test_server *s = test_server_start(NULL, NULL, test_says_ok, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = test_plain_target(test_server_port(s),
                        "\"token\":\"tok\",\"as\":\"bob\",\"as-groups\":[\"g1\",\"g2\"],"
                        "\"as-uid\":\"7\",\"as-user-extra\":{\"a/b\":[\"v\",\"\"]}");
  test_answer a = test_get_once(t, (ob_http_request){0});
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
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, echoes, NULL);
  OB_AUTOFREE char *host = ob_asprintf("\"server\":\"https://127.0.0.1:%d/pre/fix/\","
                                       "\"insecure-skip-tls-verify\":true",
                                       w.port);
  OB_AUTOPTR(ob_kube_target) t = test_target(host, "\"username\":\"bob\",\"password\":\"pw\"");
  test_answer a =
      test_get_once(t, (ob_http_request){.method = "PATCH",
                                         .path = "/api/../x",
                                         .body = "{\"a\":1}",
                                         .body_len = 7,
                                         .content_type = "application/merge-patch+json"});
  cr_assert_str_eq(ob_buf_str(&a.body), "PATCH /pre/fix/api/../x {\"a\":1}");
  OB_AUTOFREE char *head = test_server_head(w.s, 1);
  cr_assert(strstr(head, "Content-Type: application/merge-patch+json\r\n"));
  cr_assert(strstr(head, "Authorization: Basic Ym9iOnB3\r\n"));
  ob_buf_done(&a.body);
  test_tls_stop(&w);
}

/* --- errors that a server sends --- */

Test(http, error_answers) {
  test_server *trap = test_server_start(NULL, NULL, test_says_ok, NULL);
  OB_AUTOFREE char *there =
      ob_asprintf("Location: http://127.0.0.1:%d/stolen\r\n", test_server_port(trap));
  test_server *s = test_server_start(NULL, NULL, test_fails, there);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  test_answer a = test_get_once(
      t, (ob_http_request){.path = "/api/v1/services?status", .on_data = test_on_data});
  EXPECT(a, OB_EFORBIDDEN, "forbidden: list services: no");
  cr_expect_str_eq(a.reason, "Forbidden");
  cr_expect_not(a.opened, "an error's body is no data");
  ob_buf_done(&a.body);
  a = test_get_once(t, (ob_http_request){.path = "/busy"});
  EXPECT(a, OB_ETOOMANY, "slow down");
  cr_expect_eq(a.retry_after_ms, 3000);
  ob_buf_done(&a.body);
  a = test_get_once(t, (ob_http_request){.path = "/details"});
  EXPECT(a, OB_ESERVER, "");
  cr_expect_eq(a.retry_after_ms, 1000);
  ob_buf_done(&a.body);
  a = test_get_once(t, (ob_http_request){.path = "/none"});
  EXPECT(a, OB_ENOTFOUND, "404 page not found");
  ob_buf_done(&a.body);
  a = test_get_once(t, (ob_http_request){.path = "/same", .if_none_match = "\"e\""});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(a.status, 304);
  ob_buf_done(&a.body);
  a = test_get_once(t, (ob_http_request){.path = "/huge"});
  EXPECT(a, OB_ESERVER, "HTTP 500");
  cr_expect_leq(a.body.len, OB_HTTP_ERROR_MAX);
  ob_buf_done(&a.body);
  unsigned before = test_server_requests(s);
  a = test_get_once(t, (ob_http_request){.path = "/elsewhere"});
  EXPECT(a, OB_EPROTO, "redirect (HTTP 302) to http://127.0.0.1:");
  cr_expect_eq(test_server_requests(trap), 0, "a redirect is not followed");
  cr_expect_eq(test_server_requests(s), before + 1);
  ob_buf_done(&a.body);
  test_server_stop(s);
  test_server_stop(trap);
}

/* --- 401 --- */

static bool wants_new_token(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (strstr(r->head, "Bearer new")) return test_reply(c, 200, NULL, "{}");
  return test_reply(c, 401, NULL,
                    "{\"kind\":\"Status\",\"code\":401,\"message\":\"Unauthorized\"}");
}

Test(http, a_401_reads_the_token_file_again_once_for_all) {
  char path[] = "/tmp/outboard-token-XXXXXX";
  close(mkstemp(path));
  test_write_file(path, "old\n");
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, wants_new_token, NULL);
  OB_AUTOFREE char *user = ob_asprintf("\"tokenFile\":\"%s\"", path);
  OB_AUTOPTR(ob_kube_target) t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, user);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);

  test_answer a = test_get(h, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "Unauthorized");
  cr_assert_eq(test_server_requests(w.s), 1, "the same token is not sent twice");
  ob_buf_done(&a.body);
  usleep(60000);

  test_write_file(path, " new \n");
  test_answer many[5] = {{0}};
  for (size_t i = 0; i < OB_LEN(many); i++)
    test_start(h, &many[i], (ob_http_request){.on_data = test_on_data});
  for (size_t i = 0; i < OB_LEN(many); i++) {
    test_run(h, &many[i].done, 5000);
    cr_expect_eq(many[i].err.code, OB_OK, "%s", many[i].err.msg);
    cr_expect_str_eq(ob_buf_str(&many[i].body), "{}", "the 401's body is not seen");
    ob_buf_done(&many[i].body);
  }
  unsigned n = test_server_requests(w.s);
  cr_expect(n >= 1 + 6 && n <= 1 + 10, "%u requests", n);
  a = test_get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(test_server_requests(w.s), n + 1, "the new token is kept");
  ob_buf_done(&a.body);

  test_write_file(path, "bad\n");
  ob_timing due = timing;
  due.token_file_ms = 0;
  OB_AUTOPTR(ob_http) h2 = NULL;
  cr_assert_eq(ob_http_new(&h2, t, &due, NULL), 0);
  a = test_get(h2, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "");
  ob_buf_done(&a.body);
  test_write_file(path, "new\n");
  a = test_get(h2, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "read again when due: %s", a.err.msg);
  ob_buf_done(&a.body);
  test_write_file(path, "");
  a = test_get(h2, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "an empty file leaves the last good token: %s", a.err.msg);
  ob_buf_done(&a.body);
  unlink(path);
  test_tls_stop(&w);
}

Test(http, a_401_with_a_fixed_token_is_final) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, wants_new_token, NULL);
  OB_AUTOPTR(ob_kube_target)
  t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, "\"token\":\"x\"");
  test_answer a = test_get_once(t, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "Unauthorized");
  cr_assert_eq(test_server_requests(w.s), 1);
  ob_buf_done(&a.body);
  test_tls_stop(&w);
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
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(port, NULL);
  test_answer a = test_get_once(t, (ob_http_request){0});
  OB_AUTOFREE char *want = ob_asprintf("127.0.0.1:%d: connection refused", port);
  EXPECT(a, OB_ENET, want);
  cr_expect(strlen(a.err.hint) > 0);
  ob_buf_done(&a.body);
}

Test(http, a_name_that_does_not_resolve) {
  OB_AUTOPTR(ob_kube_target) t = test_target("\"server\":\"https://outboard.invalid\"", NULL);
  test_answer a = test_get_once(t, (ob_http_request){0});
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
  t = test_tls_target("127.0.0.1", ntohs(addr.sin_port), NULL, NULL, NULL);
  ob_timing timing = test_timing();
  timing.connect_ms = 400;
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  test_answer a[6] = {{0}};
  int64_t from = ob_mono_ms();
  for (size_t i = 0; i < OB_LEN(a); i++) test_start(h, &a[i], (ob_http_request){.stream = true});
  for (size_t i = 0; i < OB_LEN(a); i++) {
    test_run(h, &a[i].done, 5000);
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
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  test_answer a = test_get_once(t, (ob_http_request){0});
  EXPECT(a, OB_ENET, "the connection broke");
  cr_expect_not(a.cut, "nothing had begun");
  ob_buf_done(&a.body);
  test_server_stop(s);
}
