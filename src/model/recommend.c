/* Which way fits: facts → weight → sentence, a row each. The way with the largest sum is the best;
 * what a row says is shown with it, so that a person can disagree with a reason instead of a score.
 *
 * Weights: 50 and more settle it, 30 is a good reason, 10 tips the scale. A row whose way is
 * OB_WAY_COUNT weighs nothing: it says what is not known and would change the answer. */
#include "base/str.h"
#include "model/facts.h"
#include "outboard/text.h"

#define F(x)        OB_FACT_##x
#define CANNOT_HTTP (F(UDP) | F(SCTP))
#define NO_IP       (F(HEADLESS) | F(NAME))

const ob_advice ob_advices[] = {
    {"A01", OB_WAY_CLUSTER_IP, F(NAME), 0, 100,
     "an ExternalName is a name for something outside: there is nothing to expose"},
    {"A02", OB_WAY_CLUSTER_IP, F(NO_PORTS), F(NAME), 80,
     "it has no ports: nothing could be reached"},
    {"A03", OB_WAY_CLUSTER_IP, F(STORE), F(BALANCER), 45,
     "port {port} is a database's or a broker's: kubectl port-forward reaches it without opening "
     "it to anyone"},
    {"A04", OB_WAY_CLUSTER_IP, F(HEADLESS), 0, 35,
     "it is headless: clients want its pods one by one, and no address stands before them"},
    {"A05", OB_WAY_CLUSTER_IP, 0,
     F(NODE_PORT) | F(BALANCER) | F(PENDING) | F(RULES) | F(ROUTES) | F(NAME) | F(NO_PORTS), 5,
     "nothing exposes it yet: leave it inside unless somebody outside needs it"},

    {"A10", OB_WAY_INGRESS, F(RULES), 0, 50, "{rules} here already through class {class}"},
    {"A11", OB_WAY_INGRESS, F(HTTP) | F(CLASS), F(RULES) | NO_IP, 30,
     "an HTTP port, and class {class} serves {ingresses} already: one entry for many hosts"},
    {"A12", OB_WAY_INGRESS, F(HTTP) | F(CLASS) | F(LB_COSTS), F(BALANCER) | NO_IP, 10,
     "a load balancer of its own would cost about {cost} more a month"},
    {"A13", OB_WAY_INGRESS, F(HTTP) | F(CLASS) | F(LB_COSTS) | F(BALANCER), NO_IP, 12,
     "over the shared entry the load balancer's {cost} a month would be saved"},
    {"A14", OB_WAY_INGRESS, F(NO_CLASS), F(RULES), -40,
     "no ingress class is here: a controller would have to be installed first"},
    {"A15", OB_WAY_INGRESS, F(UDP), F(HTTP), -100, "UDP cannot go through an Ingress"},
    {"A16", OB_WAY_INGRESS, F(SCTP), F(HTTP), -100, "SCTP cannot go through an Ingress"},
    {"A17", OB_WAY_INGRESS, F(TCP_OTHER), F(HTTP), -60,
     "port {port} speaks no HTTP: an Ingress has no rule for it"},
    {"A18", OB_WAY_INGRESS, F(NGINX), 0, -6,
     "class {class} is ingress-nginx, which gets no fixes since March 2026"},
    {"A19", OB_WAY_INGRESS, F(NAME), 0, -60, "few controllers follow an ExternalName"},

    {"A30", OB_WAY_GATEWAY, F(GATEWAYS) | F(ROUTES), 0, 50, "{routes} here already"},
    {"A31", OB_WAY_GATEWAY, F(GATEWAYS) | F(HTTP) | F(GATEWAY), F(ROUTES) | NO_IP, 28,
     "an HTTP port, and Gateway {gateway} has an address and takes routes from here"},
    {"A32", OB_WAY_GATEWAY, F(GATEWAYS) | F(NGINX) | F(GATEWAY) | F(HTTP), NO_IP, 9,
     "a route there also leaves ingress-nginx behind"},
    {"A33", OB_WAY_GATEWAY, F(GATEWAYS) | F(GRPC) | F(GATEWAY), NO_IP, 8,
     "GRPCRoute matches gRPC by service and method"},
    {"A34", OB_WAY_GATEWAY, F(GATEWAYS), F(GATEWAY), -30,
     "no Gateway has an address that takes routes from here"},
    {"A35", OB_WAY_GATEWAY, F(GATEWAYS) | F(TCP_OTHER), F(HTTP), -30,
     "port {port} speaks no HTTP: it would need a TCPRoute, which is not read here"},
    {"A36", OB_WAY_GATEWAY, F(GATEWAYS) | F(UDP), F(HTTP), -60,
     "UDP would need a UDPRoute, which is not read here"},
    {"A37", OB_WAY_GATEWAY, F(GATEWAYS) | F(NAME), 0, -60,
     "a route does not follow an ExternalName"},

    {"A50", OB_WAY_LOAD_BALANCER, F(BALANCER), 0, 40, "it has an address already"},
    {"A51", OB_WAY_LOAD_BALANCER, F(TCP_OTHER) | F(LB_SEEN), F(STORE) | NO_IP, 35,
     "port {port} speaks no HTTP: an address of its own passes it as it is"},
    {"A52", OB_WAY_LOAD_BALANCER, F(UDP) | F(LB_SEEN), NO_IP, 45,
     "a load balancer is the usual way in for UDP"},
    {"A53", OB_WAY_LOAD_BALANCER, F(SCTP) | F(LB_SEEN), NO_IP, 10,
     "some load balancers pass SCTP; ask the provider"},
    {"A54", OB_WAY_LOAD_BALANCER, F(PENDING), 0, -15,
     "it waits for an address: its events say why"},
    {"A55", OB_WAY_LOAD_BALANCER, F(LB_NONE), F(BALANCER), -35,
     "no load balancer of its class has an address here: nobody may be there to give one"},
    {"A56", OB_WAY_LOAD_BALANCER, F(HTTP) | F(LB_COSTS), F(BALANCER), -8,
     "about {cost} a month for one HTTP service"},
    {"A57", OB_WAY_LOAD_BALANCER, F(LB_FREE) | F(LB_SEEN), NO_IP, 8,
     "costs nothing here ({provider})"},
    {"A58", OB_WAY_LOAD_BALANCER, F(STORE), 0, -30,
     "a database's port open to everyone who can reach the address"},
    {"A59", OB_WAY_LOAD_BALANCER, F(HTTP) | F(LB_SEEN), F(BALANCER) | NO_IP, 10,
     "works without any controller for HTTP"},
    {"A60", OB_WAY_LOAD_BALANCER, F(HEADLESS), 0, -60, "not while it is headless"},
    {"A61", OB_WAY_LOAD_BALANCER, F(NAME), 0, -60, "not while it is an ExternalName"},

    {"A70", OB_WAY_NODE_PORT, 0, 0, -5,
     "a port above 30000 on every node, and people must know a node's address"},
    {"A71", OB_WAY_NODE_PORT, F(NODE_PORT), F(BALANCER) | F(PENDING), 15,
     "it has a node port already"},
    {"A72", OB_WAY_NODE_PORT, F(TRY_OUT), NO_IP | F(NO_PORTS), 15,
     "namespace {ns} is named like a place to try things"},
    {"A73", OB_WAY_NODE_PORT, F(LB_NONE) | F(NO_CLASS), NO_IP | F(NO_PORTS), 25,
     "neither load balancers nor an ingress class are here: nodes are"},
    {"A74", OB_WAY_NODE_PORT, F(NODES_NONE), 0, -40, "no node would answer"},
    {"A75", OB_WAY_NODE_PORT, F(NO_NODE_PORTS), F(NODE_PORT), -100,
     "all ports of the default range are taken"},
    {"A76", OB_WAY_NODE_PORT, F(HEADLESS), 0, -60, "not while it is headless"},
    {"A77", OB_WAY_NODE_PORT, F(STORE), 0, -20, "a database's port open on every node"},
    {"A78", OB_WAY_NODE_PORT, F(NAME), 0, -60, "not while it is an ExternalName"},
    {"A79", OB_WAY_NODE_PORT, F(SCTP), NO_IP, 12, "node ports pass SCTP"},

    {"A90", OB_WAY_COUNT, F(DARK_RULES), 0, 0,
     "whether rules lead here is not known: Ingresses cannot be read"},
    {"A91", OB_WAY_COUNT, F(DARK_NODES), 0, 0,
     "which nodes would answer, and whose they are, is not known: Nodes cannot be read"},
    {"A92", OB_WAY_COUNT, F(LB_PRICE), F(DARK_NODES), 0,
     "what a load balancer costs is not known: no provider is recognised (prices.yaml may say)"},
    {"A93", OB_WAY_COUNT, F(TCP_UNKNOWN), F(HTTP), 0,
     "what port {port} speaks is not known: neither its name nor appProtocol says"},
    {"A94", OB_WAY_COUNT, F(DARK_SLICES), 0, 0,
     "whether anything stands behind it is not known: EndpointSlices cannot be read"},
};
const size_t ob_nadvices = OB_LEN(ob_advices);

