/* Service and EndpointSlice (core/v1, discovery.k8s.io/v1). */
#include "base/str.h"
#include "model/decode.h"
#include "model/lb.h"
#include <stdio.h>

static ob_service_type service_type(const char *type, const char *cluster_ip) {
  static const struct {
    const char *name;
    ob_service_type type;
  } types[] = {{"ClusterIP", OB_CLUSTER_IP},
               {"NodePort", OB_NODE_PORT},
               {"LoadBalancer", OB_LOAD_BALANCER},
               {"ExternalName", OB_EXTERNAL_NAME}};
  if (!*type) type = "ClusterIP"; /* the API's default */
  for (size_t i = 0; i < OB_LEN(types); i++) {
    if (strcmp(type, types[i].name) != 0) continue;
    bool headless = types[i].type == OB_CLUSTER_IP && ob_streq(cluster_ip, "None");
    return headless ? OB_HEADLESS : types[i].type;
  }
  return OB_TYPE_UNKNOWN;
}

/* targetPort is a number or a name. */
static const char *target_text(const ob_json *target, char out[16]) {
  int64_t n;
  if (!ob_json_int(target, &n)) return ob_json_str(target);
  snprintf(out, 16, "%lld", (long long)n);
  return out;
}

static uint16_t port_number(ob_pack *p, const ob_json *port, const char *key) {
  int64_t n = ob_json_get_int(port, key, 0);
  return (uint16_t)ob_pack_num(p, n < 0 || n > 65535 ? 0 : n);
}

static const ob_service_port *decode_ports(ob_pack *p, const ob_json *ports, uint16_t *ret_n) {
  uint16_t n = ob_pack_len(p, ports), i = 0;
  ob_service_port *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = n;
  ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(ports); j && i < n; j = ob_json_next(j), i++) {
    char number[16];
    ob_service_port port = {
        .name = ob_pack_str(p, ob_json_get_str(j, "name")),
        .protocol = ob_pack_str(p, ob_or(ob_json_get_str(j, "protocol"), "TCP")),
        .target = ob_pack_own(p, target_text(ob_json_get(j, "targetPort"), number)),
        .app_protocol = ob_pack_str(p, ob_json_get_str(j, "appProtocol")),
        .port = port_number(p, j, "port"),
        .node_port = port_number(p, j, "nodePort"),
    };
    if (at) at[i] = port;
  }
  return at;
}

const ob_lb_ingress *ob_decode_lb(ob_pack *p, const ob_json *json, uint16_t *ret_n) {
  const ob_json *list = ob_json_at(json, "status", "loadBalancer", "ingress", NULL);
  uint16_t n = ob_pack_len(p, list), i = 0;
  ob_lb_ingress *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = n;
  ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(list); j && i < n; j = ob_json_next(j), i++) {
    const char *error = NULL;
    for (const ob_json *port = ob_json_first(ob_json_get(j, "ports")); port && !error;
         port = ob_json_next(port))
      error = ob_json_get_str(port, "error");
    ob_lb_ingress lb = {.ip = ob_pack_str(p, ob_json_get_str(j, "ip")),
                        .hostname = ob_pack_str(p, ob_json_get_str(j, "hostname")),
                        .ip_mode = ob_pack_str(p, ob_json_get_str(j, "ipMode")),
                        .port_error = ob_pack_str(p, error)};
    if (at) at[i] = lb;
  }
  return at;
}

static const ob_kv *decode_conditions(ob_pack *p, const ob_json *json, uint16_t *ret_n) {
  const ob_json *list = ob_json_at(json, "status", "conditions", NULL);
  uint16_t n = ob_pack_len(p, list), i = 0;
  ob_kv *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = n;
  ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(list); j && i < n; j = ob_json_next(j), i++) {
    const char *reason = ob_or(ob_json_get_str(j, "reason"), "");
    const char *message = ob_or(ob_json_get_str(j, "message"), "");
    OB_AUTOFREE char *text = ob_asprintf("%s%s%s%s%s", ob_or(ob_json_get_str(j, "status"), "Unknown"),
                                         *reason ? ", " : "", reason, *message ? ": " : "", message);
    ob_kv kv = {ob_pack_str(p, ob_json_get_str(j, "type")), ob_pack_own(p, text)};
    if (at) at[i] = kv;
  }
  return at;
}

