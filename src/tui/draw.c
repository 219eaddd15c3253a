/* The frame around the list and the panel. Every drawing starts from an empty screen and puts
 * everything; ncurses sends what differs from what stands there, so a frame in which nothing
 * changed costs no byte. */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"

#include <stdio.h>
#include <time.h>

/* --- pieces -------------------------------------------------------------------------------- */
ob_style ob_tui_style(const ob_tui *s, ob_role role) {
  return ob_theme_style(&s->look.theme, role, s->depth);
}

ob_style ob_tui_style_over(const ob_tui *s, ob_role front, ob_role back) {
  return ob_theme_over(&s->look.theme, front, back, s->depth);
}

static int put_line(const ob_tui *s, int x, int y, int width, const char *text, ob_style style,
                    bool pad) {
  if (width <= 0) return 0;
  OB_AUTO(ob_buf) safe = OB_BUF_INIT(OB_LINE_MAX), fit = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&safe, text, OB_TEXT_LINE);
  int w = ob_text_width(ob_buf_str(&safe), safe.len);
  if (w > width || pad)
    ob_text_fit(&fit, ob_buf_str(&safe), safe.len, width, OB_LEFT, ob_term_ascii(s->term));
  const ob_buf *out = w > width || pad ? &fit : &safe;
  ob_term_put(s->term, x, y, width, ob_buf_str(out), out->len, style);
  return w > width ? width : w;
}

int ob_tui_text(const ob_tui *s, int x, int y, int width, const char *text, ob_style style) {
  return put_line(s, x, y, width, text, style, false);
}

void ob_tui_fill(const ob_tui *s, int x, int y, int width, const char *text, ob_style style) {
  put_line(s, x, y, width, text, style, true);
}

static void rule(const ob_tui *s, int x, int y, int w, const char *left, const char *right,
                 ob_style style) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_adds(&b, left);
  for (int i = 2; i < w; i++) ob_buf_adds(&b, "─");
  ob_buf_adds(&b, right);
  ob_term_put(s->term, x, y, w, ob_buf_str(&b), b.len, style);
}

void ob_tui_frame(const ob_tui *s, ob_rect r, bool focus, const char *title, const char *note) {
  if (r.w < 2 || r.h < 2) return;
  ob_style line = ob_tui_style(s, focus ? OB_ROLE_BORDER_FOCUS : OB_ROLE_BORDER);
  rule(s, r.x, r.y, r.w, "╭", "╮", line);
  rule(s, r.x, r.y + r.h - 1, r.w, "╰", "╯", line);
  for (int y = r.y + 1; y < r.y + r.h - 1; y++) {
    ob_term_put(s->term, r.x, y, 1, "│", 3, line);
    ob_term_put(s->term, r.x + r.w - 1, y, 1, "│", 3, line);
  }
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&b, " %s ", title);
  ob_tui_text(s, r.x + 1, r.y, r.w - 2, ob_buf_str(&b), ob_tui_style(s, OB_ROLE_TITLE));
  if (!note || !*note) return;
  ob_buf_reset(&b);
  ob_buf_addf(&b, " %s ", note);
  ob_tui_text(s, r.x + 1, r.y + r.h - 1, r.w - 2, ob_buf_str(&b), ob_tui_style(s, OB_ROLE_WARN));
}

/* --- what is known of the connection --------------------------------------------------------- */
static const char *clock_text(char out[16], int64_t unix_ms, bool seconds) {
  time_t t = (time_t)(unix_ms / 1000);
  struct tm tm;
  localtime_r(&t, &tm);
  strftime(out, 16, seconds ? "%H:%M:%S" : "%H:%M", &tm);
  return out;
}

