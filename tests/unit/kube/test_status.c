/* Status, plain text and HTML as errors; paths built and read back; the proxy rules. */
#include "base/str.h"
#include "kube/http_priv.h"
#include "kube/path.h"
#include "kube/proxy.h"
#include "kube/status.h"
#include <criterion/criterion.h>

#define LIST "/apis/networking.k8s.io/v1/namespaces/shop/ingresses?limit=500"

static const struct {
  const char *body;
  int http;
  const char *path;
  ob_code code;
  const char *says;
} answers[] = {
    {"{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"m\"}", 403, LIST,
     OB_EFORBIDDEN, "forbidden: list ingresses.networking.k8s.io in namespace shop: m"},
    {"{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", 403, "/api/v1/services?watch=1",
     OB_EFORBIDDEN, "forbidden: watch services"},
    {"{\"kind\":\"Status\",\"code\":403}", 403, "/version", OB_EFORBIDDEN, "forbidden"},
    {"", 403, "/api/v1/nodes/a", OB_EFORBIDDEN, "forbidden: get nodes"},
    {"{\"kind\":\"Status\",\"code\":401,\"reason\":\"Unauthorized\",\"message\":\"Unauthorized\"}",
     401, LIST, OB_EAUTH, "Unauthorized"},
    {"{\"kind\":\"Status\",\"code\":404,\"reason\":\"NotFound\",\"message\":\"services \\\"x\\\" "
     "not "
     "found\"}",
     404, LIST, OB_ENOTFOUND, "services \"x\" not found"},
    {"404 page not found\n", 404, LIST, OB_ENOTFOUND, "not found (HTTP 404): 404 page not found"},
    {"{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"old\"}", 410, LIST,
     OB_EGONE, "old"},
    {"{\"kind\":\"Status\",\"code\":400,\"reason\":\"Gone\",\"message\":\"old\"}", 400, LIST,
     OB_EGONE, "old"},
    {"{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"old\"}", 0, NULL,
     OB_EGONE, "old"},
    {"{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"c\"}", 0, NULL, OB_ECONFLICT, "c"},
    {"{\"kind\":\"Status\",\"message\":\"?\"}", 0, NULL, OB_EPROTO, "?"},
    {"Too many requests, please try again later.\n", 429, LIST, OB_ETOOMANY, "Too many requests"},
    {"{\"kind\":\"Status\",\"code\":429,\"reason\":\"TooManyRequests\",\"message\":\"storage is "
     "(re)initializing\"}",
     429, LIST, OB_ETOOMANY, "(re)initializing"},
    {"service unavailable\n", 503, LIST, OB_ESERVER, "unavailable (HTTP 503): service unavailable"},
    {"<html><head><title>502 Bad Gateway</title></head><body>\n<h1>Bad</h1></body></html>", 502,
     LIST, OB_ESERVER, "502 Bad Gateway Bad"},
    {"{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\",\"message\":\"Too large resource "
     "version\"}",
     504, LIST, OB_ESERVER, "Too large"},
    {"{\"kind\":\"Status\",\"code\":422,\"reason\":\"Invalid\",\"message\":\"bad\"}", 422, LIST,
     OB_EINVALID, "bad"},
    {"{\"kind\":\"Status\",\"code\":409,\"reason\":\"AlreadyExists\",\"message\":\"there\"}", 409,
     LIST, OB_ECONFLICT, "there"},
    {"{\"kind\":\"Other\"}", 500, LIST, OB_ESERVER, "internal error of the server (HTTP 500)"},
    {"{broken", 500, LIST, OB_ESERVER, "(HTTP 500)"},
    {"", 415, LIST, OB_EINVALID, "content type"},
    {"", 418, LIST, OB_EINVALID, "418"},
    {"{\"kind\":\"Status\",\"code\":\"x\",\"reason\":7,\"message\":[],\"details\":{\"causes\":{}}}",
     500, LIST, OB_ESERVER, "internal error"},
};

