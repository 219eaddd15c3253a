/* Selectors become terms once; an object is parsed only when a term needs more than its key. */
#include "sim/select.h"
#include "base/str.h"

void sim_filter_done(sim_filter *f) {
  free(f->ns);
  for (size_t i = 0; i < f->labels.len + f->fields.len; i++) {
    sim_term *t = i < f->labels.len ? &f->labels.at[i] : &f->fields.at[i - f->labels.len];
    free(t->key);
    ob_json_free(t->values);
  }
  ob_vec_done(&f->labels);
  ob_vec_done(&f->fields);
  *f = (sim_filter){0};
}

static const char *blanks(const char *s) {
  return s + strspn(s, " \t");
}

/* A word of a selector: up to any of its punctuation. */
static const char *word(const char *s, char **ret) {
  s = blanks(s);
  size_t n = strcspn(s, ",=!() \t");
  *ret = ob_strndup(s, n);
  return blanks(s + n);
}

/* One requirement at s; NULL when it makes no sense. */
static const char *label_term(const char *s, sim_term *t) {
  *t = (sim_term){.op = SIM_HAS, .values = ob_json_new_array()};
  s = blanks(s);
  bool negated = *s == '!';
  s = word(s + negated, &t->key);
  if (!*t->key) return NULL;
  if (negated) {
    t->op = SIM_HAS_NOT;
    return *s && *s != ',' ? NULL : s;
  }
  if (!*s || *s == ',') return s;
  char *value;
  if (*s == '=' || (*s == '!' && s[1] == '=')) {
    t->op = *s == '=' ? SIM_IN : SIM_NOT_IN;
    s += *s == '=' ? 1 + (s[1] == '=') : 2;
    s = word(s, &value);
    ob_json_push(t->values, ob_json_new_str(value));
    free(value);
    return *s && *s != ',' ? NULL : s;
  }
  OB_AUTOFREE char *op = NULL;
  s = word(s, &op);
  if (!(ob_streq(op, "in") || ob_streq(op, "notin")) || *s != '(') return NULL;
  t->op = ob_streq(op, "in") ? SIM_IN : SIM_NOT_IN;
  do {
    s = word(s + 1, &value);
    ob_json_push(t->values, ob_json_new_str(value));
    free(value);
  } while (*s == ',');
  if (*s != ')') return NULL;
  s = blanks(s + 1);
  return *s && *s != ',' ? NULL : s;
}

static const char *field_term(const char *s, sim_term *t) {
  size_t n = strcspn(s, "=!");
  *t = (sim_term){.op = s[n] == '!' ? SIM_NOT_IN : SIM_IN,
                  .key = ob_strndup(s, n),
                  .values = ob_json_new_array()};
  if (!s[n] || (s[n] == '!' && s[n + 1] != '=')) return NULL;
  s += n + (s[n] == '!' || s[n + 1] == '=' ? 2 : 1);
  n = strcspn(s, ",");
  ob_json_push(t->values, ob_json_new_strn(s, n));
  return s + n;
}

/* Fields beyond metadata.name and metadata.namespace, which every kind has. */
static const struct {
  sim_kind kind;
  const char *field;
} fields[] = {
    {SIM_SERVICE, "spec.type"},
    {SIM_SERVICE, "spec.clusterIP"},
    {SIM_POD, "spec.nodeName"},
    {SIM_POD, "spec.restartPolicy"},
    {SIM_POD, "spec.schedulerName"},
    {SIM_POD, "spec.serviceAccountName"},
    {SIM_POD, "status.phase"},
    {SIM_POD, "status.podIP"},
    {SIM_NODE, "spec.unschedulable"},
    {SIM_NAMESPACE, "status.phase"},
    {SIM_SECRET, "type"},
    {SIM_EVENT, "involvedObject.kind"},
    {SIM_EVENT, "involvedObject.name"},
    {SIM_EVENT, "involvedObject.namespace"},
    {SIM_EVENT, "involvedObject.uid"},
    {SIM_EVENT, "involvedObject.apiVersion"},
    {SIM_EVENT, "involvedObject.fieldPath"},
    {SIM_EVENT, "involvedObject.resourceVersion"},
    {SIM_EVENT, "reason"},
    {SIM_EVENT, "type"},
    {SIM_EVENT, "reportingComponent"},
    {SIM_EVENT, "source.component"},
};

