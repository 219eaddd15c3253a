/* What is served: discovery in both forms (one document for all groups, or a list a version), the
 * version, and as much OpenAPI as kubectl asks about before it applies: which kinds PATCH with
 * `fieldValidation`. All of it is printed from the table of kinds. */
#include "base/str.h"
#include "sim/server.h"

static const char *const verbs[] = {"create", "delete", "get", "list", "patch", "update", "watch"};
static const char *const status_verbs[] = {"get", "patch", "update"};

static ob_json *strings(const char *const *list, size_t n) {
  ob_json *a = ob_json_new_array();
  for (size_t i = 0; i < n; i++)
    if (list[i]) ob_json_push(a, ob_json_new_str(list[i]));
  return a;
}

typedef struct served { /* a group version */
  const char *group, *version;
} served;
static const served groups[] = {{"", "v1"},
                                {"apps", "v1"},
                                {"authorization.k8s.io", "v1"},
                                {"discovery.k8s.io", "v1"},
                                {"gateway.networking.k8s.io", "v1"},
                                {"networking.k8s.io", "v1"}};
static const struct {
  const char *plural, *kind;
} reviews[] = {{"selfsubjectaccessreviews", "SelfSubjectAccessReview"},
               {"selfsubjectrulesreviews", "SelfSubjectRulesReview"}};

static ob_json *gvk(const char *group, const char *version, const char *kind) {
  ob_json *j = ob_json_new_object();
  ob_json_put_str(j, "group", group);
  ob_json_put_str(j, "version", version);
  ob_json_put_str(j, "kind", kind);
  return j;
}

static ob_json *aggregated_resource(const sim_kind_info *k) {
  ob_json *r = ob_json_new_object();
  ob_json_put_str(r, "resource", k->plural);
  ob_json_put(r, "responseKind", gvk(k->group, k->version, k->kind));
  ob_json_put_str(r, "scope", k->namespaced ? "Namespaced" : "Cluster");
  ob_json_put_str(r, "singularResource", k->singular);
  ob_json_put(r, "verbs", strings(verbs, OB_LEN(verbs)));
  if (k->shorts[0]) ob_json_put(r, "shortNames", strings(k->shorts, OB_LEN(k->shorts)));
  if (k->in_all) ob_json_put(r, "categories", strings((const char *const[]){"all"}, 1));
  if (k->status) {
    ob_json *sub =
        ob_json_push(ob_json_put(r, "subresources", ob_json_new_array()), ob_json_new_object());
    ob_json_put_str(sub, "subresource", "status");
    ob_json_put(sub, "responseKind", gvk(k->group, k->version, k->kind));
    ob_json_put(sub, "verbs", strings(status_verbs, OB_LEN(status_verbs)));
  }
  return r;
}

static ob_json *legacy_resource(const char *name, const char *singular, bool namespaced,
                                const char *kind, ob_json *move_verbs) {
  ob_json *r = ob_json_new_object();
  ob_json_put_str(r, "name", name);
  ob_json_put_str(r, "singularName", singular);
  ob_json_put_bool(r, "namespaced", namespaced);
  ob_json_put_str(r, "kind", kind);
  ob_json_put(r, "verbs", move_verbs);
  return r;
}

static bool of_group(const ob_sim *s, size_t kind, const served *g) {
  return ob_streq(sim_kinds[kind].group, g->group) && !(s->faults.missing >> kind & 1);
}

