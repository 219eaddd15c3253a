/* Which Services are refused, and at which field. Source: kubernetes pkg/apis/core/validation
 * ValidateService, ValidateServiceUpdate. */
#include "base/str.h"
#include "sim/service.h"

static const char source_ranges[] = "service.beta.kubernetes.io/load-balancer-source-ranges";
static const char only_lb[] = "may only be used when `type` is 'LoadBalancer'";

static bool one_of(const char *s, const char *const list[4]) {
  for (size_t i = 0; i < 4 && list[i]; i++)
    if (ob_streq(s, list[i])) return true;
  return false;
}

/* Enumerated strings, checked alike wherever they are set. */
typedef struct choice {
  const char *key, *values[4];
} choice;
static const choice choices[] = {
    {"sessionAffinity", {"ClientIP", "None"}},
    {"internalTrafficPolicy", {"Cluster", "Local"}},
    {"trafficDistribution", {"PreferClose", "PreferSameZone", "PreferSameNode"}},
    {"type", {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}},
};
static const choice family_policy = {"ipFamilyPolicy",
                                     {"PreferDualStack", "RequireDualStack", "SingleStack"}};
static const choice external_policy = {"externalTrafficPolicy", {"Cluster", "Local"}};
static const choice protocol = {"protocol", {"SCTP", "TCP", "UDP"}};
static const choice ip_mode = {"ipMode", {"Proxy", "VIP"}};

static void check_choice(const ob_json *holder, const char *at, const choice *k, sim_causes *c) {
  OB_AUTOFREE char *field = ob_asprintf("%s.%s", at, k->key);
  const ob_json *v = ob_json_get(holder, k->key);
  if (v && !one_of(ob_json_str(v), k->values))
    sim_cause(c, SIM_UNSUPPORTED, field, v, "supported values: \"%s\", \"%s\"%s%s%s", k->values[0],
              k->values[1], k->values[2] ? ", \"" : "", ob_or(k->values[2], ""),
              k->values[2] ? "\"" : "");
}

/* The value stood in this list before: what was good once stays good. */
static bool stood(const ob_json *old, const char *key, const ob_json *value) {
  for (const ob_json *o = ob_json_first(ob_json_get(old, key)); o; o = ob_json_next(o))
    if (ob_json_equal(o, value)) return true;
  return false;
}

static void check_port(const ob_json *spec, const ob_json *p, size_t i, sim_causes *c) {
  OB_AUTOFREE char *at = ob_asprintf("spec.ports[%zu]", i);
  OB_AUTOFREE char *name = ob_asprintf("%s.name", at), *port = ob_asprintf("%s.port", at);
  OB_AUTOFREE char *app = ob_asprintf("%s.appProtocol", at), *node = ob_asprintf("%s.nodePort", at);
  OB_AUTOFREE char *target = ob_asprintf("%s.targetPort", at);
  const ob_json *ports = ob_json_get(spec, "ports"), *t = ob_json_get(p, "targetPort");
  int64_t node_port = ob_json_get_int(p, "nodePort", 0);
  if (ob_json_get(p, "name"))
    sim_check_label(c, name, ob_json_get(p, "name"));
  else if (ob_json_len(ports) > 1)
    sim_cause(c, SIM_REQUIRED, name, NULL, "%s", "");
  sim_check_port(c, port, ob_json_get(p, "port"));
  check_choice(p, at, &protocol, c);
  if (ob_json_is(t, OB_JSON_STRING))
    sim_check_port_name(c, target, t);
  else
    sim_check_port(c, target, t);
  if (ob_json_get(p, "appProtocol")) sim_check_qualified(c, app, ob_json_get(p, "appProtocol"));
  if (sim_service_type(spec) == SIM_T_CLUSTER_IP && node_port)
    sim_cause(c, SIM_FORBIDDEN, node, NULL, "may not be used when `type` is 'ClusterIP'");
  for (const ob_json *o = ob_json_first(ports); o && o != p; o = ob_json_next(o)) {
    bool same_protocol = ob_streq(sim_str(o, "protocol"), sim_str(p, "protocol"));
    if (*sim_str(p, "name") && ob_streq(sim_str(o, "name"), sim_str(p, "name")))
      sim_cause(c, SIM_DUPLICATE, name, ob_json_get(p, "name"), "%s", "");
    if (same_protocol && ob_json_get_int(o, "port", 0) == ob_json_get_int(p, "port", 0))
      sim_cause(c, SIM_DUPLICATE, at, p, "%s", "");
    if (same_protocol && node_port && ob_json_get_int(o, "nodePort", 0) == node_port)
      sim_cause(c, SIM_DUPLICATE, node, ob_json_get(p, "nodePort"), "%s", "");
  }
}

