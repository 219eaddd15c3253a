/* Each kind costs one list of one object (sync/count.h). A kind that may not be listed is named
 * without a number. */
#include "sync/notread.h"

#include "base/str.h"
#include "kube/path.h"
#include "sync/count.h"
#include <stdio.h>

static const struct exposing {
  const char *group, *plural, *kind;
} exposing[] = {
    {"gateway.networking.k8s.io", "tlsroutes", "TLSRoute"},
    {"gateway.networking.k8s.io", "tcproutes", "TCPRoute"},
    {"gateway.networking.k8s.io", "udproutes", "UDPRoute"},
    {"traefik.io", "ingressroutes", "IngressRoute"},
    {"traefik.io", "ingressroutetcps", "IngressRouteTCP"},
    {"traefik.io", "ingressrouteudps", "IngressRouteUDP"},
    {"traefik.containo.us", "ingressroutes", "IngressRoute"},
    {"networking.istio.io", "virtualservices", "VirtualService"},
    {"networking.istio.io", "gateways", "Istio Gateway"},
    {"route.openshift.io", "routes", "OpenShift Route"},
    {"projectcontour.io", "httpproxies", "HTTPProxy"},
    {"getambassador.io", "mappings", "Ambassador Mapping"},
    {"configuration.konghq.com", "tcpingresses", "Kong TCPIngress"},
    {"configuration.konghq.com", "udpingresses", "Kong UDPIngress"},
    {"apisix.apache.org", "apisixroutes", "ApisixRoute"},
    {"k8s.nginx.org", "virtualservers", "NGINX VirtualServer"},
    {"k8s.nginx.org", "transportservers", "NGINX TransportServer"},
    {"gateway.solo.io", "virtualservices", "Gloo VirtualService"},
    {"serving.knative.dev", "services", "Knative Service"},
};
enum { NEXPOSING = sizeof exposing / sizeof exposing[0] };

typedef struct counting {
  ob_notread *all;
  ob_count counter;
  bool asked;
  int64_t count; /* -1: could not be counted */
} counting;

struct ob_notread {
  ob_http *http;
  ob_outbox *box;
  unsigned pending;
  counting kinds[NEXPOSING];
};

ob_notread *ob_notread_new(ob_http *http, ob_outbox *box) {
  ob_notread *n = ob_calloc(1, sizeof *n);
  n->http = http;
  n->box = box;
  return n;
}

static void drop(ob_notread *n) {
  for (size_t i = 0; i < NEXPOSING; i++) {
    ob_count_stop(&n->kinds[i].counter);
    n->kinds[i] = (counting){.all = n};
  }
  n->pending = 0;
}

void ob_notread_free(ob_notread *n) {
  if (!n) return;
  drop(n);
  free(n);
}

static void tell(ob_notread *n) {
  OB_AUTO(ob_buf) line = OB_BUF_INIT(512);
  for (size_t i = 0; i < NEXPOSING; i++) {
    const counting *k = &n->kinds[i];
    if (!k->asked || k->count == 0) continue;
    const char *comma = line.len ? ", " : "";
    if (k->count < 0)
      ob_buf_addf(&line, "%s%ss (may not be counted)", comma, exposing[i].kind);
    else
      ob_buf_addf(&line, "%s%lld %s%s", comma, (long long)k->count, exposing[i].kind,
                  k->count == 1 ? "" : "s");
  }
  ob_outbox_not_read(n->box, ob_buf_str(&line));
}

static void on_count(void *arg, int64_t count) {
  counting *k = arg;
  k->count = count;
  if (--k->all->pending == 0) tell(k->all);
}

void ob_notread_start(ob_notread *n, const ob_discovery *d, const char *ns) {
  drop(n);
  for (size_t i = 0; i < NEXPOSING; i++) {
    const ob_api_resource *r = ob_discovery_find(d, exposing[i].group, exposing[i].plural);
    if (!r || !(r->verbs & OB_VERB_LIST)) continue;
    OB_AUTO(ob_buf) path = OB_BUF_INIT(4096);
    ob_api_path(&path, r->group, r->version, r->namespaced ? ns : "", r->plural, NULL, NULL);
    n->kinds[i].asked = true;
    n->pending++;
    n->kinds[i].counter = (ob_count){.done = on_count, .arg = &n->kinds[i]};
    ob_count_start(&n->kinds[i].counter, n->http, ob_buf_str(&path));
  }
  if (n->pending == 0) tell(n);
}
