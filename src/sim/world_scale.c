/* A grown world for benchmarks: S services, S slices, S/2 ingresses with two paths each, written as
 * text straight into the store, in the order of their keys. The same seed gives the same bytes but
 * for the times. There are no pods: its slices are made by hand. */
#include "base/str.h"
#include "sim/control.h"
#include "sim/service.h"
#include <stdio.h>

enum { SIM_PORTS_OF_WORLD = 2600, SIM_TEAM_SIZE = 50 };

typedef struct body {
  ob_buf text;
  char uid[40];
} body;

static void begin(ob_sim *s, body *b, const char *ns, const char *name, const char *labels) {
  char created[OB_TIME_TEXT];
  unsigned long long u = ob_rng_next(&s->alloc.rng), v = ob_rng_next(&s->alloc.rng);
  snprintf(b->uid, sizeof b->uid, "%08llx-%04llx-4%03llx-a%03llx-%012llx", u >> 32,
           u >> 16 & 0xffff, u & 0xfff, v >> 52, v & 0xffffffffffff);
  ob_buf_reset(&b->text);
  ob_buf_addf(&b->text, "\"metadata\":{\"name\":\"%s\",", name);
  if (ns) ob_buf_addf(&b->text, "\"namespace\":\"%s\",", ns);
  ob_buf_addf(
      &b->text,
      "\"uid\":\"%s\",\"resourceVersion\":\"%llu\",\"creationTimestamp\":\"%s\","
      "\"labels\":{%s},\"managedFields\":[{\"manager\":\"deployer\",\"operation\":\"Update\","
      "\"apiVersion\":\"v1\",\"time\":\"%s\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{"
      "\"f:metadata\":{\"f:labels\":{\".\":{},\"f:app\":{},\"f:team\":{}}},\"f:spec\":{"
      "\"f:internalTrafficPolicy\":{},\"f:ports\":{\".\":{},\"k:{\\\"port\\\":80,"
      "\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{},\"f:name\":{},\"f:port\":{},"
      "\"f:protocol\":{},\"f:targetPort\":{}}},\"f:selector\":{},\"f:sessionAffinity\":{},"
      "\"f:type\":{}}}}]},",
      b->uid, (unsigned long long)++s->store.rv,
      sim_world_time(s, created, 24 + ob_rng_below(&s->alloc.rng, 9000)), labels, created);
}

static void end(ob_sim *s, body *b, sim_kind kind, const char *ns, const char *name) {
  sim_store_put_raw(&s->store, kind, ns, name, b->text.ptr, b->text.len);
}

typedef struct place { /* of the i-th service */
  char ns[16], name[24], labels[96];
} place;
static place place_of(uint32_t i, uint32_t total) {
  static const char *const words[] = {"api",   "web",   "worker", "cache", "queue", "search",
                                      "store", "users", "orders", "feed",  "mail",  "media"};
  place p;
  uint32_t per = total > 200 * SIM_TEAM_SIZE ? total / 200 + 1 : SIM_TEAM_SIZE;
  snprintf(p.ns, sizeof p.ns, "team-%03u", i / per % 1000);
  snprintf(p.name, sizeof p.name, "svc-%06u-%s", i % 1000000, words[i % OB_LEN(words)]);
  snprintf(p.labels, sizeof p.labels, "\"app\":\"%s\",\"team\":\"%s\"", p.name, p.ns);
  return p;
}

static void put_service(ob_sim *s, body *b, uint32_t i, uint32_t total, uint32_t *ports_left) {
  place p = place_of(i, total);
  uint32_t dice = ob_rng_below(&s->alloc.rng, 100);
  bool headless = dice >= 95, lb = dice < 5, node = dice >= 5 && dice < 15 && *ports_left;
  char ip[64];
  const char *cluster_ip = headless ? "None" : ob_or(sim_alloc_ip(&s->alloc, 4, false, ip), "");
  int port = 0;
  if ((node || lb) && *ports_left) {
    port = sim_alloc_port(&s->alloc);
    --*ports_left;
  }
  begin(s, b, p.ns, p.name, p.labels);
  ob_buf_addf(&b->text, "\"spec\":{\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\",\"port\":80,"
                        "\"targetPort\":8080");
  if (port) ob_buf_addf(&b->text, ",\"nodePort\":%d", port);
  ob_buf_addf(&b->text,
              "}],\"selector\":{\"app\":\"%s\"},\"clusterIP\":\"%s\",\"clusterIPs\":[\"%s\"],"
              "\"type\":\"%s\",\"sessionAffinity\":\"None\",\"ipFamilies\":[\"IPv4\"],"
              "\"ipFamilyPolicy\":\"SingleStack\",\"internalTrafficPolicy\":\"Cluster\"",
              p.name, cluster_ip, cluster_ip,
              lb     ? "LoadBalancer"
              : node ? "NodePort"
                     : "ClusterIP");
  if (lb || node) ob_buf_adds(&b->text, ",\"externalTrafficPolicy\":\"Cluster\"");
  if (lb) ob_buf_addf(&b->text, ",\"allocateLoadBalancerNodePorts\":%s", port ? "true" : "false");
  ob_buf_adds(&b->text, "},\"status\":{\"loadBalancer\":{");
  if (lb && dice) /* one in five waits for an address */
    ob_buf_addf(&b->text, "\"ingress\":[{\"ip\":\"198.18.%u.%u\",\"ipMode\":\"VIP\"}]",
                i / 250 % 250, 1 + i % 250);
  ob_buf_adds(&b->text, "}}}");
  end(s, b, SIM_SERVICE, p.ns, p.name);
}

