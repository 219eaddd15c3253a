/* One job a plan, driven by the answers.
 *
 * Every request carries the resourceVersion that the job saw last, so sending it twice cannot do
 * it twice: when no answer came the object is read, and what stands there tells whether the write
 * arrived (it holds what was wanted), did not (the version is still ours: send it again) or whether
 * somebody else came between (a conflict like any other). */
#include "base/json.h"
#include "base/str.h"
#include "kube/path.h"
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

/* `why` moves into the report; `clash`, of CONFLICT, is set on it by whoever ends so. */
static ob_apply_report *ended(ob_job *j, ob_apply_phase phase, char *move_why) {
  ob_err disk = {0};
  bool done = phase == OB_APPLY_DONE || phase == OB_APPLY_OTHERWISE;
  if (!j->dry && (done || phase == OB_APPLY_PARTIAL)) adopt(j);
  if (j->entry)
    ob_journal_end(j->all->journal, j->entry, entry_state(phase), done ? j->plan : NULL,
                   j->failed.code ? j->failed.msg : move_why, &disk);
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

static void end(ob_job *j, ob_apply_phase phase, char *move_why) {
  ob_job_report(j, ended(j, phase, move_why));
}

/* --- requests ----------------------------------------------------------------------------------
 */
static const ob_json *seen(const ob_job *j) {
  return j->after[j->edit] ? j->after[j->edit] : ob_job_edit(j)->before;
}

static const char *version_of(const ob_json *object) {
  return ob_or(ob_json_get_str(ob_json_get(object, "metadata"), "resourceVersion"), "");
}

static void object_path(ob_buf *path, const ob_edit *e, bool named) {
  const ob_kind_info *k = &ob_kinds[e->kind];
  ob_api_path(path, k->group, k->version, e->ns, k->plural, named ? e->name : NULL, NULL);
}

static void write_path(ob_buf *path, const ob_edit *e, const ob_plan_step *s) {
  object_path(path, e, s->verb != OB_STEP_CREATE);
  if (s->verb != OB_STEP_DELETE) ob_api_query(path, "fieldManager", "outboard");
  if (s->verb != OB_STEP_DELETE) ob_api_query(path, "fieldValidation", "Strict");
}

void ob_plan_step_request(const ob_edit *e, const ob_plan_step *s, ob_buf *out) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  write_path(&path, e, s);
  ob_buf_addf(out, "%s %s", ob_plan_step_methods[s->verb], ob_buf_str(&path));
}

/* The body with the version that it stands on. */
static ob_json *body_of(const ob_job *j, const ob_plan_step *s) {
  const char *rv = version_of(seen(j));
  if (s->verb == OB_STEP_CREATE) return ob_json_dup(s->body);
  if (s->verb == OB_STEP_DELETE) {
    ob_json *options = ob_json_new_object();
    ob_json_put_str(options, "apiVersion", "v1");
    ob_json_put_str(options, "kind", "DeleteOptions");
    ob_json *must = ob_json_ensure_object(options, "preconditions");
    ob_json_put_str(must, "uid", ob_json_get_str(ob_json_get(seen(j), "metadata"), "uid"));
    ob_json_put_str(must, "resourceVersion", rv);
    /* With options in the body the server does not read those of the query. */
    if (j->dry || j->dry_step)
      ob_json_push(ob_json_put(options, "dryRun", ob_json_new_array()), ob_json_new_str("All"));
    return options;
  }
  ob_json *body = ob_json_dup(s->body);
  if (!s->json_patch) {
    ob_json_put_str(ob_json_ensure_object(body, "metadata"), "resourceVersion", rv);
    return body;
  }
  ob_json *op = ob_json_new_object();
  ob_json_put_str(op, "op", "replace");
  ob_json_put_str(op, "path", "/metadata/resourceVersion");
  ob_json_put_str(op, "value", rv);
  ob_json_insert(body, 0, op);
  return body;
}

static void on_write(void *arg, const ob_http_result *res);
static void on_look(void *arg, const ob_http_result *res);

static void send_step(ob_job *j) {
  ob_edit *e = ob_job_edit(j);
  const ob_plan_step *s = &e->steps[j->step];
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_PLAN_MAX);
  write_path(&path, e, s);
  if (j->dry || j->dry_step) ob_api_query(&path, "dryRun", "All");
  OB_AUTOPTR(ob_json) json = body_of(j, s);
  ob_json_print(&body, json);
  bool first = !j->back && !j->dry && !j->dry_step && j->tries == 0;
  if (first) ob_journal_send(j->all->journal, j->entry, j->done + 1, NULL);
  j->doing = j->back ? REVERTING : SENDING;
  j->due_ms = 0;
  j->sent_mono_ms = ob_mono_ms();
  j->sent_wall_ms = ob_wall_ms();
  free(j->path);
  j->path = ob_strdup(ob_buf_str(&path));
  const char *type = s->verb != OB_STEP_PATCH ? "application/json"
                     : s->json_patch          ? "application/json-patch+json"
                                              : "application/merge-patch+json";
  j->call =
      ob_http_start(j->all->opts.http, &(ob_http_request){.method = ob_plan_step_methods[s->verb],
                                                          .path = j->path,
                                                          .content_type = type,
                                                          .body = ob_buf_str(&body),
                                                          .body_len = body.len,
                                                          .on_done = on_write,
                                                          .arg = j});
}

