/* The comparison: its facts for every type of Service, by provider and by what the cluster has; a
 * case for each row of the recommendation's table; prices. */
#include "world.h"

#include "base/str.h"
#include "outboard/compare.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const ob_service *service(const ob_cluster *c, const char *name) {
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", name);
  cr_assert_not_null(o, "%s", name);
  return OB_AS(ob_service, o);
}

static char *cell(const ob_cluster *c, const char *name, ob_way way, ob_compare_row row,
                  ob_tone *ret_tone) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_prices *p = ob_prices_new();
  ob_compare *x = ob_compare_new(c, service(c, name), p);
  ob_tone tone = ob_compare_cell(x, way, row, &out);
  ob_compare_free(x);
  ob_prices_free(p);
  if (ret_tone) *ret_tone = tone;
  return ob_buf_take(&out, NULL);
}

/* --- each type of service ---------------------------------------------------------------- */
#define ANY NULL
static const struct {
  const char *name;
  ob_compare_row row;
  const char *cells[OB_WAY_COUNT]; /* ClusterIP, NodePort, LoadBalancer, Ingress, Gateway API */
} wanted[] = {
    {"web", OB_CMP_NOW, {"● inside", "● 30080", "–", "● 2 rules", "–"}},
    {"web",
     OB_CMP_ADDRESS,
     {"web.shop\n10.96.0.1\nport-forward: localhost:8080", "203.0.113.1:30080\n203.0.113.2:30080",
      "1 new address", "https://shop.example.com/\nhttps://shop.example.com/port",
      "a host of yours\nGateway edge/gw"}},
    {"web", OB_CMP_PORT, {"80", "30080", "80", "443", "80, 443"}},
    {"web", OB_CMP_READY, {"3/3\n2 nodes", "3/3\n2 nodes", "3/3\n2 nodes", "3/3\n2 nodes", ANY}},
    {"web",
     OB_CMP_SHARED,
     {"nobody", "nobody: a port of its own", "nobody", "2 other rules\nclass: 1 Ingress",
      "0 routes on it"}},
    {"web",
     OB_CMP_CLIENT,
     {ANY, "lost (policy Cluster)", "lost (policy Cluster), unless the provider keeps it",
      "in X-Forwarded-For", "in X-Forwarded-For"}},
    {"web",
     OB_CMP_TLS,
     {"at the pod, if it speaks TLS", ANY, "at the pod, if it speaks TLS", "at the controller",
      "at the Gateway"}},
    {"web",
     OB_CMP_PROTOCOLS,
     {"all", "TCP, UDP, SCTP", "TCP, UDP, SCTP", "HTTP; gRPC, WebSocket by controller",
      "HTTP, gRPC, WebSocket"}},
    {"web", OB_CMP_NEEDS, {"nothing", "nothing", "nothing", "nothing", "nothing"}},
    {"web",
     OB_CMP_BREAKS,
     {"its node ports go", "nothing", "nothing", "nothing: adds to it", "nothing: adds to it"}},
    {"web",
     OB_CMP_SECURITY,
     {"who may use the cluster", "every node opens it", "open to who reaches the address",
      "its hosts and paths alone\ningress-nginx gets no security fixes", ANY}},
    {"web",
     OB_CMP_COST,
     {"0", "0", "? one balancer more, no price known", "0 more: shared", "0 more: shared"}},
    {"web",
     OB_CMP_SCALE,
     {"by pods", "by nodes, 2 answer", "by provider", "by rules, one entry",
      "by routes, one entry"}},
    {"web",
     OB_CMP_FUNCTION,
     {"an address inside", "a port on every node", "an address of its own", "host and path rules",
      "host, path, header routes"}},
    {"web",
     OB_CMP_USE_CASE,
     {"inside, debugging", "dev, test", "one TCP/UDP service", "many HTTP services", ANY}},
    {"web",
     OB_CMP_ACCESS,
     {"port-forward", "NODE:PORT", "ADDRESS:PORT", "http(s)://HOST/PATH", ANY}},
    {"web", OB_CMP_COMPLEXITY, {"none", "low", "low", "medium: needs a controller", ANY}},
    {"api", OB_CMP_NOW, {"● inside", "–", "–", "● 1 rule", "–"}},
    {"api", OB_CMP_PORT, {"8080", "30000-32767", "8080", "443", ANY}},
    {"api", OB_CMP_READY, {"0/0", "0/0", "0/0", "0/0", "0/0"}},
    {"lb", OB_CMP_NOW, {ANY, "● 30443", "● 1 address", "–", "–"}},
    {"lb",
     OB_CMP_ADDRESS,
     {ANY, "203.0.113.1:30443\n203.0.113.2:30443", "198.51.100.7:443",
      "a host of yours\nclass nginx", ANY}},
    {"lb",
     OB_CMP_BREAKS,
     {"its address is given back\nits node ports go", "its address is given back", "nothing", ANY,
      ANY}},
    {"lb", OB_CMP_COST, {"0", "0", "? no price known", "0 more: shared", ANY}},
    {"pending", OB_CMP_NOW, {ANY, "● 30090", "○ pending", "–", "–"}},
    {"pending", OB_CMP_ADDRESS, {ANY, ANY, "<pending>", ANY, ANY}},
    {"pending",
     OB_CMP_NEEDS,
     {"nothing", "nothing", "a load balancer controller: none seen", "nothing", "nothing"}},
    {"name", OB_CMP_NOW, {"● inside", "–", "–", "–", "–"}},
    {"name",
     OB_CMP_ADDRESS,
     {"name.shop\n→ db.example.com", "not for a name", "not for a name", "not for a name",
      "not for a name"}},
    {"name", OB_CMP_READY, {"–", "–", "–", "–", "–"}},
    {"name",
     OB_CMP_BREAKS,
     {"nothing", "the name: it needs pods and ports", "the name: it needs pods and ports",
      "nothing: adds to it", ANY}},
    {"headless",
     OB_CMP_ADDRESS,
     {"headless.shop\nport-forward: localhost:5432", "not while headless", "not while headless",
      "a host of yours\nclass nginx", ANY}},
    {"headless", OB_CMP_PORT, {"5432", "–", "–", "80, 443", ANY}},
    {"headless",
     OB_CMP_PROTOCOLS,
     {"all", ANY, ANY, "HTTP; gRPC, WebSocket by controller\nnot its other TCP", ANY}},
};

