/* The ways in, side by side: the textbook's rows, each cell filled with this service's own facts. A
 * row is one function, or one line of the textbook where facts change nothing.
 *
 * A way that the service does not have shows what it would give, dimmed. What is not known is
 * said to be so; it never reads as "none". */
#include "base/str.h"
#include "model/compare_priv.h"
#include "model/rows.h"

const ob_compare_name ob_way_names[OB_WAY_COUNT] = {
    [OB_WAY_CLUSTER_IP] = {"clusterIP", "ClusterIP"},
    [OB_WAY_NODE_PORT] = {"nodePort", "NodePort"},
    [OB_WAY_LOAD_BALANCER] = {"loadBalancer", "LoadBalancer"},
    [OB_WAY_INGRESS] = {"ingress", "Ingress"},
    [OB_WAY_GATEWAY] = {"gateway", "Gateway API"}};

const ob_compare_name ob_compare_rows[OB_CMP_COUNT] = {
    [OB_CMP_NOW] = {"now", "now"},
    [OB_CMP_ADDRESS] = {"address", "address"},
    [OB_CMP_PORT] = {"port", "port"},
    [OB_CMP_READY] = {"ready", "ready"},
    [OB_CMP_SHARED] = {"sharedWith", "shared with"},
    [OB_CMP_CLIENT] = {"clientAddress", "client IP"},
    [OB_CMP_TLS] = {"tls", "TLS ends"},
    [OB_CMP_PROTOCOLS] = {"protocols", "protocols"},
    [OB_CMP_NEEDS] = {"lacks", "lacks"},
    [OB_CMP_BREAKS] = {"breaks", "would break"},
    [OB_CMP_SECURITY] = {"security", "security"},
    [OB_CMP_COST] = {"cost", "cost/month"},
    [OB_CMP_FUNCTION] = {"function", "function"},
    [OB_CMP_USE_CASE] = {"useCase", "good for"},
    [OB_CMP_ACCESS] = {"access", "access"},
    [OB_CMP_SCALE] = {"scalability", "scale"},
    [OB_CMP_COMPLEXITY] = {"complexity", "complexity"}};

void ob_cell_line(ob_cell_at *x) {
  if (x->out->len > x->first) ob_buf_addc(x->out, '\n');
}

void ob_cell_more(ob_cell_at *x, size_t n) {
  if (n <= OB_CELL_ITEMS) return;
  ob_cell_line(x);
  ob_buf_addf(x->out, "+%zu", n - OB_CELL_ITEMS);
}

ob_tone ob_cell_say(ob_cell_at *x, ob_tone tone, const char *text) {
  ob_cell_line(x);
  ob_buf_adds(x->out, text);
  return tone;
}

ob_tone ob_cell_dim(const ob_cell_at *x) {
  return x->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
}

static size_t kept(size_t n) {
  return n < OB_FACTS_ROUTES ? n : OB_FACTS_ROUTES;
}

/* --- now --------------------------------------------------------------------------------- */
static void add_ports(ob_cell_at *x, bool node_ports) {
  size_t n = 0;
  for (size_t i = 0; i < x->f->s->nports; i++) {
    const ob_service_port *p = &x->f->s->ports[i];
    unsigned number = node_ports ? p->node_port : p->port;
    if (!number) continue;
    if (n < OB_CELL_ITEMS) ob_buf_addf(x->out, n ? ", %u" : "%u", number);
    if (n < OB_CELL_ITEMS && strcmp(p->protocol, "TCP") != 0) {
      ob_buf_addc(x->out, '/');
      ob_add_text(x->out, p->protocol);
    }
    n++;
  }
  if (n > OB_CELL_ITEMS) ob_buf_addf(x->out, " +%zu", n - OB_CELL_ITEMS);
}