static void check_families(const ob_json *spec, sim_causes *c) {
  static const char *const known[4] = {"IPv4", "IPv6"};
  const ob_json *list = ob_json_get(spec, "ipFamilies");
  size_t i = 0;
  for (const ob_json *f = ob_json_first(list); f; f = ob_json_next(f)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.ipFamilies[%zu]", i++);
    if (!one_of(ob_json_str(f), known))
      sim_cause(c, SIM_UNSUPPORTED, field, f, "supported values: \"IPv4\", \"IPv6\"");
    for (const ob_json *o = ob_json_first(list); o && o != f; o = ob_json_next(o))
      if (ob_json_equal(o, f)) sim_cause(c, SIM_DUPLICATE, field, f, "%s", "");
  }
  check_choice(spec, "spec", &family_policy, c);
}

/* Addresses fit their families and each other. */
static void check_pairs(const ob_json *spec, const ob_json *ips, sim_causes *c) {
  int families[2] = {0, 0};
  size_t i = 0;
  for (const ob_json *ip = ob_json_first(ips); ip; ip = ob_json_next(ip), i++) {
    int family = 0;
    sim_is_ip(ob_or(ob_json_str(ip), ""), &family);
    if (i < 2) families[i] = family;
    const char *want = ob_json_str(ob_json_index(ob_json_get(spec, "ipFamilies"), i));
    OB_AUTOFREE char *field = ob_asprintf("spec.clusterIPs[%zu]", i);
    if (want &&
        ((ob_streq(want, "IPv4") && family == 6) || (ob_streq(want, "IPv6") && family == 4)))
      sim_cause(c, SIM_INVALID, field, ip, "expected an %s value as indicated by `ipFamilies[%zu]`",
                want, i);
  }
  if (i > 1 && families[0] == families[1])
    sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
              "may specify no more than one IP for each IP family");
}

void sim_service_validate_ips(const ob_json *spec, const ob_json *old, sim_causes *c) {
  const ob_json *ips = ob_json_get(spec, "clusterIPs"), *first = ob_json_first(ips);
  const char *ip = sim_str(spec, "clusterIP");
  bool good = true;
  size_t i = 0;
  if (sim_service_type(spec) == SIM_T_EXTERNAL_NAME) return;
  if (*ip && !first)
    sim_cause(c, SIM_REQUIRED, "spec.clusterIPs", NULL, "%s", "");
  else if (*ip && !ob_streq(ob_json_str(first), ip))
    sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips, "first value must match `clusterIP`");
  else if (!*ip && first)
    sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
              "must be empty when `clusterIP` is not specified");
  check_families(spec, c);
  for (const ob_json *v = first; v; v = ob_json_next(v), i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.clusterIPs[%zu]", i);
    if (i == 0 && ob_streq(ob_json_str(v), "None")) {
      if (ob_json_len(ips) == 1) continue;
      good = false;
      sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips, "'None' must be the first and only value");
    } else if (!stood(old, "clusterIPs", v)) {
      good = sim_check_ip(c, field, v) && good;
    }
  }
  if (i > 2) sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips, "may only hold up to 2 values");
  if (good && !sim_service_headless(spec)) check_pairs(spec, ips, c);
}

