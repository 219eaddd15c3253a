/* Converting a Service: the object as the new type has it, and what a person should know first. */
#include "model/plan_priv.h"

#include "model/cluster_priv.h"
#include "model/provider.h"
#include "model/tree.h"

static const struct {
  ob_service_type type;
  const char *title, *spec_type, *names; /* names: what people type, lower case */
} types[] = {
    {OB_CLUSTER_IP, "ClusterIP", "ClusterIP", " clusterip cip "},
    {OB_HEADLESS, "headless", "ClusterIP", " headless none "},
    {OB_NODE_PORT, "NodePort", "NodePort", " nodeport np "},
    {OB_LOAD_BALANCER, "LoadBalancer", "LoadBalancer", " loadbalancer lb "},
    {OB_EXTERNAL_NAME, "ExternalName", "ExternalName", " externalname en external "},
};

bool ob_service_type_parse(const char *s, ob_service_type *ret) {
  char word[32];
  size_t n = 0;
  word[n++] = ' ';
  for (; *s && n < sizeof word - 2; s++)
    if (*s != '-') word[n++] = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
  word[n++] = ' ';
  word[n] = '\0';
  for (size_t i = 0; !*s && n > 2 && i < OB_LEN(types); i++) {
    if (!strstr(types[i].names, word)) continue;
    *ret = types[i].type;
    return true;
  }
  return false;
}

const char *ob_service_type_title(ob_service_type t) {
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (types[i].type == t) return types[i].title;
  return "unknown";
}

ob_service_type ob_service_type_now(const ob_json *spec) {
  const char *type = ob_or(ob_json_get_str(spec, "type"), "ClusterIP");
  if (ob_streq(type, "ClusterIP"))
    return ob_streq(ob_json_get_str(spec, "clusterIP"), "None") ? OB_HEADLESS : OB_CLUSTER_IP;
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (ob_streq(type, types[i].spec_type)) return types[i].type;
  return OB_TYPE_UNKNOWN;
}

/* --- ports that were typed: [NAME:]PORT[:TARGET][/PROTOCOL][@NODEPORT]
 * ----------------------------------- */
int ob_plan_parse_port(const char *text, ob_json *ret, ob_err *err) {
  OB_AUTOFREE char *copy = ob_strdup(text);
  char *at_node = strchr(copy, '@');
  if (at_node) *at_node++ = '\0';
  char *slash = strchr(copy, '/');
  if (slash) *slash++ = '\0';
  char *parts[3] = {copy, NULL, NULL};
  size_t n = 1;
  for (char *colon; n < 3 && (colon = strchr(parts[n - 1], ':')); n++) {
    *colon = '\0';
    parts[n] = colon + 1;
  }
  int64_t port, target, node = 0;
  size_t at = 0;
  if (!ob_parse_int(parts[0], 1, 65535, &port)) {
    ob_json_put_str(ret, "name", parts[0]);
    at = 1;
  }
  bool ok = at < n && ob_parse_int(parts[at], 1, 65535, &port) && at + 2 >= n &&
            (!at_node || ob_parse_int(at_node, 1, 65535, &node));
  if (!ok) {
    ob_fail(err, OB_EINVALID, "spec.ports: \"%s\" is no port", text);
    return ob_hint(err, "a port is written [NAME:]PORT[:TARGET][/TCP|UDP|SCTP][@NODEPORT], as in "
                        "http:80:8080");
  }
  ob_json_put_int(ret, "port", port);
  if (at + 1 < n && ob_parse_int(parts[at + 1], 1, 65535, &target))
    ob_json_put_int(ret, "targetPort", target);
  else if (at + 1 < n)
    ob_json_put_str(ret, "targetPort", parts[at + 1]);
  if (slash) ob_json_put_str(ret, "protocol", slash);
  if (node) ob_json_put_int(ret, "nodePort", node);
  return 0;
}

