#!/bin/sh
# clang warns of what gcc does not: every source passes its eyes too. (The whole suite under clang is
# a lane: .ci/lanes.)
set -eu
cd "$1"
command -v clang >/dev/null || exit 77
find src -name '*.c' | sort | xargs -P 2 -n 20 clang -std=c11 -D_GNU_SOURCE -DOB_VERSION='""' \
  -DOB_LIBRARIES='""' -DOB_DATADIR='""' -DOB_SOURCE_DIR='""' -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
  -Werror -Isrc -Iinclude $(pkg-config --cflags libcjson) -fsyntax-only
