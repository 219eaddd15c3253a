/* The tables of keys and `:` commands. tui/keymap.h looks keys up, with
 * those that a person changed. Hints, help and the coverage of the screen tests are
 * made from their rows (tui/keys.def, tui/commands.def).
 *
 * Thread ANY (const tables).
 */
#ifndef OB_TUI_KEYS_H
#define OB_TUI_KEYS_H

#include "tui/term.h"

struct ob_tui;

/* Where the keys go. */
typedef enum ob_mode {
  OB_MODE_LIST = 1 << 0,
  OB_MODE_PANEL = 1 << 1,
  OB_MODE_PAGE = 1 << 2,   /* one page over the whole screen */
  OB_MODE_PICK = 1 << 3,   /* a list to choose from that is filtered by typing */
  OB_MODE_SORT = 1 << 4,   /* the sort menu */
  OB_MODE_PROMPT = 1 << 5, /* the last line is being typed */
  OB_MODE_FORM = 1 << 6,   /* fields are being filled in (tui/form.h) */
} ob_mode;

typedef struct ob_key_row {
  const char *name; /* the action's: "filter" */
  void (*action)(struct ob_tui *s);
  const char *keys; /* names, separated by blanks */
  unsigned modes;
  const char *hint; /* for the last line, NULL none */
  const char *help;
} ob_key_row;
extern const ob_key_row ob_keys[];
extern const size_t ob_nkeys;

/* The code of a key's name: "a", "?", "enter", "ctrl-c", "f5"; OB_KEY_NONE when there is none. */
uint32_t ob_key_code(const char *name, size_t n);
/* How a key's name is shown: "↵" for enter, "^C" for ctrl-c. */
const char *ob_key_label(const char *name, size_t n, bool ascii, char out[16]);

typedef struct ob_command_row {
  const char *name, *aliases; /* aliases separated by commas */
  const char *args;           /* NULL none */
  void (*run)(struct ob_tui *s, const char *name, const char *arg);
  const char *help;
} ob_command_row;
extern const ob_command_row ob_tui_commands[];
extern const size_t ob_tui_ncommands;

/* By name, alias or unambiguous beginning of a name; NULL none. */
const ob_command_row *ob_tui_command_find(const char *word, size_t n);

/* The functions that the rows name. */
#define OB_KEY(action, keys, modes, hint, help) void ob_act_##action(struct ob_tui *s);
#include "tui/keys.def"
#undef OB_KEY
#define OB_TUI_COMMAND(name, aliases, args, fn, help)                                              \
  void ob_cmd_##fn(struct ob_tui *s, const char *name_, const char *arg);
#include "tui/commands.def"
#undef OB_TUI_COMMAND

#endif
