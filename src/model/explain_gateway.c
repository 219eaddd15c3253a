/* Ways by Gateway: one for each that listens for the host, and in it the route, its rule and match
 * by the specification's precedence.
 *
 *   listener   the port and protocol, then the most specific hostname
 *   routes     attached there (parentRefs, allowedRoutes, Accepted) whose hostnames cover the host
 *   precedence longest exact hostname, longest wildcard; Exact path, longest prefix; a method; more
 *              headers; more query parameters; the older route, its name; the earlier rule
 */
#include "model/attach.h"
#include "model/explain_priv.h"

#include "base/map.h"
#include "base/str.h"
#include <stdio.h>
#include <strings.h>

typedef struct hit {
  const ob_route *route;
  const ob_parent_ref *parent;
  int rule, match;
  ob_path_match matches;
  const char *why_not; /* of NO */
  uint32_t exact_host, host, path;
  uint8_t path_type; /* 0 Exact, 1 the controller's, 2 prefix */
} hit;
typedef OB_VEC(hit) hits;

typedef struct gate {
  ob_explain_run *x;
  const ob_gateway *g;
  const ob_listener *l;
  ob_way_build *w;
  hits all;
} gate;

/* --- hosts ------------------------------------------------------------------------------- */
static int rank_of(const char *pattern) {
  return !*pattern ? OB_HOST_ANY : ob_starts(pattern, "*.") ? OB_HOST_WILD : OB_HOST_EXACT;
}

/* Exact before any wildcard, then the longer. */
static bool more_specific(const char *a, const char *b) {
  if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
  return strlen(a) > strlen(b);
}

/* --- listeners --------------------------------------------------------------------------- */
static bool speaks(const ob_listener *l, const ob_request *r) {
  bool tls = strcmp(r->scheme, "https") == 0;
  if (l->port != r->port) return false;
  return tls ? strcmp(l->protocol, "HTTPS") == 0 || strcmp(l->protocol, "TLS") == 0
             : strcmp(l->protocol, "HTTP") == 0;
}

static const ob_listener *best_listener(const ob_gateway *g, const ob_request *r) {
  const ob_listener *best = NULL;
  for (size_t i = 0; i < g->nlisteners; i++) {
    const ob_listener *l = &g->listeners[i];
    if (!speaks(l, r) || !ob_gateway_covers(l->hostname, r->host)) continue;
    if (!best || more_specific(l->hostname, best->hostname)) best = l;
  }
  return best;
}

static bool listens_for(const ob_gateway *g, const ob_request *r) {
  for (size_t i = 0; i < g->nlisteners; i++)
    if (*g->listeners[i].hostname && ob_gateway_covers(g->listeners[i].hostname, r->host)) return true;
  for (size_t i = 0; i < g->naddresses; i++)
    if (strcasecmp(g->addresses[i], r->host) == 0) return true;
  return false;
}

/* --- matches ----------------------------------------------------------------------------- */
static bool prefix(const char *p, const char *path) {
  return ob_path_matches("Prefix", p, path) == OB_PATH_YES;
}

/* "/SERVICE/method" whatever the service. */
static bool grpc_method(const char *method, const char *path) {
  const char *last = strrchr(path, '/');
  return last && last != path && memchr(path + 1, '/', (size_t)(last - path - 1)) == NULL &&
         strcmp(last, method) == 0;
}

/* The value of a query parameter, its first; bytes as they stand. */
static bool query_value(const char *query, const char *name, const char **ret, size_t *ret_n) {
  for (size_t n = strlen(name); *query;) {
    size_t len = strcspn(query, "&");
    if (len >= n && memcmp(query, name, n) == 0 && (len == n || query[n] == '=')) {
      *ret = query + n + (len > n);
      *ret_n = len - n - (len > n);
      return true;
    }
    query += len + (query[len] == '&');
  }
  return false;
}

static const char *header_value(const ob_request *r, const char *name) {
  if (strcasecmp(name, "host") == 0) return r->host;
  for (size_t i = 0; i < r->nheaders; i++)
    if (strcasecmp(r->headers[i].key, name) == 0) return r->headers[i].value;
  return NULL;
}

static ob_path_match both(ob_path_match a, ob_path_match b) {
  if (a == OB_PATH_NO || b == OB_PATH_NO) return OB_PATH_NO;
  return a == OB_PATH_YES && b == OB_PATH_YES ? OB_PATH_YES : OB_PATH_CONTROLLER;
}

