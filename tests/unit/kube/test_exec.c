/* Credential plugins: shell scripts of a folder that goes away, before a server that says which
 * credential came. */
#include "base/str.h"
#include "client.h"
#include "kube/exec.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static void folder(void) {
  snprintf(dir, sizeof dir, "/tmp/outboard-exec-XXXXXX");
  cr_assert(mkdtemp(dir));
  setenv("D", dir, 1);
}

static void folder_gone(void) {
  OB_AUTOFREE char *rm = ob_asprintf("rm -rf %s", dir);
  FILE *p = popen(rm, "r");
  if (p) pclose(p);
}

static char *in_dir(const char *name) {
  return ob_asprintf("%s/%s", dir, name);
}

static void script(const char *name, const char *text) {
  OB_AUTOFREE char *path = in_dir(name), *all = ob_asprintf("#!/bin/sh\n%s\n", text);
  test_write_file(path, all);
  cr_assert_eq(chmod(path, 0755), 0);
}

static char *content(const char *name) {
  OB_AUTOFREE char *path = in_dir(name);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_read_file(path, &b, NULL);
  return ob_buf_take(&b, NULL);
}

static int lines(const char *name) {
  OB_AUTOFREE char *text = content(name);
  int n = 0;
  for (const char *c = text; *c; c++) n += *c == '\n';
  return n;
}

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(s)                                                                                  \
  "printf '%s' '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":{" s "}}'"

/* "exec" of a user: the script `plugin` of the folder, further members each with a comma before. */
static char *user_of(const char *mode, const char *more) {
  return ob_asprintf("\"exec\":{\"command\":\"%s/plugin\",\"apiVersion\":\"" V1
                     "\",\"interactiveMode\":\"%s\"%s}",
                     dir, mode, more ? more : "");
}

/* 200 when the token is in `good` (a file of the folder, one line), else 401. */
static bool guarded(test_conn *c, const test_request *r, void *arg) {
  (void)arg;
  OB_AUTOFREE char *good = content("good");
  good[strcspn(good, "\n")] = '\0';
  OB_AUTOFREE char *want = ob_asprintf("Authorization: Bearer %s\r\n", good);
  if (!strstr(r->head, want))
    return test_reply(c, 401, NULL,
                      "{\"kind\":\"Status\",\"code\":401,\"reason\":\"Unauthorized\"}");
  return test_reply(c, 200, NULL, "{\"ok\":1}");
}

static void good(const char *token) {
  OB_AUTOFREE char *path = in_dir("good");
  test_write_file(path, token);
}

typedef struct rig {
  test_tls_world w;
  ob_kube_target *target;
  ob_timing timing;
  ob_http *http;
} rig;

static void rig_start(rig *r, const char *mode, const char *more, const char *cluster) {
  r->w = test_tls_start("127.0.0.1", -60, 3600, guarded, NULL);
  OB_AUTOFREE char *user = user_of(mode, more);
  r->target = test_tls_target("127.0.0.1", r->w.port, r->w.ca.cert, cluster, user);
  r->timing = test_timing();
  r->timing.plugin_ms = 20000;
  ob_err e = {0};
  cr_assert_eq(ob_http_new(&r->http, r->target, &r->timing, &e), 0, "%s", e.msg);
}

static void rig_stop(rig *r) {
  ob_http_free(r->http);
  ob_kube_target_free(r->target);
  test_tls_stop(&r->w);
  cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "a zombie is left");
}

/* Several at once, each checked. */
static void gets(rig *r, size_t n, ob_code code, const char *says) {
  test_answer a[8] = {0};
  for (size_t i = 0; i < n; i++) test_start(r->http, &a[i], (ob_http_request){0});
  for (size_t i = 0; i < n; i++) {
    test_run(r->http, &a[i].done, 30000);
    cr_assert(a[i].done, "no answer");
    cr_expect_eq(a[i].err.code, code, "%s: %s", ob_code_name(a[i].err.code), a[i].err.msg);
    cr_expect(strstr(a[i].err.msg, says), "\"%s\" does not say \"%s\"", a[i].err.msg, says);
    cr_expect(!strstr(a[i].err.msg, "hush") && !strstr(a[i].err.hint, "hush"), "a secret is told");
    if (code) cr_expect(*a[i].err.hint, "no hint: %s", a[i].err.msg);
    ob_buf_done(&a[i].body);
  }
}

