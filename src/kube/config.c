/* Finding, reading and merging kubeconfig files.
 *
 * Merging is by whole entries: the first file that has a name wins, even with an empty entry,
 * and the first non-empty current-context wins. Each document stays in memory with its lines
 * until the kubeconfig is freed; entries point into it. Nothing is expanded: no `~`, no `$VAR`. */
#include "base/str.h"
#include "kube/config_priv.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static void wipe(const ob_json *map, const char *key) {
  const char *s = ob_json_get_str(map, key);
  if (s && *s) explicit_bzero((char *)(uintptr_t)s, strlen(s));
}

/* The tree is ours and about to go: what must not linger in freed memory is overwritten. */
static void wipe_secrets(const ob_json *root) {
  const ob_json *users = ob_json_get(root, ob_kube_list_key[OB_KUBE_USERS]);
  for (const ob_json *u = ob_json_first(users); u; u = ob_json_next(u)) {
    const ob_json *user = ob_json_get(u, "user");
    const ob_json *provider = ob_json_at(user, "auth-provider", "config", NULL);
    const ob_json *env = ob_json_at(user, "exec", "env", NULL);
    wipe(user, "token");
    wipe(user, "password");
    wipe(user, "client-key-data");
    wipe(provider, "id-token");
    wipe(provider, "refresh-token");
    wipe(provider, "client-secret");
    for (const ob_json *e = ob_json_first(env); e; e = ob_json_next(e)) wipe(e, "value");
  }
}

static void source_free(ob_kube_source *s) {
  if (!s) return;
  if (s->doc) wipe_secrets(ob_yaml_root(s->doc));
  ob_yaml_free(s->doc);
  free(s->name);
  free(s->path);
  free(s->dir);
  free(s);
}

void ob_kubeconfig_free(ob_kubeconfig *k) {
  if (!k) return;
  for (size_t l = 0; l < OB_KUBE_LISTS; l++) {
    for (size_t i = 0; i < k->lists[l].len; i++) {
      free(k->lists[l].at[i]->field);
      free(k->lists[l].at[i]);
    }
    ob_vec_done(&k->lists[l]);
    ob_map_done(&k->by_name[l]);
  }
  for (size_t i = 0; i < k->sources.len; i++) source_free(k->sources.at[i]);
  ob_vec_done(&k->sources);
  free(k);
}

static void merge_list(ob_kubeconfig *k, const ob_kube_source *src, ob_kube_list l) {
  const ob_json *arr = ob_json_get(ob_yaml_root(src->doc), ob_kube_list_key[l]);
  size_t i = 0;
  for (const ob_json *c = ob_json_first(arr); c; c = ob_json_next(c), i++) {
    if (!ob_json_is(c, OB_JSON_OBJECT)) continue;
    const char *name = ob_json_get_str(c, "name");
    if (!name) name = "";
    if (ob_map_get(&k->by_name[l], name, strlen(name))) continue;
    ob_kube_entry *e = ob_calloc(1, sizeof *e);
    const ob_json *node = ob_json_get(c, ob_kube_item_key[l]);
    *e = (ob_kube_entry){
        .name = name,
        .node = ob_json_is(node, OB_JSON_OBJECT) ? node : NULL,
        .item = c,
        .src = src,
        .field = ob_asprintf("%s[%zu].%s", ob_kube_list_key[l], i, ob_kube_item_key[l]),
    };
    ob_vec_push(&k->lists[l], e);
    ob_map_put(&k->by_name[l], e->name, strlen(e->name), e);
  }
}

/* path NULL: a document in memory. */
static int take_document(ob_kubeconfig *k, const char *bytes, size_t n, const char *path,
                         const char *dir, bool open_to_all, ob_err *err) {
  const char *name = path ? path : "kubeconfig";
  ob_yaml_doc *doc = ob_yaml_parse(bytes, n, name, err);
  if (!doc) {
    if (err) err->code = OB_ECONFIG;
    return -(int)OB_ECONFIG;
  }
  ob_kube_source *src = ob_calloc(1, sizeof *src);
  *src = (ob_kube_source){.name = ob_strdup(name),
                          .path = ob_strdup(path ? path : ""),
                          .dir = ob_strdup(dir),
                          .open_to_all = open_to_all,
                          .doc = doc};
  ob_vec_push(&k->sources, src);
  int rc = ob_kube_check(src, err);
  if (rc) return rc;
  for (ob_kube_list l = 0; l < OB_KUBE_LISTS; l++) merge_list(k, src, l);
  const ob_json *cur = ob_json_get(ob_yaml_root(doc), "current-context");
  if (!k->current && ob_json_str(cur) && *ob_json_str(cur)) {
    k->current = ob_json_str(cur);
    k->current_src = src;
    k->current_node = cur;
  }
  return 0;
}

