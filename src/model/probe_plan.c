/* From a row to the requests that try it.
 *
 * Each address is a target of its own, so that it is the dead one that is named. What is not
 * asked stands in the plan all the same, with the reason: a way that nobody tried must not look
 * like one that works. */
#include "model/probe_plan.h"

#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/match.h"
#include "model/rows.h"
#include <stdio.h>
#include <strings.h>

static const char any_label[] = "outboard-probe";

typedef ob_probe_plans plan;

#define COPY OB_PROBE_COPY

/* --- parts --- */
static bool plain_host(const char *s) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
  return *s && s[strspn(s, plain)] == '\0' && strlen(s) < 254;
}

void ob_probe_put_path(ob_probe_target *t, const char *path, bool pattern) {
  static const char hex[] = "0123456789ABCDEF", kept[] = "-._~!$&'()*+,;=:@/%";
  char *out = t->path;
  size_t n = 0, size = sizeof t->path;
  if (*path != '/') out[n++] = '/';
  for (; *path && n + 4 < size; path++) {
    unsigned char ch = (unsigned char)*path;
    if (pattern && strchr("([*?^$|\\{+", ch)) break;
    bool alnum = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
    if (alnum || strchr(kept, ch)) {
      out[n++] = (char)ch;
      continue;
    }
    out[n++] = '%';
    out[n++] = hex[ch >> 4];
    out[n++] = hex[ch & 15];
  }
  out[n] = '\0';
}

ob_probe_scheme ob_port_speaks(const ob_service_port *p) {
  static const struct {
    const char *word; /* an appProtocol, or how a name begins */
    ob_probe_scheme scheme;
  } words[] = {{"https", OB_PROBE_HTTPS},
               {"kubernetes.io/wss", OB_PROBE_HTTPS},
               {"kubernetes.io/ws", OB_PROBE_HTTP},
               {"kubernetes.io/h2c", OB_PROBE_TCP}, /* HTTP/1.1 would be refused */
               {"http2", OB_PROBE_TCP},
               {"http", OB_PROBE_HTTP},
               {"web", OB_PROBE_HTTP}};
  static const struct {
    uint16_t port;
    ob_probe_scheme scheme;
  } numbers[] = {{80, OB_PROBE_HTTP},   {8080, OB_PROBE_HTTP}, {8000, OB_PROBE_HTTP},
                 {3000, OB_PROBE_HTTP}, {443, OB_PROBE_HTTPS}, {8443, OB_PROBE_HTTPS}};
  if (strcmp(p->protocol, "TCP") != 0) return OB_PROBE_UDP;
  const char *said = ob_or(p->app_protocol, p->name);
  for (size_t i = 0; i < OB_LEN(words); i++)
    if (strncasecmp(said, words[i].word, strlen(words[i].word)) == 0) return words[i].scheme;
  if (*p->app_protocol) return OB_PROBE_TCP;
  for (size_t i = 0; i < OB_LEN(numbers); i++)
    if (p->port == numbers[i].port) return numbers[i].scheme;
  return OB_PROBE_TCP;
}

/* --- targets --- */
ob_probe_target ob_probe_blank(const plan *p) {
  const ob_row *r = &p->row;
  ob_probe_target t = {.row = ob_row_key(r),
                       .way = r->way,
                       .via = OB_VIA_ADDRESS,
                       .origin = OB_BY_STATUS,
                       .anywhere = p->opts->anywhere,
                       .head = p->opts->head};
  t.owner_uid = r->owner->uid;
  if (r->service) t.service_uid = r->service->o.uid;
  snprintf(t.owner, sizeof t.owner, "%s/%s/%s", r->ingress ? "ingress" : "service", r->owner->ns,
           r->owner->name);
  return t;
}

static uint64_t key_of(const ob_probe_target *t) {
  uint64_t h = ob_hash(&t->row, sizeof t->row);
  unsigned facts[] = {t->scheme, t->via, t->port};
  h = ob_hash_more(h, facts, sizeof facts);
  h = ob_hash_more(h, &t->owner_uid, sizeof t->owner_uid);
  const char *texts[] = {t->host, t->address, t->node, t->path, t->port_name};
  for (size_t i = 0; i < OB_LEN(texts); i++) h = ob_hash_more(h, texts[i], strlen(texts[i]) + 1);
  return h ? h : 1;
}

