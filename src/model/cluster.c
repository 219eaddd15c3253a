/* Objects by uid and by name, what changed, and what time does to them.
 *
 * Replaced and deleted objects stay readable until the next settle, so that lists which
 * still point at them can take their rows out. Joins are in join.c. */
#include "model/cluster_priv.h"

#include "base/str.h"
#include "model/audit.h"
#include <stdio.h>

size_t ob_key(char out[OB_KEY_MAX], const char *ns, const char *name) {
  size_t a = strnlen(ns, OB_KEY_MAX - 2), b = strnlen(name, OB_KEY_MAX - 2 - a);
  memcpy(out, ns, a);
  out[a] = '/';
  memcpy(out + a + 1, name, b);
  out[a + 1 + b] = '\0';
  return a + 1 + b;
}

const char *ob_name_key(const ob_object *o, size_t *ret_len) {
  const char *from = *o->ns ? o->ns : o->name;
  *ret_len = (size_t)(o->name - from) + strlen(o->name);
  return from;
}

static const char *uid_of(const void *entry, size_t *ret_len) {
  const ob_entry *e = entry;
  *ret_len = sizeof e->o->uid;
  return (const char *)&e->o->uid;
}

static const char *name_of(const void *entry, size_t *ret_len) {
  return ob_name_key(((const ob_entry *)entry)->o, ret_len);
}

ob_cluster *ob_cluster_new(void) {
  ob_cluster *c = ob_calloc(1, sizeof *c);
  c->probes = ob_probe_log_new();
  ob_join_init(c);
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    c->by_uid[k] = (ob_map)OB_MAP_OF(uid_of);
    c->by_name[k] = (ob_map)OB_MAP_OF(name_of);
    c->kinds[k] =
        (ob_kind_state){.phase = ob_kinds[k].watched ? OB_LOADING : OB_OFF, .remaining = -1};
  }
  return c;
}

void ob_cluster_free(ob_cluster *c) {
  if (!c) return;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    ob_cluster_clear(c, (ob_kind)k);
    ob_map_done(&c->by_uid[k]);
    ob_map_done(&c->by_name[k]);
  }
  ob_cluster_settle(c);
  ob_join_done(c);
  ob_probe_log_free(c->probes);
  ob_map_done(&c->pending);
  ob_heard_done(c);
  ob_map_done(&c->ns_problems); /* empty: its objects left before */
  ob_news_done(&c->news);
  ob_vec_done(&c->dirty_owners);
  ob_vec_done(&c->dead);
  ob_vec_done(&c->free_slots);
  ob_vec_done(&c->left_slots);
  free(c);
}

static ob_entry *by_uid(const ob_cluster *c, ob_kind k, const ob_uid *uid) {
  return ob_map_get(&c->by_uid[k], (const char *)uid, sizeof *uid);
}

ob_entry *ob_entry_of(const ob_cluster *c, const ob_object *o) {
  return by_uid(c, o->kind, &o->uid);
}

/* --- what changed ------------------------------------------------------------------------ */
static bool is_owner(const ob_object *o) {
  return o->kind == OB_KIND_SERVICE || o->kind == OB_KIND_INGRESS;
}

static void mark_entry(ob_cluster *c, ob_entry *e, bool gone) {
  if (!e->dirty_at) {
    ob_vec_push(&c->dirty_owners, (struct ob_dirty_owner){.slot = e->slot});
    e->dirty_at = (uint32_t)c->dirty_owners.len;
  }
  struct ob_dirty_owner *d = &c->dirty_owners.at[e->dirty_at - 1];
  d->owner = e->o;
  d->entry = gone ? NULL : e;
  c->dirty.changes++;
}

void ob_mark(ob_cluster *c, const ob_object *owner) {
  ob_entry *e = owner ? ob_entry_of(c, owner) : NULL;
  if (e) mark_entry(c, e, false);
}

const ob_dirty *ob_cluster_dirty(const ob_cluster *c) {
  ob_cluster *m = (ob_cluster *)(uintptr_t)c; /* the view of the vector, nothing more */
  m->dirty.owners = c->dirty_owners.at;
  m->dirty.nowners = c->dirty_owners.len;
  return &m->dirty;
}

/* The first lists mark everything; that memory is not needed again. */
enum { KEEP_MAX = 1024 };

void ob_cluster_settle(ob_cluster *c) {
  for (size_t i = 0; i < c->dirty_owners.len; i++)
    if (c->dirty_owners.at[i].entry) c->dirty_owners.at[i].entry->dirty_at = 0;
  for (size_t i = 0; i < c->left_slots.len; i++)
    ob_vec_push(&c->free_slots, c->left_slots.at[i]);
  c->left_slots.len = 0;
  for (size_t i = 0; i < c->dead.len; i++) ob_object_free(c->dead.at[i]);
  if (c->dirty_owners.cap > KEEP_MAX) ob_vec_done(&c->dirty_owners);
  if (c->dead.cap > KEEP_MAX) ob_vec_done(&c->dead);
  c->dirty_owners.len = c->dead.len = 0;
  c->dirty.all = false;
  c->dirty.generation++;
  c->dirty.settled = c->dirty.changes;
  c->nodes_marked = c->classes_marked = false;
}