static ob_json *aggregated(const ob_sim *s, bool core) {
  ob_json *doc = ob_json_new_object();
  ob_json_put_str(doc, "kind", "APIGroupDiscoveryList");
  ob_json_put_str(doc, "apiVersion", "apidiscovery.k8s.io/v2");
  ob_json_put(doc, "metadata", ob_json_new_object());
  ob_json *items = ob_json_put(doc, "items", ob_json_new_array());
  for (size_t g = 0; g < OB_LEN(groups); g++) {
    if (core != !*groups[g].group) continue;
    ob_json *item = ob_json_push(items, ob_json_new_object());
    ob_json *meta = ob_json_ensure_object(item, "metadata");
    if (!core) ob_json_put_str(meta, "name", groups[g].group);
    ob_json *v =
        ob_json_push(ob_json_put(item, "versions", ob_json_new_array()), ob_json_new_object());
    ob_json_put_str(v, "version", groups[g].version);
    ob_json_put_str(v, "freshness", "Current");
    ob_json *res = ob_json_put(v, "resources", ob_json_new_array());
    for (size_t k = 0; k < SIM_KINDS; k++)
      if (of_group(s, k, &groups[g])) ob_json_push(res, aggregated_resource(&sim_kinds[k]));
    for (size_t i = 0; i < OB_LEN(reviews) && ob_starts(groups[g].group, "authorization"); i++) {
      ob_json *r = ob_json_push(res, ob_json_new_object());
      ob_json_put_str(r, "resource", reviews[i].plural);
      ob_json_put(r, "responseKind", gvk(groups[g].group, groups[g].version, reviews[i].kind));
      ob_json_put_str(r, "scope", "Cluster");
      ob_json_put(r, "verbs", strings(verbs, 1));
    }
  }
  return doc;
}

static ob_json *legacy_list(const ob_sim *s, const served *g) {
  OB_AUTOFREE char *gv = ob_asprintf("%s%s%s", g->group, *g->group ? "/" : "", g->version);
  ob_json *doc = ob_json_new_object();
  ob_json_put_str(doc, "kind", "APIResourceList");
  ob_json_put_str(doc, "apiVersion", "v1");
  ob_json_put_str(doc, "groupVersion", gv);
  ob_json *res = ob_json_put(doc, "resources", ob_json_new_array());
  for (size_t i = 0; i < SIM_KINDS; i++) {
    const sim_kind_info *k = &sim_kinds[i];
    if (!of_group(s, i, g)) continue;
    ob_json *r = ob_json_push(res, legacy_resource(k->plural, k->singular, k->namespaced, k->kind,
                                                   strings(verbs, OB_LEN(verbs))));
    if (k->shorts[0]) ob_json_put(r, "shortNames", strings(k->shorts, OB_LEN(k->shorts)));
    if (k->in_all) ob_json_put(r, "categories", strings((const char *const[]){"all"}, 1));
    OB_AUTOFREE char *sub = ob_asprintf("%s/status", k->plural);
    if (k->status)
      ob_json_push(res, legacy_resource(sub, "", k->namespaced, k->kind,
                                        strings(status_verbs, OB_LEN(status_verbs))));
  }
  for (size_t i = 0; i < OB_LEN(reviews) && ob_starts(g->group, "authorization"); i++)
    ob_json_push(res,
                 legacy_resource(reviews[i].plural, "", false, reviews[i].kind, strings(verbs, 1)));
  return doc;
}

static ob_json *group_doc(const served *g) {
  OB_AUTOFREE char *gv = ob_asprintf("%s/%s", g->group, g->version);
  ob_json *doc = ob_json_new_object(), *v = ob_json_new_object();
  ob_json_put_str(doc, "name", g->group);
  ob_json_put_str(v, "groupVersion", gv);
  ob_json_put_str(v, "version", g->version);
  ob_json_put(doc, "preferredVersion", ob_json_dup(v));
  ob_json_push(ob_json_put(doc, "versions", ob_json_new_array()), v);
  return doc;
}

static ob_json *legacy_root(bool core) {
  ob_json *doc = ob_json_new_object();
  ob_json_put_str(doc, "kind", core ? "APIVersions" : "APIGroupList");
  if (core) {
    ob_json_put(doc, "versions", strings((const char *const[]){"v1"}, 1));
    return doc;
  }
  ob_json_put_str(doc, "apiVersion", "v1");
  ob_json *list = ob_json_put(doc, "groups", ob_json_new_array());
  for (size_t g = 1; g < OB_LEN(groups); g++) ob_json_push(list, group_doc(&groups[g]));
  return doc;
}

static const served *find_group(const char *group, const char *version) {
  for (size_t g = 0; g < OB_LEN(groups); g++)
    if (ob_streq(groups[g].group, group) && (!version || ob_streq(groups[g].version, version)))
      return &groups[g];
  return NULL;
}

