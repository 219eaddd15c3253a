/* A server that refuses, throttles and fails in the middle of plans, before and after it has done
 * what it was asked: each ends with the state told that the server has. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef enum plan_kind { ONE, HOP, TWO, ANEW } plan_kind;

static ob_plan *convert(rig *r, const char *name, const char *spec, ob_service_type to) {
  ob_plan *p = NULL;
  ob_err err = {0};
  ct_service(r->server, name, spec);
  OB_AUTOPTR(ob_json) before = rig_fetch(r, OB_KIND_SERVICE, name);
  cr_assert_eq(
      ob_plan_convert(&p, ob_session_cluster(r->session), before, &(ob_convert){.to = to}, &err), 0,
      "%s", err.msg);
  return p;
}

static ob_plan *make(rig *r, plan_kind kind, const char *name) {
  if (kind == ANEW) {
    ob_plan *in_place = make(r, HOP, name), *p = NULL;
    cr_assert_eq(ob_plan_recreate(&p, in_place, NULL), 0);
    ob_plan_free(in_place);
    return p;
  }
  if (kind == HOP) return convert(r, name, "'ports':[{'port':80}]", OB_HEADLESS);
  ob_plan *p = convert(r, name, "'ports':[{'port':80}]", OB_NODE_PORT);
  if (kind == ONE) return p;
  OB_AUTOFREE char *other = ob_asprintf("%s-b", name);
  ob_plan *q = convert(r, other, "'ports':[{'port':80}]", OB_NODE_PORT);
  cr_assert_eq(ob_plan_append(p, q, NULL), 0);
  ob_plan_free(q);
  return p;
}

enum { FOR_EVER = 1000 };

static const struct {
  plan_kind plan;
  rig_answer answers;
  ob_apply_phase told;
  size_t has;        /* requests that the server has in the end */
  const char *words; /* of the error or of `why`; NULL none */
} rows[] = {
    {ONE, {.nth = 1, .times = 2, .status = 429, .stored = false}, OB_APPLY_DONE, 1, NULL},
    {ONE,
     {.nth = 1, .times = FOR_EVER, .status = 429, .stored = false},
     OB_APPLY_REFUSED,
     0,
     "Too many requests"},
    {ONE, {.nth = 1, .times = 2, .status = 500, .stored = false}, OB_APPLY_DONE, 1, NULL},
    {ONE, {.nth = 1, .times = 1, .status = 500, .stored = true}, OB_APPLY_DONE, 1, NULL},
    {ONE,
     {.nth = 1, .times = FOR_EVER, .status = 500, .stored = false},
     OB_APPLY_REFUSED,
     0,
     "did not arrive, 5 times"},
    {ONE,
     {.nth = 1, .times = 1, .status = 409, .stored = true},
     OB_APPLY_DONE,
     1,
     NULL}, /* sent twice by the transport */
    {ONE,
     {.nth = 1, .times = FOR_EVER, .status = 409, .stored = false},
     OB_APPLY_REFUSED,
     0,
     "has been modified"},
    {ONE,
     {.nth = 1, .times = 1, .status = 401, .stored = false},
     OB_APPLY_REFUSED,
     0,
     "Unauthorized"},
    {HOP, {.nth = 2, .times = 2, .status = 429, .stored = false}, OB_APPLY_DONE, 2, NULL},
    {HOP, {.nth = 2, .times = 1, .status = 500, .stored = true}, OB_APPLY_DONE, 2, NULL},
    {HOP,
     {.nth = 2, .times = 1, .status = 401, .stored = false},
     OB_APPLY_REVERTED,
     0,
     "Unauthorized"},
    {HOP,
     {.nth = 2, .times = 5, .status = 429, .stored = false},
     OB_APPLY_REVERTED,
     0,
     "Too many requests"},
    {HOP,
     {.nth = 2, .times = FOR_EVER, .status = 401, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "left behind its first step"},
    {HOP,
     {.nth = 2, .times = FOR_EVER, .status = 429, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "left behind its first step"},
    {ANEW, {.nth = 1, .times = 1, .status = 500, .stored = true}, OB_APPLY_DONE, 2, NULL},
    {ANEW, {.nth = 2, .times = 1, .status = 500, .stored = true}, OB_APPLY_DONE, 2, NULL},
    {ANEW, {.nth = 2, .times = 1, .status = 409, .stored = true}, OB_APPLY_DONE, 2, NULL},
    {ANEW, {.nth = 2, .times = 2, .status = 429, .stored = false}, OB_APPLY_DONE, 2, NULL},
    {ANEW,
     {.nth = 1, .times = 1, .status = 401, .stored = false},
     OB_APPLY_REFUSED,
     0,
     "Unauthorized"},
    {ANEW,
     {.nth = 2, .times = 1, .status = 401, .stored = false},
     OB_APPLY_REVERTED,
     0,
     "its uid is another one"},
    {ANEW,
     {.nth = 2, .times = FOR_EVER, .status = 401, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "creating it again as it was is refused"},
    {ANEW,
     {.nth = 2, .times = FOR_EVER, .status = 500, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "did not arrive, 5 times"},
    {TWO,
     {.nth = 2, .times = 1, .status = 401, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "Unauthorized"},
    {TWO,
     {.nth = 2, .times = FOR_EVER, .status = 500, .stored = false},
     OB_APPLY_PARTIAL,
     1,
     "did not arrive"},
    {TWO, {.nth = 2, .times = 1, .status = 500, .stored = true}, OB_APPLY_DONE, 2, NULL},
};

static size_t has(rig *r, const ob_plan *p) {
  size_t n = 0;
  for (size_t i = 0; i < p->nedits; i++) n += rig_truth(r, &p->edits[i]);
  return n;
}

/* What is left in the middle is told by the journal, too, and finished from there. */
static void finish(rig *r, size_t expected, size_t i) {
  ob_history *h = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_history_load(&h, r->journal, &err), 0, "%s", err.msg);
  const ob_entry *e = ob_history_broken(h, ob_session_status_get(r->session)->server);
  cr_assert_not_null(e, "row %zu", i);
  cr_expect_eq(e->state, OB_ENTRY_PARTIAL, "row %zu", i);
  ob_broken *b = rig_entry_look(r, e);
  cr_expect_eq(b->done, expected, "row %zu: %s", i, b->text);
  cr_assert_not_null(b->finish, "row %zu: %s", i, b->text);
  ob_apply_report *report = rig_apply(r, b->finish, e->id);
  cr_expect_eq(report->phase, OB_APPLY_DONE, "row %zu: %s", i, report->err.msg);
  cr_expect_eq(has(r, e->plan), b->of, "row %zu: finished", i);
  ob_apply_report_free(report);
  ob_broken_free(b);
  ob_history_free(h);
}

Test(answers, what_is_told_is_what_the_server_has, .timeout = 240) {
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i);
    ob_plan *p = make(&r, rows[i].plan, name);
    rig_answers(rows[i].answers);
    ob_apply_report *report = rig_apply(&r, p, 0);
    int sent = rig_writes();
    rig_answers((rig_answer){0});
    cr_expect_eq(report->phase, rows[i].told, "row %zu: %s: %s %s", i,
                 ob_apply_phase_name(report->phase), report->err.msg, ob_or(report->why, ""));
    cr_expect_eq(has(&r, p), rows[i].has, "row %zu: the server has %zu", i, has(&r, p));
    cr_expect_leq(sent, 3 + 2 * OB_APPLY_TRIES, "row %zu: %d writes", i, sent);
    if (rows[i].words)
      cr_expect(strstr(report->err.msg, rows[i].words) ||
                    strstr(ob_or(report->why, ""), rows[i].words),
                "row %zu: %s %s", i, report->err.msg, ob_or(report->why, ""));
    ob_apply_report_free(report);
    if (rows[i].told == OB_APPLY_PARTIAL) finish(&r, rows[i].has, i);
    unlink(r.journal);
    ob_plan_free(p);
  }
  rig_close(&r);
}

/* --- somebody who never stops writing
 * -------------------------------------------------------------
 */
typedef struct storm {
  ct client; /* beside the test's own */
  const char *path, *body;
  atomic_bool stop;
  atomic_int writes;
} storm;

static void *blow(void *arg) {
  storm *x = arg;
  for (int i = 0; !atomic_load(&x->stop); i++) {
    OB_AUTOFREE char *body = ob_asprintf(x->body, i);
    ct_merge(&x->client, x->path, body);
    atomic_fetch_add(&x->writes, 1);
  }
  return NULL;
}

static pthread_t storm_begin(storm *x, const rig *r, const char *path, const char *body) {
  *x = (storm){.client = *r->server, .path = path, .body = body};
  x->client.curl = curl_easy_init();
  x->client.reply = NULL;
  x->client.text = x->client.warning = x->client.retry_after = NULL;
  pthread_t t;
  cr_assert_eq(pthread_create(&t, NULL, blow, x), 0);
  while (atomic_load(&x->writes) < 3) usleep(1000);
  return t;
}

static void storm_end(storm *x, pthread_t t) {
  atomic_store(&x->stop, true);
  pthread_join(t, NULL);
  curl_easy_cleanup(x->client.curl);
  ob_json_free(x->client.reply);
  free(x->client.text);
  free(x->client.warning);
  free(x->client.retry_after);
}

/* A controller that keeps writing status, and a person who keeps writing labels: tried again a few
 * times and told, never over them, never without an end. */
Test(answers, a_storm_of_409_ends_and_is_told, .timeout = 120) {
  static const struct {
    const char *suffix, *body;
  } storms[] = {{"/status", "{'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.%d'}]}}}"},
                {"", "{'metadata':{'labels':{'storm':'x%d'}}}"}};
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < OB_LEN(storms); i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i);
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s%s", name, storms[i].suffix);
    ob_plan *p = convert(&r, name, "'type':'LoadBalancer','ports':[{'port':80}]", OB_NODE_PORT);
    storm x;
    pthread_t t = storm_begin(&x, &r, path, storms[i].body);
    int rounds = 0;
    ob_apply_report *report = NULL;
    rig_answers((rig_answer){0});
    for (bool again = true; again && rounds < 20; rounds++) {
      report = rig_apply(&r, p, 0);
      again = report->phase == OB_APPLY_CONFLICT && report->plan;
      if (report->phase == OB_APPLY_CONFLICT)
        cr_expect_not_null(strstr(report->err.msg, "somebody else"), "%s", report->err.msg);
      if (again) {
        ob_plan_free(p);
        p = ob_take(report->plan);
      }
      if (again) ob_apply_report_free(report);
    }
    storm_end(&x, t);
    OB_AUTOPTR(ob_json) now = rig_look(&r, OB_KIND_SERVICE, name);
    bool done = ob_streq(ct_text(now, "/spec/type"), "NodePort");
    if (rounds < 20) {
      cr_expect_eq(done, report->phase == OB_APPLY_DONE || report->phase == OB_APPLY_OTHERWISE,
                   "%s: %s", storms[i].suffix, ob_apply_phase_name(report->phase));
      ob_apply_report_free(report);
    } else {
      cr_expect_not(done, "%s: told as a conflict", storms[i].suffix);
    }
    cr_expect_leq(rig_writes(), rounds * (OB_APPLY_TRIES + 1), "%d writes in %d rounds",
                  rig_writes(), rounds);
    printf("storm %zu: %d rounds, %d writes against %d\n", i, rounds, rig_writes(),
           atomic_load(&x.writes));
    ob_plan_free(p);
  }
  rig_close(&r);
}
