/* What the rest of the model asks of the audit; findings themselves are in cluster.h and view.h.
 * Thread UI. */
#ifndef OB_MODEL_AUDIT_H
#define OB_MODEL_AUDIT_H

#include "outboard/cluster.h"

/* The object has at least one verified finding. */
bool ob_audit_verified(const ob_cluster *c, const ob_object *o, int64_t now_ms);
/* Endpoints behind the service mean something: not for names, nor for a Service inside the
 * cluster that selects nothing and has no slice. */
bool ob_ready_matters(const ob_cluster *c, const ob_service *s);

#endif
