/* A live selection of a view's rows.
 *
 * Items are kept in one array sorted by keys that each item carries itself, so that an item
 * whose object is already gone can still be found and taken out. Items of one owner form a
 * group, found by the owner's uid. A refresh removes the groups of the owners that changed,
 * makes their rows anew and inserts them by binary search; the array moves pointers only. A
 * list that missed a settle, or after a change of what is known at all, is built from scratch. */
#include "outboard/view.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "model/cluster.h"
#include "model/filter.h"
#include "model/rows.h"
#include "model/selector.h"

typedef struct item {
  ob_row row;
  uint64_t key;
  int64_t num;        /* sort by number … */
  int64_t changed_ms; /* 0: since it was loaded, never */
  char *text;         /* … or by text (NULL: only by order) */
  char *order;        /* the view's own order, the tie-break */
} item;

typedef struct group {
  char *uid; /* with the kind in front */
  OB_VEC(item *) items;
  size_t total; /* rows before the filter */
} group;

struct ob_list {
  const ob_cluster *c;
  const ob_view *view;
  char *ns, *name;
  ob_selector *selector;
  ob_filter *filter;
  int sort;
  bool reverse;
  OB_VEC(item *) items; /* sorted */
  ob_map groups;
  size_t total;
  uint64_t generation; /* of the cluster's dirty set that was taken last; UINT64_MAX never */
  /* while rows of an owner are made */
  group *into;
  int64_t now_ms;
  bool fresh; /* made after the first build: it has changed */
};

/* --- order ------------------------------------------------------------------------------------ */
static int item_cmp(const ob_list *l, const item *a, const item *b) {
  int by = 0;
  if (l->sort >= 0) {
    if (a->text && b->text) by = ob_strnatcmp(a->text, b->text);
    if (!by) by = a->num < b->num ? -1 : a->num > b->num;
    if (l->reverse) by = -by;
  }
  if (!by) {
    by = strcmp(a->order, b->order);
    if (l->reverse && l->sort < 0) by = -by;
  }
  return by ? by : a->key < b->key ? -1 : a->key > b->key;
}

static size_t place_of(const ob_list *l, const item *it) {
  size_t lo = 0, hi = l->items.len;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (item_cmp(l, l->items.at[mid], it) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static void item_free(item *it) {
  free(it->text);
  free(it->order);
  free(it);
}

static item *item_make(ob_list *l, const ob_row *row) {
  item *it = ob_calloc(1, sizeof *it);
  it->row = *row;
  it->key = ob_row_key(row);
  OB_AUTO(ob_buf) order = OB_BUF_INIT(OB_LINE_MAX);
  ob_row_order(l->c, l->view->id, row, l->now_ms, &order);
  it->order = ob_buf_take(&order, NULL);
  if (l->sort < 0) return it;
  OB_AUTO(ob_buf) text = OB_BUF_INIT(OB_LINE_MAX);
  ob_cell cell = {.text = &text};
  l->view->columns[l->sort].cell(l->c, row, l->now_ms, &cell);
  /* An age that grows is sorted by when it began. */
  if (l->view->columns[l->sort].flags & OB_COL_AGE)
    it->num = cell.has_num ? -(l->now_ms - cell.num) : INT64_MIN;
  else if (cell.has_num)
    it->num = cell.num;
  else
    it->text = ob_buf_take(&text, NULL);
  return it;
}

/* --- groups ------------------------------------------------------------------------------------- */
static size_t group_key(const ob_object *o, char *out, size_t size) {
  size_t n = strlen(o->uid);
  if (n > size - 1) n = size - 1;
  out[0] = (char)('a' + o->kind);
  memcpy(out + 1, o->uid, n);
  return n + 1;
}
enum { GROUP_KEY = 256 };

static void group_free(group *g) {
  for (size_t i = 0; i < g->items.len; i++) item_free(g->items.at[i]);
  ob_vec_done(&g->items);
  free(g->uid);
  free(g);
}

static void drop_all(ob_list *l) {
  group *g;
  for (size_t at = 0; (g = ob_map_next(&l->groups, &at));) group_free(g);
  ob_map_clear(&l->groups);
  l->items.len = 0;
  l->total = 0;
}

static bool owner_wanted(const ob_list *l, const ob_object *o) {
  if (l->ns && strcmp(l->ns, o->ns) != 0) return false;
  if (l->name && strcmp(l->name, o->name) != 0) return false;
  return ob_selector_matches(l->selector, o);
}

static void on_row(void *arg, const ob_row *row) {
  ob_list *l = arg;
  l->into->total++;
  if (!ob_filter_matches(l->filter, l->c, row, l->now_ms)) return;
  item *it = item_make(l, row);
  if (l->fresh) it->changed_ms = l->now_ms;
  ob_vec_push(&l->into->items, it);
}

/* The owner's rows; NULL when it has none here. */
static group *group_make(ob_list *l, const ob_object *owner) {
  if (!owner_wanted(l, owner)) return NULL;
  group *g = ob_calloc(1, sizeof *g);
  l->into = g;
  ob_rows_of(l->c, l->view->id, owner, on_row, l);
  if (!g->total) {
    group_free(g);
    return NULL;
  }
  char key[GROUP_KEY];
  size_t n = group_key(owner, key, sizeof key);
  g->uid = ob_strndup(key, n);
  ob_map_put(&l->groups, g->uid, n, g);
  l->total += g->total;
  return g;
}

static void take_out(ob_list *l, const ob_object *owner) {
  char key[GROUP_KEY];
  group *g = ob_map_del(&l->groups, key, group_key(owner, key, sizeof key));
  if (!g) return;
  l->total -= g->total;
  for (size_t i = 0; i < g->items.len; i++) {
    size_t at = place_of(l, g->items.at[i]);
    if (at >= l->items.len || l->items.at[at] != g->items.at[i]) { /* equal neighbours */
      for (at = 0; at < l->items.len && l->items.at[at] != g->items.at[i];) at++;
      if (at == l->items.len) continue;
    }
    memmove(&l->items.at[at], &l->items.at[at + 1], (l->items.len - at - 1) * sizeof l->items.at[0]);
    l->items.len--;
  }
  group_free(g);
}

static void put_in(ob_list *l, const group *g) {
  for (size_t i = 0; i < g->items.len; i++) {
    size_t at = place_of(l, g->items.at[i]);
    ob_vec_reserve(&l->items, l->items.len + 1);
    memmove(&l->items.at[at + 1], &l->items.at[at], (l->items.len - at) * sizeof l->items.at[0]);
    l->items.at[at] = g->items.at[i];
    l->items.len++;
  }
}

/* --- from scratch ----------------------------------------------------------------------------------- */
static int sort_cmp(const void *a, const void *b, void *list) {
  return item_cmp(list, *(item *const *)a, *(item *const *)b);
}

static void rebuild(ob_list *l, int64_t now_ms) {
  drop_all(l);
  l->now_ms = now_ms;
  l->fresh = false;
  for (int k = 0; k < OB_KIND_COUNT; k++) {
    if (k != OB_KIND_SERVICE && k != OB_KIND_INGRESS) continue;
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(l->c, (ob_kind)k, &at));) {
      group *g = group_make(l, o);
      for (size_t i = 0; g && i < g->items.len; i++) ob_vec_push(&l->items, g->items.at[i]);
    }
  }
  if (l->items.len) qsort_r(l->items.at, l->items.len, sizeof l->items.at[0], sort_cmp, l);
  l->generation = ob_cluster_dirty(l->c)->generation;
}

