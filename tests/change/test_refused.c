/* What a server refuses, on any server: the person reads a sentence that names the field, all of
 * it, and the object is as it was. */
#include "rig.h"

#include "base/patch.h"
#include "base/str.h"
#include <unistd.h>

#define PORT "'ports':[{'port':80}]"
#define LOCAL                                                                                      \
  "'type':'LoadBalancer','externalTrafficPolicy':'Local','loadBalancerClass':'a.example/x',"
#define BACKEND "'service':{'name':'web','port':{'number':80}}"
#define RULES(host, path, type, backend)                                                           \
  "{'spec':{'rules':[{'host':'" host "','http':{'paths':[{'path':'" path "'," type                 \
  "'backend':{" backend "}}]}}]}}"
#define PREFIX      "'pathType':'Prefix',"
#define HOST(host)  RULES(host, "/", PREFIX, BACKEND)
#define PATH(path)  RULES("a.example", path, PREFIX, BACKEND)
#define TO(backend) RULES("a.example", "/", PREFIX, backend)
#define AT          "spec.rules[0].http.paths[0]."

/* spec: of the Service that there is; NULL: an Ingress with one rule. The wish is a merge. */
static const struct {
  const char *spec, *wish, *field;
} rows[] = {
    {PORT, "{'spec':{'ports':null}}", "spec.ports"},
    {PORT, "{'spec':{'ports':[{'port':80},{'port':81}]}}", "spec.ports[0].name"},
    {PORT, "{'spec':{'ports':[{'port':80,'nodePort':30077}]}}", "spec.ports[0].nodePort"},
    {PORT, "{'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':30078}]}}",
     "spec.ports[0].nodePort"}, /* another one has it */
    {PORT, "{'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':80}]}}",
     "spec.ports[0].nodePort"},
    {PORT, "{'spec':{'type':'ExternalName'}}", "spec.externalName"},
    {PORT, "{'spec':{'type':'ExternalName','externalName':'No_Host'}}", "spec.externalName"},
    {PORT, "{'spec':{'type':'Sometimes'}}", "spec.type"},
    {PORT, "{'spec':{'type':'NodePort','clusterIP':'None','clusterIPs':['None']}}",
     "spec.clusterIPs[0]"},
    {PORT, "{'spec':{'clusterIP':'203.0.113.9','clusterIPs':['203.0.113.9']}}", "spec.clusterIPs"},
    {PORT, "{'spec':{'ipFamilies':['IPv6']}}", "ipFamilies[0]"},
    {PORT, "{'spec':{'externalTrafficPolicy':'Local'}}", "spec.externalTrafficPolicy"},
    {PORT, "{'spec':{'sessionAffinity':'Sometimes'}}", "spec.sessionAffinity"},
    {PORT, "{'spec':{'loadBalancerSourceRanges':['10.0.0.0/8']}}", "spec.loadBalancerSourceRanges"},
    {PORT, "{'spec':{'loadBalancerClass':'a.example/x'}}", "spec.loadBalancerClass"},
    {PORT, "{'spec':{'type':'LoadBalancer','loadBalancerSourceRanges':['10.0.0.0/40']}}",
     "spec.loadBalancerSourceRanges"},
    {PORT, "{'spec':{'type':'LoadBalancer','loadBalancerClass':'not a class'}}",
     "spec.loadBalancerClass"},
    {LOCAL PORT, "{'spec':{'loadBalancerClass':'b.example/y'}}", "spec.loadBalancerClass"},
    {LOCAL PORT, "{'spec':{'healthCheckNodePort':31999}}", "spec.healthCheckNodePort"},
    {PORT, "{'spec':{'nosuch':true}}", "unknown field \"spec.nosuch\""},
    {PORT, "{'metadata':{'labels':{'no label':'x'}}}", "metadata.labels"},

    {NULL, "{'spec':{'rules':null}}", "spec: "},
    {NULL, "{'spec':{'rules':[{'host':'a.example','http':{'paths':[]}}]}}",
     "spec.rules[0].http.paths"},
    {NULL, HOST("*"), "spec.rules[0].host"},
    {NULL, HOST("10.0.0.1"), "spec.rules[0].host"},
    {NULL, HOST("A.example"), "spec.rules[0].host"},
    {NULL, HOST("a.example:80"), "spec.rules[0].host"},
    {NULL, HOST("\u00e4.example"), "spec.rules[0].host"},
    {NULL, PATH("web"), AT "path"},
    {NULL, PATH("/a//b"), AT "path"},
    {NULL, PATH("/a/./b"), AT "path"},
    {NULL, PATH("/a/../b"), AT "path"},
    {NULL, PATH("/a%2fb"), AT "path"},
    {NULL, PATH("/a%2Fb"), AT "path"},
    {NULL, PATH("/a/.."), AT "path"},
    {NULL, PATH("/a/."), AT "path"},
    {NULL, RULES("a.example", "web", "'pathType':'ImplementationSpecific',", BACKEND), AT "path"},
    {NULL, RULES("a.example", "/", "", BACKEND), AT "pathType"},
    {NULL, RULES("a.example", "/", "'pathType':'Sloppy',", BACKEND), AT "pathType"},
    {NULL, TO(""), AT "backend"},
    {NULL, TO("'service':{'name':'web'}"), AT "backend"},
    {NULL, TO("'service':{'name':'web','port':{'number':0}}"), AT "backend"},
    {NULL, TO("'service':{'name':'web','port':{'number':80,'name':'http'}}"), AT "backend"},
    {NULL, TO(BACKEND ",'resource':{'kind':'A','name':'b'}"), AT "backend"},
    {NULL, TO("'service':{'name':'','port':{'number':80}}"), AT "backend.service.name"},
    {NULL, TO("'service':{'name':'web','port':{'number':70000}}"),
     AT "backend.service.port.number"},
    {NULL, TO("'service':{'name':'web','port':{'name':'No_Port'}}"),
     AT "backend.service.port.name"},
};

