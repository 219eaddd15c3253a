/* The joined picture of one cluster, read-only: objects, their joins, and what
 * they mean for exposure.
 *
 * Service ↔ EndpointSlice ↔ Ingress ↔ IngressClass ↔ Node are joined as events
 * arrive; an event costs its links, one that changes no kept field costs nothing.
 *
 * Ownership The session owns the cluster; every pointer got here is borrowed and valid
 *           until the next ob_session_pump().
 * Thread    UI.
 * Unknown   A kind that is loading, forbidden or not installed answers "unknown", never
 *           "missing": see ob_known and ob_cluster_kind().
 */
#ifndef OUTBOARD_CLUSTER_H
#define OUTBOARD_CLUSTER_H

#include "outboard/error.h"
#include "outboard/object.h"

typedef struct ob_cluster ob_cluster;

/* --- the state of what we know ---------------------------------------------------- */
typedef enum ob_phase {
  OB_LOADING,       /* the first data is on its way; `received` counts */
  OB_LIVE,          /* complete and watched */
  OB_STALE,         /* complete once, not live since `since_ms` */
  OB_FORBIDDEN,     /* 403: err says verb and resource */
  OB_NOT_INSTALLED, /* the server does not serve it */
  OB_OFF,           /* nobody asked for it */
} ob_phase;
const char *ob_phase_name(ob_phase p); /* "loading", "live", "stale", "forbidden", … */

typedef struct ob_kind_state {
  ob_phase phase;
  int64_t since_ms;   /* Unix ms of the last change of phase; STALE: of the last live moment */
  uint32_t received;  /* objects of a list under way */
  int64_t remaining;  /* remainingItemCount, -1 unknown */
  ob_err err;         /* why, when not live */
} ob_kind_state;
const ob_kind_state *ob_cluster_kind(const ob_cluster *c, ob_kind k);

/* Data of the kind may be trusted to be complete (live, or stale but once complete). */
bool ob_known(const ob_cluster *c, ob_kind k);

/* --- objects ---------------------------------------------------------------------- */
size_t ob_cluster_count(const ob_cluster *c, ob_kind k);
const ob_object *ob_cluster_find(const ob_cluster *c, ob_kind k, const char *ns, const char *name);
const ob_object *ob_cluster_find_uid(const ob_cluster *c, ob_kind k, ob_uid uid);
/* size_t cursor = 0; while ((o = ob_cluster_next(c, kind, &cursor))) …  Unspecified order. */
const ob_object *ob_cluster_next(const ob_cluster *c, ob_kind k, size_t *cursor);

/* --- what changed while we watched ---------------------------------------------------- */
typedef struct ob_news {
  int64_t at_ms;    /* Unix ms */
  ob_kind kind;     /* of what changed: a Service's news tell of its EndpointSlices, too */
  const char *name; /* of what changed */
  const char *text; /* lines "- was" and "+ is", not terminal-safe */
} ob_news;
/* Newest first. Returns how many there are, writes at most max. Kept within a fixed amount of
 * memory: the past is short. */
size_t ob_object_news(const ob_cluster *c, const ob_object *o, ob_news *ret, size_t max);

/* --- joins ------------------------------------------------------------------------ */
/* Backends behind a service: distinct by targetRef.uid, else address type + address. */
typedef struct ob_ready {
  bool known;        /* false: EndpointSlices are loading, forbidden … */
  uint32_t ready;    /* would get traffic */
  uint32_t total;    /* all that are not just terminating */
  uint32_t draining; /* serving and terminating */
  uint32_t nodes, zones; /* that hold a ready one */
} ob_ready;
/* port < 0: the whole service; else index into ports: only slices that carry that port. */
ob_ready ob_service_ready(const ob_cluster *c, const ob_service *s, int port);

size_t ob_service_slices(const ob_cluster *c, const ob_service *s, const ob_slice **ret, size_t max);

/* An Ingress backend resolved. port_index -1 when the port is missing or unknown. */
typedef enum ob_target_status {
  OB_TARGET_OK,
  OB_TARGET_UNKNOWN,      /* Services are not known */
  OB_TARGET_NO_SERVICE,
  OB_TARGET_NO_PORT,
  OB_TARGET_RESOURCE,     /* a resource backend: not ours to judge */
  OB_TARGET_NONE,         /* no backend at all */
} ob_target_status;
typedef struct ob_target {
  ob_target_status status;
  const ob_service *service;
  int port_index;
} ob_target;
ob_target ob_backend_resolve(const ob_cluster *c, const ob_ingress *ing, const ob_backend *b);

/* The rules that lead to a service, as (ingress, rule, path); rule -1: the default backend. */
typedef struct ob_route_ref {
  const ob_ingress *ingress;
  int rule, path;
} ob_route_ref;
size_t ob_service_routes(const ob_cluster *c, const ob_service *s, ob_route_ref *ret, size_t max);

/* The class that serves an Ingress: field, else annotation, else the default class when
 * exactly one exists. NULL with *ret_name "" when none; NULL with a name when it is missing. */
const ob_ingress_class *ob_ingress_class_of(const ob_cluster *c, const ob_ingress *ing,
                                            const char **ret_name);
