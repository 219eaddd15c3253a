/* The demo: a shop as a company of fifty people runs it, with a dozen honest problems. Each object
 * is a row; what a row cannot say stands as JSON and is merged over it.
 *
 * Ports: `name:port[>target][/PROTOCOL][@nodePort]`, separated by blanks; the name may be empty.
 * Paths: `host/path=service:port`, a trailing `!` for Exact, `~` for ImplementationSpecific; with
 * no host and no path it is the default backend. TLS: `secret:host,host`.
 *
 * The problems: a backend that crashes (fraud-check), a selector with a typing error (recommender),
 * a rule to a service that was renamed (legacy-blog), a wrong port number (track) and a wrong port
 * name (images), a default backend that is gone (partner-portal), a load balancer of a class that
 * nobody serves (mqtt), one whose pool is empty (sftp), a named target port that no pod has
 * (exporter), a NodePort in front of zero replicas (debug-shell), the same host and path twice
 * (docs), a class that is not installed (old-intranet), a missing TLS secret (wholesale), a
 * database open to the world (warehouse-db), policy Local with no ready pod (game-events). */
#include "base/patch.h"
#include "base/str.h"
#include "sim/control.h"
#include "sim/write.h"
#include <stdio.h>

static const struct {
  const char *name;
  int days;
} namespaces[] = {{"shop", 410},   {"checkout", 402},   {"payments", 398}, {"catalog", 395},
                  {"search", 301}, {"auth", 390},       {"media", 295},    {"data", 405},
                  {"ops", 412},    {"monitoring", 411}, {"edge", 412},     {"partners", 300}};

static const struct {
  const char *name, *zone, *internal, *external;
  bool control_plane;
} nodes[] = {{"node-a1", "eu-central-a", "10.0.0.11", "198.51.100.11", true},
             {"node-a2", "eu-central-a", "10.0.0.12", "198.51.100.12", false},
             {"node-b1", "eu-central-b", "10.0.1.11", "198.51.100.21", false}};

static const struct {
  const char *ns, *name;
  int replicas;
  const char *ports, *fate;
} deployments[] = {
    {"shop", "storefront", 4, "http:8080 metrics:9090", NULL},
    {"shop", "cart", 3, "http:8080 metrics:9090", NULL},
    {"shop", "wishlist", 2, "http:8080", NULL},
    {"shop", "reviews", 2, "http:8080", NULL},
    {"shop", "recommendations", 2, "http:8080", NULL},
    {"shop", "banner", 1, "http:3000", NULL},
    {"checkout", "checkout", 3, "http:8080 grpc:9090", NULL},
    {"checkout", "shipping", 2, "http:8080", NULL},
    {"checkout", "tracking", 2, "http:8080", NULL},
    {"checkout", "fraud-check", 2, "http:8080", "crashloop"},
    {"payments", "gateway", 3, "https:8443", NULL},
    {"payments", "ledger", 2, "grpc:9090", NULL},
    {"payments", "invoices", 1, "http:8080", NULL},
    {"catalog", "products", 3, "http:8080 grpc:9090", NULL},
    {"catalog", "prices", 2, "http:8080", NULL},
    {"catalog", "inventory", 2, "grpc:9090", NULL},
    {"catalog", "importer", 1, "http:8080", "unschedulable"},
    {"search", "search", 3, "http:8080", NULL},
    {"search", "indexer", 1, "http:8080", NULL},
    {"search", "elastic", 3, "http:9200 transport:9300", NULL},
    {"auth", "login", 2, "http:8080", NULL},
    {"auth", "sessions", 2, "grpc:9090", NULL},
    {"auth", "ldap-bridge", 1, "ldap:389", NULL},
    {"media", "images", 2, "http:8080", NULL},
    {"media", "video", 2, "http:8080 rtmp:1935", NULL},
    {"media", "game-events", 1, "udp:7777", "unready"},
    {"data", "postgres", 1, "pg:5432", NULL},
    {"data", "warehouse", 1, "pg:5432", NULL},
    {"data", "redis", 3, "redis:6379", NULL},
    {"data", "kafka", 3, "broker:9092", NULL},
    {"data", "mqtt", 2, "mqtt:1883 mqtts:8883", NULL},
    {"ops", "debug-shell", 0, "ssh:22", NULL},
    {"ops", "gitea", 1, "http:3000 ssh:22", NULL},
    {"ops", "sftp", 1, "ssh:22", NULL},
    {"ops", "vpn", 1, "wg:51820", NULL},
    {"ops", "docs", 2, "http:8080", NULL},
    {"monitoring", "prometheus", 1, "web:9090", NULL},
    {"monitoring", "grafana", 1, "http:3000", NULL},
    {"monitoring", "alertmanager", 2, "web:9093 mesh:9094", NULL},
    {"monitoring", "loki", 1, "http:3100", NULL},
    {"monitoring", "exporter", 3, "stats:9100", NULL},
    {"edge", "ingress-nginx", 2, "http:80 https:443 metrics:10254", NULL},
    {"edge", "traefik", 1, "web:8000 websecure:8443", NULL},
    {"partners", "portal", 2, "http:8080", NULL},
    {"partners", "webhooks", 2, "http:8080", NULL},
    {"kube-system", "coredns", 2, "dns:53 dns-tcp:53 metrics:9153", NULL},
    {"kube-system", "metrics-server", 1, "https:10250", NULL},
};

