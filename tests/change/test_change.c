/* What can be changed, by a session and read back by another client. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"

#define PORTS "'ports':[{'name':'http','port':80,'targetPort':8080}],'selector':{'app':'a'}"

static const struct {
  ob_service_type type;
  const char *spec;
} kinds[] = {
    {OB_CLUSTER_IP, PORTS},
    {OB_HEADLESS, "'clusterIP':'None'," PORTS},
    {OB_NODE_PORT, "'type':'NodePort'," PORTS},
    {OB_LOAD_BALANCER, "'type':'LoadBalancer','externalTrafficPolicy':'Local','loadBalancerClass':'"
                       "x.example/y','loadBalancerSourceRanges':['10.0.0.0/8']," PORTS},
    {OB_EXTERNAL_NAME, "'type':'ExternalName','externalName':'h.example'," PORTS},
};

static ob_plan *conversion(rig *r, const ob_json *service, const ob_convert *to) {
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r->session), service, to, &err), 0, "%s",
               err.msg);
  return p;
}

/* The type, and the fields that must survive or be cleared. */
static void expect_type(rig *r, const char *name, ob_service_type t, const char *what) {
  OB_AUTOPTR(ob_json) j = rig_look(r, OB_KIND_SERVICE, name);
  const char *ip = ct_text(j, "/spec/clusterIP"), *type = ct_text(j, "/spec/type");
  bool external = t == OB_NODE_PORT || t == OB_LOAD_BALANCER;
  cr_expect_str_eq(type, t == OB_HEADLESS ? "ClusterIP" : ob_service_type_title(t), "%s", what);
  cr_expect_eq(strcmp(ip, "None") == 0, t == OB_HEADLESS, "%s: %s", what, ip);
  cr_expect_eq(*ip == '\0', t == OB_EXTERNAL_NAME, "%s: %s", what, ip);
  cr_expect_eq(*ct_text(j, "/spec/ports/0/nodePort") != '\0', external, "%s", what);
  cr_expect_eq(*ct_text(j, "/spec/externalTrafficPolicy") != '\0', external, "%s", what);
  cr_expect_eq(*ct_text(j, "/spec/externalName") != '\0', t == OB_EXTERNAL_NAME, "%s", what);
  cr_expect_eq(*ct_text(j, "/spec/loadBalancerSourceRanges/0") != '\0',
               t == OB_LOAD_BALANCER && strstr(what, "LoadBalancer ->") == what, "%s", what);
  static const struct {
    const char *path;
    bool named, balancer; /* an ExternalName has none; only a LoadBalancer may */
  } cleared[] = {
      {"/spec/clusterIPs/0", true, false},
      {"/spec/ipFamilies/0", true, false},
      {"/spec/ipFamilyPolicy", true, false},
      {"/spec/internalTrafficPolicy", true, false},
      {"/spec/loadBalancerClass", false, true},
      {"/spec/healthCheckNodePort", false, true},
      {"/spec/loadBalancerIP", false, true},
      {"/spec/allocateLoadBalancerNodePorts", false, true},
      {"/status/loadBalancer/ingress/0", false, true},
  };
  for (size_t i = 0; i < OB_LEN(cleared); i++) {
    bool there = *ct_text(j, cleared[i].path) != '\0';
    if (cleared[i].named)
      cr_expect_eq(there, t != OB_EXTERNAL_NAME, "%s: %s", what, cleared[i].path);
    else
      cr_expect(t == OB_LOAD_BALANCER || !there, "%s: %s is left", what, cleared[i].path);
  }
  cr_expect_str_eq(ct_text(j, "/metadata/labels/kept"), "yes", "%s", what);
  cr_expect_str_eq(ct_text(j, "/metadata/annotations/kept"), "too", "%s", what);
  cr_expect_str_eq(ct_text(j, "/spec/sessionAffinity"), "ClientIP", "%s", what);
  cr_expect_str_eq(ct_text(j, "/spec/selector/app"), "a", "%s", what);
  cr_expect_str_eq(ct_text(j, "/spec/ports/0/targetPort"), "8080", "%s", what);
}

