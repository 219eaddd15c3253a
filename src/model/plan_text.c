/* Plans as files and as kubectl lines. A plan file holds what was seen and what is wanted; its
 * steps are made again when it is read, so that a file edited by hand cannot say one thing and send
 * another. */
#include "model/plan_priv.h"

#include "base/yaml.h"
#include "model/tree.h"

#define API_VERSION "outboard/v1"

static const char *const levels[] = {"note", "care", "loss"};

ob_json *ob_plan_to_json(const ob_plan *p) {
  ob_json *root = ob_json_new_object();
  ob_json_put_str(root, "apiVersion", API_VERSION);
  ob_json_put_str(root, "kind", "Plan");
  ob_json_put_str(root, "title", p->title);
  if (p->finishes) ob_json_put_bool(root, "finishes", true);
  if (p->group) ob_json_put_int(root, "group", (int64_t)p->group);
  ob_json *warnings = ob_json_put(root, "warnings", ob_json_new_array());
  for (size_t i = 0; i < p->nwarnings; i++) {
    ob_json *w = ob_json_push(warnings, ob_json_new_object());
    ob_json_put_str(w, "level", levels[p->warnings[i].level]);
    ob_json_put_str(w, "text", p->warnings[i].text);
  }
  ob_json *edits = ob_json_put(root, "edits", ob_json_new_array());
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    ob_json *j = ob_json_push(edits, ob_json_new_object());
    ob_json_put_str(j, "kind", ob_kinds[e->kind].kind);
    ob_json_put_str(j, "namespace", e->ns);
    ob_json_put_str(j, "name", e->name);
    if (e->before) ob_json_put(j, "before", ob_json_dup(e->before));
    if (e->wanted) ob_json_put(j, "wanted", ob_json_dup(e->wanted));
    if (e->origin) ob_json_put(j, "origin", ob_json_dup(e->origin));
    if (e->recreate) ob_json_put_bool(j, "recreate", true);
  }
  return root;
}

void ob_plan_write(const ob_plan *p, ob_buf *out) {
  OB_AUTOPTR(ob_json) j = ob_plan_to_json(p);
  ob_yaml_print(out, j, false);
}

static bool kind_named(const char *name, ob_kind *ret) {
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (!ob_streq(ob_kinds[k].kind, name)) continue;
    *ret = (ob_kind)k;
    return true;
  }
  return false;
}

static const ob_json *object_in(const ob_json *edit, const char *key) {
  const ob_json *o = ob_json_get(edit, key);
  return ob_json_is(o, OB_JSON_OBJECT) ? o : NULL;
}

static int read_edit(ob_plan *p, const ob_json *j, size_t i, ob_err *err) {
  ob_kind kind;
  const char *name = ob_json_get_str(j, "kind");
  if (!kind_named(name, &kind))
    return ob_fail(err, OB_ECONFIG, "edits[%zu].kind: \"%s\" is not a kind that is changed here", i,
                   ob_or(name, ""));
  const ob_json *before = object_in(j, "before"), *wanted = object_in(j, "wanted");
  if (!before && !wanted)
    return ob_fail(err, OB_ECONFIG, "edits[%zu]: neither before nor wanted is an object", i);
  int rc = ob_plan_add(p, kind, before, wanted, err);
  if (rc) return ob_err_within(err, "edits[%zu]", i);
  ob_edit *e = &p->edits[p->nedits - 1];
  const ob_json *origin = ob_json_get(j, "origin");
  if (ob_json_is(origin, OB_JSON_OBJECT) || ob_json_is(origin, OB_JSON_NULL))
    e->origin = ob_json_dup(origin);
  if (ob_json_get_bool(j, "recreate", false)) {
    if (!before || !wanted)
      return ob_fail(err, OB_ECONFIG, "edits[%zu].recreate: before and wanted are not both there",
                     i);
    ob_edit_recreate(e);
  }
  if (ob_streq(e->name, ob_json_get_str(j, "name")) &&
      ob_streq(e->ns, ob_or(ob_json_get_str(j, "namespace"), "")))
    return 0;
  return ob_fail(err, OB_ECONFIG, "edits[%zu]: name and namespace are not those of the object", i);
}

int ob_plan_from_json(ob_plan **ret, const ob_json *j, ob_err *err) {
  *ret = NULL;
  if (!ob_streq(ob_json_get_str(j, "apiVersion"), API_VERSION) ||
      !ob_streq(ob_json_get_str(j, "kind"), "Plan")) {
    ob_fail(err, OB_ECONFIG, "this is no plan: apiVersion is not " API_VERSION " or kind not Plan");
    return ob_hint(err, "-o plan writes one");
  }
  OB_AUTOPTR(ob_plan) p = ob_plan_new(ob_or(ob_json_get_str(j, "title"), "a plan from a file"));
  p->finishes = ob_json_get_bool(j, "finishes", false);
  p->group = (uint64_t)ob_json_get_int(j, "group", 0);
  const ob_json *edits = ob_json_get(j, "edits");
  size_t i = 0;
  for (const ob_json *e = ob_json_first(edits); e; e = ob_json_next(e), i++) {
    int rc = read_edit(p, e, i, err);
    if (rc) return rc;
  }
  const ob_json *warnings = ob_json_get(j, "warnings");
  for (const ob_json *w = ob_json_first(warnings); w; w = ob_json_next(w)) {
    int level = OB_WARN_LOSS;
    while (level > 0 && !ob_streq(levels[level], ob_json_get_str(w, "level"))) level--;
    ob_plan_warn(p, (ob_warn)level, "%s", ob_or(ob_json_get_str(w, "text"), ""));
  }
  *ret = ob_take(p);
  return 0;
}

int ob_plan_read(ob_plan **ret, const char *bytes, size_t n, const char *name, ob_err *err) {
  *ret = NULL;
  if (n > OB_PLAN_MAX)
    return ob_fail(err, OB_ELIMIT, "%s: a plan is at most %d bytes", name, (int)OB_PLAN_MAX);
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(bytes, n, name, err);
  if (!doc) return -(int)OB_ECONFIG;
  int rc = ob_plan_from_json(ret, ob_yaml_root(doc), err);
  return rc ? ob_err_within(err, "%s", name) : 0;
}

/* --- kubectl -------------------------------------------------------------------------------------
 */
static void quote(ob_buf *out, const char *s) {
  if (*s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,") ==
                strlen(s)) {
    ob_buf_adds(out, s);
    return;
  }
  ob_buf_addc(out, '\'');
  for (; *s; s++) {
    if (*s == '\'')
      ob_buf_adds(out, "'\\''");
    else
      ob_buf_addc(out, *s);
  }
  ob_buf_addc(out, '\'');
}

void ob_plan_step_kubectl(const ob_edit *e, const ob_plan_step *s, ob_buf *out) {
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_PLAN_MAX);
  if (s->body) ob_json_print(&body, s->body);
  if (s->verb == OB_STEP_CREATE) {
    ob_buf_adds(out, "printf %s ");
    quote(out, ob_buf_str(&body));
    ob_buf_adds(out, " | kubectl create -f -");
    return;
  }
  ob_buf_addf(out, "kubectl %s %s ", s->verb == OB_STEP_DELETE ? "delete" : "patch",
              ob_kinds[e->kind].plural);
  quote(out, e->name);
  if (*e->ns) {
    ob_buf_adds(out, " -n ");
    quote(out, e->ns);
  }
  if (s->verb == OB_STEP_DELETE) return;
  ob_buf_addf(out, " --type=%s -p ", s->json_patch ? "json" : "merge");
  quote(out, ob_buf_str(&body));
}
