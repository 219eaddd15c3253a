/* The shop's Gateways: what moved off Ingress already, and what went wrong on the way. Statuses are
 * those that a controller would have written.
 *
 * The problems: a route to a service that does not exist (search), one whose backend lies in a
 * namespace that has not granted it (checkout), one whose hostname no listener has (partners), and
 * a Gateway of a class that nobody serves (ops). */
#include "base/str.h"
#include "sim/control.h"
#include "sim/write.h"

#define GROUP "\"group\":\"gateway.networking.k8s.io\""
#define COND(type, status, reason)                                                                 \
  "{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason                          \
  "\",\"message\":\"\",\"observedGeneration\":1,\"lastTransitionTime\":\"2026-09-01T00:00:00Z\"}"
#define PUBLIC "{" GROUP ",\"kind\":\"Gateway\",\"name\":\"public\",\"namespace\":\"edge\"}"
#define PARENT(accepted, a_reason, refs, r_reason)                                                 \
  "\"status\":{\"parents\":[{\"parentRef\":" PUBLIC ",\"controllerName\":"                         \
  "\"gateway.envoyproxy.io/gatewayclass-controller\",\"conditions\":[" COND(                       \
      "Accepted", accepted, a_reason) "," COND("ResolvedRefs", refs, r_reason) "]}]}"
#define GOOD PARENT("True", "Accepted", "True", "ResolvedRefs")
#define ROUTE(hosts, rules)                                                                        \
  "\"spec\":{\"parentRefs\":[" PUBLIC "],\"hostnames\":[" hosts "],\"rules\":[" rules "]}"
#define TO(name, port) "{\"name\":\"" name "\",\"port\":" #port "}"
#define PREFIX(path)   "{\"path\":{\"type\":\"PathPrefix\",\"value\":\"" path "\"}}"

