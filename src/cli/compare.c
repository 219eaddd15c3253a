/* `outboard compare svc/NAME…`: the dashboard's Compare page for scripts and for documents. */
#include "outboard/compare.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/grid.h"
#include "outboard/text.h"

typedef enum format { TABLE, JSON, MARKDOWN } format;

typedef struct services {
  const ob_service *at[OB_OPERANDS_MAX];
  size_t len;
} services;

/* "svc/NAME", "service/NAME", "NAMESPACE/NAME" or "NAME", in the session's namespace when it has
 * none of its own; in all namespaces the name must be the only one. */
static int find_service(const ob_cluster *c, const char *word, const char *ns,
                        const ob_service **ret, ob_err *e) {
  static const char *const kinds[] = {"svc", "service", "services"};
  const char *slash = strchr(word, '/'), *name = slash ? slash + 1 : word;
  OB_AUTOFREE char *before = slash ? ob_strndup(word, (size_t)(slash - word)) : ob_strdup("");
  for (size_t i = 0; i < OB_LEN(kinds); i++)
    if (strcmp(before, kinds[i]) == 0) *before = '\0';
  if (*before) ns = before;
  const ob_object *found = *ns ? ob_cluster_find(c, OB_KIND_SERVICE, ns, name) : NULL, *o;
  size_t several = 0;
  for (size_t at = 0; !*ns && (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));)
    if (strcmp(o->name, name) == 0) found = o, several++;
  if (several > 1) {
    ob_fail(e, OB_EUSAGE, "%zu services are called \"%s\"", several, name);
    return ob_hint(e, "name the namespace: -n NAMESPACE, or NAMESPACE/%s", name);
  }
  if (!found) {
    const ob_kind_state *st = ob_cluster_kind(c, OB_KIND_SERVICE);
    if (!ob_known(c, OB_KIND_SERVICE) && st->err.code) {
      *e = st->err;
      return -(int)e->code;
    }
    ob_fail(e, OB_ENOTFOUND, "there is no service \"%s\"%s%s", name, *ns ? " in namespace " : "",
            ns);
    return ob_hint(e, "outboard get services -A lists them");
  }
  *ret = OB_AS(ob_service, found);
  return 0;
}

static void cell_text(const ob_compare *x, ob_way w, ob_compare_row r, const char *separator,
                      ob_buf *out) {
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(OB_LINE_MAX);
  ob_compare_cell(x, w, r, &raw);
  ob_buf_reset(out);
  for (size_t i = 0; i < raw.len; i++) {
    if (raw.ptr[i] == '\n')
      ob_buf_adds(out, separator);
    else if (raw.ptr[i] == '|' && *separator == '<')
      ob_buf_adds(out, "\\|");
    else
      ob_buf_addc(out, raw.ptr[i]);
  }
}

static void safe_name(const ob_service *s, ob_buf *out) {
  ob_text_safe_str(out, s->o.ns, OB_TEXT_LINE);
  ob_buf_addc(out, '/');
  ob_text_safe_str(out, s->o.name, OB_TEXT_LINE);
}

/* --- table and Markdown ------------------------------------------------------------------ */
static void print_table(FILE *out, const ob_compare *x) {
  const char *titles[OB_WAY_COUNT + 1] = {"WAY"};
  size_t n = 1;
  for (int w = 0; w < OB_WAY_COUNT; w++)
    if (ob_compare_has(x, (ob_way)w)) titles[n++] = ob_way_names[w].title;
  OB_AUTO(ob_grid) g;
  ob_grid_init(&g, titles, n);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  for (int r = 0; r < OB_CMP_COUNT; r++) {
    ob_grid_add(&g, ob_compare_rows[r].title);
    for (int w = 0; w < OB_WAY_COUNT; w++) {
      if (!ob_compare_has(x, (ob_way)w)) continue;
      cell_text(x, (ob_way)w, (ob_compare_row)r, ", ", &text);
      ob_grid_add(&g, ob_buf_str(&text));
    }
  }
  ob_grid_print(&g, out, true);
}

