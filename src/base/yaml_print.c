/* Block YAML in kubectl's shape. A string is written plain when YAML reads it back as that very
 * string, as a literal block when it has lines, and else in quotes. libyaml's emitter is not
 * used: it quotes nothing that YAML 1.1 types. */
#include "base/str.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"
#include "outboard/text.h"

enum {
  SIMPLE_KEY_MAX = 128, /* longer keys are written with "? " (YAML allows 1024 characters) */
};

/* --- strings ------------------------------------------------------------------------ */

/* What go-yaml writes as it is. Tabs, line separators and characters beyond U+FFFF are escaped. */
static bool is_printable(uint32_t cp) {
  return (cp >= 0x20 && cp <= 0x7E) ||
         (cp >= 0xA0 && cp <= 0xD7FF && cp != 0x2028 && cp != 0x2029) ||
         (cp >= 0xE000 && cp <= 0xFFFD && cp != 0xFEFF);
}

typedef struct traits {
  bool special;    /* something that only double quotes can say */
  bool lines;      /* has \n */
  bool edge_space; /* begins or ends with a space, or a line does */
  bool not_plain;  /* indicators */
} traits;

static bool is_indicator_first(const char *s, size_t n) {
  if (strchr(",[]{}#&*!|>'\"%@`", s[0])) return true;
  return strchr("-?:", s[0]) && (n == 1 || s[1] == ' ');
}

static traits look(const char *s, size_t n) {
  traits t = {0};
  if (!n) return t;
  t.edge_space = s[0] == ' ' || s[n - 1] == ' ';
  t.not_plain =
      is_indicator_first(s, n) || ob_starts(s, "---") || ob_starts(s, "...") || s[n - 1] == ':';
  for (size_t i = 0; i < n;) {
    uint32_t cp;
    size_t used = ob_utf8_next(s + i, n - i, &cp);
    if (s[i] == '\n') {
      t.lines = true;
      if (i > 0 && s[i - 1] == ' ') t.edge_space = true;
    } else if (!is_printable(cp) || (cp == 0xFFFD && used != 3)) {
      t.special = true;
    } else if ((cp == ':' && i + 1 < n && s[i + 1] == ' ') ||
               (cp == '#' && i > 0 && s[i - 1] == ' ')) {
      t.not_plain = true;
    }
    i += used;
  }
  return t;
}

/* YAML 1.1's base 60 ("12:30:45"), which other readers type. */
static bool is_base60(const char *s) {
  s += *s == '-' || *s == '+';
  size_t n = strspn(s, "0123456789_");
  if (!n || s[n] != ':') return false;
  return s[n + strspn(s + n, "0123456789:")] == '\0' || strchr(s + n, '.') != NULL;
}

/* A date, or a date and a time: creationTimestamp and its like. */
static bool is_timestamp(const char *s) {
  if (strspn(s, "0123456789") != 4) return false;
  s += 4;
  for (int i = 0; i < 2; i++) {
    if (*s++ != '-') return false;
    size_t n = strspn(s, "0123456789");
    if (n < 1 || n > 2) return false;
    s += n;
  }
  return !*s || (strchr("Tt ", *s) && s[1] >= '0' && s[1] <= '9');
}

static void double_quoted(ob_buf *out, const char *s, size_t n) {
  ob_buf_addc(out, '"');
  for (size_t i = 0; i < n;) {
    uint32_t cp;
    size_t used = ob_utf8_next(s + i, n - i, &cp);
    if (cp == '"' || cp == '\\') {
      ob_buf_addf(out, "\\%c", (int)cp);
    } else if (cp == '\n' || cp == '\t' || cp == '\r') {
      ob_buf_adds(out, cp == '\n' ? "\\n" : cp == '\t' ? "\\t" : "\\r");
    } else if (cp == 0x1B) {
      ob_buf_adds(out, "\\e");
    } else if (is_printable(cp)) {
      char utf8[4];
      ob_buf_add(out, utf8, ob_utf8_put(utf8, cp));
    } else if (cp <= 0xFF) {
      ob_buf_addf(out, "\\x%02X", (unsigned)cp);
    } else {
      ob_buf_addf(out, cp <= 0xFFFF ? "\\u%04X" : "\\U%08X", (unsigned)cp);
    }
    i += used;
  }
  ob_buf_addc(out, '"');
}

static void single_quoted(ob_buf *out, const char *s) {
  ob_buf_addc(out, '\'');
  for (; *s; s++) {
    if (*s == '\'') ob_buf_addc(out, '\'');
    ob_buf_addc(out, *s);
  }
  ob_buf_addc(out, '\'');
}

/* On one line, for keys and values. */
static void flow_string(ob_buf *out, const char *s, size_t n, const traits *t) {
  bool typed = ob_yaml_kind_of(s, n, NULL) != OB_YAML_STRING || is_base60(s) || is_timestamp(s);
  if (typed || t->special || t->lines) {
    double_quoted(out, s, n);
  } else if (t->edge_space || t->not_plain) {
    single_quoted(out, s);
  } else {
    ob_buf_add(out, s, n);
  }
}

