/* Plans: what is sent, what is warned of, and the way back. */
#include "world.h"

#include "base/patch.h"
#include "base/str.h"
#include "outboard/compare.h"
#include "outboard/plan.h"
#include <criterion/criterion.h>

#define META                                                                                       \
  "'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'shop','uid':'u','"     \
  "resourceVersion':'7'}"
#define CLUSTER                                                                                    \
  "{" META ",'spec':{'type':'ClusterIP','clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'"        \
  "internalTrafficPolicy':'Cluster','ports':[{'port':80,'protocol':'TCP','targetPort':80}]}}"
#define NODE                                                                                       \
  "{" META ",'spec':{'type':'NodePort','clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'"         \
  "externalTrafficPolicy':'Cluster','ports':[{'port':80,'nodePort':30080}]}}"
#define BALANCER                                                                                   \
  "{" META ",'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'"     \
  "externalTrafficPolicy':'Local','healthCheckNodePort':31000,'allocateLoadBalancerNodePorts':"    \
  "true,'loadBalancerClass':'x/y','loadBalancerSourceRanges':['10.0.0.0/"                          \
  "8'],'ports':[{'port':80,'nodePort':30080}]},'status':{'loadBalancer':{'ingress':[{'ip':'203.0." \
  "113.9'}]}}}"
#define HEADLESS                                                                                   \
  "{" META                                                                                         \
  ",'spec':{'type':'ClusterIP','clusterIP':'None','clusterIPs':['None'],'ports':[{'port':80}]}}"
#define EXTERNAL "{" META ",'spec':{'type':'ExternalName','externalName':'h.example'}}"

static const struct {
  const char *service;
  ob_convert to;
  const char *bodies[2];
  const char *warning; /* a part of some warning */
} conversions[] = {
    {CLUSTER, {.to = OB_NODE_PORT}, {"{'spec':{'type':'NodePort'}}"}, NULL},
    {CLUSTER, {.to = OB_LOAD_BALANCER}, {"{'spec':{'type':'LoadBalancer'}}"}, "stays pending"},
    {CLUSTER,
     {.to = OB_LOAD_BALANCER, .lb_class = "a/b"},
     {"{'spec':{'type':'LoadBalancer','loadBalancerClass':'a/b'}}"},
     "of class a/b"},
    {CLUSTER,
     {.to = OB_NODE_PORT, .node_port = 30055},
     {"[{'op':'replace','path':'/spec/type','value':'NodePort'},{'op':'test','path':'/spec/ports/"
      "0','value':{'port':80,'protocol':'TCP','targetPort':80}},{'op':'add','path':'/spec/ports/0/"
      "nodePort','value':30055}]"},
     NULL},
    {CLUSTER,
     {.to = OB_EXTERNAL_NAME, .external_name = "e.example"},
     {"{'spec':{'type':'ExternalName','externalName':'e.example'}}"},
     NULL},
    {CLUSTER,
     {.to = OB_HEADLESS},
     {"{'spec':{'type':'ExternalName','externalName':'outboard-is-changing-this-service.invalid'}}",
      "{'spec':{'type':'ClusterIP','clusterIP':'None','externalName':null,'internalTrafficPolicy':'"
      "Cluster'}}"},
     "interruption"},
    {NODE, {.to = OB_CLUSTER_IP}, {"{'spec':{'type':'ClusterIP'}}"}, "Node port 30080 is given up"},
    {NODE,
     {.to = OB_LOAD_BALANCER, .policy = OB_POLICY_LOCAL},
     {"{'spec':{'type':'LoadBalancer','externalTrafficPolicy':'Local'}}"},
     "only nodes with a ready endpoint"},
    {BALANCER,
     {.to = OB_CLUSTER_IP},
     {"{'spec':{'type':'ClusterIP','loadBalancerSourceRanges':null}}"},
     "203.0.113.9 is given up"},
    {BALANCER,
     {.to = OB_NODE_PORT},
     {"{'spec':{'type':'NodePort','loadBalancerSourceRanges':null}}"},
     "source ranges"},
    {HEADLESS,
     {.to = OB_CLUSTER_IP},
     {"{'spec':{'type':'ExternalName','externalName':'outboard-is-changing-this-service.invalid'}}",
      "{'spec':{'type':'ClusterIP','externalName':null}}"},
     "StatefulSet"},
    {HEADLESS,
     {.to = OB_NODE_PORT},
     {"{'spec':{'type':'ExternalName','externalName':'outboard-is-changing-this-service.invalid'}}",
      "{'spec':{'type':'NodePort','externalName':null}}"},
     "StatefulSet"},
    {EXTERNAL,
     {.to = OB_HEADLESS},
     {"{'spec':{'type':'ClusterIP','clusterIP':'None','externalName':null}}"},
     NULL},
    {EXTERNAL,
     {.to = OB_CLUSTER_IP, .ports = (const char *const[]){"http:80:8080/TCP"}, .nports = 1},
     {"{'spec':{'type':'ClusterIP','externalName':null,'ports':[{'name':'http','port':80,"
      "'targetPort':8080,'protocol':'TCP'}]}}"},
     NULL},
};

