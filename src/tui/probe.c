/* `p`, `P`, `o` and `:probe`: asking the ways in, and sending the person there.
 *
 * A probe leaves the computer, so it happens when a key says so: once, or with P every
 * probe_every_ms until P again, until the row is gone, or the cluster is another one. Names that
 * may stand for anything (a wildcard host, an ExternalName) are asked at the second press. */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/probe.h"
#include "tui/child.h"

#include <stdlib.h>

enum { WORDS_MAX = 16 };

static const ob_timing *timing_of(const ob_tui *s) {
  return s->session_opts.timing ? s->session_opts.timing : &ob_timing_default;
}

/* How many of the plan wait for the person's word. */
static const ob_probe_target *needs_word(const ob_probe_target *t, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strstr(t[i].skip, "without your word")) return &t[i];
  return NULL;
}

static size_t plan(ob_tui *s, const ob_row *row, bool any_host, ob_probe_target *t) {
  const ob_probe_opts opts = {.any_host = any_host};
  size_t n = ob_probe_plan(ob_tui_cluster(s), row, &opts, t, OB_PROBE_PLAN_MAX);
  return n < OB_PROBE_PLAN_MAX ? n : OB_PROBE_PLAN_MAX;
}

static void ask(ob_tui *s, const ob_row *row, bool quiet) {
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  uint64_t key = ob_row_key(row);
  size_t n = plan(s, row, s->probe.word == key, t);
  const ob_probe_target *open = needs_word(t, n);
  ob_session_probe(s->session, t, n);
  if (open && !quiet) {
    s->probe.word = key;
    ob_tui_say(s, false, "%s: %s; p again asks", ob_or(open->host, "?"), open->skip);
  }
  s->page_stale = true;
  free(t);
}

void ob_act_probe(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  ask(s, row, false);
  ob_tui_set_page(s, OB_PAGE_PROBE);
}

void ob_act_probe_on(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (s->probe.on) {
    s->probe.on = 0;
    ob_session_probe_stop(s->session);
    ob_tui_say(s, false, "probing is off");
    return;
  }
  if (!row) return;
  ob_act_probe(s);
  s->probe.on = ob_row_key(row);
  s->probe.due_ms = ob_mono_ms() + timing_of(s)->probe_every_ms;
  ob_tui_say(s, false, "%s/%s is probed every %d s; P ends it", row->owner->ns, row->owner->name,
             timing_of(s)->probe_every_ms / 1000);
}

int ob_tui_probe_due(ob_tui *s) {
  if (!s->probe.on) return -1;
  int64_t now = ob_mono_ms();
  if (now < s->probe.due_ms) return (int)(s->probe.due_ms - now);
  const ob_tab *tab = ob_tui_tab(s);
  size_t at = ob_list_find(tab->list, s->probe.on, tab->cursor);
  /* On another tab the row is not in the list: it waits there for its turn. */
  if (at < ob_list_len(tab->list)) ask(s, ob_list_at(tab->list, at), true);
  s->probe.due_ms = now + timing_of(s)->probe_every_ms;
  return timing_of(s)->probe_every_ms;
}

void ob_cmd_probe(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  if (!*arg) {
    ob_act_probe(s);
    return;
  }
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  ob_err err = {0};
  size_t n = 0;
  if (ob_probe_plan_url(ob_tui_cluster(s), arg, &(ob_probe_opts){0}, t, OB_PROBE_PLAN_MAX, &n,
                        &err) < 0) {
    ob_tui_say(s, true, "%s; %s", err.msg, err.hint);
  } else {
    ob_session_probe(s->session, t, n);
    s->probe.url = t[0].key;
    ob_tui_say(s, false, "asking %s", arg);
  }
  free(t);
}

/* "by DNS: nobody.test cannot be resolved; at 203.0.113.7: 200 in 12 ms" */
static void add_answer(ob_buf *out, const ob_probe_entry *e) {
  const ob_probe_result *r = &e->last;
  if (out->len) ob_buf_adds(out, "; ");
  ob_probe_way(&e->target, out);
  if (*r->err.msg)
    ob_buf_addf(out, ": %s", r->err.msg);
  else if (r->status)
    ob_buf_addf(out, ": %d in %d ms", r->status, (int)(r->total_us / 1000));
  else
    ob_buf_addf(out, ": connected in %d ms", (int)(r->total_us / 1000));
}

