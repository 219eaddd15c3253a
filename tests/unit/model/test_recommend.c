/* The recommendation: a case for each row of its table (a row without one fails), and what comes
 * out for services as people have them. */
#include "world.h"

#include "base/str.h"
#include "model/facts.h"
#include <criterion/criterion.h>

/* Facts that make a row speak, and the same facts but for one, where it must be silent: its own
 * `need` and `never` tell which. Independent of any cluster. */
static bool speaks(uint64_t bits, const char *id, char **ret_text) {
  static const ob_service s = {.o = {.ns = "shop-dev", .name = "web"}};
  static const ob_service_port ports[] = {{.name = "p", .protocol = "TCP", .port = 5432}};
  ob_service with_port = s;
  with_port.ports = ports;
  with_port.nports = 1;
  static const ob_gateway g = {.o = {.ns = "edge", .name = "gw"}};
  ob_facts f = {.s = &with_port,
                .bits = bits,
                .class_name = "nginx",
                .gateway = &g,
                .nrules = 2,
                .nroutes = 1,
                .class_ingresses = 7};
  f.balancer = (ob_cost){.known = true, .cents = 1643, .currency = "$", .provider = "AWS NLB"};
  ob_recommendation r;
  ob_recommend(&r, &f);
  bool found = false;
  for (size_t i = 0; i < r.reasons.len; i++) {
    if (strcmp(r.reasons.at[i].advice->id, id) != 0) continue;
    found = true;
    if (ret_text) *ret_text = ob_strdup(r.reasons.at[i].text);
  }
  ob_recommendation_done(&r);
  return found;
}

