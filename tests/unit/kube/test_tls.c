/* Trust, client certificates, proxies. */
#include "base/str.h"
#include "client.h"
#include "kube/cert.h"
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- TLS --- */

Test(tls, trust_sentences) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, test_says_ok, NULL);
  test_tls_world stale = test_tls_start("127.0.0.1", -3600, -60, test_says_ok, NULL);
  test_tls_world early = test_tls_start("127.0.0.1", 600, 3600, test_says_ok, NULL);
  test_tls_world named = test_tls_start("api.example", -60, 3600, test_says_ok, NULL);
  test_tls_world old = test_tls_start("CN=127.0.0.1", -60, 3600, test_says_ok, NULL);
  test_server *plain = test_server_start(NULL, NULL, test_says_ok, NULL);
  const struct {
    const char *host;
    int port;
    const char *ca, *more;
    ob_code code;
    const char *says;
  } table[] = {
      {"127.0.0.1", w.port, w.ca.cert, NULL, OB_OK, ""},
      {"127.0.0.1", w.port, NULL, NULL, OB_ETLS, "signed by an unknown authority"},
      {"127.0.0.1", w.port, named.ca.cert, NULL, OB_ETLS, "signed by an unknown authority"},
      {"127.0.0.1", w.port, w.leaf.cert, NULL, OB_OK, ""},
      {"localhost", w.port, w.ca.cert, NULL, OB_ETLS, "not for the name \"localhost\""},
      {"127.0.0.1", stale.port, stale.ca.cert, NULL, OB_ETLS, "has expired"},
      {"127.0.0.1", early.port, early.ca.cert, NULL, OB_ETLS, "not valid yet"},
      {"127.0.0.1", named.port, named.ca.cert, NULL, OB_ETLS, "not for the name \"127.0.0.1\""},
      {"127.0.0.1", named.port, named.ca.cert, ",\"tls-server-name\":\"api.example\"", OB_OK, ""},
      {"127.0.0.1", named.port, named.ca.cert, ",\"tls-server-name\":\"other.example\"", OB_ETLS,
       "not for the name \"other.example\""},
      {"127.0.0.1", old.port, old.ca.cert, NULL, OB_ETLS, "no subjectAltName"},
      {"127.0.0.1", old.port, NULL, ",\"insecure-skip-tls-verify\":true", OB_OK, ""},
      {"127.0.0.1", stale.port, NULL, ",\"insecure-skip-tls-verify\":true", OB_OK, ""},
      {"127.0.0.1", test_server_port(plain), w.ca.cert, NULL, OB_ETLS, "does not speak TLS"},
  };
  for (size_t i = 0; i < OB_LEN(table); i++) {
    OB_AUTOPTR(ob_kube_target)
    t = test_tls_target(table[i].host, table[i].port, table[i].ca, table[i].more,
                        "\"token\":\"hush\"");
    test_answer a = test_get_once(t, (ob_http_request){0});
    cr_expect_eq(a.err.code, table[i].code, "row %zu: %s: %s", i, ob_code_name(a.err.code),
                 a.err.msg);
    cr_expect(strstr(a.err.msg, table[i].says), "row %zu: %s", i, a.err.msg);
    if (table[i].code) cr_expect(strlen(a.err.hint) > 0, "row %zu has no hint", i);
    ob_buf_done(&a.body);
  }
  OB_AUTOFREE char *head = test_server_head(named.s, 1);
  OB_AUTOFREE char *host = ob_asprintf("Host: 127.0.0.1:%d\r\n", named.port);
  cr_expect(strstr(head, host), "the real host is asked for: %s", head);
  test_server_stop(plain);
  test_tls_stop(&w);
  test_tls_stop(&stale);
  test_tls_stop(&early);
  test_tls_stop(&named);
  cr_expect_eq(test_server_requests(old.s), 1, "only who does not verify asked the nameless one");
  test_tls_stop(&old);
}

static char *temp_file(char *name, const char *text) {
  close(mkstemp(name));
  test_write_file(name, text);
  return name;
}

