/* Node ports: which of them are taken, and which nodes answer on them. */
#include "base/str.h"
#include "model/cluster_priv.h"

static int by_port(const void *a, const void *b) {
  const ob_used_port *x = a, *y = b;
  if (x->port != y->port) return x->port < y->port ? -1 : 1;
  int by = strcmp(x->protocol, y->protocol);
  return by ? by : ob_uid_cmp(x->service->o.uid, y->service->o.uid);
}

size_t ob_used_ports(const ob_cluster *c, ob_used_port *ret, size_t max) {
  OB_VEC(ob_used_port) all = {0};
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));) {
    const ob_service *s = OB_AS(ob_service, o);
    if (s->type != OB_NODE_PORT && s->type != OB_LOAD_BALANCER) continue;
    for (int p = 0; p < s->nports; p++)
      if (s->ports[p].node_port)
        ob_vec_push(&all, (ob_used_port){s->ports[p].node_port, s->ports[p].protocol, s, p});
    if (s->health_check_node_port)
      ob_vec_push(&all, (ob_used_port){s->health_check_node_port, "TCP", s, -1});
  }
  if (all.len > 1) qsort(all.at, all.len, sizeof *all.at, by_port);
  size_t n = all.len;
  if (n) memcpy(ret, all.at, (n < max ? n : max) * sizeof *ret);
  ob_vec_done(&all);
  return n;
}

static bool holds_endpoint(const ob_cluster *c, const ob_service *s, const ob_node *n) {
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  for (size_t i = 0; h && i < h->slices.len; i++) {
    const ob_slice *slice = ob_link_at(&h->slices, i);
    for (size_t e = 0; e < slice->nendpoints; e++)
      if (slice->endpoints[e].ready && strcmp(slice->endpoints[e].node, n->o.name) == 0)
        return true;
  }
  return false;
}

static int by_name(const void *a, const void *b) {
  const ob_node *const *x = a, *const *y = b;
  return ob_strnatcmp((*x)->o.name, (*y)->o.name);
}

void ob_node_answers(const ob_cluster *c, const ob_service *s,
                     void (*fn)(void *arg, const ob_node *n, const char *address,
                                ob_node_answer answer),
                     void *arg) {
  OB_VEC(const ob_node *) all = {0};
  int family = s->nip_families && strcmp(s->ip_families[0], "IPv6") == 0 ? OB_IPV6 : OB_IPV4;
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));)
    ob_vec_push(&all, OB_AS(ob_node, o));
  if (all.len > 1) qsort(all.at, all.len, sizeof *all.at, by_name);
  for (size_t i = 0; i < all.len; i++) {
    const ob_node *n = all.at[i];
    const char *address = ob_node_answers_at(n, family);
    ob_node_answer answer = OB_NODE_ANSWERS;
    if (!n->ready)
      answer = OB_NODE_NOT_READY;
    else if (!address)
      answer = OB_NODE_NO_ADDRESS;
    else if (s->external_local && !holds_endpoint(c, s, n))
      answer = OB_NODE_NO_ENDPOINT;
    fn(arg, n, answer == OB_NODE_ANSWERS ? address : "", answer);
  }
  ob_vec_done(&all);
}
