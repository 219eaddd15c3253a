/* One table of prefixes; the first that fits counts. */
#include "kube/address.h"

#include "base/mem.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <netinet/in.h>

const char *const ob_address_classes[] = {"public",     "private",  "loopback",
                                          "link-local", "metadata", "unusable"};

typedef struct prefix {
  uint8_t bytes[16];
  uint8_t bits;
  ob_address_class is;
} prefix;

static const prefix v4[] = {
    {{169, 254, 169, 254}, 32, OB_ADDR_METADATA},
    {{100, 100, 100, 200}, 32, OB_ADDR_METADATA},
    {{168, 63, 129, 16}, 32, OB_ADDR_METADATA},
    {{192, 0, 0, 192}, 32, OB_ADDR_METADATA},
    {{0}, 8, OB_ADDR_NOWHERE},
    {{10}, 8, OB_ADDR_PRIVATE},
    {{100, 64}, 10, OB_ADDR_PRIVATE},
    {{127}, 8, OB_ADDR_LOOPBACK},
    {{169, 254}, 16, OB_ADDR_LINK_LOCAL},
    {{172, 16}, 12, OB_ADDR_PRIVATE},
    {{192, 168}, 16, OB_ADDR_PRIVATE},
    {{224}, 3, OB_ADDR_NOWHERE},
};
static const prefix v6[] = {
    {{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54}, 128, OB_ADDR_METADATA},
    {{0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54}, 128, OB_ADDR_METADATA},
    {{0}, 128, OB_ADDR_NOWHERE},
    {{[15] = 1}, 128, OB_ADDR_LOOPBACK},
    {{0}, 80, OB_ADDR_NOWHERE},
    {{0xfe, 0x80}, 10, OB_ADDR_LINK_LOCAL},
    {{0xfe, 0xc0}, 10, OB_ADDR_PRIVATE},
    {{0xfc}, 7, OB_ADDR_PRIVATE},
    {{0xff}, 8, OB_ADDR_NOWHERE},
};
/* IPv6 addresses that carry an IPv4 one, and at which byte. */
static const struct {
  prefix p;
  uint8_t at;
} carriers[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96, OB_ADDR_PUBLIC}, 12},
    {{{0, 0x64, 0xff, 0x9b}, 96, OB_ADDR_PUBLIC}, 12},
    {{{0x20, 0x02}, 16, OB_ADDR_PUBLIC}, 2},
};

static bool fits(const prefix *p, const uint8_t *bytes) {
  size_t whole = p->bits / 8;
  if (memcmp(p->bytes, bytes, whole) != 0) return false;
  unsigned rest = p->bits % 8;
  return rest == 0 || ((p->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

static ob_address_class look_up(const prefix *table, size_t n, const uint8_t *bytes) {
  for (size_t i = 0; i < n; i++)
    if (fits(&table[i], bytes)) return table[i].is;
  return OB_ADDR_PUBLIC;
}

ob_address_class ob_address_classify(const struct sockaddr *a) {
  if (a->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, a, sizeof in);
    return look_up(v4, OB_LEN(v4), (const uint8_t *)&in.sin_addr);
  }
  if (a->sa_family != AF_INET6) return OB_ADDR_NOWHERE;
  struct sockaddr_in6 in;
  memcpy(&in, a, sizeof in);
  const uint8_t *bytes = in.sin6_addr.s6_addr;
  for (size_t i = 0; i < OB_LEN(carriers); i++)
    if (fits(&carriers[i].p, bytes)) return look_up(v4, OB_LEN(v4), bytes + carriers[i].at);
  return look_up(v6, OB_LEN(v6), bytes);
}

bool ob_address_parse(const char *text, struct sockaddr_storage *ret) {
  char plain[INET6_ADDRSTRLEN];
  size_t n = strlen(text);
  if (n > 2 && text[0] == '[' && text[n - 1] == ']') text++, n -= 2;
  if (n >= sizeof plain) return false;
  memcpy(plain, text, n);
  plain[n] = '\0';
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  memset(ret, 0, sizeof *ret);
  if (inet_pton(AF_INET, plain, &in.sin_addr) == 1)
    memcpy(ret, &in, sizeof in);
  else if (inet_pton(AF_INET6, plain, &in6.sin6_addr) == 1)
    memcpy(ret, &in6, sizeof in6);
  else
    return false;
  return true;
}

const char *ob_address_text(char out[OB_ADDRESS_TEXT], const struct sockaddr *a) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  out[0] = '\0';
  if (a->sa_family == AF_INET) {
    memcpy(&in, a, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, out, OB_ADDRESS_TEXT);
  } else if (a->sa_family == AF_INET6) {
    memcpy(&in6, a, sizeof in6);
    inet_ntop(AF_INET6, &in6.sin6_addr, out, OB_ADDRESS_TEXT);
  }
  return out;
}

bool ob_address_equal(const struct sockaddr *a, const struct sockaddr *b) {
  char x[OB_ADDRESS_TEXT], y[OB_ADDRESS_TEXT];
  return a->sa_family == b->sa_family && strcmp(ob_address_text(x, a), ob_address_text(y, b)) == 0;
}
