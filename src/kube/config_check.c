/* Go decodes a kubeconfig into typed structs and refuses the whole file over one wrong type,
 * even in an entry that nobody uses. The tables below are those structs; unknown fields pass. */
#include "base/str.h"
#include "kube/config_priv.h"
#include <stdio.h>

const char *const ob_kube_list_key[OB_KUBE_LISTS] = {"clusters", "users", "contexts"};
const char *const ob_kube_item_key[OB_KUBE_LISTS] = {"cluster", "user", "context"};

typedef enum kind {
  STR,
  BOOL,
  BYTES,   /* base64 in a string */
  STRS,    /* list of strings */
  STRS_OF, /* map of lists of strings */
  STR_OF,  /* map of strings */
  OBJ,
  OBJS, /* list of maps */
  ANY
} kind;

typedef struct field_row {
  const char *key;
  kind kind;
  const struct field_row *of; /* OBJ, OBJS: its fields, else NULL */
} field_row;

static const field_row extension_fields[] = {{"name", STR, NULL}, {NULL, ANY, NULL}};
static const field_row cluster_fields[] = {
    {"server", STR, NULL},
    {"tls-server-name", STR, NULL},
    {"insecure-skip-tls-verify", BOOL, NULL},
    {"certificate-authority", STR, NULL},
    {"certificate-authority-data", BYTES, NULL},
    {"proxy-url", STR, NULL},
    {"disable-compression", BOOL, NULL},
    {"extensions", OBJS, extension_fields},
    {NULL, ANY, NULL},
};
static const field_row provider_fields[] = {
    {"name", STR, NULL}, {"config", STR_OF, NULL}, {NULL, ANY, NULL}};
static const field_row env_fields[] = {
    {"name", STR, NULL}, {"value", STR, NULL}, {NULL, ANY, NULL}};
static const field_row exec_fields[] = {
    {"command", STR, NULL},
    {"args", STRS, NULL},
    {"env", OBJS, env_fields},
    {"apiVersion", STR, NULL},
    {"interactiveMode", STR, NULL},
    {"installHint", STR, NULL},
    {"provideClusterInfo", BOOL, NULL},
    {NULL, ANY, NULL},
};
static const field_row user_fields[] = {
    {"client-certificate", STR, NULL},
    {"client-certificate-data", BYTES, NULL},
    {"client-key", STR, NULL},
    {"client-key-data", BYTES, NULL},
    {"token", STR, NULL},
    {"tokenFile", STR, NULL},
    {"as", STR, NULL},
    {"as-uid", STR, NULL},
    {"as-groups", STRS, NULL},
    {"as-user-extra", STRS_OF, NULL},
    {"username", STR, NULL},
    {"password", STR, NULL},
    {"auth-provider", OBJ, provider_fields},
    {"exec", OBJ, exec_fields},
    {"extensions", OBJS, extension_fields},
    {NULL, ANY, NULL},
};
static const field_row context_fields[] = {{"cluster", STR, NULL},
                                           {"user", STR, NULL},
                                           {"namespace", STR, NULL},
                                           {"extensions", OBJS, extension_fields},
                                           {NULL, ANY, NULL}};
static const field_row preferences_fields[] = {
    {"colors", BOOL, NULL}, {"extensions", OBJS, extension_fields}, {NULL, ANY, NULL}};
static const field_row root_fields[] = {{"preferences", OBJ, preferences_fields},
                                        {"extensions", OBJS, extension_fields},
                                        {NULL, ANY, NULL}};
static const field_row *const list_fields[OB_KUBE_LISTS] = {cluster_fields, user_fields,
                                                            context_fields};

int ob_kube_complain(ob_err *err, const ob_kube_source *src, const ob_json *node, const char *field,
                     const char *fmt, ...) {
  va_list ap;
  OB_AUTO(ob_buf) where = OB_BUF_INIT(OB_LINE_MAX);
  if (src) {
    ob_buf_adds(&where, src->name);
    unsigned line = node ? ob_yaml_line(src->doc, node) : 0;
    if (line) ob_buf_addf(&where, ":%u", line);
  }
  if (field && *field) ob_buf_addf(&where, "%s%s", where.len ? ": " : "", field);
  va_start(ap, fmt);
  ob_vfail(err, OB_ECONFIG, fmt, ap);
  va_end(ap);
  if (err && where.len) ob_err_within(err, "%s", ob_buf_str(&where));
  return -(int)OB_ECONFIG;
}

