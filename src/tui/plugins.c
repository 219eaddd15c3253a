/* Reading plugins. What k9s would pass over with a word in its log is told here: the plugin
 * stays in the list, with the reason why it is not offered. */
#include "tui/plugins.h"

#include "base/dirs.h"
#include "base/str.h"
#include "base/yaml.h"

#include <strings.h>

void ob_words_done(ob_words *w) {
  for (size_t i = 0; i < w->len; i++) free(w->at[i]);
  ob_vec_done(w);
}

static void input_done(ob_plugin_input *in) {
  free(in->name);
  free(in->label);
  free(in->preset);
  ob_words_done(&in->options);
}

static void plugin_done(ob_plugin *p) {
  free(p->name);
  free(p->file);
  free(p->shortcut);
  free(p->description);
  free(p->command);
  free(p->broken);
  ob_words_done(&p->scopes);
  ob_words_done(&p->args);
  ob_words_done(&p->pipes);
  for (int i = 0; i < p->ninputs; i++) input_done(&p->inputs[i]);
}

void ob_plugins_done(ob_plugins *p) {
  for (size_t i = 0; i < p->all.len; i++) plugin_done(&p->all.at[i]);
  ob_vec_done(&p->all);
}

uint32_t ob_plugin_key(const char *s) {
  static const char digits[] = ")!@#$%^&*("; /* shift and a digit, as k9s has it */
  char name[16];
  size_t n = strlen(s);
  if (strncasecmp(s, "shift-", 6) == 0 && n == 7) {
    if (s[6] >= '0' && s[6] <= '9') return (uint32_t)digits[s[6] - '0'];
    return (uint32_t)(s[6] >= 'a' && s[6] <= 'z' ? s[6] - 32 : s[6]);
  }
  if (n < 2 || n >= sizeof name) return ob_key_code(s, n);
  for (size_t i = 0; i <= n; i++) name[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
  return ob_key_code(name, n);
}

bool ob_plugin_in_scope(const ob_plugin *p, const ob_object *o) {
  static const char *const names[][5] = {
      {"services", "service", "svc", "v1/services", NULL},
      {"ingresses", "ingress", "ing", "networking.k8s.io/v1/ingresses", NULL}};
  size_t kind = o->kind == OB_KIND_INGRESS ? 1 : 0;
  if (kind == 0 && o->kind != OB_KIND_SERVICE) kind = SIZE_MAX;
  for (size_t i = 0; i < p->scopes.len; i++) {
    if (strcasecmp(p->scopes.at[i], "all") == 0) return true;
    for (size_t k = 0; kind != SIZE_MAX && names[kind][k]; k++)
      if (strcasecmp(p->scopes.at[i], names[kind][k]) == 0) return true;
  }
  return false;
}

/* --- one plugin ---------------------------------------------------------------------------- */
typedef struct reader {
  const ob_yaml_doc *doc;
  const char *plugin;
  ob_err *err;
} reader;

static int bad(const reader *r, const ob_json *at, const char *field, const char *what,
               const char *remedy) {
  ob_fail(r->err, OB_ECONFIG, "%s:%u: plugins.%s.%s: %s", ob_yaml_name(r->doc),
          ob_yaml_line(r->doc, at), r->plugin, field, what);
  return ob_hint(r->err, "%s", remedy);
}

static int text(const reader *r, const ob_json *j, const char *field, char **ret) {
  const char *s = ob_yaml_word(r->doc, j);
  int64_t n;
  char *copy = s ? ob_strdup(s) : ob_json_int(j, &n) ? ob_asprintf("%lld", (long long)n) : NULL;
  if (!copy) return bad(r, j, field, "text is needed", "put it into quotes");
  free(*ret);
  *ret = copy;
  return 0;
}

static int words(const reader *r, const ob_json *j, const char *field, ob_words *out) {
  if (ob_json_is(j, OB_JSON_NULL)) return 0;
  if (!ob_json_is(j, OB_JSON_ARRAY))
    return bad(r, j, field, "a list is needed", "write [first, second], or a line with - for each");
  if (ob_json_len(j) > OB_PLUGIN_WORDS)
    return bad(r, j, field, "at most 128 words", "put the rest into a script");
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) {
    char *word = NULL;
    int rc = text(r, c, field, &word);
    if (rc < 0) return rc;
    ob_vec_push(out, word);
  }
  return 0;
}

