/* The capped buffer. An append either fits whole or changes nothing but `failed`; the
 * memory is one byte larger than the content, for the NUL. */
#include "base/buf.h"
#include "outboard/error.h"
#include <stdio.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void ob_buf_init(ob_buf *b, size_t max) {
  *b = (ob_buf){.max = max};
}

void ob_buf_done(ob_buf *b) {
  free(b->ptr);
  b->ptr = NULL;
  b->len = b->cap = 0;
  b->failed = false;
}

/* Room for n more bytes and the NUL. */
static int grow(ob_buf *b, size_t n) {
  if (b->failed || n > b->max - b->len) {
    b->failed = true;
    return -OB_ELIMIT;
  }
  size_t need = b->len + n + 1;
  if (need <= b->cap) return 0;
  size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
  if (cap < need) cap = need;
  if (cap > b->max + 1) cap = b->max + 1;
  b->ptr = ob_reallocarray(b->ptr, cap, 1);
  b->cap = cap;
  return 0;
}

int ob_buf_add(ob_buf *b, const void *bytes, size_t n) {
  int r = grow(b, n);
  if (r < 0) return r;
  if (n) memcpy(b->ptr + b->len, bytes, n);
  b->len += n;
  b->ptr[b->len] = '\0';
  return 0;
}

int ob_buf_adds(ob_buf *b, const char *s) {
  return ob_buf_add(b, s ? s : "", s ? strlen(s) : 0);
}

int ob_buf_addc(ob_buf *b, char c) {
  return ob_buf_add(b, &c, 1);
}

int ob_buf_fill(ob_buf *b, char c, size_t n) {
  int r = grow(b, n);
  if (r < 0) return r;
  memset(b->ptr + b->len, c, n);
  b->len += n;
  b->ptr[b->len] = '\0';
  return 0;
}

int ob_buf_addv(ob_buf *b, const char *fmt, va_list ap) {
  va_list again;
  va_copy(again, ap);
  /* Nearly always there is room already. */
  size_t room = b->failed || !b->cap ? 0 : b->cap - b->len;
  int n = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, ap);
  int r = n < 0 ? -OB_ELIMIT : grow(b, (size_t)n);
  if (r == 0 && (size_t)n >= room) vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
  va_end(again);
  if (r < 0) {
    if (room) b->ptr[b->len] = '\0';
    b->failed = true;
    return r;
  }
  b->len += (size_t)n;
  return 0;
}

int ob_buf_addf(ob_buf *b, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  int r = ob_buf_addv(b, fmt, ap);
  va_end(ap);
  return r;
}

const char *ob_buf_str(const ob_buf *b) {
  return b->ptr ? b->ptr : "";
}

void ob_buf_truncate(ob_buf *b, size_t len) {
  if (len >= b->len) return;
  b->len = len;
  b->ptr[len] = '\0';
}

void ob_buf_reset(ob_buf *b) {
  ob_buf_truncate(b, 0);
  b->failed = false;
}

void ob_buf_consume(ob_buf *b, size_t n) {
  if (!n || !b->len) return;
  if (n > b->len) n = b->len;
  memmove(b->ptr, b->ptr + n, b->len - n + 1);
  b->len -= n;
}

char *ob_buf_take(ob_buf *b, size_t *ret_len) {
  char *p = b->ptr ? b->ptr : ob_strdup("");
  if (ret_len) *ret_len = b->len;
  ob_buf_init(b, b->max);
  return p;
}
