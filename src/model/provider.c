#include "model/provider.h"

#include "base/str.h"
#include "model/cluster_priv.h"

/* A provider with two controllers has a row for each: one that is not installed reads neither. */
static const struct {
  const char *provider_id; /* "" known when seen, never set */
  const char *key, *internal, *public;
} reaches[] = {
    {"aws://", "service.beta.kubernetes.io/aws-load-balancer-scheme", "internal",
     "internet-facing"},
    {"aws://", "service.beta.kubernetes.io/aws-load-balancer-internal", "true", NULL},
    {"gce://", "networking.gke.io/load-balancer-type", "Internal", NULL},
    {"", "cloud.google.com/load-balancer-type", "Internal", NULL},
    {"azure://", "service.beta.kubernetes.io/azure-load-balancer-internal", "true", NULL},
};

const char *ob_provider_id(const ob_cluster *c) {
  if (!c) return "";
  ob_cluster *m = (ob_cluster *)(uintptr_t)c; /* what is kept here can be made again */
  if (c->provider_valid) return c->provider;
  m->provider = "";
  m->provider_valid = true;
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));) {
    const char *id = OB_AS(ob_node, o)->provider_id;
    if (*id && (!*c->provider || strcmp(id, c->provider) < 0)) m->provider = id;
  }
  return c->provider;
}

bool ob_balancer_internal(const ob_service *s) {
  for (size_t i = 0; i < OB_LEN(reaches); i++)
    if (strcmp(ob_annotation(&s->o, reaches[i].key), reaches[i].internal) == 0) return true;
  return ob_starts(s->lb_class, "networking.gke.io/l4-regional-internal");
}

bool ob_balancer_set_reach(const char *provider_id, ob_json *annotations, bool internal) {
  bool known = false;
  for (size_t i = 0; i < OB_LEN(reaches); i++) {
    if (!*reaches[i].provider_id || !ob_starts(provider_id, reaches[i].provider_id)) continue;
    known = true;
    const char *value = internal ? reaches[i].internal : reaches[i].public;
    if (value)
      ob_json_put_str(annotations, reaches[i].key, value);
    else
      ob_json_remove(annotations, reaches[i].key);
  }
  return known;
}
