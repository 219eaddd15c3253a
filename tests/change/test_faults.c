/* Writes over a wire that breaks, before a server that fails, and a journal that is cut: what the
 * person is told is what the server has. */
#include "rig.h"

#include "base/clock.h"
#include "base/str.h"
#include <sys/stat.h>
#include <unistd.h>

static ob_plan *to_node_port(rig *r, const char *name, ob_json **ret_before) {
  ob_plan *p = NULL;
  ob_err err = {0};
  *ret_before = rig_fetch(r, OB_KIND_SERVICE, name);
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r->session), *ret_before,
                               &(ob_convert){.to = OB_NODE_PORT}, &err),
               0, "%s", err.msg);
  return p;
}

static bool is_node_port(rig *r, const char *name) {
  OB_AUTOPTR(ob_json) j = rig_look(r, OB_KIND_SERVICE, name);
  return ob_streq(ct_text(j, "/spec/type"), "NodePort");
}

static void expect_truth(rig *r, const ob_apply_report *report, const char *name,
                         const char *what) {
  bool told = report->phase == OB_APPLY_DONE;
  cr_expect(told || report->phase == OB_APPLY_REFUSED || report->phase == OB_APPLY_CONFLICT,
            "%s: %s: %s", what, ob_apply_phase_name(report->phase), report->err.msg);
  cr_expect_eq(told, is_node_port(r, name), "%s: told %s", what,
               ob_apply_phase_name(report->phase));
}

/* The connection ends after each byte of the request, or of its answer: it may have arrived by
 * then. */
static void cut_at_every_byte(bool up, size_t bytes, size_t stride_by_default) {
  const char *every = getenv("OB_EVERY");
  size_t stride = every ? (size_t)atoi(every) : stride_by_default;
  rig r;
  rig_open(&r, NULL);
  int cuts = 0, done = 0;
  for (size_t at = 0; at < bytes; at += stride, cuts++) {
    OB_AUTOFREE char *name = ob_asprintf("s%zu", at),
                     *what = ob_asprintf("cut after %zu bytes %s", at, up ? "up" : "down");
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "/%s", name);
    OB_AUTOPTR(ob_json) before = NULL;
    ct_service(r.server, name, "'ports':[{'port':80}]");
    ob_plan *p = to_node_port(&r, name, &before);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = at % 2 ? OB_WIRE_RESET : OB_WIRE_CUT,
                                             .bytes = at,
                                             .up = up,
                                             .once = true});
    ob_apply_report *report = rig_apply(&r, p, 0);
    ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
    expect_truth(&r, report, name, what);
    done += report->phase == OB_APPLY_DONE;
    ob_apply_report_free(report);
    ob_plan_free(p);
    ct_call(r.server, "DELETE", NULL, path, NULL);
    if (cuts % 200 == 199) unlink(r.journal);
  }
  printf("%d cuts %s, %d done in the end\n", cuts, up ? "in the request" : "in the answer", done);
  rig_close(&r);
}

Test(faults, the_wire_cut_at_every_byte_of_an_answer, .timeout = 1800) {
  cut_at_every_byte(false, 3000, 97);
}

Test(faults, the_wire_cut_at_every_byte_of_a_request, .timeout = 1800) {
  cut_at_every_byte(true, 900, 47);
}

Test(faults, a_server_that_throttles_and_fails, .timeout = 120) {
  static const char *const faults[] = {"throttle-429=3", "error-500=3", "unauthorized-401=2"};
  for (size_t i = 0; i < OB_LEN(faults); i++) {
    rig r;
    rig_open(&r, NULL);
    if (!r.server->sim) {
      rig_close(&r);
      cr_skip_test("faults are the embedded server's");
    }
    ct_service(r.server, "web", "'ports':[{'port':80}]");
    OB_AUTOPTR(ob_json) before = NULL;
    ob_plan *p = to_node_port(&r, "web", &before);
    ob_apply_report *report = rig_apply(&r, p, 0);
    expect_truth(&r, report, "web", faults[i]);
    ob_apply_report_free(report);
    ob_plan_free(p);
    rig_close(&r);
  }
}

