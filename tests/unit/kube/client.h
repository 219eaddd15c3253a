/* The other side of server.h: targets that point at it, and one request with what came of it.
 *
 * Thread The test's. A test_answer's body is the caller's: ob_buf_done().
 */
#ifndef TEST_KUBE_CLIENT_H
#define TEST_KUBE_CLIENT_H

#include "base/buf.h"
#include "kube/http.h"
#include "server.h"

/* Short limits. */
ob_timing test_timing(void);

/* A kubeconfig of one cluster and one user (the insides of two JSON objects), resolved. */
ob_kube_target *test_target(const char *cluster, const char *user);
ob_kube_target *test_plain_target(int port, const char *user);
/* more: further members of the cluster, each with a comma before it, or NULL. */
ob_kube_target *test_tls_target(const char *host, int port, const char *ca_pem, const char *more,
                                const char *user);
char *test_base64(const char *s);
void test_write_file(const char *path, const char *text);

/* One call and what came of it. */
typedef struct test_answer {
  bool done, opened;
  ob_err err;
  int status;
  int64_t retry_after_ms, date_ms;
  ob_buf body;
  size_t bytes, nwarnings;
  char etag[64], warning[128], reason[64];
  bool cut;
  int stop_after; /* test_on_data says no at this piece */
  int pieces;
  ob_http_call *cancel_in_data;
} test_answer;

/* Only a->stop_after is kept of what *a held. */
ob_http_call *test_start(ob_http *h, test_answer *a, ob_http_request r);
/* An on_data that collects. */
int test_on_data(void *arg, const char *bytes, size_t n);
void test_run(ob_http *h, const bool *until, int ms);
test_answer test_get(ob_http *h, ob_http_request r);
/* Over an ob_http of its own. */
test_answer test_get_once(const ob_kube_target *t, ob_http_request r);

#define EXPECT(a, want_code, part)                                                                 \
  do {                                                                                             \
    cr_expect_eq((a).err.code, want_code, "%s: %s", ob_code_name((a).err.code), (a).err.msg);      \
    cr_expect(strstr((a).err.msg, part), "\"%s\" does not say \"%s\"", (a).err.msg, part);         \
  } while (0)

/* A server with a leaf for `names`, valid from/to in seconds from now, and its CA. */
typedef struct test_tls_world {
  test_cert ca, leaf;
  test_server *s;
  int port;
} test_tls_world;
test_tls_world test_tls_start(const char *names, long from_s, long to_s, test_handler h, void *arg);
void test_tls_stop(test_tls_world *w);

/* Handlers. */
bool test_says_ok(test_conn *c, const test_request *r, void *arg);
/* By a word in the path; arg: the Location header line of "elsewhere". */
bool test_fails(test_conn *c, const test_request *r, void *arg);

#endif
