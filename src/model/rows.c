/* The generators: which rows an owner has in each view. A row is indices into its owner, no
 * copies. */
#include "model/rows.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/match.h"

/* --- rows -------------------------------------------------------------------------------- */
typedef struct gen {
  const ob_cluster *c;
  ob_row_fn fn;
  void *arg;
} gen;

static void emit(const gen *g, ob_row row) {
  g->fn(g->arg, &row);
}

static ob_row service_row(const ob_service *s, ob_row_way way, int port, int sub) {
  return (ob_row){
      .owner = &s->o, .service = s, .way = way, .port = port, .rule = -1, .path = -1, .sub = sub};
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
  if (s->type == OB_EXTERNAL_NAME || s->type == OB_HEADLESS) return; /* nothing would answer */
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

void ob_rows_of(const ob_cluster *c, ob_view_id view, const ob_object *owner, ob_row_fn fn,
                void *arg) {
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

/* --- identity and order ------------------------------------------------------------------ */
/* Twins (the same host and path twice in an Ingress, one address twice in a status) are told
 * apart by how many came before them, as far back as OB_ROW_TWINS. */

static uint64_t mix(uint64_t h, const char *s) {
  return ob_hash_more(h, s, strlen(s) + 1);
}

static uint64_t rule_key(uint64_t h, const ob_row *r) {
  const ob_ingress *g = r->ingress;
  const char *host = g->rules[r->rule].host;
  const ob_path *path = &g->rules[r->rule].paths[r->path];
  h = mix(mix(mix(h, host), path->path), path->path_type);
  uint32_t before = 0;
  int left = OB_ROW_TWINS;
  for (int i = r->rule; i >= 0 && left > 0; i--) {
    left--;
    if (strcmp(g->rules[i].host, host) != 0) continue;
    for (int p = (i == r->rule ? r->path : g->rules[i].npaths) - 1; p >= 0 && left-- > 0; p--) {
      const ob_path *o = &g->rules[i].paths[p];
      before += strcmp(o->path, path->path) == 0 && strcmp(o->path_type, path->path_type) == 0;
    }
  }
  return ob_hash_more(h, &before, sizeof before);
}

static uint64_t sub_key(uint64_t h, const ob_row *r) {
  uint32_t before = 0;
  const ob_service *s = r->service;
  int from = r->sub > OB_ROW_TWINS ? r->sub - OB_ROW_TWINS : 0;
  if (r->way == OB_ROW_LB) {
    const char *address = ob_lb_address(&s->lb[r->sub]);
    for (int i = from; i < r->sub; i++) before += strcmp(ob_lb_address(&s->lb[i]), address) == 0;
    h = mix(h, address);
  } else {
    for (int i = from; i < r->sub; i++)
      before += strcmp(s->external_ips[i], s->external_ips[r->sub]) == 0;
    h = mix(h, s->external_ips[r->sub]);
  }
  return ob_hash_more(h, &before, sizeof before);
}

uint64_t ob_row_key(const ob_row *r) {
  uint64_t h = ob_hash_more((uint64_t)r->way + 1, &r->owner->uid, sizeof r->owner->uid);
  if (r->ingress) return r->rule >= 0 ? rule_key(h, r) : h;
  if (r->port >= 0) {
    const ob_service_port *p = &r->service->ports[r->port];
    h = mix(mix(h, p->name), p->protocol);
    /* A port keeps its name when it gets another number; without a name the number is all. */
    if (!*p->name) h = ob_hash_more(h, &p->port, sizeof p->port);
  }
  return r->sub >= 0 ? sub_key(h, r) : h;
}

void ob_row_order(const ob_cluster *c, ob_view_id view, const ob_row *row, int64_t now_ms,
                  ob_buf *out) {
  if (view == OB_VIEW_EXPOSURE) {
    int worst = ob_row_severity(c, row, now_ms);
    static const char way_order[] = {
        [OB_ROW_SERVICE] = '9', [OB_ROW_RULE] = '1',        [OB_ROW_DEFAULT] = '2',
        [OB_ROW_LB] = '3',      [OB_ROW_EXTERNAL_IP] = '4', [OB_ROW_NODE_PORT] = '5'};
    ob_buf_addc(out, (char)('0' + OB_SEV_HIGH - worst));
    ob_buf_addc(out, way_order[row->way]);
  }
  if (row->ingress) {
    const ob_rule *rule = row->rule >= 0 ? &row->ingress->rules[row->rule] : NULL;
    ob_rule_order(out, rule ? rule->host : "", rule ? &rule->paths[row->path] : NULL);
  }
  ob_buf_addc(out, '\x01');
  ob_buf_adds(out, row->owner->ns);
  ob_buf_addc(out, '\x01');
  ob_buf_adds(out, row->owner->name);
  ob_buf_addc(out, '\x01');
  if (row->port >= 0 || row->sub >= 0) ob_buf_addf(out, "%04d%04d", row->port + 1, row->sub + 1);
}

/* --- shared facts
 * ------------------------------------------------------------------------------------ */
const char *ob_lb_address(const ob_lb_ingress *lb) {
  return *lb->ip ? lb->ip : lb->hostname;
}

static int family_of(const ob_service *s) {
  return s->nip_families && strcmp(s->ip_families[0], "IPv6") == 0 ? OB_IPV6 : OB_IPV4;
}

static int by_string(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Nodes that hold a ready endpoint of the service, sorted by name, with duplicates. */
typedef OB_VEC(const char *) names;
static void ready_nodes(const ob_cluster *c, const ob_service *s, names *ret) {
  const ob_hub *h = ob_hub_find(c, s->o.ns, s->o.name);
  for (size_t i = 0; h && i < h->slices.len; i++) {
    const ob_slice *slice = ob_link_at(&h->slices, i);
    for (size_t e = 0; e < slice->nendpoints; e++)
      if (slice->endpoints[e].ready) ob_vec_push(ret, slice->endpoints[e].node);
  }
  if (ret->len > 1) qsort(ret->at, ret->len, sizeof *ret->at, by_string);
}

size_t ob_node_addresses(const ob_cluster *c, const ob_service *s, const char **ret, size_t max) {
  size_t n, given = 0;
  const ob_node_spot *at = ob_node_spots(c, family_of(s), &n);
  if (!s->external_local) {
    for (size_t i = 0; i < n && i < max; i++) ret[i] = at[i].address;
    return n;
  }
  names holders = {0};
  ready_nodes(c, s, &holders);
  for (size_t i = 0; i < n && holders.len; i++) {
    if (!bsearch(&at[i].node, holders.at, holders.len, sizeof *holders.at, by_string)) continue;
    if (given < max) ret[given] = at[i].address;
    given++;
  }
  ob_vec_done(&holders);
  return given;
}

void ob_add_text(ob_buf *out, const char *s) {
  ob_buf_adds(out, s);
}

void ob_add_host(ob_buf *out, const char *host) {
  bool v6 = strchr(host, ':') != NULL;
  ob_buf_addf(out, v6 ? "[%s]" : "%s", host);
}

void ob_add_host_port(ob_buf *out, const char *host, unsigned port) {
  ob_add_host(out, host);
  ob_buf_addf(out, ":%u", port);
}

void ob_add_dial(ob_buf *out, const char *host, unsigned port, const char *protocol) {
  ob_add_host_port(out, host, port);
  if (*protocol && strcmp(protocol, "TCP") != 0) ob_buf_addf(out, "/%s", protocol);
}

const ob_backend *ob_row_backend(const ob_row *row) {
  if (!row->ingress) return NULL;
  if (row->rule < 0) return &row->ingress->default_backend;
  return &row->ingress->rules[row->rule].paths[row->path].backend;
}

void ob_add_backend(ob_buf *out, const ob_backend *b) {
  ob_buf_adds(out, *b->service ? b->service : b->resource);
  if (!*b->service) return;
  if (*b->port_name) {
    ob_buf_addc(out, ':');
    ob_buf_adds(out, b->port_name);
  } else if (b->port_number) {
    ob_buf_addf(out, ":%u", b->port_number);
  }
}

/* What a browser can be sent to: a plain host and a path without blanks or patterns. */
static bool opens(const char *host, const char *path) {
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/%";
  return *host && host[strspn(host, plain)] == '\0' && path[strspn(path, plain)] == '\0';
}

bool ob_add_rule_url(ob_buf *out, const ob_ingress *g, int rule, int path) {
  const char *host = rule >= 0 ? g->rules[rule].host : "";
  const char *where = rule >= 0 ? ob_or(g->rules[rule].paths[path].path, "/") : "/";
  ob_buf_adds(out, ob_ingress_tls_for(g, host) ? "https://" : "http://");
  if (!*host && g->nlb) host = ob_lb_address(&g->lb[0]);
  if (*host)
    ob_add_host(out, host);
  else
    ob_buf_addc(out, '*');
  ob_buf_adds(out, where);
  return opens(host, where);
}
