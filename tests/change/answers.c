/* Answers of a server's choosing, on any server: the transport's start is wrapped by the linker, so
 * that a write is answered before it was sent, or otherwise than it was. See rig.h. */
#include "rig.h"

#include "base/str.h"
#include "kube/http.h"
#include <stdatomic.h>

static rig_answer wanted;
static atomic_int writes;

typedef struct lie {
  ob_http_request real;
} lie;

void rig_answers(rig_answer a) {
  wanted = a; /* before the session is asked for anything */
  atomic_store(&writes, 0);
}

int rig_writes(void) {
  return atomic_load(&writes);
}

ob_http_call *__real_ob_http_start(ob_http *h, const ob_http_request *r);
ob_http_call *__wrap_ob_http_start(ob_http *h, const ob_http_request *r);

static void answer(void *arg, const ob_http_result *res) {
  static const struct {
    int status;
    ob_code code;
    const char *words;
  } rows[] = {{401, OB_EAUTH, "Unauthorized"},
              {409, OB_ECONFLICT, "the object has been modified"},
              {429, OB_ETOOMANY, "Too many requests, please try again later"},
              {500, OB_ESERVER, "Internal error occurred"}};
  lie *x = arg;
  ob_http_result told = {.status = wanted.status,
                         .retry_after_ms = wanted.status == 429 ? 20 : -1,
                         .etag = "",
                         .content_type = "",
                         .body = "",
                         .trace = res->trace};
  for (size_t i = 0; i < OB_LEN(rows); i++)
    if (rows[i].status == wanted.status) ob_fail(&told.err, rows[i].code, "%s", rows[i].words);
  told.err.http = wanted.status;
  x->real.on_done(x->real.arg, &told);
  free(x);
}

ob_http_call *__wrap_ob_http_start(ob_http *h, const ob_http_request *r) {
  bool write = r->method && strcmp(r->method, "GET") != 0 && !strstr(r->path, "dryRun=") &&
               !strstr(r->path, "authorization.k8s.io");
  int n = write ? atomic_fetch_add(&writes, 1) + 1 : 0;
  if (write && n == wanted.nth && wanted.before) wanted.before(wanted.r);
  if (!write || !wanted.status || n < wanted.nth || n >= wanted.nth + wanted.times)
    return __real_ob_http_start(h, r);
  lie *x = ob_calloc(1, sizeof *x);
  x->real = *r;
  ob_http_request sent = *r;
  if (!wanted.stored) sent = (ob_http_request){.path = "/version"};
  sent.on_done = answer;
  sent.arg = x;
  return __real_ob_http_start(h, &sent);
}
