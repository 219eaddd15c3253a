/* One struct for each request under way, in a list; a list body goes through the same
 * item scanner as the informers' lists. */
#include "sync/fetch.h"

#include "base/json.h"
#include "base/str.h"
#include "kube/path.h"
#include "kube/scan.h"
#include "model/cluster.h"
#include "outboard/plan.h"

/* Where only metadata is wanted; who does not know it sends whole objects. */
#define HEADS_ONLY                                                                                 \
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"

typedef struct fetch {
  struct fetch *next;
  ob_fetches *all;
  ob_reply reply;
  ob_kind item_kind;
  ob_http_call *call;
  ob_list_scan scan;
  ob_err scan_err;
  OB_VEC(ob_object *) items;
  OB_VEC(char *) paths; /* of a plan's objects; reply.nnow of them have been asked for */
} fetch;

struct ob_fetches {
  ob_http *http;
  ob_outbox *box;
  const ob_timing *timing;
  fetch *head;
  unsigned count;
};

ob_fetches *ob_fetches_new(ob_http *http, ob_outbox *box, const ob_timing *timing) {
  ob_fetches *f = ob_calloc(1, sizeof *f);
  *f = (ob_fetches){.http = http, .box = box, .timing = timing};
  return f;
}

static void fetch_free(fetch *x) {
  for (size_t i = 0; i < x->items.len; i++) ob_object_free(x->items.at[i]);
  for (size_t i = 0; i < x->reply.nnow; i++) ob_json_free(x->reply.now[i]);
  free(x->reply.now);
  ob_vec_done(&x->items);
  for (size_t i = 0; i < x->paths.len; i++) free(x->paths.at[i]);
  ob_vec_done(&x->paths);
  ob_list_scan_done(&x->scan);
  free(x);
}

static void fetch_unlink(fetch *x) {
  fetch **at = &x->all->head;
  while (*at != x) at = &(*at)->next;
  *at = x->next;
  x->all->count--;
}

static void fetch_drop(fetch *x) {
  ob_http_cancel(x->call);
  fetch_unlink(x);
  fetch_free(x);
}

void ob_fetches_free(ob_fetches *f) {
  if (!f) return;
  while (f->head) fetch_drop(f->head);
  free(f);
}

void ob_fetches_cancel(ob_fetches *f, uint32_t id) {
  for (fetch *x = f->head; x; x = x->next) {
    if (x->reply.id != id) continue;
    fetch_drop(x);
    return;
  }
}

static int on_item(void *arg, const char *bytes, size_t n) {
  fetch *x = arg;
  if (x->items.len >= OB_FETCH_ITEMS) return 0;
  OB_AUTOPTR(ob_json) json = ob_json_parse(bytes, n, OB_JSON_LENIENT, NULL);
  ob_object *o = json ? ob_decode(x->item_kind, json, NULL) : NULL;
  if (o) ob_vec_push(&x->items, o);
  return 0;
}

static int on_data(void *arg, const char *bytes, size_t n) {
  fetch *x = arg;
  return ob_list_scan_feed(&x->scan, bytes, n, &x->scan_err);
}

static int newest_first(const void *a, const void *b) {
  const ob_object *x = *(ob_object *const *)a, *y = *(ob_object *const *)b;
  int64_t tx = OB_AS(ob_event, x)->last_ms, ty = OB_AS(ob_event, y)->last_ms;
  return tx < ty ? 1 : tx > ty ? -1 : 0;
}

static int by_name(const void *a, const void *b) {
  return ob_strnatcmp((*(ob_object *const *)a)->name, (*(ob_object *const *)b)->name);
}

static void on_done(void *arg, const ob_http_result *res) {
  fetch *x = arg;
  ob_reply *r = &x->reply;
  r->err = x->scan_err.code ? x->scan_err : res->err;
  if (!r->err.code && r->what == OB_FETCH_OBJECT)
    r->json = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, &r->err);
  else if (!r->err.code && ob_list_scan_finish(&x->scan, &r->err) == 0) {
    if (x->items.len)
      qsort(x->items.at, x->items.len, sizeof *x->items.at,
            r->what == OB_FETCH_EVENTS ? newest_first : by_name);
    r->nobjects = x->items.len;
    r->objects = x->items.at;
    x->items.at = NULL;
    x->items.len = 0;
  }
  ob_outbox_reply(x->all->box, r);
  x->reply = (ob_reply){0};
  fetch_unlink(x);
  fetch_free(x);
}

