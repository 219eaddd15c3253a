/* Generated sets of rules against a matcher that was written from the documentation alone, knows
 * nothing of the program's own, and tries everything. OB_SEED repeats a run. */
#include "world.h"

#include "base/clock.h"
#include "base/str.h"
#include "outboard/explain.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SETS = 4000, RULES = 12, REQUESTS = 6 };

static uint64_t base_seed(void) {
  const char *s = getenv("OB_SEED");
  int64_t n;
  return s && ob_parse_int(s, 0, INT64_MAX, &n) ? (uint64_t)n : 20261124;
}

typedef struct rule {
  const char *host, *type; /* type Prefix or Exact */
  char path[64];
  int ingress, at; /* which Ingress (its age and name), which place in it */
} rule;

typedef struct set {
  rule rules[RULES];
  int n, ningresses;
  int age[4];      /* bigger: older */
  int fallback[4]; /* service number of the default backend, -1 none */
  bool falls_through;
  enum { ANY, OWN_HOST, ALONE } defaults;
  bool by_text; /* Traefik: the longest rule, written out */
} set;

static const char *const hosts[] = {"a.x.com",   "b.x.com",   "*.x.com", "",
                                    "c.a.x.com", "*.a.x.com", "x.com"};
static const char *const asked[] = {"a.x.com",   "b.x.com", "z.x.com", "c.a.x.com",
                                    "d.a.x.com", "x.com",   "q.org",   "d.d.a.x.com"};
static const char *const elements[] = {"a", "b", "ab", "aa"};

static void random_path(ob_rng *r, char out[64]) {
  size_t n = ob_rng_below(r, 4);
  out[0] = '\0';
  for (size_t i = 0; i < n; i++) {
    strcat(out, "/");
    strcat(out, elements[ob_rng_below(r, 4)]);
  }
  if (n == 0 || ob_rng_below(r, 4) == 0) strcat(out, "/");
}

/* --- the other matcher ------------------------------------------------------------------- */
typedef struct split {
  char text[64];
  char *at[8];
  int n;
} split;

/* "/a/b/" is a, b: empty elements at the end do not count. */
static void split_path(split *s, const char *path) {
  snprintf(s->text, sizeof s->text, "%s", path);
  s->n = 0;
  char *save = NULL;
  for (char *e = strtok_r(s->text, "/", &save); e; e = strtok_r(NULL, "/", &save))
    s->at[s->n++] = e;
}

static bool element_prefix(const char *rule_path, const char *path) {
  split a, b;
  split_path(&a, rule_path);
  split_path(&b, path);
  if (a.n > b.n) return false;
  for (int i = 0; i < a.n; i++)
    if (strcmp(a.at[i], b.at[i]) != 0) return false;
  return true;
}

/* 3 exact, 2 wildcard, 1 no host, 0 no. */
static int host_score(const char *rule_host, const char *host) {
  if (!*rule_host) return 1;
  if (*rule_host != '*') return strcmp(rule_host, host) == 0 ? 3 : 0;
  const char *rest = host;
  while (*rest && *rest != '.') rest++;
  return strcmp(rest, rule_host + 1) == 0 ? 2 : 0;
}

static size_t weight_of(const rule *r) {
  size_t n = strlen(r->path);
  if (strcmp(r->type, "Prefix") == 0 && n > 1 && r->path[n - 1] == '/')
    n--; /* "ignores trailing slash" */
  return n;
}

static int written(const rule *r) {
  char text[256], head[128] = "";
  if (*r->host) snprintf(head, sizeof head, "Host(`%s`) && ", r->host);
  return snprintf(text, sizeof text, "%s%s(`%s`)", head,
                  strcmp(r->type, "Exact") == 0 ? "Path" : "PathPrefix", r->path);
}

static bool older(const set *s, const rule *a, const rule *b) {
  if (s->age[a->ingress] != s->age[b->ingress]) return s->age[a->ingress] > s->age[b->ingress];
  if (a->ingress != b->ingress) return a->ingress < b->ingress;
  return a->at < b->at;
}

