/* Lookup walks the table: it has tens of rows, and a person types few keys a second. */
#include "tui/keymap.h"

#include "base/mem.h"
#include "base/str.h"

enum { TYPING = OB_MODE_PICK | OB_MODE_PROMPT };

struct ob_keymap {
  char **own;     /* by row: the person's keys, NULL the table's */
  unsigned *line; /* by row: where in the file */
  const char *file;
};

static size_t index_of(const ob_key_row *row) {
  return (size_t)(row - ob_keys);
}

const char *ob_keymap_keys(const ob_keymap *m, const ob_key_row *row) {
  const char *own = m->own[index_of(row)];
  return own ? own : row->keys;
}

static bool printable(uint32_t key) {
  return key >= ' ' && key < OB_KEY_UP && key != 127;
}

static bool has_key(const char *keys, uint32_t key) {
  for (const char *s = keys; *s;) {
    size_t n = strcspn(s, " ");
    if (ob_key_code(s, n) == key) return true;
    s += n + (s[n] == ' ');
  }
  return false;
}

const ob_key_row *ob_keymap_find(const ob_keymap *m, uint32_t key, ob_mode mode) {
  if (printable(key) && (mode & TYPING)) return NULL;
  for (size_t i = 0; i < ob_nkeys; i++)
    if ((ob_keys[i].modes & mode) && has_key(ob_keymap_keys(m, &ob_keys[i]), key))
      return &ob_keys[i];
  return NULL;
}

/* --- reading ------------------------------------------------------------------------------ */
static int bad_key(const ob_yaml_doc *doc, const ob_json *at, const char *action, const char *key,
                   ob_err *err) {
  ob_fail(err, OB_ECONFIG, "%s:%u: keys.%s: \"%s\" is no key", ob_yaml_name(doc),
          ob_yaml_line(doc, at), action, key);
  return ob_hint(err,
                 "use a character, ctrl-a … ctrl-z, f1 … f12, enter, esc, tab, backtab, space, "
                 "up, down, left, right, pgup, pgdn, home, end, delete or backspace");
}

static int add_key(const ob_yaml_doc *doc, const ob_json *at, const char *action, ob_buf *out,
                   ob_err *err) {
  const char *key = ob_yaml_word(doc, at);
  int64_t digit;
  char one[2] = {0};
  if (!key && ob_json_int(at, &digit) && digit >= 0 && digit <= 9) {
    one[0] = (char)('0' + digit);
    key = one;
  }
  if (!key || !*key || strchr(key, ' ') || ob_key_code(key, strlen(key)) == OB_KEY_NONE)
    return bad_key(doc, at, action, key ? key : ob_json_type_name(ob_json_type_of(at)), err);
  ob_buf_addf(out, "%s%s", out->len ? " " : "", key);
  return 0;
}

static int read_action(ob_keymap *m, const ob_yaml_doc *doc, const ob_json *j, ob_err *err) {
  const char *action = ob_json_key(j);
  OB_AUTO(ob_buf) keys = OB_BUF_INIT(OB_LINE_MAX);
  int rc = 0;
  if (ob_json_is(j, OB_JSON_ARRAY))
    for (const ob_json *k = ob_json_first(j); k && rc == 0; k = ob_json_next(k))
      rc = add_key(doc, k, action, &keys, err);
  else
    rc = add_key(doc, j, action, &keys, err);
  if (rc < 0) return rc;
  bool there = false;
  for (size_t i = 0; i < ob_nkeys; i++) {
    if (strcmp(ob_keys[i].name, action) != 0) continue;
    there = true;
    free(m->own[i]);
    m->own[i] = ob_strdup(ob_buf_str(&keys));
    m->line[i] = ob_yaml_line(doc, j);
  }
  if (there) return 0;
  ob_fail(err, OB_ECONFIG, "%s:%u: keys.%s: there is no such action", ob_yaml_name(doc),
          ob_yaml_line(doc, j), action);
  return ob_hint(err, "the manual lists the actions: man outboard, KEYS");
}

/* "config.yaml:4", or where the built-in key comes from. */
static char *place(const ob_keymap *m, size_t row) {
  return m->line[row] ? ob_asprintf("%s:%u", m->file, m->line[row]) : ob_strdup("built in");
}

