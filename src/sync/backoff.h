/* Waiting between tries as client-go does: first 0.8 s, doubled up to 30 s, each with up to
 * as much again of jitter, forgotten after two quiet minutes.
 *
 * Thread One owner. Pure: time comes in.
 * Source k8s.io/client-go/tools/cache reflector.go, wait.NewExponentialBackoffManager.
 */
#ifndef OB_SYNC_BACKOFF_H
#define OB_SYNC_BACKOFF_H

#include "base/clock.h"

typedef struct ob_backoff {
  int64_t last_ms; /* monotonic; of the last failure */
  int step;        /* failures in a row */
} ob_backoff;

/* Milliseconds to wait after a failure at now_ms. */
int ob_backoff_next(ob_backoff *b, const ob_timing *t, ob_rng *rng, int64_t now_ms);

#endif
