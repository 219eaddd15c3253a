/* What was asked of the row, and what answered: a paragraph a target.
 *
 *   ● 200  https://shop.example.com/
 *          at 203.0.113.7                 tcp 12.1 · tls 20.4 · answer 9.8 ms
 *          ▂▁▁▃█▁▁×▂▁  31 to 120 ms, 1 of 10 failed                                          */
#include "tui/pages.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/probe.h"

#include <stdio.h>

enum { TEXT_AT = 9, PLOT_MAX = 40, PLOT_LEAST = 8 };

static ob_role verdict_role(ob_probe_verdict v) {
  static const ob_role roles[] = {OB_ROLE_OK, OB_ROLE_WARN, OB_ROLE_DIM, OB_ROLE_BAD};
  return roles[v];
}

static void put_head(ob_doc *d, const ob_probe_entry *e) {
  static const char *const marks[] = {"●", "○", "–", "✗"};
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  const ob_probe_result *r = &e->last;
  ob_probe_url(&e->target, &url);
  if (!e->answered) {
    ob_doc_put(d, OB_ROLE_DIM, "…");
  } else {
    ob_doc_put(d, verdict_role(r->verdict), marks[r->verdict]);
    if (r->status) ob_doc_putf(d, verdict_role(r->verdict), " %d", r->status);
    if (e->waiting) ob_doc_put(d, OB_ROLE_DIM, " …");
  }
  ob_doc_to(d, TEXT_AT);
  ob_doc_wrap(d, OB_ROLE_ACCENT, ob_buf_str(&url));
  ob_doc_nl(d);
}

/* "at 203.0.113.7   dns 3.1 · tcp 12.1 · tls 20.4 · answer 9.8 ms" */
static void put_way(ob_doc *d, const ob_probe_entry *e) {
  static const char *const names[OB_STEP_COUNT] = {"dns", "tcp", "tls", "answer"};
  OB_AUTO(ob_buf) way = OB_BUF_INIT(OB_LINE_MAX);
  ob_probe_way(&e->target, &way);
  const ob_probe_result *r = &e->last;
  if (e->answered && *r->peer && e->target.via == OB_VIA_DNS)
    ob_buf_addf(&way, ", which is %s", r->peer);
  bool any = false;
  for (int i = 0; e->answered && i < OB_STEP_COUNT; i++) {
    if (r->step_us[i] < 0) continue;
    ob_buf_addf(&way, "%s%s %.1f", any ? " · " : "   ", names[i], (double)r->step_us[i] / 1000.0);
    any = true;
  }
  if (any) ob_buf_adds(&way, " ms");
  if (*r->version) ob_buf_addf(&way, "   %s", r->version);
  ob_doc_to(d, TEXT_AT);
  ob_doc_wrap(d, OB_ROLE_TEXT, ob_buf_str(&way));
  ob_doc_nl(d);
}

static void put_why(ob_doc *d, const ob_probe_entry *e) {
  const ob_probe_result *r = &e->last;
  const char *const lines[] = {r->err.msg, r->err.hint};
  for (size_t i = 0; i < OB_LEN(lines); i++) {
    if (!*lines[i]) continue;
    ob_doc_to(d, TEXT_AT);
    ob_doc_wrap(d, i == 0 ? verdict_role(r->verdict) : OB_ROLE_TEXT, lines[i]);
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < r->nhops; i++) {
    ob_doc_to(d, TEXT_AT);
    ob_doc_putf(d, OB_ROLE_DIM, "%d → ", r->hop[i].status);
    ob_doc_wrap(d, OB_ROLE_TEXT, r->hop[i].url);
    ob_doc_nl(d);
  }
}

