/* JSON: what cJSON would get wrong, one trap a test. */
#include "base/json.h"
#include "base/clock.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>

static ob_json *parse(const char *s, ob_json_mode mode) {
  return ob_json_parse(s, strlen(s), mode, NULL);
}

/* Parse and print again: the text, or "ERROR". */
static const char *again(ob_buf *out, const char *s, ob_json_mode mode) {
  ob_buf_reset(out);
  OB_AUTOPTR(ob_json) j = parse(s, mode);
  if (!j) return "ERROR";
  ob_json_print(out, j);
  return ob_buf_str(out);
}

Test(json, strict_refuses) {
  static const char *const texts[] = {
      "",
      " ",
      "0123",
      "-",
      "1.",
      ".5",
      "+1",
      "1e",
      "1e+",
      "- 1",
      "\xEF\xBB\xBF{}",
      "1-2",
      "{} x",
      "{}{}",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{\"a\":1,}",
      "{\"a\"}",
      "{a:1}",
      "{'a':1}",
      "[1}",
      "{\"a\":1]",
      "\"a",
      "\"\\",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\\u00g0\"",
      "\"a\tb\"",
      "\"\x01\"",
      "\"\\u0000\"",
      "\"\\ud800\"",
      "\"\\udc00\"",
      "\"\\ud83d\\u0041\"",
      "\"\xff\"",
      "\"\xc0\x80\"",
      "\"\xed\xa0\x80\"",
      "\"\xf4\x90\x80\x80\"",
      "\"\xe2\x82\"",
      "nul",
      "nulll",
      "TRUE",
      "NaN",
      "Infinity",
      "1e400",
      "[1e999]",
      "\xc2\xa0 1",
      "1\f",
      "/**/1",
      "{",
      "[",
  };
  for (size_t i = 0; i < OB_LEN(texts); i++) {
    ob_err err = {0};
    ob_json *j = ob_json_parse(texts[i], strlen(texts[i]), OB_JSON_STRICT, &err);
    cr_expect_null(j, "%zu: %s", i, texts[i]);
    cr_expect_neq(err.code, OB_OK);
    ob_json_free(j);
  }
  cr_expect_null(ob_json_parse(NULL, 0, OB_JSON_STRICT, NULL), "an empty buffer");
  cr_expect_null(ob_json_parse("1\0", 2, OB_JSON_STRICT, NULL), "a NUL follows");
  cr_expect_null(ob_json_parse("\"a\0b\"", 5, OB_JSON_STRICT, NULL), "a NUL within");
}

Test(json, strict_accepts_and_prints) {
  static const struct {
    const char *in, *out;
  } rows[] = {
      {" \t\r\n1 \n", "1"},
      {"[]", "[]"},
      {"{ }", "{}"},
      {"[ [ ] , { } ]", "[[],{}]"},
      {"\"\\u00e9\\ud83d\\ude00\\/\"", "\"\xC3\xA9\xF0\x9F\x98\x80/\""},
      {"\"\\b\\f\\n\\r\\t\\\"\\\\\\u001b\"", "\"\\b\\f\\n\\r\\t\\\"\\\\\\u001b\""},
      {"\"\\u007f\"", "\"\x7f\""},
      {"\"\xEF\xBF\xBD\"", "\"\xEF\xBF\xBD\""},
      {"9007199254740993", "9007199254740993"},
      {"-9007199254740993", "-9007199254740993"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615", "18446744073709551615"},
      {"123456789012345678901234567890123456789012345678901234567890123456789012345",
       "123456789012345678901234567890123456789012345678901234567890123456789012345"},
      {"0.1000000000000000000000000000000000000000000000000000000000000000000000000001", "0.1"},
      {"[1234567890123456789012345678901234567890123456789012345678901234567890,1]",
       "[1234567890123456789012345678901234567890123456789012345678901234567890,1]"},
      {"1.5", "1.5"},
      {"0.1", "0.1"},
      {"100", "100"},
      {"1e3", "1000"},
      {"1e20", "100000000000000000000"},
      {"1e21", "1e+21"},
      {"1.25e-7", "1.25e-7"},
      {"0.000001", "0.000001"},
      {"-0.00025", "-0.00025"},
      {"3.141592653589793", "3.141592653589793"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"1234567890123456.5", "1234567890123456.5"},
      {"[1,9007199254740993,2.5,9007199254740995]", "[1,9007199254740993,2.5,9007199254740995]"},
      {"{\"b\":1,\"a\":{\"c\":null}}", "{\"b\":1,\"a\":{\"c\":null}}"},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *got = again(&out, rows[i].in, OB_JSON_STRICT);
    cr_expect_str_eq(got, rows[i].out, "%s gave %s", rows[i].in, got);
  }
}

Test(json, lenient_repairs) {
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"\"a\\u0000b\"", "\"a\xEF\xBF\xBD"
                        "b\""},
      {"\"\\ud800\"", "\"\xEF\xBF\xBD\""},
      {"\"\\udc00x\"", "\"\xEF\xBF\xBDx\""},
      {"\"\\ud83d\\u0041\"", "\"\xEF\xBF\xBD"
                             "A\""},
      {"\"\\ud83d\\ud83d\\ude00\"", "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\""},
      {"\"a\xff\xfe"
       "b\"",
       "\"a\xEF\xBF\xBD\xEF\xBF\xBD"
       "b\""},
      {"\"\xe2\x82\"", "\"\xEF\xBF\xBD\""},
      {"\"\x1b[31m\"", "\"\xEF\xBF\xBD[31m\""},
      {"{\"k\\u0000x\":1,\"n\":9007199254740993}", "{\"k\xEF\xBF\xBDx\":1,\"n\":9007199254740993}"},
      {"1e400", "1e400"},
      {"\xEF\xBB\xBF{}", "ERROR"},
      {"0123", "ERROR"},
      {"{} x", "ERROR"},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *got = again(&out, rows[i].in, OB_JSON_LENIENT);
    cr_expect_str_eq(got, rows[i].out, "%s gave %s", rows[i].in, got);
  }
  OB_AUTOPTR(ob_json) j = ob_json_parse("\"a\0b\"", 5, OB_JSON_LENIENT, NULL);
  cr_expect_str_eq(ob_json_str(j), "a\xEF\xBF\xBD"
                                   "b");
}

