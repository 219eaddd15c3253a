/* Watch bodies: in any pieces the same events, and each is read or refused in words. The first
 * byte is the kind, the second the length of the pieces. */
#include "base/map.h"
#include "base/str.h"
#include "fuzz.h"
#include "kube/scan.h"
#include "model/cluster.h"

typedef struct seen {
  ob_kind kind;
  uint64_t hash;
} seen;

static void take(seen *s, const ob_watch_event *e) {
  ob_err err = {0};
  if (e->type == OB_WATCH_ERROR) {
    ob_watch_error(e, &err);
    fuzz_told(&err);
  } else if (e->type == OB_WATCH_BOOKMARK) {
    char rv[64];
    bool end;
    if (ob_watch_bookmark(e, rv, &end, &err) < 0) fuzz_told(&err);
  } else if (e->object) {
    OB_AUTOPTR(ob_json) json = ob_json_parse(e->object, e->object_len, OB_JSON_LENIENT, &err);
    ob_object *o = json ? ob_decode(s->kind, json, &err) : NULL;
    if (!o) fuzz_told(&err);
    ob_object_free(o);
  }
}

static int on_event(void *arg, const char *line, size_t n) {
  seen *s = arg;
  s->hash = ob_hash_more(s->hash, line, n);
  ob_watch_event e;
  ob_err err = {0};
  if (ob_watch_event_parse(&e, line, n, &err) < 0) {
    fuzz_told(&err);
    return 0;
  }
  FUZZ_HOLDS(!e.object || (e.object >= line && e.object + e.object_len <= line + n));
  fuzz_show(e.type_text, strlen(e.type_text));
  take(s, &e);
  return 0;
}

static size_t scan(seen *s, const uint8_t *body, size_t n, size_t piece) {
  OB_AUTO(ob_watch_scan) scan = {0};
  ob_watch_scan_init(&scan, 0, on_event, s);
  ob_err err = {0};
  for (size_t i = 0; i < n; i += piece)
    if (ob_watch_scan_feed(&scan, (const char *)body + i, n - i < piece ? n - i : piece, &err) <
        0) {
      fuzz_told(&err);
      break;
    }
  return scan.events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  fuzz_in in = {data, n};
  seen whole = {.kind = (ob_kind)fuzz_below(&in, OB_KIND_COUNT)}, pieces = {.kind = whole.kind};
  size_t piece = 1 + fuzz_below(&in, 16);
  size_t events = scan(&whole, in.at, in.left, in.left + 1);
  FUZZ_HOLDS(scan(&pieces, in.at, in.left, piece) == events && whole.hash == pieces.hash);
  return 0;
}
