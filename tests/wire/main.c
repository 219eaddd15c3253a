/* The driver: every row of the table, so many seeds, by every way to the server.
 *
 *   wire-matrix [ROW…]          the rows named, else all; a child process for each row and way
 *   wire-matrix --one ROW WAY   the child: its cases one after the other
 *
 *   OB_SEEDS=N    cases of a row (2)       OB_SEED=N   the first of them (1)
 *   OB_VIA=h1,h2  ways (h1,h2; real)       OB_JOBS=N   children at once (6)
 *
 * A case:  open, live?, fault on, the server changes, what is said?, fault off, live and equal?,
 * close, nothing left. A child ends with its process, so the leak report of a row is its own. */
#include "wire/matrix.h"
#include "wire/shift.h"
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAY_MS = 30000, HEAL_MS = 60000, QUIET_MS = 250, SETTLE_MS = 20000 };

static const char *const ways[MX_VIAS] = {"h1", "h2", "real"};

static const ob_timing quick = {
    .connect_ms = 4000,
    .request_ms = 5000,
    .list_stall_ms = 4000,
    .dead_peer_ms = 1000,
    .watch_min_s = 300,
    .watch_max_s = 600,
    .watch_grace_ms = 1000,
    .bookmark_ms = 1000,
    .backoff_first_ms = 10,
    .backoff_max_ms = 80,
    .backoff_reset_ms = 2000,
    .forbidden_first_ms = 20,
    .forbidden_ms = 60,
    .access_ms = 400,
    .rediscover_ms = 100,
    .relist_ms = 600000,
    .token_file_ms = 50,
    .rotate_ms = 50,
    .plugin_ms = 5000,
    .plugin_terminal_ms = 5000,
    .frame_ms = 1,
    .clock_tick_ms = 100,
};

/* --- a session --------------------------------------------------------------------------- */
static const ob_session_status *status(const mx *m) {
  return ob_session_status_get(m->session);
}

static void pump(mx *m, int ms) {
  struct pollfd p = {.fd = ob_session_fd(m->session), .events = POLLIN};
  poll(&p, 1, ms);
  m->news |= ob_session_pump(m->session, 0) != 0;
  m->was_live |= status(m)->conn == OB_CONN_LIVE;
}

static void open_session(mx *m) {
  OB_AUTOFREE char *text = mx_kubeconfig(m);
  ob_session_opts opts = {
      .kubeconfig_text = text, .kinds = MX_KINDS, .scope = OB_SCOPE_ALL, .timing = &m->timing};
  if (m->via == MX_REAL) opts.ns = m->ns;
  ob_err e;
  if (ob_session_open(&m->session, &opts, &e) < 0) mx_die("the session: %s", e.msg);
}

static bool one_of(const char *alternatives, const char *msg) {
  if (!alternatives) return true;
  OB_AUTOFREE char *copy = ob_strdup(alternatives);
  for (char *save = NULL, *s = strtok_r(copy, "|", &save); s; s = strtok_r(NULL, "|", &save))
    if (strstr(msg, s)) return true;
  return false;
}

/* What the session says is wrong: as a whole, or of a kind. */
static const ob_err *said(const mx *m, bool kinds) {
  if (status(m)->err.code) return &status(m)->err;
  for (int k = 0; kinds && k < OB_KIND_COUNT; k++) {
    const ob_kind_state *s = ob_cluster_kind(ob_session_cluster(m->session), (ob_kind)k);
    if ((MX_KINDS >> k & 1u) && s->err.code) return &s->err;
  }
  return NULL;
}

/* --- a case ------------------------------------------------------------------------------------
 */
static void change(mx *m, uint32_t port) {
  OB_AUTOFREE char *patch =
      ob_asprintf("{'spec':{'ports':[{'name':'http','port':%u}]}}", 8081 + port);
  long code = mx_call(m, "PATCH", "/api/v1/namespaces/~/services/victim", patch, NULL);
  if (code != 200 && !m->restarted)
    mx_die("%s: the victim cannot be changed: %ld", m->fault->name, code);
}

