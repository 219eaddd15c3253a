/* One libcurl handle: what is asked of it, and what it calls back with. Nothing here adds or
 * removes another handle: libcurl forbids that inside of its callbacks. */
#include "base/str.h"
#include "kube/http_curl.h"
#include <strings.h>

static void add_header(void *arg, const char *line) {
  ob_http_call *c = arg;
  struct curl_slist *l = curl_slist_append(c->headers, line);
  if (l) c->headers = l;
}

static void add_headerf(ob_http_call *c, const char *name, const char *value) {
  OB_AUTOFREE char *line = ob_asprintf("%s: %s", name, value);
  add_header(c, line);
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a) {
  ob_http_call *c = arg;
  (void)purpose;
  int fd =
      ob_http_socket_open(&c->trace, a->family, a->socktype, a->protocol, &a->addr, a->addrlen);
  if (fd >= 0) ob_http_socket(fd, c->http->timing->dead_peer_ms);
  return fd;
}

/* TLS begins: libcurl's own time of connecting is not there before TLS stands. */
static CURLcode on_tls(CURL *e, void *ctx, void *arg) {
  ob_http_call *c = arg;
  (void)e, (void)ctx;
  c->trace.connected_us = (ob_mono_ms() - c->begun_ms) * 1000 + 1;
  return CURLE_OK;
}

/* Connected, and not a byte of the request sent. Without subjectAltName libcurl takes the common
 * name, which RFC 9525 section 2 forbids and Go's TLS, so kubectl, refuses since 1.15. A connection
 * that is used again shows no certificate: it was looked at when it was new. */
static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port) {
  ob_http_call *c = arg;
  struct curl_certinfo *info = NULL;
  (void)ip, (void)local_ip, (void)port, (void)local_port;
  curl_easy_getinfo(c->easy, CURLINFO_CERTINFO, &info);
  if (!info || info->num_of_certs < 1) return CURL_PREREQFUNC_OK;
  for (const struct curl_slist *l = info->certinfo[0]; l; l = l->next)
    if (ob_starts(l->data, "X509v3 Subject Alternative Name:")) return CURL_PREREQFUNC_OK;
  c->nameless = true;
  return CURL_PREREQFUNC_ABORT;
}

static bool ok_status(int status) {
  return status >= 200 && status < 300;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  ob_http_call *c = arg;
  n *= size;
  if (c->cancelled) return 0;
  if (c->opened) return n; /* trailers */
  ob_http_headers_line(&c->got, bytes, n);
  bool blank = n <= 2 && (n == 0 || bytes[0] == '\r' || bytes[0] == '\n');
  if (!blank) return n;
  long status = 0;
  curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return n; /* 1xx: the real one follows */
  c->status = (int)status;
  c->head_ms = ob_boot_ms();
  if (!ok_status(c->status)) return n;
  c->opened = true;
  if (c->req.on_open) c->req.on_open(c->req.arg, c->status);
  return c->cancelled ? 0 : n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  ob_http_call *c = arg;
  n *= size;
  if (c->cancelled) return 0;
  if (c->opened && c->req.on_data) {
    if (c->req.on_data(c->req.arg, bytes, n) != 0) c->refused_data = true;
    return c->refused_data || c->cancelled ? 0 : n;
  }
  bool room = c->opened || c->body.len + n <= OB_HTTP_ERROR_MAX;
  if (room && ob_buf_add(&c->body, bytes, n) == 0) return n;
  c->too_large = true;
  return 0;
}

#define SET(option, value) curl_easy_setopt(e, option, value)

