/* One epoll thread of libmicrohttpd. A request is collected whole, answered by sim_handle(), and
 * sent; a watch stays open with a reader callback that parks (suspends) its connection when there
 * is nothing to send, until an event or the clock wakes it.
 *
 *   collecting → answering → (held back: suspended until due) → sending
 */
#include "sim/http.h"
#include "base/str.h"
#include "sim/proxy.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <time.h>

enum { SIM_POOL = 64 * 1024, SIM_CONNECTIONS = 2048, SIM_READ_BLOCK = 64 * 1024 };

typedef struct call { /* one request */
  struct call *next;  /* of those held back */
  struct MHD_Connection *connection;
  ob_buf body;
  sim_req req;
  sim_resp resp;
  bool answered, held; /* held back, once */
  int64_t due_ms;      /* held back until; a proxied one longer, until its answer is there */
} call;

struct sim_http {
  struct MHD_Daemon *daemon;
  call *held;
};

typedef struct stream { /* reader of one watch */
  ob_sim *sim;
  sim_watch *watch;
} stream;

/* A reader that ends with an error leaves its descriptor open for good (libmicrohttpd 0.9.75), one
 * whose bytes cannot be sent does not. */
static ssize_t cut(const stream *st) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(
      sim_watch_link(st->watch)->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info || shutdown(info->connect_fd, SHUT_RDWR) != 0) return MHD_CONTENT_READER_END_WITH_ERROR;
  return 1;
}

static ssize_t read_watch(void *arg, uint64_t pos, char *out, size_t max) {
  (void)pos;
  stream *st = arg;
  size_t n = 0;
  sim_store_lock(&st->sim->store);
  sim_stream got = sim_watch_read(st->watch, out, max, &n);
  if (got == SIM_QUIET) {
    struct sim_watch_link *link = sim_watch_link(st->watch);
    link->parked = true;
    MHD_suspend_connection(link->connection);
  }
  sim_store_unlock(&st->sim->store);
  if (got == SIM_END) return MHD_CONTENT_READER_END_OF_STREAM;
  return got == SIM_CUT ? cut(st) : (ssize_t)n;
}

static void free_stream(void *arg) {
  stream *st = arg;
  sim_store_lock(&st->sim->store);
  sim_watch_close(st->sim, st->watch);
  sim_store_unlock(&st->sim->store);
  free(st);
}

static void unpark(sim_watch *w) {
  struct sim_watch_link *link = sim_watch_link(w);
  if (!link->parked) return;
  link->parked = false;
  MHD_resume_connection(link->connection);
}

void sim_http_wake(void *arg, sim_kind kind) {
  ob_sim *s = arg;
  for (sim_watch *w = s->watches; w; w = sim_watch_link(w)->next)
    if (sim_watch_link(w)->kind == kind) unpark(w);
}

void sim_http_tick(ob_sim *s, int64_t now) {
  for (sim_watch *w = s->watches; w; w = sim_watch_link(w)->next)
    if (sim_watch_due(w, now)) unpark(w);
  for (call **at = &s->http->held; *at;) {
    call *c = *at;
    bool due = now >= c->due_ms && (!c->resp.proxy || sim_proxy_work(&c->resp, now));
    if (!due && !s->stopping) {
      at = &c->next;
      continue;
    }
    *at = c->next;
    MHD_resume_connection(c->connection);
  }
}

static void add_warnings(struct MHD_Response *m, const ob_json *warnings) {
  for (const ob_json *w = ob_json_first(warnings); w; w = ob_json_next(w)) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_adds(&text, "299 - \"");
    for (const char *c = ob_json_str(w); *c; c++) {
      if (*c == '"' || *c == '\\') ob_buf_addc(&text, '\\');
      ob_buf_addc(&text, (unsigned char)*c < ' ' ? ' ' : *c);
    }
    ob_buf_addc(&text, '"');
    MHD_add_response_header(m, "Warning", ob_buf_str(&text));
  }
}

