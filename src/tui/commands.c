/* The `:` commands and the menus that they and a few keys open. */
#include "tui/screen.h"

#include "base/map.h"
#include "base/str.h"

void ob_tui_command(ob_tui *s, const char *line) {
  while (*line == ' ') line++;
  size_t n = strcspn(line, " ");
  if (n == 0) return;
  const ob_command_row *row = ob_tui_command_find(line, n);
  if (!row) {
    ob_tui_say(s, true, "there is no command :%.*s; ? lists them", (int)n, line);
    return;
  }
  const char *arg = line + n;
  while (*arg == ' ') arg++;
  size_t k = strlen(arg);
  while (k > 0 && arg[k - 1] == ' ') k--;
  OB_AUTOFREE char *copy = ob_strndup(arg, k);
  if (k > 0 && !row->args) {
    ob_tui_say(s, true, ":%s takes no argument", row->name);
    return;
  }
  row->run(s, row->name, copy);
}

void ob_cmd_view(ob_tui *s, const char *name, const char *arg) {
  (void)arg;
  const ob_view *v = ob_view_find(name);
  if (v) ob_tui_open_tab(s, v->id);
}

void ob_cmd_go(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  if (!*arg)
    ob_tui_say(s, true, ":go wants NAMESPACE/NAME");
  else if (!ob_tui_go(s, arg))
    ob_tui_say(s, true, "there is no Service and no Ingress \"%s\" to be seen", arg);
}

void ob_cmd_messages(ob_tui *s, const char *name, const char *arg) {
  (void)name, (void)arg;
  ob_tui_open_full(s, OB_FULL_MESSAGES);
}

void ob_cmd_help(ob_tui *s, const char *name, const char *arg) {
  (void)name, (void)arg;
  ob_tui_open_full(s, OB_FULL_HELP);
}

void ob_cmd_quit(ob_tui *s, const char *name, const char *arg) {
  (void)name, (void)arg;
  ob_tui_leave(s);
}

/* --- namespaces
 * ------------------------------------------------------------------------------------- */
typedef OB_VEC(const char *) names;

