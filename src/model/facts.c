/* Gathering what is known of a service. Walks its own routes, the Gateways and the nodes; nothing
 * else of the cluster. */
#include "model/facts.h"

#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

/* What a port speaks, by the first row that fits: appProtocol, then the name's first word, then the
 * number. */
static const struct {
  const char *name;
  uint16_t port; /* 0: by name alone */
  uint64_t fact;
} speaks[] = {
    {"http", 80, OB_FACT_HTTP},
    {"https", 443, OB_FACT_HTTP},
    {"web", 8080, OB_FACT_HTTP},
    {"websecure", 8443, OB_FACT_HTTP},
    {"http2", 0, OB_FACT_HTTP},
    {"ws", 0, OB_FACT_HTTP},
    {"wss", 0, OB_FACT_HTTP},
    {"kubernetes.io/ws", 0, OB_FACT_HTTP},
    {"kubernetes.io/wss", 0, OB_FACT_HTTP},
    {"kubernetes.io/h2c", 0, OB_FACT_HTTP},
    {"grpc", 0, OB_FACT_GRPC | OB_FACT_HTTP},
    {"postgres", 5432, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"postgresql", 0, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"pg", 0, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"mysql", 3306, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"redis", 6379, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"mongo", 27017, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"mongodb", 0, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"kafka", 9092, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"broker", 0, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"amqp", 5672, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"memcached", 11211, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"etcd", 2379, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"mssql", 1433, OB_FACT_STORE | OB_FACT_TCP_OTHER},
    {"ssh", 22, OB_FACT_TCP_OTHER},
    {"ldap", 389, OB_FACT_TCP_OTHER},
    {"smtp", 25, OB_FACT_TCP_OTHER},
    {"mqtt", 1883, OB_FACT_TCP_OTHER},
    {"mqtts", 8883, OB_FACT_TCP_OTHER},
    {"rtmp", 1935, OB_FACT_TCP_OTHER},
    {"dns", 53, OB_FACT_TCP_OTHER},
    {"tcp", 0, OB_FACT_TCP_OTHER},
};

static uint64_t by_word(const char *word) {
  size_t n = strcspn(word, "-");
  for (size_t i = 0; n && i < OB_LEN(speaks); i++)
    if (strlen(speaks[i].name) == n && memcmp(speaks[i].name, word, n) == 0) return speaks[i].fact;
  return 0;
}

static uint64_t port_facts(const ob_service_port *p) {
  if (strcmp(p->protocol, "UDP") == 0) return OB_FACT_UDP;
  if (strcmp(p->protocol, "SCTP") == 0) return OB_FACT_SCTP;
  uint64_t f = by_word(p->app_protocol);
  if (!f) f = by_word(p->name);
  for (size_t i = 0; !f && i < OB_LEN(speaks); i++)
    if (speaks[i].port == p->port) f = speaks[i].fact;
  return f ? f : OB_FACT_TCP_UNKNOWN;
}

static bool try_out(const char *ns) {
  static const char *const words[] = {"dev",     "test",       "demo",    "sandbox",
                                      "staging", "playground", "preview", "lab"};
  for (size_t i = 0; i < OB_LEN(words); i++) {
    const char *at = strstr(ns, words[i]);
    size_t n = strlen(words[i]);
    if (at && (at == ns || at[-1] == '-') && (at[n] == '\0' || at[n] == '-')) return true;
  }
  return false;
}

/* --- who would take it ------------------------------------------------------------------- */
static void find_class(ob_facts *f) {
  static const ob_ingress nobody = {.class_name = "", .class_annotation = ""};
  const ob_ingress *g = f->nrules ? f->rules[0].ingress : &nobody;
  f->class = ob_ingress_class_of(f->c, g, &f->class_name);
  /* Several classes and no default: the first by name is as good a guess as the person's. */
  if (!*f->class_name) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(f->c, OB_KIND_INGRESS_CLASS, &at));)
      if (!f->class || strcmp(o->name, f->class->o.name) < 0) f->class = OB_AS(ob_ingress_class, o);
    if (f->class) f->class_name = f->class->o.name;
  }
  const ob_place *p = *f->class_name ? ob_place_find(f->c, OB_PLACE_CLASS, f->class_name) : NULL;
  f->class_ingresses = p ? p->objects.len : 0;
  if (f->class)
    f->bits |= OB_FACT_CLASS;
  else if (ob_known(f->c, OB_KIND_INGRESS_CLASS))
    f->bits |= OB_FACT_NO_CLASS;
  if (f->class && strcmp(f->class->controller, "k8s.io/ingress-nginx") == 0)
    f->bits |= OB_FACT_NGINX;
}

static bool would_take(const ob_gateway *g, const char *ns) {
  if (g->programmed != OB_TRI_TRUE || g->naddresses == 0) return false;
  for (size_t i = 0; i < g->nlisteners; i++)
    if (strcmp(g->listeners[i].from, "All") == 0 || strcmp(g->o.ns, ns) == 0) return true;
  return false;
}

