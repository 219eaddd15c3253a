#include "term.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

enum { RAW_MAX = 64 * 1024 * 1024, ROW_BYTES = 16 * 1024, FRAME_MS = 1000 };

struct vt {
  int fd, columns, rows, status, mouse;
  pid_t pid;
  bool ended, closed, alt, cursor;
  VTerm *term;
  VTermScreen *screen;
  char *raw;
  size_t len, cap;
  char row[ROW_BYTES];
  char why[160];
};

static int on_prop(VTermProp prop, VTermValue *v, void *user) {
  vt *t = user;
  if (prop == VTERM_PROP_ALTSCREEN) t->alt = v->boolean != 0;
  if (prop == VTERM_PROP_CURSORVISIBLE) t->cursor = v->boolean != 0;
  if (prop == VTERM_PROP_MOUSE) t->mouse = v->number;
  return 1;
}
static const VTermScreenCallbacks callbacks = {.settermprop = on_prop};

vt *vt_new(int columns, int rows) {
  vt *t = calloc(1, sizeof *t);
  t->fd = -1;
  t->columns = columns;
  t->rows = rows;
  t->cursor = true;
  t->term = vterm_new(rows, columns);
  vterm_set_utf8(t->term, 1);
  t->screen = vterm_obtain_screen(t->term);
  vterm_screen_set_callbacks(t->screen, &callbacks, t);
  vterm_screen_enable_altscreen(t->screen, 1);
  vterm_screen_reset(t->screen, 1);
  return t;
}

void vt_free(vt *t) {
  if (!t) return;
  if (t->pid > 0 && !t->ended) {
    kill(t->pid, SIGKILL);
    waitpid(t->pid, NULL, 0);
  }
  if (t->fd >= 0) close(t->fd);
  vterm_free(t->term);
  free(t->raw);
  free(t);
}

bool vt_spawn(vt *t, char *const argv[], const char *const *env) {
  struct winsize size = {.ws_row = (unsigned short)t->rows, .ws_col = (unsigned short)t->columns};
  t->pid = forkpty(&t->fd, NULL, NULL, &size);
  if (t->pid == 0) {
    for (; *env; env++) {
      const char *eq = strchr(*env, '=');
      if (!eq)
        unsetenv(*env);
      else
        putenv((char *)(uintptr_t)*env);
    }
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
  }
  return t->pid > 0;
}

pid_t vt_pid(const vt *t) {
  return t->pid;
}

static void keep(vt *t, const char *bytes, size_t n) {
  if (t->len + n > RAW_MAX) return;
  if (t->len + n + 1 > t->cap) {
    t->cap = (t->len + n + 1) * 2;
    t->raw = realloc(t->raw, t->cap);
  }
  memcpy(t->raw + t->len, bytes, n);
  t->len += n;
  t->raw[t->len] = '\0';
}

/* Inside a synchronized update: half a frame must not be taken for a screen. */
static bool in_frame(const vt *t) {
  static const char mark[] = "\033[?2026";
  for (size_t i = t->len; i-- > 0;)
    if (t->raw[i] == '\033' && t->len - i > 7 && memcmp(t->raw + i, mark, 7) == 0)
      return t->raw[i + 7] == 'h';
  return false;
}

bool vt_pump(vt *t, int ms) {
  char bytes[16384];
  while (!t->closed) {
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0) return true;
    ssize_t n = read(t->fd, bytes, sizeof bytes);
    if (n <= 0) {
      t->closed = true;
      break;
    }
    keep(t, bytes, (size_t)n);
    vterm_input_write(t->term, bytes, (size_t)n);
    ms = in_frame(t) ? FRAME_MS : 0;
  }
  return false;
}

void vt_send(vt *t, const char *bytes, size_t n) {
  while (n > 0) {
    struct pollfd p = {.fd = t->fd, .events = POLLOUT};
    if (poll(&p, 1, 2000) <= 0) return;
    ssize_t k = write(t->fd, bytes, n);
    if (k <= 0) return;
    bytes += k;
    n -= (size_t)k;
  }
}

void vt_resize(vt *t, int columns, int rows) {
  t->columns = columns;
  t->rows = rows;
  vterm_set_size(t->term, rows, columns);
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  ioctl(t->fd, TIOCSWINSZ, &size);
}

bool vt_ended(vt *t, int *ret) {
  if (!t->ended && t->pid > 0 && waitpid(t->pid, &t->status, WNOHANG) == t->pid) {
    t->ended = true;
    vt_pump(t, 50);
  }
  *ret = t->status;
  return t->ended;
}

int vt_rows(const vt *t) {
  return t->rows;
}
int vt_columns(const vt *t) {
  return t->columns;
}

static size_t put_utf8(char *out, uint32_t c) {
  if (c < 0x80) return out[0] = (char)c, 1;
  if (c < 0x800) return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
  if (c < 0x10000)
    return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)),
           out[2] = (char)(0x80 | (c & 63)), 3;
  return out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 63)),
         out[2] = (char)(0x80 | (c >> 6 & 63)), out[3] = (char)(0x80 | (c & 63)), 4;
}

