/* A real cluster's API: one etcd and one kube-apiserver on loopback, and what a test needs to
 * speak to them. No kubelet, no controllers: objects are stored, validated, watched, and nothing
 * happens to them.
 *
 * Ownership The folder holds everything (certificates, kubeconfigs, logs, data) and goes with
 *           cluster_stop(), unless OUTBOARD_CLUSTER_KEEP is set. The servers die with the process
 *           that started them, however it dies.
 * Thread    One.
 * Errors    A line on stderr and the program's end: 77 when there are no servers, else 1.
 */
#ifndef TEST_CLUSTER_CLUSTER_H
#define TEST_CLUSTER_CLUSTER_H

#include <stddef.h>
#include <sys/types.h>

enum { CLUSTER_FLAGS_MAX = 32, CLUSTER_SKIP = 77 };

typedef struct cluster {
  char *dir, *url;
  char *apiserver_path, *etcd_path, *kubectl_path, *crds_path; /* crds_path NULL: no Go */
  char *version;                                               /* what the server says it is */
  pid_t apiserver, etcd;
  int port, port_fd;
} cluster;

typedef struct cluster_opts {
  const char *version;                  /* "v1.34.4"; NULL: the newest, or what is installed */
  const char *tokens;                   /* a token file instead of the fixture's own; NULL */
  const char *flags[CLUSTER_FLAGS_MAX]; /* more of kube-apiserver's, after the fixture's own */
  size_t nflags;
} cluster_opts;

/* Returns when /readyz is ok, rights are bound and the CRDs are served. */
void cluster_start(cluster *ret, const cluster_opts *opts);
void cluster_stop(cluster *c);
/* The environment that tests get, from the folder's file `env`. */
void cluster_setenv(const char *dir);

#endif
