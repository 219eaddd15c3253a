/* Ingresses and their classes. What the real server does not check (absent services, duplicate
 * hosts, odd characters in paths) is not checked here either.
 * Source: kubernetes pkg/apis/networking/validation,
 * plugin/pkg/admission/network/defaultingressclass. */
#include "base/str.h"
#include "sim/service.h"

static const char legacy_class[] = "kubernetes.io/ingress.class";
static const char default_class[] = "ingressclass.kubernetes.io/is-default-class";

static void check_reference(const ob_json *ref, const char *field, sim_causes *c) {
  static const char *const keys[] = {"kind", "name"};
  OB_AUTOFREE char *group = ob_asprintf("%s.apiGroup", field);
  if (ob_json_get(ref, "apiGroup")) sim_check_subdomain(c, group, ob_json_get(ref, "apiGroup"));
  for (size_t i = 0; i < OB_LEN(keys); i++) {
    OB_AUTOFREE char *at = ob_asprintf("%s.%s", field, keys[i]);
    if (*sim_str(ref, keys[i]))
      sim_check_segment(c, at, ob_json_get(ref, keys[i]));
    else
      sim_cause(c, SIM_REQUIRED, at, NULL, "%s", "");
  }
}

static void check_service(const ob_json *service, const char *field, sim_causes *c) {
  OB_AUTOPTR(ob_json) empty = ob_json_new_str("");
  OB_AUTOFREE char *name = ob_asprintf("%s.service.name", field);
  OB_AUTOFREE char *port_name = ob_asprintf("%s.service.port.name", field);
  OB_AUTOFREE char *port_number = ob_asprintf("%s.service.port.number", field);
  const ob_json *port = ob_json_get(service, "port"), *text = ob_json_get(port, "name"),
                *number = ob_json_get(port, "number");
  if (ob_json_get(service, "name"))
    sim_check_label(c, name, ob_json_get(service, "name"));
  else
    sim_cause(c, SIM_REQUIRED, name, NULL, "%s", "");
  if (text && number)
    sim_cause(c, SIM_INVALID, field, empty, "cannot set both port name & port number");
  else if (text)
    sim_check_port_name(c, port_name, text);
  else if (number)
    sim_check_port(c, port_number, number);
  else
    sim_cause(c, SIM_REQUIRED, field, NULL, "port name or number is required");
}

static void check_backend(const ob_json *b, const char *field, sim_causes *c) {
  const ob_json *service = ob_json_get(b, "service"), *resource = ob_json_get(b, "resource");
  OB_AUTOPTR(ob_json) empty = ob_json_new_str("");
  OB_AUTOFREE char *at = ob_asprintf("%s.resource", field);
  if (service && resource)
    sim_cause(c, SIM_INVALID, field, empty, "cannot set both resource and service backends");
  else if (resource)
    check_reference(resource, at, c);
  else if (service)
    check_service(service, field, c);
  else
    sim_cause(c, SIM_INVALID, field, empty, "resource or service backend is required");
}

static void check_path(const ob_json *p, const char *at, sim_causes *c) {
  static const char *const inside[] = {"//", "/./", "/../", "%2f", "%2F"};
  static const char *const ends[] = {"/..", "/."};
  OB_AUTOFREE char *field = ob_asprintf("%s.path", at),
                   *type_field = ob_asprintf("%s.pathType", at);
  OB_AUTOFREE char *backend = ob_asprintf("%s.backend", at);
  const ob_json *path = ob_json_get(p, "path");
  const char *text = sim_str(p, "path"), *type = sim_str(p, "pathType");
  if (!ob_json_get(p, "pathType")) {
    sim_cause(c, SIM_REQUIRED, type_field, NULL, "pathType must be specified");
    return;
  }
  if (ob_streq(type, "Exact") || ob_streq(type, "Prefix")) {
    if (*text != '/') sim_cause(c, SIM_INVALID, field, path, "must be an absolute path");
    for (size_t i = 0; i < OB_LEN(inside); i++)
      if (strstr(text, inside[i]))
        sim_cause(c, SIM_INVALID, field, path, "must not contain '%s'", inside[i]);
    for (size_t i = 0; i < OB_LEN(ends); i++)
      if (ob_ends(text, ends[i]))
        sim_cause(c, SIM_INVALID, field, path, "cannot end with '%s'", ends[i]);
  } else if (ob_streq(type, "ImplementationSpecific")) {
    if (*text && *text != '/') sim_cause(c, SIM_INVALID, field, path, "must be an absolute path");
  } else {
    sim_cause(c, SIM_UNSUPPORTED, type_field, ob_json_get(p, "pathType"),
              "supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\"");
  }
  check_backend(ob_json_get(p, "backend"), backend, c);
}

