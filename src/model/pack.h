/* Packing an object into one allocation.
 *
 * A decoder runs twice over the same JSON with the same code: first with base NULL, when it
 * only adds up what is needed, then with the memory there. Every take returns a pointer that
 * may be written only in the second pass (ob_pack_writing).
 *
 * Thread WATCHER. Limits: OB_PACK_ITEMS items in one array; OB_PACK_TEXT bytes in one
 * string, cut on a character. What is past a limit is left out, and the object says so (`cut`).
 */
#ifndef OB_MODEL_PACK_H
#define OB_MODEL_PACK_H

#include "base/json.h"
#include "outboard/object.h"

enum { OB_PACK_ITEMS = 65535, OB_PACK_TEXT = 65536 };

typedef struct ob_pack {
  char *base; /* NULL in the measuring pass */
  size_t used;
  uint64_t digest;
  bool cut;               /* a limit was reached */
  const char *recent[16]; /* strings packed last: what repeats is kept once */
  unsigned nrecent;
} ob_pack;

static inline bool ob_pack_writing(const ob_pack *p) {
  return p->base != NULL;
}

/* Room for n items; never NULL in the writing pass when n > 0. */
void *ob_pack_array(ob_pack *p, size_t n, size_t size);
/* The string, kept once in an object, or not at all when it is one of those that every cluster
 * is full of. `s` must live as long as the JSON: use ob_pack_own for what does not. "" for NULL.
 * Part of the digest. */
const char *ob_pack_str(ob_pack *p, const char *s);
/* A copy of its own, right behind what was packed before. Part of the digest. */
const char *ob_pack_own(ob_pack *p, const char *s);
/* The same of what lives as long as the JSON; equal strings that come later are kept with it. */
const char *ob_pack_lead(ob_pack *p, const char *s);
/* The same, not part of the digest (resourceVersion). */
const char *ob_pack_str_quiet(ob_pack *p, const char *s);
/* Takes part in the digest. */
ob_uid ob_pack_uid(ob_pack *p, const char *text);
/* A number that takes part in the digest. */
int64_t ob_pack_num(ob_pack *p, int64_t v);

/* An array of strings. */
const char *const *ob_pack_strs(ob_pack *p, const ob_json *array, uint16_t *ret_n);
/* The pairs of an object with string values; `keep` (may be NULL) chooses. */
const ob_kv *ob_pack_pairs(ob_pack *p, const ob_json *object, bool (*keep)(const char *key),
                           uint16_t *ret_n);
/* Items of an array, at most OB_PACK_ITEMS. */
uint16_t ob_pack_len(ob_pack *p, const ob_json *array);

#endif
