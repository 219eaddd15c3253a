/* Plans on an object that is another one by now: the same again, and the way back. Both are merges
 * of three trees: what was there when the plan was made or had been carried out, what is wanted,
 * and what the server has. Controllers' own changes (status, finalizers, other fields) are apart
 * from the plan's and stay. Where both changed one place nothing is decided here: the places are
 * handed out, and the same merge is made again with what a person chose. */
#include "model/plan_priv.h"

#include "model/manager.h"
#include "model/tree.h"

ob_conflicts *ob_merges_new(const char *title, bool back) {
  ob_conflicts *c = ob_calloc(1, sizeof *c);
  c->shell = ob_plan_new(title);
  c->back = back;
  return c;
}

void ob_merges_add(ob_conflicts *c, ob_merge m) {
  c->merges = ob_reallocarray(c->merges, c->nmerges + 1, sizeof *c->merges);
  c->merges[c->nmerges++] = m;
}

static void place_done(ob_conflict *x) {
  free(x->path);
  free(x->writer);
  ob_json_free(x->base);
  ob_json_free(x->mine);
  ob_json_free(x->theirs);
}

void ob_conflicts_free(ob_conflicts *c) {
  if (!c) return;
  for (size_t i = 0; i < c->n; i++) place_done(&c->all[i]);
  free(c->all);
  for (size_t i = 0; i < c->nmerges; i++) {
    ob_merge *m = &c->merges[i];
    free(m->ns);
    free(m->name);
    ob_json_free(m->base);
    ob_json_free(m->mine);
    ob_json_free(m->now);
    ob_json_free(m->origin);
    free(m->was);
  }
  free(c->merges);
  ob_plan_free(c->shell);
  free(c);
}

/* --- merging -------------------------------------------------------------------------------------
 */
typedef struct chooser {
  const ob_conflicts *c;
  size_t at;
} chooser;

static ob_take_side choose(void *arg, const char *path) {
  const chooser *ch = arg;
  for (size_t i = 0; i < ch->c->n; i++)
    if (ch->c->all[i].edit == ch->at && ob_streq(ch->c->all[i].path, path))
      return ch->c->all[i].take;
  return OB_TAKE_NONE;
}

static ob_json *dup_or_null(const ob_json *j) {
  return j ? ob_json_dup(j) : NULL;
}

typedef struct places {
  OB_VEC(ob_conflict) all;
} places;

static void note(places *out, const ob_merge *m, size_t at, const ob_tree_conflicts *found) {
  for (size_t i = 0; i < found->all.len; i++) {
    const ob_tree_conflict *f = &found->all.at[i];
    ob_vec_push(&out->all, (ob_conflict){.edit = at,
                                         .path = ob_strdup(f->path),
                                         .base = dup_or_null(f->base),
                                         .mine = dup_or_null(f->mine),
                                         .theirs = dup_or_null(f->theirs),
                                         .writer = ob_object_writer(m->now, f->path)});
  }
}

/* What a new type cannot have goes with the old one; what the type that stays must have, stays: the
 * server would put it in again. */
static void settle_type(const ob_merge *m, ob_json *merged) {
  const char *type = ob_json_get_str(ob_json_get(merged, "spec"), "type");
  if (m->kind != OB_KIND_SERVICE || !type || !m->now) return;
  if (ob_streq(type, ob_json_get_str(ob_json_get(m->now, "spec"), "type"))) {
    ob_service_keep(merged, m->now);
  } else {
    OB_AUTOFREE char *copy = ob_strdup(type);
    ob_service_clear(merged, copy);
  }
}

static void warn_back(ob_plan *p, const ob_merge *m, const ob_json *merged) {
  if (!m->now)
    ob_plan_warn(p, OB_WARN_CARE,
                 "%s/%s is created anew: its uid, and what refers to it, is another one.", m->ns,
                 m->name);
  else if (!merged)
    ob_plan_warn_gone(p, NULL, m->kind, m->now);
  else if (m->kind == OB_KIND_SERVICE)
    ob_service_warn_lost(p, m->now, merged);
  if (m->kind == OB_KIND_SERVICE && merged) ob_service_warn_asked(p, m->now, merged, m->was);
}

static int merge_one(ob_plan *out, const ob_conflicts *c, size_t at, places *found, ob_err *err) {
  const ob_merge *m = &c->merges[at];
  chooser ch = {c, at};
  OB_AUTOPTR(ob_json) theirs = m->now ? ob_tree_intent(m->now) : NULL;
  OB_AUTO(ob_tree_conflicts) conflicts = {.choose = choose, .arg = &ch};
  OB_AUTOPTR(ob_json) merged = ob_tree_merge(m->base, m->mine, theirs, &conflicts);
  note(found, m, at, &conflicts);
  if (conflicts.all.len) return 0;
  if (!m->now && !merged) return 0; /* gone, as it should be */
  settle_type(m, merged);
  int rc = ob_plan_add(out, m->kind, m->now, merged, err);
  if (rc) return rc;
  ob_edit *e = &out->edits[out->nedits - 1];
  if (m->origin) e->origin = ob_json_dup(m->origin);
  if (m->recreate && m->now && merged && (e->nsteps || ob_tree_going(m->now)))
    ob_edit_recreate(e);
  if (c->back && e->recreate) ob_service_warn_recreated(out, m->now);
  if (c->back && e->nsteps) warn_back(out, m, merged);
  return 0;
}

