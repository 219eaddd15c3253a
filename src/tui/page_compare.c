/* The textbook's table, filled with this service's facts: a column for each way in. Where the
 * panel is too narrow for three columns, the ways stand below one another. */
#include "tui/pages.h"

#include "base/str.h"
#include "outboard/text.h"

enum { GAP = 1, COLUMN_MIN = 10, CELL_LINES_MAX = 12 };

typedef struct cell {
  ob_buf text;
  ob_role role;
  size_t at; /* bytes shown so far */
} cell;

/* The next line of a cell, padded; false when there is none left. */
static bool next_line(ob_doc *d, cell *c, int width) {
  const char *s = ob_buf_str(&c->text) + c->at;
  size_t left = c->text.len - c->at, skip = 0;
  if (left == 0) {
    ob_doc_cell(d, OB_ROLE_TEXT, width, "");
    return false;
  }
  const char *nl = memchr(s, '\n', left);
  size_t n = nl ? (size_t)(nl - s) : left;
  size_t take = ob_wrap_line(s, n, width, &skip);
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_add(&line, s, take);
  ob_doc_cell(d, c->role, width, ob_buf_str(&line));
  take += skip;
  if (take >= n && nl) take = n + 1;
  c->at += take;
  return c->at < c->text.len;
}

static void make_cell(cell *c, const ob_subject *s, int way, int row) {
  ob_buf_init(&c->text, OB_LINE_MAX);
  c->at = 0;
  ob_tone tone =
      ob_compare_cell(s->cluster, s->row->service, (ob_way)way, (ob_compare_row)row, &c->text);
  c->role = ob_tone_role(tone);
}

static int label_width(void) {
  int w = 0;
  for (int i = 0; i < OB_CMP_COUNT; i++) {
    int k = (int)strlen(ob_compare_titles[i]);
    if (k > w) w = k;
  }
  return w;
}

static void write_grid(ob_doc *d, const ob_subject *s, int label, int column) {
  ob_doc_cell(d, OB_ROLE_TEXT, label, "");
  for (int w = 0; w < OB_WAY_COUNT; w++) {
    ob_doc_to(d, label + GAP + w * (column + GAP));
    ob_doc_cell(d, OB_ROLE_HEADING, column, ob_way_titles[w]);
  }
  ob_doc_nl(d);
  for (int r = 0; r < OB_CMP_COUNT; r++) {
    cell cells[OB_WAY_COUNT];
    for (int w = 0; w < OB_WAY_COUNT; w++) make_cell(&cells[w], s, w, r);
    bool more = true;
    for (int line = 0; more && line < CELL_LINES_MAX; line++) {
      more = false;
      ob_doc_cell(d, OB_ROLE_LABEL, label, line == 0 ? ob_compare_titles[r] : "");
      for (int w = 0; w < OB_WAY_COUNT; w++) {
        ob_doc_to(d, label + GAP + w * (column + GAP));
        more |= next_line(d, &cells[w], column);
      }
      ob_doc_nl(d);
    }
    for (int w = 0; w < OB_WAY_COUNT; w++) ob_buf_done(&cells[w].text);
  }
}

static void write_stack(ob_doc *d, const ob_subject *s) {
  for (int w = 0; w < OB_WAY_COUNT; w++) {
    ob_doc_heading(d, ob_way_titles[w]);
    for (int r = 0; r < OB_CMP_COUNT; r++) {
      cell c;
      make_cell(&c, s, w, r);
      for (size_t i = 0; i < c.text.len; i++)
        if (c.text.ptr[i] == '\n') c.text.ptr[i] = ' ';
      ob_doc_field(d, ob_compare_titles[r], c.role, ob_buf_str(&c.text));
      ob_buf_done(&c.text);
    }
  }
}

void ob_page_write_COMPARE(ob_doc *d, const ob_subject *s) {
  if (!s->row->service) {
    ob_doc_wrap(d, OB_ROLE_WARN,
                "This row leads to no service that exists, so there is nothing to compare. "
                "Its Details page says why.");
    ob_doc_nl(d);
    return;
  }
  int label = label_width();
  int column = (d->width - label - GAP * OB_WAY_COUNT) / OB_WAY_COUNT;
  if (column >= COLUMN_MIN)
    write_grid(d, s, label, column);
  else
    write_stack(d, s);
}
