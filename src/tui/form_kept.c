/* What was typed and not done. A form or the fields of a row that make way for another, while their
 * change is on its way or after it was refused, wait here; opening the same again brings them back.
 * Only a change that was made, or esc twice, forgets what was typed. */
#include "base/str.h"
#include "tui/screen.h"

/* The kind of a plugin's form is made for it: what accepts it tells kinds apart. */
static bool same_form(const ob_form *a, const ob_form *b) {
  return a->kind->accept == b->kind->accept && ob_streq(a->title, b->title) &&
         ob_streq(a->whom, b->whom) && a->kind->nfields == b->kind->nfields;
}

static void forget_form(ob_tui *s, size_t i) {
  ob_form_done(&s->kept.forms.at[i].form);
  memmove(&s->kept.forms.at[i], &s->kept.forms.at[i + 1],
          (s->kept.forms.len - 1 - i) * sizeof *s->kept.forms.at);
  s->kept.forms.len--;
}

static void forget_route(ob_tui *s, size_t i) {
  ob_route_edit_done(&s->kept.routes.at[i].edit);
  memmove(&s->kept.routes.at[i], &s->kept.routes.at[i + 1],
          (s->kept.routes.len - 1 - i) * sizeof *s->kept.routes.at);
  s->kept.routes.len--;
}

/* --- making way --------------------------------------------------------------------------------
 */
/* Hidden, and opened before the person's last word: that word was about it. */
static bool under_way(const ob_form *f, uint64_t when) {
  return f->hidden && f->opened <= when;
}

void ob_forms_make_way(ob_tui *s) {
  uint64_t when = ob_change_confirmed_when(s);
  while (s->form.kind) {
    ob_form *f = &s->form;
    bool busy = under_way(f, when);
    if (!f->keeps || !(busy || ob_form_any_changed(f))) {
      ob_form_done(f);
      continue;
    }
    ob_form *below = ob_take(f->below);
    if (s->kept.forms.len == OB_FORMS_KEPT) forget_form(s, 0);
    ob_vec_push(&s->kept.forms,
                (ob_form_kept){.form = *f, .when = busy ? when : 0, .refused = f->said != NULL});
    *f = below ? *below : (ob_form){0};
    free(below);
  }
}

void ob_route_edit_make_way(ob_tui *s) {
  ob_route_edit *e = &s->route;
  uint64_t when = ob_change_confirmed_when(s);
  bool busy = s->prompt != OB_PROMPT_ROUTE && e->opened <= when;
  if (s->prompt == OB_PROMPT_ROUTE) {
    e->fields[e->at] = s->line;
    s->prompt = OB_PROMPT_NONE;
  }
  if (e->open && ob_route_edit_changed(e)) {
    if (s->kept.routes.len == OB_FORMS_KEPT) forget_route(s, 0);
    ob_vec_push(&s->kept.routes, (ob_route_kept){.edit = *e, .when = busy ? when : 0});
    *e = (ob_route_edit){0};
  }
  ob_route_edit_done(e);
}

/* --- coming back -------------------------------------------------------------------------------
 */
void ob_form_keep(ob_tui *s, const char *whom) {
  ob_form *f = &s->form;
  f->keeps = true;
  f->whom = ob_strdup_opt(whom);
  for (size_t i = s->kept.forms.len; i-- > 0;) {
    ob_form_kept *k = &s->kept.forms.at[i];
    if (k->when || !same_form(&k->form, f)) continue;
    ob_form *below = ob_take(f->below);
    uint64_t opened = f->opened;
    bool refused = k->refused;
    ob_form_done(f);
    *f = k->form;
    f->below = below;
    f->opened = opened;
    k->form = (ob_form){0};
    forget_form(s, i);
    ob_form_again(s, refused ? "this was typed before, and refused"
                             : "this was typed before, and left");
    return;
  }
}

bool ob_route_edit_bring(ob_tui *s) {
  ob_route_edit *e = &s->route;
  for (size_t i = s->kept.routes.len; i-- > 0;) {
    ob_route_kept *k = &s->kept.routes.at[i];
    if (k->when || !ob_route_edit_same(&k->edit, e)) continue;
    uint64_t opened = e->opened;
    ob_route_edit_done(e);
    *e = k->edit;
    e->opened = opened;
    k->edit = (ob_route_edit){0};
    forget_route(s, i);
    return true;
  }
  return false;
}

/* --- how it ended ------------------------------------------------------------------------------
 */
bool ob_form_kept_end(ob_tui *s, uint64_t when, bool done) {
  bool any = false;
  for (size_t i = s->kept.forms.len; i-- > 0;) {
    ob_form_kept *k = &s->kept.forms.at[i];
    if (k->when != when) continue;
    k->when = 0;
    k->refused = any = true;
    if (done) forget_form(s, i);
  }
  for (size_t i = s->kept.routes.len; i-- > 0;) {
    ob_route_kept *k = &s->kept.routes.at[i];
    if (k->when != when) continue;
    k->when = 0;
    any = true;
    if (done) forget_route(s, i);
  }
  return any && !done;
}

void ob_forms_done(ob_tui *s) {
  while (s->form.kind) ob_form_done(&s->form);
  ob_route_edit_done(&s->route);
  while (s->kept.forms.len) forget_form(s, s->kept.forms.len - 1);
  while (s->kept.routes.len) forget_route(s, s->kept.routes.len - 1);
  ob_vec_done(&s->kept.forms);
  ob_vec_done(&s->kept.routes);
}
