#include "world.h"

#include "base/clock.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <stdio.h>

ob_json *world_json(const char *text) {
  OB_AUTOFREE char *json = ob_strdup(text);
  for (char *at = json; *at; at++)
    if (*at == '\'') *at = '"';
  ob_err err;
  ob_json *j = ob_json_parse(json, strlen(json), OB_JSON_STRICT, &err);
  cr_assert_not_null(j, "%s in %s", err.msg, json);
  return j;
}

ob_object *world_object(ob_kind kind, const char *text) {
  ob_err err;
  OB_AUTOPTR(ob_json) j = world_json(text);
  ob_object *o = ob_decode(kind, j, &err);
  cr_assert_not_null(o, "%s", err.msg);
  return o;
}

ob_object *world_make_at(ob_kind kind, const char *ns, const char *name, const char *uid,
                         int64_t created_ms, const char *rest) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  char time[OB_TIME_TEXT];
  ob_buf_addf(&b, "{'metadata':{'name':'%s','namespace':'%s','uid':'", name, ns);
  uid ? ob_buf_adds(&b, uid) : ob_buf_addf(&b, "u-%d-%s-%s", kind, ns, name);
  ob_buf_addf(&b, "','resourceVersion':'1','creationTimestamp':'%s'}%s%s}",
              ob_time_text(time, created_ms), *rest ? "," : "", rest);
  return world_object(kind, ob_buf_str(&b));
}

ob_object *world_make(ob_kind kind, const char *ns, const char *name, const char *uid,
                      const char *rest) {
  return world_make_at(kind, ns, name, uid, WORLD_NOW_MS - 3600 * 1000, rest);
}

void world_put(ob_cluster *c, ob_kind kind, const char *ns, const char *name, const char *rest) {
  ob_cluster_put(c, world_make(kind, ns, name, NULL, rest));
}

void world_slice(ob_cluster *c, const char *ns, const char *service, int ready, int total) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_buf_addf(&b,
              "{'metadata':{'name':'%s-s','namespace':'%s','uid':'s-%s-%s','resourceVersion':'1',"
              "'labels':{'kubernetes.io/service-name':'%s'}},'addressType':'IPv4',"
              "'ports':[{'name':'','port':80,'protocol':'TCP'},{'name':'http','port':80,'protocol':"
              "'TCP'}],'endpoints':[",
              service, ns, ns, service, service);
  for (int i = 0; i < total; i++)
    ob_buf_addf(&b,
                "%s{'addresses':['10.0.0.%d'],'nodeName':'n%d','conditions':{'ready':%s},"
                "'targetRef':{'kind':'Pod','name':'p%d','uid':'p-%s-%d'}}",
                i ? "," : "", i + 1, i % 2 + 1, i < ready ? "true" : "false", i, service, i);
  ob_buf_adds(&b, "]}");
  ob_cluster_put(c, world_object(OB_KIND_SLICE, ob_buf_str(&b)));
}

void world_phase(ob_cluster *c, ob_kind kind, ob_phase phase) {
  ob_cluster_kind_set(c, kind, &(ob_kind_state){.phase = phase, .remaining = -1});
}

ob_cluster *world_new(void) {
  ob_cluster *c = ob_cluster_new();
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if (ob_kinds[k].watched) world_phase(c, (ob_kind)k, OB_LIVE);
  return c;
}

ob_cluster *world_shop(void) {
  ob_cluster *c = world_new();
  static const char *const nodes[] = {"n1", "n2"};
  for (int i = 0; i < 2; i++) {
    char rest[256];
    snprintf(rest, sizeof rest,
             "'spec':{},'status':{'addresses':[{'type':'InternalIP','address':'10.1.0.%d'},"
             "{'type':'ExternalIP','address':'203.0.113.%d'}],'conditions':[{'type':'Ready','"
             "status':'True'}]}",
             i + 1, i + 1);
    world_put(c, OB_KIND_NODE, "", nodes[i], rest);
  }
  world_put(c, OB_KIND_INGRESS_CLASS, "", "nginx", "'spec':{'controller':'k8s.io/ingress-nginx'}");
  world_put(c, OB_KIND_SERVICE, "shop", "web",
            "'spec':{'type':'NodePort','clusterIP':'10.96.0.1','selector':{'app':'web'},"
            "'ports':[{'name':'http','port':80,'nodePort':30080,'targetPort':'http'}]}");
  world_put(c, OB_KIND_SERVICE, "shop", "api",
            "'spec':{'type':'ClusterIP','clusterIP':'10.96.0.2','selector':{'app':'api'},'ports':[{"
            "'port':8080}]}");
  world_put(c, OB_KIND_SERVICE, "shop", "lb",
            "'spec':{'type':'LoadBalancer','clusterIP':'10.96.0.3','selector':{'app':'lb'},"
            "'ports':[{'name':'http','port':443,'nodePort':30443}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'198.51.100.7'}]}}");
  world_put(c, OB_KIND_SERVICE, "shop", "pending",
            "'spec':{'type':'LoadBalancer','clusterIP':'10.96.0.4','loadBalancerClass':'example."
            "com/none',"
            "'selector':{'app':'p'},'ports':[{'name':'http','port':80,'nodePort':30090}]}");
  world_put(c, OB_KIND_SERVICE, "shop", "name",
            "'spec':{'type':'ExternalName','externalName':'db.example.com'}");
  world_put(c, OB_KIND_SERVICE, "shop", "headless",
            "'spec':{'clusterIP':'None','selector':{'app':'h'},'ports':[{'port':5432}]}");
  world_slice(c, "shop", "web", 3, 3);
  world_slice(c, "shop", "lb", 1, 2);
  world_slice(c, "shop", "pending", 1, 1);
  world_slice(c, "shop", "headless", 1, 1);
  world_put(
      c, OB_KIND_INGRESS, "shop", "front",
      "'spec':{'ingressClassName':'nginx','tls':[{'hosts':['shop.example.com'],'secretName':'cert'}"
      "],'rules':["
      "{'host':'shop.example.com','http':{'paths':["
      "{'path':'/"
      "','pathType':'Prefix','backend':{'service':{'name':'web','port':{'name':'http'}}}},"
      "{'path':'/"
      "api','pathType':'Prefix','backend':{'service':{'name':'api','port':{'number':8080}}}},"
      "{'path':'/"
      "gone','pathType':'Exact','backend':{'service':{'name':'gone','port':{'number':80}}}},"
      "{'path':'/"
      "port','pathType':'Exact','backend':{'service':{'name':'web','port':{'number':81}}}}]}}]}");
  return c;
}

const char *world_cell_at(const ob_cluster *c, ob_view_id view, const ob_row *row, const char *key,
                          int64_t now_ms, ob_buf *out) {
  ob_buf_reset(out);
  const ob_view *v = &ob_views[view];
  for (size_t i = 0; i < v->ncolumns; i++) {
    if (strcmp(v->columns[i].key, key) != 0) continue;
    ob_cell cell = {.text = out};
    v->columns[i].cell(c, row, now_ms, &cell);
    return ob_buf_str(out);
  }
  cr_assert_fail("no column %s", key);
  return "";
}

const char *world_cell(const ob_cluster *c, ob_view_id view, const ob_row *row, const char *key,
                       ob_buf *out) {
  return world_cell_at(c, view, row, key, WORLD_NOW_MS, out);
}
