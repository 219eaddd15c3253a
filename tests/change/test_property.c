/* Random plan, apply, undo: the object equals the original but for what the server alone owns. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"
#include <unistd.h>

static const char *pick(ob_rng *g, const char *const *all, uint32_t n) {
  return all[ob_rng_below(g, n)];
}
#define PICK(g, ...)                                                                               \
  pick((g), (const char *const[]){__VA_ARGS__}, OB_LEN(((const char *const[]){__VA_ARGS__})))

static void make_service(rig *r, ob_rng *g, const char *name) {
  OB_AUTO(ob_buf) spec = OB_BUF_INIT(1 << 16);
  const char *type = PICK(g, "ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
                          "ClusterIP','clusterIP':'None");
  ob_buf_addf(&spec, "'type':'%s',", type);
  if (ob_streq(type, "ExternalName")) ob_buf_adds(&spec, "'externalName':'h.example',");
  if (ob_streq(type, "LoadBalancer"))
    ob_buf_adds(&spec, PICK(g, "", "'loadBalancerClass':'a.example/b',",
                            "'externalTrafficPolicy':'Local',",
                            "'loadBalancerSourceRanges':['10.0.0.0/8','192.168.0.0/16'],",
                            "'allocateLoadBalancerNodePorts':false,"));
  ob_buf_adds(&spec, PICK(g, "", "'sessionAffinity':'ClientIP',", "'selector':{'app':'a'},",
                          "'publishNotReadyAddresses':true,"));
  ob_buf_adds(&spec,
              PICK(g, "'ports':[{'port':80}]",
                   "'ports':[{'name':'a','port':53},{'name':'b','port':53,'protocol':'UDP'}]",
                   "'ports':[{'name':'x','port':80,'targetPort':'web'},{'name':'y','port':443},{'"
                   "name':'z','port':8443}]"));
  ct_service(r->server, name, ob_buf_str(&spec));
}

static ob_plan *random_conversion(rig *r, ob_rng *g, const ob_json *service) {
  static const char *const ranges[] = {"203.0.113.0/24"};
  static const ob_service_type types[] = {OB_CLUSTER_IP, OB_HEADLESS, OB_NODE_PORT,
                                          OB_LOAD_BALANCER, OB_EXTERNAL_NAME};
  ob_convert to = {.to = types[ob_rng_below(g, OB_LEN(types))]};
  if (to.to == OB_EXTERNAL_NAME) to.external_name = "e.example";
  if (to.to == OB_LOAD_BALANCER && ob_rng_below(g, 2))
    to.source_ranges = ranges, to.nsource_ranges = 1;
  if (to.to == OB_NODE_PORT && ob_rng_below(g, 3) == 0) to.policy = OB_POLICY_LOCAL;
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r->session), service, &to, &err), 0, "%s",
               err.msg);
  ob_plan *anew = NULL;
  if (!ob_plan_hops(p) || ob_rng_below(g, 2)) return p;
  cr_assert_eq(ob_plan_recreate(&anew, p, &err), 0, "%s", err.msg);
  ob_plan_free(p);
  return anew;
}

static void make_ingress(rig *r, ob_rng *g, const char *name) {
  OB_AUTO(ob_buf) body = OB_BUF_INIT(1 << 16);
  ob_buf_addf(&body,
              "{'metadata':{'name':'%s'},'spec':{'ingressClassName':'nginx','defaultBackend':{'"
              "service':{'name':'d','port':{'number':80}}},'tls':[{'hosts':['a.example','b.example'"
              "],'secretName':'s'}],'rules':[",
              name);
  for (uint32_t i = 0, n = 1 + ob_rng_below(g, 3); i < n; i++) {
    ob_buf_addf(&body, "%s{'host':'%c.example','http':{'paths':[", i ? "," : "", (char)('a' + i));
    for (uint32_t k = 0, m = 1 + ob_rng_below(g, 3); k < m; k++)
      ob_buf_addf(&body,
                  "%s{'path':'/"
                  "p%u','pathType':'%s','backend':{'service':{'name':'s%u','port':{'number':%u}}}}",
                  k ? "," : "", k, PICK(g, "Prefix", "Exact"), k, 80 + k);
    ob_buf_adds(&body, "]}}");
  }
  ob_buf_adds(&body, "]}}");
  cr_assert_eq(ct_post(r->server, CT_ING, ob_buf_str(&body)), 201, "%s", r->server->text);
}

static ob_plan *random_route(rig *r, ob_rng *g, const ob_json *ing) {
  const ob_cluster *c = ob_session_cluster(r->session);
  const ob_json *rules = ob_json_at(ing, "spec", "rules", NULL);
  int rule = (int)ob_rng_below(g, (uint32_t)ob_json_len(rules));
  const ob_json *paths = ob_json_at(ob_json_index(rules, (size_t)rule), "http", "paths", NULL);
  int path = (int)ob_rng_below(g, (uint32_t)ob_json_len(paths));
  ob_route change = {
      .host = ob_rng_below(g, 2)
                  ? PICK(g, "a.example", "b.example", "new.example", "*.wild.example")
                  : NULL,
      .path = ob_rng_below(g, 2) ? PICK(g, "/", "/new", "/p9/x") : NULL,
      .path_type = ob_rng_below(g, 3) ? NULL : PICK(g, "Prefix", "Exact", "ImplementationSpecific"),
      .service = ob_rng_below(g, 2) ? PICK(g, "new", "other") : NULL,
      .port = PICK(g, "http", "8080"),
      .tls_secret = ob_rng_below(g, 3) ? NULL : PICK(g, "s", "t", "")};
  ob_plan *p = NULL;
  ob_err err = {0};
  int rc = 0;
  switch (ob_rng_below(g, 7)) {
  case 0:
    if (!change.service) change.service = "new";
    rc = ob_plan_route_add(&p, c, ing, NULL, NULL, &change, &err);
    break;
  case 1: rc = ob_plan_route_delete(&p, c, ing, rule, path, &err); break;
  case 2: rc = ob_plan_route_move(&p, ing, rule, path, (int)ob_rng_below(g, 5) - 2, &err); break;
  case 3: rc = ob_plan_rename_host(&p, &ing, 1, "a.example", "renamed.example", &err); break;
  case 4:
    rc = ob_plan_route_edit(&p, c, ing, -1, 0, &(ob_route){.service = "dd", .port = "81"}, &err);
    break;
  case 5: rc = ob_plan_delete(&p, c, OB_KIND_INGRESS, ing, &err); break;
  default: rc = ob_plan_route_edit(&p, c, ing, rule, path, &change, &err);
  }
  cr_assert(rc == 0 || err.code == OB_ECONFLICT, "%s", err.msg);
  return p;
}

/* OB_SEED repeats a run, OB_RUNS says how many. */
Test(change, random_plans_and_their_way_back, .timeout = 1200) {
  const char *seed = getenv("OB_SEED"), *runs_text = getenv("OB_RUNS");
  int runs = runs_text ? atoi(runs_text) : 100, sent = 0;
  ob_rng g = {.state = seed ? strtoull(seed, NULL, 10) : 11};
  rig r;
  rig_open(&r, NULL);
  for (int i = 0; i < runs; i++) {
    unsigned long long at = g.state;
    OB_AUTOFREE char *name = ob_asprintf("o%d", i);
    ob_kind kind = i % 2 ? OB_KIND_INGRESS : OB_KIND_SERVICE;
    (i % 2 ? make_ingress : make_service)(&r, &g, name);
    OB_AUTOPTR(ob_json) before = rig_fetch(&r, kind, name);
    ob_plan *p = (i % 2 ? random_route : random_conversion)(&r, &g, before);
    OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
    if (p && !ob_plan_empty(p)) {
      ob_apply_report *done = rig_apply(&r, p, 0);
      if (done->phase == OB_APPLY_REFUSED) { /* a path that its new type does not allow, … */
        cr_assert_eq(done->err.code, OB_EINVALID, "OB_SEED=%llu %s: %s", at, p->title,
                     done->err.msg);
        ob_apply_report_free(done);
      } else {
        cr_assert_eq(done->phase, OB_APPLY_DONE, "OB_SEED=%llu %s: %s: %s %s", at, p->title,
                     ob_apply_phase_name(done->phase), done->err.msg, ob_or(done->why, ""));
        ob_apply_report_free(done);
        done = rig_undo(&r, false, &why);
        cr_assert(done && done->phase == OB_APPLY_DONE, "OB_SEED=%llu undo %s: %s %s", at, p->title,
                  done ? done->err.msg : "", ob_buf_str(&why));
        ob_apply_report_free(done);
        OB_AUTOPTR(ob_json) after = rig_look(&r, kind, name);
        cr_assert(after && rig_equal(before, after, &why), "OB_SEED=%llu undo %s leaves %s", at,
                  p->title, ob_buf_str(&why));
        sent++;
      }
    }
    ob_plan_free(p);
    OB_AUTOFREE char *path = ob_asprintf(i % 2 ? CT_ING "/%s" : CT_SVC "/%s", name);
    ct_call(r.server, "DELETE", NULL, path, NULL);
    if (i % 100 == 99) unlink(r.journal);
  }
  printf("%d random plans, %d applied and undone\n", runs, sent);
  rig_close(&r);
}
