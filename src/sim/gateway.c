/* The Gateway API as its CRDs' schemas treat it: the defaults that they store, and what they refuse
 * most often. No controller acts on these objects: their status is what a world wrote.
 * Source: gateway-api v1.6 config/crd/standard. */
#include "base/str.h"
#include "sim/write.h"

static void put_default(ob_json *j, const char *key, const char *value) {
  if (!ob_json_get(j, key)) ob_json_put_str(j, key, value);
}

static ob_json *items(ob_json *j, const char *key) {
  ob_json *list = ob_json_get_mut(j, key);
  return ob_json_is(list, OB_JSON_ARRAY) ? list : NULL;
}

#define EACH(item, list)                                                                           \
  ob_json *item = (ob_json *)(uintptr_t)ob_json_first(list);                                       \
  item;                                                                                            \
  item = (ob_json *)(uintptr_t)ob_json_next(item)

/* --- Gateway ----------------------------------------------------------------------------- */
static void check_listener(const ob_json *l, const char *at, sim_causes *c) {
  const char *protocol = sim_str(l, "protocol");
  bool tls = ob_json_get(l, "tls") != NULL;
  bool http = ob_streq(protocol, "HTTP"),
       raw = ob_streq(protocol, "TCP") || ob_streq(protocol, "UDP");
  OB_AUTOFREE char *name = ob_asprintf("%s.name", at), *port = ob_asprintf("%s.port", at);
  int64_t n = ob_json_get_int(l, "port", 0);
  if (!sim_is_subdomain(sim_str(l, "name")))
    sim_cause(c, SIM_INVALID, name, ob_json_get(l, "name"), "should match the RFC 1123 pattern");
  if (n < 1 || n > 65535)
    sim_cause(c, SIM_INVALID, port, ob_json_get(l, "port"), "should be between 1 and 65535");
  if (tls && (http || raw))
    sim_cause(c, SIM_INVALID, "spec.listeners", NULL,
              "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
  if (raw && *sim_str(l, "hostname"))
    sim_cause(c, SIM_INVALID, "spec.listeners", NULL,
              "hostname must not be specified for protocols ['TCP', 'UDP']");
  const ob_json *t = ob_json_get(l, "tls");
  if (tls && ob_streq(sim_str(t, "mode"), "Terminate") &&
      !ob_json_len(ob_json_get(t, "certificateRefs")) && !ob_json_get(t, "options"))
    sim_cause(c, SIM_INVALID, at, NULL,
              "certificateRefs or options must be specified when mode is Terminate");
}

int sim_gateway_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  ob_json *spec = ob_json_ensure_object(tree, "spec"), *list = items(spec, "listeners");
  sim_validate_metadata(w->kind, tree, old, &causes);
  if (!*sim_str(spec, "gatewayClassName"))
    sim_cause(&causes, SIM_REQUIRED, "spec.gatewayClassName", NULL, "%s", "");
  size_t n = ob_json_len(list), i = 0;
  if (n < 1 || n > 64)
    sim_cause(&causes, SIM_INVALID, "spec.listeners", list, "should have 1 to 64 items");
  for (EACH(l, list)) {
    OB_AUTOFREE char *at = ob_asprintf("spec.listeners[%zu]", i++);
    ob_json *tls = ob_json_get_mut(l, "tls");
    if (tls) put_default(tls, "mode", "Terminate");
    put_default(ob_json_ensure_object(ob_json_ensure_object(l, "allowedRoutes"), "namespaces"),
                "from", "Same");
    check_listener(l, at, &causes);
    for (const ob_json *b = ob_json_next(l); b; b = ob_json_next(b)) {
      if (ob_streq(sim_str(b, "name"), sim_str(l, "name")))
        sim_cause(&causes, SIM_INVALID, "spec.listeners", NULL,
                  "Listener name must be unique within the Gateway");
      if (ob_json_get_int(b, "port", 0) == ob_json_get_int(l, "port", 0) &&
          ob_streq(sim_str(b, "protocol"), sim_str(l, "protocol")) &&
          ob_streq(sim_str(b, "hostname"), sim_str(l, "hostname")))
        sim_cause(&causes, SIM_INVALID, "spec.listeners", NULL,
                  "Combination of port, protocol and hostname must be unique for each listener");
    }
  }
  return sim_causes_any(&causes)
             ? sim_fail_causes(w->resp, w->kind, sim_str(ob_json_get(tree, "metadata"), "name"),
                               &causes)
             : 0;
}

