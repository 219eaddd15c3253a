/* What stands behind kube/http.h and needs no libcurl: credentials in their current state,
 * response headers, and sentences for transport failures. Private to http*.c.
 *
 * Thread WATCHER.
 */
#ifndef OB_KUBE_HTTP_PRIV_H
#define OB_KUBE_HTTP_PRIV_H

#include "kube/http.h"
#include <sys/socket.h>
#include <sys/stat.h>

/* --- credentials (http_cred.c) --- */

/* PEM texts that one connection is made with. Shared by the calls that were started with them,
 * because libcurl reads them in place; "" is absent. */
typedef struct ob_tls_material {
  unsigned refs;
  char *ca, *cert, *key;
} ob_tls_material;
ob_tls_material *ob_tls_material_ref(ob_tls_material *m);
void ob_tls_material_unref(ob_tls_material *m);

typedef struct ob_file_mark { /* tells whether a file changed */
  struct timespec mtime;
  off_t size;
  ino_t inode;
} ob_file_mark;

typedef struct ob_creds {
  const ob_kube_target *target;
  const ob_timing *timing;
  ob_tls_material *tls;
  char *token; /* NULL none */
  ob_file_mark ca_mark, cert_mark, key_mark;
  bool pair_is_given;    /* certificate and key came by ob_creds_adopt() */
  unsigned tls_changes;  /* counts every change of CA, certificate or key */
  int64_t token_read_ms; /* monotonic */
  int64_t refresh_ms;    /* of the last forced reading; < 0 never */
  unsigned generation;   /* changes with every change of token, certificate or key */
} ob_creds;

int ob_creds_init(ob_creds *c, const ob_kube_target *target, const ob_timing *timing, ob_err *err);
void ob_creds_done(ob_creds *c);
/* Before a request: read again what is due or has changed. What cannot be read stays. */
void ob_creds_tick(ob_creds *c);
/* A request that was sent with `generation` got a 401. True: a newer credential is there. Files
 * are read at most once for all requests of a generation within timing->backoff_first_ms. */
bool ob_creds_refresh(ob_creds *c, unsigned generation);
/* A credential that a login brought. NULL: it brought none of that; cert and key go together. */
void ob_creds_adopt(ob_creds *c, const char *token, const char *cert, const char *key);
/* Calls add() for each header line: Authorization (https only), Impersonate-*. */
void ob_creds_headers(const ob_creds *c, void (*add)(void *arg, const char *line), void *arg);
/* Impersonate-Extra-KEY: bytes that a header's name cannot carry, and %, as %XX. */
void ob_header_key_escape(ob_buf *out, const char *key);

/* --- the way to the server (http_route.c) --- */
typedef struct ob_http_route {
  char *origin;                   /* scheme://host:port that libcurl is told */
  char *proxy;                    /* "" direct */
  char *host_header, *connect_to; /* with a tls-server-name, else NULL */
} ob_http_route;
int ob_http_route_init(ob_http_route *r, const ob_kube_target *t, ob_err *err);
void ob_http_route_done(ob_http_route *r);
/* A socket for one try to connect; the trace remembers where to. */
int ob_http_socket_open(ob_http_trace *t, int family, int type, int protocol,
                        const struct sockaddr *to, unsigned to_len);
/* A half-open connection is noticed by the kernel within dead_peer_ms, not its 15 minutes. */
void ob_http_socket(int fd, int dead_peer_ms);

/* Another origin than the API server's: a token issuer. No credential of the user goes there. */
typedef struct ob_http_site {
  ob_kube_target *target; /* only how to reach and to trust it */
  ob_http_route route;
  ob_tls_material *tls;
} ob_http_site;
/* The origin of an http or https URL; ca_file or ca_pem or neither. The path with its query goes to
 * *ret_path (borrowed from url). -OB_ECONFIG names `what`. */
int ob_http_site_new(ob_http_site **ret, const char *url, const char *ca_file, const char *ca_pem,
                     const char *what, const char **ret_path, ob_err *err);
void ob_http_site_free(ob_http_site *s);
/* As ob_http_start(), to the site, which outlives the call. */
ob_http_call *ob_http_start_at(ob_http *h, const ob_http_site *site, const char *authorization,
                               const ob_http_request *request);