static int shared_key(const ob_keymap *m, size_t a, size_t b, const char *key, size_t n,
                      ob_err *err) {
  size_t own = m->line[a] ? a : b, other = own == a ? b : a;
  OB_AUTOFREE char *here = place(m, own), *there = place(m, other);
  ob_fail(err, OB_ECONFIG, "%s: keys.%s: \"%.*s\" is also a key of %s (%s)", here,
          ob_keys[own].name, (int)n, key, ob_keys[other].name, there);
  return ob_hint(err, "take another key, or give %s one too", ob_keys[other].name);
}

/* The first key that two rows share is told; the others would say the same. */
static int check_pair(const ob_keymap *m, size_t a, size_t b, ob_err *err) {
  unsigned both = ob_keys[a].modes & ob_keys[b].modes;
  if (!both || (!m->line[a] && !m->line[b])) return 0;
  if (strcmp(ob_keys[a].name, ob_keys[b].name) == 0) return 0;
  for (const char *s = ob_keymap_keys(m, &ob_keys[a]); *s;) {
    size_t n = strcspn(s, " ");
    uint32_t code = ob_key_code(s, n);
    bool acts = !printable(code) || (both & ~(unsigned)TYPING);
    if (acts && has_key(ob_keymap_keys(m, &ob_keys[b]), code))
      return shared_key(m, a, b, s, n, err);
    s += n + (s[n] == ' ');
  }
  return 0;
}

static int check_shared(const ob_keymap *m, ob_faults *io, ob_err *err) {
  int rc = 0;
  for (size_t a = 0; a < ob_nkeys; a++)
    for (size_t b = a + 1; b < ob_nkeys && rc == 0; b++)
      rc = ob_fault_keep(io, check_pair(m, a, b, err), err);
  return rc;
}

/* In every mode some key still quits, and some key goes back. */
static int check_ways_out(const ob_keymap *m, ob_faults *io, ob_err *err) {
  static const char *const ways[] = {"quit", "escape", "cancel", "menu_close"};
  for (size_t i = 0; i < ob_nkeys; i++)
    for (size_t k = 0; k < OB_LEN(ways); k++) {
      if (!m->line[i] || strcmp(ob_keys[i].name, ways[k]) != 0) continue;
      bool ok = false;
      for (const char *s = m->own[i]; *s;) {
        size_t n = strcspn(s, " ");
        ok |= !printable(ob_key_code(s, n)) || !(ob_keys[i].modes & TYPING);
        s += n + (s[n] == ' ');
      }
      if (ok) continue;
      ob_fail(err, OB_ECONFIG, "%s:%u: keys.%s: no key would work where text is typed", m->file,
              m->line[i], ways[k]);
      ob_hint(err, "give it a key that types nothing, like esc or ctrl-c");
      int rc = ob_fault_keep(io, -(int)OB_ECONFIG, err);
      if (rc < 0) return rc;
    }
  return 0;
}

ob_keymap *ob_keymap_new(const ob_settings *settings, ob_err *err) {
  return ob_keymap_check(settings, NULL, err);
}

ob_keymap *ob_keymap_check(const ob_settings *settings, ob_faults *io, ob_err *err) {
  OB_AUTOPTR(ob_keymap) m = ob_calloc(1, sizeof *m);
  m->own = ob_calloc(ob_nkeys, sizeof *m->own);
  m->line = ob_calloc(ob_nkeys, sizeof *m->line);
  const ob_yaml_doc *doc = NULL;
  const ob_json *keys = settings ? ob_settings_keys(settings, &doc) : NULL;
  if (doc) m->file = ob_yaml_name(doc);
  int rc = 0;
  for (const ob_json *j = ob_json_first(keys); j && rc == 0; j = ob_json_next(j))
    rc = ob_fault_keep(io, read_action(m, doc, j, err), err);
  if (rc == 0) rc = check_shared(m, io, err);
  if (rc == 0) rc = check_ways_out(m, io, err);
  return rc < 0 ? NULL : ob_take(m);
}

void ob_keymap_free(ob_keymap *m) {
  if (!m) return;
  for (size_t i = 0; i < ob_nkeys; i++) free(m->own[i]);
  free(m->own);
  free(m->line);
  free(m);
}
