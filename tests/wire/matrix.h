/* The matrix of faults: a session before a server that something is wrong with.
 *
 *   session ─▶ wire ─▶ [nghttpx, which speaks HTTP/2] ─▶ alter ─▶ embedded server
 *                                                                or kube-apiserver
 *
 * A row of mx_faults is one fault; a case is a row and a seed, which decides when the fault comes
 * (before the session, while it loads, once it is live), where (after how many bytes, in which
 * object) and what changes on the server meanwhile.
 */
#ifndef OB_TEST_WIRE_MATRIX_H
#define OB_TEST_WIRE_MATRIX_H

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "outboard/session.h"
#include "sim/sim.h"
#include "unit/kube/server.h"
#include "wire/alter.h"
#include "wire/proxy.h"
#include <sys/types.h>

typedef enum mx_via { MX_H1, MX_H2, MX_REAL, MX_VIAS } mx_via;

/* What is true of a row. */
enum {
  MX_MUST = 1 << 0,    /* `says` is said while the fault is on; else it may be */
  MX_QUIET = 1 << 1,   /* nothing is said at all */
  MX_SAME = 1 << 2,    /* the picture equals the server's while the fault is on */
  MX_KIND = 1 << 3,    /* it is said of a kind; the connection as a whole may be live */
  MX_LIVE = 1 << 4,    /* comes only once the session is live */
  MX_BEFORE = 1 << 15, /* comes before the session */
  MX_TOUCH = 1 << 5,   /* the healed server changes the object that was broken */
  MX_RELIST = 1 << 6,  /* what came altered is asked for anew after healing */
  MX_DROP = 1 << 7,    /* what is open is cut when it comes: it concerns new requests */
  MX_EXPIRE = 1 << 8,  /* watches end with 410 when it comes: it concerns lists */
  MX_FRESH = 1 << 9,   /* has servers of its own, a pair for each case */
  MX_NAME = 1 << 10,   /* the server is known by a name, not by an address */
  MX_FILES = 1 << 11,  /* CA and token stand in files */
  MX_NO_H2 = 1 << 12,  /* of HTTP/1.1 alone */
  MX_ONLY_H2 = 1 << 13,
  MX_SIM = 1 << 14, /* of the embedded server alone */
};

typedef struct mx mx;

typedef struct mx_fault {
  const char *name;
  const char *says; /* "one|another": part of the sentence; NULL: any */
  unsigned flags;
  ob_wire_mode wire; /* with a random number of bytes below `bytes` */
  size_t bytes;
  const char *path;          /* instead of lists and watches, only this is answered with `status` */
  const char *sim;           /* a fault of the embedded server */
  int status;                /* lists and watches are answered with it, … */
  const char *text, *header; /* … this body and this line of the head */
  ob_alter_then (*body)(mx *m, const ob_alter_reply *r, ob_buf *bytes);
  void (*head)(mx *m, const ob_alter_reply *r, ob_buf *head);
  int (*wrong_by)(mx *m);
  int piece;
  void (*on)(mx *m);                   /* more of it */
  void (*heal)(mx *m);                 /* what the general healing does not undo */
  bool (*holds)(mx *m, char why[256]); /* looked at while it is on */
  void (*tune)(ob_timing *t);
} mx_fault;

extern const mx_fault mx_faults[];
extern const size_t mx_nfaults;

struct mx {
  const mx_fault *fault;
  mx_via via;
  ob_rng rng;
  uint64_t seed;
  ob_sim *sim, *sim_before;
  ob_alter *alter;
  ob_wire *wire;
  pid_t front, front_before;
  int front_port;
  char *url, *token, *token_given, *server_ca; /* server_ca NULL: not verified */
  char dir[64], ns[64];
  test_cert ca, cert, other_ca;
  void *curl;
  ob_session *session;
  ob_timing timing;
  bool was_live, restarted, news;
  int64_t looked_ms;
  int64_t on_ms, on_wall_ms; /* when the fault came */
  uint32_t number;           /* random, the case's */
};

/* --- the world (world.c) --- */
void mx_open(mx *m, const mx_fault *fault, mx_via via);
void mx_close(mx *m);
/* The server begins anew with other objects, behind the same address. */
void mx_restart(mx *m, uint32_t scale);
enum { MX_SCALE = 24 }; /* of the first one */
/* nghttpx begins anew; the old one is asked to end in peace. */
void mx_front_restart(mx *m);
void mx_front_end(mx *m); /* kills the old one */
char *mx_kubeconfig(const mx *m);
void mx_write(const mx *m, const char *name, const char *text);
/* A request past the proxies. Returns the status; dies when there is none. `~` in the path is the
 * namespace, ' in the body is ". ret NULL: not wanted. */
long mx_call(mx *m, const char *method, const char *path, const char *body, ob_buf *ret);
/* The objects of all kinds that the session watches, from a list of now, equal the session's. */
bool mx_same(mx *m, char why[256]);
int mx_descriptors(void);
/* The case cannot go on: no exit handlers, the proxies' threads are running. */
_Noreturn void mx_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint32_t mx_below(mx *m, uint32_t n);

enum { MX_KINDS = 1u << OB_KIND_SERVICE | 1u << OB_KIND_SLICE | 1u << OB_KIND_INGRESS };

#endif
