/* The fields of the kinds that people write, as one line of text each:
 *
 *   name    a string      name#  an integer    name?  a boolean    name*  anything
 *   name[]  strings       name{…}  an object   name[{…}]  a list of objects
 *   name=   strings by key                     name%  an integer or a string
 *   name!…  a pointer in Go: "", 0, false and {} are values there, elsewhere they are "not set"
 *
 * What is not there is unknown: reported by `fieldValidation`, and dropped. Kinds without a line
 * take everything. Source: k8s.io/api v1. */
#include "base/str.h"
#include "sim/write.h"

#define META                                                                                       \
  "kind apiVersion metadata{name generateName namespace selfLink uid resourceVersion generation# " \
  "creationTimestamp deletionTimestamp deletionGracePeriodSeconds!# labels= annotations= "         \
  "ownerReferences[{apiVersion kind name uid controller!? blockOwnerDeletion!?}] finalizers[] "    \
  "managedFields*} "
#define LB_STATUS  "loadBalancer{ingress[{ip hostname ipMode! ports[{port# protocol error!}]}]}"
#define CONDITIONS "conditions[{type status observedGeneration# lastTransitionTime reason message}]"
#define BACKEND    "{service!{name port{name number#}} resource!{apiGroup! kind name}}"

static const char *const schemas[SIM_KINDS] = {
    [SIM_SERVICE] =
        META "spec{ports[{name protocol appProtocol! port# targetPort% nodePort#}] selector= "
             "clusterIP clusterIPs[] type externalIPs[] sessionAffinity loadBalancerIP "
             "loadBalancerSourceRanges[] externalName externalTrafficPolicy healthCheckNodePort# "
             "publishNotReadyAddresses? sessionAffinityConfig!{clientIP!{timeoutSeconds!#}} "
             "ipFamilies[] ipFamilyPolicy! allocateLoadBalancerNodePorts!? loadBalancerClass! "
             "internalTrafficPolicy! trafficDistribution!} status{" LB_STATUS " " CONDITIONS "}",
    [SIM_INGRESS] = META "spec{ingressClassName! defaultBackend!" BACKEND
                         " tls[{hosts[] secretName}] rules[{host http!{paths[{path pathType! "
                         "backend" BACKEND "}]}}]} status{" LB_STATUS "}",
    [SIM_CLASS] = META "spec{controller parameters!{apiGroup! kind name scope! namespace!}}",
};

typedef struct rule { /* one field: its mark and what stands in its braces */
  char type;          /* 's' '#' '?' '*' '=' '%' '[' '{' 'l' (list of objects) */
  bool pointer;
  const char *inner;
} rule;

/* The end of the braces that begin at s. */
static const char *skip_braces(const char *s) {
  int depth = 0;
  do {
    depth += *s == '{';
    depth -= *s == '}';
    s++;
  } while (depth);
  return s;
}

static rule read_rule(const char *mark) {
  bool pointer = *mark == '!';
  mark += pointer;
  if (*mark == '{') return (rule){'{', pointer, mark + 1};
  if (ob_starts(mark, "[{")) return (rule){'l', false, mark + 2};
  return (rule){*mark && strchr("#?*=%[", *mark) ? *mark : 's', pointer, NULL};
}

/* Looks a field up at this level; type 0 when unknown. */
static rule find_rule(const char *s, const char *key) {
  size_t n = strlen(key);
  while (*s && *s != '}') {
    size_t len = strcspn(s, " !#?*=%[{}");
    if (len == n && memcmp(s, key, n) == 0) return read_rule(s + len);
    s += len;
    s += strspn(s, "![");
    s = *s == '{' ? skip_braces(s) : s;
    s += strspn(s, " #?*=%[]");
  }
  return (rule){0};
}

static bool fits(const ob_json *v, char type) {
  int64_t n;
  switch (type) {
  case 's': return ob_json_is(v, OB_JSON_STRING);
  case '#': return ob_json_int(v, &n);
  case '?': return ob_json_is(v, OB_JSON_BOOL);
  case '%': return ob_json_is(v, OB_JSON_STRING) || ob_json_int(v, &n);
  case '=':
  case '{': return ob_json_is(v, OB_JSON_OBJECT);
  case '[':
  case 'l': return ob_json_is(v, OB_JSON_ARRAY);
  default: return true;
  }
}

/* Not set, as Go's encoder sees it. */
static bool is_zero(const ob_json *v) {
  int64_t n;
  switch (ob_json_type_of(v)) {
  case OB_JSON_NULL: return true;
  case OB_JSON_STRING: return !*ob_json_str(v);
  case OB_JSON_NUMBER: return ob_json_int(v, &n) && n == 0;
  case OB_JSON_BOOL: return !ob_json_bool(v, true);
  default: return ob_json_len(v) == 0;
  }
}

/* First all types are checked, nothing is changed; then what is unknown or not set is dropped. */
typedef struct walk {
  ob_json *unknown; /* NULL in the first walk */
  char *wrong;
} walk;

static void walk_object(walk *w, ob_json *obj, const char *inner, const char *path);

static void walk_value(walk *w, ob_json *v, rule r, const char *path) {
  if (ob_json_is(v, OB_JSON_NULL) || w->wrong) return;
  if (!w->unknown && !fits(v, r.type)) {
    w->wrong = ob_asprintf("json: cannot unmarshal %s into Go struct field .%s",
                           ob_json_type_name(ob_json_type_of(v)), path);
    return;
  }
  if (r.type == '{') walk_object(w, v, r.inner, path);
  if (!strchr("l[=", r.type)) return;
  size_t i = 0;
  for (const ob_json *e = ob_json_first(v); e; e = ob_json_next(e)) {
    OB_AUTOFREE char *at = ob_asprintf("%s[%zu]", path, i++);
    if (r.type == '=' && w->unknown && ob_json_is(e, OB_JSON_NULL)) { /* Go's zero string */
      OB_AUTOFREE char *key = ob_strdup(ob_json_key(e));
      e = ob_json_put_str(v, key, "");
    }
    walk_value(w, (ob_json *)e, (rule){r.type == 'l' ? '{' : 's', false, r.inner}, at);
  }
}

static void walk_object(walk *w, ob_json *obj, const char *inner, const char *path) {
  for (const ob_json *c = ob_json_first(obj), *next; c; c = next) {
    next = ob_json_next(c);
    OB_AUTOFREE char *key = ob_strdup(ob_json_key(c));
    OB_AUTOFREE char *at = ob_asprintf("%s%s%s", path, *path ? "." : "", key);
    rule r = find_rule(inner, key);
    if (r.type) walk_value(w, (ob_json *)c, r, at);
    if (!w->unknown) continue;
    bool null = ob_json_is(c, OB_JSON_NULL);
    if (!r.type) {
      OB_AUTOFREE char *text = ob_asprintf("unknown field \"%s\"", at);
      ob_json_push(w->unknown, ob_json_new_str(text));
    }
    if (!r.type || null || (!r.pointer && r.type != '*' && is_zero(c))) ob_json_remove(obj, key);
  }
}

ob_json *sim_unknown_fields(sim_kind kind, ob_json *tree) {
  if (!schemas[kind]) return NULL;
  walk w = {.unknown = ob_json_new_array()};
  walk_object(&w, tree, schemas[kind], "");
  if (ob_json_len(w.unknown)) return w.unknown;
  ob_json_free(w.unknown);
  return NULL;
}

char *sim_wrong_type(sim_kind kind, const ob_json *tree) {
  walk w = {0};
  if (schemas[kind]) walk_object(&w, (ob_json *)tree, schemas[kind], "");
  return w.wrong;
}