/* --- storage ----------------------------------------------------------------------------- */
static void note_pending(ob_cluster *c, ob_entry *e) {
  if (e->o->kind != OB_KIND_SERVICE) return;
  const ob_service *s = OB_AS(ob_service, e->o);
  e->overdue = false; /* the next tick looks again */
  if (s->type != OB_LOAD_BALANCER || s->nlb != 0) {
    ob_heard_drop(c, e->o->uid);
    return;
  }
  ob_map_put(&c->pending, (const char *)&e->o->uid, sizeof e->o->uid, e);
  c->due_ms = 0;
}

static void take_slot(ob_cluster *c, ob_entry *e) {
  if (!is_owner(e->o)) return;
  e->slot = c->free_slots.len ? c->free_slots.at[--c->free_slots.len] : c->nslots++;
}

static void set_problem(ob_cluster *c, ob_entry *e, bool problem) {
  if (e->problem == problem) return;
  e->problem = problem;
  problem ? c->problems++ : c->problems--;
  const char *ns = e->o->ns;
  size_t len = strlen(ns);
  ob_ns_problems *in = ob_map_get(&c->ns_problems, ns, len);
  if (!in) {
    in = ob_calloc(1, sizeof *in + len + 1);
    memcpy(in->ns, ns, len + 1);
    ob_map_put(&c->ns_problems, in->ns, len, in);
  }
  problem ? in->n++ : in->n--;
  if (in->n) return;
  ob_map_del(&c->ns_problems, ns, len);
  free(in);
}

static void remove_entry(ob_cluster *c, ob_entry *e) {
  ob_object *o = e->o;
  ob_kind k = o->kind;
  ob_join_remove(c, o);
  if (is_owner(o)) {
    mark_entry(c, e, true); /* last: leaving the joins may mark it as alive */
    ob_vec_push(&c->left_slots, e->slot);
  }
  set_problem(c, e, false);
  if (k == OB_KIND_SERVICE) {
    ob_map_del(&c->pending, (const char *)&o->uid, sizeof o->uid);
    ob_heard_drop(c, o->uid);
  }
  ob_map_del(&c->by_uid[k], (const char *)&o->uid, sizeof o->uid);
  size_t len;
  const char *key = ob_name_key(o, &len);
  if (ob_map_get(&c->by_name[k], key, len) == e) ob_map_del(&c->by_name[k], key, len);
  ob_vec_push(&c->dead, o);
  free(e);
}

void ob_cluster_clock(ob_cluster *c, int64_t now_ms) {
  c->now_ms = now_ms;
}

/* News begin when the first list is complete. */
static bool watched(const ob_cluster *c, ob_kind k) {
  return c->kinds[k].phase == OB_LIVE || c->kinds[k].phase == OB_STALE;
}

static void insert(ob_cluster *c, ob_object *o) {
  size_t len;
  const char *key = ob_name_key(o, &len);
  ob_entry *same_name = ob_map_get(&c->by_name[o->kind], key, len);
  if (same_name) remove_entry(c, same_name);
  ob_entry *e = ob_calloc(1, sizeof *e);
  e->o = o;
  take_slot(c, e);
  ob_map_put(&c->by_uid[o->kind], (const char *)&o->uid, sizeof o->uid, e);
  ob_map_put(&c->by_name[o->kind], key, len, e);
  note_pending(c, e);
  ob_join_add(c, o);
  if (is_owner(o)) mark_entry(c, e, false);
}

/* The same uid under another name cannot be, and must not break us. */
static bool moved(const ob_object *a, const ob_object *b) {
  return strcmp(a->name, b->name) != 0 || strcmp(a->ns, b->ns) != 0;
}

bool ob_cluster_put(ob_cluster *c, ob_object *move_o) {
  ob_entry *e = ob_entry_of(c, move_o);
  if (e && e->o->digest == move_o->digest) {
    ob_object_free(move_o);
    return false;
  }
  if (e && moved(e->o, move_o)) {
    remove_entry(c, e);
    e = NULL;
  }
  if (!e) {
    if (watched(c, move_o->kind)) ob_news_note(&c->news, NULL, move_o, c->now_ms);
    insert(c, move_o);
    return true;
  }
  ob_object *old = e->o;
  ob_news_note(&c->news, old, move_o, c->now_ms);
  ob_join_remove(c, old);
  if (old->kind == OB_KIND_SERVICE) ob_map_del(&c->pending, (const char *)&old->uid, sizeof old->uid);
  e->o = move_o;
  note_pending(c, e);
  ob_join_add(c, move_o);
  if (is_owner(move_o)) mark_entry(c, e, false);
  ob_vec_push(&c->dead, old);
  return true;
}

bool ob_cluster_delete(ob_cluster *c, ob_kind kind, ob_uid uid) {
  ob_entry *e = by_uid(c, kind, &uid);
  if (!e) return false;
  if (watched(c, kind)) ob_news_note(&c->news, e->o, NULL, c->now_ms);
  remove_entry(c, e);
  return true;
}

