/* Ways without any rule: an address that is a load balancer's, an external IP or a node's, a name
 * that external-dns gives to a Service, and inside the cluster a Service's own name. */
#include "model/explain_priv.h"

#include "base/str.h"
#include "model/rows.h"
#include <stdio.h>

static int port_at(const ob_service *s, unsigned port) {
  for (int i = 0; i < s->nports; i++)
    if (s->ports[i].port == port && strcmp(s->ports[i].protocol, "TCP") == 0) return i;
  return -1;
}

/* A controller's own load balancer is the front of its Ingress' way, not another way. */
static bool is_front(const ob_explain_run *x, const ob_service *s) {
  for (size_t i = 0; i < x->ways.len; i++)
    for (size_t k = 0; k < x->ways.at[i].steps.len; k++)
      if (strcmp(x->ways.at[i].steps.at[k].what, "front") == 0 &&
          x->ways.at[i].steps.at[k].object == &s->o)
        return true;
  return false;
}

static void by_balancer(ob_explain_run *x, const ob_service *s) {
  bool external_ip = false;
  for (size_t i = 0; i < s->nexternal_ips; i++)
    external_ip |= strcmp(s->external_ips[i], x->r->host) == 0;
  ob_way_build *w = ob_way_add(x, OB_HOST_EXACT, "%s of service %s/%s",
                               external_ip ? "external IP" : "load balancer", s->o.ns, s->o.name);
  if (!w) return;
  ob_step *st = ob_step_add(w, "dns", OB_GOES, &s->o, "%s", x->r->host);
  if (s->type == OB_LOAD_BALANCER && s->nlb == 0 && !external_ip) {
    st->verdict = OB_STOPS;
    ob_step_why(st,
                "external-dns is asked for this name, and the load balancer has no address yet");
    ob_step_fix(st, "see its events: who serves class %s?", ob_or(s->lb_class, "(default)"));
    return;
  }
  const char *at = s->nlb ? ob_lb_address(&s->lb[0]) : "";
  if (*at && strcmp(at, x->r->host) != 0 && !external_ip)
    ob_step_why(st, "external-dns leads it to %s", at);
  int port = port_at(s, x->r->port);
  OB_AUTO(ob_buf) ports = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; i < s->nports && i < 6; i++)
    ob_buf_addf(&ports, "%s%u/%s", i ? ", " : "", s->ports[i].port, s->ports[i].protocol);
  st = ob_step_add(w, "port", port >= 0 ? OB_GOES : OB_STOPS, &s->o, "%u", x->r->port);
  if (port < 0) {
    ob_step_why(st, "the service listens on %s", ports.len ? ob_buf_str(&ports) : "nothing");
    ob_step_fix(st, "use one of these ports, or add port %u to the service", x->r->port);
    return;
  }
  if (s->nsource_ranges && !x->r->inside) {
    st = ob_step_add(w, "source", OB_UNSURE, &s->o, "loadBalancerSourceRanges");
    ob_step_why(st, "only %s%s may come in", s->source_ranges[0],
                s->nsource_ranges > 1 ? " and a few ranges more" : "");
  }
  ob_explain_endpoints(x, w, s, port);
}

/* --- nodes ------------------------------------------------------------------------------- */
static const ob_node *node_with(const ob_cluster *c, const char *address) {
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));) {
    const ob_node *n = OB_AS(ob_node, o);
    for (size_t i = 0; i < n->naddresses; i++)
      if (strcmp(n->addresses[i].address, address) == 0) return n;
  }
  return NULL;
}

static bool answers_at(const ob_cluster *c, const ob_service *s, const char *address) {
  enum { MOST = 256 };
  const char *at[MOST];
  size_t n = ob_node_addresses(c, s, at, MOST);
  for (size_t i = 0; i < n && i < MOST; i++)
    if (strcmp(at[i], address) == 0) return true;
  return n > MOST;
}

