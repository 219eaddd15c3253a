/* The dashboard.
 *
 * Purpose  Draw one cluster's exposure in a terminal, live, and follow the person's keys.
 * Thread   The one thread that calls it becomes the UI thread: it owns the session, the
 *          cluster and the terminal until ob_tui_run() returns.
 * Terminal Restored on every way out: a key, SIGTERM, SIGHUP, a crash, the end of memory.
 * Errors   Printed on stderr once the terminal is restored, with what can be done.
 */
#ifndef OB_TUI_TUI_H
#define OB_TUI_TUI_H

#include "outboard/session.h"

struct ob_settings;

typedef struct ob_tui_opts {
  ob_session_opts session;            /* borrowed */
  const struct ob_settings *settings; /* borrowed */
  const char *theme;                  /* a name or a file; NULL: as the settings say */
  bool ascii;         /* lines and marks in ASCII, whatever locale and settings say */
  bool read_only;     /* nothing may change the cluster: keys that would say so */
  const char *notice; /* shown at the start: "no kubeconfig found: …"; NULL none */
} ob_tui_opts;

/* Can this process show a dashboard: is there a terminal that can move its cursor?
 * The error says what to use instead (OB_EUSAGE). */
bool ob_tui_possible(ob_err *err);

struct ob_faults;
/* Is a file of settings, a theme, a skin or plugins as it should be? *ret_what says which it was
 * taken for. Each fault has its line and its remedy. */
void ob_tui_check_file(const char *path, const char **ret_what, struct ob_faults *io);

/* The manual's sections on keys and `:` commands, as roff. */
struct ob_buf;
void ob_tui_manual(struct ob_buf *out);

/* Runs until the person leaves. Returns the exit code: 0 left by a key, 1 failed,
 * 2 no terminal or a bad theme, 128+N ended by signal N. */
int ob_tui_run(const ob_tui_opts *opts);

#endif
