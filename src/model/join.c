/* Links between objects, by hubs (see cluster_priv.h).
 *
 *   EndpointSlice ──label──▶ hub "ns/service" ◀──name── Service
 *                               ▲
 *                               └── backends ── Ingress ──class──▶ IngressClass
 *
 * An object that enters or leaves marks what it touches: a slice its service and the
 * Ingresses that lead there, a service those Ingresses, a node the services that nodes answer
 * for, a class the Ingresses. Counts of ready backends are made when somebody asks and kept
 * until the hub changes. */
#include "model/cluster_priv.h"

#include "base/str.h"

ob_hub *ob_hub_find(const ob_cluster *c, const char *ns, const char *service) {
  char key[OB_KEY_MAX];
  return ob_map_get(&c->hubs, key, ob_key(key, ns, service));
}

static ob_hub *hub_make(ob_cluster *c, const char *ns, const char *service) {
  char key[OB_KEY_MAX];
  size_t len = ob_key(key, ns, service);
  ob_hub *h = ob_map_get(&c->hubs, key, len);
  if (h) return h;
  h = ob_calloc(1, sizeof *h);
  h->key = ob_strndup(key, len);
  ob_map_put(&c->hubs, h->key, len, h);
  return h;
}

static void hub_drop_if_empty(ob_cluster *c, ob_hub *h) {
  if (h->service || h->slices.len || h->ingresses.len) return;
  ob_map_del(&c->hubs, h->key, strlen(h->key));
  ob_vec_done(&h->slices);
  ob_vec_done(&h->ingresses);
  free(h->key);
  free(h);
}

static void hub_changed(ob_cluster *c, ob_hub *h) {
  h->ready_valid = false;
  if (h->service) ob_mark(c, &h->service->o);
  for (size_t i = 0; i < h->ingresses.len; i++) ob_mark(c, &h->ingresses.at[i]->o);
}

/* --- services of an Ingress --------------------------------------------------------------- */
static const ob_backend *backend_at(const ob_ingress *g, size_t at) {
  if (at == 0) return &g->default_backend;
  at--;
  for (size_t r = 0; r < g->nrules; r++) {
    if (at < g->rules[r].npaths) return &g->rules[r].paths[at].backend;
    at -= g->rules[r].npaths;
  }
  return NULL;
}

/* Duplicates are found by looking back, which is quadratic: past this many paths a service may
 * be named more than once, and linking it twice is prevented where it is linked. */
enum { LOOK_BACK = 64 };

const char *ob_ingress_next_service(ob_ref_walk *w) {
  for (const ob_backend *b; (b = backend_at(w->ingress, w->at));) {
    size_t here = w->at++;
    if (!*b->service) continue;
    bool seen = false;
    for (size_t i = here > LOOK_BACK ? here - LOOK_BACK : 0; i < here && !seen; i++)
      seen = strcmp(backend_at(w->ingress, i)->service, b->service) == 0;
    if (!seen) return b->service;
  }
  return NULL;
}

static void link_ingress(ob_cluster *c, const ob_ingress *g) {
  ob_ref_walk w = {.ingress = g};
  for (const char *name; (name = ob_ingress_next_service(&w));) {
    ob_hub *h = hub_make(c, g->o.ns, name);
    /* The one that was linked last is the only candidate: nobody else is linked meanwhile. */
    if (h->ingresses.len && h->ingresses.at[h->ingresses.len - 1] == g) continue;
    ob_vec_push(&h->ingresses, g);
    if (h->service) ob_mark(c, &h->service->o); /* its routes changed */
  }
}

static void unlink_ingress(ob_cluster *c, const ob_ingress *g) {
  ob_ref_walk w = {.ingress = g};
  for (const char *name; (name = ob_ingress_next_service(&w));) {
    ob_hub *h = ob_hub_find(c, g->o.ns, name);
    if (!h) continue;
    for (size_t i = 0; i < h->ingresses.len; i++) {
      if (h->ingresses.at[i] != g) continue;
      h->ingresses.at[i] = h->ingresses.at[--h->ingresses.len];
      break;
    }
    if (h->service) ob_mark(c, &h->service->o);
    hub_drop_if_empty(c, h);
  }
}

/* --- the others ------------------------------------------------------------------------------- */
static void join_slice(ob_cluster *c, const ob_slice *s, bool add) {
  if (!*s->service) return;
  ob_hub *h = add ? hub_make(c, s->o.ns, s->service) : ob_hub_find(c, s->o.ns, s->service);
  if (!h) return;
  if (add) {
    ob_vec_push(&h->slices, s);
  } else {
    for (size_t i = 0; i < h->slices.len; i++) {
      if (h->slices.at[i] != s) continue;
      h->slices.at[i] = h->slices.at[--h->slices.len];
      break;
    }
  }
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

/* Nodes and classes are few and change seldom; what they touch is found by walking. */
static void mark_where(ob_cluster *c, ob_kind kind, bool (*touched)(const ob_object *o)) {
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, kind, &at));)
    if (!touched || touched(o)) ob_mark(c, o);
}

static bool nodes_answer(const ob_object *o) {
  ob_service_type t = OB_AS(ob_service, o)->type;
  return t == OB_NODE_PORT || t == OB_LOAD_BALANCER;
}

static void join(ob_cluster *c, const ob_object *o, bool add) {
  switch (o->kind) {
  case OB_KIND_SERVICE: join_service(c, OB_AS(ob_service, o), add); break;
  case OB_KIND_SLICE: join_slice(c, OB_AS(ob_slice, o), add); break;
  case OB_KIND_INGRESS: add ? link_ingress(c, OB_AS(ob_ingress, o)) : unlink_ingress(c, OB_AS(ob_ingress, o)); break;
  case OB_KIND_INGRESS_CLASS: mark_where(c, OB_KIND_INGRESS, NULL); break;
  case OB_KIND_NODE: mark_where(c, OB_KIND_SERVICE, nodes_answer); break;
  default: break;
  }
}

void ob_join_add(ob_cluster *c, const ob_object *o) { join(c, o, true); }
void ob_join_remove(ob_cluster *c, const ob_object *o) { join(c, o, false); }
