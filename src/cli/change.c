/* See change.h. A plan is shown after the server's own dry run, so that what a person confirms is
 * what the server would make of it, defaults included. */
#include "cli/change.h"

#include "base/clock.h"
#include "base/settings.h"
#include "base/str.h"
#include "base/yaml.h"
#include "outboard/text.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { MERGES_MAX = 3, LOOK_MS = 500 };

int ob_change_open(ob_change_run *r, const ob_session_opts *base, ob_err *e) {
  static const char *const formats[] = {"table", "yaml", "json", "patch", "plan"};
  const char *format = ob_or(r->args->text[OB_OPT_OUTPUT], "table");
  bool known = false;
  for (size_t i = 0; i < OB_LEN(formats); i++) known |= ob_streq(format, formats[i]);
  if (!known) {
    ob_fail(e, OB_EUSAGE, "no output format is called \"%s\"", format);
    return ob_hint(e, "-o table, yaml, json, patch or plan");
  }
  if (r->args->flag[OB_OPT_MINE] && r->args->flag[OB_OPT_THEIRS])
    return ob_fail(e, OB_EUSAGE, "--mine and --theirs exclude each other");
  const char *wait = r->args->text[OB_OPT_WAIT];
  if (wait && !ob_cli_duration(wait, &r->works_ms))
    return ob_fail(e, OB_EUSAGE, "--wait %s: not a time like 30s or 2m", wait);
  int rc = ob_cli_timeout(r->args, &r->wait_ms, e);
  if (rc < 0) return rc;
  ob_session_opts opts = *base;
  opts.once = r->works_ms == 0;
  if (opts.scope == OB_SCOPE_ALL) opts.scope = OB_SCOPE_WIDEST;
  opts.terminal = isatty(STDIN_FILENO) ? OB_TERMINAL_OF_PLUGINS : OB_TERMINAL_OF_NOBODY;
  rc = ob_session_open(&r->session, &opts, e);
  char told[OB_CLI_NOTICE] = "";
  if (rc == 0) rc = ob_cli_wait(r->session, r->wait_ms, told, r->err, e);
  if (rc < 0) {
    ob_session_close(r->session);
    r->session = NULL;
  }
  return rc;
}

const char *ob_change_ns(const ob_change_run *r) {
  const char *ns = r->args->text[OB_OPT_NAMESPACE];
  return ns ? ns : ob_session_status_get(r->session)->context_ns;
}

int ob_change_name(const char *word, ob_kind kind, const char **ret, ob_err *e) {
  static const struct {
    ob_kind kind;
    const char *prefixes; /* as kubectl takes them */
  } rows[] = {{OB_KIND_SERVICE, " svc service services "},
              {OB_KIND_INGRESS, " ing ingress ingresses "}};
  const char *slash = strchr(word, '/');
  *ret = slash ? slash + 1 : word;
  if (!slash) return 0;
  OB_AUTOFREE char *prefix = ob_asprintf(" %.*s ", (int)(slash - word), word);
  for (size_t i = 0; i < OB_LEN(rows); i++)
    if (rows[i].kind == kind && strstr(rows[i].prefixes, prefix)) return 0;
  ob_fail(e, OB_EUSAGE, "\"%s\" names no %s", word, ob_kinds[kind].kind);
  return ob_hint(e, "%s/NAME or NAME; -n names the namespace",
                 kind == OB_KIND_SERVICE ? "svc" : "ing");
}

/* --- waiting ------------------------------------------------------------------------------------
 */
