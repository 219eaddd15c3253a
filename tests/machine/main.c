/* The dashboard on a machine that fails, in a terminal of its own: memory that ends at any
 * allocation, signals at any moment, a terminal that is gone, processes that cannot be started.
 *
 *   machine [memory|signals|gone|spawn]
 *
 *   OB_SEEDS=N  cases of the random ones (12)   OB_SEED=N  the first of them (1)
 *
 * $OUTBOARD is the program, $OUTBOARD_FAILING the same with failing.c before it. */
#include "screen/server.h"
#include "screen/term.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 30000, COLUMNS = 100, ROWS = 30, OUT_OF_MEMORY = 71 };

typedef struct rig {
  server *server;
  char tmp[64], config[192];
  vt *term;
  int status;
  unsigned long long seed, state;
  unsigned struck; /* cases whose fault was met */
} rig;

static unsigned below(rig *r, unsigned n) {
  r->state = r->state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)((r->state >> 33) % n);
}

static unsigned long number_from(const char *name, unsigned long otherwise) {
  const char *s = getenv(name);
  return s && *s ? strtoul(s, NULL, 10) : otherwise;
}

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool ends(rig *r) {
  for (long long until = now_ms() + WAIT_MS; now_ms() < until;) {
    vt_pump(r->term, 5);
    if (vt_ended(r->term, &r->status)) return true;
  }
  return false;
}

static bool sees(rig *r, const char *text) {
  int x, y;
  for (long long until = now_ms() + WAIT_MS; now_ms() < until;) {
    if (vt_find(r->term, text, &x, &y)) return true;
    if (!vt_pump(r->term, 20) && vt_ended(r->term, &r->status))
      return vt_find(r->term, text, &x, &y);
  }
  return false;
}

/* False: it ended before. */
static bool owns_terminal(rig *r) {
  for (long long until = now_ms() + WAIT_MS; now_ms() < until;) {
    vt_pump(r->term, 2);
    if (vt_altscreen(r->term)) return true;
    if (vt_ended(r->term, &r->status)) return false;
  }
  return false;
}

static bool restored(const rig *r) {
  return !vt_altscreen(r->term) && vt_cursor_visible(r->term) && !vt_mouse(r->term) &&
         !vt_pasting(r->term) && vt_echoes(r->term);
}

static void start(rig *r, const char *program, const char *env) {
  char *argv[] = {getenv(program), (char *)(uintptr_t) "--kubeconfig", r->config, NULL};
  char home[80];
  const char *all[] = {home, "TERM=xterm-256color", env, NULL};
  snprintf(home, sizeof home, "HOME=%s", r->tmp);
  r->term = vt_new(COLUMNS, ROWS);
  if (!argv[0] || !vt_spawn(r->term, argv, all)) {
    printf("%s does not start\n", program);
    exit(1);
  }
}

/* Says what is wrong and where it may be seen again; true when nothing is. */
static bool judge(rig *r, bool ok, const char *what, const char *why) {
  if (ok) return true;
  printf("%s, OB_SEED=%llu: %s\n", what, r->seed, why);
  if (WIFSIGNALED(r->status))
    printf("  it was ended by signal %d\n", WTERMSIG(r->status));
  else
    printf("  its status is %d\n", WEXITSTATUS(r->status));
  vt_dump(r->term);
  return false;
}

static void hands(rig *r, int n) {
  static const char keys[] = "jjkk12345\t]]yfsnt/web\r";
  for (int i = 0; i < n; i++) {
    vt_send(r->term, &keys[below(r, sizeof keys - 1)], 1);
    vt_pump(r->term, (int)below(r, 8));
  }
}

/* Memory ends: the terminal is given back, one line says it, the status is EX_OSERR. */
static bool memory(rig *r) {
  char env[64];
  unsigned scale = 1u << (4 + below(r, 15)), n = 1 + below(r, scale);
  snprintf(env, sizeof env, "OB_FAIL_ALLOC=%u", n);
  start(r, "OUTBOARD_FAILING", env);
  int status;
  (void)owns_terminal(r);
  for (int i = 0; i < 60 && !vt_ended(r->term, &status); i++) hands(r, 1);
  bool done = vt_ended(r->term, &r->status);
  if (!done) { /* that many are not needed: it leaves as ever */
    vt_send(r->term, "\003", 1);
    done = ends(r);
  }
  int x, y;
  bool oom = WIFEXITED(r->status) && WEXITSTATUS(r->status) == OUT_OF_MEMORY;
  vt_pump(r->term, 20);
  r->struck += oom;
  return judge(r, done, env, "it does not end") &&
         judge(r, oom || (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0), env,
               "another end than that of memory") &&
         judge(r, restored(r), env, "the terminal is not restored") &&
         judge(r, !oom || vt_find(r->term, "outboard: out of memory", &x, &y), env,
               "no line says it");
}

