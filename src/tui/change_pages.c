/* The pages of changing things: the plans in view, the journal, the requests. */
#include "tui/change_priv.h"

#include "base/clock.h"
#include "base/str.h"

static void put_lines(ob_doc *d, const char *text) {
  for (const char *at = text; *at;) {
    size_t n = strcspn(at, "\n");
    OB_AUTOFREE char *line = ob_strndup(at, n);
    ob_role role = *line == '-' ? OB_ROLE_BAD : *line == '+' ? OB_ROLE_OK : OB_ROLE_TEXT;
    ob_doc_wrap(d, role, line);
    ob_doc_nl(d);
    at += n + (at[n] == '\n');
  }
}

static void write_edit(ob_doc *d, const ob_change_part *p, size_t i) {
  const ob_edit *e = &p->plan->edits[i];
  bool predicted = e->nsteps > 1 || !p->tried;
  OB_AUTO(ob_buf) diff = OB_BUF_INIT(OB_PLAN_MAX);
  OB_AUTOFREE char *head = ob_asprintf("%s %s/%s", ob_kinds[e->kind].kind, e->ns, e->name);
  ob_doc_heading(d, head);
  if (e->nsteps > 1)
    ob_doc_field(d, "predicted", OB_ROLE_DIM, "its second step stands on what the first one made");
  ob_edit_diff(e, predicted ? NULL : p->tried->after[i], &diff);
  put_lines(d, ob_buf_str(&diff));
  for (size_t k = 0; k < e->nsteps; k++) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_PLAN_MAX);
    ob_plan_step_kubectl(e, &e->steps[k], &line);
    ob_doc_field(d, k ? "then" : "as", OB_ROLE_DIM, ob_buf_str(&line));
    ob_buf_reset(&line);
    ob_plan_step_request(e, &e->steps[k], &line);
    ob_doc_field(d, "request", OB_ROLE_DIM, ob_buf_str(&line));
  }
}

static void write_part(ob_doc *d, const ob_changing *c, size_t i) {
  static const char *const labels[] = {"note", "careful", "lost"};
  static const ob_role roles[] = {OB_ROLE_DIM, OB_ROLE_WARN, OB_ROLE_BAD};
  const ob_change_part *p = &c->parts[i];
  OB_AUTOFREE char *whom =
      c->flow && c->flow->each ? ob_asprintf("%s/%s", c->about[i].ns, c->about[i].name) : NULL;
  if (p->plan) ob_doc_heading(d, p->plan->title);
  if (!p->plan && whom) ob_doc_heading(d, whom);
  if (p->err.code) {
    OB_AUTOFREE char *text = ob_change_err_text(&p->err, p->said);
    ob_doc_field(d, "refused", OB_ROLE_BAD, text);
  } else if (!p->tried && !c->again && p->plan) {
    ob_doc_field(d, "as it is", OB_ROLE_DIM, "there is nothing to do: it is so already");
  }
  if (p->why) {
    ob_doc_heading(d, "somebody else was there");
    put_lines(d, p->why);
  }
  for (size_t k = 0; p->plan && k < p->plan->nwarnings; k++) {
    ob_warn level = p->plan->warnings[k].level;
    ob_doc_field(d, labels[level], roles[level], p->plan->warnings[k].text);
  }
  for (size_t k = 0; p->tried && k < p->tried->nwarnings; k++)
    ob_doc_field(d, "server", OB_ROLE_WARN, p->tried->warnings[k]);
  for (size_t k = 0; p->plan && (p->tried || c->again) && k < p->plan->nedits; k++)
    write_edit(d, p, k);
}

static const struct {
  const char *label;
  void (*act)(ob_tui *s);
} buttons[] = {
    {"[ Apply ]", ob_change_confirm},
    {"[ Write ]", ob_act_write_plan},
    {"[ Cancel ]", ob_tui_close_full},
};

void ob_change_draw_buttons(ob_tui *s, ob_rect frame) {
  const ob_changing *c = s->changing;
  bool good = c && c->again;
  for (size_t i = 0; c && i < c->nparts; i++) good |= c->parts[i].tried != NULL;
  int x = frame.x + 2, y = frame.y + frame.h - 1;
  for (size_t i = good ? 0 : 2; i < OB_LEN(buttons); i++) {
    int w = ob_tui_text(s, x, y, frame.x + frame.w - 2 - x, buttons[i].label,
                        ob_tui_style(s, i == 0 ? OB_ROLE_TAB_ACTIVE : OB_ROLE_TAB));
    s->hit.plan[i] = (ob_rect){x, y, w, 1};
    x += w + 1;
  }
}

