/* The way back and the way forward again are merges: what the plan wrote is the base, what was
 * there before is one side, what the server has now is the other. Controllers' own changes (status,
 * finalizers, other fields) are apart from the plan's and stay. */
#include "model/plan_priv.h"

#include "model/manager.h"
#include "model/tree.h"

static void add_value(ob_buf *out, const ob_json *v) {
  if (!v)
    ob_buf_adds(out, "nothing");
  else if (ob_json_str(v) && *ob_json_str(v))
    ob_buf_adds(out, ob_json_str(v));
  else
    ob_json_print(out, v);
}

static void tell_conflicts(const ob_edit *e, const ob_json *now, const ob_tree_conflicts *all,
                           ob_buf *why) {
  for (size_t i = 0; why && i < all->all.len; i++) {
    const ob_tree_conflict *c = &all->all.at[i];
    ob_buf_addf(why, "%s/%s %s: ", e->ns, e->name, *c->path ? c->path : "the object");
    ob_buf_adds(why, "it was ");
    add_value(why, c->base);
    ob_buf_adds(why, ", you want ");
    add_value(why, c->mine);
    ob_buf_adds(why, ", the server has ");
    add_value(why, c->theirs);
    OB_AUTOFREE char *who = ob_object_writer(now, c->path);
    if (who) ob_buf_addf(why, " (written by %s)", who);
    ob_buf_addc(why, '\n');
  }
}

/* base → mine, on top of now. */
static int add_merged(ob_plan *p, const ob_edit *e, const ob_json *base, const ob_json *mine,
                      const ob_json *now, ob_buf *why, bool *io_conflict, ob_err *err) {
  OB_AUTOPTR(ob_json) theirs = now ? ob_tree_intent(now) : NULL;
  OB_AUTO(ob_tree_conflicts) conflicts = {0};
  OB_AUTOPTR(ob_json) merged = ob_tree_merge(base, mine, theirs, &conflicts);
  if (conflicts.all.len) {
    tell_conflicts(e, now, &conflicts, why);
    *io_conflict = true;
    return 0;
  }
  if (!now && !merged) return 0; /* gone, as it should be */
  return ob_plan_add(p, e->kind, now, merged, err);
}

static int conflict_error(ob_err *err, const char *title) {
  ob_fail(err, OB_ECONFLICT, "%s: somebody else has changed the same place since", title);
  return ob_hint(err, "look at the object as it is now, and decide again");
}

int ob_plan_rebase(ob_plan **ret, const ob_plan *p, const ob_json *const *now, ob_buf *why,
                   ob_err *err) {
  *ret = NULL;
  bool conflict = false;
  OB_AUTOPTR(ob_plan) out = ob_plan_new(p->title);
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    OB_AUTOPTR(ob_json) base = e->before ? ob_tree_intent(e->before) : NULL;
    int rc = add_merged(out, e, base, e->wanted, now[i], why, &conflict, err);
    if (rc) return rc;
  }
  if (conflict) return conflict_error(err, p->title);
  for (size_t i = 0; i < p->nwarnings; i++)
    ob_plan_warn(out, p->warnings[i].level, "%s", p->warnings[i].text);
  *ret = ob_take(out);
  return 0;
}

/* What takes an undoing back is called redo. */
static char *way_back(const char *title) {
  enum { PREFIX = 6 };
  if (ob_starts(title, "undo: ")) return ob_asprintf("redo: %s", title + PREFIX);
  return ob_asprintf("undo: %s", ob_starts(title, "redo: ") ? title + PREFIX : title);
}

int ob_plan_undo(ob_plan **ret, const ob_plan *applied, const ob_json *const *now, ob_buf *why,
                 ob_err *err) {
  *ret = NULL;
  bool conflict = false;
  OB_AUTOFREE char *title = way_back(applied->title);
  OB_AUTOPTR(ob_plan) out = ob_plan_new(title);
  for (size_t i = applied->nedits; i-- > 0;) { /* last done, first undone */
    const ob_edit *e = &applied->edits[i];
    OB_AUTOPTR(ob_json) before = e->before ? ob_tree_intent(e->before) : NULL;
    OB_AUTOPTR(ob_json) wrote = e->wanted ? ob_tree_intent(e->wanted) : NULL;
    int rc = add_merged(out, e, wrote, before, now[i], why, &conflict, err);
    if (rc) return rc;
    if (!e->wanted && !now[i])
      ob_plan_warn(out, OB_WARN_CARE,
                   "%s/%s is created anew: its uid, and what refers to it, is "
                   "another one.",
                   e->ns, e->name);
  }
  if (conflict) return conflict_error(err, title);
  *ret = ob_take(out);
  return 0;
}
