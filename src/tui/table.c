/* The list. The cells of the rows in view are made first, so that the columns can be as wide as
 * what they hold; then the columns share the width (layout.c), then everything is put.
 *
 *   ▌✗ shop.example.com   /   ● 3/3
 *   │└ the row's worst finding
 *   └ the cursor, or ◆ on a marked row */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/probe.h"
#include "outboard/text.h"

#include <stdio.h>

enum {
  GUTTER = 3,
  GAP = 2,
  GAP_NARROW = 1,
  LIST_READABLE = 18, /* "1883:31893/TCP +1" */
  WELL_PERCENT = 225  /* of a column's least: so wide it reads well */
};

typedef struct cell {
  size_t at, len;
  ob_tone tone;
  char mark;
} cell;

typedef struct table {
  ob_buf text;
  cell *cells;                              /* rows × columns */
  size_t columns[OB_COLUMNS_MAX], ncolumns; /* of the view, that may be shown */
  ob_fit_column fit[OB_COLUMNS_MAX];
} table;

static const char *mark_glyph(char mark) {
  switch (mark) {
  case '!': return "✗";
  case '~': return "○";
  case '+': return "●";
  default: return "";
  }
}

static void pick_columns(const ob_tui *s, const ob_view *v, table *t) {
  for (size_t i = 0; i < v->ncolumns && t->ncolumns < OB_COLUMNS_MAX; i++) {
    const ob_column *c = &v->columns[i];
    if (c->flags & OB_COL_HIDDEN) continue;
    if ((c->flags & OB_COL_NS) && !s->several_ns) continue;
    if ((c->flags & OB_COL_PROBE) && !ob_probe_log_len(ob_cluster_probes(ob_tui_cluster(s))))
      continue;
    t->columns[t->ncolumns++] = i;
  }
}

static void make_cells(ob_tui *s, const ob_view *v, table *t, const ob_tab *tab, size_t rows) {
  int64_t now = ob_session_now(s->session);
  t->cells = ob_calloc(rows * t->ncolumns + 1, sizeof *t->cells);
  for (size_t r = 0; r < rows; r++) {
    const ob_row *row = ob_list_at(tab->list, tab->top + r);
    for (size_t i = 0; i < t->ncolumns; i++) {
      const ob_column *c = &v->columns[t->columns[i]];
      cell *out = &t->cells[r * t->ncolumns + i];
      ob_cell made = {.text = &t->text, .tone = OB_TONE_PLAIN};
      out->at = t->text.len;
      c->cell(ob_tui_cluster(s), row, now, &made);
      out->len = t->text.len - out->at;
      out->tone = made.tone;
      out->mark = made.mark;
      if (c->flags & OB_COL_AGE) ob_tui_note_age(s, row->owner->created_ms);
    }
  }
}

/* What a column in view would say if somebody asked. */
static void hear(ob_tui *s, const ob_view *v, const table *t, const ob_tab *tab, size_t rows) {
  for (size_t i = 0; i < t->ncolumns; i++)
    if (v->columns[t->columns[i]].flags & OB_COL_HEARD && t->fit[i].width > 0)
      for (size_t r = 0; r < rows; r++)
        ob_session_hear(s->session, ob_list_at(tab->list, tab->top + r)->service);
}

/* --- lists ---------------------------------------------------------------------------------- */
static size_t items_of(const char *s, size_t n) {
  size_t items = n > 0;
  for (size_t i = 0; i < n; i++) items += s[i] == ',';
  return items;
}

/* "a,b,c" in `w` columns: whole items, and how many more there are. The first is cut when it alone
 * is too long. */
