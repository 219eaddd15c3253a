/* services/NAME:PORT/proxy: requests that go through the API server to a pod. The application is
 * a real one of this machine: on loopback before the embedded server (which asks nothing else), on
 * an address of its own before a real one (which refuses loopback). */
#include "client.h"
#include "listener/listener.h"
#include <stdio.h>
#include <unistd.h>

static char address[64];

/* NULL: skipped. */
static ct *open_reaching(void) {
  ct *c = ct_open(NULL);
  if (ct_minor(c) < 37) {
    ct_close(c);
    cr_skip_test("1.34 reads Endpoints, which nobody makes of slices here");
    return NULL;
  }
  snprintf(address, sizeof address, "127.0.0.1");
  if (c->sim || listener_own_address(address, sizeof address)) return c;
  ct_close(c);
  cr_skip_test("this machine has no address but loopback");
  return NULL;
}

/* A pod that has the address, a Service without a selector, and a slice that joins them. */
static void app(ct *c, const char *name, int port, const char *conditions, bool of_pod) {
  char path[256], body[1024];
  snprintf(body, sizeof body,
           "{'metadata':{'name':'%s'},'spec':{'nodeName':'none','containers':[{'name':'c',"
           "'image':'i'}]}}",
           name);
  cr_assert_eq(ct_post(c, "/api/v1/namespaces/~/pods", body), 201, "%s", c->text);
  snprintf(path, sizeof path, "/api/v1/namespaces/~/pods/%s/status", name);
  snprintf(body, sizeof body, "{'status':{'podIP':'%s','podIPs':[{'ip':'%s'}]}}", address, address);
  cr_assert_eq(ct_merge(c, path, body), 200, "%s", c->text);
  ct_service(c, name, "'ports':[{'name':'http','port':80}]");
  char ref[256] = "";
  if (of_pod)
    snprintf(ref, sizeof ref, ",'targetRef':{'kind':'Pod','namespace':'%s','name':'%s'}", c->ns,
             name);
  snprintf(body, sizeof body,
           "{'metadata':{'name':'%s','labels':{'kubernetes.io/service-name':'%s'}},"
           "'addressType':'IPv4','ports':[{'name':'http','port':%d,'protocol':'TCP'}],'endpoints':"
           "[{'addresses':['%s'],'conditions':{%s}%s}]}",
           name, name, port, address, conditions, ref);
  cr_assert_eq(ct_post(c, "/apis/discovery.k8s.io/v1/namespaces/~/endpointslices", body), 201, "%s",
               c->text);
}

/* A server learns of endpoints by a watch of its own, a moment later. */
static long reach(ct *c, const char *path) {
  enum { TRIES = 100, EACH_US = 50000 };
  long status = ct_get(c, path);
  for (int i = 0; status == 503 && i < TRIES; i++) {
    usleep(EACH_US);
    status = ct_get(c, path);
  }
  return status;
}

Test(proxy, answers) {
  ct *c = open_reaching();
  if (!c) return;
  app(c, "echo", listener_start(address, "echo"), "'ready':true", true);
  cr_assert_eq(reach(c, CT_SVC "/echo:http/proxy/a%20b/?x=1&y=2"), 200, "%s", c->text);
  cr_expect(strstr(c->text, "GET /a%20b/?x=1&y=2 HTTP/1."), "%s", c->text);
  cr_expect_null(strstr(c->text, "Authorization"), "the credential stays here: %s", c->text);
  cr_expect_eq(ct_get(c, CT_SVC "/echo:80/proxy/"), 200, "by the Service's number");
  cr_expect_eq(ct_get(c, CT_SVC "/http:echo:http/proxy/"), 200, "with a scheme");
  app(c, "gone", listener_start(address, "404"), "", true);
  cr_expect_eq(reach(c, CT_SVC "/gone:http/proxy/"), 404);
  cr_expect_str_eq(c->text, "the application\n");
  app(c, "away", listener_start(address, "302"), "'ready':true", true);
  cr_expect_eq(reach(c, CT_SVC "/away:http/proxy/"), 302);
  char *to = NULL;
  curl_easy_getinfo(c->curl, CURLINFO_REDIRECT_URL, &to);
  cr_expect(to && strstr(to, "/services/away:http/proxy/next"), "%s", to);
  ct_close(c);
}

Test(proxy, does_not_reach) {
  ct *c = open_reaching();
  if (!c) return;
  int port = listener_start(address, "200");
  app(c, "unready", port, "'ready':false", true);
  app(c, "by-hand", port, "'ready':true", false);
  app(c, "dead", 1, "'ready':true", true);
  ct_service(c, "bare", "'ports':[{'name':'http','port':80}]");
  static const struct {
    const char *path;
    long code;
    const char *reason, *says;
  } rows[] = {
      {CT_SVC "/unready:http/proxy/", 503, "ServiceUnavailable", "no endpoints available for"},
      {CT_SVC "/by-hand:http/proxy/", 503, "ServiceUnavailable", "no endpoints available for"},
      {CT_SVC "/bare:http/proxy/", 503, "ServiceUnavailable", "no endpoints available for"},
      {CT_SVC "/dead:other/proxy/", 503, "ServiceUnavailable", "no endpoints available for"},
      {CT_SVC "/dead:81/proxy/", 503, "ServiceUnavailable", "no service port 81 found for"},
      {CT_SVC "/dead:http/proxy/", 503, "ServiceUnavailable", "error trying to reach service"},
      {CT_SVC "/none:80/proxy/", 404, "NotFound", "services \"none\" not found"},
      {CT_SVC "/a:b:c:d/proxy/", 400, "BadRequest", "invalid service request"},
  };
  for (size_t i = 0; i < OB_LEN(rows); i++) {
    cr_expect_eq(ct_get(c, rows[i].path), rows[i].code, "%s: %s", rows[i].path, c->text);
    cr_expect_str_eq(ct_at(c, "/reason"), rows[i].reason, "%s", rows[i].path);
    cr_expect(strstr(ct_at(c, "/message"), rows[i].says), "%s: %s", rows[i].path, c->text);
  }
  ct_close(c);
}
