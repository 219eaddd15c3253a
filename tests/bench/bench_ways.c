/* What following a request and comparing the ways cost in a large cluster, without a server.
 *
 *   bench-ways [INGRESSES]
 *
 * Goals for 5,000 Ingresses and 10,000 Services: explaining one URL under 5 ms, comparing on a
 * movement of the cursor under 1 ms. The worst cases are all Ingresses on one host, and all
 * Services behind one balancer's address in one namespace. */
#include "base/clock.h"
#include "base/str.h"
#include "model/cluster.h"
#include "outboard/compare.h"
#include "outboard/explain.h"

#include <stdio.h>
#include <time.h>

static double ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void __attribute__((format(printf, 3, 4)))
put(ob_cluster *c, ob_kind kind, const char *fmt, ...) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(1 << 16);
  va_list ap;
  va_start(ap, fmt);
  ob_buf_addv(&b, fmt, ap);
  va_end(ap);
  for (size_t i = 0; i < b.len; i++)
    if (b.ptr[i] == '\'') b.ptr[i] = '"';
  OB_AUTOPTR(ob_json) j = ob_json_parse(b.ptr, b.len, OB_JSON_STRICT, NULL);
  ob_cluster_put(c, ob_decode(kind, j, NULL));
}

enum { A_HOST_EACH, ONE_HOST, ONE_BALANCER, WORLDS };

static ob_cluster *world(size_t ingresses, int shape) {
  bool one_host = shape == ONE_HOST, shared = shape == ONE_BALANCER;
  ob_cluster *c = ob_cluster_new();
  for (int k = 0; k < OB_KIND_COUNT; k++)
    ob_cluster_kind_set(c, (ob_kind)k, &(ob_kind_state){.phase = OB_LIVE, .remaining = -1});
  put(c, OB_KIND_INGRESS_CLASS,
      "{'metadata':{'name':'nginx','uid':'c'},'spec':{'controller':'k8s.io/ingress-nginx'}}");
  for (size_t i = 0; i < 200; i++)
    put(c, OB_KIND_NODE,
        "{'metadata':{'name':'n%zu','uid':'n%zu'},'spec':{'providerID':'aws:///a/"
        "i-%zu'},'status':{'addresses':[{'type':"
        "'InternalIP','address':'10.0.%zu.%zu'}],'conditions':[{'type':'Ready','status':'True'}]}}",
        i, i, i, i / 250, i % 250);
  for (size_t i = 0; i < 2 * ingresses; i++) {
    char address[64];
    bool balancer = shared || i % 4 == 0;
    snprintf(address, sizeof address, "{'ip':'198.51.%zu.%zu'}", shared ? 1 : i / 250 % 250,
             shared ? 1 : i % 250);
    put(c, OB_KIND_SERVICE,
        "{'metadata':{'name':'s%zu','namespace':'a%zu','uid':'s%zu'},'spec':{'type':'%s','"
        "clusterIP':'"
        "10.9.0.1','selector':{'a':'b'},"
        "'ports':[{'name':'http','port':80,'nodePort':%zu}]},'status':{'loadBalancer':{'ingress':[%"
        "s]}}}",
        i, shared ? 0 : i % 50, i, balancer ? "LoadBalancer" : "ClusterIP",
        balancer ? 30000 + i % 2000 : 0, balancer ? address : "");
    put(c, OB_KIND_SLICE,
        "{'metadata':{'name':'e%zu','namespace':'a%zu','uid':'e%zu','labels':{'kubernetes.io/"
        "service-name':'s%zu'}},'addressType':"
        "'IPv4','ports':[{'name':'http','port':80}],'endpoints':[{'addresses':['10.1.0.1'],'"
        "nodeName':'n1','conditions':{}}]}",
        i, shared ? 0 : i % 50, i, i);
  }
  for (size_t i = 0; i < ingresses; i++)
    put(c, OB_KIND_INGRESS,
        "{'metadata':{'name':'i%zu','namespace':'a%zu','uid':'i%zu'},'spec':{'ingressClassName':'"
        "nginx','rules':[{'host':'h%zu.example."
        "com','http':{'paths':[{'path':'/"
        "','pathType':'Prefix','backend':{'service':{'name':'s%zu','port':{'number':80}}}},"
        "{'path':'/"
        "p%zu','pathType':'Prefix','backend':{'service':{'name':'s%zu','port':{'number':80}}}}]}}]}"
        "}",
        i, i % 50, i, one_host ? 0 : i, i, i, i);
  ob_cluster_settle(c);
  return c;
}

static double explain(const ob_cluster *c, const char *url, int rounds) {
  ob_request r;
  ob_request_make(&r, url, NULL, NULL, 0, false, NULL);
  ob_explanation *e = ob_explain(c, &r);
  printf("  %-28s %zu ways, %zu steps, ", url, e->nways, e->nways ? e->ways[0].nsteps : 0);
  ob_explanation_free(e);
  double start = ms();
  for (int i = 0; i < rounds; i++) ob_explanation_free(ob_explain(c, &r));
  double each = (ms() - start) / rounds;
  ob_request_done(&r);
  return each;
}

/* One cursor movement: all cells and the reasons of another service. */
static double compare(const ob_cluster *c, size_t services, int shape) {
  ob_prices *p = ob_prices_new();
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  size_t n = services < 2000 ? services : 2000;
  double start = ms();
  for (size_t i = 0; i < n; i++) {
    char name[32], ns[32];
    snprintf(name, sizeof name, "s%zu", i);
    snprintf(ns, sizeof ns, "a%zu", shape == ONE_BALANCER ? 0 : i % 50);
    ob_compare *x =
        ob_compare_new(c, OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, ns, name)), p);
    for (int w = 0; w < OB_WAY_COUNT; w++)
      for (int r = 0; r < OB_CMP_COUNT; r++) {
        ob_buf_reset(&text);
        ob_compare_cell(x, (ob_way)w, (ob_compare_row)r, &text);
      }
    ob_compare_verdict(x, &text);
    ob_compare_free(x);
  }
  double each = (ms() - start) / (double)n;
  ob_prices_free(p);
  return each;
}

int main(int argc, char **argv) {
  int64_t n = 5000;
  if (argc > 1 && !ob_parse_int(argv[1], 10, 1000000, &n)) return 2;
  static const char *const shapes[WORLDS] = {"a host each", "all on one host",
                                             "all Services in one namespace and on one balancer"};
  for (int shape = 0; shape < WORLDS; shape++) {
    ob_cluster *c = world((size_t)n, shape);
    printf("%lld Ingresses, %s\n", (long long)n, shapes[shape]);
    printf("%.3f ms\n", explain(c, "http://h0.example.com/p7/x", shape == ONE_HOST ? 100 : 1000));
    printf("%.3f ms\n", explain(c, "http://nobody.example.org/", 1000));
    printf("%.3f ms\n", explain(c, "http://10.0.0.7:30004/", 1000));
    printf("  compare a service   %.3f ms\n", compare(c, (size_t)n * 2, shape));
    ob_cluster_free(c);
  }
  return 0;
}
