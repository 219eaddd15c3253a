/* See change.h. What was wished is kept until the objects that it is about have come, because a
 * plan stands on whole objects and the rows hold only what is shown of them. */
#include "tui/change.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "tui/edit_yaml.h"
#include "tui/rights.h"
#include "tui/screen.h"

typedef enum wish { CONVERT, REMOVE, REMOVE_RULE, BACK, EDIT_RULE, ROUTE, EDIT_YAML } wish;

struct ob_changing {
  wish wish;
  ob_kind kind;
  char *ns, *name;
  ob_convert to;
  char *host;
  char *typed; /* EDIT_YAML: what the editor left */
  int rule, path;
  ob_history *history; /* BACK: whom `entry` lies in */
  const ob_entry *entry;
  uint32_t fetch, dry; /* under way, 0 none */
  ob_json **objects;   /* as far as they have come */
  size_t nobjects, wanted;
  ob_plan *plan; /* in view */
  ob_apply_report *tried;
  char *why;
  OB_VEC(ob_sent) log;
};

static ob_changing *changing(ob_tui *s) {
  if (!s->changing) s->changing = ob_calloc(1, sizeof *s->changing);
  return s->changing;
}

static void forget(ob_changing *c) {
  for (size_t i = 0; i < c->nobjects; i++) ob_json_free(c->objects[i]);
  free(c->objects);
  c->objects = NULL;
  c->nobjects = c->wanted = 0;
  c->fetch = c->dry = 0;
  ob_plan_free(ob_take(c->plan));
  ob_apply_report_free(ob_take(c->tried));
  free(ob_take(c->why));
  free(ob_take(c->ns));
  free(ob_take(c->name));
  free(ob_take(c->typed));
}

static void forget_history(ob_changing *c) {
  ob_history_free(ob_take(c->history));
  c->entry = NULL;
}

void ob_changing_free(ob_changing *c) {
  if (!c) return;
  forget(c);
  forget_history(c);
  free(c->host);
  for (size_t i = 0; i < c->log.len; i++) ob_sent_done(&c->log.at[i]);
  ob_vec_done(&c->log);
  free(c);
}

/* --- from a wish to a plan -------------------------------------------------------------------- */
static void fetch_next(ob_tui *s) {
  ob_changing *c = s->changing;
  const ob_edit *e = c->wish == BACK ? &c->entry->plan->edits[c->nobjects] : NULL;
  const ob_object about = {.kind = e ? e->kind : c->kind,
                           .ns = e ? e->ns : c->ns,
                           .name = e ? e->name : c->name,
                           .uid = ""};
  c->fetch = ob_session_fetch(s->session, OB_FETCH_OBJECT, &about);
}

static void begin(ob_tui *s, wish w, ob_kind kind, const char *ns, const char *name,
                  size_t wanted) {
  ob_changing *c = changing(s);
  forget(c);
  if (w != BACK) forget_history(c);
  c->wish = w;
  c->kind = kind;
  c->ns = ob_strdup(ns);
  c->name = ob_strdup(name);
  c->wanted = wanted;
  c->objects = ob_calloc(wanted + 1, sizeof *c->objects);
  ob_tui_say(s, false, "asking the server what it has now");
  fetch_next(s);
}

static int make_plan(ob_tui *s, ob_err *err) {
  ob_changing *c = s->changing;
  const ob_cluster *cluster = ob_tui_cluster(s);
  const ob_json *o = c->objects[0];
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  int rc = 0;
  if (!o && c->wish != BACK && c->wish != ROUTE)
    return ob_fail(err, OB_ENOTFOUND, "%s/%s is not there any more", c->ns, c->name);
  switch (c->wish) {
  case CONVERT: rc = ob_plan_convert(&c->plan, cluster, o, &c->to, err); break;
  case ROUTE: rc = ob_route_edit_plan(s, o, &c->plan, err); break;
  case EDIT_YAML: /* made by edit() */
  case EDIT_RULE: break;
  case REMOVE: rc = ob_plan_delete(&c->plan, cluster, c->kind, o, err); break;
  case REMOVE_RULE: rc = ob_plan_route_delete(&c->plan, cluster, o, c->rule, c->path, err); break;
  case BACK:
    rc = ob_plan_undo(&c->plan, c->entry->plan, (const ob_json *const *)c->objects, &why, err);
    break;
  }
  if (why.len) c->why = ob_buf_take(&why, NULL);
  return rc;
}