/* --- what the plugin is told, and gets ---------------------------------------------------- */

Test(exec, is_told) {
  folder();
  good("tok");
  setenv("OURS", "kept", 1);
  setenv("BOTH", "ours", 1);
  script("plugin",
         "echo \"$KUBERNETES_EXEC_INFO\" >$D/info; env >$D/env; echo \"$@\" >$D/args\n" ANSWER(
             "\"token\":\"tok\""));
  rig r;
  rig_start(&r, "IfAvailable",
            ",\"args\":[\"a b\",\"--c=$D\"],\"env\":[{\"name\":\"BOTH\",\"value\":\"theirs\"}],"
            "\"provideClusterInfo\":true",
            ",\"extensions\":[{\"name\":\"client.authentication.k8s.io/exec\",\"extension\":"
            "{\"audience\":[1,2]}}]");
  gets(&r, 1, OB_OK, "");
  OB_AUTOFREE char *info = content("info"), *env = content("env"), *args = content("args");
  OB_AUTOFREE char *ca = test_base64(r.w.ca.cert);
  OB_AUTOFREE char *want = ob_asprintf(
      "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"spec\":{\"cluster\":{\"server\":"
      "\"https://127.0.0.1:%d\",\"certificate-authority-data\":\"%s\",\"config\":{\"audience\":"
      "[1,2]}},\"interactive\":false}}\n",
      r.w.port, ca);
  cr_expect_str_eq(info, want);
  cr_expect_str_eq(args, "a b --c=$D\n", "no shell expands them");
  cr_expect(strstr(env, "OURS=kept\n") && strstr(env, "BOTH=theirs\n") &&
            !strstr(env, "BOTH=ours"));
  rig_stop(&r);
  folder_gone();
}

/* --- one run for all, and when the next --------------------------------------------------------
 */

Test(exec, one_run_for_all_requests_and_again_on_401) {
  folder();
  good("one");
  script("plugin", "echo run >>$D/runs; sleep 0.2\n" ANSWER("\"token\":\"'$(cat $D/give)'\""));
  script("give", "");
  OB_AUTOFREE char *give = in_dir("give");
  test_write_file(give, "one");
  rig r;
  rig_start(&r, "Never", NULL, NULL);
  gets(&r, 8, OB_OK, "");
  cr_expect_eq(lines("runs"), 1);
  gets(&r, 2, OB_OK, "");
  cr_expect_eq(lines("runs"), 1, "kept without an expiry");
  good("two");
  test_write_file(give, "two");
  unsigned before = test_server_requests(r.w.s);
  gets(&r, 4, OB_OK, "");
  cr_expect_eq(lines("runs"), 2, "one more for all that got a 401: %d", lines("runs"));
  cr_expect_eq(test_server_requests(r.w.s) - before, 8, "each request is repeated once");
  good("three");
  usleep(100000);
  gets(&r, 4, OB_EAUTH, "");
  int runs = lines("runs");
  cr_expect_eq(runs, 3, "once more, and not again for each: %d", runs);
  rig_stop(&r);
  folder_gone();
}

Test(exec, runs_again_after_its_expiry) {
  folder();
  good("tok");
  script("plugin",
         "echo run >>$D/runs; when=$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ)\n" ANSWER(
             "\"token\":\"tok\",\"expirationTimestamp\":\"'$when'\""));
  rig r;
  rig_start(&r, "Never", NULL, NULL);
  gets(&r, 2, OB_OK, "");
  int first = lines("runs");
  usleep(1200000);
  gets(&r, 2, OB_OK, "");
  cr_expect_gt(lines("runs"), first);
  rig_stop(&r);
  /* A clock that is far off: born expired, used all the same, no loop. */
  script("plugin", "echo run >>$D/late\n" ANSWER(
                       "\"token\":\"tok\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\""));
  rig_start(&r, "Never", NULL, NULL);
  r.timing.backoff_first_ms = 5000;
  gets(&r, 8, OB_OK, "");
  cr_expect_leq(lines("late"), 2);
  rig_stop(&r);
  folder_gone();
}

