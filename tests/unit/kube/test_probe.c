/* Probes against real listeners on loopback: what answers, what fails at which step, where a
 * redirect or a name may lead, and that no credential ever leaves. */
#include "client.h"
#include "kube/address.h"
#include "kube/probe.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

typedef struct world {
  ob_kube_target *target;
  ob_timing timing;
  ob_http *http;
  ob_probe_env env;
} world;

/* The API server's token must stay where it is: nobody listens at its address. */
static void setup(world *w) {
  ob_err e = {0};
  *w = (world){.timing = test_timing()};
  w->timing.probe_connect_ms = 700;
  w->timing.probe_ms = 900;
  w->target = test_target("\"server\":\"https://127.0.0.1:1\"", "\"token\":\"the-secret\"");
  cr_assert_eq(ob_http_new(&w->http, w->target, &w->timing, &e), 0, "%s", e.msg);
  w->env = (ob_probe_env){.http = w->http, .timing = &w->timing, .local_api = true};
}

static void teardown(world *w) {
  ob_http_free(w->http);
  ob_kube_target_free(w->target);
}

typedef struct answer {
  bool done;
  ob_probe_result r;
} answer;

static void on_done(void *arg, const ob_probe_result *r) {
  answer *a = arg;
  cr_assert_not(a->done, "on_done came twice");
  a->r = *r;
  a->done = true;
}

static ob_probe_result ask(world *w, ob_probe_target t) {
  answer a = {0};
  ob_probe_start(&w->env, &t, on_done, &a);
  test_run(w->http, &a.done, 8000);
  cr_assert(a.done, "no answer");
  return a.r;
}

static ob_probe_target at(const char *address, int port, ob_probe_scheme scheme, const char *host,
                          const char *path) {
  ob_probe_target t = {.scheme = scheme, .via = OB_VIA_ADDRESS, .port = (uint16_t)port};
  snprintf(t.address, sizeof t.address, "%s", address);
  snprintf(t.host, sizeof t.host, "%s", host);
  snprintf(t.path, sizeof t.path, "%s", path);
  return t;
}

#define SAYS(answer, want, part)                                                                   \
  do {                                                                                             \
    ob_probe_result got_ = (answer);                                                               \
    cr_expect_eq(got_.verdict, want, "verdict %d: %s", got_.verdict, got_.err.msg);                \
    cr_expect(strstr(got_.err.msg, part), "\"%s\" does not say \"%s\"", got_.err.msg, part);       \
  } while (0)

/* --- plain http -------------------------------------------------------------------------- */
static bool by_path(test_conn *c, const test_request *r, void *arg) {
  int port = arg ? *(int *)arg : 0;
  OB_AUTOFREE char *to = NULL;
  if (strcmp(r->path, "/loop") == 0) return test_reply(c, 302, "Location: /loop\r\n", "");
  if (strcmp(r->path, "/ping") == 0) return test_reply(c, 307, "Location: /pong\r\n", "");
  if (strcmp(r->path, "/pong") == 0) return test_reply(c, 307, "Location: /ping\r\n", "");
  if (strcmp(r->path, "/login") == 0) return test_reply(c, 401, NULL, "");
  if (strcmp(r->path, "/none") == 0) return test_reply(c, 404, NULL, "no");
  if (strcmp(r->path, "/503") == 0) return test_reply(c, 503, NULL, "no endpoint");
  if (strcmp(r->path, "/slow") == 0) return test_wait(c, 5000);
  if (strcmp(r->path, "/reset") == 0) return test_reset(c);
  if (strcmp(r->path, "/close") == 0) return false;
  if (strcmp(r->path, "/hop") == 0) return test_reply(c, 301, "Location: there?x=1\r\n", "");
  if (strcmp(r->path, "/metadata") == 0)
    return test_reply(c, 302, "Location: http://169.254.169.254/latest/\r\n", "");
  if (strcmp(r->path, "/password") == 0)
    return test_reply(c, 302, "Location: http://a:b@shop.test/\r\n", "");
  if (strcmp(r->path, "/file") == 0)
    return test_reply(c, 302, "Location: file:///etc/passwd\r\n", "");
  if (strcmp(r->path, "/away") == 0) {
    to = ob_asprintf("Location: http://localhost:%d/\r\n", port);
    return test_reply(c, 302, to, "");
  }
  if (strcmp(r->path, "/endless") == 0) {
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\nand so on";
    test_write(c, head, sizeof head - 1);
    return test_wait(c, 5000);
  }
  if (strcmp(r->path, "/nonsense") == 0) {
    test_write(c, "SSH-2.0-x\r\n", 11);
    return false;
  }
  return test_reply(c, 200, "Set-Cookie: a=b\r\n", "ok");
}

