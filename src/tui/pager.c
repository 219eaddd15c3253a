/* Lines are drawn span by span; matches are drawn once more over them. Searching ignores the
 * case of ASCII letters and looks at whole lines, whatever of them is in view. */
#include "tui/pager.h"

#include "base/str.h"
#include "outboard/text.h"
#include "tui/screen.h"

#include <strings.h>

void ob_pager_init(ob_pager *p) {
  *p = (ob_pager){.match = SIZE_MAX};
  ob_doc_init(&p->doc);
}

void ob_pager_done(ob_pager *p) {
  ob_doc_done(&p->doc);
}

void ob_pager_home(ob_pager *p) {
  p->top = 0;
  p->left = 0;
  p->match = SIZE_MAX;
}

/* The next match in [s, s+n), NULL none. */
static const char *find_in(const char *s, size_t n, const char *what, size_t k) {
  for (; k > 0 && n >= k; s++, n--)
    if (strncasecmp(s, what, k) == 0) return s;
  return NULL;
}

static bool line_matches(const ob_pager *p, size_t line) {
  const ob_doc_line *l = &p->doc.lines.at[line];
  return find_in(ob_buf_str(&p->doc.text) + l->at, l->len, p->find, strlen(p->find)) != NULL;
}

/* The part of bytes [at, at+len) of a line that is in view. */
static void put_part(const ob_pager *p, const ob_tui *s, const ob_doc_line *l, size_t at,
                     size_t len, ob_rect r, int y, ob_style style) {
  const char *text = ob_buf_str(&p->doc.text);
  int column = ob_text_width(text + l->at, at - l->at) - p->left;
  const char *from = text + at;
  if (column < 0) {
    int cut = 0;
    size_t skip = ob_text_prefix(from, len, -column, &cut);
    from += skip;
    len -= skip;
    column += cut;
    if (column < 0) { /* a wide character that the edge cuts */
      uint32_t cp;
      if (len == 0) return;
      size_t used = ob_utf8_next(from, len, &cp);
      column += ob_text_width(from, used);
      from += used;
      len -= used;
    }
  }
  if (len > 0 && column < r.w)
    ob_term_put(s->term, r.x + column, y, r.w - column, from, len, style);
}

static void draw_line(const ob_pager *p, const ob_tui *s, size_t line, ob_rect r, int y) {
  const ob_doc_line *l = &p->doc.lines.at[line];
  for (size_t i = 0; i < l->nspans; i++) {
    const ob_span *span = &p->doc.spans.at[l->span + i];
    put_part(p, s, l, span->at, span->len, r, y, ob_tui_style(s, span->role));
  }
  size_t k = strlen(p->find);
  const char *begin = ob_buf_str(&p->doc.text) + l->at, *end = begin + l->len, *hit = begin;
  while (k > 0 && (hit = find_in(hit, (size_t)(end - hit), p->find, k))) {
    ob_role role = line == p->match ? OB_ROLE_MATCH : OB_ROLE_FLASH;
    put_part(p, s, l, (size_t)(hit - begin) + l->at, k, r, y, ob_tui_style(s, role));
    hit += k;
  }
}

void ob_pager_draw(ob_pager *p, const ob_tui *s, ob_rect r) {
  size_t n = p->doc.lines.len, h = r.h > 0 ? (size_t)r.h : 0;
  p->height = r.h;
  if (p->top + h > n) p->top = n > h ? n - h : 0;
  for (size_t i = 0; i < h && p->top + i < n; i++) draw_line(p, s, p->top + i, r, r.y + (int)i);
}

void ob_pager_scroll(ob_pager *p, long lines) {
  size_t n = p->doc.lines.len, h = p->height > 0 ? (size_t)p->height : 0;
  size_t most = n > h ? n - h : 0;
  if (lines < 0)
    p->top = p->top > (size_t)-lines ? p->top - (size_t)-lines : 0;
  else
    p->top = most - p->top > (size_t)lines && p->top < most ? p->top + (size_t)lines : most;
}

void ob_pager_sideways(ob_pager *p, int columns) {
  p->left += columns;
  if (p->left < 0) p->left = 0;
  if (p->left > OB_LINE_MAX) p->left = OB_LINE_MAX;
}

static void show_match(ob_pager *p) {
  size_t h = p->height > 0 ? (size_t)p->height : 1;
  if (p->match < p->top || p->match >= p->top + h) p->top = p->match > h / 3 ? p->match - h / 3 : 0;
}

static void first_match(ob_pager *p) {
  p->match = SIZE_MAX;
  size_t n = p->doc.lines.len;
  for (size_t i = 0; i < n && *p->find; i++) {
    size_t line = (p->top + i) % n;
    if (!line_matches(p, line)) continue;
    p->match = line;
    show_match(p);
    return;
  }
}

void ob_pager_settle(ob_pager *p) {
  bool there = p->match < p->doc.lines.len && line_matches(p, p->match);
  if (*p->find && !there) first_match(p);
}

void ob_pager_find(ob_pager *p, const char *what) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_TEXT - 1);
  ob_text_safe_str(&safe, what, OB_TEXT_LINE);
  memcpy(p->find, ob_buf_str(&safe), safe.len + 1);
  first_match(p);
}

bool ob_pager_next(ob_pager *p, int step) {
  size_t n = p->doc.lines.len;
  if (!*p->find || n == 0) return false;
  size_t at = p->match != SIZE_MAX && p->match < n ? p->match : p->top;
  for (size_t i = 0; i < n; i++) {
    at = step > 0 ? (at + 1) % n : (at + n - 1) % n;
    if (!line_matches(p, at)) continue;
    p->match = at;
    show_match(p);
    return true;
  }
  return false;
}

size_t ob_pager_matches(const ob_pager *p, size_t *ret_at) {
  size_t count = 0;
  *ret_at = 0;
  for (size_t i = 0; *p->find && i < p->doc.lines.len; i++) {
    if (!line_matches(p, i)) continue;
    count++;
    if (i == p->match) *ret_at = count;
  }
  return count;
}