static const struct {
  sim_kind kind;
  const char *ns, *name;
  int hours;
  const char *rest;
} objects[] = {
    {SIM_GATEWAY_CLASS, NULL, "envoy", 2100,
     "\"spec\":{\"controllerName\":\"gateway.envoyproxy.io/gatewayclass-controller\"},\"status\":{"
     "\"conditions\":[" COND("Accepted", "True", "Accepted") "]}"},
    {SIM_GATEWAY, "edge", "public", 2000,
     "\"spec\":{\"gatewayClassName\":\"envoy\",\"listeners\":["
     "{\"name\":\"http\",\"port\":80,\"protocol\":\"HTTP\",\"hostname\":\"*.gw.example.com\","
     "\"allowedRoutes\":{\"namespaces\":{\"from\":\"All\"}}},"
     "{\"name\":\"https\",\"port\":443,\"protocol\":\"HTTPS\",\"hostname\":\"*.gw.example.com\","
     "\"tls\":{\"certificateRefs\":[{\"name\":\"gw-tls\"}]},"
     "\"allowedRoutes\":{\"namespaces\":{\"from\":\"All\"}}}]},"
     "\"status\":{\"addresses\":[{\"type\":\"IPAddress\",\"value\":\"203.0.113.80\"}],"
     "\"conditions\":[" COND("Accepted", "True", "Accepted") "," COND(
         "Programmed", "True",
         "Programmed") "],\"listeners\":["
                       "{\"name\":\"http\",\"attachedRoutes\":6,\"supportedKinds\":[],"
                       "\"conditions\":[" COND("Accepted", "True", "Accepted") "," COND(
                           "Programmed", "True",
                           "Programmed") "]},"
                                         "{\"name\":\"https\",\"attachedRoutes\":6,"
                                         "\"supportedKinds\":[],\"conditions\":[" COND(
                                             "Accepted", "True",
                                             "Accepted") "," COND("Programmed", "True",
                                                                  "Programmed") "]}]}"},
    {SIM_GATEWAY, "ops", "mesh", 50,
     "\"spec\":{\"gatewayClassName\":\"linkerd\",\"listeners\":[{\"name\":\"http\",\"port\":80,"
     "\"protocol\":\"HTTP\"}]},\"status\":{\"conditions\":[" COND(
         "Accepted", "Unknown", "Pending") "," COND("Programmed", "Unknown", "Pending") "]}"},
    {SIM_HTTP_ROUTE, "shop", "storefront", 1900,
     ROUTE("\"shop.gw.example.com\"",
           "{\"matches\":[" PREFIX("/cart") "],\"backendRefs\":[" TO(
               "cart",
               80) "]},"
                   "{\"matches\":[{\"headers\":[{\"name\":\"X-Preview\",\"value\":\"yes\"}]}],"
                   "\"backendRefs\":[" TO("storefront-preview",
                                          80) "]},"
                                              "{\"backendRefs\":[" TO("storefront",
                                                                      80) "]}") "," GOOD},
    {SIM_HTTP_ROUTE, "shop", "pictures", 1890,
     ROUTE("\"shop.gw.example.com\"",
           "{\"matches\":[" PREFIX("/img") "],\"backendRefs\":[{\"name\":\"images\",\"namespace\":"
                                           "\"media\",\"port\":80}]}") "," GOOD},
    {SIM_GRANT, "media", "pictures-for-the-shop", 1890,
     "\"spec\":{\"from\":[{" GROUP ",\"kind\":\"HTTPRoute\",\"namespace\":\"shop\"}],"
     "\"to\":[{\"group\":\"\",\"kind\":\"Service\",\"name\":\"images\"}]}"},
    {SIM_HTTP_ROUTE, "catalog", "api", 1700,
     ROUTE(
         "\"api.gw.example.com\"",
         "{\"matches\":[{\"path\":{\"type\":\"PathPrefix\",\"value\":\"/v1/products\"},"
         "\"method\":\"GET\"}],\"backendRefs\":[{\"name\":\"products\",\"port\":80,\"weight\":90},"
         "{\"name\":\"prices\",\"port\":80,\"weight\":10}]}") "," GOOD},
    {SIM_GRPC_ROUTE, "catalog", "inventory", 1700,
     ROUTE("\"api.gw.example.com\"",
           "{\"matches\":[{\"method\":{\"service\":\"inventory.v1.Stock\"}}],\"backendRefs\":[" TO(
               "inventory", 9090) "]}") "," GOOD},
    {SIM_HTTP_ROUTE, "search", "suggest", 30,
     ROUTE("\"suggest.gw.example.com\"", "{\"backendRefs\":[" TO("suggest", 80) "]}") "," PARENT(
         "True", "Accepted", "False", "BackendNotFound")},
    {SIM_HTTP_ROUTE, "checkout", "pay", 20,
     ROUTE("\"pay.gw.example.com\"", "{\"backendRefs\":[{\"name\":\"gateway\",\"namespace\":"
                                     "\"payments\",\"port\":443}]}") "," PARENT(
         "True", "Accepted", "False", "RefNotPermitted")},
    {SIM_HTTP_ROUTE, "partners", "portal", 10,
     ROUTE("\"portal.example.net\"", "{\"backendRefs\":[" TO("portal", 80) "]}") "," PARENT(
         "False", "NoMatchingListenerHostname", "True", "ResolvedRefs")},
};

void sim_world_gateway(ob_sim *s) {
  for (size_t i = 0; i < OB_LEN(objects); i++) {
    OB_AUTOFREE char *text = ob_asprintf("{\"metadata\":{\"generation\":1},%s}", objects[i].rest);
    OB_AUTOPTR(ob_json) tree = ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
    ob_json *meta = ob_json_ensure_object(tree, "metadata");
    char time[OB_TIME_TEXT];
    ob_json_put_str(meta, "name", objects[i].name);
    ob_json_put_str(meta, "namespace", objects[i].ns);
    ob_json_put_str(meta, "creationTimestamp", sim_world_time(s, time, objects[i].hours));
    sim_control_write(s, objects[i].kind, NULL, ob_take(tree));
  }
}