Test(plan, conversions_send_only_what_the_server_would_not_do) {
  ob_cluster *c = world_new();
  for (size_t i = 0; i < OB_LEN(conversions); i++) {
    OB_AUTOPTR(ob_json) service = world_json(conversions[i].service);
    ob_plan *p = NULL;
    ob_err err = {0};
    cr_assert_eq(ob_plan_convert(&p, c, service, &conversions[i].to, &err), 0, "row %zu: %s", i,
                 err.msg);
    const ob_edit *e = &p->edits[0];
    cr_expect_eq(e->nsteps, conversions[i].bodies[1] ? 2 : 1, "row %zu", i);
    for (size_t k = 0; k < e->nsteps; k++) {
      OB_AUTOPTR(ob_json) want = world_json(conversions[i].bodies[k]);
      OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
      ob_json_print(&text, e->steps[k].body);
      cr_expect(ob_json_equal(e->steps[k].body, want), "row %zu step %zu: %s", i, k,
                ob_buf_str(&text));
      cr_expect_eq(e->steps[k].json_patch, conversions[i].bodies[k][0] == '[');
      cr_expect_eq(e->steps[k].predicted, k > 0);
    }
    bool warned = !conversions[i].warning;
    for (size_t k = 0; k < p->nwarnings; k++)
      warned |= conversions[i].warning && strstr(p->warnings[k].text, conversions[i].warning);
    cr_expect(warned, "row %zu does not warn of %s", i, conversions[i].warning);
    ob_plan_free(p);
  }
  ob_cluster_free(c);
}

Test(plan, a_wish_that_makes_no_sense_names_its_field) {
  const struct {
    const char *service;
    ob_convert to;
    const char *field;
  } rows[] = {
      {EXTERNAL, {.to = OB_NODE_PORT}, "spec.ports:"},
      {CLUSTER, {.to = OB_EXTERNAL_NAME}, "spec.externalName:"},
      {CLUSTER, {.to = OB_CLUSTER_IP, .lb_class = "x"}, "spec.loadBalancerClass:"},
      {CLUSTER, {.to = OB_CLUSTER_IP, .node_port = 30000}, "spec.ports[0].nodePort:"},
      {CLUSTER, {.to = OB_HEADLESS, .policy = OB_POLICY_LOCAL}, "spec.externalTrafficPolicy:"},
      {EXTERNAL,
       {.to = OB_CLUSTER_IP, .ports = (const char *const[]){"http"}, .nports = 1},
       "spec.ports: \"http\""},
      {EXTERNAL,
       {.to = OB_CLUSTER_IP, .ports = (const char *const[]){"80:1:2:3"}, .nports = 1},
       "spec.ports: \"80:1:2:3\""},
      {CLUSTER, {.to = OB_LOAD_BALANCER, .reach = OB_REACH_INTERNAL}, "metadata.annotations:"},
  };
  ob_cluster *c = world_new();
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) service = world_json(rows[i].service);
    ob_plan *p = NULL;
    ob_err err = {0};
    cr_expect_neq(ob_plan_convert(&p, c, service, &rows[i].to, &err), 0, "row %zu", i);
    cr_expect(ob_starts(err.msg, rows[i].field), "row %zu: %s", i, err.msg);
    ob_plan_free(p);
  }
  ob_cluster_free(c);
}

