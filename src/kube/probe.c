/* The states of a run; each arrow is a new connection.
 *
 *   strict ──certificate refused──▶ look ──▶ done
 *     │                               │
 *     └──3xx, at most OB_PROBE_HOPS───┴────▶ strict, at the next URL
 *
 * An answer is over with its headers: the header callback ends the transfer there, so that a
 * body, however long or slow, costs nothing. Sockets are opened by us, because only then is it
 * known where a name has led; a socket that may not be opened is refused to libcurl. */
#include "kube/probe.h"

#include "base/str.h"
#include "kube/address.h"
#include "kube/curl.h"
#include "kube/probe_words.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

struct ob_probe_run {
  ob_easy base; /* first */
  const ob_probe_env *env;
  ob_probe_target target;
  ob_probe_result result;
  void (*on_done)(void *arg, const ob_probe_result *r);
  void *arg;
  /* The request under way. */
  char *url, *host; /* host without brackets */
  uint16_t port;
  bool https;
  ob_probe_origin origin;
  bool look;            /* the certificate is not verified: it was found bad already */
  bool tried, answered; /* a socket was opened; headers are complete */
  ob_address_class refused;
  char refused_at[OB_ADDRESS_TEXT]; /* "" none was */
  ob_http_headers got;
  struct curl_slist *connect_to, *headers;
  char detail[CURL_ERROR_SIZE];
  int64_t begun_ms;
};

/* --- where a socket may go --- */
static bool known(const ob_probe_target *t, const struct sockaddr *a) {
  struct sockaddr_storage k;
  for (size_t i = 0; i < OB_PROBE_KNOWN && *t->known[i]; i++)
    if (ob_address_parse(t->known[i], &k) && ob_address_equal((struct sockaddr *)&k, a))
      return true;
  return false;
}

static bool may(const ob_probe_run *r, const struct sockaddr *a, ob_address_class class) {
  if (r->target.anywhere || r->origin == OB_BY_PERSON) return class != OB_ADDR_NOWHERE;
  switch (class) {
  case OB_ADDR_PUBLIC: return true;
  case OB_ADDR_PRIVATE: return r->origin == OB_BY_STATUS || known(&r->target, a);
  case OB_ADDR_LOOPBACK: return r->env->local_api;
  default: return false;
  }
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a) {
  ob_probe_run *r = arg;
  (void)purpose;
  ob_address_class class = ob_address_classify(&a->addr);
  if (!may(r, &a->addr, class)) {
    r->refused = class;
    ob_address_text(r->refused_at, &a->addr);
    return CURL_SOCKET_BAD;
  }
  r->tried = true;
  return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* --- one request --- */
static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
  ob_probe_run *r = arg;
  n *= size;
  ob_http_headers_line(&r->got, bytes, n);
  bool blank = n <= 2 && (n == 0 || bytes[0] == '\r' || bytes[0] == '\n');
  long status = 0;
  if (blank) curl_easy_getinfo(r->base.curl, CURLINFO_RESPONSE_CODE, &status);
  r->answered = status >= 200;
  return r->answered ? 0 : n; /* 0: enough */
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  (void)bytes, (void)size, (void)n, (void)arg;
  return 0;
}

#define SET(option, value) curl_easy_setopt(e, option, value)

static char *bracketed(const char *host) {
  return ob_asprintf(strchr(host, ':') ? "[%s]" : "%s", host);
}

/* By address, as long as the redirects stay on the host. */
static void set_way(ob_probe_run *r, CURL *e) {
  const ob_probe_target *t = &r->target;
  curl_slist_free_all(r->connect_to);
  r->connect_to = NULL;
  if (t->via != OB_VIA_ADDRESS || strcasecmp(r->host, t->host) != 0) return;
  OB_AUTOFREE char *host = bracketed(r->host), *address = bracketed(t->address);
  OB_AUTOFREE char *to = ob_asprintf("%s:%u:%s:%u", host, r->port, address, r->port);
  r->connect_to = curl_slist_append(NULL, to);
  SET(CURLOPT_CONNECT_TO, r->connect_to);
}

