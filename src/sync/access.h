/* Access reviews: questions to the API server, a few at a time.
 *
 * Thread    WATCHER: whoever polls the ob_http. The answer comes through `done` inside
 *           ob_http_poll(), once for each question unless the asker is freed before.
 * Limits    `at_once` requests under way, OB_ACCESS_WAITING questions; over that the oldest
 *           one is answered UNKNOWN (OB_ELIMIT). A question that already waits is not asked twice.
 * Source    POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews.
 */
#ifndef OB_SYNC_ACCESS_H
#define OB_SYNC_ACCESS_H

#include "kube/http.h"
#include "outboard/access.h"

enum { OB_ACCESS_WAITING = 256 };

typedef struct ob_access_question {
  char verb[24], group[128], resource[128], ns[256];
} ob_access_question;

typedef struct ob_access_answer {
  ob_access_question question;
  ob_access access;
  char reason[256]; /* the server's, "" none; hostile */
  ob_err err;       /* why UNKNOWN */
} ob_access_answer;

typedef struct ob_asker ob_asker;
typedef void (*ob_asker_fn)(void *arg, const ob_access_answer *answer);
ob_asker *ob_asker_new(ob_http *http, unsigned at_once, ob_asker_fn done, void *arg);
void ob_asker_free(ob_asker *a);
void ob_asker_ask(ob_asker *a, const ob_access_question *q);
size_t ob_asker_pending(const ob_asker *a);

/* verb, group and resource are cut at their arrays' sizes: no real one is so long. */
ob_access_question ob_access_question_of(ob_right right, const char *ns);

/* --- the rights to list and watch the kinds -------------------------------------------- */
typedef struct ob_kind_rights {
  ob_access list[OB_KIND_COUNT], watch[OB_KIND_COUNT];
  bool only_ns[OB_KIND_COUNT]; /* everywhere is refused, in the namespace it is allowed */
  char ns[256];                /* that namespace, "" none */
  ob_err err;                  /* the first answer that did not come */
} ob_kind_rights;
struct ob_scope_hints;

/* Asks for every watched kind that every cluster has, everywhere and, where that is refused, in a
 * namespace that may be read (sync/scope.h). Polls `http` itself until all is known or deadline_ms (monotonic): for threads that have nothing else to do. */
void ob_kind_rights_ask(ob_http *http, const struct ob_scope_hints *hints, int64_t deadline_ms,
                        ob_kind_rights *ret);
/* How many of them may be listed and watched; *ret_of: of how many. */
int ob_kind_rights_count(const ob_kind_rights *r, int *ret_of);
/* "list, watch on nodes; watch on services": what is known to be missing, "" nothing. */
void ob_kind_rights_missing(const ob_kind_rights *r, ob_buf *out);

#endif
