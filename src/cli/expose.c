/* `outboard expose`: a Service for a workload, and perhaps a rule that leads to it. */
#include "cli/change.h"

#include "base/str.h"

typedef struct words {
  ob_kind kind;
  const char *name; /* of the workload */
  ob_expose as;
  ob_route route;
  char *host; /* owned */
} words;

static int read_words(const ob_args *a, words *ret, ob_err *e) {
  *ret = (words){.as = {.name = a->text[OB_OPT_NAME], .target_port = a->text[OB_OPT_TARGET_PORT]}};
  if (a->noperands != 1) {
    ob_fail(e, OB_EUSAGE, a->noperands ? "one workload at a time" : "expose which workload?");
    return ob_hint(e, "outboard expose deploy/web");
  }
  int rc = ob_workload_parse(a->operands[0], &ret->kind, &ret->name, e);
  const char *type = ob_or(a->text[OB_OPT_TYPE], "ClusterIP"), *where = a->text[OB_OPT_INGRESS];
  if (rc == 0 && !ob_service_type_parse(type, &ret->as.as.to)) {
    ob_fail(e, OB_EUSAGE, "--type %s: no such type", type);
    return ob_hint(e, "ClusterIP, headless, NodePort or LoadBalancer");
  }
  if (rc == 0) rc = ob_change_fields(a, &ret->as.as, e);
  if (rc) return rc;
  ret->as.as.ports = a->list[OB_OPT_PORT];
  ret->as.as.nports = a->nlist[OB_OPT_PORT];
  if (!where) return 0;
  size_t n = strcspn(where, "/");
  ret->host = n == 1 && *where == '*' ? ob_strdup("") : ob_strndup(where, n);
  ret->route = (ob_route){.host = ret->host,
                          .path = where[n] ? where + n : NULL,
                          .path_type = a->text[OB_OPT_PATH_TYPE],
                          .class_name = ob_take(ret->as.as.lb_class),
                          .tls_secret = a->text[OB_OPT_TLS_SECRET]};
  ret->as.route = &ret->route;
  return 0;
}

static int make_plan(ob_change_run *r, words *w, ob_plan **ret, ob_err *e) {
  const char *ns = ob_change_ns(r), *name = ob_or(w->as.name, w->name);
  OB_AUTOPTR(ob_json) workload = NULL;
  OB_AUTOPTR(ob_json) ingress = NULL;
  int rc = ob_change_fetch(r, w->kind, ns, w->name, &workload, e);
  if (rc == 0 && w->as.route) {
    rc = ob_change_fetch(r, OB_KIND_INGRESS, ns, name, &ingress, e);
    if (rc < 0 && e->code == OB_ENOTFOUND) rc = 0;
    if (rc == 0) ob_err_clear(e);
  }
  w->as.ingress = ingress;
  return rc ? rc
            : ob_plan_expose(ret, ob_session_cluster(r->session), w->kind, workload, &w->as, e);
}

int ob_cli_expose(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  words w;
  ob_change_run r = {.args = args, .out = out, .err = err};
  ob_plan *p = NULL;
  int rc = read_words(args, &w, &e);
  if (rc == 0) rc = ob_change_one_ns(args, &e);
  if (rc == 0) rc = ob_change_open(&r, opts, &e);
  if (rc == 0) rc = make_plan(&r, &w, &p, &e);
  rc = rc ? ob_cli_fail(err, &e) : ob_change_carry_out(&r, p, 0);
  free(w.host);
  ob_session_close(r.session);
  return rc;
}
