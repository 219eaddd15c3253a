/* The comparison of the ways in, for one Service: the textbook's rows filled with its own facts,
 * a recommendation with its reasons, and what each way costs.
 *
 * What is not known is said to be so; it never reads as "none".
 *
 * Ownership ob_compare_new() makes one; it borrows the cluster, the service and the prices, and is
 *           valid until the next ob_session_pump(). ob_prices own themselves.
 * Thread    UI. Cost: the routes that lead to the service and the nodes, not the cluster.
 * Text      Everything appended passed ob_text_safe(); items of a cell are separated by "\n".
 */
#ifndef OUTBOARD_COMPARE_H
#define OUTBOARD_COMPARE_H

#include "outboard/cluster.h"

struct ob_buf;

/* --- prices --------------------------------------------------------------------------------- */
/* What load balancers cost, a row a provider: list prices, of a date that they say. The person's
 * own rows, in $XDG_CONFIG_HOME/outboard/prices.yaml, come before the built-in ones:
 *
 *   currency: $
 *   date: 2026-01-31
 *   providers:
 *   - name: our contract      # shown
 *     providerID: aws://      # begins a node's spec.providerID, and/or
 *     class: service.k8s.aws  # begins spec.loadBalancerClass or an IngressClass' controller
 *     balancer: 14.00         # a month
 *     rule: 0                 # a month, each port past rulesIncluded
 *     rulesIncluded: 5
 *     note: negotiated
 *
 * Limits: OB_PRICES_MAX bytes, OB_PRICES_ROWS rows. */
enum { OB_PRICES_MAX = 64 * 1024, OB_PRICES_ROWS = 64 };
typedef struct ob_prices ob_prices;
/* The built-in rows. */
ob_prices *ob_prices_new(void);
/* "NAME:LINE: …" when the text says something that it may not. */
ob_prices *ob_prices_parse(const char *text, size_t n, const char *name, ob_err *err);
/* The person's file, the built-in rows when there is none (sync). NULL with err when it is bad. */
ob_prices *ob_prices_load(ob_err *err);
void ob_prices_free(ob_prices *p);

typedef struct ob_cost {
  bool known;
  int64_t cents;        /* a month */
  const char *provider; /* name of the row, "" none */
  const char *note, *date, *currency;
} ob_cost;
/* One load balancer of this service, whether it has one or not. */
ob_cost ob_cost_balancer(const ob_cluster *c, const ob_prices *p, const ob_service *s);
/* All load balancers of a namespace: their sum, how many, and how many have no known price. */
typedef struct ob_cost_sum {
  int64_t cents;
  size_t balancers, unknown;
} ob_cost_sum;
ob_cost_sum ob_cost_namespace(const ob_cluster *c, const ob_prices *p, const char *ns);
/* "16.43 $" */
void ob_cost_text(struct ob_buf *out, int64_t cents, const char *currency);

/* --- ways and rows -------------------------------------------------------------------------- */
typedef enum ob_way {
  OB_WAY_CLUSTER_IP, /* not exposed; a port-forward for oneself */
  OB_WAY_NODE_PORT,
  OB_WAY_LOAD_BALANCER,
  OB_WAY_INGRESS,
  OB_WAY_GATEWAY, /* where it is installed */
  OB_WAY_COUNT
} ob_way;

typedef enum ob_compare_row {
  OB_CMP_NOW,       /* exists now or not: "● 2 rules", "–" */
  OB_CMP_ADDRESS,   /* the addresses and URLs it has, or would give */
  OB_CMP_PORT,      /* its ports here */
  OB_CMP_READY,     /* ready endpoints behind it, their spread */
  OB_CMP_COST,
  OB_CMP_SHARED,    /* who else uses the entry */
  OB_CMP_CLIENT,    /* is the client's address kept */
  OB_CMP_TLS,       /* where TLS ends */
  OB_CMP_PROTOCOLS, /* what can and cannot go that way */
  OB_CMP_NEEDS,     /* what it needs and the cluster lacks */
  OB_CMP_BREAKS,    /* what would break on converting */
  OB_CMP_SECURITY,  /* what it opens */
  OB_CMP_FUNCTION, /* the textbook */
  OB_CMP_USE_CASE,
  OB_CMP_ACCESS,
  OB_CMP_SCALE,
  OB_CMP_COMPLEXITY,
  OB_CMP_COUNT
} ob_compare_row;

typedef struct ob_compare_name {
  const char *key, *title; /* of JSON and the command line; of a column or row */
} ob_compare_name;
extern const ob_compare_name ob_way_names[OB_WAY_COUNT], ob_compare_rows[OB_CMP_COUNT];

typedef struct ob_compare ob_compare;
ob_compare *ob_compare_new(const ob_cluster *c, const ob_service *s, const ob_prices *p);
void ob_compare_free(ob_compare *x);
/* GATEWAY: only where the Gateway API is installed. */
bool ob_compare_has(const ob_compare *x, ob_way way);
/* Appends the cell; returns its tone. */
ob_tone ob_compare_cell(const ob_compare *x, ob_way way, ob_compare_row row, struct ob_buf *out);

/* --- the recommendation --------------------------------------------------------------------- */
/* One row of its table: facts → weight → sentence. */
typedef struct ob_advice {
  const char *id;       /* "A01" */
  ob_way way;           /* COUNT: what is not known, and would change the answer */
  uint64_t need, never; /* facts (model/facts.h) that must and must not hold */
  int weight;
  const char *sentence; /* {class}, {routes} … are filled in */
} ob_advice;
extern const ob_advice ob_advices[];
extern const size_t ob_nadvices;

typedef struct ob_reason {
  const ob_advice *advice;
  const char *text; /* safe; owned by the comparison */
} ob_reason;
/* The way that fits best; its reasons and those for and against the others come from
 * ob_compare_reason(i), i < ob_compare_nreasons(), the weightiest first, what is unknown last. */
ob_way ob_compare_best(const ob_compare *x);
int ob_compare_score(const ob_compare *x, ob_way way);
size_t ob_compare_nreasons(const ob_compare *x);
ob_reason ob_compare_reason(const ob_compare *x, size_t i);
/* "Ingress: HTTP port, 2 hosts already …; a load balancer would cost …": the best and why. */
void ob_compare_verdict(const ob_compare *x, struct ob_buf *out);

#endif
