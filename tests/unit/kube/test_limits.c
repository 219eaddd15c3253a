#include "unit/limits.h"

#include "base/str.h"
#include "client.h"
#include "kube/config.h"
#include "kube/discovery_priv.h"
#include "kube/exec.h"
#include "kube/http_priv.h"
#include "kube/probe.h"
#include "kube/scan.h"
#include "kube/status.h"
#include <sys/stat.h>
#include <unistd.h>

static bool loads(const ob_kube_overrides *over, ob_err *err) {
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  return ob_kubeconfig_load(&k, over, err) == 0;
}

static bool kubeconfig_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n);
  ob_buf_adds(&text, "kind: Config\n#");
  ob_buf_fill(&text, 'x', n - text.len);
  char path[] = "/tmp/outboard-limits-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len);
  close(fd);
  bool ok = loads(&(ob_kube_overrides){.kubeconfig = path}, err);
  unlink(path);
  return ok;
}

static bool kubeconfig_entries(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n * 24 + 64);
  ob_buf_adds(&text, "{\"users\":[");
  for (size_t i = 0; i < n; i++)
    ob_buf_addf(&text, "%s{\"name\":\"u%zu\"}", i ? "," : "", i % 20000);
  ob_buf_adds(&text, "]}");
  return loads(&(ob_kube_overrides){.text = ob_buf_str(&text)}, err) ||
         strstr(err->msg, "already") || strstr(err->msg, "twice");
}

/* Every name in $KUBECONFIG counts, whether it is there or not. */
static bool kubeconfig_files(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) names = OB_BUF_INIT(1 << 20);
  for (size_t i = 0; i < n; i++) ob_buf_addf(&names, "%s/nonexistent/%zu", i ? ":" : "", i);
  setenv("KUBECONFIG", ob_buf_str(&names), 1); /* Criterion runs each test in a process */
  return loads(&(ob_kube_overrides){0}, err);
}

static bool data_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(n), text = OB_BUF_INIT(n * 2 + 64);
  ob_buf_fill(&raw, 'x', n);
  ob_buf_adds(&text, "{\"users\":[{\"name\":\"u\",\"user\":{\"client-key-data\":\"");
  ob_base64_encode(&text, raw.ptr, raw.len);
  ob_buf_adds(&text, "\"}}]}");
  return loads(&(ob_kube_overrides){.text = ob_buf_str(&text)}, err);
}

static int ignore(void *arg, const char *bytes, size_t n) {
  (void)arg, (void)bytes, (void)n;
  return 0;
}

static bool item_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n + 64);
  ob_buf_adds(&text, "{\"metadata\":{},\"items\":[");
  ob_buf_adds(&text, "{\"a\":\"");
  ob_buf_fill(&text, 'x', n - strlen("{\"a\":\"\"}"));
  ob_buf_adds(&text, "\"}]}");
  OB_AUTO(ob_list_scan) s;
  ob_list_scan_init(&s, 0, ignore, NULL);
  return ob_list_scan_feed(&s, text.ptr, text.len, err) == 0 && ob_list_scan_finish(&s, err) == 0;
}

static bool event_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n + 1);
  ob_buf_fill(&text, 'x', n);
  ob_buf_addc(&text, '\n');
  OB_AUTO(ob_watch_scan) s;
  ob_watch_scan_init(&s, 0, ignore, NULL);
  for (size_t i = 0; i < text.len; i += 65536)
    if (ob_watch_scan_feed(&s, text.ptr + i, text.len - i < 65536 ? text.len - i : 65536, err) < 0)
      return false;
  return true;
}

static bool scan_depth(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n * 2 + 64);
  ob_buf_adds(&text, "{\"metadata\":{},\"items\":[");
  ob_buf_adds(&text, "{\"a\":");
  ob_buf_fill(&text, '[', n - 1);
  ob_buf_fill(&text, ']', n - 1);
  ob_buf_adds(&text, "}]}");
  OB_AUTO(ob_list_scan) s;
  ob_list_scan_init(&s, 0, ignore, NULL);
  return ob_list_scan_feed(&s, text.ptr, text.len, err) == 0 && ob_list_scan_finish(&s, err) == 0;
}

