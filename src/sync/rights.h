/* The UI's memory of what the API server said about rights (outboard/access.h).
 *
 * Thread    UI. Owned by the session.
 * Limits    OB_RIGHTS_MAX answers; over that all are forgotten and asked for again as needed.
 */
#ifndef OB_SYNC_RIGHTS_H
#define OB_SYNC_RIGHTS_H

#include "base/clock.h"
#include "sync/access.h"

typedef struct ob_rights ob_rights;
ob_rights *ob_rights_new(const ob_timing *timing); /* copied */
void ob_rights_free(ob_rights *r);

/* What is known now. *ret_ask: the question is to be sent; its answer comes to ob_rights_put().
 * `ret` (may be NULL) gets the sentence of a refusal, else "". */
ob_access ob_rights_get(ob_rights *r, const ob_access_question *q, int64_t now_ms, bool *ret_ask,
                        char ret[OB_RIGHT_TEXT]);
/* True when it says something else than was known. */
bool ob_rights_put(ob_rights *r, const ob_access_answer *a, int64_t now_ms);
/* All answers count as expired: a person asked to look again. */
void ob_rights_expire(ob_rights *r);

#endif
