/* Why a key does nothing here and now. One row of a table for each action that may have nothing
 * to work on; `?` and the key itself say the reason.
 *
 * Thread UI.
 */
#ifndef OB_TUI_WORKS_H
#define OB_TUI_WORKS_H

#include "outboard/access.h"
#include "tui/keys.h"

enum { OB_KEY_ROWS_MAX = 192 };

/* NULL: it works. Otherwise a few words without a full stop. */
const char *ob_why_not(struct ob_tui *s, const ob_key_row *row);
/* The right that what the key sends about the row under the cursor needs, and the person has not;
 * as of ob_tui_access(). False: none is known to be missing. */
bool ob_key_refused(struct ob_tui *s, const ob_key_row *row, char why[OB_RIGHT_TEXT]);

#endif
