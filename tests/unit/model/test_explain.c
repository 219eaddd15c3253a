/* The way of a request through Ingresses, Services and nodes: the documentation's tables row by
 * row, default backends at every level, ties, and every place where a request can stop. */
#include "world.h"

#include "base/str.h"
#include "outboard/explain.h"
#include <criterion/criterion.h>
#include <stdio.h>

static ob_explanation *explain_from(const ob_cluster *c, const char *url, bool inside) {
  ob_request r;
  ob_err err;
  cr_assert_eq(ob_request_make(&r, url, NULL, NULL, 0, inside, &err), 0, "%s: %s", url, err.msg);
  ob_explanation *e = ob_explain(c, &r);
  ob_request_done(&r);
  return e;
}
static ob_explanation *explain(const ob_cluster *c, const char *url) {
  return explain_from(c, url, false);
}

static const ob_step *step(const ob_explanation *e, const char *what) {
  for (size_t i = 0; e->nways && i < e->ways[0].nsteps; i++)
    if (strcmp(e->ways[0].steps[i].what, what) == 0) return &e->ways[0].steps[i];
  return NULL;
}

/* The service that a request reaches, "" none. */
static const char *reaches(const ob_explanation *e) {
  return e->nways && e->ways[0].service ? e->ways[0].service->o.name : "";
}

static void put_services(ob_cluster *c, const char *ns) {
  for (int i = 0; i < 16; i++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", i);
    world_put(
        c, OB_KIND_SERVICE, ns, name,
        "'spec':{'clusterIP':'10.0.0.1','selector':{'a':'b'},'ports':[{'name':'','port':80}]}");
    world_slice(c, ns, name, 1, 1);
  }
}

/* rules: "host|path|type|service;…" by hand, all of one Ingress. */
static void put_ingress(ob_cluster *c, const char *name, const char *class, const char *fallback,
                        int64_t age_ms, const char *rules) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_buf_addf(&b, "'spec':{'ingressClassName':'%s'", class);
  if (fallback)
    ob_buf_addf(&b, ",'defaultBackend':{'service':{'name':'%s','port':{'number':80}}}", fallback);
  ob_buf_adds(&b, ",'rules':[");
  bool first = true;
  while (*rules) {
    char field[4][128];
    for (int i = 0; i < 4; i++) {
      size_t n = strcspn(rules, "|;");
      snprintf(field[i], sizeof field[i], "%.*s", (int)n, rules);
      rules += n + (rules[n] != '\0');
    }
    ob_buf_addf(&b, "%s{'host':'%s'", first ? "" : ",", field[0]);
    if (*field[2])
      ob_buf_addf(&b,
                  ",'http':{'paths':[{'path':'%s','pathType':'%s','backend':{'service':{'name':'%s'"
                  ",'port':{"
                  "'number':80}}}}]}",
                  field[1], field[2], field[3]);
    ob_buf_adds(&b, "}");
    first = false;
  }
  ob_buf_adds(&b, "]},'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.50'}]}}");
  ob_cluster_put(
      c, world_make_at(OB_KIND_INGRESS, "n", name, NULL, WORLD_NOW_MS - age_ms, ob_buf_str(&b)));
}

static ob_cluster *world_classes(void) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_INGRESS_CLASS, "", "nginx", "'spec':{'controller':'k8s.io/ingress-nginx'}");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "traefik",
            "'spec':{'controller':'traefik.io/ingress-controller'}");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "other", "'spec':{'controller':'example.com/other'}");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "alb", "'spec':{'controller':'ingress.k8s.aws/alb'}");
  world_put(c, OB_KIND_INGRESS_CLASS, "", "gce", "'spec':{'controller':'k8s.io/ingress-gce'}");
  static const char *const more[][2] = {{"haproxy", "haproxy.org/ingress-controller/haproxy"},
                                        {"jcmoraisjr", "haproxy-ingress.github.io/controller"},
                                        {"kong", "ingress-controllers.konghq.com/kong"},
                                        {"agic", "azure/application-gateway"},
                                        {"contour", "projectcontour.io/contour"},
                                        {"istio", "istio.io/ingress-controller"},
                                        {"cilium", "cilium.io/ingress-controller"},
                                        {"nic", "nginx.org/ingress-controller"}};
  for (size_t i = 0; i < OB_LEN(more); i++) {
    OB_AUTOFREE char *spec = ob_asprintf("'spec':{'controller':'%s'}", more[i][1]);
    world_put(c, OB_KIND_INGRESS_CLASS, "", more[i][0], spec);
  }
  put_services(c, "n");
  return c;
}

