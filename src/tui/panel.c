/* The panel shows one page about the row under the cursor. Pages made of what is known are
 * written again at every drawing; one that needs the server is asked for once the cursor has
 * rested, asked again when the object's resourceVersion moves on, and dropped when nobody
 * looks. What was fetched stays on the screen until the newer answer is there. */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/text.h"

#include <stdio.h>

enum {
  NOTHING = -1,
  OWN = OB_KIND_OWN,
  OBJECT = OB_FETCH_OBJECT,
  EVENTS = OB_FETCH_EVENTS,
  PODS = OB_FETCH_PODS,
  REFETCH_MS = 2000, /* an object that changes all the time is fetched so often */
};
const ob_page ob_pages[OB_PAGE_COUNT] = {
#define OB_PAGE(id, name, title, needs, verb, kind, help)                                          \
  [OB_PAGE_##id] = {name, title, needs, verb, kind, help, ob_page_write_##id},
#include "tui/pages.def"
#undef OB_PAGE
};

static bool page_in_view(const ob_tui *s) {
  if (s->layout.too_small || s->full > OB_FULL_PAGE) return false;
  return s->full == OB_FULL_PAGE || s->layout.panel.h > 0;
}

/* --- fetching ------------------------------------------------------------------------------- */
void ob_tui_drop_fetch(ob_tui *s) {
  if (s->wanted.id) ob_session_cancel(s->session, s->wanted.id);
  if (s->wanted.have) ob_reply_done(&s->wanted.reply);
  memset(&s->wanted, 0, sizeof s->wanted);
}

int ob_tui_fetch(ob_tui *s) {
  const ob_row *row = page_in_view(s) ? ob_tui_row(s) : NULL;
  int needs = row ? ob_page_needs(s->page, row) : NOTHING;
  const ob_object *about = needs >= 0 ? ob_page_about(s->page, row) : NULL;
  ob_wanted *w = &s->wanted;
  if (!about) {
    if (!ob_uid_none(w->uid)) ob_tui_drop_fetch(s);
    return -1;
  }
  int64_t now = ob_mono_ms();
  if (ob_uid_cmp(w->uid, about->uid) != 0 || w->page != s->page) {
    ob_tui_drop_fetch(s);
    w->uid = about->uid;
    w->page = s->page;
    w->since_ms = now;
  }
  bool newer = strcmp(w->rv, about->rv) != 0;
  if (w->id || !newer) return -1;
  int64_t due = w->since_ms + (*w->rv ? REFETCH_MS : OB_FETCH_DELAY_MS);
  if (now < due) return (int)(due - now);
  /* A right that is known to be missing: the answer would be a 403, again for each row. */
  const ob_page *page = &ob_pages[s->page];
  if (ob_tui_access(s, page->verb, page->kind, about, NULL) == OB_ACCESS_REFUSED) return -1;
  snprintf(w->rv, sizeof w->rv, "%s", about->rv);
  w->since_ms = now;
  w->id = ob_session_fetch(s->session, (ob_fetch)needs, about);
  return -1;
}

void ob_tui_take_reply(ob_tui *s, ob_reply *move_r) {
  ob_wanted *w = &s->wanted;
  if (move_r->id != w->id) {
    ob_reply_done(move_r);
    return;
  }
  if (w->have) ob_reply_done(&w->reply);
  w->reply = *move_r;
  w->have = true;
  w->id = 0;
  s->page_stale = true;
}

/* --- pages ------------------------------------------------------------------------------------ */
void ob_tui_set_page(ob_tui *s, ob_page_id page) {
  if (page == s->page) return;
  s->page = page;
  s->page_stale = true;
  ob_pager_home(&s->pager);
}

void ob_tui_open_full(ob_tui *s, ob_full full) {
  if (full == OB_FULL_HELP) {
    s->help_mode = ob_tui_mode(s);
    for (size_t i = 0; i < ob_nkeys && i < OB_KEY_ROWS_MAX; i++)
      s->help_why[i] = ob_why_not(s, &ob_keys[i]);
  }
  s->full = full;
  s->page_stale = true;
  ob_pager_home(&s->pager);
}

void ob_tui_close_full(ob_tui *s) {
  if (s->full == OB_FULL_NONE) return;
  if (s->full == OB_FULL_PLAN) ob_change_drop(s);
  s->full = OB_FULL_NONE;
  s->page_stale = true;
  s->pager.find[0] = '\0';
  ob_pager_home(&s->pager);
}

int ob_page_needs(ob_page_id page, const ob_row *row) {
  /* Why a load balancer waits, its events tell. */
  bool waits = row->owner->kind == OB_KIND_SERVICE &&
               OB_AS(ob_service, row->owner)->type == OB_LOAD_BALANCER &&
               OB_AS(ob_service, row->owner)->nlb == 0;
  return page == OB_PAGE_DETAILS && waits ? EVENTS : ob_pages[page].needs;
}

const ob_object *ob_page_about(ob_page_id page, const ob_row *row) {
  if (page == OB_PAGE_ENDPOINTS || page == OB_PAGE_COMPARE)
    return row->service ? &row->service->o : NULL;
  return row->owner;
}

bool ob_page_waiting(ob_doc *d, const ob_subject *s, const char *what) {
  if (s->refused) {
    ob_doc_putf(d, OB_ROLE_WARN, "%s may not be fetched", what);
    ob_doc_nl(d);
    ob_doc_wrap(d, OB_ROLE_TEXT, s->refused);
    ob_doc_nl(d);
    return true;
  }
  if (!s->reply) {
    ob_doc_putf(d, OB_ROLE_DIM, "asking the server for %s …", what);
    ob_doc_nl(d);
    return true;
  }
  if (s->reply->err.code == OB_OK) return false;
  ob_doc_wrap(d, OB_ROLE_BAD, s->reply->err.msg);
  ob_doc_nl(d);
  if (*s->reply->err.hint) {
    ob_doc_wrap(d, OB_ROLE_TEXT, s->reply->err.hint);
    ob_doc_nl(d);
  }
  return true;
}

ob_role ob_tone_role(ob_tone tone) {
  switch (tone) {
  case OB_TONE_DIM: return OB_ROLE_DIM;
  case OB_TONE_OK: return OB_ROLE_OK;
  case OB_TONE_WARN: return OB_ROLE_WARN;
  case OB_TONE_BAD: return OB_ROLE_BAD;
  case OB_TONE_ACCENT: return OB_ROLE_ACCENT;
  default: return OB_ROLE_TEXT;
  }
}

const char *ob_tone_mark(ob_tone tone) {
  return tone == OB_TONE_OK ? "●" : tone == OB_TONE_WARN ? "○" : tone == OB_TONE_BAD ? "✗" : "";
}

/* --- drawing ------------------------------------------------------------------------------------
 */
static void write_page(ob_tui *s, const ob_row *row, int width) {
  const ob_object *o = row->owner;
  /* YAML may have thousands of lines and changes only with a reply. */
  bool other = ob_uid_cmp(s->page_uid, o->uid) != 0;
  if (other) {
    s->page_uid = o->uid;
    ob_pager_home(&s->pager);
    s->unfold = false;
  }
  bool cached = s->page == OB_PAGE_YAML && !s->page_stale && !other &&
                s->pager.doc.width == width && s->pager.doc.lines.len > 0;
  if (cached) return;
  s->page_stale = false;
  const ob_object *about = ob_page_about(s->page, row);
  bool mine = s->wanted.have && about && s->wanted.page == s->page &&
              ob_uid_cmp(s->wanted.uid, about->uid) == 0;
  char why[OB_RIGHT_TEXT];
  const ob_page *page = &ob_pages[s->page];
  bool refused =
      page->needs >= 0 && ob_tui_access(s, page->verb, page->kind, about, why) == OB_ACCESS_REFUSED;
  const ob_service *marked[OB_MARKED_MAX];
  ob_subject subject = {.cluster = ob_tui_cluster(s),
                        .row = row,
                        .prices = s->prices,
                        .marked = marked,
                        .now_ms = ob_session_now(s->session),
                        .reply = mine ? &s->wanted.reply : NULL,
                        .refused = refused ? why : NULL,
                        .unfold = s->unfold,
                        .way = s->panel_focus ? s->way : -1};
  if (s->page == OB_PAGE_COMPARE) subject.nmarked = ob_tui_marked_services(s, marked, OB_MARKED_MAX);
  ob_doc_reset(&s->pager.doc, width);
  ob_pages[s->page].write(&s->pager.doc, &subject);
  if (s->page != OB_PAGE_YAML) ob_tui_note_age(s, o->created_ms);
}

/* The pages' names in the lower edge, the one in view marked; they can be clicked. */
static void draw_page_names(ob_tui *s, ob_rect r) {
  int x = r.x + 2, y = r.y + r.h - 1, room = r.w - 4;
  int all = 0;
  for (int i = 0; i < OB_PAGE_COUNT; i++) all += (int)strlen(ob_pages[i].name) + 3;
  if (all > room) { /* the one in view, and that there are others */
    char text[48];
    snprintf(text, sizeof text, " ‹ %s › ", ob_pages[s->page].name);
    int w = ob_tui_text(s, x, y, room, text, ob_tui_style(s, OB_ROLE_TAB_ACTIVE));
    s->hit.pages[(s->page + 1) % OB_PAGE_COUNT] = (ob_rect){x, y, w, 1};
    return;
  }
  for (int i = 0; i < OB_PAGE_COUNT; i++) {
    char text[32];
    snprintf(text, sizeof text, " %s ", ob_pages[i].name);
    int w = ob_tui_text(s, x, y, r.x + r.w - 1 - x, text,
                        ob_tui_style(s, i == (int)s->page ? OB_ROLE_TAB_ACTIVE : OB_ROLE_TAB));
    s->hit.pages[i] = (ob_rect){x, y, w, 1};
    x += w + 1;
  }
}

/* Where in the page the view is; "" when all of it is in view. */
static void position_text(const ob_tui *s, char text[64]) {
  const ob_pager *p = &s->pager;
  size_t n = p->doc.lines.len, h = p->height > 0 ? (size_t)p->height : 0, at;
  size_t matches = ob_pager_matches(p, &at);
  text[0] = '\0';
  if (*p->find)
    snprintf(text, 64, " %zu/%zu ", at, matches);
  else if (n > h)
    snprintf(text, 64, " %zu-%zu/%zu ", p->top + 1, p->top + h, n);
}

/* The frame, its title cut where the position needs the room. */
static void draw_frame(ob_tui *s, ob_rect r, const ob_buf *title) {
  char position[64];
  position_text(s, position);
  int w = (int)strlen(position), all = ob_text_width(ob_buf_str(title), title->len);
  if (w + 8 > r.w) w = 0;
  int room = r.w - 4 - (w ? w + 1 : 0);
  OB_AUTO(ob_buf) cut = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_fit(&cut, ob_buf_str(title), title->len, all < room ? all : room, OB_LEFT,
              ob_term_ascii(s->term));
  ob_tui_frame(s, r, s->panel_focus || s->full != OB_FULL_NONE, ob_buf_str(&cut), NULL);
  if (w) ob_tui_text(s, r.x + r.w - 2 - w, r.y, w, position, ob_tui_style(s, OB_ROLE_DIM));
}

void ob_tui_draw_panel(ob_tui *s) {
  ob_rect r = s->layout.panel, box = ob_rect_inner(r);
  OB_AUTO(ob_buf) title = OB_BUF_INIT(OB_LINE_MAX);
  const ob_row *row = ob_tui_row(s);
  static const struct {
    const char *title;
    void (*write)(ob_tui *s, ob_doc *d);
  } fulls[] = {[OB_FULL_HELP] = {"keys and commands", ob_tui_write_help},
               [OB_FULL_MESSAGES] = {"messages", ob_tui_write_messages},
               [OB_FULL_TOUR] = {"tour", ob_tui_write_tour},
               [OB_FULL_EXPLAIN] = {"the way of a request", ob_tui_write_explain},
               [OB_FULL_PLAN] = {"what would be changed", ob_change_write},
               [OB_FULL_HISTORY] = {"changes", ob_change_write_history},
               [OB_FULL_LOG] = {"requests that changed something", ob_change_write_log}};
  bool page = s->full <= OB_FULL_PAGE;
  if (!page) {
    ob_buf_adds(&title, fulls[s->full].title);
    ob_doc_reset(&s->pager.doc, box.w);
    fulls[s->full].write(s, &s->pager.doc);
  } else if (row) {
    const ob_object *o = ob_page_about(s->page, row);
    if (!o) o = row->owner;
    ob_buf_addf(&title, "%s/%s · %s", o->ns, o->name, ob_pages[s->page].title);
    write_page(s, row, box.w);
  } else {
    ob_buf_adds(&title, ob_pages[s->page].title);
    s->page_uid = (ob_uid){{0, 0}};
    ob_doc_reset(&s->pager.doc, box.w);
    if (ob_tree_on(ob_tui_tab(s))) ob_tree_write_head(s, &s->pager.doc);
  }
  ob_pager_settle(&s->pager);
  ob_pager_draw(&s->pager, s, box);
  draw_frame(s, r, &title);
  if (page) draw_page_names(s, r);
  if (s->full == OB_FULL_PLAN) ob_change_draw_buttons(s, r);
}
