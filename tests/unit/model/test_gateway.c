/* The Gateway API's decoders: what is kept, which defaults stand in, and what a digest counts. */
#include "world.h"

#include "model/cluster_priv.h"
#include "outboard/gateway.h"
#include <criterion/criterion.h>

Test(gateway, gateway_with_its_listeners) {
  ob_object *o = world_make(
      OB_KIND_GATEWAY, "edge", "front", NULL,
      "'spec':{'gatewayClassName':'envoy','listeners':["
      "{'name':'http','port':80,'protocol':'HTTP'},"
      "{'name':'https','hostname':'*.example.com','port':443,'protocol':'HTTPS','tls':{'"
      "certificateRefs':[{'name':'cert'},{'name':'other','namespace':'keys'}]},'allowedRoutes':{"
      "'namespaces':{'from':'Selector','selector':{'matchLabels':{'team':'a'},'matchExpressions':[{"
      "'key':'e','operator':'In','values':"
      "['x','y']},{'key':'k','operator':'DoesNotExist'}]}},'kinds':[{'kind':"
      "'HTTPRoute'}]}}]},"
      "'status':{'addresses':[{'type':'IPAddress','value':'198.51.100.9'}],'conditions':[{'type':"
      "'Accepted','status':'True'},{'type':'Programmed','status':'False','reason':"
      "'AddressNotAssigned'}],'listeners':[{'name':'https','attachedRoutes':3,'conditions':[{"
      "'type':'ResolvedRefs','status':'False','reason':'InvalidCertificateRef'}]}]}");
  const ob_gateway *g = OB_AS(ob_gateway, o);
  cr_expect_str_eq(g->class_name, "envoy");
  cr_assert_eq(g->nlisteners, 2);
  cr_expect_str_eq(g->listeners[0].from, "Same");
  cr_expect_str_eq(g->listeners[0].tls_mode, "");
  cr_expect_eq(g->listeners[0].attached, -1);
  const ob_listener *l = &g->listeners[1];
  cr_expect_str_eq(l->hostname, "*.example.com");
  cr_expect_str_eq(l->tls_mode, "Terminate");
  cr_expect_str_eq(l->certificates[0].ns, "edge");
  cr_expect_str_eq(l->certificates[1].ns, "keys");
  cr_expect_str_eq(l->selector, "team=a,e in (x,y),!k");
  cr_expect_str_eq(l->kinds[0], "HTTPRoute");
  cr_expect_str_eq(l->reason, "InvalidCertificateRef");
  cr_expect_eq(l->attached, 3);
  cr_expect_str_eq(g->addresses[0], "198.51.100.9");
  cr_expect_eq(g->accepted, OB_TRI_TRUE);
  cr_expect_eq(g->programmed, OB_TRI_FALSE);
  cr_expect_str_eq(g->reason, "AddressNotAssigned");
  ob_object_free(o);
}

Test(gateway, http_route_with_defaults_and_status) {
  ob_object *o = world_make(
      OB_KIND_HTTP_ROUTE, "shop", "web", NULL,
      "'spec':{'parentRefs':[{'name':'front','namespace':'edge','sectionName':'https'},{'name':"
      "'mesh','kind':'Service','group':''}],'hostnames':['shop.example.com'],'rules':["
      "{'backendRefs':[{'name':'web','port':80}]},"
      "{'matches':[{'path':{'type':'Exact','value':'/a'},'method':'GET','headers':[{'name':'X','"
      "value':'1'}],'queryParams':[{'name':'q','type':'RegularExpression','value':'.*'}]}],"
      "'filters':[{'type':'RequestRedirect','requestRedirect':{'scheme':'https','statusCode':301}}"
      "]},{'backendRefs':[{'name':'b','namespace':'media','port':9,'weight':0},{'name':'x','group':"
      "'example.com','kind':'Bucket'}],'filters':[{'type':'URLRewrite','urlRewrite':{'path':{"
      "'type':'ReplacePrefixMatch','replacePrefixMatch':'/v1'}}}]}]},"
      "'status':{'parents':[{'parentRef':{'name':'front','namespace':'edge','sectionName':'https','"
      "kind':'Gateway'},'conditions':[{'type':'Accepted','status':'True'},{'type':'ResolvedRefs','"
      "status':'False','reason':'BackendNotFound'}]}]}");
  const ob_route *r = OB_AS(ob_route, o);
  cr_assert_eq(r->nparents, 2);
  cr_expect_str_eq(r->parents[0].kind, "Gateway");
  cr_expect_eq(r->parents[0].accepted, OB_TRI_TRUE);
  cr_expect_eq(r->parents[0].refs, OB_TRI_FALSE);
  cr_expect_str_eq(r->parents[0].reason, "BackendNotFound");
  cr_expect_str_eq(r->parents[1].kind, "Service");
  cr_expect_eq(r->parents[1].accepted, OB_TRI_UNKNOWN);
  cr_assert_eq(r->nrules, 3);
  cr_expect_eq(r->rules[0].nmatches, 1);
  cr_expect_str_eq(r->rules[0].matches[0].path_type, "PathPrefix");
  cr_expect_str_eq(r->rules[0].matches[0].path, "/");
  cr_expect_eq(r->rules[0].backends[0].weight, 1);
  cr_expect_str_eq(r->rules[0].backends[0].ns, "shop");
  cr_expect_str_eq(r->rules[1].matches[0].method, "GET");
  cr_expect_str_eq(r->rules[1].matches[0].headers[0].type, "Exact");
  cr_expect_str_eq(r->rules[1].matches[0].query[0].type, "RegularExpression");
  cr_expect_str_eq(r->rules[1].redirect, "https://(same host)/…, 301");
  cr_expect_str_eq(r->rules[2].rewrite, "/v1");
  cr_expect_eq(r->rules[2].backends[0].weight, 0);
  cr_expect_str_eq(r->rules[2].backends[1].kind, "example.com/Bucket");
  ob_object_free(o);
}

