/* A plan and somebody else changed one place: both sides side by side, and the plan with each of
 * them settled. The order of the conflicts is that of the merge, which is the same every time. */
#include "model/plan_priv.h"

#include "model/tree.h"

static char *text_of(const ob_json *v) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_PLAN_MAX);
  if (!v) return NULL;
  if (ob_json_str(v)) return ob_strdup(ob_json_str(v));
  ob_json_print(&out, v);
  return ob_buf_take(&out, NULL);
}

static ob_json *merge(const ob_edit *e, const ob_json *now, ob_tree_conflicts *ret) {
  OB_AUTOPTR(ob_json) base = e->before ? ob_tree_intent(e->before) : NULL;
  OB_AUTOPTR(ob_json) theirs = now ? ob_tree_intent(now) : NULL;
  ob_json *merged = ob_tree_merge(base, e->wanted, theirs, ret);
  for (size_t i = 0; i < ret->all.len; i++) { /* what they borrow ends here */
    ob_tree_conflict *c = &ret->all.at[i];
    c->base = c->base ? ob_json_dup(c->base) : NULL;
    c->mine = c->mine ? ob_json_dup(c->mine) : NULL;
    c->theirs = c->theirs ? ob_json_dup(c->theirs) : NULL;
  }
  return merged;
}

static void drop(ob_tree_conflicts *c) {
  for (size_t i = 0; i < c->all.len; i++) {
    ob_json_free((ob_json *)(uintptr_t)c->all.at[i].base);
    ob_json_free((ob_json *)(uintptr_t)c->all.at[i].mine);
    ob_json_free((ob_json *)(uintptr_t)c->all.at[i].theirs);
  }
}

void ob_plan_clashes(const ob_plan *p, const ob_json *const *now, ob_clashes *ret) {
  *ret = (ob_clashes){0};
  for (size_t i = 0; i < p->nedits; i++) {
    OB_AUTO(ob_tree_conflicts) all = {0};
    ob_json_free(merge(&p->edits[i], now[i], &all));
    for (size_t k = 0; k < all.all.len; k++) {
      const ob_tree_conflict *c = &all.all.at[k];
      ret->all = ob_reallocarray(ret->all, ret->n + 1, sizeof *ret->all);
      ret->all[ret->n++] =
          (ob_clash){i, ob_strdup(c->path), text_of(c->base), text_of(c->mine), text_of(c->theirs)};
    }
    drop(&all);
  }
}

void ob_clashes_done(ob_clashes *c) {
  for (size_t i = 0; i < c->n; i++) {
    free(c->all[i].path);
    free(c->all[i].base);
    free(c->all[i].mine);
    free(c->all[i].theirs);
  }
  free(c->all);
  *c = (ob_clashes){0};
}

int ob_plan_settle(ob_plan **ret, const ob_plan *p, const ob_json *const *now, const bool *mine,
                   size_t n, ob_err *err) {
  *ret = NULL;
  size_t at = 0;
  OB_AUTOPTR(ob_plan) out = ob_plan_new(p->title);
  for (size_t i = 0; i < p->nedits; i++) {
    OB_AUTO(ob_tree_conflicts) all = {.keep = mine + at, .nkeep = n - at};
    OB_AUTOPTR(ob_json) merged = merge(&p->edits[i], now[i], &all);
    drop(&all);
    at += all.all.len;
    if (at > n)
      return ob_fail(err, OB_ECONFLICT, "%s/%s has changed once more", p->edits[i].ns,
                     p->edits[i].name);
    int rc = merged || now[i] ? ob_plan_add(out, p->edits[i].kind, now[i], merged, err) : 0;
    if (rc) return rc;
  }
  for (size_t i = 0; i < p->nwarnings; i++)
    ob_plan_warn(out, p->warnings[i].level, "%s", p->warnings[i].text);
  *ret = ob_take(out);
  return 0;
}
