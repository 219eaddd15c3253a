/* A Service for a workload: what selects its pods, and what their containers listen on. The Service
 * is made as one inside of the cluster and then becomes what was wished, by the same steps as a
 * conversion. */
#include "model/plan_priv.h"

#include "model/tree.h"
#include <stdio.h>

enum { NAME_MAX_BYTES = 63 }; /* a DNS label, which a Service's name is */

static const struct {
  ob_kind kind;
  const char *names; /* as kubectl takes them */
} workloads[] = {
    {OB_KIND_DEPLOYMENT, " deploy deployment deployments deployments.apps deployment.apps "},
    {OB_KIND_STATEFUL_SET, " sts statefulset statefulsets statefulsets.apps statefulset.apps "},
    {OB_KIND_DAEMON_SET, " ds daemonset daemonsets daemonsets.apps daemonset.apps "},
    {OB_KIND_REPLICA_SET, " rs replicaset replicasets replicasets.apps replicaset.apps "},
    {OB_KIND_POD, " po pod pods "},
    {OB_KIND_SERVICE, " svc service services "},
};

int ob_workload_parse(const char *word, ob_kind *ret, const char **ret_name, ob_err *err) {
  const char *slash = strchr(word, '/');
  *ret_name = slash ? slash + 1 : "";
  OB_AUTOFREE char *prefix = ob_asprintf(" %.*s ", (int)(slash ? slash - word : 0), word);
  for (char *s = prefix; *s; s++)
    if (*s >= 'A' && *s <= 'Z') *s = (char)(*s - 'A' + 'a');
  bool one = slash && slash > word && !memchr(word, ' ', (size_t)(slash - word));
  for (size_t i = 0; one && **ret_name && i < OB_LEN(workloads); i++) {
    if (!strstr(workloads[i].names, prefix)) continue;
    *ret = workloads[i].kind;
    return 0;
  }
  ob_fail(err, OB_EUSAGE, "\"%s\" names nothing that can be exposed", word);
  return ob_hint(err,
                 "KIND/NAME: deployment, statefulset, daemonset, replicaset, pod or service, as "
                 "in deploy/web");
}

/* --- which pods --------------------------------------------------------------------------------
 */
static bool of_pods(ob_kind kind) {
  return kind != OB_KIND_POD && kind != OB_KIND_SERVICE;
}

static int find_selector(const ob_json **ret, ob_kind kind, const ob_json *w, ob_err *err) {
  const ob_json *spec = ob_json_get(w, "spec"), *selector = ob_json_get(spec, "selector");
  const char *name = ob_kinds[kind].kind;
  *ret = of_pods(kind)         ? ob_json_get(selector, "matchLabels")
         : kind == OB_KIND_POD ? ob_json_at(w, "metadata", "labels", NULL)
                               : selector;
  if (of_pods(kind) && ob_json_len(ob_json_get(selector, "matchExpressions"))) {
    ob_fail(
        err, OB_EINVALID,
        "spec.selector.matchExpressions: a Service selects by equal labels alone, and this %s by "
        "expressions, too",
        name);
    return ob_hint(err, "write the Service by hand, with labels that only its pods have");
  }
  if (ob_json_len(*ret)) return 0;
  return ob_fail(err, OB_EINVALID, "%s: the %s has none, so no Service can find its pods",
                 kind == OB_KIND_POD ? "metadata.labels"
                 : of_pods(kind)     ? "spec.selector.matchLabels"
                                     : "spec.selector",
                 name);
}

/* --- which ports -------------------------------------------------------------------------------
 */
static const ob_json *containers_of(ob_kind kind, const ob_json *w) {
  return kind == OB_KIND_POD ? ob_json_at(w, "spec", "containers", NULL)
                             : ob_json_at(w, "spec", "template", "spec", "containers", NULL);
}

