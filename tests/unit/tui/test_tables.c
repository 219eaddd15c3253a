/* The tables of keys and commands say one thing for one key. */
#include "tui/keymap.h"
#include "tui/pages.h"
#include "tui/works.h"

#include <criterion/criterion.h>
#include <string.h>

static const ob_keymap *table(void) {
  static ob_keymap *m;
  if (!m) m = ob_keymap_new(NULL, NULL);
  return m;
}
static const ob_key_row *find(uint32_t key, ob_mode mode) {
  return ob_keymap_find(table(), key, mode);
}

Test(keys, every_name_is_a_key_and_means_one_thing_in_a_mode) {
  for (size_t i = 0; i < ob_nkeys; i++) {
    cr_assert(ob_keys[i].modes != 0 && *ob_keys[i].help);
    for (const char *k = ob_keys[i].keys; *k;) {
      size_t n = strcspn(k, " ");
      uint32_t code = ob_key_code(k, n);
      cr_assert_neq(code, OB_KEY_NONE, "%s", k);
      for (unsigned mode = 1; mode <= OB_MODE_PROMPT; mode <<= 1)
        if (ob_keys[i].modes & mode)
          cr_assert_eq(find(code, (ob_mode)mode), &ob_keys[i], "%.*s twice in mode %u", (int)n, k,
                       mode);
      k += n + (k[n] == ' ');
    }
  }
}

/* --- keys of one's own ------------------------------------------------------------------------ */
static ob_keymap *with(const char *yaml, ob_err *err) {
  OB_AUTOPTR(ob_settings) s = ob_settings_parse(yaml, strlen(yaml), "c.yaml", err);
  cr_assert_not_null(s, "%s", err->msg);
  return ob_keymap_new(s, err);
}

Test(keymap, keys_of_ones_own_replace_the_tables) {
  ob_err err = {0};
  OB_AUTOPTR(ob_keymap) m = with("keys:\n  sort: f5\n  down: [down, ctrl-n]\n  retry: []\n", &err);
  cr_assert_not_null(m, "%s", err.msg);
  const ob_key_row *sort = find('s', OB_MODE_LIST), *down = find('j', OB_MODE_LIST);
  cr_assert_null(ob_keymap_find(m, 's', OB_MODE_LIST));
  cr_assert_eq(ob_keymap_find(m, (uint32_t)OB_KEY_F0 + 5, OB_MODE_LIST), sort);
  cr_assert_eq(ob_keymap_find(m, (uint32_t)OB_KEY_CTRL + 'n', OB_MODE_PANEL), down);
  cr_assert_eq(ob_keymap_find(m, OB_KEY_DOWN, OB_MODE_LIST), down);
  cr_assert_null(ob_keymap_find(m, 'R', OB_MODE_LIST));
  cr_assert_str_eq(ob_keymap_keys(m, down), "down ctrl-n");
}

Test(keymap, what_cannot_be_is_refused_with_its_places) {
  static const struct {
    const char *yaml, *says;
  } cases[] = {
      {"keys:\n  sort: n\n", "c.yaml:2: keys.sort: \"n\" is also a key of namespaces (built in)"},
      {"keys:\n  sort: x\n  retry: [f2, x]\n",
       "c.yaml:2: keys.sort: \"x\" is also a key of retry (c.yaml:3)"},
      {"keys:\n  sort: ctrl-1\n", "c.yaml:2: keys.sort: \"ctrl-1\" is no key"},
      {"keys:\n  sort: [a, {}]\n", "keys.sort: \"object\" is no key"},
      {"keys:\n  nothing: a\n", "c.yaml:2: keys.nothing: there is no such action"},
      {"keys:\n  quit: []\n", "c.yaml:2: keys.quit: no key would work where text is typed"},
      {"keys:\n  cancel: x\n", "keys.cancel: no key would work where text is typed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ob_err err = {0};
    cr_assert_null(with(cases[i].yaml, &err), "%s", cases[i].yaml);
    cr_assert_not_null(strstr(err.msg, cases[i].says), "%s: %s", cases[i].yaml, err.msg);
    cr_assert(*err.hint, "%s", cases[i].yaml);
  }
  /* Two actions may swap their keys. */
  ob_err err = {0};
  OB_AUTOPTR(ob_keymap) m = with("keys: {sort: n, namespaces: s}\n", &err);
  cr_assert_not_null(m, "%s", err.msg);
}

Test(keys, there_is_room_for_every_reason) {
  cr_assert_leq(ob_nkeys, (size_t)OB_KEY_ROWS_MAX);
}

Test(keys, every_mode_can_be_left) {
  for (unsigned mode = 1; mode <= OB_MODE_PROMPT; mode <<= 1) {
    cr_assert_not_null(find(OB_KEY_ESC, (ob_mode)mode));
    cr_assert_not_null(find((uint32_t)OB_KEY_CTRL + 'c', (ob_mode)mode));
  }
}

Test(keys, printable_keys_are_text_where_text_is_typed) {
  for (uint32_t c = ' '; c < 127; c++) {
    cr_assert_null(find(c, OB_MODE_PROMPT));
    cr_assert_null(find(c, OB_MODE_PICK));
  }
}

Test(commands, names_and_aliases_are_unique) {
  for (size_t i = 0; i < ob_tui_ncommands; i++) {
    const ob_command_row *row = &ob_tui_commands[i];
    cr_assert_eq(ob_tui_command_find(row->name, strlen(row->name)), row);
    for (const char *a = row->aliases; *a;) {
      size_t n = strcspn(a, ",");
      cr_assert_eq(ob_tui_command_find(a, n), row, "%s", a);
      a += n + (a[n] == ',');
    }
  }
  cr_assert_eq(ob_tui_command_find("load", 4), ob_tui_command_find("lb", 2),
               "a beginning is enough");
  cr_assert_null(ob_tui_command_find("", 0));
  cr_assert_null(ob_tui_command_find("nothing", 7));
}

Test(pages, each_has_what_the_panel_shows) {
  for (size_t i = 0; i < OB_PAGE_COUNT; i++)
    cr_assert(ob_pages[i].name && ob_pages[i].title && ob_pages[i].write && *ob_pages[i].help);
}
