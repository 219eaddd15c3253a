/* `outboard convert` and `outboard route`: words into plans. */
#include "cli/change.h"

#include "base/str.h"

static int begin(ob_change_run *r, const ob_args *args, const ob_session_opts *opts, FILE *out,
                 FILE *err, ob_err *e) {
  *r = (ob_change_run){.args = args, .out = out, .err = err};
  return ob_change_open(r, opts, e);
}

static int finish(ob_change_run *r, ob_plan *move_p, int rc, ob_err *e) {
  rc = rc < 0 ? ob_cli_fail(r->err, e) : ob_change_carry_out(r, move_p, 0);
  if (fflush(r->out) != 0 && rc == OB_EXIT_OK) rc = OB_EXIT_FAILURE;
  ob_session_close(r->session);
  return rc;
}

/* --- convert -------------------------------------------------------------------------------------
 */
int ob_change_fields(const ob_args *a, ob_convert *ret, ob_err *e) {
  ret->node_port = (int)a->count[OB_OPT_NODE_PORT];
  ret->lb_class = a->text[OB_OPT_CLASS];
  ret->source_ranges = a->list[OB_OPT_SOURCE_RANGE];
  ret->nsource_ranges = a->nlist[OB_OPT_SOURCE_RANGE];
  const char *policy = a->text[OB_OPT_POLICY];
  if (a->count[OB_OPT_NODE_PORT] > 65535)
    return ob_fail(e, OB_EUSAGE, "--node-port %lld: a port is 1 to 65535",
                   (long long)a->count[OB_OPT_NODE_PORT]);
  if (policy && !ob_streq(policy, "Local") && !ob_streq(policy, "Cluster"))
    return ob_fail(e, OB_EUSAGE, "--policy %s: Cluster or Local", policy);
  if (policy) ret->policy = ob_streq(policy, "Local") ? OB_POLICY_LOCAL : OB_POLICY_CLUSTER;
  if (a->flag[OB_OPT_INTERNAL] && a->flag[OB_OPT_PUBLIC])
    return ob_fail(e, OB_EUSAGE, "--internal and --public exclude each other");
  if (a->flag[OB_OPT_INTERNAL]) ret->reach = OB_REACH_INTERNAL;
  if (a->flag[OB_OPT_PUBLIC]) ret->reach = OB_REACH_PUBLIC;
  return 0;
}

static int read_convert(const ob_args *a, ob_convert *ret, ob_err *e) {
  *ret = (ob_convert){.external_name = a->text[OB_OPT_EXTERNAL_NAME],
                      .ports = a->list[OB_OPT_PORTS],
                      .nports = a->nlist[OB_OPT_PORTS]};
  const char *to = a->text[OB_OPT_TO];
  if (a->noperands == 0 || !to) {
    ob_fail(e, OB_EUSAGE, a->noperands ? "convert to which type?" : "convert which service?");
    return ob_hint(e, "outboard convert svc/web --to LoadBalancer");
  }
  if (!ob_service_type_parse(to, &ret->to)) {
    ob_fail(e, OB_EUSAGE, "--to %s: no such type", to);
    return ob_hint(e, "ClusterIP, headless, NodePort, LoadBalancer or ExternalName");
  }
  return ob_change_fields(a, ret, e);
}

/* Several services are one plan: one diff, one yes, one undo. */
static int add_service(ob_change_run *r, ob_plan **io_p, const char *word, const ob_convert *to,
                       ob_err *e) {
  const char *name;
  OB_AUTOPTR(ob_json) service = NULL;
  int rc = ob_change_name(word, OB_KIND_SERVICE, &name, e);
  if (rc == 0) rc = ob_change_fetch(r, OB_KIND_SERVICE, ob_change_ns(r), name, &service, e);
  ob_plan *one = NULL;
  if (rc == 0) rc = ob_plan_convert(&one, ob_session_cluster(r->session), service, to, e);
  if (rc < 0) return rc;
  if (!*io_p) {
    *io_p = one;
    return 0;
  }
  rc = ob_plan_append(*io_p, one, e);
  ob_plan_free(one);
  return rc;
}

int ob_cli_convert(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_convert to;
  ob_change_run r = {0};
  int rc = read_convert(args, &to, &e);
  if (rc == 0) rc = ob_change_one_ns(args, &e);
  if (rc == 0) rc = begin(&r, args, opts, out, err, &e);
  if (rc < 0) return ob_cli_fail(err, &e);
  ob_plan *p = NULL;
  for (size_t i = 0; rc == 0 && i < args->noperands; i++)
    rc = add_service(&r, &p, args->operands[i], &to, &e);
  if (rc == 0) rc = ob_change_recreated(&r, &p, &e);
  if (rc < 0) ob_plan_free(p);
  return finish(&r, rc < 0 ? NULL : p, rc, &e);
}

/* --- route ---------------------------------------------------------------------------------------
 */
typedef struct route_words {
  const char *verb, *ingress, *where; /* where: HOST/PATH */
  char *host;                         /* of where; owned */
  const char *path;
} route_words;