Test(limits, of_kubeconfigs) {
  static const limit_row rows[] = {
      LIMIT_BYTES(OB_KUBECONFIG_MAX, kubeconfig_bytes),
      LIMIT(OB_KUBECONFIG_FILES, kubeconfig_files),
      {"OB_KUBECONFIG_ENTRIES", OB_KUBECONFIG_ENTRIES, OB_KUBECONFIG_ENTRIES * 10u,
       kubeconfig_entries},
      {"OB_KUBE_FILE_MAX", OB_KUBE_FILE_MAX, OB_KUBE_FILE_MAX * 2u, data_bytes},
  };
  limits_hold(rows, OB_LEN(rows));
}

Test(limits, of_lists_and_watches) {
  static const limit_row rows[] = {
      LIMIT_BYTES(OB_ITEM_MAX, item_bytes),
      LIMIT_BYTES(OB_ITEM_MAX, event_bytes),
      LIMIT(OB_SCAN_DEPTH, scan_depth),
  };
  limits_hold(rows, OB_LEN(rows));
}

/* What is past the limit is left out. */
Test(limits, of_a_status) {
  static const size_t numbers[] = {OB_STATUS_CAUSES, OB_STATUS_CAUSES + 1, OB_STATUS_CAUSES * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
    ob_buf_adds(
        &text, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":422,\"details\":{\"causes\":[");
    for (size_t k = 0; k < numbers[i]; k++) ob_buf_addf(&text, "%s{\"field\":\"f\"}", k ? "," : "");
    ob_buf_adds(&text, "]}}");
    OB_AUTO(ob_status) s = {0};
    cr_assert(ob_status_parse(&s, text.ptr, text.len));
    cr_expect_eq(s.ncauses, OB_STATUS_CAUSES);
  }
}

/* --- discovery ------------------------------------------------------------------------------ */
static bool resources(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n * 24 + 256);
  ob_buf_adds(&text, "{\"kind\":\"APIResourceList\",\"groupVersion\":\"g/v1\",\"resources\":[");
  for (size_t i = 0; i < n; i++) ob_buf_addf(&text, "%s{\"name\":\"r%zu\"}", i ? "," : "", i);
  ob_buf_adds(&text, "]}");
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  return ob_discovery_take_resources(d, text.ptr, text.len, err) == 0;
}

static bool many_groups(test_conn *c, const test_request *r, void *arg) {
  size_t n = *(size_t *)arg;
  if (ob_streq(r->path, "/api")) return test_reply(c, 200, NULL, "{\"kind\":\"APIVersions\"}");
  if (!ob_streq(r->path, "/apis")) return test_reply(c, 404, NULL, "");
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n * 96 + 256);
  ob_buf_adds(&text, "{\"kind\":\"APIGroupList\",\"groups\":[");
  for (size_t i = 0; i < n; i++)
    ob_buf_addf(&text, "%s{\"name\":\"g%zu\",\"preferredVersion\":{\"version\":\"v1\"}}",
                i ? "," : "", i);
  ob_buf_adds(&text, "]}");
  return test_reply(c, 200, NULL, ob_buf_str(&text));
}

typedef struct run_end {
  bool done;
  ob_err err;
} run_end;

static void on_run(void *arg, bool changed, const ob_err *err) {
  run_end *e = arg;
  (void)changed;
  *e = (run_end){true, *err};
}

/* The two roots are requests, too. */
static bool discovery_requests(size_t n, ob_err *err) {
  size_t groups = n - 2;
  test_server *s = test_server_start(NULL, NULL, many_groups, &groups);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  OB_AUTOPTR(ob_http) h = NULL;
  OB_AUTOPTR(ob_discovery) d = ob_discovery_new();
  cr_assert_eq(ob_http_new(&h, t, NULL, err), 0);
  run_end e = {0};
  ob_discovery_start(h, d, NULL, 0, on_run, &e);
  test_run(h, &e.done, 120000);
  cr_assert(e.done);
  cr_expect_leq(test_server_requests(s), OB_DISCOVERY_REQUESTS);
  test_server_stop(s);
  *err = e.err;
  return e.err.code == OB_OK;
}

