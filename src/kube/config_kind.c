/* By which way a user logs in, in a few words and without any secret: what stands in the file,
 * whether it works or not. */
#include "base/str.h"
#include "kube/config_priv.h"

static bool says(const ob_json *user, const char *key) {
  return *ob_or(ob_json_get_str(user, key), "") != '\0';
}

static void part(ob_buf *out, const char *words) {
  ob_buf_addf(out, "%s%s", out->len ? ", " : "", words);
}

void ob_kubeconfig_login(ob_buf *out, const ob_kubeconfig *k, size_t context) {
  ob_kube_context c = ob_kubeconfig_context(k, context);
  const ob_kube_entry *e = ob_kube_find(k, OB_KUBE_USERS, c.user);
  if (!e) {
    ob_buf_adds(out, *c.user ? "no such user" : "none");
    return;
  }
  const ob_json *user = e->node, *exec = ob_json_get(user, "exec"),
                *provider = ob_json_get(user, "auth-provider");
  OB_AUTO(ob_buf) ways = OB_BUF_INIT(OB_LINE_MAX);
  if (says(user, "client-certificate") || says(user, "client-certificate-data"))
    part(&ways, "client certificate");
  if (says(user, "tokenFile"))
    part(&ways, "token file");
  else if (says(user, "token"))
    part(&ways, "token");
  if (says(user, "username") || says(user, "password")) part(&ways, "basic");
  if (ob_json_is(exec, OB_JSON_OBJECT)) {
    const char *command = ob_or(ob_json_get_str(exec, "command"), "?");
    const char *slash = strrchr(command, '/');
    part(&ways, "exec ");
    ob_buf_adds(&ways, slash ? slash + 1 : command);
  }
  if (ob_json_is(provider, OB_JSON_OBJECT))
    part(&ways, ob_or(ob_json_get_str(provider, "name"), "auth-provider"));
  ob_buf_adds(out, ob_or(ob_buf_str(&ways), "none"));
  if (says(user, "as")) ob_buf_addf(out, " as %s", ob_json_get_str(user, "as"));
}
