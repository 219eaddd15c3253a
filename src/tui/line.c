/* A fixed array, because a line has a limit; removals move the tail. */
#include "tui/line.h"

#include "outboard/text.h"

#include <string.h>

void ob_line_set(ob_line *l, const char *text) {
  l->len = 0;
  size_t n = strlen(text);
  while (n > 0) {
    uint32_t cp;
    size_t used = ob_utf8_next(text, n, &cp);
    if (l->len + used >= OB_LINE_TEXT) break;
    memcpy(l->text + l->len, text, used);
    l->len += used;
    text += used;
    n -= used;
  }
  l->text[l->len] = '\0';
  l->at = l->len;
}

bool ob_line_insert(ob_line *l, uint32_t cp) {
  char bytes[4];
  if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) return false;
  size_t n = ob_utf8_put(bytes, cp);
  if (l->len + n >= OB_LINE_TEXT) return false;
  memmove(l->text + l->at + n, l->text + l->at, l->len - l->at + 1);
  memcpy(l->text + l->at, bytes, n);
  l->len += n;
  l->at += n;
  return true;
}

static bool inside(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const ob_line *l, size_t at) {
  if (at > 0) at--;
  while (at > 0 && inside(l->text[at])) at--;
  return at;
}

void ob_line_left(ob_line *l) {
  l->at = before(l, l->at);
}

void ob_line_right(ob_line *l) {
  if (l->at < l->len) l->at++;
  while (l->at < l->len && inside(l->text[l->at])) l->at++;
}

/* Take [from, to) out; the cursor stands where it was. */
static bool take_out(ob_line *l, size_t from, size_t to) {
  if (from >= to) return false;
  memmove(l->text + from, l->text + to, l->len - to + 1);
  l->len -= to - from;
  l->at = from;
  return true;
}

bool ob_line_backspace(ob_line *l) {
  return take_out(l, before(l, l->at), l->at);
}

bool ob_line_delete(ob_line *l) {
  size_t from = l->at;
  ob_line_right(l);
  return take_out(l, from, l->at);
}

bool ob_line_clear(ob_line *l) {
  return take_out(l, 0, l->at);
}

bool ob_line_word(ob_line *l) {
  size_t from = l->at;
  while (from > 0 && l->text[from - 1] == ' ') from--;
  while (from > 0 && l->text[from - 1] != ' ') from--;
  return take_out(l, from, l->at);
}
