/* A job's requests. Each write carries the version of the object that the job saw last, and a
 * deletion its uid, too. */
#include "sync/apply_priv.h"

#include "base/json.h"
#include "base/str.h"
#include "kube/path.h"

const ob_json *ob_job_seen(const ob_job *j) {
  if (j->after[j->edit]) return j->after[j->edit];
  return ob_job_step(j)->verb == OB_STEP_CREATE ? NULL : ob_job_edit(j)->before;
}

const char *ob_job_version(const ob_json *object) {
  return ob_or(ob_json_get_str(ob_json_get(object, "metadata"), "resourceVersion"), "");
}

static void object_path(ob_buf *path, const ob_edit *e, bool named) {
  const ob_kind_info *k = &ob_kinds[e->kind];
  ob_api_path(path, k->group, k->version, e->ns, k->plural, named ? e->name : NULL, NULL);
}

static void write_path(ob_buf *path, const ob_edit *e, const ob_plan_step *s) {
  object_path(path, e, s->verb != OB_STEP_CREATE);
  if (s->verb != OB_STEP_DELETE) ob_api_query(path, "fieldManager", "outboard");
  if (s->verb != OB_STEP_DELETE) ob_api_query(path, "fieldValidation", "Strict");
}

void ob_plan_step_request(const ob_edit *e, const ob_plan_step *s, ob_buf *out) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  write_path(&path, e, s);
  ob_buf_addf(out, "%s %s", ob_plan_step_methods[s->verb], ob_buf_str(&path));
}

static ob_json *delete_options(const ob_job *j) {
  ob_json *options = ob_json_new_object();
  ob_json_put_str(options, "apiVersion", "v1");
  ob_json_put_str(options, "kind", "DeleteOptions");
  ob_json *must = ob_json_ensure_object(options, "preconditions");
  ob_json_put_str(must, "uid", ob_json_get_str(ob_json_get(ob_job_seen(j), "metadata"), "uid"));
  ob_json_put_str(must, "resourceVersion", ob_job_version(ob_job_seen(j)));
  /* With options in the body the server does not read those of the query. */
  if (j->dry || j->dry_step)
    ob_json_push(ob_json_put(options, "dryRun", ob_json_new_array()), ob_json_new_str("All"));
  return options;
}

/* The body with the version that it stands on. */
static ob_json *body_of(const ob_job *j, const ob_plan_step *s) {
  if (s->verb == OB_STEP_DELETE) return delete_options(j);
  ob_json *body = ob_json_dup(s->body);
  if (s->verb == OB_STEP_CREATE) {
    if (j->probe) ob_service_let_go(body, ob_job_edit(j)->before);
    return body;
  }
  const char *rv = ob_job_version(ob_job_seen(j));
  if (!s->json_patch) {
    ob_json_put_str(ob_json_ensure_object(body, "metadata"), "resourceVersion", rv);
    return body;
  }
  ob_json *op = ob_json_new_object();
  ob_json_put_str(op, "op", "replace");
  ob_json_put_str(op, "path", "/metadata/resourceVersion");
  ob_json_put_str(op, "value", rv);
  ob_json_insert(body, 0, op);
  return body;
}

void ob_job_send(ob_job *j) {
  const ob_plan_step *s = ob_job_step(j);
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_PLAN_MAX);
  write_path(&path, ob_job_edit(j), s);
  if (j->dry || j->dry_step) ob_api_query(&path, "dryRun", "All");
  OB_AUTOPTR(ob_json) json = body_of(j, s);
  ob_json_print(&body, json);
  bool first = !j->back && !j->dry && !j->dry_step && j->tries == 0;
  if (first) ob_journal_send(j->all->journal, j->entry, j->done + 1, NULL);
  j->doing = j->back ? REVERTING : SENDING;
  j->due_ms = 0;
  j->sent_mono_ms = ob_mono_ms();
  j->sent_wall_ms = ob_wall_ms();
  free(j->path);
  j->path = ob_strdup(ob_buf_str(&path));
  const char *type = s->verb != OB_STEP_PATCH ? "application/json"
                     : s->json_patch          ? "application/json-patch+json"
                                              : "application/merge-patch+json";
  j->call =
      ob_http_start(j->all->opts.http, &(ob_http_request){.method = ob_plan_step_methods[s->verb],
                                                          .path = j->path,
                                                          .content_type = type,
                                                          .body = ob_buf_str(&body),
                                                          .body_len = body.len,
                                                          .on_done = ob_job_written,
                                                          .arg = j});
}

void ob_job_look(ob_job *j, ob_doing why) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
  object_path(&path, ob_job_edit(j), true);
  j->doing = why;
  j->due_ms = 0;
  j->call = ob_http_start(
      j->all->opts.http,
      &(ob_http_request){.path = ob_buf_str(&path), .on_done = ob_job_looked, .arg = j});
}

int64_t ob_job_later(ob_job *j, int nth, int64_t wait_ms) {
  int64_t first = j->all->opts.timing->backoff_first_ms, most = j->all->opts.timing->backoff_max_ms;
  int64_t wait = wait_ms >= 0 ? wait_ms : first << (nth < 6 ? nth : 6);
  if (wait > most && wait_ms < 0) wait = most;
  j->due_ms = ob_mono_ms() + wait;
  return wait;
}
