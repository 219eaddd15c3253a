/* A program run beside us: its output collected, its end noticed, never waited for.
 *
 * Without the terminal the program gets a session of its own, /dev/null as stdin, and pipes for
 * its output: it cannot reach our screen, and dies with all that it started. With the terminal
 * it has our stdin, our stderr and our process group, and only stdout is collected. Either way
 * no other descriptor of ours is inherited, signals are as a shell would leave them, and the
 * program is told to end when our thread ends.
 *
 *   start ─▶ poll ob_process_fds() ─▶ ob_process_work() … true ─▶ exit code, out, err ─▶ free
 *
 * Ownership ob_process_free() ends a running program (SIGTERM, then SIGKILL), reaps it, and wipes
 *           what it wrote.
 * Thread    One owner at a time. The thread that started it must not end before it.
 * Limits    out_max bytes of stdout: more ends the program. Of stderr the last err_max count.
 * Errors    -OB_ENOTFOUND: no such program; -OB_EIO: the system refused.
 */
#ifndef OB_BASE_PROCESS_H
#define OB_BASE_PROCESS_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>

typedef struct ob_process ob_process;

typedef struct ob_process_opts {
  const char *const *argv; /* NULL-terminated. argv[0] with a '/' is that file; else it is looked
                              for in the absolute folders of PATH */
  const char *const *envp; /* NULL-terminated; NULL: our environment */
  bool terminal;
  size_t out_max, err_max;
} ob_process_opts;

int ob_process_start(ob_process **ret, const ob_process_opts *opts, ob_err *err);
void ob_process_free(ob_process *c);
OB_AUTOPTR_DEFINE(ob_process, ob_process_free)

enum { OB_PROCESS_FDS = 3 };
/* What to poll for POLLIN; returns how many. */
size_t ob_process_fds(const ob_process *c, int fds[OB_PROCESS_FDS]);
/* Take what is there. True when the program has ended. Never blocks. */
bool ob_process_work(ob_process *c);

/* After the end: 0 … 255, or 128 + the signal that ended it. */
int ob_process_exit(const ob_process *c);
bool ob_process_overflowed(const ob_process *c); /* it wrote more than out_max */
/* Both borrowed, NUL-terminated; raw bytes of outside. */
const ob_buf *ob_process_out(const ob_process *c);
const ob_buf *ob_process_err(const ob_process *c);

#endif