#define F(x) OB_FACT_##x
static const struct {
  const char *id;
  uint64_t facts;   /* with these it speaks */
  uint64_t silent;  /* with these it does not */
  const char *says; /* part of the sentence */
} cases[] = {
    {"A01", F(NAME), F(HTTP), "nothing to expose"},
    {"A02", F(NO_PORTS), F(NO_PORTS) | F(NAME), "no ports"},
    {"A03", F(STORE), F(STORE) | F(BALANCER), "port 5432 is a database's"},
    {"A04", F(HEADLESS), F(HTTP), "headless"},
    {"A05", F(HTTP), F(HTTP) | F(RULES), "nothing exposes it yet"},
    {"A10", F(RULES), F(HTTP), "2 rules lead here already through class nginx"},
    {"A11", F(HTTP) | F(CLASS), F(HTTP) | F(CLASS) | F(HEADLESS),
     "class nginx serves 7 Ingresses already"},
    {"A12", F(HTTP) | F(CLASS) | F(LB_COSTS), F(HTTP) | F(CLASS) | F(LB_COSTS) | F(BALANCER),
     "about 16.43 $ more a month"},
    {"A13", F(HTTP) | F(CLASS) | F(LB_COSTS) | F(BALANCER), F(HTTP) | F(CLASS) | F(LB_COSTS),
     "16.43 $ a month would be saved"},
    {"A14", F(NO_CLASS), F(NO_CLASS) | F(RULES), "would have to be installed first"},
    {"A15", F(UDP), F(UDP) | F(HTTP), "UDP cannot"},
    {"A16", F(SCTP), F(SCTP) | F(HTTP), "SCTP cannot"},
    {"A17", F(TCP_OTHER), F(TCP_OTHER) | F(HTTP), "no rule for it"},
    {"A18", F(NGINX), F(CLASS), "no fixes since March 2026"},
    {"A19", F(NAME), F(HTTP), "few controllers"},
    {"A30", F(GATEWAYS) | F(ROUTES), F(GATEWAYS), "1 Gateway route leads here"},
    {"A31", F(GATEWAYS) | F(HTTP) | F(GATEWAY), F(GATEWAYS) | F(HTTP) | F(GATEWAY) | F(ROUTES),
     "Gateway edge/gw"},
    {"A32", F(GATEWAYS) | F(NGINX) | F(GATEWAY) | F(HTTP), F(GATEWAYS) | F(GATEWAY) | F(HTTP),
     "leaves ingress-nginx"},
    {"A33", F(GATEWAYS) | F(GRPC) | F(GATEWAY), F(GATEWAYS) | F(GATEWAY), "GRPCRoute"},
    {"A34", F(GATEWAYS), F(GATEWAYS) | F(GATEWAY), "no Gateway has an address"},
    {"A35", F(GATEWAYS) | F(TCP_OTHER), F(GATEWAYS) | F(TCP_OTHER) | F(HTTP), "TCPRoute"},
    {"A36", F(GATEWAYS) | F(UDP), F(GATEWAYS), "UDPRoute"},
    {"A37", F(GATEWAYS) | F(NAME), F(GATEWAYS), "does not follow"},
    {"A50", F(BALANCER), F(PENDING), "an address already"},
    {"A51", F(TCP_OTHER) | F(LB_SEEN), F(TCP_OTHER) | F(LB_SEEN) | F(STORE), "passes it as it is"},
    {"A52", F(UDP) | F(LB_SEEN), F(UDP), "usual way in for UDP"},
    {"A53", F(SCTP) | F(LB_SEEN), F(SCTP), "ask the provider"},
    {"A54", F(PENDING), F(BALANCER), "waits for an address"},
    {"A55", F(LB_NONE), F(LB_NONE) | F(BALANCER), "nobody may be there"},
    {"A56", F(HTTP) | F(LB_COSTS), F(LB_COSTS), "about 16.43 $ a month for one"},
    {"A57", F(LB_FREE) | F(LB_SEEN), F(LB_FREE), "costs nothing here (AWS NLB)"},
    {"A58", F(STORE), F(HTTP), "open to everyone"},
    {"A59", F(HTTP) | F(LB_SEEN), F(HTTP), "without any controller"},
    {"A60", F(HEADLESS), F(HTTP), "headless"},
    {"A61", F(NAME), F(HTTP), "ExternalName"},
    {"A70", 0, 0, "above 30000"},
    {"A71", F(NODE_PORT), F(NODE_PORT) | F(BALANCER), "a node port already"},
    {"A72", F(TRY_OUT), F(TRY_OUT) | F(NO_PORTS), "namespace shop-dev"},
    {"A73", F(LB_NONE) | F(NO_CLASS), F(LB_NONE), "nodes are"},
    {"A74", F(NODES_NONE), F(HTTP), "no node would answer"},
    {"A75", F(NO_NODE_PORTS), F(NO_NODE_PORTS) | F(NODE_PORT), "are taken"},
    {"A76", F(HEADLESS), F(HTTP), "headless"},
    {"A77", F(STORE), F(HTTP), "on every node"},
    {"A78", F(NAME), F(HTTP), "ExternalName"},
    {"A79", F(SCTP), F(HTTP), "pass SCTP"},
    {"A90", F(DARK_RULES), F(HTTP), "Ingresses cannot be read"},
    {"A91", F(DARK_NODES), F(HTTP), "Nodes cannot be read"},
    {"A92", F(LB_PRICE), F(LB_PRICE) | F(DARK_NODES), "no provider is recognised"},
    {"A93", F(TCP_UNKNOWN), F(TCP_UNKNOWN) | F(HTTP), "port 5432 speaks is not known"},
    {"A94", F(DARK_SLICES), F(HTTP), "EndpointSlices cannot be read"},
};

Test(recommend, every_row_has_its_case) {
  for (size_t i = 0; i < ob_nadvices; i++) {
    size_t n = 0;
    for (size_t k = 0; k < OB_LEN(cases); k++) n += strcmp(cases[k].id, ob_advices[i].id) == 0;
    cr_expect_eq(n, 1, "row %s of the recommendation has %zu cases", ob_advices[i].id, n);
  }
  cr_expect_eq(ob_nadvices, OB_LEN(cases), "a case speaks of a row that is gone");
}

