/* A real API server for tests.
 *
 *   cluster start STATE [OPTIONS]     in the background; STATE is a file for the two below. It
 * lives until `stop`, or until the process that ran `start` is gone cluster use STATE COMMAND… runs
 * COMMAND with the environment of tests/README.md; 77 when `start` was skipped cluster stop STATE
 *   cluster run [OPTIONS] -- COMMAND… a server of COMMAND's own, for as long as it runs
 *   cluster cert DIR NAME CN ORG SECONDS
 *                                     NAME.crt and NAME.key for a client, signed by the CA in DIR
 *
 * OPTIONS: --version vX.Y.Z, --tokens FILE (kube-apiserver's static token file; nobody is bound to
 * rights then, and no CRDs are there), --flag=--OF-KUBE-APISERVER (again and again).
 */
#include "base/str.h"
#include "certs.h"
#include "cluster.h"
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATE_MAX = 4096 };

/* Reads OPTIONS; returns the index of the first word that is none. */
static int read_opts(int argc, char **argv, int i, cluster_opts *ret) {
  *ret = (cluster_opts){0};
  for (; i < argc; i++) {
    if (ob_streq(argv[i], "--")) return i + 1;
    if (ob_starts(argv[i], "--flag=")) {
      if (ret->nflags == CLUSTER_FLAGS_MAX) errx(2, "too many flags");
      ret->flags[ret->nflags++] = argv[i] + strlen("--flag=");
    } else if (ob_streq(argv[i], "--version") && i + 1 < argc) {
      ret->version = argv[++i];
    } else if (ob_streq(argv[i], "--tokens") && i + 1 < argc) {
      ret->tokens = argv[++i];
    } else {
      errx(2, "unknown option %s", argv[i]);
    }
  }
  return i;
}

static int block_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_CLOEXEC);
}
static void unblock_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void write_state(const char *path, const char *text) {
  FILE *f = fopen(path, "we");
  if (!f || fputs(text, f) < 0 || fclose(f) != 0) err(1, "%s", path);
}

static char *read_state(const char *path) {
  ob_buf text = OB_BUF_INIT(STATE_MAX);
  ob_err why;
  if (ob_read_file(path, &text, &why) != 0) errx(1, "%s: was `cluster start` run?", why.msg);
  return ob_buf_take(&text, NULL);
}

/* In the background: says one line to `tell` when it is ready. */
static void keep(const char *state, const cluster_opts *o, int starter, int tell) {
  cluster c;
  setsid();
  cluster_start(&c, o);
  OB_AUTOFREE char *text = ob_asprintf("%d %s\n", (int)getpid(), c.dir);
  write_state(state, text);
  dprintf(tell, "kube-apiserver %s at %s, folder %s\n", c.version, c.url, c.dir);
  close(tell);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  struct pollfd p[] = {{.fd = starter, .events = POLLIN},
                       {.fd = block_signals(), .events = POLLIN}};
  poll(p, 2, -1);
  cluster_stop(&c);
}

static int start(int argc, char **argv) {
  const char *state = argv[2];
  cluster_opts o;
  int fds[2], status;
  char line[STATE_MAX];
  read_opts(argc, argv, 3, &o);
  unlink(state);
  int starter = (int)syscall(SYS_pidfd_open, getppid(), 0);
  if (starter < 0 || pipe2(fds, O_CLOEXEC) != 0) err(1, "start");
  pid_t pid = fork();
  if (pid == 0) {
    close(fds[0]);
    keep(state, &o, starter, fds[1]);
    return 0;
  }
  close(fds[1]);
  ssize_t n = read(fds[0], line, sizeof line - 1);
  if (n > 0) {
    line[n] = '\0';
    fputs(line, stdout);
    return 0;
  }
  waitpid(pid, &status, 0);
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (code == CLUSTER_SKIP) write_state(state, "skipped\n");
  return code ? code : 1;
}

static int use(char **argv) {
  OB_AUTOFREE char *state = read_state(argv[2]);
  state[strcspn(state, "\n")] = '\0';
  if (ob_streq(state, "skipped")) {
    puts("skipped: there is no kube-apiserver to run this against (see the test that starts it)");
    return CLUSTER_SKIP;
  }
  cluster_setenv(strchr(state, ' ') + 1);
  printf("against kube-apiserver %s\n", getenv("OUTBOARD_CLUSTER_VERSION"));
  fflush(stdout);
  execvp(argv[3], argv + 3);
  err(127, "%s", argv[3]);
}

static int stop(char **argv) {
  OB_AUTOFREE char *state = read_state(argv[2]);
  int64_t id;
  char *blank = strchr(state, ' ');
  unlink(argv[2]);
  if (!blank) return 0; /* skipped */
  *blank = '\0';
  if (!ob_parse_int(state, 2, INT32_MAX, &id)) errx(1, "%s: no process id", argv[2]);
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)id, 0);
  if (fd < 0) errx(1, "the servers' keeper was gone before its end");
  kill((pid_t)id, SIGTERM);
  poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000);
  return 0;
}

static int run(int argc, char **argv) {
  cluster_opts o;
  cluster c;
  int status = 0, at = read_opts(argc, argv, 2, &o);
  if (at >= argc) errx(2, "run: no command");
  cluster_start(&c, &o);
  int signals = block_signals();
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    unblock_signals();
    cluster_setenv(c.dir);
    printf("against kube-apiserver %s\n", c.version);
    fflush(stdout);
    execvp(argv[at], argv + at);
    err(127, "%s", argv[at]);
  }
  for (struct signalfd_siginfo s; waitpid(pid, &status, WNOHANG) == 0;)
    if (read(signals, &s, sizeof s) == sizeof s && s.ssi_signo != SIGCHLD)
      kill(pid, (int)s.ssi_signo);
  cluster_stop(&c);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int cert(char **argv) {
  int64_t seconds;
  if (!ob_parse_int(argv[6], 1, INT32_MAX, &seconds)) errx(2, "%s: no seconds", argv[6]);
  cert_make(argv[2], &(cert_ask){.name = argv[3],
                                 .cn = argv[4],
                                 .org = *argv[5] ? argv[5] : NULL,
                                 .from_s = -60,
                                 .to_s = (long)seconds});
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2 && ob_streq(argv[1], "start")) return start(argc, argv);
  if (argc > 3 && ob_streq(argv[1], "use")) return use(argv);
  if (argc == 3 && ob_streq(argv[1], "stop")) return stop(argv);
  if (argc > 2 && ob_streq(argv[1], "run")) return run(argc, argv);
  if (argc == 7 && ob_streq(argv[1], "cert")) return cert(argv);
  errx(2, "cluster start STATE | use STATE COMMAND | stop STATE | run [OPTIONS] -- COMMAND | "
          "cert DIR NAME CN ORG SECONDS");
}