static ob_path_match value_matches(const ob_match_value *v, const char *is, size_t n) {
  if (strcmp(v->type, "Exact") != 0) return OB_PATH_CONTROLLER;
  return strlen(v->value) == n && memcmp(v->value, is, n) == 0 ? OB_PATH_YES : OB_PATH_NO;
}

static ob_path_match path_matches(const ob_route_match *m, const char *path) {
  if (strcmp(m->path_type, "Exact") == 0)
    return strcmp(m->path, path) == 0 ? OB_PATH_YES : OB_PATH_NO;
  if (strcmp(m->path_type, "PathPrefix") == 0)
    return prefix(m->path, path) ? OB_PATH_YES : OB_PATH_NO;
  if (strcmp(m->path_type, "GRPCMethod") == 0)
    return grpc_method(m->path, path) ? OB_PATH_YES : OB_PATH_NO;
  return OB_PATH_CONTROLLER;
}

static ob_path_match match_request(const ob_route_match *m, const ob_request *r,
                                   const char **ret_why) {
  ob_path_match all = path_matches(m, r->path);
  if (all == OB_PATH_NO) {
    *ret_why = "the path does not match";
    return OB_PATH_NO;
  }
  *ret_why = "the method is another";
  if (*m->method && strcmp(m->method, r->method) != 0) return OB_PATH_NO;
  for (size_t i = 0; i < m->nheaders; i++) {
    const char *is = header_value(r, m->headers[i].name);
    *ret_why = is ? "a header has another value" : "a header that it asks for is not sent";
    if (!is) return OB_PATH_NO;
    all = both(all, value_matches(&m->headers[i], is, strlen(is)));
    if (all == OB_PATH_NO) return OB_PATH_NO;
  }
  for (size_t i = 0; i < m->nquery; i++) {
    const char *is;
    size_t n;
    bool there = query_value(r->query, m->query[i].name, &is, &n);
    *ret_why = there ? "a query parameter has another value"
                     : "a query parameter that it asks for is not there";
    if (!there) return OB_PATH_NO;
    all = both(all, value_matches(&m->query[i], is, n));
    if (all == OB_PATH_NO) return OB_PATH_NO;
  }
  return all;
}

/* --- precedence -------------------------------------------------------------------------- */
#define LARGER_FIRST(a, b)                                                                         \
  do {                                                                                             \
    if ((a) != (b)) return (a) > (b) ? -1 : 1;                                                     \
  } while (0)

static const ob_route_match *match_of(const hit *h) {
  return &h->route->rules[h->rule].matches[h->match];
}

static int by_age(const ob_object *a, const ob_object *b) {
  if (a->created_ms != b->created_ms) return a->created_ms < b->created_ms ? -1 : 1;
  int by = strcmp(a->ns, b->ns);
  return by ? by : strcmp(a->name, b->name);
}

static int by_precedence(const void *a, const void *b) {
  const hit *x = a, *y = b;
  LARGER_FIRST(x->exact_host, y->exact_host);
  LARGER_FIRST(x->host, y->host);
  if (x->path_type != y->path_type) return x->path_type - y->path_type;
  LARGER_FIRST(x->path, y->path);
  const ob_route_match *m = match_of(x), *n = match_of(y);
  LARGER_FIRST(*m->method != '\0', *n->method != '\0');
  LARGER_FIRST(m->nheaders, n->nheaders);
  LARGER_FIRST(m->nquery, n->nquery);
  int by = by_age(&x->route->o, &y->route->o);
  if (by) return by;
  return x->rule != y->rule ? x->rule - y->rule : x->match - y->match;
}

/* What put `won` before `lost`, both matching. */
static const char *why_before(const hit *won, const hit *lost) {
  const ob_route_match *m = match_of(won), *n = match_of(lost);
  if (won->exact_host != lost->exact_host || won->host != lost->host)
    return "a more specific hostname comes first";
  if (won->path_type != lost->path_type) return "an Exact path comes first";
  if (won->path != lost->path) return "a longer path comes first";
  if ((*m->method != '\0') != (*n->method != '\0')) return "a match by method comes first";
  if (m->nheaders != n->nheaders) return "a match by more headers comes first";
  if (m->nquery != n->nquery) return "a match by more query parameters comes first";
  if (won->route->o.created_ms != lost->route->o.created_ms) return "the older route comes first";
  if (won->route != lost->route) return "of the same age, the route first by name";
  return "the earlier rule comes first";
}

