/* A live selection of a view's rows.
 *
 * Every row within the namespace, name and selector is an item that carries its own sort key,
 * packed so that bytes compare; the items stand in an ob_order, in which those that pass the filter
 * are shown. So an item whose object is long gone can still be found and taken out, and another
 * filter makes no row anew: it is asked of the items, in their order, as fast as somebody waits for
 * it.
 *
 * The items of one owner are a chain, found by the owner's slot. A refresh makes the rows of dirty
 * owners anew; an item whose sort key is what it was stays where it is. A list that missed a
 * change, or after a kind became known or unknown, does so for all owners. What a row looks like is
 * kept as a digest of the facts behind its cells, so that only real changes count as such.
 *
 * A list that rests has no items: of each owner it knows how many rows it has, and nothing else. */
#include "base/str.h"
#include "model/cluster_priv.h"
#include "model/filter.h"
#include "model/group.h"
#include "model/order.h"
#include "model/rows.h"
#include "model/selector.h"
#include "model/sort_key.h"

typedef struct item {
  ob_row row;
  uint64_t look;      /* digest of what the cells are made of */
  int64_t changed_ms; /* 0: not since it was loaded */
  struct item *next;  /* of the same owner */
  uint32_t len;
  uint32_t group_len : 31; /* of sort: the group's part of it */
  uint32_t again : 1;      /* the row stands in a group before */
  char sort[];             /* ends with the item's key */
} item;

struct ob_list {
  const ob_cluster *c;
  const ob_view *view;
  char *ns, *name, *labels; /* labels: as the selector was written */
  ob_selector *selector;
  ob_filter *filter;
  ob_sort sort, then;
  ob_group group;

  ob_order order;
  bool resting;
  OB_VEC(item *) owners;   /* by slot */
  OB_VEC(uint32_t) counts; /* rows by slot, while it rests */
  size_t total, shown;     /* rows, each once */
  uint64_t seen;           /* of ob_dirty.changes; UINT64_MAX: never built */
  unsigned known;          /* kinds that were known then */
  int64_t now_ms;          /* of the last set or refresh */

  /* While rows are made: of whom, from what it had before, and how to tell what is new. */
  const ob_row *row;
  item *before, **last;
  bool first, flash, bulk, touched;
  OB_VEC(ob_seat) fresh;
  ob_buf sort_key, scratch;
};

/* --- order ------------------------------------------------------------------------------- */
static ob_seat seat_of(item *it) {
  uint64_t head = 0;
  for (uint32_t i = 0; i < 8; i++)
    head = head << 8 | (i < it->len ? (unsigned char)it->sort[i] : 0u);
  return (ob_seat){head, it};
}

static int seat_cmp(const void *a, const void *b) {
  const ob_seat *p = a, *q = b;
  if (p->head != q->head) return p->head < q->head ? -1 : 1;
  if (p->item == q->item) return 0;
  const item *x = p->item, *y = q->item;
  int by = memcmp(x->sort, y->sort, x->len < y->len ? x->len : y->len);
  if (by) return by;
  if (x->len != y->len) return x->len < y->len ? -1 : 1;
  return x < y ? -1 : 1; /* twins: any order, as long as it stays */
}

static uint64_t key_of(const item *it) {
  uint64_t key;
  memcpy(&key, it->sort + it->len - sizeof key, sizeof key);
  return key;
}

/* The group's part of a sort key: its name so that bytes compare, then the name itself. */
static void add_group(ob_buf *out, const char *name) {
  ob_sort_natural(out, name);
  ob_buf_addc(out, '\0');
  ob_buf_adds(out, name);
  ob_buf_addc(out, '\0');
}

static const char *group_name(const item *it) {
  return it->group_len ? it->sort + strlen(it->sort) + 1 : "";
}

static unsigned known_kinds(const ob_cluster *c) {
  unsigned known = 0;
  for (int k = 0; k < OB_KIND_COUNT; k++) known |= (unsigned)ob_known(c, (ob_kind)k) << k;
  return known;
}

