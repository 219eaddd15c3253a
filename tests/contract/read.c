/* Reading: who may, lists, pages, selectors, tables, watches. */
#include "client.h"
#include <stdio.h>

#define PORT "'ports':[{'port':80}]"

Test(read, trust) {
  ct *c = ct_open(NULL);
  cr_expect_eq(ct_get(c, "/version"), 200);
  cr_expect_str_eq(ct_at(c, "/major"), "1");
  c->authorization = "";
  cr_expect_eq(ct_get(c, "/readyz"), 200);
  cr_expect_str_eq(c->text, "ok");
  c->authorization = "Bearer wrong";
  cr_expect_eq(ct_get(c, "/api/v1/services"), 401);
  cr_expect(ct_refused(c, "Unauthorized", NULL, NULL));
  c->authorization = "";
  cr_expect_eq(ct_get(c, "/api/v1/services"), 403);
  cr_expect(ct_refused(c, "Forbidden", NULL, NULL));
  if (c->sim) {
    c->host = "evil.example.com";
    cr_expect_eq(ct_get(c, "/version"), 403);
  }
  cr_expect_eq(ct_get(c, "/nothing"), 404);
  cr_expect_eq(ct_get(c, "/apis/example.com/v1/things"), 404);
  ct_close(c);
}

Test(read, discovery) {
  ct *c = ct_open(NULL);
  c->accept =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
  cr_expect_eq(ct_get(c, "/apis"), 200);
  cr_expect_str_eq(ct_at(c, "/kind"), "APIGroupDiscoveryList");
  bool found = false;
  for (const ob_json *g = ob_json_first(ob_json_get(c->reply, "items")); g; g = ob_json_next(g))
    found = found || ob_streq(ct_text(g, "/metadata/name"), "networking.k8s.io");
  cr_expect(found);
  ct_get(c, "/apis");
  cr_expect_str_eq(ct_at(c, "/kind"), "APIGroupList");
  ct_get(c, "/api");
  cr_expect_str_eq(ct_at(c, "/versions/0"), "v1");
  ct_get(c, "/api/v1");
  cr_expect_str_eq(ct_at(c, "/kind"), "APIResourceList");
  ct_get(c, "/apis/networking.k8s.io/v1");
  cr_expect_str_eq(ct_at(c, "/groupVersion"), "networking.k8s.io/v1");
  ct_close(c);
}

Test(read, lists) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  cr_expect_eq(ct_get(c, CT_SVC), 200);
  cr_expect_str_eq(ct_at(c, "/kind"), "ServiceList");
  cr_expect_str_eq(ct_at(c, "/items/0/metadata/name"), "a");
  cr_expect_str_eq(ct_at(c, "/items/0/kind"), "", "items of built-in lists have no kind");
  cr_expect(*ct_at(c, "/metadata/resourceVersion"));
  cr_expect_eq(ct_get(c, CT_SVC "/a"), 200);
  cr_expect_str_eq(ct_at(c, "/kind"), "Service");
  cr_expect_eq(ct_get(c, CT_SVC "/b"), 404);
  cr_expect(ct_refused(c, "NotFound", NULL, NULL));
  cr_expect_str_eq(ct_at(c, "/details/kind"), "services");
  cr_expect_str_eq(ct_at(c, "/details/name"), "b");
  cr_expect_eq(ct_get(c, "/api/v1/namespaces/absent-here/services"), 200);
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 0);
  ct_close(c);
}

Test(read, pages) {
  ct *c = ct_open(NULL);
  char name[16], path[512];
  for (int i = 0; i < 7; i++) {
    snprintf(name, sizeof name, "p%d", i);
    ct_service(c, name, PORT);
  }
  ct_get(c, CT_SVC "?limit=3");
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 3);
  cr_expect_str_eq(ct_at(c, "/metadata/remainingItemCount"), "4");
  OB_AUTOFREE char *token = ob_strdup(ct_at(c, "/metadata/continue"));
  OB_AUTOFREE char *rv = ct_rv(c);
  /* What happens between the pages is not in them. */
  ct_service(c, "p9", PORT);
  ct_call(c, "DELETE", NULL, CT_SVC "/p5", NULL);
  snprintf(path, sizeof path, CT_SVC "?limit=3&continue=%s", token);
  ct_get(c, path);
  cr_expect_str_eq(ct_at(c, "/items/0/metadata/name"), "p3");
  cr_expect_str_eq(ct_at(c, "/items/2/metadata/name"), "p5");
  cr_expect_str_eq(ct_at(c, "/metadata/resourceVersion"), rv);
  snprintf(path, sizeof path, CT_SVC "?limit=3&continue=%s", ct_at(c, "/metadata/continue"));
  ct_get(c, path);
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 1);
  cr_expect_str_eq(ct_at(c, "/metadata/continue"), "");
  snprintf(path, sizeof path, CT_SVC "?limit=3&continue=%s&resourceVersion=%s", token, rv);
  cr_expect_eq(ct_get(c, path), 400);
  snprintf(path, sizeof path, CT_SVC "?limit=3&continue=%s&resourceVersionMatch=Exact", token);
  cr_expect_eq(ct_get(c, path), 422);
  ct_get(c, CT_SVC "?limit=3&labelSelector=!absent");
  cr_expect(*ct_at(c, "/metadata/continue"));
  cr_expect_str_eq(ct_at(c, "/metadata/remainingItemCount"), "");
  c->accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
  cr_expect_eq(ct_get(c, CT_SVC "?limit=1"), 200);
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 1);
  cr_expect_str_eq(ct_at(c, "/metadata/remainingItemCount"), "6", "with or without the metadata alone");
  ct_get(c, CT_SVC "?limit=3&resourceVersion=0");
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 7, "RV 0 ignores the limit");
  ct_close(c);
}

