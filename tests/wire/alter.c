/* A thread a connection, which waits for either side and for what others want said.
 *
 *   request bytes:  head ─▶ (Host rewritten, path kept) ─▶ body of Content-Length ─▶ head …
 *   response bytes: head ─▶ body by length, by chunks or to the end ─▶ head …
 *
 * A watch is sent on line by line; any other body is collected, altered and sent with a
 * Content-Length of its own. One lock is held while a hook runs and while a field of the proxy is
 * read or changed; never while bytes are sent. */
#include "wire/alter.h"
#include "base/mem.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <err.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 64 * 1024 };

typedef struct conn {
  ob_alter *a;
  pthread_t thread;
  int client_fd, server_fd, wake_fd;
  bool done, watching; /* under the lock */
  unsigned said;       /* of what ob_alter_say() wanted */
  gnutls_session_t client, server;
  ob_buf request, in;  /* not yet understood */
  size_t request_left; /* of a request's body */
  char path[2048];
  /* the response under way */
  enum { IN_HEAD, BY_LENGTH, BY_CHUNKS, TO_THE_END } state;
  size_t left; /* of the body, of the chunk */
  int status;
  bool watch;
  ob_buf head, body;
} conn;

struct ob_alter {
  pthread_t thread;
  pthread_mutex_t lock;
  int listen_fd, port, target;
  bool stop, one_request;
  gnutls_certificate_credentials_t creds, anyone;
  OB_VEC(gnutls_certificate_credentials_t) old; /* connections may still use them */
  ob_alter_hooks hooks;
  char *line;
  bool line_ends;
  unsigned said;
  conn *conns[OB_ALTER_CONNS];
};

static bool send_all(gnutls_session_t to, const char *p, size_t n) {
  while (n > 0) {
    ssize_t done = gnutls_record_send(to, p, n);
    if (done == GNUTLS_E_INTERRUPTED || done == GNUTLS_E_AGAIN) continue;
    if (done <= 0) return false;
    p += done;
    n -= (size_t)done;
  }
  return true;
}

static bool send_buf(gnutls_session_t to, const ob_buf *b) {
  return send_all(to, ob_buf_str(b), b->len);
}

static bool send_chunks(conn *c, const ob_buf *b, size_t piece) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(2 * OB_ALTER_BODY);
  for (size_t at = 0, n; at < b->len; at += n) {
    n = piece && piece < b->len - at ? piece : b->len - at;
    ob_buf_addf(&out, "%zx\r\n", n);
    ob_buf_add(&out, b->ptr + at, n);
    ob_buf_adds(&out, "\r\n");
  }
  return out.len == 0 || send_buf(c->client, &out);
}

/* --- requests ---------------------------------------------------------------------------- */
static const char *line_end(const char *p) {
  const char *end = strstr(p, "\r\n");
  return end ? end + 2 : p + strlen(p);
}

static bool is_header(const char *line, const char *name) {
  return strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
}

static bool pass_request(conn *c) {
  for (;;) {
    if (c->request_left > 0) {
      size_t n = c->request.len < c->request_left ? c->request.len : c->request_left;
      if (n == 0) return true;
      if (!send_all(c->server, c->request.ptr, n)) return false;
      ob_buf_consume(&c->request, n);
      c->request_left -= n;
      continue;
    }
    const char *text = ob_buf_str(&c->request), *end = strstr(text, "\r\n\r\n");
    if (!end) return c->request.len < HEAD_MAX;
    end += 4;
    OB_AUTO(ob_buf) out = OB_BUF_INIT(2 * HEAD_MAX);
    sscanf(text, "%*s %2047s", c->path);
    for (const char *l = text; l < end; l = line_end(l)) {
      if (is_header(l, "Host"))
        ob_buf_adds(&out, "Host: 127.0.0.1\r\n");
      else if (!is_header(l, "Accept-Encoding")) /* bodies are altered as they are */
        ob_buf_add(&out, l, (size_t)(line_end(l) - l));
      if (is_header(l, "Content-Length")) c->request_left = strtoul(l + 15, NULL, 10);
    }
    if (!send_buf(c->server, &out)) return false;
    ob_buf_consume(&c->request, (size_t)(end - text));
  }
}

