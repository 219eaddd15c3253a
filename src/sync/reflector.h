/* A reflector keeps one kind in step with the API server: it lists, watches, and after
 * every failure comes back in the way the failure asks for (the table in reflector.c).
 *
 * Thread    WATCHER.
 * Ownership Embedded in the watcher; borrows the connection, the timing and the outbox.
 * Source    client-go's reflector (k8s.io/client-go/tools/cache), KEP-365 paging,
 *           KEP-956 bookmarks.
 */
#ifndef OB_SYNC_REFLECTOR_H
#define OB_SYNC_REFLECTOR_H

#include "base/clock.h"
#include "kube/http.h"
#include "kube/scan.h"
#include "sync/backoff.h"
#include "sync/count.h"
#include "sync/known.h"
#include "sync/outbox.h"

typedef struct ob_reflector ob_reflector;

/* What a reflector tells its watcher. */
typedef struct ob_reflector_host {
  void *arg;
  ob_http *http;
  const ob_timing *timing;
  ob_outbox *box;
  ob_rng *rng;
  bool once;
  /* A response or a failure came; date_ms is the server's clock, 0 unknown. */
  void (*on_result)(void *arg, ob_reflector *r, const ob_http_result *res);
  void (*on_phase)(void *arg, ob_reflector *r);
  uint64_t *events; /* counter, for the status line */
} ob_reflector_host;

typedef enum ob_reflector_do { OB_DO_NOTHING, OB_DO_LIST, OB_DO_WATCH } ob_reflector_do;

typedef enum ob_list_from { /* the resourceVersion that a list asks for */
  OB_FROM_ANY,      /* 0: whatever the server has at hand; the first list */
  OB_FROM_LAST,     /* not older than what we have seen */
  OB_FROM_LATEST,   /* none: the most recent, when the last one is gone */
} ob_list_from;

struct ob_reflector {
  const ob_reflector_host *host;
  ob_kind kind;
  char ns[256];           /* "" all */
  char version[64];       /* API version in use */
  ob_kind_state state;    /* as last published */
  ob_http_call *call;     /* the request under way, or NULL */
  ob_reflector_do doing, next;
  int64_t due_ms;         /* when `next` starts (monotonic) */
  bool complete;          /* a list has ended well: the map is whole */
  ob_list_from from;
  char rv[128];
  ob_known_set known;
  OB_VEC(ob_object *) staged; /* objects of a relist, applied when it is whole */
  ob_list_scan list;
  ob_watch_scan watch;
  ob_backoff backoff;
  int64_t opened_ms, heard_ms, listed_ms;
  int watch_s;            /* timeoutSeconds of the watch */
  bool heard_event, heard_bookmark;
  ob_err stream_err;      /* why our own reading ended the request, or its ERROR event */
  char *cont;             /* the next page of a list that the server cut into pages */
  int64_t told_ms;        /* progress was last published */
  ob_count counter;       /* of a first list that takes its time … */
  int64_t count_ms;       /* … begins here (monotonic), INT64_MAX not */
  int64_t total;          /* what the list under way holds, -1 unknown */
  int expired;            /* 410s in a row: nothing came between them */
  ob_err unread;          /* an object that could not be read since the last list began */
  int unwatched;          /* watches in a row that were forbidden after a list that was not; 2: more */
};

void ob_reflector_init(ob_reflector *r, const ob_reflector_host *host, ob_kind kind, const char *ns,
                       const char *version);
void ob_reflector_done(ob_reflector *r);
/* Start the list now (also after OB_NOT_INSTALLED became installed). */
void ob_reflector_start(ob_reflector *r);
/* Not started, or not installed and left alone until somebody starts it. */
bool ob_reflector_idle(const ob_reflector *r);
/* The server does not serve it: everything known goes. */
void ob_reflector_uninstall(ob_reflector *r, const char *why);
/* Restart in another namespace. */
void ob_reflector_move(ob_reflector *r, const char *ns);
/* Do what is due. Returns when it next has to run (monotonic ms). */
int64_t ob_reflector_run(ob_reflector *r, int64_t now_ms);
/* What waits goes now. */
void ob_reflector_retry(ob_reflector *r);
/* The computer slept: what we have is stale, the watch under way is not to be trusted. */
void ob_reflector_wake(ob_reflector *r, int64_t slept_at_wall_ms);

#endif
