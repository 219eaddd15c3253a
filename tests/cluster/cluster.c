/* See cluster.h. The port is held by a socket of ours that never listens (SO_REUSEPORT on both
 * sides), so no other test can take it between the choice and the bind; etcd needs none, it listens
 * on a socket in the folder. */
#include "cluster.h"
#include "base/clock.h"
#include "base/str.h"
#include "certs.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 180000, TEXT_MAX = 1024 * 1024, ARGS_MAX = 64, YEAR = 365 * 86400 };

/* Each has a token, a second one of the same user (NAME-next, for rotation) and a kubeconfig;
 * their rights are in rights.yaml. */
static const struct {
  const char *name, *groups;
} users[] = {{"admin", "system:masters"}, {"viewer", ""}, {"tenant", ""}, {"nobody", ""}};

static char *in(const cluster *c, const char *name) {
  return ob_asprintf("%s/%s", c->dir, name);
}

static char *file_text(const char *path) {
  ob_buf text = OB_BUF_INIT(TEXT_MAX);
  ob_err why;
  if (ob_read_file(path, &text, &why) != 0) errx(1, "%s", why.msg);
  return ob_buf_take(&text, NULL);
}

/* --- processes ---------------------------------------------------------------------------- */

/* out: a file for its words, NULL: ours. */
static pid_t spawn(const char *const argv[], const char *out) {
  pid_t parent = getpid(), pid = fork();
  if (pid < 0) err(1, "fork");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1); /* it died before the line above */
  if (out) {
    int fd = open(out, O_CREAT | O_APPEND | O_WRONLY, 0600), null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(fd, 1);
    dup2(fd, 2);
  }
  execvp(argv[0], (char *const *)argv);
  warn("%s", argv[0]);
  _exit(127);
}

static void end(pid_t *pid) {
  if (*pid <= 0) return;
  kill(*pid, SIGKILL); /* nothing of theirs is worth a goodbye */
  waitpid(*pid, NULL, 0);
  *pid = 0;
}

static void show_log(const cluster *c, const char *name) {
  OB_AUTOFREE char *path = in(c, name);
  fprintf(stderr, "--- the end of %s\n", path);
  waitpid(spawn((const char *const[]){"tail", "-n", "20", path, NULL}, NULL), NULL, 0);
}

/* --- what there is ------------------------------------------------------------------------ */

static void find_servers(cluster *c, const char *version) {
  int fds[2], status;
  OB_AUTOFREE char *out = NULL;
  char part[4096];
  ob_buf text = OB_BUF_INIT(TEXT_MAX);
  if (pipe2(fds, O_CLOEXEC) != 0) err(1, "pipe");
  pid_t pid = fork();
  if (pid == 0) {
    dup2(fds[1], 1);
    execl(CLUSTER_SOURCE "/servers.sh", "servers.sh", version, (char *)NULL);
    err(1, CLUSTER_SOURCE "/servers.sh");
  }
  close(fds[1]);
  for (ssize_t n; (n = read(fds[0], part, sizeof part)) > 0;) ob_buf_add(&text, part, (size_t)n);
  close(fds[0]);
  waitpid(pid, &status, 0);
  if (status != 0) exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  out = ob_buf_take(&text, NULL);
  char *save = NULL;
  for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    char *eq = strchr(line, '=');
    if (!eq) continue;
    *eq = '\0';
    char **to = ob_streq(line, "kube-apiserver") ? &c->apiserver_path
                : ob_streq(line, "etcd")         ? &c->etcd_path
                : ob_streq(line, "kubectl")      ? &c->kubectl_path
                                                 : &c->crds_path;
    *to = ob_strdup(eq + 1);
  }
}

static void hold_port(cluster *c) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  c->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(c->port_fd, SOL_SOCKET, SO_REUSEPORT, &(int){1}, sizeof(int));
  if (bind(c->port_fd, (struct sockaddr *)&at, n) != 0 ||
      getsockname(c->port_fd, (struct sockaddr *)&at, &n) != 0)
    err(1, "a port on loopback");
  c->port = ntohs(at.sin_port);
  c->url = ob_asprintf("https://127.0.0.1:%d", c->port);
}

/* --- files -------------------------------------------------------------------------------- */

static void write_kubeconfig(const cluster *c, const char *user, const char *credential) {
  OB_AUTOFREE char *ca_path = in(c, "ca.crt"), *ca = file_text(ca_path);
  OB_AUTOFREE char *name = ob_asprintf("%s.kubeconfig", user);
  OB_AUTO(ob_buf) ca64 = OB_BUF_INIT(TEXT_MAX);
  ob_base64_encode(&ca64, ca, strlen(ca));
  OB_AUTOFREE char *text = ob_asprintf(
      "apiVersion: v1\nkind: Config\ncurrent-context: %s\n"
      "clusters:\n- name: test\n  cluster: {server: '%s', certificate-authority-data: %s}\n"
      "users:\n- name: %s\n  user: {%s}\n"
      "contexts:\n- name: %s\n  context: {cluster: test, user: %s}\n",
      user, c->url, ob_buf_str(&ca64), user, credential, user, user);
  cert_write(c->dir, name, text);
}

