/* Ingresses and their classes: what is refused and at which field, what is not. */
#include "client.h"
#include <unistd.h>

#define BACK "'backend':{'service':{'name':'s','port':{'number':80}}}"
#define PATH(path, type)                                                                           \
  "'rules':[{'http':{'paths':[{'path':'" path "','pathType':'" type "'," BACK "}]}}]"
#define HOST(host) "'rules':[{'host':'" host "'}]"
#define BACKEND(backend)                                                                           \
  "'rules':[{'http':{'paths':[{'path':'/','pathType':'Prefix','backend':" backend "}]}}]"
#define AT "spec.rules[0].http.paths[0]."

Test(ingress, rejections) {
  static const struct {
    const char *spec, *field, *cause;
  } rows[] = {
      {"", "spec", "FieldValueInvalid"},
      {"'rules':[]", "spec", "FieldValueInvalid"},
      {"'rules':[{'http':{'paths':[]}}]", "spec.rules[0].http.paths", "FieldValueRequired"},
      {HOST("*"), "spec.rules[0].host", "FieldValueInvalid"},
      {HOST("10.0.0.1"), "spec.rules[0].host", "FieldValueInvalid"},
      {HOST("Shop.example.com"), "spec.rules[0].host", "FieldValueInvalid"},
      {HOST("shop.example.com:80"), "spec.rules[0].host", "FieldValueInvalid"},
      {HOST("sh\xc3\xb6p.example.com"), "spec.rules[0].host", "FieldValueInvalid"},
      {HOST("a.*.example.com"), "spec.rules[0].host", "FieldValueInvalid"},
      {PATH("x", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("", "Exact"), AT "path", "FieldValueInvalid"},
      {PATH("x", "ImplementationSpecific"), AT "path", "FieldValueInvalid"},
      {PATH("/a//b", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/a/./b", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/a/../b", "Exact"), AT "path", "FieldValueInvalid"},
      {PATH("/a%2fb", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/a%2Fb", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/a/..", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/a/.", "Prefix"), AT "path", "FieldValueInvalid"},
      {PATH("/", "Regex"), AT "pathType", "FieldValueNotSupported"},
      {"'rules':[{'http':{'paths':[{'path':'/'," BACK "}]}}]", AT "pathType", "FieldValueRequired"},
      {BACKEND("{}"), AT "backend", "FieldValueInvalid"},
      {BACKEND("{'service':{'name':'s'}}"), AT "backend", "FieldValueRequired"},
      {BACKEND("{'service':{'name':'s','port':{'name':'a','number':1}}}"), AT "backend",
       "FieldValueInvalid"},
      {BACKEND("{'service':{'name':'s','port':{'number':65536}}}"),
       AT "backend.service.port.number", "FieldValueInvalid"},
      {BACKEND("{'service':{'name':'s','port':{'name':'A'}}}"), AT "backend.service.port.name",
       "FieldValueInvalid"},
      {BACKEND("{'service':{'port':{'number':80}}}"), AT "backend.service.name",
       "FieldValueRequired"},
      {BACKEND("{'service':{'name':'s','port':{'number':80}},'resource':{'kind':'K','name':'n'}}"),
       AT "backend", "FieldValueInvalid"},
      {"'defaultBackend':{}", "spec.defaultBackend", "FieldValueInvalid"},
      {HOST("a.example.com") ",'tls':[{'hosts':['*']}]", "spec.tls[0].hosts[0]",
       "FieldValueInvalid"},
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'r'},'spec':{%s}}", rows[i].spec);
    cr_expect_eq(ct_post(c, CT_ING, body), 422, "%s: %ld %s", body, c->code, c->text);
    cr_expect(ct_refused(c, "Invalid", rows[i].field, rows[i].cause), "%s: %s", body, c->text);
  }
  cr_expect_str_eq(ct_at(c, "/details/group"), "networking.k8s.io");
  cr_expect_str_eq(ct_at(c, "/details/kind"), "Ingress");
  ct_close(c);
}

Test(ingress, what_is_not_refused) {
  static const char *const specs[] = {
      HOST("a.example.com"),
      HOST("*.example.com"),
      PATH("/a b?c#d", "Prefix"),
      PATH("", "ImplementationSpecific"),
      PATH("/a//b", "ImplementationSpecific"),
      "'rules':[{'host':'a.example.com'},{'host':'a.example.com'}]",
      HOST("a.example.com") ",'tls':[{'hosts':['b.example.com']},{}]",
      HOST("a.example.com") ",'ingressClassName':'absent'",
      "'defaultBackend':{'service':{'name':'absent','port':{'name':'http'}}}",
      "'defaultBackend':{'resource':{'apiGroup':'x.example','kind':'K','name':'n'}}",
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(specs); i++) {
    OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'ok-%zu'},'spec':{%s}}", i, specs[i]);
    cr_expect_eq(ct_post(c, CT_ING, body), 201, "%s: %s", body, c->text);
  }
  ct_close(c);
}

