/* Exponential back-off with jitter; the arithmetic alone. */
#include "sync/backoff.h"

int ob_backoff_next(ob_backoff *b, const ob_timing *t, ob_rng *rng, int64_t now_ms) {
  if (b->step > 0 && now_ms - b->last_ms >= t->backoff_reset_ms) b->step = 0;
  b->last_ms = now_ms;
  int64_t wait = t->backoff_first_ms;
  for (int i = 0; i < b->step && wait < t->backoff_max_ms; i++) wait *= 2;
  if (wait > t->backoff_max_ms)
    wait = t->backoff_max_ms;
  else
    b->step++;
  return (int)(wait + (wait > 0 ? ob_rng_below(rng, (uint32_t)wait) : 0));
}
