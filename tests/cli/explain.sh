#!/bin/sh
# `outboard explain` and `outboard routes`: the way of a request, and the whole map.
. "$(dirname "$0")/lib.sh"
serve --seed 1
cfg="--kubeconfig $config"

# shellcheck disable=SC2086 # $cfg is two words
{
  # By Ingress, with the reason at each step and who lost.
  ob explain https://shop.example.com/cart/1 $cfg
  exits 0
  has "GET https://shop.example.com/cart/1 from outside: goes by ingress class nginx to shop/cart"
  has "load balancer of edge/ingress-nginx, port 443"
  has "the longest path that matches"
  has "Not chosen"
  has "matches, but its path is shorter"

  # A wildcard stands for one label.
  ob explain https://a.shop.example.com $cfg
  exits 0
  has "a wildcard stands for one label"
  ob explain https://a.b.shop.example.com $cfg
  hasnt "tenants, rule"

  # Where it stops, and what would mend it: exit 1.
  ob explain blog.example.com $cfg
  exits 1
  has "stops at service: there is no service blog in namespace shop"
  has "→ create the service"
  ob explain http://track.example.com $cfg
  exits 1
  has "the service has no such port: it has http 8080"

  # A host that nobody names is the catch-all's, whoever the name leads to.
  ob explain http://nobody.example.net $cfg
  exits 0
  has "default backend of edge/catch-all"
  has "1 Ingress of this class names the host or takes any"
  has "default backend  (partners/partner-portal): Traefik takes that of an Ingress without rules"
  ob explain http://192.0.2.77 $cfg
  exits 1
  has "nothing here answers for 192.0.2.77"

  # The Gateway API: methods, headers, grants, listeners.
  ob explain http://shop.gw.example.com/ $cfg --header "X-Preview: yes"
  exits 0
  has "to shop/storefront-preview"
  ob explain http://shop.gw.example.com/ $cfg -H "X-Preview: no"
  has "a header has another value"
  ob explain http://api.gw.example.com/v1/products $cfg --method DELETE
  exits 1
  has "the method is another"
  ob explain http://shop.gw.example.com/img/1 $cfg
  exits 0
  has "to media/images"
  ob explain https://pay.gw.example.com $cfg
  exits 1
  has "→ create a ReferenceGrant in namespace payments"
  ob explain http://portal.example.net $cfg
  exits 1

  # Addresses, node ports, and names inside the cluster.
  ob explain http://198.51.100.11:30080 $cfg
  exits 0
  has "node port 30080 of service shop/storefront-preview"
  ob explain http://cart.shop.svc.cluster.local $cfg
  exits 1
  has "inside it alone"
  ob explain http://cart.shop $cfg --from inside
  exits 0
  has "service shop/cart inside the cluster"

  # JSON has the same.
  ob explain https://shop.example.com/cart $cfg -o json
  exits 0
  has '"verdict": "goes"'
  has '"notChosen": ['
  if command -v jq >/dev/null; then
    printf '%s' "$out" | jq -e '.ways[0].service.name == "cart" and (.ways[0].steps | length > 5)' \
      >/dev/null || fail "the JSON says something else"
  fi

  # Words that make no sense.
  ob explain $cfg
  exits 2
  ob explain ftp://x $cfg
  exits 2
  says "neither http nor https"
  ob explain x $cfg --from nowhere
  exits 2
  ob explain x $cfg --header nonsense
  exits 2
  ob explain x $cfg -o yaml
  exits 2

  # The map.
  ob routes -A $cfg
  exits 0
  has "https://shop.example.com/cart"
  has "gateway"
  has "NODE:30080/TCP"
  has "✗"
  total=$(lines)
  ob routes -n shop $cfg --no-headers
  exits 0
  hasnt ENTRY
  [ "$(lines)" -lt "$total" ] || fail "-n does not narrow"
  ob routes -n default $cfg
  exits 0
  says "No routes found in default namespace."
  [ -z "$out" ] || fail "a head without lines"
  ob routes -A -o dot $cfg
  exits 0
  has "digraph routes {"
  has "color=red"
  if command -v dot >/dev/null; then printf '%s' "$out" | dot -Tplain >/dev/null || fail "not DOT"; fi
  ob routes -A -o json $cfg
  exits 0
  has '"broken": true'
  ob routes -A -o svg $cfg
  exits 2
  ob routes shop $cfg
  exits 2

  # What may not be read is no route that is missing.
  serve --seed 1 --fault forbidden-ingresses
  ob routes -n default --kubeconfig "$config"
  exits 1
  says "ingresses"
  case $err in *"No routes found"*) fail "unknown is told as none" ;; esac
  ob routes -A -o json --kubeconfig "$config"
  exits 1
  has '"resource": "ingresses"'
  has '"entryKind": "gateway"'
}