/* --- sentences --------------------------------------------------------------------------- */
static void plural(ob_buf *out, size_t n, const char *one, const char *many) {
  ob_buf_addf(out, "%zu %s", n, n == 1 ? one : many);
}

static void fill(ob_buf *out, const ob_facts *f, const char *word, size_t n) {
#define IS(w) (n == sizeof(w) - 1 && memcmp(word, w, n) == 0)
  if (IS("class")) {
    ob_buf_adds(out, *f->class_name ? f->class_name : "(none)");
  } else if (IS("rules")) {
    plural(out, f->nrules, "rule leads", "rules lead");
  } else if (IS("routes")) {
    plural(out, f->nroutes, "Gateway route leads", "Gateway routes lead");
  } else if (IS("ingresses")) {
    plural(out, f->class_ingresses, "Ingress", "Ingresses");
  } else if (IS("gateway") && f->gateway) {
    ob_buf_addf(out, "%s/%s", f->gateway->o.ns, f->gateway->o.name);
  } else if (IS("cost")) {
    ob_cost_text(out, f->balancer.cents, f->balancer.currency);
  } else if (IS("provider")) {
    ob_buf_adds(out, f->balancer.provider);
  } else if (IS("ns")) {
    ob_buf_adds(out, f->s->o.ns);
  } else if (IS("port") && f->s->nports) {
    ob_buf_addf(out, "%u", f->s->ports[0].port);
  }
#undef IS
}

