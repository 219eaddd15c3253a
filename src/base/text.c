/* Text made safe for a terminal (outboard/text.h).
 *
 * One filter takes a code point and says what it becomes: nothing, itself, or replacements,
 * with the columns they take. ob_text_safe() writes that down, the measuring functions only add
 * it up, so they agree by construction. The filter remembers the cluster under construction: a
 * base and up to four marks.
 *
 * What is a mark and what has no agreed width is asked of wcwidth(), because ncurses asks it too.
 * What is invisible, though, is decided by the tables here: C libraries differ about it.
 */
#include "outboard/text.h"
#include "base/buf.h"
#include <string.h>
#include <wchar.h>

enum {
  REPLACEMENT = 0xFFFD,
  DOTTED_CIRCLE = 0x25CC,
  PICTURES = 0x2400,
  PICTURE_DEL = 0x2421,
  ELLIPSIS = 0x2026,
  ZWJ = 0x200D,
  MARKS_MAX = 4,
  TAB = 8,
  SPAN_MAX = TAB, /* code points that one code point may become */
};

typedef struct range {
  uint32_t first, last;
} range;

/* Without meaning once emoji are drawn one by one: variation selectors, tags. */
static const range vanishing[] = {{0xFE00, 0xFE0F}, {0xE0000, 0xE007F}, {0xE0100, 0xE01EF}};

/* Bidi controls, zero-width and other invisible characters, line and paragraph separators,
 * interlinear annotations, fillers, format controls of rare scripts; sorted. */
static const range hidden[] = {
    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},   {0x115F, 0x1160},
    {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFC},   {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0080, 0xE00FF}, {0xE01F0, 0xE0FFF},
};

static bool within(uint32_t cp, const range *r, size_t n) {
  for (size_t i = 0; i < n && cp >= r[i].first; i++) {
    if (cp <= r[i].last) return true;
  }
  return false;
}

/* --- UTF-8 -------------------------------------------------------------------------- */

size_t ob_utf8_next(const char *s, size_t n, uint32_t *ret_cp) {
  const unsigned char *p = (const unsigned char *)s;
  unsigned char c = p[0], low = 0x80, high = 0xBF;
  size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
  *ret_cp = c;
  if (c < 0x80) return 1;
  *ret_cp = REPLACEMENT;
  if (c < 0xC2 || c > 0xF4) return 1;
  /* The second byte's range rules out overlong forms, surrogates and what is past U+10FFFF. */
  if (c == 0xE0) low = 0xA0;
  if (c == 0xED) high = 0x9F;
  if (c == 0xF0) low = 0x90;
  if (c == 0xF4) high = 0x8F;
  uint32_t cp = c & (0x7Fu >> len);
  for (size_t i = 1; i < len; i++, low = 0x80, high = 0xBF) {
    if (i == n || p[i] < low || p[i] > high) return i;
    cp = cp << 6 | (p[i] & 0x3Fu);
  }
  *ret_cp = cp;
  return len;
}

size_t ob_utf8_put(char out[4], uint32_t cp) {
  if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) cp = REPLACEMENT;
  if (cp < 0x80) {
    out[0] = (char)cp;
    return 1;
  }
  size_t len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
  for (size_t i = len - 1; i > 0; i--, cp >>= 6) out[i] = (char)(0x80 | (cp & 0x3F));
  out[0] = (char)(cp | (0xF00u >> len & 0xFF));
  return len;
}

bool ob_utf8_valid(const char *s, size_t n) {
  for (size_t i = 0; i < n;) {
    uint32_t cp;
    size_t used = ob_utf8_next(s + i, n - i, &cp);
    if (cp == REPLACEMENT && !(used == 3 && memcmp(s + i, "\xEF\xBF\xBD", 3) == 0)) return false;
    i += used;
  }
  return true;
}

/* --- the filter --------------------------------------------------------------------- */

typedef struct filter {
  uint32_t base; /* of the cluster under construction; 0 when there is none */
  int marks;
  int column;  /* within the line, for tabs */
  bool narrow; /* no UTF-8 locale: widths cannot be asked */
} filter;

/* What a code point became. */
typedef struct span {
  uint32_t cp[SPAN_MAX];
  int n, width;
  bool joins; /* belongs to the cluster before it */
} span;

static filter filter_new(void) {
  return (filter){.narrow = MB_CUR_MAX == 1};
}

static int width_of(const filter *f, uint32_t cp) {
  if (f->narrow) return 1;
  return wcwidth((wchar_t)cp);
}

static bool is_emoji(uint32_t cp) {
  return (cp >= 0x2190 && cp <= 0x2BFF) || (cp >= 0x1F000 && cp <= 0x1FAFF);
}

static void put(filter *f, span *out, uint32_t cp, int width) {
  out->cp[out->n++] = cp;
  out->width += width;
  f->column += width;
  f->base = cp;
  f->marks = 0;
}

/* A visible stand-in. */
static void put_stand_in(filter *f, span *out, uint32_t cp) {
  put(f, out, cp, 1);
}

