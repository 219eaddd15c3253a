/* Back-off: client-go's figures. */
#include "sync/backoff.h"

#include <criterion/criterion.h>

static const ob_timing timing = {.backoff_first_ms = 800, .backoff_max_ms = 30000, .backoff_reset_ms = 120000};

Test(backoff, doubles_to_the_cap_with_up_to_as_much_jitter) {
  static const int base[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000};
  for (uint64_t seed = 1; seed <= 200; seed++) {
    ob_backoff b = {0};
    ob_rng rng = {seed};
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++) {
      int ms = ob_backoff_next(&b, &timing, &rng, (int64_t)i * 1000 + 1);
      cr_assert(ms >= base[i] && ms < 2 * base[i], "try %zu: %d ms", i, ms);
    }
  }
}

Test(backoff, forgets_after_quiet_minutes) {
  ob_backoff b = {0};
  ob_rng rng = {1};
  for (int i = 0; i < 5; i++) ob_backoff_next(&b, &timing, &rng, 1000);
  int still = ob_backoff_next(&b, &timing, &rng, 1000 + 119999);
  cr_assert_geq(still, 25600);
  int fresh = ob_backoff_next(&b, &timing, &rng, 1000 + 119999 + 120000);
  cr_assert_lt(fresh, 1600);
}

Test(backoff, differs_between_clients) {
  int seen[2];
  for (uint64_t seed = 0; seed < 2; seed++) {
    ob_backoff b = {0};
    ob_rng rng = {seed * 1234567 + 1};
    seen[seed] = ob_backoff_next(&b, &timing, &rng, 0) * 31 + ob_backoff_next(&b, &timing, &rng, 0);
  }
  cr_assert_neq(seen[0], seen[1]);
}
