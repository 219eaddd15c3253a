/* What is behind a service: who counts, who counts once, who counts for a port; and where
 * Ingresses lead. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

/* Slices of n/s as JSON parts: address type, endpoints, ports. */
typedef struct slice_text {
  const char *type, *endpoints, *ports;
} slice_text;

static ob_cluster *with(const char *spec, const slice_text *slices, size_t n) {
  ob_cluster *c = world_new();
  OB_AUTOFREE char *rest = ob_asprintf("'spec':{%s}", spec);
  world_put(c, OB_KIND_SERVICE, "n", "s", rest);
  for (size_t i = 0; i < n; i++) {
    OB_AUTOFREE char *text =
        ob_asprintf("{'metadata':{'name':'s-%zu','namespace':'n','uid':'e%zu','labels':{'"
                    "kubernetes.io/service-name':'s'}},"
                    "'addressType':'%s','endpoints':%s,'ports':%s}",
                    i, i, slices[i].type, slices[i].endpoints, slices[i].ports);
    ob_cluster_put(c, world_object(OB_KIND_SLICE, text));
  }
  return c;
}

#define ONE "'ports':[{'port':80}]"
#define TWO "'ports':[{'name':'a','port':80},{'name':'b','port':81}]"
#define P   "[{'name':'','port':80}]"

static const struct {
  const char *what, *spec;
  slice_text slices[2];
  int port;
  uint32_t ready, total, draining, nodes, zones;
} cases[] = {
    {"nothing", ONE, {{0}}, -1, 0, 0, 0, 0, 0},
    {"null arrays", ONE, {{"IPv4", "null", "null"}}, -1, 0, 0, 0, 0, 0},
    {"two on two nodes in a zone",
     ONE,
     {{"IPv4",
       "[{'addresses':['10.0.0.1'],'nodeName':'x','zone':'z'},{'addresses':['10.0.0.2'],'nodeName':"
       "'y','zone':'z'}]",
       P}},
     -1,
     2,
     2,
     0,
     2,
     1},
    {"the node of one that is not ready does not count",
     ONE,
     {{"IPv4",
       "[{'addresses':['1'],'nodeName':'x'},{'addresses':['2'],'nodeName':'y','conditions':{'ready'"
       ":false}}]",
       P}},
     -1,
     1,
     2,
     0,
     1,
     0},
    {"dual stack counts once, by the pod",
     ONE,
     {{"IPv4", "[{'addresses':['10.0.0.1'],'targetRef':{'uid':'p'}}]", P},
      {"IPv6", "[{'addresses':['fd00::1'],'targetRef':{'uid':'p'}}]", P}},
     -1,
     1,
     1,
     0,
     0,
     0},
    {"a move between slices counts once, ready if either is",
     ONE,
     {{"IPv4", "[{'addresses':['10.0.0.1'],'conditions':{'ready':false}}]", P},
      {"IPv4", "[{'addresses':['10.0.0.1']}]", P}},
     -1,
     1,
     1,
     0,
     0,
     0},
    {"one slice may repeat an address",
     ONE,
     {{"IPv4", "[{'addresses':['10.0.0.1']},{'addresses':['10.0.0.1']}]", P}},
     -1,
     1,
     1,
     0,
     0,
     0},
    {"the same text in another family is another address",
     ONE,
     {{"IPv4", "[{'addresses':['x']}]", P}, {"IPv6", "[{'addresses':['x']}]", P}},
     -1,
     2,
     2,
     0,
     0,
     0},
    {"names are skipped",
     ONE,
     {{"FQDN", "[{'addresses':['a.example.com']}]", P}},
     -1,
     0,
     0,
     0,
     0,
     0},
    {"draining: serves, and ends",
     ONE,
     {{"IPv4",
       "[{'addresses':['1'],'conditions':{'ready':false,'serving':true,'terminating':true}},{'"
       "addresses':['2']}]",
       P}},
     -1,
     1,
     1,
     1,
     0,
     0},
    {"ends, and serves no more",
     ONE,
     {{"IPv4",
       "[{'addresses':['1'],'conditions':{'ready':false,'serving':false,'terminating':true}}]", P}},
     -1,
     0,
     0,
     0,
     0,
     0},
    {"a replacement under the old identity is not draining",
     ONE,
     {{"IPv4",
       "[{'addresses':['1'],'conditions':{'ready':false,'serving':true,'terminating':true}}]", P},
      {"IPv4", "[{'addresses':['1']}]", P}},
     -1,
     1,
     1,
     0,
     0,
     0},
    {"published though not ready",
     "'publishNotReadyAddresses':true," ONE,
     {{"IPv4", "[{'addresses':['1'],'conditions':{'ready':false}}]", P}},
     -1,
     1,
     1,
     0,
     0,
     0},
    {"a port that one slice of two carries",
     TWO,
     {{"IPv4", "[{'addresses':['1']}]", "[{'name':'a','port':1},{'name':'b','port':2}]"},
      {"IPv4", "[{'addresses':['2']}]", "[{'name':'a','port':1}]"}},
     1,
     1,
     1,
     0,
     0,
     0},
    {"and the one that both carry",
     TWO,
     {{"IPv4", "[{'addresses':['1']}]", "[{'name':'a','port':1},{'name':'b','port':2}]"},
      {"IPv4", "[{'addresses':['2']}]", "[{'name':'a','port':1}]"}},
     0,
     2,
     2,
     0,
     0,
     0},
    {"the whole",
     TWO,
     {{"IPv4", "[{'addresses':['1']}]", "[{'name':'b','port':2}]"},
      {"IPv4", "[{'addresses':['2']}]", "[{'name':'a','port':1}]"}},
     -1,
     2,
     2,
     0,
     0,
     0},
    {"a port beyond the service's is the whole",
     ONE,
     {{"IPv4", "[{'addresses':['1']}]", P}},
     9,
     1,
     1,
     0,
     0,
     0},
};

