/* The plan and somebody else changed one place. Both sides stand beside one another, a choice for
 * each place; what was typed is one of them and stays. */
#include "tui/change_priv.h"

#include "base/str.h"

typedef struct sides {
  ob_plan *plan; /* mine */
  ob_clashes clashes;
  ob_json **now;
  size_t nnow;
  OB_VEC(char *) texts; /* two for each clash: mine, theirs */
} sides;

enum { SIDE };

static void done(void *data) {
  sides *x = data;
  ob_plan_free(x->plan);
  ob_clashes_done(&x->clashes);
  for (size_t i = 0; i < x->nnow; i++) ob_json_free(x->now[i]);
  for (size_t i = 0; i < x->texts.len; i++) free(x->texts.at[i]);
  ob_vec_done(&x->texts);
  free(x->now);
  free(x);
}

static void offer_sides(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const sides *x = f->data;
  (void)s;
  if (2 * f->at + 1 >= x->texts.len) return;
  ob_form_offer(o, x->texts.at[2 * f->at]);
  ob_form_offer(o, x->texts.at[2 * f->at + 1]);
}

static ob_role say(const ob_tui *s, const ob_form *f, ob_buf *out) {
  const sides *x = f->data;
  (void)s;
  if (f->at >= x->clashes.n) return OB_ROLE_TEXT;
  const ob_clash *c = &x->clashes.all[f->at];
  ob_buf_addf(out, "%s\nit was: %s", c->path, ob_or(c->base, "nothing"));
  return OB_ROLE_TEXT;
}

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  const sides *x = f->data;
  (void)objects, (void)why;
  bool *mine = ob_calloc(x->clashes.n + 1, sizeof *mine);
  for (size_t i = 0; i < x->clashes.n; i++)
    mine[i] = ob_streq(f->values.at[i].line.text, x->texts.at[2 * i]);
  int rc = ob_plan_settle(ret, x->plan, (const ob_json *const *)x->now, mine, x->clashes.n, err);
  free(mine);
  return rc;
}

static void again(ob_tui *s, const char *said) {
  ob_form_again(s, said);
}

/* It was done: what was typed in the fields below is done, too. */
static void close_all(ob_tui *s) {
  while (s->form.kind && s->form.hidden) ob_form_done(&s->form);
  if (s->prompt != OB_PROMPT_ROUTE) ob_route_edit_done(&s->route);
}

static void take(ob_tui *s, ob_form *f) {
  static const ob_change_flow settle = {
      .absent = true, .plan = plan, .again = again, .done = close_all};
  ob_changing *c = s->changing;
  ob_form_hide(f);
  c->flow = &settle;
  ob_change_try(s);
}

static const ob_form_field fields[] = {
    [SIDE] = {"", OB_FIELD_CHOICE, "", "left and right choose whose value it shall have",
              offer_sides, NULL, NULL},
};
static const ob_form_kind kind = {fields, OB_LEN(fields), say, take, done};

/* The objects as they are now have come. */
static void have(ob_tui *s, const ob_json *const *objects) {
  ob_changing *c = s->changing;
  sides *x = ob_calloc(1, sizeof *x);
  x->plan = ob_take(c->both);
  ob_plan_clashes(x->plan, objects, &x->clashes);
  x->nnow = x->plan->nedits;
  x->now = ob_calloc(x->nnow + 1, sizeof *x->now);
  for (size_t i = 0; i < x->nnow; i++) x->now[i] = objects[i] ? ob_json_dup(objects[i]) : NULL;
  for (size_t i = 0; i < x->clashes.n; i++) {
    const ob_clash *k = &x->clashes.all[i];
    ob_vec_push(&x->texts, ob_asprintf("mine: %s", ob_or(k->mine, "nothing")));
    ob_vec_push(&x->texts, ob_asprintf("theirs: %s", ob_or(k->theirs, "nothing")));
  }
  if (x->clashes.n == 0) { /* they are apart after all */
    ob_err err = {0};
    ob_plan *merged = NULL;
    if (ob_plan_settle(&merged, x->plan, objects, NULL, 0, &err) < 0)
      ob_tui_say(s, true, "%s", err.msg);
    else
      ob_change_show(s, merged, NULL);
    done(x);
    return;
  }
  if (s->full == OB_FULL_PLAN) { /* the form takes its place, nothing is dropped */
    s->full = OB_FULL_NONE;
    s->page_stale = true;
  }
  ob_form *f = ob_form_open_over(s, &kind, ob_asprintf("Both changed it: %s", x->plan->title), x);
  for (size_t i = 0; i < x->clashes.n; i++)
    ob_form_add(f, SIDE, x->clashes.all[i].path, x->texts.at[2 * i]);
}

void ob_change_both(ob_tui *s, const ob_plan *mine) {
  static const ob_change_flow flow = {.absent = true, .have = have};
  ob_changing *c = ob_changing_of(s);
  ob_plan *copy = ob_plan_dup(mine);
  ob_change_about about[OB_CHANGE_OBJECTS];
  size_t n = copy->nedits < OB_CHANGE_OBJECTS ? copy->nedits : OB_CHANGE_OBJECTS;
  for (size_t i = 0; i < n; i++)
    about[i] = (ob_change_about){copy->edits[i].kind, copy->edits[i].ns, copy->edits[i].name};
  ob_plan_free(c->both);
  c->both = copy;
  ob_change_begin(s, &flow, about, n);
}
