/* A question is a small POST. They wait in one list, in the order of asking; the first
 * `at_once` of it are under way. */
#include "sync/access.h"

#include "base/json.h"
#include "base/str.h"
#include "sync/scope.h"
#include <stdio.h>

typedef struct asking {
  struct asking *next;
  ob_asker *all;
  ob_http_call *call; /* NULL: waits */
  ob_access_answer answer;
} asking;

struct ob_asker {
  ob_http *http;
  ob_asker_fn done;
  void *arg;
  asking *head;
  size_t count;
  unsigned at_once, under_way;
};

ob_asker *ob_asker_new(ob_http *http, unsigned at_once, ob_asker_fn done, void *arg) {
  ob_asker *a = ob_calloc(1, sizeof *a);
  *a = (ob_asker){.http = http, .at_once = at_once, .done = done, .arg = arg};
  return a;
}

void ob_asker_free(ob_asker *a) {
  if (!a) return;
  for (asking *x = a->head, *next; x; x = next) {
    next = x->next;
    ob_http_cancel(x->call);
    free(x);
  }
  free(a);
}

size_t ob_asker_pending(const ob_asker *a) {
  return a->count;
}

ob_access_question ob_access_question_of(ob_right right, const char *ns) {
  ob_access_question q = {0};
  (void)snprintf(q.verb, sizeof q.verb, "%s", right.verb);
  (void)snprintf(q.group, sizeof q.group, "%s", right.group);
  (void)snprintf(q.resource, sizeof q.resource, "%s", right.resource);
  (void)snprintf(q.ns, sizeof q.ns, "%s", ns ? ns : "");
  return q;
}

static char *review(const ob_access_question *q, size_t *ret_len) {
  OB_AUTOPTR(ob_json) doc = ob_json_new_object();
  ob_json_put_str(doc, "apiVersion", "authorization.k8s.io/v1");
  ob_json_put_str(doc, "kind", "SelfSubjectAccessReview");
  ob_json *of = ob_json_ensure_object(ob_json_ensure_object(doc, "spec"), "resourceAttributes");
  const char *slash = strchr(q->resource, '/');
  OB_AUTOFREE char *resource =
      ob_strndup(q->resource, slash ? (size_t)(slash - q->resource) : strlen(q->resource));
  ob_json_put_str(of, "verb", q->verb);
  ob_json_put_str(of, "group", q->group);
  ob_json_put_str(of, "resource", resource);
  if (slash) ob_json_put_str(of, "subresource", slash + 1);
  if (*q->ns) ob_json_put_str(of, "namespace", q->ns);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_json_print(&text, doc);
  return ob_buf_take(&text, ret_len);
}

static void take_answer(ob_access_answer *a, const ob_http_result *res) {
  a->err = res->err;
  if (res->err.code) return;
  OB_AUTOPTR(ob_json) doc = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, &a->err);
  const ob_json *status = ob_json_get(doc, "status"), *allowed = ob_json_get(status, "allowed");
  if (!a->err.code && !ob_json_is(allowed, OB_JSON_BOOL))
    ob_fail(&a->err, OB_EPROTO, "the access review has no answer in it");
  if (a->err.code) return;
  a->access = ob_json_bool(allowed, false) ? OB_ACCESS_ALLOWED : OB_ACCESS_REFUSED;
  const char *reason = ob_or(ob_json_get_str(status, "reason"), "");
  if (a->access == OB_ACCESS_REFUSED)
    (void)snprintf(a->reason, sizeof a->reason, "%s",
                   ob_or(reason, ob_or(ob_json_get_str(status, "evaluationError"), "")));
}

static void start_some(ob_asker *a);

/* Takes x out of the list, lets the next one go, and tells. Last of all: whoever is told may ask
 * again, or free the asker. */
static void finish(asking *x) {
  ob_asker *a = x->all;
  asking **at = &a->head;
  while (*at != x) at = &(*at)->next;
  *at = x->next;
  a->count--;
  ob_access_answer answer = x->answer;
  free(x);
  start_some(a);
  a->done(a->arg, &answer);
}

static void on_done(void *arg, const ob_http_result *res) {
  asking *x = arg;
  ob_asker *a = x->all;
  a->under_way--;
  take_answer(&x->answer, res);
  finish(x);
}

static void start_some(ob_asker *a) {
  for (asking *x = a->head; x && a->under_way < a->at_once; x = x->next) {
    if (x->call) continue;
    size_t n;
    OB_AUTOFREE char *body = review(&x->answer.question, &n);
    a->under_way++;
    x->call = ob_http_start(
        a->http,
        &(ob_http_request){.method = "POST",
                           .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                           .body = body,
                           .body_len = n,
                           .on_done = on_done,
                           .arg = x});
  }
}

static bool same(const ob_access_question *a, const ob_access_question *b) {
  return ob_streq(a->verb, b->verb) && ob_streq(a->group, b->group) &&
         ob_streq(a->resource, b->resource) && ob_streq(a->ns, b->ns);
}

