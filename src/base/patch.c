/* JSON Pointer, JSON Patch and merge patch over ob_json.
 *
 * A JSON Patch works on a copy that takes the root's place when all went well. Ten thousand
 * `copy` operations could double a tree each time, so depth and copied nodes are capped. */
#include "base/patch.h"
#include "base/str.h"

enum { COPY_NODES = 1000000 };

/* --- JSON Pointer ------------------------------------------------------------------- */

/* Decode the token behind the slash at *io_p and step over it. False when the pointer is bad. */
static bool next_token(const char **io_p, ob_buf *out) {
  const char *p = *io_p;
  ob_buf_reset(out);
  if (*p++ != '/') return false;
  for (; *p && *p != '/'; p++) {
    char c = *p;
    if (c == '~') {
      if (*++p != '0' && *p != '1') return false;
      c = *p == '0' ? '~' : '/';
    }
    ob_buf_addc(out, c);
  }
  *io_p = p;
  return !out->failed;
}

/* RFC 6901 4: "0" or digits without a leading zero. */
static bool array_index(const char *token, size_t *ret) {
  int64_t v;
  if (token[0] == '-' || (token[0] == '0' && token[1])) return false;
  if (!ob_parse_int(token, 0, INT32_MAX, &v)) return false;
  *ret = (size_t)v;
  return true;
}

static const ob_json *step(const ob_json *at, const char *token) {
  size_t i;
  if (ob_json_is(at, OB_JSON_ARRAY)) return array_index(token, &i) ? ob_json_index(at, i) : NULL;
  return ob_json_get(at, token);
}

const ob_json *ob_pointer_get(const ob_json *root, const char *pointer) {
  OB_AUTO(ob_buf) token = OB_BUF_INIT(OB_JSON_MAX);
  while (root && *pointer) {
    if (!next_token(&pointer, &token)) return NULL;
    root = step(root, ob_buf_str(&token));
  }
  return root;
}

int ob_pointer_add(ob_buf *out, const char *token) {
  int r = ob_buf_addc(out, '/');
  for (; *token && r == 0; token++) {
    if (*token == '~' || *token == '/') {
      r = ob_buf_adds(out, *token == '~' ? "~0" : "~1");
    } else {
      r = ob_buf_addc(out, *token);
    }
  }
  return r;
}

/* --- JSON Patch --------------------------------------------------------------------- */

typedef struct patching {
  ob_json *root;
  size_t copied;   /* nodes that `copy` operations made so far */
  const char *why; /* set when an operation fails */
  ob_code code;
} patching;

static bool refuse(patching *p, ob_code code, const char *why) {
  p->code = code;
  p->why = why;
  return false;
}

static size_t depth_of(const ob_json *j) {
  size_t deepest = 0;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) {
    size_t d = depth_of(c);
    if (d > deepest) deepest = d;
  }
  return deepest + 1;
}

static size_t nodes_of(const ob_json *j) {
  size_t n = 1;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) n += nodes_of(c);
  return n;
}

/* The container that the pointer's last token stands in; the token is left in `token`. */
static ob_json *parent_of(patching *p, const char *path, ob_buf *token, size_t *ret_depth) {
  ob_json *at = p->root;
  *ret_depth = 0;
  for (;;) {
    if (!next_token(&path, token)) {
      refuse(p, OB_EINVALID, "the path is no JSON Pointer");
      return NULL;
    }
    ++*ret_depth;
    if (!*path) break;
    at = (ob_json *)(uintptr_t)step(at, ob_buf_str(token));
    if (!at) break;
  }
  if (!ob_json_is(at, OB_JSON_OBJECT) && !ob_json_is(at, OB_JSON_ARRAY)) {
    refuse(p, OB_EINVALID, "the path's parent does not exist");
    return NULL;
  }
  return at;
}

static bool op_add(patching *p, const char *path, ob_json *move_value) {
  OB_AUTOPTR(ob_json) value = move_value;
  OB_AUTO(ob_buf) token = OB_BUF_INIT(OB_JSON_MAX);
  if (!*path) {
    ob_json_free(p->root);
    p->root = ob_take(value);
    return true;
  }
  size_t depth, i = 0;
  ob_json *parent = parent_of(p, path, &token, &depth);
  if (!parent) return false;
  if (depth + depth_of(value) > OB_JSON_DEPTH) return refuse(p, OB_ELIMIT, "nested more than 200 levels deep");
  if (ob_json_is(parent, OB_JSON_OBJECT)) {
    ob_json_put(parent, ob_buf_str(&token), ob_take(value));
    return true;
  }
  if (strcmp(ob_buf_str(&token), "-") == 0) {
    ob_json_push(parent, ob_take(value));
    return true;
  }
  if (!array_index(ob_buf_str(&token), &i) || i > ob_json_len(parent))
    return refuse(p, OB_EINVALID, "the index is outside the list");
  ob_json_insert(parent, i, ob_take(value));
  return true;
}

static bool op_remove(patching *p, const char *path) {
  OB_AUTO(ob_buf) token = OB_BUF_INIT(OB_JSON_MAX);
  size_t depth, i = 0;
  if (!*path) return refuse(p, OB_EINVALID, "the whole document cannot be removed");
  ob_json *parent = parent_of(p, path, &token, &depth);
  if (!parent) return false;
  if (!step(parent, ob_buf_str(&token))) return refuse(p, OB_EINVALID, "the path names nothing");
  if (ob_json_is(parent, OB_JSON_OBJECT)) {
    ob_json_remove(parent, ob_buf_str(&token));
  } else if (array_index(ob_buf_str(&token), &i)) {
    ob_json_remove_at(parent, i);
  }
  return true;
}

