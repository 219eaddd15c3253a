/* The audit's rules: one row each, and the checks behind them.
 *
 * A check judges one thing (a backend of an Ingress, a port of a Service, a load balancer) and
 * gives at most one finding, so that a row of a view asks only about itself. Rule 0: unknown is
 * not missing. Where a kind that the check needs is loading, forbidden or not installed, the
 * finding is `unverified`, never an accusation. */
#include "model/audit.h"
#include "model/cluster_priv.h"

#include "base/clock.h"
#include "base/str.h"
#include <stdio.h>

const ob_audit_rule ob_audit_rules[] = {
    {"I01", OB_SEV_HIGH, "service missing", "Requests that match the rule get an error page.",
     "Create the Service, or point the rule at one that exists."},
    {"I02", OB_SEV_HIGH, "service port missing",
     "The controller cannot tell where to send requests.",
     "Use a port that the Service has, by its name or its number."},
    {"I03", OB_SEV_HIGH, "no ready backend", "Requests that match the rule get a 502 or 503.",
     "Look at the pods behind the Service: why is none of them ready?"},
    {"I04", OB_SEV_HIGH, "same rule elsewhere",
     "The controller takes one of the two and drops the other, most the newer one.",
     "Leave the host and path to one Ingress, or tell their hosts or paths apart."},
    {"S03", OB_SEV_HIGH, "no ready endpoint", "The address answers nobody.",
     "Look at the pods that the Service selects: is there any, and is it ready?"},
    {"S06", OB_SEV_HIGH, "endpoints lack port", "Requests to the port find nobody who listens.",
     "Let targetPort name or number a port that the pods behind the Service have."},
    {"S14", OB_SEV_HIGH, "no address assigned", "Nobody outside can reach the Service this way.",
     "Look at the Service's events; check that something serves its load balancer class."},
};
const size_t ob_audit_nrules = OB_LEN(ob_audit_rules);
enum { I01, I02, I03, I04, S03, S06, S14 };

typedef struct judge {
  const ob_cluster *c;
  int64_t now_ms;
  bool words; /* fill field and what: not needed to know whether there is a finding */
} judge;

static bool found(ob_finding *f, int rule, const ob_object *o, bool unverified) {
  *f = (ob_finding){.rule = &ob_audit_rules[rule],
                    .object = o,
                    .rule_index = -1,
                    .path_index = -1,
                    .unverified = unverified};
  return true;
}

static void __attribute__((format(printf, 3, 4)))
say(const judge *j, ob_finding *f, const char *fmt, ...) {
  if (!j->words) return;
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(f->what, sizeof f->what, fmt, ap);
  va_end(ap);
}

/* --- Ingress ----------------------------------------------------------------------------- */
static void name_field(const judge *j, ob_finding *f, int rule, int path, const char *last) {
  f->rule_index = rule;
  f->path_index = path;
  if (!j->words) return;
  if (rule < 0)
    snprintf(f->field, sizeof f->field, "spec.defaultBackend.service%s", last);
  else
    snprintf(f->field, sizeof f->field, "spec.rules[%d].http.paths[%d].backend.service%s", rule,
             path, last);
}

/* Controllers that take the service's place by an annotation (actions of the AWS load balancer
 * controller): neither the name nor the port is meant. */
static bool by_annotation(const ob_backend *b) {
  return strcmp(b->port_name, "use-annotation") == 0;
}

/* Behind a Service that is only a name, endpoints say nothing. */
static bool endpoints_matter(const ob_service *s) {
  return s->type != OB_EXTERNAL_NAME && s->type != OB_TYPE_UNKNOWN;
}

static bool no_port(const judge *j, const ob_ingress *g, const ob_backend *b, const ob_service *s,
                    ob_finding *f) {
  /* A name needs no ports to be resolved. */
  if (s->type == OB_EXTERNAL_NAME && s->nports == 0) return false;
  found(f, I02, &g->o, false);
  if (*b->port_name)
    say(j, f, "service %s has no port named %s", b->service, b->port_name);
  else if (b->port_number)
    say(j, f, "service %s has no port %u", b->service, b->port_number);
  else
    say(j, f, "the backend names no port of service %s", b->service);
  return true;
}

