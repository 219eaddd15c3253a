/* Tables as kubectl prints them: one row of the column table each, a path into the object or a
 * function that knows how the value reads. Source: kubernetes pkg/printers/internalversion. */
#include "base/str.h"
#include "sim/server.h"

typedef struct row {
  const ob_json *tree;
  const char *name;
  int64_t now_ms;
  ob_buf *text; /* of the cell at hand */
  ob_buf *out;
} row;
typedef void cell_fn(const row *r);
typedef struct column {
  sim_kind kind;
  const char *name, *path; /* path: dots; text as it is, "<none>" when absent */
  cell_fn *fn;
  bool wide, number;
} column;

static const ob_json *path_at(const ob_json *j, const char *path) {
  while (j && *path) {
    char part[64];
    size_t n = strcspn(path, ".");
    if (n >= sizeof part) return NULL;
    memcpy(part, path, n);
    part[n] = '\0';
    j = ob_json_get(j, part);
    path += n + (path[n] == '.');
  }
  return j;
}
static const char *str_at(const ob_json *j, const char *path) {
  return ob_json_str(path_at(j, path));
}

static void add_item(ob_buf *out, size_t start, const char *sep, const char *text) {
  if (!text || !*text) return;
  if (out->len > start) ob_buf_adds(out, sep);
  ob_buf_adds(out, text);
}

static void none_if_empty(ob_buf *out, size_t start) {
  if (out->len == start) ob_buf_adds(out, "<none>");
}

static void since(const char *time, int64_t now_ms, ob_buf *out) {
  char age[OB_AGE_TEXT];
  int64_t ms;
  ob_buf_adds(out, time && ob_time_parse(time, &ms) ? ob_age_text(age, now_ms - ms) : "<unknown>");
}

static void c_age(const row *r) {
  since(str_at(r->tree, "metadata.creationTimestamp"), r->now_ms, r->text);
}

static void c_name(const row *r) {
  ob_buf_adds(r->text, r->name);
}

static void add_addresses(const ob_json *t, ob_buf *out, size_t start) {
  const ob_json *list = path_at(t, "status.loadBalancer.ingress");
  for (const ob_json *i = ob_json_first(list); i; i = ob_json_next(i)) {
    const char *ip = ob_json_get_str(i, "ip");
    add_item(out, start, ",", ip ? ip : ob_json_get_str(i, "hostname"));
  }
}

static void c_external_ip(const row *r) {
  const char *type = ob_or(str_at(r->tree, "spec.type"), "ClusterIP");
  size_t start = r->text->len;
  if (ob_streq(type, "ExternalName")) {
    ob_buf_adds(r->text, str_at(r->tree, "spec.externalName"));
    return;
  }
  if (ob_streq(type, "LoadBalancer")) add_addresses(r->tree, r->text, start);
  for (const ob_json *i = ob_json_first(path_at(r->tree, "spec.externalIPs")); i;
       i = ob_json_next(i))
    add_item(r->text, start, ",", ob_json_str(i));
  if (r->text->len == start)
    ob_buf_adds(r->text, ob_streq(type, "LoadBalancer") ? "<pending>" : "<none>");
}

static void c_service_ports(const row *r) {
  size_t start = r->text->len;
  for (const ob_json *p = ob_json_first(path_at(r->tree, "spec.ports")); p; p = ob_json_next(p)) {
    int64_t node = ob_json_get_int(p, "nodePort", 0);
    ob_buf_addf(r->text, "%s%lld", r->text->len > start ? "," : "",
                (long long)ob_json_get_int(p, "port", 0));
    if (node) ob_buf_addf(r->text, ":%lld", (long long)node);
    ob_buf_addf(r->text, "/%s", ob_or(ob_json_get_str(p, "protocol"), "TCP"));
  }
  none_if_empty(r->text, start);
}

static void add_selector(const ob_json *sel, ob_buf *out) {
  size_t start = out->len;
  for (const ob_json *c = ob_json_first(sel); c; c = ob_json_next(c))
    ob_buf_addf(out, "%s%s=%s", out->len > start ? "," : "", ob_json_key(c), ob_json_str(c));
  none_if_empty(out, start);
}
static void c_selector(const row *r) {
  add_selector(path_at(r->tree, "spec.selector"), r->text);
}
static void c_node_selector(const row *r) {
  add_selector(path_at(r->tree, "spec.template.spec.nodeSelector"), r->text);
}
static void c_match_labels(const row *r) {
  add_selector(path_at(r->tree, "spec.selector.matchLabels"), r->text);
}

