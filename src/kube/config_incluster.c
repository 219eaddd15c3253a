/* In a pod the kubelet says where the server is, and who we are, by two variables and three
 * files. The token is read again while we run: the kubelet rotates it. */
#include "base/str.h"
#include "kube/config.h"
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

static char *pod_file(const ob_kube_overrides *over, const char *name) {
  const char *root = over && over->in_cluster_root ? over->in_cluster_root : "";
  return ob_asprintf("%s/var/run/secrets/kubernetes.io/serviceaccount/%s", root, name);
}

static const char *env(const char *name) {
  const char *v = getenv(name);
  return v && *v ? v : NULL;
}

bool ob_in_cluster(const ob_kube_overrides *over) {
  OB_AUTOFREE char *token = pod_file(over, "token");
  return env("KUBERNETES_SERVICE_HOST") && env("KUBERNETES_SERVICE_PORT") &&
         access(token, F_OK) == 0;
}

static char *read_trimmed(const char *path, ob_err *err) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  if (ob_read_file(path, &b, err)) return NULL;
  const char *s = ob_buf_str(&b);
  size_t n = strlen(s);
  while (isspace((unsigned char)*s)) s++, n--;
  while (n > 0 && isspace((unsigned char)s[n - 1])) n--;
  char *out = ob_strndup(s, n);
  if (b.ptr) explicit_bzero(b.ptr, b.cap);
  return out;
}

int ob_kube_target_in_cluster(ob_kube_target **ret, const ob_kube_overrides *over, ob_err *err) {
  const char *host = env("KUBERNETES_SERVICE_HOST"), *port = env("KUBERNETES_SERVICE_PORT");
  int64_t number = 0;
  if (!host || !port || !ob_parse_int(port, 1, 65535, &number)) {
    ob_fail(err, OB_ECONFIG, "not in a pod: KUBERNETES_SERVICE_HOST and _PORT are not set");
    return ob_hint(err, "outside of a cluster use --kubeconfig");
  }
  OB_AUTOPTR(ob_kube_target) t = ob_calloc(1, sizeof *t);
  t->in_cluster = true;
  t->https = true;
  t->context = ob_strdup("");
  t->cluster = ob_strdup("in-cluster");
  t->user = ob_strdup("");
  t->host = ob_strdup(host);
  t->port = (int)number;
  t->prefix = ob_strdup("");
  bool v6 = strchr(host, ':') != NULL;
  t->server = ob_asprintf("https://%s%s%s:%d", v6 ? "[" : "", host, v6 ? "]" : "", t->port);

  t->token_file = pod_file(over, "token");
  t->token = read_trimmed(t->token_file, err);
  if (!t->token) {
    if (err) ob_err_within(err, "the pod's service account");
    return -(int)OB_ECONFIG;
  }
  OB_AUTOFREE char *ca = pod_file(over, "ca.crt");
  t->insecure = over && over->insecure;
  if (access(ca, R_OK) == 0 && !t->insecure) t->ca_file = ob_take(ca);

  OB_AUTOFREE char *ns_file = pod_file(over, "namespace");
  OB_AUTOFREE char *ns = NULL;
  if (over && over->ns && *over->ns) {
    ns = ob_strdup(over->ns);
  } else if (env("POD_NAMESPACE")) {
    ns = ob_strdup(env("POD_NAMESPACE"));
  } else {
    ns = read_trimmed(ns_file, NULL);
  }
  t->ns_set = ns && *ns;
  t->ns = t->ns_set ? ob_take(ns) : ob_strdup("default");
  if (strchr(t->ns, '/')) return ob_fail(err, OB_ECONFIG, "invalid namespace \"%s\"", t->ns);

  t->as = over ? ob_strdup_opt(over->as && *over->as ? over->as : NULL) : NULL;
  t->as_uid = over ? ob_strdup_opt(over->as_uid && *over->as_uid ? over->as_uid : NULL) : NULL;
  for (size_t i = 0; over && i < over->nas_groups; i++) {
    t->as_groups = ob_reallocarray(t->as_groups, t->nas_groups + 1, sizeof *t->as_groups);
    t->as_groups[t->nas_groups++] = ob_strdup(over->as_groups[i]);
  }
  if (!t->as && (t->as_uid || t->nas_groups)) {
    ob_fail(err, OB_ECONFIG, "requesting uid or groups without impersonating a user");
    return ob_hint(err, "add --as USER");
  }
  *ret = ob_take(t);
  return 0;
}
