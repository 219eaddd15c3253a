/* A live selection of a view's rows.
 *
 * Each row is an item that carries its own sort key, packed so that bytes compare; the sorted
 * array holds the key's first eight bytes beside the pointer. So an item whose object is long
 * gone can still be found and taken out, and most comparisons touch no other memory. Items of
 * one owner form a group, found by the owner's uid.
 *
 * A refresh takes the groups of dirty owners out (binary search, then one pass that closes the
 * gaps), makes their rows anew and merges them in. A list that missed a change, or after a
 * kind became known or unknown, is built from scratch. What a row looks like is kept as a
 * digest of the facts behind its cells, so that only real changes count as such. */
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/filter.h"
#include "model/group.h"
#include "model/rows.h"
#include "model/selector.h"

typedef struct item {
  ob_row row;
  uint64_t key;       /* ob_row_key */
  uint64_t look;      /* digest of what the cells are made of */
  int64_t changed_ms; /* 0: not since it was loaded */
  uint32_t len;
  uint32_t group_len, group_name; /* of sort: the group's part of it, and where its name is */
  char sort[];
} item;

typedef struct place {
  uint64_t head; /* the first bytes of item.sort, as a number that orders alike */
  item *it;      /* NULL: taken out */
} place;

typedef struct group {
  OB_VEC(item *) items; /* that pass the filter */
  size_t shown;         /* rows that these are, each once */
  size_t total;         /* and all */
  char key[];
} group;

struct ob_list {
  const ob_cluster *c;
  const ob_view *view;
  char *ns, *name;
  ob_selector *selector;
  ob_filter *filter;
  struct {
    int column; /* -1 the view's own order */
    bool reverse;
  } sort, then;
  ob_group group;

  OB_VEC(place) places; /* sorted */
  ob_map groups;        /* uid -> group */
  size_t total, shown;
  uint64_t seen;  /* of ob_dirty.changes; UINT64_MAX: never built */
  unsigned known; /* kinds that were known then */
  int64_t now_ms; /* of the last set or refresh */
  uint64_t spots; /* digest of the node addresses, for looks */

  /* While rows are made: where to, and how to tell what is new. */
  group *into;
  const ob_row *row;
  const group *before;
  bool flash;
  OB_VEC(place) fresh;
  ob_buf sort_key, scratch;
};

/* --- order ------------------------------------------------------------------------------- */
static uint64_t head_of(const item *it) {
  uint64_t head = 0;
  for (uint32_t i = 0; i < 8; i++)
    head = head << 8 | (i < it->len ? (unsigned char)it->sort[i] : 0u);
  return head;
}

static int place_cmp(const void *a, const void *b) {
  const place *x = a, *y = b;
  if (x->head != y->head) return x->head < y->head ? -1 : 1;
  if (x->it == y->it) return 0;
  uint32_t n = x->it->len < y->it->len ? x->it->len : y->it->len;
  int by = memcmp(x->it->sort, y->it->sort, n);
  if (by) return by;
  if (x->it->len != y->it->len) return x->it->len < y->it->len ? -1 : 1;
  return x->it < y->it ? -1 : 1; /* twins: any order, as long as it stays */
}

/* Text so that bytes compare as people count: each run of digits is preceded by its length. */
static void add_natural(ob_buf *out, const char *s) {
  while (*s) {
    if (*s < '0' || *s > '9') {
      char ch = *s++;
      ob_buf_addc(out, (char)(ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch));
      continue;
    }
    while (*s == '0' && s[1] >= '0' && s[1] <= '9') s++;
    size_t n = strspn(s, "0123456789");
    ob_buf_addc(out, '0');
    ob_buf_addc(out, (char)(n < 255 ? n : 255));
    ob_buf_add(out, s, n);
    s += n;
  }
}

static void add_number(ob_buf *out, int64_t n) {
  uint64_t u = (uint64_t)n ^ (1ull << 63);
  char bytes[8];
  for (int i = 7; i >= 0; i--, u >>= 8) bytes[i] = (char)(u & 0xff);
  ob_buf_add(out, bytes, sizeof bytes);
}

/* A tag first: numbers, then texts, then what is empty or unknown, whichever way it is sorted. */
enum { TAG_NUMBER = 1, TAG_TEXT, TAG_NOTHING };

