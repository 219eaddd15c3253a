/* Runs one case: a script of keys and of what the screen must show then.
 *
 *   screen CASE.txt
 *
 * The words of the language are rows of `words` below, README.md explains them. Whatever is
 * waited for is looked for after every output of the program until a deadline; nothing sleeps.
 * After every case the raw output is searched for forbidden bytes and sanitizer reports. */
#include "listener/listener.h"
#include "script.h"
#include "server.h"
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = SCRIPT_WORDS, ENV_MAX = 64, WAIT_MS = 10000, QUIET_MS = 300 };

typedef struct run {
  script *script;
  vt *term;
  server *serve;
  int columns, rows;
  char tmp[64], kubeconfig[128], fault[1024];
  char background[8];
  char *env[ENV_MAX + 1];
  size_t nenv;
  const char *name;
} run;

static bool fail(run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(run *r, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(r->fault, sizeof r->fault, fmt, ap);
  va_end(ap);
  return false;
}

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- waiting ------------------------------------------------------------------------------ */
typedef bool (*condition)(run *r, char **w, int n);

static bool wait_for(run *r, condition holds, char **w, int n) {
  long long until = now_ms() + WAIT_MS;
  for (;;) {
    bool open = vt_pump(r->term, 0);
    if (holds(r, w, n)) return true;
    if (now_ms() >= until) return false;
    if (open)
      vt_pump(r->term, 50);
    else
      usleep(2000);
  }
}

static bool seen(run *r, char **w, int n) {
  int x, y;
  (void)n;
  return vt_find(r->term, w[0], &x, &y);
}
static bool not_seen(run *r, char **w, int n) {
  return !seen(r, w, n);
}

static bool row_has_all(run *r, int y, char **w, int n) {
  const char *row = vt_row(r->term, y);
  for (int i = 0; i < n; i++)
    if (!strstr(row, w[i])) return false;
  return true;
}
static bool row_seen(run *r, char **w, int n) {
  for (int y = 0; y < vt_rows(r->term); y++)
    if (row_has_all(r, y, w, n)) return true;
  return false;
}
/* The list's row with the cursor, -1 none. */
static int cursor_row(run *r) {
  static const char *const marks[] = {"│▌", "|>"};
  for (int y = 3; y < vt_rows(r->term); y++)
    for (int i = 0; i < 2; i++)
      if (strncmp(vt_row(r->term, y), marks[i], strlen(marks[i])) == 0) return y;
  return -1;
}
static bool cursor_on(run *r, char **w, int n) {
  int y = cursor_row(r);
  return y >= 0 && row_has_all(r, y, w, n);
}
static bool written(run *r, char **w, int n) {
  size_t len;
  (void)n;
  return strstr(vt_raw(r->term, &len), w[0]) != NULL;
}

static bool looks(vt_look k, char **w, int n) {
  for (int i = 0; i < n; i++) {
    const char *v = strchr(w[i], '=');
    if (v) {
      int want = strcmp(v + 1, "default") == 0 ? -1
                 : v[1] == '#'                 ? (int)strtol(v + 2, NULL, 16)
                                               : 0x1000000 + (int)strtol(v + 1, NULL, 10);
      if ((w[i][0] == 'f' ? k.fg : k.bg) != want) return false;
    } else if (!(strcmp(w[i], "bold") == 0        ? k.bold
                 : strcmp(w[i], "underline") == 0 ? k.underline
                 : strcmp(w[i], "reverse") == 0   ? k.reverse
                                                  : false)) {
      return false;
    }
  }
  return true;
}
static bool look_holds(run *r, char **w, int n) {
  int x, y;
  return vt_find(r->term, w[0], &x, &y) && looks(vt_look_at(r->term, x, y), w + 1, n - 1);
}
static bool cursor_looks(run *r, char **w, int n) {
  int y = cursor_row(r);
  return y >= 0 && looks(vt_look_at(r->term, 1, y), w, n);
}

static bool has_ended(run *r, char **w, int n) {
  int status;
  (void)w, (void)n;
  return vt_ended(r->term, &status);
}
static bool is_restored(run *r, char **w, int n) {
  (void)w, (void)n;
  return !vt_altscreen(r->term) && vt_cursor_visible(r->term) && !vt_mouse(r->term) &&
         !vt_pasting(r->term);
}

/* --- what is sent ---------------------------------------------------------------------------- */
static void send_text(run *r, const char *s) {
  vt_send(r->term, s, strlen(s));
}

static bool send_key(run *r, const char *name) {
  char bytes[8];
  size_t n = vt_key(name, bytes);
  if (n == 0) return fail(r, "there is no key \"%s\"", name);
  vt_send(r->term, bytes, n);
  if (strcmp(name, "esc") == 0) {
    /* A lone ESC is told from a sequence by the silence after it. */
    long long until = now_ms() + 40;
    while (now_ms() < until) vt_pump(r->term, 5);
  }
  return true;
}

static void mouse(run *r, int button, int x, int y) {
  char s[64];
  snprintf(s, sizeof s, "\033[<%d;%d;%dM", button, x + 1, y + 1);
  send_text(r, s);
  if (button == 0) {
    /* A finger stays down for a moment: both in one read would be a case of its own. */
    long long until = now_ms() + 40;
    while (now_ms() < until) vt_pump(r->term, 5);
    snprintf(s, sizeof s, "\033[<%d;%d;%dm", button, x + 1, y + 1);
    send_text(r, s);
  }
}

/* --- words ---------------------------------------------------------------------------------------
 */
static bool do_size(run *r, char **w, int n) {
  (void)n;
  return sscanf(w[0], "%dx%d", &r->columns, &r->rows) == 2 || fail(r, "a size is COLUMNSxROWS");
}
static bool do_resize(run *r, char **w, int n) {
  do_size(r, w, n);
  vt_resize(r->term, r->columns, r->rows);
  return true;
}
/* The last word on a variable stands. */
static bool do_env(run *r, char **w, int n) {
  for (int i = 0; i < n; i++) {
    size_t name = strcspn(w[i], "="), at = 0;
    while (at < r->nenv &&
           (strncmp(r->env[at], w[i], name) != 0 || strcspn(r->env[at], "=") != name))
      at++;
    if (at == ENV_MAX) return fail(r, "too many variables");
    if (at == r->nenv) r->nenv++;
    free(r->env[at]);
    r->env[at] = strdup(w[i]);
  }
  return true;
}

static const char *program(void) {
  const char *p = getenv("OUTBOARD");
  return p ? p : "outboard";
}

static bool do_background(run *r, char **w, int n) {
  (void)n;
  snprintf(r->background, sizeof r->background, "%s", w[0]);
  return true;
}

static bool do_serve(run *r, char **w, int n) {
  char *argv[WORDS_MAX + 4] = {(char *)(uintptr_t)program(), (char *)(uintptr_t) "serve"};
  for (int i = 0; i < n; i++) argv[2 + i] = w[i];
  r->serve = server_start(argv, r->kubeconfig);
  return r->serve || fail(r, "the server did not start");
}

static bool clean(run *r) {
  if (!r->term) return true;
  const gate *g = vt_gate(r->term);
  if (g->reported) {
    size_t n;
    const char *raw = vt_raw(r->term, &n), *report = strstr(raw, "Sanitizer");
    if (!report) report = strstr(raw, "runtime error:");
    printf("%.6000s\n", report - raw > 200 ? report - 200 : raw);
    return fail(r, "a sanitizer reports");
  }
  return !*g->why || fail(r, "a forbidden byte reached the terminal: %s", g->why);
}

static bool spawn(run *r, char *const argv[]) {
  if (!clean(r)) return false;
  vt_free(r->term);
  r->term = vt_new(r->columns, r->rows);
  vt_background(r->term, r->background);
  return vt_spawn(r->term, argv, (const char *const *)r->env) ||
         fail(r, "cannot start %s", argv[0]);
}
static bool do_run(run *r, char **w, int n) {
  char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t)program()};
  for (int i = 0; i < n; i++) argv[1 + i] = w[i];
  return spawn(r, argv);
}
static bool do_shell(run *r, char **w, int n) {
  (void)w, (void)n;
  char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-i", NULL};
  return spawn(r, argv);
}

