/* The comparison's cells that judge: what a way keeps and loses, what it needs, what converting
 * would break, what it opens and what it costs. */
#include "base/str.h"
#include "model/compare_priv.h"
#include "model/controllers.h"
#include "model/provider.h"
#include "model/rows.h"

static bool is(const ob_cell_at *x, uint64_t facts) {
  return (x->f->bits & facts) == facts;
}

/* --- client ------------------------------------------------------------------------------ */
ob_tone ob_cell_client(ob_cell_at *x) {
  bool local = x->f->s->external_local;
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  switch (x->way) {
  case OB_WAY_CLUSTER_IP:
    return ob_cell_say(x, OB_TONE_PLAIN, "kept inside; localhost by port-forward");
  case OB_WAY_NODE_PORT:
    return ob_cell_say(x, ob_cell_dim(x), local ? "kept (policy Local)" : "lost (policy Cluster)");
  case OB_WAY_LOAD_BALANCER:
    if (x->exists && x->f->s->nlb && strcmp(x->f->s->lb[0].ip_mode, "Proxy") == 0)
      return ob_cell_say(x, OB_TONE_PLAIN, "the balancer's: it is a proxy");
    return ob_cell_say(x, ob_cell_dim(x),
                       local ? "kept (policy Local)"
                             : "lost (policy Cluster), unless the provider keeps it");
  default: return ob_cell_say(x, ob_cell_dim(x), "in X-Forwarded-For");
  }
}

/* --- TLS --------------------------------------------------------------------------------- */
static bool any_rule_tls(const ob_facts *f) {
  for (size_t i = 0; i < f->nrules && i < OB_FACTS_ROUTES; i++) {
    const ob_route_ref *r = &f->rules[i];
    if (ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host))
      return true;
  }
  return false;
}

static bool gateway_tls(const ob_gateway *g) {
  for (size_t i = 0; g && i < g->nlisteners; i++)
    if (strcmp(g->listeners[i].tls_mode, "Terminate") == 0) return true;
  return false;
}

static bool balancer_tls(const ob_service *s) {
  return *ob_annotation(&s->o, "service.beta.kubernetes.io/aws-load-balancer-ssl-cert") != '\0';
}

ob_tone ob_cell_tls(ob_cell_at *x) {
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  switch (x->way) {
  case OB_WAY_CLUSTER_IP:
  case OB_WAY_NODE_PORT: return ob_cell_say(x, ob_cell_dim(x), "at the pod, if it speaks TLS");
  case OB_WAY_LOAD_BALANCER:
    return ob_cell_say(x, ob_cell_dim(x),
                       balancer_tls(x->f->s) ? "at the balancer (its certificate)"
                                             : "at the pod, if it speaks TLS");
  case OB_WAY_INGRESS:
    if (!x->exists) return ob_cell_say(x, OB_TONE_DIM, "at the controller, with a secret");
    return any_rule_tls(x->f) ? ob_cell_say(x, OB_TONE_PLAIN, "at the controller")
                              : ob_cell_say(x, OB_TONE_WARN, "nowhere: no rule has TLS");
  default:
    return ob_cell_say(x, ob_cell_dim(x),
                       gateway_tls(x->f->gateway) ? "at the Gateway"
                                                  : "at the Gateway, with a listener for it");
  }
}

/* --- protocols --------------------------------------------------------------------------- */
ob_tone ob_cell_protocols(ob_cell_at *x) {
  bool http_way = x->way == OB_WAY_INGRESS || x->way == OB_WAY_GATEWAY;
  if (is(x, OB_FACT_NAME) && x->way != OB_WAY_CLUSTER_IP) return ob_cell_say(x, OB_TONE_DIM, "–");
  if (x->way == OB_WAY_CLUSTER_IP) {
    bool other = is(x, OB_FACT_UDP) || is(x, OB_FACT_SCTP);
    return ob_cell_say(x, OB_TONE_PLAIN, other ? "all; port-forward: TCP only" : "all");
  }
  if (!http_way) {
    bool sctp = is(x, OB_FACT_SCTP) && x->way == OB_WAY_LOAD_BALANCER;
    return ob_cell_say(x, ob_cell_dim(x), sctp ? "TCP, UDP; SCTP by provider" : "TCP, UDP, SCTP");
  }
  bool bad = false;
  ob_cell_say(x, OB_TONE_PLAIN,
              x->way == OB_WAY_GATEWAY ? "HTTP, gRPC, WebSocket"
                                       : "HTTP; gRPC, WebSocket by controller");
  if (is(x, OB_FACT_UDP)) bad = true, ob_cell_say(x, OB_TONE_BAD, "not its UDP");
  if (is(x, OB_FACT_SCTP)) bad = true, ob_cell_say(x, OB_TONE_BAD, "not its SCTP");
  if (is(x, OB_FACT_TCP_OTHER)) bad = true, ob_cell_say(x, OB_TONE_BAD, "not its other TCP");
  return bad ? OB_TONE_WARN : ob_cell_dim(x);
}