Test(change, every_pair_of_conversions_there_and_back, .timeout = 240) {
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < OB_LEN(kinds); i++)
    for (size_t k = 0; k < OB_LEN(kinds); k++) {
      if (i == k) continue;
      OB_AUTOFREE char *name = ob_asprintf("s%zu-%zu", i, k);
      OB_AUTOFREE char *what = ob_asprintf("%s -> %s", ob_service_type_title(kinds[i].type),
                                           ob_service_type_title(kinds[k].type));
      ct_service(r.server, name, kinds[i].spec);
      OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", name);
      ct_merge(r.server, path,
               "{'metadata':{'labels':{'kept':'yes'},'annotations':{'kept':'too'}},"
               "'spec':{'sessionAffinity':'ClientIP'}}");
      cr_assert_eq(r.server->code, 200, "%s", r.server->text);
      OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, name);
      bool outside = kinds[k].type == OB_EXTERNAL_NAME;
      ob_plan *p = conversion(
          &r, before,
          &(ob_convert){.to = kinds[k].type, .external_name = outside ? "e.example" : NULL});
      ob_apply_report *dry = rig_dry(&r, p);
      cr_expect_eq(dry->phase, OB_APPLY_READY, "%s: %s", what, dry->err.msg);
      ob_apply_report_free(dry);
      OB_AUTOPTR(ob_json) untouched = rig_look(&r, OB_KIND_SERVICE, name);
      cr_expect_str_eq(ct_text(untouched, "/metadata/resourceVersion"),
                       ct_text(before, "/metadata/resourceVersion"), "%s: a dry run changed it",
                       what);
      rig_must(&r, p, what);
      expect_type(&r, name, kinds[k].type, what);
      OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
      ob_apply_report *back = rig_undo(&r, false, &why);
      cr_assert(back && back->phase == OB_APPLY_DONE, "undo %s: %s %s", what,
                back ? back->err.msg : "", ob_buf_str(&why));
      ob_apply_report_free(back);
      OB_AUTOPTR(ob_json) after = rig_look(&r, OB_KIND_SERVICE, name);
      cr_expect(rig_equal(before, after, &why), "undo %s leaves %s", what, ob_buf_str(&why));
      cr_expect_str_eq(ct_text(after, "/metadata/uid"), ct_text(before, "/metadata/uid"));
      back = rig_undo(&r, true, &why);
      cr_assert(back && back->phase == OB_APPLY_DONE, "redo %s", what);
      ob_apply_report_free(back);
      expect_type(&r, name, kinds[k].type, what);
    }
  rig_close(&r);
}

#define INGRESS                                                                                    \
  "{'metadata':{'name':'web'},'spec':{'ingressClassName':'nginx','rules':[{'host':'a.example','"   \
  "http':{'paths':[{'path':'/"                                                                     \
  "','pathType':'Prefix','backend':{'service':{'name':'web','port':{'number':80}}}}]}}]}}"

static void make_ingress(rig *r) {
  cr_assert_eq(ct_post(r->server, CT_ING, INGRESS), 201, "%s", r->server->text);
}

static ob_plan *retarget(rig *r, const ob_json *ingress, const char *service) {
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_route_edit(&p, ob_session_cluster(r->session), ingress, 0, 0,
                                  &(ob_route){.service = service, .port = "81"}, &err),
               0, "%s", err.msg);
  return p;
}

