/* The parts of planning that probe_plan.c and probe_gateway.c share. Thread UI. */
#ifndef OB_MODEL_PROBE_PLAN_H
#define OB_MODEL_PROBE_PLAN_H

#include "model/probe.h"
#include "outboard/gateway.h"

typedef struct ob_probe_plans {
  const ob_cluster *c;
  const ob_probe_opts *opts;
  ob_probe_target *ret;
  size_t max, n;
  ob_row row; /* the way in that is being planned */
} ob_probe_plans;

#define OB_PROBE_COPY(to, from) (void)snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

/* A target of the row's owner and service, with nothing of where it goes. */
ob_probe_target ob_probe_blank(const ob_probe_plans *p);
void ob_probe_add(ob_probe_plans *p, ob_probe_target *t);
/* The rule's path as a URL has it; of a pattern the part that is literal. */
void ob_probe_put_path(ob_probe_target *t, const char *path, bool pattern);
/* The host of a rule, "" any: at each of the addresses by itself, then by DNS. `none` says why when
 * there is no address. */
void ob_probe_each_address(ob_probe_plans *p, ob_probe_target *t, const char *host,
                           const char *const *addresses, size_t n, const char *none);

/* What leads to the service (NULL: to any) by this route. */
void ob_probe_of_route(ob_probe_plans *p, const ob_route *r, const ob_service *only);
/* A typed URL at the addresses of the Gateways that listen for it. */
void ob_probe_at_gateways(ob_probe_plans *p, const ob_probe_target *t);

#endif
