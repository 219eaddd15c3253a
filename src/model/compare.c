/* The three ways in, side by side: the textbook's rows, each cell filled with this service's
 * own facts. A cell is one function of (way); rows are a table. */
#include "base/buf.h"
#include "base/str.h"
#include "model/rows.h"
#include "outboard/cluster.h"

enum { ADDRESSES = 4, ROUTES = 64 };

const char *const ob_way_titles[OB_WAY_COUNT] = {"NodePort", "LoadBalancer", "Ingress"};
const char *const ob_compare_titles[OB_CMP_COUNT] = {
    [OB_CMP_NOW] = "now",           [OB_CMP_ADDRESS] = "address", [OB_CMP_PORT] = "port",
    [OB_CMP_READY] = "ready",       [OB_CMP_FUNCTION] = "function", [OB_CMP_USE_CASE] = "good for",
    [OB_CMP_ACCESS] = "access",     [OB_CMP_SCALE] = "scale",     [OB_CMP_COST] = "cost",
    [OB_CMP_COMPLEXITY] = "complexity"};

typedef struct facts {
  const ob_cluster *c;
  const ob_service *s;
  ob_way way;
  bool exists;
  bool routes_known;
  size_t nroutes;
  ob_route_ref routes[ROUTES];
  ob_buf *out;
} facts;

static bool any_node_port(const ob_service *s) {
  for (size_t i = 0; i < s->nports; i++)
    if (s->ports[i].node_port) return true;
  return false;
}

static void line(facts *f) {
  if (f->out->len) ob_buf_addc(f->out, '\n');
}

static void safe(facts *f, const char *s) { ob_text_safe_str(f->out, s, OB_TEXT_LINE); }

static bool can_go(const facts *f) {
  if (f->s->type == OB_EXTERNAL_NAME) return false;
  if (f->way != OB_WAY_INGRESS) return true;
  for (size_t i = 0; i < f->s->nports; i++)
    if (strcmp(f->s->ports[i].protocol, "TCP") == 0) return true;
  return f->s->nports == 0;
}

/* --- rows ------------------------------------------------------------------------------------- */
static ob_tone now(facts *f) {
  if (!f->exists) {
    if (f->way == OB_WAY_INGRESS && !f->routes_known) {
      ob_buf_adds(f->out, "? Ingresses not known");
      return OB_TONE_DIM;
    }
    ob_buf_adds(f->out, can_go(f) ? "–" : f->s->type == OB_EXTERNAL_NAME ? "– ExternalName" : "– not for UDP, SCTP");
    return OB_TONE_DIM;
  }
  size_t n = 0;
  switch (f->way) {
  case OB_WAY_NODE_PORT:
    for (size_t i = 0; i < f->s->nports; i++) n += f->s->ports[i].node_port != 0;
    ob_buf_addf(f->out, "● %zu port%s", n, n == 1 ? "" : "s");
    return OB_TONE_OK;
  case OB_WAY_LOAD_BALANCER:
    if (f->s->nlb == 0) {
      ob_buf_adds(f->out, "○ pending");
      return OB_TONE_WARN;
    }
    ob_buf_addf(f->out, "● %u address%s", f->s->nlb, f->s->nlb == 1 ? "" : "es");
    return OB_TONE_OK;
  default: ob_buf_addf(f->out, "● %zu rule%s", f->nroutes, f->nroutes == 1 ? "" : "s"); return OB_TONE_OK;
  }
}

static void node_addresses(facts *f) {
  const char *at[ADDRESSES];
  if (!ob_known(f->c, OB_KIND_NODE)) {
    ob_buf_adds(f->out, "? nodes not known");
    return;
  }
  size_t n = ob_node_addresses(f->c, f->s, at, ADDRESSES);
  if (n == 0) ob_buf_adds(f->out, f->s->external_local ? "no node holds a ready pod" : "no node answers");
  for (size_t i = 0; i < n && i < ADDRESSES; i++) {
    line(f);
    safe(f, at[i]);
  }
  if (n > ADDRESSES) ob_buf_addf(f->out, "\n+%zu nodes", n - ADDRESSES);
}

static ob_tone address(facts *f) {
  if (!can_go(f)) return OB_TONE_DIM;
  if (f->way == OB_WAY_NODE_PORT) {
    node_addresses(f);
    return f->exists ? OB_TONE_ACCENT : OB_TONE_DIM;
  }
  if (!f->exists) {
    ob_buf_adds(f->out, f->way == OB_WAY_INGRESS ? "a host of yours" : "1 new address");
    return OB_TONE_DIM;
  }
  if (f->way == OB_WAY_LOAD_BALANCER) {
    if (f->s->nlb == 0) ob_buf_adds(f->out, "not yet");
    for (size_t i = 0; i < f->s->nlb && i < ADDRESSES; i++) {
      line(f);
      safe(f, ob_lb_address(&f->s->lb[i]));
    }
    return OB_TONE_ACCENT;
  }
  for (size_t i = 0; i < f->nroutes && i < ADDRESSES; i++) {
    OB_AUTO(ob_buf) url = OB_BUF_INIT(OB_LINE_MAX);
    ob_add_rule_url(&url, f->routes[i].ingress, f->routes[i].rule, f->routes[i].path);
    line(f);
    safe(f, ob_buf_str(&url));
  }
  if (f->nroutes > ADDRESSES) ob_buf_addf(f->out, "\n+%zu rules", f->nroutes - ADDRESSES);
  return OB_TONE_ACCENT;
}

