/* k9s colours widgets, outboard colours meanings. The rows below are the bridge: for each role
 * the skin's path of its text and of its background, each with k9s' stock colour. */
#include "tui/skin.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>

typedef struct row {
  ob_role role;
  const char *fg, *fg_stock;
  const char *bg, *bg_stock; /* NULL: the page's own */
  unsigned attrs;
} row;

#define BODY    "body.fgColor", "cadetblue"
#define PAPER   "body.bgColor", "black"
#define NO_BACK NULL, NULL
static const row rows[] = {
    {OB_ROLE_TEXT, BODY, PAPER, 0},
    {OB_ROLE_DIM, "frame.status.completedColor", "lightslategray", NO_BACK, 0},
    {OB_ROLE_OK, "frame.status.addColor", "dodgerblue", NO_BACK, 0},
    {OB_ROLE_WARN, "frame.status.pendingColor", "darkorange", NO_BACK, 0},
    {OB_ROLE_BAD, "frame.status.errorColor", "orangered", NO_BACK, 0},
    {OB_ROLE_ACCENT, "frame.status.newColor", "lightskyblue", NO_BACK, 0},
    {OB_ROLE_HEADER, "info.sectionColor", "white", PAPER, 0},
    {OB_ROLE_BRAND, "body.logoColor", "orange", PAPER, OB_BOLD},
    {OB_ROLE_TAB, "frame.menu.fgColor", "white", NO_BACK, 0},
    {OB_ROLE_TAB_ACTIVE, "frame.crumbs.fgColor", "black", "frame.crumbs.activeColor", "orange",
     OB_BOLD},
    {OB_ROLE_ALERT, "frame.status.errorColor", "orangered", NO_BACK, OB_BOLD},
    {OB_ROLE_BORDER, "frame.border.fgColor", "dodgerblue", NO_BACK, 0},
    {OB_ROLE_BORDER_FOCUS, "frame.border.focusColor", "lightskyblue", NO_BACK, OB_BOLD},
    {OB_ROLE_TITLE, "frame.title.fgColor", "aqua", "frame.title.bgColor", "black", OB_BOLD},
    {OB_ROLE_COLUMN, "views.table.header.fgColor", "white", "views.table.header.bgColor", "black",
     OB_BOLD},
    {OB_ROLE_CURSOR, "views.table.cursorFgColor", "black", "views.table.cursorBgColor", "aqua", 0},
    {OB_ROLE_CURSOR_AWAY, "views.table.fgColor", "aqua", NO_BACK, OB_UNDERLINE},
    {OB_ROLE_FLASH, "frame.status.modifyColor", "greenyellow", NO_BACK, OB_BOLD},
    {OB_ROLE_KEY, "frame.menu.keyColor", "dodgerblue", NO_BACK, OB_BOLD},
    {OB_ROLE_HINT, "frame.menu.fgColor", "white", NO_BACK, 0},
    {OB_ROLE_MESSAGE, BODY, NO_BACK, 0},
    {OB_ROLE_PROMPT, "prompt.fgColor", "cadetblue", "prompt.bgColor", "black", OB_BOLD},
    {OB_ROLE_MENU, "dialog.fgColor", "cadetblue", "dialog.bgColor", "black", 0},
    {OB_ROLE_MENU_CURSOR, "dialog.buttonFocusFgColor", "black", "dialog.buttonFocusBgColor",
     "dodgerblue", OB_BOLD},
    {OB_ROLE_MATCH, "frame.title.highlightColor", "fuchsia", NO_BACK, OB_REVERSE},
    {OB_ROLE_LABEL, "info.sectionColor", "white", NO_BACK, 0},
    {OB_ROLE_HEADING, "help.sectionColor", "green", NO_BACK, OB_BOLD},
    {OB_ROLE_YAML_KEY, "views.yaml.keyColor", "steelblue", NO_BACK, 0},
    {OB_ROLE_YAML_VALUE, "views.yaml.valueColor", "papayawhip", NO_BACK, 0},
    {OB_ROLE_YAML_LITERAL, "views.yaml.colonColor", "white", NO_BACK, 0},
};

bool ob_skin_is(const ob_yaml_doc *doc) {
  return ob_json_is(ob_json_get(ob_yaml_root(doc), "k9s"), OB_JSON_OBJECT);
}

static bool colour(const char *s, uint32_t *ret) {
  if (!*s || strcmp(s, "-") == 0) s = "default";
  return ob_colour_named(s, ret) || ob_colour_parse(s, ret);
}

static const ob_json *at_path(const ob_json *j, const char *path) {
  while (j && *path) {
    char step[64];
    size_t n = strcspn(path, ".");
    snprintf(step, sizeof step, "%.*s", (int)n, path);
    j = ob_json_get(j, step);
    path += n + (path[n] == '.');
  }
  return j;
}

static uint32_t look_up(const ob_json *k9s, const char *path, const char *stock) {
  uint32_t c = OB_COLOUR_DEFAULT;
  const ob_json *j = at_path(k9s, path);
  colour(j ? ob_or(ob_json_str(j), "") : stock, &c);
  return c;
}

/* Every value whose key ends in "Color" must be one. */
static int check(const ob_yaml_doc *doc, const ob_json *j, const char *path, ob_faults *io,
                 ob_err *err) {
  for (const ob_json *m = ob_json_first(j); m; m = ob_json_next(m)) {
    const char *key = ob_or(ob_json_key(m), "");
    OB_AUTOFREE char *here = ob_asprintf("%s%s%s", path, *path && *key ? "." : "", key);
    uint32_t c;
    const char *s = ob_json_str(m);
    if (ob_ends(key, "Color") && (!s || !colour(s, &c))) {
      ob_fail(err, OB_ECONFIG, "%s:%u: %s: \"%s\" is no colour", ob_yaml_name(doc),
              ob_yaml_line(doc, m), here, s ? s : ob_json_type_name(ob_json_type_of(m)));
      int kept =
          ob_hint(err, "use #rrggbb, default, - or a W3C name; k9s shows its default instead");
      kept = ob_fault_keep(io, kept, err);
      if (kept < 0) return kept;
    }
    int rc = ob_json_is(m, OB_JSON_OBJECT) ? check(doc, m, here, io, err) : 0;
    if (rc < 0) return rc;
  }
  return 0;
}

int ob_skin_check(const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  return check(doc, ob_json_get(ob_yaml_root(doc), "k9s"), "k9s", io, err);
}

int ob_skin_read(ob_theme *ret, const ob_yaml_doc *doc, bool strict, ob_err *err) {
  const ob_json *k9s = ob_json_get(ob_yaml_root(doc), "k9s");
  int rc = strict ? ob_skin_check(doc, NULL, err) : 0;
  if (rc < 0) return rc;
  for (int i = 0; i < OB_ROLE_COUNT; i++)
    ret->styles[i] = (ob_style){OB_COLOUR_DEFAULT, OB_COLOUR_DEFAULT, 0};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const row *r = &rows[i];
    ob_style s = {look_up(k9s, r->fg, r->fg_stock), OB_COLOUR_DEFAULT, r->attrs};
    if (r->bg) s.bg = look_up(k9s, r->bg, r->bg_stock);
    ret->styles[r->role] = s;
  }
  return 0;
}
