/* A first list that takes its time: the server is asked beside it how long it is. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/session.h"

#include <criterion/criterion.h>
#include <poll.h>

static const char json[] = "Content-Type: application/json\r\n";

/* Two services of a list that does not end; arg: what the count is answered, NULL: 403. */
static bool answers(test_conn *c, const test_request *r, void *arg) {
  static const char begin[] =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
      "{\"kind\":\"ServiceList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":["
      "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\",\"uid\":\"1\"}},"
      "{\"metadata\":{\"name\":\"b\",\"namespace\":\"n\",\"uid\":\"2\"}},";
  if (!strstr(r->path, "/services?")) return test_reply(c, 404, NULL, "404 page not found");
  if (strstr(r->path, "limit=1")) return test_reply(c, arg ? 200 : 403, json, arg ? arg : "no");
  test_write(c, begin, sizeof begin - 1);
  return test_wait(c, 20000);
}

static ob_session *open_at(const test_server *server, int count_ms) {
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t, user: t}}]\nusers: [{name: t, user: {}}]\n",
      test_server_port(server));
  ob_timing timing = ob_timing_default;
  timing.count_ms = count_ms;
  ob_session *s = NULL;
  ob_err err;
  const ob_session_opts opts = {
      .kubeconfig_text = text, .kinds = 1u << OB_KIND_SERVICE, .timing = &timing};
  cr_assert_eq(ob_session_open(&s, &opts, &err), 0, "%s", err.msg);
  return s;
}

static const ob_kind_state *services(const ob_session *s) {
  return ob_cluster_kind(ob_session_cluster(s), OB_KIND_SERVICE);
}

static unsigned counts(const test_server *server) {
  unsigned n = 0;
  for (unsigned i = 1; i <= test_server_requests(server); i++) {
    OB_AUTOFREE char *head = test_server_head(server, i);
    n += strstr(head, "/services?limit=1 ") != NULL;
  }
  return n;
}

static bool until(ob_session *s, bool (*fn)(const ob_session *s)) {
  for (int64_t end = ob_mono_ms() + 10000; ob_mono_ms() < end;) {
    ob_session_pump(s, 0);
    if (fn(s)) return true;
    struct pollfd p = {.fd = ob_session_fd(s), .events = POLLIN};
    poll(&p, 1, 50);
  }
  return false;
}

static bool half(const ob_session *s) {
  return services(s)->received == 2;
}
static bool measured(const ob_session *s) {
  return half(s) && services(s)->remaining >= 0;
}

Test(count, says_how_much_of_a_list_is_to_come, .timeout = 30) {
  static char ten[] = "{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"continue\":\"x\","
                      "\"remainingItemCount\":9},\"items\":[{}]}";
  test_server *server = test_server_start(NULL, NULL, answers, ten);
  ob_session *s = open_at(server, 1);
  cr_assert(until(s, measured));
  cr_expect_eq(services(s)->remaining, 8);
  cr_expect_eq(services(s)->phase, OB_LOADING);
  cr_expect_eq(counts(server), 1);
  ob_session_close(s);
  test_server_stop(server);
}

static const char *const unknown[] = {
    NULL, /* 403 */
    "{\"metadata\":{\"continue\":\"x\"},\"items\":[{}]}",
    "{\"metadata\":{\"remainingItemCount\":0},\"items\":[{}]}", /* less than there is already */
    "{\"items\":",
};

static const test_server *asked_of;
static bool asked(const ob_session *s) {
  return half(s) && counts(asked_of) > 0;
}

Test(count, that_is_not_to_be_had_leaves_the_number_of_what_came, .timeout = 60) {
  for (size_t i = 0; i < OB_LEN(unknown); i++) {
    test_server *server = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)unknown[i]);
    asked_of = server;
    ob_session *s = open_at(server, 1);
    cr_expect(until(s, asked), "%zu", i);
    cr_expect_not(measured(s), "%zu: %lld", i, (long long)services(s)->remaining);
    ob_session_close(s);
    test_server_stop(server);
  }
}

Test(count, is_not_made_of_what_comes_at_once, .timeout = 30) {
  static char ten[] = "{\"metadata\":{\"remainingItemCount\":9},\"items\":[{}]}";
  test_server *server = test_server_start(NULL, NULL, answers, ten);
  ob_session *s = open_at(server, 0);
  cr_assert(until(s, half));
  cr_expect_eq(counts(server), 0);
  ob_session_close(s);
  test_server_stop(server);
}
