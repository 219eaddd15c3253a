/* One curl_multi, many calls.
 *
 *   start ─▶ WAITING ─(begin: easy handle added)─▶ RUNNING ─(message, deadline, drop)─▶ on_done
 *                ▲                                    │
 *                └──── 401 with a newer credential ───┘ once
 *
 * libcurl forbids adding and removing handles inside its callbacks, so start and cancel only
 * mark the call there, and poll does the work; on_done is always called from poll itself, never
 * from libcurl. All deadlines are ours: libcurl's own would kill a quiet watch, count in whole
 * seconds, or not run while a request waits for another's connection (PIPEWAIT).
 * Wakeups go over an eventfd of ours and not curl_multi_wakeup(), so that the multi may be
 * replaced (the only way to close every connection) while other threads wake us. */
#include "base/str.h"
#include "kube/curl.h"
#include <errno.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef enum call_state { WAITING, RUNNING, ENDED } call_state;

struct ob_http_call {
  ob_easy base; /* first: CURLOPT_PRIVATE points at it; its done is NULL */
  ob_http_call *next, *prev;
  ob_http *http;
  ob_http_request req; /* strings owned; body too */
  call_state state;
  bool cancelled, finishing, retried, opened, refused_data, too_large, connected;
  CURL *easy;
  struct curl_slist *headers, *connect_to;
  ob_tls_material *tls;
  unsigned generation;
  int64_t started_ms, begun_ms, window_ms; /* monotonic */
  curl_off_t window_bytes;
  int status;
  ob_http_headers got;
  ob_buf body;
  ob_http_trace trace;
  char detail[CURL_ERROR_SIZE];
};

struct ob_http {
  const ob_kube_target *target;
  const ob_timing *timing;
  ob_creds creds;
  CURLM *multi;
  int wake_fd;
  ob_http_route route;
  ob_http_call *calls, *last; /* in the order of starting */
  ob_easy *guests;
  bool drop;
};

int ob_http_global_init(ob_err *err) {
  CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
  return rc == CURLE_OK ? 0 : ob_fail(err, OB_ESERVER, "libcurl: %s", curl_easy_strerror(rc));
}

int ob_http_new(ob_http **ret, const ob_kube_target *target, const ob_timing *timing, ob_err *err) {
  OB_AUTOPTR(ob_http) h = ob_calloc(1, sizeof *h);
  h->target = target;
  h->timing = timing ? timing : &ob_timing_default;
  h->wake_fd = -1;
  int rc = ob_http_global_init(err);
  if (rc == 0) rc = ob_creds_init(&h->creds, target, h->timing, err);
  if (rc == 0) rc = ob_http_route_init(&h->route, target, err);
  if (rc) return rc;
  h->multi = ob_curl_multi_new();
  h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!h->multi || h->wake_fd < 0) return ob_fail(err, OB_EIO, "eventfd: %s", strerror(errno));
  *ret = ob_take(h);
  return 0;
}

/* --- one easy handle ---------------------------------------------------------------- */

static void add_header(void *arg, const char *line) {
  ob_http_call *c = arg;
  struct curl_slist *l = curl_slist_append(c->headers, line);
  if (l) c->headers = l;
}

static void add_headerf(ob_http_call *c, const char *name, const char *value) {
  OB_AUTOFREE char *line = ob_asprintf("%s: %s", name, value);
  add_header(c, line);
}

static int64_t number_of(CURL *e, CURLINFO which) {
  curl_off_t n = 0;
  if (e) curl_easy_getinfo(e, which, &n);
  return n;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a) {
  ob_http_call *c = arg;
  (void)purpose;
  int fd =
      ob_http_socket_open(&c->trace, a->family, a->socktype, a->protocol, &a->addr, a->addrlen);
  if (fd >= 0) ob_http_socket(fd, c->http->timing->dead_peer_ms);
  return fd;
}