#define GATEWAY                                                                                    \
  "'spec':{'gatewayClassName':'e','listeners':[{'name':'a','port':80,'protocol':'HTTP','"          \
  "allowedRoutes':{'namespaces':{'from':'All'}}},"                                                 \
  "{'name':'b','port':443,'protocol':'HTTPS','tls':{'certificateRefs':[{'name':'c'}]}}]},"         \
  "'status':{'addresses':[{'value':'203.0.113.80'}],'conditions':[{'type':'Accepted','status':'"   \
  "True'},{'type':'Programmed','status':'True'}]}"

Test(compare, facts_of_each_type) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_GATEWAY, "edge", "gw", GATEWAY);
  for (size_t i = 0; i < OB_LEN(wanted); i++)
    for (int w = 0; w < OB_WAY_COUNT; w++) {
      if (!wanted[i].cells[w]) continue;
      OB_AUTOFREE char *got = cell(c, wanted[i].name, (ob_way)w, wanted[i].row, NULL);
      cr_expect_str_eq(got, wanted[i].cells[w], "%s, %s, %s: \"%s\"", wanted[i].name,
                       ob_compare_rows[wanted[i].row].title, ob_way_names[w].title, got);
    }
  ob_cluster_free(c);
}

/* --- by provider ------------------------------------------------------------------------- */
static void put_nodes(ob_cluster *c, const char *provider) {
  for (int i = 1; i <= 2; i++) {
    char name[16], rest[256];
    snprintf(name, sizeof name, "n%d", i);
    snprintf(rest, sizeof rest,
             "'spec':{'providerID':'%s'},'status':{'addresses':[{'type':'InternalIP','address':'10."
             "1.0.%d'}],'conditions':[{'type':'Ready','status':'True'}]}",
             provider, i);
    world_put(c, OB_KIND_NODE, "", name, rest);
  }
}

