/* From a merged kubeconfig to one target: the checks of clientcmd's ConfirmUsable and rest's
 * TLS set-up, in their order, in kubectl's words, with the place in front. A value that would
 * not be used (credentials over plain http) is checked as kubectl does and then left out. */
#include "base/str.h"
#include "kube/config_priv.h"
#include "kube/config_server.h"
#include "kube/proxy.h"
#include <ctype.h>
#include <sys/stat.h>

typedef ob_kube_where where;

static void pairs_free(ob_kube_pair *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(p[i].key);
    free(p[i].value);
  }
  free(p);
}

static void drop_credentials(ob_kube_target *t) {
  char **plain[] = {&t->cert_file, &t->cert_pem, &t->key_file, &t->token_file, &t->username};
  char **secret[] = {&t->key_pem, &t->token, &t->password};
  for (size_t i = 0; i < OB_LEN(plain); i++) free(ob_take(*plain[i]));
  for (size_t i = 0; i < OB_LEN(secret); i++) ob_secret_free(ob_take(*secret[i]));
  ob_kube_login_free(t);
}

static void drop_tls(ob_kube_target *t) {
  free(ob_take(t->ca_file));
  free(ob_take(t->ca_pem));
  free(ob_take(t->tls_server_name));
  t->insecure = false;
}

void ob_kube_target_free(ob_kube_target *t) {
  if (!t) return;
  drop_credentials(t);
  drop_tls(t);
  char *rest[] = {t->context, t->cluster,   t->user, t->server, t->host,   t->prefix,
                  t->ns,      t->proxy_url, t->as,   t->as_uid, t->warning};
  for (size_t i = 0; i < OB_LEN(rest); i++) free(rest[i]);
  for (size_t i = 0; i < t->nas_groups; i++) free(t->as_groups[i]);
  free(t->as_groups);
  pairs_free(t->as_extra, t->nas_extra);
  free(t);
}

const char *ob_kube_str(const where *w, const char *key) {
  const char *s = w->e ? ob_json_get_str(w->e->node, key) : NULL;
  return s && *s ? s : NULL;
}

int ob_kube_refuse(const where *w, const char *key, const char *what) {
  const ob_json *node = ob_json_get(w->e->node, key);
  OB_AUTOFREE char *field = ob_asprintf("%s.%s", w->e->field, key);
  if (!node) node = w->e->node ? w->e->node : w->e->item;
  return ob_kube_complain(w->err, w->e->src, node, field, "%s", what);
}

char *ob_kube_path(const where *w, const char *path) {
  const char *dir = w->e->src->dir;
  if (!path) return NULL;
  if (*path == '/' || !*dir) return ob_strdup(path);
  return ob_asprintf("%s%s%s", dir, ob_ends(dir, "/") ? "" : "/", path);
}

static char *decode(const where *w, const char *key) {
  const char *s = ob_kube_str(w, key);
  if (!s) return NULL;
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  ob_base64_decode(&out, s, strlen(s));
  if (out.len == 0) return NULL;
  if (!memchr(out.ptr, 0, out.len)) return ob_buf_take(&out, NULL);
  explicit_bzero(out.ptr, out.cap); /* a NUL would end it early and unseen: no PEM */
  return ob_strdup("");
}

/* Reads a file only to see that it can be read. *ret_text (may be NULL) gets the content. */
static int check_file(const where *w, const char *key, const char *path, char **ret_text) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  ob_err why = {0};
  if (ob_read_file(path, &b, &why)) {
    OB_AUTOFREE char *what = ob_asprintf("unable to read %s: %s", key, why.msg);
    ob_kube_refuse(w, key, what);
    return ob_hint(w->err,
                   "relative paths stand against the folder of the kubeconfig; no ~ or $VAR");
  }
  if (ret_text) *ret_text = ob_strdup(ob_buf_str(&b));
  if (b.ptr) explicit_bzero(b.ptr, b.cap);
  return 0;
}