static int next_reply(ob_change_run *r, uint32_t id, ob_reply *ret, ob_err *e) {
  for (int64_t end = r->wait_ms == INT64_MAX ? INT64_MAX : ob_mono_ms() + r->wait_ms;;) {
    ob_session_pump(r->session, 0);
    while (ob_session_next_reply(r->session, ret)) {
      if (ret->id == id) return 0;
      ob_reply_done(ret);
    }
    int64_t left = end - ob_mono_ms();
    if (left <= 0) return ob_fail(e, OB_ETIMEOUT, "no answer in time");
    struct pollfd fd = {.fd = ob_session_fd(r->session), .events = POLLIN};
    if (poll(&fd, 1, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
      return ob_fail(e, OB_EIO, "poll: %s", strerror(errno));
  }
}

int ob_change_fetch(ob_change_run *r, ob_kind kind, const char *ns, const char *name, ob_json **ret,
                    ob_err *e) {
  *ret = NULL;
  const ob_object about = {.kind = kind, .ns = ns, .name = name};
  ob_reply reply;
  int rc = next_reply(r, ob_session_fetch(r->session, OB_FETCH_OBJECT, &about), &reply, e);
  if (rc < 0) return rc;
  *e = reply.err;
  *ret = ob_take(reply.json);
  ob_reply_done(&reply);
  if (e->code == OB_ENOTFOUND && !*e->hint)
    ob_hint(e, "it was looked for in namespace %s: -n names another", ns);
  return -(int)e->code;
}

int ob_change_one_ns(const ob_args *a, ob_err *e) {
  if (!a->flag[OB_OPT_ALL_NAMESPACES]) return 0;
  return ob_fail(e, OB_EUSAGE, "-A: what is changed lies in one namespace, which -n names");
}

int ob_change_fetch_plan(ob_change_run *r, const ob_plan *p, ob_json ***ret, ob_err *e) {
  *ret = NULL;
  ob_reply reply;
  int rc = next_reply(r, ob_session_fetch_plan(r->session, p), &reply, e);
  if (rc < 0) return rc;
  *e = reply.err;
  if (!e->code) {
    *ret = ob_take(reply.now);
    reply.nnow = 0;
  }
  ob_reply_done(&reply);
  return -(int)e->code;
}

void ob_change_free_now(ob_json **now, const ob_plan *p) {
  for (size_t i = 0; now && i < p->nedits; i++) ob_json_free(now[i]);
  free(now);
}

/* --- showing ------------------------------------------------------------------------------------
 */
void ob_change_say(FILE *f, const char *indent, const char *lines) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_PLAN_MAX);
  for (const char *at = lines; *at;) {
    size_t n = strcspn(at, "\n");
    OB_AUTOFREE char *line = ob_strndup(at, n);
    ob_buf_adds(&safe, indent);
    ob_text_safe_str(&safe, line, OB_TEXT_LINE);
    ob_buf_addc(&safe, '\n');
    at += n + (at[n] == '\n');
  }
  fputs(ob_buf_str(&safe), f);
}

static void show_warnings(ob_change_run *r, const ob_plan *p) {
  static const char *const marks[] = {
      [OB_WARN_NOTE] = "  note: ", [OB_WARN_CARE] = "  careful: ", [OB_WARN_LOSS] = "  lost: "};
  for (size_t i = 0; i < p->nwarnings; i++)
    ob_change_say(r->err, marks[p->warnings[i].level], p->warnings[i].text);
}

static void show_server_warnings(ob_change_run *r, const ob_apply_report *report) {
  for (size_t i = 0; i < report->nwarnings; i++)
    ob_change_say(r->err, "  the server warns: ", report->warnings[i]);
}

/* The diff, after the server's dry run where it could be asked. */
static void show_diff(FILE *f, const ob_plan *p, const ob_apply_report *dry) {
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    bool predicted = e->nsteps > 1;
    OB_AUTO(ob_buf) diff = OB_BUF_INIT(OB_PLAN_MAX);
    ob_edit_diff(e, predicted ? NULL : dry->after[i], &diff);
    OB_AUTOFREE char *head =
        ob_asprintf("%s %s/%s%s", ob_kinds[e->kind].kind, e->ns, e->name,
                    predicted ? " (predicted: its second step stands on the first)" : "");
    ob_change_say(f, "", head);
    ob_change_say(f, "  ", ob_buf_str(&diff));
  }
}

