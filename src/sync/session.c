/* The UI's side: the cluster and the batches that change it.
 *
 * A pump takes everything the watcher has in one go and applies it within its budget; what
 * is left stays in this thread's own chain and is applied by the next pump, in order. The
 * cluster's dirty set is settled at the beginning of a pump, so that between two pumps every
 * list sees the same changes. */
#include "outboard/session.h"

#include "outboard/change.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "model/cluster.h"
#include "sync/rights.h"
#include "sync/target.h"
#include "model/probe.h"
#include "sync/forward.h"
#include "sync/watcher.h"
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct ob_hearing { /* a fetch of Events for ob_service_heard() */
  uint32_t id;              /* 0: none is under way here */
  ob_uid uid;
} ob_hearing;

struct ob_session {
  int poll_fd; /* an epoll: the outbox, and what forwards wait for */
  ob_forwards *forwards;
  ob_outbox *box;
  ob_watcher *watcher;
  ob_cluster *cluster;
  ob_change *changes; /* taken, not applied yet */
  ob_taken state;
  uint32_t last_id;
  unsigned applying; /* plans that have not ended */
  ob_rights *rights;
  OB_VEC(uint32_t) cancelled; /* answers that may still be on their way */
  OB_VEC(ob_reply) replies;   /* come, not handed out yet */
  ob_hearing hearing[OB_HEAR_AT_ONCE];
  int events_ms;
};

enum { CHECK_EVERY = 64, CANCELLED_MAX = 256 };

static uint32_t all_watched(void) {
  uint32_t bits = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (ob_kinds[k].watched) bits |= 1u << k;
  return bits;
}

static void choose_scope(ob_watcher_opts *w, const ob_session_opts *opts) {
  const ob_kube_target *t = w->target;
  const char *ns = "";
  if (opts->ns && *opts->ns)
    ns = opts->ns;
  else if (opts->scope == OB_SCOPE_CONTEXT)
    ns = t->ns;
  else if (opts->scope == OB_SCOPE_WIDEST)
    w->may_narrow = true;
  if (w->may_narrow) ob_scope_hints_of(&w->hints, opts, t);
  snprintf(w->ns, sizeof w->ns, "%s", ns);
}

int ob_session_open(ob_session **ret, const ob_session_opts *opts, ob_err *err) {
  *ret = NULL;
  int rc = ob_http_global_init(err);
  if (rc < 0) return rc;
  ob_watcher_opts w = {.timing = opts->timing ? *opts->timing : ob_timing_default,
                       .kinds = opts->kinds ? opts->kinds : all_watched(),
                       .terminal = (int)opts->terminal,
                       .once = opts->once};
  rc = ob_target_of(&w.target, opts, err);
  if (rc < 0) return rc;
  w.probe_ca = ob_strdup_opt(opts->probe_ca);
  choose_scope(&w, opts);
  ob_session *s = ob_calloc(1, sizeof *s);
  s->cluster = ob_cluster_new();
  s->rights = ob_rights_new(&w.timing);
  s->events_ms = w.timing.events_ms;
  s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
  s->forwards = ob_forwards_new(opts, w.target->context, opts->timing ? opts->timing : &ob_timing_default,
                                s->poll_fd);
  rc = ob_outbox_new(&s->box, err);
  if (rc < 0) {
    ob_kube_target_free(w.target);
    free(w.probe_ca);
  }
  struct epoll_event news = {.events = EPOLLIN};
  if (rc == 0) (void)epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, ob_outbox_fd(s->box), &news);
  for (int k = 0; rc == 0 && k < OB_KIND_COUNT; k++)
    if (!(w.kinds >> k & 1u)) ob_outbox_kind(s->box, (ob_kind)k, &(ob_kind_state){.phase = OB_OFF});
  w.journal = rc == 0 ? ob_strdup_opt(opts->journal) : NULL;
  if (rc == 0) rc = ob_watcher_start(&s->watcher, &w, s->box, err);
  if (rc < 0) {
    ob_session_close(s);
    return rc;
  }
  ob_session_pump(s, 0);
  *ret = s;
  return 0;
}

