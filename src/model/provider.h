/* Whose nodes these are, and how that provider makes a load balancer internal: one table for
 * comparing and for converting.
 *
 * Thread    UI.
 * Source    AWS Load Balancer Controller docs/guide/service/annotations.md and
 *           cloud-provider-aws; GKE "LoadBalancer Service parameters"; cloud-provider-azure
 *           "LoadBalancer annotations".
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