/* parts: the path's pieces, "api" or "apis" first, no resource among them. */
int sim_discovery(ob_sim *s, const sim_req *q, sim_resp *r, char *const parts[], size_t n) {
  bool core = ob_streq(parts[0], "api");
  if (n == 1) {
    if (!sim_accepts(q->accept, "as=APIGroupDiscoveryList") || !sim_accepts(q->accept, "v=v2"))
      return sim_answer(r, 200, legacy_root(core));
    r->type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    return sim_answer(r, 200, aggregated(s, core));
  }
  if (core) {
    const served *g = n == 2 ? find_group("", parts[1]) : NULL;
    return g ? sim_answer(r, 200, legacy_list(s, g)) : sim_page_not_found(r);
  }
  const served *g = *parts[1] ? find_group(parts[1], n > 2 ? parts[2] : NULL) : NULL;
  if (!g || n > 3) return sim_page_not_found(r);
  if (n == 3) return sim_answer(r, 200, legacy_list(s, g));
  ob_json *doc = group_doc(g);
  ob_json_put_str(doc, "kind", "APIGroup");
  ob_json_put_str(doc, "apiVersion", "v1");
  return sim_answer(r, 200, doc);
}

/* --- OpenAPI v3: paths and their PATCH, no schemas ------------------------------------ */
static const char *gv_path(const served *g, ob_buf *out) {
  ob_buf_addf(out, *g->group ? "apis/%s/%s" : "api%s/%s", g->group, g->version);
  return ob_buf_str(out);
}

static void put_patch(ob_json *paths, const sim_kind_info *k, const char *prefix) {
  static const char *const params[] = {"dryRun", "fieldManager", "fieldValidation"};
  OB_AUTOFREE char *path = ob_asprintf("/%s/%s%s/{name}", prefix,
                                       k->namespaced ? "namespaces/{namespace}/" : "", k->plural);
  ob_json *patch = ob_json_ensure_object(ob_json_ensure_object(paths, path), "patch");
  ob_json *list = ob_json_put(patch, "parameters", ob_json_new_array());
  for (size_t i = 0; i < OB_LEN(params); i++) {
    ob_json *p = ob_json_push(list, ob_json_new_object());
    ob_json_put_str(p, "name", params[i]);
    ob_json_put_str(p, "in", "query");
    ob_json_put_str(ob_json_ensure_object(p, "schema"), "type", "string");
  }
  ob_json_put_str(patch, "x-kubernetes-action", "patch");
  ob_json_put(patch, "x-kubernetes-group-version-kind", gvk(k->group, k->version, k->kind));
  ob_json *ok = ob_json_ensure_object(ob_json_ensure_object(patch, "responses"), "200");
  ob_json_put_str(ok, "description", "OK");
}

int sim_openapi(const sim_req *q, sim_resp *r, char *const parts[], size_t n) {
  (void)q;
  if (n < 2 || !ob_streq(parts[1], "v3"))
    return sim_not_done(r, "OpenAPI v2 (ask for /openapi/v3)");
  ob_json *doc = ob_json_new_object(), *paths = ob_json_ensure_object(doc, "paths");
  for (size_t g = 0; g < OB_LEN(groups); g++) {
    OB_AUTO(ob_buf) at = OB_BUF_INIT(OB_LINE_MAX);
    gv_path(&groups[g], &at);
    if (n == 2) {
      OB_AUTOFREE char *url = ob_asprintf("/openapi/v3/%s", ob_buf_str(&at));
      ob_json_put_str(ob_json_ensure_object(paths, ob_buf_str(&at)), "serverRelativeURL", url);
      continue;
    }
    const char *group = ob_streq(parts[2], "api") ? "" : n > 3 ? parts[3] : "?";
    if (!ob_streq(groups[g].group, group)) continue;
    for (size_t k = 0; k < SIM_KINDS; k++)
      if (ob_streq(sim_kinds[k].group, group)) put_patch(paths, &sim_kinds[k], ob_buf_str(&at));
  }
  if (n > 2) {
    ob_json_put_str(doc, "openapi", "3.0.0");
    ob_json *info = ob_json_ensure_object(doc, "info");
    ob_json_put_str(info, "title", "outboard's embedded API server");
    ob_json_put_str(info, "version", "v1.37.0");
    ob_json_ensure_object(ob_json_ensure_object(doc, "components"), "schemas");
  }
  return sim_answer(r, 200, doc);
}
