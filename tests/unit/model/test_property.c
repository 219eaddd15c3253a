/* After any sequence of events the joins equal those rebuilt from scratch, and a list that
 * followed every change equals a list made at the end. OB_SEED repeats a run. */
#include "world.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEQUENCES = 10000, EVENTS = 30, NAMES = 5 };

static uint64_t base_seed(void) {
  const char *s = getenv("OB_SEED");
  int64_t n;
  return s && ob_parse_int(s, 0, INT64_MAX, &n) ? (uint64_t)n : 20261124;
}

static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"};

static ob_object *random_slice(ob_rng *r, const char *ns, const char *name, const char *uid) {
  char text[1024], service[16] = "";
  if (ob_rng_below(r, 8)) snprintf(service, sizeof service, "x%u", ob_rng_below(r, NAMES));
  uint32_t b = ob_rng_below(r, NAMES);
  snprintf(
      text, sizeof text,
      "{'metadata':{'name':'%s','namespace':'%s','uid':'%s','resourceVersion':'1','labels':{"
      "'kubernetes.io/service-name':'%s'}},'addressType':'IPv4','ports':[{'name':'%s','port':80}],"
      "'endpoints':[{'addresses':['10.0.0.%u'],'nodeName':'x%u','conditions':{'ready':%s},"
      "'targetRef':{'uid':'p%u'}},{'addresses':['10.0.1.1'],'conditions':{'terminating':true,'"
      "ready':%s,'serving':%s}}]}",
      name, ns, uid, service, ob_rng_below(r, 4) ? "http" : "b", b, b,
      ob_rng_below(r, 2) ? "true" : "false", b, ob_rng_below(r, 2) ? "true" : "false",
      ob_rng_below(r, 2) ? "true" : "false");
  return world_object(OB_KIND_SLICE, text);
}

/* A random state of one of few objects, so that names meet often. A uid is sometimes another: the
 * object was deleted and made anew, and the DELETE may come late or never. */
static ob_object *random_object(ob_rng *r) {
  char name[16], rest[1024], uid[64];
  const char *ns = ob_rng_below(r, 4) ? "a" : "b";
  uint32_t n = ob_rng_below(r, NAMES);
  snprintf(name, sizeof name, "x%u", n);
  static const ob_kind kinds[] = {OB_KIND_SERVICE,       OB_KIND_SERVICE, OB_KIND_SLICE,
                                  OB_KIND_SLICE,         OB_KIND_INGRESS, OB_KIND_INGRESS,
                                  OB_KIND_INGRESS_CLASS, OB_KIND_NODE,    OB_KIND_HTTP_ROUTE,
                                  OB_KIND_GRPC_ROUTE,    OB_KIND_GATEWAY, OB_KIND_GRANT};
  ob_kind kind = kinds[ob_rng_below(r, (uint32_t)(sizeof kinds / sizeof kinds[0]))];
  if (!ob_kinds[kind].namespaced) ns = "";
  snprintf(uid, sizeof uid, "u-%d-%s-%s-%u", kind, ns, name,
           ob_rng_below(r, 8) == 0 ? ob_rng_below(r, 3) : 0);
  uint32_t a = ob_rng_below(r, NAMES), b = ob_rng_below(r, NAMES), k = ob_rng_below(r, 4);
  switch (kind) {
  case OB_KIND_SERVICE:
    snprintf(rest, sizeof rest,
             "'spec':{'type':'%s','clusterIP':'%s','externalTrafficPolicy':'%s','loadBalancerClass'"
             ":'%s','externalIPs':%s,"
             "'publishNotReadyAddresses':%s,'selector':{'app':'x'},'ports':[{'name':'http','port':%"
             "u,'nodePort':%u},"
             "{'name':'b','port':9,'nodePort':%u}]},'status':{'loadBalancer':{'ingress':[%s]}}",
             types[k], ob_rng_below(r, 4) ? "10.0.0.1" : "None",
             ob_rng_below(r, 3) ? "Cluster" : "Local", ob_rng_below(r, 2) ? "" : "c1",
             ob_rng_below(r, 6) ? "null" : "['192.0.2.9','192.0.2.9']",
             ob_rng_below(r, 6) ? "false" : "true", 80 + a, k == 0 ? 0 : 30000 + a,
             k == 1 ? 30100 + b : 0, ob_rng_below(r, 2) ? "{'ip':'192.0.2.1'}" : "");
    break;
  case OB_KIND_SLICE: return random_slice(r, ns, name, uid);
  case OB_KIND_INGRESS:
    snprintf(
        rest, sizeof rest,
        "'spec':{%s%s'rules':[{'host':'h%u.example','http':{'paths':["
        "{'path':'/"
        "','pathType':'Prefix','backend':{'service':{'name':'x%u','port':{'number':%u}}}},"
        "{'path':'/"
        "p','pathType':'Exact','backend':{'service':{'name':'x%u','port':{'name':'http'}}}}]}}]}",
        a % 2 ? "" : "'ingressClassName':'x1',",
        k ? "" : "'defaultBackend':{'service':{'name':'x0','port':{'number':80}}},", b, a, 80 + b,
        b);
    break;
  case OB_KIND_HTTP_ROUTE:
  case OB_KIND_GRPC_ROUTE:
    snprintf(rest, sizeof rest,
             "'spec':{'parentRefs':[{'name':'x%u'},{'name':'x%u','namespace':'b','sectionName':'s'}"
             "],'hostnames':[%s],'rules':[{'backendRefs':[{'name':'x%u','port':80},{'name':'x%u',"
             "'namespace':'b','port':9},{'name':'x%u','kind':'Bucket'}]},{'backendRefs':[{'name':"
             "'x%u','port':80}]}]}",
             a, b,
             k == 0   ? ""
             : k == 1 ? "'h0.example','*.example','h0.example'"
                      : "'H1.example'",
             a, b, a, a);
    break;
  case OB_KIND_GATEWAY:
    snprintf(
        rest, sizeof rest,
        "'spec':{'gatewayClassName':'g','listeners':[{'name':'s','port':80,'protocol':'HTTP'}]}"
        ",'status':{'addresses':[{'value':'192.0.2.%u'}]}",
        a);
    break;
  case OB_KIND_GRANT: snprintf(rest, sizeof rest, "'spec':{'from':[],'to':[]}"); break;
  case OB_KIND_NODE:
    snprintf(rest, sizeof rest,
             "'status':{'addresses':[{'type':'InternalIP','address':'10.9.0.%u'}],'conditions':[{'"
             "type':'Ready',"
             "'status':'%s'}]}",
             a, k ? "True" : "False");
    break;
  default:
    snprintf(rest, sizeof rest,
             "{'metadata':{'name':'%s','uid':'%s','annotations':{'ingressclass.kubernetes.io/"
             "is-default-class':'%s'}},"
             "'spec':{'controller':'c%u'}}",
             name, uid, k ? "false" : "true", a);
    return world_object(kind, rest);
  }
  return world_make_at(kind, ns, name, uid, WORLD_NOW_MS - (int64_t)ob_rng_below(r, 600) * 1000,
                       rest);
}