static bool warns(const ob_plan *p, const char *of) {
  for (size_t i = 0; i < p->nwarnings; i++)
    if (strstr(p->warnings[i].text, of)) return true;
  return false;
}

/* What compare says would break is what the plan of that conversion warns of, and no more. A
 * headless service is inside already: its column says nothing of a cluster IP it does not want. */
Test(plan, compare_and_the_plan_break_the_same) {
  static const char *const services[] = {CLUSTER, NODE, BALANCER, HEADLESS};
  static const struct {
    ob_way way;
    ob_service_type to;
  } ways[] = {{OB_WAY_CLUSTER_IP, OB_CLUSTER_IP},
              {OB_WAY_NODE_PORT, OB_NODE_PORT},
              {OB_WAY_LOAD_BALANCER, OB_LOAD_BALANCER}};
  static const struct {
    const char *compare, *plan;
  } facts[] = {{"its address is given back", "address 203.0.113.9 is given up"},
               {"source ranges go", "source ranges go with it"},
               {"its node ports go", "Node port 30080 is given up"},
               {"pods' own names and addresses", "loses the names of its pods"},
               {"a moment without its name", "short interruption of the name"}};
  ob_prices *prices = ob_prices_new();
  for (size_t i = 0; i < OB_LEN(services); i++)
    for (size_t k = 0; k < OB_LEN(ways); k++) {
      if (strcmp(services[i], HEADLESS) == 0 && ways[k].to == OB_CLUSTER_IP) continue;
      ob_cluster *c = world_new();
      ob_cluster_put(c, world_object(OB_KIND_SERVICE, services[i]));
      const ob_service *s = OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "shop", "web"));
      ob_compare *x = ob_compare_new(c, s, prices);
      OB_AUTO(ob_buf) breaks = OB_BUF_INIT(OB_LINE_MAX);
      ob_compare_cell(x, ways[k].way, OB_CMP_BREAKS, &breaks);
      OB_AUTOPTR(ob_json) json = world_json(services[i]);
      ob_plan *p = NULL;
      ob_err err = {0};
      cr_assert_eq(ob_plan_convert(&p, c, json, &(ob_convert){.to = ways[k].to}, &err), 0, "%s",
                   err.msg);
      for (size_t f = 0; f < OB_LEN(facts); f++)
        cr_expect_eq(strstr(ob_buf_str(&breaks), facts[f].compare) != NULL, warns(p, facts[f].plan),
                     "service %zu to %s: \"%s\" beside \"%s\"", i,
                     ob_service_type_title(ways[k].to), ob_buf_str(&breaks), facts[f].plan);
      ob_plan_free(p);
      ob_compare_free(x);
      ob_cluster_free(c);
    }
  ob_prices_free(prices);
}

Test(plan, routes_of_gateways_are_warned_of) {
  ob_cluster *c = world_new();
  ob_cluster_put(c, world_object(OB_KIND_SERVICE, CLUSTER));
  world_put(c, OB_KIND_HTTP_ROUTE, "shop", "r",
            "'spec':{'rules':[{'backendRefs':[{'name':'web','port':80}]}]}");
  OB_AUTOPTR(ob_json) json = world_json(CLUSTER);
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_delete(&p, c, OB_KIND_SERVICE, json, &err), 0, "%s", err.msg);
  cr_expect(warns(p, "HTTPRoute shop/r leads here and will lead nowhere."));
  ob_plan_free(p);
  const ob_convert to = {.to = OB_EXTERNAL_NAME, .external_name = "h.example"};
  cr_assert_eq(ob_plan_convert(&p, c, json, &to, &err), 0, "%s", err.msg);
  cr_expect(warns(p, "1 Gateway route leads here"));
  ob_plan_free(p);
  ob_cluster_free(c);
}

/* Who makes a load balancer internal on AWS: two controllers, which read an annotation each; only
 * one of them set would leave the other's balancer public. */
