/* Hosts and paths of Ingress rules. Thread ANY. Source: kubernetes.io Ingress documentation,
 * "Path types" and "Hostname wildcards". */
#ifndef OB_MODEL_MATCH_H
#define OB_MODEL_MATCH_H

#include "outboard/object.h"

/* `pattern` names `host` itself, or is "*.rest" and host is exactly one label before rest.
 * Two equal wildcards cover each other. ASCII case does not matter. */
bool ob_host_covers(const char *pattern, const char *host);

/* Order in which rules of one class match: exact hosts, wildcards (longer first), no host; then
 * longer paths first, Exact before Prefix before ImplementationSpecific. */
int ob_rule_order(const char *host_a, const ob_path *a, const char *host_b, const ob_path *b);

#endif
