/* One walk over the rules of the same class: those that match what the new rule matches stand
 * before it (they win) or behind it (it takes requests from them), in the order of match.c. */
#include "model/route.h"

#include "base/str.h"
#include "model/cluster.h"
#include "model/controllers.h"
#include "model/match.h"

typedef struct rival {
  const ob_ingress *ing;
  const char *host;
  const ob_path *path;
  char *order;
} rival;

typedef struct look {
  const ob_cluster *c;
  const ob_route *r;
  char *host; /* a host that the rule matches */
  const char *class_name;
  char *order;            /* of the rule itself */
  rival first, next;      /* the best before it, and the best behind it */
  const ob_ingress *twin; /* the same host, path and type elsewhere */
  bool self;              /* walking the rule's own Ingress */
  bool met;               /* the rule as it was has been passed over */
  bool typed;             /* the rule is not in its Ingress yet */
} look;

static void take(rival *best, const ob_ingress *ing, const char *host, const ob_path *path,
                 const char *order) {
  if (best->order && strcmp(best->order, order) <= 0) return;
  free(best->order);
  *best = (rival){ing, host, path, ob_strdup(order)};
}

static bool is_rule(const ob_route *r, const char *host, const ob_path *path) {
  return ob_streq(host, r->host) && ob_streq(path->path, r->path) &&
         ob_streq(path->path_type, r->path_type);
}

static void look_at(look *l, const ob_ingress *ing, const char *host, const ob_path *path) {
  if (l->self && !l->met && l->r->edited && is_rule(l->r->edited, host, path)) {
    l->met = true;
    return;
  }
  if (*host && !ob_host_covers(host, l->host)) return;
  if (ob_path_matches(path->path_type, path->path, l->r->path) == OB_PATH_NO) return;
  if (is_rule(l->r, host, path)) {
    if (!l->self || l->typed) l->twin = ing;
    return;
  }
  OB_AUTO(ob_buf) order = OB_BUF_INIT(OB_LINE_MAX);
  ob_rule_order(&order, host, path);
  bool before = strcmp(ob_buf_str(&order), l->order) < 0;
  take(before ? &l->first : &l->next, ing, host, path, ob_buf_str(&order));
}

static void walk(look *l, const ob_ingress *ing) {
  for (size_t i = 0; i < ing->nrules; i++)
    for (size_t k = 0; k < ing->rules[i].npaths; k++)
      look_at(l, ing, ing->rules[i].host, &ing->rules[i].paths[k]);
}

static const char *class_name_of(const ob_cluster *c, const ob_ingress *ing) {
  const char *name = "";
  const ob_ingress_class *class = ob_ingress_class_of(c, ing, &name);
  return class ? class->o.name : name;
}

static void tell(ob_plan *p, const look *l) {
  const rival *f = &l->first, *n = &l->next;
  if (l->twin)
    ob_plan_warn(p, OB_WARN_CARE,
                 "%s%s stands in ingress %s/%s too: which of the two answers is the controller's "
                 "choice, most take the older one.",
                 ob_or(l->r->host, "*"), l->r->path, l->twin->o.ns, l->twin->o.name);
  if (f->order)
    ob_plan_warn(p, OB_WARN_CARE, "Requests for %s%s go to %s%s of ingress %s/%s first.", l->host,
                 l->r->path, ob_or(f->host, "*"), f->path->path, f->ing->o.ns, f->ing->o.name);
  if (n->order)
    ob_plan_warn(p, OB_WARN_NOTE,
                 "It takes these requests from %s%s of ingress %s/%s (service %s).",
                 ob_or(n->host, "*"), n->path->path, n->ing->o.ns, n->ing->o.name,
                 ob_or(n->path->backend.service, "none"));
}

static void tell_target(ob_plan *p, const ob_cluster *c, const ob_ingress *ing,
                        const ob_path *path) {
  ob_target t = ob_backend_resolve(c, ing, &path->backend);
  if (t.status == OB_TARGET_NO_SERVICE)
    ob_plan_warn(p, OB_WARN_CARE, "There is no service %s/%s.", ing->o.ns, path->backend.service);
  if (t.status == OB_TARGET_NO_PORT)
    ob_plan_warn(p, OB_WARN_CARE, "Service %s/%s has no such port.", ing->o.ns,
                 path->backend.service);
  if (t.status != OB_TARGET_OK) return;
  ob_ready ready = ob_service_ready(c, t.service, t.port_index);
  if (ready.known && ready.ready == 0)
    ob_plan_warn(p, OB_WARN_CARE, "Service %s/%s has no ready endpoint: requests will get 503.",
                 ing->o.ns, path->backend.service);
}