/* TLS begins: libcurl's own time of connecting is not there before TLS stands. */
static CURLcode on_tls(CURL *e, void *ctx, void *arg) {
  ob_http_call *c = arg;
  (void)e, (void)ctx;
  c->trace.connected_us = (ob_mono_ms() - c->begun_ms) * 1000 + 1;
  return CURLE_OK;
}

static bool ok_status(int status) {
  return status >= 200 && status < 300;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  ob_http_call *c = arg;
  n *= size;
  if (c->cancelled) return 0;
  if (c->opened) return n; /* trailers */
  ob_http_headers_line(&c->got, bytes, n);
  bool blank = n <= 2 && (n == 0 || bytes[0] == '\r' || bytes[0] == '\n');
  if (!blank) return n;
  long status = 0;
  curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return n; /* 1xx: the real one follows */
  c->status = (int)status;
  if (!ok_status(c->status)) return n;
  c->opened = true;
  if (c->req.on_open) c->req.on_open(c->req.arg, c->status);
  return c->cancelled ? 0 : n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  ob_http_call *c = arg;
  n *= size;
  if (c->cancelled) return 0;
  if (c->opened && c->req.on_data) {
    if (c->req.on_data(c->req.arg, bytes, n) != 0) c->refused_data = true;
    return c->refused_data || c->cancelled ? 0 : n;
  }
  bool room = c->opened || c->body.len + n <= OB_HTTP_ERROR_MAX;
  if (room && ob_buf_add(&c->body, bytes, n) == 0) return n;
  c->too_large = true;
  return 0;
}

#define SET(option, value) curl_easy_setopt(e, option, value)

static void set_tls(ob_http *h, CURL *e, ob_http_call *c) {
  const ob_tls_material *m = c->tls;
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, h->target->insecure ? 0L : 1L);
  SET(CURLOPT_SSL_VERIFYHOST, h->target->insecure ? 0L : 2L);
  if (*m->ca) {
    SET(CURLOPT_CAINFO_BLOB, (&(struct curl_blob){m->ca, strlen(m->ca), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL); /* or the system's roots would be trusted as well */
  }
  SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
  SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
  SET(CURLOPT_SSL_CTX_DATA, c);
  if (c->req.inspect) {
    SET(CURLOPT_SSL_VERIFYPEER, 0L);
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_CERTINFO, 1L);
  } else if (*m->cert) {
    SET(CURLOPT_SSLCERT_BLOB, (&(struct curl_blob){m->cert, strlen(m->cert), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_SSLKEY_BLOB, (&(struct curl_blob){m->key, strlen(m->key), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_SSLCERTTYPE, "PEM");
    SET(CURLOPT_SSLKEYTYPE, "PEM");
    SET(CURLOPT_KEYPASSWD, ""); /* never asks on the terminal */
  }
}

static int on_talk(CURL *e, curl_infotype type, char *line, size_t n, void *arg) {
  ob_http_call *c = arg;
  (void)e;
  if (type == CURLINFO_TEXT) ob_http_trace_talk(&c->trace, line, n);
  return 0;
}

static void set_inspect(CURL *e, ob_http_call *c) {
  SET(CURLOPT_CONNECT_ONLY, 1L);
  SET(CURLOPT_FRESH_CONNECT, 1L);
  SET(CURLOPT_VERBOSE, 1L);
  SET(CURLOPT_DEBUGFUNCTION, on_talk);
  SET(CURLOPT_DEBUGDATA, c);
}

static void set_headers(ob_http *h, CURL *e, ob_http_call *c) {
  const ob_http_request *r = &c->req;
  ob_curl_slist_wipe(c->headers);
  c->headers = NULL;
  add_headerf(c, "Accept", ob_or(r->accept, "application/json"));
  add_header(c, "Expect:");
  if (r->body) add_headerf(c, "Content-Type", ob_or(r->content_type, "application/json"));
  if (r->if_none_match && *r->if_none_match) add_headerf(c, "If-None-Match", r->if_none_match);
  if (h->route.host_header) add_header(c, h->route.host_header);
  ob_creds_headers(&h->creds, add_header, c);
  SET(CURLOPT_HTTPHEADER, c->headers);
  SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* a proxy gets none of them */
}

static void set_request(ob_http *h, CURL *e, ob_http_call *c) {
  const ob_http_request *r = &c->req;
  OB_AUTOFREE char *url = ob_asprintf("%s%s%s", h->route.origin, h->target->prefix, r->path);
  SET(CURLOPT_URL, url);
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_PROTOCOLS_STR, "https,http");
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  /* Over plain http libcurl would wait for the first answer's end: a watch has none. */
  SET(CURLOPT_PIPEWAIT, h->target->https ? 1L : 0L);
  SET(CURLOPT_USERAGENT, "outboard/" OB_VERSION);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_QUICK_EXIT, 1L); /* closing does not wait for a resolver that hangs */
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)h->timing->connect_ms);
  if (r->method && strcasecmp(r->method, "GET") != 0) SET(CURLOPT_CUSTOMREQUEST, r->method);
  if (r->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
    SET(CURLOPT_POSTFIELDS, r->body);
  }
  if (r->gzip && !r->stream && !h->target->disable_compression)
    SET(CURLOPT_ACCEPT_ENCODING, "gzip");
  SET(CURLOPT_PROXY, h->route.proxy); /* "" also keeps libcurl from reading the environment */
  SET(CURLOPT_NOPROXY, "");
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (h->route.connect_to) {
    c->connect_to = curl_slist_append(NULL, h->route.connect_to);
    SET(CURLOPT_CONNECT_TO, c->connect_to);
  }
}

