/* The dashboard's part of the manual page: its tables of keys and commands. */
#include "base/buf.h"
#include "outboard/view.h"
#include "tui/keys.h"
#include "tui/pages.h"
#include "tui/tui.h"

static void text(ob_buf *out, const char *s) {
  bool start = true;
  for (; *s; s++) {
    if (start && (*s == '.' || *s == '\'')) ob_buf_adds(out, "\\&");
    if (*s == '\\' || *s == '-')
      ob_buf_adds(out, *s == '-' ? "\\-" : "\\e");
    else
      ob_buf_addc(out, *s);
    start = *s == '\n';
  }
}

static void item(ob_buf *out, const char *term, const char *more, const char *help) {
  ob_buf_adds(out, ".TP\n\\fB");
  text(out, term);
  ob_buf_adds(out, "\\fR ");
  text(out, more);
  ob_buf_adds(out, "\n");
  text(out, help);
  ob_buf_adds(out, "\n");
}

static const struct {
  unsigned modes;
  const char *title;
} groups[] = {{OB_MODE_LIST | OB_MODE_PANEL | OB_MODE_PAGE, "In lists, the panel and pages"},
              {OB_MODE_PICK | OB_MODE_SORT, "In menus"},
              {OB_MODE_PROMPT, "While typing"}};

void ob_tui_manual(ob_buf *out) {
  ob_buf_adds(out,
              ".SH KEYS\nEach key with the name of its action, by which `keys` in the settings "
              "gives it another.\n");
  for (size_t g = 0; g < OB_LEN(groups); g++) {
    ob_buf_addf(out, ".SS %s\n", groups[g].title);
    for (size_t i = 0; i < ob_nkeys; i++)
      if (ob_keys[i].modes & groups[g].modes)
        item(out, ob_keys[i].keys, ob_keys[i].name, ob_keys[i].help);
  }
  ob_buf_adds(out, ".SH COMMANDS OF THE DASHBOARD\nTyped after a colon.\n");
  for (size_t i = 0; i < ob_tui_ncommands; i++) {
    const ob_command_row *c = &ob_tui_commands[i];
    OB_AUTOFREE char *term = ob_asprintf(":%s, :%s", c->name, c->aliases);
    item(out, term, c->args ? c->args : "", c->help);
  }
  ob_buf_adds(out, ".SH PAGES OF THE PANEL\n");
  for (size_t i = 0; i < OB_PAGE_COUNT; i++) item(out, ob_pages[i].name, "", ob_pages[i].help);
  ob_buf_adds(out, ".SH FILTER\n");
  text(out, ob_filter_help);
  ob_buf_adds(out, "\n");
}
