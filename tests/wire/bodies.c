#include "wire/bodies.h"
#include <err.h>
#include <stdio.h>
#include <zlib.h>

enum { DEEP = 3000, HUGE = 17 * 1024 * 1024, GZIP_HEAD = 10 };

static bool is_list(const ob_alter_reply *r, const ob_buf *b) {
  return !r->watch && b->len > 0;
}
static bool is_line(const ob_alter_reply *r, const ob_buf *b) {
  return r->watch && b->len > 0;
}

/* --- the whole ------------------------------------------------------------------------------ */
ob_alter_then body_cut(mx *m, const ob_alter_reply *r, ob_buf *b) {
  if (is_list(r, b)) ob_buf_truncate(b, mx_below(m, (uint32_t)b->len - 2));
  return OB_ALTER_ON;
}

ob_alter_then body_turned(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char bytes[] = "\0\xff\"{}[]\\,:0aZ\x1b\x7f\xc0";
  (void)r;
  if (b->len) b->ptr[mx_below(m, (uint32_t)b->len)] = bytes[mx_below(m, sizeof bytes - 1)];
  return OB_ALTER_ON;
}

ob_alter_then body_portal(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m, (void)r;
  ob_buf_reset(b);
  ob_buf_adds(b, "<!DOCTYPE html><html><title>Wi-Fi</title>Please log in.</html>\n");
  return OB_ALTER_END;
}

static void compress_body(ob_buf *b) {
  z_stream z = {.next_in = (unsigned char *)b->ptr, .avail_in = (unsigned)b->len};
  deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  size_t max = deflateBound(&z, b->len);
  unsigned char *out = ob_alloc(max);
  z.next_out = out;
  z.avail_out = (unsigned)max;
  if (deflate(&z, Z_FINISH) != Z_STREAM_END) errx(1, "deflate");
  ob_buf_reset(b);
  ob_buf_add(b, out, z.total_out);
  deflateEnd(&z);
  free(out);
}

ob_alter_then body_gzip_bad(mx *m, const ob_alter_reply *r, ob_buf *b) {
  if (!is_list(r, b)) return OB_ALTER_ON;
  compress_body(b);
  b->ptr[GZIP_HEAD + mx_below(m, (uint32_t)b->len - GZIP_HEAD)] ^= (char)(1u << mx_below(m, 8));
  return OB_ALTER_ON;
}

ob_alter_then body_gzip_short(mx *m, const ob_alter_reply *r, ob_buf *b) {
  if (!is_list(r, b)) return OB_ALTER_ON;
  compress_body(b);
  ob_buf_truncate(b, mx_below(m, (uint32_t)b->len - 12)); /* its trailer alone is 8 bytes */
  return OB_ALTER_ON;
}

ob_alter_then body_line_cut(mx *m, const ob_alter_reply *r, ob_buf *b) {
  if (!is_line(r, b)) return OB_ALTER_ON;
  ob_buf_truncate(b, 1 + mx_below(m, (uint32_t)b->len - 3));
  ob_buf_adds(b, "\n");
  return OB_ALTER_ON;
}

ob_alter_then body_line_words(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const words[] = {"upstream connect error\n", "[1,2]\n", "\"ADDED\"\n", "{}\n",
                                      "{\"type\":1}\n",           "}{\n"};
  if (!is_line(r, b)) return OB_ALTER_ON;
  ob_buf_reset(b);
  ob_buf_adds(b, words[mx_below(m, OB_LEN(words))]);
  return OB_ALTER_ON;
}

/* --- the victim ------------------------------------------------------------------------------ */
/* `to` instead of the first `from` behind the place where the victim begins. */
static bool replace(ob_buf *b, const char *from, const char *to, size_t n) {
  const char *victim = strstr(ob_buf_str(b), "\"name\":\"victim\"");
  const char *at = victim ? strstr(victim, from) : NULL;
  if (!at) return false;
  size_t before = (size_t)(at - b->ptr), after = before + strlen(from);
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_ALTER_BODY);
  ob_buf_add(&out, b->ptr, before);
  ob_buf_add(&out, to, n);
  ob_buf_add(&out, b->ptr + after, b->len - after);
  ob_buf_reset(b);
  ob_buf_add(b, out.ptr, out.len);
  return true;
}

#define NOTE "\"plain\""

ob_alter_then body_utf8(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const bad[] = {"\"\xff\"",     "\"\xc3\"",         "\"\xed\xa0\x80\"",
                                    "\"\xc0\xaf\"", "\"\xf8\x88\x80\"", "\"a\x80z\""};
  const char *s = bad[mx_below(m, OB_LEN(bad))];
  (void)r;
  replace(b, NOTE, s, strlen(s));
  return OB_ALTER_ON;
}

ob_alter_then body_nul(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const bad[] = {"\"a\\u0000b\"", "\"\\ud800\"", "\"\\x\"", "nul"};
  const char *s = bad[mx_below(m, OB_LEN(bad))];
  (void)r;
  replace(b, NOTE, s, strlen(s));
  return OB_ALTER_ON;
}

ob_alter_then body_deep(mx *m, const ob_alter_reply *r, ob_buf *b) {
  OB_AUTO(ob_buf) deep = OB_BUF_INIT(OB_ALTER_BODY);
  (void)m, (void)r;
  ob_buf_fill(&deep, '[', DEEP);
  ob_buf_fill(&deep, ']', DEEP);
  replace(b, NOTE, deep.ptr, deep.len);
  return OB_ALTER_ON;
}

