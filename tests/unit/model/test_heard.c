/* Why a load balancer waits: its conditions, what its Events say, its class, in this order. */
#include "world.h"

#include "base/str.h"
#include <criterion/criterion.h>

enum { EVERY = 1000 };

static const ob_service *waiting(const ob_cluster *c, const char *name) {
  return OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, "shop", name));
}

static void put(ob_cluster *c, const char *status) {
  OB_AUTOFREE char *rest =
      ob_asprintf("'spec':{'type':'LoadBalancer','ports':[{'port':80}]},'status':{%s}", status);
  world_put(c, OB_KIND_SERVICE, "shop", "late", rest);
  ob_cluster_settle(c);
}

static void expect(const ob_cluster *c, const char *why) {
  const ob_service *s = waiting(c, "late");
  const ob_row row = {.owner = &s->o, .service = s, .way = OB_ROW_LB, .port = -1};
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_LINE_MAX);
  const char *says = world_cell(c, OB_VIEW_LOAD_BALANCERS, &row, "pending", &b);
  cr_expect_str_eq(ob_or(strstr(says, ", "), says), why);
}

static void say(ob_cluster *c, const char *reason, const char *message) {
  OB_AUTOFREE char *rest =
      ob_asprintf("'type':'Warning','reason':'%s','message':'%s'", reason, message);
  ob_object *e = world_make(OB_KIND_EVENT, "shop", "late.1", NULL, rest);
  ob_heard_put(c, waiting(c, "late")->o.uid, OB_AS(ob_event, e));
  ob_object_free(e);
}

Test(heard, an_event_says_more_than_the_class_and_a_condition_more_than_an_event) {
  ob_cluster *c = world_new();
  put(c, "");
  expect(c, ", no controller seen");
  cr_assert(ob_heard_due(c, waiting(c, "late"), 5, EVERY));
  say(c, "AllocationFailed", "no available IPs");
  cr_expect_eq(ob_cluster_dirty(c)->nowners, 1u, "its row is another one now");
  expect(c, ", AllocationFailed: no available IPs");
  put(c, "'conditions':[{'type':'a','status':'True','reason':'fine'},{'type':'b','status':'False',"
         "'reason':'no_pool','message':'no pool of IPv4'}]");
  expect(c, ", no_pool: no pool of IPv4");
  put(c, "'conditions':[{'type':'b','status':'True','reason':'fine'}]");
  expect(c, ", AllocationFailed: no available IPs");
  ob_heard_put(c, waiting(c, "late")->o.uid, NULL);
  expect(c, ", no controller seen");
  ob_cluster_free(c);
}

Test(heard, is_asked_for_rarely_and_only_of_what_waits_without_a_reason) {
  ob_cluster *c = world_new();
  put(c, "");
  cr_expect(ob_heard_due(c, waiting(c, "late"), 5, EVERY));
  cr_expect_not(ob_heard_due(c, waiting(c, "late"), 4 + EVERY, EVERY));
  put(c, "'conditions':[{'type':'b','status':'True'}]");
  cr_expect_not(ob_heard_due(c, waiting(c, "late"), 4 + EVERY, EVERY), "whatever it becomes");
  cr_expect(ob_heard_due(c, waiting(c, "late"), 5 + EVERY, EVERY));
  put(c, "'conditions':[{'type':'b','status':'False','reason':'r'}]");
  cr_expect_not(ob_heard_due(c, waiting(c, "late"), 9 * EVERY, EVERY));
  put(c, "'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}");
  cr_expect_not(ob_heard_due(c, waiting(c, "late"), 9 * EVERY, EVERY));
  ob_cluster_free(c);
}

Test(heard, goes_with_what_it_was_about) {
  ob_cluster *c = world_new();
  put(c, "");
  ob_uid uid = waiting(c, "late")->o.uid;
  cr_assert(ob_heard_due(c, waiting(c, "late"), 5, EVERY));
  say(c, "AllocationFailed", "no available IPs");
  put(c, "'loadBalancer':{'ingress':[{'ip':'192.0.2.1'}]}");
  cr_expect_null(ob_service_heard(c, waiting(c, "late")));
  say(c, "AllocationFailed", "comes too late");
  cr_expect_null(ob_service_heard(c, waiting(c, "late")));
  put(c, "");
  expect(c, ", no controller seen");
  cr_assert(ob_heard_due(c, waiting(c, "late"), 6, EVERY));
  ob_cluster_delete(c, OB_KIND_SERVICE, uid);
  ob_heard_put(c, uid, NULL);
  ob_cluster_free(c);
}

Test(heard, of_a_long_message_the_front_is_kept) {
  ob_cluster *c = world_new();
  put(c, "");
  cr_assert(ob_heard_due(c, waiting(c, "late"), 5, EVERY));
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX * 4);
  ob_buf_fill(&text, 'x', OB_HEARD_MAX + 1);
  say(c, "Long", ob_buf_str(&text));
  cr_expect_eq(strlen(ob_service_heard(c, waiting(c, "late"))->message), (size_t)OB_HEARD_MAX);
  ob_cluster_free(c);
}