static void c_hosts(const row *r) {
  size_t start = r->text->len, n = 0;
  for (const ob_json *rule = ob_json_first(path_at(r->tree, "spec.rules")); rule;
       rule = ob_json_next(rule)) {
    const char *host = ob_json_get_str(rule, "host");
    if (host && *host && n++ < 3) add_item(r->text, start, ",", host);
  }
  if (n == 0) ob_buf_adds(r->text, "*");
  if (n > 3) ob_buf_addf(r->text, " + %zu more...", n - 3);
}

static void c_address(const row *r) {
  add_addresses(r->tree, r->text, r->text->len);
}

static void c_ingress_ports(const row *r) {
  ob_buf_adds(r->text, ob_json_len(path_at(r->tree, "spec.tls")) ? "80, 443" : "80");
}

static void c_parameters(const row *r) {
  const char *kind = str_at(r->tree, "spec.parameters.kind"),
             *of = str_at(r->tree, "spec.parameters.name");
  if (kind && of)
    ob_buf_addf(r->text, "%s/%s", kind, of);
  else
    ob_buf_adds(r->text, "<none>");
}

static void c_slice_ports(const row *r) {
  size_t start = r->text->len;
  for (const ob_json *p = ob_json_first(path_at(r->tree, "ports")); p; p = ob_json_next(p))
    ob_buf_addf(r->text, "%s%lld", r->text->len > start ? "," : "",
                (long long)ob_json_get_int(p, "port", 0));
  if (r->text->len == start) ob_buf_adds(r->text, "<unset>");
}

static void c_endpoints(const row *r) {
  size_t start = r->text->len, n = 0;
  for (const ob_json *e = ob_json_first(path_at(r->tree, "endpoints")); e; e = ob_json_next(e))
    if (n++ < 3)
      add_item(r->text, start, ",", ob_json_str(ob_json_first(ob_json_get(e, "addresses"))));
  if (n > 3) ob_buf_addf(r->text, " + %zu more...", n - 3);
  if (n == 0) ob_buf_adds(r->text, "<unset>");
}

static void c_node_status(const row *r) {
  const char *ready = "Unknown";
  for (const ob_json *c = ob_json_first(path_at(r->tree, "status.conditions")); c;
       c = ob_json_next(c))
    if (ob_streq(ob_json_get_str(c, "type"), "Ready"))
      ready = ob_streq(ob_json_get_str(c, "status"), "True") ? "Ready" : "NotReady";
  ob_buf_adds(r->text, ready);
  if (ob_json_get_bool(ob_json_get(r->tree, "spec"), "unschedulable", false))
    ob_buf_adds(r->text, ",SchedulingDisabled");
}

static void c_roles(const row *r) {
  static const char role[] = "node-role.kubernetes.io/";
  size_t start = r->text->len;
  for (const ob_json *l = ob_json_first(path_at(r->tree, "metadata.labels")); l;
       l = ob_json_next(l))
    if (ob_starts(ob_json_key(l), role))
      add_item(r->text, start, ",", ob_json_key(l) + strlen(role));
  none_if_empty(r->text, start);
}

static void node_address(const ob_json *t, const char *type, ob_buf *out) {
  size_t start = out->len;
  for (const ob_json *a = ob_json_first(path_at(t, "status.addresses")); a; a = ob_json_next(a))
    if (out->len == start && ob_streq(ob_json_get_str(a, "type"), type))
      ob_buf_adds(out, ob_json_get_str(a, "address"));
  none_if_empty(out, start);
}
static void c_node_internal(const row *r) {
  node_address(r->tree, "InternalIP", r->text);
}
static void c_node_external(const row *r) {
  node_address(r->tree, "ExternalIP", r->text);
}

static void c_pod_ready(const row *r) {
  size_t ready = 0;
  const ob_json *list = path_at(r->tree, "status.containerStatuses");
  for (const ob_json *c = ob_json_first(list); c; c = ob_json_next(c))
    ready += ob_json_get_bool(c, "ready", false);
  ob_buf_addf(r->text, "%zu/%zu", ready, ob_json_len(path_at(r->tree, "spec.containers")));
}

