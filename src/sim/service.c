/* Services: defaults, what the server restores and clears when the type changes, addresses and
 * ports. Validation is in service_valid.c. The order follows kube-apiserver: default, restore what
 * the client left out, drop what the new type does not have, check what was asked for by number,
 * validate, allocate.
 * Source: kubernetes pkg/registry/core/service/storage, pkg/apis/core/v1/defaults.go. */
#include "sim/service.h"
#include "base/str.h"

static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"};

sim_type sim_service_type(const ob_json *spec) {
  const char *t = ob_or(ob_json_get_str(spec, "type"), "ClusterIP");
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (ob_streq(types[i], t)) return (sim_type)i;
  return SIM_T_UNKNOWN;
}

bool sim_service_headless(const ob_json *spec) {
  const ob_json *ips = ob_json_get(spec, "clusterIPs");
  const char *ip = ob_json_str(ob_json_first(ips));
  return ob_streq(ip ? ip : ob_json_get_str(spec, "clusterIP"), "None");
}

static bool has_cluster_ip(const ob_json *spec) {
  return spec && sim_service_type(spec) != SIM_T_EXTERNAL_NAME;
}
bool sim_service_external(const ob_json *spec) {
  sim_type t = spec ? sim_service_type(spec) : SIM_T_UNKNOWN;
  return t == SIM_T_NODE_PORT || t == SIM_T_LOAD_BALANCER ||
         (t == SIM_T_CLUSTER_IP && ob_json_len(ob_json_get(spec, "externalIPs")));
}
static bool allocates_ports(const ob_json *spec) {
  sim_type t = spec ? sim_service_type(spec) : SIM_T_UNKNOWN;
  return t == SIM_T_NODE_PORT || (t == SIM_T_LOAD_BALANCER &&
                                  ob_json_get_bool(spec, "allocateLoadBalancerNodePorts", true));
}
static bool may_have_ports(const ob_json *spec) {
  sim_type t = spec ? sim_service_type(spec) : SIM_T_UNKNOWN;
  return t == SIM_T_NODE_PORT || t == SIM_T_LOAD_BALANCER;
}
bool sim_service_health_port(const ob_json *spec) {
  return spec && sim_service_type(spec) == SIM_T_LOAD_BALANCER &&
         ob_streq(ob_json_get_str(spec, "externalTrafficPolicy"), "Local");
}

static ob_json *one_string(const char *s) {
  ob_json *a = ob_json_new_array();
  ob_json_push(a, ob_json_new_str(s));
  return a;
}

/* Absent, null, "" and 0 all mean: not set. */
static bool unset(const ob_json *obj, const char *key) {
  const ob_json *v = ob_json_get(obj, key);
  int64_t n;
  switch (ob_json_type_of(v)) {
  case OB_JSON_NULL: return true;
  case OB_JSON_STRING: return !*ob_json_str(v);
  case OB_JSON_NUMBER: return ob_json_int(v, &n) && n == 0;
  case OB_JSON_ARRAY:
  case OB_JSON_OBJECT: return ob_json_len(v) == 0;
  case OB_JSON_BOOL: return false;
  }
  return false;
}
static void default_str(ob_json *obj, const char *key, const char *value) {
  if (unset(obj, key)) ob_json_put_str(obj, key, value);
}

static void set_defaults(ob_json *spec) {
  default_str(spec, "type", "ClusterIP");
  default_str(spec, "sessionAffinity", "None");
  sim_type type = sim_service_type(spec);
  if (type != SIM_T_EXTERNAL_NAME) default_str(spec, "internalTrafficPolicy", "Cluster");
  if (sim_service_external(spec)) default_str(spec, "externalTrafficPolicy", "Cluster");
  if (type == SIM_T_LOAD_BALANCER && unset(spec, "allocateLoadBalancerNodePorts"))
    ob_json_put_bool(spec, "allocateLoadBalancerNodePorts", true);
  if (ob_streq(ob_json_get_str(spec, "sessionAffinity"), "ClientIP")) {
    ob_json *ip =
        ob_json_ensure_object(ob_json_ensure_object(spec, "sessionAffinityConfig"), "clientIP");
    if (unset(ip, "timeoutSeconds")) ob_json_put_int(ip, "timeoutSeconds", 10800);
  }
  for (ob_json *p = sim_mut(ob_json_first(ob_json_get(spec, "ports"))); p;
       p = sim_mut(ob_json_next(p))) {
    default_str(p, "protocol", "TCP");
    if (unset(p, "targetPort") && ob_json_get(p, "port"))
      ob_json_put(p, "targetPort", ob_json_dup(ob_json_get(p, "port")));
  }
}