Test(status, table) {
  for (size_t i = 0; i < OB_LEN(answers); i++) {
    ob_err e = {0};
    int rc = ob_status_to_err(answers[i].body, strlen(answers[i].body), answers[i].http, "GET",
                              answers[i].path, &e);
    cr_expect_eq(e.code, answers[i].code, "%zu: %s %s", i, ob_code_name(e.code), e.msg);
    cr_expect_eq(rc, -(int)e.code);
    cr_expect(strstr(e.msg, answers[i].says), "%zu: \"%s\" has no \"%s\"", i, e.msg,
              answers[i].says);
    if (answers[i].http) cr_expect_eq(e.http, answers[i].http);
  }
}

Test(status, details) {
  static const char body[] = "{\"kind\":\"Status\",\"code\":504,\"details\":{\"group\":\"g\","
                             "\"kind\":\"services\",\"name\":"
                             "\"web\",\"uid\":\"u\",\"retryAfterSeconds\":1,\"causes\":[{"
                             "\"reason\":\"ResourceVersionTooLarge\","
                             "\"message\":\"m\"},{\"field\":\"spec.x\"}]}}";
  OB_AUTO(ob_status) s = {0};
  cr_assert(ob_status_parse(&s, body, sizeof body - 1));
  cr_assert_eq(s.ncauses, 2);
  cr_assert_str_eq(s.causes[1].field, "spec.x");
  cr_assert_str_eq(s.causes[1].reason, "");
  cr_assert(ob_status_has_cause(&s, "ResourceVersionTooLarge"));
  cr_assert_not(ob_status_has_cause(&s, "x"));
  cr_assert_eq(s.retry_after_s, 1);
  cr_assert_str_eq(s.name, "web");
  OB_AUTO(ob_status) none = {0};
  cr_assert_not(ob_status_parse(&none, "{\"kind\":\"ServiceList\"}", 22));
}

Test(path, built) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
  ob_api_path(&b, "", "v1", "a b", "services", "x/y", "status");
  cr_assert_str_eq(ob_buf_str(&b), "/api/v1/namespaces/a%20b/services/x%2Fy/status");
  ob_buf_reset(&b);
  ob_api_path(&b, "networking.k8s.io", "v1", NULL, "ingresses", NULL, NULL);
  ob_api_query(&b, "limit", "500");
  ob_api_query(&b, "fieldSelector", NULL);
  ob_api_query(&b, "labelSelector", "a=b,c&d");
  cr_assert_str_eq(ob_buf_str(&b),
                   "/apis/networking.k8s.io/v1/ingresses?limit=500&labelSelector=a%3Db%2Cc%26d");
}

static const struct {
  const char *method, *path, *want; /* verb group/version resource ns name; NULL: no resource */
} requests[] = {
    {"GET", "/api/v1/services", "list |v1|services||"},
    {NULL, "/api/v1/services?watch=true&limit=1", "watch |v1|services||"},
    {"GET", "/api/v1/services?watch=0", "list |v1|services||"},
    {"GET", "/api/v1/services?labelSelector=watch", "list |v1|services||"},
    {"GET", "/api/v1/namespaces", "list |v1|namespaces||"},
    {"GET", "/api/v1/namespaces/shop", "get |v1|namespaces||shop"},
    {"PUT", "/api/v1/namespaces/shop/status", "update |v1|namespaces/status||shop"},
    {"GET", "/api/v1/namespaces/shop/pods/p/log", "get |v1|pods/log|shop|p"},
    {"POST", "/apis/apps/v1/namespaces/x/deployments", "create apps|v1|deployments|x|"},
    {"PATCH", "/apis/apps/v1/namespaces/x/deployments/d", "patch apps|v1|deployments|x|d"},
    {"DELETE", "/api/v1/namespaces/x/services/d", "delete |v1|services|x|d"},
    {"DELETE", "/api/v1/namespaces/x/services", "deletecollection |v1|services|x|"},
    {"GET", "/version", NULL},
    {"GET", "/apis", NULL},
    {"GET", "/apis/apps/v1", NULL},
    {"GET", "", NULL},
};