Test(plan, internal_is_said_to_every_controller_of_the_provider) {
  static const struct {
    const char *provider, *key, *internal, *public;
  } rows[] = {
      {"aws:///a/i-1", "service.beta.kubernetes.io~1aws-load-balancer-scheme", "internal",
       "internet-facing"},
      {"aws:///a/i-1", "service.beta.kubernetes.io~1aws-load-balancer-internal", "true", NULL},
      {"gce://p/z/n", "networking.gke.io~1load-balancer-type", "Internal", NULL},
      {"azure:///x", "service.beta.kubernetes.io~1azure-load-balancer-internal", "true", NULL},
      {"openstack:///y", "service.beta.kubernetes.io~1openstack-internal-load-balancer", "true",
       NULL}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_cluster *c = world_new();
    OB_AUTOFREE char *node = ob_asprintf("'spec':{'providerID':'%s'}", rows[i].provider);
    world_put(c, OB_KIND_NODE, "", "n", node);
    OB_AUTOFREE char *pointer = ob_asprintf("/metadata/annotations/%s", rows[i].key);
    OB_AUTOPTR(ob_json) json = world_json(CLUSTER);
    for (int internal = 0; internal < 2; internal++) {
      const char *want = internal ? rows[i].internal : rows[i].public;
      ob_plan *p = NULL;
      ob_err err = {0};
      const ob_convert to = {.to = OB_LOAD_BALANCER,
                             .reach = internal ? OB_REACH_INTERNAL : OB_REACH_PUBLIC};
      cr_assert_eq(ob_plan_convert(&p, c, json, &to, &err), 0, "%s", err.msg);
      const char *got = ob_json_str(ob_pointer_get(p->edits[0].wanted, pointer));
      cr_expect(want ? ob_streq(got, want) : !got, "%s: %s", rows[i].key, got ? got : "none");
      ob_plan_free(p);
    }
    ob_cluster_free(c);
  }
}

#define IMETA                                                                                      \
  "'apiVersion':'networking.k8s.io/"                                                               \
  "v1','kind':'Ingress','metadata':{'name':'web','namespace':'shop'}"
#define PATH(p, s)                                                                                 \
  "{'path':'" p "','pathType':'Prefix','backend':{'service':{'name':'" s "','port':{'number':80}}" \
  "}}"
#define ING                                                                                        \
  "{" IMETA                                                                                        \
  ",'spec':{'ingressClassName':'nginx','tls':[{'hosts':['a.example','b.example'],'secretName':'s'" \
  "}],'rules':[{'host':'a.example','http':{'paths':[" PATH("/", "web") "," PATH(                   \
      "/x", "x") "]}},{'host':'b.example','http':{'paths':[" PATH("/", "b") "]}}]}}"

static void expect_wanted(const ob_plan *p, const char *pointer, const char *text) {
  OB_AUTOPTR(ob_json) want = world_json(text);
  const ob_json *got = ob_pointer_get(p->edits[0].wanted, pointer);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  if (got) ob_json_print(&out, got);
  cr_expect(ob_json_equal(got, want), "%s is %s", pointer, ob_buf_str(&out));
}

