/* Which Ingress rule takes a request: the documentation's rules, and where they leave a choice to
 * the controller, what its row in controllers.c says.
 *
 *   host     exact before wildcard before none; a wildcard stands for exactly one label
 *   path     the longest that matches, Exact before Prefix; "/foo/" is as long as "/foo"
 *   ties     the older Ingress, then its name, then the order in it
 *   nobody   the default backend of an Ingress that names the host, then of one that names none;
 *            controllers differ in it, and some in the order, too
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

/* --- orders ------------------------------------------------------------------------------ */
/* Host("…") && PathPrefix("…"), or Path("…"): Traefik's rule, of which the longest wins. A wildcard
 * counts as Traefik 3.7 writes it; before, it was an expression, and longer. */
static uint64_t text_length(const ob_ingress *g, const char *host, const ob_path *p) {
  int64_t asked;
  const char *priority = ob_annotation(&g->o, "traefik.ingress.kubernetes.io/router.priority");
  if (ob_parse_int(priority, 1, INT32_MAX, &asked)) return (uint64_t)asked;
  size_t n = *host ? strlen(host) + strlen("Host(``)") : 0;
  if (!*p->path) return n;
  bool exact = strcmp(p->path_type, "Exact") == 0;
  return n + (n ? strlen(" && ") : 0) + strlen(exact ? "Path(``)" : "PathPrefix(``)") +
         strlen(p->path);
}

static void put_order(ob_rule_hit *h, const ob_controller *k) {
  enum { BY_TYPE = 2, BY_RANK = 34 };
  const char *host = h->ingress->rules[h->rule].host;
  uint64_t len = h->len, type = 2u - h->type;
  switch (k->order) {
  case OB_ORDER_TEXT:
    h->first = text_length(h->ingress, host, &h->ingress->rules[h->rule].paths[h->path]);
    return;
  case OB_ORDER_FIELDS:
    if (h->type == 1 && len > 1) len++; /* "/foo" counts as "/foo/" */
    h->first = (uint64_t)(OB_HOST_RANKS - h->rank) << BY_RANK | (uint64_t)(h->type < 2) << 33 | len;
    return;
  case OB_ORDER_WRITTEN:
    h->by_name = true;
    h->then = type << 32 | (h->type == 1 ? len : 0);
    return;
  case OB_ORDER_DOCUMENTED:
    h->first = (uint64_t)(OB_HOST_RANKS - h->rank) << BY_RANK | len << BY_TYPE | type;
    return;
  }
}

static ob_rule_hit make_hit(const ob_ingress *g, int rule, int path, int rank,
                            const ob_controller *k, bool regex, const char *wanted) {
  const ob_path *p = &g->rules[rule].paths[path];
  ob_rule_hit h = {.ingress = g, .rule = rule, .path = path, .rank = rank};
  size_t n = strlen(p->path);
  h.match = ob_path_matches(p->path_type, p->path, wanted);
  h.type = strcmp(p->path_type, "Exact") == 0 ? 0 : strcmp(p->path_type, "Prefix") == 0 ? 1 : 2;
  if (regex || (h.type == 2 && strcmp(p->path_type, "ImplementationSpecific") == 0))
    h.match = ob_specific_matches(k, p->path, wanted);
  else if (h.type == 1 && k->text_prefix && (h.match == OB_PATH_YES) != ob_starts(wanted, p->path))
    h.match = OB_PATH_CONTROLLER;
  if (!regex && h.type == 1 && n > 1 && p->path[n - 1] == '/') n--;
  h.len = (uint32_t)n;
  put_order(&h, k);
  return h;
}

static int older(const ob_ingress *a, const ob_ingress *b) {
  if (a->o.created_ms != b->o.created_ms) return a->o.created_ms < b->o.created_ms ? -1 : 1;
  int by = strcmp(a->o.ns, b->o.ns);
  return by ? by : strcmp(a->o.name, b->o.name);
}

static int by_group_order(const ob_ingress *a, const ob_ingress *b) {
  static const char key[] = "alb.ingress.kubernetes.io/group.order";
  int64_t x = 0, y = 0;
  ob_parse_int(ob_annotation(&a->o, key), INT32_MIN, INT32_MAX, &x);
  ob_parse_int(ob_annotation(&b->o, key), INT32_MIN, INT32_MAX, &y);
  if (x != y) return x < y ? -1 : 1;
  int by = strcmp(a->o.ns, b->o.ns);
  return by ? by : strcmp(a->o.name, b->o.name);
}

