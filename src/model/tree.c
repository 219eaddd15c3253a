/* Differences and patches. A JSON Patch is made list by list: what both lists begin and end with
 * stays, what is left in the middle is changed element by element when it is equally long, else
 * removed from its end and put in again, so that every index is right when its turn comes. */
#include "model/tree.h"

#include "base/patch.h"
#include "base/str.h"
#include "model/tree_key.h"
#include <stdio.h>

static const char *const server_owned[] = {
    "uid",           "resourceVersion",           "generation",
    "selfLink",      "creationTimestamp",         "deletionTimestamp",
    "managedFields", "deletionGracePeriodSeconds"};

ob_json *ob_tree_intent(const ob_json *object) {
  ob_json *copy = ob_json_dup(object);
  ob_json_remove(copy, "status");
  ob_json *meta = ob_json_get_mut(copy, "metadata");
  for (size_t i = 0; meta && i < OB_LEN(server_owned); i++) ob_json_remove(meta, server_owned[i]);
  return copy;
}

const char *ob_tree_uid(const ob_json *object) {
  return ob_or(ob_json_get_str(ob_json_get(object, "metadata"), "uid"), "");
}

bool ob_tree_going(const ob_json *object) {
  return ob_json_get_str(ob_json_get(object, "metadata"), "deletionTimestamp") != NULL;
}

/* --- differences ---------------------------------------------------------------------- */
typedef struct differ {
  ob_tree_diff *ret;
  ob_buf path;
  bool leaves; /* what one side alone has is told in parts */
} differ;

static void diff(differ *d, const char *list, const ob_json *from, const ob_json *to);

static void diff_objects(differ *d, const ob_json *from, const ob_json *to) {
  OB_AUTO(ob_tree_members) members = {0};
  ob_tree_members_add(&members, from);
  ob_tree_members_add(&members, to);
  for (size_t i = 0; i < members.all.len; i++) {
    const char *key = members.all.at[i];
    size_t before = ob_tree_path_member(&d->path, key);
    diff(d, key, ob_json_get(from, key), ob_json_get(to, key));
    ob_buf_truncate(&d->path, before);
  }
}

static void diff_lists(differ *d, const char *list, const ob_json *from, const ob_json *to) {
  OB_AUTO(ob_tree_keys) a = {0}, b = {0};
  ob_tree_keys_make(&a, list, from);
  ob_tree_keys_make(&b, list, to);
  if (a.unique != b.unique) {
    ob_tree_keys_number(&a);
    ob_tree_keys_number(&b);
  }
  for (size_t i = 0; i < a.all.len + b.all.len; i++) {
    bool first = i < a.all.len;
    const char *key = first ? a.all.at[i] : b.all.at[i - a.all.len];
    if (!first && ob_tree_keys_find(&a, key) != SIZE_MAX) continue;
    size_t before = ob_tree_path_element(&d->path, key);
    size_t other = ob_tree_keys_find(&b, key);
    diff(d, NULL, first ? ob_json_index(from, i) : NULL,
         other == SIZE_MAX ? NULL : ob_json_index(to, other));
    ob_buf_truncate(&d->path, before);
  }
}

static bool both(const ob_json *a, const ob_json *b, ob_json_type t) {
  return ob_json_is(a, t) && ob_json_is(b, t);
}

static bool is_or_absent(const ob_json *j, ob_json_type t) {
  return !ob_tree_or_null(j) || ob_json_is(j, t);
}

static bool go_into(const differ *d, const ob_json *a, const ob_json *b, ob_json_type t) {
  return both(a, b, t) || (d->leaves && is_or_absent(a, t) && is_or_absent(b, t));
}

