/* An object in the person's own editor, as `kubectl edit` does it: without what the server owns,
 * with errors as comments on top, again and again until it is right or left as it was.
 *
 * Thread UI; the terminal is lent to the editor. The file lies in $XDG_RUNTIME_DIR or /tmp, 0600,
 * and is removed, unless what was typed could not be read: then its path is said.
 * Limits OB_EDIT_ROUNDS times for one edit.
 */
#ifndef OB_TUI_EDIT_YAML_H
#define OB_TUI_EDIT_YAML_H

#include "base/json.h"

struct ob_tui;

enum { OB_EDIT_ROUNDS = 100 }; /* an $EDITOR that is a program does not tire */

/* typed: what the editor begins with, NULL: `object` itself. errors: lines for the top, NULL none.
 * Returns 0 with *ret_wanted and *ret_typed (owned by the caller), 1 when nothing was changed, or
 * negative. */
int ob_yaml_edit(struct ob_tui *s, const ob_json *object, const char *typed, const char *errors,
                 ob_json **ret_wanted, char **ret_typed, ob_err *err);

#endif
