/* The way of a request through Gateways: listeners, hostname intersection, attachment, the
 * specification's precedence, grants; and generated routes against another matcher. */
#include "world.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/explain.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct asked {
  const char *url, *method, *headers[4];
} asked;

static ob_explanation *explain(const ob_cluster *c, const asked *a) {
  ob_request r;
  ob_err err;
  size_t n = 0;
  while (n < 4 && a->headers[n]) n++;
  cr_assert_eq(ob_request_make(&r, a->url, a->method, a->headers, n, false, &err), 0, "%s",
               err.msg);
  ob_explanation *e = ob_explain(c, &r);
  ob_request_done(&r);
  return e;
}

static const ob_step *step(const ob_explanation *e, const char *what) {
  for (size_t i = 0; e->nways && i < e->ways[0].nsteps; i++)
    if (strcmp(e->ways[0].steps[i].what, what) == 0) return &e->ways[0].steps[i];
  return NULL;
}
static const char *reaches(const ob_explanation *e) {
  return e->nways && e->ways[0].service ? e->ways[0].service->o.name : "";
}

#define READY                                                                                      \
  "'conditions':[{'type':'Accepted','status':'True'},{'type':'Programmed','status':'True'}]"
#define ACCEPTED(parent)                                                                           \
  "'status':{'parents':[{'parentRef':{" parent "},'conditions':[{'type':'Accepted','status':"      \
  "'True'},{'type':'ResolvedRefs','status':'True'}]}]}"

static void put_gateway(ob_cluster *c, const char *listeners) {
  OB_AUTOFREE char *rest = ob_asprintf("'spec':{'gatewayClassName':'envoy','listeners':[%s]},'"
                                       "status':{'addresses':[{'value':'203.0.113.80'}]," READY "}",
                                       listeners);
  world_put(c, OB_KIND_GATEWAY, "edge", "gw", rest);
}

static void put_route(ob_cluster *c, const char *ns, const char *name, int64_t age_ms,
                      const char *hosts, const char *rules) {
  OB_AUTOFREE char *rest =
      ob_asprintf("'spec':{'parentRefs':[{'name':'gw','namespace':'edge'}],'hostnames':[%s],'rules'"
                  ":[%s]}," ACCEPTED("'name':'gw','namespace':'edge'"),
                  hosts, rules);
  ob_cluster_put(c, world_make_at(OB_KIND_HTTP_ROUTE, ns, name, NULL, WORLD_NOW_MS - age_ms, rest));
}

#define ALL    "'allowedRoutes':{'namespaces':{'from':'All'}}"
#define HTTP80 "{'name':'http','port':80,'protocol':'HTTP'," ALL "}"
#define TO(s)  "'backendRefs':[{'name':'" s "','port':80}]"

static ob_cluster *world_gateway(void) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_GATEWAY_CLASS, "", "envoy",
            "'spec':{'controllerName':'gateway.envoyproxy.io/x'}");
  put_gateway(c, HTTP80);
  for (int i = 0; i < 10; i++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", i);
    world_put(
        c, OB_KIND_SERVICE, "n", name,
        "'spec':{'clusterIP':'10.0.0.1','selector':{'a':'b'},'ports':[{'name':'','port':80}]}");
    world_slice(c, "n", name, 1, 1);
  }
  return c;
}

