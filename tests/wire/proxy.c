/* One thread, one poll loop, one lock that is free only while polling. Each direction of a
 * connection is a small pipe: read when empty, write when full. The budget of CUT, RESET and
 * STALL is counted where bytes come from the server, and the fault strikes when the last byte of
 * the budget has been handed to the client, so that a test knows to the byte what arrived. */
#include "wire/proxy.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_BYTES = 16384 };

typedef struct pipe_half {
  char bytes[PIPE_BYTES];
  size_t from, to;
  bool eof, shut; /* the source ended; the sink was told */
} pipe_half;

typedef struct conn {
  int client, server; /* client -1: free slot */
  pipe_half up, down;
  size_t budget;
  bool armed, stalled; /* the fault still waits; the fault was STALL and struck */
  bool corrupt;        /* the fault was CORRUPT and struck: the next byte has it */
  int64_t drip_ms;
} conn;

struct ob_wire {
  pthread_t thread;
  pthread_mutex_t lock;
  int listen_fd, wake_fd, port, target;
  bool stop;
  ob_wire_fault_spec fault;
  conn *conns[OB_WIRE_CONNS];
  size_t accepted;
  uint64_t down, up;
};

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in a = loopback(port);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

static void conn_close(ob_wire *w, size_t i, bool reset) {
  conn *c = w->conns[i];
  if (!c) return;
  if (reset) {
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  close(c->client);
  close(c->server);
  free(c);
  w->conns[i] = NULL;
}

/* A filter that drops every packet before TCP sees it; or none. */
static void deafen(int fd, bool on) {
  struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog all = {.len = 1, .filter = &drop};
  if (on)
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all);
  else
    setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
}

static bool has_budget(ob_wire_mode m) {
  return m == OB_WIRE_CUT || m == OB_WIRE_RESET || m == OB_WIRE_STALL || m == OB_WIRE_CORRUPT;
}

static void arm(const ob_wire *w, conn *c) {
  c->armed = has_budget(w->fault.mode);
  c->budget = w->fault.bytes;
  c->stalled = c->corrupt = false;
}

static void accept_one(ob_wire *w) {
  int client = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  if (w->fault.mode == OB_WIRE_ANSWER) {
    (void)!write(client, w->fault.answer, strlen(w->fault.answer));
    shutdown(client, SHUT_WR);
    char greeting[4096]; /* unread bytes would turn the close into a reset */
    struct pollfd p = {.fd = client, .events = POLLIN};
    if (poll(&p, 1, 50) > 0) (void)!read(client, greeting, sizeof greeting);
    close(client);
    return;
  }
  size_t slot = 0;
  while (slot < OB_WIRE_CONNS && w->conns[slot]) slot++;
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in a = loopback(w->target);
  if (slot == OB_WIRE_CONNS || server < 0 ||
      connect(server, (struct sockaddr *)&a, sizeof a) != 0) {
    close(client);
    if (server >= 0) close(server);
    return;
  }
  fcntl(server, F_SETFL, O_NONBLOCK);
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  conn *c = calloc(1, sizeof *c);
  c->client = client;
  c->server = server;
  arm(w, c);
  w->conns[slot] = c;
  w->accepted++;
}

/* Fill from a socket when empty. False: the connection broke. */
static bool fill(pipe_half *p, int fd, size_t most) {
  if (p->from < p->to || p->eof || most == 0) return true;
  ssize_t n = read(fd, p->bytes, most < PIPE_BYTES ? most : PIPE_BYTES);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  p->eof = n == 0;
  p->from = 0;
  p->to = (size_t)n;
  return true;
}

static bool drain(pipe_half *p, int fd, size_t most, uint64_t *count) {
  size_t n = p->to - p->from;
  if (n > most) n = most;
  if (n > 0) {
    ssize_t done = send(fd, p->bytes + p->from, n, MSG_NOSIGNAL);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    p->from += (size_t)done;
    *count += (uint64_t)done;
  }
  if (p->from == p->to && p->eof && !p->shut) {
    shutdown(fd, SHUT_WR);
    p->shut = true;
  }
  return true;
}

