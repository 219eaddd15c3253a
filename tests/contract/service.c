/* Services: defaults, allocation, every conversion between types, every rejection. */
#include "client.h"

#define P1 "'ports':[{'port':80}]"

/* How each type begins; a conversion names two of them. */
typedef enum kind { CLUSTER, NODE, BALANCER, HEADLESS, EXTERNAL, KINDS } kind;
static const struct {
  const char *name, *spec;
} kinds[KINDS] = {
    [CLUSTER] = {"cluster", P1},
    [NODE] = {"node", "'type':'NodePort'," P1},
    [BALANCER] = {"balancer", "'type':'LoadBalancer'," P1},
    [HEADLESS] = {"headless", "'clusterIP':'None'," P1},
    [EXTERNAL] = {"external", "'type':'ExternalName','externalName':'h.example'"},
};

Test(service, defaults) {
  static const struct {
    kind of;
    const char *at, *is;
  } rows[] = {
      {CLUSTER, "/spec/type", "ClusterIP"},
      {CLUSTER, "/spec/sessionAffinity", "None"},
      {CLUSTER, "/spec/internalTrafficPolicy", "Cluster"},
      {CLUSTER, "/spec/externalTrafficPolicy", ""},
      {CLUSTER, "/spec/ports/0/protocol", "TCP"},
      {CLUSTER, "/spec/ports/0/targetPort", "80"},
      {CLUSTER, "/spec/ports/0/nodePort", ""},
      {CLUSTER, "/spec/ipFamilyPolicy", "SingleStack"},
      {CLUSTER, "/spec/ipFamilies/0", "IPv4"},
      {NODE, "/spec/externalTrafficPolicy", "Cluster"},
      {BALANCER, "/spec/allocateLoadBalancerNodePorts", "true"},
      {BALANCER, "/spec/externalTrafficPolicy", "Cluster"},
      {HEADLESS, "/spec/clusterIPs/0", "None"},
      {EXTERNAL, "/spec/clusterIP", ""},
      {EXTERNAL, "/spec/internalTrafficPolicy", ""},
      {EXTERNAL, "/spec/sessionAffinity", "None"},
  };
  ct *c = ct_open(NULL);
  for (size_t k = 0; k < KINDS; k++) ct_service(c, kinds[k].name, kinds[k].spec);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", kinds[rows[i].of].name);
    ct_get(c, path);
    cr_expect_str_eq(ct_at(c, rows[i].at), rows[i].is, "%s %s is %s", kinds[rows[i].of].name,
                     rows[i].at, ct_at(c, rows[i].at));
  }
  ct_get(c, CT_SVC "/node");
  int64_t port;
  cr_expect(ob_parse_int(ct_at(c, "/spec/ports/0/nodePort"), 30000, 32767, &port));
  ct_service(c, "sticky", "'sessionAffinity':'ClientIP'," P1);
  cr_expect_str_eq(ct_at(c, "/spec/sessionAffinityConfig/clientIP/timeoutSeconds"), "10800");
  ct_service(c, "local", "'type':'LoadBalancer','externalTrafficPolicy':'Local'," P1);
  cr_expect(ob_parse_int(ct_at(c, "/spec/healthCheckNodePort"), 30000, 32767, &port));
  ct_close(c);
}

