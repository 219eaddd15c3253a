/* Open addressing with linear probing; deletion shifts the run back, so there are no
 * tombstones and a lookup ends at the first free slot. The hash is SipHash-1-3, keyed once
 * for the process: whoever chooses the names cannot choose the collisions. */
#include "base/map.h"
#include "base/clock.h"
#include <string.h>

/* Emptying a map costs what was in it, not what once was: past KEEP_CAP its slots are given back.
 */
enum { MIN_CAP = 16, KEEP_CAP = 256 };

/* Written once before main(), read-only afterwards. */
static uint64_t seed[2];

__attribute__((constructor)) static void seed_init(void) {
  ob_random(seed, sizeof seed);
}

static inline uint64_t rotl(uint64_t x, int b) {
  return (x << b) | (x >> (64 - b));
}

static inline void sip_round(uint64_t v[4]) {
  v[0] += v[1], v[1] = rotl(v[1], 13), v[1] ^= v[0], v[0] = rotl(v[0], 32);
  v[2] += v[3], v[3] = rotl(v[3], 16), v[3] ^= v[2];
  v[0] += v[3], v[3] = rotl(v[3], 21), v[3] ^= v[0];
  v[2] += v[1], v[1] = rotl(v[1], 17), v[1] ^= v[2], v[2] = rotl(v[2], 32);
}

uint64_t ob_hash_more(uint64_t h, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  uint64_t k0 = seed[0] ^ h, k1 = seed[1], word;
  uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                   k1 ^ 0x7465646279746573u};
  size_t left = n;
  for (; left >= 8; left -= 8, p += 8) {
    memcpy(&word, p, 8);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
  }
  word = (uint64_t)n << 56;
  for (size_t i = 0; i < left; i++) word |= (uint64_t)p[i] << (8 * i);
  v[3] ^= word;
  sip_round(v);
  v[0] ^= word;
  v[2] ^= 0xff;
  for (int i = 0; i < 3; i++) sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t ob_hash(const void *bytes, size_t n) {
  return ob_hash_more(0, bytes, n);
}

static void give_room(ob_map *m, size_t cap) {
  size_t keys = m->key_of ? 0 : cap;
  m->vals = ob_calloc(cap, sizeof *m->vals + sizeof *m->hashes + (keys ? sizeof *m->keys : 0));
  m->keys = keys ? (struct ob_map_key *)(void *)(m->vals + cap) : NULL;
  m->hashes = keys ? (uint32_t *)(void *)(m->keys + cap) : (uint32_t *)(void *)(m->vals + cap);
  m->cap = cap;
}

void ob_map_done(ob_map *m) {
  free(m->vals);
  *m = (ob_map){.key_of = m->key_of};
}

void ob_map_clear(ob_map *m) {
  if (m->cap > KEEP_CAP)
    ob_map_done(m);
  else if (m->len)
    memset(m->vals, 0, m->cap * sizeof *m->vals);
  m->len = 0;
}

static bool has_key(const ob_map *m, size_t i, const char *key, size_t len) {
  size_t n = m->keys ? m->keys[i].len : 0;
  const char *at = m->keys ? m->keys[i].at : m->key_of(m->vals[i], &n);
  return n == len && (!len || memcmp(at, key, len) == 0);
}

/* The slot of the key, or the free slot where it belongs. cap must not be 0. */
static size_t find(const ob_map *m, const char *key, size_t len, uint32_t hash) {
  size_t mask = m->cap - 1, i = hash & mask;
  while (m->vals[i] && (m->hashes[i] != hash || !has_key(m, i, key, len))) i = (i + 1) & mask;
  return i;
}

static void move(ob_map *to, size_t hole, const ob_map *from, size_t i) {
  to->vals[hole] = from->vals[i];
  to->hashes[hole] = from->hashes[i];
  if (to->keys) to->keys[hole] = from->keys[i];
}

static void rehash(ob_map *m, size_t cap) {
  ob_map old = *m;
  give_room(m, cap);
  for (size_t i = 0; i < old.cap; i++) {
    if (!old.vals[i]) continue;
    size_t at = old.hashes[i] & (cap - 1);
    while (m->vals[at]) at = (at + 1) & (cap - 1);
    move(m, at, &old, i);
  }
  free(old.vals);
}

void *ob_map_get(const ob_map *m, const char *key, size_t len) {
  return m->len ? m->vals[find(m, key, len, (uint32_t)ob_hash(key, len))] : NULL;
}

void *ob_map_put(ob_map *m, const char *key, size_t len, void *val) {
  if (m->len + 1 > m->cap - m->cap / 16 * 3) rehash(m, m->cap ? m->cap * 2 : MIN_CAP);
  uint32_t hash = (uint32_t)ob_hash(key, len);
  size_t i = find(m, key, len, hash);
  void *old = m->vals[i];
  if (!old) m->len++;
  m->vals[i] = val;
  m->hashes[i] = hash;
  if (m->keys) m->keys[i] = (struct ob_map_key){key, len};
  return old;
}

void *ob_map_del(ob_map *m, const char *key, size_t len) {
  if (!m->len) return NULL;
  size_t mask = m->cap - 1, hole = find(m, key, len, (uint32_t)ob_hash(key, len));
  void *val = m->vals[hole];
  if (!val) return NULL;
  /* Move back each follower whose home does not lie between the hole and itself. */
  for (size_t i = (hole + 1) & mask; m->vals[i]; i = (i + 1) & mask) {
    size_t home = m->hashes[i] & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    move(m, hole, m, i);
    hole = i;
  }
  m->vals[hole] = NULL;
  m->len--;
  return val;
}

void *ob_map_next(const ob_map *m, size_t *cursor) {
  while (*cursor < m->cap) {
    void *val = m->vals[(*cursor)++];
    if (val) return val;
  }
  return NULL;
}
