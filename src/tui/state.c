/* What the screen shows of the cluster, kept true while the cluster changes.
 *
 * The cursor belongs to a row, not to a line: after a refresh it is looked up by the row's key
 * and the top of the list moves with it, so the row stays where the eye is. Until the first
 * data is complete, or somebody moved it, it stays on the first line instead.
 *
 * Every list follows every pump, which costs it what changed; one that missed a pump is built anew.
 * The list of a tab that was never opened rests: it gives the tab its count. While all is still
 * coming in only the list in view follows, and the others a few times a second, or as seldom as
 * keeps them a tenth of the time. */
#include "tui/remember.h"
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/forward.h"

enum { COUNTS_MS = 250, COUNTS_SHARE = 10 };

ob_mode ob_tui_mode(const ob_tui *s) {
  if (s->prompt != OB_PROMPT_NONE) return OB_MODE_PROMPT;
  if (s->menu.kind == OB_MENU_SORT) return OB_MODE_SORT;
  if (s->menu.kind != OB_MENU_NONE) return OB_MODE_PICK;
  if (ob_form_in_view(&s->form)) return OB_MODE_FORM;
  if (s->full != OB_FULL_NONE) return OB_MODE_PAGE;
  return s->panel_focus ? OB_MODE_PANEL : OB_MODE_LIST;
}

static void follow_cursor(ob_tui *s, ob_tab *t) {
  size_t n = ob_list_len(t->list), was = t->cursor;
  if (n == 0) {
    t->cursor = t->top = 0;
    return;
  }
  size_t head = t->head_name ? ob_list_find_group(t->list, t->head_name) : SIZE_MAX;
  if (head != SIZE_MAX) {
    t->cursor = head;
    t->on_head = true;
    t->key = ob_list_key(t->list, head);
  } else if (t->key) {
    t->on_head = false;
    size_t at = ob_list_find(t->list, t->key, t->cursor);
    t->cursor = at != SIZE_MAX ? at : t->cursor < n ? t->cursor : n - 1;
    if (at == SIZE_MAX && ob_list_working(t->list)) return; /* it may come yet */
    if (at == SIZE_MAX) t->key = ob_list_key(t->list, t->cursor);
    /* At the top the list shows what comes in above. */
    if (t->top == 0) return;
    if (t->cursor >= was)
      t->top += t->cursor - was;
    else
      t->top = t->top > was - t->cursor ? t->top - (was - t->cursor) : 0;
  } else {
    t->cursor = t->top = 0;
    if (ob_session_status_get(s->session)->conn == OB_CONN_LIVE)
      t->key = ob_list_key(t->list, 0);
  }
}

void ob_tui_refresh(ob_tui *s) {
  int64_t mono = ob_mono_ms(), now = ob_session_now(s->session);
  bool live = ob_session_status_get(s->session)->conn == OB_CONN_LIVE;
  bool all = live || mono >= s->counts_due_ms;
  if (!s->stale_rows && !all) return;
  s->stale_counts = !all;
  const ob_session_status *st = ob_session_status_get(s->session);
  s->several_ns = !*ob_or(s->ns, "") && !*st->ns;
  for (int i = 0; i < OB_VIEW_COUNT; i++) {
    ob_tab *t = &s->tabs[i];
    if (i != (int)s->tab && !all) continue;
    if (i == (int)s->tab) ob_list_wake(t->list, now);
    if (ob_list_refresh(t->list, now)) ob_tui_prune_marks(t);
    t->total = ob_list_total(t->list);
    if (i == (int)s->tab) follow_cursor(s, t);
  }
  s->stale_rows = false;
  if (!all) return;
  int64_t end = ob_mono_ms(), pause = COUNTS_SHARE * (end - mono);
  s->counts_due_ms = end + (pause > COUNTS_MS ? pause : COUNTS_MS);
}

const ob_row *ob_tui_row(ob_tui *s) {
  ob_tui_refresh(s);
  ob_tab *t = ob_tui_tab(s);
  if (t->cursor >= ob_list_len(t->list)) return NULL;
  return ob_tree_on(t) && t->on_head ? NULL : ob_list_at(t->list, t->cursor);
}

void ob_tui_move_to(ob_tui *s, size_t row) {
  ob_tui_refresh(s);
  ob_tab *t = ob_tui_tab(s);
  size_t n = ob_list_len(t->list);
  if (n == 0) return;
  t->cursor = row < n ? row : n - 1;
  t->key = ob_list_key(t->list, t->cursor);
  s->page_stale = true;
}

void ob_tui_move_by(ob_tui *s, long by) {
  ob_tui_refresh(s);
  const ob_tab *t = ob_tui_tab(s);
  if (ob_tree_on(t)) {
    ob_tree_move(s, by);
    return;
  }
  size_t at = t->cursor, n = (size_t)(by < 0 ? -by : by);
  ob_tui_move_to(s, by > 0 ? at + n : at > n ? at - n : 0);
}

void ob_tui_open_tab(ob_tui *s, ob_view_id tab) {
  s->tab = tab;
  s->stale_rows = true;
  s->panel_focus = false;
  ob_tui_close_full(s);
  s->page_stale = true;
  ob_tui_refresh(s);
}