/* One route with these rules; which service takes the request. */
static const struct {
  const char *rules;
  asked request;
  const char *service;
} match_table[] = {
    {"{" TO("s0") "}", {.url = "a.x/any"}, "s0"},
    {"{'matches':[{'path':{'type':'Exact','value':'/a'}}]," TO("s0") "}", {.url = "a.x/a/"}, ""},
    {"{'matches':[{'path':{'value':'/a'}}]," TO("s0") "}", {.url = "a.x/ab"}, ""},
    {"{'matches':[{'path':{'value':'/a'}}]," TO("s0") "}", {.url = "a.x/a/b"}, "s0"},
    {"{'matches':[{'path':{'value':'/a'}}]," TO(
         "s0") "},{'matches':[{'path':{'type':'Exact','value':'/a'}}]," TO("s1") "}",
     {.url = "a.x/a"},
     "s1"},
    {"{'matches':[{'path':{'value':'/a'}}]," TO(
         "s0") "},{'matches':[{'path':{'value':'/a/b'}}]," TO("s1") "}",
     {.url = "a.x/a/b/c"},
     "s1"},
    {"{" TO("s0") "},{'matches':[{'method':'POST'}]," TO("s1") "}",
     {.url = "a.x/", .method = "POST"},
     "s1"},
    {"{" TO("s0") "},{'matches':[{'method':'POST'}]," TO("s1") "}",
     {.url = "a.x/", .method = "GET"},
     "s0"},
    {"{'matches':[{'method':'GET'}]," TO("s0") "},{'matches':[{'headers':[{'name':'A','value':'"
                                               "1'},{'name':'B','value':'2'}]}]," TO("s1") "}",
     {"a.x/", "GET", {"a: 1", "b: 2"}},
     "s0"},
    {"{'matches':[{'headers':[{'name':'A','value':'1'}]}]," TO(
         "s0") "},{'matches':[{'headers':[{'name':'A','value':'1'},{'name':'B','value':'2'}]}]"
               "," TO("s1") "}",
     {"a.x/", "GET", {"a: 1", "b: 2"}},
     "s1"},
    {"{'matches':[{'headers':[{'name':'A','value':'1'}]}]," TO("s0") "}",
     {"a.x/", "GET", {"A: 2"}},
     ""},
    {"{'matches':[{'headers':[{'name':'A','value':'1'}]}]," TO("s0") "}",
     {"a.x/", "GET", {"B: 1"}},
     ""},
    {"{" TO("s0") "},{'matches':[{'queryParams':[{'name':'v','value':'2'}]}]," TO("s1") "}",
     {.url = "a.x/?u=1&v=2"},
     "s1"},
    {"{" TO("s0") "},{'matches':[{'queryParams':[{'name':'v','value':'2'}]}]," TO("s1") "}",
     {.url = "a.x/?vv=2"},
     "s0"},
    {"{'matches':[{'path':{'value':'/a'}},{'path':{'value':'/b'}}]," TO("s0") "}",
     {.url = "a.x/b"},
     "s0"},
    {"{" TO("s0") "},{" TO("s1") "}", {.url = "a.x/"}, "s0"},
};

