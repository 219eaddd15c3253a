/* From a path to the code that answers it: anonymous paths, discovery, reviews, then the kinds:
 *
 *   /api/v1/… and /apis/GROUP/VERSION/… with [namespaces/NS/]PLURAL[/NAME[/status]]
 *   /api/v1/namespaces/NS/services/NAME[:PORT]/proxy/PATH
 *   /api/v1/namespaces/NS/pods/NAME/log
 */
#include "base/str.h"
#include "sim/proxy.h"
#include "sim/write.h"

static size_t split(char *path, char *parts[SIM_PATH_PARTS]) {
  size_t n = 0;
  for (char *at = path; *at && n < SIM_PATH_PARTS;) {
    while (*at == '/') *at++ = '\0';
    if (*at) parts[n++] = at;
    at += strcspn(at, "/");
  }
  return n;
}

static int health(sim_resp *r) {
  r->code = 200;
  r->type = "text/plain; charset=utf-8";
  return ob_buf_adds(&r->body, "ok");
}

static int version(const ob_sim *s, sim_resp *r) {
  ob_json *v = ob_json_new_object();
  bool old = sim_fault(s, SIM_OLD_VERSION);
  ob_json_put_str(v, "major", "1");
  ob_json_put_str(v, "minor", old ? "18" : "37");
  ob_json_put_str(v, "gitVersion", old ? "v1.18.20+outboard" : "v1.37.2+outboard");
  ob_json_put_str(v, "gitCommit", "0000000000000000000000000000000000000000");
  ob_json_put_str(v, "gitTreeState", "clean");
  ob_json_put_str(v, "buildDate", "2026-08-01T00:00:00Z");
  ob_json_put_str(v, "goVersion", "none");
  ob_json_put_str(v, "compiler", "cc");
  ob_json_put_str(v, "platform", "linux/amd64");
  return sim_answer(r, 200, v);
}

/* A request for a kind, taken apart. */
typedef struct target {
  const sim_kind_info *kind;
  const char *ns, *name, *sub;
} target;

static int unserved(sim_resp *r, const target *t, const sim_req *q) {
  OB_AUTOFREE char *what =
      ob_asprintf("%s of %s%s%s", q->method, t->kind->plural, t->sub ? "/" : "", ob_or(t->sub, ""));
  return sim_not_done(r, what);
}

static int serve_kind(ob_sim *s, const target *t, const sim_req *q, sim_resp *r) {
  const sim_kind_info *k = t->kind;
  bool get = ob_streq(q->method, "GET") || ob_streq(q->method, "HEAD");
  bool watch = get && !t->name && sim_query_true(q, "watch");
  const char *verb = watch                          ? "watch"
                     : get                          ? t->name ? "get" : "list"
                     : ob_streq(q->method, "POST")  ? "create"
                     : ob_streq(q->method, "PUT")   ? "update"
                     : ob_streq(q->method, "PATCH") ? "patch"
                                                    : "delete";
  if (sim_fault_kind(s, k, verb, t->ns, t->name, t->sub, r) != 0) return -1;
  if (k->id == SIM_POD && get && t->name && t->sub && ob_streq(t->sub, "log"))
    return sim_pod_log(s, t->ns, t->name, q, r);
  if (t->sub && !(ob_streq(t->sub, "status") && k->status)) return unserved(r, t, q);
  if (watch) return sim_watch_open(s, k, t->ns, q, r);
  if (get) return t->name ? sim_get(s, k, t->ns, t->name, q, r) : sim_list(s, k, t->ns, q, r);
  if (ob_streq(q->method, "POST") && !t->name) return sim_create(s, k, t->ns, q, r);
  if (!t->name) return unserved(r, t, q);
  if (ob_streq(q->method, "PUT")) return sim_put(s, k, t->ns, t->name, t->sub, q, r);
  if (ob_streq(q->method, "PATCH")) return sim_patch(s, k, t->ns, t->name, t->sub, q, r);
  if (ob_streq(q->method, "DELETE") && !t->sub) return sim_delete(s, k, t->ns, t->name, q, r);
  return unserved(r, t, q);
}

/* The pieces after the group version. 0 and kind NULL: nothing served is meant. */
static target take_target(const char *group, const char *ver, char *const *p, size_t n) {
  target t = {0};
  if (n > 2 && ob_streq(p[0], "namespaces") && !ob_streq(p[2], "status") &&
      !ob_streq(p[2], "finalize")) {
    t.ns = p[1];
    p += 2;
    n -= 2;
  }
  if (n == 0 || n > 3) return t;
  t.kind = sim_kind_find(group, ver, p[0]);
  t.name = n > 1 ? p[1] : NULL;
  t.sub = n > 2 ? p[2] : NULL;
  if (t.kind && (t.kind->namespaced ? t.name && !t.ns : t.ns != NULL)) t.kind = NULL;
  return t;
}

