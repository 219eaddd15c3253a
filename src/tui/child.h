/* Programs that the dashboard starts: one, several joined by pipes, or several side by side. Never a shell, unless
 * the person's own words name one.
 *
 *   ob_child_run()    gives them the terminal and takes it back when all have ended
 *   ob_child_start()  runs them without it, and forgets them
 *
 * ^C and ^Z reach the programs, not outboard; a SIGTERM or SIGHUP for outboard ends them first.
 *
 * Thread    UI. SIGCHLD, SIGTERM, SIGHUP, SIGINT and SIGTSTP must be blocked in every thread.
 * Ownership Everything is borrowed for the call.
 * Limits    OB_CHILD_PIPE programs in one pipe, OB_CHILD_BACKGROUND running at once.
 */
#ifndef OB_TUI_CHILD_H
#define OB_TUI_CHILD_H

#include "outboard/error.h"
#include "tui/term.h"

enum {
  OB_CHILD_PIPE = 8,
  OB_CHILD_BACKGROUND = 16,
  OB_CHILD_FD = 3, /* where the programs find `fd` */
};

typedef struct ob_child {
  char *const *argv[OB_CHILD_PIPE]; /* each NULL-terminated; [0] is looked for on PATH */
  size_t n;
  bool apart;      /* side by side: no pipes, all have the terminal */
  int fd;          /* also open in the programs, as OB_CHILD_FD; -1 none */
  const char *say; /* a line before they start, NULL none; made safe */
  bool wait;       /* ask for a key before the dashboard comes back, even when all went well */
} ob_child;

/* -OB_ENOTFOUND: there is no such program. Else 0, and *ret_status is what
 * waitpid() said of the last one (of the first that failed, when one did). A failure always
 * waits for a key, so that what the program said can be read. */
int ob_child_run(ob_term *t, const ob_child *c, int *ret_status, ob_err *err);
int ob_child_start(const ob_child *c, ob_err *err);
/* After a SIGCHLD: take leave of background programs that ended. */
void ob_child_reap(void);

#endif
