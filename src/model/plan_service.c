/* A Service's steps. The server clears what a new type cannot have, so a patch says only what it
 * would not do by itself. A cluster IP, once set, cannot change, to or from "None" included: such a
 * Service goes through ExternalName, which releases the address and keeps the object, its uid and
 * its labels. Between the two steps its name resolves to a host that exists nowhere. */
#include "model/plan_priv.h"

#include "base/patch.h"
#include "model/tree.h"

/* RFC 2606: names below .invalid never resolve. */
#define PLACEHOLDER "outboard-is-changing-this-service.invalid"

static const char *type_of(const ob_json *service) {
  return ob_or(ob_json_get_str(ob_json_get(service, "spec"), "type"), "ClusterIP");
}

static bool external(const char *type) {
  return ob_streq(type, "NodePort") || ob_streq(type, "LoadBalancer");
}

void ob_service_clear(ob_json *io, const char *type) {
  ob_json *spec = ob_json_ensure_object(io, "spec");
  ob_json_put_str(spec, "type", type);
  if (ob_streq(type, "ExternalName")) {
    static const char *const addresses[] = {"clusterIP", "clusterIPs", "ipFamilies",
                                            "ipFamilyPolicy", "internalTrafficPolicy"};
    for (size_t i = 0; i < OB_LEN(addresses); i++) ob_json_remove(spec, addresses[i]);
  }
  bool balancer = ob_streq(type, "LoadBalancer");
  bool local = ob_streq(ob_json_get_str(spec, "externalTrafficPolicy"), "Local");
  if (!balancer || !local) ob_json_remove(spec, "healthCheckNodePort");
  if (!balancer) {
    ob_json_remove(spec, "allocateLoadBalancerNodePorts");
    ob_json_remove(spec, "loadBalancerClass");
  }
  if (external(type)) return;
  ob_json_remove(spec, "externalTrafficPolicy");
  ob_json *ports = ob_json_take(spec, "ports");
  ob_json *kept = ob_json_new_array();
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
    ob_json_remove(ob_json_push(kept, ob_json_dup(p)), "nodePort");
  if (ports)
    ob_json_put(spec, "ports", kept);
  else
    ob_json_free(kept);
  ob_json_free(ports);
}

static int64_t node_port_of(const ob_json *service, const ob_json *like) {
  const ob_json *ports = ob_json_at(service, "spec", "ports", NULL);
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p))
    if (ob_json_get_int(p, "port", 0) == ob_json_get_int(like, "port", -1) &&
        ob_streq(ob_or(ob_json_get_str(p, "protocol"), "TCP"),
                 ob_or(ob_json_get_str(like, "protocol"), "TCP")))
      return ob_json_get_int(p, "nodePort", 0);
  return 0;
}

void ob_service_keep(ob_json *io, const ob_json *now) {
  if (!external(type_of(io))) return;
  ob_json *spec = ob_json_get_mut(io, "spec");
  const char *policy = ob_json_get_str(ob_json_get(now, "spec"), "externalTrafficPolicy");
  if (!ob_json_get(spec, "externalTrafficPolicy"))
    ob_json_put_str(spec, "externalTrafficPolicy", policy);
  OB_AUTOPTR(ob_json) ports = ob_json_dup(ob_json_get(spec, "ports"));
  if (!ports) return;
  ob_json *kept = ob_json_put(spec, "ports", ob_json_new_array());
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) {
    ob_json *mine = ob_json_push(kept, ob_json_dup(p));
    int64_t had = ob_json_get_int(p, "nodePort", 0) ? 0 : node_port_of(now, p);
    if (had) ob_json_put_int(mine, "nodePort", had);
  }
}

static bool needs_hop(const ob_json *before, const ob_json *wanted) {
  if (ob_streq(type_of(before), "ExternalName") || ob_streq(type_of(wanted), "ExternalName"))
    return false;
  const char *was = ob_or(ob_json_get_str(ob_json_get(before, "spec"), "clusterIP"), "");
  const char *shall = ob_or(ob_json_get_str(ob_json_get(wanted, "spec"), "clusterIP"), "");
  return *was && strcmp(was, shall) != 0;
}

/* What the server keeps when a load balancer becomes something else, and then refuses. */
static void leave_balancer(ob_json *patch, ob_json *between) {
  static const char *const kept[] = {"loadBalancerSourceRanges", "loadBalancerIP"};
  ob_json *spec = ob_json_get_mut(between, "spec");
  for (size_t i = 0; i < OB_LEN(kept); i++) {
    if (!ob_json_get(spec, kept[i])) continue;
    ob_json_put(ob_json_ensure_object(patch, "spec"), kept[i], ob_json_new_null());
    ob_json_remove(spec, kept[i]);
  }
  ob_json *notes = ob_json_get_mut(ob_json_get_mut(between, "metadata"), "annotations");
  if (!ob_json_get(notes, OB_RANGES_ANNOTATION)) return;
  ob_json *meta = ob_json_ensure_object(patch, "metadata");
  ob_json_put(ob_json_ensure_object(meta, "annotations"), OB_RANGES_ANNOTATION, ob_json_new_null());
  ob_json_remove(notes, OB_RANGES_ANNOTATION);
}