#define NODE_PORT  "NodePort"
#define BALANCER   "LoadBalancer"
#define HEADLESS   "{\"spec\":{\"clusterIP\":\"None\"}}"
#define DUAL       "{\"spec\":{\"ipFamilyPolicy\":\"PreferDualStack\"}}"
#define NAME(host) "{\"spec\":{\"externalName\":\"" host "\"}}"

static const struct {
  const char *ns, *name, *type, *ports, *app, *extra; /* app NULL: no selector */
} services[] = {
    {"default", "kubernetes", NULL, "https:443>6443", NULL,
     "{\"spec\":{\"clusterIP\":\"10.96.0.1\"}}"},
    {"kube-system", "kube-dns", NULL, "dns:53>dns/UDP dns-tcp:53>dns-tcp metrics:9153", "coredns",
     "{\"spec\":{\"clusterIP\":\"10.96.0.10\"}}"},
    {"kube-system", "metrics-server", NULL, "https:443>https", "metrics-server", NULL},
    {"shop", "storefront", NULL, "http:80>http", "storefront", DUAL},
    {"shop", "storefront-metrics", NULL, "metrics:9090>metrics", "storefront", HEADLESS},
    {"shop", "storefront-preview", NODE_PORT, "http:80>http@30080", "storefront", NULL},
    {"shop", "cart", NULL, "http:80>http", "cart", NULL},
    {"shop", "wishlist", NULL, "http:80>8080", "wishlist", NULL},
    {"shop", "reviews", NULL, ":80>8080", "reviews", NULL},
    {"shop", "recommender", NULL, "http:80>http", "recommendation", NULL},
    {"shop", "banner", NODE_PORT, "http:80>http", "banner",
     "{\"spec\":{\"externalTrafficPolicy\":\"Local\"}}"},
    {"shop", "assets", "ExternalName", "", NULL, NAME("assets.cdn.example.net")},
    {"checkout", "checkout", NULL, "http:80>http grpc:9090>grpc", "checkout",
     "{\"spec\":{\"sessionAffinity\":\"ClientIP\"}}"},
    {"checkout", "shipping", NULL, "http:80>http", "shipping", NULL},
    {"checkout", "tracking", NULL, "http:8080>http", "tracking", NULL},
    {"checkout", "fraud-check", NULL, "http:80>http", "fraud-check", NULL},
    {"checkout", "carrier-api", "ExternalName", "", NULL, NAME("api.carrier.example.org")},
    {"payments", "gateway", NULL, "https:443>https", "gateway", NULL},
    {"payments", "gateway-public", BALANCER, "https:443>https", "gateway",
     "{\"spec\":{\"externalTrafficPolicy\":\"Local\",\"loadBalancerSourceRanges\":[\"192.0.2.0/"
     "24\","
     "\"198.51.100.64/26\"]}}"},
    {"payments", "ledger", NULL, "grpc:9090>grpc", "ledger", NULL},
    {"payments", "invoices", NULL, "http:80>http", "invoices", NULL},
    {"payments", "bank", "ExternalName", "", NULL, NAME("psd2.bank.example.org")},
    {"catalog", "products", NULL, "http:80>http grpc:9090>grpc", "products", DUAL},
    {"catalog", "prices", NULL, "http:80>http", "prices", NULL},
    {"catalog", "inventory", NULL, "grpc:9090>grpc", "inventory", NULL},
    {"catalog", "inventory-nodes", NULL, "grpc:9090>grpc", "inventory", HEADLESS},
    {"catalog", "importer", NULL, "http:80>http", "importer", NULL},
    {"search", "search", NULL, "http:80>http", "search", NULL},
    {"search", "indexer", NULL, "http:80>http", "indexer", NULL},
    {"search", "elastic", NULL, "http:9200>http", "elastic", NULL},
    {"search", "elastic-nodes", NULL, "transport:9300>transport", "elastic",
     "{\"spec\":{\"clusterIP\":\"None\",\"publishNotReadyAddresses\":true}}"},
    {"search", "elastic-debug", NODE_PORT, "http:9200>http@30920", "elastic", NULL},
    {"auth", "login", NULL, "http:80>http", "login", NULL},
    {"auth", "sessions", NULL, "grpc:9090>grpc", "sessions", NULL},
    {"auth", "ldap", BALANCER, "ldap:389>ldap", "ldap-bridge",
     "{\"metadata\":{\"annotations\":{\"networking.gke.io/load-balancer-type\":\"Internal\"}}}"},
    {"auth", "identity", "ExternalName", "", NULL, NAME("sso.example.com")},
    {"media", "images", NULL, "web:80>8080", "images", NULL},
    {"media", "video", NULL, "http:80>http", "video", NULL},
    {"media", "video-ingest", BALANCER, "rtmp:1935>rtmp", "video",
     "{\"metadata\":{\"annotations\":{\"service.beta.kubernetes.io/aws-load-balancer-type\":"
     "\"external\"}}}"},
    {"media", "game-events", BALANCER, "events:7777>7777/UDP", "game-events",
     "{\"spec\":{\"externalTrafficPolicy\":\"Local\"}}"},
    {"media", "cdn", "ExternalName", "", NULL, NAME("media.cdn.example.net")},
    {"data", "postgres", NULL, "pg:5432>pg", "postgres", NULL},
    {"data", "postgres-nodes", NULL, "pg:5432>pg", "postgres", HEADLESS},
    {"data", "warehouse-db", BALANCER, "pg:5432>pg", "warehouse", NULL},
    {"data", "redis", NULL, "redis:6379>redis", "redis", NULL},
    {"data", "redis-nodes", NULL, "redis:6379>redis", "redis", HEADLESS},
    {"data", "kafka", NULL, "broker:9092>broker", "kafka", HEADLESS},
    {"data", "kafka-bootstrap", NULL, "broker:9092>broker", "kafka", NULL},
    {"data", "kafka-external", NODE_PORT, "broker:9092>broker@30092", "kafka", NULL},
    {"data", "mqtt", BALANCER, "mqtt:1883>mqtt mqtts:8883>mqtts", "mqtt",
     "{\"spec\":{\"loadBalancerClass\":\"service.k8s.aws/nlb\"}}"},
    {"data", "mainframe", NULL, "db2:50000", NULL, NULL},
    {"ops", "debug-shell", NODE_PORT, "ssh:22>ssh@30022", "debug-shell", NULL},
    {"ops", "gitea", NULL, "http:80>http", "gitea", NULL},
    {"ops", "gitea-ssh", BALANCER, "ssh:22>ssh", "gitea",
     "{\"spec\":{\"loadBalancerSourceRanges\":[\"10.0.0.0/8\"]}}"},
    {"ops", "sftp", BALANCER, "ssh:22>ssh", "sftp",
     "{\"metadata\":{\"annotations\":{\"metallb.io/address-pool\":\"reserved\"}}}"},
    {"ops", "vpn", BALANCER, "wireguard:51820>51820/UDP", "vpn", DUAL},
    {"ops", "docs", NULL, "http:80>http", "docs", NULL},
    {"monitoring", "prometheus", NULL, "web:9090>web", "prometheus", NULL},
    {"monitoring", "grafana", NULL, "http:80>http", "grafana", NULL},
    {"monitoring", "grafana-direct", NODE_PORT, "http:80>http@30300", "grafana", NULL},
    {"monitoring", "alertmanager", NULL, "web:9093>web", "alertmanager", NULL},
    {"monitoring", "alertmanager-mesh", NULL, "mesh:9094>mesh mesh-udp:9094>9094/UDP",
     "alertmanager", HEADLESS},
    {"monitoring", "loki", NULL, "http:3100>http", "loki", NULL},
    {"monitoring", "exporter", NULL, "metrics:9100>metrics", "exporter", NULL},
    {"edge", "ingress-nginx", BALANCER, "http:80>http https:443>https", "ingress-nginx",
     "{\"spec\":{\"externalTrafficPolicy\":\"Local\",\"loadBalancerIP\":\"203.0.113.10\"}}"},
    {"edge", "ingress-nginx-metrics", NULL, "metrics:10254>metrics", "ingress-nginx", NULL},
    {"edge", "traefik", BALANCER, "web:80>web websecure:443>websecure", "traefik",
     "{\"spec\":{\"loadBalancerIP\":\"203.0.113.11\"}}"},
    {"partners", "portal", NULL, "http:80>http", "portal", NULL},
    {"partners", "webhooks", NULL, "http:80>http", "webhooks", NULL},
    {"partners", "webhooks-direct", BALANCER, "http:80>http", "webhooks",
     "{\"spec\":{\"allocateLoadBalancerNodePorts\":false}}"},
};

