/* The audit's rules, each with the traps that belong to it; problems as they come and go; time. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

enum { MINUTE = 60000 };

/* "I01 spec.rules[0]… what; …", "?" before a rule that is unverified. */
static char *findings(const ob_cluster *c, ob_kind kind, const char *name, int64_t now_ms,
                      bool words) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(65536);
  ob_finding f[32];
  const ob_object *o = ob_cluster_find(c, kind, "n", name);
  cr_assert_not_null(o, "%s", name);
  size_t n = ob_audit_object(c, o, now_ms, f, OB_LEN(f));
  cr_assert_leq(n, OB_LEN(f));
  for (size_t i = 0; i < n; i++) {
    ob_buf_addf(&out, "%s%s%s", i ? "; " : "", f[i].unverified ? "?" : "", f[i].rule->id);
    if (words) ob_buf_addf(&out, " %s: %s", f[i].field, f[i].what);
  }
  return ob_buf_take(&out, NULL);
}

static void expect(const ob_cluster *c, ob_kind kind, const char *name, const char *wanted) {
  OB_AUTOFREE char *got = findings(c, kind, name, WORLD_NOW_MS, false);
  cr_expect_str_eq(got, wanted, "%s: \"%s\", wanted \"%s\"", name, got, wanted);
}

static void expect_words(const ob_cluster *c, ob_kind kind, const char *name, const char *wanted) {
  OB_AUTOFREE char *got = findings(c, kind, name, WORLD_NOW_MS, true);
  cr_expect_str_eq(got, wanted, "%s: \"%s\", wanted \"%s\"", name, got, wanted);
}

static void ingress(ob_cluster *c, const char *backend) {
  OB_AUTOFREE char *rest = ob_asprintf("'spec':{'rules':[{'host':'h','http':{'paths':[{'path':'/"
                                       "','pathType':'Prefix','backend':%s}]}}]}",
                                       backend);
  world_put(c, OB_KIND_INGRESS, "n", "i", rest);
}

static void service(ob_cluster *c, const char *name, const char *spec) {
  OB_AUTOFREE char *rest = ob_asprintf("'spec':{'clusterIP':'10.0.0.1',%s}", spec);
  world_put(c, OB_KIND_SERVICE, "n", name, rest);
}

/* A slice of `service` with one endpoint and one port; both JSON. */
static void slice(ob_cluster *c, const char *service_name, const char *endpoint,
                  const char *ports) {
  OB_AUTOFREE char *text = ob_asprintf("{'metadata':{'name':'%s-1','namespace':'n','uid':'e-%s','"
                                       "labels':{'kubernetes.io/service-name':'%s'}},"
                                       "'addressType':'IPv4','endpoints':[%s],'ports':%s}",
                                       service_name, service_name, service_name, endpoint, ports);
  ob_cluster_put(c, world_object(OB_KIND_SLICE, text));
}

static const char selected[] = "'selector':{'a':'b'},'ports':[{'port':80}]";
static const char up[] = "{'addresses':['10.1.1.1']}";
static const char unnamed[] = "[{'name':'','port':80,'protocol':'TCP'}]";

/* --- I01 --------------------------------------------------------------------------------- */
Test(audit, backend_service_missing) {
  ob_cluster *c = world_new();
  ingress(c, "{'service':{'name':'gone','port':{'number':80}}}");
  expect_words(c, OB_KIND_INGRESS, "i",
               "I01 spec.rules[0].http.paths[0].backend.service.name: service gone does not exist "
               "in namespace n");
  /* A resource backend is not ours to judge; an annotation may stand for the service. */
  ingress(c, "{'resource':{'kind':'Bucket','name':'gone'}}");
  expect(c, OB_KIND_INGRESS, "i", "");
  ingress(c, "{'service':{'name':'gone','port':{'name':'use-annotation'}}}");
  expect(c, OB_KIND_INGRESS, "i", "");
  /* The default backend counts too. */
  world_put(c, OB_KIND_INGRESS, "n", "i",
            "'spec':{'defaultBackend':{'service':{'name':'gone','port':{'number':80}}}}");
  expect_words(c, OB_KIND_INGRESS, "i",
               "I01 spec.defaultBackend.service.name: service gone does not exist in namespace n");
  /* The same name in another namespace is another service. */
  world_put(c, OB_KIND_SERVICE, "other", "gone", "'spec':{'ports':[{'port':80}]}");
  expect(c, OB_KIND_INGRESS, "i", "I01");
  /* Unknown is not missing. */
  world_phase(c, OB_KIND_SERVICE, OB_FORBIDDEN);
  expect(c, OB_KIND_INGRESS, "i", "?I01");
  world_phase(c, OB_KIND_SERVICE, OB_LOADING);
  expect(c, OB_KIND_INGRESS, "i", "?I01");
  ob_cluster_free(c);
}

