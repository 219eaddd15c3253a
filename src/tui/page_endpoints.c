/* What stands behind a service: the endpoints of its slices, each with its pod's word on why
 * it is or is not ready, then the pods that the selector matches and no slice has.
 *
 * The slices are known; the pods are asked for, and the page stands without them until then. */
#include "tui/pages.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdio.h>

enum { SLICES_MAX = 1024, ROWS_MAX = 5000 };

static bool is_target(const ob_endpoint *e, const ob_object *pod) {
  return ob_uid_none(e->target_uid) ? strcmp(pod->name, e->target_name) == 0
                                    : ob_uid_cmp(pod->uid, e->target_uid) == 0;
}

static const ob_pod *pod_of(const ob_subject *s, const ob_endpoint *e) {
  for (size_t i = 0; s->reply && i < s->reply->nobjects; i++) {
    const ob_object *o = s->reply->objects[i];
    if (is_target(e, o)) return OB_AS(ob_pod, o);
  }
  return NULL;
}

static const char *state_of(const ob_endpoint *e, ob_role *ret_role) {
  *ret_role = e->ready ? OB_ROLE_OK : OB_ROLE_BAD;
  if (e->ready) return "● ready";
  if (e->terminating) {
    *ret_role = OB_ROLE_WARN;
    return e->serving ? "○ draining" : "○ terminating";
  }
  return "✗ not ready";
}

static void put_pod(ob_doc *d, const ob_pod *p) {
  if (!p) return;
  if (*p->reason)
    ob_doc_putf(d, OB_ROLE_BAD, "  %s", p->reason);
  else if (!p->is_ready)
    ob_doc_putf(d, OB_ROLE_WARN, "  %s", p->phase);
  ob_doc_putf(d, OB_ROLE_DIM, "  %u/%u", p->ready, p->total);
  if (p->restarts) ob_doc_putf(d, OB_ROLE_DIM, ", %u restarts", p->restarts);
}

static void put_endpoint(ob_doc *d, const ob_subject *s, const ob_endpoint *e) {
  ob_role role;
  const char *state = state_of(e, &role);
  ob_doc_cell(d, role, 13, state);
  ob_doc_to(d, 14);
  ob_doc_put(d, OB_ROLE_ACCENT, e->address);
  ob_doc_to(d, 31);
  ob_doc_put(d, OB_ROLE_TEXT, *e->target_name ? e->target_name : "(no pod)");
  put_pod(d, pod_of(s, e));
  ob_doc_nl(d);
  if (!*e->node && !*e->zone) return;
  ob_doc_to(d, 14);
  ob_doc_putf(d, OB_ROLE_DIM, "%s%s%s", ob_or(e->node, "no node"), *e->zone ? " in " : "", e->zone);
  ob_doc_nl(d);
}

static bool in_slices(const ob_slice *const *slices, size_t n, const ob_object *pod) {
  for (size_t i = 0; i < n; i++)
    for (size_t e = 0; e < slices[i]->nendpoints; e++) {
      if (is_target(&slices[i]->endpoints[e], pod)) return true;
    }
  return false;
}

static void write_other_pods(ob_doc *d, const ob_subject *s, const ob_slice *const *slices,
                             size_t n) {
  bool first = true;
  for (size_t i = 0; i < s->reply->nobjects && i < ROWS_MAX; i++) {
    const ob_object *o = s->reply->objects[i];
    if (in_slices(slices, n, o)) continue;
    if (first) ob_doc_heading(d, "Pods that the selector matches and no slice has");
    first = false;
    ob_doc_put(d, OB_ROLE_TEXT, o->name);
    ob_doc_putf(d, OB_ROLE_DIM, "  %s", OB_AS(ob_pod, o)->phase);
    put_pod(d, OB_AS(ob_pod, o));
    ob_doc_nl(d);
  }
}

