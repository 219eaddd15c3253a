/* The fields of a Service or an Ingress, changed at once: what a form has as texts becomes the
 * object as it shall be. A field that is NULL stays as it is;
 * a list is the whole of it, but of labels and annotations, which say what changes. */
#include "model/plan_priv.h"

#include "model/tree.h"

/* --- labels and annotations: "KEY=VALUE" sets one, "KEY-" removes one
 * ----------------------------- */
static int put_pairs(ob_json *object, const char *member, const ob_texts *pairs, ob_err *err) {
  if (!pairs) return 0;
  ob_json *meta = ob_json_ensure_object(object, "metadata");
  ob_json *all = ob_json_ensure_object(meta, member);
  for (size_t i = 0; i < pairs->n; i++) {
    const char *text = pairs->all[i], *equals = strchr(text, '=');
    bool remove = !equals && ob_ends(text, "-");
    size_t n = remove ? strlen(text) - 1 : equals ? (size_t)(equals - text) : 0;
    if (n == 0)
      return ob_fail(err, OB_EINVALID, "metadata.%s: \"%s\" is not KEY=VALUE", member, text);
    OB_AUTOFREE char *key = ob_strndup(text, n);
    if (remove)
      ob_json_remove(all, key);
    else
      ob_json_put_str(all, key, equals + 1);
  }
  if (!ob_json_len(all)) ob_json_remove(meta, member);
  return 0;
}

/* --- a Service -----------------------------------------------------------------------------------
 */
void ob_service_port_text(const ob_json *port, ob_buf *out) {
  const char *name = ob_json_get_str(port, "name"), *protocol = ob_json_get_str(port, "protocol");
  const ob_json *target = ob_json_get(port, "targetPort");
  int64_t number = ob_json_get_int(port, "port", 0), to,
          node = ob_json_get_int(port, "nodePort", 0);
  if (ob_or(name, NULL)) ob_buf_addf(out, "%s:", name);
  ob_buf_addf(out, "%lld", (long long)number);
  if (ob_json_str(target))
    ob_buf_addf(out, ":%s", ob_json_str(target));
  else if (ob_json_int(target, &to) && to != number)
    ob_buf_addf(out, ":%lld", (long long)to);
  if (protocol && !ob_streq(protocol, "TCP")) ob_buf_addf(out, "/%s", protocol);
  if (node) ob_buf_addf(out, "@%lld", (long long)node);
}

/* The port of the same name, else of the same number and protocol: what no text says of it stays.
 */
static const ob_json *port_like(const ob_json *ports, const ob_json *wanted) {
  const char *name = ob_json_get_str(wanted, "name");
  const char *protocol = ob_or(ob_json_get_str(wanted, "protocol"), "TCP");
  for (const ob_json *p = ob_json_first(ports); p && name; p = ob_json_next(p))
    if (ob_streq(ob_json_get_str(p, "name"), name)) return p;
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
    if (ob_json_get_int(p, "port", 0) == ob_json_get_int(wanted, "port", 0) &&
        ob_streq(ob_or(ob_json_get_str(p, "protocol"), "TCP"), protocol))
      return p;
  return NULL;
}

static int put_ports(ob_json *spec, const ob_texts *texts, ob_err *err) {
  if (!texts) return 0;
  ob_json *before = ob_json_take(spec, "ports");
  ob_json *after = ob_json_put(spec, "ports", ob_json_new_array());
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < texts->n; i++) {
    OB_AUTOPTR(ob_json) typed = ob_json_new_object();
    rc = ob_plan_parse_port(texts->all[i], typed, err);
    const ob_json *like = rc ? NULL : port_like(before, typed);
    ob_json *port = ob_json_push(after, like ? ob_json_dup(like) : ob_json_new_object());
    static const char *const said[] = {"name", "protocol", "targetPort", "nodePort"};
    for (size_t k = 0; k < OB_LEN(said); k++) ob_json_remove(port, said[k]);
    for (const ob_json *m = ob_json_first(typed); m; m = ob_json_next(m))
      ob_json_put(port, ob_json_key(m), ob_json_dup(m));
    if (!ob_json_get(port, "protocol")) ob_json_put_str(port, "protocol", "TCP");
    if (!ob_json_get(port, "targetPort"))
      ob_json_put_int(port, "targetPort", ob_json_get_int(port, "port", 0));
  }
  if (rc == 0 && texts->n > 1)
    for (const ob_json *p = ob_json_first(after); p && rc == 0; p = ob_json_next(p))
      if (!ob_or(ob_json_get_str(p, "name"), NULL))
        rc = ob_fail(err, OB_EINVALID,
                     "spec.ports: with more than one each needs a name, as http:80");
  if (texts->n == 0) ob_json_remove(spec, "ports");
  ob_json_free(before);
  return rc;
}

