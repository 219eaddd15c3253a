/* The small tools: memory, buffers, maps, queues, strings, files, errors. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/queue.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- buf --- */

Test(buf, a_cap_is_a_cap) {
  static const size_t sizes[] = {1, 63, 64, 65, 1000};
  for (size_t k = 0; k < OB_LEN(sizes); k++) {
    size_t max = sizes[k];
    OB_AUTO(ob_buf) b = OB_BUF_INIT(max);
    cr_expect_eq(ob_buf_fill(&b, 'x', max), 0);
    cr_expect_eq(b.len, max);
    cr_expect_not(b.failed);
    cr_expect_eq(ob_buf_addc(&b, 'y'), -OB_ELIMIT);
    cr_expect(b.failed);
    cr_expect_eq(ob_buf_add(&b, "", 0), -OB_ELIMIT, "every later append is refused");
    cr_expect_eq(b.len, max);
    cr_expect_eq(b.ptr[max], '\0');
    ob_buf_reset(&b);
    cr_expect_eq(ob_buf_fill(&b, 'x', 100 * max), -OB_ELIMIT);
    cr_expect_eq(b.len, 0, "nothing of a piece that does not fit");
    ob_buf_reset(&b);
    cr_expect_eq(ob_buf_addf(&b, "%*d", (int)max, 7), 0);
    cr_expect_eq(ob_buf_addf(&b, "%d", 7), -OB_ELIMIT);
    cr_expect_eq(b.len, max);
  }
  ob_buf none = OB_BUF_INIT(0);
  cr_expect_eq(ob_buf_addc(&none, 'x'), -OB_ELIMIT);
  cr_expect_str_eq(ob_buf_str(&none), "");
  ob_buf_done(&none);
}

Test(buf, content) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_str_eq(ob_buf_str(&b), "");
  ob_buf_adds(&b, "abc");
  ob_buf_adds(&b, NULL);
  ob_buf_addf(&b, "-%d-%s", 5, "x");
  ob_buf_fill(&b, '.', 3);
  cr_expect_str_eq(ob_buf_str(&b), "abc-5-x...");
  ob_buf_consume(&b, 4);
  cr_expect_str_eq(ob_buf_str(&b), "5-x...");
  ob_buf_truncate(&b, 99);
  ob_buf_truncate(&b, 3);
  cr_expect_str_eq(ob_buf_str(&b), "5-x");
  size_t n;
  OB_AUTOFREE char *taken = ob_buf_take(&b, &n);
  cr_expect_str_eq(taken, "5-x");
  cr_expect_eq(n, 3);
  cr_expect_eq(b.len, 0);
  cr_expect_eq(b.max, OB_LINE_MAX);
  OB_AUTOFREE char *empty = ob_buf_take(&b, NULL);
  cr_expect_str_eq(empty, "");
  ob_buf_consume(&b, 5);
  for (int i = 0; i < 5000; i++) ob_buf_addc(&b, (char)('a' + i % 26));
  ob_buf_consume(&b, 9999);
  cr_expect_str_eq(ob_buf_str(&b), "");
}

/* --- map --- */

typedef struct keyed { /* a value that holds its key, or is held by somebody else's */
  char key[16];
} keyed;

static const char *key_in(const void *val, size_t *ret_len) {
  const keyed *k = val;
  *ret_len = strlen(k->key);
  return k->key;
}

static void map_against_a_model(ob_map *m, bool own_keys) {
  enum { KEYS = 300 };
  static char keys[KEYS][16];
  static keyed values[KEYS];
  keyed *model[KEYS] = {0};
  size_t len = 0;
  ob_rng rng = {7};
  for (int i = 0; i < KEYS; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    snprintf(values[i].key, sizeof values[i].key, "k%d", i);
  }
  for (int step = 0; step < 200000; step++) {
    uint32_t i = ob_rng_below(&rng, KEYS), what = ob_rng_below(&rng, step % 20000 < 10000 ? 5 : 9);
    size_t n = strlen(keys[i]);
    if (what < 2) {
      keyed *v = &values[own_keys ? i : ob_rng_below(&rng, KEYS)];
      cr_assert_eq(ob_map_put(m, keys[i], n, v), model[i]);
      len += !model[i];
      model[i] = v;
    } else if (what < 4) {
      cr_assert_eq(ob_map_get(m, keys[i], n), model[i]);
    } else {
      cr_assert_eq(ob_map_del(m, keys[i], n), model[i]);
      len -= model[i] != NULL;
      model[i] = NULL;
    }
    cr_assert_eq(m->len, len);
    if (step % 5000) continue;
    size_t walked = 0, cursor = 0;
    while (ob_map_next(m, &cursor)) walked++;
    cr_assert_eq(walked, len);
    for (int k = 0; k < KEYS; k++) cr_assert_eq(ob_map_get(m, keys[k], strlen(keys[k])), model[k]);
  }
}

