/* Themes: what is read, what is refused and where, and colours on lesser terminals. */
#include "tui/skin.h"
#include "tui/term_report.h"
#include "tui/theme_find.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int parse(ob_theme *t, const char *text, ob_err *err) {
  return ob_theme_parse(t, text, strlen(text), "t.yaml", err);
}

Test(theme, roles_colours_and_attributes_are_read) {
  ob_theme t;
  ob_err err = {0};
  cr_assert_eq(parse(&t,
                     "colors: {mine: '#0102ff'}\nroles:\n  dim: {fg: mine, bg: bright-red}\n"
                     "  cursor: {fg: default, attrs: [bold, underline]}\n  bad: {attrs: reverse}\n",
                     &err),
               0, "%s", err.msg);
  cr_assert_eq(t.styles[OB_ROLE_DIM].fg, 0x0102ff);
  cr_assert_eq(t.styles[OB_ROLE_DIM].bg, OB_COLOUR_ANSI + 9);
  cr_assert_eq(t.styles[OB_ROLE_CURSOR].attrs, OB_BOLD | OB_UNDERLINE);
  cr_assert_eq(t.styles[OB_ROLE_BAD].attrs, OB_REVERSE);
  cr_assert_eq(t.styles[OB_ROLE_OK].fg, OB_COLOUR_DEFAULT, "left out: plain text");
}

Test(theme, what_is_wrong_is_named_with_its_line) {
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"roles:\n  dim: {fg: '#12345'}\n", "t.yaml:2: roles.dim.fg: \"#12345\" is no colour"},
      {"roles:\n  dim: {}\n  nobody: {}\n", "t.yaml:3: roles.nobody: there is no such role"},
      {"roles:\n  dim:\n    size: 3\n", "t.yaml:3: roles.dim.size: there is no such field"},
      {"roles:\n  dim: {attrs: [shiny]}\n", "\"shiny\" is no attribute"},
      {"roles: {dim: 3}\n", "a role is a mapping"},
      {"roles: {}\nextra: 1\n", "t.yaml:2: extra: there is no such field"},
      {"colors: {}\n", "a theme needs a mapping `roles`"},
      {"roles: [\n", "t.yaml:"},
      {"", "a theme needs a mapping `roles`"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ob_theme t;
    ob_err err = {0};
    cr_assert_lt(parse(&t, cases[i].text, &err), 0, "%s", cases[i].text);
    cr_assert_not_null(strstr(err.msg, cases[i].says), "%s: %s", cases[i].text, err.msg);
  }
}

static void load(ob_theme *t, const char *name) {
  char path[512];
  ob_err err = {0};
  snprintf(path, sizeof path, "%s/themes/%s.yaml", OB_SOURCE_DIR, name);
  cr_assert_eq(ob_theme_load_file(t, path, true, &err), 0, "%s", err.msg);
}

Test(theme, dark_is_the_built_in_one) {
  ob_theme file, builtin;
  load(&file, "dark");
  ob_theme_builtin(&builtin);
  for (int i = 0; i < OB_ROLE_COUNT; i++) {
    cr_assert_eq(file.styles[i].fg, builtin.styles[i].fg, "%s", ob_roles[i].name);
    cr_assert_eq(file.styles[i].bg, builtin.styles[i].bg, "%s", ob_roles[i].name);
    cr_assert_eq(file.styles[i].attrs, builtin.styles[i].attrs, "%s", ob_roles[i].name);
  }
}

/* --- contrast: WCAG 2.1 AA, 4.5 for text, 3 for what is no text (frames: 2.5, decoration) ---- */
static uint32_t shown(uint32_t colour, ob_depth depth) {
  return depth == OB_DEPTH_256 ? ob_colour_of_256(ob_colour_reduce(colour, depth)) : colour;
}

/* The pairs that the screen draws: each role by itself, and texts on the backgrounds of rows,
 * the header and menus. */
