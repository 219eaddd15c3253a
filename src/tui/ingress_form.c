/* What an Ingress has besides its rules: class, default backend, TLS, labels, annotations; and the
 * new name of a host over all of its rules. */
#include "base/str.h"
#include "tui/fields_form.h"
#include "tui/screen.h"
#include <stdio.h>

enum { CLASS, SERVICE, PORT, TLS, NOTES, LABELS, FIELDS };

typedef struct base {
  ob_json *object;
  char *ns;
  OB_VEC(char *) notes; /* "NAME=" of what its controller reads */
} base;

static void done(void *data) {
  base *x = data;
  ob_json_free(x->object);
  for (size_t i = 0; i < x->notes.len; i++) free(x->notes.at[i]);
  ob_vec_done(&x->notes);
  free(x->ns);
  free(x);
}

static void offer_services(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const base *x = f->data;
  ob_offer_services_in(s, x->ns, o);
}

static const ob_service *default_service(const ob_tui *s, const ob_form *f) {
  const base *x = f->data;
  const ob_object *o =
      ob_cluster_find(ob_tui_cluster(s), OB_KIND_SERVICE, x->ns, ob_form_get(f, SERVICE));
  return o ? OB_AS(ob_service, o) : NULL;
}

static void offer_ports(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  ob_offer_ports_of(default_service(s, f), o);
}

static void offer_notes(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const base *x = f->data;
  (void)s;
  for (size_t i = 0; i < x->notes.len; i++) ob_form_offer(o, x->notes.at[i]);
}

static ob_role note_class(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  (void)f;
  const ob_object *o = ob_cluster_find(ob_tui_cluster(s), OB_KIND_INGRESS_CLASS, "", value);
  if (o)
    ob_buf_adds(out, OB_AS(ob_ingress_class, o)->controller);
  else if (*value && ob_known(ob_tui_cluster(s), OB_KIND_INGRESS_CLASS))
    ob_buf_adds(out, "there is no such class");
  return o ? OB_ROLE_DIM : OB_ROLE_BAD;
}

static ob_role note_service(const ob_tui *s, const ob_form *f, const char *value, ob_buf *out) {
  if (*value && ob_known(ob_tui_cluster(s), OB_KIND_SERVICE) && !default_service(s, f))
    ob_buf_adds(out, "there is none of this name");
  return OB_ROLE_BAD;
}

static bool has_default(const ob_tui *s, const ob_form *f) {
  (void)s;
  return *ob_form_get(f, SERVICE) != '\0';
}

static const ob_form_field fields[FIELDS] = {
    [CLASS] = {"class", OB_FIELD_TEXT, "the default", "IngressClass: which controller serves it",
               ob_offer_ingress_classes, note_class, NULL},
    [SERVICE] = {"default service", OB_FIELD_TEXT, "none", "gets what no rule matches",
                 offer_services, note_service, NULL},
    [PORT] = {"its port", OB_FIELD_TEXT, "needed", "by number or name", offer_ports, NULL,
              has_default},
    [TLS] = {"TLS", OB_FIELD_LIST, "one more",
             "SECRET HOST[,HOST…]; - is no secret: the controller's own certificate", NULL, NULL,
             NULL},
    [NOTES] = {"annotation", OB_FIELD_LIST, "one more",
               "KEY=VALUE; those that its controller reads are offered; an emptied one goes",
               offer_notes, ob_note_pair, NULL},
    [LABELS] = {"label", OB_FIELD_LIST, "one more", "KEY=VALUE; an emptied one goes", NULL,
                ob_note_pair, NULL},
};