Test(map, against_a_model) {
  OB_AUTO(ob_map) m = OB_MAP_INIT, of = OB_MAP_OF(key_in);
  map_against_a_model(&m, false);
  map_against_a_model(&of, true);
  ob_map_clear(&of);
  cr_expect_eq(of.len, 0);
  keyed k = {"k1"};
  cr_expect_null(ob_map_put(&of, "k1", 2, &k));
  cr_expect_eq(ob_map_get(&of, "k1", 2), &k);
}

Test(map, keys_are_bytes) {
  int a = 1, b = 2, c = 3;
  OB_AUTO(ob_map) m = OB_MAP_INIT;
  cr_expect_null(ob_map_get(&m, "x", 1));
  cr_expect_null(ob_map_del(&m, "x", 1));
  ob_map_put(&m, "a\0b", 3, &a);
  ob_map_put(&m, "a\0c", 3, &b);
  ob_map_put(&m, "", 0, &c);
  cr_expect_eq(ob_map_get(&m, "a\0b", 3), &a);
  cr_expect_eq(ob_map_get(&m, "a\0c", 3), &b);
  cr_expect_eq(ob_map_get(&m, "", 0), &c);
  cr_expect_null(ob_map_get(&m, "a", 1));
  char other[] = "a\0b";
  cr_expect_eq(ob_map_put(&m, other, 3, &c), &a);
  size_t cursor = 0;
  bool replaced = false;
  for (size_t i = 0; i < m.cap; i++) replaced |= m.vals[i] && m.keys[i].at == other;
  cr_expect(replaced, "the key pointer is replaced too");
  ob_map_clear(&m);
  cr_expect_null(ob_map_next(&m, &cursor));
  cr_expect_eq(m.len, 0);
}

Test(map, hash_depends_on_every_byte) {
  char text[40] = {0};
  uint64_t plain = ob_hash(text, sizeof text);
  cr_expect_eq(plain, ob_hash(text, sizeof text));
  for (size_t i = 0; i < sizeof text; i++) {
    text[i] = 1;
    cr_expect_neq(ob_hash(text, sizeof text), plain);
    text[i] = 0;
  }
  cr_expect_neq(ob_hash("", 0), ob_hash("\0", 1));
  cr_expect_neq(ob_hash_more(1, "a", 1), ob_hash_more(2, "a", 1));
}

/* --- queue --- */

enum { PUSHED = 100000 };
typedef struct item {
  ob_link link;
  int n;
} item;

static void *push_all(void *arg) {
  for (int i = 0; i < PUSHED; i++) {
    item *it = ob_alloc(sizeof *it);
    it->n = i;
    ob_queue_push(arg, &it->link);
  }
  return NULL;
}

Test(queue, two_threads, .timeout = 60) {
  ob_queue q;
  ob_queue_init(&q);
  pthread_t thread;
  pthread_create(&thread, NULL, push_all, &q);
  for (int want = 0; want < PUSHED;) {
    item *it = (item *)ob_queue_pop(&q);
    if (!it) {
      usleep(100);
      continue;
    }
    cr_assert_eq(it->n, want++);
    free(it);
  }
  pthread_join(thread, NULL);
  cr_expect_null(ob_queue_pop(&q));
  ob_queue_done(&q);
}

Test(queue, push_says_when_it_was_empty) {
  ob_queue q;
  ob_link a, b;
  ob_queue_init(&q);
  cr_expect(ob_queue_push(&q, &a));
  cr_expect_not(ob_queue_push(&q, &b));
  cr_expect_eq(ob_queue_pop(&q), &a);
  cr_expect_null(a.next);
  cr_expect_not(ob_queue_push(&q, &a));
  cr_expect_eq(ob_queue_pop(&q), &b);
  cr_expect_eq(ob_queue_pop(&q), &a);
  cr_expect(ob_queue_push(&q, &a));
  ob_queue_pop(&q);
  ob_queue_done(&q);
}

/* --- str --- */

Test(str, comparison) {
  cr_expect(ob_streq(NULL, NULL));
  cr_expect_not(ob_streq("a", NULL));
  cr_expect_str_eq(ob_or("", "x"), "x");
  cr_expect(ob_starts("abc", "ab"));
  cr_expect_not(ob_starts("a", "ab"));
  cr_expect(ob_ends("abc", "bc"));
  cr_expect_not(ob_ends("c", "bc"));
  cr_expect_not(ob_ends(NULL, ""));
  cr_expect(ob_contains_nocase("Checkout", "KOUT"));
  cr_expect(ob_contains_nocase("x", ""));
  cr_expect_not(ob_contains_nocase("chec", "check"));
  cr_expect(ob_contains_nocase("aab", "AB"));
}