static void check_spec(const ob_json *spec, sim_causes *c) {
  const ob_json *rules = ob_json_get(spec, "rules"),
                *fallback = ob_json_get(spec, "defaultBackend");
  if (!ob_json_len(rules) && !fallback)
    sim_cause(c, SIM_INVALID, "spec", rules,
              "either `defaultBackend` or `rules` must be specified");
  if (fallback) check_backend(fallback, "spec.defaultBackend", c);
  size_t i = 0;
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r), i++) {
    OB_AUTOFREE char *host = ob_asprintf("spec.rules[%zu].host", i);
    OB_AUTOFREE char *paths = ob_asprintf("spec.rules[%zu].http.paths", i);
    const ob_json *name = ob_json_get(r, "host");
    if (name && sim_is_ip(ob_json_str(name), NULL))
      sim_cause(c, SIM_INVALID, host, name, "must be a DNS name, not an IP address");
    if (name) sim_check_host(c, host, name);
    const ob_json *http = ob_json_get(r, "http"), *list = ob_json_get(http, "paths");
    if (http && !ob_json_len(list)) sim_cause(c, SIM_REQUIRED, paths, NULL, "%s", "");
    size_t j = 0;
    for (const ob_json *p = ob_json_first(list); p; p = ob_json_next(p)) {
      OB_AUTOFREE char *at = ob_asprintf("%s[%zu]", paths, j++);
      check_path(p, at, c);
    }
  }
  i = 0;
  for (const ob_json *t = ob_json_first(ob_json_get(spec, "tls")); t; t = ob_json_next(t), i++) {
    size_t j = 0;
    for (const ob_json *h = ob_json_first(ob_json_get(t, "hosts")); h; h = ob_json_next(h)) {
      OB_AUTOFREE char *field = ob_asprintf("spec.tls[%zu].hosts[%zu]", i, j++);
      sim_check_host(c, field, h);
    }
    OB_AUTOFREE char *secret = ob_asprintf("spec.tls[%zu].secretName", i);
    if (ob_json_get(t, "secretName")) sim_check_subdomain(c, secret, ob_json_get(t, "secretName"));
  }
  if (ob_json_get(spec, "ingressClassName"))
    sim_check_subdomain(c, "spec.ingressClassName", ob_json_get(spec, "ingressClassName"));
}

/* The default class is written into a new Ingress that names none: the newest wins. */
static void set_default_class(ob_sim *s, ob_json *tree) {
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  const ob_json *annotations = ob_json_at(tree, "metadata", "annotations", NULL);
  if (ob_json_get(spec, "ingressClassName") || ob_json_get(annotations, legacy_class)) return;
  OB_AUTOFREE char *newest = NULL;
  for (size_t i = 0; i < s->store.kinds[SIM_CLASS].len; i++) {
    const sim_object *o = s->store.kinds[SIM_CLASS].at[i];
    OB_AUTOPTR(ob_json) class = sim_object_tree(o);
    const ob_json *meta = ob_json_get(class, "metadata");
    const char *created = sim_str(meta, "creationTimestamp");
    if (!ob_streq(sim_str(ob_json_get(meta, "annotations"), default_class), "true")) continue;
    if (newest && strcmp(created, newest) <= 0) continue;
    free(newest);
    newest = ob_strdup(created);
    ob_json_put_str(spec, "ingressClassName", o->name);
  }
}

