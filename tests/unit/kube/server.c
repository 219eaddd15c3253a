/* GnuTLS on the server's side, so that libcurl's OpenSSL meets a stranger. */
#include "server.h"
#include "base/buf.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNS = 128, LOG = 256, HEAD_MAX = 65536 };

struct test_conn {
  test_server *server;
  int fd;
  gnutls_session_t tls;
  pthread_t thread;
};

struct test_server {
  int fd, port;
  bool stop;
  test_handler handler;
  void *arg;
  gnutls_certificate_credentials_t creds;
  bool tls, want_client;
  pthread_t thread;
  pthread_mutex_t lock;
  test_conn *conns[CONNS];
  unsigned nconns, requests;
  char *log[LOG];
};

/* --- certificates --- */

static char *pem_of(gnutls_datum_t d) {
  char *s = ob_strndup((const char *)d.data, d.size);
  gnutls_free(d.data);
  return s;
}

static void load(const test_cert *c, gnutls_x509_crt_t *crt, gnutls_x509_privkey_t *key) {
  gnutls_datum_t cd = {(void *)c->cert, (unsigned)strlen(c->cert)};
  gnutls_datum_t kd = {(void *)c->key, (unsigned)strlen(c->key)};
  gnutls_x509_crt_init(crt);
  gnutls_x509_privkey_init(key);
  gnutls_x509_crt_import(*crt, &cd, GNUTLS_X509_FMT_PEM);
  gnutls_x509_privkey_import(*key, &kd, GNUTLS_X509_FMT_PEM);
}

static void add_names(gnutls_x509_crt_t crt, const char *names) {
  OB_AUTOFREE char *copy = ob_strdup(names);
  char *save = NULL;
  for (char *n = strtok_r(copy, ",", &save); n; n = strtok_r(NULL, ",", &save)) {
    unsigned char ip[4];
    if (strncmp(n, "CN=", 3) == 0) continue;
    if (inet_pton(AF_INET, n, ip) == 1)
      gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND);
    else
      gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, n, (unsigned)strlen(n),
                                           GNUTLS_FSAN_APPEND);
  }
}

test_cert test_cert_new(const test_cert *signer, const char *names, long from_s, long to_s) {
  static unsigned serial;
  gnutls_x509_privkey_t key, ca_key;
  gnutls_x509_crt_t crt, ca;
  gnutls_x509_privkey_init(&key);
  gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                               GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init(&crt);
  unsigned n = __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED);
  unsigned char number[4] = {1, (unsigned char)getpid(), (unsigned char)(n >> 8), (unsigned char)n};
  char cn[64];
  if (names && strncmp(names, "CN=", 3) == 0)
    snprintf(cn, sizeof cn, "%s", names + 3);
  else
    snprintf(cn, sizeof cn, "outboard test %d.%u", (int)getpid(), n);
  gnutls_x509_crt_set_version(crt, 3);
  gnutls_x509_crt_set_serial(crt, number, sizeof number);
  gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (unsigned)strlen(cn));
  gnutls_x509_crt_set_activation_time(crt, time(NULL) + from_s);
  gnutls_x509_crt_set_expiration_time(crt, time(NULL) + to_s);
  gnutls_x509_crt_set_key(crt, key);
  if (signer) {
    add_names(crt, names);
    load(signer, &ca, &ca_key);
    gnutls_x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_privkey_deinit(ca_key);
  } else {
    gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
    gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
  }
  gnutls_datum_t c, k;
  gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &c);
  gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &k);
  gnutls_x509_crt_deinit(crt);
  gnutls_x509_privkey_deinit(key);
  return (test_cert){pem_of(c), pem_of(k)};
}

void test_cert_free(test_cert *c) {
  free(c->cert);
  free(c->key);
  *c = (test_cert){0};
}

/* --- connections --- */

static ssize_t conn_read(test_conn *c, void *out, size_t n) {
  return c->tls ? gnutls_record_recv(c->tls, out, n) : read(c->fd, out, n);
}

