/* What a call leaves behind for whoever wants to know by which way it went, and the copy of its
 * request. libcurl tells of a certificate in lines ("Issuer:CN = kubernetes"), in the words of its
 * TLS library; the dates are those of OpenSSL ("Nov 24 08:03:37 2026 GMT") or of GnuTLS
 * ("2026-11-24 08:03:37 GMT"). */
#include "base/str.h"
#include "kube/http_priv.h"
#include <stdio.h>

static void copy_bytes(char *out, size_t size, const char *s, size_t n) {
  if (n >= size) n = size - 1;
  memcpy(out, s, n);
  out[n] = '\0';
}

ob_http_request ob_http_request_copy(const ob_http_request *r) {
  ob_http_request c = *r;
  c.method = ob_strdup_opt(r->method);
  c.path = ob_strdup(r->path ? r->path : "");
  c.accept = ob_strdup_opt(r->accept);
  c.content_type = ob_strdup_opt(r->content_type);
  c.if_none_match = ob_strdup_opt(r->if_none_match);
  if (r->body) {
    char *body = ob_alloc(r->body_len + 1);
    memcpy(body, r->body, r->body_len);
    c.body = body;
  }
  return c;
}

void ob_http_request_done(ob_http_request *r) {
  const void *owned[] = {r->method, r->path, r->accept, r->content_type, r->if_none_match, r->body};
  if (r->body) explicit_bzero((void *)(uintptr_t)r->body, r->body_len); /* may hold a token */
  for (size_t i = 0; i < OB_LEN(owned); i++) free((void *)(uintptr_t)owned[i]);
  *r = (ob_http_request){0};
}

/* --- certificates --- */
static int64_t cert_date(const char *s) {
  char month[4], text[64];
  int day, year, h, m, sec;
  int64_t ms;
  if (sscanf(s, "%3s %2d %2d:%2d:%2d %4d", month, &day, &h, &m, &sec, &year) == 6) {
    (void)snprintf(text, sizeof text, "Mon, %02d %s %04d %02d:%02d:%02d GMT", day, month, year, h,
                   m, sec);
    return ob_http_date(text, strlen(text));
  }
  copy_bytes(text, sizeof text, s, 19); /* 2026-11-24 08:03:37 */
  if (strlen(text) < 19) return 0;
  text[10] = 'T';
  text[19] = 'Z';
  text[20] = '\0';
  return ob_time_parse(text, &ms) ? ms : 0;
}

/* "DNS:localhost, IP Address:127.0.0.1" without what kind of name each is. */
static void cert_names(char *out, size_t size, const char *s) {
  static const char *const kinds[] = {"DNS:", "IP Address:", "IPAddress:", "URI:", "email:"};
  OB_AUTO(ob_buf) b = OB_BUF_INIT(size - 1);
  while (*s) {
    for (size_t i = 0; i < OB_LEN(kinds); i++)
      if (ob_starts(s, kinds[i])) {
        s += strlen(kinds[i]);
        break;
      }
    size_t n = strcspn(s, ",");
    n += s[n] == ',';
    ob_buf_add(&b, s, n);
    s += n;
    while (*s == ' ') {
      ob_buf_addc(&b, ' ');
      s++;
    }
  }
  copy_bytes(out, size, ob_buf_str(&b), b.len);
}

void ob_http_trace_cert(ob_http_trace *t, const char *line) {
  const char *value = strchr(line, ':');
  if (!value) return;
  size_t n = (size_t)(value++ - line);
  OB_AUTOFREE char *key = ob_strndup(line, n);
  if (ob_streq(key, "Subject"))
    copy_bytes(t->cert.subject, sizeof t->cert.subject, value, strlen(value));
  else if (ob_streq(key, "Issuer"))
    copy_bytes(t->cert.issuer, sizeof t->cert.issuer, value, strlen(value));
  else if (ob_streq(key, "Start date"))
    t->cert.not_before_ms = cert_date(value);
  else if (ob_streq(key, "Expire date"))
    t->cert.not_after_ms = cert_date(value);
  else if (ob_streq(key, "X509v3 Subject Alternative Name"))
    cert_names(t->cert.names, sizeof t->cert.names, value);
}

void ob_http_trace_talk(ob_http_trace *t, const char *line, size_t n) {
  static const char says[] = "SSL connection using ";
  const size_t k = sizeof says - 1;
  if (n <= k || memcmp(line, says, k) != 0) return;
  size_t len = 0;
  while (k + len < n && line[k + len] > ' ' && line[k + len] != '/') len++;
  copy_bytes(t->tls, sizeof t->tls, line + k, len);
}

ob_http_stage ob_http_trace_stage(const ob_http_trace *t, bool https) {
  if (!t->resolved_us) return OB_HTTP_RESOLVING;
  if (!t->connected_us) return OB_HTTP_CONNECTING;
  return https && !t->secured_us ? OB_HTTP_SECURING : OB_HTTP_ASKING;
}

void ob_http_trace_proxy(ob_http_trace *t, const char *proxy_url) {
  if (!proxy_url || !*proxy_url) return;
  const char *host = strstr(proxy_url, "://");
  size_t scheme = host ? (size_t)(host - proxy_url) + 3 : 0;
  host = proxy_url + scheme;
  const char *at = memrchr(host, '@', strcspn(host, "/"));
  if (at) host = at + 1;
  (void)snprintf(t->proxy, sizeof t->proxy, "%.*s%s", (int)scheme, proxy_url, host);
}
