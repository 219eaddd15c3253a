/* One job a plan, driven by the answers.
 *
 * Every request carries the resourceVersion that the job saw last, so sending it twice cannot do
 * it twice: when no answer came the object is read, and what stands there tells whether the write
 * arrived (it holds what was wanted), did not (the version is still ours: send it again) or whether
 * somebody else came between (a conflict like any other). */
#include "base/json.h"
#include "base/str.h"
#include "kube/status.h"
#include "model/tree.h"
#include "sync/apply_priv.h"

ob_applier *ob_applier_new(const ob_applier_opts *opts) {
  ob_applier *a = ob_calloc(1, sizeof *a);
  a->opts = *opts;
  return a;
}

static void job_free(ob_job *j) {
  ob_http_cancel(j->call);
  for (size_t i = 0; j->plan && j->after && i < j->plan->nedits; i++) ob_json_free(j->after[i]);
  free(j->after);
  ob_plan_free(j->plan);
  ob_plan_free(j->back);
  for (size_t i = 0; i < j->warnings.len; i++) free(j->warnings.at[i]);
  ob_vec_done(&j->warnings);
  for (size_t i = 0; i < j->sent.len; i++) ob_sent_done(&j->sent.at[i]);
  ob_vec_done(&j->sent);
  free(j->path);
  free(j->said);
  free(j->let_go);
  free(j->met_text);
  free(j);
}

static ob_entry_state entry_state(ob_apply_phase phase) {
  switch (phase) {
  case OB_APPLY_DONE:
  case OB_APPLY_OTHERWISE: return OB_ENTRY_DONE;
  case OB_APPLY_PARTIAL: return OB_ENTRY_PARTIAL;
  case OB_APPLY_UNKNOWN: return OB_ENTRY_BROKEN_OFF;
  default: return OB_ENTRY_FAILED;
  }
}

/* The plan as the server has it: what undo takes for the base. */
static void adopt(ob_job *j) {
  for (size_t i = 0; i < j->plan->nedits; i++) {
    ob_edit *e = &j->plan->edits[i];
    if (!j->after[i] || !e->wanted) continue;
    ob_json_free(e->wanted);
    e->wanted = ob_tree_intent(j->after[i]);
  }
}

/* A dry run found every object as the plan would make it. */
static bool all_is_so(const ob_job *j) {
  size_t n = 0;
  for (size_t i = 0; i < j->plan->nedits; i++) n += j->plan->edits[i].nsteps > 0;
  return n == j->already;
}

/* Everything that a person was told of an ending. */
static char *note_of(const ob_job *j, const char *why) {
  const char *text = j->said ? j->said : j->failed.msg;
  if (!j->failed.code) return ob_strdup_opt(why);
  return ob_asprintf("%s%s%s", text, why ? "\n" : "", ob_or(why, ""));
}

/* `why` moves into the report; `clash`, of CONFLICT, is set on it by whoever ends so. */
static ob_apply_report *ended(ob_job *j, ob_apply_phase phase, char *move_why) {
  ob_err disk = {0};
  bool done = phase == OB_APPLY_DONE || phase == OB_APPLY_OTHERWISE;
  if (!j->dry && (done || phase == OB_APPLY_PARTIAL)) adopt(j);
  OB_AUTOFREE char *note = note_of(j, move_why);
  if (j->entry)
    ob_journal_end(j->all->journal, j->entry, entry_state(phase), done ? j->plan : NULL, note,
                   &disk);
  ob_apply_report *r = ob_job_report_new(j, phase);
  r->err = j->failed.code ? j->failed : disk;
  r->said = j->failed.code ? ob_take(j->said) : NULL;
  r->why = move_why;
  r->nafter = j->plan->nedits;
  r->after = ob_take(j->after);
  r->already = phase == OB_APPLY_READY && all_is_so(j);
  r->warnings = j->warnings.at;
  r->nwarnings = j->warnings.len;
  j->warnings.at = NULL;
  j->warnings.len = j->warnings.cap = 0;
  if (phase != OB_APPLY_CONFLICT) r->plan = ob_take(j->plan);
  j->doing = OVER;
  return r;
}

void ob_job_end(ob_job *j, ob_apply_phase phase, char *move_why) {
  ob_job_report(j, ended(j, phase, move_why));
}

/* --- the order of things ------------------------------------------------------------------------
 */
