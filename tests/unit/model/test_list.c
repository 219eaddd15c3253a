/* Lists: sorting, scope, what changed, finding a row again. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

static int column(ob_view_id view, const char *key) {
  for (size_t i = 0; i < ob_views[view].ncolumns; i++)
    if (strcmp(ob_views[view].columns[i].key, key) == 0) return (int)i;
  cr_assert_fail("no column %s", key);
  return -1;
}

static char *names(const ob_list *l) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(65536);
  for (size_t i = 0; i < ob_list_len(l); i++)
    ob_buf_addf(&out, "%s%s", i ? " " : "", ob_list_at(l, i)->owner->name);
  return ob_buf_take(&out, NULL);
}

static void expect(const ob_list *l, const char *wanted) {
  OB_AUTOFREE char *got = names(l);
  cr_expect_str_eq(got, wanted, "\"%s\", wanted \"%s\"", got, wanted);
}

static ob_list *list_of(const ob_cluster *c, ob_view_id view, ob_list_opts opts) {
  ob_list *l = ob_list_new(c, view);
  cr_assert_eq(ob_list_set(l, &opts, WORLD_NOW_MS, NULL), 0);
  return l;
}

Test(list, sorts_by_any_column) {
  ob_cluster *c = world_shop();
  static const struct {
    const char *key;
    bool reverse;
    const char *wanted;
  } cases[] = {
      {"name", false, "api headless lb name pending web"},
      {"name", true, "web pending name lb headless api"},
      /* Nothing and unknown stand last, whichever way. */
      {"ready", false, "api headless lb pending web name"},
      {"ready", true, "web headless lb pending api name"},
      {"routes", true, "web api headless lb name pending"},
      {"type", false, "api headless name lb pending web"},
      {"clusterIP", false, "api headless lb pending web name"},
  };
  for (size_t i = 0; i < OB_LEN(cases); i++) {
    ob_list *l = list_of(c, OB_VIEW_SERVICES,
                         (ob_list_opts){.sort = column(OB_VIEW_SERVICES, cases[i].key),
                                        .reverse = cases[i].reverse});
    OB_AUTOFREE char *got = names(l);
    if (strcmp(cases[i].key, "clusterIP") == 0)
      cr_expect_str_eq(got, "web api lb pending headless name",
                       "numbers in texts count as numbers: %s", got);
    else
      cr_expect_str_eq(got, cases[i].wanted, "%s: %s", cases[i].key, got);
    ob_list_free(l);
  }
  ob_cluster_free(c);
}

Test(list, counts_texts_as_people_do) {
  ob_cluster *c = world_new();
  static const char *const all[] = {"web-10", "web-9", "web-1",   "web-01",
                                    "Web-2",  "web",   "web-100", "api-3"};
  for (size_t i = 0; i < OB_LEN(all); i++) world_put(c, OB_KIND_SERVICE, "n", all[i], "");
  ob_list *l =
      list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = column(OB_VIEW_SERVICES, "name")});
  expect(l, "api-3 web web-01 web-1 Web-2 web-9 web-10 web-100");
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(list, young_ones_first) {
  ob_cluster *c = world_new();
  static const struct {
    const char *name, *created;
  } all[] = {{"old", "2020-01-01T00:00:00Z"},
             {"young", "2023-11-14T22:13:00Z"},
             {"middle", "2023-01-01T00:00:00Z"}};
  for (size_t i = 0; i < OB_LEN(all); i++) {
    OB_AUTOFREE char *text = ob_asprintf(
        "{'metadata':{'name':'%s','namespace':'n','uid':'%s','creationTimestamp':'%s'}}",
        all[i].name, all[i].name, all[i].created);
    ob_cluster_put(c, world_object(OB_KIND_SERVICE, text));
  }
  ob_list *l =
      list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = column(OB_VIEW_SERVICES, "age")});
  expect(l, "young middle old");
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(list, scope_and_total) {
  ob_cluster *c = world_shop();
  world_put(c, OB_KIND_SERVICE, "other", "web", "");
  ob_list *l =
      list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = -1, .ns = "shop", .filter = "type:lb"});
  expect(l, "lb pending");
  cr_expect_eq(ob_list_total(l), 6);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .name = "web"}, WORLD_NOW_MS, NULL);
  expect(l, "web web");
  cr_expect_eq(ob_list_total(l), 2);
  ob_list_set(l, &(ob_list_opts){.sort = -1, .selector = "app=none"}, WORLD_NOW_MS, NULL);
  cr_expect_eq(ob_list_total(l), 0);
  ob_list_set(l, &(ob_list_opts){.sort = 999, .ns = "", .filter = "", .selector = ""}, WORLD_NOW_MS,
              NULL);
  cr_expect_eq(ob_list_len(l), 7);
  ob_err err;
  cr_expect_eq(ob_list_set(l, &(ob_list_opts){.sort = -1, .selector = "a in"}, WORLD_NOW_MS, &err),
               -OB_EUSAGE);
  cr_expect_eq(ob_list_len(l), 7, "as it was");
  ob_list_free(l);
  ob_cluster_free(c);
}

