/* Node ports: who answers on those of the service in view, and the map of the whole range.
 *
 *   30000 ░█░░░░░░░░░░░░░░   a cell is some ports: free, some taken, all taken
 *   31024 ····▄······◆····   ◆ holds one of the service in view
 *
 * The lower band (░) is for ports chosen by hand; automatic ones come from above it. Which of the
 * taken ones were chosen by hand, the API does not tell. */
#include "tui/pages.h"

#include "base/str.h"

enum {
  USED_MAX = 8192,
  NODES_MAX = 100,
  MAP_LINES = 12,
  LABEL = 7,
  SUGGESTED = 3,
  LISTED_MAX = 2000,
  LINE_TEXT = 64 * 1024
};

typedef struct nodes {
  ob_doc *d;
  size_t seen, answer;
} nodes;

static void put_node(void *arg, const ob_node *n, const char *address, ob_node_answer answer) {
  static const char *const why[] = {[OB_NODE_ANSWERS] = "",
                                    [OB_NODE_NOT_READY] = "the node is not ready",
                                    [OB_NODE_NO_ADDRESS] = "no address of the service's family",
                                    [OB_NODE_NO_ENDPOINT] =
                                        "externalTrafficPolicy Local, and no ready endpoint there"};
  nodes *k = arg;
  k->answer += answer == OB_NODE_ANSWERS;
  if (k->seen++ >= NODES_MAX) return;
  bool ok = answer == OB_NODE_ANSWERS;
  ob_doc_put(k->d, ok ? OB_ROLE_OK : OB_ROLE_BAD, ok ? "● " : "✗ ");
  ob_doc_put(k->d, OB_ROLE_TEXT, n->o.name);
  ob_doc_to(k->d, 20);
  ob_doc_wrap(k->d, ok ? OB_ROLE_ACCENT : OB_ROLE_WARN, ok ? address : why[answer]);
  ob_doc_nl(k->d);
}

static void write_nodes(ob_doc *d, const ob_subject *s, const ob_service *v) {
  ob_doc_heading(d, v->external_local ? "Nodes that answer (externalTrafficPolicy Local)"
                                      : "Nodes that answer");
  if (!ob_known(s->cluster, OB_KIND_NODE)) {
    ob_doc_put(d, OB_ROLE_WARN, "? nodes are not known");
    ob_doc_nl(d);
    return;
  }
  if (v->external_local && !ob_known(s->cluster, OB_KIND_SLICE)) {
    ob_doc_put(d, OB_ROLE_WARN, "? endpoints are not known, and Local sends to their nodes only");
    ob_doc_nl(d);
    return;
  }
  nodes k = {.d = d};
  ob_node_answers(s->cluster, v, put_node, &k);
  if (k.seen > NODES_MAX) {
    ob_doc_putf(d, OB_ROLE_DIM, "and %zu more; %zu of %zu answer", k.seen - NODES_MAX, k.answer,
                k.seen);
    ob_doc_nl(d);
  }
}

/* --- the map -----------------------------------------------------------------------------------
 */
typedef struct map {
  const ob_used_port *used;
  size_t n;
  unsigned first, last, band; /* band: the first port above the static one */
} map;

/* Ports in [from, to) that are taken, each number once, and whether one is the service's. */
static unsigned taken(const map *m, unsigned from, unsigned to, const ob_service *mine,
                      bool *ret_mine) {
  unsigned count = 0;
  size_t lo = 0, hi = m->n;
  *ret_mine = false;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (m->used[mid].port < from)
      lo = mid + 1;
    else
      hi = mid;
  }
  for (size_t i = lo; i < m->n && m->used[i].port < to; i++) {
    count += i == 0 || m->used[i].port != m->used[i - 1].port;
    *ret_mine |= m->used[i].service == mine;
  }
  return count;
}

static void write_band(ob_doc *d, const map *m, const char *label, unsigned from, unsigned to,
                       const char *what) {
  bool mine;
  unsigned used = taken(m, from, to, NULL, &mine);
  OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_TEXT);
  ob_buf_addf(&b, "%u-%u: %u taken, %u free; %s", from, to - 1, used, to - from - used, what);
  ob_doc_field(d, label, OB_ROLE_TEXT, ob_buf_str(&b));
}

