#include "unit/limits.h"

#include "base/str.h"
#include "model/decode.h"
#include "model/tree.h"
#include "outboard/compare.h"
#include "outboard/explain.h"
#include "outboard/plan.h"
#include "world.h"

static ob_json *service(size_t i) {
  OB_AUTOFREE char *text = ob_asprintf(
      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"n\",\"name\":"
      "\"s%zu\"},\"spec\":{\"type\":\"ClusterIP\"}}",
      i);
  return ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
}

static bool plan_edits(size_t n, ob_err *err) {
  ob_plan *p = ob_plan_new("many");
  int rc = 0;
  for (size_t i = 0; i < n && rc == 0; i++) {
    OB_AUTOPTR(ob_json) s = service(i);
    rc = ob_plan_add(p, OB_KIND_SERVICE, s, NULL, err);
  }
  ob_plan_free(p);
  return rc == 0;
}

static bool plan_bytes(size_t n, ob_err *err) {
  ob_plan *p = ob_plan_new("t"), *again = NULL;
  OB_AUTOPTR(ob_json) s = service(1);
  ob_plan_add(p, OB_KIND_SERVICE, s, NULL, NULL);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n);
  ob_plan_write(p, &text);
  ob_buf_addc(&text, '#');
  ob_buf_fill(&text, 'x', n - text.len);
  int rc = ob_plan_read(&again, text.ptr, text.len, "f", err);
  ob_plan_free(p);
  ob_plan_free(again);
  return rc == 0;
}

static bool price_rows(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&text, "providers:\n");
  for (size_t i = 0; i < n; i++)
    ob_buf_addf(&text, "- {name: p%zu, providerID: x, balancer: 1}\n", i);
  ob_prices *p = ob_prices_parse(text.ptr, text.len, "prices.yaml", err);
  ob_prices_free(p);
  return p != NULL;
}

static bool url_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) url = OB_BUF_INIT(n);
  ob_buf_adds(&url, "http://h/");
  ob_buf_fill(&url, 'x', n - url.len);
  ob_request r;
  int rc = ob_request_make(&r, ob_buf_str(&url), NULL, NULL, 0, false, err);
  if (rc == 0) ob_request_done(&r);
  return rc == 0;
}

static bool headers(size_t n, ob_err *err) {
  const char **lines = ob_calloc(n, sizeof *lines);
  for (size_t i = 0; i < n; i++) lines[i] = "A: b";
  ob_request r;
  int rc = ob_request_make(&r, "http://h/", NULL, lines, n, false, err);
  if (rc == 0) ob_request_done(&r);
  free(lines);
  return rc == 0;
}

Test(limits, of_the_model) {
  static const limit_row rows[] = {
      LIMIT(OB_PLAN_EDITS, plan_edits),  LIMIT_BYTES(OB_PLAN_MAX, plan_bytes),
      LIMIT(OB_PRICES_ROWS, price_rows), LIMIT(OB_URL_MAX, url_bytes),
      LIMIT(OB_HEADERS_MAX, headers),
  };
  limits_hold(rows, OB_LEN(rows));
}

Test(limits, of_warnings) {
  static const size_t numbers[] = {OB_PLAN_WARNINGS, OB_PLAN_WARNINGS + 1, OB_PLAN_WARNINGS * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_plan *p = ob_plan_new("t");
    for (size_t k = 0; k < numbers[i]; k++) ob_plan_warn(p, OB_WARN_NOTE, "w%zu", k);
    cr_expect_eq(p->nwarnings, OB_PLAN_WARNINGS);
    ob_plan_free(p);
  }
}

/* Differences past the limit are left out, and it is said. */
Test(limits, of_differences) {
  static const size_t numbers[] = {OB_TREE_CHANGES, OB_TREE_CHANGES + 1, OB_TREE_CHANGES * 10};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTOPTR(ob_json) a = ob_json_new_object();
    OB_AUTOPTR(ob_json) b = ob_json_new_object();
    for (size_t k = 0; k < numbers[i]; k++) {
      char key[24];
      snprintf(key, sizeof key, "k%zu", k);
      ob_json_add(a, key, ob_json_new_int(1));
    }
    OB_AUTO(ob_tree_diff) d = {0};
    ob_tree_diff_add(&d, a, b);
    cr_expect_eq(d.changes.len, OB_TREE_CHANGES);
    cr_expect_eq(d.cut, numbers[i] > OB_TREE_CHANGES, "%zu", numbers[i]);
  }
}
