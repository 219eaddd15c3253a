/* A URL and what goes with it, taken apart as a browser would. */
#include "base/str.h"
#include "outboard/explain.h"
#include <strings.h>

static bool token_char(char ch) {
  return (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') ||
         (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

static bool is_token(const char *s, size_t n) {
  if (n == 0) return false;
  for (size_t i = 0; i < n; i++)
    if (!token_char(s[i])) return false;
  return true;
}

static int bad(ob_err *err, const char *url, const char *why) {
  ob_fail(err, OB_EUSAGE, "\"%s\" is no URL that can be explained: %s", url, why);
  return ob_hint(err, "like https://shop.example.com/api/v1");
}

/* "host:port" or "[v6]:port"; returns the reason when it is none. */
static const char *split_authority(ob_request *r, char *at, bool tls) {
  char *port = NULL;
  if (strchr(at, '@')) return "credentials do not belong into it";
  if (*at == '[') {
    char *end = strchr(at, ']');
    if (!end) return "a \"[\" without \"]\"";
    *end = '\0';
    r->host = at + 1;
    if (end[1] == ':') port = end + 2;
    if (end[1] && end[1] != ':') return "something follows \"]\"";
  } else {
    r->host = at;
    port = strchr(at, ':');
    if (port) *port++ = '\0';
  }
  size_t n = strlen(r->host);
  if (n && r->host[n - 1] == '.') ((char *)(uintptr_t)r->host)[n - 1] = '\0'; /* the DNS root */
  if (!*r->host) return "no host";
  if (strpbrk(r->host, " \t*<>\"\\")) return "its host is no host";
  int64_t number = tls ? 443 : 80;
  if (port && !ob_parse_int(port, 1, 65535, &number)) return "its port is not 1 to 65535";
  r->port = (uint16_t)number;
  return NULL;
}

static const char *split(ob_request *r, const char *url, ob_buf *text) {
  const char *rest = strstr(url, "://");
  bool tls = rest && rest - url == 5 && strncasecmp(url, "https", 5) == 0;
  if (rest && !tls && !(rest - url == 4 && strncasecmp(url, "http", 4) == 0))
    return "its scheme is neither http nor https";
  rest = rest ? rest + 3 : url;
  r->scheme = tls ? "https" : "http";
  size_t n = strcspn(rest, "/?#"), p = strcspn(rest + n, "?#"), q = 0;
  const char *query = rest + n + p;
  if (*query == '?') q = strcspn(++query, "#");
  /* authority, path and query one behind the other, each with its NUL */
  ob_buf_add(text, rest, n);
  ob_buf_addc(text, '\0');
  if (rest[n] != '/') ob_buf_addc(text, '/');
  ob_buf_add(text, rest + n, p);
  ob_buf_addc(text, '\0');
  ob_buf_add(text, query, q);
  r->text = ob_buf_take(text, NULL);
  for (char *h = r->text; *h; h++)
    if (*h >= 'A' && *h <= 'Z') *h = (char)(*h + 32);
  r->path = r->text + n + 1;
  r->query = r->path + strlen(r->path) + 1;
  return split_authority(r, r->text, tls);
}

static int add_header(ob_request *r, const char *line, ob_err *err) {
  const char *colon = strchr(line, ':');
  if (!colon || !is_token(line, (size_t)(colon - line)))
    return ob_fail(err, OB_EUSAGE, "\"%s\" is no header like \"Name: value\"", line);
  if (r->nheaders == OB_HEADERS_MAX)
    return ob_fail(err, OB_EUSAGE, "at most %d headers", OB_HEADERS_MAX);
  char *name = ob_strndup(line, (size_t)(colon - line));
  colon++;
  colon += strspn(colon, " \t");
  r->headers[r->nheaders++] = (ob_kv){name, ob_strdup(colon)};
  return 0;
}

int ob_request_make(ob_request *ret, const char *url, const char *method,
                    const char *const *headers, size_t nheaders, bool inside, ob_err *err) {
  *ret = (ob_request){.inside = inside};
  size_t n = strlen(url);
  if (n > OB_URL_MAX) {
    ob_fail(err, OB_EUSAGE, "a URL has at most %d bytes", OB_URL_MAX);
    return ob_hint(err, "like https://shop.example.com/api/v1");
  }
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f) return bad(err, url, "a blank is in it");
  if (method && !is_token(method, strlen(method)))
    return ob_fail(err, OB_EUSAGE, "\"%s\" is no HTTP method", method);
  ob_buf text = OB_BUF_INIT(OB_URL_MAX + 16);
  const char *why = split(ret, url, &text);
  int rc = why ? bad(err, url, why) : 0;
  ret->method = ob_strdup(method ? method : "GET");
  for (size_t i = 0; rc == 0 && i < nheaders; i++) rc = add_header(ret, headers[i], err);
  if (rc < 0) ob_request_done(ret);
  return rc;
}

void ob_request_done(ob_request *r) {
  for (size_t i = 0; i < r->nheaders; i++) {
    free((char *)(uintptr_t)r->headers[i].key);
    free((char *)(uintptr_t)r->headers[i].value);
  }
  free((char *)(uintptr_t)r->method);
  free(r->text);
  *r = (ob_request){0};
}
