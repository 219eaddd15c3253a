/* Each view's cells: the visible columns of every row, as a script sees them. The shop of the
 * fixtures, and beside it the rarer kinds of exposure. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

/* Rows as "cell|cell\n"; `only`: one column by key (NULL: all visible ones but the namespace). */
static char *render(const ob_cluster *c, ob_view_id view, const char *ns, const char *only) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(1 << 20);
  OB_AUTO(ob_buf) cell = OB_BUF_INIT(OB_LINE_MAX);
  ob_list *l = ob_list_new(c, view);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .ns = ns}, WORLD_NOW_MS, NULL);
  const ob_view *v = &ob_views[view];
  for (size_t i = 0; i < ob_list_len(l); i++) {
    bool first = true;
    for (size_t k = 0; k < v->ncolumns; k++) {
      const ob_column *col = &v->columns[k];
      if (only ? strcmp(only, col->key) != 0 : (col->flags & (OB_COL_HIDDEN | OB_COL_NS | OB_COL_PROBE)) != 0)
        continue;
      ob_buf_addf(&out, "%s%s", first ? "" : "|",
                  world_cell(c, view, ob_list_at(l, i), col->key, &cell));
      first = false;
    }
    ob_buf_addc(&out, '\n');
  }
  ob_list_free(l);
  return ob_buf_take(&out, NULL);
}

static void expect(const ob_cluster *c, ob_view_id view, const char *ns, const char *only,
                   const char *wanted) {
  OB_AUTOFREE char *got = render(c, view, ns, only);
  cr_expect_str_eq(got, wanted, "%s:\n%s\nwanted:\n%s", ob_views[view].name, got, wanted);
}

Test(views, exposure_of_the_shop) {
  ob_cluster *c = world_shop();
  expect(c, OB_VIEW_EXPOSURE, NULL, NULL,
         "https://shop.example.com/gone|Ingress|gone:80||nginx|service missing|60m|front\n"
         "https://shop.example.com/port|Ingress|web:81||nginx|service port missing|60m|front\n"
         "https://shop.example.com/api|Ingress|api:8080|0/0|nginx|no ready backend|60m|front\n"
         "<pending>:80|LoadBalancer|pending:http|1/1|example.com/none|no address assigned|60m|pending\n"
         "https://shop.example.com/|Ingress|web:http|3/3|nginx||60m|front\n"
         "198.51.100.7:443|LoadBalancer|lb:http|1/2|||60m|lb\n"
         "203.0.113.1:30443 +1|NodePort|lb:http|1/2|||60m|lb\n"
         "203.0.113.1:30090 +1|NodePort|pending:http|1/1|||60m|pending\n"
         "203.0.113.1:30080 +1|NodePort|web:http|3/3|||60m|web\n");
  ob_cluster_free(c);
}

Test(views, services_as_kubectl_prints_them) {
  ob_cluster *c = world_shop();
  expect(c, OB_VIEW_SERVICES, NULL, NULL,
         "api|ClusterIP|10.96.0.2|<none>|8080/TCP|0/0|no ready endpoint|1|60m|app=api\n"
         "headless|ClusterIP|None|<none>|5432/TCP|1/1||0|60m|app=h\n"
         "lb|LoadBalancer|10.96.0.3|198.51.100.7|443:30443/TCP|1/2||0|60m|app=lb\n"
         "name|ExternalName|<none>|db.example.com|<none>|||0|60m|<none>\n"
         "pending|LoadBalancer|10.96.0.4|<pending>|80:30090/TCP|1/1|no address assigned|0|60m|app=p\n"
         "web|NodePort|10.96.0.1|<none>|80:30080/TCP|3/3||2|60m|app=web\n");
  ob_cluster_free(c);
}