Test(probe, an_answer_with_its_times) {
  world w;
  setup(&w);
  test_server *s = test_server_start(NULL, NULL, by_path, NULL);
  ob_probe_result r =
      ask(&w, at("127.0.0.1", test_server_port(s), OB_PROBE_HTTP, "shop.test", "/x"));
  cr_expect_eq(r.verdict, OB_PROBE_OK, "%s", r.err.msg);
  cr_expect_eq(r.status, 200);
  cr_expect_str_eq(r.peer, "127.0.0.1");
  cr_expect_str_eq(r.version, "HTTP/1.1");
  cr_expect_eq(r.step_us[OB_STEP_DNS], -1, "an address is not resolved");
  cr_expect_eq(r.step_us[OB_STEP_TLS], -1);
  cr_expect_geq(r.step_us[OB_STEP_CONNECT], 0);
  cr_expect_geq(r.step_us[OB_STEP_ANSWER], 0);
  cr_expect_eq(r.reached, OB_STEP_ANSWER);
  OB_AUTOFREE char *head = test_server_head(s, 1);
  OB_AUTOFREE char *host = ob_asprintf("Host: shop.test:%d\r\n", test_server_port(s));
  cr_expect(strstr(head, "GET /x HTTP/1.1\r\n"), "%s", head);
  cr_expect(strstr(head, host), "%s", head);
  cr_expect_not(strstr(head, "Authorization"), "%s", head);
  cr_expect_not(strstr(head, "Cookie"), "%s", head);
  ob_probe_target t = at("127.0.0.1", test_server_port(s), OB_PROBE_HTTP, "shop.test", "/x");
  t.head = true;
  r = ask(&w, t);
  cr_expect_eq(r.verdict, OB_PROBE_OK, "%s", r.err.msg);
  OB_AUTOFREE char *second = test_server_head(s, 2);
  cr_expect(strstr(second, "HEAD /x "), "%s", second);
  test_server_stop(s);
  teardown(&w);
}

Test(probe, every_way_to_fail) {
  static const struct {
    const char *path;
    ob_probe_verdict verdict;
    const char *says;
    int status;
  } cases[] = {
      {"/endless", OB_PROBE_OK, "", 200},
      {"/login", OB_PROBE_OK, "", 401},
      {"/none", OB_PROBE_WARN, "HTTP 404", 404},
      {"/503", OB_PROBE_BAD, "HTTP 503", 503},
      {"/slow", OB_PROBE_BAD, "connected, but no answer within 0.9 s", 0},
      {"/reset", OB_PROBE_BAD, "the connection was reset before", 0},
      {"/close", OB_PROBE_BAD, "the connection was closed before", 0},
      {"/nonsense", OB_PROBE_BAD, "not in HTTP", 0},
      {"/loop", OB_PROBE_BAD, "redirects that do not end", 302},
      {"/ping", OB_PROBE_BAD, "redirects that do not end: 5", 307},
      {"/hop", OB_PROBE_OK, "", 200},
      {"/metadata", OB_PROBE_WARN, "not followed: 169.254.169.254 is the metadata address", 302},
      {"/password", OB_PROBE_WARN, "not followed: it is no http or https URL", 302},
      {"/file", OB_PROBE_WARN, "not followed", 302},
  };
  world w;
  setup(&w);
  test_server *s = test_server_start(NULL, NULL, by_path, NULL);
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_probe_result r =
        ask(&w, at("127.0.0.1", test_server_port(s), OB_PROBE_HTTP, "shop.test", cases[i].path));
    SAYS(r, cases[i].verdict, cases[i].says);
    cr_expect_eq(r.status, cases[i].status, "%s: %d", cases[i].path, r.status);
    cr_expect((r.verdict == OB_PROBE_OK) == (*r.err.msg == '\0'), "%s", cases[i].path);
    if (strcmp(cases[i].path, "/hop") == 0) {
      cr_assert_eq(r.nhops, 1);
      cr_expect(strstr(r.hop[0].url, "/there?x=1"), "%s", r.hop[0].url);
      cr_expect_eq(r.hop[0].status, 301);
    }
  }
  test_server_stop(s);
  teardown(&w);
}

