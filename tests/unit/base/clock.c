/* Time: RFC 3339, kubectl's ages, and the default durations. */
#include "base/clock.h"
#include "base/mem.h"
#include <criterion/criterion.h>

Test(clock, rfc3339) {
  static const struct {
    const char *text;
    int64_t ms;
  } good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-24T10:00:00Z", 1795514400000},
      {"2026-11-24T10:00:00.5Z", 1795514400500},
      {"2026-11-24T10:00:00.123456789Z", 1795514400123},
      {"2026-11-24T12:30:00+02:30", 1795514400000},
      {"2026-11-24T05:00:00-05:00", 1795514400000},
      {"2026-11-24t10:00:00z", 1795514400000},
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"2000-02-29T23:59:59Z", 951868799000},
      {"1969-12-31T23:59:59Z", -1000},
      {"0001-01-01T00:00:00Z", -62135596800000},
      {"9999-12-31T23:59:59Z", 253402300799000},
      {"2016-12-31T23:59:60Z", 1483228800000},
  };
  static const char *const bad[] = {"",
                                    "2026",
                                    "2026-11-24",
                                    "2026-11-24T10:00:00",
                                    "2026-11-24 10:00:00Z",
                                    "2026-13-01T00:00:00Z",
                                    "2026-00-01T00:00:00Z",
                                    "2026-02-29T00:00:00Z",
                                    "1900-02-29T00:00:00Z",
                                    "2026-04-31T00:00:00Z",
                                    "2026-11-24T24:00:00Z",
                                    "2026-11-24T10:60:00Z",
                                    "2026-11-24T10:00:61Z",
                                    "2026-11-24T10:00:00.Z",
                                    "2026-11-24T10:00:00+0200",
                                    "2026-11-24T10:00:00+24:00",
                                    "2026-11-24T10:00:00Zx",
                                    "26-11-24T10:00:00Z",
                                    "-026-11-24T10:00:00Z",
                                    "2026-1-24T10:00:00Z",
                                    "soon"};
  for (size_t i = 0; i < OB_LEN(good); i++) {
    int64_t ms = 0;
    cr_expect(ob_time_parse(good[i].text, &ms), "%s", good[i].text);
    cr_expect_eq(ms, good[i].ms, "%s gave %lld", good[i].text, (long long)ms);
  }
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    int64_t ms = 42;
    cr_expect_not(ob_time_parse(bad[i], &ms), "%s", bad[i]);
    cr_expect_eq(ms, 42);
  }
  int64_t ms = 42;
  cr_expect_not(ob_time_parse(NULL, &ms));
}

Test(clock, text_and_back) {
  ob_rng rng = {9};
  char text[OB_TIME_TEXT];
  cr_expect_str_eq(ob_time_text(text, 0), "1970-01-01T00:00:00Z");
  cr_expect_str_eq(ob_time_text(text, -1), "1969-12-31T23:59:59Z");
  cr_expect_str_eq(ob_time_text(text, 1709164800999), "2024-02-29T00:00:00Z");
  for (int i = 0; i < 20000; i++) {
    int64_t s = (int64_t)(ob_rng_next(&rng) % 315537897600u) - 62135596800, back;
    cr_assert(ob_time_parse(ob_time_text(text, s * 1000), &back), "%s", text);
    cr_assert_eq(back, s * 1000, "%s", text);
  }
  ob_time_text(text, INT64_MAX);
  ob_time_text(text, INT64_MIN);
}

Test(clock, ages) {
  enum { S = 1, M = 60, H = 3600, D = 86400 };
  static const struct {
    int64_t s;
    const char *text;
  } rows[] = {
      {0, "0s"},
      {45, "45s"},
      {119, "119s"},
      {120, "2m"},
      {3 * M + 12, "3m12s"},
      {9 * M + 59, "9m59s"},
      {10 * M + 5, "10m"},
      {179 * M, "179m"},
      {3 * H, "3h"},
      {5 * H + 3 * M, "5h3m"},
      {7 * H + 59 * M, "7h59m"},
      {8 * H + M, "8h"},
      {47 * H, "47h"},
      {2 * D, "2d"},
      {7 * D + 2 * H, "7d2h"},
      {8 * D + H, "8d"},
      {42 * D, "42d"},
      {729 * D, "729d"},
      {730 * D, "2y"},
      {2 * 365 * D + 11 * D, "2y11d"},
      {7 * 365 * D + 364 * D, "7y364d"},
      {8 * 365 * D + D, "8y"},
      {56 * 365 * D, "56y"},
  };
  char text[OB_AGE_TEXT];
  for (size_t i = 0; i < OB_LEN(rows); i++)
    cr_expect_str_eq(ob_age_text(text, rows[i].s * 1000), rows[i].text, "%s", text);
  cr_expect_str_eq(ob_age_text(text, -5000), "0s");
  cr_expect_str_eq(ob_age_text(text, 999), "0s");
  ob_age_text(text, INT64_MAX);
}

Test(clock, clocks_run) {
  int64_t mono = ob_mono_ms(), boot = ob_boot_ms();
  cr_expect_gt(mono, 0);
  cr_expect_geq(boot, mono);
  cr_expect_geq(ob_mono_ms(), mono);
  cr_expect_gt(ob_wall_ms(), 1700000000000);
}

Test(clock, defaults_are_whole) {
  const ob_timing *t = &ob_timing_default;
  const int *first = &t->connect_ms;
  for (size_t i = 0; i < sizeof *t / sizeof(int); i++) cr_expect_gt(first[i], 0, "field %zu", i);
  cr_expect(t->watch_min_s == 300 && t->watch_max_s == 600);
  cr_expect_leq(t->dead_peer_ms, 45000);
}

Test(clock, rng_is_seeded_and_in_range) {
  ob_rng a = {1}, b = {1}, c = {2};
  bool seen[10] = {0};
  cr_expect_eq(ob_rng_next(&a), ob_rng_next(&b));
  cr_expect_neq(ob_rng_next(&a), ob_rng_next(&c));
  for (int i = 0; i < 1000; i++) {
    uint32_t v = ob_rng_below(&a, 10);
    cr_assert_lt(v, 10);
    seen[v] = true;
  }
  for (int i = 0; i < 10; i++) cr_expect(seen[i]);
  cr_expect_eq(ob_rng_below(&a, 1), 0);
  uint8_t x[300] = {0}, y[300] = {0};
  ob_random(x, sizeof x);
  ob_random(y, sizeof y);
  cr_expect_neq(memcmp(x, y, sizeof x), 0);
}
