/* The generators: which rows an owner has in each view. A row is indices into its owner, no
 * copies. */
#include "model/rows.h"

#include "base/map.h"
#include "base/str.h"
#include "model/match.h"
#include <arpa/inet.h>

/* --- rows ------------------------------------------------------------------------------------ */
typedef struct gen {
  const ob_cluster *c;
  ob_row_fn fn;
  void *arg;
} gen;

static void emit(const gen *g, ob_row row) { g->fn(g->arg, &row); }

static ob_row service_row(const ob_service *s, ob_row_way way, int port, int sub) {
  return (ob_row){.owner = &s->o, .service = s, .way = way, .port = port, .rule = -1, .path = -1, .sub = sub};
}

static bool has_node_ports(const ob_service *s) {
  return s->type == OB_NODE_PORT || s->type == OB_LOAD_BALANCER;
}

static void node_ports(const gen *g, const ob_service *s) {
  if (!has_node_ports(s)) return;
  for (int p = 0; p < s->nports; p++)
    if (s->ports[p].node_port) emit(g, service_row(s, OB_ROW_NODE_PORT, p, -1));
}

static void external_ips(const gen *g, const ob_service *s) {
  for (int i = 0; i < s->nexternal_ips; i++)
    for (int p = 0; p < s->nports; p++) emit(g, service_row(s, OB_ROW_EXTERNAL_IP, p, i));
}

static void balancers(const gen *g, const ob_service *s) {
  if (s->type != OB_LOAD_BALANCER) return;
  for (int p = 0; p < s->nports; p++) {
    if (s->nlb == 0) emit(g, service_row(s, OB_ROW_LB, p, -1));
    for (int i = 0; i < s->nlb; i++) emit(g, service_row(s, OB_ROW_LB, p, i));
  }
}

static void rules(const gen *g, const ob_ingress *ing) {
  ob_row row = {.owner = &ing->o, .ingress = ing, .port = -1, .rule = -1, .path = -1, .sub = -1};
  if (ing->default_backend.set) {
    ob_target t = ob_backend_resolve(g->c, ing, &ing->default_backend);
    row.way = OB_ROW_DEFAULT;
    row.service = t.service;
    row.port = t.port_index;
    emit(g, row);
  }
  row.way = OB_ROW_RULE;
  for (row.rule = 0; row.rule < ing->nrules; row.rule++)
    for (row.path = 0; row.path < ing->rules[row.rule].npaths; row.path++) {
      ob_target t = ob_backend_resolve(g->c, ing, &ing->rules[row.rule].paths[row.path].backend);
      row.service = t.service;
      row.port = t.port_index;
      emit(g, row);
    }
}

void ob_rows_of(const ob_cluster *c, ob_view_id view, const ob_object *owner, ob_row_fn fn, void *arg) {
  gen g = {c, fn, arg};
  if (owner->kind == OB_KIND_INGRESS) {
    if (view == OB_VIEW_EXPOSURE || view == OB_VIEW_INGRESS) rules(&g, OB_AS(ob_ingress, owner));
    return;
  }
  const ob_service *s = OB_AS(ob_service, owner);
  switch (view) {
  case OB_VIEW_EXPOSURE:
    balancers(&g, s);
    external_ips(&g, s);
    node_ports(&g, s);
    break;
  case OB_VIEW_SERVICES: emit(&g, service_row(s, OB_ROW_SERVICE, -1, -1)); break;
  case OB_VIEW_NODE_PORTS: node_ports(&g, s); break;
  case OB_VIEW_LOAD_BALANCERS:
    if (s->type == OB_LOAD_BALANCER) emit(&g, service_row(s, OB_ROW_LB, -1, -1));
    break;
  default: break;
  }
}

/* --- identity and order -------------------------------------------------------------------------- */
static uint64_t mix(uint64_t h, const char *s) { return ob_hash_more(h, s, strlen(s) + 1); }

uint64_t ob_row_key(const ob_row *r) {
  uint64_t h = mix((uint64_t)r->way + 1, r->owner->uid);
  if (r->ingress && r->rule >= 0) {
    const ob_rule *rule = &r->ingress->rules[r->rule];
    const ob_path *path = &rule->paths[r->path];
    h = mix(mix(mix(h, rule->host), path->path), path->path_type);
    /* The same host and path twice in one Ingress: told apart by how many came before. */
    uint32_t before = 0;
    for (int i = 0; i <= r->rule; i++)
      for (int p = 0; p < (i == r->rule ? r->path : r->ingress->rules[i].npaths); p++) {
        const ob_rule *o = &r->ingress->rules[i];
        before += strcmp(o->host, rule->host) == 0 && strcmp(o->paths[p].path, path->path) == 0 &&
                  strcmp(o->paths[p].path_type, path->path_type) == 0;
      }
    return ob_hash_more(h, &before, sizeof before);
  }
  if (r->way == OB_ROW_RULE || r->way == OB_ROW_DEFAULT || !r->service || r->port < 0) return h;
  const ob_service_port *p = &r->service->ports[r->port];
  h = mix(mix(h, p->name), p->protocol);
  h = ob_hash_more(h, &p->port, sizeof p->port);
  if (r->way == OB_ROW_LB && r->sub >= 0) h = mix(h, ob_lb_address(&r->service->lb[r->sub]));
  if (r->way == OB_ROW_EXTERNAL_IP) h = mix(h, r->service->external_ips[r->sub]);
  return h;
}

