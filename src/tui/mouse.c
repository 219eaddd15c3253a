/* The mouse presses on what the last drawing put there (ob_tui.hit). A row of mouse.def is one
 * function here: true when the place was its own. */
#include "tui/screen.h"

/* by: lines that the wheel turned; 0: a press. */
typedef bool ob_mouse_fn(ob_tui *s, int x, int y, int by);

static bool mouse_choice(ob_tui *s, int x, int y, int by) {
  ob_menu *m = &s->menu;
  if (by || m->kind == OB_MENU_NONE) return false;
  if (!ob_rect_has(m->rect, x, y)) {
    ob_menu_close(m);
    return true;
  }
  size_t at = m->top + (size_t)(y - m->rect.y);
  if (at >= m->shown.len) return true;
  m->cursor = at;
  ob_tui_menu_take(s);
  return true;
}

static bool mouse_form(ob_tui *s, int x, int y, int by) {
  if (!ob_form_in_view(&s->form)) return false;
  if (by)
    ob_form_wheel(s, by);
  else
    ob_form_press(s, x, y);
  return true;
}

static bool mouse_plan(ob_tui *s, int x, int y, int by) {
  return !by && ob_change_press(s, x, y);
}

static bool mouse_tab(ob_tui *s, int x, int y, int by) {
  for (int i = 0; i < OB_VIEW_COUNT && !by; i++)
    if (ob_rect_has(s->hit.tabs[i], x, y)) {
      ob_tui_open_tab(s, (ob_view_id)i);
      return true;
    }
  return false;
}

static bool mouse_page(ob_tui *s, int x, int y, int by) {
  for (int i = 0; i < OB_PAGE_COUNT && !by; i++)
    if (ob_rect_has(s->hit.pages[i], x, y)) {
      ob_tui_set_page(s, (ob_page_id)i);
      return true;
    }
  return false;
}

/* The two edges that meet between list and panel. */
static bool on_divider(const ob_tui *s, int x, int y) {
  const ob_rect *p = &s->layout.panel, *l = &s->layout.list;
  if (p->h == 0 || l->h == 0) return false;
  if (s->layout.place == OB_BESIDE)
    return (x == p->x || x == p->x - 1) && y > p->y && y < p->y + p->h - 1;
  return (y == p->y || y == p->y - 1) && x >= p->x && x < p->x + p->w &&
         !ob_rect_has(s->hit.pages[0], x, y);
}

static bool mouse_divider(ob_tui *s, int x, int y, int by) {
  if (by) return false;
  s->dragging = on_divider(s, x, y);
  return s->dragging;
}

static bool mouse_head(ob_tui *s, int x, int y, int by) {
  if (by || y != s->hit.rows_y - 1 || !ob_rect_has(s->layout.list, x, y)) return false;
  for (size_t i = 0; i < s->hit.nheads; i++)
    if (x >= s->hit.heads[i].x && x < s->hit.heads[i].x + s->hit.heads[i].w) {
      s->panel_focus = false;
      ob_tui_sort_by(s, s->hit.heads[i].column);
      return true;
    }
  return false;
}

static bool mouse_row(ob_tui *s, int x, int y, int by) {
  if (by || !ob_rect_has(s->layout.list, x, y)) return false;
  s->panel_focus = false;
  if (y < s->hit.rows_y || y >= s->hit.rows_y + s->hit.rows) return true;
  if (ob_tree_on(ob_tui_tab(s))) {
    if (ob_tree_press(s, (size_t)(y - s->hit.rows_y))) ob_act_open(s);
    return true;
  }
  size_t row = ob_tui_tab(s)->top + (size_t)(y - s->hit.rows_y);
  if (row == ob_tui_tab(s)->cursor)
    ob_act_open(s);
  else
    ob_tui_move_to(s, row);
  return true;
}

static bool mouse_panel(ob_tui *s, int x, int y, int by) {
  if (by || s->full != OB_FULL_NONE || !ob_rect_has(s->layout.panel, x, y)) return false;
  s->panel_focus = true;
  return true;
}

static bool mouse_wheel_choice(ob_tui *s, int x, int y, int by) {
  (void)x, (void)y;
  if (!by || s->menu.kind == OB_MENU_NONE) return false;
  ob_menu_move(&s->menu, by);
  return true;
}

static bool mouse_wheel_panel(ob_tui *s, int x, int y, int by) {
  if (!by || !ob_rect_has(s->layout.panel, x, y)) return false;
  ob_pager_scroll(&s->pager, by);
  return true;
}

static bool mouse_wheel_row(ob_tui *s, int x, int y, int by) {
  if (!by || !ob_rect_has(s->layout.list, x, y)) return false;
  ob_tui_move_by(s, by);
  return true;
}

const ob_mouse_row ob_mouse_rows[] = {
#define OB_MOUSE(name, place, help) {place, help},
#include "tui/mouse.def"
#undef OB_MOUSE
};
const size_t ob_nmouse_rows = OB_LEN(ob_mouse_rows);

static void find_place(ob_tui *s, int x, int y, int by) {
  static ob_mouse_fn *const fns[] = {
#define OB_MOUSE(name, place, help) mouse_##name,
#include "tui/mouse.def"
#undef OB_MOUSE
  };
  for (size_t i = 0; i < OB_LEN(fns); i++)
    if (fns[i](s, x, y, by)) return;
}

void ob_tui_drag(ob_tui *s, int x, int y, bool end) {
  const ob_layout *l = &s->layout;
  if (s->dragging && l->place != OB_ALONE) {
    int all = l->place == OB_BESIDE ? l->w : l->list.h + l->panel.h;
    int panel = l->place == OB_BESIDE ? l->w - x : l->panel.y + l->panel.h - y;
    int percent = all > 0 ? (panel * 100 + all / 2) / all : 0;
    if (percent < OB_PANEL_MIN_PERCENT) percent = OB_PANEL_MIN_PERCENT;
    if (percent > OB_PANEL_MAX_PERCENT) percent = OB_PANEL_MAX_PERCENT;
    s->panel_percent[l->place] = percent;
  }
  if (end) s->dragging = false;
}

void ob_tui_press(ob_tui *s, int x, int y) {
  /* What is typed beside the list is taken; a file's or a context's name needs its enter. */
  if (s->prompt == OB_PROMPT_FILE || s->prompt == OB_PROMPT_CONTEXT)
    ob_act_cancel(s);
  else if (s->prompt != OB_PROMPT_NONE)
    ob_act_accept(s);
  s->dragging = false;
  find_place(s, x, y, 0);
}

void ob_tui_wheel(ob_tui *s, int x, int y, int by) {
  find_place(s, x, y, by);
}
