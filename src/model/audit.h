/* What the rest of the model asks of the audit; findings themselves are in cluster.h and view.h.
 * Thread UI. */
#ifndef OB_MODEL_AUDIT_H
#define OB_MODEL_AUDIT_H

#include "outboard/view.h"

/* The object has at least one verified finding. */
bool ob_audit_verified(const ob_cluster *c, const ob_object *o, int64_t now_ms);
/* The rule of ob_row_finding(), without its words; NULL: nothing is wrong. */
const ob_audit_rule *ob_row_rule(const ob_cluster *c, const ob_row *r, int64_t now_ms);
/* Endpoints behind the service mean something: not for names, nor for a Service inside the
 * cluster that selects nothing and has no slice. */
bool ob_ready_matters(const ob_cluster *c, const ob_service *s);

#endif
