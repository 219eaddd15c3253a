/* Kubeconfigs, good and bad: what a target becomes, or what the error says. */
#include "base/str.h"
#include "kube/config.h"
#include "kube/config_server.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder that goes away with the test. */
static char dir[64];
static void dir_new(void) {
  snprintf(dir, sizeof dir, "/tmp/outboard-test-XXXXXX");
  cr_assert(mkdtemp(dir));
}
static void dir_gone(void) {
  static const char *const names[] = {"config",     "a",          "b",     "c",
                                      "ca.crt",     "empty",      "token", "key.pem",
                                      "sub/config", "sub/ca.crt", "sub",   "nopem"};
  for (size_t i = 0; i < OB_LEN(names); i++) {
    OB_AUTOFREE char *p = ob_asprintf("%s/%s", dir, names[i]);
    (void)remove(p);
  }
  rmdir(dir);
}

static char *put_n(const char *name, const char *text, size_t n) {
  char *path = ob_asprintf("%s/%s", dir, name);
  FILE *f = fopen(path, "w");
  cr_assert(f, "%s", path);
  fwrite(text, 1, n, f);
  fclose(f);
  return path;
}
static void put(const char *name, const char *text) {
  free(put_n(name, text, strlen(text)));
}

#define PEM "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
/* base64 of PEM and of a key */
#define CERT64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define KEY64  "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCkFBQUEKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="

#define HEAD       "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
#define CONTEXT    "contexts:\n- name: c\n  context: {cluster: k, user: u}\n"
#define CLUSTER    "clusters:\n- name: k\n  cluster: {server: \"https://h:6443\"}\n"
#define K(fields)  "clusters:\n- name: k\n  cluster:\n    server: https://h:6443\n" fields
#define KP(fields) "clusters:\n- name: k\n  cluster:\n" fields
#define U(fields)  "users:\n- name: u\n  user:\n" fields
#define GOOD       HEAD CONTEXT CLUSTER

