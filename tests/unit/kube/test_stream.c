/* Bytes that come for long, broken, compressed, cut: streams, cancelling, gzip, the byte proxy. */
#include "base/str.h"
#include "client.h"
#include "kube/scan.h"
#include "wire/proxy.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <unistd.h>
#include <zlib.h>

/* --- streams, cancelling, breaking --- */

static bool streams(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  static const char piece[] = "6\r\n{\"a\":1\r\n2\r\n}\n\r\n";
  test_write(c, head, sizeof head - 1);
  if (strstr(r->path, "silent")) return test_wait(c, 10000);
  for (int i = 0; i < 3; i++) {
    test_write(c, piece, sizeof piece - 1);
    if (!test_wait(c, 20)) return false;
  }
  if (strstr(r->path, "end")) {
    test_write(c, "0\r\n\r\n", 5);
    return true;
  }
  if (strstr(r->path, "cut")) return false;
  if (strstr(r->path, "drip"))
    while (test_wait(c, 50)) test_write(c, "1\r\nx\r\n", 6);
  return test_wait(c, 10000);
}

static void check_streams(const ob_kube_target *t) {
  ob_timing timing = test_timing();
  timing.request_ms = 300;
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  test_answer quiet = {0}, ended = {0}, cut = {0}, drip = {0}, dead = {0};
  ob_http_call *q = test_start(
      h, &quiet, (ob_http_request){.path = "/silent", .stream = true, .on_data = test_on_data});
  test_start(h, &ended, (ob_http_request){.path = "/end", .stream = true, .on_data = test_on_data});
  test_start(h, &cut, (ob_http_request){.path = "/cut", .stream = true, .on_data = test_on_data});
  test_start(h, &drip,
             (ob_http_request){.path = "/drip", .stall_ms = 400, .on_data = test_on_data});
  test_start(h, &dead, (ob_http_request){.path = "/stop", .on_data = test_on_data});
  bool never = false;
  test_run(h, &never, 1200);
  cr_expect(quiet.opened && !quiet.done, "a silent watch lives on");
  cr_expect(ended.done && ended.err.code == OB_OK, "%s", ended.err.msg);
  cr_expect_str_eq(ob_buf_str(&ended.body), "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n");
  cr_expect(cut.done && cut.cut && cut.err.code == OB_ENET, "%s", cut.err.msg);
  cr_expect(drip.done && drip.err.code == OB_ETIMEOUT && drip.cut, "%s", drip.err.msg);
  cr_expect(strstr(drip.err.msg, "stopped coming"), "%s", drip.err.msg);
  cr_expect(dead.done && dead.err.code == OB_ETIMEOUT, "%s", dead.err.msg);
  ob_http_drop_connections(h);
  test_run(h, &quiet.done, 1000);
  cr_expect(quiet.done && quiet.cut && quiet.err.code == OB_ENET, "dropped: %s", quiet.err.msg);
  (void)q;
  test_answer again = test_get(h, (ob_http_request){.path = "/end"});
  cr_expect_eq(again.err.code, OB_OK);
  test_answer *all[] = {&quiet, &ended, &cut, &drip, &dead, &again};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_done(&all[i]->body);
}

Test(http, streams_live_without_limits_and_say_how_they_ended) {
  test_server *s = test_server_start(NULL, NULL, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  check_streams(t);
  test_server_stop(s);
}

Test(tls, a_silent_watch_does_not_hold_up_the_others) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, NULL);
  check_streams(t);
  test_tls_stop(&w);
}

