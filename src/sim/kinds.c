/* Discovery, routing, error details and printing read a kind from here. */
#include "sim/kinds.h"
#include "base/str.h"

const sim_kind_info sim_kinds[SIM_KINDS] = {
    {SIM_SERVICE, "Service", "services", "service", "", "v1", {"svc"}, true, true, true, false, "v1"},
    {SIM_SLICE, "EndpointSlice", "endpointslices", "endpointslice", "discovery.k8s.io", "v1", {NULL},
     true, false, false, true, "discovery.k8s.io/v1"},
    {SIM_INGRESS, "Ingress", "ingresses", "ingress", "networking.k8s.io", "v1", {"ing"}, true, false,
     true, true, "networking.k8s.io/v1"},
    {SIM_CLASS, "IngressClass", "ingressclasses", "ingressclass", "networking.k8s.io", "v1", {NULL},
     false, false, false, true, "networking.k8s.io/v1"},
    {SIM_NODE, "Node", "nodes", "node", "", "v1", {"no"}, false, false, true, false, "v1"},
    {SIM_NAMESPACE, "Namespace", "namespaces", "namespace", "", "v1", {"ns"}, false, false, true,
     false, "v1"},
    {SIM_POD, "Pod", "pods", "pod", "", "v1", {"po"}, true, true, true, true, "v1"},
    {SIM_DEPLOYMENT, "Deployment", "deployments", "deployment", "apps", "v1", {"deploy"}, true, true,
     true, true, "apps/v1"},
    {SIM_EVENT, "Event", "events", "event", "", "v1", {"ev"}, true, false, false, false, "v1"},
    {SIM_SECRET, "Secret", "secrets", "secret", "", "v1", {NULL}, true, false, false, false, "v1"},
};

const sim_kind_info *sim_kind_find(const char *group, const char *version, const char *plural) {
  for (size_t i = 0; i < SIM_KINDS; i++) {
    const sim_kind_info *k = &sim_kinds[i];
    if (ob_streq(k->group, group) && ob_streq(k->version, version) && ob_streq(k->plural, plural))
      return k;
  }
  return NULL;
}