static const struct {
  const char *ns, *name, *class, *paths, *tls, *extra;
} ingresses[] = {
    {"shop", "storefront", "nginx",
     "shop.example.com/=storefront:http shop.example.com/cart=cart:http "
     "shop.example.com/wishlist=wishlist:80",
     "shop-tls:shop.example.com", NULL},
    {"shop", "storefront-www", "nginx", "www.shop.example.com/=storefront:80",
     "shop-tls:www.shop.example.com",
     "{\"metadata\":{\"annotations\":{\"nginx.ingress.kubernetes.io/permanent-redirect\":"
     "\"https://shop.example.com\"}}}"},
    {"shop", "reviews", "nginx", "shop.example.com/reviews=reviews:80", "shop-tls:shop.example.com",
     NULL},
    {"shop", "tenants", "nginx", "*.shop.example.com/=storefront:http",
     "wildcard-tls:*.shop.example.com", NULL},
    {"shop", "legacy-blog", "nginx", "blog.example.com/=blog:80", NULL, NULL},
    {"shop", "recommendations", "traefik", "reco.example.com/=recommender:http", NULL, NULL},
    {"checkout", "checkout", "nginx",
     "shop.example.com/checkout=checkout:http "
     "shop.example.com/checkout/shipping=shipping:http",
     "shop-tls:shop.example.com", NULL},
    {"checkout", "track", "nginx", "track.example.com/=tracking:80", "track-tls:track.example.com",
     NULL},
    {"checkout", "fraud", "nginx", "fraud.internal.example.com/check=fraud-check:http!", NULL,
     NULL},
    {"payments", "pay", "nginx", "pay.example.com/=gateway:443", "pay-tls:pay.example.com",
     "{\"metadata\":{\"annotations\":{\"nginx.ingress.kubernetes.io/"
     "backend-protocol\":\"HTTPS\"}}}"},
    {"payments", "invoices", "nginx", "pay.example.com/invoices=invoices:http!",
     "pay-tls:pay.example.com", NULL},
    {"catalog", "api", "nginx",
     "api.example.com/products=products:http api.example.com/prices=prices:http "
     "api.example.com/inventory=inventory:grpc",
     "api-tls:api.example.com", NULL},
    {"search", "search", "nginx",
     "api.example.com/search=search:http shop.example.com/search=search:http",
     "api-tls:api.example.com", NULL},
    {"auth", "login", "nginx",
     "login.example.com/=login:http login.example.com/.well-known/~=login:http~",
     "login-tls:login.example.com", NULL},
    {"media", "images", "nginx", "img.example.com/=images:http", "img-tls:img.example.com", NULL},
    {"media", "video", "traefik", "video.example.com/=video:http", NULL, NULL},
    {"ops", "gitea", "traefik", "git.example.com/=gitea:http", "git-tls:git.example.com", NULL},
    {"ops", "docs", "nginx", "docs.example.com/=docs:http", "docs-tls:docs.example.com", NULL},
    {"partners", "docs", "nginx", "docs.example.com/=portal:http", "docs-tls:docs.example.com",
     NULL},
    {"monitoring", "grafana", "nginx", "grafana.ops.example.com/=grafana:http",
     "ops-tls:grafana.ops.example.com",
     "{\"metadata\":{\"annotations\":{\"nginx.ingress.kubernetes.io/whitelist-source-range\":"
     "\"10.0.0.0/8\"}}}"},
    {"monitoring", "prometheus", NULL, "prometheus.ops.example.com/=prometheus:web", NULL,
     "{\"metadata\":{\"annotations\":{\"kubernetes.io/ingress.class\":\"nginx\"}}}"},
    {"monitoring", "alerts", "traefik", "alerts.ops.example.com/=alertmanager:web", NULL, NULL},
    {"partners", "portal", "nginx",
     "partners.example.com/=portal:http partners.example.com/hooks=webhooks:http",
     "partners-tls:partners.example.com", NULL},
    {"partners", "partner-portal", "traefik",
     "=portal-fallback:80 portal.partners.example.com/=portal:http", NULL, NULL},
    {"partners", "wholesale", "nginx", "wholesale.example.com/=portal:http",
     "wholesale-tls:wholesale.example.com", NULL},
    {"edge", "catch-all", "nginx", "=sorry:80", NULL,
     "{\"spec\":{\"defaultBackend\":{\"service\":null,\"resource\":{\"apiGroup\":"
     "\"storage.example.com\",\"kind\":\"Bucket\",\"name\":\"sorry-page\"}}}}"},
    {"ops", "old-intranet", "haproxy", "intranet.example.com/=docs:http", NULL, NULL},
    {"catalog", "feeds", "traefik", "feeds.example.com/export=products:http!", NULL, NULL},
};

