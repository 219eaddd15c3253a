#!/bin/sh
# coverage.sh SOURCE [low|whole]: a program of which a run reaches everything, or too little, before
# .ci/coverage. Without a word both: the one must pass, the other must not.
set -eu
top=$1
command -v gcov >/dev/null || exit 77
if [ $# = 1 ]; then
  sh "$0" "$top" whole
  if sh "$0" "$top" low; then
    echo "too little coverage goes through"
    exit 1
  fi
  exit 0
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/src/planted" "$tmp/build/ob_planted.dir"
cat >"$tmp/src/planted/a.c" <<'END'
int main(int argc, char *argv[]) {
  (void)argv;
  int n = argc;
  if (argc < 2) {
    n += 1;
    n *= 2;
    n -= 3;
    n *= 4;
  }
  return n == 7;
}
END
cd "$tmp/build"
gcc -O0 --coverage -c "$tmp/src/planted/a.c" -o ob_planted.dir/a.o
gcc --coverage ob_planted.dir/a.o -o planted
if [ "$2" = low ]; then ./planted x; else ./planted || true; fi
"$top/.ci/coverage" "$tmp/build" 90 planted
