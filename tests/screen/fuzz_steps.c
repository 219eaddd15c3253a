/* What random hands do: a row a kind of step in `kinds`, drawn by its weight. */
#include "fuzz.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint32_t fuzz_below(fuzz *f, uint32_t n) { /* xorshift64*: the same everywhere */
  f->random ^= f->random >> 12;
  f->random ^= f->random << 25;
  f->random ^= f->random >> 27;
  return (uint32_t)((f->random * 2685821657736338717ULL) >> 33) % n;
}

static void add(fuzz *f, const char *bytes, size_t n) {
  if (f->len + n > sizeof f->out) return;
  memcpy(f->out + f->len, bytes, n);
  f->len += n;
}
void fuzz_put(fuzz *f, const char *fmt, ...) {
  char s[512];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(s, sizeof s, fmt, ap);
  va_end(ap);
  add(f, s, (size_t)n);
}
static void note(fuzz *f, const char *what) {
  snprintf(f->latest[f->steps % FUZZ_LATEST].text, sizeof f->latest->text, "%s", what);
}

void fuzz_send(fuzz *f) {
  vt_send(f->term, f->out, f->len);
  f->len = 0;
}
void fuzz_pause(fuzz *f, int ms) {
  fuzz_send(f);
  vt_settle(f->term, ms, ms + 1);
}

/* --- steps -------------------------------------------------------------------------------- */
static const char *const key_rows[] = {
#define OB_KEY(action, keys, modes, hint, help) keys,
#include "tui/keys.def"
#undef OB_KEY
};
static const char *const command_rows[] = {
#define OB_TUI_COMMAND(name, aliases, args, fn, help) name,
#include "tui/commands.def"
#undef OB_TUI_COMMAND
};

enum { LATER = 500 };
static void leaves(fuzz *f) {
  f->leaving = true;
  f->may_leave = f->steps + LATER;
}

static bool ends(const char *key) {
  return strcmp(key, "q") == 0 || strcmp(key, "ctrl-c") == 0;
}

static void step_key(fuzz *f) {
  const char *keys = FUZZ_PICK(f, key_rows);
  uint32_t n = 1;
  for (const char *s = keys; *s; s++) n += *s == ' ';
  for (n = fuzz_below(f, n); n > 0; n--) keys = strchr(keys, ' ') + 1;
  char name[24];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(keys, " "), keys);
  if (ends(name) && fuzz_below(f, 60)) return;
  if (ends(name)) leaves(f);
  char bytes[8];
  add(f, bytes, vt_key(name, bytes));
  note(f, name);
  if (strcmp(name, "esc") == 0 && fuzz_below(f, 6) == 0) fuzz_pause(f, 30);
}

static void step_move(fuzz *f) {
  static const char *const moves[] = {"j",       "k",       "j",  "k",  "G", "g",
                                      "\033[6~", "\033[5~", "\r", "\t", "2", "5"};
  const char *move = FUZZ_PICK(f, moves);
  note(f, move);
  fuzz_put(f, "%s", move);
}

static void step_text(fuzz *f) {
  static const char *const texts[] = {
      "a",  "e",  "-", "!", " ",  "*",       "é",      "ß",      "日",       "👍", "(", "[",
      "\\", "/s", "~", "%", "$x", "e\u0301", "\u202e", "\u200b", "\xc2\x85", "9", ":", "="};
  const char *text = FUZZ_PICK(f, texts);
  note(f, text);
  fuzz_put(f, "%s", text);
}

static void step_phrase(fuzz *f) {
  static const char *const phrases[] = {"/shop",
                                        "/!web",
                                        "//^a.*z$/",
                                        "//(/",
                                        "/-l app=web",
                                        "/-l a in (b",
                                        "/type:lb",
                                        "/ready:0",
                                        "/ns:shop",
                                        "/port:443",
                                        "/age:<1h",
                                        "/host:*.example.com",
                                        "/type:np !web",
                                        "/age:>99999999999999999999h",
                                        "/ns:",
                                        "/:",
                                        "/\\",
                                        ":ns shop",
                                        ":ns all",
                                        ":ns nowhere",
                                        ":ctx",
                                        ":ctx nowhere",
                                        ":theme light",
                                        ":theme nothing",
                                        ":theme",
                                        ":messages",
                                        ":help",
                                        ":zzz",
                                        ":"};
  const char *phrase = FUZZ_PICK(f, phrases);
  note(f, phrase);
  fuzz_put(f, "%s%s", phrase, fuzz_below(f, 4) ? "\r" : "");
}

static void step_command(fuzz *f) {
  const char *name = FUZZ_PICK(f, command_rows);
  bool quit = strcmp(name, "quit") == 0;
  if (quit && fuzz_below(f, 20)) return;
  if (quit) leaves(f);
  note(f, name);
  fuzz_put(f, ":%s%s", name, fuzz_below(f, 5) ? "\r" : "\t");
}

static void step_paste(fuzz *f) {
  note(f, "paste");
  leaves(f); /* what stands before may spoil its begin, and then these are keys */
  fuzz_put(f, "\033[200~");
  for (uint32_t n = fuzz_below(f, 60); n > 0; n--) {
    static const char *const pieces[] = {"web", " ",      "\n", "q",    "\003", "\033",
                                         "é",   "\u202e", "\t", "日本", ":q\r", "\x80"};
    fuzz_put(f, "%s", FUZZ_PICK(f, pieces));
  }
  if (fuzz_below(f, 20))
    fuzz_put(f, "\033[201~");
  else
    fuzz_pause(f, 520); /* its end was lost */
}

