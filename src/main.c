/* The program: parse the command line, choose the command, and where there is no cluster
 * to show, run the embedded one as a child process that dies with this one.
 *
 * This file alone knows both the front ends and the embedded API server. */
#include "base/clock.h"
#include "base/options.h"
#include "base/settings.h"
#include "base/str.h"
#include "cli/cli.h"
#include "sim/sim.h"
#include "tui/tui.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KUBECONFIG_MAX = 256 * 1024, DEMO_START_MS = 10000 };

/* Credentials are in this memory: no core file, and no other program of the same person may look into
 * it. OUTBOARD_DEBUGGABLE=1 leaves both to the system, for debuggers and profilers. */
static void keep_to_myself(void) {
  const char *debug = getenv("OUTBOARD_DEBUGGABLE");
  if (debug && *debug) return;
  struct rlimit none;
  if (getrlimit(RLIMIT_CORE, &none) == 0) {
    none.rlim_cur = 0; /* a child may raise it again */
    setrlimit(RLIMIT_CORE, &none);
  }
  prctl(PR_SET_DUMPABLE, 0);
}

/* Widths come from the C library's tables, which need a UTF-8 locale. */
static void set_locale(void) {
  setlocale(LC_ALL, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
}

/* --- the embedded cluster as a child ------------------------------------------------- */
typedef struct demo {
  pid_t pid; /* 0 none */
  char *kubeconfig;
} demo;

/* The child: serve until the parent is gone. Never returns. */
static _Noreturn void demo_child(int fd, pid_t parent) {
  sigset_t wait_for;
  sigemptyset(&wait_for);
  sigaddset(&wait_for, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &wait_for, NULL);
  /* The terminal's ^C is the dashboard's business. */
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  ob_sim *sim = NULL;
  ob_err err;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(KUBECONFIG_MAX);
  int rc = ob_sim_start(&sim, &(ob_sim_opts){.lively = true, .seed = 1}, &err);
  if (rc == 0) rc = ob_sim_kubeconfig(sim, &text);
  if (rc == 0) {
    for (size_t done = 0; done < text.len;) {
      ssize_t n = write(fd, text.ptr + done, text.len - done);
      if (n <= 0) _exit(1);
      done += (size_t)n;
    }
    close(fd);
    int sig;
    sigwait(&wait_for, &sig);
    ob_sim_stop(sim);
  } else {
    dprintf(fd, "!%s", err.msg);
  }
  _exit(0);
}

static int read_kubeconfig(int fd, demo *d, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(KUBECONFIG_MAX);
  char piece[4096];
  for (;;) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, DEMO_START_MS) <= 0)
      return ob_fail(err, OB_ETIMEOUT, "the embedded cluster did not start in time");
    ssize_t n = read(fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    ob_buf_add(&text, piece, (size_t)n);
  }
  if (text.len == 0 || text.ptr[0] == '!')
    return ob_fail(err, OB_EIO, "the embedded cluster did not start%s%s", text.len ? ": " : "",
                   text.len ? text.ptr + 1 : "");
  d->kubeconfig = ob_buf_take(&text, NULL);
  return 0;
}

/* Before any thread of this process starts. */
static int demo_start(demo *d, ob_err *err) {
  int fds[2];
  if (pipe(fds) < 0) return ob_fail(err, OB_EIO, "pipe: %s", strerror(errno));
  pid_t parent = getpid();
  fflush(NULL);
  d->pid = fork();
  if (d->pid < 0) {
    d->pid = 0;
    close(fds[0]);
    close(fds[1]);
    return ob_fail(err, OB_EIO, "fork: %s", strerror(errno));
  }
  if (d->pid == 0) {
    close(fds[0]);
    demo_child(fds[1], parent);
  }
  close(fds[1]);
  int rc = read_kubeconfig(fds[0], d, err);
  close(fds[0]);
  return rc;
}

static void demo_stop(demo *d) {
  if (d->pid > 0) {
    kill(d->pid, SIGTERM);
    waitpid(d->pid, NULL, 0);
  }
  free(d->kubeconfig);
}

/* --- commands -------------------------------------------------------------------------- */
static int fail(const ob_err *err) {
  ob_cli_error(stderr, err);
  return err->code == OB_EUSAGE ? OB_EXIT_USAGE : OB_EXIT_FAILURE;
}

/* True when no kubeconfig and no pod's credentials are there, and nothing asked for one. */
static bool nothing_to_show(const ob_session_opts *o) {
  if (o->kubeconfig || o->context || o->cluster || o->user) return false;
  ob_contexts *contexts = NULL;
  ob_err err;
  if (ob_contexts_load(&contexts, o, &err) < 0) return false; /* opening it will say why */
  bool none = ob_contexts_none(contexts);
  ob_contexts_free(contexts);
  return none;
}