static bool passes(ob_list *l, const item *it) {
  return ob_filter_matches(l->filter, l->c, &it->row, l->now_ms, &l->scratch);
}

static void count_shown(ob_list *l, const item *it, int by) {
  if (!it->again) l->shown += (size_t)by;
}

static void hide(ob_list *l, ob_order_ask ask) {
  ob_order_hide(&l->order, ask);
  l->shown = 0;
}

/* --- the items of an owner ----------------------------------------------------------------- */
static bool wanted(const ob_list *l, const ob_object *o) {
  if (l->ns && strcmp(l->ns, o->ns) != 0) return false;
  if (l->name && strcmp(l->name, o->name) != 0) return false;
  return ob_selector_matches(l->selector, o);
}

/* The item that the owner had for the key, out of the chain. Rows come in the order in which they
 * came before, so nearly always it is the first. */
static item *take_before(ob_list *l, uint64_t key) {
  for (item **at = &l->before; *at; at = &(*at)->next) {
    item *it = *at;
    if (key_of(it) != key) continue;
    *at = it->next;
    return it;
  }
  return NULL;
}

static void put_last(ob_list *l, item *it) {
  it->next = NULL;
  *l->last = it;
  l->last = &it->next;
}

static void drop(ob_list *l, item *it) {
  if (!l->bulk) count_shown(l, it, ob_order_remove(&l->order, seat_of(it)));
  l->total -= !it->again;
  l->touched = true;
  free(it);
}

static void renew(ob_list *l, item *it, uint64_t look) {
  it->row = *l->row;
  if (it->look != look && l->flash) it->changed_ms = l->now_ms;
  it->look = look;
  if (l->filter) count_shown(l, it, ob_order_show(&l->order, seat_of(it), passes(l, it)));
}

static item *make(ob_list *l, uint32_t group_len) {
  item *it = ob_alloc(sizeof *it + l->sort_key.len);
  *it = (item){.row = *l->row,
               .len = (uint32_t)l->sort_key.len,
               .group_len = group_len & 0x7fffffff,
               .again = !l->first};
  memcpy(it->sort, l->sort_key.ptr, l->sort_key.len);
  l->total += l->first;
  ob_vec_push(&l->fresh, seat_of(it));
  return it;
}

static bool same_seat(const ob_list *l, const item *it) {
  return !l->bulk && it->again == !l->first && it->len == l->sort_key.len &&
         memcmp(it->sort, l->sort_key.ptr, it->len) == 0;
}

/* The row in one of its groups. */
static void on_group(void *arg, const char *name) {
  ob_list *l = arg;
  const ob_row *row = l->row;
  ob_buf_reset(&l->sort_key);
  if (l->group != OB_GROUP_NONE) add_group(&l->sort_key, name);
  uint32_t group_len = (uint32_t)l->sort_key.len;
  ob_sort_key(&l->sort_key, l->c, l->view, row, l->now_ms, l->sort, l->then, &l->scratch);
  uint64_t key = ob_row_key(row), look = ob_row_look(l->c, row, l->now_ms);
  if (l->group == OB_GROUP_NODE) key = ob_hash_more(key, name, strlen(name));
  ob_buf_add(&l->sort_key, &key, sizeof key);
  item *was = take_before(l, key);
  if (was && same_seat(l, was)) {
    renew(l, was, look);
    put_last(l, was);
  } else {
    item *it = make(l, group_len);
    bool same = was && (was->look == look || !l->flash);
    it->look = look;
    it->changed_ms = same ? was->changed_ms : l->flash ? l->now_ms : 0;
    put_last(l, it);
    if (was) drop(l, was);
  }
  l->first = false;
}

static void on_row(void *arg, const ob_row *row) {
  ob_list *l = arg;
  l->row = row;
  l->first = true;
  ob_row_groups(l->c, l->group, row, on_group, l);
  l->touched = true;
}

static void count_row(void *arg, const ob_row *row) {
  (void)row;
  ++*(uint32_t *)arg;
}

