#include "model/attach.h"

#include "base/str.h"
#include "model/selector.h"

#include <strings.h>

size_t ob_gateway_covers(const char *pattern, const char *host) {
  if (!*pattern) return 1;
  if (strcasecmp(pattern, host) == 0) return strlen(pattern) + 1;
  size_t n = strlen(host), tail = strlen(pattern) - 1;
  bool wild = ob_starts(pattern, "*.") && n > tail && strcasecmp(host + n - tail, pattern + 1) == 0;
  return wild && host[0] != '.' ? tail + 2 : 0;
}

const char *ob_gateway_host(const char *listener, const char *route) {
  if (ob_gateway_covers(listener, route)) return *route ? route : listener;
  return ob_gateway_covers(route, listener) ? listener : NULL;
}

const char *ob_route_not_attached(const ob_cluster *c, const ob_gateway *g, const ob_listener *l,
                                  const ob_route *r, const ob_parent_ref *p) {
  if (*p->section && strcmp(p->section, l->name) != 0)
    return "it asks for another listener (sectionName)";
  if (p->port && p->port != l->port) return "it asks for another port";
  bool kind = l->nkinds == 0;
  for (size_t i = 0; i < l->nkinds; i++) kind |= strcmp(l->kinds[i], ob_kinds[r->o.kind].kind) == 0;
  if (!kind) return "the listener allows other kinds of routes";
  if (strcmp(l->from, "All") == 0) return NULL;
  if (strcmp(l->from, "Same") == 0)
    return strcmp(g->o.ns, r->o.ns) == 0 ? NULL
                                         : "the listener allows routes of its own namespace alone";
  if (strcmp(l->from, "Selector") != 0) return "the listener allows no routes";
  /* Without the namespace's labels, or with a selector of a later API, the status decides. */
  const ob_object *ns = ob_cluster_find(c, OB_KIND_NAMESPACE, "", r->o.ns);
  OB_AUTOPTR(ob_selector) chosen = ns ? ob_selector_parse(l->selector, NULL) : NULL;
  return ob_selector_matches(chosen, ns) ? NULL
                                         : "the listener's selector does not choose its namespace";
}