static int truth(const reader *r, const ob_json *j, const char *field, bool *ret) {
  if (!ob_json_is(j, OB_JSON_BOOL) && !ob_json_is(j, OB_JSON_NULL))
    return bad(r, j, field, "true or false is needed", "leave it out for false");
  *ret = ob_json_bool(j, false);
  return 0;
}

static int input_field(const reader *r, const ob_json *m, ob_plugin_input *in) {
  static const char *const types[] = {"string", "number", "bool", "dropdown"};
  const char *key = ob_json_key(m);
  if (strcmp(key, "name") == 0) return text(r, m, "inputs.name", &in->name);
  if (strcmp(key, "label") == 0) return text(r, m, "inputs.label", &in->label);
  if (strcmp(key, "options") == 0) return words(r, m, "inputs.options", &in->options);
  if (strcmp(key, "required") == 0) return truth(r, m, "inputs.required", &in->required);
  if (strcmp(key, "default") == 0 && ob_json_is(m, OB_JSON_BOOL)) {
    free(in->preset);
    in->preset = ob_strdup(ob_json_bool(m, false) ? "true" : "false");
    return 0;
  }
  if (strcmp(key, "default") == 0) return text(r, m, "inputs.default", &in->preset);
  if (strcmp(key, "type") != 0)
    return bad(r, m, "inputs", "there is no such field",
               "an input has name, label, type, required, default and options");
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (ob_streq(types[i], ob_or(ob_yaml_word(r->doc, m), ""))) {
      in->type = (ob_answer)i;
      return 0;
    }
  return bad(r, m, "inputs.type", "there is no such type",
             "write string, number, bool or dropdown");
}

static int inputs(const reader *r, const ob_json *j, ob_plugin *p) {
  if (ob_json_is(j, OB_JSON_NULL)) return 0;
  if (!ob_json_is(j, OB_JSON_ARRAY) || ob_json_len(j) > OB_PLUGIN_INPUTS)
    return bad(r, j, "inputs", "a list of at most five is needed", "write - name: for each");
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) {
    ob_plugin_input *in = &p->inputs[p->ninputs++];
    bool typed = ob_json_get(c, "type") != NULL;
    int rc = ob_json_is(c, OB_JSON_OBJECT)
                 ? 0
                 : bad(r, c, "inputs", "a mapping is needed", "write - name: for each");
    for (const ob_json *m = ob_json_first(c); m && rc == 0; m = ob_json_next(m))
      rc = input_field(r, m, in);
    if (rc == 0 && (!in->name || !typed))
      rc = bad(r, c, "inputs", "name or type is missing", "an input has both");
    if (rc == 0 && in->type == OB_ANSWER_DROPDOWN && in->options.len == 0)
      rc = bad(r, c, "inputs.options", "it is missing", "a dropdown offers at least one");
    if (rc < 0) return rc;
  }
  return 0;
}

