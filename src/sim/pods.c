/* Deployments keep pods, pods make endpoints. How a pod ends up is told by an annotation of its
 * Deployment's template, "demo.outboard.dev/fate": nothing (ready), `crashloop`, `unready` or
 * `unschedulable`.
 * Source: kubernetes pkg/controller/{deployment,endpointslice}. */
#include "base/str.h"
#include "sim/control.h"
#include "sim/select.h"
#include "sim/service.h"
#include <stdio.h>

static const char fate_key[] = "demo.outboard.dev/fate";
static const char managed_by[] = "endpointslice.kubernetes.io/managed-by";
static const char own_slices[] = "endpointslice-controller.k8s.io";

static ob_json *owner_ref(const char *api, const char *kind, const char *name, const char *uid) {
  ob_json *list = ob_json_new_array(), *o = ob_json_push(list, ob_json_new_object());
  ob_json_put_str(o, "apiVersion", api);
  ob_json_put_str(o, "kind", kind);
  ob_json_put_str(o, "name", name);
  ob_json_put_str(o, "uid", uid);
  ob_json_put_bool(o, "controller", true);
  return list;
}

/* --- pods ------------------------------------------------------------------------------ */
static void put_condition(ob_json *list, const char *type, bool on, const char *time) {
  ob_json *c = ob_json_push(list, ob_json_new_object());
  ob_json_put_str(c, "type", type);
  ob_json_put_str(c, "status", on ? "True" : "False");
  ob_json_put_str(c, "lastTransitionTime", time);
}

static void put_status(ob_json *pod, bool ready, int64_t restarts, const char *waiting) {
  char now[OB_TIME_TEXT];
  ob_time_text(now, ob_wall_ms());
  ob_json *st = ob_json_ensure_object(pod, "status");
  ob_json_put_str(st, "phase",
                  waiting && ob_streq(waiting, "ContainerCreating") ? "Pending" : "Running");
  ob_json *conditions = ob_json_put(st, "conditions", ob_json_new_array());
  put_condition(conditions, "PodScheduled", true, now);
  put_condition(conditions, "ContainersReady", ready, now);
  put_condition(conditions, "Ready", ready, now);
  ob_json *list = ob_json_put(st, "containerStatuses", ob_json_new_array());
  for (const ob_json *c = ob_json_first(ob_json_at(pod, "spec", "containers", NULL)); c;
       c = ob_json_next(c)) {
    ob_json *cs = ob_json_push(list, ob_json_new_object());
    ob_json_put_str(cs, "name", sim_str(c, "name"));
    ob_json_put_str(cs, "image", sim_str(c, "image"));
    ob_json_put_bool(cs, "ready", ready);
    ob_json_put_int(cs, "restartCount", restarts);
    ob_json *state = ob_json_ensure_object(cs, "state");
    if (waiting)
      ob_json_put_str(ob_json_ensure_object(state, "waiting"), "reason", waiting);
    else
      ob_json_put_str(ob_json_ensure_object(state, "running"), "startedAt", now);
  }
}

static void put_addresses(ob_sim *s, ob_json *pod, size_t node) {
  uint32_t host = 2 + ob_rng_below(&s->alloc.rng, 250);
  ob_json *st = ob_json_ensure_object(pod, "status");
  ob_json *list = ob_json_put(st, "podIPs", ob_json_new_array());
  for (size_t i = 0; i < 2; i++) {
    char ip[64];
    snprintf(ip, sizeof ip, i ? "fd00:10:244:%zu::%x" : "10.244.%zu.%u", node, host);
    ob_json_put_str(ob_json_push(list, ob_json_new_object()), "ip", ip);
    if (i == 0) ob_json_put_str(st, "podIP", ip);
  }
  const sim_object *n = s->store.kinds[SIM_NODE].at[node];
  ob_json_put_str(ob_json_ensure_object(pod, "spec"), "nodeName", n->name);
}

static const char *fate_of(const ob_json *pod) {
  return sim_str(ob_json_at(pod, "metadata", "annotations", NULL), fate_key);
}

static void start_containers(ob_json *pod) {
  const char *fate = fate_of(pod);
  bool crash = ob_streq(fate, "crashloop");
  put_status(pod, !*fate, crash ? 17 : 0, crash ? "CrashLoopBackOff" : NULL);
}