static void write_users(const cluster *c) {
  OB_AUTO(ob_buf) tokens = OB_BUF_INIT(TEXT_MAX);
  for (size_t i = 0; i < OB_LEN(users); i++)
    for (int next = 0; next < 2; next++) {
      uint64_t r[2];
      ob_random(r, sizeof r);
      OB_AUTOFREE char *token =
          ob_asprintf("%016llx%016llx", (unsigned long long)r[0], (unsigned long long)r[1]);
      OB_AUTOFREE char *name = ob_asprintf("%s%s", users[i].name, next ? "-next" : "");
      OB_AUTOFREE char *token_name = ob_asprintf("%s.token", name);
      OB_AUTOFREE char *credential = ob_asprintf("token: '%s'", token);
      ob_buf_addf(&tokens, "%s,%s,%s,\"%s\"\n", token, users[i].name, name, users[i].groups);
      cert_write(c->dir, token_name, token);
      if (!next) write_kubeconfig(c, name, credential);
    }
  cert_write(c->dir, "tokens.csv", ob_buf_str(&tokens));
  cert_make(c->dir, &(cert_ask){.name = "admin-cert",
                                .cn = "admin-cert",
                                .org = "system:masters",
                                .from_s = -3600,
                                .to_s = YEAR});
  OB_AUTOFREE char *files = ob_asprintf("client-certificate: '%s/admin-cert.crt', "
                                        "client-key: '%s/admin-cert.key'",
                                        c->dir, c->dir);
  write_kubeconfig(c, "admin-cert", files);
}

static void write_env(const cluster *c) {
  OB_AUTOFREE char *text = ob_asprintf(
      "OUTBOARD_CLUSTER=%s\nOUTBOARD_CLUSTER_URL=%s\nOUTBOARD_CLUSTER_VERSION=%s\n"
      "OUTBOARD_CLUSTER_GATEWAY=%s\nOUTBOARD_CONTRACT_KUBECONFIG=%s/admin.kubeconfig\nKUBECTL=%s\n",
      c->dir, c->url, c->version, c->crds_path ? "v1.6.3" : "", c->dir, c->kubectl_path);
  cert_write(c->dir, "env", text);
}

void cluster_setenv(const char *dir) {
  OB_AUTOFREE char *path = ob_asprintf("%s/env", dir), *text = file_text(path);
  char *save = NULL;
  for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    char *eq = strchr(line, '=');
    *eq = '\0';
    setenv(line, eq + 1, 1);
  }
}

/* --- servers ------------------------------------------------------------------------------ */

static void start_etcd(cluster *c) {
  OB_AUTOFREE char *data = ob_asprintf("--data-dir=%s/etcd", c->dir), *log = in(c, "etcd.log");
  OB_AUTOFREE char *client = ob_asprintf("unix://%s/etcd.sock", c->dir);
  OB_AUTOFREE char *peer = ob_asprintf("unix://%s/peer.sock", c->dir);
  const char *const argv[] = {c->etcd_path,
                              data,
                              "--unsafe-no-fsync",
                              "--name=test",
                              "--listen-client-urls",
                              client,
                              "--advertise-client-urls",
                              client,
                              "--listen-peer-urls",
                              peer,
                              "--initial-advertise-peer-urls",
                              peer,
                              "--initial-cluster",
                              NULL,
                              NULL};
  OB_AUTOFREE char *members = ob_asprintf("test=%s", peer);
  const char *full[OB_LEN(argv)];
  memcpy(full, argv, sizeof argv);
  full[OB_LEN(argv) - 2] = members;
  c->etcd = spawn(full, log);
}

static void start_apiserver(cluster *c, const cluster_opts *o) {
  const char *argv[ARGS_MAX] = {c->apiserver_path,
                                "--bind-address=127.0.0.1",
                                "--permit-port-sharing=true",
                                "--endpoint-reconciler-type=none",
                                "--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/112",
                                "--authorization-mode=RBAC",
                                "--disable-admission-plugins=ServiceAccount",
                                "--allow-privileged=true",
                                "--service-account-issuer=https://kubernetes.default.svc"};
  size_t n = 9;
  char *own[] = {
      ob_asprintf("--secure-port=%d", c->port),
      ob_asprintf("--etcd-servers=unix://%s/etcd.sock", c->dir),
      ob_asprintf("--cert-dir=%s", c->dir),
      ob_asprintf("--tls-cert-file=%s/server.crt", c->dir),
      ob_asprintf("--tls-private-key-file=%s/server.key", c->dir),
      ob_asprintf("--client-ca-file=%s/ca.crt", c->dir),
      ob_asprintf("--service-account-key-file=%s/sa.key", c->dir),
      ob_asprintf("--service-account-signing-key-file=%s/sa.key", c->dir),
      o->tokens ? ob_asprintf("--token-auth-file=%s", o->tokens)
                : ob_asprintf("--token-auth-file=%s/tokens.csv", c->dir),
  };
  for (size_t i = 0; i < OB_LEN(own); i++) argv[n++] = own[i];
  for (size_t i = 0; i < o->nflags; i++) argv[n++] = o->flags[i];
  OB_AUTOFREE char *log = in(c, "apiserver.log");
  c->apiserver = spawn(argv, log);
  for (size_t i = 0; i < OB_LEN(own); i++) free(own[i]);
}