static bool uses_port(const ob_json *spec, int64_t node) {
  for (const ob_json *p = ob_json_first(ob_json_get(spec, "ports")); p; p = ob_json_next(p))
    if (node && ob_json_get_int(p, "nodePort", 0) == node) return true;
  return false;
}

static void restore(ob_json *spec, const ob_json *old) {
  if (has_cluster_ip(spec) && has_cluster_ip(old)) {
    bool same = ob_json_equal(ob_json_get(spec, "clusterIPs"), ob_json_get(old, "clusterIPs"));
    const char *ip = ob_json_get_str(spec, "clusterIP");
    if (unset(spec, "clusterIP") && (same || unset(spec, "clusterIPs"))) {
      ob_json_put_str(spec, "clusterIP", ob_json_get_str(old, "clusterIP"));
      if (!unset(old, "clusterIPs"))
        ob_json_put(spec, "clusterIPs", ob_json_dup(ob_json_get(old, "clusterIPs")));
    } else if (ob_streq(ip, ob_json_get_str(old, "clusterIP"))) {
      if (unset(spec, "clusterIPs") && !unset(old, "clusterIPs"))
        ob_json_put(spec, "clusterIPs", ob_json_dup(ob_json_get(old, "clusterIPs")));
    } else if (same && ip && *ip) {
      ob_json_put(spec, "clusterIPs", one_string(ip));
    }
  }
  for (ob_json *p = sim_mut(ob_json_first(ob_json_get(spec, "ports")));
       p && allocates_ports(spec) && allocates_ports(old); p = sim_mut(ob_json_next(p))) {
    if (!unset(p, "nodePort")) continue;
    for (const ob_json *o = ob_json_first(ob_json_get(old, "ports")); o; o = ob_json_next(o)) {
      int64_t node = ob_json_get_int(o, "nodePort", 0);
      if (node && !uses_port(spec, node) &&
          ob_streq(ob_or(ob_json_get_str(o, "name"), ""), ob_or(ob_json_get_str(p, "name"), "")))
        ob_json_put_int(p, "nodePort", node);
    }
  }
  if (sim_service_health_port(spec) && sim_service_health_port(old) &&
      unset(spec, "healthCheckNodePort") && !unset(old, "healthCheckNodePort"))
    ob_json_put_int(spec, "healthCheckNodePort", ob_json_get_int(old, "healthCheckNodePort", 0));
}

static void drop_same(ob_json *spec, const ob_json *old, const char *key) {
  if (ob_json_equal(ob_json_get(spec, key), ob_json_get(old, key))) ob_json_remove(spec, key);
}

static bool same_node_ports(const ob_json *spec, const ob_json *old) {
  for (const ob_json *p = ob_json_first(ob_json_get(spec, "ports")); p; p = ob_json_next(p))
    if (!unset(p, "nodePort") && !uses_port(old, ob_json_get_int(p, "nodePort", 0))) return false;
  return true;
}

/* What the old type had and the new one has not goes, unless the client asked for it just now
 * (then validation refuses it). */
static void drop_by_type(ob_json *spec, const ob_json *old) {
  if (!has_cluster_ip(spec) && has_cluster_ip(old)) {
    static const char *const keys[] = {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy",
                                       "internalTrafficPolicy"};
    for (size_t i = 0; i < OB_LEN(keys); i++) drop_same(spec, old, keys[i]);
  }
  if (may_have_ports(old) && !may_have_ports(spec) && same_node_ports(spec, old))
    for (ob_json *p = sim_mut(ob_json_first(ob_json_get(spec, "ports"))); p;
         p = sim_mut(ob_json_next(p)))
      ob_json_remove(p, "nodePort");
  if (sim_service_health_port(old) && !sim_service_health_port(spec))
    drop_same(spec, old, "healthCheckNodePort");
  if (sim_service_external(old) && !sim_service_external(spec))
    drop_same(spec, old, "externalTrafficPolicy");
  if (sim_service_type(old) == SIM_T_LOAD_BALANCER &&
      sim_service_type(spec) != SIM_T_LOAD_BALANCER) {
    drop_same(spec, old, "allocateLoadBalancerNodePorts");
    drop_same(spec, old, "loadBalancerClass");
  }
  if (ob_streq(ob_json_get_str(old, "sessionAffinity"), "ClientIP") &&
      !ob_streq(ob_json_get_str(spec, "sessionAffinity"), "ClientIP"))
    drop_same(spec, old, "sessionAffinityConfig");
}

/* Families and their policy, from what was asked, on a dual-stack cluster whose first family is
 * IPv4. */
