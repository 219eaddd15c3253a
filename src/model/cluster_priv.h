/* Inside of the cluster, for cluster.c (storage, dirty set, time), join.c (links) and their
 * readers.
 *
 * A hub is a place named "namespace/name" where a Service, the slices labelled with it and the
 * Ingresses and routes that lead to it meet. It exists while any of them does, so that the order
 * in which they arrive does not matter. Places (places.c) are such meeting points for everything
 * else that is looked up by a name: hosts, node ports, Gateways.
 *
 * Thread UI.
 */
#ifndef OB_MODEL_CLUSTER_PRIV_H
#define OB_MODEL_CLUSTER_PRIV_H

#include "base/buf.h"
#include "base/map.h"
#include "model/cluster.h"
#include "model/probe.h"
#include "model/news.h"

/* A load balancer without an address for longer than this is a problem (rule S14). */
enum { OB_PENDING_MS = 5 * 60 * 1000 };

typedef struct ob_entry {
  ob_object *o;
  uint32_t dirty_at; /* index + 1 in the dirty set, 0 not in it */
  uint32_t slot;     /* of owners: their number, below nslots */
  bool problem;      /* has a verified finding; owners only */
  bool overdue;      /* a pending load balancer has passed its time */
} ob_entry;

/* Pointers to objects, in no order. Nearly always there is one: it needs no array. */
typedef struct ob_links {
  union {
    const void *one; /* cap == 0 */
    const void **many;
  };
  uint32_t len, cap;
} ob_links;
static inline const void *ob_link_at(const ob_links *l, size_t i) {
  return l->cap ? l->many[i] : l->one;
}
void ob_link_add(ob_links *l, const void *item);
void ob_link_remove(ob_links *l, const void *item); /* the first of it; absent: nothing */

typedef struct ob_hub {
  const ob_service *service;
  ob_links slices;    /* ob_slice */
  ob_links ingresses; /* ob_ingress; once each, however many paths lead here */
  ob_links routes;    /* ob_route; the same */
  ob_ready ready;     /* of the whole service */
  bool ready_valid;
  char key[];
} ob_hub;

/* How many load balancers of one class have an address. */
typedef struct ob_lb_class {
  size_t served;
  char name[];
} ob_lb_class;

/* How many objects of a namespace have a problem; none: not there. */
typedef struct ob_ns_problems {
  size_t n;
  char ns[];
} ob_ns_problems;

/* Where node ports answer: the address of a ready node, ExternalIP before InternalIP. */
typedef struct ob_node_spot {
  const char *node, *address;
} ob_node_spot;
enum { OB_IPV4, OB_IPV6, OB_FAMILIES };

struct ob_cluster {
  ob_probe_log *probes;
  ob_map by_uid[OB_KIND_COUNT], by_name[OB_KIND_COUNT]; /* -> ob_entry */
  ob_map hubs;                                          /* key -> ob_hub */
  ob_map pending;    /* uid -> ob_entry: load balancers without address */
  ob_map heard;      /* uid -> what their Events said of them (heard.c) */
  ob_map lb_classes; /* name -> ob_lb_class, while any is served */
  ob_map places;     /* kind of place and name -> ob_place */
  size_t node_ports; /* places of kind PORT: how many numbers are taken */
  ob_kind_state kinds[OB_KIND_COUNT];
  char not_read[512];
  ob_dirty dirty;
  OB_VEC(struct ob_dirty_owner) dirty_owners;
  OB_VEC(ob_object *) dead; /* replaced and deleted since the last settle */
  /* Lists know owners by these small numbers, which come again; not in the same generation. */
  uint32_t nslots;
  OB_VEC(uint32_t) free_slots, left_slots;
  size_t problems;
  ob_map ns_problems; /* namespace -> ob_ns_problems */
  ob_news_store news;
  int64_t now_ms; /* ob_cluster_clock() */
  int64_t due_ms; /* no load balancer is overdue before */
  /* Marked in this generation already: everything that a node or a class touches. */
  bool nodes_marked, classes_marked;
  /* Made when somebody asks, dropped when a node or class changes. */
  OB_VEC(ob_node_spot) spots[OB_FAMILIES]; /* in natural order of address */
  uint64_t spots_digest;
  bool spots_valid, default_valid, provider_valid;
  const char *provider; /* the nodes' providerID that comes first, "" none (cost.c) */
  const ob_ingress_class *default_class; /* NULL: none, or several */
};

