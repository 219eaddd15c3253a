/* The list as a tree: heads of groups with their rows under them.
 *
 * The list itself is sorted by group, so a tree needs no structure of its own: a line is a row's
 * index, or the head before a group's first row, and its neighbours are found from it in
 * O(log n). A frame costs the lines in view, an event what it costs the list. What is folded is a
 * default and the groups that differ from it. */
#include "tui/screen.h"

#include "base/map.h"
#include "base/str.h"
#include "outboard/text.h"

#include <stdio.h>

enum { INDENT = 5, WHERE_MAX = 40, WHERE_MIN = 8, CHAIN_LEAST = 44, FOLDS_MAX = 10000 };

bool ob_tree_on(const ob_tab *t) {
  return t->group != OB_GROUP_NONE && ob_list_len(t->list) > 0;
}

static uint64_t name_key(const char *name) {
  return ob_hash(name, strlen(name));
}

static size_t fold_at(const ob_tab *t, uint64_t key) {
  for (size_t i = 0; i < t->folds.len; i++)
    if (t->folds.at[i] == key) return i;
  return SIZE_MAX;
}

static bool folded(const ob_tab *t, const char *name) {
  return t->fold_all != (fold_at(t, name_key(name)) != SIZE_MAX);
}

/* --- lines ------------------------------------------------------------------------------------ */
static bool after(const ob_tab *t, ob_spot *p) {
  ob_group_run g = ob_list_group(t->list, p->at);
  if (p->head && !folded(t, g.name)) {
    p->head = false;
    return true;
  }
  size_t to = p->head ? g.end : p->at + 1;
  if (to >= ob_list_len(t->list)) return false;
  *p = (ob_spot){to, to >= g.end};
  return true;
}

static bool before(const ob_tab *t, ob_spot *p) {
  if (!p->head) {
    if (ob_list_group(t->list, p->at).first == p->at)
      p->head = true;
    else
      p->at--;
    return true;
  }
  if (p->at == 0) return false;
  ob_group_run g = ob_list_group(t->list, p->at - 1);
  *p = folded(t, g.name) ? (ob_spot){g.first, true} : (ob_spot){p->at - 1, false};
  return true;
}

/* A spot that stands on a line: rows of a folded group stand for their head. */
static ob_spot line_of(const ob_tab *t, ob_spot p) {
  size_t n = ob_list_len(t->list);
  if (p.at >= n) p = (ob_spot){n - 1, false};
  ob_group_run g = ob_list_group(t->list, p.at);
  return p.head || folded(t, g.name) ? (ob_spot){g.first, true} : p;
}

static int compare(ob_spot a, ob_spot b) {
  if (a.at != b.at) return a.at < b.at ? -1 : 1;
  return (int)b.head - (int)a.head;
}

static ob_spot spot_of(const ob_tab *t) {
  return line_of(t, (ob_spot){t->cursor, t->on_head});
}

static void put_cursor(ob_tui *s, ob_spot p) {
  ob_tab *t = ob_tui_tab(s);
  t->cursor = p.at;
  t->on_head = p.head;
  t->key = ob_list_key(t->list, p.at);
  free(t->head_name);
  t->head_name = p.head ? ob_strdup(ob_list_group(t->list, p.at).name) : NULL;
  s->page_stale = true;
}

void ob_tree_move(ob_tui *s, long by) {
  const ob_tab *t = ob_tui_tab(s);
  size_t n = ob_list_len(t->list);
  ob_spot p = spot_of(t);
  if (by > 0 && (size_t)by >= 2 * n)
    p = line_of(t, (ob_spot){n - 1, false});
  else if (by < 0 && (size_t)-by >= 2 * n)
    p = line_of(t, (ob_spot){0, true});
  else
    while (by && (by > 0 ? after(t, &p) : before(t, &p))) by += by > 0 ? -1 : 1;
  put_cursor(s, p);
}

static size_t collect(const ob_tab *t, ob_spot p, ob_spot *ret, size_t height) {
  size_t n = 0;
  do ret[n++] = p;
  while (n < height && after(t, &p));
  return n;
}

/* The lines in view: from where they began, the cursor among them, none left empty below. */
static size_t lines_in_view(ob_tab *t, ob_spot *ret, size_t height) {
  ob_spot cursor = spot_of(t), p = line_of(t, (ob_spot){t->top, t->top_head});
  t->cursor = cursor.at;
  t->on_head = cursor.head;
  size_t n = collect(t, compare(cursor, p) < 0 ? cursor : p, ret, height);
  bool below = compare(cursor, ret[n - 1]) > 0;
  if (below || n < height) {
    p = below ? cursor : ret[n - 1];
    for (size_t i = 1; i < height && before(t, &p); i++) {
    }
    n = collect(t, p, ret, height);
  }
  t->top = ret[0].at;
  t->top_head = ret[0].head;
  return n;
}