static bool judge_backend(const judge *j, const ob_ingress *g, int rule, int path, ob_finding *f) {
  const ob_backend *b = rule < 0 ? &g->default_backend : &g->rules[rule].paths[path].backend;
  if (!b->set || by_annotation(b)) return false;
  ob_target t = ob_backend_resolve(j->c, g, b);
  switch (t.status) {
  case OB_TARGET_NO_SERVICE:
  case OB_TARGET_UNKNOWN:
    found(f, I01, &g->o, t.status == OB_TARGET_UNKNOWN);
    name_field(j, f, rule, path, ".name");
    if (f->unverified)
      say(j, f, "service %s could not be checked: Services are not known", b->service);
    else
      say(j, f, "service %s does not exist in namespace %s", b->service, g->o.ns);
    return true;
  case OB_TARGET_NO_PORT:
    if (!no_port(j, g, b, t.service, f)) return false;
    name_field(j, f, rule, path, *b->port_name ? ".port.name" : ".port.number");
    return true;
  case OB_TARGET_OK: {
    if (!endpoints_matter(t.service)) return false;
    ob_ready r = ob_service_ready(j->c, t.service, t.port_index);
    if (r.known && r.ready) return false;
    found(f, I03, &g->o, !r.known);
    name_field(j, f, rule, path, ".name");
    if (r.known)
      say(j, f, "service %s: 0/%u endpoints ready", b->service, r.total);
    else
      say(j, f, "service %s: its endpoints are not known", b->service);
    return true;
  }
  default: return false;
  }
}

/* Two that claim the same host and path, in any namespace. */
static bool judge_twin(const judge *j, const ob_ingress *g, int rule, int path, ob_finding *f) {
  const ob_ingress *twin;
  if (rule < 0 || !ob_rule_twins(j->c, g, rule, path, &twin, 1)) return false;
  found(f, I04, &g->o, false);
  f->rule_index = rule;
  f->path_index = path;
  if (!j->words) return true;
  snprintf(f->field, sizeof f->field, "spec.rules[%d].http.paths[%d]", rule, path);
  say(j, f, "ingress %s/%s has the same host, path and class", twin->o.ns, twin->o.name);
  return true;
}

/* --- Service ----------------------------------------------------------------------------- */
static bool exposed(const ob_service *s) {
  return s->type == OB_NODE_PORT || s->type == OB_LOAD_BALANCER || s->nexternal_ips;
}

/* A Service inside the cluster that selects nothing and has no slice waits for somebody to make
 * them by hand; nobody is let down by it. */
bool ob_ready_matters(const ob_cluster *c, const ob_service *s) {
  if (!endpoints_matter(s)) return false;
  return s->nselector || exposed(s) || ob_service_slices(c, s, NULL, 0);
}

static int dead_ports(const judge *j, const ob_service *s) {
  int dead = 0;
  for (int p = 0; p < s->nports; p++) dead += ob_service_ready(j->c, s, p).ready == 0;
  return dead;
}

/* The whole Service: nothing behind any port. */
static bool judge_whole(const judge *j, const ob_service *s, ob_finding *f) {
  if (!ob_ready_matters(j->c, s)) return false;
  ob_ready whole = ob_service_ready(j->c, s, -1);
  if (whole.known && whole.ready && (s->nports == 0 || dead_ports(j, s) < s->nports)) return false;
  found(f, whole.known && whole.ready ? S06 : S03, &s->o, !whole.known);
  if (!j->words) return true;
  snprintf(f->field, sizeof f->field, "spec.ports");
  if (!whole.known)
    say(j, f, "its endpoints are not known");
  else if (whole.ready)
    say(j, f, "ready endpoints: %u; with a port that the Service asks for: none", whole.ready);
  else if (whole.draining)
    say(j, f, "0/%u endpoints ready, %u draining", whole.total, whole.draining);
  else
    say(j, f, "0/%u endpoints ready%s", whole.total,
        s->nselector ? "" : "; the Service selects nothing");
  return true;
}

/* One port of several, when others have somebody behind them. */
static bool judge_port(const judge *j, const ob_service *s, int port, ob_finding *f) {
  if (s->nports < 2 || !ob_ready_matters(j->c, s)) return false;
  ob_ready r = ob_service_ready(j->c, s, port);
  if (!r.known || r.ready) return false;
  uint32_t others = r.total ? 0 : ob_service_ready(j->c, s, -1).ready;
  found(f, others ? S06 : S03, &s->o, false);
  if (j->words) snprintf(f->field, sizeof f->field, "spec.ports[%d]", port);
  if (others)
    say(j, f, "port %u: ready endpoints: %u; with this port: none", s->ports[port].port, others);
  else
    say(j, f, "port %u: 0/%u endpoints ready", s->ports[port].port, r.total);
  return true;
}