Test(tls, client_certificates_from_data_and_rotated_files) {
  test_cert ca = test_cert_new(NULL, NULL, -3600, 3600),
            other = test_cert_new(NULL, NULL, -60, 3600);
  test_cert leaf = test_cert_new(&ca, "127.0.0.1", -60, 3600),
            mine = test_cert_new(&ca, "me", -60, 3600);
  test_cert alien = test_cert_new(&other, "me", -60, 3600);
  test_server *s = test_server_start(&leaf, &ca, test_says_ok, NULL);
  int port = test_server_port(s);
  char cert[] = "/tmp/outboard-cert-XXXXXX", key[] = "/tmp/outboard-key-XXXXXX";
  char cafile[] = "/tmp/outboard-ca-XXXXXX";
  temp_file(cert, alien.cert);
  temp_file(key, alien.key);
  temp_file(cafile, ca.cert);

  OB_AUTOFREE char *c64 = test_base64(mine.cert), *k64 = test_base64(mine.key),
                   *a64 = test_base64(alien.key);
  OB_AUTOFREE char *data =
      ob_asprintf("\"client-certificate-data\":\"%s\",\"client-key-data\":\"%s\"", c64, k64);
  OB_AUTOFREE char *unpaired =
      ob_asprintf("\"client-certificate-data\":\"%s\",\"client-key-data\":\"%s\"", c64, a64);
  OB_AUTOPTR(ob_kube_target) t = test_tls_target("127.0.0.1", port, ca.cert, NULL, data);
  test_answer a = test_get_once(t, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "%s", a.err.msg);
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) t2 = test_tls_target("127.0.0.1", port, ca.cert, NULL, unpaired);
  a = test_get_once(t2, (ob_http_request){0});
  EXPECT(a, OB_EAUTH,
         "the client certificate of user \"u\" cannot be used: the key is not its key");
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) t3 = test_tls_target("127.0.0.1", port, ca.cert, NULL, NULL);
  a = test_get_once(t3, (ob_http_request){0});
  cr_expect_neq(a.err.code, OB_OK);
  ob_buf_done(&a.body);

  OB_AUTOFREE char *files =
      ob_asprintf("\"client-certificate\":\"%s\",\"client-key\":\"%s\"", cert, key);
  OB_AUTOFREE char *cluster = ob_asprintf(
      "\"server\":\"https://127.0.0.1:%d\",\"certificate-authority\":\"%s\"", port, cafile);
  OB_AUTOPTR(ob_kube_target) t4 = test_target(cluster, files);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t4, &timing, NULL), 0);
  a = test_get(h, (ob_http_request){0});
  cr_expect_neq(a.err.code, OB_OK, "a certificate of another CA");
  ob_buf_done(&a.body);
  test_write_file(cert, mine.cert);
  test_write_file(key, mine.key);
  a = test_get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "the files are read again: %s", a.err.msg);
  ob_buf_done(&a.body);
  unsigned conns = test_server_connections(s);
  a = test_get(h, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK);
  cr_expect_eq(test_server_connections(s), conns, "an unchanged file keeps the connection");
  ob_buf_done(&a.body);
  test_write_file(cafile, other.cert);
  a = test_get(h, (ob_http_request){0});
  EXPECT(a, OB_ETLS, "unknown authority");
  ob_buf_done(&a.body);
  test_write_file(cafile, "");
  unlink(cafile);
  a = test_get(h, (ob_http_request){0});
  EXPECT(a, OB_ETLS, "unknown authority");
  ob_buf_done(&a.body);
  unlink(cert);
  unlink(key);
  ob_http_free(ob_take(h));
  test_server_stop(s);
  test_cert *all[] = {&ca, &other, &leaf, &mine, &alien};
  for (size_t i = 0; i < OB_LEN(all); i++) test_cert_free(all[i]);
}

/* --- when one's own certificate is over --- */

static bool unauthorized(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 401, NULL, "{}");
}

/* {"exp":1700000000}, and one far away */
static const char old_jwt[] = "e30.eyJleHAiOjE3MDAwMDAwMDB9.sig";
static const char young_jwt[] = "e30.eyJleHAiOjk5OTk5OTk5OTl9.sig";

