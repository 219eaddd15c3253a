/* The little controllers: what else lives in a cluster and writes into its API.
 *
 * Load balancers get addresses, EndpointSlices follow Services and Pods, Ingresses get a status,
 * Deployments keep their pods; and, when asked, pods come and go and objects churn.
 *
 * Thread One of its own, which also is the server's clock (bookmarks, held answers). Functions
 *        under the store's lock.
 */
#ifndef OB_SIM_CONTROL_H
#define OB_SIM_CONTROL_H

#include "sim/server.h"

int sim_control_start(ob_sim *s, ob_err *err);
void sim_control_stop(ob_sim *s); /* s->stopping is set; not under the lock */
/* Bring a freshly seeded world to where it would be after hours. */
void sim_control_settle(ob_sim *s);

/* --- what the controllers do, one object at a time (pods.c, balance.c) --- */
void sim_sync_slices(ob_sim *s, const char *ns, const char *service);
void sim_sync_services_of(ob_sim *s, const char *ns, const ob_json *labels);
/* settled: pods are made as if they had been there for long. */
void sim_sync_deployment(ob_sim *s, const char *ns, const char *name, bool settled);
void sim_pod_settle(ob_sim *s, const char *ns, const char *name); /* its containers have started */
void sim_pod_end(ob_sim *s, sim_object *pod);                     /* asks it to terminate */
void sim_orphans_end(ob_sim *s, const char *ns, const char *owner_uid);
void sim_balance(ob_sim *s, const char *ns, const char *service); /* an address, or why not */
void sim_publish(ob_sim *s, const char *ns, const char *ingress); /* an Ingress' status */
void sim_emit(ob_sim *s, const sim_object *about, const char *type, const char *reason,
              const char *source, const char *message);

/* Replace what is stored, as a controller does. */
void sim_control_write(ob_sim *s, sim_kind kind, const sim_object *old, ob_json *move_tree);

/* --- worlds (world_shop.c, world_scale.c), called while the store is loading --- */
void sim_world_base(ob_sim *s);
void sim_world_shop(ob_sim *s);
void sim_world_gateway(ob_sim *s); /* the shop's */
void sim_world_scale(ob_sim *s);
void sim_world_churn(ob_sim *s, ob_rng *rng); /* one change */
/* "2026-…" of so many hours ago, spread by the name. */
const char *sim_world_time(ob_sim *s, char out[OB_TIME_TEXT], int64_t hours_ago);

#endif