static void print_markdown(FILE *out, const ob_compare *x) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  fputs("| |", out);
  for (int w = 0; w < OB_WAY_COUNT; w++)
    if (ob_compare_has(x, (ob_way)w)) fprintf(out, " %s |", ob_way_names[w].title);
  fputs("\n|---|", out);
  for (int w = 0; w < OB_WAY_COUNT; w++)
    if (ob_compare_has(x, (ob_way)w)) fputs("---|", out);
  fputc('\n', out);
  for (int r = 0; r < OB_CMP_COUNT; r++) {
    fprintf(out, "| **%s** |", ob_compare_rows[r].title);
    for (int w = 0; w < OB_WAY_COUNT; w++) {
      if (!ob_compare_has(x, (ob_way)w)) continue;
      cell_text(x, (ob_way)w, (ob_compare_row)r, "<br>", &text);
      fprintf(out, " %s |", ob_buf_str(&text));
    }
    fputc('\n', out);
  }
}

static void print_reasons(FILE *out, const ob_compare *x, const char *bullet) {
  for (size_t i = 0; i < ob_compare_nreasons(x); i++) {
    ob_reason r = ob_compare_reason(x, i);
    if (r.advice->way == OB_WAY_COUNT)
      fprintf(out, "%s? %s\n", bullet, r.text);
    else if (ob_compare_has(x, r.advice->way))
      fprintf(out, "%s%s %s: %s\n", bullet, r.advice->weight < 0 ? "−" : "+",
              ob_way_names[r.advice->way].title, r.text);
  }
}

static void print_text(FILE *out, format f, const ob_cluster *c, const services *all,
                       const ob_prices *prices) {
  for (size_t i = 0; i < all->len; i++) {
    ob_compare *x = ob_compare_new(c, all->at[i], prices);
    OB_AUTO(ob_buf) name = OB_BUF_INIT(OB_LINE_MAX);
    OB_AUTO(ob_buf) verdict = OB_BUF_INIT(OB_LINE_MAX);
    safe_name(all->at[i], &name);
    ob_compare_verdict(x, &verdict);
    if (i) fputc('\n', out);
    if (f == MARKDOWN)
      fprintf(out, "## %s\n\n**Fits best:** %s\n\n", ob_buf_str(&name), ob_buf_str(&verdict));
    else
      fprintf(out, "%s\nfits best: %s\n\n", ob_buf_str(&name), ob_buf_str(&verdict));
    f == MARKDOWN ? print_markdown(out, x) : print_table(out, x);
    fputc('\n', out);
    print_reasons(out, x, f == MARKDOWN ? "- " : "  ");
    ob_compare_free(x);
  }
}

/* --- json -------------------------------------------------------------------------------- */
static ob_json *service_json(const ob_cluster *c, const ob_service *s, const ob_prices *prices) {
  ob_compare *x = ob_compare_new(c, s, prices);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_json *j = ob_json_new_object();
  ob_json_put_str(j, "namespace", s->o.ns);
  ob_json_put_str(j, "name", s->o.name);
  ob_json_put_str(j, "best", ob_way_names[ob_compare_best(x)].key);
  ob_compare_verdict(x, &text);
  ob_json_put_str(j, "verdict", ob_buf_str(&text));
  ob_json *ways = ob_json_ensure_object(j, "ways");
  for (int w = 0; w < OB_WAY_COUNT; w++) {
    if (!ob_compare_has(x, (ob_way)w)) continue;
    ob_json *way = ob_json_ensure_object(ways, ob_way_names[w].key);
    ob_json_put_int(way, "score", ob_compare_score(x, (ob_way)w));
    for (int r = 0; r < OB_CMP_COUNT; r++) {
      cell_text(x, (ob_way)w, (ob_compare_row)r, "\n", &text);
      ob_json_put_str(way, ob_compare_rows[r].key, ob_buf_str(&text));
    }
  }
  ob_cost cost = ob_cost_balancer(c, prices, s);
  ob_json *balancer = ob_json_ensure_object(j, "balancerPrice");
  ob_json_put(balancer, "month",
              cost.known ? ob_json_new_double((double)cost.cents / 100) : ob_json_new_null());
  ob_json_put_str(balancer, "currency", cost.currency);
  ob_json_put_str(balancer, "provider", cost.provider);
  ob_json_put_str(balancer, "date", cost.date);
  ob_cost_sum sum = ob_cost_namespace(c, prices, s->o.ns);
  ob_json *total = ob_json_ensure_object(j, "namespaceBalancers");
  ob_json_put_int(total, "count", (int64_t)sum.balancers);
  ob_json_put_int(total, "withoutPrice", (int64_t)sum.unknown);
  ob_json_put(total, "month", ob_json_new_double((double)sum.cents / 100));
  ob_json *reasons = ob_json_put(j, "reasons", ob_json_new_array());
  for (size_t i = 0; i < ob_compare_nreasons(x); i++) {
    ob_reason r = ob_compare_reason(x, i);
    ob_json *one = ob_json_push(reasons, ob_json_new_object());
    ob_json_put_str(one, "id", r.advice->id);
    ob_json_put_str(one, "way",
                    r.advice->way == OB_WAY_COUNT ? "unknown" : ob_way_names[r.advice->way].key);
    ob_json_put_int(one, "weight", r.advice->weight);
    ob_json_put_str(one, "text", r.text);
  }
  ob_compare_free(x);
  return j;
}

