/* The servers, the proxies before them, and a client that goes past the proxies. */
#include "model/cluster.h"
#include "wire/matrix.h"
#include "wire/shift.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY_MAX = 64 * 1024 * 1024, YEAR_S = 365 * 86400 };

uint32_t mx_below(mx *m, uint32_t n) {
  return ob_rng_below(&m->rng, n);
}

_Noreturn void mx_die(const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  vprintf(fmt, ap);
  va_end(ap);
  printf("\n");
  fflush(stdout);
  _exit(1);
}

static _Noreturn void mx_skip(const char *why) {
  printf("  skipped: %s\n", why);
  fflush(stdout);
  _exit(77);
}

static int port_of(const char *url) {
  return (int)strtol(strrchr(url, ':') + 1, NULL, 10);
}

/* --- requests ---------------------------------------------------------------------------- */
static size_t keep(char *bytes, size_t size, size_t n, void *arg) {
  return ob_buf_add(arg, bytes, size * n) == 0 ? size * n : 0;
}

static char *with(const char *text, char from, const char *to) {
  ob_buf out = OB_BUF_INIT(OB_LINE_MAX);
  for (; *text; text++)
    if (*text == from)
      ob_buf_adds(&out, to);
    else
      ob_buf_addc(&out, *text);
  return ob_buf_take(&out, NULL);
}

long mx_call(mx *m, const char *method, const char *path, const char *body, ob_buf *ret) {
  long status = 0;
  OB_AUTO(ob_buf) scratch = OB_BUF_INIT(BODY_MAX);
  OB_AUTOFREE char *at = with(path, '~', m->ns), *json = with(body ? body : "", '\'', "\"");
  OB_AUTOFREE char *url = ob_asprintf("%s%s", m->url, at);
  OB_AUTOFREE char *login = ob_asprintf("Authorization: Bearer %s", m->token);
  if (!m->curl) m->curl = curl_easy_init();
  CURL *c = m->curl;
  struct curl_slist *headers = curl_slist_append(NULL, login);
  headers = curl_slist_append(headers, strcmp(method, "PATCH") == 0
                                           ? "Content-Type: application/merge-patch+json"
                                           : "Content-Type: application/json");
  curl_easy_reset(c);
  curl_easy_setopt(c, CURLOPT_URL, url);
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  if (*json) curl_easy_setopt(c, CURLOPT_POSTFIELDS, json);
  curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L); /* servers of this test, on loopback */
  curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, ret ? ret : &scratch);
  CURLcode rc = curl_easy_perform(c);
  if (rc != CURLE_OK) mx_die("%s %s: %s", method, url, curl_easy_strerror(rc));
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  return status;
}

/* --- comparing ------------------------------------------------------------------------------ */
static bool same_kind(mx *m, const ob_kind_info *k, char why[256]) {
  OB_AUTO(ob_buf) body = OB_BUF_INIT(BODY_MAX);
  OB_AUTOFREE char *path =
      ob_asprintf("%s%s/%s%s/%s", *k->group ? "/apis/" : "/api", k->group, k->version,
                  m->via == MX_REAL ? "/namespaces/~" : "", k->plural);
  long status = mx_call(m, "GET", path, NULL, &body);
  OB_AUTOPTR(ob_json) list = ob_json_parse(body.ptr, body.len, OB_JSON_LENIENT, NULL);
  if (status != 200 || !list) {
    snprintf(why, 256, "GET %s answers %ld", path, status);
    return false;
  }
  const ob_cluster *c = ob_session_cluster(m->session);
  size_t n = 0;
  for (const ob_json *i = ob_json_first(ob_json_get(list, "items")); i; i = ob_json_next(i), n++) {
    ob_err err;
    ob_object *o = ob_decode(k->id, i, &err);
    if (!o) mx_die("%s: %s", path, err.msg);
    const ob_object *ours = ob_cluster_find_uid(c, k->id, o->uid);
    if (!ours || ours->digest != o->digest) {
      snprintf(why, 256, "%s %s/%s is %s", k->plural, o->ns, o->name, ours ? "old" : "not there");
      ob_object_free(o);
      return false;
    }
    ob_object_free(o);
  }
  if (n == ob_cluster_count(c, k->id)) return true;
  snprintf(why, 256, "%zu %s, and the server has %zu", ob_cluster_count(c, k->id), k->plural, n);
  return false;
}

bool mx_same(mx *m, char why[256]) {
  for (int k = 0; k < OB_KIND_COUNT; k++)
    if ((MX_KINDS >> k & 1u) && !same_kind(m, &ob_kinds[k], why)) return false;
  return true;
}

