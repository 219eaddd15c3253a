/* Every way to log in, end to end: a session is opened with it, and goes on working while the
 * credential changes under it. Each test ends with a credential that is good for nothing, and the
 * session must notice: so the change before was taken up, too.
 *
 * Run as it is: the embedded server. Run by tests/cluster: the real one, and more ways, because
 * the embedded server knows bearer tokens only. */
#include "cluster/certs.h"
#include "login/proxy.h"
#include "login/world.h"
#include "unit/kube/server.h"
#include <stdio.h>
#include <unistd.h>

#define REFUSED "forbidden|not accept|credentials|Unauthorized"

/* What only a real server can do. Criterion knows no skip before 2.4: a line says so. */
static bool only_real(const world *w, const char *what) {
  if (w->real) return true;
  printf("skipped on the embedded server: %s\n", what);
  return false;
}

static void login_with(world *w, const char *fmt, const char *value) {
  OB_AUTOFREE char *user = ob_asprintf(fmt, value);
  world_login(w, user, NULL);
}

/* --- tokens --- */

Test(login, token) {
  world w;
  world_open(&w);
  login_with(&w, "token: '%s'", w.first);
  world_goes_on(&w, "with a token");
  world_close(&w);
}

Test(login, token_file_rotated) {
  world w;
  world_open(&w);
  world_write(&w, "token", w.first);
  world_login(&w, "tokenFile: token", NULL);
  world_works(&w, "before");
  world_write(&w, "token", w.next);
  world_revoke_first(&w);
  world_goes_on(&w, "after the rotation");
  world_write(&w, "token", w.nobody);
  world_stops(&w, "with nobody's token", REFUSED);
  world_write(&w, "token", w.next);
  world_goes_on(&w, "good again");
  world_close(&w);
}

/* --- plugins --- */

#define API "client.authentication.k8s.io/v1"

/* Gives the file `token`, good for two seconds, and counts. */
static void token_plugin(const world *w, const char *expiry) {
  OB_AUTOFREE char *text =
      ob_asprintf("echo run >>$D/runs\n"
                  "printf '{\"apiVersion\":\"" API
                  "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%%s\"%s}}' "
                  "\"$(cat $D/token)\" \"$(date -u -d '+2 seconds' +%%Y-%%m-%%dT%%H:%%M:%%SZ)\"",
                  expiry);
  world_script(w, "plugin", text);
}
#define EXEC "exec: {command: ./plugin, apiVersion: " API ", interactiveMode: Never}"

Test(login, exec_token_expires) {
  world w;
  world_open(&w);
  token_plugin(&w, ",\"expirationTimestamp\":\"%s\"");
  world_write(&w, "token", w.first);
  world_login(&w, EXEC, NULL);
  world_works(&w, "before");
  int runs = world_lines(&w, "runs");
  cr_assert_eq(runs, 1, "one run for all: %d", runs);
  world_write(&w, "token", w.next);
  world_revoke_first(&w);
  world_goes_on(&w, "after the expiry");
  cr_assert_gt(world_lines(&w, "runs"), runs);
  world_write(&w, "token", w.nobody);
  world_stops(&w, "with nobody's token", REFUSED);
  world_close(&w);
}

/* No expiry: only the server's 401 says that it is over. */
Test(login, exec_token_refused) {
  world w;
  world_open(&w);
  if (w.real) {
    printf("skipped on the real server: its static tokens cannot be revoked\n");
    world_close(&w);
    return;
  }
  token_plugin(&w, "");
  world_write(&w, "token", w.first);
  world_login(&w, EXEC, NULL);
  world_goes_on(&w, "before");
  cr_assert_eq(world_lines(&w, "runs"), 1);
  world_write(&w, "token", w.next);
  world_revoke_first(&w);
  world_goes_on(&w, "after the refusal");
  cr_assert_eq(world_lines(&w, "runs"), 2, "once more: %d", world_lines(&w, "runs"));
  world_close(&w);
}

Test(login, exec_that_fails_and_recovers) {
  world w;
  world_open(&w);
  token_plugin(&w, ",\"expirationTimestamp\":\"%s\"");
  world_write(&w, "token", w.first);
  world_login(&w, EXEC, NULL);
  world_works(&w, "before");
  world_script(&w, "plugin", "echo please log in again >&2; exit 1");
  world_stops(&w, "the plugin fails", "exit code 1: please log in again");
  token_plugin(&w, ",\"expirationTimestamp\":\"%s\"");
  world_goes_on(&w, "the plugin is well again");
  world_close(&w);
}

