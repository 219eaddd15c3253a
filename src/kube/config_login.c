/* Users whose credential has to be fetched: exec plugins, and the one auth-provider that is left.
 * The checks are clientcmd's, in its words; what a plugin is told about the cluster is written
 * down here, once, because it is made of fields that nobody needs later. */
#include "base/str.h"
#include "kube/config_priv.h"

static void strings_free(char **list, size_t n) {
  for (size_t i = 0; i < n; i++) free(list[i]);
  free(list);
}

static void exec_free(ob_kube_exec *x) {
  if (!x) return;
  strings_free(x->args, x->nargs);
  for (size_t i = 0; i < x->nenv; i++) {
    free(x->env[i].key);
    ob_secret_free(x->env[i].value);
  }
  free(x->env);
  free(x->command);
  free(x->api_version);
  free(x->install_hint);
  free(x->cluster);
  free(x);
}

static void oidc_free(ob_kube_oidc *o) {
  if (!o) return;
  char *plain[] = {o->issuer, o->client_id, o->ca_file, o->ca_pem, o->file, o->user};
  char *secret[] = {o->client_secret, o->id_token, o->refresh_token};
  for (size_t i = 0; i < OB_LEN(plain); i++) free(plain[i]);
  for (size_t i = 0; i < OB_LEN(secret); i++) ob_secret_free(secret[i]);
  free(o);
}

void ob_kube_login_free(ob_kube_target *t) {
  exec_free(ob_take(t->exec));
  oidc_free(ob_take(t->oidc));
}

/* --- exec ------------------------------------------------------------------------------- */
static int refuse(const ob_kube_where *w, const char *what, const char *hint) {
  ob_kube_refuse(w, "exec", what);
  return ob_hint(w->err, "%s", hint);
}

static int read_api(ob_kube_exec *x, const ob_kube_where *w, const ob_json *exec) {
  const char *api = ob_json_get_str(exec, "apiVersion");
  if (!api || !*api)
    return refuse(w, "apiVersion must be specified to use the exec plugin",
                  "add apiVersion: client.authentication.k8s.io/v1");
  x->api_version = ob_strdup(api);
  if (ob_streq(api, "client.authentication.k8s.io/v1") ||
      ob_streq(api, "client.authentication.k8s.io/v1beta1"))
    return 0;
  OB_AUTOFREE char *what = ob_asprintf("exec plugin: invalid apiVersion \"%s\"", api);
  return refuse(w, what,
                "v1 and v1beta1 are spoken: update the plugin, and the kubeconfig with it");
}

static int read_interactive(ob_kube_exec *x, const ob_kube_where *w, const ob_json *exec) {
  static const char *const names[] = {"Never", "IfAvailable", "Always"};
  const char *mode = ob_json_get_str(exec, "interactiveMode");
  if (!mode || !*mode) {
    if (!ob_ends(x->api_version, "/v1"))
      mode = "IfAvailable";
    else
      return refuse(w, "interactiveMode must be specified to use the exec plugin",
                    "add interactiveMode: IfAvailable, or Never");
  }
  for (size_t i = 0; i < OB_LEN(names); i++)
    if (ob_streq(mode, names[i])) {
      x->interactive = i == 0 ? OB_EXEC_NEVER : i == 1 ? OB_EXEC_IF_AVAILABLE : OB_EXEC_ALWAYS;
      return 0;
    }
  OB_AUTOFREE char *what = ob_asprintf("invalid interactiveMode: \"%s\"", mode);
  return refuse(w, what, "it is Never, IfAvailable or Always");
}

static int read_env(ob_kube_exec *x, const ob_kube_where *w, const ob_json *exec) {
  const ob_json *env = ob_json_get(exec, "env");
  x->env = ob_calloc(ob_json_len(env) + 1, sizeof *x->env);
  for (const ob_json *e = ob_json_first(env); e; e = ob_json_next(e)) {
    const char *name = ob_json_get_str(e, "name");
    if (!name || !*name)
      return refuse(w, "env variable name must be specified to use the exec plugin",
                    "each entry of env has a name and a value");
    x->env[x->nenv++] =
        (ob_kube_pair){ob_strdup(name), ob_strdup(ob_or(ob_json_get_str(e, "value"), ""))};
  }
  return 0;
}

static int read_file_base64(ob_buf *out, const char *path, ob_err *err) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  int rc = ob_read_file(path, &b, err);
  return rc ? rc : ob_base64_encode(out, ob_buf_str(&b), b.len);
}

/* spec.cluster: k8s.io/client-go/rest ConfigToExecCluster. */
static int tell_cluster(ob_kube_exec *x, const ob_kube_target *t, const ob_kube_where *c) {
  OB_AUTOPTR(ob_json) j = ob_json_new_object();
  OB_AUTO(ob_buf) ca = OB_BUF_INIT(2 * OB_KUBE_FILE_MAX);
  ob_json_put_str(j, "server", ob_kube_str(c, "server"));
  ob_json_put_str(j, "tls-server-name", t->tls_server_name);
  if (t->insecure) ob_json_put_bool(j, "insecure-skip-tls-verify", true);
  if (t->ca_pem) ob_base64_encode(&ca, t->ca_pem, strlen(t->ca_pem));
  if (t->ca_file && read_file_base64(&ca, t->ca_file, c->err)) return -(int)OB_ECONFIG;
  if (ca.len) ob_json_put_str(j, "certificate-authority-data", ob_buf_str(&ca));
  ob_json_put_str(j, "proxy-url", t->proxy_url);
  if (t->disable_compression) ob_json_put_bool(j, "disable-compression", true);
  const ob_json *extensions = ob_json_get(c->e->node, "extensions");
  for (const ob_json *e = ob_json_first(extensions); e; e = ob_json_next(e)) {
    const ob_json *extension = ob_json_get(e, "extension");
    if (!ob_streq(ob_json_get_str(e, "name"), "client.authentication.k8s.io/exec")) continue;
    ob_json_put(j, "config", extension ? ob_json_dup(extension) : ob_json_new_null());
  }
  OB_AUTO(ob_buf) text = OB_BUF_INIT(3 * OB_KUBE_FILE_MAX);
  ob_json_print(&text, j);
  x->cluster = ob_buf_take(&text, NULL);
  return 0;
}

