#!/bin/sh
# convert, route, undo, apply: what is shown, what is done, what the exit codes say.
. "$(dirname "$0")/lib.sh"
serve
export KUBECONFIG="$config" XDG_STATE_HOME="$tmp/state"
type_of() { ob get services "$1" -n shop -o json; printf '%s' "$out" | grep -o '"type": *"[A-Za-z]*"' | head -n 1; }
is() { case $(type_of "$1") in *"\"$2\""*) ;; *) fail "$1 is no $2" ;; esac }

# Words that make no sense.
ob convert
exits 2
says "convert which service"
ob convert svc/cart -n shop
exits 2
says "which type"
ob convert svc/cart -n shop --to Nothing
exits 2
says "ClusterIP, headless, NodePort"
ob convert ing/cart -n shop --to NodePort
exits 2
ob convert svc/cart -n shop --to LoadBalancer --internal --public
exits 2
ob convert svc/nosuch -n shop --to NodePort --yes
exits 1
says "not found"
ob route frobnicate
exits 2
ob route add storefront
exits 2
ob convert svc/cart -n shop --to NodePort -o xml
exits 2
ob convert svc/cart -A --to NodePort
exits 2
says "-n names"
ob convert shop/cart --to NodePort
exits 2
says "svc/NAME or NAME"
ob convert svc/cart --to NodePort
exits 1
says "namespace default: -n names another"
ob convert svc/cart -n shop --to NodePort --external-name x.example
exits 1
says "spec.externalName: only an ExternalName has one"
ob convert svc/cart -n shop --to NodePort --internal
exits 1
says "only a LoadBalancer is internal"

# Shown, and not done: by --dry-run, and because nobody says yes.
ob convert svc/cart -n shop --to LoadBalancer --source-range 203.0.113.0/24 --class a.example/b --policy Local --dry-run --diff
exits 0
has "+ spec.type: LoadBalancer"
has "nodePort: to be allocated"
has "healthCheckNodePort: to be allocated"
has "PATCH /api/v1/namespaces/shop/services/cart?fieldManager=outboard&fieldValidation=Strict"
has "kubectl patch services cart -n shop --type=merge"
says "only nodes with a ready endpoint"
ob convert svc/cart -n shop --to NodePort
exits 4
says "PATCH /api/v1/namespaces/shop/services/cart"
says "kubectl patch services cart"
is cart ClusterIP
ob convert svc/cart -n shop --to NodePort --ports 90 --node-port 80 --dry-run
exits 0
says "80 is outside of 30000-32767"
ob convert svc/cart -n shop --to NodePort --ports 90 --dry-run
has '"nodePort":"to be allocated"'
ob convert svc/cart -n shop --to ClusterIP -o yaml
exits 0
says "nothing to do"
has "type: ClusterIP"
hasnt managedFields
ob convert svc/cart -n shop --to ClusterIP -o patch
exits 0
hasnt kubectl
ob convert svc/cart -n shop --to LoadBalancer --internal --dry-run
exits 0
has "networking.gke.io/load-balancer-type"

# Done, waited for, undone, done again.
ob convert svc/cart -n shop --to LoadBalancer --yes --wait 10s
exits 0
says "It works."
is cart LoadBalancer
ob undo --list
exits 0
has "convert service shop/cart from ClusterIP to LoadBalancer"
ob undo --yes
exits 0
is cart ClusterIP
ob undo --redo --yes
exits 0
is cart LoadBalancer
ob undo --yes
exits 0
is cart ClusterIP
ob undo --yes
exits 1
says "nothing to undo"
ob undo --list -o json
has '"state": "undone"'

# What each type needs.
ob convert cart -n shop --to ExternalName --external-name legacy.example --yes
exits 0
ob convert cart -n shop --to NodePort --ports http:80:8080/TCP --node-port 30123 --yes
exits 0
is cart NodePort
ob get nodeports -n shop -o csv
has 30123
ob convert cart -n shop --to headless --yes
exits 0
says "interruption"
ob undo 1 --yes
exits 0
is cart NodePort
ob convert cart -n shop --to NodePort --node-port 80 --yes
exits 1
says nodePort

# Rules.
ob route add storefront shop.example.com/basket -n shop --service cart --service-port 80 --path-type Exact --tls-secret shop-tls --yes
exits 0
ob route add storefront shop.example.com/basket -n shop --service cart --service-port 80 --path-type Exact --yes
exits 1
says "already there"
ob route edit storefront shop.example.com/basket -n shop --path /bag --service storefront --yes
exits 0
ob route edit storefront shop.example.com/bag -n shop --host bag.example.com --dry-run
exits 0
has "bag.example.com"
ob route move storefront shop.example.com/bag -n shop --by=-1 --yes
exits 0
ob route delete storefront shop.example.com/bag -n shop --yes
exits 0
says "no longer reach a service"
case $err in *kubectl*) fail "the requests are shown with --yes alone" ;; esac
ob route delete storefront shop.example.com/bag -n shop --yes
exits 1