Test(path, read_back) {
  for (size_t i = 0; i < OB_LEN(requests); i++) {
    ob_api_request r;
    bool ok = ob_api_request_of(&r, requests[i].method, requests[i].path);
    cr_expect_eq(ok, requests[i].want != NULL, "%s", requests[i].path);
    if (!ok || !requests[i].want) continue;
    OB_AUTOFREE char *got =
        ob_asprintf("%s %s|%s|%s|%s|%s", r.verb, r.group, r.version, r.resource, r.ns, r.name);
    cr_expect_str_eq(got, requests[i].want);
  }
}

static const struct {
  const char *list, *host;
  int port;
  bool covered;
} no_proxies[] = {
    {"", "a.com", 443, false},
    {"*", "a.com", 443, true},
    {"a.com", "a.com", 443, true},
    {"a.com", "x.a.com", 443, true},
    {"a.com", "xa.com", 443, false},
    {".a.com", "a.com", 443, false},
    {".a.com", "x.a.com", 443, true},
    {"*.a.com", "x.a.com", 443, true},
    {"*.a.com", "a.com", 443, false},
    {"A.COM", "a.com", 443, true},
    {"b.com , a.com", "a.com", 443, true},
    {"a.com:8443", "a.com", 8443, true},
    {"a.com:8443", "a.com", 443, false},
    {"10.0.0.0/8", "10.1.2.3", 443, true},
    {"10.0.0.0/8", "11.1.2.3", 443, false},
    {"10.0.0.0/9", "10.128.0.1", 443, false},
    {"10.0.0.0/9", "10.127.0.1", 443, true},
    {"0.0.0.0/0", "8.8.8.8", 443, true},
    {"10.0.0.0/8", "ten.example", 443, false},
    {"10.1.2.3", "10.1.2.3", 443, true},
    {"10.1.2.3:80", "10.1.2.3", 443, false},
    {"fd00::/8", "fd12::1", 443, true},
    {"fd00::/8", "fe80::1", 443, false},
    {"[fd12::1]:443", "fd12::1", 443, true},
    {"fd12::1", "fd12::1", 443, true},
    {",,", "a.com", 443, false},
    {"/8,:80,[", "a.com", 80, false},
    {"10.0.0.0/33,10.0.0.0/x", "10.0.0.1", 80, false},
};

Test(proxy, no_proxy_table) {
  for (size_t i = 0; i < OB_LEN(no_proxies); i++)
    cr_expect_eq(ob_no_proxy(no_proxies[i].list, no_proxies[i].host, no_proxies[i].port),
                 no_proxies[i].covered, "NO_PROXY=%s for %s:%d", no_proxies[i].list,
                 no_proxies[i].host, no_proxies[i].port);
}

static const struct {
  const char *configured;
  ob_proxy_env env; /* https, http, no */
  bool https;
  const char *host, *want; /* NULL: an error */
} proxies[] = {
    {NULL, {NULL, NULL, NULL}, true, "a.com", ""},
    {NULL, {"http://p:1", NULL, NULL}, true, "a.com", "http://p:1"},
    {NULL, {"p:1", NULL, NULL}, true, "a.com", "http://p:1"},
    {NULL, {"http://p:1", NULL, NULL}, false, "a.com", ""},
    {NULL, {NULL, "http://p:2", NULL}, false, "a.com", "http://p:2"},
    {NULL, {NULL, "http://p:2", NULL}, true, "a.com", ""},
    {NULL, {"http://p:1", NULL, "a.com"}, true, "a.com", ""},
    {NULL, {"http://p:1", NULL, NULL}, true, "localhost", ""},
    {NULL, {"http://p:1", NULL, NULL}, true, "127.0.0.9", ""},
    {NULL, {"http://p:1", NULL, NULL}, true, "::1", ""},
    {NULL, {"ftp://p", NULL, NULL}, true, "a.com", NULL},
    {"http://q:1", {NULL, NULL, "a.com"}, true, "a.com", "http://q:1"},
    {"http://q:1", {NULL, NULL, NULL}, true, "127.0.0.1", "http://q:1"},
    {"socks5://u:p@q:1", {NULL, NULL, NULL}, true, "a.com", "socks5h://u:p@q:1"},
    {"https://q", {NULL, NULL, NULL}, true, "a.com", "https://q"},
};