static void set_families(ob_json *spec, const ob_json *old) {
  if (!has_cluster_ip(spec)) return;
  bool headless = sim_service_headless(spec);
  ob_json *ips = ob_json_get_mut(spec, "clusterIPs");
  if (unset(spec, "clusterIPs") && !unset(spec, "clusterIP"))
    ips = ob_json_put(spec, "clusterIPs", one_string(ob_json_get_str(spec, "clusterIP")));
  if (unset(spec, "ipFamilyPolicy")) {
    bool dual = ob_json_len(ips) > 1 || ob_json_len(ob_json_get(spec, "ipFamilies")) > 1 ||
                (headless && unset(spec, "selector"));
    ob_json_put_str(spec, "ipFamilyPolicy", dual ? "RequireDualStack" : "SingleStack");
  }
  if (unset(spec, "ipFamilies")) {
    ob_json *families = ob_json_put(spec, "ipFamilies", ob_json_new_array());
    for (const ob_json *ip = ob_json_first(ips); ip && !headless; ip = ob_json_next(ip)) {
      int family = 4;
      sim_is_ip(ob_or(ob_json_str(ip), ""), &family);
      ob_json_push(families, ob_json_new_str(family == 4 ? "IPv4" : "IPv6"));
    }
    if (!ob_json_len(families)) ob_json_push(families, ob_json_new_str("IPv4"));
  }
  ob_json *families = ob_json_get_mut(spec, "ipFamilies");
  bool single = ob_streq(ob_json_get_str(spec, "ipFamilyPolicy"), "SingleStack");
  if (single && old && !ob_streq(ob_json_get_str(old, "ipFamilyPolicy"), "SingleStack")) {
    while (ob_json_len(families) > 1) ob_json_remove_at(families, 1);
    while (ob_json_len(ips) > 1) ob_json_remove_at(ips, 1);
  } else if (!single && ob_json_len(families) == 1) {
    bool first4 = ob_streq(ob_json_str(ob_json_first(families)), "IPv4");
    ob_json_push(families, ob_json_new_str(first4 ? "IPv6" : "IPv4"));
  }
}

static bool holds_ip(const ob_json *spec, const char *ip) {
  for (const ob_json *c = ob_json_first(ob_json_get(spec, "clusterIPs")); c; c = ob_json_next(c))
    if (ob_streq(ob_json_str(c), ip)) return true;
  return false;
}
static bool holds_port(const ob_json *spec, int64_t port) {
  return uses_port(spec, port) || (port && ob_json_get_int(spec, "healthCheckNodePort", 0) == port);
}

static void check_port(const sim_write *w, const char *field, const ob_json *holder,
                       const char *key, const ob_json *old, sim_causes *c) {
  int64_t port = ob_json_get_int(holder, key, 0);
  if (!port || holds_port(old, port)) return;
  int rc = sim_alloc_take_port(&w->sim->alloc, port, true);
  if (rc == -1)
    sim_cause(c, SIM_INVALID, field, ob_json_get(holder, key),
              "provided port is already allocated");
  if (rc == -2 && !w->dry)
    sim_cause(c, SIM_INVALID, field, ob_json_get(holder, key),
              "provided port is not in the valid range. The range of valid ports is %d-%d",
              SIM_PORT_MIN, SIM_PORT_MAX);
}

/* What was asked for by number must be free. */
static void check_asked(const sim_write *w, const ob_json *spec, const ob_json *old, bool named,
                        sim_causes *c) {
  const ob_json *ips = ob_json_get(spec, "clusterIPs");
  if (!named && has_cluster_ip(spec) && !sim_service_headless(spec) && !w->dry)
    sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
              "failed to allocate IP: spec.parentRef.name: Required value");
  for (const ob_json *ip = ob_json_first(ips); ip && has_cluster_ip(spec); ip = ob_json_next(ip)) {
    const char *text = ob_or(ob_json_str(ip), "");
    if (!sim_is_ip(text, NULL) || has_cluster_ip(old)) continue;
    int rc = sim_alloc_take_ip(&w->sim->alloc, text, true);
    if (rc == -1)
      sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
                "failed to allocate IP %s: provided IP is already allocated", text);
    if (rc == -2)
      sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
                "failed to allocate IP %s: the provided IP is not in the valid range. The range of "
                "valid IPs is 10.96.0.0/12",
                text);
  }
  size_t i = 0;
  const ob_json *ports = ob_json_get(spec, "ports");
  for (const ob_json *p = ob_json_first(ports); p && may_have_ports(spec); p = ob_json_next(p)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.ports[%zu].nodePort", i++);
    check_port(w, field, p, "nodePort", old, c);
  }
  if (sim_service_health_port(spec))
    check_port(w, "spec.healthCheckNodePort", spec, "healthCheckNodePort", old, c);
}

static void take_port(const sim_write *w, ob_json *holder, const char *key, const ob_json *old,
                      int64_t *dummy) {
  int64_t port = ob_json_get_int(holder, key, 0);
  sim_alloc *a = &w->sim->alloc;
  if (port && !holds_port(old, port) && !w->dry) sim_alloc_take_port(a, port, false);
  if (!port) ob_json_put_int(holder, key, w->dry ? (*dummy)++ : sim_alloc_port(a));
}