Test(read, parameters) {
  static const struct {
    const char *query;
    long code;
    const char *reason, *field;
  } rows[] = {
      {"?resourceVersionMatch=Exact", 422, "Invalid", "resourceVersionMatch"},
      {"?sendInitialEvents=true", 422, "Invalid", "sendInitialEvents"},
      {"?limit=many", 400, "BadRequest", NULL},
      {"?resourceVersion=many", 400, "BadRequest", NULL},
      {"?fieldSelector=spec.nothing=1", 400, "BadRequest", NULL},
      {"?labelSelector=a%20in", 400, "BadRequest", NULL},
      {"?unknownParameter=1", 200, NULL, NULL},
      {"?watch=1&sendInitialEvents=true", 422, "Invalid", "resourceVersionMatch"},
      {"?watch=1&resourceVersion=many", 500, "", NULL},
  };
  ct *c = ct_open(NULL);
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "%s", rows[i].query);
    cr_expect_eq(ct_get(c, path), rows[i].code, "%s: %ld", rows[i].query, c->code);
    if (rows[i].reason)
      cr_expect(ct_refused(c, rows[i].reason, rows[i].field, NULL), "%s: %s", rows[i].query,
                c->text);
  }
  ct_close(c);
}

Test(read, selectors) {
  static const struct {
    const char *query;
    const char *names;
  } rows[] = {
      {"labelSelector=tier%3Dweb", "a "},
      {"labelSelector=tier==web", "a "},
      {"labelSelector=tier!=web", "b c "},
      {"labelSelector=tier%20in%20(web,db)", "a b "},
      {"labelSelector=tier%20notin%20(web)", "b c "},
      {"labelSelector=tier", "a b "},
      {"labelSelector=!tier", "c "},
      {"labelSelector=tier,x=1", "b "},
      {"fieldSelector=metadata.name%3Da", "a "},
      {"fieldSelector=spec.type=NodePort", "b "},
      {"fieldSelector=spec.type!=NodePort", "a c "},
      {"fieldSelector=spec.clusterIP=None", "c "},
  };
  ct *c = ct_open(NULL);
  ct_post(c, CT_SVC, "{'metadata':{'name':'a','labels':{'tier':'web'}},'spec':{" PORT "}}");
  ct_post(c, CT_SVC,
          "{'metadata':{'name':'b','labels':{'tier':'db','x':'1'}},"
          "'spec':{'type':'NodePort'," PORT "}}");
  ct_post(c, CT_SVC, "{'metadata':{'name':'c'},'spec':{'clusterIP':'None'}}");
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "?%s", rows[i].query);
    OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
    cr_assert_eq(ct_get(c, path), 200, "%s", c->text);
    for (const ob_json *o = ob_json_first(ob_json_get(c->reply, "items")); o; o = ob_json_next(o))
      ob_buf_addf(&names, "%s ", ct_text(o, "/metadata/name"));
    cr_expect_str_eq(ob_buf_str(&names), rows[i].names, "%s: %s", rows[i].query,
                     ob_buf_str(&names));
  }
  ct_close(c);
}