static bool dark(const ob_cell_at *x) {
  if (x->exists) return false;
  if (x->way == OB_WAY_INGRESS) return (x->f->bits & OB_FACT_DARK_RULES) != 0;
  return x->way == OB_WAY_GATEWAY && !ob_known(x->f->c, OB_KIND_HTTP_ROUTE) &&
         ob_cluster_kind(x->f->c, OB_KIND_HTTP_ROUTE)->phase != OB_NOT_INSTALLED;
}

static ob_tone now(ob_cell_at *x) {
  if (dark(x)) return ob_cell_say(x, OB_TONE_DIM, "? not known");
  if (!x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: ob_buf_adds(x->out, "● inside"); break;
  case OB_WAY_NODE_PORT:
    ob_buf_adds(x->out, "● ");
    add_ports(x, true);
    break;
  case OB_WAY_LOAD_BALANCER:
    if (x->f->s->nlb == 0) return ob_cell_say(x, OB_TONE_WARN, "○ pending");
    ob_buf_addf(x->out, "● %u address%s", x->f->s->nlb, x->f->s->nlb == 1 ? "" : "es");
    break;
  case OB_WAY_INGRESS:
    ob_buf_addf(x->out, "● %zu rule%s", x->f->nrules, x->f->nrules == 1 ? "" : "s");
    break;
  default:
    ob_buf_addf(x->out, "● %zu route%s", x->f->nroutes, x->f->nroutes == 1 ? "" : "s");
    break;
  }
  return OB_TONE_OK;
}

/* --- address ----------------------------------------------------------------------------- */
static uint16_t first_node_port(const ob_service *s) {
  for (size_t i = 0; i < s->nports; i++)
    if (s->ports[i].node_port) return s->ports[i].node_port;
  return 0;
}

static ob_tone inside_address(ob_cell_at *x) {
  const ob_service *s = x->f->s;
  ob_add_text(x->out, s->o.name);
  ob_buf_addc(x->out, '.');
  ob_add_text(x->out, s->o.ns);
  if (s->type == OB_EXTERNAL_NAME) {
    ob_buf_adds(x->out, "\n→ ");
    ob_add_text(x->out, s->external_name);
  } else if (*s->cluster_ip && s->type != OB_HEADLESS) {
    ob_buf_addc(x->out, '\n');
    ob_add_text(x->out, s->cluster_ip);
  }
  if (s->nports && s->type != OB_EXTERNAL_NAME)
    ob_buf_addf(x->out, "\nport-forward: localhost:%u",
                s->ports[0].port < 1024 ? s->ports[0].port + 8000u : s->ports[0].port);
  return OB_TONE_PLAIN;
}

static ob_tone node_address(ob_cell_at *x) {
  const ob_facts *f = x->f;
  if (f->bits & OB_FACT_DARK_NODES) return ob_cell_say(x, OB_TONE_DIM, "? nodes not known");
  if (f->s->external_local && (f->bits & OB_FACT_DARK_SLICES))
    return ob_cell_say(x, OB_TONE_DIM, "? endpoints not known");
  const char *at[OB_CELL_ITEMS];
  size_t n = ob_node_addresses(f->c, f->s, at, OB_CELL_ITEMS);
  if (n == 0)
    return ob_cell_say(x, x->exists ? OB_TONE_BAD : OB_TONE_DIM,
                       f->s->external_local ? "no node holds a ready endpoint"
                                            : "no node is ready");
  uint16_t port = first_node_port(f->s);
  for (size_t i = 0; i < n && i < OB_CELL_ITEMS; i++) {
    ob_cell_line(x);
    if (port)
      ob_add_host_port(x->out, at[i], port);
    else
      ob_add_host(x->out, at[i]);
  }
  ob_cell_more(x, n);
  return x->exists ? OB_TONE_ACCENT : OB_TONE_DIM;
}

