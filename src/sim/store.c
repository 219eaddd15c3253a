/* Ordered arrays of references, and a ring. Insertion moves pointers, which is cheap at the sizes
 * served (a world is seeded in order, so it only appends). */
#include "sim/store.h"
#include "base/str.h"
#include <stdio.h>

static sim_object *object_new(sim_kind kind, const char *ns, const char *name, uint64_t rv,
                              const char *body, size_t len) {
  size_t nns = strlen(ob_or(ns, "")), nname = strlen(name);
  sim_object *o = ob_alloc(sizeof *o + nns + nname + 2 + len + 1);
  char *key = (char *)(o + 1), *bytes = key + nns + nname + 2;
  memcpy(key, ob_or(ns, ""), nns);
  key[nns] = '/';
  memcpy(key + nns + 1, name, nname + 1);
  memcpy(bytes, body, len);
  bytes[len] = '\0';
  *o = (sim_object){.kind = kind,
                    .rv = rv,
                    .key = key,
                    .name = key + nns + 1,
                    .nns = nns,
                    .body = bytes,
                    .len = len};
  atomic_init(&o->refs, 1);
  return o;
}

sim_object *sim_object_ref(const sim_object *o) {
  sim_object *shared = (sim_object *)o;
  atomic_fetch_add(&shared->refs, 1);
  return shared;
}

void sim_object_unref(sim_object *o) {
  if (o && atomic_fetch_sub(&o->refs, 1) == 1) free(o);
}

int sim_object_print(const sim_object *o, ob_buf *out) {
  const sim_kind_info *k = &sim_kinds[o->kind];
  ob_buf_addf(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", k->kind, k->group_version);
  return ob_buf_add(out, o->body, o->len);
}

ob_json *sim_object_tree(const sim_object *o) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(o->len + 2);
  ob_buf_addc(&text, '{');
  ob_buf_add(&text, o->body, o->len);
  ob_json *tree = ob_json_parse(text.ptr, text.len, OB_JSON_LENIENT, NULL);
  return tree ? tree : ob_json_new_object();
}

void sim_objects_done(sim_objects *v) {
  for (size_t i = 0; i < v->len; i++) sim_object_unref(v->at[i]);
  ob_vec_done(v);
}

void sim_store_init(sim_store *s) {
  *s = (sim_store){.log = ob_calloc(SIM_LOG_MAX, sizeof(sim_event)), .rv = 1000, .floor = 1000};
  pthread_mutex_init(&s->lock, NULL);
}

static void event_done(sim_event *e) {
  sim_object_unref(e->now);
  sim_object_unref(e->prev);
  *e = (sim_event){0};
}

void sim_store_done(sim_store *s) {
  for (size_t i = 0; i < SIM_KINDS; i++) sim_objects_done(&s->kinds[i]);
  for (size_t i = 0; i < SIM_LOG_MAX; i++) event_done(&s->log[i]);
  free(s->log);
  pthread_mutex_destroy(&s->lock);
}

void sim_store_lock(sim_store *s) {
  pthread_mutex_lock(&s->lock);
}
void sim_store_unlock(sim_store *s) {
  pthread_mutex_unlock(&s->lock);
}