int sim_ingress_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  if (!old) set_default_class(w->sim, tree);
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  const ob_json *legacy =
      ob_json_get(ob_json_at(tree, "metadata", "annotations", NULL), legacy_class);
  sim_validate_metadata(w->kind, tree, old, &causes);
  if (!old && legacy && ob_json_get(spec, "ingressClassName") &&
      !ob_streq(ob_json_str(legacy), sim_str(spec, "ingressClassName")))
    sim_cause(&causes, SIM_INVALID, "annotations.kubernetes.io/ingress.class", legacy,
              "must match `ingressClassName` when both are specified");
  if (w->sub)
    sim_lb_status_validate(tree, false, &causes);
  else
    check_spec(spec, &causes);
  if (sim_causes_any(&causes))
    return sim_fail_causes(w->resp, w->kind, ob_json_get_str(ob_json_get(tree, "metadata"), "name"),
                           &causes);
  ob_json_ensure_object(ob_json_ensure_object(tree, "status"), "loadBalancer");
  return 0;
}

static void check_controller(const ob_json *controller, sim_causes *c) {
  static const char at[] = "spec.controller";
  const char *s = ob_or(ob_json_str(controller), ""), *slash = strchr(s, '/');
  if (!*s) {
    sim_cause(c, SIM_REQUIRED, at, NULL, "%s", "");
  } else if (!slash || slash == s || !slash[1]) {
    sim_cause(c, SIM_INVALID, at, controller,
              "must be a domain-prefixed path (such as \"acme.io/foo\")");
  } else {
    OB_AUTOPTR(ob_json) host = ob_json_new_strn(s, (size_t)(slash - s));
    sim_check_subdomain(c, at, host);
    for (const char *p = slash + 1; *p; p++)
      if (*p <= ' ' || *p >= 0x7f || strchr("?#\"<>[\\]^`{|}", *p)) {
        sim_cause(c, SIM_INVALID, at, controller, "Invalid path");
        break;
      }
  }
}

static void check_parameters(const ob_json *p, sim_causes *c) {
  static const char ns[] = "spec.parameters.namespace";
  const char *scope = sim_str(p, "scope");
  check_reference(p, "spec.parameters", c);
  if (ob_streq(scope, "Namespace")) {
    if (ob_json_get(p, "namespace"))
      sim_check_label(c, ns, ob_json_get(p, "namespace"));
    else
      sim_cause(c, SIM_REQUIRED, ns, NULL, "`parameters.scope` is set to 'Namespace'");
  } else if (!ob_streq(scope, "Cluster")) {
    sim_cause(c, SIM_UNSUPPORTED, "spec.parameters.scope", ob_json_get(p, "scope"),
              "supported values: \"Cluster\", \"Namespace\"");
  } else if (ob_json_get(p, "namespace")) {
    sim_cause(c, SIM_FORBIDDEN, ns, NULL, "`parameters.scope` is set to 'Cluster'");
  }
}

int sim_class_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  const ob_json *spec = ob_json_ensure_object(tree, "spec"),
                *controller = ob_json_get(spec, "controller");
  ob_json *parameters = sim_mut(ob_json_get(spec, "parameters"));
  if (parameters && !ob_json_get(parameters, "scope"))
    ob_json_put_str(parameters, "scope", "Cluster");
  sim_validate_metadata(w->kind, tree, old, &causes);
  if (old &&
      !ob_streq(sim_str(ob_json_get(old, "spec"), "controller"), sim_str(spec, "controller")))
    sim_cause(&causes, SIM_INVALID, "spec.controller", controller, "field is immutable");
  check_controller(controller, &causes);
  if (parameters) check_parameters(parameters, &causes);
  if (!sim_causes_any(&causes)) return 0;
  return sim_fail_causes(w->resp, w->kind, ob_json_get_str(ob_json_get(tree, "metadata"), "name"),
                         &causes);
}