static bool do_type(run *r, char **w, int n) {
  (void)n;
  return send_text(r, w[0]), true;
}
static bool do_key(run *r, char **w, int n) {
  for (int i = 0; i < n; i++)
    if (!send_key(r, w[i])) return false;
  return true;
}
static bool do_paste(run *r, char **w, int n) {
  (void)n;
  send_text(r, "\033[200~");
  send_text(r, w[0]);
  send_text(r, "\033[201~");
  return true;
}
static bool do_command(run *r, char **w, int n) {
  send_text(r, ":");
  for (int i = 0; i < n; i++) {
    if (i) send_text(r, " ");
    send_text(r, w[i]);
  }
  return send_key(r, "enter");
}

/* The pages in the order in which ] turns them; where there is no room for the title, the lower
 * edge names the page. */
static const struct {
  const char *name, *signs[4];
} pages[] = {
#define OB_PAGE(id, name, title, needs, verb, kind, help)                                          \
  {name, {" \u00b7 " title " ", " . " title " ", "\u2039 " name " \u203a", "< " name " >"}},
#include "tui/pages.def"
#undef OB_PAGE
};
enum { NPAGES = sizeof pages / sizeof pages[0] };

static int page_in_view(run *r) {
  int x, y;
  for (int i = 0; i < NPAGES; i++)
    for (int k = 0; k < 4; k++)
      if (vt_find(r->term, pages[i].signs[k], &x, &y)) return i;
  return -1;
}
static bool any_page(run *r, char **w, int n) {
  (void)w, (void)n;
  return page_in_view(r) >= 0;
}
static bool page_is(run *r, char **w, int n) {
  int at = page_in_view(r);
  (void)n;
  return at >= 0 && strcmp(pages[at].name, w[0]) == 0;
}
static bool do_page(run *r, char **w, int n) {
  (void)n;
  for (int i = 0; i <= NPAGES; i++) {
    if (!wait_for(r, any_page, NULL, 0)) return fail(r, "no page is in view");
    if (page_is(r, w, 1)) return true;
    char *next = (char *)(uintptr_t)pages[(page_in_view(r) + 1) % NPAGES].name;
    send_text(r, "]");
    if (!wait_for(r, page_is, &next, 1)) return fail(r, "] does not lead to %s", next);
  }
  return fail(r, "there is no page \"%s\"", w[0]);
}

