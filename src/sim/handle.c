/* What clients send to change objects: parameters, bodies, patches, deletions. */
#include "base/patch.h"
#include "base/str.h"
#include "sim/write.h"

typedef enum strictness { SIM_IGNORE, SIM_WARN_ABOUT, SIM_STRICT } strictness;
typedef struct params {
  sim_write w;
  strictness fields;
  char manager[64];
} params;

static int read_params(params *p, ob_sim *s, const sim_kind_info *k, const char *sub,
                       const sim_req *q, sim_resp *r, const char *options_kind) {
  OB_AUTO(sim_causes) causes = {0};
  const char *dry = ob_or(sim_query(q, "dryRun"), "");
  const char *fields = ob_or(sim_query(q, "fieldValidation"), "Warn");
  const char *manager = ob_or(sim_query(q, "fieldManager"), ob_or(q->user_agent, "unknown"));
  OB_AUTOPTR(ob_json) dry_value = ob_json_new_str(dry), *fields_value = ob_json_new_str(fields);
  if (*dry && !ob_streq(dry, "All"))
    sim_cause(&causes, SIM_UNSUPPORTED, "dryRun", dry_value, "supported values: \"All\"");
  p->fields = ob_streq(fields, "Strict")   ? SIM_STRICT
              : ob_streq(fields, "Ignore") ? SIM_IGNORE
                                           : SIM_WARN_ABOUT;
  if (p->fields == SIM_WARN_ABOUT && !ob_streq(fields, "Warn"))
    sim_cause(&causes, SIM_UNSUPPORTED, "fieldValidation", fields_value,
              "supported values: \"Ignore\", \"Strict\", \"Warn\"");
  size_t n = strcspn(manager, "/ ");
  if (n >= sizeof p->manager) n = sizeof p->manager - 1;
  memcpy(p->manager, manager, n);
  p->manager[n] = '\0';
  p->w = (sim_write){
      .sim = s, .kind = k, .resp = r, .dry = *dry != '\0', .manager = p->manager, .sub = sub};
  return sim_causes_any(&causes) ? sim_fail_options(r, options_kind, &causes) : 0;
}

static int answer_object(sim_resp *r, unsigned code, const sim_kind_info *k, const ob_json *tree) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIM_RESPONSE_MAX);
  ob_json_print(&text, tree);
  r->code = code;
  ob_buf_reset(&r->body);
  ob_buf_addf(&r->body, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", k->kind, k->group_version);
  ob_buf_adds(&r->body, ob_buf_str(&text) + 1);
  return ob_buf_addc(&r->body, '\n');
}

/* Unknown fields go; Strict refuses them, as `patch` where the client sent one. */
static int check_fields(const params *p, ob_json *tree) {
  const sim_kind_info *k = p->w.kind;
  OB_AUTO(ob_buf) whole = OB_BUF_INIT(SIM_RESPONSE_MAX), text = OB_BUF_INIT(SIM_BODY_MAX);
  if (p->w.patch) ob_json_print(&whole, tree);
  const char *kind = ob_or(ob_json_get_str(tree, "kind"), k->kind);
  const char *gv = ob_or(ob_json_get_str(tree, "apiVersion"), k->group_version);
  OB_AUTOFREE char *wrong = NULL;
  if (!ob_json_is(tree, OB_JSON_OBJECT))
    wrong = ob_strdup("couldn't get version/kind; json parse error");
  else if (!ob_streq(kind, k->kind) || !ob_streq(gv, k->group_version))
    wrong = ob_asprintf("no kind \"%s\" is registered for version \"%s\" here", kind, gv);
  else
    wrong = sim_wrong_type(k->id, tree);
  OB_AUTOPTR(ob_json) unknown = sim_unknown_fields(k->id, tree);
  for (const ob_json *u = ob_json_first(unknown); u; u = ob_json_next(u)) {
    if (p->fields == SIM_WARN_ABOUT) sim_warn(p->w.resp, "%s", ob_json_str(u));
    ob_buf_addf(&text, "%s%s", text.len ? ", " : "strict decoding error: ", ob_json_str(u));
  }
  const char *problem = wrong                                ? wrong
                        : p->fields == SIM_STRICT && unknown ? ob_buf_str(&text)
                                                             : NULL;
  if (!problem) return 0;
  if (!p->w.patch)
    return sim_fail(p->w.resp, 400, "BadRequest", NULL, NULL,
                    "%s in version \"%s\" cannot be handled as a %s: %s", k->kind, k->version,
                    k->kind, problem);
  OB_AUTO(sim_causes) causes = {0};
  OB_AUTOPTR(ob_json) value = ob_json_new_str(ob_buf_str(&whole));
  static const sim_kind_info nobody = {.kind = "", .group = ""};
  sim_cause(&causes, SIM_INVALID, "patch", value, "%s", problem);
  return sim_fail_causes(p->w.resp, &nobody, "", &causes);
}

