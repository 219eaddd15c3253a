#include "tui/remember.h"

#include "base/clock.h"
#include "base/dirs.h"
#include "base/json.h"
#include "base/str.h"
#include "tui/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *state_file(void) {
  OB_AUTOFREE char *dir = ob_dir_state();
  return dir ? ob_asprintf("%s/state.json", dir) : NULL;
}

bool ob_remember_first(void) {
  OB_AUTOFREE char *path = state_file();
  return path && access(path, F_OK) != 0;
}

/* The embedded cluster has another port each time; it is one context all the same. */
static const char *server_of(const ob_tui *s) {
  return s->session_opts.kubeconfig_text ? "" : ob_session_status_get(s->session)->server;
}

static bool is_this(const ob_tui *s, const ob_json *entry) {
  return ob_streq(ob_json_get_str(entry, "context"), ob_session_status_get(s->session)->context) &&
         ob_streq(ob_json_get_str(entry, "server"), server_of(s));
}

/* NULL: there is none, or none that can be read (then err says why). */
static ob_json *read_file(ob_err *err) {
  OB_AUTOFREE char *path = state_file();
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_REMEMBER_MAX);
  if (!path) return NULL;
  if (ob_read_file(path, &text, err) < 0) {
    if (err->code == OB_ENOTFOUND) ob_err_clear(err);
    return NULL;
  }
  ob_json *root = ob_json_parse(ob_buf_str(&text), text.len, OB_JSON_STRICT, err);
  if (!root) ob_err_within(err, "%s", path);
  return root;
}

/* --- bringing back ------------------------------------------------------------------------- */
static int column_named(const ob_view *v, const char *key) {
  for (size_t i = 0; key && i < v->ncolumns; i++)
    if (strcmp(v->columns[i].key, key) == 0 && !(v->columns[i].flags & OB_COL_HIDDEN))
      return (int)i;
  return -1;
}

static void load_tab(ob_tui *s, ob_view_id id, const ob_json *j) {
  ob_tab *t = &s->tabs[id];
  const char *filter = ob_or(ob_json_get_str(j, "filter"), "");
  if (strlen(filter) < sizeof t->filter) memcpy(t->filter, filter, strlen(filter) + 1);
  t->sort = column_named(&ob_views[id], ob_json_get_str(j, "sort"));
  t->reverse = ob_json_get_bool(j, "reverse", false);
  t->then = 1 + column_named(&ob_views[id], ob_json_get_str(j, "then"));
  t->then_reverse = ob_json_get_bool(j, "thenReverse", false);
  ob_tui_apply(s, id);
  if (!t->filter_err.code) return;
  t->filter[0] = '\0';
  ob_tui_apply(s, id);
}

static int percent_of(const ob_json *j, const char *key) {
  int64_t n = ob_json_get_int(j, key, 0);
  return n >= OB_PANEL_MIN_PERCENT && n <= OB_PANEL_MAX_PERCENT ? (int)n : 0;
}

static void load_entry(ob_tui *s, const ob_json *j) {
  const char *tab = ob_json_get_str(j, "tab"), *ns = ob_json_get_str(j, "namespace");
  const ob_view *v = tab ? ob_view_find(tab) : NULL;
  s->panel_percent[OB_BESIDE] = percent_of(j, "beside");
  s->panel_percent[OB_BELOW] = percent_of(j, "below");
  if (ns && *ns && !s->session_opts.ns) ob_tui_set_ns(s, ns);
  const ob_json *tabs = ob_json_get(j, "tabs");
  for (int i = 0; i < OB_VIEW_COUNT; i++)
    load_tab(s, (ob_view_id)i, ob_json_get(tabs, ob_views[i].name));
  if (v) ob_tui_open_tab(s, v->id);
}

void ob_remember_load(ob_tui *s) {
  if (!ob_setting_bool(s->opts->settings, OB_SET_REMEMBER)) return;
  ob_err err = {0};
  OB_AUTOPTR(ob_json) root = read_file(&err);
  if (err.code) ob_tui_say(s, true, "what was remembered is passed over: %s", err.msg);
  const char *theme = ob_json_get_str(root, "theme");
  if (theme && !s->look.name) ob_look_choose(s, theme);
  for (const ob_json *e = ob_json_first(ob_json_get(root, "contexts")); e; e = ob_json_next(e))
    if (is_this(s, e)) {
      load_entry(s, e);
      return;
    }
}

/* --- keeping ---------------------------------------------------------------------------------- */
static void put_column(ob_json *j, const char *key, const ob_view *v, int column) {
  if (column >= 0 && (size_t)column < v->ncolumns) ob_json_put_str(j, key, v->columns[column].key);
}

