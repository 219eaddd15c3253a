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

/* Strings that stand in nearly every object, the shortest first. */
#define WORD(text)                                                                                 \
  { sizeof text - 1, text }
static const struct {
  size_t len;
  const char *text;
} everywhere[] = {
    WORD("Pod"),
    WORD("TCP"),
    WORD("UDP"),
    WORD("VIP"),
    WORD("app"),
    WORD("web"),
    WORD("IPv4"),
    WORD("IPv6"),
    WORD("None"),
    WORD("SCTP"),
    WORD("grpc"),
    WORD("http"),
    WORD("Exact"),
    WORD("https"),
    WORD("Prefix"),
    WORD("Cluster"),
    WORD("metrics"),
    WORD("ClientIP"),
    WORD("NodePort"),
    WORD("ClusterIP"),
    WORD("SingleStack"),
    WORD("ExternalName"),
    WORD("LoadBalancer"),
    WORD("helm.sh/chart"),
    WORD("RequireDualStack"),
    WORD("ImplementationSpecific"),
    WORD("app.kubernetes.io/name"),
    WORD("app.kubernetes.io/part-of"),
    WORD("app.kubernetes.io/version"),
    WORD("app.kubernetes.io/instance"),
    WORD("kubernetes.io/service-name"),
    WORD("app.kubernetes.io/component"),
    WORD("app.kubernetes.io/managed-by"),
    WORD("service.kubernetes.io/headless"),
    WORD("endpointslice-controller.k8s.io"),
    WORD("endpointslice.kubernetes.io/managed-by"),
};

/* Both passes ask in the same order, so both get the same answer. */
static const char *kept_before(const ob_pack *p, const char *s, size_t n) {
  for (size_t i = 0; i < OB_LEN(everywhere) && everywhere[i].len <= n; i++)
    if (everywhere[i].len == n && memcmp(everywhere[i].text, s, n) == 0) return everywhere[i].text;
  for (size_t i = 0; i < OB_LEN(p->recent) && i < p->nrecent; i++)
    if (strcmp(p->recent[i], s) == 0) return p->recent[i];
  return NULL;
}

static const char *remember(ob_pack *p, const char *s, size_t n) {
  const char *at = ob_pack_str_quiet(p, s);
  /* What was cut no longer equals its source, and would be found in one pass only. */
  if (n <= OB_PACK_TEXT) p->recent[p->nrecent++ % OB_LEN(p->recent)] = p->base ? at : s;
  return at;
}

const char *ob_pack_lead(ob_pack *p, const char *s) {
  const char *at = s && *s ? remember(p, s, strlen(s)) : "";
  digest(p, at);
  return at;
}

const char *ob_pack_str(ob_pack *p, const char *s) {
  if (!s || !*s) {
    digest(p, "");
    return "";
  }
  size_t n = strlen(s);
  const char *at = kept_before(p, s, n);
  if (!at) at = remember(p, s, n);
  digest(p, at);
  return at;
}

ob_uid ob_pack_uid(ob_pack *p, const char *text) {
  ob_uid u = ob_uid_of(text);
  if (p->base) p->digest = ob_hash_more(p->digest, &u, sizeof u);
  return u;
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