/* --- folding ---------------------------------------------------------------------------------- */
static void fold(ob_tui *s, bool want) {
  ob_tab *t = ob_tui_tab(s);
  ob_spot p = spot_of(t);
  ob_group_run g = ob_list_group(t->list, p.at);
  if (folded(t, g.name) == want) return;
  uint64_t key = name_key(g.name);
  size_t at = fold_at(t, key);
  if (at != SIZE_MAX)
    t->folds.at[at] = t->folds.at[--t->folds.len];
  else if (t->folds.len < FOLDS_MAX)
    ob_vec_push(&t->folds, key);
  put_cursor(s, (ob_spot){g.first, true});
}

bool ob_tree_open(ob_tui *s) {
  const ob_tab *t = ob_tui_tab(s);
  if (!ob_tree_on(t)) return false;
  ob_spot p = spot_of(t);
  if (p.head) fold(s, !folded(t, ob_list_group(t->list, p.at).name));
  return p.head;
}

void ob_act_fold_group(ob_tui *s) {
  fold(s, true);
}
void ob_act_unfold_group(ob_tui *s) {
  fold(s, false);
}
void ob_act_fold_all(ob_tui *s) {
  ob_tab *t = ob_tui_tab(s);
  t->fold_all = !t->fold_all;
  t->folds.len = 0;
  put_cursor(s, spot_of(t));
}

void ob_tree_group(ob_tui *s, ob_group by) {
  ob_tab *t = ob_tui_tab(s);
  t->group = by;
  t->folds.len = 0;
  t->fold_all = t->on_head = false;
  t->top_head = true;
  t->key = 0; /* what stood under the cursor may stand in several places now */
  ob_tui_apply(s, s->tab);
}

void ob_tree_write_head(ob_tui *s, ob_doc *d) {
  const ob_tab *t = ob_tui_tab(s);
  ob_group_run g = ob_list_group(t->list, spot_of(t).at);
  ob_doc_field(d, ob_group_names[t->group], OB_ROLE_HEADING, g.name);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&b, "%zu", g.end - g.first);
  ob_doc_field(d, "ways in", OB_ROLE_TEXT, ob_buf_str(&b));
  ob_doc_nl(d);
  ob_doc_wrap(d, OB_ROLE_DIM, "enter folds and unfolds it, space marks all of it");
}

ob_group_run ob_tree_under_cursor(const ob_tab *t) {
  if (ob_tree_on(t) && spot_of(t).head) return ob_list_group(t->list, t->cursor);
  return (ob_group_run){"", t->cursor, t->cursor + 1};
}

bool ob_tree_press(ob_tui *s, size_t line) {
  const ob_tab *t = ob_tui_tab(s);
  ob_spot p = line_of(t, (ob_spot){t->top, t->top_head});
  while (line-- > 0)
    if (!after(t, &p)) return false;
  bool same = compare(p, spot_of(t)) == 0;
  put_cursor(s, p);
  return same;
}

/* --- drawing ---------------------------------------------------------------------------------- */
typedef struct pen {
  ob_tui *s;
  int x, y, end;
  ob_role back;
} pen;

static void put(pen *p, const char *text, ob_role role) {
  p->x +=
      ob_tui_text(p->s, p->x, p->y, p->end - p->x, text, ob_tui_style_over(p->s, role, p->back));
}

/* The same, with what the filter looks for marked. */
static void put_found(pen *p, const char *text, ob_role role) {
  int x = p->x, room = p->end - p->x;
  put(p, text, role);
  if (*ob_tui_tab(p->s)->filter && room > 0)
    ob_tui_draw_found(p->s, SIZE_MAX, text, 0, x, p->y, room, false);
}

enum { HOPS_MAX = 8, ARROW = 3 };
typedef struct hops {
  struct {
    char *text;
    ob_role role;
    int width;
  } at[HOPS_MAX];
  size_t len;
} hops;

static void take_hop(void *arg, const char *text, ob_tone tone) {
  hops *h = arg;
  if (h->len == HOPS_MAX) return;
  const char *mark = ob_tone_mark(tone);
  char *made = ob_asprintf("%s%s%s", mark, *mark ? " " : "", text);
  h->at[h->len].text = made;
  h->at[h->len].role = ob_tone_role(tone);
  h->at[h->len++].width = ob_text_width(made, strlen(made));
}

