/* The same random writes to a real kube-apiserver and to the embedded one, answer by answer.
 *
 * A case makes an object and changes it until it is deleted; a pair is one request to both. They
 * agree when the code, the reason, the causes' reasons and fields, and the object in the answer are
 * the same, values that a server chooses itself left aside (uid, times, versions, addresses and
 * ports that nobody asked for by number). A case ends at its first disagreement, so that one is not
 * counted twice.
 *
 *   OB_SEED=N OB_PAIRS=N   another sequence, another length
 *   OUTBOARD_AGREEMENT=N   the percentage that is asserted (99)
 */
#include "../../contract/client.h"
#include "gen.h"
#include <ctype.h>
#include <stdio.h>

enum { TEXT_MAX = 4 * 1024 * 1024, GROUPS = 400, CHANGES = 7 };

typedef struct side {
  ct *c;
  ob_json *last; /* the object as this server last told it; NULL: none */
} side;

typedef struct group { /* disagreements of one kind, with an example */
  char *what, *example;
  unsigned count;
} group;

typedef struct run {
  side real, sim;
  ob_rng rng;
  unsigned pairs, agreed, ngroups;
  group groups[GROUPS];
} run;

/* --- sending ------------------------------------------------------------------------------ */

static void add_word(ob_buf *out, const side *s, const char *word, size_t n) {
  static const struct {
    const char *word, *at;
  } words[] = {{"@rv@", "/metadata/resourceVersion"},
               {"@uid@", "/metadata/uid"},
               {"@ip@", "/spec/clusterIP"},
               {"@port@", "/spec/ports/0/nodePort"}};
  for (size_t i = 0; i < OB_LEN(words); i++)
    if (strlen(words[i].word) == n && memcmp(words[i].word, word, n) == 0)
      ob_buf_adds(out, ct_text(s->last, words[i].at));
}

/* ' for ", ~ for the namespace, @word@ for what this server chose. */
static char *expand(const side *s, const char *body) {
  ob_buf out = OB_BUF_INIT(TEXT_MAX);
  for (const char *p = body; *p; p++) {
    const char *end = *p == '@' ? strchr(p + 1, '@') : NULL;
    if (end) {
      add_word(&out, s, p, (size_t)(end + 1 - p));
      p = end;
    } else if (*p == '~' && p[1] == '\'') {
      ob_buf_adds(&out, s->c->ns);
    } else {
      ob_buf_addc(&out, *p == '\'' ? '"' : *p);
    }
  }
  return ob_buf_take(&out, NULL);
}

static void call(side *s, const ask *a) {
  OB_AUTOFREE char *body = a->body ? expand(s, a->body) : NULL;
  if (a->whole) {
    ob_json *tree = s->last ? ob_json_dup(s->last) : ob_json_new_object();
    OB_AUTOPTR(ob_json) edit = ob_json_parse(body, strlen(body), OB_JSON_STRICT, NULL);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(TEXT_MAX);
    ob_merge_patch(&tree, edit);
    ob_json_print(&text, tree);
    ob_json_free(tree);
    free(body);
    body = ob_buf_take(&text, NULL);
  }
  ct_call(s->c, a->method, a->type, a->path, body);
  bool stored =
      s->c->code < 300 && !strstr(a->path, "dryRun") && !ob_streq(ct_at(s->c, "/kind"), "Status");
  if (!stored) return;
  ob_json_free(s->last);
  bool gone = ob_streq(a->method, "DELETE") && !*ct_at(s->c, "/metadata/deletionTimestamp");
  s->last = gone ? NULL : ob_json_dup(s->c->reply);
}

/* --- comparing ---------------------------------------------------------------------------- */

static const char *family(const char *ip) {
  return strchr(ip, ':') ? "an IPv6" : strchr(ip, '.') ? "an IPv4" : ip;
}