/* --- collecting -------------------------------------------------------------------------- */
static void route_text(char out[600], const hit *h) {
  const ob_route_match *m = match_of(h);
  snprintf(out, 600, "%.200s%s%.200s %.40s rule %d", m->method, *m->method ? " " : "", m->path,
           m->path_type, h->rule + 1);
}

static void add_route(gate *t, const ob_route *r, const ob_parent_ref *p) {
  hit h = {.route = r, .parent = p};
  for (size_t i = 0; i < r->nhostnames; i++) {
    size_t n = ob_gateway_covers(r->hostnames[i], t->x->r->host);
    if (rank_of(r->hostnames[i]) == OB_HOST_EXACT && n > h.exact_host) h.exact_host = (uint32_t)n;
    if (n > h.host) h.host = (uint32_t)n;
  }
  if (r->nhostnames == 0) h.host = (uint32_t)ob_gateway_covers(t->l->hostname, t->x->r->host);
  if (!h.host) return;
  const char *no = ob_route_not_attached(t->x->c, t->g, t->l, r, p);
  if (!no && p->accepted == OB_TRI_FALSE && !p->stale)
    no = ob_or(p->reason, "its status says that it is not accepted");
  if (no) {
    ob_loser_add(t->w, &r->o, -1, -1, r->o.name, "not attached to listener %s: %s", t->l->name, no);
    return;
  }
  for (h.rule = 0; h.rule < r->nrules; h.rule++)
    for (h.match = 0; h.match < r->rules[h.rule].nmatches; h.match++) {
      const ob_route_match *m = match_of(&h);
      h.matches = match_request(m, t->x->r, &h.why_not);
      h.path_type = strcmp(m->path_type, "Exact") == 0        ? 0
                    : strcmp(m->path_type, "PathPrefix") == 0 ? 2
                                                              : 1;
      size_t n = strlen(m->path);
      h.path = (uint32_t)(h.path_type == 2 && n > 1 && m->path[n - 1] == '/' ? n - 1 : n);
      ob_vec_push(&t->all, h);
    }
}

/* Routes of both kinds for one hostname at one listener: the specification has the controller
 * accept the kind of the oldest alone. What its status says already stands. */
static void settle_kinds(gate *t) {
  const hit *oldest = NULL;
  for (size_t i = 0; i < t->all.len; i++)
    if (!oldest || by_age(&t->all.at[i].route->o, &oldest->route->o) < 0) oldest = &t->all.at[i];
  const ob_object *first = oldest ? &oldest->route->o : NULL;
  const ob_route *told = NULL;
  size_t n = 0;
  for (size_t i = 0; i < t->all.len; i++) {
    hit h = t->all.at[i];
    bool said = h.parent->accepted == OB_TRI_TRUE && !h.parent->stale;
    if (h.route->o.kind == first->kind || said) {
      t->all.at[n++] = h;
    } else if (h.route != told) {
      told = h.route;
      ob_loser_add(t->w, &told->o, -1, -1, told->o.name,
                   "not attached to listener %s: the older %s %s/%s has this hostname, and a "
                   "hostname takes one kind of route",
                   t->l->name, ob_kinds[first->kind].kind, first->ns, first->name);
    }
  }
  t->all.len = n;
}

static void collect(gate *t) {
  char key[OB_KEY_MAX];
  ob_key(key, t->g->o.ns, t->g->o.name);
  const ob_place *p = ob_place_find(t->x->c, OB_PLACE_GATEWAY, key);
  for (size_t i = 0; p && i < p->objects.len; i++) {
    const ob_route *r = OB_AS(ob_route, (const ob_object *)ob_link_at(&p->objects, i));
    const ob_parent_ref *use = NULL;
    for (size_t k = 0; k < r->nparents; k++) {
      const ob_parent_ref *ref = &r->parents[k];
      if (strcmp(ref->kind, "Gateway") != 0 || strcmp(ref->name, t->g->o.name) != 0 ||
          strcmp(ref->ns, t->g->o.ns) != 0)
        continue;
      if (!use || !ob_route_not_attached(t->x->c, t->g, t->l, r, ref)) use = ref;
    }
    if (use) add_route(t, r, use);
  }
  settle_kinds(t);
  if (t->all.len > 1) qsort(t->all.at, t->all.len, sizeof *t->all.at, by_precedence);
}

