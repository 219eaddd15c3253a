/* The embedded server's faults: each row of its table misbehaves as its help says. */
#include "client.h"
#include <stdio.h>

#define PORT "'ports':[{'port':80}]"

static ct *with(const char *fault) {
  const char *const faults[] = {fault};
  ct *c = ct_open(&(ob_sim_opts){.empty = true, .faults = faults, .nfaults = 1});
  if (c->sim) return c;
  ct_close(c);
  cr_skip_test("faults are the embedded server's own");
  return NULL;
}

Test(faults, unknown) {
  ob_sim *sim;
  ob_err err;
  const char *const bad[] = {"nonsense"}, *const pattern[] = {"forbidden-KIND"};
  cr_expect_eq(ob_sim_start(&sim, &(ob_sim_opts){.faults = bad, .nfaults = 1}, &err), -OB_EUSAGE);
  cr_expect(strstr(err.msg, "nonsense") && *err.hint);
  cr_expect_eq(ob_sim_start(&sim, &(ob_sim_opts){.faults = pattern, .nfaults = 1}, &err),
               -OB_EUSAGE);
}

/* opening spends one request on the namespace */
Test(faults, refused_at_first) {
  static const struct {
    const char *fault;
    long code;
  } rows[] = {{"unauthorized-401=3", 401}, {"throttle-429=3", 429}, {"error-500=3", 500}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ct *c = with(rows[i].fault);
    cr_expect_eq(c->code, rows[i].code);
    cr_expect_eq(ct_get(c, "/api/v1/services"), rows[i].code);
    if (rows[i].code == 429) cr_expect_str_eq(c->retry_after, "1");
    cr_expect_eq(ct_get(c, "/api/v1/services"), rows[i].code);
    cr_expect_eq(ct_get(c, "/api/v1/services"), 200);
    ct_close(c);
  }
}

Test(faults, forbidden) {
  ct *c = with("forbidden-ingresses");
  cr_expect_eq(ct_get(c, "/apis/networking.k8s.io/v1/ingresses"), 403);
  cr_expect(ct_refused(c, "Forbidden", NULL, NULL));
  cr_expect_str_eq(ct_at(c, "/details/kind"), "ingresses");
  cr_expect_str_eq(ct_at(c, "/details/group"), "networking.k8s.io");
  cr_expect_eq(ct_get(c, "/api/v1/services"), 200);
  ct_post(c, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          "{'spec':{'resourceAttributes':{'verb':'list','group':'networking.k8s.io','resource':'"
          "ingresses'}}}");
  cr_expect_eq(c->code, 201);
  cr_expect_str_eq(ct_at(c, "/status/allowed"), "false");
  ct_post(c, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
          "{'spec':{'resourceAttributes':{'verb':'list','resource':'services'}}}");
  cr_expect_str_eq(ct_at(c, "/status/allowed"), "true");
  ct_close(c);
  c = with("forbidden-all-namespaces");
  cr_expect_eq(ct_get(c, "/api/v1/services"), 403);
  cr_expect_eq(ct_get(c, "/api/v1/services?watch=1"), 403);
  cr_expect_eq(ct_get(c, CT_SVC), 200);
  cr_expect_eq(ct_get(c, "/api/v1/nodes"), 200);
  ct_close(c);
}

