#!/bin/sh
# Everything that is measured, in one order, into README.md and keys.svg beside this file.
#
#   run.sh BUILD-FOLDER        (./run bench builds it and calls this)
#
# BENCH_WORLDS (default "100 1000 10000 100000") and BENCH_SECONDS (default 20, of each quiet and busy
# time) make it shorter. kubectl is measured when it is on PATH, the real kube-apiserver when it is built
# (tests/README.md), and on it k9s: that asks in protobuf, which the embedded server refuses.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
self=$here/run.sh

# Bytes that came in over the TCP connections of a process: called by bench-screen.
if [ "$1" = received ]; then
  command -v ss >/dev/null || { echo -1; exit; }
  ss -Htinp 2>/dev/null | awk -v pid="pid=$2," '
    /^[A-Z]/ { mine = index($0, pid) }
    mine && match($0, /bytes_received:[0-9]+/) { sum += substr($0, RSTART + 15, RLENGTH - 15) }
    END { printf "%.0f\n", sum }'
  exit
fi

real=
if [ "$1" = real ]; then # inside of `cluster run`: the servers are in the environment
  real=1
  shift
fi
build=$1
bench=$build/tests/bench
outboard=$build/outboard
worlds=${BENCH_WORLDS:-100 1000 10000 100000}
seconds=${BENCH_SECONDS:-20}
out=${BENCH_OUT:-$(mktemp -d)}
export BENCH_OUT="$out" BENCH_RECEIVED="$self received" XDG_CONFIG_HOME="$out" XDG_STATE_HOME="$out"
say() { printf 'bench: %s\n' "$*" >&2; }

server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  server=
}
trap 'stop; [ -n "$real" ] || rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
serve() { # SERVICES [CHANGES]
  stop
  : >"$out/kubeconfig"
  "$outboard" serve --scale "$1" ${2:+--churn "$2"} >"$out/kubeconfig" 2>/dev/null &
  server=$!
  until grep -q namespace: "$out/kubeconfig"; do sleep 0.1; done
}
kubeconfig() { [ -n "$real" ] && echo "$OUTBOARD_CLUSTER/admin.kubeconfig" || echo "$out/kubeconfig"; }

# TOOL WORLD quiet|busy SECONDS: one line of results
measure() {
  name=$1 world=$2 how=$3 time=$4
  config=$(kubeconfig)
  case $name in
  outboard) set -- "$outboard" --kubeconfig "$config" ;;
  k9s) set -- -f "K9s Rev" -w "[10,001]" k9s --kubeconfig "$config" -c services -A ;;
  kubectl) set -- kubectl --kubeconfig "$config" get services,endpointslices,ingresses -A ;;
  esac
  line=$("$bench/bench-screen" -s "$time" "$@" 2>>"$out/log" | tr '\n' ' ') || line=
  say "$name, $world services, $how: $line"
  printf '%s %s %s %s\n' "$name" "$world" "$how" "$line" >>"$out/results"
}

have() { command -v "$1" >/dev/null; }

if [ -n "$real" ]; then
  "$bench/bench-seed" "$BENCH_SEED" "$OUTBOARD_CLUSTER/admin.kubeconfig" 2>>"$out/log" || say "seeding: $(tail -n 1 "$out/log")"
  PATH=$(dirname "$KUBECTL"):$PATH
  printf '%s\n' "$OUTBOARD_CLUSTER_VERSION" >"$out/version"
  for round in 1 2 3; do
    "$bench/bench-live" "$OUTBOARD_CLUSTER/admin.kubeconfig" >"$out/live"
    awk '/^live/ { l = $2 } /^cpu to/ { c = $4 } /^received/ { r = $2 } /^rss/ { m = $2 }
      END { print "session real live", 0, l, c, m, -1, -1, -1, r }' "$out/live" >>"$out/results"
    start=$(date +%s%N)
    for path in api/v1/services apis/discovery.k8s.io/v1/endpointslices apis/networking.k8s.io/v1/ingresses; do
      printf 'url = "%s/%s"\noutput = "/dev/null"\n' "$OUTBOARD_CLUSTER_URL" "$path"
    done >"$out/curl"
    curl -Z -s -S --compressed -A x -H 'Accept: application/json' --cacert "$OUTBOARD_CLUSTER/ca.crt" \
      -H "Authorization: Bearer $(cat "$OUTBOARD_CLUSTER/admin.token")" -K "$out/curl" 2>>"$out/log"
    end=$(date +%s%N)
    echo "curl real live 0 $(((end - start) / 1000000)) -1 -1 -1 -1 -1 -1" >>"$out/results"
    say "real server, round $round: $(tail -n 2 "$out/results" | tr '\n' ';')"
  done
  measure outboard real quiet "$seconds"
  ! have k9s || measure k9s real quiet "$seconds"
  measure kubectl real quiet 0
  exit
fi

cut -d" " -f1 /proc/loadavg >"$out/load"
say "worlds $worlds, $seconds s of quiet and of change; a quarter of an hour or more"
for n in $worlds; do
  serve "$n"
  measure outboard "$n" quiet "$seconds"
  [ "$n" != 10000 ] || ! have kubectl || measure kubectl "$n" quiet 0
  serve "$n" 1000
  measure outboard "$n" busy "$seconds"
  stop
  "$bench/bench-model" "$n" | awk -v n="$n" '/^ +1 slices/ { print n, $(NF - 1) * 1000 }' >>"$out/events"
done
say "keys"
# shellcheck disable=SC2086
"$bench/bench-keys" "$outboard" $worlds 2>>"$out/log" | tee -a "$out/keys" >&2 || say "keys: stopped"
cluster=$build/tests/cluster/cluster
if [ -x "$cluster" ]; then
  serve 10000
  say "a real kube-apiserver: putting 10000 services into it takes some minutes"
  BENCH_SEED=$out/kubeconfig "$cluster" run -- "$self" real "$build" >&2 || say "no real kube-apiserver"
fi
stop
"$here/report.sh" "$out" "$here"
say "written: tests/bench/README.md, tests/bench/keys.svg"