void ob_session_close(ob_session *s) {
  if (!s) return;
  ob_watcher_stop(s->watcher);
  ob_forwards_free(s->forwards);
  if (s->poll_fd >= 0) close(s->poll_fd);
  for (ob_change *c = s->changes, *next; c; c = next) {
    next = c->next;
    ob_change_free(c);
  }
  for (size_t i = 0; i < s->replies.len; i++) ob_reply_done(&s->replies.at[i]);
  ob_vec_done(&s->replies);
  ob_outbox_free(s->box);
  ob_cluster_free(s->cluster);
  ob_rights_free(s->rights);
  ob_vec_done(&s->cancelled);
  free(s);
}

int ob_session_fd(const ob_session *s) { return s->poll_fd; }
const ob_cluster *ob_session_cluster(const ob_session *s) { return s->cluster; }
const ob_session_status *ob_session_status_get(const ob_session *s) { return &s->state.status; }
int64_t ob_session_now(const ob_session *s) { return ob_wall_ms() + s->state.skew_ms; }

static bool apply(ob_session *s, ob_change *c) {
  switch (c->op) {
  case OB_CHANGE_PUT: return ob_cluster_put(s->cluster, ob_take(c->object));
  case OB_CHANGE_DELETE: return ob_cluster_delete(s->cluster, c->kind, c->uid);
  case OB_CHANGE_CLEAR: ob_cluster_clear(s->cluster, c->kind); return true;
  }
  return false;
}

/* True when something changed; what did not fit into the budget stays in s->changes. */
static bool apply_changes(ob_session *s, int budget_ms) {
  bool changed = false;
  int64_t end = budget_ms > 0 ? ob_mono_ms() + budget_ms : INT64_MAX;
  for (unsigned n = 1; s->changes; n++) {
    ob_change *c = s->changes;
    s->changes = c->next;
    changed |= apply(s, c);
    ob_change_free(c);
    if (n % CHECK_EVERY == 0 && ob_mono_ms() >= end) break;
  }
  return changed;
}

/* New states come before the last objects that they speak of only by the order of the box;
 * a state says "live" only once its objects have been applied. */
static bool apply_states(ob_session *s) {
  bool changed = false;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!(s->state.kinds_changed >> k & 1u)) continue;
    ob_cluster_kind_set(s->cluster, (ob_kind)k, &s->state.kinds[k]);
    changed = true;
  }
  s->state.kinds_changed = 0;
  if (s->state.not_read_changed) ob_cluster_not_read_set(s->cluster, s->state.not_read);
  changed |= s->state.not_read_changed;
  s->state.not_read_changed = false;
  return changed;
}

static void take(ob_session *s) {
  uint32_t waiting = s->state.kinds_changed;
  bool not_read = s->state.not_read_changed;
  ob_taken t;
  ob_outbox_take(s->box, &t);
  t.kinds_changed |= waiting;
  t.not_read_changed |= not_read;
  ob_change **tail = &s->changes;
  while (*tail) tail = &(*tail)->next;
  *tail = t.changes;
  t.changes = NULL;
  s->state = t;
}

static bool take_probes(ob_session *s) {
  ob_probe_log *log = ob_cluster_probe_log(s->cluster);
  ob_probe_result r;
  uint64_t key;
  bool any = false;
  for (; ob_outbox_take_probe(s->box, &key, &r); any = true) {
    ob_probe_log_put(log, key, &r);
    const ob_probe_entry *e = ob_probe_log_find(log, key);
    if (e) ob_cluster_mark_probed(s->cluster, &e->target);
  }
  return any;
}

static bool take_access(ob_session *s) {
  bool other = false;
  ob_access_answer a;
  while (ob_outbox_take_access(s->box, &a)) other |= ob_rights_put(s->rights, &a, ob_mono_ms());
  return other;
}

/* Events come newest first. */
static bool heard(ob_session *s, const ob_reply *r) {
  ob_hearing *h = s->hearing;
  while (h < s->hearing + OB_LEN(s->hearing) && h->id != r->id) h++;
  if (h == s->hearing + OB_LEN(s->hearing)) return false;
  const ob_event *newest = NULL;
  for (size_t i = 0; i < r->nobjects && !newest; i++) {
    const ob_event *e = OB_AS(ob_event, r->objects[i]);
    if (ob_streq(e->type, "Warning")) newest = e;
  }
  if (!r->err.code) ob_heard_put(s->cluster, h->uid, newest);
  *h = (ob_hearing){0};
  return true;
}

