/* Puts the world of one API server into another: what `outboard serve --scale` grew into a real
 * one.
 *
 *   bench-seed FROM-KUBECONFIG TO-KUBECONFIG
 *
 * Namespaces, nodes, Services, EndpointSlices and Ingresses, and the status of the last three where
 * there is one. What is there already stays. */
#include "base/json.h"
#include "base/str.h"
#include "kube/http.h"
#include "kube/path.h"
#include "sync/target.h"

#include <stdio.h>

enum { AT_ONCE = 48 };

static const ob_kind kinds[] = {OB_KIND_NAMESPACE, OB_KIND_NODE, OB_KIND_SERVICE, OB_KIND_SLICE,
                                OB_KIND_INGRESS};

typedef struct seed {
  ob_http *to;
  ob_json *list;
  size_t under_way, failed;
  ob_err why; /* of the first */
} seed;

static void on_done(void *arg, const ob_http_result *res) {
  seed *s = arg;
  s->under_way--;
  if (!res->err.code || res->status == 409) return;
  if (s->failed++ == 0) s->why = res->err;
}

static void on_list(void *arg, const ob_http_result *res) {
  seed *s = arg;
  s->under_way--;
  s->list = res->err.code ? NULL : ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
}

static void wait_below(seed *s, ob_http *h, size_t n) {
  while (s->under_way >= n) ob_http_poll(h, 1000);
}

static void send(seed *s, const char *method, const char *path, const char *type,
                 const ob_json *body) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_json_print(&text, body);
  wait_below(s, s->to, AT_ONCE);
  s->under_way++;
  ob_http_start(s->to, &(ob_http_request){.method = method,
                                          .path = path,
                                          .content_type = type,
                                          .body = text.ptr,
                                          .body_len = text.len,
                                          .timeout_ms = 60000,
                                          .on_done = on_done,
                                          .arg = s});
}

static void path_of(ob_buf *out, ob_kind kind, const ob_json *meta, bool status) {
  const ob_kind_info *k = &ob_kinds[kind];
  const char *ns = k->namespaced ? ob_json_get_str(meta, "namespace") : "";
  ob_buf_reset(out);
  ob_api_path(out, k->group, k->version, ns, k->plural,
              status ? ob_json_get_str(meta, "name") : NULL, status ? "status" : NULL);
}

/* Lists come without the kind of their items. */
static void post(seed *s, ob_kind kind, ob_json *item) {
  ob_json *meta = ob_json_get_mut(item, "metadata");
  static const char *const theirs[] = {"uid", "resourceVersion", "creationTimestamp",
                                       "managedFields"};
  for (size_t i = 0; i < OB_LEN(theirs); i++) ob_json_remove(meta, theirs[i]);
  const ob_kind_info *k = &ob_kinds[kind];
  OB_AUTOFREE char *version =
      *k->group ? ob_asprintf("%s/%s", k->group, k->version) : ob_strdup(k->version);
  ob_json_put_str(item, "apiVersion", version);
  ob_json_put_str(item, "kind", k->kind);
  OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
  path_of(&path, kind, meta, false);
  send(s, "POST", ob_buf_str(&path), "application/json", item);
}

static void patch_status(seed *s, ob_kind kind, const ob_json *item) {
  const ob_json *given = ob_json_at(item, "status", "loadBalancer", "ingress", NULL);
  if (!ob_json_len(given)) return;
  OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
  path_of(&path, kind, ob_json_get(item, "metadata"), true);
  OB_AUTOPTR(ob_json) body = ob_json_new_object();
  ob_json_put(body, "status", ob_json_dup(ob_json_get(item, "status")));
  send(s, "PATCH", ob_buf_str(&path), "application/merge-patch+json", body);
}

static size_t copy_kind(seed *s, ob_http *from, ob_kind kind) {
  OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
  ob_api_path(&path, ob_kinds[kind].group, ob_kinds[kind].version, "", ob_kinds[kind].plural, NULL,
              NULL);
  s->under_way = 1;
  ob_http_start(from,
                &(ob_http_request){
                    .path = ob_buf_str(&path), .timeout_ms = 60000, .on_done = on_list, .arg = s});
  wait_below(s, from, 1);
  if (!s->list) return 0;
  ob_json *items = ob_json_get_mut(s->list, "items");
  size_t n = ob_json_len(items);
  for (const ob_json *it = ob_json_first(items); it; it = ob_json_next(it))
    post(s, kind, (ob_json *)(uintptr_t)it); /* the list is ours */
  wait_below(s, s->to, 1);
  if (kind != OB_KIND_NODE)
    for (const ob_json *it = ob_json_first(items); it; it = ob_json_next(it))
      patch_status(s, kind, it);
  wait_below(s, s->to, 1);
  ob_json_free(ob_take(s->list));
  return n;
}

static ob_http *connect_to(char *kubeconfig) {
  ob_err err = {0};
  ob_kube_target *target;
  ob_http *h;
  if (ob_target_of(&target, &(ob_session_opts){.kubeconfig = kubeconfig}, &err) < 0 ||
      ob_http_new(&h, target, &ob_timing_default, &err) < 0) {
    fprintf(stderr, "%s: %s\n", kubeconfig, err.msg);
    exit(1);
  }
  return h;
}

int main(int argc, char **argv) {
  if (argc != 3) return fputs("usage: bench-seed FROM-KUBECONFIG TO-KUBECONFIG\n", stderr), 2;
  ob_http_global_init(NULL);
  ob_http *from = connect_to(argv[1]);
  seed s = {.to = connect_to(argv[2])};
  for (size_t i = 0; i < OB_LEN(kinds); i++) {
    size_t n = copy_kind(&s, from, kinds[i]);
    fprintf(stderr, "%zu %s, %zu failures %s\n", n, ob_kinds[kinds[i]].plural, s.failed, s.why.msg);
  }
  return s.failed ? 1 : 0;
}
