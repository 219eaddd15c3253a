/* Statuses are written as kube-apiserver writes them: clients match code, reason and the causes'
 * reason and field; the sentences are close to the original for people's sake. */
#include "sim/request.h"
#include "base/str.h"
#include "sim/proxy.h"

const char *sim_query(const sim_req *q, const char *key) {
  for (size_t i = 0; i < q->nquery; i++)
    if (ob_streq(q->key[i], key)) return ob_or(q->val[i], "");
  return NULL;
}

bool sim_query_true(const sim_req *q, const char *key) {
  const char *v = sim_query(q, key); /* present and empty counts as true, as in Go's decoder */
  return v && !ob_streq(v, "false") && !ob_streq(v, "0");
}

void sim_resp_done(sim_resp *r) {
  ob_buf_done(&r->body);
  ob_json_free(r->warnings);
  r->warnings = NULL;
  sim_proxy_free(r->proxy);
  r->proxy = NULL;
}

void sim_warn(sim_resp *r, const char *fmt, ...) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&text, fmt, ap);
  va_end(ap);
  if (!r->warnings) r->warnings = ob_json_new_array();
  ob_json_push(r->warnings, ob_json_new_str(ob_buf_str(&text)));
}

int sim_answer(sim_resp *r, unsigned code, ob_json *move_tree) {
  r->code = code;
  ob_buf_reset(&r->body);
  ob_json_print(&r->body, move_tree);
  ob_buf_addc(&r->body, '\n');
  ob_json_free(move_tree);
  return 0;
}

ob_json *sim_status(unsigned code, const char *reason, const sim_kind_info *kind, const char *name,
                    const char *message) {
  ob_json *st = ob_json_new_object();
  ob_json_put_str(st, "kind", "Status");
  ob_json_put_str(st, "apiVersion", "v1");
  ob_json_put(st, "metadata", ob_json_new_object());
  ob_json_put_str(st, "status", code < 400 ? "Success" : "Failure");
  ob_json_put_str(st, "message", message);
  ob_json_put_str(st, "reason", reason);
  if (kind) {
    ob_json *d = ob_json_ensure_object(st, "details");
    if (name && *name) ob_json_put_str(d, "name", name);
    if (*kind->group) ob_json_put_str(d, "group", kind->group);
    ob_json_put_str(d, "kind", kind->plural);
  }
  ob_json_put_int(st, "code", (int64_t)code);
  return st;
}

int sim_fail(sim_resp *r, unsigned code, const char *reason, const sim_kind_info *kind,
             const char *name, const char *fmt, ...) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_BODY_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&text, fmt, ap);
  va_end(ap);
  sim_answer(r, code, sim_status(code, reason, kind, name, ob_buf_str(&text)));
  return -1;
}

static const char *dotted_group(const sim_kind_info *k) {
  return *k->group ? "." : "";
}

int sim_not_found(sim_resp *r, const sim_kind_info *k, const char *name) {
  return sim_fail(r, 404, "NotFound", k, name, "%s%s%s \"%s\" not found", k->plural,
                  dotted_group(k), k->group, name);
}

int sim_page_not_found(sim_resp *r) {
  r->code = 404;
  r->type = "text/plain; charset=utf-8";
  ob_buf_adds(&r->body, "404 page not found\n");
  return -1;
}

int sim_bad_media(sim_resp *r, const char *accepted) {
  return sim_fail(
      r, 415, "UnsupportedMediaType", NULL, NULL,
      "the body of the request was in an unknown format - accepted media types include: "
      "%s",
      accepted);
}

int sim_conflict(sim_resp *r, const sim_kind_info *k, const char *name, const char *fmt, ...) {
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&why, fmt, ap);
  va_end(ap);
  return sim_fail(r, 409, "Conflict", k, name, "Operation cannot be fulfilled on %s%s%s \"%s\": %s",
                  k->plural, dotted_group(k), k->group, name, ob_buf_str(&why));
}

int sim_fail_internal(sim_resp *r, const char *fmt, ...) {
  OB_AUTO(ob_buf) why = OB_BUF_INIT(OB_LINE_MAX);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&why, fmt, ap);
  va_end(ap);
  OB_AUTOFREE char *message = ob_asprintf("Internal error occurred: %s", ob_buf_str(&why));
  ob_json *st = sim_status(500, "InternalError", NULL, NULL, message);
  ob_json *causes = ob_json_put(ob_json_ensure_object(st, "details"), "causes", ob_json_new_array());
  ob_json_put_str(ob_json_push(causes, ob_json_new_object()), "message", ob_buf_str(&why));
  sim_answer(r, 500, st);
  return -1;
}

int sim_not_done(sim_resp *r, const char *what) {
  return sim_fail(r, 501, "NotImplemented", NULL, NULL, "the embedded API server does not do %s",
                  what);
}

void sim_causes_done(sim_causes *c) {
  ob_json_free(c->list);
  c->list = NULL;
}

