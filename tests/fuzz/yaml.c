/* YAML: a document that was read can be printed, and what is printed is the same document. */
#include "base/yaml.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  ob_err err = {0};
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse((const char *)data, n, "f", &err);
  if (!doc) {
    fuzz_told(&err);
    return 0;
  }
  const ob_json *root = ob_yaml_root(doc);
  FUZZ_HOLDS(ob_yaml_line(doc, root) <= n + 1);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_YAML_MAX);
  if (ob_yaml_print(&text, root, fuzz_below(&(fuzz_in){data, n}, 2)) < 0) return 0; /* aliases */
  OB_AUTOPTR(ob_yaml_doc) again = ob_yaml_parse(ob_buf_str(&text), text.len, "again", &err);
  FUZZ_HOLDS(again && ob_json_equal(root, ob_yaml_root(again)));
  return 0;
}
