/* Discovery documents, and runs against a new, an old and a half-dead server. */
#include "base/str.h"
#include "kube/discovery.h"
#include "server.h"
#include <criterion/criterion.h>

#define RES(plural, kind, scope, verbs)                                                            \
  "{\"resource\":\"" plural                                                                        \
  "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"" kind "\"},\"scope\":\"" scope \
  "\",\"verbs\":[" verbs "],\"subresources\":[{\"subresource\":\"status\"}]}"
#define HEAD                                                                                       \
  "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
#define CORE                                                                                       \
  HEAD "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Current\","             \
       "\"resources\":[" RES(                                                                      \
           "services", "Service", "Namespaced",                                                    \
           "\"get\",\"list\",\"watch\",\"patch\"") "," RES("nodes", "Node", "Cluster",             \
                                                           "\"get\",\"list\"") "]}]}]}"
#define GROUP(name, versions) "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[" versions "]}"
#define VERSION(v, fresh, resources)                                                               \
  "{\"version\":\"" v "\",\"freshness\":\"" fresh "\",\"resources\":[" resources "]}"
#define APIS                                                                                       \
  HEAD GROUP("autoscaling",                                                                        \
             VERSION("v2", "Current", RES("hpas", "HPA", "Namespaced", "\"list\"")) "," VERSION(   \
                 "v1", "Current",                                                                  \
                 RES("hpas", "HPA", "Namespaced", "\"list\"") "," RES(                             \
                     "olds", "Old", "Namespaced",                                                  \
                     "\"list\""))) "," GROUP("metrics.k8s.io", VERSION("v1", "Stale", "")) "]}"

Test(discovery, aggregated) {
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  ob_err e = {0};
  cr_assert_not(ob_discovery_known(d));
  cr_assert_eq(ob_discovery_take_aggregated(d, true, CORE, strlen(CORE), &e), 0, "%s", e.msg);
  cr_assert(ob_discovery_known(d));
  cr_assert(ob_discovery_knows(d, ""));
  cr_assert_not(ob_discovery_knows(d, "autoscaling"), "absence means nothing yet");
  cr_assert_eq(ob_discovery_take_aggregated(d, false, APIS, strlen(APIS), &e), 0, "%s", e.msg);
  cr_assert(ob_discovery_knows(d, "autoscaling"));
  cr_assert_eq(ob_discovery_len(d), 5);
  const ob_api_resource *r = ob_discovery_find(d, "", "services");
  cr_assert(r && r->namespaced && ob_streq(r->kind, "Service") && ob_streq(r->version, "v1"));
  cr_assert_eq(r->verbs, OB_VERB_GET | OB_VERB_LIST | OB_VERB_WATCH | OB_VERB_PATCH);
  cr_assert_not(ob_discovery_find(d, "", "nodes")->namespaced);
  cr_assert_str_eq(ob_discovery_find(d, "autoscaling", "hpas")->version, "v2");
  cr_assert_str_eq(ob_discovery_find(d, "autoscaling", "olds")->version, "v1");
  cr_assert(ob_discovery_find_version(d, "autoscaling", "v1", "hpas"));
  cr_assert_null(ob_discovery_find_version(d, "autoscaling", "v3", "hpas"));
  cr_assert_null(ob_discovery_find(d, "", "hpas"));
  cr_assert_null(ob_discovery_find(d, "autoscaling", "HPA"));
  cr_assert(ob_discovery_stale(d, "metrics.k8s.io"));
  cr_assert_not(ob_discovery_stale(d, "autoscaling"));
  size_t preferred = 0;
  for (size_t i = 0; i < ob_discovery_len(d); i++) preferred += ob_discovery_at(d, i)->preferred;
  cr_assert_eq(preferred, 4);

  static const char less[] = HEAD "]}";
  cr_assert_eq(ob_discovery_take_aggregated(d, false, less, strlen(less), &e), 0);
  cr_assert_eq(ob_discovery_len(d), 2, "a group that went is gone, core stays");
  cr_assert_not(ob_discovery_stale(d, "metrics.k8s.io"));
}

