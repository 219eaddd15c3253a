/* A small HTTP(S) server inside the test process: a thread per connection, a handler that
 * writes the bytes it wants, a log of what was asked.
 *
 * Thread Handlers run on the server's threads. The log is copied out under a lock.
 */
#ifndef TEST_KUBE_SERVER_H
#define TEST_KUBE_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/* PEM texts; free() each. A leaf for `names` (comma-separated, IPs too; "CN=NAME": only the common
 * name), valid from/to in seconds from now. signer NULL: self-signed CA. */
typedef struct test_cert {
  char *cert, *key;
} test_cert;
test_cert test_cert_new(const test_cert *signer, const char *names, long from_s, long to_s);
void test_cert_free(test_cert *c);

typedef struct test_server test_server;
typedef struct test_conn test_conn;

typedef struct test_request {
  char method[16], path[1024];
  const char *head; /* request line and headers */
  const char *body;
  unsigned number; /* from 1, over all connections */
} test_request;

/* False ends the connection. */
typedef bool (*test_handler)(test_conn *c, const test_request *r, void *arg);

/* cert NULL: plain http. want_client: asks for a client certificate signed by `ca`. */
test_server *test_server_start(const test_cert *cert, const test_cert *client_ca,
                               test_handler handler, void *arg);
/* The same at an address ("127.0.0.7", "::1") and a port, 0 any. NULL when that is not to be had. */
test_server *test_server_start_at(const char *address, int port, const test_cert *cert,
                                  test_handler handler, void *arg);
void test_server_stop(test_server *s);
int test_server_port(const test_server *s);
unsigned test_server_requests(const test_server *s);
unsigned test_server_connections(const test_server *s);
/* Copy of the head of request `number` ("" when there was none); free() it. */
char *test_server_head(const test_server *s, unsigned number);

void test_write(test_conn *c, const void *bytes, size_t n);
/* The connection ends with an RST. Returns false, for handlers. */
bool test_reset(test_conn *c);
/* Status line, Content-Length and body; extra: more header lines, each with \r\n, or NULL. */
bool test_reply(test_conn *c, int status, const char *extra, const char *body);
/* True until the server stops: for handlers that hold a request. */
bool test_wait(test_conn *c, int ms);

#endif