static ob_json *entry_of(const ob_tui *s) {
  ob_json *j = ob_json_new_object();
  ob_json_put_str(j, "context", ob_session_status_get(s->session)->context);
  ob_json_put_str(j, "server", server_of(s));
  ob_json_put_str(j, "tab", ob_views[s->tab].name);
  ob_json_put_str(j, "namespace", s->ns);
  if (s->panel_percent[OB_BESIDE]) ob_json_put_int(j, "beside", s->panel_percent[OB_BESIDE]);
  if (s->panel_percent[OB_BELOW]) ob_json_put_int(j, "below", s->panel_percent[OB_BELOW]);
  ob_json *tabs = ob_json_put(j, "tabs", ob_json_new_object());
  for (int i = 0; i < OB_VIEW_COUNT; i++) {
    const ob_tab *t = &s->tabs[i];
    if (!*t->filter && t->sort < 0 && !t->reverse && !t->then) continue;
    ob_json *one = ob_json_put(tabs, ob_views[i].name, ob_json_new_object());
    if (*t->filter) ob_json_put_str(one, "filter", t->filter);
    put_column(one, "sort", &ob_views[i], t->sort);
    put_column(one, "then", &ob_views[i], t->then - 1);
    if (t->reverse) ob_json_put_bool(one, "reverse", true);
    if (t->then_reverse) ob_json_put_bool(one, "thenReverse", true);
  }
  return j;
}

static int make_dirs(const char *file, ob_err *err) {
  OB_AUTOFREE char *path = ob_strdup(file);
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
      return ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
    *slash = '/';
  }
  return 0;
}

static int write_file(const char *path, const ob_buf *text, bool sync, ob_err *err) {
  OB_AUTOFREE char *beside = ob_asprintf("%s.%ld", path, (long)getpid());
  int rc = make_dirs(path, err);
  if (rc < 0) return rc;
  (void)unlink(beside); /* of a run that broke off, or somebody's link */
  OB_AUTOFD int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool ok = fd >= 0;
  for (size_t done = 0; ok && done < text->len;) {
    ssize_t n = write(fd, text->ptr + done, text->len - done);
    ok = n > 0;
    done += ok ? (size_t)n : 0;
  }
  ok = ok && (!sync || fsync(fd) == 0) && rename(beside, path) == 0;
  if (ok) return 0;
  rc = ob_fail(err, OB_EIO, "%s: %s", path, strerror(errno));
  unlink(beside);
  return rc;
}

/* Only what is done on leaving waits for the disk. */
static int save(ob_tui *s, ob_json *move_entry, bool sync, ob_err *err) {
  OB_AUTOPTR(ob_json) entry = move_entry;
  OB_AUTOFREE char *path = state_file();
  if (!path) return 0;
  ob_err broken = {0};
  OB_AUTOPTR(ob_json) old = read_file(&broken);
  OB_AUTOPTR(ob_json) root = ob_json_new_object();
  ob_json_put_str(root, "theme", s->look.picked ? s->look.name : ob_json_get_str(old, "theme"));
  ob_json *all = ob_json_put(root, "contexts", ob_json_new_array());
  ob_json_push(all, ob_take(entry));
  for (const ob_json *e = ob_json_first(ob_json_get(old, "contexts")); e; e = ob_json_next(e))
    if (!is_this(s, e) && ob_json_len(all) < OB_REMEMBER_CONTEXTS)
      ob_json_push(all, ob_json_dup(e));
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_REMEMBER_MAX);
  if (ob_json_print_pretty(&text, root) < 0) return ob_fail(err, OB_ELIMIT, "%s: too long", path);
  ob_buf_addc(&text, '\n');
  return write_file(path, &text, sync, err);
}

static bool wanted(const ob_tui *s) {
  return s->session && ob_setting_bool(s->opts->settings, OB_SET_REMEMBER);
}

int ob_remember_save(ob_tui *s, ob_err *err) {
  return wanted(s) ? save(s, entry_of(s), true, err) : 0;
}

void ob_remember_later(ob_tui *s) {
  if (!s->keep.due_ms && wanted(s)) s->keep.due_ms = ob_mono_ms() + s->timing.keep_ms;
}

int ob_remember_due(ob_tui *s) {
  int64_t now = ob_mono_ms();
  if (!s->keep.due_ms) return -1;
  if (now < s->keep.due_ms) return (int)(s->keep.due_ms - now);
  s->keep.due_ms = 0;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_REMEMBER_MAX);
  OB_AUTOPTR(ob_json) entry = entry_of(s);
  ob_json_print(&text, entry);
  ob_buf_adds(&text, ob_or(s->look.picked ? s->look.name : NULL, ""));
  if (!wanted(s) || ob_streq(ob_buf_str(&text), ob_or(s->keep.kept, ""))) return -1;
  bool first = !s->keep.kept;
  free(s->keep.kept);
  s->keep.kept = ob_strdup(ob_buf_str(&text));
  ob_err err = {0};
  if (save(s, ob_take(entry), false, &err) < 0 && first) ob_tui_say(s, true, "%s", err.msg);
  return -1;
}
