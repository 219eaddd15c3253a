/* What is asked for each kind of row, what is not and why, and the log of what came back. */
#include "world.h"

#include "base/str.h"
#include "model/probe.h"
#include "model/rows.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const ob_probe_opts plainly;

/* "URL way[: skip]" lines of a plan. */
static char *told(const ob_probe_target *t, size_t n) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < n; i++) {
    ob_probe_url(&t[i], &out);
    ob_buf_addc(&out, ' ');
    ob_probe_way(&t[i], &out);
    if (*t[i].skip) ob_buf_addf(&out, ": %s", t[i].skip);
    ob_buf_addc(&out, '\n');
  }
  return ob_buf_take(&out, NULL);
}

static char *plan_service(const ob_cluster *c, const char *name, const ob_probe_opts *opts) {
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", name);
  cr_assert(o, "%s", name);
  ob_row row = {.owner = o,
                .service = OB_AS(ob_service, o),
                .way = OB_ROW_SERVICE,
                .port = -1,
                .rule = -1,
                .path = -1,
                .sub = -1};
  ob_probe_target *t = ob_calloc(OB_PROBE_PLAN_MAX, sizeof *t);
  size_t n = ob_probe_plan(c, &row, opts, t, OB_PROBE_PLAN_MAX);
  char *text = told(t, n);
  free(t);
  return text;
}

static void expect(const ob_cluster *c, const char *name, const ob_probe_opts *opts,
                   const char *want) {
  OB_AUTOFREE char *got = plan_service(c, name, opts);
  cr_expect_str_eq(got, want, "%s:\n%swanted:\n%s", name, got, want);
}

Test(probe_plan, every_type_of_service) {
  ob_cluster *c = world_shop();
  expect(c, "web", &plainly,
         "http://203.0.113.1:30080/ n1 at 203.0.113.1\n"
         "http://203.0.113.2:30080/ n2 at 203.0.113.2\n"
         "https://shop.example.com/ no address: no address: the controller has written none into "
         "the status\n"
         "https://shop.example.com/ by DNS\n"
         "https://shop.example.com/port no address: no address: the controller has written none "
         "into the status\n"
         "https://shop.example.com/port by DNS\n");
  expect(c, "lb", &plainly,
         "http://198.51.100.7:443/ at 198.51.100.7\n"
         "http://203.0.113.1:30443/ n1 at 203.0.113.1\n"
         "http://203.0.113.2:30443/ n2 at 203.0.113.2\n");
  expect(c, "pending", &plainly,
         "http://*/ no address: no address yet\n"
         "http://203.0.113.1:30090/ n1 at 203.0.113.1\n"
         "http://203.0.113.2:30090/ n2 at 203.0.113.2\n");
  expect(c, "headless", &plainly,
         "tcp://headless.shop.svc:5432 from inside only: reached from inside only, and not HTTP: f forwards "
         "the port to this computer\n");
  expect(c, "name", &plainly, "tcp://db.example.com by DNS: an ExternalName without a port\n");
  world_put(
      c, OB_KIND_SERVICE, "shop", "db",
      "'spec':{'type':'ExternalName','externalName':'db.example.com','ports':[{'port':5432}]}");
  expect(
      c, "db", &plainly,
      "tcp://db.example.com:5432 by DNS: an ExternalName: it leads out of the cluster, and is not "
      "asked without your word\n");
  expect(c, "db", &(ob_probe_opts){.any_host = true}, "tcp://db.example.com:5432 by DNS\n");
  ob_cluster_free(c);
}

Test(probe_plan, inside_only_http_goes_by_the_service_proxy) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_SERVICE, "shop", "in",
            "'spec':{'clusterIP':'10.96.0.9','ports':[{'name':'http','port':80},{'name':'dns',"
            "'port':53,'protocol':'UDP'},{'name':'s','port':8443}]}");
  expect(c, "in", &plainly,
         "http://in.shop.svc/ by the API server's service proxy\n"
         "udp://in.shop.svc:53 from inside only: UDP: silence would prove nothing, so it is not asked\n"
         "https://in.shop.svc:8443/ by the API server's service proxy\n");
  const char *why = "HEAD through the API server: its own refusal could not be told from an answer";
  OB_AUTOFREE char *head = plan_service(c, "in", &(ob_probe_opts){.head = true});
  cr_expect(strstr(head, why), "%s", head);
  ob_cluster_free(c);
}