static void diff(differ *d, const char *list, const ob_json *from, const ob_json *to) {
  if (ob_tree_same(from, to)) return;
  size_t before = d->ret->changes.len;
  bool objects = go_into(d, from, to, OB_JSON_OBJECT);
  if (objects) diff_objects(d, from, to);
  if (objects && (!d->leaves || d->ret->changes.len != before)) return;
  if (!objects && go_into(d, from, to, OB_JSON_ARRAY)) diff_lists(d, list, from, to);
  /* A list without a differing element has the same ones in another order. */
  if (d->ret->changes.len != before) return;
  if (d->ret->changes.len >= OB_TREE_CHANGES) {
    d->ret->cut = true;
    return;
  }
  ob_vec_push(&d->ret->changes, (ob_tree_change){.path = ob_strdup(ob_buf_str(&d->path)),
                                                 .from = ob_tree_or_null(from),
                                                 .to = ob_tree_or_null(to)});
}

static void diff_trees(ob_tree_diff *ret, const ob_json *from, const ob_json *to, bool leaves) {
  differ d = {.ret = ret, .path = OB_BUF_INIT(OB_LINE_MAX), .leaves = leaves};
  diff(&d, NULL, from, to);
  ob_buf_done(&d.path);
}

void ob_tree_diff_add(ob_tree_diff *ret, const ob_json *from, const ob_json *to) {
  diff_trees(ret, from, to, false);
}

void ob_tree_diff_leaves(ob_tree_diff *ret, const ob_json *from, const ob_json *to) {
  diff_trees(ret, from, to, true);
}

void ob_tree_diff_done(ob_tree_diff *d) {
  for (size_t i = 0; i < d->changes.len; i++) free(d->changes.at[i].path);
  ob_vec_done(&d->changes);
}

bool ob_tree_lists_differ(const ob_json *from, const ob_json *to) {
  if (ob_tree_same(from, to)) return false;
  if (both(from, to, OB_JSON_ARRAY)) return true;
  if (!both(from, to, OB_JSON_OBJECT)) return false;
  for (const ob_json *c = ob_json_first(from); c; c = ob_json_next(c))
    if (ob_tree_lists_differ(c, ob_json_get(to, ob_json_key(c)))) return true;
  return false;
}

/* --- JSON Patch ------------------------------------------------------------------------- */
typedef struct patcher {
  ob_json *ops;
  ob_buf at; /* JSON pointer */
} patcher;

static void op(patcher *p, const char *name, const ob_json *value) {
  ob_json *o = ob_json_push(p->ops, ob_json_new_object());
  ob_json_put_str(o, "op", name);
  ob_json_put_str(o, "path", ob_buf_str(&p->at));
  if (value) ob_json_put(o, "value", ob_json_dup(value));
}

static size_t enter(patcher *p, const char *key) {
  size_t before = p->at.len;
  ob_pointer_add(&p->at, key);
  return before;
}

static size_t enter_index(patcher *p, size_t i) {
  char text[24];
  snprintf(text, sizeof text, "%zu", i);
  return enter(p, text);
}

static void patch(patcher *p, const ob_json *from, const ob_json *to);

static void patch_objects(patcher *p, const ob_json *from, const ob_json *to) {
  OB_AUTO(ob_tree_members) members = {0};
  ob_tree_members_add(&members, from);
  ob_tree_members_add(&members, to);
  for (size_t i = 0; i < members.all.len; i++) {
    const ob_json *a = ob_json_get(from, members.all.at[i]),
                  *b = ob_json_get(to, members.all.at[i]);
    if (ob_tree_same(a, b)) continue;
    size_t before = enter(p, members.all.at[i]);
    if (!a)
      op(p, "add", b);
    else if (!ob_tree_or_null(b))
      op(p, "remove", NULL);
    else
      patch(p, a, b);
    ob_buf_truncate(&p->at, before);
  }
}

/* An element that is about to change: its whole old value, or, when the change lies in a list
 * further down, where the tests are made again, what names it. */
