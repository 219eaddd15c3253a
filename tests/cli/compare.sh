#!/bin/sh
# `outboard compare`: facts, cost and a recommendation, as text, JSON and Markdown.
. "$(dirname "$0")/lib.sh"
serve --seed 1
cfg="--kubeconfig $config"

# shellcheck disable=SC2086 # $cfg is two words
{
  ob compare svc/cart -n shop $cfg
  exits 0
  has "shop/cart"
  has "fits best: "
  has "Gateway API"
  has "port-forward: localhost:8080"
  has "GKE list price, 2025-06"
  has "− NodePort: "

  # A database stays inside; UDP goes by a load balancer.
  ob compare data/postgres $cfg
  has "fits best: ClusterIP: port 5432 is a database's"
  ob compare media/game-events $cfg
  has "fits best: LoadBalancer: "

  # Several side by side, in a document.
  ob compare shop/cart media/images -o md $cfg
  exits 0
  has "## shop/cart"
  has "## media/images"
  has "| **cost/month** |"

  ob compare svc/gateway-public -n payments -o json $cfg
  exits 0
  has '"best": "loadBalancer"'
  has '"provider": "GKE"'
  if command -v jq >/dev/null; then
    printf '%s' "$out" | jq -e '.services[0] | .balancerPrice.month == 18.25 and
      .ways.loadBalancer.score > 0 and (.reasons | length > 2)' >/dev/null || fail "the JSON says something else"
  fi

  # Without the Gateway API there is no column for it.
  serve --seed 1 --fault missing-gateways --fault missing-gatewayclasses --fault missing-httproutes \
    --fault missing-grpcroutes --fault missing-referencegrants
  ob compare svc/cart -n shop --kubeconfig "$config"
  exits 0
  hasnt "Gateway"

  # One's own prices; a bad file is named with its line.
  mkdir -p "$HOME/.config/outboard"
  printf 'currency: €\nproviders:\n- {name: ours, providerID: "gce://", balancer: 7}\n' \
    >"$HOME/.config/outboard/prices.yaml"
  ob compare svc/cart -n shop --kubeconfig "$config"
  has "~7 € more"
  printf 'providers:\n- {name: ours}\n' >"$HOME/.config/outboard/prices.yaml"
  ob compare svc/cart -n shop --kubeconfig "$config"
  exits 1
  says "prices.yaml:2: "
  rm "$HOME/.config/outboard/prices.yaml"

  # Who may not list everything compares what the namespace shows.
  serve --seed 1 --fault forbidden-all-namespaces
  ob compare svc/cart -n shop --kubeconfig "$config"
  exits 0
  has "shop/cart"
  ob compare --kubeconfig "$config"
  exits 2
  ob compare svc/nobody -n shop --kubeconfig "$config"
  exits 1
  says "there is no service \"nobody\" in namespace shop"
  ob compare svc/cart -n shop -o yaml --kubeconfig "$config"
  exits 2
}
