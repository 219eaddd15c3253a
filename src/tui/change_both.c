/* The plan and somebody else changed one place. Both sides stand beside one another, a choice for
 * each place; what was typed is one of them and stays. */
#include "tui/change_priv.h"

#include "base/str.h"

typedef struct sides {
  ob_conflicts *both;
  OB_VEC(char *) texts; /* two for each place: mine, theirs */
} sides;

enum { SIDE };

static void done(void *data) {
  sides *x = data;
  ob_conflicts_free(x->both);
  for (size_t i = 0; i < x->texts.len; i++) free(x->texts.at[i]);
  ob_vec_done(&x->texts);
  free(x);
}

static char *text_of(const char *whose, const ob_json *v) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_PLAN_MAX);
  if (v && !ob_json_str(v)) ob_json_print(&out, v);
  const char *text = !v ? "nothing" : ob_json_str(v) ? ob_json_str(v) : ob_buf_str(&out);
  return ob_asprintf("%s%s", whose, text);
}

/* As the field holds it, which has room for so much: the choice is found by it. */
static void push_side(sides *x, const char *whose, const ob_json *v) {
  OB_AUTOFREE char *whole = text_of(whose, v);
  ob_line line;
  ob_line_set(&line, whole);
  ob_vec_push(&x->texts, ob_strdup(line.text));
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
  if (2 * f->at + 1 >= x->texts.len) return OB_ROLE_TEXT;
  const ob_conflict *c = &x->both->all[f->at];
  OB_AUTOFREE char *was = text_of("it was: ", c->base);
  ob_buf_addf(out, "%s\n%s", c->path, was);
  if (c->writer) ob_buf_addf(out, "\ntheirs was written by %s", c->writer);
  return OB_ROLE_TEXT;
}

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  sides *x = f->data;
  (void)objects;
  for (size_t i = 0; i < x->both->n; i++) {
    /* What no field had room for stays as the server has it. */
    bool mine = i < f->values.len && ob_streq(f->values.at[i].line.text, x->texts.at[2 * i]);
    x->both->all[i].take = mine ? OB_TAKE_MINE : OB_TAKE_THEIRS;
  }
  int rc = ob_conflicts_resolve(ret, x->both, err);
  if (rc) ob_conflicts_text(x->both, why);
  return rc;
}

static void again(ob_tui *s, const char *said) {
  ob_form_again(s, said);
}

/* It was done: what was typed in the fields below is done, too. */
static void close_all(ob_tui *s, uint64_t when) {
  while (s->form.kind && s->form.hidden && s->form.opened <= when) ob_form_done(&s->form);
  ob_route_edit_close(s, when);
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
static const ob_form_kind kind = {
    .fields = fields, .nfields = OB_LEN(fields), .say = say, .accept = take, .done = done};

/* The objects as they are now have come. */
static void have(ob_tui *s, const ob_json *const *objects) {
  ob_changing *c = s->changing;
  ob_plan *mine = ob_take(c->both), *merged = NULL;
  ob_conflicts *both = NULL;
  ob_err err = {0};
  OB_AUTOFREE char *title = ob_asprintf("Both changed it: %s", mine->title);
  int rc = ob_plan_merge(&merged, mine, OB_PLAN_AGAIN, objects, &both, &err);
  ob_plan_free(mine);
  if (rc == 0) ob_change_show(s, merged, NULL); /* they are apart after all */
  if (rc && !both) ob_tui_say(s, true, "%s", err.msg);
  if (!both) return;
  if (s->full == OB_FULL_PLAN) { /* the form takes its place, nothing is dropped */
    s->full = OB_FULL_NONE;
    s->page_stale = true;
  }
  sides *x = ob_calloc(1, sizeof *x);
  x->both = both;
  for (size_t i = 0; i < both->n; i++) {
    push_side(x, "mine: ", both->all[i].mine);
    push_side(x, "theirs: ", both->all[i].theirs);
  }
  ob_form *f = ob_form_open_over(s, &kind, ob_take(title), x);
  for (size_t i = 0; i < both->n; i++) ob_form_add(f, SIDE, both->all[i].path, x->texts.at[2 * i]);
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
  uint64_t undo_of = c->undo_of;
  ob_change_begin(s, &flow, about, n);
  c->undo_of = undo_of;
}
