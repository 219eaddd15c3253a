/* Folders are read when somebody asks for a theme or opens the picker, and nothing is kept. */
#include "tui/theme_find.h"

#include "base/dirs.h"
#include "base/str.h"
#include "base/yaml.h"
#include "tui/skin.h"

#include <dirent.h>
#include <limits.h>
#include <unistd.h>

enum { FOLDERS = 6, FILES_MAX = 4000 };

typedef struct folder {
  char *path;
  bool skin;
} folder;

static void add_folder(folder *all, size_t *n, char *move_dir, const char *below, bool skin) {
  if (!move_dir) return;
  all[(*n)++] = (folder){ob_asprintf("%s/%s", move_dir, below), skin};
  free(move_dir);
}

static size_t folders(folder all[FOLDERS], bool k9s) {
  size_t n = 0;
  add_folder(all, &n, ob_dir_config(), "themes", false);
  add_folder(all, &n, ob_strdup(OB_DATADIR), "themes", false);
  char exe[PATH_MAX];
  ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
  if (len > 0) {
    exe[len] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash) *slash = '\0';
    add_folder(all, &n, ob_asprintf("%s/../share/outboard", exe), "themes", false);
  }
  add_folder(all, &n, ob_strdup(OB_SOURCE_DIR), "themes", false);
  add_folder(all, &n, ob_dir_config(), "skins", true);
  if (k9s) add_folder(all, &n, ob_dir_k9s(), "skins", true);
  return n;
}

static bool has(const ob_theme_list *l, const char *name) {
  for (size_t i = 0; i < l->all.len; i++)
    if (strcmp(l->all.at[i].name, name) == 0) return true;
  return false;
}

static void read_folder(ob_theme_list *l, const folder *f) {
  DIR *dir = opendir(f->path);
  if (!dir) return;
  const struct dirent *e;
  for (int i = 0; (e = readdir(dir)) && i < FILES_MAX && l->all.len < OB_THEMES_MAX; i++) {
    const char *dot = strrchr(e->d_name, '.');
    if (!dot || dot == e->d_name || (strcmp(dot, ".yaml") != 0 && strcmp(dot, ".yml") != 0))
      continue;
    char *name = ob_strndup(e->d_name, (size_t)(dot - e->d_name));
    if (has(l, name)) {
      free(name);
      continue;
    }
    ob_vec_push(&l->all, (ob_theme_entry){name, ob_asprintf("%s/%s", f->path, e->d_name), f->skin});
  }
  closedir(dir);
}

static int by_name(const void *a, const void *b) {
  const ob_theme_entry *x = a, *y = b;
  return x->skin != y->skin ? x->skin - y->skin : ob_strnatcmp(x->name, y->name);
}

void ob_theme_list_make(ob_theme_list *ret, bool k9s) {
  *ret = (ob_theme_list){0};
  folder all[FOLDERS];
  size_t n = folders(all, k9s);
  for (size_t i = 0; i < n; i++) {
    read_folder(ret, &all[i]);
    free(all[i].path);
  }
  if (ret->all.len) qsort(ret->all.at, ret->all.len, sizeof *ret->all.at, by_name);
}

void ob_theme_list_done(ob_theme_list *l) {
  for (size_t i = 0; i < l->all.len; i++) {
    free(l->all.at[i].name);
    free(l->all.at[i].path);
  }
  ob_vec_done(&l->all);
}

int ob_theme_load_file(ob_theme *ret, const char *path, bool strict, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_THEME_MAX);
  int rc = ob_read_file(path, &text, err);
  if (rc < 0) return rc;
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(ob_buf_str(&text), text.len, path, err);
  if (!doc) return -(int)OB_ECONFIG;
  return ob_skin_is(doc) ? ob_skin_read(ret, doc, strict, err) : ob_theme_read(ret, doc, err);
}

int ob_theme_load(ob_theme *ret, const char *name, bool k9s, ob_err *err) {
  ob_theme_builtin(ret);
  if (!name) return 0;
  if (strchr(name, '/') || ob_ends(name, ".yaml")) return ob_theme_load_file(ret, name, false, err);
  OB_AUTO(ob_theme_list) list;
  ob_theme_list_make(&list, k9s);
  for (size_t i = 0; i < list.all.len; i++)
    if (strcmp(list.all.at[i].name, name) == 0)
      return ob_theme_load_file(ret, list.all.at[i].path, false, err);
  folder all[FOLDERS];
  size_t n = folders(all, k9s);
  ob_fail(err, OB_ECONFIG, "there is no theme \"%s\" in %s or %s", name, all[0].path, all[1].path);
  for (size_t i = 0; i < n; i++) free(all[i].path);
  return ob_hint(err, "bundled are dark, light, high-contrast, colour-blind and monochrome; a "
                      "theme may also be a file");
}