static const char *const tls_missing = "wholesale-tls";

const char *sim_world_time(ob_sim *s, char out[OB_TIME_TEXT], int64_t hours_ago) {
  int64_t jitter = (int64_t)ob_rng_below(&s->alloc.rng, 3600 * 1000);
  return ob_time_text(out, ob_wall_ms() - hours_ago * 3600 * 1000 - jitter);
}

static void create(ob_sim *s, sim_kind kind, ob_json *move_tree, const char *ns, const char *name,
                   int64_t hours, const char *extra) {
  OB_AUTOPTR(ob_json) tree = move_tree;
  OB_AUTOPTR(ob_json)
  over = extra ? ob_json_parse(extra, strlen(extra), OB_JSON_STRICT, NULL) : NULL;
  char time[OB_TIME_TEXT];
  ob_json *meta = ob_json_ensure_object(tree, "metadata");
  ob_json_put_str(meta, "name", name);
  ob_json_put_str(meta, "namespace", ns);
  ob_json_put_str(meta, "creationTimestamp", sim_world_time(s, time, hours));
  if (over) ob_merge_patch(&tree, over);
  sim_control_write(s, kind, NULL, ob_take(tree));
}

static int64_t age_of(const char *ns, const char *name) { /* hours; the same every time */
  uint64_t h = 0;
  for (const char *c = name; *c; c++) h = h * 31 + (unsigned char)*c;
  for (const char *c = ns; *c; c++) h = h * 31 + (unsigned char)*c;
  return (int64_t)(h % 5 == 0 ? 2 + h % 40 : 24 + h % 6900);
}

