/* The dashboard for a long time in a busy cluster: does it grow?
 *
 *   bench-soak OUTBOARD SERVICES CHANGES SECONDS [GROWTH]
 *
 * A server with so many changes a second, the program in a pty, and hands that change tabs, move
 * and filter. After a fifth of the time, the warm-up, memory, descriptors and threads are looked at
 * again and again. Then the terminal stops reading for a sixth of the time, and reads again.
 *
 * Exit 1: descriptors or threads did not stay as they were, memory grew by more than GROWTH KiB
 * (default 16384) after the warm-up or behind the terminal that does not read, or `q` did not end
 * the program as it should. Durations are never judged. */
#include "../screen/server.h"
#include "../screen/term.h"
#include "watched.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVE_MS = 120000, SAMPLES = 1000, LOOKS = 60 };

typedef struct soak {
  vt *term;
  unsigned random;
  watched seen[SAMPLES];
  double at_s[SAMPLES];
  int n;
  long growth;
} soak;

static int failures;
static void expect(bool holds, const char *what, long was, long is) {
  if (holds) return;
  printf("FAILED: %s: %ld, %ld\n", what, was, is);
  failures++;
}

static bool until(vt *t, const char *text) {
  int x, y;
  for (double end = watched_clock_ms() + LIVE_MS; watched_clock_ms() < end;) {
    if (vt_find(t, text, &x, &y)) return true;
    if (!vt_pump(t, 20)) return false;
    vt_forget(t);
  }
  return false;
}

/* What a person does all day. Every word that is typed is taken back. */
static void hand(soak *s) {
  static const char *const does[] = {
      "1",    "2", "3", "4",         "5",          "jjjj", "k",       "G",    "g",  "[",
      "]",    "t", "t", "/svc-00\r", "/ready:0\r", "\033", "/\177\r", "\t\t", "?q", ":messages\rq",
      "jjjjj"};
  const char *keys = does[(unsigned)rand_r(&s->random) % (sizeof does / sizeof does[0])];
  vt_send(s->term, keys, strlen(keys));
}

static void sample(soak *s, double start) {
  if (s->n == SAMPLES) return;
  s->at_s[s->n] = (watched_clock_ms() - start) / 1e3;
  s->seen[s->n++] = watched_now(vt_pid(s->term));
}

/* KiB a minute, by least squares. */
static double slope(const soak *s) {
  double x = 0, y = 0, xx = 0, xy = 0, n = s->n;
  for (int i = 0; i < s->n; i++) {
    x += s->at_s[i];
    y += (double)s->seen[i].rss_kib;
    xx += s->at_s[i] * s->at_s[i];
    xy += s->at_s[i] * (double)s->seen[i].rss_kib;
  }
  double d = n * xx - x * x;
  return d > 0 ? 60 * (n * xy - x * y) / d : 0;
}

static bool run_for(soak *s, double seconds, bool look) {
  double start = watched_clock_ms(), end = start + seconds * 1e3, next = start;
  while (watched_clock_ms() < end) {
    if (!vt_pump(s->term, 50)) return false;
    vt_forget(s->term);
    if (watched_clock_ms() < next) continue;
    next += seconds * 1e3 / LOOKS;
    hand(s);
    if (look) sample(s, start);
  }
  return true;
}

