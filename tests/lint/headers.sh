#!/bin/sh
# Every header compiles alone, as the first thing a file includes, and has a guard.
set -eu
cd "$1"
cc=$2
bad=0
for header in $(find include src -name '*.h' | sort); do
  name=${header#include/} name=${name#src/}
  printf '#include "%s"\n#include "%s"\ntypedef int ob_used;\n' "$name" "$name" |
    "$cc" -std=c11 -D_GNU_SOURCE -DOB_VERSION='""' -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
      -Wno-unused-function -Isrc -Iinclude -fsyntax-only -x c - || {
    echo "$header does not compile alone"
    bad=1
  }
  head -n 1 "$header" | grep -q '^/\*' || { echo "$header does not open with its contract"; bad=1; }
done
exit $bad
