/* A run: `/api` and `/apis` at once. An aggregated answer settles its path. An old server
 * answers APIVersions or APIGroupList instead; then each group version that was asked for
 * becomes a request, a few at a time. What fails leaves the rest alone: one dead aggregated API
 * must not hide Services. */
#include "base/str.h"
#include "kube/discovery_priv.h"
#include "kube/path.h"

static const char accept_aggregated[] =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
enum { AT_ONCE = 8 };

typedef struct asking {
  ob_discovery_run *run;
  ob_http_call *call; /* NULL: not started, or over */
  char *path;
  char *group; /* of a group version, NULL for the two roots */
  int root;    /* 0 /api, 1 /apis */
  int status;
  ob_err err;  /* of a group version, with its body: taken in order when all have come, */
  ob_buf body; /* because the preferred version's rows must stand first */
  bool started;
} asking;

struct ob_discovery_run {
  ob_http *http;
  ob_discovery *d;
  const char *const *groups;
  size_t ngroups;
  ob_discovery_fn done;
  void *arg;
  OB_VEC(asking *) asks;
  size_t open, left; /* under way; not over */
  bool changed;
  ob_err err;
};

static void run_free(ob_discovery_run *run) {
  for (size_t i = 0; i < run->asks.len; i++) {
    ob_http_cancel(run->asks.at[i]->call);
    free(run->asks.at[i]->path);
    free(run->asks.at[i]->group);
    ob_buf_done(&run->asks.at[i]->body);
    free(run->asks.at[i]);
  }
  ob_vec_done(&run->asks);
  free(run);
}

void ob_discovery_cancel(ob_discovery_run *run) {
  if (run) run_free(run);
}

static asking *ask(ob_discovery_run *run, char *move_path, const char *group, int root) {
  asking *a = ob_calloc(1, sizeof *a);
  *a = (asking){.run = run, .path = move_path, .group = ob_strdup_opt(group), .root = root};
  ob_vec_push(&run->asks, a);
  run->left++;
  return a;
}

static bool wanted(const ob_discovery_run *run, const char *group) {
  for (size_t i = 0; i < run->ngroups; i++)
    if (ob_streq(run->groups[i], group)) return true;
  return run->ngroups == 0;
}

static void note_failure(ob_discovery_run *run, const ob_err *err) {
  if (run->err.code == OB_OK) run->err = *err;
}

static void ask_version(ob_discovery_run *run, const char *group, const char *version) {
  if (!version) return;
  if (run->asks.len >= OB_DISCOVERY_REQUESTS) {
    ob_err err;
    ob_fail(&err, OB_ELIMIT, "discovery: more than %d requests: the other group versions are not read",
            (int)OB_DISCOVERY_REQUESTS);
    note_failure(run, &err);
    return;
  }
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  if (ob_api_path(&path, group, version, NULL, NULL, NULL, NULL) == 0)
    ask(run, ob_buf_take(&path, NULL), group, 0);
}

/* The old answers of the roots. */
static void take_old_root(ob_discovery_run *run, const asking *a, const ob_http_result *res) {
  ob_err err = {0};
  OB_AUTOPTR(ob_json) j = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, &err);
  const char *kind = ob_json_get_str(j, "kind");
  if (a->root == 0 && ob_streq(kind, "APIVersions")) {
    const ob_json *versions = ob_json_get(j, "versions");
    for (const ob_json *v = ob_json_first(versions); v && wanted(run, ""); v = ob_json_next(v))
      ask_version(run, "", ob_json_str(v));
  } else if (a->root == 1 && ob_streq(kind, "APIGroupList")) {
    const ob_json *groups = ob_json_get(j, "groups");
    size_t before = ob_discovery_len(run->d);
    ob_discovery_keep_groups(run->d, groups);
    run->changed = run->changed || ob_discovery_len(run->d) != before;
    for (const ob_json *g = ob_json_first(groups); g; g = ob_json_next(g)) {
      const char *name = ob_json_get_str(g, "name");
      const char *first = ob_json_get_str(ob_json_get(g, "preferredVersion"), "version");
      if (!name || !*name || !wanted(run, name)) continue;
      ask_version(run, name, first);
      const ob_json *versions = ob_json_get(g, "versions");
      for (const ob_json *v = ob_json_first(versions); v; v = ob_json_next(v))
        if (!ob_streq(ob_json_get_str(v, "version"), first))
          ask_version(run, name, ob_json_get_str(v, "version"));
    }
    run->d->known[1] = true;
  } else {
    if (err.code == OB_OK) ob_fail(&err, OB_EPROTO, "discovery: %s: unexpected answer", a->path);
    note_failure(run, &err);
  }
}

