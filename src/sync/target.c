/* What stands on the command line goes over the kubeconfig; with neither, a pod's own credentials. */
#include "sync/target.h"

#include "base/str.h"
#include <stdio.h>

ob_kube_overrides ob_overrides_of(const ob_session_opts *o) {
  return (ob_kube_overrides){.kubeconfig = o->kubeconfig,
                             .text = o->kubeconfig_text,
                             .context = o->context,
                             .cluster = o->cluster,
                             .user = o->user,
                             .ns = o->ns,
                             .as = o->as,
                             .as_uid = o->as_uid,
                             .as_groups = o->as_groups,
                             .nas_groups = o->nas_groups,
                             .in_cluster_root = o->in_cluster_root,
                             .insecure = o->insecure};
}

static int resolve_target(ob_kube_target **ret, const ob_session_opts *opts, ob_err *err) {
  ob_kube_overrides over = ob_overrides_of(opts);
  OB_AUTOPTR(ob_kubeconfig) config = NULL;
  int rc = ob_kubeconfig_load(&config, &over, err);
  if (rc < 0) return rc;
  if (!ob_kubeconfig_empty(config)) return ob_kube_target_resolve(ret, config, &over, err);
  if (ob_in_cluster(&over)) return ob_kube_target_in_cluster(ret, &over, err);
  if (opts->context || opts->cluster || opts->user)
    return ob_kube_target_resolve(ret, config, &over, err); /* says what is not there */
  if (opts->kubeconfig)
    return ob_fail(err, OB_ECONFIG, "%s: holds no context, cluster or user", opts->kubeconfig);
  ob_fail(err, OB_ENOTFOUND, "no kubeconfig: neither --kubeconfig, $KUBECONFIG nor ~/.kube/config");
  return ob_hint(err, "name one with --kubeconfig FILE, or look around with --demo");
}

/* No error about a file without what can be done about it. */
int ob_target_of(ob_kube_target **ret, const ob_session_opts *opts, ob_err *err) {
  int rc = resolve_target(ret, opts, err);
  if (rc == -(int)OB_ECONFIG && !*err->hint)
    ob_hint(err, "mend the file there, or name another one with --kubeconfig FILE");
  return rc;
}

void ob_scope_hints_from(ob_scope_hints *ret, const ob_kubeconfig *config,
                         const ob_kube_target *t) {
  *ret = (ob_scope_hints){.own_set = t->ns_set};
  (void)snprintf(ret->own, sizeof ret->own, "%s", t->ns);
  for (int pass = 0; config && pass < 2; pass++)
    for (size_t i = 0; i < ob_kubeconfig_contexts(config); i++) {
      ob_kube_context c = ob_kubeconfig_context(config, i);
      bool same_user = ob_streq(c.user, t->user);
      if (!*c.ns || !ob_streq(c.cluster, t->cluster) || same_user != (pass == 0)) continue;
      if (ret->nothers == OB_SCOPE_HINTS || strlen(c.ns) >= OB_SCOPE_NS) continue;
      (void)snprintf(ret->others[ret->nothers++], OB_SCOPE_NS, "%s", c.ns);
    }
}

void ob_scope_hints_of(ob_scope_hints *ret, const ob_session_opts *opts, const ob_kube_target *t) {
  ob_kube_overrides over = ob_overrides_of(opts);
  OB_AUTOPTR(ob_kubeconfig) config = NULL;
  (void)ob_kubeconfig_load(&config, &over, NULL);
  ob_scope_hints_from(ret, config, t);
}
