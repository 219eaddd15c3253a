/* The few response headers that anybody asks for, each cut at its size. Source: RFC 9110 (dates,
 * Retry-After), RFC 7234 5.5 (Warning). */
#include "base/str.h"
#include "kube/http_priv.h"
#include <stdio.h>
#include <strings.h>

void ob_http_headers_reset(ob_http_headers *h) {
  for (size_t i = 0; i < h->nwarnings; i++) free(h->warnings[i]);
  *h = (ob_http_headers){.retry_after_ms = -1};
}

/* Days since 1970 of a Gregorian date (H. Hinnant's algorithm). */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
  int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t ob_http_date(const char *s, size_t n) {
  char text[64], month[4];
  int d, y, hh, mm, ss;
  if (n >= sizeof text) return 0;
  memcpy(text, s, n);
  text[n] = '\0';
  const char *comma = strchr(text, ',');
  if (!comma ||
      sscanf(comma + 1, " %2d %3s %4d %2d:%2d:%2d GMT", &d, month, &y, &hh, &mm, &ss) != 6)
    return 0;
  static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const char *at = strlen(month) == 3 ? strstr(names, month) : NULL;
  if (!at || (at - names) % 3 != 0) return 0;
  if (d < 1 || d > 31 || y < 1970 || hh < 0 || hh > 23 || mm < 0 || mm > 59 || ss < 0 || ss > 60)
    return 0;
  int64_t days = days_from_civil(y, (at - names) / 3 + 1, d);
  return (((days * 24 + hh) * 60 + mm) * 60 + ss) * 1000;
}

static void copy(char *out, size_t size, const char *v, size_t n) {
  if (n >= size) n = size - 1;
  memcpy(out, v, n);
  out[n] = '\0';
}

static int64_t retry_after(const ob_http_headers *h, const char *v, size_t n) {
  enum { RETRY_MAX_S = 86400 };
  OB_AUTOFREE char *text = ob_strndup(v, n);
  int64_t s;
  if (ob_parse_int(text, 0, INT64_MAX, &s)) return (s > RETRY_MAX_S ? RETRY_MAX_S : s) * 1000;
  int64_t at = ob_http_date(v, n), now = h->date_ms ? h->date_ms : ob_wall_ms();
  if (!at) return -1;
  at = at > now ? at - now : 0;
  return at > RETRY_MAX_S * 1000LL ? RETRY_MAX_S * 1000LL : at;
}

static void keep_warning(ob_http_headers *h, char *move_text) {
  if (h->nwarnings < OB_HTTP_WARNINGS) {
    h->warnings[h->nwarnings++] = move_text;
    return;
  }
  free(move_text);
  free(h->warnings[OB_HTTP_WARNINGS]);
  h->warnings[OB_HTTP_WARNINGS] = ob_asprintf("and %zu more warnings", ++h->more);
  h->nwarnings = OB_HTTP_WARNINGS + 1;
}

/* `299 - "text" "date", 299 …`: the first quoted part behind each code 299. */
static void warnings(ob_http_headers *h, const char *v, size_t n) {
  const char *end = v + n;
  while (v < end) {
    while (v < end && (*v == ' ' || *v == ',')) v++;
    bool wanted = end - v >= 4 && memcmp(v, "299 ", 4) == 0;
    bool first = true;
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_HTTP_HEADER_MAX);
    while (v < end && *v != ',') {
      if (*v++ != '"') continue;
      for (; v < end && *v != '"'; v++) {
        if (*v == '\\' && v + 1 < end) v++;
        if (first) ob_buf_addc(&text, *v);
      }
      if (v < end) v++;
      first = false;
    }
    if (wanted && text.len) keep_warning(h, ob_buf_take(&text, NULL));
  }
}

void ob_http_headers_line(ob_http_headers *h, const char *line, size_t n) {
  while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' ')) n--;
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    ob_http_headers_reset(h);
    return;
  }
  const char *colon = memchr(line, ':', n);
  if (!colon) return;
  size_t name = (size_t)(colon - line);
  const char *v = colon + 1, *end = line + n;
  while (v < end && (*v == ' ' || *v == '\t')) v++;
  size_t len = (size_t)(end - v);
#define IS(s) (name == sizeof(s) - 1 && strncasecmp(line, s, name) == 0)
  if (IS("etag"))
    len < sizeof h->etag ? copy(h->etag, sizeof h->etag, v, len) : (void)0;
  else if (IS("content-type"))
    copy(h->content_type, sizeof h->content_type, v, len);
  else if (IS("location")) {
    copy(h->location, sizeof h->location, v, len);
    h->location_cut = len >= sizeof h->location;
  } else if (IS("date"))
    h->date_ms = ob_http_date(v, len);
  else if (IS("retry-after"))
    h->retry_after_ms = retry_after(h, v, len);
  else if (IS("warning"))
    warnings(h, v, len);
#undef IS
}

void ob_http_headers_fill(const ob_http_headers *h, ob_http_result *r, ob_status *failure) {
  r->date_ms = h->date_ms;
  r->retry_after_ms = -1;
  r->etag = h->etag;
  r->content_type = h->content_type;
  r->warnings = (const char *const *)h->warnings;
  r->nwarnings = h->nwarnings;
  if (r->status < 300 || r->status == 304) return;
  if (r->status == 429 || r->status >= 500) r->retry_after_ms = h->retry_after_ms;
  if (!ob_status_parse(failure, r->body, r->body_len)) return;
  r->failure = failure;
  if (r->retry_after_ms < 0 && failure->retry_after_s >= 0 && r->status >= 429)
    r->retry_after_ms = failure->retry_after_s * 1000LL;
}