/* A line for each request, when they are asked for, and the kubectl line that does the same. */
static void show_steps(FILE *f, const ob_plan *p, bool requests) {
  for (size_t i = 0; i < p->nedits; i++)
    for (size_t k = 0; k < p->edits[i].nsteps; k++) {
      OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_PLAN_MAX);
      if (requests) {
        ob_plan_step_request(&p->edits[i], &p->edits[i].steps[k], &line);
        ob_buf_addc(&line, '\n');
      }
      ob_plan_step_kubectl(&p->edits[i], &p->edits[i].steps[k], &line);
      ob_change_say(f, "", ob_buf_str(&line));
    }
}

/* As kubectl prints objects: without managedFields. */
static void print_object(FILE *f, const ob_json *object, bool json, bool more) {
  OB_AUTOPTR(ob_json) copy = ob_json_dup(object);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  ob_json *meta = ob_json_get_mut(copy, "metadata");
  if (meta) ob_json_remove(meta, "managedFields");
  if (json)
    ob_json_print_pretty(&text, copy);
  else
    ob_yaml_print(&text, copy, false);
  if (more) ob_buf_adds(&text, json ? "\n" : "---\n");
  fwrite(ob_buf_str(&text), 1, text.len, f);
}

/* -o yaml, json, patch, plan. True when one of them was asked for. `after` NULL: nothing is sent,
 * and the objects are as they were. */
static bool print_as(ob_change_run *r, const ob_plan *p, struct ob_json *const *after) {
  const char *format = ob_or(r->args->text[OB_OPT_OUTPUT], "table");
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  if (ob_streq(format, "table")) return false;
  if (ob_streq(format, "patch")) {
    if (after) show_steps(r->out, p, false);
    return true;
  }
  if (ob_streq(format, "plan")) {
    ob_plan_write(p, &text);
    fwrite(ob_buf_str(&text), 1, text.len, r->out);
    return true;
  }
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_json *object = after ? after[i] : p->edits[i].before;
    if (object) print_object(r->out, object, ob_streq(format, "json"), i + 1 < p->nedits);
  }
  return true;
}

/* In a protected context its name is the confirmation: by an option, or typed. */
static bool confirmed_by_name(ob_change_run *r, const ob_plan *p, const char *context) {
  const char *given = r->args->text[OB_OPT_CONFIRM_CONTEXT];
  if (given && ob_streq(given, context)) return true;
  if (given || r->args->flag[OB_OPT_YES] || !isatty(STDIN_FILENO)) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&line, "outboard: context %s is protected: --confirm-context %s does it", context,
                context);
    ob_change_say(r->err, "", ob_buf_str(&line));
    return false;
  }
  ob_change_say(r->err, "", p->title);
  fputs("The context is protected. Its name: ", r->err);
  fflush(r->err);
  char answer[OB_LINE_MAX] = "";
  if (!fgets(answer, sizeof answer, stdin)) return false;
  answer[strcspn(answer, "\n")] = '\0';
  return ob_streq(answer, context);
}

