/* A list to choose from, over the screen.
 *
 * Ownership The menu owns copies of its items. Thread: UI.
 * Limits    OB_MENU_MAX items; the rest is left out and the title says so.
 */
#ifndef OB_TUI_MENU_H
#define OB_TUI_MENU_H

#include "base/mem.h"
#include "tui/layout.h"
#include "tui/line.h"

struct ob_tui;

enum { OB_MENU_MAX = 20000 };

typedef enum ob_menu_kind {
  OB_MENU_NONE,
  OB_MENU_NAMESPACE,
  OB_MENU_CONTEXT,
  OB_MENU_SORT,
  OB_MENU_THEME,
  OB_MENU_COPY,
  OB_MENU_CONFIRM,
  OB_MENU_GROUP,
  OB_MENU_FORWARD,
  OB_MENU_FORWARDS,
  OB_MENU_CHANGE,
  OB_MENU_LEAVE,
  OB_MENU_WISH
} ob_menu_kind;

typedef struct ob_menu_item {
  char *text; /* what is chosen */
  char *note; /* beside it */
  int value;
} ob_menu_item;

typedef struct ob_menu {
  ob_menu_kind kind; /* NONE: closed */
  const char *title;
  OB_VEC(ob_menu_item) items;
  OB_VEC(size_t) shown; /* indices of the items that match what was typed */
  size_t cursor, top;   /* in shown */
  bool cut;             /* there were more than OB_MENU_MAX */
  ob_line typed;
  ob_rect rect; /* of the rows at the last drawing */
} ob_menu;

void ob_menu_open(ob_menu *m, ob_menu_kind kind, const char *title);
void ob_menu_add(ob_menu *m, const char *text, const char *note, int value, bool under_cursor);
/* After the last item: show them. */
void ob_menu_ready(ob_menu *m);
void ob_menu_close(ob_menu *m);
/* What was typed changed: show what matches. */
void ob_menu_filter(ob_menu *m);
void ob_menu_move(ob_menu *m, long by);
const ob_menu_item *ob_menu_chosen(const ob_menu *m); /* NULL when nothing matches */
void ob_menu_draw(ob_menu *m, struct ob_tui *s);

#endif
