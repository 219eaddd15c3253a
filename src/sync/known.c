/* Open addressing as in base/map.c, without what a map needs for keys and values of others. */
#include "sync/known.h"

#include "base/map.h"

enum { MIN_CAP = 16 };
static const uint64_t SEEN = 1;

/* The slot of the uid, or the free slot where it belongs. cap must not be 0. */
static size_t find(const ob_known_set *k, ob_uid uid) {
  size_t mask = k->cap - 1, i = ob_hash(&uid, sizeof uid) & mask;
  while (!ob_uid_none(k->slots[i].uid) && ob_uid_cmp(k->slots[i].uid, uid) != 0) i = (i + 1) & mask;
  return i;
}

static void grow(ob_known_set *k) {
  ob_known_set old = *k;
  k->cap = old.cap ? old.cap * 2 : MIN_CAP;
  k->slots = ob_calloc(k->cap, sizeof *k->slots);
  for (size_t i = 0; i < old.cap; i++)
    if (!ob_uid_none(old.slots[i].uid)) k->slots[find(k, old.slots[i].uid)] = old.slots[i];
  free(old.slots);
}

ob_known_was ob_known_note(ob_known_set *k, ob_uid uid, uint64_t digest) {
  if (k->len + 1 > k->cap - k->cap / 16 * 3) grow(k);
  ob_known_slot *s = &k->slots[find(k, uid)];
  bool is_new = ob_uid_none(s->uid), same = (s->digest | SEEN) == (digest | SEEN);
  k->len += is_new;
  *s = (ob_known_slot){uid, digest | SEEN};
  return is_new ? OB_WAS_NEW : same ? OB_WAS_SAME : OB_WAS_OTHER;
}

bool ob_known_drop(ob_known_set *k, ob_uid uid) {
  if (!k->len) return false;
  size_t mask = k->cap - 1, hole = find(k, uid);
  if (ob_uid_none(k->slots[hole].uid)) return false;
  /* Move back each follower whose home does not lie between the hole and itself. */
  for (size_t i = (hole + 1) & mask; !ob_uid_none(k->slots[i].uid); i = (i + 1) & mask) {
    size_t home = ob_hash(&k->slots[i].uid, sizeof uid) & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    k->slots[hole] = k->slots[i];
    hole = i;
  }
  k->slots[hole] = (ob_known_slot){0};
  k->len--;
  return true;
}

void ob_known_unsee(ob_known_set *k) {
  for (size_t i = 0; i < k->cap; i++) k->slots[i].digest &= ~SEEN;
}

bool ob_known_unseen(const ob_known_set *k, size_t *io_at, ob_uid *ret) {
  while (*io_at < k->cap) {
    const ob_known_slot *s = &k->slots[(*io_at)++];
    *ret = s->uid;
    if (!ob_uid_none(s->uid) && !(s->digest & SEEN)) return true;
  }
  return false;
}

void ob_known_clear(ob_known_set *k) {
  free(k->slots);
  *k = (ob_known_set){0};
}
