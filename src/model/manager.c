/* Who else writes to an object: by the marks that tools leave on what they manage, by owner
 * references, by the field managers that the server keeps. */
#include "model/manager.h"

#include "model/plan_priv.h"
#include <stdio.h>

static const struct {
  const char *key;    /* a label or annotation */
  const char *format; /* with its value */
} by_key[] = {
    {"argocd.argoproj.io/tracking-id", "Argo CD (%s)"},
    {"argocd.argoproj.io/instance", "Argo CD application %s"},
    {"kustomize.toolkit.fluxcd.io/name", "Flux Kustomization %s"},
    {"helm.toolkit.fluxcd.io/name", "Flux HelmRelease %s"},
    {"meta.helm.sh/release-name", "Helm release %s"},
    {"fleet.cattle.io/bundle-id", "Rancher Fleet bundle %s"},
};

/* Beside those: what a tool or controller writes to know its own, and says nothing of a name. */
static const char *const marks[] = {"app.kubernetes.io/managed-by",
                                    "app.kubernetes.io/instance",
                                    "kustomize.toolkit.fluxcd.io/namespace",
                                    "helm.toolkit.fluxcd.io/namespace",
                                    "helm.sh/chart",
                                    "olm.owner",
                                    "pod-template-hash",
                                    "controller-revision-hash",
                                    "statefulset.kubernetes.io/pod-name",
                                    "apps.kubernetes.io/pod-index"};

/* Field managers that write what people write. A '*' at an end stands for anything. Kubernetes' own
 * controllers and kubectl are not here: they do what somebody else asked for. */
static const struct {
  const char *writer, *title; /* title NULL: as the writer calls itself */
} by_writer[] = {
    {"argocd-controller", "Argo CD"},
    {"argocd-application-controller", "Argo CD"},
    {"kustomize-controller", "Flux (kustomize-controller)"},
    {"helm-controller", "Flux (helm-controller)"},
    {"flux", "Flux"},
    {"helm", "Helm"},
    {"Helm", "Helm"},
    {"fleetagent", "Rancher Fleet"},
    {"Terraform", "Terraform"},
    {"terraform-*", "Terraform"},
    {"pulumi-*", "Pulumi"},
    {"*-operator", NULL},
};

static const char *label_or_note(const ob_json *object, const char *key) {
  const ob_json *meta = ob_json_get(object, "metadata");
  const char *v = ob_json_get_str(ob_json_get(meta, "labels"), key);
  return v ? v : ob_json_get_str(ob_json_get(meta, "annotations"), key);
}

bool ob_names_manager(const char *key) {
  for (size_t i = 0; i < OB_LEN(by_key); i++)
    if (ob_streq(key, by_key[i].key)) return true;
  for (size_t i = 0; i < OB_LEN(marks); i++)
    if (ob_streq(key, marks[i])) return true;
  return false;
}

static bool is_writer(const char *pattern, const char *name) {
  size_t n = strlen(pattern);
  if (*pattern == '*') return ob_ends(name, pattern + 1);
  return pattern[n - 1] == '*' ? strncmp(name, pattern, n - 1) == 0 : strcmp(name, pattern) == 0;
}

/* Of the fields that people write; who keeps a status owns nothing. */
static bool by_fields(const ob_json *object, ob_buf *ret) {
  const ob_json *fields = ob_json_at(object, "metadata", "managedFields", NULL);
  for (const ob_json *f = ob_json_first(fields); f; f = ob_json_next(f)) {
    const char *name = ob_json_get_str(f, "manager");
    if (!name || *ob_or(ob_json_get_str(f, "subresource"), "")) continue;
    for (size_t i = 0; i < OB_LEN(by_writer); i++) {
      if (!is_writer(by_writer[i].writer, name)) continue;
      ob_buf_adds(ret, ob_or(by_writer[i].title, name));
      return true;
    }
  }
  return false;
}

