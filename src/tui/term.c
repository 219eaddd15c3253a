/* Drawing goes through stdscr, reading through a pad: ncurses refreshes a window before it
 * reads from it, except a pad, and only ob_term_flush() may write a frame.
 *
 * Colours are told to ncurses as pairs, made when a style first needs them and kept in a
 * small table; when the terminal has no more pairs the default colours are used.
 *
 * ncurses' buffer is its own, so the two marks of a synchronized update are written around
 * doupdate() with write(). A terminal that does not read makes doupdate() block: flush asks
 * poll() first, and meanwhile lets SIGTERM and SIGHUP reach the handlers of restore.c. */
#include "tui/term.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"
#include "tui/restore.h"
#include "tui/term_env.h"
#include "tui/term_report.h"

#include <errno.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* <term.h> takes these words for itself. */
#undef columns
#undef lines

enum {
  PAIRS_MAX = 512,
  SILENCE_MS = 500,
  ANSWER_MS = 2000,
  ANSWERS_LEND_MS = 1000,
  CLUSTER_MAX = 5
};
enum {
  CODE_PASTE_BEGIN = KEY_MAX + 1,
  CODE_PASTE_END,
  CODE_FOCUS,
  CODE_MOUSE,
  CODE_OLD_MOUSE,
  CODE_BACKGROUND,
  CODE_SYNC
};

typedef struct pair {
  int fg, bg;
} pair;

struct ob_term {
  SCREEN *screen;
  WINDOW *keys; /* a pad that is only read from */
  ob_depth depth;
  bool ascii, utf8, mouse;
  bool sync, sync_told; /* told: by the person, whatever the terminal answers */
  bool mouse_known;     /* the terminal's entry knows of a mouse */
  bool pasting;
  ob_report report;
  int64_t asked_ms;   /* monotonic: when the terminal was asked about itself */
  int64_t answers_ms; /* monotonic: until then answers may come; 0 all are there */
  int64_t read_ms;    /* monotonic: when something was read last */
  bool lent, lent_mouse;
  int cursor_x, cursor_y;
  pair pairs[PAIRS_MAX];
  int npairs;
  ob_buf safe; /* scratch of put */
};

/* --- what there is -------------------------------------------------------------------- */
static ob_depth depth_of_screen(bool direct) {
  const char *no_color = getenv("NO_COLOR");
  if ((no_color && *no_color) || !has_colors()) return OB_DEPTH_NONE;
  if (direct && COLORS > 65536) return OB_DEPTH_DIRECT;
  if (COLORS >= 256) return OB_DEPTH_256;
  if (COLORS >= 16) return OB_DEPTH_16;
  return COLORS >= 8 ? OB_DEPTH_8 : OB_DEPTH_NONE;
}

/* Sequences that terminals send and their entries do not list. */
static void define_keys(void) {
  static const struct {
    const char *sequence;
    int code;
  } more[] = {
      {"\033[A", KEY_UP},
      {"\033[B", KEY_DOWN},
      {"\033[C", KEY_RIGHT},
      {"\033[D", KEY_LEFT},
      {"\033OA", KEY_UP},
      {"\033OB", KEY_DOWN},
      {"\033OC", KEY_RIGHT},
      {"\033OD", KEY_LEFT},
      {"\033[H", KEY_HOME},
      {"\033[F", KEY_END},
      {"\033OH", KEY_HOME},
      {"\033OF", KEY_END},
      {"\033[1~", KEY_HOME},
      {"\033[4~", KEY_END},
      {"\033[7~", KEY_HOME},
      {"\033[8~", KEY_END},
      {"\033[5~", KEY_PPAGE},
      {"\033[6~", KEY_NPAGE},
      {"\033[3~", KEY_DC},
      {"\033[Z", KEY_BTAB},
      {"\033[200~", CODE_PASTE_BEGIN},
      {"\033[201~", CODE_PASTE_END},
      {"\033[I", CODE_FOCUS},
      {"\033[O", CODE_FOCUS},
      {"\033[<", CODE_MOUSE},
      {"\033[M", CODE_OLD_MOUSE},
      {"\033]11;", CODE_BACKGROUND},
      {"\033[?2026;", CODE_SYNC},
  };
  for (size_t i = 0; i < OB_LEN(more); i++) define_key(more[i].sequence, more[i].code);
}

