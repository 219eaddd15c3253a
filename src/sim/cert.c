/* ECDSA P-256 twice, valid from yesterday (clocks differ) for a year. The CA's key is forgotten at
 * once: nothing else can ever be signed with it. */
#include "sim/cert.h"
#include "base/clock.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

enum { SIM_CERT_DAYS = 365 };

static char *take_datum(gnutls_datum_t *d) {
  char *text = ob_strndup((const char *)d->data, d->size);
  gnutls_free(d->data);
  d->data = NULL;
  return text;
}

static int new_key(gnutls_x509_privkey_t *ret) {
  int rc = gnutls_x509_privkey_init(ret);
  if (rc != 0) return rc;
  return gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA,
                                      GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int new_cert(gnutls_x509_crt_t *ret, gnutls_x509_privkey_t key, const char *name) {
  unsigned char serial[16];
  ob_random(serial, sizeof serial);
  serial[0] &= 0x7f; /* positive */
  time_t now = (time_t)(ob_wall_ms() / 1000);
  int rc = gnutls_x509_crt_init(ret);
  if (rc == 0) rc = gnutls_x509_crt_set_version(*ret, 3);
  if (rc == 0) rc = gnutls_x509_crt_set_serial(*ret, serial, sizeof serial);
  if (rc == 0) rc = gnutls_x509_crt_set_activation_time(*ret, now - 86400);
  if (rc == 0) rc = gnutls_x509_crt_set_expiration_time(*ret, now + SIM_CERT_DAYS * 86400L);
  if (rc == 0) rc = gnutls_x509_crt_set_key(*ret, key);
  if (rc == 0)
    rc = gnutls_x509_crt_set_dn_by_oid(*ret, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                       (unsigned)__builtin_strlen(name));
  return rc;
}

static int make_ca(gnutls_x509_crt_t *ret, gnutls_x509_privkey_t *key) {
  int rc = new_key(key);
  if (rc == 0) rc = new_cert(ret, *key, "outboard embedded CA");
  if (rc == 0) rc = gnutls_x509_crt_set_basic_constraints(*ret, 1, 0);
  if (rc == 0)
    rc = gnutls_x509_crt_set_key_usage(*ret, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
  if (rc == 0) rc = gnutls_x509_crt_sign2(*ret, *ret, *key, GNUTLS_DIG_SHA256, 0);
  return rc;
}

static int make_server(gnutls_x509_crt_t *ret, gnutls_x509_privkey_t *key, gnutls_x509_crt_t ca,
                       gnutls_x509_privkey_t ca_key) {
  struct in_addr v4 = {htonl(INADDR_LOOPBACK)};
  struct in6_addr v6 = IN6ADDR_LOOPBACK_INIT;
  int rc = new_key(key);
  if (rc == 0) rc = new_cert(ret, *key, "outboard embedded API server");
  if (rc == 0) rc = gnutls_x509_crt_set_basic_constraints(*ret, 0, -1);
  if (rc == 0) rc = gnutls_x509_crt_set_key_usage(*ret, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (rc == 0) rc = gnutls_x509_crt_set_key_purpose_oid(*ret, GNUTLS_KP_TLS_WWW_SERVER, 0);
  if (rc == 0)
    rc = gnutls_x509_crt_set_subject_alt_name(*ret, GNUTLS_SAN_DNSNAME, "localhost", 9,
                                              GNUTLS_FSAN_SET);
  if (rc == 0)
    rc = gnutls_x509_crt_set_subject_alt_name(*ret, GNUTLS_SAN_IPADDRESS, &v4, sizeof v4,
                                              GNUTLS_FSAN_APPEND);
  if (rc == 0)
    rc = gnutls_x509_crt_set_subject_alt_name(*ret, GNUTLS_SAN_IPADDRESS, &v6, sizeof v6,
                                              GNUTLS_FSAN_APPEND);
  if (rc == 0) rc = gnutls_x509_crt_sign2(*ret, ca, ca_key, GNUTLS_DIG_SHA256, 0);
  return rc;
}

int sim_cert_make(sim_cert *ret, ob_err *err) {
  gnutls_x509_privkey_t ca_key = NULL, key = NULL;
  gnutls_x509_crt_t ca = NULL, cert = NULL;
  gnutls_datum_t ca_text = {0}, cert_text = {0}, key_text = {0};
  *ret = (sim_cert){0};
  int rc = make_ca(&ca, &ca_key);
  if (rc == 0) rc = make_server(&cert, &key, ca, ca_key);
  if (rc == 0) rc = gnutls_x509_crt_export2(ca, GNUTLS_X509_FMT_PEM, &ca_text);
  if (rc == 0) rc = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &cert_text);
  if (rc == 0)
    rc = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                           &key_text);
  if (rc == 0) {
    OB_AUTOFREE char *own = take_datum(&cert_text);
    ret->ca_pem = take_datum(&ca_text);
    ret->key_pem = take_datum(&key_text);
    ret->cert_pem = ob_asprintf("%s%s", own, ret->ca_pem);
  } else {
    ob_fail(err, OB_ETLS, "making the server's certificate: %s", gnutls_strerror(rc));
  }
  if (ca) gnutls_x509_crt_deinit(ca);
  if (cert) gnutls_x509_crt_deinit(cert);
  if (ca_key) gnutls_x509_privkey_deinit(ca_key);
  if (key) gnutls_x509_privkey_deinit(key);
  return rc == 0 ? 0 : -(int)OB_ETLS;
}

void sim_cert_done(sim_cert *c) {
  free(c->ca_pem);
  free(c->cert_pem);
  ob_secret_free(c->key_pem);
  *c = (sim_cert){0};
}