static void test_element(patcher *p, const ob_json *from, const ob_json *to) {
  if (!ob_tree_lists_differ(from, to)) {
    op(p, "test", from);
    return;
  }
  static const char *const names[] = {"host", "name", "secretName"};
  for (size_t i = 0; i < OB_LEN(names); i++) {
    const ob_json *name = ob_json_get(from, names[i]);
    if (!ob_json_str(name)) continue;
    size_t before = enter(p, names[i]);
    op(p, "test", name);
    ob_buf_truncate(&p->at, before);
    return;
  }
}

static void patch_lists(patcher *p, const ob_json *from, const ob_json *to) {
  size_t na = ob_json_len(from), nb = ob_json_len(to), head = 0, tail = 0;
  while (head < na && head < nb && ob_tree_same(ob_json_index(from, head), ob_json_index(to, head)))
    head++;
  while (tail < na - head && tail < nb - head &&
         ob_tree_same(ob_json_index(from, na - 1 - tail), ob_json_index(to, nb - 1 - tail)))
    tail++;
  size_t ma = na - head - tail, mb = nb - head - tail;
  for (size_t i = 0; ma == mb && i < ma; i++) {
    const ob_json *a = ob_json_index(from, head + i), *b = ob_json_index(to, head + i);
    if (ob_tree_same(a, b)) continue;
    size_t before = enter_index(p, head + i);
    test_element(p, a, b);
    patch(p, a, b);
    ob_buf_truncate(&p->at, before);
  }
  if (ma == mb) return;
  for (size_t i = ma; i-- > 0;) {
    size_t before = enter_index(p, head + i);
    op(p, "test", ob_json_index(from, head + i));
    op(p, "remove", NULL);
    ob_buf_truncate(&p->at, before);
  }
  for (size_t i = 0; i < mb; i++) {
    size_t before = enter_index(p, head + i);
    op(p, "add", ob_json_index(to, head + i));
    ob_buf_truncate(&p->at, before);
  }
}

static void patch(patcher *p, const ob_json *from, const ob_json *to) {
  if (both(from, to, OB_JSON_OBJECT))
    patch_objects(p, from, to);
  else if (both(from, to, OB_JSON_ARRAY))
    patch_lists(p, from, to);
  else
    op(p, "replace", to);
}

ob_json *ob_tree_json_patch(const ob_json *from, const ob_json *to) {
  patcher p = {.ops = ob_json_new_array(), .at = OB_BUF_INIT(OB_LINE_MAX)};
  if (!ob_tree_same(from, to)) patch(&p, from, to);
  ob_buf_done(&p.at);
  return p.ops;
}

/* --- covering ----------------------------------------------------------------------------- */
static bool covers(const char *list, const ob_json *w, const ob_json *o, ob_buf *path) {
  w = ob_tree_or_null(w);
  if (!w) return true;
  size_t n = ob_json_len(w);
  if (both(w, o, OB_JSON_OBJECT)) {
    for (const ob_json *c = ob_json_first(w); c; c = ob_json_next(c)) {
      size_t before = ob_tree_path_member(path, ob_json_key(c));
      if (!covers(ob_json_key(c), c, ob_json_get(o, ob_json_key(c)), path)) return false;
      ob_buf_truncate(path, before);
    }
    return true;
  }
  if (!both(w, o, OB_JSON_ARRAY) || n != ob_json_len(o)) return ob_tree_same(w, o);
  OB_AUTO(ob_tree_keys) keys = {0};
  ob_tree_keys_make(&keys, list, w);
  for (size_t i = 0; i < n; i++) {
    size_t before = ob_tree_path_element(path, keys.all.at[i]);
    if (!covers(NULL, ob_json_index(w, i), ob_json_index(o, i), path)) return false;
    ob_buf_truncate(path, before);
  }
  return true;
}

bool ob_tree_covers(const ob_json *wanted, const ob_json *object, ob_buf *ret_path) {
  OB_AUTO(ob_buf) own = OB_BUF_INIT(OB_LINE_MAX);
  return covers(NULL, wanted, object, ret_path ? ret_path : &own);
}