/* What a server chose itself becomes a word; nulls go, as Go leaves them out. */
static ob_json *normal(const ob_json *v, const char *key, const char *sent) {
  static const char *const chosen[] = {"uid", "resourceVersion", "creationTimestamp", "selfLink",
                                       "managedFields"};
  int64_t port;
  if (ob_json_is(v, OB_JSON_OBJECT)) {
    ob_json *out = ob_json_new_object();
    for (const ob_json *c = ob_json_first(v); c; c = ob_json_next(c)) {
      bool drop = ob_json_is(c, OB_JSON_NULL);
      for (size_t i = 0; i < OB_LEN(chosen); i++)
        drop = drop || (ob_streq(key, "metadata") && ob_streq(ob_json_key(c), chosen[i]));
      if (!drop) ob_json_put(out, ob_json_key(c), normal(c, ob_json_key(c), sent));
    }
    return out;
  }
  if (ob_json_is(v, OB_JSON_ARRAY)) {
    ob_json *out = ob_json_new_array();
    for (const ob_json *c = ob_json_first(v); c; c = ob_json_next(c))
      ob_json_push(out, normal(c, key, sent));
    return out;
  }
  if (ob_streq(key, "deletionTimestamp")) return ob_json_new_str("set");
  if ((ob_streq(key, "nodePort") || ob_streq(key, "healthCheckNodePort")) &&
      ob_json_int(v, &port)) {
    OB_AUTOFREE char *text = ob_asprintf("ort':%lld", (long long)port);
    OB_AUTOFREE char *json = ob_asprintf("ort\":%lld", (long long)port);
    if (!strstr(sent, text) && !strstr(sent, json) && port >= 30000)
      return ob_json_new_str("allocated");
  }
  if (ob_starts(ob_or(key, ""), "clusterIP") && ob_json_str(v) && !strstr(sent, ob_json_str(v)))
    return ob_json_new_str(family(ob_json_str(v)));
  return ob_json_dup(v);
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The causes as "REASON FIELD", sorted: their order is nobody's promise. */
static ob_json *causes(const ob_json *status) {
  ob_json *out = ob_json_new_array();
  OB_VEC(char *) all = {0};
  for (const ob_json *c = ob_json_first(ob_pointer_get(status, "/details/causes")); c;
       c = ob_json_next(c))
    ob_vec_push(&all, ob_asprintf("%s %s", ob_or(ob_json_get_str(c, "reason"), "-"),
                                  ob_or(ob_json_get_str(c, "field"), "-")));
  if (all.len) qsort(all.at, all.len, sizeof *all.at, by_text);
  for (size_t i = 0; i < all.len; i++) {
    ob_json_push(out, ob_json_new_str(all.at[i]));
    free(all.at[i]);
  }
  ob_vec_done(&all);
  return out;
}

static ob_json *answer(const side *s, const char *sent) {
  ob_json *out = ob_json_new_object();
  ob_json_put_int(out, "code", s->c->code);
  if (!ob_streq(ct_at(s->c, "/kind"), "Status")) {
    ob_json_put(out, "object",
                s->c->reply ? normal(s->c->reply, NULL, sent) : ob_json_new_str("no JSON"));
    return out;
  }
  ob_json_put_str(out, "reason", ct_at(s->c, "/reason"));
  ob_json_put(out, "causes", causes(s->c->reply));
  ob_json_put_str(out, "name", ct_at(s->c, "/details/name"));
  ob_json_put_str(out, "kind", ct_at(s->c, "/details/kind"));
  ob_json_put_str(out, "group", ct_at(s->c, "/details/group"));
  return out;
}

/* The path of the first difference is appended; false when there is none. */
static bool differ(const ob_json *a, const ob_json *b, ob_buf *path) {
  if (ob_json_equal(a, b)) return false;
  size_t len = path->len;
  if (ob_json_is(a, OB_JSON_OBJECT) && ob_json_is(b, OB_JSON_OBJECT)) {
    for (int both = 0; both < 2; both++)
      for (const ob_json *c = ob_json_first(both ? b : a); c; c = ob_json_next(c)) {
        ob_buf_addf(path, "/%s", ob_json_key(c));
        if (differ(ob_json_get(a, ob_json_key(c)), ob_json_get(b, ob_json_key(c)), path))
          return true;
        ob_buf_truncate(path, len);
      }
  } else if (ob_json_is(a, OB_JSON_ARRAY) && ob_json_is(b, OB_JSON_ARRAY) &&
             ob_json_len(a) == ob_json_len(b)) {
    for (size_t i = 0; i < ob_json_len(a); i++) {
      ob_buf_addf(path, "/%zu", i);
      if (differ(ob_json_index(a, i), ob_json_index(b, i), path)) return true;
      ob_buf_truncate(path, len);
    }
  }
  return true;
}

static void add_json(ob_buf *out, const ob_json *v) {
  if (v)
    ob_json_print(out, v);
  else
    ob_buf_adds(out, "absent");
}

static void note(run *r, const ask *a, const ob_json *real, const ob_json *sim, const char *path) {
  OB_AUTO(ob_buf) what = OB_BUF_INIT(TEXT_MAX), example = OB_BUF_INIT(TEXT_MAX);
  ob_buf_addf(&what, "%s %s: the real ", a->method, path);
  add_json(&what, ob_pointer_get(real, path));
  ob_buf_adds(&what, ", the embedded ");
  add_json(&what, ob_pointer_get(sim, path));
  if (what.len > 600) ob_buf_truncate(&what, 600);
  ob_buf_addf(&example, "%s %s %s\n    had  ", a->path, ob_or(a->type, ""), ob_or(a->body, ""));
  OB_AUTOPTR(ob_json) had = r->real.last ? normal(r->real.last, NULL, "") : NULL;
  add_json(&example, had);
  ob_buf_addf(&example, "\n    real %.900s\n    sim  %.900s", r->real.c->text, r->sim.c->text);
  for (unsigned i = 0; i < r->ngroups; i++)
    if (ob_streq(r->groups[i].what, ob_buf_str(&what))) {
      r->groups[i].count++;
      return;
    }
  if (r->ngroups == GROUPS) return;
  r->groups[r->ngroups++] = (group){ob_buf_take(&what, NULL), ob_buf_take(&example, NULL), 1};
}

static bool pair(run *r, ask move_a) {
  ask a = move_a;
  ob_json *had = r->real.last ? ob_json_dup(r->real.last) : NULL;
  call(&r->real, &a);
  call(&r->sim, &a);
  OB_AUTOPTR(ob_json) real = answer(&r->real, ob_or(a.body, ""));
  OB_AUTOPTR(ob_json) sim = answer(&r->sim, ob_or(a.body, ""));
  OB_AUTO(ob_buf) path = OB_BUF_INIT(TEXT_MAX);
  bool same = !differ(real, sim, &path);
  r->pairs++;
  r->agreed += same;
  if (!same) {
    ob_json *now = r->real.last;
    r->real.last = had;
    note(r, &a, real, sim, ob_buf_str(&path));
    r->real.last = now;
  }
  ob_json_free(had);
  ask_done(&a);
  return same;
}

static void forget(side *s, const gen_kind *k, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", k->collection, name);
  ct_merge(s->c, path, "{'metadata':{'finalizers':null}}");
  ct_call(s->c, "DELETE", NULL, path, NULL);
  ob_json_free(s->last);
  s->last = NULL;
}

static void one_case(run *r, const gen_kind *k, unsigned n) {
  OB_AUTOFREE char *name = ob_asprintf("d%u", n);
  bool same = pair(r, gen_create(k, &r->rng, name, ob_rng_below(&r->rng, 100) < 55));
  for (unsigned i = 0; same && r->real.last && i < CHANGES; i++)
    same = pair(r, gen_next(k, &r->rng, name));
  if (same && ob_rng_below(&r->rng, 4) == 0) pair(r, gen_delete(k, &r->rng, name));
  forget(&r->real, k, name);
  forget(&r->sim, k, name);
}

static int64_t number_of(const char *variable, int64_t otherwise) {
  int64_t n;
  return ob_parse_int(ob_or(getenv(variable), ""), 0, INT32_MAX, &n) ? n : otherwise;
}

static int by_count(const void *a, const void *b) {
  return (int)((const group *)b)->count - (int)((const group *)a)->count;
}

Test(differential, agreement) {
  const char *real = getenv("OUTBOARD_CONTRACT_KUBECONFIG");
  cr_assert(real && *real, "run it as `cluster run -- differential`");
  int64_t seed = number_of("OB_SEED", 4), pairs = number_of("OB_PAIRS", 3000);
  int64_t wanted = number_of("OUTBOARD_AGREEMENT", 99);
  static run r;
  r.rng.state = (uint64_t)seed;
  r.real.c = ct_open_at(real, NULL, NULL);
  r.sim.c = ct_open_at(NULL, &(ob_sim_opts){.empty = true, .controller_ms = 1 << 30}, r.real.c->ns);
  for (unsigned n = 0; r.pairs < pairs; n++)
    one_case(&r, n % 10 < 6 ? &gen_services : n % 10 < 9 ? &gen_ingresses : &gen_classes, n);
  printf("differential: %u of %u pairs agree (%.2f %%), seed %lld, kube-apiserver %s\n", r.agreed,
         r.pairs, 100.0 * r.agreed / r.pairs, (long long)seed,
         ob_or(getenv("OUTBOARD_CLUSTER_VERSION"), "unknown"));
  qsort(r.groups, r.ngroups, sizeof *r.groups, by_count);
  for (unsigned i = 0; i < r.ngroups; i++) {
    printf("  %u x %s\n    %s\n", r.groups[i].count, r.groups[i].what, r.groups[i].example);
    free(r.groups[i].what);
    free(r.groups[i].example);
  }
  fflush(stdout);
  cr_expect(r.agreed * 100 >= (uint64_t)wanted * r.pairs, "less than %lld %%", (long long)wanted);
  ct_close(r.real.c);
  ct_close(r.sim.c);
}