Test(change, a_second_writer_apart_is_merged_and_shown) {
  rig r;
  rig_open(&r, NULL);
  make_ingress(&r);
  OB_AUTOPTR(ob_json) ing = rig_fetch(&r, OB_KIND_INGRESS, "web");
  ob_plan *p = retarget(&r, ing, "api");
  ct_call(
      r.server, "PATCH", CT_PATCH, CT_ING "/web",
      "[{'op':'add','path':'/spec/rules/-','value':{'host':'b.example','http':{'paths':[{'path':'/"
      "','pathType':'Prefix','backend':{'service':{'name':'b','port':{'number':80}}}}]}}}]");
  ob_apply_report *report = rig_apply(&r, p, 0);
  cr_expect_eq(report->phase, OB_APPLY_CONFLICT);
  cr_assert_not_null(report->plan, "apart: %s", ob_or(report->why, ""));
  OB_AUTOPTR(ob_json) between = rig_look(&r, OB_KIND_INGRESS, "web");
  cr_expect_str_eq(ct_text(between, "/spec/rules/0/http/paths/0/backend/service/name"), "web",
                   "nothing was written");
  ob_apply_report *again = rig_apply(&r, report->plan, 0);
  cr_expect_eq(again->phase, OB_APPLY_DONE, "%s", again->err.msg);
  OB_AUTOPTR(ob_json) after = rig_look(&r, OB_KIND_INGRESS, "web");
  cr_expect_str_eq(ct_text(after, "/spec/rules/0/http/paths/0/backend/service/name"), "api");
  cr_expect_str_eq(ct_text(after, "/spec/rules/1/host"), "b.example");
  ob_apply_report_free(again);
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

Test(change, a_second_writer_at_the_same_place_is_shown_and_not_overwritten) {
  rig r;
  rig_open(&r, NULL);
  make_ingress(&r);
  OB_AUTOPTR(ob_json) ing = rig_fetch(&r, OB_KIND_INGRESS, "web");
  ob_plan *p = retarget(&r, ing, "api");
  ct_call(r.server, "PATCH", CT_PATCH, CT_ING "/web",
          "[{'op':'replace','path':'/spec/rules/0/http/paths/0/backend/service/"
          "name','value':'other'}]");
  ob_apply_report *report = rig_apply(&r, p, 0);
  cr_expect_eq(report->phase, OB_APPLY_CONFLICT);
  cr_expect_null(report->plan);
  cr_expect_not_null(
      strstr(ob_or(report->why, ""), "it was web, you want api, the server has other"), "%s",
      ob_or(report->why, ""));
  OB_AUTOPTR(ob_json) after = rig_look(&r, OB_KIND_INGRESS, "web");
  cr_expect_str_eq(ct_text(after, "/spec/rules/0/http/paths/0/backend/service/name"), "other");
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

Test(change, a_status_written_meanwhile_is_no_conflict) {
  rig r;
  rig_open(&r, NULL);
  make_ingress(&r);
  OB_AUTOPTR(ob_json) ing = rig_fetch(&r, OB_KIND_INGRESS, "web");
  ob_plan *p = retarget(&r, ing, "api");
  ct_merge(r.server, CT_ING "/web/status",
           "{'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.5'}]}}}");
  cr_assert_eq(r.server->code, 200, "%s", r.server->text);
  rig_must(&r, p, "retarget");
  rig_close(&r);
}

Test(change, undo_refuses_what_others_changed_and_says_who) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", kinds[0].spec);
  OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  rig_must(&r, conversion(&r, before, &(ob_convert){.to = OB_NODE_PORT}), "convert");
  ct_call(r.server, "PATCH", CT_MERGE, CT_SVC "/web?fieldManager=kubectl-edit",
          "{'spec':{'type':'LoadBalancer'}}");
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  cr_expect_null(rig_undo(&r, false, &why));
  cr_expect_not_null(
      strstr(ob_buf_str(&why),
             "spec.type: it was NodePort, you want ClusterIP, the server has LoadBalancer"),
      "%s", ob_buf_str(&why));
  rig_close(&r);
}

Test(change, a_node_port_that_was_taken_meanwhile_is_said) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", kinds[2].spec);
  OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  rig_must(&r, conversion(&r, before, &(ob_convert){.to = OB_CLUSTER_IP}), "convert");
  OB_AUTOFREE char *thief = ob_asprintf("'type':'NodePort','ports':[{'port':80,'nodePort':%s}]",
                                        ct_text(before, "/spec/ports/0/nodePort"));
  ct_service(r.server, "thief", thief);
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  ob_apply_report *report = rig_undo(&r, false, &why);
  cr_assert_not_null(report);
  cr_expect_eq(report->phase, OB_APPLY_REFUSED);
  cr_expect_not_null(strstr(report->err.msg, "nodePort"), "%s", report->err.msg);
  cr_expect_not_null(strstr(report->err.msg, "already allocated"), "%s", report->err.msg);
  ob_apply_report_free(report);
  rig_close(&r);
}

