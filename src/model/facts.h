/* What the comparison, the recommendation and the costs know of one service, gathered once.
 *
 * Thread UI. */
#ifndef OB_MODEL_FACTS_H
#define OB_MODEL_FACTS_H

#include "base/buf.h"
#include "model/cluster_priv.h"
#include "outboard/compare.h"
#include "outboard/gateway.h"

/* A fact that is not known is neither this nor its contrary: there are two bits where it matters.
 */
enum {
  OB_FACT_HTTP = 1 << 0,        /* a port that speaks HTTP by its name, appProtocol or number */
  OB_FACT_GRPC = 1 << 1,        /* … gRPC */
  OB_FACT_TCP_OTHER = 1 << 2,   /* a TCP port that is known to speak something else */
  OB_FACT_TCP_UNKNOWN = 1 << 3, /* … of which nothing says what it speaks */
  OB_FACT_UDP = 1 << 4,
  OB_FACT_SCTP = 1 << 5,
  OB_FACT_STORE = 1 << 6, /* a database's or a broker's port */
  OB_FACT_NO_PORTS = 1 << 7,
  OB_FACT_HEADLESS = 1 << 8,
  OB_FACT_NAME = 1 << 9,       /* ExternalName */
  OB_FACT_NODE_PORT = 1 << 10, /* has one */
  OB_FACT_BALANCER = 1 << 11,  /* has one with an address */
  OB_FACT_PENDING = 1 << 12,   /* asked for one and has no address */
  OB_FACT_RULES = 1 << 13,     /* Ingress rules lead here */
  OB_FACT_ROUTES = 1 << 14,    /* Gateway routes lead here */
  OB_FACT_CLASS = 1 << 15,     /* an ingress class would serve a new rule */
  OB_FACT_NO_CLASS = 1 << 16,  /* there is none */
  OB_FACT_NGINX = 1 << 17,     /* that class is ingress-nginx, retired in March 2026 */
  OB_FACT_GATEWAYS = 1 << 18,  /* the Gateway API is installed */
  OB_FACT_GATEWAY = 1 << 19,   /* a Gateway with an address that would take its routes */
  OB_FACT_LB_SEEN = 1 << 20,   /* some load balancer of the same class has an address */
  OB_FACT_LB_NONE = 1 << 21,   /* none has, and Services are known */
  OB_FACT_LB_FREE = 1 << 22,
  OB_FACT_LB_COSTS = 1 << 23,
  OB_FACT_LB_PRICE = 1 << 24,      /* its price is not known */
  OB_FACT_TRY_OUT = 1 << 25,       /* the namespace is named like a place to try things */
  OB_FACT_NODES_NONE = 1 << 26,    /* no node answers */
  OB_FACT_NO_NODE_PORTS = 1 << 27, /* none is free */
  OB_FACT_DARK_RULES = 1 << 28,    /* Ingresses are not known */
  OB_FACT_DARK_NODES = 1 << 29,    /* Nodes are not known */
  OB_FACT_DARK_SLICES = 1 << 30    /* EndpointSlices are not known */
};

enum { OB_FACTS_ROUTES = 64 };

typedef struct ob_facts {
  const ob_cluster *c;
  const ob_service *s;
  const ob_prices *prices;
  uint64_t bits;
  ob_ready ready;
  size_t nrules, nroutes; /* Ingress rules, Gateway routes; the first OB_FACTS_ROUTES are kept */
  ob_route_ref rules[OB_FACTS_ROUTES];
  const ob_route *routes[OB_FACTS_ROUTES];
  const char *class_name; /* that serves its rules, or would serve a new one; "" none */
  const ob_ingress_class *class;
  size_t class_ingresses;    /* Ingresses of that class */
  const ob_gateway *gateway; /* that takes its routes, or would; NULL none */
  size_t node_addresses;
  ob_cost balancer;
} ob_facts;
void ob_facts_gather(ob_facts *ret, const ob_cluster *c, const ob_service *s, const ob_prices *p);

/* --- recommend.c --- */
typedef struct ob_advised {
  const ob_advice *advice;
  char *text;
} ob_advised;
typedef struct ob_recommendation {
  ob_way best;
  int score[OB_WAY_COUNT];
  OB_VEC(ob_advised) reasons;
} ob_recommendation;
void ob_recommend(ob_recommendation *ret, const ob_facts *f);
void ob_recommendation_done(ob_recommendation *r);

/* --- cost.c --- */
/* A balancer by an Ingress controller or a load balancer class, else by the nodes' provider. */
ob_cost ob_cost_of(const ob_cluster *c, const ob_prices *p, const char *lb_class, size_t ports);

#endif
