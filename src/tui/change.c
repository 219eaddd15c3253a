/* See change.h. A wish is kept until the objects that it is about have come, because a plan stands
 * on whole objects and the rows hold only what is shown of them.
 *
 *   begin ─▶ objects ─▶ [fields that stand on them] ─▶ plans ─▶ dry runs ─▶ page ─▶ run
 *     ▲                              │                   │          │         │
 *     └──────── the flow's again() ◀─┴─── refused ───────┴──────────┴─ drop ──┘
 */
#include "tui/change_priv.h"

#include "base/str.h"
#include "tui/rights.h"

enum { ANSWER_LONG = 300 /* bytes of an answer that is read on a page of its own */ };

ob_changing *ob_changing_of(ob_tui *s) {
  if (!s->changing) s->changing = ob_calloc(1, sizeof *s->changing);
  return s->changing;
}

ob_rule_seen *ob_change_rule(ob_tui *s) {
  return &ob_changing_of(s)->rule;
}

void ob_change_part_done(ob_change_part *p) {
  ob_plan_free(p->plan);
  ob_apply_report_free(p->tried);
  free(p->said);
  free(p->why);
  *p = (ob_change_part){0};
}

static void forget_parts(ob_changing *c) {
  for (size_t i = 0; i < c->nparts; i++) ob_change_part_done(&c->parts[i]);
  free(ob_take(c->parts));
  c->nparts = 0;
  c->again = false;
}

static void forget_entry(ob_changing *c) {
  ob_history_free(ob_take(c->history));
  c->entry = NULL;
  c->undo_of = 0;
}

static void forget_objects(ob_changing *c) {
  for (size_t i = 0; i < c->nobjects; i++) ob_json_free(c->objects[i]);
  for (size_t i = 0; i < c->wanted; i++) {
    free(c->about[i].ns);
    free(c->about[i].name);
  }
  c->nobjects = c->wanted = 0;
  c->fetch = 0;
}

void ob_change_abandon(ob_tui *s) {
  ob_changing *c = s->changing;
  if (c && (c->fetch || c->nparts)) ob_change_forget(c);
}

void ob_change_forget(ob_changing *c) {
  forget_parts(c);
  forget_objects(c);
  forget_entry(c);
  c->flow = NULL;
  ob_plan_free(ob_take(c->both));
}

void ob_changing_free(ob_changing *c) {
  if (!c) return;
  ob_change_forget(c);
  ob_change_runs_free(c);
  ob_change_broken_free(c);
  while (c->yaml.len) ob_change_yaml_forget(c, c->yaml.len - 1);
  ob_vec_done(&c->yaml);
  ob_rule_seen_done(&c->rule);
  ob_json_free(c->edited);
  for (size_t i = 0; i < c->log.len; i++) ob_sent_done(&c->log.at[i]);
  ob_vec_done(&c->log);
  free(c);
}

char *ob_change_err_text(const ob_err *err, const char *said) {
  return ob_asprintf("%s%s%s", said ? said : err->msg, *err->hint ? ": " : "", err->hint);
}

bool ob_change_may(ob_tui *s, const char *verb, const ob_object *about) {
  char why[OB_RIGHT_TEXT];
  if (ob_tui_access(s, verb, OB_KIND_OWN, about, why) != OB_ACCESS_REFUSED) return true;
  ob_tui_say(s, true, "%s", why);
  return false;
}

bool ob_change_asking(const ob_changing *c) {
  bool any = c && c->fetch;
  for (size_t i = 0; c && i < c->nparts; i++) any |= c->parts[i].dry != 0;
  return any;
}

const char *ob_change_why_not(ob_tui *s, bool convert) {
  const ob_row *row = ob_tui_row(s);
  if (s->opts->read_only) return "--read-only: nothing is changed from here";
  if (ob_change_asking(s->changing)) return "the server is asked about a change: esc drops it";
  if (!row) return "there is no row";
  if (convert && !row->service) return "the row leads to no service that is there";
  return NULL;
}

/* --- objects ------------------------------------------------------------------------------------
 */
