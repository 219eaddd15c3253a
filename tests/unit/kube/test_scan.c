/* Lists cut anywhere give the same items; truncated ones never pass; watches are lines. */
#include "base/clock.h"
#include "base/str.h"
#include "kube/scan.h"
#include <criterion/criterion.h>
#include <stdio.h>

typedef struct collect {
  ob_buf all; /* items, each followed by \x01 */
  size_t n;
} collect;

static int on_item(void *arg, const char *bytes, size_t n) {
  collect *c = arg;
  ob_buf_add(&c->all, bytes, n);
  ob_buf_addc(&c->all, 1);
  c->n++;
  return 0;
}

typedef struct world {
  ob_buf json, items;
  size_t n;
} world;

static void random_string(ob_buf *b, ob_rng *r) {
  static const char *const parts[] = {"a",    "{",    "}",   "[", "]",       ",",     ":",
                                      "\\\"", "\\\\", "\\n", "é", "\\u0000", "items", "metadata"};
  ob_buf_addc(b, '"');
  for (uint32_t n = ob_rng_below(r, 6); n > 0; n--)
    ob_buf_adds(b, parts[ob_rng_below(r, OB_LEN(parts))]);
  ob_buf_addc(b, '"');
}

static void random_value(ob_buf *b, ob_rng *r, int depth) {
  switch (ob_rng_below(r, depth > 3 ? 3 : 5)) {
  case 0: random_string(b, r); break;
  case 1: ob_buf_addf(b, "%u", ob_rng_below(r, 1000)); break;
  case 2: ob_buf_adds(b, ob_rng_below(r, 2) ? "null" : "true"); break;
  case 3:
    ob_buf_addc(b, '[');
    for (uint32_t n = ob_rng_below(r, 3), i = 0; i < n; i++) {
      if (i) ob_buf_addc(b, ',');
      random_value(b, r, depth + 1);
    }
    ob_buf_addc(b, ']');
    break;
  default:
    ob_buf_addc(b, '{');
    for (uint32_t n = ob_rng_below(r, 3), i = 0; i < n; i++) {
      if (i) ob_buf_addc(b, ',');
      random_string(b, r);
      ob_buf_adds(b, ob_rng_below(r, 2) ? ": " : ":");
      random_value(b, r, depth + 1);
    }
    ob_buf_addc(b, '}');
  }
}

static void random_list(world *w, ob_rng *r) {
  ob_buf_init(&w->json, 1 << 20);
  ob_buf_init(&w->items, 1 << 20);
  bool items_first = ob_rng_below(r, 2);
  w->n = ob_rng_below(r, 5);
  const char *gap = ob_rng_below(r, 2) ? " \n" : "";
  ob_buf_addf(&w->json, "%s{%s\"kind\":\"ServiceList\",", gap, gap);
  static const char meta[] = "\"metadata\":{\"resourceVersion\":\"7}\\\"1\",\"continue\":\"c{\","
                             "\"remainingItemCount\":12}";
  if (!items_first) ob_buf_addf(&w->json, "%s,%s", meta, gap);
  ob_buf_addf(&w->json, "\"items\"%s:%s[%s", gap, gap, gap);
  for (size_t i = 0; i < w->n; i++) {
    OB_AUTO(ob_buf) item = OB_BUF_INIT(1 << 16);
    ob_buf_addf(&item, "{\"n\":%zu,\"v\":", i);
    random_value(&item, r, 0);
    ob_buf_addc(&item, '}');
    if (i) ob_buf_addf(&w->json, "%s,", gap);
    ob_buf_add(&w->json, item.ptr, item.len);
    ob_buf_add(&w->items, item.ptr, item.len);
    ob_buf_addc(&w->items, 1);
  }
  ob_buf_addf(&w->json, "%s]", gap);
  if (items_first) ob_buf_addf(&w->json, ",%s", meta);
  ob_buf_addf(&w->json, ",\"x\":-1.5e3%s}%s", gap, gap);
}

static void check_whole(const world *w, ob_list_scan *s, const collect *c, int rc,
                        const ob_err *e) {
  cr_assert_eq(rc, 0, "%s in %s", e->msg, ob_buf_str(&w->json));
  cr_assert_eq(c->n, w->n);
  cr_assert_eq(s->items, w->n);
  cr_assert_str_eq(ob_buf_str(&c->all), ob_buf_str(&w->items));
  cr_assert_str_eq(s->resource_version, "7}\"1");
  cr_assert_str_eq(s->cont, "c{");
  cr_assert_eq(s->remaining, 12);
  cr_assert_str_eq(s->kind, "ServiceList");
}