static void show(ob_tui *s) {
  ob_tui_open_full(s, OB_FULL_PLAN);
}

static void try_plan(ob_tui *s) {
  ob_changing *c = s->changing;
  ob_err err = {0};
  if (make_plan(s, &err) < 0) {
    if (c->wish == ROUTE) ob_route_edit_again(s);
    ob_tui_say(s, true, "%s%s%s", err.msg, *err.hint ? ": " : "", err.hint);
    if (c->why) show(s);
    return;
  }
  if (ob_plan_empty(c->plan)) {
    ob_tui_say(s, false, "nothing to do: it is so already");
    return;
  }
  c->dry = ob_session_dry_run(s->session, c->plan);
  ob_tui_say(s, false, "asking the server what it would make of it");
}

/* The object in the editor, until it is right, unchanged, or the server would take it. */
static void edit(ob_tui *s, const char *errors) {
  ob_changing *c = s->changing;
  OB_AUTOFREE char *before = ob_take(c->typed), *why = ob_strdup_opt(errors);
  for (;;) {
    ob_err err = {0};
    OB_AUTOPTR(ob_json) wanted = NULL;
    char *typed = NULL;
    int rc = ob_yaml_edit(s, c->objects[0], before, why, &wanted, &typed, &err);
    free(before);
    before = typed;
    if (rc) {
      ob_tui_say(s, rc < 0, rc < 0 ? "%s %s" : "nothing is changed%s%s", rc < 0 ? err.msg : "",
                 rc < 0 ? err.hint : "");
      return;
    }
    ob_plan_free(ob_take(c->plan));
    if (ob_plan_edit(&c->plan, c->kind, c->objects[0], wanted, &err) == 0) break;
    free(why);
    why = ob_strdup(err.msg);
  }
  c->typed = ob_take(before);
  if (ob_plan_empty(c->plan)) {
    ob_tui_say(s, false, "nothing is changed");
    return;
  }
  c->dry = ob_session_dry_run(s->session, c->plan);
}

static void take_object(ob_tui *s, ob_reply *r) {
  ob_changing *c = s->changing;
  c->fetch = 0;
  if (r->err.code && r->err.code != OB_ENOTFOUND) {
    ob_tui_say(s, true, "%s", r->err.msg);
    return;
  }
  c->objects[c->nobjects++] = ob_take(r->json);
  if (c->nobjects < c->wanted)
    fetch_next(s);
  else if (c->wish == EDIT_YAML && c->objects[0])
    edit(s, NULL);
  else if (c->wish == EDIT_RULE && c->objects[0])
    ob_route_edit_open(s, c->objects[0], c->rule, c->path);
  else
    try_plan(s);
}

/* --- reports ------------------------------------------------------------------------------------
 */
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

static void take_plan_back(ob_changing *c, ob_apply_report *r) {
  ob_plan_free(c->plan);
  c->plan = ob_take(r->plan);
  free(c->why);
  c->why = ob_strdup_opt(r->why);
  ob_apply_report_free(c->tried);
  c->tried = NULL;
}

static void tried(ob_tui *s, ob_apply_report *move_r) {
  ob_changing *c = s->changing;
  c->dry = 0;
  if (move_r->phase == OB_APPLY_READY) {
    c->tried = move_r;
    show(s);
    return;
  }
  ob_tui_say(s, true, "%s", move_r->err.msg);
  if (c->wish == ROUTE && move_r->phase != OB_APPLY_CONFLICT) ob_route_edit_again(s);
  if (c->wish == EDIT_YAML && move_r->phase == OB_APPLY_REFUSED) {
    edit(s, move_r->err.msg);
    ob_apply_report_free(move_r);
    return;
  }
  if (move_r->phase == OB_APPLY_CONFLICT) { /* looked at again, merged or not */
    take_plan_back(c, move_r);
    show(s);
  }
  ob_apply_report_free(move_r);
}