static void again_later(ob_job *j, int64_t wait_ms) {
  ob_job_later(j, j->tries++, wait_ms);
}

static ob_json *take_object(const ob_http_result *res) {
  ob_json *o = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  if (ob_json_get(o, "metadata") && !ob_streq(ob_json_get_str(o, "kind"), "Status")) return o;
  ob_json_free(o);
  return NULL;
}

/* The request was answered well; `object` is what the server has now (NULL: deleted). */
void ob_job_step_done(ob_job *j, ob_json *move_object) {
  ob_edit *e = ob_job_edit(j);
  j->tries = 0;
  if (j->dry_step) { /* the write itself is next */
    ob_json_free(move_object);
    j->dry_step = false;
    ob_job_send(j);
    return;
  }
  ob_json_free(j->after[j->edit]);
  j->after[j->edit] = move_object;
  j->step++;
  if (j->dry) {
    j->step = e->nsteps; /* later steps stand on what has not happened */
  } else if (!j->back) {
    j->done++;
    ob_journal_step(j->all->journal, j->entry, j->done, NULL);
  }
  ob_job_advance(j);
}

static void verify_all(ob_job *j) {
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < j->plan->nedits && !j->dry; i++) {
    const ob_edit *e = &j->plan->edits[i];
    if (e->nsteps == 0) continue;
    OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
    if (!e->wanted || ob_edit_verify(e, j->after[i], &path)) continue;
    ob_buf_addf(&why, "%s/%s %s is not what was asked for\n", e->ns, e->name, ob_buf_str(&path));
  }
  bool otherwise = why.len > 0;
  ob_job_end(j,
             j->dry      ? OB_APPLY_READY
             : otherwise ? OB_APPLY_OTHERWISE
                         : OB_APPLY_DONE,
             otherwise ? ob_buf_take(&why, NULL) : NULL);
}

/* The next step, or the end. */
void ob_job_advance(ob_job *j) {
  if (j->back) {
    if (j->step < ob_job_edit(j)->nsteps)
      ob_job_send(j);
    else
      ob_job_back_done(j);
    return;
  }
  while (j->edit < j->plan->nedits && j->step >= j->plan->edits[j->edit].nsteps) {
    j->edit++;
    j->step = 0;
  }
  if (j->edit >= j->plan->nedits) {
    verify_all(j);
    return;
  }
  const ob_edit *e = ob_job_edit(j);
  /* What was deleted is created at once: that it can be was asked before (probed). */
  j->dry_step = !j->dry && ob_job_step(j)->predicted && !e->recreate;
  j->probe = j->dry && e->recreate;
  ob_job_progress(j, OB_APPLY_SENDING);
  ob_job_send(j);
}

/* The server refused for good. text: of the server, whole; NULL: it is in err. */
static void refused(ob_job *j, const ob_err *err, char *move_text) {
  OB_AUTOFREE char *text = move_text;
  if (j->back) { /* the way back is refused as well: both reasons count */
    ob_job_back_refused(j, text ? text : err->msg);
    return;
  }
  j->failed = *err;
  free(j->said);
  j->said = ob_take(text);
  if (j->step > 0 && !j->dry) {
    ob_job_turn_back(j);
    return;
  }
  ob_job_end(j, j->edit > 0 && !j->dry ? OB_APPLY_PARTIAL : OB_APPLY_REFUSED, NULL);
}

/* A creation that was tried while its name is taken: the server looks at everything else first, so
 * that this answer is the good one. */
static bool is_taken(const ob_job *j, const ob_http_result *res) {
  return j->probe && res->err.code == OB_ECONFLICT && res->failure &&
         ob_streq(res->failure->reason, "AlreadyExists");
}

static void answered(ob_job *j, const ob_http_result *res) {
  const ob_edit *e = ob_job_edit(j);
  ob_json *object = take_object(res);
  if (ob_job_step(j)->verb == OB_STEP_DELETE) {
    bool stays = !object || ob_tree_going(object);
    ob_json_free(object);
    if (stays && e->recreate && !j->dry)
      ob_job_look(j, LEAVING);
    else
      ob_job_step_done(j, NULL);
  } else if (object) {
    ob_job_step_done(j, object);
  } else {
    ob_job_look(j, ASKING); /* a proxy ate the answer */
  }
}

/* The answer alone does not tell what the server has. */
static void look(ob_job *j, ob_doing why, const ob_http_result *res) {
  j->met = res->err;
  free(j->met_text);
  j->met_text = ob_job_text(j, res);
  ob_job_look(j, why);
}