static const struct {
  const char *provider, *service, *lb, *ingress; /* cells of cost */
} providers[] = {
    {"aws:///eu-west-1a/i-1", "web",
     "~16.43 $ more\nAWS NLB list price, 2025-06\nplus capacity units, public "
     "addresses\nnamespace: 2, ~32.86 $",
     "0 more: shared"},
    {"aws:///eu-west-1a/i-1", "lb",
     "~16.43 $\nAWS NLB list price, 2025-06\nplus capacity units, public addresses\nnamespace: 2, "
     "~32.86 $",
     "0 more: shared\nmoved here: −16.43 $"},
    {"gce://p/z/n", "lb",
     "~18.25 $\nGKE list price, 2025-06\none price for the first five forwarding rules\nnamespace: "
     "2, ~36.50 $",
     "0 more: shared\nmoved here: −18.25 $"},
    {"azure:///subscriptions/x", "lb",
     "~10.95 $\nAKS list price, 2025-06\naddress and rules on the shared balancer, past its first "
     "five\nnamespace: 2, ~21.90 $",
     ANY},
    /* No page of theirs was found that says one price: none is shown. */
    {"digitalocean://1", "lb", "? no price known", ANY},
    {"k3s://n1", "lb", "0 (k3s ServiceLB)", "0 more: shared"},
    {"kind://docker/k/n", "lb", "0 (kind)", ANY},
    {"", "lb", "? no price known", ANY},
    {"openstack:///x", "lb", "? no price known", ANY},
    {"openstack:///x", "name", "–", "–"},
    {"aws:///x", "headless", "–", "0 more: shared"},
    {"aws:///x", "api",
     "~16.43 $ more\nAWS NLB list price, 2025-06\nplus capacity units, public "
     "addresses\nnamespace: 2, ~32.86 $",
     ANY},
};

Test(compare, cost_by_provider) {
  for (size_t i = 0; i < OB_LEN(providers); i++) {
    ob_cluster *c = world_shop();
    put_nodes(c, providers[i].provider);
    OB_AUTOFREE char *lb = cell(c, providers[i].service, OB_WAY_LOAD_BALANCER, OB_CMP_COST, NULL);
    OB_AUTOFREE char *ing = cell(c, providers[i].service, OB_WAY_INGRESS, OB_CMP_COST, NULL);
    cr_expect_str_eq(lb, providers[i].lb, "%s %s: \"%s\"", providers[i].provider,
                     providers[i].service, lb);
    if (providers[i].ingress)
      cr_expect_str_eq(ing, providers[i].ingress, "%s: \"%s\"", providers[i].provider, ing);
    ob_cluster_free(c);
  }
}

/* A class, or MetalLB's annotations, come before what the nodes are. */
Test(compare, cost_by_class) {
  ob_cluster *c = world_shop();
  put_nodes(c, "aws:///x");
  world_put(c, OB_KIND_SERVICE, "shop", "lb",
            "'spec':{'type':'LoadBalancer','loadBalancerClass':'io.cilium/"
            "l2-announcer','ports':[{'port':80}]},'status':{'loadBalancer':{'ingress':[{'ip':'198."
            "51.100.7'}]}}");
  OB_AUTOFREE char *cilium = cell(c, "lb", OB_WAY_LOAD_BALANCER, OB_CMP_COST, NULL);
  cr_expect_str_eq(cilium, "0 (Cilium)");
  ob_cluster_put(
      c,
      world_object(OB_KIND_SERVICE,
                   "{'metadata':{'name':'m','namespace':'shop','uid':'m','annotations':{'metallb."
                   "io/address-pool':'a'}},'spec':{'type':'LoadBalancer','ports':[{'port':80}]}}"));
  OB_AUTOFREE char *metal = cell(c, "m", OB_WAY_LOAD_BALANCER, OB_CMP_COST, NULL);
  cr_expect_str_eq(metal, "0 (MetalLB)");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "nginx", "'spec':{'controller':'ingress.k8s.aws/alb'}");
  OB_AUTOFREE char *alb = cell(c, "web", OB_WAY_INGRESS, OB_CMP_COST, NULL);
  cr_expect(ob_starts(alb, "~16.43 $ for each Ingress group\nAWS ALB list price"), "%s", alb);
  ob_cluster_free(c);
}

