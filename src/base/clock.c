/* Clocks, durations and Kubernetes' two ways of writing time. Calendar sums use days since
 * 1970 (Howard Hinnant's civil algorithms): libc's depend on TZ and on hidden state. */
#include "base/clock.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

const ob_timing ob_timing_default = {
    .connect_ms = 10000,
    .request_ms = 30000,
    .list_stall_ms = 15000,
    .count_ms = 300,
    .dead_peer_ms = 40000,
    .watch_min_s = 300,
    .watch_max_s = 600,
    .watch_grace_ms = 30000,
    .bookmark_ms = 60000,
    .backoff_first_ms = 800,
    .backoff_max_ms = 30000,
    .backoff_reset_ms = 120000,
    .release_ms = 75000,
    .leave_ms = 300000,
    .forbidden_first_ms = 2000,
    .access_ms = 300000,
    .forbidden_ms = 60000,
    .events_ms = 60000,
    .rediscover_ms = 300000,
    .relist_ms = 30 * 60 * 1000,
    .token_file_ms = 50000,
    .rotate_ms = 60000,
    .plugin_ms = 120000,
    .plugin_terminal_ms = 600000,
    .probe_connect_ms = 4000,
    .probe_ms = 8000,
    .probe_every_ms = 10000,
    .probes_at_once = 8,
    .probes_per_second = 40,
    .frame_ms = 16,
    .clock_tick_ms = 1000,
    .keep_ms = 3000,
};

static int64_t read_clock(clockid_t id) {
  struct timespec ts;
  if (clock_gettime(id, &ts) < 0) return 0;
  return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t ob_mono_ms(void) {
  return read_clock(CLOCK_MONOTONIC);
}
int64_t ob_boot_ms(void) {
  return read_clock(CLOCK_BOOTTIME);
}
int64_t ob_wall_ms(void) {
  return read_clock(CLOCK_REALTIME);
}

static int64_t days_from_civil(int64_t y, int m, int d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
  int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int64_t *ret_y, int *ret_m, int *ret_d) {
  z += 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  *ret_d = (int)(doy - (153 * mp + 2) / 5 + 1);
  *ret_m = (int)(mp < 10 ? mp + 3 : mp - 9);
  *ret_y = yoe + era * 400 + (*ret_m <= 2);
}

/* Exactly n digits, then `after` (0: nothing is asked). Advances *s. */
static bool digits(const char **s, int n, char after, int *ret) {
  int v = 0;
  for (int i = 0; i < n; i++) {
    if ((*s)[i] < '0' || (*s)[i] > '9') return false;
    v = v * 10 + ((*s)[i] - '0');
  }
  *s += n;
  if (after && *(*s)++ != after) return false;
  *ret = v;
  return true;
}

static int month_days(int y, int m) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  return m == 2 && leap ? 29 : days[m - 1];
}

bool ob_time_parse(const char *s, int64_t *ret_ms) {
  int y, mo, d, h, mi, sec, ms = 0, off_h = 0, off_m = 0, sign = 1;
  if (!s || !digits(&s, 4, '-', &y) || !digits(&s, 2, '-', &mo) || !digits(&s, 2, 0, &d))
    return false;
  if (*s != 'T' && *s != 't') return false;
  s++;
  if (!digits(&s, 2, ':', &h) || !digits(&s, 2, ':', &mi) || !digits(&s, 2, 0, &sec)) return false;
  /* 60 is a leap second and counts as the first of the next minute. */
  if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) || h > 23 || mi > 59 || sec > 60)
    return false;
  if (*s == '.') {
    if (*++s < '0' || *s > '9') return false;
    for (int scale = 100; *s >= '0' && *s <= '9'; s++, scale /= 10) ms += (*s - '0') * scale;
  }
  if (*s == 'Z' || *s == 'z') {
    s++;
  } else if (*s == '+' || *s == '-') {
    sign = *s++ == '-' ? -1 : 1;
    if (!digits(&s, 2, ':', &off_h) || !digits(&s, 2, 0, &off_m) || off_h > 23 || off_m > 59)
      return false;
  } else {
    return false;
  }
  if (*s) return false;
  int64_t t = days_from_civil(y, mo, d) * 86400 + h * 3600L + mi * 60L + sec;
  t -= sign * (off_h * 3600L + off_m * 60L);
  *ret_ms = t * 1000 + ms;
  return true;
}

const char *ob_time_text(char out[OB_TIME_TEXT], int64_t unix_ms) {
  int64_t t = unix_ms / 1000 - (unix_ms % 1000 < 0), y;
  int64_t days = t / 86400 - (t % 86400 < 0), s = t - days * 86400;
  int m, d;
  civil_from_days(days, &y, &m, &d);
  /* RFC 3339 has four digits for a year. */
  if (y < 0 || y > 9999) {
    y = y < 0 ? 0 : 9999;
  }
  snprintf(out, OB_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)y, m, d, (int)(s / 3600),
           (int)(s / 60 % 60), (int)(s % 60));
  return out;
}

/* "3m12s", or "3m" when the small unit is 0. */
static void two_units(char *out, int64_t big, char big_unit, int64_t small, char small_unit) {
  if (small) {
    snprintf(out, OB_AGE_TEXT, "%d%c%d%c", (int)big, big_unit, (int)small, small_unit);
  } else {
    snprintf(out, OB_AGE_TEXT, "%d%c", (int)big, big_unit);
  }
}

const char *ob_age_text(char out[OB_AGE_TEXT], int64_t ms) {
  int64_t s = ms < 0 ? 0 : ms / 1000, m = s / 60, h = m / 60, d = h / 24;
  if (s < 120) {
    two_units(out, s, 's', 0, 0);
  } else if (m < 10) {
    two_units(out, m, 'm', s % 60, 's');
  } else if (m < 180) {
    two_units(out, m, 'm', 0, 0);
  } else if (h < 8) {
    two_units(out, h, 'h', m % 60, 'm');
  } else if (h < 48) {
    two_units(out, h, 'h', 0, 0);
  } else if (h < 192) {
    two_units(out, d, 'd', h % 24, 'h');
  } else if (d < 730) {
    two_units(out, d, 'd', 0, 0);
  } else if (d < 2920) {
    two_units(out, d / 365, 'y', d % 365, 'd');
  } else {
    two_units(out, d / 365 > 999999999 ? 999999999 : d / 365, 'y', 0, 0);
  }
  return out;
}

uint64_t ob_rng_next(ob_rng *r) {
  uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint32_t ob_rng_below(ob_rng *r, uint32_t n) {
  /* Multiply-shift: the bias of 2^-32 is of no account for jitter and worlds. */
  return (uint32_t)(((ob_rng_next(r) >> 32) * n) >> 32);
}

void ob_random(void *out, size_t n) {
  char *p = out;
  while (n > 0) {
    ssize_t got = getrandom(p, n > 256 ? 256 : n, 0);
    if (got <= 0) continue; /* only EINTR is possible: the kernel is newer than 3.17 */
    p += got;
    n -= (size_t)got;
  }
}