/* Signals at any moment, many of them harmless, the last one not. */
static bool signals(rig *r) {
  static const int harmless[] = {SIGWINCH, SIGCONT, SIGCHLD, SIGPIPE, SIGURG, SIGXFSZ};
  static const int last[] = {SIGTERM, SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
                             SIGALRM, SIGPROF, SIGXCPU, SIGIO,   SIGPWR};
  char what[64];
  start(r, "OUTBOARD", "OB_NOTHING=1");
  int end = last[below(r, sizeof last / sizeof last[0])];
  snprintf(what, sizeof what, "signal %d", end);
  /* Not before it owns the terminal: until then a signal ends it as any program. */
  bool up = owns_terminal(r);
  for (unsigned i = below(r, 12); i > 0; i--) {
    kill(vt_pid(r->term), harmless[below(r, sizeof harmless / sizeof harmless[0])]);
    hands(r, (int)below(r, 3));
    if (below(r, 4) == 0) vt_resize(r->term, 20 + (int)below(r, 120), 5 + (int)below(r, 40));
    if (below(r, 6) == 0) {
      kill(vt_pid(r->term), SIGSTOP);
      hands(r, 1);
      kill(vt_pid(r->term), SIGCONT);
    }
  }
  kill(vt_pid(r->term), end);
  bool done = ends(r);
  bool as_ever = end == SIGINT ? WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0
                               : WIFEXITED(r->status) && WEXITSTATUS(r->status) == 128 + end;
  return judge(r, up, what, "no dashboard came") && judge(r, done, what, "it does not end") &&
         judge(r, as_ever, what, "its status does not say the signal") &&
         judge(r, restored(r), what, "the terminal is not restored");
}

/* The terminal is gone: so is the program, and soon. */
static bool gone(rig *r) {
  start(r, "OUTBOARD", "OB_NOTHING=1");
  bool up = sees(r, below(r, 2) ? "live" : "outboard");
  hands(r, (int)below(r, 5));
  vt_hang_up(r->term);
  bool done = false;
  for (long long until = now_ms() + WAIT_MS; !done && now_ms() < until; usleep(2000))
    done = vt_ended(r->term, &r->status);
  /* A second SIGHUP may come while the first one's way out is gone. */
  bool hung_up = (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 128 + SIGHUP) ||
                 (WIFSIGNALED(r->status) && WTERMSIG(r->status) == SIGHUP);
  return judge(r, up, "gone", "no dashboard came") && judge(r, done, "gone", "it goes on alone") &&
         judge(r, hung_up, "gone", "another end than that of a hang-up");
}

/* No process can be started: what needed one says so, the rest goes on. */
static bool spawn(rig *r) {
  FILE *f = fopen(r->config, "r");
  char text[65536];
  size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
  if (f) fclose(f);
  text[n] = '\0';
  char path[160], keep[192];
  snprintf(path, sizeof path, "%s/exec", r->tmp);
  snprintf(keep, sizeof keep, "%s", r->config);
  char *token = strstr(text, "    token:");
  f = fopen(path, "w");
  if (!token || !f) return false;
  fprintf(f,
          "%.*s    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/true, "
          "interactiveMode: Never}\n%s",
          (int)(token - text), text, strchr(token, '\n') + 1);
  fclose(f);
  snprintf(r->config, sizeof r->config, "%s", path);
  start(r, "OUTBOARD_FAILING", "OB_FAIL_SPAWN=1");
  snprintf(r->config, sizeof r->config, "%s", keep);
  bool said = sees(r, "Resource temporarily unavailable");
  vt_send(r->term, "q", 1);
  bool done = ends(r);
  unlink(path);
  return judge(r, said, "spawn", "the reason is not on the screen") &&
         judge(r, done && WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0, "spawn",
               "it does not leave as ever") &&
         judge(r, restored(r), "spawn", "the terminal is not restored");
}

static const struct {
  const char *name;
  bool (*run)(rig *r);
  bool random;
} rows[] = {{"memory", memory, true},
            {"signals", signals, true},
            {"gone", gone, true},
            {"spawn", spawn, false}};

int main(int argc, char **argv) {
  rig r = {0};
  int bad = 0;
  snprintf(r.tmp, sizeof r.tmp, "/tmp/outboard-machine.XXXXXX");
  if (!mkdtemp(r.tmp)) return 1;
  snprintf(r.config, sizeof r.config, "%s/kubeconfig", r.tmp);
  char *serve[] = {getenv("OUTBOARD"), (char *)(uintptr_t) "serve", NULL};
  r.server = serve[0] ? server_start(serve, r.config) : NULL;
  if (!r.server) return 1;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (argc > 1 && strcmp(argv[1], rows[i].name) != 0) continue;
    unsigned long first = number_from("OB_SEED", 1), n = number_from("OB_SEEDS", 12), good = 0;
    if (!rows[i].random) n = 1;
    for (r.seed = first; r.seed < first + n; r.seed++) {
      r.state = r.seed * 0x9e3779b97f4a7c15u + i;
      good += rows[i].run(&r);
      vt_free(r.term);
      r.term = NULL;
    }
    printf("%-8s %4lu cases, %4lu as it should be", rows[i].name, n, good);
    printf(r.struck ? "; memory ended in %u of them\n" : "\n", r.struck);
    bad += good != n;
  }
  server_stop(r.server);
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", r.tmp);
  if (system(command) != 0) bad++;
  return bad ? 1 : 0;
}
