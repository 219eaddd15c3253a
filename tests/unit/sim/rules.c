/* Rules that need no server: names, known fields, strategic patches, faults' names. */
#include "bench.h"

Test(rules, names) {
  static const struct {
    const char *s;
    bool label, label_1035, subdomain, port;
  } rows[] = {
      {"web", true, true, true, true},
      {"1web", true, false, true, true},
      {"123", true, false, true, false},
      {"web-", false, false, false, false},
      {"Web", false, false, false, false},
      {"a.b", false, false, true, false},
      {"a..b", false, false, false, false},
      {"", false, false, false, false},
      {"a--b", true, true, true, false},
      {"sixteen-letters-", false, false, false, false},
      {"fifteen-letters", true, true, true, true},
      {"seventeen-letters", true, true, true, false},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    cr_expect_eq(sim_is_label(rows[i].s), rows[i].label, "label %s", rows[i].s);
    cr_expect_eq(sim_is_label_1035(rows[i].s), rows[i].label_1035, "1035 %s", rows[i].s);
    cr_expect_eq(sim_is_subdomain(rows[i].s), rows[i].subdomain, "subdomain %s", rows[i].s);
    cr_expect_eq(sim_is_port_name(rows[i].s), rows[i].port, "port %s", rows[i].s);
  }
  cr_expect(sim_is_wildcard("*.a.b") && !sim_is_wildcard("*") && !sim_is_wildcard("a.*.b"));
  cr_expect(sim_is_cidr("10.0.0.0/8") && sim_is_cidr("::/0") && !sim_is_cidr("10.0.0.0") &&
            !sim_is_cidr("10.0.0.0/33") && !sim_is_cidr("x/8"));
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
      {SIM_SERVICE, "{'spec':{'x':null}}", ""},
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
      {"{'ports':[{'port':80}]}", "{'ports':[{'port':81}]}", "{'ports':[{'port':80},{'port':81}]}"},
      {"{'ports':[{'port':80},{'port':81}]}", "{'ports':[{'port':80,'$patch':'delete'}]}",
       "{'ports':[{'port':81}]}"},
      {"{'ports':[{'port':80}]}", "{'ports':[{'port':9},{'$patch':'replace'}]}",
       "{'ports':[{'port':9}]}"},
      {"{'ports':[{'port':80}]}", "{'ports':[{'name':'x'}]}", NULL},
      {"{'externalIPs':['a','b']}", "{'externalIPs':['c']}", "{'externalIPs':['c']}"},
      {"{'finalizers':['a']}", "{'finalizers':['b','a']}", "{'finalizers':['a','b']}"},
      {"{'finalizers':['a','b']}", "{'$deleteFromPrimitiveList/finalizers':['a']}",
       "{'finalizers':['b']}"},
      {"{'ports':[{'port':1},{'port':2},{'port':3}]}",
       "{'$setElementOrder/ports':[{'port':3},{'port':1}]}",
       "{'ports':[{'port':3},{'port':1},{'port':2}]}"},
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