/* The controller that serves it, as IngressClass spec.controller spells one: the class' own; where
 * an annotation alone names a class and none of that name exists, what the value stands for by
 * itself (ingress-gce goes by the annotation and makes no class). "" unknown, never NULL. */
const char *ob_ingress_controller(const ob_cluster *c, const ob_ingress *ing);
/* TLS applies to the host: an entry names it (a wildcard covers one label), or has no hosts. */
const ob_tls *ob_ingress_tls_for(const ob_ingress *ing, const char *host);

/* Kinds found by discovery that also expose and that outboard does not read
 * ("12 IngressRoutes, 3 VirtualServices"); "" when none. Never NULL. */
const char *ob_cluster_not_read(const ob_cluster *c);

/* --- facts of one row, each a look at every object of a kind: for pages, not for cells ------ */
/* Some other load balancer of this class ("" the provider's default) has an address. */
bool ob_lb_class_served(const ob_cluster *c, const char *lb_class);
/* Why a load balancer waits, by a condition of its own that is False ("reason: message"); NULL none
 * says so. Borrowed from the object. */
const char *ob_service_condition(const ob_service *s);
/* The same by the newest Warning among its Events, where ob_session_hear() asked for them; NULL
 * nothing was heard. Hostile text, each cut at OB_HEARD_MAX bytes. */
enum { OB_HEARD_MAX = 512 };
typedef struct ob_heard {
  const char *reason, *message;
  int64_t last_ms; /* Unix ms */
} ob_heard;
const ob_heard *ob_service_heard(const ob_cluster *c, const ob_service *s);
/* Other Services of type LoadBalancer with an address that this one has, too. */
size_t ob_lb_sharing(const ob_cluster *c, const ob_service *s, const ob_service **ret, size_t max);
/* Other Ingresses of the same class that have a rule's very host, path and path type: which of
 * them answers is the controller's choice. */
size_t ob_rule_twins(const ob_cluster *c, const ob_ingress *g, int rule, int path,
                     const ob_ingress **ret, size_t max);

/* --- node ports -------------------------------------------------------------------------- */
enum { /* kube-apiserver's defaults; --service-node-port-range is not told by the API */
  OB_NODE_PORT_FIRST = 30000,
  OB_NODE_PORT_LAST = 32767,
  /* Automatic ports come from above it first: max(16, min(size / 32, 128)). Source: KEP-3668. */
  OB_NODE_PORT_STATIC = 86,
};
typedef struct ob_used_port {
  uint16_t port;
  const char *protocol;
  const ob_service *service;
  int index; /* into ports; -1: its health check */
} ob_used_port;
/* All node ports that are taken, in order of port and protocol. Returns how many there are,
 * writes at most max. Costs a look at every Service. */
size_t ob_used_ports(const ob_cluster *c, ob_used_port *ret, size_t max);

/* Does a node answer on the node ports of a service? */
typedef enum ob_node_answer {
  OB_NODE_ANSWERS,
  OB_NODE_NOT_READY,
  OB_NODE_NO_ADDRESS,  /* of the service's family */
  OB_NODE_NO_ENDPOINT, /* externalTrafficPolicy Local, and none of its ready ones is there */
} ob_node_answer;
/* In order of name. address "" unless it answers. */
void ob_node_answers(const ob_cluster *c, const ob_service *s,
                     void (*fn)(void *arg, const ob_node *n, const char *address,
                                ob_node_answer answer),
                     void *arg);

/* --- audit ------------------------------------------------------------------------- */
typedef enum ob_severity { OB_SEV_INFO, OB_SEV_LOW, OB_SEV_MEDIUM, OB_SEV_HIGH } ob_severity;
typedef struct ob_audit_rule {
  const char *id; /* "I01" */
  ob_severity severity;
  const char *title, *why, *fix;
} ob_audit_rule;
extern const ob_audit_rule ob_audit_rules[];
extern const size_t ob_audit_nrules;

typedef struct ob_finding {
  const ob_audit_rule *rule;
  const ob_object *object;
  int rule_index, path_index; /* of an Ingress, else -1 */
  char field[64];             /* "spec.rules[0].http.paths[1].backend.service.name" */
  char what[192];             /* the value it saw, in a sentence */
  bool unverified;            /* what it would need to know is not known */
} ob_finding;
/* Findings about one object (its own and those of what it leads to). now_ms: Unix ms.
 * Returns how many there are, writes at most max. */
size_t ob_audit_object(const ob_cluster *c, const ob_object *o, int64_t now_ms, ob_finding *ret,
                       size_t max);
/* Objects with at least one verified finding; kept as events arrive. */
size_t ob_cluster_problems(const ob_cluster *c);
/* The same of one namespace; "" of all. */
size_t ob_cluster_problems_in(const ob_cluster *c, const char *ns);

typedef enum ob_tone { /* what a colour and a mark say */
  OB_TONE_PLAIN,
  OB_TONE_DIM,
  OB_TONE_OK,
  OB_TONE_WARN,
  OB_TONE_BAD,
  OB_TONE_ACCENT, /* addresses, URLs */
  OB_TONE_COUNT
} ob_tone;

#endif
