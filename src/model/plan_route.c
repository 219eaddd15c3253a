/* Routes: an Ingress with a rule more, less, changed or moved. Each builder writes the Ingress as
 * it shall be; plan.c finds the patch. A rule of an Ingress must have paths, so the last path takes
 * its rule along, and the last rule leaves only an Ingress with a default backend. */
#include "model/plan_priv.h"

#include "model/match.h"
#include "model/route.h"
#include "model/tree.h"
#include <stdio.h>

enum { DEFAULT_BACKEND = -1 };

/* --- parts of the tree ---------------------------------------------------------------------- */
static const char *text_at(const ob_json *obj, const char *key) {
  return ob_or(ob_json_get_str(obj, key), "");
}

/* The list below `obj`, made when absent, as one that may be changed. */
static ob_json *list_of(ob_json *obj, const char *key) {
  ob_json *list = ob_json_get_mut(obj, key);
  return ob_json_is(list, OB_JSON_ARRAY) ? list : ob_json_put(obj, key, ob_json_new_array());
}

static ob_json *nth(ob_json *list, size_t i) {
  return (ob_json *)(uintptr_t)ob_json_index(list, i); /* list is ours to change */
}

typedef struct place {
  ob_json *spec, *rules, *rule, *paths, *path; /* path: the path, or spec for the default backend */
  const char *host;
} place;

static int find(place *ret, ob_json *ingress, int rule, int path, ob_err *err) {
  *ret = (place){.spec = ob_json_ensure_object(ingress, "spec"), .host = ""};
  if (rule == DEFAULT_BACKEND) {
    ret->path = ret->spec;
    return 0;
  }
  ret->rules = list_of(ret->spec, "rules");
  ret->rule = nth(ret->rules, (size_t)rule);
  ob_json *http = ob_json_get_mut(ret->rule, "http");
  ret->paths = http ? list_of(http, "paths") : NULL;
  ret->path = ret->paths ? nth(ret->paths, (size_t)path) : NULL;
  if (!ret->path)
    return ob_fail(err, OB_ENOTFOUND,
                   "spec.rules[%d].http.paths[%d]: there is no such rule any more", rule, path);
  ret->host = text_at(ret->rule, "host");
  return 0;
}

static ob_json *rule_of_host(ob_json *rules, const char *host) {
  for (size_t i = 0; i < ob_json_len(rules); i++)
    if (ob_streq(text_at(ob_json_index(rules, i), "host"), host)) return nth(rules, i);
  return NULL;
}

static ob_json *path_in(ob_json *paths, const char *path, const char *type) {
  for (size_t i = 0; i < ob_json_len(paths); i++) {
    const ob_json *p = ob_json_index(paths, i);
    if (ob_streq(text_at(p, "path"), path) && ob_streq(text_at(p, "pathType"), type))
      return nth(paths, i);
  }
  return NULL;
}

static ob_json *paths_of(ob_json *rule) {
  return list_of(ob_json_ensure_object(rule, "http"), "paths");
}

/* --- the backend ----------------------------------------------------------------------------- */
static const ob_service *service_named(const ob_cluster *c, const char *ns, const char *name) {
  const ob_object *o = c ? ob_cluster_find(c, OB_KIND_SERVICE, ns, name) : NULL;
  return o ? OB_AS(ob_service, o) : NULL;
}

static int only_port(const ob_service *s, const char *name, char ret[16], ob_err *err) {
  if (s && s->nports == 1) {
    snprintf(ret, 16, "%u", s->ports[0].port);
    return 0;
  }
  OB_AUTO(ob_buf) ports = OB_BUF_INIT(OB_LINE_MAX);
  for (size_t i = 0; s && i < s->nports; i++)
    ob_buf_addf(&ports, "%s%s%s%u", i ? ", " : "", s->ports[i].name, *s->ports[i].name ? ":" : "",
                s->ports[i].port);
  ob_fail(err, OB_EINVALID, "backend.service.port: which port of service \"%s\"%s?", name,
          s ? "" : ", which is not in the picture");
  return s ? ob_hint(err, "it has %s", *ob_buf_str(&ports) ? ob_buf_str(&ports) : "none")
           : ob_hint(err, "name it: by number, or by its name");
}

