/* The embedded Kubernetes API server.
 *
 * Purpose   HTTPS on loopback that behaves as kube-apiserver does for the requests that
 *           outboard, `kubectl get|patch|apply|delete` and k9s' service and ingress views
 *           send. A field or a query that it does not do gets a 501 that names it.
 * Ownership ob_sim_start() makes it, ob_sim_stop() frees everything.
 * Thread    Any one thread at a time may call these functions; the server has two threads of
 *           its own (HTTP, controllers) that nobody sees.
 * Trust     A CA made at start signs the certificate (127.0.0.1, ::1, localhost); a bearer token
 *           is needed except for /version and the health paths; only loopback Host names are
 *           answered, so that no web page can reach it by DNS rebinding.
 * Limits    SIM_BODY_MAX bytes a request, SIM_LOG_MAX events kept for watches (store.h).
 * Source    kube-apiserver 1.37.
 */
#ifndef OB_SIM_SIM_H
#define OB_SIM_SIM_H

#include "base/buf.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ob_sim ob_sim;

/* Zero means the default everywhere. */
typedef struct ob_sim_opts {
  int port;       /* 0: a free one */
  bool empty;     /* no seeded world: namespaces default and kube-system, service `kubernetes` */
  uint64_t seed;  /* 0: 1 */
  uint32_t scale; /* services of a grown world; 0: the demo shop */
  uint32_t churn; /* object changes a second */
  bool lively;    /* pods of the demo come and go */
  const char *const *faults; /* rows of ob_sim_faults, "NAME" or "NAME=VALUE"; borrowed for start */
  size_t nfaults;
  const char *token; /* NULL: random */
  int bookmark_ms;   /* 0: 60000 */
  int controller_ms; /* 0: 3000: how long a load balancer's address takes */
} ob_sim_opts;

/* Starts the threads and returns at once, the world complete. Errors: -OB_EUSAGE names an unknown
 * fault, -OB_EIO the port. */
int ob_sim_start(ob_sim **ret, const ob_sim_opts *opts, ob_err *err);
/* A kubeconfig (YAML) with one context, "outboard-demo" or, with a scale, `empty` or faults,
 * "outboard-serve"; CA and token inline. */
int ob_sim_kubeconfig(const ob_sim *sim, ob_buf *out);
const char *ob_sim_url(const ob_sim *sim); /* "https://127.0.0.1:PORT" */
/* From now on this bearer token is the good one, and the one before is not. */
void ob_sim_token_set(ob_sim *sim, const char *token);
/* From now on these faults are on and no other, each counting from here. Errors as of start. */
int ob_sim_faults_set(ob_sim *sim, const char *const *names, size_t n, ob_err *err);
void ob_sim_stop(ob_sim *sim);             /* NULL is fine; ends every watch */

/* The ways to misbehave, for --fault and its help. */
typedef struct ob_sim_fault {
  const char *name; /* "forbidden-KIND": KIND stands for a plural ("nodes") */
  const char *help;
} ob_sim_fault;
extern const ob_sim_fault ob_sim_faults[];
extern const size_t ob_sim_nfaults;

#endif
