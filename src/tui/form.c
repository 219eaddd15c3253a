/* See form.h. Values are kept by field; a list's follow one another, the last of them empty. What
 * is shown is asked of the table at every drawing, so that one field's value decides over others.
 */
#include "tui/form.h"

#include "base/str.h"
#include "tui/screen.h"

#include <strings.h>

static const ob_form_field *field_of(const ob_form *f, size_t i) {
  return &f->kind->fields[f->values.at[i].field];
}

static bool is_text(const ob_form_field *d) {
  return d->type == OB_FIELD_TEXT || d->type == OB_FIELD_LIST;
}

static bool is_shown(const ob_tui *s, const ob_form *f, size_t i) {
  const ob_form_field *d = field_of(f, i);
  return !d->shown || d->shown(s, f);
}

/* --- values ----------------------------------------------------------------------------------- */
static void value_done(ob_form_value *v) {
  free(v->label);
}

void ob_form_done(ob_form *f) {
  if (f->kind && f->kind->done) f->kind->done(f->data);
  for (size_t i = 0; i < f->values.len; i++) value_done(&f->values.at[i]);
  ob_vec_done(&f->values);
  free(f->title);
  free(f->whom);
  free(f->said);
  ob_form *below = f->below;
  *f = below ? *below : (ob_form){0};
  free(below);
}

/* A hidden one waits for a plan, which is made of its values: that wish ends with it. */
ob_form *ob_form_open(ob_tui *s, const ob_form_kind *kind, char *move_title, void *move_data) {
  if (s->full == OB_FULL_PLAN) ob_tui_close_full(s);
  if (s->form.hidden || s->route.opened) ob_change_abandon(s);
  ob_route_edit_make_way(s);
  ob_forms_make_way(s);
  return ob_form_open_over(s, kind, move_title, move_data);
}

ob_form *ob_form_open_over(ob_tui *s, const ob_form_kind *kind, char *move_title, void *move_data) {
  ob_form *f = &s->form, *below = NULL;
  if (f->kind) {
    below = ob_alloc(sizeof *below);
    *below = *f;
  }
  *f = (ob_form){.below = below};
  f->kind = kind;
  f->opened = ++s->opened;
  f->title = move_title;
  f->data = move_data;
  for (int i = 0; i < kind->nfields; i++) ob_vec_push(&f->values, (ob_form_value){.field = i});
  return f;
}

static size_t first_of(const ob_form *f, int field) {
  size_t i = 0;
  while (i < f->values.len && f->values.at[i].field != field) i++;
  return i;
}

static void insert(ob_form *f, size_t at, int field) {
  if (f->values.len >= OB_FORM_VALUES) return;
  ob_vec_push(&f->values, (ob_form_value){0});
  memmove(&f->values.at[at + 1], &f->values.at[at],
          (f->values.len - 1 - at) * sizeof *f->values.at);
  f->values.at[at] = (ob_form_value){.field = field};
  if (f->at >= at) f->at++;
}

static bool last_of_list(const ob_form *f, size_t i) {
  return field_of(f, i)->type == OB_FIELD_LIST &&
         (i + 1 == f->values.len || f->values.at[i + 1].field != f->values.at[i].field);
}

static void keep_spare(ob_form *f, size_t i) {
  if (last_of_list(f, i) && f->values.at[i].line.len) insert(f, i + 1, f->values.at[i].field);
}

static size_t put(ob_form *f, int field, const char *text) {
  size_t i = first_of(f, field);
  while (f->kind->fields[field].type == OB_FIELD_LIST && !last_of_list(f, i)) i++;
  ob_line_set(&f->values.at[i].line, ob_or(text, ""));
  return i;
}

void ob_form_set(ob_form *f, int field, const char *text) {
  size_t i = put(f, field, text);
  f->values.at[i].before = f->values.at[i].line;
  keep_spare(f, i);
}

void ob_form_change(ob_form *f, int field, const char *text) {
  keep_spare(f, put(f, field, text));
}

void ob_form_add(ob_form *f, int field, const char *label, const char *text) {
  size_t i = first_of(f, field);
  if (f->values.at[i].label) {
    while (i < f->values.len && f->values.at[i].field == field) i++;
    insert(f, i, field);
    if (i >= f->values.len) return;
  }
  f->values.at[i].label = ob_strdup(label);
  ob_line_set(&f->values.at[i].line, text);
  f->values.at[i].before = f->values.at[i].line;
  f->at = 0;
}

const char *ob_form_get(const ob_form *f, int field) {
  return f->values.at[first_of(f, field)].line.text;
}

const char *ob_form_nth(const ob_form *f, int field, size_t i) {
  for (size_t k = first_of(f, field); k < f->values.len && f->values.at[k].field == field; k++)
    if (f->values.at[k].line.len && i-- == 0) return f->values.at[k].line.text;
  return NULL;
}