static void set_tls(CURL *e, ob_http_call *c) {
  const ob_tls_material *m = c->tls;
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  bool insecure = ob_http_target_of(c)->insecure;
  SET(CURLOPT_SSL_VERIFYPEER, insecure ? 0L : 1L);
  SET(CURLOPT_SSL_VERIFYHOST, insecure ? 0L : 2L);
  if (*m->ca) {
    SET(CURLOPT_CAINFO_BLOB, (&(struct curl_blob){m->ca, strlen(m->ca), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL); /* or the system's roots would be trusted as well */
  }
  /* A proxy's certificate may be of the cluster's CA, as kubectl wants it, or of the system's. */
  if (*m->ca)
    SET(CURLOPT_PROXY_CAINFO_BLOB, (&(struct curl_blob){m->ca, strlen(m->ca), CURL_BLOB_NOCOPY}));
  SET(CURLOPT_PROXY_SSL_VERIFYPEER, insecure ? 0L : 1L);
  SET(CURLOPT_PROXY_SSL_VERIFYHOST, insecure ? 0L : 2L);
  SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
  SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
  SET(CURLOPT_SSL_CTX_DATA, c);
  if (c->req.inspect) {
    SET(CURLOPT_SSL_VERIFYPEER, 0L);
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_CERTINFO, 1L);
    return;
  }
  if (!insecure) {
    SET(CURLOPT_CERTINFO, 1L);
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, c);
  }
  if (*m->cert) {
    SET(CURLOPT_SSLCERT_BLOB, (&(struct curl_blob){m->cert, strlen(m->cert), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_SSLKEY_BLOB, (&(struct curl_blob){m->key, strlen(m->key), CURL_BLOB_NOCOPY}));
    SET(CURLOPT_SSLCERTTYPE, "PEM");
    SET(CURLOPT_SSLKEYTYPE, "PEM");
    SET(CURLOPT_KEYPASSWD, ""); /* never asks on the terminal */
  }
}

static int on_talk(CURL *e, curl_infotype type, char *line, size_t n, void *arg) {
  ob_http_call *c = arg;
  (void)e;
  if (type == CURLINFO_TEXT) ob_http_trace_talk(&c->trace, line, n);
  return 0;
}

static void set_inspect(CURL *e, ob_http_call *c) {
  SET(CURLOPT_CONNECT_ONLY, 1L);
  SET(CURLOPT_FRESH_CONNECT, 1L);
  SET(CURLOPT_VERBOSE, 1L);
  SET(CURLOPT_DEBUGFUNCTION, on_talk);
  SET(CURLOPT_DEBUGDATA, c);
}

static void set_headers(ob_http *h, CURL *e, ob_http_call *c) {
  const ob_http_request *r = &c->req;
  ob_curl_slist_wipe(c->headers);
  c->headers = NULL;
  add_headerf(c, "Accept", ob_or(r->accept, "application/json"));
  add_header(c, "Expect:");
  if (r->body) add_headerf(c, "Content-Type", ob_or(r->content_type, "application/json"));
  if (r->if_none_match && *r->if_none_match) add_headerf(c, "If-None-Match", r->if_none_match);
  if (c->site) {
    if (c->authorization) add_headerf(c, "Authorization", c->authorization);
  } else {
    if (h->route.host_header) add_header(c, h->route.host_header);
    ob_creds_headers(&h->creds, add_header, c);
  }
  SET(CURLOPT_HTTPHEADER, c->headers);
  SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* a proxy gets none of them */
}

static void set_request(ob_http *h, CURL *e, ob_http_call *c) {
  const ob_http_request *r = &c->req;
  const ob_kube_target *target = ob_http_target_of(c);
  const ob_http_route *route = ob_http_route_of(c);
  OB_AUTOFREE char *url = ob_asprintf("%s%s%s", route->origin, target->prefix, r->path);
  SET(CURLOPT_URL, url);
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_PROTOCOLS_STR, "https,http");
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  /* Over plain http libcurl would wait for the first answer's end: a watch has none. */
  SET(CURLOPT_PIPEWAIT, target->https ? 1L : 0L);
  SET(CURLOPT_USERAGENT, "outboard/" OB_VERSION);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_QUICK_EXIT, 1L); /* closing does not wait for a resolver that hangs */
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)h->timing->connect_ms);
  if (r->method && strcasecmp(r->method, "GET") != 0) SET(CURLOPT_CUSTOMREQUEST, r->method);
  if (r->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
    SET(CURLOPT_POSTFIELDS, r->body);
  }
  if (r->gzip && !r->stream && !target->disable_compression) SET(CURLOPT_ACCEPT_ENCODING, "gzip");
  SET(CURLOPT_PROXY, route->proxy); /* "" also keeps libcurl from reading the environment */
  SET(CURLOPT_NOPROXY, "");
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (route->connect_to) {
    c->connect_to = curl_slist_append(NULL, route->connect_to);
    SET(CURLOPT_CONNECT_TO, c->connect_to);
  }
}

void ob_http_easy_begin(ob_http_call *c) {
  ob_http *h = c->http;
  c->tls = ob_tls_material_ref(c->site ? c->site->tls : h->creds.tls);
  c->generation = h->creds.generation;
  CURL *e = c->easy = curl_easy_init();
  c->state = RUNNING;
  c->begun_ms = c->started_ms = c->window_ms = ob_mono_ms();
  if (!e) return; /* http.c sees it */
  SET(CURLOPT_PRIVATE, c);
  SET(CURLOPT_ERRORBUFFER, c->detail);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, c);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, c);
  SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  SET(CURLOPT_OPENSOCKETDATA, c);
  set_request(h, e, c);
  if (c->req.inspect)
    set_inspect(e, c);
  else
    set_headers(h, e, c);
  set_tls(e, c);
  curl_multi_add_handle(h->multi, e);
}

void ob_http_easy_release(ob_http_call *c) {
  if (c->easy) {
    curl_multi_remove_handle(c->http->multi, c->easy);
    curl_easy_cleanup(c->easy);
  }
  ob_curl_slist_wipe(c->headers);
  curl_slist_free_all(c->connect_to);
  ob_tls_material_unref(c->tls);
  c->easy = NULL;
  c->headers = c->connect_to = NULL;
  c->tls = NULL;
}