static void mouse_report(fuzz *f, int button, char kind) {
  int w = vt_columns(f->term), h = vt_rows(f->term), far = fuzz_below(f, 20) == 0;
  fuzz_put(f, "\033[<%d;%d;%d%c", button, (int)fuzz_below(f, (uint32_t)(far ? 5000 : w + 2)),
           (int)fuzz_below(f, (uint32_t)(far ? 5000 : h + 2)), kind);
}
static void step_mouse(fuzz *f) {
  static const int buttons[] = {0, 0, 0, 64, 65, 1, 2, 32, 35, 4, 16, 128, 99};
  note(f, "mouse");
  mouse_report(f, FUZZ_PICK(f, buttons), fuzz_below(f, 3) ? 'M' : 'm');
}
static void step_drag(fuzz *f) {
  note(f, "drag");
  mouse_report(f, 0, 'M');
  for (uint32_t n = fuzz_below(f, 5); n > 0; n--) mouse_report(f, 32, 'M');
  mouse_report(f, 0, 'm');
}

static void step_split(fuzz *f) {
  static const char *const sequences[] = {"\033OA",
                                          "\033[6~",
                                          "\033[<0;10;10M",
                                          "\033[200~x\033[201~",
                                          "\033[1;5C",
                                          "日",
                                          "\033]11;rgb:1111/2222/3333\033\\",
                                          "\033[I",
                                          "\033[<64;5;",
                                          "\033[999999999999~"};
  const char *s = FUZZ_PICK(f, sequences);
  size_t n = strlen(s), at = 1 + fuzz_below(f, (uint32_t)n - 1);
  note(f, "split");
  add(f, s, at);
  fuzz_pause(f, (int)fuzz_below(f, 40));
  add(f, s + at, n - at);
}

static void step_answer(fuzz *f) {
  static const char *const answers[] = {"\033[I",
                                        "\033[O",
                                        "\033]11;rgb:ffff/ffff/ffff\033\\",
                                        "\033]11;rgb:0000/0000/0000\007",
                                        "\033]11;rgba:zz\007",
                                        "\033[?62;22c",
                                        "\033[?2026;2$y",
                                        "\033[12;40R",
                                        "\033P1+r5463=38\033\\"};
  note(f, "answer");
  fuzz_put(f, "%s", FUZZ_PICK(f, answers));
}

static void step_junk(fuzz *f) {
  note(f, "junk");
  for (uint32_t n = 1 + fuzz_below(f, 6); n > 0; n--) {
    char c = (char)fuzz_below(f, 256);
    if (c == 3 || c == 'q') c = 27; /* not by chance */
    if (c == 28) c = 27;            /* after the end this is the kernel's, and kills */
    add(f, &c, 1);
  }
}

static void step_resize(fuzz *f) {
  static const int sizes[][2] = {{200, 60}, {120, 40}, {120, 40}, {120, 40}, {80, 24}, {80, 24},
                                 {60, 20},  {40, 10},  {20, 5},   {1, 1},    {2, 300}, {1100, 520}};
  const int *size = FUZZ_PICK(f, sizes);
  int w = size[0], h = size[1];
  if (fuzz_below(f, 4) == 0) w = 1 + (int)fuzz_below(f, 220), h = 1 + (int)fuzz_below(f, 70);
  char text[24];
  snprintf(text, sizeof text, "%dx%d", w, h);
  note(f, text);
  fuzz_send(f);
  f->resizes++;
  vt_resize(f->term, w, h);
}

static void step_network(fuzz *f) {
  note(f, "network");
  server_network(f->serve, f->down ? SERVER_ON : SERVER_OFF);
  f->down = !f->down;
}

static void step_signal(fuzz *f) {
  static const int signals[] = {SIGCONT,  SIGCONT, SIGCONT, SIGTSTP,
                                SIGWINCH, SIGTERM, SIGHUP,  SIGINT};
  int sig = FUZZ_PICK(f, signals);
  bool out = sig == SIGTERM || sig == SIGHUP || sig == SIGINT;
  if (out && fuzz_below(f, 4)) return;
  note(f, "signal");
  fuzz_send(f);
  if (out) leaves(f);
  kill(vt_pid(f->term), sig);
}

void fuzz_online(fuzz *f) {
  if (f->down) step_network(f);
}

static const struct {
  uint32_t weight;
  void (*step)(fuzz *f);
} kinds[] = {{500, step_key},    {300, step_move},  {100, step_text},  {40, step_phrase},
             {20, step_command}, {5, step_paste},   {120, step_mouse}, {10, step_drag},
             {8, step_split},    {10, step_answer}, {6, step_junk},    {10, step_resize},
             {1, step_network},  {2, step_signal}};

void fuzz_step(fuzz *f) {
  uint32_t sum = 0;
  for (size_t i = 0; i < FUZZ_LEN(kinds); i++) sum += kinds[i].weight;
  uint32_t at = fuzz_below(f, sum);
  size_t i = 0;
  while (at >= kinds[i].weight) at -= kinds[i++].weight;
  note(f, "");
  kinds[i].step(f);
  f->steps++;
}
