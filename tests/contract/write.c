/* Writing: conflicts, dry runs, strictness, patches, deletions. */
#include "client.h"

#define PORT "'ports':[{'port':80}]"

Test(write, create) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  cr_expect_str_neq(ct_at(c, "/metadata/uid"), "");
  cr_expect_str_neq(ct_at(c, "/metadata/creationTimestamp"), "");
  cr_expect_str_eq(ct_at(c, "/metadata/managedFields/0/manager"), "outboard-contract");
  cr_expect_eq(ct_post(c, CT_SVC, "{'metadata':{'name':'a'},'spec':{" PORT "}}"), 409);
  cr_expect(ct_refused(c, "AlreadyExists", NULL, NULL));
  cr_expect_eq(ct_post(c, CT_SVC, "{'metadata':{'generateName':'g-'},'spec':{" PORT "}}"), 201);
  cr_expect_eq(strlen(ct_at(c, "/metadata/name")), 7);
  if (ct_minor(c) >= 37) { /* 1.34 looks for an address for nobody until the request times out */
    cr_expect_eq(ct_post(c, CT_SVC, "{'spec':{" PORT "}}"), 422);
    cr_expect(ct_refused(c, "Invalid", "spec.clusterIPs", "FieldValueInvalid"),
              "an address belongs to a name");
  }
  cr_expect_eq(ct_post(c, CT_SVC, "{'spec':{'clusterIP':'None'}}"), 422);
  cr_expect(ct_refused(c, "Invalid", "metadata.name", "FieldValueRequired"));
  cr_expect_eq(ct_post(c, CT_SVC, "{'metadata':{'name':'-a'},'spec':{" PORT "}}"), 422);
  cr_expect(ct_refused(c, "Invalid", "metadata.name", "FieldValueInvalid"));
  cr_expect_eq(
      ct_post(c, CT_SVC, "{'metadata':{'name':'x','namespace':'other'},'spec':{" PORT "}}"), 400);
  cr_expect_eq(ct_post(c, CT_SVC, "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'x'}}"), 400);
  cr_expect_eq(ct_post(c, CT_SVC, "{"), 400);
  cr_expect_eq(ct_post(c, "/api/v1/namespaces/absent-here/services",
                       "{'metadata':{'name':'x'},'spec':{" PORT "}}"),
               404);
  cr_expect_eq(ct_call(c, "POST", "text/plain", CT_SVC, "x"), 415);
  if (c->sim)
    cr_expect_eq(ct_call(c, "POST", "application/vnd.kubernetes.protobuf", CT_SVC, "x"), 415);
  ct_close(c);
}

Test(write, conflicts) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  OB_AUTOFREE char *rv = ct_rv(c);
  OB_AUTOFREE char *stale =
      ob_asprintf("{'metadata':{'resourceVersion':'%s','labels':{'x':'2'}}}", rv);
  OB_AUTOFREE char *json =
      ob_asprintf("[{'op':'replace','path':'/metadata/resourceVersion','value':'%s'},"
                  "{'op':'add','path':'/metadata/labels','value':{'x':'3'}}]",
                  rv);
  OB_AUTOFREE char *put =
      ob_asprintf("{'metadata':{'name':'a','resourceVersion':'%s'},'spec':{" PORT "}}", rv);
  cr_expect_eq(ct_merge(c, CT_SVC "/a", "{'metadata':{'labels':{'x':'1'}}}"), 200);
  OB_AUTOFREE char *now = ct_rv(c);
  cr_expect_str_neq(now, rv);
  cr_expect_eq(ct_merge(c, CT_SVC "/a", stale), 409);
  cr_expect(ct_refused(c, "Conflict", NULL, NULL));
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_SVC "/a", json), 409);
  cr_expect_eq(ct_call(c, "PUT", CT_JSON, CT_SVC "/a", put), 409);
  cr_expect_eq(ct_merge(c, CT_SVC "/a", "{'metadata':{'labels':{'x':'1'}}}"), 200);
  cr_expect_str_eq(ct_at(c, "/metadata/resourceVersion"), now, "a no-op keeps the version");
  cr_expect_eq(ct_merge(c, CT_SVC "/a", "{'metadata':{'uid':'other'}}"), 422);
  cr_expect(ct_refused(c, "Invalid", "metadata.uid", NULL));
  cr_expect_eq(ct_merge(c, CT_SVC "/a", "{'metadata':{'resourceVersion':5}}"), 422);
  cr_expect(ct_refused(c, "Invalid", "patch", NULL));
  cr_expect_eq(ct_merge(c, CT_SVC "/a", "{'metadata':{'resourceVersion':null}}"), 200);
  ct_close(c);
}