Test(probe, names_are_followed_to_public_addresses_only) {
  world w;
  setup(&w);
  int port = 0;
  test_server *s = test_server_start(NULL, NULL, by_path, &port);
  port = test_server_port(s);
  /* Where the API server is elsewhere, loopback is nobody's entry. */
  w.env.local_api = false;
  ob_probe_target t = at("127.0.0.1", port, OB_PROBE_HTTP, "shop.test", "/");
  SAYS(ask(&w, t), OB_PROBE_SKIPPED, "not asked: shop.test is the loopback address 127.0.0.1");
  t = at("", port, OB_PROBE_HTTP, "localhost", "/");
  t.via = OB_VIA_DNS;
  t.origin = OB_BY_NAME;
  SAYS(ask(&w, t), OB_PROBE_SKIPPED, "the loopback address");
  cr_expect_eq(test_server_connections(s), 0);
  t.anywhere = true;
  SAYS(ask(&w, t), OB_PROBE_OK, "");
  t.anywhere = false;
  t.origin = OB_BY_PERSON;
  SAYS(ask(&w, t), OB_PROBE_OK, "");
  /* … but what it redirects to was chosen by somebody else. */
  unsigned before = test_server_requests(s);
  t = at("127.0.0.1", port, OB_PROBE_HTTP, "shop.test", "/away");
  t.origin = OB_BY_PERSON;
  SAYS(ask(&w, t), OB_PROBE_WARN, "not followed: localhost is the loopback address");
  cr_expect_eq(test_server_requests(s), before + 1);
  w.env.local_api = true;
  SAYS(ask(&w, t), OB_PROBE_OK, "");
  test_server_stop(s);
  teardown(&w);
}

Test(probe, tcp_and_nobody) {
  world w;
  setup(&w);
  test_server *s = test_server_start(NULL, NULL, by_path, NULL);
  int port = test_server_port(s);
  ob_probe_result r = ask(&w, at("127.0.0.1", port, OB_PROBE_TCP, "127.0.0.1", ""));
  SAYS(r, OB_PROBE_OK, "");
  cr_expect_eq(r.status, 0);
  cr_expect_geq(r.step_us[OB_STEP_CONNECT], 0);
  cr_expect_eq(r.step_us[OB_STEP_ANSWER], -1);
  cr_expect_eq(test_server_requests(s), 0);
  test_server_stop(s);
  r = ask(&w, at("127.0.0.1", port, OB_PROBE_TCP, "127.0.0.1", ""));
  SAYS(r, OB_PROBE_BAD, "connection refused");
  cr_expect_eq(r.reached, OB_STEP_CONNECT);
  ob_probe_target t = at("", 80, OB_PROBE_HTTP, "nobody.invalid", "/");
  t.via = OB_VIA_DNS;
  w.timing.probe_connect_ms = w.timing.probe_ms = 8000; /* the resolver's own time */
  r = ask(&w, t);
  SAYS(r, OB_PROBE_BAD, "nobody.invalid");
  cr_expect_eq(r.reached, OB_STEP_DNS);
  t = at("127.0.0.1", 80, OB_PROBE_HTTP, "a b@c", "/");
  SAYS(ask(&w, t), OB_PROBE_BAD, "no host that can be asked");
  teardown(&w);
}

Test(probe, ipv6) {
  world w;
  setup(&w);
  test_server *s = test_server_start_at("::1", 0, NULL, by_path, NULL);
  if (!s) cr_skip_test("no IPv6 here");
  ob_probe_result r = ask(&w, at("::1", test_server_port(s), OB_PROBE_HTTP, "shop.test", "/"));
  SAYS(r, OB_PROBE_OK, "");
  cr_expect_str_eq(r.peer, "::1");
  r = ask(&w, at("::1", test_server_port(s), OB_PROBE_HTTP, "::1", "/"));
  SAYS(r, OB_PROBE_OK, "");
  test_server_stop(s);
  teardown(&w);
}

