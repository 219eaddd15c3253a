/* The copy menu: what of the row under the cursor goes to the clipboard, by OSC 52.
 *
 * Thread UI. Limits: OB_COPY_MAX bytes; more is refused with its size.
 */
#ifndef OB_TUI_COPY_H
#define OB_TUI_COPY_H

#include "outboard/session.h"

struct ob_tui;
struct ob_buf;

enum { OB_COPY_MAX = 512 * 1024 };

void ob_copy_menu(struct ob_tui *s);
/* Take the menu's choice `value`, whose text is `text`. */
void ob_copy_take(struct ob_tui *s, int value, const char *text);
/* The answer to the menu's question for YAML; false when it is another's. Owned when true. */
bool ob_copy_reply(struct ob_tui *s, ob_reply *move_r);

#endif
