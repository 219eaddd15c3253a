/* HTTPS: the only includer of libmicrohttpd.
 *
 * Thread    Its own thread answers; sim_http_wake and sim_http_tick are called by others under
 *           the store's lock.
 * Source    libmicrohttpd 0.9.75: suspended connections must all be resumed before it stops, and a
 *           client that leaves while suspended is noticed at the next write only (bookmarks).
 */
#ifndef OB_SIM_HTTP_H
#define OB_SIM_HTTP_H

#include "sim/cert.h"
#include "sim/server.h"

int sim_http_start(ob_sim *s, const sim_cert *cert, ob_err *err);
void sim_http_stop(ob_sim *s); /* s->stopping is set; not under the lock */
int sim_http_port(const ob_sim *s);
/* An event of this kind: its quiet watches have something to send. */
void sim_http_wake(void *sim, sim_kind kind);
/* Time goes on: bookmarks, ends, answers that were held back. */
void sim_http_tick(ob_sim *s, int64_t now_mono_ms);

#endif
