#!/bin/sh
# Probes of what a real API server holds, at applications of this machine: node port, load balancer,
# Ingress, the service proxy with and without the right; and what becomes of a port-forward where no
# kubelet is.
. "$1/tests/cli/lib.sh"
dir=$OUTBOARD_CLUSTER
ns=probes-$$
admin="--kubeconfig $dir/admin.kubeconfig"
# shellcheck disable=SC2086 # $admin is two words, here and below
{
  k() { "$KUBECTL" $admin -n $ns "$@" >"$tmp/kubectl" 2>&1 || fail "kubectl $*: $(cat "$tmp/kubectl")"; }
  gone() {
    "$KUBECTL" $admin delete --wait=false namespace $ns >/dev/null 2>&1 || true
    "$KUBECTL" $admin delete --wait=false node $ns >/dev/null 2>&1 || true
    finish
  }
  listen() { # ANSWER…: their ports in $ports, the address in $own
    : >"$tmp/ports"
    "$LISTENER" own "$@" >"$tmp/ports" &
    last_pid=$!
    pids="$pids $last_pid"
    until grep -q ready "$tmp/ports"; do
      kill -0 $last_pid 2>/dev/null || return 1
      sleep 0.05
    done
    own=$(sed -n 1p "$tmp/ports")
    ports=$(sed '1d;/ready/d' "$tmp/ports" | tr '\n' ' ')
  }
  trap gone EXIT
  "$LISTENER" own 200 >"$tmp/own" &
  pids="$pids $!"
  sleep 0.2
  grep -q ready "$tmp/own" || { echo "skipped: this machine has no address but loopback"; exit 77; }
  "$KUBECTL" $admin create namespace $ns >/dev/null

  # A node port, on a node that is this machine.
  listen 200 404
  set -- $ports
  cat >"$tmp/node" <<END
{"apiVersion":"v1","kind":"Node","metadata":{"name":"$ns"}}
END
  k apply -f "$tmp/node"
  k patch node $ns --subresource=status --type=merge -p '{"status":{"addresses":[{"type":"InternalIP","address":"'$own'"}],"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2026-11-01T00:00:00Z","lastTransitionTime":"2026-11-01T00:00:00Z","reason":"r","message":"m"}]}}'
  k create service nodeport by-node --tcp=80:80
  node_port=$("$KUBECTL" $admin -n $ns get svc by-node -o jsonpath='{.spec.ports[0].nodePort}')
  ob probe svc/by-node -n $ns $admin
  exits 3
  has "connection refused at port $node_port"
  listen "$node_port=200"
  ob probe svc/by-node -n $ns $admin
  exits 0
  has "http://$own:$node_port/"
  has "$ns at $own"

  # A load balancer, whose application has no such page.
  k create service loadbalancer by-balancer --tcp="$2:80"
  k patch svc by-balancer --subresource=status --type=merge -p '{"status":{"loadBalancer":{"ingress":[{"ip":"'$own'"}]}}}'
  k patch svc by-balancer --type=json -p '[{"op":"add","path":"/spec/ports/0/appProtocol","value":"http"}]'
  ob probe svc/by-balancer -n $ns $admin
  exits 3 # it has a node port, too, and there is no kube-proxy
  has "http://$own:$2/"
  has "HTTP 404"

  # An Ingress answers at port 80, which not everybody may open.
  if listen 80=200; then
    k create ingress by-host --rule='probe.outboard.invalid/*=by-node:80'
    k patch ingress by-host --subresource=status --type=merge -p '{"status":{"loadBalancer":{"ingress":[{"ip":"'$own'"}]}}}'
    ob probe ing/by-host -n $ns $admin
    exits 3
    case $out in *"ok "*"http://probe.outboard.invalid/"*"at $own"*) ;; *) fail "the Ingress' address does not answer" ;; esac
    has "probe.outboard.invalid cannot be resolved"
  else
    echo "not tried: Ingress (port 80 cannot be opened here)"
  fi

  # From inside only: through the API server, with the right to it and without.
  cat >"$tmp/inside" <<END
apiVersion: v1
kind: Pod
metadata: {name: inside}
spec: {nodeName: $ns, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Service
metadata: {name: inside}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: inside, labels: {kubernetes.io/service-name: inside}}
addressType: IPv4
ports: [{name: http, port: $1, protocol: TCP}]
endpoints: [{addresses: ["$own"], conditions: {ready: true}, targetRef: {kind: Pod, namespace: $ns, name: inside}}]
END
  k apply -f "$tmp/inside"
  k patch pod inside --subresource=status --type=merge -p '{"status":{"podIP":"'$own'","podIPs":[{"ip":"'$own'"}]}}'
  ob probe svc/inside -n $ns $admin
  exits 0
  has "by the API server's service proxy"
  has "ok "
  ob probe svc/inside -n $ns --kubeconfig "$dir/viewer.kubeconfig"
  exits 0
  has "you may not get services/proxy in $ns"
}
