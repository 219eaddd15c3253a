/* A session for a command that prints once: opened, and waited for until every kind has ended
 * well or badly. */
#include "base/clock.h"
#include "base/str.h"
#include "cli/cli.h"
#include "outboard/text.h"
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { WAIT_MS = 60000, FALL_BACK_MS = 2000 };

int ob_cli_timeout(const ob_args *args, int64_t *ret_ms, ob_err *err) {
  const char *timeout = args->text[OB_OPT_REQUEST_TIMEOUT];
  *ret_ms = WAIT_MS;
  if (timeout && !ob_cli_duration(timeout, ret_ms))
    return ob_fail(err, OB_EUSAGE, "--request-timeout %s: not a time like 30s or 2m", timeout);
  if (*ret_ms == 0) *ret_ms = INT64_MAX; /* as kubectl: no limit */
  return 0;
}

static bool settled(const ob_session *s) {
  const ob_cluster *c = ob_session_cluster(s);
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (ob_cluster_kind(c, (ob_kind)k)->phase == OB_LOADING) return false;
  return true;
}

void ob_cli_notice(const ob_session *s, char io_told[OB_CLI_NOTICE], FILE *err) {
  const char *notice = ob_session_status_get(s)->notice;
  if (strcmp(io_told, notice) == 0) return;
  snprintf(io_told, OB_CLI_NOTICE, "%s", notice);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_text_safe_str(&text, notice, OB_TEXT_LINE);
  if (text.len) fprintf(err, "outboard: %s\n", ob_buf_str(&text));
}

int ob_cli_wait(ob_session *s, int64_t wait_ms, char io_told[OB_CLI_NOTICE], FILE *err, ob_err *e) {
  int64_t deadline = wait_ms == INT64_MAX ? INT64_MAX : ob_mono_ms() + wait_ms;
  for (;;) {
    ob_session_pump(s, 0);
    const ob_session_status *st = ob_session_status_get(s);
    ob_cli_notice(s, io_told, err);
    if (settled(s)) return 0;
    if (st->conn == OB_CONN_DOWN) {
      *e = st->err;
      return -(int)e->code;
    }
    /* A person who types a password is not late. */
    if (st->terminal && wait_ms != INT64_MAX) deadline = ob_mono_ms() + wait_ms;
    int64_t left = deadline - ob_mono_ms();
    if (left <= 0) {
      ob_fail(e, OB_ETIMEOUT, "no complete answer from %s in time%s%s", st->server,
              st->err.code ? ": " : "", st->err.code ? st->err.msg : "");
      return ob_hint(e, "--request-timeout sets how long to wait");
    }
    struct pollfd fd = {.fd = ob_session_fd(s), .events = POLLIN};
    if (poll(&fd, 1, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
      return ob_fail(e, OB_EIO, "poll: %s", strerror(errno));
  }
}

/* Whoever may not list everywhere is moved to one namespace; that comes a moment after the refusal. */
static bool falling_back(const ob_session *s, const ob_session_opts *o) {
  bool may = o->scope == OB_SCOPE_WIDEST && !o->ns;
  return may && !ob_session_status_get(s)->ns_fallback &&
         ob_cluster_kind(ob_session_cluster(s), OB_KIND_SERVICE)->phase == OB_FORBIDDEN;
}

int ob_cli_open(ob_session **ret, const ob_args *args, const ob_session_opts *base_opts, FILE *err,
                ob_err *e) {
  *ret = NULL;
  int64_t wait_ms;
  if (args->given[OB_OPT_NAMESPACE] && args->flag[OB_OPT_ALL_NAMESPACES])
    return ob_fail(e, OB_EUSAGE, "-n and -A exclude each other");
  int rc = ob_cli_timeout(args, &wait_ms, e);
  if (rc < 0) return rc;
  ob_session_opts opts = *base_opts;
  opts.once = true;
  opts.terminal = isatty(STDIN_FILENO) ? OB_TERMINAL_OF_PLUGINS : OB_TERMINAL_OF_NOBODY;
  rc = ob_session_open(ret, &opts, e);
  char told[OB_CLI_NOTICE] = "";
  if (rc == 0) rc = ob_cli_wait(*ret, wait_ms, told, err, e);
  int64_t moved_by = ob_mono_ms() + FALL_BACK_MS;
  while (rc == 0 && falling_back(*ret, &opts) && ob_mono_ms() < moved_by) {
    struct pollfd fd = {.fd = ob_session_fd(*ret), .events = POLLIN};
    poll(&fd, 1, 50);
    rc = ob_cli_wait(*ret, wait_ms, told, err, e);
  }
  if (rc < 0) {
    ob_session_close(*ret);
    *ret = NULL;
  }
  return rc;
}