/* "name:port[>target][/PROTOCOL][@nodePort]" */
static ob_json *read_ports(const char *text, const char *number_key) {
  ob_json *list = ob_json_new_array();
  while (*text) {
    char name[32], target[32] = "", protocol[8] = "TCP";
    int number = 0, node = 0, used = 0;
    size_t n = strcspn(text, ":");
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    text += n + 1;
    while (*text >= '0' && *text <= '9') number = number * 10 + *text++ - '0';
    if (*text == '>' && sscanf(text, ">%31[a-z0-9-]%n", target, &used) == 1) text += used;
    if (*text == '/' && sscanf(text, "/%7[A-Z]%n", protocol, &used) == 1) text += used;
    if (*text == '@' && sscanf(text, "@%d%n", &node, &used) == 1) text += used;
    ob_json *p = ob_json_push(list, ob_json_new_object());
    if (*name) ob_json_put_str(p, "name", name);
    ob_json_put_int(p, number_key, number);
    ob_json_put_str(p, "protocol",
                    ob_streq(name, "dns") || ob_streq(name, "udp") ? "UDP" : protocol);
    int64_t t;
    if (ob_parse_int(target, 1, 65535, &t))
      ob_json_put_int(p, "targetPort", t);
    else if (*target)
      ob_json_put_str(p, "targetPort", target);
    if (node) ob_json_put_int(p, "nodePort", node);
    text += *text == ' ';
  }
  return list;
}

