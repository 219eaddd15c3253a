/* From a route to the requests that try it: each listener that carries it, under each name that
 * both have, at each address of its Gateway.
 *
 * A GET is all that is sent. What takes another method, or certain headers or query parameters
 * alone, is said and not asked; behind HTTP without TLS gRPC speaks no HTTP/1.1, so that only the
 * connection is tried. */
#include "base/str.h"
#include "model/attach.h"
#include "model/cluster_priv.h"
#include "model/probe_plan.h"
#include <stdio.h>

static bool leads_to(const ob_route_rule *rule, const ob_service *s) {
  for (size_t i = 0; i < rule->nbackends; i++) {
    const ob_route_backend *b = &rule->backends[i];
    if (strcmp(b->kind, "Service") == 0 && strcmp(b->name, s->o.name) == 0 &&
        strcmp(b->ns, s->o.ns) == 0)
      return true;
  }
  return false;
}

static const ob_service *first_service(const ob_cluster *c, const ob_route_rule *rule) {
  for (size_t i = 0; i < rule->nbackends; i++)
    if (strcmp(rule->backends[i].kind, "Service") == 0)
      return OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, rule->backends[i].ns,
                                               rule->backends[i].name));
  return NULL;
}

static void say_match(ob_probe_target *t, const ob_route_match *m) {
  if (*m->method && strcmp(m->method, "GET") != 0 && t->scheme != OB_PROBE_TCP &&
      strcmp(m->method, "HEAD") != 0)
    snprintf(t->skip, sizeof t->skip, "it takes %.16s alone: only GET and HEAD are sent",
             m->method);
  else if (m->nheaders || m->nquery)
    OB_PROBE_COPY(t->skip, "it takes requests with certain headers or query parameters alone");
}

typedef struct door {
  ob_probe_plans *p;
  const ob_route *r;
  const ob_gateway *g;
  const ob_listener *l;
  const ob_parent_ref *ref;
} door;

static void ask(const door *d, const ob_route_match *m, const char *host) {
  bool grpc = d->r->o.kind == OB_KIND_GRPC_ROUTE, tls = strcmp(d->l->protocol, "HTTPS") == 0;
  ob_probe_target t = ob_probe_blank(d->p);
  t.row = 0; /* found by the service's uid */
  snprintf(t.owner, sizeof t.owner, "%s/%s/%s", grpc ? "grpcroute" : "httproute", d->r->o.ns,
           d->r->o.name);
  t.scheme = tls ? OB_PROBE_HTTPS : grpc ? OB_PROBE_TCP : OB_PROBE_HTTP;
  t.port = d->l->port;
  bool literal = strcmp(m->path_type, "PathPrefix") == 0 || strcmp(m->path_type, "Exact") == 0;
  ob_probe_put_path(&t, grpc && !tls ? "/" : m->path, !literal);
  if (grpc && tls) t.skip[0] = '\0';
  if (!grpc) say_match(&t, m);
  if (d->ref->accepted == OB_TRI_FALSE && !d->ref->stale)
    snprintf(t.skip, sizeof t.skip, "the Gateway does not accept the route: %.100s",
             ob_or(d->ref->reason, "no reason given"));
  ob_probe_each_address(d->p, &t, host, d->g->addresses, d->g->naddresses,
                        "no address: the Gateway's status has none");
}

static bool speaks_http(const ob_listener *l) {
  return strcmp(l->protocol, "HTTP") == 0 || strcmp(l->protocol, "HTTPS") == 0;
}

