/* Limits, tried: n passes, one more does not, nor do a hundred times as many; and who is refused is
 * told the number. tests/lint/limits.sh looks for the name of every limit in the tests.
 *
 * Bytes of files past a few MiB are tried at twice the limit instead of a hundred times.
 */
#ifndef OB_TEST_LIMITS_H
#define OB_TEST_LIMITS_H

#include "base/buf.h"
#include "outboard/error.h"
#include <criterion/criterion.h>
#include <stdio.h>

typedef struct limit_row {
  const char *name;
  size_t n, most;
  bool (*within)(size_t n, ob_err *err); /* makes so many; false: refused, err says it */
} limit_row;

#define LIMIT(name, fn)                                                                            \
  { #name, (size_t)(name), (size_t)(name)*100, fn }
#define LIMIT_BYTES(name, fn)                                                                      \
  { #name, (size_t)(name), (size_t)(name)*2, fn }

static inline void limits_hold(const limit_row *rows, size_t nrows) {
  for (size_t i = 0; i < nrows; i++) {
    const limit_row *r = &rows[i];
    char number[24];
    snprintf(number, sizeof number, "%zu", r->n);
    ob_err err = {0};
    cr_expect(r->within(r->n, &err), "%s: %zu are refused: %s", r->name, r->n, err.msg);
    const size_t over[] = {r->n + 1, r->most};
    for (size_t k = 0; k < 2; k++) {
      err = (ob_err){0};
      cr_expect_not(r->within(over[k], &err), "%s: %zu pass", r->name, over[k]);
      cr_expect(strstr(err.msg, number), "%s: the number is not told: \"%s\"", r->name, err.msg);
    }
  }
}

#endif