static void set_tls(const ob_probe_run *r, CURL *e) {
  SET(CURLOPT_SSL_VERIFYPEER, r->look ? 0L : 1L);
  SET(CURLOPT_SSL_VERIFYHOST, r->look || r->target.nameless ? 0L : 2L);
  if (r->env->ca_file) SET(CURLOPT_CAINFO, r->env->ca_file);
  SET(CURLOPT_CERTINFO, 1L);
  SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* a resumed session shows no certificates */
}

static void begin(ob_probe_run *r) {
  CURL *e = r->base.curl = curl_easy_init();
  ob_http_headers_reset(&r->got);
  r->answered = r->tried = false;
  r->refused_at[0] = r->detail[0] = '\0';
  r->begun_ms = ob_mono_ms();
  SET(CURLOPT_URL, r->url);
  SET(CURLOPT_PROTOCOLS_STR, "https,http");
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_PROXY, "");
  SET(CURLOPT_NOPROXY, "");
  SET(CURLOPT_FRESH_CONNECT, 1L);
  SET(CURLOPT_FORBID_REUSE, 1L);
  SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
  SET(CURLOPT_QUICK_EXIT, 1L); /* or a resolver that hangs would hold the watches up */
#endif
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_USERAGENT, "outboard-probe/" OB_VERSION);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->env->timing->probe_connect_ms);
  SET(CURLOPT_TIMEOUT_MS, (long)r->env->timing->probe_ms);
  if (r->target.head) SET(CURLOPT_NOBODY, 1L);
  if (r->target.scheme == OB_PROBE_TCP) SET(CURLOPT_CONNECT_ONLY, 1L);
  SET(CURLOPT_ERRORBUFFER, r->detail);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, r);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_OPENSOCKETDATA, r);
  set_way(r, e);
  set_tls(r, e);
  ob_http_guest_add(r->env->http, &r->base);
}

static void end_request(ob_probe_run *r) {
  if (!r->base.curl) return;
  ob_http_guest_remove(r->env->http, &r->base);
  curl_easy_cleanup(r->base.curl);
  r->base.curl = NULL;
}

static void run_free(ob_probe_run *r) {
  end_request(r);
  curl_slist_free_all(r->connect_to);
  ob_http_headers_reset(&r->got);
  free(r->url);
  free(r->host);
  free(r);
}

/* --- what it says --- */
static int64_t micros(CURL *e, CURLINFO what) {
  curl_off_t v = 0;
  curl_easy_getinfo(e, what, &v);
  return (int64_t)v;
}

/* Of the last connection: the times of a redirect's first leg would not be those of its last. */
static void take_times(ob_probe_run *r) {
  CURL *e = r->base.curl;
  ob_probe_result *out = &r->result;
  struct sockaddr_storage ignored;
  bool literal = r->connect_to ? ob_address_parse(r->target.address, &ignored)
                               : ob_address_parse(r->host, &ignored);
  int64_t dns = micros(e, CURLINFO_NAMELOOKUP_TIME_T), tcp = micros(e, CURLINFO_CONNECT_TIME_T);
  int64_t tls = micros(e, CURLINFO_APPCONNECT_TIME_T);
  int64_t first = micros(e, CURLINFO_STARTTRANSFER_TIME_T), ready = r->https ? tls : tcp;
  for (int i = 0; i < OB_STEP_COUNT; i++) out->step_us[i] = -1;
  out->total_us = micros(e, CURLINFO_TOTAL_TIME_T);
  out->reached = OB_STEP_DNS;
  if (dns > 0 || r->tried || *r->refused_at) {
    if (!literal) out->step_us[OB_STEP_DNS] = dns;
    out->reached = OB_STEP_CONNECT;
  } else if (literal) {
    out->reached = OB_STEP_CONNECT;
  }
  /* libcurl may tell the time of the connection only once TLS stands, too. */
  long local_port = 0;
  curl_easy_getinfo(e, CURLINFO_LOCAL_PORT, &local_port);
  if (local_port > 0 && r->https) out->reached = OB_STEP_TLS;
  if (tcp <= 0) return;
  out->step_us[OB_STEP_CONNECT] = tcp > dns ? tcp - dns : 0;
  if (r->target.scheme == OB_PROBE_TCP) return;
  out->reached = r->https ? OB_STEP_TLS : OB_STEP_ANSWER;
  if (r->https && tls > 0) {
    out->step_us[OB_STEP_TLS] = tls > tcp ? tls - tcp : 0;
    out->reached = OB_STEP_ANSWER;
  }
  if (r->answered) out->step_us[OB_STEP_ANSWER] = first > ready ? first - ready : 0;
}

