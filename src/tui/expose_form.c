/* :expose, a Service for a workload and perhaps a rule that leads to it: also where there is no row
 * yet. Workloads are not watched: once a kind is typed their names are asked for. The workload
 * itself is fetched when the form is accepted; ports that are not said are its containers'. */
#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/screen.h"

enum { NS, WORKLOAD, NAME, TYPE, PORTS, HOST, PATH, CLASS, FIELDS };

/* The workloads of a kind in a namespace. */
typedef struct names {
  ob_kind kind;
  char *ns, *prefix; /* "deploy/", as it was typed; NULL: nothing was asked for */
  uint64_t opened;   /* of the form that asked */
  uint32_t id;       /* under way, 0 none */
  char *why;         /* they cannot be had; NULL: they can */
  bool known;
  OB_VEC(char *) all; /* with the prefix */
} names;

static void forget(names *x) {
  free(x->ns);
  free(x->prefix);
  free(x->why);
  for (size_t i = 0; i < x->all.len; i++) free(x->all.at[i]);
  ob_vec_done(&x->all);
  *x = (names){0};
}

static void done(void *data) {
  forget(data);
  free(data);
}

/* "deploy/" of "deploy/web"; NULL: no kind was typed. Caller frees. */
static char *prefix_of(const char *typed, ob_kind *ret) {
  const char *slash = strchr(typed, '/'), *name;
  ob_err err = {0};
  if (!slash) return NULL;
  char *prefix = ob_strndup(typed, (size_t)(slash + 1 - typed));
  OB_AUTOFREE char *any = ob_asprintf("%sx", prefix);
  if (ob_workload_parse(any, ret, &name, &err) == 0) return prefix;
  free(prefix);
  return NULL;
}

static void look(ob_tui *s, ob_form *f) {
  names *x = f->data;
  ob_kind kind;
  char why[OB_RIGHT_TEXT];
  if (f->values.at[f->at].field != WORKLOAD) return;
  OB_AUTOFREE char *prefix = prefix_of(ob_form_get(f, WORKLOAD), &kind);
  const char *ns = ob_form_get(f, NS);
  bool same = ob_streq(x->ns, ns) && ob_streq(x->prefix, prefix) && x->opened == f->opened;
  if (!prefix || !*ns || same) return;
  if (x->id) ob_session_cancel(s->session, x->id);
  forget(x);
  *x = (names){.kind = kind, .ns = ob_strdup(ns), .prefix = ob_take(prefix), .opened = f->opened};
  const ob_object about = {.kind = kind, .ns = ns, .name = ""};
  if (ob_tui_access(s, "list", OB_KIND_OWN, &about, why) == OB_ACCESS_REFUSED)
    x->why = ob_strdup(why);
  else
    x->id = ob_session_fetch(s->session, OB_FETCH_NAMES, &about);
}

static bool reply(ob_form *f, ob_reply *r) {
  names *x = f->data;
  if (!x->id || r->id != x->id) return false;
  x->id = 0;
  if (r->err.code) {
    x->why = r->err.code == OB_EFORBIDDEN
                 ? ob_asprintf("needs list on %s in %s", ob_kinds[x->kind].plural, x->ns)
                 : ob_strdup(r->err.msg);
    return true;
  }
  x->known = r->nobjects < OB_FORM_OFFERS; /* else there may be more */
  for (size_t i = 0; i < r->nobjects; i++)
    ob_vec_push(&x->all, ob_asprintf("%s%s", x->prefix, r->objects[i]->name));
  return true;
}

/* They are of what stands in the fields. */
static const names *names_now(const ob_form *f) {
  const names *x = f->data;
  const char *typed = ob_form_get(f, WORKLOAD);
  bool same = x->prefix && ob_starts(typed, x->prefix) && ob_streq(x->ns, ob_form_get(f, NS));
  return same ? x : NULL;
}

static void offer_namespaces(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  size_t at = 0;
  (void)f;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_NAMESPACE, &at));)
    ob_form_offer(o, x->name);
}

static void offer_workloads(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  static const char *const kinds[] = {"deploy/",     "statefulset/", "daemonset/",
                                      "replicaset/", "pod/",         "service/"};
  const names *x = names_now(f);
  (void)s;
  for (size_t i = 0; x && i < x->all.len; i++) ob_form_offer(o, x->all.at[i]);
  for (size_t i = 0; !x && i < OB_LEN(kinds); i++) ob_form_offer(o, kinds[i]);
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
  const names *x = names_now(f);
  (void)s;
  if (x && (x->id || x->why)) {
    ob_buf_adds(out, x->id ? "asking for their names" : x->why);
    return x->id ? OB_ROLE_DIM : OB_ROLE_WARN;
  }
  if (x && ob_streq(value, x->prefix)) {
    ob_buf_addf(out, "%zu in %s", x->all.len, x->ns);
    return x->all.len ? OB_ROLE_DIM : OB_ROLE_BAD;
  }
  if (ob_workload_parse(value, &kind, &name, &err) < 0) {
    ob_buf_adds(out, *value && err.code ? err.msg : "KIND/NAME");
    return *value ? OB_ROLE_BAD : OB_ROLE_WARN;
  }
  for (size_t i = 0; x && i < x->all.len; i++)
    if (ob_streq(x->all.at[i], value)) return OB_ROLE_DIM;
  if (!x || !x->known) return OB_ROLE_DIM;
  ob_buf_adds(out, "there is none of this name");
  return OB_ROLE_BAD;
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
                  "deploy/web, statefulset/db, pod/x: whose pods the service sends to",
                  offer_workloads, note_workload, NULL},
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

static const ob_form_kind kind = {.fields = fields,
                                  .nfields = FIELDS,
                                  .say = say,
                                  .accept = take,
                                  .done = done,
                                  .look = look,
                                  .reply = reply};

void ob_cmd_expose(ob_tui *s, const char *name, const char *arg) {
  const ob_row *row = ob_tui_row(s);
  const char *own = ob_session_status_get(s->session)->ns;
  (void)name;
  if (s->opts->read_only) {
    ob_tui_say(s, true, "--read-only: nothing is changed from here");
    return;
  }
  ob_form *f = ob_form_open(s, &kind, ob_strdup("Expose a workload"), ob_calloc(1, sizeof(names)));
  ob_form_set(f, NS, *ob_or(s->ns, "") ? s->ns : ob_or(own, row ? row->owner->ns : ""));
  ob_form_set(f, WORKLOAD, arg);
  ob_form_set(f, TYPE, "ClusterIP");
  ob_form_go(s, f, WORKLOAD);
  ob_form_keep(s, arg);
}
