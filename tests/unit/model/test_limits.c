#include "unit/limits.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/decode.h"
#include "model/group.h"
#include "model/news.h"
#include "model/rows.h"
#include "model/tree.h"
#include "outboard/compare.h"
#include "outboard/explain.h"
#include "outboard/plan.h"
#include "world.h"

static ob_json *service(size_t i) {
  OB_AUTOFREE char *text = ob_asprintf(
      "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"n\",\"name\":"
      "\"s%zu\"},\"spec\":{\"type\":\"ClusterIP\"}}",
      i);
  return ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
}

static bool plan_edits(size_t n, ob_err *err) {
  ob_plan *p = ob_plan_new("many");
  int rc = 0;
  for (size_t i = 0; i < n && rc == 0; i++) {
    OB_AUTOPTR(ob_json) s = service(i);
    rc = ob_plan_add(p, OB_KIND_SERVICE, s, NULL, err);
  }
  ob_plan_free(p);
  return rc == 0;
}

static bool plan_bytes(size_t n, ob_err *err) {
  ob_plan *p = ob_plan_new("t"), *again = NULL;
  OB_AUTOPTR(ob_json) s = service(1);
  ob_plan_add(p, OB_KIND_SERVICE, s, NULL, NULL);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(n);
  ob_plan_write(p, &text);
  ob_buf_addc(&text, '#');
  ob_buf_fill(&text, 'x', n - text.len);
  int rc = ob_plan_read(&again, text.ptr, text.len, "f", err);
  ob_plan_free(p);
  ob_plan_free(again);
  return rc == 0;
}

static bool price_rows(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&text, "providers:\n");
  for (size_t i = 0; i < n; i++)
    ob_buf_addf(&text, "- {name: p%zu, providerID: x, balancer: 1}\n", i);
  ob_prices *p = ob_prices_parse(text.ptr, text.len, "prices.yaml", err);
  ob_prices_free(p);
  return p != NULL;
}

static bool url_bytes(size_t n, ob_err *err) {
  OB_AUTO(ob_buf) url = OB_BUF_INIT(n);
  ob_buf_adds(&url, "http://h/");
  ob_buf_fill(&url, 'x', n - url.len);
  ob_request r;
  int rc = ob_request_make(&r, ob_buf_str(&url), NULL, NULL, 0, false, err);
  if (rc == 0) ob_request_done(&r);
  return rc == 0;
}

static bool headers(size_t n, ob_err *err) {
  const char **lines = ob_calloc(n, sizeof *lines);
  for (size_t i = 0; i < n; i++) lines[i] = "A: b";
  ob_request r;
  int rc = ob_request_make(&r, "http://h/", NULL, lines, n, false, err);
  if (rc == 0) ob_request_done(&r);
  free(lines);
  return rc == 0;
}

/* Packed bytes of an object with so many long labels, and one of `last` bytes; 0: refused. */
static size_t packed(size_t labels, size_t last, ob_err *err) {
  OB_AUTO(ob_buf) value = OB_BUF_INIT(OB_PACK_TEXT);
  OB_AUTOPTR(ob_json) j = ob_json_new_object();
  ob_json *meta = ob_json_ensure_object(j, "metadata");
  ob_json_put_str(meta, "name", "big");
  ob_json_put_str(meta, "uid", "u");
  ob_json *all = ob_json_ensure_object(meta, "labels");
  for (size_t i = 0; i <= labels; i++) {
    char key[24];
    snprintf(key, sizeof key, "k%06zu", i); /* also in the value: what repeats is packed once */
    ob_buf_reset(&value);
    ob_buf_fill(&value, 'x', i < labels ? 50000 : 1 + last);
    ob_buf_adds(&value, key);
    ob_json_add(all, key, ob_json_new_str(ob_buf_str(&value)));
  }
  ob_object *o = ob_decode(OB_KIND_DEPLOYMENT, j, err);
  size_t n = o ? o->size : 0;
  ob_object_free(o);
  return n;
}