/* What is left out is checked like the rest, and numbers behind it keep their digits. */
Test(json, leaves_out_what_nobody_reads) {
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"{\"m\":{\"a\":[1,{\"m\":2}]},\"b\":1}", "{\"m\":null,\"b\":1}"},
      {"{\"m\":[],\"n\":{\"m\":[{}]},\"b\":[]}", "{\"m\":null,\"n\":{\"m\":null},\"b\":[]}"},
      {"{\"m\":\"text\",\"mm\":[1],\"\":{}}", "{\"m\":\"text\",\"mm\":[1],\"\":{}}"},
      {"[{\"m\":[1]},{\"a\":[2]},[3]]", "[{\"m\":null},{\"a\":[2]},[3]]"},
      {"{\"a\":9007199254740993,\"m\":[9007199254740995,1],\"b\":9007199254740997}",
       "{\"a\":9007199254740993,\"m\":null,\"b\":9007199254740997}"},
      {"{\"a\":\"\xff\",\"m\":[\"\xff\",\"\\u0000\"],\"b\":\"\xff\"}",
       "{\"a\":\"\xEF\xBF\xBD\",\"m\":null,\"b\":\"\xEF\xBF\xBD\"}"},
      {"{\"m\":[1,2}", "ERROR"},
      {"{\"m\":{\"a\":tru}}", "ERROR"},
      {"{\"m\":[01]}", "ERROR"},
  };
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json)
    j = ob_json_parse_without(rows[i].in, strlen(rows[i].in), OB_JSON_LENIENT, "m", NULL);
    ob_buf_reset(&out);
    if (j)
      ob_json_print(&out, j);
    else
      ob_buf_adds(&out, "ERROR");
    cr_expect_str_eq(ob_buf_str(&out), rows[i].out, "%s gave %s", rows[i].in, ob_buf_str(&out));
  }
}

