/* How rows are printed: table, wide, json, yaml, csv, name. One row of a table each.
 *
 * Thread    The one that prints.
 * Ownership A printer borrows the view, the stream and the list's rows while it runs.
 */
#ifndef OB_CLI_FORMAT_H
#define OB_CLI_FORMAT_H

#include "base/buf.h"
#include "base/json.h"
#include "outboard/view.h"
#include <stdio.h>

typedef enum ob_format_id {
  OB_FORMAT_TABLE,
  OB_FORMAT_WIDE,
  OB_FORMAT_JSON,
  OB_FORMAT_YAML,
  OB_FORMAT_CSV,
  OB_FORMAT_NAME,
  OB_FORMAT_COUNT
} ob_format_id;

/* What happened to a row; NONE in a plain listing. */
typedef enum ob_row_event { OB_ROW_NONE, OB_ROW_ADDED, OB_ROW_MODIFIED, OB_ROW_DELETED } ob_row_event;

typedef struct ob_printer {
  const ob_view *view;
  FILE *out;
  ob_format_id format;
  bool watch;      /* rows carry an event; json is one object a line */
  bool namespaces; /* show the namespace column */
  bool headers;
  bool colour;     /* also links */
  bool seen;       /* a terminal: csv and yaml are made safe; else they carry the real values */
  int widths[32];  /* tables: grown by each batch, so that later rows align */
  bool started;    /* headers are out, or json's opening */
} ob_printer;

/* One row, made once and printed in any format: the cells' texts in column order. */
typedef struct ob_line {
  ob_row_event event;
  uint32_t changed;    /* MODIFIED: bit of each column whose text did */
  const char *const *was; /* MODIFIED: the cells of before, borrowed while it is printed */
  char *texts;         /* cells one after another, each with its NUL */
  const char *cell[32];
  ob_tone tone[32];
  char mark[32];
  bool has_num[32], unknown[32], none[32], link[32];
  int64_t num[32];
  char *name;          /* "service/web", "ingress/shop" */
} ob_line;

enum { OB_COLUMNS_MAX = 32 };

/* False when no format has that name. */
bool ob_format_find(const char *name, ob_format_id *ret);

void ob_line_make(ob_line *ret, const ob_cluster *c, const ob_view *v, const ob_row *r,
                  int64_t now_ms);
void ob_line_done(ob_line *l);

/* The item of json and yaml. Caller owns. */
ob_json *ob_line_json(const ob_line *l, const ob_view *v);

/* Print a batch. `meta` (may be NULL, borrowed) is an object whose members stand beside
 * "items" in json and yaml. `last` closes the document. */
void ob_print_lines(ob_printer *p, const ob_line *lines, size_t n, const ob_json *meta);

#endif
