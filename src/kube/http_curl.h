/* One request and the libcurl handle that carries it: what http.c and http_easy.c share.
 *
 * Thread WATCHER. Private to those two.
 */
#ifndef OB_KUBE_HTTP_CURL_H
#define OB_KUBE_HTTP_CURL_H

#include "kube/curl.h"
#include "kube/http_login.h"

typedef enum call_state { WAITING, RUNNING, ENDED } call_state;

struct ob_http_call {
  ob_easy base; /* first: CURLOPT_PRIVATE points at it; its done is NULL */
  ob_http_call *next, *prev;
  ob_http *http;
  const ob_http_site *site; /* NULL: the API server; else borrowed */
  char *authorization;      /* for a site: the header's value, or NULL */
  ob_http_request req;      /* strings owned; body too */
  call_state state;
  bool cancelled, finishing, retried, opened, refused_data, too_large, connected;
  bool nameless; /* the server's certificate names nobody (no subjectAltName) */
  CURL *easy;
  struct curl_slist *headers, *connect_to;
  ob_tls_material *tls;
  unsigned generation;
  int64_t started_ms, begun_ms, window_ms; /* monotonic; started_ms: when first sent, 0 not yet */
  curl_off_t window_bytes;
  int status;
  ob_http_headers got;
  int64_t head_ms; /* when they were whole (boot clock): a watch may last for long behind them */
  ob_buf body;
  ob_http_trace trace;
  char detail[CURL_ERROR_SIZE];
};

struct ob_http {
  const ob_kube_target *target;
  const ob_timing *timing;
  ob_creds creds;
  ob_login *login; /* NULL: the credential needs no fetching */
  CURLM *multi;
  int wake_fd;
  ob_http_route route;
  ob_http_call *calls, *last; /* in the order of starting */
  ob_easy *guests;
  bool drop;
  bool begun;        /* there may be connections */
  unsigned tls_seen; /* creds.tls_changes that has been dealt with */
  int64_t look_ms;   /* when the TLS files are looked at next (monotonic; INT64_MAX: no files) */
  int64_t
      close_by_ms; /* TLS material changed: old connections are closed by then; INT64_MAX none */
};

/* The two ends of a call's handle: made with the credential of now and added to the multi;
 * removed and everything that belongs to it freed (http_easy.c). */
void ob_http_easy_begin(ob_http_call *c);
void ob_http_easy_release(ob_http_call *c);

/* Where a call goes: the API server or its site. */
static inline const ob_kube_target *ob_http_target_of(const ob_http_call *c) {
  return c->site ? c->site->target : c->http->target;
}
static inline const ob_http_route *ob_http_route_of(const ob_http_call *c) {
  return c->site ? &c->site->route : &c->http->route;
}

#endif