static void c_pod_status(const row *r) {
  const char *reason = str_at(r->tree, "status.phase");
  const ob_json *c = ob_json_first(path_at(r->tree, "status.containerStatuses"));
  reason = ob_or(str_at(c, "state.waiting.reason"), reason);
  ob_buf_adds(r->text, str_at(r->tree, "metadata.deletionTimestamp") ? "Terminating" : reason);
}

static void c_restarts(const row *r) {
  int64_t n = 0;
  for (const ob_json *c = ob_json_first(path_at(r->tree, "status.containerStatuses")); c;
       c = ob_json_next(c))
    n += ob_json_get_int(c, "restartCount", 0);
  ob_buf_addf(r->text, "%lld", (long long)n);
}

static void c_deploy_ready(const row *r) {
  ob_buf_addf(r->text, "%lld/%lld",
              (long long)ob_json_get_int(ob_json_get(r->tree, "status"), "readyReplicas", 0),
              (long long)ob_json_get_int(ob_json_get(r->tree, "spec"), "replicas", 1));
}

static void containers(const ob_json *t, const char *member, ob_buf *out) {
  size_t start = out->len;
  const ob_json *list = path_at(t, "spec.template.spec.containers");
  for (const ob_json *c = ob_json_first(list); c; c = ob_json_next(c))
    add_item(out, start, ",", ob_json_get_str(c, member));
}
static void c_containers(const row *r) {
  containers(r->tree, "name", r->text);
}
static void c_images(const row *r) {
  containers(r->tree, "image", r->text);
}

static void c_last_seen(const row *r) {
  const char *time =
      ob_or(str_at(r->tree, "series.lastObservedTime"), str_at(r->tree, "lastTimestamp"));
  since(ob_or(time, str_at(r->tree, "eventTime")), r->now_ms, r->text);
}
static void c_first_seen(const row *r) {
  since(ob_or(str_at(r->tree, "firstTimestamp"), str_at(r->tree, "eventTime")), r->now_ms, r->text);
}
static void c_object(const row *r) {
  for (const char *k = ob_or(str_at(r->tree, "involvedObject.kind"), ""); *k; k++)
    ob_buf_addc(r->text, *k >= 'A' && *k <= 'Z' ? (char)(*k + 32) : *k);
  ob_buf_addf(r->text, "/%s", ob_or(str_at(r->tree, "involvedObject.name"), ""));
}
static void c_data(const row *r) {
  ob_buf_addf(r->text, "%zu", ob_json_len(ob_json_get(r->tree, "data")));
}