static bool has_port(const ob_json *ports, const char *name, int64_t number, const char *protocol) {
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) {
    if (name && !ob_streq(ob_json_get_str(p, "name"), name)) continue;
    if (number && ob_json_get_int(p, "port", 0) != number) continue;
    if (protocol && !ob_streq(ob_or(ob_json_get_str(p, "protocol"), "TCP"), protocol)) continue;
    return true;
  }
  return false;
}

/* What the workload listens on, as a Service's ports: those of all containers, or of the Service.
 */
static ob_json *known_ports(ob_kind kind, const ob_json *w) {
  ob_json *out = ob_json_new_array();
  const ob_json *list = ob_json_at(w, "spec", "ports", NULL);
  for (const ob_json *p = kind == OB_KIND_SERVICE ? ob_json_first(list) : NULL; p;
       p = ob_json_next(p))
    ob_json_remove(ob_json_push(out, ob_json_dup(p)), "nodePort");
  if (kind == OB_KIND_SERVICE) return out;
  list = containers_of(kind, w);
  for (const ob_json *c = ob_json_first(list); c; c = ob_json_next(c)) {
    const ob_json *ports = ob_json_get(c, "ports");
    for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) {
      int64_t number = ob_json_get_int(p, "containerPort", 0);
      const char *name = ob_json_get_str(p, "name");
      const char *protocol = ob_or(ob_json_get_str(p, "protocol"), "TCP");
      if (has_port(out, NULL, number, protocol)) continue;
      ob_json *port = ob_json_push(out, ob_json_new_object());
      if (name && !has_port(out, name, 0, NULL)) ob_json_put_str(port, "name", name);
      ob_json_put_int(port, "port", number);
      ob_json_put_str(port, "protocol", protocol);
      ob_json_put_int(port, "targetPort", number);
    }
  }
  return out;
}

static size_t times(const ob_json *ports, int64_t number) {
  size_t n = 0;
  for (const ob_json *k = ob_json_first(ports); k; k = ob_json_next(k))
    n += ob_json_get_int(k, "port", 0) == number;
  return n;
}

static void add_lower(ob_buf *out, const char *s) {
  for (; *s; s++) ob_buf_addc(out, *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s);
}

/* A port of which no protocol was said has every protocol that the containers have for it. */
static ob_json *with_protocols(const ob_json *typed, const ob_json *known) {
  ob_json *out = ob_json_new_array();
  for (const ob_json *t = ob_json_first(typed); t; t = ob_json_next(t)) {
    int64_t number = ob_json_get_int(t, "port", 0);
    const char *name = ob_json_get_str(t, "name");
    bool said = ob_json_get(t, "protocol"), several = times(known, number) > 1;
    for (const ob_json *k = said ? NULL : ob_json_first(known); k; k = ob_json_next(k)) {
      if (ob_json_get_int(k, "port", 0) != number) continue;
      ob_json *p = ob_json_push(out, ob_json_dup(t));
      ob_json_put_str(p, "protocol", ob_json_get_str(k, "protocol"));
      OB_AUTO(ob_buf) full = OB_BUF_INIT(OB_LINE_MAX);
      if (!name || !several) continue;
      ob_buf_addf(&full, "%s-", name);
      add_lower(&full, ob_or(ob_json_get_str(k, "protocol"), "tcp"));
      ob_json_put_str(p, "name", ob_buf_str(&full));
    }
    if (!said && times(known, number)) continue;
    ob_json *p = ob_json_push(out, ob_json_dup(t));
    if (!said) ob_json_put_str(p, "protocol", "TCP");
  }
  return out;
}

/* What was not said of a port: where it leads, and a name, which each of several must have:
 * "port-2", or "port-2-udp" where several protocols share the number. */
