/* `outboard undo` and `outboard apply`: plans of yesterday and plans from files. */
#include "cli/change.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/grid.h"
#include "outboard/text.h"

static void list(const ob_history *h, FILE *out, bool headers) {
  static const char *const titles[] = {"N", "TIME", "STATE", "CONTEXT", "CHANGE"};
  OB_AUTO(ob_grid) g;
  ob_grid_init(&g, titles, OB_LEN(titles));
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    char number[24], time[OB_TIME_TEXT];
    snprintf(number, sizeof number, "%zu", i + 1);
    ob_grid_add(&g, number);
    ob_grid_add(&g, ob_time_text(time, e->at_ms));
    ob_grid_add(&g, ob_entry_state_name(e->state));
    ob_grid_add(&g, e->context);
    ob_grid_add(&g, e->plan->title);
  }
  ob_grid_print(&g, out, headers);
}

static void list_json(const ob_history *h, FILE *out) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    char time[OB_TIME_TEXT];
    ob_json *j = ob_json_push(items, ob_json_new_object());
    ob_json_put_int(j, "n", (int64_t)i + 1);
    ob_json_put_str(j, "time", ob_time_text(time, e->at_ms));
    ob_json_put_str(j, "state", ob_entry_state_name(e->state));
    ob_json_put_str(j, "context", e->context);
    ob_json_put_str(j, "server", e->server);
    ob_json_put_str(j, "note", ob_or(e->note, ""));
    ob_json_put(j, "plan", ob_plan_to_json(e->plan));
  }
  ob_cli_print_json(out, doc);
}

static int choose(const ob_history *h, const ob_change_run *r, const ob_entry **ret, ob_err *e) {
  const char *server = ob_session_status_get(r->session)->server;
  const ob_args *a = r->args;
  int64_t n;
  if (a->noperands) {
    if (!ob_parse_int(a->operands[0], 1, (int64_t)h->n, &n))
      return ob_fail(e, OB_ENOTFOUND, "the journal has no entry %s", a->operands[0]);
    *ret = &h->entries[n - 1];
    if (!ob_streq((*ret)->server, server)) {
      ob_fail(e, OB_EUSAGE, "entry %s was done on %s, not on %s", a->operands[0], (*ret)->server,
              server);
      return ob_hint(e, "--context %s", (*ret)->context);
    }
    if ((*ret)->state == OB_ENTRY_DONE || (*ret)->state == OB_ENTRY_PARTIAL) return 0;
    return ob_fail(e, OB_EUSAGE, "entry %s is %s: there is nothing to undo", a->operands[0],
                   ob_entry_state_name((*ret)->state));
  }
  *ret = ob_history_last(h, server, a->flag[OB_OPT_REDO]);
  if (*ret) return 0;
  ob_fail(e, OB_ENOTFOUND, "nothing to %s on %s", a->flag[OB_OPT_REDO] ? "redo" : "undo", server);
  return ob_hint(e, "outboard undo --list shows the journal (%s)", h->path);
}

/* What the server has now of everything that the entry touched. */
static int plan_back(ob_change_run *r, const ob_entry *entry, ob_plan **ret, ob_err *e) {
  size_t n = entry->plan->nedits;
  ob_json **now = ob_calloc(n + 1, sizeof *now);
  int rc = 0;
  for (size_t i = 0; rc == 0 && i < n; i++) {
    const ob_edit *x = &entry->plan->edits[i];
    rc = ob_change_fetch(r, x->kind, x->ns, x->name, &now[i], e);
    if (e->code == OB_ENOTFOUND) rc = 0;
  }
  ob_err_clear(rc == 0 ? e : NULL);
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  if (rc == 0) rc = ob_plan_undo(ret, entry->plan, (const ob_json *const *)now, &why, e);
  if (why.len) {
    OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe_str(&safe, ob_buf_str(&why), OB_TEXT_LINES);
    fputs(ob_buf_str(&safe), r->err);
  }
  for (size_t i = 0; i < n; i++) ob_json_free(now[i]);
  free(now);
  return rc;
}

int ob_cli_undo(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_history *h = NULL;
  ob_change_run r = {.args = args, .out = out, .err = err};
  if (ob_history_load(&h, NULL, &e) < 0) return ob_cli_fail(err, &e);
  int rc = OB_EXIT_OK;
  if (args->flag[OB_OPT_LIST]) {
    if (ob_streq(args->text[OB_OPT_OUTPUT], "json"))
      list_json(h, out);
    else
      list(h, out, !args->flag[OB_OPT_NO_HEADERS]);
    ob_history_free(h);
    return fflush(out) == 0 ? OB_EXIT_OK : OB_EXIT_FAILURE;
  }
  const ob_entry *entry = NULL;
  ob_plan *p = NULL;
  rc = ob_change_open(&r, opts, &e);
  if (rc == 0) rc = choose(h, &r, &entry, &e);
  if (rc == 0) rc = plan_back(&r, entry, &p, &e);
  if (rc == 0)
    rc = ob_change_carry_out(&r, p, entry->id);
  else
    rc = e.code == OB_ECONFLICT ? (ob_cli_error(err, &e), OB_EXIT_CONFLICT) : ob_cli_fail(err, &e);
  ob_session_close(r.session);
  ob_history_free(h);
  return rc;
}

int ob_cli_apply(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_change_run r = {.args = args, .out = out, .err = err};
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
  ob_plan *p = NULL;
  int rc = args->noperands == 1 ? 0 : ob_fail(&e, OB_EUSAGE, "apply which plan file?");
  if (rc < 0 && e.code == OB_EUSAGE) ob_hint(&e, "outboard apply PLAN.yaml; -o plan writes one");
  if (rc == 0) rc = ob_read_file(args->operands[0], &text, &e);
  if (rc == 0) rc = ob_plan_read(&p, ob_buf_str(&text), text.len, args->operands[0], &e);
  if (rc == 0) rc = ob_change_open(&r, opts, &e);
  if (rc < 0) {
    ob_plan_free(p);
    return ob_cli_fail(err, &e);
  }
  rc = ob_change_carry_out(&r, p, 0);
  ob_session_close(r.session);
  return rc;
}