static void sim_fault(mx *m, const char *name) {
  ob_err e;
  if (m->sim && ob_sim_faults_set(m->sim, &name, name ? 1 : 0, &e) < 0) mx_die("%s", e.msg);
}

static bool concerns(const mx *m, const ob_alter_reply *r) {
  if (r->status != 200) return false;
  if (m->fault->path) return strcmp(r->path, m->fault->path) == 0;
  return strstr(r->path, "/services") || strstr(r->path, "/endpointslices") ||
         strstr(r->path, "/ingresses");
}

static void hook_head(void *arg, const ob_alter_reply *r, ob_buf *head) {
  mx *m = arg;
  const mx_fault *f = m->fault;
  if (!concerns(m, r)) return;
  if (f->head) f->head(m, r, head);
  if (!f->status) return;
  ob_buf_reset(head);
  ob_buf_addf(head, "HTTP/1.1 %d Fault\r\nContent-Type: %s\r\n", f->status,
              *f->text == '{' ? "application/json" : "text/plain");
  if (f->header) ob_buf_addf(head, "%s\r\n", f->header);
}

static ob_alter_then hook_body(void *arg, const ob_alter_reply *r, ob_buf *bytes) {
  mx *m = arg;
  const mx_fault *f = m->fault;
  if (!concerns(m, r)) return OB_ALTER_ON;
  if (f->body) return f->body(m, r, bytes);
  if (!f->status) return OB_ALTER_ON;
  ob_buf_reset(bytes);
  ob_buf_adds(bytes, f->text);
  return OB_ALTER_END;
}

static int hook_wrong_by(void *arg, const ob_alter_reply *r) {
  mx *m = arg;
  return m->fault->wrong_by && concerns(m, r) ? m->fault->wrong_by(m) : 0;
}

static void trigger(mx *m) {
  if (m->fault->flags & MX_DROP) ob_wire_drop_all(m->wire, true);
  if (m->fault->flags & MX_EXPIRE)
    ob_alter_say(m->alter,
                 "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\","
                 "\"status\":\"Failure\",\"message\":\"too old resource version\","
                 "\"reason\":\"Expired\",\"code\":410}}\n",
                 true);
}

static void fault_on(mx *m) {
  const mx_fault *f = m->fault;
  m->on_ms = ob_mono_ms();
  m->on_wall_ms = ob_wall_ms();
  if (f->wire != OB_WIRE_PASS)
    ob_wire_set(m->wire,
                (ob_wire_fault_spec){.mode = f->wire,
                                     .bytes = f->bytes ? mx_below(m, (uint32_t)f->bytes) : 0,
                                     .every_ms = 20,
                                     .answer = "HTTP/1.1 400 Bad Request\r\n\r\n"});
  sim_fault(m, f->sim);
  if (f->status || f->body || f->head || f->wrong_by || f->piece)
    ob_alter_set(m->alter, (ob_alter_hooks){.head = hook_head,
                                            .body = hook_body,
                                            .wrong_by = hook_wrong_by,
                                            .piece = f->piece,
                                            .arg = m});
  if (f->on) f->on(m);
  trigger(m);
}

static void fault_off(mx *m) {
  ob_wire_set(m->wire, (ob_wire_fault_spec){.mode = OB_WIRE_PASS});
  if (m->fault->wire == OB_WIRE_BLACK) ob_wire_drop_all(m->wire, true);
  ob_alter_set(m->alter, (ob_alter_hooks){0});
  sim_fault(m, NULL);
  shift_none();
  if (m->fault->heal) m->fault->heal(m);
}

/* What must stand for the case to begin; what it left goes. */
static void prepare(mx *m) {
  static const char victim[] =
      "{'metadata':{'name':'victim','annotations':{'note':'plain'}},"
      "'spec':{'ports':[{'name':'http','port':8080}],'selector':{'app':'victim'}}}";
  static const char gone[] = "{'metadata':{'name':'gone'},'spec':{'ports':[{'port':81}]}}";
  static const char slice[] =
      "{'metadata':{'name':'victim-1','labels':{'kubernetes.io/service-name':'victim'}},"
      "'addressType':'IPv4','ports':[{'name':'http','port':8080}],"
      "'endpoints':[{'addresses':['10.1.2.3']}]}";
  mx_call(m, "DELETE", "/api/v1/namespaces/~/services/victim", NULL, NULL);
  mx_call(m, "DELETE", "/api/v1/namespaces/~/services/new", NULL, NULL);
  mx_call(m, "POST", "/api/v1/namespaces/~/services", victim, NULL);
  mx_call(m, "POST", "/api/v1/namespaces/~/services", gone, NULL);
  mx_call(m, "POST", "/apis/discovery.k8s.io/v1/namespaces/~/endpointslices", slice, NULL);
}

