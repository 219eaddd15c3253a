/* auth-provider oidc: an issuer that the test plays, an API server that wants its token, and the
 * kubeconfig where the new tokens end up. */
#include "base/str.h"
#include "base/yaml.h"
#include "client.h"
#include "kube/oidc.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *base64url(const char *s) {
  char *b = test_base64(s);
  for (char *c = b; *c; c++) *c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
  b[strcspn(b, "=")] = '\0';
  return b;
}

/* A JWT that says when it expires and, so that two differ, who it is. */
static char *jwt(int64_t exp_s, const char *sub) {
  OB_AUTOFREE char *claims = ob_asprintf("{\"sub\":\"%s\",\"exp\":%lld}", sub, (long long)exp_s);
  OB_AUTOFREE char *head = base64url("{\"alg\":\"none\"}"), *body = base64url(claims);
  return ob_asprintf("%s.%s.c2ln", head, body);
}

Test(oidc, expiry_of_a_jwt) {
  static const struct {
    const char *claims;
    int64_t ms; /* -1: an error */
  } rows[] = {{"{\"exp\":1500000000}", 1500000000000},
              {"{\"exp\":1500000000.5}", 1500000000500},
              {"{\"exp\":1.5e9}", 1500000000000},
              {"{\"exp\":1e300}", 4000000000000},
              {"{\"exp\":\"1500000000\"}", -1},
              {"{\"sub\":\"x\"}", -1},
              {"[]", -1},
              {"", -1}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *body = base64url(rows[i].claims), *token = ob_asprintf("e30.%s.x", body);
    int64_t ms = -1;
    ob_err err = {0};
    int rc = ob_jwt_expiry(token, &ms, &err);
    cr_expect_eq(rc, rows[i].ms < 0 ? -(int)OB_EAUTH : 0, "row %zu", i);
    if (rc == 0) cr_expect_eq(ms, rows[i].ms, "row %zu: %lld", i, (long long)ms);
  }
  static const char *const bad[] = {"", "a.b", "a.b.c.d", "a.%%.c", "hush"};
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    int64_t ms;
    ob_err err = {0};
    cr_expect_lt(ob_jwt_expiry(bad[i], &ms, &err), 0, "%s", bad[i]);
    cr_expect_null(strstr(err.msg, "hush"));
  }
}

/* --- the issuer --- */

typedef struct issuer {
  int port;
  char *next; /* id_token that is given */
  const char *rotated;
  bool body_only; /* does not take the Basic header */
  int refreshes;
  const char *refuse; /* an RFC 6749 error instead of tokens */
} issuer;

static bool serve(test_conn *c, const test_request *r, void *arg) {
  issuer *i = arg;
  if (strstr(r->path, "/.well-known/openid-configuration")) {
    OB_AUTOFREE char *doc =
        ob_asprintf("{\"token_endpoint\":\"https://127.0.0.1:%d/token?p=1\"}", i->port);
    return test_reply(c, 200, NULL, doc);
  }
  if (!ob_streq(r->path, "/token?p=1")) return test_reply(c, 404, NULL, "");
  i->refreshes++;
  bool basic = strstr(r->head, "Authorization: Basic bWUlMkZ5b3U6cyUzQWNyZXQ=\r\n") != NULL;
  bool in_body = strstr(r->body, "&client_id=me%2Fyou&client_secret=s%3Acret") != NULL;
  bool grant = ob_starts(r->body, "grant_type=refresh_token&refresh_token=r%26hush");
  if (!grant || !(i->body_only ? in_body && !basic : basic))
    return test_reply(c, 401, NULL, "{\"error\":\"invalid_client\"}");
  if (i->refuse) {
    OB_AUTOFREE char *answer = ob_asprintf("{\"error\":\"%s\"}", i->refuse);
    return test_reply(c, 400, NULL, answer);
  }
  OB_AUTOFREE char *answer =
      ob_asprintf("{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":\"%s\"%s%s%s}",
                  i->next, i->rotated ? ",\"refresh_token\":\"" : "", i->rotated ? i->rotated : "",
                  i->rotated ? "\"" : "");
  return test_reply(c, 200, NULL, answer);
}