static void add_items(ob_buf *out, const char *s, size_t n, int w, bool ascii) {
  size_t items = items_of(s, n), shown = 0, end = 0;
  char more[24] = "";
  if (ob_text_width(s, n) <= w || items < 2) {
    ob_buf_add(out, s, n);
    return;
  }
  for (size_t at = 0; at < n; shown++) {
    const char *comma = memchr(s + at, ',', n - at);
    size_t to = comma ? (size_t)(comma - s) : n;
    snprintf(more, sizeof more, " +%zu", items - shown - 1);
    if (ob_text_width(s, to) + (int)strlen(more) > w) break;
    end = to;
    at = to + 1;
  }
  snprintf(more, sizeof more, " +%zu", items - (shown ? shown : 1));
  if (shown)
    ob_buf_add(out, s, end);
  else
    ob_text_fit(out, s, (size_t)((const char *)memchr(s, ',', n) - s), w - (int)strlen(more),
                OB_LEFT, ascii);
  ob_buf_adds(out, more);
}

/* What add_items() needs to show the first item whole. */
static int items_least(const char *s, size_t n) {
  size_t items = items_of(s, n);
  const char *comma = memchr(s, ',', n);
  char more[24];
  return !comma ? ob_text_width(s, n)
                : ob_text_width(s, (size_t)(comma - s)) +
                      snprintf(more, sizeof more, " +%zu", items - 1);
}

/* True when every column stands. */
static bool fit(const ob_view *v, table *t, size_t rows, int width, int gap, int sort, int then) {
  for (size_t i = 0; i < t->ncolumns; i++) {
    const ob_column *c = &v->columns[t->columns[i]];
    bool sorted = (int)t->columns[i] == sort || (int)t->columns[i] + 1 == then;
    int want = ob_text_width(c->title, strlen(c->title)) + (sorted ? 2 : 0), min = c->min_width,
        listed = want;
    for (size_t r = 0; r < rows; r++) {
      const cell *k = &t->cells[r * t->ncolumns + i];
      const char *text = ob_buf_str(&t->text) + k->at;
      int mark = k->mark ? 2 : 0, w = ob_text_width(text, k->len) + mark;
      if (w > want) want = w;
      if (c->flags & OB_COL_LIST && (w = items_least(text, k->len) + mark) > listed) listed = w;
    }
    if (c->max_width && want > c->max_width) want = c->max_width;
    bool wide = (c->flags & OB_COL_WIDE) != 0;
    int good = min * WELL_PERCENT / 100; /* of a list its first item */
    if (c->flags & OB_COL_LIST && (listed < good || listed <= LIST_READABLE)) min = good = listed;
    t->fit[i] = (ob_fit_column){.want = want,
                                .min = wide ? want : min,
                                .good = good,
                                .key = (c->flags & OB_COL_KEY) != 0,
                                .priority = sorted ? 0 : c->priority + (wide ? OB_FIT_EXTRA : 0)};
  }
  ob_fit_columns(t->fit, t->ncolumns, width, gap);
  /* Half of a list's second item is nobody's gain: others have the letters. */
  for (size_t i = 0; i < t->ncolumns; i++) {
    ob_fit_column *c = &t->fit[i];
    bool list = (v->columns[t->columns[i]].flags & OB_COL_LIST) != 0 && c->good == c->min;
    if (list && c->width > c->good && c->width < c->want) c->want = c->good;
  }
  ob_fit_columns(t->fit, t->ncolumns, width, gap);
  for (size_t i = 0; i < t->ncolumns; i++)
    if (t->fit[i].width == 0) return false;
  return true;
}

static void draw_heads(ob_tui *s, const ob_view *v, const table *t, const ob_tab *tab, ob_rect r,
                       int gap) {
  ob_style style = ob_tui_style(s, OB_ROLE_COLUMN);
  int x = r.x + GUTTER;
  int sorted = tab->sort >= 0 ? tab->sort : v->default_sort;
  for (size_t i = 0; i < t->ncolumns; i++) {
    int w = t->fit[i].width;
    if (w == 0) continue;
    size_t column = t->columns[i];
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX), out = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&b, v->columns[column].title);
    if ((int)column == sorted) ob_buf_adds(&b, tab->reverse ? " ▼" : " ▲");
    if ((int)column + 1 == tab->then) ob_buf_adds(&b, tab->then_reverse ? " ▾" : " ▴");
    ob_text_fit(&out, ob_buf_str(&b), b.len, w,
                v->columns[column].flags & OB_COL_NUMBER ? OB_RIGHT : OB_LEFT,
                ob_term_ascii(s->term));
    ob_term_put(s->term, x, r.y, w, ob_buf_str(&out), out.len, style);
    s->hit.heads[s->hit.nheads].x = x;
    s->hit.heads[s->hit.nheads].w = w;
    s->hit.heads[s->hit.nheads++].column = (int)column;
    x += w + gap;
  }
}

