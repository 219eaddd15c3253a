/* libcurl shows the other side's certificate and never one's own, and two dates are not worth a
 * second TLS library in this room. They lie behind a fixed row of elements:
 *
 *   Certificate { tbs { [version] serial algorithm issuer validity { notBefore notAfter } … } … }
 *
 * so the walk is: step into, step over, and never past an element's own end. */
#include "kube/cert.h"

#include "base/clock.h"
#include "base/str.h"
#include <ctype.h>
#include <stdio.h>

enum { SEQUENCE = 0x30, VERSION = 0xa0, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };
enum { DER_MAX = 65536 };

typedef struct der {
  const unsigned char *at, *end;
} der;

/* The next element: its tag, or -1; what is in it; `d` stands behind it. */
static int next(der *d, der *ret_inside) {
  if (d->end - d->at < 2) return -1;
  int tag = d->at[0];
  size_t n = d->at[1];
  d->at += 2;
  if (n >= 0x80) {
    size_t bytes = n & 0x7f;
    if (bytes == 0 || bytes > 3 || (size_t)(d->end - d->at) < bytes) return -1;
    for (n = 0; bytes > 0; bytes--) n = n << 8 | *d->at++;
  }
  if ((size_t)(d->end - d->at) < n) return -1;
  *ret_inside = (der){d->at, d->at + n};
  d->at += n;
  return tag;
}

/* "261124080337Z" (until 2049) or "20261124080337Z". */
static bool read_time(der *d, int64_t *ret_ms) {
  der t;
  char text[OB_TIME_TEXT];
  int tag = next(d, &t), year_len = tag == UTC_TIME ? 2 : 4;
  if (tag != UTC_TIME && tag != GENERALIZED_TIME) return false;
  if (t.end - t.at != year_len + 11 || t.end[-1] != 'Z') return false;
  for (const unsigned char *c = t.at; c < t.end - 1; c++)
    if (!isdigit(*c)) return false;
  const char *s = (const char *)t.at, *r = s + year_len;
  const char *century = tag != UTC_TIME ? "" : s[0] < '5' ? "20" : "19";
  (void)snprintf(text, sizeof text, "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, year_len, s, r,
                 r + 2, r + 4, r + 6, r + 8);
  return ob_time_parse(text, ret_ms);
}

static bool read_dates(ob_cert_dates *ret, der cert) {
  der body, tbs, part;
  ob_cert_dates dates;
  if (next(&cert, &body) != SEQUENCE || next(&body, &tbs) != SEQUENCE) return false;
  int tag = next(&tbs, &part);
  if (tag == VERSION) tag = next(&tbs, &part);                /* else there is none, of a v1 */
  if (tag < 0 || next(&tbs, &part) != SEQUENCE) return false; /* serial; algorithm */
  if (next(&tbs, &part) != SEQUENCE) return false;            /* issuer */
  if (next(&tbs, &part) != SEQUENCE) return false;
  if (!read_time(&part, &dates.not_before_ms) || !read_time(&part, &dates.not_after_ms))
    return false;
  *ret = dates;
  return true;
}

bool ob_cert_dates_of(ob_cert_dates *ret, const char *pem) {
  static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
  const char *from = pem ? strstr(pem, begin) : NULL;
  const char *to = from ? strstr(from, end) : NULL;
  if (!to) return false;
  from += sizeof begin - 1;
  OB_AUTO(ob_buf) b = OB_BUF_INIT(DER_MAX);
  if (ob_base64_decode(&b, from, (size_t)(to - from))) return false;
  const unsigned char *bytes = (const unsigned char *)ob_buf_str(&b);
  return read_dates(ret, (der){bytes, bytes + b.len});
}
