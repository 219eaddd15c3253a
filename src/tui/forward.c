/* `f` and `:pf`: ports of services that are reached from inside only, on this computer. */
#include "tui/screen.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/forward.h"

#include <stdio.h>

static void forward(ob_tui *s, const ob_service *svc, int port) {
  ob_err err = {0};
  uint32_t id = 0;
  if (ob_session_forward(s->session, svc, port, &id, &err) < 0)
    ob_tui_say(s, true, *err.hint ? "%s: %s" : "%s%s", err.msg, err.hint);
  else
    ob_tui_say(s, false, "forwarding %s/%s:%u; :pf lists", svc->o.ns, svc->o.name,
               svc->ports[port].port);
}

void ob_act_forward(ob_tui *s) {
  const ob_row *row = ob_tui_row(s);
  const ob_service *svc = row ? row->service : NULL;
  if (!svc || svc->nports == 0) {
    ob_tui_say(s, true, "there is no service with a port here");
    return;
  }
  if (row->port >= 0 || svc->nports == 1) {
    forward(s, svc, row->port >= 0 ? row->port : 0);
    return;
  }
  ob_menu_open(&s->menu, OB_MENU_FORWARD, "Forward which port");
  for (int i = 0; i < svc->nports; i++) {
    char text[32];
    snprintf(text, sizeof text, "%u/%.8s", svc->ports[i].port, svc->ports[i].protocol);
    ob_menu_add(&s->menu, text, svc->ports[i].name, i, i == 0);
  }
  ob_menu_ready(&s->menu);
}

void ob_tui_forward_chosen(ob_tui *s, int port) {
  const ob_row *row = ob_tui_row(s);
  if (row && row->service && port < row->service->nports) forward(s, row->service, port);
}

/* The menu of forwards as they are now, with the cursor on that one. */
static void list_forwards(ob_tui *s, int id) {
  size_t n = ob_session_forwards(s->session);
  ob_menu_open(&s->menu, OB_MENU_FORWARDS, "Port forwards: enter stops one");
  for (size_t i = 0; i < n; i++) {
    ob_forward f = ob_session_forward_at(s->session, i);
    char age[OB_AGE_TEXT];
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX), note = OB_BUF_INIT(OB_LINE_MAX);
    if (f.local)
      ob_buf_addf(&text, "127.0.0.1:%u → %s/%s:%u", f.local, f.ns, f.name, f.port);
    else
      ob_buf_addf(&text, "%s/%s:%u", f.ns, f.name, f.port);
    ob_buf_addf(&note, "%s %s", ob_forward_states[f.state],
                ob_age_text(age, ob_mono_ms() - f.since_ms));
    if (f.restarts) ob_buf_addf(&note, ", %u restart%s", f.restarts, f.restarts == 1 ? "" : "s");
    if (*f.why) ob_buf_addf(&note, ": %s", f.why);
    ob_menu_add(&s->menu, ob_buf_str(&text), ob_buf_str(&note), (int)f.id, (int)f.id == id);
  }
  ob_menu_ready(&s->menu);
}

void ob_cmd_forwards(ob_tui *s, const char *name, const char *arg) {
  (void)name, (void)arg;
  if (ob_session_forwards(s->session) == 0)
    ob_tui_say(s, false, "no port is forwarded: f forwards the row's");
  else
    list_forwards(s, 0);
}

int ob_tui_forwards_due(ob_tui *s) {
  ob_menu *m = &s->menu;
  if (m->kind != OB_MENU_FORWARDS) return -1;
  const ob_menu_item *it = ob_menu_chosen(m);
  int id = it ? it->value : 0;
  OB_AUTOFREE char *typed = ob_strdup(m->typed.text);
  list_forwards(s, id);
  ob_line_set(&m->typed, typed);
  if (*typed) ob_menu_filter(m);
  for (size_t i = 0; i < m->shown.len; i++)
    if (m->items.at[m->shown.at[i]].value == id) m->cursor = i;
  return 1000;
}

void ob_tui_forward_stopped(ob_tui *s, int id) {
  ob_session_forward_stop(s->session, (uint32_t)id);
  ob_tui_say(s, false, "stopped");
}

/* What became of the youngest change is said; :pf has the rest. */
void ob_tui_forwards_changed(ob_tui *s) {
  ob_forward newest = {0};
  for (size_t i = 0; i < ob_session_forwards(s->session); i++) {
    ob_forward f = ob_session_forward_at(s->session, i);
    if (f.since_ms >= newest.since_ms) newest = f;
  }
  if (!newest.id) return;
  if (newest.state == OB_FORWARD_UP)
    ob_tui_say(s, false, "127.0.0.1:%u leads to %s/%s:%u", newest.local, newest.ns, newest.name,
               newest.port);
  else if (newest.state == OB_FORWARD_WAITING)
    ob_tui_say(s, true, "the forward of %s/%s:%u ended and is started again: %s", newest.ns,
               newest.name, newest.port, newest.why);
  else if (newest.state == OB_FORWARD_FAILED)
    ob_tui_say(s, true, "%s/%s:%u cannot be forwarded: %s", newest.ns, newest.name, newest.port,
               newest.why);
}
