/* What changed while we watched: differences, their order, and how much is kept. */
#include "world.h"

#include "base/str.h"
#include "model/news.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const ob_object *web(const ob_cluster *c) {
  return ob_cluster_find(c, OB_KIND_SERVICE, "n", "web");
}

static void put_web(ob_cluster *c, int port) {
  OB_AUTOFREE char *rest =
      ob_asprintf("'spec':{'type':'ClusterIP','ports':[{'name':'http','port':%d}]}", port);
  world_put(c, OB_KIND_SERVICE, "n", "web", rest);
}

Test(news, say_what_was_and_what_is) {
  ob_cluster *c = world_new();
  world_phase(c, OB_KIND_SERVICE, OB_LOADING);
  put_web(c, 80);
  ob_news news[4];
  cr_expect_eq(ob_object_news(c, web(c), news, 4), 0, "the first list is no news");
  world_phase(c, OB_KIND_SERVICE, OB_LIVE);
  ob_cluster_clock(c, 1000);
  put_web(c, 81);
  put_web(c, 81);
  ob_cluster_clock(c, 2000);
  world_slice(c, "n", "web", 1, 1);
  ob_cluster_clock(c, 3000);
  world_slice(c, "n", "web", 0, 1);
  cr_assert_eq(ob_object_news(c, web(c), news, 4), 3);
  cr_expect_eq(news[0].at_ms, 3000);
  cr_expect_eq(news[0].kind, OB_KIND_SLICE);
  cr_expect_str_eq(news[0].text, "- endpoint 10.0.0.1 p0 on n1: ready\n"
                                 "+ endpoint 10.0.0.1 p0 on n1: not ready\n");
  cr_expect_eq(news[2].at_ms, 1000);
  cr_expect_str_eq(news[2].name, "web");
  cr_expect_str_eq(news[2].text,
                   "- port http: 80/TCP to the same\n+ port http: 81/TCP to the same\n");
  ob_cluster_free(c);
}

Test(news, a_deleted_object_keeps_its_past) {
  ob_cluster *c = world_new();
  put_web(c, 80);
  ob_cluster_delete(c, OB_KIND_SERVICE, web(c)->uid);
  put_web(c, 90);
  ob_news news[4];
  cr_assert_eq(ob_object_news(c, web(c), news, 4), 3);
  cr_expect(strstr(news[1].text, "- port http: 80/TCP"));
  cr_expect(strstr(news[0].text, "+ port http: 90/TCP"));
  ob_cluster_free(c);
}

/* A noisy object loses its own past, and all objects together stay within the limit. */
Test(news, are_bounded) {
  ob_cluster *c = world_new();
  for (int i = 0; i < 100; i++) put_web(c, 1000 + i);
  ob_news news[2 * OB_NEWS_EACH];
  cr_assert_eq(ob_object_news(c, web(c), news, OB_LEN(news)), OB_NEWS_EACH);
  cr_expect(strstr(news[0].text, "+ port http: 1099"));
  OB_AUTO(ob_buf) big = OB_BUF_INIT(1 << 20);
  ob_buf_adds(&big, "'spec':{'externalIPs':[");
  for (int i = 0; i < 200; i++) ob_buf_addf(&big, "%s'192.0.2.%d-some-long-name'", i ? "," : "", i);
  ob_buf_adds(&big, "]}");
  enum { MANY = 1200 };
  for (int i = 0; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", i);
    world_put(c, OB_KIND_SERVICE, "n", name, ob_buf_str(&big));
  }
  cr_expect_eq(ob_object_news(c, web(c), news, 4), 0, "it has not changed for longest");
  const ob_object *last = ob_cluster_find(c, OB_KIND_SERVICE, "n", "s1199");
  cr_assert_eq(ob_object_news(c, last, news, 4), 1);
  cr_expect_leq(strlen(news[0].text), OB_NEWS_TEXT);
  cr_expect(ob_ends(news[0].text, "…\n"), "what is cut says so");
  ob_cluster_free(c);
}

Test(news, tell_of_conditions) {
  ob_cluster *c = world_new();
  put_web(c, 80);
  world_put(c, OB_KIND_SERVICE, "n", "web",
            "'spec':{'type':'ClusterIP','ports':[{'name':'http','port':80}]},'status':{'conditions':"
            "[{'type':'Ready','status':'False','reason':'NoIPs','message':'the pool is empty'},"
            "{'type':'Other'}]}");
  const ob_service *s = OB_AS(ob_service, web(c));
  cr_assert_eq(s->nconditions, 2);
  cr_expect_str_eq(s->conditions[0].key, "Ready");
  cr_expect_str_eq(s->conditions[0].value, "False, NoIPs: the pool is empty");
  cr_expect_str_eq(s->conditions[1].value, "Unknown");
  ob_news news[4];
  cr_assert_geq(ob_object_news(c, web(c), news, 4), 1);
  cr_expect_str_eq(news[0].text, "+ condition.Other: Unknown\n"
                                 "+ condition.Ready: False, NoIPs: the pool is empty\n");
  ob_cluster_free(c);
}