/* --- responses ------------------------------------------------------------------------------ */
static ob_alter_reply reply_of(const conn *c) {
  return (ob_alter_reply){.path = c->path, .watch = c->watch, .status = c->status};
}

static void set_watching(conn *c, bool on) {
  pthread_mutex_lock(&c->a->lock);
  c->watching = on;
  c->said = c->a->said;
  pthread_mutex_unlock(&c->a->lock);
}

static ob_alter_then alter(conn *c, ob_buf *bytes, ob_buf *head, int *ret_number) {
  ob_alter *a = c->a;
  ob_alter_reply r = reply_of(c);
  ob_alter_then then = OB_ALTER_ON;
  pthread_mutex_lock(&a->lock);
  if (head && a->hooks.head) a->hooks.head(a->hooks.arg, &r, head);
  if (bytes && a->hooks.body) then = a->hooks.body(a->hooks.arg, &r, bytes);
  if (ret_number && c->watch)
    *ret_number = a->hooks.piece;
  else if (ret_number && a->hooks.wrong_by)
    *ret_number = a->hooks.wrong_by(a->hooks.arg, &r);
  pthread_mutex_unlock(&a->lock);
  return then;
}

/* One line of a watch, or its opening. False: it is over. */
static bool pass_line(conn *c, ob_buf *line) {
  int piece = 0;
  ob_alter_then then = alter(c, line, NULL, &piece);
  if (!send_chunks(c, line, (size_t)piece)) return false;
  if (then == OB_ALTER_END) (void)send_all(c->client, "0\r\n\r\n", 5);
  return then == OB_ALTER_ON;
}

static void tell_close(conn *c) {
  if (c->a->one_request) ob_buf_adds(&c->head, "Connection: close\r\n");
}

/* The head without its framing, which is told anew. */
static bool read_head(conn *c, const char *text, const char *end) {
  bool chunked = false;
  size_t length = 0;
  bool has_length = false;
  ob_buf_reset(&c->head);
  ob_buf_reset(&c->body);
  sscanf(text, "%*s %d", &c->status);
  for (const char *l = text; l < end - 2; l = line_end(l)) {
    if (is_header(l, "Content-Length")) {
      length = strtoul(l + 15, NULL, 10);
      has_length = true;
    } else if (is_header(l, "Transfer-Encoding")) {
      chunked = true;
    } else {
      ob_buf_add(&c->head, l, (size_t)(line_end(l) - l));
    }
  }
  c->watch = c->status == 200 && strstr(c->path, "watch=1") != NULL;
  c->state = chunked ? BY_CHUNKS : has_length || c->status == 304 ? BY_LENGTH : TO_THE_END;
  c->left = length;
  if (!c->watch) return true;
  (void)alter(c, NULL, &c->head, NULL);
  tell_close(c);
  ob_buf_adds(&c->head, "Transfer-Encoding: chunked\r\n\r\n");
  set_watching(c, true);
  OB_AUTO(ob_buf) nothing = OB_BUF_INIT(OB_ALTER_BODY);
  return send_buf(c->client, &c->head) && pass_line(c, &nothing);
}

/* Whole lines of a watch. */
static bool pass_lines(conn *c) {
  const char *nl;
  while ((nl = memchr(ob_buf_str(&c->body), '\n', c->body.len))) {
    size_t n = (size_t)(nl - c->body.ptr) + 1;
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_ALTER_BODY);
    ob_buf_add(&line, c->body.ptr, n);
    ob_buf_consume(&c->body, n);
    if (!pass_line(c, &line)) return false;
  }
  return true;
}