static void applied(ob_tui *s, ob_apply_report *r) {
  const char *title = r->plan ? r->plan->title : "the change";
  for (size_t i = 0; i < r->nwarnings; i++)
    ob_tui_say(s, true, "the server warns: %s", r->warnings[i]);
  if (r->phase == OB_APPLY_DONE) {
    ob_tui_say(s, false, "done: %s (u takes it back)", title);
    return;
  }
  ob_tui_say(s, true, "%s: %s%s%s", ob_apply_phase_name(r->phase), title, r->err.code ? ": " : "",
             r->err.code ? r->err.msg : "");
  if (!r->why && !(r->phase == OB_APPLY_CONFLICT && r->plan)) return;
  take_plan_back(s->changing, r);
  show(s);
}

bool ob_change_reply(ob_tui *s, ob_reply *move_r) {
  ob_changing *c = s->changing;
  bool mine = c && ((c->fetch && move_r->id == c->fetch) || move_r->what == OB_FETCH_PLAN);
  if (!mine) return false;
  if (move_r->what != OB_FETCH_PLAN) {
    take_object(s, move_r);
    ob_reply_done(move_r);
    return true;
  }
  ob_apply_report *r = ob_take(move_r->report);
  log_sent(c, r);
  if (r->dry && move_r->id == c->dry && ob_apply_ended(r->phase)) {
    tried(s, r);
    r = NULL;
  } else if (!r->dry && ob_apply_ended(r->phase)) {
    applied(s, r);
  } else if (!r->dry) {
    ob_tui_say(s, false, "%s",
               r->phase == OB_APPLY_ASKING   ? "the connection broke: asking what came of it"
               : r->phase == OB_APPLY_QUEUED ? "waits for another change of the same object"
                                             : "changing …");
  }
  ob_apply_report_free(r);
  ob_reply_done(move_r);
  return true;
}

/* --- keys
 * ------------------------------------------------------------------------------------------ */
static bool may(ob_tui *s, const char *verb, const ob_object *about) {
  char why[OB_RIGHT_TEXT];
  if (ob_tui_access(s, verb, OB_KIND_OWN, about, why) != OB_ACCESS_REFUSED) return true;
  ob_tui_say(s, true, "%s", why);
  return false;
}

const char *ob_change_why_not(ob_tui *s, bool convert) {
  const ob_row *row = ob_tui_row(s);
  if (s->opts->read_only) return "--read-only: nothing is changed from here";
  if (!row) return "there is no row";
  if (convert && !row->service) return "the row leads to no service that is there";
  return NULL;
}

void ob_act_convert(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->service || !may(s, "patch", &row->service->o)) return;
  static const ob_service_type types[] = {OB_CLUSTER_IP, OB_NODE_PORT, OB_LOAD_BALANCER,
                                          OB_EXTERNAL_NAME, OB_HEADLESS};
  static const char *const notes[] = {"inside of the cluster only", "a port on every node",
                                      "an address of its own, by a provider's balancer",
                                      "a name that stands for another host",
                                      "no address: the name gives the pods themselves"};
  ob_menu_open(&s->menu, OB_MENU_CONVERT, "Convert to");
  for (size_t i = 0; i < OB_LEN(types); i++)
    if (types[i] != row->service->type)
      ob_menu_add(&s->menu, ob_service_type_title(types[i]), notes[i], (int)types[i], false);
  ob_menu_ready(&s->menu);
}

static void convert(ob_tui *s, ob_service_type to, const char *host) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->service) return;
  ob_changing *c = changing(s);
  free(c->host);
  c->host = ob_strdup_opt(host);
  c->to = (ob_convert){.to = to, .external_name = c->host};
  const ob_object *o = &row->service->o;
  begin(s, CONVERT, OB_KIND_SERVICE, o->ns, o->name, 1);
}

