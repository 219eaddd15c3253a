/* A filter is a list of terms, all of which must hold. A term looks at one column, or at every
 * column that a person may see; cells are made one by one and no further than needed. Ages are
 * left out of plain search: what ticks is found by age:… . */
#include "model/filter.h"

#include "base/str.h"
#include "model/selector.h"
#include <regex.h>
#include <strings.h>

const char ob_filter_help[] =
    "words           rows that have each word in some column, whatever the case\n"
    "\"two words\"     a word with blanks or other signs of this language in it\n"
    "!word           rows without it; ! stands before any term\n"
    "/regex/         an extended regular expression on some column\n"
    "column:value    on one column; *, ? match anything: host:*.example.com type:lb\n"
    "column:number   port:443 ready:0 ready:<2 nodeport:>=30000\n"
    "age:<1h         younger than an hour; s m h d w y, > for older\n"
    "-l selector     labels, as kubectl takes them: -l app=web,tier!=db";

typedef enum term_kind { PLAIN, REGEX, LABELS, TEXT, GLOB, NUMBER, AGE } term_kind;
typedef enum order { EQ, LT, LE, GT, GE } order;

typedef struct term {
  term_kind kind;
  bool negated;
  const ob_column *column; /* TEXT, GLOB, NUMBER, AGE */
  char *text;
  int64_t number; /* NUMBER; AGE: ms */
  order order;
  bool has_regex;
  regex_t regex;
  ob_selector *selector;
} term;

struct ob_filter {
  const ob_view *view;
  OB_VEC(term) terms;
};

void ob_filter_free(ob_filter *f) {
  if (!f) return;
  for (size_t i = 0; i < f->terms.len; i++) {
    term *t = &f->terms.at[i];
    free(t->text);
    if (t->has_regex) regfree(&t->regex);
    ob_selector_free(t->selector);
  }
  ob_vec_done(&f->terms);
  free(f);
}

/* --- columns by name --------------------------------------------------------------------- */
static const struct {
  const char *alias, *key;
} column_aliases[] = {
    {"ns", "namespace"},    {"svc", "service"},         {"type", "way"},
    {"way", "type"},        {"port", "ports"},          {"port", "nodePort"},
    {"ip", "clusterIP"},    {"external", "externalIP"}, {"address", "externalIP"},
    {"addr", "address"},    {"np", "nodePort"},         {"ingress", "name"},
    {"service", "name"},    {"endpoints", "ready"},     {"proto", "protocol"},
    {"labels", "selector"}, {"secret", "tls"},          {"ranges", "sourceRanges"},
};

static const ob_column *by_key(const ob_view *v, const char *key, size_t n) {
  for (size_t i = 0; i < v->ncolumns; i++)
    if (strlen(v->columns[i].key) == n && strncasecmp(v->columns[i].key, key, n) == 0)
      return &v->columns[i];
  return NULL;
}

static const ob_column *column_named(const ob_view *v, const char *name, size_t n) {
  const ob_column *col = by_key(v, name, n);
  for (size_t i = 0; !col && i < OB_LEN(column_aliases); i++)
    if (strlen(column_aliases[i].alias) == n && strncasecmp(column_aliases[i].alias, name, n) == 0)
      col = by_key(v, column_aliases[i].key, strlen(column_aliases[i].key));
  return col;
}

int ob_filter_column(const ob_view *v, const char *name, size_t n) {
  const ob_column *col = column_named(v, name, n);
  return col ? (int)(col - v->columns) : -1;
}

const char *ob_filter_name(const ob_view *v, size_t i) {
  if (i < v->ncolumns) return v->columns[i].key;
  i -= v->ncolumns;
  for (size_t k = 0; k < OB_LEN(column_aliases); k++)
    if (by_key(v, column_aliases[k].key, strlen(column_aliases[k].key)) && i-- == 0)
      return column_aliases[k].alias;
  return NULL;
}

static const char *value_named(const ob_column *col, const char *value) {
  static const struct {
    const char *alias, *value;
  } values[] = {{"lb", "LoadBalancer"},  {"np", "NodePort"}, {"cip", "ClusterIP"},
                {"ext", "ExternalName"}, {"ing", "Ingress"}, {"eip", "ExternalIP"}};
  if (strcmp(col->key, "type") != 0 && strcmp(col->key, "way") != 0) return value;
  for (size_t i = 0; i < OB_LEN(values); i++)
    if (strcasecmp(values[i].alias, value) == 0) return values[i].value;
  return value;
}

