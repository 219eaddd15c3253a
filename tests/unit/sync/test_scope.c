/* Which namespace is shown to whom may not see all: by whatever names one, the best reason first,
 * and with how many requests. */
#include "unit/kube/server.h"

#include "base/clock.h"
#include "base/str.h"
#include "sync/access.h"
#include "sync/scope.h"

#include <criterion/criterion.h>
#include <stdio.h>

typedef struct world {
  const char *title;
  const char *own, *contexts[3];
  const char *user, *rules, *listed; /* "" the server refuses to say */
  const char *allowed;  /* "a,b": where Services may be listed; NULL: no reviews here */
  const char *ns, *why; /* what must come of it */
  unsigned most;        /* requests */
} world;

static const world worlds[] = {
    {"the context's namespace costs one question",
     "shop",
     {0},
     "",
     "",
     "",
     "shop,team",
     "shop",
     "it is the context's namespace",
     1},
    {"a server without reviews: the context's is tried",
     "shop",
     {0},
     "",
     "",
     "",
     NULL,
     "shop",
     "it is the context's namespace",
     1},
    {"a service account lives somewhere",
     "default",
     {0},
     "system:serviceaccount:team:viewer",
     "",
     "",
     "team",
     "team",
     "your service account lives there",
     6},
    {"rights that name a namespace",
     "default",
     {0},
     "jane",
     "kitchen,team",
     "",
     "team",
     "team",
     "your rights name it",
     7},
    {"another context goes before everything",
     "default",
     {"other", "third"},
     "system:serviceaccount:team:v",
     "",
     "",
     "team,third",
     "third",
     "another context of this cluster names it",
     8},
    {"the list of namespaces",
     "default",
     {0},
     "jane",
     "",
     "a,b,c,d,e,f,g",
     "e,g",
     "e",
     "the first namespace that you may read",
     12},
    {"default, when the context says another",
     "gone",
     {0},
     "jane",
     "",
     "",
     "default",
     "default",
     "you may read it",
     6},
    {"a namespace of one's own name", "default", {0}, "team@example.com", "", "", "team", "team",
     "it bears your name, and you may read it", 5},
    {"nowhere", "default", {"other"}, "jane", "x,y", "a,b", "", NULL, "", 11},
};

static bool in_list(const char *list, const char *word, size_t n) {
  for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
    if (strcspn(p, ",") == n && memcmp(p, word, n) == 0) return true;
  return false;
}

/* Each of a list with `before` and `after` around it. */
static char *each(const char *list, const char *before, const char *after) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
    ob_buf_addf(&b, "%s%s%.*s%s", b.len ? "," : "", before, (int)strcspn(p, ","), p, after);
  return ob_buf_take(&b, NULL);
}

static bool answers(test_conn *c, const test_request *r, void *arg) {
  const world *w = arg;
  OB_AUTOFREE char *text = NULL;
  if (strstr(r->path, "selfsubjectaccessreviews")) {
    if (!w->allowed) return test_reply(c, 404, NULL, "404 page not found");
    const char *ns = strstr(r->body, "\"namespace\":\"");
    cr_assert(ns && strstr(r->body, "\"list\"") && strstr(r->body, "\"services\""), "%s", r->body);
    ns += strlen("\"namespace\":\"");
    text = ob_asprintf("{\"status\":{\"allowed\":%s}}",
                       in_list(w->allowed, ns, strcspn(ns, "\"")) ? "true" : "false");
  } else if (strstr(r->path, "selfsubjectreviews") && *w->user) {
    text = ob_asprintf("{\"status\":{\"userInfo\":{\"username\":\"%s\"}}}", w->user);
  } else if (strstr(r->path, "selfsubjectrulesreviews") && *w->rules) {
    OB_AUTOFREE char *names = each(w->rules, "\"", "\"");
    text = ob_asprintf(
        "{\"status\":{\"resourceRules\":[{\"resources\":[\"pods\"],\"resourceNames\":"
        "[\"no-namespace\"]},{\"resources\":[\"namespaces\"],\"resourceNames\":[%s]}]}}",
        names);
  } else if (strstr(r->path, "/namespaces?") && *w->listed) {
    OB_AUTOFREE char *items = each(w->listed, "{\"metadata\":{\"name\":\"", "\"}}");
    text = ob_asprintf("{\"items\":[%s]}", items);
  }
  return text ? test_reply(c, 201, NULL, text) : test_reply(c, 403, NULL, "forbidden");
}

typedef struct came {
  bool done;
  char ns[64], why[64];
} came;

static void on_scope(void *arg, const char *ns, const char *why) {
  came *c = arg;
  cr_assert_not(c->done, "twice");
  c->done = true;
  snprintf(c->ns, sizeof c->ns, "%s", ns ? ns : "(none)");
  snprintf(c->why, sizeof c->why, "%s", why);
}

