/* `outboard probe`: ask the ways in, from here, and say what answered.
 *
 * The objects are listed once (watched with --watch), the requests planned over them, and the
 * answers printed when all are there. With --watch the round is repeated and an answer is a line.
 */
#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/probe_print.h"

#include "base/clock.h"
#include "base/settings.h"
#include "base/str.h"
#include "outboard/probe.h"
#include <errno.h>
#include <poll.h>
#include <strings.h>

enum { TARGETS_MAX = OB_PROBE_TARGETS };

typedef struct probe {
  ob_session *session;
  const ob_args *args;
  FILE *out, *err;
  ob_probe_opts opts;
  ob_probe_target *targets; /* TARGETS_MAX */
  size_t n;
  int every_ms;
} probe;

static int wait_a_little(probe *p, int64_t ms) {
  struct pollfd fds[] = {{.fd = ob_session_fd(p->session), .events = POLLIN},
                         {.fd = fileno(p->out), .events = 0}};
  int n = poll(fds, 2, ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms);
  if (n < 0 && errno != EINTR) return -1;
  ob_session_pump(p->session, 0);
  return fds[1].revents & (POLLERR | POLLHUP | POLLNVAL) ? -1 : 0;
}

static int wait_listed(probe *p, ob_err *err) {
  char told[OB_CLI_NOTICE] = "";
  int64_t wait_ms = 0;
  int rc = ob_cli_timeout(p->args, &wait_ms, err);
  if (rc == 0) rc = ob_cli_wait(p->session, wait_ms, told, p->err, err);
  if (rc < 0) return rc;
  static const ob_kind needed[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (size_t i = 0; i < OB_LEN(needed); i++) {
    const ob_kind_state *st = ob_cluster_kind(ob_session_cluster(p->session), needed[i]);
    if (st->phase != OB_FORBIDDEN) continue;
    *err = st->err;
    return -(int)err->code;
  }
  return 0;
}

/* --- what is asked --- */
static void plan_rows(probe *p, ob_view_id view, const char *name) {
  ob_list *list = ob_list_new(ob_session_cluster(p->session), view);
  ob_err ignored = {0};
  int64_t now = ob_session_now(p->session);
  ob_list_set(list, &(ob_list_opts){.name = name, .sort = -1}, now, &ignored);
  ob_list_refresh(list, now);
  for (size_t i = 0; i < ob_list_len(list) && p->n < TARGETS_MAX; i++) {
    size_t n = ob_probe_plan(ob_session_cluster(p->session), ob_list_at(list, i), &p->opts,
                             p->targets + p->n, TARGETS_MAX - p->n);
    p->n += n < TARGETS_MAX - p->n ? n : TARGETS_MAX - p->n;
  }
  ob_list_free(list);
}

static void plan_routes(probe *p, const char *name, ob_kind kind) {
  const ob_cluster *c = ob_session_cluster(p->session);
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, kind, &at));) {
    if (name && strcmp(o->name, name) != 0) continue;
    size_t room = TARGETS_MAX - p->n;
    size_t n = ob_probe_plan_route(c, o, &p->opts, p->targets + p->n, room);
    p->n += n < room ? n : room;
  }
}

static int plan_word(probe *p, const char *word, ob_err *err) {
  static const struct {
    const char *prefix;
    ob_view_id view;
    ob_kind route; /* instead of the view, unless it is a Service's kind */
    const char *what;
  } kinds[] = {{"svc/", OB_VIEW_SERVICES, OB_KIND_SERVICE, "service"},
               {"service/", OB_VIEW_SERVICES, OB_KIND_SERVICE, "service"},
               {"services/", OB_VIEW_SERVICES, OB_KIND_SERVICE, "service"},
               {"ing/", OB_VIEW_INGRESS, OB_KIND_SERVICE, "ingress"},
               {"ingress/", OB_VIEW_INGRESS, OB_KIND_SERVICE, "ingress"},
               {"ingresses/", OB_VIEW_INGRESS, OB_KIND_SERVICE, "ingress"},
               {"httproute/", OB_VIEW_INGRESS, OB_KIND_HTTP_ROUTE, "httproute"},
               {"grpcroute/", OB_VIEW_INGRESS, OB_KIND_GRPC_ROUTE, "grpcroute"}};
  size_t before = p->n;
  if (strstr(word, "://")) {
    size_t n = 0;
    int rc = ob_probe_plan_url(ob_session_cluster(p->session), word, &p->opts, p->targets + p->n,
                               TARGETS_MAX - p->n, &n, err);
    p->n += n;
    return rc;
  }
  for (size_t i = 0; i < OB_LEN(kinds); i++) {
    size_t len = strlen(kinds[i].prefix);
    if (strncasecmp(word, kinds[i].prefix, len) != 0) continue;
    if (kinds[i].route == OB_KIND_SERVICE)
      plan_rows(p, kinds[i].view, word + len);
    else
      plan_routes(p, word + len, kinds[i].route);
    if (p->n > before) return 0;
    return ob_fail(err, OB_ENOTFOUND, "%s \"%s\" not found", kinds[i].what, word + len);
  }
  ob_fail(err, OB_EUSAGE, "probe \"%s\"?", word);
  return ob_hint(err, "outboard probe svc/NAME, ing/NAME, httproute/NAME, a URL, or --all");
}

