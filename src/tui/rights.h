/* What a row of a table needs of the API server, and whether the person has it.
 *
 * A page's row names a verb and a kind (tui/pages.def); a row of the tables of keys or commands
 * that changes something will name the same two. The action stays in hints and help when it is
 * refused, with the reason beside it: nothing is hidden.
 *
 * Thread UI.
 */
#ifndef OB_TUI_RIGHTS_H
#define OB_TUI_RIGHTS_H

#include "outboard/access.h"

struct ob_tui;

enum { OB_KIND_OWN = -1 }; /* the kind of the object that the action is about */

/* May the person do `verb` to objects of `kind` where `about` lies? verb NULL: nothing is needed.
 * `ret` as of ob_session_access(). Asks the server when it is not known; the screen is drawn again
 * when the answer is there. */
ob_access ob_tui_access(struct ob_tui *s, const char *verb, int kind, const ob_object *about,
                        char ret[OB_RIGHT_TEXT]);

#endif
