/* What is too old: pages, exact lists, watches. And how much of this suite a server has passed. */
#include "client.h"
#include <criterion/hooks.h>
#include <criterion/stats.h>
#include <stdio.h>
#include <unistd.h>

#define PORT "'ports':[{'port':80}]"

Test(expiry, pages) {
  ct *c = ct_open(NULL);
  for (int i = 0; i < 3; i++) {
    OB_AUTOFREE char *name = ob_asprintf("p%d", i);
    ct_service(c, name, PORT);
  }
  ct_get(c, CT_SVC "?limit=1");
  OB_AUTOFREE char *rv = ct_rv(c), *token = ob_strdup(ct_at(c, "/metadata/continue"));
  OB_AUTOFREE char *next = ob_asprintf(CT_SVC "?limit=1&continue=%s", token);
  OB_AUTOFREE char *exact = ob_asprintf(CT_SVC "?limit=1&resourceVersion=%s", rv);
  OB_AUTOFREE char *newer = ob_asprintf(CT_SVC "?resourceVersion=%s", rv);
  cr_expect_eq(ct_get(c, next), 200);
  cr_expect_eq(ct_get(c, exact), 200);
  ct_service(c, "p3", PORT);
  if (!ct_expire(c, next)) cr_skip_test("this server forgets nothing in a test's time");
  cr_expect_eq(ct_get(c, next), 410);
  cr_expect(ct_refused(c, "Expired", NULL, NULL));
  OB_AUTOFREE char *rest =
      ob_asprintf(CT_SVC "?limit=9&continue=%s", ct_at(c, "/metadata/continue"));
  cr_expect_eq(ct_get(c, rest), 200, "the inconsistent rest: %s", c->text);
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "items")), 3);
  cr_expect_eq(ct_get(c, exact), 410, "with a limit a version is exact");
  cr_expect(ct_refused(c, "Expired", NULL, NULL));
  cr_expect_eq(ct_get(c, newer), 200, "without, not older than");
  cr_expect_eq(ct_get(c, CT_SVC "?limit=9&continue=nonsense"), 400);
  ct_close(c);
}

Test(expiry, watch) {
  ct *c = ct_open(NULL);
  /* A kind that came late: the memory of one that was there at the start may reach back to 1. */
  static const char path[] =
      "/apis/gateway.networking.k8s.io/v1/namespaces/~/gateways?resourceVersion=1&watch=1";
  if (ct_get(c, "/apis/gateway.networking.k8s.io/v1") == 404)
    cr_skip_test("the Gateway API is not installed");
  ct_stream *s = ct_watch(c, path);
  ob_json *e = ct_next(s, 5000);
  /* Before the server has compacted, and while its cache of the kind is not there yet, it knows. */
  for (int i = 0; i < 10 && e && strcmp(ct_text(e, "/type"), "ERROR") != 0; i++) {
    ob_json_free(e);
    ct_unwatch(s);
    sleep(1);
    s = ct_watch(c, path);
    e = ct_next(s, 5000);
  }
  cr_assert_not_null(e);
  cr_expect_str_eq(ct_text(e, "/type"), "ERROR");
  cr_expect_str_eq(ct_text(e, "/object/code"), "410");
  cr_expect_str_eq(ct_text(e, "/object/reason"), "Expired");
  ob_json_free(e);
  cr_expect_null(ct_next(s, 3000));
  cr_expect(ct_ended(s) && ct_result(s) == CURLE_OK);
  ct_unwatch(s);
  ct_close(c);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats) {
  const char *file = getenv("OUTBOARD_CONTRACT_KUBECONFIG");
  const char *version = ob_or(getenv("OUTBOARD_CLUSTER_VERSION"), "of another cluster");
  printf("contract: %zu expectations of %zu tests hold, %zu do not, %zu tests are not for it: "
         "%s %s\n",
         stats->asserts_passed, stats->tests_passed, stats->asserts_failed, stats->tests_skipped,
         file && *file ? "kube-apiserver" : "the embedded server", file && *file ? version : "");
}
