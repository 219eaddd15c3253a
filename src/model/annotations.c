/* The annotations that Ingress controllers read, for completion; a controller may know more. One
 * row for a prefix of spec.controller, as in controllers.c.
 *
 * Source: ingress-nginx docs/user-guide/nginx-configuration/annotations.md; NGINX Ingress
 * Controller "Advanced configuration with Annotations"; Traefik "Kubernetes Ingress" annotations;
 * haproxytech/kubernetes-ingress documentation/annotations.md; haproxy-ingress "Configuration
 * keys"; Kong Ingress Controller "Annotations"; AWS Load Balancer Controller "Ingress annotations";
 * GKE "Ingress features"; AGIC docs/annotations.md; Contour "Annotations reference"; Cilium
 * "Ingress annotations"; cert-manager "Annotated Ingress resource". */
#include "base/mem.h"
#include "base/str.h"
#include "outboard/plan.h"

#define N(name) "nginx.ingress.kubernetes.io/" name
static const char *const ingress_nginx[] = {N("affinity"),
                                            N("app-root"),
                                            N("auth-realm"),
                                            N("auth-secret"),
                                            N("auth-signin"),
                                            N("auth-type"),
                                            N("auth-url"),
                                            N("backend-protocol"),
                                            N("canary"),
                                            N("canary-by-cookie"),
                                            N("canary-by-header"),
                                            N("canary-by-header-value"),
                                            N("canary-weight"),
                                            N("configuration-snippet"),
                                            N("cors-allow-origin"),
                                            N("custom-http-errors"),
                                            N("default-backend"),
                                            N("denylist-source-range"),
                                            N("enable-cors"),
                                            N("force-ssl-redirect"),
                                            N("from-to-www-redirect"),
                                            N("limit-connections"),
                                            N("limit-rpm"),
                                            N("limit-rps"),
                                            N("permanent-redirect"),
                                            N("proxy-body-size"),
                                            N("proxy-buffering"),
                                            N("proxy-connect-timeout"),
                                            N("proxy-read-timeout"),
                                            N("proxy-send-timeout"),
                                            N("rewrite-target"),
                                            N("server-alias"),
                                            N("server-snippet"),
                                            N("session-cookie-name"),
                                            N("ssl-passthrough"),
                                            N("ssl-redirect"),
                                            N("temporal-redirect"),
                                            N("upstream-hash-by"),
                                            N("upstream-vhost"),
                                            N("use-regex"),
                                            N("whitelist-source-range"),
                                            NULL};
#undef N
#define N(name) "nginx.org/" name
static const char *const nginx_org[] = {N("client-max-body-size"),
                                        N("grpc-services"),
                                        N("hsts"),
                                        N("keepalive"),
                                        N("lb-method"),
                                        N("location-snippets"),
                                        N("mergeable-ingress-type"),
                                        N("path-regex"),
                                        N("proxy-buffering"),
                                        N("proxy-connect-timeout"),
                                        N("proxy-read-timeout"),
                                        N("redirect-to-https"),
                                        N("rewrites"),
                                        N("server-snippets"),
                                        N("ssl-services"),
                                        N("websocket-services"),
                                        NULL};
#undef N
#define N(name) "traefik.ingress.kubernetes.io/router." name
static const char *const traefik[] = {
    N("entrypoints"), N("middlewares"),      N("pathmatcher"), N("priority"),
    N("tls"),         N("tls.certresolver"), N("tls.options"), NULL};
#undef N
#define N(name) "haproxy.org/" name
static const char *const haproxy[] = {N("allow-list"),
                                      N("auth-secret"),
                                      N("auth-type"),
                                      N("backend-config-snippet"),
                                      N("check"),
                                      N("cors-enable"),
                                      N("deny-list"),
                                      N("load-balance"),
                                      N("path-rewrite"),
                                      N("pod-maxconn"),
                                      N("rate-limit-requests"),
                                      N("request-set-header"),
                                      N("response-set-header"),
                                      N("server-ssl"),
                                      N("ssl-passthrough"),
                                      N("ssl-redirect"),
                                      N("timeout-client"),
                                      N("timeout-connect"),
                                      N("timeout-server"),
                                      NULL};
#undef N
#define N(name) "haproxy-ingress.github.io/" name
static const char *const haproxy_ingress[] = {N("allowlist-source-range"),
                                              N("app-root"),
                                              N("auth-secret"),
                                              N("backend-protocol"),
                                              N("balance-algorithm"),
                                              N("cors-enable"),
                                              N("hsts"),
                                              N("limit-rps"),
                                              N("maxconn-server"),
                                              N("path-type"),
                                              N("proxy-body-size"),
                                              N("rewrite-target"),
                                              N("ssl-redirect"),
                                              N("timeout-server"),
                                              NULL};
