/* Exposure: every way in. */
#include "model/columns.h"

#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

/* The port that a client from outside uses. */
static uint16_t outside_port(const ob_row *r) {
  const ob_service_port *p = &r->service->ports[r->port];
  return r->way == OB_ROW_NODE_PORT ? p->node_port : p->port;
}

static void add_address(ob_cell *ret, const char *address, uint16_t port) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_add_host(&text, address);
  ob_buf_addf(&text, ":%u", port);
  ob_cell_text(ret, ob_buf_str(&text));
}

static void node_port_address(const ob_cluster *c, const ob_row *r, ob_cell *ret) {
  const char *first[1];
  uint16_t port = outside_port(r);
  if (!ob_known(c, OB_KIND_NODE)) {
    ob_buf_addf(ret->text, "<node>:%u", port);
    return;
  }
  size_t n = ob_node_addresses(c, r->service, first, 1);
  if (n == 0) {
    ob_buf_addf(ret->text, "<no node answers>:%u", port);
    ret->tone = OB_TONE_BAD;
    return;
  }
  add_address(ret, first[0], port);
  if (n > 1) ob_buf_addf(ret->text, " +%zu", n - 1);
}

static OB_CELL(cell_address) {
  (void)now_ms;
  ret->tone = OB_TONE_ACCENT;
  switch (r->way) {
  case OB_ROW_RULE:
  case OB_ROW_DEFAULT: {
    OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
    ob_add_rule_url(&url, r->ingress, r->rule, r->path);
    ob_cell_text(ret, ob_buf_str(&url));
    ret->link = r->way == OB_ROW_RULE && !strchr(ob_buf_str(&url), '*');
    break;
  }
  case OB_ROW_LB:
    if (r->sub < 0) {
      ob_buf_addf(ret->text, "<pending>:%u", outside_port(r));
      ret->tone = OB_TONE_WARN;
      ret->mark = '~';
    } else {
      add_address(ret, ob_lb_address(&r->service->lb[r->sub]), outside_port(r));
    }
    break;
  case OB_ROW_EXTERNAL_IP: add_address(ret, r->service->external_ips[r->sub], outside_port(r)); break;
  case OB_ROW_NODE_PORT: node_port_address(c, r, ret); break;
  case OB_ROW_SERVICE: break;
  }
}

static OB_CELL(cell_way) {
  (void)c, (void)now_ms;
  static const char *const ways[] = {
      [OB_ROW_SERVICE] = "Service",       [OB_ROW_NODE_PORT] = "NodePort", [OB_ROW_LB] = "LoadBalancer",
      [OB_ROW_EXTERNAL_IP] = "ExternalIP", [OB_ROW_RULE] = "Ingress",      [OB_ROW_DEFAULT] = "Ingress"};
  ob_buf_adds(ret->text, ways[r->way]);
}

static OB_CELL(cell_leads_to) {
  (void)now_ms;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  if (r->ingress) {
    ob_add_backend(&text, ob_row_backend(r));
  } else {
    const ob_service_port *p = &r->service->ports[r->port];
    ob_buf_addf(&text, "%s:", r->service->o.name);
    *p->name ? ob_buf_adds(&text, p->name) : ob_buf_addf(&text, "%u", p->port);
  }
  ob_cell_text(ret, ob_buf_str(&text));
  if (r->ingress && !r->service && *ob_row_backend(r)->service && ob_known(c, OB_KIND_SERVICE))
    ret->tone = OB_TONE_BAD;
}

static OB_CELL(cell_outside_port) {
  (void)c, (void)now_ms;
  if (r->ingress)
    ob_cell_num(ret, ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host) ? 443 : 80);
  else if (r->port >= 0)
    ob_cell_num(ret, outside_port(r));
}

static OB_CELL(cell_host) {
  (void)c, (void)now_ms;
  if (r->ingress) ob_cell_text(ret, r->rule < 0 ? "*" : ob_or(r->ingress->rules[r->rule].host, "*"));
}

static OB_CELL(cell_path) {
  (void)c, (void)now_ms;
  if (r->ingress && r->rule >= 0) ob_cell_text(ret, r->ingress->rules[r->rule].paths[r->path].path);
}

static OB_CELL(cell_object) {
  (void)c, (void)now_ms;
  ob_buf_adds(ret->text, r->ingress ? "ingress/" : "service/");
  ob_cell_text(ret, r->owner->name);
}

static OB_CELL(cell_all_nodes) {
  (void)now_ms;
  if (r->way != OB_ROW_NODE_PORT) return;
  if (!ob_known(c, OB_KIND_NODE)) {
    ret->unknown = true;
    return;
  }
  const char *all[512];
  size_t n = ob_node_addresses(c, r->service, all, OB_LEN(all));
  ob_cell_list(ret, all, n < OB_LEN(all) ? n : OB_LEN(all));
}

const ob_column ob_exposure_columns[] = {
    {"namespace", "NAMESPACE", "namespace of the object", OB_COL_NS, 5, 6, 20, ob_cell_namespace},
    {"address", "ADDRESS", "URL of a rule, or HOST:PORT", OB_COL_KEY, 0, 18, 60, cell_address},
    {"way", "WAY", "Ingress, LoadBalancer, ExternalIP or NodePort", 0, 3, 8, 12, cell_way},
    {"leadsTo", "SERVICE", "service and port that it leads to", 0, 1, 12, 34, cell_leads_to},
    {"readiness", "READY", "ready endpoints of all", 0, 1, 5, 9, ob_cell_ready},
    {"class", "CLASS", "ingress class or load balancer class", 0, 6, 5, 16, ob_cell_class},
    {"problem", "PROBLEM", "the worst thing found about this row", 0, 2, 12, 60, ob_cell_problem},
    {"age", "AGE", "since the object was created", OB_COL_AGE, 7, 3, 8, ob_cell_age},
    {"nodes", "NODES", "addresses of the nodes that answer", OB_COL_WIDE | OB_COL_LIST, 9, 10, 50, cell_all_nodes},
    {"object", "OBJECT", "what makes the way: kind/name", OB_COL_WIDE, 8, 10, 40, cell_object},
    {"service", "", "service that it leads to", OB_COL_HIDDEN, 0, 0, 0, ob_cell_target_service},
    {"host", "", "host of an Ingress rule, * any", OB_COL_HIDDEN, 0, 0, 0, cell_host},
    {"path", "", "path of an Ingress rule", OB_COL_HIDDEN, 0, 0, 0, cell_path},
    {"port", "", "port that a client uses", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, cell_outside_port},
    {"protocol", "", "TCP, UDP or SCTP", OB_COL_HIDDEN, 0, 0, 0, ob_cell_protocol},
    {"ready", "", "ready endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_ready_count},
    {"endpoints", "", "all endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_total_count},
    {"severity", "", "of the problem: high, medium, low, info", OB_COL_HIDDEN, 0, 0, 0, ob_cell_severity},
    {"rule", "", "audit rule of the problem", OB_COL_HIDDEN, 0, 0, 0, ob_cell_rule_id},
    {"created", "", "creationTimestamp", OB_COL_HIDDEN, 0, 0, 0, ob_cell_created},
};