void ob_probe_add(plan *p, ob_probe_target *t) {
  if (!*t->skip && t->scheme == OB_PROBE_UDP)
    COPY(t->skip, "UDP: silence would prove nothing, so it is not asked");
  if (!*t->skip && t->via != OB_VIA_PROXY && !plain_host(t->host)) COPY(t->skip, "not a host name");
  if (!*t->skip && t->via == OB_VIA_ADDRESS && !plain_host(t->address))
    COPY(t->skip, "not an address");
  t->key = key_of(t);
  size_t held = p->n < p->max ? p->n : p->max;
  for (size_t i = 0; i < held; i++)
    if (p->ret[i].key == t->key) return;
  if (p->n < p->max) p->ret[p->n] = *t;
  p->n++;
}

/* At an address that has no name of its own in the request. */
static void add_nameless(plan *p, ob_probe_target *t, const char *address) {
  COPY(t->address, address);
  COPY(t->host, address);
  t->nameless = true;
  ob_probe_add(p, t);
}

static void put_known(ob_probe_target *t, const ob_lb_ingress *lb, size_t n) {
  size_t k = 0;
  for (size_t i = 0; i < n && k < OB_PROBE_KNOWN; i++)
    if (*lb[i].ip) COPY(t->known[k++], lb[i].ip);
}

/* --- at each address --- */
static bool is_ip(const char *address) {
  return strchr(address, ':') || address[strspn(address, "0123456789.")] == '\0';
}

void ob_probe_each_address(plan *p, ob_probe_target *t, const char *host,
                           const char *const *addresses, size_t n, const char *none) {
  COPY(t->host, host);
  for (size_t i = 0, k = 0; i < n && k < OB_PROBE_KNOWN; i++)
    if (is_ip(addresses[i])) COPY(t->known[k++], addresses[i]);
  if (ob_starts(host, "*.") && !p->opts->any_host && !*t->skip)
    COPY(t->skip, "a wildcard host: it stands for any name, none is asked without your word");
  else if (ob_starts(host, "*.") && p->opts->any_host)
    snprintf(t->host, sizeof t->host, "%s%.*s", any_label, (int)(sizeof t->host - sizeof any_label),
             host + 1);
  if (*t->skip) {
    ob_probe_add(p, t);
    return;
  }
  for (size_t i = 0; i < n; i++) {
    ob_probe_target at = *t;
    if (!*host) {
      add_nameless(p, &at, addresses[i]);
      continue;
    }
    COPY(at.address, addresses[i]);
    ob_probe_add(p, &at);
  }
  if (n == 0) {
    ob_probe_target no = *t;
    COPY(no.skip, none);
    ob_probe_add(p, &no);
  }
  if (!*host) return;
  t->via = OB_VIA_DNS;
  t->origin = OB_BY_NAME;
  ob_probe_add(p, t);
}

/* --- ingress rules --- */
static void plan_rule(plan *p) {
  const ob_ingress *g = p->row.ingress;
  const ob_rule *rule = p->row.rule >= 0 ? &g->rules[p->row.rule] : NULL;
  const ob_path *path = rule ? &rule->paths[p->row.path] : NULL;
  const char *host = rule ? rule->host : "";
  ob_probe_target t = ob_probe_blank(p);
  bool tls = ob_ingress_tls_for(g, host) != NULL;
  t.scheme = tls ? OB_PROBE_HTTPS : OB_PROBE_HTTP;
  t.port = tls ? 443 : 80;
  const char *type = path ? path->path_type : "Exact";
  ob_probe_put_path(&t, path ? ob_or(path->path, "/") : "/",
                    strcmp(type, "Exact") != 0 && strcmp(type, "Prefix") != 0);
  const char *addresses[OB_PROBE_PLAN_MAX];
  size_t n = 0;
  for (; n < g->nlb && n < OB_PROBE_PLAN_MAX; n++) addresses[n] = ob_lb_address(&g->lb[n]);
  ob_probe_each_address(p, &t, host, addresses, n,
                        "no address: the controller has written none into the status");
}

/* --- services --- */

