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
#include "kube/cert.h"
#include "kube/http_curl.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

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
  h->login = ob_login_new(h, &h->creds, h->timing);
  bool files = target->ca_file || target->cert_file || target->key_file;
  h->close_by_ms = INT64_MAX;
  h->look_ms = files && h->timing->rotate_ms > 0 ? ob_mono_ms() + h->timing->rotate_ms : INT64_MAX;
  h->multi = ob_curl_multi_new();
  h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!h->multi || h->wake_fd < 0) return ob_fail(err, OB_EIO, "eventfd: %s", strerror(errno));
  *ret = ob_take(h);
  return 0;
}

static int64_t number_of(CURL *e, CURLINFO which) {
  curl_off_t n = 0;
  if (e) curl_easy_getinfo(e, which, &n);
  return n;
}

/* --- calls ---------------------------------------------------------------------------- */

static void call_free(ob_http_call *c) {
  ob_http_easy_release(c);
  ob_http *h = c->http;
  if (c->prev) c->prev->next = c->next;
  if (c->next) c->next->prev = c->prev;
  if (h->calls == c) h->calls = c->next;
  if (h->last == c) h->last = c->prev;
  ob_http_headers_reset(&c->got);
  if (c->site && c->body.ptr) explicit_bzero(c->body.ptr, c->body.cap); /* an issuer's answer */
  ob_buf_done(&c->body);
  ob_http_request_done(&c->req);
  ob_secret_free(c->authorization);
  free(c);
}

ob_http_call *ob_http_start(ob_http *h, const ob_http_request *r) {
  ob_http_call *c = ob_calloc(1, sizeof *c);
  c->http = h;
  c->req = ob_http_request_copy(r);
  ob_http_headers_reset(&c->got);
  ob_buf_init(&c->body, OB_HTTP_BODY_MAX);
  c->prev = h->last;
  if (h->last)
    h->last->next = c;
  else
    h->calls = c;
  h->last = c;
  return c;
}

ob_http_call *ob_http_start_at(ob_http *h, const ob_http_site *site, const char *authorization,
                               const ob_http_request *r) {
  ob_http_call *c = ob_http_start(h, r);
  c->site = site;
  c->authorization = ob_strdup_opt(authorization);
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
  if (c->nameless) return OB_WHY_NAMELESS;
  if (rc == CURLE_RECV_ERROR || rc == CURLE_SEND_ERROR) {
    if (*ob_http_route_of(c)->proxy && ob_contains_nocase(c->detail, "CONNECT"))
      return OB_WHY_PROXY;
    if (c->status == 0 && ob_contains_nocase(c->detail, "alert")) return OB_WHY_TLS;
  }
  return ob_curl_why(rc);
}