Test(http, cancel) {
  test_server *s = test_server_start(NULL, NULL, streams, NULL);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  test_answer before = {0}, self = {0}, other = {0}, by_other = {0}, no = {.stop_after = 2};
  ob_http_call *b =
      test_start(h, &before, (ob_http_request){.path = "/x", .on_data = test_on_data});
  ob_http_cancel(b);
  ob_http_call *me = test_start(
      h, &self, (ob_http_request){.path = "/x", .stream = true, .on_data = test_on_data});
  self.cancel_in_data = me;
  ob_http_call *victim = test_start(
      h, &by_other, (ob_http_request){.path = "/silent", .stream = true, .on_data = test_on_data});
  test_start(h, &other, (ob_http_request){.path = "/end", .on_data = test_on_data});
  other.cancel_in_data = victim;
  test_start(h, &no, (ob_http_request){.path = "/x", .stream = true, .on_data = test_on_data});
  bool never = false;
  test_run(h, &never, 400);
  cr_expect(!before.done && !before.opened);
  cr_expect(!self.done && self.pieces == 1, "%d pieces", self.pieces);
  cr_expect(!by_other.done);
  cr_expect(other.done && other.err.code == OB_OK);
  cr_expect(no.done && no.pieces == 2 && no.err.code == OB_ECANCELED && !no.cut, "%s", no.err.msg);
  cr_expect_eq(ob_http_poll(h, 0), 0, "nothing is under way");
  test_answer flying = {0};
  test_start(h, &flying,
             (ob_http_request){.path = "/silent", .stream = true, .on_data = test_on_data});
  test_run(h, &flying.opened, 2000);
  ob_http_free(ob_take(h)); /* with a call in flight */
  cr_expect_not(flying.done);
  test_answer *all[] = {&before, &self, &other, &by_other, &no, &flying};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_done(&all[i]->body);
  test_server_stop(s);
}

static void *waker(void *arg) {
  usleep(50000);
  ob_http_wakeup(arg);
  return NULL;
}

Test(http, wakeup_from_another_thread) {
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(1, NULL);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  pthread_t thread;
  pthread_create(&thread, NULL, waker, h);
  int64_t from = ob_mono_ms();
  ob_http_poll(h, 10000);
  int64_t took = ob_mono_ms() - from;
  cr_expect(took >= 30 && took < 2000, "%lld ms", (long long)took);
  pthread_join(thread, NULL);
  ob_http_wakeup(h);
  from = ob_mono_ms();
  ob_http_poll(h, 10000);
  cr_expect_lt(ob_mono_ms() - from, 2000, "a wakeup before the wait counts");
  from = ob_mono_ms();
  ob_http_poll(h, 100);
  cr_expect_geq(ob_mono_ms() - from, 90, "and only once");
}

/* --- gzip --- */

static ob_buf gzipped(const char *text, size_t n) {
  ob_buf out = OB_BUF_INIT(1 << 22);
  OB_AUTOFREE char *room = ob_alloc(1 << 20);
  z_stream z = {0};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  z.next_in = (void *)(uintptr_t)text;
  z.avail_in = (unsigned)n;
  z.next_out = (void *)room;
  z.avail_out = 1 << 20;
  deflate(&z, Z_FINISH);
  ob_buf_add(&out, room, z.total_out);
  deflateEnd(&z);
  return out;
}

static char *long_list(void) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 22);
  ob_buf_adds(&b, "{\"items\":[");
  for (int i = 0; i < 3000; i++)
    ob_buf_addf(&b, "%s{\"metadata\":{\"name\":\"web-%d\"}}", i ? "," : "", i);
  ob_buf_adds(&b, "],\"metadata\":{\"resourceVersion\":\"9\"}}");
  return ob_buf_take(&b, NULL);
}

static bool zips(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  OB_AUTOFREE char *list = long_list();
  if (!strstr(r->head, "gzip")) return test_reply(c, 200, NULL, list);
  OB_AUTO(ob_buf) z = gzipped(list, strlen(list));
  size_t n = strstr(r->path, "cut") ? z.len / 2 : z.len;
  if (strstr(r->path, "bad")) memset(z.ptr + 20, 'x', 20);
  OB_AUTOFREE char *head =
      ob_asprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", n);
  test_write(c, head, strlen(head));
  test_write(c, z.ptr, n);
  return true;
}

typedef struct list_answer {
  test_answer a;
  ob_list_scan s;
} list_answer;

static int count_item(void *arg, const char *bytes, size_t n) {
  (void)bytes, (void)n;
  ++*(size_t *)arg;
  return 0;
}

static int feed_list(void *arg, const char *bytes, size_t n) {
  return ob_list_scan_feed(&((list_answer *)arg)->s, bytes, n, NULL);
}