Test(recommend, each_row_speaks_when_its_facts_hold) {
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *text = NULL;
    cr_expect(speaks(cases[i].facts, cases[i].id, &text), "%s is silent", cases[i].id);
    cr_expect(text && strstr(text, cases[i].says), "%s says \"%s\"", cases[i].id, text ? text : "");
    cr_expect(!text || !strpbrk(text, "{}"), "%s: a word was not filled in: %s", cases[i].id,
              text ? text : "");
    if (cases[i].silent)
      cr_expect_not(speaks(cases[i].silent, cases[i].id, NULL), "%s speaks without its facts",
                    cases[i].id);
  }
}

/* --- what comes out ---------------------------------------------------------------------- */
static const struct {
  const char *what, *ns, *rest;
  ob_way best;
  const char *verdict; /* how it begins */
} services[] = {
    {"HTTP where a class is", "shop",
     "'spec':{'clusterIP':'10.0.0.1','ports':[{'name':'http','port':80}]}", OB_WAY_INGRESS,
     "Ingress: an HTTP port, and class traefik serves 1 Ingress already: one entry for many hosts; "
     "a load balancer of its own would cost about 16.43 $ more a month"},
    {"a database", "data", "'spec':{'clusterIP':'10.0.0.1','ports':[{'name':'pg','port':5432}]}",
     OB_WAY_CLUSTER_IP, "ClusterIP: port 5432 is a database's"},
    {"UDP", "media",
     "'spec':{'clusterIP':'10.0.0.1','ports':[{'name':'game','port':7777,'protocol':'UDP'}]}",
     OB_WAY_LOAD_BALANCER, "LoadBalancer: a load balancer is the usual way in for UDP"},
    {"plain TCP", "ops", "'spec':{'clusterIP':'10.0.0.1','ports':[{'name':'ssh','port':22}]}",
     OB_WAY_LOAD_BALANCER, "LoadBalancer: port 22 speaks no HTTP"},
    {"a name", "shop", "'spec':{'type':'ExternalName','externalName':'x.example.com'}",
     OB_WAY_CLUSTER_IP, "ClusterIP: an ExternalName is a name"},
    {"headless", "shop", "'spec':{'clusterIP':'None','ports':[{'name':'x','port':4000}]}",
     OB_WAY_CLUSTER_IP, "ClusterIP: it is headless"},
    {"an address it has", "ops",
     "'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.1','ports':[{'name':'ssh','port':22,'"
     "nodePort':30022}]},'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.4'}]}}",
     OB_WAY_LOAD_BALANCER, "LoadBalancer: it has an address already"},
};

static ob_cluster *world_cloud(void) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_NODE, "", "n1",
            "'spec':{'providerID':'aws:///a/"
            "i-1'},'status':{'addresses':[{'type':'ExternalIP','address':'192.0.2.1'}],'conditions'"
            ":[{'type':'Ready','status':'True'}]}");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "traefik",
            "'spec':{'controller':'traefik.io/ingress-controller'}");
  world_put(c, OB_KIND_INGRESS, "x", "i",
            "'spec':{'ingressClassName':'traefik','defaultBackend':{'service':{'name':'y','port':{'"
            "number':80}}}}");
  world_put(c, OB_KIND_SERVICE, "x", "served",
            "'spec':{'type':'LoadBalancer','ports':[{'port':1}]},'status':{'loadBalancer':{'"
            "ingress':[{'ip':'192.0.2.9'}]}}");
  world_phase(c, OB_KIND_GATEWAY, OB_NOT_INSTALLED);
  return c;
}