/* --- by what the cluster has, and what is not known -------------------------------------- */
Test(compare, unknown_is_not_none) {
  ob_cluster *c = world_shop();
  ob_cluster_clear(c, OB_KIND_INGRESS);
  ob_cluster_clear(c, OB_KIND_NODE);
  ob_cluster_clear(c, OB_KIND_INGRESS_CLASS);
  static const ob_kind hidden[] = {OB_KIND_INGRESS,       OB_KIND_NODE,       OB_KIND_SLICE,
                                   OB_KIND_INGRESS_CLASS, OB_KIND_HTTP_ROUTE, OB_KIND_GATEWAY};
  for (size_t i = 0; i < OB_LEN(hidden); i++) world_phase(c, hidden[i], OB_FORBIDDEN);
  static const struct {
    ob_way way;
    ob_compare_row row;
    const char *says;
  } cells[] = {{OB_WAY_INGRESS, OB_CMP_NOW, "? not known"},
               {OB_WAY_NODE_PORT, OB_CMP_ADDRESS, "? nodes not known"},
               {OB_WAY_NODE_PORT, OB_CMP_READY, "?"},
               {OB_WAY_NODE_PORT, OB_CMP_NEEDS, "? nodes not known"},
               {OB_WAY_INGRESS, OB_CMP_NEEDS, "? classes not known"},
               {OB_WAY_GATEWAY, OB_CMP_NOW, "? not known"},
               {OB_WAY_LOAD_BALANCER, OB_CMP_COST, "? one balancer more, no price known"}};
  for (size_t i = 0; i < OB_LEN(cells); i++) {
    ob_tone tone;
    OB_AUTOFREE char *got = cell(c, "web", cells[i].way, cells[i].row, &tone);
    cr_expect_str_eq(got, cells[i].says, "\"%s\", wanted \"%s\"", got, cells[i].says);
    cr_expect_eq(tone, OB_TONE_DIM);
  }
  ob_cluster_free(c);
}

Test(compare, what_the_cluster_lacks) {
  ob_cluster *c = world_shop();
  ob_cluster_clear(c, OB_KIND_INGRESS_CLASS);
  ob_cluster_clear(c, OB_KIND_INGRESS);
  ob_cluster_clear(c, OB_KIND_NODE);
  ob_cluster_delete(c, OB_KIND_SERVICE, ob_uid_of("u-0-shop-lb"));
  static const struct {
    ob_way way;
    const char *lacks;
  } cases[] = {{OB_WAY_NODE_PORT, "a node that answers"},
               {OB_WAY_LOAD_BALANCER, "a load balancer controller: none seen"},
               {OB_WAY_INGRESS, "an ingress class"},
               {OB_WAY_GATEWAY, "a Gateway with an address for this namespace"}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_tone tone;
    OB_AUTOFREE char *got = cell(c, "web", cases[i].way, OB_CMP_NEEDS, &tone);
    cr_expect_str_eq(got, cases[i].lacks);
    cr_expect_eq(tone, OB_TONE_WARN);
  }
  ob_cluster_free(c);
}

Test(compare, the_gateway_column_is_there_where_it_is_installed) {
  ob_cluster *c = world_shop();
  static const struct {
    ob_phase phase;
    bool there;
  } cases[] = {{OB_NOT_INSTALLED, false}, {OB_OFF, false},      {OB_LOADING, false},
               {OB_LIVE, true},           {OB_FORBIDDEN, true}, {OB_STALE, true}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    world_phase(c, OB_KIND_GATEWAY, cases[i].phase);
    ob_compare *x = ob_compare_new(c, service(c, "web"), NULL);
    cr_expect_eq(ob_compare_has(x, OB_WAY_GATEWAY), cases[i].there, "%s",
                 ob_phase_name(cases[i].phase));
    cr_expect(ob_compare_has(x, OB_WAY_INGRESS));
    ob_compare_free(x);
  }
  ob_cluster_free(c);
}

