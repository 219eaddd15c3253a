/* Which theme is in use, and the picker that shows another one while the cursor stands on it.
 *
 * A theme that a person chose (--theme, the settings, :theme) stays. Until somebody does, the
 * built-in dark one is drawn, and the light one once the terminal says that its background is.
 *
 * Thread UI.
 */
#ifndef OB_TUI_LOOK_H
#define OB_TUI_LOOK_H

#include "outboard/error.h"
#include "tui/theme.h"

struct ob_tui;

typedef struct ob_look {
  ob_theme theme;  /* as it is drawn */
  char *name;      /* owned: the theme that was chosen, NULL none */
  ob_theme before; /* while the picker shows others */
  bool picked;     /* chosen with :theme, not by an option or the settings */
  char *tried;     /* owned: the one it shows; NULL none */
} ob_look;

/* Load what was asked for: `name`, or the built-in one when it is NULL or "auto". */
int ob_look_start(struct ob_tui *s, const char *name, ob_err *err);
void ob_look_done(ob_look *l);
/* The terminal has told its background. */
void ob_look_background(struct ob_tui *s, uint32_t rgb);
/* Take a theme for good; an error is said and nothing changes. */
void ob_look_choose(struct ob_tui *s, const char *name);
void ob_look_menu(struct ob_tui *s);
/* After every input: show the theme under the picker's cursor, or the former one again. */
void ob_look_follow(struct ob_tui *s);

#endif
