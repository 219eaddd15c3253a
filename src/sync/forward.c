/* kubectl does the forwarding; here it is started, listened to, and started again.
 *
 *   STARTING ──"Forwarding from 127.0.0.1:N"──▶ UP
 *      ▲  └──────── it ends ────────┐            │ it ends
 *      │                            ▼            ▼
 *      └───────── due ────────── WAITING ◀───────┘      (FAILED after so many vain tries)
 *
 * The context is always named: `kubectl config use-context` in another terminal must not lead a
 * restarted forward to another cluster. */
#include "sync/forward.h"

#include "base/process.h"
#include "base/str.h"
#include "sync/backoff.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

const char *const ob_forward_states[] = {"starting", "up", "waiting", "failed"};

/* kubectl says a line for each connection; what is said is kept by the process until it ends. */
enum { OUT_MAX = 4 * 1024 * 1024, ERR_MAX = 4096, ARGS_MAX = 64 };

typedef struct child {
  ob_forward f;
  ob_process *process; /* NULL while none runs */
  ob_backoff backoff;
  int64_t due_ms; /* monotonic, WAITING */
  size_t read;    /* of its output */
  unsigned vain;  /* tries that never came up */
} child;

struct ob_forwards {
  OB_VEC(char *) prefix; /* "kubectl", "--context", … */
  const ob_timing *timing;
  int poll_fd, timer_fd;
  bool nowhere; /* the cluster has no kubeconfig that kubectl could read */
  ob_rng rng;
  uint32_t last_id;
  OB_VEC(child *) children;
};

static void add(ob_forwards *f, const char *name, const char *value) {
  if (!value || !*value) return;
  ob_vec_push(&f->prefix, ob_strdup(name));
  ob_vec_push(&f->prefix, ob_strdup(value));
}

static void watch(const ob_forwards *f, int fd) {
  struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
  (void)epoll_ctl(f->poll_fd, EPOLL_CTL_ADD, fd, &e);
}

ob_forwards *ob_forwards_new(const ob_session_opts *o, const char *context, const ob_timing *timing,
                             int poll_fd) {
  ob_forwards *f = ob_calloc(1, sizeof *f);
  f->timing = timing;
  f->poll_fd = poll_fd;
  f->nowhere = o->kubeconfig_text != NULL;
  f->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  ob_random(&f->rng.state, sizeof f->rng.state);
  if (f->timer_fd >= 0) watch(f, f->timer_fd);
  ob_vec_push(&f->prefix, ob_strdup("kubectl"));
  add(f, "--kubeconfig", o->kubeconfig);
  add(f, "--context", context);
  add(f, "--cluster", o->cluster);
  add(f, "--user", o->user);
  add(f, "--as", o->as);
  add(f, "--as-uid", o->as_uid);
  for (size_t i = 0; i < o->nas_groups; i++) add(f, "--as-group", o->as_groups[i]);
  if (o->insecure) ob_vec_push(&f->prefix, ob_strdup("--insecure-skip-tls-verify"));
  return f;
}

static void child_free(child *c) {
  ob_process_free(c->process);
  free(c);
}

void ob_forwards_free(ob_forwards *f) {
  if (!f) return;
  for (size_t i = 0; i < f->children.len; i++) child_free(f->children.at[i]);
  ob_vec_done(&f->children);
  for (size_t i = 0; i < f->prefix.len; i++) free(f->prefix.at[i]);
  ob_vec_done(&f->prefix);
  if (f->timer_fd >= 0) close(f->timer_fd);
  free(f);
}

/* --- one child --- */
static void become(child *c, ob_forward_state state) {
  c->f.state = state;
  c->f.since_ms = ob_mono_ms();
}

