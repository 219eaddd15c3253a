/* The machine under the program fails: linked before it, each call wrapped by the linker.
 *
 *   OB_FAIL_ALLOC=N   the Nth allocation and all that follow find no memory
 *   OB_FAIL_SPAWN=1   no process can be started */
#include <errno.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static long limit(void) {
  static _Atomic long cached = -1;
  if (cached < 0) {
    const char *n = getenv("OB_FAIL_ALLOC");
    cached = n ? strtol(n, NULL, 10) : 0;
  }
  return cached;
}

static int full(void) {
  static _Atomic long count;
  long n = limit();
  if (n == 0 || ++count < n) return 0;
  errno = ENOMEM;
  return 1;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n) {
  return full() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
  return full() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) {
  return full() ? NULL : __real_realloc(p, n);
}

pid_t __real_fork(void);
pid_t __wrap_fork(void);
pid_t __wrap_fork(void) {
  if (!getenv("OB_FAIL_SPAWN")) return __real_fork();
  errno = EAGAIN;
  return -1;
}

int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attr, char *const argv[], char *const env[]);
int __real_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attr, char *const argv[], char *const env[]);
int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attr, char *const argv[], char *const env[]) {
  return getenv("OB_FAIL_SPAWN") ? EAGAIN
                                 : __real_posix_spawnp(pid, file, actions, attr, argv, env);
}