static bool confirmed(ob_change_run *r, const ob_plan *p) {
  ob_err err = {0};
  OB_AUTOPTR(ob_settings) settings = ob_settings_load(NULL, &err);
  const char *context = ob_session_status_get(r->session)->context;
  if (!settings) {
    ob_change_say(r->err, "outboard: ", err.msg);
    return false; /* what is protected is not known */
  }
  if (ob_settings_protects(settings, context)) return confirmed_by_name(r, p, context);
  if (r->args->flag[OB_OPT_YES]) return true;
  if (!isatty(STDIN_FILENO)) {
    fputs("outboard: nobody is there to confirm; --yes does it without asking, --dry-run only "
          "shows\n",
          r->err);
    return false;
  }
  ob_change_say(r->err, "", p->title);
  fputs("Do it? [y/N] ", r->err);
  fflush(r->err);
  char answer[16] = "";
  return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* --- doing
 * ---------------------------------------------------------------------------------------- */
static ob_apply_report *wait_report(ob_change_run *r, uint32_t id, ob_err *e) {
  bool waited = false;
  for (ob_reply reply; next_reply(r, id, &reply, e) == 0;) {
    ob_apply_report *report = ob_take(reply.report);
    ob_reply_done(&reply);
    if (ob_apply_ended(report->phase)) return report;
    if (report->phase == OB_APPLY_WAITING && !waited)
      ob_change_say(r->err, "outboard: ", report->why);
    waited = report->phase == OB_APPLY_WAITING;
    if (report->phase == OB_APPLY_ASKING)
      fputs("outboard: the connection broke; asking the server what came of it\n", r->err);
    ob_apply_report_free(report);
  }
  return NULL;
}

int ob_change_settle(ob_change_run *r, ob_conflicts *c, ob_plan **ret, ob_err *e) {
  bool mine = r->args->flag[OB_OPT_MINE], theirs = r->args->flag[OB_OPT_THEIRS];
  *ret = NULL;
  if (!c) return -(int)OB_ECONFLICT;
  OB_AUTO(ob_buf) places = OB_BUF_INIT(OB_PLAN_MAX);
  ob_conflicts_text(c, &places);
  ob_change_say(r->err, "  ", ob_buf_str(&places));
  if (!mine && !theirs) {
    ob_hint(e, "--mine writes over it, --theirs leaves these places as they are");
    return -(int)OB_ECONFLICT;
  }
  int rc = -(int)OB_ECONFLICT;
  for (int i = 0; rc == -(int)OB_ECONFLICT && i < MERGES_MAX; i++) {
    for (size_t k = 0; k < c->n; k++) c->all[k].take = mine ? OB_TAKE_MINE : OB_TAKE_THEIRS;
    rc = ob_conflicts_resolve(ret, c, e);
  }
  if (rc == 0) ob_err_clear(e);
  return rc;
}

static int exit_of(ob_apply_phase phase) {
  switch (phase) {
  case OB_APPLY_READY:
  case OB_APPLY_DONE: return OB_EXIT_OK;
  case OB_APPLY_CONFLICT: return OB_EXIT_CONFLICT;
  case OB_APPLY_OTHERWISE:
  case OB_APPLY_PARTIAL:
  case OB_APPLY_UNKNOWN: return OB_EXIT_PARTLY;
  default: return OB_EXIT_FAILURE;
  }
}

static int until_it_works(ob_change_run *r, const ob_plan *done) {
  OB_AUTO(ob_buf) lacks = OB_BUF_INIT(OB_LINE_MAX);
  for (int64_t end = ob_mono_ms() + r->works_ms; ob_mono_ms() < end;) {
    ob_session_pump(r->session, 0);
    ob_buf_reset(&lacks);
    if (ob_plan_works(ob_session_cluster(r->session), done, &lacks) == OB_WORKS_YES) {
      fputs("It works.\n", r->err);
      return OB_EXIT_OK;
    }
    struct pollfd fd = {.fd = ob_session_fd(r->session), .events = POLLIN};
    poll(&fd, 1, LOOK_MS);
  }
  fputs("outboard: it is done, and does not work yet:\n", r->err);
  ob_change_say(r->err, "  ", ob_buf_str(&lacks));
  return OB_EXIT_NOT_YET;
}

static int tell(ob_change_run *r, ob_apply_report *report) {
  show_server_warnings(r, report);
  if (report->phase == OB_APPLY_DONE) {
    if (!print_as(r, report->plan, report->after))
      ob_change_say(r->out, "done: ", report->plan->title);
    if (report->err.code) ob_cli_error(r->err, &report->err); /* the journal could not be written */
    return r->works_ms ? until_it_works(r, report->plan) : OB_EXIT_OK;
  }
  if (report->conflicts)
    ob_hint(&report->err, "--mine writes over it, --theirs leaves it as it is");
  bool refused = report->phase == OB_APPLY_REFUSED || report->phase == OB_APPLY_REVERTED;
  if (refused && report->plan && ob_plan_hops(report->plan) && !*report->err.hint)
    ob_hint(&report->err, "--recreate deletes it and creates it anew; --dry-run shows what is lost");
  if (report->err.code) ob_cli_error_said(r->err, &report->err, report->said);
  fprintf(r->err, "outboard: %s\n", ob_apply_phase_name(report->phase));
  if (report->why) ob_change_say(r->err, "  ", report->why);
  return exit_of(report->phase);
}

/* By --mine or --theirs: the plan in the report is then what was decided. */
static bool decided(ob_change_run *r, ob_apply_report *report) {
  bool said = r->args->flag[OB_OPT_MINE] || r->args->flag[OB_OPT_THEIRS];
  return said && !report->plan && report->conflicts &&
         ob_change_settle(r, report->conflicts, &report->plan, &report->err) == 0;
}

int ob_change_recreated(ob_change_run *r, ob_plan **io_p, ob_err *e) {
  ob_plan *p = NULL;
  if (!r->args->flag[OB_OPT_RECREATE]) return 0;
  int rc = ob_plan_recreate(&p, *io_p, e);
  if (rc < 0) return rc;
  ob_plan_free(*io_p);
  *io_p = p;
  return 0;
}

/* One try; *io_p is replaced by the merged plan when somebody else was faster, elsewhere. */
static int attempt(ob_change_run *r, ob_plan **io_p, uint64_t undo_of, bool *ret_again) {
  ob_err e = {0};
  *ret_again = false;
  ob_apply_report *dry = wait_report(r, ob_session_dry_run(r->session, *io_p), &e);
  if (!dry) return ob_cli_fail(r->err, &e);
  int rc = OB_EXIT_OK;
  bool only = r->args->flag[OB_OPT_DRY_RUN];
  if (dry->phase == OB_APPLY_CONFLICT && decided(r, dry)) {
    ob_plan_free(*io_p);
    *io_p = ob_take(dry->plan);
    *ret_again = true;
  } else if (dry->phase != OB_APPLY_READY && !(dry->phase == OB_APPLY_CONFLICT && dry->plan)) {
    rc = tell(r, dry);
  } else if (dry->phase == OB_APPLY_CONFLICT) {
    fputs("outboard: somebody else changed it meanwhile, at another place; both go together:\n",
          r->err);
    ob_plan_free(*io_p);
    *io_p = ob_take(dry->plan);
    *ret_again = true;
  } else if (dry->already) {
    ob_change_say(r->err,
                  ob_plan_deletes(*io_p) ? "nothing to do: it is gone already: "
                                         : "nothing to do: it is so already: ",
                  (*io_p)->title);
    print_as(r, *io_p, NULL);
  } else {
    bool printed = only && print_as(r, *io_p, dry->after);
    show_warnings(r, *io_p);
    show_server_warnings(r, dry);
    FILE *shown = only ? r->out : r->err;
    bool asks = only || !r->args->flag[OB_OPT_YES];
    if (!printed) show_diff(shown, *io_p, dry);
    if (!printed && (asks || r->args->flag[OB_OPT_DIFF])) show_steps(shown, *io_p, true);
    if (!only && !confirmed(r, *io_p)) rc = OB_EXIT_DECLINED;
    if (!only && rc == OB_EXIT_OK) {
      ob_apply_report *done = wait_report(r, ob_session_apply(r->session, *io_p, undo_of), &e);
      if (!done) {
        rc = ob_cli_fail(r->err, &e);
      } else if (done->phase == OB_APPLY_CONFLICT && (done->plan || decided(r, done))) {
        ob_plan_free(*io_p);
        *io_p = ob_take(done->plan);
        *ret_again = true;
        rc = OB_EXIT_CONFLICT;
      } else {
        rc = tell(r, done);
      }
      ob_apply_report_free(done);
    }
  }
  ob_apply_report_free(dry);
  return rc;
}

int ob_change_carry_out(ob_change_run *r, ob_plan *move_p, uint64_t undo_of) {
  int rc = OB_EXIT_OK;
  if (ob_plan_empty(move_p)) {
    ob_change_say(r->err, "nothing to do: ", move_p->title);
    print_as(r, move_p, NULL);
  } else {
    bool again = true;
    for (int i = 0; again && i < MERGES_MAX; i++) rc = attempt(r, &move_p, undo_of, &again);
    if (again) {
      ob_change_say(r->err, "outboard: somebody else changes it again and again: nothing is done: ",
                    move_p->title);
      rc = OB_EXIT_CONFLICT;
    }
  }
  ob_plan_free(move_p);
  return rc;
}
