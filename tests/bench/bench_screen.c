/* What the dashboard costs, seen from its terminal.
 *
 *   bench-screen IDLE-SECONDS OUTBOARD ARGUMENTS…
 *
 * Runs the program in a pty of 140×45 and prints: milliseconds to the first frame and to the word
 * "live", CPU seconds until then, resident memory, and then CPU seconds and bytes to the terminal
 * of so many idle seconds. Then it types q. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct run {
  pid_t pid;
  int fd;
  ob_buf seen;
  size_t bytes;
} run;

static double cpu_s(pid_t pid) {
  OB_AUTOFREE char *path = ob_asprintf("/proc/%d/stat", (int)pid);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(65536);
  if (ob_read_file(path, &b, NULL) < 0) return -1;
  unsigned long user = 0, sys = 0;
  const char *at = strrchr(ob_buf_str(&b), ')');
  if (!at || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2) return -1;
  return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_kib(pid_t pid) {
  OB_AUTOFREE char *path = ob_asprintf("/proc/%d/status", (int)pid);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(65536);
  long kib = -1;
  if (ob_read_file(path, &b, NULL) == 0) {
    const char *at = strstr(ob_buf_str(&b), "VmRSS");
    if (at) sscanf(at, "VmRSS: %ld", &kib);
  }
  return kib;
}

/* Read until `word` came (NULL: nothing), at most ms. */
static bool read_until(run *r, const char *word, int64_t ms) {
  int64_t end = ob_mono_ms() + ms;
  for (int64_t left; (left = end - ob_mono_ms()) > 0;) {
    if (word && strstr(ob_buf_str(&r->seen), word)) return true;
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    if (poll(&p, 1, (int)left) <= 0) continue;
    char piece[65536];
    ssize_t n = read(r->fd, piece, sizeof piece);
    if (n <= 0) return false;
    r->bytes += (size_t)n;
    if (r->seen.len > (size_t)1 << 20) ob_buf_consume(&r->seen, r->seen.len - 4096);
    for (ssize_t i = 0; i < n; i++)
      if (piece[i]) ob_buf_addc(&r->seen, piece[i]);
  }
  return word && strstr(ob_buf_str(&r->seen), word);
}

int main(int argc, char **argv) {
  int64_t idle_s;
  if (argc < 3 || !ob_parse_int(argv[1], 0, 3600, &idle_s)) {
    fputs("usage: bench-screen IDLE-SECONDS OUTBOARD ARGUMENTS…\n", stderr);
    return 2;
  }
  run r = {.seen = OB_BUF_INIT((size_t)4 << 20)};
  struct winsize size = {.ws_row = 45, .ws_col = 140};
  int64_t start = ob_mono_ms();
  r.pid = forkpty(&r.fd, NULL, NULL, &size);
  if (r.pid == 0) {
    execv(argv[2], argv + 2);
    _exit(127);
  }
  bool frame = read_until(&r, "outboard", 10000);
  int64_t first = ob_mono_ms() - start;
  bool live = read_until(&r, " live", 120000);
  int64_t live_ms = ob_mono_ms() - start;
  double cpu = cpu_s(r.pid);
  if (!frame || !live) {
    fprintf(stderr, "no %s; the screen's bytes:\n%s\n", frame ? "live" : "first frame", ob_buf_str(&r.seen));
    kill(r.pid, SIGTERM);
    return 1;
  }
  printf("first frame     %lld ms\n", (long long)first);
  printf("live            %lld ms\n", (long long)live_ms);
  printf("cpu to live     %.2f s\n", cpu);
  read_until(&r, NULL, 2000);
  printf("rss             %ld KiB\n", rss_kib(r.pid));
  if (idle_s) {
    double before = cpu_s(r.pid);
    size_t bytes = r.bytes;
    read_until(&r, NULL, idle_s * 1000);
    printf("idle %llds       %.2f s cpu, %zu bytes to the terminal\n", (long long)idle_s, cpu_s(r.pid) - before,
           r.bytes - bytes);
  }
  (void)!write(r.fd, "q", 1);
  read_until(&r, NULL, 300);
  kill(r.pid, SIGTERM);
  waitpid(r.pid, NULL, 0);
  ob_buf_done(&r.seen);
  return 0;
}