static void add_column(ob_list *l, const ob_row *row, int column, bool reverse) {
  ob_buf *out = &l->sort_key;
  ob_buf_reset(&l->scratch);
  ob_cell cell = {.text = &l->scratch};
  l->view->columns[column].cell(l->c, row, l->now_ms, &cell);
  bool nothing = cell.unknown || (!cell.has_num && (cell.none || !l->scratch.len));
  ob_buf_addc(out, nothing ? TAG_NOTHING : cell.has_num ? TAG_NUMBER : TAG_TEXT);
  if (nothing) return;
  size_t from = out->len;
  if (cell.has_num)
    add_number(out, cell.num);
  else
    add_natural(out, ob_buf_str(&l->scratch));
  ob_buf_addc(out, '\0');
  for (size_t i = from; reverse && i < out->len; i++) out->ptr[i] = (char)~out->ptr[i];
}

/* The group's part: its name so that bytes compare, then the name itself. */
static void add_group(ob_list *l, const char *name, item *ret) {
  ob_buf_reset(&l->sort_key);
  if (l->group == OB_GROUP_NONE) return;
  add_natural(&l->sort_key, name);
  ob_buf_addc(&l->sort_key, '\0');
  ret->group_name = (uint32_t)l->sort_key.len;
  ob_buf_adds(&l->sort_key, name);
  ob_buf_addc(&l->sort_key, '\0');
  ret->group_len = (uint32_t)l->sort_key.len;
}

static void add_order(ob_list *l, const ob_row *row) {
  if (l->sort.column >= 0) add_column(l, row, l->sort.column, l->sort.reverse);
  if (l->then.column >= 0) add_column(l, row, l->then.column, l->then.reverse);
  size_t from = l->sort_key.len;
  ob_row_order(l->c, l->view->id, row, l->now_ms, &l->sort_key);
  for (size_t i = from; l->sort.column < 0 && l->sort.reverse && i < l->sort_key.len; i++)
    l->sort_key.ptr[i] = (char)~l->sort_key.ptr[i];
}

static unsigned known_kinds(const ob_cluster *c) {
  unsigned known = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) known |= (unsigned)ob_known(c, (ob_kind)k) << k;
  return known;
}

/* --- groups
 * --------------------------------------------------------------------------------------- */
static void group_free(group *g) {
  for (size_t i = 0; i < g->items.len; i++) free(g->items.at[i]);
  ob_vec_done(&g->items);
  free(g);
}

static bool wanted(const ob_list *l, const ob_object *o) {
  if (l->ns && strcmp(l->ns, o->ns) != 0) return false;
  if (l->name && strcmp(l->name, o->name) != 0) return false;
  return ob_selector_matches(l->selector, o);
}

/* When the row last changed: what an equal one before knew, now, or never (just loaded). */
static int64_t changed_since(const ob_list *l, const item *it) {
  for (size_t i = 0; l->before && i < l->before->items.len; i++) {
    const item *old = l->before->items.at[i];
    if (old->key != it->key) continue;
    if (old->look == it->look || !l->flash) return old->changed_ms;
    return l->now_ms;
  }
  return l->flash ? l->now_ms : 0;
}

/* The row in one of its groups. */
static void on_group(void *arg, const char *name) {
  ob_list *l = arg;
  const ob_row *row = l->row;
  item made = {.row = *row};
  add_group(l, name, &made);
  add_order(l, row);
  uint64_t key = ob_row_key(row);
  if (l->group == OB_GROUP_NODE) key = ob_hash_more(key, name, strlen(name));
  item *it = ob_alloc(sizeof *it + l->sort_key.len + sizeof key);
  *it = made;
  it->key = key;
  it->look = ob_row_look(l->c, row, l->now_ms, l->spots);
  it->changed_ms = changed_since(l, it);
  it->len = (uint32_t)(l->sort_key.len + sizeof key);
  memcpy(it->sort, ob_buf_str(&l->sort_key), l->sort_key.len);
  memcpy(it->sort + l->sort_key.len, &key, sizeof key);
  if (!l->into->items.cap)
    l->into->items.at = ob_reallocarray(NULL, l->into->items.cap = 1, sizeof(item *));
  ob_vec_push(&l->into->items, it);
  ob_vec_push(&l->fresh, (place){head_of(it), it});
}