static void check_contrast(const char *name, double least) {
  static const ob_role texts[] = {OB_ROLE_TEXT, OB_ROLE_DIM, OB_ROLE_OK,
                                  OB_ROLE_WARN, OB_ROLE_BAD, OB_ROLE_ACCENT};
  static const ob_role rows[] = {OB_ROLE_CURSOR, OB_ROLE_CURSOR_AWAY, OB_ROLE_FLASH};
  static const ob_role others[][2] = {
      {OB_ROLE_OK, OB_ROLE_HEADER},  {OB_ROLE_WARN, OB_ROLE_HEADER},
      {OB_ROLE_BAD, OB_ROLE_HEADER}, {OB_ROLE_DIM, OB_ROLE_MENU},
      {OB_ROLE_KEY, OB_ROLE_MENU},   {OB_ROLE_PROMPT, OB_ROLE_MENU},
      {OB_ROLE_TEXT, OB_ROLE_MENU},  {OB_ROLE_TEXT, OB_ROLE_MENU_CURSOR}};
  ob_theme t;
  load(&t, name);
  size_t pairs = 0;
  for (size_t i = 0; i < OB_ROLE_COUNT + 6 * 3 + 8; i++) {
    size_t k = i - OB_ROLE_COUNT;
    ob_role front = i < OB_ROLE_COUNT ? (ob_role)i : k < 18 ? texts[k / 3] : others[k - 18][0];
    ob_role under = i < OB_ROLE_COUNT ? (ob_role)i : k < 18 ? rows[k % 3] : others[k - 18][1];
    for (ob_depth depth = OB_DEPTH_256; depth <= OB_DEPTH_DIRECT; depth++) {
      ob_style s = front == under ? ob_theme_style(&t, front, depth)
                                  : ob_theme_over(&t, front, under, depth);
      cr_assert_not((s.fg | s.bg) & (OB_COLOUR_DEFAULT | OB_COLOUR_ANSI),
                    "%s: %s is left to the terminal, which may be of any colour", name,
                    ob_roles[front].name);
      uint32_t fg = shown(s.fg, depth), bg = shown(s.bg, depth);
      double need = front == OB_ROLE_BORDER ? 2.5 : least, is = ob_contrast(fg, bg);
      cr_assert_geq(is, need, "%s: %s on %s, %s: %.2f", name, ob_roles[front].name,
                    ob_roles[under].name, depth == OB_DEPTH_256 ? "256 colours" : "direct", is);
      pairs++;
    }
  }
  cr_assert_gt(pairs, 100);
}
Test(theme, text_of_the_bundled_themes_is_readable) {
  cr_assert_float_eq(ob_contrast(0x000000, 0xffffff), 21, 0.001);
  cr_assert_float_eq(ob_contrast(0x777777, 0xffffff), 4.478, 0.001);
  check_contrast("dark", 4.5);
  check_contrast("light", 4.5);
  check_contrast("colour-blind", 4.5);
  check_contrast("high-contrast", 7);
}

Test(theme, monochrome_has_no_colour) {
  ob_theme t;
  load(&t, "monochrome");
  for (int i = 0; i < OB_ROLE_COUNT; i++) {
    cr_assert_eq(t.styles[i].fg, OB_COLOUR_DEFAULT);
    cr_assert_eq(t.styles[i].bg, OB_COLOUR_DEFAULT);
  }
}