/* What client-go sends since it prefers protobuf, byte by byte; the answer is JSON. */
Test(faults, access_review_in_protobuf) {
  static const char ingresses[] =
      "k8s\000\0122\012\027authorization.k8s.io/v1\022\027SelfSubjectAccessReview\0224"
      "\012\000\022&\012$\022\004list\032\021networking.k8s.io*\011ingresses\032\010"
      "\010\000\022\000\032\000 \000\032\000\042\000";
  static const char services[] =
      "k8s\000\0122\012\027authorization.k8s.io/v1\022\027SelfSubjectAccessReview\022 "
      "\012\000\022\022\012\020\022\004list*\010services\032\010\010\000\022\000\032"
      "\000 \000\032\000\042\000";
  static const char path[] = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  static const char type[] = "application/vnd.kubernetes.protobuf";
  ct *c = with("forbidden-ingresses");
  cr_expect_eq(ct_send(c, "POST", type, path, ingresses, sizeof ingresses - 1), 201);
  cr_expect_str_eq(ct_at(c, "/kind"), "SelfSubjectAccessReview");
  cr_expect_str_eq(ct_at(c, "/apiVersion"), "authorization.k8s.io/v1");
  cr_expect_str_eq(ct_at(c, "/spec/resourceAttributes/verb"), "list");
  cr_expect_str_eq(ct_at(c, "/spec/resourceAttributes/group"), "networking.k8s.io");
  cr_expect_str_eq(ct_at(c, "/status/allowed"), "false");
  cr_expect_eq(ct_send(c, "POST", type, path, services, sizeof services - 1), 201);
  cr_expect_str_eq(ct_at(c, "/spec/resourceAttributes/resource"), "services");
  cr_expect_str_eq(ct_at(c, "/status/allowed"), "true");
  /* Cut anywhere inside of a field, and with a length past the end: refused, never read beyond. */
  enum { WHOLE = 4 + 2 + 50 };
  for (size_t n = 0; n < WHOLE; n++)
    cr_expect_eq(ct_send(c, "POST", type, path, services, n), 400, "%zu", n);
  static const char past[] = "k8s\0\012\377\377\377\377\377\377\377\377\377\001";
  cr_expect_eq(ct_send(c, "POST", type, path, past, sizeof past - 1), 400);
  cr_expect_eq(ct_send(c, "POST", type, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
                       services, sizeof services - 1),
               415);
  ct_close(c);
}

Test(faults, forbidden_proxy) {
  ct *c = with("forbidden-services/proxy");
  cr_expect_eq(ct_get(c, CT_SVC "/web:80/proxy/"), 403);
  cr_expect(ct_refused(c, "Forbidden", NULL, NULL));
  cr_expect_str_eq(ct_at(c, "/details/kind"), "services");
  cr_expect(strstr(ct_at(c, "/message"), "cannot get resource \"services/proxy\" in API group"));
  cr_expect_eq(ct_get(c, CT_SVC), 200);
  for (int i = 0; i < 2; i++) {
    ct_post(c, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            i ? "{'spec':{'resourceAttributes':{'verb':'get','resource':'services'}}}"
              : "{'spec':{'resourceAttributes':{'verb':'get','resource':'services',"
                "'subresource':'proxy'}}}");
    cr_expect_str_eq(ct_at(c, "/status/allowed"), i ? "true" : "false");
  }
  ct_close(c);
}

Test(faults, missing) {
  ct *c = with("missing-ingresses");
  cr_expect_eq(ct_get(c, "/apis/networking.k8s.io/v1/ingresses"), 404);
  ct_get(c, "/apis/networking.k8s.io/v1");
  cr_expect_null(strstr(c->text, "\"ingresses\""));
  cr_expect_not_null(strstr(c->text, "\"ingressclasses\""));
  ct_close(c);
}

Test(faults, slow) {
  ct *c = with("slow=400");
  double took = 0;
  cr_expect_eq(ct_get(c, CT_SVC), 200);
  curl_easy_getinfo(c->curl, CURLINFO_TOTAL_TIME, &took);
  cr_expect_geq(took, 0.39);
  ct_close(c);
}

Test(faults, gone) {
  ct *c = with("gone-410=1");
  char path[256];
  ct_service(c, "a", PORT);
  ct_service(c, "b", PORT);
  ct_get(c, CT_SVC "?limit=1");
  OB_AUTOFREE char *rv = ct_rv(c), *token = ob_strdup(ct_at(c, "/metadata/continue"));
  snprintf(path, sizeof path, CT_SVC "?watch=1&resourceVersion=%s", rv);
  ct_stream *s = ct_watch(c, path);
  ob_json *e = ct_next(s, 5000);
  cr_assert_not_null(e);
  cr_expect_str_eq(ct_text(e, "/type"), "ERROR");
  cr_expect_str_eq(ct_text(e, "/object/code"), "410");
  cr_expect_str_eq(ct_text(e, "/object/reason"), "Expired");
  ob_json_free(e);
  cr_expect_null(ct_next(s, 1000));
  cr_expect(ct_ended(s));
  ct_unwatch(s);
  snprintf(path, sizeof path, CT_SVC "?limit=1&continue=%s", token);
  cr_expect_eq(ct_get(c, path), 410);
  cr_expect(ct_refused(c, "Expired", NULL, NULL));
  snprintf(path, sizeof path, CT_SVC "?limit=1&continue=%s", ct_at(c, "/metadata/continue"));
  cr_expect_eq(ct_get(c, path), 200, "the inconsistent rest");
  snprintf(path, sizeof path, CT_SVC "?limit=1&resourceVersion=%s", rv);
  cr_expect_eq(ct_get(c, path), 410, "with a limit a version is exact");
  snprintf(path, sizeof path, CT_SVC "?resourceVersion=%s", rv);
  cr_expect_eq(ct_get(c, path), 200, "without, not older than");
  ct_close(c);
}

