/* A server without threads and without a network: the store, a world, and requests handed over. */
#ifndef SIM_BENCH_H
#define SIM_BENCH_H

#include "base/patch.h"
#include "base/str.h"
#include "sim/control.h"
#include "sim/write.h"
#include <criterion/criterion.h>
#include <stdio.h>

static inline ob_sim *bench_open(const ob_sim_opts *opts) {
  ob_sim *s = ob_calloc(1, sizeof *s);
  s->opts = *opts;
  s->opts.bookmark_ms = 60000;
  if (!s->opts.seed) s->opts.seed = 1;
  sim_store_init(&s->store);
  sim_alloc_init(&s->alloc, s->opts.seed);
  s->store.loading = true;
  sim_world_base(s);
  if (s->opts.scale)
    sim_world_scale(s);
  else if (!s->opts.empty)
    sim_world_shop(s);
  s->store.loading = false;
  return s;
}

static inline void bench_close(ob_sim *s) {
  sim_store_done(&s->store);
  sim_alloc_done(&s->alloc);
  free(s);
}

/* ' for " in the body; the answer's tree, which the caller frees. */
static inline ob_json *bench_call(ob_sim *s, const char *method, const char *path, const char *type,
                                  const char *body, unsigned *ret_code) {
  OB_AUTOFREE char *text = ob_strdup(body ? body : "");
  for (char *c = text; *c; c++) *c = *c == '\'' ? '"' : *c;
  sim_req q = {.method = method,
               .path = path,
               .accept = "",
               .content_type = type,
               .user_agent = "bench",
               .body = text,
               .nbody = strlen(text)};
  sim_resp r = {.body = OB_BUF_INIT(SIM_RESPONSE_MAX)};
  sim_handle(s, &q, &r);
  ob_json *tree = ob_json_parse(ob_buf_str(&r.body), r.body.len, OB_JSON_STRICT, NULL);
  *ret_code = r.code;
  sim_resp_done(&r);
  return tree;
}

static inline ob_json *bench_json(const char *text) {
  OB_AUTOFREE char *copy = ob_strdup(text);
  for (char *c = copy; *c; c++) *c = *c == '\'' ? '"' : *c;
  ob_json *j = ob_json_parse(copy, strlen(copy), OB_JSON_STRICT, NULL);
  cr_assert_not_null(j, "%s", text);
  return j;
}

#endif