static const struct {
  const char *verb;
  size_t noperands; /* with the verb */
  const char *usage;
} verbs[] = {
    {"add", 3, "route add INGRESS HOST/PATH --service NAME [--service-port PORT]"},
    {"edit", 3, "route edit INGRESS HOST/PATH [--host H] [--path P] [--service NAME] …"},
    {"copy", 3, "route copy INGRESS HOST/PATH [--into INGRESS] [--host H] [--path P] …"},
    {"move", 3, "route move INGRESS HOST/PATH --by N | --into INGRESS"},
    {"delete", 3, "route delete INGRESS HOST/PATH"},
    {"rename", 3, "route rename OLD-HOST NEW-HOST"},
};

static int read_words(const ob_args *a, route_words *ret, ob_err *e) {
  const char *verb = a->noperands ? a->operands[0] : "";
  for (size_t i = 0; i < OB_LEN(verbs); i++) {
    if (!ob_streq(verbs[i].verb, verb)) continue;
    if (a->noperands != verbs[i].noperands) {
      ob_fail(e, OB_EUSAGE, "route %s takes %zu words", verb, verbs[i].noperands - 1);
      return ob_hint(e, "outboard %s", verbs[i].usage);
    }
    *ret = (route_words){.verb = verb, .ingress = a->operands[1], .where = a->operands[2]};
    const char *slash = strchr(ret->where, '/');
    size_t n = slash ? (size_t)(slash - ret->where) : strlen(ret->where);
    ret->host = ob_streq(ret->where, "*") || n == 0 ? ob_strdup("") : ob_strndup(ret->where, n);
    if (ob_streq(ret->host, "*")) ret->host[0] = '\0';
    ret->path = slash ? slash : "/";
    return 0;
  }
  ob_fail(e, OB_EUSAGE, *verb ? "route cannot \"%s\"" : "route what?%s", verb);
  return ob_hint(e, "outboard route add|edit|copy|move|delete|rename");
}

static bool text_is(const ob_json *j, const char *key, const char *want) {
  return ob_streq(ob_or(ob_json_get_str(j, key), ""), want);
}

/* How many rules have this host and path, of the type (NULL: any); the last of them. */
static int count_rules(const ob_json *ingress, const route_words *w, const char *type,
                       int *ret_rule, int *ret_path) {
  int found = 0, i = 0;
  const ob_json *rules = ob_json_at(ingress, "spec", "rules", NULL);
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r), i++) {
    if (!text_is(r, "host", w->host)) continue;
    const ob_json *paths = ob_json_at(r, "http", "paths", NULL);
    int k = 0;
    for (const ob_json *p = ob_json_first(paths); p; p = ob_json_next(p), k++) {
      bool root = ob_streq(w->path, "/") && text_is(p, "path", "");
      if (!text_is(p, "path", w->path) && !root) continue;
      if (type && !text_is(p, "pathType", type)) continue;
      *ret_rule = i;
      *ret_path = k;
      found++;
    }
  }
  return found;
}

/* --path-type is what the rule shall be when one is meant, and which of them when there are
 * several. */
static int find_rule(const ob_json *ingress, const route_words *w, const char *type, int *ret_rule,
                     int *ret_path, ob_err *e) {
  bool keeps = ob_streq(w->verb, "move") || ob_streq(w->verb, "delete");
  int found = 1;
  if (!ob_streq(w->where, "default")) {
    found = count_rules(ingress, w, keeps ? type : NULL, ret_rule, ret_path);
    if (found > 1 && type) found = count_rules(ingress, w, type, ret_rule, ret_path);
  } else {
    *ret_rule = *ret_path = -1;
    if (!ob_streq(w->verb, "edit"))
      found = ob_json_at(ingress, "spec", "defaultBackend", NULL) != NULL;
  }
  if (found == 1) return 0;
  if (found)
    return ob_fail(e, OB_EUSAGE, "%s stands %d times in this Ingress: --path-type says which",
                   w->where, found);
  ob_fail(e, OB_ENOTFOUND, "%s%s%s: this Ingress has no such rule", w->where,
          keeps && type ? " as " : "", keeps && type ? type : "");
  return ob_hint(e, "outboard get ingress lists the rules; \"default\" is the default backend");
}

static ob_route read_route(const ob_args *a) {
  return (ob_route){.host = a->text[OB_OPT_HOST],
                    .path = a->text[OB_OPT_PATH],
                    .path_type = a->text[OB_OPT_PATH_TYPE],
                    .service = a->text[OB_OPT_SERVICE],
                    .port = a->text[OB_OPT_SERVICE_PORT],
                    .class_name = a->text[OB_OPT_CLASS],
                    .tls_secret = a->text[OB_OPT_TLS_SECRET]};
}