Test(faults, a_server_that_is_gone_is_told_as_unknown, .timeout = 120) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", "'ports':[{'port':80}]");
  OB_AUTOPTR(ob_json) before = NULL;
  ob_plan *p = to_node_port(&r, "web", &before);
  ob_wire_set(r.wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  ob_wire_drop_all(r.wire, true);
  ob_apply_report *report = rig_apply(&r, p, 0);
  cr_expect_eq(report->phase, OB_APPLY_UNKNOWN, "%s", ob_apply_phase_name(report->phase));
  cr_expect_not_null(strstr(ob_or(report->why, ""), "is not known"));
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}

/* --- the journal ----------------------------------------------------------------------------- */
Test(faults, a_journal_cut_at_every_byte_is_read_up_to_there) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", "'ports':[{'port':80}]");
  OB_AUTOPTR(ob_json) before = NULL;
  ob_plan *p = to_node_port(&r, "web", &before);
  rig_must(&r, p, "convert");
  OB_AUTO(ob_buf) whole = OB_BUF_INIT(1 << 20);
  ob_err err = {0};
  cr_assert_eq(ob_read_file(r.journal, &whole, &err), 0, "%s", err.msg);
  struct stat st;
  cr_assert_eq(stat(r.journal, &st), 0);
  cr_expect_eq(st.st_mode & 0777, 0600);
  const char *begun = strchr(ob_buf_str(&whole), '\n');
  const char *ended = ob_buf_str(&whole) + whole.len;
  for (size_t n = 0; n <= whole.len; n++) {
    OB_AUTOFREE char *path = ob_asprintf("%s/cut", r.folder);
    FILE *f = fopen(path, "w");
    fwrite(whole.ptr, 1, n, f);
    fclose(f);
    ob_history *h = NULL;
    cr_assert_eq(ob_history_load(&h, path, &err), 0, "%s", err.msg);
    const char *at = whole.ptr + n;
    cr_expect_eq(h->n, at > begun ? 1 : 0, "%zu", n);
    if (h->n)
      cr_expect_eq(h->entries[0].state, at >= ended ? OB_ENTRY_DONE : OB_ENTRY_UNDER_WAY, "%zu", n);
    ob_history_free(h);
    unlink(path);
  }
  /* What follows a cut record is a line of its own. */
  cr_assert_eq(truncate(r.journal, (off_t)whole.len - 7), 0);
  rig_reopen(&r);
  OB_AUTOPTR(ob_json) now = rig_fetch(&r, OB_KIND_SERVICE, "web");
  cr_assert_eq(ob_plan_convert(&p, ob_session_cluster(r.session), now,
                               &(ob_convert){.to = OB_CLUSTER_IP}, &err),
               0);
  rig_must(&r, p, "convert back");
  ob_history *h = NULL;
  cr_assert_eq(ob_history_load(&h, r.journal, &err), 0);
  cr_expect_eq(h->n, 2);
  cr_expect_eq(h->entries[0].state, OB_ENTRY_DONE);
  ob_history_free(h);
  rig_close(&r);
}

Test(faults, a_journal_that_cannot_be_written_lets_nothing_happen) {
  rig r;
  rig_open(&r, NULL);
  ct_service(r.server, "web", "'ports':[{'port':80}]");
  OB_AUTOPTR(ob_json) before = NULL;
  ob_plan *p = to_node_port(&r, "web", &before);
  OB_AUTOFREE char *state = ob_asprintf("%s/state", r.folder);
  cr_assert_eq(mkdir(state, 0700), 0);
  cr_assert_eq(symlink("/tmp/outboard-elsewhere", r.journal), 0);
  ob_apply_report *report = rig_apply(&r, p, 0);
  cr_expect_eq(report->phase, OB_APPLY_REFUSED);
  cr_expect_not_null(strstr(report->err.msg, "symbolic link"), "%s", report->err.msg);
  cr_expect_not(is_node_port(&r, "web"));
  ob_apply_report_free(report);
  ob_plan_free(p);
  rig_close(&r);
}