static void new_pod(ob_sim *s, const char *ns, const ob_json *deploy, size_t i, bool settled) {
  const ob_json *meta = ob_json_get(deploy, "metadata");
  const ob_json *template = ob_json_at(deploy, "spec", "template", NULL);
  size_t nodes = s->store.kinds[SIM_NODE].len;
  ob_json *pod = ob_json_new_object(), *m = ob_json_ensure_object(pod, "metadata");
  OB_AUTOFREE char *base = ob_asprintf("%s-%.8s-", sim_str(meta, "name"), sim_str(meta, "uid"));
  ob_json_put_str(m, "generateName", base);
  ob_json_put_str(m, "namespace", ns);
  static const char *const members[] = {"labels", "annotations"};
  for (size_t k = 0; k < OB_LEN(members); k++)
    if (ob_json_at(template, "metadata", members[k], NULL))
      ob_json_put(m, members[k], ob_json_dup(ob_json_at(template, "metadata", members[k], NULL)));
  ob_json_put(m, "ownerReferences",
              owner_ref("apps/v1", "Deployment", sim_str(meta, "name"), sim_str(meta, "uid")));
  if (settled) ob_json_put_str(m, "creationTimestamp", sim_str(meta, "creationTimestamp"));
  ob_json_put(pod, "spec", ob_json_dup(ob_json_get(template, "spec")));
  if (ob_streq(fate_of(pod), "unschedulable") || !nodes) {
    ob_json_put_str(ob_json_ensure_object(pod, "status"), "phase", "Pending");
  } else {
    size_t spread = i + (size_t)(ob_json_len(ob_json_get(meta, "labels")) + strlen(base));
    put_addresses(s, pod, settled ? spread % nodes : ob_rng_below(&s->alloc.rng, (uint32_t)nodes));
    put_status(pod, false, 0, "ContainerCreating");
    if (settled) start_containers(pod);
  }
  sim_control_write(s, SIM_POD, NULL, pod);
}

void sim_pod_settle(ob_sim *s, const char *ns, const char *name) {
  const sim_object *o = sim_store_get(&s->store, SIM_POD, ns, name);
  if (!o) return;
  OB_AUTOPTR(ob_json) pod = sim_object_tree(o);
  if (ob_json_at(pod, "metadata", "deletionTimestamp", NULL) ||
      ob_streq(fate_of(pod), "unschedulable"))
    return;
  if (!*sim_str(ob_json_get(pod, "spec"), "nodeName") && s->store.kinds[SIM_NODE].len)
    put_addresses(s, pod, ob_rng_below(&s->alloc.rng, (uint32_t)s->store.kinds[SIM_NODE].len));
  start_containers(pod);
  sim_control_write(s, SIM_POD, o, ob_take(pod));
}

void sim_pod_end(ob_sim *s, sim_object *o) {
  char now[OB_TIME_TEXT];
  OB_AUTOPTR(ob_json) pod = sim_object_tree(o);
  ob_json *meta = ob_json_ensure_object(pod, "metadata");
  if (ob_json_get(meta, "deletionTimestamp")) return;
  ob_json_put_str(meta, "deletionTimestamp", ob_time_text(now, ob_wall_ms()));
  ob_json_put_int(meta, "deletionGracePeriodSeconds", 3);
  sim_control_write(s, SIM_POD, o, ob_take(pod));
}

/* --- deployments ------------------------------------------------------------------------ */
typedef struct census {
  size_t active, ready;
  sim_object *last; /* an active one, borrowed */
} census;

static census count_pods(ob_sim *s, const char *ns, const char *owner_uid) {
  census n = {0};
  const sim_objects *pods = &s->store.kinds[SIM_POD];
  OB_AUTOFREE char *prefix = ob_asprintf("%s/", ns);
  for (size_t i = sim_store_lower(pods, prefix);
       i < pods->len && ob_starts(pods->at[i]->key, prefix); i++) {
    OB_AUTOPTR(ob_json) pod = sim_object_tree(pods->at[i]);
    const ob_json *meta = ob_json_get(pod, "metadata");
    if (!ob_streq(sim_str(ob_json_first(ob_json_get(meta, "ownerReferences")), "uid"), owner_uid) ||
        ob_json_get(meta, "deletionTimestamp"))
      continue;
    n.active++;
    n.last = pods->at[i];
    n.ready += ob_json_get_bool(ob_json_first(ob_json_at(pod, "status", "containerStatuses", NULL)),
                                "ready", false);
  }
  return n;
}

