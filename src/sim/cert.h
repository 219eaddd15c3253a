/* The server's trust, made at start: a CA and a certificate that it signed.
 *
 * Ownership The texts are the caller's (free). Thread ANY.
 */
#ifndef OB_SIM_CERT_H
#define OB_SIM_CERT_H

#include "outboard/error.h"

typedef struct sim_cert {
  char *ca_pem, *cert_pem, *key_pem; /* cert_pem: the server's, then the CA's */
} sim_cert;
int sim_cert_make(sim_cert *ret, ob_err *err);
void sim_cert_done(sim_cert *c);

#endif
