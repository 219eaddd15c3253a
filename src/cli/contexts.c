/* `outboard contexts`: every context of the kubeconfig, and what its server says. */
#include "cli/cli.h"
#include "cli/format.h"
#include "cli/grid.h"

#include "base/json.h"
#include "base/str.h"

typedef struct contexts {
  ob_contexts *all;
  ob_context_check *checks; /* NULL: nobody was asked */
} contexts;

static const char *status_of(const ob_context_check *k) {
  return k->err.code ? k->err.msg : "ok";
}

static void rights_text(ob_buf *out, const ob_context_check *k) {
  if (!k->rights_known) return;
  ob_buf_addf(out, "%d/%d", k->rights, k->rights_of);
  if (*k->only_ns) ob_buf_addf(out, " in %s", k->only_ns);
  if (*k->missing) ob_buf_addf(out, ", no %s", k->missing);
}

static void print_table(const contexts *c, FILE *out, bool headers) {
  static const char *const titles[] = {"CURRENT", "NAME",    "SERVER", "NAMESPACE",
                                       "LOGIN",   "VERSION", "RIGHTS", "STATUS"};
  size_t columns = c->checks ? OB_LEN(titles) : 5;
  OB_AUTO(ob_grid) g;
  ob_grid_init(&g, titles, columns);
  for (size_t i = 0; i < ob_contexts_len(c->all); i++) {
    ob_context x = ob_contexts_at(c->all, i);
    ob_grid_add(&g, x.current ? "*" : " ");
    ob_grid_add(&g, x.name);
    ob_grid_add(&g, x.server);
    ob_grid_add(&g, x.ns);
    ob_grid_add(&g, x.login);
    if (!c->checks) continue;
    OB_AUTO(ob_buf) rights = OB_BUF_INIT(OB_LINE_MAX);
    rights_text(&rights, &c->checks[i]);
    ob_grid_add(&g, c->checks[i].version);
    ob_grid_add(&g, ob_or(ob_buf_str(&rights), "?"));
    ob_grid_add(&g, status_of(&c->checks[i]));
  }
  ob_grid_print(&g, out, headers);
}

static void put_check(ob_json *item, const ob_context_check *k) {
  bool answers = !k->err.code || k->err.http;
  ob_json_put_bool(item, "reachable", answers);
  ob_json_put(item, "answerMilliseconds",
              answers ? ob_json_new_int(k->answer_ms) : ob_json_new_null());
  ob_json_put(item, "version", *k->version ? ob_json_new_str(k->version) : ob_json_new_null());
  ob_json *rights =
      ob_json_put(item, "rights", k->rights_known ? ob_json_new_object() : ob_json_new_null());
  if (k->rights_known) {
    ob_json_put_int(rights, "have", k->rights);
    ob_json_put_int(rights, "of", k->rights_of);
    ob_json_put(rights, "onlyNamespace",
                *k->only_ns ? ob_json_new_str(k->only_ns) : ob_json_new_null());
    ob_json_put_str(rights, "missing", k->missing);
  }
  if (!k->err.code) return;
  ob_json *error = ob_json_put(item, "error", ob_json_new_object());
  ob_json_put_str(error, "code", ob_code_name(k->err.code));
  ob_json_put_str(error, "message", k->err.msg);
  ob_json_put_str(error, "remedy", k->err.hint);
}

static void print_json(const contexts *c, FILE *out) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t i = 0; i < ob_contexts_len(c->all); i++) {
    ob_context x = ob_contexts_at(c->all, i);
    ob_json *item = ob_json_push(items, ob_json_new_object());
    ob_json_put_str(item, "name", x.name);
    ob_json_put_bool(item, "current", x.current);
    ob_json_put_str(item, "cluster", x.cluster);
    ob_json_put_str(item, "server", x.server);
    ob_json_put_str(item, "user", x.user);
    ob_json_put_str(item, "login", x.login);
    ob_json_put_str(item, "namespace", x.ns);
    if (c->checks) put_check(item, &c->checks[i]);
  }
  ob_cli_print_json(out, doc);
}

static int run(contexts *c, const ob_args *args, const ob_session_opts *opts, bool json, FILE *out,
               ob_err *e) {
  int64_t each_ms = 0;
  const char *timeout = args->text[OB_OPT_REQUEST_TIMEOUT];
  if (timeout && !ob_cli_duration(timeout, &each_ms))
    return ob_fail(e, OB_EUSAGE, "--request-timeout %s: not a time like 30s or 2m", timeout);
  int rc = ob_contexts_load(&c->all, opts, e);
  if (rc < 0) return rc;
  size_t n = ob_contexts_len(c->all);
  if (n == 0) {
    ob_fail(e, OB_ENOTFOUND, "no kubeconfig with contexts was found");
    return ob_hint(e, "name one with --kubeconfig FILE");
  }
  if (!args->flag[OB_OPT_NO_CHECK]) {
    c->checks = ob_calloc(n, sizeof *c->checks);
    rc = ob_contexts_check(c->all, opts, each_ms > INT32_MAX ? INT32_MAX : (int)each_ms, c->checks,
                           e);
    if (rc < 0) return rc;
  }
  if (json)
    print_json(c, out);
  else
    print_table(c, out, !args->flag[OB_OPT_NO_HEADERS]);
  return OB_EXIT_OK;
}

int ob_cli_contexts(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  contexts c = {0};
  ob_err e = {0};
  bool json;
  int rc = ob_cli_table_or_json(args, &json, &e);
  if (rc == 0 && args->noperands)
    rc = ob_fail(&e, OB_EUSAGE, "contexts takes no operand, \"%s\" is too much", args->operands[0]);
  if (rc == 0) rc = run(&c, args, opts, json, out, &e);
  ob_contexts_free(c.all);
  free(c.checks);
  return rc < 0 ? ob_cli_fail(err, &e) : rc;
}