static ob_json *read_object(const params *p, const sim_req *q) {
  ob_err err;
  if (*q->content_type && !ob_starts(q->content_type, "application/json")) {
    sim_bad_media(p->w.resp, "application/json");
    return NULL;
  }
  OB_AUTOPTR(ob_json) tree = ob_json_parse(q->body, q->nbody, OB_JSON_STRICT, &err);
  if (!tree) {
    sim_fail(p->w.resp, 400, "BadRequest", NULL, NULL, "%s", err.msg);
    return NULL;
  }
  return check_fields(p, tree) == 0 ? ob_take(tree) : NULL;
}

/* The URL rules: a body that names another namespace or object is refused. */
static int check_url(const params *p, ob_json *tree, const char *ns, const char *name) {
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  const char *its_ns = ob_or(ob_json_get_str(meta, "namespace"), ns);
  const char *its_name = ob_json_get_str(meta, "name");
  if (ns && !ob_streq(its_ns, ns))
    return sim_fail(p->w.resp, 400, "BadRequest", NULL, NULL,
                    "the namespace of the provided object does not match the namespace sent on the "
                    "request");
  if (name && !its_name)
    return sim_fail(p->w.resp, 400, "BadRequest", NULL, NULL,
                    "the name of the object (%s based on URL) was undeterminable: name must be "
                    "provided",
                    name);
  if (name && !ob_streq(its_name, name))
    return sim_fail(p->w.resp, 400, "BadRequest", NULL, NULL,
                    "the name of the object (%s) does not match the name on the URL (%s)", its_name,
                    name);
  if (ns)
    ob_json_put_str(meta, "namespace", ns);
  else
    ob_json_remove(meta, "namespace");
  return 0;
}

static int create_tree(params *p, const char *ns, ob_json *move_tree) {
  OB_AUTOPTR(ob_json) tree = move_tree;
  const sim_kind_info *k = p->w.kind;
  if (k->namespaced && !sim_store_get(&p->w.sim->store, SIM_NAMESPACE, NULL, ob_or(ns, "")))
    return sim_not_found(p->w.resp, &sim_kinds[SIM_NAMESPACE], ob_or(ns, ""));
  OB_AUTOPTR(ob_json) done = sim_write_create(&p->w, ob_take(tree));
  return done ? answer_object(p->w.resp, 201, k, done) : -1;
}

int sim_create(ob_sim *s, const sim_kind_info *k, const char *ns, const sim_req *q, sim_resp *r) {
  params p;
  if (read_params(&p, s, k, NULL, q, r, "CreateOptions") != 0) return -1;
  OB_AUTOPTR(ob_json) tree = read_object(&p, q);
  int64_t rv;
  if (!tree || check_url(&p, tree, ns, NULL) != 0) return -1;
  const char *given = sim_str(ob_json_get(tree, "metadata"), "resourceVersion");
  if (p.w.dry || !ob_parse_int(given, 1, INT64_MAX, &rv)) return create_tree(&p, ns, ob_take(tree));
  p.w.dry = true; /* the original's storage says so, after all else was found good */
  if (create_tree(&p, ns, ob_take(tree)) != 0) return -1;
  return sim_fail(r, 500, NULL, NULL, NULL,
                  "resourceVersion should not be set on objects to be created");
}

