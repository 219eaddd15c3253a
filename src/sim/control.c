/* A loop over the event log: each event makes what depends on it right at once, or notes when
 * somebody would have got round to it. The thread wakes ten times a second and keeps nothing that
 * the store does not have, so an event handled twice is harmless. */
#include "sim/control.h"
#include "base/str.h"
#include "sim/http.h"
#include "sim/write.h"
#include <time.h>

enum { SIM_TICK_MS = 100, SIM_CHURN_TICK_MS = 20 };

typedef enum job_type { JOB_BALANCE, JOB_PUBLISH, JOB_POD_START, JOB_POD_GONE } job_type;
typedef struct job {
  job_type type;
  int64_t due_ms;
  char *ns, *name;
} job;

struct sim_control {
  ob_sim *sim;
  pthread_t thread;
  uint64_t cursor;
  OB_VEC(job) jobs;
  ob_rng rng;
  int64_t next_life_ms, next_compaction_ms, start_ms;
  uint64_t churned;
};

static void later(struct sim_control *c, job_type type, const char *ns, const char *name,
                  int64_t ms) {
  for (size_t i = 0; i < c->jobs.len; i++) {
    const job *j = &c->jobs.at[i];
    if (j->type == type && ob_streq(j->ns, ns) && ob_streq(j->name, name)) return;
  }
  ob_vec_push(&c->jobs, (job){type, ob_mono_ms() + ms, ob_strdup(ns), ob_strdup(name)});
}

static void run_job(ob_sim *s, const job *j) {
  sim_object *pod;
  switch (j->type) {
  case JOB_BALANCE: sim_balance(s, j->ns, j->name); break;
  case JOB_PUBLISH: sim_publish(s, j->ns, j->name); break;
  case JOB_POD_START: sim_pod_settle(s, j->ns, j->name); break;
  case JOB_POD_GONE:
    pod = sim_store_get(&s->store, SIM_POD, j->ns, j->name);
    if (pod) sim_write_remove(s, pod);
    break;
  }
}

static void run_jobs(struct sim_control *c, int64_t now) {
  for (size_t i = 0; i < c->jobs.len;) {
    if (c->jobs.at[i].due_ms > now) {
      i++;
      continue;
    }
    job j = c->jobs.at[i];
    c->jobs.at[i] = c->jobs.at[--c->jobs.len];
    run_job(c->sim, &j);
    free(j.ns);
    free(j.name);
  }
}

static bool unpublished(const ob_json *tree) {
  return !ob_json_len(ob_json_at(tree, "status", "loadBalancer", "ingress", NULL));
}

static void on_pod(struct sim_control *c, const char *ns, const sim_event *e, const ob_json *tree) {
  const ob_json *meta = ob_json_get(tree, "metadata");
  sim_sync_services_of(c->sim, ns, ob_json_get(meta, "labels"));
  const ob_json *owner = ob_json_first(ob_json_get(meta, "ownerReferences"));
  if (owner) sim_sync_deployment(c->sim, ns, sim_str(owner, "name"), false);
  if (e->type == SIM_ADDED) later(c, JOB_POD_START, ns, e->now->name, c->sim->opts.controller_ms);
  if (ob_json_get(meta, "deletionTimestamp") && e->type != SIM_DELETED)
    later(c, JOB_POD_GONE, ns, e->now->name,
          1000 * ob_json_get_int(meta, "deletionGracePeriodSeconds", 1));
}

static void on_event(struct sim_control *c, const sim_event *e) {
  const sim_kind kind = e->now->kind;
  if (kind != SIM_SERVICE && kind != SIM_INGRESS && kind != SIM_POD && kind != SIM_DEPLOYMENT)
    return;
  OB_AUTOPTR(ob_json) tree = sim_object_tree(e->now);
  OB_AUTOFREE char *ns = ob_strndup(e->now->key, e->now->nns);
  const char *name = e->now->name;
  bool gone = e->type == SIM_DELETED;
  if (kind == SIM_SERVICE) {
    sim_sync_slices(c->sim, ns, name);
    if (!gone && ob_streq(sim_str(ob_json_get(tree, "spec"), "type"), "LoadBalancer") &&
        unpublished(tree))
      later(c, JOB_BALANCE, ns, name, c->sim->opts.controller_ms);
  } else if (kind == SIM_INGRESS && !gone && unpublished(tree)) {
    later(c, JOB_PUBLISH, ns, name, c->sim->opts.controller_ms);
  } else if (kind == SIM_POD) {
    on_pod(c, ns, e, tree);
  } else if (kind == SIM_DEPLOYMENT) {
    sim_sync_deployment(c->sim, ns, name, false);
    if (gone) sim_orphans_end(c->sim, ns, sim_str(ob_json_get(tree, "metadata"), "uid"));
  }
}

/* References keep an event's objects alive: handling it writes, and the ring may turn. */
static void run_events(struct sim_control *c) {
  sim_store *st = &c->sim->store;
  if (c->cursor < st->floor) c->cursor = st->floor;
  while (c->cursor < st->rv) {
    const sim_event *e = sim_store_event(st, ++c->cursor);
    if (!e) continue;
    sim_event own = {e->type, sim_object_ref(e->now), NULL};
    on_event(c, &own);
    sim_object_unref(own.now);
  }
}

