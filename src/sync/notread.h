/* Kinds that expose and that outboard does not read: found by discovery, counted, named.
 *
 * An answer about exposure that left them out without a word would be wrong in silence.
 *
 * Thread WATCHER.
 */
#ifndef OB_SYNC_NOTREAD_H
#define OB_SYNC_NOTREAD_H

#include "kube/discovery.h"
#include "sync/outbox.h"

typedef struct ob_notread ob_notread;
ob_notread *ob_notread_new(ob_http *http, ob_outbox *box);
void ob_notread_free(ob_notread *n);
/* Count what discovery knows, in one namespace or ("") in all; the line goes to the outbox when
 * the answers are there. A run under way is dropped. */
void ob_notread_start(ob_notread *n, const ob_discovery *d, const char *ns);

#endif