static int cmd_dashboard(const ob_args *args) {
  ob_err err = {0};
  if (args->given[OB_OPT_NAMESPACE] && args->flag[OB_OPT_ALL_NAMESPACES]) {
    ob_fail(&err, OB_EUSAGE, "-n and -A exclude each other");
    return fail(&err);
  }
  ob_tui_opts opts = {.session = ob_cli_session_opts(args),
                      .theme = args->text[OB_OPT_THEME],
                      .ascii = args->flag[OB_OPT_ASCII],
                      .read_only = args->flag[OB_OPT_READ_ONLY]};
  if (!ob_tui_possible(&err)) return fail(&err);
  OB_AUTOPTR(ob_settings) settings = ob_settings_load(NULL, &err);
  if (!settings) return fail(&err);
  opts.settings = settings;
  demo d = {0};
  bool asked = args->flag[OB_OPT_DEMO];
  if (asked || nothing_to_show(&opts.session)) {
    if (demo_start(&d, &err) < 0) {
      demo_stop(&d);
      return fail(&err);
    }
    opts.session.kubeconfig_text = d.kubeconfig;
    opts.notice = asked ? "this is the embedded demo cluster"
                        : "no kubeconfig found: this is the embedded demo cluster";
  }
  int rc = ob_tui_run(&opts);
  demo_stop(&d);
  return rc;
}

/* A command that prints what one cluster says, or the demo with --demo. */
static int print_with(int (*run)(const ob_args *, const ob_session_opts *, FILE *, FILE *),
                      const ob_args *args) {
  ob_session_opts opts = ob_cli_session_opts(args);
  demo d = {0};
  ob_err err = {0};
  if (args->flag[OB_OPT_DEMO]) {
    if (demo_start(&d, &err) < 0) {
      demo_stop(&d);
      return fail(&err);
    }
    opts.kubeconfig_text = d.kubeconfig;
  }
  int rc = run(args, &opts, stdout, stderr);
  demo_stop(&d);
  return rc;
}

static int cmd_get(const ob_args *args) {
  return print_with(ob_cli_get, args);
}

static int cmd_contexts(const ob_args *args) {
  return print_with(ob_cli_contexts, args);
}

static int cmd_probe(const ob_args *args) {
  return print_with(ob_cli_probe, args);
}

static int cmd_doctor(const ob_args *args) {
  return print_with(ob_cli_doctor, args);
}

static int cmd_compare(const ob_args *args) {
  return print_with(ob_cli_compare, args);
}

static int cmd_explain(const ob_args *args) {
  return print_with(ob_cli_explain, args);
}

static int cmd_routes(const ob_args *args) {
  return print_with(ob_cli_routes, args);
}

static int cmd_convert(const ob_args *args) {
  return print_with(ob_cli_convert, args);
}

static int cmd_route(const ob_args *args) {
  return print_with(ob_cli_route, args);
}

static int cmd_expose(const ob_args *args) {
  return print_with(ob_cli_expose, args);
}

static int cmd_undo(const ob_args *args) {
  return print_with(ob_cli_undo, args);
}

static int cmd_apply(const ob_args *args) {
  return print_with(ob_cli_apply, args);
}

static int list_faults(void) {
  for (size_t i = 0; i < ob_sim_nfaults; i++)
    printf("%-26s %s\n", ob_sim_faults[i].name, ob_sim_faults[i].help);
  return OB_EXIT_OK;
}

/* The kubeconfig holds a credential: a file that a shell has just made for it is its owner's alone,
 * whatever the umask. */
static void keep_private(int fd) {
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0) fchmod(fd, 0600);
}

