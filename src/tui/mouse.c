/* The mouse presses on what the last drawing put there (ob_tui.hit). */
#include "tui/screen.h"

static void press_menu(ob_tui *s, int x, int y) {
  ob_menu *m = &s->menu;
  if (!ob_rect_has(m->rect, x, y)) {
    ob_menu_close(m);
    return;
  }
  size_t at = m->top + (size_t)(y - m->rect.y);
  if (at >= m->shown.len) return;
  m->cursor = at;
  ob_tui_menu_take(s);
}

/* The row that is pressed once more opens. */
static void press_list(ob_tui *s, int x, int y) {
  s->panel_focus = false;
  for (size_t i = 0; i < s->hit.nheads; i++)
    if (y == s->hit.rows_y - 1 && x >= s->hit.heads[i].x &&
        x < s->hit.heads[i].x + s->hit.heads[i].w)
      ob_tui_sort_by(s, s->hit.heads[i].column);
  if (y < s->hit.rows_y || y >= s->hit.rows_y + s->hit.rows) return;
  if (ob_tree_on(ob_tui_tab(s))) {
    if (ob_tree_press(s, (size_t)(y - s->hit.rows_y))) ob_act_open(s);
    return;
  }
  size_t row = ob_tui_tab(s)->top + (size_t)(y - s->hit.rows_y);
  if (row == ob_tui_tab(s)->cursor)
    ob_act_open(s);
  else
    ob_tui_move_to(s, row);
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
  if (s->prompt != OB_PROMPT_NONE) ob_act_accept(s);
  if (s->menu.kind != OB_MENU_NONE) {
    press_menu(s, x, y);
    return;
  }
  if (ob_form_in_view(&s->form)) {
    ob_form_press(s, x, y);
    return;
  }
  for (int i = 0; i < OB_VIEW_COUNT; i++)
    if (ob_rect_has(s->hit.tabs[i], x, y)) {
      ob_tui_open_tab(s, (ob_view_id)i);
      return;
    }
  for (int i = 0; i < OB_PAGE_COUNT; i++)
    if (ob_rect_has(s->hit.pages[i], x, y)) {
      ob_tui_set_page(s, (ob_page_id)i);
      return;
    }
  s->dragging = on_divider(s, x, y);
  if (s->dragging) return;
  if (ob_rect_has(s->layout.list, x, y))
    press_list(s, x, y);
  else if (ob_rect_has(s->layout.panel, x, y) && s->full == OB_FULL_NONE)
    s->panel_focus = true;
}

void ob_tui_wheel(ob_tui *s, int x, int y, int by) {
  if (s->menu.kind != OB_MENU_NONE) {
    ob_menu_move(&s->menu, by);
  } else if (ob_form_in_view(&s->form)) {
    ob_form_wheel(s, by);
  } else if (ob_rect_has(s->layout.panel, x, y)) {
    ob_pager_scroll(&s->pager, by);
  } else if (ob_rect_has(s->layout.list, x, y)) {
    ob_tui_move_by(s, by);
  }
}
