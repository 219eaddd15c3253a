/* Object trees side by side: what differs, what a patch for it is, and three of them merged.
 *
 * Lists are compared by what identifies their elements, not by their place: a Service's ports by
 * name (else port and protocol), an Ingress' rules by host, its paths by path and type, TLS entries
 * by secret, things with a name by their name, strings by themselves. A list in which two elements
 * have one identity goes by place.
 *
 * Paths in changes are for people: "spec.rules[shop.example.com].http.paths[/api Prefix].backend".
 *
 * Ownership Trees that are passed in are borrowed; a diff borrows values from both.
 * Thread    ANY. Limits: OB_TREE_CHANGES changes are kept, `cut` says that there are more.
 */
#ifndef OB_MODEL_TREE_H
#define OB_MODEL_TREE_H

#include "base/json.h"
#include "outboard/plan.h"

enum { OB_TREE_CHANGES = 1000 };

/* A copy without what the server alone owns: status, managedFields, uid, resourceVersion,
 * generation, times. */
ob_json *ob_tree_intent(const ob_json *object);

/* metadata.uid, "" when absent; and whether it is deleted and waits for its finalizers. */
const char *ob_tree_uid(const ob_json *object);
bool ob_tree_going(const ob_json *object);

typedef struct ob_tree_change {
  char *path;
  const ob_json *from, *to; /* NULL: absent on that side */
} ob_tree_change;

typedef struct ob_tree_diff {
  OB_VEC(ob_tree_change) changes;
  bool cut;
} ob_tree_diff;

/* Appends the differences, each as deep as it can be told; *ret starts as {0}. */
void ob_tree_diff_add(ob_tree_diff *ret, const ob_json *from, const ob_json *to);
/* The same, and what one side alone has is told leaf by leaf: for objects that come or go. */
void ob_tree_diff_leaves(ob_tree_diff *ret, const ob_json *from, const ob_json *to);
void ob_tree_diff_done(ob_tree_diff *d);
OB_AUTO_DEFINE(ob_tree_diff, ob_tree_diff_done)

/* Some list differs: a merge patch would have to send it whole. */
bool ob_tree_lists_differ(const ob_json *from, const ob_json *to);

/* JSON Patch (RFC 6902) that turns `from` into `to` and touches nothing else. List elements that
 * it changes or removes are tested first. Caller owns. */
ob_json *ob_tree_json_patch(const ob_json *from, const ob_json *to);

/* Everything that `wanted` says is in `object`, which may say more (defaults): members of objects
 * one by one, lists element by element. False fills ret_path (may be NULL) with the first place. */
bool ob_tree_covers(const ob_json *wanted, const ob_json *object, ob_buf *ret_path);

/* What both changed since `base`. Where they changed one place differently, the side that was chosen
 * counts; without a choice it is a conflict: the result holds theirs, and the conflict is appended
 * with base, mine and theirs. */
typedef struct ob_tree_conflict {
  char *path;
  const ob_json *base, *mine, *theirs; /* NULL: absent there */
} ob_tree_conflict;
typedef struct ob_tree_conflicts {
  OB_VEC(ob_tree_conflict) all;
  ob_take_side (*choose)(void *arg, const char *path); /* NULL: nobody has chosen */
  void *arg;
} ob_tree_conflicts;
void ob_tree_conflicts_done(ob_tree_conflicts *c);
OB_AUTO_DEFINE(ob_tree_conflicts, ob_tree_conflicts_done)

/* Caller owns; NULL when the object itself is gone in the result. */
ob_json *ob_tree_merge(const ob_json *base, const ob_json *mine, const ob_json *theirs,
                       ob_tree_conflicts *ret);

#endif
