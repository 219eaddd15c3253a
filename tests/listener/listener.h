/* An application: HTTP on a port of its own, where every request gets the same answer.
 *
 *   200, 404, …   that status, with a few bytes of text
 *   302           to /next
 *   echo          200, and the request's head as the body
 *   forbidden     403 with a Status, as an API server behind a Service gives it
 *   slow          nothing, ever
 *   PORT=ANSWER   at that port
 *
 * It lives in a thread for as long as the process. Any thread may start one.
 */
#ifndef TEST_LISTENER_H
#define TEST_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

/* The port, -1 when the address cannot be bound. `answer` is copied. */
int listener_start(const char *address, const char *answer);
/* An IPv4 address of this machine that is not loopback; false: it has none. */
bool listener_own_address(char *ret, size_t max);

#endif
