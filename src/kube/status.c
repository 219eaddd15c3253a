/* A Status is read once into a small struct; what it means is decided by the response's code
 * first (that is what the server acted on), by the Status' own code where there is no response
 * (an ERROR event). Text that is no Status becomes one line: flow control answers in plain text,
 * proxies in HTML, whose tags say nothing to a person and are left out. */
#include "kube/status.h"
#include "base/str.h"
#include "kube/path.h"
#include <ctype.h>
#include <limits.h>

static const char *or_empty(const char *s) {
  return s ? s : "";
}

bool ob_status_parse(ob_status *ret, const char *bytes, size_t n) {
  *ret = (ob_status){.retry_after_s = -1};
  size_t i = 0;
  while (i < n && isspace((unsigned char)bytes[i])) i++;
  if (i == n || bytes[i] != '{') return false;
  ob_json *j = ob_json_parse(bytes, n, OB_JSON_LENIENT, NULL);
  if (!j) return false;
  if (!ob_streq(ob_json_get_str(j, "kind"), "Status")) {
    ob_json_free(j);
    return false;
  }
  const ob_json *details = ob_json_get(j, "details");
  int64_t code = ob_json_get_int(j, "code", 0);
  int64_t retry = ob_json_get_int(details, "retryAfterSeconds", -1);
  *ret = (ob_status){
      .code = code > 0 && code < 1000 ? (int)code : 0,
      .reason = or_empty(ob_json_get_str(j, "reason")),
      .message = or_empty(ob_json_get_str(j, "message")),
      .group = or_empty(ob_json_get_str(details, "group")),
      .kind = or_empty(ob_json_get_str(details, "kind")),
      .name = or_empty(ob_json_get_str(details, "name")),
      .uid = or_empty(ob_json_get_str(details, "uid")),
      .retry_after_s = retry > 0 && retry <= 86400 ? (int)retry : -1,
      .tree = j,
  };
  for (const ob_json *c = ob_json_first(ob_json_get(details, "causes"));
       c && ret->ncauses < OB_STATUS_CAUSES; c = ob_json_next(c))
    ret->causes[ret->ncauses++] = (ob_status_cause){
        .reason = or_empty(ob_json_get_str(c, "reason")),
        .field = or_empty(ob_json_get_str(c, "field")),
        .message = or_empty(ob_json_get_str(c, "message")),
    };
  return true;
}

void ob_status_done(ob_status *s) {
  ob_json_free(s->tree);
  *s = (ob_status){.retry_after_s = -1};
}

bool ob_status_has_cause(const ob_status *s, const char *reason) {
  for (size_t i = 0; s && i < s->ncauses; i++)
    if (ob_streq(s->causes[i].reason, reason)) return true;
  return false;
}

ob_code ob_http_code(int http) {
  switch (http) {
  case 304: return OB_OK;
  case 401: return OB_EAUTH;
  case 403: return OB_EFORBIDDEN;
  case 404: return OB_ENOTFOUND;
  case 408: return OB_ETIMEOUT;
  case 409: return OB_ECONFLICT;
  case 410: return OB_EGONE;
  case 429: return OB_ETOOMANY;
  default: break;
  }
  if (http >= 200 && http < 300) return OB_OK;
  if (http >= 400 && http < 500) return OB_EINVALID;
  if (http >= 500) return OB_ESERVER;
  return OB_EPROTO;
}

/* Reasons decide where there is no code to go by, and where the code says less: "Expired" is a
 * 410 also when some proxy or old server sends it with another number. */
static const struct {
  const char *reason;
  ob_code code;
} reasons[] = {
    {"Unauthorized", OB_EAUTH},
    {"Forbidden", OB_EFORBIDDEN},
    {"NotFound", OB_ENOTFOUND},
    {"AlreadyExists", OB_ECONFLICT},
    {"Conflict", OB_ECONFLICT},
    {"Gone", OB_EGONE},
    {"Expired", OB_EGONE},
    {"Invalid", OB_EINVALID},
    {"BadRequest", OB_EINVALID},
    {"MethodNotAllowed", OB_EINVALID},
    {"NotAcceptable", OB_EINVALID},
    {"UnsupportedMediaType", OB_EINVALID},
    {"RequestEntityTooLarge", OB_EINVALID},
    {"Timeout", OB_ESERVER},
    {"ServerTimeout", OB_ESERVER},
    {"TooManyRequests", OB_ETOOMANY},
    {"InternalError", OB_ESERVER},
    {"ServiceUnavailable", OB_ESERVER},
    {"StoreReadError", OB_ESERVER},
};

static ob_code code_of(const ob_status *s, int http) {
  if (ob_streq(s->reason, "Expired") || ob_streq(s->reason, "Gone")) return OB_EGONE;
  if (http >= 400) return ob_http_code(http);
  for (size_t i = 0; i < OB_LEN(reasons); i++)
    if (ob_streq(reasons[i].reason, s->reason)) return reasons[i].code;
  ob_code c = ob_http_code(s->code);
  return c == OB_OK ? OB_ESERVER : c;
}