Test(plan, routes) {
  OB_AUTOPTR(ob_json) ing = world_json(ING);
  ob_cluster *c = world_new();
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_route_add(&p, c, ing, NULL, NULL,
                                 &(ob_route){.host = "a.example",
                                             .path = "/api",
                                             .service = "api",
                                             .port = "http",
                                             .tls_secret = "s"},
                                 &err),
               0, "%s", err.msg);
  expect_wanted(
      p, "/spec/rules/0/http/paths/2",
      "{'path':'/"
      "api','pathType':'Prefix','backend':{'service':{'name':'api','port':{'name':'http'}}}}");
  expect_wanted(p, "/spec/tls", "[{'secretName':'s','hosts':['b.example','a.example']}]");
  ob_plan_free(p);

  cr_assert_eq(
      ob_plan_route_add(
          &p, c, NULL, "shop", "new",
          &(ob_route){.host = "n.example", .service = "web", .port = "80", .class_name = "nginx"},
          &err),
      0, "%s", err.msg);
  cr_expect_eq(p->edits[0].steps[0].verb, OB_STEP_CREATE);
  expect_wanted(p, "/spec",
                "{'ingressClassName':'nginx','rules':[{'host':'n.example','http':{'paths':[" PATH(
                    "/", "web") "]}}]}");
  ob_plan_free(p);

  cr_expect_eq(ob_plan_route_add(
                   &p, c, ing, NULL, NULL,
                   &(ob_route){.host = "a.example", .path = "/x", .service = "y", .port = "80"},
                   &err),
               -(int)OB_ECONFLICT);
  cr_expect_eq(ob_plan_route_add(&p, c, ing, NULL, NULL,
                                 &(ob_route){.host = "a.example", .path = "/y", .service = "y"},
                                 &err),
               -(int)OB_EINVALID);

  cr_assert_eq(ob_plan_route_edit(&p, c, ing, 0, 1, &(ob_route){.port = "81"}, &err), 0);
  cr_expect_eq(ob_json_len(p->edits[0].steps[0].body), 3,
               "host and path are tested, one value replaced");
  expect_wanted(p, "/spec/rules/0/http/paths/1/backend/service/port", "{'number':81}");
  ob_plan_free(p);

  cr_assert_eq(ob_plan_route_edit(&p, c, ing, 1, 0, &(ob_route){.host = "c.example"}, &err), 0);
  expect_wanted(p, "/spec/rules/1/host", "'c.example'");
  expect_wanted(p, "/spec/tls/0/hosts", "['a.example']");
  ob_plan_free(p);

  cr_assert_eq(ob_plan_route_edit(&p, c, ing, 0, 1, &(ob_route){.host = "b.example"}, &err), 0);
  expect_wanted(p, "/spec/rules/1/http/paths", "[" PATH("/", "b") "," PATH("/x", "x") "]");
  expect_wanted(p, "/spec/rules/0/http/paths", "[" PATH("/", "web") "]");
  ob_plan_free(p);

  cr_assert_eq(ob_plan_route_delete(&p, c, ing, 1, 0, &err), 0);
  expect_wanted(p, "/spec/rules/1", "null");
  expect_wanted(p, "/spec/tls/0/hosts", "['a.example']");
  ob_plan_free(p);

  cr_assert_eq(ob_plan_route_move(&p, ing, 0, 1, -1, &err), 0);
  expect_wanted(p, "/spec/rules/0/http/paths/0/path", "'/x'");
  ob_plan_free(p);

  const ob_json *all[] = {ing};
  cr_assert_eq(ob_plan_rename_host(&p, all, 1, "a.example", "z.example", &err), 0);
  expect_wanted(p, "/spec/rules/0/host", "'z.example'");
  expect_wanted(p, "/spec/tls/0/hosts", "['z.example','b.example']");
  ob_plan_free(p);
  cr_expect_eq(ob_plan_rename_host(&p, all, 1, "no.example", "z.example", &err),
               -(int)OB_ENOTFOUND);
  cr_expect_eq(ob_plan_route_edit(&p, c, ing, 5, 0, &(ob_route){.port = "81"}, &err),
               -(int)OB_ENOTFOUND);
  ob_cluster_free(c);
}

Test(plan, a_new_rule_is_seen_beside_the_others) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_INGRESS_CLASS, "", "nginx", "'spec':{'controller':'k8s.io/ingress-nginx'}");
  world_put(
      c, OB_KIND_INGRESS, "other", "old",
      "'spec':{'ingressClassName':'nginx','rules':[{'host':'a.example','http':{'paths':[" PATH(
          "/", "web") "," PATH("/api",
                               "x") "]}},{'host':'*.example','http':{'paths':[" PATH("/only",
                                                                                     "x") "]}}]}");
  OB_AUTOPTR(ob_json)
  ing = world_json("{" IMETA ",'spec':{'ingressClassName':'nginx','rules':[]}}");
  static const struct {
    ob_route r;
    const char *warning;
  } rows[] = {
      {{.host = "a.example", .path = "/api", .service = "w", .port = "80"},
       "stands in ingress other/old too"},
      {{.host = "a.example", .path = "/a", .service = "w", .port = "80"},
       "takes these requests from a.example/ of ingress other/old"},
      {{.host = "*.example", .path = "/api/v1", .service = "w", .port = "80"},
       "There is no service shop/w"},
      {{.host = "a.example", .path = "/a b", .service = "w", .port = "80"}, "holds a blank"},
      {{.host = "", .path = "/api", .service = "w", .port = "80"}, "There is no service"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_plan *p = NULL;
    ob_err err = {0};
    cr_assert_eq(ob_plan_route_add(&p, c, ing, NULL, NULL, &rows[i].r, &err), 0, "%s", err.msg);
    cr_expect(warns(p, rows[i].warning), "row %zu", i);
    ob_plan_free(p);
  }
  ob_cluster_free(c);
}

