/* Values are checked once, when the file is read; a getter only looks them up. */
#include "base/settings.h"

#include "base/dirs.h"
#include "base/str.h"

#include <fnmatch.h>
#include <stdio.h>

const ob_setting ob_setting_rows[OB_SET_COUNT] = {
#define OB_SETTING(id, key, type, min, max, otherwise, choices, help)                              \
  [OB_SET_##id] = {key, type, min, max, otherwise, choices, help},
#include "base/settings.def"
#undef OB_SETTING
};

struct ob_settings {
  ob_yaml_doc *doc; /* NULL: defaults */
  char *text[OB_SET_COUNT];
  int64_t number[OB_SET_COUNT];
};

/* --- one value ---------------------------------------------------------------------------- */
static bool is_choice(const char *choices, const char *word) {
  size_t len = strlen(word);
  for (const char *s = choices; *s;) {
    size_t n = strcspn(s, " ");
    if (n == len && memcmp(s, word, n) == 0) return true;
    s += n + (s[n] == ' ');
  }
  return false;
}

static void set_text(ob_settings *s, int id, const char *text) {
  char *copy = ob_strdup(text);
  free(s->text[id]);
  s->text[id] = copy;
}

/* One text counts as a list of it. A line end would make two of one. */
static bool take_list(ob_settings *s, int id, const ob_json *j) {
  OB_AUTO(ob_buf) lines = OB_BUF_INIT(OB_SETTINGS_MAX);
  bool list = ob_json_is(j, OB_JSON_ARRAY);
  for (const ob_json *m = list ? ob_json_first(j) : j; m; m = list ? ob_json_next(m) : NULL) {
    const char *word = ob_json_str(m);
    if (ob_json_is(j, OB_JSON_NULL)) break;
    if (!word || !*word || strchr(word, '\n')) return false;
    ob_buf_addf(&lines, "%s%s", lines.len ? "\n" : "", word);
  }
  set_text(s, id, ob_buf_str(&lines));
  return true;
}

static bool take(ob_settings *s, int id, const ob_json *j) {
  const ob_setting *row = &ob_setting_rows[id];
  const char *word = ob_json_str(j);
  char digits[24];
  int64_t n;
  switch (row->type) {
  case OB_SET_BOOL: s->number[id] = ob_json_bool(j, false); return ob_json_is(j, OB_JSON_BOOL);
  case OB_SET_INT:
    if (!ob_json_int(j, &n) || n < row->min || n > row->max) return false;
    s->number[id] = n;
    return true;
  case OB_SET_CHOICE:
    /* YAML reads 256 as a number and on as true. */
    if (!word && ob_json_int(j, &n)) {
      snprintf(digits, sizeof digits, "%lld", (long long)n);
      word = digits;
    }
    if (!word && ob_json_is(j, OB_JSON_BOOL)) word = ob_json_bool(j, false) ? "on" : "off";
    if (!word || !is_choice(row->choices, word)) return false;
    set_text(s, id, word);
    return true;
  case OB_SET_LIST: return take_list(s, id, j);
  case OB_SET_TEXT:
    if (!word || !*word) return false;
    set_text(s, id, word);
    return true;
  }
  return false;
}

void ob_setting_range(const ob_setting *row, ob_buf *out) {
  switch (row->type) {
  case OB_SET_BOOL: ob_buf_adds(out, "true or false"); break;
  case OB_SET_INT:
    ob_buf_addf(out, "%lld to %lld", (long long)row->min, (long long)row->max);
    break;
  case OB_SET_TEXT: ob_buf_adds(out, "text"); break;
  case OB_SET_CHOICE: ob_buf_adds(out, row->choices); break;
  case OB_SET_LIST: ob_buf_adds(out, "texts"); break;
  }
}

/* --- the file ------------------------------------------------------------------------------ */
ob_settings *ob_settings_new(void) {
  ob_settings *s = ob_calloc(1, sizeof *s);
  for (int i = 0; i < OB_SET_COUNT; i++) {
    const ob_setting *row = &ob_setting_rows[i];
    if (row->type == OB_SET_BOOL)
      s->number[i] = strcmp(row->otherwise, "true") == 0;
    else if (row->type == OB_SET_INT)
      ob_parse_int(row->otherwise, row->min, row->max, &s->number[i]);
    else
      s->text[i] = ob_strdup(row->otherwise);
  }
  return s;
}

void ob_settings_free(ob_settings *s) {
  if (!s) return;
  for (int i = 0; i < OB_SET_COUNT; i++) free(s->text[i]);
  ob_yaml_free(s->doc);
  free(s);
}

static int unknown(const ob_yaml_doc *doc, const ob_json *m, ob_err *err) {
  const char *key = ob_json_key(m), *near = NULL;
  size_t least = 3;
  for (int i = 0; i < OB_SET_COUNT; i++) {
    size_t d = ob_str_distance(key, ob_setting_rows[i].key);
    if (d < least) least = d, near = ob_setting_rows[i].key;
  }
  ob_fail(err, OB_ECONFIG, "%s:%u: there is no setting \"%s\"", ob_yaml_name(doc),
          ob_yaml_line(doc, m), key);
  return near ? ob_hint(err, "did you mean %s?", near)
              : ob_hint(err, "`outboard config --list` shows all settings");
}

static int read_one(ob_settings *s, const ob_json *m, ob_err *err) {
  int id = 0;
  if (strcmp(ob_json_key(m), "keys") == 0) {
    if (ob_json_is(m, OB_JSON_OBJECT)) return 0;
    ob_fail(err, OB_ECONFIG, "%s:%u: keys: a mapping of actions to keys is needed",
            ob_yaml_name(s->doc), ob_yaml_line(s->doc, m));
    return ob_hint(err, "write `keys: {filter: ctrl-f}`");
  }
  while (id < OB_SET_COUNT && strcmp(ob_setting_rows[id].key, ob_json_key(m)) != 0) id++;
  if (id == OB_SET_COUNT) return unknown(s->doc, m, err);
  if (take(s, id, m)) return 0;
  OB_AUTO(ob_buf) range = OB_BUF_INIT(OB_LINE_MAX), value = OB_BUF_INIT(OB_LINE_MAX);
  ob_setting_range(&ob_setting_rows[id], &range);
  ob_json_print(&value, m);
  ob_fail(err, OB_ECONFIG, "%s:%u: %s: %.100s is not allowed", ob_yaml_name(s->doc),
          ob_yaml_line(s->doc, m), ob_json_key(m), ob_buf_str(&value));
  return ob_hint(err, "use %s; the default is %s", ob_buf_str(&range),
                 ob_or(ob_setting_rows[id].otherwise, "none"));
}

static int read_all(ob_settings *s, ob_faults *io, ob_err *err) {
  const ob_json *root = ob_yaml_root(s->doc);
  if (!root || ob_json_is(root, OB_JSON_NULL)) return 0;
  if (!ob_json_is(root, OB_JSON_OBJECT)) {
    ob_fail(err, OB_ECONFIG, "%s: the settings are a mapping", ob_yaml_name(s->doc));
    return ob_hint(err, "write `theme: light`, a setting a line");
  }
  int rc = 0;
  for (const ob_json *m = ob_json_first(root); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(io, read_one(s, m, err), err);
  return rc;
}

static ob_settings *parse(const char *text, size_t n, const char *name, ob_faults *io,
                          ob_err *err) {
  OB_AUTOPTR(ob_settings) s = ob_settings_new();
  s->doc = ob_yaml_parse(text, n, name, err);
  if (!s->doc || read_all(s, io, err) < 0) return NULL;
  return ob_take(s);
}

ob_settings *ob_settings_parse(const char *text, size_t n, const char *name, ob_err *err) {
  return parse(text, n, name, NULL, err);
}

ob_settings *ob_settings_load(const char *path, ob_err *err) {
  return ob_settings_check(path, NULL, err);
}

ob_settings *ob_settings_check(const char *path, ob_faults *io, ob_err *err) {
  OB_AUTOFREE char *dir = ob_dir_config();
  OB_AUTOFREE char *own = path ? ob_strdup(path) : dir ? ob_asprintf("%s/config.yaml", dir) : NULL;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_SETTINGS_MAX);
  if (!own) return ob_settings_new();
  int rc = ob_read_file(own, &text, err);
  if (rc == -(int)OB_ENOTFOUND && !path) {
    ob_err_clear(err);
    return ob_settings_new();
  }
  return rc < 0 ? NULL : parse(ob_buf_str(&text), text.len, own, io, err);
}

/* --- asking -------------------------------------------------------------------------------- */
bool ob_setting_bool(const ob_settings *s, ob_setting_id id) {
  return s->number[id] != 0;
}
int64_t ob_setting_int(const ob_settings *s, ob_setting_id id) {
  return s->number[id];
}
const char *ob_setting_text(const ob_settings *s, ob_setting_id id) {
  return ob_or(s->text[id], "");
}

bool ob_settings_protects(const ob_settings *s, const char *context) {
  OB_AUTOFREE char *patterns = ob_strdup(ob_setting_text(s, OB_SET_PROTECTED));
  for (char *at = patterns; *at;) {
    size_t n = strcspn(at, "\n");
    bool more = at[n] != '\0';
    at[n] = '\0';
    if (fnmatch(at, context, 0) == 0) return true;
    at += n + more;
  }
  return false;
}

void ob_settings_timing(const ob_settings *s, ob_timing *io) {
  const struct {
    ob_setting_id id;
    int *to;
  } rows[] = {{OB_SET_PROBE_CONNECT, &io->probe_connect_ms},
              {OB_SET_PROBE, &io->probe_ms},
              {OB_SET_PROBE_EVERY, &io->probe_every_ms},
              {OB_SET_PROBES_AT_ONCE, &io->probes_at_once},
              {OB_SET_PROBES_PER_SECOND, &io->probes_per_second}};
  for (size_t i = 0; i < OB_LEN(rows); i++) *rows[i].to = (int)ob_setting_int(s, rows[i].id);
}

const ob_json *ob_settings_keys(const ob_settings *s, const ob_yaml_doc **ret_doc) {
  *ret_doc = s->doc;
  return s->doc ? ob_json_get(ob_yaml_root(s->doc), "keys") : NULL;
}

void ob_settings_list(ob_buf *out) {
  static const char *const heads[] = {"SETTING", "VALUES", "DEFAULT", "WHAT IT DOES"};
  size_t widths[3] = {0};
  for (int pass = 0; pass < 2; pass++)
    for (int i = -1; i < OB_SET_COUNT; i++) {
      const ob_setting *row = i < 0 ? NULL : &ob_setting_rows[i];
      OB_AUTO(ob_buf) range = OB_BUF_INIT(OB_LINE_MAX);
      if (row) ob_setting_range(row, &range);
      const char *cells[] = {row ? row->key : heads[0], row ? ob_buf_str(&range) : heads[1],
                             row ? row->otherwise : heads[2]};
      for (size_t k = 0; k < OB_LEN(cells); k++) {
        size_t n = strlen(cells[k]);
        if (n > widths[k]) widths[k] = n;
        if (pass == 0) continue;
        ob_buf_adds(out, cells[k]);
        ob_buf_fill(out, ' ', widths[k] - n + 2);
      }
      if (pass) ob_buf_addf(out, "%s\n", row ? row->help : heads[3]);
    }
}
