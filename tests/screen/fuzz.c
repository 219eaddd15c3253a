/* Random hands on a live dashboard.
 *
 *   fuzz [STEPS]
 *
 * 6000 steps, or $OB_FUZZ_STEPS, when none are given; OB_SEED=N repeats a run's choices (what the
 * program makes of them depends on the moment, too).
 *
 * Types what a person, a cat and a bad line can send: every key of the table, text, phrases,
 * pastes, mouse reports, focus, answers to questions, sequences cut in two, broken ones, bytes of
 * no meaning, other sizes, an outage, signals. The program is the real one on a pty, its cluster a
 * lively `outboard serve` behind a relay. Steps go out in batches, so that now one key and now
 * hundreds come in one read. After each batch the program has taken everything and rests, and then:
 *
 *   - it runs, nothing forbidden was written, no sanitizer has spoken (gate.h);
 *   - at most one line is the cursor's, and the program's name stands wherever there is room.
 *
 * A hundred times a run, at most every 2500 steps, it is led home, and the cursor must stand in the
 * list and stay on its object while others come and go before and behind it. What leads out of the
 * program (q, ^C, :q, SIGTERM, SIGHUP) must leave the terminal restored; then it is started again,
 * and counted.  */
#include "fuzz.h"

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

enum {
  STEPS = 6000,
  HOMES = 100,
  HOME_LEAST = 2500,
  REST_MS = 60000,
  SILENCE_MS = 2,
  LENT_SILENCE_MS = 10,
  LENT_MS = 300,
  RETURNS = 100,
  LATE_ANSWERS = 5
};

