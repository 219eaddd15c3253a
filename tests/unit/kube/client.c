/* See client.h. Assertions here end the test that called. */
#include "client.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <stdio.h>

ob_timing test_timing(void) {
  ob_timing t = ob_timing_default;
  t.connect_ms = 2000;
  t.request_ms = 3000;
  t.dead_peer_ms = 3000;
  t.token_file_ms = 60000;
  t.backoff_first_ms = 50;
  return t;
}

/* A kubeconfig of one user, as a target. */
ob_kube_target *test_target(const char *cluster, const char *user) {
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

char *test_base64(const char *s) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_base64_encode(&b, s, strlen(s));
  return ob_buf_take(&b, NULL);
}

ob_kube_target *test_tls_target(const char *host, int port, const char *ca_pem, const char *more,
                                const char *user) {
  OB_AUTOFREE char *ca = ca_pem ? test_base64(ca_pem) : NULL;
  OB_AUTOFREE char *cluster = ob_asprintf("\"server\":\"https://%s:%d\"%s%s%s%s", host, port,
                                          ca ? ",\"certificate-authority-data\":\"" : "",
                                          ca ? ca : "", ca ? "\"" : "", more ? more : "");
  return test_target(cluster, user);
}

ob_kube_target *test_plain_target(int port, const char *user) {
  OB_AUTOFREE char *cluster = ob_asprintf("\"server\":\"http://127.0.0.1:%d\"", port);
  return test_target(cluster, user);
}

static void on_open(void *arg, int status) {
  test_answer *a = arg;
  a->opened = true;
  cr_assert(status >= 200 && status < 300);
}

int test_on_data(void *arg, const char *bytes, size_t n) {
  test_answer *a = arg;
  cr_assert(a->opened, "data before on_open");
  cr_assert_not(a->done, "data after on_done");
  ob_buf_add(&a->body, bytes, n);
  if (a->cancel_in_data) ob_http_cancel(ob_take(a->cancel_in_data));
  return ++a->pieces == a->stop_after;
}

static void on_done(void *arg, const ob_http_result *r) {
  test_answer *a = arg;
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

ob_http_call *test_start(ob_http *h, test_answer *a, ob_http_request r) {
  *a = (test_answer){.body = OB_BUF_INIT(1 << 26), .stop_after = a->stop_after};
  r.on_open = on_open;
  r.on_done = on_done;
  r.arg = a;
  if (!r.path) r.path = "/x";
  return ob_http_start(h, &r);
}

void test_run(ob_http *h, const bool *until, int ms) {
  int64_t end = ob_mono_ms() + ms;
  while (!*until && ob_mono_ms() < end) ob_http_poll(h, 50);
}

test_answer test_get(ob_http *h, ob_http_request r) {
  test_answer a = {0};
  test_start(h, &a, r);
  test_run(h, &a.done, 8000);
  cr_assert(a.done, "no answer");
  return a;
}

/* One request over a fresh ob_http. */
test_answer test_get_once(const ob_kube_target *t, ob_http_request r) {
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  ob_err e = {0};
  cr_assert_eq(ob_http_new(&h, t, &timing, &e), 0, "%s", e.msg);
  return test_get(h, r);
}

bool test_says_ok(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 200,
                    "Date: Tue, 24 Nov 2026 08:03:37 GMT\r\nETag: \"e\"\r\n"
                    "Warning: 299 - \"old\"\r\n",
                    "{\"ok\":1}");
}

test_tls_world test_tls_start(const char *names, long from_s, long to_s, test_handler h,
                              void *arg) {
  test_tls_world w = {0};
  w.ca = test_cert_new(NULL, NULL, -3600, 3600);
  w.leaf = test_cert_new(&w.ca, names, from_s, to_s);
  w.s = test_server_start(&w.leaf, NULL, h, arg);
  w.port = test_server_port(w.s);
  return w;
}

void test_tls_stop(test_tls_world *w) {
  test_server_stop(w->s);
  test_cert_free(&w->ca);
  test_cert_free(&w->leaf);
}

bool test_fails(test_conn *c, const test_request *r, void *arg) {
  if (strstr(r->path, "status"))
    return test_reply(c, 403, NULL,
                      "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\","
                      "\"message\":\"no\"}");
  if (strstr(r->path, "busy")) return test_reply(c, 429, "Retry-After: 3\r\n", "slow down");
  if (strstr(r->path, "details"))
    return test_reply(c, 504, NULL,
                      "{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\","
                      "\"details\":{\"retryAfterSeconds\":1}}");
  if (strstr(r->path, "elsewhere")) return test_reply(c, 302, arg, "");
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

void test_write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert(f);
  fputs(text, f);
  fclose(f);
}