int mx_descriptors(void) {
  DIR *d = opendir("/proc/self/fd");
  int n = 0;
  while (d && readdir(d)) n++;
  if (d) closedir(d);
  return n - 3; /* ".", "..", its own */
}

/* --- files ---------------------------------------------------------------------------------- */
void mx_write(const mx *m, const char *name, const char *text) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", m->dir, name), *temp = ob_asprintf("%s.new", path);
  FILE *f = fopen(temp, "w");
  if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(temp, 0600) || rename(temp, path))
    mx_die("%s: %s", path, strerror(errno));
}

static char *read_text(const char *dir, const char *name) {
  OB_AUTOFREE char *path = ob_asprintf("%s/%s", dir, name);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 20);
  if (ob_read_file(path, &b, NULL) < 0) mx_die("%s cannot be read", path);
  char *s = ob_buf_take(&b, NULL);
  s[strcspn(s, "\r\n")] = '\0';
  return s;
}

char *mx_kubeconfig(const mx *m) {
  bool named = (m->fault->flags & MX_NAME) != 0, files = (m->fault->flags & MX_FILES) != 0;
  ob_buf out = OB_BUF_INIT(1 << 20);
  ob_buf_addf(&out,
              "apiVersion: v1\nkind: Config\ncurrent-context: matrix\nclusters:\n- name: matrix\n"
              "  cluster:\n    server: https://%s:%d\n",
              named ? SHIFT_NAME : "127.0.0.1", ob_wire_port(m->wire));
  if (files) {
    ob_buf_addf(&out, "    certificate-authority: %s/ca.crt\n", m->dir);
  } else {
    ob_buf_adds(&out, "    certificate-authority-data: ");
    ob_base64_encode(&out, m->ca.cert, strlen(m->ca.cert));
  }
  ob_buf_adds(&out, "\nusers:\n- name: matrix\n  user:\n");
  if (files)
    ob_buf_addf(&out, "    tokenFile: %s/token\n", m->dir);
  else
    ob_buf_addf(&out, "    token: \"%s\"\n", m->token_given);
  ob_buf_adds(&out,
              "contexts:\n- name: matrix\n  context:\n    cluster: matrix\n    user: matrix\n");
  return ob_buf_take(&out, NULL);
}

/* --- nghttpx ------------------------------------------------------------------------------------
 */
static int free_port(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &len))
    mx_die("a free port: %s", strerror(errno));
  close(fd);
  return ntohs(a.sin_port);
}

static bool answers(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons((uint16_t)port),
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
  close(fd);
  return ok;
}

static void front_start(mx *m) {
  m->front_port = free_port();
  OB_AUTOFREE char *front = ob_asprintf("--frontend=127.0.0.1,%d", m->front_port);
  OB_AUTOFREE char *back = ob_asprintf("--backend=127.0.0.1,%d;;tls", ob_alter_port(m->alter));
  OB_AUTOFREE char *key = ob_asprintf("%s/front.key", m->dir);
  OB_AUTOFREE char *cert = ob_asprintf("%s/front.crt", m->dir);
  mx_write(m, "front.key", m->cert.key);
  mx_write(m, "front.crt", m->cert.cert);
  char *const argv[] = {(char *)(uintptr_t) "nghttpx",
                        front,
                        back,
                        (char *)(uintptr_t) "--insecure",
                        (char *)(uintptr_t) "--no-ocsp",
                        (char *)(uintptr_t) "--workers=1",
                        (char *)(uintptr_t) "--conf=/dev/null",
                        (char *)(uintptr_t) "--errorlog-file=/dev/null",
                        (char *)(uintptr_t) "--backend-connections-per-host=100",
                        (char *)(uintptr_t) "--single-process",
                        key,
                        cert,
                        NULL};
  m->front = fork();
  if (m->front == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 1);
    dup2(nothing, 2);
    execvp(argv[0], argv);
    _exit(127);
  }
  for (int i = 0; i < 2000 && !answers(m->front_port); i++) {
    int status;
    if (waitpid(m->front, &status, WNOHANG) == m->front) mx_skip("nghttpx does not start");
    usleep(2000);
  }
}

static void front_kill(pid_t *pid) {
  if (*pid <= 0) return;
  kill(*pid, SIGKILL);
  waitpid(*pid, NULL, 0);
  *pid = 0;
}

