/* One kind's way through lists and watches.
 *
 *        ┌────────────── due: list ◀──────────────┐
 *        ▼                                        │ 410, 403, 404, quick close, 400, 500
 *     LISTING ── whole ──▶ WATCHING ── ended ──▶ what next?
 *        │                    ▲                   │ clean close, cut, refused, 429
 *        └── failed ──▶ wait  └────── due: watch ◀┘
 *
 * Invariants
 *   - `known` holds exactly the objects that were handed to the outbox and not deleted; an
 *     object whose digest it already has is dropped here and never wakes the UI.
 *   - Until a list was once whole, its objects are handed on as they come (they are true, just
 *     not all). Later lists are staged and applied when whole; only a whole list deletes.
 *   - The kind is STALE from the moment we know that we are not watching, LIVE when a list
 *     was whole and again when a watch has been opened.
 *
 * What follows a failure is the table `after` below. WatchList is not used: gzipped lists of
 * the same data come in about half its time and on a tenth of its bytes. */
#include "sync/reflector.h"

#include "base/str.h"
#include "kube/path.h"
#include "model/cluster.h"
#include <stdio.h>

enum { PROGRESS_MS = 100, QUICK_CLOSE_MS = 1000, BOOKMARKS_MISSED = 3 };

/* --- what follows a failure ---------------------------------------------------------- */
typedef enum wait_kind {
  WAIT_NONE,
  WAIT_BACKOFF,   /* or the server's Retry-After when that is longer */
  WAIT_FORBIDDEN, /* soon once, then slowly */
  WAIT_SLOW,      /* until discovery looks again */
} wait_kind;

typedef struct after_row {
  ob_reflector_do doing;
  ob_code code;
  ob_reflector_do next;
  ob_list_from from;
  wait_kind wait;
} after_row;

/* The first row that fits; OB_OK is a clean close of a watch. Last rows: everything else. */
static const after_row after[] = {
    {OB_DO_LIST, OB_EFORBIDDEN, OB_DO_LIST, OB_FROM_ANY, WAIT_FORBIDDEN},
    {OB_DO_LIST, OB_ENOTFOUND, OB_DO_LIST, OB_FROM_ANY, WAIT_SLOW},
    {OB_DO_LIST, OB_EGONE, OB_DO_LIST, OB_FROM_LATEST, WAIT_NONE},
    {OB_DO_LIST, OB_ESERVER, OB_DO_LIST, OB_FROM_LATEST, WAIT_BACKOFF},
    {OB_DO_LIST, OB_EINVALID, OB_DO_LIST, OB_FROM_LATEST, WAIT_BACKOFF},
    {OB_DO_LIST, OB_OK, OB_DO_LIST, OB_FROM_LAST, WAIT_BACKOFF},

    {OB_DO_WATCH, OB_OK, OB_DO_WATCH, OB_FROM_LAST, WAIT_NONE},
    {OB_DO_WATCH, OB_EGONE, OB_DO_LIST, OB_FROM_LAST, WAIT_NONE},
    {OB_DO_WATCH, OB_EFORBIDDEN, OB_DO_LIST, OB_FROM_LAST, WAIT_FORBIDDEN},
    {OB_DO_WATCH, OB_ENOTFOUND, OB_DO_LIST, OB_FROM_ANY, WAIT_NONE},
    {OB_DO_WATCH, OB_EINVALID, OB_DO_LIST, OB_FROM_LATEST, WAIT_BACKOFF},
    {OB_DO_WATCH, OB_ESERVER, OB_DO_LIST, OB_FROM_LAST, WAIT_BACKOFF},
    {OB_DO_WATCH, OB_EPROTO, OB_DO_LIST, OB_FROM_LAST, WAIT_BACKOFF},
    {OB_DO_WATCH, OB_ELIMIT, OB_DO_LIST, OB_FROM_LAST, WAIT_BACKOFF},
    {OB_DO_WATCH, OB_ECANCELED, OB_DO_WATCH, OB_FROM_LAST, WAIT_BACKOFF},
};

static const after_row *row_for(ob_reflector_do doing, ob_code code) {
  const after_row *fallback = NULL;
  for (size_t i = 0; i < OB_LEN(after); i++) {
    if (after[i].doing != doing) continue;
    if (after[i].code == code) return &after[i];
    fallback = &after[i];
  }
  return fallback;
}