/* --- oidc --- */

/* A JWT of nobody in particular. */
static char *jwt(int64_t exp_s) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
  OB_AUTOFREE char *claims = ob_asprintf("{\"exp\":%lld}", (long long)exp_s);
  ob_buf_adds(&b, "e30.");
  ob_base64_encode(&b, claims, strlen(claims));
  while (b.ptr[b.len - 1] == '=') ob_buf_truncate(&b, b.len - 1);
  ob_buf_adds(&b, ".sig");
  return ob_buf_take(&b, NULL);
}

typedef struct issuer {
  int port;
  const char *next;
} issuer;

static bool issue(test_conn *c, const test_request *r, void *arg) {
  const issuer *i = arg;
  OB_AUTOFREE char *where =
      ob_asprintf("{\"token_endpoint\":\"https://127.0.0.1:%d/token\"}", i->port);
  OB_AUTOFREE char *tokens = ob_asprintf("{\"id_token\":\"%s\",\"refresh_token\":\"r2\"}", i->next);
  return test_reply(c, 200, NULL, strstr(r->path, "well-known") ? where : tokens);
}

/* An id-token that expires mid-watch, renewed at the issuer, and the new one in the file. */
Test(login, oidc_token_expires) {
  world w;
  world_open(&w);
  if (w.real) {
    printf("skipped on the real server: it was started without an issuer\n");
    world_close(&w);
    return;
  }
  int64_t now = ob_wall_ms() / 1000;
  /* Ten seconds before its end it counts as expired. */
  OB_AUTOFREE char *first = jwt(now + 14), *next = jwt(now + 7200);
  issuer i = {.next = next};
  test_cert ca = test_cert_new(NULL, NULL, -3600, 3600);
  test_cert leaf = test_cert_new(&ca, "127.0.0.1", -60, 3600);
  test_server *idp = test_server_start(&leaf, NULL, issue, &i);
  i.port = test_server_port(idp);
  free(w.next);
  w.next = ob_strdup(next);
  ob_sim_token_set(w.admin->sim, first);
  free(w.admin->token);
  w.admin->token = ob_strdup(first);
  world_write(&w, "idp.crt", ca.cert);
  OB_AUTOFREE char *user = ob_asprintf(
      "auth-provider: {name: oidc, config: {idp-issuer-url: 'https://127.0.0.1:%d', client-id: me, "
      "idp-certificate-authority: %s/idp.crt, id-token: %s, refresh-token: r1}}",
      i.port, w.dir, first);
  world_login(&w, user, NULL);
  world_works(&w, "before");
  usleep(4200000);
  world_revoke_first(&w);
  world_goes_on(&w, "after the expiry");
  OB_AUTOFREE char *config = world_read(&w, "kubeconfig");
  cr_assert(strstr(config, next) && strstr(config, "refresh-token: r2"), "not stored: %s", config);
  cr_assert(!strstr(config, first));
  world_close(&w);
  test_server_stop(idp);
  test_cert_free(&ca);
  test_cert_free(&leaf);
}

/* --- certificates --- */

/* user.crt and user.key, signed by the cluster's CA. */
static void sign(const world *w, const char *cn, const char *org) {
  OB_AUTOFREE char *cp =
      ob_asprintf("cp $OUTBOARD_CLUSTER/ca.crt $OUTBOARD_CLUSTER/ca.key %s/ca/", w->dir);
  OB_AUTOFREE char *ca = world_path(w, "ca"), *mk = ob_asprintf("mkdir -p %s && %s", ca, cp);
  FILE *p = popen(mk, "r");
  cr_assert(p && pclose(p) == 0);
  cert_make(ca, &(cert_ask){.name = "user", .cn = cn, .org = org, .from_s = -60, .to_s = 3600});
  OB_AUTOFREE char *key = world_read(w, "ca/user.key"), *crt = world_read(w, "ca/user.crt");
  /* One after the other: a reader in between meets a pair that does not match. */
  world_write(w, "user.key", key);
  world_write(w, "user.crt", crt);
}

