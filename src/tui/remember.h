/* What comes back when a context is opened again: tab, namespace, and for each tab its filter and
 * sort; the panel's size. And, for all contexts, the theme that was chosen with :theme, where neither
 * an option nor the settings say another.
 *
 * It is saved a moment after keys have changed it, and on leaving, so that whatever ends the program
 * takes nothing with it.
 *
 * It lies in $XDG_STATE_HOME/outboard/state.json, mode 0600, written beside and renamed over, so
 * that a reader finds the old file or the new one. A file that is no JSON is passed over with a
 * message and replaced at the next save.
 *
 * Thread UI. Limits: OB_REMEMBER_CONTEXTS contexts, the one used longest ago goes first;
 * OB_REMEMBER_MAX bytes.
 */
#ifndef OB_TUI_REMEMBER_H
#define OB_TUI_REMEMBER_H

#include "outboard/error.h"
#include <stdbool.h>

struct ob_tui;

enum { OB_REMEMBER_CONTEXTS = 64, OB_REMEMBER_MAX = 1024 * 1024 };

/* Bring back what is known of the context that is open; a namespace of the command line stays. */
void ob_remember_load(struct ob_tui *s);
int ob_remember_save(struct ob_tui *s, ob_err *err);
/* A key was pressed: look whether something is to be saved in a moment. */
void ob_remember_later(struct ob_tui *s);
/* Save what changed when that moment has come. In how many ms to come again, -1 never. A failure is
 * said once. */
int ob_remember_due(struct ob_tui *s);
/* Nobody has used outboard here before. */
bool ob_remember_first(void);

#endif
