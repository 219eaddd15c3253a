#!/bin/sh
# A protected context: --yes alone is refused, its name confirms; others are as ever.
. "$(dirname "$0")/lib.sh"
serve
export KUBECONFIG="$config" XDG_STATE_HOME="$tmp/state"
mkdir -p "$HOME/.config/outboard"
echo 'protected: [prod*, "*-demo"]' >"$HOME/.config/outboard/config.yaml"

ob convert svc/cart -n shop --to NodePort --yes
exits 4
says "context outboard-demo is protected: --confirm-context outboard-demo does it"
ob convert svc/cart -n shop --to NodePort --confirm-context prod
exits 4
ob get services cart -n shop -o json
has '"ClusterIP"'
ob convert svc/cart -n shop --to NodePort --dry-run
exits 0
ob convert svc/cart -n shop --to NodePort --yes --confirm-context outboard-demo
exits 0
ob get services cart -n shop -o json
has '"NodePort"'

echo 'protected: [prod*]' >"$HOME/.config/outboard/config.yaml"
ob undo --yes
exits 0
echo 'protected: {a: b}' >"$HOME/.config/outboard/config.yaml"
ob convert svc/cart -n shop --to NodePort --yes
exits 4
says "protected: "
