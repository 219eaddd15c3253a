/* The whole map: every host and path of Ingresses and Gateway routes, every load balancer and node
 * port, and the service at its end. */
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/rows.h"
#include "outboard/explain.h"
#include "outboard/gateway.h"
#include <stdio.h>

typedef struct mapping {
  const ob_cluster *c;
  void (*fn)(void *arg, const ob_map_route *r);
  void *arg;
} mapping;

static void __attribute__((format(printf, 3, 4)))
put(char *out, size_t size, const char *fmt, ...) {
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX * 4);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&raw, fmt, ap);
  va_end(ap);
  ob_text_safe_str(&safe, ob_buf_str(&raw), OB_TEXT_LINE);
  size_t n = safe.len < size ? safe.len : size - 1;
  while (n && n < safe.len && (safe.ptr[n] & 0xc0) == 0x80) n--; /* on a character */
  if (n) memcpy(out, safe.ptr, n);
  out[n] = '\0';
}
#define PUT(field, ...) put(field, sizeof(field), __VA_ARGS__)

static void emit(const mapping *m, ob_map_route *r, const ob_service *s, int port) {
  r->service = s;
  if (s) r->ready = ob_service_ready(m->c, s, port);
  r->broken |= s && s->type != OB_EXTERNAL_NAME && r->ready.known && r->ready.ready == 0;
  m->fn(m->arg, r);
}

/* --- Ingress ----------------------------------------------------------------------------- */
static void ingress_line(const mapping *m, const ob_ingress *g, int rule, int path,
                         const ob_backend *b) {
  const char *class;
  ob_map_route r = {.owner = &g->o, .entry_kind = "ingress"};
  bool there = ob_ingress_class_of(m->c, g, &class) || *ob_ingress_controller(m->c, g);
  ob_target t = ob_backend_resolve(m->c, g, b);
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) to = OB_BUF_INIT(OB_LINE_MAX);
  ob_add_rule_url(&url, g, rule, path);
  ob_add_backend(&to, b);
  PUT(r.entry, "%s", class);
  PUT(r.url, "%s", ob_buf_str(&url));
  PUT(r.target, "%s%s%s", *b->service ? g->o.ns : "", *b->service ? "/" : "", ob_buf_str(&to));
  r.broken = t.status == OB_TARGET_NO_SERVICE || t.status == OB_TARGET_NO_PORT ||
             t.status == OB_TARGET_NONE || (!there && ob_known(m->c, OB_KIND_INGRESS_CLASS));
  emit(m, &r, t.service, t.port_index);
}

static void of_ingress(const mapping *m, const ob_ingress *g) {
  if (g->default_backend.set) ingress_line(m, g, -1, -1, &g->default_backend);
  for (int i = 0; i < g->nrules; i++)
    for (int p = 0; p < g->rules[i].npaths; p++)
      ingress_line(m, g, i, p, &g->rules[i].paths[p].backend);
}

/* --- Gateway API ------------------------------------------------------------------------- */
static void route_line(const mapping *m, const ob_route *route, const ob_parent_ref *p,
                       const char *host, int rule, const ob_route_match *match,
                       const ob_route_backend *b) {
  ob_map_route r = {.owner = &route->o, .entry_kind = "gateway"};
  const ob_service *s = NULL;
  int port = -1;
  PUT(r.entry, "%s%s%s%s%s", p ? p->ns : "", p ? "/" : "", p ? p->name : "",
      p && *p->section ? " " : "", p ? p->section : "");
  PUT(r.url, "%s%s%s%s", host, match->path, *match->method ? " " : "", match->method);
  bool refused = !p || p->accepted == OB_TRI_FALSE || p->refs == OB_TRI_FALSE;
  if (!b) {
    const char *redirect = route->rules[rule].redirect;
    PUT(r.target, "%s%s", *redirect ? "→ " : "", redirect);
    r.broken = refused || !*redirect;
  } else if (strcmp(b->kind, "Service") == 0) {
    s = OB_AS(ob_service, ob_cluster_find(m->c, OB_KIND_SERVICE, b->ns, b->name));
    for (int i = 0; s && i < s->nports; i++)
      if (s->ports[i].port == b->port) port = i;
    PUT(r.target, "%s/%s:%u", b->ns, b->name, b->port);
    r.broken = refused || (ob_known(m->c, OB_KIND_SERVICE) && (!s || port < 0));
  } else {
    PUT(r.target, "%s %s/%s", b->kind, b->ns, b->name);
    r.broken = refused;
  }
  emit(m, &r, s, port);
}

/* A line for each parent: one may refuse what another accepts. */
static void of_parent(const mapping *m, const ob_route *route, const ob_parent_ref *parent) {
  size_t hosts = route->nhostnames ? route->nhostnames : 1;
  for (size_t h = 0; h < hosts; h++)
    for (int i = 0; i < route->nrules; i++)
      for (size_t k = 0; k < route->rules[i].nmatches; k++) {
        const ob_route_rule *rule = &route->rules[i];
        const char *host = route->nhostnames ? route->hostnames[h] : "*";
        if (rule->nbackends == 0) route_line(m, route, parent, host, i, &rule->matches[k], NULL);
        for (size_t b = 0; b < rule->nbackends; b++)
          route_line(m, route, parent, host, i, &rule->matches[k], &rule->backends[b]);
      }
}

static void of_route(const mapping *m, const ob_route *route) {
  if (route->nparents == 0) of_parent(m, route, NULL);
  for (size_t i = 0; i < route->nparents; i++) of_parent(m, route, &route->parents[i]);
}

/* --- Services ---------------------------------------------------------------------------- */
static void of_service(const mapping *m, const ob_service *s) {
  if (s->type != OB_NODE_PORT && s->type != OB_LOAD_BALANCER) return;
  for (int i = 0; i < s->nports; i++) {
    const ob_service_port *p = &s->ports[i];
    size_t lines = s->type == OB_LOAD_BALANCER ? (s->nlb ? s->nlb : 1) : 1;
    for (size_t k = 0; k < lines; k++) {
      ob_map_route r = {.owner = &s->o, .entry_kind = "nodeport"};
      if (s->type == OB_NODE_PORT && !p->node_port) continue;
      PUT(r.target, "%s/%s:%u", s->o.ns, s->o.name, p->port);
      if (s->type == OB_NODE_PORT) {
        PUT(r.entry, "any node");
        PUT(r.url, "NODE:%u/%s", p->node_port, p->protocol);
      } else {
        const char *at = k < s->nlb ? ob_lb_address(&s->lb[k]) : "<pending>";
        bool v6 = strchr(at, ':') != NULL;
        r.entry_kind = "loadbalancer";
        r.broken = s->nlb == 0;
        PUT(r.entry, "%s", ob_or(s->lb_class, "default class"));
        PUT(r.url, "%s%s%s:%u/%s", v6 ? "[" : "", at, v6 ? "]" : "", p->port, p->protocol);
      }
      emit(m, &r, s, i);
    }
  }
}

void ob_routes_each(const ob_cluster *c, void (*fn)(void *arg, const ob_map_route *r), void *arg) {
  const mapping m = {c, fn, arg};
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS, &at));)
    of_ingress(&m, OB_AS(ob_ingress, o));
  for (int k = OB_KIND_HTTP_ROUTE; k <= OB_KIND_GRPC_ROUTE; k++)
    for (size_t at = 0; (o = ob_cluster_next(c, (ob_kind)k, &at));)
      of_route(&m, OB_AS(ob_route, o));
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));)
    of_service(&m, OB_AS(ob_service, o));
}
