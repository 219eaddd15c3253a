/* The one place that makes outside text safe for a terminal.
 *
 * Names, annotations, events, Status messages, kubeconfigs and file paths are
 * hostile until they have passed ob_text_safe(). What comes out holds only
 * printable code points whose width every terminal agrees on:
 *   - C0, DEL and C1 controls become their U+2400 pictures (ESC -> U+241B, C1 -> U+FFFD);
 *   - bidi controls, zero-width and invisible format characters, tags, variation
 *     selectors, surrogates, noncharacters and unassigned widths become U+FFFD
 *     or vanish where Unicode gives them no width and no meaning alone
 *     (VS15/VS16, ZWJ between emoji);
 *   - bytes that are not UTF-8 become one U+FFFD for each maximal bad part
 *     (Unicode 15, 3.9, table 3-8);
 *   - a combining mark with nothing to combine with gets a U+25CC base; more than
 *     4 marks on one base are dropped.
 * Source: Unicode TR9 (bidi), TR36/TR39 (security), ECMA-48 (controls).
 *
 * Ownership Output is appended to the caller's ob_buf.
 * Thread    ANY. Widths need a UTF-8 LC_CTYPE: the program sets one at start.
 * Limits    Linear; output at most 4 bytes for each input byte (8 for a tab) and the
 *           buffer's cap.
 */
#ifndef OUTBOARD_TEXT_H
#define OUTBOARD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ob_buf;

enum {
  OB_TEXT_LINE = 0,       /* \n and \t become pictures too: the result is one line */
  OB_TEXT_LINES = 1 << 0, /* \n stays, \t becomes spaces to the next multiple of 8, \r\n -> \n */
};

/* Append the safe form of `n` bytes at `s`. Idempotent on its own output. */
void ob_text_safe(struct ob_buf *out, const char *s, size_t n, unsigned flags);
/* The same for a NUL-terminated string; NULL appends nothing. */
void ob_text_safe_str(struct ob_buf *out, const char *s, unsigned flags);

/* Columns that safe text takes. Unsafe input is measured as if made safe. */
int ob_text_width(const char *safe, size_t n);

/* How text sits in its columns. */
typedef enum ob_align { OB_LEFT, OB_RIGHT } ob_align;

/* Append safe text cut or padded to exactly `width` columns. Text that does not
 * fit ends with an ellipsis: "…" or, when `ascii`, ">". A wide character never
 * straddles the edge (a space takes the odd column). Unsafe input is made safe on the way. */
void ob_text_fit(struct ob_buf *out, const char *safe, size_t n, int width, ob_align align,
                 bool ascii);

/* Decode one code point. Returns bytes used (>= 1); *ret_cp is U+FFFD for a bad part.
 * n must be > 0. */
size_t ob_utf8_next(const char *s, size_t n, uint32_t *ret_cp);
/* Encode into out[4]; returns the number of bytes. Invalid code points give U+FFFD. */
size_t ob_utf8_put(char out[4], uint32_t cp);
bool ob_utf8_valid(const char *s, size_t n);

/* Bytes that the first `columns` columns take (never splits a cluster). */
size_t ob_text_prefix(const char *safe, size_t n, int columns, int *ret_width);

#endif