static bool beats(const set *s, const rule *a, const rule *b, const char *host) {
  if (s->by_text) {
    if (written(a) != written(b)) return written(a) > written(b);
    return older(s, a, b);
  }
  int x = host_score(a->host, host), y = host_score(b->host, host);
  if (x != y) return x > y;
  if (weight_of(a) != weight_of(b)) return weight_of(a) > weight_of(b);
  bool ea = strcmp(a->type, "Exact") == 0, eb = strcmp(b->type, "Exact") == 0;
  if (ea != eb) return ea;
  return older(s, a, b);
}

static int oldest_default(const set *s, const char *host, int score) {
  int best = -1;
  for (int i = 0; i < s->ningresses; i++) {
    bool fits = false, rules = false;
    for (int k = 0; k < s->n; k++)
      if (s->rules[k].ingress == i) {
        rules = true;
        fits |= score > 0 && host_score(s->rules[k].host, host) == score;
      }
    if (score == 0) fits = !rules;
    if (score < 0) fits = true;
    if (s->fallback[i] < 0 || !fits) continue;
    if (best < 0 || s->age[i] > s->age[best]) best = i;
  }
  return best < 0 ? -1 : s->fallback[best];
}

/* That of the oldest Ingress which names the host so. */
static int own_default(const set *s, const char *host, int score) {
  int best = -1;
  for (int k = 0; k < s->n; k++) {
    int i = s->rules[k].ingress;
    if (host_score(s->rules[k].host, host) != score) continue;
    if (best < 0 || s->age[i] > s->age[best] || (s->age[i] == s->age[best] && i < best)) best = i;
  }
  return best < 0 ? -1 : s->fallback[best];
}

/* The number of the service, -1 nobody. */
static int brute(const set *s, const char *host, const char *path) {
  int named = 0;
  for (int i = 0; i < s->n; i++)
    if (host_score(s->rules[i].host, host) > named) named = host_score(s->rules[i].host, host);
  int best = -1;
  for (int i = 0; i < s->n; i++) {
    const rule *r = &s->rules[i];
    int score = host_score(r->host, host);
    if (score == 0 || (score < named && !s->falls_through)) continue;
    bool fits = s->by_text && strcmp(r->type, "Prefix") == 0
                    ? strncmp(path, r->path, strlen(r->path)) == 0 || element_prefix(r->path, path)
                : strcmp(r->type, "Exact") == 0 ? strcmp(r->path, path) == 0
                                                : element_prefix(r->path, path);
    if (fits && (best < 0 || beats(s, r, &s->rules[best], host))) best = i;
  }
  if (best >= 0) return best;
  if (s->defaults == OWN_HOST && named > 1) return own_default(s, host, named);
  int d = named && s->defaults == ANY ? oldest_default(s, host, named) : -1;
  if (d < 0) d = oldest_default(s, host, 0);
  if (d < 0 && s->defaults == ANY) d = oldest_default(s, host, -1);
  return d;
}

/* --- the sets ---------------------------------------------------------------------------- */
static void random_set(ob_rng *r, set *s) {
  *s = (set){.n = (int)ob_rng_below(r, RULES + 1), .ningresses = 1 + (int)ob_rng_below(r, 4)};
  for (int i = 0; i < s->ningresses; i++) {
    s->age[i] = (int)ob_rng_below(r, 3);
    s->fallback[i] = ob_rng_below(r, 3) ? -1 : 100 + i;
  }
  for (int i = 0; i < s->n; i++) {
    rule *u = &s->rules[i];
    u->host = hosts[ob_rng_below(r, OB_LEN(hosts))];
    u->type = ob_rng_below(r, 3) ? "Prefix" : "Exact";
    u->ingress = (int)ob_rng_below(r, (uint32_t)s->ningresses);
    u->at = i;
    random_path(r, u->path);
  }
}