/* While the fault is on: one appears, one goes, one changes. */
static void server_changes(mx *m) {
  sim_fault(m, NULL); /* our own requests are to succeed */
  static const char new[] = "{'metadata':{'name':'new'},'spec':{'ports':[{'port':82}]}}";
  mx_call(m, "POST", "/api/v1/namespaces/~/services", new, NULL);
  mx_call(m, "DELETE", "/api/v1/namespaces/~/services/gone", NULL, NULL);
  if (mx_below(m, 2)) change(m, 0);
  sim_fault(m, m->fault->sim);
}

/* Looked at when something came, and now and then. */
static bool same_now(mx *m, char why[256]) {
  enum { NOW_AND_THEN_MS = 60 };
  int64_t now = ob_mono_ms();
  if (!m->news && now < m->looked_ms + NOW_AND_THEN_MS) return false;
  m->news = false;
  m->looked_ms = now;
  return mx_same(m, why);
}

/* Not sooner: watches that end so soon one after the other are a fault of their own. */
enum { AGAIN_MS = 1200 };

/* True: as the row has it. */
static bool watch_fault(mx *m, char why[256]) {
  const mx_fault *f = m->fault;
  bool must = (f->flags & MX_MUST) != 0, quiet = (f->flags & MX_QUIET) != 0, heard = false;
  bool want_same = (f->flags & MX_SAME) != 0, same = false;
  int64_t start = ob_mono_ms(), next_trigger = start + AGAIN_MS;
  int64_t until = start + (must || want_same || f->holds ? SAY_MS : QUIET_MS);
  while (ob_mono_ms() < until) {
    pump(m, 5);
    const ob_err *e = said(m, (f->flags & (MX_KIND | MX_QUIET)) != 0);
    if (e && quiet) {
      snprintf(why, 256, "it is to be quiet and says: %.200s", e->msg);
      return false;
    }
    if (quiet && m->was_live && status(m)->conn != OB_CONN_LIVE) {
      snprintf(why, 256, "it is to be quiet and is not live: %d", (int)status(m)->conn);
      return false;
    }
    heard |= e && one_of(f->says, e->msg);
    if (e && f->says && !must && !one_of(f->says, e->msg)) {
      snprintf(why, 256, "it says what is not so: %.200s", e->msg);
      return false;
    }
    if (e && !heard && must) snprintf(why, 256, "it says something else: %.200s", e->msg);
    if (e && m->was_live && !(f->flags & MX_KIND)) {
      if (status(m)->conn != OB_CONN_STALE) {
        snprintf(why, 256, "was live, is %d and says: %.180s", (int)status(m)->conn, e->msg);
        return false;
      }
      if (status(m)->since_ms > ob_wall_ms() + 1000) {
        snprintf(why, 256, "stale since the future");
        return false;
      }
    }
    if (want_same && m->was_live && !same) same = same_now(m, why);
    bool done = (!must || heard) && (!want_same || same);
    if (done && (!f->holds || f->holds(m, why)) && (must || ob_mono_ms() >= start + QUIET_MS))
      return true;
    if (ob_mono_ms() >= next_trigger) {
      if (status(m)->conn == OB_CONN_LIVE) trigger(m); /* what fails is not disturbed */
      next_trigger = ob_mono_ms() + AGAIN_MS;
    }
  }
  if (must && !heard && !*why) snprintf(why, 256, "nothing was said");
  return (!must || heard) && (!want_same || same) && (!f->holds || f->holds(m, why));
}

/* What came altered is asked for anew, again and again: a list may come late, and a watch that is
 * not open yet is told nothing. */
