/* Ingress and IngressClass (networking.k8s.io/v1). */
#include "base/str.h"
#include "model/decode.h"
#include "model/lb.h"

static ob_backend decode_backend(ob_pack *p, const ob_json *j) {
  ob_backend b = {.service = "", .port_name = "", .resource = ""};
  const ob_json *service = ob_json_get(j, "service"), *resource = ob_json_get(j, "resource");
  const ob_json *port = ob_json_get(service, "port");
  b.set = ob_pack_num(p, service || resource) != 0;
  b.service = ob_pack_str(p, ob_json_get_str(service, "name"));
  b.port_name = ob_pack_str(p, ob_json_get_str(port, "name"));
  int64_t n = ob_json_get_int(port, "number", 0);
  b.port_number = (uint16_t)ob_pack_num(p, n < 0 || n > 65535 ? 0 : n);
  if (resource) {
    OB_AUTO(ob_buf) text = OB_BUF_INIT(1024);
    ob_buf_addf(&text, "%s/%s", ob_or(ob_json_get_str(resource, "kind"), "?"),
                ob_or(ob_json_get_str(resource, "name"), "?"));
    b.resource = ob_pack_own(p, ob_buf_str(&text));
  }
  return b;
}

static const ob_path *decode_paths(ob_pack *p, const ob_json *paths, uint16_t *ret_n) {
  uint16_t n = ob_pack_len(p, paths), i = 0;
  ob_path *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = (uint16_t)ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(paths); j && i < n; j = ob_json_next(j), i++) {
    ob_path path = {.path = ob_pack_str(p, ob_json_get_str(j, "path")),
                    .path_type = ob_pack_str(p, ob_json_get_str(j, "pathType"))};
    path.backend = decode_backend(p, ob_json_get(j, "backend"));
    if (at) at[i] = path;
  }
  return at;
}

static const ob_rule *decode_rules(ob_pack *p, const ob_json *rules, uint16_t *ret_n) {
  uint16_t n = ob_pack_len(p, rules), i = 0;
  ob_rule *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = (uint16_t)ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(rules); j && i < n; j = ob_json_next(j), i++) {
    ob_rule rule = {.host = ob_pack_str(p, ob_json_get_str(j, "host"))};
    rule.paths = decode_paths(p, ob_json_at(j, "http", "paths", NULL), &rule.npaths);
    if (at) at[i] = rule;
  }
  return at;
}

static const ob_tls *decode_tls(ob_pack *p, const ob_json *list, uint16_t *ret_n) {
  uint16_t n = ob_pack_len(p, list), i = 0;
  ob_tls *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = (uint16_t)ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(list); j && i < n; j = ob_json_next(j), i++) {
    ob_tls tls = {.secret = ob_pack_str(p, ob_json_get_str(j, "secretName"))};
    tls.hosts = ob_pack_strs(p, ob_json_get(j, "hosts"), &tls.nhosts);
    if (at) at[i] = tls;
  }
  return at;
}

void ob_decode_ingress(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_ingress *g = (ob_ingress *)(void *)o;
  const ob_json *spec = ob_json_get(json, "spec");
  g->class_name = ob_pack_str(p, ob_json_get_str(spec, "ingressClassName"));
  g->class_annotation =
      ob_pack_str(p, ob_json_str(ob_json_at(json, "metadata", "annotations",
                                            "kubernetes.io/ingress.class", NULL)));
  g->default_backend = decode_backend(p, ob_json_get(spec, "defaultBackend"));
  g->rules = decode_rules(p, ob_json_get(spec, "rules"), &g->nrules);
  g->tls = decode_tls(p, ob_json_get(spec, "tls"), &g->ntls);
  g->lb = ob_decode_lb(p, json, &g->nlb);
}

void ob_decode_ingress_class(ob_pack *p, const ob_json *json, ob_object *o) {
  ob_ingress_class *c = (ob_ingress_class *)(void *)o;
  c->controller = ob_pack_str(p, ob_json_get_str(ob_json_get(json, "spec"), "controller"));
  const ob_json *mark = ob_json_at(json, "metadata", "annotations",
                                   "ingressclass.kubernetes.io/is-default-class", NULL);
  c->is_default = ob_streq(ob_json_str(mark), "true");
}
