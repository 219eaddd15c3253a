/* A proxy that ends TLS and so can alter what a server answers: HTTP/1.1 in, HTTP/1.1 out.
 *
 *   client ──TLS (test CA)──▶ 127.0.0.1:PORT ──TLS (not verified)──▶ target
 *
 * Every response is taken apart: its head, and its body without its framing. A body is altered
 * whole; a watch line by line, as its lines come. The Host header becomes the target's.
 *
 * Thread  ANY, one caller at a time. The hooks run on the proxy's threads, one at a time.
 * Limits  OB_ALTER_CONNS connections at once, OB_ALTER_BODY bytes of a body.
 */
#ifndef OB_TEST_WIRE_ALTER_H
#define OB_TEST_WIRE_ALTER_H

#include "base/buf.h"
#include "unit/kube/server.h"

enum { OB_ALTER_CONNS = 512, OB_ALTER_BODY = 64 * 1024 * 1024 };

typedef struct ob_alter ob_alter;

typedef struct ob_alter_reply {
  const char *path; /* of the request, with its query */
  bool watch;       /* a watch that was accepted: `bytes` are one line with its newline, and
                       nothing at all once, when it opens */
  int status;
} ob_alter_reply;

typedef enum ob_alter_then {
  OB_ALTER_ON,    /* goes on */
  OB_ALTER_END,   /* a watch: what is in `bytes` is its last line, and it ends cleanly */
  OB_ALTER_CLOSE, /* after `bytes` both sides are closed, whatever was announced */
} ob_alter_then;

typedef struct ob_alter_hooks {
  /* The head as it came, framing left out; it may be replaced. NULL: as it is. */
  void (*head)(void *arg, const ob_alter_reply *r, ob_buf *head);
  /* NULL: as it is. */
  ob_alter_then (*body)(void *arg, const ob_alter_reply *r, ob_buf *bytes);
  /* Content-Length is told wrong by so much, of what is no watch. */
  int (*wrong_by)(void *arg, const ob_alter_reply *r);
  int piece; /* > 0: a watch's lines are sent in chunks of so many bytes */
  void *arg;
} ob_alter_hooks;

/* `cert` is copied from. one_request: each connection is for one, and says so: whoever keeps
 * connections for later, as proxies do, would meet one that was dropped meanwhile. */
ob_alter *ob_alter_start(const test_cert *cert, int target_port, bool one_request);
void ob_alter_stop(ob_alter *a);
int ob_alter_port(const ob_alter *a);
void ob_alter_retarget(ob_alter *a, int target_port);
/* New connections are made with this certificate. */
void ob_alter_cert(ob_alter *a, const test_cert *cert);
/* For all responses that begin from now on and all lines of watches that are open. */
void ob_alter_set(ob_alter *a, ob_alter_hooks hooks);
/* All open watches get this line (with its newline; not through the hook) and perhaps end. */
void ob_alter_say(ob_alter *a, const char *line, bool end);
void ob_alter_drop_all(ob_alter *a);  /* returns when their descriptors are closed */
size_t ob_alter_watches(ob_alter *a); /* open now */

#endif