static void owner_count(ob_list *l, uint32_t slot, const ob_object *owner) {
  uint32_t n = 0, *was = &l->counts.at[slot];
  if (owner && wanted(l, owner)) ob_rows_of(l->c, l->view->id, owner, count_row, &n);
  if (n != *was) l->touched = true;
  l->total = l->total + n - *was;
  *was = n;
}

/* The rows of an owner, NULL: of one that is gone. New ones wait in l->fresh. */
static void owner_make(ob_list *l, uint32_t slot, const ob_object *owner) {
  if (l->resting) {
    owner_count(l, slot, owner);
    return;
  }
  item **chain = &l->owners.at[slot];
  l->before = *chain;
  *chain = NULL;
  l->last = chain;
  if (owner && wanted(l, owner)) ob_rows_of(l->c, l->view->id, owner, on_row, l);
  for (item *it = l->before, *next; it; it = next) {
    next = it->next;
    drop(l, it);
  }
  l->before = NULL;
}

static void put_fresh(ob_list *l) {
  size_t n = l->fresh.len;
  if (n > 1) qsort(l->fresh.at, n, sizeof *l->fresh.at, seat_cmp);
  if (!l->order.len && (l->bulk || !l->filter)) {
    ob_order_fill(&l->order, l->fresh.at, n);
    l->shown = l->total;
    if (l->filter) hide(l, OB_ASK_ALL);
  } else {
    for (size_t i = 0; i < n; i++) {
      item *it = l->fresh.at[i].item;
      bool shown = !l->filter || passes(l, it);
      count_shown(l, it, ob_order_insert(&l->order, l->fresh.at[i], shown));
    }
  }
  enum { KEEP_MAX = 1024 };
  if (l->fresh.cap > KEEP_MAX) ob_vec_done(&l->fresh);
  l->fresh.len = 0;
}

/* --- what changed -------------------------------------------------------------------------- */
static size_t reach_slots(ob_list *l) {
  size_t n = l->c->nslots;
  if (l->resting) {
    ob_vec_reserve(&l->counts, n);
    while (l->counts.len < n) l->counts.at[l->counts.len++] = 0;
  } else {
    ob_vec_reserve(&l->owners, n);
    while (l->owners.len < n) l->owners.at[l->owners.len++] = NULL;
  }
  return n;
}

/* Everything is known that was: then what looks other than before has changed. */
static bool comparable(const ob_list *l) {
  return l->seen != UINT64_MAX && (known_kinds(l->c) & ~l->known) == 0 &&
         ob_known(l->c, OB_KIND_SERVICE) && (l->known >> OB_KIND_SERVICE & 1u);
}

/* Who is in a slot is looked up: another owner than the items are of, perhaps. */
static void follow_all(ob_list *l, size_t slots) {
  bool *there = ob_calloc(slots + 1, sizeof *there);
  static const ob_kind owners[] = {OB_KIND_SERVICE, OB_KIND_INGRESS};
  for (size_t k = 0; k < OB_LEN(owners); k++) {
    const ob_entry *e;
    for (size_t at = 0; (e = ob_map_next(&l->c->by_uid[owners[k]], &at));) {
      there[e->slot] = true;
      owner_make(l, e->slot, e->o);
    }
  }
  for (size_t i = 0; i < slots; i++)
    if (!there[i]) owner_make(l, (uint32_t)i, NULL);
  free(there);
}

/* Take up the changes, or everything; `flash`: what looks other than before has changed now. */
static void follow(ob_list *l, bool all, bool flash) {
  const ob_dirty *d = ob_cluster_dirty(l->c);
  size_t slots = reach_slots(l);
  l->flash = flash && comparable(l);
  l->touched = false;
  if (all)
    follow_all(l, slots);
  else
    for (size_t i = 0; i < d->nowners; i++)
      owner_make(l, d->owners[i].slot, d->owners[i].entry ? d->owners[i].owner : NULL);
  put_fresh(l);
  l->seen = d->changes;
  l->known = known_kinds(l->c);
}

/* All items anew, in another order or of other owners. */
static void rebuild(ob_list *l) {
  ob_order_fill(&l->order, NULL, 0);
  l->bulk = true;
  follow(l, true, false);
  l->bulk = false;
}