Test(service, allocation) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", "'type':'NodePort','ports':[{'port':80,'nodePort':30055}]");
  OB_AUTOFREE char *ip = ob_strdup(ct_at(c, "/spec/clusterIP"));
  OB_AUTOFREE char *same_ip =
      ob_asprintf("{'metadata':{'name':'b'},'spec':{'clusterIP':'%s'," P1 "}}", ip);
  cr_expect_eq(ct_post(c, CT_SVC, same_ip), 422);
  cr_expect(ct_refused(c, "Invalid", "spec.clusterIPs", NULL));
  cr_expect_eq(ct_post(c, CT_SVC,
                       "{'metadata':{'name':'b'},'spec':{'type':'NodePort','ports':[{'port':80,'"
                       "nodePort':30055}]}}"),
               422);
  cr_expect(ct_refused(c, "Invalid", "spec.ports[0].nodePort", NULL));
  cr_expect_eq(ct_post(c, CT_SVC,
                       "{'metadata':{'name':'b'},'spec':{'type':'NodePort','ports':[{'port':80,'"
                       "nodePort':80}]}}"),
               422);
  cr_expect_not_null(strstr(c->text, "The range of valid ports is 30000-32767"));
  ct_call(c, "DELETE", NULL, CT_SVC "/a", NULL);
  cr_expect_eq(ct_post(c, CT_SVC, same_ip), 201, "a deletion gives the address back: %s", c->text);
  ct_service(c, "d", "'type':'NodePort','ports':[{'port':80,'nodePort':30055}]");
  ct_merge(c, CT_SVC "/d", "{'spec':{'type':'ClusterIP'}}");
  ct_service(c, "e", "'type':'NodePort','ports':[{'port':80,'nodePort':30055}]");
  ct_merge(c, CT_SVC "/e", "{'spec':{'ports':[{'port':80,'nodePort':30056}]}}");
  ct_service(c, "f", "'type':'NodePort','ports':[{'port':80,'nodePort':30055}]");
  ct_service(
      c, "two",
      "'type':'NodePort','ports':[{'name':'t','port':53},{'name':'u','port':53,'protocol':'UDP'}]");
  OB_AUTOFREE char *first = ob_strdup(ct_at(c, "/spec/ports/0/nodePort"));
  cr_expect_str_eq(ct_at(c, "/spec/ports/1/nodePort"), first, "one node port for both protocols");
  ct_service(c, "off", "'type':'LoadBalancer','allocateLoadBalancerNodePorts':false," P1);
  cr_expect_str_eq(ct_at(c, "/spec/ports/0/nodePort"), "");
  ct_close(c);
}

Test(service, omitted_node_ports_come_back_by_name) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", "'type':'NodePort','ports':[{'name':'x','port':80},{'name':'y','port':81}]");
  OB_AUTOFREE char *x = ob_strdup(ct_at(c, "/spec/ports/0/nodePort"));
  OB_AUTOFREE char *y = ob_strdup(ct_at(c, "/spec/ports/1/nodePort"));
  ct_merge(c, CT_SVC "/a", "{'spec':{'ports':[{'name':'y','port':91},{'name':'x','port':90}]}}");
  cr_expect_str_eq(ct_at(c, "/spec/ports/0/nodePort"), y);
  cr_expect_str_eq(ct_at(c, "/spec/ports/1/nodePort"), x);
  ct_close(c);
}

