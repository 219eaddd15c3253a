/* Which Services are refused, and at which field. Source: kubernetes pkg/apis/core/validation
 * ValidateService, ValidateServiceUpdate. */
#include "base/str.h"
#include "sim/service.h"

static bool one_of(const char *s, const char *const *list, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (ob_streq(s, list[i])) return true;
  return false;
}

/* Enumerated strings of the spec, checked alike. */
static const struct {
  const char *key, *values[4], *words;
} enums[] = {
    {"sessionAffinity", {"ClientIP", "None"}, "\"ClientIP\", \"None\""},
    {"externalTrafficPolicy", {"Cluster", "Local"}, "\"Cluster\", \"Local\""},
    {"internalTrafficPolicy", {"Cluster", "Local"}, "\"Cluster\", \"Local\""},
    {"ipFamilyPolicy",
     {"PreferDualStack", "RequireDualStack", "SingleStack"},
     "\"PreferDualStack\", \"RequireDualStack\", \"SingleStack\""},
    {"trafficDistribution",
     {"PreferClose", "PreferSameNode", "PreferSameZone"},
     "\"PreferClose\", \"PreferSameNode\", \"PreferSameZone\""},
};

static void check_number(const ob_json *holder, const char *key, const char *field, sim_causes *c) {
  int64_t port = ob_json_get_int(holder, key, -1);
  if (port < 1 || port > 65535) {
    OB_AUTOPTR(ob_json) zero = ob_json_new_int(0);
    const ob_json *v = ob_json_get(holder, key);
    sim_cause(c, SIM_INVALID, field, v ? v : zero, "must be between 1 and 65535, inclusive");
  }
}