void ob_tui_apply(ob_tui *s, ob_view_id tab) {
  ob_tab *t = &s->tabs[tab];
  ob_list_opts o = {.ns = s->ns,
                    .filter = t->filter,
                    .sort = t->sort,
                    .reverse = t->reverse,
                    .then = t->then,
                    .then_reverse = t->then_reverse,
                    .group = t->group};
  ob_err_clear(&t->filter_err);
  ob_list_set(t->list, &o, ob_session_now(s->session), &t->filter_err);
  s->stale_rows = true;
  s->counts_due_ms = 0;
}

/* So many rows between two looks at the clock. */
enum { LOOK_ROWS = 1024 };

void ob_tui_look(ob_tui *s, int for_ms) {
  ob_list *l = ob_tui_tab(s)->list;
  if (!ob_list_working(l)) return;
  for (int64_t end = ob_mono_ms() + for_ms; ob_list_work(l, LOOK_ROWS) && ob_mono_ms() < end;) {
  }
  s->stale_rows = true;
}

void ob_tui_filter(ob_tui *s, int for_ms) {
  ob_tab *t = ob_tui_tab(s);
  ob_err_clear(&t->filter_err);
  if (ob_list_filter(t->list, t->filter, ob_session_now(s->session), &t->filter_err) == 0)
    ob_tui_look(s, for_ms);
  s->stale_rows = true;
}

void ob_tui_set_ns(ob_tui *s, const char *ns) {
  char *copy = ob_strdup(ns);
  free(s->ns);
  s->ns = copy;
  for (int i = 0; i < OB_VIEW_COUNT; i++) ob_tui_apply(s, (ob_view_id)i);
  s->page_stale = true;
}

void ob_tui_say(ob_tui *s, bool bad, const char *fmt, ...) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&b, fmt, ap);
  va_end(ap);
  if (s->messages.len == OB_MESSAGES_MAX) {
    free(s->messages.at[0].text);
    memmove(s->messages.at, s->messages.at + 1, (OB_MESSAGES_MAX - 1) * sizeof *s->messages.at);
    s->messages.len--;
  }
  ob_vec_push(&s->messages, (ob_message){ob_wall_ms(), bad, ob_buf_take(&b, NULL)});
  s->message_ms = ob_mono_ms();
}

void ob_tui_unsay(ob_tui *s, const char *begin) {
  if (s->messages.len && ob_starts(s->messages.at[s->messages.len - 1].text, begin))
    s->message_ms = ob_mono_ms() - s->message_for_ms;
}

/* --- sessions ------------------------------------------------------------------------------ */
static void lists_free(ob_tui *s) {
  for (int i = 0; i < OB_VIEW_COUNT; i++) {
    ob_tab *t = &s->tabs[i];
    ob_list_free(ob_take(t->list));
    free(ob_take(t->head_name));
    ob_vec_done(&t->marks);
    ob_vec_done(&t->folds);
  }
}

static void lists_make(ob_tui *s) {
  for (int i = 0; i < OB_VIEW_COUNT; i++) {
    ob_tab *t = &s->tabs[i];
    t->list = ob_list_new(ob_tui_cluster(s), (ob_view_id)i);
    ob_list_rest(t->list);
    t->cursor = t->top = 0;
    t->key = 0;
    ob_tui_apply(s, (ob_view_id)i);
  }
}

int ob_tui_open_session(ob_tui *s, ob_err *err) {
  int rc = ob_session_open(&s->session, &s->session_opts, err);
  if (rc < 0) return rc;
  lists_make(s);
  ob_change_broken_ask(s);
  return 0;
}

void ob_tui_close_session(ob_tui *s) {
  if (!s->session) return;
  ob_tui_drop_fetch(s);
  ob_change_drop(s);
  ob_forms_done(s); /* about objects of that cluster */
  lists_free(s);
  ob_session_close(s->session);
  s->session = NULL;
  memset(&s->probe, 0, sizeof s->probe); /* what was switched on was so for that cluster */
}

void ob_tui_switch_context(ob_tui *s, const char *name) {
  /* A cluster, user or namespace given for the first context means nothing in another. */
  if (ob_session_applying(s->session)) {
    ob_tui_say(s, true, "a change is under way here: wait for it, then open another context");
    return;
  }
  ob_session_opts o = s->session_opts;
  char *copy = ob_strdup(name);
  o.context = copy;
  o.cluster = o.user = o.ns = NULL;
  ob_session *fresh = NULL;
  ob_err err = {0};
  if (ob_session_open(&fresh, &o, &err) < 0) {
    ob_tui_say(s, true, "%s%s%s", err.msg, *err.hint ? ": " : "", err.hint);
    free(copy);
    return;
  }
  ob_err kept = {0};
  if (ob_remember_save(s, &kept) < 0) ob_tui_say(s, true, "%s", kept.msg);
  size_t forwards = ob_session_forwards(s->session);
  ob_tui_close_session(s);
  free(s->context);
  s->context = copy;
  s->session_opts = o;
  s->session = fresh;
  free(s->ns);
  s->ns = ob_strdup("");
  for (int i = 0; i < OB_VIEW_COUNT; i++) {
    ob_tab *t = &s->tabs[i];
    t->filter[0] = '\0';
    t->sort = -1;
    t->reverse = t->then_reverse = false;
    t->then = 0;
  }
  lists_make(s);
  ob_change_broken_ask(s);
  ob_tui_close_full(s);
  s->page_stale = true;
  ob_remember_load(s);
  if (forwards)
    ob_tui_say(s, false, "context %s; its predecessor's port forwards have ended: %zu", name, forwards);
  else
    ob_tui_say(s, false, "context %s", name);
}