void ob_page_write_ENDPOINTS(ob_doc *d, const ob_subject *s) {
  const ob_service *v = s->row->service;
  if (!v) {
    ob_doc_wrap(d, OB_ROLE_WARN, "This row leads to no service that exists.");
    ob_doc_nl(d);
    return;
  }
  if (v->type == OB_EXTERNAL_NAME) {
    ob_doc_putf(d, OB_ROLE_TEXT, "A name for %s: DNS answers, no endpoints stand behind it.",
                v->external_name);
    ob_doc_nl(d);
    return;
  }
  if (!ob_known(s->cluster, OB_KIND_SLICE)) {
    const ob_kind_state *ks = ob_cluster_kind(s->cluster, OB_KIND_SLICE);
    ob_doc_putf(d, OB_ROLE_WARN, "EndpointSlices: %s", ob_phase_name(ks->phase));
    ob_doc_nl(d);
    ob_doc_wrap(d, OB_ROLE_TEXT, ks->err.msg);
    ob_doc_nl(d);
    return;
  }
  const ob_slice **slices = ob_calloc(SLICES_MAX, sizeof(const ob_slice *));
  size_t n = ob_service_slices(s->cluster, v, slices, SLICES_MAX), rows = 0;
  if (n > SLICES_MAX) n = SLICES_MAX;
  for (size_t i = 0; i < n && rows < ROWS_MAX; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&b, "%s, %s", slices[i]->o.name, slices[i]->address_type);
    for (size_t p = 0; p < slices[i]->nports; p++)
      ob_buf_addf(&b, ", %s%s%d/%s", slices[i]->ports[p].name, *slices[i]->ports[p].name ? " " : "",
                  (int)slices[i]->ports[p].port, slices[i]->ports[p].protocol);
    ob_doc_heading(d, ob_buf_str(&b));
    if (slices[i]->nendpoints == 0) {
      ob_doc_put(d, OB_ROLE_WARN, "no endpoint");
      ob_doc_nl(d);
    }
    for (size_t e = 0; e < slices[i]->nendpoints && rows < ROWS_MAX; e++, rows++)
      put_endpoint(d, s, &slices[i]->endpoints[e]);
  }
  if (n == 0) {
    ob_doc_put(d, OB_ROLE_WARN, "no EndpointSlice carries this service's name");
    ob_doc_nl(d);
  }
  if (v->nselector == 0) {
    ob_doc_nl(d);
    ob_doc_wrap(d, OB_ROLE_DIM, "The service has no selector: somebody else makes its slices.");
    ob_doc_nl(d);
  } else if (s->reply && s->reply->err.code == OB_OK) {
    write_other_pods(d, s, slices, n);
  } else {
    ob_doc_nl(d);
    ob_page_waiting(d, s, "the pods");
  }
  free(slices);
}

/* --- Events ------------------------------------------------------------------------------------
 */
void ob_page_write_EVENTS(ob_doc *d, const ob_subject *s) {
  if (ob_page_waiting(d, s, "events")) return;
  if (s->reply->nobjects == 0) {
    ob_doc_put(d, OB_ROLE_DIM, "no events: the cluster keeps them for an hour or so");
    ob_doc_nl(d);
  }
  for (size_t i = 0; i < s->reply->nobjects; i++) {
    const ob_event *e = OB_AS(ob_event, s->reply->objects[i]);
    bool warning = strcmp(e->type, "Warning") == 0;
    char age[OB_AGE_TEXT];
    ob_doc_put(d, warning ? OB_ROLE_WARN : OB_ROLE_OK, warning ? "! " : "● ");
    ob_doc_put(d, OB_ROLE_HEADING, e->reason);
    if (e->last_ms)
      ob_doc_putf(d, OB_ROLE_DIM, "  %s ago", ob_age_text(age, s->now_ms - e->last_ms));
    if (e->count > 1) ob_doc_putf(d, OB_ROLE_DIM, ", %u times", e->count);
    if (*e->source) ob_doc_putf(d, OB_ROLE_DIM, ", %s", e->source);
    ob_doc_nl(d);
    ob_doc_to(d, 2);
    ob_doc_wrap(d, OB_ROLE_TEXT, e->message);
    ob_doc_nl(d);
  }
}
