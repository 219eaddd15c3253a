/* Requests to one API server over one curl_multi (kube/curl.h says who else is on it).
 *
 *   ob_http_start() … ob_http_poll() ─▶ on_open, on_data …, on_done
 *
 * HTTP/2 over TLS where the server has it (all requests share a connection), else HTTP/1.1.
 * TLS 1.2 or newer, verified unless the target says insecure; only https and http; a
 * redirect is never followed and no credential ever leaves for another host. Client
 * certificate and CA files are read again when they change, and connections made with the old
 * ones are closed (within timing->rotate_ms and the requests under way); a token file is read
 * again after timing->token_file_ms and on a 401.
 *
 * Login     Where the credential has to be fetched (an exec plugin, an OIDC issuer), requests
 *           wait for it, and their time limits begin after it; everything else goes on. When it
 *           cannot be had they end with OB_EAUTH and the reason.
 * 401       The credential is read or fetched again once for all requests that got it (those
 *           that were sent with an older one do not ask again); when there is a newer one the
 *           request is repeated once, unseen by the caller. Otherwise on_done gets OB_EAUTH.
 * Ownership The ob_http owns its calls. A call pointer dies when its on_done has returned,
 *           when ob_http_cancel() was called, or with the ob_http.
 * Thread    WATCHER: whoever called ob_http_new(), except ob_http_wakeup() (ANY). Callbacks run
 *           inside ob_http_poll() only, never inside start or cancel.
 * Signals   ob_http_poll() and ob_http_free() block SIGPIPE in the calling thread and leave it so.
 * Callbacks may start and cancel calls. They must take what they are given at once: nothing
 *           is ever paused.
 * Units     Milliseconds; Unix ms for dates.
 * Limits    OB_HTTP_BODY_MAX bytes of a collected 2xx body, OB_HTTP_ERROR_MAX of an error's,
 *           OB_HTTP_WARNINGS warnings (and one that counts the others), OB_HTTP_HEADER_MAX bytes
 *           of a kept header.
 */
#ifndef OB_KUBE_HTTP_H
#define OB_KUBE_HTTP_H

#include "base/clock.h"
#include "kube/config.h"
#include "kube/status.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ob_http ob_http;
typedef struct ob_http_call ob_http_call;

enum {
  OB_HTTP_BODY_MAX = 64 * 1024 * 1024,
  OB_HTTP_ERROR_MAX = 1024 * 1024,
  OB_HTTP_WARNINGS = 16,
  OB_HTTP_HEADER_MAX = 4096,
  OB_HTTP_STALL_BYTES = 256 /* less than this in stall_ms is a stall: a drip counts as one */
};

/* Once in a process, before other threads start; safe to call again. */
int ob_http_global_init(ob_err *err);

/* `target` and `timing` are borrowed and outlive the ob_http. Reads the CA, certificate and
 * key files: errors are -OB_ECONFIG. Connects to nothing. */
int ob_http_new(ob_http **ret, const ob_kube_target *target, const ob_timing *timing, ob_err *err);
/* What a login may do with the terminal, and who is told of it. Callbacks run inside of
 * ob_http_poll(). Without this call: OB_TERMINAL_NONE. */
typedef struct ob_http_terminal {
  enum {
    OB_TERMINAL_NONE, /* there is none: a plugin that insists on it fails */
    OB_TERMINAL_OURS, /* stdin and stderr are a terminal that nobody else uses */
    OB_TERMINAL_ASK,  /* somebody draws on it: ask, and wait for ob_http_terminal_lent() */
  } how;
  void (*ask)(void *arg, bool wanted); /* true: a plugin wants it (ASK) or has it (OURS); false:
                                          it is over */
  void (*say)(void *arg, const char *line); /* what a plugin that runs says: hostile; "" over */
  void *arg;
} ob_http_terminal;
void ob_http_terminal_set(ob_http *h, const ob_http_terminal *terminal);
void ob_http_terminal_lent(ob_http *h);
/* A person asked: a login that failed is tried at the next request, whatever its back-off. */
void ob_http_login_again(ob_http *h);

/* When the client certificate or the token (a JWT) that is in use expires by its own words, Unix
 * ms; 0: neither says. */
int64_t ob_http_login_until(const ob_http *h);

/* Cancels every call (no on_done) and closes all connections. Not from a callback. */
void ob_http_free(ob_http *h);
OB_AUTOPTR_DEFINE(ob_http, ob_http_free)

