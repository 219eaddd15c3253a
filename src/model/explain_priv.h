/* Inside of explain: building ways (explain.c), and who makes them (explain_ingress.c,
 * explain_gateway.c, explain_service.c). Thread UI. */
#ifndef OB_MODEL_EXPLAIN_PRIV_H
#define OB_MODEL_EXPLAIN_PRIV_H

#include "base/buf.h"
#include "model/cluster_priv.h"
#include "model/controllers.h"
#include "outboard/explain.h"
#include "outboard/gateway.h"

/* How a host that rules name meets the request's: the smaller takes it first. */
enum { OB_HOST_EXACT, OB_HOST_WILD, OB_HOST_ANY, OB_HOST_RANKS };

typedef struct ob_way_build {
  ob_request_way way;
  int rank; /* OB_HOST_*: how well the entry fits the host */
  OB_VEC(ob_step) steps;
  OB_VEC(ob_loser) losers;
} ob_way_build;

typedef struct ob_explain_run {
  const ob_cluster *c;
  const ob_request *r;
  OB_VEC(ob_way_build) ways;
  bool more; /* than OB_WAYS_MAX */
  const char *host_parent; /* "*.example.com" of shop.example.com, "" none */
  char parent[300];
} ob_explain_run;

/* NULL when there are OB_WAYS_MAX already, which is noted. Valid until the next call. */
ob_way_build *ob_way_add(ob_explain_run *x, int rank, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
ob_step *ob_step_add(ob_way_build *w, const char *what, ob_verdict v, const ob_object *o,
                     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Replace the reason or the remedy of a step; made safe. */
void ob_step_why(ob_step *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ob_step_fix(ob_step *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ob_loser_add(ob_way_build *w, const ob_object *o, int rule, int path, const char *text,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));

void ob_explain_ingresses(ob_explain_run *x);
void ob_explain_gateways(ob_explain_run *x);
void ob_explain_services(ob_explain_run *x);

/* The rest of a way: service, port, slices, ready endpoints. port_name "" by number. */
void ob_explain_backend(ob_explain_run *x, ob_way_build *w, const char *ns, const char *service,
                        const char *port_name, unsigned port);
/* From a known service on; port: index or -1. */
void ob_explain_endpoints(ob_explain_run *x, ob_way_build *w, const ob_service *s, int port);
/* The load balancer that has this address, when it stands before what answers there: its own
 * backends must be ready. True when one was found. */
bool ob_explain_front(ob_explain_run *x, ob_way_build *w, const char *address, unsigned port);

/* --- the Ingress rules, apart from any explanation --- */
typedef struct ob_rule_hit {
  const ob_ingress *ingress;
  int rule, path; /* rule -1: default backend */
  int rank;       /* OB_HOST_* of the rule's host */
  ob_path_match match;
  uint64_t first, then; /* the controller's order: before the Ingress' age and after it */
  uint32_t len;         /* what counts of the path's length */
  uint8_t type;         /* 0 Exact, 1 Prefix, 2 the others */
  bool by_name;         /* Ingresses go by group.order and name, not by age */
  bool dropped;         /* the host is another Ingress' */
} ob_rule_hit;
typedef struct ob_choice {
  OB_VEC(ob_rule_hit) hits; /* rules whose host fits, best first, whether their path does or not */
  int winner;               /* index of the one that takes it (its match may be the controller's to
                               decide); -1 nobody */
  const ob_ingress *fallback; /* without winner: whose default backend takes it, NULL none */
  int rank;                   /* OB_HOST_* of the best host that any rule names; RANKS: none */
  bool regex;                 /* all paths of the host are read as expressions */
} ob_choice;
/* Which of the Ingresses of one controller takes a path of a host. Free the hits. */
void ob_ingress_choose(ob_choice *ret, const ob_ingress *const *all, size_t n,
                       const ob_controller *k, const char *host, const char *path);
/* OB_HOST_RANKS when the rule's host does not cover the request's. */
int ob_host_rank(const char *rule_host, const char *host);

#endif
