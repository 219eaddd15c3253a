/* A line of targets and a few under way. The rate is kept by spacing: one request in every
 * 1000 / timing->probes_per_second ms.
 *
 * Services that are reached from inside only are asked through the API server, over its own
 * connection and with the person's rights; that path is the one place where a probe and a
 * credential meet, and the credential ends at the API server. */
#include "sync/probe.h"

#include "base/str.h"
#include "kube/path.h"

#include <stdio.h>

typedef struct job {
  struct job *next;
  ob_probes *all;
  ob_probe_target target;
  ob_probe_run *run;  /* direct */
  ob_http_call *call; /* by the service proxy */
  int64_t begun_us;
  ob_probe_result result; /* of the service proxy */
} job;

struct ob_probes {
  const ob_probe_env *env;
  ob_outbox *box;
  job *first, **tail; /* waiting */
  job *under_way;
  size_t nwaiting, nunder_way;
  int64_t next_ms; /* when the next may begin */
};

ob_probes *ob_probes_new(const ob_probe_env *env, ob_outbox *box) {
  ob_probes *p = ob_calloc(1, sizeof *p);
  *p = (ob_probes){.env = env, .box = box};
  p->tail = &p->first;
  return p;
}

static void drop_waiting(ob_probes *p) {
  for (job *j = p->first, *next; j; j = next) {
    next = j->next;
    free(j);
  }
  p->first = NULL;
  p->tail = &p->first;
  p->nwaiting = 0;
}

void ob_probes_free(ob_probes *p) {
  if (!p) return;
  drop_waiting(p);
  for (job *j = p->under_way, *next; j; j = next) {
    next = j->next;
    ob_probe_cancel(j->run);
    ob_http_cancel(j->call);
    free(j);
  }
  free(p);
}

void ob_probes_stop(ob_probes *p) {
  drop_waiting(p);
}

static void answer(ob_probes *p, const ob_probe_target *t, const ob_probe_result *r) {
  ob_outbox_probe(p->box, t->key, r);
}

static void skip(ob_probes *p, const ob_probe_target *t, const char *why) {
  ob_probe_result r = {.verdict = OB_PROBE_SKIPPED, .at_ms = ob_wall_ms()};
  for (int i = 0; i < OB_STEP_COUNT; i++) r.step_us[i] = -1;
  ob_fail(&r.err, OB_EUNSUPPORTED, "%s", why);
  answer(p, t, &r);
}

void ob_probes_ask(ob_probes *p, const ob_probe_target *targets, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const ob_probe_target *t = &targets[i];
    if (*t->skip || p->nwaiting >= OB_PROBE_WAITING) {
      skip(p, t, *t->skip ? t->skip : "too many probes wait already");
      continue;
    }
    job *j = ob_calloc(1, sizeof *j);
    j->all = p;
    j->target = *t;
    *p->tail = j;
    p->tail = &j->next;
    p->nwaiting++;
  }
}

static void end(job *j, const ob_probe_result *r) {
  ob_probes *p = j->all;
  job **at = &p->under_way;
  while (*at != j) at = &(*at)->next;
  *at = j->next;
  p->nunder_way--;
  answer(p, &j->target, r);
  free(j);
}

static void on_done(void *arg, const ob_probe_result *r) {
  end(arg, r);
}

/* --- by the service proxy --- */
static void on_open(void *arg, int status) {
  job *j = arg;
  (void)status;
  j->result.step_us[OB_STEP_ANSWER] = ob_mono_ms() * 1000 - j->begun_us;
}

static int enough(void *arg, const char *bytes, size_t n) {
  (void)arg, (void)bytes, (void)n;
  return 1;
}

/* Who answered? The API server says no with a Status about services, or with a code of its own; any
 * other Status is an application's that is an API server itself. */
static bool refused_by_proxy(const ob_http_result *res) {
  const ob_status *f = res->failure;
  if (!f) return false;
  return (res->status != 403 && res->status != 404) || ob_streq(f->kind, "services");
}

