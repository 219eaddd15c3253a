/* What a rule would mean beside the others of the cluster. Thread UI. */
#ifndef OB_MODEL_ROUTE_H
#define OB_MODEL_ROUTE_H

#include "base/json.h"
#include "outboard/plan.h"

/* Adds what a person should know of the rule `r` of the Ingress `wanted`: who wins for its host and
 * path, whom it takes requests from, what of it leads nowhere. */
void ob_route_warn(ob_plan *p, const ob_cluster *c, const ob_json *wanted, const ob_route *r);

#endif