/* --- the documentation ------------------------------------------------------------------- */
/* kubernetes.io/docs/concepts/services-networking/ingress: "Examples" of path types. s9 is the
 * default backend. */
static const struct {
  const char *rules, *path, *service;
} path_table[] = {
    {"h.x|/|Prefix|s0", "/", "s0"},
    {"h.x|/|Prefix|s0", "/any/path", "s0"},
    {"h.x|/foo|Exact|s0", "/foo", "s0"},
    {"h.x|/foo|Exact|s0", "/bar", "s9"},
    {"h.x|/foo|Exact|s0", "/foo/", "s9"},
    {"h.x|/foo/|Exact|s0", "/foo", "s9"},
    {"h.x|/foo|Prefix|s0", "/foo", "s0"},
    {"h.x|/foo|Prefix|s0", "/foo/", "s0"},
    {"h.x|/foo/|Prefix|s0", "/foo", "s0"},
    {"h.x|/foo/|Prefix|s0", "/foo/", "s0"},
    {"h.x|/aaa/bb|Prefix|s0", "/aaa/bbb", "s9"},
    {"h.x|/aaa/bbb|Prefix|s0", "/aaa/bbb", "s0"},
    {"h.x|/aaa/bbb/|Prefix|s0", "/aaa/bbb", "s0"},
    {"h.x|/aaa/bbb|Prefix|s0", "/aaa/bbb/", "s0"},
    {"h.x|/aaa/bbb|Prefix|s0", "/aaa/bbb/ccc", "s0"},
    {"h.x|/aaa/bbb|Prefix|s0", "/aaa/bbbxyz", "s9"},
    {"h.x|/|Prefix|s0;h.x|/aaa|Prefix|s1", "/aaa/ccc", "s1"},
    {"h.x|/|Prefix|s0;h.x|/aaa|Prefix|s1;h.x|/aaa/bbb|Prefix|s2", "/aaa/bbb", "s2"},
    {"h.x|/|Prefix|s0;h.x|/aaa|Prefix|s1;h.x|/aaa/bbb|Prefix|s2", "/ccc", "s0"},
    {"h.x|/aaa|Prefix|s0", "/ccc", "s9"},
    {"h.x|/foo|Prefix|s0;h.x|/foo|Exact|s1", "/foo", "s1"},
    {"h.x|/foo/|Prefix|s0;h.x|/foo|Exact|s1", "/foo", "s1"},
    {"h.x|/FOO|Exact|s0", "/foo", "s9"},
    {"h.x|/foo|Prefix|s0", "/foo?q=/bar", "s0"},
};

Test(explain, path_table_of_the_documentation) {
  static const char *const classes[] = {"nginx", "haproxy", "other"};
  for (size_t k = 0; k < OB_LEN(classes); k++)
    for (size_t i = 0; i < OB_LEN(path_table); i++) {
      ob_cluster *c = world_classes();
      put_ingress(c, "i", classes[k], "s9", 1000, path_table[i].rules);
      OB_AUTOFREE char *url = ob_asprintf("http://h.x%s", path_table[i].path);
      ob_explanation *e = explain(c, url);
      cr_expect_str_eq(reaches(e), path_table[i].service, "%s, %s: %s", path_table[i].rules, url,
                       reaches(e));
      cr_expect_eq(e->verdict, OB_GOES, "%s", e->summary);
      ob_explanation_free(e);
      ob_cluster_free(c);
    }
}