/* --- telling -------------------------------------------------------------------------- */
static void publish(ob_reflector *r) {
  ob_outbox_kind(r->host->box, r->kind, &r->state);
  r->host->on_phase(r->host->arg, r);
}

static void set_phase(ob_reflector *r, ob_phase phase, int64_t since_ms, const ob_err *err) {
  /* Stale since the first that was wrong, which a computer that slept learns last. */
  if (r->state.phase == phase && phase == OB_STALE && r->state.since_ms < since_ms)
    since_ms = r->state.since_ms;
  if (r->state.phase == phase && phase == OB_LIVE && !err && !r->state.err.code) return;
  r->state.phase = phase;
  r->state.since_ms = since_ms;
  if (err)
    r->state.err = *err;
  else
    ob_err_clear(&r->state.err);
  publish(r);
}

/* --- objects ---------------------------------------------------------------------------- */
static void forget_all(ob_reflector *r) {
  ob_known_clear(&r->known);
  r->complete = false;
}

static void drop_staged(ob_reflector *r) {
  for (size_t i = 0; i < r->staged.len; i++) ob_object_free(r->staged.at[i]);
  r->staged.len = 0;
}

static void take_object(ob_reflector *r, ob_object *move_o) {
  ob_known_was was = ob_known_note(&r->known, move_o->uid, move_o->digest);
  if (was == OB_WAS_SAME)
    ob_object_free(move_o);
  else
    ob_outbox_put(r->host->box, move_o, was == OB_WAS_NEW);
}

static void take_delete(ob_reflector *r, ob_uid uid) {
  if (ob_known_drop(&r->known, uid)) ob_outbox_delete(r->host->box, r->kind, uid);
}

/* An object that cannot be read is skipped and told, until a list has none; the others go on.
 * Another kind's (NULL, nothing told) is no business of ours. Nearly half of an object is
 * managedFields, which no decoder reads. */
static ob_object *decode(ob_reflector *r, const char *bytes, size_t n) {
  ob_err err;
  OB_AUTOPTR(ob_json)
  json = ob_json_parse_without(bytes, n, OB_JSON_LENIENT, "managedFields", &err);
  const char *kind = ob_json_get_str(json, "kind");
  if (kind && !ob_streq(kind, ob_kinds[r->kind].kind)) return NULL;
  ob_object *o = json ? ob_decode(r->kind, json, &err) : NULL;
  if (!o) {
    ob_err_within(&err, "an object of %s could not be read", ob_kinds[r->kind].plural);
    r->unread = r->state.err = err;
  }
  return o;
}

static int on_list_item(void *arg, const char *bytes, size_t n) {
  ob_reflector *r = arg;
  ob_object *o = decode(r, bytes, n);
  r->state.received++;
  if (!o) return 0;
  if (r->complete)
    ob_vec_push(&r->staged, o);
  else
    take_object(r, o);
  return 0;
}

/* The list is whole: what it did not hold is gone. */
static void apply_list(ob_reflector *r) {
  for (size_t i = 0; i < r->staged.len; i++) take_object(r, r->staged.at[i]);
  r->staged.len = 0;
  OB_VEC(ob_uid) gone = {0};
  ob_uid uid;
  for (size_t at = 0; ob_known_unseen(&r->known, &at, &uid);) ob_vec_push(&gone, uid);
  for (size_t i = 0; i < gone.len; i++) take_delete(r, gone.at[i]);
  ob_vec_done(&gone);
}

/* --- requests ------------------------------------------------------------------------------ */
static void on_done(void *arg, const ob_http_result *res);

static void schedule(ob_reflector *r, ob_reflector_do next, int64_t due_ms) {
  r->doing = OB_DO_NOTHING;
  r->next = next;
  r->due_ms = due_ms;
}

static void add_path(ob_reflector *r, ob_buf *path) {
  const ob_kind_info *k = &ob_kinds[r->kind];
  ob_api_path(path, k->group, r->version, k->namespaced ? r->ns : "", k->plural, NULL, NULL);
}

static void tell_progress(ob_reflector *r) {
  r->state.remaining = r->total > r->state.received ? r->total - r->state.received : -1;
  publish(r);
}

static int on_list_data(void *arg, const char *bytes, size_t n) {
  ob_reflector *r = arg;
  if (ob_list_scan_feed(&r->list, bytes, n, &r->stream_err) < 0) return -1;
  int64_t now = ob_mono_ms();
  if (now - r->told_ms < PROGRESS_MS) return 0;
  r->told_ms = now;
  tell_progress(r);
  return 0;
}

