/* The Gateway API's objects, cut down as those of object.h are: what its rules of attachment
 * and matching use, and what a person asks first.
 *
 * Ownership, thread and text: as in object.h.
 * Source    Gateway API v1.6, gateway.networking.k8s.io (v1; ReferenceGrant v1beta1 before 1.5).
 */
#ifndef OUTBOARD_GATEWAY_H
#define OUTBOARD_GATEWAY_H

#include "outboard/object.h"

/* status of a condition; a condition that nobody has set is unknown. */
typedef enum ob_tri { OB_TRI_UNKNOWN, OB_TRI_FALSE, OB_TRI_TRUE } ob_tri;

typedef struct ob_gateway_class {
  ob_object o;
  const char *controller;
  ob_tri accepted;
} ob_gateway_class;

typedef struct ob_object_ref {
  const char *ns, *name; /* ns: the referring object's own where it says none */
} ob_object_ref;

typedef struct ob_listener {
  const char *name, *hostname, *protocol; /* hostname "" any; HTTP HTTPS TLS TCP UDP */
  const char *tls_mode;                   /* "" no tls, Terminate, Passthrough */
  const ob_object_ref *certificates;      /* of kind Secret */
  const char *from;                       /* whose routes may attach: Same, All, Selector, None */
  const char *selector;                   /* from Selector, as kubectl's -l takes it; "" all */
  const char *const *kinds;               /* allowed route kinds; none: by the protocol */
  const char *reason;                     /* why Accepted, Programmed or ResolvedRefs is False */
  uint16_t port, ncertificates, nkinds;
  int32_t attached; /* attachedRoutes by its status, -1 unknown */
} ob_listener;

typedef struct ob_gateway {
  ob_object o;
  const char *class_name;
  const ob_listener *listeners;
  const char *const *addresses; /* of its status: IPs and hostnames */
  const char *reason;           /* why accepted or programmed is not True */
  uint16_t nlisteners, naddresses;
  ob_tri accepted, programmed;
} ob_gateway;

typedef struct ob_parent_ref {
  const char *kind; /* Gateway, or another that may be a parent (Service) */
  const char *ns, *name, *section;
  uint16_t port;         /* 0 any */
  ob_tri accepted, refs; /* by its status: Accepted, ResolvedRefs */
  const char *reason;    /* why one of them is False */
  bool stale;            /* the status speaks of an older generation */
} ob_parent_ref;

/* How one of a match's fields compares: Exact, PathPrefix, RegularExpression. */
typedef struct ob_match_value {
  const char *type, *name, *value;
} ob_match_value;

/* A match of an HTTPRoute, or that of a GRPCRoute put as the HTTP request that gRPC is: POST, and
 * "/service/method" Exact, "/service" PathPrefix, or "/method" of type GRPCMethod. */
typedef struct ob_route_match {
  const char *path_type, *path; /* PathPrefix "/" when it says none */
  const char *method;           /* "" any */
  const ob_match_value *headers, *query;
  uint16_t nheaders, nquery;
} ob_route_match;

typedef struct ob_route_backend {
  const char *kind; /* "Service", or "group/Kind" of what is not ours to judge */
  const char *ns, *name;
  uint16_t port; /* 0 none */
  int32_t weight;
} ob_route_backend;

typedef struct ob_route_rule {
  const ob_route_match *matches; /* at least one: the default is in it */
  const ob_route_backend *backends;
  const char *redirect; /* "https://HOST/PATH, 301" of a RequestRedirect, "" none */
  const char *rewrite;  /* "HOST, PATH" of a URLRewrite, "" none */
  uint16_t nmatches, nbackends;
} ob_route_rule;

/* HTTPRoute and GRPCRoute. */
typedef struct ob_route {
  ob_object o;
  const ob_parent_ref *parents;
  const char *const *hostnames; /* none: its listeners' */
  const ob_route_rule *rules;
  uint16_t nparents, nhostnames, nrules;
} ob_route;

typedef struct ob_grant_from {
  const char *group, *kind, *ns;
} ob_grant_from;
typedef struct ob_grant_to {
  const char *group, *kind, *name; /* name "" all */
} ob_grant_to;
/* Lives in the namespace of what it opens. */
typedef struct ob_grant {
  ob_object o;
  const ob_grant_from *from;
  const ob_grant_to *to;
  uint16_t nfrom, nto;
} ob_grant;

#endif
