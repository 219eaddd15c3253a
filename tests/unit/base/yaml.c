/* YAML: kubectl's reading of scalars, and the round trip of whole trees. */
#include "base/yaml.h"
#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"
#include <criterion/criterion.h>

/* The root as JSON text, or "ERROR: message". */
static const char *to_json(ob_buf *out, const char *text, size_t n) {
  ob_err err = {0};
  ob_buf_reset(out);
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, n, "file", &err);
  if (doc) {
    ob_json_print(out, ob_yaml_root(doc));
  } else {
    ob_buf_addf(out, "ERROR: %s", err.msg);
  }
  return ob_buf_str(out);
}

typedef struct row {
  const char *in, *out;
} row;

static void expect_all(const row *rows, size_t n) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < n; i++) {
    const char *got = to_json(&out, rows[i].in, strlen(rows[i].in));
    cr_expect_str_eq(got, rows[i].out, "%s gave %s, not %s", rows[i].in, got, rows[i].out);
  }
}

Test(yaml, plain_scalars_are_typed_as_kubectl_types_them) {
  static const row rows[] = {
      {"yes", "true"},
      {"on", "true"},
      {"y", "true"},
      {"TRUE", "true"},
      {"n", "false"},
      {"No", "false"},
      {"Off", "false"},
      {"~", "null"},
      {"null", "null"},
      {"", "null"},
      {"# only", "null"},
      {"---\n", "null"},
      {"0o17", "15"},
      {"017", "15"},
      {"0777", "511"},
      {"08", "8"},
      {"0x1f", "31"},
      {"-0x1f", "-31"},
      {"-0xffffffffffffffff", "\"-0xffffffffffffffff\""},
      {"0b1", "1"},
      {"1_000", "1000"},
      {"+1", "1"},
      {"1.", "1"},
      {".5", "0.5"},
      {"-.5", "-0.5"},
      {"1e3", "1000"},
      {"1_0.5", "10.5"},
      {"-0b11", "-3"},
      {"0", "0"},
      {"12:30:45", "\"12:30:45\""},
      {"2024-01-01", "\"2024-01-01\""},
      {"=", "\"=\""},
      {"0o8", "\"0o8\""},
      {"tRUE", "\"tRUE\""},
      {"yES", "\"yES\""},
      {"0x", "\"0x\""},
      {"1e", "\"1e\""},
      {"1.2.3", "\"1.2.3\""},
      {"._5", "\"._5\""},
      {"+", "\"+\""},
      {"1e400", "\"1e400\""},
      {"x1", "\"x1\""},
      {"v1", "\"v1\""},
      {".", "\".\""},
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551615"},
      {"9007199254740993", "9007199254740993"},
      {".inf", "ERROR: file:1: infinity and NaN are not supported"},
      {"\"true\"", "\"true\""},
      {"'123'", "\"123\""},
      {"!!str 123", "\"123\""},
      {"! 123", "\"123\""},
      {"!!int \"3\"", "3"},
      {"!!binary aGk=", "\"hi\""},
      {"!!int x", "ERROR: file:1: the value does not fit its tag"},
      {"!custom x", "\"x\""},
      {"\"\\u00e9\\U0001F600\"", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
  };
  expect_all(rows, OB_LEN(rows));
}

Test(yaml, structures) {
  static const row rows[] = {
      {"a: 1\nb:\n- x\n- z: 2\n", "{\"a\":1,\"b\":[\"x\",{\"z\":2}]}"},
      {"a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}"},
      {"\xEF\xBB\xBF"
       "a: 1",
       "{\"a\":1}"},
      {"a: 1\n---\nb: [", "{\"a\":1}"},
      {"a: 1\na: 2\n", "{\"a\":2}"},
      {"token: 123", "{\"token\":123}"},
      {"1: a\n0x1f: b\nyes: c\n1.5: d", "{\"1\":\"a\",\"31\":\"b\",\"true\":\"c\",\"1.5\":\"d\"}"},
      {"a: |\n  x\n  y\nb: >-\n  p\n  q\n", "{\"a\":\"x\\ny\\n\",\"b\":\"p q\"}"},
      {"a: &x {k: 1}\nb: *x\n", "{\"a\":{\"k\":1},\"b\":{\"k\":1}}"},
      {"&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}"},
      {"m: {a: &x [1], a: 2}\nb: *x\n", "{\"m\":{\"a\":2},\"b\":[1]}"},
      {"base: &b {p: 1, q: 2}\nc:\n  <<: *b\n  q: 3\n",
       "{\"base\":{\"p\":1,\"q\":2},\"c\":{\"p\":1,\"q\":3}}"},
      {"c:\n  <<: [{a: 1}, {a: 2, b: 3}]\n", "{\"c\":{\"b\":3,\"a\":1}}"},
      {"\"<<\": 1", "{\"<<\":1}"},
      {"{\"a\": \"\\ud83d\\ude00\"}", "{\"a\":\"\xF0\x9F\x98\x80\"}"},
      {"\xEF\xBB\xBF {\"a\": 1}", "{\"a\":1}"},
      {"{a: 1, b: [x, z]}", "{\"a\":1,\"b\":[\"x\",\"z\"]}"},
      {"a: 5 # five\n", "{\"a\":5}"},
  };
  expect_all(rows, OB_LEN(rows));
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_str_eq(to_json(&out, NULL, 0), "null");
  static const char utf16[] = "\xFF\xFE"
                              "a\0:\0 \0\xE9\0";
  cr_expect_str_eq(to_json(&out, utf16, sizeof utf16 - 1), "{\"a\":\"\xC3\xA9\"}");
}

Test(yaml, errors_have_a_line) {
  static const row rows[] = {
      {"a: 1\n\tb: 2\n", "file:2: "},
      {"a: 1\nb: \"x\\0y\"\n", "file:2: a NUL"},
      {"a: 1\nb: \xff\n", "file:2: "},
      {"a: *nope\n", "file:1: unknown anchor 'nope'"},
      {"a: &x\n- *x\n", "file:2: an anchor's value contains itself"},
      {"a: 1\n? [b]\n: c\n", "file:2: a key must be a scalar"},
      {"a: 1\n~: c\n", "file:2: a key must not be empty or null"},
      {"a:\n  <<: 5\n", "file:2: a merge needs a mapping"},
      {"a: [1\n", "file:2: "},
      {"a: b: c\n", "file:1: "},
      {"{\"a\": 1,\n \"b\": 01 x: }", "file:2: a number must not begin with 0"},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *got = to_json(&out, rows[i].in, strlen(rows[i].in));
    cr_expect(ob_starts(got, "ERROR: ") && ob_starts(got + 7, rows[i].out), "%s gave %s, not %s",
              rows[i].in, got, rows[i].out);
  }
}

Test(yaml, lines_of_values) {
  const char *text = "a: 1\nb:\n  c: x\n  d:\n  - y\n  - z: 2\n";
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, strlen(text), "file", NULL);
  const ob_json *root = ob_yaml_root(doc), *d = ob_json_at(root, "b", "d", NULL);
  cr_expect_str_eq(ob_yaml_name(doc), "file");
  cr_expect_eq(ob_yaml_line(doc, root), 1);
  cr_expect_eq(ob_yaml_line(doc, ob_json_get(root, "a")), 1);
  cr_expect_eq(ob_yaml_line(doc, ob_json_get(root, "b")), 3);
  cr_expect_eq(ob_yaml_line(doc, ob_json_at(root, "b", "c", NULL)), 3);
  cr_expect_eq(ob_yaml_line(doc, d), 5);
  cr_expect_eq(ob_yaml_line(doc, ob_json_at(ob_json_index(d, 1), "z", NULL)), 6);
  OB_AUTOPTR(ob_json) foreign = ob_json_new_null();
  cr_expect_eq(ob_yaml_line(doc, foreign), 0);
  cr_expect_eq(ob_yaml_line(doc, NULL), 0);
}

