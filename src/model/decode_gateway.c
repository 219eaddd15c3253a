/* The Gateway API's kinds (gateway.networking.k8s.io). Their versions differ in what is new, not
 * in what is kept here, so one decoder serves v1 and v1beta1. Absent values get the defaults that
 * the CRDs' schemas would have put in: an object of an older server may lack them. */
#include "base/str.h"
#include "model/decode.h"
#include "outboard/gateway.h"

static ob_tri tri(const char *status) {
  if (ob_streq(status, "True")) return OB_TRI_TRUE;
  return ob_streq(status, "False") ? OB_TRI_FALSE : OB_TRI_UNKNOWN;
}

static const ob_json *condition(const ob_json *list, const char *type) {
  for (const ob_json *j = ob_json_first(list); j; j = ob_json_next(j))
    if (ob_streq(ob_json_get_str(j, "type"), type)) return j;
  return NULL;
}

static ob_tri take_condition(ob_pack *p, const ob_json *list, const char *type,
                             const char **io_reason) {
  const ob_json *c = condition(list, type);
  ob_tri t = tri(ob_json_get_str(c, "status"));
  if (t != OB_TRI_TRUE && c && !*io_reason) *io_reason = ob_json_get_str(c, "reason");
  return (ob_tri)ob_pack_num(p, t);
}

static uint16_t port_of(ob_pack *p, const ob_json *j, const char *key) {
  int64_t n = ob_json_get_int(j, key, 0);
  return (uint16_t)ob_pack_num(p, n < 0 || n > 65535 ? 0 : n);
}

/* An array of a list's items: `one` makes each from `item`. */
#define EACH(p, list, type, ret_at, ret_n, one)                                                    \
  do {                                                                                             \
    const ob_json *each_list_ = (list);                                                            \
    uint16_t each_n_ = ob_pack_len((p), each_list_), each_i_ = 0;                                  \
    type *each_at_ = ob_pack_array((p), each_n_, sizeof *each_at_);                                \
    (ret_n) = (uint16_t)ob_pack_num((p), each_n_);                                                 \
    (ret_at) = each_at_;                                                                           \
    for (const ob_json *item = ob_json_first(each_list_); item && each_i_ < each_n_;               \
         item = ob_json_next(item), each_i_++) {                                                   \
      type each_one_ = (one);                                                                      \
      if (each_at_) each_at_[each_i_] = each_one_;                                                 \
    }                                                                                              \
  } while (0)

/* --- GatewayClass, Gateway --------------------------------------------------------------- */
void ob_decode_gateway_class(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_gateway_class *c = (ob_gateway_class *)(void *)o;
  const char *reason = NULL;
  c->controller = ob_pack_str(p, ob_json_get_str(ob_json_get(json, "spec"), "controllerName"));
  c->accepted =
      take_condition(p, ob_json_at(json, "status", "conditions", NULL), "Accepted", &reason);
}

static ob_object_ref decode_ref(ob_pack *p, const ob_json *j, const char *ns) {
  return (ob_object_ref){.ns = ob_pack_str(p, ob_or(ob_json_get_str(j, "namespace"), ns)),
                         .name = ob_pack_str(p, ob_json_get_str(j, "name"))};
}

static const char *kind_name(ob_pack *p, const ob_json *j) {
  return ob_pack_str(p, ob_json_get_str(j, "kind"));
}

static const ob_json *listener_status(const ob_json *json, const char *name) {
  const ob_json *list = ob_json_at(json, "status", "listeners", NULL);
  for (const ob_json *j = ob_json_first(list); j; j = ob_json_next(j))
    if (ob_streq(ob_json_get_str(j, "name"), name)) return j;
  return NULL;
}

/* "in" and "notin" take the values, "Exists" and "DoesNotExist" none. */
static void add_expression(ob_buf *out, const ob_json *j) {
  const char *op = ob_or(ob_json_get_str(j, "operator"), "");
  const char *key = ob_or(ob_json_get_str(j, "key"), "");
  bool in = strcmp(op, "In") == 0;
  if (in || strcmp(op, "NotIn") == 0) {
    ob_buf_addf(out, "%s %s (", key, in ? "in" : "notin");
    const ob_json *values = ob_json_get(j, "values");
    for (const ob_json *v = ob_json_first(values); v; v = ob_json_next(v))
      ob_buf_addf(out, "%s%s", v == ob_json_first(values) ? "" : ",", ob_or(ob_json_str(v), ""));
    ob_buf_addc(out, ')');
  } else {
    /* An operator that is not known makes the whole a text that selector.h refuses. */
    ob_buf_addf(out, "%s%s",
                strcmp(op, "Exists") == 0         ? ""
                : strcmp(op, "DoesNotExist") == 0 ? "!"
                                                  : "?",
                key);
  }
}

