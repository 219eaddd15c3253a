#!/bin/sh
# Which cluster, as whom: every connection option, and what is said when it does not work.
. "$(dirname "$0")/lib.sh"
umask 022
serve --seed 1
# It holds a credential: the file is its owner's alone, whatever the umask, and nothing warns of it.
[ "$(stat -c %a "$config")" = 600 ] || fail "mode of $config"
# What was there before keeps its mode.
echo "# mine" >"$tmp/mine"
"$OUTBOARD" serve --empty >>"$tmp/mine" 2>"$tmp/serve.err" &
pids="$pids $!"
until grep -q current-context "$tmp/mine"; do sleep 0.05; done
[ "$(stat -c %a "$tmp/mine")" = 644 ] || fail "mode of $tmp/mine"

context=$(sed -n 's/^current-context: *//p' "$config")
cluster=$(sed -n 's/^ *cluster: *\([^ ].*\)$/\1/p' "$config" | head -n 1)
user=$(sed -n 's/^ *user: *\([^ ].*\)$/\1/p' "$config" | head -n 1)

KUBECONFIG=$config ob get services -A
exits 0
[ -z "$err" ] || fail "stderr is not empty"
mkdir -p "$HOME/.kube" && cp "$config" "$HOME/.kube/config"
ob get services -A
exits 0
rm -r "$HOME/.kube"
ob get services -A --kubeconfig "$config" --context "$context"
exits 0
ob get services -A --kubeconfig "$config" --cluster "$cluster" --user "$user"
exits 0
ob get services -A --kubeconfig "$config" --context nowhere
exits 1
says nowhere
says "$context"
ob get services -A --kubeconfig "$tmp/absent"
exits 1
says "$tmp/absent"
ob get services -A --kubeconfig "$config" --as somebody --as-group a --as-group b --as-uid 7
[ "$code" = 0 ] || says "somebody"
ob get services -A --demo
exits 0
has storefront

# The server's certificate is verified, and not verifying has to be asked for.
sed '/certificate-authority-data/d' "$config" >"$tmp/no-ca"
ob get services -A --kubeconfig "$tmp/no-ca"
exits 1
says certificate
ob get services -A --kubeconfig "$tmp/no-ca" --insecure-skip-tls-verify
exits 0

# A token that is wrong, a server that is not there, a file that is broken.
sed 's/token: .*/token: wrong/' "$config" >"$tmp/bad-token"
ob get services -A --kubeconfig "$tmp/bad-token"
exits 1
sed 's,server: .*,server: https://127.0.0.1:1,' "$config" >"$tmp/down"
ob get services -A --kubeconfig "$tmp/down"
exits 1
says "127.0.0.1"
printf 'clusters:\n- name: x\n  cluster: {server: [}\n' >"$tmp/broken"
ob get services -A --kubeconfig "$tmp/broken"
exits 1
says "broken:"
says "--kubeconfig"
: >"$tmp/empty"
ob get services -A --kubeconfig "$tmp/empty"
exits 1
says "empty: holds no context"