static int read_exec(ob_kube_target *t, const ob_kube_where *w, const ob_kube_where *cluster) {
  const ob_json *exec = ob_json_get(w->e->node, "exec"), *args = ob_json_get(exec, "args");
  const char *command = ob_json_get_str(exec, "command");
  ob_kube_exec *x = t->exec = ob_calloc(1, sizeof *x);
  if (!command || !*command)
    return refuse(w, "command must be specified to use the exec plugin",
                  "add command: and the name or the path of the plugin");
  x->command = strchr(command, '/') ? ob_kube_path(w, command) : ob_strdup(command);
  x->install_hint = ob_strdup_opt(ob_json_get_str(exec, "installHint"));
  x->args = ob_calloc(ob_json_len(args) + 1, sizeof *x->args);
  for (const ob_json *a = ob_json_first(args); a; a = ob_json_next(a))
    x->args[x->nargs++] = ob_strdup(ob_or(ob_json_str(a), ""));
  int rc = read_api(x, w, exec);
  if (rc == 0) rc = read_interactive(x, w, exec);
  if (rc == 0) rc = read_env(x, w, exec);
  if (rc == 0 && ob_json_get_bool(exec, "provideClusterInfo", false))
    rc = tell_cluster(x, t, cluster);
  return rc;
}

/* --- auth-provider ------------------------------------------------------------------------ */
/* The plugins that replaced the providers that kubectl dropped. */
static int refuse_provider(const ob_kube_where *w, const char *name) {
  bool gcp = ob_streq(name, "gcp"), azure = ob_streq(name, "azure");
  OB_AUTOFREE char *what =
      gcp || azure ? ob_asprintf("the %s auth provider has been removed from Kubernetes", name)
                   : ob_asprintf("no auth provider is called \"%s\"", ob_or(name, ""));
  ob_kube_refuse(w, "auth-provider", what);
  if (w->err) w->err->code = OB_EUNSUPPORTED;
  if (gcp || azure)
    return ob_hint(w->err, "its successor is the plugin %s",
                   gcp ? "gke-gcloud-auth-plugin" : "kubelogin");
  return ob_hint(w->err, "oidc is the one that is left; others are exec plugins today");
}

static int read_oidc(ob_kube_target *t, const ob_kube_where *w, const ob_json *provider) {
  const ob_json *c = ob_json_get(provider, "config");
  ob_kube_oidc *o = t->oidc = ob_calloc(1, sizeof *o);
  const struct {
    const char *key;
    char **into;
  } fields[] = {{"idp-issuer-url", &o->issuer},       {"client-id", &o->client_id},
                {"client-secret", &o->client_secret}, {"idp-certificate-authority", &o->ca_file},
                {"id-token", &o->id_token},           {"refresh-token", &o->refresh_token}};
  for (size_t i = 0; i < OB_LEN(fields); i++) {
    const char *s = ob_json_get_str(c, fields[i].key);
    if (s && *s) *fields[i].into = ob_strdup(s);
    if (i > 1 || (s && *s)) continue;
    OB_AUTOFREE char *what = ob_asprintf("oidc: must provide %s", fields[i].key);
    ob_kube_refuse(w, "auth-provider", what);
    return ob_hint(w->err, "add it to auth-provider.config of the user");
  }
  const char *ca = ob_json_get_str(c, "idp-certificate-authority-data");
  if (ca && *ca) {
    OB_AUTO(ob_buf) pem = OB_BUF_INIT(OB_KUBE_FILE_MAX);
    if (ob_base64_decode(&pem, ca, strlen(ca)) || (pem.len && memchr(pem.ptr, 0, pem.len))) {
      ob_kube_refuse(w, "auth-provider",
                     "oidc: idp-certificate-authority-data: illegal base64 data");
      return ob_hint(w->err, "`base64 -w0 FILE` makes it");
    }
    free(ob_take(o->ca_file)); /* the data wins */
    o->ca_pem = ob_buf_take(&pem, NULL);
  }
  o->user = ob_strdup(w->e->name);
  o->file = *w->e->src->path ? ob_strdup(w->e->src->path) : NULL;
  return 0;
}

int ob_kube_resolve_login(ob_kube_target *t, const ob_kube_where *w, const ob_kube_where *cluster) {
  const ob_json *provider = ob_json_get(w->e->node, "auth-provider");
  bool has_exec = ob_json_is(ob_json_get(w->e->node, "exec"), OB_JSON_OBJECT);
  bool has_provider = ob_json_is(provider, OB_JSON_OBJECT);
  bool other = t->token || t->username || t->cert_file || t->cert_pem;
  int rc = 0;
  if (has_exec && has_provider) {
    ob_kube_refuse(w, "exec",
                   "auth-provider cannot be provided in combination with an exec plugin");
    return ob_hint(w->err, "remove one of the two");
  }
  if (has_provider && t->https) {
    const char *name = ob_json_get_str(provider, "name");
    rc = ob_streq(name, "oidc") ? read_oidc(t, w, provider) : refuse_provider(w, name);
  }
  if (has_exec) rc = read_exec(t, w, cluster);
  /* Checked as kubectl does, and like there never used beside another credential. */
  if (rc == 0 && other) ob_kube_login_free(t);
  return rc;
}