static void put_slice(ob_sim *s, body *b, uint32_t i, uint32_t total, uint32_t nodes) {
  place p = place_of(i, total);
  char name[40], labels[256];
  snprintf(name, sizeof name, "%s-%05x", p.name, i * 7919u % 0xfffff);
  snprintf(labels, sizeof labels,
           "%s,\"kubernetes.io/service-name\":\"%s\","
           "\"endpointslice.kubernetes.io/managed-by\":\"outboard-world\"",
           p.labels, p.name);
  begin(s, b, p.ns, name, labels);
  ob_buf_adds(&b->text, "\"addressType\":\"IPv4\",\"endpoints\":[");
  uint32_t count = ob_rng_below(&s->alloc.rng, 50) ? 1 + ob_rng_below(&s->alloc.rng, 4) : 0;
  for (uint32_t e = 0; e < count; e++) {
    uint32_t node = ob_rng_below(&s->alloc.rng, nodes);
    bool ready = ob_rng_below(&s->alloc.rng, 40) != 0;
    ob_buf_addf(&b->text,
                "%s{\"addresses\":[\"10.%u.%u.%u\"],\"conditions\":{\"ready\":%s,\"serving\":%s,"
                "\"terminating\":false},\"targetRef\":{\"kind\":\"Pod\",\"namespace\":\"%s\","
                "\"name\":\"%s-%u\",\"uid\":\"%.8s-%04x-4000-a000-%012x\"},\"nodeName\":"
                "\"node-%03u\",\"zone\":\"zone-%c\"}",
                e ? "," : "", 128 + i / 16384 % 64, i / 64 % 256, i % 64 * 4 + e,
                ready ? "true" : "false", ready ? "true" : "false", p.ns, p.name, e, b->uid, e, i,
                node, (char)('a' + node % 3));
  }
  ob_buf_adds(&b->text, "],\"ports\":[{\"name\":\"http\",\"port\":8080,\"protocol\":\"TCP\"}]}");
  end(s, b, SIM_SLICE, p.ns, name);
}

static void put_ingress(ob_sim *s, body *b, uint32_t i, uint32_t total) {
  place p = place_of(2 * i, total), q = place_of(2 * i + 1, total);
  uint32_t dice = ob_rng_below(&s->alloc.rng, 100);
  const char *second = dice ? (ob_streq(p.ns, q.ns) ? q.name : p.name) : "gone";
  begin(s, b, p.ns, p.name, p.labels);
  ob_buf_addf(
      &b->text,
      "\"spec\":{\"ingressClassName\":\"nginx\",%s%s%s\"rules\":[{\"host\":"
      "\"%s.%s.example.com\",\"http\":{\"paths\":["
      "{\"path\":\"/\",\"pathType\":\"Prefix\",\"backend\":{\"service\":{\"name\":\"%s\","
      "\"port\":{\"number\":80}}}},"
      "{\"path\":\"/api\",\"pathType\":\"Prefix\",\"backend\":{\"service\":{\"name\":\"%s\","
      "\"port\":{\"name\":\"http\"}}}}]}}]},\"status\":{\"loadBalancer\":{\"ingress\":[{"
      "\"ip\":\"203.0.113.10\"}]}}}",
      dice < 50 ? "\"tls\":[{\"secretName\":\"" : "", dice < 50 ? p.name : "",
      dice < 50 ? "-tls\"}]," : "", p.name, p.ns, p.name, second);
  end(s, b, SIM_INGRESS, p.ns, p.name);
}

