/* Which proxy a request goes through: kubectl's (Go's) rules, not libcurl's.
 *
 * proxy-url of the kubeconfig wins and ignores NO_PROXY. Otherwise HTTPS_PROXY or HTTP_PROXY
 * by the server's scheme, unless NO_PROXY covers the host; ALL_PROXY is not read; loopback
 * addresses and "localhost" are never proxied. Upper case is looked at first.
 *
 * Thread ANY; ob_proxy_env_read() reads the environment.
 * Source golang.org/x/net/http/httpproxy; k8s.io/apimachinery/pkg/util/net
 * NewProxierWithNoProxyCIDR.
 */
#ifndef OB_KUBE_PROXY_H
#define OB_KUBE_PROXY_H

#include "base/buf.h"

typedef struct ob_proxy_env {
  const char *https_proxy, *http_proxy, *no_proxy; /* NULL or "": unset */
} ob_proxy_env;
ob_proxy_env ob_proxy_env_read(void);

/* NO_PROXY covers host:port: exact names and their subdomains, ".suffix", "*.suffix", "*",
 * addresses, CIDRs, each with an optional port. */
bool ob_no_proxy(const char *no_proxy, const char *host, int port);

/* Append the proxy's URL as libcurl wants it (socks5 as socks5h: the proxy resolves names), or
 * nothing for a direct connection. Returns 0 or -OB_ECONFIG ("invalid 'proxy-url'" is the
 * caller's to say: `configured` was checked when the kubeconfig was resolved). */
int ob_proxy_for(ob_buf *out, const char *configured, const ob_proxy_env *env, bool https,
                 const char *host, int port);

/* http, https, socks5 or socks5h URL with a host. */
bool ob_proxy_url_valid(const char *url);

#endif
