/* Answers for the object in view: the whole object, its events, a service's pods, a plan's
 * objects.
 *
 * Thread    WATCHER.
 * Limits    OB_FETCHES_MAX at a time (the oldest is dropped), OB_FETCH_ITEMS objects a reply.
 */
#ifndef OB_SYNC_FETCH_H
#define OB_SYNC_FETCH_H

#include "kube/http.h"
#include "sync/watcher.h"

enum { OB_FETCHES_MAX = 64, OB_FETCH_ITEMS = 5000 };

typedef struct ob_fetches ob_fetches;
ob_fetches *ob_fetches_new(ob_http *http, ob_outbox *box, const ob_timing *timing);
void ob_fetches_free(ob_fetches *f);
void ob_fetches_start(ob_fetches *f, const ob_command_msg *msg);
/* Every object of the plan (borrowed), one after the other, as one reply. */
void ob_fetches_plan(ob_fetches *f, uint32_t id, const struct ob_plan *p);
void ob_fetches_cancel(ob_fetches *f, uint32_t id);

#endif
