/* What a reflector remembers of its objects, beside a plain array that does the same. */
#include "sync/known.h"

#include "base/clock.h"
#include <criterion/criterion.h>

enum { UIDS = 300, STEPS = 20000 };

static ob_uid uid_of(uint32_t i) {
  return (ob_uid){{i % 7, i + 1}}; /* neighbours, and never none */
}

Test(known, does_what_an_array_would) {
  ob_known_set k = {0};
  ob_rng r = {1};
  uint64_t digest[UIDS];
  bool there[UIDS] = {false}, seen[UIDS] = {false};
  size_t len = 0;
  for (int step = 0; step < STEPS; step++) {
    uint32_t i = ob_rng_below(&r, UIDS);
    if (ob_rng_below(&r, 3) == 0) {
      cr_assert_eq(ob_known_drop(&k, uid_of(i)), there[i]);
      len -= there[i];
      there[i] = false;
    } else {
      uint64_t d = ob_rng_below(&r, 3) * 2;
      ob_known_was was = ob_known_note(&k, uid_of(i), d);
      cr_assert_eq(was, !there[i] ? OB_WAS_NEW : digest[i] == d ? OB_WAS_SAME : OB_WAS_OTHER);
      len += !there[i];
      there[i] = seen[i] = true;
      digest[i] = d;
    }
    cr_assert_eq(k.len, len);
    if (ob_rng_below(&r, 500) == 0) {
      size_t unseen = 0, wanted = 0;
      ob_uid uid;
      for (size_t at = 0; ob_known_unseen(&k, &at, &uid); unseen++) {
        uint32_t n = (uint32_t)uid.half[1] - 1;
        cr_assert(there[n] && !seen[n]);
      }
      for (uint32_t n = 0; n < UIDS; n++) wanted += there[n] && !seen[n];
      cr_assert_eq(unseen, wanted);
      ob_known_unsee(&k);
      for (uint32_t n = 0; n < UIDS; n++) seen[n] = false;
    }
  }
  ob_known_clear(&k);
  cr_expect_not(ob_known_drop(&k, uid_of(1)));
  ob_uid uid;
  size_t at = 0;
  cr_expect_not(ob_known_unseen(&k, &at, &uid));
}