/* While /api is edited to something else, /api itself is no rule any more. */
Test(plan, an_edited_rule_is_no_rival_of_itself) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_INGRESS_CLASS, "", "nginx", "'spec':{'controller':'k8s.io/ingress-nginx'}");
  world_put(
      c, OB_KIND_INGRESS, "shop", "web",
      "'spec':{'ingressClassName':'nginx','rules':[{'host':'a.example','http':{'paths':[" PATH(
          "/api", "x") "," PATH("/", "web") "]}}]}");
  const ob_route api = {.host = "a.example", .path = "/api", .path_type = "Prefix"};
  const ob_route root = {.host = "a.example", .path = "/", .path_type = "Prefix"};
  const struct {
    const char *path;
    const ob_route *edited;
    const char *says;
  } rows[] = {
      {"/api/v1", NULL, "wins, taken from a.example/api of shop/web"},
      {"/api/v1", &api, "wins, taken from a.example/ of shop/web"},
      {"/api/v1", &root, "wins, taken from a.example/api of shop/web"},
      {"/ap", &root, "wins: no other rule matches"},
      {"/api", &root, "stands in shop/web too: the controller chooses"},
      {"/api", &api, "wins, taken from a.example/ of shop/web"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    const ob_route r = {
        .host = "a.example", .path = rows[i].path, .path_type = "Prefix", .edited = rows[i].edited};
    ob_route_preview(c, "shop", "web", &r, &out);
    cr_expect_str_eq(ob_buf_str(&out), rows[i].says, "row %zu", i);
  }
  ob_cluster_free(c);
}

Test(plan, undo_keeps_what_others_did_meanwhile_and_refuses_what_they_took) {
  OB_AUTOPTR(ob_json) before = world_json(CLUSTER);
  OB_AUTOPTR(ob_json) after = world_json(NODE);
  ob_err err = {0};
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  ob_plan *p = ob_plan_new("x"), *undo = NULL;
  ob_plan_add(p, OB_KIND_SERVICE, before, after, &err);
  /* Somebody adds a label and a finalizer. */
  OB_AUTOPTR(ob_json) now = world_json(NODE);
  ob_json *meta = ob_json_get_mut(now, "metadata");
  ob_json_put_str(ob_json_ensure_object(meta, "labels"), "team", "a");
  const ob_json *all[] = {now};
  cr_assert_eq(ob_plan_undo(&undo, p, all, &why, &err), 0, "%s", err.msg);
  expect_wanted(undo, "/spec/type", "'ClusterIP'");
  expect_wanted(undo, "/metadata/labels/team", "'a'");
  ob_plan_free(undo);
  /* Somebody changes the type. */
  OB_AUTOPTR(ob_json) other = world_json(BALANCER);
  const ob_json *others[] = {other};
  cr_expect_eq(ob_plan_undo(&undo, p, others, &why, &err), -(int)OB_ECONFLICT);
  cr_expect_not_null(
      strstr(ob_buf_str(&why),
             "spec.type: it was NodePort, you want ClusterIP, the server has LoadBalancer"),
      "%s", ob_buf_str(&why));
  ob_plan_free(p);
}