/* A list from the server's cache is in one piece and does not say how long it is. */
static void on_count(void *arg, int64_t n) {
  ob_reflector *r = arg;
  r->total = n;
  tell_progress(r);
}

static void count_list(ob_reflector *r) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
  add_path(r, &path);
  r->count_ms = INT64_MAX;
  ob_count_start(&r->counter, r->host->http, ob_buf_str(&path));
}

static void start_list(ob_reflector *r) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_SCAN_META + 4096);
  add_path(r, &path);
  if (r->cont) {
    ob_api_query(&path, "continue", r->cont);
  } else {
    ob_known_unsee(&r->known);
    r->state.received = 0;
    r->state.remaining = r->total = -1;
    int after_ms = r->complete || r->host->once ? 0 : r->host->timing->count_ms;
    r->count_ms = after_ms ? ob_mono_ms() + after_ms : INT64_MAX;
    ob_err_clear(&r->unread);
    drop_staged(r);
    if (r->from == OB_FROM_LAST && *r->rv) {
      ob_api_query(&path, "resourceVersion", r->rv);
      ob_api_query(&path, "resourceVersionMatch", "NotOlderThan");
    } else if (r->from == OB_FROM_ANY) {
      ob_api_query(&path, "resourceVersion", "0");
    }
  }
  ob_list_scan_reset(&r->list);
  ob_err_clear(&r->stream_err);
  r->doing = OB_DO_LIST;
  r->call = ob_http_start(r->host->http, &(ob_http_request){.path = ob_buf_str(&path),
                                                            .gzip = true,
                                                            .stall_ms = r->host->timing->list_stall_ms,
                                                            .on_data = on_list_data,
                                                            .on_done = on_done,
                                                            .arg = r});
}

/* A resourceVersion below ours: the server's store went back (a restore from a backup), and a
 * watch from ours would stay silent. They are compared only when both are numbers. */
static bool went_back(const char *ours, const char *theirs) {
  int64_t a, b;
  return ob_parse_int(ours, 0, INT64_MAX, &a) && ob_parse_int(theirs, 0, INT64_MAX, &b) && b < a;
}

static void set_rv(ob_reflector *r, const char *rv) {
  if (rv && *rv && strlen(rv) < sizeof r->rv) snprintf(r->rv, sizeof r->rv, "%s", rv);
}

static int on_event(void *arg, const char *line, size_t n) {
  ob_reflector *r = arg;
  ob_watch_event e;
  if (ob_watch_event_parse(&e, line, n, &r->stream_err) < 0) return -1;
  r->heard_event = true;
  ++*r->host->events;
  if (e.type == OB_WATCH_ERROR) {
    ob_watch_error(&e, &r->stream_err);
    return -1;
  }
  if (e.type == OB_WATCH_BOOKMARK) {
    char rv[64];
    bool end;
    r->heard_bookmark = true;
    if (ob_watch_bookmark(&e, rv, &end, &r->stream_err) < 0) return -1;
    if (went_back(r->rv, rv)) {
      ob_fail(&r->stream_err, OB_EGONE, "the server's resourceVersion went back");
      return -1;
    }
    set_rv(r, rv);
    r->expired = 0;
    return 0;
  }
  if (e.type == OB_WATCH_UNKNOWN || !e.object) return 0;
  r->expired = 0;
  ob_object *o = decode(r, e.object, e.object_len);
  if (!o) {
    if (r->unread.code) publish(r);
    return 0;
  }
  set_rv(r, o->rv);
  if (e.type == OB_WATCH_DELETED) {
    take_delete(r, o->uid);
    ob_object_free(o);
  } else {
    take_object(r, o);
  }
  return 0;
}

static int on_watch_data(void *arg, const char *bytes, size_t n) {
  ob_reflector *r = arg;
  r->heard_ms = ob_mono_ms();
  /* What an event said (its ERROR) is the reason, not that it stopped the scan. */
  ob_err err;
  int rc = ob_watch_scan_feed(&r->watch, bytes, n, &err);
  if (rc < 0 && !r->stream_err.code) r->stream_err = err;
  return rc;
}

static void on_watch_open(void *arg, int status) {
  ob_reflector *r = arg;
  (void)status;
  r->opened_ms = r->heard_ms = ob_mono_ms();
  r->unwatched = 0;
  set_phase(r, OB_LIVE, ob_wall_ms(), r->unread.code ? &r->unread : NULL);
}