static void judge(const soak *s, double seconds) {
  const watched *a = &s->seen[0], *z = &s->seen[s->n - 1];
  long fds[2] = {a->fds, a->fds}, threads[2] = {a->threads, a->threads};
  for (int i = 0; i < s->n; i++) {
    if (s->seen[i].fds < fds[0]) fds[0] = s->seen[i].fds;
    if (s->seen[i].fds > fds[1]) fds[1] = s->seen[i].fds;
    if (s->seen[i].threads < threads[0]) threads[0] = s->seen[i].threads;
    if (s->seen[i].threads > threads[1]) threads[1] = s->seen[i].threads;
  }
  printf("memory       %ld KiB after the warm-up, %ld KiB in the end, %+.0f KiB a minute\n",
         a->rss_kib, z->rss_kib, slope(s));
  printf("descriptors  %ld to %ld\nthreads      %ld to %ld\n", fds[0], fds[1], threads[0],
         threads[1]);
  printf("cpu          %.1f %% of a core\n", (z->cpu_s - a->cpu_s) * 100 / seconds);
  /* A connection may just be made, and a name looked up. */
  expect(fds[1] - fds[0] <= 2, "descriptors", fds[0], fds[1]);
  expect(threads[1] - threads[0] <= 1, "threads", threads[0], threads[1]);
  expect(z->fds <= a->fds + 1 && z->threads <= a->threads, "descriptors or threads at the end",
         a->fds, z->fds);
  expect(z->rss_kib - a->rss_kib <= s->growth, "memory", a->rss_kib, z->rss_kib);
}

/* Nobody reads: what changes must not pile up. */
static void stuck(soak *s, double seconds) {
  long before = watched_now(vt_pid(s->term)).rss_kib, most = 0;
  for (double end = watched_clock_ms() + seconds * 1e3; watched_clock_ms() < end;) {
    usleep(200000);
    long rss = watched_now(vt_pid(s->term)).rss_kib;
    if (rss > most) most = rss;
  }
  printf("stuck        %ld KiB before, %ld KiB at most while the terminal does not read\n", before,
         most);
  expect(most - before <= s->growth, "memory behind a terminal that does not read", before, most);
}

static void leave(soak *s) {
  int status = 0;
  vt_send(s->term, "\033\033q", 3);
  for (double end = watched_clock_ms() + 20000; !vt_ended(s->term, &status);) {
    if (watched_clock_ms() > end) {
      expect(false, "it did not end", 0, 0);
      return;
    }
    vt_pump(s->term, 50);
    vt_forget(s->term);
  }
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "its exit", 0, status);
}

int main(int argc, char *argv[]) {
  if (argc < 5)
    return fputs("usage: bench-soak OUTBOARD SERVICES CHANGES SECONDS [GROWTH]\n", stderr), 2;
  double seconds = strtod(argv[4], NULL);
  soak *s = calloc(1, sizeof *s);
  s->random = 1;
  s->growth = argc > 5 ? strtol(argv[5], NULL, 10) : 16384;
  signal(SIGPIPE, SIG_IGN);
  char dir[] = "/tmp/bench-soak-XXXXXX", kubeconfig[64], config[64], state[64];
  if (!mkdtemp(dir)) return 1;
  snprintf(kubeconfig, sizeof kubeconfig, "%s/kubeconfig", dir);
  snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s", dir);
  snprintf(state, sizeof state, "XDG_STATE_HOME=%s", dir);
  char scale[] = "--scale", churn[] = "--churn", serve[] = "serve", option[] = "--kubeconfig";
  server *api =
      server_start((char *[]){argv[1], serve, scale, argv[2], churn, argv[3], NULL}, kubeconfig);
  if (!api) return 1;
  s->term = vt_new(140, 45);
  const char *env[] = {
      "TERM=xterm-256color", "COLORTERM", "LC_ALL=C.UTF-8", "KUBECONFIG", config, state, NULL};
  bool ok = vt_spawn(s->term, (char *[]){argv[1], option, kubeconfig, NULL}, env) &&
            until(s->term, "● live");
  if (!ok) {
    vt_dump(s->term);
    expect(false, "it is not live", 0, 0);
  } else {
    printf("%s services, %s changes a second, %.0f s\n", argv[2], argv[3], seconds);
    ok = run_for(s, seconds / 5, false) && run_for(s, seconds * 0.6, true);
    expect(ok, "it ended by itself", 0, 0);
    if (ok) judge(s, seconds * 0.6);
    if (ok) stuck(s, seconds / 6);
    if (ok) leave(s);
  }
  vt_free(s->term);
  server_stop(api);
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", dir);
  pid_t pid = fork();
  if (pid == 0) execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  waitpid(pid, NULL, 0);
  free(s);
  return failures != 0;
}