static void filter_mark(filter *f, span *out, uint32_t cp) {
  if (!f->base) {
    put(f, out, DOTTED_CIRCLE, 1);
  } else {
    out->joins = true;
  }
  if (f->marks == MARKS_MAX) return;
  f->marks++;
  out->cp[out->n++] = cp;
}

static void filter_next(filter *f, uint32_t cp, span *out) {
  out->n = out->width = 0;
  out->joins = false;
  if (cp >= 0x20 && cp < 0x7F) {
    put(f, out, cp, 1);
  } else if (cp < 0x20 || cp == 0x7F) {
    put_stand_in(f, out, cp == 0x7F ? PICTURE_DEL : PICTURES + cp);
  } else if (within(cp, vanishing, OB_LEN(vanishing)) ||
             (is_emoji(f->base) && (cp == ZWJ || (cp >= 0x1F3FB && cp <= 0x1F3FF)))) {
    /* Skin tones go with the joiners: some terminals fold them into the emoji before. */
    out->joins = true;
  } else if (cp < 0xA0 || within(cp, hidden, OB_LEN(hidden)) || (cp & 0xFFFE) == 0xFFFE) {
    put_stand_in(f, out, REPLACEMENT);
  } else {
    int width = width_of(f, cp);
    if (width < 0) {
      put_stand_in(f, out, REPLACEMENT);
    } else if (width == 0) {
      filter_mark(f, out, cp);
    } else {
      put(f, out, cp, width);
    }
  }
}

/* Text of several lines: what a line end and a tab become. False for anything else. */
static bool filter_layout(filter *f, uint32_t cp, span *out) {
  out->n = out->width = 0;
  out->joins = false;
  if (cp == '\n') {
    f->base = 0;
    f->marks = f->column = 0;
    out->cp[out->n++] = '\n';
  } else if (cp == '\t') {
    int spaces = TAB - f->column % TAB;
    while (spaces--) put(f, out, ' ', 1);
  } else {
    return false;
  }
  return true;
}

static bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F;
}

void ob_text_safe(ob_buf *out, const char *s, size_t n, unsigned flags) {
  filter f = filter_new();
  bool lines = flags & OB_TEXT_LINES;
  for (size_t i = 0; i < n && !out->failed;) {
    size_t run = i;
    while (run < n && is_plain(s[run])) run++;
    if (run > i) {
      ob_buf_add(out, s + i, run - i);
      f.base = (unsigned char)s[run - 1];
      f.marks = 0;
      f.column += (int)((run - i) % TAB);
      i = run;
      continue;
    }
    uint32_t cp;
    span became;
    if (lines && s[i] == '\r' && i + 1 < n && s[i + 1] == '\n') i++;
    i += ob_utf8_next(s + i, n - i, &cp);
    if (!lines || !filter_layout(&f, cp, &became)) filter_next(&f, cp, &became);
    f.column %= TAB;
    char utf8[4 * SPAN_MAX];
    size_t len = 0;
    for (int k = 0; k < became.n; k++) len += ob_utf8_put(utf8 + len, became.cp[k]);
    ob_buf_add(out, utf8, len);
  }
}

void ob_text_safe_str(ob_buf *out, const char *s, unsigned flags) {
  if (s) ob_text_safe(out, s, strlen(s), flags);
}

/* --- measuring ---------------------------------------------------------------------- */

/* Bytes and columns of the longest run of whole clusters within `columns`. */
static size_t measure(const char *s, size_t n, int columns, int *ret_width) {
  filter f = filter_new();
  int width = 0;
  size_t i = 0;
  while (i < n) {
    uint32_t cp;
    span became;
    size_t used = ob_utf8_next(s + i, n - i, &cp);
    f.column = 0;
    filter_next(&f, cp, &became);
    if (became.width > columns - width) break;
    width += became.width;
    i += used;
  }
  *ret_width = width;
  return i;
}

int ob_text_width(const char *safe, size_t n) {
  int width;
  measure(safe, n, INT32_MAX, &width);
  return width;
}

size_t ob_text_prefix(const char *safe, size_t n, int columns, int *ret_width) {
  int width;
  size_t bytes = measure(safe, n, columns < 0 ? 0 : columns, &width);
  if (ret_width) *ret_width = width;
  return bytes;
}

static void pad(ob_buf *out, int columns) {
  if (columns > 0) ob_buf_fill(out, ' ', (size_t)columns);
}

void ob_text_fit(ob_buf *out, const char *safe, size_t n, int width, ob_align align, bool ascii) {
  if (width <= 0) return;
  int taken;
  size_t bytes = ob_text_prefix(safe, n, width, &taken);
  bool whole = bytes == n;
  if (!whole) bytes = ob_text_prefix(safe, n, width - 1, &taken);
  if (whole && align == OB_RIGHT) pad(out, width - taken);
  /* Once more through the filter: what is cut here goes straight to the terminal. */
  ob_text_safe(out, safe, bytes, OB_TEXT_LINE);
  if (whole) {
    if (align == OB_LEFT) pad(out, width - taken);
    return;
  }
  pad(out, width - 1 - taken);
  char utf8[4];
  ob_buf_add(out, utf8, ob_utf8_put(utf8, ascii ? '>' : ELLIPSIS));
}