Test(limits, of_discovery, .timeout = 240) {
  static const limit_row rows[] = {
      LIMIT_BYTES(OB_DISCOVERY_RESOURCES, resources),
      LIMIT(OB_DISCOVERY_REQUESTS, discovery_requests),
  };
  limits_hold(rows, OB_LEN(rows));
}

/* --- answers ------------------------------------------------------------------------------------
 */
static bool sends(test_conn *c, const test_request *r, void *arg) {
  enum { PIECE = 1 << 20 };
  (void)r;
  size_t n = *(size_t *)arg;
  OB_AUTOFREE char *head = ob_asprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
  OB_AUTOFREE char *piece = ob_calloc(1, PIECE);
  test_write(c, head, strlen(head));
  for (; n > 0; n -= n < PIECE ? n : PIECE) test_write(c, piece, n < PIECE ? n : PIECE);
  return false;
}

static bool body_bytes(size_t n, ob_err *err) {
  test_server *s = test_server_start(NULL, NULL, sends, &n);
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(test_server_port(s), NULL);
  OB_AUTOPTR(ob_http) h = NULL;
  ob_timing timing = ob_timing_default;
  cr_assert_eq(ob_http_new(&h, t, &timing, err), 0);
  test_answer a = {0};
  test_start(h, &a, (ob_http_request){0});
  test_run(h, &a.done, 120000);
  cr_assert(a.done);
  *err = a.err;
  bool whole = a.err.code == OB_OK && a.body.len == n;
  ob_buf_done(&a.body);
  test_server_stop(s);
  return whole;
}

Test(limits, of_an_answer, .timeout = 300) {
  static const limit_row rows[] = {LIMIT_BYTES(OB_HTTP_BODY_MAX, body_bytes)};
  limits_hold(rows, OB_LEN(rows));
}

/* The others are counted. */
Test(limits, of_warnings) {
  static const size_t numbers[] = {OB_HTTP_WARNINGS, OB_HTTP_WARNINGS + 1, OB_HTTP_WARNINGS * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    size_t n = numbers[i];
    ob_http_headers h = {0};
    OB_AUTO(ob_buf) line = OB_BUF_INIT(1 << 20);
    ob_buf_adds(&line, "Warning: ");
    for (size_t k = 0; k < n / 2; k++) ob_buf_addf(&line, "%s299 - \"w%zu\"", k ? ", " : "", k);
    ob_http_headers_line(&h, line.ptr, line.len);
    for (size_t k = n / 2; k < n; k++) {
      OB_AUTOFREE char *one = ob_asprintf("Warning: 299 - \"w%zu\"", k);
      ob_http_headers_line(&h, one, strlen(one));
    }
    cr_assert_eq(h.nwarnings, OB_HTTP_WARNINGS + (n > OB_HTTP_WARNINGS));
    cr_expect_str_eq(h.warnings[OB_HTTP_WARNINGS - 1], "w15");
    OB_AUTOFREE char *more = ob_asprintf("and %zu more warnings", n - OB_HTTP_WARNINGS);
    if (n > OB_HTTP_WARNINGS) cr_expect_str_eq(h.warnings[OB_HTTP_WARNINGS], more);
    ob_http_headers_reset(&h);
  }
}

/* A Location that is cut leads elsewhere: it is told, and not followed. */
static bool sends_on(test_conn *c, const test_request *r, void *arg) {
  size_t n = *(size_t *)arg;
  if (!ob_streq(r->path, "/")) return test_reply(c, 200, NULL, "");
  OB_AUTO(ob_buf) line = OB_BUF_INIT(n + 64);
  ob_buf_adds(&line, "Location: /");
  ob_buf_fill(&line, 'x', n - 1);
  ob_buf_adds(&line, "\r\n");
  return test_reply(c, 302, ob_buf_str(&line), "");
}

static void on_probe(void *arg, const ob_probe_result *r) {
  ob_probe_result *ret = arg;
  *ret = *r;
  ret->at_ms = 1;
}

