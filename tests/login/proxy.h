/* A proxy in the test's process: HTTP CONNECT and SOCKS5 on one port, told apart by the first byte,
 * with or without a login, with or without TLS of its own. What it carries it does not look at.
 *
 * Thread ANY, one caller at a time.
 */
#ifndef TEST_LOGIN_PROXY_H
#define TEST_LOGIN_PROXY_H

#include "unit/kube/server.h"

typedef struct test_proxy test_proxy;

/* user and password NULL: anybody. cert NULL: no TLS; else borrowed. Listens on loopback before it
 * returns; ends the program when it cannot. */
test_proxy *test_proxy_start(const char *user, const char *password, const test_cert *cert);
void test_proxy_stop(test_proxy *p); /* closes what it carries */
int test_proxy_port(const test_proxy *p);
int test_proxy_carried(test_proxy *p); /* connections that were let through */
int test_proxy_refused(test_proxy *p); /* by the login */
void test_proxy_cut(test_proxy *p);    /* closes what it carries now */

#endif
