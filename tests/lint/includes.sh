#!/bin/sh
# A room may include only itself and the rooms that the table below allows, and each library has
# one includer. The table is the design's: a row may use only rows above it.
set -eu
cd "$1"

allowed() { # ROOM -> rooms whose headers it may include
  case $1 in
  base) echo "base outboard" ;;
  kube) echo "kube base outboard" ;;
  model) echo "model base outboard" ;;
  sync) echo "sync model kube base outboard" ;;
  sim) echo "sim base outboard" ;;
  cli) echo "cli base outboard" ;;
  tui) echo "tui base outboard" ;;
  main.c) echo "cli tui sim base outboard" ;;
  *) echo "" ;;
  esac
}

bad=0
for file in $(find src include -name '*.[ch]' | sort); do
  case $file in
  include/*) room=outboard may="outboard base" ;;
  src/main.c) room=main.c may=$(allowed main.c) ;;
  *)
    room=${file#src/} room=${room%%/*}
    may=$(allowed "$room")
    [ -n "$may" ] || { echo "$file: src/$room is no room of the house"; bad=1; }
    ;;
  esac
  for header in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
    case " $may " in *" ${header%%/*} "*) ;; *)
      echo "$file: $room may not include \"$header\""
      bad=1
      ;;
    esac
  done
done

only() { # WHAT REGEX FILES…: only FILES may match
  what=$1 regex=$2
  shift 2
  for file in $(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($regex)" src include || true); do
    case " $* " in *" $file "*) ;; *)
      echo "$file: only $* may include $what"
      bad=1
      ;;
    esac
  done
}
only ncurses '(ncursesw/)?(n?curses|term|panel|menu|form)\.h' src/tui/term.c
# Two files speak libcurl over one multi handle; what they share is the header that includes it.
only libcurl 'curl/' src/kube/curl.h
for file in $(grep -rl '"kube/curl.h"' src include); do
  case $file in src/kube/http_curl.h | src/kube/probe.c | src/kube/curl.c) ;; *)
    echo "$file: only http.c, http_easy.c and probe.c speak libcurl"
    bad=1
    ;;
  esac
done
only cJSON '(cjson/)?cJSON\.h' src/base/json.c
only libyaml 'yaml\.h' src/base/yaml.c
exit $bad