static ob_tone balancer_address(ob_cell_at *x) {
  const ob_service *s = x->f->s;
  if (!x->exists) return ob_cell_say(x, OB_TONE_DIM, "1 new address");
  if (s->nlb == 0) return ob_cell_say(x, OB_TONE_WARN, "<pending>");
  for (size_t i = 0; i < s->nlb && i < OB_CELL_ITEMS; i++) {
    ob_cell_line(x);
    const char *address = ob_lb_address(&s->lb[i]);
    if (s->nports)
      ob_add_host_port(x->out, address, s->ports[0].port);
    else
      ob_add_host(x->out, address);
    if (strcmp(s->lb[i].ip_mode, "Proxy") == 0) ob_buf_adds(x->out, " (Proxy)");
  }
  ob_cell_more(x, s->nlb);
  return OB_TONE_ACCENT;
}

/* Whom a new rule would go through. */
static ob_tone new_rule_address(ob_cell_at *x) {
  if (!ob_known(x->f->c, OB_KIND_INGRESS_CLASS))
    return ob_cell_say(x, OB_TONE_DIM, "a host of yours");
  if (!x->f->class) return ob_cell_say(x, OB_TONE_WARN, "no ingress class here");
  ob_cell_say(x, OB_TONE_DIM, "a host of yours\nclass ");
  ob_add_text(x->out, x->f->class_name);
  return OB_TONE_DIM;
}

static ob_tone rule_address(ob_cell_at *x) {
  if (dark(x)) return ob_cell_say(x, OB_TONE_DIM, "? not known");
  if (!x->exists) return new_rule_address(x);
  for (size_t i = 0; i < kept(x->f->nrules) && i < OB_CELL_ITEMS; i++) {
    ob_cell_line(x);
    ob_add_rule_url(x->out, x->f->rules[i].ingress, x->f->rules[i].rule, x->f->rules[i].path);
  }
  ob_cell_more(x, x->f->nrules);
  return OB_TONE_ACCENT;
}

static ob_tone route_address(ob_cell_at *x) {
  const ob_facts *f = x->f;
  if (dark(x)) return ob_cell_say(x, OB_TONE_DIM, "? not known");
  for (size_t i = 0; i < kept(f->nroutes) && i < OB_CELL_ITEMS; i++) {
    ob_cell_line(x);
    ob_add_text(x->out, f->routes[i]->nhostnames ? f->routes[i]->hostnames[0] : "any host");
    if (f->routes[i]->nhostnames > 1) ob_buf_addf(x->out, " +%u", f->routes[i]->nhostnames - 1u);
  }
  ob_cell_more(x, f->nroutes);
  if (f->nroutes) return OB_TONE_ACCENT;
  if (!f->gateway) return ob_cell_say(x, OB_TONE_WARN, "no Gateway to attach to");
  ob_cell_say(x, OB_TONE_DIM, "a host of yours\nGateway ");
  ob_add_text(x->out, f->gateway->o.ns);
  ob_buf_addc(x->out, '/');
  ob_add_text(x->out, f->gateway->o.name);
  return OB_TONE_DIM;
}

static ob_tone address(ob_cell_at *x) {
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, x->cannot);
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: return inside_address(x);
  case OB_WAY_NODE_PORT: return node_address(x);
  case OB_WAY_LOAD_BALANCER: return balancer_address(x);
  case OB_WAY_INGRESS: return rule_address(x);
  default: return route_address(x);
  }
}

/* --- port, ready, shared ----------------------------------------------------------------- */
static bool route_tls(const ob_route_ref *r) {
  return ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host) != NULL;
}

static ob_tone entry_ports(ob_cell_at *x) {
  bool plain = false, tls = false;
  for (size_t i = 0; i < kept(x->f->nrules); i++)
    *(route_tls(&x->f->rules[i]) ? &tls : &plain) = true;
  ob_buf_adds(x->out, plain == tls ? "80, 443" : tls ? "443" : "80");
  return ob_cell_dim(x);
}

