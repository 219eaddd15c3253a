/* Columns of the views whose rows are ways in: Exposure, and Ingress rules. */
#include "model/cells.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/rows.h"
#include "outboard/probe.h"

#define UNUSED (void)c, (void)r, (void)now_ms
static const ob_rule *rule_of(const ob_row *r) {
  return r->ingress && r->rule >= 0 ? &r->ingress->rules[r->rule] : NULL;
}
static const ob_path *path_of(const ob_row *r) {
  const ob_rule *rule = rule_of(r);
  return rule ? &rule->paths[r->path] : NULL;
}

/* --- exposure ---------------------------------------------------------------------------- */
static void balancer_address(const ob_row *r, ob_cell *ret) {
  const ob_service *s = r->service;
  const ob_service_port *p = &s->ports[r->port];
  if (r->sub < 0) {
    ob_add_dial(ret->text, "<pending>", p->port, p->protocol);
    ret->none = true;
    ret->tone = OB_TONE_WARN;
    ret->mark = '~';
    return;
  }
  ob_add_dial(ret->text, ob_lb_address(&s->lb[r->sub]), p->port, p->protocol);
  ret->tone = OB_TONE_ACCENT;
}

static OB_CELL(exposure_address) {
  switch (r->way) {
  case OB_ROW_NODE_PORT: ob_cell_node_address(c, r, now_ms, ret); return;
  case OB_ROW_LB: balancer_address(r, ret); return;
  case OB_ROW_EXTERNAL_IP:
    ob_add_dial(ret->text, r->service->external_ips[r->sub], r->service->ports[r->port].port,
                     r->service->ports[r->port].protocol);
    ret->tone = OB_TONE_ACCENT;
    return;
  default: break;
  }
  ret->link = ob_add_rule_url(ret->text, r->ingress, r->rule, r->path);
  ret->tone = OB_TONE_ACCENT;
}

static OB_CELL(exposure_way) {
  UNUSED;
  static const char *const names[] = {
      [OB_ROW_SERVICE] = "Service", [OB_ROW_NODE_PORT] = "NodePort",
      [OB_ROW_LB] = "LoadBalancer", [OB_ROW_EXTERNAL_IP] = "ExternalIP",
      [OB_ROW_RULE] = "Ingress",    [OB_ROW_DEFAULT] = "Ingress"};
  ob_buf_adds(ret->text, names[r->way]);
}

static OB_CELL(owner_kind) {
  UNUSED;
  ob_buf_adds(ret->text, ob_kinds[r->owner->kind].kind);
}

/* The port that is dialled from outside. */
static OB_CELL(outer_port) {
  UNUSED;
  if (r->ingress)
    ob_cell_num(ret, rule_of(r) && ob_ingress_tls_for(r->ingress, rule_of(r)->host) ? 443 : 80);
  else if (r->way == OB_ROW_NODE_PORT)
    ob_cell_num(ret, r->service->ports[r->port].node_port);
  else
    ob_cell_num(ret, r->service->ports[r->port].port);
}

/* The host alone: of the rule, of the load balancer. */
static OB_CELL(outer_host) {
  UNUSED;
  if (r->ingress)
    ob_cell_put(ret, rule_of(r) ? ob_or(rule_of(r)->host, "*") : "*");
  else if (r->way == OB_ROW_LB && r->sub >= 0)
    ob_cell_put(ret, ob_lb_address(&r->service->lb[r->sub]));
  else if (r->way == OB_ROW_EXTERNAL_IP)
    ob_cell_put(ret, r->service->external_ips[r->sub]);
  else
    ret->none = true;
}

static OB_CELL(rule_path) {
  UNUSED;
  if (path_of(r))
    ob_cell_put(ret, ob_or(path_of(r)->path, "/"));
  else if (r->way == OB_ROW_DEFAULT)
    ob_buf_adds(ret->text, "(default)");
  else
    ret->none = true;
}

static OB_CELL(rule_tls) {
  UNUSED;
  const ob_tls *tls =
      r->ingress ? ob_ingress_tls_for(r->ingress, rule_of(r) ? rule_of(r)->host : "") : NULL;
  if (!tls)
    ret->none = true;
  else
    ob_cell_put(ret, ob_or(tls->secret, "(default)"));
}

static OB_CELL(rule_is_tls) {
  UNUSED;
  ret->num = r->ingress && ob_ingress_tls_for(r->ingress, rule_of(r) ? rule_of(r)->host : "");
  ob_buf_adds(ret->text, ret->num ? "true" : "false");
}