static void put_node(ob_sim *s, body *b, uint32_t i) {
  char name[32], labels[256];
  snprintf(name, sizeof name, "node-%03u", i);
  snprintf(labels, sizeof labels,
           "\"kubernetes.io/hostname\":\"%s\",\"topology.kubernetes.io/region\":\"demo-1\","
           "\"topology.kubernetes.io/zone\":\"zone-%c\"",
           name, (char)('a' + i % 3));
  begin(s, b, NULL, name, labels);
  ob_buf_addf(&b->text,
              "\"spec\":{\"podCIDR\":\"10.244.%u.0/24\"},\"status\":{\"addresses\":[{\"type\":"
              "\"InternalIP\",\"address\":\"10.0.%u.%u\"},{\"type\":\"ExternalIP\",\"address\":"
              "\"198.51.100.%u\"},{\"type\":\"Hostname\",\"address\":\"%s\"}],\"conditions\":[{"
              "\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"KubeletReady\"}],\"nodeInfo\":{"
              "\"kubeletVersion\":\"v1.37.0\"}}}",
              i % 256, i / 250, 1 + i % 250, i % 256, name);
  end(s, b, SIM_NODE, NULL, name);
}

void sim_world_scale(ob_sim *s) {
  uint32_t n = s->opts.scale, nodes = n / 20, ports_left = SIM_PORTS_OF_WORLD;
  nodes = nodes < 20 ? 20 : nodes > 500 ? 500 : nodes;
  body b = {.text = OB_BUF_INIT(SIM_BODY_MAX)};
  for (uint32_t i = 0; i < n; i++) {
    place p = place_of(i, n);
    char labels[64];
    snprintf(labels, sizeof labels, "\"kubernetes.io/metadata.name\":\"%s\"", p.ns);
    if (sim_store_get(&s->store, SIM_NAMESPACE, NULL, p.ns)) continue;
    begin(s, &b, NULL, p.ns, labels);
    ob_buf_adds(&b.text,
                "\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{\"phase\":\"Active\"}}");
    end(s, &b, SIM_NAMESPACE, NULL, p.ns);
  }
  for (uint32_t i = 0; i < nodes; i++) put_node(s, &b, i);
  for (uint32_t i = 0; i < n; i++) put_service(s, &b, i, n, &ports_left);
  for (uint32_t i = 0; i < n; i++) put_slice(s, &b, i, n, nodes);
  for (uint32_t i = 0; i < n / 2; i++) put_ingress(s, &b, i, n);
  ob_buf_done(&b.text);
}

/* --- churn -------------------------------------------------------------------------------- */
static void flip_ready(ob_json *tree) {
  ob_json *c = sim_mut(ob_json_get(ob_json_first(ob_json_get(tree, "endpoints")), "conditions"));
  bool ready = ob_json_get_bool(c, "ready", true);
  if (!c) return;
  ob_json_put_bool(c, "ready", !ready);
  ob_json_put_bool(c, "serving", !ready);
}

static void label(ob_json *tree, uint32_t value) {
  char text[16];
  snprintf(text, sizeof text, "r%u", value);
  ob_json_put_str(ob_json_ensure_object(ob_json_ensure_object(tree, "metadata"), "labels"),
                  "revision", text);
}

static void move_address(ob_json *tree, uint32_t value) {
  char ip[32];
  ob_json *lb = ob_json_ensure_object(ob_json_ensure_object(tree, "status"), "loadBalancer");
  snprintf(ip, sizeof ip, "198.19.%u.%u", value / 250 % 250, 1 + value % 250);
  ob_json *list = ob_json_put(lb, "ingress", ob_json_new_array());
  ob_json_put_str(ob_json_push(list, ob_json_new_object()), "ip", ip);
}

void sim_world_churn(ob_sim *s, ob_rng *rng) {
  uint32_t dice = ob_rng_below(rng, 10), value = ob_rng_below(rng, 60000);
  sim_kind kind = dice < 6 ? SIM_SLICE : dice < 9 ? SIM_SERVICE : SIM_INGRESS;
  const sim_objects *all = &s->store.kinds[kind];
  if (!all->len) return;
  sim_object *o = all->at[ob_rng_below(rng, (uint32_t)all->len)];
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  bool lb = ob_streq(ob_json_get_str(ob_json_get(tree, "spec"), "type"), "LoadBalancer");
  if (kind == SIM_SLICE)
    flip_ready(tree);
  else if (lb && dice == 8)
    move_address(tree, value);
  else
    label(tree, value);
  sim_store_put(&s->store, kind, tree);
}
