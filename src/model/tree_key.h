/* What identifies the elements of a list; for tree*.c only. */
#ifndef OB_MODEL_TREE_KEY_H
#define OB_MODEL_TREE_KEY_H

#include "base/json.h"

/* The identities of a list's elements, in order. `list` is the member's name ("ports"). */
typedef struct ob_tree_keys {
  OB_VEC(char *) all;
  bool unique; /* no two are equal; else they are "0", "1", … */
} ob_tree_keys;
void ob_tree_keys_make(ob_tree_keys *ret, const char *list, const ob_json *array);
/* By place, whatever they are: when another list of the same name is not unique. */
void ob_tree_keys_number(ob_tree_keys *keys);
void ob_tree_keys_done(ob_tree_keys *keys);
OB_AUTO_DEFINE(ob_tree_keys, ob_tree_keys_done)
/* SIZE_MAX when absent. */
size_t ob_tree_keys_find(const ob_tree_keys *keys, const char *key);

/* Append ".key" or "[key]" to a path for people; returns the length before, for truncating. */
size_t ob_tree_path_member(ob_buf *path, const char *key);
size_t ob_tree_path_element(ob_buf *path, const char *key);

/* Absent and null are one for a merge; NULL stands for both. */
const ob_json *ob_tree_or_null(const ob_json *j);
bool ob_tree_same(const ob_json *a, const ob_json *b);
/* The keys of both objects in order, `a`'s first. */
typedef struct ob_tree_members {
  OB_VEC(const char *) all;
} ob_tree_members;
void ob_tree_members_add(ob_tree_members *m, const ob_json *object);
void ob_tree_members_done(ob_tree_members *m);
OB_AUTO_DEFINE(ob_tree_members, ob_tree_members_done)

#endif
