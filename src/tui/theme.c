/* The parser walks the YAML tree with the table of roles in hand, so that every message can
 * name the file, the line and the words that are allowed there.
 *
 * On 16 colours and fewer a background would land on the nearest of very few, often the
 * terminal's own: what it says is then said by attributes (the table's last column). */
#include "tui/theme.h"

#include "base/str.h"
#include "base/yaml.h"

#include <stdarg.h>
#include <strings.h>

#define DEF    OB_COLOUR_DEFAULT
#define RGB(c) (c)
const ob_role_info ob_roles[OB_ROLE_COUNT] = {
#define OB_ROLE(id, name, fg, bg, attrs, plain, help)                                              \
  [OB_ROLE_##id] = {name, {fg, bg, attrs}, plain, help},
#include "tui/roles.def"
#undef OB_ROLE
};

static const char *const ansi_names[] = {"black", "red",     "green", "yellow",
                                         "blue",  "magenta", "cyan",  "white"};
static const struct {
  const char *name;
  unsigned bit;
} attr_names[] = {{"bold", OB_BOLD},
                  {"faint", OB_FAINT},
                  {"underline", OB_UNDERLINE},
                  {"reverse", OB_REVERSE},
                  {"italic", OB_ITALIC}};

void ob_theme_builtin(ob_theme *ret) {
  for (int i = 0; i < OB_ROLE_COUNT; i++) ret->styles[i] = ob_roles[i].style;
}

/* --- parsing ---------------------------------------------------------------------------- */
typedef struct reader {
  const ob_yaml_doc *doc;
  const ob_json *colors; /* the file's own names */
  ob_faults *faults;     /* NULL: the first is told */
  ob_err *err;
} reader;

static int bad(const reader *r, const ob_json *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int bad(const reader *r, const ob_json *at, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  ob_vfail(r->err, OB_ECONFIG, fmt, ap);
  va_end(ap);
  unsigned line = ob_yaml_line(r->doc, at);
  return line ? ob_err_within(r->err, "%s:%u", ob_yaml_name(r->doc), line)
              : ob_err_within(r->err, "%s", ob_yaml_name(r->doc));
}

static bool hex_colour(const char *s, uint32_t *ret) {
  uint32_t v = 0;
  if (s[0] != '#' || strlen(s) != 7) return false;
  for (int i = 1; i < 7; i++) {
    const char *digits = "0123456789abcdef", *hit = strchr(digits, s[i] | 32);
    if (!hit) return false;
    v = v << 4 | (uint32_t)(hit - digits);
  }
  *ret = v;
  return true;
}

bool ob_colour_parse(const char *s, uint32_t *ret) {
  if (hex_colour(s, ret)) return true;
  if (strcmp(s, "default") == 0) {
    *ret = OB_COLOUR_DEFAULT;
    return true;
  }
  bool bright = ob_starts(s, "bright-");
  for (uint32_t i = 0; i < OB_LEN(ansi_names); i++)
    if (strcmp(s + (bright ? 7 : 0), ansi_names[i]) == 0) {
      *ret = OB_COLOUR_ANSI + i + (bright ? 8 : 0);
      return true;
    }
  return false;
}

bool ob_colour_named(const char *name, uint32_t *ret) {
  static const struct {
    const char *name;
    uint32_t rgb;
  } all[] = {
#define OB_NAMED_COLOUR(name, rgb) {name, rgb},
#include "tui/colours.def"
#undef OB_NAMED_COLOUR
  };
  for (size_t i = 0; i < OB_LEN(all); i++)
    if (strcasecmp(all[i].name, name) == 0) {
      *ret = all[i].rgb;
      return true;
    }
  return false;
}

static int colour(const reader *r, const char *where, const ob_json *j, uint32_t *ret) {
  const char *s = ob_json_str(j);
  if (!s) return bad(r, j, "%s: a colour is a string, as \"#79c0ff\"", where);
  const char *named = ob_json_get_str(r->colors, s);
  if (ob_colour_parse(named ? named : s, ret)) return 0;
  bad(r, j, "%s: \"%s\" is no colour", where, s);
  return ob_hint(r->err, "use #rrggbb, default, a name under `colors`, or one of black red green "
                         "yellow blue magenta cyan white, also as bright-…");
}

static int attribute(const reader *r, const char *where, const ob_json *j, unsigned *io) {
  const char *s = ob_json_str(j);
  for (size_t i = 0; s && i < OB_LEN(attr_names); i++)
    if (strcmp(s, attr_names[i].name) == 0) {
      *io |= attr_names[i].bit;
      return 0;
    }
  bad(r, j, "%s: \"%s\" is no attribute", where, s ? s : ob_json_type_name(ob_json_type_of(j)));
  return ob_hint(r->err, "use bold, faint, underline, reverse or italic");
}

static int role_field(const reader *r, const char *role, const ob_json *m, ob_style *ret) {
  const char *key = ob_json_key(m);
  OB_AUTOFREE char *where = ob_asprintf("roles.%s.%s", role, key);
  if (strcmp(key, "fg") == 0) return colour(r, where, m, &ret->fg);
  if (strcmp(key, "bg") == 0) return colour(r, where, m, &ret->bg);
  if (strcmp(key, "attrs") == 0) {
    int rc = 0;
    if (!ob_json_is(m, OB_JSON_ARRAY)) return attribute(r, where, m, &ret->attrs);
    for (const ob_json *a = ob_json_first(m); a && rc == 0; a = ob_json_next(a))
      rc = ob_fault_keep(r->faults, attribute(r, where, a, &ret->attrs), r->err);
    return rc;
  }
  bad(r, m, "%s: there is no such field", where);
  return ob_hint(r->err, "a role has fg, bg and attrs");
}

static int one_role(const reader *r, const char *name, const ob_json *j, ob_style *ret) {
  *ret = (ob_style){OB_COLOUR_DEFAULT, OB_COLOUR_DEFAULT, 0};
  if (!ob_json_is(j, OB_JSON_OBJECT))
    return bad(r, j, "roles.%s: a role is a mapping of fg, bg and attrs", name);
  int rc = 0;
  for (const ob_json *m = ob_json_first(j); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(r->faults, role_field(r, name, m, ret), r->err);
  return rc;
}

static int read_role(const reader *r, const ob_json *m, ob_theme *ret) {
  for (int i = 0; i < OB_ROLE_COUNT; i++)
    if (strcmp(ob_roles[i].name, ob_json_key(m)) == 0)
      return one_role(r, ob_roles[i].name, m, &ret->styles[i]);
  bad(r, m, "roles.%s: there is no such role", ob_json_key(m));
  return ob_hint(r->err, "themes/dark.yaml has them all");
}

static int root_field(const reader *r, const ob_json *m) {
  const char *key = ob_json_key(m);
  if (!strcmp(key, "description") || !strcmp(key, "colors") || !strcmp(key, "roles")) return 0;
  bad(r, m, "%s: there is no such field", key);
  return ob_hint(r->err, "a theme has description, colors and roles");
}

int ob_theme_parse(ob_theme *ret, const char *text, size_t n, const char *name, ob_err *err) {
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, n, name, err);
  return doc ? ob_theme_read(ret, doc, err) : -(int)OB_ECONFIG;
}

static int read_all(ob_theme *ret, const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  const ob_json *root = ob_yaml_root(doc);
  reader r = {.doc = doc, .colors = ob_json_get(root, "colors"), .faults = io, .err = err};
  ob_theme t;
  for (int i = 0; i < OB_ROLE_COUNT; i++)
    t.styles[i] = (ob_style){OB_COLOUR_DEFAULT, OB_COLOUR_DEFAULT, 0};
  const ob_json *roles = ob_json_get(root, "roles");
  if (!ob_json_is(roles, OB_JSON_OBJECT)) {
    bad(&r, root, "a theme needs a mapping `roles`");
    return ob_hint(err, "themes/dark.yaml is an example");
  }
  if (ob_json_len(r.colors) > OB_THEME_COLOURS)
    return bad(&r, r.colors, "colors: more than %d names", (int)OB_THEME_COLOURS);
  int rc = 0;
  for (const ob_json *m = ob_json_first(root); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(io, root_field(&r, m), err);
  for (const ob_json *m = ob_json_first(roles); m && rc == 0; m = ob_json_next(m))
    rc = ob_fault_keep(io, read_role(&r, m, &t), err);
  if (rc == 0) *ret = t;
  return rc;
}

int ob_theme_read(ob_theme *ret, const ob_yaml_doc *doc, ob_err *err) {
  return read_all(ret, doc, NULL, err);
}

int ob_theme_check(const ob_yaml_doc *doc, ob_faults *io, ob_err *err) {
  ob_theme unused;
  return read_all(&unused, doc, io, err);
}

/* --- using -------------------------------------------------------------------------------- */
ob_style ob_theme_style(const ob_theme *t, ob_role role, ob_depth depth) {
  ob_style s = t->styles[role], page = t->styles[OB_ROLE_TEXT];
  bool own_back = !(s.bg & (OB_COLOUR_DEFAULT | OB_COLOUR_ANSI)) && role != OB_ROLE_TEXT;
  if (depth == OB_DEPTH_NONE) return (ob_style){DEF, DEF, s.attrs | ob_roles[role].plain};
  /* What has no colour of its own has the page's. */
  if (s.fg & OB_COLOUR_DEFAULT) s.fg = page.fg;
  if ((s.bg & OB_COLOUR_DEFAULT) || (depth <= OB_DEPTH_16 && own_back)) {
    if (depth <= OB_DEPTH_16 && own_back) {
      s.fg = page.fg;
      s.attrs |= ob_roles[role].plain;
    }
    s.bg = page.bg;
  }
  return s;
}

/* k9s draws the row under the cursor in one colour, and its skins choose a background for that: of
 * ours, some would be lost on it. */
static bool lost(uint32_t fg, uint32_t bg) {
  enum { LEAST = 3 }; /* bundled themes have 4.5 or more */
  return !((fg | bg) & (OB_COLOUR_DEFAULT | OB_COLOUR_ANSI)) && ob_contrast(fg, bg) < LEAST;
}

ob_style ob_theme_over(const ob_theme *t, ob_role front, ob_role back, ob_depth depth) {
  ob_style f = ob_theme_style(t, front, depth), b = ob_theme_style(t, back, depth);
  bool on_back = front == OB_ROLE_TEXT || (t->styles[front].bg & OB_COLOUR_DEFAULT);
  if (on_back) f.bg = b.bg;
  bool of_back = front == OB_ROLE_TEXT || (t->styles[front].fg & OB_COLOUR_DEFAULT);
  if (of_back || (on_back && b.bg != t->styles[OB_ROLE_TEXT].bg && lost(f.fg, b.bg))) f.fg = b.fg;
  f.attrs |= b.attrs;
  return f;
}