static int both_specified(const where *w, const char *file, const char *data) {
  OB_AUTOFREE char *what = ob_asprintf("%s and %s are both specified", file, data);
  ob_kube_refuse(w, data, what);
  return ob_hint(w->err, "remove one of the two");
}

static bool has_pem(const char *text) {
  return strstr(text, "-----BEGIN ") != NULL;
}

static int bad_pem(const where *w, const char *key, const char *what) {
  ob_kube_refuse(w, key, what);
  return ob_hint(w->err, "it must hold PEM text (-----BEGIN CERTIFICATE-----)");
}

static int resolve_ca(ob_kube_target *t, const where *w) {
  static const char file_key[] = "certificate-authority", data_key[] = "certificate-authority-data";
  const char *file = ob_kube_str(w, file_key);
  t->ca_pem = decode(w, data_key);
  if (file && t->ca_pem) return both_specified(w, file_key, data_key);
  if (t->ca_pem && t->https && !t->insecure && !has_pem(t->ca_pem))
    return bad_pem(w, data_key, "unable to load root certificates: no PEM in it");
  if (!file) return 0;
  t->ca_file = ob_kube_path(w, file);
  OB_AUTOFREE char *text = NULL;
  int rc = check_file(w, file_key, t->ca_file, &text);
  if (rc) return rc;
  if (!*text)
    free(ob_take(t->ca_file)); /* empty: the system's roots, as Go has it */
  else if (t->https && !t->insecure && !has_pem(text))
    return bad_pem(w, file_key, "unable to load root certificates: no PEM in it");
  return 0;
}

static int resolve_cluster(ob_kube_target *t, const where *w, const ob_kube_overrides *over) {
  const char *server = ob_kube_str(w, "server");
  if (!server) {
    ob_kube_refuse(w, "server", "no server is defined for this cluster");
    return ob_hint(w->err, "add `server: https://HOST:PORT` to the cluster");
  }
  OB_AUTO(ob_kube_server) s = {0};
  const char *why = ob_kube_server_parse(&s, server);
  if (why) {
    ob_kube_refuse(w, "server", why);
    return ob_hint(w->err, "write it as https://HOST:PORT");
  }
  t->https = s.https;
  t->port = s.port;
  t->server = ob_kube_server_text(&s);
  t->host = ob_take(s.host);
  t->prefix = ob_take(s.prefix);
  if (s.username && t->https) { /* beats what the user has: resolve_user() keeps it */
    t->username = ob_take(s.username);
    t->password = ob_take(s.password);
  }
  t->tls_server_name = ob_strdup_opt(ob_kube_str(w, "tls-server-name"));
  t->disable_compression = ob_json_get_bool(w->e->node, "disable-compression", false);
  const char *proxy = ob_kube_str(w, "proxy-url");
  if (proxy && !ob_proxy_url_valid(proxy)) {
    ob_kube_refuse(w, "proxy-url", "invalid 'proxy-url'");
    return ob_hint(w->err, "it is a URL with a host: http://, https:// or socks5://");
  }
  t->proxy_url = ob_strdup_opt(proxy);
  bool file_insecure = ob_json_get_bool(w->e->node, "insecure-skip-tls-verify", false);
  t->insecure = over->insecure || file_insecure;
  if (over->insecure) return 0; /* the flag drops the CA, unread */
  int rc = resolve_ca(t, w);
  if (rc) return rc;
  if (t->https && file_insecure && (t->ca_file || t->ca_pem)) {
    ob_kube_refuse(w, "insecure-skip-tls-verify",
                   "specifying a root certificates file with the insecure flag is not allowed");
    return ob_hint(w->err, "remove insecure-skip-tls-verify, or the certificate-authority");
  }
  return 0;
}