void ob_job_written(void *arg, const ob_http_result *res) {
  ob_job *j = arg;
  j->call = NULL;
  ob_job_note(j, res);
  if (j->probe && (!res->err.code || is_taken(j, res))) {
    j->probe = false; /* the deletion is next */
    j->tries = 0;
    ob_job_send(j);
    return;
  }
  if (!res->err.code) {
    answered(j, res);
    return;
  }
  if (ob_job_patient(j, res)) return;
  bool more = j->tries + 1 < OB_APPLY_TRIES;
  switch (res->err.code) {
  case OB_ETOOMANY: /* not done, says the server */
    if (!more) break;
    again_later(j, res->retry_after_ms);
    return;
  case OB_ENOTFOUND: /* what shall go is gone, it seems */
    if (ob_job_step(j)->verb != OB_STEP_DELETE) break;
    look(j, LOOKING, res);
    return;
  case OB_ECONFLICT:
    if (j->probe) break;
    look(j, LOOKING, res);
    return;
  case OB_EINVALID: /* a failed test of a JSON Patch has no causes */
    if (res->status == 422 && ob_job_step(j)->json_patch &&
        !(res->failure && res->failure->ncauses)) {
      look(j, LOOKING, res);
      return;
    }
    break;
  case OB_ENET:
  case OB_ETLS:
  case OB_EPROTO:
  case OB_ETIMEOUT:
  case OB_ESERVER: /* done or not: nobody knows yet */
    if (j->dry || j->dry_step) {
      if (!more) break;
      again_later(j, res->retry_after_ms);
      return;
    }
    ob_job_progress(j, OB_APPLY_ASKING);
    look(j, ASKING, res);
    return;
  default: break;
  }
  refused(j, &res->err, ob_job_text(j, res));
}

/* A controller wrote its status meanwhile, and nothing that people write: the same request on the
 * new version. */
static bool only_the_version(ob_job *j, ob_json **io_now) {
  if (!*io_now || !ob_job_seen(j) || j->tries >= OB_APPLY_TRIES) return false;
  OB_AUTOPTR(ob_json) was = ob_tree_intent(ob_job_seen(j));
  OB_AUTOPTR(ob_json) is = ob_tree_intent(*io_now);
  if (!ob_json_equal(was, is)) return false;
  ob_json_free(j->after[j->edit]);
  j->after[j->edit] = ob_take(*io_now);
  j->tries++;
  ob_job_send(j);
  return true;
}

/* Somebody was faster (or the object is gone): the plan on what is there now. */
static void rebase(ob_job *j, ob_json *move_now) {
  const ob_edit *e = &j->plan->edits[j->edit];
  OB_AUTOPTR(ob_json) now = move_now;
  if (only_the_version(j, &now)) return;
  ob_err err = {0};
  if (j->step > 0 || j->back) { /* between our two steps */
    ob_fail(&err, OB_ECONFLICT, "somebody changed %s/%s between the steps", e->ns, e->name);
    ob_json_free(j->after[j->edit]);
    j->after[j->edit] = ob_take(now);
    bool theirs = e->recreate && j->after[j->edit]; /* it is no longer the one that was deleted */
    if (theirs)
      ob_fail(&err, OB_ECONFLICT,
              "%s/%s was deleted, and somebody else created one in its "
              "place: theirs stays",
              e->ns, e->name);
    if (theirs || !j->after[j->edit]) {
      if (!j->failed.code) j->failed = err;
      ob_job_end(j, OB_APPLY_PARTIAL, j->back ? ob_asprintf("%s\n", err.msg) : NULL);
    } else {
      refused(j, &err, NULL);
    }
    return;
  }
  bool taken = !e->before && now; /* a name that somebody else used first is no merge */
  ob_plan *rest = ob_plan_new(j->plan->title), *rebased = NULL;
  ob_conflicts *clash = NULL;
  const ob_json **all = ob_calloc(j->plan->nedits, sizeof *all);
  for (size_t i = j->edit; i < j->plan->nedits; i++) {
    const ob_edit *x = &j->plan->edits[i];
    all[i - j->edit] = i == j->edit ? now : x->before;
    ob_plan_add(rest, x->kind, x->before, x->wanted, NULL);
    if (x->origin) rest->edits[rest->nedits - 1].origin = ob_json_dup(x->origin);
    rest->edits[rest->nedits - 1].recreate = x->recreate; /* the merge makes its steps */
  }
  rest->finishes = j->plan->finishes;
  for (size_t i = 0; i < j->plan->nwarnings; i++)
    ob_plan_warn(rest, j->plan->warnings[i].level, "%s", j->plan->warnings[i].text);
  if (!taken) ob_plan_merge(&rebased, rest, OB_PLAN_AGAIN, all, &clash, &err);
  ob_plan_free(rest);
  free(all);
  if (taken)
    ob_fail(&j->failed, OB_ECONFLICT, "metadata.name: there is a %s %s/%s already",
            ob_kinds[e->kind].kind, e->ns, e->name);
  else
    ob_fail(&j->failed, OB_ECONFLICT, "%s/%s was changed by somebody else meanwhile", e->ns,
            e->name);
  ob_hint(&j->failed, "%s",
          taken     ? "choose another name for the new one"
          : rebased ? "both changes go together: look at the plan as it is now and confirm it again"
                    : "both change one place: look, and decide again");
  ob_json_free(j->after[j->edit]);
  j->after[j->edit] = ob_take(now);
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  ob_conflicts_text(clash, &why);
  bool partial = j->edit > 0 && !j->dry;
  if (partial) ob_buf_adds(&why, "earlier objects of the plan are changed: undo takes them back\n");
  ob_apply_report *r = ended(j, partial ? OB_APPLY_PARTIAL : OB_APPLY_CONFLICT,
                             why.len ? ob_buf_take(&why, NULL) : NULL);
  if (partial) {
    ob_plan_free(rebased);
    ob_conflicts_free(clash);
  } else {
    r->plan = rebased;
    r->conflicts = clash;
  }
  ob_job_report(j, r);
}