static char *sentence(const ob_facts *f, const char *text) {
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf out = OB_BUF_INIT(OB_LINE_MAX * 4);
  while (*text) {
    size_t n = strcspn(text, "{");
    ob_buf_add(&raw, text, n);
    text += n;
    if (!*text) break;
    n = strcspn(++text, "}");
    fill(&raw, f, text, n);
    text += n + (text[n] == '}');
  }
  ob_text_safe(&out, ob_buf_str(&raw), raw.len, OB_TEXT_LINE);
  return ob_buf_take(&out, NULL);
}

/* Best way first, then by weight, for before against, what is unknown last. */
static int by_use(const ob_recommendation *r, const ob_advised *a, const ob_advised *b) {
  bool x = a->advice->way == r->best, y = b->advice->way == r->best;
  bool u = a->advice->way == OB_WAY_COUNT, v = b->advice->way == OB_WAY_COUNT;
  if (u != v) return u ? 1 : -1;
  if (x != y) return x ? -1 : 1;
  if (a->advice->way != b->advice->way) return a->advice->way < b->advice->way ? -1 : 1;
  if (a->advice->weight != b->advice->weight) return a->advice->weight > b->advice->weight ? -1 : 1;
  return strcmp(a->advice->id, b->advice->id);
}

void ob_recommend(ob_recommendation *ret, const ob_facts *f) {
  *ret = (ob_recommendation){.best = OB_WAY_CLUSTER_IP};
  for (size_t i = 0; i < ob_nadvices; i++) {
    const ob_advice *a = &ob_advices[i];
    if ((f->bits & a->need) != a->need || (f->bits & a->never)) continue;
    if (a->way != OB_WAY_COUNT) ret->score[a->way] += a->weight;
    ob_vec_push(&ret->reasons, (ob_advised){a, sentence(f, a->sentence)});
  }
  for (int w = 0; w < OB_WAY_COUNT; w++) {
    if (w == OB_WAY_GATEWAY && !(f->bits & F(GATEWAYS))) continue;
    if (ret->score[w] > ret->score[ret->best]) ret->best = (ob_way)w;
  }
  /* A few dozen at most. */
  for (size_t i = 1; i < ret->reasons.len; i++)
    for (size_t k = i; k > 0 && by_use(ret, &ret->reasons.at[k], &ret->reasons.at[k - 1]) < 0;
         k--) {
      ob_advised swap = ret->reasons.at[k];
      ret->reasons.at[k] = ret->reasons.at[k - 1];
      ret->reasons.at[k - 1] = swap;
    }
}

void ob_recommendation_done(ob_recommendation *r) {
  for (size_t i = 0; i < r->reasons.len; i++) free(r->reasons.at[i].text);
  ob_vec_done(&r->reasons);
}
