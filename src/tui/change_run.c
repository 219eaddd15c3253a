/* What was confirmed: the plans of a run go one after another, and what was done is looked at until
 * it works. */
#include "tui/change_priv.h"

#include "base/str.h"

enum { WATCH_EVERY_MS = 1000 };

static void run_done(ob_change_run *r) {
  for (size_t i = 0; i < r->n; i++) ob_plan_free(r->plans[i]);
  free(r->plans);
  ob_buf_done(&r->failed);
}

static const char *name_of(const ob_plan *p, char **ret) {
  *ret = p->nedits ? ob_asprintf("%s/%s", p->edits[0].ns, p->edits[0].name) : ob_strdup(p->title);
  return *ret;
}

static void send_next(ob_tui *s, ob_change_run *r) {
  r->id = ob_session_apply(s->session, r->plans[r->at], r->undo_of);
}

void ob_change_run_start(ob_tui *s, bool stop) {
  ob_changing *c = s->changing;
  ob_change_run r = {.stop = stop,
                     .plans = ob_calloc(c->nparts, sizeof *r.plans),
                     .undo_of = c->undo_of,
                     .when = s->opened,
                     .failed = OB_BUF_INIT(OB_PLAN_MAX),
                     .flow = c->flow};
  for (size_t i = 0; i < c->nparts; i++)
    if (c->parts[i].tried) r.plans[r.n++] = ob_take(c->parts[i].plan);
  ob_vec_push(&c->runs, r);
  send_next(s, &c->runs.at[c->runs.len - 1]);
}

size_t ob_change_running(const ob_tui *s) {
  size_t n = 0;
  for (size_t i = 0; s->changing && i < s->changing->runs.len; i++)
    n += s->changing->runs.at[i].n - s->changing->runs.at[i].at;
  return n;
}

uint64_t ob_change_confirmed_when(const ob_tui *s) {
  const ob_changing *c = s->changing;
  return c && c->runs.len ? c->runs.at[c->runs.len - 1].when : 0;
}

/* --- does it work? ------------------------------------------------------------------------------
 */
static void watched_done(ob_change_watched *w) {
  ob_plan_free(w->plan);
  free(w->versions);
}

static void forget_watched(ob_changing *c, size_t i) {
  watched_done(&c->watched.at[i]);
  memmove(c->watched.at + i, c->watched.at + i + 1,
          (c->watched.len - 1 - i) * sizeof *c->watched.at);
  c->watched.len--;
}

static uint64_t version(const char *text) {
  return text ? strtoull(text, NULL, 10) : 0;
}

static void watch(ob_changing *c, const ob_apply_report *r) {
  if (c->watched.len == OB_CHANGE_WATCHED) forget_watched(c, 0);
  ob_change_watched w = {.plan = ob_plan_dup(r->plan),
                         .versions = ob_calloc(r->plan->nedits + 1, sizeof *w.versions),
                         .until_ms = ob_mono_ms() + OB_CHANGE_WATCH_MS};
  for (size_t i = 0; i < r->plan->nedits && i < r->nafter; i++)
    w.versions[i] =
        version(ob_json_get_str(ob_json_get(r->after[i], "metadata"), "resourceVersion"));
  ob_vec_push(&c->watched, w);
}

/* The picture does not have yet what the server answered. */
static bool is_older(const ob_cluster *c, const ob_change_watched *w) {
  for (size_t i = 0; i < w->plan->nedits; i++) {
    const ob_edit *e = &w->plan->edits[i];
    const ob_object *o = ob_cluster_find(c, e->kind, e->ns, e->name);
    if (o && w->versions[i] && version(o->rv) < w->versions[i]) return true;
  }
  return false;
}

