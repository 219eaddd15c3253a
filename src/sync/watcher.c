/* The thread's loop: commands, timers, then ob_http_poll() until the next of them.
 *
 * Lists start at once with the versions of the kinds table, beside discovery, so that the
 * first data waits for nothing; when discovery answers, kinds that are not there are
 * uninstalled and other versions taken. Kinds that come with a CRD start only then: where they
 * are absent, no request is spent on them. The state of the connection as a whole is
 * derived from the kinds' states each time one of them changes. */
#include "sync/watcher.h"

#include "base/json.h"
#include "base/str.h"
#include "kube/address.h"
#include "sync/apply.h"
#include "sync/fetch.h"
#include "sync/notread.h"
#include "sync/probe.h"
#include "sync/reflector.h"
#include <signal.h>
#include <stdio.h>

enum { QUESTIONS_AT_ONCE = 4, SLEPT_MS = 5000, SKEW_MS = 2000 };

struct ob_watcher {
  pthread_t thread;
  ob_watcher_opts opts;
  ob_outbox *box;
  ob_queue commands;
  _Atomic bool stop;

  ob_http *http;
  ob_rng rng;
  ob_reflector_host host;
  ob_reflector reflectors[OB_KIND_COUNT];
  ob_discovery *discovery;
  ob_discovery_run *run;
  int64_t discover_ms; /* when discovery is due again (monotonic) */
  ob_http_call *version_call;
  bool version_known;
  ob_fetches *fetches;
  ob_applier *applier;
  ob_notread *notread;
  ob_probe_env probe_env;
  ob_probes *probes;
  ob_asker *asker;

  ob_session_status status;
  ob_scope *scope; /* the search for a namespace that may be read */
  bool status_dirty, answered;
  bool looked, nowhere; /* that search was begun; it found none */
  int64_t opened_ms;
  int64_t boot_lead_ms; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC: grows while the computer sleeps */
  uint64_t events;
  uint32_t terminal_asked; /* how often */
};

/* --- the connection as a whole --------------------------------------------------------- */
static bool wanted(const ob_watcher *w, int kind) { return (w->opts.kinds >> kind & 1u) != 0; }

static void derive(ob_watcher *w, ob_conn *ret, const ob_reflector **ret_why) {
  bool loading = w->scope != NULL, complete = false;
  const ob_reflector *stale = NULL, *failing = NULL, *forbidden = NULL;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!wanted(w, k)) continue;
    const ob_reflector *r = &w->reflectors[k];
    complete |= r->complete;
    /* What is not namespaced only explains the rows: it is told as a stale kind, beside live ones. */
    bool polled = r->unwatched > 1 && !ob_kinds[k].namespaced;
    if (r->state.phase == OB_STALE && !polled && (!stale || r->state.since_ms < stale->state.since_ms)) stale = r;
    if (r->state.phase == OB_FORBIDDEN && !forbidden) forbidden = r;
    if (r->state.phase == OB_LOADING) {
      loading = true;
      if (r->state.err.code && !failing) failing = r;
    }
  }
  *ret_why = stale ? stale : failing;
  if (stale)
    *ret = OB_CONN_STALE;
  else if (!loading && !complete && forbidden) {
    *ret = OB_CONN_DOWN;
    *ret_why = forbidden;
  } else if (!loading)
    *ret = OB_CONN_LIVE;
  else if (failing && !complete)
    *ret = OB_CONN_DOWN;
  else
    *ret = w->answered ? OB_CONN_SYNCING : OB_CONN_CONNECTING;
}

static void update_status(ob_watcher *w) {
  ob_session_status *s = &w->status;
  ob_conn conn;
  const ob_reflector *why;
  derive(w, &conn, &why);
  int64_t now = ob_wall_ms();
  if (conn != s->conn) s->since_ms = now;
  s->conn = conn;
  if (conn == OB_CONN_STALE) s->since_ms = why->state.since_ms;
  if (conn == OB_CONN_LIVE && s->live_ms < 0) s->live_ms = ob_mono_ms() - w->opened_ms;
  if (why)
    s->err = why->state.err;
  else
    ob_err_clear(&s->err);
  if (conn == OB_CONN_DOWN && w->nowhere)
    ob_hint(&s->err, "no namespace was found that you may read: name one with -n NAMESPACE");
  s->retry_ms = 0;
  if (why && why->doing == OB_DO_NOTHING && why->next != OB_DO_NOTHING)
    s->retry_ms = now + (why->due_ms - ob_mono_ms());
  s->events = w->events;
  w->status_dirty = false;
  ob_outbox_status(w->box, s);
}