/* --- what changed
 * --------------------------------------------------------------------------------- */
Test(list, marks_rows_that_changed) {
  ob_cluster *c = world_shop();
  ob_list *l = list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = -1});
  for (size_t i = 0; i < ob_list_len(l); i++)
    cr_expect_not(ob_list_changed(l, i, WORLD_NOW_MS, 1000), "just loaded");
  cr_expect_not(ob_list_refresh(l, WORLD_NOW_MS), "nothing happened since");
  ob_cluster_settle(c);

  world_slice(c, "shop", "web", 2, 3);
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS + 10));
  cr_expect_not(ob_list_refresh(l, WORLD_NOW_MS + 11), "taken up already");
  for (size_t i = 0; i < ob_list_len(l); i++)
    cr_expect_eq(ob_list_changed(l, i, WORLD_NOW_MS + 20, 1000),
                 ob_streq(ob_list_at(l, i)->owner->name, "web"));
  size_t web = ob_list_find(l, ob_row_key(ob_list_at(l, 5)), 0);
  cr_expect_eq(web, 5);
  cr_expect_not(ob_list_changed(l, web, WORLD_NOW_MS + 1010, 1000), "it fades");
  ob_cluster_settle(c);

  /* A row made anew for nothing has not changed: a node comes that no address shows. */
  world_put(c, OB_KIND_NODE, "", "n9",
            "'status':{'conditions':[{'type':'Ready','status':'True'}]}");
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS + 5000));
  for (size_t i = 0; i < ob_list_len(l); i++)
    cr_expect_not(ob_list_changed(l, i, WORLD_NOW_MS + 5000, 1000));
  ob_cluster_settle(c);

  world_put(c, OB_KIND_SERVICE, "shop", "new", "");
  ob_list_refresh(l, WORLD_NOW_MS + 9000);
  expect(l, "api headless lb name new pending web");
  cr_expect(ob_list_changed(l, 4, WORLD_NOW_MS + 9000, 1000), "what came has changed");
  ob_list_free(l);
  ob_cluster_free(c);
}

/* What is being loaded does not flash; what becomes unknown does. */
Test(list, loading_is_no_change) {
  ob_cluster *c = world_shop();
  world_phase(c, OB_KIND_SLICE, OB_LOADING);
  ob_list *l = list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = -1, .name = "web"});
  ob_cluster_settle(c);
  world_phase(c, OB_KIND_SLICE, OB_LIVE);
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  cr_expect_not(ob_list_changed(l, 0, WORLD_NOW_MS, 1000));
  ob_cluster_settle(c);
  world_phase(c, OB_KIND_SLICE, OB_STALE);
  cr_expect_not(ob_list_refresh(l, WORLD_NOW_MS), "stale data is data");
  world_phase(c, OB_KIND_SLICE, OB_FORBIDDEN);
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  cr_expect(ob_list_changed(l, 0, WORLD_NOW_MS, 1000));
  ob_list_free(l);
  ob_cluster_free(c);
}

/* The first list streams in. */
Test(list, rows_of_a_list_under_way_do_not_flash) {
  ob_cluster *c = world_new();
  world_phase(c, OB_KIND_SERVICE, OB_LOADING);
  ob_list *l = list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = -1});
  ob_cluster_settle(c);
  world_put(c, OB_KIND_SERVICE, "n", "a", "");
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  cr_expect_eq(ob_list_len(l), 1);
  cr_expect_not(ob_list_changed(l, 0, WORLD_NOW_MS, 1000));
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(list, another_node_address_changes_node_ports) {
  ob_cluster *c = world_shop();
  ob_list *l = list_of(c, OB_VIEW_NODE_PORTS, (ob_list_opts){.sort = -1});
  ob_cluster_settle(c);
  world_put(c, OB_KIND_NODE, "", "n1",
            "'status':{'addresses':[{'type':'InternalIP','address':'10.1.0.99'}],'conditions':[{'"
            "type':'Ready','status':'True'}]}");
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  cr_assert_eq(ob_list_len(l), 3);
  for (size_t i = 0; i < 3; i++) cr_expect(ob_list_changed(l, i, WORLD_NOW_MS, 1000));
  ob_list_free(l);
  ob_cluster_free(c);
}

