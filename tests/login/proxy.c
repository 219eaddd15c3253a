/* A thread a connection: it shakes hands, connects, and copies until one side ends or everything is
 * cut. */
#include "login/proxy.h"
#include "base/str.h"
#include "login/tls.h"
#include <arpa/inet.h>
#include <err.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNS = 64 };

struct test_proxy {
  char *user, *password;
  test_tls *tls; /* NULL: none */
  int listener, port;
  pthread_t thread, workers[CONNS];
  pthread_mutex_t lock;
  int fds[CONNS]; /* the client's side; -1 closed */
  int nconns, carried, refused;
};

typedef struct job {
  test_proxy *p;
  int slot, fd;
} job;

static bool read_all(int fd, void *into, size_t n) {
  for (char *at = into; n > 0;) {
    ssize_t got = read(fd, at, n);
    if (got <= 0) return false;
    at += got;
    n -= (size_t)got;
  }
  return true;
}

static void send_all(int fd, const void *bytes, size_t n) {
  for (const char *at = bytes; n > 0;) {
    ssize_t put = send(fd, at, n, MSG_NOSIGNAL);
    if (put <= 0) return;
    at += put;
    n -= (size_t)put;
  }
}

static int connect_to(const char *host, const char *port) {
  struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
  if (getaddrinfo(host, port, &hints, &found)) return -1;
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  return fd;
}

static void count(test_proxy *p, int *which) {
  pthread_mutex_lock(&p->lock);
  ++*which;
  pthread_mutex_unlock(&p->lock);
}

static int refuse(test_proxy *p, int fd, const char *bytes, size_t n) {
  count(p, &p->refused);
  send_all(fd, bytes, n);
  return -1;
}

/* "ONNECT host:port HTTP/1.1 …": its first byte was read. Returns the other side, or -1. */
static int http_hello(test_proxy *p, int fd) {
  OB_AUTO(ob_buf) head = OB_BUF_INIT(65536);
  char c;
  while (!strstr(ob_buf_str(&head), "\r\n\r\n")) {
    if (!read_all(fd, &c, 1)) return -1;
    ob_buf_addc(&head, c);
  }
  OB_AUTO(ob_buf) want = OB_BUF_INIT(65536);
  if (p->user) {
    OB_AUTOFREE char *pair = ob_asprintf("%s:%s", p->user, p->password);
    ob_buf_adds(&want, "Proxy-Authorization: Basic ");
    ob_base64_encode(&want, pair, strlen(pair));
    ob_buf_adds(&want, "\r\n");
  }
  static const char no[] =
      "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: "
      "0\r\nConnection: close\r\n\r\n";
  static const char yes[] = "HTTP/1.1 200 Go on\r\n\r\n";
  if (!strstr(ob_buf_str(&head), ob_buf_str(&want))) return refuse(p, fd, no, sizeof no - 1);
  char target[256], *colon;
  /* What is for the server must not come here. */
  if (strstr(ob_buf_str(&head), "\r\nAuthorization:")) errx(1, "the proxy got a credential");
  if (sscanf(ob_buf_str(&head), "ONNECT %255s HTTP/1.1", target) != 1) return -1;
  if (!(colon = strrchr(target, ':'))) return -1;
  *colon = '\0';
  int other = connect_to(target, colon + 1);
  if (other >= 0) send_all(fd, yes, sizeof yes - 1);
  return other;
}

static bool socks_login(test_proxy *p, int fd) {
  unsigned char n;
  char user[256] = "", password[256] = "";
  if (!read_all(fd, &n, 1) || n != 1) return false;
  if (!read_all(fd, &n, 1) || !read_all(fd, user, n)) return false;
  if (!read_all(fd, &n, 1) || !read_all(fd, password, n)) return false;
  bool ok = ob_streq(user, p->user) && ob_streq(password, p->password);
  send_all(fd, ok ? "\1\0" : "\1\1", 2);
  if (!ok) count(p, &p->refused);
  return ok;
}