/* --- the words --------------------------------------------------------------------------- */
static void step_gateway(gate *t) {
  const ob_gateway *g = t->g;
  const ob_request *r = t->x->r;
  const ob_object *o = ob_cluster_find(t->x->c, OB_KIND_GATEWAY_CLASS, "", g->class_name);
  bool own = false;
  for (size_t i = 0; i < g->naddresses; i++) own |= strcasecmp(g->addresses[i], r->host) == 0;
  if (own)
    ob_step_add(t->w, "dns", OB_GOES, &g->o, "%s is the Gateway's own address", r->host);
  else
    ob_step_add(t->w, "dns", g->naddresses ? OB_GOES : OB_UNSURE, &g->o, "%s must lead to %s",
                r->host,
                g->naddresses ? g->addresses[0] : "the Gateway, which has no address yet");
  ob_step *st = ob_step_add(t->w, "entry", OB_GOES, &g->o, "class %s, served by %s", g->class_name,
                   o ? OB_AS(ob_gateway_class, o)->controller : "nobody known");
  if (!o && ob_known(t->x->c, OB_KIND_GATEWAY_CLASS)) {
    st->verdict = OB_STOPS;
    ob_step_why(st, "no GatewayClass has this name");
    ob_step_fix(st, "install its controller, or name a class that is there");
  } else if (g->accepted == OB_TRI_FALSE || g->programmed == OB_TRI_FALSE) {
    st->verdict = OB_STOPS;
    ob_step_why(st, "the Gateway is not %s: %s",
                g->accepted == OB_TRI_FALSE ? "accepted" : "programmed",
                ob_or(g->reason, "no reason given"));
    ob_step_fix(st, "its conditions and events say more");
  } else if (g->accepted != OB_TRI_TRUE || g->programmed != OB_TRI_TRUE) {
    st->verdict = OB_UNSURE;
    ob_step_why(st, "it waits for its controller");
  }
  if (g->naddresses) ob_explain_front(t->x, t->w, g->addresses[0], r->port);
}

static bool step_listener(gate *t) {
  const ob_request *r = t->x->r;
  if (!t->l) {
    OB_AUTO(ob_buf) ports = OB_BUF_INIT(OB_LINE_MAX);
    for (size_t i = 0; i < t->g->nlisteners && i < 8; i++)
      ob_buf_addf(&ports, "%s%s %u %s", i ? ", " : "", t->g->listeners[i].protocol,
                  t->g->listeners[i].port, ob_or(t->g->listeners[i].hostname, "*"));
    ob_step *st = ob_step_add(t->w, "listener", OB_STOPS, &t->g->o, "none for %s on port %u",
                              r->scheme, r->port);
    ob_step_why(st, "its listeners: %s", ob_buf_str(&ports));
    ob_step_fix(st, "add a listener for this port, protocol and hostname");
    return false;
  }
  ob_step *st =
      ob_step_add(t->w, "listener", *t->l->reason ? OB_STOPS : OB_GOES, &t->g->o, "%s: %s %u %s",
                  t->l->name, t->l->protocol, t->l->port, ob_or(t->l->hostname, "any host"));
  if (*t->l->reason) {
    ob_step_why(st, "the listener is not ready: %s", t->l->reason);
    ob_step_fix(st, "mend what its condition names");
  } else {
    ob_step_why(st, "the most specific hostname of the listeners on this port");
  }
  if (*t->l->tls_mode)
    ob_step_add(t->w, "tls", OB_GOES, &t->g->o,
                strcmp(t->l->tls_mode, "Passthrough") == 0
                    ? "passed through to the backend%.0s%.0s"
                    : "ends at the Gateway, certificate in secret %s/%s",
                t->l->ncertificates ? t->l->certificates[0].ns : t->g->o.ns,
                t->l->ncertificates ? t->l->certificates[0].name : "(none named)");
  return true;
}

/* A Service of another namespace must be opened to routes of this one. */
static bool granted(const ob_cluster *c, const ob_route *r, const ob_route_backend *b) {
  const ob_place *p = ob_place_find(c, OB_PLACE_GRANTS, b->ns);
  for (size_t i = 0; p && i < p->objects.len; i++) {
    const ob_grant *g = OB_AS(ob_grant, (const ob_object *)ob_link_at(&p->objects, i));
    bool from = false, to = false;
    for (size_t k = 0; k < g->nfrom; k++)
      from |= strcmp(g->from[k].group, OB_GATEWAY_GROUP) == 0 &&
              strcmp(g->from[k].ns, r->o.ns) == 0 &&
              strcmp(g->from[k].kind, ob_kinds[r->o.kind].kind) == 0;
    for (size_t k = 0; k < g->nto; k++)
      to |= !*g->to[k].group && strcmp(g->to[k].kind, "Service") == 0 &&
            (!*g->to[k].name || strcmp(g->to[k].name, b->name) == 0);
    if (from && to) return true;
  }
  return false;
}

