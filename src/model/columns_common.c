/* Cells that several views share. */
#include "model/columns.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

/* Parameters that a cell has no use for. */
#define UNUSED3(a, b, d) ((void)(a), (void)(b), (void)(d))

void ob_cell_text(ob_cell *ret, const char *s) { ob_text_safe_str(ret->text, s, OB_TEXT_LINE); }

void ob_cell_list(ob_cell *ret, const char *const *items, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (i) ob_buf_addc(ret->text, ',');
    ob_cell_text(ret, items[i]);
  }
}

void ob_cell_num(ob_cell *ret, int64_t n) {
  ret->num = n;
  ret->has_num = true;
  ob_buf_addf(ret->text, "%lld", (long long)n);
}

void ob_cell_unknown(ob_cell *ret) {
  ob_buf_addc(ret->text, '?');
  ret->unknown = true;
  ret->tone = OB_TONE_DIM;
}

void ob_cell_none(ob_cell *ret) {
  ob_buf_adds(ret->text, "<none>");
  ret->tone = OB_TONE_DIM;
}

OB_CELL(ob_cell_namespace) {
  UNUSED3(c, now_ms, 0);
  ob_cell_text(ret, r->owner->ns);
}

OB_CELL(ob_cell_name) {
  UNUSED3(c, now_ms, 0);
  ob_cell_text(ret, r->owner->name);
  if (r->owner->deleting_ms) ret->tone = OB_TONE_WARN;
}

OB_CELL(ob_cell_type) {
  UNUSED3(c, now_ms, 0);
  ob_cell_text(ret, r->service->type == OB_HEADLESS ? "ClusterIP" : ob_or(r->service->type_text, "ClusterIP"));
}

/* False when endpoints mean nothing here; then the cell is done. */
static bool row_ready(const ob_cluster *c, const ob_row *r, ob_ready *ready) {
  if (!r->service || r->service->type == OB_EXTERNAL_NAME) return false;
  *ready = ob_service_ready(c, r->service, r->port);
  return true;
}

OB_CELL(ob_cell_ready) {
  (void)now_ms;
  ob_ready n;
  if (!row_ready(c, r, &n)) {
    ob_buf_addc(ret->text, '-');
    ret->tone = OB_TONE_DIM;
    ret->num = -1;
    ret->has_num = true;
    return;
  }
  if (!n.known) {
    ob_cell_unknown(ret);
    return;
  }
  ob_buf_addf(ret->text, "%u/%u", n.ready, n.total);
  ret->num = n.ready;
  ret->has_num = true;
  ret->tone = n.ready == 0 ? OB_TONE_BAD : n.ready < n.total ? OB_TONE_WARN : OB_TONE_OK;
  ret->mark = n.ready == 0 ? '!' : n.ready < n.total ? '~' : '+';
}

OB_CELL(ob_cell_ready_count) {
  (void)now_ms;
  ob_ready n;
  if (!row_ready(c, r, &n) || !n.known)
    ret->unknown = true;
  else
    ob_cell_num(ret, n.ready);
}

OB_CELL(ob_cell_total_count) {
  (void)now_ms;
  ob_ready n;
  if (!row_ready(c, r, &n) || !n.known)
    ret->unknown = true;
  else
    ob_cell_num(ret, n.total);
}

OB_CELL(ob_cell_age) {
  (void)c;
  char text[OB_AGE_TEXT];
  if (!r->owner->created_ms) {
    ob_cell_unknown(ret);
    return;
  }
  int64_t age = now_ms - r->owner->created_ms;
  ret->num = age < 0 ? 0 : age;
  ret->has_num = true;
  ob_buf_adds(ret->text, ob_age_text(text, ret->num));
}

OB_CELL(ob_cell_created) {
  UNUSED3(c, now_ms, 0);
  char text[OB_TIME_TEXT];
  if (r->owner->created_ms)
    ob_buf_adds(ret->text, ob_time_text(text, r->owner->created_ms));
  else
    ret->unknown = true;
}

