/* The tables of keys and commands say one thing for one key. */
#include "tui/keys.h"
#include "tui/pages.h"

#include <criterion/criterion.h>
#include <string.h>

Test(keys, every_name_is_a_key_and_means_one_thing_in_a_mode) {
  for (size_t i = 0; i < ob_nkeys; i++) {
    cr_assert(ob_keys[i].modes != 0 && *ob_keys[i].help);
    for (const char *k = ob_keys[i].keys; *k;) {
      size_t n = strcspn(k, " ");
      uint32_t code = ob_key_code(k, n);
      cr_assert_neq(code, OB_KEY_NONE, "%s", k);
      for (unsigned mode = 1; mode <= OB_MODE_PROMPT; mode <<= 1)
        if (ob_keys[i].modes & mode)
          cr_assert_eq(ob_key_find(code, (ob_mode)mode), &ob_keys[i], "%.*s twice in mode %u",
                       (int)n, k, mode);
      k += n + (k[n] == ' ');
    }
  }
}

Test(keys, every_mode_can_be_left) {
  for (unsigned mode = 1; mode <= OB_MODE_PROMPT; mode <<= 1) {
    cr_assert_not_null(ob_key_find(OB_KEY_ESC, (ob_mode)mode));
    cr_assert_not_null(ob_key_find((uint32_t)OB_KEY_CTRL + 'c', (ob_mode)mode));
  }
}

Test(keys, printable_keys_are_text_where_text_is_typed) {
  for (uint32_t c = ' '; c < 127; c++) {
    cr_assert_null(ob_key_find(c, OB_MODE_PROMPT));
    cr_assert_null(ob_key_find(c, OB_MODE_PICK));
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
