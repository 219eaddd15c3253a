/* The program killed in the middle of a plan, at every step of the way: what the next start tells
 * of it is what the server has, and it can be finished and taken back. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { EDITS_MAX = 2 };

/* A plan on objects of this round. `objects` are what stood there before. */
typedef ob_plan *plan_of(rig *r, const char *name);

static ob_plan *converted(rig *r, const char *name, ob_convert to) {
  ob_plan *p = NULL;
  ob_err err = {0};
  OB_AUTOPTR(ob_json) before = rig_fetch(r, OB_KIND_SERVICE, name);
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r->session), before, &to, &err), 0, "%s",
               err.msg);
  return p;
}

static ob_plan *node_port(rig *r, const char *name) {
  ct_service(r->server, name, "'ports':[{'port':80}]");
  return converted(r, name, (ob_convert){.to = OB_NODE_PORT});
}

static ob_plan *headless(rig *r, const char *name) {
  ct_service(r->server, name, "'ports':[{'port':80}],'selector':{'app':'a'}");
  return converted(r, name, (ob_convert){.to = OB_HEADLESS});
}

static ob_plan *anew(rig *r, const char *name) {
  ob_plan *in_place = headless(r, name), *p = NULL;
  cr_assert_eq(ob_plan_recreate(&p, in_place, NULL), 0);
  ob_plan_free(in_place);
  return p;
}

static ob_plan *no_longer_headless(rig *r, const char *name) {
  ct_service(r->server, name, "'clusterIP':'None','ports':[{'port':80}]");
  return converted(r, name, (ob_convert){.to = OB_LOAD_BALANCER});
}

static ob_plan *two_services(rig *r, const char *name) {
  OB_AUTOFREE char *other = ob_asprintf("%s-b", name);
  ob_plan *p = node_port(r, name), *q = headless(r, other);
  cr_assert_eq(ob_plan_append(p, q, NULL), 0);
  ob_plan_free(q);
  return p;
}

static ob_plan *exposed(rig *r, const char *name) {
  ct_service(r->server, name, "'ports':[{'port':80}],'selector':{'app':'a'}");
  OB_AUTOFREE char *new_name = ob_asprintf("%s-x", name);
  OB_AUTOPTR(ob_json) of = rig_fetch(r, OB_KIND_SERVICE, name);
  ob_plan *p = NULL;
  ob_err err = {0};
  const ob_expose as = {.name = new_name,
                        .route = &(ob_route){.host = "x.example", .class_name = "nginx"}};
  cr_assert_eq(ob_plan_expose(&p, ob_session_cluster(r->session), OB_KIND_SERVICE, of, &as, &err),
               0, "%s", err.msg);
  return p;
}

static ob_plan *deleted(rig *r, const char *name) {
  ct_service(r->server, name, "'ports':[{'port':80}]");
  OB_AUTOPTR(ob_json) of = rig_fetch(r, OB_KIND_SERVICE, name);
  ob_plan *p = NULL;
  cr_assert_eq(ob_plan_delete(&p, NULL, OB_KIND_SERVICE, of, NULL), 0);
  return p;
}

static const struct {
  const char *name;
  plan_of *plan;
} plans[] = {{"node", node_port},   {"hop", headless}, {"back", no_longer_headless},
             {"two", two_services}, {"new", exposed},  {"gone", deleted},
             {"anew", anew}};

/* --- killing -------------------------------------------------------------------------------------
 */
static void write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  cr_assert_not_null(f);
  fputs(text, f);
  fclose(f);
}

static pid_t start(rig *r, const ob_plan *p, int at, int *ret_pipe) {
  OB_AUTOFREE char *config = ob_asprintf("%s/config", r->folder);
  OB_AUTOFREE char *file = ob_asprintf("%s/plan", r->folder);
  OB_AUTOFREE char *text = rig_kubeconfig(r);
  OB_AUTO(ob_buf) yaml = OB_BUF_INIT(OB_PLAN_MAX);
  ob_plan_write(p, &yaml);
  write_file(config, text);
  write_file(file, ob_buf_str(&yaml));
  char number[16];
  snprintf(number, sizeof number, "%d", at);
  char *argv[] = {(char[]){CHANGE_KILL}, config, r->server->ns, r->journal, file, number, NULL};
  int fds[2];
  cr_assert_eq(pipe(fds), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, fds[0]);
  pid_t pid;
  cr_assert_eq(posix_spawn(&pid, CHANGE_KILL, &actions, NULL, argv, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);
  *ret_pipe = fds[0];
  return pid;
}

/* False: it ran to its end. `ret` gets the point's name. */
static bool killed_at(rig *r, const ob_plan *p, int at, char ret[64]) {
  int out, status;
  pid_t pid = start(r, p, at, &out);
  ssize_t n = read(out, ret, 63);
  ret[n > 0 ? n : 0] = '\0';
  close(out);
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "status %d",
            status);
  return WIFSIGNALED(status);
}

/* --- what is true
 * ---------------------------------------------------------------------------------*/
static void expect_before(rig *r, const ob_plan *p, const char *what) {
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    OB_AUTOPTR(ob_json) now = rig_look(r, e->kind, e->name);
    OB_AUTO(ob_buf) diff = OB_BUF_INIT(1 << 16);
    cr_expect(now && e->before ? rig_equal(e->before, now, &diff) : !now == !e->before,
              "%s: %s: %s", what, e->name, ob_buf_str(&diff));
  }
}