static void node(ob_cluster *c, const char *name, const char *address, bool ready) {
  char rest[256];
  snprintf(rest, sizeof rest,
           "'spec':{},'status':{'addresses':[{'type':'InternalIP','address':'%s'}],'conditions':[{"
           "'type':'Ready','status':'%s'}]}",
           address, ready ? "True" : "False");
  world_put(c, OB_KIND_NODE, "", name, rest);
}

Test(probe_plan, nodes_by_readiness_and_policy) {
  ob_cluster *c = world_new();
  node(c, "n1", "10.1.0.1", true);
  node(c, "n2", "10.1.0.2", true);
  node(c, "n3", "10.1.0.3", false);
  node(c, "n10", "fd00::10", true);
  world_put(c, OB_KIND_SERVICE, "shop", "local",
            "'spec':{'type':'NodePort','externalTrafficPolicy':'Local','ports':[{'port':9000,"
            "'nodePort':30001}]}");
  world_slice(c, "shop", "local", 1, 2);
  expect(c, "local", &plainly,
         "tcp://10.1.0.1:30001 n1 at 10.1.0.1\n"
         "tcp://10.1.0.2:30001 n2 at 10.1.0.2: externalTrafficPolicy Local: no ready endpoint on "
         "this node\n"
         "tcp://10.1.0.3:30001 n3 at 10.1.0.3: the node is not ready\n"
         "tcp://-:30001 n10 at -: the node has no address of this IP family\n");
  world_phase(c, OB_KIND_NODE, OB_FORBIDDEN);
  OB_AUTOFREE char *got = plan_service(c, "local", &plainly);
  cr_expect(strstr(got, "the nodes are not known"), "%s", got);
  ob_cluster_free(c);
}

static const char lb_status[] =
    "'status':{'loadBalancer':{'ingress':[{'ip':'198.51.100.7'},{'hostname':'lb.example.net'}]}}";

Test(probe_plan, rules_by_every_address_and_by_name) {
  ob_cluster *c = world_new();
  OB_AUTOFREE char *rest = ob_asprintf(
      "'spec':{'rules':[{'host':'a.test','http':{'paths':[{'path':'/a b/([0-9]+)','pathType':"
      "'ImplementationSpecific','backend':{'service':{'name':'web','port':{'number':80}}}}]}},"
      "{'host':'*.a.test','http':{'paths':[{'path':'/','pathType':'Prefix','backend':{'service':{"
      "'name':'web','port':{'number':80}}}}]}},{'http':{'paths':[{'path':'/any','pathType':'Exact',"
      "'backend':{'service':{'name':'web','port':{'number':80}}}}]}}]},%s",
      lb_status);
  world_put(c, OB_KIND_INGRESS, "shop", "g", rest);
  world_put(c, OB_KIND_SERVICE, "shop", "web", "'spec':{'ports':[{'port':80}]}");
  expect(c, "web", &plainly,
         "http://a.test/a%20b/ at 198.51.100.7\n"
         "http://a.test/a%20b/ at lb.example.net\n"
         "http://a.test/a%20b/ by DNS\n"
         "http://*.a.test/ no address: a wildcard host: it stands for any name, none is asked "
         "without your word\n"
         "http://198.51.100.7/any at 198.51.100.7\n"
         "http://lb.example.net/any at lb.example.net\n");
  OB_AUTOFREE char *all = plan_service(c, "web", &(ob_probe_opts){.any_host = true});
  cr_expect(strstr(all, "http://outboard-probe.a.test/ at 198.51.100.7\n"), "%s", all);
  ob_cluster_free(c);
}

/* Names and addresses that somebody wrote to make us go elsewhere, or say something else. */
Test(probe_plan, hostile_words) {
  static const char *const hosts[] = {"a@169.254.169.254", "a/b",   "a b",
                                      "a%0d%0ax",          "[::1]", "ä.test"};
  for (size_t i = 0; i < OB_LEN(hosts); i++) {
    ob_cluster *c = world_new();
    OB_AUTOFREE char *rest = ob_asprintf(
        "'spec':{'rules':[{'host':'%s','http':{'paths':[{'path':'/','backend':{'service':{'name':"
        "'web','port':{'number':80}}}}]}}]},%s",
        hosts[i], lb_status);
    world_put(c, OB_KIND_INGRESS, "shop", "g", rest);
    world_put(c, OB_KIND_SERVICE, "shop", "web", "'spec':{'ports':[{'port':80}]}");
    OB_AUTOFREE char *got = plan_service(c, "web", &plainly);
    for (const char *line = got; *line; line = strchr(line, '\n') + 1)
      cr_expect(strstr(line, ": not a host name\n"), "%s", line);
    ob_cluster_free(c);
  }
}