Test(plan, files_and_lines) {
  OB_AUTOPTR(ob_json) service = world_json(CLUSTER);
  ob_plan *p = NULL, *again = NULL;
  ob_err err = {0};
  ob_cluster *c = world_new();
  cr_assert_eq(ob_plan_convert(&p, c, service, &(ob_convert){.to = OB_HEADLESS}, &err), 0);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_plan_write(p, &text);
  cr_assert_eq(ob_plan_read(&again, ob_buf_str(&text), text.len, "plan.yaml", &err), 0, "%s",
               err.msg);
  cr_expect_eq(again->edits[0].nsteps, 2);
  cr_expect_eq(again->nwarnings, p->nwarnings);
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  ob_plan_step_kubectl(&p->edits[0], &p->edits[0].steps[0], &line);
  cr_expect_str_eq(ob_buf_str(&line), "kubectl patch services web -n shop --type=merge -p "
                                      "'{\"spec\":{\"type\":\"ExternalName\",\"externalName\":"
                                      "\"outboard-is-changing-this-service.invalid\"}}'");
  OB_AUTO(ob_buf) diff = OB_BUF_INIT(OB_LINE_MAX);
  ob_edit_diff(&p->edits[0], NULL, &diff);
  cr_expect_not_null(
      strstr(ob_buf_str(&diff), "- spec.clusterIP: 10.0.0.1\n+ spec.clusterIP: None\n"), "%s",
      ob_buf_str(&diff));
  ob_plan_free(again);
  cr_expect_neq(ob_plan_read(&again, "kind: Plan", 10, "plan.yaml", &err), 0);
  cr_expect_neq(
      ob_plan_read(
          &again,
          "{\"apiVersion\":\"outboard/v1\",\"kind\":\"Plan\",\"edits\":[{\"kind\":\"Secret\"}]}",
          66, "plan.yaml", &err),
      0);
  ob_plan_free(p);
  ob_cluster_free(c);
}

/* What goes by two steps can go by deletion and creation, when a person says so; a file keeps it. */
Test(plan, deletion_and_creation) {
  OB_AUTOPTR(ob_json) service = world_json(CLUSTER);
  ob_json *meta = ob_json_get_mut(service, "metadata");
  ob_json_push(ob_json_put(meta, "finalizers", ob_json_new_array()), ob_json_new_str("a.example/f"));
  ob_json *owner =
      ob_json_push(ob_json_put(meta, "ownerReferences", ob_json_new_array()), ob_json_new_object());
  ob_json_put_str(owner, "kind", "Shop");
  ob_json_put_str(owner, "name", "main");
  ob_plan *in_place = NULL, *p = NULL, *again = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_convert(&in_place, NULL, service, &(ob_convert){.to = OB_HEADLESS}, &err), 0);
  cr_expect(warns(in_place, "Two steps with an interruption"));
  cr_assert_eq(ob_plan_recreate(&p, in_place, &err), 0, "%s", err.msg);
  cr_expect_not(warns(p, "Two steps with an interruption"));
  static const char *const lost[] = {"its uid", "interrupted", "Its cluster IP 10.0.0.1 is given up",
                                     "finalizers let it (a.example/f)", "It belongs to Shop main"};
  for (size_t i = 0; i < OB_LEN(lost); i++) cr_expect(warns(p, lost[i]), "%s", lost[i]);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  ob_plan_write(p, &text);
  cr_assert_eq(ob_plan_read(&again, ob_buf_str(&text), text.len, "p", &err), 0, "%s", err.msg);
  ob_plan *const both[] = {p, again};
  for (size_t i = 0; i < 2; i++) {
    const ob_edit *e = &both[i]->edits[0];
    cr_assert_eq(e->nsteps, 2);
    cr_expect_eq(e->steps[0].verb, OB_STEP_DELETE);
    cr_expect_eq(e->steps[1].verb, OB_STEP_CREATE);
    const ob_json *body = e->steps[1].body;
    cr_expect_null(ob_json_get(ob_json_get(body, "metadata"), "uid"));
    cr_expect_null(ob_json_get(ob_json_get(body, "metadata"), "finalizers"));
    cr_expect_not_null(ob_json_get(ob_json_get(body, "metadata"), "ownerReferences"));
    cr_expect_str_eq(ob_json_get_str(ob_json_get(body, "spec"), "clusterIP"), "None");
    cr_expect_not(ob_plan_hops(both[i]));
  }
  ob_plan_free(again);
  ob_plan_free(p);
  ob_plan_free(in_place);
  static const char half[] =
      "{\"apiVersion\":\"outboard/v1\",\"kind\":\"Plan\",\"edits\":[{\"kind\":\"Service\",\"name\":"
      "\"a\",\"recreate\":true,\"wanted\":{\"metadata\":{\"name\":\"a\"}}}]}";
  cr_expect_eq(ob_plan_read(&again, half, sizeof half - 1, "p", &err), -(int)OB_ECONFIG);
  cr_expect_not_null(strstr(err.msg, "recreate"), "%s", err.msg);
}
