/* `?` is the tables of keys, commands and pages, read aloud; nothing in it is written twice. */
#include "tui/screen.h"
#include "tui/works.h"

#include "base/str.h"
#include "outboard/text.h"

#include <stdio.h>
#include <time.h>

static const struct {
  unsigned mode;
  const char *title;
} groups[] = {
    {OB_MODE_LIST, "In the list"},     {OB_MODE_PANEL, "In the panel"},
    {OB_MODE_PAGE, "On a whole page"}, {OB_MODE_PICK | OB_MODE_SORT, "In a menu"},
    {OB_MODE_PROMPT, "While typing"},  {OB_MODE_FORM, "In a form"},
};
enum { KEYS_WIDTH = 16 };

static void put_keys(const ob_tui *s, ob_doc *d, const char *keys) {
  bool ascii = ob_term_ascii(s->term);
  for (const char *k = keys; *k;) {
    size_t n = strcspn(k, " ");
    char label[16];
    if (k != keys) ob_doc_put(d, OB_ROLE_DIM, " ");
    ob_doc_put(d, OB_ROLE_KEY, ob_key_label(k, n, ascii, label));
    k += n + (k[n] == ' ');
  }
}

/* The reason comes from when `?` was pressed: since then this page is what is in view. */
static void write_row(ob_tui *s, ob_doc *d, size_t i, bool here) {
  char right[OB_RIGHT_TEXT];
  const char *why = here ? s->help_why[i] : NULL, *keys = ob_keymap_keys(s->keymap, &ob_keys[i]);
  if (!*keys) return;
  ob_doc_put(d, OB_ROLE_TEXT, "  ");
  put_keys(s, d, keys);
  ob_doc_to(d, KEYS_WIDTH);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&text, why ? "%s (not now: %s)" : "%s", ob_keys[i].help, why);
  ob_doc_wrap(d, why ? OB_ROLE_DIM : OB_ROLE_TEXT, ob_buf_str(&text));
  ob_doc_nl(d);
  if (!here || why || !ob_key_refused(s, &ob_keys[i], right)) return;
  ob_doc_to(d, KEYS_WIDTH);
  ob_doc_wrap(d, OB_ROLE_WARN, right);
  ob_doc_nl(d);
}

/* Why a page stays empty for the row under the cursor: it is listed all the same. */
static void write_refusal(ob_tui *s, ob_doc *d, const ob_page *page) {
  const ob_row *row = page->verb ? ob_tui_row(s) : NULL;
  char why[OB_RIGHT_TEXT];
  if (!row || ob_tui_access(s, page->verb, page->kind, row->owner, why) != OB_ACCESS_REFUSED)
    return;
  ob_doc_to(d, KEYS_WIDTH);
  ob_doc_wrap(d, OB_ROLE_WARN, why);
  ob_doc_nl(d);
}

/* A row stands in the first group that has it: first what works here. */
void ob_tui_write_help(ob_tui *s, ob_doc *d) {
  unsigned seen = 0;
  for (size_t turn = 0; turn <= OB_LEN(groups); turn++)
    for (size_t g = 0; g < OB_LEN(groups); g++) {
      bool here = (groups[g].mode & s->help_mode) != 0;
      if (here ? turn != 0 : turn != g + 1) continue;
      OB_AUTOFREE char *title = ob_asprintf("%s%s", groups[g].title, here ? ": here" : "");
      ob_doc_heading(d, title);
      for (size_t i = 0; i < ob_nkeys; i++)
        if ((ob_keys[i].modes & groups[g].mode) && !(ob_keys[i].modes & seen))
          write_row(s, d, i, here);
      seen |= groups[g].mode;
    }
  if (s->plugins.all.len) ob_doc_heading(d, "Plugins");
  for (size_t i = 0; i < s->plugins.all.len; i++) {
    const ob_plugin *p = &s->plugins.all.at[i];
    if (!ob_plugin_is_ours(p)) continue;
    ob_doc_putf(d, OB_ROLE_KEY, "  %s", p->shortcut);
    ob_doc_to(d, KEYS_WIDTH);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&text, p->broken ? "%s (not offered: %s)" : "%s", p->description, p->broken);
    ob_doc_wrap(d, p->broken ? OB_ROLE_DIM : OB_ROLE_TEXT, ob_buf_str(&text));
    ob_doc_nl(d);
  }
  ob_doc_heading(d, "Commands");
  for (size_t i = 0; i < ob_tui_ncommands; i++) {
    const ob_command_row *c = &ob_tui_commands[i];
    ob_doc_putf(d, OB_ROLE_KEY, "  :%s", c->name);
    if (c->args) ob_doc_putf(d, OB_ROLE_DIM, " %s", c->args);
    ob_doc_to(d, 2 * KEYS_WIDTH - 4);
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&b, "%s (:%s)", c->help, c->aliases);
    ob_doc_wrap(d, OB_ROLE_TEXT, ob_buf_str(&b));
    ob_doc_nl(d);
  }
  ob_doc_heading(d, "Pages of the panel");
  for (size_t i = 0; i < OB_PAGE_COUNT; i++) {
    ob_doc_putf(d, OB_ROLE_KEY, "  %s", ob_pages[i].name);
    ob_doc_to(d, KEYS_WIDTH);
    ob_doc_wrap(d, OB_ROLE_TEXT, ob_pages[i].help);
    ob_doc_nl(d);
    write_refusal(s, d, &ob_pages[i]);
  }
  ob_doc_heading(d, ob_term_mouse(s->term) ? "The mouse" : "The mouse (off: m gives it to outboard)");
  for (size_t i = 0; i < ob_nmouse_rows; i++) {
    ob_doc_putf(d, OB_ROLE_KEY, "  %s", ob_mouse_rows[i].place);
    ob_doc_to(d, 2 * KEYS_WIDTH + 4);
    ob_doc_wrap(d, OB_ROLE_TEXT, ob_mouse_rows[i].help);
    ob_doc_nl(d);
  }
  ob_doc_heading(d, "Filter");
  ob_doc_wrap(d, OB_ROLE_TEXT, ob_filter_help);
  ob_doc_nl(d);
}

void ob_tui_write_messages(ob_tui *s, ob_doc *d) {
  if (s->messages.len == 0) {
    ob_doc_put(d, OB_ROLE_DIM, "no message so far");
    ob_doc_nl(d);
  }
  for (size_t i = s->messages.len; i-- > 0;) {
    const ob_message *m = &s->messages.at[i];
    time_t t = (time_t)(m->at_ms / 1000);
    struct tm tm;
    char at[16];
    localtime_r(&t, &tm);
    strftime(at, sizeof at, "%H:%M:%S", &tm);
    ob_doc_putf(d, OB_ROLE_DIM, "%s  ", at);
    ob_doc_wrap(d, m->bad ? OB_ROLE_BAD : OB_ROLE_TEXT, m->text);
    ob_doc_nl(d);
  }
}
