/* Ingress: a row for each rule. */
#include "model/columns.h"

#include "base/str.h"
#include "model/rows.h"

static OB_CELL(cell_host) {
  (void)c, (void)now_ms;
  const char *host = r->rule < 0 ? "" : r->ingress->rules[r->rule].host;
  ob_cell_text(ret, *host ? host : "*");
  ret->tone = OB_TONE_ACCENT;
}

static OB_CELL(cell_path) {
  (void)c, (void)now_ms;
  if (r->rule < 0)
    ob_buf_adds(ret->text, "(default)");
  else
    ob_cell_text(ret, ob_or(r->ingress->rules[r->rule].paths[r->path].path, "(any)"));
}

static OB_CELL(cell_path_type) {
  (void)c, (void)now_ms;
  if (r->rule < 0) return;
  const char *type = r->ingress->rules[r->rule].paths[r->path].path_type;
  ob_cell_text(ret, strcmp(type, "ImplementationSpecific") == 0 ? "ImplSpecific" : type);
}

static OB_CELL(cell_tls) {
  (void)c, (void)now_ms;
  const ob_tls *t = ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host);
  if (!t)
    ret->tone = OB_TONE_DIM;
  else
    ob_cell_text(ret, *t->secret ? t->secret : "(default)");
  if (!t) ob_buf_addc(ret->text, '-');
}

static OB_CELL(cell_url) {
  (void)c, (void)now_ms;
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  ob_add_rule_url(&url, r->ingress, r->rule, r->path);
  ob_cell_text(ret, ob_buf_str(&url));
  ret->link = r->rule >= 0 && !strchr(ob_buf_str(&url), '*');
}

static OB_CELL(cell_controller) {
  (void)now_ms;
  const char *name;
  const ob_ingress_class *cls = ob_ingress_class_of(c, r->ingress, &name);
  if (cls)
    ob_cell_text(ret, cls->controller);
  else if (!ob_known(c, OB_KIND_INGRESS_CLASS))
    ob_cell_unknown(ret);
}

const ob_column ob_ingress_columns[] = {
    {"namespace", "NAMESPACE", "namespace of the Ingress", OB_COL_NS, 5, 6, 20, ob_cell_namespace},
    {"host", "HOST", "host of the rule, * any", OB_COL_KEY, 0, 12, 40, cell_host},
    {"path", "PATH", "path of the rule", OB_COL_KEY, 0, 5, 32, cell_path},
    {"pathType", "TYPE", "Exact, Prefix or ImplSpecific (ImplementationSpecific)", 0, 6, 6, 12, cell_path_type},
    {"service", "SERVICE", "service of the backend", OB_COL_KEY, 1, 8, 28, ob_cell_target_service},
    {"port", "PORT", "port of the backend, by name or number", OB_COL_KEY, 1, 4, 12, ob_cell_port},
    {"readiness", "READY", "ready endpoints of all", 0, 1, 5, 9, ob_cell_ready},
    {"class", "CLASS", "ingress class", 0, 4, 5, 16, ob_cell_class},
    {"tls", "TLS", "secret of the certificate", 0, 5, 3, 20, cell_tls},
    {"name", "INGRESS", "name of the Ingress", 0, 3, 7, 28, ob_cell_name},
    {"address", "ADDRESS", "addresses of the Ingress", OB_COL_LIST, 7, 9, 30, ob_cell_lb_addresses},
    {"problem", "PROBLEM", "the worst thing found about this rule", 0, 2, 12, 60, ob_cell_problem},
    {"age", "AGE", "since the Ingress was created", OB_COL_AGE, 8, 3, 8, ob_cell_age},
    {"controller", "CONTROLLER", "what serves the class", OB_COL_WIDE, 9, 10, 32, cell_controller},
    {"url", "URL", "URL of the rule", OB_COL_WIDE, 9, 12, 60, cell_url},
    {"ready", "", "ready endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_ready_count},
    {"endpoints", "", "all endpoints", OB_COL_HIDDEN | OB_COL_NUMBER, 0, 0, 0, ob_cell_total_count},
    {"severity", "", "of the problem: high, medium, low, info", OB_COL_HIDDEN, 0, 0, 0, ob_cell_severity},
    {"rule", "", "audit rule of the problem", OB_COL_HIDDEN, 0, 0, 0, ob_cell_rule_id},
    {"created", "", "creationTimestamp", OB_COL_HIDDEN, 0, 0, 0, ob_cell_created},
};