/* Events of cluster-scoped objects lie in the namespace default. */
static void add_path(ob_buf *path, const ob_command_msg *msg) {
  const ob_kind_info *k = &ob_kinds[msg->kind];
  if (msg->fetch == OB_FETCH_OBJECT) {
    ob_api_path(path, k->group, k->version, msg->ns, k->plural, msg->name, NULL);
  } else if (msg->fetch == OB_FETCH_NAMES) {
    ob_api_path(path, k->group, k->version, msg->ns, k->plural, NULL, NULL);
  } else if (msg->fetch == OB_FETCH_PODS) {
    ob_api_path(path, "", "v1", msg->ns, "pods", NULL, NULL);
    ob_api_query(path, "labelSelector", msg->query);
  } else {
    OB_AUTO(ob_buf) about = OB_BUF_INIT(OB_LINE_MAX);
    ob_buf_addf(&about, "involvedObject.kind=%s,involvedObject.name=%s,involvedObject.uid=%s", k->kind,
                msg->name, msg->uid);
    ob_api_path(path, "", "v1", *msg->ns ? msg->ns : "default", "events", NULL, NULL);
    ob_api_query(path, "fieldSelector", ob_buf_str(&about));
  }
}

static fetch *fetch_new(ob_fetches *f, uint32_t id, ob_fetch what) {
  if (f->count >= OB_FETCHES_MAX) {
    fetch *oldest = f->head;
    while (oldest->next) oldest = oldest->next;
    ob_reply r = oldest->reply;
    ob_fail(&r.err, OB_ELIMIT, "more than %d requests at a time", OB_FETCHES_MAX);
    oldest->reply = (ob_reply){0};
    fetch_drop(oldest);
    ob_outbox_reply(f->box, &r);
  }
  fetch *x = ob_calloc(1, sizeof *x);
  x->all = f;
  x->reply = (ob_reply){.id = id, .what = what};
  x->next = f->head;
  f->head = x;
  f->count++;
  return x;
}

void ob_fetches_start(ob_fetches *f, const ob_command_msg *msg) {
  fetch *x = fetch_new(f, msg->id, msg->fetch);
  bool names = msg->fetch == OB_FETCH_NAMES;
  x->item_kind = names                              ? msg->kind
                 : msg->fetch == OB_FETCH_EVENTS ? OB_KIND_EVENT
                                                 : OB_KIND_POD;
  ob_list_scan_init(&x->scan, 0, on_item, x);
  OB_AUTO(ob_buf) path = OB_BUF_INIT((size_t)OB_LINE_MAX * 4);
  add_path(&path, msg);
  x->call = ob_http_start(f->http, &(ob_http_request){.path = ob_buf_str(&path),
                                                      .accept = names ? HEADS_ONLY : NULL,
                                                      .gzip = true,
                                                      .on_data = msg->fetch == OB_FETCH_OBJECT ? NULL : on_data,
                                                      .on_done = on_done,
                                                      .arg = x});
}

/* --- the objects of a plan ----------------------------------------------------------------------- */
static void next_of_plan(fetch *x);

static void on_one(void *arg, const ob_http_result *res) {
  fetch *x = arg;
  ob_reply *r = &x->reply;
  bool gone = res->err.code == OB_ENOTFOUND;
  x->call = NULL;
  if (res->err.code && !gone) r->err = res->err;
  if (!res->err.code)
    r->now[r->nnow] = ob_json_parse(res->body, res->body_len, OB_JSON_LENIENT, &r->err);
  r->nnow++;
  next_of_plan(x);
}

static void next_of_plan(fetch *x) {
  if (!x->reply.err.code && x->reply.nnow < x->paths.len) {
    x->call = ob_http_start(x->all->http,
                            &(ob_http_request){.path = x->paths.at[x->reply.nnow],
                                               .on_done = on_one,
                                               .arg = x});
    return;
  }
  ob_outbox_reply(x->all->box, &x->reply);
  x->reply = (ob_reply){0};
  fetch_unlink(x);
  fetch_free(x);
}

void ob_fetches_plan(ob_fetches *f, uint32_t id, const ob_plan *p) {
  fetch *x = fetch_new(f, id, OB_FETCH_PLAN_NOW);
  x->reply.now = ob_calloc(p->nedits + 1, sizeof *x->reply.now);
  for (size_t i = 0; i < p->nedits; i++) {
    const ob_edit *e = &p->edits[i];
    OB_AUTO(ob_buf) path = OB_BUF_INIT(OB_LINE_MAX);
    const ob_kind_info *k = &ob_kinds[e->kind];
    ob_api_path(&path, k->group, k->version, e->ns, k->plural, e->name, NULL);
    ob_vec_push(&x->paths, ob_buf_take(&path, NULL));
  }
  next_of_plan(x);
}
