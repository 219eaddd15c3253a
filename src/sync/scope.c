/* First the context's own namespace: one question, and mostly the answer. Else whatever may name
 * a namespace is asked at once, and what was named is tried in the order of the table `sources`,
 * best reason first:
 *
 *   own ── refused ──▶ who am I? · my rules · the list of namespaces ──▶ try each ──▶ the first
 * allowed └── allowed, or the server does not answer reviews ──▶ own
 */
#include "sync/scope.h"

#include "base/json.h"
#include "base/str.h"
#include "sync/access.h"
#include <stdio.h>

typedef enum source { CONTEXTS, ACCOUNT, RULES, LISTED, NAMED, DEFAULT, SOURCES } source;
static const char *const sources[SOURCES] = {
    [CONTEXTS] = "another context of this cluster names it",
    [ACCOUNT] = "your service account lives there",
    [RULES] = "your rights name it",
    [LISTED] = "the first namespace that you may read",
    [NAMED] = "it bears your name, and you may read it",
    [DEFAULT] = "you may read it",
};

enum { TRIES_AT_ONCE = 4, LIST_LIMIT = 100 };

typedef struct candidate {
  char ns[OB_SCOPE_NS];
  source from;
  bool answered;
  ob_access access;
} candidate;

struct ob_scope {
  ob_http *http;
  ob_scope_hints hints;
  ob_scope_fn done;
  void *arg;
  ob_asker *asker;
  ob_http_call *whoami, *rules, *list;
  unsigned open; /* of the three */
  bool trying;
  candidate all[OB_SCOPE_TRIES];
  size_t n;
};

static void scope_free(ob_scope *s) {
  ob_asker_free(s->asker);
  ob_http_cancel(s->whoami);
  ob_http_cancel(s->rules);
  ob_http_cancel(s->list);
  free(s);
}

void ob_scope_cancel(ob_scope *s) {
  if (s) scope_free(s);
}

static void finish(ob_scope *s, const char *found, const char *why) {
  ob_scope_fn done = s->done;
  void *arg = s->arg;
  OB_AUTOFREE char *ns = ob_strdup_opt(found);
  scope_free(s);
  done(arg, ns, why);
}

static void add(ob_scope *s, const char *ns, source from) {
  if (!ns || !*ns || strlen(ns) >= OB_SCOPE_NS || s->n >= OB_SCOPE_TRIES) return;
  if (ob_streq(ns, s->hints.own)) return; /* refused already */
  for (size_t i = 0; i < s->n; i++) {
    if (!ob_streq(s->all[i].ns, ns)) continue;
    if (from < s->all[i].from) s->all[i].from = from;
    return;
  }
  candidate *c = &s->all[s->n++];
  *c = (candidate){.from = from};
  (void)snprintf(c->ns, sizeof c->ns, "%s", ns);
}

/* --- trying --------------------------------------------------------------------------------- */
static void settle(ob_scope *s) {
  for (source from = 0; from < SOURCES; from++)
    for (size_t i = 0; i < s->n; i++) {
      if (s->all[i].from != from) continue;
      if (!s->all[i].answered) return; /* a better one may still be allowed */
      if (s->all[i].access != OB_ACCESS_ALLOWED) continue;
      finish(s, s->all[i].ns, sources[from]);
      return;
    }
  finish(s, NULL, "");
}

static void ask(ob_scope *s, const char *ns) {
  ob_access_question q = ob_access_question_of(ob_right_to("list", OB_KIND_SERVICE), ns);
  ob_asker_ask(s->asker, &q);
}

static void try_all(ob_scope *s) {
  for (size_t i = 0; i < s->hints.nothers; i++) add(s, s->hints.others[i], CONTEXTS);
  add(s, "default", DEFAULT);
  s->trying = true;
  for (size_t i = 0; i < s->n; i++) ask(s, s->all[i].ns);
  if (s->n == 0) settle(s);
}

/* --- what may name a namespace ------------------------------------------------------------------
 */
static ob_json *take(ob_scope *s, ob_http_call **call, const ob_http_result *res) {
  *call = NULL;
  s->open--;
  return res->err.code ? NULL : ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
}