static void begin(ob_http *h, ob_http_call *c) {
  ob_creds_tick(&h->creds);
  c->tls = ob_tls_material_ref(h->creds.tls);
  c->generation = h->creds.generation;
  CURL *e = c->easy = curl_easy_init();
  c->state = RUNNING;
  c->begun_ms = ob_mono_ms();
  if (!e) return; /* finish_failed() sees it */
  SET(CURLOPT_PRIVATE, c);
  SET(CURLOPT_ERRORBUFFER, c->detail);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, c);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, c);
  SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  SET(CURLOPT_OPENSOCKETDATA, c);
  set_request(h, e, c);
  if (c->req.inspect)
    set_inspect(e, c);
  else
    set_headers(h, e, c);
  set_tls(h, e, c);
  curl_multi_add_handle(h->multi, e);
}

/* --- calls ---------------------------------------------------------------------------- */

static void release_easy(ob_http_call *c) {
  if (c->easy) {
    curl_multi_remove_handle(c->http->multi, c->easy);
    curl_easy_cleanup(c->easy);
  }
  ob_curl_slist_wipe(c->headers);
  curl_slist_free_all(c->connect_to);
  ob_tls_material_unref(c->tls);
  c->easy = NULL;
  c->headers = c->connect_to = NULL;
  c->tls = NULL;
}

static void call_free(ob_http_call *c) {
  release_easy(c);
  ob_http *h = c->http;
  if (c->prev) c->prev->next = c->next;
  if (c->next) c->next->prev = c->prev;
  if (h->calls == c) h->calls = c->next;
  if (h->last == c) h->last = c->prev;
  ob_http_headers_reset(&c->got);
  ob_buf_done(&c->body);
  ob_http_request_done(&c->req);
  free(c);
}

ob_http_call *ob_http_start(ob_http *h, const ob_http_request *r) {
  ob_http_call *c = ob_calloc(1, sizeof *c);
  c->http = h;
  c->req = ob_http_request_copy(r);
  ob_http_headers_reset(&c->got);
  ob_buf_init(&c->body, OB_HTTP_BODY_MAX);
  c->started_ms = c->window_ms = ob_mono_ms();
  c->prev = h->last;
  if (h->last)
    h->last->next = c;
  else
    h->calls = c;
  h->last = c;
  return c;
}