static size_t take_bytes(char *p, size_t size, size_t n, void *arg) {
  return ob_buf_add(arg, p, size * n) == 0 ? size * n : 0;
}

static long get(const cluster *c, const char *path, ob_buf *ret_text) {
  OB_AUTOFREE char *url = ob_asprintf("%s%s", c->url, path), *ca = in(c, "ca.crt");
  long code = 0;
  CURL *h = curl_easy_init();
  curl_easy_setopt(h, CURLOPT_URL, url);
  curl_easy_setopt(h, CURLOPT_CAINFO, ca);
  curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, 10000L);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, ret_text);
  if (curl_easy_perform(h) == CURLE_OK) curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &code);
  curl_easy_cleanup(h);
  return code;
}

static void wait_ready(cluster *c) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(TEXT_MAX);
  for (int64_t until = ob_mono_ms() + READY_MS; get(c, "/readyz", &text) != 200;) {
    const char *dead = waitpid(c->etcd, NULL, WNOHANG) > 0        ? "etcd"
                       : waitpid(c->apiserver, NULL, WNOHANG) > 0 ? "kube-apiserver"
                                                                  : NULL;
    if (dead || ob_mono_ms() > until) {
      show_log(c, "etcd.log");
      show_log(c, "apiserver.log");
      errx(1, "%s %s", dead ? dead : "kube-apiserver", dead ? "ended" : "is not ready");
    }
    usleep(100000);
    ob_buf_reset(&text);
  }
  ob_buf_reset(&text);
  get(c, "/version", &text);
  const char *at = strstr(ob_buf_str(&text), "\"gitVersion\": \"");
  c->version = at ? ob_strndup(at + 15, strcspn(at + 15, "\"")) : ob_strdup("unknown");
}

static void kubectl(const cluster *c, const char *const words[]) {
  OB_AUTOFREE char *config = in(c, "admin.kubeconfig"), *log = in(c, "kubectl.log");
  const char *argv[ARGS_MAX] = {c->kubectl_path, "--kubeconfig", config};
  size_t n = 3;
  for (size_t i = 0; words[i]; i++) argv[n++] = words[i];
  int status;
  waitpid(spawn(argv, log), &status, 0);
  if (status == 0) return;
  show_log(c, "kubectl.log");
  errx(1, "kubectl %s failed", words[0]);
}

void cluster_start(cluster *c, const cluster_opts *o) {
  const char *tmp = getenv("TMPDIR");
  *c = (cluster){.port_fd = -1};
  find_servers(c, o->version);
  c->dir = ob_asprintf("%s/outboard-cluster.XXXXXX", tmp && *tmp ? tmp : "/tmp");
  if (!mkdtemp(c->dir)) err(1, "%s", c->dir);
  OB_AUTOFREE char *etcd = in(c, "etcd");
  mkdir(etcd, 0700);
  hold_port(c);
  cert_make_ca(c->dir);
  cert_make(c->dir, &(cert_ask){.name = "server",
                                .cn = "kube-apiserver",
                                .hosts = "localhost,kubernetes,127.0.0.1",
                                .from_s = -3600,
                                .to_s = YEAR});
  cert_make(c->dir, &(cert_ask){.name = "sa", .cn = "service accounts", .to_s = YEAR});
  write_users(c);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  start_etcd(c);
  start_apiserver(c, o);
  wait_ready(c);
  if (!o->tokens) {
    kubectl(c, (const char *const[]){"create", "-f", CLUSTER_SOURCE "/rights.yaml", NULL});
    if (c->crds_path) {
      kubectl(c, (const char *const[]){"create", "-f", c->crds_path, NULL});
      kubectl(c, (const char *const[]){"wait", "--for=condition=Established", "crd", "--all",
                                       "--timeout=60s", NULL});
    }
  }
  write_env(c);
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void)st, (void)type, (void)ftw;
  return remove(path);
}

void cluster_stop(cluster *c) {
  end(&c->apiserver);
  end(&c->etcd);
  if (c->port_fd >= 0) close(c->port_fd);
  if (c->dir && !getenv("OUTBOARD_CLUSTER_KEEP"))
    nftw(c->dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
  char *const all[] = {c->dir,          c->url,       c->apiserver_path, c->etcd_path,
                       c->kubectl_path, c->crds_path, c->version};
  for (size_t i = 0; i < OB_LEN(all); i++) free(all[i]);
  *c = (cluster){.port_fd = -1};
}