#define TAIL                                                                                       \
  {"readyEndpoints",                                                                               \
   "READY-ENDPOINTS",                                                                              \
   "Ready endpoints behind it",                                                                    \
   OB_COL_HIDDEN | OB_COL_NUMBER,                                                                  \
   9,                                                                                              \
   1,                                                                                              \
   6,                                                                                              \
   ob_cell_ready_n},                                                                               \
      {"totalEndpoints",                                                                           \
       "TOTAL-ENDPOINTS",                                                                          \
       "Endpoints behind it, ready or not",                                                        \
       OB_COL_HIDDEN | OB_COL_NUMBER,                                                              \
       9,                                                                                          \
       1,                                                                                          \
       6,                                                                                          \
       ob_cell_total_n},                                                                           \
      {"rule", "RULE",      "Id of the audit rule that found the problem", OB_COL_HIDDEN, 9, 3,    \
       4,      ob_cell_rule},                                                                      \
      {"severity", "SEVERITY",      "info, low, medium or high", OB_COL_HIDDEN, 9, 3,              \
       6,          ob_cell_severity},                                                              \
      {"created", "CREATED",      "When the object was created (RFC 3339)", OB_COL_HIDDEN, 9, 20,  \
       20,        ob_cell_created},                                                                \
  {                                                                                                \
    "uid", "UID", "metadata.uid of the object", OB_COL_HIDDEN, 9, 8, 36, ob_cell_uid               \
  }

const ob_column ob_exposure_columns[] = {
    {"namespace", "NAMESPACE", "Namespace", OB_COL_NS, 4, 6, 20, ob_cell_ns},
    {"address", "ADDRESS", "URL, or host and port, that reaches it from outside", OB_COL_KEY, 0, 18,
     70, exposure_address},
    {"way", "WAY", "NodePort, LoadBalancer, Ingress or ExternalIP", 0, 5, 12, 12, exposure_way},
    {"service", "SERVICE", "Service and port that it leads to", 0, 1, 10, 40, ob_cell_service},
    {"ready", "READY", "Ready endpoints of all", 0, 1, 5, 9, ob_cell_ready},
    OB_PROBE_COLUMN,
    {"class", "CLASS", "Ingress class or load balancer class", 0, 7, 5, 24, ob_cell_class},
    {"problem", "PROBLEM", "The worst thing that is wrong with it", 0, 3, 10, 40, ob_cell_problem},
    {"age", "AGE", "Since the object was created", OB_COL_AGE, 6, 3, 6, ob_cell_age},
    {"name", "NAME", "Name of the Service or Ingress that opens this way", OB_COL_WIDE, 9, 8, 40,
     ob_cell_name},
    {"kind", "KIND", "Service or Ingress", OB_COL_HIDDEN, 9, 7, 7, owner_kind},
    {"host", "HOST", "Host or address without the port", OB_COL_HIDDEN, 9, 8, 60, outer_host},
    {"port", "PORT", "Port that is dialled", OB_COL_HIDDEN | OB_COL_NUMBER, 9, 4, 5, outer_port},
    {"protocol", "PROTOCOL", "TCP, UDP or SCTP", OB_COL_HIDDEN, 9, 3, 4, ob_cell_protocol},
    {"path", "PATH", "Path of an Ingress rule", OB_COL_HIDDEN, 9, 4, 40, rule_path},
    {"tls", "TLS", "The rule is served over TLS", OB_COL_HIDDEN | OB_COL_BOOL, 9, 4, 5,
     rule_is_tls},
    TAIL,
};
_Static_assert(OB_LEN(ob_exposure_columns) == OB_EXPOSURE_NCOLUMNS, "cells.h says otherwise");

/* --- ingress rules ----------------------------------------------------------------------- */
static OB_CELL(path_type) {
  UNUSED;
  if (path_of(r))
    ob_cell_put_opt(ret, path_of(r)->path_type);
  else
    ret->none = true;
}

static OB_CELL(backend_service) {
  UNUSED;
  const ob_backend *b = ob_row_backend(r);
  ob_cell_put(ret, *b->service ? b->service : b->resource);
  if (!b->set) ret->none = true;
  if (*b->service && !r->service && ob_known(c, OB_KIND_SERVICE)) ret->tone = OB_TONE_BAD;
}