/* The budget is spent and delivered. True: the connection is gone. */
static bool strike(ob_wire *w, size_t i) {
  conn *c = w->conns[i];
  const pipe_half *counted = w->fault.up ? &c->up : &c->down;
  if (!c->armed || c->budget > 0 || counted->from < counted->to) return false;
  ob_wire_mode mode = w->fault.mode;
  c->armed = false;
  if (w->fault.once) {
    w->fault = (ob_wire_fault_spec){.mode = OB_WIRE_PASS};
    for (size_t k = 0; k < OB_WIRE_CONNS; k++)
      if (w->conns[k]) w->conns[k]->armed = false;
  }
  c->stalled = mode == OB_WIRE_STALL;
  c->corrupt = mode == OB_WIRE_CORRUPT;
  if (c->stalled || c->corrupt) return false;
  conn_close(w, i, mode == OB_WIRE_RESET);
  return true;
}

/* A stalled connection is forgotten when its client gives up. */
static void check_stalled(ob_wire *w, size_t i) {
  struct pollfd p = {.fd = w->conns[i]->client, .events = POLLRDHUP};
  if (poll(&p, 1, 0) > 0) conn_close(w, i, false);
}

static void work(ob_wire *w, size_t i) {
  conn *c = w->conns[i];
  if (c->stalled) check_stalled(w, i);
  if (!w->conns[i] || c->stalled || strike(w, i)) return;
  bool up = c->armed && w->fault.up, down = c->armed && !up;
  size_t waiting = c->up.to - c->up.from;
  bool ok = fill(&c->up, c->client, up ? c->budget : PIPE_BYTES);
  if (ok && up && waiting == 0) c->budget -= c->up.to - c->up.from;
  ok = ok && drain(&c->up, c->server, PIPE_BYTES, &w->up);
  size_t had = c->down.to - c->down.from;
  ok = ok && fill(&c->down, c->server, down ? c->budget : PIPE_BYTES);
  if (ok && down && had == 0) c->budget -= c->down.to - c->down.from;
  if (ok && c->corrupt && had == 0 && c->down.from < c->down.to) {
    c->down.bytes[c->down.from] ^= 0x20;
    c->corrupt = false;
  }
  size_t most = PIPE_BYTES;
  if (w->fault.mode == OB_WIRE_DRIP) {
    int64_t now = now_ms();
    most = now >= c->drip_ms ? 1 : 0;
    if (most && c->down.from < c->down.to) c->drip_ms = now + w->fault.every_ms;
  }
  ok = ok && (most == 0 || drain(&c->down, c->client, most, &w->down));
  /* An HTTP client that ends its side has gone; a server may still have the rest on its way. */
  if (!ok || c->up.shut || c->down.shut) {
    conn_close(w, i, !ok);
    return;
  }
  (void)strike(w, i);
}

static short wants(const pipe_half *in, const pipe_half *out) {
  short events = 0;
  if (in->from == in->to && !in->eof) events |= POLLIN;
  if (out->from < out->to) events |= POLLOUT;
  return events;
}

