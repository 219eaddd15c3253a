/* Plans under way: dry runs, writes, and what became of them.
 *
 *   QUEUED ─▶ dry run or journal ─▶ step ─▶ step … ─▶ verified ─▶ journal ─▶ report
 *                                     │ no answer: ask until the server tells
 *                                     │ 409, failed test: what is there now, rebased
 *                                     │ refused behind an earlier step: back to the beginning
 *
 * Thread    WATCHER. Reports leave as replies through the outbox.
 */
#ifndef OB_SYNC_APPLY_H
#define OB_SYNC_APPLY_H

#include "base/clock.h"
#include "kube/http.h"
#include "outboard/change.h"
#include "sync/outbox.h"

typedef struct ob_applier ob_applier;

typedef struct ob_applier_opts {
  ob_http *http;
  ob_outbox *box;
  const ob_timing *timing;
  const char *context, *server; /* for the journal; borrowed */
  const char *journal;          /* its path, NULL: the default place */
} ob_applier_opts;

ob_applier *ob_applier_new(const ob_applier_opts *opts);
/* What is under way is left as it is: the journal says that it broke off. */
void ob_applier_free(ob_applier *a);

void ob_applier_start(ob_applier *a, uint32_t id, ob_plan *move_plan, bool dry, uint64_t undo_of);
/* Runs what is due; returns the monotonic time of the next thing to do, INT64_MAX none. */
int64_t ob_applier_run(ob_applier *a, int64_t now_ms);

#endif
