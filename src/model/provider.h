/* Whose nodes these are, and how that provider makes a load balancer internal: one table for
 * comparing and for converting.
 *
 * Thread    UI.
 * Source    AWS Load Balancer Controller (225f44568) docs/guide/service/annotations.md,
 *           kubernetes/cloud-provider-aws docs/service_controller.md and EnsureLoadBalancer (all but
 *           "false" is internal); kubernetes/ingress-gce (acbcf5d66)
 *           pkg/l4/annotations/gce_annotations.go; cloud-provider-azure IsInternal and its test;
 *           kubernetes/cloud-provider-openstack docs/openstack-cloud-controller-manager/
 *           expose-applications-using-loadbalancer-type-service.md;
 *           hetznercloud/hcloud-cloud-controller-manager internal/annotation/load_balancer.go;
 *           oracle/oci-cloud-controller-manager docs/load-balancer-annotations.md, isInternalLB;
 *           DigitalOcean "Configure Load Balancers" (not to be changed later); Scaleway
 *           docs/loadbalancer-annotations.md; for IBM, Alibaba, Baidu and Tencent Kubernetes'
 *           "Service", internal load balancer.
 */
#ifndef OB_MODEL_PROVIDER_H
#define OB_MODEL_PROVIDER_H

#include "base/json.h"
#include "model/cluster.h"

/* The nodes' spec.providerID that comes first, "" none or NULL cluster: nodes of one cluster nearly
 * always have one provider. Kept until a node changes. */
const char *ob_provider_id(const ob_cluster *c);

/* An annotation or its class says that the load balancer answers inside the provider's network. */
bool ob_balancer_internal(const ob_service *s);

/* Every annotation by which this provider's controllers are told; false: it is not known. */
bool ob_balancer_set_reach(const char *provider_id, ob_json *annotations, bool internal);

#endif
