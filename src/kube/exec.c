/* The two documents of the protocol. The request is printed from a tree, so that the cluster's
 * own text cannot break it; the answer goes through the YAML reader, because kubectl takes YAML. */
#include "kube/exec.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include <ctype.h>
#include <unistd.h>

extern char **environ;

void ob_exec_cred_done(ob_exec_cred *c) {
  ob_secret_free(c->token);
  ob_secret_free(c->cert);
  ob_secret_free(c->key);
  *c = (ob_exec_cred){0};
}

static char *exec_info(const ob_kube_exec *x, bool interactive) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(OB_KUBE_FILE_MAX * 3);
  ob_buf_adds(&b, "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":");
  ob_json_quote(&b, x->api_version, strlen(x->api_version));
  ob_buf_adds(&b, ",\"spec\":{");
  if (x->cluster) ob_buf_addf(&b, "\"cluster\":%s,", x->cluster);
  ob_buf_addf(&b, "\"interactive\":%s}}", interactive ? "true" : "false");
  return ob_buf_take(&b, NULL);
}

static bool same_name(const char *a, const char *b) {
  size_t n = strcspn(a, "=");
  return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

typedef OB_VEC(char *) strings;

/* As Go has it: of two values for one name the last counts. */
static void put_env(strings *env, char *move_line) {
  for (size_t i = 0; i < env->len; i++) {
    if (!same_name(env->at[i], move_line)) continue;
    free(env->at[i]);
    env->at[i] = move_line;
    return;
  }
  ob_vec_push(env, move_line);
}

static void make_env(strings *env, const ob_kube_exec *x, bool interactive) {
  for (char **e = environ; *e; e++) ob_vec_push(env, ob_strdup(*e));
  for (size_t i = 0; i < x->nenv; i++)
    put_env(env, ob_asprintf("%s=%s", x->env[i].key, x->env[i].value));
  put_env(env, exec_info(x, interactive));
  ob_vec_push(env, NULL);
}

static int not_run(const ob_kube_exec *x, const ob_err *why, ob_err *err) {
  bool there = strchr(x->command, '/') && access(x->command, F_OK) == 0;
  if (why->code == OB_ENOTFOUND && there) {
    ob_fail(err, OB_EAUTH, "the credential plugin \"%s\" needs a program that is not there",
            x->command);
    return ob_hint(err, "its first line (#!) names an interpreter, or it was built for another "
                        "system");
  }
  if (why->code == OB_ENOTFOUND) {
    ob_fail(err, OB_EAUTH, "the credential plugin \"%s\" is not installed", x->command);
    if (x->install_hint && *x->install_hint) return ob_hint(err, "%s", x->install_hint);
    return ob_hint(err, "%s",
                   strchr(x->command, '/')
                       ? "exec.command of the user names a file that is not there"
                       : "exec.command of the user is looked for in the folders of PATH");
  }
  ob_fail(err, OB_EAUTH, "the credential plugin %s", why->msg);
  return ob_hint(err, "is the file executable, and made for this computer?");
}

int ob_exec_start(ob_process **ret, const ob_kube_exec *x, bool terminal, ob_err *err) {
  strings env = {0};
  make_env(&env, x, terminal);
  const char **argv = ob_calloc(x->nargs + 2, sizeof *argv);
  argv[0] = x->command;
  for (size_t i = 0; i < x->nargs; i++) argv[i + 1] = x->args[i];
  ob_err why = {0};
  int rc = ob_process_start(ret,
                            &(ob_process_opts){.argv = argv,
                                               .envp = (const char *const *)env.at,
                                               .terminal = terminal,
                                               .out_max = OB_EXEC_OUT_MAX,
                                               .err_max = OB_EXEC_ERR_MAX},
                            &why);
  for (size_t i = 0; i < env.len; i++) ob_secret_free(env.at[i]);
  ob_vec_done(&env);
  free(argv);
  return rc ? not_run(x, &why, err) : 0;
}

/* --- the answer ---------------------------------------------------------------------------- */
/* The end of what it said, in one line: a traceback's last lines say what happened. */
static void tail_of(ob_buf *out, const ob_buf *text, size_t max, bool one_line) {
  const char *s = ob_buf_str(text), *end = s + text->len;
  while (end > s && isspace((unsigned char)end[-1])) end--;
  const char *from = (size_t)(end - s) > max ? end - max : s;
  if (from > s) { /* not from the middle of a line, nor of a character */
    const char *nl = memchr(from, '\n', (size_t)(end - from));
    if (nl) from = nl + 1;
    while (from < end && ((unsigned char)*from & 0xc0) == 0x80) from++;
  }
  if (one_line && from < end) {
    const char *nl = memrchr(from, '\n', (size_t)(end - from));
    if (nl) from = nl + 1;
  }
  for (; from < end; from++) {
    if (*from == '\r' || *from == '\0') continue;
    if (*from == '\n')
      ob_buf_adds(out, "; ");
    else
      ob_buf_addc(out, *from);
  }
}

void ob_exec_last_words(ob_buf *out, const ob_process *c) {
  tail_of(out, ob_process_err(c), 200, true);
}

static int failed(const ob_kube_exec *x, const ob_process *c, ob_err *err) {
  OB_AUTO(ob_buf) said = OB_BUF_INIT(OB_LINE_MAX);
  tail_of(&said, ob_process_err(c), 300, false);
  ob_fail(err, OB_EAUTH, "the credential plugin \"%s\" failed with exit code %d%s%s", x->command,
          ob_process_exit(c), said.len ? ": " : "", ob_buf_str(&said));
  return ob_hint(err, "log in with the provider's own command, or run the plugin by hand");
}

static int bad(const ob_kube_exec *x, ob_err *err, const char *what) {
  ob_fail(err, OB_EAUTH, "the credential plugin \"%s\" %s", x->command, what);
  return ob_hint(err, "run it by hand and look at what it prints; an update may help");
}

static char *field(const ob_json *status, const char *key) {
  const char *s = ob_json_get_str(status, key);
  return s && *s ? ob_strdup(s) : NULL;
}

static void wipe(const ob_json *status) {
  static const char *const keys[] = {"token", "clientCertificateData", "clientKeyData"};
  for (size_t i = 0; i < OB_LEN(keys); i++) {
    const char *s = ob_json_get_str(status, keys[i]);
    if (s) explicit_bzero((char *)(uintptr_t)s, strlen(s));
  }
}

static int read_answer(ob_exec_cred *ret, const ob_kube_exec *x, const ob_json *root, ob_err *err) {
  const char *api = ob_json_get_str(root, "apiVersion");
  const char *kind = ob_json_get_str(root, "kind");
  if (!ob_json_is(root, OB_JSON_OBJECT) || !ob_streq(kind, "ExecCredential"))
    return bad(x, err, "did not print an ExecCredential");
  if (!ob_streq(api, x->api_version)) {
    OB_AUTOFREE char *what =
        ob_asprintf("was asked for %s and answered in another version", x->api_version);
    return bad(x, err, what);
  }
  const ob_json *status = ob_json_get(root, "status");
  if (!ob_json_is(status, OB_JSON_OBJECT)) return bad(x, err, "printed no status");
  ret->token = field(status, "token");
  ret->cert = field(status, "clientCertificateData");
  ret->key = field(status, "clientKeyData");
  wipe(status);
  if (!ret->token && !ret->cert && !ret->key)
    return bad(x, err, "printed neither a token nor a certificate with its key");
  if (!ret->cert != !ret->key) return bad(x, err, "printed only one of certificate and key");
  if (ret->cert && (!strstr(ret->cert, "-----BEGIN ") || !strstr(ret->key, "-----BEGIN ")))
    return bad(x, err, "printed a certificate or a key that is no PEM text");
  for (const char *t = ret->token; t && *t; t++)
    if ((unsigned char)*t < ' ' || *t == 0x7f)
      return bad(x, err, "printed a token with control characters");
  const ob_json *expires = ob_json_get(status, "expirationTimestamp");
  if (ob_json_type_of(expires) == OB_JSON_NULL) return 0;
  if (!ob_time_parse(ob_json_str(expires), &ret->expires_ms))
    return bad(x, err, "printed an expirationTimestamp that is no time");
  return 0;
}

int ob_exec_read(ob_exec_cred *ret, const ob_kube_exec *x, const char *bytes, size_t n,
                 ob_err *err) {
  *ret = (ob_exec_cred){0};
  /* What the reader would say may quote the credential. */
  OB_AUTOPTR(ob_yaml_doc) doc = ob_yaml_parse(bytes, n, "stdout", NULL);
  if (!doc) return bad(x, err, "printed something that is neither JSON nor YAML");
  int rc = read_answer(ret, x, ob_yaml_root(doc), err);
  if (rc) ob_exec_cred_done(ret);
  return rc;
}

int ob_exec_take(ob_exec_cred *ret, const ob_kube_exec *x, const ob_process *c, ob_err *err) {
  *ret = (ob_exec_cred){0};
  if (ob_process_overflowed(c)) {
    OB_AUTOFREE char *what = ob_asprintf("printed more than %d bytes", OB_EXEC_OUT_MAX);
    return bad(x, err, what);
  }
  if (ob_process_exit(c)) return failed(x, c, err);
  const ob_buf *out = ob_process_out(c);
  return ob_exec_read(ret, x, ob_buf_str(out), out->len, err);
}
