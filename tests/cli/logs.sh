#!/bin/sh
# The embedded server's logs: with `follow` a line comes now and then until the pod is gone, and it is
# the line that the log has there whoever asks.
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || exit 0
serve
token=$(sed -n 's/^ *token: *//p' "$config" | tr -d '"')
url=$(sed -n 's/^ *server: *//p' "$config" | tr -d '"')/api/v1/namespaces/auth
get() { curl -sSkN -H "Authorization: Bearer $token" "$@"; }
pod=$(get "$url/pods?labelSelector=app%3Dldap-bridge" | grep -o '"name":"ldap-bridge-[^"]*' | head -1)
pod=${pod##*\"}
[ -n "$pod" ] || fail "there is no pod of ldap-bridge"
get "$url/pods/$pod/log?follow=true&tailLines=2&timestamps=true" >"$tmp/followed" &
follower=$!
n=0
while [ "$(wc -l <"$tmp/followed")" -lt 4 ]; do
  n=$((n + 1))
  [ $n -lt 200 ] || fail "no line came: $(cat "$tmp/followed")"
  sleep 0.1
done
get "$url/pods/$pod/log?tailLines=20&timestamps=true" >"$tmp/log"
while IFS= read -r line; do
  grep -qxF -- "$line" "$tmp/log" || fail "followed, and not in the log: $line"
done <"$tmp/followed"
get -X DELETE "$url/pods/$pod" >/dev/null
wait "$follower" || fail "the follower did not end well with its pod"