static void say(const char *sequence) {
  size_t n = strlen(sequence);
  while (n > 0) {
    ssize_t k = write(STDOUT_FILENO, sequence, n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return;
    sequence += k;
    n -= (size_t)k;
  }
}

/* newterm() leaks what it had made so far when there is no entry: ask first. */
static bool has_entry(const char *name) {
  int rc = 0;
  if (setupterm(name, STDOUT_FILENO, &rc) != OK) return false;
  del_curterm(cur_term);
  return true;
}

static SCREEN *open_screen(const char *term, bool want_direct, bool *ret_direct) {
  const char *direct = want_direct ? OB_DIRECT_ENTRY : ob_env_direct_entry(term);
  const char *const names[] = {direct, term, "xterm-256color", "xterm", "vt100", "ansi"};
  for (size_t i = 0; i < OB_LEN(names); i++) {
    SCREEN *s = names[i] && has_entry(names[i]) ? newterm(names[i], stdout, stdin) : NULL;
    *ret_direct = i == 0;
    if (s) return s;
  }
  return NULL;
}

int ob_term_open(ob_term **ret, const ob_term_opts *opts, ob_err *err) {
  if (!ob_term_possible(err)) return -(int)OB_EUSAGE;
  const char *term = getenv("TERM");
  bool direct = false;
  ob_restore_arm();
  ob_oom_hook_set(ob_restore_now);
  SCREEN *screen = open_screen(term, opts->depth == OB_DEPTH_DIRECT, &direct);
  if (!screen) {
    ob_oom_hook_set(NULL);
    ob_restore_disarm();
    ob_fail(err, OB_EUSAGE, "no description of a terminal like \"%s\" is installed", term);
    return ob_hint(err, "install ncurses-base, or use `outboard get exposure`");
  }
  ob_term *t = ob_calloc(1, sizeof *t);
  t->screen = screen;
  t->utf8 = ob_env_utf8();
  t->ascii = opts->ascii || !t->utf8;
  t->cursor_y = -1;
  ob_buf_init(&t->safe, OB_LINE_MAX * 4);
  set_escdelay(25);
  raw();
  noecho();
  nonl();
  meta(stdscr, TRUE);
  leaveok(stdscr, FALSE);
  scrollok(stdscr, FALSE);
  t->keys = newpad(1, 1);
  keypad(t->keys, TRUE);
  nodelay(t->keys, TRUE);
  const char *kmous = tigetstr("kmous");
  t->mouse_known = kmous && kmous != (char *)-1;
  define_keys();
  if (has_colors()) {
    start_color();
    use_default_colors();
  }
  t->depth = depth_of_screen(direct);
  if (opts->depth >= 0 && (ob_depth)opts->depth < t->depth) t->depth = (ob_depth)opts->depth;
  t->sync = opts->sync == 1;
  t->sync_told = opts->sync >= 0;
  /* On the Linux console the mouse would be another daemon's (gpm). */
  if (!ob_starts(term, "linux") && !opts->no_mouse) ob_term_mouse_set(t, true);
  say("\033[?2004h");
  /* What the answers change comes with them: take_report(). */
  if (ob_env_answers(term)) say("\033]11;?\033\\\033[?2026$p");
  t->asked_ms = ob_mono_ms();
  t->answers_ms = ob_env_answers(term) ? t->asked_ms + ANSWERS_LEND_MS : 0;
  curs_set(0);
  ob_term_resize(t);
  *ret = t;
  return 0;
}

void ob_term_close(ob_term *t) {
  if (!t) return;
  struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
  bool dropped = poll(&p, 1, 0) <= 0;
  if (dropped) tcflush(STDOUT_FILENO, TCOFLUSH);
  ob_term_mouse_set(t, false);
  say("\033[?2004l");
  curs_set(1);
  /* An answer that is still on its way would be typed into the shell. */
  if (ob_mono_ms() - t->asked_ms < ANSWER_MS) tcflush(STDIN_FILENO, TCIFLUSH);
  endwin();
  /* Among what was dropped may be what ncurses takes for said: the cursor's return, for one. */
  if (dropped) ob_restore_now();
  delwin(t->keys);
  delscreen(t->screen);
  ob_oom_hook_set(NULL);
  ob_restore_disarm();
  ob_buf_done(&t->safe);
  free(t);
}

ob_depth ob_term_depth(const ob_term *t) {
  return t->depth;
}
bool ob_term_ascii(const ob_term *t) {
  return t->ascii;
}
int ob_term_width(const ob_term *t) {
  (void)t;
  return COLS < OB_TERM_COLUMNS ? COLS : OB_TERM_COLUMNS;
}
int ob_term_height(const ob_term *t) {
  (void)t;
  return LINES < OB_TERM_ROWS ? LINES : OB_TERM_ROWS;
}

bool ob_term_resize(ob_term *t) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
    return false;
  if (size.ws_row == LINES && size.ws_col == COLS) return false;
  resizeterm(size.ws_row, size.ws_col);
  ob_term_redraw(t);
  return true;
}

