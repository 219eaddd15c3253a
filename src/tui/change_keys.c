/* Wishes that need no form: delete, undo, redo, the object in $EDITOR. */
#include "tui/change_priv.h"

#include "base/str.h"
#include "tui/edit_yaml.h"
#include "tui/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static ob_change_about about_of(const ob_object *o) {
  return (ob_change_about){o->kind, o->ns, o->name};
}

/* --- delete -------------------------------------------------------------------------------------
 */
static int plan_delete(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                       ob_err *err) {
  (void)why;
  return ob_plan_delete(ret, ob_tui_cluster(s), s->changing->about[0].kind, objects[0], err);
}

static int plan_delete_rule(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                            ob_err *err) {
  (void)why;
  ob_rule_seen *r = &s->changing->rule;
  int rc = ob_rule_seen_find(r, objects[0], err);
  if (rc) return rc;
  return ob_plan_route_delete(ret, ob_tui_cluster(s), objects[0], r->rule, r->path, err);
}

void ob_act_delete(ob_tui *s) {
  static const ob_change_flow object = {.plan = plan_delete}, one_rule = {.plan = plan_delete_rule};
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  bool rule = row->ingress && (row->way == OB_ROW_RULE || row->way == OB_ROW_DEFAULT);
  if (!ob_change_may(s, rule ? "patch" : "delete", row->owner)) return;
  ob_changing *c = ob_changing_of(s);
  if (rule)
    ob_rule_seen_set(&c->rule, row->ingress, row->way == OB_ROW_DEFAULT ? -1 : row->rule,
                     row->path);
  const ob_change_about about = about_of(row->owner);
  ob_change_begin(s, rule ? &one_rule : &object, &about, 1);
}

/* --- there and back again -----------------------------------------------------------------------
 */
static int plan_back(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                     ob_err *err) {
  const ob_changing *c = s->changing;
  if (ob_change_broke_off(c->entry))
    return ob_change_broken_plan(c->entry, c->redo, objects, ret, why, err);
  return ob_plan_undo(ret, c->entry->plan, objects, why, err);
}

const char *ob_change_why_not_back(ob_tui *s, bool redo) {
  ob_history *h = NULL;
  ob_err err = {0};
  if (s->opts->read_only) return "--read-only: nothing is changed from here";
  if (ob_change_running(s)) return "a change is under way: wait for it";
  if (ob_history_load(&h, s->session_opts.journal, &err) < 0) return NULL; /* the key says it */
  bool any = ob_change_back_entry(h, ob_session_status_get(s->session)->server, redo) != NULL;
  ob_history_free(h);
  if (any) return NULL;
  return redo ? "nothing was taken back on this cluster" : "nothing was changed on this cluster";
}

/* What takes an edit back needs the right for it. */
static ob_access may_go_back(ob_tui *s, const ob_edit *e, char why[OB_RIGHT_TEXT]) {
  const ob_object about = {.kind = e->kind, .ns = e->ns, .name = e->name};
  const char *verb = !e->before ? "delete" : !e->wanted ? "create" : "patch";
  return ob_tui_access(s, verb, OB_KIND_OWN, &about, why);
}

bool ob_change_back_refused(ob_tui *s, bool redo, char why[OB_RIGHT_TEXT]) {
  ob_history *h = NULL;
  ob_err err = {0};
  if (ob_history_load(&h, s->session_opts.journal, &err) < 0) return false;
  const ob_entry *e = ob_change_back_entry(h, ob_session_status_get(s->session)->server, redo);
  bool refused = false;
  for (size_t i = 0; e && !refused && i < e->plan->nedits; i++)
    refused = may_go_back(s, &e->plan->edits[i], why) == OB_ACCESS_REFUSED;
  ob_history_free(h);
  return refused;
}

