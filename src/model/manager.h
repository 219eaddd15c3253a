/* Who else writes to an object, for plans. Thread UI. Source: Kubernetes server-side apply (field
 * managers, FieldsV1); the labels and annotations that Argo CD, Flux, Helm and Fleet document. */
#ifndef OB_MODEL_MANAGER_H
#define OB_MODEL_MANAGER_H

#include "base/json.h"

/* Who wrote a place ("spec.ports[http].nodePort", as in ob_tree_change) last: "kubectl-edit at
 * 2026-01-31T12:00:00Z". NULL: the server does not say. The caller frees; outside text. */
char *ob_object_writer(const ob_json *object, const char *path);

#endif