/* --- what may go wrong -------------------------------------------------------------------------
 */

Test(exec, failures_say_what_and_what_next) {
  folder();
  good("tok");
  static const struct {
    const char *plugin, *more, *says, *hint;
  } rows[] = {
      {NULL, NULL, "is not installed", "names a file that is not there"},
      {NULL, ",\"installHint\":\"brew install it\"", "is not installed", "brew install it"},
      {"echo no login >&2; echo 'hush' ; exit 7", NULL, "failed with exit code 7: no login", ""},
      {"echo a >&2; echo b >&2; exit 1", NULL, "exit code 1: a; b", ""},
      {"kill -9 $$", NULL, "failed with exit code 137", ""},
      {"echo hush", NULL, "did not print an ExecCredential", ""},
      {"echo '{\"hush\"'", NULL, "neither JSON nor YAML", ""},
      {"echo '{}'", NULL, "did not print an ExecCredential", ""},
      {"echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\","
       "\"status\":{\"token\":\"hush\"}}'",
       NULL, "was asked for " V1, ""},
      {"echo '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\"}'", NULL, "printed no status",
       ""},
      {ANSWER(""), NULL, "neither a token nor a certificate", ""},
      {ANSWER("\"clientKeyData\":\"hush\""), NULL, "only one of certificate and key", ""},
      {ANSWER("\"clientKeyData\":\"hush\",\"clientCertificateData\":\"hush\""), NULL, "no PEM", ""},
      {ANSWER("\"token\":\"a\\nhush\""), NULL, "control characters", ""},
      {ANSWER("\"token\":\"hush\",\"expirationTimestamp\":\"soon\""), NULL, "that is no time", ""},
      /* OB_EXEC_OUT_MAX, and one more */
      {"head -c 1048576 /dev/zero | tr '\\0' ' '", NULL, "did not print an ExecCredential", ""},
      {"head -c 1048577 /dev/zero | tr '\\0' ' '", NULL, "printed more than 1048576 bytes", ""},
      {"yes hush | head -c 104857600", NULL, "printed more than 1048576 bytes", ""},
      {"echo waiting >&2; sleep 60", NULL, "did not end within 0.3 s: waiting", ""},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *path = in_dir("plugin");
    unlink(path);
    if (rows[i].plugin) script("plugin", rows[i].plugin);
    rig r;
    rig_start(&r, "Never", rows[i].more, NULL);
    if (rows[i].plugin && strstr(rows[i].plugin, "sleep 60")) r.timing.plugin_ms = 300;
    test_answer a = test_get(r.http, (ob_http_request){0});
    cr_expect_eq(a.err.code, OB_EAUTH, "row %zu: %s %s", i, ob_code_name(a.err.code), a.err.msg);
    cr_expect(strstr(a.err.msg, rows[i].says), "row %zu: %s", i, a.err.msg);
    cr_expect(*a.err.hint && strstr(a.err.hint, rows[i].hint), "row %zu: %s", i, a.err.hint);
    cr_expect(!strstr(a.err.msg, "hush") && !strstr(a.err.hint, "hush"), "row %zu: %s", i,
              a.err.msg);
    cr_expect_eq(test_server_requests(r.w.s), 0, "row %zu: nothing is sent", i);
    ob_buf_done(&a.body);
    rig_stop(&r);
  }
  folder_gone();
}

/* It is there, and cannot run: "not installed" would send its owner the wrong way. */
Test(exec, an_interpreter_that_is_not_there) {
  folder();
  OB_AUTOFREE char *path = in_dir("plugin");
  script("plugin", "exit 1");
  test_write_file(path, "#!/no/such/interpreter\n");
  rig r;
  rig_start(&r, "Never", ",\"installHint\":\"brew install it\"", NULL);
  test_answer a = test_get(r.http, (ob_http_request){0});
  EXPECT(a, OB_EAUTH, "needs a program that is not there");
  cr_expect(strstr(a.err.hint, "interpreter"), "%s", a.err.hint);
  ob_buf_done(&a.body);
  rig_stop(&r);
  folder_gone();
}

