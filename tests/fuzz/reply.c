/* What a terminal sends: keys, the mouse, pastes, and its answers to questions. The first byte
 * chooses: reports character by character, or bytes through ncurses as a terminal brings them. */
#include "base/str.h"
#include "fuzz.h"
#include "tui/term.h"
#include "tui/term_report.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { BYTES = 512, EVENTS = 4 * BYTES };

static void holds(const ob_input *in) {
  FUZZ_HOLDS(in->type <= OB_INPUT_GONE);
  if (in->type == OB_INPUT_BACKGROUND) FUZZ_HOLDS(in->key <= 0xffffff);
  if (in->type == OB_INPUT_WHEEL) FUZZ_HOLDS(in->key == OB_KEY_UP || in->key == OB_KEY_DOWN);
  if (in->type == OB_INPUT_PASTE) FUZZ_HOLDS(in->key >= ' ');
}

static void reports(fuzz_in *in) {
  ob_report r;
  ob_report_begin(&r, (ob_report_kind)(1 + fuzz_below(in, OB_REPORT_SYNC)));
  while (in->left) {
    uint32_t c = fuzz_byte(in);
    if (c >= 0xf0) c = c << 8 | fuzz_byte(in);
    if (!ob_report_add(&r, c)) continue;
    FUZZ_HOLDS(r.n < OB_REPORT_MAX && r.text[r.n] == '\0');
    ob_input got = ob_report_input(&r);
    holds(&got);
    (void)ob_report_sync(&r);
    ob_report_begin(&r, (ob_report_kind)(1 + fuzz_below(in, OB_REPORT_SYNC)));
  }
}

static int terminal; /* the other end of our stdin and stdout */

static ob_term *open_term(void) {
  static ob_term *t;
  if (t) return t;
  terminal = posix_openpt(O_RDWR | O_NOCTTY);
  FUZZ_HOLDS(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  FUZZ_HOLDS(end >= 0 && ioctl(end, TIOCSWINSZ, &size) == 0);
  FUZZ_HOLDS(dup2(end, STDIN_FILENO) == 0 && dup2(end, STDOUT_FILENO) == 1);
  close(end);
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  FUZZ_HOLDS(ob_term_open(&t, &(ob_term_opts){.depth = -1, .sync = -1}, NULL) == 0);
  return t;
}

/* Everything that has been sent is read: nothing is kept for the next run. */
static void bytes(fuzz_in *in) {
  ob_term *t = open_term();
  char drop[4096];
  while (read(terminal, drop, sizeof drop) > 0) {
  }
  size_t n = in->left < BYTES ? in->left : BYTES;
  FUZZ_HOLDS(write(terminal, in->at, n) == (ssize_t)n);
  /* Ends whatever is under way: a paste, a report, a sequence. */
  FUZZ_HOLDS(write(terminal, "\033[201~\a\\M", 9) == 9);
  int events = 0;
  for (;;) {
    ob_input got = ob_term_read(t);
    FUZZ_HOLDS(got.type != OB_INPUT_GONE);
    if (got.type == OB_INPUT_NONE) {
      int left = 0;
      if (ioctl(STDIN_FILENO, FIONREAD, &left) == 0 && left == 0) break;
      continue;
    }
    holds(&got);
    FUZZ_HOLDS(++events <= EVENTS);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  if (fuzz_below(&in, 4))
    reports(&in);
  else
    bytes(&in);
  return 0;
}
