/* The objects that outboard reads, cut down to what screens, joins and rules use.
 *
 * An ob_object is immutable and ONE allocation: the struct of its kind with its
 * strings and arrays packed behind it, so that handing it from the watcher to the
 * UI moves one pointer and freeing it is one free(). The whole object, as the
 * server has it, is fetched when somebody opens it.
 *
 * Ownership ob_object_free() frees everything at once; members are borrowed.
 * Thread    Made by the WATCHER, then owned by whoever holds the pointer.
 * Text      Strings are outside text, NUL-terminated, valid UTF-8, NOT terminal-safe.
 *           Absent strings are "" unless said otherwise; absent arrays have length 0.
 * Source    Kubernetes API v1.37: core/v1, discovery.k8s.io/v1, networking.k8s.io/v1; Gateway
 *           API v1.6: gateway.networking.k8s.io (gateway.h).
 */
#ifndef OUTBOARD_OBJECT_H
#define OUTBOARD_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* OB_KIND(ID, Kind, plural, group, version, namespaced, watched) — the one table of kinds. A
 * watched kind has an informer; the others are fetched for the object in view (workloads: to be
 * exposed, of their head alone). Kinds of
 * OB_GATEWAY_GROUP are asked for once discovery has named them, at the version it names. */
#define OB_KINDS(OB_KIND)                                                                          \
  OB_KIND(SERVICE, "Service", "services", "", "v1", true, true)                                    \
  OB_KIND(SLICE, "EndpointSlice", "endpointslices", "discovery.k8s.io", "v1", true, true)          \
  OB_KIND(INGRESS, "Ingress", "ingresses", "networking.k8s.io", "v1", true, true)                  \
  OB_KIND(INGRESS_CLASS, "IngressClass", "ingressclasses", "networking.k8s.io", "v1", false, true) \
  OB_KIND(NODE, "Node", "nodes", "", "v1", false, true)                                            \
  OB_KIND(NAMESPACE, "Namespace", "namespaces", "", "v1", false, true)                             \
  OB_KIND(POD, "Pod", "pods", "", "v1", true, false)                                               \
  OB_KIND(EVENT, "Event", "events", "", "v1", true, false)                                         \
  OB_KIND(GATEWAY_CLASS, "GatewayClass", "gatewayclasses", OB_GATEWAY_GROUP, "v1", false, true)    \
  OB_KIND(GATEWAY, "Gateway", "gateways", OB_GATEWAY_GROUP, "v1", true, true)                      \
  OB_KIND(HTTP_ROUTE, "HTTPRoute", "httproutes", OB_GATEWAY_GROUP, "v1", true, true)               \
  OB_KIND(GRPC_ROUTE, "GRPCRoute", "grpcroutes", OB_GATEWAY_GROUP, "v1", true, true)               \
  OB_KIND(GRANT, "ReferenceGrant", "referencegrants", OB_GATEWAY_GROUP, "v1", true, true)        \
  OB_KIND(DEPLOYMENT, "Deployment", "deployments", "apps", "v1", true, false)                      \
  OB_KIND(STATEFUL_SET, "StatefulSet", "statefulsets", "apps", "v1", true, false)                  \
  OB_KIND(DAEMON_SET, "DaemonSet", "daemonsets", "apps", "v1", true, false)                        \
  OB_KIND(REPLICA_SET, "ReplicaSet", "replicasets", "apps", "v1", true, false)
#define OB_GATEWAY_GROUP "gateway.networking.k8s.io"

typedef enum ob_kind {
#define OB_KIND_ENUM(id, kind, plural, group, version, namespaced, watched) OB_KIND_##id,
  OB_KINDS(OB_KIND_ENUM)
#undef OB_KIND_ENUM
      OB_KIND_COUNT
} ob_kind;

typedef struct ob_kind_info {
  ob_kind id;
  const char *kind, *plural, *group, *version; /* version: preferred when discovery does not say */
  bool namespaced, watched;
} ob_kind_info;
extern const ob_kind_info ob_kinds[OB_KIND_COUNT];
/* A kind that comes with a CRD: many clusters do not have it, and asking costs. */
bool ob_kind_is_addon(ob_kind k);

typedef struct ob_kv {
  const char *key, *value;
} ob_kv;

/* metadata.uid in 16 bytes: the UUID that it nearly always is, of any other text a hash that nobody
 * can choose and that lives no longer than the process. Zero: none. */
typedef struct ob_uid {
  uint64_t half[2];
} ob_uid;
ob_uid ob_uid_of(const char *text); /* NULL and "": none */
static inline int ob_uid_cmp(ob_uid a, ob_uid b) {
  int i = a.half[0] == b.half[0];
  return a.half[i] < b.half[i] ? -1 : a.half[i] > b.half[i];
}
static inline bool ob_uid_none(ob_uid u) {
  return !(u.half[0] | u.half[1]);
}

/* Head of every object. */
typedef struct ob_object {
  ob_kind kind;
  uint32_t size;          /* bytes of the allocation */
  uint64_t digest;        /* of all kept fields but rv: equal digests, nothing to show has changed */
  const char *ns, *name;  /* ns "" for cluster-scoped kinds */
  ob_uid uid;
  const char *rv;
  int64_t created_ms;     /* Unix ms, 0 unknown */
  int64_t deleting_ms;    /* deletionTimestamp, 0 none */
  const ob_kv *labels;    /* all of them, in the server's order */
  const ob_kv *annotations; /* only those that outboard reads (model/decode.c has the table) */
  uint16_t nlabels, nannotations;
  bool cut; /* a limit of the decoder was reached: not all of it is here */
  bool odd_uid; /* the uid is no UUID: its text lies right behind the name's */
} ob_object;
/* metadata.uid as the server wrote it: in `space`, or in the object itself. */
enum { OB_UID_TEXT = 37 };
const char *ob_uid_text(const ob_object *o, char space[OB_UID_TEXT]);

