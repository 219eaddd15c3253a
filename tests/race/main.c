/* Where two threads meet, for ThreadSanitizer (the preset `tsan`; elsewhere an ordinary test): the
 * queue, the outbox, and a session with its watcher at work while the UI's side reads, asks,
 * changes and closes.
 *
 * A plain main: Criterion's own process model and ThreadSanitizer do not get along. The API server
 * runs in a child, so that its libraries' threads are none of ours. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "model/cluster.h"
#include "outboard/change.h"
#include "outboard/probe.h"
#include "outboard/session.h"
#include "outboard/view.h"
#include "sim/sim.h"
#include "sync/outbox.h"

#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDS(what) ((what) ? (void)0 : broken(__LINE__, #what))
static _Noreturn void broken(int line, const char *what) {
  fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, line, what);
  exit(1);
}

enum { ITEMS = 20000, WRITERS = 3, ROUNDS = 3, SESSION_MS = 1500, LIVE_MS = 30000 };

/* --- the queue -------------------------------------------------------------------------------- */
typedef struct item {
  ob_link link;
  int writer, number;
} item;

typedef struct writer {
  ob_queue *queue;
  int id;
} writer;

static void *push_items(void *arg) {
  const writer *w = arg;
  for (int i = 0; i < ITEMS; i++) {
    item *it = ob_alloc(sizeof *it);
    *it = (item){.writer = w->id, .number = i};
    ob_queue_push(w->queue, &it->link);
  }
  return NULL;
}

/* Everything arrives once, each writer's in order. */
static void queue(void) {
  ob_queue q;
  ob_queue_init(&q);
  pthread_t threads[WRITERS];
  writer writers[WRITERS];
  int next[WRITERS] = {0};
  for (int i = 0; i < WRITERS; i++) {
    writers[i] = (writer){&q, i};
    HOLDS(pthread_create(&threads[i], NULL, push_items, &writers[i]) == 0);
  }
  for (int got = 0; got < WRITERS * ITEMS;) {
    item *it = (item *)(void *)ob_queue_pop(&q);
    if (!it) continue;
    HOLDS(next[it->writer]++ == it->number);
    free(it);
    got++;
  }
  for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
  ob_queue_done(&q);
}

/* --- the outbox ------------------------------------------------------------------------------- */
static ob_object *service(int i, int port) {
  char text[512];
  snprintf(text, sizeof text,
           "{\"metadata\":{\"name\":\"s%d\",\"namespace\":\"n\",\"uid\":\"u%d\","
           "\"resourceVersion\":\"1\"},"
           "\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":%d}]}}",
           i, i, port);
  OB_AUTOPTR(ob_json) json = ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
  ob_object *o = ob_decode(OB_KIND_SERVICE, json, NULL);
  HOLDS(o);
  return o;
}

enum { SERVICES = 50, CHANGES = 4000 };

static void *watcher(void *arg) {
  ob_outbox *box = arg;
  ob_rng rng = {7};
  bool there[SERVICES] = {false};
  for (int i = 0; i < CHANGES; i++) {
    int at = (int)ob_rng_below(&rng, SERVICES);
    if (there[at] && ob_rng_below(&rng, 3) == 0) {
      char uid[16];
      snprintf(uid, sizeof uid, "u%d", at);
      ob_outbox_delete(box, OB_KIND_SERVICE, ob_uid_of(uid));
      there[at] = false;
    } else {
      ob_outbox_put(box, service(at, 1 + i), !there[at]);
      there[at] = true;
    }
    if (i % 100 == 0)
      ob_outbox_kind(box, OB_KIND_SERVICE, &(ob_kind_state){.phase = OB_LIVE, .remaining = -1});
  }
  for (int i = 0; i < SERVICES; i++) /* in the end all are there, with the port that says it */
    ob_outbox_put(box, service(i, 60000 + i), !there[i]);
  return NULL;
}

static void take(ob_outbox *box, ob_cluster *c) {
  ob_taken taken;
  ob_outbox_take(box, &taken);
  for (ob_change *ch = taken.changes, *next; ch; ch = next) {
    next = ch->next;
    if (ch->op == OB_CHANGE_PUT) ob_cluster_put(c, ob_take(ch->object));
    if (ch->op == OB_CHANGE_DELETE) ob_cluster_delete(c, ch->kind, ch->uid);
    ob_change_free(ch);
  }
  ob_cluster_settle(c);
}

static void outbox(void) {
  ob_outbox *box = NULL;
  HOLDS(ob_outbox_new(&box, NULL) == 0);
  ob_cluster *c = ob_cluster_new();
  pthread_t thread;
  HOLDS(pthread_create(&thread, NULL, watcher, box) == 0);
  for (int i = 0; i < 200; i++) {
    struct pollfd p = {.fd = ob_outbox_fd(box), .events = POLLIN};
    poll(&p, 1, 1);
    take(box, c);
  }
  pthread_join(thread, NULL);
  take(box, c);
  HOLDS(ob_cluster_count(c, OB_KIND_SERVICE) == SERVICES);
  for (int i = 0; i < SERVICES; i++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", i);
    const ob_service *s =
        (const ob_service *)(const void *)ob_cluster_find(c, OB_KIND_SERVICE, "n", name);
    HOLDS(s && s->nports == 1 && s->ports[0].port == 60000 + i);
  }
  ob_cluster_free(c);
  ob_outbox_free(box);
}

