/* What probes have found: an entry for each target, found by target, by way in, and by service.
 *
 * Entries lie in a ring of pointers in the order of their first asking; when it is full the oldest
 * one makes room. The two chains go through the entries, their heads are in maps; the keys of the
 * maps lie in the entry at the head. */
#include "model/probe.h"

#include "base/str.h"
#include "model/cluster_priv.h"

typedef struct entry {
  ob_probe_entry e;                /* first */
  struct entry *next[2], *prev[2]; /* same row, same service */
} entry;

enum { BY_ROW, BY_SERVICE };

struct ob_probe_log {
  ob_map by_key, heads[2];
  OB_VEC(entry *) order;
  size_t oldest; /* in order, once it is full */
};

ob_probe_log *ob_probe_log_new(void) {
  return ob_calloc(1, sizeof(ob_probe_log));
}

void ob_probe_log_free(ob_probe_log *l) {
  if (!l) return;
  for (size_t i = 0; i < l->order.len; i++) free(l->order.at[i]);
  ob_vec_done(&l->order);
  ob_map_done(&l->by_key);
  ob_map_done(&l->heads[BY_ROW]);
  ob_map_done(&l->heads[BY_SERVICE]);
  free(l);
}

/* --- chains --- */
static const char *chain_key(const entry *x, int chain, size_t *ret_len) {
  const ob_probe_target *t = &x->e.target;
  if (chain == BY_SERVICE) {
    *ret_len = ob_uid_none(t->service_uid) ? 0 : sizeof t->service_uid;
    return (const char *)&t->service_uid;
  }
  *ret_len = t->row ? sizeof t->row : 0;
  return (const char *)&t->row;
}

static void chain_add(ob_probe_log *l, entry *x, int chain) {
  size_t n;
  const char *key = chain_key(x, chain, &n);
  if (n == 0) return;
  entry *head = ob_map_put(&l->heads[chain], key, n, x);
  x->next[chain] = head;
  if (head) head->prev[chain] = x;
}

static void chain_remove(ob_probe_log *l, entry *x, int chain) {
  size_t n;
  const char *key = chain_key(x, chain, &n);
  if (n == 0) return;
  entry *next = x->next[chain], *prev = x->prev[chain];
  if (next) next->prev[chain] = prev;
  if (prev) {
    prev->next[chain] = next;
    return;
  }
  if (!next) {
    ob_map_del(&l->heads[chain], key, n);
    return;
  }
  key = chain_key(next, chain, &n);
  ob_map_put(&l->heads[chain], key, n, next);
}

/* --- filling --- */
static entry *find(const ob_probe_log *l, uint64_t key) {
  return ob_map_get(&l->by_key, (const char *)&key, sizeof key);
}

static entry *new_entry(ob_probe_log *l) {
  if (l->order.len < OB_PROBE_TARGETS) {
    entry *x = ob_calloc(1, sizeof *x);
    ob_vec_push(&l->order, x);
    return x;
  }
  entry *x = l->order.at[l->oldest];
  l->oldest = (l->oldest + 1) % OB_PROBE_TARGETS;
  for (int chain = 0; chain < 2; chain++) chain_remove(l, x, chain);
  ob_map_del(&l->by_key, (const char *)&x->e.target.key, sizeof x->e.target.key);
  *x = (entry){0};
  return x;
}

bool ob_probe_log_ask(ob_probe_log *l, const ob_probe_target *t) {
  entry *x = find(l, t->key);
  /* Under way already; but one that was to be left out may now be asked after all. */
  if (x && x->e.waiting && (!*x->e.target.skip || *t->skip)) return false;
  if (!x) {
    x = new_entry(l);
    x->e.target = *t;
    ob_map_put(&l->by_key, (const char *)&x->e.target.key, sizeof t->key, x);
    for (int chain = 0; chain < 2; chain++) chain_add(l, x, chain);
  }
  x->e.target = *t; /* the same key: what may differ is the skip, or who may go where */
  x->e.waiting = true;
  x->e.asked++;
  return true;
}