static void print_json(FILE *out, const ob_cluster *c, const services *all,
                       const ob_prices *prices) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *list = ob_json_put(doc, "services", ob_json_new_array());
  for (size_t i = 0; i < all->len; i++) ob_json_push(list, service_json(c, all->at[i], prices));
  ob_cli_print_json(out, doc);
}

static int read_format(const ob_args *args, format *ret, ob_err *e) {
  static const char *const names[] = {[TABLE] = "table", [JSON] = "json", [MARKDOWN] = "md"};
  const char *text = ob_or(args->text[OB_OPT_OUTPUT], "table");
  for (size_t i = 0; i < OB_LEN(names); i++)
    if (strcmp(names[i], text) == 0) {
      *ret = (format)i;
      return 0;
    }
  ob_fail(e, OB_EUSAGE, "a comparison has no output format \"%s\"", text);
  return ob_hint(e, "-o table, json or md");
}

int ob_cli_compare(const ob_args *args, const ob_session_opts *base_opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_session *s = NULL;
  format f = TABLE;
  services all = {0};
  int rc = read_format(args, &f, &e);
  if (rc == 0 && args->noperands == 0) {
    ob_fail(&e, OB_EUSAGE, "compare the ways into which service?");
    rc = ob_hint(&e, "outboard compare svc/web -n shop");
  }
  ob_prices *prices = rc == 0 ? ob_prices_load(&e) : NULL;
  if (rc == 0 && !prices) rc = -(int)e.code;
  /* Everything is watched: who shares an entry may be in another namespace. */
  ob_session_opts opts = *base_opts;
  opts.ns = NULL;
  if (rc == 0) rc = ob_cli_open(&s, args, &opts, err, &e);
  const char *ns = ob_or(args->text[OB_OPT_NAMESPACE], "");
  if (rc == 0 && *ns && ob_session_status_get(s)->ns_fallback) { /* who may not see everything */
    ob_session_close(s);
    opts.ns = ns;
    rc = ob_cli_open(&s, args, &opts, err, &e);
  }
  const ob_cluster *c = rc == 0 ? ob_session_cluster(s) : NULL;
  for (size_t i = 0; rc == 0 && i < args->noperands; i++)
    rc = find_service(c, args->operands[i], ns, &all.at[all.len], &e), all.len += rc == 0;
  if (rc == 0) f == JSON ? print_json(out, c, &all, prices) : print_text(out, f, c, &all, prices);
  if (rc < 0) rc = ob_cli_fail(err, &e);
  if (fflush(out) != 0 && rc == OB_EXIT_OK) rc = OB_EXIT_FAILURE;
  ob_prices_free(prices);
  ob_session_close(s);
  return rc;
}