/* Sizes are rounded up to words: `pad` bytes of the last label fill one. */
static bool object_bytes(size_t n, ob_err *err) {
  size_t pad = 0, one = packed(1, 0, err), each = packed(2, 0, err) - one;
  while (packed(1, pad + 1, err) == one) pad++;
  size_t labels = 1 + (n - one) / each, last = pad + (n - one) % each;
  size_t is = packed(labels, last, err);
  cr_assert(!is || (is >= n && is < n + 8), "%zu of %zu", is, n);
  return is != 0;
}

Test(limits, of_the_model) {
  static const limit_row rows[] = {
      LIMIT(OB_PLAN_EDITS, plan_edits),  LIMIT_BYTES(OB_PLAN_MAX, plan_bytes),
      LIMIT(OB_PRICES_ROWS, price_rows), LIMIT(OB_URL_MAX, url_bytes),
      LIMIT(OB_HEADERS_MAX, headers),    LIMIT_BYTES(OB_OBJECT_MAX, object_bytes),
  };
  limits_hold(rows, OB_LEN(rows));
}

Test(limits, of_warnings) {
  static const size_t numbers[] = {OB_PLAN_WARNINGS, OB_PLAN_WARNINGS + 1, OB_PLAN_WARNINGS * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_plan *p = ob_plan_new("t");
    for (size_t k = 0; k < numbers[i]; k++) ob_plan_warn(p, OB_WARN_NOTE, "w%zu", k);
    cr_expect_eq(p->nwarnings, OB_PLAN_WARNINGS);
    ob_plan_free(p);
  }
}

/* Differences past the limit are left out, and it is said. */
Test(limits, of_differences) {
  static const size_t numbers[] = {OB_TREE_CHANGES, OB_TREE_CHANGES + 1, OB_TREE_CHANGES * 10};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    OB_AUTOPTR(ob_json) a = ob_json_new_object();
    OB_AUTOPTR(ob_json) b = ob_json_new_object();
    for (size_t k = 0; k < numbers[i]; k++) {
      char key[24];
      snprintf(key, sizeof key, "k%zu", k);
      ob_json_add(a, key, ob_json_new_int(1));
    }
    OB_AUTO(ob_tree_diff) d = {0};
    ob_tree_diff_add(&d, a, b);
    cr_expect_eq(d.changes.len, OB_TREE_CHANGES);
    cr_expect_eq(d.cut, numbers[i] > OB_TREE_CHANGES, "%zu", numbers[i]);
  }
}

/* --- what is past the limit is counted ------------------------------------------------------ */
static ob_explanation *explained(const ob_cluster *c) {
  ob_request r;
  cr_assert_eq(ob_request_make(&r, "http://h.test/", NULL, NULL, 0, false, NULL), 0);
  ob_explanation *e = ob_explain(c, &r);
  ob_request_done(&r);
  return e;
}

#define PATH                                                                                       \
  "{'path':'/','pathType':'Prefix','backend':{'service':{'name':'s','port':{'number':80}}}}"

