#!/bin/sh
# caught.sh PLANT BUG: the build's own sanitizers end the program and name what they saw.
case $2 in
overflow) word='heap-buffer-overflow' ;;
leak) word='detected memory leaks' ;;
integer) word='signed integer overflow' ;;
*) exit 1 ;;
esac
out=$(mktemp)
trap 'rm -f "$out"' EXIT
if "$1" "$2" >"$out" 2>&1; then
  echo "the planted bug \"$2\" went through"
  exit 1
fi
# Not shown as it is: CTest looks for the sanitizers' words in what tests print.
grep -q "$word" "$out" || {
  echo "the program ended, and \"$2\" was not named"
  exit 1
}
echo "$2 is caught"
