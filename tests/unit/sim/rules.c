/* Rules that need no server: names, known fields, strategic patches, faults' names. */
#include "bench.h"

/* How many rules a text breaks. */
static size_t broken(sim_check_fn *check, const char *text) {
  OB_AUTO(sim_causes) c = {0};
  OB_AUTOPTR(ob_json) value = ob_json_new_str(text);
  check(&c, "f", value);
  return ob_json_len(c.list);
}

Test(rules, names) {
  static const struct {
    const char *s;
    size_t label, subdomain, port, qualified;
  } rows[] = {
      {"web", 0, 0, 0, 0},
      {"123", 0, 0, 1, 0},
      {"web-", 1, 1, 1, 1},
      {"Web", 1, 1, 1, 0},
      {"a.b", 1, 0, 1, 0},
      {"a..b", 1, 1, 1, 0},
      {"a_b", 1, 1, 1, 0},
      {"", 1, 1, 2, 2},
      {"a--b", 0, 0, 1, 0},
      {"-", 1, 1, 2, 1},
      {"fifteen-letters", 0, 0, 0, 0},
      {"sixteen-letters-", 1, 1, 2, 1},
      {"seventeen-letters", 0, 0, 1, 0},
      {"a.b/c", 1, 1, 1, 0},
      {"/c", 1, 1, 1, 1},
      {"a/b/c", 1, 1, 1, 1},
      {"A/", 1, 1, 2, 3},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    cr_expect_eq(broken(sim_check_label, rows[i].s), rows[i].label, "label %s", rows[i].s);
    cr_expect_eq(broken(sim_check_subdomain, rows[i].s), rows[i].subdomain, "subdomain %s",
                 rows[i].s);
    cr_expect_eq(broken(sim_check_port_name, rows[i].s), rows[i].port, "port %s", rows[i].s);
    cr_expect_eq(broken(sim_check_qualified, rows[i].s), rows[i].qualified, "qualified %s: %zu",
                 rows[i].s, broken(sim_check_qualified, rows[i].s));
  }
}

Test(rules, addresses) {
  static const struct {
    const char *s;
    bool host, cidr;
  } rows[] = {
      {"*.a.b", true, false},         {"*", false, false},
      {"a.*.b", false, false},        {"10.0.0.0/8", false, true},
      {"::/0", false, true},          {"10.0.0.0", true, false},
      {"10.0.0.0/33", false, false},  {"10.0.0.1/8", false, false},
      {"x/8", false, false},          {"010.0.0.0/8", false, false},
      {"2001:db8::/32", false, true}, {"2001:db8::1/32", false, false},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    cr_expect_eq(broken(sim_check_host, rows[i].s) == 0, rows[i].host, "host %s", rows[i].s);
    cr_expect_eq(broken(sim_check_cidr, rows[i].s) == 0, rows[i].cidr, "cidr %s", rows[i].s);
  }
  OB_AUTO(sim_causes) c = {0};
  OB_AUTOPTR(ob_json) zeros = ob_json_new_str("010.96.0.1");
  cr_expect(sim_is_ip("010.96.0.1", NULL), "old clients read it");
  cr_expect_not(sim_check_ip(&c, "f", zeros), "and it is refused");
}

Test(rules, unknown_fields) {
  static const struct {
    sim_kind kind;
    const char *tree, *unknown;
  } rows[] = {
      {SIM_SERVICE, "{'spec':{'type':'x'}}", ""},
      {SIM_SERVICE, "{'spec':{'tpye':'x'}}", "unknown field \"spec.tpye\""},
      {SIM_SERVICE, "{'spec':{'ports':[{},{'prt':1}]}}", "unknown field \"spec.ports[1].prt\""},
      {SIM_SERVICE, "{'spec':{'selector':{'any':'x'}},'metadata':{'annotations':{'y':'z'}}}", ""},
      {SIM_SERVICE, "{'spec':{'ty':'x'}}", "unknown field \"spec.ty\""},
      {SIM_SERVICE, "{'spec':{'x':null}}", "unknown field \"spec.x\""},
      {SIM_INGRESS, "{'spec':{'rules':[{'http':{'paths':[{'backend':{'serviceName':'x'}}]}}]}}",
       "unknown field \"spec.rules[0].http.paths[0].backend.serviceName\""},
      {SIM_INGRESS,
       "{'spec':{'defaultBackend':{'service':{'port':{'number':1}}},'tls':[{'hosts':['a']}]}}", ""},
      {SIM_SECRET, "{'anything':1}", ""},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) tree = bench_json(rows[i].tree);
    OB_AUTOPTR(ob_json) unknown = sim_unknown_fields(rows[i].kind, tree);
    cr_expect_str_eq(ob_or(ob_json_str(ob_json_first(unknown)), ""), rows[i].unknown, "%s",
                     rows[i].tree);
    OB_AUTOPTR(ob_json) again = sim_unknown_fields(rows[i].kind, tree);
    cr_expect_null(again, "they are dropped");
  }
}