/* --- I02 --------------------------------------------------------------------------------- */
Test(audit, backend_port_missing) {
  ob_cluster *c = world_new();
  service(c, "s", selected);
  slice(c, "s", up, unnamed);
  ingress(c, "{'service':{'name':'s','port':{'number':80}}}");
  expect(c, OB_KIND_INGRESS, "i", "");
  ingress(c, "{'service':{'name':'s','port':{'number':81}}}");
  expect_words(
      c, OB_KIND_INGRESS, "i",
      "I02 spec.rules[0].http.paths[0].backend.service.port.number: service s has no port 81");
  ingress(c, "{'service':{'name':'s','port':{'name':'http'}}}");
  expect_words(c, OB_KIND_INGRESS, "i",
               "I02 spec.rules[0].http.paths[0].backend.service.port.name: service s has no port "
               "named http");
  /* An unnamed port is not the port with the empty name, nor port 0. */
  ingress(c, "{'service':{'name':'s','port':{'name':''}}}");
  expect(c, OB_KIND_INGRESS, "i", "I02");
  ingress(c, "{'service':{'name':'s'}}");
  expect(c, OB_KIND_INGRESS, "i", "I02");
  /* The targetPort's number is not the port's. */
  service(c, "s", "'selector':{'a':'b'},'ports':[{'port':80,'targetPort':8080}]");
  ingress(c, "{'service':{'name':'s','port':{'number':8080}}}");
  expect(c, OB_KIND_INGRESS, "i", "I02");
  /* A name needs no ports. */
  world_put(c, OB_KIND_SERVICE, "n", "s",
            "'spec':{'type':'ExternalName','externalName':'db.example.com'}");
  expect(c, OB_KIND_INGRESS, "i", "");
  ob_cluster_free(c);
}

