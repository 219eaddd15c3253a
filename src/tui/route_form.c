/* See route_form.h. The live line is the same question that the plan asks: which rule wins for this
 * host and path, and what would be taken from others. */
#include "tui/route_form.h"

#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/screen.h"
#include <stdio.h>

enum { INGRESS, HOST, PATH, TYPE, SERVICE, PORT, SECRET, CLASS, FIELDS };

typedef struct route {
  char *ns;
  bool move; /* the rule leaves `from` */
  char *from;
  ob_rule_seen rule; /* of `from` */
  ob_json *base;     /* `from` as it was when the form opened, and where the rule stood in it */
  int base_rule, base_path;
} route;

static void done(void *data) {
  route *x = data;
  free(x->ns);
  free(x->from);
  ob_json_free(x->base);
  ob_rule_seen_done(&x->rule);
  free(x);
}

static const ob_ingress *ingress_of(const ob_tui *s, const ob_form *f) {
  const route *x = f->data;
  const ob_object *o =
      ob_cluster_find(ob_tui_cluster(s), OB_KIND_INGRESS, x->ns, ob_form_get(f, INGRESS));
  return o ? OB_AS(ob_ingress, o) : NULL;
}

static const ob_service *service_of(const ob_tui *s, const ob_form *f) {
  const route *x = f->data;
  const ob_object *o =
      ob_cluster_find(ob_tui_cluster(s), OB_KIND_SERVICE, x->ns, ob_form_get(f, SERVICE));
  return o ? OB_AS(ob_service, o) : NULL;
}

/* --- what the cluster has ------------------------------------------------------------------------
 */
static void each_ingress(const ob_tui *s, const ob_form *f,
                         void (*fn)(const ob_ingress *ing, ob_form_offers *o), ob_form_offers *o) {
  const route *x = f->data;
  size_t at = 0;
  for (const ob_object *i; (i = ob_cluster_next(ob_tui_cluster(s), OB_KIND_INGRESS, &at));)
    if (ob_streq(i->ns, x->ns)) fn(OB_AS(ob_ingress, i), o);
}

static void add_name(const ob_ingress *ing, ob_form_offers *o) {
  ob_form_offer(o, ing->o.name);
}
static void add_hosts(const ob_ingress *ing, ob_form_offers *o) {
  for (size_t i = 0; i < ing->nrules; i++) ob_form_offer(o, ing->rules[i].host);
}
static void add_secrets(const ob_ingress *ing, ob_form_offers *o) {
  for (size_t i = 0; i < ing->ntls; i++) ob_form_offer(o, ing->tls[i].secret);
}

static void offer_ingresses(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  each_ingress(s, f, add_name, o);
}
static void offer_hosts(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  each_ingress(s, f, add_hosts, o);
}
static void offer_secrets(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  each_ingress(s, f, add_secrets, o);
}

static void offer_path_types(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  (void)s, (void)f;
  ob_form_offer(o, "Prefix");
  ob_form_offer(o, "Exact");
  ob_form_offer(o, "ImplementationSpecific");
}

static void offer_services(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const route *x = f->data;
  ob_offer_services_in(s, x->ns, o);
}

static void offer_ports(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  ob_offer_ports_of(service_of(s, f), o);
}

/* --- what is said beside them --------------------------------------------------------------------
 */
static ob_role note_ingress(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  const ob_ingress *ing = ingress_of(s, f);
  (void)value;
  const char *name = "";
  if (ing) (void)ob_ingress_class_of(ob_tui_cluster(s), ing, &name);
  if (!ing)
    ob_buf_adds(out, "a new one");
  else if (*name)
    ob_buf_addf(out, "class %s", name);
  return ing ? OB_ROLE_DIM : OB_ROLE_WARN;
}

static ob_role note_service(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  const ob_service *v = service_of(s, f);
  if (!*value || !ob_known(ob_tui_cluster(s), OB_KIND_SERVICE)) return OB_ROLE_DIM;
  if (!v) {
    ob_buf_adds(out, "there is none of this name");
    return OB_ROLE_BAD;
  }
  ob_ready r = ob_service_ready(ob_tui_cluster(s), v, -1);
  if (!r.known) return OB_ROLE_DIM;
  ob_buf_addf(out, "%u/%u ready", r.ready, r.total);
  return r.ready ? OB_ROLE_OK : OB_ROLE_BAD;
}

/* The port that was typed by number or name, NULL none. */
static const ob_service_port *port_of(const ob_service *v, const char *typed) {
  int64_t n = 0;
  bool number = ob_parse_int(typed, 1, 65535, &n);
  for (size_t i = 0; i < v->nports; i++)
    if (number ? v->ports[i].port == n : ob_streq(v->ports[i].name, typed)) return &v->ports[i];
  return NULL;
}

