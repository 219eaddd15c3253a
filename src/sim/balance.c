/* Addresses: what a cloud controller, MetalLB and the ingress controllers would write, and the
 * Events that say why there is none. A class that nobody serves gets silence, as in real life. */
#include "base/str.h"
#include "sim/control.h"
#include "sim/service.h"
#include <stdio.h>

enum { SIM_EVENTS_MAX = 2000 };

static const char *const known_classes[] = {"", "metallb.io/metallb"};
/* Controllers of IngressClasses that run here, and where they are reached. */
static const struct {
  const char *controller, *ip;
} ingress_controllers[] = {{"k8s.io/ingress-nginx", "203.0.113.10"},
                           {"traefik.io/ingress-controller", "203.0.113.11"}};

void sim_emit(ob_sim *s, const sim_object *about, const char *type, const char *reason,
              const char *source, const char *message) {
  OB_AUTOPTR(ob_json) tree = sim_object_tree(about);
  const ob_json *meta = ob_json_get(tree, "metadata");
  const sim_kind_info *k = &sim_kinds[about->kind];
  char now[OB_TIME_TEXT];
  OB_AUTOFREE char *base = ob_asprintf("%s-", about->name);
  OB_AUTOFREE char *ns = about->nns ? ob_strndup(about->key, about->nns) : ob_strdup("default");
  ob_time_text(now, ob_wall_ms());
  if (s->store.kinds[SIM_EVENT].len >= SIM_EVENTS_MAX)
    sim_store_delete(&s->store, s->store.kinds[SIM_EVENT].at[0]);
  ob_json *e = ob_json_new_object();
  ob_json *m = ob_json_ensure_object(e, "metadata");
  ob_json_put_str(m, "generateName", base);
  ob_json_put_str(m, "namespace", ns);
  ob_json *o = ob_json_ensure_object(e, "involvedObject");
  ob_json_put_str(o, "kind", k->kind);
  if (about->nns) ob_json_put_str(o, "namespace", ns);
  ob_json_put_str(o, "name", about->name);
  ob_json_put_str(o, "uid", sim_str(meta, "uid"));
  ob_json_put_str(o, "apiVersion", k->group_version);
  ob_json_put_str(o, "resourceVersion", sim_str(meta, "resourceVersion"));
  ob_json_put_str(e, "reason", reason);
  ob_json_put_str(e, "message", message);
  ob_json_put_str(ob_json_ensure_object(e, "source"), "component", source);
  ob_json_put_str(e, "firstTimestamp", now);
  ob_json_put_str(e, "lastTimestamp", now);
  ob_json_put_int(e, "count", 1);
  ob_json_put_str(e, "type", type);
  ob_json_put_str(e, "reportingComponent", source);
  ob_json_put_str(e, "reportingInstance", "");
  sim_control_write(s, SIM_EVENT, NULL, e);
}

static void set_address(ob_json *tree, const char *member, const char *value, bool service) {
  ob_json *lb = ob_json_ensure_object(ob_json_ensure_object(tree, "status"), "loadBalancer");
  ob_json *one =
      ob_json_push(ob_json_put(lb, "ingress", ob_json_new_array()), ob_json_new_object());
  ob_json_put_str(one, member, value);
  if (service && ob_streq(member, "ip")) ob_json_put_str(one, "ipMode", "VIP");
}

static bool known_class(const char *name) {
  for (size_t i = 0; i < OB_LEN(known_classes); i++)
    if (ob_streq(known_classes[i], name)) return true;
  return false;
}

