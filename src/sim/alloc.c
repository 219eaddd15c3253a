/* Cluster IPs and node ports: bit maps with a cursor, so that an address just given back is not the
 * next one given out. Source: kubernetes pkg/registry/core/service/{ipallocator,portallocator}. */
#include "base/str.h"
#include "sim/write.h"
#include <arpa/inet.h>
#include <stdio.h>

static const uint32_t v4_base = 0x0a600000; /* 10.96.0.0 */

void sim_alloc_init(sim_alloc *a, uint64_t seed) {
  *a = (sim_alloc){.v4 = ob_calloc(SIM_V4_COUNT / 8, 1),
                   .v6 = ob_calloc(SIM_V6_COUNT / 8, 1),
                   .next_v4 = SIM_IP_BAND,
                   .next_v6 = SIM_IP_BAND,
                   .rng = {seed}};
}

void sim_alloc_done(sim_alloc *a) {
  free(a->v4);
  free(a->v6);
}

static bool bit(const uint8_t *map, uint32_t i) {
  return (map[i / 8] >> (i % 8) & 1) != 0;
}
static void set_bit(uint8_t *map, uint32_t i, bool on) {
  if (on)
    map[i / 8] = (uint8_t)(map[i / 8] | 1u << (i % 8));
  else
    map[i / 8] = (uint8_t)(map[i / 8] & ~(1u << (i % 8)));
}

const char *sim_alloc_ip(sim_alloc *a, int family, bool peek, char out[64]) {
  uint8_t *map = family == 4 ? a->v4 : a->v6;
  uint32_t n = family == 4 ? SIM_V4_COUNT : SIM_V6_COUNT;
  uint32_t *next = family == 4 ? &a->next_v4 : &a->next_v6;
  for (uint32_t tried = 0; tried < n; tried++) {
    uint32_t i = (*next + tried) % n;
    if (i == 0 || i == n - 1 || bit(map, i)) continue;
    if (!peek) {
      set_bit(map, i, true);
      *next = i + 1;
    }
    if (family == 4)
      snprintf(out, 64, "%u.%u.%u.%u", (v4_base + i) >> 24, (v4_base + i) >> 16 & 255,
               (v4_base + i) >> 8 & 255, (v4_base + i) & 255);
    else
      snprintf(out, 64, "fd00:10:96::%x", i);
    return out;
  }
  return NULL;
}

/* Which bit of which map; NULL when out of range. */
static uint8_t *find_ip(sim_alloc *a, const char *ip, uint32_t *ret_i) {
  struct in_addr v4;
  struct in6_addr v6;
  if (inet_pton(AF_INET, ip, &v4) == 1) {
    *ret_i = ntohl(v4.s_addr) - v4_base;
    return *ret_i < SIM_V4_COUNT ? a->v4 : NULL;
  }
  static const uint8_t prefix[14] = {0xfd, 0, 0, 0x10, 0, 0x96};
  if (inet_pton(AF_INET6, ip, &v6) != 1 || memcmp(v6.s6_addr, prefix, sizeof prefix) != 0)
    return NULL;
  *ret_i = (uint32_t)(v6.s6_addr[14] << 8 | v6.s6_addr[15]);
  return a->v6;
}

int sim_alloc_take_ip(sim_alloc *a, const char *ip, bool peek) {
  uint32_t i;
  uint8_t *map = find_ip(a, ip, &i);
  if (!map) return -2;
  if (bit(map, i)) return -1;
  if (!peek) set_bit(map, i, true);
  return 0;
}

void sim_alloc_free_ip(sim_alloc *a, const char *ip) {
  uint32_t i;
  uint8_t *map = find_ip(a, ip, &i);
  if (map) set_bit(map, i, false);
}

static int first_free(const sim_alloc *a, int from, int to, uint32_t skip) {
  int n = to - from + 1;
  for (int i = 0; i < n; i++) {
    int port = from + (int)((skip + (uint32_t)i) % (uint32_t)n);
    if (!a->ports[port - SIM_PORT_MIN]) return port;
  }
  return 0;
}

int sim_alloc_port(sim_alloc *a) {
  uint32_t skip = ob_rng_below(&a->rng, SIM_PORT_MAX - SIM_PORT_BAND);
  int port = first_free(a, SIM_PORT_BAND, SIM_PORT_MAX, skip);
  if (!port) port = first_free(a, SIM_PORT_MIN, SIM_PORT_BAND - 1, 0);
  if (port) a->ports[port - SIM_PORT_MIN] = 1;
  return port;
}

int sim_alloc_take_port(sim_alloc *a, int64_t port, bool peek) {
  if (port < SIM_PORT_MIN || port > SIM_PORT_MAX) return -2;
  uint8_t *taken = &a->ports[port - SIM_PORT_MIN];
  if (*taken) return -1;
  if (!peek) *taken = 1;
  return 0;
}

void sim_alloc_free_port(sim_alloc *a, int64_t port) {
  if (port >= SIM_PORT_MIN && port <= SIM_PORT_MAX) a->ports[port - SIM_PORT_MIN] = 0;
}