static int route(ob_sim *s, const sim_req *q, sim_resp *r, char *const *parts, size_t n) {
  static const char *const plain[] = {"readyz", "livez", "healthz"};
  if (n == 0) return sim_page_not_found(r);
  for (size_t i = 0; i < OB_LEN(plain); i++)
    if (ob_streq(parts[0], plain[i])) return health(r);
  if (ob_streq(parts[0], "version") && n == 1) return version(s, r);
  if (sim_fault_request(s, r) != 0) return -1;
  if (ob_streq(parts[0], "openapi")) return sim_openapi(q, r, parts, n);
  bool core = ob_streq(parts[0], "api");
  if (!core && !ob_streq(parts[0], "apis")) return sim_page_not_found(r);
  size_t head = core ? 2 : 3;
  if (n <= head) return sim_discovery(s, q, r, parts, n);
  const char *group = core ? "" : parts[1], *ver = parts[head - 1];
  if (ob_streq(group, "authorization.k8s.io") && ob_streq(ver, "v1") && n == head + 1)
    return sim_review(s, parts[head], q, r);
  if (ob_streq(group, "authentication.k8s.io") && ob_streq(ver, "v1") && n == head + 1 &&
      ob_streq(parts[head], "selfsubjectreviews"))
    return sim_whoami(q, r);
  if (sim_proxy_meant(parts, n)) {
    const sim_kind_info *k = &sim_kinds[SIM_SERVICE];
    if (sim_fault_kind(s, k, "get", parts[3], parts[5], "proxy", r) != 0) return -1;
    return sim_proxy_open(s, parts, q, r);
  }
  target t = take_target(group, ver, parts + head, n - head);
  return t.kind ? serve_kind(s, &t, q, r) : sim_page_not_found(r);
}

int sim_handle(ob_sim *s, const sim_req *q, sim_resp *r) {
  OB_AUTOFREE char *path = ob_strdup(q->path);
  char *parts[SIM_PATH_PARTS];
  size_t n = split(path, parts);
  sim_store_lock(&s->store);
  int rc = route(s, q, r, parts, n);
  sim_store_unlock(&s->store);
  return rc;
}

static int method_not_allowed(sim_resp *r) {
  return sim_fail(r, 405, "MethodNotAllowed", NULL, NULL,
                  "the server does not allow this method on the requested resource");
}

static void put_rule(ob_json *rules, const sim_kind_info *k, const char *verb, const char *name) {
  static const char *const members[] = {"verbs", "apiGroups", "resources", "resourceNames"};
  const char *const values[] = {verb, k->group, k->plural, name};
  ob_json *rule = ob_json_push(rules, ob_json_new_object());
  for (size_t m = 0; m < OB_LEN(members) && values[m]; m++)
    ob_json_push(ob_json_put(rule, members[m], ob_json_new_array()), ob_json_new_str(values[m]));
}

int sim_review(ob_sim *s, const char *plural, const sim_req *q, sim_resp *r) {
  ob_err err;
  bool access = ob_streq(plural, "selfsubjectaccessreviews");
  if (!access && !ob_streq(plural, "selfsubjectrulesreviews")) return sim_page_not_found(r);
  if (!ob_streq(q->method, "POST")) return method_not_allowed(r);
  bool protobuf = access && ob_starts(q->content_type, "application/vnd.kubernetes.protobuf");
  if (!protobuf && !ob_starts(ob_or(q->content_type, "application/json"), "application/json"))
    return sim_bad_media(r, "application/json");
  ob_json *doc = protobuf ? sim_review_of_protobuf(q->body, q->nbody)
                          : ob_json_parse(q->body, q->nbody, OB_JSON_STRICT, &err);
  if (!doc)
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "%s",
                    protobuf ? "the body is no SelfSubjectAccessReview in protobuf" : err.msg);
  ob_json *status = ob_json_put(doc, "status", ob_json_new_object());
  if (access) {
    const ob_json *a = ob_json_at(doc, "spec", "resourceAttributes", NULL);
    const sim_kind_info *k = sim_kind_find(ob_or(ob_json_get_str(a, "group"), ""), "v1",
                                           ob_or(ob_json_get_str(a, "resource"), ""));
    const char *ns = ob_json_get_str(a, "namespace");
    ob_json_put_bool(status, "allowed", sim_allowed(s, k, ns && *ns ? ns : NULL, ob_json_get_str(a, "subresource")));
    return sim_answer(r, 201, doc);
  }
  ob_json *rules = ob_json_put(status, "resourceRules", ob_json_new_array());
  ob_json_put(status, "nonResourceRules", ob_json_new_array());
  ob_json_put_bool(status, "incomplete", false);
  const char *in = ob_or(ob_json_get_str(ob_json_get(doc, "spec"), "namespace"), "");
  for (size_t i = 0; i < SIM_KINDS; i++)
    if (sim_allowed(s, &sim_kinds[i], in, NULL)) put_rule(rules, &sim_kinds[i], "*", NULL);
  if (sim_fault(s, SIM_ONLY_NS))
    put_rule(rules, &sim_kinds[SIM_NAMESPACE], "get", s->faults.only_ns);
  return sim_answer(r, 201, doc);
}

int sim_whoami(const sim_req *q, sim_resp *r) {
  ob_err err;
  if (!ob_streq(q->method, "POST")) return method_not_allowed(r);
  ob_json *doc = ob_json_parse(q->body, q->nbody, OB_JSON_STRICT, &err);
  if (!doc) return sim_fail(r, 400, "BadRequest", NULL, NULL, "%s", err.msg);
  ob_json *info = ob_json_ensure_object(ob_json_ensure_object(doc, "status"), "userInfo");
  ob_json_put_str(info, "username", "outboard");
  ob_json *groups = ob_json_put(info, "groups", ob_json_new_array());
  ob_json_push(groups, ob_json_new_str("system:authenticated"));
  return sim_answer(r, 201, doc);
}
