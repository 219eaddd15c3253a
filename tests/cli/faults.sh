#!/bin/sh
# An answer that is not whole says so, and a server that misbehaves is not the end.
. "$(dirname "$0")/lib.sh"
ob serve --fault list
exits 0
has forbidden

serve --seed 2 --fault forbidden-nodes
ob get services -A --kubeconfig "$config"
exits 0
says "nodes"
ob get nodeports -A -o json --kubeconfig "$config"
exits 0
has '"unknown"'
has '"forbidden"'

serve --seed 2 --fault forbidden-ingresses
ob get exposure -A --kubeconfig "$config"
exits 1
says "ingresses"
ob get ingress -A --kubeconfig "$config"
exits 1

serve --seed 2 --fault missing-ingresses
ob get services -A --kubeconfig "$config"
exits 0
ob get ingress -A --kubeconfig "$config"
exits 0

serve --seed 2 --fault forbidden-all-namespaces
ob get services -A --kubeconfig "$config"
exits 1
says "services"
ob get services -n kube-system --kubeconfig "$config"
exits 0

serve --empty --port 0
ob get exposure -A --kubeconfig "$config"
exits 0
says "No rows found"
ob get services -A --kubeconfig "$config"
has kubernetes

serve --scale 300 --seed 7
ob get services -A -o name --kubeconfig "$config"
[ "$(lines)" -ge 300 ] || fail "300 services expected"