static void start_watch(ob_reflector *r) {
  const ob_timing *t = r->host->timing;
  OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
  add_path(r, &path);
  int spread = t->watch_max_s - t->watch_min_s;
  r->watch_s = t->watch_min_s + (spread > 0 ? (int)ob_rng_below(r->host->rng, (uint32_t)spread) : 0);
  char seconds[16];
  snprintf(seconds, sizeof seconds, "%d", r->watch_s);
  ob_api_query(&path, "watch", "1");
  ob_api_query(&path, "allowWatchBookmarks", "true");
  ob_api_query(&path, "resourceVersion", r->rv);
  ob_api_query(&path, "timeoutSeconds", seconds);
  ob_watch_scan_reset(&r->watch);
  ob_err_clear(&r->stream_err);
  r->heard_event = false;
  r->opened_ms = r->heard_ms = ob_mono_ms();
  r->doing = OB_DO_WATCH;
  r->call = ob_http_start(r->host->http, &(ob_http_request){.path = ob_buf_str(&path),
                                                            .stream = true,
                                                            .on_open = on_watch_open,
                                                            .on_data = on_watch_data,
                                                            .on_done = on_done,
                                                            .arg = r});
}

/* --- ends ---------------------------------------------------------------------------------- */
static int64_t wait_ms(ob_reflector *r, wait_kind w, const ob_http_result *res) {
  const ob_timing *t = r->host->timing;
  int64_t ms = 0;
  switch (w) {
  case WAIT_NONE: return 0;
  case WAIT_FORBIDDEN:
    if (r->unwatched) return r->unwatched > 1 ? t->forbidden_ms : t->forbidden_first_ms;
    return r->state.phase == OB_FORBIDDEN && r->state.since_ms < ob_wall_ms() - t->forbidden_first_ms
               ? t->forbidden_ms
               : t->forbidden_first_ms;
  case WAIT_SLOW: return t->rediscover_ms;
  case WAIT_BACKOFF: ms = ob_backoff_next(&r->backoff, t, r->host->rng, ob_mono_ms());
  }
  return res && res->retry_after_ms > ms ? res->retry_after_ms : ms;
}

/* We are not watching any more and have to say so. A 403 after good data is believed the
 * second time: a server that is starting says it falsely. */
static void fall(ob_reflector *r, ob_code code, const ob_err *err) {
  int64_t now = ob_wall_ms();
  if (code == OB_EFORBIDDEN && (!r->complete || r->state.err.code == OB_EFORBIDDEN)) {
    if (r->known.len) ob_outbox_clear(r->host->box, r->kind);
    forget_all(r);
    set_phase(r, OB_FORBIDDEN, r->state.phase == OB_FORBIDDEN ? r->state.since_ms : now, err);
  } else if (code == OB_ENOTFOUND) {
    ob_reflector_uninstall(r, err->msg);
  } else if (r->complete) {
    /* A dead peer was silent for some time before we knew: the data is as old as its last word. */
    int64_t silent = code == OB_ETIMEOUT && r->doing == OB_DO_WATCH ? ob_mono_ms() - r->heard_ms : 0;
    set_phase(r, OB_STALE, now - silent, err);
  } else {
    set_phase(r, r->state.phase == OB_FORBIDDEN ? OB_FORBIDDEN : OB_LOADING, now, err);
  }
}

/* Some roles have list and not watch: then the list is all there is, and it is asked for slowly. */
static void only_listed(ob_reflector *r, ob_err *err) {
  if (r->unwatched < 2) r->unwatched++;
  if (r->unwatched < 2) return; /* a server that is starting says it falsely */
  const char *plural = ob_kinds[r->kind].plural;
  ob_fail(err, OB_EFORBIDDEN, "%s may be listed and not watched: asked for again every %d s", plural,
          r->host->timing->forbidden_ms / 1000);
  ob_hint(err, "ask for watch on %s", plural);
  err->http = 403;
}

/* A watch that was silent to its end, without the bookmark that comes before: perhaps it waits for a
 * version that a server with older data will never reach. */
static bool heard_nothing(const ob_reflector *r, ob_code code, const ob_http_result *res) {
  enum { SLACK_MS = 500 };
  bool in_time = ob_mono_ms() - r->opened_ms >= r->watch_s * 1000 - SLACK_MS;
  return r->doing == OB_DO_WATCH && !r->heard_event &&
         (res ? code == OB_OK && in_time : code == OB_ETIMEOUT);
}

