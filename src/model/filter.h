/* The filter language of `/`. Thread UI.
 *
 * Terms are separated by blanks and all must hold:
 *   word        some cell contains it (ASCII case does not matter)
 *   !term       the term does not hold
 *   /re/        some cell matches the POSIX extended expression (without case)
 *   -l a=b      the object's labels match the selector
 *   key:value   the column's text: a substring, `*` matches anything, a number exactly;
 *               age:<1h and age:>2d compare; type:lb|np|ing… are short for a way or type
 *
 * Limits: OB_FILTER_TERMS terms, OB_FILTER_LEN bytes.
 */
#ifndef OB_MODEL_FILTER_H
#define OB_MODEL_FILTER_H

#include "outboard/view.h"

enum { OB_FILTER_TERMS = 32, OB_FILTER_LEN = 1024 };

typedef struct ob_filter ob_filter;
/* NULL with err (OB_EUSAGE, naming the term). */
ob_filter *ob_filter_parse(const char *text, const ob_view *view, ob_err *err);
void ob_filter_free(ob_filter *f);
bool ob_filter_matches(const ob_filter *f, const ob_cluster *c, const ob_row *row, int64_t now_ms); /* NULL f: true */

#endif