Test(tls, a_refused_token_says_when_it_expired) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, unauthorized, NULL);
  const struct {
    const char *token, *says;
  } rows[] = {{old_jwt, "the token of user \"u\" expired at 2023-11-14T22:13:20Z"},
              {young_jwt, "does not accept the credentials"},
              {"opaque", "does not accept the credentials"}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *user = ob_asprintf("\"token\":\"%s\"", rows[i].token);
    OB_AUTOPTR(ob_kube_target) t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, user);
    test_answer a = test_get_once(t, (ob_http_request){0});
    EXPECT(a, OB_EAUTH, rows[i].says);
    cr_expect_eq(a.err.http, 401);
    ob_buf_done(&a.body);
  }
  test_server_stop(w.s);
  test_cert_free(&w.ca);
  test_cert_free(&w.leaf);
}

Test(tls, a_refused_certificate_says_when_it_expired) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, unauthorized, NULL);
  const struct {
    long from_s, to_s;
    const char *says;
  } rows[] = {{-7200, -3600, "the client certificate of user \"u\" expired at 20"},
              {3600, 7200, "is not valid before 20"},
              {-60, 3600, "does not accept the credentials"}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    test_cert mine = test_cert_new(&w.ca, "me", rows[i].from_s, rows[i].to_s);
    OB_AUTOFREE char *c64 = test_base64(mine.cert), *k64 = test_base64(mine.key);
    OB_AUTOFREE char *user =
        ob_asprintf("\"client-certificate-data\":\"%s\",\"client-key-data\":\"%s\"", c64, k64);
    OB_AUTOPTR(ob_kube_target) t = test_tls_target("127.0.0.1", w.port, w.ca.cert, NULL, user);
    test_answer a = test_get_once(t, (ob_http_request){0});
    EXPECT(a, OB_EAUTH, rows[i].says);
    ob_buf_done(&a.body);
    test_cert_free(&mine);
  }
  test_server_stop(w.s);
  test_cert_free(&w.ca);
  test_cert_free(&w.leaf);
}

/* Whatever a file holds: every byte wrong, cut off anywhere. */
Test(tls, dates_of_certificates) {
  test_cert good = test_cert_new(NULL, NULL, -3600, 7200);
  int64_t now = ob_wall_ms();
  ob_cert_dates d;
  cr_assert(ob_cert_dates_of(&d, good.cert));
  cr_expect(d.not_before_ms < now - 3590000 && d.not_before_ms > now - 3700000);
  cr_expect(d.not_after_ms < now + 7210000 && d.not_after_ms > now + 7100000);
  const char *const none[] = {NULL,
                              "",
                              "-----BEGIN CERTIFICATE-----",
                              good.key,
                              "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
                              "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"};
  for (size_t i = 0; i < OB_LEN(none); i++) cr_expect(!ob_cert_dates_of(&d, none[i]), "row %zu", i);
  OB_AUTO(ob_buf) der = OB_BUF_INIT(65536);
  const char *from = strchr(good.cert, '\n'), *to = strstr(good.cert, "-----END");
  cr_assert_eq(ob_base64_decode(&der, from, (size_t)(to - from)), 0);
  for (size_t at = 0; at < der.len; at++) {
    for (int cut = 0; cut < 2; cut++) {
      OB_AUTO(ob_buf) pem = OB_BUF_INIT(65536);
      OB_AUTOFREE char *bytes = ob_alloc(der.len);
      memcpy(bytes, der.ptr, der.len);
      bytes[at] = (char)(bytes[at] ^ 0xff);
      ob_buf_adds(&pem, "-----BEGIN CERTIFICATE-----\n");
      ob_base64_encode(&pem, bytes, cut ? at : der.len);
      ob_buf_adds(&pem, "\n-----END CERTIFICATE-----\n");
      (void)ob_cert_dates_of(&d, ob_buf_str(&pem));
    }
  }
  test_cert_free(&good);
}

/* --- proxies --- */

static bool proxy_says(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_reply(c, 403, NULL, "no way");
}

Test(proxy, is_asked_for_the_real_host_and_gets_no_credentials) {
  test_server *p = test_server_start(NULL, NULL, proxy_says, NULL);
  OB_AUTOFREE char *cluster =
      ob_asprintf("\"server\":\"https://"
                  "cluster.invalid:6443\",\"tls-server-name\":\"api.example\",\"proxy-url\":"
                  "\"http://127.0.0.1:%d\"",
                  test_server_port(p));
  OB_AUTOPTR(ob_kube_target) t = test_target(cluster, "\"token\":\"hush\",\"as\":\"bob\"");
  test_answer a = test_get_once(t, (ob_http_request){0});
  EXPECT(a, OB_ENET, "refused: CONNECT tunnel failed, response 403");
  OB_AUTOFREE char *head = test_server_head(p, 1);
  cr_expect(ob_starts(head, "CONNECT cluster.invalid:6443 HTTP/1.1\r\n"), "%s", head);
  cr_expect(!strstr(head, "hush") && !strstr(head, "bob"), "%s", head);
  ob_buf_done(&a.body);
  test_server_stop(p);
}

