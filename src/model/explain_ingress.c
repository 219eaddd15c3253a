/* Ways by Ingress: one for each class that has a rule for the host. The rules themselves are
 * choose.c; here stand the words. */
#include "model/explain_priv.h"

#include "base/map.h"
#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

typedef struct group {
  const char *class_name; /* "" none */
  const ob_ingress_class *class;
  const char *controller; /* "" unknown */
  OB_VEC(const ob_ingress *) all, canaries;
} group;
typedef OB_VEC(group) groups;

static const char canary[] = "nginx.ingress.kubernetes.io/canary";

/* --- who is asked ------------------------------------------------------------------------ */
/* Where no class has the name, the field and the annotation may mean two controllers by it. */
static group *group_of(ob_explain_run *x, groups *gs, const ob_ingress *g) {
  const char *name;
  const ob_ingress_class *class = ob_ingress_class_of(x->c, g, &name);
  const char *controller = ob_ingress_controller(x->c, g);
  for (size_t i = 0; i < gs->len; i++)
    if (strcmp(gs->at[i].class_name, name) == 0 && strcmp(gs->at[i].controller, controller) == 0)
      return &gs->at[i];
  if (gs->len >= OB_WAYS_MAX) {
    x->more = true;
    return NULL;
  }
  ob_vec_push(gs, (group){.class_name = name, .class = class, .controller = controller});
  return &gs->at[gs->len - 1];
}

static void collect(ob_explain_run *x, const char *place, groups *gs, ob_map *seen) {
  const ob_place *p = ob_place_find(x->c, OB_PLACE_HOST, place);
  for (size_t i = 0; p && i < p->objects.len; i++) {
    const ob_object *o = ob_link_at(&p->objects, i);
    if (o->kind != OB_KIND_INGRESS) continue;
    if (ob_map_put(seen, (const char *)&o->uid, sizeof o->uid, (void *)(uintptr_t)o)) continue;
    const ob_ingress *g = OB_AS(ob_ingress, o);
    group *to = group_of(x, gs, g);
    if (!to) continue;
    if (ob_streq(ob_annotation(o, canary), "true"))
      ob_vec_push(&to->canaries, g);
    else
      ob_vec_push(&to->all, g);
  }
}

static const char *address_of(const ob_ingress *g) {
  return g->nlb ? ob_lb_address(&g->lb[0]) : "";
}

static bool has_address(const group *gr, const char *host) {
  for (size_t i = 0; i < gr->all.len; i++)
    for (size_t k = 0; k < gr->all.at[i]->nlb; k++)
      if (strcmp(gr->all.at[i]->lb[k].ip, host) == 0 ||
          strcmp(gr->all.at[i]->lb[k].hostname, host) == 0)
        return true;
  return false;
}

/* A literal address names no virtual host. */
static bool is_literal(const char *host) {
  return strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0';
}

/* --- the words --------------------------------------------------------------------------- */
static void rule_text(char out[600], const ob_ingress *g, int rule, int path) {
  const ob_rule *r = &g->rules[rule];
  snprintf(out, 600, "%.250s%.250s %.40s", ob_or(r->host, "*"), ob_or(r->paths[path].path, "/"),
           r->paths[path].path_type);
}

static void step_dns(ob_explain_run *x, ob_way_build *w, const ob_ingress *g) {
  const char *at = address_of(g);
  if (is_literal(x->r->host) || strcmp(at, x->r->host) == 0) {
    ob_step_add(w, "dns", OB_GOES, NULL, "%s is the entry's own address", x->r->host);
    return;
  }
  ob_step *st = ob_step_add(w, "dns", *at ? OB_GOES : OB_UNSURE, &g->o, "%s must lead to %s",
                            x->r->host, *at ? at : "the controller");
  if (!*at) {
    ob_step_why(st, "the Ingress has no address in its status: its controller has not taken it up, "
                    "or does not report");
    ob_step_fix(st, "see whether the controller runs and watches this namespace and class");
  }
}