static int resolve_certificate(ob_kube_target *t, const where *w) {
  const char *cert = ob_kube_str(w, "client-certificate"), *key = ob_kube_str(w, "client-key");
  t->cert_pem = decode(w, "client-certificate-data");
  t->key_pem = decode(w, "client-key-data");
  if (!cert && !t->cert_pem) { /* a key alone is ignored */
    ob_secret_free(ob_take(t->key_pem));
    return 0;
  }
  if (cert && t->cert_pem)
    return both_specified(w, "client-certificate", "client-certificate-data");
  if (!key && !t->key_pem) {
    ob_kube_refuse(w, cert ? "client-certificate" : "client-certificate-data",
                   "client-key-data or client-key must be specified to use the client certificate");
    return ob_hint(w->err, "add client-key or client-key-data to the user");
  }
  if (key && t->key_pem) return both_specified(w, "client-key", "client-key-data");
  t->cert_file = ob_kube_path(w, cert);
  t->key_file = ob_kube_path(w, key);
  int rc = t->cert_file ? check_file(w, "client-certificate", t->cert_file, NULL) : 0;
  if (rc == 0 && t->key_file) rc = check_file(w, "client-key", t->key_file, NULL);
  if (rc) return rc;
  if (t->cert_pem && !has_pem(t->cert_pem))
    return bad_pem(w, "client-certificate-data", "no PEM certificate in it");
  if (t->key_pem && !has_pem(t->key_pem)) return bad_pem(w, "client-key-data", "no PEM key in it");
  return 0;
}

/* Characters that a header cannot carry. */
static bool header_safe(const char *s) {
  for (; s && *s; s++)
    if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f) return false;
  return true;
}

static char *trimmed(const char *s) {
  size_t n;
  while (isspace((unsigned char)*s)) s++;
  for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]);) n--;
  return ob_strndup(s, n);
}

static int resolve_token(ob_kube_target *t, const where *w) {
  const char *token = ob_kube_str(w, "token"), *file = ob_kube_str(w, "tokenFile");
  if (token) t->token = ob_strdup(token);
  if (!file) return 0;
  t->token_file = ob_kube_path(w, file);
  char *text = NULL;
  int rc = check_file(w, "tokenFile", t->token_file, &text);
  if (rc) {
    if (!token) return rc;
    ob_err_clear(w->err);
    return 0;
  }
  ob_secret_free(t->token);
  t->token = trimmed(text);
  ob_secret_free(text);
  return 0;
}

static int resolve_user(ob_kube_target *t, const where *w, const where *cluster) {
  bool url_login = t->username != NULL;
  int rc = resolve_certificate(t, w);
  if (rc == 0) rc = resolve_token(t, w);
  if (rc) return rc;
  const char *username = ob_kube_str(w, "username"), *password = ob_kube_str(w, "password");
  if (username || password) {
    if (ob_kube_str(w, "token")) {
      ob_kube_refuse(w, "token",
                     "more than one authentication method found (token and basicAuth); only "
                     "one is allowed");
      return ob_hint(w->err, "remove token, or username and password");
    }
    if (t->https && t->token_file) {
      ob_kube_refuse(w, "tokenFile", "username/password or bearer token may be set, but not both");
      return ob_hint(w->err, "remove tokenFile, or username and password");
    }
    if (!url_login) {
      t->username = ob_strdup(username ? username : "");
      t->password = ob_strdup(password ? password : "");
    }
  }
  rc = ob_kube_resolve_login(t, w, cluster);
  if (rc) return rc;
  if (url_login) {
    ob_secret_free(ob_take(t->token));
    free(ob_take(t->token_file));
  }
  if (t->https && !header_safe(t->token)) {
    ob_kube_refuse(w, t->token_file ? "tokenFile" : "token", "the token holds control characters");
    return ob_hint(w->err, "it must be one line");
  }
  return 0;
}

static void add_group(ob_kube_target *t, const char *g) {
  t->as_groups = ob_reallocarray(t->as_groups, t->nas_groups + 1, sizeof *t->as_groups);
  t->as_groups[t->nas_groups++] = ob_strdup(g);
}

