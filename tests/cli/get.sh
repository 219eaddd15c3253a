#!/bin/sh
# `outboard get`: views, scopes, formats.
. "$(dirname "$0")/lib.sh"
serve --seed 1
cfg="--kubeconfig $config"

# shellcheck disable=SC2086 # $cfg is two words
{
  # Every view answers, with kubectl-like headers.
  for view in exposure services nodeports loadbalancers ingress; do
    ob get $view -A $cfg
    exits 0
    has NAMESPACE
    [ "$(lines)" -gt 3 ] || fail "$view shows fewer than 3 rows"
  done

  # The default scope is the context's namespace, as kubectl's; -n and -A say otherwise.
  ob get services $cfg
  exits 0
  hasnt NAMESPACE
  has kubernetes
  ob get services --all-namespaces $cfg
  total=$(lines)
  ob get svc -n kube-system $cfg
  [ "$(lines)" -lt "$total" ] || fail "-n does not narrow"
  ob get svc --namespace=kube-system $cfg
  exits 0

  # One name, a selector, a namespace without anything.
  ob get services kubernetes $cfg
  exits 0
  [ "$(lines)" = 2 ] || fail "one service expected"
  ob get services no-such-service $cfg
  exits 1
  says "not found"
  ob get services -n no-such-namespace $cfg
  exits 0
  says "No rows found in no-such-namespace namespace"
  ob get services -A -l "app.kubernetes.io/none=such" $cfg
  exits 0
  says "No rows found"
  ob get services -A --selector "a in (" $cfg
  [ "$code" != 0 ] || fail "a broken selector is accepted"

  # Formats.
  ob get services -A -o table $cfg
  plain=$out
  ob get services -A -o wide $cfg
  [ "${#out}" -gt "${#plain}" ] || fail "wide is not wider"
  ob get services -A -o name $cfg
  has service/kubernetes
  ob get services -A -o csv $cfg
  has "namespace,name"
  ob get services -A --output json $cfg
  has '"items": ['
  has '"name": "kubernetes"'
  ob get services -A -o json $cfg
  json=$out
  ob get services -A -o yaml $cfg
  has "items:"
  ob get services -A --no-headers $cfg
  hasnt NAMESPACE
  if command -v jq >/dev/null; then
    printf '%s' "$json" | jq -e '.items | length > 50' >/dev/null || fail "json holds too few items"
  fi

  # Never a colour or a link in a pipe.
  case $(printf '%s' "$plain" | od -An -c) in *033*) fail "an escape sequence in a pipe" ;; esac

  # Answers in time or not at all.
  ob get services -A --request-timeout 30s $cfg
  exits 0
  ob get services -A --request-timeout soon $cfg
  exits 2
}