Test(str, natural_order) {
  static const char *const sorted[] = {"",
                                       "01",
                                       "1",
                                       "1a",
                                       "2",
                                       "10",
                                       "a",
                                       "a1",
                                       "a1b",
                                       "a2",
                                       "a10",
                                       "b",
                                       "web-2",
                                       "web-10",
                                       "web-10a",
                                       "web-99999999999999999999998",
                                       "web-99999999999999999999999",
                                       "web-a"};
  for (size_t i = 0; i < OB_LEN(sorted); i++) {
    for (size_t k = 0; k < OB_LEN(sorted); k++) {
      int want = (i > k) - (i < k);
      cr_expect_eq(ob_strnatcmp(sorted[i], sorted[k]), want, "%s / %s", sorted[i], sorted[k]);
    }
  }
}

Test(str, integers) {
  static const struct {
    const char *s;
    int64_t min, max;
    bool ok;
  } rows[] = {
      {"0", 0, 9, true},
      {"9", 0, 9, true},
      {"10", 0, 9, false},
      {"-1", 0, 9, false},
      {"-1", -1, 9, true},
      {"", 0, 9, false},
      {" 1", 0, 9, false},
      {"1 ", 0, 9, false},
      {"+1", 0, 9, false},
      {"1x", 0, 9, false},
      {"--1", -9, 9, false},
      {"-", -9, 9, false},
      {"0x1", 0, 9, false},
      {"007", 0, 9, true},
      {"9223372036854775807", INT64_MIN, INT64_MAX, true},
      {"9223372036854775808", INT64_MIN, INT64_MAX, false},
      {"-9223372036854775808", INT64_MIN, INT64_MAX, true},
      {"-9223372036854775809", INT64_MIN, INT64_MAX, false},
      {"99999999999999999999999", INT64_MIN, INT64_MAX, false},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    int64_t v = 77;
    cr_expect_eq(ob_parse_int(rows[i].s, rows[i].min, rows[i].max, &v), rows[i].ok, "%s",
                 rows[i].s);
    if (!rows[i].ok) cr_expect_eq(v, 77, "left alone");
  }
  int64_t v;
  cr_expect_not(ob_parse_int(NULL, 0, 1, &v));
  cr_expect(ob_parse_int("-9223372036854775808", INT64_MIN, 0, &v) && v == INT64_MIN);
}

/* RFC 4648, 10 */
Test(str, base64) {
  static const struct {
    const char *plain, *coded;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_base64_encode(&out, rows[i].plain, strlen(rows[i].plain));
    cr_expect_str_eq(ob_buf_str(&out), rows[i].coded);
    ob_buf_reset(&out);
    cr_expect_eq(ob_base64_decode(&out, rows[i].coded, strlen(rows[i].coded)), 0);
    cr_expect_str_eq(ob_buf_str(&out), rows[i].plain);
  }
  static const char *const bad[] = {"Zg",    "Zg=",   "Z",    "Zg==Zg==", "Z===", "=",      "====",
                                    "Zm9v!", "Zm 9v", "Zg=a", "Zm9vYg",   "-_-_", "Zg==\nZ"};
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&out, "before");
    cr_expect_eq(ob_base64_decode(&out, bad[i], strlen(bad[i])), -OB_EINVALID, "%s", bad[i]);
    cr_expect_str_eq(ob_buf_str(&out), "before");
  }
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_eq(ob_base64_decode(&out, "Zm\r\n9v\nYg=\n=\n", 13), 0);
  cr_expect_str_eq(ob_buf_str(&out), "foob");
  ob_rng rng = {1};
  for (size_t n = 0; n < 200; n++) {
    uint8_t bytes[200];
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)ob_rng_next(&rng);
    OB_AUTO(ob_buf) coded = OB_BUF_INIT(OB_LINE_MAX);
    OB_AUTO(ob_buf) plain = OB_BUF_INIT(OB_LINE_MAX);
    ob_base64_encode(&coded, bytes, n);
    cr_assert_eq(ob_base64_decode(&plain, ob_buf_str(&coded), coded.len), 0);
    cr_assert(plain.len == n && (n == 0 || memcmp(plain.ptr, bytes, n) == 0));
  }
}

Test(str, nothing_may_be_null) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_eq(ob_base64_decode(&out, NULL, 0), 0);
  cr_expect_eq(ob_base64_encode(&out, NULL, 0), 0);
  cr_expect_eq(ob_url_escape(&out, NULL), 0);
  cr_expect_eq(out.len, 0);
}