/* The first name that external-dns shall give; "" none. */
static void wished_host(char out[256], const ob_service *s) {
  const char *names = ob_dns_names(&s->o);
  size_t n = strcspn(names, ", ");
  out[0] = '\0';
  if (n > 0 && n < 254) snprintf(out, 256, "%.*s", (int)n, names);
  if (!plain_host(out)) out[0] = '\0';
}

static ob_probe_target port_target(const plan *p) {
  const ob_service_port *port = &p->row.service->ports[p->row.port];
  ob_probe_target t = ob_probe_blank(p);
  t.scheme = ob_port_speaks(port);
  t.port = p->row.way == OB_ROW_NODE_PORT ? port->node_port : port->port;
  COPY(t.path, "/");
  if (strcmp(port->protocol, "TCP") != 0 && strcmp(port->protocol, "UDP") != 0)
    snprintf(t.skip, sizeof t.skip, "%.16s: not asked", port->protocol);
  return t;
}

static void plan_balancer(plan *p) {
  const ob_service *s = p->row.service;
  ob_probe_target t = port_target(p);
  char host[256];
  wished_host(host, s);
  put_known(&t, s->lb, s->nlb);
  if (p->row.sub < 0) {
    COPY(t.skip, "no address yet");
    ob_probe_add(p, &t);
    return;
  }
  const char *address = ob_lb_address(&s->lb[p->row.sub]);
  if (!*host) {
    add_nameless(p, &t, address);
    return;
  }
  COPY(t.host, host);
  COPY(t.address, address);
  ob_probe_add(p, &t);
  if (p->row.sub > 0) return; /* one name, one look */
  t.via = OB_VIA_DNS;
  t.origin = OB_BY_NAME;
  t.address[0] = '\0';
  ob_probe_add(p, &t);
}

static const char *any_address(const ob_node *n, bool v6) {
  static const char *const types[] = {"ExternalIP", "InternalIP"};
  for (size_t k = 0; k < OB_LEN(types); k++)
    for (size_t i = 0; i < n->naddresses; i++)
      if (strcmp(n->addresses[i].type, types[k]) == 0 &&
          (strchr(n->addresses[i].address, ':') != NULL) == v6)
        return n->addresses[i].address;
  return NULL;
}

static bool among(const char *const *list, size_t n, const char *s) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(list[i], s) == 0) return true;
  return false;
}

static int by_name(const void *a, const void *b) {
  return ob_strnatcmp((*(const ob_object *const *)a)->name, (*(const ob_object *const *)b)->name);
}

/* Every node: those that should answer are asked, of the others it is said why not. */
static void plan_nodes(plan *p) {
  const ob_service *s = p->row.service;
  if (!ob_known(p->c, OB_KIND_NODE)) {
    ob_probe_target t = port_target(p);
    COPY(t.skip, "the nodes are not known: their addresses cannot be asked");
    ob_probe_add(p, &t);
    return;
  }
  OB_VEC(const ob_object *) nodes = {0};
  const ob_object *o;
  for (size_t at = 0; (o = ob_cluster_next(p->c, OB_KIND_NODE, &at));) ob_vec_push(&nodes, o);
  if (nodes.len > 1) qsort(nodes.at, nodes.len, sizeof(const ob_object *), by_name);
  const char **answer = ob_calloc(nodes.len + 1, sizeof(const char *));
  size_t nanswer = ob_node_addresses(p->c, s, answer, nodes.len);
  if (nanswer > nodes.len) nanswer = nodes.len;
  bool v6 = s->nip_families && strcmp(s->ip_families[0], "IPv6") == 0;
  for (size_t i = 0; i < nodes.len; i++) {
    const ob_node *n = OB_AS(ob_node, nodes.at[i]);
    const char *address = any_address(n, v6);
    ob_probe_target t = port_target(p);
    COPY(t.node, n->o.name);
    if (!address)
      COPY(t.skip, "the node has no address of this IP family");
    else if (!n->ready)
      COPY(t.skip, "the node is not ready");
    else if (!among(answer, nanswer, address))
      COPY(t.skip, "externalTrafficPolicy Local: no ready endpoint on this node");
    add_nameless(p, &t, ob_or(address, "-"));
  }
  free(answer);
  ob_vec_done(&nodes);
}

static void plan_external_ip(plan *p) {
  ob_probe_target t = port_target(p);
  add_nameless(p, &t, p->row.service->external_ips[p->row.sub]);
}