static ob_role state_text(const ob_tui *s, ob_buf *out) {
  const ob_session_status *st = ob_session_status_get(s->session);
  char at[16];
  switch (st->conn) {
  case OB_CONN_CONNECTING: ob_buf_adds(out, "○ connecting"); return OB_ROLE_WARN;
  case OB_CONN_SYNCING: {
    uint64_t got = 0, left = 0;
    for (int k = 0; k < OB_KIND_COUNT; k++) {
      const ob_kind_state *ks = ob_cluster_kind(ob_tui_cluster(s), (ob_kind)k);
      got += ks->received;
      if (ks->remaining > 0) left += (uint64_t)ks->remaining;
    }
    ob_buf_adds(out, "○ loading");
    if (got) ob_buf_addf(out, " %llu", (unsigned long long)got);
    if (left) ob_buf_addf(out, " of %llu", (unsigned long long)(got + left));
    return OB_ROLE_WARN;
  }
  case OB_CONN_LIVE: ob_buf_adds(out, "● live"); return OB_ROLE_OK;
  case OB_CONN_STALE:
    ob_buf_addf(out, "◐ stale since %s", clock_text(at, st->since_ms, true));
    return OB_ROLE_WARN;
  case OB_CONN_DOWN:
    ob_buf_adds(out, st->err.code == OB_EFORBIDDEN ? "⊘ forbidden" : "✗ down");
    return OB_ROLE_BAD;
  }
  return OB_ROLE_TEXT;
}

static void add_next_try(const ob_tui *s, ob_buf *out) {
  const ob_session_status *st = ob_session_status_get(s->session);
  int64_t left = st->retry_ms ? (st->retry_ms - ob_wall_ms() + 999) / 1000 : 0;
  if (left > 0)
    ob_buf_addf(out, "next try in %lld s, R tries now", (long long)left);
  else
    ob_buf_adds(out, "trying again");
}

static void part(ob_buf *out) {
  if (out->len) ob_buf_adds(out, " · ");
}

/* Kinds in one phase, as "ingresses, nodes". Returns the first one's state. */
static const ob_kind_state *kinds_in(const ob_cluster *c, ob_phase phase, ob_buf *names) {
  const ob_kind_state *first = NULL;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    const ob_kind_state *ks = ob_cluster_kind(c, (ob_kind)k);
    if (!ob_kinds[k].watched || ks->phase != phase) continue;
    ob_buf_addf(names, "%s%s", first ? ", " : "", ob_kinds[k].plural);
    if (!first) first = ks;
  }
  return first;
}

bool ob_tui_trouble(const ob_tui *s, ob_buf *out) {
  const ob_session_status *st = ob_session_status_get(s->session);
  const ob_cluster *c = ob_tui_cluster(s);
  if (st->conn == OB_CONN_STALE || st->conn == OB_CONN_DOWN) {
    ob_buf_addf(out, "%s · ", ob_or(st->err.msg, "no connection"));
    add_next_try(s, out);
    return true;
  }
  if (st->err.code) {
    part(out);
    ob_buf_addf(out, "%s%s%s", st->err.msg, *st->err.hint ? ": " : "", st->err.hint);
  }
  if (st->ns_fallback) {
    part(out);
    ob_buf_addf(out, "all namespaces are forbidden: only %s is shown (%s)", st->ns, st->ns_why);
  }
  static const struct {
    ob_phase phase;
    const char *says;
  } phases[] = {{OB_FORBIDDEN, "forbidden"}, {OB_STALE, "stale"}, {OB_NOT_INSTALLED, "not served"}};
  for (size_t i = 0; i < OB_LEN(phases); i++) {
    OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
    const ob_kind_state *ks = kinds_in(c, phases[i].phase, &names);
    if (!ks) continue;
    part(out);
    ob_buf_addf(out, "%s %s%s%s", ob_buf_str(&names), phases[i].says, *ks->err.msg ? ": " : "",
                ks->err.msg);
  }
  if (*st->notice) {
    part(out);
    ob_buf_adds(out, st->notice);
  }
  if (*st->warning) {
    part(out);
    ob_buf_addf(out, "the server warns: %s", st->warning);
  }
  return out->len > 0;
}

/* "context ▸ namespace" in so many columns. What tells contexts apart stands at their end
 * ("arn:aws:eks:eu-central-1:1234:cluster/prod"): their beginning gives way. */