void ob_http_cancel(ob_http_call *c) {
  if (!c || c->finishing) return;
  c->cancelled = true;
}

/* --- endings ---------------------------------------------------------------------------- */

static ob_http_why why_of(const ob_http_call *c, CURLcode rc) {
  if (c->refused_data) return OB_WHY_CANCELED;
  if (c->too_large) return OB_WHY_TOO_LARGE;
  if (rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR) {
    if (*c->http->route.proxy && ob_contains_nocase(c->detail, "CONNECT")) return OB_WHY_PROXY;
    if (c->status == 0 && ob_contains_nocase(c->detail, "alert")) return OB_WHY_TLS;
  }
  return ob_curl_why(rc);
}

static void fill_trace(ob_http_call *c, bool failed) {
  ob_http_trace *t = &c->trace;
  CURL *e = c->easy;
  struct curl_certinfo *info = NULL;
  ob_http_trace_proxy(t, c->http->route.proxy);
  if (!e) return;
  t->resolved_us = number_of(e, CURLINFO_NAMELOOKUP_TIME_T);
  if (!t->connected_us) t->connected_us = number_of(e, CURLINFO_CONNECT_TIME_T);
  t->secured_us = number_of(e, CURLINFO_APPCONNECT_TIME_T);
  t->stage = c->status || !failed ? OB_HTTP_ANSWERED
             : number_of(e, CURLINFO_PRETRANSFER_TIME_T)
                 ? OB_HTTP_ASKING
                 : ob_http_trace_stage(t, c->http->target->https);
  if (!c->req.inspect) return;
  curl_easy_getinfo(e, CURLINFO_CERTINFO, &info);
  if (!info || info->num_of_certs < 1) return;
  for (struct curl_slist *l = info->certinfo[0]; l; l = l->next) ob_http_trace_cert(t, l->data);
}

static void fill_result(ob_http_call *c, ob_http_result *r, ob_status *failure) {
  r->status = c->status;
  r->body = ob_buf_str(&c->body);
  r->body_len = c->body.len;
  if (c->easy) {
    long connects = 0;
    curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &connects);
    r->bytes = (size_t)number_of(c->easy, CURLINFO_SIZE_DOWNLOAD_T);
    r->reused = connects == 0 && c->status > 0;
  }
  ob_http_headers_fill(&c->got, r, failure);
}

/* The call is over: `why` counts unless an answer came. Frees it. */
static void finish(ob_http_call *c, bool failed, ob_http_why why, int os_errno, int limit_ms) {
  ob_http_result r = {.retry_after_ms = -1};
  OB_AUTO(ob_status) failure = {0};
  fill_result(c, &r, &failure);
  fill_trace(c, failed);
  r.trace = &c->trace;
  c->state = ENDED;
  c->finishing = true;
  bool answered = c->status >= 300;
  if (answered && !(c->status == 304 && c->req.if_none_match))
    ob_http_explain_answer(c->http->target, &c->req, c->got.location, &r);
  else if (failed && !answered) {
    r.cut = c->opened && why != OB_WHY_CANCELED;
    ob_http_explain(&r.err, why, c->http->target, os_errno, c->detail, limit_ms);
  }
  if (c->req.on_done) c->req.on_done(c->req.arg, &r);
  call_free(c);
}

/* 401: again, once, when there is a newer credential by now. */
static bool try_again(ob_http_call *c) {
  if (c->status != 401 || c->retried) return false;
  if (!ob_creds_refresh(&c->http->creds, c->generation)) return false;
  release_easy(c);
  ob_http_headers_reset(&c->got);
  ob_buf_reset(&c->body);
  c->detail[0] = '\0';
  c->status = 0;
  c->retried = true;
  c->too_large = c->connected = false;
  c->window_bytes = 0;
  c->state = WAITING;
  return true;
}

/* --- guests ---------------------------------------------------------------------------- */

