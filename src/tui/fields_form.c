/* What the forms for fields of objects share: lists of texts, and pairs of which only what was
 * changed is sent. */
#include "tui/fields_form.h"

#include "base/str.h"
#include "tui/screen.h"

static void add(ob_form_list *l, char *move_text) {
  l->owned = ob_reallocarray(l->owned, l->texts.n + 1, sizeof *l->owned);
  l->owned[l->texts.n++] = move_text;
  l->texts.all = (const char *const *)l->owned;
}

void ob_form_texts_done(ob_form_list *l) {
  for (size_t i = 0; i < l->texts.n; i++) free(l->owned[i]);
  free(l->owned);
  *l = (ob_form_list){0};
}

const ob_texts *ob_form_texts(const ob_form *f, int field, ob_form_list *ret) {
  if (!ob_form_changed(f, field)) return NULL;
  for (const char *t; (t = ob_form_nth(f, field, ret->texts.n));) add(ret, ob_strdup(t));
  return &ret->texts;
}

static char *key_of(const char *pair) {
  return ob_strndup(pair, strcspn(pair, "="));
}

const ob_texts *ob_form_pairs(const ob_form *f, int field, ob_form_list *ret) {
  if (!ob_form_changed(f, field)) return NULL;
  for (int sets = 0; sets < 2; sets++) /* a key that another line has taken over stays */
    for (size_t i = 0; i < f->values.len; i++) {
      const ob_form_value *v = &f->values.at[i];
      if (v->field != field || ob_streq(v->line.text, v->before.text)) continue;
      OB_AUTOFREE char *was = key_of(v->before.text), *is = key_of(v->line.text);
      if (!sets && *was && !ob_streq(was, is)) add(ret, ob_asprintf("%s-", was));
      if (sets && v->line.len) add(ret, ob_strdup(v->line.text));
    }
  return &ret->texts;
}

const char *ob_form_if_changed(const ob_form *f, int field) {
  return ob_form_changed(f, field) ? ob_form_get(f, field) : NULL;
}

void ob_form_set_pairs(ob_form *f, int field, const ob_json *pairs) {
  for (const ob_json *m = ob_json_first(pairs); m; m = ob_json_next(m)) {
    OB_AUTOFREE char *text = ob_asprintf("%s=%s", ob_json_key(m), ob_or(ob_json_str(m), ""));
    if (strlen(text) < OB_LINE_TEXT && !strchr(text, '\n')) ob_form_set(f, field, text);
  }
}

bool ob_form_has_room(ob_tui *s, size_t values, size_t longest) {
  if (values <= OB_FORM_VALUES / 2 && longest < OB_LINE_TEXT) return true;
  ob_tui_say(s, true, "it has more than a form has room for: E edits it as YAML");
  return false;
}

void ob_offer_ingress_classes(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_INGRESS_CLASS, &at));)
    ob_form_offer(o, x->name);
}

void ob_offer_services_in(const ob_tui *s, const char *ns, ob_form_offers *o) {
  size_t at = 0;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_SERVICE, &at));)
    if (ob_streq(x->ns, ns)) ob_form_offer(o, x->name);
}

void ob_offer_ports_of(const ob_service *v, ob_form_offers *o) {
  for (size_t i = 0; v && i < v->nports; i++) ob_form_offer(o, v->ports[i].name);
}

ob_role ob_note_pair(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s, (void)f;
  if (!*value || (strchr(value, '=') && *value != '=')) return OB_ROLE_DIM;
  ob_buf_adds(out, "KEY=VALUE");
  return OB_ROLE_BAD;
}

void ob_form_close_hidden(ob_tui *s, uint64_t when) {
  if (s->form.hidden && s->form.opened <= when) ob_form_done(&s->form);
}