/* What no way leads to from outside. */
static void plan_inside(plan *p) {
  const ob_service *s = p->row.service;
  for (int i = 0; i < s->nports; i++) {
    p->row.port = i;
    ob_probe_target t = port_target(p);
    t.row = 0; /* a service's own row: found by its uid */
    snprintf(t.host, sizeof t.host, "%.126s.%.63s.svc", s->o.name, s->o.ns);
    COPY(t.ns, s->o.ns);
    COPY(t.name, s->o.name);
    if (*s->ports[i].name)
      COPY(t.port_name, s->ports[i].name);
    else
      snprintf(t.port_name, sizeof t.port_name, "%u", s->ports[i].port);
    t.via = OB_VIA_PROXY;
    if (t.scheme == OB_PROBE_TCP)
      COPY(t.skip, "reached from inside only, and not HTTP: f forwards the port to this computer");
    else if (p->opts->head)
      COPY(t.skip, "HEAD through the API server: its own refusal could not be told from an answer");
    ob_probe_add(p, &t);
  }
}

static void plan_external_name(plan *p) {
  const ob_service *s = p->row.service;
  for (int i = 0; i < s->nports || i == 0; i++) {
    p->row.port = s->nports ? i : -1;
    ob_probe_target t = s->nports ? port_target(p) : ob_probe_blank(p);
    t.row = 0;
    t.via = OB_VIA_DNS;
    t.origin = OB_BY_NAME;
    COPY(t.host, s->external_name);
    if (!s->nports)
      COPY(t.skip, "an ExternalName without a port");
    else if (!p->opts->any_host)
      COPY(t.skip,
           "an ExternalName: it leads out of the cluster, and is not asked without your word");
    ob_probe_add(p, &t);
  }
}

/* --- rows --- */

static void plan_way(void *arg, const ob_row *row) {
  plan *p = arg;
  p->row = *row;
  switch (row->way) {
  case OB_ROW_RULE:
  case OB_ROW_DEFAULT: plan_rule(p); break;
  case OB_ROW_LB: plan_balancer(p); break;
  case OB_ROW_NODE_PORT: plan_nodes(p); break;
  case OB_ROW_EXTERNAL_IP: plan_external_ip(p); break;
  case OB_ROW_SERVICE: break;
  }
}

static void plan_balancers(void *arg, const ob_row *row) {
  if (row->way == OB_ROW_LB) plan_way(arg, row);
}

static void plan_service(plan *p, const ob_service *s) {
  ob_rows_of(p->c, OB_VIEW_EXPOSURE, &s->o, plan_way, p);
  ob_route_ref routes[OB_PROBE_PLAN_MAX];
  size_t n = ob_service_routes(p->c, s, routes, OB_PROBE_PLAN_MAX);
  for (size_t i = 0; i < n && i < OB_PROBE_PLAN_MAX; i++) {
    ob_row row = {.owner = &routes[i].ingress->o,
                  .service = s,
                  .ingress = routes[i].ingress,
                  .way = routes[i].rule >= 0 ? OB_ROW_RULE : OB_ROW_DEFAULT,
                  .port = -1,
                  .rule = routes[i].rule,
                  .path = routes[i].path,
                  .sub = -1};
    plan_way(p, &row);
  }
  const ob_hub *h = ob_hub_find(p->c, s->o.ns, s->o.name);
  for (size_t i = 0; h && i < h->routes.len && i < OB_PROBE_PLAN_MAX; i++)
    ob_probe_of_route(p, ob_link_at(&h->routes, i), s);
  if (p->n > 0) return;
  p->row = (ob_row){.owner = &s->o, .service = s, .way = OB_ROW_SERVICE, .port = -1, .sub = -1};
  if (s->type == OB_EXTERNAL_NAME)
    plan_external_name(p);
  else
    plan_inside(p);
}

size_t ob_probe_plan(const ob_cluster *c, const ob_row *row, const ob_probe_opts *opts,
                     ob_probe_target *ret, size_t max) {
  plan p = {.c = c, .opts = opts, .ret = ret, .max = max};
  if (row->way == OB_ROW_SERVICE)
    plan_service(&p, row->service);
  else if (row->way == OB_ROW_LB && row->port < 0)
    ob_rows_of(c, OB_VIEW_EXPOSURE, row->owner, plan_balancers, &p);
  else
    plan_way(&p, row);
  return p.n;
}

