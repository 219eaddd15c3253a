/* The terminal: the only includer of ncurses.
 *
 * A frame is put together with ob_term_clear() and ob_term_put(), and reaches the terminal
 * with ob_term_flush(), which sends the difference to what stands there, as one
 * synchronized update where the terminal says that it knows them. Every text passes ob_text_safe()
 * here, once more: nothing that this module is given can send a control character, an escape or a
 * bidi mark.
 *
 * Ownership One ob_term a process (ncurses and signal handlers know no other way).
 * Thread    UI. SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGTSTP and SIGCONT must be blocked in
 *           every thread; ob_term_flush() lets TERM and HUP in while it writes, so that a
 *           terminal that stopped reading can still be left.
 * Limits    A frame is at most OB_TERM_COLUMNS × OB_TERM_ROWS; beyond stays blank.
 */
#ifndef OB_TUI_TERM_H
#define OB_TUI_TERM_H

#include "outboard/error.h"
#include "tui/style.h"
#include <stddef.h>

typedef struct ob_term ob_term;

enum { OB_TERM_COLUMNS = 1000, OB_TERM_ROWS = 500 };

/* Keys: a Unicode code point, or one of these. */
enum {
  OB_KEY_NONE = 0,
  OB_KEY_UP = 0x200000,
  OB_KEY_DOWN,
  OB_KEY_LEFT,
  OB_KEY_RIGHT,
  OB_KEY_PGUP,
  OB_KEY_PGDN,
  OB_KEY_HOME,
  OB_KEY_END,
  OB_KEY_ENTER,
  OB_KEY_ESC,
  OB_KEY_TAB,
  OB_KEY_BACKTAB,
  OB_KEY_BACKSPACE,
  OB_KEY_DELETE,
  OB_KEY_OTHER,           /* a key without a name here */
  OB_KEY_F0 = 0x20f000,   /* + 1 … 12 */
  OB_KEY_CTRL = 0x210000, /* + 'a' … 'z' */
};

typedef enum ob_input_type {
  OB_INPUT_NONE, /* nothing waits */
  OB_INPUT_KEY,
  OB_INPUT_PASTE, /* one pasted code point in `key`: text, never a command */
  OB_INPUT_PRESS, /* the left button at x, y */
  OB_INPUT_DRAG,  /* moved there while it is down */
  OB_INPUT_RELEASE,
  OB_INPUT_WHEEL,      /* at x, y; `key` is OB_KEY_UP or OB_KEY_DOWN */
  OB_INPUT_BACKGROUND, /* the terminal says its background: `key` is 0xRRGGBB. At most once,
                        * soon after the start */
  OB_INPUT_GONE,       /* the terminal is closed */
} ob_input_type;

typedef struct ob_input {
  ob_input_type type;
  uint32_t key;
  int x, y;
} ob_input;

typedef struct ob_term_opts {
  bool ascii;    /* draw with ASCII marks, whatever the locale says */
  bool no_mouse; /* leave the mouse to the terminal */
  int depth;     /* an ob_depth: at most so many colours; < 0 what the terminal has */
  int sync;      /* synchronized updates: 1 always, 0 never, < 0 when the terminal knows them */
} ob_term_opts;

/* Why a dashboard cannot be shown here; true when it can. */
bool ob_term_possible(ob_err *err);
int ob_term_open(ob_term **ret, const ob_term_opts *opts, ob_err *err);
void ob_term_close(ob_term *t); /* restores the terminal; NULL is fine */

ob_depth ob_term_depth(const ob_term *t);
bool ob_term_ascii(const ob_term *t); /* marks and lines are ASCII */
int ob_term_width(const ob_term *t);
int ob_term_height(const ob_term *t);

/* Ask the kernel for the size and take it up; true when it changed. */
bool ob_term_resize(ob_term *t);

/* Empty, in the colours of `page`. */
void ob_term_clear(ob_term *t, ob_style page);
/* At most `width` columns of one line, clipped at the screen's edges. */
void ob_term_put(ob_term *t, int x, int y, int width, const char *text, size_t n, ob_style style);
/* Where the text cursor stands; y < 0 hides it. */
void ob_term_cursor(ob_term *t, int x, int y);
/* False when the terminal takes nothing now: poll stdout for POLLOUT and call again. */
bool ob_term_flush(ob_term *t);
/* Put text on the clipboard by OSC 52, through tmux and screen as well as they let it. */
void ob_term_copy(ob_term *t, const char *text, size_t n);
/* Draw everything again at the next flush: something else wrote on the screen. */
void ob_term_redraw(ob_term *t);
/* The same, and forget which colours were used: the theme has changed. */
void ob_term_recolour(ob_term *t);

/* The next event that stdin has; OB_INPUT_NONE when there is none. */
ob_input ob_term_read(ob_term *t);

bool ob_term_mouse(const ob_term *t); /* is on */
bool ob_term_has_mouse(const ob_term *t);
void ob_term_mouse_set(ob_term *t, bool on);

/* Hand the terminal to somebody else: the main screen, the modes of before, no mouse. Until
 * ob_term_reclaim() nothing is drawn (ob_term_flush() says true) and nothing is read, and the
 * loop must not poll stdin. tui/child.h runs a program in between; whoever runs one in another
 * thread (a credential plugin that asks for a password) lends, waits for its end, reclaims.
 * What was typed meanwhile and not read is dropped: it was meant for the other. */
void ob_term_lend(ob_term *t);
/* Until when (monotonic ms) the terminal may still answer what it was asked at the start: who is lent
 * stdin before would read that, with what a person types. 0: nothing is on its way. */
int64_t ob_term_answers_due(const ob_term *t);
void ob_term_reclaim(ob_term *t);
bool ob_term_lent(const ob_term *t);

/* Stop the process group as ^Z does; returns when it continues. */
void ob_term_stop(void);
/* Lend the terminal to the shell, stop, and come back when it continues. */
void ob_term_suspend(ob_term *t);

#endif