/* --- reading terms
 * -------------------------------------------------------------------------------- */
static order read_order(const char **at) {
  static const struct {
    const char *sign;
    order order;
  } orders[] = {{"<=", LE}, {">=", GE}, {"<", LT}, {">", GT}, {"=", EQ}};
  for (size_t i = 0; i < OB_LEN(orders); i++)
    if (ob_starts(*at, orders[i].sign)) {
      *at += strlen(orders[i].sign);
      return orders[i].order;
    }
  return EQ;
}

/* "90s", "1h30m", "7d" */
static bool read_duration(const char *s, int64_t *ret_ms) {
  static const struct {
    char unit;
    int64_t ms;
  } units[] = {{'s', 1000},     {'m', 60000},     {'h', 3600000},
               {'d', 86400000}, {'w', 604800000}, {'y', 31536000000}};
  int64_t sum = 0;
  if (!*s) return false;
  while (*s) {
    int64_t n = 0;
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 9) return false;
    for (size_t i = 0; i < digits; i++) n = n * 10 + (s[i] - '0');
    s += digits;
    int64_t ms = 0;
    for (size_t i = 0; i < OB_LEN(units); i++)
      if (*s == units[i].unit) ms = units[i].ms;
    if (!ms || __builtin_mul_overflow(n, ms, &n) || __builtin_add_overflow(sum, n, &sum))
      return false;
    s++;
  }
  *ret_ms = sum;
  return true;
}

/* "{2,9}": 9. Leaves *io_at on its last character. */
static int64_t brace(const char **io_at) {
  int64_t most = 1, n = 0;
  const char *at = *io_at + 1;
  for (; *at && *at != '}'; at++) {
    n = *at >= '0' && *at <= '9' && n < 100000 ? n * 10 + (*at - '0') : 0;
    if (n > most) most = n;
  }
  *io_at = *at ? at : at - 1;
  return most;
}

/* "[]a[:digit:]-]": its last character. */
static const char *bracket(const char *at) {
  at++;
  at += *at == '^';
  at += *at == ']';
  for (; *at && *at != ']'; at++) {
    if (*at != '[' || !at[1] || !strchr(":.=", at[1])) continue;
    const char *end = strchr(at + 2, ']');
    at = end ? end : at + 1;
  }
  return *at ? at : at - 1;
}

enum { TOO_MUCH = OB_FILTER_REPEAT + 1 };

/* How often the part that is repeated most stands in what the C library makes of the expression,
 * which copies what `+` and {n} stand behind. A back-reference is too much. */
static int64_t copies(const char **io_at) {
  int64_t most = 1, last = 1, braces = 1;
  const char *at = *io_at;
  for (; *at && *at != ')'; at++) {
    if (*at == '\\') {
      if (at[1] >= '1' && at[1] <= '9') last = TOO_MUCH;
      at += at[1] != '\0';
    } else if (*at == '[') {
      at = bracket(at);
      last = 1;
    } else if (*at == '(') {
      at++;
      last = copies(&at);
      if (!*at) at--;
    } else if (*at == '{') {
      int64_t n = brace(&at);
      last *= n;
      braces *= n; /* one behind the other they add up: no more than the product */
    } else {
      last = *at == '+' ? last * 2 : *at == '*' || *at == '?' ? last : 1;
    }
    if (last > TOO_MUCH) last = TOO_MUCH;
    if (braces > TOO_MUCH) braces = TOO_MUCH;
    if (last > most) most = last;
  }
  *io_at = at;
  return braces > most ? braces : most;
}

/* Neither huge nor slow. */
static bool tame(const char *re) {
  int64_t most = 1;
  for (; *re; re += *re != '\0') { /* a ) without its ( ends a turn */
    int64_t n = copies(&re);
    if (n > most) most = n;
  }
  return most <= OB_FILTER_REPEAT;
}

static int read_regex(term *t, const char *word, size_t n, ob_err *err) {
  t->kind = REGEX;
  t->text = ob_strndup(word + 1, n - 2);
  if (!tame(t->text))
    return ob_fail(err, OB_EUSAGE, "/%s/ repeats too much or refers back", t->text);
  int rc = regcomp(&t->regex, t->text, REG_EXTENDED | REG_ICASE);
  if (rc == 0) {
    t->has_regex = true;
    return 0;
  }
  char why[128];
  regerror(rc, &t->regex, why, sizeof why);
  return ob_fail(err, OB_EUSAGE, "/%s/ is no regular expression: %s", t->text, why);
}