static void step_backend(gate *t, const ob_route *r, const ob_route_backend *b, int64_t sum,
                         bool several) {
  if (strcmp(b->kind, "Service") != 0) {
    ob_step *st =
        ob_step_add(t->w, "backend", OB_UNSURE, &r->o, "%s %s/%s", b->kind, b->ns, b->name);
    ob_step_why(st, "what it does is its controller's business");
    return;
  }
  if (several)
    ob_step_add(t->w, "weight", OB_GOES, &r->o, "%lld %% to %s/%s",
                (long long)(b->weight * 100LL / sum), b->ns, b->name);
  if (strcmp(b->ns, r->o.ns) != 0 && !granted(t->x->c, r, b)) {
    bool known = ob_known(t->x->c, OB_KIND_GRANT);
    ob_step *st = ob_step_add(t->w, "grant", known ? OB_STOPS : OB_UNSURE, &r->o,
                              "%s/%s is of another namespace", b->ns, b->name);
    ob_step_why(st,
                known ? "no ReferenceGrant of namespace %s lets %ss of %s in"
                      : "ReferenceGrants of namespace %s are not known, so whether %ss of %s may "
                        "is not either",
                b->ns, ob_kinds[r->o.kind].kind, r->o.ns);
    ob_step_fix(st, "create a ReferenceGrant in namespace %s from %s of %s to Service %s", b->ns,
                ob_kinds[r->o.kind].kind, r->o.ns, b->name);
    return;
  }
  ob_explain_backend(t->x, t->w, b->ns, b->name, "", b->port);
}

static void lead_on(gate *t, const hit *h) {
  enum { SHOWN = 8 };
  const ob_route_rule *rule = &h->route->rules[h->rule];
  if (*rule->redirect) {
    ob_step_add(t->w, "redirect", OB_GOES, &h->route->o, "to %s", rule->redirect);
    return;
  }
  if (*rule->rewrite) ob_step_add(t->w, "rewrite", OB_GOES, &h->route->o, "to %s", rule->rewrite);
  int64_t sum = 0;
  for (size_t i = 0; i < rule->nbackends; i++) sum += rule->backends[i].weight;
  if (sum == 0) {
    ob_step *st = ob_step_add(t->w, "backend", OB_STOPS, &h->route->o, "the rule has no backend%s",
                              rule->nbackends ? " with a weight" : "");
    ob_step_why(st, "the answer is 500");
    ob_step_fix(st, "add a backendRef, or a RequestRedirect filter");
    return;
  }
  for (size_t i = 0; i < rule->nbackends && i < SHOWN; i++)
    if (rule->backends[i].weight)
      step_backend(t, h->route, &rule->backends[i], sum, rule->nbackends > 1);
}

static void step_route(gate *t, const hit *won, const hit *next) {
  char text[600];
  route_text(text, won);
  ob_step *st =
      ob_step_add(t->w, "route", OB_GOES, &won->route->o, "%s %s/%s",
                  ob_kinds[won->route->o.kind].kind, won->route->o.ns, won->route->o.name);
  if (won->parent->accepted == OB_TRI_UNKNOWN || won->parent->stale) {
    st->verdict = OB_UNSURE;
    ob_step_why(st, "the controller has not yet said that it accepts it");
  } else if (won->parent->refs == OB_TRI_FALSE) {
    ob_step_why(st, "accepted, but its status says %s",
                ob_or(won->parent->reason, "ResolvedRefs False"));
  } else {
    ob_step_why(st, won->exact_host ? "it names the host"
                                    : "its hostnames, or the listener's, cover the host");
  }
  st = ob_step_add(t->w, "rule", won->matches == OB_PATH_YES ? OB_GOES : OB_UNSURE, &won->route->o,
                   "%s", text);
  st->rule = won->rule;
  if (won->matches != OB_PATH_YES)
    ob_step_why(st, "a regular expression: its dialect is the controller's%s",
                next ? "; if it does not match, the next below takes it" : "");
  else
    ob_step_why(st, "%s", next ? why_before(won, next) : "the only match");
  lead_on(t, won);
}

