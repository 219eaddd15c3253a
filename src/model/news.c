/* An object is written as lines "path: value"; two versions are compared as sorted sets of lines,
 * so that an old value stands right above the new one and an inserted list item is one line. */
#include "model/news.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/rows.h"

typedef struct note {
  struct note *older;
  int64_t at_ms;
  ob_kind kind;
  size_t bytes;
  const char *name, *text; /* both behind the struct */
} note;

struct ob_news_shelf {
  ob_news_shelf *newer, *older;
  note *notes;
  size_t nnotes, bytes;
  char key[];
};

/* --- an object as lines ------------------------------------------------------------------------
 */
static void line(ob_buf *b, const char *path, const char *value) {
  if (*value) ob_buf_addf(b, "%s: %s\n", path, value);
}

static void pairs(ob_buf *b, const char *path, const ob_kv *kv, size_t n) {
  for (size_t i = 0; i < n; i++) ob_buf_addf(b, "%s.%s: %s\n", path, kv[i].key, kv[i].value);
}

static void items(ob_buf *b, const char *path, const char *const *at, size_t n) {
  for (size_t i = 0; i < n; i++) line(b, path, at[i]);
}

static void balancer(ob_buf *b, const ob_lb_ingress *lb, size_t n) {
  for (size_t i = 0; i < n; i++) {
    line(b, "status.loadBalancer", ob_lb_address(&lb[i]));
    line(b, "status.loadBalancer error", lb[i].port_error);
  }
}

static void write_service(ob_buf *b, const ob_service *s) {
  line(b, "type", s->type_text);
  items(b, "clusterIP", s->cluster_ips, s->ncluster_ips);
  line(b, "externalName", s->external_name);
  line(b, "loadBalancerClass", s->lb_class);
  line(b, "loadBalancerIP", s->load_balancer_ip);
  items(b, "externalIP", s->external_ips, s->nexternal_ips);
  items(b, "loadBalancerSourceRange", s->source_ranges, s->nsource_ranges);
  items(b, "ipFamily", s->ip_families, s->nip_families);
  line(b, "ipFamilyPolicy", s->ip_family_policy);
  line(b, "sessionAffinity", s->session_affinity);
  line(b, "trafficDistribution", s->traffic_distribution);
  line(b, "externalTrafficPolicy", s->external_local ? "Local" : "Cluster");
  line(b, "internalTrafficPolicy", s->internal_local ? "Local" : "Cluster");
  line(b, "publishNotReadyAddresses", s->publish_not_ready ? "true" : "");
  line(b, "allocateLoadBalancerNodePorts", s->no_node_ports ? "false" : "");
  for (size_t i = 0; i < s->nports; i++) {
    const ob_service_port *p = &s->ports[i];
    ob_buf_addf(b, "port %s: %u/%s to %s", ob_or(p->name, "(unnamed)"), p->port, p->protocol,
                ob_or(p->target, "the same"));
    if (p->node_port) ob_buf_addf(b, ", node port %u", p->node_port);
    if (*p->app_protocol) ob_buf_addf(b, ", %s", p->app_protocol);
    ob_buf_addc(b, '\n');
  }
  pairs(b, "selector", s->selector, s->nselector);
  balancer(b, s->lb, s->nlb);
  pairs(b, "condition", s->conditions, s->nconditions);
}

static void write_ingress(ob_buf *b, const ob_ingress *g) {
  line(b, "ingressClassName", g->class_name);
  for (size_t r = 0; r < g->nrules; r++)
    for (size_t p = 0; p < g->rules[r].npaths; p++) {
      const ob_path *path = &g->rules[r].paths[p];
      ob_buf_addf(b, "rule %s%s %s: ", ob_or(g->rules[r].host, "*"), ob_or(path->path, "/"),
                  path->path_type);
      ob_add_backend(b, &path->backend);
      ob_buf_addc(b, '\n');
    }
  if (g->default_backend.set) {
    ob_buf_adds(b, "defaultBackend: ");
    ob_add_backend(b, &g->default_backend);
    ob_buf_addc(b, '\n');
  }
  for (size_t t = 0; t < g->ntls; t++)
    for (size_t h = 0; h < g->tls[t].nhosts || h == 0; h++)
      ob_buf_addf(b, "tls %s: %s\n", g->tls[t].nhosts ? g->tls[t].hosts[h] : "(every host)",
                  ob_or(g->tls[t].secret, "(the controller's)"));
  balancer(b, g->lb, g->nlb);
}