void ob_asker_ask(ob_asker *a, const ob_access_question *q) {
  asking **tail = &a->head;
  for (; *tail; tail = &(*tail)->next)
    if (same(&(*tail)->answer.question, q)) return;
  asking *x = ob_calloc(1, sizeof *x);
  x->all = a;
  x->answer.question = *q;
  *tail = x;
  if (++a->count <= OB_ACCESS_WAITING) {
    start_some(a);
    return;
  }
  asking *oldest = a->head;
  while (oldest->call) oldest = oldest->next; /* what waits, not what is under way */
  ob_fail(&oldest->answer.err, OB_ELIMIT, "more than %d questions at a time", OB_ACCESS_WAITING);
  finish(oldest);
}

/* --- the rights to list and watch the kinds ------------------------------------------------- */
enum { SURVEY_AT_ONCE = 1 }; /* over one connection: many contexts may lie on one server */

typedef struct round_of {
  ob_kind_rights *ret;
  bool in_ns;
} round_of;

/* What outboard cannot do without: not what comes with a CRD. */
static bool needed(int kind) {
  return ob_kinds[kind].watched && !ob_kind_is_addon((ob_kind)kind);
}

static void on_right(void *arg, const ob_access_answer *answer) {
  round_of *r = arg;
  if (answer->err.code && !r->ret->err.code) r->ret->err = answer->err;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!ob_streq(ob_kinds[k].plural, answer->question.resource) ||
        !ob_streq(ob_kinds[k].group, answer->question.group))
      continue;
    bool list = ob_streq(answer->question.verb, "list");
    *(list ? &r->ret->list[k] : &r->ret->watch[k]) = answer->access;
    if (r->in_ns && list) r->ret->only_ns[k] = answer->access == OB_ACCESS_ALLOWED;
  }
}

static void ask_round(ob_http *http, ob_kind_rights *ret, const char *ns, int64_t deadline_ms) {
  round_of r = {.ret = ret, .in_ns = *ns != '\0'};
  ob_asker *a = ob_asker_new(http, SURVEY_AT_ONCE, on_right, &r);
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!needed(k) || (r.in_ns && !ob_kinds[k].namespaced)) continue;
    if (r.in_ns && ret->list[k] != OB_ACCESS_REFUSED) continue;
    static const char *const verbs[] = {"list", "watch"};
    for (size_t v = 0; v < OB_LEN(verbs); v++) {
      ob_access_question q = ob_access_question_of(ob_right_to(verbs[v], (ob_kind)k), ns);
      ob_asker_ask(a, &q);
    }
  }
  for (int64_t now; ob_asker_pending(a) && (now = ob_mono_ms()) < deadline_ms;)
    ob_http_poll(http, (int)(deadline_ms - now));
  if (ob_asker_pending(a) && !ret->err.code)
    ob_fail(&ret->err, OB_ETIMEOUT, "the server did not say in time what is allowed");
  ob_asker_free(a);
}

typedef struct narrowing {
  bool done;
  ob_kind_rights *ret;
} narrowing;

static void on_scope(void *arg, const char *ns, const char *why) {
  narrowing *n = arg;
  (void)why;
  n->done = true;
  (void)snprintf(n->ret->ns, sizeof n->ret->ns, "%s", ns ? ns : "");
}

void ob_kind_rights_ask(ob_http *http, const ob_scope_hints *hints, int64_t deadline_ms,
                        ob_kind_rights *ret) {
  *ret = (ob_kind_rights){0};
  ask_round(http, ret, "", deadline_ms);
  bool refused = false;
  for (int k = 0; k < OB_KIND_COUNT; k++)
    refused |= needed(k) && ob_kinds[k].namespaced && ret->list[k] == OB_ACCESS_REFUSED;
  if (!refused || ret->err.code) return;
  narrowing n = {.ret = ret};
  ob_scope *scope = ob_scope_find(http, hints, on_scope, &n);
  for (int64_t now; !n.done && (now = ob_mono_ms()) < deadline_ms;)
    ob_http_poll(http, (int)(deadline_ms - now));
  if (!n.done) ob_scope_cancel(scope);
  if (*ret->ns) ask_round(http, ret, ret->ns, deadline_ms);
}

int ob_kind_rights_count(const ob_kind_rights *r, int *ret_of) {
  int have = 0, of = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!needed(k)) continue;
    of++;
    have += r->list[k] == OB_ACCESS_ALLOWED && r->watch[k] == OB_ACCESS_ALLOWED;
  }
  *ret_of = of;
  return have;
}

void ob_kind_rights_missing(const ob_kind_rights *r, ob_buf *out) {
  static const struct {
    bool list, watch;
    const char *words;
  } groups[] = {{true, true, "list, watch"}, {true, false, "list"}, {false, true, "watch"}};
  for (size_t g = 0; g < OB_LEN(groups); g++) {
    const char *sep = out->len ? "; " : "";
    for (int k = 0; k < OB_KIND_COUNT; k++) {
      if (!needed(k)) continue;
      if ((r->list[k] == OB_ACCESS_REFUSED) != groups[g].list ||
          (r->watch[k] == OB_ACCESS_REFUSED) != groups[g].watch)
        continue;
      if (ob_streq(sep, ", "))
        ob_buf_addf(out, ", %s", ob_kinds[k].plural);
      else
        ob_buf_addf(out, "%s%s on %s", sep, groups[g].words, ob_kinds[k].plural);
      sep = ", ";
    }
  }
}
