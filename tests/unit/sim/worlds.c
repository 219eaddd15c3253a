/* The worlds: what the demo promises, that seeds repeat, and that a grown one is what it says. */
#include "bench.h"

static size_t count(ob_sim *s, sim_kind kind, const char *pointer, const char *value) {
  size_t n = 0;
  for (size_t i = 0; i < s->store.kinds[kind].len; i++) {
    OB_AUTOPTR(ob_json) tree = sim_object_tree(s->store.kinds[kind].at[i]);
    n += ob_streq(ob_json_str(ob_pointer_get(tree, pointer)), value);
  }
  return n;
}

static ob_json *tree_of(ob_sim *s, sim_kind kind, const char *ns, const char *name) {
  const sim_object *o = sim_store_get(&s->store, kind, ns, name);
  cr_assert_not_null(o, "%s/%s", ns, name);
  return sim_object_tree(o);
}

Test(shop, has_everything) {
  ob_sim *s = bench_open(&(ob_sim_opts){0});
  cr_expect_geq(s->store.kinds[SIM_NAMESPACE].len, 10);
  cr_expect_geq(s->store.kinds[SIM_SERVICE].len, 60);
  cr_expect_geq(s->store.kinds[SIM_INGRESS].len, 25);
  cr_expect_eq(s->store.kinds[SIM_NODE].len, 3);
  cr_expect_geq(s->store.kinds[SIM_POD].len, 60);
  static const struct {
    const char *pointer, *value;
    size_t least;
  } services[] = {
      {"/spec/type", "ClusterIP", 30},      {"/spec/type", "NodePort", 5},
      {"/spec/type", "LoadBalancer", 10},   {"/spec/type", "ExternalName", 4},
      {"/spec/clusterIP", "None", 5},       {"/spec/ipFamilies/1", "IPv6", 3},
      {"/spec/ports/0/protocol", "UDP", 3}, {"/spec/externalTrafficPolicy", "Local", 3}};
  for (size_t i = 0; i < OB_LEN(services); i++)
    cr_expect_geq(count(s, SIM_SERVICE, services[i].pointer, services[i].value), services[i].least,
                  "%s %s", services[i].pointer, services[i].value);
  cr_expect_geq(count(s, SIM_INGRESS, "/spec/rules/0/host", "*.shop.example.com"), 1);
  cr_expect_geq(count(s, SIM_INGRESS, "/spec/rules/0/http/paths/0/pathType", "Exact"), 1);
  bench_close(s);
}

static size_t ready(ob_sim *s, const char *ns, const char *service) {
  size_t n = 0;
  for (size_t i = 0; i < s->store.kinds[SIM_SLICE].len; i++) {
    OB_AUTOPTR(ob_json) t = sim_object_tree(s->store.kinds[SIM_SLICE].at[i]);
    if (!ob_streq(ob_json_str(ob_pointer_get(t, "/metadata/namespace")), ns) ||
        !ob_streq(ob_json_str(ob_pointer_get(t, "/metadata/labels/kubernetes.io~1service-name")),
                  service))
      continue;
    for (const ob_json *e = ob_json_first(ob_json_get(t, "endpoints")); e; e = ob_json_next(e))
      n += ob_json_get_bool(ob_json_get(e, "conditions"), "ready", true) &&
           ob_json_len(ob_json_get(t, "ports")) > 0;
  }
  return n;
}

Test(shop, problems_are_there) {
  ob_sim *s = bench_open(&(ob_sim_opts){0});
  static const struct {
    const char *ns, *service;
    bool ready;
  } rows[] = {{"shop", "storefront", true},    {"data", "mainframe", true},
              {"shop", "recommender", false},  {"checkout", "fraud-check", false},
              {"ops", "debug-shell", false},   {"monitoring", "exporter", false},
              {"media", "game-events", false}, {"catalog", "importer", false}};
  for (size_t i = 0; i < OB_LEN(rows); i++)
    cr_expect_eq(ready(s, rows[i].ns, rows[i].service) > 0, rows[i].ready, "%s/%s", rows[i].ns,
                 rows[i].service);
  static const struct {
    const char *ns, *name;
    bool address;
  } lbs[] = {{"data", "mqtt", false},
             {"ops", "sftp", false},
             {"edge", "traefik", true},
             {"data", "warehouse-db", true}};
  for (size_t i = 0; i < OB_LEN(lbs); i++) {
    OB_AUTOPTR(ob_json) t = tree_of(s, SIM_SERVICE, lbs[i].ns, lbs[i].name);
    cr_expect_eq(ob_json_len(ob_pointer_get(t, "/status/loadBalancer/ingress")) > 0, lbs[i].address,
                 "%s", lbs[i].name);
  }
  cr_expect_geq(count(s, SIM_EVENT, "/reason", "AllocationFailed"), 1);
  cr_expect_null(sim_store_get(&s->store, SIM_SERVICE, "shop", "blog"));
  cr_expect_null(sim_store_get(&s->store, SIM_SECRET, "partners", "wholesale-tls"));
  cr_expect_not_null(sim_store_get(&s->store, SIM_SECRET, "shop", "shop-tls"));
  cr_expect_null(sim_store_get(&s->store, SIM_CLASS, NULL, "haproxy"));
  bench_close(s);
}

