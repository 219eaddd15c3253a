/* The textbook's table, filled with this service's facts: which way fits and why, then a column for
 * each way in. Where the panel is too narrow for all of them, they stand in blocks below one
 * another; where even two do not fit, as lists. With rows marked, the marked services stand side by
 * side. */
#include "tui/pages.h"

#include "base/str.h"
#include "outboard/compare.h"
#include "outboard/text.h"

enum { GAP = 1, COLUMN_MIN = 15, CELL_LINES_MAX = 12, MARKED_COLUMN_MIN = 18 };

typedef struct cell {
  ob_buf text;
  ob_role role;
  size_t at; /* bytes shown so far */
} cell;

/* The next line of a cell; false when there is none left. */
static bool next_line(ob_doc *d, cell *c, int width) {
  const char *s = ob_buf_str(&c->text) + c->at;
  size_t left = c->text.len - c->at, skip = 0;
  if (left == 0) return false;
  const char *nl = memchr(s, '\n', left);
  size_t n = nl ? (size_t)(nl - s) : left;
  size_t take = ob_wrap_line(s, n, width, &skip);
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_add(&line, s, take);
  ob_doc_put(d, c->role, ob_buf_str(&line));
  take += skip;
  if (take >= n && nl) take = n + 1;
  c->at += take;
  return c->at < c->text.len;
}

static void make_cell(cell *c, const ob_compare *x, ob_way way, ob_compare_row row) {
  ob_buf_init(&c->text, OB_LINE_MAX);
  c->at = 0;
  c->role = ob_tone_role(ob_compare_cell(x, way, row, &c->text));
}

/* A row of cells side by side, as many lines as the longest needs. */
static void write_row(ob_doc *d, const char *title, int label, cell *cells, size_t n, int column) {
  bool more = true;
  for (int line = 0; more && line < CELL_LINES_MAX; line++) {
    more = false;
    ob_doc_cell(d, OB_ROLE_LABEL, label, line == 0 ? title : "");
    for (size_t i = 0; i < n; i++) {
      ob_doc_to(d, label + GAP + (int)i * (column + GAP));
      more |= next_line(d, &cells[i], column);
    }
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < n; i++) ob_buf_done(&cells[i].text);
}

static int label_width(void) {
  int w = 0;
  for (int i = 0; i < OB_CMP_COUNT; i++) {
    int k = (int)strlen(ob_compare_rows[i].title);
    if (k > w) w = k;
  }
  return w;
}

/* `chosen`: the column that the keys mean, n none. */
static void write_heads(ob_doc *d, const char *const *titles, size_t n, size_t chosen, int label,
                        int column) {
  ob_doc_cell(d, OB_ROLE_TEXT, label, "");
  for (size_t i = 0; i < n; i++) {
    ob_doc_to(d, label + GAP + (int)i * (column + GAP));
    OB_AUTOFREE char *marked = i == chosen ? ob_asprintf("▸ %s", titles[i]) : NULL;
    ob_doc_cell(d, marked ? OB_ROLE_TAB_ACTIVE : OB_ROLE_HEADING, column,
                marked ? marked : titles[i]);
  }
  ob_doc_nl(d);
}

static void write_block(ob_doc *d, const ob_compare *x, const ob_way *ways, size_t n, int chosen,
                        int label, int column) {
  const char *titles[OB_WAY_COUNT];
  size_t at = n;
  for (size_t i = 0; i < n; i++) {
    titles[i] = ob_way_names[ways[i]].title;
    if ((int)ways[i] == chosen) at = i;
  }
  write_heads(d, titles, n, at, label, column);
  for (int r = 0; r < OB_CMP_COUNT; r++) {
    cell cells[OB_WAY_COUNT];
    for (size_t i = 0; i < n; i++) make_cell(&cells[i], x, ways[i], (ob_compare_row)r);
    write_row(d, ob_compare_rows[r].title, label, cells, n, column);
  }
}

static void write_lists(ob_doc *d, const ob_compare *x, const ob_way *ways, size_t n, int chosen) {
  for (size_t w = 0; w < n; w++) {
    OB_AUTOFREE char *marked =
        (int)ways[w] == chosen ? ob_asprintf("▸ %s", ob_way_names[ways[w]].title) : NULL;
    ob_doc_heading(d, marked ? marked : ob_way_names[ways[w]].title);
    for (int r = 0; r < OB_CMP_COUNT; r++) {
      cell c;
      make_cell(&c, x, ways[w], (ob_compare_row)r);
      OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
      for (size_t i = 0; i < c.text.len; i++)
        c.text.ptr[i] == '\n' ? ob_buf_adds(&line, ", ") : ob_buf_addc(&line, c.text.ptr[i]);
      ob_doc_field(d, ob_compare_rows[r].title, c.role, ob_buf_str(&line));
      ob_buf_done(&c.text);
    }
  }
}

/* --- the recommendation ------------------------------------------------------------------ */
static void write_verdict(ob_doc *d, const ob_compare *x) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_compare_verdict(x, &text);
  ob_doc_put(d, OB_ROLE_LABEL, "fits best  ");
  ob_doc_wrap(d, OB_ROLE_OK, ob_buf_str(&text));
  ob_doc_nl(d);
  for (size_t i = 0; i < ob_compare_nreasons(x); i++) {
    ob_reason r = ob_compare_reason(x, i);
    if (r.advice->way != OB_WAY_COUNT) continue;
    ob_doc_put(d, OB_ROLE_LABEL, "not known  ");
    ob_doc_wrap(d, OB_ROLE_WARN, r.text);
    ob_doc_nl(d);
  }
  ob_doc_nl(d);
}

