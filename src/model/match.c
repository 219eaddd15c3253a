/* The documentation's rules as comparisons. */
#include "model/match.h"

#include "base/str.h"
#include <strings.h>

bool ob_host_covers(const char *pattern, const char *host) {
  if (strcasecmp(pattern, host) == 0) return *pattern != '\0';
  if (strncmp(pattern, "*.", 2) != 0) return false;
  const char *dot = strchr(host, '.');
  return dot && dot != host && strcasecmp(dot, pattern + 1) == 0;
}

/* "/foo" and "/foo/" match "/foo", "/foo/" and "/foo/x", not "/foobar". */
static bool prefix_matches(const char *rule_path, const char *path) {
  size_t n = strlen(rule_path);
  if (n && rule_path[n - 1] == '/') n--;
  return strncmp(rule_path, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

ob_path_match ob_path_matches(const char *path_type, const char *rule_path, const char *path) {
  if (strcmp(path_type, "Exact") == 0)
    return strcmp(rule_path, path) == 0 ? OB_PATH_YES : OB_PATH_NO;
  if (strcmp(path_type, "Prefix") == 0)
    return prefix_matches(rule_path, path) ? OB_PATH_YES : OB_PATH_NO;
  return OB_PATH_CONTROLLER;
}

static int type_class(const char *type) {
  return strcmp(type, "Exact") == 0 ? 0 : strcmp(type, "Prefix") == 0 ? 1 : 2;
}

/* The longer first, in six digits: what is longer still is equal. */
static void add_length(ob_buf *out, size_t n) {
  enum { MOST = 999999 };
  ob_buf_addf(out, "%06zu", n < MOST ? MOST - n : 0);
}

void ob_rule_order(ob_buf *out, const char *host, const ob_path *path) {
  if (!path) {
    ob_buf_addc(out, '9');
    return;
  }
  bool wild = ob_starts(host, "*.");
  ob_buf_addc(out, !*host ? '2' : wild ? '1' : '0');
  if (wild) add_length(out, strlen(host));
  ob_buf_adds(out, host);
  ob_buf_addc(out, '\x01'); /* below everything that a host may hold */
  add_length(out, strlen(path->path));
  ob_buf_addc(out, (char)('0' + type_class(path->path_type)));
  ob_buf_adds(out, path->path);
}