static void on_row(void *arg, const ob_row *row) {
  ob_list *l = arg;
  l->into->total++;
  if (!ob_filter_matches(l->filter, l->c, row, l->now_ms, &l->scratch)) return;
  l->into->shown++;
  l->row = row;
  ob_row_groups(l->c, l->group, row, on_group, l);
}

/* The kind and the uid, in l->scratch: two kinds may be given one uid. */
static const char *group_key(ob_list *l, const ob_object *o, size_t *ret_n) {
  ob_buf_reset(&l->scratch);
  ob_buf_addc(&l->scratch, (char)('a' + o->kind));
  ob_buf_adds(&l->scratch, o->uid);
  *ret_n = l->scratch.len;
  return ob_buf_str(&l->scratch);
}

/* The owner's rows into a new group, and its shown ones into l->fresh. False: it has none. */
static bool group_make(ob_list *l, const ob_object *owner, const group *before) {
  if (!wanted(l, owner)) return false;
  size_t n;
  const char *key = group_key(l, owner, &n);
  group *g = ob_calloc(1, sizeof *g + n + 1);
  memcpy(g->key, key, n + 1);
  l->into = g;
  l->before = before;
  ob_rows_of(l->c, l->view->id, owner, on_row, l);
  l->into = NULL;
  l->before = NULL;
  if (!g->total) {
    group_free(g);
    return false;
  }
  ob_map_put(&l->groups, g->key, n, g);
  l->total += g->total;
  l->shown += g->shown;
  return true;
}

static void groups_free(ob_map *groups) {
  group *g;
  for (size_t at = 0; (g = ob_map_next(groups, &at));) group_free(g);
  ob_map_done(groups);
}

/* --- from scratch
 * ----------------------------------------------------------------------------------- */
static void sort_fresh(ob_list *l) {
  if (l->fresh.len > 1) qsort(l->fresh.at, l->fresh.len, sizeof *l->fresh.at, place_cmp);
}

/* Everything is known that was: then what looks other than before has changed. */
static bool comparable(const ob_list *l) {
  return l->seen != UINT64_MAX && (known_kinds(l->c) & ~l->known) == 0 &&
         ob_known(l->c, OB_KIND_SERVICE) && (l->known >> OB_KIND_SERVICE & 1u);
}

