/* What the front ends are told of a plan under way. */
#include "sync/apply_priv.h"

#include "base/json.h"
#include "base/str.h"
#include "kube/status.h"

static const char *const phase_names[] = {
    [OB_APPLY_QUEUED] = "queued",
    [OB_APPLY_SENDING] = "sending",
    [OB_APPLY_ASKING] = "asking",
    [OB_APPLY_WAITING] = "waiting",
    [OB_APPLY_READY] = "ready",
    [OB_APPLY_DONE] = "done",
    [OB_APPLY_OTHERWISE] = "done otherwise",
    [OB_APPLY_REFUSED] = "refused",
    [OB_APPLY_CONFLICT] = "conflict",
    [OB_APPLY_REVERTED] = "reverted",
    [OB_APPLY_PARTIAL] = "partly done",
    [OB_APPLY_UNKNOWN] = "unknown",
};

const char *ob_apply_phase_name(ob_apply_phase p) {
  return phase_names[p];
}

const char *const ob_plan_step_methods[] = {"POST", "PATCH", "DELETE"};

void ob_sent_done(ob_sent *s) {
  free(s->method);
  free(s->path);
  free(s->kubectl);
}

void ob_apply_report_free(ob_apply_report *r) {
  if (!r) return;
  free(r->said);
  free(r->why);
  ob_plan_free(r->plan);
  ob_conflicts_free(r->conflicts);
  for (size_t i = 0; i < r->nafter; i++) ob_json_free(r->after[i]);
  for (size_t i = 0; i < r->nwarnings; i++) free(r->warnings[i]);
  for (size_t i = 0; i < r->nsent; i++) ob_sent_done(&r->sent[i]);
  free(r->after);
  free(r->warnings);
  free(r->sent);
  free(r);
}

ob_apply_report *ob_job_report_new(ob_job *j, ob_apply_phase phase) {
  ob_apply_report *r = ob_calloc(1, sizeof *r);
  *r = (ob_apply_report){.phase = phase, .dry = j->dry, .edit = j->edit, .step = j->step};
  r->sent = j->sent.at;
  r->nsent = j->sent.len;
  j->sent.at = NULL;
  j->sent.len = j->sent.cap = 0;
  return r;
}

void ob_job_report(ob_job *j, ob_apply_report *move_r) {
  ob_reply reply = {.id = j->id, .what = OB_FETCH_PLAN, .err = move_r->err, .report = move_r};
  ob_outbox_reply(j->all->opts.box, &reply);
}

void ob_job_progress(ob_job *j, ob_apply_phase phase) {
  ob_job_report(j, ob_job_report_new(j, phase));
}

void ob_job_waits(ob_job *j, char *move_why) {
  ob_apply_report *r = ob_job_report_new(j, OB_APPLY_WAITING);
  r->why = move_why;
  ob_job_report(j, r);
}

char *ob_job_text(const ob_job *j, const ob_http_result *res) {
  if (!res->failure) return NULL;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_HTTP_ERROR_MAX);
  ob_status_text(res->failure, res->status, ob_plan_step_methods[ob_job_step(j)->verb], j->path,
                 &text);
  if (ob_streq(ob_buf_str(&text), res->err.msg)) return NULL;
  return text.len <= OB_APPLY_SAID_MAX
             ? ob_buf_take(&text, NULL)
             : ob_asprintf("%.*s… (%zu bytes more)", (int)OB_APPLY_SAID_MAX, ob_buf_str(&text),
                           text.len - OB_APPLY_SAID_MAX);
}

void ob_job_note(ob_job *j, const ob_http_result *res) {
  const ob_edit *e = ob_job_edit(j);
  const ob_plan_step *s = ob_job_step(j);
  for (size_t i = 0; i < res->nwarnings && j->warnings.len < WARNINGS_MAX; i++)
    ob_vec_push(&j->warnings, ob_strdup(res->warnings[i]));
  if (j->sent.len >= SENT_MAX) return;
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_PLAN_MAX);
  ob_plan_step_kubectl(e, s, &line);
  if (j->dry || j->dry_step) ob_buf_adds(&line, " --dry-run=server");
  ob_vec_push(&j->sent, (ob_sent){.method = ob_strdup(ob_plan_step_methods[s->verb]),
                                  .path = ob_strdup(j->path),
                                  .kubectl = ob_buf_take(&line, NULL),
                                  .status = res->status,
                                  .at_ms = j->sent_wall_ms,
                                  .took_ms = (int)(ob_mono_ms() - j->sent_mono_ms)});
}
