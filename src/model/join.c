/* Links between objects, by hubs (see cluster_priv.h).
 *
 *   EndpointSlice ──label──▶ hub "ns/service" ◀──name── Service
 *                               ▲
 *                               ├── backends ── Ingress ──class──▶ IngressClass
 *                               └── backends ── HTTPRoute, GRPCRoute
 *
 * An object that enters or leaves marks what it touches: a slice its service and the
 * Ingresses that lead there, a service those Ingresses, a node the services that nodes answer
 * for, a class the Ingresses. Counts of ready backends are made when somebody asks and kept
 * until the hub changes. */
#include "model/cluster_priv.h"

#include "base/str.h"
#include "outboard/gateway.h"

ob_hub *ob_hub_find(const ob_cluster *c, const char *ns, const char *service) {
  char key[OB_KEY_MAX];
  return ob_map_get(&c->hubs, key, ob_key(key, ns, service));
}

static ob_hub *hub_make(ob_cluster *c, const char *ns, const char *service) {
  char key[OB_KEY_MAX];
  size_t len = ob_key(key, ns, service);
  ob_hub *h = ob_map_get(&c->hubs, key, len);
  if (h) return h;
  h = ob_calloc(1, sizeof *h + len + 1);
  memcpy(h->key, key, len + 1);
  ob_map_put(&c->hubs, h->key, len, h);
  return h;
}

static void hub_drop_if_empty(ob_cluster *c, ob_hub *h) {
  if (h->service || h->slices.len || h->ingresses.len || h->routes.len) return;
  ob_map_del(&c->hubs, h->key, strlen(h->key));
  free(h); /* empty links hold no memory */
}

void ob_link_add(ob_links *l, const void *item) {
  if (!l->cap && l->len == 1) {
    const void *first = l->one;
    l->many = ob_reallocarray(NULL, l->cap = 4, sizeof *l->many);
    l->many[0] = first;
  } else if (l->cap && l->len == l->cap) {
    l->many = ob_reallocarray(l->many, l->cap *= 2, sizeof *l->many);
  }
  if (l->cap)
    l->many[l->len++] = item;
  else
    l->one = item, l->len = 1;
}

void ob_link_remove(ob_links *l, const void *item) {
  for (uint32_t i = 0; i < l->len; i++) {
    if (ob_link_at(l, i) != item) continue;
    if (l->cap) l->many[i] = l->many[l->len - 1];
    if (--l->len == 0 && l->cap) {
      free(l->many);
      *l = (ob_links){0};
    }
    return;
  }
}

static void hub_changed(ob_cluster *c, ob_hub *h) {
  h->ready_valid = false;
  if (h->service) ob_mark(c, &h->service->o);
  for (size_t i = 0; i < h->ingresses.len; i++)
    ob_mark(c, &((const ob_ingress *)ob_link_at(&h->ingresses, i))->o);
}

/* --- services of an Ingress -------------------------------------------------------------- */
const char *ob_ingress_next_service(ob_ref_walk *w) {
  const ob_ingress *g = w->ingress;
  if (!w->past_default) {
    w->past_default = true;
    if (*g->default_backend.service) return g->default_backend.service;
  }
  for (; w->rule < g->nrules; w->rule++, w->path = 0)
    while (w->path < g->rules[w->rule].npaths) {
      const char *name = g->rules[w->rule].paths[w->path++].backend.service;
      if (*name) return name;
    }
  return NULL;
}

static void link_ingress(ob_cluster *c, const ob_ingress *g) {
  ob_ref_walk w = {.ingress = g};
  for (const char *name; (name = ob_ingress_next_service(&w));) {
    ob_hub *h = hub_make(c, g->o.ns, name);
    /* The one that was linked last is the only candidate: nobody else is linked meanwhile. */
    if (h->ingresses.len && ob_link_at(&h->ingresses, h->ingresses.len - 1) == g) continue;
    ob_link_add(&h->ingresses, g);
    if (h->service) ob_mark(c, &h->service->o); /* its routes changed */
  }
}

static void unlink_ingress(ob_cluster *c, const ob_ingress *g) {
  ob_ref_walk w = {.ingress = g};
  for (const char *name; (name = ob_ingress_next_service(&w));) {
    ob_hub *h = ob_hub_find(c, g->o.ns, name);
    if (!h) continue;
    ob_link_remove(&h->ingresses, g);
    if (h->service) ob_mark(c, &h->service->o);
    hub_drop_if_empty(c, h);
  }
}

/* --- services of a route ----------------------------------------------------------------- */
static void join_route(ob_cluster *c, const ob_route *r, bool add) {
  for (size_t i = 0; i < r->nrules; i++)
    for (size_t k = 0; k < r->rules[i].nbackends; k++) {
      const ob_route_backend *b = &r->rules[i].backends[k];
      if (strcmp(b->kind, "Service") != 0) continue;
      ob_hub *h = add ? hub_make(c, b->ns, b->name) : ob_hub_find(c, b->ns, b->name);
      if (!h) continue;
      bool linked = h->routes.len && ob_link_at(&h->routes, h->routes.len - 1) == r;
      if (add && !linked) ob_link_add(&h->routes, r);
      if (!add) ob_link_remove(&h->routes, r);
      hub_drop_if_empty(c, h);
    }
}