/* --- needs ------------------------------------------------------------------------------- */
ob_tone ob_cell_needs(ob_cell_at *x) {
  const char *lack = NULL;
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: break;
  case OB_WAY_NODE_PORT:
    if (is(x, OB_FACT_NODES_NONE)) lack = "a node that answers";
    if (is(x, OB_FACT_NO_NODE_PORTS) && !x->exists) lack = "a free node port";
    if (is(x, OB_FACT_DARK_NODES)) return ob_cell_say(x, OB_TONE_DIM, "? nodes not known");
    break;
  case OB_WAY_LOAD_BALANCER:
    if (is(x, OB_FACT_LB_NONE) && !is(x, OB_FACT_BALANCER))
      lack = "a load balancer controller: none seen";
    break;
  case OB_WAY_INGRESS:
    if (is(x, OB_FACT_NO_CLASS)) lack = "an ingress class";
    if (!is(x, OB_FACT_NO_CLASS) && !is(x, OB_FACT_CLASS))
      return ob_cell_say(x, OB_TONE_DIM, "? classes not known");
    break;
  default:
    if (!is(x, OB_FACT_GATEWAY)) lack = "a Gateway with an address for this namespace";
    break;
  }
  return lack ? ob_cell_say(x, OB_TONE_WARN, lack) : ob_cell_say(x, OB_TONE_DIM, "nothing");
}

/* --- breaks ------------------------------------------------------------------------------ */
/* Leaving what it has now for this way. Ways by rules leave the Service as it is. */
ob_tone ob_cell_breaks(ob_cell_at *x) {
  ob_service_type now = x->f->s->type;
  size_t before = x->out->len;
  if (x->way == OB_WAY_INGRESS || x->way == OB_WAY_GATEWAY)
    return ob_cell_say(x, OB_TONE_DIM, "nothing: adds to it");
  bool leaves_balancer = now == OB_LOAD_BALANCER && x->way != OB_WAY_LOAD_BALANCER;
  bool leaves_ports = is(x, OB_FACT_NODE_PORT) && x->way == OB_WAY_CLUSTER_IP;
  if (leaves_balancer && x->f->s->nlb) ob_cell_say(x, OB_TONE_WARN, "its address is given back");
  if (leaves_balancer && x->f->s->nsource_ranges) ob_cell_say(x, OB_TONE_WARN, "source ranges go");
  if (leaves_ports) ob_cell_say(x, OB_TONE_WARN, "its node ports go");
  if (is(x, OB_FACT_HEADLESS) && x->way != OB_WAY_CLUSTER_IP)
    ob_cell_say(
        x, OB_TONE_WARN,
        "pods' own names and addresses: it gets a cluster IP, after a moment without its name");
  if (is(x, OB_FACT_NAME) && x->way != OB_WAY_CLUSTER_IP)
    ob_cell_say(x, OB_TONE_WARN, "the name: it needs pods and ports");
  return x->out->len > before ? OB_TONE_WARN : ob_cell_say(x, OB_TONE_DIM, "nothing");
}