Test(str, url_escape) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_url_escape(&out, "aZ09-._~ /?=&%\xC3\xA9");
  cr_expect_str_eq(ob_buf_str(&out), "aZ09-._~%20%2F%3F%3D%26%25%C3%A9");
}

Test(str, read_file) {
  char path[] = "/tmp/outboard-test-XXXXXX";
  OB_AUTOFD int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, "0123456789", 10) == 10);
  OB_AUTO(ob_buf) fits = OB_BUF_INIT(10);
  cr_expect_eq(ob_read_file(path, &fits, NULL), 0);
  cr_expect_str_eq(ob_buf_str(&fits), "0123456789");
  ob_err err = {0};
  OB_AUTO(ob_buf) small = OB_BUF_INIT(9);
  cr_expect_eq(ob_read_file(path, &small, &err), -OB_ELIMIT);
  cr_expect(strstr(err.msg, path));
  unlink(path);
  cr_expect_eq(ob_read_file(path, &fits, &err), -OB_ENOTFOUND);
  cr_expect(strstr(err.msg, path) && strstr(err.msg, "No such file"));
  cr_expect_eq(ob_read_file("/tmp", &fits, &err), -OB_EIO, "a folder");
}

/* --- mem --- */

Test(mem, texts_and_vectors) {
  OB_AUTOFREE char *a = ob_strndup("abcdef", 3);
  OB_AUTOFREE char *b = ob_asprintf("%s-%d", a, 4);
  cr_expect_str_eq(b, "abc-4");
  cr_expect_null(ob_strdup_opt(NULL));
  ob_secret_free(NULL);
  ob_secret_free(ob_strdup("hunter2"));
  OB_VEC(int) v = {0};
  for (int i = 0; i < 1000; i++) ob_vec_push(&v, i);
  cr_expect(v.len == 1000 && v.at[999] == 999);
  ob_vec_done(&v);
  char *p = ob_strdup("x"), *q = ob_take(p);
  cr_expect_null(p);
  free(q);
}

static void say_hook(void) {
  _exit(3);
}
Test(mem, the_hook_runs_first, .exit_code = 3) {
  ob_oom_hook_set(say_hook);
  ob_oom();
}
Test(mem, without_memory_the_process_ends_with_71, .exit_code = 71) {
  ob_reallocarray(NULL, SIZE_MAX / 2, 4);
}

/* --- err --- */

Test(err, fail_hint_within) {
  ob_err err = {0};
  cr_expect_eq(ob_fail(&err, OB_ENET, "connect to %s", "x"), -OB_ENET);
  cr_expect_eq(ob_hint(&err, "try %d", 2), -OB_ENET);
  cr_expect_str_eq(err.hint, "try 2");
  cr_expect_eq(ob_err_within(&err, "context %s", "demo"), -OB_ENET);
  cr_expect_str_eq(err.msg, "context demo: connect to x");
  cr_expect_str_eq(err.hint, "try 2");
  ob_fail(&err, OB_EIO, "again: %s", err.msg);
  cr_expect_str_eq(err.msg, "again: context demo: connect to x");
  cr_expect_str_eq(err.hint, "");
  cr_expect_eq(ob_fail(NULL, OB_EIO, "x"), -OB_EIO);
  cr_expect_lt(ob_hint(NULL, "x"), 0);
  cr_expect_lt(ob_err_within(NULL, "x"), 0);
  ob_err_clear(&err);
  cr_expect_eq(err.code, OB_OK);
  for (int c = OB_OK; c <= OB_ECANCELED; c++)
    cr_expect_str_neq(ob_code_name((ob_code)c), "unknown");
}

Test(err, long_messages_are_cut_at_a_whole_character) {
  for (size_t lead = 0; lead < 4; lead++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_fill(&text, 'a', lead);
    for (int i = 0; i < 600; i++) ob_buf_adds(&text, "\xF0\x9F\x98\x80");
    ob_err err = {0};
    ob_fail(&err, OB_EIO, "%s", text.ptr);
    cr_expect_eq((strlen(err.msg) - lead) % 4, 0);
    cr_expect_gt(strlen(err.msg), sizeof err.msg - 5);
    ob_hint(&err, "%s", text.ptr);
    cr_expect_eq((strlen(err.hint) - lead) % 4, 0);
    ob_err_within(&err, "%s", "bb");
    cr_expect_eq((strlen(err.msg) - lead - 4) % 4, 0);
    cr_expect_lt(strlen(err.msg), sizeof err.msg);
  }
}