Test(list_scan, cut_at_every_byte_and_in_random_pieces) {
  ob_rng r = {20261124};
  for (int round = 0; round < 150; round++) {
    world w;
    random_list(&w, &r);
    for (size_t cut = 0; cut <= w.json.len; cut++) {
      collect c = {.all = OB_BUF_INIT(1 << 20)};
      ob_err e = {0};
      OB_AUTO(ob_list_scan) s;
      ob_list_scan_init(&s, 0, on_item, &c);
      ob_list_scan_feed(&s, w.json.ptr, cut, &e);
      int rc = ob_list_scan_feed(&s, w.json.ptr + cut, w.json.len - cut, &e);
      if (rc == 0) rc = ob_list_scan_finish(&s, &e);
      check_whole(&w, &s, &c, rc, &e);
      ob_buf_done(&c.all);
    }
    for (int k = 0; k < 20; k++) {
      collect c = {.all = OB_BUF_INIT(1 << 20)};
      ob_err e = {0};
      OB_AUTO(ob_list_scan) s;
      ob_list_scan_init(&s, 0, on_item, &c);
      int rc = 0;
      for (size_t at = 0; at < w.json.len && rc == 0;) {
        size_t n = 1 + ob_rng_below(&r, 9);
        if (n > w.json.len - at) n = w.json.len - at;
        rc = ob_list_scan_feed(&s, w.json.ptr + at, n, &e);
        at += n;
      }
      if (rc == 0) rc = ob_list_scan_finish(&s, &e);
      check_whole(&w, &s, &c, rc, &e);
      ob_buf_done(&c.all);
    }
    ob_buf_done(&w.json);
    ob_buf_done(&w.items);
  }
}

Test(list_scan, a_truncated_list_never_passes) {
  ob_rng r = {7};
  for (int round = 0; round < 100; round++) {
    world w;
    random_list(&w, &r);
    size_t body = w.json.len;
    while (body > 0 && w.json.ptr[body - 1] != '}') body--;
    for (size_t cut = 0; cut < body; cut++) {
      collect c = {.all = OB_BUF_INIT(1 << 20)};
      ob_err e = {0};
      OB_AUTO(ob_list_scan) s;
      ob_list_scan_init(&s, 0, on_item, &c);
      int rc = ob_list_scan_feed(&s, w.json.ptr, cut, &e);
      if (rc == 0) rc = ob_list_scan_finish(&s, &e);
      cr_assert_lt(rc, 0, "%zu of %zu bytes passed", cut, w.json.len);
      ob_buf_done(&c.all);
    }
    ob_buf_done(&w.json);
    ob_buf_done(&w.items);
  }
}

static const struct {
  const char *json;
  int rc; /* of feed or finish */
  size_t items;
  const char *rv;
} lists[] = {
    {"{\"kind\":\"X\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":null}", 0, 0, "5"},
    {"{\"items\":[],\"metadata\":{}}", 0, 0, ""},
    {"{\"items\":[{}]}", 0, 1, ""},
    {"{\"metadata\":null,\"items\":[{},{}]}", 0, 2, ""},
    {"{\"metadata\":{\"items\":[1,2]},\"items\":[{\"items\":[{}]}]}", 0, 1, ""},
    {"\xef\xbb\xbf{\"items\":[]}", -(int)OB_EPROTO, 0, ""},
    {"", -(int)OB_EPROTO, 0, ""},
    {"[]", -(int)OB_EPROTO, 0, ""},
    {"{}", -(int)OB_EPROTO, 0, ""},
    {"{\"kind\":\"Status\",\"code\":403}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":{}}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":\"x\"}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":nul}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[1]}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[null]}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[{}]]}", -(int)OB_EPROTO, 1, ""},
    {"{\"items\":[{]}]}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[{},]}", -(int)OB_EPROTO, 1, ""},
    {"{\"items\":[{} {}]}", -(int)OB_EPROTO, 1, ""},
    {"{\"items\":[],}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[]}x", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[]}{\"items\":[]}", -(int)OB_EPROTO, 0, ""},
    {"{\"items\":[{}],\"items\":[{}]}", -(int)OB_EPROTO, 1, ""},
    {"{\"a\"1,\"items\":[]}", -(int)OB_EPROTO, 0, ""},
    {"{\"a\":,\"items\":[]}", -(int)OB_EPROTO, 0, ""},
    {"{a:1,\"items\":[]}", -(int)OB_EPROTO, 0, ""},
    {"{\"metadata\":{\"resourceVersion\":},\"items\":[]}", -(int)OB_EPROTO, 0, ""},
};

