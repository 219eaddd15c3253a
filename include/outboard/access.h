/* May the person do this? What an action needs is a right, named in the row of the table that has
 * the action; the API server says whether it is there (SelfSubjectAccessReview).
 *
 *   ob_session_access() ─▶ UNKNOWN, and the server is asked
 *        ▲                     │
 *        └── OB_PUMP_ACCESS ◀──┘ the answer, kept for timing->access_ms
 *
 * UNKNOWN is no refusal: the action is tried, and the server's own 403 decides. An expired answer
 * is given until the newer one is there, so that nothing flickers.
 *
 * Thread UI. Limits: OB_RIGHTS_MAX answers are kept; the watcher asks a few at a time.
 * Source k8s.io/api/authorization/v1.
 */
#ifndef OUTBOARD_ACCESS_H
#define OUTBOARD_ACCESS_H

#include "outboard/object.h"
#include <stddef.h>

struct ob_session;

enum { OB_RIGHTS_MAX = 1024, OB_RIGHT_TEXT = 1024 };

typedef enum ob_access { OB_ACCESS_UNKNOWN, OB_ACCESS_ALLOWED, OB_ACCESS_REFUSED } ob_access;

/* What an action needs. verb NULL: nothing. Borrowed constants. */
typedef struct ob_right {
  const char *verb;     /* get list watch create update patch delete */
  const char *group;    /* "" core */
  const char *resource; /* "services", "services/status" */
} ob_right;

static inline ob_right ob_right_to(const char *verb, ob_kind kind) {
  ob_right r = {verb, ob_kinds[kind].group, ob_kinds[kind].plural};
  return r;
}

/* ns "": everywhere, or a cluster-scoped resource. Asks when it is not known. `ret` (may be NULL)
 * gets "needs patch on services in shop", and the server's reason when it gave one: hostile text.
 * "" when nothing is known to be missing. */
ob_access ob_session_access(struct ob_session *s, ob_right right, const char *ns,
                            char ret[OB_RIGHT_TEXT]);

#endif
