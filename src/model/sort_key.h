/* What a list sorts its rows by, as bytes that compare alike.
 *
 * Thread UI.
 */
#ifndef OB_MODEL_SORT_KEY_H
#define OB_MODEL_SORT_KEY_H

#include "base/buf.h"
#include "outboard/view.h"

typedef struct ob_sort {
  int column; /* -1 the view's own order */
  bool reverse;
} ob_sort;

/* Text so that bytes compare as people count: each run of digits is preceded by its length. */
void ob_sort_natural(ob_buf *out, const char *s);
/* `by`, of equal ones `then`, of equal ones the view's own order. `scratch` is the caller's. */
void ob_sort_key(ob_buf *out, const ob_cluster *c, const ob_view *view, const ob_row *row,
                 int64_t now_ms, ob_sort by, ob_sort then, ob_buf *scratch);

#endif
