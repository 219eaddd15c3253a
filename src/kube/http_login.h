/* Logins: credentials that have to be fetched, from a plugin or a token issuer, without holding
 * up anything else.
 *
 *   ob_login_ready() ─▶ WAIT ─▶ poll its descriptors, ob_login_work() ─▶ credential ─▶ READY
 *
 * One run at a time, for all requests that wait; a run that failed is not repeated before its
 * back-off, and one that had the terminal not before somebody asks again.
 *
 * Thread WATCHER. Private to http*.c.
 */
#ifndef OB_KUBE_HTTP_LOGIN_H
#define OB_KUBE_HTTP_LOGIN_H

#include "base/process.h"
#include "kube/http_priv.h"
#include "kube/oidc.h"

typedef enum ob_login_state { OB_LOGIN_READY, OB_LOGIN_WAIT, OB_LOGIN_FAILED } ob_login_state;

typedef struct ob_login ob_login;

/* NULL when the target's credential needs no fetching. */
ob_login *ob_login_new(ob_http *h, ob_creds *creds, const ob_timing *timing);
void ob_login_free(ob_login *l); /* ends a plugin that runs */
void ob_login_terminal(ob_login *l, const ob_http_terminal *t);

/* Before a request. Starts a run when there is no credential or it has expired. FAILED fills *err.
 */
ob_login_state ob_login_ready(ob_login *l, ob_err *err);
/* The server refused the credential of `generation`. READY: there is a newer one. */
ob_login_state ob_login_refused(ob_login *l, unsigned generation);
/* The server took it: the next refusal is answered at once again. */
void ob_login_accepted(ob_login *l);
void ob_login_lent(ob_login *l);  /* the terminal is ours */
void ob_login_again(ob_login *l); /* forget what failed */

size_t ob_login_fds(const ob_login *l, int fds[OB_PROCESS_FDS]);
/* When ob_login_work() has to run even if nothing is readable (monotonic ms; INT64_MAX never). */
int64_t ob_login_due(const ob_login *l);
void ob_login_work(ob_login *l);

#endif
