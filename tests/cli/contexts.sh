#!/bin/sh
# Every context of a kubeconfig: what stands in it, and what its server says.
. "$(dirname "$0")/lib.sh"
serve --seed 1
server=$(sed -n 's/^ *server: *//p' "$config")
ca=$(sed -n 's/^ *certificate-authority-data: *//p' "$config")
token=$(sed -n 's/^ *token: *"\(.*\)"/\1/p' "$config")
printf '%s' "$token" >"$tmp/token"
cat >"$tmp/many" <<END
apiVersion: v1
kind: Config
current-context: demo
clusters:
- {name: here, cluster: {server: "$server", certificate-authority-data: "$ca"}}
- {name: away, cluster: {server: "https://127.0.0.1:1"}}
- {name: strange, cluster: {server: "$server"}}
users:
- {name: good, user: {token: "$token"}}
- {name: file, user: {tokenFile: token}}
- {name: bad, user: {token: very-secret-and-wrong}}
- {name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: /no/such/login-helper}}}
- {name: basic, user: {username: me, password: hush-hush}}
- {name: oidc, user: {token: x, auth-provider: {name: oidc, config: {id-token: hush-hush}}}}
- {name: nothing, user: {}}
contexts:
- {name: demo, context: {cluster: here, user: good, namespace: shop}}
- {name: by-file, context: {cluster: here, user: file}}
- {name: wrong, context: {cluster: here, user: bad}}
- {name: anonymous, context: {cluster: here, user: nothing}}
- {name: dead, context: {cluster: away, user: good}}
- {name: untrusted, context: {cluster: strange, user: good}}
- {name: exec, context: {cluster: away, user: plugin}}
- {name: old-login, context: {cluster: away, user: basic}}
- {name: oidc, context: {cluster: away, user: oidc}}
- {name: nowhere, context: {cluster: absent, user: absent}}
END

row() { printf '%s\n' "$out" | grep -E "^(\*| ) +$1 " || fail "no row $1"; }
row_has() { case $(row "$1") in *"$2"*) ;; *) fail "row $1 lacks: $2" ;; esac }

ob contexts --no-check --kubeconfig "$tmp/many"
exits 0
[ "$(lines)" = 11 ] || fail "a header and 10 rows expected"
row_has demo "$server"
row_has by-file "token file"
row_has exec "exec login-helper"
row_has old-login basic
row_has oidc oidc
row_has anonymous none
row_has nowhere "no such user"
case $out in "CURRENT"*) ;; *) fail "no header" ;; esac
printf '%s\n' "$out" | grep -q '^\* *demo ' || fail "demo is the current one"
hasnt VERSION
hasnt "$token"
hasnt hush-hush

ob contexts --kubeconfig "$tmp/many"
exits 0
row_has demo "v1."
row_has demo "6/6"
row_has by-file "6/6"
row_has dead "connection refused"
row_has untrusted "unknown authority"
row_has wrong "?"
row_has exec login-helper
row_has nowhere "absent"
for secret in "$token" very-secret-and-wrong hush-hush; do
  hasnt "$secret"
  case $err in *"$secret"*) fail "a secret on stderr" ;; esac
done

ob contexts -o json --kubeconfig "$tmp/many" --request-timeout 3s
exits 0
has '"have": 6'
has '"reachable": false'
has '"login": "token file"'
hasnt "$token"
ob contexts -o table --no-headers --no-check --kubeconfig "$tmp/many"
exits 0
hasnt CURRENT

# What is missing is named; rights that hold in one namespace only are said with it.
serve --seed 1 --fault forbidden-nodes
ob contexts --kubeconfig "$config"
has "5/6, no list, watch on nodes"
serve --seed 1 --fault forbidden-all-namespaces
ob contexts --kubeconfig "$config"
has "6/6 in default"

# 100 contexts, half of them dead: refused, or at a server that takes connections and says nothing.
serve --empty
kill -STOP "${pids##* }"
silent=$(sed -n 's/^ *server: *//p' "$config")
{
  printf 'apiVersion: v1\nkind: Config\nclusters:\n'
  printf -- '- {name: here, cluster: {server: "%s", certificate-authority-data: "%s"}}\n' "$server" "$ca"
  printf -- '- {name: refused, cluster: {server: "https://127.0.0.1:1"}}\n'
  printf -- '- {name: silent, cluster: {server: "%s"}}\n' "$silent"
  printf 'users:\n- {name: u, user: {token: "%s"}}\ncontexts:\n' "$token"
  i=0
  while [ $i -lt 50 ]; do
    printf -- '- {name: live-%d, context: {cluster: here, user: u}}\n' $i
    [ $((i % 4)) = 0 ] && how=silent || how=refused
    printf -- '- {name: dead-%d, context: {cluster: %s, user: u}}\n' $i $how
    i=$((i + 1))
  done
} >"$tmp/hundred"
ob contexts --kubeconfig "$tmp/hundred" --request-timeout 10s
exits 0
[ "$(printf '%s\n' "$out" | grep -c 'live-.*6/6')" = 50 ] || fail "50 live ones expected"
[ "$(printf '%s\n' "$out" | grep -c 'dead-.*connection refused')" = 37 ] || fail "37 refused ones"
[ "$(printf '%s\n' "$out" | grep -c 'dead-.*within 10 s')" = 13 ] || fail "13 silent ones expected"

ob contexts -o yaml --kubeconfig "$config"
exits 2
ob contexts operand
exits 2
ob contexts --request-timeout soon --kubeconfig "$config"
exits 2
ob contexts --kubeconfig "$tmp/absent"
exits 1
ob contexts
exits 1
says "no kubeconfig"
