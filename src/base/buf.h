/* A byte buffer with a cap, in the manner of curl's dynbuf.
 *
 * Every buffer is born with the most bytes it may ever hold. Going over sets
 * `failed`, drops nothing that was there, and every later append is refused, so
 * a caller may append freely and check once. The content is always followed by a
 * NUL that does not count.
 *
 * Ownership The buffer owns `ptr`; ob_buf_take() hands it on.
 * Thread    One owner at a time.
 */
#ifndef OB_BASE_BUF_H
#define OB_BASE_BUF_H

#include "base/mem.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ob_buf {
  char *ptr; /* NULL while empty and never grown */
  size_t len, cap, max;
  bool failed; /* the cap was reached: the content is not whole */
} ob_buf;

#define OB_BUF_INIT(max_bytes) {.max = (max_bytes)}
/* Room for text that a screen or one line of output shows. */
enum { OB_LINE_MAX = 64 * 1024 };

void ob_buf_init(ob_buf *b, size_t max);
void ob_buf_done(ob_buf *b);
OB_AUTO_DEFINE(ob_buf, ob_buf_done)

/* All appends return 0, or -OB_ELIMIT once the cap is reached. */
int ob_buf_add(ob_buf *b, const void *bytes, size_t n);
int ob_buf_adds(ob_buf *b, const char *s); /* NULL adds nothing */
int ob_buf_addc(ob_buf *b, char c);
int ob_buf_addf(ob_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int ob_buf_addv(ob_buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* n copies of one byte. */
int ob_buf_fill(ob_buf *b, char c, size_t n);

/* Never NULL: "" while empty. Valid until the next append. */
const char *ob_buf_str(const ob_buf *b);
/* Empty it, keep the memory, forget `failed`. */
void ob_buf_reset(ob_buf *b);
void ob_buf_truncate(ob_buf *b, size_t len);
/* Drop n bytes from the front. */
void ob_buf_consume(ob_buf *b, size_t n);
/* The caller owns the bytes (NUL-terminated, never NULL); the buffer is empty again. */
char *ob_buf_take(ob_buf *b, size_t *ret_len);

#endif
