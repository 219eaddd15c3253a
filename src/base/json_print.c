/* Printing. Not cJSON's: it loses digits and indents with tabs. Numbers come out as Go's
 * encoding/json writes them, because kubectl's do. */
#include "base/json.h"
#include "base/str.h"
#include "outboard/text.h"
#include <locale.h>
#include <math.h>
#include <stdio.h>

enum { NUMBER_TEXT = 40, GO_PLAIN_BELOW = 21 };

int ob_json_quote(ob_buf *out, const char *s, size_t n) {
  ob_buf_addc(out, '"');
  for (size_t i = 0, run; i < n;) {
    for (run = i; run < n; run++) {
      unsigned char c = (unsigned char)s[run];
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
    }
    ob_buf_add(out, s + i, run - i);
    if ((i = run) == n) break;
    unsigned char c = (unsigned char)s[i];
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *letter = NULL;
    for (const char *l = letters; *l && !letter; l += 2) letter = *l == s[i] ? l + 1 : NULL;
    if (letter) {
      ob_buf_addc(out, '\\');
      ob_buf_addc(out, *letter);
      i++;
    } else if (c < 0x20) {
      ob_buf_addf(out, "\\u%04x", c);
      i++;
    } else {
      uint32_t cp;
      char utf8[4]; /* bad bytes come out as U+FFFD: what is printed is always JSON */
      i += ob_utf8_next(s + i, n - i, &cp);
      ob_buf_add(out, utf8, ob_utf8_put(utf8, cp));
    }
  }
  return ob_buf_addc(out, '"');
}

/* Shortest text that reads back as the same double, in C locale spelling. */
static void shortest(char out[NUMBER_TEXT], double v) {
  for (int precision = 1; precision <= 17; precision++) {
    snprintf(out, NUMBER_TEXT, "%.*e", precision - 1, v);
    if (strtod(out, NULL) == v) break;
  }
  const char *point = localeconv()->decimal_point;
  char *at = *point ? strstr(out, point) : NULL;
  if (at) {
    size_t n = strlen(point);
    *at = '.';
    memmove(at + 1, at + n, strlen(at + n) + 1);
  }
}

static int print_double(ob_buf *out, double v) {
  if (!isfinite(v)) return ob_buf_adds(out, "null");
  if (fabs(v) < 1e15 && v == (double)(int64_t)v) return ob_buf_addf(out, "%.0f", v);
  /* "-1.2300e+05" into sign, digits and exponent */
  char text[NUMBER_TEXT], digits[24] = "0";
  shortest(text, v);
  int n = 0, exponent = 0;
  const char *p = text + (text[0] == '-');
  for (; *p && *p != 'e'; p++) {
    if (*p != '.') digits[n++] = *p;
  }
  if (*p) exponent = (int)strtol(p + 1, NULL, 10);
  while (n > 1 && digits[n - 1] == '0') n--;
  if (v < 0) ob_buf_addc(out, '-');
  if (exponent < -6 || exponent >= GO_PLAIN_BELOW) {
    ob_buf_addc(out, digits[0]);
    if (n > 1) ob_buf_addf(out, ".%.*s", n - 1, digits + 1);
    return ob_buf_addf(out, "e%+d", exponent);
  }
  if (exponent < 0) {
    ob_buf_adds(out, "0.");
    ob_buf_fill(out, '0', (size_t)(-exponent - 1));
    return ob_buf_add(out, digits, (size_t)n);
  }
  if (n <= exponent + 1) {
    ob_buf_add(out, digits, (size_t)n);
    return ob_buf_fill(out, '0', (size_t)(exponent + 1 - n));
  }
  ob_buf_add(out, digits, (size_t)exponent + 1);
  return ob_buf_addf(out, ".%.*s", n - exponent - 1, digits + exponent + 1);
}

static int print_number(ob_buf *out, const ob_json *j) {
  const char *digits = ob_json_digits(j);
  return digits ? ob_buf_adds(out, digits) : print_double(out, ob_json_double(j));
}

static void new_line(ob_buf *out, int indent, int level) {
  if (!indent) return;
  ob_buf_addc(out, '\n');
  ob_buf_fill(out, ' ', (size_t)indent * (size_t)level);
}

static void print(ob_buf *out, const ob_json *j, int indent, int level) {
  switch (ob_json_type_of(j)) {
  case OB_JSON_NULL: ob_buf_adds(out, "null"); return;
  case OB_JSON_BOOL: ob_buf_adds(out, ob_json_bool(j, false) ? "true" : "false"); return;
  case OB_JSON_NUMBER: print_number(out, j); return;
  case OB_JSON_STRING: ob_json_quote(out, ob_json_str(j), strlen(ob_json_str(j))); return;
  case OB_JSON_ARRAY:
  case OB_JSON_OBJECT: break;
  }
  bool object = ob_json_is(j, OB_JSON_OBJECT);
  const ob_json *first = ob_json_first(j);
  ob_buf_addc(out, object ? '{' : '[');
  for (const ob_json *c = first; c && !out->failed; c = ob_json_next(c)) {
    if (c != first) ob_buf_addc(out, ',');
    new_line(out, indent, level + 1);
    if (object) {
      const char *key = ob_json_key(c);
      ob_json_quote(out, key, strlen(key));
      ob_buf_adds(out, indent ? ": " : ":");
    }
    print(out, c, indent, level + 1);
  }
  if (first) new_line(out, indent, level);
  ob_buf_addc(out, object ? '}' : ']');
}

static int status(const ob_buf *out) {
  return out->failed ? -OB_ELIMIT : 0;
}

int ob_json_print(ob_buf *out, const ob_json *j) {
  print(out, j, 0, 0);
  return status(out);
}

int ob_json_print_pretty(ob_buf *out, const ob_json *j) {
  print(out, j, 2, 0);
  return status(out);
}