/* A list that slept through settles comes back whole: nothing that it held may be touched. */
Test(list, sleeps_and_wakes) {
  ob_cluster *c = world_shop();
  ob_list *l = list_of(c, OB_VIEW_EXPOSURE, (ob_list_opts){.sort = -1});
  for (int i = 0; i < 3; i++) {
    ob_cluster_settle(c);
    world_put(c, OB_KIND_SERVICE, "shop", "web",
              i % 2 ? "'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':30080}]}" : "");
  }
  ob_cluster_clear(c, OB_KIND_INGRESS);
  ob_cluster_settle(c);
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS));
  expect(l, "pending lb lb pending");
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(list, an_age_filter_follows_the_clock) {
  ob_cluster *c = world_shop(); /* everything is an hour old */
  ob_list *l = list_of(c, OB_VIEW_SERVICES, (ob_list_opts){.sort = -1, .filter = "age:<61m"});
  cr_expect_eq(ob_list_len(l), 6);
  cr_expect_not(ob_list_refresh(l, WORLD_NOW_MS + 500));
  cr_expect(ob_list_refresh(l, WORLD_NOW_MS + 60000));
  cr_expect_eq(ob_list_len(l), 0);
  ob_list_free(l);
  ob_cluster_free(c);
}

/* --- identity
 * ---------------------------------------------------------------------------------------- */
Test(list, keys_are_of_names_not_places) {
  ob_cluster *c = world_new();
  static const char rules[] =
      "{'host':'a','http':{'paths':[{'path':'/"
      "','pathType':'Prefix','backend':{'service':{'name':'s','port':{'number':1}}}}]}}";
  OB_AUTOFREE char *one = ob_asprintf("'spec':{'rules':[%s]}", rules);
  OB_AUTOFREE char *two = ob_asprintf(
      "'spec':{'rules':[{'host':'0','http':{'paths':[{'path':'/"
      "','pathType':'Prefix','backend':{'service':{'name':'s','port':{'number':1}}}}]}},%s,%s]}",
      rules, rules);
  world_put(c, OB_KIND_INGRESS, "n", "i", one);
  ob_list *l = list_of(c, OB_VIEW_INGRESS, (ob_list_opts){.sort = -1});
  uint64_t key = ob_row_key(ob_list_at(l, 0));
  world_put(c, OB_KIND_INGRESS, "n", "i", two);
  ob_list_refresh(l, WORLD_NOW_MS);
  cr_assert_eq(ob_list_len(l), 3);
  size_t at = ob_list_find(l, key, 0);
  cr_assert_neq(at, SIZE_MAX, "it stands behind another rule now");
  cr_expect_eq(ob_list_at(l, at)->rule, 1);
  for (size_t i = 0; i < 3; i++)
    for (size_t k = 0; k < i; k++)
      cr_expect_neq(ob_row_key(ob_list_at(l, i)), ob_row_key(ob_list_at(l, k)),
                    "twins are two rows");
  for (size_t near = 0; near < 6; near++) cr_expect_eq(ob_list_find(l, key, near), at);
  cr_expect_eq(ob_list_find(l, key + 1, 1), SIZE_MAX);
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(list, a_port_keeps_its_row_when_its_number_changes) {
  ob_cluster *c = world_new();
  static const char *const states[] = {
      "'spec':{'type':'NodePort','ports':[{'name':'http','port':80,'nodePort':30080}]}",
      "'spec':{'type':'NodePort','ports':[{'name':'a','port':1,'nodePort':30001},"
      "{'name':'http','port':81,'nodePort':30081}]}"};
  world_put(c, OB_KIND_SERVICE, "n", "s", states[0]);
  ob_list *l = list_of(c, OB_VIEW_NODE_PORTS, (ob_list_opts){.sort = -1});
  uint64_t key = ob_row_key(ob_list_at(l, 0));
  world_put(c, OB_KIND_SERVICE, "n", "s", states[1]);
  ob_list_refresh(l, WORLD_NOW_MS);
  cr_assert_neq(ob_list_find(l, key, 0), SIZE_MAX);
  cr_expect_eq(ob_list_at(l, ob_list_find(l, key, 0))->port, 1);
  ob_list_free(l);
  ob_cluster_free(c);
}

/* Two kinds may be given one uid; it is for nobody else to clean up after. */
Test(list, one_uid_in_two_kinds) {
  ob_cluster *c = world_new();
  ob_cluster_put(c, world_make(OB_KIND_SERVICE, "n", "s", "same",
                               "'spec':{'type':'NodePort','ports':[{'port':1,'nodePort':30000}]}"));
  ob_cluster_put(
      c, world_make(OB_KIND_INGRESS, "n", "i", "same",
                    "'spec':{'defaultBackend':{'service':{'name':'s','port':{'number':1}}}}"));
  ob_list *l = list_of(c, OB_VIEW_EXPOSURE, (ob_list_opts){.sort = -1});
  cr_expect_eq(ob_list_len(l), 2);
  ob_cluster_settle(c);
  ob_cluster_delete(c, OB_KIND_SERVICE, ob_uid_of("same"));
  ob_list_refresh(l, WORLD_NOW_MS);
  expect(l, "i");
  ob_list_free(l);
  ob_cluster_free(c);
}
