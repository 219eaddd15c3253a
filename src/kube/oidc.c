/* Two requests: discovery for the token endpoint, then the refresh. Client and secret go as RFC
 * 6749 prefers, in a Basic header, and in the body for issuers that want them there. */
#include "kube/oidc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "kube/http_priv.h"

struct ob_oidc {
  ob_http *http;
  const ob_kube_oidc *config;
  char *id_token, *refresh_token; /* NULL none */
  ob_http_site *site;             /* of the request under way */
  ob_http_call *call;
  char *token_url;
  ob_err stored; /* of the last time the tokens were written back */
  bool in_body;  /* the client's name goes in the body: the header was refused */
  void (*done)(void *arg, const ob_err *err);
  void *arg;
};

ob_oidc *ob_oidc_new(ob_http *h, const ob_kube_oidc *config) {
  ob_oidc *o = ob_calloc(1, sizeof *o);
  *o = (ob_oidc){.http = h,
                 .config = config,
                 .id_token = ob_strdup_opt(config->id_token),
                 .refresh_token = ob_strdup_opt(config->refresh_token)};
  return o;
}

static void end_request(ob_oidc *o) {
  o->call = NULL;
  ob_http_site_free(ob_take(o->site));
}

void ob_oidc_free(ob_oidc *o) {
  if (!o) return;
  ob_http_cancel(o->call); /* which needs the site no more */
  end_request(o);
  ob_secret_free(o->id_token);
  ob_secret_free(o->refresh_token);
  free(o->token_url);
  free(o);
}

/* --- the ID token ----------------------------------------------------------------------- */
int ob_jwt_expiry(const char *jwt, int64_t *ret_ms, ob_err *err) {
  const char *first = strchr(jwt, '.'), *second = first ? strchr(first + 1, '.') : NULL;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  OB_AUTO(ob_buf) claims = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  if (second && !strchr(second + 1, '.'))
    for (const char *c = first + 1; c < second; c++)
      ob_buf_addc(&text, *c == '-' ? '+' : *c == '_' ? '/' : *c);
  while (text.len % 4) ob_buf_addc(&text, '=');
  OB_AUTOPTR(ob_json) j = NULL;
  if (text.len && ob_base64_decode(&claims, ob_buf_str(&text), text.len) == 0)
    j = ob_json_parse(ob_buf_str(&claims), claims.len, OB_JSON_LENIENT, NULL);
  const ob_json *exp = ob_json_get(j, "exp");
  if (!ob_json_is(exp, OB_JSON_NUMBER)) {
    ob_fail(err, OB_EAUTH, "the id-token is no JWT with an expiry");
    return ob_hint(err, "log in again with the issuer's own tool");
  }
  int64_t whole;
  double s = ob_json_int(exp, &whole) ? (double)whole : ob_json_double(exp);
  enum { FAR_S = 4000000 }; /* in thousands: year 2096; later is never */
  *ret_ms = s > FAR_S * 1000.0 ? (int64_t)FAR_S * 1000000 : (int64_t)(s * 1000);
  return 0;
}

int ob_oidc_token(const ob_oidc *o, const char **ret, int64_t *ret_expires_ms, ob_err *err) {
  *ret = NULL;
  if (!o->id_token) return 0;
  int rc = ob_jwt_expiry(o->id_token, ret_expires_ms, err);
  if (rc) return rc;
  *ret_expires_ms -= OB_OIDC_EARLY_MS;
  *ret = o->id_token;
  return 0;
}

/* --- asking the issuer --------------------------------------------------------------------- */
static void end_with(ob_oidc *o, const ob_err *err) {
  end_request(o);
  o->done(o->arg, err);
}

static void fail_with(ob_oidc *o, const char *what, const char *hint) {
  ob_err err;
  ob_fail(&err, OB_EAUTH, "oidc: %s", what);
  ob_hint(&err, "%s", hint);
  end_with(o, &err);
}

static bool ask(ob_oidc *o, const char *url, const char *authorization, ob_http_request request) {
  const char *path = "";
  ob_err err = {0};
  end_request(o);
  if (ob_http_site_new(&o->site, url, o->config->ca_file, o->config->ca_pem, "the issuer", &path,
                       &err)) {
    end_with(o, &err);
    return false;
  }
  request.path = path;
  request.arg = o;
  o->call = ob_http_start_at(o->http, o->site, authorization, &request);
  return true;
}

static void form_add(ob_buf *body, const char *key, const char *value) {
  if (!value) return;
  ob_buf_addf(body, "%s%s=", body->len ? "&" : "", key);
  ob_url_escape(body, value);
}

static void on_tokens(void *arg, const ob_http_result *res);