static int plan(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why, ob_err *err) {
  const ob_form *f = &s->form;
  ob_form_list lists[3] = {0};
  bool backend = ob_form_changed(f, SERVICE) || ob_form_changed(f, PORT);
  (void)why;
  const ob_ingress_fields to = {.class_name = ob_form_if_changed(f, CLASS),
                                .default_service = backend ? ob_form_get(f, SERVICE) : NULL,
                                .default_port = backend ? ob_form_get(f, PORT) : NULL,
                                .tls = ob_form_texts(f, TLS, &lists[0]),
                                .annotations = ob_form_pairs(f, NOTES, &lists[1]),
                                .labels = ob_form_pairs(f, LABELS, &lists[2])};
  int rc = ob_plan_ingress_fields(ret, ob_tui_cluster(s), objects[0], &to, err);
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

static void add_note(void *arg, const char *name) {
  base *x = arg;
  ob_vec_push(&x->notes, ob_asprintf("%s=", name));
}

static const char *controller_of(ob_tui *s, const ob_json *meta) {
  const ob_object *o =
      ob_cluster_find(ob_tui_cluster(s), OB_KIND_INGRESS, ob_json_get_str(meta, "namespace"),
                      ob_json_get_str(meta, "name"));
  return o ? ob_ingress_controller(ob_tui_cluster(s), OB_AS(ob_ingress, o)) : "";
}

static void have(ob_tui *s, const ob_json *const *objects) {
  const ob_json *o = objects[0], *spec = ob_json_get(o, "spec"), *meta = ob_json_get(o, "metadata");
  const ob_json *tls = ob_json_get(spec, "tls");
  size_t longest = 0;
  for (const ob_json *t = ob_json_first(tls); t; t = ob_json_next(t)) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PLAN_MAX);
    ob_ingress_tls_text(t, &text);
    if (text.len > longest) longest = text.len;
  }
  size_t values = ob_json_len(tls) + ob_json_len(ob_json_get(meta, "labels")) +
                  ob_json_len(ob_json_get(meta, "annotations"));
  if (!ob_form_has_room(s, values, longest)) return;
  base *x = ob_calloc(1, sizeof *x);
  x->object = ob_json_dup(o);
  x->ns = ob_strdup(ob_or(ob_json_get_str(meta, "namespace"), ""));
  ob_ingress_annotations(controller_of(s, meta), add_note, x);
  ob_form *f = ob_form_open(
      s, &kind, ob_asprintf("Ingress %s/%s", x->ns, ob_or(ob_json_get_str(meta, "name"), "")), x);
  const ob_json *backend = ob_json_at(spec, "defaultBackend", "service", NULL);
  const ob_json *port = ob_json_get(backend, "port");
  char number[24] = "";
  int64_t n = ob_json_get_int(port, "number", 0);
  if (n) snprintf(number, sizeof number, "%lld", (long long)n);
  ob_form_set(f, CLASS, ob_json_get_str(spec, "ingressClassName"));
  ob_form_set(f, SERVICE, ob_json_get_str(backend, "name"));
  ob_form_set(f, PORT, n ? number : ob_json_get_str(port, "name"));
  for (const ob_json *t = ob_json_first(tls); t; t = ob_json_next(t)) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_ingress_tls_text(t, &text);
    ob_form_set(f, TLS, ob_buf_str(&text));
  }
  ob_form_set_pairs(f, NOTES, ob_json_get(meta, "annotations"));
  ob_form_set_pairs(f, LABELS, ob_json_get(meta, "labels"));
  ob_form_keep(s, NULL);
}

static void open_with(ob_tui *s, const ob_change_flow *flow) {
  const ob_row *row = ob_tui_row(s);
  if (!row || !row->ingress || !ob_change_may(s, "patch", row->owner)) return;
  const ob_change_about about = {OB_KIND_INGRESS, row->owner->ns, row->owner->name};
  ob_change_begin(s, flow, &about, 1);
}

void ob_ingress_form_open(ob_tui *s) {
  static const ob_change_flow flow = {.have = have};
  open_with(s, &flow);
}

/* --- a host's new name
 * ------------------------------------------------------------------------------ */
enum { FROM, TO, WHERE, NAMES };

typedef struct renaming {
  ob_json *object; /* the row's Ingress */
  char *every;     /* "every Ingress of shop" */
  size_t n;        /* Ingresses that are asked for */
} renaming;

static void done_name(void *data) {
  renaming *x = data;
  ob_json_free(x->object);
  free(x->every);
  free(x);
}

static const char *meta_of(const renaming *x, const char *key) {
  return ob_or(ob_json_get_str(ob_json_get(x->object, "metadata"), key), "");
}

static void offer_hosts(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const renaming *x = f->data;
  const ob_json *rules = ob_json_at(x->object, "spec", "rules", NULL);
  (void)s;
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r))
    ob_form_offer(o, ob_json_get_str(r, "host"));
}