static void write_slice(ob_buf *b, const ob_slice *s) {
  for (size_t i = 0; i < s->nendpoints; i++) {
    const ob_endpoint *e = &s->endpoints[i];
    ob_buf_addf(b, "endpoint %s %s", e->address, e->target_name);
    if (*e->node) ob_buf_addf(b, " on %s", e->node);
    ob_buf_addf(b, ": %s\n",
                e->ready          ? "ready"
                : !e->terminating ? "not ready"
                : e->serving      ? "draining"
                                  : "terminating");
  }
  for (size_t i = 0; i < s->nports; i++)
    ob_buf_addf(b, "port %s: %d/%s\n", ob_or(s->ports[i].name, "(unnamed)"), (int)s->ports[i].port,
                s->ports[i].protocol);
}

static void write_object(ob_buf *b, const ob_object *o) {
  if (!o) return;
  if (o->kind == OB_KIND_SERVICE) write_service(b, OB_AS(ob_service, o));
  if (o->kind == OB_KIND_INGRESS) write_ingress(b, OB_AS(ob_ingress, o));
  if (o->kind == OB_KIND_SLICE) {
    write_slice(b, OB_AS(ob_slice, o));
    return; /* its labels say nothing new */
  }
  line(b, "deletionTimestamp", o->deleting_ms ? "set" : "");
  pairs(b, "label", o->labels, o->nlabels);
  pairs(b, "annotation", o->annotations, o->nannotations);
}

/* --- the difference ----------------------------------------------------------------------------
 */
typedef OB_VEC(char *) lines;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts the buffer into its lines, sorted. */
static void split(ob_buf *b, lines *ret) {
  for (char *at = b->ptr; b->len && at < b->ptr + b->len;) {
    char *end = memchr(at, '\n', (size_t)(b->ptr + b->len - at));
    if (!end) break;
    *end = '\0';
    ob_vec_push(ret, at);
    at = end + 1;
  }
  if (ret->len > 1) qsort(ret->at, ret->len, sizeof *ret->at, by_text);
}

static bool put(ob_buf *out, char sign, const char *text) {
  if (out->len + strlen(text) + 8 > OB_NEWS_TEXT) return false;
  ob_buf_addf(out, "%c %s\n", sign, text);
  return true;
}

/* "endpoint a: ready" and "endpoint a: not ready" */
static bool same_path(const char *a, const char *b) {
  const char *end = strstr(a, ": ");
  return end && strncmp(a, b, (size_t)(end + 2 - a)) == 0;
}

static void diff(ob_buf *out, const lines *was, const lines *is) {
  size_t a = 0, b = 0;
  while (a < was->len || b < is->len) {
    int by = a == was->len ? 1 : b == is->len ? -1 : strcmp(was->at[a], is->at[b]);
    bool other = by && a < was->len && b < is->len && same_path(was->at[a], is->at[b]);
    bool old = by < 0 || other, new = by > 0 || other;
    if ((old && !put(out, '-', was->at[a])) || (new && !put(out, '+', is->at[b]))) {
      ob_buf_adds(out, "…\n");
      return;
    }
    a += old || !by;
    b += new || !by;
  }
}

/* --- shelves -----------------------------------------------------------------------------------
 */
static size_t key_of(char out[OB_KEY_MAX + 1], const ob_object *o) {
  bool slice = o->kind == OB_KIND_SLICE;
  out[0] = (char)('a' + (slice ? OB_KIND_SERVICE : o->kind));
  return 1 + ob_key(out + 1, o->ns, slice ? OB_AS(ob_slice, o)->service : o->name);
}

static void unlink_shelf(ob_news_store *n, ob_news_shelf *s) {
  *(s->newer ? &s->newer->older : &n->newest) = s->older;
  *(s->older ? &s->older->newer : &n->oldest) = s->newer;
  s->newer = s->older = NULL;
}