static void step_entry(ob_explain_run *x, ob_way_build *w, const group *gr, const ob_ingress *g,
                       const ob_controller *k) {
  const ob_object *o = gr->class ? &gr->class->o : &g->o;
  bool classes = ob_known(x->c, OB_KIND_INGRESS_CLASS);
  if (!*gr->class_name) {
    ob_step *st = ob_step_add(w, "entry", classes ? OB_STOPS : OB_UNSURE, o, "no ingress class");
    ob_step_why(st, classes ? "the Ingress names none and the cluster has no default: most "
                              "controllers leave it alone"
                            : "the Ingress names none, and classes are not known");
    ob_step_fix(st, "set spec.ingressClassName, or mark one IngressClass as the default");
    return;
  }
  if (!gr->class && !*gr->controller) {
    ob_step *st = ob_step_add(w, "entry", OB_UNSURE, o, "class %s", gr->class_name);
    bool legacy = !*g->class_name;
    if (classes && !legacy) st->verdict = OB_STOPS;
    ob_step_why(st, classes ? (legacy ? "no IngressClass has this name; a controller may still go "
                                        "by the annotation"
                                      : "no IngressClass has this name: no controller takes it up")
                            : "classes are not known");
    ob_step_fix(st, "install the controller of class %s, or name a class that is there",
                gr->class_name);
    return;
  }
  ob_step *st = ob_step_add(w, "entry", OB_GOES, o, "class %s, served by %s", gr->class_name,
                            *k->name ? k->name : gr->controller);
  bool one = gr->all.len == 1;
  ob_step_why(st, "%zu Ingress%s of this class name%s the host or take%s any", gr->all.len,
              one ? "" : "es", one ? "s" : "", one ? "s" : "");
}

static void step_tls(ob_explain_run *x, ob_way_build *w, const ob_ingress *g, const char *rule_host,
                     const ob_controller *k) {
  const char *host = *rule_host ? x->r->host : rule_host;
  const ob_tls *t = ob_ingress_tls_for(g, host);
  bool https = strcmp(x->r->scheme, "https") == 0;
  if (https && t) {
    ob_step_add(w, "tls", OB_GOES, &g->o, "ends at the controller, certificate in secret %s/%s",
                g->o.ns, *t->secret ? t->secret : "(the controller's default)");
  } else if (https) {
    ob_step *st = ob_step_add(w, "tls", OB_UNSURE, &g->o, "no TLS entry of the Ingress covers %s",
                              x->r->host);
    ob_step_why(st, "the controller's default certificate is shown, if it listens with TLS at all");
    ob_step_fix(st, "add the host to spec.tls with a secret that holds its certificate");
  } else if (t && k->redirects_tls &&
             !ob_streq(ob_annotation(&g->o, "nginx.ingress.kubernetes.io/ssl-redirect"), "false")) {
    ob_step *st =
        ob_step_add(w, "tls", OB_GOES, &g->o, "redirected to https://%s%s", x->r->host, x->r->path);
    ob_step_why(st, "%s does so for hosts with TLS", k->name);
  }
}

static const char *host_reason(int rank) {
  static const char *const texts[] = {
      [OB_HOST_EXACT] = "the rule names the host itself: that comes before wildcards",
      [OB_HOST_WILD] = "a wildcard stands for one label, and no rule names the host itself",
      [OB_HOST_ANY] = "the rule names no host: it takes any that no other rule names"};
  return texts[rank];
}

static const ob_rule_hit *next_match(const ob_choice *ch, size_t after) {
  for (size_t i = after + 1; i < ch->hits.len; i++)
    if (ch->hits.at[i].match != OB_PATH_NO) return &ch->hits.at[i];
  return NULL;
}