void ob_decode_service(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_service *s = (ob_service *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec");
  s->type_text = ob_pack_str(p, ob_json_get_str(spec, "type"));
  s->cluster_ip = ob_pack_str(p, ob_json_get_str(spec, "clusterIP"));
  s->type =
      service_type(ob_or(ob_json_get_str(spec, "type"), ""), ob_json_get_str(spec, "clusterIP"));
  s->cluster_ips = ob_pack_strs(p, ob_json_get(spec, "clusterIPs"), &s->ncluster_ips);
  s->external_name = ob_pack_str(p, ob_json_get_str(spec, "externalName"));
  s->lb_class = ob_pack_str(p, ob_json_get_str(spec, "loadBalancerClass"));
  s->load_balancer_ip = ob_pack_str(p, ob_json_get_str(spec, "loadBalancerIP"));
  s->ports = decode_ports(p, ob_json_get(spec, "ports"), &s->nports);
  s->selector = ob_pack_pairs(p, ob_json_get(spec, "selector"), NULL, &s->nselector);
  s->external_ips = ob_pack_strs(p, ob_json_get(spec, "externalIPs"), &s->nexternal_ips);
  s->source_ranges =
      ob_pack_strs(p, ob_json_get(spec, "loadBalancerSourceRanges"), &s->nsource_ranges);
  s->ip_families = ob_pack_strs(p, ob_json_get(spec, "ipFamilies"), &s->nip_families);
  s->lb = ob_decode_lb(p, json, &s->nlb);
  s->conditions = decode_conditions(p, json, &s->nconditions);
  s->ip_family_policy = ob_pack_str(p, ob_json_get_str(spec, "ipFamilyPolicy"));
  s->session_affinity = ob_pack_str(p, ob_json_get_str(spec, "sessionAffinity"));
  s->traffic_distribution = ob_pack_str(p, ob_json_get_str(spec, "trafficDistribution"));
  s->health_check_node_port = port_number(p, spec, "healthCheckNodePort");
  s->external_local =
      ob_pack_num(p, ob_streq(ob_json_get_str(spec, "externalTrafficPolicy"), "Local")) != 0;
  s->internal_local =
      ob_pack_num(p, ob_streq(ob_json_get_str(spec, "internalTrafficPolicy"), "Local")) != 0;
  s->publish_not_ready =
      ob_pack_num(p, ob_json_get_bool(spec, "publishNotReadyAddresses", false)) != 0;
  s->no_node_ports =
      ob_pack_num(p, !ob_json_get_bool(spec, "allocateLoadBalancerNodePorts", true)) != 0;
}

static ob_endpoint decode_endpoint(ob_pack *p, const ob_json *j) {
  const ob_json *conditions = ob_json_get(j, "conditions"), *target = ob_json_get(j, "targetRef");
  return (ob_endpoint){
      .address = ob_pack_str(p, ob_json_str(ob_json_index(ob_json_get(j, "addresses"), 0))),
      .node = ob_pack_str(p, ob_json_get_str(j, "nodeName")),
      .zone = ob_pack_str(p, ob_json_get_str(j, "zone")),
      .target_kind = ob_pack_str(p, ob_json_get_str(target, "kind")),
      .target_name = ob_pack_str(p, ob_json_get_str(target, "name")),
      .target_uid = ob_pack_uid(p, ob_json_get_str(target, "uid")),
      .ready = ob_pack_num(p, ob_json_get_bool(conditions, "ready", true)) != 0,
      .serving = ob_pack_num(p, ob_json_get_bool(conditions, "serving", true)) != 0,
      .terminating = ob_pack_num(p, ob_json_get_bool(conditions, "terminating", false)) != 0,
  };
}

void ob_decode_slice(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_slice *s = (ob_slice *)(void *)o;
  const ob_json *labels = ob_json_at(json, "metadata", "labels", NULL);
  s->service = ob_pack_str(p, ob_json_get_str(labels, "kubernetes.io/service-name"));
  s->address_type = ob_pack_str(p, ob_json_get_str(json, "addressType"));
  const ob_json *ports = ob_json_get(json, "ports"), *endpoints = ob_json_get(json, "endpoints");
  s->nports = (uint16_t)ob_pack_num(p, ob_pack_len(p, ports));
  ob_slice_port *port_at = ob_pack_array(p, s->nports, sizeof *port_at);
  uint16_t i = 0;
  for (const ob_json *j = ob_json_first(ports); j && i < s->nports; j = ob_json_next(j), i++) {
    ob_slice_port port = {.name = ob_pack_str(p, ob_json_get_str(j, "name")),
                          .protocol = ob_pack_str(p, ob_or(ob_json_get_str(j, "protocol"), "TCP")),
                          .port = (int32_t)ob_pack_num(p, ob_json_get_int(j, "port", -1))};
    if (port_at) port_at[i] = port;
  }
  s->ports = port_at;
  s->nendpoints = (uint16_t)ob_pack_num(p, ob_pack_len(p, endpoints));
  ob_endpoint *at = ob_pack_array(p, s->nendpoints, sizeof *at);
  i = 0;
  for (const ob_json *j = ob_json_first(endpoints); j && i < s->nendpoints;
       j = ob_json_next(j), i++) {
    ob_endpoint e = decode_endpoint(p, j);
    if (at) at[i] = e;
  }
  s->endpoints = at;
}
