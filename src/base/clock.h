/* Time: clocks, the durations of the program, Kubernetes' timestamps and ages.
 *
 * Thread ANY. Units: milliseconds unless a name says seconds.
 */
#ifndef OB_BASE_CLOCK_H
#define OB_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t ob_mono_ms(void); /* CLOCK_MONOTONIC: durations */
int64_t ob_boot_ms(void); /* CLOCK_BOOTTIME: runs on while the computer sleeps */
int64_t ob_wall_ms(void); /* Unix time */

/* Every duration that the program waits for, so that tests shrink them. */
typedef struct ob_timing {
  int connect_ms;          /* TCP + TLS of one connection */
  int request_ms;          /* a request that is not a watch and not a list */
  int list_stall_ms;       /* a list that brings no byte for so long has failed */
  int count_ms;            /* a first list that takes longer is counted, to show how far it is; 0 none */
  int dead_peer_ms;        /* TCP_USER_TIMEOUT and keepalive: half-open is noticed */
  int watch_min_s;         /* timeoutSeconds of a watch is drawn from here … */
  int watch_max_s;         /* … to here */
  int watch_grace_ms;      /* silence tolerated past timeoutSeconds */
  int bookmark_ms;         /* a server's bookmark period; 3 of them silent = dead */
  int backoff_first_ms;    /* client-go: 0.8 s doubled … */
  int backoff_max_ms;      /* … up to 30 s, with jitter 1.0 */
  int backoff_reset_ms;    /* forgotten after so much quiet */
  int release_ms;          /* the way back of a plan asks so long for an address that it just gave
                              up: servers free them late (kube-apiserver up to 60 s) */
  int leave_ms;            /* what is deleted and created anew may take so long to go */
  int forbidden_first_ms;  /* a 403 is asked again after this, then … */
  int forbidden_ms;        /* … this slowly */
  int access_ms;           /* an answer of an access review holds so long */
  int events_ms;           /* Events of what waits on the screen are asked for again */
  int rediscover_ms;       /* kinds that are not installed are looked for again */
  int relist_ms;           /* the slow timer against silently lost watches */
  int token_file_ms;       /* a tokenFile is read again after this */
  int rotate_ms;           /* CA, certificate and key files are looked at so often */
  int plugin_ms;           /* a credential plugin without the terminal may take so long, … */
  int plugin_terminal_ms;  /* … and so long while a person types */
  int probe_connect_ms;    /* a probe: to be connected, TLS included */
  int probe_ms;            /* … and to be answered, in all */
  int probe_every_ms;      /* a probe that is switched on is repeated */
  int probes_at_once;      /* under way, and … */
  int probes_per_second;   /* … begun: what somebody else's gateway may bear */
  int frame_ms;            /* least time between two frames drawn for data */
  int clock_tick_ms;       /* ages on the screen */
  int keep_ms;             /* what comes back with a context is saved so long after a key */
} ob_timing;

extern const ob_timing ob_timing_default;

/* RFC 3339 ("2026-11-24T10:00:00Z", fractions and offsets too) to Unix ms.
 * Returns false and leaves *ret_ms alone when it is none. */
bool ob_time_parse(const char *s, int64_t *ret_ms);
enum { OB_TIME_TEXT = 32, OB_AGE_TEXT = 16 };
/* "2026-11-24T10:00:00Z" */
const char *ob_time_text(char out[OB_TIME_TEXT], int64_t unix_ms);
/* kubectl's ages: "45s" "3m12s" "5h3m" "7d2h" "42d" "2y11d"; below 0 is "0s".
 * Source: k8s.io/apimachinery/pkg/util/duration HumanDuration. */
const char *ob_age_text(char out[OB_AGE_TEXT], int64_t ms);

/* A small seeded generator (splitmix64) for jitter, worlds and property tests. */
typedef struct ob_rng {
  uint64_t state;
} ob_rng;
uint64_t ob_rng_next(ob_rng *r);
/* 0 … n-1; n must be > 0. */
uint32_t ob_rng_below(ob_rng *r, uint32_t n);
/* From the kernel. Used for seeds, tokens, ports. */
void ob_random(void *out, size_t n);

#endif
