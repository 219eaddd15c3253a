/* Services: defaults, what the server restores and clears when the type changes, addresses and
 * ports. The order is kube-apiserver's: default, restore what the client left out, take addresses
 * and ports (a failure here is the only one told), clear what the new type does not have, validate
 * (service_valid.c); what was taken is given back when the write is refused.
 * Source: kubernetes pkg/registry/core/service/{strategy.go,storage}, pkg/apis/core/v1/defaults.go.
 */
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
  return ob_json_len(ips) == 1 && ob_streq(ob_json_str(ob_json_first(ips)), "None");
}

static bool has_cluster_ip(const ob_json *spec) {
  return spec && sim_service_type(spec) != SIM_T_EXTERNAL_NAME;
}
bool sim_service_external(const ob_json *spec) {
  sim_type t = spec ? sim_service_type(spec) : SIM_T_UNKNOWN;
  return t == SIM_T_NODE_PORT || t == SIM_T_LOAD_BALANCER ||
         (t == SIM_T_CLUSTER_IP && ob_json_len(ob_json_get(spec, "externalIPs")));
}
static bool may_have_ports(const ob_json *spec) {
  sim_type t = spec ? sim_service_type(spec) : SIM_T_UNKNOWN;
  return t == SIM_T_NODE_PORT || t == SIM_T_LOAD_BALANCER;
}
static bool allocates_ports(const ob_json *spec) {
  return may_have_ports(spec) && (sim_service_type(spec) == SIM_T_NODE_PORT ||
                                  ob_json_get_bool(spec, "allocateLoadBalancerNodePorts", true));
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
static bool same(const ob_json *a, const ob_json *b, const char *key) {
  return ob_json_equal(ob_json_get(a, key), ob_json_get(b, key));
}
static void copy(ob_json *to, const ob_json *from, const char *key) {
  if (ob_json_get(from, key)) ob_json_put(to, key, ob_json_dup(ob_json_get(from, key)));
}
static void default_str(ob_json *obj, const char *key, const char *value) {
  if (!ob_json_get(obj, key)) ob_json_put_str(obj, key, value);
}
static ob_json *first_port(const ob_json *spec) {
  return sim_mut(ob_json_first(ob_json_get(spec, "ports")));
}
static ob_json *next_port(const ob_json *port) {
  return sim_mut(ob_json_next(port));
}
static int64_t node_port(const ob_json *port) {
  return ob_json_get_int(port, "nodePort", 0);
}
static bool uses_port(const ob_json *spec, int64_t node) {
  for (const ob_json *p = first_port(spec); p; p = next_port(p))
    if (node && node_port(p) == node) return true;
  return false;
}

static void set_defaults(ob_json *tree) {
  ob_json *spec = ob_json_get_mut(tree, "spec");
  default_str(spec, "sessionAffinity", "None");
  const char *affinity = sim_str(spec, "sessionAffinity");
  if (ob_streq(affinity, "None")) ob_json_remove(spec, "sessionAffinityConfig");
  if (ob_streq(affinity, "ClientIP") &&
      !ob_json_at(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds", NULL)) {
    ob_json *config = ob_json_ensure_object(spec, "sessionAffinityConfig");
    ob_json_put_int(ob_json_ensure_object(config, "clientIP"), "timeoutSeconds", 10800);
  }
  default_str(spec, "type", "ClusterIP");
  for (ob_json *p = first_port(spec); p; p = next_port(p)) {
    default_str(p, "protocol", "TCP");
    if (!ob_json_get(p, "targetPort"))
      ob_json_put_int(p, "targetPort", ob_json_get_int(p, "port", 0));
  }
  sim_type type = sim_service_type(spec);
  if (sim_service_external(spec)) default_str(spec, "externalTrafficPolicy", "Cluster");
  if (type < SIM_T_EXTERNAL_NAME) default_str(spec, "internalTrafficPolicy", "Cluster");
  if (type != SIM_T_LOAD_BALANCER) return;
  if (!ob_json_get(spec, "allocateLoadBalancerNodePorts"))
    ob_json_put_bool(spec, "allocateLoadBalancerNodePorts", true);
  for (const ob_json *i =
           ob_json_first(ob_json_at(tree, "status", "loadBalancer", "ingress", NULL));
       i; i = ob_json_next(i))
    if (*sim_str(i, "ip")) default_str(sim_mut(i), "ipMode", "VIP");
}

/* What was allocated once and is not in the request: the client did not mean to lose it. */
static void restore(ob_json *spec, const ob_json *old) {
  if (has_cluster_ip(spec) && has_cluster_ip(old)) {
    if (!ob_json_get(spec, "clusterIP")) copy(spec, old, "clusterIP");
    if (!ob_json_get(spec, "clusterIPs")) copy(spec, old, "clusterIPs");
  }
  OB_AUTOPTR(ob_json) asked = ob_json_dup(spec);
  for (ob_json *p = first_port(spec); p && allocates_ports(spec) && allocates_ports(old);
       p = next_port(p)) {
    int64_t had = 0;
    if (node_port(p)) continue;
    for (const ob_json *o = first_port(old); o; o = next_port(o))
      if (ob_streq(sim_str(o, "name"), sim_str(p, "name"))) had = node_port(o);
    if (had && !uses_port(asked, had)) ob_json_put_int(p, "nodePort", had);
  }
  if (sim_service_health_port(spec) && sim_service_health_port(old) &&
      !ob_json_get(spec, "healthCheckNodePort"))
    copy(spec, old, "healthCheckNodePort");
}

/* clusterIP and clusterIPs say the same; who knows only the first may leave out the second. */
static void normalize(ob_json *spec, const ob_json *old) {
  const char *ip = sim_str(spec, "clusterIP"), *had = sim_str(old, "clusterIP");
  if (!old) {
    if (*ip && !ob_json_get(spec, "clusterIPs")) ob_json_put(spec, "clusterIPs", one_string(ip));
    return;
  }
  if (ob_streq(ip, had)) {
    if (!ob_json_get(spec, "clusterIPs")) copy(spec, old, "clusterIPs");
  } else if (same(spec, old, "clusterIPs")) {
    ob_json_remove(spec, "clusterIPs");
    if (*ip) ob_json_put(spec, "clusterIPs", one_string(ip));
  }
}

/* --- families ----------------------------------------------------------------------------- */

static bool prefers_dual(const ob_json *spec) {
  return ob_streq(sim_str(spec, "ipFamilyPolicy"), "PreferDualStack");
}
/* A PreferDualStack service that nobody touches in this respect stays as it is. */
static bool keeps_families(const ob_json *spec, const ob_json *old) {
  return old && same(spec, old, "type") && sim_service_type(spec) < SIM_T_EXTERNAL_NAME &&
         prefers_dual(spec) && (prefers_dual(old) || !ob_json_get(old, "ipFamilyPolicy")) &&
         same(spec, old, "clusterIPs") && same(spec, old, "ipFamilies");
}

static const char *family_of(const ob_json *ip) {
  int family = 4;
  sim_is_ip(ob_or(ob_json_str(ip), ""), &family);
  return family == 4 ? "IPv4" : "IPv6";
}

static void settle_lists(ob_json *spec, const ob_json *old, sim_causes *c) {
  static const char *const keys[] = {"clusterIPs", "ipFamilies"};
  bool single = ob_streq(sim_str(spec, "ipFamilyPolicy"), "SingleStack");
  const ob_json *policy = ob_json_get(spec, "ipFamilyPolicy");
  for (size_t i = 0; i < OB_LEN(keys); i++) {
    ob_json *list = ob_json_get_mut(spec, keys[i]);
    size_t n = ob_json_len(list);
    if (old && single && same(spec, old, keys[i]) && n > 1) {
      ob_json_remove_at(list, 1);
    } else if (single && n == 2) {
      sim_cause(c, SIM_INVALID, "spec.ipFamilyPolicy", policy,
                "must be 'RequireDualStack' or 'PreferDualStack' with two %s", keys[i]);
    } else if (!single && n && n < ob_json_len(ob_json_get(old, keys[i]))) {
      sim_cause(c, SIM_INVALID, "spec.ipFamilyPolicy", policy,
                "must be 'SingleStack' to release the second of %s", keys[i]);
    }
  }
}

/* Of a dual-stack cluster whose first family is IPv4. */
static void set_families(ob_json *spec, const ob_json *old, sim_causes *c) {
  if (!has_cluster_ip(spec) || keeps_families(spec, old)) return;
  bool free_headless =
      ob_streq(sim_str(spec, "clusterIP"), "None") && !ob_json_len(ob_json_get(spec, "selector"));
  if (!ob_json_get(spec, "ipFamilyPolicy")) copy(spec, old, "ipFamilyPolicy");
  default_str(spec, "ipFamilyPolicy", free_headless ? "RequireDualStack" : "SingleStack");
  sim_service_validate_ips(spec, old, c);
  if (sim_causes_any(c)) return;
  settle_lists(spec, old, c);
  if (sim_causes_any(c)) return;
  ob_json *families = ob_json_get_mut(spec, "ipFamilies");
  if (!families) families = ob_json_put(spec, "ipFamilies", ob_json_new_array());
  size_t i = 0;
  for (const ob_json *ip = ob_json_first(ob_json_get(spec, "clusterIPs")); ip;
       ip = ob_json_next(ip), i++)
    if (i >= ob_json_len(families) && !ob_streq(ob_json_str(ip), "None"))
      ob_json_push(families, ob_json_new_str(family_of(ip)));
  if (!ob_json_len(families)) ob_json_push(families, ob_json_new_str("IPv4"));
  if (!ob_streq(sim_str(spec, "ipFamilyPolicy"), "SingleStack") && ob_json_len(families) == 1) {
    bool first4 = ob_streq(ob_json_str(ob_json_first(families)), "IPv4");
    ob_json_push(families, ob_json_new_str(first4 ? "IPv6" : "IPv4"));
  }
}

/* --- taking ------------------------------------------------------------------------------- */

static bool holds_ip(const ob_json *spec, const char *ip) {
  for (const ob_json *c = ob_json_first(ob_json_get(spec, "clusterIPs")); c; c = ob_json_next(c))
    if (ob_streq(ob_json_str(c), ip)) return true;
  return false;
}
static bool holds_port(const ob_json *spec, int64_t port) {
  return uses_port(spec, port) || (port && ob_json_get_int(spec, "healthCheckNodePort", 0) == port);
}

/* What one write takes; a dry run only plays it. */
typedef struct taking {
  const sim_write *w;
  const char *name;
  OB_VEC(int64_t) ports;
  OB_VEC(char *) ips;
} taking;

static void taking_end(taking *t, bool keep) {
  sim_alloc *a = &t->w->sim->alloc;
  for (size_t i = 0; i < t->ports.len && !keep && !t->w->dry; i++)
    sim_alloc_free_port(a, t->ports.at[i]);
  for (size_t i = 0; i < t->ips.len; i++) {
    if (!keep) sim_alloc_free_ip(a, t->ips.at[i]);
    free(t->ips.at[i]);
  }
  ob_vec_done(&t->ports);
  ob_vec_done(&t->ips);
}

static bool take_port(taking *t, int64_t port, const char *field, sim_causes *c) {
  bool twice = false;
  for (size_t i = 0; i < t->ports.len; i++) twice = twice || t->ports.at[i] == port;
  int rc = sim_alloc_take_port(&t->w->sim->alloc, port, t->w->dry);
  if (rc == 0 || (rc == -2 && t->w->dry && !twice)) {
    if (!twice) {
      ob_vec_push(&t->ports, port);
      return true;
    }
    rc = -1;
  }
  OB_AUTOPTR(ob_json) value = ob_json_new_int(port);
  if (rc == -1)
    sim_cause(c, SIM_INVALID, field, value, "provided port is already allocated");
  else
    sim_cause(c, SIM_INVALID, field, value,
              "provided port is not in the valid range. The range of valid ports is %d-%d",
              SIM_PORT_MIN, SIM_PORT_MAX);
  return false;
}

static int64_t take_any_port(taking *t) {
  int64_t port = SIM_DRY_PORT;
  if (!t->w->dry) port = sim_alloc_port(&t->w->sim->alloc);
  for (size_t i = 0; i < t->ports.len && t->w->dry; i++)
    if (t->ports.at[i] >= port) port = t->ports.at[i] + 1;
  ob_vec_push(&t->ports, port);
  return port;
}

/* Addresses for all families that have none yet; the ones asked for must be free. */
static void take_ips(taking *t, ob_json *spec, const ob_json *old, sim_causes *c) {
  sim_alloc *a = &t->w->sim->alloc;
  bool dry = t->w->dry;
  if (!has_cluster_ip(spec) || sim_service_headless(spec) || keeps_families(spec, old)) return;
  size_t from = 0, n = ob_json_len(ob_json_get(spec, "ipFamilies"));
  if (has_cluster_ip(old)) { /* at most a second one joins */
    if (sim_service_headless(old) || ob_json_len(ob_json_get(old, "ipFamilies")) != 1 || n != 2)
      return;
    from = 1;
  }
  ob_json *ips = ob_json_get_mut(spec, "clusterIPs");
  if (!ips) ips = ob_json_put(spec, "clusterIPs", ob_json_new_array());
  for (size_t i = from; i < n; i++) {
    char text[64];
    const char *ip = ob_json_str(ob_json_index(ips, i));
    bool v4 = ob_streq(ob_json_str(ob_json_index(ob_json_get(spec, "ipFamilies"), i)), "IPv4");
    int rc = ip ? sim_alloc_take_ip(a, ip, dry) : 0;
    if (ip && rc == 0 && !dry && !t->w->internal &&
        sim_fault_hits(t->w->sim, SIM_LATE_RELEASE)) {
      sim_alloc_free_ip(a, ip);
      rc = -1;
    }
    if (!ip && *t->name) ip = sim_alloc_ip(a, v4 ? 4 : 6, dry, text);
    const char *why = rc == -1 && !dry ? "provided IP is already allocated"
                      : rc == -2       ? "the provided IP is not in the valid range. The range of "
                                         "valid IPs is 10.96.0.0/12"
                      : !ip            ? "metadata.name: Required value"
                                       : NULL;
    if (why) {
      sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips, "failed to allocate IP %s: %s",
                ob_or(ip, ""), why);
      return;
    }
    if (!dry) ob_vec_push(&t->ips, ob_strdup(ip));
    if (i >= ob_json_len(ips)) ob_json_push(ips, ob_json_new_str(ip));
  }
  ob_json_put_str(spec, "clusterIP", ob_json_str(ob_json_first(ips)));
}

/* The node port that a port of the same number asks for or got, for a new service: shared. */
static int64_t shared_port(const ob_json *spec, const ob_json *of) {
  for (const ob_json *p = first_port(spec); p; p = next_port(p))
    if (ob_json_get_int(p, "port", 0) == ob_json_get_int(of, "port", 0) && node_port(p))
      return node_port(p);
  return 0;
}

/* -1: answered, not as a cause. */
static int take_ports(taking *t, ob_json *spec, const ob_json *old, sim_causes *c) {
  size_t i = 0;
  for (ob_json *p = first_port(spec); p && may_have_ports(spec); p = next_port(p), i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.ports[%zu].nodePort", i);
    int64_t asked = node_port(p), other = old ? 0 : shared_port(spec, p);
    bool before = uses_port(old, asked);
    for (const ob_json *o = first_port(spec); o && o != p && asked; o = next_port(o)) {
      if (node_port(o) != asked) continue;
      bool same_port = ob_json_get_int(o, "port", 0) == ob_json_get_int(p, "port", 0);
      before = before || old || same_port;
      if (old && same(o, p, "protocol"))
        return sim_fail(t->w->resp, 500, NULL, NULL, NULL, "duplicate nodePort: {%s %lld}",
                        sim_str(p, "protocol"), (long long)asked);
    }
    if (!asked && !allocates_ports(spec)) continue;
    if (!asked && other)
      ob_json_put_int(p, "nodePort", other);
    else if (!asked)
      ob_json_put_int(p, "nodePort", take_any_port(t));
    else if (!before && !take_port(t, asked, field, c))
      return 0;
  }
  if (!sim_service_health_port(spec) || sim_service_health_port(old)) return 0;
  int64_t health = ob_json_get_int(spec, "healthCheckNodePort", 0);
  OB_AUTO(sim_causes) why = {0};
  if (!health)
    ob_json_put_int(spec, "healthCheckNodePort", take_any_port(t));
  else if (!take_port(t, health, "", &why))
    return sim_fail_internal(t->w->resp,
                             "failed to allocate requested HealthCheck NodePort %lld: %s",
                             (long long)health, sim_str(ob_json_first(why.list), "message"));
  return 0;
}

void sim_service_release(ob_sim *s, const ob_json *old, const ob_json *now) {
  const ob_json *was = ob_json_get(old, "spec"), *is = ob_json_get(now, "spec");
  for (const ob_json *ip = ob_json_first(ob_json_get(was, "clusterIPs")); ip; ip = ob_json_next(ip))
    if (!holds_ip(is, ob_json_str(ip))) sim_alloc_free_ip(&s->alloc, ob_json_str(ip));
  for (const ob_json *p = first_port(was); p; p = next_port(p))
    if (!holds_port(is, node_port(p))) sim_alloc_free_port(&s->alloc, node_port(p));
  int64_t health = ob_json_get_int(was, "healthCheckNodePort", 0);
  if (!holds_port(is, health)) sim_alloc_free_port(&s->alloc, health);
}

/* --- clearing ----------------------------------------------------------------------------- */

static void drop_same(ob_json *spec, const ob_json *old, const char *key) {
  if (same(spec, old, key)) ob_json_remove(spec, key);
}

/* What the old type had and the new one has not goes, unless the client asked for it just now
 * (then validation refuses it). */
static void drop_by_type(ob_json *spec, const ob_json *old) {
  if (!has_cluster_ip(spec) && has_cluster_ip(old)) {
    if (same(spec, old, "clusterIP") && same(spec, old, "clusterIPs")) {
      ob_json_remove(spec, "clusterIP");
      ob_json_remove(spec, "clusterIPs");
    }
    drop_same(spec, old, "ipFamilies");
    drop_same(spec, old, "ipFamilyPolicy");
  }
  bool no_new = true;
  for (const ob_json *p = first_port(spec); p; p = next_port(p))
    no_new = no_new && (!node_port(p) || uses_port(old, node_port(p)));
  if (may_have_ports(old) && !may_have_ports(spec) && no_new)
    for (ob_json *p = first_port(spec); p; p = next_port(p)) ob_json_remove(p, "nodePort");
  if (sim_service_health_port(old) && !sim_service_health_port(spec))
    drop_same(spec, old, "healthCheckNodePort");
  if (sim_service_external(old) && !sim_service_external(spec))
    drop_same(spec, old, "externalTrafficPolicy");
  if (sim_service_type(old) == SIM_T_LOAD_BALANCER &&
      sim_service_type(spec) != SIM_T_LOAD_BALANCER) {
    drop_same(spec, old, "allocateLoadBalancerNodePorts");
    drop_same(spec, old, "loadBalancerClass");
  }
}

int sim_service_prepare(const sim_write *w, ob_json *tree, const ob_json *old_tree) {
  OB_AUTO(sim_causes) causes = {0};
  ob_json *spec = ob_json_ensure_object(tree, "spec");
  const ob_json *old = ob_json_get(old_tree, "spec");
  taking t = {.w = w, .name = sim_str(ob_json_get(tree, "metadata"), "name")};
  int rc = 0;
  set_defaults(tree);
  if (old) restore(spec, old);
  normalize(spec, old);
  set_families(spec, old, &causes);
  if (!sim_causes_any(&causes)) take_ips(&t, spec, old, &causes);
  if (!sim_causes_any(&causes)) rc = take_ports(&t, spec, old, &causes);
  if (rc == 0 && !sim_causes_any(&causes)) {
    if (old) drop_by_type(spec, old);
    sim_validate_metadata(w->kind, tree, old_tree, &causes);
    sim_service_validate(tree, old_tree, w->sub != NULL, &causes);
  }
  if (sim_causes_any(&causes)) rc = sim_fail_causes(w->resp, w->kind, t.name, &causes);
  taking_end(&t, rc == 0);
  if (rc != 0) return rc;
  if (!has_cluster_ip(spec)) ob_json_remove(spec, "internalTrafficPolicy");
  ob_json *status = ob_json_ensure_object(tree, "status");
  ob_json *lb = ob_json_ensure_object(status, "loadBalancer");
  if (sim_service_type(spec) != SIM_T_LOAD_BALANCER) ob_json_remove(lb, "ingress");
  return 0;
}
