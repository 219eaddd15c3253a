#!/bin/sh
# What `cmake --install` puts in place works from there: the program, the kubectl plugin, the
# themes.
. "$(dirname "$0")/lib.sh"
cmake --install "$(dirname "$OUTBOARD")" --prefix "$tmp/usr" >"$tmp/log" 2>&1 || fail "$(cat "$tmp/log")"
[ -x "$tmp/usr/bin/outboard" ] || fail "no outboard"
for theme in dark light high-contrast colour-blind monochrome; do
  [ -r "$tmp/usr/share/outboard/themes/$theme.yaml" ] || fail "no theme $theme"
done
[ -s "$tmp/usr/share/man/man1/outboard.1" ] || fail "no manual page"
[ -s "$tmp/usr/share/bash-completion/completions/outboard" ] || fail "no completions for bash"
serve --seed 1
OUTBOARD=$tmp/usr/bin/kubectl-outboard
ob get services -A --kubeconfig "$config"
exits 0
has kubernetes