static ob_role note_port(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  const ob_service *v = service_of(s, f);
  if (!v) return OB_ROLE_DIM;
  const ob_service_port *p = *value ? port_of(v, value) : NULL;
  if (p) {
    ob_buf_addf(out, "%s%s%u", p->name, *p->name ? ":" : "", p->port);
    return OB_ROLE_OK;
  }
  if (!*value && v->nports == 1) return OB_ROLE_DIM;
  ob_buf_adds(out, *value ? "the service has " : "which? ");
  for (size_t i = 0; i < v->nports; i++)
    ob_buf_addf(out, "%s%s%s%u", i ? ", " : "", v->ports[i].name, *v->ports[i].name ? ":" : "",
                v->ports[i].port);
  return *value ? OB_ROLE_BAD : OB_ROLE_WARN;
}

static ob_role note_path(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)s;
  if (*value == '/' || ob_streq(ob_form_get(f, TYPE), "ImplementationSpecific")) return OB_ROLE_DIM;
  ob_buf_adds(out, "begins with /");
  return OB_ROLE_BAD;
}

static ob_role note_class(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)f;
  if (!*value || !ob_known(ob_tui_cluster(s), OB_KIND_INGRESS_CLASS) ||
      ob_cluster_find(ob_tui_cluster(s), OB_KIND_INGRESS_CLASS, "", value))
    return OB_ROLE_DIM;
  ob_buf_adds(out, "there is no such class");
  return OB_ROLE_BAD;
}

static bool is_new(const ob_tui *s, const ob_form *f) {
  return !ingress_of(s, f);
}

static ob_role say(const ob_tui *s, const ob_form *f, ob_buf *out) {
  const route *x = f->data;
  /* Moved within its Ingress, it takes its own place. */
  bool home = x->move && ob_streq(x->from, ob_form_get(f, INGRESS));
  const ob_route was = {.host = f->values.at[HOST].before.text,
                        .path = f->values.at[PATH].before.text,
                        .path_type = f->values.at[TYPE].before.text};
  const ob_route r = {.host = ob_form_get(f, HOST),
                      .path = ob_form_get(f, PATH),
                      .path_type = ob_form_get(f, TYPE),
                      .edited = home ? &was : NULL,
                      .class_name = is_new(s, f) ? ob_or(ob_form_get(f, CLASS), NULL) : NULL};
  ob_buf_addf(out, "%s%s: ", ob_or(r.host, "any host"), r.path);
  ob_route_preview(ob_tui_cluster(s), x->ns, ob_form_get(f, INGRESS), &r, out);
  return OB_ROLE_ACCENT;
}

static const ob_form_field fields[FIELDS] = {
    [INGRESS] = {"ingress", OB_FIELD_TEXT, "",
                 "to which the rule is added; a name that is not there yet makes a new one",
                 offer_ingresses, note_ingress, NULL},
    [HOST] = {"host", OB_FIELD_TEXT, "any host",
              "shop.example.com, or *.example.com for one label more", offer_hosts, NULL, NULL},
    [PATH] = {"path", OB_FIELD_TEXT, "", "what the request's path begins with, or is", NULL,
              note_path, NULL},
    [TYPE] = {"path type", OB_FIELD_CHOICE, "",
              "Prefix: by elements between slashes; Exact: it alone; ImplementationSpecific: the "
              "controller's own",
              offer_path_types, NULL, NULL},
    [SERVICE] = {"service", OB_FIELD_TEXT, "needed", "of the Ingress' namespace", offer_services,
                 note_service, NULL},
    [PORT] = {"port", OB_FIELD_TEXT, "the only one", "of the service, by number or name",
              offer_ports, note_port, NULL},
    [SECRET] = {"TLS secret", OB_FIELD_TEXT, "none",
                "holds the certificate for the host; those of other Ingresses are offered",
                offer_secrets, NULL, NULL},
    [CLASS] = {"class", OB_FIELD_TEXT, "the default", "IngressClass: which controller serves it",
               ob_offer_ingress_classes, note_class, is_new},
};

/* --- accepted
 * --------------------------------------------------------------------------------------- */
static const ob_json *rule_at(const ob_json *ingress, int rule) {
  return ob_json_index(ob_json_at(ingress, "spec", "rules", NULL), (size_t)rule);
}
static const ob_json *path_at(const ob_json *ingress, int rule, int path) {
  return ob_json_index(ob_json_at(rule_at(ingress, rule), "http", "paths", NULL), (size_t)path);
}

/* What was not typed follows the rule as it is now, when somebody led it elsewhere meanwhile. Where
 * both led it elsewhere the plan stands on the rule as it was: a conflict like any other. */
