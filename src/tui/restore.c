/* What a handler needs lies in static memory, because a handler is given nothing else: the
 * terminal's settings of before, and the handlers that stood there. A crash goes on to
 * whoever handled it before (a sanitizer, the kernel's core dump), so nothing is hidden. */
#include "tui/restore.h"

#include "base/mem.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* End of a synchronized update, mouse, drags, paste, keypad; cursor, colours, main screen. */
static const char leave[] = "\033[?2026l\033[?1006l\033[?1002l\033[?1000l\033[?2004l\033[?25h"
                            "\033[0m\033[?1049l\033[?1l\033>";

static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
/* Whatever ends a program by itself; the loop reads the first two as long as it runs. */
static const int ends[] = {SIGTERM, SIGHUP,    SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
                           SIGTRAP, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO,   SIGPWR, SIGSYS};
enum { NCRASHES = sizeof crashes / sizeof crashes[0], NENDS = sizeof ends / sizeof ends[0] };

static struct {
  volatile sig_atomic_t armed;
  struct termios before;
  bool has_before;
  struct sigaction crash_was[NCRASHES], end_was[NENDS];
  void *stack;
  stack_t stack_was;
} state;

void ob_restore_now(void) {
  if (!state.armed) return;
  state.armed = 0;
  /* What waits unread would come after the restored screen, or block for ever. */
  tcflush(STDOUT_FILENO, TCOFLUSH);
  ssize_t n = write(STDOUT_FILENO, leave, sizeof leave - 1);
  (void)n;
  if (state.has_before) tcsetattr(STDIN_FILENO, TCSANOW, &state.before);
}

static void on_crash(int sig) {
  ob_restore_now();
  for (size_t i = 0; i < NCRASHES; i++)
    if (crashes[i] == sig) sigaction(sig, &state.crash_was[i], NULL);
  raise(sig);
}

static void on_end(int sig) {
  ob_restore_now();
  _exit(128 + sig);
}

void ob_restore_arm(void) {
  state.has_before = tcgetattr(STDIN_FILENO, &state.before) == 0;
  /* A stack overflow needs another stack to be handled on. */
  size_t size = (size_t)SIGSTKSZ < 65536 ? 65536 : (size_t)SIGSTKSZ;
  state.stack = ob_alloc(size);
  stack_t alt = {.ss_sp = state.stack, .ss_size = size};
  sigaltstack(&alt, &state.stack_was);
  struct sigaction act;
  memset(&act, 0, sizeof act);
  sigemptyset(&act.sa_mask);
  act.sa_handler = on_crash;
  act.sa_flags = SA_ONSTACK;
  for (size_t i = 0; i < NCRASHES; i++) sigaction(crashes[i], &act, &state.crash_was[i]);
  act.sa_handler = on_end;
  for (size_t i = 0; i < NENDS; i++) {
    sigaction(ends[i], NULL, &state.end_was[i]);
    if (state.end_was[i].sa_handler != SIG_IGN) sigaction(ends[i], &act, NULL);
  }
  state.armed = 1;
}

void ob_restore_disarm(void) {
  state.armed = 0;
  for (size_t i = 0; i < NCRASHES; i++) sigaction(crashes[i], &state.crash_was[i], NULL);
  for (size_t i = 0; i < NENDS; i++) sigaction(ends[i], &state.end_was[i], NULL);
  sigaltstack(&state.stack_was, NULL);
  free(state.stack);
  state.stack = NULL;
}
