/* A watch is a cursor into the event log, with a state to send first when it starts from no
 * resourceVersion. It produces bytes when somebody reads it and has no thread:
 *
 *   initial objects → (bookmark "initial-events-end") → events from the cursor → end
 *
 * With a selector an event also moves objects in and out of view: an object that begins to match
 * is ADDED, one that stops is DELETED. Source: apiserver cacher, watch handler. */
#include "base/str.h"
#include "sim/select.h"
#include "sim/server.h"
#include <stdio.h>

enum { SIM_CHUNK = 64 * 1024 };

struct sim_watch {
  struct sim_watch_link link; /* first */
  ob_sim *sim;
  sim_filter filter;
  bool table;
  char *include; /* of Table rows */
  bool table_sent;
  sim_objects initial;
  size_t sent_initial;
  bool bookmarks, end_mark; /* end_mark: the bookmark that ends the initial events is due */
  uint64_t cursor;
  int64_t start_ms, end_ms, bookmark_ms; /* monotonic */
  int64_t live_events;
  sim_log *log;   /* in place of all that, NULL none */
  ob_json *error; /* to send, then end */
  bool ended, cut;
  ob_buf out;
};

struct sim_watch_link *sim_watch_link(sim_watch *w) {
  return &w->link;
}

static int check_watch_options(const sim_req *q, sim_resp *r) {
  OB_AUTO(sim_causes) causes = {0};
  const char *match = ob_or(sim_query(q, "resourceVersionMatch"), "");
  bool initial = sim_query(q, "sendInitialEvents") != NULL;
  OB_AUTOPTR(ob_json) value = ob_json_new_str(match);
  if (initial && !*match)
    sim_cause(&causes, SIM_FORBIDDEN, "resourceVersionMatch", NULL,
              "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  else if (!initial && *match)
    sim_cause(&causes, SIM_FORBIDDEN, "resourceVersionMatch", NULL,
              "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  else if (initial && !ob_streq(match, "NotOlderThan"))
    sim_cause(&causes, SIM_UNSUPPORTED, "resourceVersionMatch", value,
              "supported values: \"NotOlderThan\"");
  if (sim_query(q, "continue") && *sim_query(q, "continue"))
    sim_cause(&causes, SIM_FORBIDDEN, "continue", NULL, "continue is forbidden for watch");
  return sim_causes_any(&causes) ? sim_fail_options(r, "ListOptions", &causes) : 0;
}

/* Where it starts: with the state now, at an event, or with an error. */
static void set_start(sim_watch *w, const sim_req *q, uint64_t rv) {
  const sim_store *st = &w->sim->store;
  bool initial = sim_query_true(q, "sendInitialEvents");
  bool legacy = rv == 0 && !sim_query(q, "sendInitialEvents");
  w->cursor = rv ? rv : st->rv;
  if (initial && rv > st->rv) {
    w->error = sim_status_too_new(w->sim, rv);
  } else if (initial || legacy) {
    w->cursor = st->rv;
    w->end_mark = w->bookmarks;
    sim_store_at(st, w->link.kind, st->rv, &w->initial);
  } else if (rv && rv < st->floor) {
    OB_AUTOFREE char *text = ob_asprintf("too old resource version: %llu (%llu)",
                                         (unsigned long long)rv, (unsigned long long)st->floor);
    w->error = sim_status(410, "Expired", NULL, NULL, text);
  }
}

/* The last bookmark comes shortly before the end, so that the next watch starts late. */
static void next_bookmark(sim_watch *w, int64_t now) {
  int64_t last = w->end_ms - 2000;
  w->bookmark_ms = now + w->sim->opts.bookmark_ms;
  if (now < last && w->bookmark_ms > last) w->bookmark_ms = last;
}

int sim_watch_open(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q,
                   sim_resp *r) {
  const char *rv_text = ob_or(sim_query(q, "resourceVersion"), "0");
  int64_t rv = 0, timeout = 0;
  if (check_watch_options(q, r) != 0) return -1;
  sim_form form = sim_form_of(q->accept);
  if (form == SIM_NO_FORM)
    return sim_fail(r, 406, "NotAcceptable", NULL, NULL,
                    "only the following media types are accepted: application/json");
  if (!ob_parse_int(rv_text, 0, INT64_MAX, &rv))
    return sim_fail(r, 500, NULL, NULL, NULL, "strconv.ParseUint: parsing \"%s\": invalid syntax",
                    rv_text);
  if (!ob_parse_int(ob_or(sim_query(q, "timeoutSeconds"), "0"), 0, 1 << 30, &timeout))
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "timeoutSeconds: invalid syntax");
  sim_filter filter = {0};
  if (sim_filter_parse(&filter, k, ns, q, r) != 0) {
    sim_filter_done(&filter);
    return -1;
  }
  sim_watch *w = ob_calloc(1, sizeof *w);
  w->link.kind = k->id;
  w->sim = s;
  w->filter = filter;
  w->table = form == SIM_TABLE;
  w->include = ob_strdup_opt(sim_query(q, "includeObject"));
  w->bookmarks = sim_query_true(q, "allowWatchBookmarks") && k->id != SIM_EVENT;
  ob_buf_init(&w->out, SIM_RESPONSE_MAX);
  w->start_ms = ob_mono_ms();
  if (timeout == 0) timeout = 1800 + ob_rng_below(&s->alloc.rng, 1800);
  w->end_ms = w->start_ms + timeout * 1000;
  if (sim_fault(s, SIM_CLOSE_WATCH)) w->end_ms = w->start_ms + s->faults.value[SIM_CLOSE_WATCH];
  next_bookmark(w, w->start_ms);
  set_start(w, q, (uint64_t)rv);
  w->link.next = s->watches;
  s->watches = w;
  r->code = 200;
  r->watch = w;
  return 0;
}

/* Deleting the pod wakes it, so that it ends. */
int sim_watch_log(ob_sim *s, sim_log *move_log, sim_resp *r) {
  sim_watch *w = ob_calloc(1, sizeof *w);
  w->link.kind = SIM_POD;
  w->sim = s;
  w->log = move_log;
  ob_buf_init(&w->out, SIM_RESPONSE_MAX);
  w->link.next = s->watches;
  s->watches = w;
  r->watch = w;
  return 0;
}

void sim_watch_close(ob_sim *s, sim_watch *w) {
  for (sim_watch **at = &s->watches; *at; at = &(*at)->link.next) {
    if (*at != w) continue;
    *at = w->link.next;
    break;
  }
  sim_filter_done(&w->filter);
  sim_objects_done(&w->initial);
  ob_json_free(w->error);
  ob_buf_done(&w->out);
  sim_log_free(w->log);
  free(w->include);
  free(w);
}

static void print_object(sim_watch *w, const sim_object *o) {
  if (!w->table) {
    sim_object_print(o, &w->out);
    return;
  }
  char meta[64];
  snprintf(meta, sizeof meta, "{\"resourceVersion\":\"%llu\"}", (unsigned long long)o->rv);
  if (w->table_sent) /* columns come with the first event only */
    ob_buf_addf(&w->out,
                "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":%s,"
                "\"columnDefinitions\":null,\"rows\":[",
                meta);
  else
    sim_table_head(&sim_kinds[w->link.kind], &w->out, meta);
  w->table_sent = true;
  sim_table_row(o, w->include, ob_wall_ms(), &w->out);
  ob_buf_adds(&w->out, "]}");
}

static void print_event(sim_watch *w, const char *type, const sim_object *o) {
  size_t start = w->out.len;
  ob_buf_addf(&w->out, "{\"type\":\"%s\",\"object\":", type);
  print_object(w, o);
  ob_buf_adds(&w->out, "}\n");
  if (!w->initial.len && sim_fault(w->sim, SIM_CUT_WATCH) &&
      ++w->live_events >= w->sim->faults.value[SIM_CUT_WATCH]) {
    ob_buf_truncate(&w->out, start + (w->out.len - start) / 2);
    w->cut = w->ended = true;
  }
}

static void print_bookmark(sim_watch *w, bool initial_end) {
  const sim_kind_info *k = &sim_kinds[w->link.kind];
  ob_buf_adds(&w->out, "{\"type\":\"BOOKMARK\",\"object\":");
  if (w->table)
    ob_buf_adds(&w->out, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",");
  else
    ob_buf_addf(&w->out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", k->kind, k->group_version);
  ob_buf_addf(&w->out, "\"metadata\":{\"resourceVersion\":\"%llu\"%s}%s}}\n",
              (unsigned long long)w->cursor,
              initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "",
              w->table ? ",\"columnDefinitions\":null,\"rows\":[]" : "");
}

static void fill_event(sim_watch *w, const sim_event *e) {
  if (e->now->kind != w->link.kind) return;
  bool now = e->type != SIM_DELETED && sim_filter_match(&w->filter, e->now);
  bool before = e->prev && sim_filter_match(&w->filter, e->prev);
  if (now)
    print_event(w, before ? "MODIFIED" : "ADDED", e->now);
  else if (before)
    print_event(w, "DELETED", e->type == SIM_DELETED ? e->now : e->prev);
}

static void fill_error(sim_watch *w) {
  ob_buf_adds(&w->out, "{\"type\":\"ERROR\",\"object\":");
  ob_json_print(&w->out, w->error);
  ob_buf_adds(&w->out, "}\n");
  w->ended = true;
}

/* Produce what is there now, about one chunk of it. */
static void fill(sim_watch *w) {
  const sim_store *st = &w->sim->store;
  if (w->log) {
    w->ended = !sim_log_fill(w->sim, w->log, &w->out);
    return;
  }
  if (w->error) {
    fill_error(w);
    return;
  }
  while (w->sent_initial < w->initial.len && w->out.len < SIM_CHUNK) {
    const sim_object *o = w->initial.at[w->sent_initial++];
    if (sim_filter_match(&w->filter, o)) print_event(w, "ADDED", o);
  }
  if (w->sent_initial < w->initial.len) return;
  sim_objects_done(&w->initial);
  w->sent_initial = 0;
  if (w->end_mark) {
    w->end_mark = false;
    print_bookmark(w, true);
  }
  if (w->cursor < st->floor) {
    w->error = sim_status(410, "Expired", NULL, NULL, "too old resource version");
    fill_error(w);
    return;
  }
  while (w->cursor < st->rv && w->out.len < SIM_CHUNK && !w->ended)
    fill_event(w, sim_store_event(st, ++w->cursor));
  int64_t now = ob_mono_ms();
  if (w->bookmarks && now >= w->bookmark_ms && !w->ended && w->cursor == st->rv) {
    print_bookmark(w, false);
    next_bookmark(w, now);
  }
  if (now >= w->end_ms) w->ended = true;
}

static bool silent(const sim_watch *w, int64_t now) {
  return sim_fault(w->sim, SIM_SILENT) && now >= w->start_ms + w->sim->faults.value[SIM_SILENT];
}

bool sim_watch_due(const sim_watch *w, int64_t now) {
  if (w->sim->stopping) return true;
  if (w->log) return ob_wall_ms() >= sim_log_next(w->log);
  if (silent(w, now)) return false;
  return now >= w->end_ms || (w->bookmarks && now >= w->bookmark_ms) ||
         w->cursor < w->sim->store.floor;
}

sim_stream sim_watch_read(sim_watch *w, char *out, size_t max, size_t *ret_n) {
  *ret_n = 0;
  if (w->sim->stopping) return SIM_END;
  if (w->out.len == 0 && !w->ended) {
    if (w->log || !silent(w, ob_mono_ms())) fill(w);
    if (w->out.len == 0 && !w->ended) return SIM_QUIET;
  }
  if (w->out.len == 0) return w->cut ? SIM_CUT : SIM_END;
  *ret_n = w->out.len < max ? w->out.len : max;
  memcpy(out, w->out.ptr, *ret_n);
  ob_buf_consume(&w->out, *ret_n);
  return SIM_BYTES;
}
