#!/bin/sh
# Services that are reached from inside only are asked through the API server: what the application
# answers, what the API server says instead of it, and whose refusal it is.
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
answers="200 404 401 forbidden 500 302 slow"
# shellcheck disable=SC2086 # a word each
"$LISTENER" 127.0.0.1 $answers >"$tmp/ports" &
pids="$pids $!"
until grep -q ready "$tmp/ports"; do sleep 0.05; done

start() { # FAULTS…: the services, each with an application of its own behind it
  serve --empty "$@"
  cfg="--kubeconfig $config"
  server=$(sed -n 's/.*server: *"\{0,1\}\(https:[^"]*\)"\{0,1\}/\1/p' "$config")
  token=$(sed -n 's/.*token: *"\{0,1\}\([^"]*\)"\{0,1\}/\1/p' "$config")
  sed -n 's/.*certificate-authority-data: *"\{0,1\}\([^"]*\)"\{0,1\}/\1/p' "$config" | base64 -d >"$tmp/ca.pem"
  line=0
  for name in $answers dead none; do
    line=$((line + 1))
    service "app-$name" "$(sed -n "${line}p" "$tmp/ports")"
  done
}
send() { # METHOD PATH JSON
  curl -fsS --cacert "$tmp/ca.pem" -H "Authorization: Bearer $token" -X "$1" \
    -H "Content-Type: application/${4:-json}" -d "$3" "$server$2" >/dev/null || fail "$1 $2"
}
service() { # NAME PORT
  in=/api/v1/namespaces/default
  case $2 in *[!0-9]* | '') port=1 ;; *) port=$2 ;; esac
  send POST $in/services '{"metadata":{"name":"'$1'"},"spec":{"ports":[{"name":"http","port":80}]}}'
  [ "$1" != app-none ] || return 0
  send POST $in/pods '{"metadata":{"name":"'$1'"},"spec":{"nodeName":"none","containers":[{"name":"c","image":"i"}]}}'
  send PATCH $in/pods/$1/status '{"status":{"podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}]}}' merge-patch+json
  send POST /apis/discovery.k8s.io/v1/namespaces/default/endpointslices '{"metadata":{"name":"'$1'","labels":{"kubernetes.io/service-name":"'$1'"}},"addressType":"IPv4","ports":[{"name":"http","port":'$port',"protocol":"TCP"}],"endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","namespace":"default","name":"'$1'"}}]}'
}
expect() { # SERVICE EXIT TEXT…
  what=$1 wanted=$2
  shift 2
  # shellcheck disable=SC2086 # two words
  ob probe "svc/app-$what" $cfg
  exits "$wanted"
  has "by the API server's service proxy"
  for text in "$@"; do has "$text"; done
}

start
expect 200 0 "ok " "200"
expect 404 0 "warning" "HTTP 404"
expect 401 0 "ok " "401"
expect forbidden 0 "ok " "403"
expect 500 3 "failed" "HTTP 500"
expect 302 0 "ok " "302"
expect dead 3 "failed" "the API server's proxy says: error trying to reach service"
# How long that takes is a setting; a file that makes none is said, and nothing is asked.
mkdir -p "$HOME/.config/outboard"
echo 'probeMs: 1000' >"$HOME/.config/outboard/config.yaml"
expect slow 3 "failed" "nothing answered through the API server in 1 s"
echo 'probeMs: soon' >"$HOME/.config/outboard/config.yaml"
ob probe svc/app-200 --kubeconfig "$config"
exits 1
says "config.yaml:1"
# How many at a time, and how many a second: three take as long as that says, at least.
took() { # MILLISECONDS URL…
  least=$1
  shift
  from=$(date +%s%3N)
  # shellcheck disable=SC2086
  ob probe "$@" $cfg
  ms=$(($(date +%s%3N) - from))
  [ $ms -ge "$least" ] || fail "took $ms ms"
}
slow=http://127.0.0.1:$(sed -n 7p "$tmp/ports") quick=http://127.0.0.1:$(sed -n 1p "$tmp/ports")
printf 'probeMs: 500\nprobesAtOnce: 1\n' >"$HOME/.config/outboard/config.yaml"
took 1500 "$slow/a" "$slow/b" "$slow/c"
exits 3
echo 'probesPerSecond: 2' >"$HOME/.config/outboard/config.yaml"
took 1000 "$quick/a" "$quick/b" "$quick/c"
exits 0
rm "$HOME/.config/outboard/config.yaml"
expect none 3 "failed" "no endpoints available for service"
# shellcheck disable=SC2086
{
  ob probe svc/app-200 --head $cfg
  exits 0
  has "its own refusal could not be told from an answer"
  ob probe svc/app-none -o json $cfg
  has '"hint": "it goes to ready pods only'
}

# An application's 401 says nothing about the credential: the plugin that gives it is run once.
cat >"$tmp/plugin" <<END
#!/bin/sh
echo run >>"$tmp/runs"
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$token"}}'
END
chmod 755 "$tmp/plugin"
cat >"$tmp/plugged" <<END
apiVersion: v1
kind: Config
current-context: plugged
clusters: [{name: c, cluster: {server: "$server", certificate-authority: "$tmp/ca.pem"}}]
contexts: [{name: plugged, context: {cluster: c, user: u}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: "$tmp/plugin"}}}]
END
ob probe svc/app-401 --kubeconfig "$tmp/plugged"
exits 0
has "401"
[ "$(wc -l <"$tmp/runs")" = 1 ] || fail "the plugin ran $(wc -l <"$tmp/runs") times"

# Without the right it is the API server's 403, and skipped.
start --fault forbidden-services/proxy
expect 200 0 "skipped" "you may not get services/proxy in default"
