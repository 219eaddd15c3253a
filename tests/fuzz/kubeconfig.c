/* kubeconfig: read, listed, and every context resolved. No message holds what is secret. */
#include "fuzz.h"
#include "kube/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  OB_AUTOFREE char *text = ob_strndup((const char *)data, n);
  ob_kube_overrides over = {.text = text, .in_cluster_root = "/nonexistent"};
  ob_err err = {0};
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  if (ob_kubeconfig_load(&k, &over, &err) < 0) {
    fuzz_told(&err);
    return 0;
  }
  size_t contexts = ob_kubeconfig_contexts(k);
  for (size_t i = 0; i <= contexts && i < 8; i++) {
    over.context = i < contexts ? ob_kubeconfig_context(k, i).name : NULL;
    OB_AUTOPTR(ob_kube_target) t = NULL;
    if (ob_kube_target_resolve(&t, k, &over, &err) < 0) {
      fuzz_told(&err);
    } else {
      FUZZ_HOLDS(t->ns && t->server && t->port > 0 && t->port < 65536);
      FUZZ_HOLDS(!(t->exec && t->oidc));
      FUZZ_HOLDS(t->https || (!t->token && !t->password && !t->cert_pem && !t->exec && !t->oidc));
      FUZZ_HOLDS(!t->token || !strpbrk(t->token, "\r\n"));
    }
    if (i == contexts) break;
    OB_AUTO(ob_buf) login = OB_BUF_INIT(OB_LINE_MAX);
    ob_kubeconfig_login(&login, k, i);
    fuzz_show(ob_buf_str(&login), login.len);
  }
  return 0;
}
