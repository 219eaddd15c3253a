/* `outboard get`: open a session, wait until what the view needs is known, print.
 *
 * Without --watch the session only lists. A failure of a kind that the view's rows come
 * from is the command's failure; a failure of a kind that only decorates (nodes, slices)
 * is a line on stderr, and its cells say "?" (JSON: null). With --watch each later change
 * of a row is a line that says first what happened to it. */
#include "cli/cli.h"
#include "cli/format.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { CHANGE_MS = 60000 };

typedef struct get {
  const ob_view *view;
  ob_session *session;
  ob_list *list;
  ob_printer printer;
  FILE *err;
  int64_t wait_ms;     /* INT64_MAX: no limit */
  char notice[OB_CLI_NOTICE]; /* as told last */
  bool incomplete;     /* a kind that rows come from is not known */
  ob_map printed;      /* row key -> struct printed */
} get;

/* A row as it was printed last: what --watch compares and what a deletion prints. */
struct printed {
  uint64_t key;
  uint64_t hash;
  uint32_t round;
  ob_line line;
};

static unsigned row_kinds(ob_view_id v) {
  switch (v) {
  case OB_VIEW_EXPOSURE: return 1u << OB_KIND_SERVICE | 1u << OB_KIND_INGRESS;
  case OB_VIEW_INGRESS: return 1u << OB_KIND_INGRESS;
  default: return 1u << OB_KIND_SERVICE;
  }
}

/* Everything that some cell may say; views of the Gateway API there are none. */
static unsigned all_kinds(void) {
  unsigned bits = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (ob_kinds[k].watched && !ob_kind_is_addon((ob_kind)k)) bits |= 1u << k;
  return bits;
}

/* Kinds that did not come: on stderr, and in `meta` for json and yaml. */
static void report_unknown(get *g, ob_json *meta) {
  const ob_cluster *c = ob_session_cluster(g->session);
  ob_json *unknown = ob_json_new_array();
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    const ob_kind_state *st = ob_cluster_kind(c, (ob_kind)k);
    if (st->phase == OB_LIVE || st->phase == OB_OFF || st->phase == OB_LOADING) continue;
    bool rows = (row_kinds(g->view->id) >> k & 1u) != 0;
    /* An API that the server does not have holds no rows: that answer is complete. */
    if (rows && st->phase != OB_NOT_INSTALLED) g->incomplete = true;
    ob_json *entry = ob_json_push(unknown, ob_json_new_object());
    ob_json_put_str(entry, "resource", ob_kinds[k].plural);
    ob_json_put_str(entry, "state", ob_phase_name(st->phase));
    ob_json_put_str(entry, "message", st->err.msg);
    if (st->phase == OB_NOT_INSTALLED && !rows) continue;
    ob_err e = st->err;
    if (!e.code) ob_fail(&e, OB_ENOTFOUND, "%s: %s", ob_kinds[k].plural, ob_phase_name(st->phase));
    ob_cli_error(g->err, &e);
  }
  ob_json_put(meta, "unknown", unknown);
  const char *not_read = ob_cluster_not_read(c);
  if (g->view->id != OB_VIEW_EXPOSURE) return;
  ob_json_put_str(meta, "notRead", not_read);
  if (*not_read && g->printer.format <= OB_FORMAT_WIDE) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe_str(&text, not_read, OB_TEXT_LINE);
    fprintf(g->err, "also %s, not read\n", ob_buf_str(&text));
  }
}

static int print_all(get *g, bool named) {
  int64_t now = ob_session_now(g->session);
  size_t n = ob_list_len(g->list);
  ob_line *lines = ob_calloc(n + 1, sizeof *lines);
  for (size_t i = 0; i < n; i++)
    ob_line_make(&lines[i], ob_session_cluster(g->session), g->view, ob_list_at(g->list, i), now);
  OB_AUTOPTR(ob_json) meta = ob_json_new_object();
  report_unknown(g, meta);
  ob_print_lines(&g->printer, lines, n, meta);
  for (size_t i = 0; i < n; i++) ob_line_done(&lines[i]);
  free(lines);
  if (n == 0 && !named && g->printer.format <= OB_FORMAT_WIDE && !g->incomplete) {
    const ob_session_status *st = ob_session_status_get(g->session);
    if (*st->ns)
      fprintf(g->err, "No rows found in %s namespace.\n", st->ns);
    else
      fputs("No rows found\n", g->err);
  }
  return 0;
}