/* A failure is not repeated by each request, and a person may repeat it at once. */
Test(exec, failures_back_off) {
  folder();
  good("tok");
  script("plugin", "echo run >>$D/runs; exit 1");
  rig r;
  rig_start(&r, "Never", NULL, NULL);
  r.timing.backoff_first_ms = r.timing.backoff_max_ms = 60000;
  gets(&r, 8, OB_EAUTH, "exit code 1");
  gets(&r, 8, OB_EAUTH, "exit code 1");
  cr_expect_eq(lines("runs"), 1);
  script("plugin", ANSWER("\"token\":\"tok\""));
  ob_http_login_again(r.http);
  gets(&r, 1, OB_OK, "");
  rig_stop(&r);
  folder_gone();
}

/* Other requests go on while it runs, and its end does not wait for a poll's time-out. */
Test(exec, closing_ends_it) {
  folder();
  script("plugin", "trap '' TERM; sleep 100");
  rig r;
  rig_start(&r, "Never", NULL, NULL);
  test_answer a = {0};
  test_start(r.http, &a, (ob_http_request){0});
  for (int i = 0; i < 5; i++) ob_http_poll(r.http, 20);
  cr_expect_not(a.done);
  int64_t before = ob_mono_ms();
  rig_stop(&r);
  cr_expect_lt(ob_mono_ms() - before, 30000);
  ob_buf_done(&a.body);
  folder_gone();
}

/* --- certificates --------------------------------------------------------------------------------
 */

Test(exec, certificate_and_a_new_one) {
  folder();
  test_cert ca = test_cert_new(NULL, NULL, -3600, 3600);
  test_cert leaf = test_cert_new(&ca, "127.0.0.1", -60, 3600);
  test_cert first = test_cert_new(&ca, "first", -60, 3600),
            second = test_cert_new(&ca, "second", -60, 3600);
  test_server *s = test_server_start(&leaf, &ca, test_says_ok, NULL);
  OB_AUTOFREE char *cert = in_dir("cert"), *key = in_dir("key");
  test_write_file(cert, first.cert);
  test_write_file(key, first.key);
  script("plugin", "echo run >>$D/runs; indent() { sed 's/^/    /' $D/$1; }\n"
                   "printf 'apiVersion: " V1 "\\nkind: ExecCredential\\nstatus:\\n"
                   "  clientCertificateData: |\\n%s\\n  clientKeyData: |\\n%s\\n"
                   "  expirationTimestamp: %s\\n' \"$(indent cert)\" \"$(indent key)\" "
                   "$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ)");
  OB_AUTOFREE char *user = user_of("Never", NULL);
  OB_AUTOPTR(ob_kube_target)
  t = test_tls_target("127.0.0.1", test_server_port(s), ca.cert, NULL, user);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  test_answer a = test_get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  ob_buf_done(&a.body);
  unsigned conns = test_server_connections(s);
  test_write_file(cert, second.cert);
  test_write_file(key, second.key);
  usleep(1300000);
  a = test_get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  ob_buf_done(&a.body);
  cr_expect_eq(lines("runs"), 2);
  cr_expect_eq(test_server_connections(s), conns + 1, "a new connection with the new certificate");
  ob_http_free(ob_take(h));
  test_server_stop(s);
  test_cert_free(&ca), test_cert_free(&leaf), test_cert_free(&first), test_cert_free(&second);
  folder_gone();
}

/* --- the terminal
 * --------------------------------------------------------------------------------- */

typedef struct desk {
  int asked, given_back;
  bool wants;
  char said[200];
} desk;

static void on_ask(void *arg, bool wanted) {
  desk *d = arg;
  *(wanted ? &d->asked : &d->given_back) += 1;
  d->wants = wanted;
}
static void on_say(void *arg, const char *line) {
  if (*line) snprintf(((desk *)arg)->said, sizeof((desk *)arg)->said, "%s", line);
}

