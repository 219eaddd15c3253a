/* `outboard config --check`: the same readers as at the start, each with what it is strict about.
 */
#include "tui/tui.h"

#include "base/settings.h"
#include "base/str.h"
#include "tui/plugins.h"
#include "tui/skin.h"
#include "tui/theme_find.h"

static int check_settings(const char *path, const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  (void)doc;
  OB_AUTOPTR(ob_settings) s = ob_settings_check(path, io, err);
  if (!s) return -(int)err->code;
  ob_keymap_free(ob_keymap_check(s, io, err));
  const char *theme = ob_setting_text(s, OB_SET_THEME);
  ob_theme t;
  return ob_theme_load(&t, strcmp(theme, "auto") == 0 ? NULL : theme,
                       ob_setting_bool(s, OB_SET_K9S), err);
}

static int check_theme(const char *path, const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  (void)path;
  return ob_skin_is(doc) ? ob_skin_check(doc, io, err) : ob_theme_check(doc, io, err);
}

static int check_plugins(const char *path, const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  (void)doc;
  OB_AUTOPTR(ob_keymap) keys = ob_keymap_new(NULL, err);
  return keys ? ob_plugins_check(path, keys, io, err) : -(int)err->code;
}

/* What a document of this root is; the first row that has one of its words. */
static const struct {
  const char *what;
  const char *has; /* keys of the root, separated by blanks; NULL: anything */
  int (*check)(const char *path, const ob_yaml_doc *doc, ob_faults *io, ob_err *err);
} kinds[] = {
    {"k9s skin", "k9s", check_theme},
    {"theme", "roles colors", check_theme},
    {"plugins", "plugins shortCut", check_plugins},
    {"settings", NULL, check_settings},
};

static bool has_one(const ob_json *root, const char *keys) {
  while (keys && *keys) {
    size_t n = strcspn(keys, " ");
    OB_AUTOFREE char *key = ob_strndup(keys, n);
    if (ob_json_get(root, key)) return true;
    keys += n + (keys[n] == ' ');
  }
  return false;
}

static int check(const char *path, const char **ret_what, ob_faults *io, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_SETTINGS_MAX);
  int rc = ob_read_file(path, &text, err);
  if (rc < 0) return rc;
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(ob_buf_str(&text), text.len, path, err);
  if (!doc) return -(int)err->code;
  size_t i = 0;
  while (kinds[i].has && !has_one(ob_yaml_root(doc), kinds[i].has)) i++;
  *ret_what = kinds[i].what;
  return kinds[i].check(path, doc, io, err);
}

void ob_tui_check_file(const char *path, const char **ret_what, ob_faults *io) {
  ob_err err = {0};
  *ret_what = "";
  (void)ob_fault_keep(io, check(path, ret_what, io, &err), &err);
}
