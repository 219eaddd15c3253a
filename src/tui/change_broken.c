/* Changes that broke off: the program, or the way to the server, ended in the middle of one. The
 * server is asked at the start, and again whenever the history is opened, what it has of the newest
 * of them; `u` takes it back and `ctrl-r` does the rest. */
#include "tui/change_priv.h"

#include <string.h>

void ob_change_broken_free(ob_changing *c) {
  ob_history_free(ob_take(c->left.history));
  free(ob_take(c->left.text));
  c->left.entry = NULL;
  c->left.fetch = 0;
}

void ob_change_broken_ask(ob_tui *s) {
  ob_changing *c = ob_changing_of(s);
  ob_err err = {0};
  ob_change_broken_free(c);
  c->left.wanted = !*ob_session_status_get(s->session)->server;
  if (c->left.wanted) return;
  if (ob_history_load(&c->left.history, s->session_opts.journal, &err) < 0) return;
  const char *server = ob_session_status_get(s->session)->server;
  const ob_entry *e = ob_history_broken(c->left.history, server);
  if (!e) {
    ob_change_broken_free(c);
    return;
  }
  c->left.entry = e;
  c->left.fetch = ob_session_fetch_plan(s->session, e->plan);
}

void ob_change_broken_status(ob_tui *s) {
  if (s->changing && s->changing->left.wanted) ob_change_broken_ask(s);
}

bool ob_change_broken_reply(ob_tui *s, ob_reply *r) {
  ob_changing *c = s->changing;
  if (r->what != OB_FETCH_PLAN_NOW || !c || !c->left.fetch || r->id != c->left.fetch) return false;
  c->left.fetch = 0;
  const ob_entry *e = c->left.entry;
  ob_broken *b = NULL;
  if (r->err.code) {
    c->left.text = ob_asprintf("the server could not be asked: %s", r->err.msg);
  } else if (ob_entry_look(&b, e, (const ob_json *const *)r->now) == 0) {
    c->left.text =
        ob_asprintf("%zu of %zu requests are done\n%s%s%s", b->done, b->of, b->text,
                    b->undo ? "u takes it back\n" : "", b->finish ? "ctrl-r does the rest\n" : "");
    if (s->full != OB_FULL_HISTORY)
      ob_tui_say(s, true, "a change broke off, %zu of %zu requests are done: %s (:history)",
                 b->done, b->of, e->plan->title);
  }
  ob_broken_free(b);
  s->page_stale = true;
  return true;
}

void ob_change_broken_write(const ob_tui *s, const ob_entry *e, ob_doc *d) {
  const ob_changing *c = s->changing;
  if (!c || !c->left.entry || c->left.entry->id != e->id) return;
  if (!c->left.text) ob_doc_field(d, "", OB_ROLE_DIM, "the server is asked what it has of it …");
  for (const char *at = c->left.text; at && *at;) {
    size_t n = strcspn(at, "\n");
    OB_AUTOFREE char *line = ob_strndup(at, n);
    ob_doc_field(d, "", OB_ROLE_WARN, line);
    at += n + (at[n] == '\n');
  }
}

const ob_entry *ob_change_back_entry(const ob_history *h, const char *server, bool redo) {
  const ob_entry *last = ob_history_last(h, server, redo), *broken = ob_history_broken(h, server);
  return broken && (!last || broken < last) ? broken : last; /* the newer one */
}

bool ob_change_broke_off(const ob_entry *e) {
  return e->state == OB_ENTRY_BROKEN_OFF || e->state == OB_ENTRY_PARTIAL;
}

int ob_change_broken_plan(const ob_entry *e, bool finish, const ob_json *const *objects,
                          ob_plan **ret, ob_buf *why, ob_err *err) {
  ob_broken *b = NULL;
  int rc = ob_entry_look(&b, e, objects);
  if (rc) return rc;
  *ret = ob_take(*(finish ? &b->finish : &b->undo));
  if (!*ret) ob_buf_adds(why, b->text);
  ob_broken_free(b);
  if (*ret) return 0;
  return ob_fail(err, OB_ENOTFOUND, "%s: there is nothing to %s", e->plan->title,
                 finish ? "finish" : "undo");
}