static const char *code_words(int http) {
  switch (http) {
  case 400: return "the server refused the request as malformed";
  case 401: return "the server does not accept the credentials";
  case 403: return "forbidden";
  case 404: return "not found";
  case 405: return "the server does not allow this method";
  case 406: return "the server cannot answer in this format";
  case 408: return "the server waited too long for the request";
  case 409: return "conflict with another change";
  case 410: return "gone";
  case 413: return "the request is too large for the server";
  case 415: return "the server does not take this content type";
  case 422: return "the server finds the object invalid";
  case 429: return "the server asks for fewer requests";
  case 500: return "internal error of the server";
  case 502: return "a proxy before the server got no good answer from it";
  case 503: return "the service is unavailable";
  case 504: return "the server did not answer in time";
  default: return http >= 500 ? "the server failed" : "unexpected answer";
  }
}

/* "list services in namespace shop"; false when the path is no resource's. */
static bool asked_for(ob_buf *out, const char *method, const char *path) {
  ob_api_request r;
  if (!path || !ob_api_request_of(&r, method, path)) return false;
  ob_buf_addf(out, "%s %s", r.verb, r.resource);
  if (*r.group) ob_buf_addf(out, ".%s", r.group);
  if (*r.ns) ob_buf_addf(out, " in namespace %s", r.ns);
  return true;
}

static void hint_for(ob_err *err, const char *method, const char *path) {
  ob_api_request r;
  switch (err->code) {
  case OB_EAUTH:
    ob_hint(err, "log in again, or look at the user of this context in the kubeconfig");
    break;
  case OB_EFORBIDDEN:
    if (path && ob_api_request_of(&r, method, path))
      ob_hint(err, "ask for the right, or try: kubectl auth can-i %s %s%s%s%s%s", r.verb,
              r.resource, *r.group ? "." : "", r.group, *r.ns ? " -n " : " -A", r.ns);
    break;
  default: break;
  }
}

/* A patch that does not decode is one cause at the field "patch": `Invalid value: "OBJECT": WORDS`,
 * the object quoted as Go quotes. WORDS, or NULL for any other Status. */
static const char *decoding_words(const ob_status *s) {
  if (s->ncauses != 1 || !ob_streq(s->causes[0].field, "patch")) return NULL;
  const char *at = strchr(s->causes[0].message, '"');
  for (at = at ? at + 1 : ""; *at && *at != '"'; at++)
    if (*at == '\\' && at[1]) at++;
  return ob_starts(at, "\": ") && at[3] ? at + 3 : NULL;
}

void ob_status_text(const ob_status *s, int http, const char *method, const char *path,
                    ob_buf *out) {
  if (code_of(s, http) == OB_EFORBIDDEN) {
    ob_buf_adds(out, "forbidden: ");
    if (asked_for(out, method, path))
      ob_buf_adds(out, ": ");
    else
      ob_buf_reset(out);
  }
  const char *words = decoding_words(s);
  ob_buf_adds(out, words ? words : ob_or(s->message, code_words(http ? http : s->code)));
}

int ob_status_err(const ob_status *s, int http, const char *method, const char *path, ob_err *err) {
  ob_err local = {0};
  if (!err) err = &local;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(SIZE_MAX / 2);
  ob_status_text(s, http, method, path, &text);
  ob_fail(err, code_of(s, http), "%s", ob_buf_str(&text));
  err->http = http ? http : s->code;
  hint_for(err, method, path);
  return -(int)err->code;
}

/* The first line's worth of a text answer: tags out, blanks folded. */
static void text_line(ob_buf *out, const char *body, size_t n) {
  bool tag = false, blank = false;
  for (size_t i = 0; i < n && out->len < 300; i++) {
    unsigned char c = (unsigned char)body[i];
    if (c == '<') tag = true;
    if (tag || isspace(c)) {
      blank = out->len > 0;
      if (c == '>') tag = false;
      continue;
    }
    if (blank) ob_buf_addc(out, ' ');
    blank = false;
    ob_buf_addc(out, (char)c);
  }
}

int ob_status_to_err(const char *body, size_t n, int http, const char *method, const char *path,
                     ob_err *err) {
  ob_err local = {0};
  if (!err) err = &local;
  OB_AUTO(ob_status) s = {0};
  if (ob_status_parse(&s, body, n)) return ob_status_err(&s, http, method, path, err);

  ob_code code = http > 0 ? ob_http_code(http) : OB_EPROTO;
  if (code == OB_OK) code = OB_EPROTO;
  OB_AUTO(ob_buf) what = OB_BUF_INIT(1024);
  OB_AUTO(ob_buf) line = OB_BUF_INIT(512);
  /* JSON of some other kind says nothing in one line. */
  if (n > 0 && body[0] != '{' && body[0] != '[') text_line(&line, body, n);
  if (code == OB_EFORBIDDEN && asked_for(&what, method, path))
    ob_fail(err, code, "forbidden: %s%s%s", ob_buf_str(&what), line.len ? ": " : "",
            ob_buf_str(&line));
  else
    ob_fail(err, code, "%s (HTTP %d)%s%s", code_words(http), http, line.len ? ": " : "",
            ob_buf_str(&line));
  err->http = http;
  hint_for(err, method, path);
  return -(int)err->code;
}