Test(read, tables) {
  ct *c = ct_open(NULL);
  ct_service(c, "web",
             "'type':'NodePort','selector':{'app':'web'},'ports':[{'port':80,'nodePort':30077}]");
  c->accept = CT_TABLE ",application/json";
  ct_get(c, CT_SVC);
  cr_expect_str_eq(ct_at(c, "/kind"), "Table");
  static const char *const titles[] = {"Name",    "Type", "Cluster-IP", "External-IP",
                                       "Port(s)", "Age",  "Selector"};
  for (size_t i = 0; i < OB_LEN(titles); i++) {
    OB_AUTOFREE char *at = ob_asprintf("/columnDefinitions/%zu/name", i);
    cr_expect_str_eq(ct_at(c, at), titles[i]);
  }
  cr_expect_str_eq(ct_at(c, "/rows/0/cells/0"), "web");
  cr_expect_str_eq(ct_at(c, "/rows/0/cells/1"), "NodePort");
  cr_expect_str_eq(ct_at(c, "/rows/0/cells/3"), "<none>");
  cr_expect_str_eq(ct_at(c, "/rows/0/cells/4"), "80:30077/TCP");
  cr_expect_str_eq(ct_at(c, "/rows/0/cells/6"), "app=web");
  cr_expect_str_eq(ct_at(c, "/rows/0/object/kind"), "PartialObjectMetadata");
  c->accept = CT_TABLE;
  ct_get(c, CT_SVC "?includeObject=Object");
  cr_expect_str_eq(ct_at(c, "/rows/0/object/kind"), "Service");
  c->accept = "application/xml";
  cr_expect_eq(ct_get(c, CT_SVC), 406);
  ct_close(c);
}

/* --- watches ------------------------------------------------------------------------------ */
static void expect_event(ct_stream *s, const char *type, const char *name) {
  ob_json *e = ct_next(s, 5000);
  cr_assert_not_null(e, "no event, wanted %s %s", type, name);
  cr_expect_str_eq(ct_text(e, "/type"), type, "%s %s", ct_text(e, "/type"),
                   ct_text(e, "/object/metadata/name"));
  cr_expect_str_eq(ct_text(e, "/object/metadata/name"), name);
  ob_json_free(e);
}

Test(watch, from_a_version) {
  ct *c = ct_open(NULL);
  ct_service(c, "old", PORT);
  ct_get(c, CT_SVC);
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *path = ob_asprintf(CT_SVC "?watch=1&resourceVersion=%s&timeoutSeconds=2", rv);
  ct_service(c, "new", PORT);
  ct_stream *s = ct_watch(c, path);
  expect_event(s, "ADDED", "new");
  ct_merge(c, CT_SVC "/old", "{'metadata':{'labels':{'a':'b'}}}");
  expect_event(s, "MODIFIED", "old");
  ct_call(c, "DELETE", NULL, CT_SVC "/new", NULL);
  OB_AUTOFREE char *last = ct_rv(c);
  ob_json *e = ct_next(s, 5000);
  cr_assert_not_null(e);
  cr_expect_str_eq(ct_text(e, "/type"), "DELETED");
  cr_expect_str_eq(ct_text(e, "/object/metadata/resourceVersion"), last,
                   "a deletion has a version of its own, the reply's");
  ob_json_free(e);
  cr_expect_null(ct_next(s, 5000));
  cr_expect(ct_ended(s) && ct_result(s) == CURLE_OK, "timeoutSeconds ends it cleanly");
  ct_unwatch(s);
  ct_close(c);
}

Test(watch, from_nothing) {
  ct *c = ct_open(NULL);
  ct_service(c, "b", PORT);
  ct_service(c, "a", PORT);
  ct_stream *s = ct_watch(c, CT_SVC "?watch=true&timeoutSeconds=5");
  expect_event(s, "ADDED", "a");
  expect_event(s, "ADDED", "b");
  cr_expect_null(ct_next(s, 200), "no bookmark was asked for");
  ct_unwatch(s);
  ct_close(c);
}

/* A server without WatchList (1.33, or by its gate) refuses to stream: the caller lists then. */
static bool no_stream(ct *c) {
  if (!getenv("OUTBOARD_CONTRACT_NO_WATCHLIST")) return false;
  cr_expect_eq(ct_get(c, CT_SVC "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
                                "&resourceVersionMatch=NotOlderThan"),
               422);
  cr_expect(ct_refused(c, "Invalid", "sendInitialEvents", "FieldValueForbidden"), "%s", c->text);
  return true;
}

Test(watch, list_then_events) {
  ct *c = ct_open(NULL);
  if (no_stream(c)) {
    ct_close(c);
    return;
  }
  ct_service(c, "a", PORT);
  ct_stream *s =
      ct_watch(c, CT_SVC "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
                         "&resourceVersionMatch=NotOlderThan&resourceVersion=&timeoutSeconds=5");
  expect_event(s, "ADDED", "a");
  ob_json *e = ct_next(s, 5000);
  cr_expect_str_eq(ct_text(e, "/type"), "BOOKMARK");
  cr_expect_str_eq(ct_text(e, "/object/metadata/annotations/k8s.io~1initial-events-end"), "true");
  cr_expect_str_eq(ct_text(e, "/object/kind"), "Service");
  cr_expect(*ct_text(e, "/object/metadata/resourceVersion"));
  ob_json_free(e);
  ct_service(c, "b", PORT);
  expect_event(s, "ADDED", "b");
  ct_unwatch(s);
  ct_close(c);
}

