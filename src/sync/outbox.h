/* What the watcher has for the UI: pending changes, states, replies.
 *
 * Changes are coalesced by (kind, uid), newest wins, and an object that came and went
 * unseen leaves nothing, so that their number is bounded by the objects that live or that
 * the UI knows, whatever the UI does meanwhile. The watcher never waits for the UI.
 *
 * Ownership Objects and replies move in by put, out by take.
 * Thread    put functions: WATCHER. take, fd: UI. new, free: when the other is not there.
 */
#ifndef OB_SYNC_OUTBOX_H
#define OB_SYNC_OUTBOX_H

#include "base/queue.h"
#include "outboard/probe.h"
#include "outboard/session.h"
#include "sync/access.h"

typedef struct ob_outbox ob_outbox;

int ob_outbox_new(ob_outbox **ret, ob_err *err);
void ob_outbox_free(ob_outbox *o);
int ob_outbox_fd(const ob_outbox *o); /* readable while something waits */

/* is_new: no object of that uid was ever handed in, or it was deleted since. */
void ob_outbox_put(ob_outbox *o, ob_object *move_object, bool is_new);
void ob_outbox_delete(ob_outbox *o, ob_kind kind, ob_uid uid);
/* Everything of the kind goes: pending ones are dropped, the UI clears the rest. */
void ob_outbox_clear(ob_outbox *o, ob_kind kind);
void ob_outbox_kind(ob_outbox *o, ob_kind kind, const ob_kind_state *state);
void ob_outbox_status(ob_outbox *o, const ob_session_status *status);
void ob_outbox_not_read(ob_outbox *o, const char *line);
void ob_outbox_skew(ob_outbox *o, int64_t server_minus_local_ms);
void ob_outbox_reply(ob_outbox *o, ob_reply *move_reply);
/* Bounded by what was asked for. */
void ob_outbox_probe(ob_outbox *o, uint64_t target_key, const ob_probe_result *r);
bool ob_outbox_take_probe(ob_outbox *o, uint64_t *ret_key, ob_probe_result *ret);
void ob_outbox_access(ob_outbox *o, const ob_access_answer *answer);

/* One change for the cluster, a link of the taken chain. */
typedef struct ob_change {
  struct ob_change *next, *prev;
  ob_kind kind;
  enum { OB_CHANGE_PUT, OB_CHANGE_DELETE, OB_CHANGE_CLEAR } op;
  bool is_new;       /* the UI has never seen the object: deleting it cancels both */
  ob_object *object; /* PUT */
  ob_uid uid;        /* PUT, DELETE */
} ob_change;

typedef struct ob_taken {
  ob_change *changes;      /* in order; the taker frees with ob_change_free */
  ob_kind_state kinds[OB_KIND_COUNT];
  uint32_t kinds_changed;  /* bits */
  ob_session_status status;
  bool status_changed, not_read_changed;
  char not_read[512];
  int64_t skew_ms;
} ob_taken;
void ob_outbox_take(ob_outbox *o, ob_taken *ret);
void ob_change_free(ob_change *move_change);
bool ob_outbox_take_reply(ob_outbox *o, ob_reply *ret);
bool ob_outbox_take_access(ob_outbox *o, ob_access_answer *ret);

#endif
