#!/bin/sh
# Where kube-apiserver, etcd and kubectl are: one line NAME=PATH each, and gateway-api=FOLDER of CRDs.
#
#   servers.sh [VERSION]   77 and a reason on stderr when there are none
#
# Looked for in $KUBEBUILDER_ASSETS, on PATH, in the cache folder; else built from Go modules into that
# folder (ten minutes on two cores, once). With a VERSION other than the newest: the last two only.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
newest=v1.37.2
version=${1:-$newest}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/outboard/servers
crds=$cache/gateway-api-v1.6.3
say() { printf '%s\n' "$*" >&2; }
skip() {
  say "skipped: $*"
  exit 77
}

new_go() { # is there a Go that takes `tool` lines of the modules' own age?
  command -v go >/dev/null || return 1
  minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -ge 26 ]
}

build() { # VERSION -> $cache/VERSION, whole or not at all
  [ -f "$here/$1/go.mod" ] || skip "no kube-apiserver $1, and no go.mod to build one"
  new_go || skip "no kube-apiserver (in \$KUBEBUILDER_ASSETS, on PATH, in $cache), and no Go >= 1.26 to build one"
  say "building kube-apiserver, kubectl and etcd $1 in $cache (ten minutes the first time)"
  part=$cache/.$1.$$
  mkdir -p "$part"
  minor=${1#v1.}
  is=k8s.io/component-base/version
  flags="-s -w -X $is.gitVersion=$1 -X $is.gitMajor=1 -X $is.gitMinor=${minor%%.*}"
  for tool in k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl go.etcd.io/etcd/server/v3; do
    name=${tool##*/}
    [ "$name" != v3 ] || name=etcd
    (cd "$here/$1" && nice go build -trimpath -buildvcs=false -ldflags "$flags" -o "$part/$name" "$tool") >&2 || {
      rm -rf "$part"
      skip "building $tool $1 failed"
    }
  done
  mv -T "$part" "$cache/$1" 2>/dev/null || rm -rf "$part"
}

whole() { [ -x "$1/kube-apiserver" ] && [ -x "$1/etcd" ] && [ -x "$1/kubectl" ]; }
show() { printf 'kube-apiserver=%s\netcd=%s\nkubectl=%s\n' "$1" "$2" "$3"; }

get_crds() { # out of their module; without Go the tier runs without them
  [ ! -d "$crds" ] || return 0
  new_go || return 0
  from=$(cd "$here/gateway-api" && go mod download -json sigs.k8s.io/gateway-api 2>/dev/null |
    sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
  [ -d "${from:-/nowhere}/config/crd/standard" ] || return 0
  mkdir -p "$crds.$$"
  cp "$from"/config/crd/standard/*.yaml "$crds.$$"
  chmod -R u+w "$crds.$$"
  mv -T "$crds.$$" "$crds" 2>/dev/null || rm -rf "$crds.$$"
}

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
get_crds
if [ "$version" = "$newest" ] && [ -n "${KUBEBUILDER_ASSETS:-}" ] && whole "$KUBEBUILDER_ASSETS"; then
  show "$KUBEBUILDER_ASSETS/kube-apiserver" "$KUBEBUILDER_ASSETS/etcd" "$KUBEBUILDER_ASSETS/kubectl"
elif [ "$version" = "$newest" ] && command -v kube-apiserver >/dev/null && command -v etcd >/dev/null &&
  command -v kubectl >/dev/null; then
  show "$(command -v kube-apiserver)" "$(command -v etcd)" "$(command -v kubectl)"
else
  whole "$cache/$version" || build "$version"
  show "$cache/$version/kube-apiserver" "$cache/$version/etcd" "$cache/$version/kubectl"
fi
[ ! -d "$crds" ] || printf 'gateway-api=%s\n' "$crds"
