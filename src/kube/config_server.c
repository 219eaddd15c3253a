/* One pass over the URL; anything that could end up in a request line or a header is refused
 * here, so that the transport may paste the parts together. */
#include "kube/config_server.h"
#include "base/buf.h"
#include "base/str.h"
#include <ctype.h>
#include <strings.h>

void ob_kube_server_done(ob_kube_server *s) {
  free(s->host);
  free(s->prefix);
  free(s->username);
  ob_secret_free(s->password);
  *s = (ob_kube_server){0};
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)tolower((unsigned char)c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *percent_decode(const char *s, size_t n) {
  char *out = ob_alloc(n + 1);
  size_t len = 0;
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
      out[len++] = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
      i += 2;
    } else {
      out[len++] = s[i];
    }
  }
  out[len] = '\0';
  return out;
}

static bool host_char(char c) {
  return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' || (unsigned char)c >= 0x80;
}

static const char *parse_host(ob_kube_server *s, const char *p, size_t n) {
  const char *end = p + n, *port = NULL;
  if (n > 0 && *p == '[') {
    const char *close = memchr(p, ']', n);
    if (!close) return "an IPv6 address needs its closing bracket";
    for (const char *c = p + 1; c < close; c++)
      if (!isxdigit((unsigned char)*c) && *c != ':' && *c != '.') return "bad IPv6 address";
    s->host = ob_strndup(p + 1, (size_t)(close - p - 1));
    if (close + 1 < end && close[1] != ':') return "bad text after the IPv6 address";
    if (close + 1 < end) port = close + 2;
  } else {
    const char *colon = memchr(p, ':', n);
    const char *host_end = colon ? colon : end;
    for (const char *c = p; c < host_end; c++)
      if (!host_char(*c)) return "bad character in the host name";
    s->host = ob_strndup(p, (size_t)(host_end - p));
    if (colon) port = colon + 1;
  }
  if (!*s->host) return "no host";
  s->port = s->https ? 443 : 80;
  if (port && port < end) {
    OB_AUTOFREE char *text = ob_strndup(port, (size_t)(end - port));
    int64_t v;
    if (!ob_parse_int(text, 1, 65535, &v)) return "bad port";
    s->port = (int)v;
  }
  return NULL;
}

static const char *parse(ob_kube_server *s, const char *server) {
  for (const char *c = server; *c; c++)
    if ((unsigned char)*c <= ' ' || *c == 0x7f) return "blank or control character";
  const char *p = server, *sep = strstr(server, "://");
  if (sep) {
    size_t n = (size_t)(sep - server);
    if (n == 5 && strncasecmp(server, "https", 5) == 0)
      s->https = true;
    else if (n != 4 || strncasecmp(server, "http", 4) != 0)
      return "only https:// and http:// can be spoken";
    p = sep + 3;
  }
  size_t n = strcspn(p, "/?#");
  const char *at = memrchr(p, '@', n);
  if (at) {
    const char *colon = memchr(p, ':', (size_t)(at - p));
    const char *user_end = colon ? colon : at;
    s->username = percent_decode(p, (size_t)(user_end - p));
    s->password = colon ? percent_decode(colon + 1, (size_t)(at - colon - 1)) : ob_strdup("");
    n -= (size_t)(at + 1 - p);
    p = at + 1;
  }
  const char *why = parse_host(s, p, n);
  if (why) return why;
  p += n;
  size_t path = strcspn(p, "?#");
  while (path > 0 && p[path - 1] == '/') path--;
  s->prefix = ob_strndup(p, path);
  return NULL;
}

const char *ob_kube_server_parse(ob_kube_server *ret, const char *server) {
  *ret = (ob_kube_server){0};
  const char *why = parse(ret, server);
  if (why) ob_kube_server_done(ret);
  return why;
}

void ob_kube_server_show(ob_buf *out, const char *server) {
  const char *sep = strstr(server, "://"), *host = sep ? sep + 3 : server;
  size_t n = strcspn(host, "/?#");
  const char *at = memrchr(host, '@', n);
  ob_buf_add(out, server, (size_t)(host - server));
  if (at) host = at + 1;
  ob_buf_add(out, host, strcspn(host, "?#"));
}

char *ob_kube_server_text(const ob_kube_server *s) {
  bool v6 = strchr(s->host, ':') != NULL;
  return ob_asprintf("%s://%s%s%s:%d%s", s->https ? "https" : "http", v6 ? "[" : "", s->host,
                     v6 ? "]" : "", s->port, s->prefix);
}
