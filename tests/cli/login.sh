#!/bin/sh
# Logins as a script meets them: plugins, their failures, a watch that outlives its token.
. "$(dirname "$0")/lib.sh"
serve --seed 1
token=$(sed -n 's/^ *token: "\(.*\)"/\1/p' "$config")

# user TEXT: $tmp/as is the server's kubeconfig with this user instead.
user() {
  awk -v user="$1" '/^ *token:/ { print "    " user; next } { print }' "$config" >"$tmp/as"
  chmod 600 "$tmp/as"
}
api=client.authentication.k8s.io/v1
plugin() { # LINES: an executable $tmp/plugin
  printf '#!/bin/sh\n%s\n' "$1" >"$tmp/plugin"
  chmod 700 "$tmp/plugin"
}
answer="printf '{\"apiVersion\":\"$api\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$token\",\"expirationTimestamp\":\"%s\"}}' \"\$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ)\""

# One run for all that a command asks for; relative to the kubeconfig's folder, not to ours.
user "exec: {command: ./plugin, args: [a b], apiVersion: $api, interactiveMode: IfAvailable}"
plugin "echo \"\$1\" >>'$tmp/runs'; cat >>'$tmp/stdin'; $answer"
ob get services -A --kubeconfig "$tmp/as"
exits 0
has storefront
[ "$(cat "$tmp/runs")" = "a b" ] || fail "not run once: $(cat "$tmp/runs")"
[ ! -s "$tmp/stdin" ] || fail "our stdin went to it"

# What it says is shown, made safe; what it prints is not.
plugin "printf 'please\\033[31m log in\\n' >&2; echo $token; exit 9"
ob get services -A --kubeconfig "$tmp/as"
exits 1
says "failed with exit code 9: please"
says "log in"
case $err in *"$(printf '\033')"*) fail "an escape came through" ;; *"$token"*) fail "the token came through" ;; esac
rm "$tmp/plugin"
ob get services -A --kubeconfig "$tmp/as"
exits 1
says "is not installed"
user "exec: {command: no-such-plugin, apiVersion: $api, interactiveMode: Never, installHint: 'try brew'}"
ob get services -A --kubeconfig "$tmp/as"
exits 1
says "no-such-plugin"
says "try brew"
user "exec: {command: ./plugin, apiVersion: $api, interactiveMode: Always}"
ob get services -A --kubeconfig "$tmp/as"
exits 1
says "nobody can be asked here"
user "auth-provider: {name: gcp}"
ob get services -A --kubeconfig "$tmp/as"
exits 1
says "gke-gcloud-auth-plugin"

# A file that everybody can read.
cp "$config" "$tmp/open"
chmod 644 "$tmp/open"
ob get services -A --kubeconfig "$tmp/open"
exits 0
says "open holds a credential and every user of this computer can read it"
chmod 600 "$tmp/open"
ob get services -A --kubeconfig "$tmp/open"
case $err in *"every user"*) fail "a warning without a reason" ;; esac

# A program that ends takes its plugin along.
user "exec: {command: ./plugin, apiVersion: $api, interactiveMode: Never}"
plugin "echo \$\$ >'$tmp/pid'; exec sleep 600"
ob get services -A --kubeconfig "$tmp/as" --request-timeout 1s
exits 1
pid=$(cat "$tmp/pid")
tries=0
while kill -0 "$pid" 2>/dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail "the plugin $pid still runs"
  sleep 0.1
done