Test(yaml, depth_and_aliases_are_limited) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_YAML_MAX + 8);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_fill(&text, '[', 200000);
  cr_expect_str_eq(to_json(&out, text.ptr, text.len), "ERROR: file:1: nested more than 100 levels deep");
  ob_buf_reset(&text);
  ob_buf_fill(&text, '[', OB_YAML_DEPTH);
  ob_buf_fill(&text, ']', OB_YAML_DEPTH);
  cr_expect(ob_starts(to_json(&out, text.ptr, text.len), "[["));
  ob_buf_reset(&text);
  ob_buf_adds(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
  for (int i = 1; i < 12; i++) {
    ob_buf_addf(&text, "a%d: &a%d [", i, i);
    for (int k = 0; k < 9; k++) ob_buf_addf(&text, "%s*a%d", k ? "," : "", i - 1);
    ob_buf_adds(&text, "]\n");
  }
  int64_t from = ob_mono_ms();
  cr_expect(strstr(to_json(&out, text.ptr, text.len), "more than 1000000 values"), "%s", out.ptr);
  cr_expect_lt(ob_mono_ms() - from, 10000);
  ob_buf_reset(&text);
  ob_buf_adds(&text, "a0: &a0 [x]\n");
  for (int i = 1; i < 150; i++) ob_buf_addf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
  cr_expect(strstr(to_json(&out, text.ptr, text.len), "nested more than 100 levels deep"), "%s", out.ptr);
  ob_buf_reset(&text);
  ob_buf_fill(&text, ' ', OB_YAML_MAX + 1);
  cr_expect(strstr(to_json(&out, text.ptr, text.len), "larger than"));
}

