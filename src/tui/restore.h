/* Giving the terminal back when the ordinary way out is gone: a crash, the end of memory,
 * a signal while the terminal does not read.
 *
 * Only write(), tcsetattr(), tcflush() and sigaction() are used: all async-signal-safe.
 *
 * Thread UI for arm and disarm; the handlers run anywhere.
 */
#ifndef OB_TUI_RESTORE_H
#define OB_TUI_RESTORE_H

/* Remember how the terminal is now and install the handlers. */
void ob_restore_arm(void);
/* The ordinary way out has restored it: put the former handlers back. */
void ob_restore_disarm(void);
/* Restore at once (the hook for the end of memory). */
void ob_restore_now(void);

#endif