static void scope_text(const ob_tui *s, int room, ob_buf *out) {
  const ob_session_status *st = ob_session_status_get(s->session);
  const char *ns = *ob_or(s->ns, "") ? s->ns : st->ns;
  OB_AUTO(ob_buf) context = OB_BUF_INIT(OB_LINE_MAX), in = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&context, st->context, OB_TEXT_LINE);
  const char *from = ob_buf_str(&context), *end = from + context.len;
  int all = ob_text_width(from, context.len);
  ob_buf_adds(&in, " ▸ ");
  bool roomy = all + 3 + (int)sizeof "all namespaces" - 1 <= room;
  ob_text_safe_str(&in, *ns ? ns : roomy ? "all namespaces" : "all", OB_TEXT_LINE);
  room -= ob_text_width(ob_buf_str(&in), in.len);
  uint32_t cp;
  while (from < end && ob_text_width(from, (size_t)(end - from)) > (all > room ? room - 1 : room))
    from += ob_utf8_next(from, (size_t)(end - from), &cp);
  ob_buf_addf(out, "%s%s%s", all > room ? "…" : "", from, ob_buf_str(&in));
}

/* --- the two first lines -----------------------------------------------------------------------
 */
static void draw_header(ob_tui *s) {
  ob_rect r = s->layout.header;
  const ob_cluster *c = ob_tui_cluster(s);
  ob_style bar = ob_tui_style(s, OB_ROLE_HEADER);
  ob_tui_fill(s, r.x, r.y, r.w, "", bar);
  int x = ob_tui_text(s, 0, r.y, r.w, " outboard ", ob_tui_style(s, OB_ROLE_BRAND));
  OB_AUTO(ob_buf) state = OB_BUF_INIT(OB_LINE_MAX), counts = OB_BUF_INIT(OB_LINE_MAX);
  ob_role role = state_text(s, &state);
  char at[16];
  const size_t numbers[] = {s->tabs[OB_VIEW_SERVICES].total, s->tabs[OB_VIEW_EXPOSURE].total,
                            ob_cluster_problems_in(c, ob_or(s->ns, ""))};
  static const char *const words[][2] = {
      {"services", "service"}, {"exposed", "exposed"}, {"problems", "problem"}};
  /* From the right: the clock, the counts as far as they fit, the state; the rest is the
   * context's, which keeps 20 columns if there are so many. */
  int right = r.w - 7;
  if (right > x + 30)
    ob_tui_text(s, right + 1, r.y, 6, clock_text(at, ob_wall_ms(), false), bar);
  else
    right = r.w;
  int state_w = ob_text_width(ob_buf_str(&state), state.len);
  int room = right - x - state_w - 3 - 20;
  size_t first = 0;
  for (; first < OB_LEN(words); first++) {
    ob_buf_reset(&counts);
    for (size_t i = first; i < OB_LEN(words); i++)
      ob_buf_addf(&counts, "  %zu %s", numbers[i], words[i][numbers[i] == 1]);
    if ((int)counts.len + 2 <= room) break;
    ob_buf_reset(&counts);
  }
  if (counts.len) {
    right -= (int)counts.len + 1;
    ob_tui_text(s, right, r.y, (int)counts.len, ob_buf_str(&counts), bar);
  }
  right -= state_w + 1;
  if (right < x + 2) right = x + 2;
  ob_tui_text(s, right, r.y, r.w - right, ob_buf_str(&state),
              ob_tui_style_over(s, role, OB_ROLE_HEADER));
  OB_AUTO(ob_buf) scope = OB_BUF_INIT(OB_LINE_MAX);
  scope_text(s, right - x - 3, &scope);
  ob_tui_text(s, x + 2, r.y, right - x - 3, ob_buf_str(&scope), bar);
}

/* The tabs with all titles and counts, with the active one's only, or the numbers: whatever
 * fits first. */