/* The timer stands at the soonest restart. */
static void set_timer(const ob_forwards *f) {
  int64_t due = INT64_MAX;
  for (size_t i = 0; i < f->children.len; i++) {
    const child *c = f->children.at[i];
    if (c->f.state == OB_FORWARD_WAITING && c->due_ms < due) due = c->due_ms;
  }
  struct itimerspec at = {0};
  if (due != INT64_MAX) {
    int64_t left = due - ob_mono_ms();
    if (left < 1) left = 1;
    at.it_value.tv_sec = left / 1000;
    at.it_value.tv_nsec = (long)(left % 1000) * 1000000L;
  }
  (void)timerfd_settime(f->timer_fd, 0, &at, NULL);
}

static void retry_later(ob_forwards *f, child *c) {
  become(c, OB_FORWARD_WAITING);
  int64_t now = ob_mono_ms();
  c->due_ms = now + ob_backoff_next(&c->backoff, f->timing, &f->rng, now);
  set_timer(f);
}

static int start(ob_forwards *f, child *c, ob_err *err) {
  const char *argv[ARGS_MAX + 8];
  OB_AUTOFREE char *what = ob_asprintf("svc/%s", c->f.name);
  OB_AUTOFREE char *ports =
      c->f.local ? ob_asprintf("%u:%u", c->f.local, c->f.port) : ob_asprintf(":%u", c->f.port);
  size_t n = 0;
  for (size_t i = 0; i < f->prefix.len && n < ARGS_MAX; i++) argv[n++] = f->prefix.at[i];
  argv[n++] = "--namespace";
  argv[n++] = c->f.ns;
  argv[n++] = "port-forward";
  argv[n++] = what;
  argv[n++] = ports;
  argv[n] = NULL;
  int rc = ob_process_start(
      &c->process, &(ob_process_opts){.argv = argv, .out_max = OUT_MAX, .err_max = ERR_MAX}, err);
  if (rc < 0) return rc;
  c->read = 0;
  become(c, OB_FORWARD_STARTING);
  int fds[OB_PROCESS_FDS];
  size_t nfds = ob_process_fds(c->process, fds);
  for (size_t i = 0; i < nfds; i++) watch(f, fds[i]);
  return 0;
}

/* "Forwarding from 127.0.0.1:41234 -> 8080" */
static bool read_port(child *c) {
  const ob_buf *out = ob_process_out(c->process);
  static const char said[] = "Forwarding from 127.0.0.1:";
  const char *at = strstr(ob_buf_str(out) + c->read, said), *end = at ? strchr(at, '\n') : NULL;
  int64_t port;
  if (!end) return false;
  OB_AUTOFREE char *digits =
      ob_strndup(at + sizeof said - 1, strspn(at + sizeof said - 1, "0123456789"));
  c->read = (size_t)(end - ob_buf_str(out));
  if (!ob_parse_int(digits, 1, 65535, &port)) return false;
  c->f.local = (uint16_t)port;
  return true;
}

/* The last line that it said on stderr, without its "error: ". */
static void take_words(child *c) {
  static const char said[] = "error: ";
  const ob_buf *err = ob_process_err(c->process);
  size_t n = err->len;
  while (n > 0 && err->ptr[n - 1] == '\n') n--;
  size_t from = n;
  while (from > 0 && err->ptr[from - 1] != '\n') from--;
  if (n - from > strlen(said) && memcmp(err->ptr + from, said, strlen(said)) == 0)
    from += strlen(said);
  if (n > from)
    snprintf(c->f.why, sizeof c->f.why, "%.*s", (int)(n - from), err->ptr + from);
  else
    snprintf(c->f.why, sizeof c->f.why, "kubectl ended with %d", ob_process_exit(c->process));
}

static bool work(ob_forwards *f, child *c) {
  if (c->f.state == OB_FORWARD_WAITING) {
    ob_err err = {0};
    if (ob_mono_ms() < c->due_ms) return false;
    c->f.restarts++;
    if (start(f, c, &err) < 0) {
      snprintf(c->f.why, sizeof c->f.why, "%.255s", err.msg);
      retry_later(f, c);
    }
    return true;
  }
  if (!c->process) return false;
  bool ended = ob_process_work(c->process), changed = false;
  if (c->f.state == OB_FORWARD_STARTING && read_port(c)) {
    become(c, OB_FORWARD_UP);
    c->f.why[0] = '\0';
    c->vain = 0;
    changed = true;
  }
  if (!ended) return changed;
  take_words(c);
  bool was_up = c->f.state == OB_FORWARD_UP;
  ob_process_free(c->process);
  c->process = NULL;
  if (!was_up && ++c->vain >= OB_FORWARD_TRIES && c->f.local == 0)
    become(c, OB_FORWARD_FAILED);
  else
    retry_later(f, c);
  return true;
}