static bool op_replace(patching *p, const char *path, ob_json *move_value) {
  OB_AUTOPTR(ob_json) value = move_value;
  if (!ob_pointer_get(p->root, path)) return refuse(p, OB_EINVALID, "the path names nothing");
  OB_AUTO(ob_buf) token = OB_BUF_INIT(OB_JSON_MAX);
  size_t depth, i = 0;
  ob_json *parent = *path ? parent_of(p, path, &token, &depth) : NULL;
  /* An array's element must go before the new one can take its index. */
  if (ob_json_is(parent, OB_JSON_ARRAY) && array_index(ob_buf_str(&token), &i))
    ob_json_remove_at(parent, i);
  return op_add(p, path, ob_take(value));
}

static bool op_copy_move(patching *p, const char *from, const char *path, bool move) {
  const ob_json *source = ob_pointer_get(p->root, from);
  if (!source) return refuse(p, OB_EINVALID, "\"from\" names nothing");
  size_t n = strlen(from);
  if (move && strcmp(from, path) == 0) return true;
  if (move && strncmp(from, path, n) == 0 && path[n] == '/')
    return refuse(p, OB_EINVALID, "a value cannot be moved into itself");
  p->copied += nodes_of(source);
  if (p->copied > COPY_NODES) return refuse(p, OB_ELIMIT, "more than 1000000 values are copied");
  OB_AUTOPTR(ob_json) value = ob_json_dup(source);
  if (move && !op_remove(p, from)) return false;
  return op_add(p, path, ob_take(value));
}

static bool apply(patching *p, const ob_json *op) {
  const char *name = ob_json_get_str(op, "op"), *path = ob_json_get_str(op, "path");
  const char *from = ob_json_get_str(op, "from");
  const ob_json *value = ob_json_get(op, "value");
  if (!name || !path) return refuse(p, OB_EINVALID, "\"op\" and \"path\" must be strings");
  if (ob_streq(name, "remove")) return op_remove(p, path);
  if (ob_streq(name, "copy") || ob_streq(name, "move")) {
    if (!from) return refuse(p, OB_EINVALID, "\"from\" must be a string");
    return op_copy_move(p, from, path, ob_streq(name, "move"));
  }
  bool add = ob_streq(name, "add"), replace = ob_streq(name, "replace");
  if (!add && !replace && !ob_streq(name, "test"))
    return refuse(p, OB_EINVALID, "unknown operation");
  if (!value) return refuse(p, OB_EINVALID, "\"value\" is missing");
  if (add) return op_add(p, path, ob_json_dup(value));
  if (replace) return op_replace(p, path, ob_json_dup(value));
  const ob_json *there = ob_pointer_get(p->root, path);
  if (!there) return refuse(p, OB_ECONFLICT, "test failed: the path names nothing");
  if (!ob_json_equal(there, value))
    return refuse(p, OB_ECONFLICT, "test failed: the value is another one");
  return true;
}

int ob_json_patch(ob_json **io_root, const ob_json *ops, ob_err *err) {
  if (!ob_json_is(ops, OB_JSON_ARRAY))
    return ob_fail(err, OB_EINVALID, "a JSON Patch is a list of operations");
  patching p = {.root = ob_json_dup(*io_root)};
  size_t i = 0;
  for (const ob_json *op = ob_json_first(ops); op; op = ob_json_next(op), i++) {
    if (i == OB_PATCH_OPS) {
      refuse(&p, OB_ELIMIT, "more than 10000 operations");
    } else if (apply(&p, op)) {
      continue;
    }
    ob_json_free(p.root);
    const char *name = ob_json_get_str(op, "op"), *path = ob_json_get_str(op, "path");
    return ob_fail(err, p.code, "operation %zu (%s %s): %s", i, ob_or(name, "?"), path ? path : "?",
                   p.why);
  }
  ob_json_free(*io_root);
  *io_root = p.root;
  return 0;
}

/* --- merge patch -------------------------------------------------------------------- */

static void merge_members(ob_json *target, const ob_json *patch) {
  for (const ob_json *c = ob_json_first(patch); c; c = ob_json_next(c)) {
    const char *key = ob_json_key(c);
    switch (ob_json_type_of(c)) {
    case OB_JSON_NULL: ob_json_remove(target, key); break;
    case OB_JSON_OBJECT: merge_members(ob_json_ensure_object(target, key), c); break;
    default: ob_json_put(target, key, ob_json_dup(c)); break;
    }
  }
}

void ob_merge_patch(ob_json **io_root, const ob_json *patch) {
  bool objects = ob_json_is(patch, OB_JSON_OBJECT);
  if (!objects || !ob_json_is(*io_root, OB_JSON_OBJECT)) {
    ob_json_free(*io_root);
    *io_root = objects ? ob_json_new_object() : patch ? ob_json_dup(patch) : ob_json_new_null();
  }
  if (objects) merge_members(*io_root, patch);
}

ob_json *ob_merge_diff(const ob_json *from, const ob_json *to) {
  if (!ob_json_is(from, OB_JSON_OBJECT) || !ob_json_is(to, OB_JSON_OBJECT))
    return to ? ob_json_dup(to) : ob_json_new_null();
  ob_json *patch = ob_json_new_object();
  for (const ob_json *c = ob_json_first(from); c; c = ob_json_next(c)) {
    if (!ob_json_get(to, ob_json_key(c))) ob_json_put(patch, ob_json_key(c), ob_json_new_null());
  }
  for (const ob_json *c = ob_json_first(to); c; c = ob_json_next(c)) {
    const ob_json *old = ob_json_get(from, ob_json_key(c));
    if (!old || !ob_json_equal(old, c)) ob_json_put(patch, ob_json_key(c), ob_merge_diff(old, c));
  }
  return patch;
}