/* --- routes ------------------------------------------------------------------------------ */
static void check_path(const ob_json *path, const char *at, sim_causes *c) {
  const char *type = sim_str(path, "type"), *value = sim_str(path, "value");
  if (ob_streq(type, "RegularExpression")) return;
  if (*value != '/')
    sim_cause(c, SIM_INVALID, at, NULL, "value must be an absolute path and start with '/'");
  if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../"))
    sim_cause(c, SIM_INVALID, at, NULL, "must not contain dot segments or '//'");
}

static void prepare_matches(ob_json *rule, const char *at, sim_causes *c) {
  if (!items(rule, "matches"))
    ob_json_push(ob_json_put(rule, "matches", ob_json_new_array()), ob_json_new_object());
  size_t i = 0;
  for (EACH(m, items(rule, "matches"))) {
    OB_AUTOFREE char *field = ob_asprintf("%s.matches[%zu].path", at, i++);
    ob_json *path = ob_json_ensure_object(m, "path");
    put_default(path, "type", "PathPrefix");
    put_default(path, "value", "/");
    for (EACH(h, items(m, "headers"))) put_default(h, "type", "Exact");
    for (EACH(q, items(m, "queryParams"))) put_default(q, "type", "Exact");
    check_path(path, field, c);
  }
}

static bool redirects(ob_json *rule) {
  for (EACH(f, items(rule, "filters")))
    if (ob_streq(sim_str(f, "type"), "RequestRedirect")) return true;
  return false;
}

static void prepare_rule(ob_json *rule, const char *at, sim_causes *c) {
  size_t i = 0;
  for (EACH(b, items(rule, "backendRefs"))) {
    OB_AUTOFREE char *field = ob_asprintf("%s.backendRefs[%zu]", at, i++);
    put_default(b, "group", "");
    put_default(b, "kind", "Service");
    if (!ob_json_get(b, "weight")) ob_json_put_int(b, "weight", 1);
    if (!*sim_str(b, "group") && ob_streq(sim_str(b, "kind"), "Service") && !ob_json_get(b, "port"))
      sim_cause(c, SIM_INVALID, field, NULL, "Must have port for Service reference");
  }
  if (redirects(rule) && ob_json_len(items(rule, "backendRefs")))
    sim_cause(c, SIM_INVALID, at, NULL,
              "RequestRedirect filter must not be used together with backendRefs");
}

int sim_route_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  sim_validate_metadata(w->kind, tree, old, &causes);
  for (EACH(p, items(spec, "parentRefs"))) {
    put_default(p, "group", "gateway.networking.k8s.io");
    put_default(p, "kind", "Gateway");
  }
  if (ob_json_len(items(spec, "hostnames")) > 16)
    sim_cause(&causes, SIM_INVALID, "spec.hostnames", NULL, "must have at most 16 items");
  for (EACH(h, items(spec, "hostnames")))
    sim_check_host(&causes, "spec.hostnames", h);
  if (!items(spec, "rules"))
    ob_json_push(ob_json_put(spec, "rules", ob_json_new_array()), ob_json_new_object());
  size_t i = 0;
  for (EACH(r, items(spec, "rules"))) {
    OB_AUTOFREE char *at = ob_asprintf("spec.rules[%zu]", i++);
    if (w->kind->id == SIM_HTTP_ROUTE) prepare_matches(r, at, &causes);
    prepare_rule(r, at, &causes);
  }
  return sim_causes_any(&causes)
             ? sim_fail_causes(w->resp, w->kind, sim_str(ob_json_get(tree, "metadata"), "name"),
                               &causes)
             : 0;
}