Test(login, certificate_rotated) {
  world w;
  world_open(&w);
  if (only_real(&w, "client certificates")) {
    sign(&w, "first", "system:masters");
    world_login(&w, "client-certificate: user.crt, client-key: user.key", NULL);
    world_works(&w, "before");
    size_t before = ob_wire_accepted(w.wire);
    sign(&w, "second", "system:masters");
    world_goes_on(&w, "after the rotation");
    cr_assert_gt(ob_wire_accepted(w.wire), before, "no new connection");
    cr_assert_leq(ob_wire_open(w.wire), 1, "the old connection is still open");
    sign(&w, "somebody", NULL);
    world_stops(&w, "without rights", REFUSED);
    sign(&w, "third", "system:masters");
    world_goes_on(&w, "good again");
  }
  world_close(&w);
}

Test(login, exec_certificate) {
  world w;
  world_open(&w);
  if (only_real(&w, "client certificates")) {
    world_script(&w, "plugin",
                 "echo run >>$D/runs; indented() { sed 's/^/    /' $D/user.$1; }\n"
                 "printf 'apiVersion: " API "\\nkind: ExecCredential\\nstatus:\\n"
                 "  clientCertificateData: |\\n%s\\n  clientKeyData: |\\n%s\\n"
                 "  expirationTimestamp: %s\\n' \"$(indented crt)\" \"$(indented key)\" "
                 "\"$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)\"");
    sign(&w, "first", "system:masters");
    world_login(&w, EXEC, NULL);
    world_works(&w, "before");
    sign(&w, "second", "system:masters");
    world_goes_on(&w, "after the expiry");
    cr_assert_gt(world_lines(&w, "runs"), 1);
    sign(&w, "somebody", NULL);
    world_stops(&w, "without rights", REFUSED);
  }
  world_close(&w);
}

/* --- the CA --- */

/* A CA that signed nothing here. */
static const char stranger[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIBfTCCASOgAwIBAgIUVWZCMzvv1qYo8rO2LbPpNE6tAX0wCgYIKoZIzj0EAwIw\n"
                               "EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTI0MjIzMDUxWhgPMjEyNjEwMzEy\n"
                               "MjMwNTFaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
                               "AQcDQgAEOg+/uMYWRinoom9RSP8khDYTlWcceB5R+4ZoFRaIgrHOquxePXrLeNsh\n"
                               "dE2spiDcaKUc6QyQipr7ZmcYDcrdnqNTMFEwHQYDVR0OBBYEFHY0hhM8yKrH7jQ9\n"
                               "PZtj1vhU3p9HMB8GA1UdIwQYMBaAFHY0hhM8yKrH7jQ9PZtj1vhU3p9HMA8GA1Ud\n"
                               "EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgGMJz81zsfTSA/tUSd9Gl9aPv\n"
                               "5L/7lPWQr08nUpNi4XYCIQDyiFKPR1NBiEzNRqHz6lYn3jQeADQ6czrPezwZGhmt\n"
                               "tg==\n"
                               "-----END CERTIFICATE-----\n";

Test(login, ca_rotated) {
  world w;
  world_open(&w);
  login_with(&w, "token: '%s'", w.first);
  world_works(&w, "before");
  size_t before = ob_wire_accepted(w.wire);
  OB_AUTOFREE char *ca = world_read(&w, "ca.crt"), *both = ob_asprintf("%s%s", stranger, ca);
  world_write(&w, "ca.crt", both);
  world_goes_on(&w, "with a bundle of two");
  cr_assert_gt(ob_wire_accepted(w.wire), before, "no new connection");
  world_write(&w, "ca.crt", stranger);
  world_stops(&w, "with a stranger's CA", "unknown authority");
  world_write(&w, "ca.crt", ca);
  world_goes_on(&w, "good again");
  world_close(&w);
}

/* --- impersonation --- */

Test(login, impersonation) {
  static const struct {
    const char *as;
    bool may;
  } rows[] = {
      {"as: nobody, as-groups: [system:masters]", true},
      {"as: admin, as-uid: '7', as-groups: [a, system:masters], as-user-extra: {x/y: [z]}", true},
      {"as: viewer", true},
      {"as: nobody", false}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    world w;
    world_open(&w);
    if (!only_real(&w, "impersonation")) {
      world_close(&w);
      return;
    }
    OB_AUTOFREE char *user = ob_asprintf("token: '%s', %s", w.first, rows[i].as);
    if (rows[i].may) {
      world_login(&w, user, NULL);
      world_goes_on(&w, rows[i].as);
    } else {
      ob_session *s = NULL;
      OB_AUTOFREE char *text = ob_asprintf("current-context: c\nclusters:\n- name: k\n  cluster: "
                                           "{server: '%s', insecure-skip-tls-verify: "
                                           "true}\nusers:\n- name: u\n  user: {%s}\ncontexts:\n- "
                                           "name: c\n  context: {cluster: k, user: u}\n",
                                           w.server, user);
      cr_assert_eq(
          ob_session_open(&s, &(ob_session_opts){.kubeconfig_text = text, .scope = OB_SCOPE_ALL},
                          NULL),
          0);
      w.session = s;
      world_stops(&w, rows[i].as, "\"nobody\"");
    }
    world_close(&w);
  }
}

/* --- proxies --- */

Test(login, proxies) {
  static const struct {
    const char *scheme, *user, *password, *login;
  } rows[] = {{"http", NULL, NULL, ""},
              {"http", "me", "p@ss:word", "me:p%40ss%3Aword@"},
              {"https", NULL, NULL, ""},
              {"https", "me", "p@ss:word", "me:p%40ss%3Aword@"},
              {"socks5", NULL, NULL, ""},
              {"socks5", "me", "p@ss:word", "me:p%40ss%3Aword@"}};
  test_cert own = test_cert_new(NULL, NULL, -3600, 3600),
            leaf = test_cert_new(&own, "127.0.0.1", -60, 3600);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    world w;
    world_open(&w);
    bool tls = ob_streq(rows[i].scheme, "https");
    test_proxy *p = test_proxy_start(rows[i].user, rows[i].password, tls ? &leaf : NULL);
    /* As kubectl has it, the cluster's CA vouches for the proxy too. */
    OB_AUTOFREE char *ca = world_read(&w, "ca.crt"), *both = ob_asprintf("%s%s", ca, own.cert);
    world_write(&w, "ca.crt", both);
    OB_AUTOFREE char *user = ob_asprintf("token: '%s'", w.first);
    OB_AUTOFREE char *cluster =
        ob_asprintf("server: '%s', certificate-authority: ca.crt, proxy-url: '%s://%s127.0.0.1:%d'",
                    w.server, rows[i].scheme, rows[i].login, test_proxy_port(p));
    world_login(&w, user, cluster);
    world_works(&w, rows[i].scheme);
    int before = test_proxy_carried(p);
    cr_assert_geq(before, 1, "it goes another way");
    test_proxy_cut(p);
    world_goes_on(&w, "after the proxy cut everything");
    cr_assert_gt(test_proxy_carried(p), before);
    cr_assert_eq(test_proxy_refused(p), 0);
    ob_session_close(w.session);
    w.session = NULL;
    test_proxy_stop(p);
    world_close(&w);
  }
  test_cert_free(&own);
  test_cert_free(&leaf);
}