static void expect_print(const char *json, bool sorted, const char *want) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTOPTR(ob_json) j = ob_json_parse(json, strlen(json), OB_JSON_STRICT, NULL);
  cr_assert_not_null(j, "%s", json);
  ob_yaml_print(&out, j, sorted);
  cr_expect_str_eq(ob_buf_str(&out), want, "\n%s\nnot\n%s", ob_buf_str(&out), want);
}

Test(yaml, prints_as_kubectl_does) {
  expect_print("{\"spec\":{\"ports\":[{\"port\":80,\"name\":\"http\"},{\"port\":443}],"
               "\"selector\":{},\"x\":[]},\"apiVersion\":\"v1\"}",
               true,
               "apiVersion: v1\nspec:\n  ports:\n  - name: http\n    port: 80\n  - port: 443\n"
               "  selector: {}\n  x: []\n");
  expect_print("{\"b\":1,\"a\":2}", false, "b: 1\na: 2\n");
  expect_print("{\"k10\":1,\"k9\":2,\"K\":3,\"k-a\":4,\"f:x\":5,\".\":6}", true,
               ".: 6\nK: 3\nf:x: 5\nk-a: 4\nk9: 2\nk10: 1\n");
  expect_print("[[1,2],[[\"a\"]],{\"a\":[{\"b\":null}]}]", false,
               "- - 1\n  - 2\n- - - a\n- a:\n  - b: null\n");
  expect_print("{\"a\":\"x\\ny\\n\",\"b\":\"x\\ny\",\"c\":\"x\\n\\n\",\"d\":[\"l\\nm\"]}", false,
               "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd:\n- |-\n  l\n  m\n");
  expect_print("\"x\"", false, "x\n");
  expect_print("{}", false, "{}\n");
}