/* --- drawing --------------------------------------------------------------------------- */
static int pair_of(ob_term *t, ob_style style) {
  int fg = ob_colour_reduce(style.fg, t->depth), bg = ob_colour_reduce(style.bg, t->depth);
  if (t->depth == OB_DEPTH_NONE || (fg < 0 && bg < 0)) return 0;
  for (int i = 0; i < t->npairs; i++)
    if (t->pairs[i].fg == fg && t->pairs[i].bg == bg) return i + 1;
  int pair_number = t->npairs + 1;
  if (t->npairs == PAIRS_MAX || pair_number >= COLOR_PAIRS) return 0;
  if (init_extended_pair(pair_number, fg, bg) == ERR) return 0;
  t->pairs[t->npairs++] = (pair){fg, bg};
  return pair_number;
}

static attr_t attrs_of(unsigned a) {
  return (a & OB_BOLD ? A_BOLD : 0) | (a & OB_FAINT ? A_DIM : 0) |
         (a & OB_UNDERLINE ? A_UNDERLINE : 0) | (a & OB_REVERSE ? A_REVERSE : 0) |
         (a & OB_ITALIC ? A_ITALIC : 0);
}

/* One code point as this terminal may get it. A wide one that it may not becomes two. */
static size_t spell(const ob_term *t, uint32_t cp, wchar_t out[2]) {
  wchar_t mark = t->ascii && cp >= 0x80 ? ob_ascii_mark(cp) : 0;
  out[0] = mark ? mark : (wchar_t)cp;
  if (mark || t->utf8 || cp < 0x80) return 1;
  int w = wcwidth((wchar_t)cp);
  out[0] = out[1] = L'?';
  return w <= 0 ? 0 : (size_t)w > 1 ? 2 : 1;
}

void ob_term_put(ob_term *t, int x, int y, int width, const char *text, size_t n, ob_style style) {
  int columns = ob_term_width(t);
  if (y < 0 || y >= ob_term_height(t) || x < 0 || x >= columns || width <= 0) return;
  if (width > columns - x) width = columns - x;
  ob_buf_reset(&t->safe);
  ob_text_safe(&t->safe, text, n, OB_TEXT_LINE);
  const char *s = ob_buf_str(&t->safe);
  size_t left = ob_text_prefix(s, t->safe.len, width, NULL);
  attr_t attrs = attrs_of(style.attrs);
  int number = pair_of(t, style);
  cchar_t cells[OB_TERM_COLUMNS];
  int ncells = 0;
  wchar_t cluster[CLUSTER_MAX + 1];
  int in_cluster = 0;
  while (left > 0 || in_cluster > 0) {
    uint32_t cp = 0;
    size_t used = left > 0 ? ob_utf8_next(s, left, &cp) : 0;
    wchar_t spelled[2];
    size_t k = used ? spell(t, cp, spelled) : 0;
    bool combines = used && k == 1 && wcwidth(spelled[0]) == 0;
    if (in_cluster > 0 && (!combines || !used)) {
      cluster[in_cluster] = L'\0';
      if (ncells < OB_TERM_COLUMNS) setcchar(&cells[ncells++], cluster, attrs, 0, &number);
      in_cluster = 0;
    }
    for (size_t i = 0; i < k; i++) {
      if (i > 0) {
        cluster[1] = L'\0';
        if (ncells < OB_TERM_COLUMNS) setcchar(&cells[ncells++], cluster, attrs, 0, &number);
        in_cluster = 0;
      }
      if (in_cluster < CLUSTER_MAX) cluster[in_cluster++] = spelled[i];
    }
    s += used;
    left -= used;
  }
  if (ncells > 0) mvadd_wchnstr(y, x, cells, ncells);
}

