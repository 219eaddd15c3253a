/* Hosts and paths of rules, beside a reading of the documentation that splits everything into
 * words and compares these. Input: path type, pattern, host, rule path, path; NULs between. */
#include "model/match.h"
#include "base/str.h"
#include "fuzz.h"

typedef struct words {
  const char *at[64];
  size_t len[64], n;
} words;

/* False: more than the reference wants to look at. */
static bool split(words *w, const char *s, char by, bool skip_empty) {
  w->n = 0;
  for (;;) {
    size_t len = strcspn(s, (char[]){by, '\0'});
    if (len || !skip_empty) {
      if (w->n == OB_LEN(w->at)) return false;
      w->at[w->n] = s;
      w->len[w->n++] = len;
    }
    if (!s[len]) return true;
    s += len + 1;
  }
}

static bool same(const words *a, size_t i, const words *b, size_t k, bool nocase) {
  if (a->len[i] != b->len[k]) return false;
  for (size_t c = 0; c < a->len[i]; c++) {
    char x = a->at[i][c], y = b->at[k][c];
    if (nocase && x >= 'A' && x <= 'Z') x = (char)(x + 32);
    if (nocase && y >= 'A' && y <= 'Z') y = (char)(y + 32);
    if (x != y) return false;
  }
  return true;
}

static bool covers(const words *pattern, const words *host) {
  if (pattern->n != host->n) return false;
  bool star = pattern->n > 1 && pattern->len[0] == 1 && pattern->at[0][0] == '*';
  for (size_t i = 0; i < host->n; i++) {
    if (i == 0 && star && host->len[0] > 0) continue;
    if (!same(pattern, i, host, i, true)) return false;
  }
  return true;
}

static bool prefix(const words *rule, const words *path) {
  size_t n = rule->n;
  if (n && rule->len[n - 1] == 0) n--; /* a slash at the end says nothing */
  if (n > path->n) return false;
  for (size_t i = 0; i < n; i++)
    if (!same(rule, i, path, i, false)) return false;
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  static const char *const types[] = {"Exact", "Prefix", "ImplementationSpecific", "Newer"};
  const char *type = types[fuzz_below(&in, OB_LEN(types))];
  OB_AUTOFREE char *pattern = fuzz_string(&in), *host = fuzz_string(&in), *rule = fuzz_string(&in),
                   *path = fuzz_string(&in);
  words a, b;
  if (split(&a, pattern, '.', false) && split(&b, host, '.', false))
    FUZZ_HOLDS(ob_host_covers(pattern, host) == (*pattern && covers(&a, &b)));
  ob_path_match got = ob_path_matches(type, rule, path);
  /* Paths begin with a slash: everything else the API server refuses. */
  bool sane = rule[0] == '/' && path[0] == '/';
  if (sane && ob_streq(type, "Exact")) FUZZ_HOLDS((got == OB_PATH_YES) == ob_streq(rule, path));
  if (sane && ob_streq(type, "Prefix") && split(&a, rule, '/', false) &&
      split(&b, path, '/', false))
    FUZZ_HOLDS((got == OB_PATH_YES) == prefix(&a, &b));
  if (ob_streq(type, "Newer")) FUZZ_HOLDS(got == OB_PATH_CONTROLLER);

  /* The order of rules says: the longer path first, Exact before Prefix. */
  ob_path first = {.path = rule, .path_type = type}, second = {.path = path, .path_type = type};
  OB_AUTO(ob_buf) x = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) y = OB_BUF_INIT(OB_LINE_MAX);
  ob_rule_order(&x, host, &first);
  ob_rule_order(&y, host, &second);
  if (!x.failed && !y.failed && strlen(rule) != strlen(path))
    FUZZ_HOLDS((strcmp(ob_buf_str(&x), ob_buf_str(&y)) < 0) == (strlen(rule) > strlen(path)));
  return 0;
}
