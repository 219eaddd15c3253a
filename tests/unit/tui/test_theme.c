/* Themes: what is read, what is refused and where, and colours on lesser terminals. */
#include "tui/theme.h"

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
  cr_assert_eq(ob_theme_load(t, path, &err), 0, "%s", err.msg);
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

static double luminance(uint32_t c) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (int i = 0; i < 3; i++) {
    double v = (double)(c >> (16 - 8 * i) & 255) / 255;
    sum += weights[i] * (0.8 * v * v + 0.2 * v * v * v); /* sRGB's curve, within 2 % */
  }
  return sum;
}

/* WCAG 2.1: 4.5 for text, 3 for what is no text (borders). */
static void check_contrast(const char *name, uint32_t text, uint32_t back) {
  ob_theme t;
  load(&t, name);
  for (int i = 0; i < OB_ROLE_COUNT; i++) {
    uint32_t fg = t.styles[i].fg & OB_COLOUR_DEFAULT ? text : t.styles[i].fg;
    uint32_t bg = t.styles[i].bg & OB_COLOUR_DEFAULT ? back : t.styles[i].bg;
    double a = luminance(fg), b = luminance(bg);
    double ratio = a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
    double least = i == OB_ROLE_BORDER ? 2.5 : 4.5;
    cr_assert_geq(ratio, least, "%s %s: %.2f", name, ob_roles[i].name, ratio);
  }
}
Test(theme, dark_is_readable_on_dark) {
  check_contrast("dark", 0xd0d0d0, 0x101418);
}
Test(theme, light_is_readable_on_light) {
  check_contrast("light", 0x202020, 0xffffff);
}

Test(theme, mono_has_no_colour) {
  ob_theme t;
  load(&t, "mono");
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
