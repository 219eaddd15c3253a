/* Blocks split in two when they are full and join a neighbour when both are small. A block that
 * waits for a judgement is `stale`: its bits are those of the last one, its count is 0. */
#include "model/order.h"

enum { WORDS = OB_ORDER_BLOCK / 64, FILL = OB_ORDER_BLOCK - OB_ORDER_BLOCK / 8 };

typedef struct ob_order_block {
  uint32_t len, shown;
  bool stale;
  uint64_t bits[WORDS];
  ob_seat at[OB_ORDER_BLOCK];
} block;

/* --- bits ---------------------------------------------------------------------------------- */
static bool bit(const block *b, uint32_t i) {
  return b->bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(block *b, uint32_t i, bool on) {
  uint64_t mask = UINT64_C(1) << (i % 64);
  b->bits[i / 64] = on ? b->bits[i / 64] | mask : b->bits[i / 64] & ~mask;
}

/* Room for one more at i; what is there is out of date. */
static void bits_open(block *b, uint32_t i) {
  for (uint32_t w = WORDS - 1; w > i / 64; w--) b->bits[w] = b->bits[w] << 1 | b->bits[w - 1] >> 63;
  uint64_t below = (UINT64_C(1) << (i % 64)) - 1, word = b->bits[i / 64];
  b->bits[i / 64] = (word & below) | (word & ~below) << 1;
}

static void bits_close(block *b, uint32_t i) {
  uint64_t below = (UINT64_C(1) << (i % 64)) - 1, word = b->bits[i / 64];
  b->bits[i / 64] = (word & below) | (word >> 1 & ~below);
  for (uint32_t w = i / 64 + 1; w < WORDS; w++) {
    b->bits[w - 1] |= b->bits[w] << 63;
    b->bits[w] >>= 1;
  }
}

static uint32_t bits_before(const block *b, uint32_t end) {
  uint32_t n = 0;
  for (uint32_t w = 0; w < end / 64; w++) n += (uint32_t)__builtin_popcountll(b->bits[w]);
  if (end % 64)
    n += (uint32_t)__builtin_popcountll(b->bits[end / 64] & ((UINT64_C(1) << (end % 64)) - 1));
  return n;
}

static void count(block *b) {
  b->shown = b->stale ? 0 : bits_before(b, b->len);
}

/* The k-th bit that is set, or OB_ORDER_BLOCK. */
static uint32_t select_bit(const block *b, uint32_t k) {
  if (b->shown == b->len) return k;
  for (uint32_t w = 0; w < WORDS; w++) {
    uint64_t word = b->bits[w];
    uint32_t n = (uint32_t)__builtin_popcountll(word);
    if (k >= n) {
      k -= n;
      continue;
    }
    while (k--) word &= word - 1;
    return w * 64 + (uint32_t)__builtin_ctzll(word);
  }
  return OB_ORDER_BLOCK;
}

/* --- blocks -------------------------------------------------------------------------------- */
static void touched(ob_order *o, size_t at) {
  if (o->summed > at) o->summed = at;
}

static block *block_add(ob_order *o, size_t at) {
  block *b = ob_calloc(1, sizeof *b);
  ob_vec_push(&o->blocks, b);
  for (size_t i = o->blocks.len - 1; i > at; i--) o->blocks.at[i] = o->blocks.at[i - 1];
  o->blocks.at[at] = b;
  if (o->stale >= at) o->stale++;
  touched(o, at);
  return b;
}

static void block_drop(ob_order *o, size_t at) {
  free(o->blocks.at[at]);
  o->blocks.len--;
  for (size_t i = at; i < o->blocks.len; i++) o->blocks.at[i] = o->blocks.at[i + 1];
  if (o->stale > at) o->stale--;
  touched(o, at);
}

static void copy_tail(block *to, const block *from, uint32_t first) {
  for (uint32_t i = first; i < from->len; i++) {
    to->at[to->len] = from->at[i];
    set_bit(to, to->len++, bit(from, i));
  }
}

static void split(ob_order *o, size_t at) {
  block *b = o->blocks.at[at], *next = block_add(o, at + 1);
  next->stale = b->stale;
  copy_tail(next, b, b->len / 2);
  b->len /= 2;
  for (uint32_t i = b->len; i < OB_ORDER_BLOCK; i++) set_bit(b, i, false);
  count(b);
  count(next);
}

/* Small neighbours become one. */
static void join(ob_order *o, size_t at) {
  if (at + 1 >= o->blocks.len) return;
  block *b = o->blocks.at[at], *next = o->blocks.at[at + 1];
  if (b->len + next->len > OB_ORDER_BLOCK / 2 || b->stale != next->stale) return;
  copy_tail(b, next, 0);
  count(b);
  block_drop(o, at + 1);
  touched(o, at);
}

/* The block where the seat is, or belongs. There is one. */
static size_t block_of(const ob_order *o, const ob_seat *p) {
  size_t lo = 0, hi = o->blocks.len;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (o->cmp(&o->blocks.at[mid]->at[0], p) <= 0)
      lo = mid;
    else
      hi = mid;
  }
  return lo;
}