static int field(const reader *r, const ob_json *m, ob_plugin *p) {
  const char *key = ob_json_key(m);
  static const char *const known =
      "a plugin has shortCut, description, scopes, command, args, "
      "pipes, inputs, background, confirm, override, dangerous and wait";
  bool ignored;
  if (strcmp(key, "shortCut") == 0) return text(r, m, key, &p->shortcut);
  if (strcmp(key, "description") == 0) return text(r, m, key, &p->description);
  if (strcmp(key, "command") == 0) return text(r, m, key, &p->command);
  if (strcmp(key, "scopes") == 0) return words(r, m, key, &p->scopes);
  if (strcmp(key, "args") == 0) return words(r, m, key, &p->args);
  if (strcmp(key, "pipes") == 0) return words(r, m, key, &p->pipes);
  if (strcmp(key, "background") == 0) return truth(r, m, key, &p->background);
  if (strcmp(key, "confirm") == 0) return truth(r, m, key, &p->confirm);
  if (strcmp(key, "override") == 0) return truth(r, m, key, &p->override);
  if (strcmp(key, "dangerous") == 0) return truth(r, m, key, &p->dangerous);
  if (strcmp(key, "wait") == 0) return truth(r, m, key, &p->wait);
  if (strcmp(key, "overwriteOutput") == 0) return truth(r, m, key, &ignored);
  if (strcmp(key, "inputs") == 0) return inputs(r, m, p);
  return bad(r, m, key, "there is no such field", known);
}

