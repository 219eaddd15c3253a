/* Strategic merge patch: a merge patch whose lists of objects are merged by key where the kind's Go
 * types say so, with directives inside. Source: apimachinery pkg/util/strategicpatch. */
#include "base/str.h"
#include "sim/service.h"

/* Lists that merge: the field, its kind (SIM_KINDS: any) and the key; key "" is a list of plain
 * values. All other lists are replaced whole. */
static const struct {
  sim_kind kind;
  const char *field, *key;
} merge_lists[] = {
    {SIM_SERVICE, "ports", "port"},         {SIM_KINDS, "conditions", "type"},
    {SIM_KINDS, "ownerReferences", "uid"},  {SIM_KINDS, "finalizers", ""},
    {SIM_DEPLOYMENT, "containers", "name"}, {SIM_DEPLOYMENT, "ports", "containerPort"},
    {SIM_DEPLOYMENT, "env", "name"},        {SIM_DEPLOYMENT, "volumes", "name"},
    {SIM_POD, "containers", "name"},        {SIM_NODE, "addresses", "type"},
};

static const char *merge_key(sim_kind kind, const char *field) {
  for (size_t i = 0; i < OB_LEN(merge_lists); i++)
    if ((merge_lists[i].kind == kind || merge_lists[i].kind == SIM_KINDS) &&
        ob_streq(merge_lists[i].field, field))
      return merge_lists[i].key;
  return NULL;
}

static int merge_object(sim_kind kind, ob_json *target, const ob_json *patch, ob_err *err);

static size_t find_by_key(const ob_json *list, const char *key, const ob_json *like) {
  const ob_json *want = *key ? ob_json_get(like, key) : like;
  size_t i = 0;
  for (const ob_json *e = ob_json_first(list); e; e = ob_json_next(e), i++)
    if (ob_json_equal(*key ? ob_json_get(e, key) : e, want)) return i;
  return SIZE_MAX;
}

static ob_json *without_directives(sim_kind kind, const ob_json *patch, ob_err *err) {
  ob_json *fresh = ob_json_new_object();
  merge_object(kind, fresh, patch, err);
  return fresh;
}

static int merge_list(sim_kind kind, ob_json *list, const ob_json *patch, const char *key,
                      ob_err *err) {
  for (const ob_json *p = ob_json_first(patch); p; p = ob_json_next(p))
    if (ob_streq(ob_json_get_str(p, "$patch"), "replace"))
      while (ob_json_len(list)) ob_json_remove_at(list, 0);
  for (const ob_json *p = ob_json_first(patch); p; p = ob_json_next(p)) {
    const char *directive = ob_json_get_str(p, "$patch");
    if (ob_streq(directive, "replace") && ob_json_len(p) == 1) continue;
    if (*key && !ob_json_get(p, key))
      return ob_fail(err, OB_EINVALID, "map: does not contain declared merge key: %s", key);
    size_t at = find_by_key(list, key, p);
    if (ob_streq(directive, "delete")) {
      if (at != SIZE_MAX) ob_json_remove_at(list, at);
    } else if (at == SIZE_MAX) {
      ob_json_push(list, *key ? without_directives(kind, p, err) : ob_json_dup(p));
    } else if (*key) {
      int rc = merge_object(kind, sim_mut(ob_json_index(list, at)), p, err);
      if (rc != 0) return rc;
    }
  }
  return 0;
}

/* What `order` names comes in its order, between the rest where both stood in the list before:
 * where nothing says otherwise, first. Without `$setElementOrder` the patch itself is the order. */
static void set_order(ob_json *target, const char *field, const ob_json *order, const ob_json *had,
                      const char *key) {
  ob_json *list = ob_json_get_mut(target, field), *sorted = ob_json_new_array();
  const ob_json *o = ob_json_first(order), *rest = ob_json_first(list);
  for (;;) {
    while (o && find_by_key(list, key, o) == SIZE_MAX) o = ob_json_next(o);
    while (rest && find_by_key(order, key, rest) != SIZE_MAX) rest = ob_json_next(rest);
    if (!o && !rest) break;
    size_t at = o ? find_by_key(had, key, o) : SIZE_MAX;
    size_t rest_at = rest ? find_by_key(had, key, rest) : SIZE_MAX;
    if (rest && (!o || (at != SIZE_MAX && rest_at < at))) {
      ob_json_push(sorted, ob_json_dup(rest));
      rest = ob_json_next(rest);
    } else {
      ob_json_push(sorted, ob_json_dup(ob_json_index(list, find_by_key(list, key, o))));
      o = ob_json_next(o);
    }
  }
  ob_json_put(target, field, sorted);
}

