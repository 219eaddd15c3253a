/* Cells that several views share. Nothing to say is an empty cell: front ends have their own
 * dash for it. What is not known is "?", never 0. */
#include "model/cells.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/audit.h"
#include "model/probe.h"
#include "model/rows.h"

#include <stdio.h>

void ob_cell_put(ob_cell *ret, const char *s) {
  ob_buf_adds(ret->text, s);
}

void ob_cell_put_opt(ob_cell *ret, const char *s) {
  ob_cell_put(ret, s);
  ret->none = *s == '\0';
}

void ob_cell_num(ob_cell *ret, int64_t n) {
  ob_buf_addf(ret->text, "%lld", (long long)n);
  ret->num = n;
  ret->has_num = true;
}

void ob_cell_unknown(ob_cell *ret) {
  ob_buf_addc(ret->text, '?');
  ret->unknown = true;
  ret->tone = OB_TONE_DIM;
}

void ob_cell_none(ob_cell *ret, const char *shown) {
  ob_buf_adds(ret->text, shown);
  ret->none = true;
}

void ob_cell_item(ob_cell *ret, const char *s) {
  /* Counted, not looked up: the buffer may hold other cells before this one. */
  if (ret->items++) ob_buf_addc(ret->text, ',');
  ob_cell_put(ret, s);
}

const char *ob_severity_name(int severity) {
  static const char *const names[] = {"info", "low", "medium", "high"};
  return severity >= 0 && severity < (int)OB_LEN(names) ? names[severity] : "";
}

#define UNUSED (void)c, (void)r, (void)now_ms

OB_CELL(ob_cell_ns) {
  UNUSED;
  ob_cell_put(ret, r->owner->ns);
}

OB_CELL(ob_cell_name) {
  UNUSED;
  ob_cell_put(ret, r->owner->name);
  if (r->owner->deleting_ms) ret->tone = OB_TONE_DIM;
}

OB_CELL(ob_cell_service) {
  UNUSED;
  const ob_backend *b = ob_row_backend(r);
  if (b) {
    ob_add_backend(ret->text, b);
    if (*b->service && !r->service && ob_known(c, OB_KIND_SERVICE)) ret->tone = OB_TONE_BAD;
    return;
  }
  ob_cell_put(ret, r->service->o.name);
  if (r->port < 0) return;
  const ob_service_port *p = &r->service->ports[r->port];
  ob_buf_addc(ret->text, ':');
  if (*p->name)
    ob_cell_put(ret, p->name);
  else
    ob_buf_addf(ret->text, "%u", p->port);
}

/* --- ready ------------------------------------------------------------------------------- */
typedef enum ready_say { READY_COUNT, READY_UNKNOWN, READY_NOTHING } ready_say;

static ready_say ready_of(const ob_cluster *c, const ob_row *r, ob_ready *ret) {
  if (!r->service) {
    const ob_backend *b = ob_row_backend(r);
    bool unseen = b && *b->service && !ob_known(c, OB_KIND_SERVICE);
    return unseen ? READY_UNKNOWN : READY_NOTHING;
  }
  if (r->service->type == OB_EXTERNAL_NAME) return READY_NOTHING;
  if (r->ingress && r->port < 0) return READY_NOTHING; /* the service lacks the port */
  *ret = ob_service_ready(c, r->service, r->port);
  if (!ret->known) return READY_UNKNOWN;
  return ob_ready_matters(c, r->service) ? READY_COUNT : READY_NOTHING;
}

OB_CELL(ob_cell_ready) {
  (void)now_ms;
  ob_ready n;
  switch (ready_of(c, r, &n)) {
  case READY_NOTHING: ret->none = true; return;
  case READY_UNKNOWN: ob_cell_unknown(ret); return;
  case READY_COUNT: break;
  }
  ob_buf_addf(ret->text, "%u/%u", n.ready, n.total);
  ret->num = n.ready;
  ret->has_num = true;
  ret->tone = n.ready == 0 ? OB_TONE_BAD : n.ready < n.total ? OB_TONE_WARN : OB_TONE_OK;
  ret->mark = n.ready == 0 ? '!' : n.ready < n.total ? '~' : '+';
}

