/* fork() and not posix_spawn(), for the parent-death signal. Between fork and exec the child of a
 * process with threads may only call what is async-signal-safe, so everything that allocates
 * (the path, the arguments) is made before. A failing exec tells its errno over a pipe that a
 * working one closes.
 *
 * The end is noticed by a pidfd, not by the end of the pipes: what the program leaves behind in
 * the background may hold those for ever. */
#include "base/process.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLITE_MS = 300, HIGH_FD = 10 };

struct ob_process {
  pid_t pid; /* 0: reaped */
  int pid_fd, out_fd, err_fd;
  bool own_session, overflowed;
  int code;
  ob_buf out, err;
};

/* --- which file ------------------------------------------------------------------------- */
static bool runnable(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Relative folders of PATH are left out: they would run what lies in the working directory. */
static char *find_program(const char *name) {
  if (strchr(name, '/')) return access(name, F_OK) == 0 ? ob_strdup(name) : NULL;
  for (const char *p = getenv("PATH"); p && *name;) {
    size_t n = strcspn(p, ":");
    if (*p == '/') {
      OB_AUTOFREE char *path = ob_asprintf("%.*s/%s", (int)n, p, name);
      if (runnable(path)) return ob_take(path);
    }
    p = p[n] ? p + n + 1 : NULL;
  }
  return NULL;
}

/* --- the child's side: async-signal-safe calls only ---------------------------------------- */
static void close_range_of(unsigned from, unsigned to) {
  if (syscall(SYS_close_range, from, to, 0) == 0) return;
  for (unsigned fd = from; fd <= to && fd < 4096; fd++) close((int)fd);
}

/* A handler of ours that ran between fork and exec would write where the program is to write: the
 * terminal library's for ^Z does. What is ignored stays so, as nohup has it;
 * SIGPIPE and SIGXFSZ are ours. */
static void forget_handlers(void) {
  for (int sig = 1; sig < NSIG; sig++) {
    struct sigaction now;
    bool ignored = sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
    if (!ignored || sig == SIGPIPE || sig == SIGXFSZ) signal(sig, SIG_DFL);
  }
}

typedef struct plan {
  const char *path;
  char *const *argv, *const *envp;
  int out, err, report, null; /* err -1: ours */
  bool terminal;
  pid_t parent;
} plan;

static void become(const plan *p) {
  /* Above the three, so that no dup2 below overwrites one that is still needed. */
  int report = fcntl(p->report, F_DUPFD_CLOEXEC, HIGH_FD);
  int out = fcntl(p->out, F_DUPFD_CLOEXEC, HIGH_FD);
  int err = p->err >= 0 ? fcntl(p->err, F_DUPFD_CLOEXEC, HIGH_FD) : -1;
  int null = p->null >= 0 ? fcntl(p->null, F_DUPFD_CLOEXEC, HIGH_FD) : -1;
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  if (err >= 0) dup2(err, STDERR_FILENO);
  close_range_of(3, (unsigned)report - 1);
  close_range_of((unsigned)report + 1, ~0u);
  if (!p->terminal) setsid();
  forget_handlers();
  sigset_t none;
  sigemptyset(&none);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (getppid() == p->parent) execve(p->path, p->argv, p->envp);
  int why = errno;
  (void)!write(report, &why, sizeof why);
  _exit(127);
}

/* --- ours ------------------------------------------------------------------------------------ */
static int spawn(ob_process *c, plan *p) {
  int report[2], why = 0;
  if (pipe2(report, O_CLOEXEC) < 0) return errno;
  p->report = report[1];
  p->parent = getpid();
  c->pid = fork();
  if (c->pid == 0) become(p);
  close(report[1]);
  if (c->pid < 0) {
    why = errno;
    c->pid = 0;
  } else {
    ssize_t n;
    do n = read(report[0], &why, sizeof why);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof why) why = 0;
  }
  close(report[0]);
  if (why && c->pid > 0) {
    waitpid(c->pid, NULL, 0);
    c->pid = 0;
  }
  if (c->pid > 0) c->pid_fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
  return c->pid > 0 && c->pid_fd < 0 ? errno : why;
}

extern char **environ;