Test(proxy, environment) {
  test_server *p = test_server_start(NULL, NULL, proxy_says, NULL);
  test_server *s = test_server_start(NULL, NULL, test_says_ok, NULL);
  OB_AUTOFREE char *url = ob_asprintf("http://127.0.0.1:%d", test_server_port(p));
  setenv("HTTPS_PROXY", url, 1);
  setenv("HTTP_PROXY", url, 1);
  setenv("ALL_PROXY", url, 1);
  OB_AUTOPTR(ob_kube_target) local = test_plain_target(test_server_port(s), NULL);
  test_answer a = test_get_once(local, (ob_http_request){0});
  cr_expect_eq(a.err.code, OB_OK, "loopback is never proxied: %s", a.err.msg);
  ob_buf_done(&a.body);
  OB_AUTOPTR(ob_kube_target) far = test_target("\"server\":\"https://cluster.invalid\"", NULL);
  a = test_get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "refused: CONNECT tunnel failed, response 403");
  ob_buf_done(&a.body);
  setenv("NO_PROXY", "invalid", 1);
  a = test_get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "cannot be resolved");
  ob_buf_done(&a.body);
  unsetenv("HTTPS_PROXY");
  unsetenv("NO_PROXY");
  a = test_get_once(far, (ob_http_request){0});
  EXPECT(a, OB_ENET, "cannot be resolved");
  ob_buf_done(&a.body);
  cr_expect_eq(test_server_requests(p), 1);
  test_server_stop(p);
  test_server_stop(s);
}

/* Who it was that refused: the cluster is not to be blamed for its proxy. */
Test(proxy, that_is_not_there_is_named) {
  test_server *plain = test_server_start(NULL, NULL, test_says_ok, NULL);
  test_tls_world strange = test_tls_start("127.0.0.1", -60, 3600, proxy_says, NULL);
  int dead = test_server_port(plain);
  const struct {
    const char *scheme;
    int port;
    ob_code code;
    const char *says, *hint;
  } rows[] = {{"https", strange.port, OB_ETLS, "its certificate cannot be verified", "its CA"},
              {"https", dead, OB_ETLS, "no TLS with it", "http://"},
              {"http", dead, OB_ENET, "connection refused", "proxy-url"},
              {"socks5", dead, OB_ENET, "connection refused", "proxy-url"},
              {"https", dead, OB_ENET, "connection refused", "proxy-url"}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    if (i == 2) test_server_stop(plain); /* its port is closed now */
    OB_AUTOFREE char *proxy =
        ob_asprintf("%s://me:hush@127.0.0.1:%d", rows[i].scheme, rows[i].port);
    OB_AUTOFREE char *cluster =
        ob_asprintf("\"server\":\"https://cluster.invalid:6443\",\"proxy-url\":\"%s\"", proxy);
    OB_AUTOPTR(ob_kube_target) t = test_target(cluster, NULL);
    test_answer a = test_get_once(t, (ob_http_request){0});
    EXPECT(a, rows[i].code, rows[i].says);
    EXPECT(a, rows[i].code, "the proxy ");
    cr_expect(strstr(a.err.hint, rows[i].hint), "%s", a.err.hint);
    cr_expect(!strstr(a.err.msg, "hush") && !strstr(a.err.msg, "cluster.invalid"), "%s", a.err.msg);
    ob_buf_done(&a.body);
  }
  test_server_stop(strange.s);
  test_cert_free(&strange.ca);
  test_cert_free(&strange.leaf);
}

/* --- traces --- */

typedef struct seen {
  bool done;
  ob_err err;
  int status;
  ob_http_trace trace;
} seen;

static void on_seen(void *arg, const ob_http_result *r) {
  seen *s = arg;
  *s = (seen){.done = true, .err = r->err, .status = r->status, .trace = *r->trace};
}