static void by_node_port(ob_explain_run *x, const ob_node *n, const ob_service *s) {
  ob_way_build *w =
      ob_way_add(x, OB_HOST_EXACT, "node port %u of service %s/%s", x->r->port, s->o.ns, s->o.name);
  int port = -1;
  if (!w) return;
  for (int i = 0; i < s->nports; i++)
    if (s->ports[i].node_port == x->r->port) port = i;
  ob_step *st = ob_step_add(w, "node", n->ready ? OB_GOES : OB_STOPS, &n->o, "%s is node %s",
                            x->r->host, n->o.name);
  if (!n->ready) {
    ob_step_why(st, "the node is not ready");
    ob_step_fix(st, "use another node's address");
  }
  if (s->external_local && n->ready && !answers_at(x->c, s, x->r->host)) {
    const char *other[1];
    size_t holders = ob_node_addresses(x->c, s, other, 1);
    st->verdict = OB_STOPS;
    ob_step_why(st, "externalTrafficPolicy is Local and this node holds no ready endpoint");
    ob_step_fix(st,
                holders ? "use %s, or set the policy to Cluster"
                        : "bring up a pod%.0s, or set the policy to Cluster",
                holders ? other[0] : "");
  }
  if (port >= 0 && strcmp(s->ports[port].protocol, "TCP") != 0) {
    st = ob_step_add(w, "port", OB_STOPS, &s->o, "%u speaks %s", x->r->port,
                     s->ports[port].protocol);
    ob_step_why(st, "HTTP needs TCP");
  }
  ob_explain_endpoints(x, w, s, port);
}

static void by_node(ob_explain_run *x, const ob_node *n) {
  char key[16];
  snprintf(key, sizeof key, "%u", x->r->port);
  const ob_place *p = ob_place_find(x->c, OB_PLACE_PORT, key);
  for (size_t i = 0; p && i < p->objects.len; i++)
    by_node_port(x, n, OB_AS(ob_service, (const ob_object *)ob_link_at(&p->objects, i)));
  if (p && p->objects.len) return;
  ob_way_build *w = ob_way_add(x, OB_HOST_EXACT, "node %s", n->o.name);
  if (!w) return;
  ob_step *st = ob_step_add(w, "port", ob_known(x->c, OB_KIND_SERVICE) ? OB_STOPS : OB_UNSURE,
                            &n->o, "%u", x->r->port);
  ob_step_why(st, "no service has this node port; a pod with a hostPort may, which is not read");
}

/* --- names of the cluster's own DNS ------------------------------------------------------ */
/* "web.shop", "web.shop.svc", "web.shop.svc.cluster.local". */
static const ob_service *service_named(const ob_cluster *c, const char *host, bool *ret_full) {
  char ns[64], name[256];
  size_t n = strcspn(host, ".");
  if (!host[n] || n >= sizeof name) return NULL;
  snprintf(name, sizeof name, "%.*s", (int)n, host);
  const char *rest = host + n + 1;
  size_t k = strcspn(rest, ".");
  if (k >= sizeof ns) return NULL;
  snprintf(ns, sizeof ns, "%.*s", (int)k, rest);
  const char *tail = rest + k;
  *ret_full = ob_starts(tail, ".svc");
  if (*tail && strcmp(tail, ".svc") != 0 && strcmp(tail, ".svc.cluster.local") != 0) return NULL;
  return OB_AS(ob_service, ob_cluster_find(c, OB_KIND_SERVICE, ns, name));
}

static void by_own_name(ob_explain_run *x) {
  bool full = false;
  const ob_service *s = service_named(x->c, x->r->host, &full);
  if (!s || (!full && !x->r->inside)) return;
  ob_way_build *w =
      ob_way_add(x, OB_HOST_EXACT, "service %s/%s inside the cluster", s->o.ns, s->o.name);
  if (!w) return;
  if (!x->r->inside) {
    ob_step *st = ob_step_add(w, "dns", OB_STOPS, &s->o, "%s", x->r->host);
    ob_step_why(st, "the cluster's own names answer inside it alone");
    ob_step_fix(st, "kubectl port-forward -n %s svc/%s %u, or expose the service", s->o.ns,
                s->o.name, x->r->port);
    return;
  }
  ob_step_add(w, "dns", OB_GOES, &s->o, "%s is %s", x->r->host,
              s->type == OB_EXTERNAL_NAME ? s->external_name
              : s->type == OB_HEADLESS    ? "each ready pod's address"
                                          : s->cluster_ip);
  if (s->type == OB_HEADLESS)
    ob_explain_endpoints(x, w, s, -1); /* no proxy between: the pod's own ports count */
  else
    ob_explain_backend(x, w, s->o.ns, s->o.name, "", x->r->port);
}

void ob_explain_services(ob_explain_run *x) {
  const ob_place *p = ob_place_find(x->c, OB_PLACE_HOST, x->r->host);
  for (size_t i = 0; p && i < p->objects.len; i++) {
    const ob_object *o = ob_link_at(&p->objects, i);
    if (o->kind == OB_KIND_SERVICE && !is_front(x, OB_AS(ob_service, o)))
      by_balancer(x, OB_AS(ob_service, o));
  }
  const ob_node *n = x->ways.len ? NULL : node_with(x->c, x->r->host);
  if (n) by_node(x, n);
  by_own_name(x);
}