bool ob_forwards_work(ob_forwards *f) {
  uint64_t ignored;
  ssize_t n = read(f->timer_fd, &ignored, sizeof ignored);
  (void)n;
  bool changed = false;
  for (size_t i = 0; i < f->children.len; i++) changed |= work(f, f->children.at[i]);
  set_timer(f);
  return changed;
}

/* --- all of them --- */
void ob_forwards_line(const ob_forwards *f, const ob_service *svc, int port, ob_buf *out) {
  for (size_t i = 0; i < f->prefix.len; i++) ob_buf_addf(out, "%s ", f->prefix.at[i]);
  ob_buf_addf(out, "-n %s port-forward svc/%s :%u", svc->o.ns, svc->o.name, svc->ports[port].port);
}

static child *find(const ob_forwards *f, const ob_service *svc, uint16_t port) {
  for (size_t i = 0; i < f->children.len; i++) {
    child *c = f->children.at[i];
    if (c->f.port == port && strcmp(c->f.name, svc->o.name) == 0 && strcmp(c->f.ns, svc->o.ns) == 0)
      return c;
  }
  return NULL;
}

int ob_forwards_start(ob_forwards *f, const ob_service *svc, int port, uint32_t *ret_id,
                      ob_err *err) {
  if (f->nowhere) return ob_fail(err, OB_EUNSUPPORTED, "the embedded cluster forwards no ports");
  if (svc->type == OB_EXTERNAL_NAME)
    return ob_fail(err, OB_EUNSUPPORTED, "an ExternalName has no pods to forward to");
  if (strcmp(svc->ports[port].protocol, "TCP") != 0)
    return ob_fail(err, OB_EUNSUPPORTED, "kubectl forwards TCP only");
  child *there = find(f, svc, svc->ports[port].port);
  if (there && there->f.state != OB_FORWARD_FAILED) {
    *ret_id = there->f.id;
    return 0;
  }
  if (there) ob_forwards_stop(f, there->f.id);
  if (f->children.len == OB_FORWARDS_MAX) {
    ob_fail(err, OB_ELIMIT, "%d ports are forwarded already", OB_FORWARDS_MAX);
    return ob_hint(err, ":pf lists them and stops one");
  }
  child *c = ob_calloc(1, sizeof *c);
  c->f.id = ++f->last_id;
  c->f.port = svc->ports[port].port;
  snprintf(c->f.ns, sizeof c->f.ns, "%s", svc->o.ns);
  snprintf(c->f.name, sizeof c->f.name, "%s", svc->o.name);
  int rc = start(f, c, err);
  if (rc < 0) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
    child_free(c);
    ob_forwards_line(f, svc, port, &line);
    if (rc == -(int)OB_ENOTFOUND) ob_fail(err, OB_ENOTFOUND, "there is no kubectl on PATH");
    return ob_hint(err, "%s", ob_buf_str(&line));
  }
  ob_vec_push(&f->children, c);
  *ret_id = c->f.id;
  return 0;
}

void ob_forwards_stop(ob_forwards *f, uint32_t id) {
  for (size_t i = 0; i < f->children.len; i++) {
    if (f->children.at[i]->f.id != id) continue;
    child_free(f->children.at[i]);
    memmove(&f->children.at[i], &f->children.at[i + 1],
            (f->children.len - i - 1) * sizeof(child *));
    f->children.len--;
    return;
  }
}

size_t ob_forwards_len(const ob_forwards *f) {
  return f->children.len;
}

ob_forward ob_forwards_at(const ob_forwards *f, size_t i) {
  return f->children.at[i]->f;
}