/* The first seat of the block that is not before p. */
static uint32_t lower_bound(const ob_order *o, const block *b, const ob_seat *p) {
  uint32_t lo = 0, hi = b->len;
  while (lo < hi) {
    uint32_t mid = lo + (hi - lo) / 2;
    if (o->cmp(&b->at[mid], p) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

static bool find(const ob_order *o, const ob_seat *p, size_t *ret_block, uint32_t *ret_at) {
  if (!o->blocks.len) return false;
  *ret_block = block_of(o, p);
  const block *b = o->blocks.at[*ret_block];
  *ret_at = lower_bound(o, b, p);
  return *ret_at < b->len && b->at[*ret_at].item == p->item;
}

/* --- the contract -------------------------------------------------------------------------- */
static void empty(ob_order *o) {
  for (size_t i = 0; i < o->blocks.len; i++) free(o->blocks.at[i]);
  o->blocks.len = o->summed = o->len = o->shown = o->stale = 0;
}

void ob_order_done(ob_order *o) {
  empty(o);
  ob_vec_done(&o->blocks);
  ob_vec_done(&o->before);
}

void ob_order_fill(ob_order *o, const ob_seat *seats, size_t n) {
  empty(o);
  for (size_t i = 0; i < n;) {
    block *b = block_add(o, o->blocks.len);
    for (; b->len < FILL && i < n; i++) {
      set_bit(b, b->len, true);
      b->at[b->len++] = seats[i];
    }
    b->shown = b->len;
  }
  o->len = o->shown = n;
  o->stale = o->blocks.len;
}

int ob_order_insert(ob_order *o, ob_seat p, bool shown) {
  if (!o->blocks.len) {
    block_add(o, 0);
    o->stale = 1;
  }
  size_t at = block_of(o, &p);
  if (o->blocks.at[at]->len == OB_ORDER_BLOCK) {
    split(o, at);
    at = block_of(o, &p);
  }
  block *b = o->blocks.at[at];
  uint32_t i = lower_bound(o, b, &p);
  memmove(&b->at[i + 1], &b->at[i], (b->len - i) * sizeof p);
  bits_open(b, i);
  b->at[i] = p;
  set_bit(b, i, shown);
  b->len++;
  o->len++;
  touched(o, at);
  int more = shown && !b->stale;
  b->shown += (uint32_t)more;
  o->shown += (size_t)more;
  return more;
}

int ob_order_remove(ob_order *o, ob_seat p) {
  size_t at;
  uint32_t i;
  if (!find(o, &p, &at, &i)) return 0;
  block *b = o->blocks.at[at];
  bool was = bit(b, i) && !b->stale;
  b->len--;
  memmove(&b->at[i], &b->at[i + 1], (b->len - i) * sizeof p);
  bits_close(b, i);
  b->shown -= was;
  o->shown -= was;
  o->len--;
  touched(o, at);
  if (!b->len)
    block_drop(o, at);
  else if (b->len < OB_ORDER_BLOCK / 4)
    join(o, at ? at - 1 : at);
  return -(int)was;
}

int ob_order_show(ob_order *o, ob_seat p, bool shown) {
  size_t at;
  uint32_t i;
  if (!find(o, &p, &at, &i)) return 0;
  block *b = o->blocks.at[at];
  int by = b->stale ? 0 : (int)shown - (int)bit(b, i);
  set_bit(b, i, shown);
  b->shown = (uint32_t)((int)b->shown + by);
  o->shown = (size_t)((ptrdiff_t)o->shown + by);
  if (by) touched(o, at);
  return by;
}

/* --- by position --------------------------------------------------------------------------- */
static void sum(const ob_order *o) {
  ob_order *m = (ob_order *)(uintptr_t)o; /* sums are made when somebody asks */
  if (m->summed >= m->blocks.len) return;
  ob_vec_reserve(&m->before, m->blocks.len);
  for (size_t i = m->summed; i < m->blocks.len; i++)
    m->before.at[i] = i ? m->before.at[i - 1] + m->blocks.at[i - 1]->shown : 0;
  m->summed = m->blocks.len;
}

static size_t block_at(const ob_order *o, size_t i) {
  sum(o);
  size_t lo = 0, hi = o->blocks.len;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (o->before.at[mid] <= i)
      lo = mid;
    else
      hi = mid;
  }
  return lo; /* the last of those with that sum: the others show nothing */
}

void *ob_order_at(const ob_order *o, size_t i) {
  size_t at = block_at(o, i);
  const block *b = o->blocks.at[at];
  return b->at[select_bit(b, (uint32_t)(i - o->before.at[at]))].item;
}

static size_t search_block(const block *b, bool (*is)(const void *arg, const void *item),
                           const void *arg) {
  size_t k = 0;
  for (uint32_t i = 0; b->shown && i < b->len; i++) {
    if (!bit(b, i)) continue;
    if (is(arg, b->at[i].item)) return k;
    k++;
  }
  return SIZE_MAX;
}

size_t ob_order_search(const ob_order *o, size_t near,
                       bool (*is)(const void *arg, const void *item), const void *arg) {
  if (!o->shown) return SIZE_MAX;
  size_t up = block_at(o, near < o->shown ? near : o->shown - 1), down = up;
  while (up < o->blocks.len || down > 0) {
    for (int way = 0; way < 2; way++) {
      if (way ? down == 0 : up == o->blocks.len) continue;
      size_t at = way ? --down : up++;
      size_t k = search_block(o->blocks.at[at], is, arg);
      if (k != SIZE_MAX) return o->before.at[at] + k;
    }
  }
  return SIZE_MAX;
}

/* --- judging ------------------------------------------------------------------------------- */
void ob_order_hide(ob_order *o, ob_order_ask ask) {
  o->ask = ob_order_waits(o) && o->ask != ask ? OB_ASK_ALL : ask;
  for (size_t i = 0; i < o->blocks.len; i++) {
    o->blocks.at[i]->stale = true;
    o->blocks.at[i]->shown = 0;
  }
  o->shown = o->stale = o->summed = 0;
}

bool ob_order_waits(const ob_order *o) {
  return o->stale < o->blocks.len;
}

bool ob_order_judge(ob_order *o, bool (*fn)(void *arg, void *item, bool known), void *arg) {
  if (!ob_order_waits(o)) return false;
  block *b = o->blocks.at[o->stale];
  for (uint32_t i = 0; i < b->len; i++) {
    bool was = bit(b, i);
    if (was || o->ask != OB_ASK_SHOWN)
      set_bit(b, i, fn(arg, b->at[i].item, was && o->ask == OB_ASK_HIDDEN));
  }
  b->stale = false;
  count(b);
  o->shown += b->shown;
  touched(o, o->stale);
  while (ob_order_waits(o) && !o->blocks.at[o->stale]->stale) o->stale++;
  return true;
}
