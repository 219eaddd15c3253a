#!/bin/sh
# --watch: the rows that are there, then a line for each change, with what happened first.
. "$(dirname "$0")/lib.sh"
serve --scale 50 --seed 3 --churn 50
for format in table json csv; do
  "$OUTBOARD" get services -A -o $format --watch --kubeconfig "$config" >"$tmp/watch" 2>"$tmp/watch.err" &
  watcher=$!
  pids="$pids $watcher"
  tries=0
  until grep -q MODIFIED "$tmp/watch"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then
      cp "$tmp/watch" "$tmp/out" && cp "$tmp/watch.err" "$tmp/err"
      last="get services -A -o $format --watch"
      fail "no change was printed"
    fi
    sleep 0.05
  done
  kill "$watcher"
  wait "$watcher" 2>/dev/null || true
  # What changed stands before the row, from what to what.
  case $format in
  table) grep -qE '^MODIFIED +[A-Z-]+ .+ -> ' "$tmp/watch" || fail "a change does not say what changed" ;;
  json) grep -qE '"type":"MODIFIED","changed":\["[a-zA-Z]+"' "$tmp/watch" || fail "no changed keys in json" ;;
  csv) head -n 1 "$tmp/watch" | grep -q '^event,changed,' || fail "no column of changes in csv" ;;
  esac
  grep -q ADDED "$tmp/watch" || fail "the rows that were there are missing"
done

# A reader that leaves ends the watch; nothing hangs.
timeout 20 "$OUTBOARD" get services -A -w --kubeconfig "$config" 2>/dev/null | head -n 2 >/dev/null
