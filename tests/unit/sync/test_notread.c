/* A session against a server that also has kinds which expose and which outboard does not read:
 * they are counted and named. And what a session says of a server that answers nonsense. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/session.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>

static const char core[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":[{\"metadata\":{},"
    "\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"services\",\"responseKind\":{\"kind\":\"Service\"},\"scope\":\"Namespaced\",\"verbs\":[\"list\",\"watch\"]},"
    "{\"resource\":\"nodes\",\"responseKind\":{\"kind\":\"Node\"},\"scope\":\"Cluster\",\"verbs\":[\"list\",\"watch\"]},"
    "{\"resource\":\"namespaces\",\"responseKind\":{\"kind\":\"Namespace\"},\"scope\":\"Cluster\",\"verbs\":[\"list\",\"watch\"]}]}]}]}";

static const char groups[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
    "{\"metadata\":{\"name\":\"traefik.io\"},\"versions\":[{\"version\":\"v1alpha1\",\"resources\":["
    "{\"resource\":\"ingressroutes\",\"responseKind\":{\"kind\":\"IngressRoute\"},\"scope\":\"Namespaced\",\"verbs\":[\"list\"]}]}]},"
    "{\"metadata\":{\"name\":\"networking.istio.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"virtualservices\",\"responseKind\":{\"kind\":\"VirtualService\"},\"scope\":\"Namespaced\",\"verbs\":[\"list\"]}]}]},"
    "{\"metadata\":{\"name\":\"route.openshift.io\"},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"routes\",\"responseKind\":{\"kind\":\"Route\"},\"scope\":\"Namespaced\",\"verbs\":[\"list\"]}]}]}]}";

static const char aggregated[] =
    "Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n";

static bool answers(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (strcmp(r->path, "/api") == 0) return test_reply(c, 200, aggregated, core);
  if (strcmp(r->path, "/apis") == 0) return test_reply(c, 200, aggregated, groups);
  if (strstr(r->path, "/ingressroutes"))
    return test_reply(c, 200, "Content-Type: application/json\r\n",
                      strstr(r->path, "limit=1") ? "{\"metadata\":{\"continue\":\"x\",\"remainingItemCount\":11},\"items\":[{}]}"
                                                 : "{\"items\":[]}");
  if (strstr(r->path, "/virtualservices")) return test_reply(c, 403, NULL, "forbidden");
  if (strstr(r->path, "/routes")) return test_reply(c, 200, "Content-Type: application/json\r\n", "{\"metadata\":{},\"items\":[]}");
  if (strstr(r->path, "discovery.k8s.io") || strstr(r->path, "networking.k8s.io"))
    return test_reply(c, 404, NULL, "404 page not found");
  return test_reply(c, 200, "Content-Type: application/json\r\n",
                    "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}");
}

static ob_session *open_at(const test_server *s) {
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t, user: t}}]\nusers: [{name: t, user: {}}]\n",
      test_server_port(s));
  ob_session *session = NULL;
  ob_err err;
  cr_assert_eq(ob_session_open(&session, &(ob_session_opts){.kubeconfig_text = text}, &err), 0, "%s", err.msg);
  return session;
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

static bool named(const ob_session *s) { return *ob_cluster_not_read(ob_session_cluster(s)) != '\0'; }

Test(notread, kinds_that_expose_and_are_not_read_are_counted, .timeout = 30) {
  test_server *server = test_server_start(NULL, NULL, answers, NULL);
  ob_session *s = open_at(server);
  cr_assert(until(s, named));
  const char *line = ob_cluster_not_read(ob_session_cluster(s));
  cr_assert_str_eq(line, "12 IngressRoutes, VirtualServices (may not be counted)");
  cr_assert_eq(ob_cluster_kind(ob_session_cluster(s), OB_KIND_INGRESS)->phase, OB_NOT_INSTALLED);
  ob_session_close(s);
  test_server_stop(server);
}

static bool nonsense(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 200, "Content-Type: text/html\r\n", "<html>a captive portal</html>");
}

static bool says_down(const ob_session *s) { return ob_session_status_get(s)->conn == OB_CONN_DOWN; }

Test(notread, a_server_that_is_none_is_said_to_be_none, .timeout = 30) {
  test_server *server = test_server_start(NULL, NULL, nonsense, NULL);
  ob_session *s = open_at(server);
  cr_assert(until(s, says_down));
  cr_assert_eq(ob_session_status_get(s)->err.code, OB_EPROTO, "%s", ob_session_status_get(s)->err.msg);
  ob_session_close(s);
  test_server_stop(server);
}
