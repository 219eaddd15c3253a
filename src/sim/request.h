/* One request and its answer, free of the HTTP library, and the errors that answers carry.
 *
 * Ownership A sim_req borrows everything; a sim_resp owns its buffers (sim_resp_done).
 * Thread    One owner at a time.
 * Source    apimachinery: api/errors, util/validation/field.
 */
#ifndef OB_SIM_REQUEST_H
#define OB_SIM_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "sim/kinds.h"
#include <stdint.h>

enum {
  SIM_QUERY_MAX = 32,
  SIM_BODY_MAX = 3 * 1024 * 1024,        /* kube-apiserver's own */
  SIM_RESPONSE_MAX = 1024 * 1024 * 1024, /* a list of 100,000 services is 100 MB */
  SIM_PATH_PARTS = 10
};

typedef struct sim_req {
  const char *method, *path;
  const char *key[SIM_QUERY_MAX], *val[SIM_QUERY_MAX];
  size_t nquery;
  const char *accept, *content_type, *user_agent; /* "" when absent */
  const char *body;
  size_t nbody;
} sim_req;
/* NULL when absent. */
const char *sim_query(const sim_req *q, const char *key);
bool sim_query_true(const sim_req *q, const char *key);

struct sim_watch;
typedef struct sim_resp {
  unsigned code;
  const char *type; /* content type; NULL: application/json */
  ob_buf body;
  ob_json *warnings;       /* texts for Warning headers; NULL none */
  int retry_after;         /* seconds, 0 none */
  int delay_ms;            /* hold the answer back */
  struct sim_watch *watch; /* instead of a body */
  struct sim_proxy *proxy; /* the answer comes from there (proxy.h) */
  const char *location;    /* of a redirect; NULL none */
} sim_resp;
void sim_resp_done(sim_resp *r);
void sim_warn(sim_resp *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A whole JSON answer; consumes the tree. */
int sim_answer(sim_resp *r, unsigned code, ob_json *move_tree);

/* A Status with kube-apiserver's code, reason, message and details. `kind` and `name` may be
 * NULL. Always returns -1. */
int sim_fail(sim_resp *r, unsigned code, const char *reason, const sim_kind_info *kind,
             const char *name, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The same as a tree, for watch ERROR events. */
ob_json *sim_status(unsigned code, const char *reason, const sim_kind_info *kind, const char *name,
                    const char *message);
int sim_not_found(sim_resp *r, const sim_kind_info *kind, const char *name);
int sim_page_not_found(sim_resp *r);                  /* 404 in plain text */
int sim_bad_media(sim_resp *r, const char *accepted); /* 415 */
/* 409: "Operation cannot be fulfilled on …: WHY". */
int sim_conflict(sim_resp *r, const sim_kind_info *kind, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* 500 with the sentence as its only cause. */
int sim_fail_internal(sim_resp *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* 501: a query or field that kube-apiserver does and this server does not. */
int sim_not_done(sim_resp *r, const char *what);

/* A string member, "" when absent. */
static inline const char *sim_str(const ob_json *o, const char *key) {
  const char *s = ob_json_get_str(o, key);
  return s ? s : "";
}

/* What validation found. */
typedef enum sim_cause_type {
  SIM_INVALID,
  SIM_REQUIRED,
  SIM_FORBIDDEN,
  SIM_DUPLICATE,
  SIM_UNSUPPORTED
} sim_cause_type;
typedef struct sim_causes {
  ob_json *list; /* {reason, message, field} */
} sim_causes;
void sim_causes_done(sim_causes *c);
OB_AUTO_DEFINE(sim_causes, sim_causes_done)
bool sim_causes_any(const sim_causes *c);
/* value: printed into the message for INVALID, DUPLICATE and UNSUPPORTED; NULL is null. */
void sim_cause(sim_causes *c, sim_cause_type type, const char *field, const ob_json *value,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* 422 with all causes; `kind` as `Ingress.networking.k8s.io`. Returns -1. */
int sim_fail_causes(sim_resp *r, const sim_kind_info *kind, const char *name,
                    const sim_causes *causes);
int sim_fail_options(sim_resp *r, const char *options_kind, const sim_causes *causes);

/* What a client takes, by its Accept header. */
typedef enum sim_form { SIM_PLAIN, SIM_TABLE, SIM_NO_FORM } sim_form;
sim_form sim_form_of(const char *accept);
/* The header asks for `token` in one of its clauses ("as=APIGroupDiscoveryList"). */
bool sim_accepts(const char *accept, const char *token);

#endif