Test(ready, counts) {
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    size_t n = cases[i].slices[1].type ? 2 : cases[i].slices[0].type ? 1 : 0;
    ob_cluster *c = with(cases[i].spec, cases[i].slices, n);
    const ob_service *s = OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "n", "s"));
    for (int twice = 0; twice < 2; twice++) { /* counted, then kept */
      ob_ready r = ob_service_ready(c, s, cases[i].port);
      cr_expect(r.known && r.ready == cases[i].ready && r.total == cases[i].total &&
                    r.draining == cases[i].draining && r.nodes == cases[i].nodes &&
                    r.zones == cases[i].zones,
                "%s: %u/%u, %u draining, %u nodes, %u zones", cases[i].what, r.ready, r.total,
                r.draining, r.nodes, r.zones);
    }
    const ob_slice *at[1];
    cr_expect_eq(ob_service_slices(c, s, at, 1), n);
    world_phase(c, OB_KIND_SLICE, OB_FORBIDDEN);
    cr_expect_not(ob_service_ready(c, s, cases[i].port).known);
    ob_cluster_free(c);
  }
}

/* Services of one name in two namespaces have nothing to do with each other. */
Test(ready, namespaces_are_apart) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_SERVICE, "a", "s", "'spec':{'ports':[{'port':80}]}");
  world_put(c, OB_KIND_SERVICE, "b", "s", "'spec':{'ports':[{'port':80}]}");
  world_slice(c, "a", "s", 1, 1);
  cr_expect_eq(
      ob_service_ready(c, OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "a", "s")), -1)
          .ready,
      1);
  cr_expect_eq(
      ob_service_ready(c, OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "b", "s")), -1)
          .ready,
      0);
  cr_expect_null(ob_cluster_find(c, OB_KIND_SERVICE, "", "s"));
  cr_expect_null(ob_cluster_find(c, OB_KIND_SERVICE, "as", ""));
  ob_cluster_free(c);
}

/* Field, else annotation, else the only default. */
Test(ready, class_of_an_ingress) {
  static const struct {
    const char *metadata, *spec, *classes,
        *name; /* classes: one letter each, upper case: a default */
    bool found;
  } all[] = {
      {"", "'ingressClassName':'a'", "a", "a", true},
      {"", "'ingressClassName':'z'", "a", "z", false},
      {"'kubernetes.io/ingress.class':'a'", "", "ab", "a", true},
      {"'kubernetes.io/ingress.class':'a'", "'ingressClassName':'b'", "ab", "b", true},
      {"", "", "a", "", false},
      {"", "", "aB", "b", true},
      {"", "", "AB", "", false},
      {"", "", "ABC", "", false},
      {"", "", "", "", false},
      {"'kubernetes.io/ingress.class':'a'", "", "B", "a", false},
  };
  for (size_t i = 0; i < OB_LEN(all); i++) {
    ob_cluster *c = world_new();
    for (const char *at = all[i].classes; *at; at++) {
      OB_AUTOFREE char *text = ob_asprintf("{'metadata':{'name':'%c','uid':'%c','annotations':{'"
                                           "ingressclass.kubernetes.io/is-default-class':'%s'}}}",
                                           *at | 0x20, *at, *at < 'a' ? "true" : "false");
      ob_cluster_put(c, world_object(OB_KIND_INGRESS_CLASS, text));
    }
    OB_AUTOFREE char *text = ob_asprintf(
        "{'metadata':{'name':'i','namespace':'n','uid':'u','annotations':{%s}},'spec':{%s}}",
        all[i].metadata, all[i].spec);
    ob_cluster_put(c, world_object(OB_KIND_INGRESS, text));
    const char *name;
    const ob_ingress_class *k = ob_ingress_class_of(
        c, OB_AS(ob_ingress, ob_cluster_find(c, OB_KIND_INGRESS, "n", "i")), &name);
    cr_expect_str_eq(name, all[i].name, "%zu: %s", i, name);
    cr_expect_eq(k != NULL, all[i].found, "%zu", i);
    ob_cluster_free(c);
  }
}

