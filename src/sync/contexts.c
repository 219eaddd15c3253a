/* The contexts of a kubeconfig, and a look at each one's server.
 *
 * A look is one connection's work and would hold up the others only where it waits, so a few
 * dozen threads take the contexts one after another: a dead server costs its own time limit and
 * nobody else's. Targets are resolved before the threads start, because files are read there. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "kube/config_server.h"
#include "kube/http.h"
#include "sync/access.h"
#include "sync/target.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

struct ob_contexts {
  ob_kubeconfig *config;
  char *current;
  char **logins, **servers;
  bool none;
};

int ob_contexts_load(ob_contexts **ret, const ob_session_opts *opts, ob_err *err) {
  ob_kube_overrides over = ob_overrides_of(opts);
  ob_kubeconfig *config = NULL;
  int rc = ob_kubeconfig_load(&config, &over, err);
  if (rc < 0) return rc;
  ob_contexts *c = ob_calloc(1, sizeof *c);
  c->config = config;
  c->none = ob_kubeconfig_empty(config) && !ob_in_cluster(&over);
  c->current = ob_strdup(opts->context ? opts->context : ob_kubeconfig_current(config));
  c->logins = ob_calloc(ob_contexts_len(c) + 1, sizeof *c->logins);
  c->servers = ob_calloc(ob_contexts_len(c) + 1, sizeof *c->servers);
  for (size_t i = 0; i < ob_contexts_len(c); i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    ob_kubeconfig_login(&b, config, i);
    c->logins[i] = ob_buf_take(&b, NULL);
    ob_kube_server_show(&b, ob_kubeconfig_context(config, i).server);
    c->servers[i] = ob_buf_take(&b, NULL);
  }
  *ret = c;
  return 0;
}

void ob_contexts_free(ob_contexts *c) {
  if (!c) return;
  for (size_t i = 0; i < ob_contexts_len(c); i++) {
    free(c->logins[i]);
    free(c->servers[i]);
  }
  free(c->logins);
  free(c->servers);
  ob_kubeconfig_free(c->config);
  free(c->current);
  free(c);
}

size_t ob_contexts_len(const ob_contexts *c) {
  return ob_kubeconfig_contexts(c->config);
}

ob_context ob_contexts_at(const ob_contexts *c, size_t i) {
  ob_kube_context k = ob_kubeconfig_context(c->config, i);
  return (ob_context){.name = k.name,
                      .cluster = k.cluster,
                      .user = k.user,
                      .ns = k.ns,
                      .server = c->servers[i],
                      .login = c->logins[i],
                      .current = ob_streq(k.name, c->current)};
}

bool ob_contexts_none(const ob_contexts *c) {
  return c->none;
}

/* --- a look at one server ------------------------------------------------------------------ */
typedef struct looking {
  ob_kube_target *target;
  ob_scope_hints hints;
  ob_context_check *ret;
} looking;

typedef struct answer {
  bool done;
  ob_context_check *ret;
} answer;

/* /version is for everybody on most servers and for nobody on some: a refusal of it says nothing
 * about the credential, which the reviews try. */
static void on_version(void *arg, const ob_http_result *res) {
  answer *a = arg;
  a->done = true;
  if (!res->status) {
    a->ret->err = res->err;
    return;
  }
  OB_AUTOPTR(ob_json) v = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const char *git = ob_json_get_str(v, "gitVersion");
  if (git) (void)snprintf(a->ret->version, sizeof a->ret->version, "%s", git);
  if (git || res->status == 401 || res->status == 403) return;
  a->ret->err = res->err;
  if (!res->err.code) ob_fail(&a->ret->err, OB_EPROTO, "this is no Kubernetes API server");
}

static void take_rights(ob_context_check *ret, const ob_kind_rights *r) {
  OB_AUTO(ob_buf) missing = OB_BUF_INIT(sizeof ret->missing - 1);
  ret->err = r->err;
  ret->rights_known = r->err.code == OB_OK;
  ret->rights = ob_kind_rights_count(r, &ret->rights_of);
  ob_kind_rights_missing(r, &missing);
  (void)snprintf(ret->missing, sizeof ret->missing, "%s", ob_buf_str(&missing));
  if (r->only_ns[OB_KIND_SERVICE]) (void)snprintf(ret->only_ns, sizeof ret->only_ns, "%s", r->ns);
}

static void look(const looking *x, int each_ms) {
  ob_context_check *ret = x->ret;
  ob_timing timing = ob_timing_default;
  timing.connect_ms = timing.request_ms = timing.plugin_ms = each_ms;
  int64_t start = ob_mono_ms();
  ob_http *http = NULL;
  if (ob_http_new(&http, x->target, &timing, &ret->err) < 0) return;
  answer a = {.ret = ret};
  ob_http_start(http, &(ob_http_request){.path = "/version", .on_done = on_version, .arg = &a});
  while (!a.done) ob_http_poll(http, -1); /* its own limit ends it */
  ret->answer_ms = ob_mono_ms() - start;
  if (!ret->err.code) {
    ob_kind_rights r;
    ob_kind_rights_ask(http, &x->hints, ob_mono_ms() + each_ms, &r);
    take_rights(ret, &r);
  }
  ob_http_free(http);
}

/* --- all of them ------------------------------------------------------------------------------ */
typedef struct crew {
  looking *all;
  size_t n;
  int each_ms;
  _Atomic size_t next;
} crew;

static void *worker(void *arg) {
  crew *w = arg;
  for (size_t i; (i = w->next++) < w->n;)
    if (w->all[i].target) look(&w->all[i], w->each_ms);
  return NULL;
}

static void run_crew(crew *w) {
  pthread_t threads[OB_CHECKS_AT_ONCE];
  size_t n = 0;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (n < OB_CHECKS_AT_ONCE && n < w->n && pthread_create(&threads[n], NULL, worker, w) == 0)
    n++;
  if (n == 0) worker(w);
  for (size_t i = 0; i < n; i++) pthread_join(threads[i], NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int ob_contexts_check(const ob_contexts *c, const ob_session_opts *opts, int each_ms,
                      ob_context_check *ret, ob_err *err) {
  int rc = ob_http_global_init(err);
  if (rc < 0) return rc;
  crew w = {.n = ob_contexts_len(c), .each_ms = each_ms > 0 ? each_ms : OB_CHECK_MS};
  w.all = ob_calloc(w.n + 1, sizeof *w.all);
  for (size_t i = 0; i < w.n; i++) {
    ob_kube_overrides over = ob_overrides_of(opts);
    over.context = ob_contexts_at(c, i).name;
    ret[i] = (ob_context_check){0};
    w.all[i].ret = &ret[i];
    if (ob_kube_target_resolve(&w.all[i].target, c->config, &over, &ret[i].err) == 0)
      ob_scope_hints_from(&w.all[i].hints, c->config, w.all[i].target);
  }
  run_crew(&w);
  for (size_t i = 0; i < w.n; i++) ob_kube_target_free(w.all[i].target);
  free(w.all);
  return 0;
}