/* --- the contract --------------------------------------------------------------------------------------- */
ob_list *ob_list_new(const ob_cluster *c, ob_view_id view) {
  ob_list *l = ob_calloc(1, sizeof *l);
  l->c = c;
  l->view = &ob_views[view];
  l->sort = l->view->default_sort;
  l->generation = UINT64_MAX;
  return l;
}

static void forget_options(ob_list *l) {
  free(ob_take(l->ns));
  free(ob_take(l->name));
  ob_selector_free(ob_take(l->selector));
  ob_filter_free(ob_take(l->filter));
}

void ob_list_free(ob_list *l) {
  if (!l) return;
  drop_all(l);
  ob_map_done(&l->groups);
  ob_vec_done(&l->items);
  forget_options(l);
  free(l);
}

static char *dup_unless_empty(const char *s) { return s && *s ? ob_strdup(s) : NULL; }

int ob_list_set(ob_list *l, const ob_list_opts *opts, int64_t now_ms, ob_err *err) {
  ob_selector *selector = NULL;
  ob_filter *filter = NULL;
  if (opts->selector && *opts->selector) {
    selector = ob_selector_parse(opts->selector, err);
    if (!selector) return -(int)OB_EUSAGE;
  }
  if (opts->filter && *opts->filter) {
    filter = ob_filter_parse(opts->filter, l->view, err);
    if (!filter) {
      ob_selector_free(selector);
      return -(int)OB_EUSAGE;
    }
  }
  forget_options(l);
  l->ns = dup_unless_empty(opts->ns);
  l->name = dup_unless_empty(opts->name);
  l->selector = selector;
  l->filter = filter;
  l->sort = opts->sort < (int)l->view->ncolumns ? opts->sort : -1;
  l->reverse = opts->reverse;
  rebuild(l, now_ms);
  return 0;
}

bool ob_list_refresh(ob_list *l, int64_t now_ms) {
  const ob_dirty *d = ob_cluster_dirty(l->c);
  if (d->all || l->generation == UINT64_MAX || d->generation > l->generation + 1) {
    bool differs = d->all || l->generation != d->generation || d->nowners;
    rebuild(l, now_ms);
    return differs;
  }
  if (d->nowners == 0) {
    l->generation = d->generation;
    return false;
  }
  /* The same generation again may hold more owners than last time: all are made anew. */
  l->now_ms = now_ms;
  l->fresh = l->generation != UINT64_MAX;
  for (size_t i = 0; i < d->nowners; i++) take_out(l, d->owners[i].owner);
  for (size_t i = 0; i < d->nowners; i++) {
    if (d->owners[i].gone) continue;
    group *g = group_make(l, d->owners[i].owner);
    if (g) put_in(l, g);
  }
  l->generation = d->generation;
  return true;
}

size_t ob_list_len(const ob_list *l) { return l->items.len; }
size_t ob_list_total(const ob_list *l) { return l->total; }
const ob_row *ob_list_at(const ob_list *l, size_t i) { return &l->items.at[i]->row; }

size_t ob_list_find(const ob_list *l, uint64_t key, size_t near) {
  if (near < l->items.len && l->items.at[near]->key == key) return near;
  for (size_t i = 0; i < l->items.len; i++)
    if (l->items.at[i]->key == key) return i;
  return SIZE_MAX;
}

bool ob_list_changed(const ob_list *l, size_t i, int64_t now_ms, int flash_ms) {
  int64_t at = l->items.at[i]->changed_ms;
  return at && now_ms - at < flash_ms;
}