Test(shop, endpoints_know_their_pods) {
  ob_sim *s = bench_open(&(ob_sim_opts){0});
  OB_AUTOPTR(ob_json) t = tree_of(s, SIM_SLICE, "shop", "storefront-v4slc");
  const ob_json *e = ob_json_first(ob_json_get(t, "endpoints"));
  const char *pod = ob_json_str(ob_pointer_get(e, "/targetRef/name"));
  OB_AUTOPTR(ob_json) p = tree_of(s, SIM_POD, "shop", pod);
  cr_expect_str_eq(ob_json_str(ob_pointer_get(e, "/targetRef/uid")),
                   ob_json_str(ob_pointer_get(p, "/metadata/uid")));
  cr_expect_str_eq(ob_json_str(ob_pointer_get(e, "/addresses/0")),
                   ob_json_str(ob_pointer_get(p, "/status/podIP")));
  cr_expect_str_eq(ob_json_get_str(e, "nodeName"),
                   ob_json_str(ob_pointer_get(p, "/spec/nodeName")));
  cr_expect(ob_starts(ob_json_get_str(e, "zone"), "eu-central-"));
  cr_expect_str_eq(ob_json_str(ob_pointer_get(t, "/metadata/ownerReferences/0/name")),
                   "storefront");
  OB_AUTOPTR(ob_json) six = tree_of(s, SIM_SLICE, "shop", "storefront-v6slc");
  cr_expect_str_eq(ob_json_get_str(six, "addressType"), "IPv6");
  bench_close(s);
}

Test(scale, counts_and_repeats) {
  ob_sim *a = bench_open(&(ob_sim_opts){.scale = 1000, .seed = 5});
  ob_sim *b = bench_open(&(ob_sim_opts){.scale = 1000, .seed = 5});
  ob_sim *c = bench_open(&(ob_sim_opts){.scale = 1000, .seed = 6});
  cr_expect_eq(a->store.kinds[SIM_SERVICE].len, 1001);
  cr_expect_eq(a->store.kinds[SIM_SLICE].len, 1000);
  cr_expect_eq(a->store.kinds[SIM_INGRESS].len, 500);
  cr_expect_geq(a->store.kinds[SIM_NODE].len, 20);
  size_t same_as_b = 0, same_as_c = 0;
  for (size_t i = 0; i < 1000; i++) { /* slices hold no times but metadata's */
    const sim_object *x = a->store.kinds[SIM_SLICE].at[i];
    same_as_b += ob_streq(strstr(x->body, "\"addressType\""),
                          strstr(b->store.kinds[SIM_SLICE].at[i]->body, "\"addressType\""));
    same_as_c += ob_streq(strstr(x->body, "\"addressType\""),
                          strstr(c->store.kinds[SIM_SLICE].at[i]->body, "\"addressType\""));
  }
  cr_expect_eq(same_as_b, 1000);
  cr_expect_lt(same_as_c, 500);
  for (size_t k = 0; k < SIM_KINDS; k++)
    for (size_t i = 1; i < a->store.kinds[k].len; i++)
      cr_assert_lt(strcmp(a->store.kinds[k].at[i - 1]->key, a->store.kinds[k].at[i]->key), 0);
  /* Whatever is in it must be acceptable to the server itself. */
  for (size_t i = 0; i < 1001; i += 37) {
    const sim_object *o = a->store.kinds[SIM_SERVICE].at[i];
    OB_AUTOFREE char *path =
        ob_asprintf("/api/v1/namespaces/%.*s/services/%s", (int)o->nns, o->key, o->name);
    unsigned code;
    OB_AUTOPTR(ob_json)
    r = bench_call(a, "PATCH", path, "application/merge-patch+json",
                   "{'metadata':{'labels':{'x':'y'}}}", &code);
    cr_expect_eq(code, 200, "%s: %s", path, ob_or(ob_json_get_str(r, "message"), ""));
  }
  bench_close(a);
  bench_close(b);
  bench_close(c);
}

Test(scale, node_ports_never_run_out) {
  ob_sim *s = bench_open(&(ob_sim_opts){.scale = 40000});
  cr_expect_eq(s->store.kinds[SIM_SERVICE].len, 40001);
  cr_expect_gt(sim_alloc_port(&s->alloc), 0);
  bench_close(s);
}

Test(churn, changes_one_object_a_time) {
  ob_sim *s = bench_open(&(ob_sim_opts){.scale = 200});
  ob_rng rng = {9};
  uint64_t before = s->store.rv;
  for (int i = 0; i < 500; i++) sim_world_churn(s, &rng);
  cr_expect_eq(s->store.rv, before + 500);
  for (uint64_t rv = before + 1; rv <= s->store.rv; rv++)
    cr_assert_eq(sim_store_event(&s->store, rv)->type, SIM_MODIFIED);
  bench_close(s);
}

Test(deployments, keep_their_replicas) {
  ob_sim *s = bench_open(&(ob_sim_opts){0});
  size_t before = s->store.kinds[SIM_POD].len;
  unsigned code;
  OB_AUTOPTR(ob_json)
  r = bench_call(s, "PATCH", "/apis/apps/v1/namespaces/shop/deployments/cart",
                 "application/merge-patch+json", "{'spec':{'replicas':5}}", &code);
  cr_expect_eq(code, 200, "%s", ob_or(ob_json_get_str(r, "message"), ""));
  sim_sync_deployment(s, "shop", "cart", false);
  cr_expect_eq(s->store.kinds[SIM_POD].len, before + 2);
  cr_expect_eq(ready(s, "shop", "cart"), 3, "new pods are not ready at once");
  for (size_t i = 0; i < s->store.kinds[SIM_POD].len; i++) {
    sim_object *o = s->store.kinds[SIM_POD].at[i];
    if (ob_starts(o->key, "shop/cart-")) sim_pod_settle(s, "shop", o->name);
  }
  sim_sync_slices(s, "shop", "cart");
  cr_expect_eq(ready(s, "shop", "cart"), 5);
  bench_close(s);
}
