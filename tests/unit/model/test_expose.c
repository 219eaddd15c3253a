/* Services for workloads: what is created, what is refused, what is warned of. */
#include "world.h"

#include "base/str.h"
#include "outboard/plan.h"
#include <criterion/criterion.h>

#define META     "'metadata':{'name':'web','namespace':'shop','uid':'u','labels':{'app':'web'}}"
#define SELECTOR "'selector':{'matchLabels':{'app':'web'}},"
#define PODS(ports)                                                                                \
  "'template':{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'a','ports':"     \
  "[" ports "]}]}}"
#define WORKLOAD(ports) "{" META ",'spec':{" SELECTOR PODS(ports) "}}"
#define ONE             "{'containerPort':8080,'protocol':'TCP'}"
#define DNS             "{'containerPort':53},{'containerPort':53,'protocol':'UDP'}"
#define HEAD                                                                                       \
  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'shop','labels':{'"    \
  "app':'web'}},'spec':{'selector':{'app':'web'},'type':'%s',%s}}"

static const struct {
  ob_kind kind;
  const char *object;
  ob_expose as;
  const char *type, *rest; /* of HEAD's spec; NULL: refused */
  const char *words;       /* of the refusal, or of a warning; NULL: no warning of care */
} cases[] = {
    {OB_KIND_DEPLOYMENT,
     WORKLOAD(ONE),
     {.name = NULL},
     "ClusterIP",
     "'ports':[{'port':8080,'protocol':'TCP','targetPort':8080}]",
     NULL},
    {OB_KIND_STATEFUL_SET,
     WORKLOAD("{'containerPort':8080,'name':'http'}"),
     {.as = {.to = OB_HEADLESS}},
     "ClusterIP",
     "'clusterIP':'None','ports':[{'name':'http','port':8080,'protocol':'TCP','targetPort':8080}]",
     NULL},
    {OB_KIND_DAEMON_SET,
     WORKLOAD(DNS ",{'containerPort':9153}"),
     {.as = {.to = OB_NODE_PORT}},
     "NodePort",
     "'ports':[{'name':'port-1-tcp','port':53,'protocol':'TCP','targetPort':53},{'name':'port-1-"
     "udp',"
     "'port':53,'protocol':'UDP','targetPort':53},{'name':'port-2','port':9153,'protocol':'TCP',"
     "'targetPort':9153}]",
     NULL},
    {OB_KIND_REPLICA_SET,
     WORKLOAD(DNS),
     {.as = {.ports = (const char *const[]){"dns:53:5353"}, .nports = 1}},
     "ClusterIP",
     "'ports':[{'name':'dns-tcp','port':53,'targetPort':5353,'protocol':'TCP'},{'name':'dns-udp',"
     "'port':53,'targetPort':5353,'protocol':'UDP'}]",
     "listens on 5353"},
    {OB_KIND_DEPLOYMENT,
     WORKLOAD(ONE),
     {.target_port = "metrics",
      .as = {.to = OB_NODE_PORT,
             .node_port = 30044,
             .ports = (const char *const[]){"80"},
             .nports = 1}},
     "NodePort",
     "'ports':[{'port':80,'nodePort':30044,'protocol':'TCP','targetPort':'metrics'}]",
     "No container has a port named metrics"},
    {OB_KIND_DEPLOYMENT,
     "{" META ",'spec':{'replicas':0," SELECTOR PODS(ONE) "}}",
     {.name = NULL},
     "ClusterIP",
     "'ports':[{'port':8080,'protocol':'TCP','targetPort':8080}]",
     "scaled to 0"},
    {OB_KIND_SERVICE,
     "{" META ",'spec':{'selector':{'app':'web'},'ports':[{'name':'h','port':80,'protocol':'TCP','"
     "targetPort':8080,'nodePort':30001}]}}",
     {.as = {.to = OB_NODE_PORT}},
     "NodePort",
     "'ports':[{'name':'h','port':80,'protocol':'TCP','targetPort':8080}]",
     NULL},
    {OB_KIND_DEPLOYMENT,
     WORKLOAD(""),
     {.as = {.to = OB_HEADLESS}},
     "ClusterIP",
     "'clusterIP':'None'",
     NULL},
    /* A Pod is found by its own labels; those of its revision will not find the next one. */
    {OB_KIND_POD,
     "{'metadata':{'name':'web','namespace':'shop','uid':'u','labels':{'pod-template-hash':'1'}},'"
     "spec':{'containers':[{'ports':[" ONE "]}]}}",
     {.name = NULL},
     NULL,
     NULL,
     "after the next roll-out"},
    /* Refused, by field. */
    {OB_KIND_POD,
     "{'metadata':{'name':'web','namespace':'shop'},'spec':{}}",
     {.name = NULL},
     NULL,
     NULL,
     "metadata.labels"},
    {OB_KIND_SERVICE,
     "{" META ",'spec':{'ports':[{'port':80}]}}",
     {.name = NULL},
     NULL,
     NULL,
     "spec.selector"},
    {OB_KIND_DEPLOYMENT,
     "{" META ",'spec':{'selector':{}," PODS(ONE) "}}",
     {.name = NULL},
     NULL,
     NULL,
     "spec.selector.matchLabels"},
    {OB_KIND_DEPLOYMENT,
     "{" META ",'spec':{'selector':{'matchLabels':{'app':'web'},'matchExpressions':[{'key':'a','"
     "operator':'Exists'}]}," PODS(ONE) "}}",
     {.name = NULL},
     NULL,
     NULL,
     "spec.selector.matchExpressions"},
    {OB_KIND_DEPLOYMENT, WORKLOAD(""), {.name = NULL}, NULL, NULL, "spec.ports"},
    {OB_KIND_DEPLOYMENT, WORKLOAD(ONE), {.as = {.to = OB_EXTERNAL_NAME}}, NULL, NULL, "spec.type"},
    {OB_KIND_DEPLOYMENT,
     WORKLOAD(ONE),
     {.as = {.lb_class = "a/b"}},
     NULL,
     NULL,
     "spec.loadBalancerClass"},
    {OB_KIND_DEPLOYMENT, WORKLOAD(ONE), {.name = "taken"}, NULL, NULL, "metadata.name"},
};

