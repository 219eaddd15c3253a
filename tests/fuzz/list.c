/* List bodies: in any pieces they give the same items, and each item is one value that a decoder
 * takes or names. The first byte is the kind, the second the length of the pieces. */
#include "base/map.h"
#include "base/str.h"
#include "fuzz.h"
#include "kube/scan.h"
#include "model/cluster.h"

typedef struct seen {
  ob_kind kind;
  uint64_t hash;
  size_t items;
} seen;

static int on_item(void *arg, const char *bytes, size_t n) {
  seen *s = arg;
  s->hash = ob_hash_more(s->hash, bytes, n);
  s->items++;
  ob_err err = {0};
  OB_AUTOPTR(ob_json) json = ob_json_parse(bytes, n, OB_JSON_LENIENT, &err);
  ob_object *o = json ? ob_decode(s->kind, json, &err) : NULL;
  if (!o) {
    fuzz_told(&err);
    return 0;
  }
  FUZZ_HOLDS(o->kind == s->kind && *o->name && !ob_uid_none(o->uid) && o->size >= sizeof *o);
  fuzz_show(o->name, strlen(o->name));
  ob_object_free(o);
  return 0;
}

static int scan(seen *s, const uint8_t *body, size_t n, size_t piece, char rv[64]) {
  OB_AUTO(ob_list_scan) scan = {0};
  ob_list_scan_init(&scan, 0, on_item, s);
  ob_err err = {0};
  int rc = 0;
  for (size_t i = 0; i < n && rc == 0; i += piece)
    rc = ob_list_scan_feed(&scan, (const char *)body + i, n - i < piece ? n - i : piece, &err);
  if (rc == 0) rc = ob_list_scan_finish(&scan, &err);
  if (rc < 0)
    fuzz_told(&err);
  else
    FUZZ_HOLDS(scan.items == s->items);
  memcpy(rv, scan.resource_version, 64);
  return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  seen whole = {.kind = (ob_kind)fuzz_below(&in, OB_KIND_COUNT)}, pieces = {.kind = whole.kind};
  size_t piece = 1 + fuzz_below(&in, 16);
  char rv[64], again[64];
  int rc = scan(&whole, in.at, in.left, in.left + 1, rv);
  FUZZ_HOLDS(scan(&pieces, in.at, in.left, piece, again) == rc);
  FUZZ_HOLDS(rc < 0 || (whole.hash == pieces.hash && ob_streq(rv, again)));
  return 0;
}
