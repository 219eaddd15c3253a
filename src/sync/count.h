/* How many objects a list holds, for the price of one: of a list with limit=1 the server says how
 * many remain.
 *
 * Thread    WATCHER.
 * Ownership Embedded; ob_count_stop() before the ob_http goes. `done` runs inside of
 * ob_http_poll(), once for each start unless it was stopped. Source    KEP-365, remainingItemCount.
 */
#ifndef OB_SYNC_COUNT_H
#define OB_SYNC_COUNT_H

#include "kube/http.h"

typedef struct ob_count {
  ob_http_call *call;                 /* NULL: none is under way */
  void (*done)(void *arg, int64_t n); /* -1: it could not be learnt */
  void *arg;
} ob_count;

/* `path` is the list's own, without a query. One that is under way is stopped. */
void ob_count_start(ob_count *c, ob_http *http, const char *path);
void ob_count_stop(ob_count *c);

#endif
