/* `:explain URL`: a page of its own, written again at every drawing, so that it follows the
 * cluster while somebody mends what it names. */
#include "tui/screen.h"

#include "base/str.h"
#include "outboard/explain.h"

static ob_role verdict_role(ob_verdict v) {
  return v == OB_GOES ? OB_ROLE_OK : v == OB_STOPS ? OB_ROLE_BAD : OB_ROLE_WARN;
}
static const char *verdict_mark(ob_verdict v) {
  return v == OB_GOES ? "✓ " : v == OB_STOPS ? "✗ " : "? ";
}

enum { WHAT_WIDTH = 10 };

static void write_step(ob_doc *d, const ob_step *s) {
  ob_doc_put(d, verdict_role(s->verdict), "  ");
  ob_doc_put(d, verdict_role(s->verdict), verdict_mark(s->verdict));
  ob_doc_cell(d, OB_ROLE_LABEL, WHAT_WIDTH, s->what);
  ob_doc_wrap(d, OB_ROLE_TEXT, s->text);
  ob_doc_nl(d);
  if (*s->why) {
    ob_doc_cell(d, OB_ROLE_TEXT, WHAT_WIDTH + 4, "");
    ob_doc_wrap(d, s->verdict == OB_GOES ? OB_ROLE_DIM : verdict_role(s->verdict), s->why);
    ob_doc_nl(d);
  }
  if (*s->fix && s->verdict != OB_GOES) {
    ob_doc_cell(d, OB_ROLE_TEXT, WHAT_WIDTH + 4, "");
    ob_doc_put(d, OB_ROLE_ACCENT, "→ ");
    ob_doc_wrap(d, OB_ROLE_ACCENT, s->fix);
    ob_doc_nl(d);
  }
}

static void write_way(ob_doc *d, const ob_request_way *w) {
  ob_doc_nl(d);
  ob_doc_put(d, verdict_role(w->verdict), verdict_mark(w->verdict));
  ob_doc_put(d, OB_ROLE_HEADING, w->title);
  ob_doc_nl(d);
  for (size_t i = 0; i < w->nsteps; i++) write_step(d, &w->steps[i]);
  if (w->nlosers) {
    ob_doc_put(d, OB_ROLE_LABEL, "  not chosen");
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < w->nlosers; i++) {
    const ob_loser *l = &w->losers[i];
    ob_doc_put(d, OB_ROLE_TEXT, "    ");
    ob_doc_put(d, OB_ROLE_TEXT, l->text);
    ob_doc_putf(d, OB_ROLE_DIM, "  %s/%s  ", l->object->ns, l->object->name);
    ob_doc_wrap(d, OB_ROLE_DIM, l->why);
    ob_doc_nl(d);
  }
  if (w->more_losers) {
    ob_doc_putf(d, OB_ROLE_DIM, "    and %zu more", w->more_losers);
    ob_doc_nl(d);
  }
}

void ob_tui_write_explain(ob_tui *s, ob_doc *d) {
  const ob_request *r = &s->request;
  ob_explanation *e = ob_explain(ob_tui_cluster(s), r);
  bool v6 = strchr(r->host, ':') != NULL;
  ob_doc_putf(d, OB_ROLE_LABEL, "%s ", r->method);
  ob_doc_putf(d, OB_ROLE_ACCENT, v6 ? "%s://[%s]" : "%s://%s", r->scheme, r->host);
  if (r->port != (strcmp(r->scheme, "https") == 0 ? 443 : 80))
    ob_doc_putf(d, OB_ROLE_ACCENT, ":%u", r->port);
  ob_doc_put(d, OB_ROLE_ACCENT, r->path);
  ob_doc_put(d, OB_ROLE_LABEL, r->inside ? " from a pod" : " from outside");
  ob_doc_nl(d);
  ob_doc_put(d, verdict_role(e->verdict), verdict_mark(e->verdict));
  ob_doc_wrap(d, verdict_role(e->verdict), e->summary);
  ob_doc_nl(d);
  if (*e->unknown) {
    ob_doc_put(d, OB_ROLE_WARN, "not known, so a way may be missing: ");
    ob_doc_wrap(d, OB_ROLE_WARN, e->unknown);
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < e->nways; i++) write_way(d, &e->ways[i]);
  if (e->more_ways) {
    ob_doc_putf(d, OB_ROLE_WARN, "more than %d ways: the others are not looked at", OB_WAYS_MAX);
    ob_doc_nl(d);
  }
  ob_explanation_free(e);
}

/* --- the command ------------------------------------------------------------------------- */
/* The URL of the row under the cursor, "" when it has none. */
static void url_of_row(ob_tui *s, ob_buf *out) {
  const ob_row *row = ob_tui_row(s);
  const ob_view *v = &ob_views[s->tab];
  for (size_t i = 0; row && i < v->ncolumns; i++) {
    if (strcmp(v->columns[i].key, "url") != 0 && strcmp(v->columns[i].key, "address") != 0)
      continue;
    ob_buf_reset(out);
    ob_cell cell = {.text = out};
    v->columns[i].cell(ob_tui_cluster(s), row, ob_session_now(s->session), &cell);
    if (cell.none || cell.unknown) ob_buf_reset(out);
    out->len -= out->len - strcspn(ob_buf_str(out), ", ");
    if (out->ptr) out->ptr[out->len] = '\0';
    if (out->len) return;
  }
}

/* URL, METHOD, Name:value and "inside", in any order but the URL first. */
typedef struct words {
  const char *url, *method, *headers[OB_HEADERS_MAX];
  size_t nheaders;
  bool inside;
} words;

static void sort_words(char *line, words *w) {
  char *save = NULL;
  for (char *at = strtok_r(line, " ", &save); at; at = strtok_r(NULL, " ", &save)) {
    if (!w->url)
      w->url = at;
    else if (strcmp(at, "inside") == 0)
      w->inside = true;
    else if (strchr(at, ':') && w->nheaders < OB_HEADERS_MAX)
      w->headers[w->nheaders++] = at;
    else
      w->method = at;
  }
}

void ob_cmd_explain(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  if (*arg)
    ob_buf_adds(&url, arg);
  else
    url_of_row(s, &url);
  if (!url.len) {
    ob_tui_say(s, true, "explain what? :explain https://shop.example.com/api");
    return;
  }
  OB_AUTOFREE char *line = ob_strdup(ob_buf_str(&url));
  words w = {0};
  sort_words(line, &w);
  ob_request r;
  ob_err err = {0};
  if (ob_request_make(&r, ob_or(w.url, ""), w.method, w.headers, w.nheaders, w.inside, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  ob_request_done(&s->request);
  s->request = r;
  ob_tui_open_full(s, OB_FULL_EXPLAIN);
}