static bool expect(run *r, condition c, char **w, int n, const char *what) {
  return wait_for(r, c, w, n) || fail(r, "%s \"%s\"", what, n ? w[0] : "");
}
static bool do_see(run *r, char **w, int n) {
  return expect(r, seen, w, n, "not on the screen:");
}
static bool do_not_see(run *r, char **w, int n) {
  return expect(r, not_seen, w, n, "still on the screen:");
}
static bool do_see_row(run *r, char **w, int n) {
  return expect(r, row_seen, w, n, "no row has all:");
}
static bool do_cursor_on(run *r, char **w, int n) {
  return expect(r, cursor_on, w, n, "the cursor is not on");
}
static bool do_see_output(run *r, char **w, int n) {
  return expect(r, written, w, n, "was not written:");
}
static bool do_restored(run *r, char **w, int n) {
  return expect(r, is_restored, w, n, "the terminal is not restored");
}

static bool do_not_output(run *r, char **w, int n) {
  return !written(r, w, n) || fail(r, "was written all the same: %s", w[0]);
}

static bool wrong_look(run *r, const char *what, bool there, int x, int y) {
  vt_look k = vt_look_at(r->term, x, y);
  return fail(r, "\"%s\" %s: fg %x bg %x%s%s%s", what, there ? "looks" : "is not there",
              (unsigned)k.fg, (unsigned)k.bg, k.bold ? " bold" : "",
              k.underline ? " underline" : "", k.reverse ? " reverse" : "");
}
static bool do_colour(run *r, char **w, int n) {
  if (wait_for(r, look_holds, w, n)) return true;
  int x = 0, y = 0;
  bool there = vt_find(r->term, w[0], &x, &y);
  return wrong_look(r, w[0], there, x, y);
}
static bool do_cursor_colour(run *r, char **w, int n) {
  if (wait_for(r, cursor_looks, w, n)) return true;
  int y = cursor_row(r);
  return wrong_look(r, "the cursor's row", y >= 0, 1, y < 0 ? 0 : y);
}

