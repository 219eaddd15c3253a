#!/bin/sh
# A limit on what comes from outside without a row in limits.txt is a limit that nobody has tried, or
# that nobody is told of. Limits are constants that end in _MAX, and those that a header's paragraph
# "Limits" names.
set -eu
cd "$1"
table=tests/lint/limits.txt
bad=0
rows=$(grep -v '^#' $table)
names=$(
  {
    grep -rhoE '\b[A-Z][A-Z0-9_]*_MAX *= *[^=]' src include | sed 's, *=.*,,'
    awk '/Limits/ { on = 1 } / (Source|Errors|Thread|Secrets|Ownership) |^ \*$|\*\// { if (!/Limits/) on = 0 } on' \
      src/*/*.h include/outboard/*.h | grep -oE '\b(OB|SIM)_[A-Z0-9_]*[A-Z0-9]\b' | grep -vE '_H$|^OB_E[A-Z]+$'
  } | sort -u
)
for name in $names; do
  # What a paragraph names without setting it is no constant of its own.
  grep -rqwE "$name *=" src include || continue
  printf '%s\n' "$rows" | grep -q "^$name " || {
    echo "$name has no row in $table"
    bad=1
  }
done
open=0 tried=0
while read -r name how; do
  grep -rqwE "$name *=" src include || {
    echo "$table: there is no limit $name"
    bad=1
  }
  case $how in
  told | cut)
    tried=$((tried + 1))
    grep -rqw --include='*.c' --include='*.h' "$name" tests/unit tests/change tests/wire tests/contract || {
      echo "$name is $how, and no test names it"
      bad=1
    }
    ;;
  own) ;;
  open) open=$((open + 1)) ;;
  *)
    echo "$table: $name is \"$how\": told, cut, own or open"
    bad=1
    ;;
  esac
done <<END
$rows
END
echo "$tried limits are tried, $open stand without a test of their own"
exit $bad