static const column columns[] = {
    {SIM_SERVICE, "Type", "spec.type", NULL, false, false},
    {SIM_SERVICE, "Cluster-IP", "spec.clusterIP", NULL, false, false},
    {SIM_SERVICE, "External-IP", NULL, c_external_ip, false, false},
    {SIM_SERVICE, "Port(s)", NULL, c_service_ports, false, false},
    {SIM_SERVICE, "Age", NULL, c_age, false, false},
    {SIM_SERVICE, "Selector", NULL, c_selector, true, false},
    {SIM_SLICE, "AddressType", "addressType", NULL, false, false},
    {SIM_SLICE, "Ports", NULL, c_slice_ports, false, false},
    {SIM_SLICE, "Endpoints", NULL, c_endpoints, false, false},
    {SIM_SLICE, "Age", NULL, c_age, false, false},
    {SIM_INGRESS, "Class", "spec.ingressClassName", NULL, false, false},
    {SIM_INGRESS, "Hosts", NULL, c_hosts, false, false},
    {SIM_INGRESS, "Address", NULL, c_address, false, false},
    {SIM_INGRESS, "Ports", NULL, c_ingress_ports, false, false},
    {SIM_INGRESS, "Age", NULL, c_age, false, false},
    {SIM_CLASS, "Controller", "spec.controller", NULL, false, false},
    {SIM_CLASS, "Parameters", NULL, c_parameters, false, false},
    {SIM_CLASS, "Age", NULL, c_age, false, false},
    {SIM_NODE, "Status", NULL, c_node_status, false, false},
    {SIM_NODE, "Roles", NULL, c_roles, false, false},
    {SIM_NODE, "Age", NULL, c_age, false, false},
    {SIM_NODE, "Version", "status.nodeInfo.kubeletVersion", NULL, false, false},
    {SIM_NODE, "Internal-IP", NULL, c_node_internal, true, false},
    {SIM_NODE, "External-IP", NULL, c_node_external, true, false},
    {SIM_NODE, "OS-Image", "status.nodeInfo.osImage", NULL, true, false},
    {SIM_NODE, "Kernel-Version", "status.nodeInfo.kernelVersion", NULL, true, false},
    {SIM_NODE, "Container-Runtime", "status.nodeInfo.containerRuntimeVersion", NULL, true, false},
    {SIM_NAMESPACE, "Status", "status.phase", NULL, false, false},
    {SIM_NAMESPACE, "Age", NULL, c_age, false, false},
    {SIM_POD, "Ready", NULL, c_pod_ready, false, false},
    {SIM_POD, "Status", NULL, c_pod_status, false, false},
    {SIM_POD, "Restarts", NULL, c_restarts, false, false},
    {SIM_POD, "Age", NULL, c_age, false, false},
    {SIM_POD, "IP", "status.podIP", NULL, true, false},
    {SIM_POD, "Node", "spec.nodeName", NULL, true, false},
    {SIM_POD, "Nominated Node", "status.nominatedNodeName", NULL, true, false},
    {SIM_POD, "Readiness Gates", "spec.readinessGates", NULL, true, false},
    {SIM_DEPLOYMENT, "Ready", NULL, c_deploy_ready, false, false},
    {SIM_DEPLOYMENT, "Up-to-date", "status.updatedReplicas", NULL, false, true},
    {SIM_DEPLOYMENT, "Available", "status.availableReplicas", NULL, false, true},
    {SIM_DEPLOYMENT, "Age", NULL, c_age, false, false},
    {SIM_DEPLOYMENT, "Containers", NULL, c_containers, true, false},
    {SIM_DEPLOYMENT, "Images", NULL, c_images, true, false},
    {SIM_DEPLOYMENT, "Selector", NULL, c_match_labels, true, false},
    {SIM_STATEFUL_SET, "Ready", NULL, c_deploy_ready, false, false},
    {SIM_STATEFUL_SET, "Age", NULL, c_age, false, false},
    {SIM_STATEFUL_SET, "Containers", NULL, c_containers, true, false},
    {SIM_STATEFUL_SET, "Images", NULL, c_images, true, false},
    {SIM_DAEMON_SET, "Desired", "status.desiredNumberScheduled", NULL, false, true},
    {SIM_DAEMON_SET, "Current", "status.currentNumberScheduled", NULL, false, true},
    {SIM_DAEMON_SET, "Ready", "status.numberReady", NULL, false, true},
    {SIM_DAEMON_SET, "Up-to-date", "status.updatedNumberScheduled", NULL, false, true},
    {SIM_DAEMON_SET, "Available", "status.numberAvailable", NULL, false, true},
    {SIM_DAEMON_SET, "Node Selector", NULL, c_node_selector, false, false},
    {SIM_DAEMON_SET, "Age", NULL, c_age, false, false},
    {SIM_DAEMON_SET, "Containers", NULL, c_containers, true, false},
    {SIM_DAEMON_SET, "Images", NULL, c_images, true, false},
    {SIM_DAEMON_SET, "Selector", NULL, c_match_labels, true, false},
    {SIM_REPLICA_SET, "Desired", "spec.replicas", NULL, false, true},
    {SIM_REPLICA_SET, "Current", "status.replicas", NULL, false, true},
    {SIM_REPLICA_SET, "Ready", "status.readyReplicas", NULL, false, true},
    {SIM_REPLICA_SET, "Age", NULL, c_age, false, false},
    {SIM_REPLICA_SET, "Containers", NULL, c_containers, true, false},
    {SIM_REPLICA_SET, "Images", NULL, c_images, true, false},
    {SIM_REPLICA_SET, "Selector", NULL, c_match_labels, true, false},
    {SIM_EVENT, "Last Seen", NULL, c_last_seen, false, false},
    {SIM_EVENT, "Type", "type", NULL, false, false},
    {SIM_EVENT, "Reason", "reason", NULL, false, false},
    {SIM_EVENT, "Object", NULL, c_object, false, false},
    {SIM_EVENT, "Subobject", "involvedObject.fieldPath", NULL, true, false},
    {SIM_EVENT, "Source", "source.component", NULL, true, false},
    {SIM_EVENT, "Message", "message", NULL, false, false},
    {SIM_EVENT, "First Seen", NULL, c_first_seen, true, false},
    {SIM_EVENT, "Count", "count", NULL, true, true},
    {SIM_SECRET, "Type", "type", NULL, false, false},
    {SIM_SECRET, "Data", NULL, c_data, false, true},
    {SIM_SECRET, "Age", NULL, c_age, false, false},
    {SIM_GATEWAY_CLASS, "Controller", "spec.controllerName", NULL, false, false},
    {SIM_GATEWAY_CLASS, "Age", NULL, c_age, false, false},
    {SIM_GATEWAY, "Class", "spec.gatewayClassName", NULL, false, false},
    {SIM_GATEWAY, "Age", NULL, c_age, false, false},
    {SIM_HTTP_ROUTE, "Age", NULL, c_age, false, false},
    {SIM_GRPC_ROUTE, "Age", NULL, c_age, false, false},
    {SIM_GRANT, "Age", NULL, c_age, false, false},
};
/* Events show their name last and only when wide. */
static const column name_column = {SIM_KINDS, "Name", NULL, c_name, false, false};
static const column event_name = {SIM_EVENT, "Name", NULL, c_name, true, false};