/* The class' own; without a class what the annotation stands for, if nothing else is named. */
Test(ready, controller_of_an_ingress) {
  static const char note[] = "'kubernetes.io/ingress.class':'%s'";
  static const struct {
    const char *annotation, *field, *classes, *controller; /* "gce" among the classes is x.io/own */
    bool unknown;
  } all[] = {
      {"gce", "", "", "k8s.io/ingress-gce", false},
      {"gce-internal", "", "", "k8s.io/ingress-gce", false},
      {"gce-regional-external", "", "", "k8s.io/ingress-gce", false},
      {"gce", "", "gce", "x.io/own", false},
      {"gce", "", "other", "k8s.io/ingress-gce", false},
      {"gce", "gone", "", "", false},
      {"gce", "", "", "", true},
      {"", "gce", "", "", false},
      {"", "gce", "gce", "x.io/own", false},
      {"nginx", "", "", "", false},
      {"gce-", "", "", "", false},
      {"", "", "", "", false},
  };
  for (size_t i = 0; i < OB_LEN(all); i++) {
    ob_cluster *c = world_new();
    if (all[i].unknown) world_phase(c, OB_KIND_INGRESS_CLASS, OB_FORBIDDEN);
    OB_AUTOFREE char *class = ob_asprintf(
        "{'metadata':{'name':'%s','uid':'k'},'spec':{'controller':'x.io/own'}}", all[i].classes);
    if (*all[i].classes) ob_cluster_put(c, world_object(OB_KIND_INGRESS_CLASS, class));
    OB_AUTOFREE char *annotation = ob_asprintf(note, all[i].annotation);
    OB_AUTOFREE char *text = ob_asprintf("{'metadata':{'name':'i','namespace':'n','uid':'u',"
                                         "'annotations':{%s}},'spec':{'ingressClassName':'%s'}}",
                                         *all[i].annotation ? annotation : "", all[i].field);
    ob_cluster_put(c, world_object(OB_KIND_INGRESS, text));
    const char *is =
        ob_ingress_controller(c, OB_AS(ob_ingress, ob_cluster_find(c, OB_KIND_INGRESS, "n", "i")));
    cr_expect_str_eq(is, all[i].controller, "%zu: %s", i, is);
    ob_cluster_free(c);
  }
}

/* Which entry covers a host; one without hosts covers all. */
Test(ready, tls_for_a_host) {
  ob_object *o =
      world_object(OB_KIND_INGRESS,
                   "{'metadata':{'name':'i','uid':'u'},'spec':{'tls':[{'hosts':['a.com','*.b.com'],"
                   "'secretName':'one'},{'hosts':['c.com']}]}}");
  const ob_ingress *g = OB_AS(ob_ingress, o);
  static const struct {
    const char *host;
    int entry;
  } hosts[] = {{"a.com", 0},   {"x.b.com", 0}, {"x.y.b.com", -1}, {"b.com", -1},
               {"*.b.com", 0}, {"c.com", 1},   {"", -1}};
  for (size_t i = 0; i < OB_LEN(hosts); i++)
    cr_expect_eq(ob_ingress_tls_for(g, hosts[i].host),
                 hosts[i].entry < 0 ? NULL : &g->tls[hosts[i].entry], "%s", hosts[i].host);
  ob_object_free(o);
  o = world_object(OB_KIND_INGRESS,
                   "{'metadata':{'name':'i','uid':'u'},'spec':{'tls':[{'secretName':'all'}]}}");
  cr_expect_not_null(ob_ingress_tls_for(OB_AS(ob_ingress, o), "any.com"));
  cr_expect_not_null(ob_ingress_tls_for(OB_AS(ob_ingress, o), ""));
  ob_object_free(o);
}
