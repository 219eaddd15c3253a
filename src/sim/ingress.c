/* Ingresses and their classes. What the real server does not check (absent services, duplicate
 * hosts, odd characters in paths) is not checked here either.
 * Source: kubernetes pkg/apis/networking/validation,
 * plugin/pkg/admission/network/defaultingressclass. */
#include "base/str.h"
#include "sim/write.h"

static const char legacy_class[] = "kubernetes.io/ingress.class";
static const char default_class[] = "ingressclass.kubernetes.io/is-default-class";

static void check_host(const ob_json *host, const char *field, sim_causes *c) {
  const char *h = ob_or(ob_json_str(host), "");
  if (!*h) return;
  if (sim_is_ip(h, NULL))
    sim_cause(c, SIM_INVALID, field, host, "must be a DNS name, not an IP address");
  else if (strchr(h, '*') ? !sim_is_wildcard(h) : !sim_is_subdomain(h))
    sim_cause(c, SIM_INVALID, field, host,
              strchr(h, '*')
                  ? "a wildcard DNS-1123 subdomain must start with '*.', followed by a "
                    "valid DNS subdomain"
                  : "a lowercase RFC 1123 subdomain must consist of lower case "
                    "alphanumeric characters, '-' or '.', and must start and end with an "
                    "alphanumeric character");
}

static void check_backend(const ob_json *b, const char *field, sim_causes *c) {
  const ob_json *service = ob_json_get(b, "service"), *resource = ob_json_get(b, "resource");
  OB_AUTOPTR(ob_json) empty = ob_json_new_str("");
  OB_AUTOFREE char *name = ob_asprintf("%s.service.name", field);
  OB_AUTOFREE char *port_name = ob_asprintf("%s.service.port.name", field);
  OB_AUTOFREE char *number = ob_asprintf("%s.service.port.number", field);
  OB_AUTOFREE char *res_kind = ob_asprintf("%s.resource.kind", field);
  OB_AUTOFREE char *res_name = ob_asprintf("%s.resource.name", field);
  if (service && resource) {
    sim_cause(c, SIM_INVALID, field, empty, "cannot set both resource and service backends");
  } else if (resource) {
    if (!*sim_str(resource, "kind")) sim_cause(c, SIM_REQUIRED, res_kind, NULL, "kind is required");
    if (!*sim_str(resource, "name")) sim_cause(c, SIM_REQUIRED, res_name, NULL, "name is required");
  } else if (service) {
    const ob_json *port = ob_json_get(service, "port");
    int64_t n = ob_json_get_int(port, "number", 0);
    if (!*sim_str(service, "name"))
      sim_cause(c, SIM_REQUIRED, name, NULL, "%s", "");
    else if (!sim_is_label_1035(sim_str(service, "name")))
      sim_cause(c, SIM_INVALID, name, ob_json_get(service, "name"),
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
                "with an alphabetic character, and end with an alphanumeric character");
    if (*sim_str(port, "name") && n)
      sim_cause(c, SIM_INVALID, field, empty, "cannot set both port name & port number");
    else if (*sim_str(port, "name") && !sim_is_port_name(sim_str(port, "name")))
      sim_cause(c, SIM_INVALID, port_name, ob_json_get(port, "name"),
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    else if (!*sim_str(port, "name") && n && (n < 1 || n > 65535))
      sim_cause(c, SIM_INVALID, number, ob_json_get(port, "number"),
                "must be between 1 and 65535, inclusive");
    else if (!*sim_str(port, "name") && !n)
      sim_cause(c, SIM_REQUIRED, field, NULL, "port name or number is required");
  } else {
    sim_cause(c, SIM_INVALID, field, empty, "resource or service backend is required");
  }
}

static void check_path(const ob_json *p, const char *at, sim_causes *c) {
  static const char *const inside[] = {"//", "/./", "/../", "%2f", "%2F"};
  static const char *const ends[] = {"/..", "/."};
  OB_AUTOFREE char *field = ob_asprintf("%s.path", at),
                   *type_field = ob_asprintf("%s.pathType", at);
  OB_AUTOFREE char *backend = ob_asprintf("%s.backend", at);
  const ob_json *path = ob_json_get(p, "path");
  const char *text = sim_str(p, "path"), *type = sim_str(p, "pathType");
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
  } else if (!*type) {
    sim_cause(c, SIM_REQUIRED, type_field, NULL, "pathType must be specified");
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
    check_host(ob_json_get(r, "host"), host, c);
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
      check_host(h, field, c);
    }
    OB_AUTOFREE char *secret = ob_asprintf("spec.tls[%zu].secretName", i);
    if (*sim_str(t, "secretName") && !sim_is_subdomain(sim_str(t, "secretName")))
      sim_cause(c, SIM_INVALID, secret, ob_json_get(t, "secretName"), "not a valid secret name");
  }
  if (*sim_str(spec, "ingressClassName") && !sim_is_subdomain(sim_str(spec, "ingressClassName")))
    sim_cause(c, SIM_INVALID, "spec.ingressClassName", ob_json_get(spec, "ingressClassName"),
              "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
              "'-' or '.', and must start and end with an alphanumeric character");
}

/* The default class is written into a new Ingress that names none: the newest wins. */
static void set_default_class(ob_sim *s, ob_json *tree) {
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  const ob_json *annotations = ob_json_at(tree, "metadata", "annotations", NULL);
  if (*sim_str(spec, "ingressClassName") || ob_json_get(annotations, legacy_class)) return;
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
  sim_validate_metadata(w->kind, tree, &causes);
  if (!old && legacy && *sim_str(spec, "ingressClassName") &&
      !ob_streq(ob_json_str(legacy), sim_str(spec, "ingressClassName")))
    sim_cause(&causes, SIM_INVALID, "annotations.kubernetes.io/ingress.class", legacy,
              "must match `ingressClassName` when both are specified");
  check_spec(spec, &causes);
  if (sim_causes_any(&causes))
    return sim_fail_causes(w->resp, w->kind, ob_json_get_str(ob_json_get(tree, "metadata"), "name"),
                           &causes);
  ob_json_ensure_object(ob_json_ensure_object(tree, "status"), "loadBalancer");
  return 0;
}

int sim_class_prepare(const sim_write *w, ob_json *tree, const ob_json *old) {
  OB_AUTO(sim_causes) causes = {0};
  const ob_json *spec = ob_json_get(tree, "spec"), *controller = ob_json_get(spec, "controller");
  sim_validate_metadata(w->kind, tree, &causes);
  if (!*sim_str(spec, "controller"))
    sim_cause(&causes, SIM_REQUIRED, "spec.controller", NULL, "%s", "");
  else if (!strchr(sim_str(spec, "controller"), '/'))
    sim_cause(&causes, SIM_INVALID, "spec.controller", controller,
              "must be a domain-prefixed path (such as \"acme.io/foo\")");
  if (old &&
      !ob_streq(sim_str(ob_json_get(old, "spec"), "controller"), sim_str(spec, "controller")))
    sim_cause(&causes, SIM_INVALID, "spec.controller", controller, "field is immutable");
  if (!sim_causes_any(&causes)) return 0;
  return sim_fail_causes(w->resp, w->kind, ob_json_get_str(ob_json_get(tree, "metadata"), "name"),
                         &causes);
}
