/* A form on the screen: from the top down its fields, what the cluster has for the one under the
 * cursor, the lines that say what would come of it, the buttons. The fields scroll in what the rest
 * leaves them. */
#include "base/str.h"
#include "outboard/text.h"
#include "tui/screen.h"

enum {
  WIDTH_MAX = 110,
  MARGIN = 1,
  LABEL_MAX = 24,
  VALUE_MIN = 20, /* the rest of the line is the note's */
  TOGGLE = 3,
  ROWS_LEAST = 3, /* fields that stay in view however long the answer is */
  BELOW_LEAST = 3,
};

static int width_of(const char *text) {
  return ob_text_width(text, strlen(text));
}

static const ob_form_field *field_of(const ob_form *f, size_t i) {
  return &f->kind->fields[f->values.at[i].field];
}

/* One part after another of a line; returns where the next one begins. */
static int put(const ob_tui *s, int x, int y, int end, const char *text, ob_role role) {
  return x < end ? x + ob_tui_text(s, x, y, end - x, text, ob_tui_style(s, role)) : x;
}

/* --- a field ------------------------------------------------------------------------------------
 */
static void draw_text(ob_tui *s, size_t i, ob_rect r, const char *rest) {
  ob_form *f = &s->form;
  const ob_line *l = &f->values.at[i].line;
  bool here = i == f->at;
  ob_role role = here ? OB_ROLE_MENU_CURSOR : OB_ROLE_MENU;
  int before = ob_text_width(l->text, l->at);
  size_t skip = here && before >= r.w ? ob_text_prefix(l->text, l->len, before - r.w + 1, NULL) : 0;
  if (l->len == 0) {
    ob_tui_fill(s, r.x, r.y, r.w, ob_or(field_of(f, i)->empty, ""),
                here ? ob_tui_style(s, role) : ob_tui_style_over(s, OB_ROLE_DIM, role));
  } else {
    ob_tui_fill(s, r.x, r.y, r.w, "", ob_tui_style(s, role));
    int w = ob_tui_text(s, r.x, r.y, r.w, l->text + skip, ob_tui_style(s, role));
    if (here && *rest)
      ob_tui_text(s, r.x + w, r.y, r.w - w, rest, ob_tui_style_over(s, OB_ROLE_DIM, role));
  }
  if (here) ob_term_cursor(s->term, r.x + ob_text_width(l->text + skip, l->at - skip), r.y);
}

static void draw_value(ob_tui *s, size_t i, ob_rect r, const char *rest) {
  ob_form *f = &s->form;
  const ob_form_field *d = field_of(f, i);
  const char *text = f->values.at[i].line.text;
  ob_style style = ob_tui_style(s, i == f->at ? OB_ROLE_MENU_CURSOR : OB_ROLE_MENU);
  if (d->type == OB_FIELD_CHOICE) {
    OB_AUTOFREE char *shown = ob_asprintf("‹ %s ›", text);
    ob_tui_fill(s, r.x, r.y, r.w, shown, style);
  } else if (d->type == OB_FIELD_TOGGLE) {
    ob_tui_fill(s, r.x, r.y, r.w, *text ? "[x]" : "[ ]", style);
  } else {
    draw_text(s, i, r, rest);
  }
}

static bool again_of_list(const ob_form *f, size_t i) {
  return i > 0 && !f->values.at[i].label && f->values.at[i - 1].field == f->values.at[i].field;
}

static void draw_field(ob_tui *s, size_t i, ob_rect r, int label, const char *rest) {
  ob_form *f = &s->form;
  const ob_form_field *d = field_of(f, i);
  const char *name = ob_or(f->values.at[i].label, d->label);
  ob_tui_text(s, r.x, r.y, label - 1, again_of_list(f, i) ? "" : name,
              ob_tui_style(s, i == f->at ? OB_ROLE_KEY : OB_ROLE_LABEL));
  OB_AUTO(ob_buf) note = OB_BUF_INIT(OB_LINE_MAX);
  ob_role role = d->note ? d->note(s, f, f->values.at[i].line.text, &note) : OB_ROLE_DIM;
  int room = r.w - label, need = width_of(f->values.at[i].line.text) + 4;
  int w = d->type == OB_FIELD_TOGGLE ? TOGGLE : note.len ? VALUE_MIN : room;
  if (note.len && need > w && d->type != OB_FIELD_TOGGLE) w = need < room ? need : room;
  draw_value(s, i, (ob_rect){r.x + label, r.y, w, 1}, rest);
  if (note.len && room - w > 2)
    ob_tui_text(s, r.x + label + w + 1, r.y, room - w - 1, ob_buf_str(&note),
                ob_tui_style(s, role));
}

/* --- below the fields ------------------------------------------------------------------------- */
static void draw_offers(ob_tui *s, const ob_form_offers *o, ob_rect r) {
  ob_form *f = &s->form;
  int x = r.x, end = r.x + r.w;
  const char *now = f->values.at[f->at].line.text;
  size_t from = 0;
  for (size_t i = 0; i < o->all.len; i++)
    if (ob_streq(o->all.at[i], now)) from = i > 2 ? i - 2 : 0;
  if (from) x = put(s, x, r.y, end, "… ", OB_ROLE_DIM);
  for (size_t i = from; i < o->all.len && f->hit.noffers < OB_FORM_HITS; i++) {
    const char *text = o->all.at[i];
    if (x + width_of(text) + 2 > end && i > from) {
      put(s, x, r.y, end, "…", OB_ROLE_DIM);
      return;
    }
    int to = put(s, x, r.y, end, text, ob_streq(text, now) ? OB_ROLE_KEY : OB_ROLE_ACCENT);
    size_t n = strlen(text);
    if (n < sizeof f->hit.offers[0].text) {
      f->hit.offers[f->hit.noffers].r = (ob_rect){x, r.y, to - x, 1};
      memcpy(f->hit.offers[f->hit.noffers++].text, text, n + 1);
    }
    x = to + 2;
  }
}

