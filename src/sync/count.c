/* Of the one object only its metadata is asked for; a server that knows no such form sends it
 * whole. */
#include "sync/count.h"

#include "base/json.h"
#include "base/str.h"
#include "kube/path.h"

static const char metadata_alone[] =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

static int64_t count_of(const ob_http_result *res) {
  if (res->err.code) return -1;
  OB_AUTOPTR(ob_json) list = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const ob_json *meta = ob_json_get(list, "metadata");
  bool more = *ob_or(ob_json_get_str(meta, "continue"), "");
  int64_t rest = ob_json_get_int(meta, "remainingItemCount", more ? -1 : 0);
  return list && rest >= 0 ? (int64_t)ob_json_len(ob_json_get(list, "items")) + rest : -1;
}

static void on_done(void *arg, const ob_http_result *res) {
  ob_count *c = arg;
  c->call = NULL;
  c->done(c->arg, count_of(res));
}

void ob_count_start(ob_count *c, ob_http *http, const char *path) {
  OB_AUTO(ob_buf) one = OB_BUF_INIT(4096);
  ob_count_stop(c);
  ob_buf_adds(&one, path);
  ob_api_query(&one, "limit", "1");
  c->call = ob_http_start(
      http, &(ob_http_request){
                .path = ob_buf_str(&one), .accept = metadata_alone, .on_done = on_done, .arg = c});
}

void ob_count_stop(ob_count *c) {
  ob_http_cancel(ob_take(c->call));
}
