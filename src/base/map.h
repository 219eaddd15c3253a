/* A hash map from byte strings to pointers; keys and values are borrowed.
 *
 * The key lies inside the value (an object's uid, a "namespace/name") or somewhere
 * beside it; nothing is copied. A map costs 28 bytes a slot, and 12 when it is told how
 * to find the key of a value (OB_MAP_OF): that key must then stay what it is as long as
 * the value is in the map. Put again with the same key replaces both key pointer and
 * value. Hashes are keyed with a random seed taken at process start, because names come
 * from whoever may create objects.
 *
 * Thread One owner at a time. Order of iteration is unspecified.
 */
#ifndef OB_BASE_MAP_H
#define OB_BASE_MAP_H

#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef const char *(*ob_map_key_fn)(const void *val, size_t *ret_len);

typedef struct ob_map {
  void **vals; /* one allocation with the next two; NULL: free */
  struct ob_map_key {
    const char *at;
    size_t len;
  } * keys; /* none where there is key_of */
  uint32_t *hashes;
  size_t len, cap; /* cap is a power of two or 0 */
  ob_map_key_fn key_of;
} ob_map;

#define OB_MAP_INIT                                                                                \
  { 0 }
#define OB_MAP_OF(fn)                                                                              \
  { .key_of = (fn) }
void ob_map_done(ob_map *m); /* frees the slots, not what they point at; may be filled again */
OB_AUTO_DEFINE(ob_map, ob_map_done)

void *ob_map_get(const ob_map *m, const char *key, size_t len); /* NULL when absent */
/* val must not be NULL. Returns the value it replaced, or NULL. */
void *ob_map_put(ob_map *m, const char *key, size_t len, void *val);
void *ob_map_del(ob_map *m, const char *key, size_t len); /* the removed value, or NULL */
void ob_map_clear(ob_map *m);

/* size_t i = 0; while ((v = ob_map_next(&m, &i))) …  Deleting or putting during a walk
 * is not allowed. */
void *ob_map_next(const ob_map *m, size_t *cursor);

/* The seeded hash itself, for digests that live no longer than the process. */
uint64_t ob_hash(const void *bytes, size_t n);
uint64_t ob_hash_more(uint64_t h, const void *bytes, size_t n);

#endif