Test(limits, of_a_location, .timeout = 60) {
  enum { WHOLE = OB_HTTP_HEADER_MAX - 1, FAR = 90000 }; /* libcurl takes 100 KiB of a line */
  static const size_t numbers[] = {WHOLE, WHOLE + 1, FAR};
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(1, NULL);
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  ob_probe_env env = {.http = h, .timing = &timing, .local_api = true};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    size_t n = numbers[i];
    test_server *s = test_server_start(NULL, NULL, sends_on, &n);
    ob_probe_target at = {.scheme = OB_PROBE_HTTP,
                          .port = (uint16_t)test_server_port(s),
                          .address = "127.0.0.1",
                          .host = "shop.test",
                          .path = "/"};
    ob_probe_result r = {.at_ms = 0};
    ob_probe_start(&env, &at, on_probe, &r);
    for (int64_t end = ob_mono_ms() + 20000; !r.at_ms && ob_mono_ms() < end;) ob_http_poll(h, 50);
    cr_expect_eq(r.verdict, n > WHOLE ? OB_PROBE_WARN : OB_PROBE_OK, "%zu: %s", n, r.err.msg);
    cr_expect_eq(strstr(r.err.msg, "longer than 4096 bytes") != NULL, n > WHOLE, "%s", r.err.msg);
    test_server_stop(s);
  }
}

/* Redirects that come to an end are followed as far as the limit. */
static bool counts_down(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  long left = strtol(r->path + 1, NULL, 10);
  if (left == 0) return test_reply(c, 200, NULL, "");
  OB_AUTOFREE char *line = ob_asprintf("Location: /%ld\r\n", left - 1);
  return test_reply(c, 302, line, "");
}

static bool hops(size_t n, ob_err *err) {
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_kube_target) t = test_plain_target(1, NULL);
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  test_server *s = test_server_start(NULL, NULL, counts_down, NULL);
  ob_probe_env env = {.http = h, .timing = &timing, .local_api = true};
  ob_probe_target at = {.scheme = OB_PROBE_HTTP,
                        .port = (uint16_t)test_server_port(s),
                        .address = "127.0.0.1",
                        .host = "shop.test"};
  snprintf(at.path, sizeof at.path, "/%zu", n);
  ob_probe_result r = {.at_ms = 0};
  ob_probe_start(&env, &at, on_probe, &r);
  for (int64_t end = ob_mono_ms() + 20000; !r.at_ms && ob_mono_ms() < end;) ob_http_poll(h, 50);
  test_server_stop(s);
  *err = r.err;
  return r.verdict == OB_PROBE_OK && r.nhops == n;
}

Test(limits, of_redirects, .timeout = 60) {
  static const limit_row rows[] = {LIMIT(OB_PROBE_HOPS, hops)};
  limits_hold(rows, OB_LEN(rows));
}

/* Of what a plugin says on stderr, the end is kept. */
Test(limits, of_a_plugins_words, .timeout = 60) {
  static const size_t numbers[] = {OB_EXEC_ERR_MAX, OB_EXEC_ERR_MAX + 1, OB_EXEC_ERR_MAX * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTOFREE char *script =
        ob_asprintf("head -c %zu /dev/zero | tr '\\0' x >&2; echo end >&2", numbers[i] - 4);
    const char *args[] = {"-c", script};
    const ob_kube_exec x = {.command = (char *)(uintptr_t) "/bin/sh",
                            .args = (char **)(uintptr_t)args,
                            .nargs = 2,
                            .api_version = (char *)(uintptr_t) "client.authentication.k8s.io/v1"};
    ob_process *p = NULL;
    ob_err err = {0};
    cr_assert_eq(ob_exec_start(&p, &x, false, &err), 0, "%s", err.msg);
    for (int64_t end = ob_mono_ms() + 20000; !ob_process_work(p) && ob_mono_ms() < end;)
      usleep(1000);
    const ob_buf *said = ob_process_err(p);
    cr_expect_geq(said->len, OB_EXEC_ERR_MAX, "%zu of %zu", said->len, numbers[i]);
    cr_expect_leq(said->len, 2 * OB_EXEC_ERR_MAX);
    cr_expect(ob_ends(ob_buf_str(said), "xend\n"));
    ob_process_free(p);
  }
}
