/* Marked rows, by their list key: a mark stays with its row while rows come and go, and goes when
 * the row leaves the list. */
#include "tui/screen.h"

static int by_key(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

bool ob_tui_marked(const ob_tab *t, uint64_t key) {
  return t->marks.len && bsearch(&key, t->marks.at, t->marks.len, sizeof key, by_key);
}

size_t ob_tui_marked_services(ob_tui *s, const ob_service **ret, size_t max) {
  const ob_tab *t = ob_tui_tab(s);
  size_t n = 0;
  for (size_t i = 0; t->marks.len && i < ob_list_len(t->list) && n < max; i++) {
    const ob_service *service = ob_list_at(t->list, i)->service;
    bool again = !service || !ob_tui_marked(t, ob_list_key(t->list, i));
    for (size_t k = 0; k < n && !again; k++) again = ret[k] == service;
    if (!again) ret[n++] = service;
  }
  return n;
}

typedef OB_VEC(uint64_t) keys;

static bool has(const keys *k, uint64_t key) {
  return k->len && bsearch(&key, k->at, k->len, sizeof key, by_key);
}

void ob_tui_prune_marks(ob_tab *t) {
  size_t kept = 0, n = ob_list_len(t->list);
  if (!t->marks.len) return;
  uint64_t *still = ob_calloc(t->marks.len, sizeof *still);
  for (size_t i = 0; i < n && kept < t->marks.len; i++) {
    uint64_t key = ob_list_key(t->list, i);
    if (ob_tui_marked(t, key)) still[kept++] = key;
  }
  if (kept) {
    memcpy(t->marks.at, still, kept * sizeof *still);
    qsort(t->marks.at, kept, sizeof *still, by_key);
  }
  t->marks.len = kept;
  free(still);
}

/* A group is marked as a whole, and unmarked when it was. */
void ob_act_mark(ob_tui *s) {
  ob_tui_refresh(s);
  ob_tab *t = ob_tui_tab(s);
  if (t->cursor >= ob_list_len(t->list)) return;
  ob_group_run run = ob_tree_under_cursor(t);
  keys on = {0}, off = {0};
  for (size_t i = run.first; i < run.end; i++) {
    uint64_t key = ob_list_key(t->list, i);
    if (ob_tui_marked(t, key))
      ob_vec_push(&on, key);
    else
      ob_vec_push(&off, key);
  }
  if (!off.len) {
    qsort(on.at, on.len, sizeof *on.at, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < t->marks.len; i++)
      if (!has(&on, t->marks.at[i])) t->marks.at[kept++] = t->marks.at[i];
    t->marks.len = kept;
  } else if (t->marks.len + off.len > OB_MARKS_MAX) {
    ob_tui_say(s, true, "no more than %d rows can be marked", OB_MARKS_MAX);
  } else {
    for (size_t i = 0; i < off.len; i++) ob_vec_push(&t->marks, off.at[i]);
    qsort(t->marks.at, t->marks.len, sizeof *t->marks.at, by_key);
  }
  ob_vec_done(&on);
  ob_vec_done(&off);
  ob_tui_move_by(s, 1);
}