/* Every pair of the conversion table: one patch, what it answers, what the result looks like. */
Test(service, conversions) {
  static const struct {
    kind from;
    const char *patch;
    long code;
    const char *field;     /* of the cause, when refused */
    const char *at1, *is1; /* of the result; "*": anything but absent */
    const char *at2, *is2;
  } rows[] = {
      {CLUSTER, "'type':'NodePort'", 200, NULL, "/spec/ports/0/nodePort", "*",
       "/spec/externalTrafficPolicy", "Cluster"},
      {NODE, "'type':'ClusterIP'", 200, NULL, "/spec/ports/0/nodePort", "",
       "/spec/externalTrafficPolicy", ""},
      {CLUSTER, "'type':'LoadBalancer','loadBalancerClass':'x.example/y'", 200, NULL,
       "/spec/loadBalancerClass", "x.example/y", "/spec/ports/0/nodePort", "*"},
      {NODE, "'type':'LoadBalancer'", 200, NULL, "/spec/allocateLoadBalancerNodePorts", "true",
       "/spec/ports/0/nodePort", "*"},
      {BALANCER, "'type':'ClusterIP'", 200, NULL, "/spec/allocateLoadBalancerNodePorts", "",
       "/spec/ports/0/nodePort", ""},
      {BALANCER, "'type':'NodePort'", 200, NULL, "/spec/allocateLoadBalancerNodePorts", "",
       "/spec/ports/0/nodePort", "*"},
      {CLUSTER, "'type':'ExternalName','externalName':'h.example'", 200, NULL, "/spec/clusterIP",
       "", "/spec/ipFamilies/0", ""},
      {NODE, "'type':'ExternalName','externalName':'h.example'", 200, NULL,
       "/spec/ports/0/nodePort", "", "/spec/externalTrafficPolicy", ""},
      {BALANCER, "'type':'ExternalName','externalName':'h.example'", 200, NULL,
       "/spec/allocateLoadBalancerNodePorts", "", "/spec/ipFamilyPolicy", ""},
      {HEADLESS, "'type':'ExternalName','externalName':'h.example'", 200, NULL, "/spec/clusterIP",
       "", "/spec/type", "ExternalName"},
      {EXTERNAL, "'type':'ClusterIP','externalName':null," P1, 200, NULL, "/spec/clusterIP", "*",
       "/spec/externalName", ""},
      {EXTERNAL, "'type':'NodePort','externalName':null," P1, 200, NULL, "/spec/ports/0/nodePort",
       "*", "/spec/clusterIP", "*"},
      {EXTERNAL, "'type':'LoadBalancer','externalName':null," P1, 200, NULL,
       "/spec/ports/0/nodePort", "*", "/spec/allocateLoadBalancerNodePorts", "true"},
      {EXTERNAL, "'type':'ClusterIP','externalName':null", 422, "spec.ports", NULL, NULL, NULL,
       NULL},
      {EXTERNAL, "'type':'ClusterIP','clusterIP':'None','externalName':null", 200, NULL,
       "/spec/clusterIPs/0", "None", "/spec/ipFamilies/1", "IPv6"},
      {CLUSTER, "'clusterIP':'None'", 422, "spec.clusterIPs[0]", NULL, NULL, NULL, NULL},
      {NODE, "'type':'ClusterIP','clusterIP':'None'", 422, "spec.clusterIPs[0]", NULL, NULL, NULL,
       NULL},
      {BALANCER, "'type':'ClusterIP','clusterIP':'None'", 422, "spec.clusterIPs[0]", NULL, NULL,
       NULL, NULL},
      {HEADLESS, "'clusterIP':null", 200, NULL, "/spec/clusterIP", "None", NULL, NULL},
      {HEADLESS, "'type':'NodePort'", 422, "spec.clusterIPs[0]", NULL, NULL, NULL, NULL},
      {HEADLESS, "'type':'LoadBalancer'", 422, "spec.clusterIPs[0]", NULL, NULL, NULL, NULL},
      {CLUSTER, "'type':'ExternalName'", 422, "spec.externalName", NULL, NULL, NULL, NULL},
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *name = ob_asprintf("%s-%zu", kinds[rows[i].from].name, i);
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", name);
    OB_AUTOFREE char *patch = ob_asprintf("{'spec':{%s}}", rows[i].patch);
    ct_service(c, name, kinds[rows[i].from].spec);
    OB_AUTOFREE char *uid = ob_strdup(ct_at(c, "/metadata/uid"));
    ct_merge(c, path, patch);
    cr_expect_eq(c->code, rows[i].code, "%s + %s: %ld %s", name, patch, c->code, c->text);
    if (rows[i].code != 200) {
      cr_expect(ct_refused(c, "Invalid", rows[i].field, NULL), "%s + %s: %s", name, patch, c->text);
      continue;
    }
    cr_expect_str_eq(ct_at(c, "/metadata/uid"), uid);
    const char *const checks[][2] = {{rows[i].at1, rows[i].is1}, {rows[i].at2, rows[i].is2}};
    for (size_t k = 0; k < 2 && checks[k][0]; k++) {
      const char *is = ct_at(c, checks[k][0]);
      bool ok = ob_streq(checks[k][1], "*") ? *is != '\0' : ob_streq(is, checks[k][1]);
      cr_expect(ok, "%s + %s: %s is \"%s\"", name, patch, checks[k][0], is);
    }
  }
  ct_close(c);
}