Test(explain_gateway, matches_one_by_one) {
  for (size_t i = 0; i < OB_LEN(match_table); i++) {
    ob_cluster *c = world_gateway();
    put_route(c, "n", "r", 1000, "'a.x'", match_table[i].rules);
    ob_explanation *e = explain(c, &match_table[i].request);
    cr_expect_str_eq(reaches(e), match_table[i].service, "%zu: %s", i, e->summary);
    cr_expect_eq(e->verdict, *match_table[i].service ? OB_GOES : OB_STOPS, "%s", e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* Listener and route hostnames must intersect; the most specific listener takes the request. */
static const struct {
  const char *listener, *route, *host;
  bool goes;
} host_table[] = {
    {"", "", "a.x", true},
    {"a.x", "", "a.x", true},
    {"a.x", "", "b.x", false},
    {"*.x", "'a.x'", "a.x", true},
    {"*.x", "'b.x'", "a.x", false},
    {"*.x", "'a.b.x'", "a.b.x", true},
    {"a.x", "'*.x'", "a.x", true},
    {"a.x", "'*.x'", "b.x", false},
    {"*.x", "'*.b.x'", "a.b.x", true},
    {"*.x", "'*.b.x'", "b.x", false},
    {"*.x", "", "x", false},
    {"", "'*.example.com'", "a.b.example.com", true},
    {"*.x", "'a.y'", "a.y", false},
};

Test(explain_gateway, hostnames_intersect) {
  for (size_t i = 0; i < OB_LEN(host_table); i++) {
    ob_cluster *c = world_gateway();
    OB_AUTOFREE char *l = ob_asprintf(
        "{'name':'l','port':80,'protocol':'HTTP','hostname':'%s'," ALL "}", host_table[i].listener);
    put_gateway(c, l);
    put_route(c, "n", "r", 1000, host_table[i].route, "{" TO("s0") "}");
    ob_explanation *e = explain(c, &(asked){.url = host_table[i].host});
    cr_expect_eq(*reaches(e) != '\0', host_table[i].goes, "%zu: %s", i, e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

Test(explain_gateway, ties_go_by_age_then_name) {
  ob_cluster *c = world_gateway();
  put_route(c, "n", "b", 5000, "'a.x'", "{" TO("s1") "}");
  put_route(c, "n", "a", 5000, "'a.x'", "{" TO("s0") "}");
  put_route(c, "n", "z", 9000, "'*.x'", "{" TO("s2") "}");
  ob_explanation *e = explain(c, &(asked){.url = "a.x"});
  cr_expect_str_eq(reaches(e), "s0");
  cr_expect_str_eq(step(e, "rule")->why, "of the same age, the route first by name");
  cr_assert_eq(e->ways[0].nlosers, 2);
  cr_expect_str_eq(e->ways[0].losers[1].why, "a more specific hostname comes first");
  ob_explanation_free(e);
  put_route(c, "n", "b", 8000, "'a.x'", "{" TO("s1") "}");
  e = explain(c, &(asked){.url = "a.x"});
  cr_expect_str_eq(reaches(e), "s1");
  cr_expect_str_eq(step(e, "rule")->why, "the older route comes first");
  ob_explanation_free(e);
  ob_cluster_free(c);
}

#define SELECTS(expressions)                                                                       \
  "{'name':'l','port':80,'protocol':'HTTP','allowedRoutes':{'namespaces':{'from':'Selector','"     \
  "selector':{'matchExpressions':[" expressions "]}}}}"

/* A listener's allowedRoutes, a route's sectionName and port, and its Accepted condition. */
Test(explain_gateway, attachment) {
  static const struct {
    const char *listener, *parent, *status, *why;
  } cases[] = {
      {"{'name':'l','port':80,'protocol':'HTTP'}", "", "True", "its own namespace alone"},
      {"{'name':'l','port':80,'protocol':'HTTP'," ALL "}", ",'sectionName':'other'", "True",
       "another listener"},
      {"{'name':'l','port':80,'protocol':'HTTP'," ALL "}", ",'port':81", "True", "another port"},
      {"{'name':'l','port':80,'protocol':'HTTP','allowedRoutes':{'kinds':[{'kind':'GRPCRoute'}],'"
       "namespaces':{'from':'All'}}}",
       "", "True", "other kinds"},
      {"{'name':'l','port':80,'protocol':'HTTP','allowedRoutes':{'namespaces':{'from':'Selector','"
       "selector':{'matchLabels':{'t':'a'}}}}}",
       "", "True", "selector does not choose"},
      {"{'name':'l','port':80,'protocol':'HTTP'," ALL "}", "", "False", "NotAllowedByListeners"},
      {"{'name':'l','port':80,'protocol':'HTTP','allowedRoutes':{'namespaces':{'from':'Selector','"
       "selector':{'matchLabels':{'t':'b'}}}}}",
       ",'sectionName':'l'", "True", NULL},
      {SELECTS("{'key':'t','operator':'NotIn','values':['b','c']}"), "", "True",
       "selector does not choose"},
      {SELECTS("{'key':'t','operator':'In','values':['b','c']},{'key':'no','operator':'Exists'}"),
       "", "True", "selector does not choose"},
      {SELECTS("{'key':'t','operator':'DoesNotExist'}"), "", "True", "selector does not choose"},
      {SELECTS("{'key':'t','operator':'In','values':['b','c']},{'key':'no','operator':"
               "'DoesNotExist'},{'key':'t','operator':'Exists'}"),
       "", "True", NULL},
      {SELECTS("{'key':'t','operator':'OfALaterAPI'}"), "", "True", NULL},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_gateway();
    world_put(c, OB_KIND_NAMESPACE, "", "n", "'kind':'Namespace'");
    ob_cluster_put(c, world_object(OB_KIND_NAMESPACE,
                                   "{'metadata':{'name':'n','uid':'u-ns','labels':{'t':'b'}}}"));
    put_gateway(c, cases[i].listener);
    OB_AUTOFREE char *rest = ob_asprintf(
        "'spec':{'parentRefs':[{'name':'gw','namespace':'edge'%s}],'hostnames':['a.x'],'rules':["
        "{" TO("s0") "}]},'status':{'parents':[{'parentRef':{'name':'gw','namespace':'edge'%s},'"
                     "conditions':[{'type':'Accepted','status':'%s','reason':"
                     "'NotAllowedByListeners'}]}]}",
        cases[i].parent, cases[i].parent, cases[i].status);
    world_put(c, OB_KIND_HTTP_ROUTE, "n", "r", rest);
    ob_explanation *e = explain(c, &(asked){.url = "a.x"});
    cr_assert_eq(e->nways, 1, "%zu", i);
    if (cases[i].why) {
      cr_expect_eq(e->verdict, OB_STOPS, "%zu: %s", i, e->summary);
      cr_assert_geq(e->ways[0].nlosers, 1, "%zu", i);
      cr_expect(strstr(e->ways[0].losers[0].why, cases[i].why), "%s", e->ways[0].losers[0].why);
    } else {
      cr_expect_eq(e->verdict, OB_GOES, "%zu: %s", i, e->summary);
    }
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* An HTTPRoute and a GRPCRoute with one hostname at one listener: the oldest's kind is accepted,
 * unless their status already says what the controller made of them. */
Test(explain_gateway, a_hostname_takes_one_kind_of_route) {
  static const struct {
    int64_t http_age, grpc_age;
    const char *grpc_says, *service;
    size_t losers;
  } cases[] = {{2000, 1000, "", "s0", 1},
               {1000, 2000, "", "s1", 1},
               {2000, 1000, "'conditions':[{'type':'Accepted','status':'True'}]", "s1", 1}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_gateway();
    static const char spec[] =
        "'spec':{'parentRefs':[{'name':'gw','namespace':'edge'}],'hostnames':['a.x'],'rules':[%s]},"
        "'status':{'parents':[{'parentRef':{'name':'gw','namespace':'edge'},%s}]}";
    OB_AUTOFREE char *http = ob_asprintf(
        spec, "{'matches':[{'path':{'value':'/p.S/'}}]," TO("s0") "}", "'conditions':[]");
    OB_AUTOFREE char *grpc =
        ob_asprintf(spec, "{'matches':[{'method':{'service':'p.S','method':'M'}}]," TO("s1") "}",
                    *cases[i].grpc_says ? cases[i].grpc_says : "'conditions':[]");
    ob_cluster_put(c, world_make_at(OB_KIND_HTTP_ROUTE, "n", "web", NULL,
                                    WORLD_NOW_MS - cases[i].http_age, http));
    ob_cluster_put(c, world_make_at(OB_KIND_GRPC_ROUTE, "n", "rpc", NULL,
                                    WORLD_NOW_MS - cases[i].grpc_age, grpc));
    ob_explanation *e = explain(c, &(asked){.url = "a.x/p.S/M", .method = "POST"});
    cr_expect_str_eq(reaches(e), cases[i].service, "%zu: %s", i, e->summary);
    cr_assert_eq(e->ways[0].nlosers, cases[i].losers, "%zu", i);
    if (i < 2)
      cr_expect(strstr(e->ways[0].losers[0].why, "takes one kind of route"), "%s",
                e->ways[0].losers[0].why);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

static void add_line(void *arg, const ob_map_route *r) {
  ob_buf_addf(arg, "%s %s %s\n", r->entry, r->url, r->broken ? "broken" : "goes");
}

/* The map has a line for each parent: one refuses what another accepts. */
Test(explain_gateway, the_map_shows_every_parent) {
  ob_cluster *c = world_gateway();
  world_put(
      c, OB_KIND_HTTP_ROUTE, "n", "r",
      "'spec':{'parentRefs':[{'name':'gw','namespace':'edge'},{'name':'in','sectionName':"
      "'tls'}],'hostnames':['a.x'],'rules':[{" TO(
          "s0") "}]},'status':{'parents':[{'parentRef'"
                ":{'name':'gw','namespace':'edge'},'conditions':[{'type':'Accepted','status':'True'"
                "}]},"
                "{'parentRef':{'name':'in','sectionName':'tls'},'conditions':[{'type':'Accepted',"
                "'status':'False','reason':'NoMatchingParent'}]}]}");
  OB_AUTO(ob_buf) map = OB_BUF_INIT(OB_LINE_MAX);
  ob_routes_each(c, add_line, &map);
  cr_expect_str_eq(ob_buf_str(&map), "edge/gw a.x/ goes\nn/in tls a.x/ broken\n");
  ob_cluster_free(c);
}

Test(explain_gateway, a_backend_elsewhere_needs_a_grant) {
  ob_cluster *c = world_gateway();
  world_put(c, OB_KIND_SERVICE, "media", "img",
            "'spec':{'clusterIP':'10.0.0.9','selector':{'a':'b'},'ports':[{'name':'','port':80}]}");
  world_slice(c, "media", "img", 1, 1);
  put_route(c, "n", "r", 1000, "'a.x'",
            "{'backendRefs':[{'name':'img','namespace':'media','port':80}]}");
  const asked a = {.url = "a.x"};
  static const struct {
    const char *grant;
    bool goes;
  } cases[] = {{NULL, false},
               {"'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':'HTTPRoute','"
                "namespace':'other'}],'to':[{'group':'','kind':'Service'}]}",
                false},
               {"'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':'GRPCRoute','"
                "namespace':'n'}],'to':[{'group':'','kind':'Service'}]}",
                false},
               {"'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':'HTTPRoute','"
                "namespace':'n'}],'to':[{'group':'','kind':'Service','name':'web'}]}",
                false},
               {"'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':'HTTPRoute','"
                "namespace':'n'}],'to':[{'group':'','kind':'Service','name':'img'}]}",
                true},
               {"'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':'HTTPRoute','"
                "namespace':'n'}],'to':[{'group':'','kind':'Service'}]}",
                true}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    if (cases[i].grant) world_put(c, OB_KIND_GRANT, "media", "g", cases[i].grant);
    ob_explanation *e = explain(c, &a);
    cr_expect_eq(e->verdict, cases[i].goes ? OB_GOES : OB_STOPS, "%zu: %s", i, e->summary);
    if (!cases[i].goes)
      cr_expect(strstr(step(e, "grant")->fix, "create a ReferenceGrant in namespace media"));
    ob_explanation_free(e);
  }
  world_phase(c, OB_KIND_GRANT, OB_FORBIDDEN);
  ob_cluster_clear(c, OB_KIND_GRANT);
  ob_explanation *e = explain(c, &a);
  cr_expect_eq(e->verdict, OB_UNSURE, "%s", e->summary);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

Test(explain_gateway, what_else_stops_it) {
  ob_cluster *c = world_gateway();
  put_route(
      c, "n", "r", 1000, "'a.x'",
      "{'matches':[{'path':{'value':'/none'}}]},"
      "{'matches':[{'path':{'value':'/gone'}}]," TO(
          "gone") "},"
                  "{'matches':[{'path':{'value':'/to'}}],'filters':[{'type':'RequestRedirect',"
                  "'requestRedirect':{'hostname':'b.x'}}]},"
                  "{'matches':[{'path':{'value':'/two'}}],'backendRefs':[{'name':'s1','port':80,"
                  "'weight':3},{'name':'s2','port':80}]}");
  put_route(c, "n", "re", 1000, "'re.x'",
            "{'matches':[{'path':{'type':'RegularExpression','value':'/re.*'}}]," TO("s1") "}");
  static const struct {
    const char *url, *at;
    ob_verdict verdict;
  } cases[] = {{"a.x/none", "backend", OB_STOPS},      {"a.x/gone", "service", OB_STOPS},
               {"a.x/to", "redirect", OB_GOES},        {"re.x/re1", "rule", OB_UNSURE},
               {"https://a.x/", "listener", OB_STOPS}, {"a.x/two", "weight", OB_GOES}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_explanation *e = explain(c, &(asked){.url = cases[i].url});
    cr_expect_eq(e->verdict, cases[i].verdict, "%s: %s", cases[i].url, e->summary);
    cr_assert_not_null(step(e, cases[i].at), "%s", cases[i].url);
    cr_expect_eq(step(e, cases[i].at)->verdict, cases[i].verdict);
    if (i == 5) cr_expect_str_eq(step(e, "weight")->text, "75 % to n/s1");
    ob_explanation_free(e);
  }
  world_put(
      c, OB_KIND_GATEWAY, "edge", "gw",
      "'spec':{'gatewayClassName':'nobody','listeners':[" HTTP80
      "]},'status':{'conditions':[{'type':'Accepted','status':'Unknown','reason':'Pending'}]}");
  ob_explanation *e = explain(c, &(asked){.url = "a.x/two"});
  cr_expect_eq(step(e, "entry")->verdict, OB_STOPS);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

Test(explain_gateway, grpc) {
  ob_cluster *c = world_gateway();
  ob_cluster_put(c,
                 world_make(OB_KIND_GRPC_ROUTE, "n", "g", NULL,
                            "'spec':{'parentRefs':[{'name':'gw','namespace':'edge'}],'hostnames':['"
                            "a.x'],'rules':["
                            "{'matches':[{'method':{'service':'a.B'}}]," TO(
                                "s0") "},{'matches':[{'method':{'service':'a.B','method':'C'}}]"
                                      "," TO("s1") "},"
                                                   "{'matches':[{'method':{'method':'D'}}]," TO(
                                                       "s2") "}]}," ACCEPTED("'name':'gw','"
                                                                             "namespace':'edge'")));
  static const struct {
    const char *url, *method, *service;
  } cases[] = {{"a.x/a.B/X", "POST", "s0"},
               {"a.x/a.B/C", "POST", "s1"},
               {"a.x/q/D", "POST", "s2"},
               {"a.x/a.B/C", "GET", ""},
               {"a.x/a.Bc/C", "POST", ""}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_explanation *e = explain(c, &(asked){.url = cases[i].url, .method = cases[i].method});
    cr_expect_str_eq(reaches(e), cases[i].service, "%s: %s", cases[i].url, e->summary);
    ob_explanation_free(e);
  }
  ob_cluster_free(c);
}

/* --- against another matcher ------------------------------------------------------------- */
enum { SETS = 2000, ROUTES = 4, RULES = 3 };
static const char *const hosts[] = {"a.x.com", "b.x.com", "*.x.com", "*.a.x.com", "*.com"};
static const char *const wanted_hosts[] = {"a.x.com",   "b.x.com", "q.x.com",
                                           "z.a.x.com", "x.com",   "y.org"};
static const char *const paths[] = {"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"};

typedef struct brule {
  int path, exact, method, headers,
      query; /* method: 0 none, 1 GET, 2 POST; counts of headers, query */
} brule;
typedef struct broute {
  int host; /* index, -1 none */
  int age, nrules;
  brule rules[RULES];
} broute;

/* Length of the pattern when it covers, 0 when not; ret_exact when it is no wildcard. */
static size_t covering(const char *pattern, const char *host, bool *ret_exact) {
  *ret_exact = *pattern != '*';
  if (*ret_exact) return strcmp(pattern, host) == 0 ? strlen(pattern) : 0;
  size_t p = strlen(pattern) - 1, h = strlen(host);
  return h > p && strcmp(host + h - p, pattern + 1) == 0 ? p + 1 : 0;
}

static bool path_covers(const brule *r, const char *path) {
  const char *p = paths[r->path];
  if (r->exact) return strcmp(p, path) == 0;
  size_t n = strlen(p);
  if (p[n - 1] == '/') n--;
  return strncmp(p, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static size_t path_length(const brule *r) {
  size_t n = strlen(paths[r->path]);
  return !r->exact && n > 1 && paths[r->path][n - 1] == '/' ? n - 1 : n;
}

/* Sorts the keys of the specification, one after the other, biggest first. */
static int brute(const broute *routes, int n, const char *host, const char *path, int method,
                 int headers, int query) {
  int best = -1;
  long long best_key[8] = {0};
  for (int i = 0; i < n; i++) {
    bool exact = false;
    size_t cover = routes[i].host < 0 ? 1 : covering(hosts[routes[i].host], host, &exact);
    if (routes[i].host >= 0 && !cover) continue;
    for (int k = 0; k < routes[i].nrules; k++) {
      const brule *r = &routes[i].rules[k];
      if (!path_covers(r, path) || (r->method && r->method != method) || r->headers > headers ||
          r->query > query)
        continue;
      long long key[8] = {exact ? (long long)cover : 0,
                          routes[i].host < 0 ? 0 : (long long)cover,
                          r->exact,
                          (long long)path_length(r),
                          r->method != 0,
                          r->headers,
                          r->query,
                          routes[i].age};
      int cmp = best < 0 ? 1 : 0;
      for (int x = 0; x < 8 && cmp == 0; x++)
        cmp = key[x] > best_key[x] ? 1 : key[x] < best_key[x] ? -1 : 0;
      if (cmp <= 0) continue; /* equal: the first by name and order stays */
      best = i * RULES + k;
      memcpy(best_key, key, sizeof key);
    }
  }
  return best;
}

static void put_broute(ob_cluster *c, const broute *r, int i) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  char name[16], host[64] = "";
  snprintf(name, sizeof name, "r%d", i);
  if (r->host >= 0) snprintf(host, sizeof host, "'%s'", hosts[r->host]);
  for (int k = 0; k < r->nrules; k++) {
    const brule *u = &r->rules[k];
    ob_buf_addf(&b, "%s{'matches':[{'path':{'type':'%s','value':'%s'}", k ? "," : "",
                u->exact ? "Exact" : "PathPrefix", paths[u->path]);
    if (u->method) ob_buf_addf(&b, ",'method':'%s'", u->method == 1 ? "GET" : "POST");
    ob_buf_adds(&b, ",'headers':[");
    for (int h = 0; h < u->headers; h++)
      ob_buf_addf(&b, "%s{'name':'H%d','value':'v'}", h ? "," : "", h);
    ob_buf_adds(&b, "],'queryParams':[");
    for (int q = 0; q < u->query; q++)
      ob_buf_addf(&b, "%s{'name':'q%d','value':'v'}", q ? "," : "", q);
    ob_buf_addf(&b, "]}],'backendRefs':[{'name':'t%d','port':80}]}", i * RULES + k);
  }
  put_route(c, "n", name, 1000 * r->age + 1000, host, ob_buf_str(&b));
}

Test(explain_gateway, routes_equal_those_of_another_matcher, .timeout = 300) {
  const char *env = getenv("OB_SEED");
  int64_t given;
  uint64_t seed = env && ob_parse_int(env, 0, INT64_MAX, &given) ? (uint64_t)given : 20261124;
  fprintf(stderr, "%d sets of routes, OB_SEED=%llu\n", SETS, (unsigned long long)seed);
  ob_cluster *c = world_gateway();
  for (int i = 0; i < ROUTES * RULES; i++) {
    char name[16];
    snprintf(name, sizeof name, "t%d", i);
    world_put(c, OB_KIND_SERVICE, "n", name,
              "'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80}]}");
  }
  for (uint64_t i = 0; i < SETS; i++) {
    ob_rng r = {seed * 1000003 + i};
    broute routes[ROUTES];
    int n = (int)ob_rng_below(&r, ROUTES + 1);
    ob_cluster_clear(c, OB_KIND_HTTP_ROUTE);
    for (int k = 0; k < n; k++) {
      routes[k] = (broute){.host = (int)ob_rng_below(&r, 6) - 1,
                           .age = (int)ob_rng_below(&r, 3),
                           .nrules = 1 + (int)ob_rng_below(&r, RULES)};
      for (int u = 0; u < routes[k].nrules; u++)
        routes[k].rules[u] = (brule){(int)ob_rng_below(&r, 6), ob_rng_below(&r, 3) == 0,
                                     (int)ob_rng_below(&r, 4) % 3, (int)ob_rng_below(&r, 3),
                                     (int)ob_rng_below(&r, 2)};
      put_broute(c, &routes[k], k);
    }
    for (int q = 0; q < 6; q++) {
      const char *host = wanted_hosts[ob_rng_below(&r, 6)], *path = paths[ob_rng_below(&r, 6)];
      int method = 1 + (int)ob_rng_below(&r, 2), headers = (int)ob_rng_below(&r, 3),
          query = (int)ob_rng_below(&r, 2);
      OB_AUTOFREE char *url = ob_asprintf("http://%s%s%s", host, path, query ? "?x=1&q0=v" : "");
      const asked a = {url,
                       method == 1 ? "GET" : "POST",
                       {headers > 0 ? "h0: v" : NULL, headers > 1 ? "h1: v" : NULL}};
      int want = brute(routes, n, host, path, method, headers, query);
      char name[16] = "";
      if (want >= 0) snprintf(name, sizeof name, "t%d", want);
      ob_explanation *e = explain(c, &a);
      cr_assert_str_eq(reaches(e), name, "seed %llu, %s %s, %d headers: \"%s\", wanted \"%s\"",
                       (unsigned long long)(seed * 1000003 + i), a.method, url, headers, reaches(e),
                       name);
      ob_explanation_free(e);
    }
    ob_cluster_settle(c);
  }
  ob_cluster_free(c);
}
