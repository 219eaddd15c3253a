/* The log of a container that does not exist: a line every few seconds since the pod was made, the
 * same whoever asks, so that nothing is kept. With `follow` it goes on until the pod is gone.
 * Source: kubernetes pkg/registry/core/pod/rest/log.go. */
#include "base/str.h"
#include "sim/server.h"

enum { LOG_LINES = 1000 };

static const ob_json *container_of(const ob_json *pod, const char *name) {
  for (const ob_json *c = ob_json_first(ob_json_at(pod, "spec", "containers", NULL)); c;
       c = ob_json_next(c))
    if (!*name || ob_streq(sim_str(c, "name"), name)) return c;
  return NULL;
}

static const char *waiting(const ob_json *pod, const char *container) {
  for (const ob_json *c = ob_json_first(ob_json_at(pod, "status", "containerStatuses", NULL)); c;
       c = ob_json_next(c))
    if (ob_streq(sim_str(c, "name"), container))
      return ob_or(ob_json_get_str(ob_json_at(c, "state", "waiting", NULL), "reason"), "");
  return "ContainerCreating";
}

static void put_line(ob_buf *out, const char *container, int64_t at_ms, uint64_t i, bool stamp) {
  static const char *const paths[] = {"/", "/healthz", "/metrics", "/api/v1/items"};
  char time[OB_TIME_TEXT];
  uint64_t h = i * 0x9e3779b97f4a7c15ULL;
  if (stamp) ob_buf_addf(out, "%s ", ob_time_text(time, at_ms));
  ob_buf_addf(out, "%s: GET %s %s %llu ms\n", container, paths[h >> 32 & 3],
              h >> 40 & 15 ? "200" : "404", (unsigned long long)(1 + (h >> 50) % 40));
}

int64_t sim_log_next(const sim_log *l) {
  return l->from_ms + (l->i + 1) * SIM_LOG_EVERY_MS;
}

bool sim_log_fill(const ob_sim *s, sim_log *l, ob_buf *out) {
  int64_t now = ob_wall_ms();
  for (; sim_log_next(l) <= now; l->i++)
    put_line(out, l->container, l->from_ms + l->i * SIM_LOG_EVERY_MS, (uint64_t)l->i, l->stamp);
  return sim_store_get(&s->store, SIM_POD, l->ns, l->name) != NULL;
}

void sim_log_free(sim_log *l) {
  if (!l) return;
  free(l->ns);
  free(l->name);
  free(l->container);
  free(l);
}

int sim_pod_log(ob_sim *s, const char *ns, const char *name, const sim_req *q, sim_resp *r) {
  const sim_object *o = sim_store_get(&s->store, SIM_POD, ns, name);
  const char *asked = ob_or(sim_query(q, "container"), ""), *tail = sim_query(q, "tailLines");
  int64_t lines = LOG_LINES, from = 0, now = ob_wall_ms();
  if (!o) return sim_not_found(r, &sim_kinds[SIM_POD], name);
  if (tail && !ob_parse_int(tail, 0, INT64_MAX, &lines))
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "tailLines: invalid value \"%s\"", tail);
  OB_AUTOPTR(ob_json) pod = sim_object_tree(o);
  const ob_json *container = container_of(pod, asked);
  if (!container)
    return sim_fail(r, 400, "BadRequest", NULL, NULL, "container %s is not valid for pod %s", asked,
                    name);
  const char *its = sim_str(container, "name"), *why = waiting(pod, its);
  if (*why)
    return sim_fail(r, 400, "BadRequest", NULL, NULL,
                    "container \"%s\" in pod \"%s\" is waiting to start: %s", its, name, why);
  ob_time_parse(sim_str(ob_json_get(pod, "metadata"), "creationTimestamp"), &from);
  int64_t n = now > from ? (now - from) / SIM_LOG_EVERY_MS : 0;
  if (lines > LOG_LINES) lines = LOG_LINES;
  sim_log *l = ob_alloc(sizeof *l);
  *l = (sim_log){ob_strdup(ns), ob_strdup(name),           ob_strdup(its),
                 from,          n > lines ? n - lines : 0, sim_query_true(q, "timestamps")};
  r->code = 200;
  r->type = "text/plain";
  if (sim_query_true(q, "follow")) return sim_watch_log(s, l, r);
  sim_log_fill(s, l, &r->body);
  sim_log_free(l);
  return 0;
}
