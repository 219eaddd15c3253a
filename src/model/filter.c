/* Terms are parsed once; a row's cells are made only when a term needs them. */
#include "model/filter.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/selector.h"
#include <fnmatch.h>
#include <regex.h>

typedef struct term {
  enum { WORD, REGEX, LABELS, COLUMN, AGE } kind;
  bool negated;
  char *text;
  regex_t re;
  ob_selector *selector;
  int column;
  int sign;       /* AGE: -1 younger, 1 older */
  int64_t age_ms;
} term;

struct ob_filter {
  const ob_view *view;
  OB_VEC(term *) terms;
};

const char ob_filter_help[] =
    "word      some cell contains it\n"
    "!term     the term does not hold\n"
    "/re/      some cell matches the regular expression\n"
    "-l a=b    labels match the selector\n"
    "key:value a column: type:lb ready:0 ns:shop host:*.example.com port:443 age:<1h\n";

/* Short names for columns, and for the values of a type. */
static const struct {
  const char *alias, *key;
} column_aliases[] = {{"ns", "namespace"}, {"svc", "service"}, {"lb", "address"}, {"ip", "address"}, {"secret", "tls"}};
static const struct {
  const char *alias, *value;
} type_aliases[] = {{"lb", "LoadBalancer"}, {"np", "NodePort"}, {"ing", "Ingress"},
                    {"cip", "ClusterIP"},   {"ext", "ExternalName"}};

static int find_column(const ob_view *v, const char *name, size_t n) {
  for (size_t i = 0; i < v->ncolumns; i++)
    if (strlen(v->columns[i].key) == n && strncasecmp(v->columns[i].key, name, n) == 0) return (int)i;
  for (size_t a = 0; a < OB_LEN(column_aliases); a++)
    if (strlen(column_aliases[a].alias) == n && strncmp(column_aliases[a].alias, name, n) == 0)
      return find_column(v, column_aliases[a].key, strlen(column_aliases[a].key));
  /* In Exposure the type is the way in. */
  if (n == 4 && strncmp(name, "type", 4) == 0) return find_column(v, "way", 3);
  return -1;
}

static void term_free(term *t) {
  if (t->kind == REGEX) regfree(&t->re);
  ob_selector_free(t->selector);
  free(t->text);
  free(t);
}

void ob_filter_free(ob_filter *f) {
  if (!f) return;
  for (size_t i = 0; i < f->terms.len; i++) term_free(f->terms.at[i]);
  ob_vec_done(&f->terms);
  free(f);
}

static bool parse_age(const char *s, int64_t *ret_ms) {
  static const struct {
    char unit;
    int64_t ms;
  } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'y', 31536000000}};
  size_t digits = strspn(s, "0123456789");
  if (!digits || digits > 9 || strlen(s + digits) != 1) return false;
  for (size_t i = 0; i < OB_LEN(units); i++)
    if (units[i].unit == s[digits]) {
      *ret_ms = strtoll(s, NULL, 10) * units[i].ms;
      return true;
    }
  return false;
}

static int parse_column(ob_filter *f, term *t, const char *word, const char *colon, ob_err *err) {
  t->column = find_column(f->view, word, (size_t)(colon - word));
  if (t->column < 0)
    return ob_fail(err, OB_EUSAGE, "filter: %s has no column \"%.*s\"", f->view->title, (int)(colon - word), word);
  const char *value = colon + 1;
  const ob_column *col = &f->view->columns[t->column];
  if ((col->flags & OB_COL_AGE) && (*value == '<' || *value == '>')) {
    t->kind = AGE;
    t->sign = *value == '<' ? -1 : 1;
    if (!parse_age(value + 1, &t->age_ms))
      return ob_fail(err, OB_EUSAGE, "filter: \"%s\" is no age (45s, 10m, 3h, 2d, 1y)", value + 1);
    return 0;
  }
  t->kind = COLUMN;
  bool type = strcmp(col->key, "type") == 0 || strcmp(col->key, "way") == 0;
  for (size_t i = 0; type && i < OB_LEN(type_aliases); i++)
    if (strcasecmp(type_aliases[i].alias, value) == 0) value = type_aliases[i].value;
  t->text = ob_strdup(value);
  return 0;
}