static void look(ob_job *j, ob_doing why) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  object_path(&path, ob_job_edit(j), true);
  j->doing = why;
  j->due_ms = 0;
  j->call =
      ob_http_start(j->all->opts.http,
                    &(ob_http_request){.path = ob_buf_str(&path), .on_done = on_look, .arg = j});
}

/* --- the order of things ------------------------------------------------------------------------
 */
static void advance(ob_job *j);

static void again_later(ob_job *j, int64_t wait_ms) {
  int64_t first = j->all->opts.timing->backoff_first_ms, most = j->all->opts.timing->backoff_max_ms;
  int64_t wait = wait_ms >= 0 ? wait_ms : first << (j->tries < 6 ? j->tries : 6);
  j->due_ms = ob_mono_ms() + (wait > most && wait_ms < 0 ? most : wait);
  j->tries++;
}

static ob_json *take_object(const ob_http_result *res) {
  ob_json *o = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  if (ob_json_get(o, "metadata") && !ob_streq(ob_json_get_str(o, "kind"), "Status")) return o;
  ob_json_free(o);
  return NULL;
}

/* The request was answered well; `object` is what the server has now (NULL: deleted). */
static void step_done(ob_job *j, ob_json *move_object) {
  ob_edit *e = ob_job_edit(j);
  j->tries = 0;
  if (j->dry_step) { /* the write itself is next */
    ob_json_free(move_object);
    j->dry_step = false;
    send_step(j);
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
  advance(j);
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
  end(j,
      j->dry      ? OB_APPLY_READY
      : otherwise ? OB_APPLY_OTHERWISE
                  : OB_APPLY_DONE,
      otherwise ? ob_buf_take(&why, NULL) : NULL);
}

/* The next step, or the end. */
static void advance(ob_job *j) {
  if (j->back) {
    if (j->step < ob_job_edit(j)->nsteps) {
      send_step(j);
      return;
    }
    end(j, j->edit > 0 ? OB_APPLY_PARTIAL : OB_APPLY_REVERTED,
        j->edit > 0 ? ob_strdup("earlier objects of the plan stay changed: undo takes them back")
                    : NULL);
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
  j->dry_step = !j->dry && ob_job_edit(j)->steps[j->step].predicted;
  ob_job_progress(j, OB_APPLY_SENDING);
  send_step(j);
}

/* Back from behind the first step: what the object was is wanted again. */
static void turn_back(ob_job *j) {
  const ob_edit *e = &j->plan->edits[j->edit];
  j->back = ob_plan_new("back");
  ob_err err = {0};
  OB_AUTOPTR(ob_json) before = ob_tree_intent(e->before);
  j->step = 0;
  j->tries = 0;
  j->dry_step = false;
  if (ob_plan_add(j->back, e->kind, j->after[j->edit], before, &err) < 0 ||
      j->back->edits[0].nsteps == 0) {
    end(j, OB_APPLY_PARTIAL, NULL);
    return;
  }
  advance(j);
}

/* The server refused for good. */
static void refused(ob_job *j, const ob_err *err) {
  if (j->back) { /* the way back is refused as well: both reasons count */
    OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&why, "%s/%s is left behind its first step, and the way back was refused: %s\n",
                ob_job_edit(j)->ns, ob_job_edit(j)->name, err->msg);
    end(j, OB_APPLY_PARTIAL, ob_buf_take(&why, NULL));
    return;
  }
  j->failed = *err;
  if (j->step > 0 && !j->dry) {
    turn_back(j);
    return;
  }
  end(j, j->edit > 0 && !j->dry ? OB_APPLY_PARTIAL : OB_APPLY_REFUSED, NULL);
}

static void on_write(void *arg, const ob_http_result *res) {
  ob_job *j = arg;
  j->call = NULL;
  ob_job_note(j, res);
  if (!res->err.code) {
    bool deleted = ob_job_edit(j)->steps[j->step].verb == OB_STEP_DELETE;
    ob_json *object = take_object(res);
    if (deleted) {
      ob_json_free(object);
      object = NULL;
    } else if (!object) {
      look(j, ASKING); /* a proxy ate the answer */
      return;
    }
    step_done(j, object);
    return;
  }
  if (!j->back) ob_job_said(j, res);
  bool more = j->tries + 1 < OB_APPLY_TRIES;
  switch (res->err.code) {
  case OB_ETOOMANY: /* not done, says the server */
    if (!more) break;
    again_later(j, res->retry_after_ms);
    return;
  case OB_ECONFLICT:
    j->failed = res->err;
    look(j, LOOKING);
    return;
  case OB_EINVALID: /* a failed test of a JSON Patch has no causes */
    if (res->status == 422 && ob_job_edit(j)->steps[j->step].json_patch &&
        !(res->failure && res->failure->ncauses)) {
      j->failed = res->err;
      look(j, LOOKING);
      return;
    }
    break;
  case OB_ENET:
  case OB_ETLS:
  case OB_EPROTO:
  case OB_ETIMEOUT:
  case OB_ESERVER: /* done or not: nobody knows yet */
    j->failed = res->err;
    if (j->dry || j->dry_step) {
      if (!more) break;
      again_later(j, res->retry_after_ms);
      return;
    }
    ob_job_progress(j, OB_APPLY_ASKING);
    look(j, ASKING);
    return;
  default: break;
  }
  refused(j, &res->err);
}

/* A controller wrote its status meanwhile, and nothing that people write: the same request on the
 * new version. */
static bool only_the_version(ob_job *j, ob_json **io_now) {
  if (!*io_now || !seen(j) || j->tries >= OB_APPLY_TRIES) return false;
  OB_AUTOPTR(ob_json) was = ob_tree_intent(seen(j));
  OB_AUTOPTR(ob_json) is = ob_tree_intent(*io_now);
  if (!ob_json_equal(was, is)) return false;
  ob_json_free(j->after[j->edit]);
  j->after[j->edit] = ob_take(*io_now);
  j->tries++;
  send_step(j);
  return true;
}

/* Somebody was faster (or the object is gone): the plan on what is there now. */
static void rebase(ob_job *j, ob_json *move_now) {
  const ob_edit *e = &j->plan->edits[j->edit];
  OB_AUTOPTR(ob_json) now = move_now;
  if (only_the_version(j, &now)) return;
  if (!j->back) free(ob_take(j->said)); /* what it says from here on are our words */
  ob_err err = {0};
  if (j->step > 0 || j->back) { /* between our two steps */
    ob_fail(&err, OB_ECONFLICT, "somebody changed %s/%s between the steps", e->ns, e->name);
    ob_json_free(j->after[j->edit]);
    j->after[j->edit] = ob_take(now);
    if (!j->after[j->edit]) {
      j->failed = err;
      end(j, OB_APPLY_PARTIAL, NULL);
    } else {
      refused(j, &err);
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

/* What the object is after a write that nobody answered, or that was refused as if somebody had
 * been faster: that may have been ourselves, when the transport sent the request twice. */
static void asked(ob_job *j, ob_json *move_now) {
  ob_edit *e = ob_job_edit(j);
  const ob_plan_step *s = &e->steps[j->step];
  OB_AUTOPTR(ob_json) now = move_now;
  bool last = j->step + 1 == e->nsteps;
  bool same = now && ob_streq(version_of(now), version_of(seen(j))) && seen(j);
  bool arrived = s->verb == OB_STEP_DELETE ? !now
                 : !now || same            ? false
                 : last                    ? ob_edit_verify(e, now, NULL)
                                           : ob_tree_covers(s->body, now, NULL);
  ob_err why = j->failed;
  ob_err_clear(&j->failed);
  if (arrived) {
    j->already += j->dry;
    step_done(j, ob_take(now));
    return;
  }
  if (j->doing == LOOKING) {
    if (same)
      refused(j, &why);
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
    if (!j->back) free(ob_take(j->said));
    ob_fail(&err, OB_ENET, "the request did not arrive, %d times", OB_APPLY_TRIES);
    refused(j, &err);
    return;
  }
  rebase(j, ob_take(now));
}

static void on_look(void *arg, const ob_http_result *res) {
  ob_job *j = arg;
  j->call = NULL;
  bool gone = res->err.code == OB_ENOTFOUND;
  if (!res->err.code || gone) {
    ob_json *now = gone ? NULL : take_object(res);
    if (gone || now) {
      asked(j, now);
      return;
    }
  }
  if (j->tries >= OB_APPLY_TRIES) {
    OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&why,
                "whether step %zu of %s/%s was done is not known: the server does not answer\n",
                j->step + 1, ob_job_edit(j)->ns, ob_job_edit(j)->name);
    if (!j->failed.code) j->failed = res->err;
    end(j, OB_APPLY_UNKNOWN, ob_buf_take(&why, NULL));
    return;
  }
  again_later(j, res->retry_after_ms);
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
      end(j, OB_APPLY_REFUSED, NULL);
      return;
    }
  }
  advance(j);
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
      if (j->doing == ASKING || j->doing == LOOKING)
        look(j, j->doing);
      else
        send_step(j);
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
