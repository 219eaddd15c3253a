/* The session: the front ends' only door to anything that happens outside the
 * process. It opens a cluster, runs the watcher thread, and hands over what changed.
 *
 *   watcher thread ──pending changes──▶ ob_session_pump() ──▶ ob_cluster (read-only)
 *        ▲                                   (UI thread)
 *        └──────────commands (fetch, cancel, narrow)
 *
 * Ownership The session owns the cluster, its status and replies until taken.
 * Thread    Every function: the one UI thread that opened the session.
 * Waiting   Nothing here blocks on the network. ob_session_fd() becomes readable when
 *           ob_session_pump() has something to do.
 */
#ifndef OUTBOARD_SESSION_H
#define OUTBOARD_SESSION_H

#include "outboard/access.h"
#include "outboard/cluster.h"

struct ob_timing;
struct ob_json;
struct ob_apply_report;

typedef struct ob_session ob_session;

typedef struct ob_session_opts {
  const char *kubeconfig;      /* --kubeconfig; NULL: $KUBECONFIG, else ~/.kube/config */
  const char *kubeconfig_text; /* a document in memory (the embedded server); wins */
  const char *context, *cluster, *user;
  const char *in_cluster_root; /* before a pod's /var/run/secrets/…, for tests; NULL: "" */
  const char *as, *as_uid;
  const char *const *as_groups;
  size_t nas_groups;
  bool insecure;
  const char *ns;              /* watch only this namespace; NULL: see scope */
  enum {
    OB_SCOPE_WIDEST,           /* all namespaces; where that is forbidden, one that may be read */
    OB_SCOPE_ALL,              /* all namespaces, forbidden is an error (-A) */
    OB_SCOPE_CONTEXT,          /* the context's namespace (kubectl's default) */
  } scope;
  uint32_t kinds;              /* bit (1u << ob_kind): which to watch; 0: all watched kinds */
  enum {                       /* what a credential plugin may do with the terminal */
    OB_TERMINAL_OF_NOBODY,     /* there is none */
    OB_TERMINAL_OF_PLUGINS,    /* stdin and stderr are one, and nobody draws on it */
    OB_TERMINAL_OF_A_SCREEN,   /* it is lent when status.terminal asks for it */
  } terminal;
  bool once;                   /* lists only, no watches (scripts) */
  const char *probe_ca;        /* PEM file that probes trust beside the system's roots; NULL none */
  const char *journal;         /* of changes; NULL: $XDG_STATE_HOME/outboard/journal */
  const struct ob_timing *timing; /* NULL: ob_timing_default */
} ob_session_opts;

/* Reads the kubeconfig (errors name file, line, field and remedy; OB_ENOTFOUND: there is none
 * at all and this is no pod) and starts the watcher. Never waits for the network. */
int ob_session_open(ob_session **ret, const ob_session_opts *opts, ob_err *err);
/* Ends the watcher, closes its connections (within a second) and frees everything. */
void ob_session_close(ob_session *s);

int ob_session_fd(const ob_session *s);

enum {
  OB_PUMP_OBJECTS = 1 << 0, /* the cluster changed */
  OB_PUMP_STATUS = 1 << 1,  /* ob_session_status() or a kind's state changed */
  OB_PUMP_REPLY = 1 << 2,   /* ob_session_next_reply() has something */
  OB_PUMP_PROBE = 1 << 4,   /* probes were answered (outboard/probe.h) */
  OB_PUMP_ACCESS = 1 << 5,  /* ob_session_access() says something else than before */
  OB_PUMP_FORWARD = 1 << 6, /* a port forward came up or ended (outboard/forward.h) */
  OB_PUMP_MORE = 1 << 3,    /* the budget ended first: call again after drawing */
};
/* Apply what the watcher has, for at most budget_ms (0: everything). */
unsigned ob_session_pump(ob_session *s, int budget_ms);

const ob_cluster *ob_session_cluster(const ob_session *s);
/* Now by the server's clock, Unix ms. Ages are measured with it. */
int64_t ob_session_now(const ob_session *s);

/* --- the connection as a whole ---------------------------------------------------- */
typedef enum ob_conn {
  OB_CONN_CONNECTING, /* no answer yet */
  OB_CONN_SYNCING,    /* the server answers, the first data is on its way */
  OB_CONN_LIVE,       /* every kind that can be live is */
  OB_CONN_STALE,      /* was live; trying again */
  OB_CONN_DOWN,       /* never was; trying again */
} ob_conn;