static void ask_for_tokens(ob_oidc *o) {
  const ob_kube_oidc *c = o->config;
  OB_AUTO(ob_buf) body = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  OB_AUTO(ob_buf) pair = OB_BUF_INIT(OB_LINE_MAX);
  OB_AUTO(ob_buf) basic = OB_BUF_INIT(2 * OB_LINE_MAX);
  form_add(&body, "grant_type", "refresh_token");
  form_add(&body, "refresh_token", o->refresh_token);
  if (o->in_body) {
    form_add(&body, "client_id", c->client_id);
    form_add(&body, "client_secret", c->client_secret);
  } else {
    ob_url_escape(&pair, c->client_id);
    ob_buf_addc(&pair, ':');
    ob_url_escape(&pair, ob_or(c->client_secret, ""));
    ob_buf_adds(&basic, "Basic ");
    ob_base64_encode(&basic, ob_buf_str(&pair), pair.len);
  }
  ask(o, o->token_url, o->in_body ? NULL : ob_buf_str(&basic),
      (ob_http_request){.method = "POST",
                        .content_type = "application/x-www-form-urlencoded",
                        .body = ob_buf_str(&body),
                        .body_len = body.len,
                        .on_done = on_tokens});
  ob_buf *secrets[] = {&body, &pair, &basic};
  for (size_t i = 0; i < OB_LEN(secrets); i++)
    if (secrets[i]->ptr) explicit_bzero(secrets[i]->ptr, secrets[i]->cap);
}

const ob_err *ob_oidc_stored(const ob_oidc *o) {
  return &o->stored;
}

/* No answer, or none that means anything. */
static void unreachable(ob_oidc *o, const ob_err *why) {
  ob_err err = *why;
  if (why->code == OB_ETLS) ob_hint(&err, "look at idp-certificate-authority of the user");
  err.code = OB_EAUTH;
  ob_err_within(&err, "oidc: the token issuer");
  end_with(o, &err);
}

/* "invalid_grant" and the like: a word of RFC 6749, and nothing that could hold a token. */
static void refused(ob_oidc *o, const ob_http_result *res) {
  OB_AUTOPTR(ob_json) j = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const char *word = ob_json_get_str(j, "error");
  OB_AUTOFREE char *what = ob_asprintf("the issuer refuses to refresh the token: HTTP %d%s%.60s",
                                       res->status, word ? ", " : "", word ? word : "");
  fail_with(o, what, "log in again with the issuer's own tool: the refresh-token may be used up");
}

static void wipe(const ob_json *j, const char *key) {
  const char *s = ob_json_get_str(j, key);
  if (s) explicit_bzero((char *)(uintptr_t)s, strlen(s));
}

static bool header_safe(const char *s) {
  for (; *s; s++)
    if ((unsigned char)*s <= ' ' || *s == 0x7f) return false;
  return true;
}

/* Then asking once more would not help, and could look like the token's theft. */
static bool grant_refused(const ob_http_result *res) {
  OB_AUTOPTR(ob_json) j = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  return ob_streq(ob_json_get_str(j, "error"), "invalid_grant");
}

static void on_tokens(void *arg, const ob_http_result *res) {
  ob_oidc *o = arg;
  if (!res->status) {
    unreachable(o, &res->err);
    return;
  }
  if (res->err.code && !o->in_body && !grant_refused(res)) {
    o->in_body = true; /* some issuers know the client from the body only */
    ask_for_tokens(o);
    return;
  }
  if (res->err.code) {
    refused(o, res);
    return;
  }
  OB_AUTOPTR(ob_json) j = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const char *id = ob_json_get_str(j, "id_token"), *refresh = ob_json_get_str(j, "refresh_token");
  if (!id || !header_safe(id)) {
    fail_with(o, "the issuer's answer holds no id_token",
              "the scope openid has to be asked for at the login");
    return;
  }
  bool new_refresh = refresh && *refresh && !ob_streq(refresh, o->refresh_token);
  ob_secret_free(o->id_token);
  o->id_token = ob_strdup(id);
  if (new_refresh) {
    ob_secret_free(o->refresh_token);
    o->refresh_token = ob_strdup(refresh);
  }
  wipe(j, "id_token");
  wipe(j, "refresh_token");
  wipe(j, "access_token");
  /* A file that cannot be written costs the next start a login, not this one its cluster. */
  ob_err_clear(&o->stored);
  if (o->config->file)
    ob_oidc_store(o->config->file, o->config->user, o->id_token,
                  new_refresh ? o->refresh_token : NULL, &o->stored);
  end_with(o, &(ob_err){0});
}

static void on_metadata(void *arg, const ob_http_result *res) {
  ob_oidc *o = arg;
  if (res->err.code) {
    unreachable(o, &res->err);
    return;
  }
  OB_AUTOPTR(ob_json) j = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, NULL);
  const char *url = ob_json_get_str(j, "token_endpoint");
  if (!url || !*url) {
    fail_with(o, "the issuer's openid-configuration names no token_endpoint",
              "is idp-issuer-url right?");
    return;
  }
  free(o->token_url);
  o->token_url = ob_strdup(url);
  o->in_body = false;
  ask_for_tokens(o);
}

void ob_oidc_refresh(ob_oidc *o, void (*done)(void *arg, const ob_err *err), void *arg) {
  o->done = done;
  o->arg = arg;
  if (!o->refresh_token) {
    fail_with(o, "no valid id-token, and no refresh-token to get one with",
              "log in again with the issuer's own tool");
    return;
  }
  size_t n = strlen(o->config->issuer);
  bool slash = n && o->config->issuer[n - 1] == '/';
  OB_AUTOFREE char *url = ob_asprintf("%.*s/.well-known/openid-configuration",
                                      (int)(slash ? n - 1 : n), o->config->issuer);
  ask(o, url, NULL, (ob_http_request){.on_done = on_metadata});
}
