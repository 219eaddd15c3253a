/* Takes the TLS off a connection, so that what speaks over it need not know.
 *
 * Thread ANY. A test_tls is read only once it is made.
 */
#ifndef TEST_LOGIN_TLS_H
#define TEST_LOGIN_TLS_H

#include "unit/kube/server.h"
#include <pthread.h>

typedef struct test_tls test_tls;
test_tls *test_tls_new(const test_cert *cert);
void test_tls_free(test_tls *t);

/* A descriptor with the plain bytes of `fd`, whose handshake it makes. The thread owns `fd` and
 * ends when either side does; join it after closing the descriptor. */
int test_tls_unwrap(const test_tls *t, int fd, pthread_t *ret);

#endif