static void write_below(ob_tui *s, ob_doc *d) {
  ob_form *f = &s->form;
  if (f->said) {
    ob_doc_wrap(d, OB_ROLE_BAD, f->said);
    ob_doc_nl(d);
  }
  OB_AUTO(ob_buf) say = OB_BUF_INIT(OB_LINE_MAX);
  ob_role role = f->kind->say ? f->kind->say(s, f, &say) : OB_ROLE_TEXT;
  if (say.len) {
    ob_doc_wrap(d, role, ob_buf_str(&say));
    ob_doc_nl(d);
  }
  if (field_of(f, f->at)->help) {
    ob_doc_wrap(d, OB_ROLE_DIM, field_of(f, f->at)->help);
    ob_doc_nl(d);
  }
}

static void draw_buttons(ob_tui *s, int x, int y, int end) {
  ob_form *f = &s->form;
  OB_AUTOFREE char *accept = ob_asprintf("[ %s ]", ob_or(f->accept, "Preview"));
  int to = ob_tui_text(s, x, y, end - x, accept, ob_tui_style(s, OB_ROLE_TAB_ACTIVE));
  f->hit.ok = (ob_rect){x, y, to, 1};
  x += to + 2;
  to = ob_tui_text(s, x, y, end - x, "[ Cancel ]", ob_tui_style(s, OB_ROLE_TAB));
  f->hit.cancel = (ob_rect){x, y, to, 1};
}

/* --- all
 * ------------------------------------------------------------------------------------------ */
static void find_shown(ob_tui *s, int *ret_label, size_t *ret_cursor) {
  ob_form *f = &s->form;
  f->hit.nshown = *ret_cursor = 0;
  *ret_label = 0;
  for (size_t i = 0; i < f->values.len; i++) {
    const ob_form_field *d = field_of(f, i);
    if (d->shown && !d->shown(s, f)) continue;
    if (i <= f->at) *ret_cursor = f->hit.nshown;
    f->hit.shown[f->hit.nshown++] = i;
    int w = width_of(ob_or(f->values.at[i].label, d->label));
    if (w > *ret_label) *ret_label = w;
  }
  f->at = f->hit.shown[*ret_cursor];
}

void ob_form_draw(ob_tui *s) {
  ob_form *f = &s->form;
  memset(&f->hit, 0, sizeof f->hit);
  if (f->kind->look) f->kind->look(s, f);
  int label, w = s->layout.w - 2 * MARGIN;
  size_t cursor;
  find_shown(s, &label, &cursor);
  if (w > WIDTH_MAX) w = WIDTH_MAX;
  if (label > LABEL_MAX && w < WIDTH_MAX) label = LABEL_MAX;
  if (label > w / 2) label = w / 2;
  label += 2;

  ob_pager below;
  ob_pager_init(&below);
  ob_doc_reset(&below.doc, w - 4);
  write_below(s, &below.doc);
  ob_form_offers offers = {0};
  const ob_form_field *here = field_of(f, f->at);
  bool has_offers = ob_form_offers_now(s, &offers);

  int inner = s->layout.h - 2 - 2, n = (int)f->hit.nshown; /* header and footer stay */
  int rows_least = n < ROWS_LEAST ? n : ROWS_LEAST;
  int text = (int)below.doc.lines.len, most = inner - 2 - rows_least;
  if (text < BELOW_LEAST) text = BELOW_LEAST;
  if (text > most) text = most;
  int rows = inner - 2 - text < n ? inner - 2 - text : n;
  if (cursor < f->top) f->top = cursor;
  if (cursor >= f->top + (size_t)rows) f->top = cursor - (size_t)rows + 1;
  if (f->top + (size_t)rows > f->hit.nshown) f->top = f->hit.nshown - (size_t)rows;
  int h = rows + 2 + text + 2;
  ob_rect box = {(s->layout.w - w) / 2, 1, w, h};
  f->hit.box = box;
  f->hit.rows = (ob_rect){box.x + 1, box.y + 1, w - 2, rows};
  for (int y = box.y; y < box.y + box.h; y++)
    ob_tui_fill(s, box.x, y, box.w, "", ob_tui_style(s, OB_ROLE_TEXT));
  OB_AUTO(ob_buf) more = OB_BUF_INIT(OB_LINE_MAX);
  if (rows < n) ob_buf_addf(&more, "fields %zu-%zu of %d", f->top + 1, f->top + (size_t)rows, n);
  ob_tui_frame(s, box, true, f->title, ob_buf_str(&more));

  const char *rest = has_offers ? ob_form_ghost(s, &offers) : "";
  for (int i = 0; i < rows; i++)
    draw_field(s, f->hit.shown[f->top + (size_t)i], (ob_rect){box.x + 2, box.y + 1 + i, w - 4, 1},
               label, rest);
  memmove(f->hit.shown, f->hit.shown + f->top, (size_t)rows * sizeof f->hit.shown[0]);
  f->hit.nshown = (size_t)rows;
  int y = box.y + 1 + rows;
  if (has_offers && here->type != OB_FIELD_TOGGLE)
    draw_offers(s, &offers, (ob_rect){box.x + 2, y, w - 4, 1});
  ob_pager_draw(&below, s, (ob_rect){box.x + 2, y + 1, w - 4, text});
  draw_buttons(s, box.x + 2, y + 1 + text, box.x + w - 2);
  ob_vec_done(&offers.all);
  ob_pager_done(&below);
}
