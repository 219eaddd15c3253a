#include "wire/shift.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t wall_ms, boot_ms;
static _Atomic int name_error;

void shift_wall(int64_t ms) {
  wall_ms = ms;
}
void shift_asleep(int64_t ms) {
  boot_ms += ms;
  wall_ms += ms;
}
void shift_names(int code) {
  name_error = code;
}
/* What slept stays slept: a BOOTTIME that went back would be a clock of no computer. */
void shift_none(void) {
  wall_ms = 0;
  name_error = 0;
}

int __real_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret) {
  int rc = __real_clock_gettime(id, ret);
  int64_t ms = id == CLOCK_REALTIME ? wall_ms : id == CLOCK_BOOTTIME ? boot_ms : 0;
  int64_t ns = ret->tv_nsec + ms % 1000 * 1000000;
  ret->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
  ret->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
  return rc;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (!name || strcmp(name, SHIFT_NAME) != 0) return real(name, service, hints, ret);
  return name_error ? name_error : real("127.0.0.1", service, hints, ret);
}
