/* Deleting: everything that stops working with the object, said beforehand. */
#include "model/plan_priv.h"

#include "model/cluster_priv.h"

static void warn_service(ob_plan *p, const ob_cluster *c, const ob_json *object) {
  ob_service_warn_lost(p, object, NULL);
  ob_plan_warn(p, OB_WARN_LOSS, "Its name and cluster IP no longer resolve for other pods.");
  const ob_object *o =
      c ? ob_cluster_find(c, OB_KIND_SERVICE, ob_plan_ns(object), ob_plan_name(object)) : NULL;
  if (!o) return;
  const ob_service *s = OB_AS(ob_service, o);
  ob_route_ref routes[OB_PLAN_WARNINGS / 4];
  size_t n = ob_service_routes(c, s, routes, OB_LEN(routes));
  for (size_t i = 0; i < n && i < OB_LEN(routes); i++) {
    const ob_ingress *ing = routes[i].ingress;
    bool rule = routes[i].rule >= 0;
    const ob_rule *r = rule ? &ing->rules[routes[i].rule] : NULL;
    ob_plan_warn(p, OB_WARN_LOSS, "%s%s of ingress %s/%s leads here and will lead nowhere.",
                 rule ? ob_or(r->host, "*") : "The default backend",
                 rule ? r->paths[routes[i].path].path : "", ing->o.ns, ing->o.name);
  }
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  for (size_t i = 0; h && i < h->routes.len && i < OB_LEN(routes); i++) {
    const ob_object *r = ob_link_at(&h->routes, i);
    ob_plan_warn(p, OB_WARN_LOSS, "%s %s/%s leads here and will lead nowhere.",
                 ob_kinds[r->kind].kind, r->ns, r->name);
  }
}

static void warn_ingress(ob_plan *p, const ob_json *object) {
  const ob_json *rules = ob_json_at(object, "spec", "rules", NULL);
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r)) {
    const ob_json *paths = ob_json_at(r, "http", "paths", NULL);
    for (const ob_json *x = ob_json_first(paths); x; x = ob_json_next(x))
      ob_plan_warn(p, OB_WARN_LOSS, "%s%s no longer reaches a service by this Ingress.",
                   ob_or(ob_json_get_str(r, "host"), "*"), ob_or(ob_json_get_str(x, "path"), ""));
  }
}

void ob_plan_warn_gone(ob_plan *p, const ob_cluster *c, ob_kind kind, const ob_json *object) {
  if (kind == OB_KIND_SERVICE) warn_service(p, c, object);
  if (kind == OB_KIND_INGRESS) warn_ingress(p, object);
}

int ob_plan_delete(ob_plan **ret, const ob_cluster *c, ob_kind kind, const ob_json *object,
                   ob_err *err) {
  *ret = NULL;
  OB_AUTOFREE char *title =
      ob_asprintf("delete %s %s/%s", ob_kinds[kind].kind, ob_plan_ns(object), ob_plan_name(object));
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  int rc = ob_plan_add(p, kind, object, NULL, err);
  if (rc) return rc;
  ob_plan_warn_gone(p, c, kind, object);
  ob_plan_warn_manager(p, object);
  *ret = ob_take(p);
  return 0;
}
