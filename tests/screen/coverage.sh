#!/bin/sh
# Every row of the tables of keys, mouse, commands, pages, options and settings has a case that uses it. A key's row is
# used by a line `key NAME # action`: the comment says which of the key's rows is meant, and
# the name must be one of that row's keys.
set -eu
cd "$1"
cases=tests/screen/cases
bad=0 rows=0
one_line() { tr '\n' ' ' <"$1" | sed 's,/\*[^*]*\*/,,g'; }

for row in $(one_line src/tui/keys.def | grep -oE 'OB_KEY\([a-z_0-9]+, "[^"]*"' |
  sed 's/OB_KEY(\([a-z_0-9]*\), "\([^"]*\)"/\1=\2/; s/ /,/g'); do
  action=${row%%=*} keys=${row#*=} found=
  rows=$((rows + 1))
  for key in $(echo "$keys" | tr ',' ' '); do
    # Fixed strings: keys are marks of regular expressions, too.
    if grep -hE "# $action\$" $cases/*.txt | grep -qF -- "key $key #"; then found=1; fi
  done
  [ -n "$found" ] || {
    echo "key $keys: no case has the line \"key ${keys%%,*} # $action\""
    bad=1
  }
done
for row in $(one_line src/tui/commands.def | grep -oE 'OB_TUI_COMMAND\("[a-z]+", "[a-z,]*"' |
  sed 's/.*("\([a-z]*\)", "\([a-z,]*\)"/\1,\2/'); do
  rows=$((rows + 1))
  grep -qE "^command ($(echo "$row" | tr ',' '|'))( |\$)" $cases/*.txt || {
    echo "command $row: no case has a line \"command ${row%%,*}\""
    bad=1
  }
done
# A row of the mouse is used by a line `click|drag|wheel … # mouse_ROW`.
for row in $(one_line src/tui/mouse.def | grep -oE 'OB_MOUSE\([a-z_]+, "' | sed 's/OB_MOUSE(\([a-z_]*\), "/\1/'); do
  rows=$((rows + 1))
  grep -qE "^(click|drag|wheel) .*# mouse_$row\$" $cases/*.txt || {
    echo "the mouse's $row: no case has a line \"click|drag|wheel … # mouse_$row\""
    bad=1
  }
done
for page in $(one_line src/tui/pages.def | grep -oE 'OB_PAGE\([A-Z]+, "[A-Za-z]+"' | sed 's/.*"\(.*\)"/\1/'); do
  rows=$((rows + 1))
  grep -qE "^page $page\$" $cases/*.txt || {
    echo "page $page: no case has a line \"page $page\""
    bad=1
  }
done
scripts="$cases/*.txt $cases/*.inc tests/cli/*.sh tests/contract/*.sh tests/unit/base/*.c"
for option in $(one_line src/base/options.def | grep -oE 'OB_OPTION\([A-Z_]+, [^,]+, "[a-z-]+"' | sed 's/.*"\(.*\)"/\1/'); do
  rows=$((rows + 1))
  # shellcheck disable=SC2086 # a list of patterns
  grep -qE -- "--$option([ =\"')]|\$)" $scripts || {
    echo "option --$option: no case and no script uses it"
    bad=1
  }
done
for setting in $(one_line src/base/settings.def | grep -oE 'OB_SETTING\([A-Z_0-9]+, "[A-Za-z0-9.]+"' | sed 's/.*"\(.*\)"/\1/'); do
  rows=$((rows + 1))
  grep -qE "(^|[^A-Za-z]|\\\\n)$setting:" $cases/*.txt $cases/*.inc || {
    echo "setting $setting: no case writes \"$setting: …\" to a configuration"
    bad=1
  }
done
[ "$rows" -gt 120 ] || { echo "only $rows rows were found: the tables moved?"; bad=1; }
echo "$rows rows of the tables of keys, mouse, commands, pages, options and settings"
exit $bad
