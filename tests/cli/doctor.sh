#!/bin/sh
# The chain, link by link: each way to break it is named with its remedy, and what follows is "not
# reached". (What needs a server of its own, a silent or an expired one: tests/unit/sync.)
. "$(dirname "$0")/lib.sh"
serve --seed 1
server=$(sed -n 's/^ *server: *//p' "$config")
port=${server##*:}
token=$(sed -n 's/^ *token: *"\(.*\)"/\1/p' "$config")

# broken LINK TEXT REMEDY: the first broken link, what it says, what can be done.
broken() {
  exits 1
  has "The first broken link is $1:"
  has "$2"
  has "what to do: "
  has "$3"
  hasnt "$token"
}
row() { printf '%s\n' "$out" | grep -E "^$1 +" || fail "no row $1"; }
row_has() { case $(row "$1") in *"$2"*) ;; *) fail "row $1 lacks: $2" ;; esac }
changed() { sed "$1" "$config" >"$tmp/changed"; }

ob doctor --kubeconfig "$config"
exits 0
[ "$(printf '%s\n' "$out" | grep -c ' ok ')" = 12 ] || fail "12 good links expected"
row_has file "$config"
row_has context "outboard-demo"
row_has credential "user outboard-demo: token"
row_has dns 127.0.0.1
row_has tls "TLSv1."
row_has tls "outboard embedded CA"
row_has tls localhost
row_has tls until
row_has authentication "you are outboard"
row_has authorisation "6 of 6"
row_has versions v1.37
hasnt "$token"
ob doctor -o json --kubeconfig "$config" --context outboard-demo --no-headers
exits 0
has '"ok": true'
has '"broken": null'
hasnt "$token"
ob doctor --demo
exits 0

ob doctor --kubeconfig "$tmp/absent"
broken file "$tmp/absent" "--kubeconfig"
[ "$(printf '%s\n' "$out" | grep -c 'not reached')" = 11 ] || fail "11 links are not reached"
ob doctor
broken file "no kubeconfig" "--kubeconfig"
ob doctor --kubeconfig "$config" --context nowhere
broken context nowhere outboard-demo
row_has file ok
ob doctor -o json --kubeconfig "$config" --context nowhere
exits 1
has '"broken": "context"'
has '"state": "notReached"'
changed 's/^\( *\)cluster: .*/\1cluster: absent/'
ob doctor --kubeconfig "$tmp/changed"
exits 1
has "The first broken link is context:"
changed 's,^    token: .*,    tokenFile: /no/such/token,'
ob doctor --kubeconfig "$tmp/changed"
broken credential /no/such/token "folder of the kubeconfig"
row_has context ok

changed 's,^    token: .*,    exec: {apiVersion: client.authentication.k8s.io/v1\, interactiveMode: Never\, command: /no/such/login-helper},'
ob doctor --kubeconfig "$tmp/changed"
broken credential "login-helper" ""

changed "s,server: .*,server: https://nowhere.invalid:$port,"
ob doctor --kubeconfig "$tmp/changed" --request-timeout 3s
exits 1
has "The first broken link is dns:"
changed "s,server: .*,server: https://127.0.0.1:1,"
ob doctor --kubeconfig "$tmp/changed"
broken tcp "connection refused" "is the cluster running"
row_has tls "not reached"
changed "s,^    server: .*,&\n    proxy-url: http://127.0.0.1:1,"
ob doctor --kubeconfig "$tmp/changed"
broken tcp "the proxy http://127.0.0.1:1: connection refused" proxy-url

changed '/certificate-authority-data/d'
ob doctor --kubeconfig "$tmp/changed"
broken tls "unknown authority" certificate-authority
row_has tls "issued by"
changed "s,^    server: .*,&\n    tls-server-name: api.example,"
ob doctor --kubeconfig "$tmp/changed"
broken tls 'not for the name "api.example"' tls-server-name
row_has tls "for localhost, 127.0.0.1"
changed "s,server: https,server: http,"
ob doctor --kubeconfig "$tmp/changed"
broken http "127.0.0.1:$port" "https://"

# A token that tells its end.
changed 's/token: .*/token: e30.eyJleHAiOjE3MDAwMDAwMDB9.sig/'
ob doctor --kubeconfig "$tmp/changed"
broken authentication "the token of user \"outboard-demo\" expired at 2023-11-14T22:13:20Z" "log in again"
row_has credential ", expired at 2023"

# The client certificate: its end is told; one that does not fit its key is the credential's fault.
key='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=me -days 30'
if $key -keyout "$tmp/me.key" -out "$tmp/me.crt" 2>"$tmp/openssl"; then
  changed "s,^    token: .*,&\n    client-certificate: $tmp/me.crt\n    client-key: $tmp/me.key,"
  ob doctor --kubeconfig "$tmp/changed"
  exits 0
  row_has credential "client certificate"
  row_has credential ", until 20"
  row_has credential "(29d)"
  $key -keyout "$tmp/me.key" -out "$tmp/other.crt" 2>"$tmp/openssl"
  ob doctor --kubeconfig "$tmp/changed"
  broken credential "the client certificate of user" "belong together"
else
  echo "skipped: client certificates, there is no openssl: $(cat "$tmp/openssl")"
fi
changed "s,^    server: .*,&/some/path,"
ob doctor --kubeconfig "$tmp/changed"
broken http "this is no Kubernetes API server" "is \`server\` right"

changed 's/token: .*/token: very-secret-and-wrong/'
ob doctor --kubeconfig "$tmp/changed"
broken authentication nauthorized "log in again"
row_has http ok
hasnt very-secret-and-wrong
changed 's/^    token: .*/    as: ""/'
ob doctor --kubeconfig "$tmp/changed"
broken authentication "takes you for nobody" "no credential"

# What carries nothing does not hide what follows.
serve --seed 1 --fault forbidden-nodes
ob doctor --kubeconfig "$config"
broken authorisation "list, watch on nodes" "administrator"
row_has clock ok
serve --seed 1 --fault only-shop
ob doctor --kubeconfig "$config"
broken authorisation "nodes" "says what it does not know"
row_has authorisation "only in namespace shop"
serve --seed 1 --fault old-version
ob doctor --kubeconfig "$config"
broken versions "1.18 is older than 1.21" update
serve --seed 1 --fault missing-ingresses
ob doctor --kubeconfig "$config"
broken apis "ingresses.networking.k8s.io" runtime-config
serve --seed 1 --fault clock-skew
ob doctor --kubeconfig "$config"
broken clock "behind the server" timedatectl
row_has apis ok

ob doctor -o yaml --kubeconfig "$config"
exits 2
ob doctor operand
exits 2
ob doctor --request-timeout soon
exits 2