/* flash: rows that look other than before have changed now. */
static void rebuild(ob_list *l, bool flash) {
  ob_map old = l->groups;
  l->groups = (ob_map){0};
  l->total = l->shown = 0;
  l->fresh.len = 0;
  l->spots = ob_spots_digest(l->c);
  l->flash = flash && comparable(l);
  static const ob_kind owners[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (size_t k = 0; k < OB_LEN(owners); k++) {
    const ob_object *o;
    for (size_t at = 0; (o = ob_cluster_next(l->c, owners[k], &at));) {
      size_t n;
      const char *key = group_key(l, o, &n);
      group_make(l, o, ob_map_get(&old, key, n));
    }
  }
  sort_fresh(l);
  l->places.len = 0;
  ob_vec_reserve(&l->places, l->fresh.len);
  if (l->fresh.len) memcpy(l->places.at, l->fresh.at, l->fresh.len * sizeof *l->fresh.at);
  l->places.len = l->fresh.len;
  groups_free(&old);
  l->seen = ob_cluster_dirty(l->c)->changes;
  l->known = known_kinds(l->c);
}

/* --- what changed
 * ------------------------------------------------------------------------------------- */
typedef OB_VEC(size_t) indices;

/* Where the group's items stand; nothing is moved yet. */
static void find_items(const ob_list *l, const group *g, indices *ret) {
  for (size_t i = 0; i < g->items.len; i++) {
    const place key = {head_of(g->items.at[i]), g->items.at[i]};
    const place *at =
        l->places.len ? bsearch(&key, l->places.at, l->places.len, sizeof key, place_cmp) : NULL;
    if (at) ob_vec_push(ret, (size_t)(at - l->places.at));
  }
}

static void close_gaps(ob_list *l, const indices *gone) {
  if (!gone->len) return;
  size_t to = SIZE_MAX;
  for (size_t i = 0; i < gone->len; i++) {
    l->places.at[gone->at[i]].it = NULL;
    if (gone->at[i] < to) to = gone->at[i];
  }
  for (size_t from = to; from < l->places.len; from++)
    if (l->places.at[from].it) l->places.at[to++] = l->places.at[from];
  l->places.len = to;
}

/* The first place that is not before `p`, among the first n. */
static size_t lower_bound(const ob_list *l, size_t n, const place *p) {
  size_t lo = 0;
  while (lo < n) {
    size_t mid = lo + (n - lo) / 2;
    if (place_cmp(&l->places.at[mid], p) < 0)
      lo = mid + 1;
    else
      n = mid;
  }
  return lo;
}

/* From the back, so that each stretch moves once. */
static void merge_fresh(ob_list *l) {
  sort_fresh(l);
  size_t hi = l->places.len, k = l->fresh.len;
  if (!k) return;
  ob_vec_reserve(&l->places, hi + k);
  l->places.len = hi + k;
  while (k) {
    const place *p = &l->fresh.at[k - 1];
    size_t at = lower_bound(l, hi, p);
    memmove(&l->places.at[at + k], &l->places.at[at], (hi - at) * sizeof *p);
    l->places.at[at + k - 1] = *p;
    hi = at;
    k--;
  }
}

/* True when any row came, went or was made anew. */
static bool follow(ob_list *l, const ob_dirty *d) {
  group **old = ob_calloc(d->nowners + 1, sizeof *old);
  indices gone = {0};
  bool touched = false;
  for (size_t i = 0; i < d->nowners; i++) {
    size_t n;
    const char *key = group_key(l, d->owners[i].owner, &n);
    old[i] = ob_map_del(&l->groups, key, n);
    if (!old[i]) continue;
    find_items(l, old[i], &gone);
    l->total -= old[i]->total;
    l->shown -= old[i]->shown;
    touched = true;
  }
  close_gaps(l, &gone);
  l->fresh.len = 0;
  l->flash = comparable(l);
  for (size_t i = 0; i < d->nowners; i++)
    if (!d->owners[i].gone && group_make(l, d->owners[i].owner, old[i])) touched = true;
  merge_fresh(l);
  for (size_t i = 0; i < d->nowners; i++)
    if (old[i]) group_free(old[i]);
  free(old);
  ob_vec_done(&gone);
  l->seen = d->changes;
  return touched;
}

/* --- the contract
 * --------------------------------------------------------------------------------------- */
ob_list *ob_list_new(const ob_cluster *c, ob_view_id view) {
  ob_list *l = ob_calloc(1, sizeof *l);
  l->c = c;
  l->view = &ob_views[view];
  l->sort.column = l->view->default_sort;
  l->then.column = -1;
  l->seen = UINT64_MAX;
  ob_buf_init(&l->sort_key, OB_LINE_MAX);
  ob_buf_init(&l->scratch, OB_LINE_MAX);
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
  groups_free(&l->groups);
  ob_vec_done(&l->places);
  ob_vec_done(&l->fresh);
  ob_buf_done(&l->sort_key);
  ob_buf_done(&l->scratch);
  forget_options(l);
  free(l);
}

static char *dup_unless_empty(const char *s) {
  return s && *s ? ob_strdup(s) : NULL;
}

int ob_list_set(ob_list *l, const ob_list_opts *opts, int64_t now_ms, ob_err *err) {
  OB_AUTOPTR(ob_selector) selector = NULL;
  OB_AUTOPTR(ob_filter) filter = NULL;
  if (opts->selector && *opts->selector) {
    selector = ob_selector_parse(opts->selector, err);
    if (!selector) return -OB_EUSAGE;
  }
  if (opts->filter && *opts->filter) {
    filter = ob_filter_parse(l->view, opts->filter, err);
    if (!filter) return -OB_EUSAGE;
  }
  forget_options(l);
  l->ns = dup_unless_empty(opts->ns);
  l->name = dup_unless_empty(opts->name);
  l->selector = ob_take(selector);
  l->filter = ob_take(filter);
  int n = (int)l->view->ncolumns;
  l->sort.column = opts->sort < n ? opts->sort : -1;
  l->sort.reverse = opts->reverse;
  l->then.column = l->sort.column >= 0 && opts->then <= n ? opts->then - 1 : -1;
  l->then.reverse = opts->then_reverse;
  l->group = opts->group;
  l->now_ms = now_ms;
  rebuild(l, false);
  return 0;
}

/* A filter by age lets rows in and out as time passes; looked at once a second. */
enum { AGE_STEP_MS = 1000 };

bool ob_list_refresh(ob_list *l, int64_t now_ms) {
  const ob_dirty *d = ob_cluster_dirty(l->c);
  bool aged =
      ob_filter_ticks(l->filter) && (now_ms < l->now_ms || now_ms - l->now_ms >= AGE_STEP_MS);
  bool behind = l->seen == UINT64_MAX || l->seen < d->settled;
  if (!behind && !aged && d->changes == l->seen) return false;
  l->now_ms = now_ms;
  if (behind || aged || d->all) {
    rebuild(l, true);
    return true;
  }
  l->spots = ob_spots_digest(l->c);
  return follow(l, d);
}

size_t ob_list_len(const ob_list *l) {
  return l->places.len;
}
size_t ob_list_stretch(const ob_list *l, size_t column, const char *text, size_t from,
                       size_t *ret_len) {
  const ob_column *col = column == SIZE_MAX ? NULL : &l->view->columns[column];
  return ob_filter_stretch(l->filter, col, text, from, ret_len);
}

size_t ob_list_shown(const ob_list *l) {
  return l->shown;
}
size_t ob_list_total(const ob_list *l) {
  return l->total;
}
const ob_row *ob_list_at(const ob_list *l, size_t i) {
  return &l->places.at[i].it->row;
}

uint64_t ob_list_key(const ob_list *l, size_t i) {
  return l->places.at[i].it->key;
}

/* How the sort key of the item at i compares with a group's part. */
static int group_cmp(const ob_list *l, size_t i, const char *part, size_t n) {
  const item *it = l->places.at[i].it;
  int by = memcmp(it->sort, part, it->len < n ? it->len : n);
  return by ? by : it->len < n ? -1 : 0;
}

/* The first item in [from, to) whose group is not before the part; `past`: is behind it. */
static size_t group_bound(const ob_list *l, size_t from, size_t to, const char *part, size_t n,
                          bool past) {
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    int by = group_cmp(l, mid, part, n);
    if (by < 0 || (past && by == 0))
      from = mid + 1;
    else
      to = mid;
  }
  return from;
}