/* A peer that went away must not kill the program: TLS libraries write() without flags. */
void ob_http_block_sigpipe(void);

/* --- requests and traces (http_trace.c) --- */
/* Strings and body are copies that done frees. */
ob_http_request ob_http_request_copy(const ob_http_request *r);
void ob_http_request_done(ob_http_request *r);
/* "Issuer:…", "Expire date:…": one line of libcurl's certificate information. */
void ob_http_trace_cert(ob_http_trace *t, const char *line);
/* One line of libcurl's talk: the TLS version stands nowhere else. */
void ob_http_trace_talk(ob_http_trace *t, const char *line, size_t n);
/* Where a connection that never stood got stuck. */
ob_http_stage ob_http_trace_stage(const ob_http_trace *t, bool https);
void ob_http_trace_proxy(ob_http_trace *t, const char *proxy_url);

/* --- response headers (http_headers.c) --- */
typedef struct ob_http_headers {
  char etag[256], content_type[256], location[OB_HTTP_HEADER_MAX];
  bool location_cut;
  int64_t date_ms, retry_after_ms; /* 0 none, -1 none */
  char *warnings[OB_HTTP_WARNINGS + 1]; /* the last: how many more there were */
  size_t nwarnings, more;
} ob_http_headers;
void ob_http_headers_reset(ob_http_headers *h);
/* One line with or without its CRLF. Unknown ones are ignored. */
void ob_http_headers_line(ob_http_headers *h, const char *line, size_t n);
/* What the headers tell of an answer whose status and body are there; of an error its Status,
 * kept in *failure. */
void ob_http_headers_fill(const ob_http_headers *h, ob_http_result *r, ob_status *failure);
/* "Tue, 24 Nov 2026 08:03:37 GMT" to Unix ms; 0 when it is none. */
int64_t ob_http_date(const char *s, size_t n);

/* --- sentences (http_why.c) --- */
typedef enum ob_http_why {
  OB_WHY_OTHER,
  OB_WHY_DNS,
  OB_WHY_PROXY_DNS,
  OB_WHY_CONNECT,      /* os_errno says more */
  OB_WHY_CONNECT_TIME, /* no connection in time */
  OB_WHY_TIME,         /* no (whole) answer in time */
  OB_WHY_STALL,        /* bytes stopped coming */
  OB_WHY_PROXY,        /* the proxy refused */
  OB_WHY_TLS,          /* handshake */
  OB_WHY_VERIFY,       /* the other side's certificate */
  OB_WHY_NAMELESS,     /* it has no subjectAltName */
  OB_WHY_CA,           /* our CA is unusable */
  OB_WHY_CERT,         /* our certificate or key is unusable */
  OB_WHY_CUT,          /* the connection broke */
  OB_WHY_NOT_HTTP,
  OB_WHY_ENCODING, /* broken gzip */
  OB_WHY_URL,
  OB_WHY_TOO_LARGE,
  OB_WHY_CANCELED,
} ob_http_why;
/* The error of an answer that is none: a redirect, a Status, anything from 300 up. */
void ob_http_explain_answer(const ob_kube_target *t, const ob_http_request *q, const char *location,
                            ob_http_result *r);
/* Of a 401: was it a certificate or a token that is over? The server says no more than that it took
 * neither. cert and token may be NULL or "". */
void ob_http_explain_expiry(ob_err *err, const ob_kube_target *t, const char *cert,
                            const char *token);
/* The nearest of a call's limits, and what to say when it is reached. */
typedef struct ob_http_deadline {
  int64_t at; /* INT64_MAX none */
  ob_http_why why;
  int limit_ms;
} ob_http_deadline;
static inline void ob_http_sooner(ob_http_deadline *d, int64_t from, int limit_ms,
                                  ob_http_why why) {
  if (from + limit_ms < d->at) *d = (ob_http_deadline){from + limit_ms, why, limit_ms};
}
/* What is known of a call that got no answer. */
typedef struct ob_http_failure {
  ob_http_why why;
  int os_errno, limit_ms;
  const char *detail; /* the library's text, "" none */
  const char *proxy;  /* "" direct */
  bool at_proxy;      /* it failed between us and the proxy */
} ob_http_failure;
void ob_http_explain(ob_err *err, const ob_kube_target *t, const ob_http_failure *f);

#endif