Test(colour, the_nearest_of_each_depth) {
  static const struct {
    uint32_t colour;
    ob_depth depth;
    int is;
  } cases[] = {
      {0xff0000, OB_DEPTH_256, 196},
      {0x080808, OB_DEPTH_256, 232},
      {0xffffff, OB_DEPTH_256, 231},
      {0x5f87af, OB_DEPTH_256, 67},
      {0xff1010, OB_DEPTH_16, 9},
      {0x00cc10, OB_DEPTH_8, 2},
      {0xff8a80, OB_DEPTH_8, 1}, /* pastels keep their hue */
      {0x7fd08a, OB_DEPTH_8, 2},
      {0xe5c07b, OB_DEPTH_16, 11},
      {0x156b2e, OB_DEPTH_16, 2},
      {0xa9b3c3, OB_DEPTH_8, 7}, /* and greys have none */
      {0x24292f, OB_DEPTH_16, 0},
      {0x1e1e2e, OB_DEPTH_16, 0}, /* nor has the night */
      {0x11141b, OB_DEPTH_8, 0},
      {0x123456, OB_DEPTH_DIRECT, 0x123456},
      {0x000003, OB_DEPTH_DIRECT, 8},
      {OB_COLOUR_DEFAULT, OB_DEPTH_256, -1},
      {OB_COLOUR_ANSI + 9, OB_DEPTH_8, 1},
      {OB_COLOUR_ANSI + 9, OB_DEPTH_16, 9},
      {OB_COLOUR_ANSI + 3, OB_DEPTH_DIRECT, 3},
      {0xff0000, OB_DEPTH_NONE, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    cr_assert_eq(ob_colour_reduce(cases[i].colour, cases[i].depth), cases[i].is, "row %zu: %d", i,
                 ob_colour_reduce(cases[i].colour, cases[i].depth));
}

Test(theme, where_colours_are_few_attributes_say_it) {
  ob_theme t;
  ob_theme_builtin(&t);
  cr_assert(ob_theme_style(&t, OB_ROLE_CURSOR, OB_DEPTH_NONE).attrs & OB_REVERSE);
  cr_assert(ob_theme_style(&t, OB_ROLE_CURSOR, OB_DEPTH_8).attrs & OB_REVERSE);
  cr_assert_not(ob_theme_style(&t, OB_ROLE_CURSOR, OB_DEPTH_256).attrs & OB_REVERSE);
  cr_assert_eq(ob_theme_over(&t, OB_ROLE_BAD, OB_ROLE_CURSOR, OB_DEPTH_256).bg,
               t.styles[OB_ROLE_CURSOR].bg);
}

/* --- k9s skins ------------------------------------------------------------------------------- */
static const char skin[] = "# a skin\n"
                           "fg: &fg \"#f8f8f2\"\n"
                           "red: &red OrangeRed\n"
                           "k9s:\n"
                           "  body: {fgColor: *fg, bgColor: default, logoColor: '-'}\n"
                           "  frame:\n"
                           "    status: {errorColor: *red, addColor: nocolour}\n"
                           "    later: {somethingNew: 3}\n"
                           "  views: {table: {cursorBgColor: \"#44475a\"}}\n";

static int read_skin(ob_theme *t, bool strict, ob_err *err) {
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(skin, sizeof skin - 1, "s.yaml", err);
  cr_assert_not_null(doc);
  cr_assert(ob_skin_is(doc));
  return ob_skin_read(t, doc, strict, err);
}

Test(skin, k9s_files_are_read_as_they_are) {
  ob_theme t;
  ob_err err = {0};
  cr_assert_eq(read_skin(&t, false, &err), 0, "%s", err.msg);
  cr_assert_eq(t.styles[OB_ROLE_TEXT].fg, 0xf8f8f2, "an alias");
  cr_assert_eq(t.styles[OB_ROLE_TEXT].bg, OB_COLOUR_DEFAULT, "default");
  cr_assert_eq(t.styles[OB_ROLE_BRAND].fg, OB_COLOUR_DEFAULT, "-");
  cr_assert_eq(t.styles[OB_ROLE_BAD].fg, 0xff4500, "a W3C name, whatever its case");
  cr_assert_eq(t.styles[OB_ROLE_OK].fg, OB_COLOUR_DEFAULT, "no colour: k9s' default");
  cr_assert_eq(t.styles[OB_ROLE_CURSOR].bg, 0x44475a);
  cr_assert_eq(t.styles[OB_ROLE_CURSOR].fg, 0x000000, "left out: k9s' stock");
  cr_assert_eq(t.styles[OB_ROLE_YAML_VALUE].fg, 0xffefd5, "left out: k9s' stock, papayawhip");
}

Test(skin, what_the_cursor_would_hide_has_its_colour) {
  static const char text[] =
      "k9s:\n  body: {fgColor: '#cdd6f4', bgColor: '#1e1e2e'}\n"
      "  frame: {status: {newColor: '#89b4fa', completedColor: '#45475a', errorColor: '#300010'}}\n"
      "  views: {table: {cursorFgColor: '#11111b', cursorBgColor: '#89b4fa'}}\n";
  ob_theme t;
  ob_err err = {0};
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, sizeof text - 1, "s.yaml", &err);
  cr_assert_eq(ob_skin_read(&t, doc, true, &err), 0, "%s", err.msg);
  cr_expect_eq(ob_theme_over(&t, OB_ROLE_ACCENT, OB_ROLE_CURSOR, OB_DEPTH_DIRECT).fg, 0x11111b);
  cr_expect_eq(ob_theme_over(&t, OB_ROLE_BAD, OB_ROLE_CURSOR, OB_DEPTH_DIRECT).fg, 0x300010,
               "it is to be seen");
  cr_expect_eq(ob_theme_over(&t, OB_ROLE_DIM, OB_ROLE_TEXT, OB_DEPTH_DIRECT).fg, 0x45475a,
               "the page is the skin's own choice");
}

Test(skin, a_check_names_the_line_of_what_is_no_colour) {
  ob_theme t;
  ob_err err = {0};
  cr_assert_lt(read_skin(&t, true, &err), 0);
  cr_assert_str_eq(err.msg, "s.yaml:7: k9s.frame.status.addColor: \"nocolour\" is no colour");
  cr_assert(*err.hint);
}

/* --- what a terminal answers
 * ---------------------------------------------------------------------- */
static ob_input reported(ob_report_kind kind, const char *text, bool *ret_sync) {
  ob_report r;
  ob_report_begin(&r, kind);
  size_t n = strlen(text);
  for (size_t i = 0; i < n; i++)
    cr_assert_eq(ob_report_add(&r, (unsigned char)text[i]), i + 1 == n, "%s at %zu", text, i);
  *ret_sync = ob_report_sync(&r);
  return ob_report_input(&r);
}

Test(report, what_terminals_answer) {
  static const struct {
    ob_report_kind kind;
    const char *text;
    ob_input_type type;
    uint32_t key;
    int x, y;
    bool sync;
  } cases[] = {
      {OB_REPORT_BACKGROUND, "rgb:ffff/8080/0000\033\\", OB_INPUT_BACKGROUND, 0xff8000, 0, 0,
       false},
      {OB_REPORT_BACKGROUND, "rgb:ff/80/00\007", OB_INPUT_BACKGROUND, 0xff8000, 0, 0, false},
      {OB_REPORT_BACKGROUND, "rgba:f/8/0/f\007", OB_INPUT_BACKGROUND, 0xff8800, 0, 0, false},
      {OB_REPORT_BACKGROUND, "what?\007", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_BACKGROUND, "rgb:          1/2/3\007", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_BACKGROUND, "rgb:-1/-f/0x1\007", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_BACKGROUND, "rgb:12345/1/1\007", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_BACKGROUND, "rgb:1//1\007", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_SYNC, "2$y", OB_INPUT_NONE, 0, 0, 0, true},
      {OB_REPORT_SYNC, "0$y", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_SYNC, "4$y", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_MOUSE, "0;5;9M", OB_INPUT_PRESS, 0, 4, 8, false},
      {OB_REPORT_MOUSE, "32;300;9M", OB_INPUT_DRAG, 0, 299, 8, false},
      {OB_REPORT_MOUSE, "0;5;9m", OB_INPUT_RELEASE, 0, 4, 8, false},
      {OB_REPORT_MOUSE, "65;5;9M", OB_INPUT_WHEEL, OB_KEY_DOWN, 4, 8, false},
      {OB_REPORT_MOUSE, "1;5;9M", OB_INPUT_NONE, 0, 4, 8, false},
      {OB_REPORT_MOUSE, ";;M", OB_INPUT_NONE, 0, 0, 0, false},
      {OB_REPORT_OLD_MOUSE, " %)", OB_INPUT_PRESS, 0, 4, 8, false},
      {OB_REPORT_OLD_MOUSE, "#%)", OB_INPUT_RELEASE, 0, 4, 8, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    bool sync;
    ob_input in = reported(cases[i].kind, cases[i].text, &sync);
    cr_assert_eq(in.type, cases[i].type, "%s", cases[i].text);
    cr_assert_eq(sync, cases[i].sync, "%s", cases[i].text);
    if (in.type == OB_INPUT_NONE) continue;
    cr_assert_eq(in.key, cases[i].key, "%s: %x", cases[i].text, in.key);
    cr_assert(in.x == cases[i].x && in.y == cases[i].y, "%s: %d,%d", cases[i].text, in.x, in.y);
  }
}
