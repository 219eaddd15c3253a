/* With tls-server-name libcurl is told to ask for that name and to connect to the real host, so
 * that SNI and verification use the name while the Host header and a proxy get the real one. */
#include "base/str.h"
#include "kube/http_priv.h"
#include "kube/proxy.h"
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>

static bool name_ok(const char *s) {
  for (; *s; s++)
    if (!isalnum((unsigned char)*s) && !strchr("-._:", *s)) return false;
  return true;
}

static char *bracketed(const char *host, int port) {
  bool v6 = strchr(host, ':') != NULL;
  return ob_asprintf("%s%s%s:%d", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

static int set_origin(ob_http_route *r, const ob_kube_target *t, ob_err *err) {
  const char *scheme = t->https ? "https" : "http";
  OB_AUTOFREE char *real = bracketed(t->host, t->port);
  if (!t->tls_server_name) {
    r->origin = ob_asprintf("%s://%s", scheme, real);
    return 0;
  }
  if (!name_ok(t->tls_server_name)) {
    ob_fail(err, OB_ECONFIG, "cluster \"%s\": tls-server-name is not a name", t->cluster);
    return ob_hint(err, "it is a host name or an address, without a port");
  }
  OB_AUTOFREE char *named = bracketed(t->tls_server_name, t->port);
  r->origin = ob_asprintf("%s://%s", scheme, named);
  r->connect_to = ob_asprintf("%s:%s", named, real);
  r->host_header = ob_asprintf("Host: %s", real);
  return 0;
}

static int set_proxy(ob_http_route *r, const ob_kube_target *t, ob_err *err) {
  ob_proxy_env env = ob_proxy_env_read();
  OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
  if (ob_proxy_for(&url, t->proxy_url, &env, t->https, t->host, t->port)) {
    ob_fail(err, OB_ECONFIG, "%s",
            t->proxy_url ? "invalid 'proxy-url'" : "HTTPS_PROXY or HTTP_PROXY is not a URL");
    return ob_hint(err, "a proxy is given as http://HOST:PORT, https:// or socks5://");
  }
  r->proxy = ob_buf_take(&url, NULL);
  return 0;
}

int ob_http_route_init(ob_http_route *r, const ob_kube_target *t, ob_err *err) {
  int rc = set_origin(r, t, err);
  return rc ? rc : set_proxy(r, t, err);
}

void ob_http_route_done(ob_http_route *r) {
  free(r->origin);
  free(r->proxy);
  free(r->host_header);
  free(r->connect_to);
  *r = (ob_http_route){0};
}

int ob_http_socket_open(ob_http_trace *t, int family, int type, int protocol,
                        const struct sockaddr *to, unsigned to_len) {
  (void)getnameinfo(to, to_len, t->address, sizeof t->address, NULL, 0, NI_NUMERICHOST);
  return socket(family, type | SOCK_CLOEXEC, protocol);
}

void ob_http_socket(int fd, int dead_peer_ms) {
  int on = 1, probes = 2, s = dead_peer_ms / 3000 > 0 ? dead_peer_ms / 3000 : 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &s, sizeof s);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &s, sizeof s);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_peer_ms, sizeof dead_peer_ms);
}

void ob_http_block_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}
