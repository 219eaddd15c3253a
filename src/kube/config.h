/* kubeconfig: which server, whom to trust, who we are.
 *
 * Two steps. Loading finds, reads and merges the files as kubectl does and says what is
 * wrong in them by file, line and field. Resolving picks one context and checks that
 * everything one connection needs is there and fits together; nothing is guessed: a
 * context is never chosen because it is the only one, and a missing cluster never turns
 * into localhost.
 *
 * Ownership ob_kubeconfig and ob_kube_target own their strings; what getters return is
 *           borrowed from them. Secrets are wiped when freed.
 * Thread    One owner at a time. Only the functions here read files and the environment
 *           (KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST/PORT, POD_NAMESPACE).
 * Secrets   No message ever holds a token, password, key or the content of a file.
 * Limits    OB_KUBECONFIG_FILES files of OB_KUBECONFIG_MAX bytes, OB_KUBECONFIG_ENTRIES
 *           entries in a list; OB_KUBE_FILE_MAX bytes for a CA, certificate, key or token.
 * Source    k8s.io/client-go tools/clientcmd and rest,
 * k8s.io/client-go/pkg/apis/clientauthentication.
 */
#ifndef OB_KUBE_CONFIG_H
#define OB_KUBE_CONFIG_H

#include "base/buf.h"
#include "base/mem.h"
#include "outboard/error.h"
#include <stdbool.h>
#include <stddef.h>

enum {
  OB_KUBECONFIG_FILES = 64,
  OB_KUBECONFIG_MAX = 16 * 1024 * 1024,
  OB_KUBECONFIG_ENTRIES = 20000,
  OB_KUBE_FILE_MAX = 4 * 1024 * 1024
};

/* What the command line says over the files. Everything may be zero. Borrowed during the
 * call only. */
typedef struct ob_kube_overrides {
  const char *kubeconfig; /* --kubeconfig: one path; NULL: $KUBECONFIG, else ~/.kube/config */
  const char *text;       /* a document in memory (the embedded server); wins over files */
  const char *context, *cluster, *user, *ns;
  const char *as, *as_uid;
  const char *const *as_groups;
  size_t nas_groups;
  bool insecure;               /* drops the CA */
  const char *in_cluster_root; /* put before /var/run/secrets/…; NULL: "" */
} ob_kube_overrides;

typedef struct ob_kubeconfig ob_kubeconfig;

/* Find, read, merge. Finding nothing is no error: ob_kubeconfig_empty() tells. Errors:
 * -OB_ECONFIG (what a file holds; "FILE:LINE: FIELD: what"), -OB_EIO (--kubeconfig is not there).
 */
int ob_kubeconfig_load(ob_kubeconfig **ret, const ob_kube_overrides *over, ob_err *err);
void ob_kubeconfig_free(ob_kubeconfig *k);
OB_AUTOPTR_DEFINE(ob_kubeconfig, ob_kubeconfig_free)

/* No file said anything (context, cluster, user, current-context): the caller may go in-cluster
 * or to a demo. */
bool ob_kubeconfig_empty(const ob_kubeconfig *k);
/* current-context, "" when none says it. */
const char *ob_kubeconfig_current(const ob_kubeconfig *k);

/* In the order of the files. Absent values are ""; server is that of the cluster as it stands there,
 * which may hold a password (kube/config_server.h shows it without). */
typedef struct ob_kube_context {
  const char *name, *cluster, *user, *ns, *server;
} ob_kube_context;
size_t ob_kubeconfig_contexts(const ob_kubeconfig *k);
ob_kube_context ob_kubeconfig_context(const ob_kubeconfig *k, size_t i); /* i < contexts */

/* Append how the user of a context logs in: "token", "token file", "client certificate", "basic",
 * "exec PLUGIN", a provider's name, "none"; several with commas. No secret; outside text. */
void ob_kubeconfig_login(ob_buf *out, const ob_kubeconfig *k, size_t context);

typedef struct ob_kube_pair {
  char *key, *value;
} ob_kube_pair;

/* A plugin that makes the credential: users[].user.exec. It is run by kube/exec.h. */
typedef struct ob_kube_exec {
  char *command; /* with a '/': a path, already against the kubeconfig's folder; else for PATH */
  char **args;
  size_t nargs;
  ob_kube_pair *env; /* over our own environment */
  size_t nenv;
  char *api_version;
  enum { OB_EXEC_NEVER, OB_EXEC_IF_AVAILABLE, OB_EXEC_ALWAYS } interactive;
  char *install_hint; /* NULL none; hostile text */
  char *cluster;      /* spec.cluster as JSON when provideClusterInfo says so, else NULL */
} ob_kube_exec;

/* auth-provider oidc: an ID token, and how to get the next one from its issuer (kube/oidc.h). */
typedef struct ob_kube_oidc {
  char *issuer, *client_id;
  char *client_secret; /* NULL none */
  char *ca_file, *ca_pem;
  char *id_token, *refresh_token; /* NULL none */
  char *file, *user;              /* where new tokens are stored; file NULL: nowhere */
} ob_kube_oidc;

/* Everything one connection needs, resolved and checked. Absent strings are NULL. A value
 * has one source: of ca_file/ca_pem, cert_file/cert_pem, key_file/key_pem at most one is set.
 * token is what token_file held when resolved, or the static token. With a plain http server
 * all credentials and TLS fields are NULL; the as… fields stay. */
typedef struct ob_kube_target {
  char *context, *cluster, *user; /* names; "" when there is none (in-cluster) */
  char *server; /* "https://host:port/prefix", port always there, no final slash */
  bool https;
  char *host; /* without brackets */
  int port;
  char *prefix; /* "" or "/prefix" */
  char *ns;     /* never NULL: flag, context, or "default" */
  bool ns_set;  /* the flag or the context said it */
  char *tls_server_name;
  bool insecure;
  char *ca_file, *ca_pem;
  char *cert_file, *cert_pem, *key_file, *key_pem;
  char *token, *token_file;
  char *username, *password;
  ob_kube_exec *exec; /* at most one of exec and oidc, and only without the credentials above */
  ob_kube_oidc *oidc;
  char *proxy_url; /* from the file only; http, https, socks5 or socks5h */
  char *as, *as_uid;
  char **as_groups;
  size_t nas_groups;
  ob_kube_pair *as_extra; /* one pair for each value */
  size_t nas_extra;
  bool disable_compression;
  bool in_cluster;
  char *warning; /* NULL none: a file that holds the credential is open to everybody */
} ob_kube_target;

/* The context that `over` or current-context names. Errors are -OB_ECONFIG with the place and
 * a hint, or -OB_EUNSUPPORTED for an auth-provider that is no more (its successor is named).
 * A missing current-context lists the contexts. Nothing is run and nothing is connected to. */
int ob_kube_target_resolve(ob_kube_target **ret, const ob_kubeconfig *k,
                           const ob_kube_overrides *over, ob_err *err);

/* True in a pod: the two variables are set and the token file is there. */
bool ob_in_cluster(const ob_kube_overrides *over);
int ob_kube_target_in_cluster(ob_kube_target **ret, const ob_kube_overrides *over, ob_err *err);
void ob_kube_target_free(ob_kube_target *t);
OB_AUTOPTR_DEFINE(ob_kube_target, ob_kube_target_free)

#endif
