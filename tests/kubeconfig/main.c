/* Kubeconfigs as kubectl reads them: every file of good/ and bad/ is given to outboard's reader
 * and to kubectl, and both must say the same.
 *
 *   good/     both take it, and what `kubectl config view --minify --raw` shows is what we resolved
 *   bad/      both refuse; a first line "# says: WORDS" is what our message must contain
 *   differs/  kubectl does something else, on purpose of ours; good-… or bad-… is our verdict
 *
 * A case is a file: add one, and it is tested. "kubectl takes it" means that it goes on to connect:
 * every server is a port of loopback where nobody listens. Without kubectl our own side is tested,
 * and the comparison is skipped with a line that says so. */
#include "base/json.h"
#include "base/process.h"
#include "base/str.h"
#include "kube/config_server.h"
#include "kube/http.h"
#include <dirent.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>

enum { OUT_MAX = 4 * 1024 * 1024, KUBECTL_MS = 60000 };

typedef struct tally {
  int cases, good, compared, agree, differ, failed;
} tally;

typedef struct one {
  const char *path, *name;
  bool want_good;
  char *says; /* NULL none */
  bool ours_good;
  ob_err err;
  ob_kube_target *target;
} one;

static bool failed(tally *t, const one *c, const char *what, const char *more) {
  printf("FAILED %s: %s%s%s\n", c->name, what, *more ? ": " : "", more);
  t->failed++;
  return false;
}

/* --- outboard's side ---------------------------------------------------------------------- */
static void take(one *c) {
  ob_kube_overrides over = {.kubeconfig = c->path};
  OB_AUTOPTR(ob_kubeconfig) k = NULL;
  OB_AUTOPTR(ob_http) h = NULL;
  int rc = ob_kubeconfig_load(&k, &over, &c->err);
  if (rc == 0) rc = ob_kube_target_resolve(&c->target, k, &over, &c->err);
  if (rc == 0) rc = ob_http_new(&h, c->target, NULL, &c->err);
  c->ours_good = rc == 0;
}

/* --- kubectl's side -------------------------------------------------------------------------- */
/* $KUBECTL, else the newest of the servers that the tests built, else PATH's. */
static const char *kubectl(void) {
  static char found[512];
  const char *k = getenv("KUBECTL"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (k && *k) return k;
  if (*found) return found;
  OB_AUTOFREE char *pattern = ob_asprintf("%s%s/outboard/servers/*/kubectl",
                                          cache  ? cache
                                          : home ? home
                                                 : "",
                                          cache ? "" : "/.cache");
  glob_t all;
  if (glob(pattern, 0, NULL, &all) == 0) {
    snprintf(found, sizeof found, "%s", all.gl_pathv[all.gl_pathc - 1]);
    globfree(&all);
  } else {
    snprintf(found, sizeof found, "kubectl");
  }
  return found;
}

/* Its exit; output and messages go to the two buffers. */
static int run_kubectl(const char *path, const char *const *words, ob_buf *out, ob_buf *err) {
  const char *argv[16] = {kubectl(), "--kubeconfig", path};
  size_t n = 3;
  for (; *words; words++) argv[n++] = *words;
  argv[n] = NULL;
  OB_AUTOPTR(ob_process) p = NULL;
  if (ob_process_start(&p, &(ob_process_opts){.argv = argv, .out_max = OUT_MAX, .err_max = 65536},
                       NULL))
    return -1;
  while (!ob_process_work(p)) {
    int fds[OB_PROCESS_FDS];
    struct pollfd polls[OB_PROCESS_FDS];
    size_t k = ob_process_fds(p, fds);
    for (size_t i = 0; i < k; i++) polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    if (poll(polls, (nfds_t)k, KUBECTL_MS) == 0) return -1;
  }
  ob_buf_add(out, ob_buf_str(ob_process_out(p)), ob_process_out(p)->len);
  ob_buf_add(err, ob_buf_str(ob_process_err(p)), ob_process_err(p)->len);
  return ob_process_exit(p);
}

/* Did it get so far as to connect? */
static bool kubectl_takes(const char *path, ob_buf *err) {
  static const char *const words[] = {"get", "--raw", "/version", "--request-timeout=5s", NULL};
  static const char *const signs[] = {"was refused", "dial tcp", "Unable to connect to the server",
                                      "proxyconnect"};
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OUT_MAX);
  run_kubectl(path, words, &out, err);
  /* Go finds out only when it connects. */
  if (strstr(ob_buf_str(err), "unsupported protocol scheme")) return false;
  for (size_t i = 0; i < OB_LEN(signs); i++)
    if (strstr(ob_buf_str(err), signs[i])) return true;
  return false;
}

