/* The sorted sequence against a plain array, and filters that are typed while rows come and go. */
#include "world.h"

#include "base/clock.h"
#include "base/str.h"
#include "model/filter.h"
#include "model/order.h"
#include <criterion/criterion.h>
#include <stdio.h>

enum { NUMBERS = 3000, STEPS = 20000 };

static int by_number(const void *a, const void *b) {
  const ob_seat *x = a, *y = b;
  return (x->head > y->head) - (x->head < y->head);
}

/* What the sequence should hold: for each number whether it is there, and passes. */
typedef struct model {
  unsigned numbers[NUMBERS];
  bool there[NUMBERS], wanted[NUMBERS];
} model;

static bool passes(void *arg, void *item, bool known) {
  const model *m = arg;
  const unsigned *n = item;
  cr_assert_not(known && !m->wanted[*n], "what is known was shown before");
  return m->wanted[*n];
}

static void expect_equal(const model *m, const ob_order *o, uint64_t step) {
  size_t shown = 0, len = 0;
  for (unsigned i = 0; i < NUMBERS; i++) {
    len += m->there[i];
    if (!m->there[i] || !m->wanted[i]) continue;
    cr_assert_lt(shown, o->shown, "step %llu", (unsigned long long)step);
    cr_assert_eq(ob_order_at(o, shown), &m->numbers[i], "step %llu: %zu", (unsigned long long)step,
                 shown);
    shown++;
  }
  cr_assert_eq(o->shown, shown);
  cr_assert_eq(o->len, len);
}

static bool is(const void *arg, const void *item) {
  return arg == item;
}

/* Another wish: fewer of what is shown, more of what is not, or anything. */
static void wish(ob_rng *r, model *m, ob_order *o) {
  ob_order_ask ask = (ob_order_ask)ob_rng_below(r, 3);
  while (ob_rng_below(r, 2) && ob_order_judge(o, passes, m)) {
  }
  for (size_t i = 0; i < NUMBERS; i++) {
    bool w = ob_rng_below(r, 3) != 0;
    if (ask == OB_ASK_SHOWN) w &= m->wanted[i];
    if (ask == OB_ASK_HIDDEN) w |= m->wanted[i];
    m->wanted[i] = w;
  }
  ob_order_hide(o, ask);
}

Test(order, equals_a_plain_array) {
  ob_rng r = {20261125};
  static model m;
  ob_order o = {.cmp = by_number};
  OB_VEC(ob_seat) seats = {0};
  for (unsigned i = 0; i < NUMBERS; i++) {
    m.numbers[i] = i;
    m.wanted[i] = true;
    m.there[i] = i % 2;
    if (m.there[i]) ob_vec_push(&seats, (ob_seat){i, &m.numbers[i]});
  }
  ob_order_fill(&o, seats.at, seats.len);
  expect_equal(&m, &o, 0);
  for (uint64_t step = 1; step <= STEPS; step++) {
    /* Waves, so that blocks fill and split, and empty and join. */
    bool more = step / 4000 % 2 == 0;
    unsigned n = ob_rng_below(&r, NUMBERS);
    ob_seat seat = {n, &m.numbers[n]};
    uint32_t dice = ob_rng_below(&r, 100);
    if (dice < 40 && more != m.there[n]) {
      m.there[n] = more;
      if (more)
        ob_order_insert(&o, seat, m.wanted[n]);
      else
        ob_order_remove(&o, seat);
    } else if (dice < 60) {
      m.there[n] ? ob_order_remove(&o, seat) : ob_order_insert(&o, seat, m.wanted[n]);
      m.there[n] = !m.there[n];
    } else if (dice < 90 && m.there[n] && !ob_order_waits(&o)) {
      m.wanted[n] = !m.wanted[n];
      ob_order_show(&o, seat, m.wanted[n]);
    } else if (dice == 99) {
      wish(&r, &m, &o);
    }
    if (step % 50) continue;
    while (ob_order_judge(&o, passes, &m)) {
    }
    expect_equal(&m, &o, step);
    size_t near = ob_rng_below(&r, NUMBERS), at = ob_order_search(&o, near, is, &m.numbers[n]);
    cr_assert_eq(at != SIZE_MAX, m.there[n] && m.wanted[n]);
    if (at != SIZE_MAX) cr_assert_eq(ob_order_at(&o, at), &m.numbers[n]);
  }
  ob_vec_done(&seats);
  ob_order_done(&o);
}

/* Blocks that split at the end, where judged ones end, wait for nobody. */
Test(order, grows_at_the_end_without_a_judgement) {
  static unsigned numbers[NUMBERS];
  ob_order o = {.cmp = by_number};
  for (unsigned i = 0; i < NUMBERS; i++) {
    numbers[i] = i;
    cr_assert_eq(ob_order_insert(&o, (ob_seat){i, &numbers[i]}, true), 1);
    cr_assert_not(ob_order_waits(&o), "after %u", i);
  }
  cr_assert_eq(o.shown, NUMBERS);
  ob_order_done(&o);
}