/* service and port of `r` (NULL: those that are there) below `holder`.`key`. */
static int put_backend(ob_json *holder, const char *key, const ob_cluster *c, const char *ns,
                       const ob_route *r, ob_err *err) {
  if (!r->service && !r->port) return 0;
  ob_json *backend = ob_json_ensure_object(holder, key);
  ob_json *service = ob_json_ensure_object(backend, "service");
  char number[16] = "";
  const char *name = r->service ? r->service : text_at(service, "name"), *port = r->port;
  if (!*name) return ob_fail(err, OB_EINVALID, "backend.service.name: which service?");
  if (!port && r->service && !ob_streq(r->service, text_at(service, "name"))) {
    int rc = only_port(service_named(c, ns, name), name, number, err);
    if (rc) return rc;
    port = number;
  }
  ob_json_remove(backend, "resource");
  ob_json_put_str(service, "name", name);
  if (!port) return 0;
  ob_json *p = ob_json_put(service, "port", ob_json_new_object());
  int64_t n;
  if (ob_parse_int(port, 0, INT64_MAX, &n)) {
    if (n < 1 || n > 65535)
      return ob_fail(err, OB_EINVALID, "backend.service.port.number: a port is 1 to 65535, not %s",
                     port);
    ob_json_put_int(p, "number", n);
  } else if (*port) {
    ob_json_put_str(p, "name", port);
  } else {
    return ob_fail(err, OB_EINVALID, "backend.service.port: which port?");
  }
  return 0;
}

/* --- TLS and class ---------------------------------------------------------------------------- */
static void drop_host(ob_json *tls, const char *host) {
  for (size_t i = ob_json_len(tls); i-- > 0;) {
    ob_json *hosts = ob_json_get_mut(nth(tls, i), "hosts");
    size_t had = ob_json_len(hosts);
    for (size_t k = had; k-- > 0;)
      if (ob_streq(ob_json_str(ob_json_index(hosts, k)), host)) ob_json_remove_at(hosts, k);
    if (had && ob_json_len(hosts) == 0) ob_json_remove_at(tls, i);
  }
}

static void put_tls(ob_json *spec, const char *host, const char *secret) {
  if (!secret || !*host) return;
  ob_json *tls = list_of(spec, "tls");
  drop_host(tls, host);
  ob_json *entry = NULL;
  for (size_t i = 0; *secret && !entry && i < ob_json_len(tls); i++)
    if (ob_streq(text_at(ob_json_index(tls, i), "secretName"), secret)) entry = nth(tls, i);
  if (*secret && !entry) {
    entry = ob_json_push(tls, ob_json_new_object());
    ob_json_put_str(entry, "secretName", secret);
  }
  if (*secret) ob_json_push(list_of(entry, "hosts"), ob_json_new_str(host));
  if (ob_json_len(tls) == 0) ob_json_remove(spec, "tls");
}

/* The last rule of a host is gone: its TLS entry would name a host that no rule has. */
static void forget_host(ob_json *spec, const char *host) {
  ob_json *tls = ob_json_get_mut(spec, "tls");
  if (!tls || !*host || rule_of_host(ob_json_get_mut(spec, "rules"), host)) return;
  drop_host(tls, host);
  if (ob_json_len(tls) == 0) ob_json_remove(spec, "tls");
}

static void put_class(ob_json *spec, const char *class_name) {
  if (!class_name) return;
  if (*class_name)
    ob_json_put_str(spec, "ingressClassName", class_name);
  else
    ob_json_remove(spec, "ingressClassName");
}

/* --- plans
 * ---------------------------------------------------------------------------------------- */
static int finish(ob_plan **ret, ob_plan *move_p, const ob_cluster *c, const ob_json *before,
                  const ob_json *wanted, const ob_route *shown, ob_err *err) {
  OB_AUTOPTR(ob_plan) p = move_p;
  int rc = ob_plan_add(p, OB_KIND_INGRESS, before, wanted, err);
  if (rc) return rc;
  if (c && shown) ob_route_warn(p, c, wanted, shown);
  if (before) ob_plan_warn_manager(p, before);
  *ret = ob_take(p);
  return 0;
}