void ob_change_type_chosen(ob_tui *s, int type) {
  if (type == OB_EXTERNAL_NAME)
    ob_tui_prompt_open(s, OB_PROMPT_HOST, "");
  else
    convert(s, (ob_service_type)type, NULL);
}

void ob_change_host_typed(ob_tui *s, const char *text) {
  convert(s, OB_EXTERNAL_NAME, text);
}

/* The fields stand on the whole Ingress as the server has it now. */
void ob_act_edit(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->ingress || !may(s, "patch", row->owner)) return;
  ob_changing *c = changing(s);
  c->rule = row->way == OB_ROW_DEFAULT ? -1 : row->rule;
  c->path = row->path;
  begin(s, EDIT_RULE, OB_KIND_INGRESS, row->owner->ns, row->owner->name, 1);
}

void ob_act_edit_yaml(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !may(s, "patch", row->owner)) return;
  begin(s, EDIT_YAML, row->owner->kind, row->owner->ns, row->owner->name, 1);
}

void ob_change_route(ob_tui *s, const char *ns, const char *ingress, const ob_json *base) {
  ob_changing *c = changing(s);
  if (!base) {
    begin(s, ROUTE, OB_KIND_INGRESS, ns, ingress, 1);
    return;
  }
  forget(c);
  forget_history(c);
  c->wish = ROUTE;
  c->ns = ob_strdup(ns);
  c->name = ob_strdup(ingress);
  c->objects = ob_calloc(1, sizeof *c->objects);
  c->objects[0] = ob_json_dup(base);
  c->nobjects = c->wanted = 1;
  try_plan(s);
}

void ob_act_delete(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  bool rule = row->ingress && (row->way == OB_ROW_RULE || row->way == OB_ROW_DEFAULT);
  if (!may(s, rule ? "patch" : "delete", row->owner)) return;
  ob_changing *c = changing(s);
  c->rule = row->way == OB_ROW_DEFAULT ? -1 : row->rule;
  c->path = row->path;
  begin(s, rule ? REMOVE_RULE : REMOVE, row->owner->kind, row->owner->ns, row->owner->name, 1);
}

static void back(ob_tui *s, bool redo) {
  ob_changing *c = changing(s);
  ob_err err = {0};
  if (ob_session_applying(s->session)) {
    ob_tui_say(s, false, "a change is under way: wait for it");
    return;
  }
  forget(c);
  forget_history(c);
  if (ob_history_load(&c->history, s->session_opts.journal, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  c->entry = ob_history_last(c->history, ob_session_status_get(s->session)->server, redo);
  if (!c->entry) {
    ob_tui_say(s, false, "nothing to %s on this cluster", redo ? "redo" : "undo");
    return;
  }
  begin(s, BACK, OB_KIND_SERVICE, "", "", c->entry->plan->nedits);
}

void ob_act_undo(ob_tui *s) {
  back(s, false);
}
void ob_act_redo(ob_tui *s) {
  back(s, true);
}

void ob_change_confirm(ob_tui *s) {
  const ob_changing *c = s->changing;
  if (!c || !c->plan || !c->tried) {
    if (c && c->plan) { /* merged with what somebody did meanwhile: tried again first */
      s->changing->dry = ob_session_dry_run(s->session, c->plan);
      return;
    }
    ob_tui_close_full(s);
    return;
  }
  bool loses = c->plan->nwarnings && c->plan->warnings[0].level == OB_WARN_LOSS;
  ob_menu_open(&s->menu, OB_MENU_CHANGE, "Do it?");
  ob_menu_add(&s->menu, "Cancel", "nothing is changed", 0, loses);
  ob_menu_add(&s->menu, "Apply", c->plan->title, 1, !loses);
  ob_menu_ready(&s->menu);
}

void ob_change_confirmed(ob_tui *s, bool yes) {
  ob_changing *c = s->changing;
  if (!c || !c->plan) return;
  if (yes) ob_session_apply(s->session, c->plan, c->entry ? c->entry->id : 0);
  if (yes && c->wish == ROUTE) ob_route_edit_done(&s->route);
  ob_tui_say(s, false, yes ? "changing …" : "nothing is changed");
  ob_change_drop(s);
  ob_tui_close_full(s);
}

void ob_change_drop(ob_tui *s) {
  if (!s->changing) return;
  if (s->changing->wish == ROUTE && s->changing->plan) ob_route_edit_again(s);
  forget(s->changing);
  forget_history(s->changing);
}

/* --- pages
 * -------------------------------------------------------------------------------------------- */
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

static void write_edit(ob_doc *d, const ob_changing *c, size_t i) {
  const ob_edit *e = &c->plan->edits[i];
  bool predicted = e->nsteps > 1 || !c->tried;
  OB_AUTO(ob_buf) diff = OB_BUF_INIT(OB_PLAN_MAX);
  OB_AUTOFREE char *head = ob_asprintf("%s %s/%s", ob_kinds[e->kind].kind, e->ns, e->name);
  ob_doc_heading(d, head);
  if (e->nsteps > 1)
    ob_doc_field(d, "predicted", OB_ROLE_DIM, "its second step stands on what the first one made");
  ob_edit_diff(e, predicted ? NULL : c->tried->after[i], &diff);
  put_lines(d, ob_buf_str(&diff));
  for (size_t k = 0; k < e->nsteps; k++) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_PLAN_MAX);
    ob_plan_step_kubectl(e, &e->steps[k], &line);
    ob_doc_field(d, k ? "then" : "as", OB_ROLE_DIM, ob_buf_str(&line));
  }
}

