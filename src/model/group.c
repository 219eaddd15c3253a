/* Groups are names made from a row, so that a list can carry them in its sort key and needs no
 * tree of its own. The chain reads from the client inwards: whoever answers first stands first. */
#include "model/group.h"

#include "base/str.h"
#include "model/audit.h"
#include "model/cells.h"
#include "model/cluster_priv.h"
#include "model/rows.h"

const char *const ob_group_names[OB_GROUP_COUNT] = {
    [OB_GROUP_NONE] = "nothing",           [OB_GROUP_HOST] = "host",
    [OB_GROUP_NAMESPACE] = "namespace",    [OB_GROUP_NODE] = "node",
    [OB_GROUP_BALANCER] = "load balancer", [OB_GROUP_CLASS] = "class"};

typedef OB_VEC(const char *) names;

static int by_string(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The nodes that hold a ready endpoint of the row's port, each once. */
static void nodes_of(const ob_cluster *c, const ob_row *r, names *ret) {
  const ob_service *s = r->service;
  const ob_hub *h = s ? ob_hub_find(c, s->o.ns, s->o.name) : NULL;
  for (size_t i = 0; h && i < h->slices.len; i++) {
    const ob_slice *slice = ob_link_at(&h->slices, i);
    if (r->port >= 0 && !ob_slice_has_port(slice, &s->ports[r->port])) continue;
    for (size_t e = 0; e < slice->nendpoints; e++)
      if (slice->endpoints[e].ready)
        ob_vec_push(ret, ob_or(slice->endpoints[e].node, "(no node named)"));
  }
  if (ret->len > 1) qsort(ret->at, ret->len, sizeof *ret->at, by_string);
  size_t n = 0;
  for (size_t i = 0; i < ret->len; i++)
    if (i == 0 || strcmp(ret->at[i], ret->at[n - 1]) != 0) ret->at[n++] = ret->at[i];
  ret->len = n;
}

static void by_node(const ob_cluster *c, const ob_row *r, void (*fn)(void *, const char *),
                    void *arg) {
  names all = {0};
  nodes_of(c, r, &all);
  for (size_t i = 0; i < all.len && i < OB_GROUP_NODES; i++) fn(arg, all.at[i]);
  if (all.len > OB_GROUP_NODES) fn(arg, "(more nodes)");
  if (!all.len) fn(arg, ob_known(c, OB_KIND_SLICE) ? "(no ready endpoint)" : "(not known)");
  ob_vec_done(&all);
}

static const char *balancer_of(const ob_row *r) {
  if (r->ingress) return r->ingress->nlb ? ob_lb_address(&r->ingress->lb[0]) : "(no address)";
  if (r->way == OB_ROW_EXTERNAL_IP) return r->service->external_ips[r->sub];
  const ob_service *s = r->service;
  if (s->type != OB_LOAD_BALANCER) return "(nodes)";
  if (!s->nlb) return "(pending)";
  return ob_lb_address(&s->lb[r->sub >= 0 && r->way == OB_ROW_LB ? r->sub : 0]);
}

static const char *host_of(const ob_row *r) {
  if (r->ingress) return r->rule >= 0 ? ob_or(r->ingress->rules[r->rule].host, "*") : "*";
  return r->way == OB_ROW_NODE_PORT ? "(nodes)" : balancer_of(r);
}

static const char *class_of(const ob_cluster *c, const ob_row *r) {
  const char *name = "";
  if (r->ingress) {
    ob_ingress_class_of(c, r->ingress, &name);
    return *name || ob_known(c, OB_KIND_INGRESS_CLASS) ? ob_or(name, "(no class)") : "(not known)";
  }
  if (r->way == OB_ROW_LB) return ob_or(r->service->lb_class, "(the provider's default)");
  return r->way == OB_ROW_NODE_PORT ? "(nodes)" : "(no class)";
}

void ob_row_groups(const ob_cluster *c, ob_group by, const ob_row *r,
                   void (*fn)(void *arg, const char *name), void *arg) {
  switch (by) {
  case OB_GROUP_HOST: fn(arg, host_of(r)); return;
  case OB_GROUP_NAMESPACE: fn(arg, r->owner->ns); return;
  case OB_GROUP_NODE: by_node(c, r, fn, arg); return;
  case OB_GROUP_BALANCER: fn(arg, balancer_of(r)); return;
  case OB_GROUP_CLASS: fn(arg, class_of(c, r)); return;
  default: fn(arg, ""); return;
  }
}

/* --- the chain ---------------------------------------------------------------------------------
 */
typedef struct chain {
  ob_hop_fn fn;
  void *arg;
  ob_buf text;
} chain;

static void hop(chain *k, ob_tone tone) {
  k->fn(k->arg, ob_buf_str(&k->text), tone);
  ob_buf_reset(&k->text);
}

static void entrance(chain *k, const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  ob_tone tone = OB_TONE_ACCENT;
  if (r->ingress) {
    const ob_ingress *g = r->ingress;
    const char *host = r->rule >= 0 ? g->rules[r->rule].host : "";
    unsigned port = ob_ingress_tls_for(g, host) ? 443 : 80;
    ob_buf_adds(&k->text, "LB ");
    if (g->nlb) {
      ob_add_host_port(&k->text, ob_lb_address(&g->lb[0]), port);
    } else {
      ob_buf_adds(&k->text, "without an address");
      tone = OB_TONE_WARN;
    }
    hop(k, tone);
    ob_buf_addf(&k->text, "ingress %s/%s", g->o.ns, g->o.name);
    hop(k, OB_TONE_PLAIN);
    return;
  }
  const ob_service *s = r->service;
  if (r->port < 0) { /* the load balancer as a whole */
    ob_buf_addf(&k->text, "LB %s", s->nlb ? ob_lb_address(&s->lb[0]) : "<pending>");
    if (s->nlb > 1) ob_buf_addf(&k->text, " +%d", s->nlb - 1);
    hop(k, s->nlb ? OB_TONE_ACCENT : OB_TONE_WARN);
    return;
  }
  const ob_service_port *p = &s->ports[r->port];
  if (r->way == OB_ROW_NODE_PORT) {
    ob_cell cell = {.text = &k->text};
    ob_buf_adds(&k->text, "node ");
    ob_cell_node_address(c, r, now_ms, &cell);
    tone = cell.tone;
  } else if (r->way == OB_ROW_EXTERNAL_IP) {
    ob_buf_adds(&k->text, "IP ");
    ob_add_dial(&k->text, r->service->external_ips[r->sub], p->port, p->protocol);
  } else {
    ob_buf_adds(&k->text, "LB ");
    if (r->sub < 0) tone = OB_TONE_WARN;
    ob_add_dial(&k->text, r->sub < 0 ? "<pending>" : ob_lb_address(&r->service->lb[r->sub]),
                p->port, p->protocol);
  }
  hop(k, tone);
}

/* The service, and what stands behind it. */
static void inside(chain *k, const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  ob_cell cell = {.text = &k->text};
  const ob_backend *b = ob_row_backend(r);
  ob_buf_adds(&k->text, b && *b->resource ? "resource " : "service ");
  ob_cell_service(c, r, now_ms, &cell);
  bool known = ob_known(c, OB_KIND_SERVICE);
  bool missing = b && *b->service && !r->service && known;
  bool no_port = r->ingress && r->service && r->port < 0 && r->service->type != OB_EXTERNAL_NAME;
  if (missing) ob_buf_adds(&k->text, " (missing)");
  if (no_port) ob_buf_adds(&k->text, " (no such port)");
  hop(k, missing || no_port ? OB_TONE_BAD : cell.tone);
  if (missing || no_port) return;
  cell = (ob_cell){.text = &k->text};
  ob_cell_ready(c, r, now_ms, &cell);
  if (r->service && r->service->type == OB_EXTERNAL_NAME) {
    ob_buf_adds(&k->text, r->service->external_name);
    hop(k, OB_TONE_ACCENT);
  } else if (k->text.len) {
    ob_buf_addf(&k->text, " pods%s", cell.has_num && cell.num == 0 ? " ready" : "");
    hop(k, cell.tone);
  }
}

void ob_row_chain(const ob_cluster *c, const ob_row *r, int64_t now_ms, ob_hop_fn fn, void *arg) {
  chain k = {fn, arg, OB_BUF_INIT(OB_LINE_MAX)};
  ob_buf_adds(&k.text, "client");
  hop(&k, OB_TONE_DIM);
  if (r->way != OB_ROW_SERVICE && (r->ingress || r->port >= 0 || r->way == OB_ROW_LB))
    entrance(&k, c, r, now_ms);
  inside(&k, c, r, now_ms);
  ob_buf_done(&k.text);
}