static void step_path(ob_way_build *w, const ob_choice *ch, const ob_controller *k) {
  const ob_rule_hit *h = &ch->hits.at[ch->winner], *next = next_match(ch, (size_t)ch->winner);
  const ob_path *p = &h->ingress->rules[h->rule].paths[h->path];
  const char *name = *k->name ? k->name : "the controller";
  bool wild = next && (next->rank == OB_HOST_WILD) != (h->rank == OB_HOST_WILD);
  bool sure = h->match == OB_PATH_YES && !(wild && k->order == OB_ORDER_TEXT);
  ob_step *st =
      ob_step_add(w, "path", sure ? OB_GOES : OB_UNSURE, &h->ingress->o, "%s %s in %s/%s",
                  ob_or(p->path, "(no path)"), p->path_type, h->ingress->o.ns, h->ingress->o.name);
  st->rule = h->rule;
  st->path = h->path;
  if (h->match == OB_PATH_YES && !sure) {
    ob_step_why(st,
                "%s %s; before version 3.7 it writes a wildcard host longer than an exact one: the "
                "next below may come first",
                name, ob_order_text(k));
    return;
  }
  if (!sure && h->type == 1) {
    ob_step_why(st,
                "%s takes a Prefix as a prefix of the text, unless it is configured otherwise; by "
                "whole elements, as documented, the answer is another",
                name);
    return;
  }
  if (!sure) {
    ob_step_why(st, "%s: the controller decides whether it matches%s", p->path_type,
                next ? "; if not, the next below takes it" : "");
    return;
  }
  if (ch->regex && h->rank == ch->rank) {
    ob_step_why(st,
                "%s reads every path of this host as a regular expression in any case: an "
                "Ingress of it asks for use-regex or rewrite-target",
                name);
    return;
  }
  if (h->type == 2) {
    ob_step_why(st, "ImplementationSpecific: %s reads it %s", name, ob_specific_text(k));
    return;
  }
  if (next && *ob_order_text(k)) {
    ob_step_why(st, "%s %s", name, ob_order_text(k));
    return;
  }
  bool same_rank = next && next->rank == h->rank;
  if (!same_rank)
    ob_step_why(st, "the only path of this host that matches");
  else if (next->len < h->len)
    ob_step_why(st, "the longest path that matches");
  else if (next->type != h->type)
    ob_step_why(st, "Exact comes before Prefix");
  else if (next->ingress != h->ingress)
    ob_step_why(st, "the same rule stands in %s/%s: %s wins%s", next->ingress->o.ns,
                next->ingress->o.name, *k->tie ? k->tie : "the older Ingress",
                *k->tie ? "" : ", as far as is known");
  else
    ob_step_why(st, "the same rule stands twice in this Ingress: the first wins");
}

static void losing_rule(ob_way_build *w, const ob_choice *ch, const ob_rule_hit *h,
                        const ob_controller *k) {
  const ob_rule_hit *won = ch->winner >= 0 ? &ch->hits.at[ch->winner] : NULL;
  char text[600];
  rule_text(text, h->ingress, h->rule, h->path);
  const ob_object *o = &h->ingress->o;
  const ob_path *p = &h->ingress->rules[h->rule].paths[h->path];
  const char *type = p->path_type;
  if (h->dropped)
    ob_loser_add(w, o, h->rule, h->path, text,
                 "an older Ingress has this host, and %s takes one Ingress for a host", k->name);
  else if (ch->regex && h->rank == ch->rank && h->match == OB_PATH_NO)
    ob_loser_add(w, o, h->rule, h->path, text,
                 "read as a regular expression, the path does not begin with it");
  else if (h->match == OB_PATH_NO && h->type == 0)
    ob_loser_add(w, o, h->rule, h->path, text, "Exact: the path must be this one, to the letter");
  else if (h->match == OB_PATH_NO && h->type == 1)
    ob_loser_add(w, o, h->rule, h->path, text,
                 "Prefix goes by whole elements: the path does not begin with these");
  else if (h->match == OB_PATH_NO)
    ob_loser_add(w, o, h->rule, h->path, text, "%s: read %s, it does not match", type,
                 ob_specific_text(k));
  else if (h->rank != ch->rank && !(k->falls_through && won))
    ob_loser_add(w, o, h->rule, h->path, text,
                 "a more specific host is named by another rule, and that settles it");
  else if (!won)
    ob_loser_add(w, o, h->rule, h->path, text, "not reached");
  else if (*ob_order_text(k))
    ob_loser_add(w, o, h->rule, h->path, text, "matches, but %s %s", k->name, ob_order_text(k));
  else if (h->rank != won->rank)
    ob_loser_add(w, o, h->rule, h->path, text, "a more specific host comes first");
  else if (h->len != won->len)
    ob_loser_add(w, o, h->rule, h->path, text, "matches, but its path is shorter");
  else if (h->type != won->type)
    ob_loser_add(w, o, h->rule, h->path, text, "matches, but %s comes after %s", type,
                 won->type ? "Prefix" : "Exact");
  else if (h->ingress != won->ingress)
    ob_loser_add(w, o, h->rule, h->path, text, "the same rule, in a younger Ingress");
  else
    ob_loser_add(w, o, h->rule, h->path, text, "the same rule again, later in the Ingress");
}

