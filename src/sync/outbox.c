/* One mutex, one eventfd. The chain of changes keeps arrival order; a map by uid finds
 * the pending change of an object so that a newer one takes its place in the chain.
 * The eventfd is written only when the box goes from "taken" to "something is here": a
 * flood costs the UI one wake-up. */
#include "sync/outbox.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct reply_link {
  ob_link link;
  ob_reply reply;
};

struct probe_link {
  ob_link link;
  uint64_t key;
  ob_probe_result result;
};

struct access_link {
  ob_link link;
  ob_access_answer answer;
};

struct ob_outbox {
  pthread_mutex_t lock;
  int fd;
  bool signalled;
  ob_change *head, *tail;
  ob_map pending[OB_KIND_COUNT]; /* uid -> ob_change */
  ob_taken state;                /* all but `changes` */
  ob_queue replies, probes, answers;
};

int ob_outbox_new(ob_outbox **ret, ob_err *err) {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return ob_fail(err, OB_EIO, "eventfd: %s", strerror(errno));
  ob_outbox *o = ob_calloc(1, sizeof *o);
  o->fd = fd;
  pthread_mutex_init(&o->lock, NULL);
  ob_queue_init(&o->replies);
  ob_queue_init(&o->probes);
  ob_queue_init(&o->answers);
  *ret = o;
  return 0;
}

void ob_change_free(ob_change *move_change) {
  if (!move_change) return;
  ob_object_free(move_change->object);
  free(move_change);
}

void ob_outbox_free(ob_outbox *o) {
  if (!o) return;
  for (ob_change *c = o->head, *next; c; c = next) {
    next = c->next;
    ob_change_free(c);
  }
  ob_reply r;
  while (ob_outbox_take_reply(o, &r)) ob_reply_done(&r);
  for (ob_link *l; (l = ob_queue_pop(&o->probes));) free(l);
  for (ob_link *l; (l = ob_queue_pop(&o->answers));) free(l);
  for (int k = 0; k < OB_KIND_COUNT; k++) ob_map_done(&o->pending[k]);
  ob_queue_done(&o->replies);
  ob_queue_done(&o->probes);
  ob_queue_done(&o->answers);
  pthread_mutex_destroy(&o->lock);
  close(o->fd);
  free(o);
}

int ob_outbox_fd(const ob_outbox *o) { return o->fd; }

/* With the lock held. */
static void wake(ob_outbox *o) {
  if (o->signalled) return;
  o->signalled = true;
  uint64_t one = 1;
  ssize_t n = write(o->fd, &one, sizeof one);
  (void)n; /* cannot block: the counter is 0 or 1 */
}

static void append(ob_outbox *o, ob_change *c) {
  c->prev = o->tail;
  c->next = NULL;
  if (o->tail)
    o->tail->next = c;
  else
    o->head = c;
  o->tail = c;
  wake(o);
}

static void unlink_change(ob_outbox *o, ob_change *c) {
  *(c->prev ? &c->prev->next : &o->head) = c->next;
  *(c->next ? &c->next->prev : &o->tail) = c->prev;
}

/* The pending change of the object, or a new one. */
static ob_change *change_of(ob_outbox *o, ob_kind kind, ob_uid uid, bool is_new) {
  ob_change *c = ob_map_get(&o->pending[kind], (const char *)&uid, sizeof uid);
  if (c) return c;
  c = ob_calloc(1, sizeof *c);
  c->kind = kind;
  c->is_new = is_new;
  c->uid = uid;
  append(o, c);
  ob_map_put(&o->pending[kind], (const char *)&c->uid, sizeof c->uid, c);
  return c;
}

void ob_outbox_put(ob_outbox *o, ob_object *move_object, bool is_new) {
  pthread_mutex_lock(&o->lock);
  ob_change *c = change_of(o, move_object->kind, move_object->uid, is_new);
  ob_object *old = c->object;
  c->object = move_object;
  c->op = OB_CHANGE_PUT;
  pthread_mutex_unlock(&o->lock);
  ob_object_free(old);
}

void ob_outbox_delete(ob_outbox *o, ob_kind kind, ob_uid uid) {
  ob_object *old = NULL;
  pthread_mutex_lock(&o->lock);
  ob_change *c = change_of(o, kind, uid, false);
  bool unseen = c->is_new;
  if (unseen) {
    ob_map_del(&o->pending[kind], (const char *)&uid, sizeof uid);
    unlink_change(o, c);
  } else {
    old = ob_take(c->object);
    c->op = OB_CHANGE_DELETE;
  }
  pthread_mutex_unlock(&o->lock);
  ob_object_free(old);
  if (unseen) ob_change_free(c);
}