/* The server takes these, and no request that was meant will match. */
static void tell_path(ob_plan *p, const char *path) {
  for (const unsigned char *s = (const unsigned char *)path; *s; s++) {
    if (*s > ' ' && *s != 0x7f && !strchr("?#", *s)) continue;
    ob_plan_warn(p, OB_WARN_CARE,
                 "The path holds a blank, `?`, `#` or a control character: a request's path never "
                 "does.");
    return;
  }
}

static void look_begin(look *l, const ob_cluster *c, const ob_route *r, const char *class_name) {
  *l = (look){.c = c, .r = r, .class_name = class_name};
  l->host = ob_starts(r->host, "*.") ? ob_asprintf("any%s", r->host + 1) : ob_strdup(r->host);
  OB_AUTO(ob_buf) order = OB_BUF_INIT(OB_LINE_MAX);
  ob_rule_order(&order, r->host, &(ob_path){.path = r->path, .path_type = r->path_type});
  l->order = ob_buf_take(&order, NULL);
}

static void look_done(look *l) {
  free(l->first.order);
  free(l->next.order);
  free(l->order);
  free(l->host);
}

static void walk_others(look *l, const char *ns, const char *name) {
  size_t at = 0;
  for (const ob_object *x; (x = ob_cluster_next(l->c, OB_KIND_INGRESS, &at));) {
    if (ob_streq(x->ns, ns) && ob_streq(x->name, name)) continue;
    const ob_ingress *ing = OB_AS(ob_ingress, x);
    if (ob_streq(class_name_of(l->c, ing), l->class_name)) walk(l, ing);
  }
}

void ob_route_preview(const ob_cluster *c, const char *ns, const char *name, const ob_route *r,
                      ob_buf *out) {
  const ob_object *o = ob_cluster_find(c, OB_KIND_INGRESS, ns, name);
  look l;
  look_begin(&l, c, r, ob_or(r->class_name, o ? class_name_of(c, OB_AS(ob_ingress, o)) : ""));
  l.typed = true;
  walk_others(&l, ns, name);
  l.self = true;
  if (o) walk(&l, OB_AS(ob_ingress, o));
  const rival *f = &l.first, *n = &l.next;
  if (l.twin)
    ob_buf_addf(out, "stands in %s/%s too: the controller chooses", l.twin->o.ns, l.twin->o.name);
  else if (f->order)
    ob_buf_addf(out, "%s%s of %s/%s wins before it", ob_or(f->host, "*"), f->path->path,
                f->ing->o.ns, f->ing->o.name);
  else if (n->order)
    ob_buf_addf(out, "wins, taken from %s%s of %s/%s", ob_or(n->host, "*"), n->path->path,
                n->ing->o.ns, n->ing->o.name);
  else
    ob_buf_adds(out, "wins: no other rule matches");
  look_done(&l);
}

void ob_route_warn(ob_plan *p, const ob_cluster *c, const ob_json *wanted, const ob_route *r) {
  OB_AUTOPTR(ob_json) whole = ob_json_dup(wanted);
  ob_json_put_str(ob_json_ensure_object(whole, "metadata"), "uid", "not made yet");
  ob_object *o = ob_decode(OB_KIND_INGRESS, whole, NULL);
  if (!o) return;
  const ob_ingress *mine = OB_AS(ob_ingress, o);
  look l;
  look_begin(&l, c, r, class_name_of(c, mine));
  walk_others(&l, o->ns, o->name);
  l.self = true;
  walk(&l, mine);
  tell(p, &l);
  tell_path(p, r->path);
  for (size_t i = 0; i < mine->nrules && !r->service_comes; i++)
    for (size_t k = 0; k < mine->rules[i].npaths; k++)
      if (is_rule(r, mine->rules[i].host, &mine->rules[i].paths[k]))
        tell_target(p, c, mine, &mine->rules[i].paths[k]);
  const char *name = "";
  bool missing =
      !ob_ingress_class_of(c, mine, &name) && *name && ob_known(c, OB_KIND_INGRESS_CLASS);
  if (missing && !*ob_controller_of_annotation(name))
    ob_plan_warn(p, OB_WARN_CARE, "There is no IngressClass %s: no controller may take it.", name);
  if (!*l.class_name)
    ob_plan_warn(p, OB_WARN_CARE,
                 "The Ingress has no class and the cluster no default one: no "
                 "controller may take it.");
  look_done(&l);
  ob_object_free(o);
}
