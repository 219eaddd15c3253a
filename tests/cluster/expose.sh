#!/bin/sh
# `outboard expose` makes the Service that `kubectl expose` makes, field by field.
. "$1/tests/cli/lib.sh"
export KUBECONFIG="$OUTBOARD_CLUSTER/admin.kubeconfig" XDG_STATE_HOME="$tmp/state"
ns=expose-$$
k() { "$KUBECTL" -n "$ns" "$@"; }
"$KUBECTL" create namespace "$ns" >/dev/null
trap '"$KUBECTL" delete namespace "$ns" --wait=false >/dev/null; finish' EXIT
k apply -f - >/dev/null <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata: {name: one, labels: {app: one, team: shop}}
spec:
  selector: {matchLabels: {app: one}}
  template:
    metadata: {labels: {app: one, more: "yes"}}
    spec: {containers: [{name: a, image: i, ports: [{containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: several}
spec:
  selector: {matchLabels: {app: several, tier: front}}
  template:
    metadata: {labels: {app: several, tier: front}}
    spec:
      containers:
      - {name: a, image: i, ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}
      - {name: b, image: i, ports: [{containerPort: 443}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: set, labels: {a: b}}
spec:
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: a, image: i, ports: [{containerPort: 9000, protocol: SCTP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: alone, labels: {run: alone, tier: x}}
spec: {containers: [{name: a, image: i, ports: [{containerPort: 6379}]}]}
Y
fields='{{.metadata.labels}} {{.spec.selector}} {{.spec.type}} {{.spec.sessionAffinity}} {{.spec.externalTrafficPolicy}} {{range .spec.ports}}{{.name}} {{.port}} {{.targetPort}} {{.protocol}}; {{end}}'
same() { # WORKLOAD TYPE [PORT]
  k delete service theirs ours --ignore-not-found >/dev/null
  k expose "$1" --name theirs --type "$2" ${3:+--port "$3"} >/dev/null
  ob expose "$1" -n "$ns" --name ours --type "$2" ${3:+--port "$3"} --yes
  exits 0
  theirs=$(k get service theirs -o go-template="$fields") ours=$(k get service ours -o go-template="$fields")
  [ "$theirs" = "$ours" ] || fail "$1 as $2: kubectl makes $theirs and outboard $ours"
}
for workload in deploy/one deploy/several rs/set pod/alone; do
  for type in ClusterIP NodePort LoadBalancer; do same $workload $type; done
done
same deploy/one ClusterIP 81
