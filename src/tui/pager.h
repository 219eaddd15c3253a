/* A part of a doc on the screen: scrolling, and searching in it.
 *
 * Ownership ob_pager_done() frees the doc. Thread: UI.
 */
#ifndef OB_TUI_PAGER_H
#define OB_TUI_PAGER_H

#include "tui/doc.h"
#include "tui/layout.h"
#include "tui/line.h"

struct ob_tui;

typedef struct ob_pager {
  ob_doc doc;
  size_t top;              /* first line shown */
  int left;                /* columns moved out on the left */
  int height;              /* lines shown at the last drawing */
  char find[OB_LINE_TEXT]; /* what is searched, "" nothing */
  size_t match;            /* line of the current match; SIZE_MAX none */
} ob_pager;

void ob_pager_init(ob_pager *p);
void ob_pager_done(ob_pager *p);
/* To the start of a new text; the search stays. */
void ob_pager_home(ob_pager *p);

void ob_pager_draw(ob_pager *p, const struct ob_tui *s, ob_rect r);
void ob_pager_scroll(ob_pager *p, long lines);
void ob_pager_sideways(ob_pager *p, int columns);

/* Search as it is typed: the first match from the top of the screen on. */
void ob_pager_find(ob_pager *p, const char *what);
/* The doc was written again: the match is looked up anew if it is not where it was. */
void ob_pager_settle(ob_pager *p);
/* The next match (step 1) or the one before (-1), around the end. False: there is none. */
bool ob_pager_next(ob_pager *p, int step);
/* Lines that match, and the place of the current one among them (from 1, 0 none). */
size_t ob_pager_matches(const ob_pager *p, size_t *ret_at);

#endif
