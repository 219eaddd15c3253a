/* One function for each format. */
#include "cli/probe_print.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/grid.h"
#include "outboard/text.h"

bool ob_probe_format_find(const char *name, ob_probe_format *ret) {
  static const char *const names[] = {"table", "json", "junit"};
  for (size_t i = 0; i < OB_LEN(names); i++)
    if (strcmp(names[i], name) == 0) {
      *ret = (ob_probe_format)i;
      return true;
    }
  return false;
}

static char *url_of(const ob_probe_target *t) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_probe_url(t, &b);
  return ob_buf_take(&b, NULL);
}

static char *way_of(const ob_probe_target *t) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_probe_way(t, &b);
  return ob_buf_take(&b, NULL);
}

/* --- table --- */
static void add_ms(ob_grid *g, int64_t us) {
  char text[32] = "";
  if (us >= 0) snprintf(text, sizeof text, "%.1f", (double)us / 1000.0);
  ob_grid_add(g, text);
}

static void print_table(FILE *out, const ob_probe_entry *const *e, size_t n,
                        const ob_probe_print_opts *opts) {
  static const char *const titles[] = {"TIME", "RESULT", "URL",    "WAY",       "STATUS",
                                       "DNS",  "TCP",    "TLS-MS", "ANSWER-MS", "WHAT"};
  OB_AUTO(ob_grid) g;
  size_t skip = opts->watch ? 0 : 1;
  ob_grid_init(&g, titles + skip, OB_LEN(titles) - skip);
  for (size_t i = 0; i < n; i++) {
    const ob_probe_result *r = &e[i]->last;
    OB_AUTOFREE char *url = url_of(&e[i]->target), *way = way_of(&e[i]->target);
    char time[OB_TIME_TEXT], status[16] = "";
    if (opts->watch) ob_grid_add(&g, ob_time_text(time, r->at_ms));
    if (r->status) snprintf(status, sizeof status, "%d", r->status);
    OB_AUTO(ob_buf) what = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&what, r->err.msg);
    if (!*r->err.msg && r->nhops)
      ob_buf_addf(&what, "after %d redirect%s: %s", r->nhops, r->nhops == 1 ? "" : "s",
                  r->hop[r->nhops - 1].url);
    ob_grid_add(&g, ob_probe_verdicts[r->verdict]);
    ob_grid_add(&g, url);
    ob_grid_add(&g, way);
    ob_grid_add(&g, status);
    for (int s = 0; s < OB_STEP_COUNT; s++) add_ms(&g, r->step_us[s]);
    ob_grid_add(&g, ob_buf_str(&what));
  }
  ob_grid_print(&g, out, opts->headers);
}

/* --- json --- */
static ob_json *text_or_null(const char *s) {
  return *s ? ob_json_new_str(s) : ob_json_new_null();
}

static ob_json *time_or_null(int64_t ms) {
  char text[OB_TIME_TEXT];
  return ms ? ob_json_new_str(ob_time_text(text, ms)) : ob_json_new_null();
}

static ob_json *item(const ob_probe_entry *e) {
  const ob_probe_target *t = &e->target;
  const ob_probe_result *r = &e->last;
  OB_AUTOFREE char *url = url_of(t), *way = way_of(t);
  ob_json *j = ob_json_new_object();
  ob_json_put(j, "owner", text_or_null(t->owner));
  ob_json_put_str(j, "url", url);
  ob_json_put_str(j, "way", way);
  ob_json_put(j, "address", text_or_null(t->address));
  ob_json_put(j, "node", text_or_null(t->node));
  ob_json_put_str(j, "result", ob_probe_verdicts[r->verdict]);
  ob_json_put(j, "time", time_or_null(r->at_ms));
  ob_json_put(j, "status", r->status ? ob_json_new_int(r->status) : ob_json_new_null());
  ob_json_put(j, "peer", text_or_null(r->peer));
  ob_json_put(j, "version", text_or_null(r->version));
  ob_json_put_str(j, "step", ob_probe_steps[r->reached]);
  ob_json *ms = ob_json_put(j, "milliseconds", ob_json_new_object());
  for (int s = 0; s < OB_STEP_COUNT; s++)
    ob_json_put(ms, ob_probe_steps[s],
                r->step_us[s] < 0 ? ob_json_new_null()
                                  : ob_json_new_double((double)r->step_us[s] / 1000.0));
  ob_json *hops = ob_json_put(j, "redirects", ob_json_new_array());
  for (size_t i = 0; i < r->nhops; i++) {
    ob_json *hop = ob_json_push(hops, ob_json_new_object());
    ob_json_put_int(hop, "status", r->hop[i].status);
    ob_json_put_str(hop, "url", r->hop[i].url);
  }
  ob_json *chain = ob_json_put(j, "certificates", ob_json_new_array());
  for (size_t i = 0; i < r->nchain; i++) {
    ob_json *c = ob_json_push(chain, ob_json_new_object());
    ob_json_put_str(c, "subject", r->chain[i].subject);
    ob_json_put_str(c, "issuer", r->chain[i].issuer);
    ob_json_put(c, "notBefore", time_or_null(r->chain[i].from_ms));
    ob_json_put(c, "notAfter", time_or_null(r->chain[i].to_ms));
    if (i == 0) ob_json_put_str(c, "names", r->names);
  }
  ob_json_put(j, "message", text_or_null(r->err.msg));
  ob_json_put(j, "hint", text_or_null(r->err.hint));
  return j;
}