static int by_precedence(const void *a, const void *b) {
  const ob_rule_hit *x = a, *y = b;
  if (x->first != y->first) return x->first > y->first ? -1 : 1;
  int by = x->by_name ? by_group_order(x->ingress, y->ingress) : older(x->ingress, y->ingress);
  if (by) return by;
  if (x->rule != y->rule) return x->rule - y->rule;
  if (x->then != y->then) return x->then > y->then ? -1 : 1;
  return x->path - y->path;
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

/* --- hosts ------------------------------------------------------------------------------- */
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

/* The oldest Ingress that names the host so; NULL nobody. */
static const ob_ingress *first_to_name(const ob_ingress *const *all, size_t n, const char *host,
                                       int rank) {
  const ob_ingress *best = NULL;
  for (size_t i = 0; i < n; i++)
    if (names_host(all[i], host, rank) && (!best || older(all[i], best) < 0)) best = all[i];
  return best;
}

/* Rules of an Ingress to which the host does not belong. Those that are meant to be merged are. */
static void drop_others(ob_choice *ch, const ob_ingress *const *all, size_t n, const char *host) {
  static const char merged[] = "nginx.org/mergeable-ingress-type";
  const ob_ingress *owner[OB_HOST_RANKS];
  for (int rank = 0; rank < OB_HOST_RANKS; rank++) owner[rank] = first_to_name(all, n, host, rank);
  for (size_t i = 0; i < ch->hits.len; i++) {
    ob_rule_hit *h = &ch->hits.at[i];
    const ob_ingress *o = owner[h->rank];
    if (h->ingress == o || *ob_annotation(&h->ingress->o, merged)) continue;
    h->dropped = true;
    h->match = OB_PATH_NO;
  }
}

/* nginx.ingress.kubernetes.io/use-regex or rewrite-target, on any Ingress of the host. */
static bool regex_host(const ob_ingress *const *all, size_t n, const char *host, int rank) {
  for (size_t i = 0; i < n; i++)
    if ((strcmp(ob_annotation(&all[i]->o, "nginx.ingress.kubernetes.io/use-regex"), "true") == 0 ||
         *ob_annotation(&all[i]->o, "nginx.ingress.kubernetes.io/rewrite-target")) &&
        names_host(all[i], host, rank))
      return true;
  return false;
}

static const ob_ingress *default_for(const ob_choice *ch, const ob_ingress *const *all, size_t n,
                                     const ob_controller *k, const char *host) {
  bool named = ch->rank < OB_HOST_ANY;
  const ob_ingress *g;
  switch (k->defaults) {
  case OB_DEFAULT_OWN_HOST:
    if (!named) break;
    g = first_to_name(all, n, host, ch->rank);
    return g && g->default_backend.set ? g : NULL;
  case OB_DEFAULT_ALONE: break;
  case OB_DEFAULT_OTHER_HOSTS: return named ? NULL : find_default(all, n, any_ingress, host, 0);
  case OB_DEFAULT_ANY:
    g = ch->rank < OB_HOST_RANKS ? find_default(all, n, names_host, host, ch->rank) : NULL;
    if (!g) g = find_default(all, n, without_rules, host, 0);
    return g ? g : find_default(all, n, any_ingress, host, 0);
  }
  return find_default(all, n, without_rules, host, 0);
}

static int best_rank(const ob_ingress *const *all, size_t n, const char *host) {
  int best = OB_HOST_RANKS;
  for (size_t i = 0; i < n && best > OB_HOST_EXACT; i++)
    for (int r = 0; r < all[i]->nrules; r++) {
      int rank = ob_host_rank(all[i]->rules[r].host, host);
      if (rank < best) best = rank;
    }
  return best;
}

void ob_ingress_choose(ob_choice *ret, const ob_ingress *const *all, size_t n,
                       const ob_controller *k, const char *host, const char *path) {
  *ret = (ob_choice){.winner = -1, .rank = best_rank(all, n, host)};
  ret->regex = k->regex_hosts && regex_host(all, n, host, ret->rank);
  const ob_controller expressions = ob_controller_regex(k);
  for (size_t i = 0; i < n; i++)
    for (int r = 0; r < all[i]->nrules; r++) {
      int rank = ob_host_rank(all[i]->rules[r].host, host);
      if (rank == OB_HOST_RANKS) continue;
      bool regex = ret->regex && rank == ret->rank;
      for (int p = 0; p < all[i]->rules[r].npaths; p++)
        ob_vec_push(&ret->hits,
                    make_hit(all[i], r, p, rank, regex ? &expressions : k, regex, path));
    }
  if (k->one_owner) drop_others(ret, all, n, host);
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
  ret->fallback = default_for(ret, all, n, k, host);
}