/* Where the chain is too long the client goes, then the hops behind it, then the service is cut:
 * its end tells most. */
static void draw_chain(pen *p, const ob_row *row, int64_t now) {
  hops h = {0};
  ob_row_chain(ob_tui_cluster(p->s), row, now, take_hop, &h);
  int all = 0, room = p->end - p->x;
  for (size_t i = 0; i < h.len; i++) all += h.at[i].width + (i ? ARROW : 0);
  size_t from = 0;
  while (from + 2 < h.len && all > room - (from > 1 ? 1 + ARROW : 0))
    all -= h.at[from++].width + ARROW;
  if (from > 1 && all + 1 + ARROW <= room) put(p, "… → ", OB_ROLE_DIM);
  for (size_t i = from; i < h.len; i++) {
    int end = p->end, last = h.at[h.len - 1].width + ARROW;
    if (i > from) put(p, " → ", OB_ROLE_DIM);
    if (i + 2 == h.len && p->x + h.at[i].width + last > p->end) p->end -= last;
    put_found(p, h.at[i].text, h.at[i].role);
    p->end = end;
  }
  for (size_t i = 0; i < h.len; i++) free(h.at[i].text);
}

static void draw_head(pen *p, const ob_tab *t, ob_spot at) {
  ob_group_run g = ob_list_group(t->list, at.at);
  char count[40];
  put(p, folded(t, g.name) ? "▸ " : "▾ ", OB_ROLE_DIM);
  put_found(p, g.name, OB_ROLE_HEADING);
  snprintf(count, sizeof count, "  %zu", g.end - g.first);
  put(p, count, OB_ROLE_DIM);
}

/* What tells the rows of a group apart: of rules the path or the URL, else the namespace, or the
 * kind of way where that is the group; the chain has the address. */
static void where_text(const ob_tui *s, const ob_tab *t, const ob_row *row, ob_buf *out) {
  const ob_view *v = &ob_views[OB_VIEW_EXPOSURE];
  const char *other = t->group == OB_GROUP_NAMESPACE ? "way" : "namespace";
  const char *key = !row->ingress ? other : t->group == OB_GROUP_HOST ? "path" : "address";
  ob_cell cell = {.text = out};
  for (size_t i = 0; i < v->ncolumns; i++)
    if (strcmp(v->columns[i].key, key) == 0)
      v->columns[i].cell(ob_tui_cluster(s), row, ob_session_now(s->session), &cell);
}

void ob_tui_draw_tree(ob_tui *s, ob_rect box) {
  ob_tab *t = ob_tui_tab(s);
  size_t height = (size_t)box.h;
  ob_spot *lines = ob_calloc(height, sizeof *lines);
  size_t n = lines_in_view(t, lines, height);
  int where = WHERE_MIN;
  for (size_t i = 0; i < n; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    if (!lines[i].head) where_text(s, t, ob_list_at(t->list, lines[i].at), &b);
    int w = ob_text_width(ob_buf_str(&b), b.len);
    if (w > where) where = w;
  }
  if (where > WHERE_MAX) where = WHERE_MAX;
  if (where > box.w - CHAIN_LEAST) where = box.w - CHAIN_LEAST > 0 ? box.w - CHAIN_LEAST : 0;
  int64_t now = ob_session_now(s->session);
  for (size_t i = 0; i < n; i++) {
    ob_spot at = lines[i];
    const ob_row *row = ob_list_at(t->list, at.at);
    bool cursor = at.at == t->cursor && at.head == t->on_head;
    pen p = {.s = s, .x = box.x + 3, .y = box.y + (int)i, .end = box.x + box.w};
    p.back = ob_tui_row_back(s, t, at.at, cursor, at.head, now);
    ob_tui_draw_gutter(s, box, p.y, row, at.at, cursor, p.back);
    if (at.head) {
      draw_head(&p, t, at);
      continue;
    }
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    where_text(s, t, row, &b);
    p.x += INDENT - 3;
    pen left = p;
    left.end = p.x + where;
    if (where > 0) put_found(&left, ob_buf_str(&b), OB_ROLE_ACCENT);
    p.x += where + (where ? 2 : 0);
    draw_chain(&p, row, now);
  }
  s->hit.rows_y = box.y;
  s->hit.rows = (int)n;
  free(lines);
}
