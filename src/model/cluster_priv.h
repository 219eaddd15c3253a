/* Inside of the cluster, for cluster.c (storage, dirty set, time) and join.c (links).
 *
 * A hub is a place named "namespace/name" where a Service, the slices labelled with it and the
 * Ingresses that lead to it meet. It exists while any of them does, so that the order in which
 * they arrive does not matter.
 *
 * Thread UI.
 */
#ifndef OB_MODEL_CLUSTER_PRIV_H
#define OB_MODEL_CLUSTER_PRIV_H

#include "base/buf.h"
#include "base/map.h"
#include "model/cluster.h"

typedef struct ob_entry {
  ob_object *o;
  char *key;       /* "namespace/name" */
  bool problem;    /* has a verified finding; owners only */
  bool overdue;    /* a pending load balancer has passed its time */
  size_t dirty_at; /* index + 1 in the dirty set, 0 not in it */
} ob_entry;

typedef struct ob_hub {
  char *key;
  const ob_service *service;
  OB_VEC(const ob_slice *) slices;
  OB_VEC(const ob_ingress *) ingresses; /* once each, however many paths lead here */
  bool ready_valid;
  ob_ready ready; /* of the whole service */
} ob_hub;

struct ob_cluster {
  ob_map by_uid[OB_KIND_COUNT], by_name[OB_KIND_COUNT]; /* -> ob_entry */
  ob_map hubs;                                          /* key -> ob_hub */
  ob_map pending;                                       /* uid -> ob_entry: load balancers without address */
  ob_kind_state kinds[OB_KIND_COUNT];
  char not_read[512];
  ob_dirty dirty;
  OB_VEC(struct ob_dirty_owner) dirty_owners;
  OB_VEC(ob_object *) dead; /* replaced and deleted since the last settle */
  size_t problems;
};

/* "namespace/name" into a caller's buffer; returns its length. Longer names are cut: Kubernetes'
 * own limit is 63 + 1 + 253. */
enum { OB_KEY_MAX = 640 };
size_t ob_key(char out[OB_KEY_MAX], const char *ns, const char *name);

ob_entry *ob_entry_of(const ob_cluster *c, const ob_object *o);
void ob_mark(ob_cluster *c, const ob_object *owner);

/* NULL when nobody speaks of it. */
ob_hub *ob_hub_find(const ob_cluster *c, const char *ns, const char *service);

/* join.c: the object enters or leaves the joins; everything that it touches is marked. */
void ob_join_add(ob_cluster *c, const ob_object *o);
void ob_join_remove(ob_cluster *c, const ob_object *o);

/* Each service that an Ingress names, once: cursor starts at 0; NULL at the end. */
typedef struct ob_ref_walk {
  const ob_ingress *ingress;
  size_t at;
} ob_ref_walk;
const char *ob_ingress_next_service(ob_ref_walk *w);

#endif