/* mode and what there is -> how often it is run, with which "interactive" in the end. */
Test(exec, interactive_modes) {
  static const struct {
    const char *mode;
    int how;
    bool fails_alone;
    const char *runs; /* a character a run: f(alse) or t(rue) */
    ob_code code;
    int asked;
  } rows[] = {
      {"Never", OB_TERMINAL_NONE, false, "f", OB_OK, 0},
      {"Never", OB_TERMINAL_OURS, false, "f", OB_OK, 0},
      {"Never", OB_TERMINAL_ASK, true, "f", OB_EAUTH, 0},
      {"IfAvailable", OB_TERMINAL_NONE, false, "f", OB_OK, 0},
      {"IfAvailable", OB_TERMINAL_NONE, true, "f", OB_EAUTH, 0},
      {"IfAvailable", OB_TERMINAL_OURS, true, "t", OB_OK, 1},
      {"IfAvailable", OB_TERMINAL_ASK, false, "f", OB_OK, 0},
      {"IfAvailable", OB_TERMINAL_ASK, true, "ft", OB_OK, 1},
      {"Always", OB_TERMINAL_NONE, false, "", OB_EAUTH, 0},
      {"Always", OB_TERMINAL_OURS, false, "t", OB_OK, 1},
      {"Always", OB_TERMINAL_ASK, false, "t", OB_OK, 1},
  };
  folder();
  good("tok");
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *text = ob_asprintf(
        "case $KUBERNETES_EXEC_INFO in *'interactive\":true'*) printf t >>$D/runs%zu ;; "
        "*) printf f >>$D/runs%zu; echo please log in >&2; sleep 0.1; %s ;; esac\n%s",
        i, i, rows[i].fails_alone ? "exit 1" : ":", ANSWER("\"token\":\"tok\""));
    script("plugin", text);
    rig r;
    rig_start(&r, rows[i].mode, NULL, NULL);
    desk d = {0};
    ob_http_terminal terminal = {.ask = on_ask, .say = on_say, .arg = &d};
    terminal.how = rows[i].how;
    ob_http_terminal_set(r.http, &terminal);
    test_answer a = {0};
    test_start(r.http, &a, (ob_http_request){0});
    for (int64_t end = ob_mono_ms() + 20000; !a.done && ob_mono_ms() < end;) {
      ob_http_poll(r.http, 20);
      if (d.wants && rows[i].how == OB_TERMINAL_ASK) ob_http_terminal_lent(r.http);
    }
    cr_expect_eq(a.err.code, rows[i].code, "row %zu: %s", i, a.err.msg);
    OB_AUTOFREE char *name = ob_asprintf("runs%zu", i), *runs = content(name);
    cr_expect_str_eq(runs, rows[i].runs, "row %zu: %s", i, runs);
    cr_expect_eq(d.asked, rows[i].asked, "row %zu: asked %d times", i, d.asked);
    cr_expect_eq(d.given_back, rows[i].asked, "row %zu: given back %d times", i, d.given_back);
    if (strchr(runs, 'f'))
      cr_expect(ob_ends(d.said, "plugin: please log in"), "row %zu: said \"%s\"", i, d.said);
    ob_buf_done(&a.body);
    rig_stop(&r);
  }
  folder_gone();
}

/* A login that a person broke off does not take the terminal again until that person asks. */
Test(exec, does_not_ask_again_by_itself) {
  folder();
  good("tok");
  script("plugin", "exit 1");
  rig r;
  rig_start(&r, "Always", NULL, NULL);
  r.timing.backoff_first_ms = 1;
  desk d = {0};
  ob_http_terminal_set(
      r.http, &(ob_http_terminal){.how = OB_TERMINAL_ASK, .ask = on_ask, .say = on_say, .arg = &d});
  for (int round = 0; round < 3; round++) {
    test_answer a = {0};
    test_start(r.http, &a, (ob_http_request){0});
    for (int i = 0; i < 500 && !a.done; i++) {
      ob_http_poll(r.http, 20);
      if (d.wants) ob_http_terminal_lent(r.http);
    }
    cr_expect_eq(a.err.code, OB_EAUTH, "%s", a.err.msg);
    ob_buf_done(&a.body);
    cr_expect_eq(d.asked, round < 2 ? 1 : 2, "round %d: asked %d times", round, d.asked);
    if (round == 1) ob_http_login_again(r.http);
  }
  rig_stop(&r);
  folder_gone();
}
