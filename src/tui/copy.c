/* Items hold what they copy, so that what is chosen is what was shown. YAML is the exception: it
 * is asked from the server when it is chosen, and copied when the answer comes. */
#include "tui/copy.h"

#include "base/str.h"
#include "base/yaml.h"
#include "outboard/probe.h"
#include "tui/screen.h"

enum { AS_SHOWN, YAML };

static void add(ob_tui *s, const char *text, const char *what, int value) {
  for (size_t i = 0; i < s->menu.items.len; i++)
    if (strcmp(s->menu.items.at[i].text, text) == 0) return;
  ob_menu_add(&s->menu, text, what, value, false);
}

/* Texts that stand for no value ("<none>", "<pending>:80") are nothing to copy. */
static void add_cells(ob_tui *s, const ob_row *row, bool links) {
  const ob_view *v = &ob_views[s->tab];
  for (size_t i = 0; i < v->ncolumns; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_cell cell = {.text = &text};
    v->columns[i].cell(ob_tui_cluster(s), row, ob_session_now(s->session), &cell);
    bool key = (v->columns[i].flags & OB_COL_KEY) != 0;
    if (!text.len || cell.none || cell.unknown || (links ? !cell.link : !key || cell.link))
      continue;
    add(s, ob_buf_str(&text), links ? "URL" : v->columns[i].key, AS_SHOWN);
  }
}

/* The commands that ask what p asks, the first few of them. */
static void add_curl(ob_tui *s, const ob_row *row) {
  enum { CURL_LINES = 4 };
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  size_t n = ob_probe_plan(ob_tui_cluster(s), row, &(ob_probe_opts){0}, t, OB_PROBE_PLAN_MAX);
  for (size_t i = 0, lines = 0; i < n && i < OB_PROBE_PLAN_MAX && lines < CURL_LINES; i++) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
    if (!*t[i].skip) ob_probe_curl(&t[i], &line);
    if (!line.len) continue;
    add(s, ob_buf_str(&line), "curl line", AS_SHOWN);
    lines++;
  }
  free(t);
}

void ob_copy_menu(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  const ob_object *o = row->owner;
  const ob_session_status *st = ob_session_status_get(s->session);
  ob_menu_open(&s->menu, OB_MENU_COPY, "Copy");
  add_cells(s, row, true);
  add_cells(s, row, false);
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&line, "%s/%s", o->ns, o->name);
  add(s, ob_buf_str(&line), "name", AS_SHOWN);
  ob_buf_reset(&line);
  ob_buf_addf(&line, "kubectl --context %s -n %s get %s %s -o yaml", st->context, o->ns,
              ob_kinds[o->kind].plural, o->name);
  add(s, ob_buf_str(&line), "kubectl line", AS_SHOWN);
  add_curl(s, row);
  add(s, "YAML of the whole object", "", YAML);
  ob_menu_ready(&s->menu);
}

static void copy(ob_tui *s, const char *text, size_t n, const char *what) {
  if (n > OB_COPY_MAX) {
    ob_tui_say(s, true, "%zu bytes: a terminal's clipboard gets at most %d", n, OB_COPY_MAX);
    return;
  }
  ob_term_copy(s->term, text, n);
  ob_tui_say(s, false, "copied %s", what);
}

void ob_copy_take(ob_tui *s, int value, const char *text) {
  if (value == AS_SHOWN) {
    copy(s, text, strlen(text), text);
    return;
  }
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  s->copying = ob_session_fetch(s->session, OB_FETCH_OBJECT, row->owner);
  ob_tui_say(s, false, "asking the server for the YAML …");
}

bool ob_copy_reply(ob_tui *s, ob_reply *move_r) {
  if (!s->copying || move_r->id != s->copying) return false;
  s->copying = 0;
  OB_AUTO(ob_buf) yaml = OB_BUF_INIT(OB_DOC_MAX);
  if (move_r->err.code) {
    ob_tui_say(s, true, "%s", move_r->err.msg);
  } else {
    ob_yaml_print(&yaml, move_r->json, true);
    copy(s, ob_buf_str(&yaml), yaml.len, "the YAML");
  }
  ob_reply_done(move_r);
  return true;
}