static void ready_number(const ob_cluster *c, const ob_row *r, bool total, ob_cell *ret) {
  ob_ready n;
  switch (ready_of(c, r, &n)) {
  case READY_NOTHING: ret->none = true; return;
  case READY_UNKNOWN: ob_cell_unknown(ret); return;
  case READY_COUNT: ob_cell_num(ret, total ? n.total : n.ready); return;
  }
}

OB_CELL(ob_cell_ready_n) {
  (void)now_ms;
  ready_number(c, r, false, ret);
}

OB_CELL(ob_cell_total_n) {
  (void)now_ms;
  ready_number(c, r, true, ret);
}

/* --- what it is served by ---------------------------------------------------------------- */
OB_CELL(ob_cell_class) {
  (void)now_ms;
  if (!r->ingress) {
    ob_cell_put_opt(ret, r->way == OB_ROW_LB ? r->service->lb_class : "");
    return;
  }
  const char *name;
  const ob_ingress_class *class = ob_ingress_class_of(c, r->ingress, &name);
  bool known = ob_known(c, OB_KIND_INGRESS_CLASS);
  /* Without a name of its own, the default decides, and that is not known. */
  if (!*name && !known) {
    ob_cell_unknown(ret);
    return;
  }
  ob_cell_put_opt(ret, name);
  if (*name && !class && known && !*ob_ingress_controller(c, r->ingress)) ret->tone = OB_TONE_WARN;
}

/* --- what is wrong ----------------------------------------------------------------------- */
OB_CELL(ob_cell_problem) {
  const ob_audit_rule *rule = ob_row_rule(c, r, now_ms);
  if (rule) {
    ob_buf_adds(ret->text, rule->title);
    ret->tone = rule->severity == OB_SEV_HIGH ? OB_TONE_BAD : OB_TONE_WARN;
  } else if (r->owner->cut) {
    ob_buf_adds(ret->text, "too large: not all of it is read");
    ret->tone = OB_TONE_WARN;
    ret->mark = '~';
  } else {
    ret->none = true;
  }
}

OB_CELL(ob_cell_rule) {
  const ob_audit_rule *rule = ob_row_rule(c, r, now_ms);
  if (rule)
    ob_buf_adds(ret->text, rule->id);
  else
    ret->none = true;
}

OB_CELL(ob_cell_severity) {
  int severity = ob_row_severity(c, r, now_ms);
  ob_buf_adds(ret->text, ob_severity_name(severity));
  ret->none = severity < 0;
}

/* --- time and identity ------------------------------------------------------------------- */
OB_CELL(ob_cell_age) {
  (void)c;
  if (!r->owner->created_ms) {
    ob_cell_unknown(ret);
    return;
  }
  char text[OB_AGE_TEXT];
  ob_buf_adds(ret->text, ob_age_text(text, now_ms - r->owner->created_ms));
  ret->num = -r->owner->created_ms;
  ret->has_num = true;
}

OB_CELL(ob_cell_created) {
  UNUSED;
  char text[OB_TIME_TEXT];
  if (r->owner->created_ms)
    ob_buf_adds(ret->text, ob_time_text(text, r->owner->created_ms));
  else
    ob_cell_unknown(ret);
}

OB_CELL(ob_cell_uid) {
  UNUSED;
  char space[OB_UID_TEXT];
  ob_cell_put(ret, ob_uid_text(r->owner, space));
}

/* --- ports and nodes
 * ------------------------------------------------------------------------------- */
OB_CELL(ob_cell_policy) {
  UNUSED;
  const ob_service *s = r->service;
  if (s->type == OB_NODE_PORT || s->type == OB_LOAD_BALANCER || s->nexternal_ips)
    ob_buf_adds(ret->text, s->external_local ? "Local" : "Cluster");
  else
    ret->none = true;
}

OB_CELL(ob_cell_port) {
  UNUSED;
  const ob_backend *b = ob_row_backend(r);
  if (r->service && r->port >= 0)
    ob_cell_num(ret, r->service->ports[r->port].port);
  else if (b && b->port_number)
    ob_cell_num(ret, b->port_number);
  else
    ret->none = true;
}