void sim_sync_deployment(ob_sim *s, const char *ns, const char *name, bool settled) {
  const sim_object *o = sim_store_get(&s->store, SIM_DEPLOYMENT, ns, name);
  if (!o) return;
  OB_AUTOPTR(ob_json) deploy = sim_object_tree(o);
  OB_AUTOFREE char *uid = ob_strdup(sim_str(ob_json_get(deploy, "metadata"), "uid"));
  int64_t want = ob_json_get_int(ob_json_get(deploy, "spec"), "replicas", 1);
  enum { SIM_REPLICAS_MAX = 500 }; /* a typing error must not fill the memory */
  if (want > SIM_REPLICAS_MAX) want = SIM_REPLICAS_MAX;
  census now = count_pods(s, ns, uid);
  for (size_t i = now.active; (int64_t)i < want; i++) new_pod(s, ns, deploy, i, settled);
  if ((int64_t)now.active > want) sim_pod_end(s, now.last); /* its event brings us back */
  now = count_pods(s, ns, uid);
  ob_json *st = ob_json_ensure_object(deploy, "status");
  ob_json_put_int(st, "observedGeneration",
                  ob_json_get_int(ob_json_get(deploy, "metadata"), "generation", 1));
  ob_json_put_int(st, "replicas", (int64_t)now.active);
  ob_json_put_int(st, "updatedReplicas", (int64_t)now.active);
  ob_json_put_int(st, "readyReplicas", (int64_t)now.ready);
  ob_json_put_int(st, "availableReplicas", (int64_t)now.ready);
  sim_control_write(s, SIM_DEPLOYMENT, o, ob_take(deploy));
}

void sim_orphans_end(ob_sim *s, const char *ns, const char *owner_uid) {
  for (census n = count_pods(s, ns, owner_uid); n.last; n = count_pods(s, ns, owner_uid))
    sim_pod_end(s, n.last);
}

/* --- slices ----------------------------------------------------------------------------- */
static bool pod_ready(const ob_json *pod) {
  for (const ob_json *c = ob_json_first(ob_json_at(pod, "status", "conditions", NULL)); c;
       c = ob_json_next(c))
    if (ob_streq(sim_str(c, "type"), "Ready")) return ob_streq(sim_str(c, "status"), "True");
  return false;
}

static const char *pod_ip(const ob_json *pod, int family) {
  for (const ob_json *i = ob_json_first(ob_json_at(pod, "status", "podIPs", NULL)); i;
       i = ob_json_next(i)) {
    int of = 0;
    if (sim_is_ip(sim_str(i, "ip"), &of) && of == family) return sim_str(i, "ip");
  }
  return "";
}

static void add_endpoint(ob_sim *s, ob_json *list, const ob_json *pod, const ob_json *spec,
                         int family) {
  const ob_json *meta = ob_json_get(pod, "metadata");
  const char *ip = pod_ip(pod, family), *node = sim_str(ob_json_get(pod, "spec"), "nodeName");
  if (!*ip) return;
  bool serving = pod_ready(pod), ending = ob_json_get(meta, "deletionTimestamp") != NULL;
  bool ready = (serving && !ending) || ob_json_get_bool(spec, "publishNotReadyAddresses", false);
  ob_json *e = ob_json_push(list, ob_json_new_object());
  ob_json_push(ob_json_put(e, "addresses", ob_json_new_array()), ob_json_new_str(ip));
  ob_json *c = ob_json_ensure_object(e, "conditions");
  ob_json_put_bool(c, "ready", ready);
  ob_json_put_bool(c, "serving", serving);
  ob_json_put_bool(c, "terminating", ending);
  ob_json *ref = ob_json_ensure_object(e, "targetRef");
  ob_json_put_str(ref, "kind", "Pod");
  ob_json_put_str(ref, "namespace", sim_str(meta, "namespace"));
  ob_json_put_str(ref, "name", sim_str(meta, "name"));
  ob_json_put_str(ref, "uid", sim_str(meta, "uid"));
  ob_json_put_str(e, "nodeName", node);
  const sim_object *n = sim_store_get(&s->store, SIM_NODE, NULL, node);
  OB_AUTOPTR(ob_json) host = n ? sim_object_tree(n) : NULL;
  ob_json_put_str(
      e, "zone",
      ob_json_get_str(ob_json_at(host, "metadata", "labels", NULL), "topology.kubernetes.io/zone"));
}

/* A target port as a number: its own, or the container port of that name. 0: no such port. */
static int64_t resolve_port(const ob_json *target, const ob_json *pod) {
  int64_t n = 0;
  if (ob_json_int(target, &n)) return n;
  for (const ob_json *c = ob_json_first(ob_json_at(pod, "spec", "containers", NULL)); c;
       c = ob_json_next(c))
    for (const ob_json *p = ob_json_first(ob_json_get(c, "ports")); p; p = ob_json_next(p))
      if (ob_streq(sim_str(p, "name"), ob_json_str(target)))
        return ob_json_get_int(p, "containerPort", 0);
  return 0;
}