int ob_process_start(ob_process **ret, const ob_process_opts *o, ob_err *err) {
  OB_AUTOFREE char *path = find_program(o->argv[0]);
  if (!path) return ob_fail(err, OB_ENOTFOUND, "%s: no such program", o->argv[0]);
  OB_AUTOPTR(ob_process) c = ob_calloc(1, sizeof *c);
  *c = (ob_process){.pid_fd = -1, .out_fd = -1, .err_fd = -1, .own_session = !o->terminal};
  /* Whole from the start: growing would leave copies of a credential in freed memory. */
  c->out = (ob_buf){.ptr = ob_calloc(o->out_max + 1, 1), .cap = o->out_max + 1, .max = o->out_max};
  ob_buf_init(&c->err, 2 * o->err_max + 1);
  int out[2] = {-1, -1}, errs[2] = {-1, -1}, null = -1;
  bool ok = pipe2(out, O_CLOEXEC) == 0;
  if (!o->terminal) {
    ok = ok && pipe2(errs, O_CLOEXEC) == 0;
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ok = ok && null >= 0;
  }
  c->out_fd = out[0];
  c->err_fd = errs[0];
  plan p = {.path = path,
            .argv = (char *const *)(uintptr_t)o->argv,
            .envp = o->envp ? (char *const *)(uintptr_t)o->envp : environ,
            .out = out[1],
            .err = errs[1],
            .null = null,
            .terminal = o->terminal};
  int why = ok ? spawn(c, &p) : errno;
  if (out[1] >= 0) close(out[1]);
  if (errs[1] >= 0) close(errs[1]);
  if (null >= 0) close(null);
  if (why) {
    ob_code code = why == ENOENT ? OB_ENOTFOUND : OB_EIO;
    return ob_fail(err, code, "%s: cannot be run: %s", o->argv[0], strerror(why));
  }
  if (c->out_fd >= 0) fcntl(c->out_fd, F_SETFL, O_NONBLOCK);
  if (c->err_fd >= 0) fcntl(c->err_fd, F_SETFL, O_NONBLOCK);
  *ret = ob_take(c);
  return 0;
}

size_t ob_process_fds(const ob_process *c, int fds[OB_PROCESS_FDS]) {
  size_t n = 0;
  if (c->out_fd >= 0) fds[n++] = c->out_fd;
  if (c->err_fd >= 0) fds[n++] = c->err_fd;
  if (c->pid > 0) fds[n++] = c->pid_fd;
  return n;
}

static void drain(int *io_fd, ob_buf *into, size_t keep_last) {
  char piece[4096];
  while (*io_fd >= 0) {
    ssize_t n = read(*io_fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {
      close(*io_fd);
      *io_fd = -1;
      break;
    }
    size_t len = (size_t)n;
    if (keep_last && len > keep_last) len = keep_last;
    if (keep_last && into->len + len > 2 * keep_last) ob_buf_consume(into, into->len - keep_last);
    if (ob_buf_add(into, piece + ((size_t)n - len), len) != 0) break;
  }
  explicit_bzero(piece, sizeof piece);
}

static void reap(ob_process *c) {
  int status = 0;
  pid_t got;
  do got = waitpid(c->pid, &status, WNOHANG);
  while (got < 0 && errno == EINTR);
  if (got == 0) return;
  c->code = got < 0 ? 255 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  c->pid = 0;
}

static void end(ob_process *c, int sig) {
  if (c->pid > 0) kill(c->own_session ? -c->pid : c->pid, sig);
}

bool ob_process_work(ob_process *c) {
  if (c->pid > 0) reap(c); /* before reading: what it wrote is in the pipes by then */
  drain(&c->out_fd, &c->out, 0);
  drain(&c->err_fd, &c->err, (c->err.max - 1) / 2);
  if (c->out.failed && !c->overflowed) {
    c->overflowed = true;
    end(c, SIGKILL);
  }
  return c->pid == 0;
}

int ob_process_exit(const ob_process *c) {
  return c->code;
}
bool ob_process_overflowed(const ob_process *c) {
  return c->overflowed;
}
const ob_buf *ob_process_out(const ob_process *c) {
  return &c->out;
}
const ob_buf *ob_process_err(const ob_process *c) {
  return &c->err;
}

void ob_process_free(ob_process *c) {
  if (!c) return;
  if (c->pid > 0) {
    end(c, SIGTERM);
    struct pollfd p = {.fd = c->pid_fd, .events = POLLIN};
    (void)poll(&p, 1, POLITE_MS);
    end(c, SIGKILL); /* the rest of its session too */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  if (c->pid_fd >= 0) close(c->pid_fd);
  if (c->out_fd >= 0) close(c->out_fd);
  if (c->err_fd >= 0) close(c->err_fd);
  explicit_bzero(c->out.ptr, c->out.len);
  if (c->err.ptr) explicit_bzero(c->err.ptr, c->err.cap);
  ob_buf_done(&c->out);
  ob_buf_done(&c->err);
  free(c);
}