/* How far a call came. */
typedef enum ob_http_stage {
  OB_HTTP_RESOLVING,
  OB_HTTP_CONNECTING,
  OB_HTTP_SECURING, /* TLS */
  OB_HTTP_ASKING,   /* connected; no whole answer */
  OB_HTTP_ANSWERED, /* whatever the answer was; of `inspect`: TLS stands */
} ob_http_stage;

/* The server's own certificate, as `inspect` found it. Texts are hostile. */
typedef struct ob_http_cert {
  char subject[256], issuer[256];
  char names[512];                     /* "localhost, 127.0.0.1"; "" none */
  int64_t not_before_ms, not_after_ms; /* Unix ms, 0 unknown */
} ob_http_cert;

/* By which way a call went. Times are microseconds from its start, 0: not so far, or a connection
 * that was there already. */
typedef struct ob_http_trace {
  ob_http_stage stage;
  char address[64]; /* tried last, of the server or the proxy; "" none, or a connection that was
                       there already */
  char proxy[256];  /* scheme, host and port without a login; "" direct */
  int64_t resolved_us, connected_us, secured_us;
  char tls[32];      /* `inspect`: "TLSv1.3"; "" unknown */
  ob_http_cert cert; /* `inspect` */
} ob_http_trace;

/* What on_done learns; all pointers die when it returns. */
typedef struct ob_http_result {
  ob_err err;                  /* code OB_OK on 2xx and on a 304 that answers if_none_match */
  int status;                  /* 0: no response came */
  int64_t date_ms;             /* the server's time now, by its Date and what passed since; 0 none */
  int64_t retry_after_ms;      /* of 429 and 5xx; -1 none */
  const char *etag;            /* "" none */
  const char *content_type;    /* "" none */
  const char *const *warnings; /* texts of `Warning: 299` headers, unescaped, hostile */
  size_t nwarnings;
  const char *body; /* NUL-terminated: of an error response, or of a 2xx without on_data */
  size_t body_len;
  const ob_status *failure; /* the error's Status when it was one, else NULL */
  size_t bytes;             /* of the body, on the wire (compressed) */
  bool reused;              /* no new connection was made */
  bool cut;                 /* a 2xx had begun and the connection broke in the middle */
  const ob_http_trace *trace;
} ob_http_result;

typedef struct ob_http_request {
  const char *method; /* NULL: GET */
  const char *path;   /* "/api/v1/services?limit=500", escaped; the target's prefix is added */
  const char *accept; /* NULL: application/json */
  const char *content_type;
  const void *body; /* copied */
  size_t body_len;
  const char *if_none_match; /* an ETag as got */
  bool gzip;                 /* accept gzip: lists and gets, never watches */
  bool stream;    /* a watch: no time limit once connected; a dead peer is noticed by the socket
                     (timing->dead_peer_ms). Until the headers: timing->request_ms */
  int timeout_ms; /* the whole request; 0: timing->request_ms, or none with stall_ms */
  int stall_ms;   /* > 0: fails when OB_HTTP_STALL_BYTES do not come in so long (lists) */
  bool through;   /* what answers may stand behind the API server: a 401 that is no Status says
                     nothing about the credential */
  bool inspect;   /* only a connection of its own, to see the server's certificate: nothing is
                     verified, and neither a request nor any credential is sent */
  void (*on_open)(void *arg, int status);                   /* 2xx headers are there; may be NULL */
  int (*on_data)(void *arg, const char *bytes, size_t n);   /* body of a 2xx, decompressed;
                               non-zero ends the call: on_done with OB_ECANCELED. NULL: collect */
  void (*on_done)(void *arg, const ob_http_result *result); /* exactly once unless cancelled */
  void *arg;
} ob_http_request;

/* Never fails here: what is wrong comes through on_done at a later poll. */
ob_http_call *ob_http_start(ob_http *h, const ob_http_request *request);

/* No callback of this call runs any more. Allowed anywhere, also inside callbacks, its own
 * included (on_done: no effect). NULL is ignored. */
void ob_http_cancel(ob_http_call *call);

/* Run what is ready, then wait for traffic, a wakeup, an own deadline or timeout_ms (< 0: no
 * limit), and run what became ready. Returns the number of calls under way. */
int ob_http_poll(ob_http *h, int timeout_ms);

/* ANY thread: ends a wait, or the next one. */
void ob_http_wakeup(ob_http *h);

/* Every connection is closed, also those in use: their calls end as cut. For a computer that
 * slept, and for tests. */
void ob_http_drop_connections(ob_http *h);

#endif