int sim_put(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const char *sub,
            const sim_req *q, sim_resp *r) {
  params p;
  if (read_params(&p, s, k, sub, q, r, "UpdateOptions") != 0) return -1;
  OB_AUTOPTR(ob_json) tree = read_object(&p, q);
  if (!tree || check_url(&p, tree, ns, name) != 0) return -1;
  const sim_object *old = sim_store_get(&s->store, k->id, ns, name);
  if (!old) { /* Services may be created by PUT; a uid asks for one that is gone */
    const char *uid = ob_or(ob_json_get_str(ob_json_get(tree, "metadata"), "uid"), "");
    if (k->id != SIM_SERVICE || sub) return sim_not_found(r, k, name);
    if (*uid)
      return sim_conflict(
          r, k, name, "Precondition failed: UID in precondition: %s, UID in object meta: ", uid);
    return create_tree(&p, ns, ob_take(tree));
  }
  OB_AUTOPTR(ob_json) done = sim_write_update(&p.w, old, ob_take(tree));
  return done ? answer_object(r, 200, k, done) : -1;
}

static int rejected(sim_resp *r) {
  ob_json *st = sim_status(422, "Invalid", NULL, NULL,
                           "the server rejected our request due to an error in our request");
  ob_json_ensure_object(st, "details");
  sim_answer(r, 422, st);
  return -1;
}

/* RFC 6902 as the original's library has it: `replace` of an absent member adds it, `test` of one
 * for null passes. */
static int apply_operations(ob_json **tree, const ob_json *ops, ob_err *err) {
  for (const ob_json *o = ob_json_first(ops); o; o = ob_json_next(o)) {
    OB_AUTOPTR(ob_json) one = ob_json_new_array();
    ob_json *op = ob_json_push(one, ob_json_dup(o));
    const char *name = sim_str(op, "op"), *path = ob_json_get_str(op, "path");
    bool absent = path && !ob_pointer_get(*tree, path);
    if (absent && ob_streq(name, "test") && ob_json_is(ob_json_get(op, "value"), OB_JSON_NULL))
      continue;
    if (absent && ob_streq(name, "replace")) ob_json_put_str(op, "op", "add");
    int rc = ob_json_patch(tree, one, err);
    if (rc != 0) return rc;
  }
  return 0;
}

static int apply_patch(const params *p, ob_json **tree, const sim_req *q) {
  static const char *const media[] = {"application/merge-patch+json", "application/json-patch+json",
                                      "application/strategic-merge-patch+json"};
  sim_resp *r = p->w.resp;
  ob_err err;
  size_t type = 0;
  if (ob_starts(q->content_type, "application/apply-patch"))
    return sim_not_done(r, "server-side apply (content type application/apply-patch+yaml)");
  while (type < OB_LEN(media) && !ob_starts(q->content_type, media[type])) type++;
  if (type == OB_LEN(media))
    return sim_bad_media(r, "application/json-patch+json, application/merge-patch+json, "
                            "application/strategic-merge-patch+json, application/apply-patch+yaml");
  OB_AUTOPTR(ob_json) patch = ob_json_parse(q->body, q->nbody, OB_JSON_STRICT, &err);
  bool whole = type == 0 && p->fields == SIM_IGNORE; /* nothing looks into a merge patch then */
  if (!patch || (type != 1 && !whole && !ob_json_is(patch, OB_JSON_OBJECT)) ||
      (type == 1 && !ob_json_is(patch, OB_JSON_ARRAY)))
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "error decoding patch: %s",
                    patch ? "not the JSON type that this patch needs" : err.msg);
  if (type == 0) ob_merge_patch(tree, patch);
  if (type == 1 && apply_operations(tree, patch, &err) != 0) return rejected(r);
  if (type == 2 && sim_strategic_patch(p->w.kind->id, *tree, patch, &err) != 0)
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "%s", err.msg);
  return 0;
}

int sim_patch(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name, const char *sub,
              const sim_req *q, sim_resp *r) {
  params p;
  if (read_params(&p, s, k, sub, q, r, "PatchOptions") != 0) return -1;
  p.w.patch = true;
  const sim_object *old = sim_store_get(&s->store, k->id, ns, name);
  if (!old) return sim_not_found(r, k, name);
  OB_AUTOPTR(ob_json) tree = sim_object_tree(old);
  ob_json_put_str(tree, "kind", k->kind);
  ob_json_put_str(tree, "apiVersion", k->group_version);
  if (apply_patch(&p, &tree, q) != 0 || check_fields(&p, tree) != 0) return -1;
  if (check_url(&p, tree, ns, name) != 0) return -1;
  OB_AUTOPTR(ob_json) done = sim_write_update(&p.w, old, ob_take(tree));
  return done ? answer_object(r, 200, k, done) : -1;
}