static int plan_rename(ob_change_run *r, const route_words *w, ob_plan **ret, ob_err *e) {
  const ob_cluster *c = ob_session_cluster(r->session);
  OB_VEC(ob_json *) all = {0};
  int rc = 0;
  size_t at = 0;
  for (const ob_object *o; rc == 0 && (o = ob_cluster_next(c, OB_KIND_INGRESS, &at));) {
    const ob_ingress *ing = OB_AS(ob_ingress, o);
    bool named = false;
    for (size_t i = 0; i < ing->nrules; i++) named |= ob_streq(ing->rules[i].host, w->ingress);
    bool everywhere = r->args->flag[OB_OPT_ALL_NAMESPACES];
    if (!named || (!everywhere && !ob_streq(o->ns, ob_change_ns(r)))) continue;
    ob_json *whole = NULL;
    rc = ob_change_fetch(r, OB_KIND_INGRESS, o->ns, o->name, &whole, e);
    if (rc == 0) ob_vec_push(&all, whole);
  }
  if (rc == 0)
    rc = ob_plan_rename_host(ret, (const ob_json *const *)all.at, all.len, w->ingress, w->where, e);
  for (size_t i = 0; i < all.len; i++) ob_json_free(all.at[i]);
  ob_vec_done(&all);
  return rc;
}

static int plan_by(ob_change_run *r, const ob_json *ingress, int rule, int path, ob_plan **ret,
                   ob_err *e) {
  int64_t by = 0;
  const char *text = ob_or(r->args->text[OB_OPT_BY], "");
  if (!ob_parse_int(*text == '-' ? text + 1 : text, 1, 1000, &by)) {
    ob_fail(e, OB_EUSAGE, "--by: how many places, as in --by 1 or --by=-1");
    return ob_hint(e, "--into INGRESS moves it to another Ingress");
  }
  return ob_plan_route_move(ret, ingress, rule, path, *text == '-' ? (int)-by : (int)by, e);
}

/* Of another Ingress, or a copy that stays in its own. */
static int plan_into(ob_change_run *r, const ob_json *ingress, int rule, int path, bool copy,
                     ob_plan **ret, ob_err *e) {
  const char *into = r->args->text[OB_OPT_INTO], *ns = ob_change_ns(r);
  const char *home = ob_json_get_str(ob_json_get(ingress, "metadata"), "name"), *name = home;
  OB_AUTOPTR(ob_json) other = NULL;
  int rc = into ? ob_change_name(into, OB_KIND_INGRESS, &name, e) : 0;
  bool same = ob_streq(name, home);
  if (rc == 0 && !same) rc = ob_change_fetch(r, OB_KIND_INGRESS, ns, name, &other, e);
  if (rc < 0 && e->code != OB_ENOTFOUND) return rc;
  ob_err_clear(e);
  ob_route route = read_route(r->args);
  return ob_plan_route_to(ret, ob_session_cluster(r->session), ingress, rule, path,
                          same ? ingress : other, name, copy, &route, e);
}

static int plan_route(ob_change_run *r, const route_words *w, ob_plan **ret, ob_err *e) {
  const ob_cluster *c = ob_session_cluster(r->session);
  if (ob_streq(w->verb, "rename")) return plan_rename(r, w, ret, e);
  const char *name, *ns = ob_change_ns(r);
  OB_AUTOPTR(ob_json) ingress = NULL;
  int rc = ob_change_name(w->ingress, OB_KIND_INGRESS, &name, e);
  if (rc == 0) rc = ob_change_one_ns(r->args, e);
  if (rc < 0) return rc;
  bool add = ob_streq(w->verb, "add");
  rc = ob_change_fetch(r, OB_KIND_INGRESS, ns, name, &ingress, e);
  if (rc < 0 && !(add && e->code == OB_ENOTFOUND)) return rc;
  ob_err_clear(e);
  ob_route route = read_route(r->args);
  if (add) {
    if (!route.host) route.host = w->host;
    if (!route.path) route.path = w->path;
    return ob_plan_route_add(ret, c, ingress, ns, name, &route, e);
  }
  int rule = -1, path = -1;
  rc = find_rule(ingress, w, route.path_type, &rule, &path, e);
  if (rc < 0) return rc;
  if (ob_streq(w->verb, "edit")) return ob_plan_route_edit(ret, c, ingress, rule, path, &route, e);
  if (ob_streq(w->verb, "delete")) return ob_plan_route_delete(ret, c, ingress, rule, path, e);
  bool copy = ob_streq(w->verb, "copy");
  return copy || r->args->text[OB_OPT_INTO] ? plan_into(r, ingress, rule, path, copy, ret, e)
                                            : plan_by(r, ingress, rule, path, ret, e);
}

int ob_cli_route(const ob_args *args, const ob_session_opts *opts, FILE *out, FILE *err) {
  ob_err e = {0};
  route_words w = {0};
  ob_change_run r = {0};
  ob_plan *p = NULL;
  int rc = read_words(args, &w, &e);
  if (rc == 0) rc = begin(&r, args, opts, out, err, &e);
  if (rc < 0) {
    free(w.host);
    return ob_cli_fail(err, &e);
  }
  rc = plan_route(&r, &w, &p, &e);
  free(w.host);
  return finish(&r, p, rc, &e);
}
