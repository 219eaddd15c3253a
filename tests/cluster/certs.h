/* Certificates for a test cluster: a CA, and what it signs. GnuTLS, so that libcurl's OpenSSL and
 * Go's crypto both meet a stranger.
 *
 * Files ca.crt, ca.key, NAME.crt and NAME.key in one folder, PEM; a file is replaced by rename, so
 * that a reader sees the old or the new one whole. Errors end the program with a line.
 * Thread ANY.
 */
#ifndef TEST_CLUSTER_CERTS_H
#define TEST_CLUSTER_CERTS_H

typedef struct cert_ask {
  const char *name;     /* of the files */
  const char *cn, *org; /* user and group to kube-apiserver; org NULL: none */
  const char *hosts;    /* comma-separated names and IPv4 addresses of a server; NULL: a client's */
  long from_s, to_s;    /* validity, seconds from now */
} cert_ask;

void cert_make_ca(const char *dir);
void cert_make(const char *dir, const cert_ask *ask);
/* Whole file by rename, mode 0600. */
void cert_write(const char *dir, const char *name, const char *text);

#endif
