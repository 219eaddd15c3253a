/* Where things stand: pure arithmetic, no drawing.
 *
 *   header
 *   tabs
 *   [alert]
 *   list │ panel        beside on wide screens, below on narrow tall ones,
 *   footer              one at a time on small ones, a single line on tiny ones
 *
 * Thread ANY. Units: character cells.
 */
#ifndef OB_TUI_LAYOUT_H
#define OB_TUI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum {
  OB_MIN_WIDTH = 40,
  OB_MIN_HEIGHT = 10,
  OB_PANEL_MIN_PERCENT = 20,
  OB_PANEL_MAX_PERCENT = 75
};

typedef struct ob_rect {
  int x, y, w, h;
} ob_rect;

typedef enum ob_place { OB_BESIDE, OB_BELOW, OB_ALONE } ob_place;

typedef struct ob_layout {
  int w, h;
  bool too_small;                                   /* nothing fits but one line that says so */
  ob_place place;                                   /* of the panel */
  ob_rect header, tabs, alert, list, panel, footer; /* h 0: not there */
} ob_layout;

typedef struct ob_layout_ask {
  int w, h;
  bool alert;        /* there is trouble to tell */
  bool full;         /* one page takes everything */
  bool panel_alone;  /* where only one fits: the panel */
  int panel_percent; /* 0: the default of the place */
} ob_layout_ask;

ob_layout ob_layout_make(const ob_layout_ask *ask);
bool ob_rect_has(ob_rect r, int x, int y);
/* Without the frame around it. */
ob_rect ob_rect_inner(ob_rect r);

/* --- columns ------------------------------------------------------------------------------ */
typedef struct ob_fit_column {
  int want;     /* columns that the content takes */
  int min;      /* it may shrink to */
  int good;     /* from here it reads well; 0: min */
  bool key;     /* never falls away */
  int priority; /* 0 falls away last */
  int width;    /* answer; 0: fell away */
} ob_fit_column;

enum {
  OB_FIT_NAME = 2,  /* priorities up to here are names, which are cut late and fall away last */
  OB_FIT_SPARE = 5, /* priorities from here can be spared before anything reads badly */
  OB_FIT_EXTRA = 100
};

/* Share `width` among the columns, `gap` apart. What can be spared falls away, least important
 * first, before the others are cut below what reads well, and everything but names and keys before
 * those are cut to half way from there to their minimum. What stands gives letters, the widest
 * first; names last. When minimums are too wide, more fall away; key columns alone shrink to
 * whatever is left. */
void ob_fit_columns(ob_fit_column *columns, size_t n, int width, int gap);

#endif
