/* A small table of texts: columns as wide as their widest cell, three blanks between them.
 *
 * Ownership The grid owns copies of its cells, made safe for a terminal. Thread: the one that
 * prints. Limits    OB_GRID_COLUMNS columns.
 */
#ifndef OB_CLI_GRID_H
#define OB_CLI_GRID_H

#include "base/mem.h"
#include <stdbool.h>
#include <stdio.h>

enum { OB_GRID_COLUMNS = 16 };

typedef struct ob_grid {
  size_t ncolumns;
  OB_VEC(char *) cells; /* row by row; the first row holds the titles */
} ob_grid;

/* titles: ncolumns <= OB_GRID_COLUMNS of them. */
void ob_grid_init(ob_grid *g, const char *const *titles, size_t ncolumns);
void ob_grid_done(ob_grid *g);
OB_AUTO_DEFINE(ob_grid, ob_grid_done)
/* The next cell; "" and NULL are shown as "-". */
void ob_grid_add(ob_grid *g, const char *text);
void ob_grid_print(const ob_grid *g, FILE *out, bool headers);

#endif