static ob_json *tree_of(const char *quotes) {
  OB_AUTOFREE char *text = ob_strdup(quotes);
  for (char *c = text; *c; c++)
    if (*c == '\'') *c = '"';
  ob_json *j = ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
  cr_assert_not_null(j, "%s", quotes);
  return j;
}

static void make_ingress(rig *r, const char *name) {
  OB_AUTOFREE char *body = ob_asprintf(
      "{'metadata':{'name':'%s'},'spec':{'rules':[{'host':'a.example','http':{'paths':[{'path':'/"
      "',%s'backend':{" BACKEND "}}]}}]}}",
      name, PREFIX);
  cr_assert_eq(ct_post(r->server, CT_ING, body), 201, "%s", r->server->text);
}

static void expect_refused(rig *r, const ob_plan *p, const char *field, const char *what) {
  ob_apply_report *report = rig_apply(r, p, 0);
  const char *message = report->said ? report->said : report->err.msg;
  cr_expect(report->phase == OB_APPLY_REFUSED || report->phase == OB_APPLY_REVERTED, "%s: %s: %s",
            what, ob_apply_phase_name(report->phase), message);
  cr_expect(ob_contains_nocase(message, field), "%s: %s", what, message);
  cr_expect(ob_contains_nocase(report->err.msg, field), "%s: cut before the field: %s", what,
            report->err.msg);
  ob_apply_report_free(report);
}

Test(refused, each_names_the_field_and_changes_nothing, .timeout = 240) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "thief", "'type':'NodePort','ports':[{'port':80,'nodePort':30078}]");
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i);
    ob_kind kind = rows[i].spec ? OB_KIND_SERVICE : OB_KIND_INGRESS;
    if (rows[i].spec)
      ct_service(r.server, name, rows[i].spec);
    else
      make_ingress(&r, name);
    ob_json *before = rig_fetch(&r, kind, name), *wanted = ob_json_dup(before);
    ob_json *wish = tree_of(rows[i].wish);
    ob_merge_patch(&wanted, wish);
    ob_plan *p = NULL;
    ob_err err = {0};
    cr_assert_eq(ob_plan_edit(&p, kind, before, wanted, &err), 0, "%s: %s", rows[i].wish, err.msg);
    expect_refused(&r, p, rows[i].field, rows[i].wish);
    ob_json *after = rig_look(&r, kind, name);
    OB_AUTO(ob_buf) differs = OB_BUF_INIT(1 << 16);
    cr_expect(rig_equal(before, after, &differs), "%s: %s", rows[i].wish, ob_buf_str(&differs));
    ob_json_free(after);
    ob_json_free(before);
    ob_json_free(wanted);
    ob_json_free(wish);
    ob_plan_free(p);
    unlink(r.journal);
  }
  rig_close(&r);
}

Test(refused, a_class_said_twice_and_differently) {
  rig r;
  rig_open(&r, NULL);
  OB_AUTOFREE char *text = ob_asprintf(
      "{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{'name':'two','namespace':"
      "'%s','annotations':{'kubernetes.io/ingress.class':'a'}},'spec':{'ingressClassName':'b',"
      "'defaultBackend':{" BACKEND "}}}",
      r.server->ns);
  ob_json *wanted = tree_of(text);
  ob_plan *p = ob_plan_new("create");
  cr_assert_eq(ob_plan_add(p, OB_KIND_INGRESS, NULL, wanted, NULL), 0);
  expect_refused(&r, p, "annotations.kubernetes.io/ingress.class", "create");
  cr_expect_null(rig_look(&r, OB_KIND_INGRESS, "two"));
  ob_plan_free(p);
  ob_json_free(wanted);
  rig_close(&r);
}

#define TWENTY "a-name-of-20-letters"

