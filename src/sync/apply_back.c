/* What a job waits for, and how it goes back.
 *
 * An address that was just given back is not free at once: kube-apiserver's allocator looks at
 * caches, and what it misjudged is mended by a loop of its own. On the way back such a refusal is
 * asked again until it has had its time. An object that was deleted is gone when its finalizers let
 * it, and cannot be called back before; then another one takes its name. */
#include "sync/apply_priv.h"

#include "base/json.h"
#include "base/str.h"
#include "model/tree.h"

static bool is_anew(const ob_job *j) {
  return j->plan->edits[j->edit].recreate;
}

/* --- addresses -----------------------------------------------------------------------------------
 */
/* Everything that it complains of are addresses: the object had them a moment ago. */
static bool of_addresses(const ob_http_result *res) {
  const ob_status *st = res->failure;
  if (res->status != 422 || !st || !st->ncauses) return false;
  for (size_t i = 0; i < st->ncauses; i++)
    if (!ob_starts(st->causes[i].field, "spec.clusterIP") &&
        !ob_ends(st->causes[i].field, "odePort"))
      return false;
  return true;
}

static void without_addresses(ob_job *j, const ob_http_result *res) {
  ob_edit *e = ob_job_edit(j);
  j->let_go = ob_job_text(j, res);
  if (!j->let_go) j->let_go = ob_strdup(res->err.msg);
  ob_service_let_go(e->steps[0].body, e->wanted);
  ob_job_waits(j, ob_asprintf("%s/%s is created again without its addresses", e->ns, e->name));
  ob_job_send(j);
}

bool ob_job_patient(ob_job *j, const ob_http_result *res) {
  if (!j->back || !of_addresses(res)) return false;
  const ob_edit *e = ob_job_edit(j);
  int64_t now = ob_mono_ms();
  if (!j->until_ms) j->until_ms = now + j->all->opts.timing->release_ms;
  if (now < j->until_ms) {
    int64_t wait = ob_job_later(j, j->waits++, -1);
    if (j->due_ms > j->until_ms) j->due_ms = j->until_ms; /* once more at the end */
    ob_job_waits(j, ob_asprintf("on its way back, %s/%s waits for the server to let its addresses "
                                "go: asked again in %lld ms",
                                e->ns, e->name, (long long)wait));
    return true;
  }
  if (!is_anew(j) || j->let_go) return false;
  without_addresses(j, res);
  return true;
}

/* --- back ----------------------------------------------------------------------------------------
 */
void ob_job_turn_back(ob_job *j) {
  const ob_edit *e = &j->plan->edits[j->edit];
  j->back = ob_plan_new("back");
  ob_err err = {0};
  OB_AUTOPTR(ob_json) before = ob_tree_intent(e->before);
  j->step = 0;
  j->tries = j->waits = 0;
  j->until_ms = 0;
  j->dry_step = false;
  if (ob_plan_add(j->back, e->kind, j->after[j->edit], before, &err) < 0 ||
      j->back->edits[0].nsteps == 0) {
    ob_job_end(j, OB_APPLY_PARTIAL, NULL);
    return;
  }
  ob_job_advance(j);
}

void ob_job_back_done(ob_job *j) {
  const ob_edit *e = ob_job_edit(j);
  OB_AUTO(ob_buf) why = OB_BUF_INIT(2 * OB_APPLY_SAID_MAX);
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  if (is_anew(j))
    ob_buf_addf(&why, "%s/%s was deleted, and is created again as it was: its uid is another one\n",
                e->ns, e->name);
  if (j->let_go)
    ob_buf_addf(&why, "its addresses are others, those it had were refused: %s\n", j->let_go);
  else if (!ob_edit_verify(e, j->after[j->edit], &path))
    ob_buf_addf(&why, "%s/%s %s is not what it was\n", e->ns, e->name, ob_buf_str(&path));
  if (j->edit > 0)
    ob_buf_adds(&why, "earlier objects of the plan stay changed: undo takes them back\n");
  ob_job_end(j, j->edit > 0 ? OB_APPLY_PARTIAL : OB_APPLY_REVERTED,
             why.len ? ob_buf_take(&why, NULL) : NULL);
}

void ob_job_back_refused(ob_job *j, const char *text) {
  const ob_edit *e = ob_job_edit(j);
  ob_job_end(j, OB_APPLY_PARTIAL,
             ob_asprintf(is_anew(j)
                             ? "%s/%s is deleted, and creating it again as it was is refused: %s\n"
                             : "%s/%s is left behind its first step, and the way back was refused: "
                               "%s\n",
                         e->ns, e->name, text));
}

/* --- gone ----------------------------------------------------------------------------------------
 */
static void add_finalizers(ob_buf *out, const ob_json *now) {
  const ob_json *list = ob_json_at(now, "metadata", "finalizers", NULL);
  for (const ob_json *f = ob_json_first(list); f; f = ob_json_next(f))
    ob_buf_addf(out, "%s%s", f == ob_json_first(list) ? "" : ", ", ob_or(ob_json_str(f), "?"));
}

void ob_job_left(ob_job *j, ob_json *move_now) {
  const ob_edit *e = ob_job_edit(j);
  OB_AUTOPTR(ob_json) now = move_now;
  if (!now || !ob_streq(ob_tree_uid(now), ob_tree_uid(e->before))) {
    j->waits = 0;
    j->until_ms = 0;
    ob_job_step_done(j, NULL);
    return;
  }
  OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
  add_finalizers(&names, now);
  if (!j->until_ms) j->until_ms = ob_mono_ms() + j->all->opts.timing->leave_ms;
  j->doing = LEAVING;
  j->tries = 0;
  if (ob_mono_ms() < j->until_ms) {
    ob_job_later(j, j->waits++, -1);
    ob_job_waits(j, ob_asprintf("%s/%s is deleted, and goes once its finalizers let it: %s", e->ns,
                                e->name, ob_buf_str(&names)));
    return;
  }
  ob_fail(&j->failed, OB_ETIMEOUT, "%s/%s is deleted, and its finalizers do not let it go: %s",
          e->ns, e->name, ob_buf_str(&names));
  ob_hint(&j->failed, "outboard undo --finish creates the new one when it is gone");
  ob_job_end(j, OB_APPLY_PARTIAL,
             ob_asprintf("%s/%s cannot be called back, and the new one is not created yet\n", e->ns,
                         e->name));
}