static void back(ob_tui *s, bool redo) {
  static const ob_change_flow flow = {.absent = true, .plan = plan_back};
  ob_changing *c = ob_changing_of(s);
  ob_err err = {0};
  ob_change_forget(c);
  if (ob_history_load(&c->history, s->session_opts.journal, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  c->redo = redo;
  c->entry = ob_change_back_entry(c->history, ob_session_status_get(s->session)->server, redo);
  if (!c->entry) return;
  const ob_plan *p = c->entry->plan;
  if (p->nedits > OB_CHANGE_OBJECTS) {
    ob_tui_say(s, true, "that change is about %zu objects: outboard undo takes it back", p->nedits);
    return;
  }
  ob_change_about about[OB_CHANGE_OBJECTS];
  for (size_t i = 0; i < p->nedits; i++) {
    char why[OB_RIGHT_TEXT];
    if (may_go_back(s, &p->edits[i], why) == OB_ACCESS_REFUSED) {
      ob_tui_say(s, true, "%s", why);
      return;
    }
    about[i] = (ob_change_about){p->edits[i].kind, p->edits[i].ns, p->edits[i].name};
  }
  ob_history *kept = ob_take(c->history);
  const ob_entry *entry = c->entry;
  ob_change_begin(s, &flow, about, p->nedits); /* forgets whose turn it was */
  c->history = kept;
  c->entry = entry;
  c->undo_of = entry->id;
}

void ob_act_undo(ob_tui *s) {
  back(s, false);
}
void ob_act_redo(ob_tui *s) {
  back(s, true);
}

/* --- YAML
 * ----------------------------------------------------------------------------------------- */
void ob_change_yaml_forget(ob_changing *c, size_t i) {
  free(c->yaml.at[i].whom);
  free(c->yaml.at[i].text);
  memmove(&c->yaml.at[i], &c->yaml.at[i + 1], (c->yaml.len - 1 - i) * sizeof *c->yaml.at);
  c->yaml.len--;
}

/* What was typed and not done stays for the next time that this object is opened: its entry, last.
 */
static ob_change_yaml *typed_before(ob_changing *c) {
  ob_change_yaml y = {
      .whom = ob_asprintf("%d/%s/%s", (int)c->about[0].kind, c->about[0].ns, c->about[0].name)};
  for (size_t i = c->yaml.len; i-- > 0;) {
    if (!ob_streq(c->yaml.at[i].whom, y.whom)) continue;
    y.text = ob_take(c->yaml.at[i].text);
    ob_change_yaml_forget(c, i);
  }
  if (c->yaml.len == OB_FORMS_KEPT) ob_change_yaml_forget(c, 0);
  ob_vec_push(&c->yaml, y);
  return &c->yaml.at[c->yaml.len - 1];
}

/* The object in the editor, until it can be tried. */
static void edit(ob_tui *s, const char *errors) {
  ob_changing *c = s->changing;
  ob_change_yaml *kept = typed_before(c);
  OB_AUTOFREE char *before = ob_take(kept->text), *why = ob_strdup_opt(errors);
  kept->at = ++s->opened;
  for (int round = 0;; round++) {
    ob_err err = {0};
    char *typed = NULL;
    ob_json_free(ob_take(c->edited));
    int rc = round == OB_EDIT_ROUNDS
                 ? ob_fail(&err, OB_ELIMIT, "the editor was opened %d times: %s", round, why)
                 : ob_yaml_edit(s, c->objects[0], before, why, &c->edited, &typed, &err);
    if (typed) {
      free(before);
      before = typed;
    }
    if (rc) {
      OB_AUTOFREE char *text = ob_change_err_text(&err, NULL);
      ob_tui_say(s, rc < 0, "%s", rc < 0 ? text : "nothing is changed");
      if (rc < 0) kept->text = ob_take(before);
      return;
    }
    ob_plan *p = NULL;
    rc = ob_plan_edit(&p, c->about[0].kind, c->objects[0], c->edited, &err);
    ob_plan_free(p);
    if (rc == 0) break;
    free(why);
    why = ob_strdup(err.msg);
  }
  kept->text = ob_take(before);
  ob_change_try(s);
}

static void have_yaml(ob_tui *s, const ob_json *const *objects) {
  (void)objects;
  edit(s, NULL);
}

static int plan_yaml(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                     ob_err *err) {
  (void)why;
  return ob_plan_edit(ret, s->changing->about[0].kind, objects[0], s->changing->edited, err);
}

static void again_yaml(ob_tui *s, const char *said) {
  if (said && s->changing->nobjects)
    edit(s, said);
  else
    ob_tui_say(s, false, "what was typed is kept: E opens it again");
}

/* The newest that was opened before the person's word is what that was about. */
static void done_yaml(ob_tui *s, uint64_t when) {
  ob_changing *c = s->changing;
  size_t at = c->yaml.len;
  for (size_t i = 0; i < c->yaml.len; i++)
    if (c->yaml.at[i].at <= when && (at == c->yaml.len || c->yaml.at[i].at > c->yaml.at[at].at))
      at = i;
  if (at < c->yaml.len) ob_change_yaml_forget(c, at);
}

void ob_act_edit_yaml(ob_tui *s) {
  static const ob_change_flow flow = {
      .whole = true, .have = have_yaml, .plan = plan_yaml, .again = again_yaml, .done = done_yaml};
  const ob_row *row = ob_tui_row(s);
  if (!row || !ob_change_may(s, "patch", row->owner)) return;
  const ob_change_about about = about_of(row->owner);
  ob_change_begin(s, &flow, &about, 1);
}

/* --- the plan as a file
 * ---------------------------------------------------------------------------- */
void ob_act_write_plan(ob_tui *s) {
  const ob_changing *c = s->changing;
  const ob_plan *p = c && c->nparts ? c->parts[0].plan : NULL;
  if (!p || !p->nedits) {
    ob_tui_say(s, true, "there is no plan to write");
    return;
  }
  OB_AUTOFREE char *name = ob_asprintf("%s-%s.plan.yaml", p->edits[0].ns, p->edits[0].name);
  ob_tui_prompt_open(s, OB_PROMPT_FILE, name);
}

/* All plans in view, as one. */
static int whole_plan(const ob_changing *c, ob_plan **ret, ob_err *err) {
  *ret = NULL;
  for (size_t i = 0; i < c->nparts; i++) {
    if (!c->parts[i].plan || c->parts[i].err.code) continue;
    int rc = *ret ? ob_plan_append(*ret, c->parts[i].plan, err) : 0;
    if (rc) return rc;
    if (!*ret) *ret = ob_plan_dup(c->parts[i].plan);
  }
  return *ret ? 0 : ob_fail(err, OB_EINVALID, "there is no plan to write");
}

/* Of the person alone, and never over what is there. */
static int write_new(const char *path, const ob_buf *text, ob_err *err) {
  OB_AUTOFD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return ob_fail(err, OB_EIO, "%s: %s", strerror(errno), path);
  for (size_t done = 0; done < text->len;) {
    ssize_t n = write(fd, text->ptr + done, text->len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
      (void)unlink(path);
      return -(int)OB_EIO;
    }
    done += (size_t)n;
  }
  return 0;
}

void ob_change_file_typed(ob_tui *s, const char *path) {
  ob_plan *p = NULL;
  ob_err err = {0};
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  OB_AUTOFREE char *typed = ob_strdup(path);
  int rc = s->changing ? whole_plan(s->changing, &p, &err) : -(int)OB_EINVALID;
  if (rc == 0) {
    ob_plan_write(p, &text);
    rc = write_new(typed, &text, &err);
    if (rc < 0) ob_tui_prompt_open(s, OB_PROMPT_FILE, typed); /* another name */
  }
  if (rc == 0)
    ob_tui_say(s, false, "written: outboard apply %s does it", typed);
  else
    ob_tui_say(s, true, "%s", err.msg);
  ob_plan_free(p);
}