static void each_column(sim_kind kind, void (*fn)(const column *c, bool first, void *arg),
                        void *arg) {
  bool first = kind != SIM_EVENT;
  if (first) fn(&name_column, true, arg);
  for (size_t i = 0; i < OB_LEN(columns); i++) {
    if (columns[i].kind != kind) continue;
    fn(&columns[i], !first && i && columns[i - 1].kind != kind, arg);
  }
  if (kind == SIM_EVENT) fn(&event_name, false, arg);
}

static void print_definition(const column *c, bool first, void *arg) {
  ob_buf_addf(arg,
              "%s{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":\"\","
              "\"priority\":%d}",
              first ? "" : ",", c->name, c->number ? "integer" : "string",
              c->fn == c_name ? "name" : "", c->wide);
}

void sim_table_head(const sim_kind_info *k, ob_buf *out, const char *metadata) {
  ob_buf_addf(out,
              "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":%s,"
              "\"columnDefinitions\":[",
              metadata);
  each_column(k->id, print_definition, out);
  ob_buf_adds(out, "],\"rows\":[");
}

static void print_cell(const column *c, bool first, void *arg) {
  row *r = arg;
  if (!first) ob_buf_addc(r->out, ',');
  ob_buf_reset(r->text);
  const ob_json *value = c->fn ? NULL : path_at(r->tree, c->path);
  int64_t n = 0;
  if (c->fn)
    c->fn(r);
  else if (c->number || ob_json_is(value, OB_JSON_NUMBER))
    ob_buf_addf(r->text, "%lld", (long long)(ob_json_int(value, &n) ? n : 0));
  else
    ob_buf_adds(r->text, ob_or(ob_json_str(value), "<none>"));
  if (c->number)
    ob_buf_adds(r->out, ob_buf_str(r->text));
  else
    ob_json_quote(r->out, ob_buf_str(r->text), r->text->len);
}

void sim_table_row(const sim_object *o, const char *include, int64_t now_ms, ob_buf *out) {
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_BODY_MAX);
  row r = {tree, o->name, now_ms, &text, out};
  ob_buf_adds(out, "{\"cells\":[");
  each_column(o->kind, print_cell, &r);
  ob_buf_adds(out, "]");
  if (ob_streq(include, "Object")) {
    ob_buf_adds(out, ",\"object\":");
    sim_object_print(o, out);
  } else if (!ob_streq(include, "None")) {
    ob_buf_adds(out, ",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":"
                     "\"meta.k8s.io/v1\",\"metadata\":");
    ob_json_print(out, ob_json_get(tree, "metadata"));
    ob_buf_addc(out, '}');
  }
  ob_buf_addc(out, '}');
}