static void on_phase(void *arg, ob_reflector *r) {
  ob_watcher *w = arg;
  (void)r;
  w->status_dirty = true;
}

/* Listing Services everywhere is forbidden: everything namespaced moves to one namespace that the
 * person has, so that the picture stays of one piece. */
static void on_scope(void *arg, const char *ns, const char *why) {
  ob_watcher *w = arg;
  w->scope = NULL;
  w->status_dirty = true;
  w->nowhere = !ns;
  if (!ns) return;
  snprintf(w->opts.ns, sizeof w->opts.ns, "%s", ns);
  snprintf(w->status.ns, sizeof w->status.ns, "%s", ns);
  snprintf(w->status.ns_why, sizeof w->status.ns_why, "%s", why);
  w->status.ns_fallback = true;
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (wanted(w, k) && ob_kinds[k].namespaced) ob_reflector_move(&w->reflectors[k], w->opts.ns);
}

static void on_result(void *arg, ob_reflector *r, const ob_http_result *res) {
  ob_watcher *w = arg;
  (void)r;
  w->status.bytes += res->bytes;
  if (res->status) w->answered = true;
  if (res->nwarnings)
    snprintf(w->status.warning, sizeof w->status.warning, "%s", res->warnings[res->nwarnings - 1]);
  if (res->date_ms) {
    /* The header has whole seconds: within them we are right already. */
    int64_t skew = res->date_ms + 500 - ob_wall_ms();
    ob_outbox_skew(w->box, skew > SKEW_MS || skew < -SKEW_MS ? skew : 0);
  }
  w->status_dirty = true;
}

/* --- logins ------------------------------------------------------------------------------- */
static void on_terminal(void *arg, bool wanted) {
  ob_watcher *w = arg;
  if (wanted && ++w->terminal_asked == 0) w->terminal_asked = 1;
  w->status.terminal = wanted ? w->terminal_asked : 0;
  w->status_dirty = true;
  ob_http_wakeup(w->http); /* the poll that says this would wait for an answer to it */
}

static void on_notice(void *arg, const char *line) {
  ob_watcher *w = arg;
  const char *standing = w->opts.target->warning;
  snprintf(w->status.notice, sizeof w->status.notice, "%s", *line ? line : ob_or(standing, ""));
  w->status_dirty = true;
}

static void set_terminal(ob_watcher *w) {
  ob_http_terminal t = {.ask = on_terminal, .say = on_notice, .arg = w};
  if (w->opts.terminal == OB_TERMINAL_OF_PLUGINS) t.how = OB_TERMINAL_OURS;
  if (w->opts.terminal == OB_TERMINAL_OF_A_SCREEN) t.how = OB_TERMINAL_ASK;
  ob_http_terminal_set(w->http, &t);
  on_notice(w, "");
}

/* --- discovery ------------------------------------------------------------------------------ */
static void on_discovery(void *arg, bool changed, const ob_err *err) {
  ob_watcher *w = arg;
  w->run = NULL;
  /* A run that failed is repeated soon: nothing is concluded from it. */
  int again = err->code ? w->opts.timing.forbidden_ms : w->opts.timing.rediscover_ms;
  w->discover_ms = ob_mono_ms() + again;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!wanted(w, k)) continue;
    const ob_kind_info *info = &ob_kinds[k];
    ob_reflector *r = &w->reflectors[k];
    bool addon = ob_kind_is_addon((ob_kind)k), absent = r->state.phase == OB_NOT_INSTALLED;
    if (!ob_discovery_knows(w->discovery, info->group)) {
      /* Nobody says whether it is there: the kind itself is asked. */
      if (ob_reflector_idle(r)) ob_reflector_start(r);
      continue;
    }
    if (!changed && !(addon && absent)) continue;
    const ob_api_resource *res = ob_discovery_find(w->discovery, info->group, info->plural);
    if (!res) {
      if (!ob_discovery_stale(w->discovery, info->group) &&
          (!absent || (addon && !ob_reflector_idle(r))))
        ob_reflector_uninstall(r, NULL);
      continue;
    }
    bool other = !ob_streq(r->version, res->version) &&
                 !ob_discovery_find_version(w->discovery, info->group, r->version, info->plural);
    if (other) snprintf(r->version, sizeof r->version, "%s", res->version);
    if (other || absent || ob_reflector_idle(r)) ob_reflector_start(r);
  }
  if (!ob_discovery_known(w->discovery)) return;
  if (!w->opts.once || (w->opts.kinds >> OB_KIND_INGRESS & 1u))
    ob_notread_start(w->notread, w->discovery, w->opts.ns);
}

static void discover(ob_watcher *w) {
  if (w->run) return;
  w->discover_ms = INT64_MAX;
  w->run = ob_discovery_start(w->http, w->discovery, NULL, 0, on_discovery, w);
}