static void print_json(FILE *out, const ob_probe_entry *const *e, size_t n, bool watch) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT((size_t)OB_JSON_MAX);
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t i = 0; i < n; i++) {
    ob_json *j = ob_json_push(items, item(e[i]));
    if (!watch) continue;
    ob_json_print(&text, j);
    ob_buf_addc(&text, '\n');
  }
  if (!watch) {
    ob_json_print_pretty(&text, doc);
    ob_buf_addc(&text, '\n');
  }
  fwrite(ob_buf_str(&text), 1, text.len, out);
}

/* --- junit --- */
void ob_xml_escape(ob_buf *out, const char *s) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  /* What is safe for a terminal has no control characters, no surrogates and no noncharacters:
   * every one of its characters may stand in XML. */
  ob_text_safe_str(&safe, s, OB_TEXT_LINE);
  for (const char *c = ob_buf_str(&safe); *c; c++) switch (*c) {
    case '&': ob_buf_adds(out, "&amp;"); break;
    case '<': ob_buf_adds(out, "&lt;"); break;
    case '>': ob_buf_adds(out, "&gt;"); break;
    case '"': ob_buf_adds(out, "&quot;"); break;
    case '\'': ob_buf_adds(out, "&apos;"); break;
    default: ob_buf_addc(out, *c);
    }
}

static void attribute(ob_buf *out, const char *name, const char *value) {
  ob_buf_addf(out, " %s=\"", name);
  ob_xml_escape(out, value);
  ob_buf_addc(out, '"');
}

static void counts(ob_buf *out, const ob_probe_entry *const *e, size_t n) {
  size_t bad = 0, skipped = 0;
  int64_t us = 0;
  for (size_t i = 0; i < n; i++) {
    bad += e[i]->last.verdict == OB_PROBE_BAD;
    skipped += e[i]->last.verdict == OB_PROBE_SKIPPED;
    us += e[i]->last.total_us;
  }
  ob_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\"", n,
              bad, skipped, (double)us / 1e6);
}

static void test_case(ob_buf *out, const ob_probe_entry *e) {
  const ob_probe_result *r = &e->last;
  OB_AUTOFREE char *url = url_of(&e->target), *way = way_of(&e->target);
  OB_AUTOFREE char *name = ob_asprintf("%s %s", url, way);
  ob_buf_adds(out, "    <testcase");
  attribute(out, "classname", ob_or(e->target.owner, "url"));
  attribute(out, "name", name);
  ob_buf_addf(out, " time=\"%.3f\"", (double)r->total_us / 1e6);
  if (r->verdict == OB_PROBE_BAD || r->verdict == OB_PROBE_SKIPPED) {
    bool bad = r->verdict == OB_PROBE_BAD;
    ob_buf_adds(out, bad ? ">\n      <failure" : ">\n      <skipped");
    if (bad) attribute(out, "type", ob_code_name(r->err.code));
    attribute(out, "message", r->err.msg);
    ob_buf_addc(out, '>');
    ob_xml_escape(out, r->err.hint);
    ob_buf_adds(out, bad ? "</failure>\n    </testcase>\n" : "</skipped>\n    </testcase>\n");
  } else if (r->verdict == OB_PROBE_WARN) {
    ob_buf_adds(out, ">\n      <system-out>");
    ob_xml_escape(out, r->err.msg);
    ob_buf_adds(out, "</system-out>\n    </testcase>\n");
  } else {
    ob_buf_adds(out, "/>\n");
  }
}

/* A suite for each owner; an owner's targets lie side by side. */
static void print_junit(FILE *out, const ob_probe_entry *const *e, size_t n) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT((size_t)OB_JSON_MAX);
  ob_buf_adds(&b,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"outboard probe\"");
  counts(&b, e, n);
  ob_buf_adds(&b, ">\n");
  for (size_t i = 0, next; i < n; i = next) {
    for (next = i; next < n && strcmp(e[next]->target.owner, e[i]->target.owner) == 0;) next++;
    ob_buf_adds(&b, "  <testsuite");
    attribute(&b, "name", ob_or(e[i]->target.owner, "url"));
    counts(&b, e + i, next - i);
    ob_buf_adds(&b, ">\n");
    for (size_t k = i; k < next; k++) test_case(&b, e[k]);
    ob_buf_adds(&b, "  </testsuite>\n");
  }
  ob_buf_adds(&b, "</testsuites>\n");
  fwrite(ob_buf_str(&b), 1, b.len, out);
}

void ob_probe_print(FILE *out, ob_probe_format format, const ob_probe_entry *const *e, size_t n,
                    const ob_probe_print_opts *opts) {
  switch (format) {
  case OB_PROBE_TABLE: print_table(out, e, n, opts); break;
  case OB_PROBE_JSON: print_json(out, e, n, opts->watch); break;
  case OB_PROBE_JUNIT: print_junit(out, e, n); break;
  }
}
