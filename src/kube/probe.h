/* One probe: a request to one address, each step of it timed, redirects followed by us.
 *
 * The certificate is verified first. When that fails the reason stands, and a second connection
 * without verification looks at the chain and at what would have answered: it sends nothing that
 * a stranger may not read. A redirect to the same host stays on the same address; one to another
 * host is a name that somebody else chose (see outboard/probe.h for where it may lead).
 *
 * Ownership The run dies when on_done returns or by ob_probe_cancel(). `env` is borrowed.
 * Thread    WATCHER. on_done runs inside ob_http_poll() only.
 * Limits    timing->probe_connect_ms to be connected (TLS included), timing->probe_ms in all for
 *           each request; OB_PROBE_HOPS redirects. Answers end with their headers.
 */
#ifndef OB_KUBE_PROBE_H
#define OB_KUBE_PROBE_H

#include "kube/http.h"
#include "outboard/probe.h"

typedef struct ob_probe_run ob_probe_run;

typedef struct ob_probe_env {
  ob_http *http; /* whose multi is used; never its credentials */
  const ob_timing *timing;
  bool local_api;      /* the API server is on loopback: so may be what it exposes */
  const char *ca_file; /* trusted beside the system's roots; NULL none */
} ob_probe_env;

/* Not for UDP, PROXY or a target with `skip`. */
ob_probe_run *ob_probe_start(const ob_probe_env *env, const ob_probe_target *t,
                             void (*on_done)(void *arg, const ob_probe_result *r), void *arg);
void ob_probe_cancel(ob_probe_run *r); /* NULL is ignored */

/* Verdict and words for a status that came back; also for answers through the service proxy. */
void ob_probe_judge_status(ob_probe_result *r, int status);

#endif
