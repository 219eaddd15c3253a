/* What is behind a service, and where an Ingress backend leads.
 *
 * A backend counts once: by the uid of what it targets, else by address type and address. So
 * dual-stack slices and endpoints on the move between slices do not count twice. It is ready
 * if any of its entries is. */
#include "model/cluster_priv.h"
#include "model/match.h"

#include "base/str.h"

typedef struct backend {
  const ob_endpoint *e;
  bool ready, draining, alive;
} backend;

static bool slice_has_port(const ob_slice *s, const ob_service_port *p) {
  for (size_t i = 0; i < s->nports; i++)
    if (strcmp(s->ports[i].name, p->name) == 0 && strcmp(s->ports[i].protocol, p->protocol) == 0)
      return true;
  return false;
}

static size_t identity(const ob_slice *s, const ob_endpoint *e, char out[OB_KEY_MAX]) {
  if (*e->target_uid) return ob_key(out, "uid", e->target_uid);
  return ob_key(out, s->address_type, e->address);
}

/* Distinct non-empty strings among few: nodes, zones. */
typedef struct names {
  ob_map seen;
} names;
static void names_add(names *n, const char *s) {
  if (*s) ob_map_put(&n->seen, s, strlen(s), (void *)(uintptr_t)s);
}

typedef struct tally {
  ob_map seen; /* identity -> backend */
  OB_VEC(char *) keys;
} tally;

static void tally_slice(tally *t, const ob_slice *s, bool publish_not_ready) {
  for (size_t i = 0; i < s->nendpoints; i++) {
    const ob_endpoint *e = &s->endpoints[i];
    char key[OB_KEY_MAX];
    size_t len = identity(s, e, key);
    backend *b = ob_map_get(&t->seen, key, len);
    if (!b) {
      b = ob_calloc(1, sizeof *b);
      char *kept = ob_strndup(key, len);
      ob_vec_push(&t->keys, kept);
      ob_map_put(&t->seen, kept, len, b);
    }
    b->e = e;
    b->ready |= e->ready || publish_not_ready;
    b->alive |= !e->terminating;
    b->draining |= e->serving && e->terminating;
  }
}

static ob_ready count(const ob_hub *h, const ob_service *s, int port) {
  ob_ready r = {.known = true};
  tally t = {0};
  names nodes = {0}, zones = {0};
  for (size_t i = 0; i < h->slices.len; i++) {
    const ob_slice *slice = h->slices.at[i];
    if (strcmp(slice->address_type, "FQDN") == 0) continue;
    if (port >= 0 && port < s->nports && !slice_has_port(slice, &s->ports[port])) continue;
    tally_slice(&t, slice, s->publish_not_ready);
  }
  backend *b;
  for (size_t at = 0; (b = ob_map_next(&t.seen, &at));) {
    if (b->ready) {
      r.ready++;
      names_add(&nodes, b->e->node);
      names_add(&zones, b->e->zone);
    }
    if (b->alive || b->ready) r.total++;
    if (b->draining && !b->alive) r.draining++;
    free(b);
  }
  r.nodes = (uint32_t)nodes.seen.len;
  r.zones = (uint32_t)zones.seen.len;
  for (size_t i = 0; i < t.keys.len; i++) free(t.keys.at[i]);
  ob_vec_done(&t.keys);
  ob_map_done(&t.seen);
  ob_map_done(&nodes.seen);
  ob_map_done(&zones.seen);
  return r;
}

ob_ready ob_service_ready(const ob_cluster *c, const ob_service *s, int port) {
  if (!ob_known(c, OB_KIND_SLICE)) return (ob_ready){0};
  ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  if (!h) return (ob_ready){.known = true};
  /* With one port, and in nearly every service, each slice carries every port. */
  bool whole = port < 0 || s->nports <= 1;
  if (!whole) {
    whole = true;
    for (size_t i = 0; i < h->slices.len && whole; i++)
      whole = port >= s->nports || slice_has_port(h->slices.at[i], &s->ports[port]);
  }
  if (!whole) return count(h, s, port);
  if (!h->ready_valid) {
    h->ready = count(h, s, -1);
    h->ready_valid = true;
  }
  return h->ready;
}

size_t ob_service_slices(const ob_cluster *c, const ob_service *s, const ob_slice **ret, size_t max) {
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  if (!h) return 0;
  for (size_t i = 0; i < h->slices.len && i < max; i++) ret[i] = h->slices.at[i];
  return h->slices.len;
}