/* --- I03, S03, S06 ----------------------------------------------------------------------- */
Test(audit, nothing_ready) {
  ob_cluster *c = world_new();
  service(c, "s", selected);
  ingress(c, "{'service':{'name':'s','port':{'number':80}}}");
  expect_words(c, OB_KIND_SERVICE, "s", "S03 spec.ports: 0/0 endpoints ready");
  expect_words(
      c, OB_KIND_INGRESS, "i",
      "I03 spec.rules[0].http.paths[0].backend.service.name: service s: 0/0 endpoints ready");
  static const struct {
    const char *endpoint, *says;
  } cases[] = {
      {"{'addresses':['10.1.1.1'],'conditions':{}}", ""}, /* nil is ready */
      {"{'addresses':['10.1.1.1'],'conditions':{'ready':null}}", ""},
      {"{'addresses':['10.1.1.1']}", ""},
      {"{'addresses':['10.1.1.1'],'conditions':{'ready':true}}", ""},
      {"{'addresses':['10.1.1.1'],'conditions':{'ready':false}}", "S03"},
      {"{'addresses':['10.1.1.1'],'conditions':{'ready':false,'serving':true,'terminating':true}}",
       "S03"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    slice(c, "s", cases[i].endpoint, unnamed);
    expect(c, OB_KIND_SERVICE, "s", cases[i].says);
    expect(c, OB_KIND_INGRESS, "i", *cases[i].says ? "I03" : "");
  }
  world_phase(c, OB_KIND_SLICE, OB_NOT_INSTALLED);
  expect(c, OB_KIND_SERVICE, "s", "?S03");
  expect(c, OB_KIND_INGRESS, "i", "?I03");
  ob_cluster_free(c);
}

Test(audit, services_that_want_no_endpoints) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_SERVICE, "n", "name", "'spec':{'type':'ExternalName','externalName':'x'}");
  expect(c, OB_KIND_SERVICE, "name", "");
  /* Made by hand later, inside the cluster: nobody is let down. Exposed, it is. */
  service(c, "manual", "'ports':[{'port':80}]");
  expect(c, OB_KIND_SERVICE, "manual", "");
  service(c, "open", "'type':'NodePort','ports':[{'port':80,'nodePort':30000}]");
  expect(c, OB_KIND_SERVICE, "open", "S03");
  slice(c, "manual", "{'addresses':['10.1.1.1'],'conditions':{'ready':false}}", unnamed);
  expect(c, OB_KIND_SERVICE, "manual", "S03");
  /* Unready on purpose, and published all the same. */
  service(c, "early", "'publishNotReadyAddresses':true,'selector':{'a':'b'},'ports':[{'port':80}]");
  slice(c, "early", "{'addresses':['10.1.1.1'],'conditions':{'ready':false}}", unnamed);
  expect(c, OB_KIND_SERVICE, "early", "");
  ob_cluster_free(c);
}

/* Ports are per slice: one port of two may be dead. */
Test(audit, one_port_of_two) {
  ob_cluster *c = world_new();
  service(c, "s", "'selector':{'a':'b'},'ports':[{'name':'a','port':80},{'name':'b','port':81}]");
  slice(c, "s", up, "[{'name':'a','port':8080,'protocol':'TCP'}]");
  expect_words(c, OB_KIND_SERVICE, "s",
               "S06 spec.ports[1]: port 81: ready endpoints: 1; with this port: none");
  ingress(c, "{'service':{'name':'s','port':{'name':'a'}}}");
  expect(c, OB_KIND_INGRESS, "i", "");
  ingress(c, "{'service':{'name':'s','port':{'name':'b'}}}");
  expect(c, OB_KIND_INGRESS, "i", "I03");
  /* The protocol is part of the port. */
  slice(c, "s", up,
        "[{'name':'a','port':8080,'protocol':'TCP'},{'name':'b','port':1,'protocol':'UDP'}]");
  expect(c, OB_KIND_SERVICE, "s", "S06");
  slice(c, "s", up, "[{'name':'a','port':8080},{'name':'b','port':1}]");
  expect(c, OB_KIND_SERVICE, "s", "");
  /* Ready endpoints, none of which has the named port that the service wants. */
  slice(c, "s", up, "null");
  expect_words(c, OB_KIND_SERVICE, "s",
               "S06 spec.ports: ready endpoints: 1; with a port that the Service asks for: none");
  /* Nobody ready at all: the port is not what is wrong. */
  slice(c, "s", "{'addresses':['10.1.1.1'],'conditions':{'ready':false}}", "null");
  expect(c, OB_KIND_SERVICE, "s", "S03");
  ob_cluster_free(c);
}

/* --- S14 and time
 * ------------------------------------------------------------------------------------ */
static const char pending[] =
    "'type':'LoadBalancer','loadBalancerClass':'x','selector':{'a':'b'},'ports':[{'port':80}]";
static const int64_t created = WORLD_NOW_MS - 60 * MINUTE;

