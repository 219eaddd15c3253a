#!/bin/sh
# hardened.sh SOURCE: what users run is built as the README's SECURITY part says, read from the
# program itself. Builds the preset `release` (warnings are errors there, too).
set -eu
cd "$1"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset release && ninja -C .build/release outboard; } >"$log" 2>&1 || {
  tail -40 "$log"
  exit 1
}
program=.build/release/outboard
bad=0
has() { # WHAT REGEX readelf-arguments
  what=$1 regex=$2
  shift 2
  readelf "$@" "$program" 2>/dev/null | grep -qE "$regex" || {
    echo "$program: $what is missing"
    bad=1
  }
}
has 'a position-independent executable' 'Type: *DYN' -hW
has 'PIE' 'Flags:.*PIE' -dW
has 'relocations that are read-only' 'GNU_RELRO' -lW
has 'binding at start (full RELRO)' 'BIND_NOW|Flags:.* NOW' -dW
has 'a stack that is not executable' 'GNU_STACK.* RW ' -lW
has 'the stack protector' '__stack_chk_fail' --dyn-syms -W
for name in __fprintf_chk __snprintf_chk __vsnprintf_chk; do
  has "FORTIFY ($name)" "$name" --dyn-syms -W
done
if readelf -dW "$program" | grep -qE 'RPATH|RUNPATH|TEXTREL'; then
  echo "$program: RPATH, RUNPATH or TEXTREL"
  bad=1
fi
grep -q 'D_FORTIFY_SOURCE=3' .build/release/build.ninja || {
  echo "the release preset does not ask for FORTIFY_SOURCE=3"
  bad=1
}
exit $bad