void ob_tui_probe_answered(ob_tui *s) {
  s->page_stale = true;
  const ob_probe_log *l = ob_cluster_probes(ob_tui_cluster(s));
  const ob_probe_entry *typed = s->probe.url ? ob_probe_log_find(l, s->probe.url) : NULL;
  if (!typed) return;
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) said = OB_BUF_INIT(OB_LINE_MAX);
  bool good = true;
  ob_probe_url(&typed->target, &url);
  for (size_t i = 0; i < ob_probe_log_len(l); i++) {
    const ob_probe_entry *e = ob_probe_log_at(l, i);
    OB_AUTO(ob_buf) other = OB_BUF_INIT(OB_LINE_MAX);
    ob_probe_url(&e->target, &other);
    if (*e->target.owner || strcmp(ob_buf_str(&url), ob_buf_str(&other)) != 0) continue;
    if (e->waiting) return; /* all of them, or none */
    if (!e->answered) continue;
    good &= e->last.verdict == OB_PROBE_OK;
    add_answer(&said, e);
  }
  s->probe.url = 0;
  if (said.len) ob_tui_say(s, !good, "%s: %s", ob_buf_str(&url), ob_buf_str(&said));
}

/* --- the browser --- */
static bool plain_url(const char *url) {
  for (const char *c = url; *c; c++)
    if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f) return false;
  return ob_starts(url, "http://") || ob_starts(url, "https://");
}

/* One program of $BROWSER: its words, %s for the URL, else the URL at the end. Never a shell. */
static int start(const char *command, const char *url, ob_err *err) {
  OB_AUTOFREE char *copy = ob_strdup(command);
  char *argv[WORDS_MAX + 2], *save = NULL;
  size_t n = 0;
  bool put = false;
  for (char *w = strtok_r(copy, " ", &save); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &save)) {
    bool here = strcmp(w, "%s") == 0;
    argv[n++] = here ? (char *)(uintptr_t)url : w;
    put |= here;
  }
  if (n == 0) return ob_fail(err, OB_ENOTFOUND, "no program");
  if (!put) argv[n++] = (char *)(uintptr_t)url;
  argv[n] = NULL;
  return ob_child_start(&(ob_child){.argv = {argv}, .n = 1, .fd = -1}, err);
}

/* $BROWSER may name several, separated by colons: the first that is there. */
static int open_url(const char *url, ob_err *err) {
  static const char *const usual[] = {"xdg-open", "open", "wslview"};
  const char *said = getenv("BROWSER");
  OB_AUTOFREE char *list = ob_strdup(ob_or(said, ""));
  char *save = NULL;
  for (char *c = strtok_r(list, ":", &save); c; c = strtok_r(NULL, ":", &save))
    if (start(c, url, err) == 0) return 0;
  for (size_t i = 0; i < OB_LEN(usual); i++)
    if (start(usual[i], url, err) == 0) return 0;
  ob_fail(err, OB_ENOTFOUND, "no browser: neither $BROWSER, xdg-open, open nor wslview");
  return ob_hint(err, "open it yourself: %s", url);
}

/* The first URL among the row's targets: what the person would type. */
static bool row_url(ob_tui *s, const ob_row *row, ob_buf *out) {
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  size_t n = plan(s, row, false, t);
  bool found = false;
  for (size_t i = 0; i < n && !found; i++) {
    bool http = t[i].scheme == OB_PROBE_HTTP || t[i].scheme == OB_PROBE_HTTPS;
    if (!http || t[i].via == OB_VIA_PROXY || !*t[i].host || strchr(t[i].host, '*')) continue;
    found = true;
    ob_probe_url(&t[i], out);
  }
  free(t);
  return found;
}

void ob_act_browse(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  ob_err err = {0};
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  if (!row) return;
  if (!row_url(s, row, &url) || !plain_url(ob_buf_str(&url)))
    ob_tui_say(s, true, "no URL leads here from outside");
  else if (open_url(ob_buf_str(&url), &err) < 0)
    ob_tui_say(s, true, "%s; %s", err.msg, err.hint);
  else
    ob_tui_say(s, false, "opened %s", ob_buf_str(&url));
}