static int read_field(term *t, const ob_column *col, const char *value, ob_err *err) {
  t->column = col;
  const char *at = value;
  if (col->flags & OB_COL_AGE) {
    t->kind = AGE;
    t->order = read_order(&at);
    if (t->order == EQ) t->order = LE;
    if (read_duration(at, &t->number)) return 0;
    return ob_fail(err, OB_EUSAGE, "%s:%s is no time: use %s:<1h or %s:>7d", col->key, value,
                   col->key, col->key);
  }
  t->order = read_order(&at);
  bool compared = at > value;
  if (ob_parse_int(at, INT64_MIN, INT64_MAX, &t->number)) {
    t->kind = NUMBER;
    t->text = ob_strdup(at);
    return 0;
  }
  bool counts = (col->flags & OB_COL_NUMBER) || strcmp(col->key, "ready") == 0;
  if (compared && counts)
    return ob_fail(err, OB_EUSAGE, "%s:%s compares with no number", col->key, value);
  t->text = ob_strdup(value_named(col, *value == '=' ? at : value));
  t->kind = strpbrk(t->text, "*?") && strcmp(t->text, "?") != 0 ? GLOB : TEXT;
  return 0;
}

/* "word:" as the name of a column; 0 when the word is something else (a URL, 80:30080, an IPv6
 * address). */
static size_t field_len(const char *word) {
  size_t n = 0;
  while ((word[n] >= 'a' && word[n] <= 'z') || (word[n] >= 'A' && word[n] <= 'Z') ||
         (n && word[n] == '-') || (n && word[n] >= '0' && word[n] <= '9'))
    n++;
  bool url = word[n] && word[n + 1] == '/' && word[n + 2] == '/';
  return word[n] == ':' && word[n + 1] != ':' && !url ? n : 0;
}

static int unknown_column(const ob_view *v, const char *word, size_t n, ob_err *err) {
  ob_fail(err, OB_EUSAGE, "no column \"%.*s\" in %s", (int)n, word, v->name);
  OB_AUTO(ob_buf) names = OB_BUF_INIT(200);
  for (size_t i = 0; i < v->ncolumns; i++)
    if (!(v->columns[i].flags & OB_COL_HIDDEN))
      ob_buf_addf(&names, "%s%s", names.len ? " " : "", v->columns[i].key);
  return ob_hint(err, "columns: %s; quote what is meant as text", ob_buf_str(&names));
}

static int read_word(const ob_view *v, term *t, const char *word, bool quoted, ob_err *err) {
  size_t n = strlen(word);
  if (n > 2 && word[0] == '/' && word[n - 1] == '/') return read_regex(t, word, n, err);
  size_t field = quoted ? 0 : field_len(word);
  if (field == 0) {
    t->kind = PLAIN;
    t->text = ob_strdup(word);
    return 0;
  }
  const ob_column *col = column_named(v, word, field);
  if (!col) return unknown_column(v, word, field, err);
  /* Still being typed: all rows. */
  if (!word[field + 1]) {
    t->kind = PLAIN;
    t->text = ob_strdup("");
    return 0;
  }
  return read_field(t, col, word + field + 1, err);
}

/* The next word into out: quotes hold blanks together. False at the end. */
static bool next_word(const char **at, ob_buf *out, bool *ret_quoted) {
  while (**at == ' ' || **at == '\t') (*at)++;
  ob_buf_reset(out);
  *ret_quoted = **at == '"';
  if (!**at) return false;
  for (bool open = false; **at && (open || (**at != ' ' && **at != '\t')); (*at)++) {
    if (**at == '"')
      open = !open;
    else
      ob_buf_addc(out, **at);
  }
  return true;
}