static int put_ports(ob_json *spec, const ob_convert *to, ob_err *err) {
  if (to->nports) {
    ob_json *ports = ob_json_put(spec, "ports", ob_json_new_array());
    for (size_t i = 0; i < to->nports; i++) {
      int rc = ob_plan_parse_port(to->ports[i], ob_json_push(ports, ob_json_new_object()), err);
      if (rc) return rc;
    }
  }
  bool may_lack = to->to == OB_EXTERNAL_NAME || to->to == OB_HEADLESS;
  if (!may_lack && ob_json_len(ob_json_get(spec, "ports")) == 0) {
    ob_fail(err, OB_EINVALID, "spec.ports: a %s needs at least one port and this service has none",
            ob_service_type_title(to->to));
    return ob_hint(err, "say which: --ports [NAME:]PORT[:TARGET][/PROTOCOL]");
  }
  if (!to->node_port) return 0;
  if (to->to != OB_NODE_PORT && to->to != OB_LOAD_BALANCER)
    return ob_fail(err, OB_EINVALID, "spec.ports[0].nodePort: a %s has no node ports",
                   ob_service_type_title(to->to));
  ob_json *copy = ob_json_dup(ob_json_get(spec, "ports"));
  ob_json *ports = ob_json_put(spec, "ports", ob_json_new_array());
  for (const ob_json *p = ob_json_first(copy); p; p = ob_json_next(p)) {
    ob_json *mine = ob_json_push(ports, ob_json_dup(p));
    if (p == ob_json_first(copy)) ob_json_put_int(mine, "nodePort", to->node_port);
  }
  ob_json_free(copy);
  return 0;
}

/* --- the load balancer's part ---------------------------------------------------------------- */
static int put_reach(ob_json *service, const ob_cluster *c, const ob_convert *to, ob_err *err) {
  if (to->reach == OB_REACH_KEEP) return 0;
  ob_json *meta = ob_json_ensure_object(service, "metadata");
  ob_json *notes = ob_json_ensure_object(meta, "annotations");
  bool internal = to->reach == OB_REACH_INTERNAL;
  bool known = ob_balancer_set_reach(ob_provider_id(c), notes, internal);
  if (ob_json_len(notes) == 0) ob_json_remove(meta, "annotations");
  if (known) return 0;
  ob_fail(err, OB_EINVALID,
          "metadata.annotations: how this cluster's provider makes a load balancer %s is not known",
          internal ? "internal" : "public");
  return ob_hint(err, "set the controller's own annotation on the service first");
}

bool ob_convert_knows_reach(const ob_cluster *c) {
  OB_AUTOPTR(ob_json) nowhere = ob_json_new_object();
  return ob_balancer_set_reach(ob_provider_id(c), nowhere, true);
}

static void put_balancer(ob_json *spec, const ob_convert *to) {
  if (to->lb_class) ob_json_put_str(spec, "loadBalancerClass", to->lb_class);
  if (!to->nsource_ranges) return;
  ob_json *ranges = ob_json_put(spec, "loadBalancerSourceRanges", ob_json_new_array());
  for (size_t i = 0; i < to->nsource_ranges; i++)
    ob_json_push(ranges, ob_json_new_str(to->source_ranges[i]));
}

/* What the server does not clear and then refuses. */
static void drop_balancer(ob_json *service, ob_json *spec) {
  ob_json_remove(spec, "loadBalancerSourceRanges");
  ob_json_remove(spec, "loadBalancerIP");
  ob_json *meta = ob_json_ensure_object(service, "metadata");
  ob_json *notes = ob_json_get_mut(meta, "annotations");
  if (!ob_json_get(notes, OB_RANGES_ANNOTATION)) return;
  ob_json_remove(notes, OB_RANGES_ANNOTATION);
}

/* --- what a person should know ------------------------------------------------------------------
 */
static void warn_routes(ob_plan *p, const ob_cluster *c, const ob_json *service,
                        ob_service_type to) {
  const ob_object *o =
      c ? ob_cluster_find(c, OB_KIND_SERVICE, ob_plan_ns(service), ob_plan_name(service)) : NULL;
  if (!o) return;
  size_t n = ob_service_routes(c, OB_AS(ob_service, o), NULL, 0);
  if (n && to == OB_EXTERNAL_NAME)
    ob_plan_warn(p, OB_WARN_LOSS,
                 "%zu Ingress rule%s here: its pods get nothing any more, and many controllers "
                 "refuse ExternalName backends.",
                 n, n == 1 ? " leads" : "s lead");
  const ob_hub *h = ob_hub_find(c, o->ns, o->name);
  if (h && h->routes.len && to == OB_EXTERNAL_NAME)
    ob_plan_warn(p, OB_WARN_LOSS,
                 "%u Gateway route%s here: its pods get nothing any more, and the Gateway API "
                 "leaves ExternalName backends out.",
                 h->routes.len, h->routes.len == 1 ? " leads" : "s lead");
}