static bool same(const char *ours, const char *theirs) {
  return ob_streq(ob_or(ours, ""), ob_or(theirs, ""));
}

/* kubectl shows paths as they stand in the file. */
static bool same_path(const one *c, const char *ours, const char *theirs) {
  if (!ours || !theirs || *theirs == '/' || !strchr(theirs, '/')) return same(ours, theirs);
  OB_AUTOFREE char *want =
      ob_asprintf("%.*s%s", (int)(strrchr(c->path, '/') + 1 - c->path), c->path, theirs);
  return ob_streq(ours, want);
}

static bool same_data(const char *pem, const char *base64) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OUT_MAX);
  if (base64) ob_base64_decode(&b, base64, strlen(base64));
  return same(pem, ob_buf_str(&b));
}

static bool same_list(char *const *ours, size_t n, const ob_json *theirs) {
  if (ob_json_len(theirs) != n) return false;
  for (size_t i = 0; i < n; i++)
    if (!same(ours[i], ob_json_str(ob_json_index(theirs, i)))) return false;
  return true;
}

static size_t extras(const ob_json *extra) {
  size_t n = 0;
  for (const ob_json *k = ob_json_first(extra); k; k = ob_json_next(k)) n += ob_json_len(k);
  return n;
}

static const char *compare_cluster(const one *c, const ob_json *k) {
  const ob_kube_target *t = c->target;
  const char *server = ob_json_get_str(k, "server");
  OB_AUTO(ob_kube_server) s = {0};
  if (!server || ob_kube_server_parse(&s, server)) return "server";
  OB_AUTOFREE char *text = ob_kube_server_text(&s);
  if (!same(t->server, text)) return "server";
  if (!same(t->proxy_url, ob_json_get_str(k, "proxy-url"))) return "proxy-url";
  if (t->disable_compression != ob_json_get_bool(k, "disable-compression", false))
    return "disable-compression";
  if (!t->https) return NULL;
  if (!same(t->tls_server_name, ob_json_get_str(k, "tls-server-name"))) return "tls-server-name";
  if (t->insecure != ob_json_get_bool(k, "insecure-skip-tls-verify", false)) return "insecure";
  if (!same_data(t->ca_pem, ob_json_get_str(k, "certificate-authority-data"))) return "CA data";
  const char *ca = ob_json_get_str(k, "certificate-authority");
  bool empty = ob_ends(ca ? ca : "", "/empty"); /* as good as none */
  return same_path(c, t->ca_file, empty ? NULL : ca) ? NULL : "certificate-authority";
}

static const char *compare_exec(const one *c, const ob_json *e) {
  const ob_kube_exec *x = c->target->exec;
  static const char *const modes[] = {"Never", "IfAvailable", "Always"};
  const ob_json *env = ob_json_get(e, "env");
  if (!same_path(c, x->command, ob_json_get_str(e, "command"))) return "exec.command";
  if (!same(x->api_version, ob_json_get_str(e, "apiVersion"))) return "exec.apiVersion";
  if (!same(modes[x->interactive], ob_json_get_str(e, "interactiveMode")))
    return "exec.interactiveMode";
  if (!same_list(x->args, x->nargs, ob_json_get(e, "args"))) return "exec.args";
  if (!same(x->install_hint, ob_json_get_str(e, "installHint"))) return "exec.installHint";
  if (!x->cluster == ob_json_get_bool(e, "provideClusterInfo", false))
    return "exec.provideClusterInfo";
  if (x->nenv != ob_json_len(env)) return "exec.env";
  for (size_t i = 0; i < x->nenv; i++)
    if (!same(x->env[i].key, ob_json_get_str(ob_json_index(env, i), "name")) ||
        !same(x->env[i].value, ob_json_get_str(ob_json_index(env, i), "value")))
      return "exec.env";
  return NULL;
}

