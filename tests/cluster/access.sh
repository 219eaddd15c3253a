#!/bin/sh
# People of different rights before a real API server: what `doctor` and `contexts` say of them.
. "$1/tests/cli/lib.sh"
dir=$OUTBOARD_CLUSTER
row() { printf '%s\n' "$out" | grep -E "^$1 +" || fail "no row $1"; }
row_has() { case $(row "$1") in *"$2"*) ;; *) fail "row $1 lacks: $2" ;; esac }

for who in admin admin-cert viewer; do
  ob doctor --kubeconfig "$dir/$who.kubeconfig"
  exits 0
  row_has authentication "you are"
  row_has authorisation "6 of 6"
  row_has versions "$OUTBOARD_CLUSTER_VERSION"
  row_has tls "TLSv1."
  hasnt "$(cat "$dir/viewer.token")"
done

ob doctor --kubeconfig "$dir/tenant.kubeconfig"
exits 1
row_has authorisation "only in namespace tenant"
has "list, watch on ingressclasses, nodes, namespaces"
ob doctor --kubeconfig "$dir/nobody.kubeconfig"
exits 1
row_has authentication "you are nobody"
has "The first broken link is authorisation:"
sed "s/$(cat "$dir/viewer.token")/wrong/" "$dir/viewer.kubeconfig" >"$tmp/wrong"
ob doctor --kubeconfig "$tmp/wrong"
exits 1
has "The first broken link is authentication:"

for who in admin viewer; do
  ob contexts --kubeconfig "$dir/$who.kubeconfig"
  exits 0
  has "6/6"
  has "$OUTBOARD_CLUSTER_VERSION"
done
ob contexts --kubeconfig "$dir/tenant.kubeconfig"
has "3/6 in tenant"
ob contexts --kubeconfig "$dir/nobody.kubeconfig"
has "0/6"