static bool healed(mx *m, char why[256]) {
  bool relist = (m->fault->flags & MX_RELIST) != 0;
  int64_t next_trigger = 0;
  for (int64_t until = ob_mono_ms() + HEAL_MS; ob_mono_ms() < until;) {
    if (relist && ob_mono_ms() >= next_trigger) {
      trigger(m);
      next_trigger = ob_mono_ms() + AGAIN_MS;
    }
    pump(m, 10);
    const ob_err *e = said(m, true);
    if (status(m)->conn != OB_CONN_LIVE)
      snprintf(why, 256, "not live again: %d, %.200s", (int)status(m)->conn, e ? e->msg : "");
    else if (e)
      snprintf(why, 256, "live, and still says: %.200s", e->msg);
    else if (same_now(m, why))
      return true;
  }
  return false;
}

static bool settled(mx *m, int before, char why[256]) {
  int now = 0;
  ob_wire_drop_all(m->wire, false);
  ob_alter_drop_all(m->alter);
  for (int64_t until = ob_mono_ms() + SETTLE_MS; ob_mono_ms() < until; usleep(2000))
    if ((now = mx_descriptors()) <= before) return true;
  snprintf(why, 256, "%d descriptors before, %d after", before, now);
  return false;
}

static bool run_case(mx *m, uint64_t seed, char why[256]) {
  const mx_fault *f = m->fault;
  m->seed = seed;
  m->rng.state = seed * 0x9e3779b9u;
  m->number = mx_below(m, 1u << 30);
  m->timing = quick;
  if (m->via == MX_REAL) { /* a bookmark a minute: silence is told by the watch's own end */
    m->timing.watch_min_s = 1;
    m->timing.watch_max_s = 2;
  }
  if (f->tune) f->tune(&m->timing);
  m->was_live = false;
  prepare(m);
  ob_wire_drop_all(m->wire, false);
  ob_alter_drop_all(m->alter);
  usleep(2000);
  int before = mx_descriptors();
  enum { BEFORE, WHILE_LOADING, LIVE } when = mx_below(m, 3);
  if (f->flags & MX_LIVE) when = LIVE;
  if (f->flags & MX_BEFORE) when = BEFORE;
  if (when == BEFORE) fault_on(m);
  open_session(m);
  for (int64_t until = ob_mono_ms() + HEAL_MS; when == LIVE && !m->was_live;) {
    pump(m, 20);
    if (ob_mono_ms() < until) continue;
    snprintf(why, 256, "not live at the start: %.200s", status(m)->err.msg);
    break;
  }
  if (when == WHILE_LOADING) usleep(mx_below(m, 40000));
  if (when != BEFORE) fault_on(m);
  server_changes(m);
  bool ok = !*why && watch_fault(m, why);
  if (ok) {
    *why = '\0';
    fault_off(m);
    if (f->flags & MX_TOUCH) change(m, 1 + mx_below(m, 100));
    ok = healed(m, why);
  } else {
    fault_off(m);
  }
  ob_session_close(m->session);
  m->session = NULL;
  return settled(m, before, ok ? why : (char[256]){0}) && ok;
}

/* --- rows
 * ------------------------------------------------------------------------------------------ */
