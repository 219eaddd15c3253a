/* Three-way merge. Where only one side changed, that side counts; where both did the same, it
 * counts once; objects and lists of distinct elements are merged member by member.
 *
 * A merged list has the order of the side that reordered it (theirs when none did); what the other
 * side added comes behind the element that it stood behind there. */
#include "model/tree.h"
#include "model/tree_key.h"

#include "base/str.h"

typedef struct merger {
  ob_tree_conflicts *ret;
  ob_buf path;
} merger;

static ob_json *merge(merger *m, const char *list, const ob_json *base, const ob_json *mine,
                      const ob_json *theirs);

static ob_json *dup_or_null(const ob_json *j) {
  return j ? ob_json_dup(j) : NULL;
}

static ob_json *conflict(merger *m, const ob_json *base, const ob_json *mine,
                         const ob_json *theirs) {
  const ob_tree_conflicts *c = m->ret;
  ob_take_side side = c->choose ? c->choose(c->arg, ob_buf_str(&m->path)) : OB_TAKE_NONE;
  if (side != OB_TAKE_NONE) return dup_or_null(side == OB_TAKE_MINE ? mine : theirs);
  ob_vec_push(&m->ret->all,
              (ob_tree_conflict){ob_strdup(ob_buf_str(&m->path)), base, mine, theirs});
  return dup_or_null(theirs);
}

static ob_json *merge_objects(merger *m, const ob_json *base, const ob_json *mine,
                              const ob_json *theirs) {
  ob_json *out = ob_json_new_object();
  OB_AUTO(ob_tree_members) members = {0};
  ob_tree_members_add(&members, theirs);
  ob_tree_members_add(&members, mine);
  for (size_t i = 0; i < members.all.len; i++) {
    const char *key = members.all.at[i];
    size_t before = ob_tree_path_member(&m->path, key);
    ob_json *v =
        merge(m, key, ob_json_get(base, key), ob_json_get(mine, key), ob_json_get(theirs, key));
    if (v) ob_json_put(out, key, v);
    ob_buf_truncate(&m->path, before);
  }
  return out;
}

/* One of the three lists with its keys. */
typedef struct side {
  const ob_json *list;
  ob_tree_keys keys;
} side;

static const ob_json *element(const side *s, const char *key) {
  size_t i = ob_tree_keys_find(&s->keys, key);
  return i == SIZE_MAX ? NULL : ob_json_index(s->list, i);
}

/* The keys that both have come in another order. */
static bool reordered(const side *a, const side *b) {
  size_t last = 0;
  bool any = false;
  for (size_t i = 0; i < a->keys.all.len; i++) {
    size_t at = ob_tree_keys_find(&b->keys, a->keys.all.at[i]);
    if (at == SIZE_MAX) continue;
    if (any && at < last) return true;
    last = at;
    any = true;
  }
  return false;
}

static ob_json *merge_element(merger *m, const side *base, const side *mine, const side *theirs,
                              const char *key) {
  size_t before = ob_tree_path_element(&m->path, key);
  ob_json *v = merge(m, NULL, element(base, key), element(mine, key), element(theirs, key));
  ob_buf_truncate(&m->path, before);
  return v;
}

static ob_json *merge_keyed(merger *m, const side *base, const side *mine, const side *theirs) {
  bool mine_moved = reordered(base, mine), theirs_moved = reordered(base, theirs);
  if (mine_moved && theirs_moved && reordered(mine, theirs))
    return conflict(m, base->list, mine->list, theirs->list);
  const side *lead = mine_moved ? mine : theirs, *other = mine_moved ? theirs : mine;
  OB_AUTO(ob_tree_keys) placed = {0};
  ob_json *out = ob_json_new_array();
  for (size_t i = 0; i < lead->keys.all.len; i++) {
    ob_json *v = merge_element(m, base, mine, theirs, lead->keys.all.at[i]);
    if (!v) continue;
    ob_json_push(out, v);
    ob_vec_push(&placed.all, ob_strdup(lead->keys.all.at[i]));
  }
  for (size_t i = 0; i < other->keys.all.len; i++) {
    const char *key = other->keys.all.at[i];
    if (ob_tree_keys_find(&lead->keys, key) != SIZE_MAX) continue;
    ob_json *v = merge_element(m, base, mine, theirs, key);
    if (!v) continue;
    size_t at = SIZE_MAX; /* behind the nearest that it stood behind; + 1 makes "none" the front */
    for (size_t k = i; k-- > 0 && at == SIZE_MAX;)
      at = ob_tree_keys_find(&placed, other->keys.all.at[k]);
    at++;
    ob_json_insert(out, at, v);
    ob_vec_push(&placed.all, NULL);
    memmove(&placed.all.at[at + 1], &placed.all.at[at],
            (placed.all.len - 1 - at) * sizeof *placed.all.at);
    placed.all.at[at] = ob_strdup(key);
  }
  return out;
}

static ob_json *merge_lists(merger *m, const char *list, const ob_json *base, const ob_json *mine,
                            const ob_json *theirs) {
  side sides[3] = {{.list = base}, {.list = mine}, {.list = theirs}};
  bool unique = true;
  for (size_t i = 0; i < OB_LEN(sides); i++) {
    ob_tree_keys_make(&sides[i].keys, list, sides[i].list);
    unique &= sides[i].keys.unique;
  }
  ob_json *out =
      unique ? merge_keyed(m, &sides[0], &sides[1], &sides[2]) : conflict(m, base, mine, theirs);
  for (size_t i = 0; i < OB_LEN(sides); i++) ob_tree_keys_done(&sides[i].keys);
  return out;
}

/* NULL: absent on that side and in the result. */
static ob_json *merge(merger *m, const char *list, const ob_json *base, const ob_json *mine,
                      const ob_json *theirs) {
  base = ob_tree_or_null(base);
  mine = ob_tree_or_null(mine);
  theirs = ob_tree_or_null(theirs);
  if (ob_tree_same(mine, base) || ob_tree_same(mine, theirs)) return dup_or_null(theirs);
  if (ob_tree_same(theirs, base)) return dup_or_null(mine);
  bool objects = ob_json_is(mine, OB_JSON_OBJECT) && ob_json_is(theirs, OB_JSON_OBJECT);
  bool lists = ob_json_is(mine, OB_JSON_ARRAY) && ob_json_is(theirs, OB_JSON_ARRAY);
  if (objects && (!base || ob_json_is(base, OB_JSON_OBJECT)))
    return merge_objects(m, base, mine, theirs);
  if (lists && (!base || ob_json_is(base, OB_JSON_ARRAY)))
    return merge_lists(m, list, base, mine, theirs);
  return conflict(m, base, mine, theirs);
}

ob_json *ob_tree_merge(const ob_json *base, const ob_json *mine, const ob_json *theirs,
                       ob_tree_conflicts *ret) {
  merger m = {.ret = ret, .path = OB_BUF_INIT(OB_LINE_MAX)};
  ob_json *out = merge(&m, NULL, base, mine, theirs);
  ob_buf_done(&m.path);
  return out;
}

void ob_tree_conflicts_done(ob_tree_conflicts *c) {
  for (size_t i = 0; i < c->all.len; i++) free(c->all.at[i].path);
  ob_vec_done(&c->all);
}
