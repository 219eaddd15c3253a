/* Which listeners of a Gateway carry a route, and under which names. Thread UI.
 * Source: Gateway API v1.6, allowedRoutes, parentRefs and hostnames. */
#ifndef OB_MODEL_ATTACH_H
#define OB_MODEL_ATTACH_H

#include "outboard/cluster.h"
#include "outboard/gateway.h"

/* Characters of the pattern that match, +1 so that "" (any) is 1; 0: it does not cover. Unlike an
 * Ingress' wildcard, "*.example.com" stands for one label or more. */
size_t ob_gateway_covers(const char *pattern, const char *host);
/* The name that both have: the narrower one; NULL they exclude each other. */
const char *ob_gateway_host(const char *listener, const char *route);

/* NULL: the route may attach to the listener by this reference; else why not. */
const char *ob_route_not_attached(const ob_cluster *c, const ob_gateway *g, const ob_listener *l,
                                  const ob_route *r, const ob_parent_ref *p);

#endif
