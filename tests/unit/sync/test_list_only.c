/* A role with list and without watch: the list is shown, and asked for slowly, not in a circle. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/session.h"

#include <criterion/criterion.h>
#include <poll.h>

/* arg: the kind that may be watched, or NULL. */
static bool lists_only(test_conn *c, const test_request *r, void *arg) {
  const char *watched = arg;
  static const char no[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\","
                           "\"message\":\"cannot watch\",\"code\":403}";
  static const char list[] =
      "{\"kind\":\"ServiceList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":"
      "{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"1\",\"resourceVersion\":\"6\"},\"spec\":{"
      "}}]}";
  if (strstr(r->path, "watch=1") && watched && strstr(r->path, watched)) return test_wait(c, 20000);
  if (strstr(r->path, "/namespaces?") && !strstr(r->path, "watch=1"))
    return test_reply(c, 200, "Content-Type: application/json\r\n",
                      "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}");
  if (strstr(r->path, "watch=1"))
    return test_reply(c, 403, "Content-Type: application/json\r\n", no);
  if (!strstr(r->path, "/services")) return test_reply(c, 404, NULL, "404 page not found");
  return test_reply(c, 200, "Content-Type: application/json\r\n", list);
}

static unsigned lists(const test_server *server) {
  unsigned n = 0;
  for (unsigned i = 1; i <= test_server_requests(server); i++) {
    OB_AUTOFREE char *head = test_server_head(server, i);
    n += strstr(head, "/services?") && !strstr(head, "watch=1");
  }
  return n;
}

/* Pumps for so long, or until the kind says `part`. */
static bool says(ob_session *s, ob_kind kind, const char *part, int ms) {
  for (int64_t end = ob_mono_ms() + ms; ob_mono_ms() < end;) {
    ob_session_pump(s, 0);
    const ob_kind_state *k = ob_cluster_kind(ob_session_cluster(s), kind);
    if (part && strstr(k->err.msg, part)) return true;
    struct pollfd fd = {.fd = ob_session_fd(s), .events = POLLIN};
    poll(&fd, 1, 20);
  }
  return false;
}

static ob_session *open_at(const test_server *server, unsigned kinds) {
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t, user: t}}]\nusers: [{name: t, user: {}}]\n",
      test_server_port(server));
  ob_timing timing = ob_timing_default;
  timing.forbidden_first_ms = 20; /* as good as at once; the slow pace is a minute */
  timing.count_ms = 0;            /* lists are counted here */
  ob_session *s = NULL;
  ob_err err;
  const ob_session_opts opts = {.kubeconfig_text = text, .kinds = kinds, .timing = &timing};
  cr_assert_eq(ob_session_open(&s, &opts, &err), 0, "%s", err.msg);
  return s;
}

Test(list_only, is_shown_and_asked_for_slowly) {
  test_server *server = test_server_start(NULL, NULL, lists_only, NULL);
  ob_session *s = open_at(server, 1u << OB_KIND_SERVICE);
  cr_assert(says(s, OB_KIND_SERVICE,
                 "services may be listed and not watched: asked for again every 60 s", 10000));
  (void)says(s, OB_KIND_SERVICE, NULL, 500);
  cr_expect_eq(lists(server), 2, "%u lists", lists(server));
  const ob_kind_state *k = ob_cluster_kind(ob_session_cluster(s), OB_KIND_SERVICE);
  cr_expect_eq(k->phase, OB_STALE, "what is older than its watch is not live");
  cr_expect_eq(ob_session_status_get(s)->conn, OB_CONN_STALE);
  cr_expect(strstr(k->err.hint, "watch"), "%s", k->err.hint);
  cr_expect_eq(ob_cluster_count(ob_session_cluster(s), OB_KIND_SERVICE), 1u);
  ob_session_close(s);
  test_server_stop(server);
}

/* Namespaces that may be listed and no more do not make old what is watched. */
Test(list_only, of_what_explains_the_rows_leaves_them_live) {
  test_server *server = test_server_start(NULL, NULL, lists_only, (void *)(uintptr_t) "/services?");
  ob_session *s = open_at(server, 1u << OB_KIND_SERVICE | 1u << OB_KIND_NAMESPACE);
  cr_assert(says(s, OB_KIND_NAMESPACE, "namespaces may be listed and not watched", 10000));
  (void)says(s, OB_KIND_SERVICE, NULL, 200);
  cr_expect_eq(ob_session_status_get(s)->conn, OB_CONN_LIVE);
  cr_expect_eq(ob_cluster_kind(ob_session_cluster(s), OB_KIND_NAMESPACE)->phase, OB_STALE);
  ob_session_close(s);
  test_server_stop(server);
}
