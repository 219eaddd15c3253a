/* See certs.h. ECDSA P-256 throughout. */
#include "certs.h"
#include "base/clock.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PEM_MAX = 64 * 1024 };

static void must(int rc, const char *what) {
  if (rc < 0) errx(1, "certificates: %s: %s", what, gnutls_strerror(rc));
}

void cert_write(const char *dir, const char *name, const char *text) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", dir, name);
  OB_AUTOFREE char *part = ob_asprintf("%s/.%s.part", dir, name);
  int fd = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  size_t n = strlen(text);
  if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) != 0 || rename(part, path) != 0)
    err(1, "%s", path);
}

static gnutls_datum_t read_pem(const char *dir, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", dir, name);
  ob_buf text = OB_BUF_INIT(PEM_MAX);
  ob_err why;
  if (ob_read_file(path, &text, &why) != 0) errx(1, "%s", why.msg);
  gnutls_datum_t d = {.size = (unsigned)text.len};
  d.data = (unsigned char *)ob_buf_take(&text, NULL);
  return d;
}

static void write_pem(const char *dir, const char *name, gnutls_datum_t move_pem) {
  OB_AUTOFREE char *text = ob_strndup((const char *)move_pem.data, move_pem.size);
  gnutls_free(move_pem.data);
  cert_write(dir, name, text);
}

static gnutls_x509_crt_t blank(gnutls_x509_privkey_t key, const cert_ask *ask) {
  unsigned char serial[16];
  gnutls_x509_crt_t crt;
  ob_random(serial, sizeof serial);
  serial[0] = (serial[0] & 0x3f) | 0x40; /* positive, of full length */
  must(gnutls_x509_crt_init(&crt), "init");
  must(gnutls_x509_crt_set_version(crt, 3), "version");
  must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial), "serial");
  must(gnutls_x509_crt_set_activation_time(crt, time(NULL) + ask->from_s), "start");
  must(gnutls_x509_crt_set_expiration_time(crt, time(NULL) + ask->to_s), "end");
  must(gnutls_x509_crt_set_key(crt, key), "key");
  if (ask->org)
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, ask->org,
                                       (unsigned)strlen(ask->org)),
         "organisation");
  must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, ask->cn,
                                     (unsigned)strlen(ask->cn)),
       "name");
  return crt;
}

static void set_hosts(gnutls_x509_crt_t crt, const char *hosts) {
  OB_AUTOFREE char *copy = ob_strdup(hosts);
  char *save = NULL;
  for (char *h = strtok_r(copy, ",", &save); h; h = strtok_r(NULL, ",", &save)) {
    struct in_addr ip;
    bool is_ip = inet_pton(AF_INET, h, &ip) == 1;
    must(gnutls_x509_crt_set_subject_alt_name(
             crt, is_ip ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, is_ip ? (void *)&ip : h,
             is_ip ? sizeof ip : (unsigned)strlen(h), GNUTLS_FSAN_APPEND),
         h);
  }
}

static gnutls_x509_privkey_t new_key(void) {
  gnutls_x509_privkey_t key;
  must(gnutls_x509_privkey_init(&key), "key");
  must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
       "key");
  return key;
}

static void store(const char *dir, const char *name, gnutls_x509_crt_t move_crt,
                  gnutls_x509_privkey_t move_key) {
  OB_AUTOFREE char *crt_name = ob_asprintf("%s.crt", name), *key_name = ob_asprintf("%s.key", name);
  gnutls_datum_t pem;
  must(gnutls_x509_privkey_export2(move_key, GNUTLS_X509_FMT_PEM, &pem), "key");
  write_pem(dir, key_name, pem);
  must(gnutls_x509_crt_export2(move_crt, GNUTLS_X509_FMT_PEM, &pem), "certificate");
  write_pem(dir, crt_name, pem);
  gnutls_x509_crt_deinit(move_crt);
  gnutls_x509_privkey_deinit(move_key);
}

void cert_make_ca(const char *dir) {
  gnutls_x509_privkey_t key = new_key();
  gnutls_x509_crt_t ca =
      blank(key, &(cert_ask){.cn = "outboard test CA", .from_s = -3600, .to_s = 86400});
  must(gnutls_x509_crt_set_basic_constraints(ca, 1, -1), "constraints");
  must(gnutls_x509_crt_set_key_usage(ca, GNUTLS_KEY_KEY_CERT_SIGN), "usage");
  must(gnutls_x509_crt_sign2(ca, ca, key, GNUTLS_DIG_SHA256, 0), "signing");
  store(dir, "ca", ca, key);
}

void cert_make(const char *dir, const cert_ask *ask) {
  gnutls_datum_t ca_pem = read_pem(dir, "ca.crt"), key_pem = read_pem(dir, "ca.key");
  gnutls_x509_privkey_t key = new_key(), ca_key;
  gnutls_x509_crt_t crt = blank(key, ask), ca;
  must(gnutls_x509_crt_init(&ca), "init");
  must(gnutls_x509_privkey_init(&ca_key), "init");
  must(gnutls_x509_crt_import(ca, &ca_pem, GNUTLS_X509_FMT_PEM), "ca.crt");
  must(gnutls_x509_privkey_import(ca_key, &key_pem, GNUTLS_X509_FMT_PEM), "ca.key");
  must(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE), "usage");
  must(gnutls_x509_crt_set_key_purpose_oid(
           crt, ask->hosts ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0),
       "purpose");
  if (ask->hosts) set_hosts(crt, ask->hosts);
  must(gnutls_x509_crt_sign2(crt, ca, ca_key, GNUTLS_DIG_SHA256, 0), "signing");
  store(dir, ask->name, crt, key);
  gnutls_x509_crt_deinit(ca);
  gnutls_x509_privkey_deinit(ca_key);
  free(ca_pem.data);
  free(key_pem.data);
}
