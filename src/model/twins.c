/* Who else claims the same: an address of a load balancer, a host and path. */
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/rows.h"

static bool shares(const ob_service *a, const ob_service *b) {
  for (size_t i = 0; i < a->nlb; i++)
    for (size_t j = 0; j < b->nlb; j++)
      if (strcmp(ob_lb_address(&a->lb[i]), ob_lb_address(&b->lb[j])) == 0) return true;
  return false;
}

size_t ob_lb_sharing(const ob_cluster *c, const ob_service *s, const ob_service **ret, size_t max) {
  size_t n = 0;
  const ob_object *o;
  for (size_t at = 0; s->nlb && (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));) {
    const ob_service *other = OB_AS(ob_service, o);
    if (other == s || other->type != OB_LOAD_BALANCER || !shares(s, other)) continue;
    if (n < max) ret[n] = other;
    n++;
  }
  return n;
}

static bool has_rule(const ob_ingress *g, const char *host, const ob_path *path) {
  for (size_t r = 0; r < g->nrules; r++) {
    if (strcmp(g->rules[r].host, host) != 0) continue;
    for (size_t p = 0; p < g->rules[r].npaths; p++)
      if (strcmp(g->rules[r].paths[p].path, path->path) == 0 &&
          strcmp(g->rules[r].paths[p].path_type, path->path_type) == 0)
        return true;
  }
  return false;
}

/* A canary shares its rule with the one that it takes a part from. */
static bool canary(const ob_ingress *g) {
  return ob_streq(ob_annotation(&g->o, "nginx.ingress.kubernetes.io/canary"), "true");
}

size_t ob_rule_twins(const ob_cluster *c, const ob_ingress *g, int rule, int path,
                     const ob_ingress **ret, size_t max) {
  size_t n = 0;
  const char *class, *other;
  char key[OB_PLACE_KEY];
  ob_rule_place(key, &g->rules[rule], &g->rules[rule].paths[path]);
  const ob_place *place = ob_place_find(c, OB_PLACE_RULE, key);
  if (!place || place->objects.len < 2 || canary(g)) return 0;
  ob_ingress_class_of(c, g, &class);
  for (size_t at = 0; at < place->objects.len; at++) {
    const ob_ingress *i = OB_AS(ob_ingress, (const ob_object *)ob_link_at(&place->objects, at));
    if (i == g || canary(i) || !has_rule(i, g->rules[rule].host, &g->rules[rule].paths[path]))
      continue;
    ob_ingress_class_of(c, i, &other);
    if (strcmp(class, other) != 0) continue;
    if (n < max) ret[n] = i;
    n++;
  }
  return n;
}