static uint64_t number_from(const char *name, uint64_t otherwise) {
  const char *s = getenv(name);
  return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

static bool applies(const mx_fault *f, mx_via via) {
  if (via == MX_H2) return !(f->flags & MX_NO_H2);
  if (f->flags & MX_ONLY_H2) return false;
  return via != MX_REAL || !(f->sim || (f->flags & MX_SIM));
}

static int run_row(const char *name, const char *way) {
  const mx_fault *f = NULL;
  for (size_t i = 0; i < mx_nfaults; i++)
    if (strcmp(mx_faults[i].name, name) == 0) f = &mx_faults[i];
  mx_via via = 0;
  while (via < MX_VIAS && strcmp(ways[via], way) != 0) via++;
  if (!f || via == MX_VIAS) mx_die("no row %s, or no way %s", name, way);
  uint64_t seeds = number_from("OB_SEEDS", 2), first = number_from("OB_SEED", 1);
  unsigned good = 0;
  int64_t start = ob_mono_ms();
  mx m = {0};
  if (!(f->flags & MX_FRESH)) mx_open(&m, f, via);
  for (uint64_t s = first; s < first + seeds; s++) {
    char why[256] = "";
    if (f->flags & MX_FRESH) mx_open(&m, f, via);
    bool ok = run_case(&m, s, why);
    if (!ok) printf("  %s by %s, OB_SEED=%llu: %s\n", name, way, (unsigned long long)s, why);
    if (f->flags & MX_FRESH) mx_close(&m);
    good += ok;
  }
  if (!(f->flags & MX_FRESH)) mx_close(&m);
  printf("%-24s %-5s %5llu %5u %6lld ms\n", name, way, (unsigned long long)seeds, good,
         (long long)(ob_mono_ms() - start) / (long long)seeds);
  return good == seeds ? 0 : 1;
}

typedef struct child {
  pid_t pid;
  FILE *out; /* a file, so that nobody waits for a reader */
  const char *row, *way;
} child;

static void start_child(child *c, const char *self, const char *row, const char *way) {
  *c = (child){.row = row, .way = way, .out = tmpfile()};
  fflush(stdout);
  c->pid = fork();
  if (c->pid != 0) return;
  dup2(fileno(c->out), STDOUT_FILENO);
  dup2(fileno(c->out), STDERR_FILENO);
  execl("/proc/self/exe", self, "--one", row, way, (char *)NULL);
  _exit(127);
}

typedef struct totals {
  unsigned long long cases, converged;
  int bad, skipped;
} totals;

static void take_child(child *c, int how, totals *t) {
  char line[512];
  unsigned long long cases = 0, good = 0;
  rewind(c->out);
  while (fgets(line, sizeof line, c->out)) {
    fputs(line, stdout);
    if (strncmp(line, c->row, strlen(c->row)) == 0)
      sscanf(line, "%*s %*s %llu %llu", &cases, &good);
  }
  fclose(c->out);
  t->cases += cases;
  t->converged += good;
  bool skipped = WIFEXITED(how) && WEXITSTATUS(how) == 77;
  t->skipped += skipped;
  if (how == 0 || skipped) return;
  t->bad++;
  printf("  %s by %s ended with %s %d\n", c->row, c->way, WIFEXITED(how) ? "status" : "signal",
         WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how));
}

int main(int argc, char **argv) {
  enum { JOBS_MAX = 32 };
  child jobs[JOBS_MAX];
  size_t most = number_from("OB_JOBS", 6), n = 0;
  totals t = {0};
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 4 && strcmp(argv[1], "--one") == 0) return run_row(argv[2], argv[3]);
  if (most < 1 || most > JOBS_MAX) most = 6;
  const char *via = getenv("OB_VIA");
  if (!via) via = "h1,h2";
  printf("%-24s %-5s %5s %5s\n", "fault", "by", "cases", "converged");
  for (int w = 0; w < MX_VIAS; w++)
    for (size_t i = 0; i <= mx_nfaults; i++) {
      bool last = i == mx_nfaults && w == MX_VIAS - 1, wanted = i < mx_nfaults && argc == 1;
      for (int k = 1; k < argc && i < mx_nfaults; k++)
        wanted |= strcmp(argv[k], mx_faults[i].name) == 0;
      wanted = wanted && strstr(via, ways[w]) && applies(&mx_faults[i], (mx_via)w);
      while (n > 0 && (n == most || last)) {
        int how;
        pid_t pid = wait(&how);
        for (size_t k = 0; k < n; k++)
          if (jobs[k].pid == pid) {
            take_child(&jobs[k], how, &t);
            jobs[k] = jobs[--n];
            break;
          }
      }
      if (wanted) start_child(&jobs[n++], argv[0], mx_faults[i].name, ways[w]);
    }
  printf("%llu of %llu cases converged%s\n", t.converged, t.cases,
         t.skipped ? "; some rows were skipped" : "");
  if (t.cases == 0 && t.skipped) return 77;
  return t.bad || t.cases == 0 ? 1 : 0;
}