static void expect_wanted(rig *r, const ob_plan *p, const char *what) {
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    OB_AUTOPTR(ob_json) now = rig_look(r, e->kind, e->name);
    OB_AUTO(ob_buf) path = OB_BUF_INIT(1 << 16);
    cr_expect(ob_edit_verify(e, now, &path), "%s: %s is not what was wanted at %s", what, e->name,
              ob_buf_str(&path));
  }
}

static void do_and_expect(rig *r, const ob_plan *p, uint64_t of, const char *what) {
  ob_apply_report *report = rig_apply(r, p, of);
  cr_expect_eq(report->phase, OB_APPLY_DONE, "%s: %s: %s: %s", what, p->title,
               ob_apply_phase_name(report->phase), report->err.msg);
  ob_apply_report_free(report);
}

static void take_back(rig *r, const char *what) {
  OB_AUTO(ob_buf) why = OB_BUF_INIT(1 << 16);
  ob_apply_report *report = rig_undo(r, false, &why);
  cr_assert(report && report->phase == OB_APPLY_DONE, "%s: undo: %s %s", what,
            report ? report->err.msg : "nothing", ob_buf_str(&why));
  ob_apply_report_free(report);
}

/* The next start: told, then finished (and that taken back) or undone. */
static const char *expect_told(rig *r, const ob_plan *p, bool finish, const char *what) {
  size_t done = 0, of = 0;
  for (size_t i = 0; i < p->nedits; i++) {
    done += rig_truth(r, &p->edits[i]);
    of += p->edits[i].nsteps;
  }
  ob_history *h = NULL;
  ob_err err = {0};
  const char *server = ob_session_status_get(r->session)->server, *met = "broken off";
  cr_assert_eq(ob_history_load(&h, r->journal, &err), 0, "%s", err.msg);
  if (h->n == 0) {
    met = "not in the journal";
    cr_expect_eq(done, 0, "%s: done, and not in the journal", what);
  } else if (h->entries[0].state == OB_ENTRY_DONE) {
    met = "done";
    cr_expect_eq(done, of, "%s: the journal says done", what);
    take_back(r, what);
    expect_before(r, p, what);
  } else {
    const ob_entry *e = ob_history_broken(h, server);
    cr_assert_not_null(e, "%s: %s", what, ob_entry_state_name(h->entries[0].state));
    ob_broken *b = rig_entry_look(r, e);
    cr_expect_eq(b->done, done, "%s: told %zu of %zu, the server has %zu: %s", what, b->done, b->of,
                 done, b->text);
    cr_expect_eq(b->of, of);
    cr_expect_eq(b->finish == NULL, done == of, "%s: %s", what, b->text);
    cr_expect_eq(b->undo == NULL, done == 0, "%s: %s", what, b->text);
    if (finish && b->finish) {
      do_and_expect(r, b->finish, e->id, what);
      expect_wanted(r, p, what);
      take_back(r, what);
    } else if (b->undo) {
      do_and_expect(r, b->undo, e->id, what);
    }
    expect_before(r, p, what);
    ob_broken_free(b);
    if (done && (finish || done)) {
      ob_history_free(h);
      cr_assert_eq(ob_history_load(&h, r->journal, &err), 0);
      cr_expect_null(ob_history_broken(h, server), "%s: it is still told as broken off", what);
    }
  }
  ob_history_free(h);
  return met;
}

/* OB_EVERY: of the points this many are between two that are tried. */
Test(killed, at_every_step_of_the_journal, .timeout = 900) {
  const char *every = getenv("OB_EVERY");
  int stride = every ? 1 : 5, tried = 0, points = 0, by_state[3] = {0};
  static const char *const states[] = {"not in the journal", "broken off", "done"};
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < OB_LEN(plans); i++) {
    int at = 1 + (int)i % stride;
    for (bool more = true; more; at += stride) {
      OB_AUTOFREE char *name = ob_asprintf("%s%d", plans[i].name, at);
      ob_plan *p = plans[i].plan(&r, name);
      char where[64];
      more = killed_at(&r, p, at, where);
      OB_AUTOFREE char *what = ob_asprintf("%s killed at %d, %s", plans[i].name, at, where);
      const char *met = expect_told(&r, p, at / stride % 2, what);
      for (size_t k = 0; more && k < OB_LEN(states); k++)
        by_state[k] += met == states[k] || ob_streq(met, states[k]);
      tried += more;
      unlink(r.journal);
      ob_plan_free(p);
    }
    points += at - stride - 1;
  }
  printf("killed %d times at %d points of %zu plans: %d before the journal knew, %d broken off, %d "
         "done\n",
         tried, points, OB_LEN(plans), by_state[0], by_state[1], by_state[2]);
  cr_expect(by_state[0] && by_state[1] && by_state[2]);
  rig_close(&r);
}

/* The server did it, and nobody heard. */
Test(killed, while_the_answer_is_on_its_way, .timeout = 120) {
  rig r;
  rig_open(&r, NULL);
  for (size_t i = 0; i < 2; i++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", i);
    ob_plan *p = node_port(&r, name);
    int out, status;
    pid_t pid = start(&r, p, 0, &out);
    /* Opening is over once the journal is there; what comes from then on is not let through. */
    struct stat st;
    for (int k = 0; k < 2000 && stat(r.journal, &st) < 0; k++) usleep(1000);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_STALL});
    for (int k = 0; k < 200 && rig_truth(&r, &p->edits[0]) == 0; k++) usleep(10000);
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    close(out);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
    ob_wire_drop_all(r.wire, true);
    expect_told(&r, p, i == 0, "stalled");
    unlink(r.journal);
    ob_plan_free(p);
  }
  rig_close(&r);
}