Test(json, errors_name_line_and_column) {
  ob_err err = {0};
  const char *text = "{\n  \"\xC3\xA9\": 1,\n  \"b\": 0123\n}";
  cr_assert_null(ob_json_parse(text, strlen(text), OB_JSON_STRICT, &err));
  cr_expect_str_eq(err.msg, "line 3, column 8: a number must not begin with 0");
  cr_expect_eq(err.code, OB_EPROTO);
  cr_assert_null(ob_json_parse("{\"\xC3\xA9\" 1}", 8, OB_JSON_STRICT, &err));
  cr_expect_str_eq(err.msg, "line 1, column 6: expected ':' after the key");
}

Test(json, keys_have_case_and_the_last_duplicate_wins) {
  OB_AUTOPTR(ob_json)
  j = parse("{\"a\":1,\"A\":2,\"b\":0,\"a\":{\"x\":1,\"x\":9007199254740993},\"\\u0061\":3}",
            OB_JSON_STRICT);
  cr_expect_eq(ob_json_get_int(j, "A", 0), 2);
  cr_expect_eq(ob_json_get_int(j, "a", 0), 3, "an escaped key is the same key");
  cr_expect_eq(ob_json_len(j), 3);
  int walked = 0;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) walked++;
  cr_expect_eq(walked, 3);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_str_eq(
      again(&out, "[{\"x\":1,\"x\":9007199254740993},9007199254740995]", OB_JSON_STRICT),
      "[{\"x\":9007199254740993},9007199254740995]");
}

Test(json, many_duplicates_stay_fast) {
  enum { KEYS = 100000 };
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX);
  ob_buf_addc(&text, '{');
  for (int i = 0; i < KEYS; i++)
    ob_buf_addf(&text, "%s\"k%d\":%d", i ? "," : "", i % (KEYS / 2), i);
  ob_buf_addc(&text, '}');
  int64_t from = ob_mono_ms();
  OB_AUTOPTR(ob_json) j = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, NULL);
  cr_expect_lt(ob_mono_ms() - from, 3000);
  cr_expect_eq(ob_json_len(j), KEYS / 2);
  cr_expect_eq(ob_json_get_int(j, "k7", 0), KEYS / 2 + 7);
}

Test(json, depth_and_size_are_limited) {
  for (int over = 0; over <= 1; over++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_fill(&text, '[', OB_JSON_DEPTH + (size_t)over);
    ob_buf_fill(&text, ']', OB_JSON_DEPTH + (size_t)over);
    ob_err err = {0};
    OB_AUTOPTR(ob_json) j = ob_json_parse(text.ptr, text.len, OB_JSON_STRICT, &err);
    cr_expect_eq(j != NULL, over == 0);
    cr_expect_eq(err.code, over ? OB_ELIMIT : OB_OK);
  }
  OB_AUTO(ob_buf) big = OB_BUF_INIT(OB_JSON_MAX + 8);
  ob_buf_fill(&big, ' ', OB_JSON_MAX);
  ob_buf_addc(&big, '1');
  ob_err err = {0};
  cr_expect_null(ob_json_parse(big.ptr, big.len, OB_JSON_STRICT, &err));
  cr_expect_eq(err.code, OB_ELIMIT);
}

Test(json, integers_are_exact) {
  static const struct {
    const char *text;
    bool ok;
    int64_t v;
  } rows[] = {
      {"0", true, 0},
      {"-1", true, -1},
      {"2147483648", true, 2147483648},
      {"9007199254740992", true, 9007199254740992},
      {"9007199254740993", true, 9007199254740993},
      {"9223372036854775807", true, INT64_MAX},
      {"-9223372036854775808", true, INT64_MIN},
      {"9223372036854775808", false, 0},
      {"1e18", true, 1000000000000000000},
      {"1.0", true, 1},
      {"1.5", false, 0},
      {"1e19", false, 0},
      {"\"1\"", false, 0},
      {"null", false, 0},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) j = parse(rows[i].text, OB_JSON_STRICT);
    int64_t v = 0;
    cr_expect_eq(ob_json_int(j, &v), rows[i].ok, "%s", rows[i].text);
    cr_expect_eq(v, rows[i].v, "%s gave %lld", rows[i].text, (long long)v);
    if (!rows[i].ok) continue;
    OB_AUTOPTR(ob_json) made = ob_json_new_int(rows[i].v);
    cr_expect(ob_json_equal(made, j), "%s", rows[i].text);
    cr_expect(ob_json_int(made, &v) && v == rows[i].v);
  }
}