void test_write(test_conn *c, const void *bytes, size_t n) {
  const char *p = bytes;
  while (n > 0) {
    ssize_t done = c->tls ? gnutls_record_send(c->tls, p, n) : send(c->fd, p, n, MSG_NOSIGNAL);
    if (done <= 0) return;
    p += done;
    n -= (size_t)done;
  }
}

bool test_reply(test_conn *c, int status, const char *extra, const char *body) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 26);
  ob_buf_addf(&b, "HTTP/1.1 %d Test\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
              extra ? extra : "", body);
  test_write(c, b.ptr, b.len);
  return true;
}

bool test_reset(test_conn *c) {
  struct linger now = {.l_onoff = 1};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(quiet, c->fd); /* the socket is closed, its number stays ours */
  close(quiet);
  return false;
}

static bool stopping(test_server *s) {
  pthread_mutex_lock(&s->lock);
  bool stop = s->stop;
  pthread_mutex_unlock(&s->lock);
  return stop;
}

bool test_wait(test_conn *c, int ms) {
  for (; ms > 0; ms -= 10) {
    if (stopping(c->server)) return false;
    usleep(10000);
  }
  return !stopping(c->server);
}

static void serve(test_conn *c) {
  OB_AUTO(ob_buf) in = OB_BUF_INIT(HEAD_MAX);
  for (;;) {
    char piece[4096];
    char *end;
    while (!(end = strstr(ob_buf_str(&in), "\r\n\r\n"))) {
      ssize_t n = conn_read(c, piece, sizeof piece);
      if (n <= 0 || ob_buf_add(&in, piece, (size_t)n)) return;
      if (in.ptr[0] == 0x16) { /* a TLS greeting: what Go's server says to it */
        static const char no[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
        test_write(c, no, sizeof no - 1);
        return;
      }
    }
    size_t head_len = (size_t)(end - in.ptr) + 4, body_len = 0;
    OB_AUTOFREE char *head = ob_strndup(in.ptr, head_len);
    const char *cl = strcasestr(head, "content-length:");
    if (cl) body_len = strtoul(cl + 15, NULL, 10);
    while (in.len < head_len + body_len) {
      ssize_t n = conn_read(c, piece, sizeof piece);
      if (n <= 0 || ob_buf_add(&in, piece, (size_t)n)) return;
    }
    OB_AUTOFREE char *body = ob_strndup(in.ptr + head_len, body_len);
    ob_buf_consume(&in, head_len + body_len);
    test_request r = {.head = head, .body = body};
    sscanf(head, "%15s %1023s", r.method, r.path);
    test_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    if (s->requests < LOG) s->log[s->requests] = ob_strdup(head);
    r.number = ++s->requests;
    pthread_mutex_unlock(&s->lock);
    if (!s->handler(c, &r, s->arg)) return;
  }
}

static void *conn_main(void *arg) {
  test_conn *c = arg;
  test_server *s = c->server;
  bool ok = true;
  if (s->tls) {
    gnutls_init(&c->tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
    gnutls_set_default_priority(c->tls);
    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, s->creds);
    if (s->want_client) {
      gnutls_certificate_server_set_request(c->tls, GNUTLS_CERT_REQUIRE);
      gnutls_session_set_verify_cert(c->tls, NULL, 0);
    }
    gnutls_transport_set_int(c->tls, c->fd);
    int rc;
    do rc = gnutls_handshake(c->tls);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    if (rc < 0) gnutls_alert_send_appropriate(c->tls, rc);
    ok = rc == 0;
  }
  if (ok) serve(c);
  if (c->tls && ok) gnutls_bye(c->tls, GNUTLS_SHUT_WR);
  shutdown(c->fd, SHUT_RDWR);
  if (c->tls) gnutls_deinit(c->tls);
  return NULL;
}

static void *accept_main(void *arg) {
  test_server *s = arg;
  for (;;) {
    int fd = accept(s->fd, NULL, NULL);
    if (fd < 0) return NULL;
    pthread_mutex_lock(&s->lock);
    if (s->stop || s->nconns == CONNS) {
      pthread_mutex_unlock(&s->lock);
      close(fd);
      continue;
    }
    test_conn *c = ob_calloc(1, sizeof *c);
    c->server = s;
    c->fd = fd;
    s->conns[s->nconns++] = c;
    pthread_create(&c->thread, NULL, conn_main, c);
    pthread_mutex_unlock(&s->lock);
  }
}

static int listen_at(const char *address, int port, int *ret_port) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                           .ai_socktype = SOCK_STREAM};
  struct addrinfo *at = NULL;
  char text[8];
  int on = 1;
  snprintf(text, sizeof text, "%d", port);
  if (getaddrinfo(address, text, &hints, &at) != 0) return -1;
  int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_storage got;
  socklen_t len = sizeof got;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 64) ||
      getsockname(fd, (struct sockaddr *)&got, &len)) {
    close(fd);
    fd = -1;
  }
  *ret_port = ntohs(got.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&got)->sin6_port
                                              : ((struct sockaddr_in *)&got)->sin_port);
  freeaddrinfo(at);
  return fd;
}

