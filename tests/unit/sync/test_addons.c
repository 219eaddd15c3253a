/* Kinds that come with a CRD are asked for at the version that discovery names, and not at all
 * where it names none. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/session.h"

#include <criterion/criterion.h>
#include <poll.h>

#define AGGREGATED                                                                                 \
  "Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n"
#define RESOURCE(plural, kind)                                                                     \
  "{\"resource\":\"" plural "\",\"responseKind\":{\"kind\":\"" kind                                \
  "\"},\"scope\":\"Namespaced\",\"verbs\":[\"list\",\"watch\"]}"
#define LIST                                                                                       \
  "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["

static const char core[] =
    LIST "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"resources\":[" RESOURCE(
        "services", "Service") "]}]}]}";
static const char without[] = LIST "]}";
static const char older[] = LIST
    "{\"metadata\":{\"name\":\"gateway.networking.k8s.io\"},\"versions\":["
    "{\"version\":\"v1\",\"resources\":[" RESOURCE(
        "gateways", "Gateway") "]},"
                               "{\"version\":\"v1beta1\",\"resources\":[" RESOURCE(
                                   "gateways", "Gateway") "," RESOURCE("referencegrants",
                                                                       "ReferenceGrant") "]}]}]}";

static bool answers(test_conn *c, const test_request *r, void *arg) {
  if (strcmp(r->path, "/api") == 0) return test_reply(c, 200, AGGREGATED, core);
  if (strcmp(r->path, "/apis") == 0) {
    if (!arg) return test_reply(c, 404, NULL, "404 page not found");
    return test_reply(c, 200, AGGREGATED, arg);
  }
  if (strstr(r->path, "watch=1")) return test_wait(c, 5000);
  if (!arg && strstr(r->path, "/gateway.networking")) return test_reply(c, 404, NULL, "404");
  return test_reply(c, 200, "Content-Type: application/json\r\n",
                    "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}");
}

static ob_session *open_at(const test_server *s, bool once) {
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t, user: t}}]\nusers: [{name: t, user: {}}]\n",
      test_server_port(s));
  ob_session *session = NULL;
  ob_err err;
  const ob_session_opts opts = {.kubeconfig_text = text, .once = once};
  cr_assert_eq(ob_session_open(&session, &opts, &err), 0, "%s", err.msg);
  return session;
}

static ob_phase phase(const ob_session *s, ob_kind k) {
  return ob_cluster_kind(ob_session_cluster(s), k)->phase;
}

static bool until(ob_session *s, ob_kind k, ob_phase p) {
  for (int64_t end = ob_mono_ms() + 10000; ob_mono_ms() < end;) {
    ob_session_pump(s, 0);
    if (phase(s, k) == p) return true;
    struct pollfd fd = {.fd = ob_session_fd(s), .events = POLLIN};
    poll(&fd, 1, 50);
  }
  return false;
}

static unsigned asked(const test_server *server, const char *path) {
  unsigned n = 0;
  for (unsigned i = 1; i <= test_server_requests(server); i++) {
    OB_AUTOFREE char *head = test_server_head(server, i);
    n += strstr(head, path) != NULL;
  }
  return n;
}

Test(addons, absent_ones_cost_no_request, .timeout = 30) {
  test_server *server = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)without);
  ob_session *s = open_at(server, false);
  cr_assert(until(s, OB_KIND_GATEWAY, OB_NOT_INSTALLED));
  cr_assert(until(s, OB_KIND_SERVICE, OB_LIVE));
  for (ob_kind k = OB_KIND_GATEWAY_CLASS; k <= OB_KIND_GRANT; k++)
    cr_expect(until(s, k, OB_NOT_INSTALLED), "%s", ob_kinds[k].plural); /* each is told by itself */
  cr_expect_eq(asked(server, "/gateway.networking.k8s.io/"), 0);
  for (int64_t end = ob_mono_ms() + 5000; ob_session_status_get(s)->conn != OB_CONN_LIVE;) {
    cr_assert(ob_mono_ms() < end, "kinds that are absent keep the session from being live");
    poll(NULL, 0, 10);
    ob_session_pump(s, 0);
  }
  ob_session_close(s);
  test_server_stop(server);
}

Test(addons, the_version_is_the_servers, .timeout = 30) {
  test_server *server = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)older);
  ob_session *s = open_at(server, false);
  cr_assert(until(s, OB_KIND_GRANT, OB_LIVE));
  cr_assert(until(s, OB_KIND_GATEWAY, OB_LIVE));
  cr_expect_eq(asked(server, "/gateway.networking.k8s.io/v1beta1/referencegrants?resourceVersion=0"), 1);
  cr_expect_eq(asked(server, "/gateway.networking.k8s.io/v1/gateways?resourceVersion=0"), 1);
  cr_expect_eq(asked(server, "/gateway.networking.k8s.io/v1beta1/gateways"), 0);
  cr_expect_eq(phase(s, OB_KIND_HTTP_ROUTE), OB_NOT_INSTALLED);
  ob_session_close(s);
  test_server_stop(server);
}

/* Scripts list once: what is complete is not listed again when discovery answers, and a server
 * without discovery leaves nothing loading. */
Test(addons, once_ends, .timeout = 30) {
  static const char *const docs[] = {older, NULL};
  for (size_t i = 0; i < OB_LEN(docs); i++) {
    test_server *server = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)docs[i]);
    ob_session *s = open_at(server, true);
    cr_assert(until(s, OB_KIND_GATEWAY, docs[i] ? OB_LIVE : OB_NOT_INSTALLED));
    cr_assert(until(s, OB_KIND_GRPC_ROUTE, OB_NOT_INSTALLED));
    cr_assert(until(s, OB_KIND_SERVICE, OB_LIVE));
    cr_expect_eq(asked(server, "/api/v1/services"), 1);
    ob_session_close(s);
    test_server_stop(server);
  }
}