static void put_set(ob_cluster *c, const set *s, const char *class) {
  ob_cluster_clear(c, OB_KIND_INGRESS);
  for (int i = 0; i < s->ningresses; i++) {
    OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
    char name[16];
    snprintf(name, sizeof name, "i%d", i);
    ob_buf_addf(&b, "'spec':{'ingressClassName':'%s'", class);
    if (s->fallback[i] >= 0)
      ob_buf_addf(&b, ",'defaultBackend':{'service':{'name':'d%d','port':{'number':80}}}",
                  s->fallback[i]);
    ob_buf_adds(&b, ",'rules':[");
    bool first = true;
    for (int k = 0; k < s->n; k++) {
      if (s->rules[k].ingress != i) continue;
      ob_buf_addf(&b,
                  "%s{'host':'%s','http':{'paths':[{'path':'%s','pathType':'%s','backend':{'"
                  "service':{'name':'s%d','port':{'number':80}}}}]}}",
                  first ? "" : ",", s->rules[k].host, s->rules[k].path, s->rules[k].type, k);
      first = false;
    }
    ob_buf_adds(&b, "]}");
    ob_cluster_put(c, world_make_at(OB_KIND_INGRESS, "n", name, NULL,
                                    WORLD_NOW_MS - s->age[i] * 1000, ob_buf_str(&b)));
  }
}

static void put_service(ob_cluster *c, const char *prefix, int i) {
  char name[16];
  snprintf(name, sizeof name, "%s%d", prefix, i);
  world_put(c, OB_KIND_SERVICE, "n", name, "'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80}]}");
}

static void compare(const ob_cluster *c, const set *s, const char *host, const char *path,
                    uint64_t seed) {
  OB_AUTOFREE char *url = ob_asprintf("http://%s%s", host, path);
  ob_request r;
  ob_err err;
  cr_assert_eq(ob_request_make(&r, url, NULL, NULL, 0, false, &err), 0);
  ob_explanation *e = ob_explain(c, &r);
  char wanted[16] = "";
  int n = brute(s, host, path);
  if (n >= 0) snprintf(wanted, sizeof wanted, n >= 100 ? "d%d" : "s%d", n);
  const char *got = e->nways && e->ways[0].service ? e->ways[0].service->o.name : "";
  cr_assert_str_eq(got, wanted, "seed %llu, %s: \"%s\", wanted \"%s\"", (unsigned long long)seed,
                   url, got, wanted);
  ob_explanation_free(e);
  ob_request_done(&r);
}

Test(brute, ingress_rules_equal_those_of_another_matcher, .timeout = 300) {
  static const struct {
    const char *class, *controller;
    bool falls_through, by_text;
    int defaults;
  } classes[] = {{"nginx", "k8s.io/ingress-nginx", false, false, OWN_HOST},
                 {"traefik", "traefik.io/ingress-controller", true, true, ALONE},
                 {"jcmoraisjr", "haproxy-ingress.github.io/controller", true, false, ANY},
                 {"other", "example.com/other", false, false, ANY}};
  ob_cluster *c = world_new();
  for (size_t k = 0; k < OB_LEN(classes); k++) {
    char rest[128];
    snprintf(rest, sizeof rest, "'spec':{'controller':'%s'}", classes[k].controller);
    world_put(c, OB_KIND_INGRESS_CLASS, "", classes[k].class, rest);
  }
  for (int i = 0; i < RULES; i++) put_service(c, "s", i);
  for (int i = 0; i < 4; i++) put_service(c, "d", 100 + i);
  uint64_t seed = base_seed();
  fprintf(stderr, "%d sets of rules, OB_SEED=%llu\n", SETS, (unsigned long long)seed);
  for (uint64_t i = 0; i < SETS; i++) {
    ob_rng r = {seed * 1000003 + i};
    set s;
    random_set(&r, &s);
    size_t k = ob_rng_below(&r, OB_LEN(classes));
    s.falls_through = classes[k].falls_through;
    s.defaults = classes[k].defaults;
    s.by_text = classes[k].by_text;
    put_set(c, &s, classes[k].class);
    for (int q = 0; q < REQUESTS; q++) {
      char path[64];
      random_path(&r, path);
      compare(c, &s, asked[ob_rng_below(&r, OB_LEN(asked))], path, seed * 1000003 + i);
    }
    ob_cluster_settle(c);
  }
  ob_cluster_free(c);
}
