// The Gateway API CRDs, which lie as YAML in their Go module: tests/cluster/servers.sh.
module outboard.test/crds

go 1.26

require sigs.k8s.io/gateway-api v1.6.3