void ob_outbox_clear(ob_outbox *o, ob_kind kind) {
  ob_change *clear = ob_calloc(1, sizeof *clear), *dead = NULL;
  clear->kind = kind;
  clear->op = OB_CHANGE_CLEAR;
  pthread_mutex_lock(&o->lock);
  for (ob_change *c = o->head, *next; c; c = next) {
    next = c->next;
    if (c->kind != kind) continue;
    unlink_change(o, c);
    c->next = dead;
    dead = c;
  }
  ob_map_clear(&o->pending[kind]);
  append(o, clear);
  pthread_mutex_unlock(&o->lock);
  for (ob_change *next; dead; dead = next) {
    next = dead->next;
    ob_change_free(dead);
  }
}

void ob_outbox_kind(ob_outbox *o, ob_kind kind, const ob_kind_state *state) {
  pthread_mutex_lock(&o->lock);
  o->state.kinds[kind] = *state;
  o->state.kinds_changed |= 1u << kind;
  wake(o);
  pthread_mutex_unlock(&o->lock);
}

void ob_outbox_status(ob_outbox *o, const ob_session_status *status) {
  pthread_mutex_lock(&o->lock);
  o->state.status = *status;
  o->state.status_changed = true;
  wake(o);
  pthread_mutex_unlock(&o->lock);
}

void ob_outbox_not_read(ob_outbox *o, const char *line) {
  pthread_mutex_lock(&o->lock);
  if (!ob_streq(o->state.not_read, line)) {
    snprintf(o->state.not_read, sizeof o->state.not_read, "%s", line);
    o->state.not_read_changed = true;
    wake(o);
  }
  pthread_mutex_unlock(&o->lock);
}

void ob_outbox_skew(ob_outbox *o, int64_t server_minus_local_ms) {
  pthread_mutex_lock(&o->lock);
  o->state.skew_ms = server_minus_local_ms;
  pthread_mutex_unlock(&o->lock);
}

void ob_outbox_reply(ob_outbox *o, ob_reply *move_reply) {
  struct reply_link *l = ob_calloc(1, sizeof *l);
  l->reply = *move_reply;
  ob_queue_push(&o->replies, &l->link);
  pthread_mutex_lock(&o->lock);
  wake(o);
  pthread_mutex_unlock(&o->lock);
}

void ob_outbox_access(ob_outbox *o, const ob_access_answer *answer) {
  struct access_link *l = ob_calloc(1, sizeof *l);
  l->answer = *answer;
  ob_queue_push(&o->answers, &l->link);
  pthread_mutex_lock(&o->lock);
  wake(o);
  pthread_mutex_unlock(&o->lock);
}

bool ob_outbox_take_access(ob_outbox *o, ob_access_answer *ret) {
  struct access_link *l = (struct access_link *)(void *)ob_queue_pop(&o->answers);
  if (!l) return false;
  *ret = l->answer;
  free(l);
  return true;
}

bool ob_outbox_take_reply(ob_outbox *o, ob_reply *ret) {
  struct reply_link *l = (struct reply_link *)(void *)ob_queue_pop(&o->replies);
  if (!l) return false;
  *ret = l->reply;
  free(l);
  return true;
}

void ob_outbox_probe(ob_outbox *o, uint64_t target_key, const ob_probe_result *r) {
  struct probe_link *l = ob_calloc(1, sizeof *l);
  l->key = target_key;
  l->result = *r;
  ob_queue_push(&o->probes, &l->link);
  pthread_mutex_lock(&o->lock);
  wake(o);
  pthread_mutex_unlock(&o->lock);
}

bool ob_outbox_take_probe(ob_outbox *o, uint64_t *ret_key, ob_probe_result *ret) {
  struct probe_link *l = (struct probe_link *)(void *)ob_queue_pop(&o->probes);
  if (!l) return false;
  *ret_key = l->key;
  *ret = l->result;
  free(l);
  return true;
}

void ob_outbox_take(ob_outbox *o, ob_taken *ret) {
  pthread_mutex_lock(&o->lock);
  *ret = o->state;
  ret->changes = o->head;
  o->head = o->tail = NULL;
  for (int k = 0; k < OB_KIND_COUNT; k++) ob_map_clear(&o->pending[k]);
  o->state.kinds_changed = 0;
  o->state.status_changed = o->state.not_read_changed = false;
  if (o->signalled) {
    uint64_t count;
    ssize_t n = read(o->fd, &count, sizeof count);
    (void)n;
    o->signalled = false;
  }
  pthread_mutex_unlock(&o->lock);
}
