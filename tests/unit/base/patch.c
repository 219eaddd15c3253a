/* JSON Pointer, JSON Patch and merge patch: the RFCs' own examples, then our limits. */
#include "base/patch.h"
#include "base/clock.h"
#include "base/str.h"
#include <criterion/criterion.h>

static ob_json *parse(const char *s) {
  ob_err err = {0};
  ob_json *j = ob_json_parse(s, strlen(s), OB_JSON_STRICT, &err);
  cr_assert_not_null(j, "%s: %s", s, err.msg);
  return j;
}

static const char *print(ob_buf *out, const ob_json *j) {
  ob_buf_reset(out);
  ob_json_print(out, j);
  return ob_buf_str(out);
}

/* RFC 6901, 5 */
Test(pointer, rfc_examples) {
  static const struct {
    const char *pointer, *value;
  } rows[] = {
      {"/foo", "[\"bar\",\"baz\"]"},
      {"/foo/0", "\"bar\""},
      {"/", "0"},
      {"/a~1b", "1"},
      {"/c%d", "2"},
      {"/e^f", "3"},
      {"/g|h", "4"},
      {"/i\\j", "5"},
      {"/k\"l", "6"},
      {"/ ", "7"},
      {"/m~0n", "8"},
  };
  OB_AUTOPTR(ob_json)
  doc = parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
              "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_eq(ob_pointer_get(doc, ""), doc);
  for (size_t i = 0; i < OB_LEN(rows); i++)
    cr_expect_str_eq(print(&out, ob_pointer_get(doc, rows[i].pointer)), rows[i].value, "%s",
                     rows[i].pointer);
  static const char *const nothing[] = {"foo",     "/foo/2",   "/foo/-",  "/foo/00",
                                        "/foo/-1", "/foo/1a",  "/a~2b",   "/a~",
                                        "/absent", "/foo/0/x", "/foo/ 0", "/foo/+1"};
  for (size_t i = 0; i < OB_LEN(nothing); i++)
    cr_expect_null(ob_pointer_get(doc, nothing[i]), "%s", nothing[i]);
}

Test(pointer, tokens_are_escaped) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_pointer_add(&out, "a/b");
  ob_pointer_add(&out, "m~n");
  ob_pointer_add(&out, "");
  cr_expect_str_eq(ob_buf_str(&out), "/a~1b/m~0n/");
}

/* RFC 6902, appendix A, and the texts of its errors' kind; NULL: the patch must fail. */
Test(json_patch, rfc_examples) {
  static const struct {
    const char *doc, *patch, *want;
  } rows[] = {
      {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
       "{\"foo\":\"bar\",\"baz\":\"qux\"}"},
      {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
       "{\"foo\":[\"bar\",\"qux\",\"baz\"]}"},
      {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
       "{\"foo\":\"bar\"}"},
      {"{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
       "{\"foo\":[\"bar\",\"baz\"]}"},
      {"{\"baz\":\"qux\",\"foo\":\"bar\"}",
       "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
       "{\"baz\":\"boo\",\"foo\":\"bar\"}"},
      {"{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
       "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
       "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}"},
      {"{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
       "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
       "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}"},
      {"{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
       "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
       "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
       "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}"},
      {"{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", NULL},
      {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
       "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}"},
      {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]",
       "{\"foo\":\"bar\",\"baz\":\"qux\"}"},
      {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]", NULL},
      {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
       "{\"/\":9,\"~1\":10}"},
      {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]", NULL},
      {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
       "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}"},
      /* beyond the appendix */
      {"{}", "[]", "{}"},
      {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[1]}]", "[1]"},
      {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":2}]", "2"},
      {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]", "{\"a\":null}"},
      {"{\"a\":{\"b\":1}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/c\"}]",
       "{\"a\":{\"b\":1,\"c\":{\"b\":1}}}"},
      {"{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", "{\"a\":1}"},
      {"[1,2,3]", "[{\"op\":\"replace\",\"path\":\"/2\",\"value\":9}]", "[1,2,9]"},
      {"[1,2]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":3}]", "[1,2,3]"},
      {"[1,2]", "[{\"op\":\"add\",\"path\":\"/3\",\"value\":3}]", NULL},
      {"[1,2]", "[{\"op\":\"remove\",\"path\":\"/-\"}]", NULL},
      {"[1,2]", "[{\"op\":\"replace\",\"path\":\"/-\",\"value\":1}]", NULL},
      {"{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/c\"}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"\"}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/b\",\"value\":null}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"frob\",\"path\":\"/a\",\"value\":1}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\"}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"b\",\"value\":1}]", NULL},
      {"{\"a\":1}", "[{\"op\":\"copy\",\"path\":\"/b\"}]", NULL},
      {"{\"a\":1}", "[{\"path\":\"/b\",\"value\":1}]", NULL},
      {"{\"a\":1}", "[7]", NULL},
      {"{\"a\":1}", "{}", NULL},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ob_err err = {0};
    OB_AUTOPTR(ob_json) ops = parse(rows[i].patch);
    OB_AUTOPTR(ob_json) doc = parse(rows[i].doc);
    int r = ob_json_patch(&doc, ops, &err);
    const char *want = rows[i].want ? rows[i].want : rows[i].doc;
    cr_expect_eq(r == 0, rows[i].want != NULL, "%s on %s: %s", rows[i].patch, rows[i].doc, err.msg);
    cr_expect_str_eq(print(&out, doc), want, "%s gave %s", rows[i].patch, out.ptr);
  }
}