static void end(ob_reflector *r, const ob_err *why, const ob_http_result *res) {
  ob_code code = why->code;
  bool short_lived = ob_mono_ms() - r->opened_ms < QUICK_CLOSE_MS;
  bool quick = r->doing == OB_DO_WATCH && code == OB_OK && !r->heard_event && short_lived;
  const after_row *row = row_for(r->doing, code);
  after_row use = *row;
  ob_err err = *why;
  if (quick) {
    use = (after_row){OB_DO_WATCH, OB_OK, OB_DO_LIST, OB_FROM_LAST, WAIT_BACKOFF};
    ob_fail(&err, OB_ENET, "the server closes the watch of %s at once", ob_kinds[r->kind].plural);
  }
  if (heard_nothing(r, code, res)) use.next = OB_DO_LIST;
  if (r->doing == OB_DO_WATCH && code == OB_EFORBIDDEN) only_listed(r, &err);
  /* One cut after a good time: the next watch goes out at once, and says if more is wrong. */
  if (r->doing == OB_DO_WATCH && res && res->cut && !short_lived) use.wait = WAIT_NONE;
  if (r->doing == OB_DO_WATCH && !short_lived) r->expired = 0;
  r->expired = code == OB_EGONE ? r->expired + 1 : 0;
  if (r->expired > 1) {
    use.from = OB_FROM_LATEST;
    if (r->expired > 2) use.wait = WAIT_BACKOFF;
  }
  if (use.wait != WAIT_NONE) fall(r, code, &err);
  drop_staged(r);
  free(ob_take(r->cont));
  r->from = use.from;
  schedule(r, use.next, ob_mono_ms() + wait_ms(r, use.wait, res));
}

static void list_whole(ob_reflector *r) {
  apply_list(r);
  if (*r->list.resource_version) snprintf(r->rv, sizeof r->rv, "%s", r->list.resource_version);
  r->complete = true;
  r->listed_ms = ob_mono_ms();
  r->state.remaining = 0;
  schedule(r, r->host->once ? OB_DO_NOTHING : OB_DO_WATCH, r->listed_ms);
  set_phase(r, OB_LIVE, ob_wall_ms(), r->unread.code ? &r->unread : NULL);
}

static void list_done(ob_reflector *r, const ob_http_result *res) {
  ob_err err = r->stream_err.code ? r->stream_err : res->err;
  if (!err.code && ob_list_scan_finish(&r->list, &err) == 0) {
    if (r->list.remaining >= 0) r->total = r->state.received + r->list.remaining;
    free(ob_take(r->cont));
    if (!*ob_or(r->list.cont, "")) {
      list_whole(r);
      return;
    }
    r->cont = ob_strdup(r->list.cont);
    schedule(r, OB_DO_LIST, ob_mono_ms());
    return;
  }
  /* Any list that fails in its middle is another try from the start, not a page more. */
  end(r, &err, res);
}

static void on_done(void *arg, const ob_http_result *res) {
  ob_reflector *r = arg;
  r->call = NULL;
  ob_count_stop(&r->counter);
  r->host->on_result(r->host->arg, r, res);
  if (r->doing == OB_DO_LIST)
    list_done(r, res);
  else
    end(r, r->stream_err.code ? &r->stream_err : &res->err, res);
}

/* A watch whose connection lives and says nothing: three bookmarks missed once one was
 * seen, else past its own timeoutSeconds. */
static int64_t silence_deadline(const ob_reflector *r) {
  const ob_timing *t = r->host->timing;
  int64_t by_timeout = r->opened_ms + (int64_t)r->watch_s * 1000 + t->watch_grace_ms;
  int64_t by_bookmark = r->heard_ms + (int64_t)t->bookmark_ms * BOOKMARKS_MISSED;
  return r->heard_bookmark && by_bookmark < by_timeout ? by_bookmark : by_timeout;
}

static void stop_call(ob_reflector *r) {
  ob_http_cancel(r->call);
  ob_count_stop(&r->counter);
  r->call = NULL;
}

