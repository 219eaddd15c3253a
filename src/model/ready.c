/* What is behind a service, and where an Ingress backend leads.
 *
 * A backend counts once: by the uid of what it targets, else by address type and address. So
 * dual-stack slices and endpoints on the move between slices do not count twice. It is ready
 * if any of its entries is. */
#include "model/cluster_priv.h"
#include "model/controllers.h"
#include "model/match.h"

#include "base/str.h"

bool ob_slice_has_port(const ob_slice *s, const ob_service_port *p) {
  for (size_t i = 0; i < s->nports; i++)
    if (strcmp(s->ports[i].name, p->name) == 0 && strcmp(s->ports[i].protocol, p->protocol) == 0)
      return true;
  return false;
}

typedef struct seen {
  ob_uid uid;             /* or none, and … */
  const char *space, *id; /* … address type and address */
  const ob_endpoint *e;
} seen;

static int by_identity(const void *a, const void *b) {
  const seen *x = a, *y = b;
  int by = ob_uid_cmp(x->uid, y->uid);
  if (by || !ob_uid_none(x->uid)) return by;
  by = strcmp(x->id, y->id);
  return by ? by : strcmp(x->space, y->space);
}

static int by_string(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef OB_VEC(const char *) strings;

static uint32_t distinct(strings *v) {
  uint32_t n = 0;
  if (v->len > 1) qsort(v->at, v->len, sizeof *v->at, by_string);
  for (size_t i = 0; i < v->len; i++) n += i == 0 || strcmp(v->at[i], v->at[i - 1]) != 0;
  return n;
}

/* Entries of one backend lie side by side. */
static void tally(const seen *at, size_t n, const ob_service *s, ob_ready *r, strings *nodes,
                  strings *zones) {
  for (size_t i = 0, next; i < n; i = next) {
    bool ready = false, alive = false, draining = false;
    for (next = i; next < n && by_identity(&at[i], &at[next]) == 0; next++) {
      const ob_endpoint *e = at[next].e;
      bool up = e->ready || s->publish_not_ready;
      ready |= up;
      alive |= !e->terminating;
      draining |= e->serving && e->terminating;
      if (up && *e->node) ob_vec_push(nodes, e->node);
      if (up && *e->zone) ob_vec_push(zones, e->zone);
    }
    r->ready += ready;
    r->total += alive || ready;
    r->draining += draining && !alive;
  }
}

ob_ready ob_ready_count(const ob_hub *h, const ob_service *s, int port) {
  ob_ready r = {.known = true};
  OB_VEC(seen) all = {0};
  for (size_t i = 0; i < h->slices.len; i++) {
    const ob_slice *slice = ob_link_at(&h->slices, i);
    if (strcmp(slice->address_type, "FQDN") == 0) continue;
    if (port >= 0 && !ob_slice_has_port(slice, &s->ports[port])) continue;
    ob_vec_reserve(&all, all.len + slice->nendpoints);
    for (size_t k = 0; k < slice->nendpoints; k++) {
      const ob_endpoint *e = &slice->endpoints[k];
      all.at[all.len++] = (seen){e->target_uid, slice->address_type, e->address, e};
    }
  }
  if (all.len > 1) qsort(all.at, all.len, sizeof *all.at, by_identity);
  strings nodes = {0}, zones = {0};
  tally(all.at, all.len, s, &r, &nodes, &zones);
  r.nodes = distinct(&nodes);
  r.zones = distinct(&zones);
  ob_vec_done(&nodes);
  ob_vec_done(&zones);
  ob_vec_done(&all);
  return r;
}

/* In nearly every service each slice carries every port: then one count serves all. */
static bool whole_counts(const ob_hub *h, const ob_service *s, int port) {
  for (size_t i = 0; port >= 0 && i < h->slices.len; i++)
    if (!ob_slice_has_port(ob_link_at(&h->slices, i), &s->ports[port])) return false;
  return true;
}

ob_ready ob_service_ready(const ob_cluster *c, const ob_service *s, int port) {
  if (!ob_known(c, OB_KIND_SLICE)) return (ob_ready){0};
  ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  if (!h) return (ob_ready){.known = true};
  if (port >= s->nports) port = -1;
  if (!whole_counts(h, s, port)) return ob_ready_count(h, s, port);
  if (!h->ready_valid) {
    h->ready = ob_ready_count(h, s, -1);
    h->ready_valid = true;
  }
  return h->ready;
}

size_t ob_service_slices(const ob_cluster *c, const ob_service *s, const ob_slice **ret,
                         size_t max) {
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  if (!h) return 0;
  for (size_t i = 0; i < h->slices.len && i < max; i++) ret[i] = ob_link_at(&h->slices, i);
  return h->slices.len;
}

/* --- Ingress ----------------------------------------------------------------------------- */
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
    bool same = *b->port_name ? strcmp(p->name, b->port_name) == 0
                              : b->port_number && p->port == b->port_number;
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
    const ob_ingress *g = ob_link_at(&h->ingresses, i);
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

static const ob_ingress_class *default_class(ob_cluster *c) {
  if (c->default_valid) return c->default_class;
  c->default_valid = true;
  c->default_class = NULL;
  const ob_object *o;
  for (size_t at = 0, n = 0; (o = ob_cluster_next(c, OB_KIND_INGRESS_CLASS, &at));)
    if (OB_AS(ob_ingress_class, o)->is_default)
      c->default_class = n++ ? NULL : OB_AS(ob_ingress_class, o); /* two defaults are none */
  return c->default_class;
}

const ob_ingress_class *ob_ingress_class_of(const ob_cluster *c, const ob_ingress *ing,
                                            const char **ret_name) {
  const char *name = *ing->class_name ? ing->class_name : ing->class_annotation;
  *ret_name = name;
  if (*name) return OB_AS(ob_ingress_class, ob_cluster_find(c, OB_KIND_INGRESS_CLASS, "", name));
  const ob_ingress_class *by_default = default_class((ob_cluster *)(uintptr_t)c);
  if (by_default) *ret_name = by_default->o.name;
  return by_default;
}

const char *ob_ingress_controller(const ob_cluster *c, const ob_ingress *ing) {
  const char *name;
  const ob_ingress_class *class = ob_ingress_class_of(c, ing, &name);
  if (class) return class->controller;
  if (*ing->class_name || !ob_known(c, OB_KIND_INGRESS_CLASS)) return "";
  return ob_controller_of_annotation(ing->class_annotation);
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

/* --- where node ports answer ------------------------------------------------------------- */
static int by_address(const void *a, const void *b) {
  const ob_node_spot *x = a, *y = b;
  int by = ob_strnatcmp(x->address, y->address);
  return by ? by : strcmp(x->node, y->node);
}

static const char *address_of(const ob_node *n, const char *type, int family) {
  for (size_t i = 0; i < n->naddresses; i++)
    if (strcmp(n->addresses[i].type, type) == 0 &&
        (strchr(n->addresses[i].address, ':') ? OB_IPV6 : OB_IPV4) == family)
      return n->addresses[i].address;
  return NULL;
}

const char *ob_node_answers_at(const ob_node *n, int family) {
  if (!n->ready) return NULL;
  const char *address = address_of(n, "ExternalIP", family);
  return address ? address : address_of(n, "InternalIP", family);
}

static void make_spots(const ob_cluster *c) {
  ob_cluster *m = (ob_cluster *)(uintptr_t)c; /* made when somebody asks, like the counts */
  if (m->spots_valid) return;
  m->spots_valid = true;
  m->spots_digest = 0;
  for (int f = 0; f < OB_FAMILIES; f++) {
    m->spots[f].len = 0;
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));) {
      const char *address = ob_node_answers_at(OB_AS(ob_node, o), f);
      if (address) ob_vec_push(&m->spots[f], (ob_node_spot){o->name, address});
    }
    if (m->spots[f].len > 1)
      qsort(m->spots[f].at, m->spots[f].len, sizeof(ob_node_spot), by_address);
    for (size_t i = 0; i < m->spots[f].len; i++) {
      const char *address = m->spots[f].at[i].address;
      m->spots_digest = ob_hash_more(m->spots_digest, address, strlen(address) + 1);
    }
  }
}

const ob_node_spot *ob_node_spots(const ob_cluster *c, int family, size_t *ret_n) {
  make_spots(c);
  *ret_n = c->spots[family].len;
  return c->spots[family].at;
}

uint64_t ob_node_spots_digest(const ob_cluster *c) {
  make_spots(c);
  return c->spots_digest;
}
