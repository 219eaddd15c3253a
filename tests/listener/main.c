/* listener ADDRESS ANSWER…: a port for each (listener.h), printed one a line; `own` as the address
 * is this machine's own, exit 77 when it has none. Ends with the process that started it. */
#include "listener.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char own[64];
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (argc < 3) return 2;
  bool mine = strcmp(argv[1], "own") == 0;
  if (mine && !listener_own_address(own, sizeof own)) return 77;
  if (mine) printf("%s\n", own);
  for (int i = 2; i < argc; i++) {
    int port = listener_start(mine ? own : argv[1], argv[i]);
    if (port < 0) return 1;
    printf("%d\n", port);
  }
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