/* --- Ingress ---------------------------------------------------------------------------------- */
ob_target ob_backend_resolve(const ob_cluster *c, const ob_ingress *ing, const ob_backend *b) {
  ob_target t = {.status = OB_TARGET_NONE, .port_index = -1};
  if (!b->set) return t;
  if (!*b->service) {
    t.status = *b->resource ? OB_TARGET_RESOURCE : OB_TARGET_NONE;
    return t;
  }
  const ob_hub *h = ob_hub_find(c, ing->o.ns, b->service);
  t.service = h ? h->service : NULL;
  if (!t.service) {
    t.status = ob_known(c, OB_KIND_SERVICE) ? OB_TARGET_NO_SERVICE : OB_TARGET_UNKNOWN;
    return t;
  }
  t.status = OB_TARGET_NO_PORT;
  for (int i = 0; i < t.service->nports; i++) {
    const ob_service_port *p = &t.service->ports[i];
    /* A port without a name is not the port named "". */
    bool same = *b->port_name ? strcmp(p->name, b->port_name) == 0 : b->port_number && p->port == b->port_number;
    if (!same) continue;
    t.status = OB_TARGET_OK;
    t.port_index = i;
    break;
  }
  return t;
}

size_t ob_service_routes(const ob_cluster *c, const ob_service *s, ob_route_ref *ret, size_t max) {
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  size_t n = 0;
  for (size_t i = 0; h && i < h->ingresses.len; i++) {
    const ob_ingress *g = h->ingresses.at[i];
    if (strcmp(g->default_backend.service, s->o.name) == 0) {
      if (n < max) ret[n] = (ob_route_ref){g, -1, -1};
      n++;
    }
    for (int r = 0; r < g->nrules; r++)
      for (int p = 0; p < g->rules[r].npaths; p++) {
        if (strcmp(g->rules[r].paths[p].backend.service, s->o.name) != 0) continue;
        if (n < max) ret[n] = (ob_route_ref){g, r, p};
        n++;
      }
  }
  return n;
}

const ob_ingress_class *ob_ingress_class_of(const ob_cluster *c, const ob_ingress *ing,
                                            const char **ret_name) {
  const char *name = *ing->class_name ? ing->class_name : ing->class_annotation;
  *ret_name = name;
  if (*name) return OB_AS(ob_ingress_class, ob_cluster_find(c, OB_KIND_INGRESS_CLASS, "", name));
  const ob_object *o, *only = NULL;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS_CLASS, &at));) {
    if (!OB_AS(ob_ingress_class, o)->is_default) continue;
    if (only) return NULL; /* two defaults are none */
    only = o;
  }
  if (only) *ret_name = only->name;
  return OB_AS(ob_ingress_class, only);
}

const ob_tls *ob_ingress_tls_for(const ob_ingress *ing, const char *host) {
  for (size_t i = 0; i < ing->ntls; i++) {
    const ob_tls *t = &ing->tls[i];
    if (t->nhosts == 0) return t;
    for (size_t h = 0; h < t->nhosts; h++)
      if (ob_host_covers(t->hosts[h], host)) return t;
  }
  return NULL;
}

/* --- the joins against themselves ---------------------------------------------------------------- */
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
    for (size_t i = 0; i < h->slices.len; i++) found |= &h->slices.at[i]->o == o;
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
    for (size_t i = 0; i < h->ingresses.len; i++) found |= &h->ingresses.at[i]->o == o;
    if (!found) return ob_asprintf("hub %s lacks ingress %s", h->key, o->name);
  }
  if (slices != h->slices.len) return ob_asprintf("hub %s: %zu slices, %zu linked", h->key, slices, h->slices.len);
  if (ingresses != h->ingresses.len)
    return ob_asprintf("hub %s: %zu ingresses, %zu linked", h->key, ingresses, h->ingresses.len);
  if (!h->service && !slices && !ingresses) return ob_asprintf("hub %s is empty", h->key);
  if (h->service && h->ready_valid) {
    ob_ready now = count(h, h->service, -1);
    if (now.ready != h->ready.ready || now.total != h->ready.total || now.draining != h->ready.draining)
      return ob_asprintf("hub %s: ready %u/%u kept, %u/%u counted", h->key, h->ready.ready, h->ready.total,
                         now.ready, now.total);
  }
  return NULL;
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
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (c->by_uid[k].len != c->by_name[k].len)
      return ob_asprintf("%s: %zu by uid, %zu by name", ob_kinds[k].plural, c->by_uid[k].len, c->by_name[k].len);
  return NULL;
}