void ob_http_guest_add(ob_http *h, ob_easy *e) {
  e->prev = NULL;
  e->next = h->guests;
  if (h->guests) h->guests->prev = e;
  h->guests = e;
  curl_easy_setopt(e->curl, CURLOPT_PRIVATE, e);
  curl_multi_add_handle(h->multi, e->curl);
}

void ob_http_guest_remove(ob_http *h, ob_easy *e) {
  if (!e->prev && h->guests != e) return;
  *(e->prev ? &e->prev->next : &h->guests) = e->next;
  if (e->next) e->next->prev = e->prev;
  e->next = e->prev = NULL;
  curl_multi_remove_handle(h->multi, e->curl);
}

static void guest_ended(ob_http *h, ob_easy *e, CURLcode rc) {
  ob_http_guest_remove(h, e);
  e->done(e, rc);
}

/* Returns how many calls ended. */
static int take_messages(ob_http *h) {
  int ended = 0, left;
  CURLMsg *m;
  while ((m = curl_multi_info_read(h->multi, &left))) {
    if (m->msg != CURLMSG_DONE) continue;
    CURLcode rc = m->data.result;
    CURL *e = m->easy_handle;
    ob_easy *owner = NULL;
    long os_errno = 0;
    curl_easy_getinfo(e, CURLINFO_PRIVATE, &owner);
    if (owner->done) {
      guest_ended(h, owner, rc);
      ended++;
      continue;
    }
    ob_http_call *c = (ob_http_call *)(void *)owner;
    curl_easy_getinfo(e, CURLINFO_OS_ERRNO, &os_errno);
    curl_multi_remove_handle(h->multi, e);
    if (c->cancelled) {
      call_free(c);
    } else if (!try_again(c)) {
      bool failed = rc != CURLE_OK || (c->status == 0 && !c->req.inspect);
      finish(c, failed, rc == CURLE_OK ? OB_WHY_CUT : why_of(c, rc), (int)os_errno,
             h->timing->connect_ms);
      ended++;
    }
  }
  return ended;
}

static int run(ob_http *h) {
  int running;
  curl_multi_perform(h->multi, &running);
  return take_messages(h);
}

/* --- deadlines ------------------------------------------------------------------------ */

/* A moment more than libcurl's own connect limit, whose words say more. */
enum { CONNECT_SLACK_MS = 100 };

