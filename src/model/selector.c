/* A selector is a list of requirements, all of which must hold. A key that is absent satisfies
 * `!=`, `notin` and `!key`, as in Kubernetes. */
#include "model/selector.h"

#include "base/str.h"

typedef enum op { HAS, HAS_NOT, IN, NOT_IN, GREATER, LESS } op;

typedef struct requirement {
  op op;
  char *key;
  OB_VEC(char *) values;
  int64_t number; /* GREATER, LESS */
} requirement;

struct ob_selector {
  OB_VEC(requirement) all;
};

static void requirement_done(requirement *r) {
  free(r->key);
  for (size_t i = 0; i < r->values.len; i++) free(r->values.at[i]);
  ob_vec_done(&r->values);
}

void ob_selector_free(ob_selector *s) {
  if (!s) return;
  for (size_t i = 0; i < s->all.len; i++) requirement_done(&s->all.at[i]);
  ob_vec_done(&s->all);
  free(s);
}

/* --- reading ----------------------------------------------------------------------------- */
static bool blank(char ch) {
  return ch == ' ' || ch == '\t';
}
static void skip_blanks(const char **at) {
  while (blank(**at)) (*at)++;
}

static bool word_char(char ch) {
  return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
         (ch && strchr("-_./", ch));
}

static size_t word_len(const char *at) {
  size_t n = 0;
  while (word_char(at[n])) n++;
  return n;
}

static bool alphanumeric(char ch) {
  return word_char(ch) && !strchr("-_./", ch);
}

/* At most 63 characters, alphanumeric at both ends, none of "/" inside. */
static bool valid_name(const char *s, size_t n) {
  return n > 0 && n <= 63 && !memchr(s, '/', n) && alphanumeric(s[0]) && alphanumeric(s[n - 1]);
}

static int check_key(const char *key, ob_err *err) {
  const char *slash = strchr(key, '/');
  const char *name = slash ? slash + 1 : key;
  bool prefix = !slash || (slash > key && slash - key <= 253);
  if (prefix && valid_name(name, strlen(name))) return 0;
  return ob_fail(err, OB_EUSAGE, "selector: \"%s\" is no label key", key);
}

static int check_value(const char *value, ob_err *err) {
  if (!*value || valid_name(value, strlen(value))) return 0;
  return ob_fail(err, OB_EUSAGE, "selector: \"%s\" is no label value", value);
}

static int read_value(requirement *r, const char **at, ob_err *err) {
  skip_blanks(at);
  size_t n = word_len(*at);
  char *value = ob_strndup(*at, n);
  ob_vec_push(&r->values, value);
  *at += n;
  skip_blanks(at);
  return check_value(value, err);
}

/* "(a, b)" */
static int read_set(requirement *r, const char **at, ob_err *err) {
  skip_blanks(at);
  if (**at != '(')
    return ob_fail(err, OB_EUSAGE, "selector: \"%s\" wants values in parentheses: %s in (a,b)",
                   r->key, r->key);
  do {
    (*at)++;
    int rc = read_value(r, at, err);
    if (rc < 0) return rc;
  } while (**at == ',');
  if (**at != ')')
    return ob_fail(err, OB_EUSAGE, "selector: the values of \"%s\" lack a )", r->key);
  (*at)++;
  return 0;
}

static int read_number(requirement *r, const char **at, ob_err *err) {
  int rc = read_value(r, at, err);
  if (rc < 0) return rc;
  if (ob_parse_int(r->values.at[0], INT64_MIN, INT64_MAX, &r->number)) return 0;
  return ob_fail(err, OB_EUSAGE, "selector: \"%s\" is compared with \"%s\", which is no number",
                 r->key, r->values.at[0]);
}

static bool takes_word(const char **at, const char *word) {
  size_t n = strlen(word);
  if (strncmp(*at, word, n) != 0 || word_char((*at)[n])) return false;
  *at += n;
  return true;
}

static bool takes(const char **at, const char *sign) {
  if (!ob_starts(*at, sign)) return false;
  *at += strlen(sign);
  return true;
}

static int read_requirement(requirement *r, const char **at, ob_err *err) {
  skip_blanks(at);
  bool absent = takes(at, "!");
  skip_blanks(at);
  size_t n = word_len(*at);
  if (n == 0) return ob_fail(err, OB_EUSAGE, "selector: a label key is missing before \"%s\"", *at);
  r->key = ob_strndup(*at, n);
  *at += n;
  int rc = check_key(r->key, err);
  if (rc < 0) return rc;
  skip_blanks(at);
  r->op = absent ? HAS_NOT : HAS;
  if (absent || !**at || **at == ',') return 0;
  if (takes(at, "!=")) {
    r->op = NOT_IN;
    return read_value(r, at, err);
  }
  if (takes(at, "==") || takes(at, "=")) {
    r->op = IN;
    return read_value(r, at, err);
  }
  if (takes_word(at, "in") || takes_word(at, "notin")) {
    r->op = (*at)[-3] == 't' ? NOT_IN : IN;
    return read_set(r, at, err);
  }
  if (**at == '>' || **at == '<') {
    r->op = *(*at)++ == '>' ? GREATER : LESS;
    return read_number(r, at, err);
  }
  return ob_fail(err, OB_EUSAGE, "selector: \"%s\" is followed by \"%s\", which is no operator",
                 r->key, *at);
}

static int read_all(ob_selector *s, const char *at, ob_err *err) {
  skip_blanks(&at);
  while (*at) {
    ob_vec_push(&s->all, (requirement){0});
    int rc = read_requirement(&s->all.at[s->all.len - 1], &at, err);
    if (rc < 0) return rc;
    skip_blanks(&at);
    if (*at && *at != ',')
      return ob_fail(err, OB_EUSAGE, "selector: \"%s\" stands where a comma should", at);
    if (*at && !*++at) return ob_fail(err, OB_EUSAGE, "selector: nothing follows the last comma");
  }
  return 0;
}

ob_selector *ob_selector_parse(const char *text, ob_err *err) {
  if (strlen(text) > OB_SELECTOR_MAX) {
    ob_fail(err, OB_EUSAGE, "selector: longer than %d bytes", OB_SELECTOR_MAX);
    return NULL;
  }
  OB_AUTOPTR(ob_selector) s = ob_calloc(1, sizeof *s);
  if (read_all(s, text, err) < 0) return NULL;
  return ob_take(s);
}

/* --- matching ---------------------------------------------------------------------------- */
static const char *find(const ob_object *o, const char *key) {
  for (size_t i = 0; i < o->nlabels; i++)
    if (strcmp(o->labels[i].key, key) == 0) return o->labels[i].value;
  return NULL;
}

static bool has_value(const requirement *r, const char *value) {
  for (size_t i = 0; i < r->values.len; i++)
    if (strcmp(r->values.at[i], value) == 0) return true;
  return false;
}

static bool holds(const requirement *r, const ob_object *o) {
  const char *value = find(o, r->key);
  int64_t n;
  switch (r->op) {
  case HAS: return value != NULL;
  case HAS_NOT: return value == NULL;
  case IN: return value && has_value(r, value);
  case NOT_IN: return !value || !has_value(r, value);
  case GREATER: return ob_parse_int(value, INT64_MIN, INT64_MAX, &n) && n > r->number;
  case LESS: return ob_parse_int(value, INT64_MIN, INT64_MAX, &n) && n < r->number;
  }
  return false;
}

bool ob_selector_matches(const ob_selector *s, const ob_object *o) {
  for (size_t i = 0; s && i < s->all.len; i++)
    if (!holds(&s->all.at[i], o)) return false;
  return true;
}
