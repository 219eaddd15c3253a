/* JSON Patch and merge patch: all or nothing, and a difference applied is the other tree. Input: a
 * document and a patch as text, a NUL between; what is no JSON is taken for two trees. */
#include "base/patch.h"
#include "base/str.h"
#include "fuzz.h"

static void apply(const ob_json *doc, const ob_json *ops) {
  ob_json *changed = ob_json_dup(doc);
  ob_err err = {0};
  if (ob_json_patch(&changed, ops, &err) < 0) {
    FUZZ_HOLDS(ob_json_equal(changed, doc));
    fuzz_told(&err);
  } else {
    fuzz_prints(changed);
  }
  ob_json_free(changed);
}

static bool has_null(const ob_json *j) {
  if (ob_json_is(j, OB_JSON_NULL)) return true;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c))
    if (!ob_json_is(j, OB_JSON_ARRAY) && has_null(c)) return true;
  return false;
}

static void merge(const ob_json *from, const ob_json *to) {
  ob_json *merged = ob_json_dup(from);
  ob_merge_patch(&merged, to);
  fuzz_prints(merged);
  /* Merging twice is merging once. */
  ob_json *twice = ob_json_dup(merged);
  ob_merge_patch(&twice, to);
  FUZZ_HOLDS(ob_json_equal(merged, twice));
  ob_json_free(twice);
  ob_json_free(merged);
  if (has_null(to)) return; /* a merge patch cannot say null */
  ob_json *patch = ob_merge_diff(from, to), *got = ob_json_dup(from);
  ob_merge_patch(&got, patch);
  FUZZ_HOLDS(ob_json_equal(got, to));
  ob_json_free(got);
  ob_json_free(patch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  size_t ndoc;
  const char *text = fuzz_until(&in, '\0', &ndoc);
  ob_json *doc = ob_json_parse(text, ndoc, OB_JSON_STRICT, NULL);
  ob_json *patch = ob_json_parse((const char *)in.at, in.left, OB_JSON_STRICT, NULL);
  if (!doc || !patch) {
    ob_json_free(doc);
    ob_json_free(patch);
    in = (fuzz_in){data, n};
    doc = fuzz_tree(&in, true);
    patch = fuzz_tree(&in, true);
  }
  apply(doc, patch);
  merge(doc, patch);
  ob_json_free(doc);
  ob_json_free(patch);
  return 0;
}
