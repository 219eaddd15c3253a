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

/* The edit's steps are a deletion and a creation from here on. */
void ob_edit_recreate(ob_edit *e);

/* A Service of this kind goes by hops (the cluster IP may not change otherwise). */
void ob_service_make_steps(ob_edit *e, const ob_json *before, const ob_json *wanted);
/* What the server clears by itself when the type becomes `type`; *io is changed. */
void ob_service_clear(ob_json *io, const char *type);
/* What the server puts in again when it is left out and the type stays: node ports, traffic policy. */
void ob_service_keep(ob_json *io, const ob_json *now);

/* *io, an intent, as a Service of that type with those fields. */
int ob_service_become(ob_json *io, const ob_cluster *c, const ob_convert *to, ob_err *err);
/* What the cluster lacks for it, and what it opens. */
void ob_service_warn_needs(ob_plan *p, const ob_cluster *c, const ob_convert *to);

/* [NAME:]PORT[:TARGET][/PROTOCOL][@NODEPORT] into an element of spec.ports. */
int ob_plan_parse_port(const char *text, ob_json *ret, ob_err *err);
/* Of a Service's spec. */
ob_service_type ob_service_type_now(const ob_json *spec);
/* What a change of the Service takes away, from two whole trees. */
void ob_service_warn_lost(ob_plan *p, const ob_json *before, const ob_json *wanted);
/* What it asks for by number, and the address (ob_service_address(), NULL none) that it may not get
 * again. */
void ob_service_warn_asked(ob_plan *p, const ob_json *before, const ob_json *wanted,
                           const char *address);
/* What deleting it and creating it anew takes away, and ob_plan_warn() without what is said of hops. */
void ob_service_warn_recreated(ob_plan *p, const ob_json *before);
void ob_plan_warn_again(ob_plan *p, const ob_plan *from, bool without_hops);
/* Of its load balancer; NULL none. The caller frees. */
char *ob_service_address(const ob_json *service);
/* What stops working when the object goes; c NULL: what it says itself. */
void ob_plan_warn_gone(ob_plan *p, const ob_cluster *c, ob_kind kind, const ob_json *object);

/* One object of a merge (plan_merge.c): base and mine are intents; NULL: it is not there. */
typedef struct ob_merge {
  ob_kind kind;
  char *ns, *name;
  ob_json *base, *mine, *now;
  ob_json *origin; /* of the edit that comes of it */
  bool recreate;
  char *was;       /* the load balancer's address that it had once */
} ob_merge;
ob_conflicts *ob_merges_new(const char *title, bool back);
void ob_merges_add(ob_conflicts *c, ob_merge move_m);
/* "undo: TITLE", of an undoing "redo: TITLE". The caller frees. */
char *ob_plan_back_title(const char *title);

/* metadata.name, .namespace; "" when absent. */
const char *ob_plan_name(const ob_json *object);
const char *ob_plan_ns(const ob_json *object);

/* Warnings that every change of the object deserves: who else manages it (manager.c). */
void ob_plan_warn_manager(ob_plan *p, const ob_json *object);
/* A label or annotation by which a tool knows its own: it is not copied to other objects. */
bool ob_names_manager(const char *key);

#endif
