#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum { RAW_MAX = 64 * 1024 * 1024, ROW_BYTES = 16 * 1024, FRAME_MS = 1000, SEND_MS = 2000 };

struct vt {
  int fd, columns, rows, status, mouse;
  pid_t pid;
  bool ended, closed, alt, plain;
  VTerm *term;
  VTermScreen *screen;
  char *raw;
  size_t len, cap;
  char row[ROW_BYTES];
  gate gate;
  unsigned long answered, sync_answered;
  char background[8];
};

static int on_prop(VTermProp prop, VTermValue *v, void *user) {
  vt *t = user;
  if (prop == VTERM_PROP_ALTSCREEN) t->alt = v->boolean != 0;
  if (prop == VTERM_PROP_MOUSE) t->mouse = v->number;
  return 1;
}
static const VTermScreenCallbacks callbacks = {.settermprop = on_prop};

vt *vt_new(int columns, int rows) {
  vt *t = calloc(1, sizeof *t);
  t->fd = -1;
  t->columns = columns;
  t->rows = rows;
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

void vt_plain_line(vt *t) {
  t->plain = true;
}

static void make_plain(void) {
  struct termios mode;
  if (tcgetattr(STDIN_FILENO, &mode) < 0) return;
  mode.c_lflag &= ~(tcflag_t)(ECHO | ECHOCTL);
  mode.c_lflag |= NOFLSH;
  tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

bool vt_spawn(vt *t, char *const argv[], const char *const *env) {
  struct winsize size = {.ws_row = (unsigned short)t->rows, .ws_col = (unsigned short)t->columns};
  t->pid = forkpty(&t->fd, NULL, NULL, &size);
  if (t->pid == 0) {
    if (t->plain) make_plain();
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
  if (t->fd >= 0) fcntl(t->fd, F_SETFL, fcntl(t->fd, F_GETFL) | O_NONBLOCK);
  return t->pid > 0;
}

pid_t vt_pid(const vt *t) {
  return t->pid;
}

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
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

void vt_background(vt *t, const char *rgb) {
  snprintf(t->background, sizeof t->background, "%s", rgb ? rgb : "");
}

/* In pieces of one write each, as xterm gives them. */
static void answer(vt *t) {
  char text[64];
  const char *c = t->background;
  if (t->gate.sync_asked > t->sync_answered) {
    t->sync_answered = t->gate.sync_asked;
    vt_send(t, "\033[?2026;2$y", 11);
  }
  if (t->gate.asked <= t->answered || !*c) return;
  t->answered = t->gate.asked;
  snprintf(text, sizeof text, "\033]11;rgb:%.2s%.2s/%.2s%.2s/%.2s%.2s\033\\", c + 1, c + 1, c + 3,
           c + 3, c + 5, c + 5);
  vt_send(t, text, strlen(text));
}

bool vt_pump(vt *t, int ms) {
  char bytes[16384];
  while (!t->closed) {
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0) return true;
    ssize_t n = read(t->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) {
      t->closed = true;
      break;
    }
    keep(t, bytes, (size_t)n);
    gate_pass(&t->gate, bytes, (size_t)n);
    vterm_input_write(t->term, bytes, (size_t)n);
    answer(t);
    /* Half a frame must not be taken for a screen. */
    ms = t->gate.in_frame ? FRAME_MS : 0;
  }
  return false;
}

/* What the program writes is taken meanwhile, or both would wait for each other. */
void vt_send(vt *t, const char *bytes, size_t n) {
  while (n > 0 && !t->closed) {
    ssize_t k = write(t->fd, bytes, n);
    if (k > 0) {
      bytes += k;
      n -= (size_t)k;
    } else if (k == 0 || (errno != EAGAIN && errno != EINTR)) {
      return;
    } else {
      struct pollfd p = {.fd = t->fd, .events = POLLIN | POLLOUT};
      if (poll(&p, 1, SEND_MS) <= 0) return;
      if (p.revents & POLLIN) vt_pump(t, 0);
    }
  }
}

size_t vt_key(const char *name, char out[8]) {
  static const struct {
    const char *name, *bytes;
  } keys[] = {
      {"up", "\033OA"},      {"down", "\033OB"},    {"right", "\033OC"},   {"left", "\033OD"},
      {"home", "\033OH"},    {"end", "\033OF"},     {"pgup", "\033[5~"},   {"pgdn", "\033[6~"},
      {"delete", "\033[3~"}, {"enter", "\r"},       {"tab", "\t"},         {"backtab", "\033[Z"},
      {"space", " "},        {"backspace", "\177"}, {"esc", "\033"},       {"f1", "\033OP"},
      {"f5", "\033[15~"},    {"csi-up", "\033[A"},  {"csi-down", "\033[B"}};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (strcmp(keys[i].name, name) != 0) continue;
    size_t n = strlen(keys[i].bytes);
    memcpy(out, keys[i].bytes, n);
    return n;
  }
  if (strncmp(name, "ctrl-", 5) == 0 && strlen(name) == 6) {
    out[0] = (char)(name[5] & 31);
    return 1;
  }
  out[0] = name[0];
  return strlen(name) == 1;
}

/* The other side of the pty is opened only to ask how much of it the program has not read. */
bool vt_settle(vt *t, int silence_ms, int ms) {
  long long until = now_ms() + ms;
  while (now_ms() < until) {
    unsigned long long before = t->gate.passed;
    if (!vt_pump(t, silence_ms)) return false;
    int waiting = 0, slave = open(ptsname(t->fd), O_RDWR | O_NOCTTY);
    if (slave >= 0) {
      ioctl(slave, FIONREAD, &waiting);
      close(slave);
    }
    if (waiting == 0 && before == t->gate.passed) return true;
  }
  return false;
}

void vt_resize(vt *t, int columns, int rows) {
  t->columns = columns;
  t->rows = rows;
  /* libvterm 0.3 crashes on a wide character in a screen of one column, which may be under way. */
  vterm_set_size(t->term, rows, columns < 2 ? 2 : columns);
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  ioctl(t->fd, TIOCSWINSZ, &size);
}

void vt_hang_up(vt *t) {
  close(t->fd);
  t->fd = -1;
  t->closed = true;
}

bool vt_echoes(const vt *t) {
  struct termios mode;
  return t->fd >= 0 && tcgetattr(t->fd, &mode) == 0 && (mode.c_lflag & ECHO) &&
         (mode.c_lflag & ICANON);
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
/* libvterm's own word is not it: leaving the alternate screen it brings back whether the cursor was
 * shown when that was entered, which xterm does not. */
bool vt_cursor_visible(const vt *t) {
  return !t->gate.hidden;
}
int vt_mouse(const vt *t) {
  return t->mouse;
}

bool vt_pasting(const vt *t) {
  return t->gate.pasting;
}

const char *vt_raw(const vt *t, size_t *ret_len) {
  *ret_len = t->len;
  return t->raw ? t->raw : "";
}

void vt_forget(vt *t) {
  t->len = 0;
  if (t->raw) t->raw[0] = '\0';
}

const gate *vt_gate(const vt *t) {
  return &t->gate;
}

void vt_dump(vt *t) {
  printf("  +%dx%d %s cursor %s\n", t->columns, t->rows, t->alt ? "alternate" : "main",
         vt_cursor_visible(t) ? "shown" : "hidden");
  int last = t->rows - 1;
  while (last > 0 && !*vt_row(t, last)) last--;
  for (int y = 0; y <= last; y++) printf("  |%s\n", vt_row(t, y));
}