static bool absent(const ob_json *j) {
  return ob_json_type_of(j) == OB_JSON_NULL;
}

static int wrong_type(ob_err *err, const ob_kube_source *src, const ob_json *j, const char *path,
                      const char *want) {
  const char *have = ob_json_type_name(ob_json_type_of(j));
  ob_kube_complain(err, src, j, path, "cannot unmarshal: this is a %s and must be a %s", have,
                   want);
  bool scalar = ob_json_is(j, OB_JSON_NUMBER) || ob_json_is(j, OB_JSON_BOOL);
  if (err && ob_streq(want, "string") && scalar)
    ob_hint(err, "YAML reads the bare value as a %s: put it in quotes", have);
  else if (err && ob_streq(want, "boolean") && ob_json_is(j, OB_JSON_STRING))
    ob_hint(err, "write true or false without quotes");
  return -(int)OB_ECONFIG;
}

static int check_strings(const ob_kube_source *src, const ob_json *j, const char *path,
                         ob_err *err) {
  if (!ob_json_is(j, OB_JSON_ARRAY)) return wrong_type(err, src, j, path, "list of strings");
  size_t i = 0;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c), i++) {
    if (ob_json_is(c, OB_JSON_STRING) || absent(c)) continue;
    OB_AUTOFREE char *at = ob_asprintf("%s[%zu]", path, i);
    return wrong_type(err, src, c, at, "string");
  }
  return 0;
}

static int check_map(const ob_kube_source *src, const ob_json *j, const char *path, kind k,
                     ob_err *err) {
  if (!ob_json_is(j, OB_JSON_OBJECT)) return wrong_type(err, src, j, path, "map");
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c)) {
    if (absent(c)) continue;
    OB_AUTOFREE char *at = ob_asprintf("%s.%s", path, ob_json_key(c));
    if (k == STR_OF) {
      if (!ob_json_is(c, OB_JSON_STRING)) return wrong_type(err, src, c, at, "string");
    } else {
      int rc = check_strings(src, c, at, err);
      if (rc) return rc;
    }
  }
  return 0;
}

static int check_base64(const ob_kube_source *src, const ob_json *j, const char *path,
                        ob_err *err) {
  OB_AUTO(ob_buf) out = OB_BUF_INIT(OB_KUBE_FILE_MAX);
  const char *s = ob_json_str(j);
  int rc = ob_base64_decode(&out, s, strlen(s));
  bool too_long = out.failed;
  if (out.ptr) explicit_bzero(out.ptr, out.cap);
  if (rc == 0) return 0;
  if (too_long)
    return ob_kube_complain(err, src, j, path, "more than %d bytes", (int)OB_KUBE_FILE_MAX);
  ob_kube_complain(err, src, j, path, "illegal base64 data");
  return ob_hint(err, "this field takes base64 with its padding; `base64 -w0 FILE` makes it");
}

static int check_object(const ob_kube_source *src, const ob_json *j, const char *path,
                        const field_row *fields, ob_err *err);

static int check_objects(const ob_kube_source *src, const ob_json *j, const char *path,
                         const field_row *fields, ob_err *err) {
  if (!ob_json_is(j, OB_JSON_ARRAY)) return wrong_type(err, src, j, path, "list");
  size_t i = 0;
  for (const ob_json *c = ob_json_first(j); c; c = ob_json_next(c), i++) {
    OB_AUTOFREE char *at = ob_asprintf("%s[%zu]", path, i);
    int rc = check_object(src, c, at, fields, err);
    if (rc) return rc;
  }
  return 0;
}

