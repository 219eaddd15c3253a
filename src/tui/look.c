#include "tui/look.h"

#include "base/str.h"
#include "tui/screen.h"
#include "tui/theme_find.h"

static void use(ob_tui *s, const ob_theme *t) {
  s->look.theme = *t;
  if (s->term) ob_term_recolour(s->term);
}

static void set_name(char **at, const char *name) {
  char *copy = ob_strdup_opt(name);
  free(*at);
  *at = copy;
}

int ob_look_start(ob_tui *s, const char *name, ob_err *err) {
  if (ob_streq(name, "auto")) name = NULL;
  int rc = ob_theme_load(&s->look.theme, name, s->k9s, err);
  if (rc == 0) set_name(&s->look.name, name);
  return rc;
}

void ob_look_done(ob_look *l) {
  free(l->name);
  free(l->tried);
}

void ob_look_background(ob_tui *s, uint32_t rgb) {
  if (s->look.name || s->look.tried || ob_luminance(rgb) < 0.4) return;
  ob_theme light;
  ob_err err = {0};
  if (ob_theme_load(&light, "light", s->k9s, &err) == 0)
    use(s, &light);
  else
    ob_tui_say(s, true, "the background is light, and there is no light theme: %s", err.msg);
}

void ob_look_choose(ob_tui *s, const char *name) {
  ob_theme t;
  ob_err err = {0};
  if (ob_theme_load(&t, name, s->k9s, &err) < 0) {
    ob_tui_say(s, true, "%s%s%s", err.msg, *err.hint ? ": " : "", err.hint);
    return;
  }
  use(s, &t);
  set_name(&s->look.tried, NULL);
  set_name(&s->look.name, name);
  s->look.picked = true;
}

void ob_look_menu(ob_tui *s) {
  OB_AUTO(ob_theme_list) list;
  ob_theme_list_make(&list, s->k9s);
  ob_menu_open(&s->menu, OB_MENU_THEME, "Theme");
  for (size_t i = 0; i < list.all.len; i++) {
    const ob_theme_entry *e = &list.all.at[i];
    ob_menu_add(&s->menu, e->name, e->skin ? "k9s skin" : "", (int)i,
                strcmp(e->name, ob_or(s->look.name, "dark")) == 0);
  }
  ob_menu_ready(&s->menu);
}

void ob_look_follow(ob_tui *s) {
  ob_look *l = &s->look;
  if (s->menu.kind != OB_MENU_THEME) {
    if (!l->tried) return;
    use(s, &l->before);
    set_name(&l->tried, NULL);
    return;
  }
  const ob_menu_item *it = ob_menu_chosen(&s->menu);
  if (!it || ob_streq(l->tried, it->text)) return;
  ob_theme t;
  ob_err err = {0};
  if (ob_theme_load(&t, it->text, s->k9s, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  if (!l->tried) l->before = l->theme;
  set_name(&l->tried, it->text);
  use(s, &t);
}