static void decide(gate *t) {
  const hit *won = NULL, *next = NULL;
  for (size_t i = 0; i < t->all.len && !next; i++) {
    if (t->all.at[i].matches == OB_PATH_NO) continue;
    if (won)
      next = &t->all.at[i];
    else
      won = &t->all.at[i];
  }
  if (won) {
    step_route(t, won, next);
  } else {
    ob_step *st = ob_step_add(t->w, "route", OB_STOPS, &t->g->o, "no route takes %s %s",
                              t->x->r->method, t->x->r->path);
    ob_step_why(st, t->all.len
                        ? "routes for the host are attached, and none of their matches fits: 404"
                        : "no attached route has this host: 404");
    ob_step_fix(st, "add a rule or a route for it");
  }
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < t->all.len; i++) {
      const hit *h = &t->all.at[i];
      char text[600];
      if (h == won || (h->matches == OB_PATH_NO) != (pass == 1)) continue;
      if (t->w->losers.len >= OB_LOSERS_MAX) {
        t->w->way.more_losers++;
        continue;
      }
      route_text(text, h);
      ob_loser_add(t->w, &h->route->o, h->rule, -1, text, "%s",
                   pass ? h->why_not : why_before(won, h));
    }
}

static int way_rank(const gate *t) {
  int rank = t->l ? rank_of(t->l->hostname) : OB_HOST_WILD;
  for (size_t i = 0; i < t->all.len; i++) {
    const ob_route *r = t->all.at[i].route;
    for (size_t k = 0; k < r->nhostnames; k++)
      if (ob_gateway_covers(r->hostnames[k], t->x->r->host) && rank_of(r->hostnames[k]) < rank)
        rank = rank_of(r->hostnames[k]);
  }
  return rank;
}

static void explain_gateway(ob_explain_run *x, const ob_gateway *g) {
  gate t = {.x = x, .g = g, .l = best_listener(g, x->r)};
  t.w = ob_way_add(x, OB_HOST_ANY, "gateway %s/%s", g->o.ns, g->o.name);
  if (!t.w) return;
  step_gateway(&t);
  if (step_listener(&t)) {
    collect(&t);
    decide(&t);
  }
  t.w->rank = way_rank(&t);
  ob_vec_done(&t.all);
}

/* Gateways to which a route for this host is attached. */
static void parents_at(ob_explain_run *x, const char *place, ob_map *gateways) {
  const ob_place *p = ob_place_find(x->c, OB_PLACE_HOST, place);
  for (size_t i = 0; p && i < p->objects.len; i++) {
    const ob_object *o = ob_link_at(&p->objects, i);
    if (o->kind != OB_KIND_HTTP_ROUTE && o->kind != OB_KIND_GRPC_ROUTE) continue;
    const ob_route *r = OB_AS(ob_route, o);
    for (size_t k = 0; k < r->nparents; k++) {
      if (strcmp(r->parents[k].kind, "Gateway") != 0) continue;
      const ob_object *g =
          ob_cluster_find(x->c, OB_KIND_GATEWAY, r->parents[k].ns, r->parents[k].name);
      if (g) ob_map_put(gateways, (const char *)&g->uid, sizeof g->uid, (void *)(uintptr_t)g);
    }
  }
}

static int by_name(const void *a, const void *b) {
  const ob_object *x = *(const ob_object *const *)a, *y = *(const ob_object *const *)b;
  int by = strcmp(x->ns, y->ns);
  return by ? by : strcmp(x->name, y->name);
}

void ob_explain_gateways(ob_explain_run *x) {
  OB_AUTO(ob_map) gateways = OB_MAP_INIT;
  parents_at(x, x->r->host, &gateways);
  parents_at(x, "", &gateways);
  for (const char *dot = strchr(x->r->host, '.'); dot; dot = strchr(dot + 1, '.')) {
    char wild[300];
    snprintf(wild, sizeof wild, "*%s", dot);
    parents_at(x, wild, &gateways);
  }
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(x->c, OB_KIND_GATEWAY, &at));)
    if (listens_for(OB_AS(ob_gateway, o), x->r))
      ob_map_put(&gateways, (const char *)&o->uid, sizeof o->uid, (void *)(uintptr_t)o);
  OB_VEC(const ob_object *) sorted = {0};
  for (size_t at = 0; (o = ob_map_next(&gateways, &at));) ob_vec_push(&sorted, o);
  if (sorted.len > 1) qsort(sorted.at, sorted.len, sizeof *sorted.at, by_name);
  for (size_t i = 0; i < sorted.len; i++) explain_gateway(x, OB_AS(ob_gateway, sorted.at[i]));
  ob_vec_done(&sorted);
}