static ob_plan *titled(const char *fmt, const char *ns, const char *name, const char *host,
                       const char *path) {
  OB_AUTO(ob_buf) title = OB_BUF_INIT(OB_LINE_MAX);
  ob_buf_addf(&title, "%s %s%s of ingress %s/%s", fmt, *host ? host : "*", path, ns, name);
  return ob_plan_new(ob_buf_str(&title));
}

static ob_json *new_ingress(const char *ns, const char *name) {
  ob_json *o = ob_json_new_object();
  ob_json_put_str(o, "apiVersion", "networking.k8s.io/v1");
  ob_json_put_str(o, "kind", "Ingress");
  ob_json *meta = ob_json_ensure_object(o, "metadata");
  ob_json_put_str(meta, "name", name);
  ob_json_put_str(meta, "namespace", ns);
  return o;
}

static const char *const path_types[] = {"Prefix", "Exact", "ImplementationSpecific"};

static int check_type(const char *type, ob_err *err) {
  for (size_t i = 0; i < OB_LEN(path_types); i++)
    if (ob_streq(type, path_types[i])) return 0;
  ob_fail(err, OB_EINVALID, "pathType: \"%s\" is none", type);
  return ob_hint(err, "it is Prefix, Exact or ImplementationSpecific");
}

int ob_plan_route_add(ob_plan **ret, const ob_cluster *c, const ob_json *ingress, const char *ns,
                      const char *name, const ob_route *r, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ingress ? ob_tree_intent(ingress) : new_ingress(ns, name);
  ob_route full = *r;
  full.host = ob_or(r->host, "");
  full.path = r->path ? r->path : "/";
  full.path_type = ob_or(r->path_type, "Prefix");
  int rc = check_type(full.path_type, err);
  if (rc) return rc;
  ob_json *spec = ob_json_ensure_object(wanted, "spec"), *rules = list_of(spec, "rules");
  ob_json *rule = rule_of_host(rules, full.host);
  if (!rule) {
    rule = ob_json_push(rules, ob_json_new_object());
    if (*full.host) ob_json_put_str(rule, "host", full.host);
  }
  if (path_in(paths_of(rule), full.path, full.path_type)) {
    ob_fail(err, OB_ECONFLICT, "%s%s is already there as %s", ob_or(full.host, "*"), full.path,
            full.path_type);
    return ob_hint(err, "change that rule, or choose another path or pathType");
  }
  ob_json *path = ob_json_push(paths_of(rule), ob_json_new_object());
  if (*full.path) ob_json_put_str(path, "path", full.path);
  ob_json_put_str(path, "pathType", full.path_type);
  rc = put_backend(path, "backend", c, ob_plan_ns(wanted), &full, err);
  if (rc == 0 && !ob_json_get(path, "backend"))
    rc = ob_fail(err, OB_EINVALID, "backend.service.name: which service?");
  if (rc) return rc;
  put_tls(spec, full.host, full.tls_secret);
  put_class(spec, full.class_name);
  return finish(ret,
                titled(ingress ? "add rule" : "create with rule", ob_plan_ns(wanted),
                       ob_plan_name(wanted), full.host, full.path),
                c, ingress, wanted, &full, err);
}

/* The path leaves its rule (which goes with its last one) and the tree; the caller owns it. */
static ob_json *detach(place *at, int rule, int path) {
  ob_json *copy = ob_json_dup(at->path);
  ob_json_remove_at(at->paths, (size_t)path);
  if (ob_json_len(at->paths) == 0) ob_json_remove_at(at->rules, (size_t)rule);
  return copy;
}