static const char *compare_user(const one *c, const ob_json *u) {
  const ob_kube_target *t = c->target;
  const ob_json *extra = ob_json_get(u, "as-user-extra"), *exec = ob_json_get(u, "exec");
  const ob_json *oidc = ob_json_at(u, "auth-provider", "config", NULL);
  const char *cert = ob_json_get_str(u, "client-certificate");
  const char *cert_data = ob_json_get_str(u, "client-certificate-data");
  const char *token_file = ob_json_get_str(u, "tokenFile");
  if (!same(t->as, ob_json_get_str(u, "as"))) return "as";
  if (!same(t->as_uid, ob_json_get_str(u, "as-uid"))) return "as-uid";
  if (!same_list(t->as_groups, t->nas_groups, ob_json_get(u, "as-groups"))) return "as-groups";
  if (t->nas_extra != extras(extra)) return "as-user-extra";
  if (!t->https) return t->token || t->username || t->cert_file ? "credentials over http" : NULL;
  if (!same_path(c, t->cert_file, cert) || !same_data(t->cert_pem, cert_data)) return "certificate";
  bool pair = cert || cert_data;
  if (!same_path(c, t->key_file, pair ? ob_json_get_str(u, "client-key") : NULL))
    return "client-key";
  if (!same_data(t->key_pem, pair ? ob_json_get_str(u, "client-key-data") : NULL))
    return "key data";
  if (!same_path(c, t->token_file, token_file)) return "tokenFile";
  if (t->exec) return compare_exec(c, exec);
  if (t->oidc) {
    if (!same(t->oidc->issuer, ob_json_get_str(oidc, "idp-issuer-url"))) return "issuer";
    if (!same(t->oidc->id_token, ob_json_get_str(oidc, "id-token"))) return "id-token";
    return same(t->oidc->refresh_token, ob_json_get_str(oidc, "refresh-token")) ? NULL
                                                                                : "refresh-token";
  }
  /* A login in the server's URL beats both. */
  if (t->username && !ob_json_get(u, "username")) return NULL;
  if (!same(t->username, ob_json_get_str(u, "username"))) return "username";
  if (!same(t->password, ob_json_get_str(u, "password"))) return "password";
  bool ours_is_file = token_file && ob_streq(t->token, "file-token");
  return ours_is_file || same(t->token, ob_json_get_str(u, "token")) ? NULL : "token";
}

static const ob_json *only(const ob_json *root, const char *list, const char *item) {
  return ob_json_get(ob_json_index(ob_json_get(root, list), 0), item);
}

/* Is what kubectl shows what we resolved? */
static bool compare_view(tally *t, const one *c) {
  static const char *const words[] = {"config", "view", "--minify", "--raw", "-o", "json", NULL};
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OUT_MAX);
  OB_AUTO(ob_buf) err = OB_BUF_INIT(OUT_MAX);
  if (run_kubectl(c->path, words, &out, &err) != 0)
    return failed(t, c, "kubectl config view fails", ob_buf_str(&err));
  ob_err why = {0};
  OB_AUTOPTR(ob_json) view = ob_json_parse(ob_buf_str(&out), out.len, OB_JSON_STRICT, &why);
  if (!view) return failed(t, c, "kubectl's JSON", why.msg);
  const ob_json *context = only(view, "contexts", "context");
  const char *ns = ob_or(ob_json_get_str(context, "namespace"), "default");
  const char *bad = compare_cluster(c, only(view, "clusters", "cluster"));
  if (!bad) bad = compare_user(c, only(view, "users", "user"));
  if (!bad && !same(c->target->context, ob_json_get_str(view, "current-context"))) bad = "context";
  if (!bad && !same(c->target->user, ob_json_get_str(context, "user"))) bad = "user";
  if (!bad && !same(c->target->ns, ns)) bad = "namespace";
  return bad ? failed(t, c, "kubectl shows another value of", bad) : true;
}