static bool do_click(run *r, char **w, int n) {
  int x = 0, y = 0;
  if (!wait_for(r, seen, w, n) || !vt_find(r->term, w[0], &x, &y))
    return fail(r, "nowhere to click: \"%s\"", w[0]);
  mouse(r, 0, x, y);
  return true;
}
/* Press where the text stands, move by so many cells, let go. */
static bool do_drag(run *r, char **w, int n) {
  int x = 0, y = 0;
  char s[96];
  if (!wait_for(r, seen, w, n) || !vt_find(r->term, w[0], &x, &y))
    return fail(r, "nothing to drag: \"%s\"", w[0]);
  int to_x = x + (int)strtol(w[1], NULL, 10), to_y = y + (int)strtol(w[2], NULL, 10);
  snprintf(s, sizeof s, "\033[<0;%d;%dM\033[<32;%d;%dM\033[<0;%d;%dm", x + 1, y + 1, to_x + 1,
           to_y + 1, to_x + 1, to_y + 1);
  return send_text(r, s), true;
}
static bool do_wheel(run *r, char **w, int n) {
  int x = 0, y = 0;
  if (!wait_for(r, seen, w + 1, n - 1) || !vt_find(r->term, w[1], &x, &y))
    return fail(r, "no place \"%s\"", w[1]);
  mouse(r, strcmp(w[0], "up") == 0 ? 64 : 65, x, y);
  return true;
}

static const struct {
  const char *name;
  int number;
} signals[] = {{"TERM", SIGTERM}, {"HUP", SIGHUP},   {"SEGV", SIGSEGV},
               {"INT", SIGINT},   {"ABRT", SIGABRT}, {"KILL", SIGKILL},
               {"STOP", SIGSTOP}, {"CONT", SIGCONT}, {"QUIT", SIGQUIT}};
static bool do_signal(run *r, char **w, int n) {
  (void)n;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
    if (strcmp(signals[i].name, w[0]) == 0) return kill(vt_pid(r->term), signals[i].number) == 0;
  return fail(r, "there is no signal %s", w[0]);
}

static bool do_exit(run *r, char **w, int n) {
  int status = 0;
  if (!wait_for(r, has_ended, w, n)) return fail(r, "it runs on");
  vt_ended(r->term, &status);
  char is[32];
  if (WIFSIGNALED(status)) {
    snprintf(is, sizeof is, "signal %d", WTERMSIG(status));
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
      if (signals[i].number == WTERMSIG(status)) snprintf(is, sizeof is, "%s", signals[i].name);
  } else {
    snprintf(is, sizeof is, "%d", WEXITSTATUS(status));
  }
  for (int i = 0; i < n; i++)
    if (strcmp(is, w[i]) == 0) return true;
  return fail(r, "it ended with %s, not %s", is, w[0]);
}