/* What was decided stays so; what nobody decided, or nobody has seen, comes behind it. */
static void keep_places(ob_conflicts *c, places *move_found) {
  size_t kept = 0;
  for (size_t i = 0; i < c->n; i++) {
    if (c->all[i].take == OB_TAKE_NONE)
      place_done(&c->all[i]);
    else
      c->all[kept++] = c->all[i];
  }
  c->n = kept + move_found->all.len;
  c->all = ob_reallocarray(c->all, c->n + 1, sizeof *c->all);
  for (size_t i = 0; i < move_found->all.len; i++) c->all[kept + i] = move_found->all.at[i];
  ob_vec_done(&move_found->all);
}

int ob_conflicts_resolve(ob_plan **ret, ob_conflicts *c, ob_err *err) {
  *ret = NULL;
  places found = {0};
  OB_AUTOPTR(ob_plan) out = ob_plan_new(c->shell->title);
  out->finishes = c->shell->finishes;
  ob_plan_warn_again(out, c->shell, false);
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < c->nmerges; i++) rc = merge_one(out, c, i, &found, err);
  bool undecided = found.all.len > 0;
  keep_places(c, &found);
  if (rc) return rc;
  if (undecided) {
    ob_fail(err, OB_ECONFLICT, "%s: somebody else has changed the same place since",
            c->shell->title);
    return ob_hint(err, "look at the object as it is now, and decide again");
  }
  *ret = ob_take(out);
  return 0;
}

/* --- showing -------------------------------------------------------------------------------------
 */
static void add_value(ob_buf *out, const ob_json *v) {
  if (!v)
    ob_buf_adds(out, "nothing");
  else if (ob_json_str(v) && *ob_json_str(v))
    ob_buf_adds(out, ob_json_str(v));
  else
    ob_json_print(out, v);
}

void ob_conflicts_text(const ob_conflicts *c, ob_buf *out) {
  for (size_t i = 0; c && i < c->n; i++) {
    const ob_conflict *x = &c->all[i];
    const ob_merge *m = &c->merges[x->edit];
    ob_buf_addf(out, "%s/%s %s: it was ", m->ns, m->name, *x->path ? x->path : "the object");
    add_value(out, x->base);
    ob_buf_adds(out, ", you want ");
    add_value(out, x->mine);
    ob_buf_adds(out, ", the server has ");
    add_value(out, x->theirs);
    if (x->writer) ob_buf_addf(out, " (written by %s)", x->writer);
    ob_buf_addc(out, '\n');
  }
}

/* --- the two ways --------------------------------------------------------------------------------
 */
static ob_json *intent_or_null(const ob_json *object) {
  return object && !ob_json_is(object, OB_JSON_NULL) ? ob_tree_intent(object) : NULL;
}

/* What takes an undoing back is called redo. */
char *ob_plan_back_title(const char *title) {
  enum { PREFIX = 6 };
  if (ob_starts(title, "undo: ")) return ob_asprintf("redo: %s", title + PREFIX);
  return ob_asprintf("undo: %s", ob_starts(title, "redo: ") ? title + PREFIX : title);
}

static void add_edit(ob_conflicts *c, const ob_edit *e, const ob_json *now) {
  const ob_json *first = e->origin ? e->origin : e->before;
  ob_json *before = intent_or_null(c->back ? first : e->before);
  ob_json *wanted = intent_or_null(e->wanted);
  ob_merges_add(c, (ob_merge){.kind = e->kind,
                              .ns = ob_strdup(e->ns),
                              .name = ob_strdup(e->name),
                              .base = c->back ? wanted : before,
                              .mine = c->back ? before : wanted,
                              .now = dup_or_null(now),
                              .origin = !c->back && e->origin ? ob_json_dup(e->origin) : NULL,
                              .recreate = !c->back && e->recreate,
                              .was = c->back ? ob_service_address(first) : NULL});
}

int ob_plan_merge(ob_plan **ret, const ob_plan *p, ob_plan_way way, const ob_json *const *now,
                  ob_conflicts **ret_conflicts, ob_err *err) {
  bool back = way == OB_PLAN_BACK;
  OB_AUTOFREE char *title = back ? ob_plan_back_title(p->title) : ob_strdup(p->title);
  ob_conflicts *c = ob_merges_new(title, back);
  for (size_t k = 0; k < p->nedits; k++) { /* last done, first undone */
    size_t i = back ? p->nedits - 1 - k : k;
    add_edit(c, &p->edits[i], now[i]);
  }
  if (!back) ob_plan_warn_again(c->shell, p, false);
  c->shell->finishes = !back && p->finishes;
  int rc = ob_conflicts_resolve(ret, c, err);
  if (ret_conflicts) *ret_conflicts = rc == -(int)OB_ECONFLICT ? ob_take(c) : NULL;
  ob_conflicts_free(c);
  return rc;
}

static int merge_told(ob_plan **ret, const ob_plan *p, ob_plan_way way, const ob_json *const *now,
                      ob_buf *why, ob_err *err) {
  ob_conflicts *c = NULL;
  int rc = ob_plan_merge(ret, p, way, now, &c, err);
  if (why) ob_conflicts_text(c, why);
  ob_conflicts_free(c);
  return rc;
}

int ob_plan_rebase(ob_plan **ret, const ob_plan *p, const ob_json *const *now, ob_buf *why,
                   ob_err *err) {
  return merge_told(ret, p, OB_PLAN_AGAIN, now, why, err);
}

int ob_plan_undo(ob_plan **ret, const ob_plan *applied, const ob_json *const *now, ob_buf *why,
                 ob_err *err) {
  return merge_told(ret, applied, OB_PLAN_BACK, now, why, err);
}
