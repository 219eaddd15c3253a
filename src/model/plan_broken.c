/* What became of an entry of the journal that did not come to its end. The journal knows what was
 * sent and what was answered; the server knows what it has. Each edit stands at one of its steps:
 *
 *   before ── step 1 ── between ── step 2 ── wanted
 *
 * Where it stands is found from the end, and from there it goes on (finish) or back (undo), as a
 * merge like any other: who else wrote meanwhile keeps what is apart. */
#include "model/plan_priv.h"

#include "base/patch.h"
#include "model/tree.h"
#include "outboard/change.h"

void ob_broken_free(ob_broken *b) {
  if (!b) return;
  free(b->text);
  ob_plan_free(b->finish);
  ob_plan_free(b->undo);
  free(b);
}

/* Another one of the same name. */
static bool is_other(const ob_edit *e, const ob_json *now) {
  return e->before && now && strcmp(ob_tree_uid(e->before), ob_tree_uid(now)) != 0;
}

/* How many of the edit's steps the server has. */
static size_t steps_done(const ob_edit *e, const ob_json *now) {
  bool other = is_other(e, now);
  if (!e->wanted) return !now || other || ob_tree_going(now) ? e->nsteps : 0;
  if (e->recreate && (!now || ob_tree_going(now))) return 1;
  if (!now) return 0;
  if (ob_edit_verify(e, now, NULL)) return e->nsteps;
  if (e->recreate) return 0;
  for (size_t k = other ? 0 : e->nsteps; k-- > 1;)
    if (!e->steps[k - 1].json_patch && ob_tree_covers(e->steps[k - 1].body, now, NULL)) return k;
  return 0;
}

static bool knows_entry(const ob_json *before, const ob_json *entry) {
  const ob_json *fields = ob_json_at(before, "metadata", "managedFields", NULL);
  for (const ob_json *f = ob_json_first(fields); f; f = ob_json_next(f))
    if (ob_streq(ob_json_get_str(f, "manager"), ob_json_get_str(entry, "manager")) &&
        ob_streq(ob_json_get_str(f, "time"), ob_json_get_str(entry, "time")))
      return true;
  return false;
}

/* Nobody but this program has written what people write since the plan saw the object. */
static bool only_ours(const ob_json *before, const ob_json *now) {
  bool ours = false;
  const ob_json *fields = ob_json_at(now, "metadata", "managedFields", NULL);
  for (const ob_json *f = ob_json_first(fields); f; f = ob_json_next(f)) {
    if (*ob_or(ob_json_get_str(f, "subresource"), "")) continue;
    bool mine = ob_streq(ob_json_get_str(f, "manager"), "outboard");
    if (!mine && !knows_entry(before, f)) return false;
    ours |= mine;
  }
  return ours;
}

/* What the server chose where nothing was said is no change of anybody. */
static ob_json *with_choices(ob_json *move_tree, const ob_edit *e, const ob_json *now) {
  static const char *const chosen[] = {"clusterIP",
                                       "clusterIPs",
                                       "ipFamilies",
                                       "ipFamilyPolicy",
                                       "externalTrafficPolicy",
                                       "internalTrafficPolicy",
                                       "healthCheckNodePort",
                                       "allocateLoadBalancerNodePorts",
                                       "sessionAffinity"};
  if (e->kind != OB_KIND_SERVICE) return move_tree;
  ob_json *spec = ob_json_ensure_object(move_tree, "spec");
  const ob_json *has = ob_json_get(now, "spec");
  for (size_t i = 0; i < OB_LEN(chosen); i++)
    if (!ob_json_get(spec, chosen[i]) && ob_json_get(has, chosen[i]))
      ob_json_put(spec, chosen[i], ob_json_dup(ob_json_get(has, chosen[i])));
  ob_service_keep(move_tree, now);
  return move_tree;
}

/* The object as it stood behind step k, as far as it is known: as the server has it when nobody
 * else came, else as the steps say. */
static ob_json *at_step(const ob_edit *e, size_t k, const ob_json *now) {
  if (e->recreate && k < e->nsteps && now && (k || (is_other(e, now) && only_ours(e->before, now))))
    return ob_tree_intent(now);
  if (k == 0) return e->before ? ob_tree_intent(e->before) : NULL;
  if (!now) return NULL;
  if (only_ours(e->before, now)) return ob_tree_intent(now);
  if (k == e->nsteps) return e->wanted ? with_choices(ob_json_dup(e->wanted), e, now) : NULL;
  ob_json *tree = ob_tree_intent(e->before);
  for (size_t i = 0; i < k; i++) ob_merge_patch(&tree, e->steps[i].body);
  OB_AUTOFREE char *type = ob_strdup(ob_or(ob_json_get_str(ob_json_get(tree, "spec"), "type"), ""));
  if (e->kind == OB_KIND_SERVICE) ob_service_clear(tree, type);
  return with_choices(tree, e, now);
}

typedef struct look {
  const ob_entry *entry;
  ob_buf *text;
  ob_conflicts *finish, *undo;
  size_t asked; /* requests of the edits before this one */
} look;