static int check_object(const ob_kube_source *src, const ob_json *j, const char *path,
                        const field_row *fields, ob_err *err) {
  if (absent(j)) return 0;
  if (!ob_json_is(j, OB_JSON_OBJECT)) return wrong_type(err, src, j, path, "map");
  for (const field_row *f = fields; f->key; f++) {
    const ob_json *v = ob_json_get(j, f->key);
    if (absent(v)) continue;
    OB_AUTOFREE char *at = ob_asprintf("%s%s%s", path, *path ? "." : "", f->key);
    int rc = 0;
    switch (f->kind) {
    case STR:
      if (!ob_json_is(v, OB_JSON_STRING)) rc = wrong_type(err, src, v, at, "string");
      break;
    case BOOL:
      if (!ob_json_is(v, OB_JSON_BOOL)) rc = wrong_type(err, src, v, at, "boolean");
      break;
    case BYTES:
      if (!ob_json_is(v, OB_JSON_STRING))
        rc = wrong_type(err, src, v, at, "string");
      else
        rc = check_base64(src, v, at, err);
      break;
    case STRS: rc = check_strings(src, v, at, err); break;
    case STRS_OF:
    case STR_OF: rc = check_map(src, v, at, f->kind, err); break;
    case OBJ: rc = check_object(src, v, at, f->of, err); break;
    case OBJS: rc = check_objects(src, v, at, f->of, err); break;
    case ANY: break;
    }
    if (rc) return rc;
  }
  return 0;
}

static int check_list(const ob_kube_source *src, const ob_json *root, ob_kube_list list,
                      ob_err *err) {
  const char *key = ob_kube_list_key[list], *item_key = ob_kube_item_key[list];
  const ob_json *arr = ob_json_get(root, key);
  if (absent(arr)) return 0;
  if (!ob_json_is(arr, OB_JSON_ARRAY)) return wrong_type(err, src, arr, key, "list");
  if (ob_json_len(arr) > OB_KUBECONFIG_ENTRIES)
    return ob_kube_complain(err, src, arr, key, "more than %d entries", (int)OB_KUBECONFIG_ENTRIES);
  OB_AUTO(ob_map) seen = OB_MAP_INIT;
  size_t i = 0;
  for (const ob_json *c = ob_json_first(arr); c; c = ob_json_next(c), i++) {
    OB_AUTOFREE char *at = ob_asprintf("%s[%zu]", key, i);
    OB_AUTOFREE char *inner = ob_asprintf("%s.%s", at, item_key);
    OB_AUTOFREE char *name_at = ob_asprintf("%s.name", at);
    if (absent(c)) continue;
    if (!ob_json_is(c, OB_JSON_OBJECT)) return wrong_type(err, src, c, at, "map");
    const ob_json *name = ob_json_get(c, "name");
    if (!absent(name) && !ob_json_is(name, OB_JSON_STRING))
      return wrong_type(err, src, name, name_at, "string");
    int rc = check_object(src, ob_json_get(c, item_key), inner, list_fields[list], err);
    if (rc) return rc;
    const char *text = ob_json_str(name) ? ob_json_str(name) : "";
    if (ob_map_put(&seen, text, strlen(text), (void *)(uintptr_t)c)) {
      ob_kube_complain(err, src, name ? name : c, name_at, "duplicate name \"%s\"", text);
      return ob_hint(err, "rename or remove one of the two entries");
    }
  }
  return 0;
}

int ob_kube_check(const ob_kube_source *src, ob_err *err) {
  const ob_json *root = ob_yaml_root(src->doc);
  if (absent(root)) return 0;
  if (!ob_json_is(root, OB_JSON_OBJECT))
    return ob_kube_complain(err, src, root, NULL, "not a kubeconfig: the top is a %s, not a map",
                            ob_json_type_name(ob_json_type_of(root)));
  static const struct {
    const char *key, *want;
  } head[] = {{"apiVersion", "v1"}, {"kind", "Config"}, {"current-context", NULL}};
  for (size_t i = 0; i < OB_LEN(head); i++) {
    const ob_json *v = ob_json_get(root, head[i].key);
    if (absent(v)) continue;
    if (!ob_json_is(v, OB_JSON_STRING)) return wrong_type(err, src, v, head[i].key, "string");
    const char *s = ob_json_str(v);
    if (!head[i].want || !*s || ob_streq(s, head[i].want)) continue;
    ob_kube_complain(err, src, v, head[i].key, "no kind \"%s\" is registered for version \"%s\"",
                     ob_or(ob_json_get_str(root, "kind"), "Config"),
                     ob_or(ob_json_get_str(root, "apiVersion"), "v1"));
    return ob_hint(err, "a kubeconfig has apiVersion: v1 and kind: Config");
  }
  int rc = check_object(src, root, "", root_fields, err);
  if (rc) return rc;
  for (ob_kube_list l = 0; l < OB_KUBE_LISTS; l++) {
    rc = check_list(src, root, l, err);
    if (rc) return rc;
  }
  return 0;
}
