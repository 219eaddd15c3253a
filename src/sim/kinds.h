/* The kinds that the server serves: one row of one table each. Thread ANY (const). */
#ifndef OB_SIM_KINDS_H
#define OB_SIM_KINDS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sim_kind {
  SIM_SERVICE,
  SIM_SLICE,
  SIM_INGRESS,
  SIM_CLASS,
  SIM_NODE,
  SIM_NAMESPACE,
  SIM_POD,
  SIM_DEPLOYMENT,
  SIM_STATEFUL_SET,
  SIM_DAEMON_SET,
  SIM_REPLICA_SET,
  SIM_EVENT,
  SIM_SECRET,
  SIM_GATEWAY_CLASS,
  SIM_GATEWAY,
  SIM_HTTP_ROUTE,
  SIM_GRPC_ROUTE,
  SIM_GRANT,
  SIM_KINDS
} sim_kind;

typedef struct sim_kind_info {
  sim_kind id;
  const char *kind, *plural, *singular, *group, *version;
  const char *shorts[3];
  bool namespaced, in_all;   /* in_all: category "all" of kubectl */
  bool status;               /* has the subresource */
  bool generation;           /* counts changes of its spec */
  const char *group_version; /* "v1", "networking.k8s.io/v1" */
} sim_kind_info;

extern const sim_kind_info sim_kinds[SIM_KINDS];

/* NULL when not served. */
const sim_kind_info *sim_kind_find(const char *group, const char *version, const char *plural);

#endif