Test(json, equality) {
  static const struct {
    const char *a, *b;
    bool equal;
  } rows[] = {
      {"1", "1.0", true},
      {"1", "2", false},
      {"9007199254740992", "9007199254740993", false},
      {"9007199254740993", "9007199254740992.0", false},
      {"9007199254740993", "9007199254740993", true},
      {"1000000000000000000", "1e18", true},
      {"99999999999999999999", "99999999999999999999", true},
      {"99999999999999999999", "99999999999999999998", false},
      {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
      {"{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}", true},
      {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
      {"{\"a\":1}", "{\"A\":1}", false},
      {"{\"a\":null}", "{}", false},
      {"{\"a\":null}", "{\"b\":null}", false},
      {"[1,2]", "[2,1]", false},
      {"[1,2]", "[1,2,3]", false},
      {"[]", "{}", false},
      {"null", "false", false},
      {"true", "true", true},
      {"true", "false", false},
      {"\"1\"", "1", false},
      {"\"a\"", "\"\\u0061\"", true},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) a = parse(rows[i].a, OB_JSON_STRICT);
    OB_AUTOPTR(ob_json) b = parse(rows[i].b, OB_JSON_STRICT);
    cr_expect_eq(ob_json_equal(a, b), rows[i].equal, "%s / %s", rows[i].a, rows[i].b);
    cr_expect_eq(ob_json_equal(b, a), rows[i].equal, "%s / %s", rows[i].b, rows[i].a);
  }
}

Test(json, reading_takes_null) {
  cr_expect_null(ob_json_get(NULL, "a"));
  cr_expect_null(ob_json_at(NULL, "a", NULL));
  cr_expect_null(ob_json_get_str(NULL, "a"));
  cr_expect_null(ob_json_str(NULL));
  cr_expect_null(ob_json_first(NULL));
  cr_expect_null(ob_json_next(NULL));
  cr_expect_null(ob_json_key(NULL));
  cr_expect_null(ob_json_index(NULL, 0));
  cr_expect_null(ob_json_dup(NULL));
  cr_expect_null(ob_json_take(NULL, "a"));
  cr_expect_eq(ob_json_get_int(NULL, "a", -7), -7);
  cr_expect(ob_json_get_bool(NULL, "a", true));
  cr_expect_eq(ob_json_len(NULL), 0);
  cr_expect_eq(ob_json_type_of(NULL), OB_JSON_NULL);
  cr_expect_not(ob_json_is(NULL, OB_JSON_NULL), "absent is not null");
  ob_json_remove(NULL, "a");
  ob_json_free(NULL);
  cr_expect_null(ob_json_put(NULL, "a", ob_json_new_null()), "and the child is freed");
}

Test(json, reading) {
  OB_AUTOPTR(ob_json)
  j = parse("{\"s\":\"x\",\"n\":3,\"t\":true,\"f\":false,\"z\":null,\"a\":[1,[2]],\"o\":{\"p\":{"
            "\"q\":5}}}",
            OB_JSON_STRICT);
  cr_expect_str_eq(ob_json_get_str(j, "s"), "x");
  cr_expect_null(ob_json_get_str(j, "n"));
  cr_expect(ob_json_get_bool(j, "t", false));
  cr_expect_not(ob_json_get_bool(j, "f", true));
  cr_expect(ob_json_get_bool(j, "z", true));
  cr_expect(ob_json_is(ob_json_get(j, "z"), OB_JSON_NULL));
  int64_t v = 0;
  cr_expect(ob_json_int(ob_json_at(j, "o", "p", "q", NULL), &v) && v == 5);
  cr_expect_null(ob_json_at(j, "o", "x", "q", NULL));
  cr_expect_eq(ob_json_at(j, NULL), j);
  cr_expect_eq(ob_json_len(ob_json_get(j, "a")), 2);
  cr_expect_eq(ob_json_type_of(ob_json_index(ob_json_get(j, "a"), 1)), OB_JSON_ARRAY);
  cr_expect_null(ob_json_index(ob_json_get(j, "a"), 2));
  cr_expect_null(ob_json_index(j, 0), "an object has no index");
  cr_expect_null(ob_json_key(ob_json_index(ob_json_get(j, "a"), 0)));
  cr_expect_str_eq(ob_json_type_name(OB_JSON_OBJECT), "object");
}

static void expect_print(const ob_json *j, const char *want) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_eq(ob_json_print(&out, j), 0);
  cr_expect_str_eq(ob_buf_str(&out), want, "%s, not %s", ob_buf_str(&out), want);
}