static int read_terms(ob_filter *f, const char *at, ob_err *err) {
  OB_AUTO(ob_buf) word = OB_BUF_INIT(OB_FILTER_MAX);
  bool quoted;
  while (next_word(&at, &word, &quoted)) {
    if (f->terms.len == OB_FILTER_TERMS)
      return ob_fail(err, OB_EUSAGE, "more than %d terms", OB_FILTER_TERMS);
    ob_vec_push(&f->terms, (term){.kind = PLAIN});
    term *t = &f->terms.at[f->terms.len - 1];
    const char *text = ob_buf_str(&word);
    if (!quoted && *text == '!') {
      t->negated = true;
      text++;
    }
    if (t->negated && !*text) { /* still being typed */
      f->terms.len--;
      continue;
    }
    if (!quoted && strcmp(text, "-l") == 0) {
      t->kind = LABELS;
      if (!next_word(&at, &word, &quoted))
        return ob_fail(err, OB_EUSAGE, "-l wants a label selector");
      t->selector = ob_selector_parse(ob_buf_str(&word), err);
      if (!t->selector) return -OB_EUSAGE;
      continue;
    }
    int rc = read_word(f->view, t, text, quoted, err);
    if (rc < 0) return rc;
  }
  return 0;
}

ob_filter *ob_filter_parse(const ob_view *view, const char *text, ob_err *err) {
  if (strlen(text) >= OB_FILTER_MAX) {
    ob_fail(err, OB_EUSAGE, "the filter is longer than %d bytes", OB_FILTER_MAX - 1);
    return NULL;
  }
  OB_AUTOPTR(ob_filter) f = ob_calloc(1, sizeof *f);
  f->view = view;
  if (read_terms(f, text, err) < 0) return NULL;
  return ob_take(f);
}

/* --- where in a cell ---------------------------------------------------------------------- */
static const char *find_nocase(const char *s, const char *part) {
  size_t n = strlen(part);
  for (; n && *s; s++)
    if (strncasecmp(s, part, n) == 0) return s;
  return NULL;
}

/* The first stretch of text that the term looks for; false when it says nothing of the column. */
static bool term_stretch(const term *t, const ob_column *col, const char *text, size_t *ret_at,
                         size_t *ret_len) {
  regmatch_t at[1];
  const char *hit = NULL;
  if (t->negated || (t->column && (col ? t->column != col : t->kind == NUMBER))) return false;
  switch (t->kind) {
  case PLAIN:
  case TEXT:
  case NUMBER: hit = t->text ? find_nocase(text, t->text) : NULL; break;
  case REGEX:
    if (regexec(&t->regex, text, 1, at, 0) != 0 || at[0].rm_eo <= at[0].rm_so) return false;
    *ret_at = (size_t)at[0].rm_so;
    *ret_len = (size_t)(at[0].rm_eo - at[0].rm_so);
    return true;
  default: return false;
  }
  if (!hit) return false;
  *ret_at = (size_t)(hit - text);
  *ret_len = strlen(t->text);
  return true;
}

size_t ob_filter_stretch(const ob_filter *f, const ob_column *col, const char *text, size_t from,
                         size_t *ret_len) {
  size_t best = SIZE_MAX, at, len;
  if (col && col->flags & OB_COL_AGE) return SIZE_MAX;
  for (size_t i = 0; f && i < f->terms.len; i++)
    if (term_stretch(&f->terms.at[i], col, text + from, &at, &len) && from + at < best) {
      best = from + at;
      *ret_len = len;
    }
  return best;
}

bool ob_filter_ticks(const ob_filter *f) {
  for (size_t i = 0; f && i < f->terms.len; i++)
    if (f->terms.at[i].kind == AGE) return true;
  return false;
}

/* --- one filter and another ----------------------------------------------------------------- */
static bool any_row(const term *t) {
  return t->kind == PLAIN && !t->negated && !*t->text;
}

/* What matches b matches a: the same term, or a word of which a has a part. */
static bool follows(const term *a, const term *b) {
  if (a->kind != b->kind || a->negated != b->negated || a->column != b->column) return false;
  switch (a->kind) {
  case PLAIN:
  case TEXT:
    return a->negated ? strcasecmp(a->text, b->text) == 0 : ob_contains_nocase(b->text, a->text);
  case REGEX:
  case GLOB: return strcmp(a->text, b->text) == 0;
  case NUMBER: return a->number == b->number && a->order == b->order && !strcmp(a->text, b->text);
  default: return false;
  }
}

bool ob_filter_narrows(const ob_filter *a, const ob_filter *b) {
  for (size_t i = 0; a && i < a->terms.len; i++) {
    const term *t = &a->terms.at[i];
    if (any_row(t)) continue;
    if (!b || i >= b->terms.len || !follows(t, &b->terms.at[i])) return false;
  }
  return true;
}