static bool field_known(sim_kind kind, const char *field) {
  if (ob_streq(field, "metadata.name") || ob_streq(field, "metadata.namespace")) return true;
  for (size_t i = 0; i < OB_LEN(fields); i++)
    if (fields[i].kind == kind && ob_streq(fields[i].field, field)) return true;
  return false;
}

int sim_filter_parse(sim_filter *f, const sim_kind_info *k, const char *ns, const sim_req *q,
                     sim_resp *r) {
  f->ns = ob_strdup_opt(ns);
  const char *text = ob_or(sim_query(q, "labelSelector"), ""), *s = blanks(text);
  while (s && *s) {
    sim_term t;
    s = label_term(s, &t);
    ob_vec_push(&f->labels, t);
    if (s && *s == ',') s = blanks(s + 1);
  }
  if (!s)
    return sim_fail(r, 400, "BadRequest", NULL, NULL,
                    "unable to parse requirement: found '%s' in the label selector", text);
  text = s = ob_or(sim_query(q, "fieldSelector"), "");
  while (s && *s) {
    sim_term t;
    s = field_term(s, &t);
    ob_vec_push(&f->fields, t);
    if (s && !field_known(k->id, t.key))
      return sim_fail(r, 400, "BadRequest", NULL, NULL,
                      "Unable to find \"%s, Resource=%s\" that match label selector \"\", field "
                      "selector \"%s\": field label not supported: %s",
                      k->group_version, k->plural, text, t.key);
    if (s && *s == ',') s++;
  }
  if (!s)
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "invalid selector: '%s'; can't understand it",
                    text);
  return 0;
}

bool sim_filter_plain(const sim_filter *f) {
  return f->labels.len + f->fields.len == 0;
}

static bool term_match(const sim_term *t, const char *value) {
  bool in = false;
  for (const ob_json *v = ob_json_first(t->values); v && value && !in; v = ob_json_next(v))
    in = ob_streq(ob_json_str(v), value);
  switch (t->op) {
  case SIM_IN: return in;
  case SIM_NOT_IN: return !in;
  case SIM_HAS: return value != NULL;
  case SIM_HAS_NOT: return value == NULL;
  }
  return false;
}

static bool field_match(const sim_term *t, const sim_object *o, const ob_json *tree) {
  if (ob_streq(t->key, "metadata.name")) return term_match(t, o->name);
  if (ob_streq(t->key, "metadata.namespace")) {
    OB_AUTOFREE char *ns = ob_strndup(o->key, o->nns);
    return term_match(t, ns);
  }
  const char *dot = strchr(t->key, '.');
  OB_AUTOFREE char *first = ob_strndup(t->key, dot ? (size_t)(dot - t->key) : strlen(t->key));
  const ob_json *v = ob_json_get(tree, first);
  if (dot) v = ob_json_get(v, dot + 1);
  if (ob_json_is(v, OB_JSON_BOOL)) return term_match(t, ob_json_bool(v, false) ? "true" : "false");
  const char *unset = ob_streq(t->key, "spec.unschedulable") ? "false" : "";
  return term_match(t, v ? ob_or(ob_json_str(v), "") : unset);
}

bool sim_filter_match(const sim_filter *f, const sim_object *o) {
  if (f->ns && (strlen(f->ns) != o->nns || memcmp(f->ns, o->key, o->nns) != 0)) return false;
  if (sim_filter_plain(f)) return true;
  OB_AUTOPTR(ob_json) tree = NULL;
  for (size_t i = 0; i < f->fields.len; i++) {
    if (!tree && !ob_starts(f->fields.at[i].key, "metadata.")) tree = sim_object_tree(o);
    if (!field_match(&f->fields.at[i], o, tree)) return false;
  }
  if (!f->labels.len) return true;
  if (!tree) tree = sim_object_tree(o);
  const ob_json *labels = ob_json_at(tree, "metadata", "labels", NULL);
  for (size_t i = 0; i < f->labels.len; i++)
    if (!term_match(&f->labels.at[i], ob_json_get_str(labels, f->labels.at[i].key))) return false;
  return true;
}

bool sim_labels_match(const ob_json *selector, const ob_json *labels) {
  for (const ob_json *c = ob_json_first(selector); c; c = ob_json_next(c))
    if (!ob_streq(ob_json_str(c), ob_json_get_str(labels, ob_json_key(c)))) return false;
  return ob_json_len(selector) > 0;
}