static void random_event(ob_rng *r, ob_cluster *c, bool phases_too) {
  ob_object *o = random_object(r);
  if (ob_rng_below(r, 4) == 0) {
    ob_cluster_delete(c, o->kind, o->uid);
    ob_object_free(o);
  } else {
    ob_cluster_put(c, o);
  }
  if (ob_rng_below(r, 100) == 0) ob_cluster_clear(c, OB_KIND_SLICE);
  static const ob_kind fickle[] = {OB_KIND_SLICE,   OB_KIND_SLICE, OB_KIND_SERVICE,
                                   OB_KIND_INGRESS, OB_KIND_NODE,  OB_KIND_INGRESS_CLASS};
  static const ob_phase phases[] = {OB_LIVE, OB_LIVE, OB_LIVE, OB_STALE, OB_FORBIDDEN, OB_LOADING};
  if (phases_too && ob_rng_below(r, 60) == 0)
    world_phase(c, fickle[ob_rng_below(r, 6)], phases[ob_rng_below(r, 6)]);
}

static void expect_equal_lists(uint64_t seed, const ob_list *live, const ob_list *fresh,
                               const ob_cluster *c, ob_view_id v, int64_t now) {
  cr_assert_eq(ob_list_len(live), ob_list_len(fresh), "seed %llu, %s: %zu rows live, %zu fresh",
               (unsigned long long)seed, ob_views[v].name, ob_list_len(live), ob_list_len(fresh));
  cr_assert_eq(ob_list_total(live), ob_list_total(fresh));
  OB_AUTO(ob_buf) a = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < ob_list_len(live); i++) {
    const ob_row *x = ob_list_at(live, i), *y = ob_list_at(fresh, i);
    cr_assert_eq(ob_row_key(x), ob_row_key(y), "seed %llu, %s: row %zu differs",
                 (unsigned long long)seed, ob_views[v].name, i);
    cr_assert_eq(x->service, y->service, "seed %llu: row %zu leads elsewhere",
                 (unsigned long long)seed, i);
    for (size_t k = 0; k < ob_views[v].ncolumns; k++)
      cr_assert_str_eq(world_cell_at(c, v, x, ob_views[v].columns[k].key, now, &a),
                       world_cell_at(c, v, y, ob_views[v].columns[k].key, now, &b), "seed %llu",
                       (unsigned long long)seed);
  }
}

