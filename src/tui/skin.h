/* k9s skins: read as they are and shown as a theme.
 *
 * A skin names colours for k9s' widgets; the table in skin.c says which of them stand for which
 * role. What a skin leaves out is k9s' stock colour, as in k9s; keys that k9s or outboard do not
 * know are passed over.
 *
 * Thread ANY. Source: k9s v0.50 internal/config/styles.go (Style, newStyle), color.go.
 */
#ifndef OB_TUI_SKIN_H
#define OB_TUI_SKIN_H

#include "base/yaml.h"
#include "tui/theme.h"

/* Does the document look like a skin (a mapping `k9s`)? */
bool ob_skin_is(const ob_yaml_doc *doc);
/* A colour that is none is k9s' default colour, as k9s does it, unless `strict`: then it is an
 * error with its line. */
int ob_skin_read(ob_theme *ret, const ob_yaml_doc *doc, bool strict, ob_err *err);
/* What `strict` would refuse. */
int ob_skin_check(const ob_yaml_doc *doc, ob_faults *io, ob_err *err);

#endif
