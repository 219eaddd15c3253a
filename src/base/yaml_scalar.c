/* The resolver: first the words, then integers in four bases, then floats. Underscores are
 * dropped before a number is read. */
#include "base/yaml_scalar.h"
#include "base/str.h"
#include <math.h>

enum { SCALAR_MAX = 400 }; /* longer ones are no numbers worth the name */

static const struct {
  const char *word;
  ob_yaml_kind kind;
} words[] = {
    {"", OB_YAML_NULL},          {"~", OB_YAML_NULL},         {"null", OB_YAML_NULL},
    {"Null", OB_YAML_NULL},      {"NULL", OB_YAML_NULL},      {"y", OB_YAML_TRUE},
    {"Y", OB_YAML_TRUE},         {"yes", OB_YAML_TRUE},       {"Yes", OB_YAML_TRUE},
    {"YES", OB_YAML_TRUE},       {"true", OB_YAML_TRUE},      {"True", OB_YAML_TRUE},
    {"TRUE", OB_YAML_TRUE},      {"on", OB_YAML_TRUE},        {"On", OB_YAML_TRUE},
    {"ON", OB_YAML_TRUE},        {"n", OB_YAML_FALSE},        {"N", OB_YAML_FALSE},
    {"no", OB_YAML_FALSE},       {"No", OB_YAML_FALSE},       {"NO", OB_YAML_FALSE},
    {"false", OB_YAML_FALSE},    {"False", OB_YAML_FALSE},    {"FALSE", OB_YAML_FALSE},
    {"off", OB_YAML_FALSE},      {"Off", OB_YAML_FALSE},      {"OFF", OB_YAML_FALSE},
    {".nan", OB_YAML_INFINITE},  {".NaN", OB_YAML_INFINITE},  {".NAN", OB_YAML_INFINITE},
    {".inf", OB_YAML_INFINITE},  {".Inf", OB_YAML_INFINITE},  {".INF", OB_YAML_INFINITE},
    {"+.inf", OB_YAML_INFINITE}, {"+.Inf", OB_YAML_INFINITE}, {"+.INF", OB_YAML_INFINITE},
    {"-.inf", OB_YAML_INFINITE}, {"-.Inf", OB_YAML_INFINITE}, {"-.INF", OB_YAML_INFINITE},
    {"<<", OB_YAML_MERGE},
};

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* An integer as Go's ParseInt(…, base 0) and ParseUint take it. */
static bool resolve_int(const char *s, ob_buf *ret) {
  bool negative = *s == '-';
  const char *p = s + (*s == '-' || *s == '+');
  unsigned base = 10;
  uint64_t v = 0;
  if (p[0] == '0' && p[1]) {
    char c = (char)(p[1] | 0x20);
    base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
    p += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
  }
  if (!*p) return false;
  for (; *p; p++) {
    unsigned d = (unsigned)digit_of(*p);
    if (d >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
      return false;
  }
  if (negative && v > (uint64_t)INT64_MAX + 1) return false;
  if (*s == '+' && v > INT64_MAX) return false; /* ParseUint takes no sign */
  if (ret) ob_buf_addf(ret, "%s%llu", negative && v ? "-" : "", (unsigned long long)v);
  return true;
}

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ and within the range of a double. */
static bool resolve_float(const char *s, ob_buf *ret) {
  const char *p = s + (*s == '-' || *s == '+');
  size_t whole = strspn(p, "0123456789"), fraction = 0, exponent = 0;
  const char *w = p, *f = "", *e = "";
  p += whole;
  if (*p == '.') {
    f = p + 1;
    fraction = strspn(f, "0123456789");
    p = f + fraction;
  }
  if (whole + fraction == 0) return false;
  if (*p == 'e' || *p == 'E') {
    e = ++p;
    p += *p == '-' || *p == '+';
    size_t n = strspn(p, "0123456789");
    if (n == 0) return false;
    p += n;
    exponent = (size_t)(p - e);
  }
  if (*p) return false;
  /* Spelled as JSON does: no plus, no bare point, no leading zeros. */
  while (whole > 1 && *w == '0') w++, whole--;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(2 * SCALAR_MAX);
  ob_buf_addf(&text, "%s%.*s", *s == '-' ? "-" : "", (int)whole, whole ? w : "0");
  if (!whole) ob_buf_addc(&text, '0');
  if (fraction) ob_buf_addf(&text, ".%.*s", (int)fraction, f);
  if (exponent) ob_buf_addf(&text, "e%.*s", (int)exponent, e);
  OB_AUTOPTR(ob_json) number = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, NULL);
  if (!number) return false; /* out of range: go-yaml leaves the string */
  return !ret || ob_buf_add(ret, text.ptr, text.len) == 0;
}

ob_yaml_kind ob_yaml_kind_of(const char *s, size_t n, ob_buf *ret_number) {
  char plain[SCALAR_MAX + 1];
  size_t len = 0;
  if (n > SCALAR_MAX || memchr(s, 0, n)) return OB_YAML_STRING;
  for (size_t i = 0; i < OB_LEN(words); i++) {
    if (strlen(words[i].word) == n && memcmp(words[i].word, s, n) == 0) return words[i].kind;
  }
  bool point_first = s[0] == '.';
  if (!point_first && s[0] != '+' && s[0] != '-' && (s[0] < '0' || s[0] > '9'))
    return OB_YAML_STRING;
  for (size_t i = 0; i < n; i++) {
    if (s[i] != '_' || point_first) plain[len++] = s[i];
  }
  plain[len] = '\0';
  if (!point_first && resolve_int(plain, ret_number)) return OB_YAML_INT;
  return resolve_float(plain, ret_number) ? OB_YAML_FLOAT : OB_YAML_STRING;
}