Test(discovery, a_stale_group_keeps_what_was_known) {
  static const char live[] =
      HEAD GROUP("m", VERSION("v1", "Current", RES("pods", "P", "Namespaced", "\"list\""))) "]}";
  static const char dead[] = HEAD GROUP("m", VERSION("v1", "Stale", "")) "]}";
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  cr_assert_eq(ob_discovery_take_aggregated(d, false, live, strlen(live), NULL), 0);
  cr_assert_eq(ob_discovery_take_aggregated(d, false, dead, strlen(dead), NULL), 0);
  cr_assert(ob_discovery_find(d, "m", "pods"));
  cr_assert(ob_discovery_stale(d, "m"));
}

Test(discovery, bad_documents_change_nothing) {
  static const char *const bad[] = {
      "", "{", "[]", "null", "{\"kind\":\"APIGroupList\"}", "{\"kind\":7}"};
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  ob_discovery_take_aggregated(d, true, CORE, strlen(CORE), NULL);
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    cr_expect_lt(ob_discovery_take_aggregated(d, true, bad[i], strlen(bad[i]), NULL), 0, "%s",
                 bad[i]);
    cr_expect_lt(ob_discovery_take_resources(d, bad[i], strlen(bad[i]), NULL), 0, "%s", bad[i]);
  }
  cr_assert_eq(ob_discovery_len(d), 2);
  static const char odd[] =
      "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[null,7,{\"metadata\":null,"
      "\"versions\":[null,{\"version\":3},{\"version\":\"v1\",\"resources\":[null,"
      "{},{\"resource\":\"x\",\"verbs\":[1,null]}]}]}]}";
  cr_assert_eq(ob_discovery_take_aggregated(d, true, odd, strlen(odd), NULL), 0);
  cr_assert_eq(ob_discovery_len(d), 1);
}

/* --- runs --- */

#define AGGREGATED                                                                                 \
  "Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList\r\n"
#define LIST_OF(gv, res)                                                                           \
  "{\"kind\":\"APIResourceList\",\"groupVersion\":\"" gv "\",\"resources\":[" res "]}"
#define OLD(name, kind)                                                                            \
  "{\"name\":\"" name "\",\"kind\":\"" kind "\",\"namespaced\":true,\"verbs\":[\"list\"]}"

static bool new_server(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (strstr(r->head, "If-None-Match: \"tag\"")) return test_reply(c, 304, "ETag: \"tag\"\r\n", "");
  if (ob_streq(r->path, "/api")) return test_reply(c, 200, AGGREGATED "ETag: \"tag\"\r\n", CORE);
  return test_reply(c, 200, AGGREGATED "ETag: \"tag\"\r\n", APIS);
}

static bool old_server(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  static const char json[] = "Content-Type: application/json\r\n";
  if (ob_streq(r->path, "/api"))
    return test_reply(c, 200, json, "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}");
  if (ob_streq(r->path, "/api/v1"))
    return test_reply(
        c, 200, json,
        LIST_OF("v1", OLD("services", "Service") "," OLD("services/status", "Service")));
  if (ob_streq(r->path, "/apis"))
    return test_reply(
        c, 200, json,
        "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"g\",\"versions\":[{\"version\":\"v1\"},"
        "{\"version\":\"v2\"}],\"preferredVersion\":{\"version\":\"v2\"}},{\"name\":\"dead\","
        "\"versions\":[{\"version\":\"v1\"}],\"preferredVersion\":{\"version\":\"v1\"}},"
        "{\"name\":\"other\",\"versions\":[{\"version\":\"v1\"}]}]}");
  if (ob_streq(r->path, "/apis/g/v1"))
    return test_reply(c, 200, json, LIST_OF("g/v1", OLD("things", "Thing")));
  if (ob_streq(r->path, "/apis/g/v2")) {
    test_wait(c, 50); /* the preferred version answers last */
    return test_reply(c, 200, json, LIST_OF("g/v2", OLD("things", "Thing")));
  }
  if (ob_streq(r->path, "/apis/other/v1"))
    return test_reply(c, 200, json, LIST_OF("other/v1", OLD("o", "O")));
  return test_reply(c, 503, NULL, "service unavailable\n");
}