void mx_front_restart(mx *m) {
  m->front_before = m->front;
  front_start(m);
  ob_wire_retarget(m->wire, m->front_port);
  kill(m->front_before, SIGQUIT);
}

void mx_front_end(mx *m) {
  front_kill(&m->front_before);
}

/* --- all of it
 * ------------------------------------------------------------------------------------- */
static ob_sim *sim_start(mx *m, uint64_t seed, uint32_t scale) {
  ob_sim *sim;
  ob_err e;
  ob_sim_opts opts = {
      .scale = scale, .seed = seed, .token = m->token, .bookmark_ms = 30, .controller_ms = 20};
  if (ob_sim_start(&sim, &opts, &e) < 0) mx_die("%s", e.msg);
  free(m->url);
  m->url = ob_strdup(ob_sim_url(sim));
  return sim;
}

static void server_open(mx *m) {
  if (m->via != MX_REAL) {
    m->token = ob_strdup("matrix-token");
    m->sim = sim_start(m, 1, MX_SCALE);
  } else {
    const char *dir = getenv("OUTBOARD_CLUSTER"), *url = getenv("OUTBOARD_CLUSTER_URL");
    if (!dir || !url) mx_skip("no real API server: see tests/cluster");
    m->url = ob_strdup(url);
    m->token = read_text(dir, "admin.token");
  }
  free(m->token_given);
  m->token_given = ob_strdup(m->token);
  uint32_t id;
  ob_random(&id, sizeof id);
  snprintf(m->ns, sizeof m->ns, "wire-%08x", id);
  OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'%s'}}", m->ns);
  if (mx_call(m, "POST", "/api/v1/namespaces", body, NULL) != 201) mx_die("no namespace");
}

void mx_restart(mx *m, uint32_t scale) {
  if (m->curl) curl_easy_cleanup(m->curl); /* its connection is the old server's */
  m->curl = NULL;
  m->sim_before = m->sim;
  m->sim = sim_start(m, 2 + m->number, scale);
  ob_alter_retarget(m->alter, port_of(m->url));
  ob_sim_stop(m->sim_before);
  m->sim_before = NULL;
  m->restarted = true;
  OB_AUTOFREE char *body = ob_asprintf("{'metadata':{'name':'%s'}}", m->ns);
  mx_call(m, "POST", "/api/v1/namespaces", body, NULL);
}

void mx_open(mx *m, const mx_fault *fault, mx_via via) {
  m->fault = fault;
  m->via = via;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  snprintf(m->dir, sizeof m->dir, "/tmp/outboard-wire.XXXXXX");
  if (!mkdtemp(m->dir)) mx_die("%s: %s", m->dir, strerror(errno));
  server_open(m);
  m->ca = test_cert_new(NULL, "", -3600, YEAR_S);
  m->other_ca = test_cert_new(NULL, "", -3600, YEAR_S);
  m->cert = test_cert_new(&m->ca, "127.0.0.1," SHIFT_NAME, -3600, YEAR_S);
  if (fault->flags & MX_FILES) {
    mx_write(m, "ca.crt", m->ca.cert);
    mx_write(m, "token", m->token);
  }
  m->alter = ob_alter_start(&m->cert, port_of(m->url), via == MX_H2);
  if (via == MX_H2) front_start(m);
  m->wire = ob_wire_start(via == MX_H2 ? m->front_port : ob_alter_port(m->alter));
  if (!m->wire) mx_die("no port for the wire");
}

void mx_close(mx *m) {
  if (m->curl && m->via == MX_REAL) mx_call(m, "DELETE", "/api/v1/namespaces/~", NULL, NULL);
  ob_wire_stop(m->wire);
  front_kill(&m->front_before);
  front_kill(&m->front);
  ob_alter_stop(m->alter);
  ob_sim_stop(m->sim);
  if (m->curl) curl_easy_cleanup(m->curl);
  curl_global_cleanup();
  test_cert_free(&m->ca);
  test_cert_free(&m->cert);
  test_cert_free(&m->other_ca);
  char *const files[] = {(char *)(uintptr_t) "ca.crt", (char *)(uintptr_t) "token",
                         (char *)(uintptr_t) "front.key", (char *)(uintptr_t) "front.crt"};
  for (size_t i = 0; i < OB_LEN(files); i++) {
    OB_AUTOFREE char *path = ob_asprintf("%s/%s", m->dir, files[i]);
    unlink(path);
  }
  rmdir(m->dir);
  char *const all[] = {m->url, m->token, m->token_given};
  for (size_t i = 0; i < OB_LEN(all); i++) free(all[i]);
  *m = (mx){0};
}
