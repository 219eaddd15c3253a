/* The store: objects, their order, and the log of what happened to them.
 *
 * An object is immutable, shared by reference count, and kept as the bytes that a client gets:
 * encoded once per write, then copied into lists and watches. Whoever needs its fields parses
 * them. The bytes leave out the leading `{"kind":…,"apiVersion":…,`, which lists do not carry
 * and everything else puts before.
 *
 * Every write takes the next resourceVersion and leaves one event, so an event's place in the
 * ring is its resourceVersion; undoing the events after N gives the state at N, which is what a
 * continue token asks for.
 *
 * Thread    All functions with the store's lock held (sim_store_lock), references excepted.
 * Limits    SIM_LOG_MAX events; older ones are compacted.
 */
#ifndef OB_SIM_STORE_H
#define OB_SIM_STORE_H

#include "base/buf.h"
#include "base/json.h"
#include "sim/kinds.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { SIM_LOG_MAX = 32768 };

typedef struct sim_object {
  atomic_uint refs;
  sim_kind kind;
  uint64_t rv;
  const char *key;  /* "NAMESPACE/NAME", "/NAME" when cluster-scoped: the order of etcd */
  const char *name; /* points into key */
  size_t nns;       /* bytes of the namespace */
  const char *body; /* `"metadata":…}` */
  size_t len;
} sim_object;
sim_object *sim_object_ref(const sim_object *o);
void sim_object_unref(sim_object *o); /* NULL is fine */
/* `{"kind":…,"apiVersion":…,"metadata":…}` */
int sim_object_print(const sim_object *o, ob_buf *out);
/* The fields, kind and apiVersion left out. Caller owns. */
ob_json *sim_object_tree(const sim_object *o);

typedef OB_VEC(sim_object *) sim_objects;
void sim_objects_done(sim_objects *v); /* drops the references */
OB_AUTO_DEFINE(sim_objects, sim_objects_done)

typedef enum sim_event_type { SIM_ADDED, SIM_MODIFIED, SIM_DELETED } sim_event_type;
typedef struct sim_event {
  sim_event_type type;
  sim_object *now;  /* DELETED: the last state with the resourceVersion of its end */
  sim_object *prev; /* NULL for ADDED */
} sim_event;

typedef struct sim_store {
  pthread_mutex_t lock;
  sim_objects kinds[SIM_KINDS];               /* ordered by key */
  sim_event *log;                             /* ring of SIM_LOG_MAX, at [rv % SIM_LOG_MAX] */
  uint64_t rv;                                /* of the last write */
  uint64_t floor;                             /* events (floor, rv] are in the log */
  bool loading;                               /* a world is seeded: no events */
  void (*on_event)(void *arg, sim_kind kind); /* called under the lock after each event */
  void *arg;
} sim_store;

void sim_store_init(sim_store *s);
void sim_store_done(sim_store *s);
void sim_store_lock(sim_store *s);
void sim_store_unlock(sim_store *s);

/* Borrowed; NULL when absent. ns NULL or "" for cluster-scoped kinds. */
sim_object *sim_store_get(const sim_store *s, sim_kind kind, const char *ns, const char *name);
/* First index whose key is not below. */
size_t sim_store_lower(const sim_objects *v, const char *key);
/* Create or replace under the tree's namespace and name; sets its resourceVersion. Returns the
 * stored object, borrowed. */
sim_object *sim_store_put(sim_store *s, sim_kind kind, ob_json *tree);
/* For worlds: `body` up to and after the resourceVersion's digits, already encoded. */
void sim_store_put_raw(sim_store *s, sim_kind kind, const char *ns, const char *name,
                       const char *body, size_t len);
void sim_store_delete(sim_store *s, sim_object *o);

/* NULL when rv is not in the log. */
const sim_event *sim_store_event(const sim_store *s, uint64_t rv);
/* Forget all events up to now. */
void sim_store_compact(sim_store *s);
/* The objects as they were at rv, which must be in [floor, s->rv]. */
void sim_store_at(const sim_store *s, sim_kind kind, uint64_t rv, sim_objects *ret);

#endif
