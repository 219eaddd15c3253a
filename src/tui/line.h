/* One line that is being typed. The text is UTF-8; the cursor stands between code points.
 * Thread UI. Limits: OB_LINE_TEXT bytes, further typing is refused. */
#ifndef OB_TUI_LINE_H
#define OB_TUI_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OB_LINE_TEXT = 512 };

typedef struct ob_line {
  char text[OB_LINE_TEXT]; /* NUL-terminated */
  size_t len, at;
} ob_line;

void ob_line_set(ob_line *l, const char *text); /* cursor at the end; too long: cut */
bool ob_line_insert(ob_line *l, uint32_t cp);   /* controls are refused */
void ob_line_left(ob_line *l);
void ob_line_right(ob_line *l);
bool ob_line_backspace(ob_line *l);
bool ob_line_delete(ob_line *l);
bool ob_line_clear(ob_line *l); /* everything before the cursor */
bool ob_line_word(ob_line *l);  /* the word before the cursor */

#endif
