/* Does what a plan brought about serve somebody by now? Read from the live cluster. */
#include "model/plan_priv.h"

#include "outboard/change.h"

typedef struct answer {
  ob_works works;
  ob_buf *out;
} answer;

static void lacks(answer *a, const ob_edit *e, bool known, const char *what) {
  if (a->works != OB_WORKS_NOT_YET) a->works = known ? OB_WORKS_NOT_YET : OB_WORKS_UNKNOWN;
  ob_buf_addf(a->out, "%s/%s %s\n", e->ns, e->name, what);
}

static void look_service(answer *a, const ob_cluster *c, const ob_edit *e, const ob_service *s) {
  if (s->type == OB_EXTERNAL_NAME) return;
  if (s->type == OB_LOAD_BALANCER && s->nlb == 0)
    lacks(a, e, true, "has no load balancer address yet");
  ob_ready ready = ob_service_ready(c, s, -1);
  if (!ready.known)
    lacks(a, e, false, "may have endpoints or not: EndpointSlices cannot be read");
  else if (ready.ready == 0)
    lacks(a, e, true, "has no ready endpoint");
}

static void look_ingress(answer *a, const ob_cluster *c, const ob_edit *e, const ob_ingress *ing) {
  const char *name = "";
  const ob_ingress_class *class = ob_ingress_class_of(c, ing, &name);
  if (!class && *name && !*ob_ingress_controller(c, ing))
    lacks(a, e, ob_known(c, OB_KIND_INGRESS_CLASS), "has a class that does not exist");
  if (ing->nlb == 0) lacks(a, e, true, "has not been admitted by a controller yet (no address)");
}

ob_works ob_plan_works(const ob_cluster *c, const ob_plan *applied, ob_buf *out) {
  answer a = {.works = OB_WORKS_YES, .out = out};
  for (size_t i = 0; i < applied->nedits; i++) {
    const ob_edit *e = &applied->edits[i];
    const ob_object *o = ob_cluster_find(c, e->kind, e->ns, e->name);
    if (!ob_known(c, e->kind))
      lacks(&a, e, false, "cannot be seen: its kind is not readable");
    else if (!e->wanted && o)
      lacks(&a, e, true, "is not gone yet (finalizers)");
    else if (e->wanted && !o)
      lacks(&a, e, true, "is not in the picture yet");
    else if (o && e->kind == OB_KIND_SERVICE)
      look_service(&a, c, e, OB_AS(ob_service, o));
    else if (o && e->kind == OB_KIND_INGRESS)
      look_ingress(&a, c, e, OB_AS(ob_ingress, o));
  }
  return a.works;
}