static void fetch_next(ob_tui *s) {
  ob_changing *c = s->changing;
  const ob_object about = {.kind = c->about[c->nobjects].kind,
                           .ns = c->about[c->nobjects].ns,
                           .name = c->about[c->nobjects].name};
  c->fetch = ob_session_fetch(s->session, OB_FETCH_OBJECT, &about);
}

void ob_change_begin(ob_tui *s, const ob_change_flow *flow, const ob_change_about *about,
                     size_t n) {
  ob_changing *c = ob_changing_of(s);
  if (n > OB_CHANGE_OBJECTS) n = OB_CHANGE_OBJECTS;
  forget_parts(c);
  forget_objects(c);
  forget_entry(c);
  c->flow = flow;
  for (size_t i = 0; i < n; i++) {
    c->about[i].kind = about[i].kind;
    c->about[i].ns = ob_strdup(about[i].ns);
    c->about[i].name = ob_strdup(about[i].name);
  }
  c->wanted = n;
  ob_tui_say(s, false, "asking the server what it has now");
  fetch_next(s);
}

void ob_change_with(ob_tui *s, const ob_change_flow *flow, const ob_json *object) {
  ob_changing *c = ob_changing_of(s);
  ob_json *copy = ob_json_dup(object);
  forget_parts(c);
  forget_objects(c);
  forget_entry(c);
  c->flow = flow;
  c->about[0].kind = OB_KIND_SERVICE;
  c->about[0].ns = ob_strdup("");
  c->about[0].name = ob_strdup("");
  c->objects[0] = copy;
  c->nobjects = c->wanted = 1;
  ob_change_try(s);
}

static void take_object(ob_tui *s, ob_reply *r) {
  ob_changing *c = s->changing;
  c->fetch = 0;
  if (r->err.code && r->err.code != OB_ENOTFOUND) {
    OB_AUTOFREE char *text = ob_change_err_text(&r->err, NULL);
    ob_tui_say(s, true, "%s", text);
    if (c->flow->again) c->flow->again(s, text);
    return;
  }
  c->objects[c->nobjects++] = ob_take(r->json);
  if (c->nobjects < c->wanted) {
    fetch_next(s);
    return;
  }
  ob_tui_unsay(s, "asking the server ");
  const ob_json *const *objects = (const ob_json *const *)c->objects;
  bool all = true;
  for (size_t i = 0; i < c->wanted; i++) all &= c->objects[i] != NULL;
  if (c->flow->have && (all || c->flow->absent))
    c->flow->have(s, objects);
  else
    ob_change_try(s);
}

/* --- plans and dry runs -------------------------------------------------------------------------
 */
static void show(ob_tui *s) {
  ob_tui_unsay(s, "asking the server ");
  ob_tui_open_full(s, OB_FULL_PLAN);
}

static void make_part(ob_tui *s, size_t i) {
  ob_changing *c = s->changing;
  ob_change_part *p = &c->parts[i];
  size_t first = c->flow->each ? i : 0, end = c->flow->each ? i + 1 : c->wanted;
  for (size_t k = first; k < end && !c->flow->absent; k++)
    if (!c->objects[k]) {
      ob_fail(&p->err, OB_ENOTFOUND, "%s/%s is not there any more", c->about[k].ns,
              c->about[k].name);
      return;
    }
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_PLAN_MAX);
  int rc = c->flow->plan(s, (const ob_json *const *)c->objects + first, &p->plan, &why, &p->err);
  if (why.len) p->why = ob_buf_take(&why, NULL);
  if (rc == 0 && p->plan && !ob_plan_empty(p->plan))
    p->dry = ob_session_dry_run(s->session, p->plan);
}

/* One wish that came to nothing: where it was typed, or on a page when there is much to read. */
static void refused(ob_tui *s, ob_change_part *p) {
  ob_changing *c = s->changing;
  OB_AUTOFREE char *text = ob_change_err_text(&p->err, p->said);
  ob_tui_say(s, true, "%s", text);
  bool page = p->why || !c->flow->again || (strlen(text) > ANSWER_LONG && !c->flow->whole);
  if (page)
    show(s);
  else
    c->flow->again(s, text);
}