static bool judge_pending(const judge *j, const ob_service *s, ob_finding *f) {
  if (s->type != OB_LOAD_BALANCER || s->nlb || !s->o.created_ms) return false;
  int64_t waited = j->now_ms - s->o.created_ms;
  if (waited < OB_PENDING_MS) return false;
  found(f, S14, &s->o, false);
  if (!j->words) return true;
  snprintf(f->field, sizeof f->field, "status.loadBalancer.ingress");
  char since[OB_AGE_TEXT];
  ob_age_text(since, waited);
  if (ob_lb_class_served(j->c, s->lb_class))
    say(j, f, "no address for %s; other Services of its class have one", since);
  else if (*s->lb_class)
    say(j, f, "no address for %s; nothing is seen to serve class %s", since, s->lb_class);
  else
    say(j, f, "no address for %s; no load balancer controller is seen", since);
  return true;
}

/* --- objects ----------------------------------------------------------------------------- */
typedef struct sheet {
  ob_finding *ret;
  size_t n, max;
  bool verified;
} sheet;

static void put(sheet *s, const ob_finding *f) {
  s->verified |= !f->unverified;
  if (s->n < s->max) s->ret[s->n] = *f;
  s->n++;
}

static void judge_object(const judge *j, const ob_object *o, sheet *s) {
  ob_finding f;
  if (o->kind == OB_KIND_INGRESS) {
    const ob_ingress *g = OB_AS(ob_ingress, o);
    if (judge_backend(j, g, -1, -1, &f)) put(s, &f);
    for (int r = 0; r < g->nrules; r++)
      for (int p = 0; p < g->rules[r].npaths; p++) {
        if (judge_backend(j, g, r, p, &f)) put(s, &f);
        if (judge_twin(j, g, r, p, &f)) put(s, &f);
      }
  } else if (o->kind == OB_KIND_SERVICE) {
    const ob_service *svc = OB_AS(ob_service, o);
    if (judge_whole(j, svc, &f))
      put(s, &f);
    else
      for (int p = 0; p < svc->nports; p++)
        if (judge_port(j, svc, p, &f)) put(s, &f);
    if (judge_pending(j, svc, &f)) put(s, &f);
  }
}

size_t ob_audit_object(const ob_cluster *c, const ob_object *o, int64_t now_ms, ob_finding *ret,
                       size_t max) {
  sheet s = {.ret = ret, .max = max};
  judge_object(&(judge){c, now_ms, true}, o, &s);
  return s.n;
}

bool ob_audit_verified(const ob_cluster *c, const ob_object *o, int64_t now_ms) {
  sheet s = {0};
  judge_object(&(judge){c, now_ms, false}, o, &s);
  return s.verified;
}

/* --- rows
 * ------------------------------------------------------------------------------------------ */
/* A finding about one rule concerns that rule's row only; one about a Service all its rows, but
 * "no address" only those of the load balancer. */
static bool judge_row(const judge *j, const ob_row *r, ob_finding *ret) {
  ob_finding f;
  if (r->ingress) {
    bool backend = judge_backend(j, r->ingress, r->rule, r->path, &f) && !f.unverified;
    if (!backend && !judge_twin(j, r->ingress, r->rule, r->path, &f)) return false;
    *ret = f;
    return true;
  }
  const ob_service *s = r->service;
  bool lb = r->way == OB_ROW_LB || r->way == OB_ROW_SERVICE;
  bool any = lb && judge_pending(j, s, &f);
  if (!any) any = judge_whole(j, s, &f) && !f.unverified;
  if (!any && r->port >= 0) any = judge_port(j, s, r->port, &f);
  for (int p = 0; !any && r->port < 0 && p < s->nports; p++) any = judge_port(j, s, p, &f);
  if (any) *ret = f;
  return any;
}

bool ob_row_finding(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_finding *ret) {
  return judge_row(&(judge){c, now_ms, true}, r, ret);
}

const ob_audit_rule *ob_row_rule(const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  ob_finding f;
  return judge_row(&(judge){c, now_ms, false}, r, &f) ? f.rule : NULL;
}

int ob_row_severity(const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  const ob_audit_rule *rule = ob_row_rule(c, r, now_ms);
  return rule ? (int)rule->severity : -1;
}
