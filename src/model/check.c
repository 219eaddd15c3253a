/* The joins against themselves: everything that is kept between events is made again by walking
 * all objects, and compared. For tests. */
#include "model/cluster_priv.h"

#include "base/str.h"
#include "outboard/gateway.h"

static char *check_hub(const ob_cluster *c, const ob_hub *h) {
  const ob_object *o;
  size_t slices = 0, ingresses = 0;
  bool service = false;
  char key[OB_KEY_MAX];
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));) {
    ob_key(key, o->ns, o->name);
    if (strcmp(key, h->key) != 0) continue;
    service = true;
    if (&h->service->o != o) return ob_asprintf("hub %s has another service", h->key);
  }
  if (!service && h->service) return ob_asprintf("hub %s has a service that is gone", h->key);
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SLICE, &at));) {
    ob_key(key, o->ns, OB_AS(ob_slice, o)->service);
    if (!*OB_AS(ob_slice, o)->service || strcmp(key, h->key) != 0) continue;
    slices++;
    bool found = false;
    for (size_t i = 0; i < h->slices.len; i++)
      found |= ob_link_at(&h->slices, i) == (const void *)o;
    if (!found) return ob_asprintf("hub %s lacks slice %s", h->key, o->name);
  }
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS, &at));) {
    ob_ref_walk w = {.ingress = OB_AS(ob_ingress, o)};
    bool leads = false;
    for (const char *name; (name = ob_ingress_next_service(&w));) {
      ob_key(key, o->ns, name);
      leads |= strcmp(key, h->key) == 0;
    }
    if (!leads) continue;
    ingresses++;
    bool found = false;
    for (size_t i = 0; i < h->ingresses.len; i++)
      found |= ob_link_at(&h->ingresses, i) == (const void *)o;
    if (!found) return ob_asprintf("hub %s lacks ingress %s", h->key, o->name);
  }
  if (slices != h->slices.len)
    return ob_asprintf("hub %s: %zu slices, %u linked", h->key, slices, h->slices.len);
  if (ingresses != h->ingresses.len)
    return ob_asprintf("hub %s: %zu ingresses, %u linked", h->key, ingresses, h->ingresses.len);
  if (!h->service && !slices && !ingresses && !h->routes.len) return ob_asprintf("hub %s is empty", h->key);
  if (h->service && h->ready_valid) {
    ob_ready now = ob_ready_count(h, h->service, -1);
    if (now.ready != h->ready.ready || now.total != h->ready.total ||
        now.draining != h->ready.draining || now.nodes != h->ready.nodes ||
        now.zones != h->ready.zones)
      return ob_asprintf("hub %s: ready %u/%u kept, %u/%u counted", h->key, h->ready.ready,
                         h->ready.total, now.ready, now.total);
  }
  return NULL;
}

/* Load balancers: who is pending, and which classes are served. */
static char *check_balancers(const ob_cluster *c) {
  const ob_object *o;
  size_t pending = 0, served = 0, counted = 0;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));) {
    const ob_service *s = OB_AS(ob_service, o);
    if (s->type != OB_LOAD_BALANCER) continue;
    served += s->nlb > 0;
    pending += s->nlb == 0;
    if (!s->nlb && ob_map_get(&c->pending, (const char *)&o->uid, sizeof o->uid) != ob_entry_of(c, o))
      return ob_asprintf("service %s is pending and not noted", o->name);
    if (s->nlb && !ob_lb_class_served(c, s->lb_class))
      return ob_asprintf("class %s is served and not noted", s->lb_class);
  }
  const ob_lb_class *class;
  for (size_t at = 0; (class = ob_map_next(&c->lb_classes, &at));) counted += class->served;
  if (pending != c->pending.len)
    return ob_asprintf("%zu pending, %zu noted", pending, c->pending.len);
  if (served != counted) return ob_asprintf("%zu balancers served, %zu noted", served, counted);
  return NULL;
}

static char *check_default(const ob_cluster *c) {
  const ob_object *o;
  const ob_ingress_class *only = NULL;
  size_t n = 0;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS_CLASS, &at));)
    if (OB_AS(ob_ingress_class, o)->is_default) only = n++ ? NULL : OB_AS(ob_ingress_class, o);
  if (n > 1) only = NULL;
  if (c->default_valid && c->default_class != only)
    return ob_strdup("another default class is kept");
  return NULL;
}

static char *check_spots(const ob_cluster *c) {
  for (int f = 0; c->spots_valid && f < OB_FAMILIES; f++) {
    const ob_object *o;
    size_t n = 0;
    for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));) {
      const char *address = ob_node_answers_at(OB_AS(ob_node, o), f);
      bool kept = !address;
      for (size_t i = 0; i < c->spots[f].len && !kept; i++)
        kept = c->spots[f].at[i].address == address;
      if (!kept) return ob_asprintf("node %s answers at %s, which is not kept", o->name, address);
      n += address != NULL;
    }
    if (n != c->spots[f].len)
      return ob_asprintf("%zu node addresses kept of %zu", c->spots[f].len, n);
  }
  return NULL;
}