Test(write, put_creates_services) {
  ct *c = ct_open(NULL);
  cr_expect_eq(ct_call(c, "PUT", CT_JSON, CT_SVC "/p",
                       "{'metadata':{'name':'p','resourceVersion':'5'},'spec':{" PORT "}}"),
               201);
  cr_expect_eq(ct_call(c, "PUT", CT_JSON, CT_SVC "/q",
                       "{'metadata':{'name':'q','uid':'5'},'spec':{" PORT "}}"),
               409);
  cr_expect_eq(ct_merge(c, CT_SVC "/q", "{}"), 404);
  ct_close(c);
}

Test(write, dry_run_keeps_nothing) {
  ct *c = ct_open(NULL);
  cr_expect_eq(ct_post(c, CT_SVC "?dryRun=All",
                       "{'metadata':{'name':'d'},'spec':{'type':'NodePort'," PORT "}}"),
               201);
  cr_expect_str_eq(ct_at(c, "/spec/ports/0/nodePort"), "32769");
  cr_expect_eq(ct_get(c, CT_SVC "/d"), 404);
  ct_service(c, "a", PORT);
  cr_expect_eq(ct_merge(c, CT_SVC "/a?dryRun=All", "{'spec':{'type':'NodePort'}}"), 200);
  cr_expect_str_eq(ct_at(c, "/spec/type"), "NodePort");
  cr_expect_eq(ct_merge(c, CT_SVC "/a?dryRun=All",
                        "{'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':80}]}}"),
               200, "the range is not checked dry");
  cr_expect_eq(ct_call(c, "DELETE", NULL, CT_SVC "/a?dryRun=All", NULL), 200);
  cr_expect_eq(ct_get(c, CT_SVC "/a"), 200);
  cr_expect_str_eq(ct_at(c, "/spec/type"), "ClusterIP");
  ct_service(c, "n", "'type':'NodePort','ports':[{'port':80,'nodePort':30044}]");
  cr_expect_eq(ct_merge(c, CT_SVC "/a?dryRun=All",
                        "{'spec':{'type':'NodePort','ports':[{'port':80,'nodePort':30044}]}}"),
               422, "a taken port is refused dry, too");
  cr_expect_eq(ct_post(c, CT_SVC "?dryRun=Some", "{}"), 422);
  ct_close(c);
}

Test(write, field_validation) {
  static const char body[] = "{'metadata':{'name':'s'},'spec':{'tpye':'NodePort'," PORT "}}";
  static const char patch[] = "{'spec':{'tpye':'NodePort'}}";
  ct *c = ct_open(NULL);
  cr_expect_eq(ct_post(c, CT_SVC "?fieldValidation=Strict", body), 400);
  cr_expect(ct_refused(c, "BadRequest", NULL, NULL));
  cr_expect_not_null(strstr(c->text, "unknown field \\\"spec.tpye\\\""));
  cr_expect_null(ob_pointer_get(c->reply, "/details/causes"));
  cr_expect_eq(ct_post(c, CT_SVC "?fieldValidation=Warn", body), 201);
  cr_expect_str_eq(ob_or(c->warning, ""), "299 - \"unknown field \\\"spec.tpye\\\"\"");
  cr_expect_str_eq(ct_at(c, "/spec/tpye"), "");
  cr_expect_eq(ct_merge(c, CT_SVC "/s?fieldValidation=Strict", patch), 422);
  cr_expect(ct_refused(c, "Invalid", "patch", NULL));
  cr_expect_eq(ct_merge(c, CT_SVC "/s?fieldValidation=Strict", "{'spec':{'tpye':null}}"), 200);
  cr_expect_eq(ct_merge(c, CT_SVC "/s?fieldValidation=Ignore", patch), 200);
  cr_expect_null(c->warning);
  cr_expect_eq(ct_merge(c, CT_SVC "/s?fieldValidation=Maybe", patch), 422);
  cr_expect_eq(ct_post(c, CT_SVC, "{'metadata':{'name':'t'},'spec':{'ports':[{'port':'x'}]}}"),
               400);
  ct_close(c);
}

