/* `outboard routes`: the whole map as a table, JSON, or a graph for Graphviz. */
#include "base/buf.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "outboard/explain.h"

typedef OB_VEC(ob_map_route) map_routes;

static void keep(void *arg, const ob_map_route *r) {
  map_routes *all = arg;
  ob_vec_push(all, *r);
}

static int by_url(const void *a, const void *b) {
  const ob_map_route *x = a, *y = b;
  int by = strcmp(x->entry_kind, y->entry_kind);
  if (!by) by = strcmp(x->entry, y->entry);
  if (!by) by = ob_strnatcmp(x->url, y->url);
  if (!by) by = ob_strnatcmp(x->target, y->target);
  return by ? by : ob_uid_cmp(x->owner->uid, y->owner->uid);
}

static const char *ready_text(const ob_map_route *r, char out[32]) {
  if (!r->service) return r->broken ? "✗" : "-";
  if (!r->ready.known) return "?";
  snprintf(out, 32, "%s%u/%u", r->broken ? "✗ " : "", r->ready.ready, r->ready.total);
  return out;
}

static void print_table(FILE *out, const map_routes *all, bool headers) {
  static const char *const titles[] = {"ENTRY", "BY", "URL", "TO", "READY", "OBJECT"};
  OB_AUTO(ob_grid) g;
  ob_grid_init(&g, titles, OB_LEN(titles));
  for (size_t i = 0; i < all->len; i++) {
    const ob_map_route *r = &all->at[i];
    char ready[32];
    OB_AUTOFREE char *owner =
        ob_asprintf("%s/%s/%s", ob_kinds[r->owner->kind].kind, r->owner->ns, r->owner->name);
    ob_grid_add(&g, r->entry_kind);
    ob_grid_add(&g, r->entry);
    ob_grid_add(&g, r->url);
    ob_grid_add(&g, r->target);
    ob_grid_add(&g, ready_text(r, ready));
    ob_grid_add(&g, owner);
  }
  ob_grid_print(&g, out, headers);
}

static void print_json(FILE *out, const map_routes *all, ob_json *move_unknown) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t i = 0; i < all->len; i++) {
    const ob_map_route *r = &all->at[i];
    ob_json *j = ob_json_push(items, ob_json_new_object());
    ob_json_put_str(j, "kind", ob_kinds[r->owner->kind].kind);
    ob_json_put_str(j, "namespace", r->owner->ns);
    ob_json_put_str(j, "name", r->owner->name);
    ob_json_put_str(j, "entryKind", r->entry_kind);
    ob_json_put_str(j, "entry", r->entry);
    ob_json_put_str(j, "url", r->url);
    ob_json_put_str(j, "target", r->target);
    ob_json_put_bool(j, "broken", r->broken);
    bool counted = r->service && r->ready.known;
    ob_json_put(j, "readyEndpoints",
                counted ? ob_json_new_int(r->ready.ready) : ob_json_new_null());
    ob_json_put(j, "totalEndpoints",
                counted ? ob_json_new_int(r->ready.total) : ob_json_new_null());
  }
  ob_json_put(doc, "unknown", move_unknown);
  ob_cli_print_json(out, doc);
}

/* What may hold routes and could not be read: said, and the answer is not a whole one. */
static bool report_unknown(const ob_cluster *c, FILE *err, ob_json *ret) {
  static const ob_kind holds[] = {OB_KIND_INGRESS, OB_KIND_SERVICE, OB_KIND_HTTP_ROUTE,
                                  OB_KIND_GRPC_ROUTE};
  for (size_t i = 0; i < OB_LEN(holds); i++) {
    const ob_kind_state *st = ob_cluster_kind(c, holds[i]);
    if (st->phase == OB_LIVE || st->phase == OB_NOT_INSTALLED) continue;
    ob_json *entry = ob_json_push(ret, ob_json_new_object());
    ob_json_put_str(entry, "resource", ob_kinds[holds[i]].plural);
    ob_json_put_str(entry, "state", ob_phase_name(st->phase));
    ob_json_put_str(entry, "message", st->err.msg);
    ob_err e = st->err;
    if (!e.code)
      ob_fail(&e, OB_ENOTFOUND, "%s: %s", ob_kinds[holds[i]].plural, ob_phase_name(st->phase));
    ob_cli_error(err, &e);
  }
  return ob_json_len(ret) > 0;
}

/* A quoted identifier of DOT: quotes and backslashes escaped. */
static void dot_id(FILE *out, const char *kind, const char *text) {
  fprintf(out, "\"%s ", kind);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') fputc('\\', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

static void dot_edge(FILE *out, const char *a_kind, const char *a, const char *b_kind,
                     const char *b, bool broken) {
  fputs("  ", out);
  dot_id(out, a_kind, a);
  fputs(" -> ", out);
  dot_id(out, b_kind, b);
  fputs(broken ? " [color=red, style=dashed];\n" : ";\n", out);
}

static void print_dot(FILE *out, const map_routes *all) {
  fputs("digraph routes {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n", out);
  for (size_t i = 0; i < all->len; i++) {
    const ob_map_route *r = &all->at[i];
    dot_edge(out, r->entry_kind, r->entry, "url", r->url, false);
    dot_edge(out, "url", r->url, "to", *r->target ? r->target : "(nothing)", r->broken);
  }
  fputs("}\n", out);
}

int ob_cli_routes(const ob_args *args, const ob_session_opts *base_opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_session *s = NULL;
  const char *format = ob_or(args->text[OB_OPT_OUTPUT], "table");
  bool json = strcmp(format, "json") == 0, dot = strcmp(format, "dot") == 0;
  int rc = 0;
  if (!json && !dot && strcmp(format, "table") != 0) {
    ob_fail(&e, OB_EUSAGE, "routes have no output format \"%s\"", format);
    rc = ob_hint(&e, "-o table, json or dot");
  } else if (args->noperands) {
    rc = ob_fail(&e, OB_EUSAGE, "routes takes no operand, \"%s\" is too much", args->operands[0]);
  }
  ob_session_opts opts = *base_opts;
  if (opts.scope == OB_SCOPE_WIDEST && !opts.ns) opts.scope = OB_SCOPE_CONTEXT;
  if (rc == 0) rc = ob_cli_open(&s, args, &opts, err, &e);
  if (rc < 0) return ob_cli_fail(err, &e);
  map_routes all = {0};
  ob_routes_each(ob_session_cluster(s), keep, &all);
  if (all.len > 1) qsort(all.at, all.len, sizeof *all.at, by_url);
  ob_json *unknown = ob_json_new_array();
  bool partial = report_unknown(ob_session_cluster(s), err, unknown);
  if (partial) rc = OB_EXIT_FAILURE;
  if (json)
    print_json(out, &all, ob_take(unknown));
  else if (dot)
    print_dot(out, &all);
  else
    print_table(out, &all, all.len && !args->flag[OB_OPT_NO_HEADERS]);
  const char *ns = ob_session_status_get(s)->ns;
  if (all.len == 0 && !partial && !json && !dot)
    fprintf(err, *ns ? "No routes found in %s namespace.\n" : "No routes found\n", ns);
  if (fflush(out) != 0) rc = OB_EXIT_FAILURE;
  ob_json_free(unknown);
  ob_vec_done(&all);
  ob_session_close(s);
  return rc;
}