static int plan_move(ob_tui *s, const ob_json *const *objects, ob_route *r, ob_plan **ret,
                     ob_err *err) {
  const ob_form *f = &s->form;
  route *x = f->data;
  const char *to = ob_form_get(f, INGRESS);
  const ob_json *from = objects[1];
  if (!from) return ob_fail(err, OB_ENOTFOUND, "%s/%s is not there any more", x->ns, x->from);
  int rc = ob_rule_seen_find(&x->rule, from, err);
  if (rc) return rc;
  int rule = x->rule.rule, path = x->rule.path;
  bool typed = ob_form_changed(f, SERVICE) || ob_form_changed(f, PORT);
  if (typed &&
      !ob_json_equal(path_at(x->base, x->base_rule, x->base_path), path_at(from, rule, path))) {
    from = x->base;
    rule = x->base_rule;
    path = x->base_path;
  }
  if (!ob_form_changed(f, SERVICE)) {
    r->service = NULL;
    if (!ob_form_changed(f, PORT)) r->port = NULL;
  }
  return ob_plan_route_to(ret, ob_tui_cluster(s), from, rule, path,
                          ob_streq(to, x->from) ? from : objects[0], to, false, r, err);
}

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  const route *x = f->data;
  (void)why;
  ob_route r = {.host = ob_form_get(f, HOST),
                .path = ob_form_get(f, PATH),
                .path_type = ob_form_get(f, TYPE),
                .service = ob_form_get(f, SERVICE),
                .port = ob_or(ob_form_get(f, PORT), NULL),
                .tls_secret = ob_or(ob_form_get(f, SECRET), NULL),
                .class_name = is_new(s, f) ? ob_or(ob_form_get(f, CLASS), NULL) : NULL};
  const char *to = ob_form_get(f, INGRESS);
  if (!*to) return ob_fail(err, OB_EINVALID, "metadata.name: which Ingress?");
  if (x->move) return plan_move(s, objects, &r, ret, err);
  return ob_plan_route_add(ret, ob_tui_cluster(s), objects[0], x->ns, to, &r, err);
}

static void take(ob_tui *s, ob_form *f) {
  static const ob_change_flow flow = {
      .absent = true, .plan = plan, .again = ob_form_again, .done = ob_form_close_hidden};
  const route *x = f->data;
  const ob_change_about about[] = {{OB_KIND_INGRESS, x->ns, ob_form_get(f, INGRESS)},
                                   {OB_KIND_INGRESS, x->ns, ob_or(x->from, "")}};
  if (!*about[0].name) {
    ob_form_again(s, "which Ingress?");
    return;
  }
  ob_form_hide(f);
  ob_change_begin(s, &flow, about, x->move ? 2 : 1);
}

/* --- opened
 * --------------------------------------------------------------------------------------- */
static const ob_form_kind kind = {
    .fields = fields, .nfields = FIELDS, .say = say, .accept = take, .done = done};

/* The row's Ingress; else one that leads to its service; else one of its namespace. */
static const ob_ingress *home_of(ob_tui *s, const ob_row *row, const char *ns) {
  ob_route_ref ref;
  size_t at = 0;
  if (row->ingress) return row->ingress;
  if (row->service && ob_service_routes(ob_tui_cluster(s), row->service, &ref, 1))
    return ref.ingress;
  for (const ob_object *x; (x = ob_cluster_next(ob_tui_cluster(s), OB_KIND_INGRESS, &at));)
    if (ob_streq(x->ns, ns)) return OB_AS(ob_ingress, x);
  return NULL;
}

static void set_port(ob_form *f, const char *name, unsigned number) {
  char text[16];
  snprintf(text, sizeof text, "%u", number);
  ob_form_set(f, PORT, number ? text : name);
}

static void set_rule(ob_form *f, const ob_ingress *ing, int rule, int path) {
  const ob_path *p = &ing->rules[rule].paths[path];
  const ob_tls *tls = ob_ingress_tls_for(ing, ing->rules[rule].host);
  ob_form_set(f, HOST, ing->rules[rule].host);
  ob_form_set(f, PATH, p->path);
  ob_form_set(f, TYPE, p->path_type);
  ob_form_set(f, SERVICE, p->backend.service);
  set_port(f, p->backend.port_name, p->backend.port_number);
  ob_form_set(f, SECRET, tls ? tls->secret : "");
}

/* What waits is of one rule, or of one Service or Ingress that a rule is added for. */
static void keep(ob_tui *s, const route *x, const char *name) {
  const ob_rule_seen *r = &x->rule;
  OB_AUTOFREE char *whom =
      ob_asprintf("%s %s%s %s", name, ob_or(r->host, ""), ob_or(r->at, ""), ob_or(r->type, ""));
  ob_form_keep(s, whom);
}

static const char *const titles[] = {"Add a rule in", "Copy a rule in", "Move a rule in"};

static const char *text_of(const ob_json *j, const char *key) {
  return ob_or(ob_json_get_str(j, key), "");
}