/* --- typed URLs --- */
static int bad_url(ob_err *err, const char *url, const char *why) {
  ob_fail(err, OB_EUSAGE, "\"%s\": %s", url, why);
  return ob_hint(err, "https://HOST[:PORT]/PATH, http://… or tcp://HOST:PORT");
}

static int parse_url(const char *url, ob_probe_target *t, ob_err *err) {
  static const uint16_t ports[] = {0, 80, 443, 0};
  const char *rest = NULL;
  for (int i = OB_PROBE_TCP; i <= OB_PROBE_HTTPS && !rest; i++) {
    size_t n = strlen(ob_probe_schemes[i]);
    if (strncasecmp(url, ob_probe_schemes[i], n) != 0 || strncmp(url + n, "://", 3) != 0) continue;
    rest = url + n + 3;
    t->scheme = (ob_probe_scheme)i;
    t->port = ports[i];
  }
  if (!rest) return bad_url(err, url, "not a URL that can be probed");
  size_t authority = strcspn(rest, "/?#");
  if (memchr(rest, '@', authority))
    return bad_url(err, url, "a user or password in it: credentials are never sent");
  OB_AUTOFREE char *host = ob_strndup(rest, authority);
  char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');
  int64_t port = t->port;
  if (colon && (!bracket || colon > bracket)) {
    if (!ob_parse_int(colon + 1, 1, 65535, &port)) return bad_url(err, url, "a port is 1 to 65535");
    *colon = '\0';
  }
  if (port == 0) return bad_url(err, url, "tcp:// needs a port");
  t->port = (uint16_t)port;
  size_t n = strlen(host);
  bool v6 = n > 2 && host[0] == '[' && host[n - 1] == ']';
  if (v6) host[n - 1] = '\0';
  if (!plain_host(host + v6)) return bad_url(err, url, "no host that can be asked");
  COPY(t->host, host + v6);
  OB_AUTOFREE char *path = ob_strndup(rest + authority, strcspn(rest + authority, "#"));
  if (strlen(path) > sizeof t->path - 2) return bad_url(err, url, "longer than can be asked");
  /* The person's own escapes and query stay. */
  snprintf(t->path, sizeof t->path, "%s%.*s", *path == '/' ? "" : "/", (int)sizeof t->path - 2,
           path);
  for (const char *s = t->path; *s; s++)
    if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
      return bad_url(err, url, "a character in it must be written as %XX");
  return 0;
}

static bool has_host(const ob_ingress *g, const char *host) {
  for (size_t i = 0; i < g->nrules; i++)
    if (*g->rules[i].host && ob_host_covers(g->rules[i].host, host)) return true;
  return false;
}

int ob_probe_plan_url(const ob_cluster *c, const char *url, const ob_probe_opts *opts,
                      ob_probe_target *ret, size_t max, size_t *ret_n, ob_err *err) {
  ob_probe_target t = {.via = OB_VIA_DNS,
                       .origin = OB_BY_PERSON,
                       .way = OB_ROW_SERVICE,
                       .anywhere = opts->anywhere,
                       .head = opts->head};
  int rc = parse_url(url, &t, err);
  if (rc < 0) return rc;
  plan p = {.c = c, .opts = opts, .ret = ret, .max = max};
  ob_probe_add(&p, &t);
  const ob_object *o;
  for (size_t at = 0; t.scheme != OB_PROBE_TCP && (o = ob_cluster_next(c, OB_KIND_INGRESS, &at));) {
    const ob_ingress *g = OB_AS(ob_ingress, o);
    if (!has_host(g, t.host)) continue;
    for (size_t i = 0; i < g->nlb; i++) {
      ob_probe_target by = t;
      by.via = OB_VIA_ADDRESS;
      by.origin = OB_BY_STATUS;
      COPY(by.address, ob_lb_address(&g->lb[i]));
      ob_probe_add(&p, &by);
    }
  }
  if (t.scheme != OB_PROBE_TCP) ob_probe_at_gateways(&p, &t);
  *ret_n = p.n < max ? p.n : max;
  return 0;
}