bool ob_change_press(ob_tui *s, int x, int y) {
  for (size_t i = 0; i < OB_LEN(buttons); i++)
    if (ob_rect_has(s->hit.plan[i], x, y)) {
      buttons[i].act(s);
      return true;
    }
  return false;
}

void ob_change_write(ob_tui *s, ob_doc *d) {
  const ob_changing *c = s->changing;
  size_t good = 0;
  if (!c || !c->nparts) {
    ob_doc_put(d, OB_ROLE_DIM, "no plan is in view");
    ob_doc_nl(d);
    return;
  }
  for (size_t i = 0; i < c->nparts; i++) good += c->parts[i].tried != NULL;
  if (c->nparts > 1) {
    ob_doc_putf(d, OB_ROLE_TEXT, "%zu changes, one after another", good);
    if (good < c->nparts)
      ob_doc_putf(d, OB_ROLE_WARN, "; %zu cannot be made, or need not", c->nparts - good);
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < c->nparts; i++) write_part(d, c, i);
  ob_doc_nl(d);
  ob_doc_put(d, OB_ROLE_KEY,
             c->again ? "enter asks the server what it would make of both, esc leaves all as it is"
             : good   ? "enter does it, w writes it to a file, esc leaves everything as it is"
                      : "enter goes back");
  ob_doc_nl(d);
}

void ob_change_write_history(ob_tui *s, ob_doc *d) {
  ob_history *h = NULL;
  ob_err err = {0};
  if (ob_history_load(&h, s->session_opts.journal, &err) < 0) {
    ob_doc_wrap(d, OB_ROLE_BAD, err.msg);
    ob_doc_nl(d);
    return;
  }
  if (h->n == 0) ob_doc_put(d, OB_ROLE_DIM, "nothing was changed yet: c converts, ctrl-d deletes");
  for (size_t i = 0; i < h->n; i++) {
    const ob_entry *e = &h->entries[i];
    char time[OB_TIME_TEXT];
    bool good = e->state == OB_ENTRY_DONE || e->state >= OB_ENTRY_UNDONE;
    ob_doc_put(d, OB_ROLE_DIM, ob_time_text(time, e->at_ms));
    ob_doc_to(d, 22);
    ob_doc_put(d, good ? OB_ROLE_OK : OB_ROLE_BAD, ob_entry_state_name(e->state));
    ob_doc_to(d, 34);
    ob_doc_putf(d, OB_ROLE_DIM, "%s ", e->context);
    ob_doc_wrap(d, OB_ROLE_TEXT, e->plan->title);
    ob_doc_nl(d);
    if (e->note) ob_doc_field(d, "", OB_ROLE_WARN, e->note);
    ob_change_broken_write(s, e, d);
  }
  ob_history_free(h);
}

void ob_change_write_log(ob_tui *s, ob_doc *d) {
  const ob_changing *c = s->changing;
  if (!c || c->log.len == 0) {
    ob_doc_put(d, OB_ROLE_DIM, "no request that changes something was sent yet");
    ob_doc_nl(d);
    return;
  }
  for (size_t i = c->log.len; i-- > 0;) {
    const ob_sent *x = &c->log.at[i];
    char time[OB_TIME_TEXT];
    ob_doc_putf(d, x->status >= 200 && x->status < 300 ? OB_ROLE_OK : OB_ROLE_BAD,
                "%s  %d  %d ms  %s ", ob_time_text(time, x->at_ms), x->status, x->took_ms,
                x->method);
    ob_doc_wrap(d, OB_ROLE_TEXT, x->path);
    ob_doc_nl(d);
    ob_doc_field(d, "", OB_ROLE_DIM, x->kubectl);
  }
}

void ob_cmd_history(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  (void)arg;
  ob_change_broken_ask(s);
  ob_tui_open_full(s, OB_FULL_HISTORY);
}

void ob_cmd_log(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  (void)arg;
  ob_tui_open_full(s, OB_FULL_LOG);
}
