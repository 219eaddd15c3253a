/* Paths are built from parts that come out of a cluster, so every part is encoded; reading
 * them back follows kube-apiserver's RequestInfo: the method and the shape decide the verb. */
#include "kube/path.h"
#include "base/str.h"
#include <stdio.h>
#include <strings.h>

int ob_api_path(ob_buf *out, const char *group, const char *version, const char *ns,
                const char *plural, const char *name, const char *sub) {
  if (group && *group) {
    ob_buf_adds(out, "/apis/");
    ob_url_escape(out, group);
  } else {
    ob_buf_adds(out, "/api");
  }
  const char *const parts[] = {version, ns && *ns ? "namespaces" : NULL, ns, plural, name, sub};
  for (size_t i = 0; i < OB_LEN(parts); i++) {
    if (!parts[i] || !*parts[i]) continue;
    ob_buf_addc(out, '/');
    ob_url_escape(out, parts[i]);
  }
  return out->failed ? -(int)OB_ELIMIT : 0;
}

int ob_api_query(ob_buf *out, const char *key, const char *value) {
  if (!value) return 0;
  ob_buf_addc(out, strchr(ob_buf_str(out), '?') ? '&' : '?');
  ob_url_escape(out, key);
  ob_buf_addc(out, '=');
  ob_url_escape(out, value);
  return out->failed ? -(int)OB_ELIMIT : 0;
}

enum { PATH_PARTS = 10 };

typedef struct part {
  const char *s;
  size_t n;
} part;

static void copy_part(char *out, size_t size, part p) {
  (void)snprintf(out, size, "%.*s", (int)(p.n < size ? p.n : size - 1), p.s);
}

static bool part_is(part p, const char *s) {
  return strlen(s) == p.n && memcmp(p.s, s, p.n) == 0;
}

/* watch=1, watch=true or a bare watch, anywhere in the query. */
static bool wants_watch(const char *query) {
  for (const char *p = query; p; p = strchr(p, '&')) {
    p++;
    if (!ob_starts(p, "watch")) continue;
    const char *v = p + 5;
    if (*v == '\0' || *v == '&') return true;
    if (*v == '=' && v[1] != '0' && v[1] != 'f' && v[1] != 'F') return true;
  }
  return false;
}

static const char *verb_of(const char *method, bool named, const char *query) {
  if (strcasecmp(method, "POST") == 0) return "create";
  if (strcasecmp(method, "PUT") == 0) return "update";
  if (strcasecmp(method, "PATCH") == 0) return "patch";
  if (strcasecmp(method, "DELETE") == 0) return named ? "delete" : "deletecollection";
  if (wants_watch(query)) return "watch";
  return named ? "get" : "list";
}

bool ob_api_request_of(ob_api_request *ret, const char *method, const char *path) {
  *ret = (ob_api_request){0};
  method = ob_or(method, "GET");
  path = path ? path : "";
  const char *query = strchr(path, '?');
  const char *end = query ? query : path + strlen(path);
  part parts[PATH_PARTS];
  size_t n = 0;
  for (const char *p = path; p < end && n < PATH_PARTS;) {
    if (*p == '/') {
      p++;
      continue;
    }
    const char *slash = memchr(p, '/', (size_t)(end - p));
    if (!slash) slash = end;
    parts[n++] = (part){p, (size_t)(slash - p)};
    p = slash;
  }
  size_t at = 0;
  if (n >= 3 && part_is(parts[0], "api")) {
    copy_part(ret->version, sizeof ret->version, parts[1]);
    at = 2;
  } else if (n >= 4 && part_is(parts[0], "apis")) {
    copy_part(ret->group, sizeof ret->group, parts[1]);
    copy_part(ret->version, sizeof ret->version, parts[2]);
    at = 3;
  }
  if (at == 0) {
    (void)snprintf(ret->verb, sizeof ret->verb, "%s", verb_of(method, true, NULL));
    return false;
  }
  if (n - at >= 3 && part_is(parts[at], "namespaces") && !part_is(parts[at + 2], "status") &&
      !part_is(parts[at + 2], "finalize")) {
    copy_part(ret->ns, sizeof ret->ns, parts[at + 1]);
    at += 2;
  }
  copy_part(ret->resource, sizeof ret->resource, parts[at]);
  bool named = n - at >= 2;
  if (named) copy_part(ret->name, sizeof ret->name, parts[at + 1]);
  if (n - at >= 3) {
    size_t len = strlen(ret->resource);
    (void)snprintf(ret->resource + len, sizeof ret->resource - len, "/%.*s", (int)parts[at + 2].n,
                   parts[at + 2].s);
  }
  (void)snprintf(ret->verb, sizeof ret->verb, "%s", verb_of(method, named, query));
  return true;
}