static void put_node(ob_sim *s, size_t i) {
  ob_json *tree = ob_json_new_object(), *meta = ob_json_ensure_object(tree, "metadata");
  ob_json *labels = ob_json_ensure_object(meta, "labels"),
          *st = ob_json_ensure_object(tree, "status");
  ob_json_put_str(labels, "kubernetes.io/hostname", nodes[i].name);
  ob_json_put_str(labels, "kubernetes.io/os", "linux");
  ob_json_put_str(labels, "kubernetes.io/arch", "amd64");
  ob_json_put_str(labels, "node.kubernetes.io/instance-type", "standard-8");
  ob_json_put_str(labels, "topology.kubernetes.io/region", "eu-central");
  ob_json_put_str(labels, "topology.kubernetes.io/zone", nodes[i].zone);
  OB_AUTOFREE char *id = ob_asprintf("gce://demo/%s/%s", nodes[i].zone, nodes[i].name);
  ob_json_put_str(ob_json_ensure_object(tree, "spec"), "providerID", id);
  if (nodes[i].control_plane) ob_json_put_str(labels, "node-role.kubernetes.io/control-plane", "");
  const char *const addresses[][2] = {{"InternalIP", nodes[i].internal},
                                      {"ExternalIP", nodes[i].external},
                                      {"Hostname", nodes[i].name}};
  ob_json *list = ob_json_put(st, "addresses", ob_json_new_array());
  for (size_t a = 0; a < OB_LEN(addresses); a++) {
    ob_json *one = ob_json_push(list, ob_json_new_object());
    ob_json_put_str(one, "type", addresses[a][0]);
    ob_json_put_str(one, "address", addresses[a][1]);
  }
  ob_json *ready =
      ob_json_push(ob_json_put(st, "conditions", ob_json_new_array()), ob_json_new_object());
  ob_json_put_str(ready, "type", "Ready");
  ob_json_put_str(ready, "status", "True");
  ob_json_put_str(ready, "reason", "KubeletReady");
  ob_json *info = ob_json_ensure_object(st, "nodeInfo");
  ob_json_put_str(info, "kubeletVersion", "v1.37.0");
  ob_json_put_str(info, "osImage", "Debian GNU/Linux 12 (bookworm)");
  ob_json_put_str(info, "kernelVersion", "6.1.0-27-amd64");
  ob_json_put_str(info, "containerRuntimeVersion", "containerd://2.1.4");
  create(s, SIM_NODE, tree, NULL, nodes[i].name, 9800 + (int64_t)i, NULL);
}

