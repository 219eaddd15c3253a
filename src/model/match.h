/* Hosts and paths of Ingress rules. Thread ANY. Source: kubernetes.io Ingress documentation,
 * "Path types", "Multiple matches" and "Hostname wildcards". */
#ifndef OB_MODEL_MATCH_H
#define OB_MODEL_MATCH_H

#include "base/buf.h"
#include "outboard/object.h"

/* `pattern` names `host` itself, or is "*.rest" and host is exactly one label before rest.
 * Two equal wildcards cover each other. ASCII case does not matter. */
bool ob_host_covers(const char *pattern, const char *host);

typedef enum ob_path_match {
  OB_PATH_NO,
  OB_PATH_YES,
  OB_PATH_CONTROLLER, /* ImplementationSpecific, or a newer type: the controller decides */
} ob_path_match;
/* Does a request for `path` match the rule's path? Prefix goes by elements. */
ob_path_match ob_path_matches(const char *path_type, const char *rule_path, const char *path);

/* Appends text that sorts bytewise in the order in which rules match: exact hosts, wildcards (the
 * longer first), no host; then the longer path, Exact before Prefix before the rest. A NULL path
 * is a default backend: last of all. */
void ob_rule_order(ob_buf *out, const char *host, const ob_path *path);

#endif
