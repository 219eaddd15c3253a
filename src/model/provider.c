#include "model/provider.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include <strings.h>

/* How a provider's controllers are told. The first row that a Service has decides: of two keys of
 * one provider the first goes before the second. A provider with two controllers has a row for
 * each: one that is not installed reads neither. */
static const struct {
  const char *provider_id; /* "" known when seen, never set */
  const char *key;
  const char *internal; /* in any case */
  const char *public;   /* NULL: without the annotation */
  bool any;             /* everything but "false" and "0" says internal, too */
} reaches[] = {
    {"aws://", "service.beta.kubernetes.io/aws-load-balancer-scheme", "internal", "internet-facing",
     false},
    {"aws://", "service.beta.kubernetes.io/aws-load-balancer-internal", "true", NULL, true},
    {"gce://", "networking.gke.io/load-balancer-type", "Internal", NULL, false},
    {"", "cloud.google.com/load-balancer-type", "Internal", NULL, false},
    {"azure://", "service.beta.kubernetes.io/azure-load-balancer-internal", "true", NULL, false},
    {"openstack://", "service.beta.kubernetes.io/openstack-internal-load-balancer", "true", NULL,
     false},
    {"", "load-balancer.hetzner.cloud/disable-public-network", "true", NULL, false},
    {"", "oci-network-load-balancer.oraclecloud.com/internal", "true", NULL, false},
    {"", "service.beta.kubernetes.io/oci-load-balancer-internal", "true", NULL, false},
    {"", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet", NULL,
     false},
    {"", "service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true", NULL, false},
    {"", "service.beta.kubernetes.io/do-loadbalancer-network", "INTERNAL", NULL, false},
    {"", "service.beta.kubernetes.io/scw-loadbalancer-private", "true", NULL, false},
    {"", "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private", NULL, false},
    {"", "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", "", NULL, true},
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
  for (size_t i = 0; i < OB_LEN(reaches); i++) {
    const char *v = ob_annotation(&s->o, reaches[i].key);
    if (!*v) continue;
    if (reaches[i].any) return strcasecmp(v, "false") != 0 && strcmp(v, "0") != 0;
    return strcasecmp(v, reaches[i].internal) == 0;
  }
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