static ob_http_deadline deadline_of(ob_http_call *c) {
  const ob_timing *t = c->http->timing;
  const ob_http_request *r = &c->req;
  ob_http_deadline d = {INT64_MAX, OB_WHY_TIME, 0};
  if (!c->connected) {
    c->connected = number_of(c->easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
    if (!c->connected)
      ob_http_sooner(&d, c->begun_ms + CONNECT_SLACK_MS, t->connect_ms, OB_WHY_CONNECT_TIME);
  }
  if (r->stream && !c->opened) ob_http_sooner(&d, c->started_ms, t->request_ms, OB_WHY_TIME);
  if (r->timeout_ms > 0)
    ob_http_sooner(&d, c->started_ms, r->timeout_ms, OB_WHY_TIME);
  else if (!r->stream && r->stall_ms <= 0)
    ob_http_sooner(&d, c->started_ms, t->request_ms, OB_WHY_TIME);
  if (r->stall_ms > 0) ob_http_sooner(&d, c->window_ms, r->stall_ms, OB_WHY_STALL);
  return d;
}

/* A stall window that ended with enough bytes starts anew. */
static bool window_moves(ob_http_call *c, int64_t now) {
  int64_t bytes = number_of(c->easy, CURLINFO_SIZE_DOWNLOAD_T);
  if (bytes - c->window_bytes < OB_HTTP_STALL_BYTES) return false;
  c->window_bytes = bytes;
  c->window_ms = now;
  return true;
}

/* Begins, forgets or ends one call. True: it ended, and its callback may have changed the list. */
static bool tend_call(ob_http *h, ob_http_call *c, int64_t *io_next) {
  if (c->cancelled) {
    call_free(c);
    return false;
  }
  if (c->state == WAITING) begin(h, c);
  int64_t now = ob_mono_ms();
  ob_http_deadline d = deadline_of(c);
  if (now >= d.at && d.why == OB_WHY_STALL && window_moves(c, now)) d = deadline_of(c);
  bool late = now >= d.at;
  if (late || !c->easy) {
    finish(c, true, late ? d.why : OB_WHY_OTHER, 0, d.limit_ms);
    return true;
  }
  if (d.at < *io_next) *io_next = d.at;
  return false;
}

/* Returns how many calls ended; *ret_next is the nearest deadline. */
static int tend(ob_http *h, int64_t *ret_next) {
  int ended = 0;
  *ret_next = INT64_MAX;
  for (ob_http_call *c = h->calls, *next; c; c = next) {
    next = c->next;
    if (!tend_call(h, c, ret_next)) continue;
    ended++;
    next = h->calls;
    *ret_next = INT64_MAX;
  }
  return ended;
}

/* --- dropping, polling ----------------------------------------------------------------- */

static int drop_now(ob_http *h) {
  int ended = 0;
  h->drop = false;
  for (ob_http_call *c = h->calls; c; c = c->next)
    if (c->easy) {
      curl_multi_remove_handle(h->multi, c->easy);
      c->refused_data = false;
    }
  while (h->guests) {
    guest_ended(h, h->guests, CURLE_RECV_ERROR);
    ended++;
  }
  CURLM *fresh = ob_curl_multi_new();
  if (fresh) {
    curl_multi_cleanup(h->multi); /* closes every connection */
    h->multi = fresh;
  }
  bool found = true;
  while (found) {
    found = false;
    for (ob_http_call *c = h->calls; c && !found; c = c->next)
      if (c->state == RUNNING && !c->cancelled) {
        found = true;
        ended++;
        finish(c, true, OB_WHY_CUT, 0, 0);
        break;
      }
  }
  return ended;
}

void ob_http_drop_connections(ob_http *h) {
  h->drop = true;
}

int ob_http_poll(ob_http *h, int timeout_ms) {
  int64_t next;
  ob_http_block_sigpipe();
  int ended = h->drop ? drop_now(h) : 0;
  ended += tend(h, &next);
  ended += run(h);
  ended += tend(h, &next);
  /* What just ended may have changed the caller's own plans: do not sleep over it. */
  int64_t wait = ended || h->drop ? 0 : timeout_ms;
  if (next != INT64_MAX) {
    int64_t until = next - ob_mono_ms();
    if (until < 0) until = 0;
    if (wait < 0 || until < wait) wait = until;
  }
  enum { WAIT_MAX_MS = 3600 * 1000 };
  if (wait < 0 || wait > WAIT_MAX_MS) wait = WAIT_MAX_MS;
  struct curl_waitfd wake = {.fd = h->wake_fd, .events = CURL_WAIT_POLLIN};
  curl_multi_poll(h->multi, &wake, 1, (int)wait, NULL);
  uint64_t ignored;
  (void)!read(h->wake_fd, &ignored, sizeof ignored);
  (void)run(h);
  (void)tend(h, &next);
  int n = 0;
  for (const ob_http_call *c = h->calls; c; c = c->next) n++;
  return n;
}

void ob_http_wakeup(ob_http *h) {
  uint64_t one = 1;
  (void)!write(h->wake_fd, &one, sizeof one);
}

void ob_http_free(ob_http *h) {
  if (!h) return;
  ob_http_block_sigpipe();
  while (h->calls) call_free(h->calls);
  curl_multi_cleanup(h->multi);
  if (h->wake_fd >= 0) close(h->wake_fd);
  ob_creds_done(&h->creds);
  ob_http_route_done(&h->route);
  free(h);
}