static void *loop(void *arg) {
  ob_wire *w = arg;
  pthread_mutex_lock(&w->lock);
  while (!w->stop) {
    struct pollfd fds[2 + 2 * OB_WIRE_CONNS];
    nfds_t n = 0;
    bool drip = w->fault.mode == OB_WIRE_DRIP;
    int wait = -1;
    fds[n++] = (struct pollfd){.fd = w->wake_fd, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = w->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < OB_WIRE_CONNS; i++) {
      conn *c = w->conns[i];
      if (!c) continue;
      if (c->stalled) {
        fds[n++] = (struct pollfd){.fd = c->client, .events = POLLRDHUP};
        continue;
      }
      short to_client = wants(&c->up, &c->down), to_server = wants(&c->down, &c->up);
      if (drip) to_client = (short)(to_client & ~POLLOUT);
      if (drip && c->down.from < c->down.to) {
        int left = (int)(c->drip_ms - now_ms());
        if (left < 1) left = 1;
        if (wait < 0 || left < wait) wait = left;
      }
      /* A negative descriptor is skipped: nothing is wanted, and a hang-up must not spin. */
      fds[n++] = (struct pollfd){.fd = to_client ? c->client : -1, .events = to_client};
      fds[n++] = (struct pollfd){.fd = to_server ? c->server : -1, .events = to_server};
    }
    pthread_mutex_unlock(&w->lock);
    (void)poll(fds, n, wait);
    pthread_mutex_lock(&w->lock);
    uint64_t ignored;
    (void)!read(w->wake_fd, &ignored, sizeof ignored);
    if (w->listen_fd >= 0) accept_one(w);
    for (size_t i = 0; i < OB_WIRE_CONNS; i++)
      if (w->conns[i]) work(w, i);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

static void wake(ob_wire *w) {
  uint64_t one = 1;
  (void)!write(w->wake_fd, &one, sizeof one);
}

ob_wire *ob_wire_start(int target_port) {
  ob_wire *w = calloc(1, sizeof *w);
  w->target = target_port;
  w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  w->listen_fd = listen_on(0);
  struct sockaddr_in a;
  socklen_t len = sizeof a;
  pthread_mutex_init(&w->lock, NULL);
  if (w->listen_fd >= 0 && getsockname(w->listen_fd, (struct sockaddr *)&a, &len) == 0) {
    w->port = ntohs(a.sin_port);
    if (pthread_create(&w->thread, NULL, loop, w) == 0) return w;
  }
  if (w->listen_fd >= 0) close(w->listen_fd);
  close(w->wake_fd);
  free(w);
  return NULL;
}

void ob_wire_stop(ob_wire *w) {
  if (!w) return;
  pthread_mutex_lock(&w->lock);
  w->stop = true;
  pthread_mutex_unlock(&w->lock);
  wake(w);
  pthread_join(w->thread, NULL);
  for (size_t i = 0; i < OB_WIRE_CONNS; i++) conn_close(w, i, false);
  if (w->listen_fd >= 0) close(w->listen_fd);
  close(w->wake_fd);
  pthread_mutex_destroy(&w->lock);
  free(w);
}

int ob_wire_port(const ob_wire *w) {
  return w->port;
}

void ob_wire_retarget(ob_wire *w, int target_port) {
  pthread_mutex_lock(&w->lock);
  w->target = target_port;
  pthread_mutex_unlock(&w->lock);
}

void ob_wire_set(ob_wire *w, ob_wire_fault_spec fault) {
  pthread_mutex_lock(&w->lock);
  bool black = fault.mode == OB_WIRE_BLACK, was = w->fault.mode == OB_WIRE_BLACK;
  w->fault = fault;
  for (size_t i = 0; i < OB_WIRE_CONNS; i++) {
    if (!w->conns[i]) continue;
    arm(w, w->conns[i]);
    if (black != was) deafen(w->conns[i]->client, black);
  }
  if (black != was && w->listen_fd >= 0) deafen(w->listen_fd, black);
  if (fault.mode == OB_WIRE_REFUSE && w->listen_fd >= 0) {
    shutdown(w->listen_fd, SHUT_RDWR); /* at once: the poll under way keeps a closed one open */
    close(w->listen_fd);
    w->listen_fd = -1;
  } else if (fault.mode != OB_WIRE_REFUSE && w->listen_fd < 0) {
    w->listen_fd = listen_on(w->port);
  }
  pthread_mutex_unlock(&w->lock);
  wake(w);
}

void ob_wire_drop_all(ob_wire *w, bool reset) {
  pthread_mutex_lock(&w->lock);
  for (size_t i = 0; i < OB_WIRE_CONNS; i++) conn_close(w, i, reset);
  pthread_mutex_unlock(&w->lock);
  wake(w);
}

/* The counters are read under the lock that their writer holds. */
static ob_wire *locked(const ob_wire *w) {
  ob_wire *m = (ob_wire *)(uintptr_t)w;
  pthread_mutex_lock(&m->lock);
  return m;
}

size_t ob_wire_accepted(const ob_wire *w) {
  ob_wire *m = locked(w);
  size_t n = m->accepted;
  pthread_mutex_unlock(&m->lock);
  return n;
}

size_t ob_wire_open(const ob_wire *w) {
  ob_wire *m = locked(w);
  size_t n = 0;
  for (size_t i = 0; i < OB_WIRE_CONNS; i++) n += m->conns[i] != NULL;
  pthread_mutex_unlock(&m->lock);
  return n;
}

uint64_t ob_wire_down(const ob_wire *w) {
  ob_wire *m = locked(w);
  uint64_t n = m->down;
  pthread_mutex_unlock(&m->lock);
  return n;
}

uint64_t ob_wire_up(const ob_wire *w) {
  ob_wire *m = locked(w);
  uint64_t n = m->up;
  pthread_mutex_unlock(&m->lock);
  return n;
}