static bool body_is_whole(conn *c) {
  c->state = IN_HEAD;
  if (c->watch) {
    set_watching(c, false);
    return send_all(c->client, "0\r\n\r\n", 5) && !c->a->one_request;
  }
  int wrong_by = 0;
  ob_alter_then then = alter(c, &c->body, &c->head, &wrong_by);
  long length = (long)c->body.len + wrong_by;
  if (c->status != 304) ob_buf_addf(&c->head, "Content-Length: %ld\r\n", length < 0 ? 0 : length);
  tell_close(c);
  ob_buf_adds(&c->head, "\r\n");
  return send_buf(c->client, &c->head) && send_buf(c->client, &c->body) && then == OB_ALTER_ON &&
         wrong_by == 0 && !c->a->one_request;
}

/* What stands in c->in, as far as it is understood. False: the connection ends. */
static bool take_response(conn *c) {
  for (;;) {
    const char *text = ob_buf_str(&c->in);
    if (c->state == IN_HEAD) {
      const char *end = strstr(text, "\r\n\r\n");
      if (!end) return c->in.len < HEAD_MAX;
      if (!read_head(c, text, end + 4)) return false;
      ob_buf_consume(&c->in, (size_t)(end + 4 - text));
      if (c->state == BY_LENGTH && c->left == 0 && !body_is_whole(c)) return false;
      continue;
    }
    if (c->state == BY_CHUNKS && c->left == 0) {
      const char *nl = strstr(text, "\r\n");
      if (!nl) return true;
      if (nl == text) { /* behind a chunk */
        ob_buf_consume(&c->in, 2);
        continue;
      }
      c->left = strtoul(text, NULL, 16);
      if (c->left == 0) {
        if (c->in.len < (size_t)(nl - text) + 4) return true;
        ob_buf_consume(&c->in, (size_t)(nl - text) + 4);
        if (!body_is_whole(c)) return false;
        continue;
      }
      ob_buf_consume(&c->in, (size_t)(nl - text) + 2);
      continue;
    }
    size_t n = c->state == TO_THE_END || c->in.len < c->left ? c->in.len : c->left;
    if (n == 0) return true;
    ob_buf_add(&c->body, c->in.ptr, n);
    ob_buf_consume(&c->in, n);
    if (c->state != TO_THE_END) c->left -= n;
    if (c->watch && !pass_lines(c)) return false;
    if (c->state == BY_LENGTH && c->left == 0 && !body_is_whole(c)) return false;
  }
}

static bool say(conn *c) {
  uint64_t ignored;
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_ALTER_BODY);
  (void)!read(c->wake_fd, &ignored, sizeof ignored);
  pthread_mutex_lock(&c->a->lock);
  bool wanted = c->watching && c->said != c->a->said, end = c->a->line_ends;
  if (wanted) ob_buf_adds(&line, c->a->line);
  c->said = c->a->said;
  pthread_mutex_unlock(&c->a->lock);
  if (!wanted) return true;
  if (!send_chunks(c, &line, 0)) return false;
  if (end) (void)send_all(c->client, "0\r\n\r\n", 5);
  return !end;
}

/* --- connections ------------------------------------------------------------------------------ */
static bool receive(gnutls_session_t from, ob_buf *to) {
  char piece[16384];
  ssize_t n = gnutls_record_recv(from, piece, sizeof piece);
  if (n < 0) return !gnutls_error_is_fatal((int)n);
  return n > 0 && ob_buf_add(to, piece, (size_t)n) == 0;
}