Test(service, leaving_a_load_balancer) {
  ct *c = ct_open(NULL);
  ct_service(
      c, "a",
      "'type':'LoadBalancer','externalTrafficPolicy':'Local','loadBalancerClass':'x.example/y',"
      "'loadBalancerSourceRanges':['10.0.0.0/8']," P1);
  ct_merge(c, CT_SVC "/a/status", "{'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.9'}]}}}");
  ct_merge(c, CT_SVC "/a", "{'spec':{'type':'ClusterIP'}}");
  cr_expect_eq(c->code, 422, "the server does not clear source ranges");
  cr_expect(ct_refused(c, "Invalid", "spec.LoadBalancerSourceRanges", "FieldValueForbidden"));
  ct_merge(c, CT_SVC "/a", "{'spec':{'type':'ClusterIP','loadBalancerSourceRanges':null}}");
  cr_assert_eq(c->code, 200, "%s", c->text);
  static const char *const cleared[] = {
      "/spec/healthCheckNodePort",           "/spec/loadBalancerClass",
      "/spec/allocateLoadBalancerNodePorts", "/spec/ports/0/nodePort",
      "/spec/externalTrafficPolicy",         "/status/loadBalancer/ingress/0/ip"};
  for (size_t i = 0; i < OB_LEN(cleared); i++)
    cr_expect_str_eq(ct_at(c, cleared[i]), "", "%s", cleared[i]);
  ct_close(c);
}

Test(service, two_hops_to_headless) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", "'type':'NodePort','selector':{'app':'a'}," P1);
  OB_AUTOFREE char *uid = ob_strdup(ct_at(c, "/metadata/uid"));
  cr_expect_eq(ct_merge(c, CT_SVC "/a",
                        "{'spec':{'type':'ExternalName','externalName':'placeholder.invalid'}}"),
               200);
  cr_expect_eq(ct_merge(c, CT_SVC "/a",
                        "{'spec':{'type':'ClusterIP','clusterIP':'None','externalName':null}}"),
               200);
  cr_expect_str_eq(ct_at(c, "/spec/clusterIP"), "None");
  cr_expect_str_eq(ct_at(c, "/spec/selector/app"), "a");
  cr_expect_str_eq(ct_at(c, "/metadata/uid"), uid);
  ct_close(c);
}

