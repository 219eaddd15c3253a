/* The runs of a login, one at a time.
 *
 *   IDLE ─▶ RUNNING (plugin alone, or issuer) ─▶ IDLE
 *     └──▶ ASKING for the terminal ─▶ RUNNING (plugin with the terminal) ─▶ IDLE
 *
 * Where the terminal has to be asked for, a plugin that may do with or without it
 * (interactiveMode IfAvailable, the default of v1beta1) is first run without: most renewals need
 * nobody, and the screen stays. Only when that fails it gets the terminal. */
#include "kube/http_login.h"
#include "base/str.h"
#include "kube/exec.h"

struct ob_login {
  const ob_kube_target *target;
  const ob_timing *timing;
  ob_creds *creds;
  ob_http_terminal terminal;
  ob_oidc *oidc;
  bool oidc_runs;
  ob_process *child;
  bool with_terminal, asking, forced, have;
  int64_t expires_ms;         /* Unix; 0 never */
  int64_t got_ms, started_ms; /* monotonic */
  ob_err err;                 /* of the last run */
  int64_t not_before_ms;      /* monotonic; INT64_MAX: not before somebody asks */
  int delay_ms;               /* 0: nothing failed lately */
  size_t said;                /* length of the stderr that say() saw */
};

ob_login *ob_login_new(ob_http *h, ob_creds *creds, const ob_timing *timing) {
  const ob_kube_target *t = creds->target;
  if (!t->exec && !t->oidc) return NULL;
  ob_login *l = ob_calloc(1, sizeof *l);
  *l = (ob_login){.target = t, .timing = timing, .creds = creds};
  if (t->oidc) l->oidc = ob_oidc_new(h, t->oidc);
  return l;
}

void ob_login_free(ob_login *l) {
  if (!l) return;
  ob_process_free(l->child);
  ob_oidc_free(l->oidc);
  free(l);
}

void ob_login_terminal(ob_login *l, const ob_http_terminal *t) {
  l->terminal = *t;
}

static void say(ob_login *l, const char *line) {
  if (l->terminal.say) l->terminal.say(l->terminal.arg, line);
}

static void ask(ob_login *l, bool wanted) {
  if (l->terminal.ask) l->terminal.ask(l->terminal.arg, wanted);
}

/* --- the end of a run ------------------------------------------------------------------- */
static void back_off(ob_login *l, bool until_asked) {
  int first = l->timing->backoff_first_ms, most = l->timing->backoff_max_ms;
  l->delay_ms = !l->delay_ms ? first : l->delay_ms > most / 2 ? most : l->delay_ms * 2;
  l->not_before_ms = until_asked ? INT64_MAX : ob_mono_ms() + l->delay_ms;
}

static void run_failed(ob_login *l, const ob_err *err, bool until_asked) {
  l->err = *err;
  l->have = false;
  back_off(l, until_asked);
}

static void run_worked(ob_login *l, int64_t expires_ms) {
  l->have = true;
  l->got_ms = ob_mono_ms();
  l->expires_ms = expires_ms;
  l->not_before_ms = 0;
  if (l->forced) back_off(l, false);
}

/* --- the plugin --------------------------------------------------------------------------- */
static void start_plugin(ob_login *l, bool with_terminal);

static void ask_for_terminal(ob_login *l) {
  l->asking = true;
  ask(l, true);
}

static void plugin_ended(ob_login *l, const ob_exec_cred *cred, ob_err *err) {
  bool had_terminal = l->with_terminal, lent = had_terminal && l->terminal.how == OB_TERMINAL_ASK;
  ob_process_free(ob_take(l->child));
  l->with_terminal = false;
  l->said = 0;
  say(l, "");
  if (had_terminal) ask(l, false);
  if (cred) {
    ob_creds_adopt(l->creds, cred->token, cred->cert, cred->key);
    run_worked(l, cred->expires_ms);
    return;
  }
  bool may_ask = l->terminal.how == OB_TERMINAL_ASK && !had_terminal;
  if (may_ask && l->target->exec->interactive == OB_EXEC_IF_AVAILABLE) {
    ask_for_terminal(l);
    return;
  }
  run_failed(l, err, lent);
}

static void start_plugin(ob_login *l, bool with_terminal) {
  ob_err err = {0};
  l->with_terminal = with_terminal;
  if (with_terminal && l->terminal.how == OB_TERMINAL_OURS) ask(l, true);
  l->started_ms = ob_mono_ms();
  if (ob_exec_start(&l->child, l->target->exec, with_terminal, &err) == 0) return;
  /* A program that is not there is not there with a terminal either. */
  l->with_terminal = false;
  if (with_terminal) ask(l, false);
  run_failed(l, &err, false);
}

static void choose_plugin(ob_login *l) {
  int how = (int)l->terminal.how;
  bool always = l->target->exec->interactive == OB_EXEC_ALWAYS;
  bool may = l->target->exec->interactive != OB_EXEC_NEVER;
  if (always && how == OB_TERMINAL_NONE) {
    ob_err err;
    ob_fail(&err, OB_EAUTH,
            "the credential plugin \"%s\" wants to ask a person, and nobody can be asked here",
            l->target->exec->command);
    ob_hint(&err, "the dashboard and `outboard doctor` can, in a terminal; or set interactiveMode: "
                  "IfAvailable");
    run_failed(l, &err, false);
  } else if (always && how == OB_TERMINAL_ASK) {
    ask_for_terminal(l);
  } else {
    start_plugin(l, may && how == OB_TERMINAL_OURS);
  }
}