bool ob_form_changed(const ob_form *f, int field) {
  for (size_t k = first_of(f, field); k < f->values.len && f->values.at[k].field == field; k++)
    if (!ob_streq(f->values.at[k].line.text, f->values.at[k].before.text)) return true;
  return false;
}

bool ob_form_any_changed(const ob_form *f) {
  for (int i = 0; i < f->kind->nfields; i++)
    if (ob_form_changed(f, i)) return true;
  return false;
}

void ob_form_again(ob_tui *s, const char *said) {
  ob_form *f = &s->form;
  if (!f->kind) return;
  free(f->said);
  f->said = ob_strdup_opt(said);
  f->hidden = f->left = false;
}

void ob_form_hide(ob_form *f) {
  f->hidden = true;
}

/* --- what the cluster has --------------------------------------------------------------------- */
void ob_form_offer(ob_form_offers *o, const char *text) {
  if (text && *text && o->all.len < OB_FORM_OFFERS) ob_vec_push(&o->all, text);
}

static int by_name(const void *a, const void *b) {
  return ob_strnatcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of a choice as they are offered; of a text sorted, each once, those that begin with what was
 * typed; when none does, those that hold it. */
static void make_offers(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const ob_form_field *d = field_of(f, f->at);
  const char *typed = f->values.at[f->at].line.text;
  if (!d->offer) return;
  d->offer(s, f, o);
  if (!is_text(d) || o->all.len == 0) return;
  qsort(o->all.at, o->all.len, sizeof *o->all.at, by_name);
  size_t n = 0, begin = 0;
  for (size_t i = 0; i < o->all.len; i++)
    if (n == 0 || !ob_streq(o->all.at[n - 1], o->all.at[i])) o->all.at[n++] = o->all.at[i];
  o->all.len = n;
  for (size_t i = 0; i < n; i++) begin += ob_starts(o->all.at[i], typed);
  n = 0;
  for (size_t i = 0; i < o->all.len; i++)
    if (begin ? ob_starts(o->all.at[i], typed) : ob_contains_nocase(o->all.at[i], typed))
      o->all.at[n++] = o->all.at[i];
  o->all.len = n;
}

/* The next offer, or the one before. What stands in a text is one of all then. */
static void step_offer(ob_tui *s, int by) {
  ob_form *f = &s->form;
  ob_form_value *v = &f->values.at[f->at];
  const ob_form_field *d = field_of(f, f->at);
  ob_form_offers o = {0};
  make_offers(s, f, &o);
  bool exact = false;
  for (size_t i = 0; i < o.all.len; i++) exact |= ob_streq(o.all.at[i], v->line.text);
  if (is_text(d) && (exact || o.all.len == 0)) { /* go on through all of them */
    ob_line kept = v->line;
    ob_line_set(&v->line, "");
    o.all.len = 0;
    make_offers(s, f, &o);
    v->line = kept;
  }
  size_t n = o.all.len, next = by > 0 ? 0 : n - 1;
  for (size_t i = 0; i < n; i++)
    if (ob_streq(o.all.at[i], v->line.text)) next = (i + n + (size_t)by) % n;
  if (n == 0)
    ob_tui_say(s, false, "the cluster has nothing to offer here");
  else
    ob_line_set(&v->line, o.all.at[next]);
  ob_vec_done(&o.all);
  ob_form_edited(s);
}

bool ob_form_offers_now(const ob_tui *s, ob_form_offers *ret) {
  make_offers(s, &s->form, ret);
  return ret->all.len > 0;
}

const char *ob_form_ghost(const ob_tui *s, const ob_form_offers *o) {
  const ob_form *f = &s->form;
  const ob_line *l = &f->values.at[f->at].line;
  if (!is_text(field_of(f, f->at)) || !l->len || l->at != l->len || !o->all.len) return "";
  return ob_starts(o->all.at[0], l->text) ? o->all.at[0] + l->len : "";
}

/* --- moving and typing ------------------------------------------------------------------------ */
static void move(ob_tui *s, int by) {
  ob_form *f = &s->form;
  size_t n = f->values.len, at = f->at;
  do at = (at + n + (size_t)by) % n;
  while (!is_shown(s, f, at) && at != f->at);
  f->at = at;
  f->values.at[at].line.at = f->values.at[at].line.len;
  f->typed[0] = '\0';
  f->left = false;
}

void ob_form_go(ob_tui *s, ob_form *f, int field) {
  size_t i = first_of(f, field);
  if (i < f->values.len && is_shown(s, f, i)) f->at = i;
}

ob_line *ob_form_line(ob_tui *s) {
  ob_form *f = &s->form;
  return is_text(field_of(f, f->at)) ? &f->values.at[f->at].line : NULL;
}

void ob_form_edited(ob_tui *s) {
  ob_form *f = &s->form;
  f->left = false;
  keep_spare(f, f->at);
}

static void toggle(ob_form *f) {
  ob_line *l = &f->values.at[f->at].line;
  ob_line_set(l, l->len ? "" : "yes");
}

/* A choice follows what is typed; what fits none begins anew. */
static void type_choice(ob_tui *s, uint32_t cp) {
  ob_form *f = &s->form;
  ob_form_offers o = {0};
  make_offers(s, f, &o);
  size_t n = strlen(f->typed);
  for (int turn = 0; turn < 2 && cp < 127; turn++, n = 0) {
    if (n + 1 >= sizeof f->typed) continue;
    f->typed[n] = (char)cp;
    f->typed[n + 1] = '\0';
    for (int begins = 1; begins >= 0; begins--)
      for (size_t i = 0; i < o.all.len; i++) {
        bool hit = begins ? strncasecmp(o.all.at[i], f->typed, n + 1) == 0
                          : ob_contains_nocase(o.all.at[i], f->typed);
        if (!hit) continue;
        ob_line_set(&f->values.at[f->at].line, o.all.at[i]);
        ob_vec_done(&o.all);
        ob_form_edited(s);
        return;
      }
  }
  f->typed[0] = '\0';
  ob_vec_done(&o.all);
}

void ob_form_type(ob_tui *s, uint32_t cp) {
  ob_form *f = &s->form;
  ob_line *l = ob_form_line(s);
  if (l && ob_line_insert(l, cp))
    ob_form_edited(s);
  else if (!l && field_of(f, f->at)->type == OB_FIELD_TOGGLE && cp == ' ')
    toggle(f);
  else if (!l && field_of(f, f->at)->type == OB_FIELD_CHOICE)
    type_choice(s, cp);
}

void ob_act_form_next(ob_tui *s) {
  move(s, 1);
}
void ob_act_form_prev(ob_tui *s) {
  move(s, -1);
}
void ob_act_form_offer(ob_tui *s) {
  step_offer(s, 1);
}
void ob_act_form_offer_prev(ob_tui *s) {
  step_offer(s, -1);
}

static void sideways(ob_tui *s, int by) {
  ob_form *f = &s->form;
  ob_line *l = ob_form_line(s);
  ob_form_offers o = {0};
  if (!l && field_of(f, f->at)->type == OB_FIELD_CHOICE) {
    step_offer(s, by);
  } else if (!l) {
    toggle(f);
  } else if (by < 0) {
    ob_line_left(l);
  } else if (l->at < l->len) {
    ob_line_right(l);
  } else {
    make_offers(s, f, &o);
    if (*ob_form_ghost(s, &o)) ob_line_set(l, o.all.at[0]);
    ob_form_edited(s);
  }
  ob_vec_done(&o.all);
}
void ob_act_form_left(ob_tui *s) {
  sideways(s, -1);
}
void ob_act_form_right(ob_tui *s) {
  sideways(s, 1);
}

void ob_act_form_accept(ob_tui *s) {
  ob_form *f = &s->form;
  f->left = false;
  free(ob_take(f->said));
  f->kind->accept(s, f);
}

void ob_act_form_cancel(ob_tui *s) {
  ob_form *f = &s->form;
  if (ob_form_any_changed(f) && !f->left) {
    f->left = true;
    ob_tui_say(s, false, "esc again forgets what was typed");
    return;
  }
  ob_form_done(f);
  if (f->kind)
    f->hidden = false;
  else
    ob_route_edit_again(s);
}

bool ob_form_reply(ob_tui *s, ob_reply *move_r) {
  ob_form *f = &s->form;
  if (!f->kind || !f->kind->reply || !f->kind->reply(f, move_r)) return false;
  ob_reply_done(move_r);
  return true;
}

/* --- the mouse ----------------------------------------------------------------------------------
 */
void ob_form_wheel(ob_tui *s, int by) {
  move(s, by < 0 ? -1 : 1);
}

static void press_row(ob_tui *s, size_t line) {
  ob_form *f = &s->form;
  if (line >= f->hit.nshown) return;
  size_t i = f->hit.shown[line];
  bool there = f->at == i;
  f->at = i;
  f->typed[0] = '\0';
  ob_field_type type = field_of(f, i)->type;
  if (type == OB_FIELD_TOGGLE) toggle(f);
  if (type == OB_FIELD_CHOICE && there) step_offer(s, 1);
}

void ob_form_press(ob_tui *s, int x, int y) {
  ob_form *f = &s->form;
  if (ob_rect_has(f->hit.ok, x, y)) {
    ob_act_form_accept(s);
    return;
  }
  if (ob_rect_has(f->hit.cancel, x, y)) {
    ob_act_form_cancel(s);
    return;
  }
  for (size_t i = 0; i < f->hit.noffers; i++)
    if (ob_rect_has(f->hit.offers[i].r, x, y)) {
      ob_line_set(&f->values.at[f->at].line, f->hit.offers[i].text);
      ob_form_edited(s);
      return;
    }
  if (ob_rect_has(f->hit.rows, x, y)) press_row(s, (size_t)(y - f->hit.rows.y));
}
