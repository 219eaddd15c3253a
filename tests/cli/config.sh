#!/bin/sh
# `outboard config`: the table of settings, and files that are good or not, with line and remedy.
. "$(dirname "$0")/lib.sh"
ob config
exits 0
has "$tmp/.config/outboard/config.yaml"
ob config --list
exits 0
has "SETTING"
has "theme"
has "1 to 60"
hasnt "(null)"

write() { printf '%b' "$2" >"$tmp/$1"; }
write good.yaml 'theme: light\nkeys: {sort: f5}\n'
ob config --check "$tmp/good.yaml"
exits 0
has "good.yaml: a good file of settings"
write typo.yaml 'mouse: true\nthem: light\n'
ob config --check "$tmp/typo.yaml" --check "$tmp/good.yaml"
exits 1
says 'typo.yaml:2: there is no setting "them"'
says 'did you mean theme?'
has "good.yaml: a good file"
write keys.yaml 'keys:\n  sort: n\n'
ob config --check "$tmp/keys.yaml"
exits 1
says 'keys.yaml:2: keys.sort: "n" is also a key of namespaces (built in)'
write nothere.yaml 'theme: nothing-like-it\n'
ob config --check "$tmp/nothere.yaml"
exits 1
says 'there is no theme "nothing-like-it"'
write theme.yaml 'roles:\n  dim: {fg: "#12345"}\n'
ob config --check "$tmp/theme.yaml"
exits 1
says 'theme.yaml:2: roles.dim.fg: "#12345" is no colour'
write skin.yaml 'k9s:\n  body:\n    fgColor: papayawhip\n    bgColor: nocolour\n'
ob config --check "$tmp/skin.yaml"
exits 1
says 'skin.yaml:4: k9s.body.bgColor: "nocolour" is no colour'
write skin.yaml 'k9s: {body: {fgColor: papayawhip, bgColor: default}}\n'
ob config --check "$tmp/skin.yaml"
exits 0
has "a good file of k9s skin"
ob config --check "$tmp/none.yaml"
exits 1
says "none.yaml"
ob config more
exits 2
ob config --help
exits 0
has "--check"

# Plugins: a good file, a key that outboard has itself, a typo.
write plugins.yaml 'plugins:\n  a: {shortCut: Shift-W, scopes: [svc], command: dig}\n'
ob config --check "$tmp/plugins.yaml"
exits 0
has "a good file of plugins"
write plugins.yaml 'plugins:\n  a: {shortCut: s, scopes: [svc], command: dig}\n'
ob config --check "$tmp/plugins.yaml"
exits 1
says "plugins.yaml:2: plugins.a: s is a key of outboard's own (sort)"
write plugins.yaml 'plugins:\n  a:\n    shortcut: s\n'
ob config --check "$tmp/plugins.yaml"
exits 1
says "plugins.yaml:3: plugins.a.shortcut: there is no such field"

# Every fault of a file is told, each with its line; what is good among them is not.
write many.yaml 'them: light\nmouse: 3\nascii: true\nkeys:\n  sort: n\n  filtre: x\n  filter: nokey\n'
ob config --check "$tmp/many.yaml"
exits 1
says 'many.yaml:1: there is no setting "them"'
says 'many.yaml:2: mouse: 3 is not allowed'
says 'many.yaml:5: keys.sort: "n" is also a key of namespaces'
says 'many.yaml:6: keys.filtre: there is no such action'
says 'many.yaml:7: keys.filter: "nokey" is no key'
[ "$(printf '%s\n' "$err" | grep -c 'many.yaml:')" = 5 ] || fail "not five faults: $err"
write many.yaml 'roles:\n  dim: {fg: nocolour, attrs: [bold, loud]}\n  dimm: {}\nother: 1\n'
ob config --check "$tmp/many.yaml"
exits 1
says 'roles.dim.fg: "nocolour" is no colour'
says 'roles.dim.attrs: "loud" is no attribute'
says 'many.yaml:3: roles.dimm: there is no such role'
says 'many.yaml:4: other: there is no such field'
write many.yaml 'k9s:\n  body: {fgColor: no1, bgColor: red}\n  prompt: {fgColor: no2}\n'
ob config --check "$tmp/many.yaml"
exits 1
says 'many.yaml:2: k9s.body.fgColor: "no1"'
says 'many.yaml:3: k9s.prompt.fgColor: "no2"'
write many.yaml 'plugins:\n  a:\n    shortCut: Shift-W\n    scopes: svc\n    confirm: maybe\n  b: {shortCut: s, scopes: [svc], command: dig}\n  c: {shortCut: Shift-W}\n'
ob config --check "$tmp/many.yaml"
exits 1
says 'many.yaml:4: plugins.a.scopes: a list is needed'
says 'many.yaml:5: plugins.a.confirm: true or false'
says 'plugins.b: s is a key of outboard'
says 'plugins.c.command: it is missing'

# The manual and the completions know every option, setting and key.
ob config --manual
exits 0
has '.TH OUTBOARD 1'
for word in kubeconfig watch synchronizedOutput page_next ':theme' 'SCREEN READERS' Endpoints; do
  has "$word"
done
if command -v groff >/dev/null; then
  printf '%s\n' "$out" >"$tmp/outboard.1"
  warnings=$(groff -man -Tutf8 -ww -z -K utf8 "$tmp/outboard.1" 2>&1 || true)
  [ -z "$warnings" ] || fail "groff complains: $warnings"
fi
ob config --completion bash
exits 0
has "--request-timeout"
if command -v bash >/dev/null; then
  got=$( (printf '%s\n' "$out" && echo 'COMP_WORDS=(outboard get serv); COMP_CWORD=2; _outboard; echo "${COMPREPLY[@]}"') | bash)
  [ "$got" = services ] || fail "bash completes \"get serv\" to: $got"
fi
ob config --completion zsh
exits 0
has "#compdef outboard"
ob config --completion fish
exits 0
has "complete -c outboard -l kubeconfig -r"
ob config --completion tcsh
exits 2

# README shows the table as it is.
ob config --list
printf '%s\n' "$out" >"$tmp/list"
while IFS= read -r line; do
  grep -qxF -- "$line" "$1/README.md" || fail "README.md lacks the line: $line"
done <"$tmp/list"