#undef N
#define N(name) "konghq.com/" name
static const char *const kong[] = {N("host-aliases"),      N("https-redirect-status-code"),
                                   N("methods"),           N("path-handling"),
                                   N("plugins"),           N("preserve-host"),
                                   N("protocols"),         N("regex-priority"),
                                   N("request-buffering"), N("response-buffering"),
                                   N("rewrite"),           N("snis"),
                                   N("strip-path"),        NULL};
#undef N
#define N(name) "alb.ingress.kubernetes.io/" name
static const char *const alb[] = {N("auth-type"),
                                  N("backend-protocol"),
                                  N("backend-protocol-version"),
                                  N("certificate-arn"),
                                  N("group.name"),
                                  N("group.order"),
                                  N("healthcheck-interval-seconds"),
                                  N("healthcheck-path"),
                                  N("healthcheck-port"),
                                  N("healthcheck-protocol"),
                                  N("inbound-cidrs"),
                                  N("ip-address-type"),
                                  N("listen-ports"),
                                  N("load-balancer-attributes"),
                                  N("load-balancer-name"),
                                  N("scheme"),
                                  N("security-groups"),
                                  N("ssl-policy"),
                                  N("ssl-redirect"),
                                  N("subnets"),
                                  N("success-codes"),
                                  N("tags"),
                                  N("target-group-attributes"),
                                  N("target-type"),
                                  N("wafv2-acl-arn"),
                                  NULL};
#undef N
static const char *const gce[] = {"ingress.gcp.kubernetes.io/pre-shared-cert",
                                  "kubernetes.io/ingress.allow-http",
                                  "kubernetes.io/ingress.global-static-ip-name",
                                  "kubernetes.io/ingress.regional-static-ip-name",
                                  "networking.gke.io/managed-certificates",
                                  "networking.gke.io/v1beta1.FrontendConfig",
                                  NULL};
#define N(name) "appgw.ingress.kubernetes.io/" name
static const char *const agic[] = {
    N("appgw-ssl-certificate"), N("backend-hostname"),      N("backend-path-prefix"),
    N("backend-protocol"),      N("connection-draining"),   N("connection-draining-timeout"),
    N("cookie-based-affinity"), N("health-probe-hostname"), N("health-probe-path"),
    N("request-timeout"),       N("rewrite-rule-set"),      N("ssl-redirect"),
    N("use-private-ip"),        N("waf-policy-for-path"),   NULL};
#undef N
#define N(name) "projectcontour.io/" name
static const char *const contour[] = {"ingress.kubernetes.io/force-ssl-redirect",
                                      N("num-retries"),
                                      N("per-try-timeout"),
                                      N("response-timeout"),
                                      N("retry-on"),
                                      N("tls-minimum-protocol-version"),
                                      N("websocket-routes"),
                                      NULL};
#undef N
#define N(name) "ingress.cilium.io/" name
static const char *const cilium[] = {
    N("force-https"),       N("host-listener-port"), N("insecure-node-port"),
    N("loadbalancer-mode"), N("request-timeout"),    N("secure-node-port"),
    N("service-type"),      N("tls-passthrough"),    NULL};
#undef N
/* Of what works beside every controller. */
static const char *const others[] = {"cert-manager.io/cluster-issuer", "cert-manager.io/issuer",
                                     "external-dns.alpha.kubernetes.io/hostname",
                                     "external-dns.alpha.kubernetes.io/ttl", NULL};

static const struct {
  const char *controller;
  const char *const *names;
} rows[] = {
    {"k8s.io/ingress-nginx", ingress_nginx},
    {"nginx.org/ingress-controller", nginx_org},
    {"traefik.io/ingress-controller", traefik},
    {"haproxy.org/ingress-controller", haproxy},
    {"haproxy-ingress.github.io/controller", haproxy_ingress},
    {"ingress-controllers.konghq.com/kong", kong},
    {"ingress.k8s.aws/alb", alb},
    {"k8s.io/ingress-gce", gce},
    {"azure/application-gateway", agic},
    {"projectcontour.io/", contour},
    {"cilium.io/ingress-controller", cilium},
};

void ob_ingress_annotations(const char *controller, void (*fn)(void *arg, const char *name),
                            void *arg) {
  for (size_t i = 0; i < OB_LEN(rows); i++)
    for (const char *const *n = rows[i].names; ob_starts(controller, rows[i].controller) && *n; n++)
      fn(arg, *n);
  for (const char *const *n = others; *n; n++) fn(arg, *n);
}
