/* What service.c and service_valid.c agree on. Thread ANY for reading trees. */
#ifndef OB_SIM_SERVICE_H
#define OB_SIM_SERVICE_H

#include "sim/write.h"

typedef enum sim_type {
  SIM_T_CLUSTER_IP,
  SIM_T_NODE_PORT,
  SIM_T_LOAD_BALANCER,
  SIM_T_EXTERNAL_NAME,
  SIM_T_UNKNOWN
} sim_type;
sim_type sim_service_type(const ob_json *spec);
bool sim_service_headless(const ob_json *spec);
bool sim_service_external(const ob_json *spec);    /* externalTrafficPolicy has a meaning */
bool sim_service_health_port(const ob_json *spec); /* LoadBalancer with policy Local */

/* Every rule of kube-apiserver's. `old_tree` NULL: a new one. `status`: only that half changed. */
void sim_service_validate(const ob_json *tree, const ob_json *old_tree, bool status, sim_causes *c);
/* The rules of clusterIP(s), ipFamilies and ipFamilyPolicy, which are checked before any is taken.
 */
void sim_service_validate_ips(const ob_json *spec, const ob_json *old, sim_causes *c);
/* What a load balancer says about itself, of Services (`modes`) and Ingresses. */
void sim_lb_status_validate(const ob_json *tree, bool modes, sim_causes *c);

/* A tree that the caller owns, reached through the reading walk. */
static inline ob_json *sim_mut(const ob_json *j) {
  return (ob_json *)j;
}

#endif