static void copy_value(char *out, size_t size, const char *line, const char *key) {
  size_t n = strlen(key);
  if (strncmp(line, key, n) == 0 && line[n] == ':') snprintf(out, size, "%s", line + n + 1);
}

static void take_date(int64_t *out, const char *line, const char *key) {
  char text[64] = "";
  copy_value(text, sizeof text, line, key);
  time_t t = *text ? curl_getdate(text, NULL) : -1;
  if (t > 0) *out = (int64_t)t * 1000;
}

static void take_chain(ob_probe_run *r) {
  struct curl_certinfo *info = NULL;
  if (curl_easy_getinfo(r->base.curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info) return;
  int n = info->num_of_certs < OB_PROBE_CHAIN ? info->num_of_certs : OB_PROBE_CHAIN;
  if (n <= 0) return;
  r->result.nchain = (uint8_t)n;
  for (int i = 0; i < n; i++) {
    ob_probe_cert *c = &r->result.chain[i];
    *c = (ob_probe_cert){.from_ms = 0};
    for (const struct curl_slist *l = info->certinfo[i]; l; l = l->next) {
      copy_value(c->subject, sizeof c->subject, l->data, "Subject");
      copy_value(c->issuer, sizeof c->issuer, l->data, "Issuer");
      take_date(&c->from_ms, l->data, "Start date");
      take_date(&c->to_ms, l->data, "Expire date");
      if (i == 0)
        copy_value(r->result.names, sizeof r->result.names, l->data,
                   "X509v3 Subject Alternative Name");
    }
  }
}

static void take_answer(ob_probe_run *r) {
  CURL *e = r->base.curl;
  char *ip = NULL;
  long version = 0, status = 0;
  curl_easy_getinfo(e, CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(e, CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
  snprintf(r->result.peer, sizeof r->result.peer, "%s", ob_or(ip, ""));
  if (!r->answered) return;
  r->result.status = (int)status;
  snprintf(r->result.version, sizeof r->result.version, "%s",
           version == CURL_HTTP_VERSION_2_0   ? "HTTP/2"
           : version == CURL_HTTP_VERSION_1_0 ? "HTTP/1.0"
                                              : "HTTP/1.1");
}

/* --- the next URL --- */
static bool take_part(CURLU *u, CURLUPart part, unsigned flags, char **ret) {
  char *text = NULL;
  if (curl_url_get(u, part, &text, flags) != CURLUE_OK) return false;
  *ret = ob_strdup(text);
  curl_free(text);
  return true;
}

/* The request is set to `url`, seen from the URL before it. False: it is none of ours. */
static bool aim(ob_probe_run *r, const char *url) {
  OB_AUTOFREE char *next = NULL, *host = NULL, *port = NULL, *scheme = NULL, *user = NULL;
  CURLU *u = curl_url();
  bool ok = u && (!r->url || curl_url_set(u, CURLUPART_URL, r->url, 0) == CURLUE_OK) &&
            curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
            !take_part(u, CURLUPART_USER, 0, &user) && take_part(u, CURLUPART_URL, 0, &next) &&
            take_part(u, CURLUPART_HOST, 0, &host) && take_part(u, CURLUPART_SCHEME, 0, &scheme) &&
            take_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port);
  curl_url_cleanup(u);
  int64_t number = 0;
  bool https = ok && strcmp(scheme, "https") == 0;
  if (!ok || (!https && strcmp(scheme, "http") != 0) || !ob_parse_int(port, 1, 65535, &number))
    return false;
  size_t n = strlen(host);
  if (n > 2 && host[0] == '[') {
    memmove(host, host + 1, n - 2);
    host[n - 2] = '\0';
  }
  bool same = !r->host || strcasecmp(host, r->target.host) == 0;
  r->origin = same ? r->target.origin : OB_BY_NAME;
  free(r->url);
  free(r->host);
  r->url = next;
  next = NULL;
  r->host = ob_take(host);
  r->port = (uint16_t)number;
  r->https = https;
  return true;
}

static bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* True: another request was begun. */
static bool follow(ob_probe_run *r) {
  ob_probe_result *out = &r->result;
  if (!is_redirect(out->status) || !*r->got.location) return false;
  if (out->nhops == OB_PROBE_HOPS) {
    ob_probe_say_loop(out);
    return false;
  }
  ob_probe_hop *hop = &out->hop[out->nhops++];
  OB_AUTOFREE char *before = ob_strdup(r->url);
  hop->status = out->status;
  snprintf(hop->url, sizeof hop->url, "%.*s", (int)sizeof hop->url - 1, r->got.location);
  if (r->got.location_cut) {
    ob_probe_say_not_followed(out, "its Location is longer than 4096 bytes");
    return false;
  }
  if (!aim(r, r->got.location)) {
    ob_probe_say_not_followed(out, "it is no http or https URL without a password");
    return false;
  }
  snprintf(hop->url, sizeof hop->url, "%.*s", (int)sizeof hop->url - 1, r->url);
  if (strcmp(before, r->url) == 0) {
    ob_probe_say_loop(out);
    return false;
  }
  begin(r);
  return true;
}

/* --- the end --- */
static void finish(ob_probe_run *r) {
  r->result.at_ms = ob_wall_ms();
  if (r->result.verdict != OB_PROBE_BAD) ob_probe_judge_chain(&r->result, ob_wall_ms());
  r->on_done(r->arg, &r->result);
  run_free(r);
}

/* True: a look without verification was begun. */
static bool look_behind(ob_probe_run *r, CURLcode rc) {
  if (rc != CURLE_PEER_FAILED_VERIFICATION || r->look) return false;
  ob_probe_say_untrusted(&r->result, r->host, r->detail);
  take_times(r);
  take_chain(r);
  end_request(r);
  r->look = true;
  begin(r);
  return true;
}

static void on_end(ob_easy *base, CURLcode rc) {
  ob_probe_run *r = (ob_probe_run *)(void *)base;
  ob_probe_result *out = &r->result;
  if (look_behind(r, rc)) return;
  bool fine = rc == CURLE_OK || (rc == CURLE_WRITE_ERROR && r->answered);
  long os_errno = 0;
  curl_easy_getinfo(base->curl, CURLINFO_OS_ERRNO, &os_errno);
  take_times(r);
  take_answer(r);
  if (r->https) take_chain(r);
  end_request(r);
  if (!fine) {
    /* A certificate that was refused is the reason, whatever the look behind it brought. */
    if (*r->refused_at && !r->tried)
      ob_probe_say_refused(out, r->host, r->refused_at, ob_address_classes[r->refused]);
    else if (!r->look)
      ob_probe_say_failure(out, &r->target,
                           &(ob_probe_failure){.why = ob_curl_why(rc),
                                               .host = r->host,
                                               .port = r->port,
                                               .os_errno = (int)os_errno,
                                               .detail = r->detail,
                                               .waited_ms = ob_mono_ms() - r->begun_ms});
  } else if (r->target.scheme != OB_PROBE_TCP) {
    if (!r->look && follow(r)) return;
    if (!out->err.code) ob_probe_judge_status(out, out->status);
  }
  finish(r);
}

ob_probe_run *ob_probe_start(const ob_probe_env *env, const ob_probe_target *t,
                             void (*on_done)(void *arg, const ob_probe_result *r), void *arg) {
  ob_probe_run *r = ob_calloc(1, sizeof *r);
  r->base.done = on_end;
  r->env = env;
  r->target = *t;
  r->on_done = on_done;
  r->arg = arg;
  r->origin = t->origin;
  ob_http_headers_reset(&r->got);
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTOFREE char *host = bracketed(t->host);
  ob_buf_addf(&url, "%s://%s:%u%s", t->scheme == OB_PROBE_HTTPS ? "https" : "http", host, t->port,
              ob_or(t->path, "/"));
  if (!aim(r, ob_buf_str(&url))) {
    /* libcurl will say so, as a failure of this request. */
    r->url = ob_buf_take(&url, NULL);
    r->host = ob_strdup(t->host);
  }
  begin(r);
  return r;
}

void ob_probe_cancel(ob_probe_run *r) {
  if (r) run_free(r);
}