static void take_root(ob_discovery_run *run, const asking *a, const ob_http_result *res) {
  if (res->status == 304) return;
  if (!strstr(res->content_type, "as=APIGroupDiscoveryList")) {
    take_old_root(run, a, res);
    return;
  }
  ob_err err = {0};
  if (ob_discovery_take_aggregated(run->d, a->root == 0, res->body, res->body_len, &err)) {
    note_failure(run, &err);
    return;
  }
  run->changed = true;
  free(run->d->etag[a->root]);
  run->d->etag[a->root] = ob_strdup(res->etag);
}

static void keep_version(asking *a, const ob_http_result *res) {
  a->err = res->err;
  a->status = res->status;
  ob_buf_init(&a->body, OB_HTTP_BODY_MAX);
  if (res->err.code == OB_OK) ob_buf_add(&a->body, res->body, res->body_len);
}

static void take_version(ob_discovery_run *run, asking *a) {
  ob_err err = a->err;
  if (err.code == OB_OK &&
      ob_discovery_take_resources(run->d, ob_buf_str(&a->body), a->body.len, &err) == 0) {
    run->changed = true;
    return;
  }
  ob_discovery_stale_add(run->d, a->group);
  /* A dead aggregated API is that group's business alone. */
  if (a->status != 503 && a->status != 404) note_failure(run, &err);
}

static void start_some(ob_discovery_run *run);

static void on_done(void *arg, const ob_http_result *res) {
  asking *a = arg;
  ob_discovery_run *run = a->run;
  a->call = NULL;
  run->open--;
  run->left--;
  if (a->group)
    keep_version(a, res);
  else if (res->err.code)
    note_failure(run, &res->err);
  else
    take_root(run, a, res);
  if (run->left > 0) {
    start_some(run);
    return;
  }
  for (size_t i = 0; i < run->asks.len; i++)
    if (run->asks.at[i]->group) take_version(run, run->asks.at[i]);
  ob_discovery_fn done = run->done;
  void *done_arg = run->arg;
  bool changed = run->changed;
  ob_err err = run->err;
  run_free(run);
  done(done_arg, changed, &err);
}

static void start_some(ob_discovery_run *run) {
  for (size_t i = 0; i < run->asks.len && run->open < AT_ONCE; i++) {
    asking *a = run->asks.at[i];
    if (a->started) continue;
    a->started = true;
    run->open++;
    a->call = ob_http_start(
        run->http, &(ob_http_request){.path = a->path,
                                      .accept = a->group ? NULL : accept_aggregated,
                                      .if_none_match = a->group ? NULL : run->d->etag[a->root],
                                      .gzip = true,
                                      .on_done = on_done,
                                      .arg = a});
  }
}

ob_discovery_run *ob_discovery_start(ob_http *h, ob_discovery *d, const char *const *groups,
                                     size_t ngroups, ob_discovery_fn done, void *arg) {
  ob_discovery_run *run = ob_calloc(1, sizeof *run);
  *run = (ob_discovery_run){
      .http = h, .d = d, .groups = groups, .ngroups = ngroups, .done = done, .arg = arg};
  ask(run, ob_strdup("/api"), NULL, 0);
  ask(run, ob_strdup("/apis"), NULL, 1);
  start_some(run);
  return run;
}