bool sim_causes_any(const sim_causes *c) {
  return ob_json_len(c->list) > 0;
}

static const struct {
  const char *reason, *words;
  bool value;
} cause_types[] = {
    [SIM_INVALID] = {"FieldValueInvalid", "Invalid value", true},
    [SIM_REQUIRED] = {"FieldValueRequired", "Required value", false},
    [SIM_FORBIDDEN] = {"FieldValueForbidden", "Forbidden", false},
    [SIM_DUPLICATE] = {"FieldValueDuplicate", "Duplicate value", true},
    [SIM_UNSUPPORTED] = {"FieldValueNotSupported", "Unsupported value", true},
};

void sim_cause(sim_causes *c, sim_cause_type type, const char *field, const ob_json *value,
               const char *fmt, ...) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_BODY_MAX);
  ob_buf_adds(&text, cause_types[type].words);
  if (cause_types[type].value) {
    ob_buf_adds(&text, ": ");
    if (value)
      ob_json_print(&text, value);
    else
      ob_buf_adds(&text, "null");
  }
  if (*fmt) {
    ob_buf_adds(&text, ": ");
    va_list ap;
    va_start(ap, fmt);
    ob_buf_addv(&text, fmt, ap);
    va_end(ap);
  }
  if (!c->list) c->list = ob_json_new_array();
  for (const ob_json *o = ob_json_first(c->list); o; o = ob_json_next(o))
    if (ob_streq(sim_str(o, "message"), ob_buf_str(&text)) && ob_streq(sim_str(o, "field"), field))
      return; /* said before */
  ob_json *one = ob_json_push(c->list, ob_json_new_object());
  ob_json_put_str(one, "reason", cause_types[type].reason);
  ob_json_put_str(one, "message", ob_buf_str(&text));
  ob_json_put_str(one, "field", field);
}

static int fail_causes(sim_resp *r, const char *kind, const char *group, const char *name,
                       const sim_causes *causes) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_BODY_MAX);
  ob_buf_addf(&text, "%s%s%s \"%s\" is invalid: ", kind, *group ? "." : "", group, name);
  bool several = ob_json_len(causes->list) > 1;
  if (several) ob_buf_addc(&text, '[');
  for (const ob_json *c = ob_json_first(causes->list); c; c = ob_json_next(c))
    ob_buf_addf(&text, "%s%s: %s", c == ob_json_first(causes->list) ? "" : ", ",
                ob_json_get_str(c, "field"), ob_json_get_str(c, "message"));
  if (several) ob_buf_addc(&text, ']');
  ob_json *st = sim_status(422, "Invalid", NULL, NULL, ob_buf_str(&text));
  ob_json *d = ob_json_ensure_object(st, "details");
  if (*name) ob_json_put_str(d, "name", name);
  if (*group) ob_json_put_str(d, "group", group);
  ob_json_put_str(d, "kind", kind);
  ob_json_put(d, "causes", ob_json_dup(causes->list));
  sim_answer(r, 422, st);
  return -1;
}

int sim_fail_causes(sim_resp *r, const sim_kind_info *kind, const char *name,
                    const sim_causes *causes) {
  return fail_causes(r, kind->kind, kind->group, ob_or(name, ""), causes);
}

int sim_fail_options(sim_resp *r, const char *options_kind, const sim_causes *causes) {
  return fail_causes(r, options_kind, "meta.k8s.io", "", causes);
}

/* Calls fn with each comma-separated clause, blanks dropped, until it answers true. */
static bool any_clause(const char *accept, bool (*fn)(const char *clause, const void *arg),
                       const void *arg) {
  while (*accept) {
    size_t n = strcspn(accept, ",");
    char clause[256];
    size_t len = 0;
    for (size_t i = 0; i < n && len < sizeof clause - 1; i++)
      if (accept[i] != ' ') clause[len++] = accept[i];
    clause[len] = '\0';
    if (fn(clause, arg)) return true;
    accept += n + (accept[n] == ',');
  }
  return false;
}

static bool has_part(const char *clause, const void *token) {
  const char *at = strstr(clause, token);
  return at && strchr(";", at[strlen(token)]) && (at == clause || at[-1] == ';');
}

bool sim_accepts(const char *accept, const char *token) {
  return any_clause(accept, has_part, token);
}

static bool take_form(const char *clause, const void *arg) {
  sim_form *form = *(sim_form *const *)arg;
  if (has_part(clause, "as=Table") && has_part(clause, "v=v1") &&
      ob_starts(clause, "application/json"))
    *form = SIM_TABLE;
  else if (!strstr(clause, ";as=") &&
           (has_part(clause, "application/json") || has_part(clause, "*/*") ||
            has_part(clause, "application/*")))
    *form = SIM_PLAIN;
  else
    return false;
  return true;
}

sim_form sim_form_of(const char *accept) {
  sim_form form = *accept ? SIM_NO_FORM : SIM_PLAIN, *p = &form;
  any_clause(accept, take_form, &p);
  return form;
}
