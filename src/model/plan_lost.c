/* What a change of a Service gives up and what it asks for, from the two objects alone: the same
 * for conversions, undoing, and objects edited by hand. */
#include "model/plan_priv.h"

#include "model/tree.h"

static bool has_node_port(const ob_json *service, int64_t number) {
  const ob_json *ports = ob_json_at(service, "spec", "ports", NULL);
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
    if (ob_json_get_int(p, "nodePort", 0) == number) return true;
  return false;
}

/* Of node ports that one side has and the other has not. */
static void each_node_port(const ob_json *of, const ob_json *not_in, ob_plan *p, ob_warn level,
                           const char *fmt_before, const char *fmt_after) {
  const ob_json *ports = ob_json_at(of, "spec", "ports", NULL);
  for (const ob_json *q = ob_json_first(ports); q; q = ob_json_next(q)) {
    int64_t port = ob_json_get_int(q, "nodePort", 0);
    if (port && !has_node_port(not_in, port))
      ob_plan_warn(p, level, "%s %lld %s", fmt_before, (long long)port, fmt_after);
  }
}

char *ob_service_address(const ob_json *service) {
  const ob_json *lb = ob_json_at(service, "status", "loadBalancer", "ingress", NULL);
  const ob_json *i = ob_json_first(lb);
  const char *at = ob_or(ob_json_get_str(i, "ip"), ob_json_get_str(i, "hostname"));
  return at ? ob_strdup(at) : NULL;
}

static const char to_headless[] =
    "Two steps with an interruption between them: the cluster IP is released, and the name "
    "resolves "
    "to nothing until the second step is done (moments, if all is well). If the second is refused, "
    "the first is undone.";
static const char from_headless[] =
    "Two steps with a short interruption of the name between them; a StatefulSet that uses this "
    "service as its serviceName loses the names of its pods.";

static void warn_hop(ob_plan *p, ob_service_type from, ob_service_type to) {
  bool in = from == OB_CLUSTER_IP || from == OB_NODE_PORT || from == OB_LOAD_BALANCER;
  if (to == OB_HEADLESS && in) ob_plan_warn(p, OB_WARN_LOSS, "%s", to_headless);
  if (from == OB_HEADLESS && to != OB_EXTERNAL_NAME && to != OB_HEADLESS)
    ob_plan_warn(p, OB_WARN_CARE, "%s", from_headless);
}

void ob_plan_warn_again(ob_plan *p, const ob_plan *from, bool without_hops) {
  for (size_t i = 0; i < from->nwarnings; i++) {
    const char *text = from->warnings[i].text;
    bool of_hops = ob_streq(text, to_headless) || ob_streq(text, from_headless);
    if (!of_hops || !without_hops) ob_plan_warn(p, from->warnings[i].level, "%s", text);
  }
}

static void add_names(ob_buf *out, const ob_json *list, const char *key) {
  for (const ob_json *x = ob_json_first(list); x; x = ob_json_next(x)) {
    ob_buf_adds(out, out->len ? ", " : "");
    if (key) ob_buf_addf(out, "%s ", ob_or(ob_json_get_str(x, "kind"), "?"));
    ob_buf_adds(out, ob_or(key ? ob_json_get_str(x, key) : ob_json_str(x), "?"));
  }
}

void ob_service_warn_recreated(ob_plan *p, const ob_json *before) {
  const ob_json *spec = ob_json_get(before, "spec"), *meta = ob_json_get(before, "metadata");
  const char *ip = ob_or(ob_json_get_str(spec, "clusterIP"), "");
  ob_plan_warn(
      p, OB_WARN_LOSS,
      "It is deleted and created anew: its uid %s is gone, with its status and its age, and "
      "what refers to it by the uid does not find it again.",
      ob_tree_uid(before));
  ob_plan_warn(
      p, OB_WARN_LOSS,
      "Between the two its name resolves to nothing, and its endpoints are collected anew "
      "afterwards: whoever uses it is interrupted. If the creation is refused, the old one "
      "is created again, as far as its addresses can be had.");
  if (*ip && strcmp(ip, "None") != 0)
    ob_plan_warn(p, OB_WARN_LOSS,
                 "Its cluster IP %s is given up; another service may get it, and taking this back "
                 "asks for it.",
                 ip);
  if (ob_json_len(ob_json_get(spec, "selector")) == 0)
    ob_plan_warn(p, OB_WARN_LOSS,
                 "It has no selector: Endpoints that somebody wrote for it go with it, and do not "
                 "come back.");
  OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
  add_names(&names, ob_json_get(meta, "finalizers"), NULL);
  if (names.len)
    ob_plan_warn(
        p, OB_WARN_LOSS,
        "It goes only when its finalizers let it (%s), which cannot be called off; they are "
        "not set again.",
        ob_buf_str(&names));
  ob_buf_reset(&names);
  add_names(&names, ob_json_get(meta, "ownerReferences"), "name");
  if (names.len)
    ob_plan_warn(p, OB_WARN_CARE,
                 "It belongs to %s: the reference is written again, but its owner may create one "
                 "itself meanwhile, which then stays.",
                 ob_buf_str(&names));
}

void ob_service_warn_lost(ob_plan *p, const ob_json *before, const ob_json *wanted) {
  const ob_json *spec = ob_json_get(before, "spec");
  ob_service_type from = ob_service_type_now(spec);
  ob_service_type to = wanted ? ob_service_type_now(ob_json_get(wanted, "spec")) : OB_TYPE_UNKNOWN;
  if (from == OB_LOAD_BALANCER && to != OB_LOAD_BALANCER) {
    const ob_json *lb = ob_json_at(before, "status", "loadBalancer", "ingress", NULL);
    for (const ob_json *i = ob_json_first(lb); i; i = ob_json_next(i))
      ob_plan_warn(p, OB_WARN_LOSS,
                   "The load balancer's address %s is given up; who uses it loses the service, and "
                   "another one may come when this is taken back.",
                   ob_or(ob_json_get_str(i, "ip"), ob_or(ob_json_get_str(i, "hostname"), "?")));
    if (wanted && ob_json_len(ob_json_get(spec, "loadBalancerSourceRanges")))
      ob_plan_warn(p, OB_WARN_CARE, "Its source ranges go with it.");
  }
  each_node_port(
      before, wanted, p, OB_WARN_LOSS, "Node port",
      "is given up; taking this back asks for the same number, which another service may "
      "have by then.");
  if (wanted) warn_hop(p, from, to);
}

void ob_service_warn_asked(ob_plan *p, const ob_json *before, const ob_json *wanted,
                           const char *address) {
  each_node_port(wanted, before, p, OB_WARN_NOTE, "Node port",
                 "is asked for by its number: the server refuses when another service has it by "
                 "now.");
  const ob_json *spec = ob_json_get(wanted, "spec");
  const char *ip = ob_or(ob_json_get_str(spec, "clusterIP"), "None");
  const char *has = ob_or(ob_json_get_str(ob_json_get(before, "spec"), "clusterIP"), "");
  if (strcmp(ip, "None") != 0 && strcmp(ip, has) != 0)
    ob_plan_warn(p, OB_WARN_NOTE,
                 "Cluster IP %s is asked for again: the server refuses when another service has it "
                 "by now.",
                 ip);
  bool balancer = ob_service_type_now(spec) == OB_LOAD_BALANCER;
  if (balancer && address && ob_service_type_now(ob_json_get(before, "spec")) != OB_LOAD_BALANCER)
    ob_plan_warn(p, OB_WARN_CARE,
                 "The load balancer had the address %s: the provider may give another one.",
                 address);
}
