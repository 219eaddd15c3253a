/* From a session's options to the one server that they mean.
 *
 * Thread ANY, one owner of the options at a time. Reads files and the environment.
 */
#ifndef OB_SYNC_TARGET_H
#define OB_SYNC_TARGET_H

#include "kube/config.h"
#include "outboard/session.h"

/* Borrows from the options. */
ob_kube_overrides ob_overrides_of(const ob_session_opts *opts);

/* The caller owns *ret. An error about a file says what can be done. */
int ob_target_of(ob_kube_target **ret, const ob_session_opts *opts, ob_err *err);

#endif