Test(audit, pending_for_five_minutes) {
  ob_cluster *c = world_new();
  service(c, "s", pending);
  slice(c, "s", up, unnamed);
  static const struct {
    int64_t after;
    const char *says;
  } times[] = {
      {-MINUTE, ""}, {0, ""}, {5 * MINUTE - 1, ""}, {5 * MINUTE, "S14"}, {60 * MINUTE, "S14"}};
  for (size_t i = 0; i < OB_LEN(times); i++) {
    OB_AUTOFREE char *got = findings(c, OB_KIND_SERVICE, "s", created + times[i].after, false);
    cr_expect_str_eq(got, times[i].says, "after %lld ms", (long long)times[i].after);
  }
  expect_words(c, OB_KIND_SERVICE, "s",
               "S14 status.loadBalancer.ingress: no address for 60m; nothing is seen to "
               "serve class x");
  /* Another of the class has an address: somebody serves it. */
  world_put(c, OB_KIND_SERVICE, "n", "t",
            "'spec':{'type':'LoadBalancer','loadBalancerClass':'x','ports':[{'port':1}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}");
  expect_words(c, OB_KIND_SERVICE, "s",
               "S14 status.loadBalancer.ingress: no address for 60m; other Services of its "
               "class have one");
  service(c, "s", "'type':'LoadBalancer','selector':{'a':'b'},'ports':[{'port':80}]");
  expect_words(c, OB_KIND_SERVICE, "s",
               "S14 status.loadBalancer.ingress: no address for 60m; no load balancer "
               "controller is seen");
  ob_cluster_free(c);
}

Test(audit, ticking_marks_what_became_due) {
  ob_cluster *c = world_new();
  service(c, "s", pending);
  slice(c, "s", up, unnamed);
  cr_expect_eq(ob_cluster_tick(c, created + MINUTE), created + 5 * MINUTE, "when it next matters");
  cr_expect_eq(ob_cluster_problems(c), 0);
  ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .filter = "severity:high"}, created + MINUTE, NULL);
  cr_expect_eq(ob_list_len(l), 0);
  ob_cluster_settle(c);

  ob_cluster_tick(c, created + 5 * MINUTE - 1);
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 0);
  cr_expect_not(ob_list_refresh(l, created + 5 * MINUTE - 1));

  cr_expect_eq(ob_cluster_tick(c, created + 5 * MINUTE), INT64_MAX, "never again");
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 1);
  cr_expect_eq(ob_cluster_problems(c), 1);
  cr_expect(ob_list_refresh(l, created + 5 * MINUTE));
  cr_expect_eq(ob_list_len(l), 1);
  ob_cluster_settle(c);
  ob_cluster_tick(c, created + 6 * MINUTE);
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 0, "once");

  /* It gets its address. */
  world_put(c, OB_KIND_SERVICE, "n", "s",
            "'spec':{'type':'LoadBalancer','loadBalancerClass':'x','selector':{'a':'b'},'ports':[{'"
            "port':80}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}");
  ob_cluster_tick(c, created + 6 * MINUTE);
  cr_expect_eq(ob_cluster_problems(c), 0);
  cr_expect(ob_list_refresh(l, created + 6 * MINUTE));
  cr_expect_eq(ob_list_len(l), 0);
  ob_list_free(l);
  ob_cluster_free(c);
}

/* Why it waits reads otherwise once somebody serves the class: its rows are marked. */
Test(audit, a_served_class_marks_those_that_wait) {
  ob_cluster *c = world_new();
  service(c, "s", pending);
  ob_cluster_tick(c, WORLD_NOW_MS);
  ob_cluster_settle(c);
  world_put(c, OB_KIND_SERVICE, "n", "t",
            "'spec':{'type':'LoadBalancer','loadBalancerClass':'x','ports':[{'port':1}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}}");
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 2);
  ob_cluster_settle(c);
  ob_object *t = world_make(OB_KIND_SERVICE, "n", "t", NULL, "");
  ob_cluster_delete(c, OB_KIND_SERVICE, t->uid);
  ob_object_free(t);
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 2);
  ob_cluster_free(c);
}