void ob_service_warn_needs(ob_plan *p, const ob_cluster *c, const ob_convert *to) {
  if (to->to == OB_LOAD_BALANCER && c && !ob_lb_class_served(c, ob_or(to->lb_class, "")))
    ob_plan_warn(p, OB_WARN_CARE,
                 "No load balancer %s%s with an address is in the picture: without a controller "
                 "this one stays pending.",
                 to->lb_class ? "of class " : "of the default class", ob_or(to->lb_class, ""));
  if (to->node_port && (to->node_port < OB_NODE_PORT_FIRST || to->node_port > OB_NODE_PORT_LAST))
    ob_plan_warn(
        p, OB_WARN_CARE,
        "spec.ports[0].nodePort: %d is outside of %d-%d, the usual range, and a dry run does "
        "not look at it.",
        to->node_port, OB_NODE_PORT_FIRST, OB_NODE_PORT_LAST);
  if (to->policy == OB_POLICY_LOCAL)
    ob_plan_warn(
        p, OB_WARN_NOTE,
        "externalTrafficPolicy Local: only nodes with a ready endpoint answer, and they see "
        "the client's own address.");
  if (to->to == OB_LOAD_BALANCER && to->reach != OB_REACH_INTERNAL && !to->nsource_ranges)
    ob_plan_warn(p, OB_WARN_NOTE,
                 "Without source ranges everybody who reaches the load balancer may connect.");
}

int ob_service_become(ob_json *io, const ob_cluster *c, const ob_convert *to, ob_err *err) {
  ob_json *spec = ob_json_ensure_object(io, "spec");
  ob_service_type from = ob_service_type_now(spec);
  if (from == OB_TYPE_UNKNOWN)
    return ob_fail(err, OB_EINVALID, "spec.type: \"%s\" is not known to this program",
                   ob_or(ob_json_get_str(spec, "type"), ""));
  bool balancer = to->to == OB_LOAD_BALANCER, node = balancer || to->to == OB_NODE_PORT;
  if (to->external_name && to->to != OB_EXTERNAL_NAME)
    return ob_fail(err, OB_EINVALID, "spec.externalName: only an ExternalName has one");
  if (!balancer && to->reach)
    return ob_fail(err, OB_EINVALID, "metadata.annotations: only a LoadBalancer is %s",
                   to->reach == OB_REACH_INTERNAL ? "internal" : "public");
  if (!balancer && (to->lb_class || to->nsource_ranges))
    return ob_fail(err, OB_EINVALID, "spec.%s: only a LoadBalancer has one",
                   to->lb_class ? "loadBalancerClass" : "loadBalancerSourceRanges");
  if (to->policy && !node)
    return ob_fail(err, OB_EINVALID, "spec.externalTrafficPolicy: a %s has none",
                   ob_service_type_title(to->to));

  const char *spec_type = "";
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (types[i].type == to->to) spec_type = types[i].spec_type;
  ob_service_clear(io, spec_type);
  if (to->to == OB_EXTERNAL_NAME) {
    OB_AUTOFREE char *host =
        ob_strdup(ob_or(to->external_name, ob_or(ob_json_get_str(spec, "externalName"), "")));
    if (!*host)
      return ob_fail(err, OB_EINVALID, "spec.externalName: an ExternalName needs a host name");
    ob_json_put_str(spec, "externalName", host);
  } else {
    ob_json_remove(spec, "externalName");
  }
  bool was_headless = from == OB_HEADLESS, headless = to->to == OB_HEADLESS;
  if (was_headless != headless) { /* the families are chosen anew with the address */
    static const char *const addresses[] = {"clusterIP", "clusterIPs", "ipFamilies",
                                            "ipFamilyPolicy"};
    for (size_t i = 0; i < OB_LEN(addresses); i++) ob_json_remove(spec, addresses[i]);
  }
  if (headless) ob_json_put_str(spec, "clusterIP", "None");
  if (balancer)
    put_balancer(spec, to);
  else
    drop_balancer(io, spec);
  if (to->policy)
    ob_json_put_str(spec, "externalTrafficPolicy",
                    to->policy == OB_POLICY_LOCAL ? "Local" : "Cluster");
  int rc = put_reach(io, c, to, err);
  return rc ? rc : put_ports(spec, to, err);
}

int ob_plan_convert(ob_plan **ret, const ob_cluster *c, const ob_json *service,
                    const ob_convert *to, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(service);
  int rc = ob_service_become(wanted, c, to, err);
  if (rc) return rc;
  ob_service_type from = ob_service_type_now(ob_json_get(service, "spec"));
  OB_AUTOFREE char *title =
      ob_asprintf("convert service %s/%s from %s to %s", ob_plan_ns(service), ob_plan_name(service),
                  ob_service_type_title(from), ob_service_type_title(to->to));
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  rc = ob_plan_add(p, OB_KIND_SERVICE, service, wanted, err);
  if (rc) return rc;
  ob_service_warn_lost(p, service, wanted);
  warn_routes(p, c, service, to->to);
  ob_service_warn_needs(p, c, to);
  ob_plan_warn_manager(p, service);
  *ret = ob_take(p);
  return 0;
}
