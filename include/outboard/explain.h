/* Explaining a request: the whole way of one URL through the cluster, step by step with the reason
 * at each, who else nearly took it and why not, and where it stops with what would mend it.
 *
 * A way is one entry that could answer: the controller of an Ingress class, a Gateway, a load
 * balancer, a node, or inside the cluster a Service's own name. DNS decides between them, and
 * nobody here asks DNS: each way says which address the name must lead to.
 *
 * Ownership ob_explain() makes an explanation that owns its texts; objects in it are borrowed from
 *           the cluster and valid until the next ob_session_pump().
 * Thread    UI. Cost: what the request's host finds (a map), not the size of the cluster.
 * Text      Everything passed ob_text_safe().
 * Limits    OB_URL_MAX bytes of URL; OB_WAYS_MAX ways; OB_LOSERS_MAX losers a way (the best first).
 *           What is past them is counted, or said to be.
 * Source    Kubernetes documentation "Ingress" (path types, multiple matches, hostname wildcards,
 *           default backend); Gateway API v1.6 HTTPRoute, GRPCRoute (hostname intersection,
 *           precedence of matches), "Cross-Namespace References".
 */
#ifndef OUTBOARD_EXPLAIN_H
#define OUTBOARD_EXPLAIN_H

#include "outboard/cluster.h"

enum { OB_URL_MAX = 8192, OB_HEADERS_MAX = 32, OB_WAYS_MAX = 16, OB_LOSERS_MAX = 32 };

typedef struct ob_request {
  const char *scheme, *host, *path, *query; /* http or https; host in lower case; path from "/" */
  const char *method;
  ob_kv headers[OB_HEADERS_MAX];
  size_t nheaders;
  uint16_t port;
  bool inside; /* sent from a pod */
  char *text;  /* where the strings lie; owned */
} ob_request;
/* `url` may lack its scheme (http) and path. headers: "Name: value" each. method NULL: GET.
 * -OB_EUSAGE says what is wrong with it. Free with ob_request_done(). */
int ob_request_make(ob_request *ret, const char *url, const char *method,
                    const char *const *headers, size_t nheaders, bool inside, ob_err *err);
void ob_request_done(ob_request *r);

typedef enum ob_verdict {
  OB_GOES,   /* this far the request comes */
  OB_UNSURE, /* it depends on what nobody here can know: `why` says on what */
  OB_STOPS,  /* not further: `fix` says what would mend it */
} ob_verdict;

typedef struct ob_step {
  const char *what; /* "dns", "entry", "listener", "tls", "host", "path", "route", "rule", … */
  ob_verdict verdict;
  const ob_object *object; /* what decides here; NULL none */
  int rule, path;          /* into an Ingress or a route, -1 none */
  char *text, *why, *fix;  /* why, fix: "" none */
} ob_step;

typedef struct ob_loser { /* a rule that nearly took the request */
  const ob_object *object;
  int rule, path;
  char *text, *why;
} ob_loser;

typedef struct ob_request_way {
  char *title;               /* "ingress class nginx", "gateway edge/public" … */
  ob_verdict verdict;        /* the worst of its steps */
  const ob_service *service; /* where it ends, NULL nowhere */
  ob_step *steps;
  ob_loser *losers;
  size_t nsteps, nlosers;
  size_t more_losers; /* past the limit */
} ob_request_way;

typedef struct ob_explanation {
  ob_verdict verdict;   /* of the best way; STOPS when there is none */
  char *summary;        /* one sentence */
  char *unknown;        /* kinds that are not known, so that a way may be missing: "" none */
  ob_request_way *ways; /* the most specific first */
  size_t nways;
  bool more_ways; /* past the limit */
} ob_explanation;
ob_explanation *ob_explain(const ob_cluster *c, const ob_request *r);
void ob_explanation_free(ob_explanation *e);
const char *ob_verdict_name(ob_verdict v); /* "goes", "unsure", "stops" */

/* --- the whole map ------------------------------------------------------------------------- */
/* One line of it: host and path lead through an entry to a service. */
typedef struct ob_map_route {
  const ob_object *owner;    /* Ingress, route or Service */
  const char *entry_kind;    /* "ingress", "gateway", "loadbalancer", "nodeport" */
  char entry[300];           /* class, "ns/gateway", address: as it is, NOT safe */
  char url[1024];            /* "https://host/path", safe */
  char target[600];          /* "ns/service:port", safe */
  const ob_service *service; /* NULL: missing, unknown or no service */
  ob_ready ready;
  bool broken; /* it leads nowhere */
} ob_map_route;
/* Calls fn for every route of the cluster (all of them; namespaces are the caller's to filter). */
void ob_routes_each(const ob_cluster *c, void (*fn)(void *arg, const ob_map_route *r), void *arg);

#endif