/* The address that the service asked for, or the first one that no other has. */
static void pick_address(ob_sim *s, const ob_json *spec, bool internal, char out[64]) {
  OB_AUTO(ob_buf) taken = OB_BUF_INIT(SIM_RESPONSE_MAX);
  const char *wanted = sim_str(spec, "loadBalancerIP");
  for (size_t i = 0; i < s->store.kinds[SIM_SERVICE].len; i++) {
    const sim_object *o = s->store.kinds[SIM_SERVICE].at[i];
    const char *at = strstr(o->body, "\"ingress\":[{\"ip\":\"");
    if (at) ob_buf_add(&taken, at + 17, strcspn(at + 18, "\"") + 2);
  }
  for (int n = 20; n < 65000; n++) {
    if (*wanted && n == 20)
      snprintf(out, 64, "%s", wanted);
    else if (internal)
      snprintf(out, 64, "10.0.%d.%d", 64 + n / 250, 1 + n % 250);
    else
      snprintf(out, 64, n < 250 ? "203.0.%d.%d" : "198.18.%d.%d", n < 250 ? 113 : n / 250,
               n < 250 ? n : n % 250);
    OB_AUTOFREE char *quoted = ob_asprintf("\"%s\"", out);
    if (!strstr(ob_buf_str(&taken), quoted)) return;
  }
}

void sim_balance(ob_sim *s, const char *ns, const char *service) {
  const sim_object *o = sim_store_get(&s->store, SIM_SERVICE, ns, service);
  if (!o) return;
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  const ob_json *spec = ob_json_get(tree, "spec");
  const ob_json *notes = ob_json_at(tree, "metadata", "annotations", NULL);
  if (sim_service_type(spec) != SIM_T_LOAD_BALANCER ||
      ob_json_len(ob_json_at(tree, "status", "loadBalancer", "ingress", NULL)) ||
      !known_class(sim_str(spec, "loadBalancerClass")))
    return;
  if (ob_streq(sim_str(notes, "metallb.io/address-pool"), "reserved")) {
    sim_emit(s, o, "Warning", "AllocationFailed", "metallb-controller",
             "Failed to allocate IP: no available IPs in pool \"reserved\"");
    return;
  }
  bool internal =
      ob_streq(sim_str(notes, "service.beta.kubernetes.io/azure-load-balancer-internal"), "true") ||
      ob_streq(sim_str(notes, "networking.gke.io/load-balancer-type"), "Internal");
  char text[64];
  if (ob_streq(sim_str(notes, "service.beta.kubernetes.io/aws-load-balancer-type"), "external")) {
    snprintf(text, sizeof text, "k8s-%.20s-%.20s.elb.example.com", ns, service);
    set_address(tree, "hostname", text, true);
  } else {
    pick_address(s, spec, internal, text);
    set_address(tree, "ip", text, true);
  }
  OB_AUTOFREE char *message = ob_asprintf("Assigned IP [\"%s\"]", text);
  sim_object *keep = sim_object_ref(o);
  sim_control_write(s, SIM_SERVICE, o, ob_take(tree));
  sim_emit(s, keep, "Normal", "IPAllocated", "metallb-controller", message);
  sim_object_unref(keep);
}

void sim_publish(ob_sim *s, const char *ns, const char *ingress) {
  const sim_object *o = sim_store_get(&s->store, SIM_INGRESS, ns, ingress);
  if (!o) return;
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  const ob_json *notes = ob_json_at(tree, "metadata", "annotations", NULL);
  const char *name = sim_str(ob_json_get(tree, "spec"), "ingressClassName");
  if (!*name) name = sim_str(notes, "kubernetes.io/ingress.class");
  const sim_object *class = sim_store_get(&s->store, SIM_CLASS, NULL, name);
  if (!class || ob_json_len(ob_json_at(tree, "status", "loadBalancer", "ingress", NULL))) return;
  OB_AUTOPTR(ob_json) of = sim_object_tree(class);
  const char *controller = sim_str(ob_json_get(of, "spec"), "controller");
  for (size_t i = 0; i < OB_LEN(ingress_controllers); i++) {
    if (!ob_streq(ingress_controllers[i].controller, controller)) continue;
    set_address(tree, "ip", ingress_controllers[i].ip, false);
    sim_object *keep = sim_object_ref(o);
    sim_control_write(s, SIM_INGRESS, o, ob_take(tree));
    sim_emit(s, keep, "Normal", "Sync", "nginx-ingress-controller", "Scheduled for sync");
    sim_object_unref(keep);
    return;
  }
}