/* The row's bytes; *ret_x maps nothing when NULL, else bytes `at` to its cell. */
static size_t row_text(vt *t, int row, size_t at, int *ret_x) {
  size_t n = 0;
  for (int x = 0; x < t->columns && n + 64 < sizeof t->row; x++) {
    VTermScreenCell cell;
    VTermPos pos = {.row = row, .col = x};
    if (!vterm_screen_get_cell(t->screen, pos, &cell)) continue;
    if (cell.chars[0] == (uint32_t)-1) continue; /* a wide character's right half */
    if (ret_x && n <= at) *ret_x = x;
    if (cell.chars[0] == 0) t->row[n++] = ' ';
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
      n += put_utf8(t->row + n, cell.chars[i]);
  }
  while (n > 0 && t->row[n - 1] == ' ') n--;
  t->row[n] = '\0';
  return n;
}

const char *vt_row(vt *t, int row) {
  row_text(t, row, 0, NULL);
  return t->row;
}

bool vt_find(vt *t, const char *text, int *ret_x, int *ret_y) {
  for (int y = 0; y < t->rows; y++) {
    row_text(t, y, 0, NULL);
    const char *hit = strstr(t->row, text);
    if (!hit) continue;
    size_t at = (size_t)(hit - t->row);
    row_text(t, y, at, ret_x);
    *ret_y = y;
    return true;
  }
  return false;
}

static int colour(const vt *t, VTermColor c, bool fg) {
  (void)t;
  if (fg ? VTERM_COLOR_IS_DEFAULT_FG(&c) : VTERM_COLOR_IS_DEFAULT_BG(&c)) return -1;
  if (VTERM_COLOR_IS_INDEXED(&c)) return 0x1000000 + c.indexed.idx;
  return c.rgb.red << 16 | c.rgb.green << 8 | c.rgb.blue;
}

vt_look vt_look_at(vt *t, int x, int y) {
  VTermScreenCell cell;
  VTermPos pos = {.row = y, .col = x};
  memset(&cell, 0, sizeof cell);
  vterm_screen_get_cell(t->screen, pos, &cell);
  return (vt_look){.fg = colour(t, cell.fg, true),
                   .bg = colour(t, cell.bg, false),
                   .bold = cell.attrs.bold,
                   .underline = cell.attrs.underline != 0,
                   .reverse = cell.attrs.reverse,
                   .italic = cell.attrs.italic};
}

bool vt_altscreen(const vt *t) {
  return t->alt;
}
bool vt_cursor_visible(const vt *t) {
  return t->cursor;
}
int vt_mouse(const vt *t) {
  return t->mouse;
}

bool vt_pasting(const vt *t) {
  const char *on = NULL, *off = NULL, *at = t->raw;
  while (at && (at = strstr(at, "\033[?2004"))) {
    if (at[7] == 'h')
      on = at;
    else
      off = at;
    at += 7;
  }
  return on && (!off || off < on);
}

const char *vt_raw(const vt *t, size_t *ret_len) {
  *ret_len = t->len;
  return t->raw ? t->raw : "";
}

const char *vt_forbidden(const vt *t) {
  char *why = (char *)(uintptr_t)t->why;
  for (size_t i = 0; i < t->len; i++) {
    unsigned char a = (unsigned char)t->raw[i],
                  b = i + 1 < t->len ? (unsigned char)t->raw[i + 1] : 0,
                  c = i + 2 < t->len ? (unsigned char)t->raw[i + 2] : 0;
    const char *what = NULL;
    if (a == 7) what = "BEL";
    /* What ncurses itself sends to give the terminal its colours back. */
    if (a == 27 && strncmp(t->raw + i, "\033]104\007", 6) == 0) {
      i += 5;
      continue;
    }
    if (a == 27 && (b == ']' || b == 'P' || b == '_' || b == '^' || b == 'X'))
      what = "OSC, DCS or APC";
    if (a == 0xc2 && b >= 0x80 && b < 0xa0) what = "C1";
    if (a == 0xe2 && b == 0x80 && ((c >= 0x8b && c <= 0x8f) || (c >= 0xa8 && c <= 0xae)))
      what = "zero width, line separator or bidi mark";
    if (a == 0xe2 && b == 0x81 && c >= 0xa0 && c <= 0xaf)
      what = "bidi isolate or invisible operator";
    if (a == 0xef && b == 0xbb && c == 0xbf) what = "BOM";
    if (a == 0xf3 && b == 0xa0) what = "tag";
    if (!what) continue;
    snprintf(why, sizeof t->why, "%s at byte %zu: %02x %02x %02x", what, i, a, b, c);
    return why;
  }
  return NULL;
}

void vt_dump(vt *t) {
  printf("  +%dx%d %s cursor %s\n", t->columns, t->rows, t->alt ? "alternate" : "main",
         t->cursor ? "shown" : "hidden");
  for (int y = 0; y < t->rows; y++) printf("  |%s\n", vt_row(t, y));
}
