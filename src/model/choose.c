/* Which Ingress rule takes a request: the documentation's rules, and where they leave a choice to
 * the controller, what its row in controllers.c says.
 *
 *   host     exact before wildcard before none; a wildcard stands for exactly one label
 *   path     the longest that matches, Exact before Prefix; "/foo/" is as long as "/foo"
 *   ties     the older Ingress, then its name, then the order in it
 *   nobody   the default backend of an Ingress that names the host, then of one that names none
 *
 * A host that some rule names is settled by that: without a matching path, rules of less specific
 * hosts get their turn only with controllers that are known to go on. */
#include "model/explain_priv.h"

#include "base/str.h"

/* Rules that do not match are shown in order as long as there are no more than this. */
enum { SORTED_MOST = 512 };

int ob_host_rank(const char *rule_host, const char *host) {
  if (!*rule_host) return OB_HOST_ANY;
  if (!ob_host_covers(rule_host, host)) return OB_HOST_RANKS;
  return ob_starts(rule_host, "*.") ? OB_HOST_WILD : OB_HOST_EXACT;
}

static ob_rule_hit make_hit(const ob_ingress *g, int rule, int path, int rank,
                            const ob_controller *k, const char *wanted) {
  const ob_path *p = &g->rules[rule].paths[path];
  ob_rule_hit h = {.ingress = g, .rule = rule, .path = path, .rank = rank};
  size_t n = strlen(p->path);
  h.match = ob_path_matches(p->path_type, p->path, wanted);
  h.type = strcmp(p->path_type, "Exact") == 0 ? 0 : strcmp(p->path_type, "Prefix") == 0 ? 1 : 2;
  if (h.type == 2 && strcmp(p->path_type, "ImplementationSpecific") == 0)
    h.match = ob_specific_matches(k, p->path, wanted);
  if (h.type == 1 && n > 1 && p->path[n - 1] == '/') n--;
  h.len = (uint32_t)n;
  return h;
}

static int older(const ob_ingress *a, const ob_ingress *b) {
  if (a->o.created_ms != b->o.created_ms) return a->o.created_ms < b->o.created_ms ? -1 : 1;
  int by = strcmp(a->o.ns, b->o.ns);
  return by ? by : strcmp(a->o.name, b->o.name);
}

static int by_precedence(const void *a, const void *b) {
  const ob_rule_hit *x = a, *y = b;
  if (x->rank != y->rank) return x->rank - y->rank;
  if (x->len != y->len) return x->len > y->len ? -1 : 1;
  if (x->type != y->type) return x->type - y->type;
  int by = older(x->ingress, y->ingress);
  if (by) return by;
  return x->rule != y->rule ? x->rule - y->rule : x->path - y->path;
}

/* The oldest Ingress with a default backend that `fits`. */
static const ob_ingress *find_default(const ob_ingress *const *all, size_t n,
                                      bool (*fits)(const ob_ingress *g, const char *host, int rank),
                                      const char *host, int rank) {
  const ob_ingress *best = NULL;
  for (size_t i = 0; i < n; i++)
    if (all[i]->default_backend.set && fits(all[i], host, rank) &&
        (!best || older(all[i], best) < 0))
      best = all[i];
  return best;
}

static bool names_host(const ob_ingress *g, const char *host, int rank) {
  for (size_t i = 0; i < g->nrules; i++)
    if (ob_host_rank(g->rules[i].host, host) == rank) return true;
  return false;
}
static bool without_rules(const ob_ingress *g, const char *host, int rank) {
  (void)host, (void)rank;
  return g->nrules == 0;
}
static bool any_ingress(const ob_ingress *g, const char *host, int rank) {
  (void)g, (void)host, (void)rank;
  return true;
}

void ob_ingress_choose(ob_choice *ret, const ob_ingress *const *all, size_t n,
                       const ob_controller *k, const char *host, const char *path) {
  *ret = (ob_choice){.winner = -1, .rank = OB_HOST_RANKS};
  for (size_t i = 0; i < n; i++)
    for (int r = 0; r < all[i]->nrules; r++) {
      int rank = ob_host_rank(all[i]->rules[r].host, host);
      if (rank == OB_HOST_RANKS) continue;
      if (rank < ret->rank) ret->rank = rank;
      for (int p = 0; p < all[i]->rules[r].npaths; p++)
        ob_vec_push(&ret->hits, make_hit(all[i], r, p, rank, k, path));
    }
  /* Those that match in front: a host with thousands of rules sorts only these. */
  size_t match = 0;
  for (size_t i = 0; i < ret->hits.len; i++) {
    if (ret->hits.at[i].match == OB_PATH_NO) continue;
    ob_rule_hit swap = ret->hits.at[match];
    ret->hits.at[match++] = ret->hits.at[i];
    ret->hits.at[i] = swap;
  }
  size_t rest = ret->hits.len - match;
  if (match > 1) qsort(ret->hits.at, match, sizeof *ret->hits.at, by_precedence);
  if (rest > 1 && rest <= SORTED_MOST)
    qsort(ret->hits.at + match, rest, sizeof *ret->hits.at, by_precedence);
  for (size_t i = 0; i < ret->hits.len && ret->winner < 0; i++) {
    const ob_rule_hit *h = &ret->hits.at[i];
    if (h->rank != ret->rank && !k->falls_through) break;
    if (h->match != OB_PATH_NO) ret->winner = (int)i;
  }
  if (ret->winner >= 0) return;
  if (ret->rank < OB_HOST_RANKS) ret->fallback = find_default(all, n, names_host, host, ret->rank);
  if (!ret->fallback) ret->fallback = find_default(all, n, without_rules, host, 0);
  if (!ret->fallback && k->ruled_default)
    ret->fallback = find_default(all, n, any_ingress, host, 0);
}