static int read_one(ob_plugins *io, const ob_yaml_doc *doc, const char *name, const ob_json *j,
                    ob_faults *faults, ob_err *err) {
  reader r = {doc, name, err};
  if (io->all.len == OB_PLUGINS_MAX)
    return ob_fail(err, OB_ELIMIT, "%s: more than %d plugins", ob_yaml_name(doc), OB_PLUGINS_MAX);
  ob_plugin p = {
      .name = ob_strdup(name), .file = ob_strdup(ob_yaml_name(doc)), .line = ob_yaml_line(doc, j)};
  int rc = 0;
  if (!ob_json_is(j, OB_JSON_OBJECT)) rc = bad(&r, j, "", "a mapping is needed", "see the manual");
  size_t before = faults ? faults->all.len : 0;
  for (const ob_json *m = ob_json_first(j); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(faults, field(&r, m, &p), err);
  if (faults && faults->all.len > before) { /* what is missing may be among what is bad */
    plugin_done(&p);
    return 0;
  }
  if (rc == 0 && !p.shortcut) rc = bad(&r, j, "shortCut", "it is missing", "give it a key");
  if (rc == 0 && !p.command)
    rc = bad(&r, j, "command", "it is missing", "name the program that it runs");
  if (rc == 0 && !p.scopes.len)
    rc = bad(&r, j, "scopes", "it is missing", "write [services], [ingresses] or [all]");
  if (rc == 0) {
    p.key = ob_plugin_key(p.shortcut);
    if (!p.description) p.description = ob_strdup(name);
    if (p.key == OB_KEY_NONE)
      rc = bad(&r, ob_json_get(j, "shortCut"), "shortCut", "there is no such key",
               "use Shift-X, Ctrl-X, F1 to F12, or a character");
  }
  if (rc < 0) {
    plugin_done(&p);
    return rc;
  }
  ob_vec_push(&io->all, p);
  return 0;
}

/* Three shapes, as in k9s: a mapping `plugins`, plugins by name, or one plugin alone. */
static int parse(ob_plugins *io, const char *bytes, size_t n, const char *name, ob_faults *faults,
                 ob_err *err) {
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(bytes, n, name, err);
  if (!doc) return -(int)err->code;
  const ob_json *root = ob_yaml_root(doc), *all = ob_json_get(root, "plugins");
  if (!root || ob_json_is(root, OB_JSON_NULL)) return 0;
  if (ob_json_get(root, "shortCut")) return read_one(io, doc, "plugin", root, faults, err);
  if (!all) all = root;
  if (!ob_json_is(all, OB_JSON_OBJECT) && !ob_json_is(all, OB_JSON_NULL)) {
    ob_fail(err, OB_ECONFIG, "%s: a mapping `plugins` is needed", name);
    return ob_hint(err, "write `plugins:`, and below it a name for each");
  }
  int rc = 0;
  for (const ob_json *m = ob_json_first(all); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(faults, read_one(io, doc, ob_json_key(m), m, faults, err), err);
  return rc;
}

int ob_plugins_parse(ob_plugins *io, const char *bytes, size_t n, const char *name, ob_err *err) {
  return parse(io, bytes, n, name, NULL, err);
}

/* --- with the keys --------------------------------------------------------------------------- */
bool ob_plugin_is_ours(const ob_plugin *p) {
  const ob_object service = {.kind = OB_KIND_SERVICE}, ingress = {.kind = OB_KIND_INGRESS};
  return ob_plugin_in_scope(p, &service) || ob_plugin_in_scope(p, &ingress);
}

static char *whose_key(const ob_plugins *all, const ob_plugin *p, const ob_keymap *keys) {
  static const ob_mode modes[] = {OB_MODE_LIST, OB_MODE_PANEL, OB_MODE_PAGE};
  if (!ob_plugin_is_ours(p)) return NULL;
  for (size_t i = 0; i < OB_LEN(modes) && !p->override; i++) {
    const ob_key_row *row = ob_keymap_find(keys, p->key, modes[i]);
    if (row)
      return ob_asprintf("%s is a key of outboard's own (%s); `override: true` takes it",
                         p->shortcut, row->name);
  }
  for (size_t i = 0; i < all->all.len; i++) {
    const ob_plugin *q = &all->all.at[i];
    if (q == p) break;
    bool share = false;
    for (size_t a = 0; a < p->scopes.len; a++)
      for (size_t b = 0; b < q->scopes.len; b++)
        share |= strcasecmp(p->scopes.at[a], q->scopes.at[b]) == 0;
    if (share && q->key == p->key && !q->broken)
      return ob_asprintf("%s is also the key of %s (%s:%u)", p->shortcut, q->name, q->file,
                         q->line);
  }
  return NULL;
}

static void bind(ob_plugins *all, const ob_keymap *keys) {
  for (size_t i = 0; i < all->all.len; i++) {
    ob_plugin *p = &all->all.at[i];
    if (!p->broken) p->broken = whose_key(all, p, keys);
  }
}

static int load_file(ob_plugins *io, const char *path, ob_faults *faults, ob_err *err) {
  OB_AUTO(ob_buf) bytes = OB_BUF_INIT(OB_PLUGINS_FILE);
  int rc = ob_read_file(path, &bytes, err);
  return rc < 0 ? rc : parse(io, ob_buf_str(&bytes), bytes.len, path, faults, err);
}

int ob_plugins_check(const char *path, const ob_keymap *keys, ob_faults *io, ob_err *err) {
  ob_plugins all = {0};
  int rc = load_file(&all, path, io, err);
  bind(&all, keys);
  for (size_t i = 0; i < all.all.len && rc == 0; i++) {
    const ob_plugin *p = &all.all.at[i];
    if (!p->broken) continue;
    ob_fail(err, OB_ECONFIG, "%s:%u: plugins.%s: %s", p->file, p->line, p->name, p->broken);
    rc = ob_fault_keep(io, ob_hint(err, "take another shortCut, or leave the plugin out"), err);
  }
  ob_plugins_done(&all);
  return rc;
}

int ob_plugins_load(ob_plugins *ret, const ob_keymap *keys, bool k9s, ob_err *err) {
  char *dirs[] = {ob_dir_config(), k9s ? ob_dir_k9s() : NULL};
  int rc = 0;
  for (size_t i = 0; i < OB_LEN(dirs); i++) {
    if (!dirs[i]) continue;
    OB_AUTOFREE char *path = ob_asprintf("%s/plugins.yaml", dirs[i]);
    free(dirs[i]);
    ob_err e = {0};
    int one = load_file(ret, path, NULL, &e);
    if (one < 0 && one != -(int)OB_ENOTFOUND && rc == 0) {
      rc = one;
      if (err) *err = e;
    }
  }
  bind(ret, keys);
  return rc;
}
