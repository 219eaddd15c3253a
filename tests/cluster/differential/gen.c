/* See gen.h. */
#include "gen.h"
#include "../../contract/client.h"

enum { TEXT_MAX = 64 * 1024 };

void ask_done(ask *a) {
  free(a->path);
  free(a->body);
}

static bool chance(ob_rng *rng, unsigned percent) {
  return ob_rng_below(rng, 100) < percent;
}

/* One of the texts between bars. */
static char *choose(ob_rng *rng, const char *values) {
  uint32_t n = 1;
  for (const char *p = values; *p; p++) n += *p == '|';
  for (uint32_t skip = ob_rng_below(rng, n); skip; skip--) values = strchr(values, '|') + 1;
  return ob_strndup(values, strcspn(values, "|"));
}

static char *pick_value(ob_rng *rng, const gen_field *f, bool good) {
  return choose(rng, good || !*f->bad ? f->good : f->bad);
}

static const char *const queries[] = {"",
                                      "",
                                      "",
                                      "",
                                      "?fieldManager=outboard&fieldValidation=Strict",
                                      "?fieldManager=outboard&fieldValidation=Strict",
                                      "?fieldManager=outboard&fieldValidation=Strict&dryRun=All",
                                      "?dryRun=All",
                                      "?fieldValidation=Ignore"};
static const char *const odd_queries[] = {"?dryRun=Some", "?fieldValidation=Perhaps",
                                          "?fieldValidation=Strict&dryRun=All&dryRun=All"};

static const char *query(ob_rng *rng) {
  return chance(rng, 2) ? odd_queries[ob_rng_below(rng, OB_LEN(odd_queries))]
                        : queries[ob_rng_below(rng, OB_LEN(queries))];
}

/* Bodies are built as trees: each key once, whatever is drawn. */
static ob_json *parse(const char *text) {
  OB_AUTOFREE char *json = ob_strdup(text);
  for (char *p = json; *p; p++)
    if (*p == '\'') *p = '"';
  return ob_json_parse(json, strlen(json), OB_JSON_STRICT, NULL);
}

static void put(ob_json *tree, const char *at, const char *value) {
  static const char meta[] = "metadata.";
  bool in_meta = ob_starts(at, meta);
  ob_json *v = parse(value);
  if (v)
    ob_json_put(ob_json_ensure_object(tree, in_meta ? "metadata" : "spec"),
                in_meta ? at + strlen(meta) : at, v);
}

static char *print(const ob_json *tree) {
  ob_buf text = OB_BUF_INIT(TEXT_MAX);
  ob_json_print(&text, tree);
  return ob_buf_take(&text, NULL);
}

ask gen_create(const gen_kind *k, ob_rng *rng, const char *name, bool good) {
  unsigned variant = ob_rng_below(rng, k->nvariants);
  OB_AUTOFREE char *start =
      ob_asprintf("{'metadata':{'name':'%s'},'spec':{%s}}", name, k->variants[variant]);
  OB_AUTOPTR(ob_json) tree = parse(start);
  size_t worst = good ? k->nfields : ob_rng_below(rng, (uint32_t)k->nfields); /* this one is bad */
  for (size_t i = 0; i < k->nfields; i++) {
    const gen_field *f = &k->fields[i];
    bool fits = (f->kinds >> variant & 1) != 0 && chance(rng, f->percent);
    if (i != worst && !fits && (good || !chance(rng, 1))) continue;
    OB_AUTOFREE char *value = pick_value(rng, f, i != worst);
    put(tree, f->at, value);
  }
  return (ask){.method = "POST",
               .type = CT_JSON,
               .path = ob_asprintf("%s%s", k->collection, query(rng)),
               .body = print(tree)};
}

/* One to three fields set anew, or taken away. */
static char *random_merge(const gen_kind *k, ob_rng *rng) {
  OB_AUTOPTR(ob_json) tree = ob_json_new_object();
  for (uint32_t n = 1 + ob_rng_below(rng, 3); n; n--) {
    const gen_field *f = &k->fields[ob_rng_below(rng, (uint32_t)k->nfields)];
    OB_AUTOFREE char *value =
        chance(rng, 25) ? ob_strdup("null") : pick_value(rng, f, chance(rng, 70));
    put(tree, f->at, value);
  }
  return print(tree);
}

ask gen_next(const gen_kind *k, ob_rng *rng, const char *name) {
  uint32_t what = ob_rng_below(rng, 100);
  if (what < 10) return (ask){.method = "GET", .path = ob_asprintf("%s/%s", k->collection, name)};
  if (what < 12) return gen_delete(k, rng, name);
  char *path = ob_asprintf("%s/%s%s", k->collection, name, query(rng));
  if (what < 40)
    return (ask){.method = "PATCH", .type = CT_MERGE, .path = path, .body = random_merge(k, rng)};
  if (what < 50)
    return (ask){.method = "PUT",
                 .type = CT_JSON,
                 .path = path,
                 .body = random_merge(k, rng),
                 .whole = true};
  const gen_change *c = &k->changes[ob_rng_below(rng, (uint32_t)k->nchanges)];
  free(path);
  path = ob_asprintf("%s/%s%s%s", k->collection, name, ob_or(c->sub, ""), query(rng));
  return (ask){.method = c->type ? "PATCH" : "PUT",
               .type = c->type ? c->type : CT_JSON,
               .path = path,
               .body = ob_strdup(c->body),
               .whole = !c->type};
}

ask gen_delete(const gen_kind *k, ob_rng *rng, const char *name) {
  static const char *const options[] = {
      NULL,
      NULL,
      "{'preconditions':{'uid':'@uid@','resourceVersion':'@rv@'}}",
      "{'preconditions':{'uid':'other'}}",
      "{'preconditions':{'resourceVersion':'1'}}",
      "{'dryRun':['All']}"};
  const char *body = options[ob_rng_below(rng, OB_LEN(options))];
  return (ask){.method = "DELETE",
               .type = CT_JSON,
               .path = ob_asprintf("%s/%s", k->collection, name),
               .body = body ? ob_strdup(body) : NULL};
}