static void put_or_drop(ob_json *spec, const char *key, const char *value) {
  if (value && *value) ob_json_put_str(spec, key, value);
  if (value && !*value) ob_json_remove(spec, key);
}

static void put_ranges(ob_json *spec, const ob_texts *ranges) {
  if (!ranges) return;
  ob_json_remove(spec, "loadBalancerSourceRanges");
  if (!ranges->n) return;
  ob_json *all = ob_json_put(spec, "loadBalancerSourceRanges", ob_json_new_array());
  for (size_t i = 0; i < ranges->n; i++) ob_json_push(all, ob_json_new_str(ranges->all[i]));
}

/* Who uses a port that goes finds nothing there any more. */
static void warn_ports(ob_plan *p, const ob_cluster *c, const ob_json *service,
                       const ob_json *wanted) {
  const ob_json *now = ob_json_at(service, "spec", "ports", NULL);
  const ob_json *then = ob_json_at(wanted, "spec", "ports", NULL);
  const ob_object *o =
      c ? ob_cluster_find(c, OB_KIND_SERVICE, ob_plan_ns(service), ob_plan_name(service)) : NULL;
  ob_route_ref refs[64];
  size_t n = o ? ob_service_routes(c, OB_AS(ob_service, o), refs, OB_LEN(refs)) : 0;
  for (const ob_json *q = ob_json_first(now); q; q = ob_json_next(q)) {
    const ob_json *like = port_like(then, q);
    const char *name = ob_or(ob_json_get_str(q, "name"), "");
    int64_t number = ob_json_get_int(q, "port", 0), node = ob_json_get_int(q, "nodePort", 0);
    bool renamed = !like || !ob_streq(ob_or(ob_json_get_str(like, "name"), ""), name);
    bool moved = !like || ob_json_get_int(like, "port", 0) != number;
    if (moved)
      ob_plan_warn(p, OB_WARN_LOSS, "Port %lld is closed: who uses it is refused.",
                   (long long)number);
    if (node && like && ob_json_get_int(like, "nodePort", 0) != node)
      ob_plan_warn(p, OB_WARN_LOSS, "Node port %lld is given up.", (long long)node);
    for (size_t i = 0; i < n && i < OB_LEN(refs); i++) {
      const ob_ingress *ing = refs[i].ingress;
      const ob_backend *b = refs[i].rule < 0
                                ? &ing->default_backend
                                : &ing->rules[refs[i].rule].paths[refs[i].path].backend;
      if ((renamed && *name && ob_streq(b->port_name, name)) ||
          (moved && b->port_number && b->port_number == number))
        ob_plan_warn(p, OB_WARN_LOSS,
                     "Ingress %s/%s leads to port %s%s%lld, which is not there then.", ing->o.ns,
                     ing->o.name, name, *name ? ":" : "", (long long)number);
    }
  }
}

static int begin(ob_plan **ret, const char *what, ob_kind kind, const ob_json *before,
                 const ob_json *wanted, ob_err *err) {
  OB_AUTOFREE char *title =
      ob_asprintf("%s of %s %s/%s", what, kind == OB_KIND_SERVICE ? "service" : "ingress",
                  ob_plan_ns(before), ob_plan_name(before));
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  int rc = ob_plan_add(p, kind, before, wanted, err);
  if (rc) return rc;
  ob_plan_warn_manager(p, before);
  *ret = ob_take(p);
  return 0;
}

int ob_plan_service_fields(ob_plan **ret, const ob_cluster *c, const ob_json *service,
                           const ob_service_fields *f, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(service);
  ob_json *spec = ob_json_ensure_object(wanted, "spec");
  int rc = put_ports(spec, f->ports, err);
  if (rc == 0) rc = put_pairs(wanted, "labels", f->labels, err);
  if (rc == 0) rc = put_pairs(wanted, "annotations", f->annotations, err);
  if (rc) return rc;
  put_or_drop(spec, "sessionAffinity", f->session_affinity);
  put_or_drop(spec, "externalTrafficPolicy", f->external_policy);
  put_or_drop(spec, "internalTrafficPolicy", f->internal_policy);
  if (ob_streq(f->session_affinity, "None")) ob_json_remove(spec, "sessionAffinityConfig");
  if (ob_streq(f->external_policy, "Cluster")) ob_json_remove(spec, "healthCheckNodePort");
  put_ranges(spec, f->source_ranges);
  rc = begin(ret, "ports and policy", OB_KIND_SERVICE, service, wanted, err);
  if (rc) return rc;
  warn_ports(*ret, c, service, wanted);
  if (ob_streq(f->external_policy, "Local"))
    ob_plan_warn(
        *ret, OB_WARN_NOTE,
        "externalTrafficPolicy Local: only nodes with a ready endpoint answer, and they see "
        "the client's own address.");
  if (ob_streq(f->internal_policy, "Local"))
    ob_plan_warn(*ret, OB_WARN_CARE,
                 "internalTrafficPolicy Local: a pod on a node without a ready endpoint gets no "
                 "answer.");
  return 0;
}