static void complete_ports(ob_json *spec, const ob_json *known, const char *target_port) {
  OB_AUTOPTR(ob_json) typed = ob_json_take(spec, "ports");
  if (!ob_json_len(typed)) return;
  OB_AUTOPTR(ob_json) all = with_protocols(typed, known);
  ob_json *ports = ob_json_put(spec, "ports", ob_json_new_array());
  int64_t last = 0, target;
  size_t n = 0;
  for (const ob_json *t = ob_json_first(all); t; t = ob_json_next(t)) {
    ob_json *p = ob_json_push(ports, ob_json_dup(t));
    int64_t number = ob_json_get_int(t, "port", 0);
    n += number != last;
    last = number;
    OB_AUTO(ob_buf) name = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&name, "port-%zu", n);
    if (times(all, number) > 1) ob_buf_addc(&name, '-');
    if (times(all, number) > 1) add_lower(&name, ob_or(ob_json_get_str(t, "protocol"), "tcp"));
    if (!ob_json_get(t, "name") && ob_json_len(all) > 1)
      ob_json_put_str(p, "name", ob_buf_str(&name));
    if (target_port && ob_parse_int(target_port, 1, 65535, &target))
      ob_json_put_int(p, "targetPort", target);
    else if (target_port)
      ob_json_put_str(p, "targetPort", target_port);
    else if (!ob_json_get(t, "targetPort"))
      ob_json_put_int(p, "targetPort", number);
  }
}

/* --- what a person should know -----------------------------------------------------------------
 */
static bool listens(ob_kind kind, const ob_json *w, const ob_json *target) {
  int64_t number = 0;
  bool by_number = ob_json_int(target, &number);
  const ob_json *list = containers_of(kind, w);
  for (const ob_json *c = ob_json_first(list); c; c = ob_json_next(c)) {
    const ob_json *ports = ob_json_get(c, "ports");
    for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
      if (by_number ? ob_json_get_int(p, "containerPort", 0) == number
                    : ob_streq(ob_json_get_str(p, "name"), ob_json_str(target)))
        return true;
  }
  return false;
}

static void warn_targets(ob_plan *p, ob_kind kind, const ob_json *w, const ob_json *ports,
                         const ob_json *known) {
  if (kind == OB_KIND_SERVICE) return;
  for (const ob_json *x = ob_json_first(ports); x; x = ob_json_next(x)) {
    const ob_json *target = ob_json_get(x, "targetPort");
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    if (listens(kind, w, target)) continue;
    if (ob_json_str(target))
      ob_buf_adds(&text, ob_json_str(target));
    else
      ob_json_print(&text, target);
    if (ob_json_str(target))
      ob_plan_warn(p, OB_WARN_CARE, "No container has a port named %s: the Service leads nowhere.",
                   ob_buf_str(&text));
    else if (ob_json_len(known))
      ob_plan_warn(p, OB_WARN_CARE,
                   "No container says that it listens on %s: --target-port names the one that it "
                   "does.",
                   ob_buf_str(&text));
  }
}

static void warn_workload(ob_plan *p, ob_kind kind, const ob_json *w, const ob_json *selector) {
  static const char *const revisions[] = {"pod-template-hash", "controller-revision-hash"};
  for (size_t i = 0; i < OB_LEN(revisions); i++)
    if (ob_json_get(selector, revisions[i]))
      ob_plan_warn(
          p, OB_WARN_CARE,
          "The selector holds %s: it finds the pods of this revision alone, and nobody after "
          "the next roll-out. Expose what owns this %s instead.",
          revisions[i], ob_kinds[kind].kind);
  const ob_json *spec = ob_json_get(w, "spec");
  if (ob_json_get(spec, "replicas") && ob_json_get_int(spec, "replicas", 1) == 0)
    ob_plan_warn(p, OB_WARN_CARE, "The %s is scaled to 0: nobody answers until it is scaled up.",
                 ob_kinds[kind].kind);
}

/* --- the plan ----------------------------------------------------------------------------------
 */