static OB_CELL(backend_port) {
  UNUSED;
  const ob_backend *b = ob_row_backend(r);
  if (*b->port_name)
    ob_cell_put(ret, b->port_name);
  else if (b->port_number)
    ob_buf_addf(ret->text, "%u", b->port_number);
  else
    ret->none = true;
  if (r->service && r->port < 0 && r->service->type != OB_EXTERNAL_NAME) ret->tone = OB_TONE_BAD;
}

/* The end of the certificate that the address itself showed when it was probed. */
static OB_CELL(rule_expires) {
  if (!ob_ingress_tls_for(r->ingress, rule_of(r) ? rule_of(r)->host : "")) {
    ret->none = true;
    return;
  }
  const ob_probe_result *seen = ob_row_certificate(c, r);
  if (!seen) {
    ob_cell_unknown(ret);
    return;
  }
  enum { SOON_MS = 14 * 86400 * 1000 };
  int64_t left = seen->chain[0].to_ms - now_ms;
  char text[OB_AGE_TEXT];
  ob_buf_adds(ret->text, left > 0 ? ob_age_text(text, left) : "ended");
  ret->num = seen->chain[0].to_ms;
  ret->has_num = true;
  ret->tone = left <= 0 ? OB_TONE_BAD : left < SOON_MS ? OB_TONE_WARN : OB_TONE_OK;
  ret->mark = left <= 0 ? '!' : left < SOON_MS ? '~' : '+';
}

static OB_CELL(class_controller) {
  UNUSED;
  const char *controller = ob_ingress_controller(c, r->ingress);
  if (*controller)
    ob_cell_put(ret, controller);
  else if (!ob_known(c, OB_KIND_INGRESS_CLASS))
    ob_cell_unknown(ret);
  else
    ret->none = true;
}

static OB_CELL(ingress_addresses) {
  UNUSED;
  for (size_t i = 0; i < r->ingress->nlb; i++) ob_cell_item(ret, ob_lb_address(&r->ingress->lb[i]));
  ret->none = r->ingress->nlb == 0;
  if (!ret->none) ret->tone = OB_TONE_ACCENT;
}

static OB_CELL(rule_url) {
  UNUSED;
  ret->link = ob_add_rule_url(ret->text, r->ingress, r->rule, r->path);
  ret->tone = OB_TONE_ACCENT;
}

const ob_column ob_ingress_columns[] = {
    {"namespace", "NAMESPACE", "Namespace", OB_COL_NS, 4, 6, 20, ob_cell_ns},
    {"name", "INGRESS", "Name of the Ingress", 0, 6, 6, 30, ob_cell_name},
    {"host", "HOST", "Host of the rule, * for any", OB_COL_KEY, 0, 14, 50, outer_host},
    {"path", "PATH", "Path of the rule, (default) for the default backend", OB_COL_KEY, 0, 6, 40,
     rule_path},
    {"pathType", "PATHTYPE", "Exact, Prefix or ImplementationSpecific", 0, 8, 5, 22, path_type},
    {"service", "SERVICE", "Service that the rule leads to", 0, 1, 7, 32, backend_service},
    {"port", "PORT", "Its port, by name or number", 0, 2, 4, 15, backend_port},
    {"ready", "READY", "Ready endpoints of all", 0, 1, 5, 9, ob_cell_ready},
    OB_PROBE_COLUMN,
    {"class", "CLASS", "Ingress class, the default one when it names none", 0, 6, 5, 24,
     ob_cell_class},
    {"tls", "TLS", "Secret with the certificate; (default) is the controller's", 0, 5, 4, 24,
     rule_tls},
    {"expires", "EXPIRES",
     "When the certificate ends that a probe saw; ? when none has looked: Secrets are not read", 0,
     7, 5, 9, rule_expires},
    {"controller", "CONTROLLER", "Controller of the class", OB_COL_WIDE, 9, 8, 30,
     class_controller},
    {"address", "ADDRESS", "Addresses that the controller reports", OB_COL_LIST, 7, 8, 40,
     ingress_addresses},
    {"problem", "PROBLEM", "The worst thing that is wrong with it", 0, 3, 10, 40, ob_cell_problem},
    {"age", "AGE", "Since the Ingress was created", OB_COL_AGE, 5, 3, 6, ob_cell_age},
    {"url", "URL", "The rule as a URL", OB_COL_HIDDEN, 9, 12, 70, rule_url},
    {"https", "HTTPS", "The rule is served over TLS", OB_COL_HIDDEN | OB_COL_BOOL, 9, 4, 5,
     rule_is_tls},
    TAIL,
};
_Static_assert(OB_LEN(ob_ingress_columns) == OB_INGRESS_NCOLUMNS, "cells.h says otherwise");