static void check_port(const ob_json *spec, const ob_json *p, size_t i, sim_causes *c) {
  static const char *const protocols[] = {"SCTP", "TCP", "UDP"};
  sim_type type = sim_service_type(spec);
  OB_AUTOFREE char *at = ob_asprintf("spec.ports[%zu]", i);
  OB_AUTOFREE char *name = ob_asprintf("%s.name", at), *port = ob_asprintf("%s.port", at);
  OB_AUTOFREE char *proto = ob_asprintf("%s.protocol", at), *node = ob_asprintf("%s.nodePort", at);
  OB_AUTOFREE char *target = ob_asprintf("%s.targetPort", at);
  const ob_json *ports = ob_json_get(spec, "ports"), *t = ob_json_get(p, "targetPort");
  if (!*sim_str(p, "name")) {
    if (ob_json_len(ports) > 1) sim_cause(c, SIM_REQUIRED, name, NULL, "%s", "");
  } else if (!sim_is_label(sim_str(p, "name"))) {
    sim_cause(
        c, SIM_INVALID, name, ob_json_get(p, "name"),
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character");
  }
  check_number(p, "port", port, c);
  if (!one_of(sim_str(p, "protocol"), protocols, OB_LEN(protocols)))
    sim_cause(c, SIM_UNSUPPORTED, proto, ob_json_get(p, "protocol"),
              "supported values: \"SCTP\", \"TCP\", \"UDP\"");
  if (ob_json_is(t, OB_JSON_NUMBER))
    check_number(p, "targetPort", target, c);
  else if (ob_json_is(t, OB_JSON_STRING) && !sim_is_port_name(ob_json_str(t)))
    sim_cause(c, SIM_INVALID, target, t,
              "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if ((type == SIM_T_CLUSTER_IP || type == SIM_T_EXTERNAL_NAME) &&
      ob_json_get_int(p, "nodePort", 0))
    sim_cause(c, SIM_FORBIDDEN, node, NULL, "may not be used when `type` is '%s'",
              sim_str(spec, "type"));
  for (const ob_json *o = ob_json_first(ports); o && o != p; o = ob_json_next(o)) {
    bool same_protocol = ob_streq(sim_str(o, "protocol"), sim_str(p, "protocol"));
    if (*sim_str(p, "name") && ob_streq(sim_str(o, "name"), sim_str(p, "name")))
      sim_cause(c, SIM_DUPLICATE, name, ob_json_get(p, "name"), "%s", "");
    if (same_protocol && ob_json_get_int(o, "port", 0) == ob_json_get_int(p, "port", 0))
      sim_cause(c, SIM_DUPLICATE, at, p, "%s", "");
    int64_t n = ob_json_get_int(p, "nodePort", 0);
    if (same_protocol && n && ob_json_get_int(o, "nodePort", 0) == n)
      sim_cause(c, SIM_DUPLICATE, node, ob_json_get(p, "nodePort"), "%s", "");
  }
}

static void check_cluster_ips(const ob_json *spec, sim_causes *c) {
  const ob_json *ips = ob_json_get(spec, "clusterIPs");
  sim_type type = sim_service_type(spec);
  if (type == SIM_T_EXTERNAL_NAME) {
    if (ob_json_len(ips) || *sim_str(spec, "clusterIP"))
      sim_cause(c, SIM_FORBIDDEN, "spec.clusterIPs", NULL,
                "may not be set when `type` is 'ExternalName'");
    return;
  }
  const ob_json *first = ob_json_first(ips);
  if (sim_service_headless(spec)) {
    if (type != SIM_T_CLUSTER_IP)
      sim_cause(c, SIM_INVALID, "spec.clusterIPs[0]", first,
                "may not be set to 'None' for %s services", sim_str(spec, "type"));
    return;
  }
  if (first && *sim_str(spec, "clusterIP") &&
      !ob_streq(ob_json_str(first), sim_str(spec, "clusterIP")))
    sim_cause(c, SIM_INVALID, "spec.clusterIPs", ips,
              "first value must match `clusterIP` when both are specified");
  size_t i = 0;
  for (const ob_json *ip = first; ip; ip = ob_json_next(ip)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.clusterIPs[%zu]", i++);
    if (!sim_is_ip(ob_or(ob_json_str(ip), ""), NULL))
      sim_cause(c, SIM_INVALID, field, ip,
                "must be a valid IP address, (e.g. 10.9.8.7 or "
                "2001:db8::ffff)");
  }
}

static void check_ranges(const ob_json *tree, sim_causes *c) {
  static const char annotation[] = "service.beta.kubernetes.io/load-balancer-source-ranges";
  const ob_json *spec = ob_json_get(tree, "spec"),
                *ranges = ob_json_get(spec, "loadBalancerSourceRanges");
  const ob_json *annotations = ob_json_at(tree, "metadata", "annotations", NULL);
  bool lb = sim_service_type(spec) == SIM_T_LOAD_BALANCER;
  if (ob_json_len(ranges) && !lb)
    sim_cause(c, SIM_FORBIDDEN, "spec.LoadBalancerSourceRanges", NULL,
              "may only be used when `type` is 'LoadBalancer'");
  if (ob_json_get_str(annotations, annotation) && !lb)
    sim_cause(c, SIM_FORBIDDEN,
              "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]", NULL,
              "may only be used when `type` is 'LoadBalancer'");
  size_t i = 0;
  for (const ob_json *r = ob_json_first(ranges); r && lb; r = ob_json_next(r)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.LoadBalancerSourceRanges[%zu]", i++);
    if (!sim_is_cidr(ob_or(ob_json_str(r), "")))
      sim_cause(c, SIM_INVALID, field, r,
                "must be a valid CIDR value, (e.g. 10.9.8.0/24 or "
                "2001:db8::/64)");
  }
}

static void check_by_type(const ob_json *spec, sim_causes *c) {
  bool lb = sim_service_type(spec) == SIM_T_LOAD_BALANCER;
  if (ob_json_get(spec, "allocateLoadBalancerNodePorts") && !lb)
    sim_cause(c, SIM_FORBIDDEN, "spec.allocateLoadBalancerNodePorts", NULL,
              "may only be used when `type` is 'LoadBalancer'");
  if (*sim_str(spec, "loadBalancerClass") && !lb)
    sim_cause(c, SIM_FORBIDDEN, "spec.loadBalancerClass", NULL,
              "may only be used when `type` is 'LoadBalancer'");
  if (*sim_str(spec, "externalTrafficPolicy") && !sim_service_external(spec))
    sim_cause(c, SIM_INVALID, "spec.externalTrafficPolicy",
              ob_json_get(spec, "externalTrafficPolicy"),
              "may only be set for externally-accessible services");
  if (ob_json_get_int(spec, "healthCheckNodePort", 0) && !sim_service_health_port(spec))
    sim_cause(c, SIM_INVALID, "spec.healthCheckNodePort", ob_json_get(spec, "healthCheckNodePort"),
              "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is "
              "'Local'");
}

static void check_update(const ob_json *spec, const ob_json *old, sim_causes *c) {
  sim_type type = sim_service_type(spec), was = sim_service_type(old);
  const ob_json *ips = ob_json_get(spec, "clusterIPs"), *had = ob_json_get(old, "clusterIPs");
  if (type != SIM_T_EXTERNAL_NAME && was != SIM_T_EXTERNAL_NAME && ob_json_len(had)) {
    if (!ob_json_len(ips))
      sim_cause(c, SIM_INVALID, "spec.clusterIPs[0]", ips, "primary clusterIP can not be unset");
    for (size_t i = 0; i < ob_json_len(ips) && i < ob_json_len(had); i++) {
      OB_AUTOFREE char *field = ob_asprintf("spec.clusterIPs[%zu]", i);
      if (!ob_json_equal(ob_json_index(ips, i), ob_json_index(had, i)))
        sim_cause(c, SIM_INVALID, field, ips, "may not change once set");
    }
    if (!ob_json_equal(ob_json_first(ob_json_get(spec, "ipFamilies")),
                       ob_json_first(ob_json_get(old, "ipFamilies"))))
      sim_cause(c, SIM_INVALID, "spec.ipFamilies[0]", ob_json_get(spec, "ipFamilies"),
                "may not change once set");
  }
  if (type == SIM_T_LOAD_BALANCER && was == SIM_T_LOAD_BALANCER &&
      !ob_streq(sim_str(spec, "loadBalancerClass"), sim_str(old, "loadBalancerClass")))
    sim_cause(c, SIM_INVALID, "spec.loadBalancerClass", ob_json_get(spec, "loadBalancerClass"),
              "may not change once set");
  if (sim_service_health_port(spec) && sim_service_health_port(old) &&
      ob_json_get_int(spec, "healthCheckNodePort", 0) !=
          ob_json_get_int(old, "healthCheckNodePort", 0))
    sim_cause(c, SIM_INVALID, "spec.healthCheckNodePort", ob_json_get(spec, "healthCheckNodePort"),
              "field is immutable");
}

void sim_service_validate(const ob_json *tree, const ob_json *old, sim_causes *c) {
  const ob_json *spec = ob_json_get(tree, "spec"), *ports = ob_json_get(spec, "ports");
  sim_type type = sim_service_type(spec);
  if (type == SIM_T_UNKNOWN)
    sim_cause(c, SIM_UNSUPPORTED, "spec.type", ob_json_get(spec, "type"),
              "supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"");
  if (!ob_json_len(ports) && !sim_service_headless(spec) && type != SIM_T_EXTERNAL_NAME)
    sim_cause(c, SIM_REQUIRED, "spec.ports", NULL, "%s", "");
  if (type == SIM_T_EXTERNAL_NAME) {
    const char *name = sim_str(spec, "externalName");
    size_t n = strlen(name);
    OB_AUTOFREE char *host = ob_strndup(name, n && name[n - 1] == '.' ? n - 1 : n);
    if (!n)
      sim_cause(c, SIM_REQUIRED, "spec.externalName", NULL, "%s", "");
    else if (!sim_is_subdomain(host))
      sim_cause(
          c, SIM_INVALID, "spec.externalName", ob_json_get(spec, "externalName"),
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
          "'-' or '.', and must start and end with an alphanumeric character");
  }
  size_t i = 0;
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) check_port(spec, p, i++, c);
  for (i = 0; i < OB_LEN(enums); i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.%s", enums[i].key);
    if (*sim_str(spec, enums[i].key) && !one_of(sim_str(spec, enums[i].key), enums[i].values, 4))
      sim_cause(c, SIM_UNSUPPORTED, field, ob_json_get(spec, enums[i].key), "supported values: %s",
                enums[i].words);
  }
  check_cluster_ips(spec, c);
  i = 0;
  for (const ob_json *ip = ob_json_first(ob_json_get(spec, "externalIPs")); ip;
       ip = ob_json_next(ip)) {
    OB_AUTOFREE char *field = ob_asprintf("spec.externalIPs[%zu]", i++);
    if (!sim_is_ip(ob_or(ob_json_str(ip), ""), NULL))
      sim_cause(c, SIM_INVALID, field, ip,
                "must be a valid IP address, (e.g. 10.9.8.7 or "
                "2001:db8::ffff)");
  }
  check_ranges(tree, c);
  check_by_type(spec, c);
  if (old) check_update(spec, ob_json_get(old, "spec"), c);
}
