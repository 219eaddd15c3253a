/* Two passes over one code: measuring, then writing at the same offsets. The digest is
 * taken in the writing pass from everything that is packed, in order. */
#include "model/pack.h"

#include "base/map.h"
#include "base/str.h"

void *ob_pack_array(ob_pack *p, size_t n, size_t size) {
  const size_t align = _Alignof(max_align_t) < 8 ? _Alignof(max_align_t) : 8;
  p->used = (p->used + align - 1) / align * align;
  void *at = p->base ? p->base + p->used : NULL;
  p->used += n * size;
  return n ? at : NULL;
}

const char *ob_pack_str_quiet(ob_pack *p, const char *s) {
  if (!s || !*s) return "";
  size_t n = strlen(s);
  if (n > OB_PACK_TEXT) {
    p->cut = true;
    n = OB_PACK_TEXT;
    while (n && ((unsigned char)s[n] & 0xc0) == 0x80) n--;
  }
  char *at = p->base ? p->base + p->used : NULL;
  p->used += n + 1;
  if (!at) return "";
  memcpy(at, s, n);
  at[n] = '\0';
  return at;
}

static void digest(ob_pack *p, const char *s) {
  if (p->base) p->digest = ob_hash_more(p->digest, s, strlen(s) + 1);
}

const char *ob_pack_own(ob_pack *p, const char *s) {
  const char *at = ob_pack_str_quiet(p, s);
  digest(p, at);
  return at;
}

/* Strings that stand in nearly every object; in byte order. */
static const char *const everywhere[] = {
    "ClientIP",
    "Cluster",
    "ClusterIP",
    "Exact",
    "ExternalName",
    "IPv4",
    "IPv6",
    "ImplementationSpecific",
    "LoadBalancer",
    "NodePort",
    "None",
    "Pod",
    "Prefix",
    "RequireDualStack",
    "SCTP",
    "SingleStack",
    "TCP",
    "UDP",
    "VIP",
    "app",
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/name",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "endpointslice-controller.k8s.io",
    "endpointslice.kubernetes.io/managed-by",
    "grpc",
    "helm.sh/chart",
    "http",
    "https",
    "kubernetes.io/service-name",
    "metrics",
    "service.kubernetes.io/headless",
    "web",
};

static int by_bytes(const void *key, const void *item) {
  return strcmp(key, *(const char *const *)item);
}

/* Both passes ask in the same order, so both get the same answer. */
static const char *kept_before(ob_pack *p, const char *s) {
  const char *const *at =
      bsearch(s, everywhere, OB_LEN(everywhere), sizeof everywhere[0], by_bytes);
  if (at) return *at;
  for (size_t i = 0; i < OB_LEN(p->recent) && i < p->nrecent; i++)
    if (strcmp(p->recent[i], s) == 0) return p->recent[i];
  return NULL;
}

const char *ob_pack_str(ob_pack *p, const char *s) {
  if (!s || !*s) {
    digest(p, "");
    return "";
  }
  const char *at = kept_before(p, s);
  if (!at) {
    at = ob_pack_str_quiet(p, s);
    /* What was cut no longer equals its source, and would be found in one pass only. */
    if (strlen(s) <= OB_PACK_TEXT) p->recent[p->nrecent++ % OB_LEN(p->recent)] = p->base ? at : s;
  }
  digest(p, at);
  return at;
}

int64_t ob_pack_num(ob_pack *p, int64_t v) {
  if (p->base) p->digest = ob_hash_more(p->digest, &v, sizeof v);
  return v;
}

static uint16_t limited(ob_pack *p, size_t n) {
  if (n <= OB_PACK_ITEMS) return (uint16_t)n;
  p->cut = true;
  return OB_PACK_ITEMS;
}

uint16_t ob_pack_len(ob_pack *p, const ob_json *array) {
  return limited(p, ob_json_is(array, OB_JSON_ARRAY) ? ob_json_len(array) : 0);
}

const char *const *ob_pack_strs(ob_pack *p, const ob_json *array, uint16_t *ret_n) {
  uint16_t n = ob_pack_len(p, array), i = 0;
  const char **at = ob_pack_array(p, n, sizeof *at);
  *ret_n = n;
  ob_pack_num(p, n);
  for (const ob_json *j = ob_json_first(array); j && i < n; j = ob_json_next(j), i++) {
    const char *s = ob_pack_str(p, ob_json_str(j));
    if (at) at[i] = s;
  }
  return at;
}

const ob_kv *ob_pack_pairs(ob_pack *p, const ob_json *object, bool (*keep)(const char *key),
                           uint16_t *ret_n) {
  size_t n = 0;
  if (!ob_json_is(object, OB_JSON_OBJECT)) object = NULL;
  for (const ob_json *j = ob_json_first(object); j; j = ob_json_next(j))
    if (!keep || keep(ob_json_key(j))) n++;
  n = limited(p, n);
  ob_kv *at = ob_pack_array(p, n, sizeof *at);
  *ret_n = (uint16_t)n;
  ob_pack_num(p, (int64_t)n);
  size_t i = 0;
  for (const ob_json *j = ob_json_first(object); j && i < n; j = ob_json_next(j)) {
    if (keep && !keep(ob_json_key(j))) continue;
    const char *key = ob_pack_str(p, ob_json_key(j)), *value = ob_pack_str(p, ob_json_str(j));
    if (at) at[i] = (ob_kv){key, value};
    i++;
  }
  return at;
}
