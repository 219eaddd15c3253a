#include "server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  PAIRS = 64,
  TEXT_MAX = 256 * 1024,
  ANSWER_MAX = 64 * 1024,
  START_MS = 20000,
  SLOW_BYTES = 256, /* so many a connection and direction … */
  SLOW_MS = 10,     /* … in this time */
  REQUEST_MS = 60000
};

struct server {
  pid_t pid;
  int out; /* the child's stdout */
  char text[TEXT_MAX];
  char answer[ANSWER_MAX]; /* body of the last request, cut */
  size_t nanswer;
  int target, port, listener; /* listener: of the relay */
  int control[2];             /* one byte: '0' off, '1' on, 's' on and slow, 'q' end */
  atomic_int state, open;     /* open: connections through the relay */
  pthread_t thread;
  bool relaying;
};

/* --- the relay --------------------------------------------------------------------------- */
/* A socket that has the port, and refuses connections as long as nobody listens at it. */
static int bind_to(int *io_port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons((unsigned short)*io_port),
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
    close(fd);
    return -1;
  }
  getsockname(fd, (struct sockaddr *)&a, &n);
  *io_port = ntohs(a.sin_port);
  return fd;
}

/* The port is kept while nobody listens: it must not become another program's. */
static void switch_port(int *io_fd, int *io_port, bool on) {
  if (on) {
    if (*io_fd < 0) *io_fd = bind_to(io_port);
    listen(*io_fd, 64);
  } else {
    if (*io_fd >= 0) close(*io_fd);
    *io_fd = bind_to(io_port);
  }
}

static int dial(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons((unsigned short)port),
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static bool hand_on(int from, int to, bool slow) {
  char bytes[65536];
  ssize_t n = read(from, bytes, slow ? SLOW_BYTES : sizeof bytes);
  for (ssize_t done = 0; n > 0 && done < n;) {
    ssize_t k = write(to, bytes + done, (size_t)(n - done));
    if (k <= 0) return false;
    done += k;
  }
  return n > 0;
}

static void *relay(void *arg) {
  server *s = arg;
  int listener = s->listener, pairs[PAIRS][2], n = 0;
  bool on = false, slow = false;
  for (;;) {
    struct pollfd p[2 + 2 * PAIRS] = {{.fd = s->control[0], .events = POLLIN},
                                      {.fd = on && n < PAIRS ? listener : -1, .events = POLLIN}};
    for (int i = 0; i < n; i++)
      for (int k = 0; k < 2; k++) p[2 + 2 * i + k] = (struct pollfd){pairs[i][k], POLLIN, 0};
    if (poll(p, (nfds_t)(2 + 2 * n), -1) < 0 && errno != EINTR) break;
    char what = 0;
    if (p[0].revents && read(s->control[0], &what, 1) != 1) what = 'q';
    for (int i = n; i-- > 0;) {
      bool bad = what == '0' || what == 'q';
      for (int k = 0; k < 2 && !bad; k++)
        if (p[2 + 2 * i + k].revents) bad = !hand_on(pairs[i][k], pairs[i][1 - k], slow);
      if (!bad) continue;
      close(pairs[i][0]);
      close(pairs[i][1]);
      n--;
      memmove(pairs[i], pairs[n], sizeof pairs[i]);
    }
    if (what == '0' || (what && what != 'q' && !on)) {
      on = what != '0';
      switch_port(&listener, &s->port, on);
    }
    if (what) slow = what == 's';
    if (slow) usleep(SLOW_MS * 1000);
    if (what == 'q' && listener >= 0) close(listener);
    if (what) atomic_store(&s->state, what);
    atomic_store(&s->open, n);
    if (what == 'q') break;
    if (p[1].revents && on) {
      int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC), up = dial(s->target);
      if (client >= 0 && up >= 0) {
        pairs[n][0] = client;
        pairs[n++][1] = up;
        atomic_store(&s->open, n);
      } else {
        if (client >= 0) close(client);
        if (up >= 0) close(up);
      }
    }
  }
  return NULL;
}

static void tell(server *s, char what) {
  atomic_store(&s->state, 0);
  if (write(s->control[1], &what, 1) != 1) return;
  for (int i = 0; i < 5000 && atomic_load(&s->state) != what; i++) usleep(1000);
}

void server_network(server *s, server_net net) {
  tell(s, (char)net);
}

bool server_connections(server *s, bool open) {
  for (int i = 0; i < 1000 && (atomic_load(&s->open) > 0) != open; i++) usleep(1000);
  return (atomic_load(&s->open) > 0) == open;
}

