/* The state of a run of fuzz, and what its two parts call of each other. */
#ifndef OB_TEST_SCREEN_FUZZ_H
#define OB_TEST_SCREEN_FUZZ_H

#include "server.h"
#include "term.h"

enum { FUZZ_BATCH_BYTES = 16384, FUZZ_LATEST = 400 /* steps that a failure prints */ };

typedef struct fuzz {
  vt *term;
  server *serve;
  uint64_t random, seed;
  long steps, goal, batches, started, left, homes, resizes, lent;
  char out[FUZZ_BATCH_BYTES];
  size_t len;
  bool down; /* the network */
  /* A step that may lead out of the program: in this batch; until which step (a prompt may keep it
   * for a later enter). */
  bool leaving, ascii;
  long may_leave;
  char dir[64], kubeconfig[96], theme[96];
  char fault[256];
  struct {
    char text[24];
  } latest[FUZZ_LATEST];
} fuzz;

#define FUZZ_LEN(a)        (sizeof(a) / sizeof(a)[0])
#define FUZZ_PICK(f, list) (list)[fuzz_below(f, (uint32_t)FUZZ_LEN(list))]

uint32_t fuzz_below(fuzz *f, uint32_t n);
/* What goes out with the next fuzz_send(). */
void fuzz_put(fuzz *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fuzz_send(fuzz *f);
void fuzz_pause(fuzz *f, int ms); /* sends, and waits */
/* Ends an outage. */
void fuzz_online(fuzz *f);
/* A random step: into the batch, or at once. */
void fuzz_step(fuzz *f);

#endif