static bool names_any(const ob_ingress *g, const char *host) {
  for (size_t i = 0; i < g->nrules; i++)
    if (ob_host_rank(g->rules[i].host, host) < OB_HOST_RANKS) return true;
  return false;
}

static void losers(ob_explain_run *x, ob_way_build *w, const group *gr, const ob_choice *ch,
                   const ob_controller *k) {
  for (int pass = 0; pass < 2; pass++) /* those that match first */
    for (size_t i = 0; i < ch->hits.len; i++) {
      if ((int)i == ch->winner || (ch->hits.at[i].match == OB_PATH_NO) != (pass == 1)) continue;
      if (w->losers.len < OB_LOSERS_MAX)
        losing_rule(w, ch, &ch->hits.at[i], k);
      else
        w->way.more_losers++;
    }
  for (size_t i = 0; i < gr->canaries.len; i++) {
    const ob_ingress *g = gr->canaries.at[i];
    const char *weight = ob_annotation(&g->o, "nginx.ingress.kubernetes.io/canary-weight");
    if (!names_any(g, x->r->host)) continue;
    ob_loser_add(w, &g->o, -1, -1, g->o.name, "a canary: takes %s%s of what its twin gets",
                 *weight ? weight : "a part", *weight ? " %" : "");
  }
}

/* Default backends that people expect to take it. */
static void unused_defaults(ob_way_build *w, const group *gr, const ob_choice *ch,
                            const ob_controller *k) {
  for (size_t i = 0; i < gr->all.len && *ob_defaults_text(k); i++) {
    const ob_ingress *g = gr->all.at[i];
    if (!g->default_backend.set || g == ch->fallback) continue;
    ob_loser_add(w, &g->o, -1, -1, "default backend", "%s %s", k->name, ob_defaults_text(k));
  }
}

/* "*.example.com" for a.b.example.com: people expect it to match. */
static void too_deep(ob_explain_run *x, ob_way_build *w, const group *gr, const ob_controller *k) {
  const char *dot = strchr(x->r->host, '.');
  for (dot = dot ? strchr(dot + 1, '.') : NULL; dot; dot = strchr(dot + 1, '.')) {
    char wild[300];
    snprintf(wild, sizeof wild, "*%s", dot);
    const ob_place *p = ob_place_find(x->c, OB_PLACE_HOST, wild);
    for (size_t i = 0; p && i < p->objects.len; i++) {
      const ob_object *o = ob_link_at(&p->objects, i);
      if (o->kind != OB_KIND_INGRESS) continue;
      const char *name;
      ob_ingress_class_of(x->c, OB_AS(ob_ingress, o), &name);
      if (gr && strcmp(name, gr->class_name) != 0) continue;
      ob_loser_add(w, o, -1, -1, wild,
                   k->deep_wildcard
                       ? "a wildcard stands for exactly one label by the documentation; this "
                         "controller also takes several: it may get the request"
                       : "a wildcard stands for exactly one label");
    }
  }
}