Test(limits, of_ways) {
  static const size_t numbers[] = {OB_WAYS_MAX, OB_WAYS_MAX + 1, OB_WAYS_MAX * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_cluster *c = world_new();
    for (size_t k = 0; k < numbers[i]; k++) {
      OB_AUTOFREE char *name = ob_asprintf("g%zu", k);
      OB_AUTOFREE char *rest = ob_asprintf("'spec':{'ingressClassName':'c%zu','rules':[{'host':"
                                           "'h.test','http':{'paths':[" PATH "]}}]}",
                                           k);
      world_put(c, OB_KIND_INGRESS, "n", name, rest);
    }
    ob_explanation *e = explained(c);
    cr_expect_eq(e->nways, OB_WAYS_MAX);
    cr_expect_eq(e->more_ways, numbers[i] > OB_WAYS_MAX, "%zu", numbers[i]);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

Test(limits, of_losers) {
  static const size_t numbers[] = {OB_LOSERS_MAX, OB_LOSERS_MAX + 1, OB_LOSERS_MAX * 100};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_cluster *c = world_new();
    OB_AUTO(ob_buf) rest = OB_BUF_INIT(1 << 20);
    ob_buf_adds(&rest, "'spec':{'rules':[{'host':'h.test','http':{'paths':[" PATH);
    for (size_t k = 0; k < numbers[i]; k++) ob_buf_adds(&rest, "," PATH);
    ob_buf_adds(&rest, "]}}]}");
    world_put(c, OB_KIND_INGRESS, "n", "g", ob_buf_str(&rest));
    ob_explanation *e = explained(c);
    cr_assert_eq(e->nways, 1);
    cr_expect_eq(e->ways[0].nlosers, OB_LOSERS_MAX);
    cr_expect_eq(e->ways[0].more_losers, numbers[i] - OB_LOSERS_MAX);
    ob_explanation_free(e);
    ob_cluster_free(c);
  }
}

/* A service with a ready endpoint on each of so many nodes. */
static ob_cluster *on_nodes(size_t n) {
  ob_cluster *c = world_new();
  OB_AUTO(ob_buf) ends = OB_BUF_INIT(1 << 20);
  for (size_t i = 0; i < n; i++) {
    OB_AUTOFREE char *name = ob_asprintf("n%05zu", i);
    world_put(c, OB_KIND_NODE, "", name,
              "'status':{'addresses':[{'type':'InternalIP','address':'10.1.1.1'}],'conditions':[{'"
              "type':'Ready','status':'True'}]}");
    ob_buf_addf(&ends, "%s{'addresses':['10.0.0.1'],'nodeName':'%s','conditions':{'ready':true}}",
                i ? "," : "", name);
  }
  world_put(
      c, OB_KIND_SERVICE, "n", "s",
      "'spec':{'type':'NodePort','clusterIP':'10.0.0.1','ports':[{'port':80,'nodePort':30080}]}");
  OB_AUTOFREE char *slice = ob_asprintf(
      "{'metadata':{'name':'s-1','namespace':'n','uid':'e','labels':{'kubernetes.io/service-name':"
      "'s'}},'addressType':'IPv4','endpoints':[%s],'ports':[{'port':80}]}",
      ob_buf_str(&ends));
  ob_cluster_put(c, world_object(OB_KIND_SLICE, slice));
  return c;
}

Test(limits, of_nodes_in_groups_and_cells) {
  static const size_t numbers[] = {OB_GROUP_NODES, OB_GROUP_NODES + 1, OB_GROUP_NODES * 100};
  cr_assert_eq(OB_GROUP_NODES, OB_CELL_NODES);
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    size_t over = numbers[i] - OB_GROUP_NODES;
    ob_cluster *c = on_nodes(numbers[i]);
    ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
    ob_list_set(l, &(ob_list_opts){.sort = -1, .group = OB_GROUP_NODE}, WORLD_NOW_MS, NULL);
    cr_expect_eq(ob_list_len(l), OB_GROUP_NODES + (over > 0));
    cr_expect_eq(ob_list_find_group(l, "(more nodes)") != SIZE_MAX, over > 0);
    OB_AUTO(ob_buf) cell = OB_BUF_INIT(OB_LINE_MAX), more = OB_BUF_INIT(OB_LINE_MAX);
    world_cell(c, OB_VIEW_NODE_PORTS, ob_list_at(l, 0), "nodes", &cell);
    ob_buf_addf(&more, "and %zu more", over);
    cr_expect_eq(ob_ends(ob_buf_str(&cell), ob_buf_str(&more)), over > 0, "cell <%s>",
                 ob_buf_str(&cell));
    ob_list_free(l);
    ob_cluster_free(c);
  }
}

