/* What is asked of Gateway API routes: which listeners, which names, which addresses, and what is
 * said instead. */
#include "base/str.h"
#include "outboard/probe.h"
#include "world.h"

#include <criterion/criterion.h>

#define READY                                                                                      \
  "'conditions':[{'type':'Accepted','status':'True'},{'type':'Programmed','status':'True'}]"
#define ALL       "'allowedRoutes':{'namespaces':{'from':'All'}}"
#define PATH(p)   "'matches':[{'path':{'type':'PathPrefix','value':'" p "'}}]"
#define TO        "'backendRefs':[{'name':'web','port':80}]"
#define GET_ABOVE "'matches':[{'path':{'type':'PathPrefix','value':'/a'},'method':'POST'}]"

static void put_gateway(ob_cluster *c, const char *addresses) {
  OB_AUTOFREE char *rest = ob_asprintf(
      "'spec':{'gatewayClassName':'envoy','listeners':["
      "{'name':'own','port':81,'protocol':'HTTP','allowedRoutes':{'namespaces':{'from':'Same'}}},"
      "{'name':'http','port':80,'protocol':'HTTP','hostname':'*.example.com'," ALL "},"
      "{'name':'https','port':8443,'protocol':'HTTPS','hostname':'shop.example.com'," ALL "},"
      "{'name':'db','port':5432,'protocol':'TCP'," ALL "}]},'status':{'addresses':[%s]," READY "}",
      addresses);
  world_put(c, OB_KIND_GATEWAY, "edge", "gw", rest);
}

static void put_route(ob_cluster *c, ob_kind kind, const char *hosts, const char *rules,
                      const char *accepted) {
  OB_AUTOFREE char *rest = ob_asprintf(
      "'spec':{'parentRefs':[{'name':'gw','namespace':'edge'}],'hostnames':[%s],'rules':[%s]},"
      "'status':{'parents':[{'parentRef':{'name':'gw','namespace':'edge'},'conditions':["
      "{'type':'Accepted','status':'%s','reason':'NotAllowed'}]}]}",
      hosts, rules, accepted);
  world_put(c, kind, "shop", "r", rest);
}

static ob_cluster *world(void) {
  ob_cluster *c = world_new();
  world_phase(c, OB_KIND_HTTP_ROUTE, OB_LIVE);
  world_phase(c, OB_KIND_GATEWAY, OB_LIVE);
  put_gateway(c, "{'value':'203.0.113.80'},{'value':'lb.example.net'}");
  world_put(c, OB_KIND_SERVICE, "shop", "web",
            "'spec':{'clusterIP':'10.0.0.1','ports':[{'name':'http','port':80}]}");
  return c;
}

static void expect(const ob_cluster *c, const ob_probe_opts *opts, const char *want) {
  static ob_probe_target t[OB_PROBE_PLAN_MAX];
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", "web");
  ob_row row = {.owner = o,
                .service = OB_AS(ob_service, o),
                .way = OB_ROW_SERVICE,
                .port = -1,
                .rule = -1,
                .path = -1,
                .sub = -1};
  size_t n = ob_probe_plan(c, &row, opts, t, OB_PROBE_PLAN_MAX);
  OB_AUTO(ob_buf) got = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < n; i++) {
    ob_probe_url(&t[i], &got);
    ob_buf_addc(&got, ' ');
    ob_probe_way(&t[i], &got);
    ob_buf_addf(&got, "%s%s\n", *t[i].skip ? ": " : "", t[i].skip);
  }
  cr_expect_str_eq(ob_buf_str(&got), want, "got:\n%swanted:\n%s", ob_buf_str(&got), want);
}

static const ob_probe_opts plainly;

/* The listener's name and the route's, whichever is narrower; each address; then DNS. */
Test(probe_gateway, each_listener_that_carries_it) {
  ob_cluster *c = world();
  put_route(c, OB_KIND_HTTP_ROUTE, "'shop.example.com','other.test'",
            "{" PATH("/a b") "," TO
                             "},{" PATH("/elsewhere") ",'backendRefs':[{'name':'no','port':1}]}",
            "True");
  expect(c, &plainly,
         "http://shop.example.com/a%20b at 203.0.113.80\n"
         "http://shop.example.com/a%20b at lb.example.net\n"
         "http://shop.example.com/a%20b by DNS\n"
         "https://shop.example.com:8443/a%20b at 203.0.113.80\n"
         "https://shop.example.com:8443/a%20b at lb.example.net\n"
         "https://shop.example.com:8443/a%20b by DNS\n");
  ob_cluster_free(c);
}