static seen look(const char *host, int port, const char *ca, const char *more, bool inspect) {
  OB_AUTOPTR(ob_kube_target)
  t = test_tls_target(host, port, ca, more, "\"token\":\"hush\"");
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  seen s = {0};
  ob_http_start(
      h, &(ob_http_request){.path = "/version", .inspect = inspect, .on_done = on_seen, .arg = &s});
  test_run(h, &s.done, 8000);
  cr_assert(s.done);
  return s;
}

Test(trace, inspecting_shows_the_certificate_and_sends_nothing) {
  int64_t now = ob_wall_ms();
  test_tls_world w = test_tls_start("api.example,127.0.0.1", -3600, -60, test_says_ok, NULL);
  seen s = look("127.0.0.1", w.port, NULL, NULL, true); /* expired, and of nobody we know */
  cr_expect_eq(s.err.code, OB_OK, "%s", s.err.msg);
  cr_expect_eq(s.trace.stage, OB_HTTP_ANSWERED);
  cr_expect_str_eq(s.trace.address, "127.0.0.1");
  cr_expect_str_eq(s.trace.cert.names, "api.example, 127.0.0.1");
  cr_expect(*s.trace.cert.issuer && *s.trace.cert.subject);
  cr_expect(s.trace.cert.not_after_ms > now - 70000 && s.trace.cert.not_after_ms < now - 50000);
  cr_expect(s.trace.cert.not_before_ms > now - 3700000 && s.trace.cert.not_before_ms < now);
  cr_expect(ob_starts(s.trace.tls, "TLSv1."), "%s", s.trace.tls);
  cr_expect(s.trace.connected_us > 0 && s.trace.secured_us >= s.trace.connected_us);
  cr_expect_eq(test_server_requests(w.s), 0, "a request was sent");
  test_tls_stop(&w);
}

Test(trace, says_where_a_call_got_stuck) {
  test_tls_world w = test_tls_start("127.0.0.1", -60, 3600, test_says_ok, NULL);
  test_server *plain = test_server_start(NULL, NULL, test_says_ok, NULL);
  int silent = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof a;
  cr_assert(bind(silent, (struct sockaddr *)&a, n) == 0 && listen(silent, 8) == 0);
  getsockname(silent, (struct sockaddr *)&a, &n);
  const struct {
    const char *host;
    int port;
    const char *ca;
    ob_http_stage stage;
  } table[] = {
      {"nowhere.invalid", w.port, w.ca.cert, OB_HTTP_RESOLVING},
      {"127.0.0.1", 1, w.ca.cert, OB_HTTP_CONNECTING},
      {"127.0.0.1", ntohs(a.sin_port), w.ca.cert, OB_HTTP_SECURING},
      {"127.0.0.1", test_server_port(plain), w.ca.cert, OB_HTTP_SECURING},
      {"127.0.0.1", w.port, NULL, OB_HTTP_SECURING},
      {"127.0.0.1", w.port, w.ca.cert, OB_HTTP_ANSWERED},
  };
  for (size_t i = 0; i < OB_LEN(table); i++) {
    seen s = look(table[i].host, table[i].port, table[i].ca, NULL, false);
    cr_expect_eq(s.trace.stage, table[i].stage, "row %zu: stage %d: %s", i, (int)s.trace.stage,
                 s.err.msg);
    cr_expect_eq(s.err.code == OB_OK, table[i].stage == OB_HTTP_ANSWERED);
  }
  close(silent);
  test_server_stop(plain);
  test_tls_stop(&w);
}

Test(trace, a_proxy_is_named_without_its_login) {
  OB_AUTOPTR(ob_kube_target)
  t = test_target(
      "\"server\":\"https://cluster.invalid\",\"proxy-url\":\"http://me:hush@127.0.0.1:1\"", NULL);
  ob_timing timing = test_timing();
  OB_AUTOPTR(ob_http) h = NULL;
  cr_assert_eq(ob_http_new(&h, t, &timing, NULL), 0);
  seen s = {0};
  ob_http_start(h, &(ob_http_request){.path = "/version", .on_done = on_seen, .arg = &s});
  test_run(h, &s.done, 8000);
  cr_expect(ob_starts(s.trace.proxy, "http://127.0.0.1:1"), "%s", s.trace.proxy);
  cr_expect_eq(s.trace.stage, OB_HTTP_CONNECTING);
}