/* One of thirty nodes is dead, and it is that one which is named. */
Test(probe, thirty_nodes_one_dead) {
  enum { NODES = 30, DEAD = 17 };
  world w;
  setup(&w);
  test_server *s[NODES] = {0};
  answer a[NODES] = {0};
  char address[32];
  s[0] = test_server_start_at("127.0.0.1", 0, NULL, by_path, NULL);
  int port = test_server_port(s[0]);
  for (int i = 1; i < NODES; i++) {
    snprintf(address, sizeof address, "127.0.0.%d", i + 1);
    if (i != DEAD) s[i] = test_server_start_at(address, port, NULL, by_path, NULL);
  }
  for (int i = 0; i < NODES; i++) {
    snprintf(address, sizeof address, "127.0.0.%d", i + 1);
    ob_probe_target t = at(address, port, OB_PROBE_HTTP, address, "/");
    ob_probe_start(&w.env, &t, on_done, &a[i]);
  }
  for (int i = 0; i < NODES; i++) {
    test_run(w.http, &a[i].done, 8000);
    cr_assert(a[i].done);
    if (i == DEAD) {
      SAYS(a[i].r, OB_PROBE_BAD, "connection refused");
      continue;
    }
    snprintf(address, sizeof address, "127.0.0.%d", i + 1);
    SAYS(a[i].r, OB_PROBE_OK, "");
    cr_expect_str_eq(a[i].r.peer, address);
    cr_expect_eq(test_server_requests(s[i]), 1);
  }
  for (int i = 0; i < NODES; i++) test_server_stop(s[i]);
  teardown(&w);
}

Test(probe, cancelled_and_dropped) {
  world w;
  setup(&w);
  test_server *s = test_server_start(NULL, NULL, by_path, NULL);
  ob_probe_target t = at("127.0.0.1", test_server_port(s), OB_PROBE_HTTP, "shop.test", "/slow");
  answer gone = {0}, dropped = {0};
  ob_probe_run *run = ob_probe_start(&w.env, &t, on_done, &gone);
  ob_probe_start(&w.env, &t, on_done, &dropped);
  for (int i = 0; i < 5; i++) ob_http_poll(w.http, 10);
  ob_probe_cancel(run);
  ob_probe_cancel(NULL);
  ob_http_drop_connections(w.http);
  test_run(w.http, &dropped.done, 3000);
  cr_expect(dropped.done);
  cr_expect_not(gone.done);
  cr_expect_eq(dropped.r.verdict, OB_PROBE_BAD);
  test_server_stop(s);
  teardown(&w);
}

/* --- TLS ---------------------------------------------------------------------------------- */
typedef struct tls_case {
  const char *names;
  long from_s, to_s;
  bool trusted;
  const char *host;
  ob_probe_verdict verdict;
  const char *says;
} tls_case;

static const tls_case tls_cases[] = {
    {"shop.test,127.0.0.1", -3600, 86400 * 90, true, "shop.test", OB_PROBE_OK, ""},
    {"shop.test", -3600, 86400 * 3, true, "shop.test", OB_PROBE_WARN, "ends in 2 days"},
    {"shop.test", -7200, -3600, true, "shop.test", OB_PROBE_BAD, "has expired"},
    {"shop.test", 3600, 86400, true, "shop.test", OB_PROBE_BAD, "not valid yet"},
    {"other.test", -3600, 86400 * 90, true, "shop.test", OB_PROBE_BAD, "is not for shop.test"},
    {"shop.test", -3600, 86400 * 90, false, "shop.test", OB_PROBE_BAD, "nobody that this computer"},
};

Test(probe, certificates) {
  for (size_t i = 0; i < OB_LEN(tls_cases); i++) {
    const tls_case *k = &tls_cases[i];
    world w;
    setup(&w);
    w.timing.probe_connect_ms = w.timing.probe_ms = 5000;
    test_tls_world tls = test_tls_start(k->names, k->from_s, k->to_s, by_path, NULL);
    char file[] = "/tmp/outboard-probe-XXXXXX";
    close(mkstemp(file));
    test_write_file(file, tls.ca.cert);
    if (k->trusted) w.env.ca_file = file;
    ob_probe_result r = ask(&w, at("127.0.0.1", tls.port, OB_PROBE_HTTPS, k->host, "/"));
    SAYS(r, k->verdict, k->says);
    cr_expect_eq(r.status, 200, "%s: what stands behind it is seen all the same", k->says);
    cr_expect_geq(r.step_us[OB_STEP_TLS], 0);
    cr_assert_geq(r.nchain, 1, "%s", k->says);
    int64_t left_s = r.chain[0].to_ms / 1000 - ob_wall_ms() / 1000 - k->to_s;
    cr_expect(left_s > -60 && left_s < 60, "the end is %lld s off", (long long)left_s);
    cr_expect(strstr(r.chain[0].subject, "outboard test"), "%s", r.chain[0].subject);
    cr_expect(strstr(r.names, strcmp(k->names, "other.test") ? "shop.test" : "other.test"), "%s",
              r.names);
    unlink(file);
    test_tls_stop(&tls);
    teardown(&w);
  }
}