Test(views, node_ports_balancers_and_rules_of_the_shop) {
  ob_cluster *c = world_shop();
  expect(c, OB_VIEW_NODE_PORTS, NULL, NULL,
         "lb|30443|TCP|443|443|1/"
         "2|203.0.113.1,203.0.113.2|Cluster|LoadBalancer||60m|203.0.113.1:30443 +1|http\n"
         "pending|30090|TCP|80|80|1/"
         "1|203.0.113.1,203.0.113.2|Cluster|LoadBalancer||60m|203.0.113.1:30090 +1|http\n"
         "web|30080|TCP|80|http|3/"
         "3|203.0.113.1,203.0.113.2|Cluster|NodePort||60m|203.0.113.1:30080 +1|http\n");
  expect(c, OB_VIEW_LOAD_BALANCERS, NULL, NULL,
         "lb|198.51.100.7|443:30443/TCP||1/2|||Cluster||60m\n"
         "pending|<pending>|80:30090/TCP|example.com/none|1/1|60m, class unserved||Cluster|"
         "no address assigned|60m\n");
  expect(c, OB_VIEW_INGRESS, NULL, NULL,
         "front|shop.example.com|/gone|Exact|gone|80||nginx|cert|?|k8s.io/ingress-nginx||service missing|60m\n"
         "front|shop.example.com|/port|Exact|web|81||nginx|cert|?|k8s.io/ingress-nginx||service port missing|60m\n"
         "front|shop.example.com|/api|Prefix|api|8080|0/0|nginx|cert|?|k8s.io/ingress-nginx||no ready backend|60m\n"
         "front|shop.example.com|/|Prefix|web|http|3/3|nginx|cert|?|k8s.io/ingress-nginx|||60m\n");
  ob_cluster_free(c);
}

static void rare(ob_cluster *c) {
  world_put(c, OB_KIND_NODE, "", "n3",
            "'status':{'addresses':[{'type':'InternalIP','address':'10.1.0.3'},{'type':'InternalIP'"
            ",'address':'fd00::3'},"
            "{'type':'Hostname','address':'n3'}],'conditions':[{'type':'Ready','status':'True'}]}");
  world_put(c, OB_KIND_NODE, "", "n4",
            "'status':{'addresses':[{'type':'InternalIP','address':'10.1.0.4'}],'conditions':[{'"
            "type':'Ready','status':'False'}]}");
  /* Local: only the node that holds a ready endpoint. */
  world_put(c, OB_KIND_SERVICE, "rare", "local",
            "'spec':{'type':'NodePort','clusterIP':'10.0.0.1','externalTrafficPolicy':'Local','"
            "selector':{'a':'b'},"
            "'ports':[{'port':53,'nodePort':30053,'protocol':'UDP'}]}");
  ob_cluster_put(
      c, world_object(
             OB_KIND_SLICE,
             "{'metadata':{'name':'l','namespace':'rare','uid':'l','labels':{'kubernetes.io/"
             "service-name':'local'}},"
             "'addressType':'IPv4','ports':[{'name':'','port':53,'protocol':'UDP'}],'endpoints':["
             "{'addresses':['10.9.0.1'],'nodeName':'n3'},"
             "{'addresses':['10.9.0.2'],'nodeName':'n1','conditions':{'ready':false}}]}"));
  world_put(
      c, OB_KIND_SERVICE, "rare", "six",
      "'spec':{'type':'NodePort','clusterIP':'fd00::9','ipFamilies':['IPv6'],'selector':{'a':'b'},"
      "'ports':[{'port':80,'nodePort':30006}]}");
  world_put(c, OB_KIND_SERVICE, "rare", "ext",
            "'spec':{'clusterIP':'10.0.0.3','externalIPs':['192.0.2.8'],'ports':[{'port':80},{'"
            "name':'s','port':443}]}");
  /* Nothing answers for an external IP of these. */
  world_put(c, OB_KIND_SERVICE, "rare", "zero",
            "'spec':{'clusterIP':'None','externalIPs':['192.0.2.9'],'ports':[{'port':80}]}");
  /* Two addresses, no node ports; the second is a name. */
  world_put(c, OB_KIND_SERVICE, "rare", "two",
            "'spec':{'type':'LoadBalancer','clusterIP':'10.0.0.4','allocateLoadBalancerNodePorts':"
            "false,'selector':{'a':'b'},"
            "'loadBalancerSourceRanges':['10.0.0.0/8','192.0.2.0/24'],'ports':[{'port':80}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'198.51.100.1'},{'hostname':'lb.example."
            "com'}]}}");
  world_put(c, OB_KIND_SERVICE, "rare", "odd",
            "'spec':{'type':'Mesh','clusterIP':'10.0.0.5','ports':[{'port':1}]}");
  world_put(
      c, OB_KIND_INGRESS, "rare", "any",
      "'spec':{'defaultBackend':{'resource':{'apiGroup':'x','kind':'Bucket','name':'static'}},'"
      "rules':["
      "{'host':'*.example.com','http':{'paths':[{'pathType':'ImplementationSpecific','backend':{'"
      "service':{'name':'two',"
      "'port':{'number':80}}}}]}},{'http':{'paths':[{'path':'/"
      "x','pathType':'Prefix','backend':{'service':{'name':'local',"
      "'port':{'number':53}}}}]}}]},'status':{'loadBalancer':{'ingress':[{'ip':'fd00::7'}]}}");
  world_slice(c, "rare", "six", 1, 1);
  world_slice(c, "rare", "two", 1, 1);
}