Test(watch, selector_moves_objects_in_and_out) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  ct_get(c, CT_SVC);
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *path =
      ob_asprintf(CT_SVC "?watch=1&resourceVersion=%s&labelSelector=on=1&timeoutSeconds=5", rv);
  ct_stream *s = ct_watch(c, path);
  ct_merge(c, CT_SVC "/a", "{'metadata':{'labels':{'on':'1'}}}");
  expect_event(s, "ADDED", "a");
  ct_merge(c, CT_SVC "/a", "{'metadata':{'labels':{'on':'2'}}}");
  expect_event(s, "DELETED", "a");
  ct_unwatch(s);
  ct_close(c);
}

Test(watch, tables) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  c->accept = CT_TABLE;
  ct_stream *s = ct_watch(c, CT_SVC "?watch=1&timeoutSeconds=5");
  ob_json *e = ct_next(s, 5000);
  cr_expect_str_eq(ct_text(e, "/object/kind"), "Table");
  cr_expect_str_eq(ct_text(e, "/object/rows/0/cells/0"), "a");
  cr_expect_str_eq(ct_text(e, "/object/columnDefinitions/0/name"), "Name");
  ob_json_free(e);
  ct_unwatch(s);
  ct_close(c);
}

Test(watch, bookmarks) {
  ct *c = ct_open(&(ob_sim_opts){.empty = true, .bookmark_ms = 300});
  if (ct_needs_sim(c)) cr_skip_test("a minute is too long");
  ct_service(c, "a", PORT);
  ct_get(c, CT_SVC);
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *path = ob_asprintf(
      CT_SVC "?watch=1&resourceVersion=%s&allowWatchBookmarks=true&timeoutSeconds=9", rv);
  ct_stream *s = ct_watch(c, path);
  ob_json *e = ct_next(s, 3000);
  cr_assert_not_null(e);
  cr_expect_str_eq(ct_text(e, "/type"), "BOOKMARK");
  cr_expect_str_eq(ct_text(e, "/object/metadata/name"), "");
  ob_json_free(e);
  /* Events of other kinds move it on. */
  ct_post(c, "/api/v1/namespaces/~/secrets", "{'metadata':{'name':'x'}}");
  OB_AUTOFREE char *now = ct_rv(c);
  bool moved = false;
  for (int i = 0; i < 5 && !moved && (e = ct_next(s, 1000)) != NULL; i++) {
    moved = ob_streq(ct_text(e, "/object/metadata/resourceVersion"), now);
    ob_json_free(e);
  }
  cr_expect(moved);
  ct_unwatch(s);
  ct_close(c);
}

/* Again before the end, so that the next watch begins where this one stopped. */
Test(watch, last_bookmark) {
  ct *c = ct_open(NULL);
  if (ct_minor(c) < 37) cr_skip_test("1.34 sends none before so short an end");
  ct_service(c, "a", PORT);
  ct_get(c, CT_SVC);
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *path = ob_asprintf(
      CT_SVC "?watch=1&resourceVersion=%s&allowWatchBookmarks=true&timeoutSeconds=5", rv);
  ct_stream *s = ct_watch(c, path);
  ob_json *e = ct_next(s, 7000);
  cr_assert_not_null(e);
  cr_expect_str_eq(ct_text(e, "/type"), "BOOKMARK");
  cr_expect_str_eq(ct_text(e, "/object/kind"), "Service");
  cr_expect(*ct_text(e, "/object/metadata/resourceVersion"));
  cr_expect_null(ob_pointer_get(e, "/object/metadata/annotations"));
  ob_json_free(e);
  while ((e = ct_next(s, 5000)) != NULL) ob_json_free(e);
  cr_expect(ct_ended(s) && ct_result(s) == CURLE_OK);
  ct_unwatch(s);
  ct_close(c);
}

Test(watch, too_new) {
  ct *c = ct_open(NULL);
  if (!no_stream(c)) {
    ct_stream *s =
        ct_watch(c, CT_SVC "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
                           "&resourceVersionMatch=NotOlderThan&resourceVersion=99999999999");
    ob_json *e = ct_next(s, 8000);
    cr_assert_not_null(e);
    cr_expect_str_eq(ct_text(e, "/type"), "ERROR");
    cr_expect_str_eq(ct_text(e, "/object/details/causes/0/reason"), "ResourceVersionTooLarge");
    ob_json_free(e);
    ct_unwatch(s);
  }
  cr_expect_eq(ct_get(c, CT_SVC "?resourceVersion=99999999999"), 504);
  cr_expect(ct_refused(c, "Timeout", NULL, NULL));
  cr_expect_str_eq(c->retry_after, "1");
  ct_close(c);
}