Test(http, gzip_lists_are_whole_or_fail) {
  test_server *s = test_server_start(NULL, NULL, zips, NULL);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  static const struct {
    const char *path;
    bool gzip, whole;
  } table[] = {
      {"/ok", true, true}, {"/ok", false, true}, {"/cut", true, false}, {"/bad", true, false}};
  for (size_t i = 0; i < OB_LEN(table); i++) {
    ob_timing timing = test_timing();
    OB_AUTOPTR(ob_http) h = NULL;
    cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
    size_t items = 0;
    list_answer l = {0};
    ob_list_scan_init(&l.s, 0, count_item, &items);
    test_start(
        h, &l.a,
        (ob_http_request){
            .path = table[i].path, .gzip = table[i].gzip, .stall_ms = 2000, .on_data = feed_list});
    test_run(h, &l.a.done, 5000);
    bool whole = l.a.err.code == OB_OK && ob_list_scan_finish(&l.s, NULL) == 0;
    cr_expect_eq(whole, table[i].whole, "%s: %s", table[i].path, l.a.err.msg);
    if (whole) cr_expect_eq(items, 3000);
    if (whole && table[i].gzip) cr_expect_lt(l.a.bytes, 30000, "%zu bytes came", l.a.bytes);
    ob_list_scan_done(&l.s);
    ob_buf_done(&l.a.body);
  }
  test_server_stop(s);
}

/* --- bytes that break --- */

static bool sends_list(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  OB_AUTOFREE char *list = long_list();
  return test_reply(c, 200, NULL, list);
}

Test(wire, a_list_that_is_cut_anywhere_fails) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, sends_list, NULL);
  ob_wire *wire = ob_wire_start(w.port);
  OB_AUTOPTR(ob_kube_target)
  t = test_tls_target("127.0.0.1", ob_wire_port(wire), w.ca.cert, NULL, NULL);
  ob_timing timing = test_timing();
  static const ob_wire_mode modes[] = {OB_WIRE_CUT, OB_WIRE_RESET, OB_WIRE_STALL};
  for (size_t m = 0; m < OB_LEN(modes); m++)
    for (size_t bytes = 0; bytes < 80000; bytes += 9973) {
      while (ob_wire_open(wire) > 0) usleep(1000); /* an old connection must not take the fault */
      ob_wire_set(wire, (ob_wire_fault_spec){.mode = modes[m], .bytes = bytes, .once = true});
      OB_AUTOPTR(ob_http) h = NULL;
      cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
      size_t items = 0;
      list_answer l = {0};
      ob_list_scan_init(&l.s, 0, count_item, &items);
      test_start(h, &l.a, (ob_http_request){.stall_ms = 300, .on_data = feed_list});
      test_run(h, &l.a.done, 5000);
      bool whole = l.a.err.code == OB_OK && ob_list_scan_finish(&l.s, NULL) == 0;
      cr_expect_not(whole, "mode %d after %zu bytes", (int)modes[m], bytes);
      cr_expect_lt(items, 3000);
      ob_list_scan_done(&l.s);
      ob_buf_done(&l.a.body);
      test_answer again = test_get(h, (ob_http_request){0});
      cr_expect_eq(again.err.code, OB_OK, "the next request works: %s", again.err.msg);
      ob_buf_done(&again.body);
    }
  ob_wire_stop(wire);
  test_tls_stop(&w);
}

Test(wire, refuse_retarget_and_counts) {
  test_server *a = test_server_start(NULL, NULL, test_says_ok, NULL),
              *b = test_server_start(NULL, NULL, test_fails, NULL);
  ob_wire *wire = ob_wire_start(test_server_port(a));
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(ob_wire_port(wire), NULL);
  test_answer r = test_get_once(t, (ob_http_request){0});
  cr_expect_eq(r.err.code, OB_OK);
  ob_buf_done(&r.body);
  cr_expect_eq(ob_wire_accepted(wire), 1);
  cr_expect_gt(ob_wire_down(wire), 50);
  cr_expect_gt(ob_wire_up(wire), 50);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_REFUSE});
  r = test_get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENET, "connection refused");
  ob_buf_done(&r.body);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  ob_wire_retarget(wire, test_server_port(b));
  r = test_get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENOTFOUND, "404");
  ob_buf_done(&r.body);
  ob_wire_set(wire, (ob_wire_fault_spec){.mode = OB_WIRE_DRIP, .every_ms = 5});
  int64_t from = ob_mono_ms();
  r = test_get_once(t, (ob_http_request){0});
  EXPECT(r, OB_ENOTFOUND, "404");
  cr_expect_gt(ob_mono_ms() - from, 250, "a byte every 5 ms takes its time");
  ob_buf_done(&r.body);
  ob_wire_stop(wire);
  test_server_stop(a);
  test_server_stop(b);
}