/* --- matching
 * ---------------------------------------------------------------------------------------- */
typedef struct look {
  const ob_cluster *c;
  const ob_row *row;
  int64_t now_ms;
  ob_buf *scratch;
} look;

static ob_cell cell_of(const look *k, const ob_column *col) {
  ob_buf_reset(k->scratch);
  ob_cell cell = {.text = k->scratch};
  col->cell(k->c, k->row, k->now_ms, &cell);
  return cell;
}

static unsigned char lower(char ch) {
  return (unsigned char)(ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch);
}

/* `*` any text, `?` one byte; one place to go back to is enough, so this never explodes. */
static bool glob(const char *pattern, const char *s) {
  const char *star = NULL, *again = NULL;
  while (*s) {
    if (*pattern == '*') {
      star = ++pattern;
      again = s;
    } else if (*pattern && (*pattern == '?' || lower(*pattern) == lower(*s))) {
      pattern++;
      s++;
    } else if (star) {
      pattern = star;
      s = ++again;
    } else {
      return false;
    }
  }
  while (*pattern == '*') pattern++;
  return !*pattern;
}

/* Of a list any item may match. */
static bool glob_items(const ob_column *col, const char *pattern, char *s) {
  if (!(col->flags & OB_COL_LIST)) return glob(pattern, s);
  for (char *end; *s; s = end + (*end != '\0' ? 1 : 0)) {
    end = s + strcspn(s, ",");
    char kept = *end;
    *end = '\0';
    bool hit = glob(pattern, s);
    *end = kept;
    if (hit) return true;
  }
  return false;
}

static bool ordered(int64_t a, order o, int64_t b) {
  switch (o) {
  case EQ: return a == b;
  case LT: return a < b;
  case LE: return a <= b;
  case GT: return a > b;
  case GE: return a >= b;
  }
  return false;
}

/* Some whole number in the text: 443 is in "443:30443/TCP" and not in "8443/TCP". */
static bool some_number(const char *s, order o, int64_t wanted) {
  for (size_t n; *s; s += n) {
    n = strspn(s, "0123456789");
    int64_t v = 0;
    for (size_t i = 0; i < n && i < 18; i++) v = v * 10 + (s[i] - '0');
    if (n && ordered(v, o, wanted)) return true;
    if (!n) n = strcspn(s, "0123456789");
  }
  return false;
}

static bool shown_anywhere(const ob_filter *f, const term *t, const look *k) {
  if (t->kind == PLAIN && !*t->text) return true;
  for (size_t i = 0; i < f->view->ncolumns; i++) {
    const ob_column *col = &f->view->columns[i];
    if (col->flags & (OB_COL_HIDDEN | OB_COL_AGE)) continue;
    cell_of(k, col);
    const char *text = ob_buf_str(k->scratch);
    if (!*text) continue;
    if (t->kind == PLAIN ? ob_contains_nocase(text, t->text)
                         : regexec(&t->regex, text, 0, NULL, 0) == 0)
      return true;
  }
  return false;
}

static bool holds(const ob_filter *f, const term *t, const look *k) {
  if (t->kind == LABELS) return ob_selector_matches(t->selector, k->row->owner);
  if (!t->column) return shown_anywhere(f, t, k);
  ob_cell cell = cell_of(k, t->column);
  const char *text = ob_buf_str(k->scratch);
  switch (t->kind) {
  case AGE: return cell.has_num && ordered(k->now_ms + cell.num, t->order, t->number);
  case NUMBER:
    if (cell.has_num) return ordered(cell.num, t->order, t->number);
    if (t->order == EQ && !(t->column->flags & OB_COL_NUMBER) && strpbrk(t->text, "."))
      return ob_contains_nocase(text, t->text);
    return some_number(text, t->order, t->number);
  case GLOB: return *text && glob_items(t->column, t->text, k->scratch->ptr);
  default: return ob_contains_nocase(text, t->text);
  }
}

bool ob_filter_matches(const ob_filter *f, const ob_cluster *c, const ob_row *r, int64_t now_ms,
                       ob_buf *scratch) {
  look k = {c, r, now_ms, scratch};
  for (size_t i = 0; f && i < f->terms.len; i++)
    if (holds(f, &f->terms.at[i], &k) == f->terms.at[i].negated) return false;
  return true;
}
