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
  size_t before = out->len;
  if (says(user, "client-certificate") || says(user, "client-certificate-data"))
    part(out, "client certificate");
  if (says(user, "tokenFile"))
    part(out, "token file");
  else if (says(user, "token"))
    part(out, "token");
  if (says(user, "username") || says(user, "password")) part(out, "basic");
  if (ob_json_is(exec, OB_JSON_OBJECT)) {
    const char *command = ob_or(ob_json_get_str(exec, "command"), "?");
    const char *slash = strrchr(command, '/');
    part(out, "exec ");
    ob_buf_adds(out, slash ? slash + 1 : command);
  }
  if (ob_json_is(provider, OB_JSON_OBJECT))
    part(out, ob_or(ob_json_get_str(provider, "name"), "auth-provider"));
  if (out->len == before) ob_buf_adds(out, "none");
  if (says(user, "as")) ob_buf_addf(out, " as %s", ob_json_get_str(user, "as"));
}