Test(recommend, services_as_people_have_them) {
  ob_prices *p = ob_prices_new();
  for (size_t i = 0; i < OB_LEN(services); i++) {
    ob_cluster *c = world_cloud();
    world_put(c, OB_KIND_SERVICE, services[i].ns, "s", services[i].rest);
    ob_compare *x = ob_compare_new(
        c, OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, services[i].ns, "s")), p);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_compare_verdict(x, &text);
    cr_expect_eq(ob_compare_best(x), services[i].best, "%s: %s", services[i].what,
                 ob_buf_str(&text));
    cr_expect(ob_starts(ob_buf_str(&text), services[i].verdict), "%s: %s", services[i].what,
              ob_buf_str(&text));
    ob_compare_free(x);
    ob_cluster_free(c);
  }
  ob_prices_free(p);
}

/* --- prices ------------------------------------------------------------------------------ */
static ob_prices *prices(const char *text, ob_err *err) {
  *err = (ob_err){0};
  return ob_prices_parse(text, strlen(text), "prices.yaml", err);
}

Test(recommend, prices_of_ones_own_come_first) {
  ob_err err;
  ob_prices *p = prices("currency: €\ndate: 2026-01\nproviders:\n- {name: ours, providerID: "
                        "'aws://', balancer: 9.5, rule: 1, rulesIncluded: 1}\n",
                        &err);
  cr_assert_not_null(p, "%s", err.msg);
  ob_cluster *c = world_cloud();
  world_put(c, OB_KIND_SERVICE, "x", "s",
            "'spec':{'type':'LoadBalancer','ports':[{'name':'a','port':1},{'name':'b','port':2},{'"
            "name':'c','port':3}]}");
  ob_cost cost =
      ob_cost_balancer(c, p, OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "x", "s")));
  cr_expect(cost.known);
  cr_expect_eq(cost.cents, 950 + 2 * 100);
  cr_expect_str_eq(cost.provider, "ours");
  cr_expect_str_eq(cost.date, "2026-01");
  OB_AUTO(ob_buf) text = OB_BUF_INIT(64);
  ob_cost_text(&text, cost.cents, cost.currency);
  cr_expect_str_eq(ob_buf_str(&text), "11.50 €");
  ob_cost_sum sum = ob_cost_namespace(c, p, "x");
  cr_expect_eq(sum.balancers, 2);
  cr_expect_eq(sum.cents, 950 + 1150);
  cr_expect_eq(sum.unknown, 0);
  ob_cluster_free(c);
  ob_prices_free(p);
  p = prices("", &err);
  cr_expect_not_null(p, "an empty file is the built-in prices");
  ob_prices_free(p);
}

Test(recommend, a_bad_price_is_named_with_its_line) {
  static const struct {
    const char *text, *msg;
  } bad[] = {
      {"providers:\n- {providerID: 'x', balancer: 1}\n", "prices.yaml:2: a provider needs a name"},
      {"providers:\n- {name: x, balancer: 1}\n",
       "prices.yaml:2: a provider needs providerID or class"},
      {"providers:\n- {name: x, class: k}\n", "prices.yaml:2: a provider needs the price"},
      {"providers:\n- name: x\n  class: k\n  balancer: cheap\n",
       "prices.yaml:4: a price is a number"},
      {"providers:\n- name: x\n  class: k\n  balancer: -1\n", "prices.yaml:4: a price is a number"},
      {"providers:\n- name: x\n  colour: y\n", "prices.yaml:3: a provider has no such key"},
      {"price: 1\n", "prices.yaml:1: there is no such key"},
      {"date: 2026\n", "prices.yaml:1: text is wanted"},
      {"providers: x\n", "prices.yaml:1: providers are a list"},
      {"- a\n", "prices.yaml:1: prices are a mapping"},
      {"a: [\n", "prices.yaml:"}};
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    ob_err err;
    cr_expect_null(prices(bad[i].text, &err), "%s", bad[i].text);
    cr_expect(ob_starts(err.msg, bad[i].msg), "\"%s\", wanted \"%s\"", err.msg, bad[i].msg);
  }
}
