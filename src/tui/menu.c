/* The menu lies over the middle of the screen and is as large as its items, within it. */
#include "tui/menu.h"

#include "base/str.h"
#include "outboard/text.h"
#include "tui/screen.h"

enum { MARGIN = 2, WIDTH_MIN = 24, WIDTH_MAX = 140 };

static void items_free(ob_menu *m) {
  for (size_t i = 0; i < m->items.len; i++) {
    free(m->items.at[i].text);
    free(m->items.at[i].note);
  }
  ob_vec_done(&m->items);
  ob_vec_done(&m->shown);
}

void ob_menu_open(ob_menu *m, ob_menu_kind kind, const char *title) {
  items_free(m);
  m->kind = kind;
  m->title = title;
  m->cut = false;
  m->cursor = m->top = 0;
  ob_line_set(&m->typed, "");
}

void ob_menu_add(ob_menu *m, const char *text, const char *note, int value, bool under_cursor) {
  m->cut |= m->items.len == OB_MENU_MAX;
  if (m->cut) return;
  if (under_cursor) m->cursor = m->items.len;
  ob_vec_push(&m->items, (ob_menu_item){ob_strdup(text), ob_strdup(ob_or(note, "")), value});
}

static void show(ob_menu *m) {
  m->shown.len = 0;
  for (size_t i = 0; i < m->items.len; i++)
    if (ob_contains_nocase(m->items.at[i].text, m->typed.text)) ob_vec_push(&m->shown, i);
}

void ob_menu_ready(ob_menu *m) {
  show(m);
}

void ob_menu_close(ob_menu *m) {
  items_free(m);
  m->kind = OB_MENU_NONE;
}

void ob_menu_filter(ob_menu *m) {
  show(m);
  m->cursor = m->top = 0;
}

void ob_menu_move(ob_menu *m, long by) {
  size_t n = m->shown.len;
  if (n == 0) return;
  long at = (long)m->cursor + by;
  m->cursor = at < 0 ? 0 : (size_t)at >= n ? n - 1 : (size_t)at;
}

const ob_menu_item *ob_menu_chosen(const ob_menu *m) {
  return m->cursor < m->shown.len ? &m->items.at[m->shown.at[m->cursor]] : NULL;
}

static int width_of(const char *s) {
  return ob_text_width(s, strlen(s));
}

void ob_menu_draw(ob_menu *m, ob_tui *s) {
  int sw = s->layout.w, sh = s->layout.h, w = WIDTH_MIN, text_w = 0, note_w = 0;
  bool typing = m->kind != OB_MENU_SORT;
  /* Only what can be in view is measured: there may be thousands of namespaces. */
  size_t from = m->top, to = m->top + (size_t)sh;
  for (size_t i = from; i < to && i < m->shown.len; i++) {
    const ob_menu_item *it = &m->items.at[m->shown.at[i]];
    int tw = width_of(it->text), nw = *it->note ? 2 + width_of(it->note) : 0;
    if (tw > text_w) text_w = tw;
    if (nw > note_w) note_w = nw;
    if (text_w + note_w + 6 > w) w = text_w + note_w + 6;
  }
  if (w > WIDTH_MAX) w = WIDTH_MAX;
  if (w > sw - 2 * MARGIN) w = sw - 2 * MARGIN;
  int rows = (int)(m->shown.len < (size_t)(sh - 8) ? m->shown.len : (size_t)(sh - 8));
  if (rows < 1) rows = 1;
  int h = rows + 2 + (typing ? 1 : 0);
  ob_rect r = {(sw - w) / 2, (sh - h) / 2, w, h};
  for (int y = r.y; y < r.y + r.h; y++)
    ob_tui_fill(s, r.x, y, r.w, "", ob_tui_style(s, OB_ROLE_MENU));
  OB_AUTOFREE char *cut =
      m->cut ? ob_asprintf("%s: the first %d", m->title, (int)OB_MENU_MAX) : NULL;
  ob_tui_frame(s, r, true, cut ? cut : m->title, NULL);
  int y = r.y + 1;
  if (typing) {
    ob_tui_fill(s, r.x + 1, y, r.w - 2, "", ob_tui_style(s, OB_ROLE_MENU));
    int x = r.x + 2;
    x += ob_tui_text(s, x, y, r.w - 4, "> ", ob_tui_style_over(s, OB_ROLE_KEY, OB_ROLE_MENU));
    ob_tui_text(s, x, y, r.x + r.w - 2 - x, m->typed.text,
                ob_tui_style_over(s, OB_ROLE_PROMPT, OB_ROLE_MENU));
    ob_term_cursor(s->term, x + ob_text_width(m->typed.text, m->typed.at), y);
    y++;
  }
  if (m->cursor < m->top) m->top = m->cursor;
  if (m->cursor >= m->top + (size_t)rows) m->top = m->cursor - (size_t)rows + 1;
  m->rect = (ob_rect){r.x + 1, y, r.w - 2, rows};
  if (m->shown.len == 0)
    ob_tui_text(s, r.x + 2, y, r.w - 4, "nothing matches",
                ob_tui_style_over(s, OB_ROLE_DIM, OB_ROLE_MENU));
  for (int i = 0; i < rows && m->top + (size_t)i < m->shown.len; i++) {
    const ob_menu_item *it = &m->items.at[m->shown.at[m->top + (size_t)i]];
    bool cursor = m->top + (size_t)i == m->cursor;
    ob_role back = cursor ? OB_ROLE_MENU_CURSOR : OB_ROLE_MENU;
    ob_tui_fill(s, r.x + 1, y + i, r.w - 2, cursor ? "▸" : "", ob_tui_style(s, back));
    int used = ob_tui_text(s, r.x + 3, y + i, r.w - 5, it->text, ob_tui_style(s, back));
    int x = r.x + 3 + (text_w > used && text_w < r.w / 2 ? text_w : used) + 2;
    ob_tui_text(s, x, y + i, r.x + r.w - 2 - x, it->note,
                ob_tui_style_over(s, cursor ? OB_ROLE_TEXT : OB_ROLE_DIM, back));
  }
}
