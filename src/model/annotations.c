/* The annotations on an Ingress that its controller reads, for completion; a controller may know
 * more. One row for a prefix of spec.controller, as in controllers.c.
 *
 * Source: every name was looked up in November 2026 in these, as they stood at the commit; what a
 * controller takes on a Service alone or in its ConfigMap alone is left out.
 *   kubernetes/ingress-nginx dbb11b92d  internal/ingress/annotations (the names it parses),
 *                                       docs/user-guide/nginx-configuration/annotations.md
 *   nginx/kubernetes-ingress 0eb3072d1  internal/k8s/validation.go, internal/configs/annotations.go
 *   traefik/traefik fd5a576df2          docs/content/reference/routing-configuration/kubernetes/
 *                                       ingress.md, pkg/provider/kubernetes/ingress/annotations.go
 *   haproxytech/kubernetes-ingress      fc120676 documentation/annotations.md, column Ingress
 *   jcmoraisjr/haproxy-ingress 465a51ce docs/content/en/docs/configuration/keys.md, scopes Host,
 *                                       Backend and Path
 *   Kong/kubernetes-ingress-controller  1fa68f864 internal/annotations/annotations.go; of its keys
 *                                       those that internal/dataplane reads of an Ingress
 *   kubernetes-sigs/aws-load-balancer-controller
 *                                       225f44568 docs/guide/ingress/annotations.md
 *   kubernetes/ingress-gce acbcf5d66    pkg/annotations/ingress.go, pkg/metrics/features.go
 *   Azure/application-gateway-kubernetes-ingress
 *                                       f42103da docs/annotations.md,
 *                                       pkg/annotations/ingress_annotations.go
 *   projectcontour/contour 31c4bb38e    site/content/docs/main/config/annotations.md,
 *                                       internal/annotation/annotations.go
 *   cilium/cilium 1.16 and later        Documentation/network/servicemesh/ingress.rst,
 *                                       operator/pkg/ingress/annotations/annotations.go
 *   cert-manager/website 776e5dba       content/docs/usage/ingress.md
 *   kubernetes-sigs/external-dns        2bf1bf8af source/annotations/annotations.go */
#include "base/mem.h"
#include "base/str.h"
#include "outboard/plan.h"
#include <stdio.h>

/* Names apart by blanks; one without '/' follows the prefix. */
typedef struct names {
  const char *controller, *prefix, *names;
} names;