Test(views, rare_kinds_of_exposure) {
  ob_cluster *c = world_shop();
  rare(c);
  expect(c, OB_VIEW_EXPOSURE, "rare", NULL,
         "192.0.2.8:80|ExternalIP|ext:80|0/0||no ready endpoint|60m|ext\n"
         "192.0.2.8:443|ExternalIP|ext:s|0/0||no ready endpoint|60m|ext\n"
         "http://*.example.com/|Ingress|two:80|1/1|||60m|any\n"
         "http://[fd00::7]/x|Ingress|local:53|1/2|||60m|any\n"
         "http://[fd00::7]/|Ingress|Bucket/static||||60m|any\n"
         "198.51.100.1:80|LoadBalancer|two:80|1/1|||60m|two\n"
         "lb.example.com:80|LoadBalancer|two:80|1/1|||60m|two\n"
         "10.1.0.3:30053/UDP|NodePort|local:53|1/2|||60m|local\n"
         "[fd00::3]:30006|NodePort|six:80|1/1|||60m|six\n");
  expect(c, OB_VIEW_INGRESS, "rare", NULL,
         "any|*.example.com|/|ImplementationSpecific|two|80|1/1|||||fd00::7||60m\n"
         "any|*|/x|Prefix|local|53|1/2|||||fd00::7||60m\n"
         "any|*|(default)||Bucket/static|||||||fd00::7||60m\n");
  expect(c, OB_VIEW_SERVICES, "rare", "type",
         "ClusterIP\nNodePort\nMesh\nNodePort\nLoadBalancer\nClusterIP\n");
  expect(c, OB_VIEW_SERVICES, "rare", "externalIP",
         "192.0.2.8\n<none>\n<none>\n<none>\n198.51.100.1,lb.example.com\n192.0.2.9\n");
  expect(c, OB_VIEW_LOAD_BALANCERS, "rare", "sourceRanges", "10.0.0.0/8,192.0.2.0/24\n");
  expect(c, OB_VIEW_NODE_PORTS, "rare", "nodes", "10.1.0.3\nfd00::3\n");
  ob_cluster_free(c);
}