ob_alter_then body_huge(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m, (void)r;
  if (!strstr(ob_buf_str(b), NOTE)) return OB_ALTER_ON;
  OB_AUTO(ob_buf) huge = OB_BUF_INIT(OB_ALTER_BODY);
  ob_buf_adds(&huge, "\"");
  ob_buf_fill(&huge, 'x', HUGE);
  ob_buf_adds(&huge, "\"");
  replace(b, NOTE, huge.ptr, huge.len);
  return OB_ALTER_ON;
}

ob_alter_then body_twice(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const wrong[] = {
      "\"note\":\"wrong\",\"note\":",
      "\"x\":\"1\"},\"annotations\":{\"note\":",
  };
  const char *s = wrong[mx_below(m, OB_LEN(wrong))];
  (void)r;
  replace(b, "\"note\":", s, strlen(s));
  static const char spec[] =
      "\"spec\":{\"type\":\"ExternalName\",\"externalName\":\"wrong.example\"},\"spec\":";
  if (strstr(r->path, "/services")) replace(b, "\"spec\":", spec, strlen(spec));
  return OB_ALTER_ON;
}

ob_alter_then body_number(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const numbers[] = {
      "\"port\":1e400",   "\"port\":-1",         "\"port\":99999999999999999999999",
      "\"port\":65616",   "\"port\":4294975376", "\"port\":0.5",
      "\"port\":-1e-999", "\"port\":\"8080\"",   "\"port\":null"};
  const char *s = numbers[mx_below(m, OB_LEN(numbers))];
  (void)r;
  replace(b, "\"port\":8080", s, strlen(s));
  return OB_ALTER_ON;
}

ob_alter_then body_type(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const types[] = {
      "\"ports\":\"none\",\"was\":", "\"ports\":{\"a\":1},\"was\":",
      "\"ports\":[[],null,7,\"x\",{}],\"was\":", "\"ports\":true,\"was\":"};
  const char *s = types[mx_below(m, OB_LEN(types))];
  (void)r;
  replace(b, "\"ports\":", s, strlen(s));
  return OB_ALTER_ON;
}

/* --- events ------------------------------------------------------------------------------------
 */
ob_alter_then body_doubled(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m;
  if (!is_line(r, b)) return OB_ALTER_ON;
  size_t n = b->len;
  OB_AUTOFREE char *copy = ob_strndup(b->ptr, n);
  ob_buf_add(b, copy, n);
  return OB_ALTER_ON;
}

static void before(ob_buf *b, const char *line) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_ALTER_BODY);
  ob_buf_adds(&out, line);
  ob_buf_add(&out, ob_buf_str(b), b->len);
  ob_buf_reset(b);
  ob_buf_add(b, out.ptr, out.len);
}

ob_alter_then body_new_type(mx *m, const ob_alter_reply *r, ob_buf *b) {
  static const char *const lines[] = {
      "{\"type\":\"PROGRESS\",\"object\":{\"kind\":\"Progress\",\"done\":7}}\n",
      "{\"type\":\"REORDERED\"}\n", "{\"type\":\"added\",\"object\":{\"kind\":\"Service\"}}\n",
      "\n"};
  if (r->watch) before(b, lines[mx_below(m, OB_LEN(lines))]);
  return OB_ALTER_ON;
}

ob_alter_then body_new_kind(mx *m, const ob_alter_reply *r, ob_buf *b) {
  if (r->watch)
    before(b, mx_below(m, 2)
                  ? "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Gizmo\",\"apiVersion\":\"x.io/v1\","
                    "\"metadata\":{\"name\":\"gizmo\",\"namespace\":\"default\",\"uid\":\"g-1\","
                    "\"resourceVersion\":\"7\"}}}\n"
                  : "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Table\",\"apiVersion\":"
                    "\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"9\"},\"rows\":[]}}\n");
  return OB_ALTER_ON;
}

ob_alter_then body_unknown_gone(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m;
  const char *kind = strstr(r->path, "/services")    ? "Service"
                     : strstr(r->path, "/ingresses") ? "Ingress"
                                                     : "EndpointSlice";
  OB_AUTOFREE char *line = ob_asprintf(
      "{\"type\":\"DELETED\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"v1\",\"metadata\":{"
      "\"name\":\"x\",\"namespace\":\"default\",\"uid\":\"never\"}}}\n",
      kind);
  if (r->watch) before(b, line);
  return OB_ALTER_ON;
}

ob_alter_then body_old_bookmark(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m;
  if (!is_line(r, b) || !strstr(ob_buf_str(b), "\"BOOKMARK\"")) return OB_ALTER_ON;
  ob_buf_reset(b);
  ob_buf_adds(b, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\",\"apiVersion\":\"v1\","
                 "\"metadata\":{\"resourceVersion\":\"1\"}}}\n");
  return OB_ALTER_ON;
}

ob_alter_then body_expired(mx *m, const ob_alter_reply *r, ob_buf *b) {
  (void)m;
  if (!r->watch) return OB_ALTER_ON;
  ob_buf_reset(b);
  ob_buf_adds(b, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\","
                 "\"status\":\"Failure\",\"message\":\"too old resource version: 1 (9)\","
                 "\"reason\":\"Expired\",\"code\":410}}\n");
  return OB_ALTER_END;
}

/* --- heads -------------------------------------------------------------------------------------
 */
void head_gzip(mx *m, const ob_alter_reply *r, ob_buf *head) {
  (void)m;
  if (!r->watch) ob_buf_adds(head, "Content-Encoding: gzip\r\n");
}

void head_portal(mx *m, const ob_alter_reply *r, ob_buf *head) {
  (void)m, (void)r;
  ob_buf_reset(head);
  ob_buf_adds(head, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n");
}

void head_redirect(mx *m, const ob_alter_reply *r, ob_buf *head) {
  (void)m, (void)r;
  ob_buf_reset(head);
  ob_buf_adds(head, "HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\n");
}
