/* See client.h. */
#include "client.h"
#include "base/clock.h"
#include "base/yaml.h"
#include "sim/server.h"
#include <strings.h>
#include <unistd.h>

enum { CT_BODY = 64 * 1024 * 1024 };

static char *quoted(const char *s, const char *ns) {
  ob_buf out = OB_BUF_INIT(CT_BODY);
  for (; s && *s; s++) {
    if (*s == '~' && ns)
      ob_buf_adds(&out, ns);
    else
      ob_buf_addc(&out, *s == '\'' ? '"' : *s);
  }
  return ob_buf_take(&out, NULL);
}

static char *decoded(const ob_json *o, const char *key) {
  const char *s = ob_json_get_str(o, key);
  ob_buf out = OB_BUF_INIT(CT_BODY);
  if (!s || ob_base64_decode(&out, s, strlen(s)) != 0) return NULL;
  return ob_buf_take(&out, NULL);
}

static void read_kubeconfig(ct *c, const char *text, size_t n) {
  ob_err err;
  ob_yaml_doc *doc = ob_yaml_parse(text, n, "kubeconfig", &err);
  cr_assert_not_null(doc, "%s", err.msg);
  const ob_json *root = ob_yaml_root(doc);
  const ob_json *cluster = ob_json_get(ob_json_first(ob_json_get(root, "clusters")), "cluster");
  const ob_json *user = ob_json_get(ob_json_first(ob_json_get(root, "users")), "user");
  c->url = ob_strdup(ob_json_get_str(cluster, "server"));
  c->ca = decoded(cluster, "certificate-authority-data");
  c->cert = decoded(user, "client-certificate-data");
  c->key = decoded(user, "client-key-data");
  c->token = ob_strdup_opt(ob_json_get_str(user, "token"));
  ob_yaml_free(doc);
}

ct *ct_open_at(const char *kubeconfig, const ob_sim_opts *opts, const char *ns) {
  ct *c = ob_calloc(1, sizeof *c);
  ob_err err;
  OB_AUTO(ob_buf) config = OB_BUF_INIT(CT_BODY);
  if (kubeconfig) {
    cr_assert_eq(ob_read_file(kubeconfig, &config, &err), 0, "%s", err.msg);
  } else {
    static const ob_sim_opts empty = {.empty = true, .controller_ms = 200};
    cr_assert_eq(ob_sim_start(&c->sim, opts ? opts : &empty, &err), 0, "%s", err.msg);
    ob_sim_kubeconfig(c->sim, &config);
  }
  read_kubeconfig(c, config.ptr, config.len);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  c->curl = curl_easy_init();
  uint32_t id;
  ob_random(&id, sizeof id);
  c->ns = ns ? ob_strdup(ns) : ob_asprintf("ct-%08x", id);
  OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'%s'}}", c->ns);
  ct_post(c, "/api/v1/namespaces", body);
  return c;
}

ct *ct_open(const ob_sim_opts *opts) {
  const char *file = getenv("OUTBOARD_CONTRACT_KUBECONFIG");
  return ct_open_at(file && *file ? file : NULL, opts, NULL);
}

void ct_close(ct *c) {
  if (!c->sim) ct_call(c, "DELETE", NULL, "/api/v1/namespaces/~", NULL);
  curl_easy_cleanup(c->curl);
  curl_global_cleanup();
  ob_sim_stop(c->sim);
  ob_json_free(c->reply);
  char *const all[] = {c->url, c->ca,   c->token,   c->cert,       c->key,
                       c->ns,  c->text, c->warning, c->retry_after};
  for (size_t i = 0; i < OB_LEN(all); i++) free(all[i]);
  free(c);
}

int ct_minor(ct *c) {
  int64_t minor = 0;
  ct_get(c, "/version");
  ob_parse_int(ct_at(c, "/minor"), 0, 1000, &minor);
  return (int)minor;
}