static void hop(ob_edit *e, const ob_json *before, const ob_json *wanted) {
  OB_AUTOPTR(ob_json) between = ob_json_dup(before);
  ob_plan_step *first = ob_edit_add_step(
      e, OB_STEP_PATCH, "release the cluster IP: until the next step the name leads nowhere");
  first->body = ob_json_new_object();
  ob_json *spec = ob_json_ensure_object(first->body, "spec");
  ob_json_put_str(spec, "type", "ExternalName");
  ob_json_put_str(spec, "externalName", PLACEHOLDER);
  ob_service_clear(between, "ExternalName");
  leave_balancer(first->body, between);
  ob_json_put_str(ob_json_get_mut(between, "spec"), "externalName", PLACEHOLDER);
  OB_AUTOFREE char *title = ob_asprintf("become %s", type_of(wanted));
  /* Sent right behind the first step, on the version that it made: lists may go whole. */
  ob_plan_step_patch(ob_edit_add_step(e, OB_STEP_PATCH, title), between, wanted, true);
}

void ob_service_make_steps(ob_edit *e, const ob_json *before, const ob_json *wanted) {
  if (needs_hop(before, wanted)) {
    hop(e, before, wanted);
    return;
  }
  bool retyped = !ob_streq(type_of(before), type_of(wanted));
  OB_AUTOFREE char *title =
      retyped ? ob_asprintf("change the type from %s to %s", type_of(before), type_of(wanted))
              : ob_asprintf("change Service %s/%s", e->ns, e->name);
  OB_AUTOPTR(ob_json) base = ob_json_dup(before);
  if (retyped) {
    ob_service_clear(base, type_of(wanted));
    ob_json_put_str(ob_json_get_mut(base, "spec"), "type", type_of(before));
  }
  ob_plan_step_patch(ob_edit_add_step(e, OB_STEP_PATCH, title), base, wanted, false);
}

void ob_service_let_go(ob_json *io, const ob_json *held) {
  ob_json *spec = ob_json_get_mut(io, "spec");
  const ob_json *has = ob_json_get(held, "spec");
  const char *ip = ob_json_get_str(spec, "clusterIP");
  if (ip && strcmp(ip, "None") != 0 && ob_streq(ip, ob_json_get_str(has, "clusterIP"))) {
    ob_json_remove(spec, "clusterIP");
    ob_json_remove(spec, "clusterIPs");
  }
  OB_AUTOPTR(ob_json) ports = ob_json_take(spec, "ports");
  if (!ports) return;
  ob_json *kept = ob_json_put(spec, "ports", ob_json_new_array());
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) {
    ob_json *mine = ob_json_push(kept, ob_json_dup(p));
    int64_t port = ob_json_get_int(p, "nodePort", 0);
    if (port && node_port_of(held, p) == port) ob_json_remove(mine, "nodePort");
  }
  int64_t check = ob_json_get_int(spec, "healthCheckNodePort", 0);
  if (check && check == ob_json_get_int(has, "healthCheckNodePort", 0))
    ob_json_remove(spec, "healthCheckNodePort");
}

/* --- where the two steps are refused ------------------------------------------------------------
 */
static bool hops(const ob_edit *e) {
  return e->kind == OB_KIND_SERVICE && e->nsteps > 1 && !e->recreate;
}

bool ob_plan_hops(const ob_plan *p) {
  for (size_t i = 0; i < p->nedits; i++)
    if (hops(&p->edits[i])) return true;
  return false;
}

int ob_plan_recreate(ob_plan **ret, const ob_plan *p, ob_err *err) {
  *ret = NULL;
  if (!ob_plan_hops(p)) {
    ob_fail(err, OB_EINVALID, "%s: it goes in place, and nothing has to be deleted for it",
            p->title);
    return ob_hint(err, "do it without --recreate");
  }
  OB_AUTOFREE char *title = ob_asprintf("%s, by deletion and creation", p->title);
  OB_AUTOPTR(ob_plan) out = ob_plan_new(title);
  out->finishes = p->finishes;
  ob_plan_warn_again(out, p, true);
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *x = &p->edits[i];
    int rc = ob_plan_add(out, x->kind, x->before, x->wanted, err);
    if (rc) return rc;
    ob_edit *e = &out->edits[out->nedits - 1];
    if (x->origin) e->origin = ob_json_dup(x->origin);
    if (hops(x)) ob_service_warn_recreated(out, x->before);
    if (hops(x) || x->recreate) ob_edit_recreate(e);
  }
  *ret = ob_take(out);
  return 0;
}