static void add_rule_order(const ob_ingress *g, int rule, int path, ob_buf *out) {
  if (rule < 0) { /* a default backend answers when nothing else does */
    ob_buf_adds(out, "9");
    return;
  }
  const char *host = g->rules[rule].host;
  const ob_path *p = &g->rules[rule].paths[path];
  bool wild = ob_starts(host, "*.");
  size_t hlen = strlen(host), plen = strlen(p->path);
  int type = strcmp(p->path_type, "Exact") == 0 ? 0 : strcmp(p->path_type, "Prefix") == 0 ? 1 : 2;
  ob_buf_addf(out, "%d%05zu%s\x01%05zu%d%s", !*host ? 2 : wild, wild && hlen < 99999 ? 99999 - hlen : 0,
              host, plen < 99999 ? 99999 - plen : 0, type, p->path);
}

void ob_row_order(const ob_cluster *c, ob_view_id view, const ob_row *row, int64_t now_ms, ob_buf *out) {
  if (view == OB_VIEW_EXPOSURE) {
    int worst = ob_row_severity(c, row, now_ms);
    static const char way_order[] = {[OB_ROW_SERVICE] = '9', [OB_ROW_RULE] = '1', [OB_ROW_DEFAULT] = '2',
                                     [OB_ROW_LB] = '3', [OB_ROW_EXTERNAL_IP] = '4', [OB_ROW_NODE_PORT] = '5'};
    ob_buf_addf(out, "%d%c", OB_SEV_HIGH - worst, way_order[row->way]);
  }
  if (row->ingress) add_rule_order(row->ingress, row->rule, row->path, out);
  ob_buf_addf(out, "\x01%s\x01%s", row->owner->ns, row->owner->name);
  if (row->port >= 0 || row->sub >= 0) ob_buf_addf(out, "\x01%04d%04d", row->port + 1, row->sub + 1);
}

/* --- shared facts ------------------------------------------------------------------------------------ */
const char *ob_lb_address(const ob_lb_ingress *lb) { return *lb->ip ? lb->ip : lb->hostname; }

void ob_add_host(ob_buf *out, const char *host) {
  ob_buf_addf(out, strchr(host, ':') ? "[%s]" : "%s", host);
}

static bool family_fits(const char *address, const ob_service *s) {
  if (s->nip_families == 0) return true;
  bool v6 = strchr(address, ':') != NULL;
  return v6 == (strcmp(s->ip_families[0], "IPv6") == 0);
}

static const char *node_address(const ob_node *n, const ob_service *s) {
  static const char *const types[] = {"ExternalIP", "InternalIP"};
  for (size_t t = 0; t < OB_LEN(types); t++)
    for (size_t i = 0; i < n->naddresses; i++)
      if (strcmp(n->addresses[i].type, types[t]) == 0 && family_fits(n->addresses[i].address, s))
        return n->addresses[i].address;
  return NULL;
}

static bool holds_ready(const ob_cluster *c, const ob_service *s, const char *node) {
  const ob_slice *slices[64];
  size_t n = ob_service_slices(c, s, slices, OB_LEN(slices));
  if (n > OB_LEN(slices)) n = OB_LEN(slices);
  for (size_t i = 0; i < n; i++)
    for (size_t e = 0; e < slices[i]->nendpoints; e++)
      if (slices[i]->endpoints[e].ready && strcmp(slices[i]->endpoints[e].node, node) == 0) return true;
  return false;
}

static int by_text(const void *a, const void *b) {
  return ob_strnatcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t ob_node_addresses(const ob_cluster *c, const ob_service *s, const char **ret, size_t max) {
  OB_VEC(const char *) all = {0};
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(c, OB_KIND_NODE, &at));) {
    const ob_node *node = OB_AS(ob_node, o);
    if (!node->ready) continue;
    if (s->external_local && !holds_ready(c, s, o->name)) continue;
    const char *address = node_address(node, s);
    if (address) ob_vec_push(&all, address);
  }
  if (all.len) qsort(all.at, all.len, sizeof *all.at, by_text);
  size_t n = all.len;
  for (size_t i = 0; i < n && i < max; i++) ret[i] = all.at[i];
  ob_vec_done(&all);
  return n;
}

const ob_backend *ob_row_backend(const ob_row *row) {
  if (!row->ingress) return NULL;
  if (row->rule < 0) return &row->ingress->default_backend;
  return &row->ingress->rules[row->rule].paths[row->path].backend;
}

void ob_add_backend(ob_buf *out, const ob_backend *b) {
  if (!b || !b->set)
    ob_buf_adds(out, "<none>");
  else if (!*b->service)
    ob_buf_adds(out, b->resource);
  else if (*b->port_name)
    ob_buf_addf(out, "%s:%s", b->service, b->port_name);
  else if (b->port_number)
    ob_buf_addf(out, "%s:%u", b->service, b->port_number);
  else
    ob_buf_adds(out, b->service);
}

void ob_add_rule_url(ob_buf *out, const ob_ingress *g, int rule, int path) {
  const char *host = rule >= 0 ? g->rules[rule].host : "";
  const char *where = rule >= 0 ? g->rules[rule].paths[path].path : "/";
  ob_buf_adds(out, ob_ingress_tls_for(g, host) ? "https://" : "http://");
  if (*host)
    ob_buf_adds(out, host);
  else if (g->nlb && *ob_lb_address(&g->lb[0]))
    ob_add_host(out, ob_lb_address(&g->lb[0]));
  else
    ob_buf_addc(out, '*');
  ob_buf_adds(out, *where ? where : "/");
}
