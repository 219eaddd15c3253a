/* Deletion and creation, where the two steps between headless and not are refused; and the way back
 * when a server does not let addresses go at once. */
#include "rig.h"

#include "base/str.h"
#include <unistd.h>

#define PORT "'ports':[{'port':80}],'selector':{'app':'a'}"

static ob_plan *hop(rig *r, const char *name, const char *spec, const ob_convert *to) {
  ob_plan *p = NULL;
  ob_err err = {0};
  ct_service(r->server, name, spec);
  OB_AUTOPTR(ob_json) before = rig_fetch(r, OB_KIND_SERVICE, name);
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r->session), before, to, &err), 0, "%s",
               err.msg);
  cr_assert(ob_plan_hops(p));
  return p;
}

static ob_plan *anew(rig *r, const char *name, const char *spec, const ob_convert *to) {
  ob_plan *in_place = hop(r, name, spec, to), *p = NULL;
  cr_assert_eq(ob_plan_recreate(&p, in_place, NULL), 0);
  ob_plan_free(in_place);
  return p;
}

static const ob_convert headless = {.to = OB_HEADLESS};

static void expect_phase(const ob_apply_report *report, ob_apply_phase phase, const char *words) {
  cr_expect_eq(report->phase, phase, "%s: %s %s", ob_apply_phase_name(report->phase),
               report->err.msg, ob_or(report->why, ""));
  cr_expect(strstr(report->err.msg, words) || strstr(ob_or(report->why, ""), words), "%s %s",
            report->err.msg, ob_or(report->why, ""));
}

/* The object is what it was, but for its uid. */
static void expect_again(rig *r, const ob_plan *p, bool other_uid) {
  const ob_edit *e = &p->edits[0];
  OB_AUTOPTR(ob_json) now = rig_look(r, OB_KIND_SERVICE, e->name);
  OB_AUTO(ob_buf) diff = OB_BUF_INIT(1 << 16);
  cr_assert_not_null(now);
  cr_expect(rig_equal(e->before, now, &diff), "%s", ob_buf_str(&diff));
  bool other = !ob_streq(ct_text(now, "/metadata/uid"), ct_text(e->before, "/metadata/uid"));
  cr_expect_eq(other, other_uid);
}

static bool is_real(const rig *r) {
  return !r->server->sim;
}

/* --- addresses that are not let go at once
 * --------------------------------------------------------- */