ob_group_run ob_list_group(const ob_list *l, size_t i) {
  const item *it = l->places.at[i].it;
  return (ob_group_run){.name = it->group_len ? it->sort + it->group_name : "",
                        .first = group_bound(l, 0, i, it->sort, it->group_len, false),
                        .end = group_bound(l, i, l->places.len, it->sort, it->group_len, true)};
}

size_t ob_list_find_group(const ob_list *l, const char *name) {
  OB_AUTO(ob_buf) part = OB_BUF_INIT(OB_LINE_MAX);
  add_natural(&part, name);
  ob_buf_addc(&part, '\0');
  ob_buf_adds(&part, name);
  ob_buf_addc(&part, '\0');
  const char *bytes = ob_buf_str(&part);
  size_t at = group_bound(l, 0, l->places.len, bytes, part.len, false);
  bool there = l->group && at < l->places.len && group_cmp(l, at, bytes, part.len) == 0;
  return there ? at : SIZE_MAX;
}

size_t ob_list_find(const ob_list *l, uint64_t key, size_t near) {
  size_t n = l->places.len;
  if (near > n) near = n;
  /* Outwards from where it was: a row seldom moves far. */
  for (size_t up = near, down = near; up < n || down > 0;) {
    if (up < n && l->places.at[up++].it->key == key) return up - 1;
    if (down > 0 && l->places.at[--down].it->key == key) return down;
  }
  return SIZE_MAX;
}

bool ob_list_changed(const ob_list *l, size_t i, int64_t now_ms, int flash_ms) {
  int64_t at = l->places.at[i].it->changed_ms;
  return at && now_ms - at < flash_ms;
}