static ob_tone listener_ports(ob_cell_at *x) {
  const ob_gateway *g = x->f->gateway;
  if (!g) return ob_cell_say(x, OB_TONE_DIM, "by listener");
  uint16_t seen[OB_CELL_ITEMS] = {0};
  size_t n = 0;
  for (size_t i = 0; i < g->nlisteners && n < OB_CELL_ITEMS; i++) {
    bool again = false;
    for (size_t k = 0; k < n; k++) again |= seen[k] == g->listeners[i].port;
    if (again) continue;
    ob_buf_addf(x->out, n ? ", %u" : "%u", g->listeners[i].port);
    seen[n++] = g->listeners[i].port;
  }
  return ob_cell_dim(x);
}

static ob_tone port(ob_cell_at *x) {
  if (x->cannot && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "–");
  if (x->way == OB_WAY_INGRESS) return entry_ports(x);
  if (x->way == OB_WAY_GATEWAY) return listener_ports(x);
  if (x->way == OB_WAY_NODE_PORT && !x->exists) return ob_cell_say(x, OB_TONE_DIM, "30000-32767");
  if (x->f->s->nports == 0) return ob_cell_say(x, OB_TONE_DIM, "–");
  add_ports(x, x->way == OB_WAY_NODE_PORT);
  return ob_cell_dim(x);
}

static ob_tone ready(ob_cell_at *x) {
  ob_ready r = x->f->ready;
  if (x->f->s->type == OB_EXTERNAL_NAME) return ob_cell_say(x, OB_TONE_DIM, "–");
  if (!r.known) return ob_cell_say(x, OB_TONE_DIM, "?");
  ob_buf_addf(x->out, "%u/%u", r.ready, r.total);
  if (r.draining) ob_buf_addf(x->out, ", %u draining", r.draining);
  if (r.ready) ob_buf_addf(x->out, "\n%u node%s", r.nodes, r.nodes == 1 ? "" : "s");
  if (r.ready && r.zones) ob_buf_addf(x->out, ", %u zone%s", r.zones, r.zones == 1 ? "" : "s");
  return r.ready == 0 ? OB_TONE_BAD : r.ready < r.total ? OB_TONE_WARN : OB_TONE_OK;
}

/* All rules of the Ingresses that lead here, this service's own left out. */
static size_t other_rules(const ob_facts *f) {
  size_t n = 0, k = kept(f->nrules);
  for (size_t i = 0; i < k; i++) {
    bool seen = false;
    for (size_t e = 0; e < i && !seen; e++) seen = f->rules[e].ingress == f->rules[i].ingress;
    for (size_t r = 0; !seen && r < f->rules[i].ingress->nrules; r++)
      n += f->rules[i].ingress->rules[r].npaths;
  }
  return n > k ? n - k : 0;
}

/* Others who have the same load balancer address: a few by name, the rest counted and not looked at
 * (a cursor movement must not walk thousands). Of several addresses the first that is shared: the
 * others belong to the same balancer. */
static size_t same_address(const ob_facts *f, ob_cell_at *x) {
  size_t n = 0;
  for (size_t i = 0; i < f->s->nlb && i < OB_CELL_ITEMS && n == 0; i++) {
    const ob_place *p = ob_place_find(f->c, OB_PLACE_HOST, ob_lb_address(&f->s->lb[i]));
    for (size_t k = 0; p && k < p->objects.len && n < OB_CELL_ITEMS; k++) {
      const ob_object *o = ob_link_at(&p->objects, k);
      if (o == &f->s->o || o->kind != OB_KIND_SERVICE) continue;
      n++;
      ob_cell_line(x);
      ob_add_text(x->out, o->ns);
      ob_buf_addc(x->out, '/');
      ob_add_text(x->out, o->name);
    }
    if (n == OB_CELL_ITEMS) ob_cell_more(x, p->objects.len - 1);
  }
  return n;
}