static void check_external_ips(const ob_json *spec, const ob_json *old, sim_causes *c) {
  static const char *const special[] = {"0.0.0.0", "127.", "169.254.", "224.0.0."};
  size_t i = 0;
  for (const ob_json *ip = ob_json_first(ob_json_get(spec, "externalIPs")); ip;
       ip = ob_json_next(ip)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.externalIPs[%zu]", i++);
    if (!stood(old, "externalIPs", ip) && !sim_check_ip(c, field, ip)) continue;
    for (size_t k = 0; k < OB_LEN(special); k++)
      if (ob_starts(ob_json_str(ip), special[k]))
        sim_cause(c, SIM_INVALID, field, ip, "may not be in the range %s…", special[k]);
  }
}

/* One range; blanks around it are part of the API. */
static void check_range(const char *text, size_t n, const char *field, sim_causes *c) {
  while (n && *text == ' ') text++, n--;
  while (n && text[n - 1] == ' ') n--;
  OB_AUTOPTR(ob_json) value = ob_json_new_strn(text, n);
  sim_check_cidr(c, field, value);
}

static void check_ranges(const ob_json *tree, const ob_json *old_tree, sim_causes *c) {
  const ob_json *spec = ob_json_get(tree, "spec"), *old = ob_json_get(old_tree, "spec"),
                *ranges = ob_json_get(spec, "loadBalancerSourceRanges");
  const char *text =
      ob_json_get_str(ob_json_at(tree, "metadata", "annotations", NULL), source_ranges);
  const char *before =
      ob_json_get_str(ob_json_at(old_tree, "metadata", "annotations", NULL), source_ranges);
  bool lb = sim_service_type(spec) == SIM_T_LOAD_BALANCER;
  OB_AUTOFREE char *key = ob_asprintf("metadata.annotations[%s]", source_ranges);
  size_t i = 0;
  if (ranges) {
    if (!lb) sim_cause(c, SIM_FORBIDDEN, "spec.LoadBalancerSourceRanges", NULL, only_lb);
    for (const ob_json *r = ob_json_first(ranges); r; r = ob_json_next(r)) {
      OB_AUTOFREE char *field = ob_asprintf("spec.LoadBalancerSourceRanges[%zu]", i++);
      const char *s = ob_or(ob_json_str(r), "");
      if (!stood(old, "loadBalancerSourceRanges", r)) check_range(s, strlen(s), field, c);
    }
  } else if (text) {
    if (!lb) sim_cause(c, SIM_FORBIDDEN, key, NULL, only_lb);
    if (ob_streq(text, before) || !text[strspn(text, " ")]) return;
    for (;; text++) {
      size_t n = strcspn(text, ",");
      check_range(text, n, key, c);
      text += n;
      if (!*text) return;
    }
  }
}

static void check_by_type(const ob_json *spec, sim_causes *c) {
  sim_type type = sim_service_type(spec);
  bool lb = type == SIM_T_LOAD_BALANCER;
  const ob_json *class = ob_json_get(spec, "loadBalancerClass"),
                *health = ob_json_get(spec, "healthCheckNodePort");
  if (ob_json_get(spec, "allocateLoadBalancerNodePorts") && !lb)
    sim_cause(c, SIM_FORBIDDEN, "spec.allocateLoadBalancerNodePorts", NULL, only_lb);
  if (class && lb) sim_check_qualified(c, "spec.loadBalancerClass", class);
  if (class && !lb) sim_cause(c, SIM_FORBIDDEN, "spec.loadBalancerClass", NULL, only_lb);
  if (sim_service_external(spec))
    check_choice(spec, "spec", &external_policy, c);
  else if (ob_json_get(spec, "externalTrafficPolicy"))
    sim_cause(c, SIM_INVALID, "spec.externalTrafficPolicy",
              ob_json_get(spec, "externalTrafficPolicy"),
              "may only be set for externally-accessible services");
  if (sim_service_health_port(spec)) {
    if (health)
      sim_check_port(c, "spec.healthCheckNodePort", health);
    else
      sim_cause(c, SIM_REQUIRED, "spec.healthCheckNodePort", NULL, "%s", "");
  } else if (health) {
    sim_cause(c, SIM_INVALID, "spec.healthCheckNodePort", health,
              "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is "
              "'Local'");
  }
  if (type != SIM_T_EXTERNAL_NAME && type != SIM_T_UNKNOWN &&
      !ob_json_get(spec, "internalTrafficPolicy"))
    sim_cause(c, SIM_REQUIRED, "spec.internalTrafficPolicy", NULL, "%s", "");
}