/* The next Ingress of the namespace with a rule for the host; the row's own, too. */
static const ob_object *next_of_host(const ob_tui *s, const ob_form *f, size_t *at) {
  const char *ns = meta_of(f->data, "namespace");
  for (const ob_object *o; (o = ob_cluster_next(ob_tui_cluster(s), OB_KIND_INGRESS, at));) {
    const ob_ingress *ing = OB_AS(ob_ingress, o);
    for (size_t i = 0; ob_streq(o->ns, ns) && i < ing->nrules; i++)
      if (ob_streq(ing->rules[i].host, ob_form_get(f, FROM))) return o;
  }
  return NULL;
}

static bool has_others(const ob_tui *s, const ob_form *f) {
  size_t at = 0;
  for (const ob_object *o; (o = next_of_host(s, f, &at));)
    if (!ob_streq(o->name, meta_of(f->data, "name"))) return true;
  return false;
}

static void offer_where(const ob_tui *s, const ob_form *f, ob_form_offers *o) {
  const renaming *x = f->data;
  (void)s;
  ob_form_offer(o, x->every);
  ob_form_offer(o, "this Ingress");
}

static const ob_form_field names[NAMES] = {
    [FROM] = {"host", OB_FIELD_CHOICE, "", "of this Ingress", offer_hosts, NULL, NULL},
    [TO] = {"new name", OB_FIELD_TEXT, "needed", "in every rule and TLS entry that names the host",
            NULL, NULL, NULL},
    [WHERE] = {"where", OB_FIELD_CHOICE, "", "other Ingresses have rules for the host, too",
               offer_where, NULL, has_others},
};

static int plan_name(ob_tui *s, const ob_json *const *objects, ob_plan **ret, ob_buf *why,
                     ob_err *err) {
  const ob_form *f = &s->form;
  const renaming *x = f->data;
  (void)why;
  return ob_plan_rename_host(ret, objects, x->n, ob_form_get(f, FROM), ob_form_get(f, TO), err);
}

static void take_name(ob_tui *s, ob_form *f) {
  static const ob_change_flow flow = {
      .plan = plan_name, .again = ob_form_again, .done = ob_form_close_hidden};
  renaming *x = f->data;
  ob_change_about about[OB_CHANGE_OBJECTS] = {
      {OB_KIND_INGRESS, meta_of(x, "namespace"), meta_of(x, "name")}};
  size_t at = 0;
  x->n = 1;
  if (!*ob_form_get(f, TO)) {
    ob_form_again(s, "spec.rules[].host: which name?");
    return;
  }
  bool every = has_others(s, f) && ob_streq(ob_form_get(f, WHERE), x->every);
  for (const ob_object *o; every && (o = next_of_host(s, f, &at));) {
    if (ob_streq(o->name, about[0].name)) continue;
    if (x->n == OB_CHANGE_OBJECTS) {
      ob_form_again(s, "more Ingresses have the host than can be changed at once");
      return;
    }
    about[x->n++] = (ob_change_about){OB_KIND_INGRESS, o->ns, o->name};
  }
  ob_form_hide(f);
  ob_change_begin(s, &flow, about, x->n);
}

static const ob_form_kind name_kind = {
    .fields = names, .nfields = NAMES, .accept = take_name, .done = done_name};

static void have_name(ob_tui *s, const ob_json *const *objects) {
  const ob_row *row = ob_tui_row(s);
  renaming *x = ob_calloc(1, sizeof *x);
  x->object = ob_json_dup(objects[0]);
  x->every = ob_asprintf("every Ingress of %s", meta_of(x, "namespace"));
  bool same = row && row->ingress && row->way == OB_ROW_RULE &&
              ob_streq(row->owner->name, meta_of(x, "name"));
  ob_form *f = ob_form_open(
      s, &name_kind,
      ob_asprintf("Rename a host of %s/%s", meta_of(x, "namespace"), meta_of(x, "name")), x);
  const ob_json *first = ob_json_first(ob_json_at(x->object, "spec", "rules", NULL));
  ob_form_set(f, FROM, same ? row->ingress->rules[row->rule].host : ob_json_get_str(first, "host"));
  ob_form_set(f, WHERE, x->every);
  ob_form_go(s, f, TO);
  ob_form_keep(s, NULL);
}

void ob_rename_form_open(ob_tui *s) {
  static const ob_change_flow flow = {.have = have_name};
  open_with(s, &flow);
}