static void on_version(void *arg, const ob_http_result *res) {
  ob_watcher *w = arg;
  w->version_call = NULL;
  if (res->err.code) return;
  OB_AUTOPTR(ob_json) v = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const char *git = ob_json_get_str(v, "gitVersion");
  snprintf(w->status.version, sizeof w->status.version, "%s", ob_or(git, ""));
  w->version_known = git != NULL;
  w->status_dirty = true;
}

static void ask_version(ob_watcher *w) {
  if (w->version_known || w->version_call) return;
  w->version_call = ob_http_start(
      w->http, &(ob_http_request){.path = "/version", .on_done = on_version, .arg = w});
}

static void on_access(void *arg, const ob_access_answer *answer) {
  ob_watcher *w = arg;
  ob_outbox_access(w->box, answer);
}

/* --- commands ---------------------------------------------------------------------------------- */
static void msg_free(ob_command_msg *m) {
  free(m->ns);
  free(m->name);
  free(m->uid);
  free(m->query);
  free(m->targets);
  ob_plan_free(m->plan);
  free(m);
}

static void retry_all(ob_watcher *w) {
  if (w->nowhere) w->looked = w->nowhere = false;
  ob_http_login_again(w->http);
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (wanted(w, k)) ob_reflector_retry(&w->reflectors[k]);
  w->discover_ms = ob_mono_ms();
}

static void do_commands(ob_watcher *w) {
  for (ob_link *l; (l = ob_queue_pop(&w->commands));) {
    ob_command_msg *m = (ob_command_msg *)(void *)l;
    switch (m->what) {
    case OB_MSG_FETCH: ob_fetches_start(w->fetches, m); break;
    case OB_MSG_CANCEL: ob_fetches_cancel(w->fetches, m->id); break;
    case OB_MSG_RETRY: retry_all(w); break;
    case OB_MSG_ACCESS: ob_asker_ask(w->asker, &m->question); break;
    case OB_MSG_TERMINAL_LENT: ob_http_terminal_lent(w->http); break;
    case OB_MSG_PROBE: ob_probes_ask(w->probes, m->targets, m->ntargets); break;
    case OB_MSG_PROBE_STOP: ob_probes_stop(w->probes); break;
    case OB_MSG_PLAN_NOW: ob_fetches_plan(w->fetches, m->id, m->plan); break;
    case OB_MSG_PLAN:
      ob_applier_start(w->applier, m->id, ob_take(m->plan), m->dry, m->undo_of);
      break;
    }
    msg_free(m);
  }
}

/* --- the loop ------------------------------------------------------------------------------------ */
static void notice_sleep(ob_watcher *w) {
  int64_t lead = ob_boot_ms() - ob_mono_ms(), slept = lead - w->boot_lead_ms;
  w->boot_lead_ms = lead;
  if (slept < SLEPT_MS) return;
  ob_http_drop_connections(w->http);
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (wanted(w, k)) ob_reflector_wake(&w->reflectors[k], ob_wall_ms() - slept);
}

/* Run what is due; the time until the next (ms, -1 none). */
static int run_due(ob_watcher *w) {
  int64_t now = ob_mono_ms(), next = w->discover_ms;
  if (now >= w->discover_ms && !w->opts.once) {
    discover(w);
    ask_version(w);
    next = w->discover_ms;
  }
  const ob_reflector *services = &w->reflectors[OB_KIND_SERVICE];
  if (services->state.phase == OB_FORBIDDEN && w->opts.may_narrow && !w->looked) {
    w->looked = true;
    w->scope = ob_scope_find(w->http, &w->opts.hints, on_scope, w);
  }
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!wanted(w, k)) continue;
    int64_t due = ob_reflector_run(&w->reflectors[k], now);
    if (due < next) next = due;
  }
  int64_t probe = ob_probes_run(w->probes, now);
  if (probe < next) next = probe;
  int64_t due = ob_applier_run(w->applier, now);
  if (due < next) next = due;
  if (next == INT64_MAX) return -1;
  int64_t left = next - ob_mono_ms();
  return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static void *watcher_main(void *arg) {
  ob_watcher *w = arg;
  discover(w);
  ask_version(w);
  while (!w->stop) {
    do_commands(w);
    notice_sleep(w);
    int wait = run_due(w);
    if (w->status_dirty) update_status(w);
    ob_http_poll(w->http, wait);
  }
  return NULL;
}