static const char *decode_selector(ob_pack *p, const ob_json *j) {
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PACK_TEXT);
  const ob_json *labels = ob_json_get(j, "matchLabels"), *more = ob_json_get(j, "matchExpressions");
  for (const ob_json *l = ob_json_first(labels); l; l = ob_json_next(l))
    ob_buf_addf(&text, "%s%s=%s", text.len ? "," : "", ob_json_key(l), ob_or(ob_json_str(l), ""));
  for (const ob_json *e = ob_json_first(more); e; e = ob_json_next(e)) {
    if (text.len) ob_buf_addc(&text, ',');
    add_expression(&text, e);
  }
  return ob_pack_own(p, ob_buf_str(&text));
}

static ob_listener decode_listener(ob_pack *p, const ob_json *json, const ob_json *j,
                                   const char *ns) {
  const ob_json *tls = ob_json_get(j, "tls"), *allowed = ob_json_get(j, "allowedRoutes");
  const ob_json *from = ob_json_get(allowed, "namespaces");
  const ob_json *status = listener_status(json, ob_or(ob_json_get_str(j, "name"), ""));
  const ob_json *conditions = ob_json_get(status, "conditions");
  static const char *const must[] = {"Accepted", "ResolvedRefs", "Programmed"};
  ob_listener l = {.name = ob_pack_str(p, ob_json_get_str(j, "name")),
                   .hostname = ob_pack_str(p, ob_json_get_str(j, "hostname")),
                   .protocol = ob_pack_str(p, ob_json_get_str(j, "protocol")),
                   .port = port_of(p, j, "port")};
  l.tls_mode = ob_pack_str(p, tls ? ob_or(ob_json_get_str(tls, "mode"), "Terminate") : NULL);
  EACH(p, ob_json_get(tls, "certificateRefs"), ob_object_ref, l.certificates, l.ncertificates,
       decode_ref(p, item, ns));
  l.from = ob_pack_str(p, ob_or(ob_json_get_str(from, "from"), "Same"));
  l.selector = decode_selector(p, ob_json_get(from, "selector"));
  EACH(p, ob_json_get(allowed, "kinds"), const char *, l.kinds, l.nkinds, kind_name(p, item));
  const char *reason = NULL;
  for (size_t i = 0; i < OB_LEN(must); i++) {
    const ob_json *c = condition(conditions, must[i]);
    if (tri(ob_json_get_str(c, "status")) == OB_TRI_FALSE && !reason)
      reason = ob_json_get_str(c, "reason");
  }
  l.reason = ob_pack_str(p, reason);
  l.attached = (int32_t)ob_pack_num(p, ob_json_get_int(status, "attachedRoutes", -1));
  return l;
}

static const char *address_value(ob_pack *p, const ob_json *j) {
  return ob_pack_str(p, ob_json_get_str(j, "value"));
}