/* --- the child ------------------------------------------------------------------------------ */
static bool read_kubeconfig(server *s) {
  size_t n = 0;
  for (;;) {
    struct pollfd p = {.fd = s->out, .events = POLLIN};
    if (poll(&p, 1, START_MS) <= 0) return false;
    ssize_t k = read(s->out, s->text + n, sizeof s->text - 1 - n);
    if (k <= 0) return false;
    n += (size_t)k;
    s->text[n] = '\0';
    const char *ends = strstr(s->text, "current-context:");
    if (ends && strchr(ends, '\n') && strstr(s->text, "token:")) return true;
  }
}

/* The value behind the first `key` of the kubeconfig, up to the line's end. */
static bool value(const server *s, const char *key, char *out, size_t max) {
  const char *at = strstr(s->text, key);
  if (!at) return false;
  at += strlen(key);
  at += strspn(at, " \"");
  size_t n = strcspn(at, "\"\r\n");
  if (n >= max) return false;
  memcpy(out, at, n);
  out[n] = '\0';
  return true;
}

static bool write_kubeconfig(server *s, const char *path) {
  char url[256], old[32];
  if (!value(s, "server:", url, sizeof url)) return false;
  const char *colon = strrchr(url, ':');
  s->target = (int)strtol(colon + 1, NULL, 10);
  s->listener = bind_to(&s->port); /* a port that is free */
  if (pipe2(s->control, O_CLOEXEC) < 0 || pthread_create(&s->thread, NULL, relay, s) != 0)
    return false;
  s->relaying = true;
  tell(s, '1');
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FILE *f = file < 0 ? NULL : fdopen(file, "w");
  if (!f) return false;
  snprintf(old, sizeof old, ":%d", s->target);
  for (const char *p = s->text; *p;) {
    const char *hit = strstr(p, old);
    size_t n = hit ? (size_t)(hit - p) : strlen(p);
    fwrite(p, 1, n, f);
    p += n;
    if (hit) {
      fprintf(f, ":%d", s->port);
      p += strlen(old);
    }
  }
  return fclose(f) == 0;
}

server *server_start(char *const argv[], const char *path) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return NULL;
  server *s = calloc(1, sizeof *s);
  s->pid = fork();
  if (s->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(fds[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
  }
  close(fds[1]);
  s->out = fds[0];
  if (read_kubeconfig(s) && write_kubeconfig(s, path)) return s;
  printf("the server gave no kubeconfig: %s\n", s->text);
  server_stop(s);
  return NULL;
}

void server_stop(server *s) {
  if (!s) return;
  if (s->relaying) {
    tell(s, 'q');
    pthread_join(s->thread, NULL);
  }
  if (s->pid > 0) {
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
  }
  close(s->out);
  free(s);
}

/* --- requests ----------------------------------------------------------------------------------
 */
static size_t keep_answer(char *bytes, size_t size, size_t n, void *user) {
  server *s = user;
  size_t k = size * n, room = sizeof s->answer - 1 - s->nanswer;
  memcpy(s->answer + s->nanswer, bytes, k < room ? k : room);
  s->nanswer += k < room ? k : room;
  s->answer[s->nanswer] = '\0';
  return k;
}

const char *server_answer(const server *s) {
  return s->answer;
}

bool server_uid(server *s, const char *path, char *ret, size_t max) {
  if (server_request(s, "GET", path, "") != 200) return false;
  const char *at = strstr(s->answer, "\"uid\":");
  return at && sscanf(at + 6, " \"%63[^\"]", ret) == 1 && max >= 64;
}

long server_request(server *s, const char *method, const char *path, const char *body) {
  char url[1024], header[4096], token[2048];
  long status = 0;
  if (!value(s, "token:", token, sizeof token)) return 0;
  snprintf(url, sizeof url, "https://127.0.0.1:%d%s", s->target, path);
  snprintf(header, sizeof header, "Authorization: Bearer %s", token);
  CURL *c = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, header);
  headers = curl_slist_append(headers, strcmp(method, "PATCH") == 0
                                           ? "Content-Type: application/merge-patch+json"
                                           : "Content-Type: application/json");
  curl_easy_setopt(c, CURLOPT_URL, url);
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  if (*body) curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
  /* The server is this program's own child on loopback. */
  curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
  s->nanswer = 0;
  s->answer[0] = '\0';
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_answer);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
  CURLcode rc = curl_easy_perform(c);
  if (rc == CURLE_OK)
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  else
    snprintf(s->answer, sizeof s->answer, "%s", curl_easy_strerror(rc));
  curl_slist_free_all(headers);
  curl_easy_cleanup(c);
  return status;
}