Test(back, asks_again_for_an_address_that_is_not_free_yet, .timeout = 120) {
  bool real = getenv("OUTBOARD_CONTRACT_KUBECONFIG") != NULL;
  rig r;
  rig_open(&r, real ? NULL : "late-release=3");
  ob_plan *p = hop(&r, "web", PORT, &headless);
  rig_answers((rig_answer){.nth = 2, .times = 1, .status = 401});
  uint32_t id = ob_session_apply(r.session, p, 0);
  ob_apply_report *report = rig_wait(&r, id);
  int writes = rig_writes();
  rig_answers((rig_answer){0});
  expect_phase(report, OB_APPLY_REVERTED, "Unauthorized");
  if (!real) cr_expect_eq(writes, 2 + 4, "%d: the way back was refused three times", writes);
  expect_again(&r, p, false);
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

Test(back, gives_up_in_time_and_tells_why, .timeout = 60) {
  if (getenv("OUTBOARD_CONTRACT_KUBECONFIG")) return; /* the fault is the embedded server's */
  rig_timing.release_ms = 100;
  rig r;
  rig_open(&r, "late-release=0");
  ob_plan *p = hop(&r, "web", PORT, &headless);
  rig_answers((rig_answer){.nth = 2, .times = 1, .status = 401});
  ob_apply_report *report = rig_apply(&r, p, 0);
  rig_answers((rig_answer){0});
  expect_phase(report, OB_APPLY_PARTIAL, "the way back was refused: ");
  cr_expect_not_null(strstr(report->err.msg, "Unauthorized"), "%s", report->err.msg);
  cr_expect_not_null(strstr(ob_or(report->why, ""), "already allocated"));
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* What is created again gets other addresses then, and says so. */
Test(back, goes_without_its_addresses_when_it_must, .timeout = 60) {
  if (getenv("OUTBOARD_CONTRACT_KUBECONFIG")) return; /* the fault is the embedded server's */
  rig_timing.release_ms = 100;
  rig r;
  rig_open(&r, "late-release=0");
  ob_plan *p = anew(&r, "web", "'type':'NodePort'," PORT, &headless);
  rig_answers((rig_answer){.nth = 2, .times = 1, .status = 401});
  ob_apply_report *report = rig_apply(&r, p, 0);
  rig_answers((rig_answer){0});
  expect_phase(report, OB_APPLY_REVERTED, "its addresses are others");
  OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_str_eq(ct_text(now, "/spec/type"), "NodePort");
  cr_expect_str_neq(ct_text(now, "/spec/clusterIP"), "");
  cr_expect_str_neq(ct_text(now, "/spec/clusterIP"),
                    ct_text(p->edits[0].before, "/spec/clusterIP"));
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* --- deletion and creation
 * ------------------------------------------------------------------------
 */
static const struct {
  const char *spec;
  ob_service_type to;
} rows[] = {
    {PORT, OB_HEADLESS},
    {"'type':'NodePort'," PORT, OB_HEADLESS},
    {"'type':'LoadBalancer','loadBalancerSourceRanges':['10.0.0.0/8']," PORT, OB_HEADLESS},
    {"'clusterIP':'None'," PORT, OB_CLUSTER_IP},
    {"'clusterIP':'None'," PORT, OB_NODE_PORT},
    {"'clusterIP':'None'," PORT, OB_LOAD_BALANCER},
};

Test(recreate, each_pair_there_and_back, .timeout = 240) {
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i);
    ob_plan *p = anew(&r, name, rows[i].spec, &(ob_convert){.to = rows[i].to});
    ob_apply_report *report = rig_dry(&r, p);
    cr_expect_eq(report->phase, OB_APPLY_READY, "row %zu: %s", i, report->err.msg);
    cr_expect_not(report->already);
    ob_apply_report_free(report);
    expect_again(&r, p, false); /* a dry run deletes nothing */
    report = rig_apply(&r, p, 0);
    cr_expect_eq(report->phase, OB_APPLY_DONE, "row %zu: %s: %s", i,
                 ob_apply_phase_name(report->phase), report->err.msg);
    ob_apply_report_free(report);
    OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, name);
    cr_expect_eq(ob_streq(ct_text(now, "/spec/clusterIP"), "None"), rows[i].to == OB_HEADLESS);
    cr_expect_str_neq(ct_text(now, "/metadata/uid"), ct_text(p->edits[0].before, "/metadata/uid"));
    cr_expect_str_eq(ct_text(now, "/spec/selector/app"), "a");
    report = rig_dry(&r, p);
    cr_expect(report->already, "row %zu: the same plan again: %s", i, report->err.msg);
    ob_apply_report_free(report);
    OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
    report = rig_undo(&r, false, &why);
    cr_assert(report && report->phase == OB_APPLY_DONE, "row %zu: undo: %s %s", i,
              report ? report->err.msg : "", ob_buf_str(&why));
    ob_apply_report_free(report);
    expect_again(&r, p, true);
    ob_plan_free(p);
  }
  rig_close(&r);
}

Test(recreate, what_goes_in_place_is_not_deleted) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", PORT);
  OB_AUTOPTR(ob_json) before = rig_fetch(&r, OB_KIND_SERVICE, "web");
  ob_plan *p = NULL, *none = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_convert(&p, NULL, before, &(ob_convert){.to = OB_NODE_PORT}, &err), 0);
  cr_expect_not(ob_plan_hops(p));
  cr_expect_eq(ob_plan_recreate(&none, p, &err), -(int)OB_EINVALID);
  cr_expect_not_null(strstr(err.msg, "goes in place"), "%s", err.msg);
  ob_plan_free(p);
  rig_close(&r);
}

