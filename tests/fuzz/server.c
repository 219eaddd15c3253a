/* Requests to the embedded API server, one behind the other on one store. A request is
 *
 *   METHOD PATH?key=value&…  NEWLINE  content type  NEWLINE  body  NUL
 *
 * What it answers is what an API server may answer, and what it stores is whole. Requests that the
 * service proxy would carry on are left out: they open connections. */
#include "base/str.h"
#include "fuzz.h"
#include "sim/control.h"
#include "sim/http.h"
#include "sim/write.h"

enum { REQUESTS = 16, WATCH_BYTES = 512, WATCH_READS = 64 };

static char *line(fuzz_in *in, char end) {
  size_t n;
  const char *from = fuzz_until(in, end, &n);
  return ob_strndup(from, n);
}

static void take_query(sim_req *q, char *query) {
  for (char *next; query && q->nquery < SIM_QUERY_MAX; query = next) {
    next = strchr(query, '&');
    if (next) *next++ = '\0';
    char *value = strchr(query, '=');
    if (value) *value++ = '\0';
    q->key[q->nquery] = query;
    q->val[q->nquery++] = value ? value : "";
  }
}

static void read_watch(ob_sim *s, sim_watch *w) {
  OB_AUTO(ob_buf) all = OB_BUF_INIT(WATCH_BYTES * WATCH_READS);
  char piece[WATCH_BYTES];
  for (int i = 0; i < WATCH_READS; i++) {
    size_t n = 0;
    sim_store_lock(&s->store);
    sim_stream got = sim_watch_read(w, piece, sizeof piece, &n);
    sim_store_unlock(&s->store);
    FUZZ_HOLDS(n <= sizeof piece);
    if (got != SIM_BYTES) break;
    ob_buf_add(&all, piece, n);
  }
  const char *at = ob_buf_str(&all), *nl;
  for (; (nl = strchr(at, '\n')); at = nl + 1) {
    OB_AUTOPTR(ob_json) event = ob_json_parse(at, (size_t)(nl - at), OB_JSON_STRICT, NULL);
    FUZZ_HOLDS(event && ob_json_get_str(event, "type") && ob_json_get(event, "object"));
  }
  sim_store_lock(&s->store);
  sim_watch_close(s, w);
  sim_store_unlock(&s->store);
}

static void ask(ob_sim *s, fuzz_in *in) {
  OB_AUTOFREE char *method = line(in, ' ');
  OB_AUTOFREE char *path = line(in, '\n');
  OB_AUTOFREE char *type = line(in, '\n');
  sim_req q = {
      .method = method, .path = path, .accept = "", .content_type = type, .user_agent = "fuzz/1"};
  char *query = strchr(path, '?');
  if (query) *query++ = '\0';
  take_query(&q, query);
  for (size_t i = 0; i < q.nquery; i++)
    if (ob_streq(q.key[i], "accept")) q.accept = q.val[i];
  q.body = fuzz_until(in, '\0', &q.nbody);
  OB_AUTOFREE char *body = ob_strndup(q.body, q.nbody);
  q.body = body;
  if (strstr(path, "/proxy")) return;
  sim_resp r = {0};
  ob_buf_init(&r.body, SIM_RESPONSE_MAX);
  sim_handle(s, &q, &r);
  FUZZ_HOLDS(!r.body.failed && (r.watch || (r.code >= 200 && r.code < 600)));
  bool json = !r.type || ob_starts(r.type, "application/json");
  if (!r.watch && json && !ob_streq(method, "HEAD")) {
    ob_err err = {0};
    OB_AUTOPTR(ob_json) tree = ob_json_parse(ob_buf_str(&r.body), r.body.len, OB_JSON_STRICT, &err);
    if (!tree) fprintf(stderr, "%s: %s\n", err.msg, ob_buf_str(&r.body));
    FUZZ_HOLDS(tree);
    if (r.code >= 400 && ob_streq(ob_json_get_str(tree, "kind"), "Status"))
      FUZZ_HOLDS(ob_json_get_int(tree, "code", 0) == (int64_t)r.code);
  }
  if (r.watch) read_watch(s, ob_take(r.watch));
  sim_resp_done(&r);
}

/* The controllers' part: what follows from what was written. */
static void settle(ob_sim *s) {
  sim_store_lock(&s->store);
  sim_control_settle(s);
  for (int k = 0; k < SIM_KINDS; k++)
    for (size_t i = 0; i < s->store.kinds[k].len; i++) {
      OB_AUTOPTR(ob_json) tree = sim_object_tree(s->store.kinds[k].at[i]);
      FUZZ_HOLDS(ob_json_is(tree, OB_JSON_OBJECT) && ob_json_get(tree, "metadata"));
    }
  sim_store_unlock(&s->store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  ob_sim *s = ob_calloc(1, sizeof *s);
  s->opts = (ob_sim_opts){.empty = true, .seed = 1, .bookmark_ms = 60000, .controller_ms = 1};
  sim_store_init(&s->store);
  sim_alloc_init(&s->alloc, 1);
  sim_store_lock(&s->store);
  s->store.loading = true;
  sim_world_base(s);
  s->store.loading = false;
  sim_store_unlock(&s->store);
  for (int i = 0; i < REQUESTS && in.left; i++) ask(s, &in);
  settle(s);
  sim_store_done(&s->store);
  sim_alloc_done(&s->alloc);
  free(s);
  return 0;
}
