/* What the keys do. Each function is named by rows of tui/keys.def and is called only in the
 * modes that its rows list. */
#include "tui/screen.h"

#include "base/str.h"

enum { PERCENT_STEP = 5, SIDEWAYS = 8 };

static bool reading(const ob_tui *s) {
  return s->full != OB_FULL_NONE || s->panel_focus;
}

static void move(ob_tui *s, long by) {
  if (reading(s)) {
    ob_pager_scroll(&s->pager, by);
    return;
  }
  ob_tui_move_by(s, by);
}

static long screenful(const ob_tui *s) {
  long rows = reading(s) ? s->pager.height : s->hit.rows;
  return rows > 1 ? rows - 1 : 1;
}

void ob_act_up(ob_tui *s) {
  move(s, -1);
}
void ob_act_down(ob_tui *s) {
  move(s, 1);
}
void ob_act_page_up(ob_tui *s) {
  move(s, -screenful(s));
}
void ob_act_page_down(ob_tui *s) {
  move(s, screenful(s));
}
void ob_act_first(ob_tui *s) {
  move(s, -(long)(INT32_MAX));
}
void ob_act_last(ob_tui *s) {
  move(s, INT32_MAX);
}
/* The columns of Compare are chosen; other pages move. */
static void sideways(ob_tui *s, int by) {
  const ob_row *row = s->panel_focus && s->full == OB_FULL_NONE ? ob_tui_row(s) : NULL;
  if (s->page != OB_PAGE_COMPARE || !row || !row->service || ob_tui_tab(s)->marks.len > 1) {
    ob_pager_sideways(&s->pager, by * SIDEWAYS);
    return;
  }
  ob_compare *x = ob_compare_new(ob_tui_cluster(s), row->service, s->prices);
  int to = s->way < 0 && by < 0 ? OB_WAY_COUNT : s->way;
  do to = (to + by + OB_WAY_COUNT) % OB_WAY_COUNT;
  while (!ob_compare_has(x, (ob_way)to));
  s->way = to;
  ob_compare_free(x);
}
void ob_act_left(ob_tui *s) {
  sideways(s, -1);
}
void ob_act_right(ob_tui *s) {
  sideways(s, 1);
}

void ob_act_tab_1(ob_tui *s) {
  ob_tui_open_tab(s, OB_VIEW_EXPOSURE);
}
void ob_act_tab_2(ob_tui *s) {
  ob_tui_open_tab(s, OB_VIEW_SERVICES);
}
void ob_act_tab_3(ob_tui *s) {
  ob_tui_open_tab(s, OB_VIEW_NODE_PORTS);
}
void ob_act_tab_4(ob_tui *s) {
  ob_tui_open_tab(s, OB_VIEW_LOAD_BALANCERS);
}
void ob_act_tab_5(ob_tui *s) {
  ob_tui_open_tab(s, OB_VIEW_INGRESS);
}

static void open_page(ob_tui *s, ob_page_id page) {
  if (!ob_tui_row(s)) return;
  ob_tui_set_page(s, page);
  ob_tui_open_full(s, OB_FULL_PAGE);
}
void ob_act_open(ob_tui *s) {
  if (!s->panel_focus && ob_tree_open(s)) return;
  open_page(s, s->panel_focus ? s->page : OB_PAGE_DETAILS);
}
void ob_act_yaml(ob_tui *s) {
  open_page(s, OB_PAGE_YAML);
}
void ob_act_focus(ob_tui *s) {
  s->panel_focus = !s->panel_focus;
}

static void turn(ob_tui *s, int by) {
  if (s->full == OB_FULL_TOUR) {
    int to = s->tour + by;
    if (to == OB_TOUR_SCREENS) ob_tui_close_full(s);
    s->tour = to < 0 || to >= OB_TOUR_SCREENS ? 0 : to;
    return;
  }
  ob_tui_set_page(s, (ob_page_id)(((int)s->page + by + OB_PAGE_COUNT) % OB_PAGE_COUNT));
}
void ob_act_page_next(ob_tui *s) {
  turn(s, 1);
}
void ob_act_page_prev(ob_tui *s) {
  turn(s, -1);
}