static void check_external_name(const ob_json *spec, sim_causes *c) {
  static const char *const none[] = {"clusterIPs", "ipFamilies", "ipFamilyPolicy"};
  const char *name = sim_str(spec, "externalName");
  size_t n = strlen(name);
  OB_AUTOPTR(ob_json) host = ob_json_new_strn(name, n && name[n - 1] == '.' ? n - 1 : n);
  for (size_t i = 0; i < OB_LEN(none); i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.%s", none[i]);
    if (ob_json_get(spec, none[i]))
      sim_cause(c, SIM_FORBIDDEN, field, NULL, "may not be set for ExternalName services");
  }
  if (*ob_json_str(host))
    sim_check_subdomain(c, "spec.externalName", host);
  else
    sim_cause(c, SIM_REQUIRED, "spec.externalName", NULL, "%s", "");
}

/* A list whose first value stays, and whose second may come, or go with SingleStack. */
static void check_kept(const ob_json *spec, const ob_json *old, const char *key, bool each,
                       sim_causes *c) {
  const ob_json *now = ob_json_get(spec, key), *had = ob_json_get(old, key);
  size_t n = ob_json_len(now), was = ob_json_len(had);
  if (was > n && !ob_json_len(ob_json_get(spec, "clusterIPs"))) {
    OB_AUTOFREE char *field = ob_asprintf("spec.%s[0]", key);
    sim_cause(c, SIM_INVALID, field, now, "the primary one can not be unset");
  }
  for (size_t i = 0; i < (n == was ? n : 1); i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.%s[%zu]", key, each ? i : 0);
    if (i < n && i < was && !ob_json_equal(ob_json_index(now, i), ob_json_index(had, i)))
      sim_cause(c, SIM_INVALID, field, now, "may not change once set");
  }
  if (was > n && n == 1 && !ob_streq(sim_str(spec, "ipFamilyPolicy"), "SingleStack"))
    sim_cause(c, SIM_INVALID, "spec.ipFamilyPolicy", ob_json_get(spec, "ipFamilyPolicy"),
              "must be set to 'SingleStack' when releasing the secondary of %s", key);
}

static void check_update(const ob_json *spec, const ob_json *old, sim_causes *c) {
  sim_type type = sim_service_type(spec), was = sim_service_type(old);
  bool headless = sim_service_headless(spec), was_headless = sim_service_headless(old);
  if (type != SIM_T_EXTERNAL_NAME && was != SIM_T_EXTERNAL_NAME && !(headless && was_headless)) {
    check_kept(spec, old, "clusterIPs", true, c);
    if (headless == was_headless) check_kept(spec, old, "ipFamilies", false, c);
  }
  if (type == SIM_T_LOAD_BALANCER && was == SIM_T_LOAD_BALANCER &&
      !ob_json_equal(ob_json_get(spec, "loadBalancerClass"), ob_json_get(old, "loadBalancerClass")))
    sim_cause(c, SIM_INVALID, "spec.loadBalancerClass", ob_json_get(spec, "loadBalancerClass"),
              "may not change once set");
  if (sim_service_health_port(spec) && sim_service_health_port(old) &&
      ob_json_get_int(spec, "healthCheckNodePort", 0) !=
          ob_json_get_int(old, "healthCheckNodePort", 0))
    sim_cause(c, SIM_FORBIDDEN, "spec.healthCheckNodePort", NULL, "field is immutable");
}

