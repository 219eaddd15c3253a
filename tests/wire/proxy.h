/* A byte proxy for tests: stands before any server and breaks the bytes, not the protocol.
 *
 *   client ──▶ 127.0.0.1:PORT ──(cut, stall, drip, reset, refuse, black hole)──▶ target
 *
 * It runs on a thread of its own. A fault is set at any moment and holds for the connections
 * that it names until ob_wire_set() sets another.
 *
 * Thread  ANY, one caller at a time. ob_wire_stop() closes everything and joins the thread.
 * Limits  OB_WIRE_CONNS connections at once.
 */
#ifndef OB_TEST_WIRE_PROXY_H
#define OB_TEST_WIRE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OB_WIRE_CONNS = 256 };

typedef struct ob_wire ob_wire;

typedef enum ob_wire_mode {
  OB_WIRE_PASS,   /* hand everything on */
  OB_WIRE_REFUSE, /* new connections: the port is closed (connection refused); old ones pass */
  OB_WIRE_CUT,    /* after `bytes` more bytes from the server (`up`: to it), close (FIN) both sides */
  OB_WIRE_RESET,  /* after `bytes` more bytes from the server, reset (RST) the client's side */
  OB_WIRE_STALL,  /* after `bytes` more bytes from the server, nothing moves, nothing closes */
  OB_WIRE_DRIP,   /* from the server: one byte every `every_ms` */
  OB_WIRE_CORRUPT, /* the byte after `bytes` more bytes from the server has a bit turned */
  OB_WIRE_BLACK,   /* what a client sends is lost before TCP sees it: no answer, no acknowledgement;
                      half-open connections, and new ones that are never made */
  OB_WIRE_ANSWER,  /* new connections get `answer` in plain text and a close; old ones pass */
} ob_wire_mode;

typedef struct ob_wire_fault_spec {
  ob_wire_mode mode;
  size_t bytes; /* CUT, RESET, STALL, CORRUPT: counted for each connection from when the fault is set */
  int every_ms; /* DRIP */
  const char *answer; /* ANSWER: borrowed */
  bool up;      /* CUT, RESET: the bytes are counted from the client to the server */
  bool once;    /* the first connection that meets the fault takes it; then PASS */
} ob_wire_fault_spec;

/* Listens on a free loopback port before it returns. NULL when that fails. */
ob_wire *ob_wire_start(int target_port);
void ob_wire_stop(ob_wire *w);
int ob_wire_port(const ob_wire *w);
/* The server came back elsewhere: new connections go there. */
void ob_wire_retarget(ob_wire *w, int target_port);

void ob_wire_set(ob_wire *w, ob_wire_fault_spec fault);
/* Close (or reset) all connections now; the mode stays. */
void ob_wire_drop_all(ob_wire *w, bool reset);

size_t ob_wire_accepted(const ob_wire *w); /* connections since the start */
size_t ob_wire_open(const ob_wire *w);     /* open now */
uint64_t ob_wire_down(const ob_wire *w);   /* bytes handed to clients */
uint64_t ob_wire_up(const ob_wire *w);     /* bytes handed to the server */

#endif