static int before(const ob_object *a, const ob_object *b) {
  int by = strcmp(a->ns, b->ns);
  return by ? by : strcmp(a->name, b->name);
}

static void find_gateway(ob_facts *f) {
  ob_phase p = ob_cluster_kind(f->c, OB_KIND_GATEWAY)->phase;
  if (p != OB_NOT_INSTALLED && p != OB_OFF && p != OB_LOADING) f->bits |= OB_FACT_GATEWAYS;
  const ob_route *r = f->nroutes ? f->routes[0] : NULL;
  for (size_t i = 0; r && i < r->nparents && !f->gateway; i++)
    if (strcmp(r->parents[i].kind, "Gateway") == 0)
      f->gateway = OB_AS(
          ob_gateway, ob_cluster_find(f->c, OB_KIND_GATEWAY, r->parents[i].ns, r->parents[i].name));
  const ob_object *o;
  for (size_t at = 0; !r && (o = ob_cluster_next(f->c, OB_KIND_GATEWAY, &at));)
    if (would_take(OB_AS(ob_gateway, o), f->s->o.ns) &&
        (!f->gateway || before(o, &f->gateway->o) < 0))
      f->gateway = OB_AS(ob_gateway, o);
  if (f->gateway && f->gateway->naddresses) f->bits |= OB_FACT_GATEWAY;
}

static void find_routes(ob_facts *f) {
  f->nrules = ob_service_routes(f->c, f->s, f->rules, OB_FACTS_ROUTES);
  const ob_hub *h = ob_hub_find(f->c, f->s->o.ns, f->s->o.name);
  f->nroutes = h ? h->routes.len : 0;
  for (size_t i = 0; i < f->nroutes && i < OB_FACTS_ROUTES; i++)
    f->routes[i] = ob_link_at(&h->routes, i);
  if (f->nrules) f->bits |= OB_FACT_RULES;
  if (f->nroutes) f->bits |= OB_FACT_ROUTES;
}

/* --- load balancers and nodes ------------------------------------------------------------ */
static void find_balancer(ob_facts *f) {
  const ob_service *s = f->s;
  if (s->type == OB_LOAD_BALANCER) f->bits |= s->nlb ? OB_FACT_BALANCER : OB_FACT_PENDING;
  if (ob_lb_class_served(f->c, s->lb_class))
    f->bits |= OB_FACT_LB_SEEN;
  else if (ob_known(f->c, OB_KIND_SERVICE))
    f->bits |= OB_FACT_LB_NONE;
  f->balancer = ob_cost_balancer(f->c, f->prices, s);
  if (!f->balancer.known)
    f->bits |= OB_FACT_LB_PRICE;
  else
    f->bits |= f->balancer.cents ? OB_FACT_LB_COSTS : OB_FACT_LB_FREE;
}

static void find_nodes(ob_facts *f) {
  enum { DEFAULT_RANGE = 2768 };
  for (size_t i = 0; i < f->s->nports; i++)
    if (f->s->ports[i].node_port) f->bits |= OB_FACT_NODE_PORT;
  if (f->c->node_ports >= DEFAULT_RANGE) f->bits |= OB_FACT_NO_NODE_PORTS;
  if (!ob_known(f->c, OB_KIND_NODE) || (f->s->external_local && !ob_known(f->c, OB_KIND_SLICE)))
    return;
  f->node_addresses = ob_node_addresses(f->c, f->s, NULL, 0);
  if (f->node_addresses == 0) f->bits |= OB_FACT_NODES_NONE;
}

void ob_facts_gather(ob_facts *ret, const ob_cluster *c, const ob_service *s, const ob_prices *p) {
  *ret = (ob_facts){.c = c, .s = s, .prices = p, .class_name = ""};
  ob_facts *f = ret;
  for (size_t i = 0; i < s->nports; i++) f->bits |= port_facts(&s->ports[i]);
  if (s->nports == 0) f->bits |= OB_FACT_NO_PORTS;
  if (s->type == OB_HEADLESS) f->bits |= OB_FACT_HEADLESS;
  if (s->type == OB_EXTERNAL_NAME) f->bits |= OB_FACT_NAME;
  if (try_out(s->o.ns)) f->bits |= OB_FACT_TRY_OUT;
  if (!ob_known(c, OB_KIND_INGRESS)) f->bits |= OB_FACT_DARK_RULES;
  if (!ob_known(c, OB_KIND_NODE)) f->bits |= OB_FACT_DARK_NODES;
  if (!ob_known(c, OB_KIND_SLICE)) f->bits |= OB_FACT_DARK_SLICES;
  f->ready = ob_service_ready(c, s, -1);
  find_routes(f);
  find_class(f);
  find_gateway(f);
  find_balancer(f);
  find_nodes(f);
}