/* --- security ---------------------------------------------------------------------------- */
ob_tone ob_cell_security(ob_cell_at *x) {
  const ob_service *s = x->f->s;
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: return ob_cell_say(x, OB_TONE_OK, "who may use the cluster");
  case OB_WAY_NODE_PORT:
    ob_cell_say(x, OB_TONE_WARN, "every node opens it");
    if (is(x, OB_FACT_STORE)) return ob_cell_say(x, OB_TONE_BAD, "a database's port");
    return x->exists ? OB_TONE_WARN : OB_TONE_DIM;
  case OB_WAY_LOAD_BALANCER:
    if (s->nsource_ranges) {
      ob_buf_addf(x->out, "only %u source range%s", s->nsource_ranges,
                  s->nsource_ranges == 1 ? "" : "s");
      return OB_TONE_OK;
    }
    if (ob_balancer_internal(s)) return ob_cell_say(x, OB_TONE_OK, "inside the provider's network");
    ob_cell_say(x, OB_TONE_WARN, "open to who reaches the address");
    if (is(x, OB_FACT_STORE)) return ob_cell_say(x, OB_TONE_BAD, "a database's port");
    return x->exists ? OB_TONE_WARN : OB_TONE_DIM;
  case OB_WAY_INGRESS:
    ob_cell_say(x, OB_TONE_PLAIN, "its hosts and paths alone");
    if (is(x, OB_FACT_NGINX))
      return ob_cell_say(x, OB_TONE_WARN, "ingress-nginx gets no security fixes");
    return ob_cell_dim(x);
  default:
    return ob_cell_say(x, ob_cell_dim(x), "its hosts and matches alone; grants between namespaces");
  }
}

/* --- cost -------------------------------------------------------------------------------- */
static void add_dated(ob_cell_at *x, const ob_cost *cost) {
  ob_buf_adds(x->out, "\n");
  ob_add_text(x->out, cost->provider);
  ob_buf_adds(x->out, " list price, ");
  ob_add_text(x->out, cost->date);
  if (!*cost->note) return;
  ob_buf_adds(x->out, "\n");
  ob_add_text(x->out, cost->note);
}

static ob_tone balancer_cost(ob_cell_at *x) {
  const ob_cost *cost = &x->f->balancer;
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  if (!cost->known)
    return ob_cell_say(x, OB_TONE_DIM,
                       x->exists ? "? no price known" : "? one balancer more, no price known");
  if (cost->cents == 0) {
    ob_cell_say(x, OB_TONE_OK, "0");
    ob_buf_adds(x->out, " (");
    ob_add_text(x->out, cost->provider);
    ob_buf_addc(x->out, ')');
    return OB_TONE_OK;
  }
  ob_buf_adds(x->out, "~");
  ob_cost_text(x->out, cost->cents, cost->currency);
  if (!x->exists) ob_buf_adds(x->out, " more");
  add_dated(x, cost);
  ob_cost_sum sum = ob_cost_namespace(x->f->c, x->f->prices, x->f->s->o.ns);
  if (sum.balancers > 1 && sum.unknown < sum.balancers) {
    ob_buf_addf(x->out, "\nnamespace: %zu, ~", sum.balancers);
    ob_cost_text(x->out, sum.cents, cost->currency);
  }
  return x->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
}

/* Over the shared entry instead of a balancer of its own. */
static void what_if(ob_cell_at *x) {
  if (!is(x, OB_FACT_BALANCER | OB_FACT_LB_COSTS | OB_FACT_HTTP)) return;
  ob_buf_adds(x->out, "\nmoved here: −");
  ob_cost_text(x->out, x->f->balancer.cents, x->f->balancer.currency);
}

static ob_tone entry_cost(ob_cell_at *x) {
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  bool alb = x->way == OB_WAY_INGRESS && x->f->class &&
             ob_starts(x->f->class->controller, "ingress.k8s.aws/alb");
  if (alb) { /* a balancer for each Ingress, unless a group shares it */
    ob_cost cost = ob_cost_of(x->f->c, x->f->prices, x->f->class->controller, 2);
    ob_buf_adds(x->out, "~");
    ob_cost_text(x->out, cost.cents, cost.currency);
    ob_buf_adds(x->out, " for each Ingress group");
    add_dated(x, &cost);
    return ob_cell_dim(x);
  }
  bool there = x->way == OB_WAY_INGRESS ? x->f->class != NULL : is(x, OB_FACT_GATEWAY);
  if (!there) return ob_cell_say(x, OB_TONE_DIM, "? a new entry, perhaps a balancer");
  ob_buf_adds(x->out, "0 more: shared");
  what_if(x);
  return ob_cell_dim(x);
}

ob_tone ob_cell_cost(ob_cell_at *x) {
  switch (x->way) {
  case OB_WAY_CLUSTER_IP:
  case OB_WAY_NODE_PORT: return ob_cell_say(x, OB_TONE_PLAIN, "0");
  case OB_WAY_LOAD_BALANCER: return balancer_cost(x);
  default: return entry_cost(x);
  }
}