/* Did it fail before the proxy let us through? */
static bool at_proxy(const ob_http_call *c, ob_http_why why) {
  long answer = 0;
  if (!*c->trace.proxy) return false;
  if (why == OB_WHY_CONNECT_TIME) return !c->trace.connected_us;
  if (why == OB_WHY_CONNECT) return true; /* beyond it, the proxy says what failed */
  if (c->easy) curl_easy_getinfo(c->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
  return ob_starts(c->trace.proxy, "https://") && !answer &&
         (why == OB_WHY_TLS || why == OB_WHY_VERIFY);
}

static void fill_trace(ob_http_call *c, bool failed) {
  ob_http_trace *t = &c->trace;
  CURL *e = c->easy;
  struct curl_certinfo *info = NULL;
  ob_http_trace_proxy(t, ob_http_route_of(c)->proxy);
  if (!e) return;
  t->resolved_us = number_of(e, CURLINFO_NAMELOOKUP_TIME_T);
  if (!t->connected_us) t->connected_us = number_of(e, CURLINFO_CONNECT_TIME_T);
  t->secured_us = number_of(e, CURLINFO_APPCONNECT_TIME_T);
  t->stage = c->status || !failed ? OB_HTTP_ANSWERED
             : number_of(e, CURLINFO_PRETRANSFER_TIME_T)
                 ? OB_HTTP_ASKING
                 : ob_http_trace_stage(t, ob_http_target_of(c)->https);
  if (!c->req.inspect) return;
  if (!t->secured_us && ob_starts(t->proxy, "https://")) return; /* it would be the proxy's */
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
  if (r->date_ms) r->date_ms += ob_boot_ms() - c->head_ms;
}

/* No credential could be had: the request was never sent. */
static void finish_without_login(ob_http_call *c, const ob_err *err) {
  ob_http_result r = {.retry_after_ms = -1,
                      .err = *err,
                      .etag = "",
                      .content_type = "",
                      .body = "",
                      .trace = &c->trace};
  c->state = ENDED;
  c->finishing = true;
  r.trace = &c->trace;
  if (c->req.on_done) c->req.on_done(c->req.arg, &r);
  call_free(c);
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
  if (answered && !(c->status == 304 && c->req.if_none_match)) {
    ob_http_explain_answer(ob_http_target_of(c), &c->req, c->got.location, &r);
    const ob_creds *k = &c->http->creds;
    if (c->status == 401 && !c->site && c->tls)
      ob_http_explain_expiry(&r.err, k->target, c->tls->cert,
                             c->generation == k->generation ? k->token : NULL);
  } else if (failed && !answered) {
    r.cut = c->opened && why != OB_WHY_CANCELED;
    ob_http_explain(&r.err, ob_http_target_of(c),
                    &(ob_http_failure){.why = why,
                                       .os_errno = os_errno,
                                       .limit_ms = limit_ms,
                                       .detail = c->detail,
                                       .proxy = c->trace.proxy,
                                       .at_proxy = at_proxy(c, why)});
  }
  if (c->req.on_done) c->req.on_done(c->req.arg, &r);
  call_free(c);
}

/* Is there, or will there be, a newer credential than the one that was refused? */
static bool newer(ob_http_call *c) {
  ob_http *h = c->http;
  if (!h->login) return ob_creds_refresh(&h->creds, c->generation);
  return ob_login_refused(h->login, c->generation) != OB_LOGIN_FAILED;
}

static bool is_status(const ob_http_call *c) {
  OB_AUTO(ob_status) status = {0};
  return ob_status_parse(&status, ob_buf_str(&c->body), c->body.len);
}

/* 401: again, once, with a newer credential. */
static bool try_again(ob_http_call *c) {
  if (c->site || (c->req.through && c->status == 401 && !is_status(c))) return false;
  if (c->status != 401) {
    if (c->http->login && c->status && c->generation == c->http->creds.generation)
      ob_login_accepted(c->http->login);
    return false;
  }
  if (c->retried || !newer(c)) return false;
  ob_http_easy_release(c);
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

/* --- rotation --------------------------------------------------------------------------- */

static bool busy(const ob_http *h) {
  for (const ob_http_call *c = h->calls; c; c = c->next)
    if (c->state == RUNNING && !c->req.stream) return true;
  return false;
}

/* After new TLS material came, connections made with the old one go: as soon as no request but
 * watches is under way, or when those had their time. True: now, before anything else begins. */
static bool rotates(ob_http *h) {
  int64_t now = ob_mono_ms();
  if (h->creds.tls_changes != h->tls_seen) {
    h->tls_seen = h->creds.tls_changes;
    if (h->begun) h->close_by_ms = now + h->timing->request_ms;
  }
  if (h->close_by_ms == INT64_MAX || (busy(h) && now < h->close_by_ms)) return false;
  h->close_by_ms = INT64_MAX;
  h->drop = true;
  return true;
}

static void look_at_files(ob_http *h) {
  int64_t now = ob_mono_ms();
  if (now < h->look_ms) return;
  ob_creds_tick(&h->creds);
  h->look_ms = now + h->timing->rotate_ms;
}

/* Begins, forgets or ends one call. True: it ended, and its callback may have changed the list. */
static bool tend_call(ob_http *h, ob_http_call *c, int64_t *io_next) {
  if (c->cancelled) {
    call_free(c);
    return false;
  }
  if (c->state == WAITING && h->login && !c->site && !c->req.inspect) {
    ob_err err = {0};
    ob_login_state login = ob_login_ready(h->login, &err);
    if (login == OB_LOGIN_WAIT) return false;
    if (login == OB_LOGIN_FAILED) {
      finish_without_login(c, &err);
      return true;
    }
  }
  if (c->state == WAITING) {
    if (h->drop) return false;
    ob_creds_tick(&h->creds);
    if (rotates(h)) return false;
    ob_http_easy_begin(c);
    h->begun = true;
  }
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

static void sooner_ms(int64_t *at, int64_t other) {
  if (other < *at) *at = other;
}

/* Until something is readable, or wait_ms. */
static void wait_for(ob_http *h, int64_t wait_ms) {
  struct curl_waitfd fds[1 + OB_PROCESS_FDS] = {{.fd = h->wake_fd, .events = CURL_WAIT_POLLIN}};
  int login[OB_PROCESS_FDS];
  size_t n = h->login ? ob_login_fds(h->login, login) : 0;
  for (size_t i = 0; i < n; i++)
    fds[i + 1] = (struct curl_waitfd){.fd = login[i], .events = CURL_WAIT_POLLIN};
  curl_multi_poll(h->multi, fds, (unsigned)n + 1, (int)wait_ms, NULL);
  uint64_t ignored;
  (void)!read(h->wake_fd, &ignored, sizeof ignored);
}

int ob_http_poll(ob_http *h, int timeout_ms) {
  int64_t next;
  ob_http_block_sigpipe();
  if (h->login) ob_login_work(h->login);
  look_at_files(h);
  (void)rotates(h);
  int ended = h->drop ? drop_now(h) : 0;
  ended += tend(h, &next);
  ended += run(h);
  ended += tend(h, &next);
  sooner_ms(&next, h->look_ms);
  sooner_ms(&next, h->close_by_ms);
  if (h->login) sooner_ms(&next, ob_login_due(h->login));
  /* What just ended may have changed the caller's own plans: do not sleep over it. */
  int64_t wait = ended || h->drop ? 0 : timeout_ms;
  if (next != INT64_MAX) {
    int64_t until = next - ob_mono_ms();
    if (until < 0) until = 0;
    if (wait < 0 || until < wait) wait = until;
  }
  enum { WAIT_MAX_MS = 3600 * 1000 };
  if (wait < 0 || wait > WAIT_MAX_MS) wait = WAIT_MAX_MS;
  wait_for(h, wait);
  if (h->login) ob_login_work(h->login);
  (void)run(h);
  (void)tend(h, &next);
  int n = 0;
  for (const ob_http_call *c = h->calls; c; c = c->next) n++;
  return n;
}

void ob_http_terminal_set(ob_http *h, const ob_http_terminal *terminal) {
  if (h->login) ob_login_terminal(h->login, terminal);
}

void ob_http_terminal_lent(ob_http *h) {
  if (h->login) ob_login_lent(h->login);
}

int64_t ob_http_login_until(const ob_http *h) {
  ob_cert_dates d;
  int64_t until = 0;
  const ob_creds *k = &h->creds;
  if (!k->target->https) return 0;
  if (ob_cert_dates_of(&d, k->tls->cert)) return d.not_after_ms;
  return k->token && ob_jwt_expiry(k->token, &until, NULL) == 0 ? until : 0;
}

void ob_http_login_again(ob_http *h) {
  if (h->login) ob_login_again(h->login);
}

void ob_http_wakeup(ob_http *h) {
  uint64_t one = 1;
  (void)!write(h->wake_fd, &one, sizeof one);
}

void ob_http_free(ob_http *h) {
  if (!h) return;
  ob_http_block_sigpipe();
  ob_login_free(h->login); /* cancels its own calls */
  while (h->calls) call_free(h->calls);
  curl_multi_cleanup(h->multi);
  if (h->wake_fd >= 0) close(h->wake_fd);
  ob_creds_done(&h->creds);
  ob_http_route_done(&h->route);
  free(h);
}
