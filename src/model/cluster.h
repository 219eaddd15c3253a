/* Making and feeding the joined picture; reading it is include/outboard/cluster.h.
 *
 * Pure: no I/O, no threads, no clock of its own.
 * Thread    UI (the cluster), WATCHER (ob_decode).
 */
#ifndef OB_MODEL_CLUSTER_H
#define OB_MODEL_CLUSTER_H

#include "base/json.h"
#include "outboard/cluster.h"

/* One decoded object, or NULL with err when the JSON is not an object with metadata.name and
 * uid. Unknown enum values and absent fields are not errors. Limits: see decode.c. */
ob_object *ob_decode(ob_kind kind, const ob_json *json, ob_err *err);

ob_cluster *ob_cluster_new(void);
void ob_cluster_free(ob_cluster *c);

/* Insert or replace by (kind, uid); the object is one of ob_decode()'s. Same digest: keeps the
 * joins untouched, returns false. An object with the name of another uid takes its place (delete +
 * create seen out of order). */
bool ob_cluster_put(ob_cluster *c, ob_object *move_o);
/* The time of what is put and deleted next, for ob_object_news(). */
void ob_cluster_clock(ob_cluster *c, int64_t now_ms);
/* Unknown uid: no-op, false. */
bool ob_cluster_delete(ob_cluster *c, ob_kind kind, ob_uid uid);
/* Drop all objects of a kind (it became forbidden or was uninstalled). */
void ob_cluster_clear(ob_cluster *c, ob_kind kind);
void ob_cluster_kind_set(ob_cluster *c, ob_kind kind, const ob_kind_state *state);
void ob_cluster_not_read_set(ob_cluster *c, const char *line);
/* Time passes: what depends on it (a load balancer pending for 5 minutes) is marked changed.
 * Returns the Unix ms at which it next matters, INT64_MAX never. */
int64_t ob_cluster_tick(ob_cluster *c, int64_t now_ms);

/* What is heard of a load balancer that waits (ob_service_heard). True: it waits, no condition says
 * why, and nobody has asked for so long; it counts as asked now. */
bool ob_heard_due(ob_cluster *c, const ob_service *s, int64_t mono_ms, int64_t every_ms);
/* The answer, of the Service of this uid: its newest Warning, copied; NULL there is none. */
void ob_heard_put(ob_cluster *c, ob_uid uid, const ob_event *e);

/* What changed since the last ob_cluster_settle(): owners (Services, Ingresses) whose rows may
 * differ. Deleted ones are kept alive, with their uid, until settle. ob_list uses this. */
typedef struct ob_dirty {
  uint64_t generation; /* counts settles */
  uint64_t changes;    /* grows with every mark; a reader that has seen this many … */
  uint64_t settled;    /* … at least has missed nothing before this generation */
  bool all;            /* a kind's state changed: everything may look different */
  const struct ob_dirty_owner {
    const ob_object *owner; /* still readable */
    struct ob_entry *entry; /* NULL: it is gone */
    uint32_t slot;          /* its number among the owners; no other has it in this generation */
  } * owners;
  size_t nowners;
} ob_dirty;
const ob_dirty *ob_cluster_dirty(const ob_cluster *c);
/* Forget the dirty set, free the dead. Lists that missed it rebuild themselves. */
void ob_cluster_settle(ob_cluster *c);

/* Test hook: NULL when the joins equal those rebuilt from scratch, else what differs. */
char *ob_cluster_check(const ob_cluster *c);

#endif
