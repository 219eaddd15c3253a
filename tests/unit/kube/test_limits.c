#include "unit/limits.h"

#include "base/str.h"
#include "kube/config.h"
#include "kube/discovery_priv.h"
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