/* Equal rules have keys of their own as far as the limit; past it rows are shown all the same. */
Test(limits, of_twins) {
  static const size_t numbers[] = {OB_ROW_TWINS, OB_ROW_TWINS + 1, OB_ROW_TWINS * 20};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_cluster *c = world_new();
    OB_AUTO(ob_buf) rest = OB_BUF_INIT(1 << 20);
    for (size_t k = 0; k < numbers[i]; k++)
      ob_buf_addf(&rest, "%s{'ip':'192.0.2.1'}",
                  k ? ","
                    : "'spec':{'type':'LoadBalancer','ports':"
                      "[{'port':80}]},'status':{"
                      "'loadBalancer':{'ingress':[");
    ob_buf_adds(&rest, "]}}");
    world_put(c, OB_KIND_SERVICE, "n", "s", ob_buf_str(&rest));
    ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
    ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, NULL);
    cr_expect_eq(ob_list_len(l), numbers[i]);
    OB_AUTO(ob_map) keys = OB_MAP_INIT;
    uint64_t *key = ob_calloc(numbers[i], sizeof *key);
    for (size_t k = 0; k < ob_list_len(l); k++) {
      key[k] = ob_row_key(ob_list_at(l, k));
      ob_map_put(&keys, (const char *)&key[k], sizeof *key, &key[k]);
    }
    cr_expect_eq(keys.len, numbers[i] > OB_ROW_TWINS ? OB_ROW_TWINS + 1 : numbers[i], "%zu: %zu",
                 numbers[i], keys.len);
    ob_map_clear(&keys);
    free(key);
    ob_list_free(l);
    ob_cluster_free(c);
  }
}

/* --- what changed ----------------------------------------------------------------------------- */
static void labelled(ob_cluster *c, size_t n, int port) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&b, "{'metadata':{'name':'s','namespace':'n','uid':'u','labels':{");
  for (size_t i = 0; n > 0; i++) { /* a line of the dump: "label.k00: " and the value */
    size_t line = n > 60000 ? 50000 : n;
    ob_buf_addf(&b, "%s'k%02zu':'", i ? "," : "", i);
    ob_buf_fill(&b, 'x', line - strlen("label.k00: \n"));
    ob_buf_adds(&b, "'");
    n -= line;
  }
  ob_buf_addf(&b, "}},'spec':{'type':'ClusterIP','ports':[{'port':%d}]}}", port);
  ob_cluster_put(c, world_object(OB_KIND_SERVICE, ob_buf_str(&b)));
}

Test(limits, of_objects_that_are_compared) {
  enum { REST = 300 }; /* the other lines */
  static const size_t numbers[] = {OB_NEWS_OBJECT - REST, OB_NEWS_OBJECT, OB_NEWS_OBJECT * 3};
  for (size_t i = 0; i < OB_LEN(numbers); i++) {
    ob_cluster *c = world_new();
    ob_news news[2];
    labelled(c, numbers[i], 80);
    labelled(c, numbers[i], 81);
    cr_assert_eq(ob_object_news(c, ob_cluster_find(c, OB_KIND_SERVICE, "n", "s"), news, 2), 2);
    cr_expect_str_eq(news[0].text, i ? "~ longer than 262144 bytes: not compared\n"
                                     : "- port (unnamed): 80/TCP to the same\n"
                                       "+ port (unnamed): 81/TCP to the same\n");
    ob_cluster_free(c);
  }
}

Test(limits, of_all_that_changed) {
  OB_AUTO(ob_buf) rest = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&rest, "'spec':{'externalName':'");
  ob_buf_fill(&rest, 'x', 3000);
  ob_buf_adds(&rest, "'}");
  ob_cluster *c = world_new();
  enum { MANY = OB_NEWS_BYTES / 1000 };
  size_t most = 0;
  for (int i = 0; i < MANY; i++) {
    char name[24];
    snprintf(name, sizeof name, "s%d", i);
    world_put(c, OB_KIND_SERVICE, "n", name, ob_buf_str(&rest));
    if (c->news.bytes > most) most = c->news.bytes;
  }
  cr_expect_leq(most, OB_NEWS_BYTES);
  cr_expect_geq(most, OB_NEWS_BYTES - 2 * OB_NEWS_TEXT, "what fits is kept");
  ob_cluster_free(c);
}