static void put_deployment(ob_sim *s, size_t i) {
  const char *name = deployments[i].name, *ns = deployments[i].ns;
  ob_json *tree = ob_json_new_object(), *spec = ob_json_ensure_object(tree, "spec");
  ob_json *template = ob_json_ensure_object(spec, "template");
  ob_json *meta = ob_json_ensure_object(template, "metadata");
  ob_json_put_int(spec, "replicas", deployments[i].replicas);
  ob_json_put_str(ob_json_ensure_object(ob_json_ensure_object(tree, "metadata"), "labels"), "app",
                  name);
  ob_json_put_str(ob_json_ensure_object(ob_json_ensure_object(spec, "selector"), "matchLabels"),
                  "app", name);
  ob_json_put_str(ob_json_ensure_object(meta, "labels"), "app", name);
  if (deployments[i].fate)
    ob_json_put_str(ob_json_ensure_object(meta, "annotations"), "demo.outboard.dev/fate",
                    deployments[i].fate);
  ob_json *pod = ob_json_ensure_object(template, "spec");
  ob_json *c =
      ob_json_push(ob_json_put(pod, "containers", ob_json_new_array()), ob_json_new_object());
  OB_AUTOFREE char *image = ob_asprintf("registry.example.com/%s/%s:2.%zu.0", ns, name, i % 7);
  ob_json_put_str(c, "name", name);
  ob_json_put_str(c, "image", image);
  ob_json_put(c, "ports", read_ports(deployments[i].ports, "containerPort"));
  create(s, SIM_DEPLOYMENT, tree, ns, name, age_of(ns, name), NULL);
}

static void put_service(ob_sim *s, size_t i) {
  ob_json *tree = ob_json_new_object(), *spec = ob_json_ensure_object(tree, "spec");
  const char *ns = services[i].ns, *name = services[i].name;
  ob_json *labels = ob_json_ensure_object(ob_json_ensure_object(tree, "metadata"), "labels");
  ob_json_put_str(labels, "app", services[i].app ? services[i].app : name);
  ob_json_put_str(labels, "app.kubernetes.io/part-of", ns);
  ob_json_put_str(spec, "type", services[i].type);
  if (*services[i].ports) ob_json_put(spec, "ports", read_ports(services[i].ports, "port"));
  if (services[i].app)
    ob_json_put_str(ob_json_ensure_object(spec, "selector"), "app", services[i].app);
  create(s, SIM_SERVICE, tree, ns, name, age_of(ns, name), services[i].extra);
}

static ob_json *backend(const char *target) {
  ob_json *b = ob_json_new_object(), *svc = ob_json_ensure_object(b, "service");
  size_t n = strcspn(target, ":");
  OB_AUTOFREE char *name = ob_strndup(target, n);
  int64_t number;
  ob_json_put_str(svc, "name", name);
  ob_json *port = ob_json_ensure_object(svc, "port");
  if (ob_parse_int(target + n + 1, 1, 65535, &number))
    ob_json_put_int(port, "number", number);
  else
    ob_json_put_str(port, "name", target + n + 1);
  return b;
}

/* The rule of the host, made when there is none yet; its list of paths. */
static ob_json *paths_of(ob_json *spec, const char *host) {
  ob_json *rules = ob_json_get_mut(spec, "rules");
  if (!rules) rules = ob_json_put(spec, "rules", ob_json_new_array());
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r))
    if (ob_streq(ob_json_get_str(r, "host"), host))
      return (ob_json *)ob_json_at(r, "http", "paths", NULL);
  ob_json *rule = ob_json_push(rules, ob_json_new_object());
  ob_json_put_str(rule, "host", host);
  return ob_json_put(ob_json_ensure_object(rule, "http"), "paths", ob_json_new_array());
}

static void read_path(ob_json *spec, const char *text, size_t n) {
  OB_AUTOFREE char *host = ob_strndup(text, n);
  char *target = strrchr(host, '='), *path = strchr(host, '/');
  const char *type = ob_ends(host, "!")   ? "Exact"
                     : ob_ends(host, "~") ? "ImplementationSpecific"
                                          : "Prefix";
  if (!ob_streq(type, "Prefix")) host[n - 1] = '\0';
  *target = '\0';
  if (!path) {
    ob_json_put(spec, "defaultBackend", backend(target + 1));
    return;
  }
  OB_AUTOFREE char *path_text = ob_strdup(path);
  *path = '\0';
  ob_json *p = ob_json_push(paths_of(spec, host), ob_json_new_object());
  ob_json_put_str(p, "path", path_text);
  ob_json_put_str(p, "pathType", type);
  ob_json_put(p, "backend", backend(target + 1));
}