static size_t problems_counted(const ob_cluster *c, int64_t now_ms) {
  size_t n = 0;
  static const ob_kind owners[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (int k = 0; k < 2; k++) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(c, owners[k], &at));) {
      ob_finding f[32];
      size_t found = ob_audit_object(c, o, now_ms, f, 32);
      bool verified = false;
      for (size_t i = 0; i < found; i++) verified |= !f[i].unverified;
      n += verified;
    }
  }
  return n;
}

static void sequence(uint64_t seed) {
  ob_rng r = {seed};
  ob_cluster *c = world_new();
  ob_view_id view = (ob_view_id)ob_rng_below(&r, OB_VIEW_COUNT);
  ob_list_opts opts = {.sort = (int)ob_rng_below(&r, (uint32_t)ob_views[view].ncolumns + 1) - 1,
                       .reverse = ob_rng_below(&r, 2),
                       .ns = ob_rng_below(&r, 3) ? NULL : "a",
                       .filter = ob_rng_below(&r, 3) ? NULL : "x1",
                       .then = (int)ob_rng_below(&r, (uint32_t)ob_views[view].ncolumns + 1),
                       .group = (ob_group)ob_rng_below(&r, OB_GROUP_COUNT)};
  ob_list *live = ob_list_new(c, view), *fresh = ob_list_new(c, view),
          *rests = ob_list_new(c, view);
  int64_t now = WORLD_NOW_MS - 5 * 60000;
  ob_list_set(live, &opts, now, NULL);
  ob_list_rest(rests);
  ob_list_set(rests, &opts, now, NULL);
  for (int i = 0; i < EVENTS; i++) {
    ob_cluster_settle(c);
    for (uint32_t n = ob_rng_below(&r, 4); n > 0; n--) random_event(&r, c, true);
    now += ob_rng_below(&r, 20000);
    ob_cluster_tick(c, now);
    if (ob_rng_below(&r, 8)) ob_list_refresh(live, now); /* sometimes it sleeps */
    if (ob_rng_below(&r, 8)) ob_list_refresh(rests, now);
    if (i % 10 == 9) {
      char *wrong = ob_cluster_check(c);
      cr_assert_null(wrong, "seed %llu, event %d: %s", (unsigned long long)seed, i, wrong);
    }
  }
  ob_list_refresh(live, now);
  ob_list_set(fresh, &opts, now, NULL);
  expect_equal_lists(seed, live, fresh, c, view, now);
  ob_list_refresh(rests, now);
  cr_assert_eq(ob_list_len(rests), 0);
  cr_assert_eq(ob_list_total(rests), ob_list_total(fresh),
               "seed %llu, %s: %zu rows counted, %zu are", (unsigned long long)seed,
               ob_views[view].name, ob_list_total(rests), ob_list_total(fresh));
  ob_list_wake(rests, now);
  expect_equal_lists(seed, rests, fresh, c, view, now);
  cr_assert_eq(ob_cluster_problems(c), problems_counted(c, now), "seed %llu",
               (unsigned long long)seed);
  ob_list_free(live);
  ob_list_free(fresh);
  ob_list_free(rests);
  ob_cluster_free(c);
}

/* --- what a watch relies on: a row whose cells changed says so
 * -------------------------------------- */
static uint64_t cells_of(const ob_cluster *c, ob_view_id v, const ob_row *row, ob_buf *text) {
  uint64_t h = 0;
  for (size_t k = 0; k < ob_views[v].ncolumns; k++) {
    if (ob_views[v].columns[k].flags & OB_COL_AGE) continue;
    ob_buf_reset(text);
    ob_cell cell = {.text = text};
    ob_views[v].columns[k].cell(c, row, WORLD_NOW_MS, &cell);
    h = ob_hash_more(h, ob_buf_str(text), text->len + 1);
  }
  return h;
}

typedef struct seen_row {
  uint64_t key, cells;
} seen_row;
typedef OB_VEC(seen_row) seen_rows;

static void look(const ob_cluster *c, const ob_list *l, ob_view_id v, seen_rows *ret) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ret->len = 0;
  for (size_t i = 0; i < ob_list_len(l); i++)
    ob_vec_push(ret,
                (seen_row){ob_row_key(ob_list_at(l, i)), cells_of(c, v, ob_list_at(l, i), &text)});
}