/* The folder of the path as given, symlinks not followed; "" is the working directory. */
static char *dir_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return ob_strdup("");
  return ob_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int take_file(ob_kubeconfig *k, const char *path, bool must_exist, ob_err *err) {
  struct stat st;
  if (stat(path, &st) != 0) {
    int e = errno;
    if ((e == ENOENT || e == ENOTDIR) && !must_exist) return 0;
    ob_fail(err, OB_EIO, "stat %s: %s", path, strerror(e));
    return ob_hint(err, must_exist ? "--kubeconfig takes one path of a file that exists"
                                   : "see $KUBECONFIG and the rights of the file");
  }
  if (S_ISDIR(st.st_mode)) {
    ob_fail(err, OB_EIO, "%s: is a directory, not a kubeconfig", path);
    return ob_hint(err, "name the file in it");
  }
  if (st.st_size == 0 && S_ISREG(st.st_mode)) return 0;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_KUBECONFIG_MAX);
  int rc = ob_read_file(path, &text, err);
  OB_AUTOFREE char *dir = dir_of(path);
  if (rc == 0)
    rc = take_document(k, ob_buf_str(&text), text.len, path, dir, (st.st_mode & S_IROTH) != 0, err);
  if (text.ptr) explicit_bzero(text.ptr, text.cap);
  return rc;
}

static bool listed_before(const char *list, const char *at, size_t n) {
  for (const char *p = list; p < at;) {
    size_t len = strcspn(p, ":");
    if (len == n && memcmp(p, at, n) == 0) return true;
    p += len + 1;
  }
  return false;
}

static int take_list(ob_kubeconfig *k, const char *list, ob_err *err) {
  size_t files = 0;
  for (const char *p = list; *p;) {
    size_t n = strcspn(p, ":");
    if (n > 0 && !listed_before(list, p, n)) {
      if (++files > OB_KUBECONFIG_FILES)
        return ob_fail(err, OB_ECONFIG, "$KUBECONFIG names more than %d files",
                       (int)OB_KUBECONFIG_FILES);
      OB_AUTOFREE char *path = ob_strndup(p, n);
      int rc = take_file(k, path, false, err);
      if (rc) return rc;
    }
    p += n;
    if (*p) p++;
  }
  return 0;
}

int ob_kubeconfig_load(ob_kubeconfig **ret, const ob_kube_overrides *over, ob_err *err) {
  static const ob_kube_overrides none;
  if (!over) over = &none;
  OB_AUTOPTR(ob_kubeconfig) k = ob_calloc(1, sizeof *k);
  const char *env = getenv("KUBECONFIG"), *home = getenv("HOME");
  int rc = 0;
  if (over->text) {
    rc = take_document(k, over->text, strlen(over->text), NULL, "", false, err);
  } else if (over->kubeconfig && *over->kubeconfig) {
    rc = take_file(k, over->kubeconfig, true, err);
  } else if (env && *env) {
    rc = take_list(k, env, err);
  } else if (home && *home) {
    OB_AUTOFREE char *path = ob_asprintf("%s/.kube/config", home);
    rc = take_file(k, path, false, err);
  }
  if (rc) return rc;
  *ret = ob_take(k);
  return 0;
}

bool ob_kubeconfig_empty(const ob_kubeconfig *k) {
  for (size_t l = 0; l < OB_KUBE_LISTS; l++)
    if (k->lists[l].len) return false;
  return !k->current;
}

const char *ob_kubeconfig_current(const ob_kubeconfig *k) {
  return k->current ? k->current : "";
}

size_t ob_kubeconfig_contexts(const ob_kubeconfig *k) {
  return k->lists[OB_KUBE_CONTEXTS].len;
}

ob_kube_context ob_kubeconfig_context(const ob_kubeconfig *k, size_t i) {
  const ob_kube_entry *e = k->lists[OB_KUBE_CONTEXTS].at[i];
  const char *cluster = ob_or(ob_json_get_str(e->node, "cluster"), "");
  const ob_kube_entry *c = ob_kube_find(k, OB_KUBE_CLUSTERS, cluster);
  return (ob_kube_context){
      .name = e->name,
      .cluster = cluster,
      .user = ob_or(ob_json_get_str(e->node, "user"), ""),
      .ns = ob_or(ob_json_get_str(e->node, "namespace"), ""),
      .server = ob_or(c ? ob_json_get_str(c->node, "server") : NULL, ""),
  };
}

const ob_kube_entry *ob_kube_find(const ob_kubeconfig *k, ob_kube_list list, const char *name) {
  return ob_map_get(&k->by_name[list], name, strlen(name));
}

void ob_kube_names(ob_buf *out, const ob_kubeconfig *k, ob_kube_list list) {
  enum { SHOWN = 6 };
  size_t n = k->lists[list].len;
  if (n == 0) ob_buf_adds(out, "none");
  for (size_t i = 0; i < n && i < SHOWN; i++)
    ob_buf_addf(out, "%s\"%s\"", i ? ", " : "", k->lists[list].at[i]->name);
  if (n > SHOWN) ob_buf_addf(out, " and %zu more", n - SHOWN);
}