static ob_tone port(facts *f) {
  if (!can_go(f)) return OB_TONE_DIM;
  if (f->way == OB_WAY_INGRESS) {
    bool plain = false, tls = false;
    for (size_t i = 0; i < f->nroutes && i < ROUTES; i++) {
      const ob_route_ref *r = &f->routes[i];
      bool t = ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host) != NULL;
      *(t ? &tls : &plain) = true;
    }
    ob_buf_adds(f->out, plain == tls ? "80, 443" : tls ? "443" : "80");
    return f->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
  }
  bool nodes = f->way == OB_WAY_NODE_PORT;
  if (nodes && !f->exists) {
    ob_buf_adds(f->out, "30000-32767");
    return OB_TONE_DIM;
  }
  for (size_t i = 0; i < f->s->nports; i++) {
    const ob_service_port *p = &f->s->ports[i];
    if (nodes && !p->node_port) continue;
    if (f->out->len) ob_buf_adds(f->out, ", ");
    ob_buf_addf(f->out, "%u", nodes ? p->node_port : p->port);
    if (strcmp(p->protocol, "TCP") != 0) {
      ob_buf_addc(f->out, '/');
      safe(f, p->protocol);
    }
  }
  return f->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
}

static ob_tone ready(facts *f) {
  if (f->s->type == OB_EXTERNAL_NAME) return OB_TONE_DIM;
  ob_ready r = ob_service_ready(f->c, f->s, -1);
  if (!r.known) {
    ob_buf_addc(f->out, '?');
    return OB_TONE_DIM;
  }
  ob_buf_addf(f->out, "%u/%u", r.ready, r.total);
  if (r.nodes) ob_buf_addf(f->out, " on %u node%s", r.nodes, r.nodes == 1 ? "" : "s");
  return r.ready == 0 ? OB_TONE_BAD : r.ready < r.total ? OB_TONE_WARN : OB_TONE_OK;
}

/* Who shares the entry: other rules of the same Ingresses. */
static ob_tone cost(facts *f) {
  if (f->way == OB_WAY_NODE_PORT) {
    ob_buf_adds(f->out, "none");
  } else if (f->way == OB_WAY_LOAD_BALANCER) {
    ob_buf_adds(f->out, f->exists ? "one balancer" : "one balancer more");
  } else {
    ob_buf_adds(f->out, "one balancer, shared");
    size_t rules = 0;
    for (size_t i = 0; i < f->nroutes && i < ROUTES; i++) {
      bool seen = false;
      for (size_t k = 0; k < i && !seen; k++) seen = f->routes[k].ingress == f->routes[i].ingress;
      for (size_t r = 0; !seen && r < f->routes[i].ingress->nrules; r++)
        rules += f->routes[i].ingress->rules[r].npaths;
    }
    if (rules > 1) ob_buf_addf(f->out, "\nby %zu rules", rules);
  }
  return OB_TONE_PLAIN;
}

static const char *const textbook[OB_CMP_COUNT][OB_WAY_COUNT] = {
    [OB_CMP_FUNCTION] = {"a port on every node's address", "a provider's balancer with its own address",
                         "host and path rules, one entry for many services"},
    [OB_CMP_USE_CASE] = {"development, a few services, no budget", "one service in production on a cloud",
                         "many HTTP services"},
    [OB_CMP_ACCESS] = {"NODE:PORT", "LB-ADDRESS:PORT", "http(s)://HOST/PATH"},
    [OB_CMP_SCALE] = {"low: by nodes", "good: one balancer per service", "best: one balancer for all rules"},
    [OB_CMP_COMPLEXITY] = {"low", "low", "higher: needs a controller"},
};

static ob_tone (*const rows[OB_CMP_COUNT])(facts *f) = {
    [OB_CMP_NOW] = now, [OB_CMP_ADDRESS] = address, [OB_CMP_PORT] = port, [OB_CMP_READY] = ready, [OB_CMP_COST] = cost};

ob_tone ob_compare_cell(const ob_cluster *c, const ob_service *s, ob_way way, ob_compare_row row, ob_buf *out) {
  if (!rows[row]) {
    ob_buf_adds(out, textbook[row][way]);
    return OB_TONE_PLAIN;
  }
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  facts f = {.c = c, .s = s, .way = way, .out = &text};
  if (way == OB_WAY_INGRESS) {
    f.routes_known = ob_known(c, OB_KIND_INGRESS);
    f.nroutes = ob_service_routes(c, s, f.routes, ROUTES);
    f.exists = f.nroutes > 0;
  } else if (way == OB_WAY_LOAD_BALANCER) {
    f.exists = s->type == OB_LOAD_BALANCER;
  } else {
    f.exists = any_node_port(s);
  }
  ob_tone tone = rows[row](&f);
  ob_buf_add(out, ob_buf_str(&text), text.len);
  return tone;
}