/* Of the embedded server a webhook that refuses changes; of the real one a policy that refuses
 * ExternalName, as clusters have them. */
static void forbid_external_names(rig *r) {
  OB_AUTOFREE char *name = ob_asprintf("no-names-%s", r->server->ns);
  OB_AUTOFREE char *policy = ob_asprintf(
      "{'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicy',"
      "'metadata':{'name':'%s'},'spec':{'failurePolicy':'Fail','matchConstraints':{"
      "'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':'%s'}},'resourceRules':[{"
      "'apiGroups':[''],'apiVersions':['v1'],'operations':['CREATE','UPDATE'],'resources':["
      "'services']}]},'validations':[{'expression':'object.spec.type != \\\"ExternalName\\\"',"
      "'message':'ExternalName is not allowed here'}]}}",
      name, r->server->ns);
  OB_AUTOFREE char *binding = ob_asprintf(
      "{'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicyBinding',"
      "'metadata':{'name':'%s'},'spec':{'policyName':'%s','validationActions':['Deny']}}",
      name, name);
#define ADMISSION "/apis/admissionregistration.k8s.io/v1/"
  ct_post(r->server, ADMISSION "validatingadmissionpolicies", policy);
  cr_assert_eq(r->server->code, 201, "%s", r->server->text);
  ct_post(r->server, ADMISSION "validatingadmissionpolicybindings", binding);
  cr_assert_eq(r->server->code, 201, "%s", r->server->text);
}

static void allow_external_names(rig *r) {
  static const char *const kinds[] = {"validatingadmissionpolicybindings",
                                      "validatingadmissionpolicies"};
  for (size_t i = 0; i < OB_LEN(kinds); i++) {
    OB_AUTOFREE char *path = ob_asprintf(ADMISSION "%s/no-names-%s", kinds[i], r->server->ns);
    ct_call(r->server, "DELETE", NULL, path, NULL);
  }
}

/* A policy is the server's a moment after it was written. */
static ob_apply_report *refused_dry(rig *r, const ob_plan *p) {
  for (int i = 0;; i++) {
    ob_apply_report *report = rig_dry(r, p);
    if (report->phase != OB_APPLY_READY || i == 300) return report;
    ob_apply_report_free(report);
    usleep(100000);
  }
}

Test(recreate, where_both_steps_are_refused, .timeout = 120) {
  bool real = getenv("OUTBOARD_CONTRACT_KUBECONFIG") != NULL;
  const char *words = real ? "ExternalName is not allowed here" : "denied the request";
  rig r;
  rig_open(&r, real ? NULL : "webhook-denies=100");
  if (is_real(&r)) forbid_external_names(&r);
  ob_plan *in_place = hop(&r, "web", PORT, &headless), *p = NULL;
  ob_apply_report *report = refused_dry(&r, in_place);
  expect_phase(report, OB_APPLY_REFUSED, words);
  ob_apply_report_free(report);
  report = rig_apply(&r, in_place, 0);
  expect_phase(report, OB_APPLY_REFUSED, words);
  ob_apply_report_free(report);
  cr_assert_eq(ob_plan_recreate(&p, in_place, NULL), 0);
  rig_must(&r, p, "recreate");
  OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_str_eq(ct_text(now, "/spec/clusterIP"), "None");
  /* Back goes in place, which is refused as it was: nothing is changed, and why is told. */
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  report = rig_undo(&r, false, &why);
  cr_assert_not_null(report, "%s", ob_buf_str(&why));
  expect_phase(report, OB_APPLY_REFUSED, words);
  ob_apply_report_free(report);
  OB_AUTOPTR(ob_json) still = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_str_eq(ct_text(still, "/metadata/resourceVersion"),
                   ct_text(now, "/metadata/resourceVersion"));
  ob_plan_free(in_place);
  if (is_real(&r)) allow_external_names(&r);
  rig_close(&r);
}