static int plan(probe *p, ob_err *err) {
  p->n = 0;
  if (p->args->flag[OB_OPT_ALL]) {
    plan_rows(p, OB_VIEW_EXPOSURE, NULL);
    plan_routes(p, NULL, OB_KIND_HTTP_ROUTE);
    plan_routes(p, NULL, OB_KIND_GRPC_ROUTE);
  }
  for (size_t i = 0; i < p->args->noperands; i++) {
    int rc = plan_word(p, p->args->operands[i], err);
    if (rc < 0) return rc;
  }
  return 0;
}

/* --- asking --- */
static const ob_probe_entry *entry_of(const probe *p, size_t i) {
  return ob_probe_log_find(ob_cluster_probes(ob_session_cluster(p->session)), p->targets[i].key);
}

/* Every target is answered, each within its own limits. */
static int ask(probe *p) {
  ob_session_probe(p->session, p->targets, p->n);
  for (size_t i = 0; i < p->n;) {
    const ob_probe_entry *e = entry_of(p, i);
    if (e && e->waiting) {
      if (wait_a_little(p, 1000) < 0) return -1;
    } else {
      i++;
    }
  }
  return 0;
}

static int verdict(const probe *p) {
  for (size_t i = 0; i < p->n; i++) {
    const ob_probe_entry *e = entry_of(p, i);
    if (e && e->last.verdict == OB_PROBE_BAD) return OB_EXIT_UNREACHED;
  }
  return OB_EXIT_OK;
}

static void print(const probe *p, ob_probe_format format) {
  const ob_probe_entry **e = ob_calloc(p->n + 1, sizeof(const ob_probe_entry *));
  size_t n = 0;
  for (size_t i = 0; i < p->n; i++)
    if ((e[n] = entry_of(p, i))) n++;
  ob_probe_print(p->out, format, e, n,
                 &(ob_probe_print_opts){.watch = p->args->flag[OB_OPT_WATCH],
                                        .headers = !p->args->flag[OB_OPT_NO_HEADERS]});
  free(e);
}

static int run(probe *p, ob_probe_format format, ob_err *err) {
  int rc = wait_listed(p, err);
  if (rc == 0) rc = plan(p, err);
  if (rc < 0) return rc;
  if (p->n == 0) fputs("Nothing is exposed here: there is nothing to ask.\n", p->err);
  for (;;) {
    int64_t next = ob_mono_ms() + p->every_ms;
    if (ask(p) < 0) return OB_EXIT_FAILURE;
    if (p->n || format != OB_PROBE_TABLE) print(p, format);
    if (fflush(p->out) != 0) return OB_EXIT_FAILURE;
    if (!p->args->flag[OB_OPT_WATCH]) return verdict(p);
    while (ob_mono_ms() < next)
      if (wait_a_little(p, next - ob_mono_ms()) < 0) return OB_EXIT_FAILURE;
    rc = plan(p, err); /* the cluster has moved on */
    if (rc < 0 && err->code != OB_ENOTFOUND) return rc;
  }
}

static int check_words(const ob_args *args, ob_probe_format *ret, ob_err *e) {
  *ret = OB_PROBE_TABLE;
  const char *format = args->text[OB_OPT_OUTPUT];
  if (format && !ob_probe_format_find(format, ret)) {
    ob_fail(e, OB_EUSAGE, "no output format of probe is called \"%s\"", format);
    return ob_hint(e, "-o table, json or junit");
  }
  if (*ret == OB_PROBE_JUNIT && args->flag[OB_OPT_WATCH])
    return ob_fail(e, OB_EUSAGE, "-o junit is one document: it has no --watch");
  if (args->given[OB_OPT_NAMESPACE] && args->flag[OB_OPT_ALL_NAMESPACES])
    return ob_fail(e, OB_EUSAGE, "-n and -A exclude each other");
  if (args->noperands || args->flag[OB_OPT_ALL]) return 0;
  ob_fail(e, OB_EUSAGE, "probe what?");
  return ob_hint(e, "outboard probe svc/NAME, ing/NAME, httproute/NAME, a URL, or --all");
}

int ob_cli_probe(const ob_args *args, const ob_session_opts *base_opts, FILE *out, FILE *err) {
  ob_err e = {0};
  ob_probe_format format;
  if (check_words(args, &format, &e) < 0) {
    ob_cli_error(err, &e);
    return OB_EXIT_USAGE;
  }
  ob_session_opts opts = *base_opts;
  if (opts.scope == OB_SCOPE_WIDEST && !opts.ns) opts.scope = OB_SCOPE_CONTEXT;
  opts.once = !args->flag[OB_OPT_WATCH];
  OB_AUTOPTR(ob_settings) settings = ob_settings_load(NULL, &e);
  if (!settings) {
    ob_cli_error(err, &e);
    return OB_EXIT_FAILURE;
  }
  ob_timing timing = opts.timing ? *opts.timing : ob_timing_default;
  ob_settings_timing(settings, &timing);
  opts.timing = &timing;
  probe p = {.args = args,
             .out = out,
             .err = err,
             .every_ms = timing.probe_every_ms,
             .opts = {.any_host = args->flag[OB_OPT_ANY_HOST],
                      .anywhere = args->flag[OB_OPT_ANY_ADDRESS],
                      .head = args->flag[OB_OPT_HEAD]}};
  p.targets = ob_calloc(TARGETS_MAX, sizeof *p.targets);
  int rc = ob_session_open(&p.session, &opts, &e);
  if (rc == 0) rc = run(&p, format, &e);
  if (rc < 0) {
    ob_cli_error(err, &e);
    rc = e.code == OB_EUSAGE ? OB_EXIT_USAGE : OB_EXIT_FAILURE;
  }
  ob_session_close(p.session);
  free(p.targets);
  return rc;
}