static void put_certificate(ob_doc *d, const ob_probe_entry *e, int64_t now_ms) {
  const ob_probe_result *r = &e->last;
  if (r->nchain == 0) return;
  char age[OB_AGE_TEXT];
  int64_t left = r->chain[0].to_ms - now_ms;
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&b, "certificate %s", r->chain[0].subject);
  if (*r->names) ob_buf_addf(&b, " (%s)", r->names);
  for (size_t i = 0; i < r->nchain; i++) ob_buf_addf(&b, " ← %s", r->chain[i].issuer);
  if (r->chain[0].to_ms)
    ob_buf_addf(&b, left < 0 ? ", ended %s ago" : ", ends in %s",
                ob_age_text(age, left < 0 ? -left : left));
  ob_doc_to(d, TEXT_AT);
  ob_doc_wrap(d, OB_ROLE_DIM, ob_buf_str(&b));
  ob_doc_nl(d);
}

/* The newest samples that fit, lowest to highest in eight steps; "×" failed. */
static void put_plot(ob_doc *d, const ob_probe_entry *e) {
  static const char *const steps[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  size_t held = e->nsamples < OB_PROBE_HISTORY ? e->nsamples : OB_PROBE_HISTORY;
  size_t room = d->width - TEXT_AT - 2 > PLOT_MAX ? PLOT_MAX : PLOT_LEAST;
  size_t n = held < room ? held : room, failed = 0;
  if (held < 2) return;
  int32_t least = INT32_MAX, most = 0;
  for (size_t i = 0; i < held; i++) {
    int32_t ms = e->sample[(e->nsamples - 1 - i) % OB_PROBE_HISTORY].ms;
    failed += ms < 0;
    if (ms < 0) continue;
    if (ms < least) least = ms;
    if (ms > most) most = ms;
  }
  ob_doc_to(d, TEXT_AT);
  for (size_t i = n; i > 0; i--) {
    int32_t ms = e->sample[(e->nsamples - i) % OB_PROBE_HISTORY].ms;
    if (ms < 0)
      ob_doc_put(d, OB_ROLE_BAD, "×");
    else
      ob_doc_put(d, OB_ROLE_ACCENT, steps[most > 0 ? (ms * 7) / most : 0]);
  }
  if (most >= least) ob_doc_putf(d, OB_ROLE_DIM, "  %d to %d ms", (int)least, (int)most);
  if (failed) ob_doc_putf(d, OB_ROLE_BAD, ", %zu of %zu failed", failed, held);
  ob_doc_nl(d);
}

static void put_entry(ob_doc *d, const ob_probe_entry *e, int64_t now_ms) {
  put_head(d, e);
  put_way(d, e);
  if (!e->answered) return;
  put_why(d, e);
  put_certificate(d, e, now_ms);
  put_plot(d, e);
}

static void write_plan(ob_doc *d, const ob_subject *s) {
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  size_t n = ob_probe_plan(s->cluster, s->row, &(ob_probe_opts){0}, t, OB_PROBE_PLAN_MAX);
  ob_doc_wrap(d, OB_ROLE_DIM,
              "Nothing was asked yet. p sends these requests from here, P again and again:");
  ob_doc_nl(d);
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++)
    put_entry(d, &(ob_probe_entry){.target = t[i]}, s->now_ms);
  free(t);
}

void ob_page_write_PROBE(ob_doc *d, const ob_subject *s) {
  const ob_probe_entry *e[OB_PROBE_PLAN_MAX];
  size_t n = ob_probe_of_row(s->cluster, s->row, e, OB_PROBE_PLAN_MAX);
  if (n == 0) {
    write_plan(d, s);
    return;
  }
  OB_AUTO(ob_buf) curl = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++) {
    if (i > 0) ob_doc_nl(d);
    put_entry(d, e[i], s->now_ms);
    if (!curl.len && !*e[i]->target.skip) ob_probe_curl(&e[i]->target, &curl);
  }
  if (!curl.len) return;
  ob_doc_heading(d, "The same by hand");
  ob_doc_wrap(d, OB_ROLE_TEXT, ob_buf_str(&curl));
  ob_doc_nl(d);
}