/* Says 401 unless the token is the one in arg. */
static bool guarded(test_conn *c, const test_request *r, void *arg) {
  OB_AUTOFREE char *want = ob_asprintf("Authorization: Bearer %s\r\n", *(char **)arg);
  bool ok = strstr(r->head, want) != NULL;
  return test_reply(c, ok ? 200 : 401, NULL, ok ? "{}" : "no");
}

typedef struct rig {
  test_tls_world idp, api;
  issuer issuer;
  char *want; /* the token that the API server takes */
  char path[64];
  ob_kubeconfig *config;
  ob_kube_target *target;
  ob_timing timing;
  ob_http *http;
} rig;

/* id: the id-token in the file, NULL none. */
static void rig_start(rig *r, const char *id, const char *refresh) {
  r->idp = test_tls_start("127.0.0.1", -60, 3600, serve, &r->issuer);
  r->issuer.port = r->idp.port;
  r->api = test_tls_start("127.0.0.1", -60, 3600, guarded, &r->want);
  snprintf(r->path, sizeof r->path, "/tmp/outboard-oidc-XXXXXX");
  close(mkstemp(r->path));
  OB_AUTOFREE char *ca = test_base64(r->api.ca.cert), *idp_ca = test_base64(r->idp.ca.cert);
  OB_AUTOFREE char *text = ob_asprintf(
      "# mine\ncurrent-context: c\ncontexts:\n- {name: c, context: {cluster: k, user: u}}\n"
      "clusters:\n- name: k\n  cluster:\n    server: https://127.0.0.1:%d\n"
      "    certificate-authority-data: %s\nusers:\n- name: u\n  user:\n    auth-provider:\n"
      "      name: oidc\n      config:\n        idp-issuer-url: https://127.0.0.1:%d/\n"
      "        client-id: me/you   # both\n        client-secret: s:cret\n"
      "        idp-certificate-authority-data: %s\n%s%s%s%s%s%s",
      r->api.port, ca, r->idp.port, idp_ca, id ? "        id-token: " : "", id ? id : "",
      id ? "\n" : "", refresh ? "        refresh-token: " : "", refresh ? refresh : "",
      refresh ? "\n" : "");
  test_write_file(r->path, text);
  chmod(r->path, 0600);
  ob_kube_overrides o = {.kubeconfig = r->path};
  ob_err e = {0};
  cr_assert_eq(ob_kubeconfig_load(&r->config, &o, &e), 0, "%s", e.msg);
  cr_assert_eq(ob_kube_target_resolve(&r->target, r->config, &o, &e), 0, "%s", e.msg);
  r->timing = test_timing();
  cr_assert_eq(ob_http_new(&r->http, r->target, &r->timing, &e), 0, "%s", e.msg);
}

static void rig_stop(rig *r) {
  ob_http_free(r->http);
  ob_kube_target_free(r->target);
  ob_kubeconfig_free(r->config);
  test_tls_stop(&r->idp);
  test_tls_stop(&r->api);
  unlink(r->path);
  free(r->want);
  free(r->issuer.next);
}

static char *file_text(const char *path) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  cr_assert_eq(ob_read_file(path, &b, NULL), 0);
  return ob_buf_take(&b, NULL);
}

/* The text of the file with its lines changed where `from` stood. */
static void expect_replaced(const rig *r, const char *before, const char *from, const char *to) {
  OB_AUTOFREE char *now = file_text(r->path);
  const char *at = strstr(before, from);
  cr_assert(at);
  OB_AUTOFREE char *want =
      ob_asprintf("%.*s%s%s", (int)(at - before), before, to, at + strlen(from));
  cr_expect_str_eq(now, want);
}