static void on_whoami(void *arg, const ob_http_result *res) {
  ob_scope *s = arg;
  OB_AUTOPTR(ob_json) doc = take(s, &s->whoami, res);
  const char *name = ob_json_get_str(ob_json_at(doc, "status", "userInfo", NULL), "username");
  static const char account[] = "system:serviceaccount:";
  if (name && ob_starts(name, account)) {
    name += sizeof account - 1;
    OB_AUTOFREE char *ns = ob_strndup(name, strcspn(name, ":"));
    add(s, ns, ACCOUNT);
  } else if (name && !strchr(name, ':')) { /* jane, or jane@example.com */
    OB_AUTOFREE char *ns = ob_strndup(name, strcspn(name, "@"));
    add(s, ns, NAMED);
  }
  if (s->open == 0) try_all(s);
}

static bool holds(const ob_json *list, const char *word) {
  for (const ob_json *x = ob_json_first(list); x; x = ob_json_next(x))
    if (ob_streq(ob_json_str(x), word)) return true;
  return false;
}

/* A rule on namespaces that names them: what roles give for just this purpose. */
static void on_rules(void *arg, const ob_http_result *res) {
  ob_scope *s = arg;
  OB_AUTOPTR(ob_json) doc = take(s, &s->rules, res);
  const ob_json *rules = ob_json_at(doc, "status", "resourceRules", NULL);
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r)) {
    if (!holds(ob_json_get(r, "resources"), "namespaces")) continue;
    const ob_json *names = ob_json_get(r, "resourceNames");
    for (const ob_json *n = ob_json_first(names); n; n = ob_json_next(n))
      add(s, ob_json_str(n), RULES);
  }
  if (s->open == 0) try_all(s);
}

static void on_list(void *arg, const ob_http_result *res) {
  ob_scope *s = arg;
  OB_AUTOPTR(ob_json) doc = take(s, &s->list, res);
  const ob_json *items = ob_json_get(doc, "items");
  for (const ob_json *i = ob_json_first(items); i; i = ob_json_next(i))
    add(s, ob_json_get_str(ob_json_get(i, "metadata"), "name"), LISTED);
  if (s->open == 0) try_all(s);
}

static ob_http_call *post(ob_scope *s, const char *path, const char *group, const char *kind,
                          const char *ns, void (*on_done)(void *, const ob_http_result *)) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  OB_AUTOFREE char *version = ob_asprintf("%s/v1", group);
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_LINE_MAX);
  ob_json_put_str(doc, "apiVersion", version);
  ob_json_put_str(doc, "kind", kind);
  ob_json *spec = ns ? ob_json_ensure_object(doc, "spec") : NULL;
  if (spec) ob_json_put_str(spec, "namespace", ns);
  ob_json_print(&body, doc);
  return ob_http_start(s->http, &(ob_http_request){.method = "POST",
                                                   .path = path,
                                                   .body = ob_buf_str(&body),
                                                   .body_len = body.len,
                                                   .on_done = on_done,
                                                   .arg = s});
}

static void look_around(ob_scope *s) {
  char path[64];
  (void)snprintf(path, sizeof path, "/api/v1/namespaces?limit=%d", LIST_LIMIT);
  s->open = 3;
  s->whoami = post(s, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "authentication.k8s.io",
                   "SelfSubjectReview", NULL, on_whoami);
  s->rules = post(s, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                  "authorization.k8s.io", "SelfSubjectRulesReview", s->hints.own, on_rules);
  s->list = ob_http_start(
      s->http, &(ob_http_request){.path = path, .gzip = true, .on_done = on_list, .arg = s});
}

static void on_access(void *arg, const ob_access_answer *a) {
  ob_scope *s = arg;
  if (!s->trying) {
    if (a->access == OB_ACCESS_REFUSED)
      look_around(s);
    else
      finish(s, s->hints.own,
             s->hints.own_set ? "it is the context's namespace" : "the context names none");
    return;
  }
  for (size_t i = 0; i < s->n; i++) {
    if (!ob_streq(s->all[i].ns, a->question.ns)) continue;
    s->all[i].answered = true;
    s->all[i].access = a->access;
  }
  settle(s);
}

ob_scope *ob_scope_find(ob_http *http, const ob_scope_hints *hints, ob_scope_fn done, void *arg) {
  ob_scope *s = ob_calloc(1, sizeof *s);
  *s = (ob_scope){.http = http, .hints = *hints, .done = done, .arg = arg};
  s->asker = ob_asker_new(http, TRIES_AT_ONCE, on_access, s);
  ask(s, hints->own);
  return s;
}