static ob_json *new_service(const ob_json *w, const char *name, const ob_json *selector) {
  ob_json *o = ob_json_new_object();
  ob_json_put_str(o, "apiVersion", "v1");
  ob_json_put_str(o, "kind", "Service");
  ob_json *meta = ob_json_ensure_object(o, "metadata");
  ob_json_put_str(meta, "name", name);
  ob_json_put_str(meta, "namespace", ob_plan_ns(w));
  const ob_json *labels = ob_json_at(w, "metadata", "labels", NULL);
  for (const ob_json *l = ob_json_first(labels); l; l = ob_json_next(l))
    if (!ob_names_manager(ob_json_key(l)))
      ob_json_put(ob_json_ensure_object(meta, "labels"), ob_json_key(l), ob_json_dup(l));
  ob_json *spec = ob_json_ensure_object(o, "spec");
  ob_json_put(spec, "selector", ob_json_dup(selector));
  return o;
}

static int add_rule(ob_plan *p, const ob_cluster *c, const ob_expose *as, const char *ns,
                    const char *name, const ob_json *ports, ob_err *err) {
  if (!as->route) return 0;
  char port[16];
  const ob_json *first = ob_json_first(ports);
  if (!first)
    return ob_fail(err, OB_EINVALID, "spec.ports: a rule needs a port, and the Service has none");
  snprintf(port, sizeof port, "%lld", (long long)ob_json_get_int(first, "port", 0));
  ob_route r = *as->route;
  r.service = name;
  if (!r.port) r.port = port;
  r.service_comes = true;
  ob_plan *rule = NULL;
  int rc = ob_plan_route_add(&rule, c, as->ingress, ns, name, &r, err);
  if (rc == 0) rc = ob_plan_append(p, rule, err);
  ob_plan_free(rule);
  return rc;
}

int ob_plan_expose(ob_plan **ret, const ob_cluster *c, ob_kind kind, const ob_json *workload,
                   const ob_expose *as, ob_err *err) {
  *ret = NULL;
  const ob_json *selector;
  const char *ns = ob_plan_ns(workload), *of = ob_plan_name(workload);
  if (as->as.to == OB_EXTERNAL_NAME)
    return ob_fail(err, OB_EINVALID, "spec.type: an ExternalName stands for a host, not for pods");
  int rc = find_selector(&selector, kind, workload, err);
  if (rc) return rc;
  OB_AUTOFREE char *name = ob_strndup(ob_or(as->name, of), NAME_MAX_BYTES);
  if (c && ob_cluster_find(c, OB_KIND_SERVICE, ns, name)) {
    ob_fail(err, OB_ECONFLICT, "metadata.name: there is a service %s/%s already", ns, name);
    return ob_hint(err, "choose another name for the new one");
  }
  OB_AUTOPTR(ob_json) known = known_ports(kind, workload);
  OB_AUTOPTR(ob_json) service = new_service(workload, name, selector);
  ob_json *spec = ob_json_get_mut(service, "spec");
  if (ob_json_len(known)) ob_json_put(spec, "ports", ob_json_dup(known));
  if (!ob_json_len(known) && !as->as.nports && as->as.to != OB_HEADLESS) {
    ob_fail(err, OB_EINVALID, "spec.ports: the containers of %s/%s say no port", ns, of);
    return ob_hint(err, "say which: --port [NAME:]PORT[:TARGET][/PROTOCOL]");
  }
  rc = ob_service_become(service, c, &as->as, err);
  if (rc) return rc;
  complete_ports(spec, known, as->target_port);
  const ob_json *ports = ob_json_get(spec, "ports");
  OB_AUTOFREE char *title = ob_asprintf("expose %s %s/%s as service %s (%s)", ob_kinds[kind].kind,
                                        ns, of, name, ob_service_type_title(as->as.to));
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  rc = ob_plan_add(p, OB_KIND_SERVICE, NULL, service, err);
  if (rc) return rc;
  warn_workload(p, kind, workload, selector);
  warn_targets(p, kind, workload, ports, known);
  ob_service_warn_needs(p, c, &as->as);
  rc = add_rule(p, c, as, ns, name, ports, err);
  if (rc) return rc;
  *ret = ob_take(p);
  return 0;
}
