#!/bin/sh
# `outboard probe`: what is asked, the formats, the exit codes. The embedded server itself is the
# listener that answers; what stands in its objects is on loopback.
. "$(dirname "$0")/lib.sh"
serve --empty
cfg="--kubeconfig $config"
server=$(sed -n 's/.*server: *"\{0,1\}\(https:[^"]*\)"\{0,1\}/\1/p' "$config")
token=$(sed -n 's/.*token: *"\{0,1\}\([^"]*\)"\{0,1\}/\1/p' "$config")
sed -n 's/.*certificate-authority-data: *"\{0,1\}\([^"]*\)"\{0,1\}/\1/p' "$config" | base64 -d >"$tmp/ca.pem"
port=${server##*:}

well_formed() { # FILE
  if command -v xmllint >/dev/null; then
    xmllint --noout "$1" || fail "$1 is not well-formed"
  elif command -v python3 >/dev/null; then
    python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1" || fail "$1 is not well-formed"
  fi
}

# shellcheck disable=SC2086 # $cfg is two words
{
  # Words that make no sense.
  ob probe $cfg
  exits 2
  says "probe what?"
  ob probe web $cfg
  exits 2
  ob probe svc/none $cfg
  exits 1
  says "not found"
  ob probe https://user:secret@127.0.0.1/ $cfg
  exits 2
  says "credentials are never sent"
  ob probe --all -o junit --watch $cfg
  exits 2
  ob probe --all -o yaml $cfg
  exits 2
  says "table, json or junit"

  # A typed URL: trusted, not trusted, refused, a bare connection.
  ob probe $server/version --probe-ca "$tmp/ca.pem" $cfg
  exits 0
  has "ok"
  has "$server/version"
  ob probe $server/version $cfg
  exits 3
  has "signed by nobody that this computer trusts"
  ob probe tcp://127.0.0.1:$port $cfg
  exits 0
  ob probe tcp://127.0.0.1:$port tcp://127.0.0.1:1 --no-headers $cfg
  exits 3
  has "connection refused at port 1"
  hasnt "RESULT"
  ob probe $server/version --head --probe-ca "$tmp/ca.pem" -o json $cfg
  exits 0
  has '"result": "ok"'
  has '"names": "'
  ob probe tcp://127.0.0.1:1 $server/ -o junit $cfg
  exits 3
  has 'failures="2"'
  printf '%s\n' "$out" >"$tmp/probe.xml"
  well_formed "$tmp/probe.xml"

  # Nothing exposed: said, and no failure.
  ob probe --all -A $cfg
  exits 0
  says "Nothing is exposed here"
  ob probe svc/kubernetes -n default -o table $cfg
  exits 0
  has "by the API server's service proxy"
  has "not asked through the API server: the embedded API server does not do the service proxy by https"

  # Objects that lead to this listener, and ones that try to lead elsewhere.
  command -v curl >/dev/null || exit 0
  post() { # PATH JSON
    curl -fsS --cacert "$tmp/ca.pem" -H "Authorization: Bearer $token" \
      -H 'Content-Type: application/json' -d "$2" "$server$1" >/dev/null || fail "POST $1"
  }
  services=/api/v1/namespaces/default/services
  post $services '{"apiVersion":"v1","kind":"Service","metadata":{"name":"here"},"spec":{"type":"LoadBalancer","loadBalancerClass":"test/none","allocateLoadBalancerNodePorts":false,"ports":[{"port":'$port',"appProtocol":"https"}],"selector":{"a":"b"}}}'
  curl -fsS --cacert "$tmp/ca.pem" -H "Authorization: Bearer $token" -X PATCH \
    -H 'Content-Type: application/merge-patch+json' \
    -d '{"status":{"loadBalancer":{"ingress":[{"ip":"127.0.0.1"},{"ip":"169.254.169.254"}]}}}' \
    "$server$services/here/status" >/dev/null || fail "PATCH status"
  post $services '{"apiVersion":"v1","kind":"Service","metadata":{"name":"out"},"spec":{"type":"ExternalName","externalName":"localhost","ports":[{"port":'$port'}]}}'
  ob probe svc/here --probe-ca "$tmp/ca.pem" $cfg
  exits 0
  has "at 127.0.0.1"
  has "not asked: 169.254.169.254 is a metadata address"
  ob probe svc/out $cfg
  exits 0
  has "is not asked without your word"
  ob probe svc/out --any-host --any-address $cfg
  exits 0
  has "by DNS"
  hasnt "skipped"
  # A route, on the listener of its Gateway.
  "$LISTENER" 127.0.0.1 200 >"$tmp/ports" &
  pids="$pids $!"
  until grep -q ready "$tmp/ports"; do sleep 0.05; done
  app=$(sed -n 1p "$tmp/ports")
  apis=/apis/gateway.networking.k8s.io/v1/namespaces/default
  post $apis/gateways '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","metadata":{"name":"gw"},"spec":{"gatewayClassName":"c","listeners":[{"name":"http","port":'$app',"protocol":"HTTP"}]}}'
  curl -fsS --cacert "$tmp/ca.pem" -H "Authorization: Bearer $token" -X PATCH \
    -H 'Content-Type: application/merge-patch+json' \
    -d '{"status":{"addresses":[{"type":"IPAddress","value":"127.0.0.1"}]}}' \
    "$server$apis/gateways/gw/status" >/dev/null || fail "PATCH status"
  post $apis/httproutes '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"web"},"spec":{"parentRefs":[{"name":"gw"}],"hostnames":["gw.outboard.invalid"],"rules":[{"backendRefs":[{"name":"here","port":'$port'}]}]}}'
  ob probe httproute/web $cfg
  exits 3
  has "gw.outboard.invalid cannot be resolved"
  case $out in *"ok "*"http://gw.outboard.invalid:$app/"*"at 127.0.0.1"*) ;; *) fail "the Gateway does not answer" ;; esac
  ob probe httproute/none $cfg
  exits 1
  says 'httproute "none" not found'
  ob probe --all -o json $cfg
  has '"owner": "service/default/here"'
  has '"owner": "httproute/default/web"'

  # --watch asks again; a reader that leaves ends it.
  "$OUTBOARD" probe tcp://127.0.0.1:$port --watch -o json $cfg 2>/dev/null </dev/null | head -n 1 >"$tmp/out" || true
  out=$(cat "$tmp/out")
  has '"result":"ok"'
}