static const struct {
  const char *rules, *host, *service; /* "" 404 */
} host_table[] = {
    {"*.foo.com|/|Prefix|s0", "bar.foo.com", "s0"},
    {"*.foo.com|/|Prefix|s0", "baz.bar.foo.com", ""},
    {"*.foo.com|/|Prefix|s0", "foo.com", ""},
    {"*.foo.com|/|Prefix|s0", "BAR.Foo.com", "s0"},
    {"*.foo.com|/|Prefix|s0;bar.foo.com|/|Prefix|s1", "bar.foo.com", "s1"},
    {"*.foo.com|/longer|Prefix|s0;bar.foo.com|/|Prefix|s1", "bar.foo.com/longer", "s1"},
    {"|/|Prefix|s0;bar.foo.com|/|Prefix|s1", "bar.foo.com", "s1"},
    {"|/|Prefix|s0;bar.foo.com|/|Prefix|s1", "other.com", "s0"},
    {"|/x|Prefix|s0;*.foo.com|/|Prefix|s1", "bar.foo.com/x", "s1"},
    {"|/|Prefix|s0", "anything.at.all", "s0"},
};

Test(explain, hosts_exact_wildcard_and_none) {
  for (size_t i = 0; i < OB_LEN(host_table); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "i", "nginx", NULL, 1000, host_table[i].rules);
    ob_explanation *e = explain(c, host_table[i].host);
    cr_expect_str_eq(reaches(e), host_table[i].service, "%s: %s", host_table[i].host, e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* No path of the best host matches: known controllers differ, and that is in their rows. */
Test(explain, falling_through_is_the_controllers) {
  static const struct {
    const char *class, *service;
  } cases[] = {{"nginx", ""},   {"traefik", "s1"}, {"jcmoraisjr", "s1"}, {"kong", "s1"},
               {"haproxy", ""}, {"contour", ""},   {"alb", "s1"},        {"other", ""}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "i", cases[i].class, NULL, 1000, "a.b.c|/x|Prefix|s0;*.b.c|/|Prefix|s1");
    ob_explanation *e = explain(c, "a.b.c/y");
    cr_expect_str_eq(reaches(e), cases[i].service, "%s", cases[i].class);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

Test(explain, default_backends_at_every_level) {
  ob_cluster *c = world_classes();
  put_ingress(c, "rules", "other", NULL, 9000, "a.x|/x|Exact|s0");
  ob_explanation *e = explain(c, "a.x/y");
  cr_expect_eq(e->verdict, OB_STOPS);
  cr_expect_str_eq(step(e, "path")->text, "no rule takes /y");
  ob_explanation_free(e);
  put_ingress(c, "all", "other", "s3", 8000, "");
  e = explain(c, "a.x/y");
  cr_expect_str_eq(reaches(e), "s3", "the catch-all");
  ob_explanation_free(e);
  put_ingress(c, "host", "other", "s2", 7000, "a.x|/z|Exact|s1");
  e = explain(c, "a.x/y");
  cr_expect_str_eq(reaches(e), "s2", "one that names the host comes before it");
  ob_explanation_free(e);
  put_ingress(c, "no-http", "other", "s4", 9500, "a.x||;");
  e = explain(c, "a.x/y");
  cr_expect_str_eq(reaches(e), "s4",
                   "a host without paths is its default backend's; the older Ingress");
  ob_explanation_free(e);
  e = explain(c, "b.x/y");
  cr_expect_str_eq(reaches(e), "s3", "another host");
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* An Ingress with rules and a default backend takes other hosts too, except with some. */
Test(explain, default_backend_beside_rules) {
  static const struct {
    const char *class, *service;
  } cases[] = {{"nginx", ""}, {"other", "s1"}, {"traefik", ""}, {"contour", "s1"}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "i", cases[i].class, "s1", 1000, "a.x|/|Prefix|s0");
    ob_explanation *e = explain(c, "elsewhere.x/");
    cr_expect_str_eq(reaches(e), cases[i].service, "%s: %s", cases[i].class, e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

Test(explain, ties_go_by_age) {
  ob_cluster *c = world_classes();
  put_ingress(c, "a-young", "nginx", NULL, 1000, "a.x|/p|Prefix|s0");
  put_ingress(c, "b-old", "nginx", NULL, 60000, "a.x|/p|Prefix|s1");
  ob_explanation *e = explain(c, "a.x/p");
  cr_expect_str_eq(reaches(e), "s1");
  cr_assert_eq(e->ways[0].nlosers, 1);
  cr_expect_str_eq(e->ways[0].losers[0].why, "the same rule, in a younger Ingress");
  cr_expect(strstr(step(e, "path")->why, "the older Ingress"), "%s", step(e, "path")->why);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* Known controllers read ImplementationSpecific in their own way; of others it is not known. */
Test(explain, implementation_specific_by_controller) {
  static const struct {
    const char *class, *pattern, *path;
    ob_verdict verdict;
    const char *service;
  } cases[] = {
      {"nginx", "/foo", "/foobar", OB_GOES, "s0"},
      {"nginx", "/foo", "/bar", OB_STOPS, ""},
      {"nginx", "/f.*", "/foobar", OB_UNSURE, "s0"},
      {"traefik", "/foo", "/foobar", OB_GOES, "s0"},
      {"alb", "/foo", "/foobar", OB_STOPS, ""},
      {"alb", "/foo*", "/foobar", OB_GOES, "s0"},
      {"alb", "/f?o", "/fxo", OB_GOES, "s0"},
      {"gce", "/foo", "/foo/x", OB_STOPS, ""},
      {"gce", "/foo/*", "/foo/x", OB_GOES, "s0"},
      {"other", "/foo", "/foo", OB_UNSURE, "s0"},
      {"other", "", "/any", OB_GOES, "s0"},
      {"haproxy", "/foo", "/foobar", OB_GOES, "s0"},
      {"haproxy", "/foo", "/FOO", OB_STOPS, ""},
      {"jcmoraisjr", "/foo", "/FOObar", OB_GOES, "s0"},
      {"kong", "/foo.[x", "/foo.[x/y", OB_GOES, "s0"},
      {"kong", "/~/f", "/foo", OB_UNSURE, "s0"},
      {"agic", "/foo*", "/foobar", OB_GOES, "s0"},
      {"agic", "/foo", "/foo/x", OB_STOPS, ""},
      {"contour", "/foo", "/foobar", OB_GOES, "s0"},
      {"contour", "/foo$", "/foo$x", OB_GOES, "s0"},
      {"contour", "/foo+", "/fooo", OB_UNSURE, "s0"},
      {"istio", "/foo", "/foobar", OB_STOPS, ""},
      {"istio", "/foo", "/foo", OB_GOES, "s0"},
      {"istio", "/foo/*", "/foo/x", OB_GOES, "s0"},
      {"istio", "/foo.*", "/foobar", OB_GOES, "s0"},
      {"cilium", "/foo", "/foobar", OB_STOPS, ""},
      {"cilium", "/foo", "/foo", OB_GOES, "s0"},
      {"cilium", "/foo.+", "/foobar", OB_UNSURE, "s0"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    OB_AUTOFREE char *rules = ob_asprintf("a.x|%s|ImplementationSpecific|s0", cases[i].pattern);
    put_ingress(c, "i", cases[i].class, NULL, 1000, rules);
    OB_AUTOFREE char *url = ob_asprintf("a.x%s", cases[i].path);
    ob_explanation *e = explain(c, url);
    cr_expect_eq(e->verdict, cases[i].verdict, "%s %s %s: %s", cases[i].class, rules, url,
                 e->summary);
    cr_expect_str_eq(reaches(e), cases[i].service);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* Where controllers leave the documentation, and explain says which rule they take, and why. */
Test(explain, orders_of_known_controllers) {
  static const struct {
    const char *class, *rules, *url;
    ob_verdict verdict;
    const char *service, *why;
  } cases[] = {
      /* The longest rule text; the documentation has Exact first. */
      {"nginx", "a.x|/foo|Prefix|s0;a.x|/foo|Exact|s1", "a.x/foo", OB_GOES, "s1", "Exact comes"},
      {"traefik", "a.x|/foo|Prefix|s0;a.x|/foo|Exact|s1", "a.x/foo", OB_GOES, "s0",
       "length of the whole rule"},
      {"traefik", "a.x|/|Prefix|s0;|/a/very/long/path|Prefix|s1", "a.x/a/very/long/path", OB_GOES,
       "s1", "length of the whole rule"},
      {"traefik", "a.x|/longer|Prefix|s0;*.x|/|Prefix|s1", "a.x/longer", OB_UNSURE, "s0",
       "before version 3.7"},
      /* A Prefix by text. */
      {"traefik", "a.x|/foo|Prefix|s0", "a.x/foobar", OB_UNSURE, "s0", "prefix of the text"},
      {"nic", "a.x|/foo|Prefix|s0", "a.x/foobar", OB_UNSURE, "s0", "prefix of the text"},
      {"contour", "a.x|/foo|Prefix|s0", "a.x/foobar", OB_STOPS, "", "none of its paths"},
      /* As they are written; the documentation has the exact host and the longest path first. */
      {"alb", "*.x|/|Prefix|s0;a.x|/foo|Exact|s1", "a.x/foo", OB_GOES, "s0", "as written"},
      {"alb", "a.x|/f*|ImplementationSpecific|s0;a.x|/|Prefix|s1", "a.x/foo", OB_GOES, "s0",
       "* and ? as patterns"},
      /* An Exact or Prefix before whatever is longer. */
      {"kong", "a.x|/foo/bar|ImplementationSpecific|s0;a.x|/foo|Prefix|s1", "a.x/foo/bar", OB_GOES,
       "s1", "before ImplementationSpecific"},
      {"nginx", "a.x|/foo/bar|ImplementationSpecific|s0;a.x|/foo|Prefix|s1", "a.x/foo/bar", OB_GOES,
       "s0", "ImplementationSpecific"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "i", cases[i].class, NULL, 1000, cases[i].rules);
    ob_explanation *e = explain(c, cases[i].url);
    cr_expect_str_eq(reaches(e), cases[i].service, "%zu: %s", i, e->summary);
    cr_expect_eq(e->verdict, cases[i].verdict, "%zu: %s", i, e->summary);
    cr_expect(strstr(step(e, "path")->why, cases[i].why), "%zu: %s", i, step(e, "path")->why);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* One ALB rule: Exact, the longest Prefix, then the others as they stand, however long. */
Test(explain, paths_of_one_rule_of_an_alb) {
  ob_cluster *c = world_classes();
  world_put(c, OB_KIND_INGRESS, "n", "i",
            "'spec':{'ingressClassName':'alb','rules':[{'host':'a.x','http':{'paths':[{'path':"
            "'/foo/*','pathType':'ImplementationSpecific','backend':{'service':{'name':'s0','port':"
            "{'number':80}}}},{'path':'/','pathType':'Prefix','backend':{'service':{'name':'s1',"
            "'port':{'number':80}}}}]}}]}");
  ob_explanation *e = explain(c, "a.x/foo/bar");
  cr_expect_str_eq(reaches(e), "s1", "%s", e->summary);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* use-regex and rewrite-target turn all paths of the host into expressions in any case. */
Test(explain, ingress_nginx_reads_a_rewritten_host_as_expressions) {
  static const struct {
    const char *annotation, *url, *service;
    ob_verdict verdict;
  } cases[] = {{"'nginx.ingress.kubernetes.io/rewrite-target':'/'", "a.x/FOObar", "s0", OB_GOES},
               {"'nginx.ingress.kubernetes.io/use-regex':'true'", "a.x/foobar", "s0", OB_GOES},
               {"'nginx.ingress.kubernetes.io/use-regex':'true'", "b.x/foobar", "", OB_STOPS},
               {"'nginx.ingress.kubernetes.io/use-regex':'false'", "a.x/foobar", "", OB_STOPS}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "plain", "nginx", NULL, 1000, "a.x|/foo|Prefix|s0;b.x|/foo|Prefix|s1");
    OB_AUTOFREE char *other = ob_asprintf(
        "{'metadata':{'name':'other','namespace':'n','uid':'o','annotations':{%s}},'spec':{"
        "'ingressClassName':'nginx','rules':[{'host':'a.x','http':{'paths':[{'path':'/other','"
        "pathType':'Prefix','backend':{'service':{'name':'s2','port':{'number':80}}}}]}}]}}",
        cases[i].annotation);
    ob_cluster_put(c, world_object(OB_KIND_INGRESS, other));
    ob_explanation *e = explain(c, cases[i].url);
    cr_expect_str_eq(reaches(e), cases[i].service, "%zu: %s", i, e->summary);
    cr_expect_eq(e->verdict, cases[i].verdict, "%zu: %s", i, e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* NGINX Ingress Controller gives a host to its oldest Ingress. */
Test(explain, a_host_of_one_owner) {
  ob_cluster *c = world_classes();
  put_ingress(c, "old", "nic", NULL, 9000, "a.x|/old|Prefix|s0");
  put_ingress(c, "young", "nic", NULL, 1000, "a.x|/young|Prefix|s1;b.x|/young|Prefix|s1");
  ob_explanation *e = explain(c, "a.x/young");
  cr_expect_eq(e->verdict, OB_STOPS, "%s", e->summary);
  cr_expect(strstr(e->ways[0].losers[0].why, "an older Ingress has this host") ||
                strstr(e->ways[0].losers[1].why, "an older Ingress has this host"),
            "%s", e->ways[0].losers[0].why);
  ob_explanation_free(e);
  e = explain(c, "b.x/young");
  cr_expect_str_eq(reaches(e), "s1", "%s", e->summary);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* Whose default backend takes what no rule does. */
Test(explain, default_backends_of_known_controllers) {
  static const struct {
    const char *class, *named, *other; /* a host that rules name, and one that none does */
  } cases[] = {{"nginx", "s2", "s3"},  {"traefik", "s3", "s3"}, {"contour", "", "s2"},
               {"istio", "", "s2"},    {"cilium", "", "s2"},    {"other", "s2", "s3"},
               {"haproxy", "s2", "s3"}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_cluster *c = world_classes();
    put_ingress(c, "rules", cases[i].class, "s2", 9000, "a.x|/x|Exact|s0");
    put_ingress(c, "all", cases[i].class, "s3", 8000, "");
    ob_explanation *e = explain(c, "a.x/y");
    cr_expect_str_eq(reaches(e), cases[i].named, "%s: %s", cases[i].class, e->summary);
    ob_explanation_free(e);
    e = explain(c, "b.x/y");
    cr_expect_str_eq(reaches(e), cases[i].other, "%s: %s", cases[i].class, e->summary);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
  ob_cluster *c = world_classes();
  put_ingress(c, "old", "nginx", NULL, 9000, "a.x|/x|Exact|s0");
  put_ingress(c, "young", "nginx", "s2", 8000, "a.x|/z|Exact|s0");
  put_ingress(c, "all", "nginx", "s3", 7000, "");
  ob_explanation *e = explain(c, "a.x/y");
  cr_expect_eq(e->verdict, OB_STOPS, "the server is made by the oldest, which has none: %s",
               e->summary);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* --- where it stops ---------------------------------------------------------------------- */
static const struct {
  const char *url;
  ob_verdict verdict;
  const char *at, *why; /* of the first step with that verdict; "" for GOES */
} shop_cases[] = {
    {"https://shop.example.com/", OB_UNSURE, "dns", "no address in its status"},
    {"https://shop.example.com/gone", OB_STOPS, "service", "no service gone"},
    {"https://shop.example.com/port", OB_STOPS, "service", "no such port: it has http 80"},
    {"https://shop.example.com/api/v1", OB_STOPS, "endpoints", "no pod matches"},
    {"http://198.51.100.7:443/", OB_GOES, "", ""},
    {"http://198.51.100.7/", OB_STOPS, "port", "listens on 443/TCP"},
    {"http://203.0.113.1:30080/", OB_GOES, "", ""},
    {"http://10.1.0.1:30080/", OB_GOES, "", ""},
    {"http://203.0.113.1:30999/", OB_STOPS, "port", "hostPort"},
    {"http://web.shop.svc.cluster.local/", OB_STOPS, "dns", "inside it alone"},
};

Test(explain, shop_case_by_case) {
  ob_cluster *c = world_shop();
  for (size_t i = 0; i < OB_LEN(shop_cases); i++) {
    ob_explanation *e = explain(c, shop_cases[i].url);
    cr_expect_eq(e->verdict, shop_cases[i].verdict, "%s: %s", shop_cases[i].url, e->summary);
    const ob_step *at = *shop_cases[i].at ? step(e, shop_cases[i].at) : NULL;
    if (*shop_cases[i].at) {
      cr_assert_not_null(at, "%s has no step %s", shop_cases[i].url, shop_cases[i].at);
      cr_expect_eq(at->verdict, shop_cases[i].verdict);
      cr_expect(strstr(at->why, shop_cases[i].why), "%s: \"%s\"", shop_cases[i].url, at->why);
      if (at->verdict == OB_STOPS && strcmp(at->why, "hostPort") == 0)
        cr_expect_neq(*at->fix, '\0');
    }
    ob_explanation_free(e);
  }
  ob_cluster_free(c);
}

Test(explain, nobody_answers) {
  ob_cluster *c = world_shop();
  ob_explanation *e = explain(c, "nobody.example.org");
  cr_expect_eq(e->nways, 0);
  cr_expect_eq(e->verdict, OB_STOPS);
  cr_expect_str_eq(e->summary, "nothing here answers for nobody.example.org");
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* What cannot be read is not "missing". */
Test(explain, unknown_is_not_missing) {
  ob_cluster *c = world_shop();
  world_phase(c, OB_KIND_SLICE, OB_FORBIDDEN);
  world_phase(c, OB_KIND_GATEWAY, OB_NOT_INSTALLED);
  ob_explanation *e = explain(c, "https://shop.example.com/");
  cr_expect_eq(e->verdict, OB_UNSURE);
  cr_expect_eq(step(e, "endpoints")->verdict, OB_UNSURE);
  cr_expect_str_eq(e->unknown, "endpointslices forbidden");
  ob_explanation_free(e);
  ob_cluster_clear(c, OB_KIND_INGRESS);
  world_phase(c, OB_KIND_INGRESS, OB_FORBIDDEN);
  e = explain(c, "https://shop.example.com/");
  cr_expect_eq(e->verdict, OB_UNSURE, "a rule may be there");
  ob_explanation_free(e);
  ob_cluster_free(c);
}

Test(explain, inside_the_cluster) {
  ob_cluster *c = world_shop();
  static const struct {
    const char *url;
    ob_verdict verdict;
  } cases[] = {{"http://web.shop.svc.cluster.local/", OB_GOES},
               {"http://web.shop/", OB_GOES},
               {"http://web.shop.svc:81/", OB_STOPS},
               {"http://api.shop:8080/", OB_STOPS},
               {"http://headless.shop:5432/", OB_GOES},
               {"http://name.shop/", OB_UNSURE},
               {"http://absent.shop/", OB_STOPS}};
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_explanation *e = explain_from(c, cases[i].url, true);
    cr_expect_eq(e->verdict, cases[i].verdict, "%s: %s", cases[i].url, e->summary);
    ob_explanation_free(e);
  }
  ob_cluster_free(c);
}

Test(explain, local_policy_wants_a_pod_on_that_node) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_SERVICE, "shop", "web",
            "'spec':{'type':'NodePort','clusterIP':'10.96.0.1','externalTrafficPolicy':'Local','"
            "selector':{'a':'b'},"
            "'ports':[{'name':'http','port':80,'nodePort':30080}]}");
  world_slice(c, "shop", "web", 1, 1); /* on n1 */
  ob_explanation *e = explain(c, "http://203.0.113.1:30080/");
  cr_expect_eq(e->verdict, OB_GOES);
  ob_explanation_free(e);
  e = explain(c, "http://203.0.113.2:30080/");
  cr_expect_eq(e->verdict, OB_STOPS);
  cr_expect(strstr(step(e, "node")->fix, "203.0.113.1"), "%s", step(e, "node")->fix);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

Test(explain, classes_and_their_controllers_pods) {
  ob_cluster *c = world_classes();
  put_ingress(c, "i", "absent", NULL, 1000, "a.x|/|Prefix|s0");
  ob_explanation *e = explain(c, "a.x");
  cr_expect_eq(step(e, "entry")->verdict, OB_STOPS);
  cr_expect(strstr(step(e, "entry")->why, "no IngressClass"), "%s", step(e, "entry")->why);
  ob_explanation_free(e);
  put_ingress(c, "i", "", NULL, 1000, "a.x|/|Prefix|s0");
  e = explain(c, "a.x");
  cr_expect(strstr(step(e, "entry")->why, "no default"), "%s", step(e, "entry")->why);
  ob_explanation_free(e);
  put_ingress(c, "i", "nginx", NULL, 1000, "a.x|/|Prefix|s0");
  world_put(c, OB_KIND_SERVICE, "n", "controller",
            "'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.2','selector':{'a':'b'},'ports':[{'"
            "name':'','port':80}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.50'}]}}");
  world_slice(c, "n", "controller", 0, 1);
  e = explain(c, "a.x");
  cr_expect_eq(step(e, "front")->verdict, OB_STOPS, "the controller itself is down");
  ob_explanation_free(e);
  e = explain(c, "http://203.0.113.50/");
  cr_expect_eq(e->nways, 1, "its load balancer is a way by itself when no rule takes any host");
  ob_explanation_free(e);
  ob_cluster_free(c);
}

Test(explain, losers_say_why) {
  ob_cluster *c = world_classes();
  put_ingress(c, "i", "nginx", NULL, 1000,
              "a.b.c|/foo|Prefix|s0;a.b.c|/|Prefix|s1;a.b.c|/foo/bar|Exact|s2;*.b.c|/"
              "foo|Prefix|s3;*.c|/|Prefix|s4");
  ob_explanation *e = explain(c, "a.b.c/foo/baz");
  cr_expect_str_eq(reaches(e), "s0");
  static const char *const whys[] = {"matches, but its path is shorter",
                                     "a more specific host is named", "Exact: the path must be",
                                     "a wildcard stands for exactly one label"};
  cr_assert_eq(e->ways[0].nlosers, OB_LEN(whys));
  for (size_t i = 0; i < OB_LEN(whys); i++)
    cr_expect(ob_starts(e->ways[0].losers[i].why, whys[i]), "%s", e->ways[0].losers[i].why);
  ob_explanation_free(e);
  ob_cluster_free(c);
}

/* --- URLs -------------------------------------------------------------------------------- */
Test(explain, urls) {
  static const struct {
    const char *url, *scheme, *host, *path, *query;
    unsigned port;
  } good[] = {
      {"shop.example.com", "http", "shop.example.com", "/", "", 80},
      {"HTTPS://Shop.Example.com.:8443/A?b=c#d", "https", "shop.example.com", "/A", "b=c", 8443},
      {"https://x?q", "https", "x", "/", "q", 443},
      {"http://[2001:DB8::1]:30080/p", "http", "2001:db8::1", "/p", "", 30080},
  };
  for (size_t i = 0; i < OB_LEN(good); i++) {
    ob_request r;
    ob_err err;
    cr_assert_eq(ob_request_make(&r, good[i].url, NULL, NULL, 0, false, &err), 0, "%s", err.msg);
    cr_expect_str_eq(r.scheme, good[i].scheme);
    cr_expect_str_eq(r.host, good[i].host);
    cr_expect_str_eq(r.path, good[i].path);
    cr_expect_str_eq(r.query, good[i].query);
    cr_expect_eq(r.port, good[i].port);
    ob_request_done(&r);
  }
  static const char *const bad[] = {"",
                                    "ftp://x",
                                    "http://",
                                    "http://u:p@x/",
                                    "http://x:0/",
                                    "http://x:70000/",
                                    "http://x y/",
                                    "http://[::1",
                                    "http://*.x/"};
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    ob_request r;
    ob_err err;
    cr_expect_eq(ob_request_make(&r, bad[i], NULL, NULL, 0, false, &err), -OB_EUSAGE, "%s", bad[i]);
  }
  ob_request r;
  ob_err err;
  cr_expect_lt(ob_request_make(&r, "x", "G T", NULL, 0, false, &err), 0);
  cr_expect_lt(ob_request_make(&r, "x", NULL, (const char *const[]){"no colon"}, 1, false, &err),
               0);
}

/* Names out of the cluster reach a screen only as safe text. */
Test(explain, texts_are_safe) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_INGRESS, "n", "i",
            "'spec':{'ingressClassName':'\\u001b[31m','rules':[{'host':'a.x','http':{'paths':[{'"
            "path':'/\\u001b]0;x','pathType':"
            "'Prefix\\u202e','backend':{'service':{'name':'\\u001b','port':{'number':80}}}}]}}]}");
  ob_explanation *e = explain(c, "a.x");
  cr_assert_eq(e->nways, 1);
  for (size_t i = 0; i < e->ways[0].nsteps; i++) {
    cr_expect_null(strchr(e->ways[0].steps[i].text, '\x1b'));
    cr_expect_null(strchr(e->ways[0].steps[i].why, '\x1b'));
    cr_expect_null(strchr(e->ways[0].steps[i].fix, '\x1b'));
  }
  cr_expect_null(strchr(e->ways[0].title, '\x1b'));
  cr_expect_null(strchr(e->summary, '\x1b'));
  ob_explanation_free(e);
  ob_cluster_free(c);
}