Test(faults, watches) {
  static const struct {
    const char *fault;
    bool ends;
    CURLcode result;
    size_t events;
  } rows[] = {{"close-watch=600", true, CURLE_OK, 1},
              {"cut-watch=1", true, CURLE_PARTIAL_FILE, 0},
              {"silent=300", false, CURLE_OK, 1}};
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    ct *c = with(rows[i].fault);
    size_t n = 0;
    ct_get(c, CT_SVC);
    OB_AUTOFREE char *rv = ct_rv(c);
    OB_AUTOFREE char *path = ob_asprintf(CT_SVC "?watch=1&resourceVersion=%s", rv);
    ct_stream *s = ct_watch(c, path);
    ct_service(c, "a", PORT);
    ob_json *e = ct_next(s, 2000);
    n += e != NULL;
    ob_json_free(e);
    if (!rows[i].ends) {
      cr_expect_null(ct_next(s, 600));
      ct_service(c, "b", PORT);
    }
    e = ct_next(s, rows[i].ends ? 3000 : 600);
    n += e != NULL;
    ob_json_free(e);
    cr_expect_eq(n, rows[i].events, "%s: %zu events", rows[i].fault, n);
    cr_expect_eq(ct_ended(s), rows[i].ends, "%s", rows[i].fault);
    if (rows[i].result == CURLE_OK)
      cr_expect_eq(ct_result(s), CURLE_OK, "%s: %s", rows[i].fault,
                   curl_easy_strerror(ct_result(s)));
    else
      cr_expect_neq(ct_result(s), CURLE_OK, "%s", rows[i].fault);
    ct_unwatch(s);
    ct_close(c);
  }
}

/* Stopping with watches parked and an answer held back must neither hang nor abort. */
Test(faults, a_stop_ends_everything, .timeout = 20) {
  ct *c = ct_open(NULL);
  if (ct_needs_sim(c)) cr_skip_test("the embedded server's own");
  ct_stream *watch = ct_watch(c, CT_SVC "?watch=1"),
            *held = ct_watch(c, CT_SVC "?resourceVersion=99999999999");
  cr_expect_null(ct_next(watch, 300));
  cr_expect_null(ct_next(held, 300));
  ob_sim_stop(c->sim);
  c->sim = NULL;
  cr_expect_null(ct_next(watch, 3000));
  cr_expect(ct_ended(watch));
  ct_unwatch(watch);
  ct_unwatch(held);
  ob_sim_start(&c->sim, &(ob_sim_opts){.empty = true}, NULL); /* so that ct_close has its server */
  ct_close(c);
}

Test(faults, come_and_go) {
  ct *c = with("error-500=0");
  ob_err err;
  const char *const forbidden = "forbidden-services", *const bad = "nonsense";
  cr_expect_eq(ct_get(c, "/api/v1/services"), 500);
  cr_expect_eq(ob_sim_faults_set(c->sim, &forbidden, 1, &err), 0);
  cr_expect_eq(ct_get(c, "/api/v1/services"), 403);
  cr_expect_eq(ob_sim_faults_set(c->sim, &bad, 1, &err), -OB_EUSAGE);
  cr_expect_eq(ct_get(c, "/api/v1/services"), 403, "an unknown one changes nothing");
  cr_expect_eq(ob_sim_faults_set(c->sim, NULL, 0, &err), 0);
  cr_expect_eq(ct_get(c, "/api/v1/services"), 200);
  ct_close(c);
}
