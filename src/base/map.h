/* A hash map from byte strings to pointers; keys and values are borrowed.
 *
 * The key lies inside the value (an object's uid, a "namespace/name"), so a map
 * costs 24 bytes a slot and no copies. Put again with the same key replaces both
 * key pointer and value. Hashes are keyed with a random seed taken at process
 * start, because names come from whoever may create objects.
 *
 * Thread One owner at a time. Order of iteration is unspecified.
 */
#ifndef OB_BASE_MAP_H
#define OB_BASE_MAP_H

#include "base/mem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ob_map_slot {
  const char *key; /* NULL: free */
  void *val;
  uint32_t hash, len;
} ob_map_slot;

typedef struct ob_map {
  ob_map_slot *slots;
  size_t len, cap; /* cap is a power of two or 0 */
} ob_map;

#define OB_MAP_INIT {0}
void ob_map_done(ob_map *m); /* frees the slots, not what they point at */
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
