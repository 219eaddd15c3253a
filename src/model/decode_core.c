/* Node, Namespace, Pod, Event (core/v1). */
#include "base/str.h"
#include "model/decode.h"

static bool condition_true(const ob_json *json, const char *type) {
  const ob_json *list = ob_json_at(json, "status", "conditions", NULL);
  for (const ob_json *j = ob_json_first(list); j; j = ob_json_next(j))
    if (ob_streq(ob_json_get_str(j, "type"), type))
      return ob_streq(ob_json_get_str(j, "status"), "True");
  return false;
}

void ob_decode_node(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_node *n = (ob_node *)(void *)o;
  const ob_json *labels = ob_json_at(json, "metadata", "labels", NULL);
  const ob_json *list = ob_json_at(json, "status", "addresses", NULL);
  n->naddresses = (uint16_t)ob_pack_num(p, ob_pack_len(p, list));
  ob_node_address *at = ob_pack_array(p, n->naddresses, sizeof *at);
  uint16_t i = 0;
  for (const ob_json *j = ob_json_first(list); j && i < n->naddresses; j = ob_json_next(j), i++) {
    ob_node_address a = {.type = ob_pack_str(p, ob_json_get_str(j, "type")),
                         .address = ob_pack_str(p, ob_json_get_str(j, "address"))};
    if (at) at[i] = a;
  }
  n->addresses = at;
  n->zone = ob_pack_str(p, ob_json_get_str(labels, "topology.kubernetes.io/zone"));
  n->provider_id = ob_pack_str(p, ob_json_get_str(ob_json_get(json, "spec"), "providerID"));
  n->version =
      ob_pack_str(p, ob_json_str(ob_json_at(json, "status", "nodeInfo", "kubeletVersion", NULL)));
  n->ready = ob_pack_num(p, condition_true(json, "Ready")) != 0;
  n->unschedulable =
      ob_pack_num(p, ob_json_get_bool(ob_json_get(json, "spec"), "unschedulable", false)) != 0;
  n->lb_excluded =
      ob_json_get(labels, "node.kubernetes.io/exclude-from-external-load-balancers") != NULL;
}

void ob_decode_namespace(ob_pack *p, const ob_json *json, ob_object *o) {
  const char *phase = ob_json_get_str(ob_json_get(json, "status"), "phase");
  ((ob_namespace *)(void *)o)->terminating = ob_pack_num(p, ob_streq(phase, "Terminating")) != 0;
}

/* Why a container does not run: its waiting or terminated reason. */
static const char *state_reason(const ob_json *status) {
  const ob_json *state = ob_json_get(status, "state");
  const char *reason = ob_json_get_str(ob_json_get(state, "waiting"), "reason");
  return reason ? reason : ob_json_get_str(ob_json_get(state, "terminated"), "reason");
}

void ob_decode_pod(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_pod *pod = (ob_pod *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec"), *status = ob_json_get(json, "status");
  const char *reason = ob_json_get_str(status, "reason");
  int64_t restarts = 0, ready = 0;
  const ob_json *list = ob_json_get(status, "containerStatuses");
  for (const ob_json *j = ob_json_first(list); j; j = ob_json_next(j)) {
    bool is_ready = ob_json_get_bool(j, "ready", false);
    ready += is_ready;
    restarts += ob_json_get_int(j, "restartCount", 0);
    if (!is_ready && !reason) reason = state_reason(j);
  }
  pod->phase = ob_pack_str(p, ob_json_get_str(status, "phase"));
  pod->node = ob_pack_str(p, ob_json_get_str(spec, "nodeName"));
  pod->ip = ob_pack_str(p, ob_json_get_str(status, "podIP"));
  pod->reason = ob_pack_str(p, o->deleting_ms ? "Terminating" : reason);
  pod->total = ob_pack_len(p, ob_json_get(spec, "containers"));
  pod->ready = (uint16_t)ob_pack_num(p, ready > OB_PACK_ITEMS ? OB_PACK_ITEMS : ready);
  pod->restarts = (uint32_t)ob_pack_num(p, restarts < 0 || restarts > UINT32_MAX ? 0 : restarts);
  pod->is_ready = ob_pack_num(p, condition_true(json, "Ready")) != 0;
}

/* The time of an event is the first of these that is there. */
static int64_t event_time(const ob_json *json, int64_t created_ms) {
  int64_t ms = ob_decode_time(ob_json_get(json, "series"), "lastObservedTime");
  if (!ms) ms = ob_decode_time(json, "eventTime");
  if (!ms) ms = ob_decode_time(json, "lastTimestamp");
  if (!ms) ms = ob_decode_time(json, "firstTimestamp");
  return ms ? ms : created_ms;
}

void ob_decode_event(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_event *e = (ob_event *)(void *)o;
  const ob_json *about = ob_json_get(json, "involvedObject"), *source = ob_json_get(json, "source");
  e->type = ob_pack_str(p, ob_json_get_str(json, "type"));
  e->reason = ob_pack_str(p, ob_json_get_str(json, "reason"));
  e->message = ob_pack_str(p, ob_json_get_str(json, "message"));
  e->source = ob_pack_str(
      p, ob_or(ob_json_get_str(source, "component"), ob_json_get_str(json, "reportingComponent")));
  e->about_kind = ob_pack_str(p, ob_json_get_str(about, "kind"));
  e->about_name = ob_pack_str(p, ob_json_get_str(about, "name"));
  e->about_uid = ob_pack_str(p, ob_json_get_str(about, "uid"));
  e->last_ms = ob_pack_num(p, event_time(json, o->created_ms));
  int64_t n =
      ob_json_get_int(ob_json_get(json, "series"), "count", ob_json_get_int(json, "count", 1));
  e->count = (uint32_t)ob_pack_num(p, n < 1 || n > UINT32_MAX ? 1 : n);
}
