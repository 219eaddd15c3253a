/* What a row looks like, as a digest of the facts behind its cells: far cheaper than making them.
 * A fact that some cell shows and that is missing here would keep a change from being seen; a
 * property test compares it with the cells themselves. */
#include "base/str.h"
#include "model/audit.h"
#include "model/cluster_priv.h"
#include "model/rows.h"

/* Addresses past these may differ without anybody seeing it. */
enum { LOOK_NODES = 64 };

/* Where node ports answer: for all services alike, or where their endpoints run. */
static uint64_t node_look(const ob_cluster *c, const ob_service *s) {
  if (!s->external_local) return ob_node_spots_digest(c);
  const char *at[LOOK_NODES];
  size_t n = ob_node_addresses(c, s, at, LOOK_NODES);
  uint64_t h = n;
  for (size_t i = 0; i < n && i < LOOK_NODES; i++) h = ob_hash_more(h, at[i], strlen(at[i]) + 1);
  return h;
}

uint64_t ob_row_look(const ob_cluster *c, const ob_row *r, int64_t now_ms) {
  const ob_audit_rule *rule = ob_row_rule(c, r, now_ms);
  uint64_t facts[11] = {r->owner->digest, (uint64_t)r->port,
                        rule ? (uint64_t)(rule - ob_audit_rules) + 1 : 0};
  if (r->service) {
    const ob_service *s = r->service;
    ob_ready n = ob_service_ready(c, s, r->port);
    facts[3] = s->o.digest;
    facts[4] = n.known;
    facts[5] = (uint64_t)n.ready << 32 | n.total;
    facts[6] = (uint64_t)n.draining << 32 | n.zones;
    if (r->way == OB_ROW_NODE_PORT) facts[7] = node_look(c, s);
    if (r->way == OB_ROW_SERVICE) facts[8] = ob_service_routes(c, s, NULL, 0);
    if (r->way == OB_ROW_LB) facts[9] = ob_lb_class_served(c, s->lb_class);
  }
  facts[10] = ob_probe_look(c, r);
  uint64_t h = ob_hash(facts, sizeof facts);
  if (!r->ingress) return h;
  const char *name;
  const ob_ingress_class *class = ob_ingress_class_of(c, r->ingress, &name);
  return ob_hash_more(h + (class ? class->o.digest : 0), name, strlen(name));
}