/* want: "field=value;…" of the target, or NULL; then says (parts joined by |) is in the error. */
static const struct {
  const char *yaml, *want, *says;
} docs[] = {
    /* servers */
    {GOOD, "server=https://h:6443;ns=default;ns_set=0;token=;context=c;cluster=k;user=u", NULL},
    {HEAD CONTEXT KP("    server: https://h\n"), "server=https://h:443", NULL},
    {HEAD CONTEXT KP("    server: http://h\n"), "server=http://h:80;https=0", NULL},
    {HEAD CONTEXT KP("    server: h:8080\n"), "server=http://h:8080;https=0", NULL},
    {HEAD CONTEXT KP("    server: HTTPS://H/a/b//?x=1#f\n"), "server=https://H:443/a/b;prefix=/a/b",
     NULL},
    {HEAD CONTEXT KP("    server: https://[::1]:6443/\n"), "server=https://[::1]:6443;host=::1",
     NULL},
    {HEAD CONTEXT KP("    server: https://bob:s%20x@h\n") U("    token: t\n"),
     "server=https://h:443;username=bob;password=s x;token=", NULL},
    {HEAD CONTEXT KP("    server: ftp://h\n"), NULL,
     "config:10|clusters[0].cluster.server|https://"},
    {HEAD CONTEXT KP("    server: https://h:99999\n"), NULL, "bad port"},
    {HEAD CONTEXT KP("    server: https://\n"), NULL, "no host"},
    {HEAD CONTEXT KP("    server: \"https://h x\"\n"), NULL, "blank"},
    {HEAD CONTEXT KP("    server: https://h\\nx\n"), NULL, "clusters[0].cluster.server"},
    {HEAD CONTEXT KP("    server: \"\"\n"), NULL, "no server is defined"},
    {HEAD CONTEXT "clusters:\n- name: k\n", NULL, "no server is defined"},
    /* typed scalars */
    {GOOD U("    token: 123\n"), NULL,
     "config:13|users[0].user.token|cannot unmarshal|must be a string"},
    {GOOD U("    token: \"123\"\n"), "token=123", NULL},
    {GOOD U("    token: yes\n"), NULL, "users[0].user.token|cannot unmarshal"},
    {GOOD U("    token: null\n"), "token=", NULL},
    {GOOD U("    token: 2024-01-01\n"), "token=2024-01-01", NULL},
    {HEAD CONTEXT K("    insecure-skip-tls-verify: \"true\"\n"), NULL,
     "insecure-skip-tls-verify|must be a boolean"},
    {HEAD CONTEXT K("    insecure-skip-tls-verify: on\n"), "insecure=1", NULL},
    {"current-context: y\ncontexts: []\n", NULL, "config:1|current-context|cannot unmarshal"},
    {HEAD "contexts:\n- name: 1\n  context: {}\n", NULL, "contexts[0].name|must be a string"},
    {HEAD "contexts: {}\n", NULL, "contexts|must be a list"},
    {HEAD "contexts:\n- c\n", NULL, "contexts[0]|must be a map"},
    {HEAD "contexts:\n- name: c\n  context: x\n", NULL, "contexts[0].context|must be a map"},
    {"[]\n", NULL, "not a kubeconfig"},
    {"hello\n", NULL, "not a kubeconfig"},
    /* forms */
    {"{\"current-context\":\"c\",\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"k\"}}],"
     "\"clusters\":[{\"name\":\"k\",\"cluster\":{\"server\":\"https://h\"}}]}",
     "server=https://h:443;user=", NULL},
    {"\xef\xbb\xbf" GOOD, "server=https://h:6443", NULL},
    {GOOD "---\nother: document\n", "server=https://h:6443", NULL},
    {GOOD "preferences: {}\nextensions:\n- name: x\n  extension: {a: 1}\nunknown: [1]\n",
     "server=https://h:6443", NULL},
    {"apiVersion: v2\n" CONTEXT, NULL, "apiVersion|no kind|registered"},
    {"kind: Cfg\n" CONTEXT, NULL, "kind|no kind|registered"},
    {GOOD "\tx: 1\n", NULL, "config:10"},
    {GOOD "x: \xff\n", NULL, "config"},
    {"a: &a {server: \"https://h\"}\ncurrent-context: c\ncontexts:\n- {name: c, context: {cluster: "
     "k}}\n"
     "clusters:\n- name: k\n  cluster:\n    <<: *a\n    tls-server-name: name\n",
     "server=https://h:443;tls_server_name=name", NULL},
    /* references */
    {HEAD CLUSTER, NULL, "config:3|current-context|context \"c\" was not found"},
    {CONTEXT CLUSTER, NULL, "no current-context|\"c\""},
    {HEAD CONTEXT, NULL, "config:6|contexts[0].context.cluster|cluster \"k\" does not exist"},
    {HEAD "contexts:\n- name: c\n" CLUSTER, NULL, "contexts[0].context.cluster|names no cluster"},
    {HEAD "contexts:\n- name: C\n  context: {cluster: k}\n" CLUSTER, NULL, "was not found"},
    {GOOD "- name: k\n  cluster: {server: x}\n", NULL,
     "config:10|clusters[1].name|duplicate name \"k\""},
    {GOOD U("    token: hush-a\n") "- name: u\n  user: {token: hush-b}\n", NULL, "duplicate name"},
    {HEAD "contexts:\n- name: c\n  context: {cluster: k, namespace: shop}\n" CLUSTER,
     "ns=shop;ns_set=1", NULL},
    {HEAD "contexts:\n- name: c\n  context: {cluster: k, namespace: a/b}\n" CLUSTER, NULL,
     "namespace|'/'"},
    /* certificate authorities */
    {HEAD CONTEXT K("    certificate-authority: ca.crt\n"), "ca_file=@ca.crt", NULL},
    {HEAD CONTEXT K("    certificate-authority: empty\n"), "ca_file=", NULL},
    {HEAD CONTEXT K("    certificate-authority: none\n"), NULL,
     "config:11|clusters[0].cluster.certificate-authority|unable to read"},
    {HEAD CONTEXT K("    certificate-authority: ~/ca.crt\n"), NULL, "unable to read"},
    {HEAD CONTEXT K("    certificate-authority: nopem\n"), NULL,
     "unable to load root certificates"},
    {HEAD CONTEXT K("    certificate-authority-data: " CERT64 "\n"), "ca_pem=" PEM, NULL},
    {HEAD CONTEXT K("    certificate-authority-data: aGVsbG8=\n"), NULL,
     "unable to load root certificates"},
    {HEAD CONTEXT K("    certificate-authority-data: \"%%%\"\n"), NULL, "illegal base64"},
    {HEAD CONTEXT K("    certificate-authority-data: aGVsbG8\n"), NULL, "illegal base64"},
    {HEAD CONTEXT K("    certificate-authority: ca.crt\n    certificate-authority-data: " CERT64
                    "\n"),
     NULL, "both specified"},
    {HEAD CONTEXT K("    certificate-authority: ca.crt\n    insecure-skip-tls-verify: true\n"),
     NULL, "root certificates file with the insecure flag is not allowed"},
    {HEAD CONTEXT KP("    server: http://h\n    certificate-authority: ca.crt\n"
                     "    insecure-skip-tls-verify: true\n"),
     "ca_file=;insecure=0", NULL},
    /* proxies */
    {HEAD CONTEXT K("    proxy-url: socks5://p:1\n"), "proxy_url=socks5://p:1", NULL},
    {HEAD CONTEXT K("    proxy-url: p:1\n"), NULL, "proxy-url|invalid 'proxy-url'"},
    {HEAD CONTEXT K("    proxy-url: ftp://p\n"), NULL, "invalid 'proxy-url'"},
    /* credentials */
    {GOOD U("    token: abc\n"), "token=abc;token_file=", NULL},
    {GOOD U("    tokenFile: token\n    token: abc\n"), "token=from file;token_file=@token", NULL},
    {GOOD U("    tokenFile: none\n    token: abc\n"), "token=abc", NULL},
    {GOOD U("    tokenFile: none\n"), NULL, "users[0].user.tokenFile|unable to read"},
    {GOOD U("    token: \"a\\nb\"\n"), NULL, "token|control characters"},
    {GOOD U("    username: bob\n    password: pw\n"), "username=bob;password=pw", NULL},
    {GOOD U("    username: bob\n    token: hush\n"), NULL, "more than one authentication method"},
    {GOOD U("    username: bob\n    tokenFile: token\n"), NULL, "not both"},
    {GOOD U("    client-certificate: ca.crt\n    client-key: key.pem\n    token: t\n"),
     "cert_file=@ca.crt;key_file=@key.pem;token=t", NULL},
    {GOOD U("    client-certificate-data: " CERT64 "\n    client-key-data: " KEY64 "\n"),
     "cert_pem=" PEM ";cert_file=", NULL},
    {GOOD U("    client-certificate: ca.crt\n"), NULL,
     "client-key-data or client-key must be specified"},
    {GOOD U("    client-key: none\n"), "key_file=;cert_file=", NULL},
    {GOOD U("    client-certificate: ca.crt\n    client-certificate-data: " CERT64
            "\n    client-key: key.pem\n"),
     NULL, "client-certificate and client-certificate-data are both specified"},
    {GOOD U("    client-certificate: ca.crt\n    client-key: key.pem\n    client-key-data: " KEY64
            "\n"),
     NULL, "client-key and client-key-data are both specified"},
    {GOOD U("    client-certificate: none\n    client-key: key.pem\n"), NULL,
     "client-certificate|unable to read"},
    {HEAD CONTEXT KP("    server: http://h\n") U("    token: t\n    as: bob\n"),
     "token=;as=bob;https=0", NULL},
    {GOOD U("    as: bob\n    as-uid: \"7\"\n    as-groups: [g1, g2]\n    as-user-extra: {k: [v, "
            "w]}\n"),
     "as=bob;as_uid=7;groups=g1,g2,;extra=k=v,k=w,", NULL},
    {GOOD U("    as-groups: [g]\n"), NULL, "without impersonating a user"},
    {GOOD U("    as: \"a\\nb\"\n"), NULL, "control characters"},
    {GOOD U("    as-groups: g\n"), NULL, "as-groups|list of strings"},
    {GOOD U("    as-user-extra: {k: v}\n"), NULL, "as-user-extra.k|list of strings"},
/* plugins */
#define EXEC(more) "    exec: {command: aws, apiVersion: client.authentication.k8s.io/v1" more "}\n"
    {GOOD U(EXEC(", interactiveMode: Never")), "exec=aws;mode=0", NULL},
    {GOOD U(EXEC(", interactiveMode: IfAvailable")), "exec=aws;mode=1", NULL},
    {GOOD U(EXEC(", interactiveMode: Always")), "exec=aws;mode=2", NULL},
    {GOOD U(EXEC("")), NULL, "users[0].user.exec|interactiveMode must be specified"},
    {GOOD U(EXEC(", interactiveMode: Sometimes")), NULL, "invalid interactiveMode"},
    {GOOD U("    exec: {command: aws, apiVersion: client.authentication.k8s.io/v1beta1}\n"),
     "exec=aws;mode=1", NULL},
    {GOOD U("    exec: {command: bin/aws, apiVersion: client.authentication.k8s.io/v1beta1}\n"),
     "exec=@bin/aws", NULL},
    {GOOD U("    token: t\n" EXEC(", interactiveMode: Never")), "token=t;exec=", NULL},
    {HEAD CONTEXT KP("    server: http://h\n") U(EXEC(", interactiveMode: Never")),
     "https=0;exec=", NULL},
    {GOOD U("    exec: {command: aws, apiVersion: client.authentication.k8s.io/v1alpha1}\n"), NULL,
     "exec plugin: invalid apiVersion \"client.authentication.k8s.io/v1alpha1\""},
    {GOOD U("    exec: {apiVersion: client.authentication.k8s.io/v1}\n"), NULL,
     "command must be specified"},
    {GOOD U("    exec: {command: aws}\n"), NULL, "apiVersion must be specified"},
    {GOOD U("    exec: {command: 7, apiVersion: client.authentication.k8s.io/v1}\n"), NULL,
     "users[0].user.exec.command|must be a string"},
    {GOOD U(EXEC(", interactiveMode: Never, env: [{value: x}]")), NULL,
     "env variable name must be specified"},
    {GOOD U(EXEC(", interactiveMode: Never, env: {A: x}")), NULL,
     "users[0].user.exec.env|must be a list"},
    {GOOD U(EXEC(", interactiveMode: Never, env: [{name: A, value: 7}]")), NULL,
     "users[0].user.exec.env[0].value|must be a string"},
    {HEAD CONTEXT K("    tls-server-name: srv\n    extensions:\n"
                    "    - {name: client.authentication.k8s.io/exec, extension: {audience: a}}\n")
         U(EXEC(", interactiveMode: Never, provideClusterInfo: true")),
     "told={\"server\":\"https://h:6443\",\"tls-server-name\":\"srv\","
     "\"config\":{\"audience\":\"a\"}}",
     NULL},
    {HEAD CONTEXT K("    certificate-authority: ca.crt\n")
         U(EXEC(", interactiveMode: Never, provideClusterInfo: true")),
     "told={\"server\":\"https://h:6443\",\"certificate-authority-data\":\"" CERT64 "\"}", NULL},
    {GOOD U("    exec: {command: a, apiVersion: b}\n    auth-provider: {name: oidc}\n"), NULL,
     "in combination with an exec plugin"},
    {GOOD U("    auth-provider: {name: gcp}\n    token: t\n"), NULL, "gcp|has been removed"},
    {GOOD U("    auth-provider: {name: azure}\n"), NULL, "azure|has been removed"},
    {GOOD U("    auth-provider: {name: openstack}\n"), NULL, "no auth provider|openstack"},
    {GOOD U("    auth-provider: {name: oidc, config: {client-id: c}}\n"), NULL,
     "must provide idp-issuer-url"},
    {GOOD U("    auth-provider: {name: oidc, config: {idp-issuer-url: \"https://i\"}}\n"), NULL,
     "must provide client-id"},
#define OIDC "{name: oidc, config: {idp-issuer-url: \"https://i\", client-id: c, id-token: j}}"
    {GOOD U("    auth-provider: " OIDC "\n"), "issuer=https://i;token=", NULL},
    {GOOD U("    auth-provider: " OIDC "\n    token: t\n"), "issuer=;token=t", NULL},
};