static void tell_words(ob_login *l) {
  size_t len = ob_process_err(l->child)->len;
  if (len == l->said) return;
  l->said = len;
  OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&line, "%s: ", l->target->exec->command);
  ob_exec_last_words(&line, l->child);
  say(l, ob_buf_str(&line));
}

static int limit_of(const ob_login *l) {
  return l->with_terminal ? l->timing->plugin_terminal_ms : l->timing->plugin_ms;
}

static void work_plugin(ob_login *l) {
  ob_err err = {0};
  if (ob_process_work(l->child)) {
    OB_AUTO(ob_exec_cred) cred = {0};
    int rc = ob_exec_take(&cred, l->target->exec, l->child, &err);
    plugin_ended(l, rc == 0 ? &cred : NULL, &err);
    return;
  }
  tell_words(l);
  if (ob_mono_ms() < l->started_ms + limit_of(l)) return;
  OB_AUTO(ob_buf) said = OB_BUF_INIT(OB_LINE_MAX);
  ob_exec_last_words(&said, l->child);
  ob_fail(&err, OB_EAUTH, "the credential plugin \"%s\" did not end within %g s%s%s",
          l->target->exec->command, (double)limit_of(l) / 1000, said.len ? ": " : "",
          ob_buf_str(&said));
  ob_hint(&err, "log in with the provider's own command, or run the plugin by hand");
  plugin_ended(l, NULL, &err);
}

/* --- the issuer ---------------------------------------------------------------------------- */
/* Take the ID token over when it is good for a while yet. */
static bool take_id_token(ob_login *l, bool *ret_have, ob_err *err) {
  const char *token = NULL;
  int64_t expires = 0;
  *ret_have = false;
  if (ob_oidc_token(l->oidc, &token, &expires, err)) return false;
  if (!token || expires <= ob_wall_ms()) return true;
  ob_creds_adopt(l->creds, token, NULL, NULL);
  run_worked(l, expires);
  *ret_have = true;
  return true;
}

static void on_refreshed(void *arg, const ob_err *err) {
  ob_login *l = arg;
  ob_err why = *err;
  bool have = false;
  l->oidc_runs = false;
  const ob_err *stored = ob_oidc_stored(l->oidc);
  if (stored->code) say(l, stored->msg);
  if (!why.code && take_id_token(l, &have, &why) && !have) {
    ob_fail(&why, OB_EAUTH, "the issuer gave an id-token that has already expired");
    ob_hint(&why, "look at this computer's clock");
  }
  if (!have) run_failed(l, &why, false);
}

static void start_oidc(ob_login *l) {
  ob_err err = {0};
  bool have = false;
  if (!l->have && !l->forced && (!take_id_token(l, &have, &err) || have)) {
    if (!have) run_failed(l, &err, false);
    return;
  }
  l->oidc_runs = true;
  ob_oidc_refresh(l->oidc, on_refreshed, l);
}

/* --- what the requests ask ------------------------------------------------------------------ */
static bool running(const ob_login *l) {
  return l->child || l->asking || l->oidc_runs;
}

static void start(ob_login *l, bool forced) {
  l->forced = forced;
  if (l->oidc)
    start_oidc(l);
  else
    choose_plugin(l);
}

/* A credential that is born expired serves for a moment all the same: a clock that is wrong must
 * not become a loop. */
static bool expired(const ob_login *l) {
  return l->expires_ms && ob_wall_ms() >= l->expires_ms &&
         ob_mono_ms() - l->got_ms >= l->timing->backoff_first_ms;
}

ob_login_state ob_login_ready(ob_login *l, ob_err *err) {
  if (!running(l) && !(l->have && !expired(l)) && ob_mono_ms() >= l->not_before_ms) start(l, false);
  if (running(l)) return OB_LOGIN_WAIT;
  if (l->have) return OB_LOGIN_READY;
  *err = l->err;
  return OB_LOGIN_FAILED;
}

ob_login_state ob_login_refused(ob_login *l, unsigned generation) {
  if (running(l)) return OB_LOGIN_WAIT;
  if (l->creds->generation != generation) return l->have ? OB_LOGIN_READY : OB_LOGIN_FAILED;
  if (ob_mono_ms() < l->not_before_ms) return OB_LOGIN_FAILED;
  if (l->oidc && !l->target->oidc->refresh_token) return OB_LOGIN_FAILED;
  start(l, true);
  return running(l) ? OB_LOGIN_WAIT : OB_LOGIN_FAILED;
}

void ob_login_accepted(ob_login *l) {
  l->delay_ms = 0;
}

void ob_login_lent(ob_login *l) {
  if (!l->asking) return;
  l->asking = false;
  start_plugin(l, true);
}

void ob_login_again(ob_login *l) {
  l->delay_ms = 0;
  l->not_before_ms = 0;
}

size_t ob_login_fds(const ob_login *l, int fds[OB_PROCESS_FDS]) {
  return l->child ? ob_process_fds(l->child, fds) : 0;
}

int64_t ob_login_due(const ob_login *l) {
  return l->child ? l->started_ms + limit_of(l) : INT64_MAX;
}

void ob_login_work(ob_login *l) {
  if (l->child) work_plugin(l);
}
