/* Environment variables are read when the screen is opened and never again. */
#include "tui/term_env.h"

#include "base/buf.h"
#include "base/str.h"
#include "tui/term.h"

#include <stdlib.h>
#include <unistd.h>

bool ob_term_possible(ob_err *err) {
  const char *term = getenv("TERM");
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    ob_fail(err, OB_EUSAGE, "the dashboard needs a terminal, and %s is none",
            isatty(STDIN_FILENO) ? "stdout" : "stdin");
  else if (!term || !*term)
    ob_fail(err, OB_EUSAGE, "the dashboard needs to know the terminal, and TERM is not set");
  else if (strcmp(term, "dumb") == 0)
    ob_fail(err, OB_EUSAGE, "the dashboard cannot draw on a terminal with TERM=dumb");
  else
    return true;
  ob_hint(err, "for scripts and plain output use `outboard get exposure`");
  return false;
}

bool ob_env_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < OB_LEN(names); i++) {
    const char *v = getenv(names[i]);
    if (v && *v) return ob_contains_nocase(v, "utf-8") || ob_contains_nocase(v, "utf8");
  }
  return true;
}

const char *ob_env_direct_entry(const char *term) {
  const char *colorterm = getenv("COLORTERM");
  if (!ob_streq(colorterm, "truecolor") && !ob_streq(colorterm, "24bit")) return NULL;
  if (ob_starts(term, "linux") || ob_starts(term, "vt") || ob_starts(term, "screen")) return NULL;
  return OB_DIRECT_ENTRY;
}

void ob_env_copy(ob_buf *out, const char *text, size_t n) {
  enum { SCREEN_PIECE = 760 };
  OB_AUTO(ob_buf) osc = OB_BUF_INIT(n * 2 + 64);
  ob_buf_adds(&osc, "\033]52;c;");
  ob_base64_encode(&osc, text, n);
  if (getenv("STY") && !getenv("TMUX")) {
    ob_buf_adds(&osc, "\007");
    for (size_t at = 0; at < osc.len; at += SCREEN_PIECE) {
      size_t k = osc.len - at < SCREEN_PIECE ? osc.len - at : SCREEN_PIECE;
      ob_buf_adds(out, "\033P");
      ob_buf_add(out, ob_buf_str(&osc) + at, k);
      ob_buf_adds(out, "\033\\");
    }
    return;
  }
  ob_buf_add(out, ob_buf_str(&osc), osc.len);
  ob_buf_adds(out, "\033\\");
  if (getenv("TMUX")) ob_buf_addf(out, "\033Ptmux;\033%s\007\033\\", ob_buf_str(&osc));
}

bool ob_env_answers(const char *term) {
  static const char *const mute[] = {"linux", "vt", "ansi", "cons", "sun", "wy"};
  for (size_t i = 0; i < OB_LEN(mute); i++)
    if (ob_starts(term, mute[i])) return false;
  return true;
}

wchar_t ob_ascii_mark(uint32_t cp) {
  static const struct {
    uint32_t cp;
    char c;
  } marks[] = {{0x2013, '-'}, {0x2014, '-'}, {0x2212, '-'}, {0x2026, '>'}, {0x25cf, '*'}, {0x25cb, 'o'},
               {0x2717, 'x'}, {0x2713, '+'}, {0x2192, '>'}, {0x25b8, '>'}, {0x00b7, '.'},
               {0x25b2, '^'}, {0x25bc, 'v'}, {0x00d7, 'x'}, {0x256d, '+'}, {0x256e, '+'},
               {0x256f, '+'}, {0x2570, '+'}, {0x2500, '-'}, {0x2502, '|'}, {0x258c, '>'},
               {0x25d0, '~'}, {0x25cc, 'o'}, {0x2298, '!'}, {0x2191, '^'}, {0x2193, 'v'},
               {0x2190, '<'}, {0x203a, '>'}, {0x2039, '<'}, {0x25b4, '^'}, {0x25be, 'v'},
               {0x25c6, '#'}, {0x2588, '#'}, {0x2581, '_'}, {0x2582, '_'}, {0x2583, '-'}, {0x2584, '+'}, {0x2585, '='}, {0x2586, '='}, {0x2587, '#'}, {0x2591, '.'}};
  for (size_t i = 0; i < OB_LEN(marks); i++)
    if (marks[i].cp == cp) return (wchar_t)(unsigned char)marks[i].c;
  return 0;
}
