/* The audit's rules: one row each. A check adds findings about one object.
 *
 * Rule 0: unknown is not missing. Where a kind that the check needs is loading, forbidden or not
 * installed, the finding is `unverified`, never an accusation. */
#include "outboard/view.h"

#include "base/mem.h"
#include "base/str.h"
#include <stdio.h>

enum { PENDING_MS = 5 * 60 * 1000 };

const ob_audit_rule ob_audit_rules[] = {
    {"I01", OB_SEV_HIGH, "backend service missing", "Requests that match the rule get an error page.",
     "Create the Service, or point the rule at one that exists."},
    {"I02", OB_SEV_HIGH, "backend port missing on the service", "The controller cannot tell where to send requests.",
     "Use a port that the Service has, by its name or its number."},
    {"I03", OB_SEV_HIGH, "backend has no ready endpoint", "Requests that match the rule get a 502 or 503.",
     "Look at the pods behind the Service: why is none of them ready?"},
    {"S03", OB_SEV_HIGH, "no ready endpoint", "The address answers nobody.",
     "Look at the pods that the Service selects: is there any, and is it ready?"},
    {"S14", OB_SEV_HIGH, "load balancer without an address", "Nobody outside can reach the Service this way.",
     "Look at the Service's events; check that something serves its load balancer class."},
};
const size_t ob_audit_nrules = OB_LEN(ob_audit_rules);
enum { I01, I02, I03, S03, S14 };

typedef struct sheet {
  const ob_cluster *c;
  const ob_object *o;
  int64_t now_ms;
  ob_finding *ret;
  size_t n, max;
  ob_finding spare; /* beyond max they are counted, not kept */
} sheet;

static ob_finding *add(sheet *s, int rule, int ri, int pi, bool unverified) {
  ob_finding *f = s->n < s->max ? &s->ret[s->n] : &s->spare;
  s->n++;
  *f = (ob_finding){.rule = &ob_audit_rules[rule],
                    .object = s->o,
                    .rule_index = ri,
                    .path_index = pi,
                    .unverified = unverified};
  return f;
}

static void name_field(ob_finding *f, const char *last) {
  if (f->rule_index < 0)
    snprintf(f->field, sizeof f->field, "spec.defaultBackend.service%s", last);
  else
    snprintf(f->field, sizeof f->field, "spec.rules[%d].http.paths[%d].backend.service%s", f->rule_index,
             f->path_index, last);
}

/* Controllers that take the port's place by an annotation (ALB actions). */
static bool port_by_annotation(const ob_backend *b) { return strcmp(b->port_name, "use-annotation") == 0; }

/* Behind a Service that selects nothing or is a name, endpoints say nothing. */
static bool endpoints_matter(const ob_service *s) {
  return s->type != OB_EXTERNAL_NAME && s->type != OB_TYPE_UNKNOWN;
}

static void check_backend(sheet *s, const ob_backend *b, int ri, int pi) {
  const ob_ingress *g = OB_AS(ob_ingress, s->o);
  if (!b->set || port_by_annotation(b)) return;
  ob_target t = ob_backend_resolve(s->c, g, b);
  ob_finding *f;
  switch (t.status) {
  case OB_TARGET_NO_SERVICE:
  case OB_TARGET_UNKNOWN:
    f = add(s, I01, ri, pi, t.status == OB_TARGET_UNKNOWN);
    name_field(f, ".name");
    snprintf(f->what, sizeof f->what, "service %s/%s %s", g->o.ns, b->service,
             f->unverified ? "could not be checked: Services are not known" : "does not exist");
    break;
  case OB_TARGET_NO_PORT:
    f = add(s, I02, ri, pi, false);
    name_field(f, *b->port_name ? ".port.name" : ".port.number");
    if (*b->port_name)
      snprintf(f->what, sizeof f->what, "service %s has no port named %s", b->service, b->port_name);
    else
      snprintf(f->what, sizeof f->what, "service %s has no port %u", b->service, b->port_number);
    break;
  case OB_TARGET_OK: {
    if (!endpoints_matter(t.service)) break;
    ob_ready r = ob_service_ready(s->c, t.service, t.port_index);
    if (r.known && r.ready) break;
    f = add(s, I03, ri, pi, !r.known);
    name_field(f, ".name");
    if (r.known)
      snprintf(f->what, sizeof f->what, "service %s: 0/%u endpoints ready", b->service, r.total);
    else
      snprintf(f->what, sizeof f->what, "service %s: its endpoints are not known", b->service);
    break;
  }
  default: break;
  }
}

static void check_ingress(sheet *s) {
  const ob_ingress *g = OB_AS(ob_ingress, s->o);
  check_backend(s, &g->default_backend, -1, -1);
  for (int r = 0; r < g->nrules; r++)
    for (int p = 0; p < g->rules[r].npaths; p++)
      check_backend(s, &g->rules[r].paths[p].backend, r, p);
}