/* --- a session -------------------------------------------------------------------------------- */
static _Noreturn void serve(int fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  ob_sim *sim = NULL;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  const ob_sim_opts opts = {.churn = 200, .lively = true, .bookmark_ms = 100, .controller_ms = 50};
  if (ob_sim_start(&sim, &opts, NULL) == 0) ob_sim_kubeconfig(sim, &text);
  (void)!write(fd, ob_buf_str(&text), text.len);
  close(fd);
  for (;;) pause();
}

static pid_t start_server(ob_buf *kubeconfig) {
  int fds[2];
  HOLDS(pipe(fds) == 0);
  pid_t parent = getpid(), pid = fork();
  HOLDS(pid >= 0);
  if (pid == 0) {
    close(fds[0]);
    serve(fds[1], parent);
  }
  close(fds[1]);
  char piece[4096];
  for (ssize_t n; (n = read(fds[0], piece, sizeof piece)) > 0;)
    ob_buf_add(kubeconfig, piece, (size_t)n);
  close(fds[0]);
  HOLDS(kubeconfig->len > 0);
  return pid;
}

/* The whole object came: what would become of it as a NodePort; now and then it does. */
static void change(ob_session *s, const ob_json *object, ob_rng *rng) {
  ob_plan *plan = NULL;
  const ob_convert to = {.to = ob_rng_below(rng, 2) ? OB_NODE_PORT : OB_CLUSTER_IP};
  if (ob_plan_convert(&plan, ob_session_cluster(s), object, &to, NULL) < 0) return;
  if (ob_rng_below(rng, 4))
    ob_session_dry_run(s, plan);
  else
    ob_session_apply(s, plan, 0);
  ob_plan_free(plan);
}

static void pump(ob_session *s, ob_rng *rng) {
  struct pollfd p = {.fd = ob_session_fd(s), .events = POLLIN};
  poll(&p, 1, 5);
  ob_session_pump(s, 4);
  ob_reply r;
  while (ob_session_next_reply(s, &r)) {
    if (r.what == OB_FETCH_OBJECT && r.json) change(s, r.json, rng);
    ob_reply_done(&r);
  }
}

/* Ask for this and that, take half of it back. */
static void ask(ob_session *s, ob_rng *rng) {
  const ob_cluster *c = ob_session_cluster(s);
  size_t at = 0, skip = ob_rng_below(rng, 10);
  const ob_object *o = ob_cluster_next(c, OB_KIND_SERVICE, &at);
  while (o && skip--) o = ob_cluster_next(c, OB_KIND_SERVICE, &at);
  if (!o) return;
  uint32_t id = ob_session_fetch(s, (ob_fetch)ob_rng_below(rng, OB_FETCH_PODS + 1), o);
  if (ob_rng_below(rng, 2)) ob_session_cancel(s, id);
  char why[OB_RIGHT_TEXT];
  (void)ob_session_access(s, ob_right_to("patch", OB_KIND_SERVICE), o->ns, why);
  ob_probe_target target[4];
  size_t n = 0;
  if (ob_probe_plan_url(c, "http://127.0.0.1:9/", &(ob_probe_opts){.anywhere = true}, target,
                        OB_LEN(target), &n, NULL) == 0)
    ob_session_probe(s, target, n < OB_LEN(target) ? n : OB_LEN(target));
  if (ob_rng_below(rng, 8) == 0) ob_session_probe_stop(s);
  if (ob_rng_below(rng, 20) == 0) ob_session_retry(s);
}

static void session(const char *kubeconfig, const char *journal, ob_rng *rng) {
  ob_session *s = NULL;
  ob_err err = {0};
  const ob_session_opts opts = {.kubeconfig_text = kubeconfig, .journal = journal};
  HOLDS(ob_session_open(&s, &opts, &err) == 0);
  for (int64_t end = ob_mono_ms() + LIVE_MS; ob_session_status_get(s)->conn != OB_CONN_LIVE;) {
    HOLDS(ob_mono_ms() < end);
    pump(s, rng);
  }
  ob_list *list = ob_list_new(ob_session_cluster(s), OB_VIEW_EXPOSURE);
  ob_list_set(list, &(ob_list_opts){.sort = -1}, ob_session_now(s), NULL);
  int64_t begun = ob_mono_ms();
  for (bool moved = false; ob_mono_ms() < begun + SESSION_MS || !moved;) {
    pump(s, rng);
    ob_list_refresh(list, ob_session_now(s));
    ask(s, rng);
    moved = ob_list_len(list) > 0 && ob_session_status_get(s)->events > 0;
    HOLDS(moved || ob_mono_ms() < begun + LIVE_MS);
  }
  ob_list_free(list);
  ob_session_close(s); /* with requests under way */
}

int main(void) {
  setlocale(LC_ALL, "C.UTF-8");
  signal(SIGPIPE, SIG_IGN);
  OB_AUTO(ob_buf) kubeconfig = OB_BUF_INIT(1 << 20);
  pid_t server = start_server(&kubeconfig);
  char folder[] = "/tmp/outboard-race-XXXXXX", journal[64];
  HOLDS(mkdtemp(folder));
  snprintf(journal, sizeof journal, "%s/journal", folder);
  queue();
  outbox();
  ob_rng rng = {11};
  for (int i = 0; i < ROUNDS; i++) session(ob_buf_str(&kubeconfig), journal, &rng);
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
  unlink(journal);
  rmdir(folder);
  puts("queue, outbox and session: done");
  return 0;
}
