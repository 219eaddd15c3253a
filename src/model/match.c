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

static int host_class(const char *host) { return !*host ? 2 : ob_starts(host, "*.") ? 1 : 0; }

static int type_class(const char *type) {
  return strcmp(type, "Exact") == 0 ? 0 : strcmp(type, "Prefix") == 0 ? 1 : 2;
}

int ob_rule_order(const char *host_a, const ob_path *a, const char *host_b, const ob_path *b) {
  int by = host_class(host_a) - host_class(host_b);
  if (by) return by;
  if (host_class(host_a) == 1) {
    size_t la = strlen(host_a), lb = strlen(host_b);
    if (la != lb) return la > lb ? -1 : 1;
  }
  by = strcasecmp(host_a, host_b);
  if (by || !a || !b) return by ? by : (b != NULL) - (a != NULL);
  size_t la = strlen(a->path), lb = strlen(b->path);
  if (la != lb) return la > lb ? -1 : 1;
  by = type_class(a->path_type) - type_class(b->path_type);
  return by ? by : strcmp(a->path, b->path);
}