static int check_preconditions(const sim_kind_info *k, const char *name, const ob_json *options,
                               const ob_json *meta, sim_resp *r) {
  static const struct {
    const char *key, *words;
  } rows[] = {{"uid", "UID"}, {"resourceVersion", "ResourceVersion"}};
  const ob_json *pre = ob_json_get(options, "preconditions");
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    const char *want = ob_json_get_str(pre, rows[i].key),
               *have = ob_json_get_str(meta, rows[i].key);
    sim_kind_info by_kind = *k; /* told by kind here, not by resource */
    by_kind.plural = k->kind;
    if (want && !ob_streq(want, have))
      return sim_conflict(r, &by_kind, name,
                          "the %s in the precondition (%s) does not match the %s in record (%s)",
                          rows[i].words, want, rows[i].words, have);
  }
  return 0;
}

static int answer_deleted(sim_resp *r, const sim_kind_info *k, const char *name,
                          const ob_json *tree) {
  if (k->id == SIM_SERVICE || k->id == SIM_POD || k->id == SIM_NAMESPACE)
    return answer_object(r, 200, k, tree);
  ob_json *st = sim_status(200, NULL, k, name, NULL);
  ob_json_put_str(ob_json_ensure_object(st, "details"), "uid",
                  ob_json_get_str(ob_json_get(tree, "metadata"), "uid"));
  ob_json_remove(st, "code");
  return sim_answer(r, 200, st);
}

int sim_delete(ob_sim *s, const sim_kind_info *k, const char *ns, const char *name,
               const sim_req *q, sim_resp *r) {
  enum { SIM_GRACE_S = 3 }; /* what a pod's end takes here */
  params p;
  char now[OB_TIME_TEXT];
  if (read_params(&p, s, k, NULL, q, r, "DeleteOptions") != 0) return -1;
  sim_object *o = sim_store_get(&s->store, k->id, ns, name);
  if (!o) return sim_not_found(r, k, name);
  OB_AUTOPTR(ob_json)
  options = q->nbody ? ob_json_parse(q->body, q->nbody, OB_JSON_STRICT, NULL) : NULL;
  OB_AUTOPTR(ob_json) tree = sim_object_tree(o);
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  if (q->nbody && !options)
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "the DeleteOptions are not valid JSON");
  if (check_preconditions(k, name, options, meta, r) != 0) return -1;
  const char *grace_text = ob_or(sim_query(q, "gracePeriodSeconds"), "-1");
  int64_t grace = ob_json_get_int(options, "gracePeriodSeconds", -1);
  if (grace < 0 && !ob_parse_int(grace_text, 0, 1 << 30, &grace)) grace = SIM_GRACE_S;
  bool later = ob_json_len(ob_json_get(meta, "finalizers")) || (k->id == SIM_POD && grace > 0);
  /* Options in the body stand for those of the query, dryRun among them. */
  bool dry = options ? ob_streq(ob_json_str(ob_json_first(ob_json_get(options, "dryRun"))), "All")
                     : p.w.dry;
  if (!later && dry) return answer_deleted(r, k, name, tree);
  if (!later) {
    sim_write_remove(s, o);
    OB_AUTOFREE char *rv = ob_asprintf("%llu", (unsigned long long)s->store.rv);
    ob_json_put_str(meta, "resourceVersion", rv);
    return answer_deleted(r, k, name, tree);
  }
  if (!ob_json_get(meta, "deletionTimestamp")) {
    ob_json_put_str(meta, "deletionTimestamp", ob_time_text(now, ob_wall_ms()));
    ob_json_put_int(meta, "deletionGracePeriodSeconds", k->id == SIM_POD ? grace : 0);
    if (k->generation)
      ob_json_put_int(meta, "generation", ob_json_get_int(meta, "generation", 1) + 1);
    if (!dry) sim_store_put(&s->store, k->id, tree);
  }
  return answer_object(r, 200, k, tree);
}
