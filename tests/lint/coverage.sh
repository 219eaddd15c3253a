#!/bin/sh
# A row of the option or command table without a scenario is a row that nobody has tried.
# (The keys', pages' and commands' tables of the dashboard: tests/screen.)
set -eu
cd "$1"
bad=0 rows=0
scenarios="tests/cli tests/screen tests/contract"

for name in $(tr '\n' ' ' <src/base/options.def |
  grep -oE 'OB_OPTION\([A-Z_]+, *[^,]+, *"[a-z-]+"' | sed 's/.*"\(.*\)"/\1/'); do
  rows=$((rows + 1))
  # shellcheck disable=SC2086
  grep -rqE -e "--$name([^a-z-]|\$)" $scenarios || {
    echo "option --$name has no scenario in $scenarios"
    bad=1
  }
done
for name in $(grep -oE '^OB_COMMAND\("[a-z]+"' src/cli/commands.def | sed 's/.*"\(.*\)"/\1/'); do
  rows=$((rows + 1))
  grep -rqE "(outboard|OUTBOARD\"?|ob) $name( |\$)" tests/cli || {
    echo "command $name has no scenario in tests/cli"
    bad=1
  }
done
for name in table wide json yaml csv name; do
  rows=$((rows + 1))
  grep -rqE -e "-o $name( |\$|\")" tests/cli || {
    echo "output format $name has no scenario in tests/cli"
    bad=1
  }
done
[ "$rows" -gt 20 ] || { echo "only $rows rows were found: the tables moved?"; bad=1; }
echo "$rows rows of the option, command and format tables"
exit $bad
