/* Objects from short words, for the model's tests. */
#ifndef OB_TEST_WORLD_H
#define OB_TEST_WORLD_H

#include "base/buf.h"
#include "base/json.h"
#include "model/cluster.h"
#include "outboard/view.h"

/* JSON text in which single quotes stand for double ones; fails the test when it is none. */
ob_json *world_json(const char *text);
/* Decode JSON text (single quotes stand for double ones); fails the test when it cannot. */
ob_object *world_object(ob_kind kind, const char *text);
/* The same with metadata made: uid "u-KIND-NS-NAME" unless uid is given; rest is what follows it
 * ("'spec':{…}"). */
ob_object *world_make(ob_kind kind, const char *ns, const char *name, const char *uid,
                      const char *rest);
ob_object *world_make_at(ob_kind kind, const char *ns, const char *name, const char *uid,
                         int64_t created_ms, const char *rest);
void world_put(ob_cluster *c, ob_kind kind, const char *ns, const char *name, const char *rest);
/* A slice of `service` with `ready` ready endpoints of `total`, on nodes n1, n2 … */
void world_slice(ob_cluster *c, const char *ns, const char *service, int ready, int total);
/* A cluster in which every kind is live. */
ob_cluster *world_new(void);
void world_phase(ob_cluster *c, ob_kind kind, ob_phase phase);
/* The shop of the fixtures: services web (NodePort), api, lb, pending, name, headless; two nodes;
 * an Ingress with rules; a class. */
ob_cluster *world_shop(void);

/* A cell as text; static storage of the caller's buffer. */
const char *world_cell_at(const ob_cluster *c, ob_view_id view, const ob_row *row, const char *key,
                          int64_t now_ms, ob_buf *out);
const char *world_cell(const ob_cluster *c, ob_view_id view, const ob_row *row, const char *key,
                       ob_buf *out);

enum { WORLD_NOW = 1700000000 };
#define WORLD_NOW_MS ((int64_t)WORLD_NOW * 1000)

#endif
