/* Services, NodePorts, LoadBalancers. */
#include "model/columns.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

static OB_CELL(cell_cluster_ip) {
  (void)c, (void)now_ms;
  *r->service->cluster_ip ? ob_cell_text(ret, r->service->cluster_ip) : ob_cell_none(ret);
}

/* As kubectl get service shows it. */
static OB_CELL(cell_external) {
  const ob_service *s = r->service;
  ret->tone = OB_TONE_ACCENT;
  if (s->type == OB_EXTERNAL_NAME) {
    ob_cell_text(ret, s->external_name);
    return;
  }
  if (s->type == OB_LOAD_BALANCER) ob_cell_lb_addresses(c, r, now_ms, ret);
  if (s->nexternal_ips && ret->text->len) ob_buf_addc(ret->text, ',');
  ob_cell_list(ret, s->external_ips, s->nexternal_ips);
  if (ret->text->len) return;
  if (s->type == OB_LOAD_BALANCER) {
    ob_buf_adds(ret->text, "<pending>");
    ret->tone = OB_TONE_WARN;
    ret->mark = '~';
  } else {
    ob_cell_none(ret);
  }
}

/* "80:30080/TCP,443/TCP" */
static OB_CELL(cell_ports) {
  (void)c, (void)now_ms;
  const ob_service *s = r->service;
  for (size_t i = 0; i < s->nports; i++) {
    const ob_service_port *p = &s->ports[i];
    ob_buf_addf(ret->text, "%s%u", i ? "," : "", p->port);
    if (p->node_port) ob_buf_addf(ret->text, ":%u", p->node_port);
    ob_buf_addc(ret->text, '/');
    ob_cell_text(ret, p->protocol);
  }
  if (!s->nports) ob_cell_none(ret);
}

static OB_CELL(cell_selector) {
  (void)c, (void)now_ms;
  const ob_service *s = r->service;
  for (size_t i = 0; i < s->nselector; i++) {
    if (i) ob_buf_addc(ret->text, ',');
    ob_cell_text(ret, s->selector[i].key);
    ob_buf_addc(ret->text, '=');
    ob_cell_text(ret, s->selector[i].value);
  }
  if (!s->nselector) ob_cell_none(ret);
}

static OB_CELL(cell_routes) {
  (void)now_ms;
  if (ob_known(c, OB_KIND_INGRESS))
    ob_cell_num(ret, (int64_t)ob_service_routes(c, r->service, NULL, 0));
  else
    ob_cell_unknown(ret);
}

static const char *policy(const ob_service *s) { return s->external_local ? "Local" : "Cluster"; }

static OB_CELL(cell_policy) {
  (void)c, (void)now_ms;
  if (r->service->type == OB_NODE_PORT || r->service->type == OB_LOAD_BALANCER)
    ob_buf_adds(ret->text, policy(r->service));
}

static OB_CELL(cell_nodes) {
  (void)now_ms;
  if (!ob_known(c, OB_KIND_NODE)) {
    ob_cell_unknown(ret);
    return;
  }
  const char *all[512];
  size_t n = ob_node_addresses(c, r->service, all, OB_LEN(all));
  ob_cell_list(ret, all, n < OB_LEN(all) ? n : OB_LEN(all));
  ret->tone = n ? OB_TONE_ACCENT : OB_TONE_BAD;
  if (!n) ob_cell_none(ret);
}

static OB_CELL(cell_ranges) {
  (void)c, (void)now_ms;
  const ob_service *s = r->service;
  ob_cell_list(ret, s->source_ranges, s->nsource_ranges);
  if (!s->nsource_ranges) ob_cell_text(ret, "any");
}

static OB_CELL(cell_address) {
  ob_cell_lb_addresses(c, r, now_ms, ret);
  if (ret->text->len) return;
  ob_buf_adds(ret->text, "<pending>");
  ret->tone = OB_TONE_WARN;
  ret->mark = '~';
}

static OB_CELL(cell_pending) {
  (void)c;
  char age[OB_AGE_TEXT];
  const ob_service *s = r->service;
  if (s->nlb) return;
  ob_buf_adds(ret->text, ob_age_text(age, now_ms - s->o.created_ms));
  ret->num = now_ms - s->o.created_ms;
  ret->has_num = true;
  ret->tone = OB_TONE_WARN;
}

static OB_CELL(cell_family) {
  (void)c, (void)now_ms;
  ob_cell_list(ret, r->service->ip_families, r->service->nip_families);
}

static OB_CELL(cell_port_name) {
  (void)c, (void)now_ms;
  if (r->port >= 0) ob_cell_text(ret, r->service->ports[r->port].name);
}

