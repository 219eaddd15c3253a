/* The Gateway API: what its CRDs store as defaults and refuse. Skipped where it is not installed.
 */
#include "client.h"

#define GROUP "/apis/gateway.networking.k8s.io/v1/namespaces/~/"
#define HEAD(kind)                                                                                 \
  "{'apiVersion':'gateway.networking.k8s.io/v1','kind':'" kind "','metadata':{'name':'"
#define GATEWAY HEAD("Gateway") "%s'},'spec':{'gatewayClassName':'c','listeners':[%s]}}"
#define ROUTE   HEAD("HTTPRoute") "%s'},'spec':{%s}}"

static bool installed(ct *c) {
  if (ct_get(c, "/apis/gateway.networking.k8s.io/v1") == 200) return true;
  cr_skip_test("the Gateway API is not installed");
  return false;
}

Test(gateway, defaults) {
  ct *c = ct_open(NULL);
  if (!installed(c)) return;
  OB_AUTOFREE char *gateway = ob_asprintf(
      GATEWAY, "g",
      "{'name':'a','port':443,'protocol':'HTTPS','tls':{'certificateRefs':[{'name':'s'}]}}");
  cr_assert_eq(ct_post(c, GROUP "gateways", gateway), 201, "%s", c->text);
  cr_expect_str_eq(ct_at(c, "/spec/listeners/0/tls/mode"), "Terminate");
  cr_expect_str_eq(ct_at(c, "/spec/listeners/0/allowedRoutes/namespaces/from"), "Same");
  OB_AUTOFREE char *route = ob_asprintf(
      ROUTE, "r", "'parentRefs':[{'name':'g'}],'rules':[{'backendRefs':[{'name':'s','port':80}]}]");
  cr_assert_eq(ct_post(c, GROUP "httproutes", route), 201, "%s", c->text);
  cr_expect_str_eq(ct_at(c, "/spec/parentRefs/0/kind"), "Gateway");
  cr_expect_str_eq(ct_at(c, "/spec/parentRefs/0/group"), "gateway.networking.k8s.io");
  cr_expect_str_eq(ct_at(c, "/spec/rules/0/matches/0/path/type"), "PathPrefix");
  cr_expect_str_eq(ct_at(c, "/spec/rules/0/matches/0/path/value"), "/");
  cr_expect_str_eq(ct_at(c, "/spec/rules/0/backendRefs/0/kind"), "Service");
  cr_expect_str_eq(ct_at(c, "/spec/rules/0/backendRefs/0/weight"), "1");
  ct_close(c);
}

Test(gateway, rejections) {
  static const struct {
    const char *plural, *body; /* spec's inside */
  } rows[] = {
      {"gateways", "'listeners':[{'name':'a','port':80,'protocol':'HTTP'}]"},
      {"gateways", "'gatewayClassName':'c','listeners':[]"},
      {"gateways", "'gatewayClassName':'c','listeners':[{'name':'a','port':0,'protocol':'HTTP'}]"},
      {"gateways", "'gatewayClassName':'c','listeners':[{'name':'a','port':80,'protocol':'HTTP'},{'"
                   "name':'b','port':80,'protocol':'HTTP'}]"},
      {"gateways", "'gatewayClassName':'c','listeners':[{'name':'a','port':80,'protocol':'HTTP'},{'"
                   "name':'a','port':81,'protocol':'HTTP'}]"},
      {"gateways",
       "'gatewayClassName':'c','listeners':[{'name':'a','port':80,'protocol':'HTTP','tls':{}}]"},
      {"gateways", "'gatewayClassName':'c','listeners':[{'name':'a','port':80,'protocol':'TCP','"
                   "hostname':'a.x'}]"},
      {"httproutes", "'rules':[{'backendRefs':[{'name':'s'}]}]"},
      {"httproutes", "'hostnames':['A.x']"},
      {"httproutes", "'hostnames':['a.*.x']"},
      {"httproutes", "'rules':[{'matches':[{'path':{'value':'a'}}]}]"},
      {"httproutes", "'rules':[{'matches':[{'path':{'value':'/a//b'}}]}]"},
      {"httproutes", "'rules':[{'filters':[{'type':'RequestRedirect','requestRedirect':{'scheme':'"
                     "https'}}],'backendRefs':[{'name':'s','port':80}]}]"},
  };
  ct *c = ct_open(NULL);
  if (!installed(c)) return;
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *path = ob_asprintf(GROUP "%s", rows[i].plural);
    OB_AUTOFREE char *body = ob_asprintf(
        "{'apiVersion':'gateway.networking.k8s.io/v1','kind':'%s','metadata':{'name':'r%zu'},"
        "'spec':{%s}}",
        strcmp(rows[i].plural, "gateways") == 0 ? "Gateway" : "HTTPRoute", i, rows[i].body);
    cr_expect_eq(ct_post(c, path, body), 422, "%s: %ld %s", body, c->code, c->text);
    cr_expect_str_eq(ct_at(c, "/reason"), "Invalid");
  }
  ct_close(c);
}