static int parse_term(ob_filter *f, term *t, const char *word, ob_err *err) {
  if (*word == '!' && word[1]) {
    t->negated = true;
    word++;
  }
  size_t n = strlen(word);
  if (n > 2 && word[0] == '/' && word[n - 1] == '/') {
    OB_AUTOFREE char *re = ob_strndup(word + 1, n - 2);
    int rc = regcomp(&t->re, re, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (rc != 0) {
      char why[128];
      regerror(rc, &t->re, why, sizeof why);
      return ob_fail(err, OB_EUSAGE, "filter: /%s/: %s", re, why);
    }
    t->kind = REGEX;
    return 0;
  }
  const char *colon = strchr(word, ':');
  /* "10.0.0.1:80" and "http://…" are words: a key has letters only. */
  bool key = colon && colon > word &&
             strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == (size_t)(colon - word) &&
             strncmp(colon, "://", 3) != 0;
  if (key && colon[1]) return parse_column(f, t, word, colon, err);
  t->text = ob_strdup(word);
  return 0;
}

static int parse_word(ob_filter *f, const char *word, const char *labels, ob_err *err) {
  if (f->terms.len == OB_FILTER_TERMS)
    return ob_fail(err, OB_EUSAGE, "filter: more than %d terms", OB_FILTER_TERMS);
  term *t = ob_calloc(1, sizeof *t);
  ob_vec_push(&f->terms, t);
  if (!labels) return parse_term(f, t, word, err);
  t->kind = LABELS;
  t->selector = ob_selector_parse(labels, err);
  return t->selector ? 0 : -(int)OB_EUSAGE;
}

ob_filter *ob_filter_parse(const char *text, const ob_view *view, ob_err *err) {
  if (strlen(text) > OB_FILTER_LEN) {
    ob_fail(err, OB_EUSAGE, "filter: longer than %d bytes", OB_FILTER_LEN);
    return NULL;
  }
  ob_filter *f = ob_calloc(1, sizeof *f);
  f->view = view;
  OB_AUTOFREE char *copy = ob_strdup(text);
  char *at = copy;
  int rc = 0;
  while (rc == 0) {
    at += strspn(at, " \t");
    if (!*at) break;
    bool labels = strncmp(at, "-l", 2) == 0 && (at[2] == ' ' || !at[2]);
    if (labels) {
      at += 2;
      at += strspn(at, " \t");
      if (!*at) break; /* still being typed */
    }
    char *end = at + strcspn(at, " \t");
    bool last = !*end;
    *end = '\0';
    rc = parse_word(f, at, labels ? at : NULL, err);
    at = last ? end : end + 1;
  }
  if (rc == 0) return f;
  ob_filter_free(f);
  return NULL;
}

/* --- matching ------------------------------------------------------------------------------ */
static void make(const ob_view *v, size_t i, const ob_cluster *c, const ob_row *row, int64_t now, ob_cell *cell) {
  ob_buf_reset(cell->text);
  *cell = (ob_cell){.text = cell->text};
  v->columns[i].cell(c, row, now, cell);
}

static bool any_cell(const ob_filter *f, const term *t, const ob_cluster *c, const ob_row *row, int64_t now,
                     ob_cell *cell) {
  for (size_t i = 0; i < f->view->ncolumns; i++) {
    if (f->view->columns[i].flags & (OB_COL_HIDDEN | OB_COL_AGE)) continue;
    make(f->view, i, c, row, now, cell);
    const char *text = ob_buf_str(cell->text);
    if (t->kind == WORD ? ob_contains_nocase(text, t->text) : regexec(&t->re, text, 0, NULL, 0) == 0) return true;
  }
  return false;
}

static bool column_matches(const ob_filter *f, const term *t, const ob_cluster *c, const ob_row *row, int64_t now,
                           ob_cell *cell) {
  make(f->view, (size_t)t->column, c, row, now, cell);
  const char *text = ob_buf_str(cell->text);
  int64_t n;
  if ((f->view->columns[t->column].flags & OB_COL_NUMBER) && ob_parse_int(t->text, 0, INT64_MAX, &n))
    return cell->has_num && cell->num == n;
  if (strchr(t->text, '*')) return fnmatch(t->text, text, FNM_CASEFOLD) == 0;
  return ob_contains_nocase(text, t->text);
}

static bool term_matches(const ob_filter *f, const term *t, const ob_cluster *c, const ob_row *row, int64_t now,
                         ob_cell *cell) {
  switch (t->kind) {
  case LABELS: return ob_selector_matches(t->selector, row->owner);
  case COLUMN: return column_matches(f, t, c, row, now, cell);
  case AGE:
    make(f->view, (size_t)t->column, c, row, now, cell);
    return cell->has_num && (t->sign < 0 ? cell->num < t->age_ms : cell->num > t->age_ms);
  case WORD:
  case REGEX: return any_cell(f, t, c, row, now, cell);
  }
  return false;
}

bool ob_filter_matches(const ob_filter *f, const ob_cluster *c, const ob_row *row, int64_t now_ms) {
  if (!f) return true;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_cell cell = {.text = &text};
  for (size_t i = 0; i < f->terms.len; i++)
    if (term_matches(f, f->terms.at[i], c, row, now_ms, &cell) == f->terms.at[i]->negated) return false;
  return true;
}