size_t sim_store_lower(const sim_objects *v, const char *key) {
  size_t lo = 0, hi = v->len;
  if (hi && strcmp(v->at[hi - 1]->key, key) < 0) return hi; /* seeding appends */
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (strcmp(v->at[mid]->key, key) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static bool found(const sim_objects *v, size_t i, const char *key) {
  return i < v->len && strcmp(v->at[i]->key, key) == 0;
}

sim_object *sim_store_get(const sim_store *s, sim_kind kind, const char *ns, const char *name) {
  char key[600]; /* a namespace has 63, a name 253 bytes at most */
  if (snprintf(key, sizeof key, "%s/%s", ob_or(ns, ""), name) >= (int)sizeof key) return NULL;
  size_t i = sim_store_lower(&s->kinds[kind], key);
  return found(&s->kinds[kind], i, key) ? s->kinds[kind].at[i] : NULL;
}

static void insert_at(sim_objects *v, size_t i, sim_object *move_o) {
  ob_vec_reserve(v, v->len + 1);
  memmove(v->at + i + 1, v->at + i, (v->len - i) * sizeof *v->at);
  v->at[i] = move_o;
  v->len++;
}

static void remove_at(sim_objects *v, size_t i) {
  sim_object_unref(v->at[i]);
  memmove(v->at + i, v->at + i + 1, (v->len - i - 1) * sizeof *v->at);
  v->len--;
}

static void log_event(sim_store *s, sim_event_type type, sim_object *now, sim_object *prev) {
  if (s->loading) {
    s->floor = s->rv;
    return;
  }
  sim_event *e = &s->log[s->rv % SIM_LOG_MAX];
  event_done(e);
  *e = (sim_event){type, sim_object_ref(now), prev ? sim_object_ref(prev) : NULL};
  if (s->rv - s->floor > SIM_LOG_MAX) s->floor = s->rv - SIM_LOG_MAX;
  if (s->on_event) s->on_event(s->arg, now->kind);
}

static sim_object *store_object(sim_store *s, sim_object *move_o) {
  sim_objects *v = &s->kinds[move_o->kind];
  size_t i = sim_store_lower(v, move_o->key);
  if (found(v, i, move_o->key)) {
    log_event(s, SIM_MODIFIED, move_o, v->at[i]);
    sim_object_unref(v->at[i]);
    v->at[i] = move_o;
  } else {
    log_event(s, SIM_ADDED, move_o, NULL);
    insert_at(v, i, move_o);
  }
  return move_o;
}

static sim_object *encode(sim_store *s, sim_kind kind, ob_json *tree) {
  char rv[24];
  snprintf(rv, sizeof rv, "%llu", (unsigned long long)++s->rv);
  ob_json_remove(tree, "kind");
  ob_json_remove(tree, "apiVersion");
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  ob_json_put_str(meta, "resourceVersion", rv);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_JSON_MAX);
  ob_json_print(&text, tree);
  return object_new(kind, ob_json_get_str(meta, "namespace"),
                    ob_or(ob_json_get_str(meta, "name"), ""), s->rv, text.ptr + 1, text.len - 1);
}

sim_object *sim_store_put(sim_store *s, sim_kind kind, ob_json *tree) {
  return store_object(s, encode(s, kind, tree));
}

void sim_store_put_raw(sim_store *s, sim_kind kind, const char *ns, const char *name,
                       const char *body, size_t len) {
  store_object(s, object_new(kind, ns, name, s->rv, body, len));
}

void sim_store_delete(sim_store *s, sim_object *o) {
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  sim_object *last = encode(s, o->kind, tree);
  sim_objects *v = &s->kinds[o->kind];
  size_t i = sim_store_lower(v, o->key);
  log_event(s, SIM_DELETED, last, o);
  if (found(v, i, last->key)) remove_at(v, i);
  sim_object_unref(last);
}

const sim_event *sim_store_event(const sim_store *s, uint64_t rv) {
  return rv > s->floor && rv <= s->rv ? &s->log[rv % SIM_LOG_MAX] : NULL;
}

void sim_store_compact(sim_store *s) {
  s->floor = s->rv;
}

void sim_store_at(const sim_store *s, sim_kind kind, uint64_t rv, sim_objects *ret) {
  const sim_objects *now = &s->kinds[kind];
  ob_vec_reserve(ret, now->len + 1);
  for (size_t i = 0; i < now->len; i++) ret->at[ret->len++] = sim_object_ref(now->at[i]);
  for (uint64_t at = s->rv; at > rv; at--) {
    const sim_event *e = sim_store_event(s, at);
    if (!e || e->now->kind != kind) continue;
    size_t i = sim_store_lower(ret, e->now->key);
    if (e->type == SIM_DELETED) {
      insert_at(ret, i, sim_object_ref(e->prev));
    } else if (found(ret, i, e->now->key)) {
      if (e->type == SIM_ADDED) {
        remove_at(ret, i);
      } else {
        sim_object_unref(ret->at[i]);
        ret->at[i] = sim_object_ref(e->prev);
      }
    }
  }
}
