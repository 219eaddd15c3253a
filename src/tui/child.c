/* The programs stay in outboard's process group, so the terminal's keys reach them without any
 * passing of the foreground. outboard itself has those signals blocked and reads them here,
 * with sigtimedwait(), as long as the programs run: ^C is dropped, ^Z stops outboard with them,
 * an order to end is passed on and then put back for the loop to find. ^\ is the programs' alone,
 * as system() has it: outboard ignores it meanwhile.
 *
 * The table of background programs is the one thing of this process that is not passed along:
 * children belong to the process. */
#include "tui/child.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "outboard/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { GRACE_MS = 2000 };

typedef struct family {
  pid_t pid[OB_CHILD_PIPE];
  int status[OB_CHILD_PIPE];
  size_t n, left;
} family;

static pid_t background[OB_CHILD_BACKGROUND];

static void default_signals(posix_spawnattr_t *attr) {
  sigset_t none, all;
  sigemptyset(&none);
  sigemptyset(&all);
  static const int ours[] = {SIGINT,  SIGQUIT, SIGTERM, SIGHUP,  SIGTSTP,
                             SIGPIPE, SIGXFSZ, SIGCHLD, SIGCONT, SIGWINCH};
  for (size_t i = 0; i < OB_LEN(ours); i++) sigaddset(&all, ours[i]);
  posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(attr, &none);
  posix_spawnattr_setsigdefault(attr, &all);
}

