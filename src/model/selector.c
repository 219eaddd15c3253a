/* A list of requirements, all of which must hold; the text is cut in place. */
#include "model/selector.h"

#include "base/mem.h"
#include "base/str.h"

typedef struct term {
  enum { HAS, HAS_NOT, IN, NOT_IN } op;
  const char *key;
  const char *values[OB_SELECTOR_VALUES];
  size_t nvalues;
} term;

struct ob_selector {
  char *text;
  OB_VEC(term *) terms;
};

void ob_selector_free(ob_selector *s) {
  if (!s) return;
  for (size_t i = 0; i < s->terms.len; i++) free(s->terms.at[i]);
  ob_vec_done(&s->terms);
  free(s->text);
  free(s);
}

static char *trim(char *s) {
  s += strspn(s, " \t");
  size_t n = strlen(s);
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) s[--n] = '\0';
  return s;
}

static bool word_ok(const char *s, bool may_be_empty) {
  if (!*s) return may_be_empty;
  return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")] == '\0';
}

static int bad(ob_err *err, const char *part) {
  ob_fail(err, OB_EUSAGE, "selector: \"%s\" is no requirement", part);
  return ob_hint(err, "a=b, a!=b, a in (b,c), a notin (b,c), a or !a, separated by commas");
}

/* "in (a, b)" after the key. */
static int parse_set(term *t, char *rest, const char *part, ob_err *err) {
  size_t n = strlen(rest);
  if (rest[0] != '(' || rest[n - 1] != ')') return bad(err, part);
  rest[n - 1] = '\0';
  for (char *at = rest + 1; at;) {
    char *comma = strchr(at, ',');
    if (comma) *comma = '\0';
    char *value = trim(at);
    if (!word_ok(value, true)) return bad(err, part);
    if (t->nvalues == OB_SELECTOR_VALUES)
      return ob_fail(err, OB_EUSAGE, "selector: more than %d values in one set", OB_SELECTOR_VALUES);
    t->values[t->nvalues++] = value;
    at = comma ? comma + 1 : NULL;
  }
  return 0;
}

static int parse_term(term *t, char *part, ob_err *err) {
  OB_AUTOFREE char *whole = ob_strdup(part);
  part = trim(part);
  if (*part == '!') {
    t->op = HAS_NOT;
    t->key = trim(part + 1);
    return word_ok(t->key, false) ? 0 : bad(err, whole);
  }
  size_t key = strcspn(part, " \t=!(");
  char *rest = trim(part + key);
  static const struct {
    const char *sign;
    int op;
    bool set;
  } signs[] = {{"==", IN, false}, {"!=", NOT_IN, false}, {"=", IN, false}, {"notin", NOT_IN, true}, {"in", IN, true}};
  t->op = HAS;
  int rc = 0;
  for (size_t i = 0; *rest && i < OB_LEN(signs); i++) {
    if (!ob_starts(rest, signs[i].sign)) continue;
    t->op = signs[i].op == IN ? IN : NOT_IN;
    char *value = trim(rest + strlen(signs[i].sign));
    if (signs[i].set) {
      rc = parse_set(t, value, whole, err);
    } else {
      if (!word_ok(value, true)) return bad(err, whole);
      t->values[t->nvalues++] = value;
    }
    break;
  }
  if (t->op == HAS && *rest) return bad(err, whole);
  part[key] = '\0';
  t->key = part;
  if (rc == 0 && !word_ok(t->key, false)) return bad(err, whole);
  return rc;
}

ob_selector *ob_selector_parse(const char *text, ob_err *err) {
  ob_selector *s = ob_calloc(1, sizeof *s);
  s->text = ob_strdup(text);
  int depth = 0, rc = 0;
  char *start = s->text;
  if (!*trim(s->text)) return s;
  for (char *at = s->text; rc == 0; at++) {
    if (*at == '(') depth++;
    if (*at == ')') depth--;
    bool last = *at == '\0';
    if (!last && (*at != ',' || depth > 0)) continue;
    *at = '\0';
    if (s->terms.len == OB_SELECTOR_TERMS) {
      rc = ob_fail(err, OB_EUSAGE, "selector: more than %d requirements", OB_SELECTOR_TERMS);
      break;
    }
    term *t = ob_calloc(1, sizeof *t);
    ob_vec_push(&s->terms, t);
    rc = parse_term(t, start, err);
    start = at + 1;
    if (last) break;
  }
  if (rc == 0) return s;
  ob_selector_free(s);
  return NULL;
}

static const char *label(const ob_object *o, const char *key) {
  for (size_t i = 0; i < o->nlabels; i++)
    if (strcmp(o->labels[i].key, key) == 0) return o->labels[i].value;
  return NULL;
}

static bool term_matches(const term *t, const ob_object *o) {
  const char *value = label(o, t->key);
  if (t->op == HAS) return value != NULL;
  if (t->op == HAS_NOT) return value == NULL;
  bool in = false;
  for (size_t i = 0; i < t->nvalues && value && !in; i++) in = strcmp(value, t->values[i]) == 0;
  return t->op == IN ? in : !in;
}

bool ob_selector_matches(const ob_selector *s, const ob_object *o) {
  for (size_t i = 0; s && i < s->terms.len; i++)
    if (!term_matches(s->terms.at[i], o)) return false;
  return true;
}