static void say_refused(ob_probe_result *r, const ob_probe_target *t, const ob_http_result *res) {
  const char *message = res->failure->message;
  r->verdict = OB_PROBE_SKIPPED;
  if (res->status == 403) {
    ob_fail(&r->err, OB_EFORBIDDEN, "from inside only, and you may not get services/proxy in %s",
            t->ns);
    ob_hint(&r->err, "f forwards a port, where you have that right");
  } else if (res->status == 401) {
    r->err = res->err;
  } else if (res->status == 501) {
    ob_fail(&r->err, OB_EUNSUPPORTED, "not asked through the API server: %s", message);
  } else {
    r->verdict = OB_PROBE_BAD;
    r->status = res->status;
    ob_fail(&r->err, OB_ESERVER, "the API server's proxy says: %s", message);
    if (ob_starts(message, "no endpoints"))
      ob_hint(&r->err, "it goes to ready pods only, never to addresses that somebody wrote into a "
                       "slice");
  }
}

static void on_proxy_done(void *arg, const ob_http_result *res) {
  job *j = arg;
  ob_probe_result *r = &j->result;
  const ob_probe_target *t = &j->target;
  r->at_ms = ob_wall_ms();
  r->total_us = ob_mono_ms() * 1000 - j->begun_us;
  if (r->step_us[OB_STEP_ANSWER] < 0 && res->status) r->step_us[OB_STEP_ANSWER] = r->total_us;
  r->reached = OB_STEP_ANSWER;
  if (!res->status && res->err.code != OB_ETIMEOUT) {
    r->verdict = OB_PROBE_SKIPPED;
    r->err = res->err;
  } else if (!res->status) {
    r->verdict = OB_PROBE_BAD;
    ob_fail(&r->err, OB_ETIMEOUT, "nothing answered through the API server in %d s",
            j->all->env->timing->probe_ms / 1000);
  } else if (refused_by_proxy(res)) {
    say_refused(r, t, res);
  } else {
    ob_probe_judge_status(r, res->status);
  }
  end(j, r);
}

static void start_proxy(ob_probes *p, job *j) {
  const ob_probe_target *t = &j->target;
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX), who = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&who, "%s%s:%s", t->scheme == OB_PROBE_HTTPS ? "https:" : "", t->name, t->port_name);
  ob_api_path(&path, "", "v1", t->ns, "services", ob_buf_str(&who), "proxy");
  ob_buf_adds(&path, ob_or(t->path, "/"));
  for (int i = 0; i < OB_STEP_COUNT; i++) j->result.step_us[i] = -1;
  j->begun_us = ob_mono_ms() * 1000;
  j->call = ob_http_start(p->env->http, &(ob_http_request){.path = ob_buf_str(&path),
                                                           .accept = "*/*",
                                                           .through = true,
                                                           .timeout_ms = p->env->timing->probe_ms,
                                                           .on_open = on_open,
                                                           .on_data = enough,
                                                           .on_done = on_proxy_done,
                                                           .arg = j});
}

/* --- beginning --- */
static void begin(ob_probes *p, job *j) {
  j->next = p->under_way;
  p->under_way = j;
  p->nunder_way++;
  if (j->target.via == OB_VIA_PROXY)
    start_proxy(p, j);
  else
    j->run = ob_probe_start(p->env, &j->target, on_done, j);
}

static bool has_place(const ob_probes *p) {
  return p->nunder_way < (size_t)p->env->timing->probes_at_once;
}

int64_t ob_probes_run(ob_probes *p, int64_t now_ms) {
  while (p->first && has_place(p) && now_ms >= p->next_ms) {
    job *j = p->first;
    p->first = j->next;
    if (!p->first) p->tail = &p->first;
    p->nwaiting--;
    p->next_ms = now_ms + 1000 / p->env->timing->probes_per_second;
    begin(p, j);
  }
  /* With all places taken the next end of one calls again: a poll returns then. */
  return p->first && has_place(p) ? p->next_ms : INT64_MAX;
}