/* --- a way ------------------------------------------------------------------------------- */
static void lead_on(ob_explain_run *x, ob_way_build *w, const ob_ingress *g, const ob_backend *b) {
  if (*b->service) {
    ob_explain_backend(x, w, g->o.ns, b->service, b->port_name, b->port_number);
  } else {
    ob_step *st =
        ob_step_add(w, "backend", OB_UNSURE, &g->o, "%s", *b->resource ? b->resource : "none");
    ob_step_why(st, "a resource backend: what it does is its controller's business");
  }
}

static void step_default(ob_explain_run *x, ob_way_build *w, const ob_choice *ch) {
  const ob_ingress *g = ch->fallback;
  if (!g) {
    ob_step *st = ob_step_add(w, "path", OB_STOPS, NULL, "no rule takes %s", x->r->path);
    ob_step_why(st,
                ch->rank < OB_HOST_RANKS
                    ? "the host is known and none of its paths matches; the controller answers 404"
                    : "no rule names the host; the controller answers 404");
    ob_step_fix(st, "add a rule for the path, or a defaultBackend");
    return;
  }
  ob_step *st =
      ob_step_add(w, "path", OB_GOES, &g->o, "default backend of %s/%s", g->o.ns, g->o.name);
  ob_step_why(st, ch->rank < OB_HOST_RANKS && g->nrules
                      ? "no path of the host matches, and this Ingress names the host"
                      : "no rule matches: this Ingress takes the rest");
  lead_on(x, w, g, &g->default_backend);
}

static void explain_group(ob_explain_run *x, group *gr) {
  const ob_controller *k = ob_controller_find(gr->controller);
  ob_choice ch;
  ob_ingress_choose(&ch, gr->all.at, gr->all.len, k, x->r->host, x->r->path);
  const ob_rule_hit *won = ch.winner >= 0 ? &ch.hits.at[ch.winner] : NULL;
  const ob_ingress *g = won ? won->ingress : ch.fallback ? ch.fallback : gr->all.at[0];
  int rank = won ? won->rank : ch.rank < OB_HOST_RANKS ? ch.rank : OB_HOST_ANY;
  ob_way_build *w =
      gr->all.len
          ? ob_way_add(x, rank, *gr->class_name ? "ingress class %s" : "ingress without class%s",
                       gr->class_name)
          : NULL;
  if (w) {
    const char *rule_host = won ? g->rules[won->rule].host : "";
    step_dns(x, w, g);
    step_entry(x, w, gr, g, k);
    if (*address_of(g)) ob_explain_front(x, w, address_of(g), x->r->port);
    step_tls(x, w, g, rank < OB_HOST_ANY ? x->r->host : rule_host, k);
    if (won) {
      ob_step *st = ob_step_add(w, "host", OB_GOES, &g->o, "%s in %s/%s, rule %d",
                                ob_or(rule_host, "any host"), g->o.ns, g->o.name, won->rule + 1);
      st->rule = won->rule;
      ob_step_why(st, "%s", host_reason(won->rank));
      step_path(w, &ch, k);
      lead_on(x, w, g, &g->rules[won->rule].paths[won->path].backend);
    } else {
      step_default(x, w, &ch);
      unused_defaults(w, gr, &ch, k);
    }
    losers(x, w, gr, &ch, k);
    too_deep(x, w, gr, k);
  }
  ob_vec_done(&ch.hits);
}

void ob_explain_ingresses(ob_explain_run *x) {
  groups gs = {0};
  OB_AUTO(ob_map) seen = OB_MAP_INIT;
  collect(x, x->r->host, &gs, &seen);
  if (*x->host_parent) collect(x, x->host_parent, &gs, &seen);
  collect(x, "", &gs, &seen);
  for (size_t i = 0; i < gs.len; i++) {
    if (!is_literal(x->r->host) || has_address(&gs.at[i], x->r->host)) explain_group(x, &gs.at[i]);
    ob_vec_done(&gs.at[i].all);
    ob_vec_done(&gs.at[i].canaries);
  }
  ob_vec_done(&gs);
}