bool ct_expire(ct *c, const char *path) {
  enum { SECONDS = 40 }; /* 9 were measured */
  if (c->sim) {
    sim_store_lock(&c->sim->store);
    sim_store_compact(&c->sim->store);
    sim_store_unlock(&c->sim->store);
  } else if (!getenv("OUTBOARD_CONTRACT_COMPACTS")) {
    return false;
  }
  for (int i = 0; i < SECONDS && ct_get(c, path) != 410; i++) {
    /* Something must happen, or nothing is old. */
    ct_post(c, "/api/v1/namespaces/~/secrets", "{'metadata':{'generateName':'old-'}}");
    sleep(1);
  }
  return true;
}

bool ct_needs_sim(const ct *c) {
  return c->sim == NULL;
}

static size_t take_bytes(char *p, size_t size, size_t n, void *arg) {
  return ob_buf_add(arg, p, size * n) == 0 ? size * n : 0;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg) {
  ct *c = arg;
  OB_AUTOFREE char *line = ob_strndup(p, size * n);
  line[strcspn(line, "\r\n")] = '\0';
  static const char warning[] = "warning: ", retry[] = "retry-after: ";
  if (strncasecmp(line, warning, strlen(warning)) == 0 && !c->warning)
    c->warning = ob_strdup(line + strlen(warning));
  if (strncasecmp(line, retry, strlen(retry)) == 0)
    c->retry_after = ob_strdup(line + strlen(retry));
  return size * n;
}

static void set_blob(CURL *h, CURLoption option, const char *text) {
  struct curl_blob blob = {(void *)text, text ? strlen(text) : 0, CURL_BLOB_COPY};
  if (text) curl_easy_setopt(h, option, &blob);
}

static struct curl_slist *prepare(ct *c, CURL *h, const char *method, const char *type,
                                  const char *path) {
  OB_AUTOFREE char *at = quoted(path, c->ns);
  OB_AUTOFREE char *url = ob_asprintf("%s%s", c->url, at);
  OB_AUTOFREE char *accept = ob_asprintf("Accept: %s", c->accept ? c->accept : CT_JSON);
  OB_AUTOFREE char *auth = c->authorization
                               ? ob_asprintf("Authorization: %s", c->authorization)
                               : ob_asprintf("Authorization: Bearer %s", ob_or(c->token, ""));
  OB_AUTOFREE char *content = ob_asprintf("Content-Type: %s", ob_or(type, CT_JSON));
  OB_AUTOFREE char *host = ob_asprintf("Host: %s", ob_or(c->host, ""));
  struct curl_slist *headers = curl_slist_append(NULL, accept);
  if (c->token && !ob_streq(c->authorization, "")) headers = curl_slist_append(headers, auth);
  if (type) headers = curl_slist_append(headers, content);
  if (c->host) headers = curl_slist_append(headers, host);
  curl_easy_reset(h);
  curl_easy_setopt(h, CURLOPT_URL, url);
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(h, CURLOPT_USERAGENT, "outboard-contract/1");
  curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 30000L);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  set_blob(h, CURLOPT_CAINFO_BLOB, c->ca);
  set_blob(h, CURLOPT_SSLCERT_BLOB, c->cert);
  set_blob(h, CURLOPT_SSLKEY_BLOB, c->key);
  c->accept = c->authorization = c->host = NULL;
  return headers;
}

long ct_call(ct *c, const char *method, const char *type, const char *path, const char *body) {
  OB_AUTOFREE char *send = quoted(body, NULL);
  return ct_send(c, method, type, path, body ? send : NULL, body ? strlen(send) : 0);
}

long ct_send(ct *c, const char *method, const char *type, const char *path, const char *body,
             size_t n) {
  ob_buf text = OB_BUF_INIT(CT_BODY);
  struct curl_slist *headers = prepare(c, c->curl, method, type, path);
  free(c->warning);
  free(c->retry_after);
  free(c->text);
  c->warning = c->retry_after = NULL;
  if (body) {
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE, (long)n);
  }
  curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &text);
  curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
  CURLcode rc = curl_easy_perform(c->curl);
  curl_slist_free_all(headers);
  cr_assert_eq(rc, CURLE_OK, "%s %s: %s", method, path, curl_easy_strerror(rc));
  curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->code);
  c->text = ob_buf_take(&text, &n);
  ob_json_free(c->reply);
  c->reply = ob_json_parse(c->text, n, OB_JSON_STRICT, NULL);
  return c->code;
}