/* The flags replace the user's values one by one; lists are replaced whole. */
static int resolve_as(ob_kube_target *t, const where *w, const ob_kube_overrides *over) {
  const char *as = over->as && *over->as ? over->as : ob_kube_str(w, "as");
  const char *uid = over->as_uid && *over->as_uid ? over->as_uid : ob_kube_str(w, "as-uid");
  const ob_json *node = w->e ? w->e->node : NULL;
  t->as = ob_strdup_opt(as);
  t->as_uid = ob_strdup_opt(uid);
  for (size_t i = 0; i < over->nas_groups; i++) add_group(t, over->as_groups[i]);
  if (over->nas_groups == 0)
    for (const ob_json *g = ob_json_first(ob_json_get(node, "as-groups")); g; g = ob_json_next(g))
      add_group(t, ob_or(ob_json_str(g), ""));
  const ob_json *extra = ob_json_get(node, "as-user-extra");
  for (const ob_json *k = ob_json_first(extra); k; k = ob_json_next(k))
    for (const ob_json *v = ob_json_first(k); v; v = ob_json_next(v)) {
      t->as_extra = ob_reallocarray(t->as_extra, t->nas_extra + 1, sizeof *t->as_extra);
      t->as_extra[t->nas_extra++] =
          (ob_kube_pair){ob_strdup(ob_json_key(k)), ob_strdup(ob_or(ob_json_str(v), ""))};
    }
  bool safe = header_safe(as) && header_safe(uid);
  for (size_t i = 0; i < t->nas_groups; i++) safe = safe && header_safe(t->as_groups[i]);
  for (size_t i = 0; i < t->nas_extra; i++) safe = safe && header_safe(t->as_extra[i].value);
  if (!safe) {
    ob_fail(w->err, OB_ECONFIG, "impersonation: control characters in a name");
    return ob_hint(w->err, "look at --as, --as-group and the as… fields of the user");
  }
  if (!as && (uid || t->nas_groups || t->nas_extra)) {
    ob_fail(w->err, OB_ECONFIG,
            "requesting uid, groups or user-extra without impersonating a user%s%s",
            w->e ? " for " : "", w->e ? w->e->name : "");
    return ob_hint(w->err, "add --as USER, or `as` to the user");
  }
  return 0;
}

static bool open_to_all(const char *path) {
  struct stat st;
  return path && stat(path, &st) == 0 && (st.st_mode & S_IROTH);
}

/* kubectl says nothing about a credential that every account of the computer may read. */
static void note_rights(ob_kube_target *t, const where *user) {
  static const char *const inline_secrets[] = {"token", "password", "client-key-data"};
  const ob_kube_source *src = user->e->src;
  const char *path = NULL;
  bool secret = ob_json_is(ob_json_get(user->e->node, "auth-provider"), OB_JSON_OBJECT);
  for (size_t i = 0; i < OB_LEN(inline_secrets); i++)
    secret |= ob_kube_str(user, inline_secrets[i]) != NULL;
  if (secret && src->open_to_all)
    path = src->path;
  else if (open_to_all(t->key_file))
    path = t->key_file;
  else if (open_to_all(t->token_file))
    path = t->token_file;
  if (path)
    t->warning = ob_asprintf("%s holds a credential and every user of this computer can read it: "
                             "chmod 600 %s",
                             path, path);
}

static int not_found(const ob_kubeconfig *k, ob_kube_list list, ob_err *err) {
  OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
  ob_kube_names(&names, k, list);
  return ob_hint(err, "there are: %s", ob_buf_str(&names));
}