static void write_map(ob_doc *d, const map *m, const ob_service *mine) {
  unsigned size = m->last + 1 - m->first;
  unsigned across = d->width > LABEL + 8 ? (unsigned)(d->width - LABEL) : 8;
  unsigned each = (size + across * MAP_LINES - 1) / (across * MAP_LINES);
  for (unsigned at = m->first; at <= m->last;) {
    ob_doc_putf(d, OB_ROLE_LABEL, "%u", at);
    ob_doc_to(d, LABEL);
    for (unsigned i = 0; i < across && at <= m->last; i++, at += each) {
      unsigned to = at + each <= m->last ? at + each : m->last + 1;
      bool own;
      unsigned used = taken(m, at, to, mine, &own);
      if (own)
        ob_doc_put(d, OB_ROLE_KEY, "◆");
      else if (used)
        ob_doc_put(d, OB_ROLE_ACCENT, used == to - at ? "█" : "▄");
      else
        ob_doc_put(d, OB_ROLE_DIM, at < m->band ? "░" : "·");
    }
    ob_doc_nl(d);
  }
  ob_doc_putf(d, OB_ROLE_DIM, "%u port%s a cell: ░· free ▄ some █ all taken ◆ this one",
              each, each > 1 ? "s" : "");
  ob_doc_nl(d);
}

static void write_free(ob_doc *d, const map *m) {
  OB_AUTO(ob_buf) b = OB_BUF_INIT(LINE_TEXT);
  bool mine;
  unsigned found = 0;
  for (unsigned p = m->first; p < m->band && found < SUGGESTED; p++)
    if (!taken(m, p, p + 1, NULL, &mine)) ob_buf_addf(&b, "%s%u", found++ ? ", " : "", p);
  ob_doc_field(d, "free by hand", found ? OB_ROLE_OK : OB_ROLE_WARN,
               found ? ob_buf_str(&b) : "none: the static band is full");
}

static void write_list(ob_doc *d, const map *m, const ob_service *mine) {
  ob_doc_heading(d, "Taken");
  for (size_t i = 0; i < m->n && i < LISTED_MAX; i++) {
    const ob_used_port *u = &m->used[i];
    bool own = u->service == mine;
    ob_doc_putf(d, own ? OB_ROLE_KEY : OB_ROLE_TEXT, "%u", u->port);
    ob_doc_to(d, LABEL);
    ob_doc_put(d, OB_ROLE_DIM, u->protocol);
    ob_doc_to(d, LABEL + 5);
    ob_doc_putf(d, own ? OB_ROLE_KEY : OB_ROLE_ACCENT, "%s/%s", u->service->o.ns,
                u->service->o.name);
    if (u->index < 0)
      ob_doc_put(d, OB_ROLE_DIM, " health check");
    else if (*u->service->ports[u->index].name)
      ob_doc_putf(d, OB_ROLE_DIM, ":%s", u->service->ports[u->index].name);
    if (u->port < m->band) ob_doc_put(d, OB_ROLE_DIM, "  static band");
    bool twin = (i > 0 && m->used[i - 1].port == u->port) ||
                (i + 1 < m->n && m->used[i + 1].port == u->port);
    if (twin) ob_doc_put(d, OB_ROLE_WARN, "  number shared over protocols");
    ob_doc_nl(d);
  }
  if (m->n > LISTED_MAX) {
    ob_doc_putf(d, OB_ROLE_DIM, "and %zu more", m->n - LISTED_MAX);
    ob_doc_nl(d);
  }
}

void ob_page_write_PORTS(ob_doc *d, const ob_subject *s) {
  const ob_service *v = s->row->service;
  bool has = v && (v->type == OB_NODE_PORT || v->type == OB_LOAD_BALANCER) && !v->no_node_ports;
  if (has) write_nodes(d, s, v);
  ob_used_port *used = ob_calloc(USED_MAX, sizeof *used);
  size_t n = ob_used_ports(s->cluster, used, USED_MAX);
  map m = {.used = used,
           .n = n < USED_MAX ? n : USED_MAX,
           .first = OB_NODE_PORT_FIRST,
           .last = OB_NODE_PORT_LAST,
           .band = OB_NODE_PORT_FIRST + OB_NODE_PORT_STATIC};
  bool outside = m.n && (used[0].port < m.first || used[m.n - 1].port > m.last);
  if (outside && used[0].port < m.first) m.first = used[0].port;
  if (outside && used[m.n - 1].port > m.last) m.last = used[m.n - 1].port;
  ob_doc_heading(d, outside ? "The range of node ports, wider here than the default"
                            : "The range of node ports, if it is the default one");
  if (!ob_known(s->cluster, OB_KIND_SERVICE)) {
    ob_doc_put(d, OB_ROLE_WARN, "? services are not all known");
    ob_doc_nl(d);
  }
  if (!outside) write_band(d, &m, "static band", m.first, m.band, "for numbers chosen by hand");
  write_band(d, &m, outside ? "range" : "dynamic band", outside ? m.first : m.band, m.last + 1,
             outside ? "its bands are not known"
                     : "automatic ones; a number chosen here by hand may be taken any time");
  if (outside) m.band = m.first;
  if (!outside) write_free(d, &m);
  ob_doc_nl(d);
  write_map(d, &m, v);
  write_list(d, &m, v);
  free(used);
}