void ob_act_fold(ob_tui *s) {
  if (s->full == OB_FULL_PLAN) {
    ob_change_confirm(s);
    return;
  }
  if (s->full == OB_FULL_TOUR) {
    turn(s, 1);
    return;
  }
  s->unfold = !s->unfold;
  s->page_stale = true;
}

static void resize_panel(ob_tui *s, int by) {
  const ob_rect *r = &s->layout.panel;
  int now = s->layout.place == OB_BESIDE ? (r->w * 100 + s->layout.w / 2) / s->layout.w
                                         : r->h * 100 / (s->layout.list.h + r->h);
  int *percent = &s->panel_percent[s->layout.place];
  *percent = (*percent ? *percent : now) + by;
  if (*percent < OB_PANEL_MIN_PERCENT) *percent = OB_PANEL_MIN_PERCENT;
  if (*percent > OB_PANEL_MAX_PERCENT) *percent = OB_PANEL_MAX_PERCENT;
}
void ob_act_narrower(ob_tui *s) {
  resize_panel(s, -PERCENT_STEP);
}
void ob_act_wider(ob_tui *s) {
  resize_panel(s, PERCENT_STEP);
}

void ob_act_filter(ob_tui *s) {
  ob_tui_prompt_open(s, OB_PROMPT_FILTER, ob_tui_tab(s)->filter);
}
void ob_act_search(ob_tui *s) {
  ob_tui_prompt_open(s, OB_PROMPT_SEARCH, "");
}
void ob_act_command(ob_tui *s) {
  ob_tui_prompt_open(s, OB_PROMPT_COMMAND, "");
}
void ob_act_group(ob_tui *s) {
  ob_tui_menu_group(s);
}
void ob_act_sort(ob_tui *s) {
  ob_tui_menu_sort(s);
}
void ob_act_namespaces(ob_tui *s) {
  ob_tui_menu_namespaces(s);
}

static void next_match(ob_tui *s, int step) {
  if (!ob_pager_next(&s->pager, step))
    ob_tui_say(s, true, "\"%s\" is not on this page", s->pager.find);
}
void ob_act_match_next(ob_tui *s) {
  next_match(s, 1);
}
void ob_act_match_prev(ob_tui *s) {
  next_match(s, -1);
}

void ob_act_help(ob_tui *s) {
  ob_tui_open_full(s, OB_FULL_HELP);
}

/* One step back; false when there is none. */
static bool back(ob_tui *s) {
  if (s->full != OB_FULL_NONE)
    ob_tui_close_full(s);
  else if (s->panel_focus)
    s->panel_focus = false;
  else
    return false;
  return true;
}
/* A change that is under way would go on without anybody to tell what came of it. */
void ob_tui_leave(ob_tui *s) {
  size_t n = ob_change_running(s);
  if (n == 0 || s->menu.kind == OB_MENU_LEAVE) {
    s->quit = true;
    return;
  }
  OB_AUTOFREE char *stay = ob_asprintf("%zu change%s not ended", n, n == 1 ? " has" : "s have");
  ob_menu_open(&s->menu, OB_MENU_LEAVE, "Leave while a change is under way?");
  ob_menu_add(&s->menu, "Stay", stay, 0, true);
  ob_menu_add(&s->menu, "Leave", "what was sent may be done or not: :history tells at the next start",
              1, false);
  ob_menu_ready(&s->menu);
}
void ob_act_back(ob_tui *s) {
  if (!back(s)) ob_tui_leave(s);
}
void ob_act_escape(ob_tui *s) {
  if (ob_change_cancel(s)) return;
  if (reading(s) && *s->pager.find) {
    s->pager.find[0] = '\0';
    s->pager.match = SIZE_MAX;
  } else if (back(s)) {
    return;
  } else if (ob_change_stop_watching(s)) {
    return;
  } else if (ob_tui_tab(s)->marks.len) {
    ob_tui_tab(s)->marks.len = 0;
  } else if (*ob_tui_tab(s)->filter) {
    ob_tui_tab(s)->filter[0] = '\0';
    ob_tui_apply(s, s->tab);
  }
}
void ob_act_quit(ob_tui *s) {
  ob_tui_leave(s);
}