int ob_plan_route_edit(ob_plan **ret, const ob_cluster *c, const ob_json *ingress, int rule,
                       int path, const ob_route *r, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(ingress);
  const char *ns = ob_plan_ns(wanted);
  place at;
  int rc = find(&at, wanted, rule, path, err);
  if (rc == 0 && r->path_type) rc = check_type(r->path_type, err);
  if (rc == 0)
    rc =
        put_backend(at.path, rule == DEFAULT_BACKEND ? "defaultBackend" : "backend", c, ns, r, err);
  if (rc) return rc;
  put_class(at.spec, r->class_name);
  if (rule == DEFAULT_BACKEND)
    return finish(ret, titled("change the default backend", ns, ob_plan_name(wanted), "", ""), c,
                  ingress, wanted, NULL, err);
  OB_AUTOFREE char *old_host = ob_strdup(at.host);
  const char *host = r->host ? r->host : old_host;
  const char *new_path = r->path ? r->path : text_at(at.path, "path");
  const char *type = r->path_type ? r->path_type : text_at(at.path, "pathType");
  ob_json *home = rule_of_host(at.rules, host);
  ob_json *rival = home ? path_in(paths_of(home), new_path, type) : NULL;
  if (rival && rival != at.path)
    return ob_fail(err, OB_ECONFLICT, "%s%s is already there as %s", ob_or(host, "*"), new_path,
                   type);
  if (r->path) ob_json_put_str(at.path, "path", r->path);
  if (r->path_type) ob_json_put_str(at.path, "pathType", r->path_type);
  ob_route full = {.host = host,
                   .path = ob_json_get_str(at.path, "path"),
                   .path_type = ob_json_get_str(at.path, "pathType")};
  OB_AUTOFREE char *shown_path = ob_strdup(ob_or(full.path, ""));
  OB_AUTOFREE char *shown_type = ob_strdup(ob_or(full.path_type, ""));
  if (!ob_streq(host, old_host)) {
    if (ob_json_len(at.paths) == 1 && !home) {
      if (*host)
        ob_json_put_str(at.rule, "host", host);
      else
        ob_json_remove(at.rule, "host");
    } else {
      ob_json *moved = detach(&at, rule, path);
      home = rule_of_host(at.rules, host);
      if (!home) {
        home = ob_json_push(at.rules, ob_json_new_object());
        if (*host) ob_json_put_str(home, "host", host);
      }
      ob_json_push(paths_of(home), moved);
    }
    forget_host(at.spec, old_host);
  }
  full.path = shown_path;
  full.path_type = shown_type;
  put_tls(at.spec, host, r->tls_secret);
  return finish(ret, titled("change rule", ns, ob_plan_name(wanted), host, shown_path), c, ingress,
                wanted, &full, err);
}

int ob_plan_route_move(ob_plan **ret, const ob_json *ingress, int rule, int path, int by,
                       ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(ingress);
  place at;
  int rc = find(&at, wanted, rule, path, err);
  if (rc) return rc;
  if (rule == DEFAULT_BACKEND)
    return ob_fail(err, OB_EINVALID, "a default backend has no place among the rules");
  int n = (int)ob_json_len(at.paths), to = path + by;
  to = to < 0 ? 0 : to >= n ? n - 1 : to;
  OB_AUTOFREE char *host = ob_strdup(at.host), *shown = ob_strdup(text_at(at.path, "path"));
  ob_json *moved = ob_json_dup(at.path);
  ob_json_remove_at(at.paths, (size_t)path);
  ob_json_insert(at.paths, (size_t)to, moved);
  return finish(ret, titled("move rule", ob_plan_ns(wanted), ob_plan_name(wanted), host, shown),
                NULL, ingress, wanted, NULL, err);
}

int ob_plan_route_delete(ob_plan **ret, const ob_cluster *c, const ob_json *ingress, int rule,
                         int path, ob_err *err) {
  *ret = NULL;
  OB_AUTOPTR(ob_json) wanted = ob_tree_intent(ingress);
  const char *ns = ob_plan_ns(wanted), *name = ob_plan_name(wanted);
  place at;
  int rc = find(&at, wanted, rule, path, err);
  if (rc) return rc;
  OB_AUTOFREE char *host = ob_strdup(at.host);
  OB_AUTOFREE char *shown = ob_strdup(rule == DEFAULT_BACKEND ? "" : text_at(at.path, "path"));
  if (rule == DEFAULT_BACKEND)
    ob_json_remove(at.spec, "defaultBackend");
  else
    ob_json_free(detach(&at, rule, path));
  forget_host(at.spec, host);
  if (at.rules && ob_json_len(at.rules) == 0) ob_json_remove(at.spec, "rules");
  bool nothing_left = !ob_json_get(at.spec, "rules") && !ob_json_get(at.spec, "defaultBackend");
  OB_AUTOPTR(ob_plan)
  p = titled(rule == DEFAULT_BACKEND ? "delete the default backend" : "delete rule", ns, name, host,
             shown);
  rc = ob_plan_add(p, OB_KIND_INGRESS, ingress, nothing_left ? NULL : wanted, err);
  if (rc) return rc;
  ob_plan_warn(p, OB_WARN_LOSS, "Requests for %s%s no longer reach a service by this rule.",
               *host ? host : "any host", shown);
  if (nothing_left)
    ob_plan_warn(
        p, OB_WARN_CARE,
        "It was the last rule: an Ingress must have one or a default backend, so the whole "
        "Ingress is deleted.");
  if (c && !nothing_left && rule != DEFAULT_BACKEND)
    ob_route_warn(p, c, wanted, &(ob_route){.host = host, .path = shown, .path_type = "Prefix"});
  ob_plan_warn_manager(p, ingress);
  *ret = ob_take(p);
  return 0;
}