/* --- the filter ------------------------------------------------------------------------------ */
static bool judge_item(void *arg, void *item_, bool known) {
  ob_list *l = arg;
  const item *it = item_;
  bool pass = known || passes(l, it);
  if (pass) count_shown(l, it, 1);
  return pass;
}

bool ob_list_working(const ob_list *l) {
  return ob_order_waits(&l->order);
}

bool ob_list_work(ob_list *l, size_t rows) {
  for (size_t done = 0; done < rows && ob_list_working(l); done += OB_ORDER_BLOCK)
    ob_order_judge(&l->order, judge_item, l);
  return ob_list_working(l);
}

static void judge_all(ob_list *l) {
  ob_list_work(l, SIZE_MAX);
}

static int parse_filter(const ob_list *l, const char *text, ob_filter **ret, ob_err *err) {
  *ret = text && *text ? ob_filter_parse(l->view, text, err) : NULL;
  return text && *text && !*ret ? -OB_EUSAGE : 0;
}

static void set_filter(ob_list *l, ob_filter *move_filter) {
  ob_order_ask ask = ob_filter_narrows(l->filter, move_filter)   ? OB_ASK_SHOWN
                     : ob_filter_narrows(move_filter, l->filter) ? OB_ASK_HIDDEN
                                                                 : OB_ASK_ALL;
  ob_filter_free(l->filter);
  l->filter = move_filter;
  hide(l, ask);
}

int ob_list_filter(ob_list *l, const char *text, int64_t now_ms, ob_err *err) {
  ob_filter *filter;
  int rc = parse_filter(l, text, &filter, err);
  if (rc < 0) return rc;
  l->now_ms = now_ms;
  set_filter(l, filter);
  return 0;
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
  l->order.cmp = seat_cmp;
  ob_buf_init(&l->sort_key, OB_LINE_MAX);
  ob_buf_init(&l->scratch, OB_LINE_MAX);
  return l;
}

static void forget_scope(ob_list *l) {
  free(ob_take(l->ns));
  free(ob_take(l->name));
  free(ob_take(l->labels));
  ob_selector_free(ob_take(l->selector));
}

static void drop_items(ob_list *l) {
  for (size_t i = 0; i < l->owners.len; i++)
    for (item *it = l->owners.at[i], *next; it; it = next) {
      next = it->next;
      free(it);
    }
  ob_vec_done(&l->owners);
  ob_order_done(&l->order);
  l->total = l->shown = 0;
}

void ob_list_free(ob_list *l) {
  if (!l) return;
  drop_items(l);
  ob_vec_done(&l->counts);
  ob_vec_done(&l->fresh);
  ob_buf_done(&l->sort_key);
  ob_buf_done(&l->scratch);
  forget_scope(l);
  ob_filter_free(l->filter);
  free(l);
}

static char *dup_unless_empty(const char *s) {
  return s && *s ? ob_strdup(s) : NULL;
}

static bool same_sort(ob_sort a, ob_sort b) {
  return a.column == b.column && a.reverse == b.reverse;
}

/* Nothing but the filter is asked for otherwise than before. */
static bool same_items(const ob_list *l, const ob_list_opts *o, ob_sort sort, ob_sort then) {
  return l->seen == ob_cluster_dirty(l->c)->changes &&
         ob_streq(ob_or(l->ns, ""), ob_or(o->ns, "")) &&
         ob_streq(ob_or(l->name, ""), ob_or(o->name, "")) &&
         ob_streq(ob_or(l->labels, ""), ob_or(o->selector, "")) && same_sort(l->sort, sort) &&
         same_sort(l->then, then) && l->group == o->group;
}

