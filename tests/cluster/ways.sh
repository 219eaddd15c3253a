#!/bin/sh
# `explain`, `routes` and `compare` before a real API server with the Gateway API installed. Nothing
# here has a controller: addresses and acceptance are what the test writes into statuses.
. "$1/tests/cli/lib.sh"
config=$OUTBOARD_CLUSTER/admin.kubeconfig
cfg="--kubeconfig $config"
k() { "${KUBECTL:-kubectl}" --kubeconfig "$config" "$@" >/dev/null || fail "kubectl $*"; }
command -v "${KUBECTL:-kubectl}" >/dev/null || exit 77

ns=ways-$$
k create namespace "$ns"
cat >"$tmp/objects.yaml" <<YAML
apiVersion: v1
kind: Service
metadata: {name: web, namespace: $ns}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: $ns, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: $ns}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: $ns}
spec:
  ingressClassName: $ns
  rules:
  - host: $ns.example.com
    http:
      paths:
      - {path: /foo, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}
      - {path: /foo, pathType: Exact, backend: {service: {name: web, port: {name: http}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: $ns}
spec: {controllerName: example.com/controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: $ns}
spec:
  gatewayClassName: $ns
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: "*.$ns.example.org"}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: $ns}
spec:
  parentRefs: [{name: front}]
  hostnames: [a.$ns.example.org]
  rules:
  - matches: [{path: {type: PathPrefix, value: /api}, method: GET}]
    backendRefs: [{name: web, port: 80}]
YAML
k apply -f "$tmp/objects.yaml"

# shellcheck disable=SC2086 # $cfg is two words
{
  ob explain "http://$ns.example.com/foo" $cfg
  exits 0
  has "Exact comes before Prefix"
  has "1 of 1 ready"
  ob explain "http://$ns.example.com/foo/x" $cfg
  exits 1
  has "there is no service gone in namespace $ns"

  ob explain "http://a.$ns.example.org/api/v1" $cfg
  exits 0
  has "it waits for its controller"
  has "HTTPRoute $ns/web"
  has "1 of 1 ready"
  ob explain "http://a.$ns.example.org/api" -X POST $cfg
  exits 1
  has "the method is another"
  k patch gateway front -n "$ns" --subresource=status --type=merge -p \
    '{"status":{"addresses":[{"type":"IPAddress","value":"192.0.2.80"}],"conditions":[
      {"type":"Accepted","status":"False","reason":"NoResources","message":"","observedGeneration":1,"lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
  ob explain "http://a.$ns.example.org/api" $cfg
  exits 1
  has "the Gateway is not accepted: NoResources"
  has "must lead to 192.0.2.80"

  ob routes -n "$ns" $cfg
  exits 0
  has "http://$ns.example.com/foo"
  has "a.$ns.example.org/api GET"

  ob compare "$ns/web" $cfg
  exits 0
  has "Gateway API"
  has "● 1 route"
  has "● 1 rule"
}
k delete namespace "$ns" --wait=false
k delete ingressclass "$ns"
k delete gatewayclass "$ns"
