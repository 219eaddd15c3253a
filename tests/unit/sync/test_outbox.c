/* The outbox: coalescing by uid, its bound, and two threads. */
#include "base/json.h"
#include "model/cluster.h"
#include "sync/outbox.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

static ob_object *service(const char *uid, const char *name) {
  char text[512];
  snprintf(text, sizeof text,
           "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"n\",\"uid\":\"%s\",\"resourceVersion\":\"1\"},"
           "\"spec\":{\"type\":\"ClusterIP\",\"clusterIP\":\"10.0.0.1\"}}",
           name, uid);
  OB_AUTOPTR(ob_json) j = ob_json_parse(text, strlen(text), OB_JSON_STRICT, NULL);
  return ob_decode(OB_KIND_SERVICE, j, NULL);
}

static ob_outbox *box_new(void) {
  ob_outbox *o = NULL;
  ob_err err;
  cr_assert_eq(ob_outbox_new(&o, &err), 0);
  return o;
}

static bool readable(ob_outbox *o) {
  struct pollfd p = {.fd = ob_outbox_fd(o), .events = POLLIN};
  return poll(&p, 1, 0) == 1;
}

static size_t chain_free(ob_change *c) {
  size_t n = 0;
  for (ob_change *next; c; c = next, n++) {
    next = c->next;
    ob_change_free(c);
  }
  return n;
}

Test(outbox, newest_wins_in_the_place_of_the_older) {
  ob_outbox *o = box_new();
  cr_assert_not(readable(o));
  ob_outbox_put(o, service("u1", "old"), true);
  ob_outbox_put(o, service("u2", "other"), true);
  ob_outbox_put(o, service("u1", "new"), false);
  cr_assert(readable(o));
  ob_taken t;
  ob_outbox_take(o, &t);
  cr_assert_not(readable(o), "taking empties the descriptor");
  cr_assert_str_eq(t.changes->object->name, "new");
  cr_assert_str_eq(t.changes->next->object->name, "other");
  cr_assert_eq(chain_free(t.changes), 2);
  ob_outbox_free(o);
}

Test(outbox, an_object_that_came_and_went_unseen_leaves_nothing) {
  ob_outbox *o = box_new();
  for (int i = 0; i < 10000; i++) {
    char uid[16];
    snprintf(uid, sizeof uid, "u%d", i);
    ob_outbox_put(o, service(uid, "x"), true);
    ob_outbox_delete(o, OB_KIND_SERVICE, ob_uid_of(uid));
  }
  ob_taken t;
  ob_outbox_take(o, &t);
  cr_assert_null(t.changes);
  ob_outbox_free(o);
}

Test(outbox, a_known_object_deleted_and_back_is_one_change) {
  ob_outbox *o = box_new();
  ob_outbox_put(o, service("u", "a"), true);
  ob_taken t;
  ob_outbox_take(o, &t);
  chain_free(t.changes);
  for (int i = 0; i < 100; i++) {
    ob_outbox_put(o, service("u", "b"), false);
    ob_outbox_delete(o, OB_KIND_SERVICE, ob_uid_of("u"));
  }
  ob_outbox_take(o, &t);
  cr_assert_eq(t.changes->op, OB_CHANGE_DELETE);
  cr_assert_eq(ob_uid_cmp(t.changes->uid, ob_uid_of("u")), 0);
  cr_assert_eq(chain_free(t.changes), 1);
  ob_outbox_delete(o, OB_KIND_SERVICE, ob_uid_of("u"));
  ob_outbox_put(o, service("u", "c"), true);
  ob_outbox_take(o, &t);
  cr_assert_eq(t.changes->op, OB_CHANGE_PUT);
  cr_assert_eq(chain_free(t.changes), 1);
  ob_outbox_free(o);
}

Test(outbox, clear_drops_what_waits_of_that_kind_only) {
  ob_outbox *o = box_new();
  ob_outbox_put(o, service("u1", "a"), true);
  ob_outbox_delete(o, OB_KIND_NODE, ob_uid_of("n1"));
  ob_outbox_clear(o, OB_KIND_SERVICE);
  ob_outbox_put(o, service("u1", "b"), true);
  ob_taken t;
  ob_outbox_take(o, &t);
  cr_assert_eq(t.changes->kind, OB_KIND_NODE);
  cr_assert_eq(t.changes->next->op, OB_CHANGE_CLEAR);
  cr_assert_str_eq(t.changes->next->next->object->name, "b");
  cr_assert_eq(chain_free(t.changes), 3);
  ob_outbox_free(o);
}

Test(outbox, states_and_replies_wake_and_are_told_once) {
  ob_outbox *o = box_new();
  ob_outbox_kind(o, OB_KIND_NODE, &(ob_kind_state){.phase = OB_FORBIDDEN});
  ob_outbox_not_read(o, "12 IngressRoutes");
  ob_reply r = {.id = 7};
  ob_outbox_reply(o, &r);
  cr_assert(readable(o));
  ob_taken t;
  ob_outbox_take(o, &t);
  cr_assert_eq(t.kinds_changed, 1u << OB_KIND_NODE);
  cr_assert_eq(t.kinds[OB_KIND_NODE].phase, OB_FORBIDDEN);
  cr_assert(t.not_read_changed);
  ob_reply got;
  cr_assert(ob_outbox_take_reply(o, &got));
  cr_assert_eq(got.id, 7);
  cr_assert_not(ob_outbox_take_reply(o, &got));
  ob_outbox_not_read(o, "12 IngressRoutes");
  ob_outbox_take(o, &t);
  cr_assert_eq(t.kinds_changed, 0);
  cr_assert_not(t.not_read_changed, "the same line is no news");
  ob_outbox_free(o);
}

enum { WRITES = 20000, UIDS = 50 };

static void *writer(void *arg) {
  ob_outbox *o = arg;
  for (int i = 0; i < WRITES; i++) {
    char uid[16], name[16];
    snprintf(uid, sizeof uid, "u%d", i % UIDS);
    snprintf(name, sizeof name, "v%d", i);
    ob_outbox_put(o, service(uid, name), i < UIDS);
  }
  return NULL;
}

Test(outbox, a_slow_reader_sees_the_last_state_and_never_more_than_the_live_objects, .timeout = 60) {
  ob_outbox *o = box_new();
  pthread_t t;
  cr_assert_eq(pthread_create(&t, NULL, writer, o), 0);
  int last[UIDS];
  for (int i = 0; i < UIDS; i++) last[i] = -1;
  bool done = false;
  while (!done) {
    ob_taken taken;
    ob_outbox_take(o, &taken);
    size_t n = 0;
    for (ob_change *c = taken.changes; c; c = c->next, n++) {
      int id, version;
      char space[OB_UID_TEXT];
      cr_assert_eq(sscanf(ob_uid_text(c->object, space), "u%d", &id), 1);
      cr_assert_eq(sscanf(c->object->name, "v%d", &version), 1);
      cr_assert_gt(version, last[id], "an older state overtook a newer one");
      last[id] = version;
    }
    cr_assert_leq(n, UIDS);
    chain_free(taken.changes);
    done = true;
    for (int i = 0; i < UIDS; i++) done &= last[i] >= WRITES - UIDS;
  }
  pthread_join(t, NULL);
  ob_outbox_free(o);
}
