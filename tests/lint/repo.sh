#!/bin/sh
# The tree itself: the top level holds what the map says, no file of the program is too long for
# one head, and every room is on the map.
set -eu
cd "$1"
bad=0
for entry in *; do
  case $entry in
  CMakeLists.txt | CMakePresets.json | README.md | LICENSE | run | src | include | themes | tests | screenshots) ;;
  *)
    echo "$entry does not belong at the top level"
    bad=1
    ;;
  esac
done
for file in $(find src include -name '*.[ch]'); do
  lines=$(wc -l <"$file")
  [ "$lines" -le 600 ] || { echo "$file has $lines lines: two modules?"; bad=1; }
done
for room in src/*/; do
  grep -q "$(basename "$room")/" src/README.md || { echo "$room is not in src/README.md"; bad=1; }
done
for word in TODO FIXME XXX; do
  if grep -rnw "$word" src include; then
    echo "$word: unfinished work in the source"
    bad=1
  fi
done
exit $bad