/* in, out < 0: outboard's own. */
static int spawn_one(pid_t *ret, char *const argv[], int in, int out, int fd, bool quiet) {
  posix_spawn_file_actions_t does;
  posix_spawnattr_t attr;
  posix_spawn_file_actions_init(&does);
  posix_spawnattr_init(&attr);
  default_signals(&attr);
  if (in >= 0) posix_spawn_file_actions_adddup2(&does, in, STDIN_FILENO);
  if (out >= 0) posix_spawn_file_actions_adddup2(&does, out, STDOUT_FILENO);
  if (quiet) {
    if (in < 0) posix_spawn_file_actions_addopen(&does, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (out < 0) posix_spawn_file_actions_addopen(&does, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&does, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  if (fd >= 0) posix_spawn_file_actions_adddup2(&does, fd, OB_CHILD_FD);
  posix_spawn_file_actions_addclosefrom_np(&does, fd >= 0 ? OB_CHILD_FD + 1 : OB_CHILD_FD);
  int rc = posix_spawnp(ret, argv[0], &does, &attr, argv, environ);
  posix_spawn_file_actions_destroy(&does);
  posix_spawnattr_destroy(&attr);
  return rc;
}

static void kill_all(const family *f, int sig) {
  for (size_t i = 0; i < f->n; i++)
    if (f->pid[i] > 0) kill(f->pid[i], sig);
}

static void collect(family *f, int flags) {
  for (size_t i = 0; i < f->n; i++) {
    if (f->pid[i] <= 0 || waitpid(f->pid[i], &f->status[i], flags) != f->pid[i]) continue;
    f->pid[i] = 0;
    f->left--;
  }
}

static int spawn_all(family *f, const ob_child *c, bool quiet, ob_err *err) {
  int in = -1;
  for (size_t i = 0; i < c->n; i++) {
    int ends[2] = {-1, -1};
    int rc = !c->apart && i + 1 < c->n && pipe2(ends, O_CLOEXEC) < 0 ? errno : 0;
    if (rc == 0) rc = spawn_one(&f->pid[i], c->argv[i], in, ends[1], c->fd, quiet);
    if (in >= 0) close(in);
    if (ends[1] >= 0) close(ends[1]);
    in = ends[0];
    if (rc == 0) {
      f->n = i + 1;
      f->left++;
      continue;
    }
    if (in >= 0) close(in);
    kill_all(f, SIGTERM);
    collect(f, 0);
    if (rc != ENOENT)
      return ob_fail(err, OB_EIO, "cannot start %s: %s", c->argv[i][0], strerror(rc));
    ob_fail(err, OB_ENOTFOUND, "there is no program \"%s\" on PATH", c->argv[i][0]);
    return ob_hint(err, "install it, or give its whole path");
  }
  return 0;
}

/* Until all have ended. Returns the signal that asked outboard itself to end, 0 none. */
static int attend(family *f) {
  sigset_t set;
  sigemptyset(&set);
  static const int heard[] = {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGTSTP};
  for (size_t i = 0; i < OB_LEN(heard); i++) sigaddset(&set, heard[i]);
  int ended = 0;
  int64_t until = INT64_MAX;
  collect(f, WNOHANG);
  while (f->left > 0) {
    int64_t left = until == INT64_MAX ? 60000 : until - ob_mono_ms();
    struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
    int sig = left > 0 ? sigtimedwait(&set, NULL, &wait) : -1;
    if (sig == SIGTERM || sig == SIGHUP) {
      ended = sig;
      until = ob_mono_ms() + GRACE_MS;
      kill_all(f, sig);
      kill_all(f, SIGCONT);
    }
    if (sig == SIGTSTP) ob_term_stop();
    if (ended && ob_mono_ms() >= until) kill_all(f, SIGKILL);
    collect(f, WNOHANG);
  }
  ob_child_reap();
  return ended;
}

static void wait_for_key(int status) {
  if (WIFSIGNALED(status))
    printf("\n[ended by signal %d. Enter goes back to outboard]", WTERMSIG(status));
  else if (WEXITSTATUS(status))
    printf("\n[exit %d. Enter goes back to outboard]", WEXITSTATUS(status));
  else
    printf("\n[Enter goes back to outboard]");
  fflush(stdout);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  OB_AUTOFD int signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
  for (char c = 0; c != '\n' && c != '\r';) {
    if (poll(p, 2, -1) < 0 && errno != EINTR) return;
    if (p[1].revents) {
      /* ^C is taken; an order to end is left for the loop of run.c. */
      struct timespec now = {0};
      sigdelset(&set, SIGTERM);
      sigdelset(&set, SIGHUP);
      sigtimedwait(&set, NULL, &now);
      return;
    }
    if (p[0].revents && read(STDIN_FILENO, &c, 1) <= 0) return;
  }
}

int ob_child_run(ob_term *t, const ob_child *c, int *ret_status, ob_err *err) {
  family f = {0};
  struct sigaction ignore = {.sa_handler = SIG_IGN}, quit_was;
  sigemptyset(&ignore.sa_mask);
  ob_term_lend(t);
  sigaction(SIGQUIT, &ignore, &quit_was);
  if (c->say) {
    OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
    ob_text_safe_str(&safe, c->say, OB_TEXT_LINE);
    printf("%s\n", ob_buf_str(&safe));
    fflush(stdout);
  }
  int rc = spawn_all(&f, c, false, err);
  int ended = rc < 0 ? 0 : attend(&f);
  int status = 0;
  for (size_t i = 0; i < f.n && rc == 0; i++)
    if (status == 0) status = f.status[i];
  /* Whoever leaves a pager early ends what fed it: that is no failure. */
  if (!c->apart && f.n > 1 && f.status[f.n - 1] == 0) status = 0;
  bool interrupted = WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
  if (rc == 0 && !ended && !interrupted && (c->wait || status != 0)) wait_for_key(status);
  ob_term_reclaim(t);
  sigaction(SIGQUIT, &quit_was, NULL);
  if (ended) kill(getpid(), ended);
  *ret_status = interrupted ? 0 : status;
  return rc;
}

int ob_child_start(const ob_child *c, ob_err *err) {
  size_t room = 0;
  for (size_t i = 0; i < OB_LEN(background); i++) room += background[i] == 0;
  if (room < c->n)
    return ob_fail(err, OB_ELIMIT, "%d programs run in the background already",
                   (int)OB_CHILD_BACKGROUND);
  family f = {0};
  int rc = spawn_all(&f, c, true, err);
  for (size_t i = 0, k = 0; rc == 0 && k < f.n; i++)
    if (background[i] == 0) background[i] = f.pid[k++];
  return rc;
}

void ob_child_reap(void) {
  for (size_t i = 0; i < OB_LEN(background); i++)
    if (background[i] > 0 && waitpid(background[i], NULL, WNOHANG) != 0) background[i] = 0;
}