OB_CELL(ob_cell_problem) {
  ob_finding f;
  ret->num = -1;
  ret->has_num = true;
  if (!ob_row_finding(c, r, now_ms, &f)) return;
  ob_cell_text(ret, f.what);
  ret->num = (int64_t)f.rule->severity;
  ret->tone = f.rule->severity >= OB_SEV_MEDIUM ? OB_TONE_BAD : OB_TONE_WARN;
  ret->mark = '!';
}

OB_CELL(ob_cell_severity) {
  static const char *const names[] = {
      [OB_SEV_INFO] = "info", [OB_SEV_LOW] = "low", [OB_SEV_MEDIUM] = "medium", [OB_SEV_HIGH] = "high"};
  int worst = ob_row_severity(c, r, now_ms);
  if (worst >= 0) ob_buf_adds(ret->text, names[worst]);
}

OB_CELL(ob_cell_rule_id) {
  ob_finding f;
  if (ob_row_finding(c, r, now_ms, &f)) ob_buf_adds(ret->text, f.rule->id);
}

OB_CELL(ob_cell_class) {
  (void)now_ms;
  if (!r->ingress) {
    if (r->way == OB_ROW_LB || (r->service->type == OB_LOAD_BALANCER && *r->service->lb_class))
      *r->service->lb_class ? ob_cell_text(ret, r->service->lb_class) : ob_cell_none(ret);
    return;
  }
  const char *name;
  const ob_ingress_class *cls = ob_ingress_class_of(c, r->ingress, &name);
  if (!*name) {
    ob_cell_none(ret);
    return;
  }
  ob_cell_text(ret, name);
  if (!cls && ob_known(c, OB_KIND_INGRESS_CLASS)) ret->tone = OB_TONE_WARN;
}

OB_CELL(ob_cell_target_service) {
  (void)now_ms;
  if (!r->ingress) {
    ob_cell_text(ret, r->service->o.name);
    return;
  }
  const ob_backend *b = ob_row_backend(r);
  ob_cell_text(ret, *b->service ? b->service : b->resource);
  if (*b->service && !r->service && ob_known(c, OB_KIND_SERVICE)) {
    ret->tone = OB_TONE_BAD;
    ret->mark = '!';
  }
}

OB_CELL(ob_cell_port) {
  UNUSED3(c, now_ms, 0);
  if (r->ingress) {
    const ob_backend *b = ob_row_backend(r);
    if (*b->port_name)
      ob_cell_text(ret, b->port_name);
    else if (b->port_number)
      ob_buf_addf(ret->text, "%u", b->port_number);
    if (r->service && r->port < 0) {
      ret->tone = OB_TONE_BAD;
      ret->mark = '!';
    }
    return;
  }
  if (r->port >= 0) ob_cell_num(ret, r->service->ports[r->port].port);
}

OB_CELL(ob_cell_protocol) {
  UNUSED3(c, now_ms, 0);
  if (r->service && r->port >= 0) ob_cell_text(ret, r->service->ports[r->port].protocol);
}

OB_CELL(ob_cell_node_port) {
  UNUSED3(c, now_ms, 0);
  if (r->port >= 0) ob_cell_num(ret, r->service->ports[r->port].node_port);
}

OB_CELL(ob_cell_target_port) {
  UNUSED3(c, now_ms, 0);
  if (r->port >= 0) ob_cell_text(ret, r->service->ports[r->port].target);
}

OB_CELL(ob_cell_lb_addresses) {
  UNUSED3(c, now_ms, 0);
  uint16_t n = r->ingress ? r->ingress->nlb : r->service->nlb;
  const ob_lb_ingress *lb = r->ingress ? r->ingress->lb : r->service->lb;
  for (size_t i = 0; i < n; i++) {
    if (i) ob_buf_addc(ret->text, ',');
    ob_cell_text(ret, ob_lb_address(&lb[i]));
  }
  ret->tone = OB_TONE_ACCENT;
}