Test(audit, problems_are_counted_as_events_arrive) {
  ob_cluster *c = world_new();
  service(c, "s", selected);
  ingress(c, "{'service':{'name':'s','port':{'number':80}}}");
  ob_cluster_tick(c, WORLD_NOW_MS);
  cr_expect_eq(ob_cluster_problems(c), 2, "the service, and the Ingress that leads to it");
  ob_cluster_settle(c);
  slice(c, "s", up, unnamed);
  ob_cluster_tick(c, WORLD_NOW_MS);
  cr_expect_eq(ob_cluster_problems(c), 0);
  ob_cluster_settle(c);
  ob_cluster_clear(c, OB_KIND_SERVICE);
  ob_cluster_tick(c, WORLD_NOW_MS);
  cr_expect_eq(ob_cluster_problems(c), 1, "the backend is gone");
  ob_cluster_settle(c);
  world_phase(c, OB_KIND_SERVICE, OB_FORBIDDEN);
  ob_cluster_tick(c, WORLD_NOW_MS);
  cr_expect_eq(ob_cluster_problems(c), 0, "no accusation without knowledge");
  ob_cluster_free(c);
}

/* --- I04 --------------------------------------------------------------------------------- */
static void claim(ob_cluster *c, const char *ns, const char *name, const char *rule,
                  const char *annotations) {
  OB_AUTOFREE char *text = ob_asprintf(
      "{'metadata':{'name':'%s','namespace':'%s','uid':'u-%s-%s','annotations':{%s}},'spec':{"
      "'rules':[{'host':'h','http':{'paths':[{%s,'backend':{'resource':{'kind':'a','name':'b'}}"
      "}]}}]}}",
      name, ns, ns, name, annotations, rule);
  ob_cluster_put(c, world_object(OB_KIND_INGRESS, text));
  ob_cluster_tick(c, WORLD_NOW_MS);
  ob_cluster_settle(c);
}

Test(audit, two_ingresses_claim_one_host_and_path) {
  ob_cluster *c = world_new();
  const char *rule = "'path':'/','pathType':'Prefix'";
  claim(c, "n", "first", rule, "");
  cr_expect_eq(ob_cluster_problems(c), 0);
  /* The one that was there before hears of it. */
  claim(c, "other", "second", rule, "");
  cr_expect_eq(ob_cluster_problems(c), 2);
  cr_expect_eq(ob_cluster_problems_in(c, "other"), 1);
  cr_expect_eq(ob_cluster_problems_in(c, ""), 2);
  expect_words(c, OB_KIND_INGRESS, "first",
               "I04 spec.rules[0].http.paths[0]: ingress other/second has the same host, path and "
               "class");
  /* Another path, another type of path: another rule. */
  claim(c, "other", "second", "'path':'/','pathType':'Exact'", "");
  cr_expect_eq(ob_cluster_problems(c), 0);
  expect(c, OB_KIND_INGRESS, "first", "");
  claim(c, "other", "second", rule, "");
  cr_expect_eq(ob_cluster_problems(c), 2);
  /* A canary is meant to stand beside it; another class's controller does not see it. */
  claim(c, "other", "second", rule, "'nginx.ingress.kubernetes.io/canary':'true'");
  cr_expect_eq(ob_cluster_problems(c), 0);
  claim(c, "other", "second", rule, "'kubernetes.io/ingress.class':'elsewhere'");
  cr_expect_eq(ob_cluster_problems(c), 0);
  claim(c, "other", "second", rule, "");
  cr_expect_eq(ob_cluster_problems(c), 2);
  ob_cluster_delete(c, OB_KIND_INGRESS, ob_uid_of("u-other-second"));
  ob_cluster_tick(c, WORLD_NOW_MS);
  cr_expect_eq(ob_cluster_problems(c), 0, "the one that is left hears of that too");
  cr_expect_eq(ob_cluster_problems_in(c, "other"), 0);
  ob_cluster_free(c);
}

Test(audit, the_table_is_whole) {
  for (size_t i = 0; i < ob_audit_nrules; i++) {
    const ob_audit_rule *r = &ob_audit_rules[i];
    cr_expect(*r->id && *r->title && *r->why && *r->fix, "%zu", i);
    for (size_t k = 0; k < i; k++) cr_expect_str_neq(r->id, ob_audit_rules[k].id);
  }
}
