/* Open addressing with linear probing; deletion shifts the run back, so there are no
 * tombstones and a lookup ends at the first free slot. The hash is SipHash-1-3, keyed once
 * for the process: whoever chooses the names cannot choose the collisions. */
#include "base/map.h"
#include "base/clock.h"
#include <string.h>

/* Emptying a map costs what was in it, not what once was: past KEEP_CAP its slots are given back. */
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

void ob_map_done(ob_map *m) {
  free(m->slots);
  *m = (ob_map){0};
}

void ob_map_clear(ob_map *m) {
  if (m->cap > KEEP_CAP)
    ob_map_done(m);
  else if (m->len)
    memset(m->slots, 0, m->cap * sizeof *m->slots);
  m->len = 0;
}

/* The slot of the key, or the free slot where it belongs. cap must not be 0. */
static size_t find(const ob_map *m, const char *key, size_t len, uint32_t hash) {
  size_t mask = m->cap - 1, i = hash & mask;
  for (;; i = (i + 1) & mask) {
    const ob_map_slot *s = &m->slots[i];
    if (!s->key) return i;
    if (s->hash == hash && s->len == len && (!len || memcmp(s->key, key, len) == 0)) return i;
  }
}

static void rehash(ob_map *m, size_t cap) {
  ob_map_slot *old = m->slots;
  size_t n = m->cap;
  m->slots = ob_calloc(cap, sizeof *m->slots);
  m->cap = cap;
  for (size_t i = 0; i < n; i++) {
    if (!old[i].key) continue;
    size_t at = old[i].hash & (cap - 1);
    while (m->slots[at].key) at = (at + 1) & (cap - 1);
    m->slots[at] = old[i];
  }
  free(old);
}

void *ob_map_get(const ob_map *m, const char *key, size_t len) {
  if (!m->len) return NULL;
  const ob_map_slot *s = &m->slots[find(m, key, len, (uint32_t)ob_hash(key, len))];
  return s->key ? s->val : NULL;
}

void *ob_map_put(ob_map *m, const char *key, size_t len, void *val) {
  if (m->len + 1 > m->cap - m->cap / 16 * 3) rehash(m, m->cap ? m->cap * 2 : MIN_CAP);
  uint32_t hash = (uint32_t)ob_hash(key, len);
  ob_map_slot *s = &m->slots[find(m, key, len, hash)];
  void *old = s->key ? s->val : NULL;
  if (!s->key) m->len++;
  *s = (ob_map_slot){.key = key, .val = val, .hash = hash, .len = (uint32_t)len};
  return old;
}

void *ob_map_del(ob_map *m, const char *key, size_t len) {
  if (!m->len) return NULL;
  size_t mask = m->cap - 1, hole = find(m, key, len, (uint32_t)ob_hash(key, len));
  if (!m->slots[hole].key) return NULL;
  void *val = m->slots[hole].val;
  /* Move back each follower whose home does not lie between the hole and itself. */
  for (size_t i = (hole + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
    size_t home = m->slots[i].hash & mask;
    if (((i - home) & mask) < ((i - hole) & mask)) continue;
    m->slots[hole] = m->slots[i];
    hole = i;
  }
  m->slots[hole] = (ob_map_slot){0};
  m->len--;
  return val;
}

void *ob_map_next(const ob_map *m, size_t *cursor) {
  while (*cursor < m->cap) {
    const ob_map_slot *s = &m->slots[(*cursor)++];
    if (s->key) return s->val;
  }
  return NULL;
}