static int by_name(const void *a, const void *b) {
  return ob_strnatcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The cluster's namespaces; where they may not be listed, those of the objects. Borrowed. */
static void collect(const ob_tui *s, names *out) {
  const ob_cluster *c = ob_tui_cluster(s);
  OB_AUTO(ob_map) seen = OB_MAP_INIT;
  static const ob_kind from[] = {OB_KIND_NAMESPACE, OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (size_t i = 0; i < OB_LEN(from); i++) {
    if (i > 0 && ob_known(c, OB_KIND_NAMESPACE)) break;
    size_t cursor = 0;
    const ob_object *o;
    while ((o = ob_cluster_next(c, from[i], &cursor))) {
      const char *name = i == 0 ? o->name : o->ns;
      if (ob_map_get(&seen, name, strlen(name))) continue;
      ob_map_put(&seen, name, strlen(name), (void *)(uintptr_t)o);
      ob_vec_push(out, name);
    }
  }
  if (out->len) qsort(out->at, out->len, sizeof *out->at, by_name);
}

void ob_tui_menu_namespaces(ob_tui *s) {
  names all = {0};
  collect(s, &all);
  ob_menu_open(&s->menu, OB_MENU_NAMESPACE, "Namespace");
  ob_menu_add(&s->menu, "all", "all namespaces", 0, true);
  for (size_t i = 0; i < all.len; i++)
    ob_menu_add(&s->menu, all.at[i], "", 1, strcmp(all.at[i], s->ns) == 0);
  ob_menu_ready(&s->menu);
  ob_vec_done(&all);
}

void ob_cmd_namespace(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  if (!*arg) {
    ob_tui_menu_namespaces(s);
    return;
  }
  if (strcmp(arg, "all") == 0) {
    ob_tui_set_ns(s, "");
    return;
  }
  names all = {0};
  collect(s, &all);
  bool there = false;
  for (size_t i = 0; i < all.len; i++) there |= strcmp(all.at[i], arg) == 0;
  ob_vec_done(&all);
  if (there)
    ob_tui_set_ns(s, arg);
  else
    ob_tui_say(s, true, "there is no namespace \"%s\" to be seen; n lists them", arg);
}

/* --- contexts
 * ------------------------------------------------------------------------------------------ */
void ob_tui_menu_contexts(ob_tui *s) {
  ob_contexts *all = NULL;
  ob_err err = {0};
  if (ob_contexts_load(&all, &s->session_opts, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  const char *now = ob_session_status_get(s->session)->context;
  ob_menu_open(&s->menu, OB_MENU_CONTEXT, "Context");
  for (size_t i = 0; i < ob_contexts_len(all); i++) {
    ob_context c = ob_contexts_at(all, i);
    ob_menu_add(&s->menu, c.name, c.server, (int)i, strcmp(c.name, now) == 0);
  }
  ob_menu_ready(&s->menu);
  ob_contexts_free(all);
}

void ob_cmd_context(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  if (*arg)
    ob_tui_switch_context(s, arg);
  else
    ob_tui_menu_contexts(s);
}

void ob_cmd_theme(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  if (*arg)
    ob_look_choose(s, arg);
  else
    ob_look_menu(s);
}

/* --- sorting
 * --------------------------------------------------------------------------------------------- */
void ob_tui_menu_sort(ob_tui *s) {
  const ob_view *v = &ob_views[s->tab];
  const ob_tab *t = ob_tui_tab(s);
  int sorted = t->sort >= 0 ? t->sort : v->default_sort;
  ob_menu_open(&s->menu, OB_MENU_SORT, "Sort by");
  if (v->default_sort < 0) ob_menu_add(&s->menu, "the view's own order", "", -1, sorted < 0);
  for (size_t i = 0; i < v->ncolumns; i++) {
    if (v->columns[i].flags & OB_COL_HIDDEN) continue;
    bool here = (int)i == sorted, then = (int)i + 1 == t->then;
    const char *note = here   ? (t->reverse ? "▼" : "▲")
                       : then ? (t->then_reverse ? "▾ then" : "▴ then")
                              : "";
    ob_menu_add(&s->menu, v->columns[i].title, note, (int)i, here);
  }
  ob_menu_ready(&s->menu);
}

void ob_tui_sort_by(ob_tui *s, int column) {
  ob_tab *t = ob_tui_tab(s);
  int sorted = t->sort >= 0 ? t->sort : ob_views[s->tab].default_sort;
  if (column == sorted) {
    t->reverse = !t->reverse;
  } else {
    /* What it was sorted by orders what is equal now. */
    t->then = column >= 0 && sorted >= 0 ? sorted + 1 : 0;
    t->then_reverse = t->reverse;
    t->reverse = false;
  }
  t->sort = column;
  ob_tui_apply(s, s->tab);
}

void ob_tui_menu_group(ob_tui *s) {
  if (s->tab != OB_VIEW_EXPOSURE) ob_tui_open_tab(s, OB_VIEW_EXPOSURE);
  ob_menu_open(&s->menu, OB_MENU_GROUP, "Group by");
  for (int g = 0; g < OB_GROUP_COUNT; g++)
    ob_menu_add(&s->menu, ob_group_names[g], g == OB_GROUP_NONE ? "the list" : "", g,
                g == (int)ob_tui_tab(s)->group);
  ob_menu_ready(&s->menu);
}

void ob_cmd_tree(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  size_t n = strlen(arg);
  for (int g = 0; n && g < OB_GROUP_COUNT; g++)
    if (strncmp(ob_group_names[g], arg, n) == 0) {
      if (s->tab != OB_VIEW_EXPOSURE) ob_tui_open_tab(s, OB_VIEW_EXPOSURE);
      ob_tree_group(s, (ob_group)g);
      return;
    }
  if (n) ob_tui_say(s, true, "nothing is grouped by \"%s\"", arg);
  ob_tui_menu_group(s);
}

void ob_tui_menu_take(ob_tui *s) {
  const ob_menu_item *it = ob_menu_chosen(&s->menu);
  ob_menu_kind kind = s->menu.kind;
  if (!it) return;
  OB_AUTOFREE char *text = ob_strdup(it->text);
  int value = it->value;
  ob_menu_close(&s->menu);
  if (kind == OB_MENU_NAMESPACE) ob_tui_set_ns(s, value == 0 ? "" : text);
  if (kind == OB_MENU_CONTEXT) ob_tui_switch_context(s, text);
  if (kind == OB_MENU_COPY) ob_copy_take(s, value, text);
  if (kind == OB_MENU_CONFIRM) ob_plugin_confirmed(s, value == 1);
  if (kind == OB_MENU_THEME) ob_look_choose(s, text);
  if (kind == OB_MENU_FORWARD) ob_tui_forward_chosen(s, value);
  if (kind == OB_MENU_FORWARDS) ob_tui_forward_stopped(s, value);
  if (kind == OB_MENU_GROUP) ob_tree_group(s, (ob_group)value);
  if (kind == OB_MENU_SORT) ob_tui_sort_by(s, value);
  if (kind == OB_MENU_LEAVE && value == 1) s->quit = true;
  if (kind == OB_MENU_WISH) ob_change_wished(s, value);
  if (kind == OB_MENU_CHANGE) ob_change_confirmed(s, (ob_change_answer)value);
}