/* The node port of a port with the same number and another protocol: shared. */
static int64_t shared_port(const ob_json *ports, const ob_json *of) {
  for (const ob_json *p = ob_json_first(ports); p && p != of; p = ob_json_next(p))
    if (ob_json_get_int(p, "port", 0) == ob_json_get_int(of, "port", 0) &&
        !ob_streq(ob_json_get_str(p, "protocol"), ob_json_get_str(of, "protocol")))
      return ob_json_get_int(p, "nodePort", 0);
  return 0;
}

static void allocate(const sim_write *w, ob_json *spec, const ob_json *old) {
  sim_alloc *a = &w->sim->alloc;
  if (has_cluster_ip(spec) && !sim_service_headless(spec)) {
    ob_json *ips = ob_json_get_mut(spec, "clusterIPs");
    if (!ips) ips = ob_json_put(spec, "clusterIPs", ob_json_new_array());
    for (const ob_json *ip = ob_json_first(ips); ip && !w->dry; ip = ob_json_next(ip))
      if (!holds_ip(old, ob_json_str(ip))) sim_alloc_take_ip(a, ob_json_str(ip), false);
    const ob_json *families = ob_json_get(spec, "ipFamilies");
    for (size_t i = ob_json_len(ips); i < ob_json_len(families); i++) {
      char text[64];
      bool v4 = ob_streq(ob_json_str(ob_json_index(families, i)), "IPv4");
      ob_json_push(ips, ob_json_new_str(ob_or(sim_alloc_ip(a, v4 ? 4 : 6, w->dry, text), "")));
    }
    ob_json_put_str(spec, "clusterIP", ob_json_str(ob_json_first(ips)));
  }
  int64_t dummy = SIM_DRY_PORT;
  const ob_json *ports = ob_json_get(spec, "ports");
  for (ob_json *p = sim_mut(ob_json_first(ports)); p; p = sim_mut(ob_json_next(p))) {
    int64_t shared = shared_port(ports, p);
    if (!may_have_ports(spec) || (unset(p, "nodePort") && !allocates_ports(spec))) continue;
    if (unset(p, "nodePort") && shared)
      ob_json_put_int(p, "nodePort", shared);
    else
      take_port(w, p, "nodePort", old, &dummy);
  }
  if (sim_service_health_port(spec)) take_port(w, spec, "healthCheckNodePort", old, &dummy);
}

void sim_service_release(ob_sim *s, const ob_json *old, const ob_json *now) {
  const ob_json *was = ob_json_get(old, "spec"), *is = ob_json_get(now, "spec");
  for (const ob_json *ip = ob_json_first(ob_json_get(was, "clusterIPs")); ip; ip = ob_json_next(ip))
    if (!holds_ip(is, ob_json_str(ip))) sim_alloc_free_ip(&s->alloc, ob_json_str(ip));
  for (const ob_json *p = ob_json_first(ob_json_get(was, "ports")); p; p = ob_json_next(p))
    if (!holds_port(is, ob_json_get_int(p, "nodePort", 0)))
      sim_alloc_free_port(&s->alloc, ob_json_get_int(p, "nodePort", 0));
  int64_t health = ob_json_get_int(was, "healthCheckNodePort", 0);
  if (!holds_port(is, health)) sim_alloc_free_port(&s->alloc, health);
}

int sim_service_prepare(const sim_write *w, ob_json *tree, const ob_json *old_tree) {
  OB_AUTO(sim_causes) causes = {0};
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  const ob_json *old = ob_json_get(old_tree, "spec");
  const char *name = ob_json_get_str(ob_json_get(tree, "metadata"), "name");
  set_defaults(spec);
  if (old) {
    restore(spec, old);
    drop_by_type(spec, old);
  }
  set_families(spec, old);
  check_asked(w, spec, old, *ob_or(name, ""), &causes);
  if (!sim_causes_any(&causes)) {
    sim_validate_metadata(w->kind, tree, &causes);
    sim_service_validate(tree, old_tree, &causes);
  }
  if (sim_causes_any(&causes)) return sim_fail_causes(w->resp, w->kind, name, &causes);
  allocate(w, spec, old);
  if (unset(spec, "selector")) ob_json_remove(spec, "selector");
  ob_json *status = ob_json_ensure_object(tree, "status");
  ob_json_ensure_object(status, "loadBalancer");
  if (old && sim_service_type(old) == SIM_T_LOAD_BALANCER &&
      sim_service_type(spec) != SIM_T_LOAD_BALANCER)
    ob_json_put(status, "loadBalancer", ob_json_new_object());
  return 0;
}
