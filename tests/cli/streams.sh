#!/bin/sh
# What is printed arrives, or a line says why not and the status too; a closed stream is never
# mistaken for a file or a socket of our own; a reader that leaves early is no error to tell.
. "$(dirname "$0")/lib.sh"

serve --seed 1
into() { # STREAM-AND-WHERE WORDS…
  where=$1
  shift
  code=0
  last="outboard $* $where"
  : >"$tmp/out"
  eval "\"\$OUTBOARD\" \"\$@\" $where" 2>"$tmp/err" </dev/null || code=$?
  err=$(cat "$tmp/err")
}

for words in --version --help "get services -A" "get services -A -o json" contexts doctor "routes -A"; do
  # shellcheck disable=SC2086
  into ">/dev/full" $words --kubeconfig "$config"
  exits 1
  says "standard output: No space left on device"
  # shellcheck disable=SC2086
  into ">&-" $words --kubeconfig "$config"
  exits 1
  says "standard output: Bad file descriptor"
done

code=0
"$OUTBOARD" get services -A --kubeconfig "$config" 2>"$tmp/err" | head -n 1 >"$tmp/out"
err=$(cat "$tmp/err")
[ -z "$err" ] || fail "a reader that left is told of"

# Without stdin and stderr everything is as ever.
ob get services -A --kubeconfig "$config"
whole=$out
last="outboard get services -A <&- 2>&-"
"$OUTBOARD" get services -A --kubeconfig "$config" <&- 2>&- >"$tmp/out"
[ "$(wc -l <"$tmp/out")" = "$(printf '%s\n' "$whole" | wc -l)" ] || fail "other rows"
