/* The check before the parse: is it JSON in the strict sense of RFC 8259?
 *
 * cJSON is lenient where a wrong reading would be silent, and rounds numbers. The scan walks
 * the bytes once, without allocating in the common case, and notes what the parser cannot be
 * trusted with.
 *
 * Ownership ob_json_scan_done() frees what the scan holds.
 * Thread    ANY.
 */
#ifndef OB_BASE_JSON_SCAN_H
#define OB_BASE_JSON_SCAN_H

#include "base/json.h"

/* A number that a double does not hold: the ordinal-th of what is parsed, from 0. */
typedef struct ob_json_odd_number {
  size_t ordinal, at, len;
  bool integer;
} ob_json_odd_number;

typedef struct ob_json_scan {
  OB_VEC(ob_json_odd_number) odd;
  ob_buf fixed; /* the repaired text; empty when the original can be parsed as it is */
} ob_json_scan;

/* omit: see ob_json_parse_without(); NULL nothing. */
int ob_json_scan_text(ob_json_scan *ret, const char *bytes, size_t n, ob_json_mode mode,
                      const char *omit, ob_err *err);
void ob_json_scan_done(ob_json_scan *s);
OB_AUTO_DEFINE(ob_json_scan, ob_json_scan_done)

#endif