void ob_term_clear(ob_term *t, ob_style page) {
  cchar_t blank;
  int number = pair_of(t, page);
  setcchar(&blank, L" ", 0, 0, &number);
  bkgrndset(&blank);
  erase();
}

void ob_term_cursor(ob_term *t, int x, int y) {
  t->cursor_x = x;
  t->cursor_y = y;
}

void ob_term_redraw(ob_term *t) {
  (void)t;
  clearok(curscr, TRUE);
}

void ob_term_copy(ob_term *t, const char *text, size_t n) {
  (void)t;
  OB_AUTO(ob_buf) out = OB_BUF_INIT(n * 4 + 4096);
  ob_env_copy(&out, text, n);
  say(ob_buf_str(&out));
}

void ob_term_recolour(ob_term *t) {
  t->npairs = 0;
  ob_term_redraw(t);
}

bool ob_term_flush(ob_term *t) {
  if (t->lent) return true;
  struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
  if (poll(&p, 1, 0) <= 0) return false;
  bool shown = t->cursor_y >= 0 && t->cursor_y < ob_term_height(t);
  if (shown) move(t->cursor_y, t->cursor_x < ob_term_width(t) ? t->cursor_x : ob_term_width(t) - 1);
  sigset_t deadly, before;
  sigemptyset(&deadly);
  sigaddset(&deadly, SIGTERM);
  sigaddset(&deadly, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &deadly, &before);
  wnoutrefresh(stdscr);
  bool marks = t->sync && (is_wintouched(newscr) || is_cleared(curscr));
  if (marks) say("\033[?2026h");
  doupdate();
  curs_set(shown ? 1 : 0);
  if (marks) say("\033[?2026l");
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return true;
}

/* --- reading --------------------------------------------------------------------------- */
static uint32_t named_key(wint_t code) {
  switch (code) {
  case KEY_UP: return OB_KEY_UP;
  case KEY_DOWN: return OB_KEY_DOWN;
  case KEY_LEFT: return OB_KEY_LEFT;
  case KEY_RIGHT: return OB_KEY_RIGHT;
  case KEY_PPAGE: return OB_KEY_PGUP;
  case KEY_NPAGE: return OB_KEY_PGDN;
  case KEY_HOME: return OB_KEY_HOME;
  case KEY_END: return OB_KEY_END;
  case KEY_ENTER: return OB_KEY_ENTER;
  case KEY_BTAB: return OB_KEY_BACKTAB;
  case KEY_BACKSPACE: return OB_KEY_BACKSPACE;
  case KEY_DC: return OB_KEY_DELETE;
  default: break;
  }
  if (code > KEY_F(0) && code <= KEY_F(12)) return (uint32_t)OB_KEY_F0 + (code - KEY_F(0));
  return OB_KEY_OTHER;
}

static uint32_t typed_key(wint_t c) {
  switch (c) {
  case 0: return OB_KEY_OTHER;
  case '\r':
  case '\n': return OB_KEY_ENTER;
  case '\t': return OB_KEY_TAB;
  case 27: return OB_KEY_ESC;
  case 8:
  case 127: return OB_KEY_BACKSPACE;
  default: return c < 27 ? (uint32_t)OB_KEY_CTRL + 'a' + (uint32_t)c - 1 : (uint32_t)c;
  }
}

static ob_report_kind report_of(wint_t code) {
  switch (code) {
  case CODE_MOUSE: return OB_REPORT_MOUSE;
  case CODE_OLD_MOUSE: return OB_REPORT_OLD_MOUSE;
  case CODE_BACKGROUND: return OB_REPORT_BACKGROUND;
  case CODE_SYNC: return OB_REPORT_SYNC;
  default: return OB_REPORT_NONE;
  }
}

static ob_input take_report(ob_term *t) {
  ob_input in = ob_report_input(&t->report);
  if (t->report.kind == OB_REPORT_SYNC && !t->sync_told) t->sync = ob_report_sync(&t->report);
  if (t->report.kind == OB_REPORT_SYNC) t->answers_ms = 0; /* asked last, answered last */
  bool answer = t->report.kind == OB_REPORT_BACKGROUND;
  t->report.kind = OB_REPORT_NONE;
  /* An answer that comes late changes nothing any more; it is still no typing. */
  if (answer ? ob_mono_ms() - t->asked_ms > ANSWER_MS : !t->mouse) in.type = OB_INPUT_NONE;
  return in;
}