static const char *secret_of(const ob_json *ingress, const char *host) {
  const ob_json *tls = ob_json_at(ingress, "spec", "tls", NULL);
  for (const ob_json *t = ob_json_first(tls); t; t = ob_json_next(t))
    for (const ob_json *h = ob_json_first(ob_json_get(t, "hosts")); h; h = ob_json_next(h))
      if (ob_streq(ob_json_str(h), host)) return text_of(t, "secretName");
  return "";
}

/* The Ingress as it is now has come: the rule as it is in it. */
static void have(ob_tui *s, const ob_json *const *objects) {
  const ob_json *ingress = objects[0], *meta = ob_json_get(ingress, "metadata");
  ob_rule_seen *seen = ob_change_rule(s);
  ob_err err = {0};
  if (ob_rule_seen_find(seen, ingress, &err) < 0) {
    ob_tui_say(s, true, "%s", err.msg);
    return;
  }
  route *x = ob_calloc(1, sizeof *x);
  *x = (route){.ns = ob_strdup(text_of(meta, "namespace")),
               .move = true,
               .from = ob_strdup(text_of(meta, "name")),
               .rule = *seen,
               .base = ob_json_dup(ingress),
               .base_rule = seen->rule,
               .base_path = seen->path};
  *seen = (ob_rule_seen){0};
  const ob_json *service =
      ob_json_at(path_at(x->base, x->base_rule, x->base_path), "backend", "service", NULL);
  const ob_json *port = ob_json_get(service, "port");
  ob_form *f = ob_form_open(s, &kind, ob_asprintf("%s %s", titles[OB_ROUTE_MOVE], x->ns), x);
  ob_form_set(f, INGRESS, x->from);
  ob_form_set(f, HOST, x->rule.host);
  ob_form_set(f, PATH, x->rule.at);
  ob_form_set(f, TYPE, x->rule.type);
  ob_form_set(f, SERVICE, text_of(service, "name"));
  set_port(f, text_of(port, "name"), (unsigned)ob_json_get_int(port, "number", 0));
  ob_form_set(f, SECRET, secret_of(x->base, x->rule.host));
  ob_form_set(f, CLASS, text_of(ob_json_get(x->base, "spec"), "ingressClassName"));
  ob_form_go(s, f, INGRESS);
  keep(s, x, x->from);
}

static void open_move(ob_tui *s, const ob_row *row) {
  static const ob_change_flow flow = {.have = have};
  const ob_object *o = row->owner;
  ob_rule_seen_set(ob_change_rule(s), row->ingress, row->rule, row->path);
  ob_change_begin(s, &flow, &(ob_change_about){OB_KIND_INGRESS, o->ns, o->name}, 1);
}

void ob_route_form_open(ob_tui *s, ob_route_start from) {
  const ob_row *row = ob_tui_row(s);
  if (!row) return;
  bool rule = row->way == OB_ROW_RULE && row->ingress;
  if (from != OB_ROUTE_NEW && !rule) return;
  const ob_object *o = row->service ? &row->service->o : row->owner;
  const ob_ingress *ing = home_of(s, row, o->ns);
  const ob_object there = {.kind = OB_KIND_INGRESS, .ns = o->ns, .name = ""};
  if (!ob_change_may(s, "patch", &there)) return;
  if (from != OB_ROUTE_NEW &&
      !ob_form_has_room(s, 0, strlen(ing->rules[row->rule].paths[row->path].path)))
    return;
  if (from == OB_ROUTE_MOVE) {
    open_move(s, row);
    return;
  }
  route *x = ob_calloc(1, sizeof *x);
  x->ns = ob_strdup(o->ns);
  if (rule) ob_rule_seen_set(&x->rule, ing, row->rule, row->path);
  ob_form *f = ob_form_open(s, &kind, ob_asprintf("%s %s", titles[from], o->ns), x);
  ob_form_set(f, INGRESS, ing ? ing->o.name : o->name);
  ob_form_set(f, PATH, "/");
  ob_form_set(f, TYPE, "Prefix");
  ob_form_set(f, HOST,
              rule                 ? ing->rules[row->rule].host
              : ing && ing->nrules ? ing->rules[0].host
                                   : "");
  ob_form_set(f, SERVICE, row->service ? o->name : "");
  if (row->service && row->service->nports)
    set_port(f, "", row->service->ports[row->port > 0 ? row->port : 0].port);
  ob_form_set(f, CLASS, ing ? ing->class_name : "");
  if (from == OB_ROUTE_COPY) set_rule(f, ing, row->rule, row->path);
  ob_form_go(s, f, from == OB_ROUTE_COPY ? PATH : HOST);
  keep(s, x, o->name);
}

void ob_act_route(ob_tui *s) {
  ob_route_form_open(s, OB_ROUTE_NEW);
}
