/* A small client of an API server for the contract suite: libcurl and nothing of the program's own
 * transport, so that a misreading there cannot hide one here.
 *
 * Bodies are written with ' for ", paths with ~ for the test's namespace. One ct a test, which has
 * a namespace of its own; a failed connection fails the test.
 */
#ifndef CT_CLIENT_H
#define CT_CLIENT_H

#include "base/json.h"
#include "base/patch.h"
#include "base/str.h"
#include "sim/sim.h"
#include <criterion/criterion.h>
#include <curl/curl.h>

#define CT_JSON      "application/json"
#define CT_MERGE     "application/merge-patch+json"
#define CT_PATCH     "application/json-patch+json"
#define CT_STRATEGIC "application/strategic-merge-patch+json"
#define CT_TABLE     "application/json;as=Table;v=v1;g=meta.k8s.io"
#define CT_SVC       "/api/v1/namespaces/~/services"
#define CT_ING       "/apis/networking.k8s.io/v1/namespaces/~/ingresses"

typedef struct ct {
  ob_sim *sim; /* NULL: a server from elsewhere */
  CURL *curl;
  char *url, *ca, *token, *cert, *key, *ns;
  const char *accept;        /* NULL: application/json; set before a call, reset by it */
  const char *authorization; /* instead of the token, likewise */
  const char *host;          /* Host header, likewise */
  long code;                 /* of the last call */
  ob_json *reply;            /* its JSON, NULL when it was none */
  char *text, *warning, *retry_after;
} ct;

/* The server of OUTBOARD_CONTRACT_KUBECONFIG, else an embedded one. opts NULL: an empty world. */
ct *ct_open(const ob_sim_opts *opts);
/* The same by name: kubeconfig NULL is an embedded one; ns NULL is a random one. */
ct *ct_open_at(const char *kubeconfig, const ob_sim_opts *opts, const char *ns);
void ct_close(ct *c);
/* "37" as 37. What follows from a later release's rules is asserted there only. */
int ct_minor(ct *c);
/* Makes the server forget what was: versions read so far expire. The embedded one does at once; a
 * real one is asked for `path` until it answers 410. False: this one does not (a server with
 * --etcd-compaction-interval=1s in OUTBOARD_CONTRACT_COMPACTS does). */
bool ct_expire(ct *c, const char *path);
/* Skips the test (true) unless the server is the embedded one. */
bool ct_needs_sim(const ct *c);

long ct_call(ct *c, const char *method, const char *type, const char *path, const char *body);
/* The same with any bytes for a body. */
long ct_send(ct *c, const char *method, const char *type, const char *path, const char *body,
             size_t n);
#define ct_get(c, path)         ct_call(c, "GET", NULL, path, NULL)
#define ct_post(c, path, body)  ct_call(c, "POST", CT_JSON, path, body)
#define ct_merge(c, path, body) ct_call(c, "PATCH", CT_MERGE, path, body)

/* A value of the last reply by JSON pointer, as text (numbers too); "" when absent. Valid until the
 * next call of any of these. */
const char *ct_at(const ct *c, const char *pointer);
const char *ct_text(const ob_json *root, const char *pointer);
/* The reply is a Status with this reason, and, unless NULL, a cause at `field` (in any case) of
 * this reason. */
bool ct_refused(const ct *c, const char *reason, const char *field, const char *cause);
/* A minimal Service/Ingress of that name; spec is what stands inside of its braces. 201 or fails.
 */
void ct_service(ct *c, const char *name, const char *spec);
char *ct_rv(const ct *c); /* the reply's resourceVersion; the caller frees */

/* A watch that goes on while other calls are made. */
typedef struct ct_stream ct_stream;
ct_stream *ct_watch(ct *c, const char *path);
/* The next event (the caller frees), or NULL at the end or after ms. */
ob_json *ct_next(ct_stream *s, int ms);
bool ct_ended(const ct_stream *s);
CURLcode ct_result(const ct_stream *s); /* once ended */
void ct_unwatch(ct_stream *s);

#endif