static char *check_marks(const ob_cluster *c) {
  size_t problems = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (c->by_uid[k].len != c->by_name[k].len)
      return ob_asprintf("%s: %zu by uid, %zu by name", ob_kinds[k].plural, c->by_uid[k].len,
                         c->by_name[k].len);
    const ob_entry *e;
    for (size_t at = 0; (e = ob_map_next(&c->by_uid[k], &at));) {
      problems += e->problem;
      if (e->dirty_at && c->dirty_owners.at[e->dirty_at - 1].owner != e->o)
        return ob_asprintf("%s is marked under another's place", e->o->name);
    }
  }
  if (problems != c->problems)
    return ob_asprintf("%zu problems, %zu counted", problems, c->problems);
  return NULL;
}

/* Places: every object stands at each of its own, and nothing else stands anywhere. */
typedef struct place_walk {
  const ob_cluster *c;
  const ob_object *o;
  size_t seen; /* distinct places of the object */
  const ob_place *last[64];
  char *wrong;
} place_walk;

static void check_place(void *arg, const char *key, size_t len) {
  place_walk *w = arg;
  const ob_place *p = ob_map_get(&w->c->places, key, len);
  bool there = false;
  for (size_t i = 0; p && i < p->objects.len; i++) there |= ob_link_at(&p->objects, i) == w->o;
  if (!there && !w->wrong) w->wrong = ob_asprintf("%s is not at %s", w->o->name, key);
  for (size_t i = 0; i < w->seen; i++)
    if (w->last[i] == p) return;
  if (w->seen < 64) w->last[w->seen++] = p;
}

static char *check_places(const ob_cluster *c) {
  size_t expected = 0, kept = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(c, (ob_kind)k, &at));) {
      place_walk w = {.c = c, .o = o};
      ob_places_of(o, check_place, &w);
      if (w.wrong) return w.wrong;
      expected += w.seen;
    }
  }
  const ob_place *p;
  for (size_t at = 0; (p = ob_map_next(&c->places, &at));) kept += p->objects.len;
  return expected == kept ? NULL : ob_asprintf("%zu at places, %zu expected", kept, expected);
}

/* Routes that hubs know, against the routes' own backends. */
static char *check_routes(const ob_cluster *c) {
  size_t expected = 0, kept = 0;
  for (int k = OB_KIND_HTTP_ROUTE; k <= OB_KIND_GRPC_ROUTE; k++) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(c, (ob_kind)k, &at));) {
      const ob_route *r = OB_AS(ob_route, o);
      const ob_hub *seen[64];
      size_t n = 0;
      for (size_t i = 0; i < r->nrules; i++)
        for (size_t b = 0; b < r->rules[i].nbackends; b++) {
          const ob_route_backend *to = &r->rules[i].backends[b];
          if (strcmp(to->kind, "Service") != 0) continue;
          const ob_hub *h = ob_hub_find(c, to->ns, to->name);
          if (!h) return ob_asprintf("backend %s of a route has no hub", to->name);
          bool again = false;
          for (size_t x = 0; x < n; x++) again |= seen[x] == h;
          if (!again && n < 64) seen[n++] = h;
        }
      expected += n;
    }
  }
  const ob_hub *h;
  for (size_t at = 0; (h = ob_map_next(&c->hubs, &at));) kept += h->routes.len;
  return expected == kept ? NULL : ob_asprintf("%zu routes at hubs, %zu expected", kept, expected);
}

char *ob_cluster_check(const ob_cluster *c) {
  ob_hub *h;
  for (size_t at = 0; (h = ob_map_next(&c->hubs, &at));) {
    char *wrong = check_hub(c, h);
    if (wrong) return wrong;
  }
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));)
    if (!ob_hub_find(c, o->ns, o->name)) return ob_asprintf("service %s has no hub", o->name);
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SLICE, &at));)
    if (*OB_AS(ob_slice, o)->service && !ob_hub_find(c, o->ns, OB_AS(ob_slice, o)->service))
      return ob_asprintf("slice %s has no hub", o->name);
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS, &at));) {
    ob_ref_walk w = {.ingress = OB_AS(ob_ingress, o)};
    for (const char *name; (name = ob_ingress_next_service(&w));)
      if (!ob_hub_find(c, o->ns, name)) return ob_asprintf("backend %s has no hub", name);
  }
  char *wrong = check_balancers(c);
  if (!wrong) wrong = check_default(c);
  if (!wrong) wrong = check_spots(c);
  if (!wrong) wrong = check_marks(c);
  if (!wrong) wrong = check_places(c);
  if (!wrong) wrong = check_routes(c);
  return wrong;
}
