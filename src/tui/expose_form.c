/* :expose, a Service for a workload and perhaps a rule that leads to it: also where there is no row
 * yet. The workload is fetched when the form is accepted; ports that are not said are its
 * containers'. */
#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/screen.h"

enum { NS, WORKLOAD, NAME, TYPE, PORTS, HOST, PATH, CLASS, FIELDS };

static void offer_namespaces(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_NAMESPACE, &at));)
    ob_form_offer(o, x->name);
}

static void offer_kinds(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  static const char *const kinds[] = {"deploy/",     "statefulset/", "daemonset/",
                                      "replicaset/", "pod/",         "service/"};
  (void)s, (void)f;
  for (size_t i = 0; i < OB_LEN(kinds); i++) ob_form_offer(o, kinds[i]);
}

static void offer_types(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  static const ob_service_type types[] = {OB_CLUSTER_IP, OB_NODE_PORT, OB_LOAD_BALANCER,
                                          OB_HEADLESS};
  (void)s, (void)f;
  for (size_t i = 0; i < OB_LEN(types); i++) ob_form_offer(o, ob_service_type_title(types[i]));
}

static void offer_hosts(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_INGRESS, &at));)
    for (size_t i = 0; i < OB_AS(ob_ingress, x)->nrules; i++)
      ob_form_offer(o, OB_AS(ob_ingress, x)->rules[i].host);
}

/* The Service's name: as typed, else the workload's. */
static const char *name_of(const ob_form *f) {
  const char *slash = strchr(ob_form_get(f, WORKLOAD), '/');
  return ob_or(ob_form_get(f, NAME), slash ? slash + 1 : "");
}

static ob_role note_workload(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  ob_kind kind;
  const char *name;
  ob_err err = {0};
  (void)s, (void)f;
  if (ob_workload_parse(value, &kind, &name, &err) < 0 || !*name) {
    ob_buf_adds(out, *value && err.code ? err.msg : "KIND/NAME");
    return *value ? OB_ROLE_BAD : OB_ROLE_WARN;
  }
  return OB_ROLE_DIM;
}

static ob_role note_name(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)value;
  if (!ob_cluster_find(ob_tui_cluster(s), OB_KIND_SERVICE, ob_form_get(f, NS), name_of(f)))
    return OB_ROLE_DIM;
  ob_buf_adds(out, "there is one of this name");
  return OB_ROLE_BAD;
}

static bool has_host(const ob_tui *s, const ob_form *f) {
  (void)s;
  return *ob_form_get(f, HOST) != '\0';
}

static ob_role say(const ob_tui *s, const ob_form *f, ob_buf *out) {
  if (!has_host(s, f)) return OB_ROLE_TEXT;
  const ob_route r = {.host = ob_form_get(f, HOST),
                      .path = ob_or(ob_form_get(f, PATH), "/"),
                      .path_type = "Prefix",
                      .class_name = ob_or(ob_form_get(f, CLASS), NULL)};
  ob_buf_addf(out, "%s%s: ", r.host, r.path);
  ob_route_preview(ob_tui_cluster(s), ob_form_get(f, NS), name_of(f), &r, out);
  return OB_ROLE_ACCENT;
}

static const ob_form_field fields[FIELDS] = {
    [NS] = {"namespace", OB_FIELD_TEXT, "needed", "of the workload", offer_namespaces, NULL, NULL},
    [WORKLOAD] = {"workload", OB_FIELD_TEXT, "needed",
                  "deploy/web, statefulset/db, pod/x: whose pods the service sends to", offer_kinds,
                  note_workload, NULL},
    [NAME] = {"name", OB_FIELD_TEXT, "the workload's", "of the service", NULL, note_name, NULL},
    [TYPE] = {"type", OB_FIELD_CHOICE, "", "left and right, or its first letters", offer_types,
              NULL, NULL},
    [PORTS] = {"port", OB_FIELD_LIST, "its containers'",
               "[NAME:]PORT[:TARGET][/PROTOCOL], as http:80:8080", NULL, NULL, NULL},
    [HOST] = {"host", OB_FIELD_TEXT, "no rule", "an Ingress rule for this host leads to it",
              offer_hosts, NULL, NULL},
    [PATH] = {"path", OB_FIELD_TEXT, "/", "of the rule", NULL, NULL, has_host},
    [CLASS] = {"class", OB_FIELD_TEXT, "the default",
               "IngressClass: which controller serves the rule", ob_offer_ingress_classes, NULL,
               has_host},
};

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  ob_form_list ports = {0};
  ob_kind kind;
  const char *name;
  (void)why;
  const ob_route rule = {.host = ob_form_get(f, HOST),
                         .path = ob_or(ob_form_get(f, PATH), NULL),
                         .class_name = ob_or(ob_form_get(f, CLASS), NULL)};
  int rc = ob_workload_parse(ob_form_get(f, WORKLOAD), &kind, &name, err);
  if (rc == 0 && !objects[0])
    rc = ob_fail(err, OB_ENOTFOUND, "there is no %s %s/%s", ob_kinds[kind].kind, ob_form_get(f, NS),
                 name);
  if (rc) return rc;
  ob_expose as = {.name = ob_or(ob_form_get(f, NAME), NULL),
                  .route = has_host(s, f) ? &rule : NULL,
                  .ingress = has_host(s, f) ? objects[1] : NULL};
  (void)ob_service_type_parse(ob_form_get(f, TYPE), &as.as.to);
  const ob_texts *typed = ob_form_texts(f, PORTS, &ports);
  as.as.ports = typed ? typed->all : NULL;
  as.as.nports = typed ? typed->n : 0;
  rc = ob_plan_expose(ret, ob_tui_cluster(s), kind, objects[0], &as, err);
  ob_form_texts_done(&ports);
  return rc;
}

static void take(ob_tui *s, ob_form *f) {
  static const ob_change_flow flow = {
      .absent = true, .plan = plan, .again = ob_form_again, .done = ob_form_close_hidden};
  ob_kind kind;
  const char *name, *ns = ob_form_get(f, NS);
  ob_err err = {0};
  if (!*ns) ob_fail(&err, OB_EINVALID, "which namespace?");
  if (*ns) (void)ob_workload_parse(ob_form_get(f, WORKLOAD), &kind, &name, &err);
  if (!err.code && !*name) ob_fail(&err, OB_EINVALID, "which workload? KIND/NAME");
  if (err.code) {
    ob_form_again(s, err.msg);
    return;
  }
  const ob_change_about about[] = {{kind, ns, name}, {OB_KIND_INGRESS, ns, name_of(f)}};
  ob_form_hide(f);
  ob_change_begin(s, &flow, about, has_host(s, f) ? 2 : 1);
}

static const ob_form_kind kind = {fields, FIELDS, say, take, NULL};

void ob_cmd_expose(ob_tui *s, const char *name, const char *arg) {
  const ob_row *row = ob_tui_row(s);
  const char *own = ob_session_status_get(s->session)->ns;
  (void)name;
  if (s->opts->read_only) {
    ob_tui_say(s, true, "--read-only: nothing is changed from here");
    return;
  }
  ob_form *f = ob_form_open(s, &kind, ob_strdup("Expose a workload"), NULL);
  ob_form_set(f, NS, *ob_or(s->ns, "") ? s->ns : ob_or(own, row ? row->owner->ns : ""));
  ob_form_set(f, WORKLOAD, arg);
  ob_form_set(f, TYPE, "ClusterIP");
  ob_form_go(s, f, WORKLOAD);
  ob_form_keep(s, arg);
}