/* Unknown is not missing, and not zero. */
Test(views, what_is_not_known_is_said_so) {
  ob_cluster *c = world_shop();
  world_phase(c, OB_KIND_SLICE, OB_FORBIDDEN);
  world_phase(c, OB_KIND_NODE, OB_FORBIDDEN);
  ob_cluster_clear(c, OB_KIND_NODE);
  expect(c, OB_VIEW_SERVICES, NULL, "ready", "?\n?\n?\n\n?\n?\n");
  expect(c, OB_VIEW_NODE_PORTS, NULL, "nodes", "?\n?\n?\n");
  expect(c, OB_VIEW_NODE_PORTS, NULL, "address", "<node>:30443\n<node>:30090\n<node>:30080\n");
  expect(c, OB_VIEW_SERVICES, NULL, "problem", "\n\n\n\nno address assigned\n\n");
  /* Which class serves an Ingress that names none is not known; one that is named is. */
  world_put(c, OB_KIND_INGRESS, "none", "i",
            "'spec':{'defaultBackend':{'resource':{'kind':'a','name':'b'}}}");
  expect(c, OB_VIEW_INGRESS, "none", "class", "\n");
  world_phase(c, OB_KIND_INGRESS_CLASS, OB_FORBIDDEN);
  expect(c, OB_VIEW_INGRESS, "none", "class", "?\n");
  expect(c, OB_VIEW_INGRESS, "shop", "class", "nginx\nnginx\nnginx\nnginx\n");
  ob_cluster_clear(c, OB_KIND_INGRESS);
  world_put(c, OB_KIND_INGRESS, "shop", "i",
            "'spec':{'defaultBackend':{'service':{'name':'web','port':{'number':80}}}}");
  world_phase(c, OB_KIND_SERVICE, OB_FORBIDDEN);
  ob_cluster_clear(c, OB_KIND_SERVICE);
  expect(c, OB_VIEW_INGRESS, NULL, "ready", "?\n");
  expect(c, OB_VIEW_INGRESS, NULL, "problem", "\n");
  ob_cluster_free(c);
}

Test(views, cells_say_what_they_stand_for) {
  ob_cluster *c = world_shop();
  world_phase(c, OB_KIND_SLICE, OB_LOADING);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_list *l = ob_list_new(c, OB_VIEW_SERVICES);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .name = "web"}, WORLD_NOW_MS, NULL);
  static const struct {
    const char *key;
    bool unknown, none, has_num;
    int64_t num;
  } wanted[] = {{"ready", true, false, false, 0},      {"readyEndpoints", true, false, false, 0},
                {"externalIP", false, true, false, 0}, {"routes", false, false, true, 2},
                {"name", false, false, false, 0},      {"severity", false, true, false, 0}};
  const ob_view *v = &ob_views[OB_VIEW_SERVICES];
  for (size_t i = 0; i < OB_LEN(wanted); i++)
    for (size_t k = 0; k < v->ncolumns; k++) {
      if (strcmp(v->columns[k].key, wanted[i].key) != 0) continue;
      ob_buf_reset(&text);
      ob_cell cell = {.text = &text};
      v->columns[k].cell(c, ob_list_at(l, 0), WORLD_NOW_MS, &cell);
      cr_expect_eq(cell.unknown, wanted[i].unknown, "%s", wanted[i].key);
      cr_expect_eq(cell.none, wanted[i].none, "%s", wanted[i].key);
      cr_expect_eq(cell.has_num, wanted[i].has_num, "%s", wanted[i].key);
      if (cell.has_num) cr_expect_eq(cell.num, wanted[i].num, "%s", wanted[i].key);
    }
  ob_list_free(l);
  ob_cluster_free(c);
}

/* What a browser may be sent to is a link, and nothing else is. */
Test(views, links) {
  static const struct {
    const char *host, *path;
    bool link;
  } urls[] = {{"a.example.com", "/x", true},
              {"*.example.com", "/", false},
              {"", "/", false},
              {"a.example.com", "/(.*)", false},
              {"a.example.com", "/a b", false}};
  for (size_t i = 0; i < OB_LEN(urls); i++) {
    ob_cluster *c = world_new();
    OB_AUTOFREE char *rest = ob_asprintf("'spec':{'rules':[{'host':'%s','http':{'paths':[{'path':'%"
                                         "s','pathType':'Exact','backend':{'service':{'name':'s',"
                                         "'port':{'number':1}}}}]}}]}",
                                         urls[i].host, urls[i].path);
    world_put(c, OB_KIND_INGRESS, "n", "i", rest);
    ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
    ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, NULL);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    ob_cell cell = {.text = &text};
    ob_views[OB_VIEW_EXPOSURE].columns[1].cell(c, ob_list_at(l, 0), WORLD_NOW_MS, &cell);
    cr_expect_eq(cell.link, urls[i].link, "%s", ob_buf_str(&text));
    ob_list_free(l);
    ob_cluster_free(c);
  }
}