Test(write, json_patch) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_SVC "/a",
                       "[{'op':'test','path':'/spec/ports/0/port','value':80},"
                       "{'op':'replace','path':'/spec/ports/0/port','value':81}]"),
               200);
  cr_expect_str_eq(ct_at(c, "/spec/ports/0/port"), "81");
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_SVC "/a",
                       "[{'op':'test','path':'/spec/ports/0/port','value':80}]"),
               422);
  cr_expect(ct_refused(c, "Invalid", NULL, NULL));
  cr_expect_eq(ob_json_len(ob_json_get(c->reply, "details")), 0);
  cr_expect_eq(ct_call(c, "PATCH", CT_PATCH, CT_SVC "/a", "{}"), 400);
  cr_expect_eq(ct_call(c, "PATCH", CT_JSON, CT_SVC "/a", "{}"), 415);
  ct_close(c);
}

Test(write, strategic_patch) {
  ct *c = ct_open(NULL);
  ct_service(c, "a",
             "'selector':{'app':'a'},'ports':[{'name':'x','port':80},{'name':'y','port':81}]");
  ct_call(
      c, "PATCH", CT_STRATEGIC, CT_SVC "/a",
      "{'spec':{'$setElementOrder/ports':[{'port':82},{'port':80}],"
      "'ports':[{'port':82,'name':'z'},{'port':81,'$patch':'delete'}],'selector':{'tier':'b'}}}");
  cr_assert_eq(c->code, 200, "%s", c->text);
  cr_expect_eq(ob_json_len(ob_pointer_get(c->reply, "/spec/ports")), 2);
  cr_expect_str_eq(ct_at(c, "/spec/ports/0/name"), "z");
  cr_expect_str_eq(ct_at(c, "/spec/ports/1/name"), "x");
  cr_expect_str_eq(ct_at(c, "/spec/selector/app"), "a");
  ct_call(c, "PATCH", CT_STRATEGIC, CT_SVC "/a",
          "{'spec':{'selector':{'$patch':'replace','app':'n'}}}");
  cr_expect_eq(ob_json_len(ob_pointer_get(c->reply, "/spec/selector")), 1);
  ct_close(c);
}

Test(write, status_has_a_door_of_its_own) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  static const char status[] = "{'status':{'loadBalancer':{'ingress':[{'ip':'203.0.113.9'}]}}}";
  ct_merge(c, CT_SVC "/a", status);
  cr_expect_str_eq(ct_at(c, "/status/loadBalancer/ingress/0/ip"), "");
  ct_post(c, CT_ING,
          "{'metadata':{'name':'i'},'spec':{'defaultBackend':{'service':{'name':'a','port':{'"
          "number':80}}}}}");
  ct_merge(c, CT_ING "/i/status", status);
  cr_expect_eq(c->code, 200);
  cr_expect_str_eq(ct_at(c, "/status/loadBalancer/ingress/0/ip"), "203.0.113.9");
  cr_expect_str_eq(ct_at(c, "/metadata/generation"), "1");
  ct_merge(c, CT_ING "/i", "{'spec':{'defaultBackend':{'service':{'port':{'number':81}}}}}");
  cr_expect_str_eq(ct_at(c, "/metadata/generation"), "2");
  cr_expect_str_eq(ct_at(c, "/status/loadBalancer/ingress/0/ip"), "203.0.113.9");
  ct_close(c);
}

