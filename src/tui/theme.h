/* Themes: what each role looks like.
 *
 * A theme file is YAML:
 *
 *   description: for dark backgrounds
 *   colors:                      # names of its own
 *     blue: "#79c0ff"
 *   roles:
 *     cursor: {fg: "#ffffff", bg: blue, attrs: [bold, underline]}
 *
 * A colour is #rrggbb, `default`, a name under `colors`, or one of the terminal's own:
 * black red green yellow blue magenta cyan white, each also as bright-NAME. Attributes are
 * bold faint underline reverse italic. A role that the file leaves out is plain text; `text`
 * gives the colours of everything that names none, and of the empty screen.
 *
 * Ownership ob_theme owns nothing; copy it freely.
 * Thread    ANY.
 * Limits    OB_THEME_MAX bytes of file, OB_THEME_COLOURS names of colours.
 *
 * tui/theme_find.h knows where themes lie, tui/skin.h reads those of k9s.
 */
#ifndef OB_TUI_THEME_H
#define OB_TUI_THEME_H

#include "base/faults.h"
#include "tui/style.h"
#include <stddef.h>

struct ob_yaml_doc;

enum { OB_THEME_MAX = 256 * 1024, OB_THEME_COLOURS = 256 };

typedef enum ob_role {
#define OB_ROLE(id, name, fg, bg, attrs, plain, help) OB_ROLE_##id,
#include "tui/roles.def"
#undef OB_ROLE
  OB_ROLE_COUNT
} ob_role;

typedef struct ob_role_info {
  const char *name;
  ob_style style; /* of the built-in theme */
  unsigned plain; /* attributes where colours do not say it */
  const char *help;
} ob_role_info;
extern const ob_role_info ob_roles[OB_ROLE_COUNT];

typedef struct ob_theme {
  ob_style styles[OB_ROLE_COUNT];
} ob_theme;

void ob_theme_builtin(ob_theme *ret);
/* `name` is what messages call the text: "FILE:LINE: roles.cursor.fg: …". */
int ob_theme_parse(ob_theme *ret, const char *text, size_t n, const char *name, ob_err *err);
int ob_theme_read(ob_theme *ret, const struct ob_yaml_doc *doc, ob_err *err);
/* What is wrong with one. */
int ob_theme_check(const struct ob_yaml_doc *doc, ob_faults *io, ob_err *err);

/* #rrggbb, `default`, or one of the terminal's own sixteen. */
bool ob_colour_parse(const char *s, uint32_t *ret);
/* A name of the W3C's, whatever its case: "papayawhip". */
bool ob_colour_named(const char *name, uint32_t *ret);

/* The style of a role on a terminal of this depth. */
ob_style ob_theme_style(const ob_theme *t, ob_role role, ob_depth depth);
/* `front` on the background of `back`. */
ob_style ob_theme_over(const ob_theme *t, ob_role front, ob_role back, ob_depth depth);

#endif