static void add_wrong_date(struct MHD_Response *m, int64_t ahead_s) {
  char text[64];
  struct tm tm;
  time_t t = (time_t)(ob_wall_ms() / 1000 + ahead_s);
  gmtime_r(&t, &tm);
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
  MHD_add_response_header(m, "Date", text);
}

static enum MHD_Result send_answer(ob_sim *s, call *c) {
  sim_resp *r = &c->resp;
  struct MHD_Response *m;
  if (r->watch) {
    stream *st = ob_alloc(sizeof *st);
    *st = (stream){s, r->watch};
    sim_watch_link(r->watch)->connection = c->connection;
    m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SIM_READ_BLOCK, read_watch, st,
                                          free_stream);
    r->watch = NULL;
  } else {
    size_t n;
    char *bytes = ob_buf_take(&r->body, &n);
    m = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
  }
  MHD_add_response_header(m, "Content-Type", r->type ? r->type : "application/json");
  if (r->location) MHD_add_response_header(m, "Location", r->location);
  MHD_add_response_header(m, "Cache-Control", "no-cache, private");
  if (r->code == 401) MHD_add_response_header(m, "WWW-Authenticate", "Bearer realm=\"outboard\"");
  OB_AUTOFREE char *retry = ob_asprintf("%d", r->retry_after);
  if (r->retry_after) MHD_add_response_header(m, "Retry-After", retry);
  add_warnings(m, r->warnings);
  sim_store_lock(&s->store); /* ob_sim_faults_set() comes from another thread */
  int64_t skew_s = sim_fault(s, SIM_CLOCK_SKEW) ? s->faults.value[SIM_CLOCK_SKEW] : 0;
  sim_store_unlock(&s->store);
  if (skew_s) add_wrong_date(m, skew_s);
  enum MHD_Result rc = MHD_queue_response(c->connection, r->code, m);
  MHD_destroy_response(m);
  return rc;
}

static enum MHD_Result take_query(void *arg, enum MHD_ValueKind kind, const char *key,
                                  const char *value) {
  (void)kind;
  sim_req *q = arg;
  if (q->nquery == SIM_QUERY_MAX) return MHD_NO;
  q->key[q->nquery] = key;
  q->val[q->nquery++] = ob_or(value, "");
  return MHD_YES;
}

static const char *header(struct MHD_Connection *c, const char *name) {
  return ob_or(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name), "");
}

/* Loopback names only: a page that rebinds its DNS name to 127.0.0.1 carries its own name here. */
static bool host_ok(const char *host) {
  static const char *const names[] = {"127.0.0.1", "[::1]", "localhost"};
  for (size_t i = 0; i < OB_LEN(names); i++) {
    size_t n = strlen(names[i]);
    if (ob_starts(host, names[i]) && (host[n] == ':' || host[n] == '\0')) return true;
  }
  return false;
}

static bool token_ok(const char *authorization, const char *token) {
  static const char bearer[] = "Bearer ";
  if (!ob_starts(authorization, bearer)) return false;
  const char *given = authorization + strlen(bearer);
  size_t n = strlen(token), diff = strlen(given) ^ n;
  for (size_t i = 0; i < n && diff == 0; i++) diff |= (size_t)(given[i] ^ token[i]);
  return diff == 0;
}

static bool authorized(ob_sim *s, const char *authorization) {
  sim_store_lock(&s->store); /* ob_sim_token_set() comes from another thread */
  bool ok = token_ok(authorization, s->token);
  sim_store_unlock(&s->store);
  return ok;
}

static bool anonymous_ok(const char *path) {
  static const char *const paths[] = {"/version", "/readyz", "/livez", "/healthz"};
  for (size_t i = 0; i < OB_LEN(paths); i++)
    if (ob_streq(path, paths[i])) return true;
  return false;
}