/* The terminal reads nothing any more while keys and a signal arrive: it must end all the same. */
static bool do_deaf(run *r, char **w, int n) {
  for (int i = 0; i < 60; i++) send_key(r, "ctrl-l");
  long long until = now_ms() + 500;
  while (now_ms() < until) usleep(20000);
  if (!do_signal(r, w, n)) return false;
  for (until = now_ms() + WAIT_MS; now_ms() < until; usleep(5000))
    if (has_ended(r, w, n)) return true;
  return fail(r, "it hangs in a terminal that does not read");
}

static bool do_network(run *r, char **w, int n) {
  (void)n;
  server_network(r->serve, w[0][1] == 'f' ? SERVER_OFF : *w[0] == 's' ? SERVER_SLOW : SERVER_ON);
  return true;
}
static bool do_connections(run *r, char **w, int n) {
  (void)n;
  return server_connections(r->serve, strcmp(w[0], "open") == 0) ||
         fail(r, "the relay's connections are not %s within a second", w[0]);
}
static bool do_api(run *r, char **w, int n) {
  long status = server_request(r->serve, w[0], w[1], n > 2 ? w[2] : "");
  return (status >= 200 && status < 300) || fail(r, "%s %s: HTTP %ld", w[0], w[1], status);
}
/* $UID is the uid of the object at the path. */
static bool do_uid(run *r, char **w, int n) {
  (void)n;
  char uid[64];
  if (!server_uid(r->serve, w[0], uid, sizeof uid)) return fail(r, "%s has no uid", w[0]);
  script_set(r->script, "UID", uid);
  return true;
}
/* $PORT leads to an application that gives this answer (listener.h). */
static bool do_listen(run *r, char **w, int n) {
  char text[16];
  snprintf(text, sizeof text, "%d", listener_start("127.0.0.1", w[0]));
  script_set(r->script, "PORT", text);
  return n > 0;
}
static bool do_write(run *r, char **w, int n) {
  (void)n;
  for (char *slash = strchr(w[0] + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(w[0], 0700);
    *slash = '/';
  }
  FILE *f = fopen(w[0], "w");
  if (!f) return fail(r, "%s: %s", w[0], strerror(errno));
  fputs(w[1], f);
  if (strstr(w[0], "/bin/")) fchmod(fileno(f), 0755);
  return fclose(f) == 0;
}
/* Shell-less: redirect stdin away, to see what a program without a terminal says. */
static bool do_run_piped(run *r, char **w, int n) {
  static char redirect[] = "{ \"$0\" \"$@\" </dev/null; echo \"exit $?\"; } 2>&1 | cat";
  char *argv[WORDS_MAX + 5] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", redirect,
                               (char *)(uintptr_t)program()};
  for (int i = 0; i < n; i++) argv[4 + i] = w[i];
  return spawn(r, argv);
}
/* Nothing may come for a while: an idle screen writes nothing. */
static bool do_quiet(run *r, char **w, int n) {
  (void)w, (void)n;
  long long settle = now_ms() + WAIT_MS;
  while (now_ms() < settle) {
    size_t before, after;
    vt_pump(r->term, 0);
    vt_raw(r->term, &before);
    long long until = now_ms() + QUIET_MS;
    while (now_ms() < until) vt_pump(r->term, 20);
    vt_raw(r->term, &after);
    if (before == after) return true;
  }
  return fail(r, "the screen never rests");
}

