/* The three ways in, side by side: the textbook's rows, each cell filled with this service's own
 * facts. A row is one function, or one line of the textbook where facts change nothing.
 *
 * A way that the service does not have shows what it would give, dimmed. What is not known is
 * said to be so; it never reads as "none". */
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/rows.h"
#include "outboard/cluster.h"

/* Longer lists end with "+n": a panel is narrow. */
enum { SHOWN = 4, ROUTES_MAX = 64 };

const char *const ob_way_titles[OB_WAY_COUNT] = {"NodePort", "LoadBalancer", "Ingress"};
const char *const ob_compare_titles[OB_CMP_COUNT] = {
    [OB_CMP_NOW] = "now",           [OB_CMP_ADDRESS] = "address",
    [OB_CMP_PORT] = "port",         [OB_CMP_READY] = "ready",
    [OB_CMP_FUNCTION] = "function", [OB_CMP_USE_CASE] = "good for",
    [OB_CMP_ACCESS] = "access",     [OB_CMP_SCALE] = "scale",
    [OB_CMP_COST] = "cost",         [OB_CMP_COMPLEXITY] = "complexity"};

typedef struct facts {
  const ob_cluster *c;
  const ob_service *s;
  ob_way way;
  bool exists;
  bool known;         /* whether it exists is known */
  const char *cannot; /* why this way is not open to the service; NULL: it is */
  size_t nroutes;     /* of which routes[] holds the first ROUTES_MAX */
  ob_route_ref routes[ROUTES_MAX];
  size_t first; /* where out began */
  ob_buf *out;
} facts;

static void line(facts *f) {
  if (f->out->len) ob_buf_addc(f->out, '\n');
}

static void more(facts *f, size_t n) {
  if (n <= SHOWN) return;
  line(f);
  ob_buf_addf(f->out, "+%zu", n - SHOWN);
}

static ob_tone say(facts *f, ob_tone tone, const char *text) {
  line(f);
  ob_buf_adds(f->out, text);
  return tone;
}

static size_t routes_held(const facts *f) {
  return f->nroutes < ROUTES_MAX ? f->nroutes : ROUTES_MAX;
}

static bool route_tls(const ob_route_ref *r) {
  return ob_ingress_tls_for(r->ingress, r->rule < 0 ? "" : r->ingress->rules[r->rule].host) != NULL;
}

/* --- now --------------------------------------------------------------------------------- */
static void add_node_ports(facts *f) {
  size_t n = 0;
  for (size_t i = 0; i < f->s->nports; i++) {
    const ob_service_port *p = &f->s->ports[i];
    if (!p->node_port) continue;
    if (n < SHOWN) ob_buf_addf(f->out, n ? ", %u" : "%u", p->node_port);
    if (n < SHOWN && strcmp(p->protocol, "TCP") != 0) {
      ob_buf_addc(f->out, '/');
      ob_add_text(f->out, p->protocol);
    }
    n++;
  }
  if (n > SHOWN) ob_buf_addf(f->out, " +%zu", n - SHOWN);
}

static ob_tone now(facts *f) {
  if (!f->known) return say(f, OB_TONE_DIM, "? not known");
  if (!f->exists) return say(f, OB_TONE_DIM, "–");
  switch (f->way) {
  case OB_WAY_NODE_PORT:
    ob_buf_adds(f->out, "● ");
    add_node_ports(f);
    return OB_TONE_OK;
  case OB_WAY_LOAD_BALANCER:
    if (f->s->nlb == 0) return say(f, OB_TONE_WARN, "○ pending");
    ob_buf_addf(f->out, "● %u address%s", f->s->nlb, f->s->nlb == 1 ? "" : "es");
    return OB_TONE_OK;
  default:
    ob_buf_addf(f->out, "● %zu rule%s", f->nroutes, f->nroutes == 1 ? "" : "s");
    return OB_TONE_OK;
  }
}

/* --- address ----------------------------------------------------------------------------- */
static uint16_t first_node_port(const ob_service *s) {
  for (size_t i = 0; i < s->nports; i++)
    if (s->ports[i].node_port) return s->ports[i].node_port;
  return 0;
}