static void put_secret(ob_sim *s, const char *ns, const char *name) {
  if (ob_streq(name, tls_missing) || sim_store_get(&s->store, SIM_SECRET, ns, name)) return;
  ob_json *tree = ob_json_new_object(), *data = ob_json_ensure_object(tree, "data");
  ob_json_put_str(tree, "type", "kubernetes.io/tls");
  ob_json_put_str(data, "tls.crt", "");
  ob_json_put_str(data, "tls.key", "");
  create(s, SIM_SECRET, tree, ns, name, age_of(ns, name), NULL);
}

static void put_ingress(ob_sim *s, size_t i) {
  ob_json *tree = ob_json_new_object(), *spec = ob_json_ensure_object(tree, "spec");
  const char *ns = ingresses[i].ns, *name = ingresses[i].name;
  ob_json_put_str(spec, "ingressClassName", ingresses[i].class);
  for (const char *at = ingresses[i].paths; *at;) {
    size_t n = strcspn(at, " ");
    read_path(spec, at, n);
    at += n + (at[n] == ' ');
  }
  if (ingresses[i].tls) {
    size_t n = strcspn(ingresses[i].tls, ":");
    OB_AUTOFREE char *secret = ob_strndup(ingresses[i].tls, n);
    ob_json *tls =
        ob_json_push(ob_json_put(spec, "tls", ob_json_new_array()), ob_json_new_object());
    ob_json_push(ob_json_put(tls, "hosts", ob_json_new_array()),
                 ob_json_new_str(ingresses[i].tls + n + 1));
    ob_json_put_str(tls, "secretName", secret);
    put_secret(s, ns, secret);
  }
  create(s, SIM_INGRESS, tree, ns, name, age_of(ns, name), ingresses[i].extra);
}

static void put_class(ob_sim *s, const char *name, const char *controller) {
  ob_json *tree = ob_json_new_object();
  ob_json_put_str(ob_json_ensure_object(tree, "spec"), "controller", controller);
  create(s, SIM_CLASS, tree, NULL, name, 9000, NULL);
}

void sim_world_base(ob_sim *s) {
  static const char *const base[] = {"default", "kube-system"};
  for (size_t i = 0; i < OB_LEN(base); i++)
    create(s, SIM_NAMESPACE, ob_json_new_object(), NULL, base[i], 9900, NULL);
  put_service(s, 0); /* kubernetes */
  if (!s->opts.empty) put_class(s, "nginx", "k8s.io/ingress-nginx");
}

void sim_world_shop(ob_sim *s) {
  put_class(s, "traefik", "traefik.io/ingress-controller");
  for (size_t i = 0; i < OB_LEN(nodes); i++) put_node(s, i);
  for (size_t i = 0; i < OB_LEN(namespaces); i++)
    create(s, SIM_NAMESPACE, ob_json_new_object(), NULL, namespaces[i].name,
           24L * namespaces[i].days, NULL);
  for (size_t i = 0; i < OB_LEN(deployments); i++) put_deployment(s, i);
  for (size_t i = 1; i < OB_LEN(services); i++) put_service(s, i);
  for (size_t i = 0; i < OB_LEN(ingresses); i++) put_ingress(s, i);
  /* A hand-made slice: a machine outside the cluster behind a service without selector. */
  static const char mainframe[] =
      "{\"metadata\":{\"labels\":{\"kubernetes.io/service-name\":\"mainframe\"}},\"addressType\":"
      "\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.20.0.5\"],\"conditions\":{}}],\"ports\":[{"
      "\"name\":\"db2\",\"port\":50000,\"protocol\":\"TCP\"}]}";
  create(s, SIM_SLICE, ob_json_new_object(), "data", "mainframe-1", 5000, mainframe);
  sim_world_gateway(s);
  sim_control_settle(s);
}