static void watched_sequence(uint64_t seed) {
  ob_rng r = {seed};
  ob_cluster *c = world_new();
  ob_view_id view = (ob_view_id)ob_rng_below(&r, OB_VIEW_COUNT);
  ob_list *l = ob_list_new(c, view);
  ob_list_set(l, &(ob_list_opts){.sort = -1}, WORLD_NOW_MS, NULL);
  seen_rows before = {0}, after = {0};
  for (int i = 1; i <= EVENTS; i++) {
    ob_cluster_settle(c);
    for (uint32_t n = ob_rng_below(&r, 3); n > 0; n--) random_event(&r, c, false);
    ob_cluster_tick(c, WORLD_NOW_MS);
    /* Its own millisecond, so that only what this refresh changed counts. */
    bool said = ob_list_refresh(l, WORLD_NOW_MS + i);
    look(c, l, view, &after);
    for (size_t a = 0; a < after.len; a++) {
      bool same = false;
      for (size_t b = 0; b < before.len && !same; b++)
        same = before.at[b].key == after.at[a].key && before.at[b].cells == after.at[a].cells;
      if (!same)
        cr_assert(said && ob_list_changed(l, a, WORLD_NOW_MS + i, 1),
                  "seed %llu, event %d, %s: row %zu of %s", (unsigned long long)seed, i,
                  ob_views[view].name, a, ob_list_at(l, a)->owner->name);
    }
    seen_rows swap = before;
    before = after;
    after = swap;
  }
  ob_vec_done(&before);
  ob_vec_done(&after);
  ob_list_free(l);
  ob_cluster_free(c);
}

Test(property, rows_that_changed_say_so) {
  uint64_t seed = base_seed();
  for (uint64_t i = 0; i < SEQUENCES / 10; i++) watched_sequence(seed * 1000033 + i);
}

Test(property, joins_and_lists_equal_those_from_scratch) {
  uint64_t seed = base_seed();
  fprintf(stderr, "%d sequences, OB_SEED=%llu\n", SEQUENCES, (unsigned long long)seed);
  for (uint64_t i = 0; i < SEQUENCES; i++) sequence(seed * 1000003 + i);
}

/* Deleted first, made later; a slice and an Ingress before the service that they speak of. */
Test(property, order_of_arrival_does_not_matter) {
  static const char *const orders[] = {"sie", "sei", "ise", "ies", "esi", "eis"};
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    ob_cluster *c = world_new();
    cr_assert_not(ob_cluster_delete(c, OB_KIND_SERVICE, ob_uid_of("never-seen")));
    for (const char *at = orders[i]; *at; at++) {
      if (*at == 's')
        world_put(c, OB_KIND_SERVICE, "n", "web",
                  "'spec':{'clusterIP':'10.0.0.1','selector':{'a':'b'},'ports':[{'port':80}]}");
      if (*at == 'e') world_slice(c, "n", "web", 2, 3);
      if (*at == 'i')
        world_put(c, OB_KIND_INGRESS, "n", "i",
                  "'spec':{'defaultBackend':{'service':{'name':'web','port':{'number':80}}}}");
    }
    const ob_service *s = OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "n", "web"));
    cr_assert_eq(ob_service_ready(c, s, -1).ready, 2);
    ob_route_ref route;
    cr_assert_eq(ob_service_routes(c, s, &route, 1), 1);
    cr_assert_eq(ob_backend_resolve(c, route.ingress, &route.ingress->default_backend).status,
                 OB_TARGET_OK);
    ob_cluster_free(c);
  }
}

/* An event that changes no kept field touches nothing. */
Test(property, an_update_of_what_is_not_kept_is_no_change) {
  ob_cluster *c = world_shop();
  ob_cluster_settle(c);
  ob_object *o = world_object(
      OB_KIND_SERVICE,
      "{'metadata':{'name':'api','namespace':'shop','uid':'u-0-shop-api','resourceVersion':'99',"
      "'creationTimestamp':'2023-11-14T21:13:20Z','managedFields':[{'manager':'x'}],'annotations':{"
      "'other':'y'}},"
      "'spec':{'type':'ClusterIP','clusterIP':'10.96.0.2','selector':{'app':'api'},'ports':[{'port'"
      ":8080}]}}");
  cr_assert_not(ob_cluster_put(c, o));
  cr_assert_eq(ob_cluster_dirty(c)->nowners, 0);
  ob_cluster_free(c);
}

/* A slice touches its service and the Ingresses that lead there, nothing else. */
Test(property, an_event_costs_its_links) {
  ob_cluster *c = world_shop();
  ob_cluster_settle(c);
  world_slice(c, "shop", "web", 2, 3);
  const ob_dirty *d = ob_cluster_dirty(c);
  cr_assert_eq(d->nowners, 2);
  cr_assert_not(d->all);
  ob_cluster_free(c);
}
