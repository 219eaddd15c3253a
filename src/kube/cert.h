/* When a certificate is valid, by its own words: nothing is verified here.
 *
 * Thread ANY. Units Unix ms. Source: RFC 5280 4.1, RFC 7468; X.690 for the encoding.
 */
#ifndef OB_KUBE_CERT_H
#define OB_KUBE_CERT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ob_cert_dates {
  int64_t not_before_ms, not_after_ms;
} ob_cert_dates;

/* Of the first certificate of a PEM text (a chain begins with one's own). False when there is none
 * that can be read. */
bool ob_cert_dates_of(ob_cert_dates *ret, const char *pem);

#endif