static char *field_of(const ob_kube_target *t, const char *name) {
  const struct {
    const char *name, *value;
  } strings[] = {{"server", t->server},
                 {"host", t->host},
                 {"prefix", t->prefix},
                 {"ns", t->ns},
                 {"context", t->context},
                 {"cluster", t->cluster},
                 {"user", t->user},
                 {"token", t->token},
                 {"token_file", t->token_file},
                 {"username", t->username},
                 {"password", t->password},
                 {"ca_file", t->ca_file},
                 {"ca_pem", t->ca_pem},
                 {"cert_file", t->cert_file},
                 {"cert_pem", t->cert_pem},
                 {"key_file", t->key_file},
                 {"proxy_url", t->proxy_url},
                 {"as", t->as},
                 {"as_uid", t->as_uid},
                 {"exec", t->exec ? t->exec->command : NULL},
                 {"told", t->exec ? t->exec->cluster : NULL},
                 {"issuer", t->oidc ? t->oidc->issuer : NULL},
                 {"warning", t->warning},
                 {"tls_server_name", t->tls_server_name}};
  for (size_t i = 0; i < OB_LEN(strings); i++)
    if (ob_streq(strings[i].name, name)) return ob_strdup(strings[i].value ? strings[i].value : "");
  if (ob_streq(name, "https")) return ob_strdup(t->https ? "1" : "0");
  if (ob_streq(name, "ns_set")) return ob_strdup(t->ns_set ? "1" : "0");
  if (ob_streq(name, "insecure")) return ob_strdup(t->insecure ? "1" : "0");
  if (ob_streq(name, "mode")) return ob_asprintf("%d", t->exec ? (int)t->exec->interactive : -1);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
  if (ob_streq(name, "groups"))
    for (size_t i = 0; i < t->nas_groups; i++) ob_buf_addf(&b, "%s,", t->as_groups[i]);
  else if (ob_streq(name, "extra"))
    for (size_t i = 0; i < t->nas_extra; i++)
      ob_buf_addf(&b, "%s=%s,", t->as_extra[i].key, t->as_extra[i].value);
  else
    cr_assert_fail("no field %s", name);
  return ob_buf_take(&b, NULL);
}