Test(list_scan, table) {
  for (size_t i = 0; i < OB_LEN(lists); i++) {
    collect c = {.all = OB_BUF_INIT(1 << 20)};
    ob_err e = {0};
    OB_AUTO(ob_list_scan) s;
    ob_list_scan_init(&s, 0, on_item, &c);
    int rc = ob_list_scan_feed(&s, lists[i].json, strlen(lists[i].json), &e);
    if (rc == 0) rc = ob_list_scan_finish(&s, &e);
    cr_expect_eq(rc, lists[i].rc, "%s: %d (%s)", lists[i].json, rc, e.msg);
    cr_expect_eq(c.n, lists[i].items, "%s: %zu items", lists[i].json, c.n);
    cr_expect_str_eq(s.resource_version, lists[i].rv);
    ob_buf_done(&c.all);
  }
}

Test(list_scan, limits) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  collect c = {.all = OB_BUF_INIT(1 << 20)};
  ob_err e = {0};
  OB_AUTO(ob_list_scan) s;
  ob_list_scan_init(&s, 100, on_item, &c);
  ob_buf_adds(&b, "{\"items\":[{\"a\":\"");
  ob_buf_fill(&b, 'x', 100 - 8); /* {"a":"…"} of exactly 100 */
  ob_buf_adds(&b, "\"}");
  cr_assert_eq(ob_list_scan_feed(&s, b.ptr, b.len, &e), 0);
  cr_assert_eq(c.n, 1);
  static const char more[] = ",{\"a\":\"";
  ob_list_scan_feed(&s, more, sizeof more - 1, &e);
  for (int i = 0; i < 92; i++) cr_assert_eq(ob_list_scan_feed(&s, "y", 1, &e), 0);
  ob_list_scan_feed(&s, "\"", 1, &e);
  cr_assert_eq(ob_list_scan_feed(&s, " ", 1, &e), 0, "100 bytes are allowed");
  cr_assert_eq(ob_list_scan_feed(&s, " ", 1, &e), -(int)OB_ELIMIT);
  cr_assert_eq(ob_list_scan_finish(&s, &e), -(int)OB_ELIMIT, "a failed scan stays failed");

  ob_list_scan_reset(&s);
  ob_buf_reset(&b);
  ob_buf_adds(&b, "{\"items\":[],\"metadata\":{\"continue\":\"");
  ob_buf_fill(&b, 'c', OB_SCAN_META);
  ob_buf_adds(&b, "\"}}");
  cr_assert_eq(ob_list_scan_feed(&s, b.ptr, b.len, &e), -(int)OB_ELIMIT);

  ob_list_scan_reset(&s);
  s.max_item = 1 << 20;
  ob_buf_reset(&b);
  ob_buf_adds(&b, "{\"items\":[{\"a\":");
  ob_buf_fill(&b, '[', OB_SCAN_DEPTH);
  cr_assert_eq(ob_list_scan_feed(&s, b.ptr, b.len, &e), -(int)OB_ELIMIT);
  ob_buf_done(&c.all);
}

static int stop_at_two(void *arg, const char *bytes, size_t n) {
  (void)bytes, (void)n;
  return ++*(int *)arg == 2;
}

Test(list_scan, the_receiver_may_stop) {
  int seen = 0;
  ob_err e = {0};
  static const char json[] = "{\"items\":[{},{},{}]}";
  OB_AUTO(ob_list_scan) s;
  ob_list_scan_init(&s, 0, stop_at_two, &seen);
  cr_assert_eq(ob_list_scan_feed(&s, json, sizeof json - 1, &e), -(int)OB_ECANCELED);
  cr_assert_eq(seen, 2);
}

/* --- watches --- */

Test(watch_scan, lines_in_any_pieces) {
  static const char text[] = "{\"a\":1}\n\n{\"b\":\"\xc3\xa9\"}\r\n{\"c\":3}\n{\"partial";
  static const char want[] = "{\"a\":1}\1{\"b\":\"\xc3\xa9\"}\1{\"c\":3}\1";
  for (size_t step = 1; step < sizeof text; step++) {
    collect c = {.all = OB_BUF_INIT(1 << 16)};
    ob_err e = {0};
    OB_AUTO(ob_watch_scan) s;
    ob_watch_scan_init(&s, 0, on_item, &c);
    for (size_t at = 0; at < sizeof text - 1; at += step) {
      size_t n = sizeof text - 1 - at < step ? sizeof text - 1 - at : step;
      cr_assert_eq(ob_watch_scan_feed(&s, text + at, n, &e), 0);
    }
    cr_assert_str_eq(ob_buf_str(&c.all), want);
    cr_assert(ob_watch_scan_partial(&s));
    ob_watch_scan_reset(&s);
    cr_assert_eq(ob_watch_scan_feed(&s, "{\"d\":4}\n", 8, &e), 0);
    cr_assert(ob_ends(ob_buf_str(&c.all), "\1{\"d\":4}\1"), "the partial line was dropped");
    ob_buf_done(&c.all);
  }
}

