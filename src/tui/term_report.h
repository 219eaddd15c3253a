/* What a terminal tells of itself and of the mouse, in pieces as they come.
 *
 * ncurses hands over the beginning of such a sequence as one key; the rest follows as characters,
 * and would be waited for with the screen at rest if ncurses read it. Here a report grows by one
 * character at a time until it is whole.
 *
 * Thread UI. Source: xterm's ctlseqs (SGR and X10 mouse, OSC 11, DECRPM).
 */
#ifndef OB_TUI_TERM_REPORT_H
#define OB_TUI_TERM_REPORT_H

#include "tui/term.h"

enum { OB_REPORT_MAX = 64 };

typedef enum ob_report_kind {
  OB_REPORT_NONE,
  OB_REPORT_MOUSE,      /* \033[<    button ; column ; row M|m */
  OB_REPORT_OLD_MOUSE,  /* \033[M    three bytes */
  OB_REPORT_BACKGROUND, /* \033]11;  rgb:rrrr/gggg/bbbb, ended by BEL or \033\\ */
  OB_REPORT_SYNC,       /* \033[?2026;  state $ y */
} ob_report_kind;

typedef struct ob_report {
  ob_report_kind kind; /* NONE: no report is under way */
  char text[OB_REPORT_MAX];
  size_t n;
} ob_report;

void ob_report_begin(ob_report *r, ob_report_kind kind);
/* True when it is whole. */
bool ob_report_add(ob_report *r, uint32_t c);
/* What it says: a mouse event, a background, or OB_INPUT_NONE for what nobody asked. */
ob_input ob_report_input(const ob_report *r);
/* SYNC: the terminal knows synchronized updates. */
bool ob_report_sync(const ob_report *r);

#endif