static bool say_nothing(test_conn *c, const test_request *r, void *arg) {
  (void)r, (void)arg;
  return test_wait(c, 5000);
}

Test(probe, tls_where_there_is_none) {
  world w;
  setup(&w);
  test_server *s = test_server_start(NULL, NULL, say_nothing, NULL);
  ob_probe_result r =
      ask(&w, at("127.0.0.1", test_server_port(s), OB_PROBE_HTTPS, "shop.test", "/"));
  SAYS(r, OB_PROBE_BAD, "does not speak TLS");
  cr_expect_eq(r.reached, OB_STEP_TLS, "step %d, tcp %lld, tls %lld", r.reached,
               (long long)r.step_us[OB_STEP_CONNECT], (long long)r.step_us[OB_STEP_TLS]);
  test_server_stop(s);
  teardown(&w);
}

/* --- addresses ------------------------------------------------------------------------------ */
Test(probe, classes_of_addresses) {
  static const struct {
    const char *address;
    ob_address_class class;
  } cases[] = {
      {"203.0.113.7", OB_ADDR_PUBLIC},
      {"8.8.8.8", OB_ADDR_PUBLIC},
      {"172.32.0.1", OB_ADDR_PUBLIC},
      {"100.128.0.1", OB_ADDR_PUBLIC},
      {"2001:db8::1", OB_ADDR_PUBLIC},
      {"10.1.2.3", OB_ADDR_PRIVATE},
      {"172.31.255.255", OB_ADDR_PRIVATE},
      {"192.168.0.1", OB_ADDR_PRIVATE},
      {"100.64.0.1", OB_ADDR_PRIVATE},
      {"fd12::1", OB_ADDR_PRIVATE},
      {"::ffff:10.0.0.1", OB_ADDR_PRIVATE},
      {"64:ff9b::a00:1", OB_ADDR_PRIVATE},
      {"2002:a00:1::", OB_ADDR_PRIVATE},
      {"127.9.9.9", OB_ADDR_LOOPBACK},
      {"::1", OB_ADDR_LOOPBACK},
      {"::ffff:127.0.0.1", OB_ADDR_LOOPBACK},
      {"169.254.1.1", OB_ADDR_LINK_LOCAL},
      {"fe80::1", OB_ADDR_LINK_LOCAL},
      {"169.254.169.254", OB_ADDR_METADATA},
      {"::ffff:169.254.169.254", OB_ADDR_METADATA},
      {"fd00:ec2::254", OB_ADDR_METADATA},
      {"168.63.129.16", OB_ADDR_METADATA},
      {"0.0.0.0", OB_ADDR_NOWHERE},
      {"0.1.2.3", OB_ADDR_NOWHERE},
      {"::", OB_ADDR_NOWHERE},
      {"224.0.0.1", OB_ADDR_NOWHERE},
      {"255.255.255.255", OB_ADDR_NOWHERE},
      {"ff02::1", OB_ADDR_NOWHERE},
      {"[::1]", OB_ADDR_LOOPBACK},
  };
  struct sockaddr_storage a, b;
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    cr_assert(ob_address_parse(cases[i].address, &a), "%s", cases[i].address);
    ob_address_class class = ob_address_classify((struct sockaddr *)&a);
    cr_expect_eq(class, cases[i].class, "%s: %s", cases[i].address, ob_address_classes[class]);
  }
  cr_expect_not(ob_address_parse("shop.test", &a));
  cr_expect_not(ob_address_parse("", &a));
  cr_expect_not(ob_address_parse("127.1", &a));
  ob_address_parse("10.0.0.1", &a);
  ob_address_parse("10.0.0.2", &b);
  cr_expect_not(ob_address_equal((struct sockaddr *)&a, (struct sockaddr *)&b));
  cr_expect(ob_address_equal((struct sockaddr *)&a, (struct sockaddr *)&a));
}