static const names rows[] = {
    {"k8s.io/ingress-nginx", "nginx.ingress.kubernetes.io/",
     "affinity affinity-mode allowlist-source-range app-root auth-realm auth-response-headers "
     "auth-secret auth-signin auth-snippet auth-tls-secret auth-tls-verify-client auth-type "
     "auth-url backend-protocol canary canary-by-cookie canary-by-header canary-by-header-value "
     "canary-weight client-body-buffer-size configuration-snippet cors-allow-credentials "
     "cors-allow-headers cors-allow-methods cors-allow-origin custom-headers custom-http-errors "
     "default-backend denylist-source-range enable-access-log enable-cors enable-modsecurity "
     "force-ssl-redirect from-to-www-redirect limit-burst-multiplier limit-connections limit-rpm "
     "limit-rps limit-whitelist load-balance mirror-target permanent-redirect "
     "permanent-redirect-code proxy-body-size proxy-buffer-size proxy-buffering "
     "proxy-connect-timeout proxy-http-version proxy-next-upstream proxy-read-timeout "
     "proxy-request-buffering proxy-send-timeout proxy-ssl-secret proxy-ssl-server-name "
     "proxy-ssl-verify rewrite-target satisfy server-alias server-snippet service-upstream "
     "session-cookie-expires session-cookie-max-age session-cookie-name session-cookie-path "
     "session-cookie-samesite ssl-ciphers ssl-passthrough ssl-redirect temporal-redirect "
     "upstream-hash-by upstream-vhost use-regex whitelist-source-range x-forwarded-prefix"},
    {"nginx.org/ingress-controller", "nginx.org/",
     "add-header app-root basic-auth-realm basic-auth-secret client-body-buffer-size "
     "client-max-body-size fail-timeout grpc-services hsts "
     "hsts-include-subdomains hsts-max-age http-redirect-code keepalive lb-method limit-req-burst "
     "limit-req-key limit-req-rate limit-req-reject-code limit-req-zone-size listen-ports "
     "listen-ports-ssl location-snippets max-conns max-fails mergeable-ingress-type path-regex "
     "policies proxy-buffer-size proxy-buffering proxy-buffers proxy-connect-timeout "
     "proxy-hide-headers proxy-next-upstream proxy-pass-headers proxy-read-timeout "
     "proxy-send-timeout proxy-set-headers redirect-to-https rewrite-target rewrites "
     "server-snippets server-tokens ssl-ciphers ssl-redirect ssl-services sticky-cookie-services "
     "use-cluster-ip websocket-services"},
    {"traefik.io/ingress-controller", "traefik.ingress.kubernetes.io/router.",
     "entrypoints middlewares observability.accesslogs observability.metrics "
     "observability.tracing pathmatcher priority tls tls.certresolver tls.options"},
    {"haproxy.org/ingress-controller", "haproxy.org/",
     "allow-list auth-realm auth-secret auth-type backend-config-snippet check check-http "
     "check-interval cors-allow-credentials cors-allow-headers cors-allow-methods "
     "cors-allow-origin cors-enable cors-max-age deny-list forwarded-for load-balance "
     "path-rewrite pod-maxconn rate-limit-period rate-limit-requests rate-limit-status-code "
     "request-redirect request-redirect-code request-set-header response-set-header "
     "send-proxy-protocol server-ca server-proto server-ssl set-host src-ip-header "
     "ssl-passthrough ssl-redirect ssl-redirect-code ssl-redirect-port standalone-backend "
     "timeout-check timeout-server"},
    {"haproxy-ingress.github.io/controller", "haproxy-ingress.github.io/",
     "affinity allowlist-source-range app-root auth-realm auth-secret auth-signin auth-tls-secret "
     "auth-tls-verify-client auth-url backend-protocol balance-algorithm config-backend "
     "cors-allow-credentials cors-allow-headers cors-allow-methods cors-allow-origin cors-enable "
     "denylist-source-range health-check-interval health-check-uri hsts hsts-max-age "
     "limit-connections limit-rps limit-whitelist maxconn-server path-type proxy-body-size "
     "proxy-protocol redirect-from redirect-to rewrite-target secure-backends secure-sni "
     "secure-verify-ca-secret server-alias service-upstream session-cookie-name ssl-ciphers "
     "ssl-passthrough ssl-redirect timeout-connect timeout-http-request timeout-queue "
     "timeout-server timeout-tunnel waf"},
    {"ingress-controllers.konghq.com/kong", "konghq.com/",
     "host-aliases https-redirect-status-code methods path-handling plugins preserve-host "
     "protocols regex-prefix regex-priority request-buffering response-buffering rewrite snis "
     "strip-path tags"},
    {"ingress.k8s.aws/alb", "alb.ingress.kubernetes.io/",
     "auth-idp-cognito auth-idp-oidc auth-on-unauthenticated-request auth-type backend-protocol "
     "backend-protocol-version certificate-arn group.name group.order "
     "healthcheck-interval-seconds healthcheck-path healthcheck-port healthcheck-protocol "
     "healthcheck-timeout-seconds healthy-threshold-count inbound-cidrs ip-address-type "
     "listen-ports load-balancer-attributes load-balancer-name "
     "manage-backend-security-group-rules mutual-authentication scheme "
     "security-group-prefix-lists security-groups shield-advanced-protection ssl-policy "
     "ssl-redirect subnets success-codes tags target-group-attributes target-node-labels "
     "target-type unhealthy-threshold-count use-regex-path-match wafv2-acl-arn"},
    {"k8s.io/ingress-gce", "",
     "ingress.gcp.kubernetes.io/pre-shared-cert kubernetes.io/ingress.allow-http "
     "kubernetes.io/ingress.global-static-ip-name kubernetes.io/ingress.regional-static-ip-name "
     "networking.gke.io/managed-certificates networking.gke.io/v1beta1.FrontendConfig"},
    {"azure/application-gateway", "appgw.ingress.kubernetes.io/",
     "appgw-ssl-certificate appgw-ssl-profile appgw-trusted-root-certificate backend-hostname "
     "backend-path-prefix backend-protocol connection-draining connection-draining-timeout "
     "cookie-based-affinity health-probe-hostname health-probe-interval health-probe-path "
     "health-probe-port health-probe-status-codes health-probe-timeout "
     "health-probe-unhealthy-threshold hostname-extension override-frontend-port request-timeout "
     "rewrite-rule-set rewrite-rule-set-custom-resource rule-priority ssl-redirect use-private-ip "
     "waf-policy-for-path"},
    {"projectcontour.io/", "projectcontour.io/",
     "ingress.kubernetes.io/force-ssl-redirect kubernetes.io/ingress.allow-http num-retries "
     "per-try-timeout response-timeout retry-on tls-cert-namespace tls-maximum-protocol-version "
     "tls-minimum-protocol-version websocket-routes"},
    {"cilium.io/ingress-controller", "ingress.cilium.io/",
     "force-https host-listener-port insecure-node-port loadbalancer-class loadbalancer-mode "
     "request-timeout secure-node-port service-external-traffic-policy service-type "
     "tls-passthrough"},
};

/* Of what works beside every controller. external-dns: the prefix without "alpha" is the default
 * since v0.22.0, the one with it was before. */
static const names beside = {
    "", "",
    "acme.cert-manager.io/http01-edit-in-place acme.cert-manager.io/http01-ingress-class "
    "acme.cert-manager.io/http01-ingress-ingressclassname cert-manager.io/cluster-issuer "
    "cert-manager.io/common-name cert-manager.io/duration cert-manager.io/issuer "
    "cert-manager.io/issuer-group cert-manager.io/issuer-kind "
    "cert-manager.io/private-key-algorithm cert-manager.io/private-key-size "
    "cert-manager.io/renew-before external-dns.alpha.kubernetes.io/hostname "
    "external-dns.alpha.kubernetes.io/target external-dns.alpha.kubernetes.io/ttl "
    "external-dns.kubernetes.io/hostname external-dns.kubernetes.io/target "
    "external-dns.kubernetes.io/ttl kubernetes.io/tls-acme"};

static void each(const names *row, void (*fn)(void *arg, const char *name), void *arg) {
  char name[128];
  for (const char *n = row->names; *n; n += strspn(n, " ")) {
    size_t len = strcspn(n, " ");
    bool whole = memchr(n, '/', len);
    snprintf(name, sizeof name, "%s%.*s", whole ? "" : row->prefix, (int)len, n);
    fn(arg, name);
    n += len;
  }
}

void ob_ingress_annotations(const char *controller, void (*fn)(void *arg, const char *name),
                            void *arg) {
  for (size_t i = 0; i < OB_LEN(rows); i++)
    if (ob_starts(controller, rows[i].controller)) each(&rows[i], fn, arg);
  each(&beside, fn, arg);
}