/* All parts are settled: one that cannot be is told, several stand beside one another. */
static void settled(ob_tui *s) {
  ob_changing *c = s->changing;
  size_t good = 0;
  for (size_t i = 0; i < c->nparts; i++) {
    if (c->parts[i].dry) return;
    good += c->parts[i].tried != NULL;
  }
  ob_change_part *p = &c->parts[0];
  if (c->nparts == 1 && p->err.code) {
    refused(s, p);
  } else if (c->nparts == 1 && !good) {
    ob_tui_say(s, false, "nothing to do: it is so already");
    if (c->flow->again) c->flow->again(s, "nothing to do: it is so already");
  } else {
    show(s);
  }
}

void ob_change_try(ob_tui *s) {
  ob_changing *c = s->changing;
  if (!c->again) {
    forget_parts(c);
    c->nparts = c->flow->each ? c->wanted : 1;
    c->parts = ob_calloc(c->nparts, sizeof *c->parts);
    ob_tui_say(s, false, "asking the server what it would make of it");
    for (size_t i = 0; i < c->nparts; i++) make_part(s, i);
  } else {
    c->again = false;
    for (size_t i = 0; i < c->nparts; i++)
      c->parts[i].dry = ob_session_dry_run(s->session, c->parts[i].plan);
  }
  settled(s);
}

void ob_change_show(ob_tui *s, ob_plan *move_plan, const char *why) {
  ob_changing *c = s->changing;
  char *lines = ob_strdup_opt(why); /* it may lie in what is forgotten */
  forget_parts(c);
  c->parts = ob_calloc(1, sizeof *c->parts);
  c->nparts = 1;
  c->parts[0] = (ob_change_part){.plan = move_plan, .why = lines};
  c->again = move_plan != NULL;
  show(s);
}

static void tried(ob_tui *s, ob_change_part *p, ob_apply_report *move_r) {
  ob_changing *c = s->changing;
  p->dry = 0;
  if (move_r->phase == OB_APPLY_READY) {
    if (move_r->already)
      ob_apply_report_free(move_r);
    else
      p->tried = move_r;
    settled(s);
    return;
  }
  p->err = move_r->err;
  p->said = ob_take(move_r->said);
  if (!p->err.code) ob_fail(&p->err, OB_EIO, "%s", ob_apply_phase_name(move_r->phase));
  bool conflict = move_r->phase == OB_APPLY_CONFLICT && c->nparts == 1;
  if (conflict) ob_tui_say(s, true, "%s", p->err.msg);
  if (conflict && move_r->plan) { /* looked at again, merged */
    OB_AUTOFREE char *why = ob_strdup_opt(move_r->why);
    ob_change_show(s, ob_take(move_r->plan), ob_or(why, p->err.msg));
  } else if (conflict) {
    ob_change_both(s, p->plan);
  } else {
    free(p->why); /* of a try before this one */
    p->why = ob_strdup_opt(move_r->why);
    settled(s);
  }
  ob_apply_report_free(move_r);
}

static void log_sent(ob_changing *c, ob_apply_report *r) {
  for (size_t i = 0; i < r->nsent; i++) {
    if (c->log.len == OB_CHANGE_LOG) {
      ob_sent_done(&c->log.at[0]);
      memmove(c->log.at, c->log.at + 1, (OB_CHANGE_LOG - 1) * sizeof *c->log.at);
      c->log.len--;
    }
    ob_vec_push(&c->log, r->sent[i]);
  }
  r->nsent = 0;
}

bool ob_change_reply(ob_tui *s, ob_reply *move_r) {
  ob_changing *c = s->changing;
  if (ob_change_broken_reply(s, move_r)) {
    ob_reply_done(move_r);
    return true;
  }
  bool mine = c && ((c->fetch && move_r->id == c->fetch) || move_r->what == OB_FETCH_PLAN);
  if (!mine) return false;
  if (move_r->what != OB_FETCH_PLAN) {
    take_object(s, move_r);
    ob_reply_done(move_r);
    return true;
  }
  ob_apply_report *r = ob_take(move_r->report);
  log_sent(c, r);
  ob_change_part *part = NULL;
  for (size_t i = 0; i < c->nparts && r->dry; i++)
    if (c->parts[i].dry == move_r->id) part = &c->parts[i];
  if (part && ob_apply_ended(r->phase)) {
    tried(s, part, r);
    r = NULL;
  } else if (!r->dry) {
    ob_change_run_report(s, move_r->id, r);
  }
  ob_apply_report_free(r);
  ob_reply_done(move_r);
  return true;
}

