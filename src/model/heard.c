/* A few words beside a load balancer that waits, found by its uid. They are no part of the object:
 * they come with it back from a fetch, stay while it changes, and go when it has what it waited for
 * or is gone. */
#include "model/cluster_priv.h"

#include "base/str.h"

typedef struct heard {
  ob_heard said;    /* reason NULL: nothing was heard */
  int64_t asked_ms; /* monotonic */
  char *reason, *message;
  ob_uid uid;
} heard;

static heard *find(const ob_cluster *c, ob_uid uid) {
  return c->heard.len ? ob_map_get(&c->heard, (const char *)&uid, sizeof uid) : NULL;
}

static void heard_free(heard *h) {
  free(h->reason);
  free(h->message);
  free(h);
}

void ob_heard_done(ob_cluster *c) {
  heard *h;
  for (size_t at = 0; (h = ob_map_next(&c->heard, &at));) heard_free(h);
  ob_map_done(&c->heard);
}

void ob_heard_drop(ob_cluster *c, ob_uid uid) {
  heard *h = ob_map_del(&c->heard, (const char *)&uid, sizeof uid);
  if (h) heard_free(h);
}

bool ob_heard_due(ob_cluster *c, const ob_service *s, int64_t mono_ms, int64_t every_ms) {
  ob_uid uid = s->o.uid;
  bool waits = ob_map_get(&c->pending, (const char *)&uid, sizeof uid) != NULL;
  if (!waits || ob_service_condition(s)) return false;
  heard *h = find(c, uid);
  if (h && mono_ms < h->asked_ms + every_ms) return false;
  if (!h) {
    h = ob_calloc(1, sizeof *h);
    h->uid = uid;
    ob_map_put(&c->heard, (const char *)&h->uid, sizeof h->uid, h);
  }
  h->asked_ms = mono_ms;
  return true;
}

/* The front of what may be long: a row has no room for more, and the Details page has it whole. */
static char *front(const char *text) {
  return ob_strndup(text, strnlen(text, OB_HEARD_MAX));
}

void ob_heard_put(ob_cluster *c, ob_uid uid, const ob_event *e) {
  heard *h = find(c, uid);
  if (!h) return; /* it has its address, or is gone, meanwhile */
  free(h->reason);
  free(h->message);
  h->reason = e ? front(e->reason) : NULL;
  h->message = e ? front(e->message) : NULL;
  h->said = (ob_heard){h->reason, h->message, e ? e->last_ms : 0};
  ob_mark(c, ob_cluster_find_uid(c, OB_KIND_SERVICE, uid));
}

const ob_heard *ob_service_heard(const ob_cluster *c, const ob_service *s) {
  const heard *h = find(c, s->o.uid);
  return h && h->reason ? &h->said : NULL;
}

const char *ob_service_condition(const ob_service *s) {
  static const char no[] = "False, ";
  for (size_t i = 0; i < s->nconditions; i++)
    if (ob_starts(s->conditions[i].value, no)) return s->conditions[i].value + sizeof no - 1;
  return NULL;
}