typedef struct ob_session_status {
  ob_conn conn;
  int64_t since_ms;      /* STALE: data is as of then; else when conn last changed (Unix ms) */
  int64_t retry_ms;      /* next try (Unix ms), 0: one is under way or none is needed */
  ob_err err;            /* why, when STALE or DOWN, or a credential problem */
  char context[256], cluster[256], user[256], server[512];
  char ns[256];          /* what is watched: "" all namespaces */
  bool ns_fallback;      /* all was forbidden: ns is one that may be read, … */
  char ns_why[64];       /* … and why this one: "it is the context's namespace" */
  char context_ns[256];  /* the context's own, "default" when it names none */
  char version[64];      /* server's gitVersion, "" unknown */
  char warning[256];     /* latest Warning header, "" none */
  char notice[256];      /* something about the login to know, "" none: what a credential plugin
                            says while it runs, a file that everybody can read */
  uint32_t terminal;     /* not 0: a credential plugin waits for the terminal or has it; another
                            number is another time */
  uint64_t bytes, events;/* received so far */
  int64_t live_ms;       /* ms from open to first LIVE, -1 not yet */
} ob_session_status;
const ob_session_status *ob_session_status_get(const ob_session *s);

/* --- asking for what is in view ---------------------------------------------------- */
typedef enum ob_fetch {
  OB_FETCH_OBJECT, /* the whole object as the server has it: reply.json */
  OB_FETCH_EVENTS, /* its Events, newest first: reply.objects are ob_event */
  OB_FETCH_PODS,   /* pods that a Service's selector matches: reply.objects are ob_pod */
  OB_FETCH_NAMES,  /* the objects of about's kind in its namespace, by name: of reply.objects only what
                      metadata says is filled in */
  OB_FETCH_PLAN,   /* what becomes of a plan: reply.report (outboard/change.h) */
  OB_FETCH_PLAN_NOW, /* what the server has of a plan's objects: reply.now (outboard/change.h) */
} ob_fetch;

typedef struct ob_reply {
  uint32_t id;
  ob_fetch what;
  ob_err err;            /* code OB_OK when it worked */
  struct ob_json *json;  /* owned by the reply */
  ob_object **objects;   /* owned by the reply */
  size_t nobjects;
  struct ob_apply_report *report; /* owned by the reply */
  struct ob_json **now;           /* owned by the reply */
  size_t nnow;
} ob_reply;

/* Returns the request's id (never 0). A Service is needed for PODS. */
uint32_t ob_session_fetch(ob_session *s, ob_fetch what, const ob_object *about);
/* The answer will not come (or is dropped if it was already there). 0 is ignored. */
void ob_session_cancel(ob_session *s, uint32_t id);
/* True and fills *ret when a reply waits; free it with ob_reply_done(). */
bool ob_session_next_reply(ob_session *s, ob_reply *ret);
void ob_reply_done(ob_reply *r);

/* Somebody looks at this Service: when it is a load balancer that waits for its address, and none of
 * its conditions says why, its Events are asked for, for ob_service_heard(). To be called at every
 * drawing: a service is asked for once in timing->events_ms, OB_HEAR_AT_ONCE at a time, and not where
 * Events may not be listed. OB_PUMP_OBJECTS says that an answer came. */
enum { OB_HEAR_AT_ONCE = 4 };
void ob_session_hear(ob_session *s, const ob_service *about);

/* Try again now, whatever the back-off says (a key the user pressed). */
void ob_session_retry(ob_session *s);

/* The answer to status.terminal: the screen is left, nobody draws and nobody reads stdin until
 * status.terminal is 0 again. */
void ob_session_lend_terminal(ob_session *s);

/* --- contexts ------------------------------------------------------------------------ */
typedef struct ob_context {
  const char *name, *cluster, *user, *ns, *server;
  const char *login; /* "token", "client certificate", "exec PLUGIN", "none" … */
  bool current;
} ob_context;
typedef struct ob_contexts ob_contexts;
/* The contexts that the kubeconfig of `opts` names. */
int ob_contexts_load(ob_contexts **ret, const ob_session_opts *opts, ob_err *err);
void ob_contexts_free(ob_contexts *c);
size_t ob_contexts_len(const ob_contexts *c);
ob_context ob_contexts_at(const ob_contexts *c, size_t i);
/* No kubeconfig anywhere, and this is no pod: there is no cluster to open. */
bool ob_contexts_none(const ob_contexts *c);

/* What a look at a context's server brought. */
typedef struct ob_context_check {
  ob_err err;               /* code OB_OK: it answers and takes the credential */
  char version[64];         /* gitVersion, "" unknown */
  int64_t answer_ms;        /* until its first answer, connecting included */
  bool rights_known;
  int rights, rights_of;    /* kinds that may be listed and watched, of so many */
  char only_ns[256];        /* "" all namespaces; else the rights hold in this one */
  char missing[256];        /* "list, watch on nodes", "" nothing */
} ob_context_check;
enum { OB_CHECKS_AT_ONCE = 32, OB_CHECK_MS = 5000 };
/* Look at the servers of all contexts, OB_CHECKS_AT_ONCE at a time: each_ms (0: OB_CHECK_MS) for the
 * first answer, and once more for the rights. ret has ob_contexts_len() rows. Waits until all is known: not for a UI thread. */
int ob_contexts_check(const ob_contexts *c, const ob_session_opts *opts, int each_ms,
                      ob_context_check *ret, ob_err *err);

#endif
