#!/bin/sh
# What is secret stays where it is: every kind of credential is a canary, the program is used and made
# to fail with each, by its commands and in a terminal, and then nothing that it printed, drew, wrote
# to a file or handed to a child holds one.
. "$(dirname "$0")/lib.sh"
serve --seed 1
server=$(sed -n 's/^ *server: //p' "$config")
token=$(sed -n 's/^ *token: "\(.*\)"/\1/p' "$config")
[ ${#token} -gt 20 ] || fail "no token in the server's kubeconfig"

# --- the canaries ------------------------------------------------------------------------------
keys=$tmp/keys # what is secret, a line each; all of it looked for in the end
bird() { # NAME: a word that stands nowhere else
  printf 'canary%s%s' "$1" "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"
}
wrong=$(bird token) file=$(bird file) password=$(bird password) plugin=$(bird plugin)
given=$(bird given) key=$(bird key) refresh=$(bird refresh) client=$(bird client) url=$(bird url)
data=$(bird data)
key64=$(printf -- '-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n' "$key" | base64 | tr -d '\n')
pair64=$(printf 'me:%s' "$password" | base64)
data64=$(printf %s "$data" | base64)
id=$(printf '{"alg":"none"}' | base64 | tr -d '=\n').$(printf '{"exp":1}' | base64 | tr -d '=\n').$(bird signature)
printf '%s\n' "$token" "$wrong" "$file" "$password" "$plugin" "$given" "$key" "$refresh" "$client" "$url" \
  "$data" "$key64" "$pair64" "$data64" "$id" >"$keys"

# --- who logs in with them ---------------------------------------------------------------------
mkdir -p "$tmp/bin" "$tmp/seen" "$tmp/secret"
printf %s "$file" >"$tmp/secret/token"
# A child says what it was given; a credential plugin's own `env` is meant for it.
child() { # NAME line…
  name=$1
  shift
  {
    printf '%s\n' '#!/bin/sh' \
      "tr '\\0' '\\n' </proc/\$\$/cmdline >>'$tmp/seen/$name.cmdline'" \
      "tr '\\0' '\\n' </proc/\$\$/environ | grep -v '^GIVEN=' >>'$tmp/seen/$name.environ'" "$@"
  } >"$tmp/bin/$name"
  chmod 755 "$tmp/bin/$name"
}
cred='{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":'
child good "echo '$cred{\"token\":\"$token\"}}'"
child bad "echo '$cred{\"token\":\"$plugin\"}'" # cut
child failing "echo '$cred{\"token\":\"$plugin\"}}'; echo 'no way' >&2; exit 1"
child refused "echo '$cred{\"token\":\"$plugin\"}}'"
child kubectl "echo described" "sleep 0.2"
child editor "grep -q changed \"\$1\" || echo '# changed' >>\"\$1\""

user() { printf -- '- name: %s\n  user:\n%s\n' "$1" "$2"; }
exec_user() {
  user "$1" "    exec: {apiVersion: client.authentication.k8s.io/v1, command: $tmp/bin/$1, interactiveMode: Never, env: [{name: GIVEN, value: $given}]}"
}
all=$tmp/secret/kubeconfig
users='static good bad failing refused wrong tokenfile basic cert oidc proxy userinfo badurl'
{
  printf 'apiVersion: v1\nkind: Config\ncurrent-context: static\nclusters:\n'
  ca=$(sed -n 's/^ *certificate-authority-data: //p' "$config")
  printf -- '- name: c\n  cluster: {server: "%s", certificate-authority-data: %s}\n' "$server" "$ca"
  printf -- '- name: proxied\n  cluster: {server: "%s", certificate-authority-data: %s, proxy-url: "http://me:%s@127.0.0.1:9"}\n' "$server" "$ca" "$url"
  printf -- '- name: userinfo\n  cluster: {server: "https://me:%s@%s", certificate-authority-data: %s}\n' "$url" "${server#https://}" "$ca"
  printf -- '- name: badurl\n  cluster: {server: "ftp://me:%s@127.0.0.1"}\n' "$url"
  printf 'users:\n'
  user static "    token: $token"
  exec_user good && exec_user bad && exec_user failing && exec_user refused
  user wrong "    token: $wrong"
  user tokenfile "    tokenFile: $tmp/secret/token"
  user basic "    {username: me, password: $password}"
  user cert "    {client-certificate-data: $key64, client-key-data: $key64}"
  user oidc "    auth-provider: {name: oidc, config: {idp-issuer-url: 'https://127.0.0.1:9', client-id: c, client-secret: $client, id-token: $id, refresh-token: $refresh}}"
  user proxy "    token: $token"
  user userinfo "    token: $token"
  user badurl "    token: $token"
  printf 'contexts:\n'
  for name in $users; do
    cluster=c
    [ "$name" != proxy ] || cluster=proxied
    [ "$name" != userinfo ] || cluster=userinfo
    [ "$name" != badurl ] || cluster=badurl
    printf -- '- name: %s\n  context: {cluster: %s, user: %s, namespace: shop}\n' "$name" "$cluster" "$name"
  done
} >"$all"
chmod 600 "$all" "$tmp/secret/token"
export KUBECONFIG="$all" PATH="$tmp/bin:$PATH" EDITOR="$tmp/bin/editor"
export XDG_STATE_HOME="$tmp/home/state" XDG_CONFIG_HOME="$tmp/home/config" XDG_RUNTIME_DIR="$tmp/home/run" TMPDIR="$tmp/home/tmp"
mkdir -p "$XDG_RUNTIME_DIR" "$TMPDIR"
chmod 700 "$XDG_RUNTIME_DIR"
cd "$tmp/home" # a core file would lie here

# A Secret beside everything else: nobody asks for it.
if command -v curl >/dev/null; then
  curl -sk -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$server/api/v1/namespaces/shop/secrets" \
    -d "{\"metadata\":{\"name\":\"kept\"},\"data\":{\"password\":\"$data64\"}}" >"$tmp/secret/answer"
  grep -q '"kept"' "$tmp/secret/answer" || fail "the Secret was not made: $(cat "$tmp/secret/answer")"
fi

# --- the commands, with every login ----------------------------------------------------------------
n=0
keep() { # the outputs of the last command stay for the search
  n=$((n + 1))
  cp "$tmp/out" "$tmp/seen/$n.out"
  cp "$tmp/err" "$tmp/seen/$n.err"
}
for name in $users; do
  ob get services --context "$name" --request-timeout 3s
  keep
  case $name in
  static | good) exits 0 ;;
  # What a login in the URL is worth is the server's business: it beats the token.
  *) [ "$code" != 0 ] || fail "the login $name should fail" ;;
  esac
  ob doctor --context "$name" -o json
  keep
done
ob contexts
keep
for words in 'get exposure -A -o yaml' 'get ingress -A -o json' 'compare svc/web -o yaml' 'routes -A' \
  'convert svc/cart --to NodePort --dry-run -o plan' 'convert svc/cart --to NodePort --yes' \
  'undo --list' 'undo --yes' 'convert svc/nosuch --to NodePort --yes' 'config'; do
  # shellcheck disable=SC2086
  ob $words
  keep
done

# --- the dashboard -----------------------------------------------------------------------------------
keys_of() { # keys, a pause behind each
  for word in "$@"; do
    sleep 0.4
    printf "$word"
  done
}
look() { # CONTEXT KEYS…
  name=$1
  shift
  { sleep 2; keys_of "$@"; sleep 0.5; printf '\003'; sleep 0.3; printf '\003'; } |
    TERM=xterm-256color script -qefc "stty cols 140 rows 40; exec '$OUTBOARD' --context $name" "$tmp/seen/screen-$name" >/dev/null 2>&1 || true
  grep -q outboard "$tmp/seen/screen-$name" || fail "no dashboard with $name"
}
look static 2 j y q d q E q ':messages\r' q ':log\r' q ':history\r' q c '\033' ':ctx\r' '\033' &
one=$!
look wrong 2 ':messages\r' q ':log\r' q &
two=$!
look failing ':messages\r' q ':explain https://shop.example.com/\r' q
wait $one $two
grep -qs described "$tmp/seen/screen-static" || fail "the fake kubectl was not run"
[ -s "$tmp/seen/kubectl.environ" ] && [ -s "$tmp/seen/editor.cmdline" ] && [ -s "$tmp/seen/good.environ" ] ||
  fail "the children did not say what they were given: $(ls "$tmp/seen")"

# --- the process itself ------------------------------------------------------------------------------
for pid in $pids; do
  grep -q 'Max core file size *0 ' "/proc/$pid/limits" || fail "a core file would be written"
  tr '\0' '\n' <"/proc/$pid/cmdline" >>"$tmp/seen/serve.cmdline"
done

# No other program of the same person may look into it, unless somebody debugs it: what lies below
# /proc/PID is then root's.
chmod 711 "$tmp"
cp "$OUTBOARD" "$tmp/copy" && chmod 755 "$tmp/copy"
as= me=$(id -u)
if [ "$me" = 0 ] && command -v setpriv >/dev/null; then as='setpriv --reuid 65534 --clear-groups' me=65534; fi
owner() { # environment: who owns what is below /proc/PID
  rm -f "$tmp/secret/other"
  # shellcheck disable=SC2086
  env "$@" $as "$tmp/copy" serve >"$tmp/secret/other" 2>&1 &
  pid=$!
  pids="$pids $pid"
  until grep -qs current-context "$tmp/secret/other"; do sleep 0.05; done
  stat -c %u "/proc/$pid/environ" >"$tmp/secret/owner"
}
owner OUTBOARD_DEBUGGABLE=
[ "$(cat "$tmp/secret/owner")" = 0 ] || fail "others may look into the process"
owner OUTBOARD_DEBUGGABLE=1
[ "$(cat "$tmp/secret/owner")" = "$me" ] || fail "nobody may debug it"

# --- and now: where are they? --------------------------------------------------------------------------
[ -s "$XDG_STATE_HOME/outboard/journal" ] || fail "no journal was written"
cp "$tmp/serve.err" "$tmp/seen/"
found=$(grep -rlFf "$keys" "$tmp/seen" "$tmp/home" || true)
[ -z "$found" ] || {
  for f in $found; do grep -oFf "$keys" "$f" | sort -u | sed "s,^,$f: ,"; done
  fail "secrets got out"
}
# The search itself can find something.
cp "$all" "$tmp/seen/planted"
grep -rqFf "$keys" "$tmp/seen" || fail "the search finds nothing at all"
rm "$tmp/seen/planted"

# Files are the person's alone.
open=$(find "$XDG_STATE_HOME" "$XDG_CONFIG_HOME" "$TMPDIR" \( -type f -o -type d \) -perm /077 ! -path "$TMPDIR" 2>/dev/null || true)
[ -z "$open" ] || fail "others may read: $(ls -ld $open)"

# Links are not followed where it writes.
state=$XDG_STATE_HOME/outboard
echo precious >"$tmp/precious"
rm "$state/journal"
ln -s "$tmp/precious" "$state/journal"
ob convert svc/cart --to NodePort --yes
[ "$code" != 0 ] || fail "a change without a journal"
says 'symbolic link'
rm "$state/journal"
rm -f "$state/state.json"
ln -s "$tmp/precious" "$state/state.json"
look static 3 q
[ -f "$state/state.json" ] && [ ! -L "$state/state.json" ] || fail "the state was not written: $(ls -l "$state")"
[ "$(cat "$tmp/precious")" = precious ] || fail "a link was followed"
ls "$TMPDIR" | grep -q . && fail "left in the folder for temporary files: $(ls "$TMPDIR")"
exit 0