/* Cells hold the objects' own text, whatever it is: who shows them makes them safe. */
Test(views, hostile_names_stay_what_they_are) {
  ob_cluster *c = world_new();
  static const char evil[] = "a\\u001b[31m\\u202eb";
  OB_AUTOFREE char *rest = ob_asprintf("'spec':{'type':'NodePort','clusterIP':'%s','externalIPs':['"
                                       "%s'],'selector':{'%s':'%s'},'ports':[{'name':'%s','port':1,"
                                       "'nodePort':2,'protocol':'%s','targetPort':'%s'}]}",
                                       evil, evil, evil, evil, evil, evil, evil);
  world_put(c, OB_KIND_SERVICE, "n", evil, rest);
  OB_AUTOFREE char *rule = ob_asprintf("'spec':{'ingressClassName':'%s','tls':[{'secretName':'%s'}]"
                                       ",'rules':[{'host':'%s','http':{'paths':[{'path':'/%s',"
                                       "'pathType':'%s','backend':{'service':{'name':'%s','port':{'"
                                       "name':'%s'}}}}]}}]},'status':{'loadBalancer':{'ingress':"
                                       "[{'hostname':'%s'}]}}",
                                       evil, evil, evil, evil, evil, evil, evil, evil);
  world_put(c, OB_KIND_INGRESS, "n", evil, rule);
  static const struct {
    ob_view_id view;
    const char *column;
  } raw[] = {{OB_VIEW_EXPOSURE, "address"},   {OB_VIEW_EXPOSURE, "service"},
             {OB_VIEW_SERVICES, "clusterIP"}, {OB_VIEW_SERVICES, "selector"},
             {OB_VIEW_NODE_PORTS, "name"},    {OB_VIEW_INGRESS, "host"},
             {OB_VIEW_INGRESS, "path"},       {OB_VIEW_INGRESS, "tls"}};
  for (size_t i = 0; i < OB_LEN(raw); i++) {
    OB_AUTOFREE char *got = render(c, raw[i].view, NULL, raw[i].column);
    cr_expect(strstr(got, "a\033[31m\xe2\x80\xae"
                          "b"),
              "%s: %s", raw[i].column, got);
  }
  ob_cluster_free(c);
}

Test(views, tables_are_whole) {
  for (int v = 0; v < OB_VIEW_COUNT; v++) {
    const ob_view *view = &ob_views[v];
    cr_expect_eq(view->id, (ob_view_id)v);
    cr_expect_eq(ob_view_find(view->name), view);
    bool key = false;
    for (size_t k = 0; k < view->ncolumns; k++) {
      const ob_column *col = &view->columns[k];
      cr_assert(col->key && *col->key && col->title && *col->help && col->cell, "%s %zu",
                view->name, k);
      cr_expect_leq(col->min_width, col->max_width, "%s.%s", view->name, col->key);
      cr_expect_leq(col->priority, 9);
      key |= (col->flags & OB_COL_KEY) && col->priority == 0;
      for (size_t j = 0; j < k; j++)
        cr_expect_str_neq(view->columns[j].key, col->key, "%s", view->name);
    }
    cr_expect(key, "%s has a column that never falls away", view->name);
  }
  cr_expect_eq(ob_view_find("SVC"), &ob_views[OB_VIEW_SERVICES]);
  cr_expect_eq(ob_view_find("np"), &ob_views[OB_VIEW_NODE_PORTS]);
  cr_expect_null(ob_view_find("s"));
  cr_expect_null(ob_view_find(""));
  cr_expect_null(ob_view_find(NULL));
}