/* --- the others -------------------------------------------------------------------------- */
static void join_slice(ob_cluster *c, const ob_slice *s, bool add) {
  if (!*s->service) return;
  ob_hub *h = add ? hub_make(c, s->o.ns, s->service) : ob_hub_find(c, s->o.ns, s->service);
  if (!h) return;
  add ? ob_link_add(&h->slices, s) : ob_link_remove(&h->slices, s);
  hub_changed(c, h);
  hub_drop_if_empty(c, h);
}

static void join_service(ob_cluster *c, const ob_service *s, bool add) {
  ob_hub *h = hub_make(c, s->o.ns, s->o.name);
  if (add)
    h->service = s;
  else if (h->service == s)
    h->service = NULL;
  hub_changed(c, h);
  hub_drop_if_empty(c, h);
}

/* --- load balancer classes --------------------------------------------------------------- */
bool ob_lb_class_served(const ob_cluster *c, const char *lb_class) {
  return ob_map_get(&c->lb_classes, lb_class, strlen(lb_class)) != NULL;
}

/* Why the others of the class are pending reads otherwise once one is served, or none is. */
static void class_flipped(ob_cluster *c, const char *lb_class) {
  ob_entry *e;
  for (size_t at = 0; (e = ob_map_next(&c->pending, &at));)
    if (strcmp(OB_AS(ob_service, e->o)->lb_class, lb_class) == 0) ob_mark(c, e->o);
}

static void count_class(ob_cluster *c, const ob_service *s, bool add) {
  if (s->type != OB_LOAD_BALANCER || s->nlb == 0) return;
  size_t len = strlen(s->lb_class);
  ob_lb_class *class = ob_map_get(&c->lb_classes, s->lb_class, len);
  if (add) {
    if (!class) {
      class = ob_calloc(1, sizeof *class + len + 1);
      memcpy(class->name, s->lb_class, len + 1);
      ob_map_put(&c->lb_classes, class->name, len, class);
    }
    if (class->served++ == 0) class_flipped(c, s->lb_class);
  } else if (class && --class->served == 0) {
    ob_map_del(&c->lb_classes, s->lb_class, len);
    free(class);
    class_flipped(c, s->lb_class);
  }
}

static const char *hub_key(const void *hub, size_t *ret_len) {
  const char *key = ((const ob_hub *)hub)->key;
  *ret_len = strlen(key);
  return key;
}

void ob_join_init(ob_cluster *c) {
  c->hubs = (ob_map)OB_MAP_OF(hub_key);
  c->places = (ob_map)OB_MAP_OF(ob_place_key);
}

void ob_join_done(ob_cluster *c) {
  ob_map_done(&c->hubs); /* empty: its objects left before */
  ob_map_done(&c->lb_classes);
  ob_map_done(&c->places);
  for (int f = 0; f < OB_FAMILIES; f++) ob_vec_done(&c->spots[f]);
}

/* --- nodes and classes ------------------------------------------------------------------- */
/* What they touch is found by walking, once in a generation: what arrives later in it is dirty
 * by itself. */
static void mark_where(ob_cluster *c, ob_kind kind, bool *io_marked,
                       bool (*touched)(const ob_object *o)) {
  if (*io_marked) return;
  *io_marked = true;
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, kind, &at));)
    if (touched(o)) ob_mark(c, o);
}

static bool nodes_answer(const ob_object *o) {
  ob_service_type t = OB_AS(ob_service, o)->type;
  return t == OB_NODE_PORT || t == OB_LOAD_BALANCER;
}

static bool always(const ob_object *o) {
  (void)o;
  return true;
}

static void join(ob_cluster *c, const ob_object *o, bool add) {
  ob_places_join(c, o, add);
  switch (o->kind) {
  case OB_KIND_HTTP_ROUTE:
  case OB_KIND_GRPC_ROUTE: join_route(c, OB_AS(ob_route, o), add); break;
  case OB_KIND_SERVICE:
    count_class(c, OB_AS(ob_service, o), add);
    join_service(c, OB_AS(ob_service, o), add);
    break;
  case OB_KIND_SLICE: join_slice(c, OB_AS(ob_slice, o), add); break;
  case OB_KIND_INGRESS:
    add ? link_ingress(c, OB_AS(ob_ingress, o)) : unlink_ingress(c, OB_AS(ob_ingress, o));
    break;
  case OB_KIND_INGRESS_CLASS:
    c->default_valid = false;
    mark_where(c, OB_KIND_INGRESS, &c->classes_marked, always);
    break;
  case OB_KIND_NODE:
    c->spots_valid = c->provider_valid = false;
    mark_where(c, OB_KIND_SERVICE, &c->nodes_marked, nodes_answer);
    break;
  default: break;
  }
}

void ob_join_add(ob_cluster *c, const ob_object *o) {
  join(c, o, true);
}
void ob_join_remove(ob_cluster *c, const ob_object *o) {
  join(c, o, false);
}