Test(probe_plan, an_annotation_names_the_host_and_never_the_address) {
  ob_cluster *c = world_new();
  OB_AUTOFREE char *object = ob_asprintf(
      "{'metadata':{'namespace':'shop','name':'lb','uid':'u','annotations':{'external-dns.alpha."
      "kubernetes.io/hostname':'shop.test, other.test'}},'spec':{'type':'LoadBalancer','ports':[{"
      "'name':'https','port':443}]},%s}",
      lb_status);
  ob_cluster_put(c, world_object(OB_KIND_SERVICE, object));
  expect(c, "lb", &plainly,
         "https://shop.test/ at 198.51.100.7\n"
         "https://shop.test/ by DNS\n"
         "https://shop.test/ at lb.example.net\n");
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", "lb");
  ob_row row = {.owner = o,
                .service = OB_AS(ob_service, o),
                .way = OB_ROW_LB,
                .port = 0,
                .sub = 0,
                .rule = -1,
                .path = -1};
  ob_probe_target t[4];
  cr_assert_eq(ob_probe_plan(c, &row, &plainly, t, 4), 2);
  cr_expect_eq(t[0].origin, OB_BY_STATUS);
  cr_expect_eq(t[1].origin, OB_BY_NAME, "DNS is led by the annotation");
  cr_expect_str_eq(t[1].known[0], "198.51.100.7");
  ob_cluster_free(c);
}

Test(probe_plan, what_a_port_speaks) {
  static const struct {
    ob_service_port p;
    ob_probe_scheme scheme;
  } cases[] = {
      {{"http", "TCP", "", "", 1, 0}, OB_PROBE_HTTP},
      {{"https-web", "TCP", "", "", 1, 0}, OB_PROBE_HTTPS},
      {{"http", "TCP", "", "https", 1, 0}, OB_PROBE_HTTPS},
      {{"http2", "TCP", "", "", 80, 0}, OB_PROBE_TCP},
      {{"grpc", "TCP", "", "", 9000, 0}, OB_PROBE_TCP},
      {{"", "TCP", "", "", 443, 0}, OB_PROBE_HTTPS},
      {{"", "TCP", "", "", 8080, 0}, OB_PROBE_HTTP},
      {{"", "TCP", "", "kubernetes.io/h2c", 80, 0}, OB_PROBE_TCP},
      {{"", "TCP", "", "mysql", 80, 0}, OB_PROBE_TCP},
      {{"", "TCP", "", "", 5432, 0}, OB_PROBE_TCP},
      {{"http", "UDP", "", "", 80, 0}, OB_PROBE_UDP},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++)
    cr_expect_eq(ob_port_speaks(&cases[i].p), cases[i].scheme, "case %zu", i);
}

