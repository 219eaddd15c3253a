/* The store: order, versions, the log and the states it can give back; selectors; allocation. */
#include "bench.h"
#include "sim/select.h"

static void put(sim_store *s, const char *ns, const char *name, const char *value) {
  OB_AUTOFREE char *text =
      ob_asprintf("{'metadata':{'namespace':'%s','name':'%s'},'v':'%s'}", ns, name, value);
  OB_AUTOPTR(ob_json) tree = bench_json(text);
  sim_store_put(s, SIM_SECRET, tree);
}

Test(store, keys_are_in_the_order_of_etcd) {
  sim_store s;
  sim_store_init(&s);
  static const char *const names[][2] = {{"b", "z"}, {"a", "b"}, {"a-b", "x"}, {"a", "a"}};
  for (size_t i = 0; i < OB_LEN(names); i++) put(&s, names[i][0], names[i][1], "1");
  static const char *const order[] = {"a-b/x", "a/a", "a/b", "b/z"};
  for (size_t i = 0; i < OB_LEN(order); i++)
    cr_expect_str_eq(s.kinds[SIM_SECRET].at[i]->key, order[i]);
  cr_expect_null(sim_store_get(&s, SIM_SECRET, "a", "x"));
  sim_store_done(&s);
}

/* Any state since the floor can be given back: compared with copies taken at the time. */
Test(store, past_states) {
  enum { STEPS = 300, NAMES = 12 };
  sim_store s;
  sim_store_init(&s);
  uint64_t rvs[STEPS];
  char *states[STEPS];
  ob_rng rng = {7};
  for (size_t i = 0; i < STEPS; i++) {
    char name[16];
    snprintf(name, sizeof name, "n%02u", ob_rng_below(&rng, NAMES));
    sim_object *o = sim_store_get(&s, SIM_SECRET, "ns", name);
    if (o && ob_rng_below(&rng, 3) == 0) {
      sim_store_delete(&s, o);
    } else {
      OB_AUTOFREE char *value = ob_asprintf("%zu", i);
      put(&s, "ns", name, value);
    }
    ob_buf text = OB_BUF_INIT(OB_LINE_MAX);
    for (size_t k = 0; k < s.kinds[SIM_SECRET].len; k++)
      ob_buf_adds(&text, s.kinds[SIM_SECRET].at[k]->body);
    rvs[i] = s.rv;
    states[i] = ob_buf_take(&text, NULL);
  }
  for (size_t i = 0; i < STEPS; i++) {
    OB_AUTO(sim_objects) then = {0};
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
    sim_store_at(&s, SIM_SECRET, rvs[i], &then);
    for (size_t k = 0; k < then.len; k++) ob_buf_adds(&text, then.at[k]->body);
    cr_expect_str_eq(ob_buf_str(&text), states[i], "at step %zu", i);
    free(states[i]);
  }
  sim_store_done(&s);
}

Test(store, the_log_is_bounded) {
  sim_store s;
  sim_store_init(&s);
  uint64_t first = s.rv + 1;
  for (size_t i = 0; i < SIM_LOG_MAX + 10; i++) put(&s, "ns", "one", "1");
  cr_expect_null(sim_store_event(&s, first));
  cr_expect_not_null(sim_store_event(&s, s.rv));
  cr_expect_not_null(sim_store_event(&s, s.floor + 1));
  cr_expect_eq(s.rv - s.floor, SIM_LOG_MAX);
  sim_store_compact(&s);
  cr_expect_null(sim_store_event(&s, s.rv));
  sim_store_done(&s);
}

Test(select, nonsense_is_refused) {
  static const struct {
    const char *key, *value;
  } bad[] = {{"labelSelector", "=x"},       {"labelSelector", "a in x"},
             {"labelSelector", "a in (x"},  {"labelSelector", "a b"},
             {"labelSelector", "!a=b"},     {"fieldSelector", "a"},
             {"fieldSelector", "spec.x=1"}, {"labelSelector", "a,,b"}};
  for (size_t i = 0; i < OB_LEN(bad); i++) {
    OB_AUTO(sim_filter) f = {0};
    sim_resp r = {.body = OB_BUF_INIT(SIM_BODY_MAX)};
    sim_req q = {.key = {bad[i].key}, .val = {bad[i].value}, .nquery = 1};
    cr_expect_neq(sim_filter_parse(&f, &sim_kinds[SIM_SERVICE], NULL, &q, &r), 0, "%s",
                  bad[i].value);
    cr_expect_eq(r.code, 400);
    sim_resp_done(&r);
  }
}

Test(select, services_select_pods) {
  static const struct {
    const char *selector, *labels;
    bool match;
  } rows[] = {{"{'a':'1'}", "{'a':'1','b':'2'}", true},
              {"{'a':'1','b':'3'}", "{'a':'1','b':'2'}", false},
              {"{}", "{'a':'1'}", false},
              {"{'a':'1'}", "{}", false}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOPTR(ob_json) s = bench_json(rows[i].selector), *l = bench_json(rows[i].labels);
    cr_expect_eq(sim_labels_match(s, l), rows[i].match, "%s %s", rows[i].selector, rows[i].labels);
  }
}

Test(alloc, ports_run_out) {
  sim_alloc a;
  sim_alloc_init(&a, 3);
  bool seen[SIM_PORT_MAX + 1] = {false};
  for (int i = SIM_PORT_MIN; i <= SIM_PORT_MAX; i++) {
    int port = sim_alloc_port(&a);
    cr_assert(port >= SIM_PORT_MIN && port <= SIM_PORT_MAX && !seen[port]);
    cr_assert(i - SIM_PORT_MIN >= SIM_PORT_MAX - SIM_PORT_BAND + 1 || port >= SIM_PORT_BAND,
              "the static band comes last");
    seen[port] = true;
  }
  cr_expect_eq(sim_alloc_port(&a), 0);
  sim_alloc_free_port(&a, 31000);
  cr_expect_eq(sim_alloc_port(&a), 31000);
  cr_expect_eq(sim_alloc_take_port(&a, 31000, true), -1);
  cr_expect_eq(sim_alloc_take_port(&a, 80, true), -2);
  sim_alloc_done(&a);
}

Test(alloc, addresses) {
  sim_alloc a;
  char one[64], two[64], six[64];
  sim_alloc_init(&a, 3);
  sim_alloc_ip(&a, 4, false, one);
  sim_alloc_ip(&a, 4, true, two);
  cr_expect_str_neq(one, two);
  cr_expect_eq(sim_alloc_take_ip(&a, one, false), -1);
  cr_expect_eq(sim_alloc_take_ip(&a, two, false), 0, "a peek takes nothing");
  cr_expect_eq(sim_alloc_take_ip(&a, "10.112.0.1", false), -2);
  cr_expect_eq(sim_alloc_take_ip(&a, "10.111.255.1", false), 0);
  cr_expect(ob_starts(sim_alloc_ip(&a, 6, false, six), "fd00:10:96::"));
  cr_expect_eq(sim_alloc_take_ip(&a, six, false), -1);
  sim_alloc_free_ip(&a, six);
  cr_expect_eq(sim_alloc_take_ip(&a, six, false), 0);
  sim_alloc_done(&a);
}