/* That the new one would be refused is known before the old one is deleted. */
Test(recreate, a_creation_that_would_be_refused_deletes_nothing) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "thief", "'type':'NodePort','ports':[{'port':80,'nodePort':30097}]");
  ob_plan *p = anew(&r, "web", "'clusterIP':'None'," PORT,
                    &(ob_convert){.to = OB_NODE_PORT, .node_port = 30097});
  ob_apply_report *report = rig_dry(&r, p);
  expect_phase(report, OB_APPLY_REFUSED, "30097");
  expect_again(&r, p, false);
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* --- finalizers
 * -----------------------------------------------------------------------------------
 */
static ob_plan *with_finalizer(rig *r) {
  ct_service(r->server, "web", PORT);
  ct_merge(r->server, CT_SVC "/web", "{'metadata':{'finalizers':['example.com/wait']}}");
  cr_assert_eq(r->server->code, 200, "%s", r->server->text);
  OB_AUTOPTR(ob_json) before = rig_fetch(r, OB_KIND_SERVICE, "web");
  ob_plan *in_place = NULL, *p = NULL;
  cr_assert_eq(ob_plan_convert(&in_place, NULL, before, &headless, NULL), 0);
  cr_assert_eq(ob_plan_recreate(&p, in_place, NULL), 0);
  ob_plan_free(in_place);
  return p;
}

static void let_it_go(rig *r) {
  ct_merge(r->server, CT_SVC "/web", "{'metadata':{'finalizers':null}}");
  cr_assert_eq(r->server->code, 200, "%s", r->server->text);
}