void ob_change_write(ob_tui *s, ob_doc *d) {
  static const char *const labels[] = {"note", "careful", "lost"};
  static const ob_role roles[] = {OB_ROLE_DIM, OB_ROLE_WARN, OB_ROLE_BAD};
  const ob_changing *c = s->changing;
  if (!c || (!c->plan && !c->why)) {
    ob_doc_put(d, OB_ROLE_DIM, "no plan is in view");
    ob_doc_nl(d);
    return;
  }
  if (c->plan) ob_doc_heading(d, c->plan->title);
  if (c->why) {
    ob_doc_heading(d, "somebody else was there");
    put_lines(d, c->why);
  }
  for (size_t i = 0; c->plan && i < c->plan->nwarnings; i++) {
    ob_warn level = c->plan->warnings[i].level;
    ob_doc_field(d, labels[level], roles[level], c->plan->warnings[i].text);
  }
  for (size_t i = 0; c->tried && i < c->tried->nwarnings; i++)
    ob_doc_field(d, "server", OB_ROLE_WARN, c->tried->warnings[i]);
  for (size_t i = 0; c->plan && i < c->plan->nedits; i++) write_edit(d, c, i);
  ob_doc_nl(d);
  ob_doc_put(d, OB_ROLE_KEY,
             !c->plan ? "enter goes back"
             : c->tried
                 ? "enter does it, esc leaves everything as it is"
                 : "enter asks the server what it would make of both, esc leaves all as it is");
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
    bool good = e->state == OB_ENTRY_DONE || e->state == OB_ENTRY_UNDONE;
    ob_doc_put(d, OB_ROLE_DIM, ob_time_text(time, e->at_ms));
    ob_doc_to(d, 22);
    ob_doc_put(d, good ? OB_ROLE_OK : OB_ROLE_BAD, ob_entry_state_name(e->state));
    ob_doc_to(d, 34);
    ob_doc_putf(d, OB_ROLE_DIM, "%s ", e->context);
    ob_doc_put(d, OB_ROLE_TEXT, e->plan->title);
    ob_doc_nl(d);
    if (e->note) ob_doc_field(d, "", OB_ROLE_WARN, e->note);
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
  ob_tui_open_full(s, OB_FULL_HISTORY);
}

void ob_cmd_log(ob_tui *s, const char *name, const char *arg) {
  (void)name;
  (void)arg;
  ob_tui_open_full(s, OB_FULL_LOG);
}
