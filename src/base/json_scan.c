/* A pushdown automaton over bytes: one bit of stack a level says whether the level is an
 * object. Repairs (OB_JSON_LENIENT) go to a copy that is begun with the first of them, so
 * that healthy text is neither copied nor touched. */
#include "base/json_scan.h"
#include "outboard/text.h"
#include <string.h>

enum {
  EXACT_DIGITS = 15,      /* every integer of so many digits is exact in a double */
  NUMBER_CHARS = 60,      /* cJSON cuts numbers at 63 characters */
  DOUBLE_MAX_DIGITS = 300 /* below the range of a double, whatever the digits */
};

typedef struct scanner {
  const char *start, *p, *end;
  const char *copied; /* everything before it is in out->fixed, once there is a repair */
  size_t numbers;
  ob_json_mode mode;
  const char *omit; /* the key whose objects and lists are left out; NULL none */
  bool at_omitted;  /* it has just been read */
  ob_json_scan *out;
  ob_err *err;
} scanner;

static int fail(const scanner *s, ob_code code, const char *at, const char *what) {
  size_t line = 1, column = 1;
  for (const char *c = s->start; c < at; c++) {
    if (*c == '\n') {
      line++, column = 1;
    } else if (((unsigned char)*c & 0xC0) != 0x80) {
      column++;
    }
  }
  return ob_fail(s->err, code, "line %zu, column %zu: %s", line, column, what);
}

static int bad(const scanner *s, const char *at, const char *what) {
  return fail(s, OB_EPROTO, at, what);
}

/* Put `text` in the place of [from, to). */
static void repair(scanner *s, const char *from, const char *to, const char *text) {
  ob_buf_add(&s->out->fixed, s->copied, (size_t)(from - s->copied));
  ob_buf_adds(&s->out->fixed, text);
  s->copied = to;
}

/* A part of a string that must not stay. */
static int unfit(scanner *s, const char *from, const char *to, const char *what) {
  if (s->mode == OB_JSON_STRICT) return bad(s, from, what);
  repair(s, from, to, "\xEF\xBF\xBD");
  return 0;
}

static int hex4(const char *p, const char *end) {
  int v = 0;
  if (end - p < 4) return -1;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int d = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;
    if (d < 0) return -1;
    v = v << 4 | d;
  }
  return v;
}

/* s->p stands behind the backslash. */
static int scan_escape(scanner *s) {
  const char *from = s->p - 1;
  if (s->p == s->end) return bad(s, s->p, "the text ends within a string");
  char c = *s->p++;
  if (c != 'u') {
    if (c && strchr("\"\\/bfnrt", c)) return 0;
    return bad(s, from, "unknown escape in a string");
  }
  int v = hex4(s->p, s->end);
  if (v < 0) return bad(s, from, "\\u needs four hexadecimal digits");
  s->p += 4;
  if (v == 0) return unfit(s, from, s->p, "\\u0000 in a string");
  if (v < 0xD800 || v > 0xDFFF) return 0;
  if (v < 0xDC00 && s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u') {
    int low = hex4(s->p + 2, s->end);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      s->p += 6;
      return 0;
    }
  }
  return unfit(s, from, s->p, "half a surrogate pair in a string");
}

/* What ends the quick run over a string's plain bytes. */
static inline bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline const char *skip_plain(const char *p, const char *end) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  while (end - p >= 8) {
    uint64_t w;
    memcpy(&w, p, 8);
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
    uint64_t hit = w | (w - ones * 0x20) | (quote - ones) | (slash - ones);
    if (hit & high) break;
    p += 8;
  }
  while (p < end && is_plain((unsigned char)*p)) p++;
  return p;
}

/* s->p stands behind the opening quote. */
static int scan_string(scanner *s) {
  for (;;) {
    s->p = skip_plain(s->p, s->end);
    if (s->p == s->end) return bad(s, s->p, "the text ends within a string");
    unsigned char c = (unsigned char)*s->p;
    int r = 0;
    if (c == '"') {
      s->p++;
      return 0;
    }
    if (c == '\\') {
      s->p++;
      r = scan_escape(s);
    } else if (c < 0x20) {
      s->p++;
      r = unfit(s, s->p - 1, s->p, "raw control character in a string");
    } else {
      uint32_t cp;
      size_t used = ob_utf8_next(s->p, (size_t)(s->end - s->p), &cp);
      const char *from = s->p;
      s->p += used;
      /* A true U+FFFD takes three bytes EF BF BD. */
      if (cp == 0xFFFD && !(used == 3 && (unsigned char)from[0] == 0xEF))
        r = unfit(s, from, s->p, "bytes that are not UTF-8 in a string");
    }
    if (r < 0) return r;
  }
}

static size_t scan_digits(scanner *s) {
  const char *from = s->p;
  while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
  return (size_t)(s->p - from);
}