static void check_ready(sheet *s) {
  const ob_service *svc = OB_AS(ob_service, s->o);
  if (!endpoints_matter(svc)) return;
  ob_ready whole = ob_service_ready(s->c, svc, -1);
  if (!whole.known) {
    ob_finding *f = add(s, S03, -1, -1, true);
    snprintf(f->what, sizeof f->what, "endpoints are not known");
    return;
  }
  /* Without a selector nobody fills the slices: none at all is that Service's own business (S02). */
  if (svc->nselector == 0 && ob_service_slices(s->c, svc, NULL, 0) == 0) return;
  int ports = svc->nports > 1 && whole.ready ? svc->nports : 1;
  for (int i = 0; i < ports; i++) {
    ob_ready r = ports == 1 ? whole : ob_service_ready(s->c, svc, i);
    if (r.ready) continue;
    ob_finding *f = add(s, S03, -1, -1, false);
    if (ports == 1) {
      snprintf(f->field, sizeof f->field, "spec.ports");
      snprintf(f->what, sizeof f->what, "%u/%u endpoints ready", r.ready, r.total);
    } else {
      snprintf(f->field, sizeof f->field, "spec.ports[%d]", i);
      snprintf(f->what, sizeof f->what, "port %u: %u/%u endpoints ready", svc->ports[i].port, r.ready, r.total);
    }
  }
}

/* Somebody has given an address to another Service of the same class. */
static bool class_is_served(const ob_cluster *c, const ob_service *svc) {
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));) {
    const ob_service *other = OB_AS(ob_service, o);
    if (other->type == OB_LOAD_BALANCER && other->nlb && strcmp(other->lb_class, svc->lb_class) == 0)
      return true;
  }
  return false;
}

static void check_pending(sheet *s) {
  const ob_service *svc = OB_AS(ob_service, s->o);
  if (svc->type != OB_LOAD_BALANCER || svc->nlb) return;
  if (!svc->o.created_ms || s->now_ms - svc->o.created_ms <= PENDING_MS) return;
  ob_finding *f = add(s, S14, -1, -1, false);
  snprintf(f->field, sizeof f->field, "status.loadBalancer.ingress");
  int64_t minutes = (s->now_ms - svc->o.created_ms) / 60000;
  if (class_is_served(s->c, svc))
    snprintf(f->what, sizeof f->what, "no address for %lld minutes; others of its class have one",
             (long long)minutes);
  else if (*svc->lb_class)
    snprintf(f->what, sizeof f->what, "no address for %lld minutes; nothing serves class %s", (long long)minutes,
             svc->lb_class);
  else
    snprintf(f->what, sizeof f->what, "no address for %lld minutes; no load balancer controller is seen",
             (long long)minutes);
}

size_t ob_audit_object(const ob_cluster *c, const ob_object *o, int64_t now_ms, ob_finding *ret, size_t max) {
  sheet s = {.c = c, .o = o, .now_ms = now_ms, .ret = ret, .max = max};
  if (o->kind == OB_KIND_INGRESS) check_ingress(&s);
  if (o->kind == OB_KIND_SERVICE) {
    check_ready(&s);
    check_pending(&s);
  }
  return s.n;
}

/* A finding about a service concerns all its rows, but "no address" only the load balancer's. */
static bool concerns(const ob_finding *f, const ob_row *r) {
  if (f->rule == &ob_audit_rules[S14]) return r->way == OB_ROW_LB || r->way == OB_ROW_SERVICE;
  return true;
}

bool ob_row_finding(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_finding *ret) {
  ob_finding found[16];
  size_t n;
  if (r->ingress) { /* only its own backend: an Ingress may have hundreds */
    sheet s = {.c = c, .o = r->owner, .now_ms = now_ms, .ret = found, .max = OB_LEN(found)};
    const ob_backend *b = r->rule < 0 ? &r->ingress->default_backend
                                      : &r->ingress->rules[r->rule].paths[r->path].backend;
    check_backend(&s, b, r->rule, r->path);
    n = s.n;
  } else {
    n = ob_audit_object(c, r->owner, now_ms, found, OB_LEN(found));
  }
  int worst = -1;
  for (size_t i = 0; i < n && i < OB_LEN(found); i++) {
    if (found[i].unverified || (int)found[i].rule->severity <= worst || !concerns(&found[i], r)) continue;
    worst = (int)found[i].rule->severity;
    *ret = found[i];
  }
  return worst >= 0;
}

int ob_row_severity(const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  ob_finding f;
  return ob_row_finding(c, r, now_ms, &f) ? (int)f.rule->severity : -1;
}