Test(yaml, strings_are_quoted_when_needed) {
  static const row rows[] = {
      {"true", "\"true\""},
      {"y", "\"y\""},
      {"", "\"\""},
      {"~", "\"~\""},
      {"123", "\"123\""},
      {"0x1f", "\"0x1f\""},
      {"1e3", "\"1e3\""},
      {"<<", "\"<<\""},
      {".inf", "\".inf\""},
      {"12:30:45", "\"12:30:45\""},
      {"80:80", "\"80:80\""},
      {"hello", "hello"},
      {"a b", "a b"},
      {"a: b", "'a: b'"},
      {"a:", "'a:'"},
      {"a #b", "'a #b'"},
      {"a#b", "a#b"},
      {"-a", "-a"},
      {"- a", "'- a'"},
      {"-", "'-'"},
      {"*x", "'*x'"},
      {"it's", "it's"},
      {"'q'", "'''q'''"},
      {" a", "' a'"},
      {"a ", "'a '"},
      {"{a}", "'{a}'"},
      {"@x", "'@x'"},
      {"%x", "'%x'"},
      {"a\tb", "\"a\\tb\""},
      {"\x1b", "\"\\e\""},
      {"\xC3\xA9", "\xC3\xA9"},
      {"\xF0\x9F\x98\x80", "\"\\U0001F600\""},
      {"a\xE2\x80\xAE"
       "b",
       "a\xE2\x80\xAE"
       "b"},
      {"\xE2\x80\xA8", "\"\\u2028\""},
      {"--- x", "'--- x'"},
      {"http://x:1/", "http://x:1/"},
      {"a\n b", "|-\n  a\n   b"},
      {"\na", "\"\\na\""},
      {"a \nb", "\"a \\nb\""},
      {"10.0.0.1", "10.0.0.1"},
      {"2024-01-01", "\"2024-01-01\""},
      {"2026-11-24T10:00:00Z", "\"2026-11-24T10:00:00Z\""},
      {"2024-01-01-x", "2024-01-01-x"},
      {"2024-01", "2024-01"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    OB_AUTOPTR(ob_json) j = ob_json_new_str(rows[i].in);
    ob_yaml_print(&out, j, false);
    ob_buf_truncate(&out, out.len - 1);
    cr_expect_str_eq(out.ptr, rows[i].out, "%s, not %s", out.ptr, rows[i].out);
  }
}

/* --- the round trip of random trees --- */

static char *random_text(ob_rng *rng, ob_buf *out) {
  static const char *const parts[] = {
      "a",
      "b",
      "Z",
      "0",
      "1",
      "7",
      ".",
      "-",
      "_",
      ":",
      " ",
      "#",
      "\n",
      "\t",
      "\r",
      "'",
      "\"",
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      "&",
      "*",
      "!",
      "|",
      ">",
      "%",
      "@",
      "`",
      "?",
      "=",
      "~",
      "<<",
      "y",
      "no",
      "true",
      "null",
      ".inf",
      "0x1f",
      "1e3",
      "---",
      "...",
      "+",
      "e",
      ": ",
      " #",
      "- ",
      "\x01",
      "\x7f",
      "\x1b",
      "\xC3\xA9",
      "\xC2\x85",
      "\xE2\x80\xA8",
      "\xEF\xBB\xBF",
      "\xF0\x9F\x98\x80",
      "\xE2\x80\xAE",
      "\n\n",
      "  ",
      "word word",
  };
  ob_buf_reset(out);
  uint32_t n = ob_rng_below(rng, 4) ? ob_rng_below(rng, 5) : ob_rng_below(rng, 12);
  while (n--) ob_buf_adds(out, parts[ob_rng_below(rng, OB_LEN(parts))]);
  if (ob_rng_below(rng, 200) == 0) ob_buf_fill(out, 'k', 100 + ob_rng_below(rng, 2000));
  return (char *)(uintptr_t)ob_buf_str(out);
}

static ob_json *random_tree(ob_rng *rng, ob_buf *scratch, int depth) {
  switch (ob_rng_below(rng, depth > 4 ? 6 : 10)) {
  case 0: return ob_json_new_null();
  case 1: return ob_json_new_bool(ob_rng_below(rng, 2));
  case 2: return ob_json_new_int((int64_t)ob_rng_next(rng) >> ob_rng_below(rng, 64));
  case 3: return ob_json_new_double((double)(int32_t)ob_rng_next(rng) / 1000);
  case 4:
  case 5: return ob_json_new_str(random_text(rng, scratch));
  case 6:
  case 7: {
    ob_json *arr = ob_json_new_array();
    for (uint32_t n = ob_rng_below(rng, 4); n > 0; n--)
      ob_json_push(arr, random_tree(rng, scratch, depth + 1));
    return arr;
  }
  default: {
    ob_json *obj = ob_json_new_object();
    for (uint32_t n = ob_rng_below(rng, 5); n > 0; n--) {
      ob_json *value = random_tree(rng, scratch, depth + 1);
      ob_json_put(obj, random_text(rng, scratch), value);
    }
    return obj;
  }
  }
}

Test(yaml, random_trees_survive_the_round_trip) {
  enum { TREES = 6000 };
  OB_AUTO(ob_buf) scratch = OB_BUF_INIT(OB_LINE_MAX);
  for (uint64_t seed = 1; seed <= TREES; seed++) {
    ob_rng rng = {seed};
    OB_AUTOPTR(ob_json) tree = random_tree(&rng, &scratch, 0);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_YAML_MAX);
    ob_err err = {0};
    cr_assert_eq(ob_yaml_print(&text, tree, seed % 2), 0);
    OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text.ptr, text.len, "tree", &err);
    cr_assert_not_null(doc, "seed %llu: %s\n%s", (unsigned long long)seed, err.msg, text.ptr);
    cr_assert(ob_json_equal(tree, ob_yaml_root(doc)), "seed %llu:\n%s", (unsigned long long)seed,
              text.ptr);
  }
}