static bool carry(conn *c) {
  struct pollfd p[] = {{.fd = c->client_fd, .events = POLLIN},
                       {.fd = c->server_fd, .events = POLLIN},
                       {.fd = c->wake_fd, .events = POLLIN}};
  bool kept = gnutls_record_check_pending(c->client) || gnutls_record_check_pending(c->server);
  if (poll(p, 3, kept ? 0 : -1) < 0) return false;
  if ((p[2].revents & POLLIN) && !say(c)) return false;
  if ((p[0].revents || gnutls_record_check_pending(c->client)) &&
      !(receive(c->client, &c->request) && pass_request(c)))
    return false;
  if (p[1].revents || gnutls_record_check_pending(c->server)) {
    if (!receive(c->server, &c->in)) {
      if (c->state == TO_THE_END) (void)body_is_whole(c);
      return false;
    }
    return take_response(c);
  }
  return true;
}

static bool handshake(gnutls_session_t *s, unsigned flags, int fd,
                      gnutls_certificate_credentials_t creds) {
  gnutls_init(s, flags | GNUTLS_NO_SIGNAL);
  gnutls_set_default_priority(*s);
  gnutls_credentials_set(*s, GNUTLS_CRD_CERTIFICATE, creds);
  gnutls_transport_set_int(*s, fd);
  int rc;
  do rc = gnutls_handshake(*s);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  return rc == 0;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static void *conn_main(void *arg) {
  conn *c = arg;
  ob_alter *a = c->a;
  pthread_mutex_lock(&a->lock);
  gnutls_certificate_credentials_t creds = a->creds;
  struct sockaddr_in to = loopback(a->target);
  pthread_mutex_unlock(&a->lock);
  bool ok = handshake(&c->client, GNUTLS_SERVER, c->client_fd, creds) &&
            connect(c->server_fd, (struct sockaddr *)&to, sizeof to) == 0 &&
            handshake(&c->server, GNUTLS_CLIENT, c->server_fd, a->anyone);
  while (ok && carry(c)) {
  }
  if (ok) gnutls_bye(c->client, GNUTLS_SHUT_WR);
  if (c->client) gnutls_deinit(c->client);
  if (c->server) gnutls_deinit(c->server);
  ob_buf *const all[] = {&c->request, &c->in, &c->head, &c->body};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_done(all[i]);
  pthread_mutex_lock(&a->lock);
  close(c->client_fd);
  close(c->server_fd);
  close(c->wake_fd);
  c->watching = false;
  c->done = true;
  pthread_mutex_unlock(&a->lock);
  return NULL;
}

/* Under the lock, which is let go while a thread is waited for. */
static void reap(ob_alter *a, bool all) {
  for (size_t i = 0; i < OB_ALTER_CONNS; i++) {
    conn *c = a->conns[i];
    if (!c || !(c->done || all)) continue;
    if (!c->done) {
      shutdown(c->client_fd, SHUT_RDWR);
      shutdown(c->server_fd, SHUT_RDWR);
    }
    a->conns[i] = NULL;
    pthread_mutex_unlock(&a->lock);
    pthread_join(c->thread, NULL);
    free(c);
    pthread_mutex_lock(&a->lock);
  }
}

static void begin(ob_alter *a, int fd) {
  int one = 1;
  pthread_mutex_lock(&a->lock);
  reap(a, false);
  size_t slot = 0;
  while (slot < OB_ALTER_CONNS && a->conns[slot]) slot++;
  if (a->stop || slot == OB_ALTER_CONNS) {
    pthread_mutex_unlock(&a->lock);
    close(fd);
    return;
  }
  conn *c = ob_calloc(1, sizeof *c);
  c->a = a;
  c->client_fd = fd;
  c->server_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(c->server_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ob_buf *const all[] = {&c->request, &c->in, &c->head, &c->body};
  for (size_t i = 0; i < OB_LEN(all); i++) ob_buf_init(all[i], OB_ALTER_BODY);
  a->conns[slot] = c;
  if (pthread_create(&c->thread, NULL, conn_main, c) != 0) errx(1, "a thread");
  pthread_mutex_unlock(&a->lock);
}

static void *accept_main(void *arg) {
  ob_alter *a = arg;
  for (;;) {
    int fd = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return NULL;
    begin(a, fd);
  }
}

/* --- the contract --------------------------------------------------------------------------------
 */
static gnutls_certificate_credentials_t creds_of(const test_cert *cert) {
  gnutls_certificate_credentials_t creds;
  gnutls_datum_t c = {(void *)cert->cert, (unsigned)strlen(cert->cert)};
  gnutls_datum_t k = {(void *)cert->key, (unsigned)strlen(cert->key)};
  gnutls_certificate_allocate_credentials(&creds);
  if (gnutls_certificate_set_x509_key_mem(creds, &c, &k, GNUTLS_X509_FMT_PEM) < 0)
    errx(1, "the proxy's certificate");
  return creds;
}

ob_alter *ob_alter_start(const test_cert *cert, int target_port, bool one_request) {
  ob_alter *a = ob_calloc(1, sizeof *a);
  struct sockaddr_in at = loopback(0);
  socklen_t len = sizeof at;
  a->target = target_port;
  a->one_request = one_request;
  a->creds = creds_of(cert);
  gnutls_certificate_allocate_credentials(&a->anyone);
  pthread_mutex_init(&a->lock, NULL);
  a->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(a->listen_fd, (struct sockaddr *)&at, sizeof at) || listen(a->listen_fd, 64) ||
      getsockname(a->listen_fd, (struct sockaddr *)&at, &len) ||
      pthread_create(&a->thread, NULL, accept_main, a))
    err(1, "the altering proxy");
  a->port = ntohs(at.sin_port);
  return a;
}

void ob_alter_stop(ob_alter *a) {
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  a->stop = true;
  pthread_mutex_unlock(&a->lock);
  shutdown(a->listen_fd, SHUT_RDWR);
  pthread_join(a->thread, NULL);
  ob_alter_drop_all(a);
  close(a->listen_fd);
  gnutls_certificate_free_credentials(a->creds);
  for (size_t i = 0; i < a->old.len; i++) gnutls_certificate_free_credentials(a->old.at[i]);
  ob_vec_done(&a->old);
  gnutls_certificate_free_credentials(a->anyone);
  free(a->line);
  pthread_mutex_destroy(&a->lock);
  free(a);
}

int ob_alter_port(const ob_alter *a) {
  return a->port;
}

void ob_alter_retarget(ob_alter *a, int target_port) {
  pthread_mutex_lock(&a->lock);
  a->target = target_port;
  pthread_mutex_unlock(&a->lock);
}

void ob_alter_cert(ob_alter *a, const test_cert *cert) {
  pthread_mutex_lock(&a->lock);
  ob_vec_push(&a->old, a->creds);
  a->creds = creds_of(cert);
  pthread_mutex_unlock(&a->lock);
}

void ob_alter_set(ob_alter *a, ob_alter_hooks hooks) {
  pthread_mutex_lock(&a->lock);
  a->hooks = hooks;
  pthread_mutex_unlock(&a->lock);
}

void ob_alter_say(ob_alter *a, const char *line, bool end) {
  uint64_t one = 1;
  pthread_mutex_lock(&a->lock);
  free(a->line);
  a->line = ob_strdup(line);
  a->line_ends = end;
  a->said++;
  for (size_t i = 0; i < OB_ALTER_CONNS; i++)
    if (a->conns[i] && a->conns[i]->watching) (void)!write(a->conns[i]->wake_fd, &one, sizeof one);
  pthread_mutex_unlock(&a->lock);
}

void ob_alter_drop_all(ob_alter *a) {
  pthread_mutex_lock(&a->lock);
  reap(a, true);
  pthread_mutex_unlock(&a->lock);
}

size_t ob_alter_watches(ob_alter *a) {
  size_t n = 0;
  pthread_mutex_lock(&a->lock);
  for (size_t i = 0; i < OB_ALTER_CONNS; i++) n += a->conns[i] && a->conns[i]->watching;
  pthread_mutex_unlock(&a->lock);
  return n;
}