static const struct {
  const char *word;
  int least;
  bool (*run)(run *r, char **w, int n);
  bool needs_term;
} words[] = {
    {"size", 1, do_size, false},
    {"env", 1, do_env, false},
    {"background", 1, do_background, false},
    {"serve", 0, do_serve, false},
    {"run", 0, do_run, false},
    {"run-piped", 0, do_run_piped, false},
    {"shell", 0, do_shell, false},
    {"uid", 1, do_uid, false},
    {"listen", 1, do_listen, false},
    {"write", 2, do_write, false},
    {"network", 1, do_network, false},
    {"connections", 1, do_connections, false},
    {"api", 2, do_api, false},
    {"resize", 1, do_resize, true},
    {"type", 1, do_type, true},
    {"key", 1, do_key, true},
    {"paste", 1, do_paste, true},
    {"command", 1, do_command, true},
    {"page", 1, do_page, true},
    {"see", 1, do_see, true},
    {"not-see", 1, do_not_see, true},
    {"see-row", 1, do_see_row, true},
    {"cursor-on", 1, do_cursor_on, true},
    {"see-output", 1, do_see_output, true},
    {"not-output", 1, do_not_output, true},
    {"colour", 2, do_colour, true},
    {"cursor-colour", 1, do_cursor_colour, true},
    {"click", 1, do_click, true},
    {"drag", 3, do_drag, true},
    {"wheel", 2, do_wheel, true},
    {"signal", 1, do_signal, true},
    {"exit", 1, do_exit, true},
    {"deaf", 1, do_deaf, true},
    {"restored", 0, do_restored, true},
    {"quiet", 0, do_quiet, true},
};

static bool do_words(void *user, char **w, int n) {
  run *r = user;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(words[i].word, w[0]) != 0) continue;
    if (n - 1 < words[i].least) return fail(r, "%s needs %d words", w[0], words[i].least);
    if (words[i].needs_term && !r->term) return fail(r, "nothing runs yet");
    return words[i].run(r, w + 1, n - 1);
  }
  return fail(r, "there is no word \"%s\"", w[0]);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)st, (void)type, (void)at;
  return remove(path);
}

int main(int argc, char *argv[]) {
  run r = {.columns = 120, .rows = 40};
  if (argc != 2) return fprintf(stderr, "screen CASE.txt\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  snprintf(r.tmp, sizeof r.tmp, "/tmp/screen-XXXXXX");
  if (!mkdtemp(r.tmp)) return 1;
  snprintf(r.kubeconfig, sizeof r.kubeconfig, "%s/kubeconfig", r.tmp);
  char home[128];
  snprintf(home, sizeof home, "HOME=%s", r.tmp);
  const char *base[] = {"TERM=xterm-256color",
                        "COLORTERM",
                        "NO_COLOR",
                        "KUBECONFIG",
                        "LINES",
                        "COLUMNS",
                        "XDG_CONFIG_HOME",
                        "XDG_STATE_HOME",
                        "K9S_CONFIG_DIR",
                        "TMUX",
                        "STY",
                        "LC_ALL=C.UTF-8",
                        "PS1=$ ",
                        "ENV",
                        home};
  for (size_t i = 0; i < sizeof base / sizeof base[0]; i++) r.env[r.nenv++] = strdup(base[i]);
  r.script = script_new();
  script_set(r.script, "TMP", r.tmp);
  script_set(r.script, "KUBECONFIG", r.kubeconfig);
  if (getenv("OUTBOARD_CLUSTER")) script_set(r.script, "CLUSTER", getenv("OUTBOARD_CLUSTER"));
  script_set(r.script, "OUTBOARD", program());
  /* Nobody is here for the first time, unless the case says so. */
  char state[192], empty[] = "{}";
  snprintf(state, sizeof state, "%s/.local/state/outboard/state.json", r.tmp);
  do_write(&r, (char *[]){state, empty}, 2);
  bool ok = script_run(r.script, argv[1], do_words, &r) && clean(&r);
  if (!ok) {
    printf("  %s\n", r.fault);
    if (r.term) {
      vt_dump(r.term);
      clean(&r);
    }
  }
  vt_free(r.term);
  server_stop(r.serve);
  script_free(r.script);
  for (size_t i = 0; i < r.nenv; i++) free(r.env[i]);
  nftw(r.tmp, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return ok ? 0 : 1;
}