Test(probe_plan, typed_urls) {
  ob_cluster *c = world_new();
  OB_AUTOFREE char *rest = ob_asprintf(
      "'spec':{'rules':[{'host':'*.a.test','http':{'paths':[{'path':'/','backend':{'service':{"
      "'name':'web','port':{'number':80}}}}]}}]},%s",
      lb_status);
  world_put(c, OB_KIND_INGRESS, "shop", "g", rest);
  static const struct {
    const char *url, *want;
  } good[] = {
      {"https://x.a.test/p?q=1#f",
       "https://x.a.test/p?q=1 by DNS\nhttps://x.a.test/p?q=1 at 198.51.100.7\n"
       "https://x.a.test/p?q=1 at lb.example.net\n"},
      {"http://b.test:8080", "http://b.test:8080/ by DNS\n"},
      {"http://[::1]:80/x", "http://[::1]/x by DNS\n"},
      {"HTTP://b.test?a", "http://b.test/?a by DNS\n"},
      {"tcp://b.test:5432", "tcp://b.test:5432 by DNS\n"},
  };
  static const char *const bad[] = {
      "shop",        "ftp://a/",           "http://",         "https://u:p@a/",
      "tcp://a",     "http://a:0/",        "http://a:99999/", "http://a/ b",
      "http://a b/", "file:///etc/passwd", "http://[::1"};
  ob_probe_target t[8];
  size_t n;
  ob_err err = {0};
  for (size_t i = 0; i < OB_LEN(good); i++) {
    cr_assert_eq(ob_probe_plan_url(c, good[i].url, &plainly, t, 8, &n, &err), 0, "%s", err.msg);
    OB_AUTOFREE char *got = told(t, n);
    cr_expect_str_eq(got, good[i].want, "%s", got);
    cr_expect_eq(t[0].origin, OB_BY_PERSON);
  }
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    cr_expect_eq(ob_probe_plan_url(c, bad[i], &plainly, t, 8, &n, &err), -OB_EUSAGE, "%s", bad[i]);
    cr_expect(*err.hint);
  }
  ob_cluster_free(c);
}

Test(probe_plan, the_curl_line) {
  ob_probe_target t = {.scheme = OB_PROBE_HTTPS, .port = 443, .host = "a.test", .path = "/it's"};
  snprintf(t.address, sizeof t.address, "2001:db8::1");
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_probe_curl(&t, &out);
  cr_expect_str_eq(ob_buf_str(&out), "curl -v --connect-to 'a.test:443:[2001:db8::1]:443' "
                                     "'https://a.test/it'\\''s'");
  ob_buf_reset(&out);
  t = (ob_probe_target){.scheme = OB_PROBE_TCP, .via = OB_VIA_DNS, .port = 5432, .host = "::1"};
  ob_probe_curl(&t, &out);
  cr_expect_str_eq(ob_buf_str(&out), "curl -v 'telnet://[::1]:5432'");
  ob_buf_reset(&out);
  t.via = OB_VIA_PROXY;
  ob_probe_curl(&t, &out);
  cr_expect_eq(out.len, 0);
}

/* --- the log ------------------------------------------------------------------------------- */
static void answer(ob_cluster *c, const ob_probe_target *t, ob_probe_verdict verdict, int ms) {
  ob_probe_result r = {.verdict = verdict, .step_us = {-1, ms * 1000, -1, 0}};
  ob_probe_log_put(ob_cluster_probe_log(c), t->key, &r);
}

static const char *mark(const ob_cluster *c, const ob_row *row, ob_buf *out) {
  return world_cell(c, row->way == OB_ROW_SERVICE ? OB_VIEW_SERVICES : OB_VIEW_EXPOSURE, row,
                    "probe", out);
}

Test(probe_log, marks_of_the_way_and_of_the_service) {
  ob_cluster *c = world_shop();
  ob_probe_log *log = ob_cluster_probe_log(c);
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", "web");
  ob_row service = {.owner = o,
                    .service = OB_AS(ob_service, o),
                    .way = OB_ROW_SERVICE,
                    .port = -1,
                    .rule = -1,
                    .path = -1,
                    .sub = -1};
  ob_row port = service;
  port.way = OB_ROW_NODE_PORT;
  port.port = 0;
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_str_eq(mark(c, &port, &out), "", "nothing before a probe");
  ob_probe_target t[8];
  cr_assert_eq(ob_probe_plan(c, &port, &plainly, t, 8), 2);
  uint64_t before = ob_row_look(c, &port, 0);
  for (int i = 0; i < 2; i++) cr_expect(ob_probe_log_ask(log, &t[i]));
  cr_expect_not(ob_probe_log_ask(log, &t[0]), "it waits already");
  cr_expect_str_eq(mark(c, &port, &out), "…");
  answer(c, &t[0], OB_PROBE_OK, 12);
  answer(c, &t[1], OB_PROBE_OK, 7);
  cr_expect_str_eq(mark(c, &port, &out), "12 ms");
  cr_expect_str_eq(mark(c, &service, &out), "12 ms");
  cr_expect_neq(ob_row_look(c, &port, 0), before, "the row looks new");
  ob_probe_log_ask(log, &t[1]);
  answer(c, &t[1], OB_PROBE_BAD, 0);
  cr_expect_str_eq(mark(c, &port, &out), "1/2");
  ob_probe_log_ask(log, &t[1]);
  answer(c, &t[1], OB_PROBE_SKIPPED, 0);
  cr_expect_str_eq(mark(c, &port, &out), "12 ms");
  const ob_probe_entry *e = ob_probe_log_find(log, t[1].key);
  cr_expect_eq(e->answered, 3);
  cr_expect_eq(e->nsamples, 2, "what was not asked is no sample");
  ob_cluster_free(c);
}