static bool warned(const ob_plan *p, const char *words) {
  for (size_t i = 0; i < p->nwarnings; i++)
    if (words ? strstr(p->warnings[i].text, words) != NULL : p->warnings[i].level > OB_WARN_NOTE)
      return true;
  return false;
}

Test(expose, a_service_for_each_kind_of_workload) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_SERVICE, "shop", "taken", "'spec':{'ports':[{'port':80}]}");
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    OB_AUTOPTR(ob_json) object = world_json(cases[i].object);
    ob_plan *p = NULL;
    ob_err err = {0};
    int rc = ob_plan_expose(&p, c, cases[i].kind, object, &cases[i].as, &err);
    if (rc) {
      cr_expect(!cases[i].rest && cases[i].words && strstr(err.msg, cases[i].words) == err.msg,
                "case %zu: %s", i, err.msg);
      continue;
    }
    cr_expect_eq(warned(p, cases[i].words), cases[i].words != NULL, "case %zu: %s", i,
                 p->nwarnings ? p->warnings[0].text : "no warning");
    cr_assert_eq(p->nedits, 1);
    cr_assert_eq(p->edits[0].nsteps, 1);
    if (cases[i].rest) {
      OB_AUTOFREE char *text = ob_asprintf(HEAD, cases[i].type, cases[i].rest);
      OB_AUTOPTR(ob_json) wanted = world_json(text);
      OB_AUTO(ob_buf) got = OB_BUF_INIT(1 << 16);
      ob_json_print(&got, p->edits[0].steps[0].body);
      cr_expect(ob_json_equal(p->edits[0].steps[0].body, wanted), "case %zu: %s", i,
                ob_buf_str(&got));
    }
    ob_plan_free(p);
  }
  ob_cluster_free(c);
}

Test(expose, what_says_who_manages_the_workload_stays_there) {
  OB_AUTOPTR(ob_json)
  object = world_json(
      "{'metadata':{'name':'web','namespace':'shop','labels':{'app':'web','app.kubernetes."
      "io/managed-by':'Helm','argocd.argoproj.io/instance':'shop'}},'spec':{" SELECTOR PODS(
          ONE) "}}");
  ob_plan *p = NULL;
  cr_assert_eq(ob_plan_expose(&p, NULL, OB_KIND_DEPLOYMENT, object, &(ob_expose){0}, NULL), 0);
  const ob_json *labels = ob_json_at(p->edits[0].wanted, "metadata", "labels", NULL);
  cr_expect_eq(ob_json_len(labels), 1);
  cr_expect_str_eq(ob_json_get_str(labels, "app"), "web");
  ob_plan_free(p);
}

Test(expose, with_a_rule_that_leads_to_it) {
  ob_cluster *c = world_new();
  OB_AUTOPTR(ob_json) object = world_json(WORKLOAD(ONE));
  ob_plan *p = NULL;
  ob_err err = {0};
  const ob_expose as = {.name = "front",
                        .route = &(ob_route){.host = "a.example", .class_name = "nginx"}};
  cr_assert_eq(ob_plan_expose(&p, c, OB_KIND_DEPLOYMENT, object, &as, &err), 0, "%s", err.msg);
  cr_assert_eq(p->nedits, 2);
  cr_expect_str_eq(p->edits[1].name, "front");
  const ob_json *backend = ob_json_get(
      ob_json_first(ob_json_at(ob_json_first(ob_json_at(p->edits[1].wanted, "spec", "rules", NULL)),
                               "http", "paths", NULL)),
      "backend");
  cr_expect_str_eq(ob_json_get_str(ob_json_get(backend, "service"), "name"), "front");
  cr_expect_eq(ob_json_get_int(ob_json_at(backend, "service", "port", NULL), "number", 0), 8080);
  cr_expect_not(warned(p, "There is no service"), "it comes with the plan");
  ob_plan_free(p);
  ob_cluster_free(c);
}

Test(expose, words_for_workloads) {
  static const struct {
    const char *word, *name;
    ob_kind kind;
  } words[] = {{"deploy/web", "web", OB_KIND_DEPLOYMENT},
               {"Deployments.apps/web", "web", OB_KIND_DEPLOYMENT},
               {"sts/a.b", "a.b", OB_KIND_STATEFUL_SET},
               {"po/x", "x", OB_KIND_POD},
               {"services/x", "x", OB_KIND_SERVICE},
               {"web", NULL, OB_KIND_COUNT},
               {"deploy/", NULL, OB_KIND_COUNT},
               {"/web", NULL, OB_KIND_COUNT},
               {"", NULL, OB_KIND_COUNT},
               {"ing/web", NULL, OB_KIND_COUNT},
               {"deploy sts/web", NULL, OB_KIND_COUNT}};
  for (size_t i = 0; i < OB_LEN(words); i++) {
    ob_kind kind = OB_KIND_COUNT;
    const char *name;
    ob_err err = {0};
    int rc = ob_workload_parse(words[i].word, &kind, &name, &err);
    cr_expect_eq(rc == 0, words[i].name != NULL, "%s", words[i].word);
    if (rc == 0) cr_expect(kind == words[i].kind && ob_streq(name, words[i].name), "%s", name);
    if (rc) cr_expect(err.code == OB_EUSAGE && strstr(err.hint, "statefulset"), "%s", err.hint);
  }
}