/* True when one was the session's own. */
static bool take_replies(ob_session *s) {
  bool own = false;
  for (ob_reply r; ob_outbox_take_reply(s->box, &r);) {
    bool one = heard(s, &r);
    if (one)
      ob_reply_done(&r);
    else
      ob_vec_push(&s->replies, r);
    own |= one;
  }
  return own;
}

unsigned ob_session_pump(ob_session *s, int budget_ms) {
  unsigned what = 0;
  ob_cluster_settle(s->cluster);
  if (!s->changes) take(s);
  if (s->state.status_changed) what |= OB_PUMP_STATUS;
  s->state.status_changed = false;
  ob_cluster_clock(s->cluster, ob_session_now(s));
  if (apply_changes(s, budget_ms)) what |= OB_PUMP_OBJECTS;
  if (s->changes)
    what |= OB_PUMP_MORE;
  else if (apply_states(s))
    what |= OB_PUMP_STATUS | OB_PUMP_OBJECTS;
  if (take_probes(s)) what |= OB_PUMP_PROBE;
  if (take_replies(s)) what |= OB_PUMP_OBJECTS;
  if (ob_forwards_work(s->forwards)) what |= OB_PUMP_FORWARD;
  ob_cluster_tick(s->cluster, ob_session_now(s));
  if (ob_cluster_dirty(s->cluster)->nowners || ob_cluster_dirty(s->cluster)->all)
    what |= OB_PUMP_OBJECTS;
  if (s->replies.len) what |= OB_PUMP_REPLY;
  if (take_access(s)) what |= OB_PUMP_ACCESS;
  return what;
}

/* --- fetches ---------------------------------------------------------------------------------- */
/* "a=1,b=2"; values of labels need no escaping in a selector. */
static char *selector_text(const ob_service *svc) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < svc->nselector; i++)
    ob_buf_addf(&b, "%s%s=%s", i ? "," : "", svc->selector[i].key, svc->selector[i].value);
  return ob_buf_take(&b, NULL);
}

uint32_t ob_session_fetch(ob_session *s, ob_fetch what, const ob_object *about) {
  if (++s->last_id == 0) s->last_id = 1;
  bool pods = what == OB_FETCH_PODS;
  if (pods && (about->kind != OB_KIND_SERVICE || OB_AS(ob_service, about)->nselector == 0)) {
    /* Nothing selects: an empty answer, without asking for every pod of the namespace. */
    ob_reply none = {.id = s->last_id, .what = what};
    ob_outbox_reply(s->box, &none);
    return s->last_id;
  }
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_FETCH;
  m->id = s->last_id;
  m->fetch = what;
  m->kind = about->kind;
  m->ns = ob_strdup(about->ns);
  m->name = ob_strdup(about->name);
  char space[OB_UID_TEXT];
  m->uid = ob_strdup(ob_uid_text(about, space));
  m->query = pods ? selector_text(OB_AS(ob_service, about)) : NULL;
  ob_watcher_send(s->watcher, m);
  return s->last_id;
}

void ob_session_hear(ob_session *s, const ob_service *about) {
  ob_hearing *h = s->hearing;
  while (h < s->hearing + OB_LEN(s->hearing) && h->id) h++;
  if (h == s->hearing + OB_LEN(s->hearing)) return;
  if (!ob_heard_due(s->cluster, about, ob_mono_ms(), s->events_ms)) return;
  ob_right right = ob_right_to("list", OB_KIND_EVENT);
  if (ob_session_access(s, right, about->o.ns, NULL) == OB_ACCESS_REFUSED) return;
  h->uid = about->o.uid;
  h->id = ob_session_fetch(s, OB_FETCH_EVENTS, &about->o);
}

static uint32_t send_plan(ob_session *s, const ob_plan *p, bool dry, uint64_t undo_of) {
  if (++s->last_id == 0) s->last_id = 1;
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_PLAN;
  m->id = s->last_id;
  m->plan = ob_plan_dup(p);
  m->dry = dry;
  m->undo_of = undo_of;
  ob_watcher_send(s->watcher, m);
  return s->last_id;
}

uint32_t ob_session_fetch_plan(ob_session *s, const ob_plan *p) {
  if (++s->last_id == 0) s->last_id = 1;
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_PLAN_NOW;
  m->id = s->last_id;
  m->plan = ob_plan_dup(p);
  ob_watcher_send(s->watcher, m);
  return s->last_id;
}

