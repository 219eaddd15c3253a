#include "cli/grid.h"

#include "base/buf.h"
#include "base/str.h"
#include "outboard/text.h"

enum { GAP = 3 };

void ob_grid_init(ob_grid *g, const char *const *titles, size_t ncolumns) {
  *g = (ob_grid){.ncolumns = ncolumns};
  for (size_t i = 0; i < ncolumns; i++) ob_grid_add(g, titles[i]);
}

void ob_grid_done(ob_grid *g) {
  for (size_t i = 0; i < g->cells.len; i++) free(g->cells.at[i]);
  ob_vec_done(&g->cells);
}

void ob_grid_add(ob_grid *g, const char *text) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&safe, ob_or(text, "-"), OB_TEXT_LINE);
  ob_vec_push(&g->cells, ob_buf_take(&safe, NULL));
}

static int width_of(const char *s) {
  return ob_text_width(s, strlen(s));
}

void ob_grid_print(const ob_grid *g, FILE *out, bool headers) {
  int widths[OB_GRID_COLUMNS] = {0};
  size_t n = g->ncolumns;
  for (size_t i = headers ? 0 : n; i < g->cells.len; i++)
    if (widths[i % n] < width_of(g->cells.at[i])) widths[i % n] = width_of(g->cells.at[i]);
  for (size_t i = headers ? 0 : n; i < g->cells.len; i++) {
    const char *cell = g->cells.at[i];
    if (i % n == n - 1)
      fprintf(out, "%s\n", cell);
    else
      fprintf(out, "%s%*s", cell, widths[i % n] - width_of(cell) + GAP, "");
  }
}