/* In the foreground until SIGINT or SIGTERM, or until the reader of stdout is gone. */
static int cmd_serve(const ob_args *args) {
  for (size_t i = 0; i < args->nlist[OB_OPT_FAULT]; i++)
    if (strcmp(args->list[OB_OPT_FAULT][i], "list") == 0) return list_faults();
  ob_err err = {0};
  if (args->noperands) {
    ob_fail(&err, OB_EUSAGE, "serve takes no operand, \"%s\" is too much", args->operands[0]);
    return fail(&err);
  }
  int64_t port = 0;
  const char *port_text = args->text[OB_OPT_PORT];
  if (port_text && !ob_parse_int(port_text, 0, 65535, &port)) {
    ob_fail(&err, OB_EUSAGE, "--port %s: a port is 1 to 65535", port_text);
    return fail(&err);
  }
  sigset_t wait_for;
  sigemptyset(&wait_for);
  sigaddset(&wait_for, SIGINT);
  sigaddset(&wait_for, SIGTERM);
  sigaddset(&wait_for, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &wait_for, NULL);
  ob_sim *sim = NULL;
  const ob_sim_opts opts = {
      .port = (int)port,
      .empty = args->flag[OB_OPT_EMPTY],
      .seed = args->given[OB_OPT_SEED] ? (uint64_t)args->count[OB_OPT_SEED] : 1,
      .scale = (uint32_t)args->count[OB_OPT_SCALE],
      .churn = (uint32_t)args->count[OB_OPT_CHURN],
      .lively = !args->flag[OB_OPT_EMPTY] && !args->given[OB_OPT_SCALE],
      .faults = args->list[OB_OPT_FAULT],
      .nfaults = args->nlist[OB_OPT_FAULT],
  };
  if (ob_sim_start(&sim, &opts, &err) < 0) return fail(&err);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(KUBECONFIG_MAX);
  ob_sim_kubeconfig(sim, &text);
  keep_private(STDOUT_FILENO);
  fwrite(ob_buf_str(&text), 1, text.len, stdout);
  fflush(stdout);
  fprintf(stderr, "outboard: serving on %s; ^C ends it\n", ob_sim_url(sim));
  int sig;
  sigwait(&wait_for, &sig);
  ob_sim_stop(sim);
  return OB_EXIT_OK;
}

static int cmd_config(const ob_args *args) {
  static const ob_cli_front front = {.check = ob_tui_check_file, .manual = ob_tui_manual};
  return ob_cli_config(args, &front, stdout, stderr);
}

static const struct {
  unsigned bit;
  int (*run)(const ob_args *args);
} runners[] = {{OB_CMD_DASHBOARD, cmd_dashboard},
               {OB_CMD_GET, cmd_get},
               {OB_CMD_SERVE, cmd_serve},
               {OB_CMD_CONTEXTS, cmd_contexts},
               {OB_CMD_DOCTOR, cmd_doctor},
               {OB_CMD_CONFIG, cmd_config},
               {OB_CMD_COMPARE, cmd_compare},
               {OB_CMD_EXPLAIN, cmd_explain},
               {OB_CMD_ROUTES, cmd_routes},
               {OB_CMD_CONVERT, cmd_convert},
               {OB_CMD_ROUTE, cmd_route},
               {OB_CMD_EXPOSE, cmd_expose},
               {OB_CMD_UNDO, cmd_undo},
               {OB_CMD_APPLY, cmd_apply},
               {OB_CMD_PROBE, cmd_probe}};

/* Where a standard stream is closed, the next file or socket would take its number, and what is
 * printed would go there. What stands in its place cannot be used the way that is asked. */
static void keep_numbers(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit(OB_EXIT_FAILURE);
}

/* What was printed has arrived, or the person learns why not. A reader that left has seen enough. */
static int end_output(int rc) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return rc;
  if (write(STDOUT_FILENO, "\n", 1) < 0 && errno != EPIPE) {
    ob_err err;
    ob_fail(&err, OB_EIO, "standard output: %s", strerror(errno));
    ob_cli_error(stderr, &err);
  }
  return rc == OB_EXIT_OK ? OB_EXIT_FAILURE : rc;
}

int main(int argc, char *argv[]) {
  keep_numbers();
  keep_to_myself();
  set_locale();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error like a full disk */
  ob_err err = {0};
  int at;
  const ob_command *cmd = ob_command_find(argc, argv, &at, &err);
  if (!cmd) return fail(&err);
  /* The command's word is taken out; options may stand on both sides of it. */
  char **words = ob_calloc((size_t)argc + 1, sizeof *words);
  int n = 0;
  for (int i = 1; i < argc; i++)
    if (i != at) words[n++] = argv[i];
  ob_args *args = ob_calloc(1, sizeof *args);
  int rc = OB_EXIT_OK;
  if (ob_args_parse(args, cmd->bit, n, words, &err) < 0) {
    ob_cli_error(stderr, &err);
    rc = OB_EXIT_USAGE;
  } else if (args->flag[OB_OPT_HELP]) {
    ob_cli_help(stdout, cmd);
  } else if (args->flag[OB_OPT_VERSION]) {
    ob_cli_version(stdout, OB_LIBRARIES);
  } else {
    for (size_t i = 0; i < OB_LEN(runners); i++)
      if (runners[i].bit == cmd->bit) rc = runners[i].run(args);
  }
  free(args);
  free(words);
  return end_output(rc);
}