static void answer(ob_sim *s, call *c) {
  struct MHD_Connection *m = c->connection;
  sim_req *q = &c->req;
  q->accept = header(m, "Accept");
  q->content_type = header(m, "Content-Type");
  q->user_agent = header(m, "User-Agent");
  q->body = ob_buf_str(&c->body);
  q->nbody = c->body.len;
  MHD_get_connection_values(m, MHD_GET_ARGUMENT_KIND, take_query, q);
  const char *auth = header(m, "Authorization");
  if (ob_streq(auth, "Bearer") || ob_streq(auth, "Bearer "))
    auth = ""; /* an empty token is nobody */
  c->answered = true;
  if (!host_ok(header(m, "Host")))
    sim_fail(&c->resp, 403, "Forbidden", NULL, NULL, "only loopback host names are answered");
  else if (c->body.failed)
    sim_fail(&c->resp, 413, "RequestEntityTooLarge", NULL, NULL,
             "Request entity too large: limit is %d", SIM_BODY_MAX);
  else if (*auth && !authorized(s, auth))
    sim_fail(&c->resp, 401, "Unauthorized", NULL, NULL, "Unauthorized");
  else if (!*auth && !anonymous_ok(q->path))
    sim_fail(&c->resp, 403, "Forbidden", NULL, NULL,
             "forbidden: User \"system:anonymous\" cannot %s path \"%s\"", q->method, q->path);
  else
    sim_handle(s, q, &c->resp);
}

/* True when the answer waits; the tick resumes the connection and the handler runs again. */
static bool hold_back(ob_sim *s, call *c) {
  if (c->held || !(c->resp.delay_ms || c->resp.proxy)) return false;
  sim_store_lock(&s->store);
  bool hold = !s->stopping;
  if (hold) {
    c->held = true;
    c->due_ms = ob_mono_ms() + c->resp.delay_ms;
    c->next = s->http->held;
    s->http->held = c;
    MHD_suspend_connection(c->connection);
  }
  sim_store_unlock(&s->store);
  return hold;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state) {
  (void)version;
  ob_sim *s = arg;
  call *c = *state;
  if (!c) {
    *state = c = ob_calloc(1, sizeof *c);
    c->connection = connection;
    c->req.method = method;
    c->req.path = url;
    ob_buf_init(&c->body, SIM_BODY_MAX);
    ob_buf_init(&c->resp.body, SIM_RESPONSE_MAX);
    return MHD_YES;
  }
  if (*upload_size) {
    ob_buf_add(&c->body, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  if (!c->answered) answer(s, c);
  return hold_back(s, c) ? MHD_YES : send_answer(s, c);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why) {
  (void)connection, (void)why;
  ob_sim *s = arg;
  call *c = *state;
  if (!c) return;
  if (c->resp.watch) { /* opened, held back, and the client has gone */
    sim_store_lock(&s->store);
    sim_watch_close(s, c->resp.watch);
    sim_store_unlock(&s->store);
  }
  sim_resp_done(&c->resp);
  ob_buf_done(&c->body);
  free(c);
  *state = NULL;
}

static void quiet(void *arg, const char *fmt, va_list ap) {
  (void)arg, (void)fmt, (void)ap;
}

int sim_http_start(ob_sim *s, const sim_cert *cert, ob_err *err) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)s->opts.port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  s->http = ob_calloc(1, sizeof *s->http);
  s->http->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TLS |
          MHD_USE_ERROR_LOG,
      0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_SOCK_ADDR,
      (struct sockaddr *)&at, MHD_OPTION_HTTPS_MEM_KEY, cert->key_pem, MHD_OPTION_HTTPS_MEM_CERT,
      cert->cert_pem, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SIM_POOL, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)SIM_CONNECTIONS, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
  if (s->http->daemon) return 0;
  free(s->http);
  s->http = NULL;
  return ob_fail(err, OB_EIO, "cannot listen on 127.0.0.1 port %d", s->opts.port);
}

int sim_http_port(const ob_sim *s) {
  const union MHD_DaemonInfo *info =
      MHD_get_daemon_info(s->http->daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

void sim_http_stop(ob_sim *s) {
  if (!s->http) return;
  sim_store_lock(&s->store);
  sim_http_tick(s, ob_mono_ms());
  sim_store_unlock(&s->store);
  MHD_stop_daemon(s->http->daemon);
  free(s->http);
  s->http = NULL;
}