static void tab_text(const ob_tui *s, int i, int terse, ob_buf *out) {
  bool active = i == (int)s->tab;
  ob_buf_reset(out);
  if (terse == 0 || active)
    ob_buf_addf(out, " %d %s %zu ", i + 1, ob_views[i].title, s->tabs[i].total);
  else if (terse == 1)
    ob_buf_addf(out, " %d %s ", i + 1, ob_views[i].title);
  else
    ob_buf_addf(out, " %d ", i + 1);
}

static void draw_tabs(ob_tui *s) {
  ob_rect r = s->layout.tabs;
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  int terse = 0;
  for (; terse < 2; terse++) {
    int sum = 0;
    for (int i = 0; i < OB_VIEW_COUNT; i++) {
      tab_text(s, i, terse, &b);
      sum += (int)b.len + 1;
    }
    if (sum <= r.w) break;
  }
  int x = r.x;
  for (int i = 0; i < OB_VIEW_COUNT && x < r.w; i++) {
    tab_text(s, i, terse, &b);
    int w = ob_tui_text(s, x, r.y, r.w - x, ob_buf_str(&b),
                        ob_tui_style(s, i == (int)s->tab ? OB_ROLE_TAB_ACTIVE : OB_ROLE_TAB));
    s->hit.tabs[i] = (ob_rect){x, r.y, w, 1};
    x += w + 1;
  }
}

/* --- what stands in place of rows ---------------------------------------------------------------
 */
static void write_progress(const ob_tui *s, ob_doc *d) {
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    const ob_kind_state *ks = ob_cluster_kind(ob_tui_cluster(s), (ob_kind)k);
    if (!ob_kinds[k].watched || ks->phase == OB_OFF) continue;
    ob_doc_put(d, OB_ROLE_LABEL, ob_kinds[k].plural);
    ob_doc_to(d, 16);
    if (ks->phase != OB_LOADING)
      ob_doc_put(d, OB_ROLE_DIM, ob_phase_name(ks->phase));
    else if (ks->remaining > 0)
      ob_doc_putf(d, OB_ROLE_TEXT, "%u of %lld", ks->received,
                  (long long)(ks->received + ks->remaining));
    else
      ob_doc_putf(d, OB_ROLE_TEXT, "%u", ks->received);
    ob_doc_nl(d);
  }
}

static void write_empty(ob_tui *s, ob_doc *d) {
  const ob_session_status *st = ob_session_status_get(s->session);
  const ob_tab *t = ob_tui_tab(s);
  char at[16];
  if (st->conn == OB_CONN_CONNECTING || st->conn == OB_CONN_SYNCING) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&b, "%s %s (context %s)",
                st->conn == OB_CONN_CONNECTING ? "connecting to" : "loading from", st->server,
                st->context);
    ob_doc_wrap(d, OB_ROLE_TEXT, ob_buf_str(&b));
    ob_doc_nl(d);
    if (st->conn == OB_CONN_SYNCING) write_progress(s, d);
  } else if (st->conn == OB_CONN_DOWN) {
    ob_doc_wrap(d, OB_ROLE_BAD, ob_or(st->err.msg, "no connection"));
    ob_doc_nl(d);
    if (*st->err.hint) {
      ob_doc_wrap(d, OB_ROLE_TEXT, st->err.hint);
      ob_doc_nl(d);
    }
    ob_doc_nl(d);
    ob_doc_field(d, "server", OB_ROLE_TEXT, st->server);
    ob_doc_field(d, "context", OB_ROLE_TEXT, st->context);
    ob_doc_field(d, "down since", OB_ROLE_TEXT, clock_text(at, st->since_ms, true));
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    add_next_try(s, &b);
    ob_doc_field(d, "now", OB_ROLE_TEXT, ob_buf_str(&b));
    ob_doc_nl(d);
    ob_doc_wrap(d, OB_ROLE_DIM,
                ":ctx opens another context; outboard doctor says which link is broken");
    ob_doc_nl(d);
  } else if (ob_list_working(t->list)) {
    ob_doc_putf(d, OB_ROLE_DIM, "looking through %zu rows …", t->total);
    ob_doc_nl(d);
  } else if (t->total > 0) {
    ob_doc_putf(d, OB_ROLE_TEXT, "None of %zu rows matches the filter /%s", t->total, t->filter);
    ob_doc_nl(d);
    ob_doc_put(d, OB_ROLE_DIM, "esc clears it");
    ob_doc_nl(d);
  } else {
    ob_doc_wrap(d, OB_ROLE_DIM, ob_views[s->tab].empty);
    ob_doc_nl(d);
    if (*s->ns) {
      ob_doc_putf(d, OB_ROLE_DIM, "Only namespace %s is shown: n shows others.", s->ns);
      ob_doc_nl(d);
    }
  }
}