Test(watch_scan, an_event_has_a_limit) {
  collect c = {.all = OB_BUF_INIT(1 << 16)};
  ob_err e = {0};
  OB_AUTO(ob_watch_scan) s;
  ob_watch_scan_init(&s, 10, on_item, &c);
  cr_assert_eq(ob_watch_scan_feed(&s, "0123456789\n", 11, &e), 0);
  cr_assert_eq(ob_watch_scan_feed(&s, "01234", 5, &e), 0);
  cr_assert_eq(ob_watch_scan_feed(&s, "567890\n", 7, &e), -(int)OB_ELIMIT);
  ob_buf_done(&c.all);
}

static const struct {
  const char *line;
  int rc;
  ob_watch_type type;
  const char *object;
} events[] = {
    {"{\"type\":\"ADDED\",\"object\":{\"a\":\"}\"}}", 0, OB_WATCH_ADDED, "{\"a\":\"}\"}"},
    {" { \"object\" : {\"type\":\"X\"} , \"type\" : \"MODIFIED\" } ", 0, OB_WATCH_MODIFIED,
     "{\"type\":\"X\"}"},
    {"{\"type\":\"DELETED\",\"object\":{},\"new\":[1,{\"object\":2}]}", 0, OB_WATCH_DELETED, "{}"},
    {"{\"type\":\"BOOKMARK\",\"object\":{}}", 0, OB_WATCH_BOOKMARK, "{}"},
    {"{\"type\":\"ERROR\",\"object\":null}", 0, OB_WATCH_ERROR, NULL},
    {"{\"type\":\"NEWER\",\"object\":{}}", 0, OB_WATCH_UNKNOWN, "{}"},
    {"{\"type\":\"ADDED\",\"object\":{\"a\":1}", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{\"type\":\"ADDED\",\"object\":{\"a\":1}}}", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{\"type\":\"ADDED\"", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{\"type\":\"ADDED\",}", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{\"object\":{}}", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{}", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"{", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"null", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
    {"Internal Server Error", -(int)OB_EPROTO, OB_WATCH_UNKNOWN, NULL},
};

Test(watch_event, table) {
  for (size_t i = 0; i < OB_LEN(events); i++) {
    ob_watch_event ev;
    ob_err e = {0};
    int rc = ob_watch_event_parse(&ev, events[i].line, strlen(events[i].line), &e);
    cr_expect_eq(rc, events[i].rc, "%s", events[i].line);
    if (rc) continue;
    cr_expect_eq(ev.type, events[i].type, "%s", events[i].line);
    OB_AUTOFREE char *object = ev.object ? ob_strndup(ev.object, ev.object_len) : NULL;
    cr_expect(ob_streq(object, events[i].object), "%s: %s", events[i].line, object);
  }
}

static ob_watch_event event_of(const char *line) {
  ob_watch_event e;
  cr_assert_eq(ob_watch_event_parse(&e, line, strlen(line), NULL), 0, "%s", line);
  return e;
}

Test(watch_event, bookmarks_and_errors) {
  char rv[64];
  bool end;
  ob_err e = {0};
  ob_watch_event b =
      event_of("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"99\"}}}");
  cr_assert_eq(ob_watch_bookmark(&b, rv, &end, &e), 0);
  cr_assert_str_eq(rv, "99");
  cr_assert_not(end);
  b = event_of("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"100\","
               "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}");
  cr_assert_eq(ob_watch_bookmark(&b, rv, &end, &e), 0);
  cr_assert(end);
  b = event_of("{\"type\":\"BOOKMARK\",\"object\":{}}");
  cr_assert_lt(ob_watch_bookmark(&b, rv, &end, &e), 0);

  b = event_of("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
               "\"reason\":\"Expired\",\"message\":\"too old\"}}");
  cr_assert_eq(ob_watch_error(&b, &e), -(int)OB_EGONE);
  cr_assert_str_eq(e.msg, "too old");
  cr_assert_eq(e.http, 410);
  b = event_of("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500}}");
  cr_assert_eq(ob_watch_error(&b, &e), -(int)OB_ESERVER);
  b = event_of("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\"}}");
  cr_assert_lt(ob_watch_error(&b, &e), 0, "an error is never OK");
  b = event_of("{\"type\":\"ERROR\",\"object\":null}");
  cr_assert_lt(ob_watch_error(&b, &e), 0);
}