static void tell(look *l, const ob_edit *e, size_t k, const ob_json *now) {
  const ob_entry *x = l->entry;
  ob_buf_addf(l->text, "%s %s/%s: ", ob_kinds[e->kind].kind, e->ns, e->name);
  bool answered = x->steps_done >= l->asked + k, sent = x->steps_sent > l->asked + k;
  if (k == e->nsteps)
    ob_buf_addf(l->text, "done%s%s", answered ? "" : ", though its answer did not come",
                !e->wanted && now && ob_tree_going(now) ? "; it goes once its finalizers let it"
                                                        : "");
  else if (k > 0)
    ob_buf_addf(l->text, "step %zu of %zu is done (%s%s); \"%s\" was %s", k, e->nsteps,
                e->steps[k - 1].title, now && ob_tree_going(now) ? "; its finalizers hold it" : "",
                e->steps[k].title, sent ? "sent, and the server does not have it" : "not sent");
  else if (e->recreate && is_other(e, now))
    ob_buf_addf(l->text, "it was deleted, and %s",
                only_ours(e->before, now) ? "is created again, as it was but for its uid"
                                          : "somebody else has created one in its place");
  else if (e->before && !now && e->wanted)
    ob_buf_adds(l->text, "it is gone from the server");
  else
    ob_buf_adds(l->text, sent ? "sent, and the server does not have it" : "not sent");
  ob_buf_addc(l->text, '\n');
}

static ob_json *or_null(const ob_json *j) {
  return j ? ob_json_dup(j) : ob_json_new_null();
}

static void add(ob_conflicts *c, const ob_edit *e, ob_json *move_base, ob_json *move_mine,
                const ob_json *now, ob_json *move_origin, bool recreate) {
  ob_merges_add(c, (ob_merge){.kind = e->kind,
                              .ns = ob_strdup(e->ns),
                              .name = ob_strdup(e->name),
                              .base = move_base,
                              .mine = move_mine,
                              .now = now ? ob_json_dup(now) : NULL,
                              .origin = move_origin,
                              .recreate = recreate});
}

static size_t look_at(look *l, const ob_edit *e, const ob_json *now) {
  size_t k = steps_done(e, now);
  tell(l, e, k, now);
  ob_json *wanted = e->wanted ? ob_json_dup(e->wanted) : NULL;
  ob_json *before = e->before ? ob_tree_intent(e->before) : NULL;
  if (k == e->nsteps) { /* nothing is left */
    ob_json_free(wanted);
    wanted = at_step(e, k, now);
  }
  if (k == 0) {
    ob_json_free(before);
    before = at_step(e, 0, now);
  }
  add(l->finish, e, at_step(e, k, now), wanted, now,
      k == 0      ? NULL
      : e->origin ? ob_json_dup(e->origin)
                  : or_null(e->before),
      e->recreate);
  /* Back goes by patches, unless its deletion can no longer be called off. */
  bool going = e->recreate && now && ob_tree_going(now);
  add(l->undo, e, at_step(e, k, now), before, now, k ? or_null(e->wanted) : NULL, going);
  return k;
}

/* NULL: nothing is left to do, or (told) somebody else took the place. */
static ob_plan *resolve(look *l, ob_conflicts *move_c, const char *what) {
  ob_plan *p = NULL;
  ob_err err = {0};
  if (ob_conflicts_resolve(&p, move_c, &err) < 0) {
    ob_buf_addf(l->text, "It cannot be %s: %s\n", what, err.msg);
    ob_conflicts_text(move_c, l->text);
  }
  ob_conflicts_free(move_c);
  if (!p || !ob_plan_empty(p)) return p;
  ob_plan_free(p);
  return NULL;
}

static void reverse(ob_conflicts *c) {
  for (size_t i = 0; i < c->nmerges / 2; i++) {
    ob_merge swap = c->merges[i];
    c->merges[i] = c->merges[c->nmerges - 1 - i];
    c->merges[c->nmerges - 1 - i] = swap;
  }
}

int ob_entry_look(ob_broken **ret, const ob_entry *e, const ob_json *const *now) {
  enum { PREFIX = 8 };
  OB_AUTOFREE char *back = ob_plan_back_title(e->plan->title);
  bool again = ob_starts(e->plan->title, "finish: ");
  OB_AUTOFREE char *on = ob_asprintf("finish: %s", e->plan->title + (again ? PREFIX : 0));
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  look l = {.entry = e,
            .text = &text,
            .finish = ob_merges_new(on, false),
            .undo = ob_merges_new(back, true)};
  l.finish->shell->finishes = true;
  ob_plan_warn_again(l.finish->shell, e->plan, false);
  ob_broken *b = ob_calloc(1, sizeof *b);
  for (size_t i = 0; i < e->plan->nedits; i++) {
    const ob_edit *x = &e->plan->edits[i];
    if (x->nsteps) b->done += look_at(&l, x, now[i]);
    l.asked += x->nsteps;
  }
  b->of = l.asked;
  reverse(l.undo); /* last done, first undone */
  b->finish = resolve(&l, l.finish, "finished");
  b->undo = resolve(&l, l.undo, "undone");
  b->text = ob_buf_take(&text, NULL);
  *ret = b;
  return 0;
}
