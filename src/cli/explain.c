/* `outboard explain URL`: the way of a request, its steps with their reasons, and who lost. */
#include "outboard/explain.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "outboard/text.h"

static const char *const marks[] = {[OB_GOES] = "✓", [OB_UNSURE] = "?", [OB_STOPS] = "✗"};

static int make_request(const ob_args *args, ob_request *ret, ob_err *e) {
  if (args->noperands != 1) {
    ob_fail(e, OB_EUSAGE, args->noperands ? "one URL at a time" : "explain which URL?");
    return ob_hint(e, "outboard explain https://shop.example.com/api/v1");
  }
  const char *from = ob_or(args->text[OB_OPT_FROM], "outside");
  bool inside = strcmp(from, "inside") == 0;
  if (!inside && strcmp(from, "outside") != 0)
    return ob_fail(e, OB_EUSAGE, "--from %s: inside or outside", from);
  return ob_request_make(ret, args->operands[0], args->text[OB_OPT_METHOD],
                         args->list[OB_OPT_HEADER], args->nlist[OB_OPT_HEADER], inside, e);
}

/* --- table ------------------------------------------------------------------------------- */
static void print_step(FILE *out, const ob_step *s) {
  fprintf(out, "  %s %-10s %s\n", marks[s->verdict], s->what, s->text);
  if (*s->why) fprintf(out, "    %-10s %s\n", "", s->why);
  if (*s->fix && s->verdict != OB_GOES) fprintf(out, "    %-10s → %s\n", "", s->fix);
}

static void print_way(FILE *out, const ob_request_way *w) {
  fprintf(out, "\n%s %s\n", marks[w->verdict], w->title);
  for (size_t i = 0; i < w->nsteps; i++) print_step(out, &w->steps[i]);
  if (w->nlosers) fputs("  Not chosen\n", out);
  for (size_t i = 0; i < w->nlosers; i++) {
    const ob_loser *l = &w->losers[i];
    OB_AUTO(ob_buf) who = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe_str(&who, l->object->ns, OB_TEXT_LINE);
    ob_buf_addc(&who, '/');
    ob_text_safe_str(&who, l->object->name, OB_TEXT_LINE);
    fprintf(out, "    %s  (%s): %s\n", l->text, ob_buf_str(&who), l->why);
  }
  if (w->more_losers) fprintf(out, "    and %zu more\n", w->more_losers);
}

static void print_table(FILE *out, const ob_request *r, const ob_explanation *e) {
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  bool v6 = strchr(r->host, ':') != NULL;
  ob_buf_addf(&url, "%s://%s%s%s", r->scheme, v6 ? "[" : "", r->host, v6 ? "]" : "");
  if (r->port != (strcmp(r->scheme, "https") == 0 ? 443 : 80)) ob_buf_addf(&url, ":%u", r->port);
  ob_buf_adds(&url, r->path);
  OB_AUTO(ob_buf) shown = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&shown, ob_buf_str(&url), OB_TEXT_LINE);
  fprintf(out, "%s %s from %s: %s\n", r->method, ob_buf_str(&shown), r->inside ? "inside" : "outside",
          e->summary);
  for (size_t i = 0; i < e->nways; i++) print_way(out, &e->ways[i]);
  if (e->more_ways) fprintf(out, "\nmore than %d ways: the others are not looked at\n", OB_WAYS_MAX);
}

/* --- json -------------------------------------------------------------------------------- */
static void put_object(ob_json *to, const ob_object *o, int rule, int path) {
  if (!o) return;
  ob_json *j = ob_json_ensure_object(to, "object");
  ob_json_put_str(j, "kind", ob_kinds[o->kind].kind);
  if (*o->ns) ob_json_put_str(j, "namespace", o->ns);
  ob_json_put_str(j, "name", o->name);
  if (rule >= 0) ob_json_put_int(to, "rule", rule);
  if (path >= 0) ob_json_put_int(to, "path", path);
}

static ob_json *way_json(const ob_request_way *w) {
  ob_json *j = ob_json_new_object();
  ob_json_put_str(j, "title", w->title);
  ob_json_put_str(j, "verdict", ob_verdict_name(w->verdict));
  if (w->service) {
    ob_json *s = ob_json_ensure_object(j, "service");
    ob_json_put_str(s, "namespace", w->service->o.ns);
    ob_json_put_str(s, "name", w->service->o.name);
  }
  ob_json *steps = ob_json_put(j, "steps", ob_json_new_array());
  for (size_t i = 0; i < w->nsteps; i++) {
    ob_json *s = ob_json_push(steps, ob_json_new_object());
    ob_json_put_str(s, "step", w->steps[i].what);
    ob_json_put_str(s, "verdict", ob_verdict_name(w->steps[i].verdict));
    ob_json_put_str(s, "text", w->steps[i].text);
    if (*w->steps[i].why) ob_json_put_str(s, "why", w->steps[i].why);
    if (*w->steps[i].fix) ob_json_put_str(s, "fix", w->steps[i].fix);
    put_object(s, w->steps[i].object, w->steps[i].rule, w->steps[i].path);
  }
  ob_json *losers = ob_json_put(j, "notChosen", ob_json_new_array());
  for (size_t i = 0; i < w->nlosers; i++) {
    ob_json *l = ob_json_push(losers, ob_json_new_object());
    ob_json_put_str(l, "text", w->losers[i].text);
    ob_json_put_str(l, "why", w->losers[i].why);
    put_object(l, w->losers[i].object, w->losers[i].rule, w->losers[i].path);
  }
  ob_json_put_int(j, "notChosenMore", (int64_t)w->more_losers);
  return j;
}

static void print_json(FILE *out, const ob_request *r, const ob_explanation *e) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *request = ob_json_ensure_object(doc, "request");
  ob_json_put_str(request, "method", r->method);
  ob_json_put_str(request, "scheme", r->scheme);
  ob_json_put_str(request, "host", r->host);
  ob_json_put_int(request, "port", r->port);
  ob_json_put_str(request, "path", r->path);
  ob_json_put_str(request, "query", r->query);
  ob_json_put_str(request, "from", r->inside ? "inside" : "outside");
  ob_json_put_str(doc, "verdict", ob_verdict_name(e->verdict));
  ob_json_put_str(doc, "summary", e->summary);
  ob_json_put_str(doc, "unknown", e->unknown);
  ob_json *ways = ob_json_put(doc, "ways", ob_json_new_array());
  for (size_t i = 0; i < e->nways; i++) ob_json_push(ways, way_json(&e->ways[i]));
  ob_json_put_bool(doc, "moreWays", e->more_ways);
  ob_cli_print_json(out, doc);
}

int ob_cli_explain(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_request r = {0};
  ob_session *s = NULL;
  bool json;
  int rc = ob_cli_table_or_json(args, &json, &e);
  if (rc == 0) rc = make_request(args, &r, &e);
  if (rc == 0) rc = ob_cli_open(&s, args, opts, err, &e);
  if (rc < 0) {
    ob_request_done(&r);
    return ob_cli_fail(err, &e);
  }
  ob_explanation *x = ob_explain(ob_session_cluster(s), &r);
  json ? print_json(out, &r, x) : print_table(out, &r, x);
  if (*x->unknown) fprintf(err, "outboard: not known, so a way may be missing: %s\n", x->unknown);
  rc = x->verdict == OB_STOPS ? OB_EXIT_FAILURE : OB_EXIT_OK;
  if (fflush(out) != 0) rc = OB_EXIT_FAILURE;
  ob_explanation_free(x);
  ob_request_done(&r);
  ob_session_close(s);
  return rc;
}
