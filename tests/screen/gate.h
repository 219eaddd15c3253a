/* Every byte that a program writes to its terminal passes here.
 *
 * The gate knows the modes that libvterm does not tell (bracketed paste, a synchronized
 * update under way, whether the cursor was told to show) and finds what may never reach a terminal:
 * bidi and other invisible controls, C1, BEL, DCS, APC, broken UTF-8, sanitizer reports, and every
 * OSC but the three that outboard has reason to send: 11 to ask for the background, 52 to copy, 104
 * to give colours back.
 */
#ifndef OB_TEST_SCREEN_GATE_H
#define OB_TEST_SCREEN_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gate {
  int state, want; /* of the escape sequence; continuation bytes still to come */
  uint32_t cp;
  char text[64]; /* parameters of a CSI, or the begin of an OSC */
  size_t len;
  unsigned long long passed;      /* bytes so far */
  bool pasting, in_frame, hidden; /* hidden: the cursor */
  bool cut;                       /* a character broke off, and only control sequences followed */
  unsigned long copies, asked, sync_asked; /* OSC 52, OSC 11, DECRQM of 2026 so far */
  size_t sanitizer, runtime; /* letters of "Sanitizer" and "runtime error:" seen in a row */
  bool reported;             /* one of them was written */
  char why[160];             /* the first fault, "" none */
} gate;

void gate_pass(gate *g, const char *bytes, size_t n);

#endif