void ob_cluster_clear(ob_cluster *c, ob_kind kind) {
  OB_VEC(ob_entry *) all = {0};
  ob_entry *e;
  for (size_t at = 0; (e = ob_map_next(&c->by_uid[kind], &at));) ob_vec_push(&all, e);
  for (size_t i = 0; i < all.len; i++) remove_entry(c, all.at[i]);
  ob_vec_done(&all);
}

/* --- states ------------------------------------------------------------------------------ */
const char *ob_phase_name(ob_phase p) {
  static const char *const names[] = {[OB_LOADING] = "loading",
                                      [OB_LIVE] = "live",
                                      [OB_STALE] = "stale",
                                      [OB_FORBIDDEN] = "forbidden",
                                      [OB_NOT_INSTALLED] = "not installed",
                                      [OB_OFF] = "off"};
  return names[p];
}

static bool phase_known(ob_phase p) {
  return p == OB_LIVE || p == OB_STALE;
}

/* What rows are made of, beside what their owners say. */
static bool in_rows(ob_kind k) {
  return k == OB_KIND_SERVICE || k == OB_KIND_SLICE || k == OB_KIND_INGRESS ||
         k == OB_KIND_INGRESS_CLASS || k == OB_KIND_NODE;
}

/* Cells change only when "known" flips: going stale and live again moves no row. */
void ob_cluster_kind_set(ob_cluster *c, ob_kind kind, const ob_kind_state *state) {
  if (in_rows(kind) && phase_known(c->kinds[kind].phase) != phase_known(state->phase)) {
    c->dirty.all = true;
    c->dirty.changes++;
    ob_hub *h;
    for (size_t at = 0; kind == OB_KIND_SLICE && (h = ob_map_next(&c->hubs, &at));)
      h->ready_valid = false;
  }
  c->kinds[kind] = *state;
}

const ob_kind_state *ob_cluster_kind(const ob_cluster *c, ob_kind k) {
  return &c->kinds[k];
}
bool ob_known(const ob_cluster *c, ob_kind k) {
  return phase_known(c->kinds[k].phase);
}

void ob_cluster_not_read_set(ob_cluster *c, const char *line) {
  snprintf(c->not_read, sizeof c->not_read, "%s", line);
}
const char *ob_cluster_not_read(const ob_cluster *c) {
  return c->not_read;
}

/* --- time
 * ------------------------------------------------------------------------------------------ */
static void judge(ob_cluster *c, ob_entry *e, int64_t now_ms) {
  set_problem(c, e, ob_audit_verified(c, e->o, now_ms));
}

static void find_overdue(ob_cluster *c, int64_t now_ms) {
  ob_entry *e;
  c->due_ms = INT64_MAX;
  for (size_t at = 0; (e = ob_map_next(&c->pending, &at));) {
    int64_t due = e->o->created_ms + OB_PENDING_MS;
    if (e->overdue) continue;
    if (now_ms < due) {
      if (due < c->due_ms) c->due_ms = due;
      continue;
    }
    e->overdue = true;
    mark_entry(c, e, false);
  }
}

int64_t ob_cluster_tick(ob_cluster *c, int64_t now_ms) {
  if (now_ms >= c->due_ms) find_overdue(c, now_ms);
  ob_entry *e;
  if (c->dirty.all) {
    for (int k = OB_KIND_SERVICE; k <= OB_KIND_INGRESS; k++)
      for (size_t at = 0; (e = ob_map_next(&c->by_uid[k], &at));)
        if (is_owner(e->o)) judge(c, e, now_ms);
  } else {
    for (size_t i = 0; i < c->dirty_owners.len; i++)
      if ((e = c->dirty_owners.at[i].entry)) judge(c, e, now_ms);
  }
  return c->due_ms;
}

size_t ob_cluster_problems(const ob_cluster *c) {
  return c->problems;
}

size_t ob_cluster_problems_in(const ob_cluster *c, const char *ns) {
  if (!*ns) return c->problems;
  const ob_ns_problems *in = ob_map_get(&c->ns_problems, ns, strlen(ns));
  return in ? in->n : 0;
}

/* --- reading
 * ----------------------------------------------------------------------------------------- */
size_t ob_cluster_count(const ob_cluster *c, ob_kind k) {
  return c->by_uid[k].len;
}

const ob_object *ob_cluster_find(const ob_cluster *c, ob_kind k, const char *ns, const char *name) {
  char key[OB_KEY_MAX];
  size_t len = ob_key(key, ns, name), skip = *ns ? 0 : 1;
  if (!skip) key[strlen(ns)] = '\0';
  const ob_entry *e = ob_map_get(&c->by_name[k], key + skip, len - skip);
  return e ? e->o : NULL;
}

const ob_object *ob_cluster_find_uid(const ob_cluster *c, ob_kind k, ob_uid uid) {
  const ob_entry *e = by_uid(c, k, &uid);
  return e ? e->o : NULL;
}

const ob_object *ob_cluster_next(const ob_cluster *c, ob_kind k, size_t *cursor) {
  const ob_entry *e = ob_map_next(&c->by_uid[k], cursor);
  return e ? e->o : NULL;
}
