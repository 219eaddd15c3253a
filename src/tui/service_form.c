/* Ports, policy, labels and annotations of a Service. The fields stand on the whole object as the
 * server has it when they open; who changes it meanwhile is a conflict like any other. */
#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/screen.h"
#include <stdio.h>

enum { PORTS, AFFINITY, EXTERNAL, INTERNAL, RANGES, LABELS, NOTES, FIELDS };

typedef struct base {
  ob_json *object;
  ob_service_type type;
} base;

static void done(void *data) {
  base *x = data;
  ob_json_free(x->object);
  free(x);
}

static bool on_nodes(const ob_tui *s, const ob_form *f) {
  const base *x = f->data;
  (void)s;
  return x->type == OB_NODE_PORT || x->type == OB_LOAD_BALANCER;
}
static bool is_balancer(const ob_tui *s, const ob_form *f) {
  const base *x = f->data;
  (void)s;
  return x->type == OB_LOAD_BALANCER;
}
static bool has_address(const ob_tui *s, const ob_form *f) {
  const base *x = f->data;
  (void)s;
  return x->type != OB_EXTERNAL_NAME;
}

static void offer_affinity(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  (void)s, (void)f;
  ob_form_offer(o, "None");
  ob_form_offer(o, "ClientIP");
}
static void offer_policy(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  (void)s, (void)f;
  ob_form_offer(o, "Cluster");
  ob_form_offer(o, "Local");
}

static ob_role note_affinity(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s, (void)f;
  ob_buf_adds(out, ob_streq(value, "ClientIP") ? "one client, one pod, for three hours"
                                               : "any pod may answer");
  return OB_ROLE_DIM;
}
static ob_role note_policy(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s, (void)f;
  ob_buf_adds(out, ob_streq(value, "Local") ? "only pods of the node that was asked answer"
                                            : "pods of every node answer");
  return ob_streq(value, "Local") ? OB_ROLE_WARN : OB_ROLE_DIM;
}
static const ob_form_field fields[FIELDS] = {
    [PORTS] = {"port", OB_FIELD_LIST, "one more",
               "[NAME:]PORT[:TARGET][/PROTOCOL][@NODEPORT], as http:80:8080; an emptied one goes",
               NULL, NULL, has_address},
    [AFFINITY] = {"session affinity", OB_FIELD_CHOICE, "", "spec.sessionAffinity", offer_affinity,
                  note_affinity, has_address},
    [EXTERNAL] = {"external traffic", OB_FIELD_CHOICE, "",
                  "spec.externalTrafficPolicy: of what comes from outside", offer_policy,
                  note_policy, on_nodes},
    [INTERNAL] = {"internal traffic", OB_FIELD_CHOICE, "",
                  "spec.internalTrafficPolicy: of what comes from pods", offer_policy, note_policy,
                  has_address},
    [RANGES] = {"source ranges", OB_FIELD_LIST, "one more",
                "clients that the load balancer lets in, as CIDRs; none: everybody", NULL, NULL,
                is_balancer},
    [LABELS] = {"label", OB_FIELD_LIST, "one more", "KEY=VALUE; an emptied one goes", NULL,
                ob_note_pair, NULL},
    [NOTES] = {"annotation", OB_FIELD_LIST, "one more", "KEY=VALUE; an emptied one goes", NULL,
               ob_note_pair, NULL},
};

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  ob_form_list lists[4] = {0};
  (void)why;
  const ob_service_fields to = {.ports = ob_form_texts(f, PORTS, &lists[0]),
                                .labels = ob_form_pairs(f, LABELS, &lists[1]),
                                .annotations = ob_form_pairs(f, NOTES, &lists[2]),
                                .source_ranges = ob_form_texts(f, RANGES, &lists[3]),
                                .session_affinity = ob_form_if_changed(f, AFFINITY),
                                .external_policy = ob_form_if_changed(f, EXTERNAL),
                                .internal_policy = ob_form_if_changed(f, INTERNAL)};
  int rc = ob_plan_service_fields(ret, ob_tui_cluster(s), objects[0], &to, err);
  for (size_t i = 0; i < OB_LEN(lists); i++) ob_form_texts_done(&lists[i]);
  return rc;
}

static void take(ob_tui *s, ob_form *f) {
  static const ob_change_flow flow = {
      .plan = plan, .again = ob_form_again, .done = ob_form_close_hidden};
  const base *x = f->data;
  ob_form_hide(f);
  ob_change_with(s, &flow, x->object);
}

static const ob_form_kind kind = {
    .fields = fields, .nfields = FIELDS, .accept = take, .done = done};

static ob_service_type type_of(const ob_json *spec) {
  ob_service_type t = OB_CLUSTER_IP;
  (void)ob_service_type_parse(ob_or(ob_json_get_str(spec, "type"), ""), &t);
  return t;
}

static void have(ob_tui *s, const ob_json *const *objects) {
  const ob_json *o = objects[0], *spec = ob_json_get(o, "spec"), *meta = ob_json_get(o, "metadata");
  size_t values = ob_json_len(ob_json_get(spec, "ports")) +
                  ob_json_len(ob_json_get(spec, "loadBalancerSourceRanges")) +
                  ob_json_len(ob_json_get(meta, "labels")) +
                  ob_json_len(ob_json_get(meta, "annotations"));
  if (!ob_form_has_room(s, values, 0)) return;
  base *x = ob_calloc(1, sizeof *x);
  x->object = ob_json_dup(o);
  x->type = type_of(spec);
  ob_form *f =
      ob_form_open(s, &kind,
                   ob_asprintf("Ports and policy of %s/%s", ob_json_get_str(meta, "namespace"),
                               ob_json_get_str(meta, "name")),
                   x);
  const ob_json *ports = ob_json_get(spec, "ports");
  for (const ob_json *p = ob_json_first(ports); p; p = ob_json_next(p)) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_service_port_text(p, &text);
    ob_form_set(f, PORTS, ob_buf_str(&text));
  }
  ob_form_set(f, AFFINITY, ob_or(ob_json_get_str(spec, "sessionAffinity"), "None"));
  ob_form_set(f, EXTERNAL, ob_or(ob_json_get_str(spec, "externalTrafficPolicy"), "Cluster"));
  ob_form_set(f, INTERNAL, ob_or(ob_json_get_str(spec, "internalTrafficPolicy"), "Cluster"));
  const ob_json *ranges = ob_json_get(spec, "loadBalancerSourceRanges");
  for (const ob_json *r = ob_json_first(ranges); r; r = ob_json_next(r))
    ob_form_set(f, RANGES, ob_json_str(r));
  ob_form_set_pairs(f, LABELS, ob_json_get(meta, "labels"));
  ob_form_set_pairs(f, NOTES, ob_json_get(meta, "annotations"));
  ob_form_keep(s, NULL);
}

void ob_service_form_open(ob_tui *s) {
  static const ob_change_flow flow = {.have = have};
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->service || !ob_change_may(s, "patch", &row->service->o)) return;
  const ob_change_about about = {OB_KIND_SERVICE, row->service->o.ns, row->service->o.name};
  ob_change_begin(s, &flow, &about, 1);
}