uint32_t ob_session_dry_run(ob_session *s, const ob_plan *p) { return send_plan(s, p, true, 0); }

uint32_t ob_session_apply(ob_session *s, const ob_plan *p, uint64_t undo_of) {
  s->applying++;
  return send_plan(s, p, false, undo_of);
}

unsigned ob_session_applying(const ob_session *s) { return s->applying; }

static bool was_cancelled(ob_session *s, uint32_t id) {
  for (size_t i = 0; i < s->cancelled.len; i++) {
    if (s->cancelled.at[i] != id) continue;
    s->cancelled.at[i] = s->cancelled.at[--s->cancelled.len];
    return true;
  }
  return false;
}

void ob_session_cancel(ob_session *s, uint32_t id) {
  if (id == 0) return;
  /* Answers come in order: what is older than the last few hundred has come or never will. */
  if (s->cancelled.len >= CANCELLED_MAX) s->cancelled.len = 0;
  ob_vec_push(&s->cancelled, id);
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_CANCEL;
  m->id = id;
  ob_watcher_send(s->watcher, m);
}

bool ob_session_next_reply(ob_session *s, ob_reply *ret) {
  while (s->replies.len) {
    *ret = s->replies.at[0];
    s->replies.len--;
    memmove(s->replies.at, s->replies.at + 1, s->replies.len * sizeof *s->replies.at);
    const ob_apply_report *r = ret->report;
    if (r && !r->dry && ob_apply_ended(r->phase)) s->applying--;
    if (!was_cancelled(s, ret->id)) return true;
    ob_reply_done(ret);
  }
  return false;
}

void ob_reply_done(ob_reply *r) {
  ob_json_free(r->json);
  for (size_t i = 0; i < r->nobjects; i++) ob_object_free(r->objects[i]);
  free(r->objects);
  ob_apply_report_free(r->report);
  for (size_t i = 0; i < r->nnow; i++) ob_json_free(r->now[i]);
  free(r->now);
  *r = (ob_reply){0};
}

void ob_session_probe(ob_session *s, const ob_probe_target *targets, size_t n) {
  ob_probe_log *log = ob_cluster_probe_log(s->cluster);
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_PROBE;
  m->targets = ob_calloc(n + 1, sizeof *m->targets);
  for (size_t i = 0; i < n; i++)
    if (ob_probe_log_ask(log, &targets[i])) m->targets[m->ntargets++] = targets[i];
  ob_watcher_send(s->watcher, m);
}

void ob_session_probe_stop(ob_session *s) {
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_PROBE_STOP;
  ob_probe_log_stop(ob_cluster_probe_log(s->cluster));
  ob_watcher_send(s->watcher, m);
}

ob_access ob_session_access(ob_session *s, ob_right right, const char *ns,
                            char ret[OB_RIGHT_TEXT]) {
  ob_access_question q = ob_access_question_of(right, ns);
  bool ask;
  ob_access access = ob_rights_get(s->rights, &q, ob_mono_ms(), &ask, ret);
  if (!ask) return access;
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_ACCESS;
  m->question = q;
  ob_watcher_send(s->watcher, m);
  return access;
}

int ob_session_forward(ob_session *s, const ob_service *svc, int port_index, uint32_t *ret_id,
                       ob_err *err) {
  return ob_forwards_start(s->forwards, svc, port_index, ret_id, err);
}

void ob_session_forward_stop(ob_session *s, uint32_t id) { ob_forwards_stop(s->forwards, id); }
size_t ob_session_forwards(const ob_session *s) { return ob_forwards_len(s->forwards); }
ob_forward ob_session_forward_at(const ob_session *s, size_t i) {
  return ob_forwards_at(s->forwards, i);
}

void ob_session_forward_line(const ob_session *s, const ob_service *svc, int port_index,
                             ob_buf *out) {
  ob_forwards_line(s->forwards, svc, port_index, out);
}

void ob_session_retry(ob_session *s) {
  ob_rights_expire(s->rights);
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_RETRY;
  ob_watcher_send(s->watcher, m);
}

void ob_session_lend_terminal(ob_session *s) {
  ob_command_msg *m = ob_calloc(1, sizeof *m);
  m->what = OB_MSG_TERMINAL_LENT;
  ob_watcher_send(s->watcher, m);
}
