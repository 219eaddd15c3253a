#!/bin/sh
# Help, version, and words that make no sense: exit 2, and what to type instead.
. "$(dirname "$0")/lib.sh"

ob --help
exits 0
for word in get serve --context --demo --theme --ascii; do has "$word"; done
ob get --help
exits 0
for word in exposure nodeports --selector --watch -o; do has "$word"; done
ob serve --help
exits 0
has --fault
ob serve -h
exits 0
ob --version
exits 0
has "outboard 0."
has libcurl

ob frobnicate
exits 2
says frobnicate
ob get
exits 2
says "get what?"
ob get pods
exits 2
says pods
ob get services --no-such-option
exits 2
says --no-such-option
ob get services -o xml
exits 2
says xml
ob get services a b
exits 2
ob get services -A -n shop
exits 2
ob serve --port many
exits 2
ob serve --port 70000
exits 2
says 65535
ob serve operand
exits 2

# The dashboard needs a terminal, and says what works without one.
ob
exits 2
says "outboard get"
ob --demo
exits 2
says "outboard get"
ob --ascii --theme dark
exits 2

# Scripts never fall back to the demo.
ob get services
exits 1
says "no kubeconfig"
says --demo
