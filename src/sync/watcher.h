/* The watcher thread: it owns the connections, the credentials and the reflectors, and
 * everything it learns leaves through the outbox.
 *
 * Thread    Everything in this header: WATCHER, except ob_watcher_start, _stop and _send,
 *           which the UI calls.
 */
#ifndef OB_SYNC_WATCHER_H
#define OB_SYNC_WATCHER_H

#include "base/clock.h"
#include "base/queue.h"
#include "kube/config.h"
#include "kube/discovery.h"
#include "kube/http.h"
#include "sync/access.h"
#include "sync/outbox.h"
#include "sync/scope.h"

typedef struct ob_watcher ob_watcher;

typedef struct ob_watcher_opts {
  ob_kube_target *target; /* moved in: the watcher frees it */
  ob_timing timing;
  uint32_t kinds;         /* bits of ob_kind */
  int terminal;           /* as in ob_session_opts */
  bool once;
  char *probe_ca; /* moved in; NULL none */
  char ns[256];           /* "" all namespaces */
  char *journal;          /* moved in; NULL: the default place */
  bool may_narrow;        /* when listing Services everywhere is forbidden, one namespace is … */
  ob_scope_hints hints;   /* … looked for with these */
} ob_watcher_opts;

/* Starts the thread. The outbox is borrowed and outlives it. */
int ob_watcher_start(ob_watcher **ret, const ob_watcher_opts *move_opts, ob_outbox *box, ob_err *err);
/* Asks the thread to end and waits for it: it closes its connections and answers no more. */
void ob_watcher_stop(ob_watcher *w);

/* A command from the UI; never refused. */
typedef struct ob_command_msg {
  ob_link link;
  enum {
    OB_MSG_FETCH,
    OB_MSG_CANCEL,
    OB_MSG_RETRY,
    OB_MSG_TERMINAL_LENT,
    OB_MSG_PROBE,
    OB_MSG_PROBE_STOP,
    OB_MSG_PLAN,
    OB_MSG_PLAN_NOW,
    OB_MSG_ACCESS
  } what;
  uint32_t id;
  ob_fetch fetch;
  ob_kind kind;
  char *ns, *name, *uid;
  ob_access_question question; /* ACCESS */
  char *query; /* PODS: the label selector */
  ob_probe_target *targets; /* PROBE */
  size_t ntargets;
  struct ob_plan *plan; /* PLAN_NOW; PLAN, with the next two */
  bool dry;
  uint64_t undo_of;
} ob_command_msg;
void ob_watcher_send(ob_watcher *w, ob_command_msg *move_msg);

#endif