/* Nothing was read: a quiet terminal, or one that is gone? */
static ob_input nothing(void) {
  struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
  int n = 0;
  bool gone = poll(&p, 1, 0) > 0 && ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) ||
                                     (ioctl(STDIN_FILENO, FIONREAD, &n) == 0 && n == 0));
  return (ob_input){.type = gone ? OB_INPUT_GONE : OB_INPUT_NONE};
}

ob_input ob_term_read(ob_term *t) {
  if (t->lent) return (ob_input){.type = OB_INPUT_NONE};
  for (;;) {
    wint_t c = 0;
    int rc = wget_wch(t->keys, &c);
    if (rc == ERR) return nothing();
    int64_t now = ob_mono_ms();
    /* A paste or a report whose end was lost must not swallow the keyboard. */
    if (now - t->read_ms > SILENCE_MS) t->pasting = false, t->report.kind = OB_REPORT_NONE;
    t->read_ms = now;
    if (rc == KEY_CODE_YES) {
      ob_report_begin(&t->report, report_of(c));
      if (c == CODE_PASTE_BEGIN || c == CODE_PASTE_END) t->pasting = c == CODE_PASTE_BEGIN;
      if (c == KEY_RESIZE || c >= CODE_PASTE_BEGIN) continue;
      return (ob_input){.type = OB_INPUT_KEY, .key = named_key(c)};
    }
    if (t->report.kind) {
      if (!ob_report_add(&t->report, c)) continue;
      ob_input in = take_report(t);
      if (in.type != OB_INPUT_NONE) return in;
      continue;
    }
    if (t->pasting) return (ob_input){.type = OB_INPUT_PASTE, .key = c < 32 ? ' ' : (uint32_t)c};
    return (ob_input){.type = OB_INPUT_KEY, .key = typed_key(c)};
  }
}

bool ob_term_mouse(const ob_term *t) {
  return t->mouse;
}

bool ob_term_has_mouse(const ob_term *t) {
  return t->mouse_known;
}

void ob_term_mouse_set(ob_term *t, bool on) {
  if (t->mouse == on || !t->mouse_known) return;
  t->mouse = on;
  say(on ? "\033[?1002h\033[?1006h" : "\033[?1006l\033[?1002l");
}

int64_t ob_term_answers_due(const ob_term *t) {
  return ob_mono_ms() < t->answers_ms ? t->answers_ms : 0;
}

void ob_term_lend(ob_term *t) {
  if (t->lent) return;
  t->lent_mouse = t->mouse;
  ob_term_mouse_set(t, false);
  say("\033[?2004l");
  curs_set(1);
  def_prog_mode();
  endwin();
  t->lent = true;
}

void ob_term_reclaim(ob_term *t) {
  if (!t->lent) return;
  t->lent = false;
  /* A shell that ended badly may have left another group in the foreground. */
  if (tcgetpgrp(STDIN_FILENO) != getpgrp()) {
    sigset_t ttou, before;
    sigemptyset(&ttou);
    sigaddset(&ttou, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &ttou, &before);
    tcsetpgrp(STDIN_FILENO, getpgrp());
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  tcflush(STDIN_FILENO, TCIFLUSH);
  t->pasting = false;
  t->report.kind = OB_REPORT_NONE;
  reset_prog_mode();
  say("\033[?2004h");
  ob_term_mouse_set(t, t->lent_mouse);
  ob_term_resize(t);
  ob_term_redraw(t);
}

bool ob_term_lent(const ob_term *t) {
  return t->lent;
}

void ob_term_stop(void) {
  struct sigaction stop = {.sa_handler = SIG_DFL}, was;
  sigemptyset(&stop.sa_mask);
  sigaction(SIGTSTP, &stop, &was);
  sigset_t tstp, before;
  sigemptyset(&tstp);
  sigaddset(&tstp, SIGTSTP);
  kill(0, SIGTSTP);
  /* Stops here, inside the unblocking, until SIGCONT. */
  pthread_sigmask(SIG_UNBLOCK, &tstp, &before);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGTSTP, &was, NULL);
}

void ob_term_suspend(ob_term *t) {
  ob_term_lend(t);
  ob_term_stop();
  ob_term_reclaim(t);
}
