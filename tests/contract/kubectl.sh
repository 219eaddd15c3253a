#!/bin/sh
# kubectl against `outboard serve`: the commands that the embedded server promises.
set -eu
kubectl=${KUBECTL:-$(command -v kubectl || true)}
[ -n "$kubectl" ] || { echo "skipped: no kubectl on PATH"; exit 77; }
tmp=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$tmp"
}
trap stop EXIT INT TERM
"$OUTBOARD" serve >"$tmp/kubeconfig" &
server=$!
tries=0
until grep -q 'namespace:' "$tmp/kubeconfig"; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo "no kubeconfig came"; exit 1; }
  sleep 0.1
done
export KUBECONFIG="$tmp/kubeconfig" HOME="$tmp"
k() { "$kubectl" --request-timeout=20s "$@"; }
failed=0
expect() { # WHAT REGEX < text
  what=$1 regex=$2
  text=$(cat)
  printf '%s\n' "$text" | grep -Eq -e "$regex" || {
    printf 'FAILED %s: no line matches %s in\n%s\n' "$what" "$regex" "$text"
    failed=1
  }
}

k get svc,ing -A >"$tmp/all"
expect 'get svc,ing -A' '^shop +service/storefront +ClusterIP +10\.' <"$tmp/all"
expect 'get svc,ing -A' '^shop +ingress.networking.k8s.io/storefront +nginx +shop.example.com' <"$tmp/all"
[ "$(k get svc -A --no-headers | wc -l)" -ge 60 ] || { echo "fewer than 60 services"; failed=1; }
[ "$(k get ing -A --no-headers | wc -l)" -ge 25 ] || { echo "fewer than 25 ingresses"; failed=1; }
# The logs of what is behind a service; followed ones: tests/cli/logs.sh.
k logs -n shop -l app=cart --all-containers --prefix --tail=3 >"$tmp/logs"
expect 'logs' '^\[pod/cart-[^]]*\] .*GET /' <"$tmp/logs"
[ "$(wc -l <"$tmp/logs")" -eq 9 ] || { echo "not three lines of each of three pods:"; cat "$tmp/logs"; failed=1; }
k logs -n shop nowhere 2>&1 | expect 'no such pod' 'pods "nowhere" not found'
k get svc storefront -n shop -o wide | expect 'wide' 'app=storefront$'
k get nodes -o wide | expect 'nodes' '^node-a1 +Ready +control-plane .* 10\.0\.0\.11 +198\.51\.100\.11'
k get svc -n shop -l app=cart -o name | expect 'selector' '^service/cart$'
k get pods -n shop --field-selector status.phase=Running -o name | expect 'field selector' '^pod/cart-'

"$kubectl" get svc -n shop -w >"$tmp/watch" 2>&1 &
watcher=$!
cat >"$tmp/app.yaml" <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: hello, namespace: shop}
spec:
  selector: {app: cart}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: more, port: 81}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: hello, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: hello.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: hello, port: {name: http}}}}]}
YAML
k apply -f "$tmp/app.yaml" | expect 'apply' '^service/hello created$'
k apply -f "$tmp/app.yaml" | expect 'apply again' '^ingress.networking.k8s.io/hello unchanged$'
sed 's/port: 81/port: 82/' "$tmp/app.yaml" | k apply -f - | expect 'apply a change' '^service/hello configured$'
k get svc hello -n shop -o 'jsonpath={.spec.ports[*].port}' | expect 'ports after it' '^80 82$'
sed 's/selector/selectr/' "$tmp/app.yaml" | k apply -f - 2>&1 | expect 'strict' 'unknown field "spec.selectr"'
k patch svc hello -n shop -p '{"spec":{"type":"LoadBalancer"}}' | expect 'patch' '^service/hello patched$'
k patch svc hello -n shop --type json -p '[{"op":"test","path":"/spec/type","value":"x"}]' 2>&1 |
  expect 'failed test' 'the server rejected our request'
k patch svc hello -n shop --type merge -p '{"spec":{"clusterIP":"None"}}' 2>&1 |
  expect 'refused' 'spec.clusterIPs\[0\]: Invalid value'
k wait svc/hello -n shop --for=jsonpath='{.status.loadBalancer.ingress[0].ip}' --timeout=15s | expect 'an address' 'condition met'
k get endpointslices -n shop -l kubernetes.io/service-name=hello | expect 'slices' '8080,82'
k label svc hello -n shop a=b | expect 'label' 'labeled'
k delete svc,ing hello -n shop | expect 'delete' 'ingress.networking.k8s.io "hello" deleted'
k get svc hello -n shop 2>&1 | expect 'gone' 'services "hello" not found'
sleep 0.5
kill "$watcher" 2>/dev/null || true
wait "$watcher" 2>/dev/null || true
expect 'get -w' '^hello +LoadBalancer .*<pending>' <"$tmp/watch"
k rollout status deploy/cart -n shop --timeout=15s | expect 'rollout' 'successfully rolled out'
k describe svc -n ops sftp | expect 'events' 'AllocationFailed'
exit $failed