void ob_act_copy(ob_tui *s) {
  ob_copy_menu(s);
}

void ob_act_retry(ob_tui *s) {
  ob_session_retry(s->session);
  s->wanted.rv[0] = '\0';
  s->wanted.since_ms = 0;
  ob_tui_say(s, false, "asking the server again");
}

void ob_act_mouse(ob_tui *s) {
  ob_term_mouse_set(s->term, !ob_term_mouse(s->term));
  ob_tui_say(s, false, "%s",
             ob_term_mouse(s->term) ? "mouse on"
                                    : "mouse off: the terminal selects text, m brings it back");
}

void ob_act_redraw(ob_tui *s) {
  ob_term_redraw(s->term);
}
void ob_act_suspend(ob_tui *s) {
  ob_term_suspend(s->term);
}

/* --- menus ---------------------------------------------------------------------------------------
 */
void ob_act_choose(ob_tui *s) {
  ob_tui_menu_take(s);
}
void ob_act_menu_up(ob_tui *s) {
  ob_menu_move(&s->menu, -1);
}
void ob_act_menu_down(ob_tui *s) {
  ob_menu_move(&s->menu, 1);
}
void ob_act_menu_close(ob_tui *s) {
  ob_menu_close(&s->menu);
}
void ob_act_sort_again(ob_tui *s) {
  ob_menu_close(&s->menu);
  ob_tui_tab(s)->reverse = !ob_tui_tab(s)->reverse;
  ob_tui_apply(s, s->tab);
}

/* --- from the terminal to the tables
 * ---------------------------------------------------------------- */
static void take_input(ob_tui *s, const ob_input *in) {
  ob_mode mode = ob_tui_mode(s);
  if (in->type == OB_INPUT_BACKGROUND) {
    ob_look_background(s, in->key);
    return;
  }
  if (in->type == OB_INPUT_PRESS) {
    ob_tui_press(s, in->x, in->y);
    return;
  }
  if (in->type == OB_INPUT_DRAG || in->type == OB_INPUT_RELEASE) {
    ob_tui_drag(s, in->x, in->y, in->type == OB_INPUT_RELEASE);
    return;
  }
  if (in->type == OB_INPUT_WHEEL) {
    ob_tui_wheel(s, in->x, in->y, in->key == OB_KEY_UP ? -3 : 3);
    return;
  }
  const ob_key_row *row = in->type == OB_INPUT_KEY ? ob_keymap_find(s->keymap, in->key, mode) : NULL;
  const ob_plugin *plugin =
      in->type == OB_INPUT_KEY && (mode & (OB_MODE_LIST | OB_MODE_PANEL | OB_MODE_PAGE))
          ? ob_plugin_find(s, in->key, row)
          : NULL;
  if (plugin) {
    ob_plugin_run(s, plugin);
    return;
  }
  const char *why = row ? ob_why_not(s, row) : NULL;
  if (why) {
    ob_tui_say(s, false, "%s", why);
    return;
  }
  if (row) {
    row->action(s);
    return;
  }
  /* Text is typed where something is being typed; a paste is nothing but text. */
  bool printable = in->key >= ' ' && in->key < OB_KEY_UP && in->key != 127;
  if (!printable) return;
  if (mode == OB_MODE_PROMPT && ob_line_insert(&s->line, in->key)) ob_tui_prompt_changed(s);
  if (mode == OB_MODE_FORM) ob_form_type(s, in->key);
  if (mode == OB_MODE_PICK && ob_line_insert(&s->menu.typed, in->key)) ob_menu_filter(&s->menu);
}

void ob_tui_input(ob_tui *s, const ob_input *in) {
  take_input(s, in);
  ob_look_follow(s);
}
