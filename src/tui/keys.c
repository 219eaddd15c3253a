#include "tui/keys.h"

#include "base/mem.h"
#include "base/str.h"
#include "outboard/text.h"

#include <stdio.h>

#define LIST   OB_MODE_LIST
#define PANEL  OB_MODE_PANEL
#define PAGE   OB_MODE_PAGE
#define PICK   OB_MODE_PICK
#define SORT   OB_MODE_SORT
#define PROMPT OB_MODE_PROMPT
#define FORM   OB_MODE_FORM
const ob_key_row ob_keys[] = {
#define OB_KEY(action, keys, modes, hint, help) {#action, ob_act_##action, keys, modes, hint, help},
#include "tui/keys.def"
#undef OB_KEY
};
const size_t ob_nkeys = OB_LEN(ob_keys);

const ob_command_row ob_tui_commands[] = {
#define OB_TUI_COMMAND(name, aliases, args, fn, help) {name, aliases, args, ob_cmd_##fn, help},
#include "tui/commands.def"
#undef OB_TUI_COMMAND
};
const size_t ob_tui_ncommands = OB_LEN(ob_tui_commands);

static const struct {
  const char *name;
  uint32_t code;
  const char *label; /* NULL: the name */
} named[] = {
    {"up", OB_KEY_UP, "↑"},
    {"down", OB_KEY_DOWN, "↓"},
    {"left", OB_KEY_LEFT, "←"},
    {"right", OB_KEY_RIGHT, "→"},
    {"pgup", OB_KEY_PGUP, "PgUp"},
    {"pgdn", OB_KEY_PGDN, "PgDn"},
    {"home", OB_KEY_HOME, NULL},
    {"end", OB_KEY_END, NULL},
    {"enter", OB_KEY_ENTER, "↵"},
    {"esc", OB_KEY_ESC, NULL},
    {"tab", OB_KEY_TAB, NULL},
    {"backtab", OB_KEY_BACKTAB, NULL},
    {"space", ' ', NULL},
    {"delete", OB_KEY_DELETE, NULL},
    {"backspace", OB_KEY_BACKSPACE, NULL},
};

static bool is(const char *name, const char *s, size_t n) {
  return strlen(name) == n && memcmp(name, s, n) == 0;
}

uint32_t ob_key_code(const char *name, size_t n) {
  uint32_t cp;
  if (n == 0) return OB_KEY_NONE;
  if (ob_utf8_next(name, n, &cp) == n) return cp;
  if (n == 6 && memcmp(name, "ctrl-", 5) == 0 && name[5] >= 'a' && name[5] <= 'z')
    return (uint32_t)OB_KEY_CTRL + (uint32_t)name[5];
  if (name[0] == 'f' && (n == 2 || n == 3) && name[1] >= '1' && name[1] <= '9') {
    int number = name[1] - '0';
    if (n == 3) number = number * 10 + name[2] - '0';
    return number <= 12 && (n == 2 || (name[2] >= '0' && name[2] <= '9'))
               ? (uint32_t)OB_KEY_F0 + (uint32_t)number
               : OB_KEY_NONE;
  }
  for (size_t i = 0; i < OB_LEN(named); i++)
    if (is(named[i].name, name, n)) return named[i].code;
  return OB_KEY_NONE;
}

const char *ob_key_label(const char *name, size_t n, bool ascii, char out[16]) {
  for (size_t i = 0; i < OB_LEN(named); i++)
    if (!ascii && named[i].label && is(named[i].name, name, n)) return named[i].label;
  if (n == 6 && memcmp(name, "ctrl-", 5) == 0)
    snprintf(out, 16, "^%c", name[5] - 'a' + 'A');
  else
    snprintf(out, 16, "%.*s", (int)n, name);
  return out;
}

static bool has_alias(const char *aliases, const char *word, size_t n) {
  for (const char *s = aliases; *s;) {
    size_t k = strcspn(s, ",");
    if (k == n && memcmp(s, word, n) == 0) return true;
    s += k + (s[k] == ',');
  }
  return false;
}

const ob_command_row *ob_tui_command_find(const char *word, size_t n) {
  const ob_command_row *begun = NULL;
  size_t nbegun = 0;
  for (size_t i = 0; i < ob_tui_ncommands; i++) {
    const ob_command_row *row = &ob_tui_commands[i];
    if (is(row->name, word, n) || has_alias(row->aliases, word, n)) return row;
    if (strlen(row->name) > n && memcmp(row->name, word, n) == 0) {
      begun = row;
      nbegun++;
    }
  }
  return n > 0 && nbegun == 1 ? begun : NULL;
}
