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

static bool broke_off(const ob_entry *e) {
  return e->state == OB_ENTRY_BROKEN_OFF || e->state == OB_ENTRY_PARTIAL;
}

static int choose_number(const ob_history *h, const ob_change_run *r, const ob_entry **ret,
                         ob_err *e) {
  const char *server = ob_session_status_get(r->session)->server, *word = r->args->operands[0];
  int64_t n;
  if (!ob_parse_int(word, 1, (int64_t)h->n, &n))
    return ob_fail(e, OB_ENOTFOUND, "the journal has no entry %s", word);
  *ret = &h->entries[n - 1];
  if (!ob_streq((*ret)->server, server)) {
    ob_fail(e, OB_EUSAGE, "entry %s was done on %s, not on %s", word, (*ret)->server, server);
    return ob_hint(e, "--context %s", (*ret)->context);
  }
  if (r->args->flag[OB_OPT_FINISH] && !broke_off(*ret))
    return ob_fail(e, OB_EUSAGE, "entry %s is %s: nothing of it is left to do", word,
                   ob_entry_state_name((*ret)->state));
  if ((*ret)->state == OB_ENTRY_DONE || broke_off(*ret)) return 0;
  return ob_fail(e, OB_EUSAGE, "entry %s is %s: there is nothing to undo", word,
                 ob_entry_state_name((*ret)->state));
}

static int choose(const ob_history *h, const ob_change_run *r, const ob_entry **ret, ob_err *e) {
  if (r->args->noperands) return choose_number(h, r, ret, e);
  const char *server = ob_session_status_get(r->session)->server;
  bool redo = r->args->flag[OB_OPT_REDO], finish = r->args->flag[OB_OPT_FINISH];
  const ob_entry *broken = redo ? NULL : ob_history_broken(h, server);
  const ob_entry *done = finish ? NULL : ob_history_last(h, server, redo);
  *ret = broken && (!done || broken < done) ? broken : done; /* the newer one */
  if (*ret) return 0;
  ob_fail(e, OB_ENOTFOUND, "nothing to %s on %s",
          redo     ? "redo"
          : finish ? "finish"
                   : "undo",
          server);
  return ob_hint(e, "outboard undo --list shows the journal (%s)", h->path);
}

static int look_at(ob_change_run *r, const ob_entry *entry, ob_broken **ret, ob_err *e) {
  ob_json **now;
  int rc = ob_change_fetch_plan(r, entry->plan, &now, e);
  if (rc == 0) rc = ob_entry_look(ret, entry, (const ob_json *const *)now);
  ob_change_free_now(now, entry->plan);
  return rc;
}

static int plan_broken(ob_change_run *r, const ob_entry *entry, ob_plan **ret, ob_err *e) {
  ob_broken *b = NULL;
  int rc = look_at(r, entry, &b, e);
  if (rc) return rc;
  bool finish = r->args->flag[OB_OPT_FINISH];
  ob_plan **wanted = finish ? &b->finish : &b->undo;
  ob_change_say(r->err, "  ", b->text);
  *ret = ob_take(*wanted);
  ob_broken_free(b);
  if (*ret) return 0;
  return ob_fail(e, OB_ENOTFOUND, "%s: there is nothing to %s", entry->plan->title,
                 finish ? "finish" : "undo");
}

static int plan_back(ob_change_run *r, const ob_entry *entry, ob_plan **ret, ob_err *e) {
  if (broke_off(entry)) return plan_broken(r, entry, ret, e);
  ob_json **now;
  ob_conflicts *clash = NULL;
  int rc = ob_change_fetch_plan(r, entry->plan, &now, e);
  if (rc == 0)
    rc = ob_plan_merge(ret, entry->plan, OB_PLAN_BACK, (const ob_json *const *)now, &clash, e);
  if (rc == -(int)OB_ECONFLICT) rc = ob_change_settle(r, clash, ret, e);
  ob_conflicts_free(clash);
  ob_change_free_now(now, entry->plan);
  return rc;
}

/* What broke off on this cluster is asked for; of the others it is said where to ask. */
static void tell_broken(const ob_history *h, ob_change_run *r, const ob_session_opts *opts) {
  bool asked = false;
  ob_err e = {0};
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *x = &h->entries[i];
    if (!broke_off(x)) continue;
    if (!asked && ob_change_open(r, opts, &e) < 0) ob_cli_error(r->err, &e);
    asked = true;
    OB_AUTOFREE char *head =
        ob_asprintf("%zu %s: %s", i + 1, ob_entry_state_name(x->state), x->plan->title);
    ob_change_say(r->out, "\n", head);
    if (x->note) ob_change_say(r->out, "  ", x->note);
    ob_broken *b = NULL;
    bool here = r->session && ob_streq(ob_session_status_get(r->session)->server, x->server);
    if (!here) {
      OB_AUTOFREE char *elsewhere = ob_asprintf(
          "what became of it is known to %s (--context %s) alone", x->server, x->context);
      ob_change_say(r->out, "  ", elsewhere);
    } else if (look_at(r, x, &b, &e) < 0) {
      ob_change_say(r->out, "  the server could not be asked: ", e.msg);
    } else {
      fprintf(r->out, "  %zu of %zu requests are done\n", b->done, b->of);
      ob_change_say(r->out, "  ", b->text);
      if (b->undo) fprintf(r->out, "  outboard undo %zu takes it back\n", i + 1);
      if (b->finish) fprintf(r->out, "  outboard undo %zu --finish does the rest\n", i + 1);
    }
    ob_broken_free(b);
  }
  ob_session_close(r->session);
}

int ob_cli_undo(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_history *h = NULL;
  ob_change_run r = {.args = args, .out = out, .err = err};
  if (ob_history_load(&h, NULL, &e) < 0) return ob_cli_fail(err, &e);
  int rc = OB_EXIT_OK;
  if (args->flag[OB_OPT_LIST]) {
    bool json = ob_streq(args->text[OB_OPT_OUTPUT], "json");
    if (json)
      list_json(h, out);
    else
      list(h, out, !args->flag[OB_OPT_NO_HEADERS]);
    if (!json) tell_broken(h, &r, opts);
    ob_history_free(h);
    return fflush(out) == 0 ? OB_EXIT_OK : OB_EXIT_FAILURE;
  }
  const ob_entry *entry = NULL;
  ob_plan *p = NULL;
  rc = ob_change_open(&r, opts, &e);
  if (rc == 0) rc = choose(h, &r, &entry, &e);
  if (rc == 0) rc = plan_back(&r, entry, &p, &e);
  if (rc == 0) rc = ob_change_recreated(&r, &p, &e);
  if (rc == 0)
    rc = ob_change_carry_out(&r, ob_take(p), entry->id);
  else
    rc = e.code == OB_ECONFLICT ? (ob_cli_error(err, &e), OB_EXIT_CONFLICT) : ob_cli_fail(err, &e);
  ob_plan_free(p);
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
  const char *path = rc < 0 ? "" : args->operands[0];
  if (ob_streq(path, "-")) path = "/dev/stdin";
  if (rc == 0) rc = ob_read_file(path, &text, &e);
  if (rc == 0) rc = ob_plan_read(&p, ob_buf_str(&text), text.len, path, &e);
  if (rc == 0) rc = ob_change_open(&r, opts, &e);
  if (rc < 0) {
    ob_plan_free(p);
    return ob_cli_fail(err, &e);
  }
  rc = ob_change_carry_out(&r, p, 0);
  ob_session_close(r.session);
  return rc;
}