/* "namespace/name" into a caller's buffer; returns its length. Longer names are cut: Kubernetes'
 * own limit is 63 + 1 + 253. */
enum { OB_KEY_MAX = 640 };
size_t ob_key(char out[OB_KEY_MAX], const char *ns, const char *name);
/* The key of an object in by_name, as it lies in the object itself: "ns\0name", or the name alone
 * when there is no namespace. */
const char *ob_name_key(const ob_object *o, size_t *ret_len);

ob_entry *ob_entry_of(const ob_cluster *c, const ob_object *o);
void ob_mark(ob_cluster *c, const ob_object *owner);

void ob_heard_drop(ob_cluster *c, ob_uid uid); /* absent: nothing */
void ob_heard_done(ob_cluster *c);

/* NULL when nobody speaks of it. */
ob_hub *ob_hub_find(const ob_cluster *c, const char *ns, const char *service);

/* join.c: the object enters or leaves the joins; everything that it touches is marked. */
void ob_join_add(ob_cluster *c, const ob_object *o);
void ob_join_remove(ob_cluster *c, const ob_object *o);
void ob_join_init(ob_cluster *c);
void ob_join_done(ob_cluster *c); /* frees what joins hold beside hubs */

/* --- places.c: objects by the names under which they are looked up --------------------------
 * The name is what follows the letter: */
enum {
  OB_PLACE_HOST = 'h',    /* a host in lower case, "*.rest", or "" for any: Ingresses with such a rule
                             (or a default backend: ""), routes, Services with that address */
  OB_PLACE_RULE = 'q',    /* what ob_rule_place() makes of an Ingress's path */
  OB_PLACE_PORT = 'p',    /* a node port's number: Services */
  OB_PLACE_GATEWAY = 'g', /* "namespace/name": routes that name it as a parent */
  OB_PLACE_GRANTS = 'r',  /* a namespace: its ReferenceGrants */
  OB_PLACE_CLASS = 'c',   /* an ingress class by name: Ingresses that name it themselves */
  OB_PLACE_BALANCERS = 'b' /* a namespace: its Services of type LoadBalancer */
};
typedef struct ob_place {
  ob_links objects; /* ob_object; once each */
  char key[];
} ob_place;
enum { OB_PLACE_KEY = 1024 }; /* names longer than this are cut: no DNS name is */
/* The rule's host, pathType and path as one name. */
void ob_rule_place(char out[OB_PLACE_KEY], const ob_rule *rule, const ob_path *path);
/* The host names that external-dns is asked for, as they are written ("a.example, b.example"): under
 * the prefix that it has by default since v0.22.0, else under the one of before. */
const char *ob_dns_names(const ob_object *o);
/* NULL when nobody is there. The name is lowered for HOST. */
const ob_place *ob_place_find(const ob_cluster *c, char kind, const char *name);
void ob_places_join(ob_cluster *c, const ob_object *o, bool add);
const char *ob_place_key(const void *place, size_t *ret_len); /* of the map */
/* Every place that the object belongs to; a key may come again. */
void ob_places_of(const ob_object *o, void (*fn)(void *arg, const char *key, size_t len), void *arg);

/* Each service that an Ingress names, in the order of its backends; the same name may come
 * again. Starts as {.ingress = g}; NULL at the end. */
typedef struct ob_ref_walk {
  const ob_ingress *ingress;
  size_t rule, path;
  bool past_default;
} ob_ref_walk;
const char *ob_ingress_next_service(ob_ref_walk *w);

/* Where node ports of a family answer on this node; NULL: nowhere, or it is not ready. */
const char *ob_node_answers_at(const ob_node *n, int family);
/* The spots of a family, sorted. Valid until a node changes. */
const ob_node_spot *ob_node_spots(const ob_cluster *c, int family, size_t *ret_n);
/* Of all their addresses: what services that any node answers for have in common. */
uint64_t ob_node_spots_digest(const ob_cluster *c);
/* ready.c: counted anew, whatever is kept. */
ob_ready ob_ready_count(const ob_hub *h, const ob_service *s, int port);
/* The slice carries the port (by name and protocol). */
bool ob_slice_has_port(const ob_slice *s, const ob_service_port *p);

#endif
