/* From a session's options to the one server that they mean.
 *
 * Thread ANY, one owner of the options at a time. Reads files and the environment.
 */
#ifndef OB_SYNC_TARGET_H
#define OB_SYNC_TARGET_H

#include "kube/config.h"
#include "outboard/session.h"
#include "sync/scope.h"

/* Borrows from the options. */
ob_kube_overrides ob_overrides_of(const ob_session_opts *opts);

/* The caller owns *ret. An error about a file says what can be done. */
int ob_target_of(ob_kube_target **ret, const ob_session_opts *opts, ob_err *err);

/* Namespaces that may be worth a try when all may not be read: the context's own, and those that
 * other contexts of the same cluster name, those of the same user first. */
void ob_scope_hints_from(ob_scope_hints *ret, const ob_kubeconfig *config, const ob_kube_target *t);
void ob_scope_hints_of(ob_scope_hints *ret, const ob_session_opts *opts, const ob_kube_target *t);

#endif