/* The write, or the same of somebody else, is in what the server has. */
static bool has_arrived(const ob_job *j, const ob_json *now) {
  const ob_edit *e = ob_job_edit(j);
  const ob_plan_step *s = ob_job_step(j);
  const ob_json *was = ob_job_seen(j);
  if (s->verb == OB_STEP_DELETE && e->recreate)
    return j->dry ? now && ob_edit_verify(e, now, NULL) : !now;
  if (s->verb == OB_STEP_DELETE) /* one of another uid came later */
    return !now || (!j->dry && ob_tree_going(now)) ||
           (*ob_tree_uid(was) && strcmp(ob_tree_uid(was), ob_tree_uid(now)) != 0);
  if (!now || (was && ob_streq(ob_job_version(now), ob_job_version(was)))) return false;
  bool last = j->step + 1 == e->nsteps;
  return last ? ob_edit_verify(e, now, NULL) : ob_tree_covers(s->body, now, NULL);
}

/* What the object is after a write that nobody answered, or that was refused as if somebody had
 * been faster: that may have been ourselves, when the transport sent the request twice. */
static void asked(ob_job *j, ob_json *move_now) {
  const ob_edit *e = ob_job_edit(j);
  const ob_plan_step *s = ob_job_step(j);
  const ob_json *was = ob_job_seen(j);
  OB_AUTOPTR(ob_json) now = move_now;
  bool same = now && was && ob_streq(ob_job_version(now), ob_job_version(was));
  bool goes = s->verb == OB_STEP_DELETE && e->recreate && !j->dry && now && ob_tree_going(now);
  if (goes && ob_streq(ob_tree_uid(now), ob_tree_uid(was))) {
    ob_job_left(j, ob_take(now));
    return;
  }
  if (has_arrived(j, now)) {
    j->already += j->dry;
    ob_job_step_done(j, s->verb == OB_STEP_DELETE && !j->dry ? NULL : ob_take(now));
    return;
  }
  if (j->doing == LOOKING) {
    if (same)
      refused(j, &j->met, ob_take(j->met_text));
    else
      rebase(j, ob_take(now));
    return;
  }
  bool untouched = s->verb == OB_STEP_CREATE ? !now : same;
  if (untouched && j->tries < OB_APPLY_TRIES) {
    j->doing = j->back ? REVERTING : SENDING;
    again_later(j, -1);
    return;
  }
  if (untouched) {
    ob_err err;
    ob_fail(&err, OB_ENET, "the request did not arrive, %d times", OB_APPLY_TRIES);
    refused(j, &err, NULL);
    return;
  }
  rebase(j, ob_take(now));
}

