/* The filter language of lists; ob_filter_help in view.h tells it to people.
 *
 * Thread    UI.
 * Errors    -OB_EUSAGE, naming the term that makes no sense.
 * Limits    OB_FILTER_MAX bytes, OB_FILTER_TERMS terms; a regular expression may repeat its parts
 *           OB_FILTER_REPEAT times in all, and has no back-references: what a person types must
 *           not stop the screen.
 */
#ifndef OB_MODEL_FILTER_H
#define OB_MODEL_FILTER_H

#include "base/buf.h"
#include "outboard/view.h"

enum { OB_FILTER_MAX = 1024, OB_FILTER_TERMS = 32, OB_FILTER_REPEAT = 255 };

typedef struct ob_filter ob_filter;

/* NULL on error; "" matches everything. */
ob_filter *ob_filter_parse(const ob_view *view, const char *text, ob_err *err);
void ob_filter_free(ob_filter *f);
OB_AUTOPTR_DEFINE(ob_filter, ob_filter_free)
/* NULL matches everything. `scratch` is the caller's, so that rows share its memory. */
bool ob_filter_matches(const ob_filter *f, const ob_cluster *c, const ob_row *r, int64_t now_ms,
                       ob_buf *scratch);
/* Where in a cell's text, from byte `from` on, something stands that the filter looks for, and how
 * long it is; SIZE_MAX: nowhere. Without a column the text is one made of several. */
size_t ob_filter_stretch(const ob_filter *f, const ob_column *col, const char *text, size_t from,
                         size_t *ret_len);
/* Whatever matches `b` matches `a`, as far as that can be told from their words. NULL: everything
 * matches it. */
bool ob_filter_narrows(const ob_filter *a, const ob_filter *b);
/* The answer changes as time passes. */
bool ob_filter_ticks(const ob_filter *f);

#endif
