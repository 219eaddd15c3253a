/* Fields of Services and Ingresses as texts, and plans of which both sides are known. */
#include "world.h"

#include "base/json.h"
#include "base/str.h"
#include "outboard/plan.h"
#include <criterion/criterion.h>

#define SERVICE                                                                                    \
  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web','namespace':'shop','labels':{'a':" \
  "'1','b':'2'},'resourceVersion':'7'},'spec':{'type':'NodePort','ports':[{'name':'http','port':"  \
  "80,'protocol':'TCP','appProtocol':'h2c','targetPort':'web','nodePort':30080},{'name':'dns',"    \
  "'port':53,'protocol':'UDP','targetPort':5353}]}}"

#define T(...)                                                                                     \
  &(const ob_texts) {                                                                              \
    .all = (const char *const[]){__VA_ARGS__},                                                     \
    .n = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)                               \
  }

/* What a plan wants of a place; "" nothing. */
static void expect(const ob_plan *p, const char *member, const char *key, const char *text) {
  const ob_json *got = ob_json_at(p->edits[0].wanted, member, key, NULL);
  OB_AUTOPTR(ob_json) wanted = *text ? world_json(text) : NULL;
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_PLAN_MAX);
  if (got) ob_json_print(&out, got);
  cr_expect(wanted ? ob_json_equal(got, wanted) : !got, "%s.%s is %s", member, key,
            ob_buf_str(&out));
}

static ob_plan *service_plan(const ob_service_fields *f, ob_err *err) {
  ob_plan *p = NULL;
  OB_AUTOPTR(ob_json) service = world_json(SERVICE);
  (void)ob_plan_service_fields(&p, NULL, service, f, err);
  return p;
}

Test(fields, a_port_is_typed_as_it_is_shown) {
  OB_AUTOPTR(ob_json) service = world_json(SERVICE);
  const ob_json *ports = ob_json_at(service, "spec", "ports", NULL);
  static const char *const texts[] = {"http:80:web@30080", "dns:53:5353/UDP"};
  for (size_t i = 0; i < OB_LEN(texts); i++) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_service_port_text(ob_json_index(ports, i), &text);
    cr_expect_str_eq(ob_buf_str(&text), texts[i]);
  }
  ob_plan *p =
      service_plan(&(ob_service_fields){.ports = T("http:80:web@30080", "dns:53:5353/UDP")}, NULL);
  cr_expect(ob_plan_empty(p), "typed as it stands, it changes nothing");
  ob_plan_free(p);
}

Test(fields, what_no_text_says_of_a_port_stays) {
  ob_plan *p =
      service_plan(&(ob_service_fields){.ports = T("http:8080:web", "dns:53:5353/UDP")}, NULL);
  expect(p, "spec", "ports",
         "[{'name':'http','port':8080,'protocol':'TCP','appProtocol':'h2c','targetPort':'web'},"
         "{'name':'dns','port':53,'protocol':'UDP','targetPort':5353}]");
  bool closed = false, given = false;
  for (size_t i = 0; i < p->nwarnings; i++) {
    closed |= strstr(p->warnings[i].text, "Port 80 is closed") != NULL;
    given |= strstr(p->warnings[i].text, "Node port 30080 is given up") != NULL;
  }
  cr_expect(closed);
  cr_expect(given);
  ob_plan_free(p);
}

