/* Memory and ownership.
 *
 * Allocation never returns NULL: when memory ends the hook runs (the front end
 * restores the terminal), one line goes to stderr, and the process exits with 71
 * (EX_OSERR). Everything that outside input can grow has a named limit instead,
 * so this is the end of the machine, not of a hostile object.
 *
 * Thread ANY. Ownership: the caller frees with free().
 */
#ifndef OB_BASE_MEM_H
#define OB_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void *ob_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *ob_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Overflow-checked array growth. */
void *ob_reallocarray(void *move_ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *ob_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *ob_strndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
/* NULL stays NULL. */
char *ob_strdup_opt(const char *s);
char *ob_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* Called once before the process exits for lack of memory. Set at start, before threads. */
void ob_oom_hook_set(void (*hook)(void));

/* What happens when memory ends; for wrappers of libraries that return NULL instead. */
_Noreturn void ob_oom(void);

/* Overwrite and free a secret (explicit_bzero). NULL is fine. */
void ob_secret_free(char *move_secret);

/* Scope cleanup: OB_AUTO(ob_buf) b = OB_BUF_INIT(LIMIT); runs ob_buf_done(&b).
 * A type takes part with OB_AUTO_DEFINE(type, type_done) (embedded: by address)
 * or OB_AUTOPTR_DEFINE(type, type_free) (heap: OB_AUTOPTR(ob_json) j = NULL). */
#define OB_AUTO(type) __attribute__((cleanup(ob_auto_##type))) type
#define OB_AUTO_DEFINE(type, fn)                                                                   \
  static inline __attribute__((unused)) void ob_auto_##type(type *p) { fn(p); }
#define OB_AUTOPTR(type) __attribute__((cleanup(ob_autoptr_##type))) type *
#define OB_AUTOPTR_DEFINE(type, fn)                                                                \
  static inline __attribute__((unused)) void ob_autoptr_##type(type **p) { fn(*p); }
#define OB_AUTOFREE __attribute__((cleanup(ob_autofree)))
static inline __attribute__((unused)) void ob_autofree(void *p) { free(*(void **)p); }
#define OB_AUTOFD __attribute__((cleanup(ob_autofd)))
void ob_autofd(int *fd); /* closes when >= 0 */

/* Hand an owned pointer on: `*ret = ob_take(ptr);` leaves NULL behind. */
#define ob_take(p) ((__typeof__(p))ob_take_from(&(p)))
static inline __attribute__((unused)) void *ob_take_from(void *pointer) {
  void *taken;
  memcpy(&taken, pointer, sizeof taken);
  memset(pointer, 0, sizeof taken);
  return taken;
}

#define OB_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A growing array: OB_VEC(int) v = {0}; ob_vec_push(&v, 3); ob_vec_done(&v). */
#define OB_VEC(type)                                                                               \
  struct {                                                                                         \
    type *at;                                                                                      \
    size_t len, cap;                                                                               \
  }
#define ob_vec_reserve(v, n)                                                                       \
  do {                                                                                             \
    size_t ob_need_ = (n);                                                                         \
    if (ob_need_ > (v)->cap) {                                                                     \
      size_t ob_cap_ = (v)->cap ? (v)->cap : 8;                                                    \
      while (ob_cap_ < ob_need_) ob_cap_ *= 2;                                                     \
      (v)->at = ob_reallocarray((v)->at, ob_cap_, sizeof *(v)->at);                                \
      (v)->cap = ob_cap_;                                                                          \
    }                                                                                              \
  } while (0)
#define ob_vec_push(v, ...)                                                                        \
  do {                                                                                             \
    ob_vec_reserve((v), (v)->len + 1);                                                             \
    (v)->at[(v)->len++] = (__VA_ARGS__);                                                           \
  } while (0)
#define ob_vec_done(v)                                                                             \
  do {                                                                                             \
    free((v)->at);                                                                                 \
    (v)->at = NULL;                                                                                \
    (v)->len = (v)->cap = 0;                                                                       \
  } while (0)

#endif