static void write_others(ob_doc *d, const ob_compare *x) {
  ob_doc_heading(d, "For and against");
  for (size_t i = 0; i < ob_compare_nreasons(x); i++) {
    ob_reason r = ob_compare_reason(x, i);
    if (r.advice->way == OB_WAY_COUNT || !ob_compare_has(x, r.advice->way)) continue;
    ob_doc_put(d, r.advice->weight < 0 ? OB_ROLE_WARN : OB_ROLE_OK,
               r.advice->weight < 0 ? "− " : "+ ");
    ob_doc_put(d, OB_ROLE_LABEL, ob_way_names[r.advice->way].title);
    ob_doc_put(d, OB_ROLE_TEXT, "  ");
    ob_doc_wrap(d, OB_ROLE_TEXT, r.text);
    ob_doc_nl(d);
  }
}

/* Where the columns do not fit, the first screenful still says which fits and which exist. */
static void write_glance(ob_doc *d, const ob_compare *x, const ob_way *ways, size_t n) {
  for (size_t i = 0; i < n; i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_role role = ob_tone_role(ob_compare_cell(x, ways[i], OB_CMP_NOW, &text));
    if (ways[i] == ob_compare_best(x)) ob_buf_adds(&text, ", fits best");
    ob_doc_field(d, ob_way_names[ways[i]].title, role, ob_buf_str(&text));
  }
  ob_doc_nl(d);
}

static void write_one(ob_doc *d, const ob_subject *s) {
  ob_compare *x = ob_compare_new(s->cluster, s->row->service, s->prices);
  ob_way ways[OB_WAY_COUNT];
  size_t n = 0;
  for (int w = 0; w < OB_WAY_COUNT; w++)
    if (ob_compare_has(x, (ob_way)w)) ways[n++] = (ob_way)w;
  int label = label_width(), room = d->width - label;
  size_t fit = room > 0 ? (size_t)(room / (COLUMN_MIN + GAP)) : 0;
  if (fit < 2) write_glance(d, x, ways, n);
  write_verdict(d, x);
  if (fit > n) fit = n;
  if (fit < 2) {
    write_lists(d, x, ways, n, s->way);
  } else {
    size_t blocks = (n + fit - 1) / fit, each = (n + blocks - 1) / blocks;
    int column = room / (int)each - GAP;
    for (size_t at = 0; at < n; at += each) {
      if (at) ob_doc_nl(d);
      write_block(d, x, ways + at, n - at < each ? n - at : each, s->way, label, column);
    }
  }
  write_others(d, x);
  ob_compare_free(x);
}

/* --- marked services --------------------------------------------------------------------- */
/* What is shown of each: its best way's cells, and for what exists now the way it has. */
static ob_way way_now(const ob_compare *x) {
  for (int w = OB_WAY_COUNT - 1; w > OB_WAY_CLUSTER_IP; w--) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    if (ob_compare_has(x, (ob_way)w) &&
        ob_compare_cell(x, (ob_way)w, OB_CMP_NOW, &text) != OB_TONE_DIM)
      return (ob_way)w;
  }
  return OB_WAY_CLUSTER_IP;
}

static void make_marked(cell *c, const ob_compare *x, int row) {
  static const ob_compare_row shown[] = {OB_CMP_NOW, OB_CMP_ADDRESS,  OB_CMP_READY,
                                         OB_CMP_TLS, OB_CMP_SECURITY, OB_CMP_COST};
  if (row > 0) {
    make_cell(c, x, row <= 6 ? way_now(x) : ob_compare_best(x), shown[(row - 1) % 6]);
    return;
  }
  *c = (cell){.text = OB_BUF_INIT(OB_LINE_MAX), .role = OB_ROLE_OK};
  ob_compare_verdict(x, &c->text);
}

static void write_marked(ob_doc *d, const ob_subject *s) {
  static const char *const titles[] = {"fits best", "now",      "address",   "ready",
                                       "TLS ends",  "security", "cost/month"};
  int label = label_width(), room = d->width - label;
  size_t fit = room > 0 ? (size_t)(room / (MARKED_COLUMN_MIN + GAP)) : 1;
  if (fit < 1) fit = 1;
  if (fit > s->nmarked) fit = s->nmarked;
  for (size_t at = 0; at < s->nmarked; at += fit) {
    size_t n = s->nmarked - at < fit ? s->nmarked - at : fit;
    int column = room / (int)fit - GAP;
    ob_compare *x[OB_MARKED_MAX];
    OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
    const char *heads[OB_MARKED_MAX];
    size_t from[OB_MARKED_MAX];
    for (size_t i = 0; i < n; i++) {
      const ob_service *service = s->marked[at + i];
      x[i] = ob_compare_new(s->cluster, service, s->prices);
      from[i] = names.len;
      ob_buf_addf(&names, "%s/%s", service->o.ns, service->o.name);
      ob_buf_addc(&names, '\0');
    }
    for (size_t i = 0; i < n; i++) heads[i] = ob_buf_str(&names) + from[i];
    if (at) ob_doc_nl(d);
    write_heads(d, heads, n, n, label, column);
    for (size_t r = 0; r < OB_LEN(titles); r++) {
      cell cells[OB_MARKED_MAX];
      for (size_t i = 0; i < n; i++) make_marked(&cells[i], x[i], (int)r);
      write_row(d, titles[r], label, cells, n, column);
    }
    for (size_t i = 0; i < n; i++) ob_compare_free(x[i]);
  }
}

void ob_page_write_COMPARE(ob_doc *d, const ob_subject *s) {
  if (s->nmarked > 1) {
    write_marked(d, s);
    return;
  }
  if (!s->row->service) {
    ob_doc_wrap(d, OB_ROLE_WARN,
                "This row leads to no service that exists, so there is nothing to compare.");
    ob_doc_nl(d);
    ob_page_write_DETAILS(d, s);
    return;
  }
  write_one(d, s);
}
