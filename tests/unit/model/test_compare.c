/* The comparison of the three ways, for each type of Service. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

static char *cell(const ob_cluster *c, const char *name, ob_way way, ob_compare_row row,
                  ob_tone *ret_tone) {
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", name);
  cr_assert_not_null(o, "%s", name);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_tone tone = ob_compare_cell(c, OB_AS(ob_service, o), way, row, &out);
  if (ret_tone) *ret_tone = tone;
  return ob_buf_take(&out, NULL);
}

static const struct {
  const char *name;
  ob_compare_row row;
  const char *cells[OB_WAY_COUNT];
} wanted[] = {
    {"web", OB_CMP_NOW, {"● 30080", "–", "● 2 rules"}},
    {"web",
     OB_CMP_ADDRESS,
     {"203.0.113.1:30080\n203.0.113.2:30080", "1 new address",
      "https://shop.example.com/\nhttps://shop.example.com/port"}},
    {"web", OB_CMP_PORT, {"30080", "80", "443"}},
    {"web", OB_CMP_READY, {"3/3", "3/3", "3/3"}},
    {"web", OB_CMP_SCALE, {"by nodes, 2 answer", "by provider", "by rules, one entry"}},
    {"web", OB_CMP_COST, {"none", "one balancer more", "shared by 4 rules"}},
    {"web",
     OB_CMP_FUNCTION,
     {"a port on every node", "an address of its own", "host and path rules"}},
    {"api", OB_CMP_NOW, {"–", "–", "● 1 rule"}},
    {"api",
     OB_CMP_ADDRESS,
     {"203.0.113.1\n203.0.113.2", "1 new address", "https://shop.example.com/api"}},
    {"api", OB_CMP_PORT, {"30000-32767", "8080", "443"}},
    {"api", OB_CMP_READY, {"0/0", "0/0", "0/0"}},
    {"lb", OB_CMP_NOW, {"● 30443", "● 1 address", "–"}},
    {"lb",
     OB_CMP_ADDRESS,
     {"203.0.113.1:30443\n203.0.113.2:30443", "198.51.100.7:443", "a host of yours"}},
    {"lb", OB_CMP_COST, {"none", "one balancer", "shared"}},
    {"lb", OB_CMP_PORT, {"30443", "443", "80, 443"}},
    {"pending", OB_CMP_NOW, {"● 30090", "○ pending", "–"}},
    {"pending",
     OB_CMP_ADDRESS,
     {"203.0.113.1:30090\n203.0.113.2:30090", "<pending>", "a host of yours"}},
    {"name", OB_CMP_NOW, {"–", "–", "–"}},
    {"name", OB_CMP_ADDRESS, {"not for a name", "not for a name", "not for a name"}},
    {"name", OB_CMP_READY, {"–", "–", "–"}},
    {"headless", OB_CMP_ADDRESS, {"not while headless", "not while headless", "a host of yours"}},
    {"headless", OB_CMP_PORT, {"–", "–", "80, 443"}},
    {"headless", OB_CMP_READY, {"1/1", "1/1", "1/1"}},
};

Test(compare, facts_of_each_type) {
  ob_cluster *c = world_shop();
  for (size_t i = 0; i < OB_LEN(wanted); i++)
    for (int w = 0; w < OB_WAY_COUNT; w++) {
      OB_AUTOFREE char *got = cell(c, wanted[i].name, (ob_way)w, wanted[i].row, NULL);
      cr_expect_str_eq(got, wanted[i].cells[w], "%s, %s of %s: \"%s\", wanted \"%s\"",
                       wanted[i].name, ob_compare_titles[wanted[i].row], ob_way_titles[w], got,
                       wanted[i].cells[w]);
    }
  ob_cluster_free(c);
}

Test(compare, every_cell_has_words) {
  ob_cluster *c = world_shop();
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_SERVICE, &at));)
    for (int row = 0; row < OB_CMP_COUNT; row++) {
      cr_expect(ob_compare_titles[row] && *ob_compare_titles[row]);
      for (int w = 0; w < OB_WAY_COUNT; w++) {
        OB_AUTOFREE char *got = cell(c, o->name, (ob_way)w, (ob_compare_row)row, NULL);
        cr_expect(*got, "%s: %s of %s", o->name, ob_compare_titles[row], ob_way_titles[w]);
      }
    }
  ob_cluster_free(c);
}

Test(compare, unknown_is_not_missing) {
  ob_cluster *c = world_shop();
  static const ob_kind forbidden[] = {OB_KIND_SLICE, OB_KIND_INGRESS, OB_KIND_NODE,
                                      OB_KIND_INGRESS_CLASS};
  for (size_t i = 0; i < OB_LEN(forbidden); i++) {
    ob_cluster_clear(c, forbidden[i]);
    world_phase(c, forbidden[i], OB_FORBIDDEN);
  }
  static const struct {
    ob_way way;
    ob_compare_row row;
    const char *says;
  } cells[] = {{OB_WAY_INGRESS, OB_CMP_NOW, "? not known"},
               {OB_WAY_INGRESS, OB_CMP_ADDRESS, "? not known"},
               {OB_WAY_NODE_PORT, OB_CMP_READY, "?"},
               {OB_WAY_NODE_PORT, OB_CMP_ADDRESS, "? nodes not known"},
               {OB_WAY_NODE_PORT, OB_CMP_SCALE, "by nodes"},
               {OB_WAY_NODE_PORT, OB_CMP_NOW, "● 30080"}};
  for (size_t i = 0; i < OB_LEN(cells); i++) {
    ob_tone tone;
    OB_AUTOFREE char *got = cell(c, "web", cells[i].way, cells[i].row, &tone);
    cr_expect_str_eq(got, cells[i].says, "\"%s\", wanted \"%s\"", got, cells[i].says);
    if (*got == '?') cr_expect_eq(tone, OB_TONE_DIM);
  }
  ob_cluster_free(c);
}

/* Local: only the nodes that hold a ready endpoint. */
Test(compare, local_traffic_names_its_nodes) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_SERVICE, "shop", "web",
            "'spec':{'type':'NodePort','clusterIP':'10.96.0.1','externalTrafficPolicy':'Local','"
            "selector':{'a':'b'},"
            "'ports':[{'name':'http','port':80,'nodePort':30080}]}");
  world_slice(c, "shop", "web", 1, 2);
  OB_AUTOFREE char *one = cell(c, "web", OB_WAY_NODE_PORT, OB_CMP_ADDRESS, NULL);
  cr_expect_str_eq(one, "203.0.113.1:30080");
  world_slice(c, "shop", "web", 0, 2);
  ob_tone tone;
  OB_AUTOFREE char *none = cell(c, "web", OB_WAY_NODE_PORT, OB_CMP_ADDRESS, &tone);
  cr_expect_str_eq(none, "no node holds a ready endpoint");
  cr_expect_eq(tone, OB_TONE_BAD);
  ob_cluster_free(c);
}

/* The cell is appended; it does not begin with a line end because something stood before it. */
Test(compare, appends) {
  ob_cluster *c = world_shop();
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_adds(&out, "x");
  const ob_object *o = ob_cluster_find(c, OB_KIND_SERVICE, "shop", "lb");
  ob_compare_cell(c, OB_AS(ob_service, o), OB_WAY_LOAD_BALANCER, OB_CMP_ADDRESS, &out);
  cr_expect_str_eq(ob_buf_str(&out), "x198.51.100.7:443");
  ob_cluster_free(c);
}