static void fill_slice(ob_sim *s, ob_json *slice, const char *ns, const ob_json *spec, int family) {
  ob_json *endpoints = ob_json_put(slice, "endpoints", ob_json_new_array());
  ob_json *ports = ob_json_put(slice, "ports", ob_json_new_array());
  const sim_objects *pods = &s->store.kinds[SIM_POD];
  OB_AUTOFREE char *prefix = ob_asprintf("%s/", ns);
  OB_AUTOPTR(ob_json) any = NULL; /* all pods of a service are taken to have the same ports */
  for (size_t i = sim_store_lower(pods, prefix);
       i < pods->len && ob_starts(pods->at[i]->key, prefix); i++) {
    OB_AUTOPTR(ob_json) pod = sim_object_tree(pods->at[i]);
    if (!sim_labels_match(ob_json_get(spec, "selector"),
                          ob_json_at(pod, "metadata", "labels", NULL)))
      continue;
    add_endpoint(s, endpoints, pod, spec, family);
    if (!any) any = ob_take(pod);
  }
  for (const ob_json *p = ob_json_first(ob_json_get(spec, "ports")); p && any;
       p = ob_json_next(p)) {
    int64_t n = resolve_port(ob_json_get(p, "targetPort"), any);
    if (!n) continue;
    ob_json *out = ob_json_push(ports, ob_json_new_object());
    ob_json_put_str(out, "name", sim_str(p, "name"));
    ob_json_put_int(out, "port", n);
    ob_json_put_str(out, "protocol", sim_str(p, "protocol"));
  }
}

static void sync_family(ob_sim *s, const char *ns, const char *service, const ob_json *tree,
                        int family) {
  OB_AUTOFREE char *name = ob_asprintf("%s-v%dslc", service, family);
  sim_object *old = sim_store_get(&s->store, SIM_SLICE, ns, name);
  const ob_json *spec = ob_json_get(tree, "spec"), *meta = ob_json_get(tree, "metadata");
  OB_AUTOPTR(ob_json) slice = old ? sim_object_tree(old) : ob_json_new_object();
  bool wanted = false;
  for (const ob_json *f = ob_json_first(ob_json_get(spec, "ipFamilies")); f; f = ob_json_next(f))
    wanted = wanted || ob_streq(ob_json_str(f), family == 4 ? "IPv4" : "IPv6");
  if (!wanted || !ob_json_len(ob_json_get(spec, "selector"))) {
    const ob_json *by = ob_json_at(slice, "metadata", "labels", NULL);
    if (old && ob_streq(sim_str(by, managed_by), own_slices)) sim_store_delete(&s->store, old);
    return;
  }
  ob_json *m = ob_json_ensure_object(slice, "metadata");
  ob_json_put_str(m, "name", name);
  ob_json_put_str(m, "namespace", ns);
  ob_json *labels = ob_json_ensure_object(m, "labels");
  ob_json_put_str(labels, "kubernetes.io/service-name", service);
  ob_json_put_str(labels, managed_by, own_slices);
  if (!old) ob_json_put_str(m, "creationTimestamp", sim_str(meta, "creationTimestamp"));
  ob_json_put(m, "ownerReferences", owner_ref("v1", "Service", service, sim_str(meta, "uid")));
  ob_json_put_str(slice, "addressType", family == 4 ? "IPv4" : "IPv6");
  fill_slice(s, slice, ns, spec, family);
  sim_control_write(s, SIM_SLICE, old, ob_take(slice));
}

/* A grown world brings its slices and has no pods: there is nothing to follow. */
static bool follows(const ob_sim *s) {
  return !s->opts.scale;
}

void sim_sync_slices(ob_sim *s, const char *ns, const char *service) {
  const sim_object *o = sim_store_get(&s->store, SIM_SERVICE, ns, service);
  OB_AUTOPTR(ob_json) tree = o ? sim_object_tree(o) : ob_json_new_object();
  if (!follows(s)) return;
  sync_family(s, ns, service, tree, 4);
  sync_family(s, ns, service, tree, 6);
}

void sim_sync_services_of(ob_sim *s, const char *ns, const ob_json *labels) {
  const sim_objects *all = &s->store.kinds[SIM_SERVICE];
  OB_AUTOFREE char *prefix = ob_asprintf("%s/", ns);
  for (size_t i = sim_store_lower(all, prefix);
       follows(s) && i < all->len && ob_starts(all->at[i]->key, prefix); i++) {
    OB_AUTOPTR(ob_json) tree = sim_object_tree(all->at[i]);
    if (sim_labels_match(ob_json_at(tree, "spec", "selector", NULL), labels))
      sim_sync_slices(s, ns, all->at[i]->name);
  }
}