/* The secret of the host's certificate, NULL none. */
static const char *secret_for(const ob_json *spec, const char *host) {
  const ob_json *tls = ob_json_get(spec, "tls");
  for (const ob_json *t = ob_json_first(tls); t; t = ob_json_next(t))
    for (const ob_json *h = ob_json_first(ob_json_get(t, "hosts")); h; h = ob_json_next(h))
      if (ob_streq(ob_json_str(h), host)) return ob_json_get_str(t, "secretName");
  return NULL;
}

/* What `r` leaves open is as the rule has it. */
static void follow_rule(ob_route *r, const ob_json *ingress, int rule, int path, char number[24]) {
  const ob_json *spec = ob_json_get(ingress, "spec");
  const ob_json *at = ob_json_index(ob_json_get(spec, "rules"), (size_t)rule);
  const ob_json *p = ob_json_index(ob_json_at(at, "http", "paths", NULL), (size_t)path);
  const ob_json *service = ob_json_at(p, "backend", "service", NULL);
  const ob_json *port = ob_json_get(service, "port");
  const char *old = ob_json_get_str(service, "name");
  int64_t n = ob_json_get_int(port, "number", 0);
  snprintf(number, 24, "%lld", (long long)n);
  if (!r->port && (!r->service || ob_streq(r->service, old)))
    r->port = n ? number : ob_json_get_str(port, "name");
  if (!r->service) r->service = old;
  if (!r->host) r->host = ob_json_get_str(at, "host");
  if (!r->path) r->path = ob_json_get_str(p, "path");
  if (!r->path_type) r->path_type = ob_json_get_str(p, "pathType");
  if (!r->tls_secret && *ob_or(r->host, "")) r->tls_secret = secret_for(spec, r->host);
}

int ob_plan_route_to(ob_plan **ret, const ob_cluster *c, const ob_json *ingress, int rule, int path,
                     const ob_json *to, const char *name, bool copy, const ob_route *r,
                     ob_err *err) {
  *ret = NULL;
  ob_route full = *r;
  char number[24];
  const char *ns = ob_plan_ns(ingress);
  if (rule == DEFAULT_BACKEND)
    return ob_fail(err, OB_EINVALID, "a default backend stays in its Ingress");
  if (!copy && to == ingress) return ob_plan_route_edit(ret, c, ingress, rule, path, r, err);
  follow_rule(&full, ingress, rule, path, number);
  if (!to && !full.class_name)
    full.class_name = ob_json_get_str(ob_json_get(ingress, "spec"), "ingressClassName");
  OB_AUTOPTR(ob_plan) add = NULL;
  OB_AUTOPTR(ob_plan) away = NULL;
  int rc = ob_plan_route_add(&add, c, to, ns, name, &full, err);
  if (rc == 0 && !copy) rc = ob_plan_route_delete(&away, c, ingress, rule, path, err);
  if (rc == 0 && !copy) rc = ob_plan_append(add, away, err);
  if (rc) return rc;
  free(add->title);
  add->title =
      ob_asprintf("%s rule %s%s from ingress %s/%s to %s", copy ? "copy" : "move",
                  ob_or(full.host, "*"), ob_or(full.path, ""), ns, ob_plan_name(ingress), name);
  *ret = ob_take(add);
  return 0;
}

/* --- a rule that was seen -----------------------------------------------------------------------
 */
void ob_rule_seen_done(ob_rule_seen *s) {
  free(s->host);
  free(s->at);
  free(s->type);
  *s = (ob_rule_seen){0};
}

