/* `outboard doctor`: the chain from the kubeconfig to the cluster's data, a row for each link. */
#include "cli/cli.h"
#include "cli/grid.h"

#include "base/json.h"
#include "base/str.h"
#include "outboard/doctor.h"
#include "outboard/text.h"
#include <unistd.h>

static const char *const states[] = {
    [OB_LINK_NOT_REACHED] = "not reached", [OB_LINK_OK] = "ok", [OB_LINK_BROKEN] = "BROKEN"};

static void print_safe(FILE *out, const char *before, const char *text) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&safe, text, OB_TEXT_LINES);
  fprintf(out, "%s%s\n", before, ob_buf_str(&safe));
}

static void print_table(const ob_diagnosis *d, FILE *out, bool headers) {
  static const char *const titles[] = {"LINK", "STATE", "FOUND"};
  OB_AUTO(ob_grid) g;
  ob_grid_init(&g, titles, OB_LEN(titles));
  for (size_t i = 0; i < d->n; i++) {
    const ob_link_found *f = &d->links[i];
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&text, f->state == OB_LINK_BROKEN ? f->err.msg : f->found);
    if (f->state == OB_LINK_BROKEN && *f->found) ob_buf_addf(&text, " [%s]", f->found);
    ob_grid_add(&g, f->name);
    ob_grid_add(&g, states[f->state]);
    ob_grid_add(&g, ob_buf_str(&text));
  }
  ob_grid_print(&g, out, headers);
  if (d->broken < 0) return;
  const ob_link_found *f = &d->links[d->broken];
  fprintf(out, "\nThe first broken link is %s: %s.\n", f->name, f->checks);
  print_safe(out, "  ", f->err.msg);
  if (*f->err.hint) print_safe(out, "  what to do: ", f->err.hint);
}

static ob_json *text_or_null(const char *s) {
  return *s ? ob_json_new_str(s) : ob_json_new_null();
}

static void print_json(const ob_diagnosis *d, FILE *out) {
  static const char *const words[] = {
      [OB_LINK_NOT_REACHED] = "notReached", [OB_LINK_OK] = "ok", [OB_LINK_BROKEN] = "broken"};
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json_put(doc, "context", text_or_null(d->context));
  ob_json_put(doc, "server", text_or_null(d->server));
  ob_json_put_bool(doc, "ok", d->broken < 0);
  ob_json_put(doc, "broken",
              d->broken < 0 ? ob_json_new_null() : ob_json_new_str(d->links[d->broken].name));
  ob_json *links = ob_json_put(doc, "links", ob_json_new_array());
  for (size_t i = 0; i < d->n; i++) {
    const ob_link_found *f = &d->links[i];
    ob_json *item = ob_json_push(links, ob_json_new_object());
    ob_json_put_str(item, "name", f->name);
    ob_json_put_str(item, "checks", f->checks);
    ob_json_put_str(item, "state", words[f->state]);
    ob_json_put(item, "found", text_or_null(f->found));
    ob_json_put(item, "message", text_or_null(f->err.msg));
    ob_json_put(item, "remedy", text_or_null(f->err.hint));
  }
  ob_cli_print_json(out, doc);
}

int ob_cli_doctor(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  bool json;
  int64_t each_ms = 0;
  const char *timeout = args->text[OB_OPT_REQUEST_TIMEOUT];
  int rc = ob_cli_table_or_json(args, &json, &e);
  if (rc == 0 && args->noperands)
    rc = ob_fail(&e, OB_EUSAGE, "doctor takes no operand, \"%s\" is too much", args->operands[0]);
  if (rc == 0 && timeout && !ob_cli_duration(timeout, &each_ms))
    rc = ob_fail(&e, OB_EUSAGE, "--request-timeout %s: not a time like 30s or 2m", timeout);
  if (rc < 0) return ob_cli_fail(err, &e);
  ob_diagnosis *d = ob_calloc(1, sizeof *d);
  ob_session_opts o = *opts;
  o.terminal = isatty(STDIN_FILENO) ? OB_TERMINAL_OF_PLUGINS : OB_TERMINAL_OF_NOBODY;
  ob_doctor(d, &o, each_ms > INT32_MAX ? INT32_MAX : (int)each_ms);
  if (json)
    print_json(d, out);
  else
    print_table(d, out, !args->flag[OB_OPT_NO_HEADERS]);
  rc = d->broken < 0 ? OB_EXIT_OK : OB_EXIT_FAILURE;
  free(d);
  return rc;
}