static bool fail(fuzz *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(fuzz *f, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  if (!*f->fault) vsnprintf(f->fault, sizeof f->fault, fmt, ap);
  va_end(ap);
  return false;
}

/* --- the program ------------------------------------------------------------------------------ */
static bool seen(fuzz *f, const char *text) {
  int x, y;
  return vt_find(f->term, text, &x, &y);
}

static bool wait_until(fuzz *f, bool (*holds)(fuzz *f, const char *), const char *text) {
  for (int i = 0; i < 1000; i++) {
    if (holds(f, text)) return true;
    if (!vt_pump(f->term, 10)) return false;
  }
  return false;
}

static bool start(fuzz *f) {
  static const char *const env_of[] = {"TERM=xterm-256color", "COLORTERM=truecolor"};
  static char path[96], home[96];
  snprintf(path, sizeof path, "PATH=%s/bin", f->dir);
  snprintf(home, sizeof home, "HOME=%s", f->dir);
  const char *env[] = {env_of[0],
                       fuzz_below(f, 3) ? "COLORTERM" : env_of[1],
                       "NO_COLOR",
                       "KUBECONFIG",
                       "LINES",
                       "COLUMNS",
                       "XDG_CONFIG_HOME",
                       "XDG_STATE_HOME",
                       "LC_ALL=C.UTF-8",
                       path,
                       home,
                       NULL};
  const char *program = getenv("OUTBOARD");
  f->ascii = fuzz_below(f, 6) == 0;
  char *argv[] = {(char *)(uintptr_t)(program ? program : "outboard"),
                  (char *)(uintptr_t) "--kubeconfig", f->kubeconfig,
                  f->ascii ? (char *)(uintptr_t) "--ascii" : NULL, NULL};
  vt_free(f->term);
  f->term = vt_new(120, 40);
  f->len = 0;
  f->leaving = false;
  f->may_leave = -1;
  f->started++;
  fuzz_online(f);
  vt_plain_line(f->term);
  if (!vt_spawn(f->term, argv, env)) return fail(f, "cannot start %s", argv[0]);
  return wait_until(f, seen, "outboard") || fail(f, "it shows nothing");
}

static bool healthy(fuzz *f) {
  const gate *g = vt_gate(f->term);
  if (g->reported) return fail(f, "a sanitizer reports");
  return !*g->why || fail(f, "%s", g->why);
}

/* The program has ended or is about to. */
static bool ended(fuzz *f) {
  int status = 0;
  for (int i = 0; i < 20000 && !vt_ended(f->term, &status); i++)
    if (!vt_pump(f->term, 1)) usleep(1000);
  if (!vt_ended(f->term, &status)) return fail(f, "its terminal is closed, and it runs on");
  if (!healthy(f)) return false;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (f->steps > f->may_leave) return fail(f, "it ended by itself with %d", code);
  /* On the way out a signal is the kernel's. */
  static const int fine[] = {0, 128 + SIGTERM, 128 + SIGHUP, -SIGTERM, -SIGHUP, -SIGINT};
  bool known = false;
  for (size_t i = 0; i < FUZZ_LEN(fine); i++) known |= code == fine[i];
  if (!known) return fail(f, "it ended with %d", code);
  if (vt_altscreen(f->term) || !vt_cursor_visible(f->term) || vt_mouse(f->term) ||
      vt_pasting(f->term))
    return fail(f, "it ended with %d and left the terminal as it was", code);
  f->left++;
  return start(f);
}

/* Lines with the cursor's mark where a list has it: behind the frame. */
static int cursors(fuzz *f, int *ret_y) {
  int n = 0;
  for (int y = 0; y < vt_rows(f->term); y++) {
    const char *row = vt_row(f->term, y);
    bool marked = strncmp(row, "│▌", strlen("│▌")) == 0 || strncmp(row, "|>", 2) == 0;
    if (marked) *ret_y = y;
    n += marked;
    if (marked && f->ascii) break; /* below a list it may be anything's mark */
  }
  return n;
}

static bool gone(fuzz *f) {
  int status;
  return !vt_pump(f->term, 0) || vt_ended(f->term, &status);
}

/* Keys that were read may still lead to a plugin. */
static bool heads(fuzz *f, const char *text) {
  if (!vt_altscreen(f->term)) vt_send(f->term, "\021\r", 2);
  return strstr(vt_row(f->term, 0), text) != NULL;
}

static bool look(fuzz *f) {
  int y;
  if (f->leaving) vt_settle(f->term, 50, 200); /* the way out takes a moment */
  bool rests = vt_settle(f->term, SILENCE_MS, LENT_MS);
  for (int i = 0; i < RETURNS && !gone(f) && !vt_altscreen(f->term); i++) {
    /* The terminal is lent to a plugin, which waits for enter when it is done. A ^S among the
     * junk may have stopped its output; ^Q lets it go on. */
    f->lent += i == 0;
    vt_send(f->term, "\021\r", 2);
    vt_settle(f->term, LENT_SILENCE_MS, LENT_MS);
    rests = false;
  }
  if (!rests) rests = vt_settle(f->term, SILENCE_MS, REST_MS);
  if (gone(f)) return ended(f);
  if (!rests) return fail(f, "it reads nothing any more, or never rests");
  vt_forget(f->term);
  if (!healthy(f)) return false;
  int n = cursors(f, &y);
  if (n > 1) return fail(f, "%d lines are the cursor's", n);
  bool large = vt_rows(f->term) >= 10 && vt_columns(f->term) >= 40;
  if (large && !wait_until(f, heads, " outboard"))
    return gone(f) ? ended(f) : fail(f, "the first line is not the program's");
  f->leaving = false;
  return true;
}

/* --- at home
 * -------------------------------------------------------------------------------------- */
/* The name in the cursor's row: what stands below the head NAME. */
static bool cursor_row(fuzz *f, char *ret, size_t max) {
  int y = 0, x = 0, head = 0;
  if (cursors(f, &y) != 1 || !vt_find(f->term, "NAME ", &x, &head)) return false;
  const char *row = vt_row(f->term, y);
  for (; x > 0 && *row; x--)
    for (row++; ((unsigned char)*row & 0xc0) == 0x80;) row++;
  snprintf(ret, max, "%.*s", (int)strcspn(row, " "), row);
  return *ret != '\0';
}
/* The same once it has rested there. */
static bool cursor_rests(fuzz *f, char *ret, size_t max) {
  char before[128] = "";
  for (int i = 0, same = 0; i < 300 && same < 30; i++) {
    vt_pump(f->term, 10);
    bool known = cursor_row(f, ret, max);
    same = known && strcmp(before, ret) == 0 ? same + 1 : 0;
    snprintf(before, sizeof before, "%s", known ? ret : "");
  }
  return *before != '\0';
}
static bool has_cursor(fuzz *f, const char *unused) {
  char name[128];
  (void)unused;
  return cursor_row(f, name, sizeof name);
}

static bool change(fuzz *f, const char *method, const char *name) {
  char path[160], body[256] = "";
  bool post = *method == 'P';
  snprintf(path, sizeof path, "/api/v1/namespaces/shop/services%s%s", post ? "" : "/",
           post ? "" : name);
  if (post)
    snprintf(body, sizeof body,
             "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"%s\"},\"spec\":{"
             "\"ports\":[{\"port\":80}]}}",
             name);
  long status = server_request(f->serve, method, path, body);
  bool was_so = status == (post ? 409 : 404);
  return (status >= 200 && status < 300) || was_so ||
         fail(f, "%s %s: %ld %s", method, path, status, server_answer(f->serve));
}

/* The list of services; ret_n is how many it says it has, -1 while it is not all of them. */
static bool on_services_n(fuzz *f, int *ret_n) {
  static const char title[] = " Services ";
  for (int y = 0; y < vt_rows(f->term); y++) {
    const char *row = vt_row(f->term, y), *at = strstr(row, title);
    bool frame = strncmp(row, "╭", strlen("╭")) == 0 || *row == '+';
    if (!frame || !at) continue;
    char *end;
    long n = strtol(at + strlen(title), &end, 10);
    *ret_n = strncmp(end, " of", 3) == 0 || !seen(f, "all namespaces") ? -1 : (int)n;
    return true;
  }
  return false;
}
static bool on_services(fuzz *f) {
  int n;
  return on_services_n(f, &n);
}
static int services(fuzz *f) {
  int n;
  return on_services_n(f, &n) ? n : -1;
}
static bool wait_services(fuzz *f, int n) {
  for (int i = 0; i < 2000 && services(f) != n; i++) vt_pump(f->term, 10);
  vt_settle(f->term, SILENCE_MS, 100);
  return services(f) == n || fail(f, "the list has %d services, not %d", services(f), n);
}

/* Keys are taken in their order: when this word stands and is gone again, all before were. */
static bool heard(fuzz *f) {
  static const char word[] = ":heard";
  fuzz_put(f, word);
  fuzz_send(f);
  for (int i = 0; i < 6000 && !seen(f, word); i++) vt_pump(f->term, 10);
  if (!seen(f, word)) return fail(f, "the keys are not taken");
  for (int i = 0; i < 100 && seen(f, word); i++) {
    fuzz_put(f, "\033");
    fuzz_pause(f, 60);
  }
  return !seen(f, word) || fail(f, "esc does not leave the prompt");
}

/* Guests come to the middle of the list and leave it; the cursor's row is anywhere. */
static bool come_and_go(fuzz *f) {
  static const char *const guests[] = {"aaa-guest", "mmm-guest", "zzz-guest"};
  char before[128], after[128];
  int n = -1, again = 0;
  for (size_t i = 0; i < FUZZ_LEN(guests); i++)
    if (!change(f, "DELETE", guests[i])) return false;
  for (int i = 0; i < 500 && again < 20; i++) {
    vt_pump(f->term, 10);
    again = services(f) > 0 && services(f) == n && seen(f, " live") ? again + 1 : 0;
    n = services(f);
  }
  fuzz_put(f, fuzz_below(f, 2) ? "g" : "G");
  for (uint32_t i = fuzz_below(f, 60); i > 0; i--) fuzz_put(f, fuzz_below(f, 2) ? "j" : "k");
  if (!heard(f)) return false;
  if (!cursor_rests(f, before, sizeof before)) return fail(f, "no row has the cursor");
  for (int leaving = 0; leaving < 2; leaving++) {
    for (size_t i = 0; i < FUZZ_LEN(guests); i++)
      if (!change(f, leaving ? "DELETE" : "POST", guests[i])) return false;
    if (!wait_services(f, leaving ? n : n + (int)FUZZ_LEN(guests))) return false;
    if (!cursor_rests(f, after, sizeof after)) return fail(f, "no row has the cursor");
    if (strcmp(before, after) != 0)
      return fail(f, "the cursor went from %s to %s while others %s", before, after,
                  leaving ? "left" : "came");
  }
  return true;
}

static bool lead_home(fuzz *f) {
  fuzz_online(f);
  fuzz_send(f);
  vt_resize(f->term, 120, 40);
  if (vt_gate(f->term)->in_frame) vt_pump(f->term, 1000);
  /* Esc and what follows may be read as one, so it is tried until it is so. */
  for (int i = 0; i < 10 && (i == 0 || !on_services(f)); i++) {
    fuzz_pause(f, 540 + 200 * i); /* a paste without an end is over, for a slow reader, too */
    for (int k = 0; k < 6; k++) {
      fuzz_put(f, "\033");
      fuzz_pause(f, 40);
    }
    fuzz_put(f, "2");
    fuzz_pause(f, 100);
  }
  for (int k = 0; k < 3; k++) { /* the filter goes */
    fuzz_put(f, "\033");
    fuzz_pause(f, 60);
  }
  fuzz_put(f, ":ns all\rR");
  fuzz_send(f);
  if (!look(f)) return false;
  if (!wait_until(f, seen, " live") || !wait_until(f, seen, " Services ") ||
      !wait_until(f, has_cursor, ""))
    return fail(f, "it does not come home");
  return true;
}

/* A plan that the server was asked for before may still come into view: it is left, and all begins
 * again. */
static bool go_home(fuzz *f) {
  for (int i = 0;; i++) {
    if (lead_home(f) && come_and_go(f)) break;
    if (!healthy(f) || i == LATE_ANSWERS || gone(f) || on_services(f)) return false;
    *f->fault = '\0';
  }
  f->homes++;
  return look(f);
}

/* --- all
 * --------------------------------------------------------------------------------------------- */
static bool hands(fuzz *f) {
  long every = f->goal / HOMES > HOME_LEAST ? f->goal / HOMES : HOME_LEAST, home = every;
  while (f->steps < f->goal) {
    static const uint32_t batch_sizes[] = {1, 1, 2, 5, 20, 100, 300};
    uint32_t n = FUZZ_PICK(f, batch_sizes);
    for (uint32_t i = 0; i < n && f->steps < f->goal && f->len + 1024 < sizeof f->out; i++)
      fuzz_step(f);
    fuzz_send(f);
    f->batches++;
    if (!look(f)) return false;
    if (f->steps >= home || f->steps >= f->goal) {
      if (!go_home(f)) return false;
      home = f->steps + every;
    }
    if (f->goal >= 50000 && f->batches % 500 == 0)
      printf("%ld steps, %ld starts\n", f->steps, f->started), fflush(stdout);
  }
  f->may_leave = f->steps;
  fuzz_put(f, "\003");
  fuzz_send(f);
  return ended(f);
}

static void explain(fuzz *f) {
  printf("FAILED at step %ld: %s\nthe last steps:", f->steps, f->fault);
  for (long i = f->steps > FUZZ_LATEST ? f->steps - FUZZ_LATEST : 0; i <= f->steps; i++)
    if (*f->latest[i % FUZZ_LATEST].text) {
      printf(" ");
      for (const unsigned char *s = (const unsigned char *)f->latest[i % FUZZ_LATEST].text; *s; s++)
        printf(*s < 32 || *s > 126 ? "\\x%02x" : "%c", *s);
    }
  size_t n = 0;
  const char *raw = f->term ? vt_raw(f->term, &n) : "";
  const char *report = strstr(raw, "Sanitizer");
  printf("\n%.8000s\n", report ? report : "");
  if (f->term) vt_dump(f->term);
  printf("the last bytes: ");
  for (size_t i = n > 400 ? n - 400 : 0; i < n; i++) {
    unsigned char c = (unsigned char)raw[i];
    printf(c < 32 || c > 126 ? "\\x%02x" : "%c", c);
  }
  printf("\n");
}

/* A place of its own for state and settings, and a kubectl for the plugins that are shipped. */
static bool prepare(fuzz *f) {
  char path[128];
  snprintf(f->dir, sizeof f->dir, "/tmp/fuzz-XXXXXX");
  if (!mkdtemp(f->dir)) return false;
  snprintf(path, sizeof path, "%s/bin", f->dir);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/bin/kubectl", f->dir);
  FILE *script = fopen(path, "w");
  if (!script) return false;
  fputs("#!/bin/sh\necho \"kubectl $*\"\n", script);
  fclose(script);
  chmod(path, 0700);
  snprintf(f->kubeconfig, sizeof f->kubeconfig, "%s/kubeconfig", f->dir);
  char *argv[] = {(char *)(uintptr_t)(getenv("OUTBOARD") ? getenv("OUTBOARD") : "outboard"),
                  (char *)(uintptr_t) "serve", (char *)(uintptr_t) "--churn",
                  (char *)(uintptr_t) "20", NULL};
  f->serve = server_start(argv, f->kubeconfig);
  return f->serve != NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
  (void)st, (void)type, (void)at;
  return remove(path);
}

int main(int argc, char *argv[]) {
  static fuzz f = {.goal = STEPS};
  const char *seed = getenv("OB_SEED"), *steps = argc > 1 ? argv[1] : getenv("OB_FUZZ_STEPS");
  if (steps) f.goal = strtol(steps, NULL, 10);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  f.seed = seed ? strtoull(seed, NULL, 10)
                : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  f.random = f.seed * 0x9e3779b97f4a7c15ULL + 1;
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("OB_SEED=%llu\n", (unsigned long long)f.seed);
  bool ok = prepare(&f) && start(&f) && hands(&f);
  if (!ok) explain(&f);
  printf("%ld steps in %ld batches, %ld resizes, %ld starts, %ld ways out, %ld times at home, "
         "%ld times lent\n",
         f.steps, f.batches, f.resizes, f.started, f.left, f.homes, f.lent);
  vt_free(f.term);
  server_stop(f.serve);
  nftw(f.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  return ok ? 0 : 1;
}
