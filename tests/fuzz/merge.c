/* Trees of objects: differences, their patches, and three of them merged, held to the laws of
 * merging. The input is three trees (fuzz_tree). */
#include "base/patch.h"
#include "base/str.h"
#include "fuzz.h"
#include "model/tree.h"

static ob_json *merged(const ob_json *base, const ob_json *mine, const ob_json *theirs,
                       size_t *ret_conflicts) {
  OB_AUTO(ob_tree_conflicts) conflicts = {0};
  ob_json *j = ob_tree_merge(base, mine, theirs, &conflicts);
  *ret_conflicts = conflicts.all.len;
  for (size_t i = 0; i < conflicts.all.len; i++)
    fuzz_show(conflicts.all.at[i].path, strlen(conflicts.all.at[i].path));
  return j;
}

/* Without a conflict, and the very tree. */
static void gives(const ob_json *base, const ob_json *mine, const ob_json *theirs,
                  const ob_json *wanted) {
  size_t conflicts;
  OB_AUTOPTR(ob_json) got = merged(base, mine, theirs, &conflicts);
  FUZZ_HOLDS(conflicts == 0 && got && ob_json_equal(got, wanted));
}

static void patch_leads(const ob_json *from, const ob_json *to) {
  OB_AUTOPTR(ob_json) patch = ob_tree_json_patch(from, to);
  ob_json *got = ob_json_dup(from);
  ob_err err = {0};
  FUZZ_HOLDS(ob_json_patch(&got, patch, &err) == 0);
  FUZZ_HOLDS(ob_json_equal(got, to));
  ob_json_free(got);
}

/* What is merged are objects; null and absent are one there (model/tree_key.h). */
static ob_json *object(fuzz_in *in) {
  ob_json *o = ob_json_new_object();
  ob_json_put(o, "spec", fuzz_tree(in, false));
  return o;
}

static bool differ(const ob_json *a, const ob_json *b) {
  OB_AUTO(ob_tree_diff) d = {0};
  ob_tree_diff_add(&d, a, b);
  for (size_t i = 0; i < d.changes.len; i++)
    fuzz_show(d.changes.at[i].path, strlen(d.changes.at[i].path));
  return d.changes.len > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  OB_AUTOPTR(ob_json) a = object(&in);
  OB_AUTOPTR(ob_json) b = object(&in);
  OB_AUTOPTR(ob_json) c = object(&in);
  FUZZ_HOLDS(!differ(a, a));
  FUZZ_HOLDS(differ(a, b) || ob_json_equal(a, b) || !ob_json_is(a, OB_JSON_OBJECT) ||
             !ob_json_is(b, OB_JSON_OBJECT));
  patch_leads(a, b);
  patch_leads(b, c);
  FUZZ_HOLDS(ob_tree_covers(a, a, NULL));
  gives(a, a, a, a);
  gives(a, b, a, b); /* only I changed it */
  gives(a, a, b, b); /* only they did */
  gives(a, b, b, b); /* both did the same */
  size_t mine, theirs;
  OB_AUTOPTR(ob_json) one = merged(a, b, c, &mine);
  OB_AUTOPTR(ob_json) other = merged(a, c, b, &theirs);
  FUZZ_HOLDS((mine == 0) == (theirs == 0));
  if (one) fuzz_prints(one);
  if (other) fuzz_prints(other);
  return 0;
}