Test(compare, local_traffic_names_its_nodes) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_SERVICE, "shop", "web",
            "'spec':{'type':'NodePort','clusterIP':'10.96.0.1','externalTrafficPolicy':'Local','"
            "selector':{'a':'b'},'ports':[{'name':'http','port':80,'nodePort':30080}]}");
  world_slice(c, "shop", "web", 1, 2);
  OB_AUTOFREE char *one = cell(c, "web", OB_WAY_NODE_PORT, OB_CMP_ADDRESS, NULL);
  cr_expect_str_eq(one, "203.0.113.1:30080");
  OB_AUTOFREE char *kept = cell(c, "web", OB_WAY_NODE_PORT, OB_CMP_CLIENT, NULL);
  cr_expect_str_eq(kept, "kept (policy Local)");
  world_slice(c, "shop", "web", 0, 2);
  ob_tone tone;
  OB_AUTOFREE char *none = cell(c, "web", OB_WAY_NODE_PORT, OB_CMP_ADDRESS, &tone);
  cr_expect_str_eq(none, "no node holds a ready endpoint");
  cr_expect_eq(tone, OB_TONE_BAD);
  ob_cluster_free(c);
}

Test(compare, balancers_facts) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_SERVICE, "shop", "lb",
            "'spec':{'type':'LoadBalancer','loadBalancerSourceRanges':['10.0.0.0/"
            "8'],'ports':[{'port':5432,'protocol':'TCP'},{'name':'u','port':53,'protocol':'UDP'}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'198.51.100.7','ipMode':'Proxy'}]}}");
  world_put(c, OB_KIND_SERVICE, "shop", "twin",
            "'spec':{'type':'LoadBalancer','ports':[{'port':81}]},'status':{'loadBalancer':{'"
            "ingress':[{'ip':'198.51.100.7'}]}}");
  static const struct {
    ob_compare_row row;
    ob_way way;
    const char *says;
  } cases[] = {{OB_CMP_ADDRESS, OB_WAY_LOAD_BALANCER, "198.51.100.7:5432 (Proxy)"},
               {OB_CMP_SHARED, OB_WAY_LOAD_BALANCER, "shop/twin"},
               {OB_CMP_CLIENT, OB_WAY_LOAD_BALANCER, "the balancer's: it is a proxy"},
               {OB_CMP_SECURITY, OB_WAY_LOAD_BALANCER, "only 1 source range"},
               {OB_CMP_BREAKS, OB_WAY_NODE_PORT, "its address is given back\nsource ranges go"},
               {OB_CMP_PROTOCOLS, OB_WAY_INGRESS,
                "HTTP; gRPC, WebSocket by controller\nnot its UDP\nnot its other TCP"},
               {OB_CMP_PROTOCOLS, OB_WAY_CLUSTER_IP, "all; port-forward: TCP only"},
               {OB_CMP_PORT, OB_WAY_LOAD_BALANCER, "5432, 53/UDP"}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOFREE char *got = cell(c, "lb", cases[i].way, cases[i].row, NULL);
    cr_expect_str_eq(got, cases[i].says, "\"%s\"", got);
  }
  /* Many who share the address: some by name and how many more; on two addresses, once. */
  for (int i = 0; i < 9; i++) {
    char name[16];
    snprintf(name, sizeof name, "more%d", i);
    world_put(c, OB_KIND_SERVICE, "shop", name,
              "'spec':{'type':'LoadBalancer','ports':[{'port':82}]},'status':{'loadBalancer':{'"
              "ingress':[{'ip':'198.51.100.7'},{'ip':'2001:db8::7'}]}}");
  }
  OB_AUTOFREE char *many = cell(c, "lb", OB_WAY_LOAD_BALANCER, OB_CMP_SHARED, NULL);
  cr_expect_str_eq(many, "shop/twin\nshop/more0\nshop/more1\nshop/more2\n+6");
  OB_AUTOFREE char *twice = cell(c, "more0", OB_WAY_LOAD_BALANCER, OB_CMP_SHARED, NULL);
  cr_expect_str_eq(twice, "shop/lb\nshop/twin\nshop/more1\nshop/more2\n+6");
  ob_cluster_free(c);
}

/* The cell is appended; it does not begin with a line end because something stood before it. */
Test(compare, appends) {
  ob_cluster *c = world_shop();
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_adds(&out, "x");
  ob_compare *x = ob_compare_new(c, service(c, "lb"), NULL);
  ob_compare_cell(x, OB_WAY_LOAD_BALANCER, OB_CMP_ADDRESS, &out);
  cr_expect_str_eq(ob_buf_str(&out), "x198.51.100.7:443");
  ob_compare_free(x);
  ob_cluster_free(c);
}