/* Columns that all three have at their ends. */
#define NAMESPACE {"namespace", "NAMESPACE", "namespace of the service", OB_COL_NS, 4, 6, 20, ob_cell_namespace}
#define NAME {"name", "NAME", "name of the service", OB_COL_KEY, 0, 10, 36, ob_cell_name}
#define READY {"readiness", "READY", "ready endpoints of all", 0, 1, 5, 9, ob_cell_ready}
#define PROBLEM {"problem", "PROBLEM", "the worst thing found about this row", 0, 3, 12, 60, ob_cell_problem}
#define AGE {"age", "AGE", "since the service was created", OB_COL_AGE, 7, 3, 8, ob_cell_age}
#define TAIL                                                                                       \
  {"ready", "", "ready endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_ready_count},   \
      {"endpoints", "", "all endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_total_count}, \
      {"severity", "", "of the problem: high, medium, low, info", OB_COL_HIDDEN, 0, 0, 0, ob_cell_severity}, \
      {"rule", "", "audit rule of the problem", OB_COL_HIDDEN, 0, 0, 0, ob_cell_rule_id},          \
      {"created", "", "creationTimestamp", OB_COL_HIDDEN, 0, 0, 0, ob_cell_created}

const ob_column ob_services_columns[] = {
    NAMESPACE,
    NAME,
    {"type", "TYPE", "ClusterIP, NodePort, LoadBalancer or ExternalName", 0, 2, 9, 12, ob_cell_type},
    {"clusterIP", "CLUSTER-IP", "first cluster IP, None headless", 0, 6, 10, 24, cell_cluster_ip},
    {"externalIP", "EXTERNAL-IP", "addresses from outside, or the external name", OB_COL_KEY | OB_COL_LIST, 1, 11, 36, cell_external},
    {"ports", "PORT(S)", "PORT[:NODEPORT]/PROTOCOL", OB_COL_KEY | OB_COL_LIST, 1, 7, 30, cell_ports},
    READY,
    {"routes", "ROUTES", "Ingress rules that lead here", OB_COL_NUMBER, 5, 6, 6, cell_routes},
    PROBLEM,
    AGE,
    {"selector", "SELECTOR", "labels that choose its pods", OB_COL_WIDE | OB_COL_LIST, 9, 10, 40, cell_selector},
    {"families", "", "IP families", OB_COL_HIDDEN | OB_COL_LIST, 0, 0, 0, cell_family},
    TAIL,
};

const ob_column ob_node_ports_columns[] = {
    NAMESPACE,
    NAME,
    {"nodePort", "NODEPORT", "port on every node", OB_COL_KEY | OB_COL_NUMBER, 0, 8, 8, ob_cell_node_port},
    {"protocol", "PROTO", "TCP, UDP or SCTP", 0, 4, 5, 5, ob_cell_protocol},
    {"port", "PORT", "port of the service", OB_COL_NUMBER, 3, 4, 5, ob_cell_port},
    {"targetPort", "TARGET", "port of the pods", 0, 6, 6, 14, ob_cell_target_port},
    READY,
    {"nodes", "NODES", "addresses at which it answers", OB_COL_KEY | OB_COL_LIST, 2, 12, 48, cell_nodes},
    {"policy", "POLICY", "externalTrafficPolicy", 0, 6, 6, 7, cell_policy},
    {"type", "TYPE", "NodePort or LoadBalancer", 0, 7, 8, 12, ob_cell_type},
    PROBLEM,
    AGE,
    {"portName", "PORT-NAME", "name of the port", OB_COL_WIDE, 9, 6, 16, cell_port_name},
    TAIL,
};

const ob_column ob_load_balancers_columns[] = {
    NAMESPACE,
    NAME,
    {"address", "ADDRESS", "addresses of the balancer", OB_COL_KEY | OB_COL_LIST, 0, 11, 48, cell_address},
    {"ports", "PORT(S)", "PORT[:NODEPORT]/PROTOCOL", OB_COL_KEY | OB_COL_LIST, 1, 7, 30, cell_ports},
    {"class", "CLASS", "loadBalancerClass", 0, 5, 6, 24, ob_cell_class},
    READY,
    {"pending", "PENDING", "how long it has waited for an address", OB_COL_AGE, 2, 7, 8, cell_pending},
    {"sourceRanges", "SOURCE-RANGES", "who may connect", OB_COL_LIST, 6, 9, 32, cell_ranges},
    {"policy", "POLICY", "externalTrafficPolicy", 0, 7, 6, 7, cell_policy},
    PROBLEM,
    AGE,
    TAIL,
};
