/* Allocation that never fails in the eyes of its callers. The end of memory is the end of
 * the program, so the code above needs no branch that nobody can test. */
#include "base/mem.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_OSERR = 71 };

static _Atomic(void (*)(void)) oom_hook;

void ob_oom_hook_set(void (*hook)(void)) {
  atomic_store(&oom_hook, hook);
}

_Noreturn void ob_oom(void) {
  static const char line[] = "outboard: out of memory\n";
  /* The exchange keeps a hook that itself runs out of memory from coming back here. */
  void (*hook)(void) = atomic_exchange(&oom_hook, NULL);
  if (hook) hook();
  if (write(STDERR_FILENO, line, sizeof line - 1) < 0) _exit(EXIT_OSERR);
  _exit(EXIT_OSERR);
}

void *ob_alloc(size_t size) {
  void *p = malloc(size ? size : 1);
  if (!p) ob_oom();
  return p;
}

void *ob_calloc(size_t count, size_t size) {
  void *p = calloc(count ? count : 1, size ? size : 1);
  if (!p) ob_oom();
  return p;
}

void *ob_reallocarray(void *move_ptr, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) ob_oom();
  size_t total = count * size;
  void *p = realloc(move_ptr, total ? total : 1);
  if (!p) ob_oom();
  return p;
}

char *ob_strndup(const char *s, size_t n) {
  size_t len = strnlen(s, n);
  char *p = ob_alloc(len + 1);
  memcpy(p, s, len);
  p[len] = '\0';
  return p;
}

char *ob_strdup(const char *s) {
  size_t len = strlen(s);
  return memcpy(ob_alloc(len + 1), s, len + 1);
}

char *ob_strdup_opt(const char *s) {
  return s ? ob_strdup(s) : NULL;
}

char *ob_asprintf(const char *fmt, ...) {
  char *p = NULL;
  va_list ap;
  va_start(ap, fmt);
  int n = vasprintf(&p, fmt, ap);
  va_end(ap);
  if (n < 0 || !p) ob_oom();
  return p;
}

void ob_secret_free(char *move_secret) {
  if (!move_secret) return;
  explicit_bzero(move_secret, strlen(move_secret));
  free(move_secret);
}

void ob_autofd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}
