/* Which key does what: the table of keys, with the person's own keys in place of its.
 *
 *   keys:
 *     filter: ctrl-f          # one key, several in a list, or none: []
 *     down: [down, j, ctrl-n]
 *
 * An action is a row's name in tui/keys.def; its new keys stand for all its rows. A printable
 * key never acts where text is typed. What would leave a mode without a way out, and a key that
 * two actions of a mode would share, is refused with both places named.
 *
 * Ownership The caller frees. Thread: UI.
 */
#ifndef OB_TUI_KEYMAP_H
#define OB_TUI_KEYMAP_H

#include "base/settings.h"
#include "tui/keys.h"

typedef struct ob_keymap ob_keymap;

/* settings NULL: the table as it is. NULL on error. */
ob_keymap *ob_keymap_new(const ob_settings *settings, ob_err *err);
/* The same, keeping what is wrong with the person's keys. */
ob_keymap *ob_keymap_check(const ob_settings *settings, ob_faults *io, ob_err *err);
void ob_keymap_free(ob_keymap *m);
OB_AUTOPTR_DEFINE(ob_keymap, ob_keymap_free)

/* The row that a key has in a mode; NULL none. */
const ob_key_row *ob_keymap_find(const ob_keymap *m, uint32_t key, ob_mode mode);
/* The names of a row's keys, separated by blanks. Borrowed. */
const char *ob_keymap_keys(const ob_keymap *m, const ob_key_row *row);

#endif