Test(fields, bad_ports_are_named) {
  const struct {
    const ob_texts *ports;
    const char *says;
  } cases[] = {
      {T("http:80@99999"), "\"http:80@99999\" is no port"},
      {T("http:80@x"), "is no port"},
      {T("80", "http:81"), "each needs a name"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_err err = {0};
    cr_expect_null(service_plan(&(ob_service_fields){.ports = cases[i].ports}, &err));
    cr_expect(strstr(err.msg, cases[i].says), "%s", err.msg);
  }
}

Test(fields, labels_say_what_changes) {
  ob_plan *p = service_plan(
      &(ob_service_fields){.labels = T("a-", "c=x=y"), .annotations = T("gone-")}, NULL);
  expect(p, "metadata", "labels", "{'b':'2','c':'x=y'}");
  expect(p, "metadata", "annotations", "");
  ob_plan_free(p);
  ob_err err = {0};
  cr_expect_null(service_plan(&(ob_service_fields){.labels = T("word")}, &err));
  cr_expect(strstr(err.msg, "metadata.labels: \"word\" is not KEY=VALUE"), "%s", err.msg);
}

#define INGRESS                                                                                    \
  "{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','metadata':{'name':'web','namespace':"    \
  "'shop'},'spec':{'ingressClassName':'a','defaultBackend':{'service':{'name':'x','port':{"        \
  "'number':80}}},'tls':[{'hosts':['a.example','b.example'],'secretName':'s'},{'hosts':['c."       \
  "example']"                                                                                      \
  "}]}}"

Test(fields, an_ingress_by_its_texts) {
  OB_AUTOPTR(ob_json) ingress = world_json(INGRESS);
  const ob_json *tls = ob_json_at(ingress, "spec", "tls", NULL);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_ingress_tls_text(ob_json_index(tls, 0), &text);
  ob_buf_addc(&text, ';');
  ob_ingress_tls_text(ob_json_index(tls, 1), &text);
  cr_expect_str_eq(ob_buf_str(&text), "s a.example,b.example;- c.example");
  ob_plan *p = NULL;
  ob_err err = {0};
  const ob_ingress_fields same = {.tls = T("s a.example,b.example", "- c.example")};
  cr_assert_eq(ob_plan_ingress_fields(&p, NULL, ingress, &same, &err), 0, "%s", err.msg);
  cr_expect(ob_plan_empty(p));
  ob_plan_free(p);
  const ob_ingress_fields other = {.class_name = "b",
                                   .default_service = "y",
                                   .default_port = "http",
                                   .tls = T("t  d.example, e.example")};
  cr_assert_eq(ob_plan_ingress_fields(&p, NULL, ingress, &other, &err), 0, "%s", err.msg);
  expect(p, "spec", "ingressClassName", "'b'");
  expect(p, "spec", "defaultBackend", "{'service':{'name':'y','port':{'name':'http'}}}");
  expect(p, "spec", "tls", "[{'hosts':['d.example','e.example'],'secretName':'t'}]");
  cr_expect_eq(p->warnings[0].level, OB_WARN_LOSS, "another class gives up the address");
  ob_plan_free(p);
  cr_expect_eq(
      ob_plan_ingress_fields(&p, NULL, ingress, &(ob_ingress_fields){.default_service = ""}, &err),
      -(int)OB_EINVALID, "no rule and no default backend");
}

/* The syntax of an annotation's key: a DNS name, one '/', at most 63 characters. */
static void expect_key(void *arg, const char *name) {
  const char *slash = strchr(name, '/');
  cr_expect(slash && slash > name && !strchr(slash + 1, '/'), "%s", name);
  cr_expect(slash && strlen(slash + 1) > 0 && strlen(slash + 1) < 64, "%s", name);
  cr_expect_null(strpbrk(name, " ,=\""), "%s", name);
  OB_AUTOFREE char *line = ob_asprintf("\n%s\n", name);
  cr_expect_null(strstr(ob_buf_str(arg), line), "%s twice", name);
  ob_buf_addf(arg, "%s\n", name);
}

Test(fields, annotations_are_those_of_the_controller) {
  static const struct {
    const char *controller, *has, *lacks;
  } rows[] = {
      {"k8s.io/ingress-nginx", "nginx.ingress.kubernetes.io/rewrite-target", "traefik"},
      {"nginx.org/ingress-controller", "nginx.org/client-max-body-size", "kubernetes.io/rewrite"},
      {"traefik.io/ingress-controller", "traefik.ingress.kubernetes.io/router.tls.options",
       "service.serversscheme"}, /* of a Service */
      {"haproxy.org/ingress-controller/haproxy", "haproxy.org/timeout-server",
       "timeout-client"}, /* of the ConfigMap */
      {"haproxy-ingress.github.io/controller", "haproxy-ingress.github.io/timeout-connect",
       "timeout-client"}, /* of the ConfigMap */
      {"ingress-controllers.konghq.com/kong", "konghq.com/strip-path",
       "read-timeout"}, /* of a Service */
      {"ingress.k8s.aws/alb", "alb.ingress.kubernetes.io/target-type", "networking.gke.io"},
      {"k8s.io/ingress-gce", "networking.gke.io/v1beta1.FrontendConfig", "nginx"},
      {"azure/application-gateway", "appgw.ingress.kubernetes.io/use-private-ip", "nginx"},
      {"projectcontour.io/x/y", "ingress.kubernetes.io/force-ssl-redirect",
       "max-connections"}, /* of a Service */
      {"cilium.io/ingress-controller", "ingress.cilium.io/force-https", "nginx"},
      {"example.com/unknown", "cert-manager.io/issuer", "nginx"},
      {"", "external-dns.kubernetes.io/hostname", "nginx"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTO(ob_buf) all = OB_BUF_INIT(OB_PLAN_MAX);
    ob_buf_addf(&all, "\n");
    ob_ingress_annotations(rows[i].controller, expect_key, &all);
    OB_AUTOFREE char *line = ob_asprintf("\n%s\n", rows[i].has);
    cr_expect(strstr(ob_buf_str(&all), line), "%s: %s", rows[i].controller, rows[i].has);
    cr_expect_null(strstr(ob_buf_str(&all), rows[i].lacks), "%s: %s", rows[i].controller,
                   rows[i].lacks);
    cr_expect(strstr(ob_buf_str(&all), "\ncert-manager.io/cluster-issuer\n"));
  }
}

/* --- both changed it -----------------------------------------------------------------------------
 */
Test(both, each_place_is_settled_by_itself) {
  OB_AUTOPTR(ob_json) before = world_json(SERVICE);
  OB_AUTOPTR(ob_json) mine = world_json(SERVICE);
  OB_AUTOPTR(ob_json) now = world_json(SERVICE);
  ob_json *labels = ob_json_get_mut(ob_json_get_mut(mine, "metadata"), "labels");
  ob_json_put_str(labels, "a", "mine");
  ob_json_put_str(labels, "b", "mine");
  ob_json_put_str(labels, "c", "mine alone");
  labels = ob_json_get_mut(ob_json_get_mut(now, "metadata"), "labels");
  ob_json_put_str(labels, "a", "theirs");
  ob_json_remove(labels, "b");
  ob_json_put_str(labels, "d", "theirs alone");
  ob_plan *p = NULL;
  ob_err err = {0};
  cr_assert_eq(ob_plan_edit(&p, OB_KIND_SERVICE, before, mine, &err), 0, "%s", err.msg);
  const ob_json *const objects[] = {now};
  ob_conflicts *both = NULL;
  ob_plan *settled = NULL;
  cr_assert_eq(ob_plan_merge(&settled, p, OB_PLAN_AGAIN, objects, &both, &err), -(int)OB_ECONFLICT);
  cr_assert_eq(both->n, 2);
  cr_expect_str_eq(both->all[0].path, "metadata.labels.a");
  cr_expect_str_eq(ob_json_str(both->all[0].base), "1");
  cr_expect_str_eq(ob_json_str(both->all[0].mine), "mine");
  cr_expect_str_eq(ob_json_str(both->all[0].theirs), "theirs");
  cr_expect_str_eq(both->all[1].path, "metadata.labels.b");
  cr_expect_null(both->all[1].theirs);
  both->all[1].take = OB_TAKE_MINE;
  cr_expect_eq(ob_conflicts_resolve(&settled, both, &err), -(int)OB_ECONFLICT,
               "one that nobody has settled");
  cr_assert_eq(both->n, 2);
  cr_expect_str_eq(both->all[0].path, "metadata.labels.b", "what is decided stays so");
  static const ob_take_side takes[][2] = {{OB_TAKE_THEIRS, OB_TAKE_MINE},
                                          {OB_TAKE_MINE, OB_TAKE_THEIRS}};
  static const char *const labelled[] = {
      "{'a':'mine','d':'theirs alone','c':'mine alone'}",
      "{'a':'theirs','d':'theirs alone','b':'mine','c':'mine alone'}"};
  for (size_t i = 0; i < OB_LEN(takes); i++) {
    for (size_t k = 0; k < 2; k++) both->all[k].take = takes[i][k];
    cr_assert_eq(ob_conflicts_resolve(&settled, both, &err), 0, "%s", err.msg);
    expect(settled, "metadata", "labels", labelled[i]);
    ob_plan_free(settled);
  }
  ob_conflicts_free(both);
  ob_plan_free(p);
}
