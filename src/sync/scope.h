/* Where may the person look? Asked when all namespaces are forbidden: a namespace whose Services
 * may be listed is found, so that the dashboard of a small role works without a word of
 * configuration.
 *
 * Thread    WATCHER. `done` is called once inside ob_http_poll(); the search is over and gone then.
 * Limits    OB_SCOPE_TRIES namespaces are tried, a few at a time; nothing is asked twice.
 * Source    SelfSubjectAccessReview, SelfSubjectRulesReview, SelfSubjectReview.
 */
#ifndef OB_SYNC_SCOPE_H
#define OB_SYNC_SCOPE_H

#include "kube/http.h"

enum { OB_SCOPE_TRIES = 40, OB_SCOPE_HINTS = 8, OB_SCOPE_NS = 256 };

typedef struct ob_scope_hints {
  char own[OB_SCOPE_NS]; /* the context's, or "default" */
  bool own_set;          /* the context says it */
  char others[OB_SCOPE_HINTS][OB_SCOPE_NS]; /* of other contexts of the same cluster */
  size_t nothers;
} ob_scope_hints;

typedef struct ob_scope ob_scope;
/* ns NULL: none was found. why: "it is the context's namespace". */
typedef void (*ob_scope_fn)(void *arg, const char *ns, const char *why);
ob_scope *ob_scope_find(ob_http *http, const ob_scope_hints *hints, ob_scope_fn done, void *arg);
void ob_scope_cancel(ob_scope *s); /* done is not called; NULL is fine */

#endif
