/* What the parts of the planner share; plan*.c only. */
#ifndef OB_MODEL_PLAN_PRIV_H
#define OB_MODEL_PLAN_PRIV_H

#include "base/json.h"
#include "base/str.h"
#include "outboard/plan.h"

#define OB_RANGES_ANNOTATION "service.beta.kubernetes.io/load-balancer-source-ranges"

OB_AUTOPTR_DEFINE(ob_plan, ob_plan_free)

/* Fill e->steps from before and wanted. Both are intents here. */
void ob_edit_make_steps(ob_edit *e, const ob_json *before, const ob_json *wanted);
/* The patch from one intent to another, as a step. merge: never a JSON Patch. */
ob_plan_step *ob_edit_add_step(ob_edit *e, ob_plan_step_verb verb, const char *title);
void ob_plan_step_patch(ob_plan_step *s, const ob_json *from, const ob_json *to, bool merge);

/* A Service of this kind goes by hops (the cluster IP may not change otherwise). */
void ob_service_make_steps(ob_edit *e, const ob_json *before, const ob_json *wanted);
/* What the server clears by itself when the type becomes `type`; *io is changed. */
void ob_service_clear(ob_json *io, const char *type);

/* *io, an intent, as a Service of that type with those fields. */
int ob_service_become(ob_json *io, const ob_cluster *c, const ob_convert *to, ob_err *err);
/* What the cluster lacks for it, and what it opens. */
void ob_service_warn_needs(ob_plan *p, const ob_cluster *c, const ob_convert *to);

/* [NAME:]PORT[:TARGET][/PROTOCOL][@NODEPORT] into an element of spec.ports. */
int ob_plan_parse_port(const char *text, ob_json *ret, ob_err *err);

/* metadata.name, .namespace; "" when absent. */
const char *ob_plan_name(const ob_json *object);
const char *ob_plan_ns(const ob_json *object);

/* Warnings that every change of the object deserves: who else manages it (manager.c). */
void ob_plan_warn_manager(ob_plan *p, const ob_json *object);
/* A label or annotation by which a tool knows its own: it is not copied to other objects. */
bool ob_names_manager(const char *key);

#endif