/* Hostile text: an answer, never a crash. */
Test(yaml, random_text_is_answered) {
  OB_AUTO(ob_buf) scratch = OB_BUF_INIT(OB_LINE_MAX);
  ob_rng rng = {3};
  for (int i = 0; i < 20000; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    for (uint32_t n = ob_rng_below(&rng, 6); n > 0; n--) {
      ob_buf_adds(&text, random_text(&rng, &scratch));
      ob_buf_adds(&text, ob_rng_below(&rng, 2) ? ": &a " : "\n- *a");
    }
    ob_err err = {0};
    OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(ob_buf_str(&text), text.len, "x", &err);
    cr_expect(doc || err.code != OB_OK);
  }
}

Test(yaml, the_word_behind_a_boolean_is_kept) {
  static const char text[] = "a: n\nb: Yes\nc: x\nd: 3\ne: {}\n";
  ob_err err = {0};
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, sizeof text - 1, "w.yaml", &err);
  const ob_json *root = ob_yaml_root(doc);
  cr_assert_str_eq(ob_yaml_word(doc, ob_json_get(root, "a")), "n");
  cr_assert_str_eq(ob_yaml_word(doc, ob_json_get(root, "b")), "Yes");
  cr_assert_str_eq(ob_yaml_word(doc, ob_json_get(root, "c")), "x");
  cr_assert_null(ob_yaml_word(doc, ob_json_get(root, "d")));
  cr_assert_null(ob_yaml_word(doc, ob_json_get(root, "e")));
}

Test(yaml, binary_becomes_text) {
  static const struct {
    const char *in, *json; /* NULL: refused */
  } rows[] = {{"!!binary aGk=", "\"hi\""},
              {"!!binary 1f0x", "\"\xEF\xBF\xBD\xEF\xBF\xBD" "1\""},
              {"!!binary AGE=", NULL},
              {"!!binary '*'", NULL}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(rows[i].in, strlen(rows[i].in), "f", NULL);
    cr_assert_eq(!doc, !rows[i].json, "%s", rows[i].in);
    if (!doc) continue;
    ob_json_print(&out, ob_yaml_root(doc));
    cr_expect_str_eq(ob_buf_str(&out), rows[i].json);
    cr_expect(ob_utf8_valid(ob_json_str(ob_yaml_root(doc)), strlen(ob_json_str(ob_yaml_root(doc)))));
  }
}