void ob_tui_draw_found(ob_tui *s, size_t column, const char *text, size_t skip, int x, int y, int w,
                       bool right) {
  const ob_list *l = ob_tui_tab(s)->list;
  int all = ob_text_width(text, strlen(text)), shift = right && all < w ? w - all : 0;
  size_t len = 0, at = 0;
  while ((at = ob_list_stretch(l, column, text + skip, at, &len)) != SIZE_MAX) {
    int column_at = shift + ob_text_width(text, skip + at);
    int room = (all > w ? w - 1 : w) - column_at; /* not over the ellipsis */
    if (room <= 0) return;
    ob_term_put(s->term, x + column_at, y, room, text + skip + at, len,
                ob_tui_style(s, OB_ROLE_MATCH));
    at += len;
  }
}

static void draw_row(ob_tui *s, const ob_view *v, const table *t, size_t r, int y, ob_rect box,
                     int gap, ob_role back) {
  bool filtered = *ob_tui_tab(s)->filter != '\0';
  int x = box.x + GUTTER;
  for (size_t i = 0; i < t->ncolumns; i++) {
    int w = t->fit[i].width;
    if (w == 0) continue;
    const cell *k = &t->cells[r * t->ncolumns + i];
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX), out = OB_BUF_INIT(OB_LINE_MAX);
    if (k->mark) ob_buf_addf(&b, "%s ", mark_glyph(k->mark));
    size_t mark = b.len;
    const char *text = ob_buf_str(&t->text) + k->at;
    uint16_t flags = v->columns[t->columns[i]].flags;
    if (flags & OB_COL_LIST)
      add_items(&b, text, k->len, w - (mark ? 2 : 0), ob_term_ascii(s->term));
    else
      ob_buf_add(&b, text, k->len);
    bool right = (flags & OB_COL_NUMBER) != 0;
    ob_text_fit(&out, ob_buf_str(&b), b.len, w, right ? OB_RIGHT : OB_LEFT, ob_term_ascii(s->term));
    /* The row is filled already: what underlines a word shall not underline the blanks. */
    while (out.len > 0 && ob_buf_str(&out)[out.len - 1] == ' ') out.len--;
    ob_term_put(s->term, x, y, w, ob_buf_str(&out), out.len,
                ob_tui_style_over(s, ob_tone_role(k->tone), back));
    if (filtered) ob_tui_draw_found(s, t->columns[i], ob_buf_str(&b), mark, x, y, w, right);
    x += w + gap;
  }
}

ob_role ob_tui_row_back(ob_tui *s, const ob_tab *t, size_t i, bool cursor, bool head, int64_t now) {
  bool changed = !head && ob_list_changed(t->list, i, now, s->flash_ms);
  s->flashing |= changed;
  if (cursor) return s->panel_focus ? OB_ROLE_CURSOR_AWAY : OB_ROLE_CURSOR;
  return changed ? OB_ROLE_FLASH : OB_ROLE_TEXT;
}

void ob_tui_draw_gutter(ob_tui *s, ob_rect box, int y, const ob_row *row, size_t i, bool cursor,
                        ob_role back) {
  ob_tui_fill(s, box.x, y, box.w, "", ob_tui_style_over(s, OB_ROLE_TEXT, back));
  int severity = ob_row_severity(ob_tui_cluster(s), row, ob_session_now(s->session));
  const ob_tab *t = ob_tui_tab(s);
  bool marked = t->marks.len && ob_tui_marked(t, ob_list_key(t->list, i));
  if (cursor || marked)
    ob_tui_text(s, box.x, y, 1, marked ? "◆" : "▌",
                ob_tui_style_over(s, marked ? OB_ROLE_KEY : OB_ROLE_ACCENT, back));
  if (severity >= 0)
    ob_tui_text(s, box.x + 1, y, 1, severity >= OB_SEV_HIGH ? "✗" : "!",
                ob_tui_style_over(s, severity >= OB_SEV_HIGH ? OB_ROLE_BAD : OB_ROLE_WARN, back));
}