void ob_tui_draw_empty(ob_tui *s, ob_rect r) {
  ob_pager p;
  ob_pager_init(&p);
  ob_doc_reset(&p.doc, r.w - 2);
  write_empty(s, &p.doc);
  ob_pager_draw(&p, s, (ob_rect){r.x + 1, r.y, r.w - 2, r.h});
  ob_pager_done(&p);
}

/* --- all
 * ------------------------------------------------------------------------------------------ */
static void draw_too_small(ob_tui *s) {
  char text[80];
  snprintf(text, sizeof text, "outboard needs %dx%d, this is %dx%d", OB_MIN_WIDTH, OB_MIN_HEIGHT,
           s->layout.w, s->layout.h);
  int y = (s->layout.h - 1) / 2;
  if (s->layout.w < (int)strlen(text)) {
    snprintf(text, sizeof text, "%dx%d needed", OB_MIN_WIDTH, OB_MIN_HEIGHT);
    if (s->layout.w < (int)strlen(text))
      snprintf(text, sizeof text, "%dx%d", OB_MIN_WIDTH, OB_MIN_HEIGHT);
  }
  ob_tui_text(s, 0, y, s->layout.w, text, ob_tui_style(s, OB_ROLE_WARN));
}

void ob_tui_note_age(ob_tui *s, int64_t created_ms) {
  int64_t now = ob_session_now(s->session), age = now - created_ms;
  if (created_ms <= 0) return;
  if (age < 0) age = 0;
  int64_t step = age < 600000 ? 1000 : age < 8 * 3600000LL ? 60000 : 3600000;
  int64_t next = now + step - age % step;
  if (next < s->next_age_ms) s->next_age_ms = next;
}

void ob_tui_draw(ob_tui *s) {
  ob_tui_refresh(s);
  OB_AUTO(ob_buf) trouble = OB_BUF_INIT(OB_LINE_MAX);
  bool alert = ob_tui_trouble(s, &trouble);
  int w = ob_term_width(s->term), h = ob_term_height(s->term);
  ob_place place = ob_layout_make(&(ob_layout_ask){.w = w, .h = h}).place;
  s->layout = ob_layout_make(&(ob_layout_ask){
      .w = w,
      .h = h,
      .alert = alert,
      .full = s->full != OB_FULL_NONE,
      .panel_alone = s->panel_focus,
      .panel_percent = place == OB_ALONE ? 0 : s->panel_percent[place],
  });
  memset(&s->hit, 0, sizeof s->hit);
  s->next_age_ms = INT64_MAX;
  s->flashing = false;
  ob_term_clear(s->term, ob_tui_style(s, OB_ROLE_TEXT));
  ob_term_cursor(s->term, 0, -1);
  if (s->layout.too_small) {
    draw_too_small(s);
    return;
  }
  draw_header(s);
  draw_tabs(s);
  if (alert)
    ob_tui_fill(s, s->layout.alert.x, s->layout.alert.y, s->layout.alert.w, ob_buf_str(&trouble),
                ob_tui_style(s, OB_ROLE_ALERT));
  if (s->layout.list.h > 0) ob_tui_draw_table(s);
  if (s->layout.panel.h > 0) ob_tui_draw_panel(s);
  ob_tui_draw_footer(s);
  if (ob_form_in_view(&s->form)) ob_form_draw(s);
  if (s->offers.len) ob_tui_draw_offers(s);
  if (s->menu.kind != OB_MENU_NONE) ob_menu_draw(&s->menu, s);
}
