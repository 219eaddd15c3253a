/* JSON, both ways of reading, and what is printed read again. */
#include "fuzz.h"
#include "outboard/text.h"

static void strings_are_whole(const ob_json *j) {
  const char *s = ob_json_str(j), *key = ob_json_key(j);
  FUZZ_HOLDS(!s || ob_utf8_valid(s, strlen(s)));
  FUZZ_HOLDS(!key || ob_utf8_valid(key, strlen(key)));
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) {
    if (ob_json_key(c)) FUZZ_HOLDS(ob_json_get(j, ob_json_key(c)) == c);
    strings_are_whole(c);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  ob_err err = {0};
  OB_AUTOPTR(ob_json) strict = ob_json_parse((const char *)data, n, OB_JSON_STRICT, &err);
  if (!strict) fuzz_told(&err);
  OB_AUTOPTR(ob_json) lenient = ob_json_parse((const char *)data, n, OB_JSON_LENIENT, &err);
  FUZZ_HOLDS(!strict || (lenient && ob_json_equal(strict, lenient)));
  if (!lenient) return 0;
  strings_are_whole(lenient);
  fuzz_prints(lenient);
  OB_AUTOPTR(ob_json) copy = ob_json_dup(lenient);
  FUZZ_HOLDS(ob_json_equal(copy, lenient));
  OB_AUTO(ob_buf) pretty = OB_BUF_INIT(OB_JSON_MAX);
  ob_json_print_pretty(&pretty, lenient);
  ob_json_mode mode = strict ? OB_JSON_STRICT : OB_JSON_LENIENT; /* 1e400 stays what it is */
  OB_AUTOPTR(ob_json) again = ob_json_parse(ob_buf_str(&pretty), pretty.len, mode, &err);
  FUZZ_HOLDS(again && ob_json_equal(again, lenient));
  return 0;
}