Test(oidc, a_token_that_is_good_is_used_as_it_is) {
  int64_t now = ob_wall_ms() / 1000;
  rig r = {.want = jwt(now + 3600, "old")};
  rig_start(&r, r.want, NULL);
  test_answer a = test_get(r.http, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  cr_expect_eq(test_server_requests(r.idp.s), 0);
  ob_buf_done(&a.body);
  rig_stop(&r);
}

Test(oidc, an_expired_one_is_renewed_once_for_all_and_stored) {
  int64_t now = ob_wall_ms() / 1000;
  OB_AUTOFREE char *old = jwt(now + 5, "old"); /* within the last ten seconds */
  rig r = {.want = jwt(now + 3600, "new"), .issuer = {.next = jwt(now + 3600, "new")}};
  rig_start(&r, old, "r&hush");
  OB_AUTOFREE char *before = file_text(r.path);
  test_answer a[5] = {0};
  for (size_t i = 0; i < OB_LEN(a); i++) test_start(r.http, &a[i], (ob_http_request){0});
  for (size_t i = 0; i < OB_LEN(a); i++) {
    test_run(r.http, &a[i].done, 10000);
    cr_expect_eq(a[i].err.code, OB_OK, "%s", a[i].err.msg);
    ob_buf_done(&a[i].body);
  }
  cr_expect_eq(r.issuer.refreshes, 1);
  expect_replaced(&r, before, old, r.want);
  struct stat st;
  cr_assert_eq(stat(r.path, &st), 0);
  cr_expect_eq(st.st_mode & 07777, 0600);
  rig_stop(&r);
}

Test(oidc, client_in_the_body_and_a_new_refresh_token) {
  int64_t now = ob_wall_ms() / 1000;
  rig r = {.want = jwt(now + 3600, "new"),
           .issuer = {.next = jwt(now + 3600, "new"), .body_only = true, .rotated = "r2: # odd"}};
  rig_start(&r, NULL, "r&hush");
  test_answer a = test_get(r.http, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  ob_buf_done(&a.body);
  cr_expect_eq(r.issuer.refreshes, 2);
  OB_AUTOFREE char *text = file_text(r.path);
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(text, strlen(text), "x", NULL);
  cr_assert(doc, "%s", text);
  const ob_json *c = ob_json_at(ob_json_index(ob_json_get(ob_yaml_root(doc), "users"), 0), "user",
                                "auth-provider", "config", NULL);
  cr_expect_str_eq(ob_json_get_str(c, "refresh-token"), "r2: # odd");
  cr_expect_str_eq(ob_json_get_str(c, "id-token"), r.want);
  cr_expect_str_eq(ob_json_get_str(c, "client-secret"), "s:cret");
  rig_stop(&r);
}

Test(oidc, a_refused_token_is_renewed_and_the_request_repeated) {
  int64_t now = ob_wall_ms() / 1000;
  OB_AUTOFREE char *old = jwt(now + 3600, "old");
  rig r = {.want = jwt(now + 3600, "new"), .issuer = {.next = jwt(now + 3600, "new")}};
  rig_start(&r, old, "r&hush");
  test_answer a = test_get(r.http, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  cr_expect_eq(r.issuer.refreshes, 1);
  ob_buf_done(&a.body);
  rig_stop(&r);
}

Test(oidc, failures) {
  int64_t now = ob_wall_ms() / 1000;
  OB_AUTOFREE char *old = jwt(now - 100, "old");
  const struct {
    const char *id, *refresh, *refuse, *says;
    bool late;
  } rows[] = {
      {old, NULL, NULL, "no refresh-token to get one with", false},
      {NULL, NULL, NULL, "no refresh-token to get one with", false},
      {"hush", "r&hush", NULL, "no JWT", false},
      {old, "r&hush", "invalid_grant", "refuses to refresh the token: HTTP 400, invalid_grant",
       false},
      {old, "r&hush", NULL, "has already expired", true},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    rig r = {
        .want = ob_strdup("none"),
        .issuer = {.next = jwt(now + (rows[i].late ? -5 : 3600), "new"), .refuse = rows[i].refuse}};
    rig_start(&r, rows[i].id, rows[i].refresh);
    test_answer a = test_get(r.http, (ob_http_request){0});
    cr_expect_eq(a.err.code, OB_EAUTH, "row %zu: %s", i, a.err.msg);
    cr_expect(strstr(a.err.msg, rows[i].says), "row %zu: %s", i, a.err.msg);
    cr_expect(*a.err.hint, "row %zu has no hint", i);
    cr_expect(!strstr(a.err.msg, "hush") && !strstr(a.err.hint, "hush"), "row %zu: %s", i,
              a.err.msg);
    ob_buf_done(&a.body);
    rig_stop(&r);
  }
  /* An issuer that is not trusted, and one that is not there. */
  rig r = {.want = ob_strdup("none"), .issuer = {.next = ob_strdup("x")}};
  rig_start(&r, NULL, "r&hush");
  free(r.target->oidc->ca_pem);
  r.target->oidc->ca_pem = ob_strdup(r.api.ca.cert);
  test_answer a = test_get(r.http, (ob_http_request){0});
  cr_expect(strstr(a.err.msg, "oidc: the token issuer: ") && strstr(a.err.msg, "unknown authority"),
            "%s", a.err.msg);
  cr_expect(strstr(a.err.hint, "idp-certificate-authority"), "%s", a.err.hint);
  ob_buf_done(&a.body);
  test_server_stop(r.idp.s);
  ob_http_login_again(r.http);
  a = test_get(r.http, (ob_http_request){0});
  cr_expect(strstr(a.err.msg, "connection refused"), "%s", a.err.msg);
  ob_buf_done(&a.body);
  r.idp.s = test_server_start(&r.idp.leaf, NULL, serve, NULL);
  rig_stop(&r);
}

/* --- writing back --- */

Test(oidc, what_a_file_becomes) {
#define USER(t) "users:\n- name: u\n  user:\n    auth-provider: {name: oidc, config: {" t "}}\n"
  static const struct {
    const char *before, *after;
  } rows[] = {
      {"# c\n" USER("id-token: old, refresh-token: r1"),
       "# c\n" USER("id-token: new, refresh-token: r2")},
      {"# c\n" USER("id-token: \"old\", refresh-token: 'r1'"),
       "# c\n" USER("id-token: \"new\", refresh-token: 'r2'")},
      /* The old value stands elsewhere, too: printed anew. */
      {"# old\nold: old\n" USER("id-token: old, refresh-token: r1"),
       "old: old\nusers:\n- name: u\n  user:\n    auth-provider:\n      name: oidc\n      config:\n"
       "        id-token: new\n        refresh-token: r2\n"},
      {USER("client-id: x"),
       "users:\n- name: u\n  user:\n    auth-provider:\n      name: oidc\n      config:\n"
       "        client-id: x\n        id-token: new\n        refresh-token: r2\n"},
      /* Not the user's any more. */
      {"users:\n- name: u\n  user: {token: old}\n", "users:\n- name: u\n  user: {token: old}\n"},
      {"users: []\n", "users: []\n"},
  };
  char dir[] = "/tmp/outboard-store-XXXXXX";
  cr_assert(mkdtemp(dir));
  OB_AUTOFREE char *real = ob_asprintf("%s/real", dir), *link = ob_asprintf("%s/link", dir);
  OB_AUTOFREE char *lock = ob_asprintf("%s/link.lock", dir);
  cr_assert_eq(symlink("real", link), 0);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    test_write_file(real, rows[i].before);
    chmod(real, 0640);
    ob_err err = {0};
    cr_expect_eq(ob_oidc_store(link, "u", "new", "r2", &err), 0, "row %zu: %s", i, err.msg);
    OB_AUTOFREE char *now = file_text(real);
    cr_expect_str_eq(now, rows[i].after, "row %zu", i);
    struct stat st;
    cr_expect(lstat(link, &st) == 0 && S_ISLNK(st.st_mode), "the link stays one");
    cr_expect(stat(real, &st) == 0 && (st.st_mode & 07777) == 0640, "row %zu: %o", i, st.st_mode);
    cr_expect(access(lock, F_OK) != 0, "the lock is gone");
  }
  /* kubectl writes at this moment. */
  test_write_file(lock, "");
  ob_err err = {0};
  cr_expect_eq(ob_oidc_store(link, "u", "new", "r2", &err), -(int)OB_EIO);
  cr_expect(strstr(err.msg, "could not be stored"), "%s", err.msg);
  unlink(lock), unlink(link), unlink(real);
  cr_expect_eq(rmdir(dir), 0, "something is left in the folder");
}
