/* Columns of the views whose rows are Services or ports of them: as kubectl prints them where it
 * has them (EXTERNAL-IP, PORT(S)), and what it cannot say. */
#include "model/cells.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/rows.h"

#define UNUSED (void)c, (void)r, (void)now_ms

/* --- services ---------------------------------------------------------------------------- */
static OB_CELL(service_type) {
  UNUSED;
  ob_cell_put(ret, ob_or(r->service->type_text, "ClusterIP"));
}

static OB_CELL(cluster_ip) {
  UNUSED;
  if (*r->service->cluster_ip)
    ob_cell_put(ret, r->service->cluster_ip);
  else
    ob_cell_none(ret, "<none>");
}

static OB_CELL(cluster_ips) {
  UNUSED;
  for (size_t i = 0; i < r->service->ncluster_ips; i++)
    ob_cell_item(ret, r->service->cluster_ips[i]);
  ret->none = r->service->ncluster_ips == 0;
}

static void add_addresses(const ob_service *s, ob_cell *ret) {
  for (size_t i = 0; s->type == OB_LOAD_BALANCER && i < s->nlb; i++)
    ob_cell_item(ret, ob_lb_address(&s->lb[i]));
  for (size_t i = 0; i < s->nexternal_ips; i++) ob_cell_item(ret, s->external_ips[i]);
}

static OB_CELL(external_ip) {
  UNUSED;
  const ob_service *s = r->service;
  if (s->type == OB_EXTERNAL_NAME) {
    ob_cell_put(ret, s->external_name);
    return;
  }
  add_addresses(s, ret);
  if (ret->items) {
    ret->tone = OB_TONE_ACCENT;
  } else if (s->type == OB_LOAD_BALANCER) {
    ob_cell_none(ret, "<pending>");
    ret->tone = OB_TONE_WARN;
    ret->mark = '~';
  } else {
    ob_cell_none(ret, "<none>");
  }
}

static OB_CELL(service_ports) {
  UNUSED;
  const ob_service *s = r->service;
  for (size_t i = 0; i < s->nports; i++) {
    const ob_service_port *p = &s->ports[i];
    ob_buf_addf(ret->text, p->node_port ? "%s%u:%u/" : "%s%u/", i ? "," : "", p->port,
                p->node_port);
    ob_cell_put(ret, p->protocol);
  }
  if (!s->nports) ob_cell_none(ret, "<none>");
}

static OB_CELL(selector) {
  UNUSED;
  const ob_service *s = r->service;
  for (size_t i = 0; i < s->nselector; i++) {
    ob_cell_item(ret, s->selector[i].key);
    ob_buf_addc(ret->text, '=');
    ob_cell_put(ret, s->selector[i].value);
  }
  if (!s->nselector) ob_cell_none(ret, "<none>");
}

static OB_CELL(routes) {
  (void)now_ms;
  if (ob_known(c, OB_KIND_INGRESS))
    ob_cell_num(ret, (int64_t)ob_service_routes(c, r->service, NULL, 0));
  else
    ob_cell_unknown(ret);
}

static OB_CELL(affinity) {
  UNUSED;
  ob_cell_put_opt(ret, r->service->session_affinity);
}

static OB_CELL(families) {
  UNUSED;
  for (size_t i = 0; i < r->service->nip_families; i++)
    ob_cell_item(ret, r->service->ip_families[i]);
  ret->none = r->service->nip_families == 0;
}

static OB_CELL(distribution) {
  UNUSED;
  ob_cell_put_opt(ret, r->service->traffic_distribution);
}

static OB_CELL(draining) {
  (void)now_ms;
  ob_ready n = ob_service_ready(c, r->service, r->port);
  if (n.known)
    ob_cell_num(ret, n.draining);
  else
    ob_cell_unknown(ret);
}

static OB_CELL(zones) {
  (void)now_ms;
  ob_ready n = ob_service_ready(c, r->service, r->port);
  if (n.known)
    ob_cell_num(ret, n.zones);
  else
    ob_cell_unknown(ret);
}