static int resolve(ob_kube_target **ret, const ob_kube_overrides *o, ob_err *err) {
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  int rc = ob_kubeconfig_load(&k, o, err);
  return rc ? rc : ob_kube_target_resolve(ret, k, o, err);
}

static void check_wanted(size_t i, const ob_kube_target *t, const char *want) {
  while (*want) {
    size_t n = strcspn(want, "=");
    OB_AUTOFREE char *name = ob_strndup(want, n);
    want += n + 1;
    n = strcspn(want, ";");
    OB_AUTOFREE char *raw = ob_strndup(want, n);
    OB_AUTOFREE char *value = *raw == '@' ? ob_asprintf("%s/%s", dir, raw + 1) : ob_strdup(raw);
    OB_AUTOFREE char *have = field_of(t, name);
    cr_expect_str_eq(have, value, "document %zu: %s is \"%s\", not \"%s\"", i, name, have, value);
    want += n + (want[n] == ';');
  }
}

static void check_says(size_t i, const ob_err *e, const char *says) {
  while (*says) {
    size_t n = strcspn(says, "|");
    OB_AUTOFREE char *part = ob_strndup(says, n);
    cr_expect(strstr(e->msg, part), "document %zu: \"%s\" does not say \"%s\"", i, e->msg, part);
    says += n + (says[n] == '|');
  }
  cr_expect(!strstr(e->msg, "hush") && !strstr(e->hint, "hush"), "a secret is told: %s", e->msg);
}