void ob_decode_gateway(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_gateway *g = (ob_gateway *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec"), *status = ob_json_get(json, "status");
  const char *ns = ob_or(ob_json_get_str(ob_json_get(json, "metadata"), "namespace"), "");
  g->class_name = ob_pack_str(p, ob_json_get_str(spec, "gatewayClassName"));
  EACH(p, ob_json_get(spec, "listeners"), ob_listener, g->listeners, g->nlisteners,
       decode_listener(p, json, item, ns));
  EACH(p, ob_json_get(status, "addresses"), const char *, g->addresses, g->naddresses,
       address_value(p, item));
  const char *reason = NULL;
  g->accepted = take_condition(p, ob_json_get(status, "conditions"), "Accepted", &reason);
  g->programmed = take_condition(p, ob_json_get(status, "conditions"), "Programmed", &reason);
  g->reason = ob_pack_str(p, reason);
}

/* --- routes ------------------------------------------------------------------------------ */
static bool same_ref(const ob_json *a, const ob_json *b, const char *ns) {
  return ob_streq(ob_or(ob_json_get_str(a, "kind"), "Gateway"),
                  ob_or(ob_json_get_str(b, "kind"), "Gateway")) &&
         ob_streq(ob_or(ob_json_get_str(a, "namespace"), ns),
                  ob_or(ob_json_get_str(b, "namespace"), ns)) &&
         ob_streq(ob_json_get_str(a, "name"), ob_json_get_str(b, "name")) &&
         ob_streq(ob_or(ob_json_get_str(a, "sectionName"), ""),
                  ob_or(ob_json_get_str(b, "sectionName"), "")) &&
         ob_json_get_int(a, "port", 0) == ob_json_get_int(b, "port", 0);
}

static ob_parent_ref decode_parent(ob_pack *p, const ob_json *json, const ob_json *j,
                                   const char *ns) {
  ob_parent_ref r = {.kind = ob_pack_str(p, ob_or(ob_json_get_str(j, "kind"), "Gateway")),
                     .ns = ob_pack_str(p, ob_or(ob_json_get_str(j, "namespace"), ns)),
                     .name = ob_pack_str(p, ob_json_get_str(j, "name")),
                     .section = ob_pack_str(p, ob_json_get_str(j, "sectionName")),
                     .port = port_of(p, j, "port")};
  const ob_json *list = ob_json_at(json, "status", "parents", NULL), *conditions = NULL;
  for (const ob_json *s = ob_json_first(list); s && !conditions; s = ob_json_next(s))
    if (same_ref(ob_json_get(s, "parentRef"), j, ns)) conditions = ob_json_get(s, "conditions");
  int64_t generation = ob_json_get_int(ob_json_get(json, "metadata"), "generation", 0);
  const ob_json *accepted = condition(conditions, "Accepted");
  r.stale = ob_pack_num(p, accepted && ob_json_get_int(accepted, "observedGeneration", generation) <
                                           generation) != 0;
  const char *reason = NULL;
  r.accepted = take_condition(p, conditions, "Accepted", &reason);
  r.refs = take_condition(p, conditions, "ResolvedRefs", &reason);
  r.reason = ob_pack_str(p, reason);
  return r;
}

static ob_match_value decode_value(ob_pack *p, const ob_json *j) {
  return (ob_match_value){.type = ob_pack_str(p, ob_or(ob_json_get_str(j, "type"), "Exact")),
                          .name = ob_pack_str(p, ob_json_get_str(j, "name")),
                          .value = ob_pack_str(p, ob_json_get_str(j, "value"))};
}

/* The path that a GRPCRoute's method means (gRPC over HTTP/2: POST /service/method). */
static void decode_grpc_method(ob_pack *p, const ob_json *j, ob_route_match *m) {
  const char *service = ob_or(ob_json_get_str(j, "service"), "");
  const char *method = ob_or(ob_json_get_str(j, "method"), ""), *type = "PathPrefix";
  OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_PACK_TEXT);
  ob_buf_addf(&path, *service ? "/%s" : "%s", service);
  if (*method || !*service) ob_buf_addf(&path, "/%s", method);
  if (*service && *method) type = "Exact";
  if (!*service && *method) type = "GRPCMethod";
  if (ob_streq(ob_json_get_str(j, "type"), "RegularExpression")) type = "RegularExpression";
  m->path_type = ob_pack_str(p, type);
  m->path = ob_pack_own(p, ob_buf_str(&path));
  m->method = ob_pack_str(p, "POST");
}

static ob_route_match decode_match(ob_pack *p, const ob_json *j, bool grpc) {
  ob_route_match m = {0};
  const ob_json *path = ob_json_get(j, "path");
  if (grpc) {
    decode_grpc_method(p, ob_json_get(j, "method"), &m);
  } else {
    m.path_type = ob_pack_str(p, ob_or(ob_json_get_str(path, "type"), "PathPrefix"));
    m.path = ob_pack_str(p, ob_or(ob_json_get_str(path, "value"), "/"));
    m.method = ob_pack_str(p, ob_json_get_str(j, "method"));
  }
  EACH(p, ob_json_get(j, "headers"), ob_match_value, m.headers, m.nheaders, decode_value(p, item));
  EACH(p, ob_json_get(j, "queryParams"), ob_match_value, m.query, m.nquery, decode_value(p, item));
  return m;
}

static ob_route_backend decode_route_backend(ob_pack *p, const ob_json *j, const char *ns) {
  const char *group = ob_or(ob_json_get_str(j, "group"), "");
  const char *kind = ob_or(ob_json_get_str(j, "kind"), "Service");
  OB_AUTO(ob_buf) full = OB_BUF_INIT(1024);
  ob_buf_addf(&full, *group ? "%s/" : "%s", group);
  ob_buf_adds(&full, kind);
  ob_route_backend b = {.kind = ob_pack_own(p, ob_buf_str(&full)),
                        .ns = ob_pack_str(p, ob_or(ob_json_get_str(j, "namespace"), ns)),
                        .name = ob_pack_str(p, ob_json_get_str(j, "name")),
                        .port = port_of(p, j, "port")};
  int64_t w = ob_json_get_int(j, "weight", 1);
  b.weight = (int32_t)ob_pack_num(p, w < 0 || w > 1000000 ? 0 : w);
  return b;
}

static const ob_json *filter_of(const ob_json *rule, const char *type, const char *key) {
  for (const ob_json *f = ob_json_first(ob_json_get(rule, "filters")); f; f = ob_json_next(f))
    if (ob_streq(ob_json_get_str(f, "type"), type)) return ob_json_get(f, key);
  return NULL;
}

