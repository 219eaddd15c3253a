/* The part that both scanners share: where does a JSON value end? Private to scan_*.c.
 * Thread: one owner at a time. */
#ifndef OB_KUBE_SCAN_NEST_H
#define OB_KUBE_SCAN_NEST_H

#include "kube/scan.h"

typedef enum ob_nest_end {
  OB_NEST_MORE, /* the piece ended first */
  OB_NEST_DONE, /* *io_p stands behind the value */
  OB_NEST_BAD,  /* brackets do not match */
  OB_NEST_DEEP  /* more than OB_SCAN_DEPTH levels */
} ob_nest_end;

/* Follow an object, array or string from its first byte. `n` is zeroed before a value. */
ob_nest_end ob_nest_run(ob_nest *n, const char **io_p, const char *end);

/* A whole value of any kind inside [p, end): the byte behind it, or NULL. */
const char *ob_nest_skip(const char *p, const char *end);

static inline bool ob_json_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Where a number, true, false or null ends at the latest. */
static inline bool ob_scalar_end(char c) {
  return c == ',' || c == '}' || c == ']' || ob_json_blank(c);
}

#endif