static ob_tone shared(ob_cell_at *x) {
  const ob_facts *f = x->f;
  size_t n;
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: return ob_cell_say(x, OB_TONE_DIM, "nobody");
  case OB_WAY_NODE_PORT: return ob_cell_say(x, OB_TONE_DIM, "nobody: a port of its own");
  case OB_WAY_LOAD_BALANCER:
    if (!x->exists || same_address(f, x) == 0) return ob_cell_say(x, OB_TONE_DIM, "nobody");
    return OB_TONE_PLAIN;
  case OB_WAY_INGRESS:
    n = other_rules(f);
    if (x->exists && n) ob_buf_addf(x->out, "%zu other rule%s\n", n, n == 1 ? "" : "s");
    if (!f->class_ingresses) return ob_cell_say(x, OB_TONE_DIM, "nobody");
    ob_buf_addf(x->out, "class: %zu Ingress%s", f->class_ingresses,
                f->class_ingresses == 1 ? "" : "es");
    return ob_cell_dim(x);
  default:
    if (!f->gateway) return ob_cell_say(x, OB_TONE_DIM, "–");
    char key[OB_KEY_MAX];
    ob_key(key, f->gateway->o.ns, f->gateway->o.name);
    const ob_place *p = ob_place_find(f->c, OB_PLACE_GATEWAY, key);
    n = p ? p->objects.len : 0;
    ob_buf_addf(x->out, "%zu route%s on it", n, n == 1 ? "" : "s");
    return ob_cell_dim(x);
  }
}

/* --- the textbook ------------------------------------------------------------------------ */
static const char *const textbook[OB_CMP_COUNT][OB_WAY_COUNT] = {
    [OB_CMP_FUNCTION] = {"an address inside", "a port on every node", "an address of its own",
                         "host and path rules", "host, path, header routes"},
    [OB_CMP_USE_CASE] = {"inside, debugging", "dev, test", "one TCP/UDP service",
                         "many HTTP services", "many teams, HTTP and gRPC"},
    [OB_CMP_ACCESS] = {"port-forward", "NODE:PORT", "ADDRESS:PORT", "http(s)://HOST/PATH",
                       "http(s)://HOST/PATH"},
    [OB_CMP_COMPLEXITY] = {"none", "low", "low", "medium: needs a controller",
                           "medium: controller, Gateway, routes"},
};

static ob_tone scale(ob_cell_at *x) {
  switch (x->way) {
  case OB_WAY_CLUSTER_IP: return ob_cell_say(x, OB_TONE_PLAIN, "by pods");
  case OB_WAY_LOAD_BALANCER: return ob_cell_say(x, OB_TONE_PLAIN, "by provider");
  case OB_WAY_INGRESS: return ob_cell_say(x, OB_TONE_PLAIN, "by rules, one entry");
  case OB_WAY_GATEWAY: return ob_cell_say(x, OB_TONE_PLAIN, "by routes, one entry");
  default: break;
  }
  ob_buf_adds(x->out, "by nodes");
  bool known = !(x->f->bits & OB_FACT_DARK_NODES) &&
               (!x->f->s->external_local || !(x->f->bits & OB_FACT_DARK_SLICES));
  if (known) ob_buf_addf(x->out, ", %zu answer", x->f->node_addresses);
  return OB_TONE_PLAIN;
}

static ob_tone (*const rows[OB_CMP_COUNT])(ob_cell_at *x) = {[OB_CMP_NOW] = now,
                                                             [OB_CMP_ADDRESS] = address,
                                                             [OB_CMP_PORT] = port,
                                                             [OB_CMP_READY] = ready,
                                                             [OB_CMP_SHARED] = shared,
                                                             [OB_CMP_CLIENT] = ob_cell_client,
                                                             [OB_CMP_TLS] = ob_cell_tls,
                                                             [OB_CMP_PROTOCOLS] = ob_cell_protocols,
                                                             [OB_CMP_NEEDS] = ob_cell_needs,
                                                             [OB_CMP_BREAKS] = ob_cell_breaks,
                                                             [OB_CMP_SECURITY] = ob_cell_security,
                                                             [OB_CMP_COST] = ob_cell_cost,
                                                             [OB_CMP_SCALE] = scale};