static const char *new_path(const ob_json *j) {
  const ob_json *path = ob_json_get(j, "path");
  const char *full = ob_json_get_str(path, "replaceFullPath");
  return full ? full : ob_or(ob_json_get_str(path, "replacePrefixMatch"), "");
}

static const char *decode_redirect(ob_pack *p, const ob_json *j) {
  if (!j) return ob_pack_str(p, NULL);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PACK_TEXT);
  int64_t port = ob_json_get_int(j, "port", 0);
  ob_buf_addf(&text, "%s://%s", ob_or(ob_json_get_str(j, "scheme"), "(same scheme)"),
              ob_or(ob_json_get_str(j, "hostname"), "(same host)"));
  if (port) ob_buf_addf(&text, ":%lld", (long long)port);
  ob_buf_addf(&text, "%s, %lld", ob_or(new_path(j), "/…"),
              (long long)ob_json_get_int(j, "statusCode", 302));
  return ob_pack_own(p, ob_buf_str(&text));
}

static const char *decode_rewrite(ob_pack *p, const ob_json *j) {
  if (!j) return ob_pack_str(p, NULL);
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_PACK_TEXT);
  const char *host = ob_or(ob_json_get_str(j, "hostname"), ""), *path = new_path(j);
  ob_buf_addf(&text, "%s%s%s", host, *host && *path ? ", " : "", path);
  return ob_pack_own(p, ob_buf_str(&text));
}

/* No matches are one that everything passes. */
static void decode_matches(ob_pack *p, const ob_json *list, bool grpc, ob_route_rule *r) {
  if (ob_json_len(list)) {
    EACH(p, list, ob_route_match, r->matches, r->nmatches, decode_match(p, item, grpc));
    return;
  }
  ob_route_match *at = ob_pack_array(p, 1, sizeof *at), any = decode_match(p, NULL, grpc);
  if (at) *at = any;
  r->matches = at;
  r->nmatches = (uint16_t)ob_pack_num(p, 1);
}

static ob_route_rule decode_route_rule(ob_pack *p, const ob_json *rule, const char *ns, bool grpc) {
  ob_route_rule r = {0};
  decode_matches(p, ob_json_get(rule, "matches"), grpc, &r);
  EACH(p, ob_json_get(rule, "backendRefs"), ob_route_backend, r.backends, r.nbackends,
       decode_route_backend(p, item, ns));
  r.redirect = decode_redirect(p, filter_of(rule, "RequestRedirect", "requestRedirect"));
  r.rewrite = decode_rewrite(p, filter_of(rule, "URLRewrite", "urlRewrite"));
  return r;
}

static void decode_route(ob_pack *p, const ob_json *json, ob_object *o, bool grpc) {
  ob_route *r = (ob_route *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec");
  const char *ns = ob_or(ob_json_get_str(ob_json_get(json, "metadata"), "namespace"), "");
  EACH(p, ob_json_get(spec, "parentRefs"), ob_parent_ref, r->parents, r->nparents,
       decode_parent(p, json, item, ns));
  r->hostnames = ob_pack_strs(p, ob_json_get(spec, "hostnames"), &r->nhostnames);
  EACH(p, ob_json_get(spec, "rules"), ob_route_rule, r->rules, r->nrules,
       decode_route_rule(p, item, ns, grpc));
}

void ob_decode_http_route(ob_pack *p, const ob_json *json, ob_object *o) {
  decode_route(p, json, o, false);
}
void ob_decode_grpc_route(ob_pack *p, const ob_json *json, ob_object *o) {
  decode_route(p, json, o, true);
}

/* --- ReferenceGrant ---------------------------------------------------------------------- */
static ob_grant_from decode_from(ob_pack *p, const ob_json *j) {
  return (ob_grant_from){.group = ob_pack_str(p, ob_json_get_str(j, "group")),
                         .kind = ob_pack_str(p, ob_json_get_str(j, "kind")),
                         .ns = ob_pack_str(p, ob_json_get_str(j, "namespace"))};
}

static ob_grant_to decode_to(ob_pack *p, const ob_json *j) {
  return (ob_grant_to){.group = ob_pack_str(p, ob_json_get_str(j, "group")),
                       .kind = ob_pack_str(p, ob_json_get_str(j, "kind")),
                       .name = ob_pack_str(p, ob_json_get_str(j, "name"))};
}

void ob_decode_grant(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_grant *g = (ob_grant *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec");
  EACH(p, ob_json_get(spec, "from"), ob_grant_from, g->from, g->nfrom, decode_from(p, item));
  EACH(p, ob_json_get(spec, "to"), ob_grant_to, g->to, g->nto, decode_to(p, item));
}