/* "|", "|-" or "|+" and the lines, indented. */
static void literal(ob_buf *out, const char *s, size_t n, int indent) {
  bool ends = s[n - 1] == '\n', more = ends && n > 1 && s[n - 2] == '\n';
  ob_buf_adds(out, more ? "|+" : ends ? "|" : "|-");
  while (*s) {
    size_t len = strcspn(s, "\n");
    ob_buf_addc(out, '\n');
    if (len) ob_buf_fill(out, ' ', (size_t)indent);
    ob_buf_add(out, s, len);
    s += len;
    if (*s == '\n') s++;
  }
}

static void string_value(ob_buf *out, const char *s, int indent) {
  size_t n = strlen(s);
  traits t = look(s, n);
  /* A first line that is empty or begins with a space would need an indentation indicator. */
  if (t.lines && !t.special && !t.edge_space && s[0] != '\n') {
    literal(out, s, n, indent);
  } else {
    flow_string(out, s, n, &t);
  }
}

/* --- trees -------------------------------------------------------------------------- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_letter(char c) {
  return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The number at s; `behind` says that the digits before it make zeros count. */
static uint64_t number_at(const char *s, bool behind, size_t *ret_len) {
  uint64_t v = behind;
  size_t n = 0;
  for (; is_digit(s[n]); n++) v = v * 10 + (uint64_t)(s[n] - '0');
  *ret_len = n;
  return v;
}

/* go-yaml's order of keys: letters by code, numbers by value, other characters before letters. */
static int key_order(const void *x, const void *y) {
  const char *a = ob_json_key(*(const ob_json *const *)x);
  const char *b = ob_json_key(*(const ob_json *const *)y);
  size_t i = 0, na, nb;
  while (a[i] && a[i] == b[i]) i++;
  if (!a[i] || !b[i]) return (a[i] != 0) - (b[i] != 0);
  int by_code = (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
  if (is_letter(a[i]) && is_letter(b[i])) return by_code;
  if (is_letter(a[i]) || is_letter(b[i])) return is_letter(a[i]) ? 1 : -1;
  bool behind = false;
  if (a[i] == '0' || b[i] == '0') {
    for (size_t k = i; k > 0 && is_digit(a[k - 1]) && !behind; k--) behind = a[k - 1] != '0';
  }
  uint64_t va = number_at(a + i, behind, &na), vb = number_at(b + i, behind, &nb);
  if (va != vb) return va < vb ? -1 : 1;
  if (na != nb) return na < nb ? -1 : 1;
  return by_code;
}

typedef struct printer {
  ob_buf *out;
  bool sorted;
} printer;

static void print_block(const printer *p, const ob_json *j, int indent, bool at_indent);

static bool is_block(const ob_json *j) {
  return ob_json_first(j) != NULL;
}

static void print_scalar(const printer *p, const ob_json *j, int indent) {
  switch (ob_json_type_of(j)) {
  case OB_JSON_STRING: string_value(p->out, ob_json_str(j), indent); break;
  case OB_JSON_ARRAY: ob_buf_adds(p->out, "[]"); break;
  case OB_JSON_OBJECT: ob_buf_adds(p->out, "{}"); break;
  default: ob_json_print(p->out, j); break;
  }
}

static void print_member(const printer *p, const ob_json *c, int indent) {
  const char *key = ob_json_key(c);
  size_t n = strlen(key);
  traits t = look(key, n);
  bool simple = n <= SIMPLE_KEY_MAX;
  if (!simple) ob_buf_adds(p->out, "? ");
  flow_string(p->out, key, n, &t);
  if (!simple) {
    ob_buf_addc(p->out, '\n');
    ob_buf_fill(p->out, ' ', (size_t)indent);
  }
  ob_buf_addc(p->out, ':');
  if (is_block(c)) {
    ob_buf_addc(p->out, '\n');
    print_block(p, c, ob_json_is(c, OB_JSON_ARRAY) ? indent : indent + 2, false);
  } else {
    ob_buf_addc(p->out, ' ');
    print_scalar(p, c, indent + 2);
    ob_buf_addc(p->out, '\n');
  }
}

/* A container with children. `at_indent`: the cursor stands at the indentation already. */
static void print_block(const printer *p, const ob_json *j, int indent, bool at_indent) {
  bool object = ob_json_is(j, OB_JSON_OBJECT);
  OB_VEC(const ob_json *) children = {0};
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) ob_vec_push(&children, c);
  if (object && p->sorted && children.at)
    qsort(children.at, children.len, sizeof *children.at, key_order);
  for (size_t i = 0; i < children.len && !p->out->failed; i++) {
    const ob_json *c = children.at[i];
    if (i > 0 || !at_indent) ob_buf_fill(p->out, ' ', (size_t)indent);
    if (object) {
      print_member(p, c, indent);
    } else if (is_block(c)) {
      ob_buf_adds(p->out, "- ");
      print_block(p, c, indent + 2, true);
    } else {
      ob_buf_adds(p->out, "- ");
      print_scalar(p, c, indent + 2);
      ob_buf_addc(p->out, '\n');
    }
  }
  ob_vec_done(&children);
}

int ob_yaml_print(ob_buf *out, const ob_json *j, bool sorted) {
  const printer p = {out, sorted};
  if (is_block(j)) {
    print_block(&p, j, 0, false);
  } else {
    print_scalar(&p, j, 2);
    ob_buf_addc(out, '\n');
  }
  return out->failed ? -OB_ELIMIT : 0;
}
