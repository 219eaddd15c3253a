/* The objects of a kind that were handed on: of each its uid, and the digest of what was last
 * handed on. 24 bytes a slot, and one allocation for all of them.
 *
 * Seen: an object that was noted since the last ob_known_unsee(). What a whole list did not see is
 * gone.
 *
 * Thread One owner at a time.
 */
#ifndef OB_SYNC_KNOWN_H
#define OB_SYNC_KNOWN_H

#include "base/mem.h"
#include "outboard/object.h"

typedef struct ob_known_slot {
  ob_uid uid;      /* none: free */
  uint64_t digest; /* its lowest bit says: seen */
} ob_known_slot;

typedef struct ob_known_set {
  ob_known_slot *slots;
  size_t len, cap; /* cap is a power of two or 0 */
} ob_known_set;

typedef enum ob_known_was { OB_WAS_SAME, OB_WAS_OTHER, OB_WAS_NEW } ob_known_was;
/* Keeps the digest, marks the object as seen, and says what it was before. */
ob_known_was ob_known_note(ob_known_set *k, ob_uid uid, uint64_t digest);
bool ob_known_drop(ob_known_set *k, ob_uid uid); /* false: it was not there */
void ob_known_unsee(ob_known_set *k);
/* size_t at = 0; while (ob_known_unseen(k, &at, &uid)) …  Nothing may be noted or dropped
 * meanwhile. */
bool ob_known_unseen(const ob_known_set *k, size_t *io_at, ob_uid *ret);
void ob_known_clear(ob_known_set *k); /* frees everything */

#endif