/* --- in a pod --- */

/* As the kubelet does it: files are links into a folder that one link chooses. */
static void mount_token(const world *w, const char *version, const char *token) {
  OB_AUTOFREE char *text = ob_asprintf(
      "set -e; S=$D/var/run/secrets/kubernetes.io/serviceaccount; mkdir -p $S/..%s; cd $S\n"
      "printf %%s '%s' >..%s/token; cp $D/ca.crt ..%s/ca.crt; printf kube-system >..%s/namespace\n"
      "ln -s ..%s ..data_tmp; mv -T ..data_tmp ..data\n"
      "for f in token ca.crt namespace; do [ -L $f ] || ln -s ..data/$f $f; done",
      version, token, version, version, version, version);
  world_script(w, "mount", text);
  OB_AUTOFREE char *path = world_path(w, "mount");
  FILE *p = popen(path, "r");
  cr_assert(p && pclose(p) == 0);
}

Test(login, in_a_pod) {
  world w;
  world_open(&w);
  mount_token(&w, "one", w.first);
  setenv("HOME", w.dir, 1);
  unsetenv("KUBECONFIG");
  unsetenv("POD_NAMESPACE");
  setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);
  setenv("KUBERNETES_SERVICE_PORT", strrchr(w.server, ':') + 1, 1);
  world_open_session(&w, (ob_session_opts){.in_cluster_root = w.dir});
  cr_assert_str_eq(ob_session_status_get(w.session)->context, "in-cluster");
  world_works(&w, "before");
  mount_token(&w, "two", w.next);
  world_revoke_first(&w);
  world_goes_on(&w, "after the kubelet's rotation");
  mount_token(&w, "three", w.nobody);
  world_stops(&w, "with nobody's token", REFUSED);
  world_close(&w);
}