/* --- the person's word --------------------------------------------------------------------------
 */
static size_t good_parts(const ob_changing *c) {
  size_t n = 0;
  for (size_t i = 0; i < c->nparts; i++) n += c->parts[i].tried != NULL;
  return n;
}

static bool loses(const ob_changing *c) {
  for (size_t i = 0; i < c->nparts; i++) {
    const ob_change_part *p = &c->parts[i];
    if (p->tried && p->plan->nwarnings && p->plan->warnings[0].level == OB_WARN_LOSS) return true;
  }
  return false;
}

void ob_change_confirm(ob_tui *s) {
  ob_changing *c = s->changing;
  if (c && c->again) { /* merged with what somebody did meanwhile: tried again first */
    ob_change_try(s);
    return;
  }
  size_t good = c ? good_parts(c) : 0;
  if (!good) {
    ob_tui_close_full(s);
    return;
  }
  bool lost = loses(c);
  ob_menu_open(&s->menu, OB_MENU_CHANGE, "Do it?");
  ob_menu_add(&s->menu, "Cancel", "nothing is changed", OB_CHANGE_NO, lost);
  if (good == 1) {
    for (size_t i = 0; i < c->nparts; i++)
      if (c->parts[i].tried)
        ob_menu_add(&s->menu, "Apply", c->parts[i].plan->title, OB_CHANGE_STOP, !lost);
  } else {
    OB_AUTOFREE char *text = ob_asprintf("Apply %zu, stop at a failure", good);
    OB_AUTOFREE char *on = ob_asprintf("Apply %zu, go on after one", good);
    ob_menu_add(&s->menu, text, "one after another; what was done before stays", OB_CHANGE_STOP,
                !lost);
    ob_menu_add(&s->menu, on, "what failed is told by name", OB_CHANGE_GO_ON, false);
  }
  ob_menu_ready(&s->menu);
}

static void go(ob_tui *s, ob_change_answer answer) {
  ob_changing *c = s->changing;
  ob_change_run_start(s, answer == OB_CHANGE_STOP);
  c->flow = NULL;
  ob_change_forget(c);
  ob_tui_say(s, false, "changing …");
  ob_tui_close_full(s);
}

void ob_change_confirmed(ob_tui *s, ob_change_answer answer) {
  ob_changing *c = s->changing;
  if (!c || !good_parts(c)) return;
  if (answer == OB_CHANGE_NO) {
    ob_tui_say(s, false, "nothing is changed");
    ob_tui_close_full(s);
    return;
  }
  c->answer = answer;
  const char *context = ob_session_status_get(s->session)->context;
  if (ob_settings_protects(s->opts->settings, context))
    ob_tui_prompt_open(s, OB_PROMPT_CONTEXT, "");
  else
    go(s, answer);
}

void ob_change_context_typed(ob_tui *s, const char *text) {
  ob_changing *c = s->changing;
  const char *context = ob_session_status_get(s->session)->context;
  if (!c || !good_parts(c)) return;
  if (ob_streq(text, context))
    go(s, c->answer);
  else
    ob_tui_say(s, true, "that is not the name of the context: nothing is changed");
}

void ob_change_drop(ob_tui *s) {
  ob_changing *c = s->changing;
  if (!c) return;
  const ob_change_flow *flow = c->flow;
  bool shown = c->nparts > 0;
  ob_change_forget(c);
  if (flow && flow->again && shown) flow->again(s, NULL);
}

bool ob_change_cancel(ob_tui *s) {
  ob_changing *c = s->changing;
  if (!ob_change_asking(c) || s->full == OB_FULL_PLAN) return false;
  const ob_change_flow *flow = c->flow;
  if (c->fetch) ob_session_cancel(s->session, c->fetch);
  ob_change_forget(c);
  ob_tui_say(s, false, "nothing is changed");
  if (flow && flow->again) flow->again(s, NULL);
  return true;
}