/* --- the contract ----------------------------------------------------------------------------- */
void ob_reflector_init(ob_reflector *r, const ob_reflector_host *host, ob_kind kind, const char *ns,
                       const char *version) {
  *r = (ob_reflector){.host = host, .kind = kind, .state = {.phase = OB_LOADING, .remaining = -1}};
  snprintf(r->ns, sizeof r->ns, "%s", ns);
  snprintf(r->version, sizeof r->version, "%s", version);
  r->state.since_ms = ob_wall_ms();
  r->counter = (ob_count){.done = on_count, .arg = r};
  r->total = -1;
  ob_list_scan_init(&r->list, 0, on_list_item, r);
  ob_watch_scan_init(&r->watch, 0, on_event, r);
}

void ob_reflector_done(ob_reflector *r) {
  stop_call(r);
  drop_staged(r);
  ob_vec_done(&r->staged);
  forget_all(r);
  ob_list_scan_done(&r->list);
  ob_watch_scan_done(&r->watch);
  free(r->cont);
}

void ob_reflector_start(ob_reflector *r) {
  stop_call(r);
  schedule(r, OB_DO_LIST, ob_mono_ms());
  if (r->state.phase != OB_STALE && !r->complete) set_phase(r, OB_LOADING, ob_wall_ms(), NULL);
}

bool ob_reflector_idle(const ob_reflector *r) {
  return r->doing == OB_DO_NOTHING && r->next == OB_DO_NOTHING && !r->complete;
}

void ob_reflector_uninstall(ob_reflector *r, const char *why) {
  stop_call(r);
  if (r->known.len) ob_outbox_clear(r->host->box, r->kind);
  forget_all(r);
  drop_staged(r);
  /* A CRD is seen by discovery when it comes. */
  schedule(r, ob_kind_is_addon(r->kind) ? OB_DO_NOTHING : OB_DO_LIST,
           ob_mono_ms() + r->host->timing->rediscover_ms);
  ob_err err;
  ob_fail(&err, OB_ENOTFOUND, "%s: not installed%s%s", ob_kinds[r->kind].plural, why ? ": " : "",
          why ? why : "");
  set_phase(r, OB_NOT_INSTALLED, ob_wall_ms(), &err);
}

void ob_reflector_move(ob_reflector *r, const char *ns) {
  if (ob_reflector_idle(r)) {
    snprintf(r->ns, sizeof r->ns, "%s", ns);
    return;
  }
  stop_call(r);
  if (r->known.len) ob_outbox_clear(r->host->box, r->kind);
  forget_all(r);
  drop_staged(r);
  snprintf(r->ns, sizeof r->ns, "%s", ns);
  r->from = OB_FROM_ANY;
  schedule(r, OB_DO_LIST, ob_mono_ms());
  set_phase(r, OB_LOADING, ob_wall_ms(), NULL);
}

void ob_reflector_retry(ob_reflector *r) {
  if (r->doing == OB_DO_NOTHING && r->next != OB_DO_NOTHING) r->due_ms = ob_mono_ms();
}

void ob_reflector_wake(ob_reflector *r, int64_t slept_at_wall_ms) {
  ob_err err;
  ob_fail(&err, OB_ENET, "the computer slept");
  if (r->complete && !r->host->once) set_phase(r, OB_STALE, slept_at_wall_ms, &err);
  if (r->doing == OB_DO_WATCH) {
    stop_call(r);
    schedule(r, OB_DO_WATCH, ob_mono_ms());
  }
  ob_reflector_retry(r);
}

int64_t ob_reflector_run(ob_reflector *r, int64_t now_ms) {
  if (r->doing == OB_DO_NOTHING) {
    if (r->next == OB_DO_NOTHING) return INT64_MAX;
    if (now_ms < r->due_ms) return r->due_ms;
    if (r->next == OB_DO_LIST)
      start_list(r);
    else
      start_watch(r);
  }
  if (r->doing == OB_DO_LIST && now_ms >= r->count_ms) count_list(r);
  if (r->doing == OB_DO_LIST) return r->count_ms;
  const ob_timing *t = r->host->timing;
  int64_t silent = silence_deadline(r);
  int64_t relist = r->listed_ms + (r->unread.code ? t->forbidden_ms : t->relist_ms);
  if (now_ms >= silent) {
    stop_call(r);
    ob_err err;
    ob_fail(&err, OB_ETIMEOUT, "the watch of %s is silent", ob_kinds[r->kind].plural);
    end(r, &err, NULL);
    return r->due_ms;
  }
  if (now_ms >= relist) {
    stop_call(r);
    r->from = OB_FROM_LAST;
    schedule(r, OB_DO_LIST, now_ms);
    start_list(r);
    return INT64_MAX;
  }
  return silent < relist ? silent : relist;
}
