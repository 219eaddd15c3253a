/* What kind of address that is: who may be talked to on somebody else's word.
 *
 * Thread ANY. Source: the IANA special-purpose registries (RFC 6890), RFC 6598 (100.64/10), RFC
 * 4193 (fc00::/7); the metadata addresses of AWS, Azure, GCP, Alibaba and Oracle as they document
 * them. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself.
 */
#ifndef OB_KUBE_ADDRESS_H
#define OB_KUBE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

typedef enum ob_address_class {
  OB_ADDR_PUBLIC,
  OB_ADDR_PRIVATE, /* also carrier-grade NAT, unique local */
  OB_ADDR_LOOPBACK,
  OB_ADDR_LINK_LOCAL,
  OB_ADDR_METADATA, /* a cloud's metadata service: it hands out credentials */
  OB_ADDR_NOWHERE,  /* unspecified, multicast, broadcast, reserved, no IP address at all */
} ob_address_class;
extern const char *const ob_address_classes[]; /* "public", "private", … */

ob_address_class ob_address_classify(const struct sockaddr *a);
/* An IP address as text, with or without brackets; false when it is none. */
bool ob_address_parse(const char *text, struct sockaddr_storage *ret);
bool ob_address_equal(const struct sockaddr *a, const struct sockaddr *b); /* ports left out */
/* "10.0.0.7"; "" when it is none. */
enum { OB_ADDRESS_TEXT = 64 };
const char *ob_address_text(char out[OB_ADDRESS_TEXT], const struct sockaddr *a);

#endif
