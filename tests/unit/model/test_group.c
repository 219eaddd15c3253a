/* Groups: what stands under which head, runs, and the chain of a request. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

static const char *const tone_signs[OB_TONE_COUNT] = {"", "~", "+", "?", "!", "@"};

static void add_hop(void *arg, const char *text, ob_tone tone) {
  ob_buf *out = arg;
  ob_buf_addf(out, "%s%s%s", out->len ? " > " : "", tone_signs[tone], text);
}

/* "group: chain" for each row, a group's name once. */
static char *tree(const ob_cluster *c, ob_group by, ob_row_way way) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .group = by}, WORLD_NOW_MS, NULL);
  for (size_t i = 0; i < ob_list_len(l); i++) {
    ob_group_run g = ob_list_group(l, i);
    cr_expect(g.first <= i && i < g.end && g.end <= ob_list_len(l));
    cr_expect_eq(ob_list_find_group(l, g.name), g.first);
    if (i == g.first) ob_buf_addf(&out, "%s: %zu\n", g.name, g.end - g.first);
    if (ob_list_at(l, i)->way != way) continue;
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
    ob_row_chain(c, ob_list_at(l, i), WORLD_NOW_MS, add_hop, &line);
    ob_buf_addf(&out, "  %s\n", ob_buf_str(&line));
  }
  cr_expect_eq(ob_list_find_group(l, "no such group"), SIZE_MAX);
  ob_list_free(l);
  return ob_buf_take(&out, NULL);
}

static void expect(const char *got, const char *wanted) {
  cr_expect_str_eq(got, wanted, "got:\n%swanted:\n%s", got, wanted);
}

static ob_cluster *small(void) {
  ob_cluster *c = world_new();
  world_put(c, OB_KIND_SERVICE, "a", "lb",
            "'spec':{'type':'LoadBalancer','ports':[{'name':'http','port':53,'protocol':'TCP'}]},"
            "'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.10'},{'ip':'192.0.2.9'}]}}");
  world_put(c, OB_KIND_SERVICE, "b", "web", "'spec':{'ports':[{'name':'http','port':80}]}");
  world_slice(c, "a", "lb", 2, 3);
  world_put(c, OB_KIND_INGRESS, "b", "shop",
            "'spec':{'tls':[{'hosts':['x.test']}],'rules':[{'host':'x.test','http':{'paths':[{"
            "'path':'/','pathType':'Prefix','backend':{'service':{'name':'web','port':{'name':"
            "'http'}}}},{'path':'/no','pathType':'Prefix','backend':{'service':{'name':'gone',"
            "'port':{'number':1}}}}]}}]},'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}"
            "]}}");
  return c;
}

Test(group, by_host_numbers_count_as_numbers) {
  ob_cluster *c = small();
  OB_AUTOFREE char *got = tree(c, OB_GROUP_HOST, OB_ROW_LB);
  expect(got, "192.0.2.9: 1\n  ~client > @LB 192.0.2.9:53 > service lb:http > ?2/3 pods\n"
              "192.0.2.10: 1\n  ~client > @LB 192.0.2.10:53 > service lb:http > ?2/3 pods\n"
              "x.test: 2\n");
  ob_cluster_free(c);
}

Test(group, by_node_a_row_stands_under_each) {
  ob_cluster *c = small();
  OB_AUTOFREE char *got = tree(c, OB_GROUP_NODE, OB_ROW_SERVICE);
  expect(got, "(no ready endpoint): 2\nn1: 2\nn2: 2\n");
  ob_list *l = ob_list_new(c, OB_VIEW_EXPOSURE);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .group = OB_GROUP_NODE}, WORLD_NOW_MS, NULL);
  cr_expect_eq(ob_list_len(l), 6);
  cr_expect_eq(ob_list_shown(l), 4, "a row counts once");
  for (size_t i = 0; i < 6; i++)
    for (size_t j = 0; j < i; j++) cr_expect_neq(ob_list_key(l, i), ob_list_key(l, j));
  /* The last endpoint of n2 goes: the row leaves that group and no other. */
  world_slice(c, "a", "lb", 1, 3);
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  cr_expect_eq(ob_list_find_group(l, "n2"), SIZE_MAX);
  cr_expect_neq(ob_list_find_group(l, "n1"), SIZE_MAX);
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(group, a_chain_ends_where_the_way_does) {
  ob_cluster *c = small();
  OB_AUTOFREE char *got = tree(c, OB_GROUP_BALANCER, OB_ROW_RULE);
  expect(got, "192.0.2.1: 2\n"
              "  ~client > @LB 192.0.2.1:443 > ingress b/shop > !service gone:1 (missing)\n"
              "  ~client > @LB 192.0.2.1:443 > ingress b/shop > service web:http\n"
              "192.0.2.9: 1\n192.0.2.10: 1\n");
  OB_AUTOFREE char *classes = tree(c, OB_GROUP_CLASS, OB_ROW_SERVICE);
  expect(classes, "(no class): 2\n(the provider's default): 2\n");
  OB_AUTOFREE char *spaces = tree(c, OB_GROUP_NAMESPACE, OB_ROW_SERVICE);
  expect(spaces, "a: 2\nb: 2\n");
  ob_cluster_free(c);
}

Test(group, the_chain_of_a_load_balancer_as_a_whole) {
  ob_cluster *c = world_shop();
  ob_list *l = ob_list_new(c, OB_VIEW_LOAD_BALANCERS);
  ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, NULL);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < ob_list_len(l); i++) {
    OB_AUTO(ob_buf) line = OB_BUF_INIT(OB_LINE_MAX);
    ob_row_chain(c, ob_list_at(l, i), WORLD_NOW_MS, add_hop, &line);
    ob_buf_addf(&out, "%s\n", ob_buf_str(&line));
  }
  expect(ob_buf_str(&out), "~client > @LB 198.51.100.7 > service lb > ?1/2 pods\n"
                           "~client > ?LB <pending> > service pending > +1/1 pods\n");
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(group, equal_ones_are_ordered_by_the_second_column) {
  ob_cluster *c = world_shop();
  ob_list *l = ob_list_new(c, OB_VIEW_SERVICES);
  int type = -1, name = -1;
  for (int i = 0; i < (int)ob_views[OB_VIEW_SERVICES].ncolumns; i++) {
    if (strcmp(ob_views[OB_VIEW_SERVICES].columns[i].key, "type") == 0) type = i;
    if (strcmp(ob_views[OB_VIEW_SERVICES].columns[i].key, "name") == 0) name = i;
  }
  ob_list_set(l, &(ob_list_opts){.sort = type, .then = name + 1, .then_reverse = true},
              WORLD_NOW_MS, NULL);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < ob_list_len(l); i++)
    ob_buf_addf(&out, "%s ", ob_list_at(l, i)->owner->name);
  cr_expect_str_eq(ob_buf_str(&out), "headless api name pending lb web ");
  ob_list_free(l);
  ob_cluster_free(c);
}