Test(proxy, choice) {
  for (size_t i = 0; i < OB_LEN(proxies); i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
    int rc = ob_proxy_for(&b, proxies[i].configured, &proxies[i].env, proxies[i].https,
                          proxies[i].host, 443);
    if (proxies[i].want)
      cr_expect(rc == 0 && ob_streq(ob_buf_str(&b), proxies[i].want), "%zu: %s", i, ob_buf_str(&b));
    else
      cr_expect_lt(rc, 0, "%zu", i);
  }
}

Test(headers, impersonate_extra_keys) {
  static const char *const table[][2] = {
      {"scopes", "scopes"},       {"a/b", "a%2Fb"}, {"100%", "100%25"},
      {"x y", "x%20y"},           {"é", "%C3%A9"},  {"!#$&'*+-.^_`|~", "!#$&'*+-.^_`|~"},
      {"a:b(c)", "a%3Ab%28c%29"},
  };
  for (size_t i = 0; i < OB_LEN(table); i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(4096);
    ob_header_key_escape(&b, table[i][0]);
    cr_expect_str_eq(ob_buf_str(&b), table[i][1]);
  }
}

Test(headers, of_a_response) {
  static const char *const lines[] = {
      "HTTP/2 200 \r\n",
      "Date: Tue, 24 Nov 2026 08:03:37 GMT\r\n",
      "ETag: \"abc\"\r\n",
      "retry-after: 7\r\n",
      "Content-Type: application/json\r\n",
      "Warning: 299 - \"say \\\"hi\\\", \\\\ you\"\r\n",
      "warning: 299 - \"two\" \"Tue, 24 Nov 2026 08:03:37 GMT\", 199 - \"no\", 299 a \"three\"\r\n",
      "no colon\r\n",
      ": x\r\n",
  };
  ob_http_headers h = {0};
  ob_http_headers_reset(&h);
  for (size_t i = 0; i < OB_LEN(lines); i++) ob_http_headers_line(&h, lines[i], strlen(lines[i]));
  cr_assert_eq(h.date_ms, 1795507417000);
  cr_assert_str_eq(h.etag, "\"abc\"");
  cr_assert_eq(h.retry_after_ms, 7000);
  cr_assert_eq(h.nwarnings, 3);
  cr_assert_str_eq(h.warnings[0], "say \"hi\", \\ you");
  cr_assert_str_eq(h.warnings[1], "two");
  cr_assert_str_eq(h.warnings[2], "three");
  ob_http_headers_line(&h, "Retry-After: Tue, 24 Nov 2026 08:04:37 GMT", 42);
  cr_assert_eq(h.retry_after_ms, 60000);
  ob_http_headers_line(&h, "Retry-After: soon", 17);
  cr_assert_eq(h.retry_after_ms, -1);
  ob_http_headers_line(&h, "Retry-After: 99999999999", 24);
  cr_assert_eq(h.retry_after_ms, 86400000);
  ob_http_headers_line(&h, "HTTP/1.1 200 OK", 15);
  cr_assert_eq(h.nwarnings, 0, "a new answer begins");
  cr_assert_eq(ob_http_date("Tue, 24 Foo 2026 08:03:37 GMT", 29), 0);
  cr_assert_eq(ob_http_date("x", 1), 0);
  ob_http_headers_reset(&h);
}