static void dispose(ob_watcher *w) {
  if (w->run) ob_discovery_cancel(w->run);
  if (w->http) ob_http_cancel(w->version_call);
  ob_fetches_free(w->fetches);
  ob_applier_free(w->applier);
  ob_notread_free(w->notread);
  ob_probes_free(w->probes);
  ob_asker_free(w->asker);
  ob_scope_cancel(w->scope);
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (w->reflectors[k].host) ob_reflector_done(&w->reflectors[k]);
  ob_http_free(w->http);
  ob_discovery_free(w->discovery);
  for (ob_link *l; (l = ob_queue_pop(&w->commands));) msg_free((ob_command_msg *)(void *)l);
  ob_queue_done(&w->commands);
  ob_kube_target_free(w->opts.target);
  free(w->opts.probe_ca);
  free(w->opts.journal);
  free(w);
}

static void init_status(ob_watcher *w) {
  const ob_kube_target *t = w->opts.target;
  ob_session_status *s = &w->status;
  s->since_ms = ob_wall_ms();
  s->live_ms = -1;
  snprintf(s->context, sizeof s->context, "%s", *t->context ? t->context : "in-cluster");
  snprintf(s->cluster, sizeof s->cluster, "%s", t->cluster);
  snprintf(s->user, sizeof s->user, "%s", t->user);
  snprintf(s->server, sizeof s->server, "%s", t->server);
  snprintf(s->ns, sizeof s->ns, "%s", w->opts.ns);
  snprintf(s->context_ns, sizeof s->context_ns, "%s", t->ns);
  update_status(w);
}

/* A cluster on this computer exposes on this computer. */
static bool is_local(const ob_kube_target *t) {
  struct sockaddr_storage a;
  if (ob_address_parse(t->host, &a))
    return ob_address_classify((struct sockaddr *)&a) == OB_ADDR_LOOPBACK;
  return strcmp(t->host, "localhost") == 0;
}

/* Signals belong to the UI's thread. */
static int start_thread(ob_watcher *w) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&w->thread, NULL, watcher_main, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc;
}

int ob_watcher_start(ob_watcher **ret, const ob_watcher_opts *move_opts, ob_outbox *box, ob_err *err) {
  ob_watcher *w = ob_calloc(1, sizeof *w);
  w->opts = *move_opts;
  w->box = box;
  w->opened_ms = ob_mono_ms();
  w->boot_lead_ms = ob_boot_ms() - w->opened_ms;
  w->discover_ms = INT64_MAX;
  ob_queue_init(&w->commands);
  ob_random(&w->rng.state, sizeof w->rng.state);
  w->discovery = ob_discovery_new();
  int rc = ob_http_new(&w->http, w->opts.target, &w->opts.timing, err);
  if (rc < 0) {
    dispose(w);
    return rc;
  }
  w->host = (ob_reflector_host){.arg = w,
                                .http = w->http,
                                .timing = &w->opts.timing,
                                .box = box,
                                .rng = &w->rng,
                                .once = w->opts.once,
                                .on_result = on_result,
                                .on_phase = on_phase,
                                .events = &w->events};
  set_terminal(w);
  w->fetches = ob_fetches_new(w->http, box, &w->opts.timing);
  w->applier = ob_applier_new(&(ob_applier_opts){.http = w->http,
                                                 .box = box,
                                                 .timing = &w->opts.timing,
                                                 .context = w->status.context,
                                                 .server = w->status.server,
                                                 .journal = w->opts.journal});
  w->notread = ob_notread_new(w->http, box);
  w->probe_env = (ob_probe_env){.http = w->http,
                                .timing = &w->opts.timing,
                                .local_api = is_local(w->opts.target),
                                .ca_file = w->opts.probe_ca};
  w->probes = ob_probes_new(&w->probe_env, box);
  w->asker = ob_asker_new(w->http, QUESTIONS_AT_ONCE, on_access, w);
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!wanted(w, k)) continue;
    ob_reflector_init(&w->reflectors[k], &w->host, (ob_kind)k, ob_kinds[k].namespaced ? w->opts.ns : "",
                      ob_kinds[k].version);
    if (!ob_kind_is_addon((ob_kind)k)) ob_reflector_start(&w->reflectors[k]);
  }
  init_status(w);
  if (start_thread(w) != 0) {
    dispose(w);
    return ob_fail(err, OB_EIO, "no thread could be started");
  }
  *ret = w;
  return 0;
}

void ob_watcher_stop(ob_watcher *w) {
  if (!w) return;
  w->stop = true;
  ob_http_wakeup(w->http);
  pthread_join(w->thread, NULL);
  dispose(w);
}

void ob_watcher_send(ob_watcher *w, ob_command_msg *move_msg) {
  ob_queue_push(&w->commands, &move_msg->link);
  ob_http_wakeup(w->http);
}