Test(change, the_second_hop_refused_undoes_the_first) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", kinds[1].spec);
  ct_service(r.server, "thief", "'type':'NodePort','ports':[{'port':80,'nodePort':30083}]");
  OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  ob_plan *p = conversion(&r, before, &(ob_convert){.to = OB_NODE_PORT, .node_port = 30083});
  cr_assert_eq(p->edits[0].nsteps, 2);
  ob_apply_report *report = rig_apply(&r, p, 0);
  cr_expect_eq(report->phase, OB_APPLY_REVERTED, "%s: %s", ob_apply_phase_name(report->phase),
               report->err.msg);
  cr_expect_not_null(strstr(report->err.msg, "30083"), "%s", report->err.msg);
  OB_AUTOPTR(ob_json) after = rig_look(&r, OB_KIND_SERVICE, "web");
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  cr_expect_str_eq(ct_text(after, "/spec/clusterIP"), "None");
  cr_expect_str_eq(ct_text(after, "/metadata/uid"), ct_text(before, "/metadata/uid"));
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

Test(change, creating_and_deleting) {
  rig r;
  rig_open(&r, NULL);
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(
      ob_plan_route_add(
          &p, ob_session_cluster(r.session), NULL, r.server->ns, "new",
          &(ob_route){.host = "n.example", .service = "web", .port = "80", .class_name = "nginx"},
          &err),
      0);
  rig_must(&r, p, "create");
  OB_AUTOPTR(ob_json) made = rig_look(&r, OB_KIND_INGRESS, "new");
  cr_expect_str_eq(ct_text(made, "/spec/rules/0/host"), "n.example");
  cr_assert_eq(ob_plan_delete(&p, ob_session_cluster(r.session), OB_KIND_INGRESS, made, &err), 0);
  ob_apply_report *dry = rig_dry(&r, p);
  cr_expect_eq(dry->phase, OB_APPLY_READY, "%s", dry->err.msg);
  ob_apply_report_free(dry);
  OB_AUTOPTR(ob_json) still = rig_look(&r, OB_KIND_INGRESS, "new");
  cr_expect_not_null(still, "a dry run deleted it");
  rig_must(&r, p, "delete");
  cr_expect_null(rig_look(&r, OB_KIND_INGRESS, "new"));
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  ob_apply_report *back = rig_undo(&r, false, &why);
  cr_assert(back && back->phase == OB_APPLY_DONE, "%s", ob_buf_str(&why));
  ob_apply_report_free(back);
  OB_AUTOPTR(ob_json) again = rig_look(&r, OB_KIND_INGRESS, "new");
  cr_expect(rig_equal(made, again, &why), "%s", ob_buf_str(&why));
  rig_close(&r);
}

Test(change, two_plans_on_one_object_queue) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", kinds[0].spec);
  OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  ob_plan *node = conversion(&r, before, &(ob_convert){.to = OB_NODE_PORT});
  ob_plan *name =
      conversion(&r, before, &(ob_convert){.to = OB_EXTERNAL_NAME, .external_name = "e.example"});
  uint32_t first = ob_session_apply(r.session, node, 0),
           second = ob_session_apply(r.session, name, 0);
  cr_expect_eq(ob_session_applying(r.session), 2);
  ob_apply_report *a = rig_wait(&r, first);
  ob_apply_report *b = rig_wait(&r, second);
  cr_expect_eq(a->phase, OB_APPLY_DONE);
  cr_expect_eq(b->phase, OB_APPLY_CONFLICT, "it stood on what the first one changed");
  cr_expect_eq(ob_session_applying(r.session), 0);
  ob_apply_report_free(a);
  ob_apply_report_free(b);
  ob_plan_free(node);
  ob_plan_free(name);
  rig_close(&r);
}