/* True when a listener carries the rule. */
static bool at_gateway(door *d, const ob_route_rule *rule, const char **why) {
  static const char *const any[] = {""};
  const char *const *hosts = d->r->nhostnames ? d->r->hostnames : any;
  size_t nhosts = d->r->nhostnames ? d->r->nhostnames : 1;
  bool found = false;
  *why = "the Gateway has no listener for HTTP";
  for (size_t i = 0; i < d->g->nlisteners; i++) {
    d->l = &d->g->listeners[i];
    if (!speaks_http(d->l)) continue;
    const char *no = ob_route_not_attached(d->p->c, d->g, d->l, d->r, d->ref);
    if (no) *why = no;
    if (no) continue;
    for (size_t h = 0; h < nhosts; h++) {
      const char *host = ob_gateway_host(d->l->hostname, hosts[h]);
      if (!host) *why = "no listener has its hostname";
      if (!host) continue;
      found = true;
      for (size_t m = 0; m < rule->nmatches; m++) ask(d, &rule->matches[m], host);
    }
  }
  return found;
}

static void by_rule(ob_probe_plans *p, const ob_route *r, const ob_route_rule *rule) {
  const char *why = "it names no Gateway that is there";
  bool found = false;
  for (size_t i = 0; i < r->nparents; i++) {
    const ob_parent_ref *ref = &r->parents[i];
    if (strcmp(ref->kind, "Gateway") != 0) continue;
    door d = {.p = p, .r = r, .ref = ref};
    d.g = OB_AS(ob_gateway, ob_cluster_find(p->c, OB_KIND_GATEWAY, ref->ns, ref->name));
    if (d.g) found |= at_gateway(&d, rule, &why);
  }
  if (found) return;
  ob_probe_target t = ob_probe_blank(p);
  t.row = 0;
  snprintf(t.owner, sizeof t.owner, "%s/%s/%s",
           r->o.kind == OB_KIND_GRPC_ROUTE ? "grpcroute" : "httproute", r->o.ns, r->o.name);
  t.scheme = OB_PROBE_HTTP;
  t.port = 80;
  OB_PROBE_COPY(t.host, r->nhostnames ? r->hostnames[0] : "");
  OB_PROBE_COPY(t.path, "/");
  snprintf(t.skip, sizeof t.skip, "no Gateway carries the route: %.120s", why);
  ob_probe_add(p, &t);
}

void ob_probe_of_route(ob_probe_plans *p, const ob_route *r, const ob_service *only) {
  for (size_t i = 0; i < r->nrules; i++) {
    if (only && !leads_to(&r->rules[i], only)) continue;
    p->row = (ob_row){.owner = &r->o,
                      .service = only ? only : first_service(p->c, &r->rules[i]),
                      .way = OB_ROW_SERVICE,
                      .port = -1,
                      .rule = -1,
                      .path = -1,
                      .sub = -1};
    by_rule(p, r, &r->rules[i]);
  }
}

static bool listens(const ob_gateway *g, const ob_probe_target *t) {
  const char *protocol = t->scheme == OB_PROBE_HTTPS ? "HTTPS" : "HTTP";
  for (size_t i = 0; i < g->nlisteners; i++)
    if (g->listeners[i].port == t->port && strcmp(g->listeners[i].protocol, protocol) == 0 &&
        ob_gateway_covers(g->listeners[i].hostname, t->host))
      return true;
  return false;
}

void ob_probe_at_gateways(ob_probe_plans *p, const ob_probe_target *t) {
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(p->c, OB_KIND_GATEWAY, &at));) {
    const ob_gateway *g = OB_AS(ob_gateway, o);
    for (size_t i = 0; i < g->naddresses && listens(g, t); i++) {
      ob_probe_target by = *t;
      by.via = OB_VIA_ADDRESS;
      by.origin = OB_BY_STATUS;
      OB_PROBE_COPY(by.address, g->addresses[i]);
      ob_probe_add(p, &by);
    }
  }
}

size_t ob_probe_plan_route(const ob_cluster *c, const ob_object *route, const ob_probe_opts *opts,
                           ob_probe_target *ret, size_t max) {
  ob_probe_plans p = {.c = c, .opts = opts, .ret = ret, .max = max};
  ob_probe_of_route(&p, OB_AS(ob_route, route), NULL);
  return p.n;
}