/* EXPIRES of the Ingress view: what a probe saw, as time goes by. */
Test(probe_log, the_end_of_a_certificate_that_was_seen) {
  enum { DAY = 86400 };
  static const struct {
    int days;
    const char *says;
    ob_tone tone;
    char mark;
  } cases[] = {{90, "90d", OB_TONE_OK, '+'},
               {13, "13d", OB_TONE_WARN, '~'},
               {-1, "ended", OB_TONE_BAD, '!'}};
  ob_cluster *c = world_shop();
  ob_list *l = ob_list_new(c, OB_VIEW_INGRESS);
  ob_err err = {0};
  cr_assert_eq(ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, &err), 0);
  const ob_row *row = ob_list_at(l, 0);
  const ob_view *v = &ob_views[OB_VIEW_INGRESS];
  const ob_column *expires = &v->columns[ob_filter_column(v, "expires", 7)];
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  cr_expect_str_eq(world_cell(c, OB_VIEW_INGRESS, row, "expires", &out), "?", "nobody has looked");
  ob_probe_target t[8];
  size_t n = ob_probe_plan(c, row, &plainly, t, 8);
  cr_assert_geq(n, 1);
  const ob_probe_target *by_name = &t[n - 1]; /* by DNS */
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_probe_result r = {.verdict = OB_PROBE_OK, .at_ms = WORLD_NOW_MS, .nchain = 1};
    r.chain[0].to_ms = WORLD_NOW_MS + (int64_t)cases[i].days * DAY * 1000;
    ob_probe_log_ask(ob_cluster_probe_log(c), by_name);
    ob_probe_log_put(ob_cluster_probe_log(c), by_name->key, &r);
    ob_buf_reset(&out);
    ob_cell cell = {.text = &out};
    expires->cell(c, row, WORLD_NOW_MS, &cell);
    cr_expect_str_eq(ob_buf_str(&out), cases[i].says);
    cr_expect_eq(cell.tone, cases[i].tone, "%s", cases[i].says);
    cr_expect_eq(cell.mark, cases[i].mark, "%s", cases[i].says);
  }
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(probe_log, the_oldest_goes) {
  ob_cluster *c = world_new();
  ob_probe_log *log = ob_cluster_probe_log(c);
  for (uint64_t i = 1; i <= OB_PROBE_TARGETS + 10; i++) {
    ob_probe_target t = {.key = i, .row = i % 7, .service_uid = ob_uid_of("s")};
    cr_assert(ob_probe_log_ask(log, &t));
    for (int k = 0; k < 2 * OB_PROBE_HISTORY && i == 20; k++) answer(c, &t, OB_PROBE_OK, k);
  }
  cr_expect_eq(ob_probe_log_len(log), OB_PROBE_TARGETS);
  cr_expect_null(ob_probe_log_find(log, 10));
  cr_expect_not_null(ob_probe_log_find(log, 11));
  cr_expect_eq(ob_probe_log_at(log, 0)->target.key, 11);
  const ob_probe_entry *e = ob_probe_log_find(log, 20);
  cr_expect_eq(e->sample[(e->nsamples - 1) % OB_PROBE_HISTORY].ms, 2 * OB_PROBE_HISTORY - 1);
  ob_service s = {.o = {.kind = OB_KIND_SERVICE, .uid = ob_uid_of("s")}};
  ob_row row = {.owner = &s.o, .service = &s, .way = OB_ROW_SERVICE, .port = -1, .sub = -1};
  const ob_probe_entry *some[4];
  cr_expect_eq(ob_probe_of_row(c, &row, some, 4), OB_PROBE_TARGETS);
  answer(c, &(ob_probe_target){.key = 5}, OB_PROBE_OK, 1); /* forgotten: no effect */
  ob_cluster_free(c);
}