int ob_change_watch(ob_tui *s) {
  ob_changing *c = s->changing;
  if (!c || c->watched.len == 0) return -1;
  free(ob_take(c->lacks));
  for (size_t i = c->watched.len; i-- > 0;) {
    ob_change_watched *w = &c->watched.at[i];
    OB_AUTO(ob_buf) lacks = OB_BUF_INIT(OB_PLAN_MAX);
    bool late = ob_mono_ms() >= w->until_ms;
    if (is_older(ob_tui_cluster(s), w) && !late) continue;
    ob_works works = ob_plan_works(ob_tui_cluster(s), w->plan, &lacks);
    const char *text = ob_buf_str(&lacks);
    OB_AUTOFREE char *line = ob_strndup(text, strcspn(text, "\n"));
    if (works == OB_WORKS_NOT_YET && !late) {
      w->waited = true;
      free(c->lacks);
      c->lacks = ob_take(line);
      continue;
    }
    if (works == OB_WORKS_YES && w->waited)
      ob_tui_say(s, false, "works: %s", w->plan->title);
    else if (works != OB_WORKS_YES)
      ob_tui_say(s, true, "%s: %s",
                 works == OB_WORKS_UNKNOWN ? "not known whether it works"
                                           : "does not work yet, and is left",
                 line);
    forget_watched(c, i);
  }
  return c->watched.len ? WATCH_EVERY_MS : -1;
}

void ob_change_runs_free(ob_changing *c) {
  for (size_t i = 0; i < c->runs.len; i++) run_done(&c->runs.at[i]);
  ob_vec_done(&c->runs);
  for (size_t i = 0; i < c->watched.len; i++) watched_done(&c->watched.at[i]);
  ob_vec_done(&c->watched);
  free(c->lacks);
}

bool ob_change_progress(const ob_tui *s, ob_buf *out) {
  const ob_changing *c = s->changing;
  if (!c || !c->watched.len || !c->lacks) return false;
  ob_buf_addf(out, "waits: %s", c->lacks);
  if (c->watched.len > 1) ob_buf_addf(out, ", and %zu more", c->watched.len - 1);
  ob_buf_adds(out, " (esc stops waiting)");
  return true;
}

bool ob_change_stop_watching(ob_tui *s) {
  ob_changing *c = s->changing;
  if (!c || !c->watched.len) return false;
  while (c->watched.len) {
    ob_tui_say(s, false, "no longer waited for: %s", c->watched.at[0].plan->title);
    forget_watched(c, 0);
  }
  free(ob_take(c->lacks));
  return true;
}

/* --- reports ------------------------------------------------------------------------------------
 */
/* Something else is being looked at or typed: that is not taken away. */
static bool busy(const ob_tui *s) {
  return ob_change_asking(s->changing) || s->prompt != OB_PROMPT_NONE ||
         s->menu.kind != OB_MENU_NONE || ob_form_in_view(&s->form) || s->full != OB_FULL_NONE;
}

/* One plan was not done: back to where it was typed, or to what both changed. */
static void failed_alone(ob_tui *s, ob_change_run *run, ob_apply_report *r) {
  ob_changing *c = s->changing;
  OB_AUTOFREE char *text = ob_change_err_text(&r->err, r->said);
  if (busy(s)) return;
  c->flow = run->flow;
  c->undo_of = run->undo_of;
  if (r->phase == OB_APPLY_CONFLICT && r->plan) {
    ob_change_show(s, ob_take(r->plan), ob_or(r->why, r->err.msg));
  } else if (r->phase == OB_APPLY_CONFLICT) {
    ob_change_both(s, run->plans[run->at]);
  } else if (r->why) {
    ob_change_show(s, NULL, r->why);
  } else {
    c->flow = NULL;
    if (run->flow && run->flow->again && r->phase == OB_APPLY_REFUSED) run->flow->again(s, text);
  }
}

/* What was typed for all of them is there again for those that failed. */
static void some_failed(ob_tui *s, const ob_change_run *run) {
  if (busy(s) || !run->flow || !run->flow->again) return;
  OB_AUTOFREE char *text =
      ob_asprintf("%zu of %zu done; failed: %s", run->done, run->n, ob_buf_str(&run->failed));
  run->flow->again(s, text);
}

