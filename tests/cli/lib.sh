# Sourced by every scenario: an embedded server, and words to say what is expected.
#   serve [ARGS]          start one; $config is its kubeconfig
#   ob WORDS…             run outboard; $out, $err, $code hold what came
#   exits N · has TEXT · hasnt TEXT · says TEXT (stderr) · fail MESSAGE
# shellcheck shell=sh disable=SC2034
set -eu
OUTBOARD=${OUTBOARD:-$1/.build/test/outboard}
tmp=$(mktemp -d)
pids=
config=$tmp/kubeconfig
unset KUBECONFIG
export HOME="$tmp" NO_COLOR=

finish() {
  for pid in $pids; do
    kill "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true # one that a scenario stopped
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap finish EXIT

serve() {
  rm -f "$config"
  "$OUTBOARD" serve "$@" >"$config" 2>"$tmp/serve.err" &
  pids="$pids $!"
  tries=0
  until grep -q current-context "$config" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "the server did not start: $(cat "$tmp/serve.err")"
    sleep 0.05
  done
}

ob() {
  code=0
  last="outboard $*"
  "$OUTBOARD" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || code=$?
  out=$(cat "$tmp/out")
  err=$(cat "$tmp/err")
}

fail() {
  echo "FAILED: $*"
  echo "  command: ${last:-none} (exit ${code:-?})"
  echo "  stdout:"
  head -n 40 "$tmp/out" 2>/dev/null | sed 's/^/    /'
  echo "  stderr:"
  head -n 20 "$tmp/err" 2>/dev/null | sed 's/^/    /'
  exit 1
}
exits() { [ "$code" = "$1" ] || fail "exit $1 expected"; }
has() { case $out in *"$1"*) ;; *) fail "stdout lacks: $1" ;; esac }
hasnt() { case $out in *"$1"*) fail "stdout has: $1" ;; esac }
says() { case $err in *"$1"*) ;; *) fail "stderr lacks: $1" ;; esac }
lines() { printf '%s\n' "$out" | wc -l | tr -d ' '; }