Test(json, building) {
  OB_AUTOPTR(ob_json) j = ob_json_new_object();
  ob_json_put_int(j, "a", 1);
  ob_json_put_str(j, "b", "x");
  ob_json_put_bool(j, "c", true);
  ob_json_put_str(j, "d", NULL);
  expect_print(j, "{\"a\":1,\"b\":\"x\",\"c\":true}");
  ob_json_put_int(j, "a", 2);
  ob_json_put(j, "c", ob_json_new_double(0.5));
  expect_print(j, "{\"a\":2,\"b\":\"x\",\"c\":0.5}");
  ob_json_put_int(j, "B", 7);
  ob_json_remove(j, "b");
  ob_json_remove(j, "absent");
  expect_print(j, "{\"a\":2,\"c\":0.5,\"B\":7}");
  ob_json *o = ob_json_ensure_object(j, "c");
  ob_json_put_int(o, "in", 1);
  cr_expect_eq(ob_json_ensure_object(j, "c"), o);
  ob_json *moved = ob_json_take(j, "c");
  cr_expect_null(ob_json_key(moved));
  ob_json *arr = ob_json_put(j, "arr", ob_json_new_array());
  ob_json_push(arr, moved);
  ob_json_push(arr, ob_json_dup(ob_json_get(j, "a")));
  cr_expect_null(ob_json_key(ob_json_index(arr, 1)), "a copy forgets its key");
  expect_print(j, "{\"a\":2,\"B\":7,\"arr\":[{\"in\":1},2]}");
  cr_expect_null(ob_json_push(j, ob_json_new_null()), "an object takes no elements");
}

Test(json, replacing_keeps_the_list_sound) {
  for (int which = 0; which < 3; which++) {
    OB_AUTOPTR(ob_json) j = parse("{\"k0\":0,\"k1\":1,\"k2\":2}", OB_JSON_STRICT);
    char key[3] = {'k', (char)('0' + which), '\0'};
    ob_json_put_int(j, key, 9);
    ob_json_put_int(j, "last", 10);
    ob_json_remove(j, key);
    ob_json_put_int(j, "end", 11);
    cr_expect_eq(ob_json_len(j), 4);
    cr_expect_eq(ob_json_get_int(j, "end", 0), 11);
  }
}

Test(json, arrays_against_a_model) {
  ob_rng rng = {11};
  int model[64];
  size_t n = 0;
  OB_AUTOPTR(ob_json) arr = ob_json_new_array();
  for (int step = 0; step < 5000; step++) {
    int v = (int)ob_rng_below(&rng, 1000);
    size_t at = n ? ob_rng_below(&rng, (uint32_t)n + 1) : 0;
    if (n < OB_LEN(model) && ob_rng_below(&rng, 2)) {
      ob_json_insert(arr, at, ob_json_new_int(v));
      memmove(model + at + 1, model + at, (n - at) * sizeof *model);
      model[at] = v;
      n++;
    } else if (at < n) {
      ob_json_remove_at(arr, at);
      memmove(model + at, model + at + 1, (n - at - 1) * sizeof *model);
      n--;
    }
    cr_assert_eq(ob_json_len(arr), n);
    const ob_json *c = ob_json_first(arr);
    for (size_t i = 0; i < n; i++, c = ob_json_next(c)) {
      int64_t got = -1;
      cr_assert(ob_json_int(c, &got) && got == model[i], "step %d", step);
    }
  }
}