/* --- --watch --------------------------------------------------------------------------- */
/* Ages change every second and are no news. */
static uint64_t line_hash(const ob_line *l, const ob_view *v) {
  uint64_t h = 0;
  for (size_t i = 0; i < v->ncolumns; i++)
    if (!(v->columns[i].flags & OB_COL_AGE))
      h = ob_hash_more(h, l->cell[i], strlen(l->cell[i]) + 1);
  return h;
}

static void printed_free(struct printed *p) {
  ob_line_done(&p->line);
  free(p);
}

static void tell_changes(const ob_view *v, const ob_line *before, ob_line *now) {
  now->was = before->cell;
  for (size_t i = 0; i < v->ncolumns; i++)
    if (!(v->columns[i].flags & OB_COL_AGE) && strcmp(before->cell[i], now->cell[i]) != 0)
      now->changed |= 1u << i;
}

static void watch_row(get *g, const ob_row *row, uint32_t round, bool look) {
  uint64_t key = ob_row_key(row);
  struct printed *p = ob_map_get(&g->printed, (const char *)&key, sizeof key);
  if (p) p->round = round;
  if (p && !look) return;
  ob_line line;
  ob_line_make(&line, ob_session_cluster(g->session), g->view, row, ob_session_now(g->session));
  uint64_t hash = line_hash(&line, g->view);
  if (p && p->hash == hash) {
    ob_line_done(&line);
    return;
  }
  line.event = p ? OB_ROW_MODIFIED : OB_ROW_ADDED;
  if (!p) {
    p = ob_calloc(1, sizeof *p);
    p->key = key;
    p->round = round;
    ob_map_put(&g->printed, (const char *)&p->key, sizeof p->key, p);
  }
  if (line.event == OB_ROW_MODIFIED) tell_changes(g->view, &p->line, &line);
  ob_print_lines(&g->printer, &line, 1, NULL);
  line.was = NULL;
  ob_line_done(&p->line);
  p->line = line;
  p->hash = hash;
}

static void watch_gone(get *g, uint32_t round) {
  OB_VEC(struct printed *) gone = {0};
  struct printed *p;
  for (size_t at = 0; (p = ob_map_next(&g->printed, &at));)
    if (p->round != round) ob_vec_push(&gone, p);
  for (size_t i = 0; i < gone.len; i++) {
    p = gone.at[i];
    ob_map_del(&g->printed, (const char *)&p->key, sizeof p->key);
    p->line.event = OB_ROW_DELETED;
    p->line.changed = 0;
    ob_print_lines(&g->printer, &p->line, 1, NULL);
    printed_free(p);
  }
  ob_vec_done(&gone);
}

/* The first round in one batch, so that the table's widths fit. */
static void watch_first(get *g) {
  int64_t now = ob_session_now(g->session);
  size_t n = ob_list_len(g->list);
  ob_line *lines = ob_calloc(n + 1, sizeof *lines);
  for (size_t i = 0; i < n; i++) {
    const ob_row *row = ob_list_at(g->list, i);
    struct printed *p = ob_calloc(1, sizeof *p);
    p->key = ob_row_key(row);
    ob_line_make(&p->line, ob_session_cluster(g->session), g->view, row, now);
    p->line.event = OB_ROW_ADDED;
    p->hash = line_hash(&p->line, g->view);
    struct printed *same = ob_map_put(&g->printed, (const char *)&p->key, sizeof p->key, p);
    if (same) printed_free(same);
    lines[i] = p->line;
  }
  OB_AUTOPTR(ob_json) meta = ob_json_new_object();
  report_unknown(g, meta);
  ob_print_lines(&g->printer, lines, n, NULL);
  free(lines);
}

static void tell_connection(get *g, ob_conn *io_before) {
  const ob_session_status *st = ob_session_status_get(g->session);
  if (st->conn == *io_before) return;
  if (st->conn == OB_CONN_STALE || st->conn == OB_CONN_DOWN)
    ob_cli_error(g->err, &st->err);
  else if (st->conn == OB_CONN_LIVE && *io_before == OB_CONN_STALE)
    fputs("outboard: live again\n", g->err);
  *io_before = st->conn;
}