typedef enum ob_service_type {
  OB_CLUSTER_IP,
  OB_NODE_PORT,
  OB_LOAD_BALANCER,
  OB_EXTERNAL_NAME,
  OB_HEADLESS,      /* type ClusterIP with clusterIP None */
  OB_TYPE_UNKNOWN,  /* a value newer than this program; type_text has it */
} ob_service_type;

typedef struct ob_service_port {
  const char *name;        /* "" unnamed */
  const char *protocol;    /* TCP UDP SCTP */
  const char *target;      /* number or name as text; "" when absent */
  const char *app_protocol;
  uint16_t port, node_port; /* node_port 0: none */
} ob_service_port;

/* One entry of status.loadBalancer.ingress (Services and Ingresses). */
typedef struct ob_lb_ingress {
  const char *ip, *hostname, *ip_mode; /* ip_mode "", VIP, Proxy */
  const char *port_error;              /* first of ports[].error, "" none */
} ob_lb_ingress;

typedef struct ob_service {
  ob_object o;
  ob_service_type type;
  const char *type_text;      /* spec.type as sent */
  const char *cluster_ip;     /* first; "None" headless; "" none */
  const char *const *cluster_ips;
  const char *external_name;
  const char *lb_class;       /* "" none */
  const char *load_balancer_ip;
  const ob_service_port *ports;
  const ob_kv *selector;
  const char *const *external_ips, *const *source_ranges, *const *ip_families;
  const ob_lb_ingress *lb;
  const char *ip_family_policy, *session_affinity, *traffic_distribution;
  const ob_kv *conditions; /* status.conditions: type, and "False, Reason: message" */
  uint16_t ncluster_ips, nports, nselector, nexternal_ips, nsource_ranges, nip_families, nlb, nconditions;
  uint16_t health_check_node_port;
  bool external_local, internal_local; /* …TrafficPolicy: Local */
  bool publish_not_ready;
  bool no_node_ports; /* allocateLoadBalancerNodePorts: false */
} ob_service;

typedef struct ob_endpoint {
  const char *address;      /* addresses[0] */
  const char *node, *zone;  /* "" unknown */
  const char *target_kind, *target_name;
  ob_uid target_uid;
  bool ready, serving, terminating; /* nil resolved: true, true, false */
} ob_endpoint;

typedef struct ob_slice_port {
  const char *name, *protocol;
  int32_t port; /* -1: absent, all ports */
} ob_slice_port;

typedef struct ob_slice {
  ob_object o;
  const char *service; /* label kubernetes.io/service-name, "" none */
  const char *address_type;
  const ob_endpoint *endpoints;
  const ob_slice_port *ports;
  uint16_t nendpoints, nports;
} ob_slice;

typedef struct ob_backend {
  const char *service;      /* "" when it is a resource backend or none */
  const char *port_name;    /* "" by number */
  uint16_t port_number;     /* 0 by name */
  const char *resource;     /* "Kind/name" of a resource backend, "" none */
  bool set;                 /* false: the Ingress or path has no backend here */
} ob_backend;

typedef struct ob_path {
  const char *path, *path_type; /* path "" when absent */
  ob_backend backend;
} ob_path;

typedef struct ob_rule {
  const char *host; /* "" any */
  const ob_path *paths;
  uint16_t npaths;
} ob_rule;

typedef struct ob_tls {
  const char *const *hosts;
  const char *secret;
  uint16_t nhosts;
} ob_tls;

typedef struct ob_ingress {
  ob_object o;
  const char *class_name;       /* spec.ingressClassName, "" none */
  const char *class_annotation; /* kubernetes.io/ingress.class, "" none */
  ob_backend default_backend;
  const ob_rule *rules;
  const ob_tls *tls;
  const ob_lb_ingress *lb;
  uint16_t nrules, ntls, nlb;
} ob_ingress;

typedef struct ob_ingress_class {
  ob_object o;
  const char *controller;
  bool is_default;
} ob_ingress_class;

typedef struct ob_node_address {
  const char *type, *address;
} ob_node_address;

typedef struct ob_node {
  ob_object o;
  const ob_node_address *addresses;
  const char *zone, *provider_id, *version;
  uint16_t naddresses;
  bool ready, unschedulable;
  bool lb_excluded; /* node.kubernetes.io/exclude-from-external-load-balancers */
} ob_node;

typedef struct ob_namespace {
  ob_object o;
  bool terminating;
} ob_namespace;

typedef struct ob_pod {
  ob_object o;
  const char *phase, *node, *ip;
  const char *reason; /* why it is not ready, for a person ("CrashLoopBackOff"), "" none */
  uint16_t ready, total; /* containers */
  uint32_t restarts;
  bool is_ready;
} ob_pod;

typedef struct ob_event {
  ob_object o;
  const char *type, *reason, *message, *source;
  const char *about_kind, *about_name, *about_uid;
  int64_t last_ms;
  uint32_t count;
} ob_event;

void ob_object_free(ob_object *move_o);
/* "" when absent. */
const char *ob_label(const ob_object *o, const char *key);
const char *ob_annotation(const ob_object *o, const char *key);

/* Typed views; the kind must match. */
#define OB_AS(type, o) ((const type *)(const void *)(o))

#endif