Test(write, delete) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  cr_expect_eq(ct_call(c, "DELETE", CT_JSON, CT_SVC "/a", "{'preconditions':{'uid':'other'}}"),
               409);
  cr_expect_eq(
      ct_call(c, "DELETE", CT_JSON, CT_SVC "/a", "{'preconditions':{'resourceVersion':'1'}}"), 409);
  cr_expect(ct_refused(c, "Conflict", NULL, NULL));
  cr_expect_eq(ct_call(c, "DELETE", NULL, CT_SVC "/a", NULL), 200);
  cr_expect_str_eq(ct_at(c, "/metadata/name"), "a", "a Service is returned");
  cr_expect_eq(ct_call(c, "DELETE", NULL, CT_SVC "/a", NULL), 404);
  ct_post(c, CT_ING,
          "{'metadata':{'name':'i'},'spec':{'defaultBackend':{'service':{'name':'a','port':{'"
          "number':80}}}}}");
  OB_AUTOFREE char *uid = ob_strdup(ct_at(c, "/metadata/uid"));
  ct_call(c, "DELETE", NULL, CT_ING "/i", NULL);
  cr_expect_str_eq(ct_at(c, "/status"), "Success", "others give a Status");
  cr_expect_str_eq(ct_at(c, "/details/uid"), uid);
  ct_post(c, CT_SVC,
          "{'metadata':{'name':'f','finalizers':['example.com/wait']},'spec':{" PORT "}}");
  cr_expect_eq(ct_call(c, "DELETE", NULL, CT_SVC "/f", NULL), 200);
  cr_expect_str_neq(ct_at(c, "/metadata/deletionTimestamp"), "");
  cr_expect_eq(ct_get(c, CT_SVC "/f"), 200, "finalizers keep it");
  cr_expect_eq(ct_merge(c, CT_SVC "/f", "{'metadata':{'finalizers':null}}"), 200);
  cr_expect_eq(ct_get(c, CT_SVC "/f"), 404);
  ct_close(c);
}

/* What is wrong with a creation is said before that its name is taken, so that one can be tried while
 * the old object is there. */
Test(write, a_creation_on_a_taken_name_is_looked_at_first) {
  ct *c = ct_open(NULL);
  ct_service(c, "a", PORT);
  static const char *const paths[] = {CT_SVC "?dryRun=All", CT_SVC};
  for (size_t i = 0; i < OB_LEN(paths); i++) {
    cr_expect_eq(ct_post(c, paths[i], "{'metadata':{'name':'a'},'spec':{'clusterIP':'None'," PORT "}}"),
                 409);
    cr_expect(ct_refused(c, "AlreadyExists", NULL, NULL), "%s", c->text);
    cr_expect_eq(
        ct_post(c, paths[i], "{'metadata':{'name':'a'},'spec':{'type':'ExternalName'," PORT "}}"), 422);
    cr_expect(ct_refused(c, "Invalid", "spec.externalName", NULL), "%s", c->text);
  }
  ct_get(c, CT_SVC "/a");
  cr_expect_str_neq(ct_at(c, "/spec/clusterIP"), "None");
  ct_close(c);
}

Test(write, what_is_not_done_is_named) {
  ct *c = ct_open(NULL);
  if (ct_needs_sim(c)) cr_skip_test("the embedded server's own limits");
  ct_service(c, "a", PORT);
  cr_expect_eq(ct_call(c, "PATCH", "application/apply-patch+yaml", CT_SVC "/a", "{}"), 501);
  cr_expect_not_null(strstr(c->text, "server-side apply"));
  cr_expect_eq(ct_call(c, "DELETE", NULL, CT_SVC, NULL), 501);
  cr_expect_eq(ct_get(c, CT_SVC "/a/proxy"), 501);
  ct_close(c);
}

Test(write, reviews) {
  ct *c = ct_open(NULL);
  ct_post(c, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
          "{'spec':{'namespace':'default'}}");
  cr_expect_eq(c->code, 201);
  cr_expect_gt(ob_json_len(ob_pointer_get(c->reply, "/status/resourceRules")), 0);
  ct_close(c);
}
