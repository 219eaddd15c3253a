/* From a key to its paint, seen from the terminal.
 *
 *   bench-keys OUTBOARD [SERVICES…]        default 100 10000 100000
 *
 * Each line of the table is a world of so many services, quiet or with 1000 changes a second: a
 * server of its own, the program in a pty of 140x45 read by libvterm. A key is sent, and the time
 * taken when what it asks for stands on the screen: another service is under the cursor, the other
 * tab is open, the letter stands in the filter. Between two keys lies a pause of random length, so
 * that keys meet frames and batches at every moment of theirs. Milliseconds: the middle, the 99th
 * of a hundred, the worst. */
#include "../screen/server.h"
#include "../screen/term.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 300, LATE_MS = 20000, PAUSE_MS = 40, LIVE_MS = 180000, EVENTS = 1000 };

typedef struct bench {
  vt *term;
  unsigned random;
  char want[64]; /* what the screen must show */
  int service;
  double ms[KEYS];
} bench;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool shows(bench *b) {
  int x, y;
  return vt_find(b->term, b->want, &x, &y);
}
/* The number in the name of the service under the cursor. Lines would not do: changes move them. */
static int cursor_service(bench *b) {
  for (int y = 0; y < vt_rows(b->term); y++) {
    const char *row = vt_row(b->term, y);
    const char *name = strncmp(row, "│▌", strlen("│▌")) == 0 ? strstr(row, "svc-") : NULL;
    if (name) return (int)strtol(name + 4, NULL, 10);
  }
  return -1;
}
static bool moved(bench *b) {
  int now = cursor_service(b);
  return now >= 0 && now != b->service;
}

/* Milliseconds until it holds, -1 when it does not. */
static double until(bench *b, bool (*holds)(bench *b), double from, double limit_ms) {
  while (!holds(b)) {
    if (now_ms() - from > limit_ms || !vt_pump(b->term, 5)) return -1;
  }
  return now_ms() - from;
}

static void rest(bench *b) {
  double end = now_ms() + (double)(rand_r(&b->random) % (PAUSE_MS * 1000)) / 1e3;
  while (now_ms() < end) vt_pump(b->term, 1);
}

static bool key(bench *b, int i, const char *bytes, bool (*holds)(bench *b)) {
  double from = now_ms();
  vt_send(b->term, bytes, strlen(bytes));
  b->ms[i] = until(b, holds, from, LATE_MS);
  rest(b);
  if (b->ms[i] >= 0) return true;
  fprintf(stderr, "no answer to \"%s\", the screen is:\n", bytes);
  vt_dump(b->term);
  return false;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static void print_three(bench *b) {
  qsort(b->ms, KEYS, sizeof *b->ms, by_size);
  printf("  %6.1f %6.1f %6.1f", b->ms[KEYS / 2], b->ms[KEYS * 99 / 100], b->ms[KEYS - 1]);
}

static bool moves(bench *b) {
  for (int i = 0; i < KEYS; i++) {
    b->service = cursor_service(b);
    if (!key(b, i, i / 25 % 2 ? "k" : "j", moved)) return false;
  }
  print_three(b);
  return true;
}
static bool tabs(bench *b) {
  for (int i = 0; i < KEYS; i++) {
    snprintf(b->want, sizeof b->want, i % 2 ? "╭ Services" : "╭ Exposure");
    if (!key(b, i, i % 2 ? "2" : "1", shows)) return false;
  }
  print_three(b);
  return true;
}
/* Letters of names that are there, and back again. */
static bool filter(bench *b) {
  static const char text[] = "svc-000";
  size_t n = 0;
  bool back = false;
  vt_send(b->term, "/", 1);
  for (int i = 0; i < KEYS; i++) {
    if (n == strlen(text)) back = true;
    if (n == 0) back = false;
    char letter[2] = {back ? '\177' : text[n], '\0'};
    n = back ? n - 1 : n + 1;
    /* What follows the filter's text is blank, so the whole of it is meant. */
    snprintf(b->want, sizeof b->want, n ? "/%.*s " : "/ ", (int)n, text);
    if (!key(b, i, letter, shows)) return false;
  }
  print_three(b);
  return true;
}

static bool line(bench *b, char *program, char *services, bool busy) {
  char kubeconfig[] = "/tmp/bench-keys-XXXXXX", events[16];
  int fd = mkstemp(kubeconfig);
  if (fd < 0) return false;
  close(fd);
  snprintf(events, sizeof events, "%d", busy ? EVENTS : 0);
  char *serve[] = {program,
                   (char *)(uintptr_t) "serve",
                   (char *)(uintptr_t) "--scale",
                   services,
                   busy ? (char *)(uintptr_t) "--churn" : NULL,
                   events,
                   NULL};
  server *s = server_start(serve, kubeconfig);
  if (!s) return false;
  char *run[] = {program, (char *)(uintptr_t) "--kubeconfig", kubeconfig, NULL};
  const char *env[] = {"TERM=xterm-256color", "COLORTERM", "LC_ALL=C.UTF-8", "KUBECONFIG", NULL};
  b->term = vt_new(140, 45);
  double from = now_ms();
  bool ok = vt_spawn(b->term, run, env);
  snprintf(b->want, sizeof b->want, "outboard");
  double frame = ok ? until(b, shows, from, LATE_MS) : -1;
  snprintf(b->want, sizeof b->want, "● live");
  double live = frame < 0 ? -1 : until(b, shows, from, LIVE_MS);
  ok = live >= 0;
  if (ok) {
    printf("%8s %7s %6.0f %6.0f", services, events, frame, live);
    for (double end = now_ms() + 1500; now_ms() < end;) vt_pump(b->term, 10);
    vt_send(b->term, "2", 1);
    snprintf(b->want, sizeof b->want, "╭ Services");
    until(b, shows, now_ms(), LATE_MS);
    for (int i = 0; i < 100 && cursor_service(b) < 2; i++) { /* default/kubernetes is the first */
      vt_send(b->term, "j", 1);
      for (double end = now_ms() + 200; now_ms() < end;) vt_pump(b->term, 10);
    }
    ok = moves(b) && tabs(b) && filter(b);
    printf("\n");
    fflush(stdout);
  } else {
    fprintf(stderr, "not live with %s services\n", services);
    vt_dump(b->term);
  }
  vt_free(b->term);
  server_stop(s);
  unlink(kubeconfig);
  return ok;
}

int main(int argc, char *argv[]) {
  static char *const usual[] = {(char *)(uintptr_t) "100", (char *)(uintptr_t) "10000",
                                (char *)(uintptr_t) "100000"};
  if (argc < 2) return fprintf(stderr, "usage: bench-keys OUTBOARD [SERVICES…]\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  bench b = {.random = 1};
  char *const *services = argc > 2 ? argv + 2 : usual;
  int n = argc > 2 ? argc - 2 : (int)(sizeof usual / sizeof usual[0]);
  printf("%8s %7s %6s %6s  %20s  %20s  %20s\n%8s %7s %6s %6s", "services", "changes", "frame",
         "live", "move", "tab", "filter", "", "/s", "ms", "ms");
  for (int i = 0; i < 3; i++) printf("  %6s %6s %6s", "p50", "p99", "worst");
  printf("\n");
  for (int i = 0; i < n; i++)
    for (int busy = 0; busy < 2; busy++)
      if (!line(&b, argv[1], services[i], busy)) return 1;
  return 0;
}