OB_CELL(ob_cell_protocol) {
  UNUSED;
  if (r->ingress)
    ob_buf_adds(ret->text, "TCP"); /* HTTP, whatever port it leads to */
  else if (r->port >= 0)
    ob_cell_put(ret, r->service->ports[r->port].protocol);
}

OB_CELL(ob_cell_node_address) {
  (void)now_ms;
  const char *first[1];
  const ob_service_port *p = &r->service->ports[r->port];
  size_t n = ob_node_addresses(c, r->service, first, 1);
  ret->tone = OB_TONE_ACCENT;
  if (n) {
    ob_add_dial(ret->text, first[0], p->node_port, p->protocol);
    if (n > 1) ob_buf_addf(ret->text, " +%zu", n - 1);
    return;
  }
  bool known =
      ob_known(c, OB_KIND_NODE) && (!r->service->external_local || ob_known(c, OB_KIND_SLICE));
  ob_add_dial(ret->text, known ? "<none>" : "<node>", p->node_port, p->protocol);
  ret->unknown = !known;
  ret->none = known;
  ret->tone = known ? OB_TONE_BAD : OB_TONE_PLAIN;
}

OB_CELL(ob_cell_nodes) {
  (void)now_ms;
  if (!ob_known(c, OB_KIND_NODE) || (r->service->external_local && !ob_known(c, OB_KIND_SLICE))) {
    ob_cell_unknown(ret);
    return;
  }
  const char *at[OB_CELL_NODES];
  size_t n = ob_node_addresses(c, r->service, at, OB_CELL_NODES);
  for (size_t i = 0; i < n && i < OB_CELL_NODES; i++) ob_cell_item(ret, at[i]);
  if (n > OB_CELL_NODES) {
    char more[32];
    snprintf(more, sizeof more, "and %zu more", n - OB_CELL_NODES);
    ob_cell_item(ret, more);
  }
  ret->none = n == 0;
}

/* --- certificates ------------------------------------------------------------------------ */
const ob_probe_result *ob_row_certificate(const ob_cluster *c, const ob_row *r) {
  const ob_probe_entry *e[OB_PROBE_PLAN_MAX];
  size_t n = ob_probe_of_row(c, r, e, OB_PROBE_PLAN_MAX);
  const ob_probe_result *newest = NULL;
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++) {
    const ob_probe_result *last = &e[i]->last;
    bool shown = e[i]->answered && last->nchain > 0 && last->chain[0].to_ms;
    if (shown && (!newest || last->at_ms > newest->at_ms)) newest = last;
  }
  return newest;
}

/* --- probes ------------------------------------------------------------------------------ */
/* The slowest answer when all is well, else how many of those asked answer. */
OB_CELL(ob_cell_probe) {
  (void)now_ms;
  const ob_probe_entry *e[OB_PROBE_PLAN_MAX];
  size_t n = ob_probe_of_row(c, r, e, OB_PROBE_PLAN_MAX), asked = 0, good = 0, waiting = 0;
  bool warn = false;
  int32_t slowest = 0;
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++) {
    waiting += e[i]->waiting;
    if (!e[i]->answered || e[i]->last.verdict == OB_PROBE_SKIPPED) continue;
    asked++;
    warn |= e[i]->last.verdict == OB_PROBE_WARN;
    if (e[i]->last.verdict == OB_PROBE_BAD) continue;
    good++;
    int32_t ms = e[i]->sample[(e[i]->nsamples - 1) % OB_PROBE_HISTORY].ms;
    if (ms > slowest) slowest = ms;
  }
  ret->num = asked ? (int64_t)(asked - good) * 1000000 + slowest : -1;
  if (asked == 0) {
    ret->none = n == 0;
    if (n > 0) ob_cell_put(ret, waiting ? "…" : "not asked");
    ret->tone = OB_TONE_DIM;
    return;
  }
  ret->has_num = true;
  ret->mark = good == asked ? '+' : '!';
  ret->tone = good < asked ? OB_TONE_BAD : warn ? OB_TONE_WARN : OB_TONE_OK;
  if (good == asked)
    ob_buf_addf(ret->text, "%d ms", (int)slowest);
  else
    ob_buf_addf(ret->text, "%zu/%zu", good, asked);
}