Test(scope, a_namespace_is_found_by_the_best_reason, .timeout = 60) {
  for (size_t i = 0; i < OB_LEN(worlds); i++) {
    const world *w = &worlds[i];
    test_server *s = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)w);
    OB_AUTOFREE char *text = ob_asprintf(
        "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
        "contexts: [{name: t, context: {cluster: t}}]\n",
        test_server_port(s));
    ob_kubeconfig *config = NULL;
    ob_kube_target *target = NULL;
    ob_http *http = NULL;
    cr_assert_eq(ob_kubeconfig_load(&config, &(ob_kube_overrides){.text = text}, NULL), 0);
    cr_assert_eq(ob_kube_target_resolve(&target, config, NULL, NULL), 0);
    cr_assert_eq(ob_http_new(&http, target, NULL, NULL), 0);
    ob_scope_hints hints = {.own_set = true};
    snprintf(hints.own, sizeof hints.own, "%s", w->own);
    for (; hints.nothers < 3 && w->contexts[hints.nothers]; hints.nothers++)
      snprintf(hints.others[hints.nothers], OB_SCOPE_NS, "%s", w->contexts[hints.nothers]);
    came c = {0};
    ob_scope_find(http, &hints, on_scope, &c);
    for (int64_t end = ob_mono_ms() + 5000; !c.done && ob_mono_ms() < end;) ob_http_poll(http, 50);
    cr_expect(c.done, "%s: no end", w->title);
    cr_expect_str_eq(c.ns, w->ns ? w->ns : "(none)", "%s: %s", w->title, c.ns);
    cr_expect_str_eq(c.why, w->why, "%s: %s", w->title, c.why);
    cr_expect_leq(test_server_requests(s), w->most, "%s: %u requests", w->title,
                  test_server_requests(s));
    ob_http_free(http);
    ob_kube_target_free(target);
    ob_kubeconfig_free(config);
    test_server_stop(s);
  }
}

Test(scope, a_search_can_be_left, .timeout = 30) {
  test_server *s = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)&worlds[OB_LEN(worlds) - 1]);
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t}}]\n",
      test_server_port(s));
  for (int polls = 0; polls < 12; polls++) {
    ob_kubeconfig *config = NULL;
    ob_kube_target *target = NULL;
    ob_http *http = NULL;
    cr_assert_eq(ob_kubeconfig_load(&config, &(ob_kube_overrides){.text = text}, NULL), 0);
    cr_assert_eq(ob_kube_target_resolve(&target, config, NULL, NULL), 0);
    cr_assert_eq(ob_http_new(&http, target, NULL, NULL), 0);
    came c = {0};
    ob_scope *find = ob_scope_find(http, &(ob_scope_hints){.own = "default"}, on_scope, &c);
    for (int i = 0; i < polls && !c.done; i++) ob_http_poll(http, 5);
    if (!c.done) {
      ob_scope_cancel(find);
      for (int i = 0; i < 3; i++) ob_http_poll(http, 5);
      cr_expect_not(c.done, "left, and yet it ended");
    }
    ob_http_free(http);
    ob_kube_target_free(target);
    ob_kubeconfig_free(config);
  }
  test_server_stop(s);
}

/* --- questions ------------------------------------------------------------------------------ */
typedef struct counted {
  unsigned answers, refused_for_lack_of_room;
} counted;

static void on_answer(void *arg, const ob_access_answer *a) {
  counted *n = arg;
  n->answers++;
  n->refused_for_lack_of_room += a->err.code == OB_ELIMIT;
}

Test(access, a_flood_of_questions_is_bounded_and_asked_once, .timeout = 60) {
  test_server *s = test_server_start(NULL, NULL, answers, (void *)(uintptr_t)&worlds[0]);
  OB_AUTOFREE char *text = ob_asprintf(
      "current-context: t\nclusters: [{name: t, cluster: {server: 'http://127.0.0.1:%d'}}]\n"
      "contexts: [{name: t, context: {cluster: t}}]\n",
      test_server_port(s));
  ob_kubeconfig *config = NULL;
  ob_kube_target *target = NULL;
  ob_http *http = NULL;
  cr_assert_eq(ob_kubeconfig_load(&config, &(ob_kube_overrides){.text = text}, NULL), 0);
  cr_assert_eq(ob_kube_target_resolve(&target, config, NULL, NULL), 0);
  cr_assert_eq(ob_http_new(&http, target, NULL, NULL), 0);
  counted n = {0};
  ob_asker *a = ob_asker_new(http, 4, on_answer, &n);
  for (int round = 0; round < 3; round++)
    for (int i = 0; i < OB_ACCESS_WAITING; i++) {
      char ns[32];
      snprintf(ns, sizeof ns, "ns-%d", i);
      ob_access_question q = ob_access_question_of(ob_right_to("list", OB_KIND_SERVICE), ns);
      ob_asker_ask(a, &q);
    }
  cr_expect_eq(ob_asker_pending(a), OB_ACCESS_WAITING, "each once");
  ob_access_question more = ob_access_question_of(ob_right_to("list", OB_KIND_SERVICE), "more");
  ob_asker_ask(a, &more);
  cr_expect_eq(n.refused_for_lack_of_room, 1);
  for (int64_t end = ob_mono_ms() + 20000; ob_asker_pending(a) && ob_mono_ms() < end;)
    ob_http_poll(http, 50);
  cr_expect_eq(n.answers, OB_ACCESS_WAITING + 1);
  cr_expect_eq(test_server_requests(s), OB_ACCESS_WAITING);
  cr_expect_leq(test_server_connections(s), 4, "four at a time");
  ob_asker_free(a);
  ob_http_free(http);
  ob_kube_target_free(target);
  ob_kubeconfig_free(config);
  test_server_stop(s);
}