void ob_rule_seen_set(ob_rule_seen *s, const ob_ingress *ing, int rule, int path) {
  ob_rule_seen_done(s);
  *s = (ob_rule_seen){.rule = rule, .path = path};
  if (rule == DEFAULT_BACKEND) return;
  const ob_path *p = &ing->rules[rule].paths[path];
  s->host = ob_strdup(ing->rules[rule].host);
  s->at = ob_strdup(p->path);
  s->type = ob_strdup(p->path_type);
}

static bool is_seen(const ob_rule_seen *s, const ob_json *rule, const ob_json *path) {
  return path && ob_streq(text_at(rule, "host"), s->host) &&
         ob_streq(text_at(path, "path"), s->at) && ob_streq(text_at(path, "pathType"), s->type);
}

/* Where it was, when it is there still: the same may stand twice. */
int ob_rule_seen_find(ob_rule_seen *s, const ob_json *ingress, ob_err *err) {
  if (s->rule == DEFAULT_BACKEND) return 0;
  const ob_json *rules = ob_json_at(ingress, "spec", "rules", NULL);
  const ob_json *there = ob_json_index(rules, (size_t)s->rule);
  const ob_json *paths = there ? ob_json_at(there, "http", "paths", NULL) : NULL;
  if (is_seen(s, there, ob_json_index(paths, (size_t)s->path))) return 0;
  int i = 0;
  for (const ob_json *r = ob_json_first(rules); r; r = ob_json_next(r), i++) {
    int k = 0;
    paths = ob_json_at(r, "http", "paths", NULL);
    for (const ob_json *p = ob_json_first(paths); p; p = ob_json_next(p), k++)
      if (is_seen(s, r, p)) {
        s->rule = i;
        s->path = k;
        return 0;
      }
  }
  return ob_fail(err, OB_ENOTFOUND, "rule %s%s (%s) is not there any more: somebody changed it",
                 ob_or(s->host, "*"), s->at, s->type);
}

/* --- a host's new name
 * ------------------------------------------------------------------------------ */
static bool rename_in(ob_json *ingress, const char *from, const char *to) {
  ob_json *spec = ob_json_get_mut(ingress, "spec");
  ob_json *rules = ob_json_get_mut(spec, "rules"), *tls = ob_json_get_mut(spec, "tls");
  bool any = false;
  for (size_t i = 0; i < ob_json_len(rules); i++) {
    if (!ob_streq(text_at(ob_json_index(rules, i), "host"), from)) continue;
    ob_json_put_str(nth(rules, i), "host", to);
    any = true;
  }
  for (size_t i = 0; i < ob_json_len(tls); i++) {
    ob_json *hosts = ob_json_get_mut(nth(tls, i), "hosts");
    for (size_t k = 0; k < ob_json_len(hosts); k++) {
      if (!ob_streq(ob_json_str(ob_json_index(hosts, k)), from)) continue;
      ob_json_remove_at(hosts, k);
      ob_json_insert(hosts, k, ob_json_new_str(to));
      any = true;
    }
  }
  return any;
}

int ob_plan_rename_host(ob_plan **ret, const ob_json *const *ingresses, size_t n, const char *from,
                        const char *to, ob_err *err) {
  *ret = NULL;
  OB_AUTOFREE char *title = ob_asprintf("rename host %s to %s", from, to);
  OB_AUTOPTR(ob_plan) p = ob_plan_new(title);
  for (size_t i = 0; i < n; i++) {
    OB_AUTOPTR(ob_json) wanted = ob_tree_intent(ingresses[i]);
    bool tls = ob_json_len(ob_json_at(wanted, "spec", "tls", NULL)) > 0;
    if (!rename_in(wanted, from, to)) continue;
    int rc = ob_plan_add(p, OB_KIND_INGRESS, ingresses[i], wanted, err);
    if (rc) return rc;
    if (tls)
      ob_plan_warn(p, OB_WARN_CARE, "Does the certificate of %s/%s cover %s?",
                   ob_plan_ns(ingresses[i]), ob_plan_name(ingresses[i]), to);
    ob_plan_warn_manager(p, ingresses[i]);
  }
  if (p->nedits == 0) return ob_fail(err, OB_ENOTFOUND, "no rule has the host \"%s\"", from);
  ob_plan_warn(p, OB_WARN_LOSS, "Requests for %s are no longer answered by these rules.", from);
  *ret = ob_take(p);
  return 0;
}