Test(json, strings_with_bytes) {
  OB_AUTOPTR(ob_json) j = ob_json_new_strn("a\0b", 3);
  cr_expect_str_eq(ob_json_str(j), "a\xEF\xBF\xBD"
                                   "b");
  OB_AUTOPTR(ob_json) none = ob_json_new_strn(NULL, 0);
  expect_print(none, "\"\"");
  OB_AUTOPTR(ob_json) bad = ob_json_new_str("a\xff\x1b");
  expect_print(bad, "\"a\xEF\xBF\xBD\\u001b\"");
}

Test(json, pretty) {
  OB_AUTOPTR(ob_json) j = parse("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}", OB_JSON_STRICT);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_json_print_pretty(&out, j);
  cr_expect_str_eq(ob_buf_str(&out),
                   "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n"
                   "  \"c\": {},\n  \"d\": []\n}");
  ob_buf tiny = OB_BUF_INIT(5);
  cr_expect_eq(ob_json_print(&tiny, j), -OB_ELIMIT);
  ob_buf_done(&tiny);
}

Test(json, doubles_survive_printing) {
  ob_rng rng = {5};
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = ob_rng_next(&rng);
    double v;
    memcpy(&v, &bits, sizeof v);
    if (!isfinite(v)) continue;
    OB_AUTOPTR(ob_json) j = ob_json_new_double(v);
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_json_print(&out, j);
    OB_AUTOPTR(ob_json) back = ob_json_parse(out.ptr, out.len, OB_JSON_STRICT, NULL);
    cr_assert_not_null(back, "%s", out.ptr);
    cr_assert_eq(ob_json_double(back), v, "%s", out.ptr);
  }
}

/* Whatever the bytes are, the parser answers without a crash, and what it accepts it can read
 * again. */
Test(json, random_bytes) {
  static const char *const parts[] = {
      "{", "}",    "[",   "]",       ",",       ":",    "\"",       "\"a\"", "1", "-",   ".",
      "e", "null", "\\u", "\\u0000", "\\ud83d", "\xff", "\xe2\x82", " ",     "0", "\x01"};
  ob_rng rng = {99};
  for (int i = 0; i < 30000; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    for (uint32_t k = ob_rng_below(&rng, 14); k > 0; k--)
      ob_buf_adds(&text, parts[ob_rng_below(&rng, OB_LEN(parts))]);
    OB_AUTOPTR(ob_json) j = ob_json_parse(ob_buf_str(&text), text.len, OB_JSON_LENIENT, NULL);
    if (!j) continue;
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_json_print(&out, j);
    OB_AUTOPTR(ob_json) back = ob_json_parse(out.ptr, out.len, OB_JSON_STRICT, NULL);
    cr_assert(ob_json_equal(j, back), "%s -> %s", text.ptr, out.ptr);
  }
}

/* A double beyond 2^53 is printed with the fewest digits that name it, and these read back as it. */
Test(json, a_large_double_is_itself_again) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTOPTR(ob_json) j = parse("90071071992547.5e3", OB_JSON_STRICT);
  ob_json_print(&out, j);
  cr_expect_str_eq(ob_buf_str(&out), "90071071992547500");
  OB_AUTOPTR(ob_json) again = parse(ob_buf_str(&out), OB_JSON_STRICT);
  OB_AUTOPTR(ob_json) other = parse("90071071992547600", OB_JSON_STRICT);
  cr_expect(ob_json_equal(j, again) && ob_json_equal(again, j));
  cr_expect_not(ob_json_equal(j, other));
}