Test(kubeconfig, documents) {
  dir_new();
  put("ca.crt", PEM);
  put("key.pem", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n");
  put("empty", "");
  put("nopem", "no pem\n");
  put("token", "\n from file \n");
  cr_assert_geq(OB_LEN(docs), 60);
  for (size_t i = 0; i < OB_LEN(docs); i++) {
    OB_AUTOFREE char *path = put_n("config", docs[i].yaml, strlen(docs[i].yaml));
    ob_kube_overrides o = {.kubeconfig = path};
    ob_err e = {0};
    OB_AUTOPTR(ob_kube_target) t = NULL;
    int rc = resolve(&t, &o, &e);
    if (docs[i].want) {
      cr_expect_eq(rc, 0, "document %zu: %s", i, e.msg);
      if (rc == 0) check_wanted(i, t, docs[i].want);
    } else {
      cr_expect_lt(rc, 0, "document %zu passes", i);
      if (rc < 0) check_says(i, &e, docs[i].says);
    }
  }
  dir_gone();
}

/* --- overrides --- */

static const char two[] =
    "current-context: a\n"
    "contexts:\n- {name: a, context: {cluster: a, user: a}}\n- {name: b, context: {cluster: b, "
    "user: "
    "gone, namespace: nb}}\n"
    "clusters:\n- {name: a, cluster: {server: \"https://a\", certificate-authority: nowhere}}\n"
    "- {name: b, cluster: {server: \"https://b\"}}\n"
    "users:\n- {name: a, user: {token: ta, as: file, as-groups: [fg]}}\n";

Test(kubeconfig, overrides) {
  static const struct {
    ob_kube_overrides o;
    const char *want, *says;
  } table[] = {
      {{.context = "b"}, "cluster=b;ns=nb;token=;user=gone", NULL},
      {{.context = "b", .ns = "x"}, "ns=x;ns_set=1", NULL},
      {{.context = "b", .user = "a"}, "token=ta;as=file;groups=fg,", NULL},
      {{.context = "b", .user = "a", .as = "flag"}, "as=flag;groups=fg,", NULL},
      {{.cluster = "b"}, "server=https://b:443;token=ta", NULL},
      {{.insecure = true}, "server=https://a:443;insecure=1;ca_file=", NULL},
      {{0}, NULL, "unable to read"},
      {{.context = "c"}, NULL, "context \"c\" does not exist"},
      {{.cluster = "c"}, NULL, "cluster \"c\" does not exist"},
      {{.context = "b", .user = "c"}, NULL, "user \"c\" does not exist"},
      {{.context = "b", .as_uid = "7"}, NULL, "without impersonating"},
      {{.context = "b", .ns = "a/b"}, NULL, "namespace"},
  };
  for (size_t i = 0; i < OB_LEN(table); i++) {
    ob_kube_overrides o = table[i].o;
    o.text = two;
    ob_err e = {0};
    OB_AUTOPTR(ob_kube_target) t = NULL;
    int rc = resolve(&t, &o, &e);
    cr_expect_eq(rc == 0, table[i].want != NULL, "row %zu: %s", i, e.msg);
    if (rc == 0 && table[i].want) check_wanted(i, t, table[i].want);
    if (rc < 0 && table[i].says) check_says(i, &e, table[i].says);
  }
  ob_kube_overrides o = {.text = two, .context = "b", .as = "x"};
  const char *groups[] = {"g1", "g2"};
  o.as_groups = groups;
  o.nas_groups = 2;
  o.user = "a";
  OB_AUTOPTR(ob_kube_target) t = NULL;
  cr_assert_eq(resolve(&t, &o, NULL), 0);
  check_wanted(0, t, "as=x;groups=g1,g2,");
}

Test(kubeconfig, contexts_are_listed) {
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  ob_kube_overrides o = {.text = two};
  cr_assert_eq(ob_kubeconfig_load(&k, &o, NULL), 0);
  cr_assert_not(ob_kubeconfig_empty(k));
  cr_assert_str_eq(ob_kubeconfig_current(k), "a");
  cr_assert_eq(ob_kubeconfig_contexts(k), 2);
  ob_kube_context c = ob_kubeconfig_context(k, 1);
  cr_assert_str_eq(c.name, "b");
  cr_assert_str_eq(c.ns, "nb");
  cr_assert_str_eq(c.server, "https://b");
}

/* --- finding and merging --- */

static int load_env(ob_kubeconfig **ret, const char *value, ob_err *err) {
  if (value)
    setenv("KUBECONFIG", value, 1);
  else
    unsetenv("KUBECONFIG");
  setenv("HOME", dir, 1);
  return ob_kubeconfig_load(ret, NULL, err);
}

Test(kubeconfig, files_merge_by_whole_entries) {
  dir_new();
  OB_AUTOFREE char *sub = ob_asprintf("%s/sub", dir);
  mkdir(sub, 0700);
  put("sub/ca.crt", PEM);
  put("a", "clusters:\n- {name: k, cluster: {server: \"https://first\"}}\n- name: bare\n");
  put("sub/config",
      "current-context: c\n"
      "contexts:\n- {name: c, context: {cluster: rel}}\n- {name: d, context: {cluster: bare}}\n"
      "clusters:\n- {name: k, cluster: {server: \"https://second\"}}\n"
      "- {name: bare, cluster: {server: \"https://bare\"}}\n"
      "- {name: rel, cluster: {server: \"https://rel\", certificate-authority: ca.crt}}\n");
  put("b", "current-context: other\n");
  put("empty", "");
  OB_AUTOFREE char *list =
      ob_asprintf(":%s/a::%s/none:%s/empty:%s/sub/config:%s/a:%s/b", dir, dir, dir, dir, dir, dir);
  ob_err e = {0};
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  cr_assert_eq(load_env(&k, list, &e), 0, "%s", e.msg);
  cr_assert_str_eq(ob_kubeconfig_current(k), "c");
  OB_AUTOPTR(ob_kube_target) t = NULL;
  cr_assert_eq(ob_kube_target_resolve(&t, k, NULL, &e), 0, "%s", e.msg);
  OB_AUTOFREE char *ca = ob_asprintf("%s/sub/ca.crt", dir);
  cr_assert_str_eq(t->ca_file, ca);
  ob_kube_target *other = NULL;
  ob_kube_overrides o = {.cluster = "k"};
  cr_assert_eq(ob_kube_target_resolve(&other, k, &o, &e), 0);
  cr_assert_str_eq(other->host, "first");
  ob_kube_target_free(other);
  o = (ob_kube_overrides){.context = "d"};
  cr_assert_lt(ob_kube_target_resolve(&other, k, &o, &e), 0,
               "the bare entry of the first file wins");
  dir_gone();
}

Test(kubeconfig, finding) {
  dir_new();
  ob_err e = {0};
  ob_kubeconfig *k = NULL;
  OB_AUTOFREE char *none = ob_asprintf("%s/none", dir);
  cr_assert_eq(load_env(&k, none, &e), 0, "missing files of $KUBECONFIG are skipped");
  cr_assert(ob_kubeconfig_empty(k));
  ob_kubeconfig_free(k);
  cr_assert_eq(load_env(&k, NULL, &e), 0, "no ~/.kube/config is no error");
  cr_assert(ob_kubeconfig_empty(k));
  ob_kubeconfig_free(k);

  ob_kube_overrides o = {.kubeconfig = none};
  cr_assert_lt(ob_kubeconfig_load(&k, &o, &e), 0);
  cr_assert(strstr(e.msg, "stat "), "%s", e.msg);
  o.kubeconfig = dir;
  cr_assert_lt(ob_kubeconfig_load(&k, &o, &e), 0);
  cr_assert(strstr(e.msg, "directory"), "%s", e.msg);
  OB_AUTOFREE char *with_folder = ob_asprintf("%s:%s", none, dir);
  cr_assert_lt(load_env(&k, with_folder, &e), 0, "a folder is an error even beside others");

  put("a", two);
  put("b", "contexts: [\n");
  OB_AUTOFREE char *broken = ob_asprintf("%s/a:%s/b", dir, dir);
  cr_assert_lt(load_env(&k, broken, &e), 0, "a broken file is an error even when not needed");
  cr_assert(strstr(e.msg, "/b:"), "%s", e.msg);
  cr_assert_eq(e.code, OB_ECONFIG);

  OB_AUTOFREE char *home = ob_asprintf("%s/.kube", dir);
  OB_AUTOFREE char *file = ob_asprintf("%s/config", home);
  mkdir(home, 0700);
  FILE *f = fopen(file, "w");
  fputs(two, f);
  fclose(f);
  cr_assert_eq(load_env(&k, "", &e), 0, "an empty $KUBECONFIG is none");
  cr_assert_eq(ob_kubeconfig_contexts(k), 2);
  ob_kubeconfig_free(k);
  cr_assert_eq(load_env(&k, none, &e), 0);
  cr_assert(ob_kubeconfig_empty(k), "$KUBECONFIG hides ~/.kube/config");
  ob_kubeconfig_free(k);
  remove(file);
  rmdir(home);
  dir_gone();
}

Test(kubeconfig, in_cluster) {
  dir_new();
  static const char *const folders[] = {"/var", "/var/run", "/var/run/secrets",
                                        "/var/run/secrets/kubernetes.io",
                                        "/var/run/secrets/kubernetes.io/serviceaccount"};
  for (size_t i = 0; i < OB_LEN(folders); i++) {
    OB_AUTOFREE char *p = ob_asprintf("%s%s", dir, folders[i]);
    mkdir(p, 0700);
  }
  static const char *const files[][2] = {
      {"token", "tok\n"}, {"ca.crt", PEM}, {"namespace", "shop\n"}};
  ob_kube_overrides o = {.in_cluster_root = dir};
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  unsetenv("POD_NAMESPACE");
  cr_assert_not(ob_in_cluster(&o), "the token file decides");
  for (size_t i = 0; i < OB_LEN(files); i++) {
    OB_AUTOFREE char *name = ob_asprintf("%s/%s", folders[4] + 1, files[i][0]);
    put(name, files[i][1]);
  }
  cr_assert(ob_in_cluster(&o));
  ob_err e = {0};
  ob_kube_target *t = NULL;
  cr_assert_eq(ob_kube_target_in_cluster(&t, &o, &e), 0, "%s", e.msg);
  check_wanted(0, t, "server=https://[fd00::1]:443;token=tok;ns=shop;ns_set=1");
  OB_AUTOFREE char *ca = ob_asprintf("%s%s/ca.crt", dir, folders[4]);
  cr_assert_str_eq(t->ca_file, ca);
  ob_kube_target_free(t);
  setenv("POD_NAMESPACE", "pod", 1);
  cr_assert_eq(ob_kube_target_in_cluster(&t, &o, &e), 0);
  check_wanted(0, t, "ns=pod");
  ob_kube_target_free(t);
  o.ns = "flag";
  cr_assert_eq(ob_kube_target_in_cluster(&t, &o, &e), 0);
  check_wanted(0, t, "ns=flag");
  ob_kube_target_free(t);
  unsetenv("KUBERNETES_SERVICE_HOST");
  cr_assert_not(ob_in_cluster(&o));
  cr_assert_lt(ob_kube_target_in_cluster(&t, &o, &e), 0);
  for (size_t i = 0; i < OB_LEN(files); i++) {
    OB_AUTOFREE char *p = ob_asprintf("%s%s/%s", dir, folders[4], files[i][0]);
    remove(p);
  }
  for (size_t i = OB_LEN(folders); i-- > 0;) {
    OB_AUTOFREE char *p = ob_asprintf("%s%s", dir, folders[i]);
    rmdir(p);
  }
  dir_gone();
}

Test(config, a_server_is_shown_without_its_password) {
  static const struct {
    const char *server, *shown;
  } rows[] = {{"https://h:6443/p", "https://h:6443/p"},
              {"https://me:p@ss@h:1/p@q?token=t#f", "https://h:1/p@q"},
              {"me:secret@h", "h"},
              {"ftp://me@h", "ftp://h"},
              {"", ""},
              {"https://", "https://"}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
    ob_kube_server_show(&out, rows[i].server);
    cr_expect_str_eq(ob_buf_str(&out), rows[i].shown, "%s", rows[i].server);
  }
}
