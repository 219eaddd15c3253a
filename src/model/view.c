/* The table of views. */
#include "model/cells.h"

#include "base/str.h"
#include <strings.h>

const ob_view ob_views[OB_VIEW_COUNT] = {
    {OB_VIEW_EXPOSURE, "exposure", "exp,exposures", "Exposure",
     "Every way in: address, service, ready endpoints; problems first",
     "Nothing is exposed: no NodePort, LoadBalancer, external IP or Ingress rule. Services of type "
     "ClusterIP are reached from inside only.",
     ob_exposure_columns, OB_EXPOSURE_NCOLUMNS, -1},
    {OB_VIEW_SERVICES, "services", "svc,service", "Services",
     "Services as kubectl lists them, with their ready endpoints and routes", "No Services here.",
     ob_services_columns, OB_SERVICES_NCOLUMNS, -1},
    {OB_VIEW_NODE_PORTS, "nodeports", "np,nodeport", "NodePorts",
     "Ports that nodes listen on, and the nodes that answer",
     "No node ports: no Service of type NodePort or LoadBalancer has one.", ob_node_port_columns,
     OB_NODE_PORT_NCOLUMNS, -1},
    {OB_VIEW_LOAD_BALANCERS, "loadbalancers", "lb,lbs,loadbalancer", "LoadBalancers",
     "Services of type LoadBalancer: addresses, or why they wait for one",
     "No Service of type LoadBalancer.", ob_balancer_columns, OB_BALANCER_NCOLUMNS, -1},
    {OB_VIEW_INGRESS, "ingress", "ing,ingresses", "Ingress rules",
     "A row for each host and path, in the order in which they match", "No Ingress rules.",
     ob_ingress_columns, OB_INGRESS_NCOLUMNS, -1},
};

static bool in_list(const char *list, const char *name) {
  size_t len = strlen(name);
  for (const char *at = list; len && *at;) {
    size_t n = strcspn(at, ",");
    if (n == len && strncasecmp(at, name, n) == 0) return true;
    at += n + (at[n] == ',');
  }
  return false;
}

const ob_view *ob_view_find(const char *name) {
  for (size_t i = 0; name && i < OB_LEN(ob_views); i++)
    if (strcasecmp(ob_views[i].name, name) == 0 || in_list(ob_views[i].aliases, name))
      return &ob_views[i];
  return NULL;
}