Test(json_patch, all_or_nothing_and_the_error_names_the_operation) {
  ob_err err = {0};
  OB_AUTOPTR(ob_json) doc = parse("{\"a\":1}");
  OB_AUTOPTR(ob_json)
  ops = parse("[{\"op\":\"add\",\"path\":\"/b\",\"value\":2},"
              "{\"op\":\"test\",\"path\":\"/a\",\"value\":5}]");
  cr_expect_eq(ob_json_patch(&doc, ops, &err), -OB_ECONFLICT);
  cr_expect(strstr(err.msg, "operation 1 "), "%s", err.msg);
  cr_expect_eq(ob_json_len(doc), 1);
  OB_AUTOPTR(ob_json) bad = parse("[{\"op\":\"remove\",\"path\":\"/x\"}]");
  cr_expect_eq(ob_json_patch(&doc, bad, &err), -OB_EINVALID);
}

Test(json_patch, copies_and_depth_are_limited) {
  ob_err err = {0};
  OB_AUTOPTR(ob_json) bomb = ob_json_new_array();
  for (int i = 0; i < 64; i++) {
    ob_json *op = ob_json_push(bomb, ob_json_new_object());
    ob_json_put_str(op, "op", "copy");
    ob_json_put_str(op, "from", "/a");
    ob_json_put_str(op, "path", "/a/-");
  }
  OB_AUTOPTR(ob_json) doc = parse("{\"a\":[1]}");
  cr_expect_eq(ob_json_patch(&doc, bomb, &err), -OB_ELIMIT, "%s", err.msg);
  OB_AUTOPTR(ob_json) deep = ob_json_new_array();
  for (int i = 0; i < 300; i++) {
    ob_json *op = ob_json_push(deep, ob_json_new_object());
    ob_json_put_str(op, "op", "move");
    ob_json_put_str(op, "from", "/a");
    ob_json_put_str(op, "path", "/b");
    op = ob_json_push(deep, ob_json_new_object());
    ob_json_put_str(op, "op", "add");
    ob_json_put_str(op, "path", "/a");
    ob_json_put(op, "value", ob_json_new_object());
    op = ob_json_push(deep, ob_json_new_object());
    ob_json_put_str(op, "op", "move");
    ob_json_put_str(op, "from", "/b");
    ob_json_put_str(op, "path", "/a/x");
  }
  cr_expect_eq(ob_json_patch(&doc, deep, &err), -OB_ELIMIT, "%s", err.msg);
  OB_AUTOPTR(ob_json) many = ob_json_new_array();
  for (int i = 0; i <= OB_PATCH_OPS; i++) {
    ob_json *op = ob_json_push(many, ob_json_new_object());
    ob_json_put_str(op, "op", "test");
    ob_json_put_str(op, "path", "/a/0");
    ob_json_put_int(op, "value", 1);
  }
  cr_expect_eq(ob_json_patch(&doc, many, &err), -OB_ELIMIT, "%s", err.msg);
  ob_json_remove_at(many, 0);
  cr_expect_eq(ob_json_patch(&doc, many, &err), 0, "%s", err.msg);
}

/* RFC 7396, appendix A, then the example of section 3 */
Test(merge_patch, rfc_examples) {
  static const struct {
    const char *doc, *patch, *want;
  } rows[] = {
      {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
      {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
      {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
      {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
      {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
      {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
      {"{\"a\":\"foo\"}", "null", "null"},
      {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
      {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
      {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
      {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
      {"{\"title\":\"Goodbye!\",\"author\":{\"givenName\":\"John\",\"familyName\":\"Doe\"},"
       "\"tags\":[\"example\",\"sample\"],\"content\":\"This will be unchanged\"}",
       "{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\",\"author\":{\"familyName\":null}"
       ","
       "\"tags\":[\"example\"]}",
       "{\"title\":\"Hello!\",\"author\":{\"givenName\":\"John\"},\"tags\":[\"example\"],"
       "\"content\":\"This will be unchanged\",\"phoneNumber\":\"+01-123-456-7890\"}"},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) doc = parse(rows[i].doc);
    OB_AUTOPTR(ob_json) patch = parse(rows[i].patch);
    ob_merge_patch(&doc, patch);
    cr_expect_str_eq(print(&out, doc), rows[i].want, "%s gave %s", rows[i].patch, out.ptr);
  }
}

static ob_json *random_object(ob_rng *rng, int depth) {
  ob_json *obj = ob_json_new_object();
  for (uint32_t n = ob_rng_below(rng, 5); n > 0; n--) {
    char key[2] = {(char)('a' + ob_rng_below(rng, 5)), '\0'};
    switch (ob_rng_below(rng, depth > 3 ? 3 : 5)) {
    case 0: ob_json_put_int(obj, key, ob_rng_below(rng, 3)); break;
    case 1: ob_json_put_str(obj, key, "s"); break;
    case 2:
      ob_json_push(ob_json_put(obj, key, ob_json_new_array()),
                   ob_json_new_int(ob_rng_below(rng, 3)));
      break;
    default: ob_json_put(obj, key, random_object(rng, depth + 1)); break;
    }
  }
  return obj;
}

Test(merge_patch, a_difference_leads_from_one_to_the_other) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (uint64_t seed = 1; seed <= 5000; seed++) {
    ob_rng rng = {seed};
    OB_AUTOPTR(ob_json) from = random_object(&rng, 0);
    OB_AUTOPTR(ob_json) to = random_object(&rng, 0);
    OB_AUTOPTR(ob_json) diff = ob_merge_diff(from, to);
    bool same = ob_json_equal(from, to);
    cr_assert_eq(ob_json_len(diff) == 0, same, "seed %llu", (unsigned long long)seed);
    ob_merge_patch(&from, diff);
    cr_assert(ob_json_equal(from, to), "seed %llu: %s", (unsigned long long)seed,
              print(&out, diff));
  }
}
