/* A tag first: numbers, then texts, then what is empty or unknown, whichever way it is sorted. */
#include "model/sort_key.h"

#include "base/str.h"
#include "model/rows.h"

enum { TAG_NUMBER = 1, TAG_TEXT, TAG_NOTHING };

void ob_sort_natural(ob_buf *out, const char *s) {
  while (*s) {
    if (*s < '0' || *s > '9') {
      char ch = *s++;
      ob_buf_addc(out, (char)(ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch));
      continue;
    }
    while (*s == '0' && s[1] >= '0' && s[1] <= '9') s++;
    size_t n = strspn(s, "0123456789");
    ob_buf_addc(out, '0');
    ob_buf_addc(out, (char)(n < 255 ? n : 255));
    ob_buf_add(out, s, n);
    s += n;
  }
}

static void add_number(ob_buf *out, int64_t n) {
  uint64_t u = (uint64_t)n ^ (1ull << 63);
  char bytes[8];
  for (int i = 7; i >= 0; i--, u >>= 8) bytes[i] = (char)(u & 0xff);
  ob_buf_add(out, bytes, sizeof bytes);
}

static void turn(ob_buf *out, size_t from) {
  for (size_t i = from; i < out->len; i++) out->ptr[i] = (char)~out->ptr[i];
}

static void add_column(ob_buf *out, const ob_cluster *c, const ob_view *view, const ob_row *row,
                       int64_t now_ms, ob_sort by, ob_buf *scratch) {
  if (by.column < 0) return;
  ob_buf_reset(scratch);
  ob_cell cell = {.text = scratch};
  view->columns[by.column].cell(c, row, now_ms, &cell);
  bool nothing = cell.unknown || (!cell.has_num && (cell.none || !scratch->len));
  ob_buf_addc(out, nothing ? TAG_NOTHING : cell.has_num ? TAG_NUMBER : TAG_TEXT);
  if (nothing) return;
  size_t from = out->len;
  if (cell.has_num)
    add_number(out, cell.num);
  else
    ob_sort_natural(out, ob_buf_str(scratch));
  ob_buf_addc(out, '\0');
  if (by.reverse) turn(out, from);
}

void ob_sort_key(ob_buf *out, const ob_cluster *c, const ob_view *view, const ob_row *row,
                 int64_t now_ms, ob_sort by, ob_sort then, ob_buf *scratch) {
  add_column(out, c, view, row, now_ms, by, scratch);
  add_column(out, c, view, row, now_ms, then, scratch);
  size_t from = out->len;
  ob_row_order(c, view->id, row, now_ms, out);
  if (by.column < 0 && by.reverse) turn(out, from);
}