/* --- the cell ---------------------------------------------------------------------------- */
static const char *why_not(const ob_facts *f, ob_way way) {
  if (way == OB_WAY_CLUSTER_IP) return NULL;
  if (f->bits & OB_FACT_NAME) return "not for a name";
  if (way == OB_WAY_NODE_PORT || way == OB_WAY_LOAD_BALANCER)
    return f->bits & OB_FACT_HEADLESS   ? "not while headless"
           : f->bits & OB_FACT_NO_PORTS ? "needs a port"
                                        : NULL;
  if (f->bits & OB_FACT_NO_PORTS) return "needs a port";
  bool tcp = (f->bits & (OB_FACT_HTTP | OB_FACT_TCP_OTHER | OB_FACT_TCP_UNKNOWN)) != 0;
  return tcp ? NULL : "HTTP only";
}

static bool exists(const ob_facts *f, ob_way way) {
  switch (way) {
  case OB_WAY_CLUSTER_IP: return true;
  case OB_WAY_NODE_PORT:
    return (f->s->type == OB_NODE_PORT || f->s->type == OB_LOAD_BALANCER) &&
           (f->bits & OB_FACT_NODE_PORT);
  case OB_WAY_LOAD_BALANCER: return f->s->type == OB_LOAD_BALANCER;
  case OB_WAY_INGRESS: return f->nrules > 0;
  default: return f->nroutes > 0;
  }
}

ob_tone ob_compare_cell(const ob_compare *c, ob_way way, ob_compare_row row, struct ob_buf *out) {
  if (!rows[row]) {
    ob_buf_adds(out, textbook[row][way]);
    return OB_TONE_PLAIN;
  }
  ob_cell_at x = {.f = &c->f,
                  .way = way,
                  .exists = exists(&c->f, way),
                  .cannot = why_not(&c->f, way),
                  .first = out->len,
                  .out = out};
  return rows[row](&x);
}

/* --- the whole --------------------------------------------------------------------------- */
ob_compare *ob_compare_new(const ob_cluster *c, const ob_service *s, const ob_prices *p) {
  ob_compare *x = ob_calloc(1, sizeof *x);
  ob_facts_gather(&x->f, c, s, p);
  ob_recommend(&x->advice, &x->f);
  return x;
}

void ob_compare_free(ob_compare *x) {
  if (!x) return;
  ob_recommendation_done(&x->advice);
  free(x);
}

bool ob_compare_has(const ob_compare *x, ob_way way) {
  return way != OB_WAY_GATEWAY || (x->f.bits & OB_FACT_GATEWAYS) != 0;
}
ob_way ob_compare_best(const ob_compare *x) {
  return x->advice.best;
}
int ob_compare_score(const ob_compare *x, ob_way way) {
  return x->advice.score[way];
}
size_t ob_compare_nreasons(const ob_compare *x) {
  return x->advice.reasons.len;
}
ob_reason ob_compare_reason(const ob_compare *x, size_t i) {
  return (ob_reason){x->advice.reasons.at[i].advice, x->advice.reasons.at[i].text};
}

void ob_compare_verdict(const ob_compare *x, struct ob_buf *out) {
  ob_buf_addf(out, "%s", ob_way_names[x->advice.best].title);
  bool first = true;
  for (size_t i = 0; i < x->advice.reasons.len; i++) {
    const ob_advised *a = &x->advice.reasons.at[i];
    if (a->advice->way != x->advice.best || a->advice->weight <= 0) continue;
    ob_buf_addf(out, "%s%s", first ? ": " : "; ", a->text);
    first = false;
  }
}