/* One pod of a healthy Deployment is replaced, as a rollout or an eviction would. */
static void live(struct sim_control *c, int64_t now) {
  ob_sim *s = c->sim;
  if (!s->opts.lively || now < c->next_life_ms) return;
  c->next_life_ms = now + 5000 + (int64_t)ob_rng_below(&c->rng, 6000);
  size_t n = s->store.kinds[SIM_POD].len;
  for (int tries = 0; n && tries < 20; tries++) {
    sim_object *o = s->store.kinds[SIM_POD].at[ob_rng_below(&c->rng, (uint32_t)n)];
    OB_AUTOPTR(ob_json) pod = sim_object_tree(o);
    const ob_json *meta = ob_json_get(pod, "metadata");
    const ob_json *st = ob_json_first(ob_json_at(pod, "status", "containerStatuses", NULL));
    if (ob_json_get(meta, "deletionTimestamp") || !ob_json_get_bool(st, "ready", false) ||
        !ob_json_get(meta, "ownerReferences"))
      continue;
    sim_pod_end(s, o);
    return;
  }
}

static void churn(struct sim_control *c, int64_t now) {
  uint64_t want = (uint64_t)(now - c->start_ms) * c->sim->opts.churn / 1000;
  for (; c->churned < want; c->churned++) sim_world_churn(c->sim, &c->rng);
}

static void compact(struct sim_control *c, int64_t now) {
  if (!sim_fault(c->sim, SIM_GONE) || now < c->next_compaction_ms) return;
  c->next_compaction_ms = now + 1000 * c->sim->faults.value[SIM_GONE];
  c->sim->store.rv++; /* so that even a watch that has seen everything is too old */
  sim_store_compact(&c->sim->store);
}

static void *run(void *arg) {
  struct sim_control *c = arg;
  ob_sim *s = c->sim;
  int ms = s->opts.churn ? SIM_CHURN_TICK_MS : SIM_TICK_MS;
  const struct timespec tick = {.tv_nsec = ms * 1000000L};
  for (;;) {
    sim_store_lock(&s->store);
    bool stop = s->stopping;
    int64_t now = ob_mono_ms();
    if (!stop) {
      run_events(c);
      run_jobs(c, now);
      live(c, now);
      churn(c, now);
      compact(c, now);
      sim_http_tick(s, now);
    }
    sim_store_unlock(&s->store);
    if (stop) return NULL;
    nanosleep(&tick, NULL);
  }
}

int sim_control_start(ob_sim *s, ob_err *err) {
  struct sim_control *c = ob_calloc(1, sizeof *c);
  int64_t now = ob_mono_ms();
  c->sim = s;
  c->cursor = s->store.rv;
  c->rng.state = s->opts.seed;
  c->start_ms = now;
  c->next_life_ms = now + 5000;
  c->next_compaction_ms = now + 1000 * s->faults.value[SIM_GONE];
  s->control = c;
  if (pthread_create(&c->thread, NULL, run, c) == 0) return 0;
  free(c);
  s->control = NULL;
  return ob_fail(err, OB_EIO, "cannot start a thread");
}

void sim_control_stop(ob_sim *s) {
  struct sim_control *c = s->control;
  if (!c) return;
  pthread_join(c->thread, NULL);
  for (size_t i = 0; i < c->jobs.len; i++) {
    free(c->jobs.at[i].ns);
    free(c->jobs.at[i].name);
  }
  ob_vec_done(&c->jobs);
  free(c);
  s->control = NULL;
}

void sim_control_write(ob_sim *s, sim_kind kind, const sim_object *old, ob_json *move_tree) {
  sim_resp scratch = {.body = OB_BUF_INIT(SIM_BODY_MAX)};
  sim_write w = {.sim = s,
                 .kind = &sim_kinds[kind],
                 .resp = &scratch,
                 .internal = true,
                 .manager = "controller"};
  ob_json_free(old ? sim_write_update(&w, old, move_tree) : sim_write_create(&w, move_tree));
  sim_resp_done(&scratch);
}

void sim_control_settle(ob_sim *s) {
  static const sim_kind order[] = {SIM_DEPLOYMENT, SIM_SERVICE, SIM_INGRESS};
  for (size_t k = 0; k < OB_LEN(order); k++)
    for (size_t i = 0; i < s->store.kinds[order[k]].len; i++) {
      sim_object *o = sim_object_ref(s->store.kinds[order[k]].at[i]);
      OB_AUTOFREE char *ns = ob_strndup(o->key, o->nns);
      if (order[k] == SIM_DEPLOYMENT) sim_sync_deployment(s, ns, o->name, true);
      if (order[k] == SIM_SERVICE) sim_sync_slices(s, ns, o->name);
      if (order[k] == SIM_SERVICE) sim_balance(s, ns, o->name);
      if (order[k] == SIM_INGRESS) sim_publish(s, ns, o->name);
      sim_object_unref(o);
    }
}