Test(probe_gateway, what_is_not_asked) {
  static const struct {
    const char *hosts, *rule, *accepted, *want;
  } rows[] = {
      {"'*.shop.example.com'", "{" PATH("/") "," TO "}", "True",
       "http://*.shop.example.com/ no address: a wildcard host: it stands for any name, none is "
       "asked without your word\n"},
      {"'a.example.com'", "{" GET_ABOVE "," TO "}", "True",
       "http://a.example.com/a no address: it takes POST alone: only GET and HEAD are sent\n"},
      {"'a.example.com'", "{'matches':[{'headers':[{'name':'x','value':'y'}]}]," TO "}", "True",
       "http://a.example.com/ no address: it takes requests with certain headers or query "
       "parameters alone\n"},
      {"'a.example.com'", "{" PATH("/") "," TO "}", "False",
       "http://a.example.com/ no address: the Gateway does not accept the route: NotAllowed\n"},
      {"'other.test'", "{" PATH("/") "," TO "}", "True",
       "http://other.test/ no address: no Gateway carries the route: no listener has its "
       "hostname\n"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_cluster *c = world();
    put_route(c, OB_KIND_HTTP_ROUTE, rows[i].hosts, rows[i].rule, rows[i].accepted);
    expect(c, &plainly, rows[i].want);
    ob_cluster_free(c);
  }
}

Test(probe_gateway, any_name_no_address_and_grpc) {
  ob_cluster *c = world();
  put_route(c, OB_KIND_HTTP_ROUTE, "", "{" PATH("/") "," TO "}", "True");
  expect(c, &(ob_probe_opts){.any_host = true},
         "http://outboard-probe.example.com/ at 203.0.113.80\n"
         "http://outboard-probe.example.com/ at lb.example.net\n"
         "http://outboard-probe.example.com/ by DNS\n"
         "https://shop.example.com:8443/ at 203.0.113.80\n"
         "https://shop.example.com:8443/ at lb.example.net\n"
         "https://shop.example.com:8443/ by DNS\n");
  put_gateway(c, "");
  put_route(c, OB_KIND_HTTP_ROUTE, "'a.example.com'", "{" PATH("/") "," TO "}", "True");
  expect(c, &plainly,
         "http://a.example.com/ no address: no address: the Gateway's status has none\n"
         "http://a.example.com/ by DNS\n");
  ob_cluster_free(c);
  c = world();
  put_route(c, OB_KIND_GRPC_ROUTE, "'shop.example.com'",
            "{'matches':[{'method':{'service':'shop.Cart','method':'Add'}}]," TO "}", "True");
  expect(c, &plainly,
         "tcp://shop.example.com:80 at 203.0.113.80\n"
         "tcp://shop.example.com:80 at lb.example.net\n"
         "tcp://shop.example.com:80 by DNS\n"
         "https://shop.example.com:8443/shop.Cart/Add at 203.0.113.80\n"
         "https://shop.example.com:8443/shop.Cart/Add at lb.example.net\n"
         "https://shop.example.com:8443/shop.Cart/Add by DNS\n");
  ob_cluster_free(c);
}

Test(probe_gateway, a_typed_url_at_its_addresses) {
  ob_cluster *c = world();
  static ob_probe_target t[8];
  ob_err err;
  size_t n = 0;
  cr_assert_eq(ob_probe_plan_url(c, "https://shop.example.com:8443/x", &plainly, t, 8, &n, &err),
               0);
  cr_assert_eq(n, 3);
  cr_expect_str_eq(t[1].address, "203.0.113.80");
  cr_expect_str_eq(t[2].address, "lb.example.net");
  cr_assert_eq(ob_probe_plan_url(c, "https://shop.example.com/x", &plainly, t, 8, &n, &err), 0);
  cr_expect_eq(n, 1, "no listener has that port");
  ob_cluster_free(c);
}