static int watch(get *g) {
  watch_first(g);
  ob_conn conn = OB_CONN_LIVE;
  for (uint32_t round = 1;; round++) {
    if (fflush(g->printer.out) != 0) return OB_EXIT_FAILURE; /* the reader has left */
    /* A full pipe must not be mistaken for a reader that left, nor the reverse: POLLERR says
     * that the other end is closed. */
    struct pollfd fds[] = {{.fd = ob_session_fd(g->session), .events = POLLIN},
                           {.fd = fileno(g->printer.out), .events = 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return OB_EXIT_FAILURE;
    if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) return OB_EXIT_FAILURE;
    unsigned what = ob_session_pump(g->session, 0);
    tell_connection(g, &conn);
    ob_cli_notice(g->session, g->notice, g->err);
    int64_t now = ob_session_now(g->session);
    if (!(what & OB_PUMP_OBJECTS) || !ob_list_refresh(g->list, now)) continue;
    size_t n = ob_list_len(g->list);
    for (size_t i = 0; i < n; i++)
      watch_row(g, ob_list_at(g->list, i), round, ob_list_changed(g->list, i, now, CHANGE_MS));
    watch_gone(g, round);
  }
}

/* --- the command --------------------------------------------------------------------------- */
static int usage(FILE *err, ob_err *e) {
  ob_cli_error(err, e);
  return OB_EXIT_USAGE;
}

static int check_words(get *g, const ob_args *args, ob_err *e) {
  g->view = args->noperands ? ob_view_find(args->operands[0]) : NULL;
  if (!g->view) {
    if (args->noperands)
      ob_fail(e, OB_EUSAGE, "no view is called \"%s\"", args->operands[0]);
    else
      ob_fail(e, OB_EUSAGE, "get what?");
    return ob_hint(e, "outboard get exposure|services|nodeports|loadbalancers|ingress [NAME]");
  }
  if (args->noperands > 2)
    return ob_fail(e, OB_EUSAGE, "one NAME at most, \"%s\" is too much", args->operands[2]);
  if (args->given[OB_OPT_NAMESPACE] && args->flag[OB_OPT_ALL_NAMESPACES])
    return ob_fail(e, OB_EUSAGE, "-n and -A exclude each other");
  const char *format = args->text[OB_OPT_OUTPUT];
  if (format && !ob_format_find(format, &g->printer.format)) {
    ob_fail(e, OB_EUSAGE, "no output format is called \"%s\"", format);
    return ob_hint(e, "-o table, wide, json, yaml, csv or name");
  }
  return ob_cli_timeout(args, &g->wait_ms, e);
}

static bool colours(FILE *out) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static int run(get *g, const ob_args *args, ob_err *e) {
  int rc = ob_cli_wait(g->session, g->wait_ms, g->notice, g->err, e);
  if (rc < 0) return rc;
  g->list = ob_list_new(ob_session_cluster(g->session), g->view->id);
  const ob_list_opts opts = {.name = args->noperands > 1 ? args->operands[1] : NULL,
                             .selector = args->text[OB_OPT_SELECTOR],
                             .sort = -1};
  rc = ob_list_set(g->list, &opts, ob_session_now(g->session), e);
  if (rc < 0) return rc;
  ob_list_refresh(g->list, ob_session_now(g->session));
  g->printer.namespaces = *ob_session_status_get(g->session)->ns == '\0';
  if (g->printer.watch) return watch(g);
  print_all(g, opts.name != NULL);
  if (opts.name && ob_list_len(g->list) == 0 && !g->incomplete)
    return ob_fail(e, OB_ENOTFOUND, "%s \"%s\" not found", g->view->name, opts.name);
  return g->incomplete ? OB_EXIT_FAILURE : OB_EXIT_OK;
}

int ob_cli_get(const ob_args *args, const ob_session_opts *base_opts, FILE *out, FILE *err) {
  get g = {.err = err,
           .printer = {.out = out,
                       .watch = args->flag[OB_OPT_WATCH],
                       .headers = !args->flag[OB_OPT_NO_HEADERS],
                       .colour = colours(out),
                       .seen = isatty(fileno(out)) == 1}};
  ob_err e = {0};
  if (check_words(&g, args, &e) < 0) return usage(err, &e);
  g.printer.view = g.view;
  ob_session_opts opts = *base_opts;
  if (opts.scope == OB_SCOPE_WIDEST && !opts.ns) opts.scope = OB_SCOPE_CONTEXT;
  opts.once = !g.printer.watch;
  opts.kinds = all_kinds();
  opts.terminal = isatty(STDIN_FILENO) ? OB_TERMINAL_OF_PLUGINS : OB_TERMINAL_OF_NOBODY;
  int rc = ob_session_open(&g.session, &opts, &e);
  if (rc == 0) rc = run(&g, args, &e);
  if (rc < 0) {
    ob_cli_error(err, &e);
    rc = e.code == OB_EUSAGE ? OB_EXIT_USAGE : OB_EXIT_FAILURE;
  }
  if (fflush(out) != 0 && rc == OB_EXIT_OK) rc = OB_EXIT_FAILURE;
  struct printed *p;
  for (size_t at = 0; (p = ob_map_next(&g.printed, &at));) printed_free(p);
  ob_map_done(&g.printed);
  ob_list_free(g.list);
  ob_session_close(g.session);
  return rc;
}