/* As Go's encoder leaves them out, pointers excepted. */
Test(rules, what_is_not_set_goes) {
  OB_AUTOPTR(ob_json)
  tree = bench_json("{'metadata':{'labels':{},'annotations':{'a':null},'generation':0},'spec':{"
                    "'externalName':'','internalTrafficPolicy':'','publishNotReadyAddresses':false,"
                    "'allocateLoadBalancerNodePorts':false,'ports':[{'port':80,'nodePort':0}],"
                    "'sessionAffinityConfig':{},'selector':null}}");
  OB_AUTOPTR(ob_json)
  left = bench_json("{'metadata':{'annotations':{'a':''}},'spec':{'internalTrafficPolicy':'',"
                    "'allocateLoadBalancerNodePorts':false,'ports':[{'port':80}],"
                    "'sessionAffinityConfig':{}}}");
  cr_expect_null(sim_unknown_fields(SIM_SERVICE, tree));
  cr_expect(ob_json_equal(tree, left));
}

Test(rules, wrong_types) {
  static const struct {
    const char *tree;
    bool wrong;
  } rows[] = {{"{'spec':{'type':5}}", true},
              {"{'spec':{'ports':{}}}", true},
              {"{'spec':{'ports':[{'port':'80'}]}}", true},
              {"{'spec':{'ports':[{'port':80.5}]}}", true},
              {"{'spec':{'ports':[{'targetPort':'x'}]}}", false},
              {"{'spec':{'externalIPs':[5]}}", true},
              {"{'spec':{'ports':[{'targetPort':true}]}}", true},
              {"{'spec':{'selector':{'a':1}}}", true},
              {"{'metadata':{'labels':{'a':true}}}", true},
              {"{'spec':{'selector':{'a':null}}}", false},
              {"{'spec':null}", false},
              {"{'spec':{'publishNotReadyAddresses':'yes'}}", true},
              {"{'spec':[]}", true}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) tree = bench_json(rows[i].tree);
    OB_AUTOFREE char *wrong = sim_wrong_type(SIM_SERVICE, tree);
    cr_expect_eq(wrong != NULL, rows[i].wrong, "%s: %s", rows[i].tree, ob_or(wrong, "fits"));
  }
}

Test(rules, strategic_patches) {
  static const struct {
    const char *target, *patch, *result; /* result NULL: refused */
  } rows[] = {
      {"{'a':1,'b':2}", "{'b':null,'c':3}", "{'a':1,'c':3}"},
      {"{'ports':[{'port':80,'name':'x'}]}", "{'ports':[{'port':80,'nodePort':5}]}",
       "{'ports':[{'port':80,'name':'x','nodePort':5}]}"},
      {"{'ports':[{'port':80}]}", "{'ports':[{'port':81}]}", "{'ports':[{'port':81},{'port':80}]}"},
      {"{'ports':[{'port':80},{'port':81}]}", "{'ports':[{'port':80,'$patch':'delete'}]}",
       "{'ports':[{'port':81}]}"},
      {"{'ports':[{'port':80}]}", "{'ports':[{'port':9},{'$patch':'replace'}]}",
       "{'ports':[{'port':9}]}"},
      {"{'ports':[{'port':80}]}", "{'ports':[{'name':'x'}]}", NULL},
      {"{'externalIPs':['a','b']}", "{'externalIPs':['c']}", "{'externalIPs':['c']}"},
      {"{'finalizers':['a']}", "{'finalizers':['b','a']}", "{'finalizers':['b','a']}"},
      {"{'finalizers':['a','b']}", "{'$deleteFromPrimitiveList/finalizers':['a']}",
       "{'finalizers':['b']}"},
      {"{'ports':[{'port':1},{'port':2},{'port':3}]}",
       "{'$setElementOrder/ports':[{'port':3},{'port':1}]}",
       "{'ports':[{'port':2},{'port':3},{'port':1}]}"},
      {"{'s':{'a':1,'b':2}}", "{'s':{'$retainKeys':['b'],'b':3}}", "{'s':{'b':3}}"},
      {"{'s':{'a':1}}", "{'s':{'$patch':'replace','b':2}}", "{'s':{'b':2}}"},
      {"{'s':{'a':1}}", "{'s':{'$patch':'nonsense'}}", NULL},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) target = bench_json(rows[i].target), *patch = bench_json(rows[i].patch);
    ob_err err;
    int rc = sim_strategic_patch(SIM_SERVICE, target, patch, &err);
    cr_expect_eq(rc == 0, rows[i].result != NULL, "%s", rows[i].patch);
    if (!rows[i].result) continue;
    OB_AUTOPTR(ob_json) want = bench_json(rows[i].result);
    OB_AUTO(ob_buf) got = OB_BUF_INIT(OB_LINE_MAX);
    ob_json_print(&got, target);
    cr_expect(ob_json_equal(target, want), "%s: %s", rows[i].patch, ob_buf_str(&got));
  }
}

Test(rules, forms) {
  static const struct {
    const char *accept;
    sim_form form;
  } rows[] = {
      {"", SIM_PLAIN},
      {"*/*", SIM_PLAIN},
      {"application/json", SIM_PLAIN},
      {"application/vnd.kubernetes.protobuf,application/json", SIM_PLAIN},
      {"application/vnd.kubernetes.protobuf", SIM_NO_FORM},
      {"application/json;as=Table;v=v1;g=meta.k8s.io, application/json", SIM_TABLE},
      {"application/json;as=Table;v=v1beta1;g=meta.k8s.io", SIM_NO_FORM},
      {"application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", SIM_NO_FORM},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++)
    cr_expect_eq(sim_form_of(rows[i].accept), rows[i].form, "%s", rows[i].accept);
}