static test_server *start(const char *address, int port, const test_cert *cert,
                          const test_cert *client_ca, test_handler handler, void *arg) {
  test_server *s = ob_calloc(1, sizeof *s);
  s->handler = handler;
  s->arg = arg;
  pthread_mutex_init(&s->lock, NULL);
  if (cert) {
    gnutls_datum_t c = {(void *)cert->cert, (unsigned)strlen(cert->cert)};
    gnutls_datum_t k = {(void *)cert->key, (unsigned)strlen(cert->key)};
    gnutls_certificate_allocate_credentials(&s->creds);
    gnutls_certificate_set_x509_key_mem(s->creds, &c, &k, GNUTLS_X509_FMT_PEM);
    s->tls = true;
  }
  if (client_ca) {
    gnutls_datum_t c = {(void *)client_ca->cert, (unsigned)strlen(client_ca->cert)};
    gnutls_certificate_set_x509_trust_mem(s->creds, &c, GNUTLS_X509_FMT_PEM);
    s->want_client = true;
  }
  s->fd = listen_at(address, port, &s->port);
  if (s->fd < 0) {
    if (s->creds) gnutls_certificate_free_credentials(s->creds);
    free(s);
    return NULL;
  }
  pthread_create(&s->thread, NULL, accept_main, s);
  return s;
}

test_server *test_server_start(const test_cert *cert, const test_cert *client_ca,
                               test_handler handler, void *arg) {
  return start("127.0.0.1", 0, cert, client_ca, handler, arg);
}

test_server *test_server_start_at(const char *address, int port, const test_cert *cert,
                                  test_handler handler, void *arg) {
  return start(address, port, cert, NULL, handler, arg);
}

void test_server_stop(test_server *s) {
  if (!s) return;
  pthread_mutex_lock(&s->lock);
  s->stop = true;
  for (unsigned i = 0; i < s->nconns; i++) shutdown(s->conns[i]->fd, SHUT_RDWR);
  pthread_mutex_unlock(&s->lock);
  shutdown(s->fd, SHUT_RDWR);
  pthread_join(s->thread, NULL);
  for (unsigned i = 0; i < s->nconns; i++) {
    pthread_join(s->conns[i]->thread, NULL);
    close(s->conns[i]->fd);
    free(s->conns[i]);
  }
  close(s->fd);
  for (unsigned i = 0; i < LOG; i++) free(s->log[i]);
  if (s->creds) gnutls_certificate_free_credentials(s->creds);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

int test_server_port(const test_server *s) {
  return s->port;
}

static test_server *locked(const test_server *s) {
  test_server *m = (test_server *)s;
  pthread_mutex_lock(&m->lock);
  return m;
}

unsigned test_server_requests(const test_server *s) {
  test_server *m = locked(s);
  unsigned n = m->requests;
  pthread_mutex_unlock(&m->lock);
  return n;
}

unsigned test_server_connections(const test_server *s) {
  test_server *m = locked(s);
  unsigned n = m->nconns;
  pthread_mutex_unlock(&m->lock);
  return n;
}

char *test_server_head(const test_server *s, unsigned number) {
  test_server *m = locked(s);
  const char *h = number >= 1 && number <= LOG ? m->log[number - 1] : NULL;
  char *copy = ob_strdup(h ? h : "");
  pthread_mutex_unlock(&m->lock);
  return copy;
}