/* --- one case ------------------------------------------------------------------------------- */
/* The word behind "# KEY: " at a line's beginning; NULL none. */
static char *note(const char *text, const char *key) {
  OB_AUTOFREE char *mark = ob_asprintf("# %s: ", key);
  const char *at = strstr(text, mark);
  if (!at || (at > text && at[-1] != '\n')) return NULL;
  at += strlen(mark);
  return ob_strndup(at, strcspn(at, "\n"));
}

static void check(tally *t, one *c, bool differs, bool with_kubectl) {
  take(c);
  t->cases++;
  if (c->want_good) t->good++;
  if (c->ours_good != c->want_good) {
    failed(t, c, c->ours_good ? "outboard takes it" : "outboard refuses it", c->err.msg);
    return;
  }
  if (!c->ours_good && !*c->err.msg) failed(t, c, "no message", "");
  bool said = !c->says || strstr(c->err.msg, c->says) || strstr(c->err.hint, c->says);
  if (!said) failed(t, c, "outboard says something else", c->err.msg);
  if (!with_kubectl) return;
  t->compared++;
  OB_AUTO(ob_buf) err = OB_BUF_INIT(OUT_MAX);
  bool theirs = kubectl_takes(c->path, &err);
  if (differs) {
    t->differ++;
    if (theirs == c->ours_good) failed(t, c, "kubectl does as outboard does", ob_buf_str(&err));
  } else if (theirs != c->ours_good) {
    failed(t, c, theirs ? "kubectl takes it" : "kubectl refuses it", ob_buf_str(&err));
  } else if (!c->ours_good || compare_view(t, c)) {
    t->agree++;
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void folder(tally *t, const char *root, const char *sub, bool with_kubectl) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", root, sub);
  DIR *d = opendir(path);
  OB_VEC(char *) names = {0};
  for (struct dirent *e; d && (e = readdir(d));)
    if (*e->d_name != '.') ob_vec_push(&names, ob_strdup(e->d_name));
  if (d) closedir(d);
  if (names.len) qsort(names.at, names.len, sizeof *names.at, by_name);
  for (size_t i = 0; i < names.len; i++) {
    OB_AUTOFREE char *file = ob_asprintf("%s/%s", path, names.at[i]);
    OB_AUTOFREE char *name = ob_asprintf("%s/%s", sub, names.at[i]);
    OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_KUBECONFIG_MAX);
    ob_read_file(file, &text, NULL);
    one c = {.path = file, .name = name, .says = note(ob_buf_str(&text), "says")};
    c.want_good = ob_streq(sub, "good") || ob_starts(names.at[i], "good-");
    check(t, &c, ob_streq(sub, "differs"), with_kubectl);
    ob_kube_target_free(c.target);
    free(c.says);
    free(names.at[i]);
  }
  ob_vec_done(&names);
}

int main(int argc, char *argv[]) {
  if (argc != 2) return 2;
  static const char *const gone[] = {"KUBECONFIG",        "KUBERNETES_SERVICE_HOST",
                                     "KUBERNETES_MASTER", "HTTPS_PROXY",
                                     "HTTP_PROXY",        "https_proxy",
                                     "http_proxy",        "NO_PROXY",
                                     "no_proxy"};
  for (size_t i = 0; i < OB_LEN(gone); i++) unsetenv(gone[i]);
  static const char *const version[] = {"version", "--client", NULL};
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OUT_MAX);
  OB_AUTO(ob_buf) err = OB_BUF_INIT(OUT_MAX);
  bool with_kubectl = run_kubectl("/dev/null", version, &out, &err) == 0;
  tally t = {0};
  folder(&t, argv[1], "good", with_kubectl);
  folder(&t, argv[1], "bad", with_kubectl);
  folder(&t, argv[1], "differs", with_kubectl);
  printf("%d kubeconfigs, %d good and %d bad", t.cases, t.good, t.cases - t.good);
  if (with_kubectl)
    printf("; %.*s: agrees on %d of %d, %d differ on purpose\n",
           (int)strcspn(ob_buf_str(&out), "\n"), ob_buf_str(&out), t.agree, t.compared, t.differ);
  else
    printf("; not compared: no kubectl in $KUBECTL or on PATH\n");
  return t.failed || t.cases < 60 ? 1 : 0;
}