static int scan_number(scanner *s) {
  const char *from = s->p;
  if (*s->p == '-') s->p++;
  bool zero = s->p < s->end && *s->p == '0';
  size_t whole = scan_digits(s);
  if (!whole) return bad(s, from, "expected a value");
  if (zero && whole > 1) return bad(s, from, "a number must not begin with 0");
  bool integer = true, exponent = false;
  if (s->p < s->end && *s->p == '.') {
    s->p++, integer = false;
    if (!scan_digits(s)) return bad(s, from, "a number must not end with its point");
  }
  if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
    s->p++, integer = false, exponent = true;
    if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
    if (!scan_digits(s)) return bad(s, from, "a number's exponent has no digits");
  }
  size_t len = (size_t)(s->p - from);
  if ((integer && whole > EXACT_DIGITS) || len > NUMBER_CHARS || exponent ||
      whole > DOUBLE_MAX_DIGITS) {
    ob_json_odd_number odd = {
        .ordinal = s->numbers, .at = (size_t)(from - s->start), .len = len, .integer = integer};
    ob_vec_push(&s->out->odd, odd);
  }
  if (len > NUMBER_CHARS) repair(s, from, s->p, "0");
  s->numbers++;
  return 0;
}

static int scan_word(scanner *s, const char *word) {
  size_t n = strlen(word);
  if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
    return bad(s, s->p, "expected a value");
  s->p += n;
  return 0;
}

static inline void skip_blank(scanner *s) {
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t')) s->p++;
}

static int scan_scalar(scanner *s) {
  switch (*s->p) {
  case '"': s->p++; return scan_string(s);
  case 't': return scan_word(s, "true");
  case 'f': return scan_word(s, "false");
  case 'n': return scan_word(s, "null");
  default: return scan_number(s);
  }
}

/* A key with its colon. */
static int scan_key(scanner *s) {
  if (s->p == s->end || *s->p != '"') return bad(s, s->p, "expected a key in double quotes");
  const char *key = ++s->p;
  int r = scan_string(s);
  if (r < 0) return r;
  size_t n = (size_t)(s->p - 1 - key);
  s->at_omitted = s->omit && strncmp(s->omit, key, n) == 0 && !s->omit[n];
  skip_blank(s);
  if (s->p == s->end || *s->p != ':') return bad(s, s->p, "expected ':' after the key");
  s->p++;
  skip_blank(s);
  return 0;
}

/* What a value that is left out has to put back when it ends. */
typedef struct omission {
  const char *from, *copied;
  size_t fixed, numbers, odd, depth; /* depth 0: none is under way */
} omission;

static omission omission_begin(const scanner *s, size_t depth) {
  return (omission){s->p, s->copied, s->out->fixed.len, s->numbers, s->out->odd.len, depth};
}

static void omission_end(scanner *s, omission *o) {
  ob_buf_truncate(&s->out->fixed, o->fixed);
  s->copied = o->copied;
  s->numbers = o->numbers;
  s->out->odd.len = o->odd;
  o->depth = 0;
  repair(s, o->from, s->p, "null");
}

static int scan_document(scanner *s) {
  bool object[OB_JSON_DEPTH];
  size_t depth = 0;
  omission out = {0};
  int r = 0;
  skip_blank(s);
  for (;;) {
    /* A value stands here. */
    if (s->p == s->end) return bad(s, s->p, "the text ends where a value should be");
    if (*s->p == '{' || *s->p == '[') {
      bool is_object = *s->p == '{';
      if (depth == OB_JSON_DEPTH) return fail(s, OB_ELIMIT, s->p, "nested more than 200 levels deep");
      object[depth++] = is_object;
      if (s->at_omitted && !out.depth) out = omission_begin(s, depth);
      s->at_omitted = false;
      s->p++;
      skip_blank(s);
      bool empty = s->p < s->end && *s->p == (is_object ? '}' : ']');
      if (!empty) {
        if (is_object && (r = scan_key(s)) < 0) return r;
        continue;
      }
    } else {
      s->at_omitted = false;
      if ((r = scan_scalar(s)) < 0) return r;
      skip_blank(s);
    }
    /* Behind a value, or at the end of an empty container. */
    for (;;) {
      if (depth == 0) return s->p == s->end ? 0 : bad(s, s->p, "text follows the value");
      if (s->p == s->end) return bad(s, s->p, "the text ends within an object or a list");
      bool in_object = object[depth - 1];
      char c = *s->p;
      if (c == ',') break;
      if (c != (in_object ? '}' : ']'))
        return bad(s, s->p, in_object ? "expected ',' or '}'" : "expected ',' or ']'");
      s->p++;
      if (depth-- == out.depth) omission_end(s, &out);
      skip_blank(s);
    }
    s->p++;
    skip_blank(s);
    if (object[depth - 1] && (r = scan_key(s)) < 0) return r;
  }
}

int ob_json_scan_text(ob_json_scan *ret, const char *bytes, size_t n, ob_json_mode mode,
                      const char *omit, ob_err *err) {
  scanner s = {.start = bytes,
               .p = bytes,
               .end = bytes + n,
               .copied = bytes,
               .mode = mode,
               .omit = omit,
               .out = ret,
               .err = err};
  /* A repair makes three bytes of at least one. */
  *ret = (ob_json_scan){.fixed = OB_BUF_INIT(n * 3 + 1)};
  if (n > OB_JSON_MAX) return fail(&s, OB_ELIMIT, bytes, "larger than 67108864 bytes");
  if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
    return bad(&s, bytes, "a byte order mark before the value");
  int r = scan_document(&s);
  if (r == 0 && s.copied != bytes) ob_buf_add(&ret->fixed, s.copied, (size_t)(s.end - s.copied));
  return r;
}

void ob_json_scan_done(ob_json_scan *s) {
  ob_vec_done(&s->odd);
  ob_buf_done(&s->fixed);
}