/* --- filters that are typed ------------------------------------------------------------------ */
static const char *const typed[] = {"",        "w",      "we",      "web",      "web-1",   "web-11",
                                    "type:",   "type:n", "type:np", "type:lb",  "!we",     "!web-1",
                                    "web !12", "a",      "api 1",   "ready:>0", "/1[0-4]/"};

static void random_service(ob_rng *r, ob_cluster *c) {
  static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer"};
  char name[24];
  uint32_t n = ob_rng_below(r, 1500);
  snprintf(name, sizeof name, "%s-%u", n % 3 ? "web" : "api", n);
  OB_AUTOFREE char *rest =
      ob_asprintf("'spec':{'type':'%s','selector':{'a':'b'},'ports':[{'name':'http','port':80}]}",
                  types[ob_rng_below(r, 3)]);
  if (ob_rng_below(r, 4)) {
    world_put(c, OB_KIND_SERVICE, "n", name, rest);
  } else {
    OB_AUTOFREE char *uid = ob_asprintf("u-%d-n-%s", OB_KIND_SERVICE, name);
    ob_cluster_delete(c, OB_KIND_SERVICE, ob_uid_of(uid));
  }
  if (ob_rng_below(r, 2)) world_slice(c, "n", name, (int)ob_rng_below(r, 3), 2);
}

Test(order, a_filter_that_is_typed_equals_one_that_is_set) {
  ob_rng r = {42};
  ob_cluster *c = world_new();
  for (int i = 0; i < 3000; i++) random_service(&r, c);
  ob_list *live = ob_list_new(c, OB_VIEW_SERVICES), *fresh = ob_list_new(c, OB_VIEW_SERVICES);
  int unfinished = 0;
  for (int round = 0; round < 200; round++) {
    const char *filter = "";
    for (uint32_t keys = 1 + ob_rng_below(&r, 4); keys > 0; keys--) {
      filter = typed[ob_rng_below(&r, OB_LEN(typed))];
      cr_assert_eq(ob_list_filter(live, filter, WORLD_NOW_MS, NULL), 0);
      for (uint32_t n = ob_rng_below(&r, 4); n > 0; n--) ob_list_work(live, 1);
      unfinished += ob_list_working(live);
      ob_cluster_settle(c);
      for (uint32_t n = ob_rng_below(&r, 5); n > 0; n--) random_service(&r, c);
      ob_cluster_tick(c, WORLD_NOW_MS);
      ob_list_refresh(live, WORLD_NOW_MS);
    }
    while (ob_list_work(live, 1)) {
    }
    ob_list_set(fresh,
                &(ob_list_opts){.sort = ob_views[OB_VIEW_SERVICES].default_sort, .filter = filter},
                WORLD_NOW_MS, NULL);
    cr_assert_eq(ob_list_len(live), ob_list_len(fresh), "round %d, \"%s\": %zu, %zu from scratch",
                 round, filter, ob_list_len(live), ob_list_len(fresh));
    cr_assert_eq(ob_list_shown(live), ob_list_shown(fresh));
    cr_assert_eq(ob_list_total(live), ob_list_total(fresh));
    for (size_t i = 0; i < ob_list_len(live); i++)
      cr_assert_eq(ob_list_key(live, i), ob_list_key(fresh, i), "round %d, \"%s\"", round, filter);
  }
  cr_expect_gt(unfinished, 100, "no search was interrupted");
  ob_list_free(live);
  ob_list_free(fresh);
  ob_cluster_free(c);
}

/* What is said to narrow lets nothing in. */
Test(order, a_filter_that_narrows_is_a_part) {
  static const char *const words[] = {"",         "w",      "we",      "!w",       "!we",
                                      "type:",    "type:l", "lb",      "we w",     "type:lb",
                                      "ready:>0", "/w/",    "/we/",    "name:w",   "W !x",
                                      "name:*w*", "port:8", "port:80", "port:80 w"};
  ob_cluster *c = world_shop();
  OB_AUTO(ob_buf) scratch = OB_BUF_INIT(OB_LINE_MAX);
  ob_list *l = ob_list_new(c, OB_VIEW_SERVICES);
  ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, NULL);
  int narrowing = 0;
  for (size_t i = 0; i < OB_LEN(words); i++)
    for (size_t k = 0; k < OB_LEN(words); k++) {
      OB_AUTOPTR(ob_filter) a = ob_filter_parse(&ob_views[OB_VIEW_SERVICES], words[i], NULL);
      OB_AUTOPTR(ob_filter) b = ob_filter_parse(&ob_views[OB_VIEW_SERVICES], words[k], NULL);
      if (!ob_filter_narrows(a, b)) continue;
      narrowing++;
      for (size_t row = 0; row < ob_list_len(l); row++) {
        bool in_a = ob_filter_matches(a, c, ob_list_at(l, row), WORLD_NOW_MS, &scratch);
        bool in_b = ob_filter_matches(b, c, ob_list_at(l, row), WORLD_NOW_MS, &scratch);
        cr_expect(in_a || !in_b, "\"%s\" does not narrow \"%s\"", words[k], words[i]);
      }
    }
  cr_expect_gt(narrowing, (int)OB_LEN(words) + 10, "each itself, and some more");
  cr_expect(ob_filter_narrows(NULL, NULL));
  ob_list_free(l);
  ob_cluster_free(c);
}