static void unknown(ob_job *j, const ob_http_result *res) {
  const ob_edit *e = ob_job_edit(j);
  if (!j->failed.code) {
    j->failed = j->met.code ? j->met : res->err;
    j->said = j->met.code ? ob_take(j->met_text) : NULL;
  }
  ob_job_end(j, OB_APPLY_UNKNOWN,
             j->doing == LEAVING
                 ? ob_asprintf("%s/%s is deleted; whether it is gone is not known: the server does "
                               "not answer\n",
                               e->ns, e->name)
                 : ob_asprintf("whether step %zu of %s/%s was done is not known: the server does "
                               "not answer\n",
                               j->step + 1, e->ns, e->name));
}

void ob_job_looked(void *arg, const ob_http_result *res) {
  ob_job *j = arg;
  j->call = NULL;
  bool gone = res->err.code == OB_ENOTFOUND;
  ob_json *now = res->err.code ? NULL : take_object(res);
  if (gone || now) {
    if (j->doing == LEAVING)
      ob_job_left(j, now);
    else
      asked(j, now);
  } else if (j->tries >= OB_APPLY_TRIES) {
    unknown(j, res);
  } else {
    again_later(j, res->retry_after_ms);
  }
}

/* --- jobs
 * -------------------------------------------------------------------------------------------- */
static bool share_an_object(const ob_job *a, const ob_job *b) {
  for (size_t i = 0; i < a->plan->nedits; i++)
    for (size_t k = 0; k < b->plan->nedits; k++) {
      const ob_edit *x = &a->plan->edits[i], *y = &b->plan->edits[k];
      if (x->kind == y->kind && ob_streq(x->ns, y->ns) && ob_streq(x->name, y->name)) return true;
    }
  return false;
}

/* Dry runs change nothing and wait for nobody. */
static bool must_wait(const ob_applier *a, const ob_job *j) {
  for (const ob_job *x = a->jobs; x && x != j; x = x->next)
    if (!j->dry && !x->dry && x->doing != OVER && share_an_object(x, j)) return true;
  return false;
}

static void begin(ob_job *j) {
  ob_applier *a = j->all;
  if (!j->dry) {
    ob_err err = {0};
    if (!a->journal) ob_journal_open(&a->journal, a->opts.journal, &err);
    if (a->journal)
      j->entry =
          ob_journal_begin(a->journal, a->opts.context, a->opts.server, j->plan, j->undo_of, &err);
    if (!j->entry) { /* what cannot be written down cannot be undone */
      j->failed = err;
      ob_job_end(j, OB_APPLY_REFUSED, NULL);
      return;
    }
  }
  ob_job_advance(j);
}

void ob_applier_start(ob_applier *a, uint32_t id, ob_plan *move_plan, bool dry, uint64_t undo_of) {
  ob_job *j = ob_calloc(1, sizeof *j);
  *j = (ob_job){.all = a, .id = id, .plan = move_plan, .dry = dry, .undo_of = undo_of};
  j->after = ob_calloc(move_plan->nedits + 1, sizeof *j->after);
  ob_job **at = &a->jobs;
  while (*at) at = &(*at)->next;
  *at = j;
  if (must_wait(a, j))
    ob_job_progress(j, OB_APPLY_QUEUED);
  else
    begin(j);
}

int64_t ob_applier_run(ob_applier *a, int64_t now_ms) {
  int64_t next = INT64_MAX;
  for (ob_job **at = &a->jobs; *at;) {
    ob_job *j = *at;
    if (j->doing == OVER) {
      *at = j->next;
      job_free(j);
      continue;
    }
    if (j->doing == WAITING && !must_wait(a, j)) {
      begin(j);
    } else if (j->due_ms && j->due_ms <= now_ms) {
      if (j->doing == ASKING || j->doing == LOOKING || j->doing == LEAVING)
        ob_job_look(j, j->doing);
      else
        ob_job_send(j);
    }
    if (j->doing == OVER) continue; /* freed at once: somebody may wait for its object */
    if (j->due_ms && j->due_ms < next) next = j->due_ms;
    at = &j->next;
  }
  return next;
}

void ob_applier_free(ob_applier *a) {
  if (!a) return;
  for (ob_job *j = a->jobs, *next; j; j = next) {
    next = j->next;
    job_free(j);
  }
  ob_journal_close(a->journal);
  free(a);
}
