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

const char *ob_pack_str(ob_pack *p, const char *s) {
  const char *at = ob_pack_str_quiet(p, s);
  if (p->base) p->digest = ob_hash_more(p->digest, at, strlen(at) + 1);
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
