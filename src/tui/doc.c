/* One buffer holds the text of all lines, spans say the role of stretches of it, lines say
 * where each begins. Neighbouring stretches of one role become one span. */
#include "tui/doc.h"

#include "base/str.h"
#include "outboard/text.h"

enum { LABEL_WIDTH = 16, LABEL_WIDTH_NARROW = 14, NARROW = 44 };

void ob_doc_init(ob_doc *d) {
  *d = (ob_doc){.width = 80};
  ob_buf_init(&d->text, OB_DOC_MAX);
}

void ob_doc_done(ob_doc *d) {
  ob_buf_done(&d->text);
  ob_vec_done(&d->spans);
  ob_vec_done(&d->lines);
}

void ob_doc_reset(ob_doc *d, int width) {
  ob_buf_reset(&d->text);
  d->spans.len = d->lines.len = 0;
  d->width = width < 1 ? 1 : width;
  d->column = 0;
  d->open = false;
}

static ob_doc_line *open_line(ob_doc *d) {
  if (!d->open) {
    ob_vec_push(&d->lines, (ob_doc_line){.at = d->text.len, .span = d->spans.len});
    d->open = true;
    d->column = 0;
  }
  return &d->lines.at[d->lines.len - 1];
}

/* Takes up what was appended to the text since `at`. */
static void take_span(ob_doc *d, ob_role role, size_t at) {
  ob_doc_line *line = &d->lines.at[d->lines.len - 1];
  size_t len = d->text.len - at;
  if (len == 0) return;
  d->column += ob_text_width(d->text.ptr + at, len);
  line->len += len;
  if (line->nspans > 0 && d->spans.at[d->spans.len - 1].role == role) {
    d->spans.at[d->spans.len - 1].len += len;
    return;
  }
  ob_vec_push(&d->spans, (ob_span){at, len, role});
  line->nspans++;
}

void ob_doc_putn(ob_doc *d, ob_role role, const char *text, size_t n) {
  open_line(d);
  size_t at = d->text.len;
  ob_text_safe(&d->text, text, n, OB_TEXT_LINE);
  take_span(d, role, at);
}

void ob_doc_put(ob_doc *d, ob_role role, const char *text) {
  ob_doc_putn(d, role, text ? text : "", text ? strlen(text) : 0);
}

void ob_doc_putf(ob_doc *d, ob_role role, const char *fmt, ...) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&b, fmt, ap);
  va_end(ap);
  ob_doc_putn(d, role, ob_buf_str(&b), b.len);
}

void ob_doc_cell(ob_doc *d, ob_role role, int width, const char *text) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&safe, text, OB_TEXT_LINE);
  open_line(d);
  size_t at = d->text.len;
  ob_text_fit(&d->text, ob_buf_str(&safe), safe.len, width, OB_LEFT, false);
  take_span(d, role, at);
}

void ob_doc_to(ob_doc *d, int column) {
  open_line(d);
  size_t at = d->text.len;
  ob_buf_fill(&d->text, ' ', column > d->column ? (size_t)(column - d->column) : 1);
  take_span(d, OB_ROLE_TEXT, at);
}

void ob_doc_nl(ob_doc *d) {
  open_line(d);
  d->open = false;
  d->column = 0;
}

/* --- wrapping ------------------------------------------------------------------------------ */
size_t ob_wrap_line(const char *safe, size_t n, int width, size_t *ret_skip) {
  *ret_skip = 0;
  if (width < 1) width = 1;
  size_t fits = ob_text_prefix(safe, n, width, NULL);
  if (fits >= n) return n;
  if (fits == 0) { /* a wide character where one column is left */
    uint32_t cp;
    return ob_utf8_next(safe, n, &cp);
  }
  size_t cut = 0, part = 0; /* part: of one long name */
  for (size_t i = 0; i <= fits && i < n; i++) {
    if (n - i >= 3 && memcmp(safe + i, "://", 3) == 0)
      i += 2; /* what stands before says nothing by itself */
    else if (safe[i] == ' ')
      cut = i;
    else if (i < fits && strchr("/,;", safe[i]))
      cut = i + 1;
    else if (i < fits && strchr(".-:_=", safe[i]))
      part = i + 1;
  }
  if (cut == 0) return part > fits / 3 ? part : fits;
  while (cut > 0 && safe[cut - 1] == ' ') cut--;
  while (cut + *ret_skip < n && safe[cut + *ret_skip] == ' ') ++*ret_skip;
  return cut;
}

void ob_doc_wrap(ob_doc *d, ob_role role, const char *text) {
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_DOC_MAX);
  ob_text_safe_str(&safe, text, OB_TEXT_LINES);
  open_line(d);
  int indent = d->column < d->width - 8 ? d->column : 0;
  const char *s = ob_buf_str(&safe);
  size_t left = safe.len;
  while (left > 0) {
    const char *nl = memchr(s, '\n', left);
    size_t n = nl ? (size_t)(nl - s) : left, skip;
    size_t take = ob_wrap_line(s, n, d->width - d->column, &skip);
    ob_doc_putn(d, role, s, take);
    take += skip;
    if (take >= n && nl) take = n + 1;
    s += take;
    left -= take;
    if (left > 0) {
      ob_doc_nl(d);
      if (indent > 0) ob_doc_to(d, indent);
    }
  }
}

void ob_doc_label(ob_doc *d, const char *label) {
  if (d->open) ob_doc_nl(d);
  ob_doc_put(d, OB_ROLE_LABEL, label);
  ob_doc_to(d, d->width < NARROW ? LABEL_WIDTH_NARROW : LABEL_WIDTH);
}

void ob_doc_field(ob_doc *d, const char *label, ob_role role, const char *text) {
  if (!text || !*text) return;
  ob_doc_label(d, label);
  ob_doc_wrap(d, role, text);
  ob_doc_nl(d);
}

void ob_doc_heading(ob_doc *d, const char *text) {
  if (d->open) ob_doc_nl(d);
  if (d->lines.len > 0) ob_doc_nl(d);
  ob_doc_put(d, OB_ROLE_HEADING, text);
  ob_doc_nl(d);
}