Test(recreate, waits_for_finalizers_and_says_so, .timeout = 60) {
  rig r;
  rig_open(&r, NULL);
  ob_plan *p = with_finalizer(&r);
  bool told = false;
  for (size_t i = 0; i < p->nwarnings; i++)
    told |= strstr(p->warnings[i].text, "finalizers let it (example.com/wait)") != NULL;
  cr_expect(told);
  uint32_t id = ob_session_apply(r.session, p, 0);
  OB_AUTOFREE char *why = rig_wait_told(&r, id, OB_APPLY_WAITING);
  cr_expect_not_null(strstr(why, "example.com/wait"), "%s", why);
  let_it_go(&r);
  ob_apply_report *report = rig_wait(&r, id);
  cr_expect_eq(report->phase, OB_APPLY_DONE, "%s", report->err.msg);
  OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_str_eq(ct_text(now, "/spec/clusterIP"), "None");
  cr_expect_str_eq(ct_text(now, "/metadata/finalizers/0"), "");
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* What can no longer be called back is told so; the rest is done once it is gone, or the old one is
 * created again. */
static void left_waiting(bool finish) {
  rig_timing.leave_ms = 100;
  rig r;
  rig_open(&r, NULL);
  ob_plan *p = with_finalizer(&r);
  ob_apply_report *report = rig_apply(&r, p, 0);
  expect_phase(report, OB_APPLY_PARTIAL, "do not let it go: example.com/wait");
  ob_apply_report_free(report);
  ob_history *h = NULL;
  cr_assert_eq(ob_history_load(&h, r.journal, NULL), 0);
  const ob_entry *e = ob_history_broken(h, ob_session_status_get(r.session)->server);
  cr_assert_not_null(e);
  ob_broken *b = rig_entry_look(&r, e);
  cr_expect_eq(b->done, 1, "%s", b->text);
  cr_expect_not_null(strstr(b->text, "its finalizers hold it"), "%s", b->text);
  ob_plan **rest = finish ? &b->finish : &b->undo;
  cr_assert_not_null(*rest, "%s", b->text);
  rig_timing.leave_ms = 20000;
  rig_reopen(&r);
  uint32_t id = ob_session_apply(r.session, *rest, e->id);
  OB_AUTOFREE char *why = rig_wait_told(&r, id, OB_APPLY_WAITING);
  let_it_go(&r);
  report = rig_wait(&r, id);
  cr_expect_eq(report->phase, OB_APPLY_DONE, "%s %s", report->err.msg, ob_or(report->why, ""));
  OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_eq(ob_streq(ct_text(now, "/spec/clusterIP"), "None"), finish);
  cr_expect_str_eq(ct_text(now, "/metadata/deletionTimestamp"), "");
  ob_apply_report_free(report);
  ob_broken_free(b);
  ob_history_free(h);
  ob_plan_free(p);
  rig_close(&r);
}

Test(recreate, what_is_left_waiting_is_finished, .timeout = 60) {
  left_waiting(true);
}

Test(recreate, what_is_left_waiting_is_created_as_it_was, .timeout = 60) {
  left_waiting(false);
}

/* --- somebody else -------------------------------------------------------------------------------
 */
static void create_another(rig *r) {
  ct_service(r->server, "web", "'ports':[{'port':99}]");
}

Test(recreate, somebody_elses_stays, .timeout = 60) {
  rig r;
  rig_open(&r, NULL);
  ob_plan *p = anew(&r, "web", PORT, &headless);
  rig_answers((rig_answer){.nth = 2, .before = create_another, .r = &r});
  ob_apply_report *report = rig_apply(&r, p, 0);
  rig_answers((rig_answer){0});
  expect_phase(report, OB_APPLY_PARTIAL, "theirs stays");
  OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, "web");
  cr_expect_str_eq(ct_text(now, "/spec/ports/0/port"), "99");
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* --- a wire that breaks --------------------------------------------------------------------------
 */
static void expect_true(rig *r, const ob_plan *p, const ob_apply_report *report, const char *what) {
  OB_AUTOPTR(ob_json) now = rig_look(r, OB_KIND_SERVICE, p->edits[0].name);
  bool done = ob_streq(ct_text(now, "/spec/clusterIP"), "None");
  bool same = ob_streq(ct_text(now, "/metadata/uid"), ct_text(p->edits[0].before, "/metadata/uid"));
  switch (report->phase) {
  case OB_APPLY_DONE: cr_expect(done && !same, "%s: told done", what); break;
  case OB_APPLY_REFUSED:
  case OB_APPLY_CONFLICT: cr_expect(same && !done, "%s: told unchanged", what); break;
  case OB_APPLY_REVERTED: cr_expect(now && !same && !done, "%s: told reverted", what); break;
  case OB_APPLY_PARTIAL: cr_expect_null(now, "%s: told partly done", what); break;
  default: cr_expect_fail("%s: %s", what, ob_apply_phase_name(report->phase));
  }
}

static void cut(bool up, size_t bytes, size_t stride_by_default) {
  const char *every = getenv("OB_EVERY");
  size_t stride = every ? (size_t)atoi(every) : stride_by_default;
  rig r;
  rig_open(&r, NULL);
  int cuts = 0, done = 0;
  for (size_t at = 0; at < bytes; at += stride, cuts++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", at),
                     *what = ob_asprintf("cut after %zu bytes %s", at, up ? "up" : "down");
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", name);
    ob_plan *p = anew(&r, name, PORT, &headless);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = at % 2 ? OB_WIRE_RESET : OB_WIRE_CUT,
                                             .bytes = at,
                                             .up = up,
                                             .once = true});
    ob_apply_report *report = rig_apply(&r, p, 0);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
    expect_true(&r, p, report, what);
    done += report->phase == OB_APPLY_DONE;
    ob_apply_report_free(report);
    ob_plan_free(p);
    ct_call(r.server, "DELETE", NULL, path, NULL);
    if (cuts % 200 == 199) unlink(r.journal);
  }
  printf("deletion and creation: %d cuts %s, %d done in the end\n", cuts,
         up ? "in the requests" : "in the answers", done);
  rig_close(&r);
}

Test(faults, the_wire_cut_at_every_byte_of_a_deletion_and_a_creation, .timeout = 1800) {
  cut(true, 1800, 83);
}

Test(faults, the_wire_cut_at_every_byte_of_their_answers, .timeout = 1800) {
  cut(false, 3600, 167);
}
