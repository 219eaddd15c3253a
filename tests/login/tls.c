/* A thread copies between the session and one end of a socket pair; the other end is given away. */
#include "login/tls.h"
#include "base/mem.h"
#include <err.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct test_tls {
  gnutls_certificate_credentials_t creds;
};

typedef struct job {
  gnutls_session_t session;
  int fd, plain;
} job;

test_tls *test_tls_new(const test_cert *cert) {
  test_tls *t = ob_calloc(1, sizeof *t);
  gnutls_datum_t c = {(void *)cert->cert, (unsigned)strlen(cert->cert)};
  gnutls_datum_t k = {(void *)cert->key, (unsigned)strlen(cert->key)};
  if (gnutls_certificate_allocate_credentials(&t->creds) ||
      gnutls_certificate_set_x509_key_mem(t->creds, &c, &k, GNUTLS_X509_FMT_PEM))
    errx(1, "the proxy's certificate");
  return t;
}

void test_tls_free(test_tls *t) {
  if (!t) return;
  gnutls_certificate_free_credentials(t->creds);
  free(t);
}

/* False: one side is over. */
static bool carry(const job *j) {
  char piece[16384];
  struct pollfd p[] = {{.fd = j->fd, .events = POLLIN}, {.fd = j->plain, .events = POLLIN}};
  bool kept = gnutls_record_check_pending(j->session) > 0;
  if (poll(p, 2, kept ? 0 : -1) < 0) return false;
  if (kept || p[0].revents) {
    ssize_t n = gnutls_record_recv(j->session, piece, sizeof piece);
    if (n <= 0 && gnutls_error_is_fatal((int)n)) return false;
    if (n == 0 || (n > 0 && send(j->plain, piece, (size_t)n, MSG_NOSIGNAL) != n)) return false;
  }
  if (p[1].revents) {
    ssize_t n = read(j->plain, piece, sizeof piece);
    if (n <= 0 || gnutls_record_send(j->session, piece, (size_t)n) != n) return false;
  }
  return true;
}

static void *work(void *arg) {
  job *j = arg;
  int rc;
  do rc = gnutls_handshake(j->session);
  while (rc < 0 && !gnutls_error_is_fatal(rc));
  while (rc == 0 && carry(j)) {
  }
  gnutls_deinit(j->session);
  close(j->plain);
  close(j->fd);
  free(j);
  return NULL;
}

int test_tls_unwrap(const test_tls *t, int fd, pthread_t *ret) {
  int pair[2];
  job *j = ob_calloc(1, sizeof *j);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) err(1, "socketpair");
  *j = (job){.fd = fd, .plain = pair[1]};
  if (gnutls_init(&j->session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL) ||
      gnutls_set_default_priority(j->session) ||
      gnutls_credentials_set(j->session, GNUTLS_CRD_CERTIFICATE, t->creds))
    errx(1, "TLS");
  gnutls_transport_set_int(j->session, fd);
  if (pthread_create(ret, NULL, work, j)) errx(1, "a thread");
  return pair[0];
}
