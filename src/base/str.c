/* Small string work: comparison, integers, base64, percent encoding, whole files. */
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static inline unsigned char lower(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}
static inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool ob_starts(const char *s, const char *prefix) {
  return s && prefix && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ob_ends(const char *s, const char *suffix) {
  if (!s || !suffix) return false;
  size_t n = strlen(s), m = strlen(suffix);
  return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool ob_contains_nocase(const char *s, const char *part) {
  if (!s || !part) return false;
  for (;; s++) {
    size_t i = 0;
    while (part[i] && lower(s[i]) == lower(part[i])) i++;
    if (!part[i]) return true;
    if (!*s) return false;
  }
}

bool ob_parse_int(const char *s, int64_t min, int64_t max, int64_t *ret) {
  if (!s) return false;
  bool negative = *s == '-';
  s += negative;
  if (!is_digit(*s)) return false;
  int64_t v = 0; /* built below 0, where the range is one larger */
  for (; is_digit(*s); s++) {
    if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, *s - '0', &v)) return false;
  }
  if (*s || (!negative && v == INT64_MIN)) return false;
  if (!negative) v = -v;
  if (v < min || v > max) return false;
  *ret = v;
  return true;
}

int ob_strnatcmp(const char *a, const char *b) {
  const char *a0 = a, *b0 = b;
  while (*a && *b) {
    if (!is_digit(*a) || !is_digit(*b)) {
      if (*a != *b) return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
      a++, b++;
      continue;
    }
    while (*a == '0') a++;
    while (*b == '0') b++;
    size_t na = 0, nb = 0;
    while (is_digit(a[na])) na++;
    while (is_digit(b[nb])) nb++;
    if (na != nb) return na < nb ? -1 : 1;
    int c = memcmp(a, b, na);
    if (c) return c < 0 ? -1 : 1;
    a += na, b += nb;
  }
  if (*a || *b) return *a ? 1 : -1;
  /* "01" and "1" have one value: the bytes keep the order total. */
  int c = strcmp(a0, b0);
  return (c > 0) - (c < 0);
}

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four characters, line ends skipped. Returns the number of data characters
 * (2 to 4), 0 at the end of the text, -1 when it is no base64. */
static int base64_group(const char **s, const char *end, uint32_t *ret_bits) {
  int data = 0, seen = 0;
  uint32_t bits = 0;
  for (; *s < end && seen < 4; (*s)++) {
    if (**s == '\r' || **s == '\n') continue;
    int v = base64_value(**s);
    if (**s == '=' ? seen < 2 : v < 0 || data < seen) return -1;
    if (v >= 0) data++;
    bits = bits << 6 | (uint32_t)(v < 0 ? 0 : v);
    seen++;
  }
  *ret_bits = bits;
  return seen == 0 ? 0 : seen == 4 ? data : -1;
}

int ob_base64_decode(ob_buf *out, const char *s, size_t n) {
  const char *end = n ? s + n : s;
  size_t start = out->len;
  for (bool last = false;;) {
    uint32_t bits = 0;
    int data = base64_group(&s, end, &bits);
    if (data == 0) return 0;
    if (data < 0 || last) {
      ob_buf_truncate(out, start);
      return -OB_EINVALID;
    }
    last = data < 4;
    char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
    int r = ob_buf_add(out, bytes, (size_t)data - 1);
    if (r < 0) return r;
  }
}

int ob_base64_encode(ob_buf *out, const void *bytes, size_t n) {
  static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *p = bytes;
  int r = 0;
  while (n > 0 && r == 0) {
    uint32_t bits = (uint32_t)p[0] << 16;
    if (n > 1) bits |= (uint32_t)p[1] << 8;
    if (n > 2) bits |= p[2];
    char four[4] = {abc[bits >> 18], abc[bits >> 12 & 63], n > 1 ? abc[bits >> 6 & 63] : '=',
                    n > 2 ? abc[bits & 63] : '='};
    r = ob_buf_add(out, four, 4);
    size_t taken = n > 3 ? 3 : n;
    n -= taken;
    p += taken;
  }
  return r;
}

int ob_url_escape(ob_buf *out, const char *s) {
  static const char hex[] = "0123456789ABCDEF";
  int r = 0;
  for (; s && *s && r == 0; s++) {
    unsigned char c = (unsigned char)*s;
    if (is_digit(*s) || (lower(*s) >= 'a' && lower(*s) <= 'z') || strchr("-._~", c)) {
      r = ob_buf_addc(out, *s);
    } else {
      char code[3] = {'%', hex[c >> 4], hex[c & 15]};
      r = ob_buf_add(out, code, 3);
    }
  }
  return r;
}

int ob_read_file(const char *path, ob_buf *out, ob_err *err) {
  OB_AUTOFD int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    int why = errno;
    return ob_fail(err, why == ENOENT || why == ENOTDIR ? OB_ENOTFOUND : OB_EIO, "%s: %s", path,
                   strerror(why));
  }
  char piece[16 * 1024];
  int r = 0;
  for (;;) {
    ssize_t n = read(fd, piece, sizeof piece);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      r = ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
      break;
    }
    if (ob_buf_add(out, piece, (size_t)n) < 0) {
      r = ob_fail(err, OB_ELIMIT, "%s: larger than %zu bytes", path, out->max);
      break;
    }
  }
  explicit_bzero(piece, sizeof piece); /* it may have held a private key */
  return r;
}

size_t ob_str_distance(const char *a, const char *b) {
  size_t row[OB_DISTANCE_MAX + 1], na = strlen(a), nb = strlen(b);
  if (na > OB_DISTANCE_MAX || nb > OB_DISTANCE_MAX) return OB_DISTANCE_MAX;
  for (size_t j = 0; j <= nb; j++) row[j] = j;
  for (size_t i = 1; i <= na; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]), best = row[j] + 1;
      diagonal = row[j];
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      row[j] = replaced < best ? replaced : best;
    }
  }
  return row[nb];
}
