#include "listener.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 16 * 1024, ANSWER_MAX = 2 * HEAD_MAX };

typedef struct app {
  int fd;
  char answer[16];
} app;

static bool read_head(int fd, char *head) {
  size_t n = 0;
  do {
    ssize_t k = read(fd, head + n, HEAD_MAX - 1 - n);
    if (k <= 0) return false;
    n += (size_t)k;
    head[n] = '\0';
  } while (!strstr(head, "\r\n\r\n") && n < HEAD_MAX - 1);
  return true;
}

static void answer(const app *a, int fd, const char *head) {
  static const char status[] =
      "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
      "\"message\":\"forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/\\\"\","
      "\"reason\":\"Forbidden\",\"details\":{},\"code\":403}";
  char out[ANSWER_MAX];
  bool echo = strcmp(a->answer, "echo") == 0, forbidden = strcmp(a->answer, "forbidden") == 0;
  const char *body = echo ? head : forbidden ? status : "the application\n";
  long code = echo ? 200 : forbidden ? 403 : strtol(a->answer, NULL, 10);
  int n = snprintf(out, sizeof out,
                   "HTTP/1.1 %ld Answer\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                   "Connection: close\r\n\r\n%s",
                   code, forbidden ? "application/json" : "text/plain", strlen(body),
                   code == 302 ? "Location: /next\r\n" : "", body);
  for (int done = 0; done < n;) {
    ssize_t k = send(fd, out + done, (size_t)(n - done), MSG_NOSIGNAL);
    if (k <= 0) return;
    done += (int)k;
  }
}

static void *serve(void *arg) {
  app *a = arg;
  for (;;) {
    int fd = accept(a->fd, NULL, NULL);
    char head[HEAD_MAX];
    if (fd < 0) return NULL;
    if (strcmp(a->answer, "slow") == 0) continue; /* held until the process ends */
    if (read_head(fd, head)) answer(a, fd, head);
    shutdown(fd, SHUT_WR);
    close(fd);
  }
}

int listener_start(const char *address, const char *how) {
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof at;
  app *a = calloc(1, sizeof *a);
  pthread_t thread;
  const char *equals = strchr(how, '=');
  int one = 1;
  if (equals) at.sin_port = htons((uint16_t)strtol(how, NULL, 10));
  if (equals) how = equals + 1;
  snprintf(a->answer, sizeof a->answer, "%s", how);
  a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (a->fd >= 0) setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (a->fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1 ||
      bind(a->fd, (struct sockaddr *)&at, len) != 0 || listen(a->fd, 64) != 0 ||
      getsockname(a->fd, (struct sockaddr *)&at, &len) != 0 ||
      pthread_create(&thread, NULL, serve, a) != 0) {
    if (a->fd >= 0) close(a->fd);
    free(a);
    return -1;
  }
  pthread_detach(thread);
  return ntohs(at.sin_port);
}

bool listener_own_address(char *ret, size_t max) {
  struct ifaddrs *all = NULL;
  bool found = false;
  if (getifaddrs(&all) != 0) return false;
  for (const struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || i->ifa_flags & IFF_LOOPBACK ||
        !(i->ifa_flags & IFF_UP))
      continue;
    const struct sockaddr_in *a = (const struct sockaddr_in *)(const void *)i->ifa_addr;
    found = ntohl(a->sin_addr.s_addr) >> 16 != 0xa9fe && /* link-local is refused by the server */
            inet_ntop(AF_INET, &a->sin_addr, ret, (socklen_t)max);
  }
  freeifaddrs(all);
  return found;
}