void ob_probe_log_put(ob_probe_log *l, uint64_t key, const ob_probe_result *r) {
  entry *x = find(l, key);
  if (!x) return;
  ob_probe_entry *e = &x->e;
  e->last = *r;
  e->waiting = false;
  e->answered++;
  if (r->verdict == OB_PROBE_SKIPPED) return;
  ob_probe_step step = e->target.scheme == OB_PROBE_TCP ? OB_STEP_CONNECT : OB_STEP_ANSWER;
  int64_t us = 0;
  for (int i = 0; i <= (int)step; i++)
    if (r->step_us[i] > 0) us += r->step_us[i];
  size_t at = e->nsamples++ % OB_PROBE_HISTORY;
  e->sample[at].at_ms = r->at_ms;
  e->sample[at].ms = r->verdict == OB_PROBE_BAD ? -1 : (int32_t)((us + 500) / 1000);
}

void ob_probe_log_stop(ob_probe_log *l) {
  for (size_t i = 0; i < l->order.len; i++) l->order.at[i]->e.waiting = false;
}

/* --- reading --- */
const ob_probe_log *ob_cluster_probes(const ob_cluster *c) {
  return c->probes;
}

ob_probe_log *ob_cluster_probe_log(ob_cluster *c) {
  return c->probes;
}

size_t ob_probe_log_len(const ob_probe_log *l) {
  return l->order.len;
}

const ob_probe_entry *ob_probe_log_at(const ob_probe_log *l, size_t i) {
  return &l->order.at[(l->oldest + i) % l->order.len]->e;
}

const ob_probe_entry *ob_probe_log_find(const ob_probe_log *l, uint64_t key) {
  entry *x = find(l, key);
  return x ? &x->e : NULL;
}

size_t ob_probe_of_row(const ob_cluster *c, const ob_row *r, const ob_probe_entry **ret,
                       size_t max) {
  bool whole = r->way == OB_ROW_SERVICE, balancers = r->way == OB_ROW_LB && r->port < 0;
  int chain = whole || balancers ? BY_SERVICE : BY_ROW;
  uint64_t row = ob_row_key(r);
  const char *key = chain == BY_SERVICE ? (const char *)&r->service->o.uid : (const char *)&row;
  size_t len = chain == BY_SERVICE ? sizeof r->service->o.uid : sizeof row, n = 0, held = 0;
  for (entry *x = ob_map_get(&c->probes->heads[chain], key, len); x; x = x->next[chain]) {
    if (balancers && x->e.target.way != OB_ROW_LB) continue;
    if (n++ < max) ret[held++] = &x->e;
  }
  /* The chain has the youngest first. */
  for (size_t i = 0; i < held / 2; i++) {
    const ob_probe_entry *other = ret[i];
    ret[i] = ret[held - 1 - i];
    ret[held - 1 - i] = other;
  }
  return n;
}

uint64_t ob_probe_look(const ob_cluster *c, const ob_row *r) {
  if (c->probes->order.len == 0) return 0;
  const ob_probe_entry *e[OB_PROBE_PLAN_MAX];
  size_t n = ob_probe_of_row(c, r, e, OB_PROBE_PLAN_MAX);
  uint64_t h = n;
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++) {
    unsigned facts[] = {e[i]->last.verdict, e[i]->answered > 0, e[i]->waiting};
    h = ob_hash_more(h, facts, sizeof facts);
  }
  return h;
}

void ob_cluster_mark_probed(ob_cluster *c, const ob_probe_target *t) {
  static const ob_kind kinds[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (size_t i = 0; i < OB_LEN(kinds); i++) {
    const ob_object *o = ob_cluster_find_uid(c, kinds[i], t->owner_uid);
    if (o) ob_mark(c, o);
  }
  const ob_object *s = ob_cluster_find_uid(c, OB_KIND_SERVICE, t->service_uid);
  if (s) ob_mark(c, s);
}
