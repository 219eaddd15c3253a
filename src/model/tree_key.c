/* See tree_key.h. Lists here are short (a kube-apiserver object has at most a few hundred
 * elements), so looking for a key walks them. */
#include "model/tree_key.h"

#include "base/str.h"

static char *port_key(const ob_json *e) {
  const char *name = ob_json_get_str(e, "name");
  if (name && *name) return ob_strdup(name);
  return ob_asprintf("%lld/%s", (long long)ob_json_get_int(e, "port", 0),
                     ob_or(ob_json_get_str(e, "protocol"), "TCP"));
}

static char *rule_key(const ob_json *e) {
  return ob_strdup(ob_or(ob_json_get_str(e, "host"), "*"));
}

static char *path_key(const ob_json *e) {
  return ob_asprintf("%s %s", ob_or(ob_json_get_str(e, "path"), ""),
                     ob_or(ob_json_get_str(e, "pathType"), ""));
}

static char *tls_key(const ob_json *e) {
  return ob_strdup(ob_or(ob_json_get_str(e, "secretName"), "no secret"));
}

static const struct {
  const char *list;
  char *(*key)(const ob_json *element);
} by_list[] = {{"ports", port_key}, {"rules", rule_key}, {"paths", path_key}, {"tls", tls_key}};

static char *key_of(const char *list, const ob_json *e, size_t i) {
  if (ob_json_is(e, OB_JSON_STRING)) return ob_strdup(ob_json_str(e));
  if (ob_json_is(e, OB_JSON_OBJECT)) {
    for (size_t k = 0; k < OB_LEN(by_list); k++)
      if (ob_streq(list, by_list[k].list)) return by_list[k].key(e);
    const char *name = ob_json_get_str(e, "name");
    if (name && *name) return ob_strdup(name);
  }
  return ob_asprintf("%zu", i);
}

void ob_tree_keys_make(ob_tree_keys *k, const char *list, const ob_json *array) {
  *k = (ob_tree_keys){.unique = true};
  size_t i = 0;
  for (const ob_json *e = ob_json_first(array); e; e = ob_json_next(e), i++) {
    char *key = key_of(list, e, i);
    if (ob_tree_keys_find(k, key) != SIZE_MAX) k->unique = false;
    ob_vec_push(&k->all, key);
  }
  if (!k->unique) ob_tree_keys_number(k);
}

void ob_tree_keys_number(ob_tree_keys *k) {
  for (size_t i = 0; i < k->all.len; i++) {
    free(k->all.at[i]);
    k->all.at[i] = ob_asprintf("%zu", i);
  }
}

void ob_tree_keys_done(ob_tree_keys *k) {
  for (size_t i = 0; i < k->all.len; i++) free(k->all.at[i]);
  ob_vec_done(&k->all);
}

size_t ob_tree_keys_find(const ob_tree_keys *k, const char *key) {
  for (size_t i = 0; i < k->all.len; i++)
    if (strcmp(k->all.at[i], key) == 0) return i;
  return SIZE_MAX;
}

size_t ob_tree_path_member(ob_buf *path, const char *key) {
  size_t before = path->len;
  /* "metadata.annotations[a.b/c]": dots inside of a key would read as more members. */
  if (strpbrk(key, "./"))
    ob_buf_addf(path, "[%s]", key);
  else
    ob_buf_addf(path, "%s%s", path->len ? "." : "", key);
  return before;
}

size_t ob_tree_path_element(ob_buf *path, const char *key) {
  size_t before = path->len;
  ob_buf_addf(path, "[%s]", key);
  return before;
}

const ob_json *ob_tree_or_null(const ob_json *j) {
  return ob_json_is(j, OB_JSON_NULL) ? NULL : j;
}

bool ob_tree_same(const ob_json *a, const ob_json *b) {
  a = ob_tree_or_null(a);
  b = ob_tree_or_null(b);
  return a && b ? ob_json_equal(a, b) : a == b;
}

void ob_tree_members_add(ob_tree_members *m, const ob_json *object) {
  for (const ob_json *c = ob_json_first(object); c; c = ob_json_next(c)) {
    const char *key = ob_json_key(c);
    bool known = false;
    for (size_t i = 0; i < m->all.len && !known; i++) known = strcmp(m->all.at[i], key) == 0;
    if (!known) ob_vec_push(&m->all, key);
  }
}

void ob_tree_members_done(ob_tree_members *m) {
  ob_vec_done(&m->all);
}