void sim_lb_status_validate(const ob_json *tree, bool modes, sim_causes *c) {
  size_t i = 0;
  for (const ob_json *in =
           ob_json_first(ob_json_at(tree, "status", "loadBalancer", "ingress", NULL));
       in; in = ob_json_next(in)) {
    OB_AUTOFREE char *at = ob_asprintf("status.loadBalancer.ingress[%zu]", i++);
    OB_AUTOFREE char *ip = ob_asprintf("%s.ip", at), *host = ob_asprintf("%s.hostname", at);
    OB_AUTOFREE char *mode = ob_asprintf("%s.ipMode", at);
    const ob_json *name = ob_json_get(in, "hostname");
    if (ob_json_get(in, "ip")) sim_check_ip(c, ip, ob_json_get(in, "ip"));
    if (modes && ob_json_get(in, "ipMode") && !ob_json_get(in, "ip"))
      sim_cause(c, SIM_FORBIDDEN, mode, NULL, "may not be specified when `ip` is not set");
    else if (modes)
      check_choice(in, at, &ip_mode, c);
    if (name) sim_check_subdomain(c, host, name);
    if (name && sim_is_ip(ob_json_str(name), NULL))
      sim_cause(c, SIM_INVALID, host, name, "must be a DNS name, not an IP address");
  }
}

void sim_service_validate(const ob_json *tree, const ob_json *old_tree, bool status,
                          sim_causes *c) {
  const ob_json *spec = ob_json_get(tree, "spec"), *old = ob_json_get(old_tree, "spec"),
                *ports = ob_json_get(spec, "ports");
  sim_type type = sim_service_type(spec);
  if (status) {
    if (type == SIM_T_LOAD_BALANCER)
      sim_lb_status_validate(tree, true, c);
    else if (ob_json_at(tree, "status", "loadBalancer", "ingress", NULL))
      sim_cause(c, SIM_FORBIDDEN, "status.loadBalancer.ingress", NULL,
                "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  if (!ports && !sim_service_headless(spec) && type != SIM_T_EXTERNAL_NAME)
    sim_cause(c, SIM_REQUIRED, "spec.ports", NULL, "%s", "");
  if (sim_service_headless(spec) && (type == SIM_T_NODE_PORT || type == SIM_T_LOAD_BALANCER))
    sim_cause(c, SIM_INVALID, "spec.clusterIPs[0]", ob_json_get(spec, "clusterIP"),
              "may not be set to 'None' for %s services", sim_str(spec, "type"));
  if (type == SIM_T_EXTERNAL_NAME) check_external_name(spec, c);
  size_t i = 0;
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) check_port(spec, p, i++, c);
  sim_check_labels(c, "spec.selector", ob_json_get(spec, "selector"));
  for (i = 0; i < OB_LEN(choices); i++) check_choice(spec, "spec", &choices[i], c);
  const ob_json *timeout =
      ob_json_at(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds", NULL);
  int64_t seconds;
  if (ob_streq(sim_str(spec, "sessionAffinity"), "ClientIP") && ob_json_int(timeout, &seconds) &&
      (seconds < 1 || seconds > 86400))
    sim_cause(c, SIM_INVALID, "spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout,
              "must be greater than 0 and less than 86400");
  sim_service_validate_ips(spec, old, c);
  check_external_ips(spec, old, c);
  check_ranges(tree, old_tree, c);
  check_by_type(spec, c);
  if (old) check_update(spec, old, c);
}