Test(service, rejections) {
  static const struct {
    const char *spec, *field, *cause;
  } rows[] = {
      {"'selector':{'a':'b'}", "spec.ports", "FieldValueRequired"},
      {"'type':'Other'," P1, "spec.type", "FieldValueNotSupported"},
      {"'type':'ExternalName'", "spec.externalName", "FieldValueRequired"},
      {"'type':'ExternalName','externalName':'no_host'", "spec.externalName", "FieldValueInvalid"},
      {"'ports':[{'port':80},{'port':81}]", "spec.ports[0].name", "FieldValueRequired"},
      {"'ports':[{'name':'a','port':80},{'name':'a','port':81}]", "spec.ports[1].name",
       "FieldValueDuplicate"},
      {"'ports':[{'name':'a','port':80},{'name':'b','port':80}]", "spec.ports[1]",
       "FieldValueDuplicate"},
      {"'ports':[{'name':'A','port':80}]", "spec.ports[0].name", "FieldValueInvalid"},
      {"'ports':[{'port':0}]", "spec.ports[0].port", "FieldValueInvalid"},
      {"'ports':[{'port':65536}]", "spec.ports[0].port", "FieldValueInvalid"},
      {"'ports':[{'port':80,'protocol':'ICMP'}]", "spec.ports[0].protocol",
       "FieldValueNotSupported"},
      {"'ports':[{'port':80,'targetPort':'Not A Name'}]", "spec.ports[0].targetPort",
       "FieldValueInvalid"},
      {"'ports':[{'port':80,'targetPort':70000}]", "spec.ports[0].targetPort", "FieldValueInvalid"},
      {"'ports':[{'port':80,'nodePort':30001}]", "spec.ports[0].nodePort", "FieldValueForbidden"},
      {"'type':'NodePort','ports':[{'port':80,'nodePort':29999}]", "spec.ports[0].nodePort",
       "FieldValueInvalid"},
      {"'type':'NodePort','clusterIP':'None'," P1, "spec.clusterIPs[0]", "FieldValueInvalid"},
      {"'type':'LoadBalancer','clusterIP':'None'," P1, "spec.clusterIPs[0]", "FieldValueInvalid"},
      {"'clusterIP':'nonsense'," P1, "spec.clusterIPs[0]", "FieldValueInvalid"},
      {"'loadBalancerSourceRanges':['10.0.0.0/8']," P1, "spec.LoadBalancerSourceRanges",
       "FieldValueForbidden"},
      {"'type':'LoadBalancer','loadBalancerSourceRanges':['10.0.0.0/40']," P1,
       "spec.LoadBalancerSourceRanges[0]", "FieldValueInvalid"},
      {"'loadBalancerClass':'x.example/y'," P1, "spec.loadBalancerClass", "FieldValueForbidden"},
      {"'allocateLoadBalancerNodePorts':true," P1, "spec.allocateLoadBalancerNodePorts",
       "FieldValueForbidden"},
      {"'externalTrafficPolicy':'Local'," P1, "spec.externalTrafficPolicy", "FieldValueInvalid"},
      {"'type':'NodePort','externalTrafficPolicy':'Near'," P1, "spec.externalTrafficPolicy",
       "FieldValueNotSupported"},
      {"'internalTrafficPolicy':'Near'," P1, "spec.internalTrafficPolicy",
       "FieldValueNotSupported"},
      {"'sessionAffinity':'Cookie'," P1, "spec.sessionAffinity", "FieldValueNotSupported"},
      {"'type':'NodePort','healthCheckNodePort':30001," P1, "spec.healthCheckNodePort",
       "FieldValueInvalid"},
      {"'externalIPs':['x']," P1, "spec.externalIPs[0]", "FieldValueInvalid"},
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'r'},'spec':{%s}}", rows[i].spec);
    cr_expect_eq(ct_post(c, CT_SVC, body), 422, "%s: %ld %s", body, c->code, c->text);
    cr_expect(ct_refused(c, "Invalid", rows[i].field, rows[i].cause), "%s: %s", body, c->text);
  }
  ct_close(c);
}

Test(service, what_may_not_change) {
  static const struct {
    const char *spec, *patch, *field;
  } rows[] = {
      {P1, "'clusterIP':'10.96.255.254'", "spec.clusterIPs[0]"},
      {"'type':'LoadBalancer','loadBalancerClass':'a.example/b'," P1,
       "'loadBalancerClass':'a.example/c'", "spec.loadBalancerClass"},
      {"'type':'LoadBalancer'," P1, "'loadBalancerClass':'a.example/c'", "spec.loadBalancerClass"},
      {"'type':'LoadBalancer','externalTrafficPolicy':'Local'," P1, "'healthCheckNodePort':30099",
       "spec.healthCheckNodePort"},
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i), *path = ob_asprintf(CT_SVC "/s%zu", i);
    OB_AUTOFREE char *patch = ob_asprintf("{'spec':{%s}}", rows[i].patch);
    ct_service(c, name, rows[i].spec);
    cr_expect_eq(ct_merge(c, path, patch), 422, "%s: %ld %s", patch, c->code, c->text);
    cr_expect(ct_refused(c, "Invalid", rows[i].field, NULL), "%s: %s", patch, c->text);
  }
  ct_close(c);
}

Test(service, load_balancers_get_addresses) {
  ct *c = ct_open(&(ob_sim_opts){.empty = true, .controller_ms = 100});
  if (ct_needs_sim(c)) cr_skip_test("needs a controller");
  ct_service(c, "a", "'type':'LoadBalancer'," P1);
  cr_expect_str_eq(ct_at(c, "/status/loadBalancer/ingress/0/ip"), "");
  ct_stream *s = ct_watch(c, CT_SVC "?watch=1&timeoutSeconds=9&fieldSelector=metadata.name=a");
  bool got = false;
  for (ob_json *e; !got && (e = ct_next(s, 3000)) != NULL; ob_json_free(e))
    got = *ct_text(e, "/object/status/loadBalancer/ingress/0/ip") != '\0';
  cr_expect(got);
  ct_unwatch(s);
  ct_close(c);
}