static ob_tone node_address(facts *f) {
  if (!ob_known(f->c, OB_KIND_NODE)) return say(f, OB_TONE_DIM, "? nodes not known");
  if (f->s->external_local && !ob_known(f->c, OB_KIND_SLICE))
    return say(f, OB_TONE_DIM, "? endpoints not known");
  const char *at[SHOWN];
  size_t n = ob_node_addresses(f->c, f->s, at, SHOWN);
  if (n == 0)
    return say(f, f->exists ? OB_TONE_BAD : OB_TONE_DIM,
               f->s->external_local ? "no node holds a ready endpoint" : "no node is ready");
  uint16_t port = first_node_port(f->s);
  for (size_t i = 0; i < n && i < SHOWN; i++) {
    line(f);
    if (port)
      ob_add_host_port(f->out, at[i], port);
    else
      ob_add_host(f->out, at[i]);
  }
  more(f, n);
  return f->exists ? OB_TONE_ACCENT : OB_TONE_DIM;
}

static ob_tone balancer_address(facts *f) {
  if (!f->exists) return say(f, OB_TONE_DIM, "1 new address");
  if (f->s->nlb == 0) return say(f, OB_TONE_WARN, "<pending>");
  for (size_t i = 0; i < f->s->nlb && i < SHOWN; i++) {
    line(f);
    const char *address = ob_lb_address(&f->s->lb[i]);
    if (f->s->nports)
      ob_add_host_port(f->out, address, f->s->ports[0].port);
    else
      ob_add_host(f->out, address);
  }
  more(f, f->s->nlb);
  return OB_TONE_ACCENT;
}

/* Whom a new rule would go through. */
static ob_tone new_rule_address(facts *f) {
  if (!ob_known(f->c, OB_KIND_INGRESS_CLASS)) return say(f, OB_TONE_DIM, "a host of yours");
  if (ob_cluster_count(f->c, OB_KIND_INGRESS_CLASS) == 0)
    return say(f, OB_TONE_WARN, "no ingress class here");
  static const ob_ingress nobody = {.class_name = "", .class_annotation = ""};
  const char *name;
  say(f, OB_TONE_DIM, "a host of yours");
  if (ob_ingress_class_of(f->c, &nobody, &name)) {
    ob_buf_adds(f->out, "\nclass ");
    ob_add_text(f->out, name);
  }
  return OB_TONE_DIM;
}

static ob_tone address(facts *f) {
  if (f->cannot && !f->exists) return say(f, OB_TONE_DIM, f->cannot);
  if (f->way == OB_WAY_NODE_PORT) return node_address(f);
  if (f->way == OB_WAY_LOAD_BALANCER) return balancer_address(f);
  if (!f->known) return say(f, OB_TONE_DIM, "? not known");
  if (!f->exists) return new_rule_address(f);
  for (size_t i = 0; i < routes_held(f) && i < SHOWN; i++) {
    line(f);
    ob_add_rule_url(f->out, f->routes[i].ingress, f->routes[i].rule, f->routes[i].path);
  }
  more(f, f->nroutes);
  return OB_TONE_ACCENT;
}

/* --- port, ready
 * ---------------------------------------------------------------------------------- */
static ob_tone ingress_port(facts *f) {
  bool plain = false, tls = false;
  for (size_t i = 0; i < routes_held(f); i++) *(route_tls(&f->routes[i]) ? &tls : &plain) = true;
  ob_buf_adds(f->out, plain == tls ? "80, 443" : tls ? "443" : "80");
  return f->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
}

static ob_tone port(facts *f) {
  if (f->cannot && !f->exists) return say(f, OB_TONE_DIM, "–");
  if (f->way == OB_WAY_INGRESS) return ingress_port(f);
  if (f->way == OB_WAY_NODE_PORT) {
    if (!f->exists) return say(f, OB_TONE_DIM, "30000-32767");
    add_node_ports(f);
    return OB_TONE_PLAIN;
  }
  for (size_t i = 0; i < f->s->nports && i < SHOWN; i++) {
    ob_buf_addf(f->out, i ? ", %u" : "%u", f->s->ports[i].port);
    if (strcmp(f->s->ports[i].protocol, "TCP") == 0) continue;
    ob_buf_addc(f->out, '/');
    ob_add_text(f->out, f->s->ports[i].protocol);
  }
  if (f->s->nports > SHOWN) ob_buf_addf(f->out, " +%u", f->s->nports - SHOWN);
  return f->exists ? OB_TONE_PLAIN : OB_TONE_DIM;
}

static ob_tone ready(facts *f) {
  if (f->s->type == OB_EXTERNAL_NAME) return say(f, OB_TONE_DIM, "–");
  ob_ready r = ob_service_ready(f->c, f->s, -1);
  if (!r.known) return say(f, OB_TONE_DIM, "?");
  ob_buf_addf(f->out, "%u/%u", r.ready, r.total);
  if (r.draining) ob_buf_addf(f->out, ", %u draining", r.draining);
  return r.ready == 0 ? OB_TONE_BAD : r.ready < r.total ? OB_TONE_WARN : OB_TONE_OK;
}