/* RFC 1928, RFC 1929: the version byte was read. */
static int socks_hello(test_proxy *p, int fd) {
  unsigned char n, methods[256], head[4], address[256] = {0}, port[2];
  if (!read_all(fd, &n, 1) || !read_all(fd, methods, n)) return -1;
  unsigned char want = p->user ? 2 : 0;
  if (!memchr(methods, want, n)) return refuse(p, fd, "\5\xff", 2);
  send_all(fd, (char[]){5, (char)want}, 2);
  if (want && !socks_login(p, fd)) return -1;
  if (!read_all(fd, head, 4) || head[1] != 1) return -1;
  char host[256];
  if (head[3] == 1) {
    if (!read_all(fd, address, 4)) return -1;
    inet_ntop(AF_INET, address, host, sizeof host);
  } else if (head[3] == 4) {
    if (!read_all(fd, address, 16)) return -1;
    inet_ntop(AF_INET6, address, host, sizeof host);
  } else {
    if (!read_all(fd, &n, 1) || !read_all(fd, address, n)) return -1;
    snprintf(host, sizeof host, "%s", (const char *)address);
  }
  if (!read_all(fd, port, 2)) return -1;
  OB_AUTOFREE char *number = ob_asprintf("%d", port[0] * 256 + port[1]);
  int other = connect_to(host, number);
  send_all(fd, (char[]){5, other >= 0 ? 0 : 5, 0, 1, 0, 0, 0, 0, 0, 0}, 10);
  return other;
}

static void copy(int a, int b) {
  char piece[16384];
  for (;;) {
    struct pollfd p[] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    if (poll(p, 2, -1) < 0) return;
    for (int i = 0; i < 2; i++) {
      if (!p[i].revents) continue;
      ssize_t n = read(p[i].fd, piece, sizeof piece);
      if (n <= 0) return;
      send_all(p[!i].fd, piece, (size_t)n);
    }
  }
}

static void *serve(void *arg) {
  job *j = arg;
  test_proxy *p = j->p;
  char first;
  int other = -1;
  pthread_t unwrapper;
  if (p->tls) j->fd = test_tls_unwrap(p->tls, j->fd, &unwrapper);
  if (read_all(j->fd, &first, 1)) other = first == 5 ? socks_hello(p, j->fd) : http_hello(p, j->fd);
  if (other >= 0) {
    count(p, &p->carried);
    copy(j->fd, other);
    close(other);
  }
  pthread_mutex_lock(&p->lock);
  p->fds[j->slot] = -1;
  pthread_mutex_unlock(&p->lock);
  close(j->fd);
  if (p->tls) pthread_join(unwrapper, NULL);
  free(j);
  return NULL;
}

static void *accept_all(void *arg) {
  test_proxy *p = arg;
  for (int fd; (fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
    if (p->nconns == CONNS) errx(1, "more than %d connections", CONNS);
    job *j = ob_alloc(sizeof *j);
    *j = (job){p, p->nconns, fd};
    pthread_mutex_lock(&p->lock);
    p->fds[p->nconns] = fd;
    pthread_create(&p->workers[p->nconns++], NULL, serve, j);
    pthread_mutex_unlock(&p->lock);
  }
  return NULL;
}

test_proxy *test_proxy_start(const char *user, const char *password, const test_cert *cert) {
  test_proxy *p = ob_calloc(1, sizeof *p);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  p->user = ob_strdup_opt(user);
  p->password = ob_strdup_opt(password);
  p->tls = cert ? test_tls_new(cert) : NULL;
  pthread_mutex_init(&p->lock, NULL);
  p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(p->listener, (struct sockaddr *)&at, n) || listen(p->listener, 16) ||
      getsockname(p->listener, (struct sockaddr *)&at, &n))
    err(1, "a port on loopback");
  p->port = ntohs(at.sin_port);
  pthread_create(&p->thread, NULL, accept_all, p);
  return p;
}

int test_proxy_port(const test_proxy *p) {
  return p->port;
}

static int read_count(test_proxy *p, const int *which) {
  pthread_mutex_lock(&p->lock);
  int n = *which;
  pthread_mutex_unlock(&p->lock);
  return n;
}
int test_proxy_carried(test_proxy *p) {
  return read_count(p, &p->carried);
}
int test_proxy_refused(test_proxy *p) {
  return read_count(p, &p->refused);
}

void test_proxy_cut(test_proxy *p) {
  pthread_mutex_lock(&p->lock);
  for (int i = 0; i < CONNS; i++)
    if (i < p->nconns && p->fds[i] >= 0) shutdown(p->fds[i], SHUT_RDWR);
  pthread_mutex_unlock(&p->lock);
}

void test_proxy_stop(test_proxy *p) {
  shutdown(p->listener, SHUT_RDWR);
  pthread_join(p->thread, NULL);
  close(p->listener);
  test_proxy_cut(p);
  for (int i = 0; i < p->nconns; i++) pthread_join(p->workers[i], NULL);
  test_tls_free(p->tls);
  free(p->user);
  free(p->password);
  free(p);
}