static void retain_keys(ob_json *target, const ob_json *keys) {
  for (const ob_json *c = ob_json_first(target), *next; c; c = next) {
    next = ob_json_next(c);
    OB_AUTOPTR(ob_json) key = ob_json_new_str(ob_json_key(c));
    if (find_by_key(keys, "", key) == SIZE_MAX) ob_json_remove(target, ob_json_str(key));
  }
}

static void delete_values(ob_json *target, const char *field, const ob_json *values) {
  ob_json *list = ob_json_get_mut(target, field);
  for (const ob_json *v = ob_json_first(values); v; v = ob_json_next(v)) {
    size_t at = find_by_key(list, "", v);
    if (at != SIZE_MAX) ob_json_remove_at(list, at);
  }
}

static const char *after(const char *key, const char *prefix) {
  return ob_starts(key, prefix) ? key + strlen(prefix) : NULL;
}

static int merge_member(sim_kind kind, ob_json *target, const ob_json *p, const ob_json *order,
                        ob_err *err) {
  const char *name = ob_json_key(p), *key = merge_key(kind, name);
  ob_json *have = ob_json_get_mut(target, name);
  if (ob_json_is(p, OB_JSON_NULL)) {
    ob_json_remove(target, name);
  } else if (ob_json_is(p, OB_JSON_OBJECT)) {
    return merge_object(kind, ob_json_ensure_object(target, name), p, err);
  } else if (ob_json_is(p, OB_JSON_ARRAY) && key) {
    if (!ob_json_is(have, OB_JSON_ARRAY)) have = ob_json_put(target, name, ob_json_new_array());
    OB_AUTOPTR(ob_json) had = ob_json_dup(have);
    int rc = merge_list(kind, have, p, key, err);
    if (rc != 0) return rc;
    set_order(target, name, order ? order : p, had, key);
  } else {
    ob_json_put(target, name, ob_json_dup(p));
  }
  return 0;
}

static int merge_object(sim_kind kind, ob_json *target, const ob_json *patch, ob_err *err) {
  const char *directive = ob_json_get_str(patch, "$patch"), *field;
  if (directive && !ob_streq(directive, "merge")) {
    if (!ob_streq(directive, "replace") && !ob_streq(directive, "delete"))
      return ob_fail(err, OB_EINVALID, "unknown patch type: %s", directive);
    while (ob_json_first(target)) {
      OB_AUTOFREE char *key = ob_strdup(ob_json_key(ob_json_first(target)));
      ob_json_remove(target, key);
    }
    if (ob_streq(directive, "delete")) return 0;
  }
  for (const ob_json *p = ob_json_first(patch); p; p = ob_json_next(p)) {
    if ((field = after(ob_json_key(p), "$deleteFromPrimitiveList/")) != NULL)
      delete_values(target, field, p);
    if (*ob_json_key(p) == '$') continue;
    OB_AUTOFREE char *order = ob_asprintf("$setElementOrder/%s", ob_json_key(p));
    int rc = merge_member(kind, target, p, ob_json_get(patch, order), err);
    if (rc != 0) return rc;
  }
  for (const ob_json *p = ob_json_first(patch); p; p = ob_json_next(p)) {
    field = after(ob_json_key(p), "$setElementOrder/");
    const ob_json *list = field ? ob_json_get(target, field) : NULL;
    if (list && !ob_json_get(patch, field) && merge_key(kind, field)) {
      OB_AUTOPTR(ob_json) had = ob_json_dup(list);
      set_order(target, field, p, had, merge_key(kind, field));
    }
    if (ob_streq(ob_json_key(p), "$retainKeys")) retain_keys(target, p);
  }
  return 0;
}

int sim_strategic_patch(sim_kind kind, ob_json *target, const ob_json *patch, ob_err *err) {
  if (!ob_json_is(patch, OB_JSON_OBJECT))
    return ob_fail(err, OB_EINVALID, "a strategic merge patch must be an object");
  return merge_object(kind, target, patch, err);
}