static int find_context(const ob_kube_entry **ret, const ob_kubeconfig *k,
                        const ob_kube_overrides *over, ob_err *err) {
  *ret = NULL;
  bool flag = over->context && *over->context;
  const char *name = flag ? over->context : k->current;
  if (!name) {
    if (over->cluster && *over->cluster) return 0;
    OB_AUTO(ob_buf) names = OB_BUF_INIT(OB_LINE_MAX);
    ob_kube_names(&names, k, OB_KUBE_CONTEXTS);
    ob_fail(err, OB_ECONFIG, "the kubeconfig has no current-context; its contexts are: %s",
            ob_buf_str(&names));
    return ob_hint(err, "say which: --context NAME, or kubectl config use-context NAME");
  }
  *ret = ob_kube_find(k, OB_KUBE_CONTEXTS, name);
  if (*ret) return 0;
  if (flag)
    ob_fail(err, OB_ECONFIG, "context \"%s\" does not exist", name);
  else
    ob_kube_complain(err, k->current_src, k->current_node, "current-context",
                     "context \"%s\" was not found", name);
  return not_found(k, OB_KUBE_CONTEXTS, err);
}

static int find_cluster(const ob_kube_entry **ret, const ob_kubeconfig *k,
                        const ob_kube_entry *context, const ob_kube_overrides *over, ob_err *err) {
  bool flag = over->cluster && *over->cluster;
  where w = {context, err};
  const char *name = flag ? over->cluster : ob_kube_str(&w, "cluster");
  if (!name) {
    ob_kube_refuse(&w, "cluster", "the context names no cluster");
    return ob_hint(err, "add `cluster: NAME` to the context, or say --cluster NAME");
  }
  *ret = ob_kube_find(k, OB_KUBE_CLUSTERS, name);
  if (*ret) return 0;
  OB_AUTOFREE char *what = ob_asprintf("cluster \"%s\" does not exist", name);
  if (flag)
    ob_fail(err, OB_ECONFIG, "%s", what);
  else
    ob_kube_refuse(&w, "cluster", what);
  return not_found(k, OB_KUBE_CLUSTERS, err);
}

static int resolve_ns(ob_kube_target *t, const char *flag, const char *configured, ob_err *err) {
  const char *ns = flag && *flag ? flag : configured;
  if (ns && strchr(ns, '/')) {
    ob_fail(err, OB_ECONFIG, "invalid namespace \"%s\": it must not contain '/'", ns);
    return ob_hint(err, "see -n, and the namespace of the context");
  }
  t->ns = ob_strdup(ns ? ns : "default");
  t->ns_set = ns != NULL;
  return 0;
}

int ob_kube_target_resolve(ob_kube_target **ret, const ob_kubeconfig *k,
                           const ob_kube_overrides *over, ob_err *err) {
  static const ob_kube_overrides none;
  if (!over) over = &none;
  const ob_kube_entry *context, *cluster, *user = NULL;
  int rc = find_context(&context, k, over, err);
  if (rc == 0) rc = find_cluster(&cluster, k, context, over, err);
  if (rc) return rc;
  where wx = {context, err}, wc = {cluster, err}, wu = {0};
  const char *user_name = over->user && *over->user ? over->user : ob_kube_str(&wx, "user");
  if (user_name) user = ob_kube_find(k, OB_KUBE_USERS, user_name);
  if (!user && over->user && *over->user) {
    ob_fail(err, OB_ECONFIG, "user \"%s\" does not exist", over->user);
    return not_found(k, OB_KUBE_USERS, err);
  }
  wu = (where){user, err};

  OB_AUTOPTR(ob_kube_target) t = ob_calloc(1, sizeof *t);
  t->context = ob_strdup(context ? context->name : "");
  t->cluster = ob_strdup(cluster->name);
  t->user = ob_strdup(ob_or(user_name, ""));
  rc = resolve_ns(t, over->ns, ob_kube_str(&wx, "namespace"), err);
  if (rc == 0) rc = resolve_cluster(t, &wc, over);
  if (rc == 0 && user) rc = resolve_user(t, &wu, &wc);
  if (rc == 0) rc = resolve_as(t, &wu, over);
  if (rc) return rc;
  if (!t->https) {
    drop_credentials(t);
    drop_tls(t);
  }
  if (user) note_rights(t, &wu);
  *ret = ob_take(t);
  return 0;
}
