/* metav1.Status and other error answers, as ob_err.
 *
 * kube-apiserver answers most failures with a Status; some come as text/plain (flow control,
 * dead aggregated APIs, CRDs' 404), proxies send HTML. Decide by http, reason, causes; never
 * by prose, which drifts between releases.
 *
 * Ownership ob_status owns its tree; strings are borrowed from it and hostile.
 * Thread    ANY.
 * Limits    OB_STATUS_CAUSES causes are kept.
 * Source    k8s.io/apimachinery/pkg/apis/meta/v1 Status, StatusReason, CauseType.
 */
#ifndef OB_KUBE_STATUS_H
#define OB_KUBE_STATUS_H

#include "base/json.h"
#include "outboard/error.h"
#include <stdint.h>

enum { OB_STATUS_CAUSES = 64 };

typedef struct ob_status_cause {
  const char *reason, *field, *message; /* "" absent */
} ob_status_cause;

typedef struct ob_status {
  int code;           /* 0 absent */
  const char *reason; /* "Expired", "NotFound", …; "" absent */
  const char *message;
  const char *group, *kind, *name, *uid; /* of details; "" absent (kind is often the plural) */
  int retry_after_s;                     /* -1 absent */
  ob_status_cause causes[OB_STATUS_CAUSES];
  size_t ncauses;
  ob_json *tree;
} ob_status;

/* True when the bytes are a Status (kind Status, v1); then ob_status_done() is due. */
bool ob_status_parse(ob_status *ret, const char *bytes, size_t n);
void ob_status_done(ob_status *s);
OB_AUTO_DEFINE(ob_status, ob_status_done)
bool ob_status_has_cause(const ob_status *s, const char *reason);

/* What it says, whole, as ob_status_err() has it cut. The object that a failed strict validation
 * quotes is left out. */
void ob_status_text(const ob_status *s, int http, const char *method, const char *path,
                    ob_buf *out);

/* Fill *err from a parsed Status. `http` is the response's status; 0 takes the Status' own
 * code (an ERROR event of a watch). method and path (may be NULL) are the request's: a 403 then
 * says "forbidden: list services". Returns -(int)err->code. */
int ob_status_err(const ob_status *s, int http, const char *method, const char *path, ob_err *err);

/* The same from raw bytes: Status, text/plain, HTML or nothing at all. */
int ob_status_to_err(const char *body, size_t n, int http, const char *method, const char *path,
                     ob_err *err);

/* OB_EAUTH for 401, OB_EFORBIDDEN for 403, OB_EGONE for 410 …; OB_OK below 300 and for 304. */
ob_code ob_http_code(int http);

#endif
