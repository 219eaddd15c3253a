/* What /proc says of a program that is being measured.
 *
 * Thread ANY. All of it is -1 once the program is gone.
 */
#ifndef OB_BENCH_WATCHED_H
#define OB_BENCH_WATCHED_H

#include <sys/types.h>

typedef struct watched {
  double cpu_s; /* user and system, its threads and the children that it waited for not */
  long rss_kib, threads, fds;
  long wakeups; /* how often a thread of it came back from waiting */
} watched;

watched watched_now(pid_t pid);
double watched_clock_ms(void); /* monotonic */

#endif