static void to_front(ob_news_store *n, ob_news_shelf *s) {
  s->older = n->newest;
  *(n->newest ? &n->newest->newer : &n->oldest) = s;
  n->newest = s;
}

static void drop_notes(ob_news_store *n, ob_news_shelf *s, size_t keep) {
  note **at = &s->notes;
  for (size_t i = 0; i < keep && *at; i++) at = &(*at)->older;
  while (*at) {
    note *gone = *at;
    *at = gone->older;
    n->bytes -= gone->bytes;
    s->nnotes--;
    free(gone);
  }
}

static void drop_shelf(ob_news_store *n, ob_news_shelf *s) {
  drop_notes(n, s, 0);
  unlink_shelf(n, s);
  ob_map_del(&n->shelves, s->key, strlen(s->key));
  n->bytes -= s->bytes;
  free(s);
}

static ob_news_shelf *shelf_of(ob_news_store *n, const char *key, size_t len) {
  ob_news_shelf *s = ob_map_get(&n->shelves, key, len);
  if (s) {
    unlink_shelf(n, s);
  } else {
    s = ob_calloc(1, sizeof *s + len + 1);
    memcpy(s->key, key, len + 1);
    s->bytes = sizeof *s + len + 1;
    n->bytes += s->bytes;
    ob_map_put(&n->shelves, s->key, len, s);
  }
  to_front(n, s);
  return s;
}

static void add(ob_news_store *n, const ob_object *o, const ob_buf *text, int64_t now_ms) {
  char key[OB_KEY_MAX + 1];
  size_t len = key_of(key, o), name = strlen(o->name) + 1;
  ob_news_shelf *s = shelf_of(n, key, len);
  note *made = ob_alloc(sizeof *made + name + text->len + 1);
  char *at = (char *)(made + 1);
  memcpy(at, o->name, name);
  memcpy(at + name, ob_buf_str(text), text->len + 1);
  *made = (note){.older = s->notes,
                 .at_ms = now_ms,
                 .kind = o->kind,
                 .bytes = sizeof *made + name + text->len + 1,
                 .name = at,
                 .text = at + name};
  s->notes = made;
  s->nnotes++;
  n->bytes += made->bytes;
  if (s->nnotes > OB_NEWS_EACH) drop_notes(n, s, OB_NEWS_EACH);
  while (n->bytes > OB_NEWS_BYTES && n->oldest != s) drop_shelf(n, n->oldest);
}

void ob_news_note(ob_news_store *n, const ob_object *before, const ob_object *after,
                  int64_t now_ms) {
  const ob_object *o = after ? after : before;
  if (o->kind != OB_KIND_SERVICE && o->kind != OB_KIND_INGRESS && o->kind != OB_KIND_SLICE) return;
  OB_AUTO(ob_buf) was = OB_BUF_INIT(OB_NEWS_OBJECT), is = OB_BUF_INIT(OB_NEWS_OBJECT);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(2 * OB_NEWS_TEXT);
  write_object(&was, before);
  write_object(&is, after);
  if (was.failed || is.failed) { /* what is not there whole would differ in its end */
    ob_buf_addf(&text, "~ longer than %d bytes: not compared\n", (int)OB_NEWS_OBJECT);
  } else {
    lines a = {0}, b = {0};
    split(&was, &a);
    split(&is, &b);
    diff(&text, &a, &b);
    ob_vec_done(&a);
    ob_vec_done(&b);
  }
  if (text.len || !before || !after) add(n, o, &text, now_ms);
}

void ob_news_done(ob_news_store *n) {
  while (n->oldest) drop_shelf(n, n->oldest);
  ob_map_done(&n->shelves);
}

size_t ob_object_news(const ob_cluster *c, const ob_object *o, ob_news *ret, size_t max) {
  char key[OB_KEY_MAX + 1];
  size_t len = key_of(key, o), n = 0;
  const ob_news_shelf *s = ob_map_get(&c->news.shelves, key, len);
  for (const note *at = s ? s->notes : NULL; at; at = at->older, n++)
    if (n < max) ret[n] = (ob_news){at->at_ms, at->kind, at->name, at->text};
  return n;
}
