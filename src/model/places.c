/* Where an object is looked up by a name that is not its own: the host of a request, a node port,
 * the Gateway of a route. One map; the first letter of a key says what kind of name it is.
 *
 * An object that enters or leaves costs its own names and, at each, the objects that share it. */
#include "model/cluster_priv.h"

#include "base/str.h"
#include "outboard/gateway.h"
#include <stdio.h>

typedef struct walk {
  void (*fn)(void *arg, const char *key, size_t len);
  void *arg;
} walk;

static size_t key_of(char out[OB_PLACE_KEY], char kind, const char *name, size_t n) {
  if (n > OB_PLACE_KEY - 2) n = OB_PLACE_KEY - 2;
  out[0] = kind;
  for (size_t i = 0; i < n; i++) {
    char ch = name[i];
    out[i + 1] = kind == OB_PLACE_HOST && ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
  }
  out[n + 1] = '\0';
  return n + 1;
}

const char *ob_place_key(const void *place, size_t *ret_len) {
  const char *key = ((const ob_place *)place)->key;
  *ret_len = strlen(key);
  return key;
}

const ob_place *ob_place_find(const ob_cluster *c, char kind, const char *name) {
  char key[OB_PLACE_KEY];
  return ob_map_get(&c->places, key, key_of(key, kind, name, strlen(name)));
}

static void say_n(const walk *w, char kind, const char *name, size_t n) {
  char key[OB_PLACE_KEY];
  size_t len = key_of(key, kind, name, n);
  w->fn(w->arg, key, len);
}
static void say(const walk *w, char kind, const char *name) {
  say_n(w, kind, name, strlen(name));
}

const char *ob_dns_names(const ob_object *o) {
  return ob_or(ob_annotation(o, "external-dns.kubernetes.io/hostname"),
               ob_annotation(o, "external-dns.alpha.kubernetes.io/hostname"));
}

static void say_list(const walk *w, const char *list) {
  while (*list) {
    list += strspn(list, ", ");
    size_t n = strcspn(list, ", ");
    if (n) say_n(w, OB_PLACE_HOST, list, n);
    list += n;
  }
}

static void of_service(const walk *w, const ob_service *s) {
  for (size_t i = 0; i < s->nexternal_ips; i++) say(w, OB_PLACE_HOST, s->external_ips[i]);
  if (s->type != OB_NODE_PORT && s->type != OB_LOAD_BALANCER) return;
  for (size_t i = 0; i < s->nports; i++) {
    char port[16];
    snprintf(port, sizeof port, "%u", s->ports[i].node_port);
    if (s->ports[i].node_port) say(w, OB_PLACE_PORT, port);
  }
  if (s->type != OB_LOAD_BALANCER) return;
  say(w, OB_PLACE_BALANCERS, s->o.ns);
  for (size_t i = 0; i < s->nlb; i++) {
    if (*s->lb[i].ip) say(w, OB_PLACE_HOST, s->lb[i].ip);
    if (*s->lb[i].hostname) say(w, OB_PLACE_HOST, s->lb[i].hostname);
  }
  say_list(w, ob_dns_names(&s->o));
}

void ob_rule_place(char out[OB_PLACE_KEY], const ob_rule *rule, const ob_path *path) {
  snprintf(out, OB_PLACE_KEY, "%s %s %s", rule->host, path->path_type, path->path);
}

static void of_ingress(const walk *w, const ob_ingress *g) {
  const char *class = ob_or(g->class_name, g->class_annotation);
  if (*class) say(w, OB_PLACE_CLASS, class);
  if (g->default_backend.set) say(w, OB_PLACE_HOST, "");
  for (size_t i = 0; i < g->nrules; i++) say(w, OB_PLACE_HOST, g->rules[i].host);
  for (size_t i = 0; i < g->nrules; i++)
    for (size_t p = 0; p < g->rules[i].npaths; p++) {
      char rule[OB_PLACE_KEY];
      ob_rule_place(rule, &g->rules[i], &g->rules[i].paths[p]);
      say(w, OB_PLACE_RULE, rule);
    }
}

static void of_route(const walk *w, const ob_route *r) {
  for (size_t i = 0; i < r->nhostnames; i++) say(w, OB_PLACE_HOST, r->hostnames[i]);
  if (r->nhostnames == 0) say(w, OB_PLACE_HOST, "");
  for (size_t i = 0; i < r->nparents; i++) {
    char key[OB_KEY_MAX];
    ob_key(key, r->parents[i].ns, r->parents[i].name);
    if (strcmp(r->parents[i].kind, "Gateway") == 0) say(w, OB_PLACE_GATEWAY, key);
  }
}

void ob_places_of(const ob_object *o, void (*fn)(void *arg, const char *key, size_t len),
                  void *arg) {
  const walk w = {fn, arg};
  switch (o->kind) {
  case OB_KIND_SERVICE: of_service(&w, OB_AS(ob_service, o)); break;
  case OB_KIND_INGRESS: of_ingress(&w, OB_AS(ob_ingress, o)); break;
  case OB_KIND_HTTP_ROUTE:
  case OB_KIND_GRPC_ROUTE: of_route(&w, OB_AS(ob_route, o)); break;
  case OB_KIND_GRANT: say(&w, OB_PLACE_GRANTS, o->ns); break;
  default: break;
  }
}

typedef struct joining {
  ob_cluster *c;
  const ob_object *o;
} joining;

/* Whether a rule is the only one of its host and path is a fact about every Ingress that has it. */
static void tell_others(joining *j, const ob_place *p) {
  if (p->key[0] != OB_PLACE_RULE) return;
  for (size_t i = 0; i < p->objects.len; i++) {
    const ob_object *other = ob_link_at(&p->objects, i);
    if (other != j->o) ob_mark(j->c, other);
  }
}

static void enter(void *arg, const char *key, size_t len) {
  joining *j = arg;
  ob_place *p = ob_map_get(&j->c->places, key, len);
  if (!p) {
    p = ob_calloc(1, sizeof *p + len + 1);
    memcpy(p->key, key, len + 1);
    ob_map_put(&j->c->places, p->key, len, p);
    j->c->node_ports += *key == OB_PLACE_PORT;
  }
  /* Its own names come one after another: who came last is the only one who may be here twice. */
  if (p->objects.len && ob_link_at(&p->objects, p->objects.len - 1) == j->o) return;
  ob_link_add(&p->objects, j->o);
  tell_others(j, p);
}

static void leave(void *arg, const char *key, size_t len) {
  joining *j = arg;
  ob_place *p = ob_map_get(&j->c->places, key, len);
  if (!p) return;
  ob_link_remove(&p->objects, j->o);
  tell_others(j, p);
  if (p->objects.len) return;
  ob_map_del(&j->c->places, key, len);
  j->c->node_ports -= *key == OB_PLACE_PORT;
  free(p);
}

void ob_places_join(ob_cluster *c, const ob_object *o, bool add) {
  joining j = {c, o};
  ob_places_of(o, add ? enter : leave, &j);
}