static void tell(ob_tui *s, ob_change_run *run, ob_apply_report *r) {
  const char *title = run->plans[run->at]->title;
  for (size_t i = 0; i < r->nwarnings; i++)
    ob_tui_say(s, true, "the server warns: %s", r->warnings[i]);
  if (r->phase == OB_APPLY_DONE) {
    run->done++;
    if (run->n == 1) ob_form_kept_end(s, run->when, true);
    if (r->plan) watch(s->changing, r);
    if (run->n == 1) ob_tui_say(s, false, "done: %s (u takes it back)", title);
    return;
  }
  OB_AUTOFREE char *name = NULL;
  OB_AUTOFREE char *text = ob_change_err_text(&r->err, r->said);
  bool kept = run->n == 1 && ob_form_kept_end(s, run->when, false);
  ob_tui_say(s, true, "%s%s: %s%s%s", ob_apply_phase_name(r->phase),
             kept ? " (its form, opened again, has what was typed)" : "", title, *text ? ": " : "",
             text);
  ob_buf_addf(&run->failed, "%s%s (%s)", run->failed.len ? ", " : "",
              name_of(run->plans[run->at], &name), ob_apply_phase_name(r->phase));
}

static void tell_end(ob_tui *s, ob_change_run *run) {
  if (run->n == 1) return;
  OB_AUTO(ob_buf) left = OB_BUF_INIT(OB_PLAN_MAX);
  for (size_t i = run->at + 1; i < run->n; i++) {
    OB_AUTOFREE char *name = NULL;
    ob_buf_addf(&left, "%s%s", left.len ? ", " : "; not begun: ", name_of(run->plans[i], &name));
  }
  ob_tui_say(s, run->failed.len > 0, "%zu of %zu done%s%s%s", run->done, run->n,
             run->failed.len ? "; failed: " : " (u takes the last one back)",
             ob_buf_str(&run->failed), ob_buf_str(&left));
}

static void next(ob_tui *s, size_t at, ob_apply_report *r) {
  ob_changing *c = s->changing;
  ob_change_run *run = &c->runs.at[at];
  bool good = r->phase == OB_APPLY_DONE;
  tell(s, run, r);
  if ((good || !run->stop) && run->at + 1 < run->n) {
    run->at++;
    send_next(s, run);
    return;
  }
  tell_end(s, run);
  ob_change_run ended = *run;
  memmove(c->runs.at + at, c->runs.at + at + 1, (c->runs.len - 1 - at) * sizeof *c->runs.at);
  c->runs.len--;
  bool all = ended.done == ended.n;
  if (ended.n > 1) ob_form_kept_end(s, ended.when, all);
  if (all && ended.flow && ended.flow->done) ended.flow->done(s, ended.when);
  if (!good && ended.n == 1) failed_alone(s, &ended, r);
  if (!all && ended.n > 1) some_failed(s, &ended);
  run_done(&ended);
}

bool ob_change_run_report(ob_tui *s, uint32_t id, ob_apply_report *r) {
  ob_changing *c = s->changing;
  size_t at = 0;
  while (at < c->runs.len && c->runs.at[at].id != id) at++;
  if (at == c->runs.len) return false;
  const ob_change_run *run = &c->runs.at[at];
  if (ob_apply_ended(r->phase)) {
    next(s, at, r);
    return true;
  }
  const char *doing = r->phase == OB_APPLY_ASKING   ? "the connection broke: asking what came of it"
                      : r->phase == OB_APPLY_QUEUED ? "waits for another change of the same object"
                                                    : "changing …";
  if (run->n > 1)
    ob_tui_say(s, false, "%zu of %zu: %s", run->at + 1, run->n, doing);
  else
    ob_tui_say(s, false, "%s", doing);
  return true;
}