#define TAIL                                                                                       \
  {"readyEndpoints", "READY-ENDPOINTS", "Ready endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 9, 1, 6, \
   ob_cell_ready_n},                                                                               \
      {"totalEndpoints",                                                                           \
       "TOTAL-ENDPOINTS",                                                                          \
       "Endpoints, ready or not",                                                                  \
       OB_COL_HIDDEN | OB_COL_NUMBER,                                                              \
       9,                                                                                          \
       1,                                                                                          \
       6,                                                                                          \
       ob_cell_total_n},                                                                           \
      {"draining",                                                                                 \
       "DRAINING",                                                                                 \
       "Endpoints that finish and still serve",                                                    \
       OB_COL_HIDDEN | OB_COL_NUMBER,                                                              \
       9,                                                                                          \
       1,                                                                                          \
       6,                                                                                          \
       draining},                                                                                  \
      {"zones", "ZONES", "Zones that hold a ready endpoint", OB_COL_HIDDEN | OB_COL_NUMBER, 9, 1,  \
       6,       zones},                                                                            \
      {"rule", "RULE",      "Id of the audit rule that found the problem", OB_COL_HIDDEN, 9, 3,    \
       4,      ob_cell_rule},                                                                      \
      {"severity", "SEVERITY",      "info, low, medium or high", OB_COL_HIDDEN, 9, 3,              \
       6,          ob_cell_severity},                                                              \
      {"created", "CREATED",      "When the Service was created (RFC 3339)", OB_COL_HIDDEN, 9, 20, \
       20,        ob_cell_created},                                                                \
  {                                                                                                \
    "uid", "UID", "metadata.uid of the Service", OB_COL_HIDDEN, 9, 8, 36, ob_cell_uid              \
  }

const ob_column ob_services_columns[] = {
    {"namespace", "NAMESPACE", "Namespace", OB_COL_NS, 4, 6, 20, ob_cell_ns},
    {"name", "NAME", "Name of the Service", OB_COL_KEY, 0, 10, 40, ob_cell_name},
    {"type", "TYPE", "ClusterIP, NodePort, LoadBalancer or ExternalName", 0, 2, 12, 12,
     service_type},
    {"clusterIP", "CLUSTER-IP", "Address inside the cluster", 0, 6, 10, 20, cluster_ip},
    {"externalIP", "EXTERNAL-IP", "Addresses outside, or the name that it stands for", OB_COL_LIST,
     2, 10, 40, external_ip},
    {"ports", "PORT(S)", "Ports as PORT:NODEPORT/PROTOCOL", OB_COL_KEY | OB_COL_LIST, 0, 8, 40,
     service_ports},
    {"ready", "READY", "Ready endpoints of all", 0, 1, 5, 9, ob_cell_ready},
    OB_PROBE_COLUMN,
    {"problem", "PROBLEM", "The worst thing that is wrong with it", 0, 3, 10, 40, ob_cell_problem},
    {"routes", "ROUTES", "Ingress rules that lead to it", OB_COL_NUMBER, 7, 6, 6, routes},
    {"age", "AGE", "Since the Service was created", OB_COL_AGE, 5, 3, 6, ob_cell_age},
    {"selector", "SELECTOR", "Labels of the pods behind it", OB_COL_WIDE | OB_COL_LIST, 9, 10, 60,
     selector},
    {"clusterIPs", "CLUSTER-IPS", "All addresses inside the cluster", OB_COL_HIDDEN | OB_COL_LIST,
     9, 10, 60, cluster_ips},
    {"ipFamilies", "IP-FAMILIES", "IPv4, IPv6", OB_COL_HIDDEN | OB_COL_LIST, 9, 4, 9, families},
    {"sessionAffinity", "AFFINITY", "None or ClientIP", OB_COL_HIDDEN, 9, 4, 8, affinity},
    {"trafficDistribution", "DISTRIBUTION", "Where traffic prefers to go", OB_COL_HIDDEN, 9, 8, 16,
     distribution},
    {"policy", "POLICY", "externalTrafficPolicy", OB_COL_HIDDEN, 9, 5, 7, ob_cell_policy},
    TAIL,
};
_Static_assert(OB_LEN(ob_services_columns) == OB_SERVICES_NCOLUMNS, "cells.h says otherwise");

/* --- node ports -------------------------------------------------------------------------- */
static OB_CELL(node_port) {
  UNUSED;
  ob_cell_num(ret, r->service->ports[r->port].node_port);
}

static OB_CELL(port_name) {
  UNUSED;
  ob_cell_put_opt(ret, r->service->ports[r->port].name);
}

static OB_CELL(target_port) {
  UNUSED;
  const ob_service_port *p = &r->service->ports[r->port];
  if (*p->target)
    ob_cell_put(ret, p->target);
  else
    ob_buf_addf(ret->text, "%u", p->port); /* the API's default */
}

static OB_CELL(node_count) {
  (void)now_ms;
  if (!ob_known(c, OB_KIND_NODE) || (r->service->external_local && !ob_known(c, OB_KIND_SLICE)))
    ob_cell_unknown(ret);
  else
    ob_cell_num(ret, (int64_t)ob_node_addresses(c, r->service, NULL, 0));
}

const ob_column ob_node_port_columns[] = {
    {"namespace", "NAMESPACE", "Namespace", OB_COL_NS, 4, 6, 20, ob_cell_ns},
    {"name", "NAME", "Name of the Service", 0, 1, 10, 40, ob_cell_name},
    {"nodePort", "NODEPORT", "Port that every node listens on", OB_COL_KEY | OB_COL_NUMBER, 0, 8, 8,
     node_port},
    {"protocol", "PROTOCOL", "TCP, UDP or SCTP", 0, 6, 4, 8, ob_cell_protocol},
    {"port", "PORT", "Port of the Service", OB_COL_NUMBER, 4, 4, 5, ob_cell_port},
    {"target", "TARGET", "Port of the pods, by number or name", 0, 7, 6, 15, target_port},
    {"ready", "READY", "Ready endpoints of all", 0, 2, 5, 9, ob_cell_ready},
    OB_PROBE_COLUMN,
    {"nodes", "NODES", "Addresses that answer; past 64 they are counted", OB_COL_LIST, 1, 12, 48, ob_cell_nodes},
    {"policy", "POLICY", "externalTrafficPolicy: Local answers only where an endpoint runs", 0, 5,
     6, 7, ob_cell_policy},
    {"type", "TYPE", "NodePort or LoadBalancer", 0, 7, 12, 12, service_type},
    {"problem", "PROBLEM", "The worst thing that is wrong with it", 0, 3, 10, 40, ob_cell_problem},
    {"age", "AGE", "Since the Service was created", OB_COL_AGE, 5, 3, 6, ob_cell_age},
    {"address", "ADDRESS", "One address and how many more", OB_COL_WIDE, 9, 14, 40,
     ob_cell_node_address},
    {"portName", "PORT-NAME", "Name of the port", OB_COL_WIDE, 9, 4, 15, port_name},
    {"nodeCount", "NODE-COUNT", "How many nodes answer", OB_COL_HIDDEN | OB_COL_NUMBER, 9, 3, 6,
     node_count},
    TAIL,
};
_Static_assert(OB_LEN(ob_node_port_columns) == OB_NODE_PORT_NCOLUMNS, "cells.h says otherwise");

/* --- load balancers ---------------------------------------------------------------------- */
static OB_CELL(balancer_addresses) {
  UNUSED;
  const ob_service *s = r->service;
  for (size_t i = 0; i < s->nlb; i++) ob_cell_item(ret, ob_lb_address(&s->lb[i]));
  ret->tone = OB_TONE_ACCENT;
  if (s->nlb) return;
  ob_cell_none(ret, "<pending>");
  ret->tone = OB_TONE_WARN;
  ret->mark = '~';
}

static OB_CELL(balancer_pending) {
  const ob_service *s = r->service;
  if (s->nlb) {
    for (size_t i = 0; i < s->nlb; i++)
      if (*s->lb[i].port_error) {
        ob_cell_put(ret, s->lb[i].port_error);
        ret->tone = OB_TONE_BAD;
        return;
      }
    ret->none = true;
    return;
  }
  if (!s->o.created_ms) {
    ob_cell_unknown(ret);
    return;
  }
  char text[OB_AGE_TEXT];
  int64_t waited = now_ms - s->o.created_ms;
  ob_buf_adds(ret->text, ob_age_text(text, waited));
  ob_buf_adds(ret->text, ", ");
  const char *condition = ob_service_condition(s);
  const ob_heard *heard = ob_service_heard(c, s);
  if (condition)
    ob_cell_put(ret, condition);
  else if (heard)
    ob_buf_addf(ret->text, "%s: %s", heard->reason, heard->message);
  else if (ob_lb_class_served(c, s->lb_class))
    ob_cell_put(ret, "others have one");
  else
    ob_cell_put(ret, *s->lb_class ? "class unserved" : "no controller seen");
  ret->tone = waited >= OB_PENDING_MS ? OB_TONE_BAD : OB_TONE_WARN;
  ret->num = -s->o.created_ms;
  ret->has_num = true;
}

static OB_CELL(source_ranges) {
  UNUSED;
  for (size_t i = 0; i < r->service->nsource_ranges; i++)
    ob_cell_item(ret, r->service->source_ranges[i]);
  ret->none = r->service->nsource_ranges == 0;
}

static OB_CELL(health_port) {
  UNUSED;
  if (r->service->health_check_node_port)
    ob_cell_num(ret, r->service->health_check_node_port);
  else
    ret->none = true;
}

const ob_column ob_balancer_columns[] = {
    {"namespace", "NAMESPACE", "Namespace", OB_COL_NS, 4, 6, 20, ob_cell_ns},
    {"name", "NAME", "Name of the Service", 0, 1, 10, 40, ob_cell_name},
    {"address", "ADDRESS", "Addresses that the provider gave", OB_COL_KEY | OB_COL_LIST, 0, 12, 60,
     balancer_addresses},
    {"ports", "PORT(S)", "Ports as PORT:NODEPORT/PROTOCOL", OB_COL_KEY | OB_COL_LIST, 0, 8, 40,
     service_ports},
    {"class", "CLASS", "loadBalancerClass; empty is the provider's default", 0, 6, 5, 30,
     ob_cell_class},
    {"ready", "READY", "Ready endpoints of all", 0, 2, 5, 9, ob_cell_ready},
    OB_PROBE_COLUMN,
    {"pending", "PENDING", "How long it waits for an address and why, as far as known",
     OB_COL_AGE | OB_COL_HEARD, 3, 10, 64, balancer_pending},
    {"sourceRanges", "SOURCE-RANGES", "Who may connect; empty is everybody", OB_COL_LIST, 7, 8, 40,
     source_ranges},
    {"policy", "POLICY", "externalTrafficPolicy", 0, 8, 6, 7, ob_cell_policy},
    {"problem", "PROBLEM", "The worst thing that is wrong with it", 0, 6, 10, 40, ob_cell_problem},
    {"age", "AGE", "Since the Service was created", OB_COL_AGE, 5, 3, 6, ob_cell_age},
    {"healthCheckNodePort", "HEALTH-PORT", "Port of the health check (externalTrafficPolicy Local)",
     OB_COL_HIDDEN | OB_COL_NUMBER, 9, 5, 5, health_port},
    TAIL,
};
_Static_assert(OB_LEN(ob_balancer_columns) == OB_BALANCER_NCOLUMNS, "cells.h says otherwise");
