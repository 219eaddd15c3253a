/* The table of views. */
#include "model/columns.h"

#include "base/str.h"

#define COLUMNS(table) (table), OB_LEN(table)

const ob_view ob_views[OB_VIEW_COUNT] = {
    {OB_VIEW_EXPOSURE, "exposure", "exp,exposures", "Exposure", "every way in, problems first",
     "Nothing is exposed here. A Service of type NodePort or LoadBalancer, or an Ingress rule, opens a way in.",
     COLUMNS(ob_exposure_columns), -1},
    {OB_VIEW_SERVICES, "services", "svc,service", "Services", "all Services", "There is no Service here.",
     COLUMNS(ob_services_columns), -1},
    {OB_VIEW_NODE_PORTS, "nodeports", "np,nodeport", "NodePorts", "ports that are open on every node",
     "No Service has a node port here.", COLUMNS(ob_node_ports_columns), -1},
    {OB_VIEW_LOAD_BALANCERS, "loadbalancers", "lb,loadbalancer", "LoadBalancers",
     "Services of type LoadBalancer and their addresses", "No Service is of type LoadBalancer here.",
     COLUMNS(ob_load_balancers_columns), -1},
    {OB_VIEW_INGRESS, "ingress", "ing,ingresses", "Ingress", "a row for each Ingress rule, in match order",
     "There is no Ingress rule here.", COLUMNS(ob_ingress_columns), -1},
};

static bool in_list(const char *list, const char *word) {
  size_t n = strlen(word);
  for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
    if (strcspn(at, ",") == n && strncmp(at, word, n) == 0) return true;
  return false;
}

const ob_view *ob_view_find(const char *name) {
  if (!*name) return NULL;
  for (size_t i = 0; i < OB_VIEW_COUNT; i++)
    if (strcmp(ob_views[i].name, name) == 0 || in_list(ob_views[i].aliases, name)) return &ob_views[i];
  return NULL;
}
