#!/bin/sh
# Calls that have a safer form in base, and exits below the front ends.
set -eu
cd "$1"
bad=0
ban() { # REGEX WHY FILES…
  regex=$1 why=$2
  shift 2
  # Comments and strings may name a call; code may not.
  for file in $(find "$@" -name '*.[ch]' | sort); do
    sed -e 's,"\([^"\\]\|\\.\)*","",g' -e 's,//.*,,' -e 's,/\*[^*]*\*/,,g' -e 's,^ \*.*,,' -e 's,^/\*.*,,' "$file" |
      grep -nE "(^|[^A-Za-z0-9_])($regex)[[:space:]]*\(" | sed "s,^,$file:," >>"$found" || true
  done
  if [ -s "$found" ]; then
    cat "$found"
    echo "  -> $why"
    bad=1
    : >"$found"
  fi
}
found=$(mktemp)
trap 'rm -f "$found"' EXIT
ban 'strcpy|strcat|sprintf|vsprintf|strtok|gets|alloca' 'use base/buf.h or snprintf' src include
ban 'atoi|atol|atoll' 'use ob_parse_int' src include
ban 'system|popen' 'no shell is ever started' src include
ban 'setenv|putenv|unsetenv' 'the environment is read, never written' src include
ban 'malloc|calloc|realloc|strdup|strndup|asprintf' 'use ob_alloc and its kin: base/mem.h' \
  src/kube src/model src/sync src/cli src/tui src/sim
ban 'printf|puts|putchar|perror|exit|abort' 'nothing below the front ends prints or ends the program' \
  src/kube src/model src/sync src/sim
exit $bad