const char *ct_text(const ob_json *root, const char *pointer) {
  static char number[32]; /* of one test's own process */
  const ob_json *v = ob_pointer_get(root, pointer);
  int64_t n;
  if (ob_json_int(v, &n)) {
    snprintf(number, sizeof number, "%lld", (long long)n);
    return number;
  }
  if (ob_json_is(v, OB_JSON_BOOL)) return ob_json_bool(v, false) ? "true" : "false";
  return ob_or(ob_json_str(v), "");
}
const char *ct_at(const ct *c, const char *pointer) {
  return ct_text(c->reply, pointer);
}

bool ct_refused(const ct *c, const char *reason, const char *field, const char *cause) {
  if (!ob_streq(ct_at(c, "/kind"), "Status") || !ob_streq(ct_at(c, "/reason"), reason))
    return false;
  if (!field) return true;
  for (const ob_json *k = ob_json_first(ob_pointer_get(c->reply, "/details/causes")); k;
       k = ob_json_next(k))
    if (strcasecmp(ob_or(ob_json_get_str(k, "field"), ""), field) == 0 &&
        (!cause || ob_streq(ob_json_get_str(k, "reason"), cause)))
      return true;
  return false;
}

void ct_service(ct *c, const char *name, const char *spec) {
  OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'%s'},'spec':{%s}}", name, spec);
  cr_assert_eq(ct_post(c, CT_SVC, body), 201, "%s: %s", body, c->text);
}

char *ct_rv(const ct *c) {
  return ob_strdup(ct_at(c, "/metadata/resourceVersion"));
}

/* --- watches ------------------------------------------------------------------------------ */
struct ct_stream {
  CURLM *multi;
  CURL *easy;
  struct curl_slist *headers;
  ob_buf bytes;
  bool ended;
  CURLcode result;
};

ct_stream *ct_watch(ct *c, const char *path) {
  ct_stream *s = ob_calloc(1, sizeof *s);
  ob_buf_init(&s->bytes, CT_BODY);
  s->multi = curl_multi_init();
  s->easy = curl_easy_init();
  s->headers = prepare(c, s->easy, "GET", NULL, path);
  curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, &s->bytes);
  curl_multi_add_handle(s->multi, s->easy);
  return s;
}

static void drive(ct_stream *s, int ms) {
  int running, left;
  curl_multi_poll(s->multi, NULL, 0, ms, NULL);
  curl_multi_perform(s->multi, &running);
  for (CURLMsg *m; (m = curl_multi_info_read(s->multi, &left)) != NULL;)
    if (m->msg == CURLMSG_DONE) {
      s->ended = true;
      s->result = m->data.result;
    }
}

ob_json *ct_next(ct_stream *s, int ms) {
  for (int64_t until = ob_mono_ms() + ms;;) {
    char *line = s->bytes.len ? memchr(s->bytes.ptr, '\n', s->bytes.len) : NULL;
    if (line) {
      size_t n = (size_t)(line - s->bytes.ptr);
      ob_json *event = ob_json_parse(s->bytes.ptr, n, OB_JSON_STRICT, NULL);
      cr_assert_not_null(event, "no JSON: %.*s", (int)n, s->bytes.ptr);
      ob_buf_consume(&s->bytes, n + 1);
      return event;
    }
    int64_t left = until - ob_mono_ms();
    if (s->ended || left <= 0) return NULL;
    drive(s, left < 50 ? (int)left : 50);
  }
}

bool ct_ended(const ct_stream *s) {
  return s->ended;
}
CURLcode ct_result(const ct_stream *s) {
  return s->result;
}

void ct_unwatch(ct_stream *s) {
  curl_multi_remove_handle(s->multi, s->easy);
  curl_easy_cleanup(s->easy);
  curl_multi_cleanup(s->multi);
  curl_slist_free_all(s->headers);
  ob_buf_done(&s->bytes);
  free(s);
}