int ob_list_set(ob_list *l, const ob_list_opts *opts, int64_t now_ms, ob_err *err) {
  OB_AUTOPTR(ob_selector) selector = NULL;
  OB_AUTOPTR(ob_filter) filter = NULL;
  if (opts->selector && *opts->selector) {
    selector = ob_selector_parse(opts->selector, err);
    if (!selector) return -OB_EUSAGE;
  }
  int rc = parse_filter(l, opts->filter, &filter, err);
  if (rc < 0) return rc;
  int n = (int)l->view->ncolumns;
  ob_sort sort = {opts->sort < n ? opts->sort : -1, opts->reverse};
  ob_sort then = {sort.column >= 0 && opts->then <= n ? opts->then - 1 : -1, opts->then_reverse};
  bool same = same_items(l, opts, sort, then);
  l->now_ms = now_ms;
  set_filter(l, ob_take(filter));
  if (!same) {
    forget_scope(l);
    l->ns = dup_unless_empty(opts->ns);
    l->name = dup_unless_empty(opts->name);
    l->labels = dup_unless_empty(opts->selector);
    l->selector = ob_take(selector);
    l->sort = sort;
    l->then = then;
    l->group = opts->group;
    rebuild(l);
  }
  judge_all(l);
  return 0;
}

void ob_list_rest(ob_list *l) {
  if (l->resting) return;
  drop_items(l);
  l->resting = true;
  l->seen = UINT64_MAX;
}

void ob_list_wake(ob_list *l, int64_t now_ms) {
  if (!l->resting) return;
  ob_vec_done(&l->counts);
  l->total = 0;
  l->resting = false;
  l->now_ms = now_ms;
  rebuild(l);
  judge_all(l);
}

/* A filter by age lets rows in and out as time passes; looked at once a second. */
enum { AGE_STEP_MS = 1000 };

bool ob_list_refresh(ob_list *l, int64_t now_ms) {
  const ob_dirty *d = ob_cluster_dirty(l->c);
  bool aged =
      ob_filter_ticks(l->filter) && (now_ms < l->now_ms || now_ms - l->now_ms >= AGE_STEP_MS);
  bool behind = l->seen == UINT64_MAX || l->seen < d->settled;
  bool changed = behind || d->changes != l->seen;
  if (!changed && !aged) return false;
  l->now_ms = now_ms;
  l->touched = false;
  if (changed) follow(l, behind || d->all, true);
  if (aged) hide(l, OB_ASK_ALL);
  if (aged) judge_all(l);
  return l->touched || behind || d->all || aged;
}

size_t ob_list_len(const ob_list *l) {
  return l->order.shown;
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
static const item *item_at(const ob_list *l, size_t i) {
  return ob_order_at(&l->order, i);
}
const ob_row *ob_list_at(const ob_list *l, size_t i) {
  return &item_at(l, i)->row;
}
uint64_t ob_list_key(const ob_list *l, size_t i) {
  return key_of(item_at(l, i));
}

/* How the sort key of the item at i compares with a group's part. */
static int group_cmp(const ob_list *l, size_t i, const char *part, size_t n) {
  const item *it = item_at(l, i);
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
  const item *it = item_at(l, i);
  return (ob_group_run){.name = group_name(it),
                        .first = group_bound(l, 0, i, it->sort, it->group_len, false),
                        .end = group_bound(l, i, l->order.shown, it->sort, it->group_len, true)};
}

size_t ob_list_find_group(const ob_list *l, const char *name) {
  OB_AUTO(ob_buf) part = OB_BUF_INIT(OB_LINE_MAX);
  add_group(&part, name);
  const char *bytes = ob_buf_str(&part);
  size_t at = group_bound(l, 0, l->order.shown, bytes, part.len, false);
  bool there = l->group && at < l->order.shown && group_cmp(l, at, bytes, part.len) == 0;
  return there ? at : SIZE_MAX;
}

static bool has_key(const void *arg, const void *it) {
  return key_of(it) == *(const uint64_t *)arg;
}
size_t ob_list_find(const ob_list *l, uint64_t key, size_t near) {
  return ob_order_search(&l->order, near, has_key, &key);
}

bool ob_list_changed(const ob_list *l, size_t i, int64_t now_ms, int flash_ms) {
  int64_t at = item_at(l, i)->changed_ms;
  return at && now_ms - at < flash_ms;
}
