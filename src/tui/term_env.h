/* What can be told of the terminal before it is opened: from the environment alone.
 *
 * Thread UI. (ob_term_possible(), declared in tui/term.h, lives here too.)
 */
#ifndef OB_TUI_TERM_ENV_H
#define OB_TUI_TERM_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Does the person's locale promise UTF-8? An environment that says nothing at all is taken
 * for a container or a service of today, whose terminal speaks UTF-8. */
bool ob_env_utf8(void);
/* The terminfo entry with direct colours for this terminal, NULL none. alacritty-direct
 * writes 38;2;r;g;b, which every truecolor terminal reads; xterm-direct's colons not. */
#define OB_DIRECT_ENTRY "alacritty-direct"
const char *ob_env_direct_entry(const char *term);
struct ob_buf;
/* The sequence that copies a text. tmux takes OSC 52 itself when set-clipboard allows it, and passes
 * it on when allow-passthrough does: it gets both. screen passes on pieces of at most 768 bytes. */
void ob_env_copy(struct ob_buf *out, const char *text, size_t n);
/* May the terminal be asked about itself? Consoles and old terminals would show the question. */
bool ob_env_answers(const char *term);
/* What stands for a mark of outboard's own where only ASCII is drawn; 0 nothing. */
wchar_t ob_ascii_mark(uint32_t cp);

#endif