static bool forbidding(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  if (ob_streq(r->path, "/api")) return test_reply(c, 200, AGGREGATED, CORE);
  return test_reply(c, 403, NULL, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\"}");
}

typedef struct run_end {
  bool done, changed;
  ob_err err;
} run_end;

static void on_run(void *arg, bool changed, const ob_err *err) {
  run_end *e = arg;
  cr_assert_not(e->done);
  *e = (run_end){true, changed, *err};
}

static run_end run_once(int port, ob_discovery *d, const char *const *groups, size_t n, int times) {
  OB_AUTOFREE char *text =
      ob_asprintf("{\"current-context\":\"c\",\"contexts\":[{\"name\":\"c\","
                  "\"context\":{\"cluster\":\"k\"}}],\"clusters\":[{\"name\":\"k\","
                  "\"cluster\":{\"server\":\"http://127.0.0.1:%d\"}}]}",
                  port);
  ob_kube_overrides o = {.text = text};
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  OB_AUTOPTR(ob_kube_target) t = NULL;
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_kubeconfig_load(&k, &o, NULL), 0);
  cr_assert_eq(ob_kube_target_resolve(&t, k, &o, NULL), 0);
  cr_assert_eq(ob_http_new(&h, t, NULL, NULL), 0);
  run_end e = {0};
  for (int i = 0; i < times; i++) {
    e = (run_end){0};
    ob_discovery_start(h, d, groups, n, on_run, &e);
    for (int64_t end = ob_mono_ms() + 8000; !e.done && ob_mono_ms() < end;) ob_http_poll(h, 50);
    cr_assert(e.done);
  }
  ob_discovery_run *dropped = ob_discovery_start(h, d, groups, n, on_run, &e);
  ob_discovery_cancel(dropped);
  ob_http_poll(h, 20);
  return e;
}

Test(discovery_run, new_server_and_etags) {
  test_server *s = test_server_start(NULL, NULL, new_server, NULL);
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  run_end e = run_once(test_server_port(s), d, NULL, 0, 1);
  cr_assert(e.changed && e.err.code == OB_OK, "%s", e.err.msg);
  cr_assert_eq(ob_discovery_len(d), 5);
  e = run_once(test_server_port(s), d, NULL, 0, 2);
  cr_assert(!e.changed && e.err.code == OB_OK, "two 304s change nothing");
  cr_assert_eq(ob_discovery_len(d), 5);
  test_server_stop(s);
}

Test(discovery_run, old_server) {
  test_server *s = test_server_start(NULL, NULL, old_server, NULL);
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  static const char *const groups[] = {"", "g", "dead"};
  run_end e = run_once(test_server_port(s), d, groups, 3, 1);
  cr_assert(e.changed && e.err.code == OB_OK, "a dead group is its own business: %s", e.err.msg);
  cr_assert(ob_discovery_find(d, "", "services"));
  cr_assert_eq(ob_discovery_len(d), 3, "no subresources, no group that nobody asked for");
  cr_assert_str_eq(ob_discovery_find(d, "g", "things")->version, "v2");
  cr_assert(ob_discovery_stale(d, "dead"));
  static const char gone[] =
      "{\"kind\":\"APIResourceList\",\"groupVersion\":\"gone/v1\",\"resources\":"
      "[{\"name\":\"x\",\"kind\":\"X\",\"verbs\":[]}]}";
  cr_assert_eq(ob_discovery_take_resources(d, gone, strlen(gone), NULL), 0);
  e = run_once(test_server_port(s), d, groups, 3, 1);
  cr_assert_null(ob_discovery_find(d, "gone", "x"), "a group that is no longer listed");
  cr_assert_eq(ob_discovery_len(d), 3);
  test_server_stop(s);
}

Test(discovery_run, half_forbidden) {
  test_server *s = test_server_start(NULL, NULL, forbidding, NULL);
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  run_end e = run_once(test_server_port(s), d, NULL, 0, 1);
  cr_assert_eq(e.err.code, OB_EFORBIDDEN);
  cr_assert(ob_discovery_find(d, "", "services"));
  test_server_stop(s);
}