static void frame(ob_tui *s, const ob_view *v, const ob_tab *tab, ob_rect r) {
  OB_AUTO(ob_buf) title = OB_BUF_INIT(OB_LINE_MAX);
  size_t n = ob_list_shown(tab->list);
  ob_buf_adds(&title, v->title);
  if (n != tab->total)
    ob_buf_addf(&title, " %zu%s of %zu", n, ob_list_working(tab->list) ? "…" : "", tab->total);
  else
    ob_buf_addf(&title, " %zu", n);
  if (*tab->filter) ob_buf_addf(&title, " · /%s", tab->filter);
  if (tab->group) ob_buf_addf(&title, " · by %s", ob_group_names[tab->group]);
  if (tab->reverse) ob_buf_adds(&title, " · reversed");
  if (tab->marks.len) ob_buf_addf(&title, " · %zu marked", tab->marks.len);
  /* What is not read belongs to the answer of "every way in". */
  OB_AUTO(ob_buf) note = OB_BUF_INIT(OB_LINE_MAX);
  const char *other = ob_cluster_not_read(ob_tui_cluster(s));
  if (v->id == OB_VIEW_EXPOSURE && *other) ob_buf_addf(&note, "also %s, not read", other);
  ob_tui_frame(s, r, !s->panel_focus, ob_buf_str(&title), ob_buf_str(&note));
}

void ob_tui_draw_table(ob_tui *s) {
  const ob_view *v = &ob_views[s->tab];
  ob_tab *tab = ob_tui_tab(s);
  ob_rect r = s->layout.list, box = ob_rect_inner(r);
  frame(s, v, tab, r);
  size_t n = ob_list_len(tab->list), height = box.h > 1 ? (size_t)box.h - 1 : 0;
  if (n == 0 || height == 0) {
    ob_tui_draw_empty(s, box);
    return;
  }
  if (tab->group) {
    ob_tui_draw_tree(s, box);
    return;
  }
  if (tab->cursor < tab->top) tab->top = tab->cursor;
  if (tab->cursor >= tab->top + height) tab->top = tab->cursor - height + 1;
  if (tab->top + height > n) tab->top = n > height ? n - height : 0;
  size_t rows = n - tab->top < height ? n - tab->top : height;
  table t = {.text = OB_BUF_INIT(4 * 1024 * 1024)};
  pick_columns(s, v, &t);
  make_cells(s, v, &t, tab, rows);
  int gap = GAP, sort = tab->sort >= 0 ? tab->sort : v->default_sort;
  if (!fit(v, &t, rows, box.w - GUTTER, gap, sort, tab->then)) {
    gap = GAP_NARROW;
    fit(v, &t, rows, box.w - GUTTER, gap, sort, tab->then);
  }
  hear(s, v, &t, tab, rows);
  draw_heads(s, v, &t, tab, box, gap);
  int64_t now = ob_session_now(s->session);
  for (size_t i = 0; i < rows; i++) {
    size_t at = tab->top + i;
    bool cursor = at == tab->cursor;
    ob_role back = ob_tui_row_back(s, tab, at, cursor, false, now);
    int y = box.y + 1 + (int)i;
    ob_tui_draw_gutter(s, box, y, ob_list_at(tab->list, at), at, cursor, back);
    if (cursor && s->prompt == OB_PROMPT_ROUTE)
      ob_route_edit_draw(s, box, y);
    else
      draw_row(s, v, &t, i, y, box, gap, back);
  }
  s->hit.rows_y = box.y + 1;
  s->hit.rows = (int)rows;
  free(t.cells);
  ob_buf_done(&t.text);
}
