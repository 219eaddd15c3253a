/* Text with roles, line by line: what pages, help and messages are made of.
 *
 * A page writes into a doc for a given width; the pager shows a part of it. Everything put
 * into a doc is made terminal-safe on the way in.
 *
 * Ownership ob_doc_done() frees. Thread: UI.
 * Limits    OB_DOC_MAX bytes; the rest is cut, and `text.failed` says so.
 */
#ifndef OB_TUI_DOC_H
#define OB_TUI_DOC_H

#include "base/buf.h"
#include "tui/theme.h"

enum { OB_DOC_MAX = 32 * 1024 * 1024 };

typedef struct ob_span {
  size_t at, len; /* bytes of text */
  ob_role role;
} ob_span;

typedef struct ob_doc_line {
  size_t at, len; /* bytes of text */
  size_t span, nspans;
} ob_doc_line;

typedef struct ob_doc {
  ob_buf text;
  OB_VEC(ob_span) spans;
  OB_VEC(ob_doc_line) lines;
  int width;  /* what pages wrap to */
  int column; /* where the open line ends */
  bool open;  /* a line is open */
} ob_doc;

void ob_doc_init(ob_doc *d);
void ob_doc_done(ob_doc *d);
void ob_doc_reset(ob_doc *d, int width);

/* Append to the open line (opening one). */
void ob_doc_put(ob_doc *d, ob_role role, const char *text);
void ob_doc_putn(ob_doc *d, ob_role role, const char *text, size_t n);
void ob_doc_putf(ob_doc *d, ob_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Cut or padded to exactly `width` columns. */
void ob_doc_cell(ob_doc *d, ob_role role, int width, const char *text);
/* Blanks up to the column; one at least unless already there. */
void ob_doc_to(ob_doc *d, int column);
/* End the open line; an empty one when none is open. */
void ob_doc_nl(ob_doc *d);

/* Words wrapped to the width; further lines start at the column where the first began. */
void ob_doc_wrap(ob_doc *d, ob_role role, const char *text);
/* The label of a field whose text follows by other calls. */
void ob_doc_label(ob_doc *d, const char *label);
/* "label   text", wrapped; nothing when the text is empty. */
void ob_doc_field(ob_doc *d, const char *label, ob_role role, const char *text);
/* A heading with an empty line before it, unless it is the first. */
void ob_doc_heading(ob_doc *d, const char *text);

/* Bytes of safe text that make one line of at most `width` columns, broken at a blank or
 * after punctuation of addresses where there is one; *ret_skip: blanks to leave out after it. */
size_t ob_wrap_line(const char *safe, size_t n, int width, size_t *ret_skip);

#endif