/* --- an Ingress
 * ------------------------------------------------------------------------------------ */
void ob_ingress_tls_text(const ob_json *entry, ob_buf *out) {
  ob_buf_adds(out, ob_or(ob_json_get_str(entry, "secretName"), "-"));
  const ob_json *hosts = ob_json_get(entry, "hosts");
  for (const ob_json *h = ob_json_first(hosts); h; h = ob_json_next(h))
    ob_buf_addf(out, "%s%s", h == ob_json_first(hosts) ? " " : ",", ob_or(ob_json_str(h), ""));
}

/* "SECRET HOST,HOST"; "-" is no secret: the controller's own certificate. */
static void put_tls(ob_json *spec, const ob_texts *entries) {
  if (!entries) return;
  ob_json_remove(spec, "tls");
  if (!entries->n) return;
  ob_json *tls = ob_json_put(spec, "tls", ob_json_new_array());
  for (size_t i = 0; i < entries->n; i++) {
    ob_json *entry = ob_json_push(tls, ob_json_new_object());
    const char *at = entries->all[i];
    size_t n = strcspn(at, " ,");
    OB_AUTOFREE char *secret = ob_strndup(at, n);
    for (at += n; *at;) {
      at += strspn(at, " ,");
      n = strcspn(at, " ,");
      ob_json *hosts = ob_json_get_mut(entry, "hosts");
      if (n && !hosts) hosts = ob_json_put(entry, "hosts", ob_json_new_array());
      if (n) ob_json_push(hosts, ob_json_new_strn(at, n));
      at += n;
    }
    if (!ob_streq(secret, "-")) ob_json_put_str(entry, "secretName", secret);
  }
}

static int put_default(ob_json *spec, const char *service, const char *port, ob_err *err) {
  int64_t n;
  if (!service) return 0;
  ob_json_remove(spec, "defaultBackend");
  if (!*service) {
    if (ob_json_len(ob_json_get(spec, "rules"))) return 0;
    return ob_fail(err, OB_EINVALID,
                   "spec.defaultBackend: an Ingress without rules needs a default backend");
  }
  if (!port || !*port)
    return ob_fail(err, OB_EINVALID, "spec.defaultBackend.service.port: which port?");
  ob_json *backend = ob_json_put(spec, "defaultBackend", ob_json_new_object());
  ob_json *s = ob_json_ensure_object(backend, "service");
  ob_json_put_str(s, "name", service);
  ob_json *p = ob_json_ensure_object(s, "port");
  if (ob_parse_int(port, 1, 65535, &n))
    ob_json_put_int(p, "number", n);
  else
    ob_json_put_str(p, "name", port);
  return 0;
}

int ob_plan_ingress_fields(ob_plan **ret, const ob_cluster *c, const ob_json *ingress,
                           const ob_ingress_fields *f, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(ingress);
  ob_json *spec = ob_json_ensure_object(wanted, "spec");
  const char *was = ob_or(ob_json_get_str(spec, "ingressClassName"), "");
  bool moves = f->class_name && !ob_streq(f->class_name, was);
  int rc = put_default(spec, f->default_service, f->default_port, err);
  if (rc == 0) rc = put_pairs(wanted, "labels", f->labels, err);
  if (rc == 0) rc = put_pairs(wanted, "annotations", f->annotations, err);
  if (rc) return rc;
  put_or_drop(spec, "ingressClassName", f->class_name);
  put_tls(spec, f->tls);
  rc = begin(ret, "class, TLS and annotations", OB_KIND_INGRESS, ingress, wanted, err);
  if (rc) return rc;
  if (moves)
    ob_plan_warn(
        *ret, OB_WARN_LOSS,
        "Another controller serves it then: its address changes, and who still resolves its "
        "hosts to the former one is not answered by these rules.");
  if (moves && c && *f->class_name && ob_known(c, OB_KIND_INGRESS_CLASS) &&
      !ob_cluster_find(c, OB_KIND_INGRESS_CLASS, "", f->class_name))
    ob_plan_warn(*ret, OB_WARN_CARE, "There is no IngressClass \"%s\".", f->class_name);
  const char *backend = ob_or(f->default_service, "");
  if (*backend && c && ob_known(c, OB_KIND_SERVICE) &&
      !ob_cluster_find(c, OB_KIND_SERVICE, ob_plan_ns(ingress), backend))
    ob_plan_warn(*ret, OB_WARN_CARE, "There is no service %s/%s.", ob_plan_ns(ingress), backend);
  return 0;
}
