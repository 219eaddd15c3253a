/* Which themes there are, and where.
 *
 * Themes: $XDG_CONFIG_HOME/outboard/themes, then those installed with the program, beside it, or
 * in its source tree. k9s skins: $XDG_CONFIG_HOME/outboard/skins, then k9s' own folder. The first
 * of a name is the one.
 *
 * Thread ANY. Limits: OB_THEMES_MAX entries; the rest is passed over.
 */
#ifndef OB_TUI_THEME_FIND_H
#define OB_TUI_THEME_FIND_H

#include "base/mem.h"
#include "tui/theme.h"

enum { OB_THEMES_MAX = 500 };

typedef struct ob_theme_entry {
  char *name, *path;
  bool skin;
} ob_theme_entry;

typedef struct ob_theme_list {
  OB_VEC(ob_theme_entry) all; /* by name, themes before skins */
} ob_theme_list;

/* k9s: look into k9s' folder too. */
void ob_theme_list_make(ob_theme_list *ret, bool k9s);
void ob_theme_list_done(ob_theme_list *l);
OB_AUTO_DEFINE(ob_theme_list, ob_theme_list_done)

/* A file's text: a theme or a skin. strict: as `outboard config --check` reads it. */
int ob_theme_load_file(ob_theme *ret, const char *path, bool strict, ob_err *err);
/* A file (has a slash or ends in .yaml), or a name of the list. NULL: the built-in one. */
int ob_theme_load(ob_theme *ret, const char *name, bool k9s, ob_err *err);

#endif
