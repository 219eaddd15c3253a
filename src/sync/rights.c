/* An answer that did not come (an error, a time-out) leaves what was known before and is asked for
 * again after timing->forbidden_ms; one that came is good for timing->access_ms. A question whose
 * answer got lost is asked again after LOST_MS. */
#include "sync/rights.h"

#include "base/map.h"
#include "base/str.h"
#include <stdio.h>

enum { LOST_MS = 120000 };

typedef struct known {
  ob_access access;
  char reason[256];
  bool asking;
  int64_t asked_ms, until_ms; /* monotonic */
  char key[];
} known;

struct ob_rights {
  ob_map by_key;
  int access_ms, again_ms;
};

ob_rights *ob_rights_new(const ob_timing *timing) {
  ob_rights *r = ob_calloc(1, sizeof *r);
  r->access_ms = timing->access_ms;
  r->again_ms = timing->forbidden_ms;
  return r;
}

static void forget_all(ob_rights *r) {
  known *k;
  for (size_t at = 0; (k = ob_map_next(&r->by_key, &at));) free(k);
  ob_map_clear(&r->by_key);
}

void ob_rights_free(ob_rights *r) {
  if (!r) return;
  forget_all(r);
  ob_map_done(&r->by_key);
  free(r);
}

static char *key_of(const ob_access_question *q) {
  return ob_asprintf("%s %s.%s %s", q->verb, q->resource, q->group, q->ns);
}

static known *entry(ob_rights *r, const char *key) {
  size_t n = strlen(key);
  known *k = ob_map_get(&r->by_key, key, n);
  if (k) return k;
  if (r->by_key.len >= OB_RIGHTS_MAX) forget_all(r);
  k = ob_calloc(1, sizeof *k + n + 1);
  memcpy(k->key, key, n + 1);
  ob_map_put(&r->by_key, k->key, n, k);
  return k;
}

static bool namespaced(const ob_access_question *q) {
  for (int i = 0; i < OB_KIND_COUNT; i++)
    if (ob_streq(ob_kinds[i].plural, q->resource) && ob_streq(ob_kinds[i].group, q->group))
      return ob_kinds[i].namespaced;
  return true;
}

static void sentence(char ret[OB_RIGHT_TEXT], const ob_access_question *q, const char *reason) {
  const char *where = *q->ns ? " in " : namespaced(q) ? " in all namespaces" : "";
  (void)snprintf(ret, OB_RIGHT_TEXT, "needs %s on %s%s%s%s%s%s%s", q->verb, q->resource,
                 *q->group ? "." : "", q->group, where, q->ns, *reason ? ": " : "", reason);
}

ob_access ob_rights_get(ob_rights *r, const ob_access_question *q, int64_t now_ms, bool *ret_ask,
                        char ret[OB_RIGHT_TEXT]) {
  OB_AUTOFREE char *key = key_of(q);
  known *k = entry(r, key);
  *ret_ask = k->asking ? now_ms - k->asked_ms >= LOST_MS : now_ms >= k->until_ms;
  if (*ret_ask) {
    k->asking = true;
    k->asked_ms = now_ms;
  }
  if (ret) *ret = '\0';
  if (ret && k->access == OB_ACCESS_REFUSED) sentence(ret, q, k->reason);
  return k->access;
}

bool ob_rights_put(ob_rights *r, const ob_access_answer *a, int64_t now_ms) {
  OB_AUTOFREE char *key = key_of(&a->question);
  known *k = ob_map_get(&r->by_key, key, strlen(key));
  if (!k) return false;
  k->asking = false;
  k->until_ms = now_ms + (a->err.code ? r->again_ms : r->access_ms);
  if (a->err.code) return false;
  bool other = k->access != a->access || !ob_streq(k->reason, a->reason);
  k->access = a->access;
  (void)snprintf(k->reason, sizeof k->reason, "%s", a->reason);
  return other;
}

void ob_rights_expire(ob_rights *r) {
  known *k;
  for (size_t at = 0; (k = ob_map_next(&r->by_key, &at));) k->until_ms = 0;
}