Test(ingress, classes) {
  static const char classes[] = "/apis/networking.k8s.io/v1/ingressclasses";
  ct *c = ct_open(NULL);
  cr_expect_eq(ct_post(c, classes, "{'metadata':{'name':'ct-bad'},'spec':{}}"), 422);
  cr_expect(ct_refused(c, "Invalid", "spec.controller", NULL));
  OB_AUTOFREE char *class = ob_asprintf("{'metadata':{'name':'%s','annotations':{'ingressclass."
                                        "kubernetes.io/is-default-class':'true'}},"
                                        "'spec':{'controller':'ct.example/none'}}",
                                        c->ns);
  cr_assert_eq(ct_post(c, classes, class), 201, "%s", c->text);
  for (int i = 0; i < 50; i++) { /* a real server hears of the class a moment later */
    ct_post(c, CT_ING, "{'metadata':{'generateName':'a-'},'spec':{" HOST("a.example.com") "}}");
    if (*ct_at(c, "/spec/ingressClassName")) break;
    usleep(100000);
  }
  cr_expect_str_eq(ct_at(c, "/spec/ingressClassName"), c->ns, "the default class is filled in");
  ct_post(
      c, CT_ING,
      "{'metadata':{'name':'b','annotations':{'kubernetes.io/ingress.class':'x'}},'spec':{" HOST(
          "a.example.com") "}}");
  cr_expect_str_eq(ct_at(c, "/spec/ingressClassName"), "", "not beside the annotation");
  ct_post(c, CT_ING,
          "{'metadata':{'name':'c','annotations':{'kubernetes.io/ingress.class':'x'}},"
          "'spec':{'ingressClassName':'x'," HOST("a.example.com") "}}");
  cr_expect_eq(c->code, 201, "both, the same");
  ct_post(c, CT_ING,
          "{'metadata':{'name':'d','annotations':{'kubernetes.io/ingress.class':'y'}},"
          "'spec':{'ingressClassName':'x'," HOST("a.example.com") "}}");
  cr_expect_eq(c->code, 422);
  cr_expect(ct_refused(c, "Invalid", "annotations.kubernetes.io/ingress.class", NULL));
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", classes, c->ns);
  cr_expect_eq(ct_merge(c, path, "{'spec':{'controller':'other.example/x'}}"), 422);
  ct_call(c, "DELETE", NULL, path, NULL);
  ct_close(c);
}

Test(ingress, one_rule_edit) {
  ct *c = ct_open(NULL);
  ct_post(c, CT_ING, "{'metadata':{'name':'e'},'spec':{" PATH("/a", "Prefix") "}}");
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *path = ob_strdup("/spec/rules/0/http/paths/0");
  OB_AUTOFREE char *edit =
      ob_asprintf("[{'op':'replace','path':'/metadata/resourceVersion','value':'%s'},"
                  "{'op':'test','path':'%s','value':{'path':'/a','pathType':'Prefix'," BACK "}},"
                  "{'op':'replace','path':'%s/path','value':'/b'}]",
                  rv, path, path);
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_ING "/e?fieldValidation=Strict", edit), 200, "%s",
               c->text);
  cr_expect_str_eq(ct_at(c, "/spec/rules/0/http/paths/0/path"), "/b");
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_ING "/e", edit), 422,
               "the rule is another one now");
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "details")), 0);
  ct_close(c);
}