/* --- the textbook
 * ------------------------------------------------------------------------------------ */
static ob_tone scale(facts *f) {
  if (f->way == OB_WAY_LOAD_BALANCER) return say(f, OB_TONE_PLAIN, "by provider");
  if (f->way == OB_WAY_INGRESS) return say(f, OB_TONE_PLAIN, "by rules, one entry");
  ob_buf_adds(f->out, "by nodes");
  if (ob_known(f->c, OB_KIND_NODE) && (!f->s->external_local || ob_known(f->c, OB_KIND_SLICE)))
    ob_buf_addf(f->out, ", %zu answer", ob_node_addresses(f->c, f->s, NULL, 0));
  return OB_TONE_PLAIN;
}

/* Who shares the entry: all rules of the Ingresses that lead here. */
static size_t sharing_rules(const facts *f) {
  size_t n = 0;
  for (size_t i = 0; i < routes_held(f); i++) {
    bool seen = false;
    for (size_t k = 0; k < i && !seen; k++) seen = f->routes[k].ingress == f->routes[i].ingress;
    for (size_t r = 0; !seen && r < f->routes[i].ingress->nrules; r++)
      n += f->routes[i].ingress->rules[r].npaths;
  }
  return n;
}

static ob_tone cost(facts *f) {
  if (f->way == OB_WAY_NODE_PORT) return say(f, OB_TONE_PLAIN, "none");
  if (f->way == OB_WAY_LOAD_BALANCER)
    return say(f, OB_TONE_PLAIN, f->exists ? "one balancer" : "one balancer more");
  ob_buf_adds(f->out, "shared");
  size_t rules = sharing_rules(f);
  if (rules > 1) ob_buf_addf(f->out, " by %zu rules", rules);
  return OB_TONE_PLAIN;
}

static const char *const textbook[OB_CMP_COUNT][OB_WAY_COUNT] = {
    [OB_CMP_FUNCTION] = {"a port on every node", "an address of its own", "host and path rules"},
    [OB_CMP_USE_CASE] = {"dev, test", "one TCP/UDP service", "many HTTP services"},
    [OB_CMP_ACCESS] = {"NODE:PORT", "ADDRESS:PORT", "http(s)://HOST/PATH"},
    [OB_CMP_COMPLEXITY] = {"low", "low", "medium: needs a controller"},
};

static ob_tone (*const rows[OB_CMP_COUNT])(facts *f) = {
    [OB_CMP_NOW] = now,     [OB_CMP_ADDRESS] = address, [OB_CMP_PORT] = port,
    [OB_CMP_READY] = ready, [OB_CMP_SCALE] = scale,     [OB_CMP_COST] = cost};

/* --- the cell
 * ------------------------------------------------------------------------------------------- */
static const char *why_not(const ob_service *s, ob_way way) {
  if (s->type == OB_EXTERNAL_NAME) return "not for a name";
  if (way != OB_WAY_INGRESS) return s->type == OB_HEADLESS ? "not while headless" : NULL;
  for (size_t i = 0; i < s->nports; i++)
    if (strcmp(s->ports[i].protocol, "TCP") == 0) return NULL;
  return s->nports ? "HTTP only" : "needs a port";
}

ob_tone ob_compare_cell(const ob_cluster *c, const ob_service *s, ob_way way, ob_compare_row row,
                        struct ob_buf *out) {
  if (!rows[row]) {
    ob_buf_adds(out, textbook[row][way]);
    return OB_TONE_PLAIN;
  }
  OB_AUTO(ob_buf) raw = OB_BUF_INIT(OB_LINE_MAX);
  facts f = {.c = c, .s = s, .way = way, .known = true, .cannot = why_not(s, way), .out = &raw};
  switch (way) {
  case OB_WAY_INGRESS:
    f.nroutes = ob_service_routes(c, s, f.routes, ROUTES_MAX);
    f.exists = f.nroutes > 0;
    f.known = f.exists || ob_known(c, OB_KIND_INGRESS);
    break;
  case OB_WAY_LOAD_BALANCER: f.exists = s->type == OB_LOAD_BALANCER; break;
  default:
    f.exists = (s->type == OB_NODE_PORT || s->type == OB_LOAD_BALANCER) && first_node_port(s);
    break;
  }
  ob_tone tone = rows[row](&f);
  ob_text_safe(out, ob_buf_str(&raw), raw.len, OB_TEXT_LINES);
  return tone;
}
