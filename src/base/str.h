/* Small string work that libc lacks. Thread ANY. */
#ifndef OB_BASE_STR_H
#define OB_BASE_STR_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool ob_streq(const char *a, const char *b) {
  return a == b || (a && b && strcmp(a, b) == 0);
}
static inline const char *ob_or(const char *s, const char *otherwise) {
  return s && *s ? s : otherwise;
}
bool ob_starts(const char *s, const char *prefix);
bool ob_ends(const char *s, const char *suffix);
/* ASCII case-insensitive substring, for filters. */
bool ob_contains_nocase(const char *s, const char *part);
/* A whole decimal integer within [min, max]; no blanks, no sign games. */
bool ob_parse_int(const char *s, int64_t min, int64_t max, int64_t *ret);
/* Natural order: digits compare as numbers ("web-2" < "web-10"). */
int ob_strnatcmp(const char *a, const char *b);

/* Levenshtein's distance of two short words; OB_DISTANCE_MAX when one is longer than that. */
enum { OB_DISTANCE_MAX = 40 };
size_t ob_str_distance(const char *a, const char *b);

/* RFC 4648 base64 with padding; CR and LF inside are allowed (kubeconfig). The decoded
 * bytes are appended. Returns 0 or -OB_EINVALID. */
int ob_base64_decode(ob_buf *out, const char *s, size_t n);
int ob_base64_encode(ob_buf *out, const void *bytes, size_t n);
/* Percent-encode everything outside RFC 3986 unreserved. */
int ob_url_escape(ob_buf *out, const char *s);

/* Read a whole file, at most `out->max` bytes. The error names the path. `-` is not special. */
int ob_read_file(const char *path, ob_buf *out, ob_err *err);

#endif