# One path with two types: which of them is said by its type.
ob route copy storefront shop.example.com/cart -n shop --path-type Exact --yes --diff
exits 0
says "PATCH /apis/networking.k8s.io/v1/namespaces/shop/ingresses/storefront"
ob route delete storefront shop.example.com/cart -n shop --dry-run
exits 2
says "--path-type says which"
ob route delete storefront shop.example.com/cart -n shop --path-type Prefix --dry-run
exits 0
has "- spec.rules[shop.example.com].http.paths[/cart Prefix]"
ob route edit storefront shop.example.com/cart -n shop --path-type Exact --service wishlist --yes
exits 0
ob route delete storefront shop.example.com/cart -n shop --path-type Exact --yes
exits 0
ob route delete storefront shop.example.com/cart -n shop --path-type Exact --yes
exits 1
says "as Exact: this Ingress has no such rule"

# Copied, and moved to another Ingress, with its host's secret; back by one undo.
ob route copy storefront shop.example.com/cart -n shop
exits 1
says "already there"
ob route move storefront shop.example.com/cart -n shop
exits 2
says "--into INGRESS"
ob route move storefront shop.example.com/cart -n shop --into apart --yes
exits 0
ob get ingress apart -n shop
has "shop.example.com"
has shop-tls
ob get ingress storefront -n shop
hasnt "/cart"
ob undo --yes
exits 0
ob get ingress storefront -n shop
has "/cart"
ob get ingress apart -n shop -o json
hasnt "shop.example.com"
ob route delete storefront default -n shop --yes
exits 1
ob route rename shop.example.com www.example.com -n shop --dry-run
exits 0
has "www.example.com"
ob route rename login.example.com www.example.com -n shop --dry-run
exits 1
ob route rename login.example.com www.example.com -A --dry-run
exits 0
has "Ingress auth/login"
ob route add brandnew new.example.com -n shop --service cart --class nosuch --dry-run
says "There is no IngressClass nosuch"
ob route add brandnew new.example.com -n shop --service nosuch --class nginx --dry-run
exits 1
says "not in the picture"
ob route add brandnew new.example.com -n shop --service cart --service-port 80 --class nginx --yes
exits 0
ob get ingress brandnew -n shop
has new.example.com

# A Service for a workload, and a rule that leads to it.
ob expose
exits 2
says "which workload"
ob expose cart -n shop
exits 2
says "deploy/web"
ob expose deploy/nosuch -n shop --yes
exits 1
says "not found"
ob expose deploy/storefront -n shop
exits 1
says "already"
ob expose deploy/storefront -n shop --name front --type Nothing
exits 2
ob expose deploy/storefront -n shop --name front --type NodePort --ingress front.example.com/x --class nginx --dry-run
exits 0
has "+ spec.ports[http].targetPort: 8080"
has "+ spec.ports[http].nodePort: to be allocated"
has "backend.service.name: front"
ob expose deploy/storefront -n shop --name front --type NodePort --ingress front.example.com/x --class nginx --yes --wait 10s
exits 0
says "It works."
is front NodePort
ob get ingress front -n shop
has "front.example.com"
ob undo --yes
exits 0
ob get services front -n shop -o json
hasnt '"type"'
ob expose deploy/storefront -n shop --name front --port 80 --target-port nosuch --dry-run
exits 0
says "No container has a port named nosuch"
ob expose svc/cart -n shop --name cart2 --type headless --dry-run -o yaml
exits 0
has "clusterIP: None"

# A change that broke off: the journal of a program that ended in the middle.
journal=$tmp/state/outboard/journal
ob convert svc/cart -n shop --to ClusterIP --yes
exits 0
rm "$journal"
ob convert svc/cart -n shop --to NodePort --yes
exits 0
grep -v '"op":"end"' "$journal" | sed '$d' >"$tmp/cut"
cp "$tmp/cut" "$journal"
ob undo --list
exits 0
has "broken off"
has "1 of 1 requests are done"
has "Service shop/cart: done, though its answer did not come"
has "outboard undo 1 takes it back"
hasnt "--finish"
ob undo 1 --finish --yes
exits 1
says "nothing to finish"
ob undo --yes
exits 0
is cart ClusterIP
sed '$d' "$tmp/cut" >"$journal" # not even sent
ob undo --list
has "Service shop/cart: not sent"
has "outboard undo 1 --finish does the rest"
hasnt "takes it back"
ob undo --finish --yes
exits 0
is cart NodePort
ob undo --list
has finished
hasnt "--finish"
ob undo --yes
exits 0
is cart ClusterIP