/* A quota of a long name; the server's quota is of that moment when the plan is refused by it. */
static void make_quota(rig *r) {
  static const char hard[] = "'hard':{'services.nodeports':'0','services.loadbalancers':'0'}";
  OB_AUTOFREE char *name = ob_asprintf("%s%s%s%s%s%s%s%s%s%s", TWENTY, TWENTY, TWENTY, TWENTY,
                                       TWENTY, TWENTY, TWENTY, TWENTY, TWENTY, TWENTY);
  OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'%s'},'spec':{%s}}", name, hard);
  cr_assert_eq(ct_post(r->server, "/api/v1/namespaces/~/resourcequotas", body), 201, "%s",
               r->server->text);
  OB_AUTOFREE char *path = ob_asprintf("/api/v1/namespaces/~/resourcequotas/%s/status", name);
  OB_AUTOFREE char *used = ob_asprintf(
      "{'status':{%s,'used':{'services.nodeports':'0','services.loadbalancers':'0'}}}", hard);
  ct_merge(r->server, path, used);
  cr_assert_eq(r->server->code, 200, "%s", r->server->text);
}

/* Of the embedded server a webhook's, of the real one a quota's. */
Test(refused, a_long_message_comes_whole, .timeout = 60) {
  rig r;
  rig_open(&r, getenv("OUTBOARD_CONTRACT_KUBECONFIG") ? NULL : "webhook-denies=2048");
  bool quota = !r.server->sim;
  if (quota) make_quota(&r);
  ct_service(r.server, "web", PORT);
  ob_json *before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r.session), before,
                               &(ob_convert){.to = OB_LOAD_BALANCER}, &err),
               0, "%s", err.msg);
  ob_apply_report *report = rig_dry(&r, p);
  for (int i = 0; i < 100 && quota && !strstr(report->err.msg, "exceeded"); i++) {
    ob_apply_report_free(report);
    usleep(100000);
    report = rig_dry(&r, p);
  }
  cr_expect_eq(report->phase, OB_APPLY_REFUSED, "%s", report->err.msg);
  const char *said = report->said ? report->said : report->err.msg;
  if (quota) {
    cr_expect_not_null(strstr(said, "exceeded quota: " TWENTY), "%s", said);
    cr_expect_not_null(strstr(said, "limited: services.loadbalancers=0,services.nodeports=0"), "%s",
                       said);
  } else {
    cr_expect_gt(strlen(said), 2048);
    cr_expect_not_null(strstr(said, "denied the request"), "%s", said);
    cr_expect_not_null(strstr(said, "(that is all)"), "%s", said);
  }
  ob_apply_report_free(report);
  ob_plan_free(p);
  ob_json_free(before);
  rig_close(&r);
}

/* Each of its causes, though an ob_err holds a few of them. */
Test(refused, many_causes_come_whole) {
  rig r;
  rig_open(&r, NULL);
  make_ingress(&r, "web");
  ob_json *before = rig_fetch(&r, OB_KIND_INGRESS, "web");
  OB_AUTO(ob_buf) wish = OB_BUF_INIT(1 << 16);
  for (int i = 0; i < 20; i++)
    ob_buf_addf(&wish, "%s{'host':'No_Host_%d'}", i ? "," : "{'spec':{'rules':[", i);
  ob_buf_adds(&wish, "]}}");
  ob_json *patch = tree_of(ob_buf_str(&wish)), *wanted = ob_json_dup(before);
  ob_merge_patch(&wanted, patch);
  ob_plan *p = NULL;
  cr_assert_eq(ob_plan_edit(&p, OB_KIND_INGRESS, before, wanted, NULL), 0);
  ob_apply_report *report = rig_dry(&r, p);
  cr_assert_not_null(report->said, "%s", report->err.msg);
  for (int i = 0; i < 20; i++) {
    OB_AUTOFREE char *field = ob_asprintf("spec.rules[%d].host", i);
    cr_expect_not_null(strstr(report->said, field), "%s: %s", field, report->said);
  }
  ob_apply_report_free(report);
  ob_plan_free(p);
  ob_json_free(patch);
  ob_json_free(wanted);
  ob_json_free(before);
  rig_close(&r);
}

Test(refused, what_is_too_long_says_how_much_is_missing) {
  if (getenv("OUTBOARD_CONTRACT_KUBECONFIG")) return; /* the fault is the embedded server's */
  rig r;
  rig_open(&r, "webhook-denies=70000");
  ct_service(r.server, "web", PORT);
  ob_json *before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  ob_plan *p = NULL;
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r.session), before,
                               &(ob_convert){.to = OB_NODE_PORT}, NULL),
               0);
  ob_apply_report *report = rig_dry(&r, p);
  cr_assert_not_null(report->said, "%s", report->err.msg);
  cr_expect_not_null(strstr(report->said, " bytes more)"));
  cr_expect_geq(strlen(report->said), OB_APPLY_SAID_MAX);
  cr_expect_leq(strlen(report->said), OB_APPLY_SAID_MAX + 64);
  ob_apply_report_free(report);
  ob_plan_free(p);
  ob_json_free(before);
  rig_close(&r);
}