static bool by_owner(const ob_json *object, ob_buf *ret) {
  const ob_json *owners = ob_json_at(object, "metadata", "ownerReferences", NULL);
  const ob_json *best = NULL;
  for (const ob_json *o = ob_json_first(owners); o; o = ob_json_next(o))
    if (!best || ob_json_get_bool(o, "controller", false)) best = o;
  if (!best) return false;
  ob_buf_addf(ret, "%s %s", ob_or(ob_json_get_str(best, "kind"), "a controller"),
              ob_or(ob_json_get_str(best, "name"), ""));
  return true;
}

void ob_object_manager(const ob_json *object, ob_buf *ret) {
  for (size_t i = 0; i < OB_LEN(by_key); i++) {
    const char *v = label_or_note(object, by_key[i].key);
    if (!v) continue;
    const char *at = strstr(by_key[i].format, "%s");
    ob_buf_add(ret, by_key[i].format, (size_t)(at - by_key[i].format));
    ob_buf_adds(ret, v);
    ob_buf_adds(ret, at + 2);
    return;
  }
  if (by_owner(object, ret)) return;
  const char *by = label_or_note(object, "app.kubernetes.io/managed-by");
  if (by)
    ob_buf_adds(ret, by);
  else
    by_fields(object, ret);
}

void ob_plan_warn_manager(ob_plan *p, const ob_json *object) {
  OB_AUTO(ob_buf) who = OB_BUF_INIT(OB_LINE_MAX);
  ob_object_manager(object, &who);
  if (who.len)
    ob_plan_warn(p, OB_WARN_CARE,
                 "%s/%s is managed by %s, which may undo this: change it at its source instead, or "
                 "write the patch to a file.",
                 ob_plan_ns(object), ob_plan_name(object), ob_buf_str(&who));
}

/* --- who wrote a field ---------------------------------------------------------------------------
 */
/* The next word of "spec.ports[http].nodePort": a member, or what stands in brackets. */
static const char *next_word(const char *path, char ret[256], bool *ret_element) {
  *ret_element = *path == '[';
  size_t n = *ret_element ? strcspn(path, "]") : strcspn(path, ".[");
  snprintf(ret, 256, "%.*s", (int)(n - *ret_element), path + *ret_element);
  path += n;
  return path + (*path == ']' || *path == '.') + (path[0] == ']' && path[1] == '.');
}

/* FieldsV1: {"f:spec":{"f:ports":{".":{},"k:{\"port\":80}":{"f:nodePort":{}}}}}. A set that ends
 * above the place owns all that is below it (atomic lists). */
static bool owns(const ob_json *set, const char *path) {
  if (!*path) return true;
  if (ob_json_len(set) == 0) return true;
  char word[256], key[264];
  bool element;
  const char *rest = next_word(path, word, &element);
  snprintf(key, sizeof key, "f:%s", word);
  const ob_json *in = ob_json_get(set, key);
  if (in) return owns(in, rest);
  if (!element) return false;
  snprintf(key, sizeof key, "v:\"%s\"", word);
  if (ob_json_get(set, key)) return true;
  for (const ob_json *c = ob_json_first(set); c; c = ob_json_next(c))
    if (ob_starts(ob_json_key(c), "k:") && owns(c, rest)) return true;
  return false;
}

char *ob_object_writer(const ob_json *object, const char *path) {
  const char *who = NULL, *when = "";
  const ob_json *fields = ob_json_at(object, "metadata", "managedFields", NULL);
  for (const ob_json *f = ob_json_first(fields); f; f = ob_json_next(f)) {
    const char *time = ob_or(ob_json_get_str(f, "time"), "");
    const char *name = ob_json_get_str(f, "manager");
    const ob_json *set = ob_json_get(f, "fieldsV1");
    if (!name || *ob_or(ob_json_get_str(f, "subresource"), "")) continue;
    if (!owns(set, path) || strcmp(time, when) < 0) continue;
    who = name;
    when = time;
  }
  if (!who) return NULL;
  return *when ? ob_asprintf("%s at %s", who, when) : ob_strdup(who);
}