# Somebody else at the same place: refused with both told, or decided.
ob convert svc/cart -n shop --to NodePort --yes
exits 0
cp "$journal" "$tmp/kept"
ob convert svc/cart -n shop --to LoadBalancer --yes
exits 0
cp "$tmp/kept" "$journal"
ob undo --yes
exits 3
says "spec.type: it was NodePort, you want ClusterIP, the server has LoadBalancer"
says "--mine writes over it"
ob undo --mine --theirs
exits 2
ob undo --theirs --yes
exits 0
is cart LoadBalancer
cp "$tmp/kept" "$journal"
ob undo --mine --yes
exits 0
is cart ClusterIP

# Plans as files: written, carried out, and refused when somebody else took the place.
ob convert svc/wishlist -n shop --to NodePort --dry-run -o plan
printf '%s\n' "$out" >"$tmp/plan.yaml"
has "kind: Plan"
ob apply "$tmp/plan.yaml" --yes
exits 0
is wishlist NodePort
ob undo --list --no-headers
entries=$(printf '%s\n' "$out" | grep -c "convert service shop/wishlist")
ob apply "$tmp/plan.yaml" --yes
exits 0
says "nothing to do: it is so already: convert service shop/wishlist"
hasnt "done"
ob undo --list --no-headers
[ "$(printf '%s\n' "$out" | grep -c "convert service shop/wishlist")" = "$entries" ] ||
  fail "a plan that had nothing to do is in the journal"
ob convert svc/wishlist -n shop --to LoadBalancer --public --dry-run
exits 0
hasnt "load-balancer-type"
ob convert svc/wishlist -n shop --to LoadBalancer --yes
exits 0
ob apply "$tmp/plan.yaml" --yes
exits 3
says "spec.type: it was ClusterIP, you want NodePort, the server has LoadBalancer"
ob apply "$tmp/nosuch.yaml"
exits 1
code=0
"$OUTBOARD" apply - --dry-run <"$tmp/plan.yaml" >"$tmp/out" 2>"$tmp/err" || code=$?
exits 3
printf 'kind: Other\n' >"$tmp/plan.yaml"
ob apply "$tmp/plan.yaml"
exits 1
says "no plan"
ob convert svc/wishlist -n shop --to ClusterIP --dry-run -o patch
has "kubectl patch"
ob convert svc/wishlist -n shop --to ClusterIP --dry-run -o yaml
has "type: ClusterIP"
[ "$(stat -c %a "$tmp/state/outboard/journal")" = 600 ] || fail "the journal can be read by others"

# What a webhook says is long, of several lines and wild: all of it is shown, and none of it obeyed.
serve --fault webhook-denies=3000
export KUBECONFIG="$config"
ob convert svc/cart -n shop --to NodePort --yes
exits 1
says 'admission webhook "policy.example.com" denied the request'
says "(that is all)"
says "  rule 9: "
case $err in *"$(printf '\033')"*) fail "an escape sequence came through" ;; esac
is cart ClusterIP

# The two steps to headless are refused in place; deletion and creation is offered, says what is lost,
# and is never done by itself.
ob convert svc/cart -n shop --to headless --yes
exits 1
says "--recreate deletes it and creates it anew"
ob convert svc/cart -n shop --to NodePort --recreate --yes
exits 1
says "goes in place"
ob convert svc/cart -n shop --to headless --recreate --dry-run --diff
exits 0
says "lost: It is deleted and created anew: its uid"
says "lost: Its cluster IP"
has "kubectl delete services cart -n shop"
has "kubectl create -f -"
has "+ spec.clusterIP: None"
is cart ClusterIP
ob convert svc/cart -n shop --to headless --recreate
exits 4
ob convert svc/cart -n shop --to headless --recreate --dry-run -o plan
exits 0
printf '%s\n' "$out" >"$tmp/recreate.yaml"
ob apply "$tmp/recreate.yaml" --yes
exits 0
has "done: convert service shop/cart from ClusterIP to headless, by deletion and creation"
ob get services cart -n shop -o json
has '"clusterIP": "None"'
ob apply "$tmp/recreate.yaml" --yes
exits 0
says "nothing to do: it is so already"
ob undo --yes
exits 1
says "denied the request"
ob undo --recreate --yes
exits 0
ob get services cart -n shop -o json
hasnt '"clusterIP": "None"'