Test(gateway, grpc_methods_are_paths) {
  static const struct {
    const char *method, *type, *path;
  } cases[] = {{"{'service':'a.B','method':'C'}", "Exact", "/a.B/C"},
               {"{'service':'a.B'}", "PathPrefix", "/a.B"},
               {"{'method':'C'}", "GRPCMethod", "/C"},
               {"null", "PathPrefix", "/"},
               {"{'type':'RegularExpression','service':'a.*'}", "RegularExpression", "/a.*"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    OB_AUTOFREE char *rest =
        ob_asprintf("'spec':{'rules':[{'matches':[{'method':%s}]}]}", cases[i].method);
    ob_object *o = world_make(OB_KIND_GRPC_ROUTE, "a", "r", NULL, rest);
    const ob_route_match *m = &OB_AS(ob_route, o)->rules[0].matches[0];
    cr_expect_str_eq(m->path_type, cases[i].type);
    cr_expect_str_eq(m->path, cases[i].path);
    cr_expect_str_eq(m->method, "POST");
    ob_object_free(o);
  }
}

Test(gateway, grant_and_class) {
  ob_object *o =
      world_make(OB_KIND_GRANT, "media", "g", NULL,
                 "'spec':{'from':[{'group':'gateway.networking.k8s.io','kind':"
                 "'HTTPRoute','namespace':'shop'}],'to':[{'group':'','kind':'Service'}]}");
  cr_expect_str_eq(OB_AS(ob_grant, o)->from[0].ns, "shop");
  cr_expect_str_eq(OB_AS(ob_grant, o)->to[0].name, "");
  ob_object_free(o);
  o = world_make(OB_KIND_GATEWAY_CLASS, "", "envoy", NULL,
                 "'spec':{'controllerName':'gateway.envoyproxy.io/x'},'status':{'conditions':[{"
                 "'type':'Accepted','status':'Unknown','reason':'Pending'}]}");
  cr_expect_str_eq(OB_AS(ob_gateway_class, o)->controller, "gateway.envoyproxy.io/x");
  cr_expect_eq(OB_AS(ob_gateway_class, o)->accepted, OB_TRI_UNKNOWN);
  ob_object_free(o);
}

/* A status that says the same again at a later time is no news; a weight is. */
Test(gateway, digest_counts_what_is_kept) {
  static const char *const rests[] = {
      "'spec':{'rules':[{'backendRefs':[{'name':'a','port':80,'weight':1}]}]}",
      "'spec':{'rules':[{'backendRefs':[{'name':'a','port':80}],'timeouts':{'request':'1s'}}]}",
      "'spec':{'rules':[{'backendRefs':[{'name':'a','port':80,'weight':2}]}]}"};
  uint64_t digest[3];
  for (int i = 0; i < 3; i++) {
    ob_object *o = world_make(OB_KIND_HTTP_ROUTE, "a", "r", NULL, rests[i]);
    digest[i] = o->digest;
    ob_object_free(o);
  }
  cr_expect_eq(digest[0], digest[1]);
  cr_expect_neq(digest[0], digest[2]);
}

/* Who is found at a host, a node port, a Gateway; and nobody once they are gone. */
Test(gateway, places_follow_their_objects) {
  ob_cluster *c = world_shop();
  cr_assert_not_null(ob_place_find(c, OB_PLACE_HOST, "SHOP.example.com"));
  cr_assert_not_null(ob_place_find(c, OB_PLACE_HOST, "198.51.100.7"));
  cr_assert_not_null(ob_place_find(c, OB_PLACE_PORT, "30080"));
  cr_assert_eq(ob_place_find(c, OB_PLACE_BALANCERS, "shop")->objects.len, 2);
  world_put(
      c, OB_KIND_HTTP_ROUTE, "shop", "r",
      "'spec':{'parentRefs':[{'name':'front','sectionName':'a'},{'name':'front','sectionName':"
      "'b'}],'hostnames':['shop.example.com'],'rules':[{'backendRefs':[{'name':'web','port':80"
      "}]}]}");
  cr_assert_eq(ob_place_find(c, OB_PLACE_GATEWAY, "shop/front")->objects.len, 1);
  cr_assert_eq(ob_place_find(c, OB_PLACE_HOST, "shop.example.com")->objects.len, 2);
  cr_assert_eq(ob_hub_find(c, "shop", "web")->routes.len, 1);
  ob_cluster_clear(c, OB_KIND_HTTP_ROUTE);
  cr_assert_null(ob_place_find(c, OB_PLACE_GATEWAY, "shop/front"));
  ob_cluster_clear(c, OB_KIND_INGRESS);
  cr_assert_null(ob_place_find(c, OB_PLACE_HOST, "shop.example.com"));
  ob_cluster_free(c);
}
